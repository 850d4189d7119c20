//! An exhaustive check: two phones with the real session, one room of the real gateway, one stream. Every order in which
//! messages arrive and faults strike is tried, to a depth.

mod follower;
mod gateway;
mod media;
mod model;
mod network;
mod page;
mod part;
mod phone;
mod promise;
mod reach;
mod report;
mod scene;
mod step;
mod tag;
mod view;
mod well;

pub use model::{Calls, WELL};
pub use promise::Promise;
pub use reach::Reach;
pub use report::{Broken, Report, check, search};
pub use scene::Scene;
pub use step::{Fault, Step};
