//! A [`Page`] knows the room by the client's events alone; what it hears must make sense.

use std::collections::{BTreeMap, BTreeSet};

use miniapp_rtc::protocol::UserId;
use miniapp_rtc::session::{Call, ClientEvent, ConnectionState, ControlAction, StreamControl, StreamRef};

use super::gateway::user_id;

/// What a page was told.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) state: ConnectionState,
    peers: BTreeSet<UserId>,
    /// Streams that can be subscribed to, with their tracks that are on: sound, picture.
    streams: BTreeMap<(UserId, bool), (bool, bool)>,
    /// Own streams whose tags were started, camera and microphone on: false the camera's, true the screen's.
    pushing: BTreeSet<bool>,
    /// Of the newest order to a native tag.
    sequence: u32,
}

impl Page {
    pub(super) fn new() -> Self {
        Self {
            state: ConnectionState::Idle,
            peers: BTreeSet::new(),
            streams: BTreeMap::new(),
            pushing: BTreeSet::new(),
            sequence: 0,
        }
    }

    pub(super) fn hear(&mut self, event: &ClientEvent) {
        match event {
            ClientEvent::ConnectionStateChanged(changed) => {
                assert_eq!(changed.previous, self.state, "states form a chain");
                assert_ne!(changed.current, self.state, "nothing changed");
                assert!(!changed.reason.is_empty(), "a change without a reason");
                self.state = changed.current;
                if matches!(self.state, ConnectionState::Idle | ConnectionState::Disconnected) {
                    self.peers.clear();
                    self.streams.clear();
                }
            }
            ClientEvent::PeerOnline(peer) => {
                assert!(self.peers.insert(peer.uid.clone()), "{} came twice", peer.uid);
            }
            ClientEvent::PeerLeave(peer) => {
                assert!(self.peers.remove(&peer.uid), "{} left without being there", peer.uid);
                assert!(self.streams.keys().all(|(uid, _)| *uid != peer.uid), "the streams of {} outlive it", peer.uid);
            }
            ClientEvent::StreamAdded(added) => {
                let tracks = (added.stream_publish_state.audio, added.stream_publish_state.video);
                assert_ne!(tracks, (false, false), "a stream without tracks is none");
                let before = self.streams.insert((added.uid.clone(), added.screen), tracks);
                assert_eq!(before, None, "{} has the stream already", added.uid);
            }
            ClientEvent::StreamRemoved(of) => {
                assert!(self.streams.remove(&(of.uid.clone(), of.screen)).is_some(), "{of:?} was not there");
            }
            ClientEvent::MuteAudio(of) => self.turn(of, (true, false), (false, false)),
            ClientEvent::UnmuteAudio(of) => self.turn(of, (false, false), (true, false)),
            ClientEvent::MuteVideo(of) => self.turn(of, (false, true), (false, false)),
            ClientEvent::UnmuteVideo(of) => self.turn(of, (false, false), (false, true)),
            ClientEvent::StreamControl(order) => self.obey(order),
            ClientEvent::StreamFailed(failed) if failed.uid == user_id(2) => {
                self.pushing.remove(&failed.screen);
            }
            _ => {}
        }
    }

    /// A call of the page was granted.
    pub(super) fn granted(&mut self, call: &Call) {
        match call {
            Call::Unpublish(kind) => {
                self.pushing.remove(&kind.screen);
            }
            Call::SetUserVisibility(visibility) if !visibility.enable => self.pushing.clear(),
            _ => {}
        }
    }

    /// Whether a tag goes on pushing although there is no room any more.
    pub(super) fn is_overheard(&self) -> bool {
        matches!(self.state, ConnectionState::Idle | ConnectionState::Disconnected) && !self.pushing.is_empty()
    }

    /// One track of a stream goes on or off; the other stays.
    fn turn(&mut self, of: &StreamRef, from: (bool, bool), to: (bool, bool)) {
        let tracks = self.streams.get_mut(&(of.uid.clone(), of.screen)).expect("a stream that was added");
        let is_audio = from.0 || to.0;
        let (track, is, becomes) = if is_audio { (&mut tracks.0, from.0, to.0) } else { (&mut tracks.1, from.1, to.1) };
        assert_eq!(*track, is, "{of:?}: the track was so already");
        *track = becomes;
        assert_ne!(*tracks, (false, false), "{of:?}: a stream without tracks is removed instead");
    }

    /// Does with a native tag what it is told. Orders are numbered, so that two equal ones differ.
    fn obey(&mut self, order: &StreamControl) {
        assert!(order.sequence > self.sequence, "{order:?} after {}", self.sequence);
        self.sequence = order.sequence;
        match order.action {
            ControlAction::Start => {
                self.pushing.insert(order.screen);
            }
            ControlAction::Stop => {
                self.pushing.remove(&order.screen);
            }
            ControlAction::PlayAgain | ControlAction::Remount => {}
        }
        let is_own = matches!(order.action, ControlAction::Start | ControlAction::Stop);
        assert!(!is_own || order.uid == user_id(2), "{order:?} is for somebody else's stream");
    }
}
