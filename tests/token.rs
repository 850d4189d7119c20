//! AccessToken 001: the ten golden vectors, and what must be refused.

#![cfg(all(feature = "sign", not(target_family = "wasm")))]

use base64ct::{Base64, Base64Unpadded, Base64Url, Encoding};
use miniapp_rtc::protocol::{AppId, RoomId, UserId};
use miniapp_rtc::token::{AccessToken, AppKey, Privilege, PrivilegeGrant, RoomScope, TokenError, TokenTimes};
use proptest::prelude::*;
use serde_json::{Value, json};

const VECTORS: &str = include_str!("vectors/tokens.json");
const SPEC: &str = include_str!("../docs/protocol.md");
const HEAD: usize = 3 + 24;

#[test]
fn the_golden_vectors_hold() {
    let file = vectors();
    let key = AppKey::parse(text(&file["key"])).expect("a key");
    let vectors = file["vectors"].as_array().expect("vectors");
    assert_eq!(vectors.len(), 10);
    for vector in vectors {
        let name = text(&vector["name"]);
        let token = match (AccessToken::parse(text(&vector["token"])), text(&vector["parse"])) {
            (Ok(token), "ok") => token,
            (Err(TokenError::Malformed(_)), "malformed") | (Err(TokenError::Version), "version") => continue,
            (other, expected) => panic!("{name}: {other:?} instead of {expected}"),
        };
        assert_eq!(token.app.as_str(), text(&file["app"]), "{name}");
        assert_eq!(fields(&token), vector["fields"], "{name}");
        for check in vector["verify"].as_array().expect("its checks") {
            let now = check["now"].as_u64().and_then(|now| u32::try_from(now).ok()).expect("Unix seconds");
            let result = match key.verify(&token, now) {
                Ok(()) => "valid",
                Err(TokenError::Expired { expired_at }) => {
                    assert_eq!(expired_at, token.expires_at, "{name}");
                    "expired"
                }
                Err(TokenError::Signature) => "signature",
                Err(other) => panic!("{name}: {other}"),
            };
            assert_eq!(result, text(&check["result"]), "{name} at {now}");
        }
    }
}

#[test]
fn signing_gives_the_golden_tokens_byte_for_byte() {
    let file = vectors();
    let key = AppKey::parse(text(&file["key"])).expect("a key");
    let golden: Vec<_> =
        file["vectors"].as_array().expect("vectors").iter().filter(|vector| vector.get("message").is_some()).collect();
    assert_eq!(golden.len(), 4);
    for vector in golden {
        let parsed = AccessToken::parse(text(&vector["token"])).expect("a token");
        let times = TokenTimes { nonce: parsed.nonce, issued_at: parsed.issued_at, expires_at: parsed.expires_at };
        let mut privileges = parsed.privileges.clone();
        privileges.reverse();
        let signed = key.sign(parsed.app.clone(), parsed.room.clone(), parsed.user.clone(), privileges, times);
        assert_eq!(signed.reveal(), text(&vector["token"]));
        assert_eq!(parsed.to_text(), signed);
        let (message, signature) = parts(signed.reveal());
        assert_eq!(hex(&message), text(&vector["message"]));
        assert_eq!(hex(&signature), text(&vector["signature"]));
    }
}

#[test]
fn the_specification_shows_the_first_vector() {
    let first = &vectors()["vectors"][0];
    let shown: String = SPEC.split("MESSAGE    ").nth(1).expect("the example").chars().filter(|c| *c != ' ').collect();
    assert!(shown.replace('\n', "").starts_with(text(&first["message"])));
    assert!(SPEC.contains(&format!("SIGNATURE  {}", text(&first["signature"]))));
    assert!(SPEC.contains(&format!("token      {}", text(&first["token"]))));
}

#[test]
fn a_token_cut_short_is_refused_at_each_length() {
    for token in golden_tokens() {
        for length in 0..token.len() {
            let error = AccessToken::parse(&token[..length]).expect_err("it is cut short");
            assert!(matches!(error, TokenError::Malformed(_)), "{length}: {error}");
        }
    }
}

#[test]
fn content_cut_short_is_refused_at_each_length() {
    let content = content(&golden_tokens()[0]);
    for length in 0..content.len() {
        let token = with_content(&content[..length]);
        assert!(matches!(AccessToken::parse(&token), Err(TokenError::Malformed(_))), "{length}");
    }
}

#[test]
fn bytes_left_over_are_refused() {
    let (message, signature) = parts(&golden_tokens()[0]);
    let good = [bytes16(&message), bytes16(&signature)].concat();
    assert!(AccessToken::parse(&with_content(&good)).is_ok());
    let behind_the_signature = [good, vec![0]].concat();
    malformed(&with_content(&behind_the_signature), "bytes are left over");
    let inside_the_message = [bytes16(&[message.clone(), vec![0]].concat()), bytes16(&signature)].concat();
    malformed(&with_content(&inside_the_message), "bytes are left over");
    for length in [0, 31, 33] {
        let signature = vec![7; length];
        malformed(&with_content(&[bytes16(&message), bytes16(&signature)].concat()), "32 bytes");
    }
}

#[test]
fn privileges_that_repeat_are_refused_wherever_they_stand() {
    for keys in [&[0, 0][..], &[0, 4, 0], &[4, 0, 4], &[0, 1, 2, 3, 4, 4]] {
        malformed(&token_of(b"room-1", b"user-1", keys), "twice");
    }
    assert!(AccessToken::parse(&token_of(b"room-1", b"user-1", &[4, 65_535, 0])).is_ok(), "unknown keys are kept");
    assert!(AccessToken::parse(&token_of(b"room-1", b"user-1", &[])).is_ok());
    let most: Vec<u16> = (0..64).collect();
    assert!(AccessToken::parse(&token_of(b"room-1", b"user-1", &most)).is_ok());
    malformed(&token_of(b"room-1", b"user-1", &[&most[..], &[64]].concat()), "more than 64");
}

#[test]
fn names_outside_their_alphabet_are_refused() {
    for room in [&b"room 1"[..], b"**", &[0xff, 0xfe], &[b'R'; 129], "房间".as_bytes()] {
        assert!(matches!(AccessToken::parse(&token_of(room, b"user-1", &[0])), Err(TokenError::Malformed(_))));
    }
    for user in [&b""[..], b"*", b"user 1", &[0xff], &[b'u'; 129]] {
        assert!(matches!(AccessToken::parse(&token_of(b"room-1", user, &[0])), Err(TokenError::Malformed(_))));
    }
}

#[test]
fn heads_that_are_wrong_are_refused() {
    let token = &golden_tokens()[0];
    for version in ["000", "002", "01 ", "abc"] {
        assert_eq!(AccessToken::parse(&[version, &token[3..]].concat()), Err(TokenError::Version));
    }
    for text in ["", "0", "00", "001", &token[..HEAD], "001\u{1f600}", &["001", &"\u{1f600}".repeat(40)].concat()] {
        assert!(matches!(AccessToken::parse(text), Err(TokenError::Malformed(_))), "{text}");
    }
    malformed(&[&token[..HEAD - 1], "-", &token[HEAD..]].concat(), "application id");
}

#[test]
fn base64_that_is_not_canonical_is_refused() {
    // TV4 ends in one sign of padding, so that its last character has two bits to spare.
    let token = &golden_tokens()[3];
    let unpadded = token.strip_suffix('=').expect("padding");
    assert!(!unpadded.ends_with('='));
    let (head, last) = unpadded.split_at(unpadded.len() - 1);
    assert_eq!(last, "Y");
    let wrong = [
        unpadded.to_string(),
        [unpadded, "=="].concat(),
        [head, "Z="].concat(),
        [head, "a="].concat(),
        [head, "b="].concat(),
        [token, "\n"].concat(),
        [token, "AAAA"].concat(),
        [&token[..HEAD + 4], " ", &token[HEAD + 4..]].concat(),
        token.replace('+', "-"),
        [&token[..HEAD], &Base64Url::encode_string(&content(token))].concat(),
        [&token[..HEAD], &Base64Unpadded::encode_string(&content(token))].concat(),
    ];
    for wrong in wrong {
        malformed(&wrong, "base64");
    }
}

#[test]
fn the_clock_counts_up_to_and_including_the_end() {
    let token = |own, whole| {
        let grants = vec![
            PrivilegeGrant { key: Privilege::Publish.key(), expires_at: own },
            PrivilegeGrant { key: 9, expires_at: 1 },
        ];
        let text = key().sign(app(), RoomScope::Any, user(), grants, times(whole));
        AccessToken::parse(text.reveal()).expect("a token")
    };
    let allowed = |token: &AccessToken, now| {
        (token.has_expired(now), token.allows(Privilege::Publish, now), token.allows(Privilege::Subscribe, now))
    };
    for (own, whole, end) in [(100, 200, 100), (200, 100, 100), (0, 100, 100), (100, 0, 100), (0, 0, 0)] {
        let token = token(own, whole);
        assert_eq!(token.privilege_end(Privilege::Publish), Some(end));
        assert_eq!(token.privilege_end(Privilege::Subscribe), None);
        for now in [0, 99, 100, 101, 199, 200, 201, u32::MAX] {
            let expired = whole != 0 && now > whole;
            assert_eq!(allowed(&token, now), (expired, end == 0 || now <= end, false), "{own} {whole} at {now}");
            let verified = if expired { Err(TokenError::Expired { expired_at: whole }) } else { Ok(()) };
            assert_eq!(key().verify(&token, now), verified, "{own} {whole} at {now}");
        }
    }
}

#[test]
fn a_forged_token_learns_nothing_of_its_time() {
    let text = key().sign(app(), RoomScope::Any, user(), Vec::new(), times(100));
    let token = AccessToken::parse(text.reveal()).expect("a token");
    let other = AppKey::parse("another-key").expect("a key");
    assert_eq!(other.verify(&token, 100), Err(TokenError::Signature));
    assert_eq!(other.verify(&token, 101), Err(TokenError::Signature));
    assert_eq!(key().verify(&token, 101), Err(TokenError::Expired { expired_at: 100 }));
}

#[test]
fn a_token_opens_its_room() {
    let (one, two) = (RoomId::parse("room-1").expect("a room"), RoomId::parse("room-2").expect("a room"));
    let opens = |scope: RoomScope| {
        let text = key().sign(app(), scope, user(), Vec::new(), times(0));
        let token = AccessToken::parse(text.reveal()).expect("a token");
        (token.opens(&one), token.opens(&two))
    };
    assert_eq!(opens(RoomScope::Room(one.clone())), (true, false));
    assert_eq!(opens(RoomScope::Any), (true, true));
    assert_eq!(opens(RoomScope::None), (false, false));
}

#[test]
fn neither_key_nor_signature_is_printed() {
    let secret = "test-app-key-not-a-secret";
    let key = AppKey::parse(secret).expect("a key");
    assert_eq!(format!("{key:?} {key:#?}"), "*** ***");
    let token = AccessToken::parse(&golden_tokens()[0]).expect("a token");
    let printed = format!("{token:?}");
    assert!(printed.contains("signature: ***"), "{printed}");
    assert_eq!(format!("{:?}", token.to_text()), "***");
    assert!(AppKey::parse("").is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_signed_is_read_and_verified(
        app in "[a-zA-Z0-9]{24}",
        room in prop_oneof![Just(None), Just(Some("*".to_string())), "[a-zA-Z0-9@_.-]{1,128}".prop_map(Some)],
        user in "[a-zA-Z0-9@_.-]{1,128}",
        grants in prop::collection::btree_map(any::<u16>(), any::<u32>(), 0..12),
        (nonce, issued_at, expires_at) in any::<(u32, u32, u32)>(),
        flip in any::<prop::sample::Index>(),
    ) {
        let room = match room.as_deref() {
            None => RoomScope::None,
            Some("*") => RoomScope::Any,
            Some(room) => RoomScope::Room(RoomId::parse(room).expect("a room")),
        };
        let (app, user) = (AppId::parse(app).expect("an app id"), UserId::parse(user).expect("a user"));
        let grants: Vec<_> = grants.into_iter().map(|(key, expires_at)| PrivilegeGrant { key, expires_at }).collect();
        let times = TokenTimes { nonce, issued_at, expires_at };
        let text = key().sign(app.clone(), room.clone(), user.clone(), grants.clone(), times);

        let token = AccessToken::parse(text.reveal()).expect("a token");
        prop_assert_eq!((&token.app, &token.room, &token.user, &token.privileges), (&app, &room, &user, &grants));
        prop_assert_eq!((token.nonce, token.issued_at, token.expires_at), (nonce, issued_at, expires_at));
        prop_assert_eq!(token.to_text(), text.clone());
        prop_assert_eq!(key().verify(&token, expires_at), Ok(()));
        let other = AppKey::parse("another-key").expect("a key");
        prop_assert_eq!(other.verify(&token, expires_at), Err(TokenError::Signature));

        let mut forged = content(text.reveal());
        let bit = flip.index(forged.len() * 8);
        forged[bit / 8] ^= 1 << (bit % 8);
        match AccessToken::parse(&with_content(&forged)) {
            Ok(token) => prop_assert_eq!(key().verify(&token, expires_at), Err(TokenError::Signature)),
            Err(error) => prop_assert!(matches!(error, TokenError::Malformed(_))),
        }
    }

    #[test]
    fn any_text_is_survived(text in any::<String>(), bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = AccessToken::parse(&text);
        let _ = AccessToken::parse(&["001", &text].concat());
        let _ = AccessToken::parse(&with_content(&bytes));
        let _ = AccessToken::parse(&with_content(&[bytes16(&bytes), bytes16(&[0; 32])].concat()));
    }
}

fn vectors() -> Value {
    serde_json::from_str(VECTORS).expect("the vector file")
}

fn golden_tokens() -> Vec<String> {
    let file = vectors();
    let vectors = file["vectors"].as_array().expect("vectors").iter();
    vectors.filter(|vector| vector.get("message").is_some()).map(|vector| text(&vector["token"]).to_string()).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn fields(token: &AccessToken) -> Value {
    let room = match &token.room {
        RoomScope::Any => "*",
        RoomScope::None => "",
        RoomScope::Room(room) => room.as_str(),
    };
    let privileges: Vec<_> = token.privileges.iter().map(|grant| json!([grant.key, grant.expires_at])).collect();
    json!({
        "nonce": token.nonce,
        "issuedAt": token.issued_at,
        "expiresAt": token.expires_at,
        "room": room,
        "user": token.user.as_str(),
        "privileges": privileges,
    })
}

fn key() -> AppKey {
    AppKey::parse("a-key-of-this-test").expect("a key")
}

fn app() -> AppId {
    AppId::parse("0123456789abcdef01234567").expect("an app id")
}

fn user() -> UserId {
    UserId::parse("user-1").expect("a user")
}

fn times(expires_at: u32) -> TokenTimes {
    TokenTimes { nonce: 1, issued_at: 0, expires_at }
}

fn content(token: &str) -> Vec<u8> {
    Base64::decode_vec(&token[HEAD..]).expect("base64")
}

fn with_content(content: &[u8]) -> String {
    ["001", app().as_str(), &Base64::encode_string(content)].concat()
}

/// A token with these parts and a signature of zeros.
fn token_of(room: &[u8], user: &[u8], keys: &[u16]) -> String {
    let count = u16::try_from(keys.len()).expect("few keys");
    let mut message = [vec![0; 12], bytes16(room), bytes16(user), count.to_le_bytes().to_vec()].concat();
    for key in keys {
        message.extend(key.to_le_bytes());
        message.extend(0_u32.to_le_bytes());
    }
    with_content(&[bytes16(&message), bytes16(&[0; 32])].concat())
}

/// Message and signature of a token.
fn parts(token: &str) -> (Vec<u8>, Vec<u8>) {
    let content = content(token);
    let length = usize::from(u16::from_le_bytes([content[0], content[1]]));
    (content[2..2 + length].to_vec(), content[2 + length + 2..].to_vec())
}

fn bytes16(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).expect("a short field");
    [&length.to_le_bytes()[..], bytes].concat()
}

fn malformed(token: &str, why: &str) {
    match AccessToken::parse(token) {
        Err(TokenError::Malformed(found)) => assert!(found.contains(why), "{found} instead of {why}"),
        other => panic!("{other:?} instead of {why}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
