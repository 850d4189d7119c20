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

/// A server that speaks TLS too, with a certificate that it signed itself.
pub struct TlsRedis {
    /// By the way without TLS it is asked whether it lives.
    _server: Redis,
    port: u16,
    certificate: String,
}

impl TlsRedis {
    pub fn start() -> Self {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
        let (plain, port, folder) = (free_port(), free_port(), tempfile::tempdir().expect("a folder"));
        let file = |name: &str| folder.path().join(name);
        std::fs::write(file("cert.pem"), made.cert.pem()).expect("written");
        std::fs::write(file("key.pem"), made.signing_key.serialize_pem()).expect("written");
        let child = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &plain.to_string(), "--save", "", "--dir"])
            .arg(folder.path())
            .args(["--tls-port", &port.to_string(), "--tls-auth-clients", "no", "--tls-cert-file"])
            .arg(file("cert.pem"))
            .arg("--tls-key-file")
            .arg(file("key.pem"))
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed (cargo xtask setup)");
        let server = Redis { child, port: plain, folder, options: &[] };
        server.await_answer();
        Self { _server: server, port, certificate: made.cert.pem() }
    }

    pub fn url(&self) -> String {
        format!("rediss://127.0.0.1:{}", self.port)
    }

    /// Its certificate, in PEM form.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }
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
        let (port, folder) = (free_port(), tempfile::tempdir().expect("a folder"));
        let redis = Self { child: run(port, &folder, options), port, folder, options };
        redis.await_answer();
        redis
    }

    /// A server that copies this one.
    pub fn replica(&self) -> Self {
        let replica = Self::with(ALWAYS);
        let said = replica.command(&format!("REPLICAOF 127.0.0.1 {}", self.port)).expect("an answer");
        assert!(said.starts_with("+OK"), "{said}");
        let until = Instant::now() + Duration::from_secs(10);
        while !replica.command("INFO replication").is_ok_and(|said| said.contains("master_link_status:up")) {
            assert!(Instant::now() < until, "the replica does not follow");
            std::thread::sleep(Duration::from_millis(20));
        }
        replica
    }

    /// Waits until its replica has all that it has.
    pub fn await_copy(&self) {
        let until = Instant::now() + Duration::from_secs(10);
        let number = |said: &str, name: &str| {
            said.split([',', '\r', '\n']).find_map(|part| part.strip_prefix(name)?.parse::<u64>().ok())
        };
        let is_copied =
            |said: String| number(&said, "offset=").is_some_and(|at| number(&said, "master_repl_offset:") == Some(at));
        while !self.command("INFO replication").is_ok_and(is_copied) {
            assert!(Instant::now() < until, "the replica does not follow");
            std::thread::sleep(Duration::from_millis(1));
        }
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

    /// Kills it, and starts it again without the last bytes of what it wrote to its disk.
    pub fn restart_truncated(&mut self, bytes: u64) {
        self.kill();
        let files = std::fs::read_dir(self.folder.path().join("appendonlydir")).expect("a folder");
        let is_log = |path: &std::path::PathBuf| path.extension().is_some_and(|extension| extension == "aof");
        let newest = files
            .flatten()
            .map(|file| file.path())
            .filter(is_log)
            .filter(|path| path.to_string_lossy().contains("incr"))
            .max();
        let file = std::fs::OpenOptions::new().write(true).open(newest.expect("a log")).expect("a file");
        let length = file.metadata().expect("its length").len();
        file.set_len(length.saturating_sub(bytes)).expect("cut");
        drop(file);
        self.child = run(self.port, &self.folder, self.options);
        self.await_answer();
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
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

    pub fn kill(&mut self) {
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

/// A Sentinel that watches one master, and makes a replica the master half a second after the master fell silent.
pub struct Sentinel {
    server: Redis,
}

impl Sentinel {
    pub fn watch(master: &Redis) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let config = format!(
            "sentinel monitor rooms 127.0.0.1 {} 1\nsentinel down-after-milliseconds rooms 500\n\
             sentinel failover-timeout rooms 2000\n",
            master.port
        );
        std::fs::write(folder.path().join("sentinel.conf"), config).expect("a file");
        let port = free_port();
        let child = Command::new("redis-server")
            .arg(folder.path().join("sentinel.conf"))
            .args(["--sentinel", "--bind", "127.0.0.1", "--port", &port.to_string()])
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed (cargo xtask setup)");
        let server = Redis { child, port, folder, options: &[] };
        server.await_answer();
        Self { server }
    }

    pub fn url(&self) -> String {
        format!("sentinel://127.0.0.1:{}/rooms", self.server.port)
    }

    /// Waits until it knows of a replica: before, there is nothing to fail over to.
    pub fn await_replica(&self) {
        let until = Instant::now() + Duration::from_secs(20);
        while !self.server.command("SENTINEL MASTER rooms").is_ok_and(|said| said.contains("num-slaves\r\n$1\r\n1")) {
            assert!(Instant::now() < until, "the Sentinel finds no replica");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

fn free_port() -> u16 {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    free.expect("a port").port()
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
