//! The proof that a module runs wherever WeChat does and gives nothing away about the machine that built it.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result, bail};
use wasmparser::{Parser, Payload, Validator, WasmFeatures};

use crate::interface;

/// Beginnings of paths that only a machine of one's own has.
const MACHINE_PATHS: &[&str] = &["/root/", "/home/", "/Users/", "/tmp/", "C:\\", ".cargo/", ".rustup/"];

const MOST_ALIASES: usize = 3;

pub(crate) fn verify(file: &Path, allowed: &Path, accept: bool, forbidden: &[String]) -> Result<()> {
    let module = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut faults = Vec::new();
    if let Err(error) = Validator::new_with_features(WasmFeatures::MVP).validate_all(&module) {
        faults.push(format!("not plain WebAssembly 1.0: {error}"));
    }
    faults.extend(path_faults(&module, forbidden));
    let found = interface::lines(&module)?;
    faults.extend(
        found.iter().filter(|line| line.starts_with("export global")).map(|line| format!("iOS refuses: {line}")),
    );
    faults.extend(custom_sections(&module)?.into_iter().map(|name| format!("custom section {name:?} is of no use")));
    let aliases = interface::most_aliased(&module)?;
    if aliases.len() > MOST_ALIASES {
        faults.push(format!("one function exported as {}: an iOS version of WeChat loses it", aliases.join(", ")));
    }
    if accept {
        write_interface(allowed, &found)?;
    } else {
        faults.extend(interface_faults(&found, allowed)?);
    }
    if faults.is_empty() {
        return Ok(());
    }
    bail!("{} is not fit to ship:\n  {}", file.display(), faults.join("\n  "))
}

fn path_faults(module: &[u8], forbidden: &[String]) -> Vec<String> {
    let machine = MACHINE_PATHS.iter().copied();
    let given = forbidden.iter().map(String::as_str).filter(|text| text.len() > 3);
    machine
        .chain(given)
        .filter_map(|text| {
            let place = module.windows(text.len()).position(|window| window == text.as_bytes())?;
            let end = module.len().min(place + 80);
            let context: String =
                module.get(place..end)?.iter().map(|byte| char::from(*byte)).take_while(|c| !c.is_control()).collect();
            Some(format!("holds a path of this machine: {context:?}"))
        })
        .collect()
}

fn custom_sections(module: &[u8]) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::CustomSection(section) = payload? {
            names.push(section.name().to_owned());
        }
    }
    Ok(names)
}

fn interface_faults(found: &BTreeSet<String>, allowed: &Path) -> Result<Vec<String>> {
    let text = match fs::read_to_string(allowed) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        text => text.with_context(|| format!("cannot read {}", allowed.display()))?,
    };
    let known: BTreeSet<String> =
        text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect();
    let gone: Vec<&str> = known.difference(found).map(String::as_str).collect();
    if !gone.is_empty() {
        println!("    allowed but not there any more: {}", gone.join(", "));
    }
    let mut faults: Vec<String> =
        found.difference(&known).map(|line| format!("not on the allow-list: {line}")).collect();
    if !faults.is_empty() {
        faults.push("if the change is meant: cargo xtask build --accept-interface".to_owned());
    }
    Ok(faults)
}

fn write_interface(file: &Path, lines: &BTreeSet<String>) -> Result<()> {
    let mut text = String::from(
        "# All that the module may import and export; * stands for a hash. The build fails on anything else.\n\
         # Rewritten by `cargo xtask build --accept-interface`.\n",
    );
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use walrus::ir::UnaryOp;
    use walrus::{ConstExpr, FunctionBuilder, FunctionId, Module, ModuleConfig, ValType, ir::Value};

    use super::verify;

    /// The fault that a module is refused for, or nothing.
    fn fault(name: &str, module: &mut Module, allowed: &str) -> String {
        let folder = std::env::temp_dir().join(format!("xtask-verify-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = |name: &str, content: &[u8]| -> PathBuf {
            let file = folder.join(name);
            std::fs::write(&file, content).unwrap();
            file
        };
        let wasm = file("module.wasm", &module.emit_wasm());
        let verdict = verify(&wasm, &file("interface.txt", allowed.as_bytes()), false, &["/opt/secret".to_owned()]);
        std::fs::remove_dir_all(&folder).unwrap();
        verdict.err().map(|error| error.to_string()).unwrap_or_default()
    }

    fn module() -> Module {
        let mut config = ModuleConfig::new();
        config.generate_name_section(false).generate_producers_section(false);
        Module::with_config(config)
    }

    fn function(module: &mut Module, operation: UnaryOp) -> FunctionId {
        let mut builder = FunctionBuilder::new(&mut module.types, &[], &[ValType::I32]);
        builder.func_body().i32_const(7).unop(operation);
        builder.finish(Vec::new(), &mut module.funcs)
    }

    #[test]
    fn a_plain_module_passes() {
        let mut module = module();
        let function = function(&mut module, UnaryOp::I32Eqz);
        module.exports.add("core_call", function);
        assert_eq!(fault("plain", &mut module, "export function core_call\n"), "");
    }

    #[test]
    fn a_newer_instruction_is_refused() {
        let mut module = module();
        let function = function(&mut module, UnaryOp::I32Extend8S);
        module.exports.add("core_call", function);
        let fault = fault("newer", &mut module, "export function core_call\n");
        assert!(fault.contains("not plain WebAssembly 1.0"), "{fault}");
    }

    #[test]
    fn an_exported_global_is_refused() {
        let mut module = module();
        let global = module.globals.add_local(ValType::I32, false, false, ConstExpr::Value(Value::I32(1)));
        module.exports.add("flag", global);
        let fault = fault("global", &mut module, "export global flag\n");
        assert!(fault.contains("iOS refuses: export global flag"), "{fault}");
    }

    #[test]
    fn a_name_off_the_list_is_refused() {
        let mut module = module();
        let function = function(&mut module, UnaryOp::I32Eqz);
        module.exports.add("core_call", function);
        let fault = fault("interface", &mut module, "export function other\n");
        assert!(fault.contains("not on the allow-list: export function core_call"), "{fault}");
    }

    #[test]
    fn a_function_under_four_names_is_refused() {
        let mut module = module();
        let function = function(&mut module, UnaryOp::I32Eqz);
        for name in ["a", "b", "c", "d"] {
            module.exports.add(name, function);
        }
        let allowed = "export function a\nexport function b\nexport function c\nexport function d\n";
        let fault = fault("aliases", &mut module, allowed);
        assert!(fault.contains("one function exported as a, b, c, d"), "{fault}");
    }

    #[test]
    fn a_path_of_the_machine_is_refused() {
        for (name, path) in [("own", "/opt/secret/src/lib.rs"), ("common", "/Users/me/src/lib.rs")] {
            let mut module = module();
            let memory = module.memories.add_local(false, false, 1, None, None);
            let place = ConstExpr::Value(Value::I32(0));
            let kind = walrus::DataKind::Active { memory, offset: place };
            module.data.add(kind, path.as_bytes().to_vec());
            let fault = fault(name, &mut module, "");
            assert!(fault.contains("holds a path of this machine"), "{fault}");
        }
    }
}
