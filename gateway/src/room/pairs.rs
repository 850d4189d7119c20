//! Maps whose keys are no texts, written as lists of pairs: a text format has no other way.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(crate) fn serialize<Key: Serialize, Value: Serialize, To: Serializer>(
    map: &BTreeMap<Key, Value>,
    to: To,
) -> Result<To::Ok, To::Error> {
    to.collect_seq(map)
}

pub(crate) fn deserialize<'from, Key, Value, From>(from: From) -> Result<BTreeMap<Key, Value>, From::Error>
where
    Key: Deserialize<'from> + Ord,
    Value: Deserialize<'from>,
    From: Deserializer<'from>,
{
    Ok(Vec::deserialize(from)?.into_iter().collect())
}
