//! Calls of the page, as requests to the gateway.

use super::link::left;
use super::wanted::{Tracks, Wanted};
use super::{Membership, Purpose, Stage, claims};
use crate::protocol::{
    Empty, ErrorCode, MuteLocal, Publish, RenewToken, Request, SetVisibility, StreamKind, StreamOf, Subscribe, UserId,
    limits,
};
use crate::session::call::{self, Call, CallId, Reply, kind_of};
use crate::session::error::{ErrorNumber, RtcError};
use crate::session::state::ConnectionState;
use crate::session::turn::Turn;
use crate::token::Privilege;

impl Membership {
    /// Begins what the page asked for; settles the call at once where the answer is known.
    pub(crate) fn on_call(&mut self, call: CallId, what: Call, turn: &mut Turn<'_>) {
        let request = match what {
            Call::Leave | Call::Destroy => return self.leave(Some(call), "left", turn),
            Call::Join(_) => Err(match self.stage {
                Stage::Joining { .. } => RtcError::new(ErrorNumber::Connecting, "a join is under way; await it"),
                Stage::Joined(_) | Stage::Recovering(_) => {
                    RtcError::new(ErrorNumber::AlreadyInRoom, "the client is in a room; leave it first")
                }
                Stage::Leaving { .. } => {
                    RtcError::new(ErrorNumber::AlreadyInRoom, "the room is being left; await leave() first")
                }
            }),
            Call::Init(_) | Call::SetBusinessId(_) => {
                Err(RtcError::new(ErrorNumber::AlreadyInRoom, "this call has to come before join"))
            }
            what => self.accept().and_then(|()| self.request(what)),
        };
        match request {
            Ok(request) => self.ask(request, Purpose::Call(call), turn),
            Err(error) => turn.out.settle(call, Err(error)),
        }
    }

    /// What the gateway is to be asked. Notes what the page wants, so it comes after everything that may refuse the call.
    fn request(&mut self, what: Call) -> Result<Request, RtcError> {
        match what {
            Call::Publish(kind) => self.publish(kind),
            Call::Unpublish(kind) => self.unpublish(kind),
            Call::Subscribe(arguments) => self.subscribe(arguments),
            Call::Unsubscribe(arguments) => self.unsubscribe(arguments),
            Call::MuteLocal(arguments) => self.mute_local(arguments),
            Call::MuteRemote(arguments) => self.mute_remote(arguments),
            Call::SetUserVisibility(arguments) => self.set_visibility(arguments.enable),
            Call::UpdateToken(arguments) => self.update_token(arguments),
            Call::Destroy | Call::Init(_) | Call::Join(_) | Call::Leave | Call::SetBusinessId(_) => {
                Err(RtcError::new(ErrorNumber::InvalidParams, "this call asks nothing of the gateway"))
            }
        }
    }

    fn accept(&self) -> Result<(), RtcError> {
        if matches!(self.stage, Stage::Leaving { .. }) {
            return Err(RtcError::new(ErrorNumber::NotInRoom, "the room is being left; join again first"));
        }
        let most = match &self.stage {
            Stage::Joined(standing) | Stage::Recovering(standing) => standing.in_flight,
            Stage::Joining { .. } | Stage::Leaving { .. } => limits::REQUESTS_IN_FLIGHT,
        };
        if self.waiting.len() >= most as usize {
            let reason = "too many calls await an answer; await some before calling again";
            return Err(RtcError::new(ErrorNumber::WebSocketNotConnected, reason));
        }
        Ok(())
    }

    /// Leaves the room, because the page calls for it or else for this reason.
    pub(super) fn leave(&mut self, call: Option<CallId>, reason: &'static str, turn: &mut Turn<'_>) {
        match &mut self.stage {
            Stage::Leaving { calls, .. } => calls.extend(call),
            // A join that is on its way is followed by a leave, or the others would see somebody who is not there.
            Stage::Joining { .. } | Stage::Joined(_) if self.link.open_generation().is_some() => {
                let state = self.state();
                let leaving = Stage::Leaving { calls: call.into_iter().collect(), reason, state };
                if let Stage::Joining { call } = core::mem::replace(&mut self.stage, leaving) {
                    turn.out.settle(call, Err(left()));
                }
                self.ask(Request::Leave(Empty {}), Purpose::Cleanup, turn);
            }
            Stage::Joining { .. } | Stage::Joined(_) | Stage::Recovering(_) => {
                self.end(ConnectionState::Idle, reason.into(), &left(), turn);
                if let Some(call) = call {
                    turn.out.settle(call, Ok(Reply::Nothing));
                }
            }
        }
    }

    fn publish(&mut self, kind: call::Kind) -> Result<Request, RtcError> {
        let kind = kind_of(kind.screen);
        let refuse = |reason: &'static str| RtcError::new(ErrorNumber::PublishError, reason);
        let of = self.mine(kind);
        if self.wanted(&of).is_some() {
            return Err(RtcError::new(
                ErrorNumber::AlreadyPublished,
                "this stream is published already; unpublish it first",
            ));
        }
        if !self.may(Privilege::Publish) {
            return Err(refuse("the token does not allow publishing; ask for one with the publish privilege")
                .like_gateway(ErrorCode::NoPublishPrivilege));
        }
        if !self.join.visible {
            return Err(refuse("an invisible user may not publish; call setUserVisibility(true) first"));
        }
        self.wanted.push(Wanted::new(of, Tracks::BOTH));
        Ok(Request::Publish(Publish { kind }))
    }

    fn unpublish(&mut self, kind: call::Kind) -> Result<Request, RtcError> {
        let kind = kind_of(kind.screen);
        self.published(kind)?;
        Ok(Request::Unpublish(Publish { kind }))
    }

    fn subscribe(&mut self, arguments: call::Subscribe) -> Result<Request, RtcError> {
        let kind = kind_of(arguments.screen);
        if !self.may(Privilege::Subscribe) {
            let reason = "the token does not allow subscribing; ask for one with the subscribe privilege";
            return Err(RtcError::new(ErrorNumber::SubscribeFailed, reason));
        }
        // Before the join is answered only the gateway knows who is in the room.
        let may_exist = matches!(self.stage, Stage::Joining { .. }) && arguments.uid != self.me;
        if !may_exist && self.roster.stream(&arguments.uid, kind).is_none() {
            return Err(self.not_found(&arguments.uid));
        }
        let audio = arguments.audio.unwrap_or(true);
        let video = arguments.video.unwrap_or(true);
        let user = arguments.uid;
        let of = StreamOf { user: user.clone(), kind };
        if self.wanted(&of).is_none() {
            self.wanted.push(Wanted::new(of, Tracks { audio, video }));
        }
        Ok(Request::Subscribe(Subscribe { user, kind, audio, video }))
    }

    fn unsubscribe(&mut self, arguments: call::Unsubscribe) -> Result<Request, RtcError> {
        let kind = kind_of(arguments.screen);
        Ok(Request::Unsubscribe(self.subscribed(arguments.uid, kind)?))
    }

    fn mute_local(&mut self, arguments: call::MuteLocal) -> Result<Request, RtcError> {
        let kind = kind_of(arguments.screen);
        self.published(kind)?;
        Ok(Request::MuteLocal(MuteLocal { kind, audio: !arguments.audio, video: !arguments.video }))
    }

    fn mute_remote(&mut self, arguments: call::MuteRemote) -> Result<Request, RtcError> {
        let kind = kind_of(arguments.screen);
        let StreamOf { user, kind } = self.subscribed(arguments.uid, kind)?;
        Ok(Request::MuteRemote(Subscribe { user, kind, audio: !arguments.audio, video: !arguments.video }))
    }

    fn set_visibility(&mut self, visible: bool) -> Result<Request, RtcError> {
        Ok(Request::SetVisibility(SetVisibility { visible }))
    }

    fn update_token(&mut self, arguments: call::UpdateToken) -> Result<Request, RtcError> {
        if self.waiting.has(|waiting| matches!(waiting.request, Request::RenewToken(_))) {
            return Err(RtcError::new(ErrorNumber::Connecting, "a token is being updated; await it"));
        }
        claims(&arguments.token, &self.join.app, &self.join.room, &self.me)?;
        Ok(Request::RenewToken(RenewToken { token: arguments.token }))
    }

    fn published(&mut self, kind: StreamKind) -> Result<(), RtcError> {
        let of = self.mine(kind);
        match self.wanted(&of) {
            Some(_) => Ok(()),
            None => Err(RtcError::new(ErrorNumber::NotPublished, "this stream is not published; call publish first")),
        }
    }

    fn subscribed(&mut self, user: UserId, kind: StreamKind) -> Result<StreamOf, RtcError> {
        let of = StreamOf { user, kind };
        if of.user == self.me || self.wanted(&of).is_none() {
            return Err(self.not_found(&of.user));
        }
        Ok(of)
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
