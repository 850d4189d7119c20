//! The methods of the protocol, each declared once: its word, its parameters, its answer, whether a repeat is carried out
//! again, and what it does to which stream. What else lists methods is made here, or is the room's match, which carries each out.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::document::{DecodeError, Document};
use super::id::UserId;
use super::request::{
    Empty, Join, MuteLocal, MuteRemote, Ping, Publish, RenewToken, Resume, Role, SetVisibility, StreamKind, StreamOf,
    Subscribe,
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

/// What a method does. Code that has to know something of every method goes by this.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Act {
    /// Asks for a lease: to push a stream of the client's own, or to play another's.
    Begin(Role),
    /// Ends such a lease.
    End(Role),
    /// Enters the room.
    Enter,
    /// Leaves the room.
    Leave,
    /// Says which tracks are on, or wanted.
    Mute(Role),
    /// Asks for new addresses for a lease.
    Renew,
    /// Says or asks something of the session or of the room as a whole.
    Tend,
}

/// The stream that a request is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Subject<'a> {
    /// One of the client's own.
    Mine(StreamKind),
    /// One of that user. In `renew_url` that may be the client's own user.
    Of(&'a UserId, StreamKind),
}

/// `NAME(PARAMETERS) = "word" / proof => ANSWER, repeat, act whose`. `proof` proves the parameters: `Ok` where nothing has to be. The
/// result of a method that is done `once` is kept for repeats with the same operation id; what is done `again` only looks, or
/// has another way to be repeated. `whose` stream the act is about: `mine`, of the `kind` in the parameters; `theirs`, of their
/// `user` as well; `none`.
macro_rules! methods {
    (($join:ident, $renew:ident) $(
        $(#[$doc:meta])*
        $variant:ident($parameters:ty) = $word:literal / $proof:ident => $answer:ident, $repeat:ident, $act:ident $whose:ident;
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

            /// The stream that this request is about; `None` where it is about none.
            pub const fn subject(&self) -> Option<Subject<'_>> {
                match self {
                    $(Self::$variant(parameters) => methods!(@subject $whose parameters),)+
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

            /// What this method does.
            pub const fn act(self) -> Act {
                match self {
                    $(Self::$variant => methods!(@act $act $whose),)+
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
    (@subject mine $parameters:ident) => { Some(Subject::Mine($parameters.kind)) };
    (@subject theirs $parameters:ident) => { Some(Subject::Of(&$parameters.user, $parameters.kind)) };
    (@subject none $parameters:ident) => {{
        let _ = $parameters;
        None
    }};
    (@act begin $whose:ident) => { Act::Begin(methods!(@role $whose)) };
    (@act end $whose:ident) => { Act::End(methods!(@role $whose)) };
    (@act mute $whose:ident) => { Act::Mute(methods!(@role $whose)) };
    (@act enter none) => { Act::Enter };
    (@act leave none) => { Act::Leave };
    (@act renew theirs) => { Act::Renew };
    (@act tend none) => { Act::Tend };
    (@role mine) => { Role::Pusher };
    (@role theirs) => { Role::Player };
}

/// A request as a client sends it.
pub type Request = RequestOf<Join, RenewToken>;

methods! {
    (join, renew)
    /// Enters a room. Either this or `resume` is the first request of a socket.
    Join(J) = "join" / join => Joined, again, enter none;
    /// Leaves the room and ends the session.
    Leave(Empty) = "leave" / Ok => Done, again, leave none;
    /// Says which tracks of a stream that the client publishes are on.
    MuteLocal(MuteLocal) = "mute_local" / Ok => Done, once, mute mine;
    /// Pauses or resumes tracks of a stream that the client subscribes to.
    MuteRemote(MuteRemote) = "mute_remote" / Ok => Done, once, mute theirs;
    /// Says that the client is here, and up to which event it has followed the room.
    Ping(Ping) = "ping" / Ok => Pong, again, tend none;
    /// Asks for an address to push a stream to.
    Publish(Publish) = "publish" / Ok => Leased, once, begin mine;
    /// Replaces the session's token.
    RenewToken(T) = "renew_token" / renew => Done, once, tend none;
    /// Asks for new addresses for a lease that the client holds, to push or to play. Stream and generation stay.
    RenewUrl(StreamOf) = "renew_url" / Ok => Leased, once, renew theirs;
    /// Continues a session on a new socket.
    Resume(Resume) = "resume" / Ok => Resumed, again, enter none;
    /// Shows the user to the room, or hides the user.
    SetVisibility(SetVisibility) = "set_visibility" / Ok => Done, once, tend none;
    /// Asks for an address to play a stream from.
    Subscribe(Subscribe) = "subscribe" / Ok => Leased, once, begin theirs;
    /// Asks for the room as it is.
    Sync(Empty) = "sync" / Ok => Synced, again, tend none;
    /// Ends a stream that the client publishes.
    Unpublish(Publish) = "unpublish" / Ok => Done, once, end mine;
    /// Ends a subscription.
    Unsubscribe(StreamOf) = "unsubscribe" / Ok => Done, once, end theirs;
}
