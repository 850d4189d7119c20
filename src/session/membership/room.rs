//! Frames of the gateway and the room they tell of.

use alloc::string::ToString;
use alloc::vec::Vec;

use super::{Held, Membership, Purpose, Stage, Subscription};
use crate::protocol::{
    Bye, ByeAction, Empty, Event, KickReason, MuteLocal, Position, Publish, RemoveReason, Request, ServerFrame,
    Snapshot, StreamOf, StreamRemoved, Subscribe, TokenExpiring, UrlUpdated,
};
use crate::session::effect::{LogLevel, Outbox};
use crate::session::error::{ErrorNumber, RtcError};
use crate::session::event::{ClientEvent, Reasoned, StreamFailed, StreamRef, TokenWillExpire};
use crate::session::identity::Identity;
use crate::session::state::ConnectionState;
use crate::session::time::Time;

impl Membership {
    pub(super) fn on_frame(&mut self, frame: ServerFrame, now: Time, identity: &mut Identity, out: &mut Outbox) {
        match frame {
            ServerFrame::Answer { id, answer, .. } => self.on_answer(id, Ok(answer), now, identity, out),
            ServerFrame::Refusal { id: Some(id), refusal } => self.on_answer(id, Err(refusal), now, identity, out),
            ServerFrame::Refusal { id: None, refusal } => {
                out.log(LogLevel::Warn, ["the gateway could not read a frame: ", &refusal.reason].concat());
            }
            ServerFrame::Event { position: Some(position), event } => {
                self.on_ordered(&position, event, now, identity, out);
            }
            ServerFrame::Event { position: None, event } => self.on_local(event, out),
        }
    }

    /// Applies an event of the room's history, if it is the next one.
    fn on_ordered(&mut self, position: &Position, event: Event, now: Time, identity: &mut Identity, out: &mut Outbox) {
        let Stage::Joined(standing) = &mut self.stage else { return };
        if standing.epoch == position.epoch && position.offset <= standing.offset {
            return;
        }
        if standing.epoch != position.epoch || position.offset != standing.offset.saturating_add(1) {
            self.resync(now, identity, out);
            return;
        }
        standing.offset = position.offset;
        self.apply(event, out);
    }

    fn apply(&mut self, event: Event, out: &mut Outbox) {
        match event {
            Event::MemberJoined(is) if is.user != self.me => self.roster.add_member(is.user, out),
            Event::MemberLeft(left) if left.user != self.me => {
                self.subscriptions.retain(|known| known.user != left.user);
                self.roster.remove_member(&left.user, out);
            }
            Event::StreamAdded(stream) | Event::StreamUpdated(stream) if stream.user != self.me => {
                self.roster.set_stream(stream, out);
            }
            Event::StreamRemoved(removed) if removed.user == self.me => self.own_stream_removed(&removed, out),
            Event::StreamRemoved(removed) => {
                self.drop_subscription(&StreamOf { user: removed.user, kind: removed.kind });
                self.roster.remove_stream(&removed.stream, out);
            }
            Event::MemberJoined(_)
            | Event::MemberLeft(_)
            | Event::StreamAdded(_)
            | Event::StreamUpdated(_)
            | Event::MemberSuspended(_)
            | Event::MemberResumed(_)
            | Event::StreamStalled(_)
            | Event::StreamRecovered(_)
            | Event::Kicked(_)
            | Event::Bye(_)
            | Event::UrlUpdated(_)
            | Event::TokenExpiring(_)
            | Event::Unknown(_) => {}
        }
    }

    fn own_stream_removed(&mut self, removed: &StreamRemoved, out: &mut Outbox) {
        let is_ours = |lease: &Option<Held>| lease.as_ref().is_some_and(|lease| lease.stream == removed.stream);
        let Some(index) = self.publications.iter().position(|publication| is_ours(&publication.lease)) else { return };
        self.publications.remove(index);
        let reason = match removed.reason {
            RemoveReason::MediaLost => "the media server lost the stream; publish again",
            RemoveReason::TokenExpired => "the token's right to publish has ended",
            RemoveReason::Unpublished | RemoveReason::Left | RemoveReason::Replaced | RemoveReason::Other => return,
        };
        let StreamRef { uid, screen } = StreamRef::new(&self.me, removed.kind);
        out.emit(ClientEvent::StreamFailed(StreamFailed { uid, screen, reason: reason.into() }));
    }

    fn on_local(&mut self, event: Event, out: &mut Outbox) {
        match event {
            Event::Kicked(kicked) => {
                let reason = match kicked.reason {
                    KickReason::DuplicateLogin => "the same user joined from elsewhere",
                    KickReason::TokenExpired => "the token has ended; join again with a new one",
                    KickReason::Other => "the gateway put this user out",
                };
                out.emit(ClientEvent::ClientBanned(Reasoned { reason: reason.into() }));
                let error = RtcError::new(ErrorNumber::NotInRoom, reason);
                self.end(ConnectionState::Disconnected, reason.into(), &error, out);
            }
            Event::Bye(Bye { action: ByeAction::Stop, reason, .. }) => {
                let error = RtcError::new(ErrorNumber::WebSocketFailed, "the gateway ended the session");
                self.end(ConnectionState::Disconnected, reason.into(), &error, out);
            }
            Event::Bye(bye) => {
                out.log(LogLevel::Info, ["the gateway closes the socket: ", &bye.code.to_string()].concat());
            }
            Event::UrlUpdated(UrlUpdated { role, user, kind, lease }) => {
                self.replace_url(role, &user, kind, lease, out);
            }
            Event::TokenExpiring(TokenExpiring { expires_in, scope }) => {
                out.emit(ClientEvent::TokenWillExpire(TokenWillExpire { expires_in, scope }));
            }
            Event::Unknown(_) => {}
            Event::MemberJoined(_)
            | Event::MemberSuspended(_)
            | Event::MemberResumed(_)
            | Event::MemberLeft(_)
            | Event::StreamAdded(_)
            | Event::StreamUpdated(_)
            | Event::StreamStalled(_)
            | Event::StreamRecovered(_)
            | Event::StreamRemoved(_) => {
                out.log(LogLevel::Warn, "an event of the room came without its position and was dropped");
            }
        }
    }

    /// Asks for the room as it is: an event was missed.
    pub(super) fn resync(&mut self, now: Time, identity: &mut Identity, out: &mut Outbox) {
        if !self.waiting.has(|waiting| waiting.purpose == Purpose::Resync) {
            self.ask(Request::Sync(Empty {}), Purpose::Resync, now, identity, out);
        }
    }

    /// Takes the room as a snapshot shows it, and asks again for every stream that the gateway no longer holds for us.
    pub(super) fn reconcile(&mut self, snapshot: Snapshot, now: Time, identity: &mut Identity, out: &mut Outbox) {
        if let Stage::Joined(standing) = &mut self.stage {
            standing.epoch = snapshot.epoch.clone();
            standing.offset = snapshot.offset;
        }
        self.roster.reconcile(&snapshot, &self.me, out);

        let mut requests = Vec::new();
        for publication in &self.publications {
            let held = publication
                .lease
                .as_ref()
                .is_some_and(|lease| snapshot.streams.iter().any(|stream| stream.stream == lease.stream));
            let asked = self.waiting.has(
                |waiting| matches!(&waiting.request, Request::Publish(publish) if publish.kind == publication.kind),
            );
            if !held && !asked {
                requests.push(Request::Publish(Publish { kind: publication.kind }));
                if !(publication.audio && publication.video) {
                    let (kind, audio, video) = (publication.kind, publication.audio, publication.video);
                    requests.push(Request::MuteLocal(MuteLocal { kind, audio, video }));
                }
            }
        }
        self.subscriptions.retain(|known| {
            snapshot.streams.iter().any(|stream| stream.user == known.user && stream.kind == known.kind)
        });
        for subscription in &self.subscriptions {
            let Subscription { user, kind, audio, video, lease, .. } = subscription;
            let held = lease.as_ref().is_some_and(|lease| {
                snapshot
                    .streams
                    .iter()
                    .any(|stream| stream.stream == lease.stream && stream.generation == lease.generation)
            });
            let asked = self.waiting.has(|waiting| {
                matches!(&waiting.request, Request::Subscribe(asked) if asked.user == *user && asked.kind == *kind)
            });
            if !held && !asked {
                let (user, kind, audio, video) = (user.clone(), *kind, *audio, *video);
                requests.push(Request::Subscribe(Subscribe { user, kind, audio, video }));
            }
        }
        for request in requests {
            self.ask(request, Purpose::Restore, now, identity, out);
        }
    }
}
