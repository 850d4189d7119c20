//! Requests about streams of one's own.

use miniapp_rtc::protocol::{
    ErrorCode, Event, MuteLocal, Refusal, RemoveReason, Role, StreamKind, StreamRemoved, Tracks, UserId,
};

use super::agenda::Due;
use super::effect::{Effect, Grant, MediaCommand};
use super::input::NodeId;
use super::moment::Moment;
use super::operations::Outcome;
use super::publication::{Flow, Publication};
use super::state::{Room, done};

impl Room {
    /// Leases a stream at the media server of `node`. Others learn of it when its media has started.
    pub(super) fn publish(
        &mut self,
        user: &UserId,
        kind: StreamKind,
        node: NodeId,
        now: Moment,
    ) -> Result<Outcome, Refusal> {
        let key = (user.clone(), kind);
        let others = self.publisher_count(user);
        let taken = self.publications.contains_key(&key);
        let allowed = self.allowed_tracks(&key);
        let name = self.next_name();
        let stream = self.tag.stream(name)?;
        let Some(member) = self.members.get_mut(user) else {
            return Err(Refusal::new(ErrorCode::NotJoined, "the session has ended"));
        };
        if !member.terms.may_publish(now.unix()) {
            return Err(no_publish_privilege());
        }
        if !member.visible {
            return Err(Refusal::new(
                ErrorCode::UserInvisible,
                "an invisible user may not publish; become visible first",
            ));
        }
        if taken {
            return Err(Refusal::new(
                ErrorCode::AlreadyPublished,
                "this kind of stream is already published; unpublish it first",
            ));
        }
        let limit = self.policy.limits.publishers;
        if others >= limit {
            let reason = format!("the room has {limit} publishers, as many as it may have");
            return Err(Refusal::new(ErrorCode::PublisherLimit, reason));
        }
        let publication = Publication {
            node,
            is_homeless: false,
            stream,
            generation: member.publications.count(kind),
            session: member.session.clone(),
            wanted: Tracks::BOTH,
            tracks: allowed,
            flow: Flow::Leased,
            subscribers: Default::default(),
            untold: Default::default(),
        };
        let grant = publication.push_grant();
        self.publications.insert(key, publication);
        Ok(Outcome::Lease(grant))
    }

    /// Ends a stream of one's own.
    pub(super) fn unpublish(
        &mut self,
        user: &UserId,
        kind: StreamKind,
        effects: &mut Vec<Effect>,
    ) -> Result<Outcome, Refusal> {
        if !self.publications.contains_key(&(user.clone(), kind)) {
            return Err(not_published());
        }
        self.end_publication(user, kind, RemoveReason::Unpublished, effects);
        Ok(done())
    }

    /// Says which tracks of one's own stream are on.
    pub(super) fn mute_local(
        &mut self,
        user: &UserId,
        mute: MuteLocal,
        effects: &mut Vec<Effect>,
    ) -> Result<Outcome, Refusal> {
        let publication = self.publications.get_mut(&(user.clone(), mute.kind)).ok_or_else(not_published)?;
        publication.wanted = mute.tracks();
        self.settle_tracks(user, mute.kind, effects);
        Ok(done())
    }

    /// Puts the tracks of a stream on or off, as its publisher wants and the operator lets it.
    pub(super) fn settle_tracks(&mut self, user: &UserId, kind: StreamKind, effects: &mut Vec<Effect>) {
        let key = (user.clone(), kind);
        let allowed = self.allowed_tracks(&key);
        let Some(publication) = self.publications.get_mut(&key) else { return };
        let tracks = publication.wanted.and(allowed);
        let changed = publication.tracks != tracks;
        publication.tracks = tracks;
        if changed {
            let (stream, session) = (publication.stream.clone(), publication.session.clone());
            effects.push(publication.ask_media(MediaCommand::SetTracks { stream, session, tracks }));
        }
        if changed && publication.is_announced() {
            let event = Event::StreamUpdated(publication.to_stream(user, kind));
            self.tell_all(event, effects);
        }
    }

    /// The tracks of a stream that the operator lets through.
    pub(super) fn allowed_tracks(&self, key: &(UserId, StreamKind)) -> Tracks {
        self.muted.get(key).copied().unwrap_or(Tracks::BOTH)
    }

    /// Ends all streams of a user.
    pub(super) fn end_publications(&mut self, user: &UserId, reason: RemoveReason, effects: &mut Vec<Effect>) {
        for kind in [StreamKind::Camera, StreamKind::Screen] {
            self.end_publication(user, kind, reason, effects);
        }
    }

    /// Ends a stream, if there is one: at the media server, for its subscribers, and (if they knew of it) for all.
    pub(super) fn end_publication(
        &mut self,
        user: &UserId,
        kind: StreamKind,
        reason: RemoveReason,
        effects: &mut Vec<Effect>,
    ) {
        let Some(publication) = self.publications.remove(&(user.clone(), kind)) else { return };
        let announced = publication.is_announced();
        let Publication { node, stream, generation, flow, .. } = publication;
        if let Flow::Stalled { until } = flow {
            self.agenda.remove(until, Due::MediaGrace(stream.clone()));
        }
        let command = MediaCommand::EndStream { stream: stream.clone(), generation };
        effects.push(Effect::Media { node, command });
        if announced {
            self.tell_all(Event::StreamRemoved(StreamRemoved { stream, user: user.clone(), kind, reason }), effects);
        }
    }

    /// How many members publish, `user` left out.
    fn publisher_count(&self, user: &UserId) -> usize {
        let mut owners: Vec<&UserId> =
            self.publications.keys().map(|(owner, _)| owner).filter(|owner| *owner != user).collect();
        owners.dedup();
        owners.len()
    }
}

impl Publication {
    /// The publisher's right to push.
    pub(super) fn push_grant(&self) -> Grant {
        Grant {
            node: self.node,
            role: Role::Pusher,
            stream: self.stream.clone(),
            generation: self.generation,
            session: self.session.clone(),
        }
    }
}

pub(super) fn no_publish_privilege() -> Refusal {
    Refusal::new(
        ErrorCode::NoPublishPrivilege,
        "the token does not allow publishing, or no longer; renew it with one that does",
    )
}

pub(super) fn not_published() -> Refusal {
    Refusal::new(ErrorCode::NotPublished, "no such stream is published; publish it first")
}
