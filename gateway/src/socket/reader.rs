//! The [`SocketReader`] reads a socket: what arrives becomes inputs of a room or refusals, as its [`Guest`] decides.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::ws::{Message, WebSocket};
use futures_util::StreamExt;
use futures_util::stream::SplitStream;
use miniapp_rtc::protocol::{Bye, ErrorCode, Refusal, Secret, ServerFrame};
use tokio::time::timeout_at;
use tokio_util::task::task_tracker::TaskTrackerToken;
use tracing::{info, warn};

use super::quota::{Excess, Quota};
use crate::lobby::Waiting;
use crate::mailbox::Mailbox;
use crate::node::{Guest, Heard, OutgoingFrame, Place, farewell};
use crate::random::{random_number, random_text};
use crate::room::{Asked, Command, Input};
use crate::shared::SharedParts;

/// tungstenite allocates its read buffer for each socket at once; its default of 128 KiB would be most of a socket's memory.
pub(super) const READ_BUFFER_BYTES: usize = 4096;
/// What may be read ahead of a frame (the WebSocket's read buffer), and the frame's own head.
const AHEAD_BYTES: usize = READ_BUFFER_BYTES + 14;
/// What comes before the payload of a client's ping or pong.
const CONTROL_HEAD_BYTES: usize = 6;
/// After how many milliseconds a client asks again, where the rooms could not be reached.
const UNREACHABLE_MS: u32 = 1_000;

/// Reads a socket.
pub(super) struct SocketReader {
    shared: Arc<SharedParts>,
    mailbox: Arc<Mailbox>,
    threshold: Threshold,
    /// Kept once the socket has joined.
    joined: Option<TaskTrackerToken>,
    guest: Guest,
}

/// What a socket has until it has joined.
pub(super) struct Threshold {
    /// Its place in the lobby.
    pub(super) place: Arc<Waiting>,
    /// How much it may send. Kept after the join too.
    pub(super) quota: Quota,
}

/// Why reading has ended.
pub(super) enum Ended {
    /// The mailbox closes.
    ByUs,
    /// It has not joined, and others need its place.
    Cut,
    /// The other end broke RFC 6455; it is told by this close code.
    Violation(u16),
    /// The other end closed, or the connection broke.
    ByPeer(String),
}

impl SocketReader {
    pub(super) fn new(shared: Arc<SharedParts>, mailbox: Arc<Mailbox>, threshold: Threshold) -> Self {
        let now = shared.clock.now();
        let guest = Guest::new(mailbox.socket(), Arc::clone(&shared.apps), shared.policy, shared.ping_ms, now);
        Self { shared, mailbox, threshold, joined: None, guest }
    }

    /// What its room hears when the socket has ended; `None` where it carries no session.
    pub(super) fn end(&self) -> Option<(Place, Input)> {
        self.guest.end(self.mailbox.standing())
    }

    /// Reads until the socket closes or must.
    pub(super) async fn read(&mut self, stream: &mut SplitStream<WebSocket>) -> Ended {
        let drain = self.shared.drain.clone();
        self.expect_frame();
        loop {
            let has_joined = self.has_joined();
            let deadline = self.shared.clock.instant(self.guest.deadline(self.mailbox.standing()));
            let next = tokio::select! {
                next = timeout_at(deadline.into(), stream.next()) => next,
                () = self.threshold.place.cut(), if !has_joined => return Ended::Cut,
                excess = self.threshold.quota.exceeded() => return match excess {
                    Excess::Quota => self.end_of_long_frame(),
                    Excess::Budget => self.end_by(farewell::crowded()),
                },
                () = drain.cancelled() => return self.end_by(self.going_away()),
            };
            let message = match next {
                Ok(Some(Ok(message))) => message,
                Ok(Some(Err(error))) => return self.end_of_error(error),
                Ok(None) => return Ended::ByPeer("end of stream".into()),
                Err(_) => match self.guest.overdue(self.mailbox.standing(), self.shared.clock.now()) {
                    Some(bye) => return self.end_by(bye),
                    None => continue,
                },
            };
            let now = self.shared.clock.now();
            match message {
                Message::Text(text) => {
                    let heard = self.guest.hear_text(&text, self.mailbox.standing(), now, draw_secret);
                    self.heed(heard).await;
                    self.expect_frame();
                }
                Message::Binary(_) => {
                    let heard = self.guest.hear_binary(now);
                    self.heed(heard).await;
                    self.expect_frame();
                }
                Message::Close(_) => return Ended::ByPeer("close frame".into()),
                Message::Ping(payload) | Message::Pong(payload) => {
                    self.threshold.quota.forgive(CONTROL_HEAD_BYTES + payload.len());
                    let heard = self.guest.hear_control(now);
                    self.heed(heard).await;
                }
            }
            if self.mailbox.standing().is_closing {
                return Ended::ByUs;
            }
        }
    }

    /// Whether the socket has joined, now or before. From then on it needs no place in the lobby, and may send more.
    fn has_joined(&mut self) -> bool {
        let has_joined = self.guest.has_joined(self.mailbox.standing());
        if has_joined && self.joined.is_none() {
            self.threshold.place.admit();
            self.joined = Some(self.shared.joined.token());
        }
        has_joined
    }

    /// Allows another frame to come.
    fn expect_frame(&mut self) {
        let has_joined = self.has_joined();
        let bytes = self.guest.frame_bytes();
        self.threshold.quota.allow(AHEAD_BYTES + if has_joined { read_bytes(bytes) } else { bytes });
    }

    async fn heed(&self, heard: Heard) {
        match heard {
            Heard::Nothing => {}
            Heard::Input(place, input) => self.submit(&place, input).await,
            Heard::Refused { id, refusal, bye } => {
                self.refuse(id, refusal);
                if bye.is_some() {
                    self.mailbox.close(bye);
                }
            }
            Heard::Ended(bye) => self.mailbox.close(Some(bye)),
        }
    }

    async fn submit(&self, place: &Place, input: Input) {
        let socket = self.mailbox.socket();
        let (id, resumed) = match &input {
            Input::Ask(Asked { id, command: Command::Resume(resume), .. }) => (Some(*id), Some(resume.session.clone())),
            Input::Ask(Asked { id, .. }) => (Some(*id), None),
            Input::Report { .. }
            | Input::LoseSocket(_)
            | Input::Expel(_)
            | Input::Media { .. }
            | Input::Order(_)
            | Input::Tick => (None, None),
        };
        let began = Instant::now();
        let submitted = self.shared.engine.submit(place, input).await;
        if id.is_some() {
            self.shared.metrics.count_request(began.elapsed());
        }
        if let Err(cause) = submitted {
            warn!(%socket, %cause, "a frame could not be carried out");
            if id.is_some() {
                self.refuse(id, Refusal::new(ErrorCode::Internal, cause.to_string()).retry_after(UNREACHABLE_MS));
            }
            return;
        }
        if let Some(session) = resumed.filter(|_| self.mailbox.standing().is_attached) {
            info!(%socket, %session, "resume");
        }
    }

    fn refuse(&self, id: Option<u32>, refusal: Refusal) {
        self.mailbox.push(OutgoingFrame::new(&ServerFrame::Refusal { id, refusal }));
    }

    fn end_of_error(&self, error: axum::Error) -> Ended {
        use tokio_tungstenite::tungstenite::Error;
        use tokio_tungstenite::tungstenite::error::ProtocolError::ResetWithoutClosingHandshake;
        use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

        let cause = error.into_inner();
        match cause.downcast_ref::<Error>() {
            // A frame beyond the upgrade's size is not read: nothing after it can be understood.
            Some(Error::Capacity(_)) => self.end_of_long_frame(),
            Some(Error::Protocol(error)) if *error != ResetWithoutClosingHandshake => {
                Ended::Violation(CloseCode::Protocol.into())
            }
            Some(Error::Utf8(_)) => Ended::Violation(CloseCode::Invalid.into()),
            _ => Ended::ByPeer(cause.to_string()),
        }
    }

    fn end_of_long_frame(&self) -> Ended {
        let (refusal, bye) = self.guest.hear_oversize();
        self.refuse(None, refusal);
        self.end_by(bye)
    }

    fn end_by(&self, bye: Bye) -> Ended {
        self.mailbox.close(Some(bye));
        Ended::ByUs
    }

    fn going_away(&self) -> Bye {
        let spread = self.shared.policy.drain_spread_ms;
        farewell::going_away(random_number().map_or(0, |number| number % spread.max(1)))
    }
}

/// How many bytes of a message are read, where a frame may have `frame_bytes`: one that is a little larger is refused, and its
/// socket lives.
pub(super) fn read_bytes(frame_bytes: usize) -> usize {
    frame_bytes.saturating_add(frame_bytes / 4)
}

fn draw_secret() -> Result<Secret, Refusal> {
    let text = random_text::<32>().map_err(|cause| Refusal::new(ErrorCode::Internal, cause.to_string()))?;
    Ok(Secret::new(text))
}
