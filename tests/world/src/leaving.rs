//! [`Leaving`] is how a page stands to leaving: it may say so inside an event, and from then on it hears no more of the room.

use miniapp_rtc::session::{ClientEvent, ControlAction, Effect, Time};

use crate::event::{Event, Reaction};
use crate::fault::FaultKind;
use crate::queue::Ms;
use crate::world::World;

/// A user opens the page once more this long after it destroyed its client.
const DESTROYED_MS: Ms = 6_000;

/// How a page stands to leaving.
#[derive(Debug, Default)]
pub(crate) struct Leaving {
    /// The page called `leave` or `destroy`, and is not out yet.
    pub(crate) has_called: bool,
    /// What the page will do inside an event.
    inside: Option<Inside>,
}

/// What a page does inside an event, when several come at once.
#[derive(Clone, Copy, Debug)]
struct Inside {
    /// After which of them.
    after: usize,
    way: Way,
}

#[derive(Clone, Copy, Debug)]
enum Way {
    Leave,
    LeaveAndJoin,
    LeaveAndJoinOther,
    Destroy,
}

impl World {
    /// A page makes up its mind to leave inside an event.
    pub(crate) fn plan_to_leave(&mut self, phone: usize, second: u32, size: u32) {
        let ways = [Way::Leave, Way::LeaveAndJoin, Way::LeaveAndJoinOther, Way::Destroy];
        let way = ways[second as usize % ways.len()];
        self.phones[phone].page.leaving.inside = Some(Inside { after: size as usize, way });
    }

    /// Does what a session wants done. Where the page says inside an event that it leaves, it does not hear the events behind
    /// that one: the session made them before it could know, and the JavaScript of the SDK keeps them back.
    pub(crate) fn perform_all(&mut self, phone: usize, time: Time, effects: Vec<Effect>) {
        let events = effects.iter().filter(|effect| matches!(effect, Effect::Emit(_))).count();
        let it = &mut self.phones[phone];
        let Some(inside) = it.page.leaving.inside.take_if(|_| events > 1 && it.page.in_room) else {
            return effects.into_iter().for_each(|effect| self.perform(phone, time, effect));
        };
        let mut left = inside.after % (events - 1) + 1;
        for effect in effects {
            match &effect {
                Effect::Emit(event) if left == 0 && is_of_room(event) => continue,
                Effect::Emit(_) => left = left.saturating_sub(1),
                _ => {}
            }
            self.perform(phone, time, effect);
        }
        // What happened meanwhile may have put the page out.
        if self.phones[phone].page.in_room {
            self.counts.fault(FaultKind::LeaveInside);
            self.go(phone, inside.way);
        }
    }

    fn go(&mut self, phone: usize, way: Way) {
        match way {
            Way::Leave => self.call(phone, Reaction::Leave),
            Way::LeaveAndJoin | Way::LeaveAndJoinOther => {
                self.call(phone, Reaction::Leave);
                if let Way::LeaveAndJoinOther = way {
                    self.phones[phone].room += 1;
                }
                self.phones[phone].page.wants_in = true;
                self.call(phone, Reaction::Join);
            }
            Way::Destroy => {
                self.call(phone, Reaction::Destroy);
                self.queue.add(self.now + DESTROYED_MS, Event::OpenAnew(phone));
            }
        }
    }

    /// A client was destroyed; the user opens the page once more.
    pub(crate) fn open_anew(&mut self, phone: usize) {
        if self.phones[phone].is_frozen() || self.phones[phone].hidden {
            return self.queue.add(self.now + 1_000, Event::OpenAnew(phone));
        }
        if let Some(link) = self.phones[phone].link.take() {
            self.close_from_phone(link);
        }
        self.unmount_all(phone);
        let (user, seed) = (self.phones[phone].user, self.random.u32(..));
        self.phones[phone].begin_anew(user, seed);
        self.init(phone);
        self.react(phone, 300, Reaction::Join);
    }

    /// A page calls to leave.
    pub(crate) fn note_leaving(&mut self, phone: usize) {
        let page = &mut self.phones[phone].page;
        page.wants_in = false;
        page.leaving.has_called = page.in_room;
    }

    /// Before a page is told something.
    pub(crate) fn check_left(&mut self, phone: usize, event: &ClientEvent) {
        if self.phones[phone].page.leaving.has_called && is_of_room(event) {
            let text = format!("phone {phone} has called leave, and is told {event:?}");
            self.violate("a page that leaves hears no more of the room", || text);
        }
    }
}

/// Whether an event tells of the room, and not of the way to it; pushers are told to stop whenever that is.
fn is_of_room(event: &ClientEvent) -> bool {
    match event {
        ClientEvent::ConnectionStateChanged(_)
        | ClientEvent::Disconnect(_)
        | ClientEvent::Error(_)
        | ClientEvent::Close(_) => false,
        ClientEvent::StreamControl(control) => control.action != ControlAction::Stop,
        _ => true,
    }
}
