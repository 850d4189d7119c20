//! A [`Tag`] is a native `live-pusher` or `live-player`: it connects with the address that its page gives it, tries again by
//! itself, gives up, and says codes.

use miniapp_rtc::protocol::{Role, StreamKind, UserId};
use miniapp_rtc_gateway::room::ConnectionId;

use crate::event::{Event, ForPhone};
use crate::queue::Ms;
use crate::roster::{kind, user_id};
use crate::world::World;

/// Which tag of a phone.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum TagId {
    /// The pusher of an own stream.
    Own { screen: bool },
    /// The player of another user's stream.
    Of { user: usize, screen: bool },
}

impl TagId {
    pub(crate) fn role(self) -> Role {
        match self {
            Self::Own { .. } => Role::Pusher,
            Self::Of { .. } => Role::Player,
        }
    }

    pub(crate) fn user(self) -> Option<UserId> {
        match self {
            Self::Own { .. } => None,
            Self::Of { user, .. } => Some(user_id(user)),
        }
    }

    pub(crate) fn kind(self) -> StreamKind {
        match self {
            Self::Own { screen } | Self::Of { screen, .. } => kind(screen),
        }
    }

    fn code(self, pusher: i32, player: i32) -> i32 {
        match self {
            Self::Own { .. } => pusher,
            Self::Of { .. } => player,
        }
    }
}

/// A mounted tag.
#[derive(Debug)]
pub(crate) struct Tag {
    /// Names this mounting: what belongs to an earlier one has no effect.
    pub(crate) mount: u32,
    pub(crate) url: String,
    pub(crate) connection: Option<ConnectionId>,
    failures: u32,
    pub(crate) gave_up: bool,
    is_waiting: bool,
    /// What it says is heard in this order.
    speaks_until: Ms,
}

/// What a tag does next.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TagStep {
    /// Connects.
    Connect,
    /// Its first media reaches the media server.
    Flow(ConnectionId),
    /// Its connection is gone.
    Dropped(ConnectionId),
    /// The media server has heard nothing from it for its silence time.
    Silent(ConnectionId),
}

/// Attempts of a native tag before it says that it failed.
const ATTEMPTS: u32 = 3;
/// The media server's silence time.
pub(crate) const SILENCE_MS: Ms = 5_000;

impl World {
    /// A page gives a tag an address; a new address begins anew.
    pub(crate) fn mount(&mut self, phone: usize, tag: TagId, url: String) {
        if self.phones[phone].tags.get(&tag).is_some_and(|mounted| mounted.url == url) {
            return;
        }
        self.unmount(phone, tag);
        self.mounts += 1;
        let mount = self.mounts;
        let mounted =
            Tag { mount, url, connection: None, failures: 0, gave_up: false, is_waiting: true, speaks_until: 0 };
        self.phones[phone].tags.insert(tag, mounted);
        let wait = self.random.u64(50..500);
        self.queue.add(self.now + wait, Event::Tag { phone, tag, mount, step: TagStep::Connect });
    }

    /// A tag is stopped and started, or taken out and put in again, with the address it has.
    pub(crate) fn restart_tag(&mut self, phone: usize, tag: TagId) {
        if let Some(url) = self.phones[phone].tags.get(&tag).map(|mounted| mounted.url.clone()) {
            self.unmount(phone, tag);
            self.mount(phone, tag, url);
        }
    }

    /// A page takes a tag out.
    pub(crate) fn unmount(&mut self, phone: usize, tag: TagId) {
        if let Some(mounted) = self.phones[phone].tags.remove(&tag)
            && let Some(connection) = mounted.connection
        {
            self.leave_media(connection);
        }
    }

    /// The pushers of a phone.
    pub(crate) fn pushers(&self, phone: usize) -> Vec<TagId> {
        self.phones[phone].tags.keys().filter(|tag| matches!(tag, TagId::Own { .. })).copied().collect()
    }

    pub(crate) fn unmount_all(&mut self, phone: usize) {
        while let Some((tag, _)) = self.phones[phone].tags.first_key_value() {
            let tag = *tag;
            self.unmount(phone, tag);
        }
    }

    pub(crate) fn step_tag(&mut self, phone: usize, tag: TagId, mount: u32, step: TagStep) {
        let it = &mut self.phones[phone];
        let (hidden, online) = (it.hidden && !it.acts_hidden, it.online);
        let Some(mounted) = it.tags.get_mut(&tag).filter(|tag| tag.mount == mount) else { return };
        match step {
            TagStep::Connect => {
                mounted.is_waiting = false;
                if mounted.connection.is_none() && !mounted.gave_up {
                    self.connect_tag(phone, tag, mount);
                }
            }
            TagStep::Flow(connection) if mounted.connection == Some(connection) && !hidden => {
                self.start_media(connection);
            }
            TagStep::Dropped(connection) if mounted.connection == Some(connection) => {
                mounted.connection = None;
                if !hidden {
                    self.fail_tag(phone, tag, mount);
                }
            }
            TagStep::Silent(connection) if mounted.connection == Some(connection) && (hidden || !online) => {
                mounted.connection = None;
                self.leave_media(connection);
            }
            TagStep::Flow(_) | TagStep::Dropped(_) | TagStep::Silent(_) => {}
        }
    }

    fn connect_tag(&mut self, phone: usize, tag: TagId, mount: u32) {
        if self.phones[phone].hidden && !self.phones[phone].acts_hidden {
            // It goes on when the app is shown.
            return;
        }
        let url = self.phones[phone].tags.get(&tag).map(|tag| tag.url.clone()).unwrap_or_default();
        let reachable = self.phones[phone].online && !self.media.is_down && self.gateway.is_up;
        let entered = if reachable { self.enter_media(phone, tag, mount, &url) } else { Err("no way to it") };
        match entered {
            Ok(connection) => {
                self.history.add(self.now, || format!("phone {phone}: {tag:?} is connected as m{}", connection.0));
                if let Some(mounted) = self.phones[phone].tags.get_mut(&tag) {
                    (mounted.connection, mounted.failures) = (Some(connection), 0);
                }
                self.say(phone, tag, mount, tag.code(1001, 2001));
                self.say(phone, tag, mount, tag.code(1002, 2004));
                let wait = self.random.u64(20..400);
                self.queue.add(self.now + wait, Event::Tag { phone, tag, mount, step: TagStep::Flow(connection) });
            }
            Err(why) => {
                self.history.add(self.now, || format!("phone {phone}: {tag:?} cannot connect: {why}"));
                self.fail_tag(phone, tag, mount);
            }
        }
    }

    /// An attempt failed: one more, or none.
    fn fail_tag(&mut self, phone: usize, tag: TagId, mount: u32) {
        let Some(mounted) = self.phones[phone].tags.get_mut(&tag) else { return };
        mounted.failures += 1;
        if mounted.failures > ATTEMPTS {
            mounted.gave_up = true;
            return self.say(phone, tag, mount, tag.code(-1307, -2301));
        }
        mounted.is_waiting = true;
        self.say(phone, tag, mount, tag.code(1102, 2103));
        let wait = self.random.u64(500..2_500);
        self.queue.add(self.now + wait, Event::Tag { phone, tag, mount, step: TagStep::Connect });
    }

    /// A tag says a code that has nothing to do with its connection; a fatal one ends it.
    pub(crate) fn break_tag(&mut self, phone: usize, tag: TagId, code: i32, fatal: bool) {
        let Some(mounted) = self.phones[phone].tags.get_mut(&tag) else { return };
        let mount = mounted.mount;
        if fatal {
            mounted.gave_up = true;
            if let Some(connection) = mounted.connection.take() {
                self.leave_media(connection);
            }
        }
        self.say(phone, tag, mount, code);
    }

    /// The app goes to the background: cameras stop, and soon the network does too.
    pub(crate) fn pause_tags(&mut self, phone: usize) {
        let tags: Vec<_> = self.phones[phone].tags.iter().map(|(id, tag)| (*id, tag.mount, tag.connection)).collect();
        for (tag, mount, connection) in tags {
            if matches!(tag, TagId::Own { .. }) {
                self.say(phone, tag, mount, 5000);
            }
            self.await_silence(phone, tag, mount, connection);
        }
    }

    pub(crate) fn await_silence(&mut self, phone: usize, tag: TagId, mount: u32, connection: Option<ConnectionId>) {
        if let Some(connection) = connection {
            self.quiet_media(connection);
            let wait = SILENCE_MS + self.random.u64(0..1_000);
            self.queue.add(self.now + wait, Event::Tag { phone, tag, mount, step: TagStep::Silent(connection) });
        }
    }

    /// The app is back: what is not connected tries again.
    pub(crate) fn resume_tags(&mut self, phone: usize) {
        let now = self.now;
        for (tag, mounted) in &mut self.phones[phone].tags {
            if mounted.connection.is_none() && !mounted.gave_up && !mounted.is_waiting {
                mounted.is_waiting = true;
                let (tag, mount) = (*tag, mounted.mount);
                self.queue.add(now + 200, Event::Tag { phone, tag, mount, step: TagStep::Connect });
            } else if let Some(connection) = mounted.connection {
                let (tag, mount) = (*tag, mounted.mount);
                self.queue.add(now + 200, Event::Tag { phone, tag, mount, step: TagStep::Flow(connection) });
            }
        }
    }

    /// A phone's network is gone: its tags notice, and the media server does.
    pub(crate) fn cut_tags(&mut self, phone: usize) {
        let tags: Vec<_> = self.phones[phone].tags.iter().map(|(id, tag)| (*id, tag.mount, tag.connection)).collect();
        for (tag, mount, connection) in tags {
            let Some(connection) = connection else { continue };
            let wait = self.random.u64(300..3_000);
            self.queue.add(self.now + wait, Event::Tag { phone, tag, mount, step: TagStep::Dropped(connection) });
            self.cut_media(connection, SILENCE_MS);
        }
    }

    fn say(&mut self, phone: usize, tag: TagId, mount: u32, code: i32) {
        let at = self.now + self.random.u64(1..60);
        let speaker = self.phones[phone].tags.get_mut(&tag).filter(|it| it.mount == mount);
        let at = speaker.map_or(at, |it| {
            it.speaks_until = at.max(it.speaks_until + 1);
            it.speaks_until
        });
        self.queue.add(at, Event::Phone(phone, ForPhone::Code { tag, mount, code }));
    }
}
