//! The door between the module and JavaScript, as wasm-bindgen makes it, fitted to WeChat's engines.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::{Bindgen, EncodeInto};

/// Writes `NAME_bg.js` and `NAME_bg.wasm`; the generated entry file is left out, since the SDK's loader takes its place.
pub(crate) fn bind(input: &Path, folder: &Path, names: bool) -> Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(input).bundler(true)?.typescript(false).encode_into(EncodeInto::Never);
    bindgen.remove_name_section(!names).demangle(false).remove_producers_section(true);
    let mut output = bindgen.generate_output().with_context(|| format!("cannot bind {}", input.display()))?;
    remove_exported_globals(output.wasm_mut());
    let aliases = remove_aliases(output.wasm_mut());
    let imports = shorten_imports(output.wasm_mut());

    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    output.emit(folder).with_context(|| format!("cannot write to {}", folder.display()))?;
    let name = input.file_stem().and_then(|name| name.to_str()).context("the module has no name")?;
    fs::remove_file(folder.join(format!("{name}.js")))?;
    let glue = folder.join(format!("{name}_bg.js"));
    let mut text = fs::read_to_string(&glue).with_context(|| format!("cannot read {}", glue.display()))?;
    for (alias, name) in aliases {
        text = text.replace(&format!("wasm.{alias}("), &format!("wasm.{name}("));
    }
    for (name, short) in imports {
        text = text.replace(&format!("export function {name}("), &format!("export function {short}("));
    }
    fs::write(&glue, text).with_context(|| format!("cannot write {}", glue.display()))
}

/// Takes the hashes out of the names of imports and returns the names with those that take their places.
///
/// The hashes tell apart what several crates import under one name; here a number does, and 60 hashes do not compress.
fn shorten_imports(module: &mut walrus::Module) -> Vec<(String, String)> {
    let mut taken: HashMap<String, u32> = HashMap::new();
    let mut names = Vec::new();
    for import in module.imports.iter_mut() {
        let bare = import.name.trim_start_matches("__wbg_").trim_start_matches("__wbindgen_");
        let bare = match bare.rsplit_once('_') {
            Some((name, hash)) if hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => name,
            _ => bare,
        };
        let count = taken.entry(bare.to_owned()).or_default();
        // `$` keeps clear of JavaScript's reserved words.
        let short = if *count == 0 { format!("${bare}") } else { format!("${bare}{count}") };
        *count += 1;
        names.push((std::mem::replace(&mut import.name, short.clone()), short));
    }
    names
}

/// iOS refuses a module that exports a Global; wasm-bindgen exports two that its own glue never reads.
fn remove_exported_globals(module: &mut walrus::Module) {
    let exported: Vec<_> = module
        .exports
        .iter()
        .filter(|export| matches!(export.item, walrus::ExportItem::Global(_)))
        .map(walrus::Export::id)
        .collect();
    for export in exported {
        module.exports.delete(export);
    }
}

/// Leaves each function one exported name and returns the other names with the one that stays.
///
/// wasm-bindgen exports a closure's function once for every JavaScript type it is cast to; an iOS version of WeChat
/// loses a function that is exported under more than three names.
fn remove_aliases(module: &mut walrus::Module) -> Vec<(String, String)> {
    let mut names = HashMap::new();
    let mut aliases = Vec::new();
    for export in module.exports.iter() {
        if let walrus::ExportItem::Function(function) = export.item {
            match names.get(&function) {
                None => {
                    names.insert(function, export.name.clone());
                }
                Some(name) => aliases.push((export.id(), export.name.clone(), String::clone(name))),
            }
        }
    }
    let delete_alias = |(id, alias, name)| {
        module.exports.delete(id);
        (alias, name)
    };
    aliases.into_iter().map(delete_alias).collect()
}
