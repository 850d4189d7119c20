//! A [`BrowserPeer`] is one browser that is connected, or about to be: it takes packets to str0m, what str0m finds in them to the
//! publisher or player, and back. It does not decide anything about media.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::media::{Frequency, KeyframeRequestKind, MediaData, MediaTime};
use str0m::net::Receive;
use str0m::{Event, IceConnectionState, Input, Output, Rtc, RtcError};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::door::{Datagram, WebDoor};
use super::negotiation::{Agreed, Negotiator, Slot};
use super::part::{Part, PartEnd, PeerDeed};
use super::player::{Sample, SampleTrack};
use crate::media::{ConnectionId, StopReason};

/// One browser.
pub(super) struct BrowserPeer {
    pub(super) connection: ConnectionId,
    pub(super) door: Arc<WebDoor>,
    pub(super) negotiator: Arc<Negotiator>,
    /// Cancelled when the browser ends its connection by DELETE.
    pub(super) deleted: CancellationToken,
    /// How long a publisher may say nothing.
    pub(super) silence: Duration,
}

/// Why a peer has ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum PeerEnd {
    /// The browser asked for it.
    #[error("the browser ended it")]
    Deleted,
    /// The browser closed its connection without a word to HTTP.
    #[error("the browser closed its connection")]
    Closed,
    /// The browser never came.
    #[error("the browser did not connect")]
    NotConnected,
    /// Nothing comes from the browser any more.
    #[error("the browser is gone")]
    Gone,
    /// The browser is there, but no media of it.
    #[error("no media came")]
    Silent,
    /// The media server stops.
    #[error("the media server stops")]
    Shutdown,
    /// str0m gave up.
    #[error("the connection broke: {0}")]
    Broken(#[from] RtcError),
    /// The publisher or player cannot go on.
    #[error(transparent)]
    Part(#[from] PartEnd),
}

impl PeerEnd {
    /// What signaling hears of a publisher.
    fn reason(&self) -> StopReason {
        match self {
            Self::Deleted => StopReason::Finished,
            Self::Closed | Self::NotConnected | Self::Gone | Self::Broken(_) => StopReason::Disconnected,
            Self::Silent => StopReason::Silent,
            Self::Shutdown => StopReason::Shutdown,
            Self::Part(end) => end.reason(),
        }
    }
}

impl BrowserPeer {
    /// Serves the browser to its end.
    pub(super) async fn run(self, agreed: Agreed, part: Part, stop: CancellationToken) {
        let inbox = self.door.enter(&agreed.name);
        // Dropped whatever happens.
        let name = Name { name: agreed.name, door: Arc::clone(&self.door) };
        let now = Instant::now();
        let slots = Slots { picture: agreed.picture, sound: agreed.sound };
        let mut link =
            PeerState { rtc: agreed.rtc, slots, part, deeds: VecDeque::new(), begun: now, connected: None, heard: now };
        let end = self.serve(&name, &mut link, inbox, stop).await;
        let (connection, transport) = (self.connection, link.part.transport().name());
        tracing::info!(%connection, transport, %end, "web connection ended");
        if let Some(sound) = link.part.sound_counts() {
            tracing::debug!(%connection, ?sound, "what its sound was");
        }
        self.say_farewell(&name, &mut link.rtc).await;
        link.part.finish(end.reason());
    }

    async fn serve(
        &self,
        name: &Name,
        link: &mut PeerState,
        mut inbox: mpsc::Receiver<Datagram>,
        stop: CancellationToken,
    ) -> PeerEnd {
        loop {
            let next = match self.settle(name, link).await {
                Ok(next) => next,
                Err(end) => return end,
            };
            let now = Instant::now();
            if let Some(end) = link.overdue(now, self.silence) {
                return end;
            }
            let is_connected = link.connected.is_some();
            let input = tokio::select! {
                datagram = inbox.recv() => match datagram {
                    Some(datagram) => self.receive(link, &datagram),
                    None => return PeerEnd::Closed,
                },
                () = tokio::time::sleep_until(next.min(now + LOOK_EVERY).into()) => {
                    link.rtc.handle_input(Input::Timeout(Instant::now()))
                }
                news = link.part.next(is_connected) => match news {
                    Ok(deeds) => {
                        link.deeds.extend(deeds);
                        Ok(())
                    }
                    Err(end) => return end.into(),
                },
                () = self.deleted.cancelled() => return PeerEnd::Deleted,
                () = stop.cancelled() => return PeerEnd::Shutdown,
            };
            if let Err(error) = input {
                return error.into();
            }
        }
    }

    /// Does what is to be done, and sends what str0m has to say to it; gives the time when str0m wants to look again.
    async fn settle(&self, name: &Name, link: &mut PeerState) -> Result<Instant, PeerEnd> {
        loop {
            let wake = loop {
                match link.rtc.poll_output()? {
                    Output::Timeout(at) => break at,
                    Output::Transmit(packet) => self.door.send(&name.name, &packet).await,
                    Output::Event(event) => link.hear(event)?,
                }
            };
            if !link.rtc.is_alive() {
                return Err(PeerEnd::Closed);
            }
            let now = Instant::now();
            let asks_at = link.connected.and_then(|connected| link.part.asks_at(connected));
            if asks_at.is_some_and(|at| at <= now) {
                link.part.has_asked(now);
                link.deeds.push_back(PeerDeed::AskForKey);
            }
            let Some(deed) = link.deeds.pop_front() else { return Ok(asks_at.map_or(wake, |at| wake.min(at))) };
            link.perform(deed);
            link.rtc.handle_input(Input::Timeout(now))?;
        }
    }

    fn receive(&self, link: &mut PeerState, datagram: &Datagram) -> Result<(), RtcError> {
        let Datagram { protocol, source, bytes } = datagram;
        let Some(destination) = self.negotiator.destination(*source) else { return Ok(()) };
        // What is neither STUN, DTLS nor RTP is nothing.
        let Ok(input) = Receive::new(*protocol, *source, destination, bytes) else { return Ok(()) };
        let now = Instant::now();
        link.heard = now;
        link.rtc.handle_input(Input::Receive(now, input))
    }

    /// Tells the browser that it is over, so that it need not find out.
    async fn say_farewell(&self, name: &Name, rtc: &mut Rtc) {
        let _it_may_be_closed = rtc.close();
        for _ in 0..FAREWELL_STEPS {
            match rtc.poll_output() {
                Ok(Output::Transmit(packet)) => self.door.send(&name.name, &packet).await,
                Ok(Output::Event(_)) => {}
                Ok(Output::Timeout(_)) if rtc.is_alive() => {
                    if rtc.handle_input(Input::Timeout(Instant::now())).is_err() {
                        return;
                    }
                }
                Ok(Output::Timeout(_)) | Err(_) => return,
            }
        }
    }
}

/// A peer's place at the door.
struct Name {
    name: String,
    door: Arc<WebDoor>,
}

impl Drop for Name {
    fn drop(&mut self) {
        self.door.leave(&self.name);
    }
}

#[derive(Clone, Copy)]
struct Slots {
    picture: Option<Slot>,
    sound: Option<Slot>,
}

/// A connection and what goes over it.
struct PeerState {
    rtc: Rtc,
    slots: Slots,
    part: Part,
    deeds: VecDeque<PeerDeed>,
    begun: Instant,
    connected: Option<Instant>,
    /// When the last packet came.
    heard: Instant,
}

impl PeerState {
    #[expect(clippy::wildcard_enum_match_arm, reason = "str0m's events, of which there may be more at any time")]
    fn hear(&mut self, event: Event) -> Result<(), PeerEnd> {
        let now = Instant::now();
        match event {
            Event::Connected => {
                self.connected = Some(now);
                self.deeds.extend(self.part.connected(now)?);
            }
            Event::IceConnectionStateChange(IceConnectionState::Disconnected) => return Err(PeerEnd::Gone),
            Event::Closed => return Err(PeerEnd::Closed),
            Event::MediaData(data) => self.media(&data)?,
            Event::KeyframeRequest(_) => self.deeds.extend(self.part.asked_for_key(now)?),
            _ => {}
        }
        Ok(())
    }

    fn media(&mut self, data: &MediaData) -> Result<(), PeerEnd> {
        // Of several sizes of the same picture, the first that comes counts.
        let is = |slot: Option<Slot>| slot.is_some_and(|slot| slot.mid == data.mid);
        if is(self.slots.picture) {
            self.part.picture(data)?;
        } else if is(self.slots.sound) {
            self.part.sound(data)?;
        }
        Ok(())
    }

    fn perform(&mut self, deed: PeerDeed) {
        let done = match deed {
            PeerDeed::AskForKey => self.ask_for_key(),
            PeerDeed::Write(sample) => self.write(sample),
        };
        // A browser may stop a track, or not have begun with it: nothing else suffers.
        if let Err(error) = done {
            tracing::debug!(%error, "a web connection did not do as it was told");
        }
    }

    fn ask_for_key(&mut self) -> Result<(), RtcError> {
        let Some(slot) = self.slots.picture else { return Ok(()) };
        let Some(mut writer) = self.rtc.writer(slot.mid) else { return Ok(()) };
        let pli = KeyframeRequestKind::Pli;
        let kind = if writer.is_request_keyframe_possible(pli) { pli } else { KeyframeRequestKind::Fir };
        writer.request_keyframe(None, kind)
    }

    fn write(&mut self, sample: Sample) -> Result<(), RtcError> {
        let (slot, frequency) = match sample.track {
            SampleTrack::Picture => (self.slots.picture, Frequency::NINETY_KHZ),
            SampleTrack::Sound => (self.slots.sound, Frequency::FORTY_EIGHT_KHZ),
        };
        let Some(slot) = slot else { return Ok(()) };
        let Some(writer) = self.rtc.writer(slot.mid) else { return Ok(()) };
        writer.write(slot.payload, sample.moment, MediaTime::new(sample.time, frequency), sample.bytes)
    }

    /// Why the peer has to end now, if it has to.
    fn overdue(&self, now: Instant, silence: Duration) -> Option<PeerEnd> {
        let since = |moment: Instant| now.saturating_duration_since(moment);
        let Some(connected) = self.connected else {
            return (since(self.begun) >= CONNECT_WITHIN).then_some(PeerEnd::NotConnected);
        };
        if since(self.heard) >= GONE_AFTER {
            return Some(PeerEnd::Gone);
        }
        let is_silent = self.part.last_media(connected).is_some_and(|last| since(last) >= silence);
        is_silent.then_some(PeerEnd::Silent)
    }
}

/// From the answer to a connection: a browser that checks several addresses takes seconds.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// A browser says something at least every two and a half seconds, if only that it is there (RFC 7675).
const GONE_AFTER: Duration = Duration::from_secs(8);
/// How often the limits are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Packets and turns of a farewell.
const FAREWELL_STEPS: usize = 32;
