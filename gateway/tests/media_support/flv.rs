//! A small HTTP-FLV client of our own: it shows each tag as it comes.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, timeout};

/// What a tag is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    Metadata,
    AudioHeader,
    Audio,
    VideoHeader,
    VideoKey,
    VideoDelta,
}

impl Tag {
    pub fn is_picture(self) -> bool {
        matches!(self, Self::VideoKey | Self::VideoDelta)
    }
}

/// An HTTP answer: status, head and, for 200, the FLV bytes that follow.
pub struct Player {
    socket: TcpStream,
    raw: Vec<u8>,
    body: Vec<u8>,
    pub status: u16,
    pub head: String,
    pub flags: u8,
    /// What the last tag carried.
    pub payload: Vec<u8>,
}

impl Player {
    /// Asks for a URL and reads the answer's head (and the FLV header).
    pub async fn open(url: &str) -> Self {
        Self::request(url, None).await.read_head().await
    }

    /// Reads the answer's head (and the FLV header).
    pub async fn read_head(mut self) -> Self {
        let player = &mut self;
        let mut raw = Vec::new();
        while !raw.windows(4).any(|window| window == b"\r\n\r\n") {
            let mut byte = [0];
            timeout(Duration::from_secs(5), player.socket.read_exact(&mut byte)).await.expect("in time").expect("head");
            raw.push(byte[0]);
        }
        player.head = String::from_utf8(raw).expect("ascii").to_ascii_lowercase();
        player.status = player.head[9..12].parse().expect("status");
        if player.status == 200 {
            player.fill(13).await.expect("flv header");
            let header: Vec<u8> = player.body.drain(..13).collect();
            assert_eq!(&header[..4], b"FLV\x01");
            player.flags = header[4];
        }
        self
    }

    /// Asks for a URL with a small receive buffer and reads nothing.
    pub async fn request(url: &str, receive_buffer: Option<u32>) -> Self {
        Self::request_by("GET", "", url, receive_buffer).await
    }

    /// Asks by another method, with more header lines.
    pub async fn request_by(method: &str, lines: &str, url: &str, receive_buffer: Option<u32>) -> Self {
        let rest = url.strip_prefix("http://").expect("http");
        let (authority, path) = rest.split_once('/').expect("path");
        let socket = TcpSocket::new_v4().expect("socket");
        if let Some(size) = receive_buffer {
            socket.set_recv_buffer_size(size).expect("buffer size");
        }
        let mut socket = socket.connect(authority.parse().expect("address")).await.expect("connected");
        let request = format!("{method} /{path} HTTP/1.1\r\nHost: {authority}\r\n{lines}\r\n");
        socket.write_all(request.as_bytes()).await.expect("request");
        Self {
            socket,
            raw: Vec::new(),
            body: Vec::new(),
            status: 0,
            head: String::new(),
            flags: 0,
            payload: Vec::new(),
        }
    }

    /// The rest of a short answer.
    pub async fn text(mut self) -> String {
        let length = self.head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
        let mut text = vec![0; length.expect("length").parse().expect("number")];
        self.socket.read_exact(&mut text).await.expect("body");
        String::from_utf8(text).expect("utf-8")
    }

    /// The next tag with its time stamp; `None` when the answer ends. Safe to cancel.
    pub async fn next_tag(&mut self) -> Option<(Tag, u32)> {
        const HEADER: usize = 11;
        self.fill(HEADER).await?;
        let length = usize::from(self.body[1]) << 16 | usize::from(self.body[2]) << 8 | usize::from(self.body[3]);
        self.fill(HEADER + length + 4).await?;
        let bytes: Vec<u8> = self.body.drain(..HEADER + length + 4).collect();
        let timestamp = u32::from_be_bytes([bytes[7], bytes[4], bytes[5], bytes[6]]);
        let size = &bytes[HEADER + length..];
        assert_eq!(u32::from_be_bytes([size[0], size[1], size[2], size[3]]) as usize, length + HEADER);
        let tag = match (bytes[0], bytes[HEADER], bytes[HEADER + 1]) {
            (18, _, _) => Tag::Metadata,
            (8, _, 0) => Tag::AudioHeader,
            (8, _, _) => Tag::Audio,
            (9, _, 0) => Tag::VideoHeader,
            (9, first, _) if first >> 4 == 1 => Tag::VideoKey,
            (9, _, _) => Tag::VideoDelta,
            other => panic!("unknown tag {other:?}"),
        };
        self.payload = bytes[HEADER..HEADER + length].to_vec();
        Some((tag, timestamp))
    }

    /// All tags of the next `time`.
    pub async fn tags_for(&mut self, time: Duration) -> Vec<(Tag, u32)> {
        let mut tags = Vec::new();
        let end = Instant::now() + time;
        while let Ok(Some(tag)) = tokio::time::timeout_at(end, self.next_tag()).await {
            tags.push(tag);
        }
        tags
    }

    /// Reads raw bytes until the connection ends; how many there were.
    pub async fn drain(mut self) -> usize {
        let mut total = 0;
        let mut buffer = vec![0; 64 << 10];
        while let Ok(count @ 1..) = self.socket.read(&mut buffer).await {
            total += count;
        }
        total
    }

    /// Reads until the body has `size` bytes; `None` when the answer ends. Safe to cancel: what was read stays.
    async fn fill(&mut self, size: usize) -> Option<()> {
        while self.body.len() < size {
            if let Some(is_last) = self.unwrap_chunk() {
                if is_last {
                    return None;
                }
                continue;
            }
            if self.socket.read_buf(&mut self.raw).await.unwrap_or(0) == 0 {
                return None;
            }
        }
        Some(())
    }

    /// Moves one complete chunk from the raw bytes to the body; says whether it was the last one.
    fn unwrap_chunk(&mut self) -> Option<bool> {
        let line_end = self.raw.windows(2).position(|window| window == b"\r\n")?;
        let line = std::str::from_utf8(&self.raw[..line_end]).expect("ascii");
        let size = usize::from_str_radix(line, 16).expect("chunk size");
        let (start, end) = (line_end + 2, line_end + 2 + size + 2);
        if self.raw.len() < end {
            return None;
        }
        self.body.extend_from_slice(&self.raw[start..end - 2]);
        self.raw.drain(..end);
        Some(size == 0)
    }
}
