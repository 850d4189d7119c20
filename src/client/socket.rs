//! A socket: one connection of one generation, from the attempt to its end.
//!
//! A connection attempt is never cancelled: the transport would leak its socket. Instead it is let finish, and dropped
//! if nobody wants it any more.

use alloc::string::String;

use futures_channel::mpsc::UnboundedReceiver;
use futures_util::future::{Either, select};
use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite_wasm::{CloseCode, CloseFrame, Message, WebSocketStream, connect_with_protocols};

use super::platform::{Json, cause};
use crate::protocol::{DecodeError, ServerFrame, limits};
use crate::session::SocketEvent;

/// What a socket is to do.
#[derive(Debug)]
pub(super) enum SocketOrder {
    /// Say goodbye with this code and end.
    Close(u16),
    /// Send a frame.
    Text(String),
}

/// Runs a socket until it ends, or until nobody holds the other end of `outgoing`.
pub(super) async fn run(url: String, mut outgoing: UnboundedReceiver<SocketOrder>, tell: impl Fn(SocketEvent)) {
    let mut stream = match connect_with_protocols(&url, &[limits::SUBPROTOCOL]).await {
        Ok(stream) => stream,
        Err(error) => {
            return tell(SocketEvent::Failed { reason: cause(&error) });
        }
    };
    tell(SocketEvent::Opened);
    loop {
        match select(outgoing.next(), stream.next()).await {
            Either::Left((None, _)) => return,
            Either::Left((Some(SocketOrder::Close(code)), _)) => return close(&mut stream, code).await,
            Either::Left((Some(SocketOrder::Text(text)), _)) => {
                if let Err(error) = stream.send(Message::text(text)).await {
                    return tell(SocketEvent::Failed { reason: cause(&error) });
                }
            }
            Either::Right((None, _)) => {
                return tell(SocketEvent::Closed { code: 1006, reason: "the connection ended".into() });
            }
            Either::Right((Some(Err(error)), _)) => {
                return tell(SocketEvent::Failed { reason: cause(&error) });
            }
            Either::Right((Some(Ok(message)), _)) => {
                let event = read(message);
                let is_end = matches!(event, SocketEvent::Closed { .. });
                tell(event);
                if is_end {
                    return;
                }
            }
        }
    }
}

fn read(message: Message) -> SocketEvent {
    match message {
        Message::Text(text) => match ServerFrame::decode::<Json>(text.as_str()) {
            Ok(frame) => SocketEvent::Frame(frame),
            Err(error) => SocketEvent::Unreadable(error),
        },
        Message::Binary(_) => SocketEvent::Unreadable(DecodeError::NotAFrame("it is binary")),
        Message::Close(None) => SocketEvent::Closed { code: 1005, reason: String::new() },
        Message::Close(Some(CloseFrame { code, reason })) => {
            SocketEvent::Closed { code: code.into(), reason: reason.as_str().into() }
        }
    }
}

async fn close(stream: &mut WebSocketStream, code: u16) {
    let frame = CloseFrame { code: CloseCode::from(code), reason: "".into() };
    // The other side may be gone already; the socket is dropped either way.
    let _ = stream.send(Message::Close(Some(frame))).await;
}
