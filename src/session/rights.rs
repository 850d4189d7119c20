//! Rights: the token of a session, what it grants, and the warning before it, or a privilege of it, ends.

use alloc::borrow::Cow;
use alloc::string::ToString;

use super::effect::Doings;
use super::error::{ErrorNumber, RtcError};
use super::event::{ClientEvent, TokenWillExpire};
use super::time::{TOKEN_WARNING_S, Time};
use super::turn::Turn;
use crate::protocol::{ErrorCode, Join, Secret, TokenScope, UserId};
use crate::token::{AccessToken, Privilege};

/// What this user may do in this room, and until when.
#[derive(Clone, Debug)]
pub(super) struct Rights {
    /// How the room is entered, with the newest token.
    join: Join,
    /// What that token says.
    claims: AccessToken,
    /// The gateway's clock, Unix seconds, at a moment of ours: a phone's own clock may be wrong.
    server: Option<(Time, u32)>,
    /// What the page was warned of, by [`TokenScope`].
    warned: [bool; 3],
}

impl Rights {
    /// # Errors
    /// `JOIN_ROOM_ERROR` for a token that grants nothing here.
    pub(super) fn new(join: Join) -> Result<Self, RtcError> {
        let claims = claims(&join.token, &join)?;
        Ok(Self { join, claims, server: None, warned: [false; 3] })
    }

    /// How the room is entered.
    pub(super) const fn join(&self) -> &Join {
        &self.join
    }

    pub(super) const fn user(&self) -> &UserId {
        &self.join.user
    }

    pub(super) const fn is_visible(&self) -> bool {
        self.join.visible
    }

    /// Others see the user from now on, or do not.
    pub(super) const fn show(&mut self, is_visible: bool) {
        self.join.visible = is_visible;
    }

    /// Whether the token grants the privilege at all; when it ends is for the gateway's clock to say.
    pub(super) fn may(&self, privilege: Privilege) -> bool {
        self.claims.privilege_end(privilege).is_some()
    }

    /// Whether a token could take the place of this one.
    ///
    /// # Errors
    /// `JOIN_ROOM_ERROR` for a token that grants nothing here.
    pub(super) fn check(&self, token: &Secret) -> Result<(), RtcError> {
        claims(token, &self.join).map(drop)
    }

    /// The gateway took a new token.
    pub(super) fn renew(&mut self, token: &Secret) {
        if let Ok(claims) = claims(token, &self.join) {
            self.claims = claims;
            self.join.token = token.clone();
            self.warned = [false; 3];
        }
    }

    /// The gateway said its time. It is asked again and again, since the phone's clock may jump.
    pub(super) const fn set_clock(&mut self, now: Time, server: u32) {
        self.server = Some((now, server));
    }

    /// Warns the page, once for each scope of a token.
    pub(super) fn warn(&mut self, scope: TokenScope, expires_in: u32, out: &mut Doings) {
        if let Some(warned @ false) = self.warned.get_mut(scope as usize) {
            *warned = true;
            out.emit(ClientEvent::TokenWillExpire(TokenWillExpire { expires_in, scope }));
        }
    }

    /// When the page is to be warned next; the gateway warns as well, where it is not silent.
    pub(super) fn next_warning(&self) -> Option<Time> {
        self.next().map(|(at, _, _)| at)
    }

    /// Warns the page of everything that ends soon.
    pub(super) fn warn_of_all(&mut self, turn: &mut Turn<'_>) {
        while let Some((_, scope, end)) = self.next().filter(|(at, _, _)| *at <= turn.now) {
            let Some((at, server)) = self.server else { return };
            let passed = u32::try_from(turn.now.since(at) / 1000).unwrap_or(u32::MAX);
            self.warn(scope, end.saturating_sub(server).saturating_sub(passed), &mut turn.out);
        }
    }

    /// When the page is to be warned next, of what, and its end in Unix seconds.
    fn next(&self) -> Option<(Time, TokenScope, u32)> {
        let (at, server) = self.server?;
        let token = self.claims.expires_at;
        let own = |privilege| self.claims.privilege_end(privilege).filter(|end| *end != token).unwrap_or(0);
        [
            (token, TokenScope::Token),
            (own(Privilege::Publish), TokenScope::Publish),
            (own(Privilege::Subscribe), TokenScope::Subscribe),
        ]
        .into_iter()
        .filter(|(end, scope)| *end != 0 && self.warned.get(*scope as usize) == Some(&false))
        .map(|(end, scope)| {
            let wait = end.saturating_sub(TOKEN_WARNING_S).saturating_sub(server);
            (Time(at.0.saturating_add(u64::from(wait) * 1000)), scope, end)
        })
        .min_by_key(|(at, _, _)| *at)
    }
}

/// What a token grants to the user of this join.
fn claims(token: &Secret, join: &Join) -> Result<AccessToken, RtcError> {
    let refuse = |code: ErrorCode, reason: Cow<'static, str>| {
        RtcError::new(ErrorNumber::JoinRoomError, reason).like_gateway(code)
    };
    let claims = AccessToken::parse(token.reveal())
        .map_err(|error| refuse(ErrorCode::TokenMalformed, error.to_string().into()))?;
    let mismatch = if claims.app != join.app {
        "the token is for another application id than init was called with; mint one for this app"
    } else if !claims.opens(&join.room) {
        "the token is for another room; ask for one of this room"
    } else if claims.user != join.user {
        "the token is for another user; ask for one of this user"
    } else {
        return Ok(claims);
    };
    Err(refuse(ErrorCode::TokenMismatch, mismatch.into()))
}
