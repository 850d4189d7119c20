//! The arrows of the design: which part of the repository may use which, and never back.

mod circles;
mod modules;
mod rust;
mod scripts;

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use crate::picture;
use crate::repository::Repository;

/// Fails when a part uses one that it may not, or files use each other in a circle.
pub(super) fn check(repository: &Repository) -> Result<()> {
    let root = repository.root();
    let mut faults = rust::faults(root)?;
    faults.extend(circles::faults(root, &picture::circles(repository)?)?);
    faults.extend(scripts::faults(root)?);
    if faults.is_empty() { Ok(()) } else { bail!("\n  {}", faults.join("\n  ")) }
}

/// The arrows between the parts of the core, and from the gateway to it: who may use whom.
pub(super) fn rules() -> BTreeSet<(&'static str, &'static str)> {
    rust::rules()
}

/// A folder with a few files of an imagined repository, gone with the value.
#[cfg(test)]
struct Sample(std::path::PathBuf);

#[cfg(test)]
impl Sample {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let root = std::env::temp_dir().join(format!("xtask-arrows-{name}-{}", std::process::id()));
        for (path, content) in files {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        Self(root)
    }
}

#[cfg(test)]
impl Drop for Sample {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}
