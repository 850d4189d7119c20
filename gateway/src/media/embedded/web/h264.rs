//! H.264 between the two worlds: access units with start codes, as RTP carries them (Annex B), and the bodies of FLV tags
//! (AVC: units with lengths, parameter sets in a header of their own).
//!
//! Sources: ITU-T H.264 (08/2021), 7.3, 7.4 and Annex B; ISO/IEC 14496-15, 5.3.3 (the configuration record); Adobe FLV file
//! format 10.1, E.4.3.

mod sps;

use std::collections::BTreeMap;

use bytes::{BufMut, Bytes, BytesMut};

use crate::media::embedded::frame::{AVC, CODED, SEQUENCE_HEADER};
pub(super) use sps::Size;
use sps::SpsFacts;

/// Why a body of an FLV tag cannot become a picture for a browser.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum H264Error {
    /// The pictures are coded otherwise (HEVC, AV1, …).
    #[error("the pictures are not H.264, which is all that browsers get here; set the publisher's encoder to H.264")]
    NotH264,
    /// The sequence header breaks the format.
    #[error("the H.264 sequence header is broken; start the publisher anew")]
    BrokenHeader,
    /// A picture breaks the format; the next ones may be whole.
    #[error("a picture breaks the H.264 format and is left out")]
    BrokenPicture,
    /// A picture came before its sequence header.
    #[error("a picture came before the H.264 sequence header and is left out")]
    NoHeader,
    /// Pictures that others need are shown in another order than they are sent, which WebRTC cannot carry.
    #[error(
        "the publisher sends B-frames that other pictures need; switch B-frames off in its encoder (x264: bframes=0)"
    )]
    Reordered,
}

/// Turns access units of RTP into bodies of FLV tags.
#[derive(Default)]
pub(super) struct AnnexBToAvc {
    sets: ParameterSets,
    /// The header that was given out last.
    header: Option<Bytes>,
}

/// One picture as FLV has it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct AvcPicture {
    /// The sequence header, if another one holds from this picture on.
    pub(super) header: Option<AvcHeader>,
    /// The tag's body.
    pub(super) body: Bytes,
    /// Whether the picture needs no other picture.
    pub(super) is_key: bool,
}

/// A sequence header as FLV has it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct AvcHeader {
    /// The tag's body.
    pub(super) body: Bytes,
    /// The size of the pictures; `None` if the sequence parameter set does not say it.
    pub(super) size: Option<Size>,
}

impl AnnexBToAvc {
    /// One access unit with start codes. `None` if it holds no picture, or a picture whose parameter sets have not come: such a
    /// picture cannot be decoded, and a key picture is to be asked for.
    pub(super) fn push(&mut self, access_unit: &[u8]) -> Option<AvcPicture> {
        let units = nal_units(access_unit);
        self.sets.take(&units);
        let is_key = units.iter().any(|unit| unit_type(unit) == unit_type::KEY_SLICE);
        let coded: Vec<&[u8]> = units.into_iter().filter(|unit| is_part_of_picture(unit_type(unit))).collect();
        if !coded.iter().any(|unit| is_slice(unit_type(unit))) {
            return None;
        }
        let body = self.sets.header()?;
        let header = (self.header.as_ref() != Some(&body)).then(|| {
            self.header = Some(body.clone());
            AvcHeader { body, size: self.sets.size() }
        });
        Some(AvcPicture { header, body: picture_body(&coded, is_key)?, is_key })
    }
}

/// Turns bodies of FLV tags into access units of RTP.
#[derive(Default)]
pub(super) struct AvcToAnnexB {
    configuration: Option<Configuration>,
    /// The newest picture that went out: when it is shown, and how long after its time stamp.
    newest: Option<Shown>,
}

/// One picture as RTP has it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct AnnexBPicture {
    /// The access unit with start codes; parameter sets stand before a key picture.
    pub(super) bytes: Vec<u8>,
    /// By how many milliseconds the picture is shown after its time stamp.
    pub(super) composition: i64,
}

struct Configuration {
    length_size: usize,
    /// The parameter sets with start codes.
    sets: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Shown {
    at: i64,
    composition: i64,
}

impl AvcToAnnexB {
    /// `body` is the tag's body of a sequence header. After an error the pictures are as before.
    ///
    /// # Errors
    /// [`H264Error::NotH264`] and [`H264Error::BrokenHeader`].
    pub(super) fn configure(&mut self, body: &[u8]) -> Result<(), H264Error> {
        if !is_avc(body) {
            return Err(H264Error::NotH264);
        }
        let configuration = configuration(body).ok_or(H264Error::BrokenHeader)?;
        self.configuration = Some(configuration);
        Ok(())
    }

    /// `body` is the tag's body of one picture, `milliseconds` its time stamp without wrapping. `None` if the picture is one
    /// that nothing else needs and that is shown before a picture sent earlier (a B-frame): it is to be left out.
    ///
    /// # Errors
    /// What is the matter with the picture; [`H264Error::Reordered`] and [`H264Error::NotH264`] hold for the whole stream.
    pub(super) fn push(&mut self, milliseconds: i64, body: &[u8]) -> Result<Option<AnnexBPicture>, H264Error> {
        if !is_avc(body) {
            return Err(H264Error::NotH264);
        }
        let configuration = self.configuration.as_ref().ok_or(H264Error::NoHeader)?;
        let units = configuration.units(body).ok_or(H264Error::BrokenPicture)?;
        let slices = || units.iter().filter(|unit| is_slice(unit_type(unit)));
        if slices().next().is_none() {
            return Err(H264Error::BrokenPicture);
        }
        let is_key = slices().any(|unit| unit_type(unit) == unit_type::KEY_SLICE);
        let composition = composition(body).ok_or(H264Error::BrokenPicture)?;
        let shown = Shown { at: milliseconds.saturating_add(composition), composition };
        // A time stamp alone may go back by its jitter; a picture out of order tells so by its composition time.
        let is_early = self.newest.is_some_and(|it| shown.at < it.at && composition != it.composition);
        if is_early && !is_key {
            let is_needed = slices().any(|unit| is_reference(unit));
            return if is_needed { Err(H264Error::Reordered) } else { Ok(None) };
        }
        self.newest = Some(shown);
        let has_sets = units.iter().any(|unit| unit_type(unit) == unit_type::SPS);
        let mut bytes = if is_key && !has_sets { configuration.sets.clone() } else { Vec::new() };
        for unit in units.iter().filter(|unit| unit_type(unit) != unit_type::DELIMITER) {
            bytes.extend_from_slice(&START_CODE);
            bytes.extend_from_slice(unit);
        }
        Ok(Some(AnnexBPicture { bytes, composition }))
    }
}

impl Configuration {
    /// The units of a picture's body; `None` if a length reaches past its end.
    fn units<'a>(&self, body: &'a [u8]) -> Option<Vec<&'a [u8]>> {
        let mut rest = body.get(TAG_BYTES..)?;
        let mut units = Vec::new();
        while !rest.is_empty() {
            let length = rest.split_off(..self.length_size)?;
            let length = length.iter().fold(0_usize, |sum, byte| (sum << 8) | usize::from(*byte));
            let unit = rest.split_off(..length)?;
            if !unit.is_empty() {
                units.push(unit);
            }
        }
        Some(units)
    }
}

/// The newest parameter sets of a publisher.
#[derive(Default)]
struct ParameterSets {
    sps: Vec<u8>,
    /// By their numbers: a picture names one of them.
    pps: BTreeMap<u32, Vec<u8>>,
}

impl ParameterSets {
    fn take(&mut self, units: &[&[u8]]) {
        for unit in units.iter().filter(|unit| unit.len() <= usize::from(u16::MAX)) {
            match unit_type(unit) {
                unit_type::SPS if unit.len() >= 4 && self.sps != *unit => {
                    self.sps = unit.to_vec();
                    self.pps.clear();
                }
                unit_type::PPS if !self.sps.is_empty() => {
                    let Some(number) = sps::first_number(unit) else { continue };
                    if self.pps.len() < MOST_PPS || self.pps.contains_key(&number) {
                        self.pps.insert(number, unit.to_vec());
                    }
                }
                _ => {}
            }
        }
    }

    /// The tag's body of the sequence header; `None` until both kinds of sets have come.
    fn header(&self) -> Option<Bytes> {
        let [_, profile, compatibility, level] = *self.sps.first_chunk::<4>()?;
        if self.pps.is_empty() {
            return None;
        }
        let mut out = BytesMut::with_capacity(64);
        out.put_slice(&[AVC_KEY, SEQUENCE_HEADER, 0, 0, 0]);
        // Version 1, lengths of 4 bytes, one sequence parameter set.
        out.put_slice(&[1, profile, compatibility, level, 0xff, 0xe1]);
        put_set(&mut out, &self.sps)?;
        out.put_u8(u8::try_from(self.pps.len()).ok()?);
        for pps in self.pps.values() {
            put_set(&mut out, pps)?;
        }
        if let Some(SpsFacts { format: Some(format), .. }) = sps::read(&self.sps) {
            out.put_slice(&[0xfc | format.chroma, 0xf8 | format.luma_bits, 0xf8 | format.chroma_bits, 0]);
        }
        Some(out.freeze())
    }

    fn size(&self) -> Option<Size> {
        sps::read(&self.sps).and_then(|facts| facts.size)
    }
}

fn put_set(out: &mut BytesMut, set: &[u8]) -> Option<()> {
    out.put_u16(u16::try_from(set.len()).ok()?);
    out.put_slice(set);
    Some(())
}

fn picture_body(units: &[&[u8]], is_key: bool) -> Option<Bytes> {
    let length = units.iter().map(|unit| unit.len() + 4).sum::<usize>();
    let mut out = BytesMut::with_capacity(TAG_BYTES + length);
    out.put_slice(&[if is_key { AVC_KEY } else { AVC_DELTA }, CODED, 0, 0, 0]);
    for unit in units {
        out.put_u32(u32::try_from(unit.len()).ok()?);
        out.put_slice(unit);
    }
    Some(out.freeze())
}

/// The units between start codes (H.264, Annex B). What stands before the first start code is none.
fn nal_units(access_unit: &[u8]) -> Vec<&[u8]> {
    let mut units = Vec::new();
    let mut rest = after_start_code(access_unit).unwrap_or_default();
    while !rest.is_empty() {
        let next = after_start_code(rest);
        let end = next.map_or(rest.len(), |next| rest.len() - next.len() - SHORT_START_CODE.len());
        // Zeros before a start code belong to it, and a unit never ends with one.
        let unit = rest.get(..end).map(without_trailing_zeros).unwrap_or_default();
        if !unit.is_empty() {
            units.push(unit);
        }
        rest = next.unwrap_or_default();
    }
    units
}

fn after_start_code(bytes: &[u8]) -> Option<&[u8]> {
    let at = bytes.windows(SHORT_START_CODE.len()).position(|window| window == SHORT_START_CODE)?;
    bytes.get(at + SHORT_START_CODE.len()..)
}

fn without_trailing_zeros(unit: &[u8]) -> &[u8] {
    let length = unit.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    unit.get(..length).unwrap_or_default()
}

/// The configuration of a sequence header's body.
fn configuration(body: &[u8]) -> Option<Configuration> {
    if body.get(1) != Some(&SEQUENCE_HEADER) {
        return None;
    }
    let mut rest = body.get(TAG_BYTES..)?;
    let [1, _, _, _, sizes] = *rest.split_off(..5)?.first_chunk()? else { return None };
    let mut sets = Vec::new();
    let mut has_sps = false;
    for (mask, wanted) in [(0x1f, unit_type::SPS), (0xff, unit_type::PPS)] {
        let count = rest.split_off_first()? & mask;
        for _ in 0..count {
            let length = usize::from(u16::from_be_bytes(*rest.split_off(..2)?.first_chunk()?));
            let set = rest.split_off(..length)?;
            if unit_type(set) != wanted {
                return None;
            }
            has_sps |= wanted == unit_type::SPS;
            sets.extend_from_slice(&START_CODE);
            sets.extend_from_slice(set);
        }
    }
    has_sps.then_some(Configuration { length_size: usize::from(sizes & 3) + 1, sets })
}

/// Whether a tag's body is of H.264 in the plain (not the extended) header of FLV.
fn is_avc(body: &[u8]) -> bool {
    body.first().is_some_and(|first| first & 0x8f == AVC)
}

/// The signed 24 bits behind the packet type.
fn composition(body: &[u8]) -> Option<i64> {
    let [_, CODED, high, middle, low] = *body.first_chunk::<TAG_BYTES>()? else { return None };
    Some(i64::from(i32::from_be_bytes([high, middle, low, 0]) >> 8))
}

fn unit_type(unit: &[u8]) -> u8 {
    unit.first().map_or(0, |first| first & 0x1f)
}

fn is_reference(unit: &[u8]) -> bool {
    unit.first().is_some_and(|first| first & 0x60 != 0)
}

fn is_slice(unit_type: u8) -> bool {
    (unit_type::SLICE..=unit_type::KEY_SLICE).contains(&unit_type)
}

/// Slices, and what is said about them. The rest is said by the header, or is framing.
fn is_part_of_picture(unit_type: u8) -> bool {
    is_slice(unit_type) || unit_type == unit_type::SEI
}

/// Types of units (H.264, table 7-1).
mod unit_type {
    pub(super) const SLICE: u8 = 1;
    pub(super) const KEY_SLICE: u8 = 5;
    pub(super) const SEI: u8 = 6;
    pub(super) const SPS: u8 = 7;
    pub(super) const PPS: u8 = 8;
    pub(super) const DELIMITER: u8 = 9;
}

const START_CODE: [u8; 4] = [0, 0, 0, 1];
const SHORT_START_CODE: [u8; 3] = [0, 0, 1];
/// Frame type and codec of FLV: AVC, a key picture or another one.
const AVC_KEY: u8 = 1 << 4 | AVC;
const AVC_DELTA: u8 = 2 << 4 | AVC;
/// What stands before the content: frame type and codec, packet type, composition time.
const TAG_BYTES: usize = 5;
/// More picture parameter sets than any encoder of calls uses.
const MOST_PPS: usize = 16;

#[cfg(test)]
mod tests;
