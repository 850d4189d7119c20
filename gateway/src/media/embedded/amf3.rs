//! AMF3 (Adobe, "Action Message Format AMF 3", 2013), to which a value of AMF0 may switch: only its length is of interest.

/// The shape of a class: a later object may refer to it by its place among those of the message.
#[derive(Clone, Copy)]
pub(super) struct Traits {
    members: u32,
    is_dynamic: bool,
}

/// Steps over one value; `None` if it is cut off, or is none that can be measured.
pub(super) fn skip(bytes: &mut &[u8], depth: usize, traits: &mut Vec<Traits>) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    match *bytes.split_off_first()? {
        // Undefined, null, false and true.
        0..=3 => {}
        INTEGER => drop(take_u29(bytes)?),
        DOUBLE => drop(bytes.split_off(..8)?),
        STRING | DOCUMENT | XML | BYTES => drop(take_counted(bytes)?),
        DATE if take_u29(bytes)? & 1 == 1 => drop(bytes.split_off(..8)?),
        DATE => {}
        ARRAY => {
            let header = take_u29(bytes)?;
            if header & 1 == 1 {
                skip_named(bytes, depth, traits)?;
                skip_many(bytes, header >> 1, depth, traits)?;
            }
        }
        OBJECT => {
            let header = take_u29(bytes)?;
            if header & 1 == 1 {
                let class = take_traits(bytes, header, traits)?;
                skip_many(bytes, class.members, depth, traits)?;
                if class.is_dynamic {
                    skip_named(bytes, depth, traits)?;
                }
            }
        }
        _ => return None,
    }
    Some(())
}

/// Bytes with their count before them; none where the count refers to an earlier value.
pub(super) fn take_counted<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let header = take_u29(bytes)?;
    if header & 1 == 0 { Some(&[]) } else { bytes.split_off(..usize::try_from(header >> 1).ok()?) }
}

/// 29 bits in one to four bytes (§1.3.1).
pub(super) fn take_u29(bytes: &mut &[u8]) -> Option<u32> {
    let mut value = 0;
    for _ in 0..3 {
        let byte = *bytes.split_off_first()?;
        value = value << 7 | u32::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    Some(value << 8 | u32::from(*bytes.split_off_first()?))
}

/// §3.12: traits by their place, or written out; `None` for a class that writes its objects in a way of its own.
fn take_traits(bytes: &mut &[u8], header: u32, traits: &mut Vec<Traits>) -> Option<Traits> {
    if header & 2 == 0 {
        return traits.get(usize::try_from(header >> 2).ok()?).copied();
    }
    if header & 4 != 0 {
        return None;
    }
    let class = Traits { members: header >> 4, is_dynamic: header & 8 != 0 };
    take_counted(bytes)?;
    for _ in 0..class.members {
        take_counted(bytes)?;
    }
    traits.push(class);
    Some(class)
}

/// Values with names, up to an empty name. A name that was written before is referred to by a number that is not 1.
fn skip_named(bytes: &mut &[u8], depth: usize, traits: &mut Vec<Traits>) -> Option<()> {
    const EMPTY: u8 = 1;
    while *bytes.first()? != EMPTY {
        take_counted(bytes)?;
        skip(bytes, depth, traits)?;
    }
    bytes.split_off_first().map(|_| ())
}

fn skip_many(bytes: &mut &[u8], count: u32, depth: usize, traits: &mut Vec<Traits>) -> Option<()> {
    for _ in 0..count {
        skip(bytes, depth, traits)?;
    }
    Some(())
}

// Type markers (§3.1).
pub(super) const INTEGER: u8 = 4;
pub(super) const DOUBLE: u8 = 5;
pub(super) const STRING: u8 = 6;
const DOCUMENT: u8 = 7;
const DATE: u8 = 8;
const ARRAY: u8 = 9;
const OBJECT: u8 = 10;
const XML: u8 = 11;
const BYTES: u8 = 12;
