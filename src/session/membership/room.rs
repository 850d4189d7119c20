//! Frames of the gateway and the room they tell of.

use alloc::string::ToString;

use super::wanted::{Held, Tracks};
use super::{Membership, Purpose, Stage};
use crate::protocol::{
    Bye, ByeAction, Empty, Event, Health, KickReason, Position, RemoveReason, Request, ServerFrame, Snapshot, Stream,
    StreamIs, StreamOf, StreamRemoved, TokenExpiring, UrlUpdated,
};
use crate::session::effect::LogLevel;
use crate::session::error::{ErrorNumber, RtcError};
use crate::session::event::{ClientEvent, Reasoned};
use crate::session::repair::Repair;
use crate::session::state::ConnectionState;
use crate::session::time::{ABSENCE_MS, RETURN_MS, Time};
use crate::session::turn::Turn;

impl Membership {
    pub(super) fn on_frame(&mut self, frame: ServerFrame, turn: &mut Turn<'_>) {
        match frame {
            ServerFrame::Answer { id, method, answer } => self.on_answer(id, Ok((method, answer)), turn),
            ServerFrame::Refusal { id: Some(id), refusal } => self.on_answer(id, Err(refusal), turn),
            ServerFrame::Refusal { id: None, refusal } => {
                turn.out.log(LogLevel::Warn, ["the gateway could not read a frame: ", &refusal.reason].concat());
            }
            ServerFrame::Event { position: Some(position), event } => {
                self.on_ordered(&position, event, turn);
            }
            ServerFrame::Event { position: None, event } => self.on_local(event, turn),
        }
    }

    /// Applies an event of the room's history, if it is the next one.
    fn on_ordered(&mut self, position: &Position, event: Event, turn: &mut Turn<'_>) {
        let Stage::Joined(standing) = &mut self.stage else { return };
        if standing.epoch == position.epoch && position.offset <= standing.offset {
            return;
        }
        if standing.epoch != position.epoch || position.offset != standing.offset.saturating_add(1) {
            self.resync(turn);
            return;
        }
        standing.offset = position.offset;
        self.apply(event, turn);
    }

    fn apply(&mut self, event: Event, turn: &mut Turn<'_>) {
        match event {
            Event::MemberJoined(is) if is.user != self.me => self.roster.add_member(is.user, &mut turn.out),
            Event::MemberLeft(left) if left.user != self.me => {
                self.wanted.retain(|wanted| wanted.of.user != left.user);
                self.roster.remove_member(&left.user, &mut turn.out);
            }
            Event::StreamAdded(stream) | Event::StreamUpdated(stream) if stream.user != self.me => {
                let is_back = self.roster.is_missing(&StreamOf { user: stream.user.clone(), kind: stream.kind });
                self.roster.set_stream(stream, &mut turn.out);
                if is_back {
                    self.restore_missing(turn);
                }
            }
            Event::StreamRemoved(removed) if removed.user == self.me => self.own_stream_removed(&removed, turn),
            Event::StreamRemoved(removed) => {
                self.drop_wanted(&StreamOf { user: removed.user, kind: removed.kind }, turn);
                self.roster.remove_stream(&removed.stream, &mut turn.out);
            }
            Event::StreamStalled(is) if is.user == self.me => self.own_stream_stalled(&is, turn.now),
            Event::StreamRecovered(is) if is.user == self.me => self.own_stream_recovered(&is),
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

    fn own_stream_removed(&mut self, removed: &StreamRemoved, turn: &mut Turn<'_>) {
        let of = self.mine(removed.kind);
        let is_it = |held: &mut Held| held.stream == removed.stream;
        if self.wanted(&of).and_then(|wanted| wanted.lease.take_if(is_it)).is_none() {
            return;
        }
        match removed.reason {
            RemoveReason::MediaLost => self.repair(&of, Repair::NewUrl, turn),
            RemoveReason::TokenExpired => {
                self.drop_wanted(&of, turn);
                self.stream_failed(&of, "the token's right to publish has ended".into(), turn);
            }
            RemoveReason::Unpublished | RemoveReason::Left | RemoveReason::Replaced | RemoveReason::Other => {
                self.drop_wanted(&of, turn);
            }
        }
    }

    /// Nothing arrives from a pusher that says it pushes: its connection is dead, and it does not know.
    fn own_stream_stalled(&mut self, stalled: &StreamIs, now: Time) {
        let is_there = !self.phone.is_hidden();
        let of = self.mine(stalled.kind);
        if let Some(wanted) = self.wanted(&of).filter(|wanted| is_there && wanted.is_flowing()) {
            wanted.health = Health::Connecting;
            wanted.repairs.check = Some((now + RETURN_MS, Repair::PlayAgain));
        }
    }

    fn own_stream_recovered(&mut self, recovered: &StreamIs) {
        let of = self.mine(recovered.kind);
        if let Some(wanted) = self.wanted(&of).filter(|wanted| wanted.health == Health::Connecting) {
            wanted.health = Health::Live;
            wanted.repairs.check = None;
        }
    }

    fn on_local(&mut self, event: Event, turn: &mut Turn<'_>) {
        match event {
            Event::Kicked(kicked) => {
                let reason = match kicked.reason {
                    KickReason::DuplicateLogin => "the same user joined from elsewhere",
                    KickReason::TokenExpired => "the token has ended; join again with a new one",
                    KickReason::Other => "the gateway put this user out",
                };
                turn.out.emit(ClientEvent::ClientBanned(Reasoned { reason: reason.into() }));
                let error = RtcError::new(ErrorNumber::NotInRoom, reason);
                self.end(ConnectionState::Disconnected, reason.into(), &error, turn);
            }
            Event::Bye(Bye { action: ByeAction::Stop, reason, .. }) => {
                let said = ["the gateway ended the session; join again: ", reason.as_str()].concat();
                let error = RtcError::new(ErrorNumber::WebSocketFailed, said);
                self.end(ConnectionState::Disconnected, reason.into(), &error, turn);
            }
            Event::Bye(bye) => {
                turn.out.log(LogLevel::Info, ["the gateway closes the socket: ", &bye.code.to_string()].concat());
                self.stay_away(bye.after_ms, turn.now);
            }
            Event::UrlUpdated(UrlUpdated { role, user, kind, lease }) => {
                let of = StreamOf { user, kind };
                // A lease that nobody holds, or of no use, changes nothing.
                let _ = role == self.role(&of) && self.replace_url(&of, lease, turn);
            }
            Event::TokenExpiring(TokenExpiring { expires_in, scope }) => {
                self.warn_of_expiry(scope, expires_in, turn);
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
                turn.out.log(LogLevel::Warn, "an event of the room came without its position and was dropped");
            }
        }
    }

    /// Asks for the room as it is: an event was missed.
    pub(super) fn resync(&mut self, turn: &mut Turn<'_>) {
        if !self.waiting.has(|waiting| waiting.purpose == Purpose::Resync) {
            self.ask(Request::Sync(Empty {}), Purpose::Resync, turn);
        }
    }

    /// Takes the room as a snapshot shows it, and asks again for every stream that the gateway no longer holds for us.
    pub(super) fn reconcile(&mut self, snapshot: Snapshot, turn: &mut Turn<'_>) {
        if let Stage::Joined(standing) = &mut self.stage {
            if standing.epoch != snapshot.epoch {
                self.roster.begin_anew(turn.now + ABSENCE_MS);
            }
            standing.epoch = snapshot.epoch.clone();
            standing.offset = snapshot.offset;
        }
        self.roster.reconcile(&snapshot, &self.me, &mut turn.out);

        let (me, roster) = (&self.me, &self.roster);
        self.wanted.retain_mut(|wanted| {
            let stream =
                snapshot.streams.iter().find(|stream| stream.user == wanted.of.user && stream.kind == wanted.of.kind);
            let is_same =
                |held: &Held, stream: &Stream| held.stream == stream.stream && held.generation == stream.generation;
            wanted.lease.take_if(|held| !stream.is_some_and(|stream| is_same(held, stream)));
            let is_mine = wanted.of.user == *me;
            if let Some(stream) = stream.filter(|_| is_mine) {
                wanted.told = Some(Tracks { audio: stream.audio, video: stream.video });
            }
            // Streams of others that have ended are not asked for again.
            is_mine || stream.is_some() || roster.is_missing(&wanted.of)
        });
        self.restore_missing(turn);
    }
}
