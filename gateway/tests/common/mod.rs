//! What the wire tests share: a real gateway process, clients that speak frames, tokens, and ffmpeg that pushes and pulls.
#![allow(dead_code, missing_docs, unreachable_pub, unused_imports)]

pub mod admin;
pub mod application;
pub mod client;
pub mod media;
pub mod metrics;
pub mod process;
pub mod redis;
pub mod signal;

pub use client::Client;
pub use media::{Player, Pusher};
pub use process::Gateway;
pub use redis::Redis;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use miniapp_rtc::protocol::{AppId, RoomId, UserId};
use miniapp_rtc::token::{AppKey, PrivilegeGrant, RoomScope, TokenTimes};

/// The application of the golden token vectors.
pub const APP: &str = "0123456789abcdef01234567";
pub const KEY: &str = "test-app-key-not-a-secret";

/// Longest wait for anything that must happen.
pub const SOON: Duration = Duration::from_secs(10);

/// What a test token allows, in seconds from now.
#[derive(Clone, Copy)]
pub struct Allow {
    pub token_s: i64,
    pub publish_s: Option<i64>,
    pub subscribe_s: Option<i64>,
}

pub const ALL: Allow = Allow { token_s: 3600, publish_s: Some(3600), subscribe_s: Some(3600) };

pub fn unix_now() -> u32 {
    u32::try_from(SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()).expect("before 2106")
}

/// A token for `room` (or `*`) and `user`, signed with `key`.
pub fn token_with(app: &str, key: &str, room: &str, user: &str, allow: Allow) -> String {
    let at = |seconds: i64| u32::try_from(i64::from(unix_now()) + seconds).expect("a time");
    let mut privileges = Vec::new();
    if let Some(seconds) = allow.publish_s {
        privileges.push(PrivilegeGrant { key: 0, expires_at: at(seconds) });
    }
    if let Some(seconds) = allow.subscribe_s {
        privileges.push(PrivilegeGrant { key: 4, expires_at: at(seconds) });
    }
    let room = match room {
        "*" => RoomScope::Any,
        room => RoomScope::Room(RoomId::parse(room).expect("room id")),
    };
    let times = TokenTimes { nonce: 7, issued_at: at(-60), expires_at: at(allow.token_s) };
    let key = AppKey::parse(key).expect("key");
    let token =
        key.sign(AppId::parse(app).expect("app id"), room, UserId::parse(user).expect("user id"), privileges, times);
    token.reveal().to_owned()
}

pub fn token(room: &str, user: &str) -> String {
    token_with(APP, KEY, room, user, ALL)
}
