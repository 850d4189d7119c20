//! The `token` target: texts as tokens, bytes as their content, and changes to a signed one.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use base64ct::{Base64, Encoding};
use miniapp_rtc::protocol::{AppId, RoomId, UserId};
use miniapp_rtc::token::{AccessToken, AppKey, Privilege, PrivilegeGrant, RoomScope, TokenError, TokenTimes};

use crate::reached::Reached;
use crate::script::Script;

/// The application and key of `tests/vectors/tokens.json`.
const APP: &str = "0123456789abcdef01234567";
const KEY: &str = "test-app-key-not-a-secret";

/// A content is not doubled beyond this.
const MOST_BYTES: usize = 2_048;

static OWN_KEY: LazyLock<AppKey> = LazyLock::new(|| AppKey::parse(KEY).expect("a key"));
static OTHER_KEY: LazyLock<AppKey> = LazyLock::new(|| AppKey::parse("another key").expect("a key"));

/// Parses bytes as a token. A leading `b` says that they are the decoded content, an `s` that they are a script that makes
/// a token, signs it and then changes it; any other bytes are the text itself.
pub fn token(bytes: &[u8]) -> Reached {
    let mut reached = Reached::default();
    match bytes.split_first() {
        Some((b'b', content)) => text(&with_content(content), &mut reached),
        Some((b's', script)) => changed(&mut Script::new(script), &mut reached),
        _ => text(&String::from_utf8_lossy(bytes), &mut reached),
    }
    reached
}

/// The text of a token of our application with this content.
fn with_content(content: &[u8]) -> String {
    ["001", APP, &Base64::encode_string(content)].concat()
}

fn text(text: &str, reached: &mut Reached) {
    match AccessToken::parse(text) {
        Ok(token) => {
            reached.note("parsed", "ok");
            parsed(&token, text, reached);
        }
        Err(error) => {
            reached.note("parsed", name(&error));
            assert!(matches!(error, TokenError::Malformed(_) | TokenError::Version), "parse judges more than the form");
            let printed = format!("{error} {error:?}");
            // Shorter parts, or such without the version, may stand in a message by chance.
            if text.starts_with("001")
                && let Some(part) = text.get(..16)
            {
                assert!(!printed.contains(part), "{printed} repeats the token");
            }
        }
    }
}

/// What must hold of everything that is a token by its form.
fn parsed(token: &AccessToken, text: &str, reached: &mut Reached) {
    let written = token.to_text();
    let again = AccessToken::parse(written.reveal()).expect("what was written is a token");
    assert_eq!(sorted(&again), sorted(token));
    if token.privileges.is_sorted_by_key(|grant| grant.key) {
        assert_eq!(written.reveal(), text, "two texts for one token");
    }
    let keys: BTreeSet<_> = token.privileges.iter().map(|grant| grant.key).collect();
    assert_eq!(keys.len(), token.privileges.len(), "a privilege appears twice");
    let printed = format!("{token:?}");
    let signature = &text[text.len().saturating_sub(40)..];
    assert!(!printed.contains(signature), "{printed} holds the signature");

    let times = TokenTimes { nonce: token.nonce, issued_at: token.issued_at, expires_at: token.expires_at };
    let signed =
        OWN_KEY.sign(token.app.clone(), token.room.clone(), token.user.clone(), token.privileges.clone(), times);
    let is_ours = signed == written;
    for now in [0, token.expires_at, token.expires_at.saturating_add(1), u32::MAX] {
        let expected = match (is_ours, token.expires_at != 0 && token.expires_at < now) {
            (false, _) => Err(TokenError::Signature),
            (true, true) => Err(TokenError::Expired { expired_at: token.expires_at }),
            (true, false) => Ok(()),
        };
        let verified = OWN_KEY.verify(token, now);
        assert_eq!(verified, expected, "at {now}");
        reached.note("verified", verified.as_ref().map_or_else(name, |()| "ok"));
        let forged = OTHER_KEY.verify(token, now);
        assert_eq!(forged, Err(TokenError::Signature), "another key opens it");
        assert_eq!(token.has_expired(now), expected_end(token.expires_at, now));
        for privilege in [Privilege::Publish, Privilege::Subscribe] {
            let end = token.privilege_end(privilege);
            let allows = end.is_some_and(|end| !expected_end(end, now));
            assert_eq!(token.allows(privilege, now), allows, "{privilege:?} at {now} ends at {end:?}");
        }
    }
    let opens = |room: &str| token.opens(&RoomId::parse(room).expect("a room id"));
    match &token.room {
        RoomScope::Any => assert!(opens("any")),
        RoomScope::None => assert!(!opens("any")),
        RoomScope::Room(room) => assert!(token.opens(room) && opens("any") == (room.as_str() == "any")),
    }
}

/// Makes a token, signs it, and carries out the changes that the script asks for. Only a token with the fields that were
/// signed may pass.
fn changed(script: &mut Script<'_>, reached: &mut Reached) {
    let (original, text_of_original) = signed(script);
    assert_eq!(OWN_KEY.verify(&original, 0), Ok(()), "a fresh token holds");
    reached.note("script", "signed");
    let mut content = Base64::decode_vec(&text_of_original["001".len() + APP.len()..]).expect("base64");
    while let Some(step) = script.step() {
        let at = usize::from(script.number()) % content.len().max(1);
        match (step, content.is_empty()) {
            (Some(b'x'), false) => content[at] ^= script.number(),
            (Some(b'r'), false) => drop(content.remove(at)),
            (Some(b'i'), _) => content.insert(at, script.number()),
            (Some(b'c'), false) => content.truncate(at),
            (Some(b'a'), _) => content.push(script.number()),
            (Some(b'd'), false) if content.len() < MOST_BYTES => content.extend_from_within(at..),
            (Some(b's'), false) => {
                let other = usize::from(script.number()) % content.len();
                content.swap(at, other);
            }
            _ => {}
        }
    }
    let after = with_content(&content);
    text(&after, reached);
    if let Ok(token) = AccessToken::parse(&after) {
        reached.note("script", "parsed after a change");
        match OWN_KEY.verify(&token, 0) {
            Ok(()) => assert_eq!(sorted(&token), sorted(&original), "other fields than were signed"),
            Err(error) => assert_eq!(error, TokenError::Signature),
        }
    }
}

fn signed(script: &mut Script<'_>) -> (AccessToken, String) {
    let room = match script.number() % 4 {
        0 => RoomScope::Any,
        1 => RoomScope::None,
        2 => RoomScope::Room(RoomId::parse("room-1").expect("a room id")),
        _ => RoomScope::Room(RoomId::parse("r".repeat(usize::from(script.number()) % 128 + 1)).expect("a room id")),
    };
    let user = UserId::parse("u".repeat(usize::from(script.number()) % 128 + 1)).expect("a user id");
    let ends = [0, 1, 1_700_000_000, u32::MAX];
    let privileges = (0..script.number() % 8)
        .map(|_| PrivilegeGrant { key: script.number().into(), expires_at: script.pick(&ends) })
        .collect();
    let times = TokenTimes { nonce: script.number().into(), issued_at: 1_700_000_000, expires_at: script.pick(&ends) };
    let text = OWN_KEY.sign(AppId::parse(APP).expect("an app id"), room, user, privileges, times);
    (AccessToken::parse(text.reveal()).expect("a signed token is a token"), text.reveal().to_owned())
}

/// The token with its privileges in the order in which they are signed.
fn sorted(token: &AccessToken) -> AccessToken {
    let mut token = token.clone();
    token.privileges.sort_by_key(|grant| grant.key);
    token
}

const fn expected_end(end: u32, now: u32) -> bool {
    end != 0 && end < now
}

const fn name(error: &TokenError) -> &'static str {
    match error {
        TokenError::Malformed(_) => "malformed",
        TokenError::Version => "version",
        TokenError::Signature => "signature",
        TokenError::Expired { .. } => "expired",
    }
}
