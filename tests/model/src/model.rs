//! The [`Calls`] of two phones, as stateright checks them: every order of steps, to a depth.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};

use stateright::{Model, Property};

use crate::promise::Promise;
use crate::reach::{Reach, Reached};
use crate::scene::Scene;
use crate::step::Step;

/// All calls of two phones that differ in the order of what happens.
pub struct Calls {
    depth: u16,
    faults: u8,
    reached: Reached,
    /// Digests of scenes that become well by themselves.
    well: Mutex<HashSet<u64>>,
}

/// More steps than it takes two pages to be in a call.
const CALM_STEPS: u32 = 200;
/// What every scene comes to.
pub const WELL: &str = "all is well in the end";

impl Calls {
    /// Calls of up to `depth` steps, up to `faults` of them faults.
    pub fn new(depth: u16, faults: u8) -> Self {
        Self { depth, faults, reached: Reached::default(), well: Mutex::default() }
    }

    /// What no call came upon.
    pub fn not_reached(&self) -> Vec<Reach> {
        Reach::ALL.iter().copied().filter(|reach| !self.reached.has(*reach)).collect()
    }

    /// Why a scene does not become well by itself.
    ///
    /// # Errors
    /// What is amiss in the end.
    pub fn judge(&self, scene: &Scene) -> Result<(), String> {
        let mut passed = Vec::new();
        let verdict = scene.becomes_well(|scene| {
            let mut hasher = DefaultHasher::new();
            (scene.digests(), scene.now).hash(&mut hasher);
            let digest = hasher.finish();
            passed.push(digest);
            self.reached.add(scene.reached);
            self.well.lock().unwrap_or_else(PoisonError::into_inner).contains(&digest)
        });
        if verdict.is_ok() {
            self.well.lock().unwrap_or_else(PoisonError::into_inner).extend(passed);
        }
        verdict
    }

    fn is_kept(scene: &Scene, promise: Promise) -> bool {
        scene.broken != Some(promise)
    }
}

impl Model for Calls {
    type State = Scene;
    type Action = Step;

    /// Two pages that join, and a call that is up.
    fn init_states(&self) -> Vec<Scene> {
        let joining = Scene::joining(self.faults);
        let mut up = joining.clone();
        for _ in 0..CALM_STEPS {
            if up.is_up() {
                break;
            }
            up = up.after(up.calm_step());
        }
        (up.steps, up.reached) = (0, 0);
        vec![joining, up]
    }

    fn actions(&self, scene: &Scene, steps: &mut Vec<Step>) {
        if scene.steps < self.depth && scene.broken.is_none() {
            steps.extend(scene.possible());
        }
    }

    fn next_state(&self, scene: &Scene, step: Step) -> Option<Scene> {
        let next = scene.after(step);
        self.reached.add(next.reached);
        Some(next)
    }

    /// A scene short of the depth need not be judged for its end: the steps that come when nothing goes wrong are among those
    /// that are tried from it, and lead to one that is.
    fn properties(&self) -> Vec<Property<Self>> {
        let kept: [fn(&Self, &Scene) -> bool; 11] = [
            |_, scene| Self::is_kept(scene, Promise::SettlesOnce),
            |_, scene| Self::is_kept(scene, Promise::PagesKnowTheRoom),
            |_, scene| Self::is_kept(scene, Promise::OneSocket),
            |_, scene| Self::is_kept(scene, Promise::NoEventTwice),
            |_, scene| Self::is_kept(scene, Promise::StatesFormAChain),
            |_, scene| Self::is_kept(scene, Promise::NoGap),
            |_, scene| Self::is_kept(scene, Promise::SnapshotsAgree),
            |_, scene| Self::is_kept(scene, Promise::NoBusyLoop),
            |_, scene| Self::is_kept(scene, Promise::EventsReachEverybody),
            |_, scene| Self::is_kept(scene, Promise::FramesAreWellMade),
            |_, scene| Self::is_kept(scene, Promise::Session),
        ];
        let always = Promise::ALL.iter().zip(kept).map(|(promise, kept)| Property::always(promise.name(), kept));
        let well = Property::always(WELL, |calls: &Self, scene: &Scene| {
            scene.steps < calls.depth || scene.broken.is_some() || calls.judge(scene).is_ok()
        });
        always.chain([well]).collect()
    }
}
