//! The [`Network`] is what is on its way: frames of sockets, news of the media server, and ends of media connections. Each
//! queue is in order; which queue goes on next is for the check to try.

use std::collections::VecDeque;

use miniapp_rtc_gateway::node::OutgoingFrame;
use miniapp_rtc_gateway::room::{MediaNews, SocketId};

/// What is on its way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Network {
    pub(crate) links: Vec<Link>,
    /// From the media server to the rooms.
    pub(crate) news: VecDeque<MediaNews>,
    /// News that time does not wait for.
    pub(crate) late: VecDeque<MediaNews>,
    /// From the media server to native tags: phone and connection that ended.
    pub(crate) dropped: VecDeque<(usize, u64)>,
}

/// A socket between a phone and the gateway.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) phone: usize,
    /// The session's number for it.
    pub(crate) generation: u32,
    /// The gateway's number for it.
    pub(crate) socket: SocketId,
    pub(crate) side: Side,
    pub(crate) up: VecDeque<Up>,
    pub(crate) down: VecDeque<Down>,
    /// It carries nothing any more.
    pub(crate) is_cut: bool,
}

/// The phone's end of a socket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Side {
    Opening,
    Open,
    Gone,
}

/// Something on its way to the gateway.
#[derive(Clone, Debug)]
pub(crate) enum Up {
    /// A frame as JSON text.
    Frame(String),
    End,
}

/// Something on its way to a phone.
#[derive(Clone, Debug)]
pub(crate) enum Down {
    Opened,
    /// A frame as JSON text.
    Frame(String),
    /// A frame that cannot be read.
    Garbage,
    Closed(u16),
}

impl Network {
    pub(crate) fn link(&mut self, phone: usize, generation: u32) -> Option<&mut Link> {
        self.links.iter_mut().find(|link| (link.phone, link.generation) == (phone, generation))
    }

    /// The gateway sends a frame.
    pub(crate) fn send_down(&mut self, socket: SocketId, frame: &OutgoingFrame) {
        if let Some(link) = self.links.iter_mut().find(|link| link.socket == socket) {
            link.push_down(Down::Frame(frame.text().to_owned()));
        }
    }

    /// The gateway is done with a socket.
    pub(crate) fn close_down(&mut self, socket: SocketId, code: u16) {
        if let Some(link) = self.links.iter_mut().find(|link| link.socket == socket) {
            link.up.clear();
            link.push_down(Down::Closed(code));
        }
    }

    /// Forgets sockets of which nothing more can come.
    pub(crate) fn sweep(&mut self) {
        self.links.retain(|link| !link.is_done());
    }
}

impl Link {
    fn push_down(&mut self, what: Down) {
        if !self.is_cut && self.side != Side::Gone {
            self.down.push_back(what);
        }
    }

    /// Whether nothing more can come of it.
    pub(crate) fn is_done(&self) -> bool {
        self.side == Side::Gone && self.up.is_empty()
    }

    pub(crate) fn push_up(&mut self, what: Up) {
        if !self.is_cut {
            self.up.push_back(what);
        }
    }

    /// The phone is done with it.
    pub(crate) fn close(&mut self) {
        self.side = Side::Gone;
        self.down.clear();
        self.push_up(Up::End);
    }

    /// What was on its way is lost; whoever hears of it, hears only that.
    pub(crate) fn cut(&mut self, phone_hears: bool, gateway_hears: bool) {
        self.up.clear();
        self.down.clear();
        if phone_hears {
            self.push_down(Down::Closed(1006));
        }
        if gateway_hears {
            self.push_up(Up::End);
        }
        self.is_cut = true;
    }
}
