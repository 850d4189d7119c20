//! What strikes gateways that share rooms: [`Fault`].

/// What can happen to a gateway, to Redis, or to the network between them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fault {
    /// A gateway is killed; another takes its place.
    GatewayKilled,
    /// A gateway does nothing for longer than its lease.
    GatewayHung,
    /// A gateway and Redis do not reach each other for longer than a lease.
    NetworkCut,
    /// Redis is killed, and starts with all that it has written.
    RedisKilled,
    /// Redis is killed, and has lost the newest of what it has written.
    RedisTruncated,
    /// Redis is killed, and starts with nothing.
    RedisEmptied,
    /// Redis answers nothing for longer than a lease.
    RedisHung,
    /// Redis takes no writes, for want of memory.
    RedisFull,
    /// A gateway and Redis are killed at once.
    BothKilled,
}

impl Fault {
    /// Every one, with its name in the table, and how often it comes beside the others.
    pub(super) const ALL: [(Self, &'static str, u64); 9] = [
        (Self::GatewayKilled, "gateways killed", 6),
        (Self::GatewayHung, "gateways hung", 5),
        (Self::NetworkCut, "cut off", 4),
        (Self::RedisKilled, "Redis killed", 2),
        (Self::RedisTruncated, "truncated", 2),
        (Self::RedisEmptied, "emptied", 2),
        (Self::RedisHung, "Redis hung", 2),
        (Self::RedisFull, "full", 2),
        (Self::BothKilled, "both killed", 2),
    ];

    /// One of them, by a number that is as large as one likes.
    pub(super) fn of(number: u64) -> Self {
        let all: u64 = Self::ALL.iter().map(|(_, _, weight)| weight).sum();
        let mut left = number % all;
        for (fault, _, weight) in Self::ALL {
            match left.checked_sub(weight) {
                Some(rest) => left = rest,
                None => return fault,
            }
        }
        Self::GatewayKilled
    }
}
