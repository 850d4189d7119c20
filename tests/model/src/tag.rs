//! A [`Tag`] is the one native `live-pusher` or `live-player` of a phone: it connects with the address that its page gives
//! it, tries again by itself, gives up, and says codes.

use miniapp_rtc::protocol::{Role, Secret, StreamKind};
use miniapp_rtc::session::{Input, NativeReport, Said};

use crate::media::Ticket;
use crate::page::PUBLISHER;
use crate::scene::Scene;
use crate::view::user_id;

/// A mounted tag.
#[derive(Clone, Debug)]
pub(crate) struct Tag {
    pub(crate) ticket: Ticket,
    pub(crate) connection: Option<u64>,
    failures: u8,
    pub(crate) gave_up: bool,
    /// When it tries again.
    pub(crate) retry_at: Option<u64>,
}

/// Attempts of a native tag before it says that it failed.
const ATTEMPTS: u8 = 3;
const RETRY_MS: u64 = 1_000;

/// What tags say: a pusher, a player.
#[derive(Clone, Copy)]
pub(crate) enum Word {
    /// Media flows.
    Flows,
    /// It lost the server and tries again.
    Retries,
    /// It gave up.
    GaveUp,
    /// The app is in the background.
    Hidden,
}

impl Word {
    const fn code(self, phone: usize) -> i32 {
        match (self, phone == PUBLISHER) {
            (Self::Flows, true) => 1002,
            (Self::Flows, false) => 2004,
            (Self::Retries, true) => 1102,
            (Self::Retries, false) => 2103,
            (Self::GaveUp, true) => -1307,
            (Self::GaveUp, false) => -2301,
            // A player says nothing of it.
            (Self::Hidden, true) => 5000,
            (Self::Hidden, false) => 2005,
        }
    }
}

impl Scene {
    /// A page gives the tag an address; a new address begins anew.
    pub(crate) fn mount(&mut self, phone: usize, url: &Secret) {
        let Some(ticket) = Ticket::of(url) else { return };
        if self.phones[phone].tag.as_ref().is_some_and(|tag| tag.ticket == ticket) {
            return;
        }
        self.unmount(phone);
        let tag = Tag { ticket, connection: None, failures: 0, gave_up: false, retry_at: None };
        self.phones[phone].edit().tag = Some(tag);
        self.connect_tag(phone);
    }

    /// A page takes the tag out.
    pub(crate) fn unmount(&mut self, phone: usize) {
        if self.phones[phone].tag.is_none() {
            return;
        }
        let tag = self.phones[phone].edit().tag.take();
        if let Some(connection) = tag.and_then(|tag| tag.connection) {
            self.disconnect(connection);
        }
    }

    /// The tag is stopped and started with the address it has.
    pub(crate) fn restart_tag(&mut self, phone: usize) {
        let Some(ticket) = self.phones[phone].tag.as_ref().map(|tag| tag.ticket.clone()) else { return };
        self.unmount(phone);
        let tag = Tag { ticket, connection: None, failures: 0, gave_up: false, retry_at: None };
        self.phones[phone].edit().tag = Some(tag);
        self.connect_tag(phone);
    }

    /// The tag connects, unless the app is hidden: then it does when it is shown.
    pub(crate) fn connect_tag(&mut self, phone: usize) {
        if self.phones[phone].hidden_since.is_some() {
            return;
        }
        let Some(tag) = &mut self.phones[phone].edit().tag else { return };
        tag.retry_at = None;
        if tag.connection.is_some() || tag.gave_up {
            return;
        }
        let ticket = tag.ticket.clone();
        match self.connect(phone, &ticket) {
            Some(number) => {
                if let Some(tag) = &mut self.phones[phone].edit().tag {
                    (tag.connection, tag.failures) = (Some(number), 0);
                }
                self.say(phone, Word::Flows);
            }
            None => self.fail_tag(phone),
        }
    }

    /// The media server ended a connection.
    pub(crate) fn drop_tag(&mut self, phone: usize, connection: u64) {
        let Some(tag) = &mut self.phones[phone].edit().tag else { return };
        if tag.connection.take_if(|number| *number == connection).is_some() {
            self.fail_tag(phone);
        }
    }

    /// The connection of the tag breaks; both ends notice.
    pub(crate) fn cut_tag(&mut self, phone: usize) {
        let Some(tag) = &mut self.phones[phone].edit().tag else { return };
        if let Some(connection) = tag.connection.take() {
            self.disconnect(connection);
            self.fail_tag(phone);
        }
    }

    /// An attempt failed: one more, or none.
    fn fail_tag(&mut self, phone: usize) {
        let retry_at = self.now + RETRY_MS;
        let it = self.phones[phone].edit();
        let is_hidden = it.hidden_since.is_some();
        let Some(tag) = it.tag.as_mut().filter(|_| !is_hidden) else { return };
        tag.failures += 1;
        if tag.failures > ATTEMPTS {
            return self.give_up(phone);
        }
        tag.retry_at = Some(retry_at);
        self.say(phone, Word::Retries);
    }

    pub(crate) fn give_up(&mut self, phone: usize) {
        let Some(tag) = &mut self.phones[phone].edit().tag else { return };
        (tag.gave_up, tag.retry_at) = (true, None);
        if let Some(connection) = tag.connection.take() {
            self.disconnect(connection);
        }
        self.say(phone, Word::GaveUp);
    }

    /// WeChat has stopped the app: its tag's connection ends without a word.
    pub(crate) fn silence_tag(&mut self, phone: usize) {
        let Some(tag) = &mut self.phones[phone].edit().tag else { return };
        tag.retry_at = None;
        if let Some(connection) = tag.connection.take() {
            self.disconnect(connection);
        }
    }

    pub(crate) fn say(&mut self, phone: usize, word: Word) {
        let (role, user) =
            if phone == PUBLISHER { (Role::Pusher, None) } else { (Role::Player, Some(user_id(PUBLISHER))) };
        let report = NativeReport { role, user, kind: StreamKind::Camera, what: Said::Code(word.code(phone)) };
        self.phones[phone].edit().inbox.push_back(Input::Report(report));
    }
}
