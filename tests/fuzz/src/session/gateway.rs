//! What a gateway says to a session: fitting answers in variants, and events. Bits choose; 0 is the ordinary case.

use miniapp_rtc::protocol::{
    Answer, Empty, Epoch, Event, Joined, Lease, LeaveReason, Limits, MediaUrl, Member, MemberIs, MemberLeft, Method,
    Pong, RemoveReason, Resumed, Secret, SessionId, Snapshot, Stream, StreamId, StreamIs, StreamKind, StreamRemoved,
    UserId,
};

use super::SECRET;

/// The offset of every snapshot of the history `e1`.
pub(super) const OFFSET: u32 = 10;

pub(super) const fn user(bits: u8) -> &'static str {
    ["ann", "bob", "me", "cid"][(bits & 3) as usize]
}

pub(super) fn user_id(bits: u8) -> UserId {
    UserId::parse(user(bits)).expect("a user id")
}

pub(super) const fn kind(bits: u8) -> StreamKind {
    if bits & 16 == 0 { StreamKind::Camera } else { StreamKind::Screen }
}

pub(super) fn epoch(choice: u8) -> Epoch {
    Epoch::parse(if choice & 1 == 0 { "e1" } else { "e2" }).expect("an epoch")
}

/// Names follow from owner and kind, so that leases, events and snapshots speak of the same streams.
fn stream_id(bits: u8) -> StreamId {
    let kind = if bits & 16 == 0 { "camera" } else { "screen" };
    StreamId::parse(format!("{}-{kind}", user(bits))).expect("a stream id")
}

fn stream(bits: u8) -> Stream {
    Stream {
        stream: stream_id(bits),
        user: user_id(bits),
        kind: kind(bits),
        generation: 1 + u32::from(bits >> 5 & 1),
        audio: bits & 4 == 0,
        video: bits & 8 == 0,
        stalled: bits & 64 != 0,
    }
}

pub(super) fn lease(bits: u8) -> Lease {
    let url = |transport: &str| MediaUrl {
        transport: transport.into(),
        url: Secret::new(format!("{transport}://media.test/live/s?ticket={SECRET}")),
    };
    let transports: &[&str] = match bits >> 2 & 3 {
        0 => &["rtmp", "flv"],
        1 => &["flv"],
        2 => &["whip", "rtmp"],
        _ => &[],
    };
    Lease {
        stream: stream_id(bits ^ 2),
        generation: 1 + u32::from(bits >> 5 & 1),
        urls: transports.iter().map(|transport| url(transport)).collect(),
        expires_in: 300,
        renew_in: 180,
    }
}

fn snapshot(bits: u8) -> Snapshot {
    let members = [0, 1, 3].into_iter().take(usize::from(3 - (bits & 3)));
    let members = members.map(|user| Member { user: user_id(user), suspended: bits & 4 != 0 }).collect();
    let mut streams = vec![stream(bits & 8 | bits >> 6 & 1), stream(2), stream(1 | 16)];
    streams.truncate(usize::from(3 - (bits >> 4 & 3)));
    Snapshot { epoch: epoch(bits >> 7), offset: OFFSET + u32::from(bits >> 6), members, streams }
}

pub(super) fn answer_to(method: Method, bits: u8) -> Answer {
    match method {
        Method::Join => Answer::Joined(Joined {
            session: SessionId::parse("session").expect("a session id"),
            secret: Secret::new(SECRET),
            generation: 1,
            server_time: 1_700_000_000,
            ping_ms: [10_000, 0, 1_000, u32::MAX][usize::from(bits & 3)],
            resume_ms: 30_000,
            limits: Limits { frame_bytes: 65_536, in_flight: [32, 1, 0, u32::MAX][usize::from(bits >> 2 & 3)] },
            snapshot: snapshot(bits & 0xf0),
        }),
        Method::Resume => {
            let snapshot = (bits & 1 != 0).then(|| snapshot(bits & 0xfe));
            Answer::Resumed(Resumed { generation: 2, server_time: 1_700_000_100, snapshot })
        }
        Method::Publish | Method::RenewUrl | Method::Subscribe => Answer::Leased(lease(bits)),
        Method::Sync => Answer::Synced(snapshot(bits)),
        Method::Ping => Answer::Pong(Pong { offset: OFFSET + u32::from(bits & 3), server_time: 1_700_000_200 }),
        Method::Leave
        | Method::MuteLocal
        | Method::MuteRemote
        | Method::RenewToken
        | Method::SetVisibility
        | Method::Unpublish
        | Method::Unsubscribe => Answer::Done(Empty {}),
    }
}

/// An event of a room's history.
pub(super) fn event(choice: u8, bits: u8) -> Event {
    let (user, kind) = (user_id(bits), kind(bits));
    let is = || MemberIs { user: user_id(bits) };
    let stream_is = || StreamIs { stream: stream_id(bits), user: user_id(bits), kind };
    match choice {
        0 => Event::MemberJoined(is()),
        1 => Event::MemberLeft(MemberLeft { user, reason: LeaveReason::Left }),
        2 => Event::StreamAdded(stream(bits)),
        3 => Event::StreamUpdated(stream(bits)),
        4 => {
            let reason =
                [RemoveReason::Unpublished, RemoveReason::MediaLost, RemoveReason::TokenExpired, RemoveReason::Other];
            let reason = reason[usize::from(bits >> 2 & 3)];
            Event::StreamRemoved(StreamRemoved { stream: stream_id(bits), user, kind, reason })
        }
        5 => Event::MemberSuspended(is()),
        6 => Event::MemberResumed(is()),
        7 => Event::StreamStalled(stream_is()),
        8 => Event::StreamRecovered(stream_is()),
        _ => Event::Unknown("later".into()),
    }
}
