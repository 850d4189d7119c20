//! The places of the repository that tasks read and write.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, Result};

/// The repository's root and the folders under it.
pub(crate) struct Repository {
    root: PathBuf,
}

impl Repository {
    /// The repository that this program was compiled in.
    pub(crate) fn find() -> Result<Self> {
        let manifest =
            env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest.parent().context("xtask has no parent folder")?;
        env::set_current_dir(root).with_context(|| format!("cannot enter {}", root.display()))?;
        Ok(Self { root: root.to_path_buf() })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// Cargo's target folder; everything that a task makes lies under it.
    pub(crate) fn target(&self) -> PathBuf {
        env::var_os("CARGO_TARGET_DIR").map_or_else(|| self.root.join("target"), |folder| self.root.join(folder))
    }

    /// The built SDK, as a page's developer gets it.
    pub(crate) fn sdk(&self) -> PathBuf {
        self.target().join("sdk")
    }

    /// The npm package for browsers.
    pub(crate) fn sdk_for_browsers(&self) -> PathBuf {
        self.target().join("sdk-web")
    }

    /// What the module's compilation leaves for the JavaScript bundler.
    pub(crate) fn glue(&self) -> PathBuf {
        self.target().join("wasm-glue")
    }

    /// An executable that cargo built with the development profile.
    pub(crate) fn executable(&self, name: &str) -> PathBuf {
        self.target().join("debug").join(format!("{name}{}", env::consts::EXE_SUFFIX))
    }

    /// An executable that cargo built with the release profile.
    pub(crate) fn optimized(&self, name: &str) -> PathBuf {
        self.target().join("release").join(format!("{name}{}", env::consts::EXE_SUFFIX))
    }

    /// Makes a folder with its parents and returns it.
    pub(crate) fn folder(&self, path: PathBuf) -> Result<PathBuf> {
        fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(path)
    }
}
