//! A body: every field that a frame of the gateway or its body may carry, each optional, and the messages made of them.
//!
//! In this protocol a field name has one type wherever it appears. So one decoder serves all messages of the gateway,
//! and the WASM module carries it once instead of once for each message.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Deserialize;

use super::answer::{Answer, Joined, Lease, Limits, MediaUrl, Member, Pong, Resumed, Snapshot, Stream};
use super::document::DecodeError;
use super::error_code::Refusal;
use super::event::{
    Bye, ByeAction, Event, EventKind, KickReason, Kicked, LeaveReason, MemberIs, MemberLeft, Position, RemoveReason,
    StreamIs, StreamRemoved, TokenExpiring, TokenScope, UrlUpdated,
};
use super::id::{Epoch, InvalidId, Secret, SessionId, StreamId, UserId};
use super::request::{Empty, Method, Role, StreamKind};

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Body {
    action: Option<String>,
    after_ms: Option<u32>,
    audio: Option<bool>,
    code: Option<u32>,
    ep: Option<String>,
    epoch: Option<String>,
    pub(super) ev: Option<String>,
    expires_in: Option<u32>,
    frame_bytes: Option<u32>,
    generation: Option<u32>,
    pub(super) id: Option<u32>,
    in_flight: Option<u32>,
    kind: Option<String>,
    lease: Option<Box<Body>>,
    limits: Option<Box<Body>>,
    pub(super) m: Option<String>,
    members: Option<Vec<Body>>,
    name: Option<String>,
    off: Option<u32>,
    offset: Option<u32>,
    ping_ms: Option<u32>,
    reason: Option<String>,
    renew_in: Option<u32>,
    resume_ms: Option<u32>,
    retry_after_ms: Option<u32>,
    role: Option<String>,
    scope: Option<String>,
    secret: Option<String>,
    server_time: Option<u32>,
    session: Option<String>,
    snapshot: Option<Box<Body>>,
    stalled: Option<bool>,
    stream: Option<String>,
    streams: Option<Vec<Body>>,
    suspended: Option<bool>,
    transport: Option<String>,
    url: Option<String>,
    urls: Option<Vec<Body>>,
    user: Option<String>,
    video: Option<bool>,
}

/// Why a body is not the message that its frame says: the field that is missing or out of its range.
pub(super) struct BadField(&'static str);

impl BadField {
    pub(super) fn of(self, body: &str) -> DecodeError {
        DecodeError::Body { body: body.into(), detail: ["`", self.0, "` is missing or not as specified"].concat() }
    }
}

type Read<T> = Result<T, BadField>;

fn need<T>(value: Option<T>, field: &'static str) -> Read<T> {
    value.ok_or(BadField(field))
}

/// An identifier or a word.
fn parse<T>(value: Option<String>, field: &'static str, parse: impl FnOnce(String) -> Option<T>) -> Read<T> {
    need(value.and_then(parse), field)
}

fn id<T>(result: Result<T, InvalidId>) -> Option<T> {
    result.ok()
}

impl Body {
    /// Where the event of this head stands in its room's history, if it does.
    pub(super) fn position(&self) -> Result<Option<Position>, DecodeError> {
        match (&self.ep, self.off) {
            (Some(epoch), Some(offset)) => match Epoch::parse(epoch.as_str()) {
                Ok(epoch) => Ok(Some(Position { epoch, offset })),
                Err(_) => Err(BadField("ep").of("frame")),
            },
            (None, None) => Ok(None),
            (Some(_), None) | (None, Some(_)) => Err(DecodeError::NotAFrame("ep and off belong together")),
        }
    }

    pub(super) fn refusal(self) -> Read<Refusal> {
        Ok(Refusal {
            code: need(self.code.and_then(|code| u16::try_from(code).ok()), "code")?,
            name: self.name.unwrap_or_default(),
            reason: self.reason.unwrap_or_default(),
            retry_after_ms: self.retry_after_ms,
        })
    }

    pub(super) fn answer(self, method: Method) -> Read<Answer> {
        Ok(match method {
            Method::Join => Answer::Joined(self.joined()?),
            Method::Resume => Answer::Resumed(self.resumed()?),
            Method::Publish | Method::RenewUrl | Method::Subscribe => Answer::Leased(self.lease()?),
            Method::Sync => Answer::Synced(self.snapshot()?),
            Method::Ping => Answer::Pong(Pong {
                offset: need(self.offset, "offset")?,
                server_time: need(self.server_time, "server_time")?,
            }),
            Method::Leave
            | Method::MuteLocal
            | Method::MuteRemote
            | Method::RenewToken
            | Method::SetVisibility
            | Method::Unpublish
            | Method::Unsubscribe => Answer::Done(Empty {}),
        })
    }

    pub(super) fn event(self, kind: EventKind) -> Read<Event> {
        Ok(match kind {
            EventKind::MemberJoined => Event::MemberJoined(MemberIs { user: self.user()? }),
            EventKind::MemberSuspended => Event::MemberSuspended(MemberIs { user: self.user()? }),
            EventKind::MemberResumed => Event::MemberResumed(MemberIs { user: self.user()? }),
            EventKind::MemberLeft => Event::MemberLeft(MemberLeft {
                reason: word(&self.reason, LeaveReason::named, "reason")?,
                user: self.user()?,
            }),
            EventKind::StreamAdded => Event::StreamAdded(self.stream()?),
            EventKind::StreamUpdated => Event::StreamUpdated(self.stream()?),
            EventKind::StreamStalled => Event::StreamStalled(self.stream_is()?),
            EventKind::StreamRecovered => Event::StreamRecovered(self.stream_is()?),
            EventKind::StreamRemoved => {
                let reason = word(&self.reason, RemoveReason::named, "reason")?;
                let StreamIs { stream, user, kind } = self.stream_is()?;
                Event::StreamRemoved(StreamRemoved { stream, user, kind, reason })
            }
            EventKind::Kicked => Event::Kicked(Kicked { reason: word(&self.reason, KickReason::named, "reason")? }),
            EventKind::Bye => Event::Bye(Bye {
                code: need(self.code.and_then(|code| u16::try_from(code).ok()), "code")?,
                action: word(&self.action, ByeAction::named, "action")?,
                reason: self.reason.unwrap_or_default(),
                after_ms: self.after_ms.unwrap_or_default(),
            }),
            EventKind::UrlUpdated => Event::UrlUpdated(UrlUpdated {
                role: word(&self.role, Role::named, "role")?,
                kind: self.kind()?,
                lease: need(self.lease, "lease")?.lease()?,
                user: parse(self.user, "user", |text| id(UserId::parse(text)))?,
            }),
            EventKind::TokenExpiring => Event::TokenExpiring(TokenExpiring {
                expires_in: need(self.expires_in, "expires_in")?,
                scope: word(&self.scope, TokenScope::named, "scope")?,
            }),
        })
    }

    fn joined(self) -> Read<Joined> {
        let limits = need(self.limits, "limits")?;
        Ok(Joined {
            session: parse(self.session, "session", |text| id(SessionId::parse(text)))?,
            secret: Secret::new(need(self.secret, "secret")?),
            generation: need(self.generation, "generation")?,
            server_time: need(self.server_time, "server_time")?,
            ping_ms: need(self.ping_ms, "ping_ms")?,
            resume_ms: need(self.resume_ms, "resume_ms")?,
            limits: Limits {
                frame_bytes: need(limits.frame_bytes, "frame_bytes")?,
                in_flight: need(limits.in_flight, "in_flight")?,
            },
            snapshot: need(self.snapshot, "snapshot")?.snapshot()?,
        })
    }

    fn resumed(self) -> Read<Resumed> {
        Ok(Resumed {
            generation: need(self.generation, "generation")?,
            server_time: need(self.server_time, "server_time")?,
            snapshot: self.snapshot.map(|snapshot| snapshot.snapshot()).transpose()?,
        })
    }

    fn snapshot(self) -> Read<Snapshot> {
        let member = |member: Self| {
            let suspended = member.suspended.unwrap_or_default();
            Ok(Member { user: member.user()?, suspended })
        };
        Ok(Snapshot {
            epoch: parse(self.epoch, "epoch", |text| id(Epoch::parse(text)))?,
            offset: need(self.offset, "offset")?,
            members: need(self.members, "members")?.into_iter().map(member).collect::<Read<_>>()?,
            streams: need(self.streams, "streams")?.into_iter().map(Self::stream).collect::<Read<_>>()?,
        })
    }

    fn lease(self) -> Read<Lease> {
        let url = |url: Self| {
            let transport = need(url.transport, "transport")?;
            Ok(MediaUrl { transport, url: Secret::new(need(url.url, "url")?) })
        };
        Ok(Lease {
            stream: parse(self.stream, "stream", |text| id(StreamId::parse(text)))?,
            generation: need(self.generation, "generation")?,
            urls: need(self.urls, "urls")?.into_iter().map(url).collect::<Read<_>>()?,
            expires_in: need(self.expires_in, "expires_in")?,
            renew_in: need(self.renew_in, "renew_in")?,
        })
    }

    fn stream(self) -> Read<Stream> {
        let (generation, audio, video, stalled) = (self.generation, self.audio, self.video, self.stalled);
        let StreamIs { stream, user, kind } = self.stream_is()?;
        Ok(Stream {
            stream,
            user,
            kind,
            generation: need(generation, "generation")?,
            audio: need(audio, "audio")?,
            video: need(video, "video")?,
            stalled: stalled.unwrap_or_default(),
        })
    }

    fn stream_is(self) -> Read<StreamIs> {
        let kind = self.kind()?;
        Ok(StreamIs {
            stream: parse(self.stream, "stream", |text| id(StreamId::parse(text)))?,
            user: parse(self.user, "user", |text| id(UserId::parse(text)))?,
            kind,
        })
    }

    fn user(self) -> Read<UserId> {
        parse(self.user, "user", |text| id(UserId::parse(text)))
    }

    fn kind(&self) -> Read<StreamKind> {
        match &self.kind {
            None => Ok(StreamKind::default()),
            Some(kind) => need(StreamKind::named(kind), "kind"),
        }
    }
}

fn word<T>(value: &Option<String>, named: fn(&str) -> Option<T>, field: &'static str) -> Read<T> {
    need(value.as_deref().and_then(named), field)
}
