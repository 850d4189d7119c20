//! A stamp: the fingerprint of all that a step read, kept beside what it wrote, so that an unchanged step is skipped.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::repository::Repository;

/// SHA-256 over names and contents.
#[derive(Default)]
pub(crate) struct Fingerprint(Sha256);

impl Fingerprint {
    pub(crate) fn text(mut self, text: &str) -> Self {
        self.0.update((text.len() as u64).to_le_bytes());
        self.0.update(text);
        self
    }

    /// A file, or every file under a folder except installed npm packages; a missing one counts as such.
    pub(crate) fn path(mut self, path: &Path) -> Result<Self> {
        for file in files_under(path)? {
            let content = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            self = self.text(&file.to_string_lossy());
            self.0.update((content.len() as u64).to_le_bytes());
            self.0.update(content);
        }
        Ok(self)
    }

    pub(crate) fn hex(self) -> String {
        hex(&self.0.finalize())
    }
}

/// The SHA-256 of bytes, in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// A stamp file under the target folder.
pub(crate) struct Stamp {
    file: PathBuf,
    fingerprint: String,
}

impl Stamp {
    pub(crate) fn new(repository: &Repository, step: &str, fingerprint: Fingerprint) -> Self {
        Self { file: repository.target().join("stamps").join(step), fingerprint: fingerprint.hex() }
    }

    /// Whether the step has run on the same input and what it wrote is still there.
    pub(crate) fn is_current(&self, outputs: &[&Path]) -> bool {
        fs::read_to_string(&self.file).is_ok_and(|known| known == self.fingerprint)
            && outputs.iter().all(|output| output.exists())
    }

    /// Records that the step has run.
    pub(crate) fn set(&self) -> Result<()> {
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        fs::write(&self.file, &self.fingerprint).with_context(|| format!("cannot write {}", self.file.display()))
    }
}

/// A path as it is written in the repository.
pub(crate) fn shown(root: &Path, file: &Path) -> String {
    file.strip_prefix(root).unwrap_or(file).display().to_string()
}

/// All files under a folder in a stable order, or the file itself; nothing when it is missing.
pub(crate) fn files_under(path: &Path) -> Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_path_buf()]);
    }
    if !path.is_dir() {
        return Ok(Vec::new());
    }
    let mut entries = fs::read_dir(path)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>())
        .with_context(|| format!("cannot list {}", path.display()))?;
    entries.sort();
    let mut files = Vec::new();
    for entry in entries {
        if entry.file_name().is_none_or(|name| name != "node_modules") {
            files.extend(files_under(&entry)?);
        }
    }
    Ok(files)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::Fingerprint;

    #[test]
    fn a_fingerprint_follows_content_and_ignores_installed_packages() {
        let folder = std::env::temp_dir().join(format!("xtask-stamp-{}", std::process::id()));
        fs::create_dir_all(folder.join("node_modules")).unwrap();
        let fingerprint = || Fingerprint::default().path(&folder).unwrap().hex();
        fs::write(folder.join("a.js"), "1").unwrap();
        let first = fingerprint();
        fs::write(folder.join("node_modules/b.js"), "2").unwrap();
        assert_eq!(fingerprint(), first);
        fs::write(folder.join("a.js"), "2").unwrap();
        assert_ne!(fingerprint(), first);
        fs::remove_dir_all(&folder).unwrap();
    }
}
