//! Entries of a log as Redis gives them.

use redis::Value;

use crate::partition::{Era, Offset};

/// An entry as it was found.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// Where it stands.
    pub(super) at: Offset,
    /// In which era it was appended, or which one begins with it.
    pub(super) era: Era,
    /// What it brought, as JSON; `None` where an era begins.
    pub(super) entry: Option<Vec<u8>>,
}

/// The entries of an answer; what has another form is left out, and then missed as a gap.
pub(super) fn entries_of(answer: Value) -> Vec<Found> {
    let Value::Array(items) = answer else { return Vec::new() };
    items.into_iter().filter_map(entry_of).collect()
}

fn entry_of(item: Value) -> Option<Found> {
    let Value::Array(mut pair) = item else { return None };
    let (Value::Array(fields), Value::BulkString(id)) = (pair.pop()?, pair.pop()?) else { return None };
    let at = String::from_utf8(id).ok()?.parse().ok()?;
    let (mut era, mut entry) = (None, None);
    let mut fields = fields.into_iter();
    while let (Some(Value::BulkString(name)), Some(Value::BulkString(value))) = (fields.next(), fields.next()) {
        match name.as_slice() {
            b"e" => era = Some(Era(String::from_utf8(value).ok()?)),
            b"b" => entry = Some(value),
            _ => {}
        }
    }
    Some(Found { at, era: era?, entry })
}
