//! Streams: those that the page wants to publish or to receive, granted or not.

mod life;
mod mutes;
mod orders;
mod tag;
mod upkeep;
mod view;
mod wanted;

use alloc::borrow::Cow;
use alloc::vec::Vec;

use self::orders::Orders;
pub(super) use self::upkeep::{NO_TRANSPORT, Upkeep, is_gone};
pub(super) use self::view::View;
use self::wanted::Wanted;
use super::background::BackgroundPolicy;
use super::call::{SubscribeCall, kind_of};
use super::effect::Doings;
use super::error::{ErrorNumber, RtcError};
use super::event::{ClientEvent, ControlAction, StreamFailed, StreamRef, UpdateUrl};
use super::requests::Purpose;
use super::roster::Roster;
use super::time::Time;
use super::transport::TransportChoice;
use super::turn::Turn;
use crate::protocol::{
    Act, Lease, Publish, Request, Role, Secret, StreamKind, StreamOf, Subject, Subscribe, Tracks, UserId,
};

/// The wanted streams of one session.
#[derive(Clone, Debug)]
pub(super) struct Streams {
    me: UserId,
    transport: TransportChoice,
    all: Vec<Wanted>,
    orders: Orders,
}

impl Streams {
    pub(super) const fn new(
        me: UserId,
        transport: TransportChoice,
        controls: u32,
        background: BackgroundPolicy,
    ) -> Self {
        Self { me, transport, all: Vec::new(), orders: Orders::new(controls, background) }
    }

    /// How many orders native tags were given so far.
    pub(super) const fn controls(&self) -> u32 {
        self.orders.given()
    }

    pub(super) fn has(&self, of: &StreamOf) -> bool {
        self.all.iter().any(|wanted| wanted.of() == of)
    }

    /// Whether the gateway holds the stream for us, as far as we know.
    pub(super) fn is_leased(&self, of: &StreamOf) -> bool {
        self.all.iter().any(|wanted| wanted.of() == of && wanted.is_leased())
    }

    /// Whether a request is about a stream that the gateway is to hold soon, but does not yet.
    pub(super) fn is_awaited(&self, request: &Request, roster: &Roster) -> bool {
        let Some(of) = self.of(request) else { return false };
        match request.method().act() {
            Act::Begin(Role::Player) => roster.is_missing(&of),
            Act::Mute(_) => self.has(&of) && !self.is_leased(&of),
            Act::Begin(Role::Pusher) | Act::End(_) | Act::Enter | Act::Leave | Act::Renew | Act::Tend => false,
        }
    }

    /// The stream that a request is about.
    pub(super) fn of(&self, request: &Request) -> Option<StreamOf> {
        Some(match request.subject()? {
            Subject::Mine(kind) => self.mine(kind),
            Subject::Of(user, kind) => StreamOf { user: user.clone(), kind },
        })
    }

    /// When a repair is to be looked at.
    pub(super) fn next_check(&self, view: &View<'_>) -> Option<Time> {
        let checks = self.all.iter().filter_map(|wanted| wanted.check_at(view));
        checks.min().filter(|_| view.is_there())
    }
}

/// What the page calls for. Each notes what the page wants, so it comes after everything else that may refuse the call.
impl Streams {
    /// The page publishes: it wants the stream from now on.
    pub(super) fn publish(&mut self, kind: StreamKind) -> Request {
        self.all.push(Wanted::new(self.mine(kind), Role::Pusher, Tracks::BOTH));
        Request::Publish(Publish { kind })
    }

    /// The page subscribes: it wants the stream from now on with these tracks; if it did already, once that is granted.
    pub(super) fn subscribe(&mut self, arguments: SubscribeCall) -> Request {
        let (user, kind) = (arguments.uid, kind_of(arguments.screen));
        let of = StreamOf { user: user.clone(), kind };
        if !self.has(&of) {
            let role = self.role(&of);
            self.all.push(Wanted::new(of, role, arguments.tracks));
        }
        let Tracks { audio, video } = arguments.tracks;
        Request::Subscribe(Subscribe { user, kind, audio, video })
    }

    /// A stream of ours that is published.
    ///
    /// # Errors
    /// `NOT_PUBLISHED`
    pub(super) fn published(&self, screen: bool) -> Result<StreamKind, RtcError> {
        let kind = kind_of(screen);
        if self.has(&self.mine(kind)) {
            return Ok(kind);
        }
        Err(RtcError::new(ErrorNumber::NotPublished, "this stream is not published; call publish first"))
    }

    /// A stream of another that is subscribed to; `None` where there is none.
    pub(super) fn subscribed(&self, user: &UserId, screen: bool) -> Option<StreamOf> {
        let of = StreamOf { user: user.clone(), kind: kind_of(screen) };
        (of.user != self.me && self.has(&of)).then_some(of)
    }
}

/// How streams end.
impl Streams {
    /// Forgets a stream. Whoever pushes it stops: nobody would know of that camera and microphone any more.
    pub(super) fn drop(&mut self, of: &StreamOf, out: &mut Doings) {
        let Some(index) = self.all.iter().position(|wanted| wanted.of() == of) else { return };
        if self.all.swap_remove(index).has_started() {
            self.orders.give(of, ControlAction::Stop, 0, out);
        }
    }

    /// Forgets the streams of ours.
    pub(super) fn drop_mine(&mut self, out: &mut Doings) {
        for kind in StreamKind::ALL {
            self.drop(&self.mine(*kind), out);
        }
    }

    /// Forgets every stream.
    pub(super) fn drop_all(&mut self, out: &mut Doings) {
        while let Some(of) = self.all.first().map(|wanted| wanted.of().clone()) {
            self.drop(&of, out);
        }
    }

    /// Forgets those that the room has been waited for in vain to show; the gateway has the last word on those that the page
    /// still asks for.
    pub(super) fn drop_missing(&mut self, roster: &Roster) {
        self.all.retain(|wanted| wanted.is_new() || !roster.is_missing(wanted.of()));
    }

    /// Drops what a refused or unanswered request would have made.
    pub(super) fn forget(&mut self, request: &Request, out: &mut Doings) {
        if let Act::Begin(_) = request.method().act()
            && let Some(of) = self.of(request)
            && self.find(&of).is_some_and(|wanted| wanted.is_new())
        {
            self.drop(&of, out);
        }
    }

    /// Drops what a request made and nobody will use, here and in the gateway.
    pub(super) fn give_back(&mut self, request: &Request, turn: &mut Turn<'_>) {
        self.forget(request, &mut turn.out);
        if let Act::Begin(_) = request.method().act()
            && let Some(of) = self.of(request).filter(|of| !self.has(of))
        {
            turn.ask(self.end_of(of), Purpose::Cleanup);
        }
    }

    /// The request that ends a stream.
    fn end_of(&self, of: StreamOf) -> Request {
        match self.role(&of) {
            Role::Pusher => Request::Unpublish(Publish { kind: of.kind }),
            Role::Player => Request::Unsubscribe(of),
        }
    }
}

/// What the gateway grants and takes.
impl Streams {
    /// The gateway sent a new address by itself. One that nobody holds, or of no use, changes nothing.
    pub(super) fn move_to(&mut self, role: Role, of: &StreamOf, lease: Lease, out: &mut Doings) {
        let _ = role == self.role(of) && self.replace_url(of, lease, out);
    }

    /// The session is a new one: it knows nothing of the streams of the old one.
    pub(super) fn revoke_all(&mut self) {
        self.all.iter_mut().for_each(Wanted::revoke);
    }

    /// The gateway may not have heard which tracks of our streams are on: it is told again with the next pong.
    pub(super) fn forget_told(&mut self) {
        self.all.iter_mut().for_each(|wanted| wanted.mutes.forget());
    }

    /// The socket is gone, and with it every request of ours that was to bring a stream back.
    pub(super) fn lose_socket(&mut self, tracks_may_be_lost: bool) {
        for wanted in &mut self.all {
            // A request that was to tell tracks ends with its socket, and nobody asks it again: what was told counts as
            // unsaid, of every stream, since telling one twice does no harm.
            if tracks_may_be_lost {
                wanted.mutes.forget();
            }
            wanted.lose_socket();
        }
    }

    /// Keeps a lease, and gives the address that the page is to get.
    fn hold(&mut self, of: &StreamOf, lease: Lease) -> Option<Secret> {
        let wanted = self.all.iter_mut().find(|wanted| wanted.of() == of)?;
        wanted.hold(lease, self.transport)
    }

    /// Gives the page the address of a stream that it did not ask for just now. Whether there was one that it can use.
    fn replace_url(&mut self, of: &StreamOf, lease: Lease, out: &mut Doings) -> bool {
        let Some(url) = self.hold(of, lease) else { return false };
        let StreamRef { uid, screen } = StreamRef::new(&of.user, of.kind);
        out.emit(ClientEvent::UpdateUrl(UpdateUrl { uid, screen, url }));
        true
    }

    /// A stream of ours.
    pub(super) fn mine(&self, kind: StreamKind) -> StreamOf {
        StreamOf { user: self.me.clone(), kind }
    }

    /// Whether we push the stream or play it.
    fn role(&self, of: &StreamOf) -> Role {
        if of.user == self.me { Role::Pusher } else { Role::Player }
    }

    fn find(&mut self, of: &StreamOf) -> Option<&mut Wanted> {
        self.all.iter_mut().find(|wanted| wanted.of() == of)
    }

    /// Those that `is_it` picks.
    fn which(&mut self, is_it: &mut dyn FnMut(&mut Wanted) -> bool) -> Vec<StreamOf> {
        let mut picked = Vec::new();
        for wanted in &mut self.all {
            if is_it(wanted) {
                picked.push(wanted.of().clone());
            }
        }
        picked
    }
}

/// Tells the page that a stream was let go.
fn failed(of: &StreamOf, reason: Cow<'static, str>, out: &mut Doings) {
    let StreamRef { uid, screen } = StreamRef::new(&of.user, of.kind);
    out.emit(ClientEvent::StreamFailed(StreamFailed { uid, screen, reason }));
}
