//! An [`RtmpSession`] is driven by bytes of a client, without a socket.

use bytes::Bytes;

use super::{RtmpError, RtmpEvent, RtmpSession, type_id};
use crate::budget::Account;
use crate::media::embedded::amf::{Reader, Scalar, Writer};
use crate::media::embedded::chunk::{ChunkReader, Message, write_message};
use crate::media::embedded::frame::{Frame, FrameKind};

const MEDIA_BYTES: usize = 100_000;

fn session() -> RtmpSession {
    RtmpSession::new(MEDIA_BYTES, Account::default())
}

fn command(name: &str, transaction: f64) -> Writer {
    Writer::default().text(name).number(transaction)
}

fn message(values: Writer) -> Message {
    Message { timestamp: 0, type_id: type_id::COMMAND, stream_id: 0, payload: values.into_bytes().into() }
}

fn connect(application: &str) -> Message {
    message(command("connect", 1.0).object(&[("app", Scalar::Text(application))]))
}

fn play() -> Message {
    message(command("play", 4.0).null().text("s1-1"))
}

fn send(session: &mut RtmpSession, message: &Message) -> Result<Option<RtmpEvent>, RtmpError> {
    let mut bytes = Vec::new();
    write_message(&mut bytes, 3, 128, message);
    session.receive(&bytes);
    session.next_event()
}

/// The commands and messages the session has written, as text.
fn written(session: &mut RtmpSession, reader: &mut ChunkReader) -> Vec<String> {
    reader.extend(&session.take_output());
    let mut all = Vec::new();
    while let Some(message) = reader.next().expect("valid chunks") {
        match message.type_id {
            type_id::SET_CHUNK_SIZE => reader.set_chunk_size(4_096).expect("size"),
            type_id::COMMAND => {
                let mut values = Reader::new(&message.payload);
                let name = values.text().expect("name");
                all.push(format!("{name} {}", code(values).unwrap_or_default()));
            }
            other => all.push(other.to_string()),
        }
    }
    all
}

/// The `code` of a command's last object.
fn code(mut values: Reader<'_>) -> Option<String> {
    let mut code = None;
    loop {
        let mut inside = values.clone();
        if inside.open().is_some() {
            let found = std::iter::from_fn(|| inside.property()).find(|(name, _)| name == b"code");
            code = found.and_then(|(_, value)| Reader::new(value).text().map(str::to_owned)).or(code);
        }
        if values.skip().is_none() {
            return code;
        }
    }
}

fn publishing() -> RtmpSession {
    let mut session = session();
    send(&mut session, &connect("live")).expect("connect");
    let publish = message(command("publish", 5.0).null().text("s1-1?ticket=x").text("live"));
    let event = send(&mut session, &publish).expect("publish");
    assert_eq!(event, Some(RtmpEvent::Publish { name: "s1-1".to_owned(), query: "ticket=x".to_owned() }));
    session
}

fn picture() -> Message {
    let payload = Bytes::from_static(&[0x17, 1, 0, 0, 0, 9]);
    Message { timestamp: 7, type_id: type_id::VIDEO, stream_id: 1, payload }
}

#[test]
fn a_push_starts_only_when_it_is_accepted() {
    let mut session = publishing();
    let mut reader = ChunkReader::new(10_000, Account::default());
    let before = written(&mut session, &mut reader).join(", ");
    assert!(before.ends_with("_result NetConnection.Connect.Success"), "{before}");
    assert_eq!(send(&mut session, &picture()).expect("early media"), None);

    session.accept_publish();
    assert_eq!(written(&mut session, &mut reader), ["4", "onStatus NetStream.Publish.Start"]);
    let frame = Frame { kind: FrameKind::VideoKey, timestamp: 7, payload: picture().payload };
    assert_eq!(send(&mut session, &picture()).expect("media"), Some(RtmpEvent::Media(frame)));
    let finish = message(command("FCUnpublish", 6.0).null().text("s1-1"));
    assert_eq!(send(&mut session, &finish).expect("finish"), Some(RtmpEvent::Finished));
}

#[test]
fn a_refusal_carries_its_reason() {
    let mut session = publishing();
    let mut reader = ChunkReader::new(10_000, Account::default());
    written(&mut session, &mut reader);
    session.refuse("NetStream.Publish.Denied", "ticket_revoked");
    assert_eq!(written(&mut session, &mut reader), ["onStatus NetStream.Publish.Denied"]);
}

#[test]
fn a_ticket_on_the_application_counts_for_the_stream() {
    let mut session = session();
    send(&mut session, &connect("live?ticket=y")).expect("connect");
    let event = send(&mut session, &play()).expect("play");
    assert_eq!(event, Some(RtmpEvent::Play { name: "s1-1".to_owned(), query: "ticket=y".to_owned() }));
}

#[test]
fn commands_out_of_order_are_errors_and_told() {
    let mut early = session();
    assert!(matches!(send(&mut early, &play()), Err(RtmpError::Order)));
    assert_eq!(
        written(&mut early, &mut ChunkReader::new(10_000, Account::default())),
        ["_error NetConnection.Call.Failed"]
    );
    assert!(matches!(send(&mut publishing(), &play()), Err(RtmpError::Order)), "one stream per connection");
    assert!(matches!(send(&mut publishing(), &connect("live")), Err(RtmpError::Order)));
}

#[test]
fn a_connect_that_is_no_use_is_answered_with_an_error() {
    let no_application = message(command("connect", 1.0).object(&[("tcUrl", Scalar::Text("rtmp://a/live"))]));
    let no_object = message(command("connect", 1.0).null());
    let nothing = message(command("connect", 1.0));
    for (connect, code) in [
        (connect("vod"), "NetConnection.Connect.InvalidApp"),
        (no_application, "NetConnection.Connect.Rejected"),
        (no_object, "NetConnection.Connect.Rejected"),
        (nothing, "NetConnection.Connect.Rejected"),
    ] {
        let mut session = session();
        assert!(send(&mut session, &connect).is_err());
        assert_eq!(
            written(&mut session, &mut ChunkReader::new(10_000, Account::default())),
            [format!("_error {code}")]
        );
    }
}

#[test]
fn a_stream_without_a_name_is_told() {
    let mut session = session();
    send(&mut session, &connect("live")).expect("connect");
    let mut reader = ChunkReader::new(10_000, Account::default());
    written(&mut session, &mut reader);
    assert!(matches!(send(&mut session, &message(command("publish", 2.0).null())), Err(RtmpError::NoStream)));
    assert_eq!(written(&mut session, &mut reader), ["_error NetConnection.Call.Failed"]);
}

#[test]
fn a_command_that_means_nothing_here_costs_nothing() {
    let mut session = publishing();
    session.accept_publish();
    session.take_output();
    // The name, and then what no decoder knows.
    for rest in [&[4, 0, 0][..], &[14], &[17, 10, 7], &[3, 0, 9, b'x'], &[255, 255]] {
        let payload = [Writer::default().text("onSomething").into_bytes().as_slice(), rest].concat().into();
        let odd = Message { payload, ..message(Writer::default()) };
        assert_eq!(send(&mut session, &odd).expect("ignored"), None, "{rest:?}");
    }
    assert!(matches!(send(&mut session, &picture()), Ok(Some(RtmpEvent::Media(_)))));
}

#[test]
fn a_ping_is_answered() {
    let mut session = session();
    let payload = Bytes::from_static(&[0, 6, 1, 2, 3, 4]);
    let ping = Message { timestamp: 0, type_id: type_id::USER_CONTROL, stream_id: 0, payload };
    assert_eq!(send(&mut session, &ping).expect("ping"), None);
    assert!(session.take_output().ends_with(&[0, 7, 1, 2, 3, 4]));
}

#[test]
fn bytes_are_acknowledged_within_the_window_of_the_other_side() {
    for window in [1_u32, 65_536, 250_000, 1_000_000, u32::MAX] {
        let mut session = publishing();
        session.accept_publish();
        let payload = Bytes::copy_from_slice(&window.to_be_bytes());
        let message = Message { timestamp: 0, type_id: type_id::WINDOW_SIZE, stream_id: 0, payload };
        assert_eq!(send(&mut session, &message).expect("window"), None);
        session.take_output();
        let mut since = 0;
        for _ in 0..400 {
            session.receive(&[0; 10_000]);
            since += 10_000;
            if !session.take_output().is_empty() {
                since = 0;
            }
            assert!(since < window.max(10_000), "{since} bytes without an acknowledgement in a window of {window}");
        }
    }
}
