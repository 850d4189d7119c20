//! Web users: browsers push by WHIP (RFC 9725) and play by WHEP, through the [`Hub`](super::hub::Hub) of all streams.
//!
//! ```text
//! http          an offer with a ticket becomes a PublishRight or Subscription, and a BrowserPeer
//! negotiation   the answer: codecs, keys, addresses
//! door          one port, UDP and TCP, for all peers ── table ── stun
//! peer          between str0m and its part ── part ── publisher ── clock, h264, sound   (frames for the hub)
//!                                                  └─ player ───── h264, sound         (samples for the browser)
//! ```

mod clock;
mod door;
#[cfg(test)]
mod far_end;
#[cfg(feature = "fuzz")]
pub mod fuzz;
mod h264;
mod http;
mod negotiation;
mod part;
mod peer;
mod player;
mod publisher;
mod sound;
mod start;
mod stun;
mod table;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use miniapp_rtc::protocol::{Role, Secret};
use tokio::net::{TcpListener, UdpSocket};
use tokio_util::sync::CancellationToken;

use super::context::Context;
use super::hub::PublishRight;
use super::subscription::Subscription;
use crate::door::Door;
use crate::lobby::Lobby;
use crate::media::{ConnectionInfo, IceServer};
use crate::random::random_text;
use crate::watch::attend;
use door::WebDoor;
use h264::H264Error;
use negotiation::{Agreed, Negotiator, OfferError};
use part::{Part, Playing, Publishing};
use peer::BrowserPeer;
use player::WebPlayer;
use publisher::WebPublisher;

pub(super) use http::routes;
pub(super) use start::StartedWeb;

/// Serves web users.
pub(super) struct Web {
    door: Arc<WebDoor>,
    negotiator: Arc<Negotiator>,
    /// What browsers are told of the operator's TURN servers, as values of `Link`.
    ice_servers: Vec<Secret>,
    /// What ends a peer, by the unguessable name that only its browser knows.
    peers: Mutex<HashMap<String, CancellationToken>>,
}

/// A connection that was offered, and answered.
struct Opened {
    id: String,
    answer: String,
}

/// Why there is no connection although the room agreed.
#[derive(Debug, thiserror::Error)]
enum WebError {
    #[error(transparent)]
    Offer(#[from] OfferError),
    #[error(transparent)]
    Unplayable(#[from] H264Error),
}

impl WebError {
    fn code(&self) -> &'static str {
        match self {
            Self::Offer(error) => error.code(),
            Self::Unplayable(_) => "stream_unplayable",
        }
    }
}

impl Web {
    /// Web users who reach this socket by the `public` addresses.
    ///
    /// # Errors
    /// That no keys can be made.
    fn new(udp: UdpSocket, public: Vec<SocketAddr>, ice_servers: &[IceServer]) -> Result<Self, OfferError> {
        Ok(Self {
            door: Arc::new(WebDoor::new(udp)),
            negotiator: Arc::new(Negotiator::new(public)?),
            ice_servers: ice_servers.iter().map(IceServer::link).collect(),
            peers: Mutex::default(),
        })
    }

    /// Receives the packets of all peers until `stop`.
    pub(super) async fn receive(self: Arc<Self>, stop: CancellationToken) {
        Arc::clone(&self.door).receive(stop).await;
    }

    /// Takes in the TCP connections of peers until the context stops.
    pub(super) async fn accept(self: Arc<Self>, listener: TcpListener, lobby: Lobby, context: Arc<Context>) {
        let door = Door::new("web TCP", listener, lobby);
        loop {
            let (socket, remote, place) = tokio::select! {
                arrived = door.next() => match arrived {
                    Some(arrived) => arrived,
                    None => return,
                },
                () = context.stop.cancelled() => return,
            };
            let (web, stop, within) = (Arc::clone(&self), context.stop.clone(), context.limits.handshake);
            attend(&context.connections, async move { web.door.serve(socket, remote, place, within, stop).await });
        }
    }

    fn publish(
        self: &Arc<Self>,
        context: &Arc<Context>,
        info: ConnectionInfo,
        publication: PublishRight,
        offer: &str,
    ) -> Result<Opened, WebError> {
        let agreed = self.negotiator.answer(Role::Pusher, offer, Instant::now())?;
        let account = context.budget.account();
        account.share();
        let part = Part::Publisher(Box::new(Publishing {
            publisher: WebPublisher::new(),
            publication,
            account,
            most_bytes: context.limits.message_bytes,
            last_media: None,
            layer: None,
        }));
        Ok(self.open(context, info, agreed, part)?)
    }

    fn play(
        self: &Arc<Self>,
        context: &Arc<Context>,
        info: ConnectionInfo,
        subscription: Subscription,
        offer: &str,
    ) -> Result<Opened, WebError> {
        WebPlayer::judge(&subscription.begin_anew())?;
        let agreed = self.negotiator.answer(Role::Player, offer, Instant::now())?;
        let part = Part::Player(Box::new(Playing { player: WebPlayer::new(), subscription }));
        Ok(self.open(context, info, agreed, part)?)
    }

    /// Lets a peer live until either side ends it.
    fn open(
        self: &Arc<Self>,
        context: &Arc<Context>,
        info: ConnectionInfo,
        agreed: Agreed,
        part: Part,
    ) -> Result<Opened, OfferError> {
        let id = random_text::<32>().map_err(|error| OfferError::Keys(error.to_string()))?;
        let answer = agreed.answer.clone();
        tracing::info!(connection = %info.id, transport = info.transport.name(), "web connection begins");
        let deleted = CancellationToken::new();
        self.lock().insert(id.clone(), deleted.clone());
        let peer = BrowserPeer {
            connection: info.id,
            door: Arc::clone(&self.door),
            negotiator: Arc::clone(&self.negotiator),
            deleted,
            silence: context.limits.silence,
        };
        let listing = Listing { web: Arc::clone(self), id: id.clone() };
        let stop = context.stop.clone();
        attend(&context.connections, async move {
            // Dropped when the task ends, however it ends.
            let _listing = listing;
            peer.run(agreed, part, stop).await;
        });
        Ok(Opened { id, answer })
    }

    /// Ends a peer that its browser wants to end; whether there is one of this name.
    fn end(&self, id: &str) -> bool {
        self.lock().get(id).is_some_and(|deleted| {
            deleted.cancel();
            true
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, CancellationToken>> {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A peer's entry in the list of those who can be ended.
struct Listing {
    web: Arc<Web>,
    id: String,
}

impl Drop for Listing {
    fn drop(&mut self) {
        self.web.lock().remove(&self.id);
    }
}
