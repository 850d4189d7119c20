//! An RTMP encoder or player that sends exactly the bytes it is told to, and reads what comes back.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

pub const ACKNOWLEDGEMENT: u8 = 3;
pub const WINDOW_SIZE: u8 = 5;
pub const AUDIO: u8 = 8;
pub const VIDEO: u8 = 9;
pub const DATA: u8 = 18;
pub const COMMAND: u8 = 20;

/// One message, as it came.
#[derive(Clone, Debug)]
pub struct Message {
    pub type_id: u8,
    pub timestamp: u32,
    pub payload: Vec<u8>,
}

/// A connection after its handshake.
pub struct Rtmp {
    socket: TcpStream,
    buffer: Vec<u8>,
    chunk_size: usize,
    chunks_of: usize,
    /// How many bytes were sent, the handshake left out.
    pub sent: usize,
}

/// A text as AMF0.
pub fn text(text: &str) -> Vec<u8> {
    let count = u16::try_from(text.len()).expect("short");
    [&[2][..], &count.to_be_bytes(), text.as_bytes()].concat()
}

/// A number as AMF0.
pub fn number(number: f64) -> Vec<u8> {
    [&[0][..], &number.to_be_bytes()].concat()
}

/// An object as AMF0, of values that are written.
pub fn object(properties: &[(&str, &[u8])]) -> Vec<u8> {
    let mut object = vec![3];
    for (name, value) in properties {
        object.extend_from_slice(&text(name)[1..]);
        object.extend_from_slice(value);
    }
    object.extend_from_slice(&[0, 0, 9]);
    object
}

impl Rtmp {
    /// Connects and shakes hands with the server of a media URL.
    pub async fn open(url: &str) -> Self {
        let authority = url.split('/').nth(2).expect("authority");
        let mut socket = TcpStream::connect(authority).await.expect("connected");
        let mut hello = vec![0; 1 + 1_536];
        hello[0] = 3;
        socket.write_all(&hello).await.expect("C0 and C1");
        let mut answer = vec![0; 1 + 2 * 1_536];
        socket.read_exact(&mut answer).await.expect("S0, S1 and S2");
        socket.write_all(&answer[1..=1_536]).await.expect("C2");
        Self { socket, buffer: Vec::new(), chunk_size: 128, chunks_of: 128, sent: 0 }
    }

    /// Pushes to a URL as encoders do; media may be sent then.
    pub async fn publish(url: &str) -> Self {
        let mut encoder = Self::open(url).await;
        encoder.command(&[text("connect"), number(1.0), object(&[("app", &text("live"))])].concat()).await;
        encoder.ask("publish", url).await;
        encoder
    }

    /// Plays a URL; media comes then.
    pub async fn play(url: &str) -> Self {
        let mut player = Self::open(url).await;
        player.command(&[text("connect"), number(1.0), object(&[("app", &text("live"))])].concat()).await;
        player.ask("play", url).await;
        player
    }

    /// Asks to push or play, and waits for the answer.
    pub async fn ask(&mut self, what: &str, url: &str) {
        let name = url.rsplit_once("/live/").expect("name").1;
        self.command(&[text(what), number(2.0), vec![5], text(name), text("live")].concat()).await;
        let said = self.until(|message| message.type_id == COMMAND && contains(&message.payload, b".Start")).await;
        assert!(said.is_some(), "{what} is not accepted");
    }

    pub async fn command(&mut self, payload: &[u8]) {
        self.send(COMMAND, 0, payload).await;
    }

    /// Sends chunks of another size than 128 bytes from now on.
    pub async fn set_chunk_size(&mut self, bytes: u32) {
        self.send(1, 0, &bytes.to_be_bytes()).await;
        self.chunks_of = usize::try_from(bytes).expect("a size");
    }

    /// Sends one message in chunks.
    pub async fn send(&mut self, type_id: u8, timestamp: u32, payload: &[u8]) {
        assert!(self.try_send(type_id, timestamp, payload).await, "the server closed the connection");
    }

    /// Sends one message; `false` if the connection is closed.
    pub async fn try_send(&mut self, type_id: u8, timestamp: u32, payload: &[u8]) -> bool {
        let chunk_stream = if type_id == AUDIO { 4 } else { 6 };
        let length = u32::try_from(payload.len()).expect("short");
        let field = timestamp.min(0xff_ffff);
        let extension = if field == 0xff_ffff { timestamp.to_be_bytes().to_vec() } else { Vec::new() };
        let mut bytes = vec![chunk_stream];
        bytes.extend_from_slice(&field.to_be_bytes()[1..]);
        bytes.extend_from_slice(&length.to_be_bytes()[1..]);
        bytes.extend_from_slice(&[type_id, 1, 0, 0, 0]);
        for (index, part) in payload.chunks(self.chunks_of).enumerate() {
            if index > 0 {
                bytes.push(0xc0 | chunk_stream);
            }
            bytes.extend_from_slice(&extension);
            bytes.extend_from_slice(part);
        }
        self.sent += bytes.len();
        self.socket.write_all(&bytes).await.is_ok()
    }

    /// The next message; `None` when the connection ends. Safe to cancel.
    pub async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some(message) = self.take_message() {
                if message.type_id == 1 {
                    let size: [u8; 4] = message.payload[..4].try_into().expect("a size");
                    self.chunk_size = usize::try_from(u32::from_be_bytes(size)).expect("a size");
                }
                return Some(message);
            }
            let mut bytes = [0; 16 << 10];
            match self.socket.read(&mut bytes).await {
                Ok(0) | Err(_) => return None,
                Ok(count) => self.buffer.extend_from_slice(&bytes[..count]),
            }
        }
    }

    /// The next message that is wanted; `None` if the connection ends, or it does not come within five seconds.
    pub async fn until(&mut self, wanted: impl Fn(&Message) -> bool) -> Option<Message> {
        let search = async {
            loop {
                let message = self.next().await?;
                if wanted(&message) {
                    return Some(message);
                }
            }
        };
        timeout(Duration::from_secs(5), search).await.ok().flatten()
    }

    /// All messages of the next `time`.
    pub async fn messages_for(&mut self, time: Duration) -> Vec<Message> {
        let end = Instant::now() + time;
        let mut messages = Vec::new();
        while let Ok(Some(message)) = timeout_at(end, self.next()).await {
            messages.push(message);
        }
        messages
    }

    /// Takes a message out of the buffer. The server writes full headers, and the chunks of a message without others between.
    fn take_message(&mut self) -> Option<Message> {
        let header = self.buffer.get(..12)?;
        assert!(header[0] >> 6 == 0, "a full header: {header:?}");
        let number = |bytes: &[u8]| bytes.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte));
        let (mut timestamp, type_id) = (number(&header[1..4]), header[7]);
        let length = usize::try_from(number(&header[4..7])).expect("a length");
        let extension = if timestamp == 0xff_ffff { 4 } else { 0 };
        if extension > 0 {
            timestamp = number(self.buffer.get(12..16)?);
        }
        let (mut at, mut payload) = (12, Vec::new());
        loop {
            let part = (length - payload.len()).min(self.chunk_size);
            payload.extend_from_slice(self.buffer.get(at + extension..at + extension + part)?);
            at += extension + part;
            if payload.len() == length {
                self.buffer.drain(..at);
                return Some(Message { type_id, timestamp, payload });
            }
            self.buffer.get(at)?;
            at += 1;
        }
    }
}

pub fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// An AVC configuration, and pictures that look like coded ones; players that decode need real ones.
pub mod avc {
    pub fn header(mark: u8) -> Vec<u8> {
        vec![0x17, 0, 0, 0, 0, 1, 0x42, 0xc0, 0x1e, 0xff, mark]
    }

    pub fn key(size: usize) -> Vec<u8> {
        [&[0x17, 1, 0, 0, 0][..], &vec![0x65; size]].concat()
    }

    pub fn delta(size: usize) -> Vec<u8> {
        [&[0x27, 1, 0, 0, 0][..], &vec![0x41; size]].concat()
    }
}

/// An AAC configuration and sound.
pub mod aac {
    pub fn header() -> Vec<u8> {
        vec![0xaf, 0, 0x12, 0x10]
    }

    pub fn sound() -> Vec<u8> {
        vec![0xaf, 1, 0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c]
    }
}
