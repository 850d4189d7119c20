//! Frames made to break the decoder: it never panics, and says what the specification says.

use miniapp_rtc::protocol::{BadClientFrame, ClientFrame, DecodeError, Document, ErrorCode, Method, ServerFrame};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::markdown::{Side, sections};
use crate::strategies::{client_frame, server_frame};

#[test]
fn deep_nesting_is_refused() {
    for depth in [200, 10_000, 30_000] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let deep = [open.repeat(depth), "0".into(), close.repeat(depth)].concat();
            let client = format!(r#"{{"id":1,"m":"ping","p":{{"offset":1}},"x":{deep}}}"#);
            assert_eq!(refused(&client), (None, ErrorCode::BadFrame));
            let server = format!(r#"{{"ev":"kicked","d":{deep}}}"#);
            assert_eq!(ServerFrame::decode::<Value>(&server), Err(DecodeError::NotJson));
        }
    }
}

#[test]
fn sixteen_levels_are_accepted() {
    let nested = ["[".repeat(15), "]".repeat(15)].concat();
    let frame = format!(r#"{{"id":1,"m":"ping","p":{{"offset":1}},"x":{nested}}}"#);
    assert!(ClientFrame::decode::<Value>(&frame).is_ok());
}

#[test]
fn numbers_beyond_their_type_are_refused() {
    for number in ["-1", "4294967296", "18446744073709551616", "1e10", "0.5", "1e-1", "-1e999", &"9".repeat(5000)] {
        let head = format!(r#"{{"id":{number},"m":"ping","p":{{"offset":1}}}}"#);
        assert_eq!(refused(&head), (None, ErrorCode::BadFrame), "id {number}");
        let body = format!(r#"{{"id":1,"m":"ping","p":{{"offset":{number}}}}}"#);
        let (id, code) = refused(&body);
        let expected = match serde_json::from_str::<Value>(number) {
            Ok(_) => (Some(1), ErrorCode::BadRequest),
            Err(_) => (None, ErrorCode::BadFrame),
        };
        assert_eq!((id, code), expected, "offset {number}");
    }
}

#[test]
fn a_parameter_that_is_missing_or_of_the_wrong_type_is_refused_with_the_frames_id() {
    let wrong = [json!(null), json!(-0.5), json!("sealed words"), json!([[]]), json!({ "sealed words": [] })];
    let mut refusals = 0;
    for (_, text) in sections().iter().flat_map(|section| &section.examples).filter(|(side, _)| *side == Side::Client) {
        let frame: Value = serde_json::from_str(text).expect("an example");
        let fields: Vec<_> = frame["p"].as_object().expect("its parameters").keys().cloned().collect();
        for field in fields {
            let mut missing = frame.clone();
            missing["p"].as_object_mut().expect("its parameters").remove(&field);
            let replaced = wrong.iter().map(|value| {
                let mut frame = frame.clone();
                frame["p"][&field] = value.clone();
                frame
            });
            for changed in replaced.chain([missing]) {
                let Err(bad) = ClientFrame::decode::<Value>(&changed.to_string()) else {
                    continue;
                };
                refusals += 1;
                assert_eq!(bad.refusal.code, ErrorCode::BadRequest.number(), "{changed}");
                assert_eq!(bad.id.map(Value::from), frame.get("id").cloned(), "{changed}");
                assert!(!bad.refusal.reason.contains("sealed"), "{changed} is repeated: {}", bad.refusal.reason);
            }
        }
    }
    assert!(refusals > 100, "only {refusals} changes were refused");
}

#[test]
fn an_error_repeats_no_value_of_the_frame() {
    let frames = [
        r#"{"id":1,"m":"ping","p":{"offset":"sealed"}}"#,
        r#"{"id":1,"m":"publish","p":{"kind":"sealed"}}"#,
        r#"{"id":1,"m":"publish","p":{"kind":"sealed`, expected \"sealed"}}"#,
        r#"{"id":1,"m":"join","p":{"app":"sealed"}}"#,
        r#"{"id":"sealed","m":"join"}"#,
        r#"{"id":1,"op":"sealed words","m":"join"}"#,
        r#"{"id":1,"m":"sealed"}"#,
        "sealed",
    ];
    for frame in frames {
        let Err(bad) = ClientFrame::decode::<Value>(frame) else {
            panic!("{frame} was accepted");
        };
        assert!(!format!("{bad:?}").contains("sealed"), "{bad:?}");
    }
    let offset = refusal(r#"{"id":1,"m":"ping","p":{"offset":"sealed"}}"#).refusal.reason;
    assert_eq!(offset, "ping: invalid type: string ***, expected u32");
    let missing = refusal(r#"{"id":1,"m":"ping"}"#).refusal.reason;
    assert_eq!(missing, "ping: missing field `offset`", "the reason names the parameter");
    let unknown = refusal(r#"{"id":1,"m":"publish","p":{"kind":"x"}}"#).refusal.reason;
    assert_eq!(unknown, "publish: expected one of camera screen");
}

#[test]
fn bodies_that_are_arrays_are_refused() {
    for method in Method::ALL {
        let frame = format!(r#"{{"id":1,"m":"{}","p":["a","camera",true,true]}}"#, method.name());
        assert_eq!(refused(&frame), (Some(1), ErrorCode::BadRequest), "{}", method.name());
        let answer = format!(r#"{{"id":1,"m":"{}","ok":[]}}"#, method.name());
        assert!(ServerFrame::decode::<Value>(&answer).is_err(), "{}", method.name());
    }
}

#[test]
fn zero_names_no_request() {
    for frame in [r#"{"id":0,"m":"sync"}"#, r#"{"id":0}"#, r#"{"id":0,"err":{"code":4001}}"#] {
        assert_eq!(refused(frame), (None, ErrorCode::BadFrame), "{frame}");
    }
}

#[test]
fn a_large_frame_of_nonsense_is_survived() {
    let members: Vec<_> = (0..20_000).map(|number| format!(r#""m{number}":{number}"#)).collect();
    let frame = format!(r#"{{"id":1,"m":"sync",{}}}"#, members.join(","));
    assert!(ClientFrame::decode::<Value>(&frame).is_ok(), "unknown members are ignored, however many");
    assert_eq!(refused(&"[".repeat(65_536)), (None, ErrorCode::BadFrame));
    assert_eq!(refused(&"\u{0}".repeat(65_536)), (None, ErrorCode::BadFrame));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_survived(text in any::<String>()) {
        survive(&text);
    }

    #[test]
    fn a_frame_cut_short_is_no_frame(frame in client_frame(), cut in any::<prop::sample::Index>()) {
        let text = Value::write(&frame).expect("a frame can be written");
        let mut end = cut.index(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        prop_assert_eq!(refused(&text[..end]), (None, ErrorCode::BadFrame));
    }

    #[test]
    fn a_frame_with_one_character_changed_is_survived(
        client in client_frame(),
        server in server_frame(),
        at in any::<prop::sample::Index>(),
        character in prop::sample::select(vec!['"', '{', '}', '[', ']', ',', ':', '0', '-', 'e', ' ', '\\', '\u{0}', '\u{1f600}']),
    ) {
        for text in [Value::write(&client), Value::write(&server)] {
            let mut characters: Vec<char> = text.expect("a frame can be written").chars().collect();
            let at = at.index(characters.len());
            characters[at] = character;
            survive(&characters.into_iter().collect::<String>());
        }
    }

    #[test]
    fn any_json_is_survived(value in any_json(), member in prop::sample::select(vec!["id", "op", "m", "p", "ev", "ep", "off", "d", "ok", "err"])) {
        survive(&value.to_string());
        survive(&json!({ "id": 1, "m": "join", "ev": "bye", member: value }).to_string());
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,6}", inner, 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Decodes both ways; a refusal must be one of the three that the decoder may give.
fn survive(text: &str) {
    let _ = ServerFrame::decode::<Value>(text);
    if let Err(bad) = ClientFrame::decode::<Value>(text) {
        assert!((4000..=4002).contains(&bad.refusal.code), "{bad:?}");
    }
}

fn refused(text: &str) -> (Option<u32>, ErrorCode) {
    let bad = refusal(text);
    let code = ErrorCode::ALL.iter().find(|code| code.number() == bad.refusal.code).expect("a code of version 1");
    (bad.id, *code)
}

fn refusal(text: &str) -> BadClientFrame {
    match ClientFrame::decode::<Value>(text) {
        Err(bad) => bad,
        Ok(frame) => panic!("it was accepted: {frame:?}"),
    }
}
