//! A [`Fault`] is a broken promise.

/// A broken promise: which one, and how.
pub type Fault = (&'static str, String);

/// A fault, unless the promise is kept.
#[cfg(feature = "room")]
pub(crate) fn ensure(is_kept: bool, promise: &'static str, how: impl FnOnce() -> String) -> Result<(), Fault> {
    if is_kept { Ok(()) } else { Err((promise, how())) }
}
