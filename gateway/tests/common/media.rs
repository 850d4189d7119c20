//! ffmpeg as pusher and player of real media.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// An ffmpeg that pushes small H.264 and AAC until dropped.
pub struct Pusher(Child);

impl Pusher {
    /// Pushes to the RTMP address of a lease.
    pub fn start(lease: &Value) -> Self {
        let child = Command::new("ffmpeg")
            .args(["-hide_banner", "-loglevel", "error", "-nostdin", "-re"])
            .args(["-f", "lavfi", "-i", "testsrc=size=96x64:rate=10"])
            .args(["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100"])
            .args([
                "-c:v",
                "libx264",
                "-preset",
                "ultrafast",
                "-tune",
                "zerolatency",
                "-g",
                "10",
                "-pix_fmt",
                "yuv420p",
            ])
            .args(["-c:a", "aac", "-b:a", "32k", "-t", "60", "-f", "flv"])
            .arg(url(lease, "rtmp"))
            .stdin(Stdio::null())
            // Its messages hold the signed address.
            .stderr(Stdio::null())
            .spawn()
            .expect("ffmpeg runs");
        Self(child)
    }

    /// Whether the server ends it in that time.
    pub async fn ends_within(mut self, time: Duration) -> bool {
        let until = Instant::now() + time;
        while Instant::now() < until {
            if self.0.try_wait().expect("wait").is_some() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        false
    }
}

impl Drop for Pusher {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An ffmpeg that pulls.
pub struct Player(Child);

impl Player {
    /// Pulls by one transport of a lease, for at most `seconds` of media.
    pub fn start(lease: &Value, transport: &str, seconds: u32) -> Self {
        let child = Command::new("ffmpeg")
            .args(["-hide_banner", "-loglevel", "error", "-nostdin"])
            .args(["-analyzeduration", "500000", "-probesize", "50000", "-i"])
            .arg(url(lease, transport))
            .args(["-t", &seconds.to_string(), "-f", "null", "-progress", "pipe:1", "-"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("ffmpeg runs");
        Self(child)
    }

    /// Waits for the end; how many pictures were decoded.
    pub fn frames(mut self, at_most: Duration) -> u64 {
        let until = Instant::now() + at_most;
        while self.0.try_wait().expect("wait").is_none() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = self.0.kill();
        let mut progress = String::new();
        if let Some(mut stdout) = self.0.stdout.take() {
            std::io::Read::read_to_string(&mut stdout, &mut progress).expect("progress");
        }
        progress
            .lines()
            .filter_map(|line| line.strip_prefix("frame="))
            .filter_map(|n| n.trim().parse().ok())
            .max()
            .unwrap_or(0)
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The address of a lease by one transport.
pub fn url<'a>(lease: &'a Value, transport: &str) -> &'a str {
    let urls = lease["urls"].as_array().expect("a list of urls");
    let entry = urls.iter().find(|entry| entry["transport"] == transport).expect("the transport");
    entry["url"].as_str().expect("a url")
}
