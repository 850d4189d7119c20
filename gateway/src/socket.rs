//! The WebSocket side: the way from a socket to a room and back.
//!
//! | file | what it is |
//! | --- | --- |
//! | `upgrade` | the HTTP request that becomes a socket |
//! | `connection` | one socket, from its first to its last frame |
//! | `reader` | what arrives on it |
//! | `quota` | what a socket may send until a message is complete |

mod connection;
mod quota;
mod reader;
mod upgrade;

pub(crate) use quota::{Metered, Quota};
pub(crate) use upgrade::upgrade;
