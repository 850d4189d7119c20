//! What a sequence parameter set says about the pictures (H.264, 7.3.2.1.1).

/// Width and height of the pictures that are shown, in pixels.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::media::embedded::web) struct Size {
    pub(in crate::media::embedded::web) width: u32,
    pub(in crate::media::embedded::web) height: u32,
}

/// What is read of a set.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct SpsFacts {
    /// `None` if the set is broken behind its format, or tells an impossible size.
    pub(super) size: Option<Size>,
    /// Told by the high profiles only.
    pub(super) format: Option<Format>,
}

/// How colours are stored.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Format {
    /// `chroma_format_idc`, 0 to 3.
    pub(super) chroma: u8,
    /// Bits beyond 8, 0 to 6.
    pub(super) luma_bits: u8,
    pub(super) chroma_bits: u8,
}

/// Reads a set, its header byte included; `None` if it is broken.
pub(super) fn read(unit: &[u8]) -> Option<SpsFacts> {
    let payload = without_emulation(unit.get(1..)?);
    let profile = *payload.first()?;
    let mut bits = Bits { bytes: payload.get(3..)?, at: 0 };
    bits.number()?;
    let format = if HIGH_PROFILES.contains(&profile) { Some(format(&mut bits)?) } else { None };
    Some(SpsFacts { size: size(&mut bits, format), format })
}

/// The number with which a picture parameter set begins, behind its header byte.
pub(super) fn first_number(unit: &[u8]) -> Option<u32> {
    let payload = without_emulation(unit.get(1..)?);
    Bits { bytes: &payload, at: 0 }.number()
}

fn format(bits: &mut Bits<'_>) -> Option<Format> {
    let chroma = bits.number()?;
    if chroma == 3 {
        bits.bit()?;
    }
    let (luma_bits, chroma_bits) = (bits.number()?, bits.number()?);
    bits.bit()?;
    if bits.bit()? {
        for list in 0..if chroma == 3 { 12 } else { 8 } {
            if bits.bit()? {
                skip_scaling_list(bits, if list < 6 { 16 } else { 64 })?;
            }
        }
    }
    let small = |value: u32, most: u8| u8::try_from(value).ok().filter(|value| *value <= most);
    Some(Format { chroma: small(chroma, 3)?, luma_bits: small(luma_bits, 6)?, chroma_bits: small(chroma_bits, 6)? })
}

fn skip_scaling_list(bits: &mut Bits<'_>, length: usize) -> Option<()> {
    let (mut last, mut next) = (8_i64, 8_i64);
    for _ in 0..length {
        if next != 0 {
            next = (last + bits.signed()?).rem_euclid(256);
        }
        if next != 0 {
            last = next;
        }
    }
    Some(())
}

fn size(bits: &mut Bits<'_>, format: Option<Format>) -> Option<Size> {
    bits.number()?;
    match bits.number()? {
        0 => {
            bits.number()?;
        }
        1 => {
            bits.bit()?;
            bits.signed()?;
            bits.signed()?;
            let offsets = bits.number()?;
            if offsets > 255 {
                return None;
            }
            for _ in 0..offsets {
                bits.signed()?;
            }
        }
        _ => {}
    }
    bits.number()?;
    bits.bit()?;
    let macroblocks = (bits.number()?.checked_add(1)?, bits.number()?.checked_add(1)?);
    let is_progressive = bits.bit()?;
    if !is_progressive {
        bits.bit()?;
    }
    bits.bit()?;
    let fields = if is_progressive { 1 } else { 2 };
    let coded = Size { width: macroblocks.0.checked_mul(16)?, height: macroblocks.1.checked_mul(16 * fields)? };
    if !bits.bit()? {
        return plausible(coded);
    }
    let [left, right, top, bottom] = [bits.number()?, bits.number()?, bits.number()?, bits.number()?];
    // How many pixels one step of cropping takes (H.264, table 6-1).
    let (across, down) = match format.map_or(1, |format| format.chroma) {
        1 => (2, 2),
        2 => (2, 1),
        _ => (1, 1),
    };
    let cropped =
        |coded: u32, one: u32, other: u32, step: u32| coded.checked_sub(one.checked_add(other)?.checked_mul(step)?);
    plausible(Size {
        width: cropped(coded.width, left, right, across)?,
        height: cropped(coded.height, top, bottom, down * fields)?,
    })
}

/// The largest level of H.264 allows sides of 16,880 pixels (A.3.1).
fn plausible(size: Size) -> Option<Size> {
    const SIDE: std::ops::RangeInclusive<u32> = 1..=16_880;
    (SIDE.contains(&size.width) && SIDE.contains(&size.height)).then_some(size)
}

/// The bytes without those that keep start codes out (H.264, 7.4.1).
fn without_emulation(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut zeros = 0;
    for byte in bytes {
        if zeros >= 2 && *byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        out.push(*byte);
    }
    out
}

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn bit(&mut self) -> Option<bool> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(bit == 1)
    }

    /// An Exp-Golomb number (H.264, 9.1).
    fn number(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.bit()? {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        let mut rest = 0_u32;
        for _ in 0..zeros {
            rest = (rest << 1) | u32::from(self.bit()?);
        }
        u32::checked_add((1_u32 << zeros) - 1, rest)
    }

    fn signed(&mut self) -> Option<i64> {
        let number = i64::from(self.number()?);
        Some(if number % 2 == 0 { -(number / 2) } else { number / 2 + 1 })
    }
}

/// Profiles whose sets tell the format (H.264, 7.3.2.1.1).
const HIGH_PROFILES: [u8; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];
