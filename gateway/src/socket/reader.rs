//! The [`Reader`] is what arrives on a socket: frames become inputs of a room, anything else a refusal.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::ws::{Message, WebSocket};
use futures_util::StreamExt;
use futures_util::stream::SplitStream;
use miniapp_rtc::protocol::limits::close;
use miniapp_rtc::protocol::{
    BadClientFrame, Bye, ByeAction, ClientFrame, ErrorCode, Health, Notice, Refusal, Report, Request, RequestFrame,
    Secret, ServerFrame,
};
use tokio::time::timeout_at;
use tokio_util::task::task_tracker::TaskTrackerToken;
use tracing::{debug, info};

use super::quota::Quota;
use super::upgrade::READ_BUFFER_BYTES;
use crate::engine::Place;
use crate::gateway::Gateway;
use crate::lobby::Waiting;
use crate::meter::{PerMinute, TokenBucket};
use crate::outbox::{Outbox, OutgoingFrame};
use crate::random::random_text;
use crate::room::{Asked, Command, Input};

/// What may be read ahead of a frame (the WebSocket's read buffer), and the frame's own head.
const AHEAD_BYTES: usize = READ_BUFFER_BYTES + 14;

/// What arrives on a socket.
pub(super) struct Reader {
    gateway: Arc<Gateway>,
    outbox: Arc<Outbox>,
    threshold: Threshold,
    /// Kept once the socket has joined.
    joined: Option<TaskTrackerToken>,
    place: Option<Place>,
    opened_at: Instant,
    heard_at: Instant,
    rate: TokenBucket,
    bad_frames: PerMinute,
    excess_frames: PerMinute,
}

/// What a socket has until it has joined.
pub(super) struct Threshold {
    /// Its place in the lobby.
    pub(super) place: Arc<Waiting>,
    /// How much it may send.
    pub(super) quota: Quota,
}

/// Why reading has ended.
pub(super) enum Ended {
    /// The outbox closes.
    ByUs,
    /// It has not joined, and others need its place.
    Cut,
    /// The other end broke RFC 6455; it is told by this close code.
    Violation(u16),
    /// The other end closed, or the connection broke.
    ByPeer(String),
}

impl Reader {
    pub(super) fn new(gateway: Arc<Gateway>, outbox: Arc<Outbox>, threshold: Threshold) -> Self {
        let (policy, now) = (gateway.settings.socket, Instant::now());
        Self {
            gateway,
            outbox,
            threshold,
            joined: None,
            place: None,
            opened_at: now,
            heard_at: now,
            rate: TokenBucket::new(policy.frames_per_second, policy.frames_burst, now),
            bad_frames: PerMinute::new(policy.bad_frames_per_minute, now),
            excess_frames: PerMinute::new(policy.excess_frames_per_minute, now),
        }
    }

    /// The room that the socket's last join or resume named.
    pub(super) fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    /// Reads until the socket closes or must.
    pub(super) async fn read(&mut self, stream: &mut SplitStream<WebSocket>) -> Ended {
        let stop = self.gateway.stop.clone();
        self.expect_frame();
        loop {
            let has_joined = self.has_joined();
            let next = tokio::select! {
                next = timeout_at(self.deadline().into(), stream.next()) => next,
                () = self.threshold.place.cut(), if !has_joined => return Ended::Cut,
                () = self.threshold.quota.used_up(), if !has_joined => return self.end_of_long_frame(),
                () = stop.cancelled() => return self.end(self.going_away()),
            };
            let message = match next {
                Ok(Some(Ok(message))) => message,
                Ok(Some(Err(error))) => return self.end_of_error(error),
                Ok(None) => return Ended::ByPeer("end of stream".into()),
                Err(_) => match self.overdue() {
                    Some(bye) => return self.end(bye),
                    None => continue,
                },
            };
            match message {
                Message::Text(text) => {
                    self.heard_at = Instant::now();
                    self.hear_text(&text).await;
                    self.expect_frame();
                }
                Message::Binary(_) => {
                    self.heard_at = Instant::now();
                    self.refuse_bad(None, Refusal::new(ErrorCode::BadFrame, "binary frames are not spoken; send text"));
                    self.expect_frame();
                }
                Message::Close(_) => return Ended::ByPeer("close frame".into()),
                Message::Ping(_) | Message::Pong(_) => self.meter_control(),
            }
            if self.outbox.is_closing() {
                return Ended::ByUs;
            }
        }
    }

    /// Whether the socket has joined, now or before. From then on it needs no place in the lobby, and may send more.
    fn has_joined(&mut self) -> bool {
        if self.joined.is_none() && self.outbox.is_attached() {
            self.threshold.place.admit();
            self.threshold.quota.lift();
            self.joined = Some(self.gateway.joined.token());
        }
        self.joined.is_some()
    }

    /// Allows another frame to come.
    fn expect_frame(&mut self) {
        if !self.has_joined() {
            self.threshold.quota.allow(self.frame_bytes() + AHEAD_BYTES);
        }
    }

    /// Bytes that a frame may have.
    fn frame_bytes(&self) -> usize {
        let policy = self.gateway.settings.socket;
        let bytes = if self.joined.is_some() { policy.frame_bytes } else { policy.frame_bytes.min(policy.join_bytes) };
        usize::try_from(bytes).unwrap_or(usize::MAX)
    }

    /// When silence, or the want of a join, becomes too long.
    fn deadline(&self) -> Instant {
        if self.outbox.is_attached() { self.idle_deadline() } else { self.join_deadline() }
    }

    fn join_deadline(&self) -> Instant {
        self.opened_at + Duration::from_millis(self.gateway.settings.socket.join_ms.into())
    }

    fn idle_deadline(&self) -> Instant {
        // Two and a half ping intervals: one lost ping is forgiven, two are not.
        self.heard_at + Duration::from_millis(u64::from(self.gateway.settings.room.times.ping_ms) * 5 / 2)
    }

    fn overdue(&self) -> Option<Bye> {
        let now = Instant::now();
        let stop = |code, reason: &str| Bye { code, reason: reason.into(), action: ByeAction::Stop, after_ms: 0 };
        if !self.outbox.is_attached() {
            // It has no session that it could resume: silence alone is no reason.
            let late = stop(close::NO_JOIN, "no join or resume was granted in time");
            return (now >= self.join_deadline()).then_some(late);
        }
        let silent = Bye { action: ByeAction::Resume, ..stop(close::IDLE, "nothing was heard for too long; resume") };
        (now >= self.idle_deadline()).then_some(silent)
    }

    async fn hear_text(&mut self, text: &str) {
        let limit = self.frame_bytes();
        if text.len() > limit {
            let when = if self.joined.is_some() { "" } else { " before the join" };
            let reason = format!("a frame may have {limit} bytes{when}, this one had {}", text.len());
            return self.refuse_bad(None, Refusal::new(ErrorCode::FrameTooLarge, reason));
        }
        let pause = self.rate.take(Instant::now()).err();
        match (ClientFrame::decode::<serde_json::Value>(text), pause) {
            (Ok(ClientFrame::Request(frame)), Some(pause)) => self.refuse_excess(Some(frame.id), pause),
            (Err(BadClientFrame { id, .. }), Some(pause)) => self.refuse_excess(id, pause),
            (Ok(ClientFrame::Notice(_) | ClientFrame::Unknown(_)), Some(pause)) => self.refuse_excess(None, pause),
            (Err(BadClientFrame { id, refusal, .. }), None) => self.refuse_bad(id, refusal),
            (Ok(ClientFrame::Request(frame)), None) => self.hear_request(frame).await,
            (Ok(ClientFrame::Notice(notice)), None) => self.hear_notice(notice).await,
            (Ok(ClientFrame::Unknown(name)), None) => {
                debug!(socket = self.outbox.socket().0, length = name.len(), "unknown notice ignored");
            }
        }
    }

    async fn hear_request(&mut self, frame: RequestFrame) {
        let RequestFrame { id, operation, request } = frame;
        let method = request.method();
        debug!(socket = self.outbox.socket().0, id, method = method.name(), "request");
        let limit = self.gateway.settings.socket.in_flight;
        if self.outbox.unsettled() >= limit {
            let reason = format!("{limit} requests await their answers; read them first");
            return self.refuse(Some(id), Refusal::new(ErrorCode::TooManyInFlight, reason).retry_after(100));
        }
        let session = if let Request::Resume(resume) = &request { Some(resume.session.clone()) } else { None };
        let command = match self.prove(request) {
            Ok((place, command)) => {
                self.place = place.or(self.place.take());
                command
            }
            Err(refusal) => return self.refuse(Some(id), refusal),
        };
        if let Some(place) = &self.place {
            let input = Input::Ask(Asked { socket: self.outbox.socket(), id, operation, command });
            self.gateway.engine.submit(place, input, Some(&self.outbox)).await;
        }
        if let Some(session) = session.filter(|_| self.outbox.is_attached()) {
            info!(socket = self.outbox.socket().0, %session, "resume");
        }
    }

    /// Checks what can be checked without the room; the room that `join` and `resume` name.
    fn prove(&self, request: Request) -> Result<(Option<Place>, Command), Refusal> {
        let unix = self.gateway.clock.now().unix();
        let command = match request {
            Request::Join(join) => {
                self.check_free()?;
                let business = join.business.clone();
                let secret =
                    random_text::<32>().map_err(|cause| Refusal::new(ErrorCode::Internal, cause.to_string()))?;
                let (name, entry) = self.gateway.settings.apps.admit(join, Secret::new(secret), unix)?;
                info!(socket = self.outbox.socket().0, app = %name.app, room = %name.room, user = %entry.user,
                    business = business.as_ref().map(tracing::field::display), "join");
                return Ok((Some(Place::Room(name)), Command::Join(entry)));
            }
            Request::Resume(resume) => {
                self.check_free()?;
                return Ok((Some(Place::Session(resume.session.clone())), Command::Resume(resume)));
            }
            Request::Leave(_) => Command::Leave,
            Request::MuteLocal(mute) => Command::MuteLocal(mute),
            Request::MuteRemote(mute) => Command::MuteRemote(mute),
            Request::Ping(_) => Command::Ping,
            Request::Publish(publish) => Command::Publish(publish),
            Request::RenewToken(renew) => {
                self.joined_place()?;
                Command::RenewToken(self.gateway.settings.apps.renew(&renew.token, unix)?)
            }
            Request::RenewUrl(of) => Command::RenewUrl(of),
            Request::SetVisibility(wish) => Command::SetVisibility(wish),
            Request::Subscribe(subscribe) => Command::Subscribe(subscribe),
            Request::Sync(_) => Command::Sync,
            Request::Unpublish(publish) => Command::Unpublish(publish),
            Request::Unsubscribe(of) => Command::Unsubscribe(of),
        };
        self.joined_place()?;
        Ok((None, command))
    }

    fn check_free(&self) -> Result<(), Refusal> {
        if self.outbox.is_attached() {
            return Err(Refusal::new(
                ErrorCode::AlreadyJoined,
                "this socket already carries a session; open another one",
            ));
        }
        Ok(())
    }

    fn joined_place(&self) -> Result<&Place, Refusal> {
        match &self.place {
            Some(place) if self.outbox.is_attached() => Ok(place),
            Some(_) | None => Err(Refusal::new(ErrorCode::NotJoined, "join or resume before any other request")),
        }
    }

    async fn hear_notice(&self, notice: Notice) {
        let Notice::Report(report) = notice;
        let Ok(place) = self.joined_place() else { return };
        let socket = self.outbox.socket();
        let Report { role, stream, code, health } = &report;
        match health {
            Health::Failed | Health::Retrying => info!(socket = socket.0, %stream, ?role, code, ?health, "report"),
            Health::Connecting | Health::Live | Health::Weak => {
                debug!(socket = socket.0, %stream, ?role, code, ?health, "report");
            }
        }
        self.gateway.engine.submit(place, Input::Report { socket, report }, Some(&self.outbox)).await;
    }

    fn refuse(&self, id: Option<u32>, refusal: Refusal) {
        debug!(socket = self.outbox.socket().0, id, code = refusal.code, name = %refusal.name, "refused");
        self.outbox.push(OutgoingFrame::new(&ServerFrame::Refusal { id, refusal }));
    }

    /// A ping or pong of WebSocket costs what a frame costs, and is no sign of life (protocol §11.11).
    fn meter_control(&mut self) {
        let now = Instant::now();
        if self.rate.take(now).is_err() && self.excess_frames.exceeds(now) {
            self.end_of_misbehaviour("the client kept sending too many frames");
        }
    }

    fn refuse_bad(&mut self, id: Option<u32>, refusal: Refusal) {
        self.refuse(id, refusal);
        if self.bad_frames.exceeds(Instant::now()) {
            self.end_of_misbehaviour("too many frames broke the protocol");
        }
    }

    fn refuse_excess(&mut self, id: Option<u32>, pause: Duration) {
        let wait = u32::try_from(pause.as_millis()).unwrap_or(u32::MAX).saturating_add(1);
        self.refuse(id, Refusal::new(ErrorCode::RateLimited, "too many frames in too short a time").retry_after(wait));
        if self.excess_frames.exceeds(Instant::now()) {
            self.end_of_misbehaviour("the client kept sending too many frames");
        }
    }

    fn end_of_misbehaviour(&self, reason: &str) {
        let bye = Bye { code: close::MISBEHAVIOUR, reason: reason.into(), action: ByeAction::Stop, after_ms: 0 };
        self.outbox.close(Some(bye));
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
        self.refuse(None, Refusal::new(ErrorCode::FrameTooLarge, "the frame was far too large to be read"));
        self.end_of_misbehaviour("a frame was far too large");
        Ended::ByUs
    }

    fn end(&self, bye: Bye) -> Ended {
        self.outbox.close(Some(bye));
        Ended::ByUs
    }

    fn going_away(&self) -> Bye {
        let spread = self.gateway.settings.socket.drain_spread_ms;
        let after_ms = crate::random::random_number().map_or(0, |number| number % spread.max(1));
        let reason = "the gateway is stopping; resume on another one".into();
        Bye { code: close::GOING_AWAY, reason, action: ByeAction::Resume, after_ms }
    }
}
