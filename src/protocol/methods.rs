//! The methods of the protocol, each declared once: its word, its parameters, its answer, and whether a repeat is carried out
//! again. What else lists methods is made here, or is a match that the compiler checks.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::document::{DecodeError, Document};
use super::request::{
    Empty, Join, MuteLocal, MuteRemote, Ping, Publish, RenewToken, Resume, SetVisibility, StreamOf, Subscribe,
};
use super::word::words;

/// How an answer is made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum AnswerKind {
    Joined,
    Resumed,
    Leased,
    Synced,
    Pong,
    Done,
}

/// `NAME(PARAMETERS) = "word" / proof => ANSWER, repeat`. `proof` proves the parameters: `Ok` where nothing has to be. The
/// result of a method that is done `once` is kept for repeats with the same operation id; what is done `again` only looks, or
/// has another way to be repeated.
macro_rules! methods {
    (($join:ident, $renew:ident) $(
        $(#[$doc:meta])*
        $variant:ident($parameters:ty) = $word:literal / $proof:ident => $answer:ident, $repeat:ident;
    )+) => {
        /// A request with its parameters. The wire form is `{"id":…,"op":…,"m":METHOD,"p":PARAMETERS}`. `J` and `T` are the
        /// parameters of `join` and `renew_token`: as they came ([`Request`]), or what a proof of their tokens made of them.
        #[derive(Clone, Debug, PartialEq, Serialize)]
        #[serde(untagged)]
        pub enum RequestOf<J, T> {
            $($(#[$doc])* $variant($parameters),)+
        }

        words! {
            /// Which kind of request a frame is; the variant of [`Request`] with the same name says what it asks.
            #[allow(missing_docs)]
            Method {
                $($variant = $word,)+
            }
        }

        impl<J, T> RequestOf<J, T> {
            /// Which kind of request this is.
            pub const fn method(&self) -> Method {
                match self {
                    $(Self::$variant(_) => Method::$variant,)+
                }
            }

            /// Proves the tokens of `join` and `renew_token`; all other requests stay as they are.
            ///
            /// # Errors
            /// What the proof says.
            pub fn prove<J2, T2, E>(
                self,
                $join: impl FnOnce(J) -> Result<J2, E>,
                $renew: impl FnOnce(T) -> Result<T2, E>,
            ) -> Result<RequestOf<J2, T2>, E> {
                match self {
                    $(Self::$variant(parameters) => $proof(parameters).map(RequestOf::$variant),)+
                }
            }
        }

        impl<J: DeserializeOwned, T: DeserializeOwned> RequestOf<J, T> {
            /// Reads the parameters of a method.
            ///
            /// # Errors
            /// [`DecodeError`] names what is wrong; it never holds a value.
            pub fn decode<D: Document>(method: Method, parameters: &D) -> Result<Self, DecodeError> {
                Ok(match method {
                    $(Method::$variant => Self::$variant(parameters.read(method.name())?),)+
                })
            }
        }

        impl Method {
            pub(super) const fn answer(self) -> AnswerKind {
                match self {
                    $(Self::$variant => AnswerKind::$answer,)+
                }
            }

            /// Whether a repeat with the same operation id must not be carried out again.
            pub const fn is_done_once(self) -> bool {
                match self {
                    $(Self::$variant => methods!(@once $repeat),)+
                }
            }
        }
    };
    (@once once) => { true };
    (@once again) => { false };
}

/// A request as a client sends it.
pub type Request = RequestOf<Join, RenewToken>;

methods! {
    (join, renew)
    /// Enters a room. Either this or `resume` is the first request of a socket.
    Join(J) = "join" / join => Joined, again;
    /// Leaves the room and ends the session.
    Leave(Empty) = "leave" / Ok => Done, again;
    /// Says which tracks of a stream that the client publishes are on.
    MuteLocal(MuteLocal) = "mute_local" / Ok => Done, once;
    /// Pauses or resumes tracks of a stream that the client subscribes to.
    MuteRemote(MuteRemote) = "mute_remote" / Ok => Done, once;
    /// Says that the client is here, and up to which event it has followed the room.
    Ping(Ping) = "ping" / Ok => Pong, again;
    /// Asks for an address to push a stream to.
    Publish(Publish) = "publish" / Ok => Leased, once;
    /// Replaces the session's token.
    RenewToken(T) = "renew_token" / renew => Done, once;
    /// Asks for new addresses for a lease that the client holds, to push or to play. Stream and generation stay.
    RenewUrl(StreamOf) = "renew_url" / Ok => Leased, once;
    /// Continues a session on a new socket.
    Resume(Resume) = "resume" / Ok => Resumed, again;
    /// Shows the user to the room, or hides the user.
    SetVisibility(SetVisibility) = "set_visibility" / Ok => Done, once;
    /// Asks for an address to play a stream from.
    Subscribe(Subscribe) = "subscribe" / Ok => Leased, once;
    /// Asks for the room as it is.
    Sync(Empty) = "sync" / Ok => Synced, again;
    /// Ends a stream that the client publishes.
    Unpublish(Publish) = "unpublish" / Ok => Done, once;
    /// Ends a subscription.
    Unsubscribe(StreamOf) = "unsubscribe" / Ok => Done, once;
}
