//! Join and resume: how a socket comes to carry a session.

use miniapp_rtc::protocol::limits::close;
use miniapp_rtc::protocol::{
    Answer, Bye, ByeAction, ErrorCode, Event, Joined, KickReason, Kicked, LeaveReason, MemberIs, MemberLeft, Method,
    Refusal, RemoveReason, Resume, Resumed, UserId,
};

use super::agenda::Due;
use super::effect::Effect;
use super::input::{Entry, SocketId};
use super::member::{Member, Presence, Warned};
use super::moment::Moment;
use super::operations::{Operations, Outcome};
use super::state::{Room, already_joined, settle};

impl Room {
    /// Puts a user into the room. A newer login of the same user takes the older one's place in one step.
    pub(super) fn join(&mut self, socket: SocketId, id: u32, entry: Entry, now: Moment, effects: &mut Vec<Effect>) {
        let user = entry.user.clone();
        let result =
            if self.sockets.contains_key(&socket) { Err(already_joined()) } else { self.enter(socket, entry, effects) };
        let outcome = match result.and_then(|()| self.joined(&user, now)) {
            Ok(joined) => Outcome::Answer(Answer::Joined(joined)),
            Err(refusal) => Outcome::Refused(refusal),
        };
        effects.push(settle(socket, id, Method::Join, outcome));
        self.look_at_token(&user, now, effects);
    }

    /// Continues a session on a new socket: the newest socket wins.
    pub(super) fn resume(
        &mut self,
        socket: SocketId,
        id: u32,
        resume: &Resume,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let refusal = if self.sockets.contains_key(&socket) {
            already_joined()
        } else if let Some(user) = self.prove_session(resume) {
            return self.resume_member(&user, socket, id, resume, now, effects);
        } else {
            Refusal::new(
                ErrorCode::SessionUnknown,
                "there is no such session, or no longer, or its secret is wrong; join",
            )
        };
        effects.push(Effect::Refuse { socket, id, refusal });
    }

    fn resume_member(
        &mut self,
        user: &UserId,
        socket: SocketId,
        id: u32,
        resume: &Resume,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        self.move_to_socket(user, socket, effects);
        let generation = self.members.get(user).map_or(1, |member| member.generation);
        let missed: Option<Vec<_>> = self.log.since(&resume.epoch, resume.offset).map(Iterator::collect);
        let snapshot = missed.is_none().then(|| self.snapshot(user));
        let answer = Answer::Resumed(Resumed { generation, server_time: now.unix(), snapshot });
        effects.push(Effect::Answer { socket, id, method: Method::Resume, answer });
        for (position, event) in missed.unwrap_or_default() {
            effects.push(Effect::Send { socket, position: Some(position), event });
        }
        self.catch_up_with_moves(user, effects);
        self.look_at_token(user, now, effects);
    }

    fn prove_session(&self, resume: &Resume) -> Option<UserId> {
        let user = self.sessions.get(&resume.session)?;
        let member = self.members.get(user)?;
        same_text(member.secret.reveal(), resume.secret.reveal()).then(|| user.clone())
    }

    /// Gives a member another socket. The old one is told and closed; others learn only that a suspended member is back.
    fn move_to_socket(&mut self, user: &UserId, socket: SocketId, effects: &mut Vec<Effect>) {
        let Some(member) = self.members.get_mut(user) else { return };
        member.generation = member.generation.saturating_add(1);
        let before = member.presence;
        member.presence = Presence::Online(socket);
        match before {
            Presence::Online(old) => {
                let reason = "another socket resumed this session".into();
                let bye = Bye { code: close::SUPERSEDED, reason, action: ByeAction::Stop, after_ms: 0 };
                self.sockets.remove(&old);
                effects.push(Effect::Detach(old));
                effects.push(Effect::Close { socket: old, bye: Some(bye) });
            }
            Presence::Suspended { until } => {
                self.agenda.remove(until, Due::Resume(user.clone()));
                if self.visible.contains(user) {
                    self.tell_all(Event::MemberResumed(MemberIs { user: user.clone() }), effects);
                }
            }
        }
        self.sockets.insert(socket, user.clone());
        effects.push(Effect::Attach(socket));
    }

    fn enter(&mut self, socket: SocketId, entry: Entry, effects: &mut Vec<Effect>) -> Result<(), Refusal> {
        let Entry { user, terms, visible, secret } = entry;
        if self.bans.contains_key(&user) {
            return Err(Refusal::new(
                ErrorCode::UserBanned,
                "the operator has banned this user from the room for a while",
            ));
        }
        self.check_space(&user, visible)?;
        let name = self.next_name();
        let session = self.tag.session(name)?;
        let before = self.displace(&user, effects);

        self.sessions.insert(session.clone(), user.clone());
        self.sockets.insert(socket, user.clone());
        let member = Member {
            session,
            secret,
            generation: 1,
            visible,
            presence: Presence::Online(socket),
            terms,
            warned: Warned::default(),
            token_due: None,
            publications: before.as_ref().map(|member| member.publications).unwrap_or_default(),
            operations: Operations::default(),
        };
        self.members.insert(user.clone(), member);
        self.tell_entry(&user, before.as_ref(), visible, effects);
        effects.push(Effect::Attach(socket));
        Ok(())
    }

    /// Whether the room has a place for the user, who may be in it already.
    pub(super) fn check_space(&self, user: &UserId, visible: bool) -> Result<(), Refusal> {
        let limits = self.policy.limits;
        let already = self.members.get(user).is_some_and(|member| member.visible == visible);
        let invisible = self.members.len().saturating_sub(self.visible.len());
        let (count, limit, kind) = if visible {
            (self.visible.len(), limits.visible_members, "visible")
        } else {
            (invisible, limits.invisible_members, "invisible")
        };
        if already || count < limit {
            return Ok(());
        }
        Err(Refusal::new(ErrorCode::RoomFull, format!("the room has {limit} {kind} members, as many as it may have")))
    }

    /// Ends the older login of a user: its socket, streams and subscriptions, but not its place in the room.
    fn displace(&mut self, user: &UserId, effects: &mut Vec<Effect>) -> Option<Member> {
        let presence = self.members.get(user)?.presence;
        if let Some(socket) = presence.socket() {
            let reason = "a newer login of the same user took the room".into();
            let bye = Bye { code: close::DUPLICATE_LOGIN, reason, action: ByeAction::Stop, after_ms: 0 };
            self.kick(socket, KickReason::DuplicateLogin, bye, effects);
        }
        self.end_publications(user, RemoveReason::Replaced, effects);
        self.take_member(user, effects)
    }

    /// Tells the others what a login changes for them: nothing, where they see the user before and after.
    fn tell_entry(&mut self, user: &UserId, before: Option<&Member>, visible: bool, effects: &mut Vec<Effect>) {
        let was_visible = before.is_some_and(|member| member.visible);
        let was_suspended = before.is_some_and(|member| member.presence.socket().is_none());
        let is = MemberIs { user: user.clone() };
        match (was_visible, visible) {
            (false, true) => {
                self.visible.insert(user.clone());
                self.tell_all(Event::MemberJoined(is), effects);
            }
            (true, true) => {
                self.visible.insert(user.clone());
                if was_suspended {
                    self.tell_all(Event::MemberResumed(is), effects);
                }
            }
            (true, false) => {
                let left = MemberLeft { user: user.clone(), reason: LeaveReason::Hidden };
                self.tell_all(Event::MemberLeft(left), effects);
            }
            (false, false) => {}
        }
    }

    /// Tells a socket that it is out, and closes it.
    pub(super) fn kick(&mut self, socket: SocketId, reason: KickReason, bye: Bye, effects: &mut Vec<Effect>) {
        self.sockets.remove(&socket);
        effects.push(Effect::Detach(socket));
        effects.push(Effect::Send { socket, position: None, event: Event::Kicked(Kicked { reason }) });
        effects.push(Effect::Close { socket, bye: Some(bye) });
    }

    fn joined(&self, user: &UserId, now: Moment) -> Result<Joined, Refusal> {
        let member = self.members.get(user).ok_or_else(|| Refusal::new(ErrorCode::Internal, "the member is gone"))?;
        Ok(Joined {
            session: member.session.clone(),
            secret: member.secret.clone(),
            generation: member.generation,
            server_time: now.unix(),
            ping_ms: self.policy.times.ping_ms,
            resume_ms: self.policy.times.resume_ms,
            limits: self.policy.socket.0,
            snapshot: self.snapshot(user),
        })
    }
}

/// Compares in a time that does not tell how much of the texts is equal.
fn same_text(left: &str, right: &str) -> bool {
    left.len() == right.len() && left.bytes().zip(right.bytes()).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}
