//! The log: lines that a thread of its own writes to standard error. To log never fails and never waits; lines that find
//! no place are counted.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use clap::ValueEnum;
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};

/// How a line of the log is written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// How many lines of this process's log could not be written.
pub(crate) fn lost_lines() -> u64 {
    LOST.load(Ordering::Relaxed)
}

/// Waits until what was logged so far is written, for at most `limit`.
pub(crate) fn flush(limit: Duration) {
    let until = Instant::now() + limit;
    while LINES.get().is_some_and(|lines| lines.waiting.load(Ordering::Acquire) > 0) && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The last word of a process that fails, as a line of its log.
pub(crate) fn last_word(message: &str) -> String {
    match LINES.get().map(|lines| lines.format) {
        Some(LogFormat::Json) => json_line("ERROR", message, None),
        Some(LogFormat::Text) | None => format!("error: {message}\n"),
    }
}

/// Where log lines go.
#[derive(Clone)]
pub(crate) struct Lines {
    format: LogFormat,
    queue: SyncSender<Vec<u8>>,
    waiting: Arc<AtomicUsize>,
}

impl Lines {
    /// Starts the thread that writes to standard error.
    ///
    /// # Errors
    /// The thread could not be started.
    pub(crate) fn to_stderr(format: LogFormat) -> io::Result<Self> {
        let lines = Self::start(format, io::stderr(), &LOST)?;
        Ok(LINES.get_or_init(|| lines).clone())
    }

    fn start(format: LogFormat, output: impl Write + Send + 'static, lost: &'static AtomicU64) -> io::Result<Self> {
        let (queue, lines) = sync_channel(WAITING_LINES);
        let waiting = Arc::new(AtomicUsize::new(0));
        let left = Arc::clone(&waiting);
        std::thread::Builder::new().name("log".into()).spawn(move || {
            write_lines(format, output, &lines, &left, lost);
        })?;
        Ok(Self { format, queue, waiting })
    }

    fn push(&self, bytes: &[u8], lost: &AtomicU64) {
        let line = match bytes.get(..LINE_BYTES) {
            None => bytes.to_vec(),
            Some(beginning) => self.format.cut(beginning),
        };
        self.waiting.fetch_add(1, Ordering::AcqRel);
        match self.queue.try_send(line) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                self.waiting.fetch_sub(1, Ordering::AcqRel);
                lost.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

impl LogFormat {
    /// A line that is far too long, of which this is the beginning.
    fn cut(self, beginning: &[u8]) -> Vec<u8> {
        match self {
            Self::Text => [beginning, b" [cut]\n"].concat(),
            Self::Json => {
                let beginning = String::from_utf8_lossy(beginning);
                json_line("WARN", "a line of the log was far too long and is cut", Some(&beginning)).into_bytes()
            }
        }
    }

    fn tell_lost(self, count: u64) -> String {
        let message = format!("{count} log lines could not be written and are lost");
        match self {
            Self::Text => format!("WARN {message}\n"),
            Self::Json => json_line("WARN", &message, None),
        }
    }
}

/// A line in the form of those that the subscriber writes.
fn json_line(level: &str, message: &str, cut: Option<&str>) -> String {
    let mut timestamp = String::new();
    // A clock that cannot be told leaves the time empty.
    let _ = SystemTime.format_time(&mut Writer::new(&mut timestamp));
    let mut line = json!({ "timestamp": timestamp, "level": level, "message": message, "target": TARGET });
    if let (Some(cut), Some(members)) = (cut, line.as_object_mut()) {
        members.insert("cut".into(), cut.into());
    }
    format!("{line}\n")
}

fn write_lines(
    format: LogFormat,
    mut output: impl Write,
    lines: &Receiver<Vec<u8>>,
    waiting: &AtomicUsize,
    lost: &AtomicU64,
) {
    let mut told = 0;
    while let Ok(line) = lines.recv() {
        let missing = lost.load(Ordering::Relaxed);
        if missing > told {
            let notice = format.tell_lost(missing - told);
            if output.write_all(notice.as_bytes()).is_ok() {
                told = missing;
            }
        }
        if output.write_all(&line).and_then(|()| output.flush()).is_err() {
            lost.fetch_add(1, Ordering::Relaxed);
        }
        waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line { lines: self, bytes: Vec::new() }
    }
}

/// A line that is being put together; it is queued when dropped.
pub(crate) struct Line<'a> {
    lines: &'a Lines,
    bytes: Vec<u8>,
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        if !self.bytes.is_empty() {
            self.lines.push(&self.bytes, &LOST);
        }
    }
}

/// What the log's own lines are about.
const TARGET: &str = "miniapp_rtc_gateway::log";
/// Lines that may wait: where standard error is read at all, it takes them in less than a second.
const WAITING_LINES: usize = 1_024;
/// The longest line; the rest of it is cut.
const LINE_BYTES: usize = 4_096;

static LOST: AtomicU64 = AtomicU64::new(0);
static LINES: OnceLock<Lines> = OnceLock::new();

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// An output that fails while told to, and otherwise keeps what it is given.
    #[derive(Clone, Default)]
    struct Output {
        fails: Arc<AtomicUsize>,
        written: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Output {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.fails.load(Ordering::Acquire) > 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.written.lock().expect("written").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn wait_for(lines: &Lines) {
        let until = Instant::now() + Duration::from_secs(10);
        while lines.waiting.load(Ordering::Acquire) > 0 {
            assert!(Instant::now() < until, "nobody writes");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn what_cannot_be_written_is_counted_and_told_when_there_is_room_again() {
        static LOST: AtomicU64 = AtomicU64::new(0);
        let output = Output::default();
        output.fails.store(1, Ordering::Release);
        let lines = Lines::start(LogFormat::Text, output.clone(), &LOST).expect("started");
        (0..3).for_each(|_| lines.push(b"lost\n", &LOST));
        wait_for(&lines);
        assert_eq!(LOST.load(Ordering::Relaxed), 3);
        output.fails.store(0, Ordering::Release);
        lines.push(b"kept\n", &LOST);
        wait_for(&lines);
        let written = String::from_utf8(output.written.lock().expect("written").clone()).expect("text");
        assert_eq!(written, "WARN 3 log lines could not be written and are lost\nkept\n");
    }

    #[test]
    fn a_line_that_is_far_too_long_is_cut() {
        static LOST: AtomicU64 = AtomicU64::new(0);
        for format in [LogFormat::Text, LogFormat::Json] {
            let output = Output::default();
            let lines = Lines::start(format, output.clone(), &LOST).expect("started");
            lines.push(&[b'x'; 3 * LINE_BYTES], &LOST);
            lines.push(&[b'y'; LINE_BYTES - 1], &LOST);
            wait_for(&lines);
            let written = String::from_utf8(output.written.lock().expect("written").clone()).expect("text");
            let (line, rest) = written.split_once('\n').expect("a line");
            assert!(line.len() < LINE_BYTES + 300 && line.contains("xxx"), "{line}");
            assert_eq!(rest.len(), LINE_BYTES - 1, "one that is not is whole");
        }
    }

    #[test]
    fn what_the_log_says_itself_is_json_where_its_lines_are() {
        let told = |line: &str| -> serde_json::Value { serde_json::from_str(line).expect("JSON") };
        let lost = told(&LogFormat::Json.tell_lost(3));
        assert_eq!(
            (&lost["level"], &lost["message"]),
            (&"WARN".into(), &"3 log lines could not be written and are lost".into())
        );
        assert!(lost["timestamp"].as_str().is_some_and(|time| time.ends_with('Z')), "{lost}");
        let cut = told(&String::from_utf8(LogFormat::Json.cut(b"{\"message\":\"\xff")).expect("text"));
        assert!(cut["cut"].as_str().is_some_and(|cut| cut.starts_with("{\"message\"")), "{cut}");
    }
}
