//! A [`Scene`] is one state of the model: two phones with the real session, the gateway with the real room, a media server,
//! and what is on its way between them.

use std::hash::{Hash, Hasher};

use crate::gateway::Gateway;
use crate::media::Media;
use crate::network::Network;
use crate::page::Flow;
use crate::part::Part;
use crate::phone::Phone;
use crate::promise::Promise;
use crate::reach::{self, Reach};

/// One state of the model.
#[derive(Clone, Debug)]
pub struct Scene {
    /// Milliseconds since it began.
    pub(crate) now: u64,
    pub(crate) phones: [Part<Phone>; 2],
    pub(crate) network: Part<Network>,
    pub(crate) gateway: Part<Gateway>,
    pub(crate) media: Part<Media>,
    /// Faults that may still come.
    pub(crate) faults_left: u8,
    /// Steps taken since the check began.
    pub(crate) steps: u16,
    /// The first promise that was broken.
    pub(crate) broken: Option<Promise>,
    /// What the last step came upon; no part of what the scene is.
    pub(crate) reached: u32,
}

/// What two scenes are compared by.
type Essence = ([Option<u64>; 5], u64, u8, u16, Option<Promise>);

impl Scene {
    /// Both pages have called `join`.
    pub(crate) fn joining(faults: u8) -> Self {
        let mut scene = Self {
            now: 0,
            phones: [0, 1].map(|user| Part::new(Phone::new(user))),
            network: Part::new(Network::default()),
            gateway: Part::new(Gateway::new()),
            media: Part::new(Media::default()),
            faults_left: faults,
            steps: 0,
            broken: None,
            reached: 0,
        };
        scene.open_page(0);
        scene.open_page(1);
        scene.finish();
        scene
    }

    /// Everything that follows at once from a step happens, and the scene is what it then is.
    pub(crate) fn finish(&mut self) {
        self.run_phones();
        if self.network.links.iter().any(|link| link.is_done()) {
            self.network.edit().sweep();
        }
        self.phones.iter_mut().for_each(Part::seal);
        self.network.seal();
        self.gateway.seal();
        self.media.seal();
    }

    /// Whether the call is up: the stream is published and received, and nothing is on its way.
    pub(crate) fn is_up(&self) -> bool {
        self.phones.iter().all(|it| it.page.flow == Flow::On) && self.deliveries().is_empty()
    }

    /// A promise is broken; the first one counts.
    pub(crate) fn break_promise(&mut self, promise: Promise) {
        self.broken.get_or_insert(promise);
    }

    pub(crate) fn reach(&mut self, reach: Reach) {
        self.reached |= reach::bit(reach);
    }

    /// What it is apart from how it was come to, as a number.
    pub(crate) fn digests(&self) -> [Option<u64>; 5] {
        let [first, second] = &self.phones;
        [first.digest(), second.digest(), self.network.digest(), self.gateway.digest(), self.media.digest()]
    }

    fn essence(&self) -> Essence {
        (self.digests(), self.now, self.faults_left, self.steps, self.broken)
    }
}

impl Hash for Scene {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.essence().hash(state);
    }
}

impl PartialEq for Scene {
    fn eq(&self, other: &Self) -> bool {
        self.essence() == other.essence()
    }
}
