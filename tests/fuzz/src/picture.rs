//! The `picture` target: H.264 from RTP to FLV, and from FLV to RTP.

use miniapp_rtc_gateway::media::embedded::fuzz::{FlvPicture, RtpPicture, to_flv, to_rtp};

use crate::reached::Reached;
use crate::script::Script;

/// Runs a script: `a` and bytes are an access unit of a browser; `f` and a number of milliseconds since the one before and
/// bytes are the body of an FLV tag.
pub fn picture(bytes: &[u8]) -> Reached {
    let mut reached = Reached::default();
    let mut script = Script::new(bytes);
    let (mut access_units, mut bodies, mut milliseconds) = (Vec::new(), Vec::new(), 0);
    while let Some(step) = script.step() {
        match step {
            Some(b'a') => access_units.push(script.bytes()),
            Some(b'f') => {
                milliseconds += i64::from(script.number());
                bodies.push((milliseconds, script.bytes()));
            }
            _ => {}
        }
    }
    for picture in to_flv(&access_units) {
        match &picture {
            Some(picture) => reached.note("to FLV", if picture.is_key { "key" } else { "delta" }),
            None => reached.note("to FLV", "none"),
        }
        if let Some(FlvPicture { header: Some(header), body, .. }) = &picture {
            reached.note("to FLV", "header");
            returns(header, body);
        }
    }
    for picture in to_rtp(&bodies) {
        match picture {
            RtpPicture::Configured => reached.note("to RTP", "header"),
            RtpPicture::Shown(unit) => {
                assert!(unit.starts_with(&[0, 0, 0, 1]), "an access unit begins with a start code");
                reached.note("to RTP", "picture");
            }
            RtpPicture::LeftOut => reached.note("to RTP", "left out"),
            RtpPicture::Refused(why) => reached.note("refused", why),
        }
    }
    reached
}

/// What was made for FLV can be read again, and becomes the same.
fn returns(header: &[u8], body: &[u8]) {
    let back = to_rtp(&[(0, header), (0, body)]);
    let [RtpPicture::Configured, RtpPicture::Shown(unit)] = &back[..] else {
        panic!("what was made for FLV comes back as {back:?}");
    };
    // The parameter sets come with a key picture only.
    if let [Some(again)] = &to_flv(&[unit])[..] {
        assert_eq!(again.body, body, "another picture comes back");
        assert_eq!(again.header.as_deref(), Some(header), "other parameter sets come back");
    } else {
        assert_eq!(body[0], 0x27, "a key picture comes back without its parameter sets");
    }
}
