//! A [`Guest`] is one socket as the gateway hears it: what it may say, how much and how often, and when its time is up.

mod request;

use std::sync::Arc;

use miniapp_rtc::protocol::{
    BadClientFrame, Bye, ClientFrame, ErrorCode, Health, Notice, Refusal, Report, RequestFrame, Secret,
};
use tracing::{debug, info};

use super::farewell;
use super::meter::{PerMinute, TokenBucket};
use super::outbox::Standing;
use super::place::Place;
use super::policy::SocketPolicy;
use crate::admission::Apps;
use crate::room::{Asked, Input, Moment, SocketId};

/// One socket as the gateway hears it.
#[derive(Clone, Debug)]
pub struct Guest {
    socket: SocketId,
    apps: Arc<Apps>,
    policy: SocketPolicy,
    ping_ms: u64,
    /// The room that the socket's last join or resume named.
    place: Option<Place>,
    has_joined: bool,
    opened_ms: u64,
    heard_ms: u64,
    rate: TokenBucket,
    bad_frames: PerMinute,
    excess_frames: PerMinute,
}

/// What becomes of something heard.
#[derive(Clone, Debug)]
pub enum Heard {
    /// Nothing is to be done.
    Nothing,
    /// An input for the engine.
    Input(Place, Input),
    /// A refusal to send; with a farewell where this one was too many.
    Refused {
        /// The request's number; `None` where the frame told none.
        id: Option<u32>,
        /// The code and reason that the client gets.
        refusal: Refusal,
        /// What ends the socket.
        bye: Option<Bye>,
    },
    /// The socket ends.
    Ended(Bye),
}

impl Guest {
    /// A socket that has just opened. `ping_ms` is what clients are told at their join.
    pub fn new(socket: SocketId, apps: Arc<Apps>, policy: SocketPolicy, ping_ms: u32, now: Moment) -> Self {
        Self {
            socket,
            apps,
            policy,
            ping_ms: ping_ms.into(),
            place: None,
            has_joined: false,
            opened_ms: now.ms,
            heard_ms: now.ms,
            rate: TokenBucket::new(policy.frames_per_second, policy.frames_burst, now.ms),
            bad_frames: PerMinute::new(policy.bad_frames_per_minute, now.ms),
            excess_frames: PerMinute::new(policy.excess_frames_per_minute, now.ms),
        }
    }

    /// Whether the socket has joined, now or before. From then on it may send more.
    pub fn has_joined(&mut self, standing: Standing) -> bool {
        self.has_joined |= standing.is_attached;
        self.has_joined
    }

    /// Bytes that a frame may have.
    pub fn frame_bytes(&self) -> usize {
        let SocketPolicy { frame_bytes, join_bytes, .. } = self.policy;
        let bytes = if self.has_joined { frame_bytes } else { frame_bytes.min(join_bytes) };
        usize::try_from(bytes).unwrap_or(usize::MAX)
    }

    /// A text frame has come. `draw` draws the secret of a session, for a join.
    pub fn hear_text(
        &mut self,
        text: &str,
        standing: Standing,
        now: Moment,
        draw: impl FnOnce() -> Result<Secret, Refusal>,
    ) -> Heard {
        self.heard_ms = now.ms;
        let when = if self.has_joined(standing) { "" } else { " before the join" };
        let limit = self.frame_bytes();
        if text.len() > limit {
            let reason = format!("a frame may have {limit} bytes{when}, this one had {}", text.len());
            return self.refuse_bad(None, Refusal::new(ErrorCode::FrameTooLarge, reason), now);
        }
        let pause = self.rate.take(now.ms).err();
        match (ClientFrame::decode::<serde_json::Value>(text), pause) {
            (Ok(ClientFrame::Request(frame)), Some(pause)) => self.refuse_excess(Some(frame.id), pause, now),
            (Err(BadClientFrame { id, .. }), Some(pause)) => self.refuse_excess(id, pause, now),
            (Ok(ClientFrame::Notice(_) | ClientFrame::Unknown(_)), Some(pause)) => self.refuse_excess(None, pause, now),
            (Err(BadClientFrame { id, refusal, .. }), None) => self.refuse_bad(id, refusal, now),
            (Ok(ClientFrame::Request(frame)), None) => self.hear_request(frame, standing, now, draw),
            (Ok(ClientFrame::Notice(notice)), None) => self.hear_notice(notice, standing),
            (Ok(ClientFrame::Unknown(name)), None) => {
                debug!(socket = %self.socket, length = name.len(), "unknown notice ignored");
                Heard::Nothing
            }
        }
    }

    /// A binary frame has come.
    pub fn hear_binary(&mut self, now: Moment) -> Heard {
        self.heard_ms = now.ms;
        self.refuse_bad(None, Refusal::new(ErrorCode::BadFrame, "binary frames are not spoken; send text"), now)
    }

    /// A ping or pong of WebSocket has come. It costs what a frame costs, and is no sign of life (docs/protocol.md §11.11).
    pub fn hear_control(&mut self, now: Moment) -> Heard {
        if self.rate.take(now.ms).is_err() && self.excess_frames.exceeds(now.ms) {
            return Heard::Ended(too_many_frames());
        }
        Heard::Nothing
    }

    /// A frame has come that is too large to be read to its end.
    pub fn hear_oversize(&self) -> (Refusal, Bye) {
        let refusal = Refusal::new(ErrorCode::FrameTooLarge, "the frame was far too large to be read");
        (refusal, farewell::misbehaviour("a frame was far too large"))
    }

    /// When silence, or the want of a join, becomes too long, in milliseconds of the clock.
    pub fn deadline(&self, standing: Standing) -> u64 {
        if standing.is_attached { self.idle_ms() } else { self.join_ms() }
    }

    /// What ends the socket now because its time is up; `None` while it is not.
    pub fn overdue(&self, standing: Standing, now: Moment) -> Option<Bye> {
        let late = if standing.is_attached { farewell::idle() } else { farewell::no_join() };
        (now.ms >= self.deadline(standing)).then_some(late)
    }

    /// What its room hears when the socket has ended; `None` where it carried no session.
    pub fn end(&self, standing: Standing) -> Option<(Place, Input)> {
        let place = self.joined_place(standing).ok()?.clone();
        // Who was told that the session is over must not resume it.
        let input = if standing.says_stop { Input::Expel(self.socket) } else { Input::LoseSocket(self.socket) };
        Some((place, input))
    }

    fn join_ms(&self) -> u64 {
        self.opened_ms.saturating_add(self.policy.join_ms.into())
    }

    fn idle_ms(&self) -> u64 {
        // Two and a half ping intervals: one lost ping is forgiven, two are not.
        self.heard_ms.saturating_add(self.ping_ms.saturating_mul(5) / 2)
    }

    fn hear_request(
        &mut self,
        frame: RequestFrame,
        standing: Standing,
        now: Moment,
        draw: impl FnOnce() -> Result<Secret, Refusal>,
    ) -> Heard {
        let RequestFrame { id, operation, request } = frame;
        debug!(socket = %self.socket, id, method = request.method().name(), "request");
        let limit = self.policy.in_flight;
        if standing.unsettled >= limit {
            let reason = format!("{limit} requests await their answers; read them first");
            return self.refuse(Some(id), Refusal::new(ErrorCode::TooManyInFlight, reason).retry_after(100), None);
        }
        let (place, command) = match self.prove(request, standing, now, draw) {
            Ok(proven) => proven,
            Err(refusal) => return self.refuse(Some(id), refusal, None),
        };
        self.place = Some(place.clone());
        Heard::Input(place, Input::Ask(Asked { socket: self.socket, id, operation, command }))
    }

    fn hear_notice(&self, notice: Notice, standing: Standing) -> Heard {
        let Notice::Report(report) = notice;
        let Ok(place) = self.joined_place(standing) else { return Heard::Nothing };
        let Report { role, stream, code, health } = &report;
        match health {
            Health::Failed | Health::Retrying => {
                info!(socket = %self.socket, %stream, ?role, code, ?health, "report");
            }
            Health::Connecting | Health::Live | Health::Weak => {
                debug!(socket = %self.socket, %stream, ?role, code, ?health, "report");
            }
        }
        Heard::Input(place.clone(), Input::Report { socket: self.socket, report })
    }

    fn joined_place(&self, standing: Standing) -> Result<&Place, Refusal> {
        match &self.place {
            Some(place) if standing.is_attached => Ok(place),
            Some(_) | None => Err(Refusal::new(ErrorCode::NotJoined, "join or resume before any other request")),
        }
    }

    fn refuse_bad(&mut self, id: Option<u32>, refusal: Refusal, now: Moment) -> Heard {
        let is_too_many = self.bad_frames.exceeds(now.ms);
        self.refuse(id, refusal, is_too_many.then(|| farewell::misbehaviour("too many frames broke the protocol")))
    }

    fn refuse_excess(&mut self, id: Option<u32>, pause_ms: u64, now: Moment) -> Heard {
        let wait = u32::try_from(pause_ms).unwrap_or(u32::MAX).saturating_add(1);
        let refusal = Refusal::new(ErrorCode::RateLimited, "too many frames in too short a time").retry_after(wait);
        let is_too_many = self.excess_frames.exceeds(now.ms);
        self.refuse(id, refusal, is_too_many.then(too_many_frames))
    }

    fn refuse(&self, id: Option<u32>, refusal: Refusal, bye: Option<Bye>) -> Heard {
        debug!(socket = %self.socket, id, code = refusal.code, name = %refusal.name, "refused");
        Heard::Refused { id, refusal, bye }
    }
}

fn too_many_frames() -> Bye {
    farewell::misbehaviour("the client kept sending too many frames")
}
