//! Where in a TOML file something is: its key, for whoever has to correct it.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The full name of the key at `place`, as `socket.join_ms` or `apps[1].id`; `None` where nothing is named there.
pub(super) fn key_at(text: &str, place: &Range<usize>) -> Option<String> {
    let (table, _) = DeTable::parse_recoverable(text);
    in_table(table.get_ref(), "", place)
}

fn in_table(table: &DeTable<'_>, above: &str, place: &Range<usize>) -> Option<String> {
    table.iter().find_map(|(key, value)| {
        let name = key.get_ref();
        let name = if above.is_empty() { name.to_string() } else { format!("{above}.{name}") };
        if key.span().contains(&place.start) { Some(name) } else { in_value(value, name, place) }
    })
}

fn in_value(value: &Spanned<DeValue<'_>>, name: String, place: &Range<usize>) -> Option<String> {
    match value.get_ref() {
        DeValue::Table(table) => in_table(table, &name, place),
        DeValue::Array(values) => {
            let mut values = values.iter().enumerate();
            let found = values.find_map(|(index, value)| in_value(value, format!("{name}[{index}]"), place));
            found.or_else(|| value.span().contains(&place.start).then_some(name))
        }
        DeValue::String(_) | DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {
            value.span().contains(&place.start).then_some(name)
        }
    }
}
