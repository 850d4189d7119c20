//! Every message of the specification is a message of the code, field by field, and the other way round.

use std::collections::BTreeSet;

use miniapp_rtc::protocol::{ClientFrame, ErrorCode, Method, Notice, ServerFrame};
use miniapp_rtc::token::{AccessToken, AppKey, RoomScope};
use serde_json::Value;

use crate::markdown::{Section, Side, Table, bare, below, section, sections, table};
use crate::vectors::{EVENTS, written};

#[test]
fn every_example_is_a_frame_that_we_would_write() {
    let mut count = 0;
    for section in sections() {
        for (side, text) in &section.examples {
            assert_eq!(decoded(*side, text, &section.heading), json(text), "{}", section.heading);
            count += 1;
        }
    }
    assert!(count > 60, "only {count} examples were found");
}

#[test]
fn the_methods_are_those_of_the_code() {
    let sections = sections();
    let names: Vec<_> = Method::ALL.iter().map(|method| method.name()).collect();
    let methods = below(&sections, "6. Methods");
    assert_eq!(set(&table(&sections, "method").column(0)), set(&names));
    assert_eq!(set(&headings(methods)), set(&names));

    for method in methods {
        let name = &method.heading;
        let asked = examples(method, Side::Client);
        let told = examples(method, Side::Server);
        assert!(!asked.is_empty() && !told.is_empty(), "{name} has no example");
        assert!(asked.iter().chain(&told).all(|frame| frame["m"] == **name), "{name} shows another method");
        assert_eq!(fields(&method.tables, "p"), keys(&asked, "p"), "parameters of {name}");
        let answer = if method.prose.contains("The answer is a [Lease]") {
            set(&table(&sections, "Lease").column(0))
        } else if method.prose.contains("The answer is a [Snapshot]") {
            set(&table(&sections, "Snapshot").column(0))
        } else {
            fields(&method.tables, "ok")
        };
        assert_eq!(answer, keys(&told, "ok"), "answer to {name}");
    }
}

#[test]
fn the_notices_are_those_of_the_code() {
    let sections = sections();
    let notices = below(&sections, "7. Notices");
    assert_eq!(table(&sections, "notice").column(0), [Notice::REPORT]);
    assert_eq!(headings(notices), [Notice::REPORT]);
    for notice in notices {
        assert_eq!(fields(&notice.tables, "p"), keys(&examples(notice, Side::Client), "p"), "{}", notice.heading);
    }
}

#[test]
fn the_events_are_those_of_the_code() {
    let sections = sections();
    let events = below(&sections, "8. Events");
    let overview = table(&sections, "event");
    assert_eq!(set(&overview.column(0)), set(EVENTS));
    assert_eq!(set(&headings(events)), set(EVENTS));

    for event in events {
        let name = &event.heading;
        let told = examples(event, Side::Server);
        assert!(!told.is_empty(), "{name} has no example");
        let row = overview.rows.iter().find(|row| bare(&row[0]) == name).expect("its row");
        for frame in &told {
            assert_eq!(frame["ev"], **name);
            assert_eq!(frame.get("off").is_some(), row[1] == "yes", "{name} is ordered or not");
        }
        let body = if event.prose.contains("[Stream](#stream)") {
            set(&table(&sections, "Stream").column(0))
        } else {
            fields(&event.tables, "d")
        };
        assert_eq!(body, keys(&told, "d"), "body of {name}");
    }
}

#[test]
fn the_shared_objects_are_those_of_the_code() {
    let sections = sections();
    let (join, lease) = (section(&sections, "join"), section(&sections, "subscribe"));
    let joined = &examples(join, Side::Server)[0]["ok"];
    let lease = &examples(lease, Side::Server)[0]["ok"];
    let refusal = written::<Value>(&miniapp_rtc::protocol::Refusal::new(ErrorCode::Internal, "").retry_after(1));
    let shown = [
        ("Snapshot", &joined["snapshot"]),
        ("Member", &joined["snapshot"]["members"][0]),
        ("Stream", &joined["snapshot"]["streams"][0]),
        ("Lease", lease),
        ("MediaUrl", &lease["urls"][0]),
        ("Limits", &joined["limits"]),
        ("Refusal", &refusal),
    ];
    assert_eq!(set(&headings(below(&sections, "5. Shared objects"))), set(&shown.map(|(name, _)| name)));
    for (name, value) in shown {
        assert_eq!(set(&table(&sections, name).column(0)), object_keys(value), "{name}");
    }
}

#[test]
fn every_refusal_that_a_method_names_is_one() {
    let known: Vec<_> = ErrorCode::ALL.iter().map(|code| code.name()).collect();
    let sections = sections();
    for method in below(&sections, "6. Methods") {
        let Some((_, refusals)) = method.prose.split_once("Refusals: ") else {
            continue;
        };
        let sentence = refusals.split(". ").next().unwrap_or_default();
        let named: Vec<_> = sentence.split('`').skip(1).step_by(2).filter(|name| *name != "join").collect();
        assert!(!named.is_empty());
        for name in named {
            assert!(known.contains(&name), "{} names {name}", method.heading);
        }
    }
}

#[test]
fn the_worked_session_follows_the_rules() {
    let sections = sections();
    let mut asked = Vec::new();
    let mut position: Option<(String, u64)> = None;
    for (side, text) in &section(&sections, "15. A worked session").examples {
        let frame = json(text);
        if *side == Side::Client {
            if frame["m"] == "resume" {
                let (epoch, offset) = position.as_ref().expect("a session to resume");
                assert_eq!((&frame["p"]["epoch"], &frame["p"]["offset"]), (&epoch.as_str().into(), &(*offset).into()));
            }
            asked.push((frame["id"].clone(), frame["m"].clone()));
        } else if frame.get("ev").is_some() {
            let (epoch, offset) = position.as_mut().expect("a position before any event");
            assert_eq!((&frame["ep"], &frame["off"]), (&epoch.as_str().into(), &(*offset + 1).into()));
            *offset += 1;
        } else {
            let request = (frame["id"].clone(), frame["m"].clone());
            let at = asked.iter().position(|asked| *asked == request).unwrap_or_else(|| panic!("never asked: {text}"));
            asked.remove(at);
            if let Some(snapshot) = frame["ok"].get("snapshot") {
                let epoch = snapshot["epoch"].as_str().expect("its epoch").to_string();
                position = Some((epoch, snapshot["offset"].as_u64().expect("its offset")));
            }
        }
    }
    assert!(asked.is_empty(), "never answered: {asked:?}");
    assert_eq!(position.expect("a position").1, 9);
}

#[test]
fn every_token_that_is_shown_belongs_to_the_user_who_sends_it() {
    let sections = sections();
    let first = json(&section(&sections, "join").examples[0].1);
    let joined = first["p"].clone();
    let shown = sections.iter().flat_map(|section| examples(section, Side::Client));
    let vectors = crate::vectors::client_meanings().into_iter().filter(|frame| frame["p"]["token"] != "");
    let frames: Vec<_> = shown.chain(vectors).filter(|frame| frame["p"].get("token").is_some()).collect();
    assert!(frames.len() >= 6, "only {} tokens were found", frames.len());
    for frame in frames {
        let (name, sent) = (&frame["m"], &frame["p"]);
        let token = AccessToken::parse(sent["token"].as_str().expect("a text"));
        let token = token.unwrap_or_else(|error| panic!("{error}: {frame}"));
        let key = AppKey::parse("test-app-key-not-a-secret").expect("the key of the vectors");
        assert_eq!(key.verify(&token, token.issued_at), Ok(()), "{name}: {frame}");
        // `renew_token` names nobody: it is sent by the user of the join that the specification shows.
        let of = |member: &str| sent.get(member).unwrap_or(&joined[member]).as_str().expect("a text").to_string();
        let room = match &token.room {
            RoomScope::Room(room) => room.as_str().to_string(),
            RoomScope::Any | RoomScope::None => panic!("{name} shows a token for no room of its own"),
        };
        let names = (token.app.as_str().to_string(), room, token.user.as_str().to_string());
        assert_eq!(names, (of("app"), of("room"), of("user")), "{name} shows the token of another");
    }
}

#[test]
fn every_word_in_back_ticks_is_defined() {
    let sections = sections();
    let tables = || sections.iter().flat_map(|section| &section.tables);
    let mut known: BTreeSet<String> = sections.iter().map(|section| section.heading.clone()).collect();
    // Names stand in the first column, of numbered lists in the second.
    for row in tables().flat_map(|table| &table.rows) {
        known.extend(row.iter().take(2).flat_map(|cell| spans(cell)));
        known.extend(row.first().map(|cell| bare(cell).to_string()));
    }
    let prose = sections.iter().flat_map(|section| spans(&section.prose));
    let cells = tables().flat_map(|table| &table.rows).flatten().flat_map(|cell| spans(cell));
    let is_word =
        |span: &String| span.starts_with(|first: char| first.is_ascii_lowercase()) && !span.contains(['/', '.']);
    let used: BTreeSet<_> = prose.chain(cells).filter(is_word).collect();
    // The row of `transport` lists its own values; the rest is of JSON, of RFCs, or part of an example.
    let defined_elsewhere = [
        ["rtmp", "flv", "whip", "whep"].as_slice(),
        &["null", "permessage-deflate", "wss", "ice-server", "a-z A-Z 0-9", "a-z A-Z 0-9 _ -", "member_"],
        &["room-1", "user-1", "user-2", "test-app-key-not-a-secret"],
    ]
    .concat();
    let unknown: Vec<_> = used.difference(&known).filter(|word| !defined_elsewhere.contains(&word.as_str())).collect();
    assert!(unknown.is_empty(), "never defined: {unknown:?}");
    let pong = table(&sections, "term").column(0);
    assert!(pong.contains(&"pong"), "the rules of offsets and hazards speak of it");
}

/// What stands between back-ticks.
fn spans(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_string).collect()
}

fn decoded(side: Side, text: &str, heading: &str) -> Value {
    match side {
        Side::Client => match ClientFrame::decode::<Value>(text) {
            Ok(frame) => written::<Value>(&frame),
            Err(bad) => panic!("{heading}: {} in {text}", bad.refusal.reason),
        },
        Side::Server => match ServerFrame::decode::<Value>(text) {
            Ok(frame) => written::<Value>(&frame),
            Err(error) => panic!("{heading}: {error} in {text}"),
        },
    }
}

fn examples(section: &Section, side: Side) -> Vec<Value> {
    section.examples.iter().filter(|(of, _)| *of == side).map(|(_, text)| json(text)).collect()
}

fn fields(tables: &[Table], object: &str) -> BTreeSet<String> {
    tables.iter().filter(|table| bare(&table.head[0]) == object).flat_map(|table| set(&table.column(0))).collect()
}

fn keys(frames: &[Value], object: &str) -> BTreeSet<String> {
    frames.iter().flat_map(|frame| object_keys(&frame[object])).collect()
}

fn object_keys(value: &Value) -> BTreeSet<String> {
    value.as_object().expect("an object").keys().cloned().collect()
}

fn headings(sections: &[Section]) -> Vec<&str> {
    sections.iter().map(|section| section.heading.as_str()).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    let set: BTreeSet<_> = names.iter().map(ToString::to_string).collect();
    assert_eq!(set.len(), names.len(), "a name appears twice in {names:?}");
    set
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("an example is JSON")
}
