//! A real Redis server on a free port, with a folder of its own, killed when dropped.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub struct Redis {
    child: Child,
    port: u16,
    folder: tempfile::TempDir,
    options: &'static [&'static str],
}

/// Every write is on the disk before it is answered.
pub const ALWAYS: &[&str] = &["--appendonly", "yes", "--appendfsync", "always"];

impl Redis {
    /// A server that keeps what it answered.
    pub fn start() -> Self {
        Self::with(ALWAYS)
    }

    /// A server with these options.
    pub fn with(options: &'static [&'static str]) -> Self {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
        let (port, folder) = (free.expect("a port").port(), tempfile::tempdir().expect("a folder"));
        let redis = Self { child: run(port, &folder, options), port, folder, options };
        redis.await_answer();
        redis
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Kills it, and starts it again with what it wrote to its disk.
    pub fn restart(&mut self) {
        self.kill();
        self.child = run(self.port, &self.folder, self.options);
        self.await_answer();
    }

    /// Kills it, and starts it again with nothing.
    pub fn restart_empty(&mut self) {
        self.kill();
        self.folder = tempfile::tempdir().expect("a folder");
        self.child = run(self.port, &self.folder, self.options);
        self.await_answer();
    }

    /// Sends it a signal, as `-STOP`.
    pub fn signal(&self, name: &str) {
        super::signal::send(self.child.id(), name);
    }

    /// Sends a command without spaces in its words, and gives the first bytes of the answer.
    pub fn command(&self, words: &str) -> std::io::Result<String> {
        let mut socket = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        socket.set_read_timeout(Some(Duration::from_secs(1)))?;
        socket.write_all(format!("{words}\r\n").as_bytes())?;
        let mut answer = [0; 4096];
        let count = socket.read(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer[..count]).into_owned())
    }

    fn kill(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("ended");
    }

    fn await_answer(&self) {
        let until = Instant::now() + Duration::from_secs(10);
        let answers = ["+PONG", "-NOAUTH"];
        while !self.command("PING").is_ok_and(|said| answers.iter().any(|answer| said.starts_with(answer))) {
            assert!(Instant::now() < until, "redis-server does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn run(port: u16, folder: &tempfile::TempDir, options: &[&str]) -> Child {
    Command::new("redis-server")
        .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--dir"])
        .arg(folder.path())
        .args(options)
        .stdout(Stdio::null())
        .spawn()
        .expect("redis-server is installed (cargo xtask setup)")
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
