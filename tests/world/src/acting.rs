//! What pages do: calls by chance, and calls that they made up their minds to make.

use miniapp_rtc::protocol::{AppId, RoomId, Secret, Tracks, UserId};
use miniapp_rtc::session::{
    Call, ConnectionState, Input, JoinCall, MuteLocalCall, MuteRemoteCall, OwnStream, SetUserVisibilityCall,
    SubscribeCall, UnsubscribeCall, UpdateTokenCall,
};
use miniapp_rtc::token::{Privilege, PrivilegeGrant, RoomScope, TokenTimes};
use serde_json::json;

use crate::event::{Event, Reaction};
use crate::network::Side;
use crate::page::OpenCall;
use crate::roster::{USERS, user_id};
use crate::world::World;

/// The application of every world.
pub(crate) const APP: &str = "0123456789abcdef01234567";
/// Its key.
pub(crate) const KEY: &str = "a key of the world, no secret";
/// The gateway's addresses.
pub(crate) const GATEWAYS: [&str; 2] = ["wss://one.world/v1", "wss://two.world/v1"];

impl World {
    /// Every page calls `init` once; read from a document, as JavaScript hands it over.
    pub(crate) fn init(&mut self, phone: usize) {
        let background = ["mute", "mute", "mute", "keep-audio", "leave"][self.random.usize(0..5)];
        let arguments = json!({ "appId": APP, "gateways": GATEWAYS, "background": background });
        match Call::decode("init", arguments) {
            Ok(what) => {
                // It settles at once, and no other call is numbered 0.
                let input = Input::Call { call: 0, what };
                self.phones[phone]
                    .page
                    .calls
                    .insert(0, OpenCall { what: Reaction::Leave, made_at: 0, had_socket: false });
                self.feed(phone, input);
            }
            Err(error) => self.violate("the world is well made", || error.to_string()),
        }
    }

    /// A page does something of its own accord, and arranges for the next time.
    pub(crate) fn act(&mut self, phone: usize) {
        if self.is_healed() {
            return;
        }
        let wait = self.random.u64(1..self.tuning.act_ms * 2);
        self.queue.add(self.now + wait, Event::Act(phone));
        if self.phones[phone].is_frozen() || self.phones[phone].hidden {
            return;
        }
        let page = &self.phones[phone].page;
        if !page.in_room {
            if !page.is_joining && !page.wants_in && self.random.u32(0..3) == 0 {
                self.phones[phone].page.wants_in = true;
                self.phones[phone].page.is_displaced = false;
                self.call(phone, Reaction::Join);
            }
            return;
        }
        let (user, screen) = (self.random.usize(0..USERS), self.chance(15));
        let (audio, video) = (self.chance(60), self.chance(60));
        let page = &self.phones[phone].page;
        let is_on = page.own[usize::from(screen)].is_on;
        let tile = page.received.keys().nth(user % page.received.len().max(1)).copied();
        let reaction = match (self.random.u32(0..100), is_on, tile) {
            (0..30, false, _) => Reaction::Publish { screen },
            (0..30, true, _) => Reaction::MuteLocal { screen, audio, video },
            (30..50, _, Some((user, screen))) => Reaction::MuteRemote { user, screen, audio, video },
            (50..58, _, Some((user, screen))) => Reaction::Unsubscribe { user, screen },
            (58..66, _, _) => Reaction::Subscribe { user, screen },
            (66..71, _, _) => Reaction::Unpublish { screen },
            (71..74, _, _) => Reaction::SetVisibility { visible: !page.is_visible },
            (74..77, _, _) => Reaction::UpdateToken,
            (77..80, _, _) => Reaction::Leave,
            // What makes no sense now must do no harm either.
            (80..82, _, _) => Reaction::Join,
            (82..84, _, _) => Reaction::Publish { screen },
            (84..86, _, _) => Reaction::Unsubscribe { user, screen },
            _ => return,
        };
        self.call(phone, reaction);
    }

    /// A page does what it made up its mind to do, unless it does not make sense any more.
    pub(crate) fn carry_out(&mut self, phone: usize, reaction: Reaction) {
        let it = &self.phones[phone];
        let waits = it.hidden && !it.acts_hidden && matches!(reaction, Reaction::Join);
        if self.phones[phone].is_frozen() || waits {
            return self.react(phone, 1_000, reaction);
        }
        if matches!(reaction, Reaction::Join) {
            self.phones[phone].page.comes_back = false;
        }
        let page = &self.phones[phone].page;
        let still = match &reaction {
            Reaction::Join => page.wants_in && !page.is_displaced && !page.in_room && !page.is_joining,
            Reaction::Subscribe { user, screen } => {
                page.in_room && page.roster.streams[*user][usize::from(*screen)].is_some()
            }
            Reaction::PublishAgain { screen } | Reaction::PublishAnew { screen } => {
                let own = page.own[usize::from(*screen)];
                page.in_room && page.is_visible && !own.is_on && !own.is_asked
            }
            Reaction::UpdateToken => page.in_room && !page.is_renewing,
            _ => page.in_room,
        };
        if still {
            self.call(phone, reaction);
        }
    }

    /// A page calls far more often than it may.
    pub(crate) fn burst(&mut self, phone: usize, size: u32) {
        for index in 0..40 + size % 60 {
            if !self.phones[phone].page.in_room || self.phones[phone].is_frozen() {
                return;
            }
            let (audio, video) = (index % 2 == 0, index % 3 == 0);
            self.call(phone, Reaction::MuteLocal { screen: false, audio, video });
        }
    }

    /// Every page that can calls about a stream that it knows.
    pub(crate) fn call_about_others(&mut self) {
        for phone in 0..self.phones.len() {
            let it = &self.phones[phone];
            if !it.page.in_room || it.is_frozen() {
                continue;
            }
            let streams = (0..USERS).flat_map(|user| [(user, false), (user, true)]);
            let known: Vec<_> = streams
                .filter(|(user, screen)| it.page.roster.streams[*user][usize::from(*screen)].is_some())
                .collect();
            let Some((user, screen)) = self.random.choice(known) else { continue };
            let reaction = if self.phones[phone].page.received.contains_key(&(user, screen)) {
                Reaction::MuteRemote { user, screen, audio: self.random.bool(), video: self.random.bool() }
            } else {
                Reaction::Subscribe { user, screen }
            };
            self.call(phone, reaction);
        }
    }

    pub(crate) fn call(&mut self, phone: usize, what: Reaction) {
        let (time, made_at) = (self.phones[phone].time(self.now), self.phones[phone].awake(self.now));
        let call = self.arguments(phone, &what);
        let it = &self.phones[phone];
        let is_open = it.link.is_some_and(|link| self.links[link].phone_side == Side::Open);
        let had_socket = is_open && it.state == ConnectionState::Connected;
        let page = &mut self.phones[phone].page;
        match what {
            Reaction::Join if !page.in_room && !page.is_joining => {
                page.is_joining = true;
                page.roster = Default::default();
                self.phones[phone].follower.forget();
                self.phones[phone].budget.join(time, GATEWAYS.len());
            }
            Reaction::Publish { screen } | Reaction::PublishAnew { screen } => {
                page.own[usize::from(screen)].is_asked = true
            }
            Reaction::UpdateToken => page.is_renewing = true,
            Reaction::Leave | Reaction::Destroy => self.note_leaving(phone),
            _ => {}
        }
        let page = &mut self.phones[phone].page;
        page.calls_made += 1;
        let number = page.calls_made;
        page.calls.insert(number, OpenCall { what: what.clone(), made_at, had_socket });
        self.phones[phone].budget.call(time);
        let me = self.phones[phone].user;
        if let Some((user, screen)) = match what {
            Reaction::Publish { screen } | Reaction::PublishAnew { screen } => Some((me, screen)),
            Reaction::Subscribe { user, screen } => Some((user, screen)),
            _ => None,
        } {
            self.phones[phone].budget.begin(user_id(user).as_str(), screen);
        }
        self.history.add(self.now, || format!("phone {phone}: call {number} {what:?}"));
        self.feed(phone, Input::Call { call: number, what: call });
    }

    fn arguments(&mut self, phone: usize, what: &Reaction) -> Call {
        let me = self.phones[phone].user;
        match *what {
            Reaction::Join => {
                Call::Join(JoinCall { token: self.mint(phone), room_id: self.room_id(phone), user_id: user_id(me) })
            }
            Reaction::Leave => Call::Leave,
            Reaction::Destroy => Call::Destroy,
            Reaction::Publish { screen } | Reaction::PublishAnew { screen } => Call::Publish(OwnStream { screen }),
            Reaction::Unpublish { screen } | Reaction::PublishAgain { screen } => Call::Unpublish(OwnStream { screen }),
            Reaction::Subscribe { user, screen } => {
                Call::Subscribe(SubscribeCall { uid: user_id(user), tracks: Tracks::BOTH, screen })
            }
            Reaction::Unsubscribe { user, screen } => Call::Unsubscribe(UnsubscribeCall { uid: user_id(user), screen }),
            Reaction::MuteLocal { screen, audio, video } => {
                Call::MuteLocal(MuteLocalCall { on: Tracks { audio, video }, screen })
            }
            Reaction::MuteRemote { user, screen, audio, video } => {
                Call::MuteRemote(MuteRemoteCall { uid: user_id(user), on: Tracks { audio, video }, screen })
            }
            Reaction::UpdateToken => Call::UpdateToken(UpdateTokenCall { token: self.mint(phone) }),
            Reaction::SetVisibility { visible } => Call::SetUserVisibility(SetUserVisibilityCall { enable: visible }),
        }
    }

    pub(crate) fn room_id(&self, phone: usize) -> RoomId {
        RoomId::parse(format!("room-{}", self.phones[phone].room)).expect("a room id")
    }

    /// A token from the application's server, whose clock is the gateway's.
    fn mint(&mut self, phone: usize) -> Secret {
        let now = self.moment().unix();
        let end = |seconds: u32| if seconds == 0 { 0 } else { now + seconds };
        let grant = |privilege: Privilege, seconds| PrivilegeGrant { key: privilege.key(), expires_at: end(seconds) };
        let (publish_s, subscribe_s) =
            if self.is_healed() { (0, 0) } else { (self.tuning.publish_s, self.tuning.subscribe_s) };
        let privileges = vec![grant(Privilege::Publish, publish_s), grant(Privilege::Subscribe, subscribe_s)];
        let app = AppId::parse(APP).expect("an app id");
        let user: UserId = user_id(self.phones[phone].user);
        let token_s = if self.is_healed() { 0 } else { self.tuning.token_s };
        let times = TokenTimes { nonce: self.random.u32(..), issued_at: now, expires_at: end(token_s) };
        self.key.sign(app, RoomScope::Room(self.room_id(phone)), user, privileges, times)
    }
}
