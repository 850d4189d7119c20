//! RTMP chunks (Adobe RTMP specification 1.0, §5.3): [`ChunkReader`] makes messages of bytes, [`write_message`] bytes of
//! messages.
//!
//! The reader is our own because it faces the open network before anything is authorised: it is bounded, it takes
//! chunks of several messages interleaved, and it does not panic on any input.

use std::collections::HashMap;

use bytes::{Buf, Bytes, BytesMut};

use super::held::Held;
use crate::budget::{Account, OverBudget};

/// The chunk size that this server announces and writes, in bytes.
pub(super) const OUTBOUND_CHUNK_SIZE: usize = 4_096;

/// One RTMP message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Message {
    /// Milliseconds since the publisher began; wraps at 32 bits.
    pub(super) timestamp: u32,
    pub(super) type_id: u8,
    pub(super) stream_id: u32,
    pub(super) payload: Bytes,
}

/// Why bytes are not RTMP chunks that this server takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum ChunkError {
    #[error("a chunk refers to an earlier one that never came")]
    NoPreviousChunk,
    #[error("too many chunk streams")]
    TooManyChunkStreams,
    #[error("a message has {bytes} bytes, or messages begun have, where {limit} are allowed")]
    MessageTooLarge { bytes: usize, limit: usize },
    #[error("a chunk size is out of range")]
    ChunkSize,
    #[error(transparent)]
    OverBudget(#[from] OverBudget),
}

/// Makes messages of the bytes of one connection.
pub(super) struct ChunkReader {
    /// Holds no more than one read from the socket, and the header of a chunk.
    buffer: BytesMut,
    chunk_size: usize,
    max_message_bytes: usize,
    streams: HashMap<u32, ChunkStream>,
    /// The chunk whose header has been read, and not all of its bytes.
    open: Option<OpenChunk>,
    account: Account,
}

/// The last header of a chunk stream, and the part of a message that has come on it.
struct ChunkStream {
    header: Header,
    /// Empty between messages; else shorter than the header's length.
    partial: Held,
}

struct OpenChunk {
    chunk_stream: u32,
    left: usize,
}

#[derive(Clone, Copy, Default)]
struct Header {
    timestamp: u32,
    /// The last value of the time stamp field (or its extension): what a new message without header adds.
    step: u32,
    is_extended: bool,
    length: usize,
    type_id: u8,
    stream_id: u32,
}

/// A chunk header at the front of the buffer.
struct Parsed {
    chunk_stream: u32,
    header: Header,
    /// Whether the chunk carries the next part of a message, not a new one.
    continues: bool,
    /// How long the header is, in bytes.
    size: usize,
}

impl ChunkReader {
    pub(super) fn new(max_message_bytes: usize, account: Account) -> Self {
        let (buffer, streams) = (BytesMut::new(), HashMap::new());
        Self { buffer, chunk_size: INITIAL_CHUNK_SIZE, max_message_bytes, streams, open: None, account }
    }

    pub(super) fn extend(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Follows the peer's Set Chunk Size message.
    pub(super) fn set_chunk_size(&mut self, size: u32) -> Result<(), ChunkError> {
        let size = usize::try_from(size & 0x7fff_ffff).unwrap_or(0);
        if size == 0 {
            return Err(ChunkError::ChunkSize);
        }
        self.chunk_size = size;
        Ok(())
    }

    /// Sets the largest message taken from now on.
    pub(super) fn set_max_message_bytes(&mut self, bytes: usize) {
        self.max_message_bytes = bytes;
    }

    /// Follows the peer's Abort message: forgets the part of a message that came on a chunk stream.
    pub(super) fn abort(&mut self, chunk_stream: u32) {
        if let Some(stream) = self.streams.get_mut(&chunk_stream) {
            stream.partial = Held::new(&self.account);
        }
    }

    /// The next complete message; `None` until more bytes come.
    pub(super) fn next(&mut self) -> Result<Option<Message>, ChunkError> {
        loop {
            if self.open.is_none() && !self.open_chunk()? {
                return Ok(None);
            }
            let Some(OpenChunk { chunk_stream, left }) = self.open.take() else { return Ok(None) };
            let stream = self.streams.entry(chunk_stream).or_insert_with(|| ChunkStream::new(&self.account));
            let length = stream.header.length;
            let come = left.min(self.buffer.len());
            stream.partial.extend(self.buffer.get(..come).unwrap_or_default(), length)?;
            self.buffer.advance(come);
            if stream.partial.len() >= length {
                let payload = std::mem::replace(&mut stream.partial, Held::new(&self.account)).freeze();
                return Ok(Some(stream.header.message(payload)));
            }
            if come < left {
                self.open = Some(OpenChunk { chunk_stream, left: left - come });
            }
            let pending: usize = self.streams.values().map(|stream| stream.partial.len()).sum();
            if pending > self.max_message_bytes {
                return Err(self.too_large(pending));
            }
            if come < left {
                return Ok(None);
            }
        }
    }

    /// Takes a chunk's header from the buffer; `false` if it is not complete.
    fn open_chunk(&mut self) -> Result<bool, ChunkError> {
        let Some(parsed) = self.read_header()? else { return Ok(false) };
        self.buffer.advance(parsed.size);
        let stream = self.streams.entry(parsed.chunk_stream).or_insert_with(|| ChunkStream::new(&self.account));
        if !parsed.continues {
            stream.partial = Held::new(&self.account);
        }
        stream.header = parsed.header;
        let left = parsed.header.length.saturating_sub(stream.partial.len()).min(self.chunk_size);
        self.open = Some(OpenChunk { chunk_stream: parsed.chunk_stream, left });
        Ok(true)
    }

    fn too_large(&self, bytes: usize) -> ChunkError {
        ChunkError::MessageTooLarge { bytes, limit: self.max_message_bytes }
    }

    /// Reads the chunk header at the front of the buffer without consuming it; `None` if it is not complete.
    fn read_header(&self) -> Result<Option<Parsed>, ChunkError> {
        let mut bytes = &self.buffer[..];
        let Some((format, chunk_stream)) = read_basic_header(&mut bytes) else { return Ok(None) };
        let known = self.streams.get(&chunk_stream);
        if known.is_none() && self.streams.len() >= MAX_CHUNK_STREAMS {
            return Err(ChunkError::TooManyChunkStreams);
        }
        let previous = match (known, format) {
            (Some(known), _) => known.header,
            (None, 0) => Header::default(),
            (None, _) => return Err(ChunkError::NoPreviousChunk),
        };
        let continues = format == 3 && known.is_some_and(|known| known.partial.len() > 0);
        let header = match format {
            3 if continues => skip_repeated_extension(&mut bytes, previous),
            3 => read_new_message_without_header(&mut bytes, previous),
            _ => read_message_header(&mut bytes, format, previous),
        };
        let Some(header) = header else { return Ok(None) };
        if header.length > self.max_message_bytes {
            return Err(self.too_large(header.length));
        }
        let size = self.buffer.len() - bytes.len();
        Ok(Some(Parsed { chunk_stream, header, continues, size }))
    }
}

impl ChunkStream {
    fn new(account: &Account) -> Self {
        Self { header: Header::default(), partial: Held::new(account) }
    }
}

impl Header {
    fn message(self, payload: Bytes) -> Message {
        Message { timestamp: self.timestamp, type_id: self.type_id, stream_id: self.stream_id, payload }
    }
}

/// §5.3.1.1: format and chunk stream id.
fn read_basic_header(bytes: &mut &[u8]) -> Option<(u8, u32)> {
    let first = *bytes.first()?;
    let (chunk_stream, size) = match first & 0x3f {
        0 => (64 + u32::from(*bytes.get(1)?), 2),
        1 => (64 + u32::from(*bytes.get(1)?) + 256 * u32::from(*bytes.get(2)?), 3),
        small => (u32::from(small), 1),
    };
    bytes.advance(size);
    Some((first >> 6, chunk_stream))
}

/// §5.3.1.2.1 to .3: formats 0, 1 and 2.
fn read_message_header(bytes: &mut &[u8], format: u8, previous: Header) -> Option<Header> {
    let mut header = previous;
    let mut step = read_u24(bytes)?;
    if format <= 1 {
        header.length = usize::try_from(read_u24(bytes)?).ok()?;
        header.type_id = bytes.try_get_u8().ok()?;
    }
    if format == 0 {
        header.stream_id = bytes.try_get_u32_le().ok()?;
    }
    header.is_extended = step == EXTENDED;
    if header.is_extended {
        step = bytes.try_get_u32().ok()?;
    }
    header.step = step;
    header.timestamp = if format == 0 { step } else { previous.timestamp.wrapping_add(step) };
    Some(header)
}

/// §5.3.1.2.4: format 3 that begins a message adds the last step again.
fn read_new_message_without_header(bytes: &mut &[u8], previous: Header) -> Option<Header> {
    let step = if previous.is_extended { bytes.try_get_u32().ok()? } else { previous.step };
    Some(Header { step, timestamp: previous.timestamp.wrapping_add(step), ..previous })
}

/// §5.3.1.3: format 3 inside a message repeats an extended time stamp; some encoders leave it out, so it is taken as
/// one only if it is the same.
fn skip_repeated_extension(bytes: &mut &[u8], previous: Header) -> Option<Header> {
    if previous.is_extended {
        let mut ahead = *bytes;
        if ahead.try_get_u32().ok()? == previous.step {
            *bytes = ahead;
        }
    }
    Some(previous)
}

fn read_u24(bytes: &mut &[u8]) -> Option<u32> {
    let (&[high, middle, low], rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(u32::from_be_bytes([0, high, middle, low]))
}

fn u24_bytes(number: u32) -> [u8; 3] {
    let [_, high, middle, low] = number.to_be_bytes();
    [high, middle, low]
}

/// Writes one message as chunks: a full header, then header-less continuations of `chunk_size` bytes.
pub(super) fn write_message(output: &mut Vec<u8>, chunk_stream: u8, chunk_size: usize, message: &Message) {
    let length = u32::try_from(message.payload.len()).unwrap_or(EXTENDED).min(EXTENDED - 1);
    let field = message.timestamp.min(EXTENDED);
    output.push(chunk_stream & 0x3f);
    output.extend_from_slice(&u24_bytes(field));
    output.extend_from_slice(&u24_bytes(length));
    output.push(message.type_id);
    output.extend_from_slice(&message.stream_id.to_le_bytes());
    for (index, data) in message.payload.chunks(chunk_size.max(1)).enumerate() {
        if index > 0 {
            output.push(0xc0 | chunk_stream & 0x3f);
        }
        if field == EXTENDED {
            output.extend_from_slice(&message.timestamp.to_be_bytes());
        }
        output.extend_from_slice(data);
    }
}

const INITIAL_CHUNK_SIZE: usize = 128;
const MAX_CHUNK_STREAMS: usize = 32;
const EXTENDED: u32 = 0xff_ffff;

#[cfg(test)]
mod tests;
