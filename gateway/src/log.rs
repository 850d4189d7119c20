//! The log: lines that a thread of its own writes to standard error. To log never fails and never waits; lines that find
//! no place are counted.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tracing_subscriber::fmt::MakeWriter;

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

/// Where log lines go.
#[derive(Clone)]
pub(crate) struct Lines {
    queue: SyncSender<Vec<u8>>,
    waiting: Arc<AtomicUsize>,
}

impl Lines {
    /// Starts the thread that writes to standard error.
    ///
    /// # Errors
    /// The thread could not be started.
    pub(crate) fn to_stderr() -> io::Result<Self> {
        let lines = Self::start(io::stderr(), &LOST)?;
        Ok(LINES.get_or_init(|| lines).clone())
    }

    fn start(output: impl Write + Send + 'static, lost: &'static AtomicU64) -> io::Result<Self> {
        let (queue, lines) = sync_channel(WAITING_LINES);
        let waiting = Arc::new(AtomicUsize::new(0));
        let left = Arc::clone(&waiting);
        std::thread::Builder::new().name("log".into()).spawn(move || write_lines(output, &lines, &left, lost))?;
        Ok(Self { queue, waiting })
    }

    fn push(&self, bytes: &[u8], lost: &AtomicU64) {
        let mut line = bytes.to_vec();
        if line.len() > LINE_BYTES {
            line.truncate(LINE_BYTES);
            line.extend_from_slice(b" [cut]\n");
        }
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

fn write_lines(mut output: impl Write, lines: &Receiver<Vec<u8>>, waiting: &AtomicUsize, lost: &AtomicU64) {
    let mut told = 0;
    while let Ok(line) = lines.recv() {
        let missing = lost.load(Ordering::Relaxed);
        if missing > told {
            let notice = format!("WARN {} log lines could not be written and are lost\n", missing - told);
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
        let lines = Lines::start(output.clone(), &LOST).expect("started");
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
        let output = Output::default();
        let lines = Lines::start(output.clone(), &LOST).expect("started");
        lines.push(&[b'x'; 3 * LINE_BYTES], &LOST);
        wait_for(&lines);
        assert!(output.written.lock().expect("written").len() < LINE_BYTES + 20);
    }
}
