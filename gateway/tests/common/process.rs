//! A real gateway process on free ports, killed when dropped.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{APP, KEY};

pub const BINARY: &str = env!("CARGO_BIN_EXE_miniapp-rtc-gateway");
const LEVEL: &str = "MINIAPP_RTC_LOG";

pub struct Gateway {
    child: Child,
    pub ws: String,
    pub http: String,
    /// Where RTMP and HTTP-FLV listen, as `host:port`.
    pub rtmp: String,
    pub flv: String,
    /// The admin API, as URL without path.
    pub admin: Option<String>,
    /// The metrics, as URL.
    pub metrics: Option<String>,
    log: Arc<Mutex<String>>,
    _config: tempfile::NamedTempFile,
}

impl Gateway {
    /// A gateway with default limits and times.
    pub fn start() -> Self {
        Self::with("")
    }

    /// A gateway whose configuration file ends with `toml` (sections `[room]`, `[times]`, `[socket]`, `[media]`).
    pub fn with(toml: &str) -> Self {
        Self::logging_to(Stdio::piped(), toml)
    }

    /// A gateway whose standard error is something else than a pipe that is read.
    pub fn logging_to(stderr: Stdio, toml: &str) -> Self {
        Self::start_process(Command::new(BINARY), stderr, toml).keeping_log()
    }

    /// A gateway that logs JSON.
    pub fn with_json_log(toml: &str) -> Self {
        let mut command = Command::new(BINARY);
        command.env("MINIAPP_RTC_LOG_FORMAT", "json");
        Self::start_process(command, Stdio::piped(), toml).keeping_log()
    }

    /// A gateway that logs at a level other than `debug`.
    pub fn at_level(level: &str, toml: &str) -> Self {
        let mut command = Command::new(BINARY);
        command.env(LEVEL, level);
        Self::start_process(command, Stdio::piped(), toml).keeping_log()
    }

    /// A gateway that may have so many files open.
    pub fn with_open_files(limit: u32, toml: &str) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -n $0 && exec \"$@\"", &limit.to_string(), BINARY]);
        Self::start_process(command, Stdio::piped(), toml).keeping_log()
    }

    fn keeping_log(mut self) -> Self {
        let gateway = &mut self;
        if let Some(mut stderr) = gateway.child.stderr.take() {
            let kept = Arc::clone(&gateway.log);
            std::thread::spawn(move || {
                let mut buffer = [0; 4096];
                while let Ok(count @ 1..) = stderr.read(&mut buffer) {
                    kept.lock().expect("log").push_str(&String::from_utf8_lossy(&buffer[..count]));
                }
            });
        }
        self
    }

    /// A gateway that logs to a pipe that nobody reads: this end of it.
    pub fn with_unread_log(toml: &str) -> (Self, ChildStderr) {
        let mut gateway = Self::start_process(Command::new(BINARY), Stdio::piped(), toml);
        let stderr = gateway.child.stderr.take().expect("stderr");
        (gateway, stderr)
    }

    fn start_process(mut command: Command, stderr: Stdio, toml: &str) -> Self {
        let mut config = tempfile::NamedTempFile::new().expect("temporary file");
        writeln!(config, "{toml}").expect("configuration");
        if command.get_envs().all(|(name, _)| name != LEVEL) {
            command.env(LEVEL, "debug");
        }
        let mut child = command
            .args(["serve", "--listen", "127.0.0.1:0", "--rtmp-listen", "127.0.0.1:0"])
            .args(["--http-flv-listen", "127.0.0.1:0", "--config"])
            .arg(config.path())
            .env("MINIAPP_RTC_APP_ID", APP)
            .env("MINIAPP_RTC_APP_KEY", KEY)
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .expect("the gateway starts");
        let log = Arc::new(Mutex::new(String::new()));
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout")).read_line(&mut line).expect("the ready line");
        let ready: Value = serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("ready line {line:?}: {error}\n{}", log.lock().expect("log")));
        assert_eq!(ready["ready"], true);
        let text = |name: &str| ready[name].as_str().unwrap_or_else(|| panic!("{name} in {line}")).to_owned();
        assert!(text("rtmp").starts_with("rtmp://127.0.0.1:") && text("flv").contains("://127.0.0.1:"));
        let authority = |name: &str| text(name).split_once("://").expect("a URL").1.to_owned();
        let (rtmp, flv) = (authority("rtmp"), authority("flv"));
        let (admin, metrics) = (ready["admin"].as_str(), ready["metrics"].as_str());
        let (admin, metrics) = (admin.map(str::to_owned), metrics.map(str::to_owned));
        Self { child, ws: text("ws"), http: text("http"), admin, metrics, rtmp, flv, log, _config: config }
    }

    /// The process's number.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Everything logged so far.
    pub fn log(&self) -> String {
        self.log.lock().expect("log").clone()
    }

    /// Everything logged up to a line that has `text` in it.
    pub async fn log_with(&self, text: &str) -> String {
        let until = Instant::now() + super::SOON;
        while Instant::now() < until {
            let log = self.log();
            if log.contains(text) {
                return log;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{text} is not logged")
    }

    /// Processor time used so far.
    pub fn processor_time(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("process status");
        // After the name in parentheses: user and system time are the 12th and 13th, in ticks of 10 ms.
        let fields = stat.rsplit_once(')').expect("a name").1.split_whitespace().skip(11).take(2);
        Duration::from_millis(10 * fields.map(|ticks| ticks.parse::<u64>().expect("ticks")).sum::<u64>())
    }

    /// Resident memory in kB.
    pub fn resident_kb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("process status");
        let line = status.lines().find(|line| line.starts_with("VmRSS")).expect("VmRSS");
        line.split_whitespace().nth(1).expect("a number").parse().expect("a number")
    }

    /// Takes the socket that listens on a port out of the gateway's hands: it accepts nothing any more, as if the kernel had
    /// lost it.
    #[cfg(target_os = "linux")]
    pub fn end_listening(&self, authority: &str) {
        use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};

        let port: u16 = authority.rsplit_once(':').expect("a port").1.parse().expect("a port");
        let is_ours = |line: &&str| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            fields[1].ends_with(&format!(":{port:04X}")) && fields[3] == "0A"
        };
        let process = format!("/proc/{}", self.child.id());
        let sockets = std::fs::read_to_string(format!("{process}/net/tcp")).expect("the list of sockets");
        let line = sockets.lines().skip(1).find(is_ours).expect("a socket that listens");
        let link = format!("socket:[{}]", line.split_whitespace().nth(9).expect("an inode"));
        let mut open = std::fs::read_dir(format!("{process}/fd")).expect("open files").flatten();
        let found =
            open.find(|file| std::fs::read_link(file.path()).is_ok_and(|target| target.as_os_str() == link.as_str()));
        let number = found.expect("an open file").file_name().to_string_lossy().parse().expect("a number");
        let child = pidfd_open(Pid::from_child(&self.child), PidfdFlags::empty()).expect("the process");
        // Who may debug the gateway may do this; in a container it takes the capability SYS_PTRACE.
        let socket = pidfd_getfd(child, number, PidfdGetfdFlags::empty()).expect("its socket (SYS_PTRACE is needed)");
        std::net::TcpStream::from(socket).shutdown(std::net::Shutdown::Both).expect("shut down");
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        self.signal("-TERM");
    }

    /// Sends a signal, as `-STOP`.
    pub fn signal(&self, name: &str) {
        super::signal::send(self.child.id(), name);
    }

    /// Waits for the process to end.
    pub fn wait(&mut self, at_most: Duration) -> Option<ExitStatus> {
        let until = Instant::now() + at_most;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().expect("wait") {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }

    /// `GET path`, in plain HTTP/1.1: status and body.
    pub fn get(&self, path: &str) -> (u16, String) {
        get(self.http.strip_prefix("http://").expect("http"), path)
    }
}

/// `GET path` from `host:port`, in plain HTTP/1.1: status and body.
pub fn get(authority: &str, path: &str) -> (u16, String) {
    let mut socket = std::net::TcpStream::connect(authority).expect("connect");
    socket.set_read_timeout(Some(super::SOON)).expect("timeout");
    write!(socket, "GET {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n").expect("send");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("head and body");
    (head.split(' ').nth(1).expect("status").parse().expect("status"), body.to_owned())
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- log of the gateway ---\n{}", self.log());
        }
    }
}
