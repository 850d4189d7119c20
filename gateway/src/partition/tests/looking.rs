//! What a copy answers without the log, and whom effects concern.

use miniapp_rtc::protocol::{Empty, Health, Ping, Report, Role};

use super::moving::lose;
use super::*;

fn room(log: &Log) -> &crate::room::Room {
    log.copies[0].partition().room(&name()).expect("a room")
}

fn at(log: &Log) -> crate::room::Moment {
    crate::room::Moment { ms: log.at.ms, unix_ms: log.at.ms }
}

fn report(health: Health) -> Input {
    let stream = StreamId::parse("life11_s1").expect("stream id");
    Input::Report { socket: ANN, report: Report { stream, role: Role::Pusher, health, code: 0 } }
}

#[test]
fn a_ping_a_sync_and_a_report_of_health_need_no_log_and_the_rest_does() {
    let log = both_joined();
    let looks = |input: &Input| room(&log).look(input, at(&log)).map(|effects| effects.len());
    assert_eq!(looks(&ask(ANN, Command::Ping(Ping { offset: 1 }))), Some(1));
    assert_eq!(looks(&ask(ANN, Command::Sync(Empty {}))), Some(1));
    assert_eq!(looks(&report(Health::Connecting)), Some(0));
    assert_eq!(looks(&report(Health::Failed)), None, "the media server is asked");
    assert_eq!(looks(&ask(ANN, camera())), None);
}

#[test]
fn a_copy_in_which_something_is_due_answers_nothing() {
    let mut log = both_joined();
    lose(&mut log, 0, WEST);
    let ping = ask(ANN, Command::Ping(Ping { offset: 1 }));
    let due = room(&log).next_due().expect("Bea is suspended");
    let at = |ms| crate::room::Moment { ms, unix_ms: ms };
    assert!(room(&log).look(&ping, at(due - 1)).is_some());
    assert!(room(&log).look(&ping, at(due)).is_none(), "Bea has left by then, which the log has to tell");
}

#[test]
fn what_is_asked_of_a_media_server_concerns_its_node_alone() {
    let stream = StreamId::parse("life11_s1").expect("stream id");
    let effect = Effect::Media { node: EAST, command: crate::room::MediaCommand::EndStream { stream, generation: 1 } };
    assert!(effect.concerns(EAST) && !effect.concerns(WEST));
}
