//! An RTMP publisher that sends what a test wants and nothing else, written from Adobe's specification 1.0.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const ACKNOWLEDGEMENT: u8 = 3;
const VIDEO: u8 = 9;
const COMMAND: u8 = 20;

/// A publisher after its `publish` command.
pub struct RawPusher {
    socket: TcpStream,
}

impl RawPusher {
    /// Connects to an RTMP address of a lease and asks to publish; whether it may shows in what follows.
    pub async fn open(url: &str) -> Self {
        let rest = url.strip_prefix("rtmp://").expect("an RTMP address");
        let (host, path) = rest.split_once('/').expect("a path");
        let (application, name) = path.split_once('/').expect("an application and a name");
        let address: SocketAddr = host.parse().expect("host and port");
        let mut socket = TcpStream::connect(address).await.expect("connected");
        let mut hello = vec![0; 1 + 1_536];
        hello[0] = 3;
        socket.write_all(&hello).await.expect("C0 and C1");
        let mut answer = vec![0; 1 + 2 * 1_536];
        socket.read_exact(&mut answer).await.expect("S0, S1 and S2");
        socket.write_all(&answer[1..=1_536]).await.expect("C2");
        let mut pusher = Self { socket };
        let application = [&[3, 0, 3][..], b"app", &text(application), &[0, 0, 9]].concat();
        pusher.send(COMMAND, 0, 0, &[text("connect"), number(1.0), application].concat()).await;
        pusher.send(COMMAND, 0, 0, &[text("createStream"), number(2.0), vec![5]].concat()).await;
        let publish = [text("publish"), number(3.0), vec![5], text(name), text("live")].concat();
        pusher.send(COMMAND, 1, 0, &publish).await;
        pusher
    }

    /// Sends the AVC configuration.
    pub async fn configuration(&mut self, timestamp: u32) {
        self.send(VIDEO, 1, timestamp, &[0x17, 0, 0, 0, 0, 1, 66, 0, 10, 0xff, 0xe0, 0]).await;
    }

    /// Sends an AVC picture that no decoder would take, and no server has to look into.
    pub async fn picture(&mut self, timestamp: u32, is_key: bool) {
        let first = if is_key { 0x17 } else { 0x27 };
        self.send(VIDEO, 1, timestamp, &[first, 1, 0, 0, 0, 9]).await;
    }

    /// Sends bytes that are no media: an acknowledgement.
    pub async fn acknowledge(&mut self) {
        self.send(ACKNOWLEDGEMENT, 0, 0, &[0, 0, 0, 1]).await;
    }

    /// Whether the server has closed the connection; reads what it sent.
    pub async fn is_closed(&mut self) -> bool {
        let mut buffer = [0; 4_096];
        loop {
            let read = self.socket.read(&mut buffer);
            match tokio::time::timeout(std::time::Duration::from_millis(20), read).await {
                Ok(Ok(1..)) => {}
                Ok(Ok(0) | Err(_)) => return true,
                Err(_) => return false,
            }
        }
    }

    /// Sends a message in chunks of 128 bytes. A closed connection shows in [`Self::is_closed`].
    async fn send(&mut self, kind: u8, stream: u8, timestamp: u32, payload: &[u8]) {
        let length = u16::try_from(payload.len()).expect("a small message").to_be_bytes();
        let [high, time @ ..] = timestamp.to_be_bytes();
        assert_eq!(high, 0, "a time stamp of 24 bits");
        let header = [&[3][..], &time, &[0, length[0], length[1], kind, stream, 0, 0, 0]].concat();
        let chunks: Vec<&[u8]> = payload.chunks(128).collect();
        let message = [&header[..], &chunks.join(&0xc3)].concat();
        let _ = self.socket.write_all(&message).await;
    }
}

fn text(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).expect("a short text").to_be_bytes();
    [&[2][..], &length, text.as_bytes()].concat()
}

fn number(number: f64) -> Vec<u8> {
    [&[0][..], &number.to_be_bytes()].concat()
}
