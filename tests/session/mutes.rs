//! Mutes of the page whose answers come late, or of a stream that is gone: the newest wish stands.

use miniapp_rtc::protocol::Answer;
use serde_json::{Value, json};

use crate::desk::{Desk, lease, snapshot};
use crate::phone::{cut, tracks};

#[test]
fn a_mute_of_a_stream_that_has_ended_is_told_of_its_successor() {
    let mut desk = Desk::publishing("mute");
    let call = desk.call("muteLocal", json!({ "audio": false, "video": true }));
    cut(&mut desk);
    desk.pass(300);
    desk.open();
    // The room lost the stream meanwhile; the mute is sent once more, and the stream asked for behind it.
    desk.resumed(Some(snapshot("e1", 20, &[], vec![])));
    assert_eq!(desk.methods(), ["mute_local", "publish"]);
    desk.done("mute_local");
    assert_eq!(desk.code(call), 0);
    assert_eq!(desk.asked("mute_local"), tracks(true, false), "behind the publish");
    desk.answer(desk.last_id("publish"), Answer::Leased(lease("s10", 2)));
    assert_eq!(desk.asked("mute_local"), Vec::<Value>::new(), "once");
}

#[test]
fn an_older_mute_that_is_answered_late_does_not_undo_the_newest() {
    let mut desk = Desk::publishing("mute");
    let older = desk.call("muteLocal", json!({ "audio": false, "video": false }));
    let older_id = desk.last_id("mute_local");
    let newest = desk.call("muteLocal", json!({ "audio": true, "video": true }));
    desk.done("mute_local");
    assert_eq!(desk.code(newest), 0);
    desk.answer(older_id, Answer::Done(Default::default()));
    assert_eq!(desk.code(older), 0);
    assert_eq!(desk.asked("mute_local"), tracks(false, false), "whichever came last, the gateway is told the newest");
}
