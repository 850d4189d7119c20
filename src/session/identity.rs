//! Fresh names and chances: socket generations, operation ids and jitter, all from one seed.

use alloc::string::ToString;

use crate::protocol::OperationId;

/// Makes what must not repeat within a session.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    /// State of a xorshift generator. Jitter and operation ids need no secrecy.
    random: u32,
    prefix: u32,
    operations: u32,
    generation: u32,
}

impl Identity {
    pub(super) fn new(seed: u32) -> Self {
        let mut identity = Self { random: seed | 1, prefix: 0, operations: 0, generation: 0 };
        identity.prefix = identity.random();
        identity
    }

    pub(super) fn generation(&mut self) -> u32 {
        self.generation = self.generation.wrapping_add(1);
        self.generation
    }

    pub(super) fn operation(&mut self) -> Option<OperationId> {
        self.operations = self.operations.wrapping_add(1);
        OperationId::parse([self.prefix.to_string().as_str(), "-", &self.operations.to_string()].concat()).ok()
    }

    /// A number from 0 up to and including `most`.
    pub(super) fn up_to(&mut self, most: u32) -> u32 {
        match most.checked_add(1) {
            Some(count) => self.random() % count,
            None => self.random(),
        }
    }

    fn random(&mut self) -> u32 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 17;
        self.random ^= self.random << 5;
        self.random
    }
}
