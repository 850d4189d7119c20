//! A room: who is in it, what they publish, who receives it. A pure state machine: inputs and the time go in, effects come
//! out; it knows no clock, socket, randomness or async, so that a simulation can run it as the gateway does.
//!
//! | file | what it is |
//! | --- | --- |
//! | `state` | [`Room`] and its one entrance, [`Room::handle`] |
//! | `input` | what can happen to a room |
//! | `effect` | what a room wants done |
//! | `policy` | limits and times |
//! | `moment` | a point in time |
//! | `terms` | what a member's token allows, and until when |
//! | `member` | one user in the room |
//! | `publication` | one published stream |
//! | `log` | the ordered events |
//! | `operations` | results kept for repeated requests |
//! | `agenda` | what falls due when |
//! | `forms`, `pairs` | how its parts are written where a room is kept |
//! | `name` | which room is meant |
//! | `tag` | names one life of a room |
//! | `entering`, `leaving` | join and resume; leave, loss, visibility |
//! | `publishing`, `subscribing` | requests about streams |
//! | `media` | news of the media server |
//! | `moving` | streams whose node is gone |
//! | `replica` | what a room is asked where several processes keep copies of it |
//! | `timing` | what happens when time passes; tokens |
//! | `operator` | what the operator orders |
//! | `view` | [`RoomView`]: what the operator sees |

mod agenda;
mod effect;
mod entering;
mod forms;
mod input;
mod leaving;
mod log;
mod media;
mod member;
mod moment;
mod moving;
mod name;
mod operations;
mod operator;
pub(crate) mod pairs;
mod policy;
mod publication;
mod publishing;
mod replica;
mod state;
mod subscribing;
mod tag;
mod terms;
#[cfg(test)]
mod tests;
mod timing;
mod view;

pub use effect::{Effect, Grant, MediaCommand};
pub use input::{Asked, Command, ConnectionId, Entry, Input, MediaNews, NodeId, Order, Renewal, SocketId};
pub use media::Unwanted;
pub use moment::Moment;
pub use name::RoomName;
pub use policy::{RoomLimits, RoomPolicy, RoomTimes, SocketLimits};
pub use publication::LivePublication;
pub use state::{Room, RoomCounts};
pub use tag::RoomTag;
pub use terms::{End, Terms};
pub use view::{BanView, FlowView, MemberView, RoomSummary, RoomView, StreamView};
