//! A meaning: what a native code says about its stream, and what to do about it.

use crate::protocol::Health;

/// How much a code matters to the people in the call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Severity {
    /// The tag goes its ordinary way.
    Info,
    /// Worth knowing; picture and sound are as good as before.
    Notice,
    /// Picture or sound suffers, or is away for a while.
    Warning,
    /// Picture or sound has stopped, and the native tag will not bring it back.
    Fatal,
}

/// What the core answers when it sees a code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Advice {
    /// Nothing is to be done, or nothing can be.
    Nothing,
    /// The native tag tries again by itself; a second attempt beside it would only get in its way.
    Wait,
    /// Stop the tag and start it again with the address it has.
    PlayAgain,
    /// The address is refused or used up: ask the gateway for a new one and give it to the tag.
    NewUrl,
    /// The tag itself is broken: take it out of the page and put a new one in.
    Remount,
    /// The user must allow the camera, the microphone or the screen; asking again without the user is useless.
    Permission,
    /// The mini-program is in the background: what to do is for the application's background policy to say.
    Background,
    /// A phone call or another call of WeChat has camera and microphone: nothing is repaired before that ends.
    Interrupted,
}

/// What a native code means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Meaning {
    /// How much the code matters to the people in the call.
    pub severity: Severity,
    /// How the stream is doing from now on; `None` if the code does not tell.
    pub health: Option<Health>,
    /// What the core does about the code.
    pub advice: Advice,
    /// Whether the stream can go on without the user or the developer changing something.
    pub recoverable: bool,
    /// Whether the code is in a table. The core logs an unknown code and never acts on it.
    pub known: bool,
}

impl Meaning {
    /// What is said of a code that no table holds. WeChat's errors are negative.
    const fn unknown(code: i32) -> Self {
        let severity = if code < 0 { Severity::Warning } else { Severity::Notice };
        Self { severity, health: None, advice: Advice::Nothing, recoverable: true, known: false }
    }
}

/// A line of a code table: 8 bytes in the module.
pub(super) struct Row {
    code: i32,
    severity: Severity,
    health: Option<Health>,
    advice: Advice,
    recoverable: bool,
}

/// A line whose stream can go on without anybody's help.
pub(super) const fn row(code: i32, severity: Severity, health: Option<Health>, advice: Advice) -> Row {
    Row { code, severity, health, advice, recoverable: true }
}

/// A line whose stream stays down until the user or the developer changes something.
pub(super) const fn lost(code: i32, advice: Advice) -> Row {
    Row { code, severity: Severity::Fatal, health: Some(Health::Failed), advice, recoverable: false }
}

/// Finds a code in a table for which [`is_ascending`] holds.
pub(super) fn look_up(rows: &[Row], code: i32) -> Meaning {
    match rows.binary_search_by_key(&code, |row| row.code).ok().and_then(|at| rows.get(at)) {
        Some(row) => Meaning {
            severity: row.severity,
            health: row.health,
            advice: row.advice,
            recoverable: row.recoverable,
            known: true,
        },
        None => Meaning::unknown(code),
    }
}

/// Whether every code is greater than the one before it. Tables check this while they are compiled.
pub(super) const fn is_ascending(mut rows: &[Row]) -> bool {
    while let [first, rest @ ..] = rows {
        if let [second, ..] = rest
            && first.code >= second.code
        {
            return false;
        }
        rows = rest;
    }
    true
}
