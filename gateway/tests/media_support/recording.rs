//! A [`Recording`]: some seconds of H.264 and Opus, as a browser would send them, made by ffmpeg.

use std::iter::Peekable;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

/// One picture or one Opus packet.
#[derive(Clone)]
pub struct Sample {
    pub is_picture: bool,
    /// When it is sent, from the start on.
    pub at: Duration,
    pub bytes: Vec<u8>,
}

/// Two seconds of a moving picture, 160x120, 15 a second with a key picture each second, and of a tone of 440 Hz.
#[derive(Clone)]
pub struct Recording(Vec<Sample>);

pub const SECONDS: u64 = 2;
const PICTURES_PER_SECOND: u64 = 15;
const PACKET_MS: u64 = 20;

impl Recording {
    /// Made once for all tests of a program.
    pub fn get() -> Self {
        static MADE: OnceLock<Recording> = OnceLock::new();
        MADE.get_or_init(Self::make).clone()
    }

    fn make() -> Self {
        let seconds = SECONDS.to_string();
        let h264 = ffmpeg(&[
            "-f",
            "lavfi",
            "-i",
            "testsrc2=size=160x120:rate=15",
            "-t",
            &seconds,
            "-c:v",
            "libx264",
            "-profile:v",
            "baseline",
            "-preset",
            "ultrafast",
            "-tune",
            "zerolatency",
            "-pix_fmt",
            "yuv420p",
            "-g",
            "15",
            "-x264-params",
            "aud=1:scenecut=0",
            "-f",
            "h264",
            "-",
        ]);
        let opus = ffmpeg(&[
            "-f",
            "lavfi",
            "-i",
            "sine=frequency=440:sample_rate=48000",
            "-t",
            &seconds,
            "-c:a",
            "libopus",
            "-b:a",
            "32k",
            "-ac",
            "1",
            "-frame_duration",
            "20",
            "-page_duration",
            "20000",
            "-f",
            "ogg",
            "-",
        ]);
        let pictures = pictures(&h264).into_iter().zip(0..).map(|(bytes, number)| Sample {
            is_picture: true,
            at: Duration::from_micros(number * 1_000_000 / PICTURES_PER_SECOND),
            bytes,
        });
        let sounds = packets(&opus).into_iter().zip(0..).map(|(bytes, number)| Sample {
            is_picture: false,
            at: Duration::from_millis(number * PACKET_MS),
            bytes,
        });
        let mut samples: Vec<Sample> =
            pictures.chain(sounds).filter(|it| it.at < Duration::from_secs(SECONDS)).collect();
        samples.sort_by_key(|sample| sample.at);
        assert_eq!(samples.iter().filter(|it| it.is_picture).count() as u64, SECONDS * PICTURES_PER_SECOND);
        assert!(samples.iter().filter(|it| !it.is_picture).count() as u64 >= SECONDS * 1_000 / PACKET_MS - 2);
        Self(samples)
    }

    /// The samples, over and over.
    pub fn play(self) -> Peekable<impl Iterator<Item = Sample> + Send> {
        let round = move |number: u64| {
            let start = Duration::from_secs(number * SECONDS);
            self.0.clone().into_iter().map(move |sample| Sample { at: start + sample.at, ..sample })
        };
        (0..).flat_map(round).peekable()
    }
}

fn ffmpeg(arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("ffmpeg")
        .args(["-nostdin", "-hide_banner", "-loglevel", "error"])
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("ffmpeg is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The access units of a stream in which each begins with a delimiter.
fn pictures(h264: &[u8]) -> Vec<Vec<u8>> {
    const DELIMITER: [u8; 5] = [0, 0, 0, 1, 9];
    let starts: Vec<usize> =
        (0..h264.len()).filter(|at| h264[*at..].starts_with(&DELIMITER)).chain([h264.len()]).collect();
    starts.windows(2).map(|pair| h264[pair[0]..pair[1]].to_vec()).collect()
}

/// The packets of an Ogg stream with one packet in each page, without its two headers.
fn packets(ogg: &[u8]) -> Vec<Vec<u8>> {
    let mut rest = ogg;
    let mut packets = Vec::new();
    while rest.starts_with(b"OggS") {
        let count = usize::from(rest[26]);
        let length: usize = rest[27..27 + count].iter().map(|size| usize::from(*size)).sum();
        let body = 27 + count;
        packets.push(rest[body..body + length].to_vec());
        rest = &rest[body + length..];
    }
    packets.split_off(2)
}
