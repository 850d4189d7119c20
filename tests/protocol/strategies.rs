//! Any frame that the types can hold. Every secret in them begins with [`SECRET_MARK`], and nothing else does.

use miniapp_rtc::protocol::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// What no Debug output may show.
pub(crate) const SECRET_MARK: &str = "hush:";

pub(crate) fn client_frame() -> impl Strategy<Value = ClientFrame> {
    let request = (1..=u32::MAX, option::of(opaque(OperationId::parse)), request())
        .prop_map(|(id, operation, request)| ClientFrame::Request(RequestFrame { id, operation, request }));
    let unknown = "[a-z_]{0,12}".prop_filter("a known name", |name| Method::named(name).is_none() && name != "report");
    prop_oneof![
        20 => request,
        2 => report().prop_map(|report| ClientFrame::Notice(Notice::Report(report))),
        1 => unknown.prop_map(ClientFrame::Unknown),
    ]
}

pub(crate) fn server_frame() -> impl Strategy<Value = ServerFrame> {
    let position = (opaque(Epoch::parse), any::<u32>()).prop_map(|(epoch, offset)| Position { epoch, offset });
    let refusal = (any::<u16>(), text(), text(), option::of(any::<u32>()))
        .prop_map(|(code, name, reason, retry_after_ms)| Refusal { code, name, reason, retry_after_ms });
    prop_oneof![
        12 => (any::<u32>(), answer())
            .prop_map(|(id, (method, answer))| ServerFrame::Answer { id, method, answer }),
        14 => (option::of(position), event()).prop_map(|(position, event)| ServerFrame::Event { position, event }),
        2 => (option::of(any::<u32>()), refusal).prop_map(|(id, refusal)| ServerFrame::Refusal { id, refusal }),
    ]
}

fn request() -> impl Strategy<Value = Request> {
    let join = (
        "[a-zA-Z0-9]{24}".prop_map(|id| AppId::parse(id).expect("an app id")),
        named(RoomId::parse),
        user(),
        secret(),
        any::<bool>(),
        option::of(named(BusinessId::parse)),
        text(),
    )
        .prop_map(|(app, room, user, token, visible, business, agent)| {
            Request::Join(Join { app, room, user, token, visible, business, agent })
        });
    let resume = (name(SessionId::parse), secret(), opaque(Epoch::parse), any::<u32>())
        .prop_map(|(session, secret, epoch, offset)| Request::Resume(Resume { session, secret, epoch, offset }));
    let stream_of = (user(), kind()).prop_map(|(user, kind)| StreamOf { user, kind });
    let mute_local =
        (kind(), any::<bool>(), any::<bool>()).prop_map(|(kind, audio, video)| MuteLocal { kind, audio, video });
    prop_oneof![
        join,
        resume,
        Just(Request::Leave(Empty {})),
        Just(Request::Sync(Empty {})),
        any::<u32>().prop_map(|offset| Request::Ping(Ping { offset })),
        secret().prop_map(|token| Request::RenewToken(RenewToken { token })),
        any::<bool>().prop_map(|visible| Request::SetVisibility(SetVisibility { visible })),
        kind().prop_map(|kind| Request::Publish(Publish { kind })),
        kind().prop_map(|kind| Request::Unpublish(Publish { kind })),
        mute_local.prop_map(Request::MuteLocal),
        subscribe().prop_map(Request::Subscribe),
        subscribe().prop_map(Request::MuteRemote),
        stream_of.clone().prop_map(Request::Unsubscribe),
        stream_of.prop_map(Request::RenewUrl),
    ]
}

fn answer() -> impl Strategy<Value = (Method, Answer)> {
    use Method::{Join, Leave, MuteLocal, MuteRemote, Ping, Publish, RenewToken, RenewUrl, Resume};
    use Method::{SetVisibility, Subscribe, Sync, Unpublish, Unsubscribe};
    let limits = any::<(u32, u32)>().prop_map(|(frame_bytes, in_flight)| Limits { frame_bytes, in_flight });
    let joined = (name(SessionId::parse), secret(), any::<(u32, u32, u32, u32)>(), limits, snapshot()).prop_map(
        |(session, secret, (generation, server_time, ping_ms, resume_ms), limits, snapshot)| {
            let joined = Joined { session, secret, generation, server_time, ping_ms, resume_ms, limits, snapshot };
            (Join, Answer::Joined(joined))
        },
    );
    let resumed = (any::<(u32, u32)>(), option::of(snapshot())).prop_map(|((generation, server_time), snapshot)| {
        (Resume, Answer::Resumed(Resumed { generation, server_time, snapshot }))
    });
    let pong = any::<(u32, u32)>().prop_map(|(offset, server_time)| (Ping, Answer::Pong(Pong { offset, server_time })));
    let leased = (prop::sample::select(vec![Publish, Subscribe, RenewUrl]), lease());
    let done = vec![Leave, MuteLocal, MuteRemote, RenewToken, SetVisibility, Unpublish, Unsubscribe];
    prop_oneof![
        joined,
        resumed,
        pong,
        leased.prop_map(|(method, lease)| (method, Answer::Leased(lease))),
        snapshot().prop_map(|snapshot| (Sync, Answer::Synced(snapshot))),
        prop::sample::select(done).prop_map(|method| (method, Answer::Done(Empty {}))),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    use prop::sample::select;
    let left = vec![
        LeaveReason::Left,
        LeaveReason::TimedOut,
        LeaveReason::Hidden,
        LeaveReason::TokenExpired,
        LeaveReason::Kicked,
        LeaveReason::RoomClosed,
        LeaveReason::Other,
    ];
    let removed = vec![
        RemoveReason::Unpublished,
        RemoveReason::Left,
        RemoveReason::Replaced,
        RemoveReason::MediaLost,
        RemoveReason::TokenExpired,
        RemoveReason::Kicked,
        RemoveReason::Other,
    ];
    let kicked = vec![
        KickReason::DuplicateLogin,
        KickReason::TokenExpired,
        KickReason::ByOperator,
        KickReason::RoomClosed,
        KickReason::Other,
    ];
    let actions = vec![ByeAction::Resume, ByeAction::Rejoin, ByeAction::Stop];
    let scopes = vec![TokenScope::Token, TokenScope::Publish, TokenScope::Subscribe];
    let member = user().prop_map(|user| MemberIs { user });
    let stream_is =
        (name(StreamId::parse), user(), kind()).prop_map(|(stream, user, kind)| StreamIs { stream, user, kind });
    let bye = (any::<u16>(), text(), select(actions), any::<u32>())
        .prop_map(|(code, reason, action, after_ms)| Event::Bye(Bye { code, reason, action, after_ms }));
    let url_updated = (role(), user(), kind(), lease())
        .prop_map(|(role, user, kind, lease)| Event::UrlUpdated(UrlUpdated { role, user, kind, lease }));
    let unknown = "[a-z_]{0,12}".prop_filter("a known name", |name| !crate::vectors::EVENTS.contains(&name.as_str()));
    prop_oneof![
        member.clone().prop_map(Event::MemberJoined),
        member.clone().prop_map(Event::MemberSuspended),
        member.prop_map(Event::MemberResumed),
        (user(), select(left)).prop_map(|(user, reason)| Event::MemberLeft(MemberLeft { user, reason })),
        stream().prop_map(Event::StreamAdded),
        stream().prop_map(Event::StreamUpdated),
        stream_is.clone().prop_map(Event::StreamStalled),
        stream_is.clone().prop_map(Event::StreamRecovered),
        (stream_is, select(removed)).prop_map(|(StreamIs { stream, user, kind }, reason)| {
            Event::StreamRemoved(StreamRemoved { stream, user, kind, reason })
        }),
        select(kicked).prop_map(|reason| Event::Kicked(Kicked { reason })),
        bye,
        url_updated,
        (any::<u32>(), select(scopes))
            .prop_map(|(expires_in, scope)| Event::TokenExpiring(TokenExpiring { expires_in, scope })),
        unknown.prop_map(Event::Unknown),
    ]
}

fn report() -> impl Strategy<Value = Report> {
    let states = vec![Health::Connecting, Health::Live, Health::Weak, Health::Retrying, Health::Failed];
    (role(), name(StreamId::parse), any::<i32>(), prop::sample::select(states))
        .prop_map(|(role, stream, code, health)| Report { role, stream, code, health })
}

fn subscribe() -> impl Strategy<Value = Subscribe> {
    (user(), kind(), any::<bool>(), any::<bool>()).prop_map(|(user, kind, audio, video)| Subscribe {
        user,
        kind,
        audio,
        video,
    })
}

fn snapshot() -> impl Strategy<Value = Snapshot> {
    let member = (user(), any::<bool>()).prop_map(|(user, suspended)| Member { user, suspended });
    (opaque(Epoch::parse), any::<u32>(), vec(member, 0..4), vec(stream(), 0..4))
        .prop_map(|(epoch, offset, members, streams)| Snapshot { epoch, offset, members, streams })
}

fn stream() -> impl Strategy<Value = Stream> {
    (name(StreamId::parse), user(), kind(), any::<(u32, bool, bool, bool)>()).prop_map(
        |(stream, user, kind, (generation, audio, video, stalled))| Stream {
            stream,
            user,
            kind,
            generation,
            audio,
            video,
            stalled,
        },
    )
}

fn lease() -> impl Strategy<Value = Lease> {
    let url = (text(), secret()).prop_map(|(transport, url)| MediaUrl { transport, url });
    (name(StreamId::parse), any::<(u32, u32, u32)>(), vec(url, 0..3)).prop_map(
        |(stream, (generation, expires_in, renew_in), urls)| Lease { stream, generation, urls, expires_in, renew_in },
    )
}

fn user() -> impl Strategy<Value = UserId> + Clone {
    "[a-zA-Z0-9@_.-]{1,20}".prop_map(|id| UserId::parse(id).expect("a user id"))
}

fn named<T: std::fmt::Debug>(parse: fn(String) -> Result<T, InvalidId>) -> impl Strategy<Value = T> {
    "[a-zA-Z0-9@_.-]{1,128}".prop_map(move |id| parse(id).expect("an id"))
}

fn opaque<T: std::fmt::Debug>(parse: fn(String) -> Result<T, InvalidId>) -> impl Strategy<Value = T> + Clone {
    "[a-zA-Z0-9_.-]{1,64}".prop_map(move |id| parse(id).expect("an id"))
}

/// Names of sessions and streams hold no dot.
fn name<T: std::fmt::Debug>(parse: fn(String) -> Result<T, InvalidId>) -> impl Strategy<Value = T> + Clone {
    "[a-zA-Z0-9_-]{1,64}".prop_map(move |id| parse(id).expect("a name"))
}

fn kind() -> impl Strategy<Value = StreamKind> + Clone {
    prop::sample::select(vec![StreamKind::Camera, StreamKind::Screen])
}

fn role() -> impl Strategy<Value = Role> {
    prop::sample::select(vec![Role::Player, Role::Pusher])
}

fn secret() -> impl Strategy<Value = Secret> {
    any::<String>().prop_map(|text| Secret::new([SECRET_MARK, &text].concat()))
}

fn text() -> impl Strategy<Value = String> {
    any::<String>().prop_filter("a secret", |text| !text.contains(SECRET_MARK))
}
