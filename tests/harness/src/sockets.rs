//! Whom an event of a room reaches.

use std::collections::BTreeSet;

use miniapp_rtc_gateway::node::Deed;
use miniapp_rtc_gateway::room::SocketId;

use crate::fault::Fault;

/// The name of the promise that every event goes to the sockets that are attached at that moment, and to no other.
pub const EVENTS_REACH_EVERYBODY: &str = "an event reaches every socket of its room";

/// Whether it is kept by the deeds of one input; `attached` are the sockets attached before.
///
/// # Errors
/// Who was attached, and who got the event.
pub fn reaches_everybody(mut attached: BTreeSet<SocketId>, deeds: &[Deed]) -> Result<(), Fault> {
    for deed in deeds {
        match deed {
            Deed::Attach(socket) => _ = attached.insert(*socket),
            Deed::Detach(socket) => _ = attached.remove(socket),
            Deed::PushAll { sockets, .. } if !attached.iter().eq(sockets) => {
                return Err((EVENTS_REACH_EVERYBODY, format!("{attached:?} got {sockets:?}")));
            }
            _ => {}
        }
    }
    Ok(())
}
