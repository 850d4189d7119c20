//! Reports: what native pushers and players say, in the shapes of the vendor's four `report…` methods.

use crate::media::NetStatus;
use crate::protocol::{Role, StreamKind, UserId};

/// Something a native tag said.
#[derive(Clone, Debug, PartialEq)]
pub struct NativeReport {
    /// Which end of a stream speaks.
    pub role: Role,
    /// The stream's publisher; `None` for ourselves.
    pub user: Option<UserId>,
    /// What the stream shows.
    pub kind: StreamKind,
    /// What was said.
    pub what: Said,
}

/// What a native tag says.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// The code of a `statechange` event.
    Code(i32),
    /// What a `netstatus` event shows.
    Net(NetStatus),
}
