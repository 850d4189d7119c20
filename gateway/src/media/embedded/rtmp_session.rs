//! An [`RtmpSession`] is the server's side of one RTMP connection after the handshake, without its socket: bytes in,
//! events and bytes out. It accepts nothing by itself: a push or play waits for `accept` or `refuse`.

use bytes::Bytes;

use super::amf::{Reader, Scalar, Writer};
use super::chunk::{ChunkError, ChunkReader, Message, OUTBOUND_CHUNK_SIZE, write_message};
use super::frame::{Frame, FrameKind};
use crate::budget::Account;
use crate::media::APPLICATION;

/// What the other side wants.
#[derive(Debug, PartialEq)]
pub(super) enum RtmpEvent {
    /// It wants to push. `query` has no leading `?`.
    Publish { name: String, query: String },
    /// It wants to play.
    Play { name: String, query: String },
    /// A media message of an accepted push.
    Media(Frame),
    /// It ends its push or play.
    Finished,
}

/// Why a connection cannot go on.
#[derive(Debug, thiserror::Error)]
pub(super) enum RtmpError {
    #[error(transparent)]
    Chunk(#[from] ChunkError),
    #[error("a decoder configuration has {bytes} bytes where {MAX_CONFIGURATION_BYTES} are allowed")]
    Configuration { bytes: usize },
    #[error("a control message is too short")]
    Control,
    #[error("connect names no application: the URL's path begins with /{APPLICATION}/")]
    NoApplication,
    #[error("there is no such application: the URL's path begins with /{APPLICATION}/")]
    Application,
    #[error("publish or play names no stream: use the media URL exactly as the gateway gave it")]
    NoStream,
    #[error("commands came out of order: connect first and once, then publish or play one stream")]
    Order,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Phase {
    Start,
    Connected,
    Deciding,
    Publishing,
    Playing,
}

/// The RTMP protocol of one connection, from the first command on.
pub(super) struct RtmpSession {
    phase: Phase,
    reader: ChunkReader,
    account: Account,
    output: Vec<u8>,
    outbound_chunk_size: usize,
    /// The query that some clients put on the application instead of the stream.
    application_query: String,
    max_media_bytes: usize,
    received: u64,
    acknowledged: u64,
    /// After how many bytes the other side waits for an acknowledgement.
    window: u32,
}

impl RtmpSession {
    /// A session that takes media messages of at most `max_media_bytes`.
    pub(super) fn new(max_media_bytes: usize, account: Account) -> Self {
        Self {
            phase: Phase::Start,
            reader: ChunkReader::new(MAX_COMMAND_BYTES, account.clone()),
            account,
            output: Vec::new(),
            outbound_chunk_size: 128,
            application_query: String::new(),
            max_media_bytes,
            received: 0,
            acknowledged: 0,
            window: WINDOW_BYTES,
        }
    }

    /// Takes bytes from the socket; [`RtmpSession::next_event`] then says what they meant.
    pub(super) fn receive(&mut self, bytes: &[u8]) {
        self.reader.extend(bytes);
        self.received += bytes.len() as u64;
        self.acknowledge();
    }

    /// Forgets what has come and is not read: no more of it will be.
    pub(super) fn stop_reading(&mut self) {
        self.reader = ChunkReader::new(0, self.account.clone());
    }

    /// The next thing the other side wants; `None` until more bytes come.
    pub(super) fn next_event(&mut self) -> Result<Option<RtmpEvent>, RtmpError> {
        while let Some(message) = self.reader.next()? {
            if let Some(event) = self.handle(message)? {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    /// How many bytes came, handshake apart.
    pub(super) fn received(&self) -> u64 {
        self.received
    }

    /// The bytes to write to the socket.
    pub(super) fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.output)
    }

    /// How many bytes wait to be written.
    pub(super) fn output_len(&self) -> usize {
        self.output.len()
    }

    /// Accepts the push that was asked for.
    pub(super) fn accept_publish(&mut self) {
        self.phase = Phase::Publishing;
        self.reader.set_max_message_bytes(self.max_media_bytes);
        self.account.share();
        self.write_stream_begin();
        self.write_status("status", "NetStream.Publish.Start", "publishing");
    }

    /// Accepts the play that was asked for.
    pub(super) fn accept_play(&mut self) {
        self.phase = Phase::Playing;
        self.write_stream_begin();
        self.write_status("status", "NetStream.Play.Reset", "resetting");
        self.write_status("status", "NetStream.Play.Start", "playing");
        let access = Writer::default().text("|RtmpSampleAccess").boolean(true).boolean(true);
        self.write_values(chunk_stream::DATA, type_id::DATA, MESSAGE_STREAM, access);
    }

    /// Refuses the push or play that was asked for; the connection is to be closed then.
    pub(super) fn refuse(&mut self, code: &str, description: &str) {
        self.write_status("error", code, description);
    }

    /// Tells a player that the stream is over.
    pub(super) fn finish_play(&mut self) {
        self.write_user_control(1);
        self.write_status("status", "NetStream.Play.UnpublishNotify", "the stream is over");
        self.write_status("status", "NetStream.Play.Stop", "stopped");
    }

    /// Writes one frame to a player.
    pub(super) fn write_frame(&mut self, frame: Frame) {
        let (chunk_stream, type_id) = match frame.kind {
            FrameKind::Metadata => (chunk_stream::DATA, type_id::DATA),
            FrameKind::AudioHeader | FrameKind::Audio => (chunk_stream::AUDIO, type_id::AUDIO),
            FrameKind::VideoHeader | FrameKind::VideoKey | FrameKind::VideoDelta | FrameKind::VideoNote => {
                (chunk_stream::VIDEO, type_id::VIDEO)
            }
        };
        let Frame { timestamp, payload, .. } = frame;
        self.write(chunk_stream, Message { timestamp, type_id, stream_id: MESSAGE_STREAM, payload });
    }

    fn handle(&mut self, message: Message) -> Result<Option<RtmpEvent>, RtmpError> {
        let Message { timestamp, type_id, payload, .. } = message;
        let is_publishing = self.phase == Phase::Publishing;
        match type_id {
            type_id::SET_CHUNK_SIZE => self.reader.set_chunk_size(read_u32(&payload)?)?,
            type_id::ABORT => self.reader.abort(read_u32(&payload)?),
            type_id::USER_CONTROL => self.answer_ping(&payload),
            type_id::AUDIO if is_publishing => return media(Frame::audio(timestamp, payload)),
            type_id::VIDEO if is_publishing => return media(Frame::video(timestamp, payload)),
            type_id::DATA if is_publishing => return Ok(Frame::metadata(timestamp, &payload).map(RtmpEvent::Media)),
            type_id::WINDOW_SIZE => self.follow_window(read_u32(&payload)?),
            type_id::COMMAND => return self.handle_command(&payload),
            // A zero byte announces AMF3, but what follows is AMF0 in practice (§7.1.1).
            type_id::COMMAND_AMF3 => return self.handle_command(payload.strip_prefix(&[0]).unwrap_or(&payload)),
            type_id::DATA_AMF3 if is_publishing => {
                let payload = payload.slice(usize::from(payload.first() == Some(&0))..);
                return Ok(Frame::metadata(timestamp, &payload).map(RtmpEvent::Media));
            }
            // Acknowledgements and bandwidths tell nothing that is used here; media before a push is accepted is dropped.
            _ => {}
        }
        Ok(None)
    }

    fn follow_window(&mut self, window: u32) {
        self.window = window.clamp(1, WINDOW_BYTES);
        self.acknowledge();
    }

    /// Says how many bytes came, twice in each window: who waits at its end must not wait for ever.
    fn acknowledge(&mut self) {
        if self.received - self.acknowledged >= u64::from(self.window.div_ceil(2)) {
            self.acknowledged = self.received;
            // The sequence number wraps (§5.4.3).
            let sequence = (self.received & u64::from(u32::MAX)) as u32;
            self.write_control(type_id::ACKNOWLEDGEMENT, &sequence.to_be_bytes());
        }
    }

    /// Reads of a command what it needs, and leaves the rest: encoders add what they like.
    fn handle_command(&mut self, payload: &[u8]) -> Result<Option<RtmpEvent>, RtmpError> {
        let mut values = Reader::new(payload);
        let command = values.text().unwrap_or_default();
        let transaction = values.number().or_else(|| values.skip().map(|()| 0.0)).unwrap_or(0.0);
        match (command, self.phase) {
            // Whoever begins without a name is no encoder; later it is one of the commands that mean nothing here.
            ("", Phase::Start) => return Err(RtmpError::Order),
            ("connect", Phase::Start) => self.connect(transaction, values)?,
            ("connect", Phase::Connected | Phase::Deciding | Phase::Publishing | Phase::Playing) => {
                return Err(self.reject(transaction, "NetConnection.Call.Failed", RtmpError::Order));
            }
            ("createStream", Phase::Connected) => {
                let stream = Writer::default().number(f64::from(MESSAGE_STREAM));
                self.write_result(transaction, stream);
            }
            ("releaseStream" | "FCPublish" | "FCSubscribe", Phase::Connected) => {
                self.write_result(transaction, Writer::default().undefined());
            }
            ("publish" | "play", Phase::Connected) => {
                let Some(stream) = values.skip().and_then(|()| values.text()) else {
                    return Err(self.reject(transaction, "NetConnection.Call.Failed", RtmpError::NoStream));
                };
                self.phase = Phase::Deciding;
                let (name, query) = self.split_name(stream);
                let is_publish = command == "publish";
                let event =
                    if is_publish { RtmpEvent::Publish { name, query } } else { RtmpEvent::Play { name, query } };
                return Ok(Some(event));
            }
            ("publish" | "play", Phase::Start | Phase::Deciding | Phase::Publishing | Phase::Playing) => {
                return Err(self.reject(transaction, "NetConnection.Call.Failed", RtmpError::Order));
            }
            ("deleteStream" | "closeStream" | "FCUnpublish", Phase::Publishing | Phase::Playing) => {
                return Ok(Some(RtmpEvent::Finished));
            }
            (_, Phase::Start | Phase::Connected | Phase::Deciding | Phase::Publishing | Phase::Playing) => {}
        }
        Ok(None)
    }

    fn connect(&mut self, transaction: f64, values: Reader<'_>) -> Result<(), RtmpError> {
        let Some(application) = application(values) else {
            return Err(self.reject(transaction, "NetConnection.Connect.Rejected", RtmpError::NoApplication));
        };
        let (application, query) = application.split_once('?').unwrap_or((application, ""));
        if application.trim_matches('/') != APPLICATION {
            return Err(self.reject(transaction, "NetConnection.Connect.InvalidApp", RtmpError::Application));
        }
        self.application_query = query.to_owned();
        self.phase = Phase::Connected;
        self.write_control(type_id::WINDOW_SIZE, &WINDOW_BYTES.to_be_bytes());
        const DYNAMIC: u8 = 2;
        let mut bandwidth = WINDOW_BYTES.to_be_bytes().to_vec();
        bandwidth.push(DYNAMIC);
        self.write_control(type_id::PEER_BANDWIDTH, &bandwidth);
        let chunk_size = u32::try_from(OUTBOUND_CHUNK_SIZE).unwrap_or(128);
        self.write_control(type_id::SET_CHUNK_SIZE, &chunk_size.to_be_bytes());
        self.outbound_chunk_size = OUTBOUND_CHUNK_SIZE;
        let server = [("fmsVer", Scalar::Text("FMS/3,5,7,7009")), ("capabilities", Scalar::Number(31.0))];
        let information = [
            ("level", Scalar::Text("status")),
            ("code", Scalar::Text("NetConnection.Connect.Success")),
            ("description", Scalar::Text("Connection succeeded.")),
            ("objectEncoding", Scalar::Number(0.0)),
        ];
        let answer = Writer::default().text("_result").number(transaction).object(&server).object(&information);
        self.write_values(chunk_stream::COMMAND, type_id::COMMAND, 0, answer);
        Ok(())
    }

    fn split_name(&self, stream: &str) -> (String, String) {
        match stream.split_once('?') {
            Some((name, query)) => (name.to_owned(), query.to_owned()),
            None => (stream.to_owned(), self.application_query.clone()),
        }
    }

    fn answer_ping(&mut self, payload: &[u8]) {
        const PING_REQUEST: [u8; 2] = [0, 6];
        const PING_RESPONSE: [u8; 2] = [0, 7];
        if let Some(time) = payload.strip_prefix(&PING_REQUEST).and_then(|rest| rest.get(..4)) {
            self.write_control(type_id::USER_CONTROL, &[&PING_RESPONSE, time].concat());
        }
    }

    fn write_stream_begin(&mut self) {
        self.write_user_control(0);
    }

    fn write_user_control(&mut self, event: u16) {
        self.write_control(type_id::USER_CONTROL, &[&event.to_be_bytes()[..], &MESSAGE_STREAM.to_be_bytes()].concat());
    }

    fn write_status(&mut self, level: &str, code: &str, description: &str) {
        let information = status(level, code, description);
        let values = Writer::default().text("onStatus").number(0.0).null().object(&information);
        self.write_values(chunk_stream::COMMAND, type_id::COMMAND, MESSAGE_STREAM, values);
    }

    fn write_result(&mut self, transaction: f64, value: Writer) {
        let values = Writer::default().text("_result").number(transaction).null().followed_by(value);
        self.write_values(chunk_stream::COMMAND, type_id::COMMAND, 0, values);
    }

    /// Tells the other side why its command ends the connection.
    fn reject(&mut self, transaction: f64, code: &str, error: RtmpError) -> RtmpError {
        let description = error.to_string();
        let information = status("error", code, &description);
        let values = Writer::default().text("_error").number(transaction).null().object(&information);
        self.write_values(chunk_stream::COMMAND, type_id::COMMAND, 0, values);
        error
    }

    fn write_values(&mut self, chunk_stream: u8, type_id: u8, stream_id: u32, values: Writer) {
        let payload = values.into_bytes().into();
        self.write(chunk_stream, Message { timestamp: 0, type_id, stream_id, payload });
    }

    fn write_control(&mut self, type_id: u8, payload: &[u8]) {
        let message = Message { timestamp: 0, type_id, stream_id: 0, payload: Bytes::copy_from_slice(payload) };
        self.write(chunk_stream::CONTROL, message);
    }

    fn write(&mut self, chunk_stream: u8, message: Message) {
        write_message(&mut self.output, chunk_stream, self.outbound_chunk_size, &message);
    }
}

/// What a media message means: nothing, a frame for the players, or that it has no end.
fn media(frame: Option<Frame>) -> Result<Option<RtmpEvent>, RtmpError> {
    let Some(frame) = frame else { return Ok(None) };
    let bytes = frame.payload.len();
    let is_configuration = matches!(frame.kind, FrameKind::AudioHeader | FrameKind::VideoHeader);
    if is_configuration && bytes > MAX_CONFIGURATION_BYTES {
        return Err(RtmpError::Configuration { bytes });
    }
    Ok(Some(RtmpEvent::Media(frame)))
}

/// The application that a connect names in its object.
fn application(mut values: Reader<'_>) -> Option<&str> {
    values.open()?;
    while let Some((name, value)) = values.property() {
        if name == b"app" {
            return Reader::new(value).text();
        }
    }
    None
}

fn status<'a>(level: &'a str, code: &'a str, description: &'a str) -> [(&'static str, Scalar<'a>); 3] {
    [("level", Scalar::Text(level)), ("code", Scalar::Text(code)), ("description", Scalar::Text(description))]
}

fn read_u32(payload: &[u8]) -> Result<u32, RtmpError> {
    payload.first_chunk::<4>().map(|bytes| u32::from_be_bytes(*bytes)).ok_or(RtmpError::Control)
}

/// The largest message before a push or play is accepted, in bytes: commands are small.
const MAX_COMMAND_BYTES: usize = 4 << 10;
/// The largest decoder configuration: real ones have less than 1 KiB, and all of them are kept for late players.
const MAX_CONFIGURATION_BYTES: usize = 64 << 10;
const WINDOW_BYTES: u32 = 2_500_000;
const MESSAGE_STREAM: u32 = 1;

/// Message types (Adobe RTMP specification 1.0, §5.4 and §7.1).
mod type_id {
    pub(super) const SET_CHUNK_SIZE: u8 = 1;
    pub(super) const ABORT: u8 = 2;
    pub(super) const ACKNOWLEDGEMENT: u8 = 3;
    pub(super) const USER_CONTROL: u8 = 4;
    pub(super) const WINDOW_SIZE: u8 = 5;
    pub(super) const PEER_BANDWIDTH: u8 = 6;
    pub(super) const AUDIO: u8 = 8;
    pub(super) const VIDEO: u8 = 9;
    pub(super) const DATA: u8 = 18;
    pub(super) const COMMAND: u8 = 20;
    pub(super) const DATA_AMF3: u8 = 15;
    pub(super) const COMMAND_AMF3: u8 = 17;
}

/// Chunk streams that this server writes on.
mod chunk_stream {
    pub(super) const CONTROL: u8 = 2;
    pub(super) const COMMAND: u8 = 3;
    pub(super) const AUDIO: u8 = 4;
    pub(super) const DATA: u8 = 5;
    pub(super) const VIDEO: u8 = 6;
}

#[cfg(test)]
mod tests;
