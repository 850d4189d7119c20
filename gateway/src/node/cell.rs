//! A [`Cell`] is one room with the sockets attached to it: it turns what the room wants done into frames for sockets and
//! commands for the media server.

use miniapp_rtc::protocol::Lease;

use super::audience::{Audience, Deed};
use crate::room::{Effect, Grant, Input, Moment, Room};

/// One room and the sockets attached to it.
#[derive(Clone, Debug)]
pub struct Cell {
    room: Room,
    audience: Audience,
    is_closed: bool,
}

impl Cell {
    /// A room without sockets.
    pub fn new(room: Room) -> Self {
        Self { room, audience: Audience::default(), is_closed: false }
    }

    /// The room, for those who only look.
    pub fn room(&self) -> &Room {
        &self.room
    }

    /// Whether the room has emptied. A closed cell takes no input: its room is no longer listed.
    pub fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Lets the room handle an input; what it wants done has to be carried out next. `is_closing` says whether the socket
    /// that asks is about to close.
    ///
    /// # Errors
    /// The input, given back because the cell is closed.
    pub fn take(&mut self, input: Input, is_closing: bool, now: Moment) -> Result<Vec<Effect>, Box<Input>> {
        if self.is_closed {
            return Err(Box::new(input));
        }
        if is_closing && matches!(input, Input::Ask(_)) {
            // Frames of a socket that was put out, and not handled before, have no effect.
            return Ok(Vec::new());
        }
        let effects = self.room.handle(input, now);
        self.is_closed = self.room.is_empty();
        Ok(effects)
    }

    /// Turns effects of the room into deeds. `sign` has the media server sign addresses.
    pub fn carry_out(&mut self, effects: Vec<Effect>, sign: impl FnMut(&Grant) -> Lease) -> Vec<Deed> {
        self.audience.carry_out(effects, sign)
    }
}
