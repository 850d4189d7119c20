//! Random names and secrets from the operating system.

use crate::room::NodeId;

/// The operating system gave no random bytes.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the operating system gave no random bytes: {0}")]
pub struct NoRandomness(getrandom::Error);

/// `LENGTH` random characters of `a-z 2-7`, five bits each.
///
/// # Errors
/// [`NoRandomness`].
pub(crate) fn random_text<const LENGTH: usize>() -> Result<String, NoRandomness> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).map_err(NoRandomness)?;
    let letters = b"abcdefghijklmnopqrstuvwxyz234567";
    Ok(bytes.iter().filter_map(|byte| letters.get(usize::from(byte % 32))).map(|letter| char::from(*letter)).collect())
}

/// A random number.
///
/// # Errors
/// [`NoRandomness`].
pub(crate) fn random_number() -> Result<u32, NoRandomness> {
    getrandom::u32().map_err(NoRandomness)
}

/// A name for this process, like no other.
///
/// # Errors
/// [`NoRandomness`].
pub(crate) fn random_node() -> Result<NodeId, NoRandomness> {
    getrandom::u64().map(NodeId).map_err(NoRandomness)
}
