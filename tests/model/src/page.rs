//! A [`Page`] is what a mini-program's page was told, and what it asks for: the first phone's publishes, the second's
//! subscribes.

use std::collections::BTreeMap;

use miniapp_rtc::protocol::{Secret, Tracks};
use miniapp_rtc::session::{
    Call, CallId, ClientEvent, ConnectionState, ControlAction, OwnStream, Reply, RtcError, SubscribeCall,
};

use crate::reach::Reach;
use crate::scene::Scene;
use crate::view::{View, user_id};

/// What a page was told.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) state: ConnectionState,
    /// What it knows of the other user.
    pub(crate) other: View,
    /// What it knew of the other user when the room began a new history, as far as that has not shown it yet.
    pub(crate) missing: View,
    pub(crate) flow: Flow,
    /// Whether its sound is off; `None` where a call about that failed.
    pub(crate) is_muted: Option<bool>,
    pub(crate) calls: BTreeMap<CallId, What>,
    calls_made: CallId,
}

/// How it stands with the one stream, published or received.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Flow {
    /// Nobody asked for it, or it has ended.
    Off,
    Asked,
    /// Its address was given.
    On,
    /// The page was told that it failed.
    Failed,
}

/// What a call asks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum What {
    Init,
    Join,
    Publish,
    Subscribe,
    Mute { is_off: bool },
}

/// The phone that publishes.
pub(crate) const PUBLISHER: usize = 0;

impl Page {
    pub(crate) fn new() -> Self {
        Self {
            state: ConnectionState::Idle,
            other: View::default(),
            missing: View::default(),
            flow: Flow::Off,
            is_muted: Some(false),
            calls: BTreeMap::new(),
            calls_made: 0,
        }
    }

    /// Numbers a call.
    pub(crate) fn number(&mut self, what: What) -> CallId {
        self.calls_made += 1;
        self.calls.insert(self.calls_made, what);
        self.calls_made
    }

    pub(crate) const fn is_in(&self) -> bool {
        matches!(self.state, ConnectionState::Connected | ConnectionState::Reconnecting)
    }
}

impl Scene {
    /// A call is settled.
    pub(crate) fn settle(&mut self, phone: usize, call: CallId, outcome: Result<Reply, RtcError>) {
        let page = &mut self.phones[phone].edit().page;
        let Some(what) = page.calls.remove(&call) else { return };
        let has_failed = outcome.is_err();
        let address = match outcome {
            Ok(Reply::Url(url)) => Some(url),
            Ok(_) | Err(_) => None,
        };
        match (what, address) {
            (What::Init, _) => {}
            (What::Join, _) if has_failed => {}
            (What::Join, _) if phone == PUBLISHER => {
                self.phones[phone].edit().page.flow = Flow::Asked;
                self.call(phone, What::Publish, Call::Publish(OwnStream { screen: false }));
            }
            (What::Join, _) => {}
            (What::Publish | What::Subscribe, Some(url)) => self.play(phone, &url),
            (What::Publish | What::Subscribe, None) => {
                let flow = &mut self.phones[phone].edit().page.flow;
                if *flow == Flow::Asked {
                    *flow = Flow::Failed;
                }
            }
            (What::Mute { is_off }, _) => {
                self.phones[phone].edit().page.is_muted = (!has_failed).then_some(is_off);
            }
        }
        if has_failed {
            self.reach(Reach::CallFailed);
        }
    }

    /// An address: the tag gets it, if the stream is still there.
    fn play(&mut self, phone: usize, url: &Secret) {
        let page = &mut self.phones[phone].edit().page;
        if phone == PUBLISHER || page.other.stream.is_some() {
            page.flow = Flow::On;
            self.mount(phone, url);
        }
    }

    /// A page's client tells it something.
    pub(crate) fn hear_event(&mut self, phone: usize, event: ClientEvent) {
        let other = &mut self.phones[phone].edit().page.other;
        match event {
            ClientEvent::PeerOnline(_) => other.is_there = true,
            ClientEvent::PeerLeave(_) => *other = View::default(),
            ClientEvent::StreamAdded(added) => {
                let state = added.stream_publish_state;
                other.stream = Some((state.audio, state.video));
                self.subscribe(phone);
            }
            ClientEvent::StreamRemoved(_) => {
                other.stream = None;
                self.phones[phone].edit().page.flow = Flow::Off;
                self.unmount(phone);
            }
            ClientEvent::MuteAudio(_) => other.turn(Some(false), None),
            ClientEvent::UnmuteAudio(_) => other.turn(Some(true), None),
            ClientEvent::MuteVideo(_) => other.turn(None, Some(false)),
            ClientEvent::UnmuteVideo(_) => other.turn(None, Some(true)),
            ClientEvent::UpdateUrl(update) => {
                self.reach(Reach::AddressRenewed);
                self.play(phone, &update.url);
            }
            ClientEvent::StreamControl(control) => match control.action {
                ControlAction::PlayAgain | ControlAction::Remount => {
                    self.reach(Reach::PlayedAgain);
                    self.restart_tag(phone);
                }
                ControlAction::Start => {}
                ControlAction::Stop => self.fail(phone),
            },
            ClientEvent::StreamFailed(_) => self.fail(phone),
            ClientEvent::ConnectionStateChanged(changed) => self.change_state(phone, changed.current),
            ClientEvent::TokenWillExpire(_)
            | ClientEvent::ClientBanned(_)
            | ClientEvent::Disconnect(_)
            | ClientEvent::Error(_)
            | ClientEvent::Close(_) => {}
        }
    }

    fn subscribe(&mut self, phone: usize) {
        if phone != PUBLISHER {
            self.phones[phone].edit().page.flow = Flow::Asked;
            let what = SubscribeCall { uid: user_id(PUBLISHER), tracks: Tracks::BOTH, screen: false };
            self.call(phone, What::Subscribe, Call::Subscribe(what));
        }
    }

    fn fail(&mut self, phone: usize) {
        self.phones[phone].edit().page.flow = Flow::Failed;
        self.unmount(phone);
    }

    fn change_state(&mut self, phone: usize, current: ConnectionState) {
        let page = &mut self.phones[phone].edit().page;
        page.state = current;
        if matches!(current, ConnectionState::Idle | ConnectionState::Disconnected) {
            (page.other, page.missing, page.flow) = (View::default(), View::default(), Flow::Off);
            self.unmount(phone);
            self.reach(Reach::PutOut);
        }
    }
}
