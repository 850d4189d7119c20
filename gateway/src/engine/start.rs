//! Starts the engine that the settings name.

use std::sync::Arc;

use super::Engine;
#[cfg(feature = "redis")]
use super::cluster::{ClusterEngine, StoreError};
use super::memory::MemoryEngine;
use super::parts::EngineParts;
use crate::settings::ClusterSettings;

/// Starts the engine that keeps the rooms: in this process, or shared with others as the settings say. Must be called in a tokio
/// runtime.
///
/// # Errors
/// [`EngineStartError`].
pub async fn start(parts: EngineParts, cluster: Option<ClusterSettings>) -> Result<Arc<dyn Engine>, EngineStartError> {
    match cluster {
        None => Ok(Arc::new(MemoryEngine::new(parts))),
        #[cfg(feature = "redis")]
        Some(cluster) => Ok(Arc::new(ClusterEngine::start(parts, cluster).await.map_err(EngineStartError::Store)?)),
        #[cfg(not(feature = "redis"))]
        Some(_) => Err(EngineStartError::Absent),
    }
}

/// Why an engine did not start.
#[derive(Debug, thiserror::Error)]
pub enum EngineStartError {
    /// Redis cannot be used.
    #[cfg(feature = "redis")]
    #[error("the rooms cannot be shared: {0}")]
    Store(StoreError),
    /// This build shares no rooms.
    #[error("this build has no cluster: build it with the feature redis, or leave out cluster.redis")]
    Absent,
}
