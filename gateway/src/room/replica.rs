//! What a [`Room`] is asked where several processes keep copies of it: by each process, about its own part.

use miniapp_rtc::protocol::{Answer, Epoch, Event, Health, Method, Pong, Role};

use super::agenda::Due;
use super::effect::Effect;
use super::input::{Asked, Command, Input, NodeId, SocketId};
use super::moment::Moment;
use super::name::RoomName;
use super::publication::Flow;
use super::state::Room;
use super::tag::RoomTag;

impl Room {
    /// Which room it is.
    pub fn name(&self) -> &RoomName {
        &self.name
    }

    /// The name of this life of it.
    pub fn tag(&self) -> &RoomTag {
        &self.tag
    }

    /// The sockets of a process that carry sessions of this room.
    pub fn sockets_of(&self, node: NodeId) -> impl Iterator<Item = SocketId> {
        let of_node = SocketId { node, number: 0 }..=SocketId { node, number: u64::MAX };
        self.sockets.range(of_node).map(|(socket, _)| *socket)
    }

    /// What an input brings about, where that changes nothing in the room: a ping, a look at the room, a report that asks for
    /// nothing. `None` for every other input, and while something is due.
    pub fn look(&self, input: &Input, now: Moment) -> Option<Vec<Effect>> {
        if self.next_due().is_some_and(|due| due <= now.ms) {
            return None;
        }
        match input {
            Input::Ask(Asked { socket, id, operation: None, command }) => {
                let user = self.sockets.get(socket)?;
                let (method, answer) = match command {
                    Command::Ping(_) => {
                        let pong = Pong { offset: self.log.offset(), server_time: now.unix() };
                        (Method::Ping, Answer::Pong(pong))
                    }
                    Command::Sync(_) => (Method::Sync, Answer::Synced(self.snapshot(user))),
                    Command::Join(_)
                    | Command::Leave(_)
                    | Command::MuteLocal(_)
                    | Command::MuteRemote(_)
                    | Command::Publish(_)
                    | Command::RenewToken(_)
                    | Command::RenewUrl(_)
                    | Command::Resume(_)
                    | Command::SetVisibility(_)
                    | Command::Subscribe(_)
                    | Command::Unpublish(_)
                    | Command::Unsubscribe(_) => return None,
                };
                Some(vec![Effect::Answer { socket: *socket, id: *id, method, answer }])
            }
            Input::Report { report, .. } => {
                (report.role != Role::Pusher || report.health != Health::Failed).then(Vec::new)
            }
            Input::Ask(_)
            | Input::LoseSocket(_)
            | Input::Expel(_)
            | Input::Media { .. }
            | Input::Order(_)
            | Input::Tick => None,
        }
    }

    /// A process is gone, with its sockets and its media server. Its streams move to where their publishers are.
    pub fn lose_node(&mut self, node: NodeId, now: Moment) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.fall_due(now, &mut effects);
        let sockets: Vec<SocketId> = self.sockets_of(node).collect();
        for socket in sockets {
            self.lose_socket(socket, now, &mut effects);
        }
        let until = now.ms.saturating_add(self.policy.times.media_grace_ms.into());
        let mut stalled = Vec::new();
        for ((user, kind), publication) in &mut self.publications {
            if publication.node == node && matches!(publication.flow, Flow::Live(_)) {
                publication.flow = Flow::Stalled { until };
                self.agenda.add(until, Due::MediaGrace(publication.stream.clone()));
                stalled.push(publication.to_stream_is(user, *kind));
            }
        }
        for stream in stalled {
            self.tell_all(Event::StreamStalled(stream), &mut effects);
        }
        self.rehouse(node, &mut effects);
        effects
    }

    /// Whether the process has sockets or streams of this room.
    pub fn has_part_of(&self, node: NodeId) -> bool {
        self.sockets_of(node).next().is_some() || self.publications.values().any(|publication| publication.node == node)
    }

    /// The history before may have been told otherwise elsewhere: another one begins. Who resumes is given a snapshot.
    pub fn begin_epoch(&mut self, epoch: Epoch) {
        self.log.begin(epoch);
    }
}
