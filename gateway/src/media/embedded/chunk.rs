//! RTMP chunks (Adobe RTMP specification 1.0, §5.3): [`ChunkReader`] makes messages of bytes, [`write_message`] bytes of
//! messages.
//!
//! The reader is our own because it faces the open network before anything is authorised: it is bounded, it takes
//! chunks of several messages interleaved, and it does not panic on any input.

use std::collections::HashMap;

use bytes::{Buf, Bytes, BytesMut};
use thiserror::Error;

/// The chunk size that this server announces and writes, in bytes.
pub(crate) const OUTBOUND_CHUNK_SIZE: usize = 4_096;

const INITIAL_CHUNK_SIZE: usize = 128;
const MAX_CHUNK_STREAMS: usize = 32;
const EXTENDED: u32 = 0xff_ffff;
/// A length is only a claim: memory is reserved up to here, the rest when bytes come.
const MAX_RESERVED_BYTES: usize = 64 << 10;

/// One RTMP message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    /// Milliseconds, wrapping.
    pub(crate) timestamp: u32,
    pub(crate) type_id: u8,
    pub(crate) stream_id: u32,
    pub(crate) payload: Bytes,
}

/// Why bytes are not RTMP chunks that this server takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum ChunkError {
    #[error("a chunk refers to an earlier one that never came")]
    NoPreviousChunk,
    #[error("too many chunk streams")]
    TooManyChunkStreams,
    #[error("a message has {bytes} bytes, or messages begun have, where {limit} are allowed")]
    MessageTooLarge { bytes: usize, limit: usize },
    #[error("a chunk size is out of range")]
    ChunkSize,
}

/// Makes messages of the bytes of one connection.
pub(crate) struct ChunkReader {
    buffer: BytesMut,
    chunk_size: usize,
    max_message_bytes: usize,
    streams: HashMap<u32, ChunkStream>,
}

/// The last header of a chunk stream, and the part of a message that has come on it.
#[derive(Default)]
struct ChunkStream {
    header: Header,
    /// Empty between messages; else shorter than the header's length.
    partial: BytesMut,
}

#[derive(Default, Clone, Copy)]
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
    pub(crate) fn new(max_message_bytes: usize) -> Self {
        Self { buffer: BytesMut::new(), chunk_size: INITIAL_CHUNK_SIZE, max_message_bytes, streams: HashMap::new() }
    }

    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Follows the peer's Set Chunk Size message.
    pub(crate) fn set_chunk_size(&mut self, size: u32) -> Result<(), ChunkError> {
        let size = usize::try_from(size & 0x7fff_ffff).unwrap_or(0);
        if size == 0 {
            return Err(ChunkError::ChunkSize);
        }
        self.chunk_size = size;
        Ok(())
    }

    /// Sets the largest message taken from now on.
    pub(crate) fn set_max_message_bytes(&mut self, bytes: usize) {
        self.max_message_bytes = bytes;
    }

    /// Follows the peer's Abort message: forgets the part of a message that came on a chunk stream.
    pub(crate) fn abort(&mut self, chunk_stream: u32) {
        if let Some(stream) = self.streams.get_mut(&chunk_stream) {
            stream.partial = BytesMut::new();
        }
    }

    /// The next complete message; `None` until more bytes come.
    pub(crate) fn next(&mut self) -> Result<Option<Message>, ChunkError> {
        while let Some(parsed) = self.read_header()? {
            let header = parsed.header;
            let before = if parsed.continues { self.partial_bytes(parsed.chunk_stream) } else { 0 };
            let data_bytes = header.length.saturating_sub(before).min(self.chunk_size);
            if self.buffer.len() < parsed.size + data_bytes {
                return Ok(None);
            }
            // Nothing is changed before the whole chunk is here: until then each call reads it anew.
            self.buffer.advance(parsed.size);
            // Copied: a small payload must not keep alive the large buffer that it came in.
            let data = Bytes::copy_from_slice(self.buffer.get(..data_bytes).unwrap_or_default());
            self.buffer.advance(data_bytes);
            if self.buffer.is_empty() && self.buffer.capacity() > MAX_RESERVED_BYTES {
                self.buffer = BytesMut::new();
            }
            let stream = self.streams.entry(parsed.chunk_stream).or_default();
            stream.header = header;
            if before == 0 && data.len() == header.length {
                stream.partial = BytesMut::new();
                return Ok(Some(header.message(data)));
            }
            if before == 0 {
                stream.partial = BytesMut::with_capacity(header.length.min(MAX_RESERVED_BYTES));
            }
            stream.partial.extend_from_slice(&data);
            if stream.partial.len() >= header.length {
                let payload = std::mem::take(&mut stream.partial).freeze();
                return Ok(Some(header.message(payload)));
            }
            let pending: usize = self.streams.values().map(|stream| stream.partial.len()).sum();
            if pending > self.max_message_bytes {
                return Err(self.too_large(pending));
            }
        }
        Ok(None)
    }

    fn too_large(&self, bytes: usize) -> ChunkError {
        ChunkError::MessageTooLarge { bytes, limit: self.max_message_bytes }
    }

    fn partial_bytes(&self, chunk_stream: u32) -> usize {
        self.streams.get(&chunk_stream).map_or(0, |stream| stream.partial.len())
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
        let continues = format == 3 && known.is_some_and(|known| !known.partial.is_empty());
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
    let (field, rest) = bytes.split_first_chunk::<3>()?;
    *bytes = rest;
    Some(u32::from_be_bytes([0, field[0], field[1], field[2]]))
}

/// Writes one message as chunks: a full header, then header-less continuations of `chunk_size` bytes.
pub(crate) fn write_message(output: &mut Vec<u8>, chunk_stream: u8, chunk_size: usize, message: &Message) {
    let length = u32::try_from(message.payload.len()).unwrap_or(EXTENDED).min(EXTENDED - 1);
    let field = message.timestamp.min(EXTENDED);
    output.push(chunk_stream & 0x3f);
    output.extend_from_slice(&field.to_be_bytes()[1..]);
    output.extend_from_slice(&length.to_be_bytes()[1..]);
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

#[cfg(test)]
#[path = "chunk_tests.rs"]
mod tests;
