//! The parts that read what web users send, as the fuzzers of `tests/fuzz` call them. Built with the feature `fuzz` only.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime};

use miniapp_rtc::protocol::Role;
use str0m::net::{Protocol, Receive};
use str0m::{Input, Output};

use super::clock::SenderReport;
use super::h264::{AnnexBToAvc, AvcToAnnexB, H264Error};
use super::negotiation::{Negotiator, OfferError};
use super::publisher::{Arrival, WebPublisher};
use super::sound::{AacToOpus, CodedSound, OpusToAac, SoundCounts, SoundError};
use super::table::PeerTable;
use crate::media::embedded::frame::{FrameKind, SEQUENCE_HEADER};

/// A picture as FLV has it: the bodies of its tags.
#[derive(Clone, Debug)]
pub struct FlvPicture {
    /// The sequence header, if it is a new one.
    pub header: Option<Vec<u8>>,
    /// The coded picture.
    pub body: Vec<u8>,
    /// Whether it needs no other picture.
    pub is_key: bool,
}

/// What became of an FLV tag's body with a picture or a sequence header.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RtpPicture {
    /// A sequence header was taken.
    Configured,
    /// The access unit.
    Shown(Vec<u8>),
    /// Left out: nothing needs it, and it is out of order.
    LeftOut,
    /// Refused, with the first word of the reason's name.
    Refused(&'static str),
}

/// A unit of transcoded sound.
#[derive(Clone, Debug)]
pub struct Sound {
    /// In samples of 48 kHz.
    pub position: i64,
    /// The packet, or the FLV tag's body.
    pub bytes: Vec<u8>,
}

/// What a transcoder saw.
#[derive(Clone, Copy, Debug)]
pub struct Counts {
    /// Units that were taken.
    pub units: u64,
    /// Units that no codec took.
    pub broken: u64,
    /// Units that came too late, or were surplus.
    pub late: u64,
    /// Samples that stand in for lost ones.
    pub concealed: u64,
    /// How often the time jumped.
    pub jumps: u64,
    /// How often a codec panicked.
    pub panics: u64,
}

/// A picture or a packet of sound of a browser that publishes.
#[derive(Clone, Copy, Debug)]
pub struct WebArrival<'a> {
    /// Whether it is sound.
    pub is_sound: bool,
    /// Its RTP time, without wrapping.
    pub time: u64,
    /// When it came, counted from the connection's beginning.
    pub arrived: Duration,
    /// The newest sender report of its track: a time since 1970, and the same moment in RTP time.
    pub report: Option<(Duration, u64)>,
    /// Whether nothing was lost between the one before and this one.
    pub is_next: bool,
    /// The access unit, or the Opus packet.
    pub bytes: &'a [u8],
}

/// What a frame of a stream is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Published {
    /// `onMetaData`.
    Description,
    /// The configuration of the sound.
    SoundHeader,
    /// A unit of sound.
    Sound,
    /// The configuration of the pictures.
    PictureHeader,
    /// A picture that needs no other picture.
    Key,
    /// A picture that needs earlier ones.
    Delta,
}

/// What became of a browser's offer.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The answer, as SDP.
    pub answer: String,
    /// How STUN names the peer.
    pub name: String,
    /// Whether a track of pictures, and one of sound, was agreed on.
    pub tracks: (bool, bool),
    /// How many of the datagrams are STUN, DTLS, RTP or RTCP by their heads, and so reached the peer.
    pub received: usize,
}

/// An offer of a browser that wants to push or to play, and datagrams that come after it, 20 ms apart.
///
/// # Errors
/// The code of the refusal.
pub fn offer(offer: &str, role: Role, datagrams: &[&[u8]]) -> Result<Answered, &'static str> {
    const PUBLIC: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8_443);
    const BROWSER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9_999);
    static NEGOTIATOR: LazyLock<Result<Negotiator, OfferError>> = LazyLock::new(|| Negotiator::new(vec![PUBLIC]));
    let negotiator = NEGOTIATOR.as_ref().map_err(OfferError::code)?;
    let mut now = Instant::now();
    let mut agreed = negotiator.answer(role, offer, now).map_err(|error| error.code())?;
    let mut count = 0;
    for datagram in datagrams {
        now += Duration::from_millis(20);
        if let Ok(received) = Receive::new(Protocol::Udp, BROWSER, PUBLIC, datagram) {
            count += 1;
            if agreed.rtc.handle_input(Input::Receive(now, received)).is_err() {
                break;
            }
        }
        while let Ok(output) = agreed.rtc.poll_output() {
            match output {
                Output::Transmit(_) | Output::Event(_) => {}
                Output::Timeout(_) => break,
            }
        }
        if agreed.rtc.handle_input(Input::Timeout(now)).is_err() {
            break;
        }
    }
    let tracks = (agreed.picture.is_some(), agreed.sound.is_some());
    Ok(Answered { answer: agreed.answer, name: agreed.name, tracks, received: count })
}

/// The name of the peer for which a datagram says it is.
pub fn addressee(datagram: &[u8]) -> Option<&str> {
    super::stun::addressee(datagram)
}

/// Which of these peers gets a datagram, if any. Where `owner` is given, that peer has answered the datagram's source before.
pub fn route<'a>(peers: &[&'a str], owner: Option<&str>, datagram: &[u8]) -> Option<&'a str> {
    let source = (Protocol::Udp, SocketAddr::from((Ipv4Addr::LOCALHOST, 1)));
    let mut table = PeerTable::default();
    for peer in peers {
        table.enter((*peer).to_owned(), *peer);
    }
    if let Some(owner) = owner {
        table.claim(owner, source);
    }
    table.route(source, datagram).copied()
}

/// Access units as RTP brings them, on their way to FLV.
pub fn to_flv(access_units: &[&[u8]]) -> Vec<Option<FlvPicture>> {
    let mut converter = AnnexBToAvc::default();
    let mut convert = |unit: &&[u8]| {
        let picture = converter.push(unit)?;
        let header = picture.header.map(|header| header.body.into());
        Some(FlvPicture { header, body: picture.body.into(), is_key: picture.is_key })
    };
    access_units.iter().map(&mut convert).collect()
}

/// Bodies of FLV tags with their time stamps in milliseconds, on their way to RTP. A body whose second byte is 0 is a sequence
/// header.
pub fn to_rtp(bodies: &[(i64, &[u8])]) -> Vec<RtpPicture> {
    let mut converter = AvcToAnnexB::default();
    let mut convert = |(milliseconds, body): &(i64, &[u8])| {
        let converted = match body.get(1) {
            Some(&SEQUENCE_HEADER) => converter.configure(body).map(|()| RtpPicture::Configured),
            _ => converter
                .push(*milliseconds, body)
                .map(|picture| picture.map_or(RtpPicture::LeftOut, |picture| RtpPicture::Shown(picture.bytes))),
        };
        converted.unwrap_or_else(|error| RtpPicture::Refused(name(error)))
    };
    bodies.iter().map(&mut convert).collect()
}

/// What a browser sends, in the order of arrival; for each, the frames that it gives with their time stamps in milliseconds,
/// which wrap. Then how often a codec panicked.
pub fn publish(arrivals: &[WebArrival<'_>]) -> (Vec<Vec<(Published, u32)>>, u64) {
    let mut publisher = WebPublisher::new();
    let connected = Instant::now();
    let mut take = |given: &WebArrival<'_>| {
        let report = given.report.map(|(wall, time)| SenderReport { wall: SystemTime::UNIX_EPOCH + wall, time });
        let WebArrival { time, is_next, bytes, .. } = *given;
        let arrival = Arrival { time, arrived: connected + given.arrived, report, is_next, bytes };
        let frames = if given.is_sound { publisher.sound(arrival) } else { publisher.picture(arrival) };
        frames.into_iter().filter_map(|frame| Some((published(frame.kind)?, frame.timestamp))).collect()
    };
    let frames = arrivals.iter().map(&mut take).collect();
    (frames, publisher.sound_counts().map_or(0, |counts| counts.panics))
}

/// `None` for what no browser's stream has.
fn published(kind: FrameKind) -> Option<Published> {
    match kind {
        FrameKind::Metadata => Some(Published::Description),
        FrameKind::AudioHeader => Some(Published::SoundHeader),
        FrameKind::Audio => Some(Published::Sound),
        FrameKind::VideoHeader => Some(Published::PictureHeader),
        FrameKind::VideoKey => Some(Published::Key),
        FrameKind::VideoDelta => Some(Published::Delta),
        FrameKind::VideoNote => None,
    }
}

/// Opus packets with their RTP times; the AAC, and what the transcoder saw.
///
/// # Errors
/// A codec does not start.
pub fn to_aac(packets: &[(i64, &[u8])]) -> Result<(Vec<Sound>, Counts), String> {
    let told = |error: SoundError| error.to_string();
    let mut transcoder = OpusToAac::new().map_err(told)?;
    let mut out = Vec::new();
    for (position, packet) in packets {
        out.extend(transcoder.push(*position, packet).map_err(told)?.into_iter().map(Sound::from));
    }
    Ok((out, transcoder.counts().into()))
}

/// Bodies of FLV tags with AAC and their time stamps in milliseconds; the Opus packets, what the transcoder saw, and how many
/// sequence headers it took. A body whose second byte is 0 is a sequence header.
///
/// # Errors
/// A codec does not start.
pub fn to_opus(bodies: &[(i64, &[u8])]) -> Result<(Vec<Sound>, Counts, usize), String> {
    let told = |error: SoundError| error.to_string();
    let mut transcoder = AacToOpus::new().map_err(told)?;
    let (mut out, mut configured) = (Vec::new(), 0);
    for (milliseconds, body) in bodies {
        if body.get(1) == Some(&SEQUENCE_HEADER) {
            configured += usize::from(transcoder.configure(body).is_ok());
        } else {
            out.extend(transcoder.push(*milliseconds, body).map_err(told)?.into_iter().map(Sound::from));
        }
    }
    Ok((out, transcoder.counts().into(), configured))
}

fn name(error: H264Error) -> &'static str {
    match error {
        H264Error::NotH264 => "not H.264",
        H264Error::BrokenHeader => "broken header",
        H264Error::BrokenPicture => "broken picture",
        H264Error::NoHeader => "no header",
        H264Error::Reordered => "reordered",
    }
}

impl From<CodedSound> for Sound {
    fn from(sound: CodedSound) -> Self {
        Self { position: sound.position, bytes: sound.bytes.into() }
    }
}

impl From<SoundCounts> for Counts {
    fn from(counts: SoundCounts) -> Self {
        let SoundCounts { units, broken, late, concealed, jumps, panics } = counts;
        Self { units, broken, late, concealed, jumps, panics }
    }
}
