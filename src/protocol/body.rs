//! Bodies of the gateway's frames, read field by field.
//!
//! The client reads these without serde's deserializers: made for each type, they were half of the WASM module.

use super::answer::{Answer, Joined, Lease, Limits, MediaUrl, Member, Pong, Resumed, Snapshot, Stream};
use super::document::Document;
use super::error_code::Refusal;
use super::event::{
    Bye, ByeAction, Event, EventKind, KickReason, Kicked, LeaveReason, MemberIs, MemberLeft, RemoveReason, StreamIs,
    StreamRemoved, TokenExpiring, TokenScope, UrlUpdated,
};
use super::fields::{BadField, Field, Fields};
use super::id::{Epoch, Secret, SessionId, StreamId, UserId};
use super::methods::{AnswerKind, Method};
use super::request::{Empty, Role, StreamKind};

impl<D: Document> Fields<D> {
    pub(super) fn refusal(&self) -> Field<Refusal> {
        Ok(Refusal {
            code: self.code()?,
            name: self.optional_text("name")?.unwrap_or_default(),
            reason: self.optional_text("reason")?.unwrap_or_default(),
            retry_after_ms: self.optional_number("retry_after_ms")?,
        })
    }

    pub(super) fn answer(&self, method: Method) -> Field<Answer> {
        Ok(match method.answer() {
            AnswerKind::Joined => Answer::Joined(self.joined()?),
            AnswerKind::Resumed => Answer::Resumed(self.resumed()?),
            AnswerKind::Leased => Answer::Leased(self.lease()?),
            AnswerKind::Synced => Answer::Synced(self.snapshot()?),
            AnswerKind::Pong => {
                Answer::Pong(Pong { offset: self.number("offset")?, server_time: self.number("server_time")? })
            }
            AnswerKind::Done => Answer::Done(Empty {}),
        })
    }

    pub(super) fn event(&self, kind: EventKind) -> Field<Event> {
        Ok(match kind {
            EventKind::MemberJoined => Event::MemberJoined(self.member_is()?),
            EventKind::MemberSuspended => Event::MemberSuspended(self.member_is()?),
            EventKind::MemberResumed => Event::MemberResumed(self.member_is()?),
            EventKind::MemberLeft => {
                let reason = self.parsed("reason", |word| LeaveReason::named(&word))?;
                Event::MemberLeft(MemberLeft { user: self.user()?, reason })
            }
            EventKind::StreamAdded => Event::StreamAdded(self.stream()?),
            EventKind::StreamUpdated => Event::StreamUpdated(self.stream()?),
            EventKind::StreamStalled => Event::StreamStalled(self.stream_is()?),
            EventKind::StreamRecovered => Event::StreamRecovered(self.stream_is()?),
            EventKind::StreamRemoved => {
                let StreamIs { stream, user, kind } = self.stream_is()?;
                let reason = self.parsed("reason", |word| RemoveReason::named(&word))?;
                Event::StreamRemoved(StreamRemoved { stream, user, kind, reason })
            }
            EventKind::Kicked => {
                Event::Kicked(Kicked { reason: self.parsed("reason", |word| KickReason::named(&word))? })
            }
            EventKind::Bye => Event::Bye(Bye {
                code: self.code()?,
                reason: self.optional_text("reason")?.unwrap_or_default(),
                action: self.parsed("action", |word| ByeAction::named(&word))?,
                after_ms: self.optional_number("after_ms")?.unwrap_or_default(),
            }),
            EventKind::UrlUpdated => Event::UrlUpdated(UrlUpdated {
                role: self.parsed("role", |word| Role::named(&word))?,
                user: self.user()?,
                kind: self.kind()?,
                lease: self.object("lease")?.lease()?,
            }),
            EventKind::TokenExpiring => Event::TokenExpiring(TokenExpiring {
                expires_in: self.number("expires_in")?,
                scope: self.parsed("scope", |word| TokenScope::named(&word))?,
            }),
        })
    }

    fn joined(&self) -> Field<Joined> {
        let limits = self.object("limits")?;
        Ok(Joined {
            session: self.parsed("session", |text| SessionId::parse(text).ok())?,
            secret: Secret::new(self.text("secret")?),
            generation: self.number("generation")?,
            server_time: self.number("server_time")?,
            ping_ms: self.number("ping_ms")?,
            resume_ms: self.number("resume_ms")?,
            limits: Limits { frame_bytes: limits.number("frame_bytes")?, in_flight: limits.number("in_flight")? },
            snapshot: self.object("snapshot")?.snapshot()?,
        })
    }

    fn resumed(&self) -> Field<Resumed> {
        Ok(Resumed {
            generation: self.number("generation")?,
            server_time: self.number("server_time")?,
            snapshot: self.optional_object("snapshot")?.map(|snapshot| snapshot.snapshot()).transpose()?,
        })
    }

    fn snapshot(&self) -> Field<Snapshot> {
        let member = |member: Self| {
            Ok(Member { user: member.user()?, suspended: member.optional_truth("suspended")?.unwrap_or_default() })
        };
        Ok(Snapshot {
            epoch: self.parsed("epoch", |text| Epoch::parse(text).ok())?,
            offset: self.number("offset")?,
            members: self.list("members", member)?,
            streams: self.list("streams", |stream| stream.stream())?,
        })
    }

    fn lease(&self) -> Field<Lease> {
        let url = |url: Self| Ok(MediaUrl { transport: url.text("transport")?, url: Secret::new(url.text("url")?) });
        Ok(Lease {
            stream: self.stream_id()?,
            generation: self.number("generation")?,
            urls: self.list("urls", url)?,
            expires_in: self.number("expires_in")?,
            renew_in: self.number("renew_in")?,
        })
    }

    fn stream(&self) -> Field<Stream> {
        Ok(Stream {
            stream: self.stream_id()?,
            user: self.user()?,
            kind: self.kind()?,
            generation: self.number("generation")?,
            audio: self.truth("audio")?,
            video: self.truth("video")?,
            stalled: self.optional_truth("stalled")?.unwrap_or_default(),
        })
    }

    fn stream_is(&self) -> Field<StreamIs> {
        Ok(StreamIs { stream: self.stream_id()?, user: self.user()?, kind: self.kind()? })
    }

    fn member_is(&self) -> Field<MemberIs> {
        Ok(MemberIs { user: self.user()? })
    }

    fn stream_id(&self) -> Field<StreamId> {
        self.parsed("stream", |text| StreamId::parse(text).ok())
    }

    fn user(&self) -> Field<UserId> {
        self.parsed("user", |text| UserId::parse(text).ok())
    }

    fn kind(&self) -> Field<StreamKind> {
        match self.optional_text("kind")? {
            None => Ok(StreamKind::default()),
            Some(kind) => StreamKind::named(&kind).ok_or(BadField("kind")),
        }
    }

    fn code(&self) -> Field<u16> {
        u16::try_from(self.number("code")?).map_err(|_| BadField("code"))
    }

    fn object(&self, name: &'static str) -> Field<Self> {
        self.optional_object(name)?.ok_or(BadField(name))
    }
}
