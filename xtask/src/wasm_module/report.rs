//! The size report: which sections, crates and functions of a module take the most bytes.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use wasmparser::{KnownCustom, Name, Parser, Payload, TypeRef};

const MOST_FUNCTIONS: usize = 40;

/// Prints the report of a module whose function names are kept.
pub(crate) fn print(file: &Path) -> Result<()> {
    let module = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let contents = Contents::read(&module)?;
    println!("{:>8} {:>6}  section", "bytes", "share");
    for (name, bytes) in largest(contents.sections.iter().map(|(name, bytes)| (name.as_str(), *bytes))) {
        print_line(bytes, module.len(), name);
    }
    let mut crates: BTreeMap<String, usize> = BTreeMap::new();
    for (name, bytes) in &contents.functions {
        *crates.entry(crate_of(name)).or_default() += bytes;
    }
    let code = contents.functions.iter().map(|(_, bytes)| bytes).sum();
    println!("\n{:>8} {:>6}  code by crate, inlined code with its caller's", "bytes", "share");
    for (name, bytes) in largest(crates.iter().map(|(name, bytes)| (name.as_str(), *bytes))) {
        print_line(bytes, code, name);
    }
    println!("\n{:>8} {:>6}  the {MOST_FUNCTIONS} largest functions", "bytes", "share");
    let functions = contents.functions.iter().map(|(name, bytes)| (name.as_str(), *bytes));
    for (name, bytes) in largest(functions).into_iter().take(MOST_FUNCTIONS) {
        print_line(bytes, code, name);
    }
    Ok(())
}

fn print_line(bytes: usize, of: usize, name: &str) {
    println!("{bytes:>8} {:>5.1}%  {name}", bytes as f64 * 100.0 / of.max(1) as f64);
}

/// Byte counts of a module's sections and functions.
struct Contents {
    sections: Vec<(String, usize)>,
    functions: Vec<(String, usize)>,
}

impl Contents {
    fn read(module: &[u8]) -> Result<Self> {
        let mut sections = Vec::new();
        let mut bodies = Vec::new();
        let mut names = HashMap::new();
        let mut imported = 0;
        for payload in Parser::new(0).parse_all(module) {
            let payload = payload?;
            match &payload {
                Payload::ImportSection(section) => {
                    for import in section.clone().into_imports() {
                        if matches!(import?.ty, TypeRef::Func(_)) {
                            imported += 1;
                        }
                    }
                    sections.push(("imports".to_owned(), section.range().len()));
                }
                Payload::CodeSectionStart { range, .. } => sections.push(("code".to_owned(), range.len())),
                Payload::DataSection(section) => sections.push(("data".to_owned(), section.range().len())),
                Payload::ExportSection(section) => sections.push(("exports".to_owned(), section.range().len())),
                Payload::ElementSection(section) => sections.push(("elements".to_owned(), section.range().len())),
                Payload::TypeSection(section) => sections.push(("types".to_owned(), section.range().len())),
                Payload::FunctionSection(section) => sections.push(("functions".to_owned(), section.range().len())),
                Payload::CodeSectionEntry(body) => bodies.push(body.range().len()),
                Payload::CustomSection(section) => {
                    if let KnownCustom::Name(reader) = section.as_known() {
                        for name in reader {
                            if let Name::Function(map) = name? {
                                for naming in map {
                                    let naming = naming?;
                                    names.insert(naming.index, naming.name.to_owned());
                                }
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        let functions = (imported..).zip(bodies).map(|(index, bytes)| {
            let name = names.get(&index).map_or_else(|| format!("function {index}"), |name| readable(name));
            (name, bytes)
        });
        Ok(Self { sections, functions: functions.collect() })
    }
}

fn readable(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}

/// The crate that a function's path begins with; for `<Type as Trait>` the crate of the type.
fn crate_of(name: &str) -> String {
    let path = name.trim_start_matches(['<', '&', '*', '(', '[']).trim_start_matches("mut ").trim_start_matches("dyn ");
    match path.split_once("::") {
        Some((first, _)) if first.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') => first.to_owned(),
        // The door's functions and compiler helpers have a name without a path.
        _ => "(exports and helpers)".to_owned(),
    }
}

fn largest<'a>(entries: impl Iterator<Item = (&'a str, usize)>) -> Vec<(&'a str, usize)> {
    let mut entries: Vec<_> = entries.collect();
    entries.sort_by_key(|(name, bytes)| (std::cmp::Reverse(*bytes), *name));
    entries
}
