//! The `offer` and `stun` targets: what a browser sends before any media.

use miniapp_rtc::protocol::Role;
use miniapp_rtc_gateway::media::embedded::fuzz::{Answered, addressee, route};

use crate::reached::Reached;
use crate::script::Script;

/// Stands alone on the line behind an offer; a script of datagrams follows.
const END: &str = "\n~\n";

/// An offer as a pusher's and as a player's; behind it `d` and bytes are a datagram.
pub fn offer(bytes: &[u8]) -> Reached {
    let mut reached = Reached::default();
    let at = bytes.windows(END.len()).position(|window| window == END.as_bytes());
    let (sdp, script) = at.map_or((bytes, &[][..]), |at| (&bytes[..at + 1], &bytes[at + END.len()..]));
    let mut script = Script::new(script);
    let mut datagrams = Vec::new();
    while let Some(step) = script.step() {
        if step == Some(b'd') {
            datagrams.push(script.bytes());
        }
    }
    let sdp = String::from_utf8_lossy(sdp);
    for (role, name) in [(Role::Pusher, "a pusher"), (Role::Player, "a player")] {
        match miniapp_rtc_gateway::media::embedded::fuzz::offer(&sdp, role, &datagrams) {
            Ok(answered) => {
                reached.note("answered", name);
                agreed(&answered, &mut reached);
                if answered.received > 0 {
                    reached.note("answered", "datagrams");
                }
            }
            Err(code) => reached.note("refused", code),
        }
    }
    reached
}

fn agreed(answered: &Answered, reached: &mut Reached) {
    let Answered { answer, name, tracks: (picture, sound), .. } = answered;
    assert!(*picture || *sound, "nothing was agreed on");
    assert!(answer.contains(&format!("a=ice-ufrag:{name}")), "the answer does not name the peer");
    assert!(answer.contains("a=ice-lite") && answer.contains("a=fingerprint:"));
    assert!(!answer.contains("a=sendrecv"), "{answer}");
    for codec in ["VP8/", "VP9/", "AV1/", "H265/"] {
        assert!(!answer.contains(codec), "{answer}");
    }
    if *picture {
        reached.note("answered", "picture");
    }
    if *sound {
        reached.note("answered", "sound");
    }
}

/// A datagram, and every beginning of it, on its way to one of several peers.
pub fn stun(bytes: &[u8]) -> Reached {
    let mut reached = Reached::default();
    let named = addressee(bytes);
    match named {
        Some(name) => {
            assert!(bytes.windows(name.len().max(1)).any(|window| window.starts_with(name.as_bytes())));
            assert!(!name.contains(':'), "a name ends at the colon");
            reached.note("names", "a peer");
        }
        None => reached.note("names", "nobody"),
    }
    // A request goes to whom it names, and everything else to the peer that has answered its source.
    for (owner, kind) in [(Some("ours"), "a known source"), (None, "a strange source")] {
        let expected = match named {
            Some(name) => ["ours", "other"].into_iter().find(|peer| *peer == name),
            None => owner,
        };
        assert_eq!(route(&["ours", "other"], owner, bytes), expected, "from {kind}");
        reached.note(kind, expected.map_or("to nobody", |_| "to a peer"));
        if let Some(name) = named {
            assert_eq!(route(&["ours", name, "other"], owner, bytes), Some(name), "from {kind}");
        }
    }
    for end in 0..bytes.len() {
        let of_beginning = addressee(&bytes[..end]);
        assert!(of_beginning.is_none() || of_beginning == named, "a beginning names another peer");
    }
    reached
}
