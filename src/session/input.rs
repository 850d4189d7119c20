//! Inputs: everything that can happen to a session.

use alloc::string::String;

use super::call::{Call, CallId};
use super::report::NativeReport;
use crate::protocol::{DecodeError, ServerFrame};

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The page called a method.
    Call {
        /// Names the call until it is settled.
        call: CallId,
        /// What is asked.
        what: Call,
    },
    /// A native pusher or player said something.
    Report(NativeReport),
    /// The phone said something.
    Signal(Signal),
    /// A socket said something.
    Socket {
        /// Which socket: the generation of its [`Open`](super::Effect::Open).
        generation: u32,
        /// What it said.
        event: SocketEvent,
    },
    /// The time came that `WakeAt` named, or later.
    Tick,
}

/// What a phone says about itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Signal {
    /// The mini-program went to the background.
    AppHide,
    /// It came back.
    AppShow,
    /// Something else took the microphone: a call, an alarm.
    AudioInterrupted,
    /// The microphone is free again.
    AudioResumed,
    /// There is no network.
    NetworkOffline,
    /// There is a network, perhaps another one than before.
    NetworkOnline,
    /// The network is good again.
    NetworkStrong,
    /// The network is there but hardly carries anything.
    NetworkWeak,
    /// An order to a native tag (`STREAM_CONTROL`) reached nobody: the page listens to none.
    OrderUnheard,
}

impl Signal {
    /// The signal of that name at the door.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "app-hide" => Some(Self::AppHide),
            "app-show" => Some(Self::AppShow),
            "audio-interrupted" => Some(Self::AudioInterrupted),
            "audio-resumed" => Some(Self::AudioResumed),
            "network-offline" => Some(Self::NetworkOffline),
            "network-online" => Some(Self::NetworkOnline),
            "network-strong" => Some(Self::NetworkStrong),
            "network-weak" => Some(Self::NetworkWeak),
            "order-unheard" => Some(Self::OrderUnheard),
            _ => None,
        }
    }
}

/// What a socket says about itself. After `Closed` or `Failed` it says nothing more.
#[derive(Clone, Debug, PartialEq)]
pub enum SocketEvent {
    /// It closed after it was open.
    Closed {
        /// Close code; 1005 where none was given, 1006 where the connection just ended.
        code: u16,
        /// What the other side said.
        reason: String,
    },
    /// It could not open, or broke.
    Failed {
        /// What the platform said.
        reason: String,
    },
    /// A frame came.
    Frame(ServerFrame),
    /// It is open.
    Opened,
    /// A frame came that cannot be read.
    Unreadable(DecodeError),
}
