//! `docs/protocol.md`, taken apart: sections with their tables and their examples.

use std::ops::Range;

/// The specification.
pub(crate) const SPEC: &str = include_str!("../../docs/protocol.md");

/// Who sends an example.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Side {
    Client,
    Server,
}

/// What stands between one heading and the next.
#[derive(Default)]
pub(crate) struct Section {
    /// The heading without its marks.
    pub(crate) heading: String,
    /// Number of `#`.
    pub(crate) level: usize,
    pub(crate) tables: Vec<Table>,
    /// Example frames in the order of the text.
    pub(crate) examples: Vec<(Side, String)>,
    /// The text without tables and examples.
    pub(crate) prose: String,
}

/// A table: rows of cells, the first row being its head.
pub(crate) struct Table {
    pub(crate) head: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    /// The cells of one column, back-ticks taken off.
    pub(crate) fn column(&self, index: usize) -> Vec<&str> {
        self.rows.iter().map(|row| bare(&row[index])).collect()
    }
}

/// All sections of the specification.
pub(crate) fn sections() -> Vec<Section> {
    let mut sections = vec![Section::default()];
    let mut fence: Option<(&str, String)> = None;
    let mut in_table = false;
    for line in SPEC.lines() {
        let section = sections.last_mut().expect("there is always one");
        if let Some(label) = line.strip_prefix("```") {
            match fence.take() {
                None => fence = Some((label, String::new())),
                Some((label, body)) => section.take_fence(label, &body),
            }
            continue;
        }
        if let Some((_, body)) = &mut fence {
            body.push_str(line);
            body.push('\n');
            continue;
        }
        let was_in_table = in_table;
        in_table = line.starts_with('|');
        if in_table {
            let cells = cells(line);
            match section.tables.last_mut() {
                Some(table) if was_in_table => table.rows.push(cells),
                _ => section.tables.push(Table { head: cells, rows: Vec::new() }),
            }
        } else if line.starts_with('#') {
            let level = line.len() - line.trim_start_matches('#').len();
            let heading = bare(line.trim_start_matches('#').trim()).to_string();
            sections.push(Section { heading, level, ..Section::default() });
        } else {
            section.prose.push_str(line);
            section.prose.push('\n');
        }
    }
    assert!(fence.is_none(), "a fence is not closed");
    for table in sections.iter_mut().flat_map(|section| &mut section.tables) {
        let rule = table.rows.remove(0);
        assert!(rule.iter().all(|cell| cell == "---"), "a table without a rule under its head");
        assert!(table.rows.iter().all(|row| row.len() == table.head.len()), "a ragged table: {:?}", table.head);
    }
    sections
}

/// The section of that heading.
pub(crate) fn section<'a>(sections: &'a [Section], heading: &str) -> &'a Section {
    &sections[position(sections, heading)]
}

/// The sections below that heading, of any deeper level.
pub(crate) fn below<'a>(sections: &'a [Section], heading: &str) -> &'a [Section] {
    &sections[range_below(sections, heading)]
}

/// The only table whose first head cell is this.
pub(crate) fn table<'a>(sections: &'a [Section], first_head: &str) -> &'a Table {
    let mut found =
        sections.iter().flat_map(|section| &section.tables).filter(|table| bare(&table.head[0]) == first_head);
    let table = found.next().unwrap_or_else(|| panic!("no table of {first_head}"));
    assert!(found.next().is_none(), "two tables of {first_head}");
    table
}

/// A cell without its back-ticks.
pub(crate) fn bare(cell: &str) -> &str {
    cell.strip_prefix('`').and_then(|cell| cell.strip_suffix('`')).filter(|cell| !cell.contains('`')).unwrap_or(cell)
}

impl Section {
    fn take_fence(&mut self, label: &str, body: &str) {
        let side = match label {
            "json client" => Side::Client,
            "json server" => Side::Server,
            "text" => return,
            _ => panic!("a fence labelled {label:?}: its frames would not be tested"),
        };
        let mut stream = serde_json::Deserializer::from_str(body).into_iter::<serde_json::Value>();
        let mut start = 0;
        while let Some(frame) = stream.next() {
            frame.unwrap_or_else(|error| panic!("{}: {error} in {body}", self.heading));
            self.examples.push((side, body[start..stream.byte_offset()].trim().to_string()));
            start = stream.byte_offset();
        }
    }
}

fn position(sections: &[Section], heading: &str) -> usize {
    sections.iter().position(|section| section.heading == heading).unwrap_or_else(|| panic!("no section {heading}"))
}

fn range_below(sections: &[Section], heading: &str) -> Range<usize> {
    let at = position(sections, heading);
    let below = sections[at + 1..].iter().take_while(|section| section.level > sections[at].level).count();
    at + 1..at + 1 + below
}

fn cells(line: &str) -> Vec<String> {
    line.trim().trim_matches('|').split('|').map(|cell| cell.trim().to_string()).collect()
}
