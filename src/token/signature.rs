//! The token's signature: HMAC-SHA256 over its fields, keyed with the application key.

use alloc::vec::Vec;
use core::fmt;

use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::layout::{AccessToken, PrivilegeGrant, RoomScope, Signature, TokenError};
use crate::protocol::{AppId, Secret, UserId};

/// The secret that an application shares with the gateway. Prints as `***`.
#[derive(Clone)]
pub struct AppKey(Hmac<Sha256>);

/// The application key is empty.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the application key must not be empty")]
pub struct InvalidKey;

impl AppKey {
    /// Takes the key's text; its bytes are the HMAC key as they are, not as hex.
    ///
    /// # Errors
    /// [`InvalidKey`] for an empty text.
    pub fn parse(text: &str) -> Result<Self, InvalidKey> {
        if text.is_empty() {
            return Err(InvalidKey);
        }
        <Hmac<Sha256> as KeyInit>::new_from_slice(text.as_bytes()).map(Self).map_err(|_| InvalidKey)
    }

    /// Makes a token.
    pub fn sign(
        &self,
        app: AppId,
        room: RoomScope,
        user: UserId,
        mut privileges: Vec<PrivilegeGrant>,
        times: TokenTimes,
    ) -> Secret {
        privileges.sort_by_key(|grant| grant.key);
        privileges.dedup_by_key(|grant| grant.key);
        let TokenTimes { nonce, issued_at, expires_at } = times;
        let mut token =
            AccessToken { app, nonce, issued_at, expires_at, room, user, privileges, signature: Signature([0; 32]) };
        token.signature = Signature(self.mac(&token.message()).finalize().into_bytes().into());
        token.to_text()
    }

    /// Proves a token and checks its time. `now` in Unix seconds.
    ///
    /// # Errors
    /// [`TokenError::Signature`] before [`TokenError::Expired`]: a forged token learns nothing of its time.
    pub fn verify(&self, token: &AccessToken, now: u32) -> Result<(), TokenError> {
        self.mac(&token.message()).verify_slice(&token.signature.0).map_err(|_| TokenError::Signature)?;
        if token.has_expired(now) {
            return Err(TokenError::Expired { expired_at: token.expires_at });
        }
        Ok(())
    }

    fn mac(&self, message: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(message);
        mac
    }
}

impl fmt::Debug for AppKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// The numbers of a new token.
#[derive(Clone, Copy, Debug)]
pub struct TokenTimes {
    /// A random number.
    pub nonce: u32,
    /// When the token is made, in Unix seconds.
    pub issued_at: u32,
    /// When the token ends, in Unix seconds; 0 means never.
    pub expires_at: u32,
}
