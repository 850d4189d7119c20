//! [`Apps`] are the applications this gateway serves; they prove the tokens of joining clients.

use std::collections::BTreeMap;

use miniapp_rtc::protocol::{AppId, ErrorCode, Join, Refusal, Secret};
use miniapp_rtc::token::{AccessToken, AppKey, TokenError};

use crate::room::{Entry, Renewal, RoomName, Terms};

/// The applications this gateway serves, each with its keys.
#[derive(Clone, Debug, Default)]
pub struct Apps {
    keys: BTreeMap<AppId, AppKeys>,
}

/// What proves the tokens of one application.
#[derive(Clone, Debug)]
pub struct AppKeys {
    /// Its key.
    pub key: AppKey,
    /// The key that it had before, whose tokens are still taken; `None` where there is none.
    pub old: Option<AppKey>,
}

impl From<AppKey> for AppKeys {
    fn from(key: AppKey) -> Self {
        Self { key, old: None }
    }
}

impl AppKeys {
    fn verify(&self, token: &AccessToken, unix: u32) -> Result<(), TokenError> {
        match (self.key.verify(token, unix), &self.old) {
            (Err(TokenError::Signature), Some(old)) => old.verify(token, unix),
            (result, _) => result,
        }
    }
}

impl Apps {
    /// Adds an application, or gives it other keys. Says whether it was there before.
    pub fn insert(&mut self, app: AppId, keys: impl Into<AppKeys>) -> bool {
        self.keys.insert(app, keys.into()).is_some()
    }

    /// Whether an application is served.
    pub fn serves(&self, app: &AppId) -> bool {
        self.keys.contains_key(app)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Proves that a token allows a join at `unix`. `secret` is a fresh random text for the session.
    ///
    /// # Errors
    /// The refusal to answer with.
    pub fn admit(&self, join: Join, secret: Secret, unix: u32) -> Result<(RoomName, Entry), Refusal> {
        if !self.keys.contains_key(&join.app) {
            return Err(app_unknown());
        }
        let token = self.prove(&join.token, unix)?;
        if token.app != join.app || !token.opens(&join.room) || token.user != join.user {
            return Err(mismatch());
        }
        let entry = Entry { user: join.user, terms: useful_terms(&token, unix)?, visible: join.visible, secret };
        Ok((RoomName { app: join.app, room: join.room }, entry))
    }

    /// Proves a token that shall replace a session's.
    ///
    /// # Errors
    /// The refusal to answer with.
    pub fn renew(&self, token: &Secret, unix: u32) -> Result<Renewal, Refusal> {
        let token = self.prove(token, unix)?;
        Ok(Renewal { terms: useful_terms(&token, unix)?, app: token.app, room: token.room, user: token.user })
    }

    /// Reads a token and proves it with the keys of the application that it names itself: a good token of another
    /// application is a mismatch, not a forgery.
    fn prove(&self, token: &Secret, unix: u32) -> Result<AccessToken, Refusal> {
        let token = AccessToken::parse(token.reveal()).map_err(|error| refuse(&error))?;
        let keys = self.keys.get(&token.app).ok_or_else(mismatch)?;
        keys.verify(&token, unix).map_err(|error| refuse(&error))?;
        Ok(token)
    }
}

/// What a token allows, where that is anything.
fn useful_terms(token: &AccessToken, unix: u32) -> Result<Terms, Refusal> {
    let terms = Terms::of(token);
    if terms.may_publish(unix) || terms.may_subscribe(unix) {
        return Ok(terms);
    }
    Err(Refusal::new(ErrorCode::NoSubscribePrivilege, "the token allows neither publishing nor subscribing now"))
}

fn mismatch() -> Refusal {
    Refusal::new(ErrorCode::TokenMismatch, "the token names another application, room or user")
}

fn app_unknown() -> Refusal {
    let reason = "this gateway does not serve the application; add it to the gateway's configuration";
    Refusal::new(ErrorCode::AppUnknown, reason)
}

fn refuse(error: &TokenError) -> Refusal {
    let code = match error {
        TokenError::Malformed(_) | TokenError::Version => ErrorCode::TokenMalformed,
        TokenError::Signature => ErrorCode::TokenSignature,
        TokenError::Expired { .. } => ErrorCode::TokenExpired,
    };
    Refusal::new(code, error.to_string())
}
