//! A [`PageWatch`] knows the room by the client's events alone; what it hears must make sense.

use std::collections::{BTreeMap, BTreeSet};

use miniapp_rtc::protocol::UserId;
use miniapp_rtc::session::{Call, ClientEvent, ConnectionState, ControlAction, StreamControl, StreamRef};

use crate::fault::Fault;
use crate::session::STATES_CHAIN;

/// Events tell what changed, and nothing twice.
pub const EVENTS_MAKE_SENSE: &str = "events tell what changed";

/// What a page was told.
#[derive(Clone, Debug)]
pub(crate) struct PageWatch {
    /// Who joined last.
    user: Option<UserId>,
    state: ConnectionState,
    peers: BTreeSet<UserId>,
    /// Streams that can be subscribed to, whether of a screen, with their tracks that are on: sound, picture.
    streams: BTreeMap<(UserId, bool), [bool; 2]>,
    /// Own streams whose tags were started: false the camera's, true the screen's.
    pushing: BTreeSet<bool>,
    /// The number of the newest order to a native tag.
    orders: u32,
}

impl Default for PageWatch {
    fn default() -> Self {
        Self {
            user: None,
            state: ConnectionState::Idle,
            peers: BTreeSet::new(),
            streams: BTreeMap::new(),
            pushing: BTreeSet::new(),
            orders: 0,
        }
    }
}

impl PageWatch {
    pub(crate) const fn state(&self) -> ConnectionState {
        self.state
    }

    pub(crate) fn hear(&mut self, event: &ClientEvent) -> Result<(), Fault> {
        match event {
            ClientEvent::ConnectionStateChanged(changed) => {
                let before = std::mem::replace(&mut self.state, changed.current);
                if changed.previous != before || changed.current == before || changed.reason.is_empty() {
                    return Err((STATES_CHAIN, format!("{changed:?} after {before:?}")));
                }
                if matches!(self.state, ConnectionState::Idle | ConnectionState::Disconnected) {
                    self.peers.clear();
                    self.streams.clear();
                }
                Ok(())
            }
            ClientEvent::PeerOnline(peer) => sense(self.peers.insert(peer.uid.clone()), event),
            ClientEvent::PeerLeave(peer) => {
                let outlives = self.streams.keys().any(|(uid, _)| *uid == peer.uid);
                sense(self.peers.remove(&peer.uid) && !outlives, event)
            }
            ClientEvent::StreamAdded(added) => {
                let tracks = [added.stream_publish_state.audio, added.stream_publish_state.video];
                let before = self.streams.insert((added.uid.clone(), added.screen), tracks);
                sense(before.is_none() && tracks != [false; 2], event)
            }
            ClientEvent::StreamRemoved(of) => sense(self.streams.remove(&(of.uid.clone(), of.screen)).is_some(), event),
            ClientEvent::MuteAudio(of) => sense(self.turn(of, 0, false), event),
            ClientEvent::UnmuteAudio(of) => sense(self.turn(of, 0, true), event),
            ClientEvent::MuteVideo(of) => sense(self.turn(of, 1, false), event),
            ClientEvent::UnmuteVideo(of) => sense(self.turn(of, 1, true), event),
            ClientEvent::StreamControl(order) => self.obey(order),
            ClientEvent::StreamFailed(failed) => {
                if self.user.as_ref() == Some(&failed.uid) {
                    self.pushing.remove(&failed.screen);
                }
                Ok(())
            }
            ClientEvent::UpdateUrl(_)
            | ClientEvent::TokenWillExpire(_)
            | ClientEvent::ClientBanned(_)
            | ClientEvent::Disconnect(_)
            | ClientEvent::Error(_)
            | ClientEvent::Close(_) => Ok(()),
        }
    }

    /// The page calls.
    pub(crate) fn calls(&mut self, call: &Call) {
        if let Call::Join(join) = call
            && matches!(self.state, ConnectionState::Idle | ConnectionState::Disconnected)
        {
            self.user = Some(join.user_id.clone());
        }
    }

    /// A call of the page was granted.
    pub(crate) fn granted(&mut self, call: &Call) {
        match call {
            Call::Unpublish(kind) => {
                self.pushing.remove(&kind.screen);
            }
            Call::SetUserVisibility(visibility) if !visibility.enable => self.pushing.clear(),
            _ => {}
        }
    }

    /// No tag goes on pushing when there is no room any more.
    pub(crate) fn judge(&self) -> Result<(), Fault> {
        let is_out = matches!(self.state, ConnectionState::Idle | ConnectionState::Disconnected);
        if is_out && !self.pushing.is_empty() {
            return Err(("pushers stop with the room", "the room is gone, and a tag was not told to stop".to_owned()));
        }
        Ok(())
    }

    /// One track of a stream goes on or off; the other stays, and one is on. Whether that is so.
    fn turn(&mut self, of: &StreamRef, track: usize, is_on: bool) -> bool {
        self.streams.get_mut(&(of.uid.clone(), of.screen)).is_some_and(|tracks| {
            let before = tracks.get_mut(track).map(|track| std::mem::replace(track, is_on));
            before == Some(!is_on) && *tracks != [false; 2]
        })
    }

    /// Does with a native tag what it is told. Orders are numbered, so that two equal ones differ.
    fn obey(&mut self, order: &StreamControl) -> Result<(), Fault> {
        let before = std::mem::replace(&mut self.orders, order.sequence);
        if order.sequence <= before {
            return Err(("orders have rising numbers", format!("{order:?} after {before}")));
        }
        match order.action {
            ControlAction::Start => {
                self.pushing.insert(order.screen);
            }
            ControlAction::Stop => {
                self.pushing.remove(&order.screen);
            }
            ControlAction::PlayAgain | ControlAction::Remount => return Ok(()),
        }
        if self.user.as_ref() != Some(&order.uid) {
            return Err(("only own tags start and stop", format!("{order:?}")));
        }
        Ok(())
    }
}

fn sense(is_kept: bool, event: &ClientEvent) -> Result<(), Fault> {
    if is_kept { Ok(()) } else { Err((EVENTS_MAKE_SENSE, format!("{event:?}"))) }
}
