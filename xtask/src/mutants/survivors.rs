//! The mutants that no check notices, each with the reason: `tests/mutants.toml`.

use std::fs;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::mutant::Mutant;
use crate::repository::Repository;

const FILE: &str = "tests/mutants.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Survivors {
    #[serde(default)]
    survivor: Vec<Survivor>,
}

/// A mutant that may live.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Survivor {
    file: String,
    change: String,
    /// The line that is changed; without it, the whole function is.
    #[serde(default)]
    code: String,
    /// Of the same changes to the same line, which one.
    #[serde(default = "first")]
    place: u32,
    /// Why no check can notice it, or need not.
    reason: String,
}

const fn first() -> u32 {
    1
}

impl Survivors {
    /// # Errors
    /// Where an entry is of no mutant, of one that is there already, or has no reason.
    pub(super) fn read(repository: &Repository, mutants: &[Mutant]) -> Result<Self> {
        let text = fs::read_to_string(repository.path(FILE)).with_context(|| format!("cannot read {FILE}"))?;
        let survivors: Self = toml::from_str(&text).with_context(|| format!("in {FILE}"))?;
        for (index, survivor) in survivors.survivor.iter().enumerate() {
            let Survivor { file, change, code, place, reason } = survivor;
            if reason.trim().is_empty() {
                bail!("{FILE}: `{change}` in {file} has no reason");
            }
            if !mutants.iter().any(|mutant| survivor.is(mutant)) {
                bail!(
                    "{FILE}: there is no mutant `{change}` of `{code}` (place {place}) in {file}; adapt or delete it"
                );
            }
            let is_same = |other: &Survivor| {
                (&other.file, &other.change, &other.code, other.place) == (file, change, code, *place)
            };
            if survivors.survivor.iter().take(index).any(is_same) {
                bail!("{FILE}: `{change}` of `{code}` in {file} stands there twice");
            }
        }
        Ok(survivors)
    }

    pub(super) fn has(&self, mutant: &Mutant) -> bool {
        self.survivor.iter().any(|survivor| survivor.is(mutant))
    }
}

impl Survivor {
    fn is(&self, mutant: &Mutant) -> bool {
        (&self.file, &self.change, &self.code, self.place) == (&mutant.file, &mutant.change, &mutant.code, mutant.place)
    }
}

/// The lines of the file for a mutant, but for its reason.
pub(super) fn entry(mutant: &Mutant) -> String {
    let Mutant { file, change, code, place, .. } = mutant;
    let literal = |text: &str| if text.contains('\'') { format!("'''{text}'''") } else { format!("'{text}'") };
    let mut entry = format!("[[survivor]]\nfile = '{file}'\nchange = {}\n", literal(change));
    if !code.is_empty() {
        entry.push_str(&format!("code = {}\n", literal(code)));
    }
    if *place > 1 {
        entry.push_str(&format!("place = {place}\n"));
    }
    entry
}
