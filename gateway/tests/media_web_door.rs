//! Who is let in by WHIP and WHEP, what browsers are told, and how their connections end.
#![cfg(feature = "web")]
#![allow(missing_docs, clippy::expect_used)]

mod media_support;

use std::time::{Duration, Instant};

use media_support::browser::{Act, Browser, Way, lone_offer};
use media_support::recording::Recording;
use media_support::web::{fixture, fixture_with, play, publish, whep, whip};
use media_support::{http, session_id, stream_id};
use miniapp_rtc::protocol::{Role, Secret};
use miniapp_rtc_gateway::media::{IceServer, MediaEvent, MediaServer, StopReason, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_request_without_a_good_ticket_is_refused_and_says_why() {
    let mut fixture = fixture().await;
    let sdp = "application/sdp";
    let push = whip(&fixture, "s1");
    let bare = push.split('?').next().expect("path").to_owned();
    let stranger = fixture.url(Role::Pusher, "s1", 1, "stranger", Transport::Whip);
    let unsubscribed = fixture.play_url("s1", 1, "u2", Transport::Whep);
    for (url, status, reason) in [
        (bare.clone(), 401, "ticket_missing"),
        (format!("{bare}?ticket=nonsense"), 403, "ticket_malformed"),
        (push.replace("/whip?", "/whep?"), 403, "ticket_operation"),
        (push.replace("/live/s1-1/", "/live/s2-1/"), 403, "ticket_stream"),
        (stranger, 403, "not_publisher"),
        (unsubscribed, 403, "not_subscribed"),
        (whep(&fixture, "s9", "u1"), 404, "stream_not_live"),
    ] {
        let answer = http::post(&url, sdp, "v=0").await;
        assert_eq!((answer.status, answer.reason().as_str()), (status, reason));
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        assert!(!answer.body.contains("ticket="), "{}", answer.body);
    }
    assert!(fixture.media.list().await.expect("list").is_empty());
    let data = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n";
    for (content, body, status, reason) in [
        ("text/plain", "v=0".to_owned(), 415, "content_type"),
        (sdp, "x".repeat(70_000), 413, "offer_too_large"),
        (sdp, "hello".to_owned(), 400, "offer_malformed"),
        (sdp, data.to_owned(), 400, "offer_with_data_channel"),
    ] {
        let answer = http::post(&push, content, &body).await;
        assert_eq!((answer.status, answer.reason().as_str()), (status, reason));
    }
    while let Ok(event) = fixture.events.try_recv() {
        assert!(matches!(event, MediaEvent::Stopped { .. }), "{event:?}");
    }
    for method in ["PATCH", "GET", "PUT"] {
        let answer = http::request(method, &push, "", "").await;
        assert_eq!((answer.status, answer.reason().as_str()), (405, "method_not_allowed"), "{method}");
    }
    let asked = http::request("OPTIONS", &push, "Access-Control-Request-Headers: content-type\r\n", "").await;
    assert_eq!((asked.status, asked.header("access-control-allow-headers")), (204, Some("content-type")));
    assert!(asked.header("access-control-allow-methods").expect("methods").contains("POST"));
}

#[tokio::test]
async fn a_browser_ends_its_connection_by_delete_and_is_told_when_the_room_ends_it() {
    let mut fixture = fixture().await;
    let publisher = publish(&mut fixture, "s1", Way::Udp).await;
    let [kicked, other] = [play(&fixture, "s1", "u1").await, play(&fixture, "s1", "u2").await];
    for player in [&kicked, &other] {
        player.until("a picture", 3 * SECOND, |seen| !seen.pictures.is_empty()).await;
    }
    assert_eq!(fixture.media.kick_subscription(&stream_id("s1"), &session_id("u1")).await.expect("kicked"), 1);
    kicked.until("the kick", SECOND, |seen| seen.closed.is_some()).await;
    assert!(other.seen().closed.is_none());
    let unknown = publisher.resource.rsplit_once('/').expect("a path").0.to_owned() + "/nobody";
    assert_eq!(http::request("DELETE", &unknown, "", "").await.status, 404);
    assert_eq!(http::request("PATCH", &publisher.resource, "", "").await.status, 405);
    assert_eq!(http::request("DELETE", &publisher.resource, "", "").await.status, 200);
    let event = fixture.next_event().await;
    assert!(matches!(event, MediaEvent::Stopped { reason: StopReason::Finished, .. }), "{event:?}");
    assert_eq!(http::request("DELETE", &publisher.resource, "", "").await.status, 404, "once");
    fixture.media.kick_stream(&stream_id("s1"), 1).await.expect("kicked");
    other.until("the end of the stream", SECOND, |seen| seen.closed.is_some()).await;
    let answer = http::post(&whip(&fixture, "s1"), "application/sdp", "v=0").await;
    assert_eq!((answer.status, answer.reason().as_str()), (403, "ticket_revoked"));
    tokio::time::sleep(SECOND / 5).await;
    assert_eq!(fixture.media.health().await.connections, 0, "nothing is left");
}

#[tokio::test]
async fn a_second_publisher_is_refused_while_the_media_of_the_first_flows() {
    let mut fixture = fixture().await;
    let publisher = publish(&mut fixture, "s1", Way::Udp).await;
    let player = play(&fixture, "s1", "u1").await;
    player.until("a picture", 3 * SECOND, |seen| !seen.pictures.is_empty()).await;
    let answer = http::post(&whip(&fixture, "s1"), "application/sdp", &lone_offer()).await;
    assert_eq!((answer.status, answer.reason().as_str()), (403, "stream_busy"), "{}", answer.body);
    let before = player.seen().pictures.len();
    player.until("more pictures", 3 * SECOND, |seen| seen.pictures.len() > before + 10).await;
    assert!(publisher.seen().closed.is_none());
}

#[tokio::test]
async fn a_browser_that_makes_the_process_hold_too_much_is_ended() {
    let mut fixture = fixture_with(|config| config.limits.held_bytes = 4 << 10).await;
    let browser = Browser::open(&whip(&fixture, "s1"), Act::Publish(Recording::get()), Way::Udp).await;
    browser.until("the end", 5 * SECOND, |seen| seen.connected.is_some() && seen.closed.is_some()).await;
    loop {
        let event = fixture.next_event().await;
        if let MediaEvent::Stopped { reason, .. } = event {
            assert_eq!(reason, StopReason::Malformed);
            break;
        }
    }
    assert_eq!(fixture.media.health().await.held_bytes, 0, "nothing of it is left");
}

#[tokio::test]
async fn a_browser_that_was_answered_and_never_connects_is_given_up() {
    let mut fixture = fixture().await;
    let start = Instant::now();
    let answer = http::post(&whip(&fixture, "s1"), "application/sdp", &lone_offer()).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let event = fixture.next_event().await;
    assert!(matches!(event, MediaEvent::Stopped { reason: StopReason::Disconnected, .. }), "{event:?}");
    assert!((9 * SECOND..13 * SECOND).contains(&start.elapsed()), "{:?}", start.elapsed());
    assert_eq!(fixture.media.health().await.connections, 0, "nothing is left");
}

#[tokio::test]
async fn a_stop_of_the_media_server_ends_browsers_at_once() {
    let mut fixture = fixture().await;
    let publisher = publish(&mut fixture, "s1", Way::Udp).await;
    let by_tcp = Way::Tcp(fixture.media.web_address().expect("served"));
    let player = Browser::open(&whep(&fixture, "s1", "u1"), Act::Play, by_tcp).await;
    player.until("a picture", 3 * SECOND, |seen| !seen.pictures.is_empty()).await;
    let start = Instant::now();
    fixture.media.shutdown().await;
    assert!(start.elapsed() < SECOND, "{:?}", start.elapsed());
    for browser in [&publisher, &player] {
        browser.until("the stop", SECOND, |seen| seen.closed.is_some()).await;
    }
    let event = fixture.next_event().await;
    assert!(matches!(event, MediaEvent::Stopped { reason: StopReason::Shutdown, .. }), "{event:?}");
}

#[tokio::test]
async fn who_asks_for_no_peer_gets_no_answer_and_its_tcp_connection_ends() {
    let fixture = fixture_with(|config| config.limits.handshake = SECOND).await;
    let address = fixture.media.web_address().expect("served");
    let stun = [&[0, 1, 0, 12, 0x21, 0x12, 0xa4, 0x42][..], &[7; 12], &[0, 6, 0, 8], b"nobody:x"].concat();
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
    for packet in [&stun[..], &[0x80; 100], &[22; 100], &[]] {
        socket.send_to(packet, address).await.expect("sent");
    }
    let mut line = tokio::net::TcpStream::connect(address).await.expect("connected");
    let framed = [&u16::try_from(stun.len()).expect("short").to_be_bytes()[..], &stun].concat();
    line.write_all(&framed).await.expect("sent");
    let start = Instant::now();
    let mut said = Vec::new();
    let ended = tokio::time::timeout(3 * SECOND, line.read_to_end(&mut said)).await;
    assert!(ended.is_ok() && said.is_empty(), "{said:?}");
    assert!(start.elapsed() > SECOND / 2, "{:?}", start.elapsed());
    let answer = tokio::time::timeout(SECOND / 10, socket.recv_from(&mut [0; 100])).await;
    assert!(answer.is_err(), "nobody is answered");
}

#[tokio::test]
async fn browsers_are_told_of_turn_servers_and_no_secret_is_in_an_address() {
    let mut fixture = fixture_with(|config| {
        let web = config.web.as_mut().expect("served");
        let credential = Some(Secret::new("turn-password"));
        web.ice_servers.push(IceServer { url: "turn:turn.test".into(), username: Some("web".into()), credential });
        web.public.push("127.0.0.1".parse().expect("an address"));
    })
    .await;
    let publisher = publish(&mut fixture, "s1", Way::Udp).await;
    let link = publisher.answer.header("link").expect("a link").to_owned();
    assert_eq!(
        link,
        "<turn:turn.test>; rel=\"ice-server\"; username=\"web\"; credential=\"turn-password\"; credential-type=\"password\""
    );
    let exposed = publisher.answer.header("access-control-expose-headers").expect("named");
    assert!(["link", "location", "etag"].iter().all(|name| exposed.contains(name)), "{exposed}");
    assert_eq!(publisher.answer.header("content-type"), Some("application/sdp"));
    let id = publisher.resource.rsplit_once('/').expect("a resource").1;
    assert!(id.len() >= 26 && !publisher.answer.body.contains(id), "only the browser knows it");
}
