//! Leaving, losing a socket, and becoming visible or invisible.

use miniapp_rtc::protocol::{ErrorCode, Event, LeaveReason, MemberIs, MemberLeft, Refusal, RemoveReason, UserId};

use super::agenda::Due;
use super::effect::Effect;
use super::input::SocketId;
use super::member::{Member, Presence};
use super::moment::Moment;
use super::operations::Outcome;
use super::state::{Room, done};

impl Room {
    /// Ends a session as its client asked.
    pub(super) fn leave(&mut self, user: &UserId, socket: SocketId, effects: &mut Vec<Effect>) {
        self.sockets.remove(&socket);
        effects.push(Effect::Detach(socket));
        self.remove_member(user, LeaveReason::Left, RemoveReason::Left, effects);
    }

    /// A socket is gone: its session may come back for a while.
    pub(super) fn lose_socket(&mut self, socket: SocketId, now: Moment, effects: &mut Vec<Effect>) {
        let Some(user) = self.sockets.remove(&socket) else { return };
        effects.push(Effect::Detach(socket));
        let Some(member) = self.members.get_mut(&user) else { return };
        let until = now.ms.saturating_add(self.policy.times.resume_ms.into());
        member.presence = Presence::Suspended { until };
        self.agenda.add(until, Due::Resume(user.clone()));
        if self.visible.contains(&user) {
            self.tell_all(Event::MemberSuspended(MemberIs { user }), effects);
        }
    }

    /// Ends the session of a client that was told to stop.
    pub(super) fn expel(&mut self, socket: SocketId, effects: &mut Vec<Effect>) {
        if let Some(user) = self.sockets.get(&socket).cloned() {
            self.leave(&user, socket, effects);
        }
    }

    /// Shows a member to the others, or hides it. Hiding ends its streams first.
    pub(super) fn set_visibility(
        &mut self,
        user: &UserId,
        visible: bool,
        effects: &mut Vec<Effect>,
    ) -> Result<Outcome, Refusal> {
        let Some(member) = self.members.get(user) else {
            return Err(Refusal::new(ErrorCode::NotJoined, "the session has ended"));
        };
        if member.visible == visible {
            return Ok(done());
        }
        self.check_space(user, visible)?;
        if let Some(member) = self.members.get_mut(user) {
            member.visible = visible;
        }
        if visible {
            self.visible.insert(user.clone());
            self.tell_all(Event::MemberJoined(MemberIs { user: user.clone() }), effects);
        } else {
            self.end_publications(user, RemoveReason::Unpublished, effects);
            self.visible.remove(user);
            let left = MemberLeft { user: user.clone(), reason: LeaveReason::Hidden };
            self.tell_all(Event::MemberLeft(left), effects);
        }
        Ok(done())
    }

    /// Ends a session: its streams, its subscriptions, its place in the room.
    pub(super) fn remove_member(
        &mut self,
        user: &UserId,
        leave: LeaveReason,
        remove: RemoveReason,
        effects: &mut Vec<Effect>,
    ) {
        self.end_publications(user, remove, effects);
        let was_visible = self.take_member(user, effects).is_some_and(|member| member.visible);
        if was_visible {
            self.tell_all(Event::MemberLeft(MemberLeft { user: user.clone(), reason: leave }), effects);
        }
    }

    /// Takes a member out of all books and ends its subscriptions; tells nobody.
    pub(super) fn take_member(&mut self, user: &UserId, effects: &mut Vec<Effect>) -> Option<Member> {
        let member = self.members.remove(user)?;
        self.visible.remove(user);
        self.sessions.remove(&member.session);
        if let Presence::Suspended { until } = member.presence {
            self.agenda.remove(until, Due::Resume(user.clone()));
        }
        if let Some(due) = member.token_due {
            self.agenda.remove(due, Due::Token(user.clone()));
        }
        self.end_subscriptions(user, &member.session, effects);
        Some(member)
    }
}
