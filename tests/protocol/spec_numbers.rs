//! Every number, limit, identifier and closed set of the specification is that of the code, and the other way round.

use std::collections::BTreeMap;

use miniapp_rtc::protocol::{
    AppId, BusinessId, ByeAction, Epoch, ErrorCode, Health, InvalidId, KickReason, LeaveReason, OperationId, Remedy,
    RemoveReason, RoomId, SessionId, StreamId, TokenScope, UserId,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::markdown::{Table, bare, section, sections, table};
use crate::vectors::remedy_name;

const LIMITS_SOURCE: &str = include_str!("../../src/protocol/limits.rs");

#[test]
fn the_error_codes_are_those_of_the_code() {
    let sections = sections();
    let refusals = &section(&sections, "9. Refusals").tables;
    let codes = refusals.iter().find(|table| table.head[0] == "code").expect("the table of codes");
    let listed: Vec<_> =
        codes.rows.iter().map(|row| (number(&row[0]), bare(&row[1]).to_string(), row[2].as_str())).collect();
    let known: Vec<_> = ErrorCode::ALL
        .iter()
        .map(|code| (code.number(), code.name().to_string(), remedy_name(Remedy::of(code.number()))))
        .collect();
    assert_eq!(listed, known);
}

#[test]
fn unknown_error_codes_are_treated_by_their_range() {
    let sections = sections();
    let ranges = table(&sections, "range");
    let other = ranges.rows.iter().find(|row| row[0] == "any other").expect("a rule for the rest");
    let known: Vec<_> = ErrorCode::ALL.iter().map(|code| code.number()).collect();
    for unknown in (0..=u16::MAX).filter(|number| !known.contains(number)) {
        let row = ranges.rows.iter().find(|row| is_within(unknown, &row[0])).unwrap_or(other);
        assert_eq!(remedy_name(Remedy::of(unknown)), row[2], "{unknown}");
    }
}

#[test]
fn the_close_codes_are_those_of_the_code() {
    let sections = sections();
    let closes = table(&sections, "close code");
    let listed: BTreeMap<_, _> =
        closes.rows.iter().map(|row| (bare(&row[1]).to_string(), bare(&row[0]).to_string())).collect();
    let (_, module) = LIMITS_SOURCE.split_once("pub mod close").expect("the module of close codes");
    assert_eq!(listed, constants(module));
    for row in &closes.rows {
        let action = if (4000..4500).contains(&number(&row[0])) { "resume" } else { "stop" };
        assert_eq!(row[2], action, "{}", row[1]);
    }
}

#[test]
fn the_limits_are_those_of_the_code() {
    let sections = sections();
    let limits = table(&sections, "constant");
    let listed: BTreeMap<_, _> =
        limits.rows.iter().map(|row| (bare(&row[0]).to_string(), bare(&row[1]).to_string())).collect();
    let (constants_of_both, _) = LIMITS_SOURCE.split_once("pub mod close").expect("the module of close codes");
    assert_eq!(listed, constants(constants_of_both));
}

#[test]
fn the_identifiers_are_those_of_the_code() {
    type Parse = fn(String) -> Result<(), InvalidId>;
    let parsers: [(&str, Parse); 8] = [
        ("app id", |text| AppId::parse(text).map(drop)),
        ("room id", |text| RoomId::parse(text).map(drop)),
        ("user id", |text| UserId::parse(text).map(drop)),
        ("business id", |text| BusinessId::parse(text).map(drop)),
        ("session id", |text| SessionId::parse(text).map(drop)),
        ("stream id", |text| StreamId::parse(text).map(drop)),
        ("operation id", |text| OperationId::parse(text).map(drop)),
        ("epoch", |text| Epoch::parse(text).map(drop)),
    ];
    let sections = sections();
    let identifiers = table(&sections, "identifier");
    assert_eq!(identifiers.column(0), parsers.map(|(name, _)| name));
    for (row, (name, parse)) in identifiers.rows.iter().zip(parsers) {
        let (least, most) = row[1].split_once(" to ").unwrap_or((&row[1], &row[1]));
        let (least, most): (usize, usize) = (least.parse().expect("a number"), most.parse().expect("a number"));
        for length in [least, most] {
            assert_eq!(parse("a".repeat(length)), Ok(()), "{name} of {length} characters");
        }
        for length in [least - 1, most + 1] {
            assert!(parse("a".repeat(length)).is_err(), "{name} of {length} characters");
        }
        for character in '\0'..='\u{17f}' {
            let text = format!("{character}{}", "a".repeat(least - character.len_utf8().min(least)));
            assert_eq!(parse(text).is_ok(), is_in(character, bare(&row[2])), "{name} with {character:?}");
        }
    }
}

/// Lists all variants, and fails to compile when one is missing.
macro_rules! every {
    ($kind:ident: $($variant:ident)+) => {{
        let _: fn($kind) = |one| match one { $($kind::$variant => ()),+ };
        [$($kind::$variant),+]
    }};
}

#[test]
fn the_closed_and_open_sets_are_those_of_the_code() {
    let sections = sections();
    let first = |head: &str| {
        let mut tables = sections.iter().flat_map(|section| &section.tables);
        tables.find(|table| bare(&table.head[0]) == head || table.head[0] == head).expect("its table")
    };
    compare(first("health"), &every!(Health: Connecting Live Weak Retrying Failed));
    compare(first("scope"), &every!(TokenScope: Token Publish Subscribe));
    compare(first("action"), &every!(ByeAction: Resume Rejoin Stop));
    let left = every!(LeaveReason: Other Left TimedOut Hidden TokenExpired Kicked RoomClosed);
    compare(first("`member_left` reason"), &left[1..]);
    let removed = every!(RemoveReason: Other Unpublished Left Replaced MediaLost TokenExpired Kicked);
    compare(first("`stream_removed` reason"), &removed[1..]);
    let kicked = every!(KickReason: Other DuplicateLogin TokenExpired ByOperator RoomClosed);
    compare(first("`kicked` reason"), &kicked[1..]);
}

fn compare<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(table: &Table, variants: &[T]) {
    let listed: Vec<T> = table
        .column(0)
        .into_iter()
        .map(|name| serde_json::from_value(name.into()).unwrap_or_else(|error| panic!("{name}: {error}")))
        .collect();
    assert_eq!(listed, variants);
    let names: Vec<_> = variants.iter().map(|variant| serde_json::to_value(variant).expect("a name")).collect();
    assert_eq!(table.column(0), names, "{:?}", table.head);
}

/// `pub const NAME: TYPE = VALUE;` lines, values without quotes and separators.
fn constants(source: &str) -> BTreeMap<String, String> {
    source
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub const ")?.strip_suffix(';')?.split_once(": "))
        .map(|(name, rest)| {
            let (_, value) = rest.split_once(" = ").expect("a value");
            (name.to_string(), value.trim_matches('"').replace('_', ""))
        })
        .collect()
}

fn is_within(number: u16, range: &str) -> bool {
    match (range.split_once(" to "), range.strip_suffix(" and above")) {
        (Some((first, last)), _) => (self::number(first)..=self::number(last)).contains(&number),
        (None, Some(first)) => number >= self::number(first),
        (None, None) => false,
    }
}

/// Whether an alphabet like `a-z 0-9 @` holds the character.
fn is_in(character: char, alphabet: &str) -> bool {
    alphabet.split(' ').any(|part| match part.split_once('-') {
        Some((first, last)) if first.len() == 1 && last.len() == 1 => {
            (first.chars().next()..=last.chars().next()).contains(&Some(character))
        }
        _ => part.chars().eq([character]),
    })
}

fn number(cell: &str) -> u16 {
    bare(cell).parse().unwrap_or_else(|_| panic!("{cell} is not a number"))
}
