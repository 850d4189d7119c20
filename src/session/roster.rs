//! The roster: who else is in the room and what they publish, as the page was told.

use alloc::vec::Vec;

use super::effect::Doings;
use super::event::{ClientEvent, Peer, StreamAdded, StreamRef};
use super::time::Time;
use crate::protocol::{Snapshot, Stream, StreamId, StreamKind, StreamOf, UserId};

/// Everybody but ourselves.
#[derive(Clone, Debug, Default)]
pub(super) struct Roster {
    members: Vec<Known<UserId>>,
    streams: Vec<Known<Stream>>,
    missing_until: Time,
}

/// Whom or what the page was told of.
#[derive(Clone, Debug)]
struct Known<T> {
    it: T,
    /// The room has begun a new history since and has not shown it yet: whoever is back first after a restart of the gateway sees
    /// nobody.
    is_missing: bool,
}

impl<T> Known<T> {
    const fn new(it: T) -> Self {
        Self { it, is_missing: false }
    }
}

impl Roster {
    pub(super) fn has_member(&self, user: &UserId) -> bool {
        self.members.iter().any(|known| known.it == *user)
    }

    pub(super) fn stream(&self, user: &UserId, kind: StreamKind) -> Option<&Stream> {
        self.known(user, kind).map(|known| &known.it)
    }

    fn known(&self, user: &UserId, kind: StreamKind) -> Option<&Known<Stream>> {
        self.streams.iter().find(|known| known.it.user == *user && known.it.kind == kind)
    }

    /// Whether the page knows a stream that the room's new history has not shown yet.
    pub(super) fn is_missing(&self, of: &StreamOf) -> bool {
        self.known(&of.user, of.kind).is_some_and(|known| known.is_missing)
    }

    /// The room has begun a new history: what it does not show is waited for until then.
    pub(super) fn begin_anew(&mut self, until: Time) {
        self.missing_until = until;
        self.members.iter_mut().for_each(|known| known.is_missing = true);
        self.streams.iter_mut().for_each(|known| known.is_missing = true);
    }

    /// When the page is told that whoever is still missing is gone.
    pub(super) fn missing_until(&self) -> Option<Time> {
        let is_waiting =
            self.members.iter().any(|known| known.is_missing) || self.streams.iter().any(|known| known.is_missing);
        is_waiting.then_some(self.missing_until)
    }

    /// Removes what was waited for in vain.
    pub(super) fn miss_no_longer(&mut self, out: &mut Doings) {
        self.remove_streams(|known| known.is_missing, out);
        while let Some(known) = self.members.iter().find(|known| known.is_missing) {
            let user = known.it.clone();
            self.remove_member(&user, out);
        }
    }

    pub(super) fn add_member(&mut self, user: UserId, out: &mut Doings) {
        if let Some(known) = self.members.iter_mut().find(|known| known.it == user) {
            known.is_missing = false;
        } else {
            self.members.push(Known::new(user.clone()));
            out.emit(ClientEvent::PeerOnline(Peer { uid: user }));
        }
    }

    pub(super) fn remove_member(&mut self, user: &UserId, out: &mut Doings) {
        self.remove_streams(|known| known.it.user == *user, out);
        if self.has_member(user) {
            self.members.retain(|known| known.it != *user);
            out.emit(ClientEvent::PeerLeave(Peer { uid: user.clone() }));
        }
    }

    /// Adds a stream, or brings a known one up to date; emits what the vendor's mute table says (page "events").
    pub(super) fn set_stream(&mut self, stream: Stream, out: &mut Doings) {
        let known = self.streams.iter_mut().find(|known| known.it.user == stream.user && known.it.kind == stream.kind);
        let Some(known) = known else {
            announce(&stream, out);
            self.streams.push(Known::new(stream));
            return;
        };
        let is_back = core::mem::take(&mut known.is_missing);
        let old = core::mem::replace(&mut known.it, stream.clone());
        if !is_back && (old.stream != stream.stream || old.generation != stream.generation) {
            withdraw(&old, out);
            announce(&stream, out);
            return;
        }
        match (is_on(&old), is_on(&stream)) {
            (false, false) => {}
            (false, true) => announce(&stream, out),
            (true, false) => withdraw(&old, out),
            (true, true) => announce_tracks(&old, &stream, out),
        }
    }

    pub(super) fn remove_stream(&mut self, stream: &StreamId, out: &mut Doings) {
        self.remove_streams(|known| known.it.stream == *stream, out);
    }

    fn remove_streams(&mut self, is_gone: impl Fn(&Known<Stream>) -> bool, out: &mut Doings) {
        self.streams.retain(|known| {
            let is_gone = is_gone(known);
            if is_gone {
                withdraw(&known.it, out);
            }
            !is_gone
        });
    }

    /// Makes the roster equal to a snapshot, but for what is waited for; emits only differences.
    pub(super) fn reconcile(&mut self, snapshot: &Snapshot, me: &UserId, out: &mut Doings) {
        let is_shown =
            |of: &Stream| snapshot.streams.iter().any(|stream| stream.user == of.user && stream.kind == of.kind);
        self.remove_streams(|known| !known.is_missing && !is_shown(&known.it), out);
        let left: Vec<_> = self
            .members
            .iter()
            .filter(|known| !known.is_missing && !snapshot.members.iter().any(|member| member.user == known.it))
            .map(|known| known.it.clone())
            .collect();
        for user in &left {
            self.remove_member(user, out);
        }
        for member in &snapshot.members {
            self.add_member(member.user.clone(), out);
        }
        for stream in snapshot.streams.iter().filter(|stream| stream.user != *me) {
            self.set_stream(stream.clone(), out);
        }
    }
}

const fn is_on(stream: &Stream) -> bool {
    stream.audio || stream.video
}

fn announce(stream: &Stream, out: &mut Doings) {
    if is_on(stream) {
        let StreamRef { uid, screen } = StreamRef::new(&stream.user, stream.kind);
        let stream_publish_state = stream.tracks();
        out.emit(ClientEvent::StreamAdded(StreamAdded { uid, screen, stream_publish_state }));
    }
}

fn withdraw(stream: &Stream, out: &mut Doings) {
    if is_on(stream) {
        out.emit(ClientEvent::StreamRemoved(StreamRef::new(&stream.user, stream.kind)));
    }
}

/// Unmutes come before mutes, so that nobody sees a stream without tracks in between.
fn announce_tracks(old: &Stream, new: &Stream, out: &mut Doings) {
    let stream = StreamRef::new(&new.user, new.kind);
    if !old.audio && new.audio {
        out.emit(ClientEvent::UnmuteAudio(stream.clone()));
    }
    if !old.video && new.video {
        out.emit(ClientEvent::UnmuteVideo(stream.clone()));
    }
    if old.audio && !new.audio {
        out.emit(ClientEvent::MuteAudio(stream.clone()));
    }
    if old.video && !new.video {
        out.emit(ClientEvent::MuteVideo(stream));
    }
}
