//! The WebSocket side: the way from a socket to a room and back.
//!
//! | file | what it is |
//! | --- | --- |
//! | `policy` | what one socket may do |
//! | `upgrade` | the HTTP request that becomes a socket |
//! | `connection` | one socket, from its first to its last frame |
//! | `reader` | what arrives on it |
//! | `meter` | rates: frames per second, bad frames per minute |

mod connection;
mod meter;
mod policy;
mod reader;
mod upgrade;

pub use policy::SocketPolicy;
pub(crate) use upgrade::upgrade;
