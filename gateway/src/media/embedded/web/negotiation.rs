//! The [`Negotiator`] answers the SDP offers of browsers: which codecs, which addresses, which keys.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use miniapp_rtc::protocol::Role;
use str0m::change::SdpOffer;
use str0m::config::{CryptoProvider, DtlsCert};
use str0m::format::Codec;
use str0m::media::{MediaKind, Mid, Pt};
use str0m::net::{Protocol, TcpType};
use str0m::rtp::{Extension, ExtensionMap};
use str0m::{Candidate, IceCreds, Rtc};

use crate::random::random_text;

/// What all answers have in common.
pub(super) struct Negotiator {
    crypto: Arc<CryptoProvider>,
    certificate: DtlsCert,
    /// The addresses by which browsers reach the port of all peers.
    public: Vec<SocketAddr>,
}

/// An offer that was answered.
pub(super) struct Agreed {
    pub(super) rtc: Rtc,
    /// How the peer is named in STUN.
    pub(super) name: String,
    /// The answer, as SDP.
    pub(super) answer: String,
    pub(super) picture: Option<Slot>,
    pub(super) sound: Option<Slot>,
}

/// Where a track's media belongs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Slot {
    pub(super) mid: Mid,
    pub(super) payload: Pt,
}

/// Why an offer is refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum OfferError {
    /// Not SDP, or not an offer.
    #[error("the body is no SDP offer: {0}")]
    Form(String),
    /// SDP that cannot be answered.
    #[error("the offer cannot be answered: {0}")]
    Unanswerable(String),
    /// Nothing that the media server takes.
    #[error(
        "the offer sends neither H.264 with packetization-mode=1 nor Opus; add a track to send, and offer these codecs"
    )]
    NothingToTake,
    /// Nothing that the media server gives.
    #[error(
        "the offer receives neither H.264 with packetization-mode=1 nor Opus; add a recvonly transceiver, and offer these codecs"
    )]
    NothingToGive,
    /// A data channel.
    #[error("the offer has a data channel, which the media server does not carry; make the offer without one")]
    DataChannel,
    /// The operating system gave no random bytes, or the certificate could not be made.
    #[error("the media server cannot make keys: {0}")]
    Keys(String),
}

impl OfferError {
    /// A short stable word for answers and logs.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Form(_) => "offer_malformed",
            Self::Unanswerable(_) => "offer_unanswerable",
            Self::NothingToTake | Self::NothingToGive => "offer_without_codec",
            Self::DataChannel => "offer_with_data_channel",
            Self::Keys(_) => "unavailable",
        }
    }
}

impl Negotiator {
    /// A negotiator for peers that are reached by these addresses, UDP and TCP.
    ///
    /// # Errors
    /// [`OfferError::Keys`].
    pub(super) fn new(public: Vec<SocketAddr>) -> Result<Self, OfferError> {
        let crypto = str0m::crypto::from_feature_flags();
        let certificate = crypto.dtls_provider.generate_certificate();
        let certificate = certificate.ok_or_else(|| OfferError::Keys("no certificate".into()))?;
        Ok(Self { crypto: Arc::new(crypto), certificate, public })
    }

    /// The addresses by which browsers reach the port of all peers.
    pub(super) fn public(&self) -> &[SocketAddr] {
        &self.public
    }

    /// The address of ours by which a packet came, as far as a peer knows: the first one of the same kind.
    pub(super) fn destination(&self, source: SocketAddr) -> Option<SocketAddr> {
        let is_alike = |address: &&SocketAddr| address.is_ipv4() == source.is_ipv4();
        self.public.iter().find(is_alike).or(self.public.first()).copied()
    }

    /// Answers an offer of a browser that wants to publish or to play.
    ///
    /// # Errors
    /// [`OfferError`] says what is wrong with the offer.
    pub(super) fn answer(&self, role: Role, offer: &str, now: Instant) -> Result<Agreed, OfferError> {
        if offer.lines().any(|line| line.starts_with("m=application")) {
            return Err(OfferError::DataChannel);
        }
        let offer = SdpOffer::from_sdp_string(offer).map_err(|error| OfferError::Form(in_words(&error)))?;
        let name = random_text::<16>().map_err(|error| OfferError::Keys(error.to_string()))?;
        let password = random_text::<32>().map_err(|error| OfferError::Keys(error.to_string()))?;
        let mut rtc = self.begin(IceCreds { ufrag: name.clone(), pass: password }, now)?;
        let unanswerable = |error: str0m::RtcError| OfferError::Unanswerable(in_words(&error));
        let answer = rtc.sdp_api().accept_offer(offer).map_err(unanswerable)?.to_sdp_string();
        // A browser may offer both ways, and the answer must have one (RFC 9725, 4.2).
        let one_way = match role {
            Role::Pusher => "a=recvonly",
            Role::Player => "a=sendonly",
        };
        let answer = answer.replace("a=sendrecv", one_way);
        let [picture, sound] = slots(&mut rtc, &answer, role);
        if picture.is_none() && sound.is_none() {
            return Err(match role {
                Role::Pusher => OfferError::NothingToTake,
                Role::Player => OfferError::NothingToGive,
            });
        }
        Ok(Agreed { rtc, name, answer, picture, sound })
    }

    fn begin(&self, credentials: IceCreds, now: Instant) -> Result<Rtc, OfferError> {
        let mut config = Rtc::builder()
            .set_crypto_provider(Arc::clone(&self.crypto))
            .set_dtls_cert(self.certificate.clone())
            .set_ice_lite(true)
            .set_local_ice_credentials(credentials)
            .set_rtcp_report_interval_audio(REPORT_EVERY)
            .clear_codecs()
            .enable_opus(true, false)
            .set_extension_map(extensions());
        for (payload, resend, profile) in H264 {
            config.codec_config().add_h264(payload.into(), Some(resend.into()), true, profile);
        }
        let mut rtc = config.build(now);
        let unusable = |error: &dyn std::fmt::Display| OfferError::Unanswerable(format!("a public address: {error}"));
        for address in &self.public {
            let udp = Candidate::host(*address, Protocol::Udp).map_err(|error| unusable(&error))?;
            let tcp = Candidate::builder().tcp().host(*address).tcptype(TcpType::Passive).build();
            rtc.add_local_candidate(udp);
            rtc.add_local_candidate(tcp.map_err(|error| unusable(&error))?);
        }
        Ok(rtc)
    }
}

/// What str0m says in one line, without the addresses in memory that its parser names.
fn in_words(error: &dyn std::fmt::Display) -> String {
    let said = error.to_string();
    let lines: Vec<&str> = said.lines().filter(|line| !line.contains("PointerOffset")).collect();
    lines.join(", ")
}

/// The first track of pictures and the first one of sound that both sides can carry. What an offer has beside them carries
/// nothing.
fn slots(rtc: &mut Rtc, answer: &str, role: Role) -> [Option<Slot>; 2] {
    let (mut picture, mut sound) = (None, None);
    for mid in answer.lines().filter_map(|line| line.strip_prefix("a=mid:")).map(Mid::from) {
        let Some(media) = rtc.media(mid) else { continue };
        let flows = match role {
            Role::Pusher => media.direction().is_receiving(),
            Role::Player => media.direction().is_sending(),
        };
        let (slot, codec) = match media.kind() {
            MediaKind::Video => (&mut picture, Codec::H264),
            MediaKind::Audio => (&mut sound, Codec::Opus),
        };
        if !flows || slot.is_some() {
            continue;
        }
        let Some(writer) = rtc.writer(mid) else { continue };
        let payload = writer.payload_params().find(|params| params.spec().codec == codec).map(|params| params.pt());
        *slot = payload.map(|payload| Slot { mid, payload });
    }
    [picture, sound]
}

/// The header extensions that are of use. Not the one for video orientation: a phone's browser would then leave the turning
/// of pictures to the receiver, and RTMP cannot tell it.
fn extensions() -> ExtensionMap {
    let mut extensions = ExtensionMap::empty();
    let wanted =
        [Extension::AudioLevel, Extension::AbsoluteSendTime, Extension::TransportSequenceNumber, Extension::RtpMid];
    for (id, extension) in (1..).zip(wanted) {
        extensions.set(id, extension);
    }
    extensions
}

/// From one sender report on sound to the next, as on pictures: after two of each, a browser keeps both in time.
const REPORT_EVERY: Duration = Duration::from_secs(1);
/// Payload type, that of repetitions, and profile: constrained baseline, and baseline as some browsers name it. Level 3.1.
const H264: [(u8, u8, u32); 2] = [(108, 109, 0x42_e01f), (127, 121, 0x42_001f)];

#[cfg(test)]
mod tests;
