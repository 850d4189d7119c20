//! The roster: who else is in the room and what they publish, as the page was told.

use alloc::vec::Vec;

use super::effect::Outbox;
use super::event::{ClientEvent, Peer, PublishState, StreamAdded, StreamRef};
use crate::protocol::{Snapshot, Stream, StreamId, StreamKind, UserId};

/// Everybody but ourselves.
#[derive(Debug, Default)]
pub(super) struct Roster {
    members: Vec<UserId>,
    streams: Vec<Stream>,
}

impl Roster {
    pub(super) fn has_member(&self, user: &UserId) -> bool {
        self.members.contains(user)
    }

    pub(super) fn stream(&self, user: &UserId, kind: StreamKind) -> Option<&Stream> {
        self.streams.iter().find(|stream| stream.user == *user && stream.kind == kind)
    }

    pub(super) fn add_member(&mut self, user: UserId, out: &mut Outbox) {
        if !self.has_member(&user) {
            self.members.push(user.clone());
            out.emit(ClientEvent::PeerOnline(Peer { uid: user }));
        }
    }

    pub(super) fn remove_member(&mut self, user: &UserId, out: &mut Outbox) {
        while let Some(stream) = self.streams.iter().find(|stream| stream.user == *user).cloned() {
            self.remove_stream(&stream.stream, out);
        }
        if self.has_member(user) {
            self.members.retain(|member| member != user);
            out.emit(ClientEvent::PeerLeave(Peer { uid: user.clone() }));
        }
    }

    /// Adds a stream, or brings a known one up to date; emits what the vendor's mute table says (page "events").
    pub(super) fn set_stream(&mut self, stream: Stream, out: &mut Outbox) {
        let known = self.streams.iter_mut().find(|known| known.user == stream.user && known.kind == stream.kind);
        let Some(known) = known else {
            announce(&stream, out);
            self.streams.push(stream);
            return;
        };
        let old = core::mem::replace(known, stream.clone());
        if old.stream != stream.stream || old.generation != stream.generation {
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

    pub(super) fn remove_stream(&mut self, stream: &StreamId, out: &mut Outbox) {
        let Some(index) = self.streams.iter().position(|known| known.stream == *stream) else { return };
        withdraw(&self.streams.remove(index), out);
    }

    /// Makes the roster equal to a snapshot; emits only differences.
    pub(super) fn reconcile(&mut self, snapshot: &Snapshot, me: &UserId, out: &mut Outbox) {
        let gone: Vec<_> = self
            .streams
            .iter()
            .filter(|known| {
                !snapshot.streams.iter().any(|stream| stream.user == known.user && stream.kind == known.kind)
            })
            .map(|known| known.stream.clone())
            .collect();
        for stream in &gone {
            self.remove_stream(stream, out);
        }
        let left: Vec<_> = self
            .members
            .iter()
            .filter(|known| !snapshot.members.iter().any(|member| member.user == **known))
            .cloned()
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

fn announce(stream: &Stream, out: &mut Outbox) {
    if is_on(stream) {
        let StreamRef { uid, screen } = StreamRef::new(&stream.user, stream.kind);
        let stream_publish_state = PublishState { audio: stream.audio, video: stream.video };
        out.emit(ClientEvent::StreamAdded(StreamAdded { uid, screen, stream_publish_state }));
    }
}

fn withdraw(stream: &Stream, out: &mut Outbox) {
    if is_on(stream) {
        out.emit(ClientEvent::StreamRemoved(StreamRef::new(&stream.user, stream.kind)));
    }
}

/// Unmutes come before mutes, so that nobody sees a stream without tracks in between.
fn announce_tracks(old: &Stream, new: &Stream, out: &mut Outbox) {
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
