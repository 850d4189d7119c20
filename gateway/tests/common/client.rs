//! A client that speaks frames, one at a time, and keeps what it was not asked for.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::{APP, Gateway, SOON, token};

pub struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    next_id: u32,
    /// Frames that were read while another was awaited.
    waiting: VecDeque<Value>,
    /// The close code, once the gateway has closed.
    pub closed: Option<u16>,
}

impl Client {
    /// Opens a socket with our sub-protocol.
    pub async fn open(gateway: &Gateway) -> Self {
        let mut request = gateway.ws.as_str().into_client_request().expect("request");
        request.headers_mut().insert("sec-websocket-protocol", "miniapp-rtc.v1".parse().expect("header"));
        let (socket, response) = connect_async(request).await.expect("the socket opens");
        assert_eq!(response.headers()["sec-websocket-protocol"], "miniapp-rtc.v1");
        Self { socket, next_id: 0, waiting: VecDeque::new(), closed: None }
    }

    /// Opens a socket and joins; the join answer as well.
    pub async fn join(gateway: &Gateway, room: &str, user: &str) -> (Self, Value) {
        let mut client = Self::open(gateway).await;
        let joined = client.ask("join", join(room, user)).await.expect("joined");
        (client, joined)
    }

    /// Sends a text as it is.
    pub async fn send_text(&mut self, text: impl Into<String>) {
        let text: String = text.into();
        self.socket.send(Message::Text(text.into())).await.expect("sent");
    }

    /// Sends bytes as a binary frame.
    pub async fn send_binary(&mut self, bytes: Vec<u8>) {
        self.socket.send(Message::Binary(bytes.into())).await.expect("sent");
    }

    /// Sends bytes that need not be a WebSocket frame.
    pub async fn send_raw(&mut self, bytes: &[u8]) {
        let MaybeTlsStream::Plain(stream) = self.socket.get_mut() else { panic!("plain") };
        stream.write_all(bytes).await.expect("sent");
    }

    /// Sends the head of a text frame of `whole` bytes, and so much of it. The socket may be closed meanwhile.
    pub async fn send_part(&mut self, whole: u64, bytes: usize) {
        // Masked with zeros, which leave the payload as it is (RFC 6455, §5.3).
        let head = [&[0x81, 0xff][..], &whole.to_be_bytes(), &[0; 4]].concat();
        let MaybeTlsStream::Plain(stream) = self.socket.get_mut() else { panic!("plain") };
        let _ = stream.write_all(&[head, vec![b'x'; bytes]].concat()).await;
    }

    /// Sends a WebSocket ping; the socket may be closed already.
    pub async fn send_ping(&mut self) {
        let _ = self.socket.send(Message::Ping(Vec::new().into())).await;
    }

    /// Sends a close frame, and goes on to read.
    pub async fn send_close(&mut self, code: u16) {
        let frame = tokio_tungstenite::tungstenite::protocol::CloseFrame { code: code.into(), reason: "".into() };
        self.socket.send(Message::Close(Some(frame))).await.expect("sent");
    }

    /// Sends a request without waiting; its id.
    pub async fn send(&mut self, method: &str, parameters: Value) -> u32 {
        self.send_operation(method, parameters, None).await
    }

    /// Sends a request on a socket that may be closed already.
    pub async fn try_send(&mut self, method: &str, parameters: Value) {
        self.next_id += 1;
        let frame = json!({ "id": self.next_id, "m": method, "p": parameters });
        let _ = self.socket.send(Message::Text(frame.to_string().into())).await;
    }

    /// Sends several requests in one segment; their ids.
    pub async fn send_together(&mut self, requests: &[(&str, Value)]) -> Vec<u32> {
        let mut ids = Vec::new();
        for (method, parameters) in requests {
            self.next_id += 1;
            let frame = json!({ "id": self.next_id, "m": method, "p": parameters });
            self.socket.feed(Message::Text(frame.to_string().into())).await.expect("fed");
            ids.push(self.next_id);
        }
        self.socket.flush().await.expect("sent");
        ids
    }

    /// Sends a request with an operation id, without waiting; its id.
    pub async fn send_operation(&mut self, method: &str, parameters: Value, operation: Option<&str>) -> u32 {
        self.next_id += 1;
        let mut frame = json!({ "id": self.next_id, "m": method, "p": parameters });
        if let Some(operation) = operation {
            frame["op"] = operation.into();
        }
        self.send_text(frame.to_string()).await;
        self.next_id
    }

    /// The answer to a request sent before: its body, or the refusal.
    pub async fn answer(&mut self, id: u32) -> Result<Value, Value> {
        let frame = self.find(&format!("the answer to {id}"), |frame| frame["id"] == id).await;
        match frame.get("err") {
            Some(refusal) => Err(refusal.clone()),
            None => Ok(frame["ok"].clone()),
        }
    }

    /// Sends a request and waits for its answer.
    pub async fn ask(&mut self, method: &str, parameters: Value) -> Result<Value, Value> {
        let id = self.send(method, parameters).await;
        self.answer(id).await
    }

    /// Sends a request that must be refused; the refusal's name, checked against its number.
    pub async fn refused(&mut self, method: &str, parameters: Value) -> String {
        name_of(&self.ask(method, parameters).await.expect_err("a refusal"))
    }

    /// Waits for an event of that name; its whole frame.
    pub async fn event(&mut self, name: &str) -> Value {
        self.find(name, |frame| frame["ev"] == name).await
    }

    /// Waits for the next ordered event, whatever it is.
    pub async fn next_ordered(&mut self) -> Value {
        self.find("an ordered event", |frame| frame.get("off").is_some()).await
    }

    /// Waits for the next frame, whatever it is.
    pub async fn any(&mut self) -> Value {
        self.find("a frame", |_| true).await
    }

    /// Waits for a refusal without an id; its name.
    pub async fn refusal_without_id(&mut self) -> String {
        let frame = self.find("a refusal without id", |frame| frame.get("err").is_some() && frame.get("id").is_none());
        name_of(&frame.await["err"])
    }

    /// Proves that nothing but answers to pings comes, by asking for one: what the gateway sent before it is read by then.
    pub async fn quiet(&mut self) {
        self.ask("ping", json!({ "offset": 0 })).await.expect("pong");
        assert!(self.waiting.is_empty(), "unexpected: {:?}", self.waiting);
    }

    /// Names and offsets of the ordered events that have come, oldest first, all taken out.
    pub async fn ordered(&mut self) -> Vec<(String, u64)> {
        self.ask("ping", json!({ "offset": 0 })).await.expect("pong");
        let is_ordered = |frame: &Value| frame.get("off").is_some();
        let (ordered, rest): (Vec<_>, Vec<_>) = self.waiting.drain(..).partition(is_ordered);
        self.waiting = rest.into();
        let name = |frame: &Value| frame["ev"].as_str().expect("a name").to_owned();
        ordered.iter().map(|frame| (name(frame), frame["off"].as_u64().expect("an offset"))).collect()
    }

    /// Reads until the gateway closes; every frame before.
    pub async fn read_to_close(&mut self) -> Vec<Value> {
        let mut frames: Vec<Value> = self.waiting.drain(..).collect();
        while let Some(frame) = timeout(SOON, self.read()).await.expect("the gateway closes in time") {
            frames.push(frame);
        }
        frames
    }

    /// Every frame that has come by now.
    pub async fn read_what_came(&mut self) -> Vec<Value> {
        let mut frames: Vec<Value> = self.waiting.drain(..).collect();
        while let Ok(Some(frame)) = timeout(Duration::from_millis(10), self.read()).await {
            frames.push(frame);
        }
        frames
    }

    /// Drops the connection without a word.
    pub fn cut(self) {
        drop(self);
    }

    /// Closes the socket in order, but without leaving.
    pub async fn close(mut self) {
        let _ = self.socket.close(None).await;
    }

    /// Does nothing with the socket for a while: not even reads.
    pub async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    async fn find(&mut self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        if let Some(index) = self.waiting.iter().position(&is_it) {
            return self.waiting.remove(index).expect("present");
        }
        loop {
            let read = timeout(SOON, self.read()).await;
            let frame = read.unwrap_or_else(|_| panic!("{what} did not come; instead: {:?}", self.waiting));
            let frame = frame
                .unwrap_or_else(|| panic!("{what} did not come before close {:?}: {:?}", self.closed, self.waiting));
            if is_it(&frame) {
                return frame;
            }
            self.waiting.push_back(frame);
        }
    }

    async fn read(&mut self) -> Option<Value> {
        loop {
            match self.socket.next().await? {
                Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).expect("a JSON frame")),
                Ok(Message::Close(frame)) => self.closed = frame.map(|frame| frame.code.into()),
                Ok(_) => {}
                Err(_) => return None,
            }
        }
    }
}

/// Parameters of a good join.
pub fn join(room: &str, user: &str) -> Value {
    json!({ "app": APP, "room": room, "user": user, "token": token(room, user) })
}

/// The name of a refusal, checked against the number it must have.
pub fn name_of(refusal: &Value) -> String {
    use miniapp_rtc::protocol::ErrorCode;
    let name = refusal["name"].as_str().expect("a name");
    let code = ErrorCode::ALL.iter().find(|code| code.name() == name).expect("a known code");
    assert_eq!(refusal["code"], code.number());
    assert!(refusal["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{refusal}");
    name.to_owned()
}
