//! An [`RtmpSession`] is driven by bytes of a client, without a socket.

use bytes::Bytes;
use rml_amf0::Amf0Value;

use super::super::chunk::{ChunkReader, Message, write_message};
use super::super::frame::{Frame, FrameKind};
use super::{RtmpError, RtmpEvent, RtmpSession, decode_command, object, text, type_id};

fn command(name: &str, transaction: f64, arguments: &[Amf0Value]) -> Message {
    let values = [&[text(name), Amf0Value::Number(transaction)], arguments].concat();
    let payload = rml_amf0::serialize(&values).expect("values").into();
    Message { timestamp: 0, type_id: type_id::COMMAND, stream_id: 0, payload }
}

fn connect(application: &str) -> Message {
    command("connect", 1.0, &[object([("app", text(application))])])
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
                let mut values = decode_command(&message.payload).expect("command").into_iter();
                let name = values.next().and_then(Amf0Value::get_string).expect("name");
                let code = values.last().and_then(Amf0Value::get_object_properties);
                let code = code.and_then(|mut properties| properties.remove("code")?.get_string());
                all.push(format!("{name} {}", code.unwrap_or_default()));
            }
            other => all.push(other.to_string()),
        }
    }
    all
}

fn publishing() -> RtmpSession {
    let mut session = RtmpSession::new();
    send(&mut session, &connect("live")).expect("connect");
    let publish = command("publish", 5.0, &[Amf0Value::Null, text("s1-1?ticket=x"), text("live")]);
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
    let mut reader = ChunkReader::new(10_000);
    let before = written(&mut session, &mut reader).join(", ");
    assert!(before.ends_with("_result NetConnection.Connect.Success"), "{before}");
    assert_eq!(send(&mut session, &picture()).expect("early media"), None);

    session.accept_publish();
    assert_eq!(written(&mut session, &mut reader), ["4", "onStatus NetStream.Publish.Start"]);
    let frame = Frame { kind: FrameKind::VideoKey, timestamp: 7, payload: picture().payload };
    assert_eq!(send(&mut session, &picture()).expect("media"), Some(RtmpEvent::Media(frame)));
    let finish = command("FCUnpublish", 6.0, &[Amf0Value::Null, text("s1-1")]);
    assert_eq!(send(&mut session, &finish).expect("finish"), Some(RtmpEvent::Finished));
}

#[test]
fn a_refusal_carries_its_reason() {
    let mut session = publishing();
    let mut reader = ChunkReader::new(10_000);
    written(&mut session, &mut reader);
    session.refuse("NetStream.Publish.Denied", "ticket_revoked");
    assert_eq!(written(&mut session, &mut reader), ["onStatus NetStream.Publish.Denied"]);
}

#[test]
fn a_ticket_on_the_application_counts_for_the_stream() {
    let mut session = RtmpSession::new();
    send(&mut session, &connect("live?ticket=y")).expect("connect");
    let event = send(&mut session, &command("play", 4.0, &[Amf0Value::Null, text("s1-1")])).expect("play");
    assert_eq!(event, Some(RtmpEvent::Play { name: "s1-1".to_owned(), query: "ticket=y".to_owned() }));
}

#[test]
fn commands_out_of_order_and_other_applications_are_errors() {
    let play = command("play", 4.0, &[Amf0Value::Null, text("s1-1")]);
    assert!(matches!(send(&mut RtmpSession::new(), &play), Err(RtmpError::Order)));
    assert!(matches!(send(&mut RtmpSession::new(), &connect("vod")), Err(RtmpError::Application)));
    let mut session = publishing();
    assert!(matches!(send(&mut session, &play), Err(RtmpError::Order)), "one stream per connection");
    assert!(matches!(send(&mut publishing(), &connect("live")), Err(RtmpError::Order)));
}

#[test]
fn a_ping_is_answered() {
    let mut session = RtmpSession::new();
    let payload = Bytes::from_static(&[0, 6, 1, 2, 3, 4]);
    let ping = Message { timestamp: 0, type_id: type_id::USER_CONTROL, stream_id: 0, payload };
    assert_eq!(send(&mut session, &ping).expect("ping"), None);
    assert!(session.take_output().ends_with(&[0, 7, 1, 2, 3, 4]));
}

#[test]
fn values_nested_too_deep_are_refused() {
    let nested = |depth: usize| {
        let mut value = Amf0Value::Null;
        for _ in 0..depth {
            value = Amf0Value::StrictArray(vec![value]);
        }
        rml_amf0::serialize(&vec![text("connect"), Amf0Value::Number(1.0), value]).expect("values")
    };
    assert!(decode_command(&nested(10)).is_ok());
    assert!(matches!(decode_command(&nested(100)), Err(RtmpError::Command)));
    assert!(matches!(decode_command(&[2, 0]), Err(RtmpError::Command)));
}
