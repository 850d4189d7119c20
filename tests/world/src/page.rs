//! A [`Page`] is what a mini-program's page wants, and what it believes because its client told it so.

use std::collections::BTreeMap;

use miniapp_rtc::session::{
    CallId, ClientEvent, ConnectionState, ControlAction, Effect, Reply, RtcError, Signal, StreamRef,
};

use crate::event::{Event, ForPhone, Reaction};
use crate::leaving::Leaving;
use crate::roster::{Roster, user_number};
use crate::tag::TagId;
use crate::world::World;

/// What a page wants and believes.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) wants_in: bool,
    /// The same user is elsewhere: the page must not come back by itself.
    pub(crate) is_displaced: bool,
    pub(crate) is_joining: bool,
    /// It will try to join again soon.
    pub(crate) comes_back: bool,
    pub(crate) in_room: bool,
    pub(crate) is_visible: bool,
    pub(crate) roster: Roster,
    pub(crate) own: [Own; 2],
    pub(crate) received: BTreeMap<(usize, bool), Received>,
    pub(crate) calls: BTreeMap<CallId, OpenCall>,
    pub(crate) calls_made: CallId,
    /// A new token is being asked for.
    pub(crate) is_renewing: bool,
    pub(crate) leaving: Leaving,
}

/// An own stream.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Own {
    /// `publish` resolved, and nothing was heard since that ends it.
    pub(crate) is_on: bool,
    pub(crate) is_asked: bool,
    /// Which tracks are on, where the last `muteLocal` succeeded.
    pub(crate) tracks: Option<(bool, bool)>,
    muted_by: CallId,
}

/// A stream of another user for which `subscribe` resolved, and nothing was heard since that ends it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Received {
    /// Which tracks are wanted, where the last call about them succeeded.
    pub(crate) tracks: Option<(bool, bool)>,
    muted_by: CallId,
}

/// A call that is not settled.
#[derive(Debug)]
pub(crate) struct OpenCall {
    pub(crate) what: Reaction,
    /// By the time that the phone's JavaScript ran.
    pub(crate) made_at: u64,
    /// It was made on a socket that was open in the room.
    pub(crate) had_socket: bool,
}

impl Default for Page {
    fn default() -> Self {
        Self {
            wants_in: true,
            is_displaced: false,
            is_joining: false,
            comes_back: false,
            in_room: false,
            is_visible: true,
            roster: Roster::default(),
            own: [Own::default(); 2],
            received: BTreeMap::new(),
            calls: BTreeMap::new(),
            calls_made: 0,
            is_renewing: false,
            leaving: Leaving::default(),
        }
    }
}

impl Page {
    /// The room is not ours any more.
    pub(crate) fn get_out(&mut self) {
        (self.in_room, self.is_joining, self.is_renewing) = (false, false, false);
        (self.own, self.leaving) = ([Own::default(); 2], Leaving::default());
        self.received.clear();
    }
}

impl World {
    /// A page's client tells it something.
    pub(crate) fn hear_event(&mut self, phone: usize, event: ClientEvent) {
        let fault = match event {
            ClientEvent::PeerOnline(peer) => {
                self.phones[phone].page.roster.members[user_number(&peer.uid)] = true;
                None
            }
            ClientEvent::PeerLeave(peer) => {
                let user = user_number(&peer.uid);
                self.phones[phone].page.roster.members[user] = false;
                self.early(phone, user)
            }
            ClientEvent::StreamAdded(added) => {
                let (user, screen) = (user_number(&added.uid), added.screen);
                let state = added.stream_publish_state;
                self.phones[phone].page.roster.streams[user][usize::from(screen)] = Some((state.audio, state.video));
                if self.chance(85) {
                    let wait = self.random.u64(1..400);
                    self.react(phone, wait, Reaction::Subscribe { user, screen });
                }
                None
            }
            ClientEvent::StreamRemoved(stream) => {
                let (user, screen) = of(&stream);
                self.phones[phone].page.roster.streams[user][usize::from(screen)] = None;
                self.phones[phone].page.received.remove(&(user, screen));
                self.unmount(phone, TagId::Of { user, screen });
                None
            }
            ClientEvent::MuteAudio(stream) => self.turn(phone, &stream, Some(false), None),
            ClientEvent::UnmuteAudio(stream) => self.turn(phone, &stream, Some(true), None),
            ClientEvent::MuteVideo(stream) => self.turn(phone, &stream, None, Some(false)),
            ClientEvent::UnmuteVideo(stream) => self.turn(phone, &stream, None, Some(true)),
            ClientEvent::UpdateUrl(update) => {
                let tag = self.tag_of(phone, user_number(&update.uid), update.screen);
                self.phones[phone].steady_since = self.now;
                self.counts.url_updates += 1;
                self.mount(phone, tag, update.url.reveal().into());
                None
            }
            ClientEvent::StreamControl(control) => {
                self.counts.controls += 1;
                let tag = self.tag_of(phone, user_number(&control.uid), control.screen);
                match (control.action, tag) {
                    // Every third phone has a page that was written for the vendor's SDK, which knows no orders.
                    (ControlAction::PlayAgain | ControlAction::Remount, _) if phone % 3 == 2 => {
                        self.queue.add(self.now, Event::Phone(phone, ForPhone::Signal(Signal::OrderUnheard)));
                    }
                    (ControlAction::PlayAgain | ControlAction::Remount, _) => self.restart_tag(phone, tag),
                    (ControlAction::Stop, TagId::Own { screen }) => {
                        self.phones[phone].page.own[usize::from(screen)].is_on = false;
                        self.unmount(phone, tag);
                    }
                    (ControlAction::Start, _) | (ControlAction::Stop, TagId::Of { .. }) => {}
                }
                None
            }
            ClientEvent::StreamFailed(failed) => {
                self.check_secrets(phone, "a STREAM_FAILED", &failed.reason);
                self.counts.streams_failed += 1;
                let is_spent = ["it broke", "camera or microphone"].iter().any(|text| failed.reason.starts_with(text));
                let is_silenced = self.phones[phone].is_silenced;
                match self.tag_of(phone, user_number(&failed.uid), failed.screen) {
                    tag @ TagId::Own { screen } => {
                        self.phones[phone].page.own[usize::from(screen)].is_on = false;
                        self.unmount(phone, tag);
                        let wait = self.random.u64(1_000..12_000);
                        self.react(phone, wait, Reaction::PublishAgain { screen });
                    }
                    tag @ TagId::Of { user, screen } => {
                        self.phones[phone].page.received.remove(&(user, screen));
                        self.unmount(phone, tag);
                    }
                }
                let is_ours = user_number(&failed.uid) == self.phones[phone].user;
                (is_spent && is_silenced && is_ours).then(|| format!("a phone call costs no stream: {}", failed.reason))
            }
            ClientEvent::TokenWillExpire(_) => {
                if self.chance(75) || self.is_healed() {
                    let wait = self.random.u64(1..1_500);
                    self.react(phone, wait, Reaction::UpdateToken);
                }
                None
            }
            ClientEvent::ClientBanned(banned) => {
                if banned.reason.contains("elsewhere") {
                    self.phones[phone].page.is_displaced = true;
                }
                None
            }
            ClientEvent::ConnectionStateChanged(changed) => {
                self.check_secrets(phone, "a reason", &changed.reason);
                return self.change_state(phone, changed.previous, changed.current);
            }
            ClientEvent::Disconnect(closed) | ClientEvent::Error(closed) | ClientEvent::Close(closed) => {
                self.check_secrets(phone, "a reason", &closed.reason);
                None
            }
        };
        if let Some(fault) = fault {
            self.violate("events tell what changed", || format!("phone {phone} got {fault}"));
        }
    }

    fn turn(&mut self, phone: usize, stream: &StreamRef, audio: Option<bool>, video: Option<bool>) -> Option<String> {
        self.phones[phone].page.roster.turn(of(stream), audio, video);
        None
    }

    fn change_state(&mut self, phone: usize, previous: ConnectionState, current: ConnectionState) {
        let time = self.phones[phone].time(self.now);
        self.phones[phone].state = current;
        self.phones[phone].steady_since = self.now;
        if previous == ConnectionState::Connected && self.phones[phone].ambush.is_some() {
            self.queue.add(self.now + 1, Event::Ambush(phone));
        }
        match current {
            ConnectionState::Connected => {
                self.phones[phone].budget.enter();
                self.counts.connected += 1;
                if previous == ConnectionState::Reconnecting {
                    self.counts.recoveries += 1;
                }
            }
            ConnectionState::Reconnecting => {
                self.counts.outages += 1;
                self.phones[phone].budget.lose(time);
            }
            ConnectionState::Idle | ConnectionState::Disconnected => {
                if let Some(screen) = self.phones[phone].page.own.iter().position(|own| own.is_on) {
                    let text = format!("phone {phone}: own stream {screen} pushes on after {current:?}");
                    return self.violate("pushers stop with the room", || text);
                }
                self.phones[phone].page.get_out();
                self.unmount_all(phone);
                self.come_back(phone);
            }
            ConnectionState::Connecting => {}
        }
    }

    /// A page that wants to be in the room tries again after a while.
    pub(crate) fn come_back(&mut self, phone: usize) {
        let page = &self.phones[phone].page;
        if page.wants_in && !page.is_displaced && !page.comes_back {
            self.phones[phone].page.comes_back = true;
            let wait = self.random.u64(500..5_000);
            self.react(phone, wait, Reaction::Join);
        }
    }

    pub(crate) fn tag_of(&self, phone: usize, user: usize, screen: bool) -> TagId {
        if user == self.phones[phone].user { TagId::Own { screen } } else { TagId::Of { user, screen } }
    }

    pub(crate) fn react(&mut self, phone: usize, wait: u64, reaction: Reaction) {
        self.queue.add(self.now + wait, Event::React(phone, reaction));
    }

    /// A call is settled.
    pub(crate) fn settle(&mut self, phone: usize, call: CallId, outcome: Result<Reply, RtcError>) {
        let Some(OpenCall { what, had_socket, .. }) = self.phones[phone].page.calls.remove(&call) else {
            return;
        };
        self.counts.calls += 1;
        self.phones[phone].steady_since = self.now;
        if let Err(error) = &outcome {
            self.counts.calls_failed += 1;
            self.check_secrets(phone, "an error", &error.reason);
            if self.is_hasty(phone, &what, error) {
                return self.violate("no call is refused for who is waited for", || {
                    format!("phone {phone}, call {call} {what:?}: {error}")
                });
            }
        }
        let is_in = self.phones[phone].page.in_room;
        match (what, outcome) {
            (Reaction::Join, Ok(_)) => {
                self.phones[phone].page.in_room = true;
                if self.phones[phone].acts_hidden || self.phones[phone].is_silenced {
                    self.react(phone, 1, Reaction::Publish { screen: false });
                }
            }
            (Reaction::Join, Err(error)) => {
                if ![100_003, 100_004].contains(&error.code) {
                    self.phones[phone].page.is_joining = false;
                    self.come_back(phone);
                }
            }
            (Reaction::Publish { screen } | Reaction::PublishAnew { screen }, Ok(Reply::Url(url))) => {
                let own = &mut self.phones[phone].page.own[usize::from(screen)];
                *own = Own { is_on: true, is_asked: false, tracks: Some((true, true)), muted_by: call };
                self.mount(phone, TagId::Own { screen }, url.reveal().into());
            }
            (Reaction::Publish { screen } | Reaction::PublishAnew { screen }, Ok(_))
            | (Reaction::Publish { screen }, Err(_)) => {
                self.phones[phone].page.own[usize::from(screen)].is_asked = false
            }
            (Reaction::Unpublish { screen }, Ok(_)) => {
                self.phones[phone].page.own[usize::from(screen)] = Own::default();
                self.unmount(phone, TagId::Own { screen });
            }
            (Reaction::Subscribe { user, screen }, Ok(Reply::Url(url))) => {
                // A page drops what comes for a tile that is gone.
                if self.phones[phone].page.roster.streams[user][usize::from(screen)].is_some() {
                    let received = Received { tracks: Some((true, true)), muted_by: call };
                    self.phones[phone].page.received.insert((user, screen), received);
                    self.mount(phone, TagId::Of { user, screen }, url.reveal().into());
                }
            }
            (Reaction::Subscribe { user, screen }, _) => {
                if let Some(received) = self.phones[phone].page.received.get_mut(&(user, screen)) {
                    received.tracks = None;
                }
            }
            (Reaction::Unsubscribe { user, screen }, Ok(_)) => {
                self.phones[phone].page.received.remove(&(user, screen));
                self.unmount(phone, TagId::Of { user, screen });
            }
            (Reaction::MuteLocal { screen, audio, video }, outcome) => {
                let own = &mut self.phones[phone].page.own[usize::from(screen)];
                if own.muted_by <= call {
                    (own.tracks, own.muted_by) = (outcome.is_ok().then_some((audio, video)), call);
                }
            }
            (Reaction::MuteRemote { user, screen, audio, video }, outcome) => {
                let received = self.phones[phone].page.received.get_mut(&(user, screen));
                if let Some(received) = received.filter(|received| received.muted_by <= call) {
                    (received.tracks, received.muted_by) = (outcome.is_ok().then_some((audio, video)), call);
                }
            }
            (Reaction::SetVisibility { visible }, Ok(_)) => {
                self.phones[phone].page.is_visible = visible;
                if !visible {
                    self.phones[phone].page.own = [Own::default(); 2];
                    self.unmount(phone, TagId::Own { screen: false });
                    self.unmount(phone, TagId::Own { screen: true });
                }
            }
            (
                again @ (Reaction::Unpublish { .. } | Reaction::Unsubscribe { .. } | Reaction::SetVisibility { .. }),
                Err(error),
            ) => {
                // Nobody knows whether it was done: a page tries again until it does know.
                if is_in && [300_009, 300_010].contains(&error.code) {
                    let wait = self.random.u64(500..3_000);
                    self.react(phone, wait, again);
                } else if let Reaction::Unpublish { screen } = again {
                    self.phones[phone].page.own[usize::from(screen)] = Own::default();
                    self.unmount(phone, TagId::Own { screen });
                } else if let Reaction::Unsubscribe { user, screen } = again {
                    self.phones[phone].page.received.remove(&(user, screen));
                    self.unmount(phone, TagId::Of { user, screen });
                }
            }
            (Reaction::UpdateToken, outcome) => {
                self.phones[phone].page.is_renewing = false;
                if outcome.is_err() {
                    let wait = self.random.u64(1_000..4_000);
                    self.react(phone, wait, Reaction::UpdateToken);
                }
            }
            (Reaction::Leave | Reaction::Destroy, _) => {
                if had_socket && !self.phones[phone].follower.is_leaving {
                    self.violate("leaving tells the gateway", || format!("phone {phone} left without a word"));
                }
            }
            (again @ Reaction::PublishAgain { .. }, Err(error)) if [300_009, 300_010].contains(&error.code) => {
                self.react(phone, 2_000, again);
            }
            (Reaction::PublishAgain { screen }, _) => self.react(phone, 1, Reaction::PublishAnew { screen }),
            (Reaction::PublishAnew { screen }, Err(error)) => {
                self.phones[phone].page.own[usize::from(screen)].is_asked = false;
                if error.code == 100_005 {
                    self.violate("a failed stream can be published again", || {
                        format!("phone {phone}, stream {screen}, after unpublish: {error}")
                    });
                }
            }
        }
    }

    /// Nobody may be told that a user left and came back in one breath.
    pub(crate) fn check_flapping(&mut self, phone: usize, effects: &[Effect]) {
        let left = effects.iter().filter_map(|effect| match effect {
            Effect::Emit(ClientEvent::PeerLeave(peer)) => Some(&peer.uid),
            _ => None,
        });
        for user in left {
            let is_back = effects
                .iter()
                .any(|effect| matches!(effect, Effect::Emit(ClientEvent::PeerOnline(peer)) if peer.uid == *user));
            if is_back {
                self.violate("no leave and join for one who stayed", || format!("phone {phone} about {user}"));
            }
        }
    }
}

fn of(stream: &StreamRef) -> (usize, bool) {
    (user_number(&stream.uid), stream.screen)
}
