//! Native programs: a tokio runtime, possibly of several threads.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub(in crate::client) type Json = serde_json::Value;
pub(in crate::client) type Shared<T> = Arc<Mutex<T>>;
pub(in crate::client) type WeakShared<T> = Weak<Mutex<T>>;

/// What a host must be to be told from any thread.
pub(crate) trait SharedHost: Send + 'static {}
impl<T: Send + 'static> SharedHost for T {}

/// Short looks at shared state.
pub(in crate::client) trait Sharing<T> {
    fn share(value: T) -> Self;
    fn with<R>(&self, look: impl FnOnce(&mut T) -> R) -> R;
}

impl<T> Sharing<T> for Shared<T> {
    fn share(value: T) -> Self {
        Self::new(Mutex::new(value))
    }

    fn with<R>(&self, look: impl FnOnce(&mut T) -> R) -> R {
        look(&mut self.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

pub(in crate::client) fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(task);
}

pub(in crate::client) async fn sleep(milliseconds: u32) {
    tokio::time::sleep(Duration::from_millis(milliseconds.into())).await;
}

/// Milliseconds of the Unix clock.
pub(in crate::client) fn wall_clock() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Why a socket failed.
pub(in crate::client) fn cause(error: &tokio_tungstenite_wasm::Error) -> std::string::String {
    std::string::ToString::to_string(error)
}
