//! The native client against a real gateway over real sockets: the same session and runner that the WASM module carries.

#[path = "../common/mod.rs"]
mod common;
mod proxy;

use std::time::Duration;

use miniapp_rtc::client::{Client, Events};
use miniapp_rtc::protocol::{AppId, RoomId, Secret, Tracks, UserId};
use miniapp_rtc::session::{ClientEvent, ConnectionState, ErrorNumber, MuteLocalCall, Peer, RtcError, SubscribeCall};
use serde_json::json;
use tokio::time::timeout;

use self::common::{APP, Gateway, Player, Pusher, SOON, token};
use self::proxy::Proxy;

fn user(name: &str) -> UserId {
    UserId::parse(name).expect("a user id")
}

async fn client(gateways: &[&str], seed: u32) -> (Client, Events) {
    let (client, events) = Client::new(seed);
    let gateways = gateways.iter().map(|gateway| (*gateway).to_owned()).collect();
    client.init(AppId::parse(APP).expect("an app id"), gateways).await.expect("initialised");
    (client, events)
}

async fn join(client: &Client, name: &str) -> Result<(), RtcError> {
    let token = Secret::new(token("room", name));
    client.join(token, RoomId::parse("room").expect("a room id"), user(name)).await
}

async fn joined(gateway: &str, name: &str, seed: u32) -> (Client, Events) {
    let (client, events) = client(&[gateway], seed).await;
    join(&client, name).await.expect("joined");
    (client, events)
}

/// Waits for an event; events before it are passed over.
async fn until(events: &mut Events, wanted: impl Fn(&ClientEvent) -> bool) -> ClientEvent {
    let search = async {
        loop {
            let event = events.next().await.expect("the client lives");
            if wanted(&event) {
                return event;
            }
        }
    };
    timeout(SOON, search).await.expect("the event in time")
}

async fn until_state(events: &mut Events, state: ConnectionState) {
    until(events, |event| matches!(event, ClientEvent::ConnectionStateChanged(changed) if changed.current == state))
        .await;
}

fn is_online(name: &'static str) -> impl Fn(&ClientEvent) -> bool {
    move |event| matches!(event, ClientEvent::PeerOnline(Peer { uid }) if uid.as_str() == name)
}

fn lease_of(url: &Secret) -> serde_json::Value {
    json!({ "urls": [{ "transport": "rtmp", "url": url.reveal() }] })
}

#[tokio::test]
async fn a_call_with_media_muting_and_leaving() {
    let gateway = Gateway::start();
    let (ann, _) = joined(&gateway.ws, "ann", 1).await;
    let (bob, mut bobs) = joined(&gateway.ws, "bob", 2).await;
    until(&mut bobs, is_online("ann")).await;

    let _pusher = Pusher::start(&lease_of(&ann.publish(false).await.expect("an address")));
    until(&mut bobs, |event| matches!(event, ClientEvent::StreamAdded(added) if added.uid == user("ann"))).await;
    let subscribe = SubscribeCall { uid: user("ann"), tracks: Tracks::BOTH, screen: false };
    let player = Player::start(&lease_of(&bob.subscribe(subscribe).await.expect("an address")), "rtmp", 2);
    let frames = tokio::task::spawn_blocking(move || player.frames(Duration::from_secs(15)));
    assert!(frames.await.expect("counted") >= 10);

    ann.mute_local(MuteLocalCall { on: Tracks { audio: false, video: true }, screen: false }).await.expect("muted");
    until(&mut bobs, |event| matches!(event, ClientEvent::MuteAudio(_))).await;
    ann.leave().await.expect("left");
    assert_eq!(ann.state(), ConnectionState::Idle);
    until(&mut bobs, |event| matches!(event, ClientEvent::StreamRemoved(_))).await;
    until(&mut bobs, |event| matches!(event, ClientEvent::PeerLeave(_))).await;
}

#[tokio::test]
async fn a_cut_connection_comes_back_and_nobody_notices() {
    let gateway = Gateway::start();
    let proxy = Proxy::before(&gateway.ws).await;
    let (ann, mut anns) = joined(&proxy.ws(), "ann", 1).await;
    let (_bob, mut bobs) = joined(&gateway.ws, "bob", 2).await;
    until(&mut anns, is_online("bob")).await;

    proxy.cut();
    until_state(&mut anns, ConnectionState::Reconnecting).await;
    let (_carol, _) = joined(&gateway.ws, "carol", 3).await;
    until_state(&mut anns, ConnectionState::Connected).await;
    until(&mut anns, is_online("carol")).await;
    assert_eq!(ann.state(), ConnectionState::Connected);

    let mut heard = Vec::new();
    while let Ok(Some(event)) = timeout(Duration::from_millis(300), bobs.next()).await {
        heard.push(event);
    }
    assert!(!heard.iter().any(|event| matches!(event, ClientEvent::PeerLeave(_))), "{heard:?}");
    let about_ann = heard.iter().filter(|event| is_online("ann")(event)).count();
    assert_eq!(about_ann, 1, "ann came once: {heard:?}");
}

#[tokio::test]
async fn a_connection_that_goes_silent_is_found_out() {
    let gateway = Gateway::with("[times]\nping_ms = 500\n");
    let proxy = Proxy::before(&gateway.ws).await;
    let (_ann, mut anns) = joined(&proxy.ws(), "ann", 1).await;
    proxy.freeze();
    until_state(&mut anns, ConnectionState::Reconnecting).await;
    until_state(&mut anns, ConnectionState::Connected).await;
}

#[tokio::test]
async fn the_newest_login_wins() {
    let gateway = Gateway::start();
    let (old, mut olds) = joined(&gateway.ws, "ann", 1).await;
    let (new, _) = joined(&gateway.ws, "ann", 2).await;
    until(&mut olds, |event| matches!(event, ClientEvent::ClientBanned(_))).await;
    until_state(&mut olds, ConnectionState::Disconnected).await;
    assert_eq!(old.state(), ConnectionState::Disconnected);
    assert_eq!(new.state(), ConnectionState::Connected);
    assert!(old.publish(false).await.is_err());
}

#[tokio::test]
async fn gateways_that_refuse_hang_or_are_no_gateway() {
    let gateway = Gateway::start();
    let nobody = "ws://127.0.0.1:9/v1";
    let (ann, _) = client(&[nobody], 1).await;
    let error = join(&ann, "ann").await.expect_err("nobody is there");
    assert_eq!(error.code, ErrorNumber::WebSocketFailed as u32, "{error}");

    let mute = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let mute = format!("ws://{}/v1", mute.local_addr().expect("its address"));
    let web = gateway.http.replace("http://", "ws://");
    let (bob, _) = client(&[&mute, &format!("{web}/healthz"), &gateway.ws], 2).await;
    join(&bob, "bob").await.expect("the third is a gateway");
}
