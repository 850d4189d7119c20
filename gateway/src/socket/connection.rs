//! A [`Connection`] is one socket, from its first to its last frame.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use miniapp_rtc::protocol::limits::close;
use miniapp_rtc::protocol::{Bye, Event, ServerFrame};
use tokio::time::timeout;
use tracing::debug;

use super::reader::{Ended, Reader, Threshold};
use crate::gateway::Gateway;
use crate::outbox::{Outbox, OutboxBounds, Outgoing, OutgoingFrame};
use crate::room::{Input, SocketId};

/// How long a farewell may take to leave, and the other end to close as well.
const FAREWELL: Duration = Duration::from_secs(1);

/// One socket.
pub(super) struct Connection {
    gateway: Arc<Gateway>,
    outbox: Arc<Outbox>,
}

impl Connection {
    pub(super) fn new(gateway: Arc<Gateway>) -> Self {
        let number = gateway.next_socket.fetch_add(1, Ordering::Relaxed);
        let policy = gateway.settings.socket;
        let bounds = OutboxBounds { frames: policy.queue_frames, bytes: policy.queue_bytes };
        let outbox = Arc::new(Outbox::new(SocketId(number), bounds));
        Self { gateway, outbox }
    }

    /// Reads and writes until either end closes.
    pub(super) async fn serve(self, socket: WebSocket, threshold: Threshold) {
        let socket_id = self.outbox.socket();
        debug!(socket = socket_id.0, "socket opened");
        let (mut sink, mut stream) = socket.split();
        let mut reader = Reader::new(Arc::clone(&self.gateway), Arc::clone(&self.outbox), threshold);

        let mut writing = Box::pin(write(&mut sink, &self.outbox));
        let mut is_written = false;
        let ended = tokio::select! {
            ended = reader.read(&mut stream) => ended,
            () = self.outbox.ending() => Ended::ByUs,
            written = &mut writing => {
                is_written = true;
                match written {
                    Ok(()) => Ended::ByUs,
                    Err(error) => Ended::ByPeer(error),
                }
            }
        };
        if let Some(place) = reader.place()
            && self.outbox.is_attached()
            && !self.gateway.stop.is_cancelled()
        {
            let ends_session = self.outbox.says_stop();
            let input = if ends_session { Input::Expel(socket_id) } else { Input::LoseSocket(socket_id) };
            self.gateway.engine.submit(place, input, Some(&self.outbox)).await;
        }
        match &ended {
            Ended::ByPeer(cause) => {
                drop(writing);
                // Answers the client's close frame, where it sent one.
                let _ = timeout(FAREWELL, sink.close()).await;
                debug!(socket = socket_id.0, %cause, "socket closed by the client");
            }
            Ended::Violation(code) => {
                drop(writing);
                let frame = CloseFrame { code: *code, reason: "".into() };
                let _ = timeout(FAREWELL, sink.send(Message::Close(Some(frame)))).await;
                debug!(socket = socket_id.0, code, "socket closed: the client broke RFC 6455");
            }
            // Nothing is said: it is one of many that only hold a place.
            Ended::Cut => debug!(socket = socket_id.0, "socket cut to make room"),
            Ended::ByUs => {
                // The farewell is a courtesy: a client that cannot read it any more finds the socket closed.
                if !is_written {
                    let _ = timeout(FAREWELL, &mut writing).await;
                }
                drop(writing);
                let _ = timeout(FAREWELL, drain(&mut stream)).await;
                debug!(socket = socket_id.0, "socket closed by the gateway");
            }
        }
    }
}

/// Sends what the outbox holds, until it closes.
async fn write(sink: &mut SplitSink<WebSocket, Message>, outbox: &Outbox) -> Result<(), String> {
    loop {
        match outbox.take().await {
            Outgoing::Frames(frames) => {
                for frame in frames {
                    sink.feed(Message::Text(frame.text())).await.map_err(|error| error.to_string())?;
                    outbox.note_sent(&frame);
                }
                sink.flush().await.map_err(|error| error.to_string())?;
            }
            Outgoing::Close(bye) => {
                let frame = close_frame(bye.as_ref());
                if let Some(bye) = bye {
                    let bye = OutgoingFrame::new(&ServerFrame::Event { position: None, event: Event::Bye(bye) });
                    sink.feed(Message::Text(bye.text())).await.map_err(|error| error.to_string())?;
                }
                sink.send(Message::Close(Some(frame))).await.map_err(|error| error.to_string())?;
                return Ok(());
            }
        }
    }
}

fn close_frame(bye: Option<&Bye>) -> CloseFrame {
    match bye {
        // A close frame holds at most 123 bytes of reason (RFC 6455 §5.5.1); ours are shorter.
        Some(bye) => CloseFrame { code: bye.code, reason: bye.reason.as_str().into() },
        None => CloseFrame { code: close::NORMAL, reason: "".into() },
    }
}

/// Reads to the end, so that the last frames are not lost to a reset of the connection.
async fn drain(stream: &mut SplitStream<WebSocket>) {
    while let Some(Ok(_)) = stream.next().await {}
}
