//! ffmpeg processes that push test pictures and count decoded frames. Each is killed when dropped, and bounded in time.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// What a pusher sends.
#[derive(Clone, Copy)]
pub struct Picture {
    pub key_every_frames: u32,
    pub kilobits: u32,
}

pub const SMALL: Picture = Picture { key_every_frames: 15, kilobits: 300 };
pub const FRAMES_PER_SECOND: u32 = 15;

/// A running ffmpeg.
pub struct Process(Child);

impl Process {
    /// Sends the process a signal by its id.
    pub fn signal(&self, name: &str) {
        super::signal::send(self.0.id().expect("running"), name);
    }

    /// Waits for its end: whether it succeeded, and what it said.
    pub async fn finish(mut self, limit: Duration) -> (bool, String) {
        let mut said = String::new();
        let end = async {
            self.0.stderr.take().expect("stderr").read_to_string(&mut said).await.expect("utf-8");
            self.0.wait().await.expect("status").success()
        };
        let succeeded = timeout(limit, end).await.expect("ffmpeg ends in time");
        (succeeded, said)
    }
}

/// Decoded frames.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Decoded {
    pub video: usize,
    pub audio: usize,
}

/// Pushes pictures and a tone in real time until dropped.
pub fn push(url: &str, picture: Picture) -> Process {
    let size = if picture.kilobits > 1_000 { "640x480" } else { "160x120" };
    let rate = FRAMES_PER_SECOND;
    let mut command = ffmpeg();
    command
        .args(["-re", "-f", "lavfi", "-i", &format!("testsrc2=size={size}:rate={rate},noise=alls=40:allf=t")])
        .args(["-re", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100"])
        .args(["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p"])
        .args(["-g", &picture.key_every_frames.to_string(), "-b:v", &format!("{}k", picture.kilobits)])
        .args(["-c:a", "aac", "-b:a", "48k", "-t", "60", "-f", "flv", url]);
    Process(command.spawn().expect("ffmpeg is installed"))
}

/// Pushes pictures that are coded with these options, and a tone, in real time until dropped.
pub fn push_with(url: &str, pictures: &[&str]) -> Process {
    let mut command = ffmpeg();
    command
        .args(["-re", "-f", "lavfi", "-i", "testsrc2=size=160x120:rate=15"])
        .args(["-re", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100"])
        .args(pictures)
        .args(["-pix_fmt", "yuv420p", "-c:a", "aac", "-t", "60", "-f", "flv", url]);
    Process(command.spawn().expect("ffmpeg is installed"))
}

/// How many pictures of an H.264 stream with start codes are decoded; that any is broken fails.
pub fn count_h264(stream: &[u8]) -> usize {
    use std::io::Write;

    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(stream).expect("written");
    let output = std::process::Command::new("ffmpeg")
        .args(["-nostdin", "-hide_banner", "-loglevel", "error", "-f", "h264", "-i"])
        .arg(file.path())
        .args(["-fps_mode", "passthrough", "-f", "framecrc", "-"])
        .output()
        .expect("ffmpeg is installed");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
    String::from_utf8_lossy(&output.stdout).lines().filter(|line| !line.starts_with('#')).count()
}

/// Plays one second of media with the options that everybody has, and says how long that took.
pub async fn play_one_second(url: &str) -> Duration {
    let start = std::time::Instant::now();
    let mut command = ffmpeg();
    command.args(["-i", url, "-t", "1", "-f", "null", "-"]);
    let (succeeded, said) =
        Process(command.spawn().expect("ffmpeg is installed")).finish(Duration::from_secs(120)).await;
    assert!(succeeded, "{said}");
    start.elapsed()
}

/// Plays for some seconds and counts what was decoded.
pub async fn pull(url: &str, seconds: u32) -> Decoded {
    let mut player = start_pull(url, seconds);
    let mut lines = BufReader::new(player.0.stdout.take().expect("stdout")).lines();
    let mut decoded = Decoded::default();
    let mut video_index = None;
    let read = async {
        while let Some(line) = lines.next_line().await.expect("utf-8") {
            if let Some(index) = line.strip_prefix("#media_type ").and_then(|rest| rest.strip_suffix(": video")) {
                video_index = Some(index.to_owned());
            }
            if line.starts_with('#') {
                continue;
            }
            let index = line.split(',').next().map(str::trim);
            if index == video_index.as_deref() { decoded.video += 1 } else { decoded.audio += 1 }
        }
    };
    // A player whose media is filtered away may wait for ever; what it decoded until then counts.
    let limit = Duration::from_secs(u64::from(seconds) + 12);
    let _ = timeout(limit, read).await;
    decoded
}

/// Starts a player that prints one line per decoded frame.
pub fn start_pull(url: &str, seconds: u32) -> Process {
    let mut command = ffmpeg();
    command
        .args(["-rw_timeout", "8000000", "-probesize", "300000", "-analyzeduration", "1500000"])
        .args(["-i", url, "-t", &seconds.to_string(), "-f", "framecrc", "-"])
        .stdout(Stdio::piped());
    Process(command.spawn().expect("ffmpeg is installed"))
}

fn ffmpeg() -> Command {
    let mut command = Command::new("ffmpeg");
    command
        .args(["-nostdin", "-hide_banner", "-loglevel", "error"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}
