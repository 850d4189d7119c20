use proptest::prelude::*;

use super::{AnnexBToAvc, AvcToAnnexB, H264Error, Size, nal_units, sps, unit_type};
use crate::media::embedded::web::far_end::ffmpeg;

#[test]
fn units_are_found_between_start_codes_of_both_lengths() {
    let cases: [(&[u8], &[&[u8]]); 8] = [
        (&[], &[]),
        (&[0, 0], &[]),
        (&[0, 0, 1], &[]),
        (&[9, 9, 0, 0, 1, 0x65, 7], &[&[0x65, 7]]),
        (&[0, 0, 0, 1, 0x67, 1, 0, 0, 0, 1, 0x68, 2], &[&[0x67, 1], &[0x68, 2]]),
        (&[0, 0, 1, 0x67, 1, 0, 0, 1, 0x68, 2, 0, 0, 0], &[&[0x67, 1], &[0x68, 2]]),
        (&[0, 0, 1, 0, 0, 1, 0x41, 0, 0, 3, 1], &[&[0x41, 0, 0, 3, 1]]),
        (&[0, 0, 1, 0x41, 0, 0], &[&[0x41]]),
    ];
    for (bytes, units) in cases {
        assert_eq!(nal_units(bytes), units, "{bytes:?}");
    }
}

#[test]
fn a_header_is_the_one_that_ffmpeg_writes() {
    for (profile, width, height, options) in [
        ("baseline", 368, 640, ""),
        ("baseline", 184, 320, ""),
        ("main", 426, 240, ""),
        ("high", 1_920, 1_080, ""),
        ("high", 640, 484, "interlaced=1"),
        ("high", 640, 480, "cqm=jvt"),
        ("high10", 640, 480, ""),
        ("high422", 638, 478, ""),
        ("high444", 638, 478, ""),
    ] {
        let annex_b = x264(profile, (width, height), 3, options);
        let copied = ffmpeg(&["-f", "h264", "-i", "-", "-c", "copy", "-f", "flv", "-"], annex_b.clone());
        let (_, theirs) = flv_pictures(&copied).remove(0);
        let mut converter = AnnexBToAvc::default();
        let pictures: Vec<_> = access_units(&annex_b).iter().filter_map(|unit| converter.push(unit)).collect();
        assert_eq!(pictures.len(), 3);
        let header = pictures[0].header.clone().expect("the first picture");
        assert_eq!(header.body, theirs, "{profile}");
        assert_eq!(header.size, Some(Size { width, height }), "{profile}");
        assert!(pictures[0].is_key);
        assert!(pictures[1..].iter().all(|picture| picture.header.is_none() && !picture.is_key));
    }
}

#[test]
fn pictures_go_to_flv_and_back() {
    let annex_b = x264("baseline", (64, 64), 30, "");
    let (mut to_flv, mut to_rtp) = (AnnexBToAvc::default(), AvcToAnnexB::default());
    assert_eq!(to_rtp.push(0, &[0x17, 1, 0, 0, 0, 0, 0, 0, 1, 0x65]), Err(H264Error::NoHeader));
    let mut back = Vec::new();
    for (number, unit) in access_units(&annex_b).iter().enumerate() {
        let picture = to_flv.push(unit).expect("a picture");
        if let Some(header) = picture.header {
            to_rtp.configure(&header.body).expect("a header");
        }
        let picture = to_rtp.push(number as i64 * 40, &picture.body).expect("whole").expect("in order");
        assert_eq!(picture.composition, 0);
        let types: Vec<u8> = nal_units(&picture.bytes).iter().map(|unit| unit_type(unit)).collect();
        assert_eq!(types.starts_with(&[7, 8]), number == 0, "{types:?}");
        back.extend(picture.bytes);
    }
    assert_eq!(decoded(back), 30);
}

#[test]
fn a_new_size_is_told_with_its_first_picture() {
    let mut converter = AnnexBToAvc::default();
    let mut sizes = Vec::new();
    for size in [(64, 64), (32, 48), (32, 48), (64, 64)] {
        for unit in access_units(&x264("baseline", size, 2, "")) {
            let header = converter.push(&unit).expect("a picture").header;
            sizes.push(header.and_then(|header| header.size).map(|size| (size.width, size.height)));
        }
    }
    assert_eq!(sizes, [Some((64, 64)), None, Some((32, 48)), None, None, None, Some((64, 64)), None]);
}

#[test]
fn a_picture_without_parameter_sets_is_none() {
    let mut converter = AnnexBToAvc::default();
    assert_eq!(converter.push(&[0, 0, 1, 0x65, 1, 2]), None);
    assert_eq!(converter.push(&[0, 0, 1, 0x68, 0xce]), None);
    assert_eq!(converter.push(&[0, 0, 1, 0x65, 1, 2]), None, "a set for pictures needs one for sequences");
    assert_eq!(converter.push(&[0, 0, 1, 0x67, 66, 0xc0, 30, 0xff, 0, 0, 1, 0x68, 0xce]), None);
    let picture = converter.push(&[0, 0, 1, 0x65, 1, 2]).expect("both have come");
    assert_eq!(picture.body[..], [0x17, 1, 0, 0, 0, 0, 0, 0, 3, 0x65, 1, 2]);
    assert_eq!(picture.header.expect("new").size, None, "the set is broken");
}

#[test]
fn pictures_that_nothing_needs_are_left_out_when_they_are_out_of_order() {
    let (kept, left_out, bytes) = played("bframes=2:b-pyramid=none:b-adapt=0").expect("no other picture needs one");
    assert!(left_out >= 25, "{left_out}");
    assert_eq!(kept + left_out, 50);
    assert_eq!(decoded(bytes), kept);
    assert_eq!(played("bframes=3:b-pyramid=normal:b-adapt=0").map(|_| ()), Err(H264Error::Reordered));
    let (kept, left_out, _) = played("bframes=0").expect("in order");
    assert_eq!((kept, left_out), (50, 0));
}

/// How many pictures were kept and left out, and the kept ones.
fn played(options: &str) -> Result<(usize, usize, Vec<u8>), H264Error> {
    let source = ["-f", "lavfi", "-i", "testsrc2=size=64x64:rate=25:d=2", "-pix_fmt", "yuv420p", "-c:v", "libx264"];
    let flv = ffmpeg(&[&source[..], &["-g", "25", "-x264-params", options, "-f", "flv", "-"]].concat(), Vec::new());
    let mut converter = AvcToAnnexB::default();
    let (mut kept, mut left_out, mut bytes) = (0, 0, Vec::new());
    for (milliseconds, body) in flv_pictures(&flv) {
        match body.get(1) {
            Some(0) => converter.configure(&body)?,
            Some(1) => match converter.push(milliseconds, &body)? {
                Some(picture) => {
                    kept += 1;
                    bytes.extend(picture.bytes);
                }
                None => left_out += 1,
            },
            _ => {}
        }
    }
    Ok((kept, left_out, bytes))
}

#[test]
fn what_is_not_h264_is_refused_with_its_reason() {
    let mut converter = AvcToAnnexB::default();
    let hevc = [&[0x1c, 0, 0, 0, 0][..], &[1; 30]].concat();
    let extended = [&b"\x90hvc1"[..], &[1; 30]].concat();
    for body in [&hevc[..], &extended, &[]] {
        assert_eq!(converter.configure(body), Err(H264Error::NotH264));
        assert_eq!(converter.push(0, body), Err(H264Error::NotH264));
    }
    let sps_twice = [0x17, 0, 0, 0, 0, 1, 66, 0xc0, 30, 0xff, 0xe1, 0, 1, 0x67, 1, 0, 1, 0x67];
    for body in [&[0x17, 0][..], &[0x17, 0, 0, 0, 0, 1, 66, 0, 30, 0xff, 0xe0, 0], &sps_twice] {
        assert_eq!(converter.configure(body), Err(H264Error::BrokenHeader), "{body:?}");
    }
    converter.configure(&[0x17, 0, 0, 0, 0, 1, 66, 0xc0, 30, 0xff, 0xe1, 0, 1, 0x67, 1, 0, 1, 0x68]).expect("whole");
    for body in [&[0x17, 1, 0][..], &[0x17, 1, 0, 0, 0, 0, 0, 0, 9, 0x65], &[0x17, 1, 0, 0, 0], &[0x17, 2, 0, 0, 0]] {
        assert_eq!(converter.push(0, body), Err(H264Error::BrokenPicture), "{body:?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_taken(
        access_unit in prop::collection::vec(prop_oneof![3 => 0..4_u8, 1 => any::<u8>(), 1 => 0x65..0x69_u8], 0..200),
        body in prop::collection::vec(prop_oneof![2 => 0..4_u8, 1 => any::<u8>(), 1 => 0x65..0x69_u8], 0..200),
        milliseconds in any::<i64>(),
    ) {
        let mut converter = AnnexBToAvc::default();
        for _ in 0..2 {
            if let Some(picture) = converter.push(&access_unit) {
                let mut back = AvcToAnnexB::default();
                back.configure(&converter.header.clone().expect("told")).expect("what is written can be read");
                let again = back.push(0, &picture.body).expect("what is written can be read").expect("in order");
                prop_assert!(nal_units(&again.bytes).iter().any(|unit| (1..=5).contains(&unit_type(unit))));
            }
        }
        let _ = sps::read(&body);
        let mut converter = AvcToAnnexB::default();
        let _ = converter.configure(&[&[0x17, 0, 0, 0, 0, 1], &body[..]].concat());
        let _ = converter.configure(&[0x17, 0, 0, 0, 0, 1, 66, 0xc0, 30, 0xff, 0xe1, 0, 1, 0x67, 1, 0, 1, 0x68]);
        let _ = converter.push(milliseconds, &[&[0x27, 1], &body[..]].concat());
        let _ = converter.push(milliseconds, &[&[0x27, 1, 0xff], &body[..]].concat());
    }
}

/// Pictures with start codes; a delimiter stands before each.
fn x264(profile: &str, (width, height): (u32, u32), pictures: u32, options: &str) -> Vec<u8> {
    let source = format!("testsrc2=size={width}x{height}:rate=25");
    let format = match profile {
        "high10" => "yuv420p10le",
        "high422" => "yuv422p",
        "high444" => "yuv444p",
        _ => "yuv420p",
    };
    let parameters = format!("aud=1:bframes=0:{options}");
    let input = ["-f", "lavfi", "-i", &source, "-frames:v", &pictures.to_string(), "-pix_fmt", format];
    let output = ["-c:v", "libx264", "-profile:v", profile, "-x264-params", &parameters, "-f", "h264", "-"];
    ffmpeg(&[&input[..], &output].concat(), Vec::new())
}

fn access_units(annex_b: &[u8]) -> Vec<Vec<u8>> {
    let mut access_units: Vec<Vec<u8>> = Vec::new();
    for unit in nal_units(annex_b) {
        if unit_type(unit) == unit_type::DELIMITER {
            access_units.push(Vec::new());
        }
        access_units.last_mut().expect("a delimiter").extend([&[0, 0, 0, 1], unit].concat());
    }
    access_units
}

/// Time stamps and bodies of the video tags.
fn flv_pictures(mut flv: &[u8]) -> Vec<(i64, Vec<u8>)> {
    let mut pictures = Vec::new();
    flv.split_off(..13).expect("a beginning");
    while let Some(head) = flv.split_off(..11) {
        let length = u32::from_be_bytes([0, head[1], head[2], head[3]]) as usize;
        let milliseconds = u32::from_be_bytes([head[7], head[4], head[5], head[6]]);
        let body = flv.split_off(..length + 4).expect("a whole tag");
        if head[0] == 9 {
            pictures.push((milliseconds.into(), body[..length].to_vec()));
        }
    }
    pictures
}

/// How many pictures ffmpeg decodes, which must find no fault.
fn decoded(annex_b: Vec<u8>) -> usize {
    let arguments =
        ["-xerror", "-err_detect", "explode", "-f", "h264", "-i", "-", "-f", "rawvideo", "-vsync", "passthrough", "-"];
    ffmpeg(&arguments, annex_b).len() / (64 * 64 * 3 / 2)
}
