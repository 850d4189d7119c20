//! What the operator orders.

use miniapp_rtc::protocol::limits::close;
use miniapp_rtc::protocol::{Bye, ByeAction, KickReason, LeaveReason, RemoveReason, StreamKind, Tracks, UserId};

use super::agenda::Due;
use super::effect::Effect;
use super::input::Order;
use super::moment::Moment;
use super::state::Room;

impl Room {
    /// Carries out an order. One that finds nothing to do has no effect.
    pub(super) fn obey(&mut self, order: Order, now: Moment, effects: &mut Vec<Effect>) {
        match order {
            Order::Kick(user) => self.put_out(&user, KickReason::ByOperator, effects),
            Order::Dissolve => self.dissolve(effects),
            Order::Ban { user, seconds } => self.ban(&user, seconds, now, effects),
            Order::Unban(user) => self.unban(&user),
            Order::Mute { user, kind, allowed } => self.let_through(user, kind, allowed, effects),
        }
    }

    fn ban(&mut self, user: &UserId, seconds: u32, now: Moment, effects: &mut Vec<Effect>) {
        self.unban(user);
        let until = now.ms.saturating_add(u64::from(seconds) * 1000);
        self.bans.insert(user.clone(), until);
        self.agenda.add(until, Due::Ban(user.clone()));
        self.put_out(user, KickReason::ByOperator, effects);
    }

    fn unban(&mut self, user: &UserId) {
        if let Some(until) = self.bans.remove(user) {
            self.agenda.remove(until, Due::Ban(user.clone()));
        }
    }

    fn let_through(&mut self, user: UserId, kind: StreamKind, allowed: Tracks, effects: &mut Vec<Effect>) {
        let key = (user.clone(), kind);
        if allowed == Tracks::BOTH {
            self.muted.remove(&key);
        } else {
            self.muted.insert(key, allowed);
        }
        self.settle_tracks(&user, kind, effects);
    }

    fn put_out(&mut self, user: &UserId, reason: KickReason, effects: &mut Vec<Effect>) {
        self.close_socket(user, reason, effects);
        self.remove_member(user, LeaveReason::Kicked, RemoveReason::Kicked, effects);
    }

    /// Nobody is told of the others: all are out before anybody leaves.
    fn dissolve(&mut self, effects: &mut Vec<Effect>) {
        let users: Vec<UserId> = self.members.keys().cloned().collect();
        for user in &users {
            self.close_socket(user, KickReason::RoomClosed, effects);
        }
        for user in &users {
            self.remove_member(user, LeaveReason::RoomClosed, RemoveReason::Kicked, effects);
        }
    }

    fn close_socket(&mut self, user: &UserId, reason: KickReason, effects: &mut Vec<Effect>) {
        let Some(socket) = self.members.get(user).and_then(|member| member.presence.socket()) else { return };
        let why = match reason {
            KickReason::RoomClosed => "the operator closed the room",
            KickReason::DuplicateLogin | KickReason::TokenExpired | KickReason::ByOperator | KickReason::Other => {
                "the operator put this user out of the room"
            }
        };
        let bye = Bye { code: close::DUPLICATE_LOGIN, reason: why.into(), action: ByeAction::Stop, after_ms: 0 };
        self.kick(socket, reason, bye, effects);
    }
}
