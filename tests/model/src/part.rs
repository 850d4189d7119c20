//! A [`Part`] of a scene: shared by all scenes in which it is the same, and known by its digest.

use std::fmt::{self, Debug, Write};
use std::hash::{DefaultHasher, Hasher};
use std::ops::Deref;
use std::sync::Arc;

/// A part of a scene.
///
/// The digest is that of its `Debug` text, which derived code writes of every field. What the text hides (tokens, secrets,
/// addresses) must follow from what it shows: here tokens and secrets are always the same, and an address follows from
/// its lease.
#[derive(Clone, Debug)]
pub(crate) struct Part<T> {
    it: Arc<T>,
    digest: Option<u64>,
}

impl<T: Clone + Debug> Part<T> {
    pub(crate) fn new(it: T) -> Self {
        Self { it: Arc::new(it), digest: None }
    }

    /// To be changed; [`Part::seal`] has to follow.
    pub(crate) fn edit(&mut self) -> &mut T {
        self.digest = None;
        Arc::make_mut(&mut self.it)
    }

    /// Takes the digest of what it has become.
    pub(crate) fn seal(&mut self) {
        if self.digest.is_none() {
            let mut digest = Digest(DefaultHasher::new());
            // Writing into a digest cannot fail.
            let _ = write!(digest, "{:?}", self.it);
            self.digest = Some(digest.0.finish());
        }
    }

    /// The digest; `None` while it is being changed.
    pub(crate) fn digest(&self) -> Option<u64> {
        self.digest
    }
}

impl<T> Deref for Part<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.it
    }
}

struct Digest(DefaultHasher);

impl Write for Digest {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Part;

    #[test]
    fn a_changed_part_has_another_digest_and_leaves_its_copies_alone() {
        let mut first = Part::new(vec![1, 2]);
        first.seal();
        let mut second = first.clone();
        second.edit().push(3);
        assert_eq!(second.digest(), None);
        second.seal();
        assert_ne!(first.digest(), second.digest());
        assert_eq!((first.len(), second.len()), (2, 3));
        second.edit().pop();
        second.seal();
        assert_eq!(first.digest(), second.digest());
    }
}
