//! Streams that move to the media server of another node, because the node that had them is gone.

use miniapp_rtc::protocol::{StreamKind, StreamOf, UserId};

use super::effect::Effect;
use super::input::{NodeId, SocketId};
use super::publication::{Flow, Publication};
use super::state::Room;

impl Room {
    /// Moves a stream to the media server of `node`. Its subscribers are told where to play it when its media has begun there: a
    /// player that came before would be refused.
    pub(super) fn move_stream(&mut self, of: &StreamOf, node: NodeId) {
        let Some(publication) = self.publications.get_mut(&(of.user.clone(), of.kind)) else { return };
        (publication.node, publication.is_homeless) = (node, false);
        publication.untold = publication.subscribers.keys().cloned().collect();
    }

    /// Finds another node for the streams of a node that is gone: that of the publisher's socket.
    pub(super) fn rehouse(&mut self, gone: NodeId, effects: &mut Vec<Effect>) {
        let of_gone = self.publications.iter_mut().filter(|(_, publication)| publication.node == gone);
        let mut owners = Vec::new();
        for ((owner, _), publication) in of_gone {
            publication.is_homeless = true;
            owners.push(owner.clone());
        }
        owners.dedup();
        for owner in owners {
            self.house_streams(&owner, effects);
        }
    }

    /// Tells a member that is here again what it has missed of moves: its own streams move to where it is now.
    pub(super) fn catch_up_with_moves(&mut self, user: &UserId, effects: &mut Vec<Effect>) {
        self.house_streams(user, effects);
        self.tell_subscriber(user, effects);
    }

    /// Moves a member's streams whose node is gone to the node of its socket, and tells it where to push them.
    fn house_streams(&mut self, owner: &UserId, effects: &mut Vec<Effect>) {
        let Some(socket) = self.socket_of(owner) else { return };
        for kind in [StreamKind::Camera, StreamKind::Screen] {
            let key = (owner.clone(), kind);
            if !self.publications.get(&key).is_some_and(|publication| publication.is_homeless) {
                continue;
            }
            let of = StreamOf { user: owner.clone(), kind };
            self.move_stream(&of, socket.node);
            let grant = self.publications.get(&key).map(Publication::push_grant);
            effects.extend(grant.map(|grant| Effect::NewAddress { socket, of, grant }));
        }
    }

    /// The media of a stream has begun: its subscribers are told where, if it has moved.
    pub(super) fn tell_of_move(&mut self, of: &StreamOf, effects: &mut Vec<Effect>) {
        let moved = self.publications.get(&(of.user.clone(), of.kind));
        for subscriber in moved.map_or_else(Default::default, |publication| publication.untold.clone()) {
            self.tell_subscriber(&subscriber, effects);
        }
    }

    /// Tells a subscriber where the streams are now whose media has begun elsewhere, if it is here to be told.
    fn tell_subscriber(&mut self, subscriber: &UserId, effects: &mut Vec<Effect>) {
        let Some(socket) = self.socket_of(subscriber) else { return };
        let Some(session) = self.members.get(subscriber).map(|member| member.session.clone()) else { return };
        for ((user, kind), publication) in &mut self.publications {
            let is_there = matches!(publication.flow, Flow::Live(_));
            if is_there && publication.untold.remove(subscriber) && publication.subscribers.contains_key(subscriber) {
                let (of, grant) =
                    (StreamOf { user: user.clone(), kind: *kind }, publication.play_grant(session.clone()));
                effects.push(Effect::NewAddress { socket, of, grant });
            }
        }
    }

    /// The socket of a member; `None` while it is suspended.
    fn socket_of(&self, user: &UserId) -> Option<SocketId> {
        self.members.get(user).and_then(|member| member.presence.socket())
    }
}
