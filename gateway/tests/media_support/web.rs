//! A media server that serves web users, and browsers that publish and play there.

use std::net::{Ipv4Addr, SocketAddr};

use miniapp_rtc::protocol::Role;
use miniapp_rtc_gateway::media::embedded::EmbeddedConfig;
use miniapp_rtc_gateway::media::{MediaEvent, Transport};
use miniapp_rtc_gateway::settings::WebSettings;

use super::Fixture;
use super::browser::{Act, Browser, Way};
use super::recording::Recording;

pub async fn fixture() -> Fixture {
    fixture_with(|_| {}).await
}

pub async fn fixture_with(change: impl FnOnce(&mut EmbeddedConfig)) -> Fixture {
    Fixture::start_with(|config| {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        config.web = Some(WebSettings { listen, public: Vec::new(), ice_servers: Vec::new() });
        change(config);
    })
    .await
}

pub fn whip(fixture: &Fixture, stream: &str) -> String {
    fixture.room.allow_publish(stream, 1, "publisher");
    fixture.url(Role::Pusher, stream, 1, "publisher", Transport::Whip)
}

pub fn whep(fixture: &Fixture, stream: &str, session: &str) -> String {
    fixture.room.subscribe(stream, session, true, true);
    fixture.play_url(stream, 1, session, Transport::Whep)
}

/// A browser that publishes, once its media flows.
pub async fn publish(fixture: &mut Fixture, stream: &str, way: Way) -> Browser {
    let browser = Browser::open(&whip(fixture, stream), Act::Publish(Recording::get()), way).await;
    let event = fixture.next_event().await;
    assert!(matches!(event, MediaEvent::Started { .. }), "{event:?}");
    browser
}

pub async fn play(fixture: &Fixture, stream: &str, session: &str) -> Browser {
    Browser::open(&whep(fixture, stream, session), Act::Play, Way::Udp).await
}
