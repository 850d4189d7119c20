//! A source file with all its mutants inside, each behind a switch that is off unless the environment names its number.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::ops::Range;

use anyhow::{Context, Result};

use super::mutant::Mutant;
use super::syntax::{self, Edit, Kind};

/// The file with its mutants, and where they are in it.
#[derive(Default)]
pub(super) struct Switched {
    pub(super) text: String,
    /// The bytes of the text that belong to one mutant alone.
    pub(super) branches: Vec<(Range<usize>, u32)>,
    /// The bytes of expressions that have mutants, and which.
    pub(super) expressions: Vec<(Range<usize>, Vec<u32>)>,
    /// The bytes of functions, their names, and the mutants inside.
    pub(super) functions: Vec<(Range<usize>, String, Vec<u32>)>,
    /// The numbers of mutants that have no place in the syntax where a switch could be.
    pub(super) inexpressible: Vec<u32>,
}

/// Puts the mutants of a file into its text. `constants` are the functions that stay `const`, since constants call them.
pub(super) fn switched(
    text: &str,
    mutants: &[&Mutant],
    constants: &HashSet<String>,
    is_core: bool,
) -> Result<Switched> {
    let mut found = syntax::edits(text, mutants, constants)?;
    found.edits.sort_by_key(|edit| (edit.range.start, Reverse(edit.range.end)));
    let question = if is_core { "crate::mutant" } else { "miniapp_rtc::mutant" };
    let mut writer = Writer { source: text, question, done: Switched::default(), shifts: Vec::new() };
    writer.write(0..text.len(), &found.edits)?;
    let Writer { mut done, shifts, .. } = writer;
    let shifted = |at: usize| {
        let index = shifts.partition_point(|(from, _)| *from <= at).saturating_sub(1);
        shifts.get(index).map_or(at, |(from, to)| to + (at - from))
    };
    for (range, name) in found.functions {
        let inside = mutants.iter().filter(|mutant| range.contains(&mutant.range.start));
        let numbers = inside.map(|mutant| mutant.number).collect();
        done.functions.push((shifted(range.start)..shifted(range.end), name, numbers));
    }
    done.inexpressible = found.inexpressible;
    Ok(done)
}

struct Writer<'a> {
    source: &'a str,
    question: &'a str,
    done: Switched,
    /// From which byte of the source on a piece was written, and where to; in the order of the source.
    shifts: Vec<(usize, usize)>,
}

impl Writer<'_> {
    fn write(&mut self, range: Range<usize>, edits: &[Edit]) -> Result<()> {
        let mut at = range.start;
        let mut rest = edits;
        while let Some((edit, others)) = rest.split_first() {
            self.copy(at..edit.range.start)?;
            at = edit.range.end;
            let inside = others.partition_point(|other| other.range.start < edit.range.end);
            let (inside, after) = others.split_at(inside);
            rest = after;
            match &edit.kind {
                Kind::Choice(others) => self.choose(&edit.range, others, inside)?,
                Kind::Insertion(number, text) => {
                    let begin = self.done.text.len();
                    let text = text.replace("{asked}", &format!("{}({number})", self.question));
                    self.done.text.push_str(&text);
                    self.done.branches.push((begin..self.done.text.len(), *number));
                }
                Kind::Omission => {}
            }
        }
        self.copy(at..range.end)
    }

    fn choose(&mut self, range: &Range<usize>, others: &[(u32, String)], inside: &[Edit]) -> Result<()> {
        let begin = self.done.text.len();
        self.done.text.push('(');
        for (number, other) in others {
            self.done.text.push_str(&format!("if {}({number}) {{ ", self.question));
            let begin = self.done.text.len();
            self.done.text.push_str(other);
            self.done.branches.push((begin..self.done.text.len(), *number));
            self.done.text.push_str(" } else ");
        }
        self.done.text.push_str("{ ");
        self.write(range.clone(), inside)?;
        self.done.text.push_str(" })");
        let numbers = others.iter().map(|(number, _)| *number).collect();
        self.done.expressions.push((begin..self.done.text.len(), numbers));
        Ok(())
    }

    fn copy(&mut self, range: Range<usize>) -> Result<()> {
        self.shifts.push((range.start, self.done.text.len()));
        self.done.text.push_str(self.source.get(range).context("edits of a file overlap")?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::mutant::Genre;
    use super::*;

    const TEXT: &str = "impl One {
    const fn is(&self, a: u32) -> bool {
        match a {
            1 => !self.yes,
            2 if a < 3 && a > 4 => true,
            _ => false,
        }
    }
}
";

    fn mutant(number: u32, genre: Genre, code: &str, replacement: &str) -> Mutant {
        let start = TEXT.find(code).unwrap();
        Mutant {
            number,
            file: "src/a.rs".into(),
            genre,
            change: String::new(),
            code: String::new(),
            place: 1,
            replacement: replacement.into(),
            range: start..start + code.len(),
            returns_impl: false,
        }
    }

    #[test]
    fn every_genre_gets_its_switch() {
        let mutants = [
            mutant(1, Genre::FnValue, "match a {", "true"),
            mutant(2, Genre::UnaryOperator, "!", ""),
            mutant(3, Genre::BinaryOperator, "<", "=="),
            mutant(4, Genre::BinaryOperator, "&&", "||"),
            mutant(5, Genre::MatchArmGuard, "a < 3 && a > 4", "false"),
            mutant(6, Genre::MatchArm, "1 => !self.yes,", ""),
        ];
        let mutants: Vec<&Mutant> = mutants.iter().collect();
        let switched = switched(TEXT, &mutants, &HashSet::new(), true).unwrap();
        let expected = TEXT
            .replace("const fn", "fn")
            .replace("bool {", "bool { if crate::mutant(1) { return true; }")
            .replace(
                "1 => !self.yes",
                "1 if !crate::mutant(6) => (if crate::mutant(2) { self.yes } else { !self.yes })",
            )
            .replace(
                "a < 3 && a > 4",
                "(if crate::mutant(5) { false } else if crate::mutant(4) { a < 3 || a > 4 } else { \
                 (if crate::mutant(3) { a == 3 } else { a < 3 }) && a > 4 })",
            );
        assert_eq!(switched.text, expected);
        assert!(switched.inexpressible.is_empty());
        for (range, number) in &switched.branches {
            let text = &switched.text[range.clone()];
            assert!(number != &4 || text == "a < 3 || a > 4", "{text}");
        }
        let [(range, name, inside)] = switched.functions.as_slice() else { panic!("one function") };
        assert_eq!((name.as_str(), inside.len()), ("is", 6));
        assert!(switched.text[range.clone()].starts_with("fn is"), "{}", &switched.text[range.clone()]);
    }
}
