//! ffmpeg as the other end: its AAC encoder and decoder, and libopus.

use crate::media::embedded::web::far_end::ffmpeg;
use crate::media::embedded::web::sound::CodedSound;

/// What ffmpeg's encoder makes of an expression of time for each channel: the `AudioSpecificConfig`, and the units.
pub(super) fn aac_units(expression: &str, rate: u32, seconds: u32) -> (Vec<u8>, Vec<Vec<u8>>) {
    let source = format!("aevalsrc={expression}:s={rate}:d={seconds}");
    let adts = ffmpeg(&["-f", "lavfi", "-i", &source, "-c:a", "aac", "-b:a", "96k", "-f", "adts", "-"], Vec::new());
    let units: Vec<&[u8]> = adts_frames(&adts).collect();
    let head = units[0];
    let (object, frequency, channels) = ((head[2] >> 6) + 1, head[2] >> 2 & 0xf, (head[2] & 1) << 2 | head[3] >> 6);
    let configuration = [object << 3 | frequency >> 1, (frequency & 1) << 7 | channels << 3];
    (configuration.to_vec(), units.iter().map(|unit| unit[7..].to_vec()).collect())
}

fn adts_frames(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let head = bytes.first_chunk::<7>()?;
        let length = usize::from(head[3] & 3) << 11 | usize::from(head[4]) << 3 | usize::from(head[5]) >> 5;
        bytes.split_off(..length)
    })
}

/// The samples that ffmpeg decodes of bodies of FLV tags with AAC-LC of one channel at 48 kHz.
pub(super) fn decode_aac(units: &[CodedSound]) -> Vec<f32> {
    let mut adts = Vec::new();
    for unit in units {
        let unit = &unit.bytes[2..];
        let length = unit.len() + 7;
        adts.extend([0xff, 0xf1, 0x4c, 0x40 | (length >> 11) as u8, (length >> 3) as u8, (length << 5) as u8 | 0x1f]);
        adts.push(0xfc);
        adts.extend_from_slice(unit);
    }
    floats(&ffmpeg(&["-f", "aac", "-i", "-", "-f", "f32le", "-"], adts))
}

/// libopus's packets of 20 ms of an expression of time for each channel, with their positions.
pub(super) fn opus_packets(expression: &str, seconds: u32, options: &[&str]) -> Vec<(i64, Vec<u8>)> {
    let source = format!("aevalsrc={expression}:s=48000:d={seconds}");
    let arguments = [&["-f", "lavfi", "-i", &source, "-c:a", "libopus"], options, &["-f", "ogg", "-"]].concat();
    let packets = ogg_packets(&ffmpeg(&arguments, Vec::new()));
    // The first two say what follows (RFC 7845, 3).
    packets.into_iter().skip(2).enumerate().map(|(number, packet)| (number as i64 * 960, packet)).collect()
}

fn ogg_packets(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut packets = vec![Vec::new()];
    while let Some(head) = bytes.split_off(..27) {
        let lacing = bytes.split_off(..usize::from(head[26])).expect("a page");
        for length in lacing {
            let part = bytes.split_off(..usize::from(*length)).expect("a page");
            packets.last_mut().expect("one").extend_from_slice(part);
            if *length < 255 {
                packets.push(Vec::new());
            }
        }
    }
    packets.pop();
    packets
}

/// The samples that libopus decodes of packets of 20 ms, of which none is missing.
pub(super) fn decode_opus(packets: &[CodedSound]) -> Vec<f32> {
    let head = [&b"OpusHead"[..], &[1, 1, 0, 0], &48_000_u32.to_le_bytes(), &[0, 0, 0]].concat();
    let tags = [&b"OpusTags"[..], &[0; 8]].concat();
    let mut ogg = ogg_page(0, 2, 0, &head);
    ogg.extend(ogg_page(1, 0, 0, &tags));
    for (number, packet) in packets.iter().enumerate() {
        ogg.extend(ogg_page(number as u32 + 2, 0, (number as u64 + 1) * 960, &packet.bytes));
    }
    floats(&ffmpeg(&["-c:a", "libopus", "-f", "ogg", "-i", "-", "-f", "f32le", "-"], ogg))
}

/// A page with one packet (RFC 3533, 6).
fn ogg_page(number: u32, kind: u8, position: u64, packet: &[u8]) -> Vec<u8> {
    let mut page = [&b"OggS"[..], &[0, kind], &position.to_le_bytes(), &[1, 0, 0, 0]].concat();
    page.extend(number.to_le_bytes());
    page.extend([0; 4]);
    page.push((packet.len() / 255 + 1) as u8);
    page.extend(std::iter::repeat_n(255, packet.len() / 255));
    page.push((packet.len() % 255) as u8);
    page.extend_from_slice(packet);
    let sum = page.iter().fold(0_u32, |sum, byte| {
        let sum = sum ^ u32::from(*byte) << 24;
        (0..8).fold(sum, |sum, _| if sum >> 31 == 1 { sum << 1 ^ 0x04c1_1db7 } else { sum << 1 })
    });
    page[22..26].copy_from_slice(&sum.to_le_bytes());
    page
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect()
}
