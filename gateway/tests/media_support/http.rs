//! One HTTP request, and its answer.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    /// The value of a header, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// Why it was refused.
    pub fn reason(&self) -> String {
        let body: serde_json::Value = serde_json::from_str(&self.body).expect("json");
        assert!(body["error"]["message"].as_str().expect("a message").len() > 10, "{body}");
        body["error"]["reason"].as_str().expect("a reason").to_owned()
    }
}

pub async fn post(url: &str, content_type: &str, body: &str) -> Answer {
    request("POST", url, &format!("Content-Type: {content_type}\r\n"), body).await
}

pub async fn request(method: &str, url: &str, lines: &str, body: &str) -> Answer {
    let (authority, path) = url.strip_prefix("http://").expect("http").split_once('/').expect("path");
    let length = body.len();
    let whole = format!(
        "{method} /{path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n{lines}Content-Length: {length}\r\n\r\n{body}"
    );
    let exchange = async {
        let mut socket = TcpStream::connect(authority).await.expect("connected");
        // The server may answer, and close, before it has read all of it.
        let _ = socket.write_all(whole.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = socket.read_to_end(&mut answer).await;
        String::from_utf8(answer).expect("utf-8")
    };
    let answer = timeout(Duration::from_secs(10), exchange).await.expect("an answer in time");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).expect("a status");
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}
