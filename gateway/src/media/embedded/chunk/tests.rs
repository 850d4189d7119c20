//! A [`ChunkReader`] under every way to cut and to forge chunks.

use bytes::Bytes;

use super::{ChunkError, ChunkReader, Message, write_message};
use crate::budget::{Account, Budget};

fn message(timestamp: u32, type_id: u8, size: usize) -> Message {
    let payload = (0..size).map(|index| u8::try_from(index % 251).expect("small")).collect::<Vec<_>>().into();
    Message { timestamp, type_id, stream_id: 1, payload }
}

fn messages() -> Vec<Message> {
    let sizes = [1, 127, 128, 129, 4_096, 10_000, 300, 300, 300];
    let timestamps = [0, 40, 80, 120, 0x00ff_fffe, 0x00ff_ffff, 0x0100_0000, 0x0100_0028, 0x0100_0050];
    sizes.iter().zip(timestamps).map(|(size, timestamp)| message(timestamp, 9, *size)).collect()
}

fn read_all(reader: &mut ChunkReader) -> Vec<Message> {
    std::iter::from_fn(|| reader.next().expect("valid chunks")).collect()
}

#[test]
fn messages_survive_in_any_pieces() {
    let mut bytes = Vec::new();
    for message in messages() {
        write_message(&mut bytes, 6, 128, &message);
    }
    for piece in [1, 7, 128, 5_000, bytes.len()] {
        let mut reader = ChunkReader::new(1 << 20, Account::default());
        let mut read = Vec::new();
        for part in bytes.chunks(piece) {
            reader.extend(part);
            read.extend(read_all(&mut reader));
        }
        assert_eq!(read, messages(), "pieces of {piece}");
    }
}

#[test]
fn all_four_header_formats_are_read() {
    let bytes = [
        &[0x06, 0, 0, 100, 0, 0, 2, 9, 1, 0, 0, 0, b'a', b'b'][..],
        &[0x46, 0, 0, 40, 0, 0, 1, 8, b'c'],
        &[0x86, 0, 0, 20, b'd'],
        &[0xc6, b'e'],
        // Chunk stream 64 + 1 + 256 * 2 in three bytes.
        &[0x01, 1, 2, 0, 0, 5, 0, 0, 1, 9, 1, 0, 0, 0, b'f'],
    ]
    .concat();
    let mut reader = ChunkReader::new(100, Account::default());
    reader.extend(&bytes);
    let read: Vec<_> = read_all(&mut reader).into_iter().map(|m| (m.timestamp, m.type_id, m.payload)).collect();
    let expected = [(100, 9, "ab"), (140, 8, "c"), (160, 8, "d"), (180, 8, "e"), (5, 9, "f")];
    assert_eq!(read, expected.map(|(timestamp, type_id, text)| (timestamp, type_id, Bytes::from(text))));
}

#[test]
fn interleaved_messages_are_put_together() {
    let (mut video, mut audio) = (Vec::new(), Vec::new());
    write_message(&mut video, 6, 128, &message(40, 9, 200));
    write_message(&mut audio, 4, 128, &message(41, 8, 20));
    let mut reader = ChunkReader::new(1 << 20, Account::default());
    let first_chunk = 12 + 128;
    reader.extend(&video[..first_chunk]);
    reader.extend(&audio);
    reader.extend(&video[first_chunk..]);
    assert_eq!(read_all(&mut reader), [message(41, 8, 20), message(40, 9, 200)]);
}

#[test]
fn an_extended_time_stamp_that_is_not_repeated_is_accepted() {
    let mut bytes = Vec::new();
    let late = message(0x0200_0000, 9, 200);
    write_message(&mut bytes, 6, 128, &late);
    let continuation = 12 + 4 + 128;
    bytes.drain(continuation + 1..continuation + 5);
    let mut reader = ChunkReader::new(1 << 20, Account::default());
    reader.extend(&bytes);
    assert_eq!(read_all(&mut reader), [late]);
}

#[test]
fn limits_are_errors() {
    let mut reader = ChunkReader::new(100, Account::default());
    let mut bytes = Vec::new();
    write_message(&mut bytes, 3, 128, &message(0, 20, 101));
    reader.extend(&bytes[..12]);
    assert_eq!(reader.next(), Err(ChunkError::MessageTooLarge { bytes: 101, limit: 100 }));

    let mut reader = ChunkReader::new(100, Account::default());
    reader.extend(&[0xc3]);
    assert_eq!(reader.next(), Err(ChunkError::NoPreviousChunk));

    let mut reader = ChunkReader::new(100, Account::default());
    for chunk_stream in 2..40 {
        let mut bytes = Vec::new();
        write_message(&mut bytes, chunk_stream, 128, &message(0, 9, 1));
        reader.extend(&bytes);
    }
    let result = loop {
        match reader.next() {
            Ok(Some(_)) => {}
            other => break other,
        }
    };
    assert_eq!(result, Err(ChunkError::TooManyChunkStreams));
    assert_eq!(ChunkReader::new(1, Account::default()).set_chunk_size(0), Err(ChunkError::ChunkSize));
}

#[test]
fn noise_gives_errors_or_messages_but_no_panic() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for _ in 0..2_000 {
        let mut reader = ChunkReader::new(4_096, Account::default());
        let noise: Vec<u8> = (0..400)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state.to_le_bytes()[3]
            })
            .collect();
        for byte in noise {
            reader.extend(&[byte]);
            match reader.next() {
                Ok(Some(message)) => assert!(message.payload.len() <= 4_096),
                Ok(None) => {}
                Err(_) => break,
            }
        }
    }
    let mut reader = ChunkReader::new(10, Account::default());
    reader.extend(&Bytes::new());
    assert_eq!(reader.next(), Ok(None));
}

#[test]
fn a_message_is_all_that_is_held_of_what_came() {
    let budget = Budget::new(usize::MAX);
    let mut reader = ChunkReader::new(1 << 20, budget.account());
    reader.set_chunk_size(1 << 20).expect("a size");
    let mut bytes = Vec::new();
    write_message(&mut bytes, 5, 1 << 20, &message(0, 18, 1 << 20));
    write_message(&mut bytes, 6, 1 << 20, &message(0, 9, 10));
    let mut read = Vec::new();
    for part in bytes.chunks(16 << 10) {
        reader.extend(part);
        read.extend(read_all(&mut reader));
        assert!(reader.buffer.capacity() <= 64 << 10, "the chunk is not kept a second time");
    }
    let small = read.pop().expect("two messages").payload;
    assert_eq!(budget.held(), (1 << 20) + 10);
    drop((read, reader));
    assert_eq!(budget.held(), 10);
    drop(small);
    assert_eq!(budget.held(), 0);
}

#[test]
fn a_message_that_is_begun_is_counted_too() {
    let budget = Budget::new(100_000);
    let account = budget.account();
    account.share();
    let mut reader = ChunkReader::new(1 << 20, account);
    let mut bytes = Vec::new();
    write_message(&mut bytes, 6, 128, &message(0, 9, 200_000));
    reader.extend(&bytes[..50_000]);
    assert_eq!(reader.next(), Ok(None));
    assert!((49_000..70_000).contains(&budget.held()), "{}", budget.held());
    reader.extend(&bytes[50_000..150_000]);
    assert!(matches!(reader.next(), Err(ChunkError::OverBudget(_))));
    drop(reader);
    assert_eq!(budget.held(), 0);
}
