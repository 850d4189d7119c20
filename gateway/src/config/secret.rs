//! Where a secret of the configuration stands: in it, in a file, or in an environment variable.

use std::path::Path;

use miniapp_rtc::protocol::Secret;

use super::ConfigError;

/// The three places of one secret; exactly one has to be given.
pub(super) struct SecretPlaces<'a> {
    /// Whose it is, as people say it.
    pub(super) owner: &'a str,
    /// The key of the configuration; `_env` and `_file` follow it for the other places.
    pub(super) name: &'static str,
    pub(super) text: Option<&'a Secret>,
    pub(super) variable: Option<&'a str>,
    pub(super) file: Option<&'a Path>,
}

impl SecretPlaces<'_> {
    /// Whether any place is given.
    pub(super) fn is_named(&self) -> bool {
        self.text.is_some() || self.variable.is_some() || self.file.is_some()
    }

    /// Reads the secret from where it is. White space around a file's is cut.
    pub(super) fn read(&self) -> Result<Secret, ConfigError> {
        let (owner, name) = (|| self.owner.to_owned(), self.name);
        match (self.text, self.variable, self.file) {
            (Some(text), None, None) => Ok(text.clone()),
            (None, Some(variable), None) => match std::env::var(variable) {
                Ok(text) => Ok(Secret::new(text)),
                Err(_) => Err(ConfigError::SecretVariable { owner: owner(), name, variable: variable.into() }),
            },
            (None, None, Some(path)) => match std::fs::read_to_string(path) {
                Ok(text) => Ok(Secret::new(text.trim())),
                Err(source) => Err(ConfigError::SecretFile { owner: owner(), name, path: path.into(), source }),
            },
            _ => Err(ConfigError::SecretCount { owner: owner(), name }),
        }
    }
}
