//! The session, driven by hand: inputs with times go in, effects come out. No socket, no clock.

#![cfg(not(target_family = "wasm"))]

#[path = "session/calls.rs"]
mod calls;
#[path = "session/desk.rs"]
mod desk;
#[path = "session/errors.rs"]
mod errors;
#[path = "session/expiry.rs"]
mod expiry;
#[path = "session/guarded.rs"]
mod guarded;
#[path = "session/interruption.rs"]
mod interruption;
#[path = "session/joining.rs"]
mod joining;
#[path = "session/later.rs"]
mod later;
#[path = "session/memory.rs"]
mod memory;
#[path = "session/mutes.rs"]
mod mutes;
#[path = "session/names.rs"]
mod names;
#[path = "session/orders.rs"]
mod orders;
#[path = "session/phone.rs"]
mod phone;
#[path = "session/properties.rs"]
mod properties;
#[path = "session/recovery.rs"]
mod recovery;
#[path = "session/repair.rs"]
mod repair;
#[path = "session/restart.rs"]
mod restart;
#[path = "session/room.rs"]
mod room;
#[path = "session/secrets.rs"]
mod secrets;
#[path = "session/stale.rs"]
mod stale;
