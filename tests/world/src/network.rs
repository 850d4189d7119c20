//! The network: sockets between phones and the gateway. Each carries its frames in order; nothing is in order between two.

use miniapp_rtc::protocol::limits::close;
use miniapp_rtc_gateway::room::SocketId;

use crate::event::{Event, ForPhone, Relief};
use crate::gateway::Peer;
use crate::history::without_secrets;
use crate::queue::Ms;
use crate::world::World;

/// The number of a socket in its world.
pub(crate) type LinkId = usize;

/// A socket.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) phone: usize,
    /// Which page of the phone opened it.
    pub(crate) page: u32,
    /// The session's number for it.
    pub(crate) generation: u32,
    pub(crate) phone_side: Side,
    /// The gateway's number for it, while it serves it.
    pub(crate) socket: Option<SocketId>,
    /// What the phone sends gets lost.
    pub(crate) up_dead: bool,
    /// What the gateway sends gets lost.
    pub(crate) down_dead: bool,
    /// When the newest thing on its way arrives.
    up_at: Ms,
    down_at: Ms,
    /// The phone does not read until then.
    pub(crate) stalled_until: Ms,
    /// What happens to the next frame to the phone.
    pub(crate) mishap: Option<Mishap>,
}

/// One end of a socket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Side {
    Opening,
    Open,
    Gone,
}

/// What happens to a frame.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mishap {
    Garble,
    Repeat,
    Foreign,
}

impl World {
    /// How long the way from or to a phone takes this time.
    pub(crate) fn latency(&mut self, phone: usize) -> Ms {
        let phone = &self.phones[phone];
        let slow = phone.slow_ms;
        phone.latency_ms
            + self.random.u64(0..phone.latency_ms + 1)
            + if slow > 0 { self.random.u64(0..slow) } else { 0 }
    }

    /// A phone asks for a socket.
    pub(crate) fn open(&mut self, phone: usize, generation: u32, url: &str) {
        let link = self.links.len();
        let (up_at, down_at) = (self.now, self.now);
        self.links.push(Link {
            phone,
            page: self.phones[phone].pages,
            generation,
            phone_side: Side::Opening,
            socket: None,
            up_dead: false,
            down_dead: false,
            up_at,
            down_at,
            stalled_until: 0,
            mishap: None,
        });
        self.phones[phone].link = Some(link);
        let address = usize::from(url.contains("two"));
        let delay = self.latency(phone);
        let hangs = self.random.u32(0..3) == 0;
        let dead = !self.phones[phone].online || self.dead_address == Some(address);
        if dead {
            if !hangs {
                self.send_phone(self.now + delay, phone, ForPhone::Failed(link));
            }
            return;
        }
        self.links[link].up_at = self.now + delay;
        self.queue.add(self.now + delay, Event::Handshake(link));
    }

    /// A request for a socket reaches the gateway.
    pub(crate) fn shake_hands(&mut self, link: LinkId) {
        let phone = self.links[link].phone;
        let at = self.now + self.latency(phone);
        if !self.gateway.is_up {
            return self.send_phone(at, phone, ForPhone::Failed(link));
        }
        if self.links[link].phone_side == Side::Gone {
            return;
        }
        let socket = self.accept(Peer::Phone(link));
        self.links[link].socket = Some(socket);
        self.links[link].down_at = at;
        if !self.links[link].down_dead {
            self.send_phone(at, phone, ForPhone::Opened(link));
        }
    }

    /// A phone sends a frame.
    pub(crate) fn send_up(&mut self, link: LinkId, text: String) {
        self.counts.frames_up += 1;
        let (phone, generation) = (self.links[link].phone, self.links[link].generation);
        self.history.add(self.now, || format!("  phone {phone} -> {}", shown(generation, &text)));
        let at = self.links[link].up_at.max(self.now + self.latency(phone));
        self.links[link].up_at = at;
        if !self.links[link].up_dead {
            self.queue.add(at, Event::Up { link, text });
        }
    }

    /// The gateway sends a frame.
    pub(crate) fn send_down(&mut self, link: LinkId, text: String) {
        self.counts.frames_down += 1;
        let phone = self.links[link].phone;
        let at = self.links[link].down_at.max(self.now + self.latency(phone));
        self.links[link].down_at = at;
        let is_event = text.starts_with("{\"ev\"") && text.contains("\"ep\"");
        let text = match self.links[link].mishap {
            Some(Mishap::Garble) => {
                self.links[link].mishap = None;
                self.history
                    .add(self.now, || format!("fault: to phone {phone} unreadable: {}", without_secrets(&text)));
                "{\"ev\":".into()
            }
            Some(Mishap::Repeat) if is_event => {
                self.links[link].mishap = None;
                let again = at + self.random.u64(0..5_000);
                self.send_phone(again, phone, ForPhone::Frame(link, text.clone()));
                text
            }
            Some(Mishap::Foreign) if is_event => {
                self.links[link].mishap = None;
                let epoch = text.split("\"ep\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
                let foreign = text.replace(epoch, "another-history");
                self.send_phone(at, phone, ForPhone::Frame(link, foreign));
                text
            }
            _ => text,
        };
        if !self.links[link].down_dead {
            self.send_phone(at, phone, ForPhone::Frame(link, text));
        }
    }

    /// A phone closes a socket: what it sent before still arrives.
    pub(crate) fn close_from_phone(&mut self, link: LinkId) {
        let phone = self.links[link].phone;
        self.links[link].phone_side = Side::Gone;
        let at = self.links[link].up_at.max(self.now + self.latency(phone));
        if !self.links[link].up_dead {
            self.queue.add(at, Event::UpEnd(link));
        }
    }

    /// The gateway closes a socket: what it sent before still arrives.
    pub(crate) fn close_from_gateway(&mut self, link: LinkId, code: u16, reason: &str) {
        let phone = self.links[link].phone;
        self.links[link].socket = None;
        let at = self.links[link].down_at.max(self.now + self.latency(phone));
        if !self.links[link].down_dead {
            self.send_phone(at, phone, ForPhone::Closed(link, code, reason.into()));
        }
    }

    /// A socket breaks. What was on its way is lost; each end learns of it if it is said so.
    pub(crate) fn break_link(&mut self, link: LinkId, phone_learns: bool, gateway_learns: bool) {
        let phone = self.links[link].phone;
        (self.links[link].up_dead, self.links[link].down_dead) = (true, true);
        let delay = self.random.u64(0..400);
        if phone_learns && self.links[link].phone_side != Side::Gone {
            let end = if self.random.bool() {
                ForPhone::Failed(link)
            } else {
                ForPhone::Closed(link, close_code(self.random.u32(0..3)), "the connection broke".into())
            };
            self.send_phone(self.now + delay, phone, end);
        }
        if gateway_learns {
            let delay = self.latency(phone);
            self.queue.add(self.now + delay, Event::UpEnd(link));
        }
    }

    /// What a socket's ends send is swallowed; perhaps it breaks later.
    pub(crate) fn half_open(&mut self, link: LinkId, up: bool, down: bool, reset_in: Option<Ms>) {
        self.links[link].up_dead |= up;
        self.links[link].down_dead |= down;
        if let Some(wait) = reset_in {
            self.queue.add(self.now + wait, Event::Relief(Relief::Reset(link)));
        }
    }

    pub(crate) fn send_phone(&mut self, at: Ms, phone: usize, what: ForPhone) {
        self.queue.add(at, Event::Phone(phone, what));
    }
}

/// A frame for the history.
pub(crate) fn shown(generation: u32, text: &str) -> String {
    format!("#{generation} {}", without_secrets(text))
}

/// What a platform says of a connection that just ended.
fn close_code(pick: u32) -> u16 {
    [1006, 1005, close::NORMAL][pick as usize]
}
