//! The admin API: what an operator sees and orders, over HTTP with a listener and a credential of its own.
//!
//! | file | what it is |
//! | --- | --- |
//! | `secret` | [`AdminSecret`]: what opens it |
//! | `credential` | asks for it |
//! | `routes` | what can be asked, with its OpenAPI document |
//! | `refusal` | how it is refused |

mod credential;
mod refusal;
mod routes;
mod secret;

pub(crate) use routes::router;
pub use secret::{AdminSecret, MIN_ADMIN_SECRET_BYTES, ShortAdminSecret};
