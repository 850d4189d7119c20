//! An operator: speaks to the admin API of a real gateway in plain HTTP/1.1.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;

use super::{APP, Gateway, SOON};

pub const SECRET: &str = "an admin secret of the tests";

pub struct Operator {
    authority: String,
    authorization: Option<String>,
}

/// An answer of the admin API.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    /// `Null` where there is no body.
    pub body: Value,
}

impl Operator {
    /// A gateway with an admin API, and its operator.
    pub fn start() -> (Gateway, Self) {
        Self::with("")
    }

    /// The same, whose configuration file ends with `toml`.
    pub fn with(toml: &str) -> (Gateway, Self) {
        let gateway = Gateway::with(&format!("[admin]\nlisten = \"127.0.0.1:0\"\nsecret = \"{SECRET}\"\n{toml}"));
        let operator = Self::of(&gateway, Some(&format!("Bearer {SECRET}")));
        (gateway, operator)
    }

    /// Somebody who sends this as authorization.
    pub fn of(gateway: &Gateway, authorization: Option<&str>) -> Self {
        let authority =
            gateway.admin.as_deref().expect("an admin API").strip_prefix("http://").expect("http").to_owned();
        Self { authority, authorization: authorization.map(str::to_owned) }
    }

    pub fn get(&self, path: &str) -> Reply {
        self.ask("GET", path, "")
    }

    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.ask("POST", path, &body.to_string())
    }

    /// `POST`s an order about a user of a room of the tests' application.
    pub fn order(&self, path: &str, room: &str, user: &str) -> Reply {
        self.post(path, &serde_json::json!({ "app": APP, "room": room, "user": user }))
    }

    pub fn ask(&self, method: &str, path: &str, body: &str) -> Reply {
        let mut socket = TcpStream::connect(&self.authority).expect("connect");
        socket.set_read_timeout(Some(SOON)).expect("timeout");
        let authorization =
            self.authorization.as_ref().map_or_else(String::new, |value| format!("Authorization: {value}\r\n"));
        let (host, length) = (&self.authority, body.len());
        let head = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{authorization}");
        let kind = "Content-Type: application/json";
        write!(socket, "{head}{kind}\r\nContent-Length: {length}\r\n\r\n{body}").expect("send");
        let mut answer = String::new();
        socket.read_to_string(&mut answer).expect("answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("head and body");
        let status = head.split(' ').nth(1).expect("status").parse().expect("status");
        let body = if body.is_empty() { Value::Null } else { serde_json::from_str(body).expect("JSON") };
        Reply { status, head: head.to_owned(), body }
    }
}
