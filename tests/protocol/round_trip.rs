//! What is written is read back the same, and is never printed with its secrets.

use miniapp_rtc::protocol::{ClientFrame, Document, Secret, ServerFrame};
use proptest::prelude::*;
use serde_json::Value;

use crate::strategies::{SECRET_MARK, client_frame, server_frame};

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_client_frame_survives_the_wire(frame in client_frame()) {
        let text = Value::write(&frame).expect("a frame can be written");
        prop_assert_eq!(ClientFrame::decode::<Value>(&text), Ok(frame));
    }

    #[test]
    fn a_server_frame_survives_the_wire(frame in server_frame()) {
        let text = Value::write(&frame).expect("a frame can be written");
        prop_assert_eq!(ServerFrame::decode::<Value>(&text), Ok(frame));
    }

    #[test]
    fn no_secret_is_printed(client in client_frame(), server in server_frame()) {
        for printed in [format!("{client:?}{client:#?}"), format!("{server:?}{server:#?}")] {
            prop_assert!(!printed.contains(SECRET_MARK), "{}", printed);
        }
    }
}

#[test]
fn a_secret_prints_as_stars() {
    let secret = Secret::new("hush");
    assert_eq!(format!("{secret:?} {secret:#?} {:?}", Some(&secret)), "*** *** Some(***)");
    assert_eq!(secret.reveal(), "hush");
}
