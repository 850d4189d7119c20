//! [`Counts`] are what happened in worlds, in numbers.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use crate::fault::FaultKind;
use crate::reach::Reach;

macro_rules! counts {
    ($($field:ident = $name:literal;)*) => {
        /// What happened, in numbers.
        #[derive(Clone, Debug, Default)]
        pub struct Counts {
            $(#[doc = $name] pub $field: u64,)*
            /// Faults by kind.
            pub faults: BTreeMap<FaultKind, u64>,
            /// States of the list that worlds have to come upon.
            pub reached: BTreeMap<Reach, u64>,
        }

        impl Counts {
            /// Each number with its name.
            pub fn rows(&self) -> Vec<(&'static str, u64)> {
                vec![$(($name, self.$field)),*]
            }
        }

        impl AddAssign<&Counts> for Counts {
            fn add_assign(&mut self, other: &Self) {
                $(self.$field += other.$field;)*
                for (kind, count) in &other.faults {
                    *self.faults.entry(*kind).or_default() += count;
                }
                for (reach, count) in &other.reached {
                    *self.reached.entry(*reach).or_default() += count;
                }
            }
        }
    };
}

counts! {
    worlds = "worlds (seeds)";
    virtual_ms = "virtual milliseconds";
    events_handled = "things that happened";
    inputs = "inputs to sessions and rooms";
    calls = "calls settled";
    calls_failed = "of them with an error";
    attempts = "sockets asked for";
    sockets = "sockets opened";
    outages = "outages of joined sessions";
    recoveries = "of them recovered";
    connected = "rooms entered";
    resumes = "resumes sent";
    syncs = "syncs sent";
    frames_up = "frames from phones";
    frames_down = "frames to phones";
    events = "room events";
    applied = "events applied by sessions";
    replayed = "events replayed by resumes";
    snapshots = "snapshots taken by sessions";
    page_events = "events told to pages";
    media_connections = "media connections accepted";
    url_updates = "new addresses given to tags";
    repairs = "new addresses asked for";
    controls = "orders to native tags";
    streams_failed = "streams given up";
    strangers = "sockets of strangers";
}

impl Counts {
    /// A fault took effect.
    pub(crate) fn fault(&mut self, kind: FaultKind) {
        *self.faults.entry(kind).or_default() += 1;
    }
}
