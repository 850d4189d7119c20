//! A [`Connection`] is one socket, from its first to its last frame.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use miniapp_rtc::protocol::limits::close;
use miniapp_rtc::protocol::{Bye, Event, ServerFrame};
use tokio::time::timeout;
use tracing::{debug, warn};

use super::reader::{Ended, SocketReader, Threshold};
use crate::budget::Account;
use crate::mailbox::Mailbox;
use crate::metrics::Metrics;
use crate::node::{OutboxBounds, Outgoing, OutgoingFrame};
use crate::shared::SharedParts;

/// How long a farewell may take to leave, and the other end to close as well.
const FAREWELL: Duration = Duration::from_secs(1);

/// One WebSocket, from its upgrade to its end.
pub(super) struct Connection {
    shared: Arc<SharedParts>,
    mailbox: Arc<Mailbox>,
}

impl Connection {
    /// What is held for it is counted in `account`.
    pub(super) fn new(shared: Arc<SharedParts>, account: Account) -> Self {
        let bounds = OutboxBounds { frames: shared.policy.queue_frames, bytes: shared.policy.queue_bytes };
        account.share();
        let mailbox = shared.sockets.open(bounds, account);
        Self { shared, mailbox }
    }

    /// Reads and writes until either end closes.
    pub(super) async fn serve(self, socket: WebSocket, threshold: Threshold) {
        let socket_id = self.mailbox.socket();
        debug!(socket = %socket_id, "socket opened");
        let (mut sink, mut stream) = socket.split();
        let mut reader = SocketReader::new(Arc::clone(&self.shared), Arc::clone(&self.mailbox), threshold);

        let mut writing = Box::pin(write(&mut sink, &self.mailbox, &self.shared.metrics));
        let mut is_written = false;
        let ended = tokio::select! {
            ended = reader.read(&mut stream) => ended,
            () = self.mailbox.ending() => Ended::ByUs,
            written = &mut writing => {
                is_written = true;
                match written {
                    Ok(()) => Ended::ByUs,
                    Err(error) => Ended::ByPeer(error),
                }
            }
        };
        if let Some((place, input)) = reader.end()
            && !self.shared.stop.is_cancelled()
            && let Err(cause) = self.shared.engine.submit(&place, input).await
        {
            warn!(socket = %socket_id, %cause, "a room could not be told that a socket has ended");
        }
        self.shared.sockets.forget(socket_id);
        match &ended {
            Ended::ByPeer(cause) => {
                drop(writing);
                // Answers the client's close frame, where it sent one.
                let _ = timeout(FAREWELL, sink.close()).await;
                debug!(socket = %socket_id, %cause, "socket closed by the client");
            }
            Ended::Violation(code) => {
                drop(writing);
                let frame = CloseFrame { code: *code, reason: "".into() };
                let _ = timeout(FAREWELL, sink.send(Message::Close(Some(frame)))).await;
                debug!(socket = %socket_id, code, "socket closed: the client broke RFC 6455");
            }
            // Nothing is said: it is one of many that only hold a place.
            Ended::Cut => debug!(socket = %socket_id, "socket cut to make room"),
            Ended::ByUs => {
                // The farewell is a courtesy: a client that cannot read it any more finds the socket closed.
                if !is_written {
                    let _ = timeout(FAREWELL, &mut writing).await;
                }
                drop(writing);
                let _ = timeout(FAREWELL, drain(&mut stream)).await;
                debug!(socket = %socket_id, "socket closed by the gateway");
            }
        }
    }
}

/// Sends what the mailbox holds, until it closes.
async fn write(sink: &mut SplitSink<WebSocket, Message>, mailbox: &Mailbox, metrics: &Metrics) -> Result<(), String> {
    loop {
        match mailbox.take().await {
            Outgoing::Frames(frames) => {
                let weight = frames.iter().map(OutgoingFrame::weight).sum();
                for frame in frames {
                    sink.feed(Message::Text(frame.text().into())).await.map_err(|error| error.to_string())?;
                    mailbox.note_sent(&frame);
                    metrics.count_sent(&frame);
                }
                sink.flush().await.map_err(|error| error.to_string())?;
                mailbox.note_flushed(weight);
            }
            Outgoing::Close(bye) => {
                let frame = close_frame(bye.as_ref());
                if let Some(bye) = bye {
                    let bye = OutgoingFrame::new(&ServerFrame::Event { position: None, event: Event::Bye(bye) });
                    sink.feed(Message::Text(bye.text().into())).await.map_err(|error| error.to_string())?;
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
