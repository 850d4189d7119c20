//! [`Operations`] are the results of a session's newest requests, kept for a while so that a repeat has no second effect.

use std::collections::VecDeque;

use miniapp_rtc::protocol::{Answer, Method, OperationId, Refusal};
use serde::{Deserialize, Serialize};

use super::effect::Grant;
use super::forms::AnswerForm;

/// The result of a request.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) enum Outcome {
    /// It was granted.
    Answer(#[serde(with = "AnswerForm")] Answer),
    /// It was granted with a lease; a repeat gets the same lease with addresses signed anew.
    Lease(Grant),
    /// It was refused.
    Refused(Refusal),
}

impl Outcome {
    /// Whether a repeat gets it again. What was refused for its form, for its rate or for a fault of the gateway has not been
    /// decided: the repeat is carried out.
    pub(super) fn is_result(&self) -> bool {
        match self {
            Self::Answer(_) | Self::Lease(_) => true,
            Self::Refused(refusal) => (4100..4400).contains(&refusal.code),
        }
    }
}

/// The results of one session.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Operations {
    kept: VecDeque<Kept>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Kept {
    operation: OperationId,
    method: Method,
    outcome: Outcome,
    until: u64,
}

impl Operations {
    /// The method and result of an operation that has been carried out.
    pub(super) fn find(&self, operation: &OperationId, now_ms: u64) -> Option<(Method, &Outcome)> {
        self.kept
            .iter()
            .rev()
            .find(|kept| kept.operation == *operation && now_ms < kept.until)
            .map(|kept| (kept.method, &kept.outcome))
    }

    /// Keeps a result until `until`, at the expense of the oldest where there are more than `capacity`.
    pub(super) fn keep(
        &mut self,
        operation: OperationId,
        method: Method,
        outcome: Outcome,
        until: u64,
        now_ms: u64,
        capacity: usize,
    ) {
        self.kept.push_back(Kept { operation, method, outcome, until });
        while self.kept.len() > capacity || self.kept.front().is_some_and(|oldest| oldest.until <= now_ms) {
            self.kept.pop_front();
        }
    }
}
