//! Requests about streams of others, and new addresses for any stream.

use miniapp_rtc::protocol::{ErrorCode, MuteRemote, Refusal, Role, SessionId, StreamKind, StreamOf, Subscribe, UserId};

use super::effect::{Effect, Grant, MediaCommand};
use super::input::NodeId;
use super::moment::Moment;
use super::operations::Outcome;
use super::publication::{Flow, Publication};
use super::publishing::{no_publish_privilege, not_published};
use super::state::{Room, done};

impl Room {
    /// Leases the playing of a stream, or leases it again with another choice of tracks.
    pub(super) fn subscribe(
        &mut self,
        user: &UserId,
        subscribe: &Subscribe,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) -> Result<Outcome, Refusal> {
        let session = self.subscriber_session(user, now)?;
        let key = self.stream_of_other(user, &subscribe.user, subscribe.kind)?;
        self.check_subscriptions(user, &key)?;
        let publication = self.publications.get_mut(&key).ok_or_else(stream_not_found)?;
        let tracks = subscribe.tracks();
        publication.subscribers.insert(user.clone(), tracks);
        let grant = publication.play_grant(session.clone());
        let stream = publication.stream.clone();
        effects.push(publication.ask_media(MediaCommand::SetTracks { stream, session, tracks }));
        Ok(Outcome::Lease(grant))
    }

    /// Ends a subscription.
    pub(super) fn unsubscribe(
        &mut self,
        user: &UserId,
        of: &StreamOf,
        effects: &mut Vec<Effect>,
    ) -> Result<Outcome, Refusal> {
        let session = self.session_of(user)?;
        let publication = self.publications.get_mut(&(of.user.clone(), of.kind)).ok_or_else(not_subscribed)?;
        publication.subscribers.remove(user).ok_or_else(not_subscribed)?;
        let stream = publication.stream.clone();
        effects.push(publication.ask_media(MediaCommand::EndSubscription { stream, session }));
        Ok(done())
    }

    /// Pauses or resumes tracks of a subscribed stream.
    pub(super) fn mute_remote(
        &mut self,
        user: &UserId,
        mute: &MuteRemote,
        effects: &mut Vec<Effect>,
    ) -> Result<Outcome, Refusal> {
        let session = self.session_of(user)?;
        let publication = self.publications.get_mut(&(mute.user.clone(), mute.kind)).ok_or_else(not_subscribed)?;
        let tracks = mute.tracks();
        let before = publication.subscribers.get_mut(user).ok_or_else(not_subscribed)?;
        if *before != tracks {
            *before = tracks;
            let stream = publication.stream.clone();
            effects.push(publication.ask_media(MediaCommand::SetTracks { stream, session, tracks }));
        }
        Ok(done())
    }

    /// Leases a stream again, to push it (one's own, then to the media server of `node` if it does not flow) or to play it.
    pub(super) fn renew_url(
        &mut self,
        user: &UserId,
        of: &StreamOf,
        node: NodeId,
        now: Moment,
    ) -> Result<Outcome, Refusal> {
        if of.user == *user {
            let publication = self.publications.get(&(user.clone(), of.kind)).ok_or_else(not_published)?;
            if !self.members.get(user).is_some_and(|member| member.terms.may_publish(now.unix())) {
                return Err(no_publish_privilege());
            }
            if publication.node != node && !matches!(publication.flow, Flow::Live(_)) {
                self.move_stream(of, node);
            }
            let publication = self.publications.get(&(user.clone(), of.kind)).ok_or_else(not_published)?;
            return Ok(Outcome::Lease(publication.push_grant()));
        }
        let session = self.subscriber_session(user, now)?;
        let publication = self.publications.get(&(of.user.clone(), of.kind)).ok_or_else(not_subscribed)?;
        if !publication.subscribers.contains_key(user) {
            return Err(not_subscribed());
        }
        Ok(Outcome::Lease(publication.play_grant(session)))
    }

    fn session_of(&self, user: &UserId) -> Result<SessionId, Refusal> {
        let gone = || Refusal::new(ErrorCode::NotJoined, "the session has ended");
        self.members.get(user).map(|member| member.session.clone()).ok_or_else(gone)
    }

    fn subscriber_session(&self, user: &UserId, now: Moment) -> Result<SessionId, Refusal> {
        let session = self.session_of(user)?;
        if !self.members.get(user).is_some_and(|member| member.terms.may_subscribe(now.unix())) {
            let reason = "the token does not allow subscribing, or no longer; renew it with one that does";
            return Err(Refusal::new(ErrorCode::NoSubscribePrivilege, reason));
        }
        Ok(session)
    }

    /// The key of a stream that the room has been told of.
    fn stream_of_other(
        &self,
        user: &UserId,
        owner: &UserId,
        kind: StreamKind,
    ) -> Result<(UserId, StreamKind), Refusal> {
        if user == owner || !self.visible.contains(owner) {
            return Err(Refusal::new(ErrorCode::UserNotFound, "the room has no such visible user but oneself"));
        }
        let key = (owner.clone(), kind);
        match self.publications.get(&key) {
            Some(publication) if publication.is_announced() => Ok(key),
            Some(_) | None => Err(stream_not_found()),
        }
    }

    fn check_subscriptions(&self, user: &UserId, key: &(UserId, StreamKind)) -> Result<(), Refusal> {
        let limits = self.policy.limits;
        let wanted = self.publications.get(key);
        if wanted.is_some_and(|publication| publication.subscribers.contains_key(user)) {
            return Ok(());
        }
        let own = self.publications.values().filter(|publication| publication.subscribers.contains_key(user)).count();
        if own >= limits.subscriptions_per_user {
            let reason = format!("a user may subscribe to {own} streams; unsubscribe from one first");
            return Err(Refusal::new(ErrorCode::SubscriptionLimit, reason));
        }
        let of_room = self.publications.values().filter(|publication| !publication.subscribers.is_empty()).count();
        let is_new = wanted.is_some_and(|publication| publication.subscribers.is_empty());
        if is_new && of_room >= limits.subscribed_streams {
            let reason = format!("{of_room} different streams of the room have subscribers, as many as may have");
            return Err(Refusal::new(ErrorCode::SubscriptionLimit, reason));
        }
        Ok(())
    }
}

impl Publication {
    /// A subscriber's right to play.
    pub(super) fn play_grant(&self, session: SessionId) -> Grant {
        let (node, stream, generation) = (self.node, self.stream.clone(), self.generation);
        Grant { node, role: Role::Player, stream, generation, session }
    }
}

fn stream_not_found() -> Refusal {
    Refusal::new(
        ErrorCode::StreamNotFound,
        "the user has no such stream, or its media has not started; wait for stream_added",
    )
}

fn not_subscribed() -> Refusal {
    Refusal::new(ErrorCode::NotSubscribed, "there is no such subscription; subscribe first")
}
