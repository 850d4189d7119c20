//! A [`Fault`] is something that goes wrong, planned before the world begins: the plan of each kind comes from a source of
//! chance of its own, so that one kind can be left out and the others stay where they are.

use fastrand::Rng;

use crate::queue::Ms;

macro_rules! kinds {
    ($($kind:ident = $name:literal, $what:literal;)*) => {
        /// What goes wrong.
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
        pub enum FaultKind {
            $(#[doc = $what] $kind,)*
        }

        impl FaultKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// Its name on the command line and in tables.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$kind => $name),* }
            }

            /// What it is.
            pub const fn what(self) -> &'static str {
                match self { $(Self::$kind => $what),* }
            }
        }
    };
}

kinds! {
    AddressDead = "address-dead", "One of the two gateway addresses cannot be reached for a while.";
    AudioTaken = "audio-taken", "Something else takes the microphone of a phone for a while.";
    CallBurst = "call-burst", "A page calls far more often than it may.";
    Cut = "cut", "A socket breaks; what was on its way is lost.";
    Delay = "delay", "A phone's network is slow for a while.";
    DuplicateLogin = "duplicate-login", "The user of one phone logs in on another one.";
    ForeignEvent = "foreign-event", "An event of another history of the room reaches a phone.";
    Freeze = "freeze", "A phone's JavaScript stops for a while; its sockets stay.";
    Garble = "garble", "The next frame to a phone cannot be read.";
    GatewayClock = "gateway-clock", "The wall clock of the gateway jumps.";
    GatewayDrain = "gateway-drain", "The gateway says goodbye, stops, and starts without memory.";
    GatewayKill = "gateway-kill", "The gateway dies with its media server, and starts without memory.";
    HalfOpen = "half-open", "A socket swallows what one or both ends send; later it breaks, or never.";
    Hide = "hide", "The mini-program goes to the background; after 5 s its sockets are cut and it sleeps.";
    HookDouble = "hook-double", "The media server tells its next news twice.";
    HookLate = "hook-late", "The media server's next news come late, after newer ones.";
    HookLost = "hook-lost", "The media server's next news are lost.";
    LeaseShort = "lease-short", "Leases of this world end before a slow tag has connected.";
    MediaCut = "media-cut", "The media connections of a phone break.";
    MediaDown = "media-down", "The media server takes no connections for a while.";
    Offline = "offline", "A phone has no network for a while, and knows it or not.";
    PhoneClock = "phone-clock", "The wall clock of a phone jumps.";
    Privilege = "privilege", "The rights in a token end before the token.";
    Repeat = "repeat", "An ordered event reaches a phone twice.";
    SlowReader = "slow-reader", "A phone does not read its socket for a while.";
    TagFails = "tag-fails", "A native tag says a code of its tables, or one that no table holds.";
    TokenShort = "token-short", "Tokens of this world end during the call.";
    WeakNetwork = "weak-network", "A phone says that its network is weak, and it is.";
    SignalEarly = "signal-early", "A phone is hidden, offline or without its microphone while it is not connected.";
    LeaveInside = "leave-inside", "A page leaves, or destroys its client, inside an event.";
}

/// The faults of one world. Kinds that shape a whole world (short tokens, leases) have entries without effect of their own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    /// When it begins.
    pub at: Ms,
    /// What it is.
    pub kind: FaultKind,
    /// Picks among phones, sockets, directions.
    pub pick: u32,
    /// How bad or long it is.
    pub size: u32,
}

/// Which kinds a world of this seed has, `without` left out, and when.
pub(crate) fn plan(seed: u64, until: Ms, without: &[FaultKind]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (number, kind) in (1_u64..).zip(FaultKind::ALL) {
        let mut random = Rng::with_seed(seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        // Some worlds know a kind not at all, some often: combinations come about that an even mixture would never show.
        let count = match random.u32(0..100) {
            0..55 => 0,
            55..80 => 1,
            80..93 => random.u32(2..4),
            _ => random.u32(4..9),
        };
        if without.contains(kind) {
            continue;
        }
        faults.extend((0..count).map(|index| {
            // The first of these comes before pages have joined.
            let is_early = *kind == FaultKind::SignalEarly && index == 0;
            let at = if is_early { random.u64(0..3_000) } else { random.u64(500..until) };
            Fault { at, kind: *kind, pick: random.u32(..), size: random.u32(..) }
        }));
    }
    faults.sort_by_key(|fault| (fault.at, fault.kind));
    faults
}
