//! A browser as far as WebRTC goes: str0m as the other end, over real sockets, with media that ffmpeg made.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::format::Codec;
use str0m::media::{Direction, Frequency, MediaData, MediaKind, MediaTime, Mid};
use str0m::net::{Protocol, Receive, TcpType, Transmit};
use str0m::{Candidate, Event, Input, Output, Rtc};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpStream, UdpSocket};
use tokio::task::JoinHandle;

use super::recording::Recording;

/// What a browser does with a stream.
pub enum Act {
    /// Sends this, over and over.
    Publish(Recording),
    /// Takes what comes.
    Play,
}

/// By what packets travel.
#[derive(Clone, Copy, PartialEq)]
pub enum Way {
    Udp,
    /// TCP to this address.
    Tcp(SocketAddr),
}

/// What a browser has seen so far.
#[derive(Clone, Default)]
pub struct Seen {
    pub connected: Option<Instant>,
    /// The peer closed the connection.
    pub closed: Option<Instant>,
    /// Requests for a key picture.
    pub key_requests: usize,
    /// Pictures with start codes, with their RTP times (90 kHz) and when they came.
    pub pictures: Vec<(u64, Instant, Vec<u8>)>,
    /// Opus packets, with their RTP times (48 kHz).
    pub sounds: Vec<(u64, Vec<u8>)>,
    /// The pictures that were not whole.
    pub gaps: usize,
    /// What the sender reports said: a moment, and the RTP time then in seconds; of pictures and of sound.
    pub reports: [Vec<(SystemTime, f64)>; 2],
}

/// A running browser. Dropping it kills it: nobody is told.
pub struct Browser {
    task: JoinHandle<()>,
    seen: Arc<Mutex<Seen>>,
    /// Which tracks it sends: sound, pictures.
    sends: Arc<Mutex<(bool, bool)>>,
    wants_key: Arc<Mutex<bool>>,
    /// Where it ends its connection.
    pub resource: String,
    pub answer: super::http::Answer,
    pub posted: Instant,
    pub answered: Duration,
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Browser {
    /// Posts an offer to a WHIP or WHEP address, and connects.
    pub async fn open(url: &str, act: Act, way: Way) -> Self {
        let wire = Wire::open(way).await;
        let mut rtc = web_rtc();
        rtc.add_local_candidate(wire.candidate());
        let direction = match act {
            Act::Publish(_) => Direction::SendOnly,
            Act::Play => Direction::RecvOnly,
        };
        let Offered { sound, picture, offer, pending } = offered(&mut rtc, direction);
        let posted = Instant::now();
        let answer = super::http::post(url, "application/sdp", &offer.to_sdp_string()).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        let sdp = SdpAnswer::from_sdp_string(&answer.body).expect("an answer");
        rtc.sdp_api().accept_answer(pending, sdp).expect("accepted");
        let origin = url.split('/').take(3).collect::<Vec<_>>().join("/");
        let resource = origin + answer.header("location").expect("a location");
        let (seen, sends, wants_key) =
            (Arc::<Mutex<Seen>>::default(), Arc::new(Mutex::new((true, true))), Arc::default());
        let page = Page {
            rtc,
            wire,
            sound,
            picture,
            seen: Arc::clone(&seen),
            sends: Arc::clone(&sends),
            wants_key: Arc::clone(&wants_key),
        };
        let task = tokio::spawn(page.run(act));
        Self { task, seen, sends, wants_key, resource, answer, posted, answered: posted.elapsed() }
    }

    pub fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }

    /// Sends these tracks only from now on.
    pub fn send(&self, sound: bool, picture: bool) {
        *self.sends.lock().unwrap() = (sound, picture);
    }

    /// Asks for a key picture.
    pub fn ask_for_key(&self) {
        *self.wants_key.lock().unwrap() = true;
    }

    /// Waits until something is seen.
    pub async fn until(&self, what: &str, limit: Duration, is_so: impl Fn(&Seen) -> bool) -> Seen {
        let end = Instant::now() + limit;
        loop {
            let seen = self.seen();
            if is_so(&seen) {
                return seen;
            }
            assert!(
                Instant::now() < end,
                "{what}: not within {limit:?}; connected {}, {} pictures, {} sounds, closed {}",
                seen.connected.is_some(),
                seen.pictures.len(),
                seen.sounds.len(),
                seen.closed.is_some()
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// The offer of a browser that wants to publish, and that never connects.
pub fn lone_offer() -> String {
    offered(&mut web_rtc(), Direction::SendOnly).offer.to_sdp_string()
}

fn web_rtc() -> Rtc {
    Rtc::builder().clear_codecs().enable_opus(true, false).enable_h264(true).build(Instant::now())
}

struct Offered {
    sound: Mid,
    picture: Mid,
    offer: SdpOffer,
    pending: SdpPendingOffer,
}

fn offered(rtc: &mut Rtc, direction: Direction) -> Offered {
    let mut changes = rtc.sdp_api();
    let sound = changes.add_media(MediaKind::Audio, direction, None, None, None);
    let picture = changes.add_media(MediaKind::Video, direction, None, None, None);
    let (offer, pending) = changes.apply().expect("an offer");
    Offered { sound, picture, offer, pending }
}

struct Page {
    rtc: Rtc,
    wire: Wire,
    sound: Mid,
    picture: Mid,
    seen: Arc<Mutex<Seen>>,
    sends: Arc<Mutex<(bool, bool)>>,
    wants_key: Arc<Mutex<bool>>,
}

impl Page {
    async fn run(mut self, act: Act) {
        let mut sending = match act {
            Act::Publish(recording) => Some(recording.play()),
            Act::Play => None,
        };
        let mut start = None;
        loop {
            let Some(wake) = self.settle().await else { return };
            let connected = self.seen.lock().unwrap().connected;
            if let (Some(connected), Some(samples)) = (connected, &mut sending) {
                let start = *start.get_or_insert(connected);
                let next = samples.peek().map(|sample| start + sample.at).expect("endless");
                if next <= Instant::now() {
                    let sample = samples.next().expect("endless");
                    self.write(&sample, start);
                    continue;
                }
            }
            if std::mem::take(&mut *self.wants_key.lock().unwrap()) {
                let mut writer = self.rtc.writer(self.picture).expect("a picture");
                writer.request_keyframe(None, str0m::media::KeyframeRequestKind::Pli).expect("asked");
                self.rtc.handle_input(Input::Timeout(Instant::now())).expect("time");
                continue;
            }
            let soon = Instant::now() + Duration::from_millis(2);
            let (protocol, local) = (self.wire.protocol(), self.wire.local());
            tokio::select! {
                packet = self.wire.receive() => {
                    let Some((source, bytes)) = packet else { return };
                    if let Ok(receive) = Receive::new(protocol, source, local, &bytes) {
                        self.rtc.handle_input(Input::Receive(Instant::now(), receive)).expect("a packet");
                    }
                }
                () = tokio::time::sleep_until(wake.min(soon).into()) => {
                    self.rtc.handle_input(Input::Timeout(Instant::now())).expect("time");
                }
            }
        }
    }

    async fn settle(&mut self) -> Option<Instant> {
        loop {
            match self.rtc.poll_output().expect("output") {
                Output::Timeout(at) if self.rtc.is_alive() => return Some(at),
                Output::Timeout(_) => {
                    self.seen.lock().unwrap().closed.get_or_insert_with(Instant::now);
                    return None;
                }
                Output::Transmit(packet) => self.wire.send(&packet).await,
                Output::Event(event) => self.note(event),
            }
        }
    }

    fn note(&self, event: Event) {
        let mut seen = self.seen.lock().unwrap();
        match event {
            Event::Connected => seen.connected = Some(Instant::now()),
            Event::Closed => _ = seen.closed.get_or_insert_with(Instant::now),
            Event::KeyframeRequest(_) => seen.key_requests += 1,
            Event::MediaData(data) if data.mid == self.picture => {
                note_report(&mut seen.reports[0], &data, Frequency::NINETY_KHZ);
                seen.gaps += usize::from(!data.contiguous);
                let time = data.time.rebase(Frequency::NINETY_KHZ).numer();
                seen.pictures.push((time, Instant::now(), data.data.to_vec()));
            }
            Event::MediaData(data) => {
                note_report(&mut seen.reports[1], &data, Frequency::FORTY_EIGHT_KHZ);
                seen.sounds.push((data.time.rebase(Frequency::FORTY_EIGHT_KHZ).numer(), data.data.to_vec()));
            }
            _ => {}
        }
    }

    fn write(&mut self, sample: &super::recording::Sample, start: Instant) {
        let (sends_sound, sends_picture) = *self.sends.lock().unwrap();
        let (mid, codec, frequency, is_sent) = if sample.is_picture {
            (self.picture, Codec::H264, Frequency::NINETY_KHZ, sends_picture)
        } else {
            (self.sound, Codec::Opus, Frequency::FORTY_EIGHT_KHZ, sends_sound)
        };
        if !is_sent {
            return;
        }
        let writer = self.rtc.writer(mid).expect("a track");
        let payload = writer.payload_params().find(|it| it.spec().codec == codec).expect("agreed").pt();
        let micros = u64::try_from(sample.at.as_micros()).expect("short");
        // Clocks of tracks begin anywhere.
        let offset = if sample.is_picture { 1_234_567 } else { 7_654_321 };
        let time = MediaTime::new(micros * frequency.get() as u64 / 1_000_000 + offset, frequency);
        writer.write(payload, start + sample.at, time, sample.bytes.clone()).expect("written");
        self.rtc.handle_input(Input::Timeout(Instant::now())).expect("time");
    }
}

fn note_report(reports: &mut Vec<(SystemTime, f64)>, data: &MediaData, frequency: Frequency) {
    let Some(info) = &data.last_sender_info else { return };
    if reports.last().is_none_or(|(moment, _)| *moment != info.ntp_time) {
        let time = info.rtp_time.rebase(frequency).numer() as f64 / f64::from(frequency.get());
        reports.push((info.ntp_time, time));
    }
}

enum Wire {
    Udp(UdpSocket),
    Tcp { reader: OwnedReadHalf, writer: OwnedWriteHalf, local: SocketAddr, remote: SocketAddr, raw: Vec<u8> },
}

impl Wire {
    async fn open(way: Way) -> Self {
        match way {
            Way::Udp => Self::Udp(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a socket")),
            Way::Tcp(remote) => {
                let socket = TcpStream::connect(remote).await.expect("connected");
                let local = socket.local_addr().expect("an address");
                let (reader, writer) = socket.into_split();
                Self::Tcp { reader, writer, local, remote, raw: Vec::new() }
            }
        }
    }

    fn protocol(&self) -> Protocol {
        match self {
            Self::Udp(_) => Protocol::Udp,
            Self::Tcp { .. } => Protocol::Tcp,
        }
    }

    fn local(&self) -> SocketAddr {
        match self {
            Self::Udp(socket) => socket.local_addr().expect("an address"),
            Self::Tcp { local, .. } => *local,
        }
    }

    fn candidate(&self) -> Candidate {
        match self {
            Self::Udp(_) => Candidate::host(self.local(), "udp").expect("a candidate"),
            Self::Tcp { local, .. } => {
                Candidate::builder().tcp().host(*local).tcptype(TcpType::Active).build().expect("a candidate")
            }
        }
    }

    async fn send(&mut self, packet: &Transmit) {
        match self {
            Self::Udp(socket) if packet.proto == Protocol::Udp => {
                let _ = socket.send_to(&packet.contents, packet.destination).await;
            }
            Self::Tcp { writer, remote, .. } if packet.proto == Protocol::Tcp && packet.destination == *remote => {
                let length = u16::try_from(packet.contents.len()).expect("a packet");
                let _ = writer.write_all(&[&length.to_be_bytes()[..], &packet.contents[..]].concat()).await;
            }
            Self::Udp(_) | Self::Tcp { .. } => {}
        }
    }

    /// The next packet. Safe to cancel.
    async fn receive(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        match self {
            Self::Udp(socket) => {
                let mut buffer = vec![0; 2_048];
                let (length, source) = socket.recv_from(&mut buffer).await.ok()?;
                buffer.truncate(length);
                Some((source, buffer))
            }
            Self::Tcp { reader, remote, raw, .. } => loop {
                if let [high, low, rest @ ..] = &raw[..] {
                    let length = usize::from(u16::from_be_bytes([*high, *low]));
                    if rest.len() >= length {
                        let packet = raw[2..2 + length].to_vec();
                        raw.drain(..2 + length);
                        return Some((*remote, packet));
                    }
                }
                if reader.read_buf(raw).await.ok()? == 0 {
                    return None;
                }
            },
        }
    }
}
