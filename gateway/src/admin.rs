//! The admin API: what an operator sees and orders, over HTTP with a listener and a credential of its own.
//!
//! | file | what it is |
//! | --- | --- |
//! | `credential` | [`AdminSecret`]: who may ask |
//! | `routes` | what can be asked, with its OpenAPI document |
//! | `refusal` | how it is refused |

mod credential;
mod refusal;
mod routes;

pub use credential::{AdminSecret, MIN_ADMIN_SECRET_BYTES, ShortAdminSecret};
pub(crate) use routes::router;
