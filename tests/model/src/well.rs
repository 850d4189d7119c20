//! What must be true in the end: no fault strikes any more, everything arrives, timers fire in their order, and all is well.

use miniapp_rtc::session::ConnectionState;
use miniapp_rtc_gateway::room::ConnectionId;

use crate::page::{Flow, PUBLISHER};
use crate::scene::Scene;
use crate::step::Step;
use crate::view;

/// How long a scene may take to be well: a half-open socket is found, a session comes back or ends, a stream is repaired as
/// often as it may be, whoever does not come back is missed no longer.
const PATIENCE_MS: u64 = 60_000;
/// More steps than that much time can have.
const MOST_STEPS: u32 = 5_000;

impl Scene {
    /// The scene that comes next when nothing goes wrong: what is on its way arrives, queue by queue; then hidden apps are
    /// shown, held up news arrive, and time passes. It is one of the ways that a check tries.
    pub(crate) fn calm_step(&self) -> Step {
        self.possible().first().copied().unwrap_or(Step::Time)
    }

    /// Whether it becomes well by itself; where not, why. `is_known` is asked on the way, and may know that it does.
    pub(crate) fn becomes_well(&self, mut is_known: impl FnMut(&Self) -> bool) -> Result<(), String> {
        let end = self.now + PATIENCE_MS;
        let mut scene = self.clone();
        scene.faults_left = 0;
        for _ in 0..MOST_STEPS {
            if is_known(&scene) {
                return Ok(());
            }
            if scene.now >= end && scene.deliveries().is_empty() {
                return scene.is_well();
            }
            scene = scene.after(scene.calm_step());
            if let Some(promise) = scene.broken {
                return Err(promise.name().into());
            }
        }
        Err("it does not come to rest".into())
    }

    fn is_well(&self) -> Result<(), String> {
        self.phones_are_well()?;
        self.stream_is_well()
    }

    /// Everybody is in the room, or was told not to be; both pages see the room that is.
    fn phones_are_well(&self) -> Result<(), String> {
        let room = self.gateway.room();
        let newest = room.map(|room| room.snapshot(&view::user_id(PUBLISHER)).epoch);
        let newest = newest.and_then(|epoch| self.gateway.archive.get(epoch.as_str())).and_then(|all| all.last());
        let truth = newest.copied().unwrap_or_default();
        for (phone, it) in self.phones.iter().enumerate() {
            if !it.page.calls.is_empty() {
                return Err(format!("phone {phone}: calls are open: {:?}", it.page.calls));
            }
            let is_in = it.page.state == ConnectionState::Connected;
            if !is_in && !matches!(it.page.state, ConnectionState::Idle | ConnectionState::Disconnected) {
                return Err(format!("phone {phone} is {:?}", it.page.state));
            }
            if truth[phone].is_there != is_in {
                return Err(format!("phone {phone} is in the room: {is_in}, the room says otherwise"));
            }
            let (told, other) = (it.page.other, truth[1 - phone]);
            if is_in && told != other {
                return Err(format!("phone {phone} sees {told:?}, the room has {other:?}"));
            }
        }
        let inside = self.phones.iter().filter(|it| it.page.state == ConnectionState::Connected).count();
        let sessions = room.map_or(0, |room| room.counts().sessions);
        if sessions != inside || self.gateway.sockets.len() != inside {
            let sockets = self.gateway.sockets.len();
            return Err(format!("{inside} phones are in the room, which has {sessions} sessions on {sockets} sockets"));
        }
        Ok(())
    }

    /// The stream is live and played, or its page was told that it is not.
    fn stream_is_well(&self) -> Result<(), String> {
        let live = self.gateway.live_publications();
        let pushed: Vec<_> = self.media.streams.iter().filter(|(_, live)| live.publisher.is_some()).collect();
        let [first, second] = &self.phones;
        let connection = |it: &crate::phone::Phone| it.tag.as_ref().and_then(|tag| tag.connection);
        match (first.page.flow, live.as_slice(), pushed.as_slice()) {
            (Flow::On, [live], [(stream, _)]) => {
                if connection(first).map(ConnectionId) != Some(live.connection) || live.stream != **stream {
                    return Err("the stream is pushed by another".into());
                }
                let is_muted = first.page.is_muted;
                let tracks = self.tracks();
                if is_muted.is_some_and(|is_off| tracks != Some((!is_off, true))) {
                    return Err(format!("the page has muted its sound: {is_muted:?}, the room has {tracks:?}"));
                }
            }
            (Flow::Failed, [], []) => {}
            (Flow::Off, [], []) if first.page.state != ConnectionState::Connected => {}
            (flow, live, pushed) => return Err(format!("published: {flow:?}, live {live:?}, pushed {pushed:?}")),
        }
        if second.page.state != ConnectionState::Connected || live.is_empty() {
            return Ok(());
        }
        let number = connection(second);
        let is_playing = pushed.iter().any(|(_, live)| live.players.iter().any(|(player, ..)| Some(*player) == number));
        match second.page.flow {
            Flow::On if is_playing => Ok(()),
            Flow::Failed => Ok(()),
            flow => Err(format!("received: {flow:?}, plays: {is_playing}")),
        }
    }

    /// Which tracks of the stream the room believes to be on.
    fn tracks(&self) -> Option<(bool, bool)> {
        let snapshot = self.gateway.room()?.snapshot(&view::user_id(PUBLISHER));
        snapshot.streams.first().map(|stream| (stream.audio, stream.video))
    }
}
