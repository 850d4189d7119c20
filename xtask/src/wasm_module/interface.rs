//! The module's interface: the names it imports and exports, without the hashes that every build may change.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use wasmparser::{ExternalKind, Parser, Payload, TypeRef};

/// One line for each import and export, such as `import ./miniapp_rtc_bg.js __wbg_now_*` or `export memory`.
pub(crate) fn lines(module: &[u8]) -> Result<BTreeSet<String>> {
    let mut lines = BTreeSet::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    let kind = imported_kind(import.ty);
                    lines.insert(format!("import {kind} {} {}", import.module, without_hash(import.name)));
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    lines.insert(format!("export {} {}", exported_kind(export.kind), without_hash(export.name)));
                }
            }
            _ => {}
        }
    }
    Ok(lines)
}

fn imported_kind(kind: TypeRef) -> &'static str {
    match kind {
        TypeRef::Func(_) | TypeRef::FuncExact(_) => "function",
        TypeRef::Table(_) => "table",
        TypeRef::Memory(_) => "memory",
        TypeRef::Global(_) => "global",
        TypeRef::Tag(_) => "tag",
    }
}

fn exported_kind(kind: ExternalKind) -> &'static str {
    match kind {
        ExternalKind::Func | ExternalKind::FuncExact => "function",
        ExternalKind::Table => "table",
        ExternalKind::Memory => "memory",
        ExternalKind::Global => "global",
        ExternalKind::Tag => "tag",
    }
}

/// The longest list of names that one function is exported under.
pub(crate) fn most_aliased(module: &[u8]) -> Result<Vec<String>> {
    let mut names: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::ExportSection(section) = payload? {
            for export in section {
                let export = export?;
                if export.kind == ExternalKind::Func {
                    names.entry(export.index).or_default().push(export.name.to_owned());
                }
            }
        }
    }
    Ok(names.into_values().max_by_key(Vec::len).unwrap_or_default())
}

/// A name with `*` for what changes from build to build: hashes, and the numbers that wasm-bindgen gives its helpers.
fn without_hash(name: &str) -> String {
    let is_hash = |word: &str| {
        let digits = word.strip_prefix('h').unwrap_or(word);
        digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    let words: Vec<&str> =
        name.split('_').map(|word| if is_hash(word) || is_number(word) { "*" } else { word }).collect();
    let name = words.join("_").replace("_*_*", "_*");
    match name.strip_prefix("__wbindgen_export") {
        Some(number) if number.is_empty() || is_number(number) => "__wbindgen_export*".to_owned(),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::without_hash;

    #[test]
    fn what_changes_is_replaced_and_words_are_kept() {
        assert_eq!(without_hash("__wbg_now_88621c9c9a4f3ffc"), "__wbg_now_*");
        assert_eq!(without_hash("closure_h0123456789abcdef"), "closure_*");
        assert_eq!(without_hash("__wasm_bindgen_func_elem_202_5"), "__wasm_bindgen_func_elem_*");
        assert_eq!(without_hash("__wbindgen_export4"), "__wbindgen_export*");
        assert_eq!(without_hash("core_call"), "core_call");
        assert_eq!(without_hash("__wbindgen_malloc"), "__wbindgen_malloc");
    }
}
