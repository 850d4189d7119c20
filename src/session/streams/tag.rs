//! A native tag, `live-pusher` or `live-player`: what it was ordered to do, and what it says.

use alloc::string::ToString;

use crate::media::{self, Advice, Meaning, Quality, QualityTracker};
use crate::protocol::{Health, Role};
use crate::session::effect::{Doings, LogLevel};
use crate::session::report::Said;

/// The tag of one stream.
#[derive(Clone, Debug, Default)]
pub(super) struct Tag {
    /// It was told to start pushing, and not yet to stop.
    pub(super) has_started: bool,
    /// It said that a phone call interrupted it, and not yet that it goes on.
    pub(super) is_interrupted: bool,
    quality: QualityTracker,
}

/// What a tag said, and what that means.
pub(super) struct Word {
    /// 0 for a network status.
    pub(super) code: i32,
    /// How the stream does; `None` where that was not said.
    pub(super) health: Option<Health>,
    pub(super) advice: Advice,
    /// Whether the stream can go on without the user or the developer changing something.
    pub(super) recoverable: bool,
}

impl Tag {
    /// Takes what the tag says of media that flow or do not.
    pub(super) fn hear(&mut self, said: &Said, role: Role, is_flowing: bool, out: &mut Doings) -> Word {
        match said {
            Said::Code(code) => {
                let Meaning { health, advice, recoverable, .. } = meaning(role, *code, out);
                if advice == Advice::Interrupted {
                    self.is_interrupted = true;
                } else if health == Some(Health::Live) {
                    self.is_interrupted = false;
                }
                Word { code: *code, health, advice, recoverable }
            }
            Said::Net(status) => {
                self.quality.update(media::quality(status));
                // Net status says how well media flows, not whether it does.
                let health = health_of(self.quality.current()).filter(|_| is_flowing);
                Word { code: 0, health, advice: Advice::Nothing, recoverable: true }
            }
        }
    }
}

fn meaning(role: Role, code: i32, out: &mut Doings) -> Meaning {
    let (tag, meaning) = match role {
        Role::Pusher => ("live-pusher", media::pusher(code)),
        Role::Player => ("live-player", media::player(code)),
    };
    if !meaning.known {
        out.log(LogLevel::Warn, [tag, " gave the unknown code ", &code.to_string()].concat());
    }
    meaning
}

fn health_of(quality: Quality) -> Option<Health> {
    match quality {
        Quality::Unknown => None,
        Quality::Excellent | Quality::Good | Quality::Fair => Some(Health::Live),
        Quality::Poor | Quality::Bad | Quality::Unusable => Some(Health::Weak),
    }
}
