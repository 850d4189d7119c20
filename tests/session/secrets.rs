//! Tokens, session secrets and signed addresses appear where they must and nowhere else.

use miniapp_rtc::protocol::{Answer, ErrorCode};
use miniapp_rtc::session::{Effect, Reply, SocketEvent};
use miniapp_rtc::token::Privilege;
use serde_json::json;

use crate::desk::{Desk, lease, snapshot, token};

#[test]
fn a_whole_meeting_prints_no_secret() {
    let secret = token("room", "me", &[Privilege::Publish, Privilege::Subscribe]);
    let mut desk = Desk::ready();
    let mut seen = Vec::new();
    desk.begin_join();
    seen.append(&mut desk.effects);
    desk.open();
    seen.append(&mut desk.effects);
    desk.answer_join(snapshot("e1", 10, &[], vec![]));
    seen.append(&mut desk.effects);
    desk.call("publish", json!({}));
    desk.answer(desk.last_id("publish"), Answer::Leased(lease("s9", 1)));
    seen.append(&mut desk.effects);
    desk.socket(SocketEvent::Closed { code: 1006, reason: String::new() });
    desk.pass(300);
    desk.open();
    desk.refuse("resume", ErrorCode::SessionUnknown);
    seen.append(&mut desk.effects);
    desk.answer_join(snapshot("e2", 10, &[], vec![]));
    desk.answer(desk.last_id("publish"), Answer::Leased(lease("s10", 1)));
    seen.append(&mut desk.effects);

    let printed = format!("{seen:?} {:?} {:?}", desk.client, desk.sent);
    for secret in [secret.reveal(), "SECRET-SESSION", "SECRET-URL"] {
        assert!(!printed.contains(secret), "a secret was printed");
    }
    assert!(
        seen.iter().any(|effect| matches!(effect, Effect::Settle { outcome: Ok(Reply::Url(url)), .. } if url.reveal().contains("SECRET-URL"))),
        "the page itself gets the address"
    );
}
