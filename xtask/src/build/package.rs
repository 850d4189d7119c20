//! The SDK as it is given away: the JavaScript bundle beside the module, the same in the example, and the package for
//! browsers.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::process;
use crate::progress;
use crate::repository::Repository;
use crate::stamp::{self, Fingerprint, Stamp};

/// The module's name in the SDK.
const SDK_NAME: &str = "miniapp-rtc";

/// Files of the SDK that the example's pages load, as DevTools opens its folder.
const LOADED: &[&str] = &["miniapp-rtc.min.js", "miniapp-rtc.wasm", "miniapp-rtc.wasm.br", "miniapp-rtc.fallback.js"];

pub(super) fn sdk(repository: &Repository, module: &Path) -> Result<()> {
    let sdk = repository.sdk();
    let mut input = Fingerprint::default().path(&repository.glue())?.text(include_str!("package.rs"));
    for source in ["js-glue", "xtask/js", "LICENSE-MIT", "LICENSE-APACHE"] {
        input = input.path(&repository.path(source))?;
    }
    let stamp = Stamp::new(repository, "package", input);
    let shipped: Vec<_> =
        LOADED.iter().map(|name| sdk.join(name)).chain([repository.sdk_for_browsers().join("index.js")]).collect();
    if stamp.is_current(&shipped.iter().map(PathBuf::as_path).collect::<Vec<_>>()) {
        progress::unchanged("SDK package");
    } else {
        progress::step("SDK package", || pack(repository, module))?;
        stamp.set()?;
    }
    copy_into_example(repository)?;
    copy_into_page(repository)
}

fn pack(repository: &Repository, module: &Path) -> Result<()> {
    let sdk = repository.sdk();
    for folder in [&sdk, &repository.sdk_for_browsers()] {
        if folder.exists() {
            fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
        }
        repository.folder(folder.clone())?;
    }
    let mut bundler = process::command("node");
    bundler.arg(repository.path("js-glue/build.mjs"));
    bundler.arg("--glue").arg(repository.glue()).arg("--out").arg(&sdk);
    process::run(bundler.arg("--web").arg(repository.sdk_for_browsers()))?;

    let shipped = sdk.join(format!("{SDK_NAME}.wasm"));
    fs::copy(module, &shipped).with_context(|| format!("cannot write {}", shipped.display()))?;
    process::run(process::command("node").arg(repository.path("xtask/js/compress.mjs")).arg(&shipped))?;
    for package in [sdk.join("npm").join(SDK_NAME), repository.sdk_for_browsers()] {
        let installed = package.join(format!("{SDK_NAME}.wasm"));
        fs::copy(module, &installed).with_context(|| format!("cannot write {}", installed.display()))?;
    }
    for name in LOADED {
        if !sdk.join(name).is_file() {
            bail!("js-glue/build.mjs left no {name} in {}", sdk.display());
        }
    }
    println!("    {SDK_NAME}.wasm sha256 {}", stamp::sha256(&fs::read(&shipped)?));
    Ok(())
}

/// Fails when a script of the SDK would not run on the oldest engine.
pub(super) fn check_scripts(repository: &Repository) -> Result<()> {
    let scripts: Vec<_> = stamp::files_under(&repository.sdk())?
        .into_iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "js"))
        .collect();
    let mut check = process::command("node");
    check.arg(repository.path("xtask/js/check-es2017.mjs")).arg(repository.path("js-glue")).args(scripts);
    process::run(&mut check).context("a script would not run on the oldest engine")
}

fn copy_into_example(repository: &Repository) -> Result<()> {
    let sdk = repository.sdk();
    let example = repository.path("example-miniapp");
    let library = repository.folder(example.join("lib"))?;
    for name in LOADED {
        copy_changed(&sdk.join(name), &library.join(name))?;
    }
    for file in stamp::files_under(&sdk.join("components"))? {
        let inside = file.strip_prefix(&sdk).context("a component lies outside the SDK")?;
        let copy = example.join(inside);
        if let Some(folder) = copy.parent() {
            repository.folder(folder.to_path_buf())?;
        }
        copy_changed(&file, &copy)?;
    }
    Ok(())
}

/// The page that joins from a browser loads the package's own files, as any static server gives them.
fn copy_into_page(repository: &Repository) -> Result<()> {
    let library = repository.folder(repository.path("example-web").join("lib"))?;
    for name in ["index.js", "miniapp-rtc.wasm"] {
        copy_changed(&repository.sdk_for_browsers().join(name), &library.join(name))?;
    }
    Ok(())
}

/// DevTools reloads the mini-program whenever a file is written, changed or not.
fn copy_changed(from: &Path, to: &Path) -> Result<()> {
    let content = fs::read(from).with_context(|| format!("cannot read {}", from.display()))?;
    if fs::read(to).is_ok_and(|present| present == content) {
        return Ok(());
    }
    fs::write(to, content).with_context(|| format!("cannot write {}", to.display()))
}
