//! The reception: calls of the page become requests to the gateway, or are refused at once.

use super::stage::Stage;
use crate::protocol::{
    ErrorCode, MuteLocal, Publish, RenewToken, Request, Secret, SetVisibility, StreamOf, Subscribe, Tracks, UserId,
};
use crate::session::call::{Call, OwnStream, SubscribeCall, kind_of};
use crate::session::error::{ErrorNumber, RtcError};
use crate::session::requests::Requests;
use crate::session::rights::Rights;
use crate::session::roster::Roster;
use crate::session::streams::Streams;
use crate::token::Privilege;

/// What decides about a call, and what notes its wish.
pub(super) struct Reception<'a> {
    pub(super) stage: &'a Stage,
    pub(super) rights: &'a Rights,
    pub(super) requests: &'a Requests,
    pub(super) roster: &'a Roster,
    pub(super) streams: &'a mut Streams,
}

impl Reception<'_> {
    /// What the gateway is to be asked. Notes what the page wants, after everything that may refuse the call.
    ///
    /// # Errors
    /// Whatever makes the call useless, before the gateway is asked.
    pub(super) fn request(&mut self, what: Call) -> Result<Request, RtcError> {
        if let Call::Join(_) = what {
            return Err(self.joined_already());
        }
        if let Call::Init(_) | Call::SetBusinessId(_) = what {
            return Err(RtcError::new(ErrorNumber::AlreadyInRoom, "this call has to come before join"));
        }
        self.accept()?;
        match what {
            Call::Publish(kind) => self.publish(kind),
            Call::Unpublish(kind) => Ok(Request::Unpublish(Publish { kind: self.streams.published(kind.screen)? })),
            Call::Subscribe(arguments) => self.subscribe(arguments),
            Call::Unsubscribe(arguments) => {
                Ok(Request::Unsubscribe(self.subscribed(&arguments.uid, arguments.screen)?))
            }
            Call::MuteLocal(arguments) => {
                let (kind, Tracks { audio, video }) = (self.streams.published(arguments.screen)?, arguments.on);
                Ok(Request::MuteLocal(MuteLocal { kind, audio, video }))
            }
            Call::MuteRemote(arguments) => {
                let StreamOf { user, kind } = self.subscribed(&arguments.uid, arguments.screen)?;
                let Tracks { audio, video } = arguments.on;
                Ok(Request::MuteRemote(Subscribe { user, kind, audio, video }))
            }
            Call::SetUserVisibility(arguments) => {
                Ok(Request::SetVisibility(SetVisibility { visible: arguments.enable }))
            }
            Call::UpdateToken(arguments) => self.update_token(arguments.token),
            Call::Destroy | Call::Init(_) | Call::Join(_) | Call::Leave | Call::SetBusinessId(_) => {
                Err(RtcError::new(ErrorNumber::InvalidParams, "this call asks nothing of the gateway"))
            }
        }
    }

    fn joined_already(&self) -> RtcError {
        match self.stage {
            Stage::Joining { .. } => RtcError::new(ErrorNumber::Connecting, "a join is under way; await it"),
            Stage::Joined(_) | Stage::Recovering(_) => {
                RtcError::new(ErrorNumber::AlreadyInRoom, "the client is in a room; leave it first")
            }
            Stage::Leaving { .. } => {
                RtcError::new(ErrorNumber::AlreadyInRoom, "the room is being left; await leave() first")
            }
        }
    }

    fn accept(&self) -> Result<(), RtcError> {
        if self.stage.is_leaving() {
            return Err(RtcError::new(ErrorNumber::NotInRoom, "the room is being left; join again first"));
        }
        if self.requests.len() >= self.stage.in_flight() as usize {
            let reason = "too many calls await an answer; await some before calling again";
            return Err(RtcError::new(ErrorNumber::WebSocketNotConnected, reason));
        }
        Ok(())
    }

    fn publish(&mut self, kind: OwnStream) -> Result<Request, RtcError> {
        let refuse = |reason: &'static str| RtcError::new(ErrorNumber::PublishError, reason);
        let kind = kind_of(kind.screen);
        if self.streams.has(&self.streams.mine(kind)) {
            let reason = "this stream is published already; unpublish it first";
            return Err(RtcError::new(ErrorNumber::AlreadyPublished, reason));
        }
        if !self.rights.may(Privilege::Publish) {
            return Err(refuse("the token does not allow publishing; ask for one with the publish privilege")
                .like_gateway(ErrorCode::NoPublishPrivilege));
        }
        if !self.rights.is_visible() {
            return Err(refuse("an invisible user may not publish; call setUserVisibility(true) first"));
        }
        Ok(self.streams.publish(kind))
    }

    fn subscribe(&mut self, arguments: SubscribeCall) -> Result<Request, RtcError> {
        if !self.rights.may(Privilege::Subscribe) {
            let reason = "the token does not allow subscribing; ask for one with the subscribe privilege";
            return Err(RtcError::new(ErrorNumber::SubscribeFailed, reason));
        }
        // Before the join is answered only the gateway knows who is in the room.
        let may_exist = self.stage.is_joining() && arguments.uid != *self.rights.user();
        if !may_exist && self.roster.stream(&arguments.uid, kind_of(arguments.screen)).is_none() {
            return Err(self.not_found(&arguments.uid));
        }
        Ok(self.streams.subscribe(arguments))
    }

    fn subscribed(&self, user: &UserId, screen: bool) -> Result<StreamOf, RtcError> {
        self.streams.subscribed(user, screen).ok_or_else(|| self.not_found(user))
    }

    fn update_token(&self, token: Secret) -> Result<Request, RtcError> {
        if self.requests.has(&|waiting| matches!(waiting.request, Request::RenewToken(_))) {
            return Err(RtcError::new(ErrorNumber::Connecting, "a token is being updated; await it"));
        }
        self.rights.check(&token)?;
        Ok(Request::RenewToken(RenewToken { token }))
    }

    fn not_found(&self, user: &UserId) -> RtcError {
        if self.roster.has_member(user) {
            let reason = "the user has no such stream, or it is not subscribed to; await STREAM_ADDED";
            RtcError::new(ErrorNumber::StreamIdNotFound, reason)
        } else {
            RtcError::new(ErrorNumber::UidNotFound, "no such user in the room; await PEER_ONLINE")
        }
    }
}
