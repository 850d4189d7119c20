//! Expiry: the warning that the token, or a privilege of it, is about to end; the gateway's or, where that is silent, ours.

use super::Membership;
use crate::protocol::TokenScope;
use crate::session::event::{ClientEvent, TokenWillExpire};
use crate::session::time::{TOKEN_WARNING_S, Time};
use crate::session::turn::Turn;
use crate::token::Privilege;

/// What is known of the token's time.
#[derive(Clone, Debug, Default)]
pub(super) struct Expiry {
    /// The gateway's clock, Unix seconds, at a moment of ours: a phone's own clock may be wrong.
    pub(super) server: Option<(Time, u32)>,
    /// What the page was warned of, by [`TokenScope`].
    pub(super) warned: [bool; 3],
}

impl Membership {
    /// Warns the page, once for each scope of a token.
    pub(super) fn warn_of_expiry(&mut self, scope: TokenScope, expires_in: u32, turn: &mut Turn<'_>) {
        if let Some(warned @ false) = self.expiry.warned.get_mut(scope as usize) {
            *warned = true;
            turn.out.emit(ClientEvent::TokenWillExpire(TokenWillExpire { expires_in, scope }));
        }
    }

    /// Warns the page of everything that ends soon.
    pub(super) fn check_expiry(&mut self, turn: &mut Turn<'_>) {
        while let Some((_, scope, end)) = self.next_expiry().filter(|(at, _, _)| *at <= turn.now) {
            let Some((at, server)) = self.expiry.server else { return };
            let passed = u32::try_from(turn.now.since(at) / 1000).unwrap_or(u32::MAX);
            self.warn_of_expiry(scope, end.saturating_sub(server).saturating_sub(passed), turn);
        }
    }

    /// When the page is to be warned next, of what, and its end in Unix seconds.
    pub(super) fn next_expiry(&self) -> Option<(Time, TokenScope, u32)> {
        let (at, server) = self.expiry.server?;
        let token = self.claims.expires_at;
        let own = |privilege| self.claims.privilege_end(privilege).filter(|end| *end != token).unwrap_or(0);
        [
            (token, TokenScope::Token),
            (own(Privilege::Publish), TokenScope::Publish),
            (own(Privilege::Subscribe), TokenScope::Subscribe),
        ]
        .into_iter()
        .filter(|(end, scope)| *end != 0 && self.expiry.warned.get(*scope as usize) == Some(&false))
        .map(|(end, scope)| {
            let wait = end.saturating_sub(TOKEN_WARNING_S).saturating_sub(server);
            (Time(at.0.saturating_add(u64::from(wait) * 1000)), scope, end)
        })
        .min_by_key(|(at, _, _)| *at)
    }
}
