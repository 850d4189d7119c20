//! Tests of the room: `property` throws random inputs at it and checks every promise after each, the rest are single cases.

mod cases;
mod guarded;
mod orders;
mod property;
mod requests;
mod stage;
