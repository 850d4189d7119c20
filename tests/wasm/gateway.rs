//! A call to a real gateway over the engine's own WebSocket.

use miniapp_rtc::protocol::{AppId, RoomId, UserId};
use miniapp_rtc::token::{AppKey, Privilege, PrivilegeGrant, RoomScope, TokenTimes};
use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test;

use super::door::{APP, Door};

const HOW: &str = "this test needs a gateway: `cargo xtask test --only wasm-node` (or wasm-chrome) starts one";

/// Signs tokens that no gateway reads.
const NO_KEY: &str = "0123456789abcdef0123456789abcdef";

fn gateway() -> &'static str {
    option_env!("MINIAPP_RTC_TEST_GATEWAY").expect(HOW)
}

fn app() -> AppId {
    AppId::parse(option_env!("MINIAPP_RTC_TEST_APP_ID").unwrap_or(APP)).unwrap()
}

fn token(room: &str, user: &str) -> String {
    let key = AppKey::parse(option_env!("MINIAPP_RTC_TEST_APP_KEY").unwrap_or(NO_KEY)).unwrap();
    let grant = |privilege: Privilege| PrivilegeGrant { key: privilege.key(), expires_at: 0 };
    let privileges = vec![grant(Privilege::Publish), grant(Privilege::Subscribe)];
    let times = TokenTimes { nonce: 1, issued_at: 1_700_000_000, expires_at: 0 };
    let room = RoomScope::Room(RoomId::parse(room).unwrap());
    key.sign(app(), room, UserId::parse(user).unwrap(), privileges, times).reveal().to_owned()
}

async fn joined(room: &str, user: &str) -> Door {
    let door = Door::new();
    door.call("init", json!({ "appId": app(), "gateways": [gateway()] })).await.unwrap();
    let join = json!({ "token": token(room, user), "roomId": room, "userId": user });
    assert_eq!(door.call("join", join).await, Ok(json!(user)));
    door
}

#[wasm_bindgen_test]
#[ignore = "needs a gateway, which `cargo xtask test --only wasm-node` (or wasm-chrome) starts"]
async fn two_cores_meet_in_a_room() {
    let ann = joined("wasm-meeting", "ann").await;
    let bob = joined("wasm-meeting", "bob").await;
    assert_eq!(ann.event("peer-online").await, json!({ "uid": "bob" }));
    assert_eq!(bob.event("peer-online").await, json!({ "uid": "ann" }));
    let url = ann.call("publish", json!({})).await.unwrap();
    assert!(url.as_str().unwrap().starts_with("rtmp://"), "an address to push to");
    assert_eq!(bob.call("leave", json!({})).await, Ok(Value::Null));
    assert_eq!(ann.event("peer-leave").await, json!({ "uid": "bob" }));
    assert_eq!(bob.core.state(), "idle");
    ann.call("destroy", json!({})).await.unwrap();
}

#[wasm_bindgen_test]
#[ignore = "needs a gateway, which `cargo xtask test --only wasm-node` (or wasm-chrome) starts"]
async fn a_newer_login_of_the_same_user_takes_over() {
    let first = joined("wasm-duplicate", "ann").await;
    let second = joined("wasm-duplicate", "ann").await;
    assert!(first.event("@room/client-banned").await["reason"].is_string());
    assert_eq!(first.core.state(), "disconnected");
    second.call("destroy", json!({})).await.unwrap();
}

#[wasm_bindgen_test]
async fn a_gateway_that_is_not_there_is_said() {
    let door = Door::new();
    door.call("init", json!({ "appId": app(), "gateways": ["ws://127.0.0.1:9/v1"] })).await.unwrap();
    let join = json!({ "token": token("r", "ann"), "roomId": "r", "userId": "ann" });
    let error = door.call("join", join).await.unwrap_err();
    assert_eq!(error["code"], 500_001, "{error}");
    assert_eq!(door.core.state(), "disconnected");
}
