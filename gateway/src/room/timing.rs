//! What happens in a room when time passes, and the end of tokens.

use miniapp_rtc::protocol::limits::close;
use miniapp_rtc::protocol::{
    Bye, ByeAction, ErrorCode, Event, KickReason, LeaveReason, Refusal, RemoveReason, TokenExpiring, TokenScope, UserId,
};
use miniapp_rtc::token::RoomScope;

use super::agenda::Due;
use super::effect::Effect;
use super::input::Renewal;
use super::member::{Member, Warned};
use super::moment::Moment;
use super::operations::Outcome;
use super::state::{Room, done};
use super::terms::End;

impl Room {
    /// Looks at all tokens anew where the wall clock was set since the last input.
    pub(super) fn heed_clock(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        const STEP_MS: u128 = 1_000;
        let wall = i128::from(now.unix_ms) - i128::from(now.ms);
        let before = self.wall.replace(wall);
        if before.is_some_and(|before| before.abs_diff(wall) > STEP_MS) {
            let users: Vec<UserId> = self.members.keys().cloned().collect();
            for user in users {
                self.look_at_token(&user, now, effects);
            }
        }
    }

    /// Does everything that is due.
    pub(super) fn fall_due(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        while let Some(due) = self.agenda.take(now.ms) {
            match due {
                Due::MediaGrace(stream) => self.end_grace(&stream, effects),
                Due::Resume(user) => self.remove_member(&user, LeaveReason::TimedOut, RemoveReason::Left, effects),
                Due::Ban(user) => {
                    self.bans.remove(&user);
                }
                Due::Token(user) => {
                    if let Some(member) = self.members.get_mut(&user) {
                        member.token_due = None;
                    }
                    self.look_at_token(&user, now, effects);
                }
            }
        }
    }

    /// Replaces a member's token.
    pub(super) fn renew_token(
        &mut self,
        user: &UserId,
        renewal: Renewal,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) -> Result<Outcome, Refusal> {
        let opens = match &renewal.room {
            RoomScope::Any => true,
            RoomScope::None => false,
            RoomScope::Room(room) => *room == self.name.room,
        };
        if !opens || renewal.app != self.name.app || renewal.user != *user {
            return Err(Refusal::new(ErrorCode::TokenMismatch, "the token names another application, room or user"));
        }
        if let Some(member) = self.members.get_mut(user) {
            member.terms = renewal.terms;
            member.warned = Warned::default();
        }
        self.look_at_token(user, now, effects);
        Ok(done())
    }

    /// Ends what the token no longer allows, warns of what it soon will not, and notes when to look again.
    pub(super) fn look_at_token(&mut self, user: &UserId, now: Moment, effects: &mut Vec<Effect>) {
        let Some(member) = self.members.get(user) else { return };
        if member.terms.token.has_passed(now.unix()) {
            return self.end_token(user, effects);
        }
        let session = member.session.clone();
        let (may_publish, may_subscribe) =
            (member.terms.may_publish(now.unix()), member.terms.may_subscribe(now.unix()));
        if !may_publish {
            self.end_publications(user, RemoveReason::TokenExpired, effects);
        }
        if !may_subscribe {
            self.end_subscriptions(user, &session, effects);
        }
        let Some(member) = self.members.get_mut(user) else { return };
        member.warn(self.policy.times.token_warning_s, now, effects);
        let due = member.next_look(self.policy.times.token_warning_s, now);
        let before = std::mem::replace(&mut member.token_due, due);
        if let Some(before) = before {
            self.agenda.remove(before, Due::Token(user.clone()));
        }
        if let Some(due) = due {
            self.agenda.add(due, Due::Token(user.clone()));
        }
    }

    fn end_token(&mut self, user: &UserId, effects: &mut Vec<Effect>) {
        if let Some(socket) = self.members.get(user).and_then(|member| member.presence.socket()) {
            let reason = "the token has ended; join again with a new one".into();
            let bye = Bye { code: close::DUPLICATE_LOGIN, reason, action: ByeAction::Stop, after_ms: 0 };
            self.kick(socket, KickReason::TokenExpired, bye, effects);
        }
        self.remove_member(user, LeaveReason::TokenExpired, RemoveReason::TokenExpired, effects);
    }
}

impl Member {
    /// What ends, each with its time and whether its member has been warned. A privilege that ends with the token is not
    /// told apart from it.
    fn ends(&mut self) -> impl Iterator<Item = (TokenScope, u32, &mut bool)> {
        let token = self.terms.token;
        let own = |end: Option<End>| end.filter(|end| *end != token);
        let Warned { token: token_warned, publish, subscribe } = &mut self.warned;
        [
            (TokenScope::Token, Some(token), token_warned),
            (TokenScope::Publish, own(self.terms.publish), publish),
            (TokenScope::Subscribe, own(self.terms.subscribe), subscribe),
        ]
        .into_iter()
        .filter_map(|(scope, end, warned)| match end {
            Some(End::At(second)) => Some((scope, second, warned)),
            Some(End::Never) | None => None,
        })
    }

    /// Warns a member that is there to hear it; what ended while it was away it is told when it is back.
    fn warn(&mut self, warning_s: u32, now: Moment, effects: &mut Vec<Effect>) {
        let Some(socket) = self.presence.socket() else { return };
        for (scope, end, warned) in self.ends() {
            if *warned || now.unix() < end.saturating_sub(warning_s) {
                continue;
            }
            *warned = true;
            let event = Event::TokenExpiring(TokenExpiring { expires_in: end.saturating_sub(now.unix()), scope });
            effects.push(Effect::Send { socket, position: None, event });
        }
    }

    /// When a token must be looked at next, in milliseconds of the room's clock.
    fn next_look(&mut self, warning_s: u32, now: Moment) -> Option<u64> {
        self.ends()
            .filter(|(_, end, _)| now.unix() <= *end)
            .filter_map(|(_, end, _)| {
                let warning = end.saturating_sub(warning_s);
                if now.unix() < warning { Some(warning) } else { end.checked_add(1) }
            })
            .map(|second| now.ms_at(second))
            .min()
    }
}
