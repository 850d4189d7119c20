//! What the operator orders.

use miniapp_rtc::protocol::limits::close;
use miniapp_rtc::protocol::{Bye, ByeAction, KickReason, LeaveReason, RemoveReason, UserId};

use super::effect::Effect;
use super::input::Order;
use super::state::Room;

impl Room {
    /// Carries out an order. One that finds nothing to do has no effect.
    pub(super) fn obey(&mut self, order: Order, effects: &mut Vec<Effect>) {
        match order {
            Order::Kick(user) => self.put_out(&user, KickReason::ByOperator, effects),
            Order::Dissolve => self.dissolve(effects),
        }
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
            self.remove_member(user, LeaveReason::Kicked, RemoveReason::Kicked, effects);
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
