//! AMF0 (Adobe, "Action Message Format AMF 0", 2007), in which RTMP's commands and metadata are written: a [`Reader`] that
//! takes any bytes, and a [`Writer`] of the few values that this server says.
//!
//! The reader steps over what it does not want, whatever its type is. Only what it cannot measure stops it: the types that
//! Adobe reserved, and AMF3 objects that write themselves; nobody but the asker of the value behind them is hurt.

use super::amf3;

/// Reads values one after the other.
#[derive(Clone)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What was not read yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next value, if it is a text of any type; else it is left where it is.
    pub(super) fn text(&mut self) -> Option<&'a str> {
        let mut ahead = self.rest;
        let bytes = match *ahead.split_off_first()? {
            marker::STRING => take_short(&mut ahead)?,
            marker::LONG_STRING | marker::XML_DOCUMENT => take_long(&mut ahead)?,
            marker::AMF3 if *ahead.split_off_first()? == amf3::STRING => amf3::take_counted(&mut ahead)?,
            _ => return None,
        };
        let text = std::str::from_utf8(bytes).ok()?;
        self.rest = ahead;
        Some(text)
    }

    /// The next value, if it is a number of any type; else it is left where it is.
    pub(super) fn number(&mut self) -> Option<f64> {
        let mut ahead = self.rest;
        let number = match *ahead.split_off_first()? {
            marker::NUMBER => f64::from_be_bytes(*ahead.split_off(..8)?.first_chunk()?),
            marker::AMF3 => match *ahead.split_off_first()? {
                amf3::INTEGER => f64::from(amf3::take_u29(&mut ahead)?),
                amf3::DOUBLE => f64::from_be_bytes(*ahead.split_off(..8)?.first_chunk()?),
                _ => return None,
            },
            _ => return None,
        };
        self.rest = ahead;
        Some(number)
    }

    /// Steps over the next value; `None` if there is none, or none that can be measured.
    pub(super) fn skip(&mut self) -> Option<()> {
        skip(&mut self.rest, MAX_DEPTH)
    }

    /// Steps into the next value, if it is an object or array with names; else it is left where it is.
    pub(super) fn open(&mut self) -> Option<()> {
        let mut ahead = self.rest;
        match *ahead.split_off_first()? {
            marker::OBJECT => {}
            marker::ECMA_ARRAY => drop(ahead.split_off(..4)?),
            marker::TYPED_OBJECT => drop(take_short(&mut ahead)?),
            _ => return None,
        }
        self.rest = ahead;
        Some(())
    }

    /// The next property of the object that was opened: its name, and its value as it is written. `None` at the end of the
    /// object, and before a value that cannot be measured.
    pub(super) fn property(&mut self) -> Option<(&'a [u8], &'a [u8])> {
        let mut ahead = self.rest;
        let name = take_short(&mut ahead)?;
        if name.is_empty() && ahead.first() == Some(&marker::OBJECT_END) {
            return None;
        }
        let value = ahead;
        skip(&mut ahead, MAX_DEPTH)?;
        self.rest = ahead;
        Some((name, value.get(..value.len() - ahead.len())?))
    }
}

/// Whether a value, as [`Reader::property`] gives it, means another value by its place in the message.
pub(super) fn is_reference(value: &[u8]) -> bool {
    value.first() == Some(&marker::REFERENCE)
}

fn skip(bytes: &mut &[u8], depth: usize) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    match *bytes.split_off_first()? {
        marker::NUMBER => drop(bytes.split_off(..8)?),
        marker::BOOLEAN => drop(bytes.split_off(..1)?),
        marker::STRING => drop(take_short(bytes)?),
        marker::OBJECT => skip_properties(bytes, depth)?,
        marker::NULL | marker::UNDEFINED | marker::UNSUPPORTED => {}
        marker::REFERENCE => drop(bytes.split_off(..2)?),
        marker::ECMA_ARRAY => {
            bytes.split_off(..4)?;
            skip_properties(bytes, depth)?;
        }
        marker::STRICT_ARRAY => {
            for _ in 0..u32::from_be_bytes(*bytes.split_off(..4)?.first_chunk()?) {
                skip(bytes, depth)?;
            }
        }
        marker::DATE => drop(bytes.split_off(..10)?),
        marker::LONG_STRING | marker::XML_DOCUMENT => drop(take_long(bytes)?),
        marker::TYPED_OBJECT => {
            take_short(bytes)?;
            skip_properties(bytes, depth)?;
        }
        marker::AMF3 => amf3::skip(bytes, depth, &mut Vec::new())?,
        _ => return None,
    }
    Some(())
}

fn skip_properties(bytes: &mut &[u8], depth: usize) -> Option<()> {
    loop {
        let name = take_short(bytes)?;
        if name.is_empty() && bytes.first() == Some(&marker::OBJECT_END) {
            return bytes.split_off_first().map(|_| ());
        }
        skip(bytes, depth)?;
    }
}

fn take_short<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let count = u16::from_be_bytes(*bytes.split_off(..2)?.first_chunk()?);
    bytes.split_off(..usize::from(count))
}

fn take_long<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let count = u32::from_be_bytes(*bytes.split_off(..4)?.first_chunk()?);
    bytes.split_off(..usize::try_from(count).ok()?)
}

/// Writes values one after the other. Texts are short: at most 65,535 bytes, which nothing that this server says exceeds.
#[derive(Default)]
pub(super) struct Writer(Vec<u8>);

/// A value inside an object.
pub(super) enum Scalar<'a> {
    Text(&'a str),
    Number(f64),
}

impl Writer {
    pub(super) fn text(mut self, text: &str) -> Self {
        self.0.push(marker::STRING);
        self.name(text.as_bytes());
        self
    }

    pub(super) fn number(mut self, number: f64) -> Self {
        self.0.push(marker::NUMBER);
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    pub(super) fn boolean(mut self, boolean: bool) -> Self {
        self.0.extend_from_slice(&[marker::BOOLEAN, u8::from(boolean)]);
        self
    }

    pub(super) fn null(mut self) -> Self {
        self.0.push(marker::NULL);
        self
    }

    pub(super) fn undefined(mut self) -> Self {
        self.0.push(marker::UNDEFINED);
        self
    }

    pub(super) fn object(mut self, properties: &[(&str, Scalar<'_>)]) -> Self {
        self.0.push(marker::OBJECT);
        for (name, value) in properties {
            self.name(name.as_bytes());
            self = match value {
                Scalar::Text(text) => self.text(text),
                Scalar::Number(number) => self.number(*number),
            };
        }
        self.end_object()
    }

    /// An array with names, of values that are already written.
    pub(super) fn named_array(mut self, properties: &[(&[u8], &[u8])]) -> Self {
        self.0.push(marker::ECMA_ARRAY);
        self.0.extend_from_slice(&u32::try_from(properties.len()).unwrap_or(u32::MAX).to_be_bytes());
        for (name, value) in properties {
            self.name(name);
            self.0.extend_from_slice(value);
        }
        self.end_object()
    }

    pub(super) fn followed_by(mut self, other: Self) -> Self {
        self.0.extend_from_slice(&other.0);
        self
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn name(&mut self, name: &[u8]) {
        let count = u16::try_from(name.len()).unwrap_or(u16::MAX);
        self.0.extend_from_slice(&count.to_be_bytes());
        self.0.extend(name.iter().take(count.into()));
    }

    fn end_object(mut self) -> Self {
        self.0.extend_from_slice(&[0, 0, marker::OBJECT_END]);
        self
    }
}

/// Deeper values are not looked into: the walk is recursive.
const MAX_DEPTH: usize = 32;

/// Type markers (§2.1).
mod marker {
    pub(super) const NUMBER: u8 = 0;
    pub(super) const BOOLEAN: u8 = 1;
    pub(super) const STRING: u8 = 2;
    pub(super) const OBJECT: u8 = 3;
    pub(super) const NULL: u8 = 5;
    pub(super) const UNDEFINED: u8 = 6;
    pub(super) const REFERENCE: u8 = 7;
    pub(super) const ECMA_ARRAY: u8 = 8;
    pub(super) const OBJECT_END: u8 = 9;
    pub(super) const STRICT_ARRAY: u8 = 10;
    pub(super) const DATE: u8 = 11;
    pub(super) const LONG_STRING: u8 = 12;
    pub(super) const UNSUPPORTED: u8 = 13;
    pub(super) const XML_DOCUMENT: u8 = 15;
    pub(super) const TYPED_OBJECT: u8 = 16;
    pub(super) const AMF3: u8 = 17;
}

#[cfg(test)]
mod tests {
    use super::{Reader, Scalar, Writer};

    /// One value of every type, as it is written.
    pub(super) fn every_type() -> Vec<(&'static str, Vec<u8>)> {
        vec![
            ("number", vec![0, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0]),
            ("boolean", vec![1, 1]),
            ("string", vec![2, 0, 1, b'a']),
            ("object", vec![3, 0, 1, b'a', 5, 0, 0, 9]),
            ("null", vec![5]),
            ("undefined", vec![6]),
            ("reference", vec![7, 0, 0]),
            ("array with names", vec![8, 0, 0, 0, 1, 0, 1, b'a', 1, 0, 0, 0, 9]),
            ("array", vec![10, 0, 0, 0, 2, 5, 1, 0]),
            ("date", vec![11, 0x42, 0x70, 0, 0, 0, 0, 0, 0, 0, 0]),
            ("long string", vec![12, 0, 0, 0, 2, b'a', b'b']),
            ("unsupported", vec![13]),
            ("XML", vec![15, 0, 0, 0, 4, b'<', b'a', b'/', b'>']),
            ("typed object", vec![16, 0, 1, b'T', 0, 1, b'a', 5, 0, 0, 9]),
            ("AMF3 string", vec![17, 6, 5, b'a', b'b']),
            ("AMF3 integer", vec![17, 4, 0x81, 0]),
            ("AMF3 array", vec![17, 9, 3, 3, b'a', 2, 1, 3]),
            ("AMF3 object", vec![17, 10, 0x1b, 1, 3, b'a', 2, 3, b'b', 3, 1]),
            ("AMF3 objects of one class", vec![17, 9, 5, 1, 10, 0x13, 3, b'T', 3, b'a', 2, 10, 1, 3]),
            ("AMF3 date", vec![17, 8, 1, 0, 0, 0, 0, 0, 0, 0, 0]),
        ]
    }

    #[test]
    fn every_type_is_stepped_over() {
        for (name, value) in every_type() {
            let bytes = [value, Writer::default().text("behind").into_bytes()].concat();
            let mut reader = Reader::new(&bytes);
            assert_eq!(reader.skip(), Some(()), "{name}");
            assert_eq!(reader.text(), Some("behind"), "{name}");
        }
    }

    #[test]
    fn properties_are_read_behind_every_type() {
        for (name, value) in every_type() {
            let app = Writer::default().text("live").into_bytes();
            let bytes = Writer::default().named_array(&[(b"odd", &value), (b"app", &app)]).into_bytes();
            let mut reader = Reader::new(&bytes);
            assert_eq!(reader.open(), Some(()));
            assert_eq!(reader.property(), Some((&b"odd"[..], &value[..])), "{name}");
            assert_eq!(reader.property(), Some((&b"app"[..], &app[..])), "{name}");
            assert_eq!(reader.property(), None);
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let properties = [("a", Scalar::Text("b")), ("c", Scalar::Number(2.0))];
        let bytes = Writer::default().text("name").number(3.0).null().undefined().object(&properties).boolean(true);
        let bytes = bytes.into_bytes();
        let mut reader = Reader::new(&bytes);
        assert_eq!((reader.text(), reader.number()), (Some("name"), Some(3.0)));
        assert_eq!(reader.text(), None, "null is no text, and stays");
        assert_eq!(
            (reader.skip(), reader.skip(), reader.skip(), reader.skip()),
            (Some(()), Some(()), Some(()), Some(()))
        );
        assert_eq!(reader.skip(), None);
    }

    #[test]
    fn what_is_cut_off_or_too_deep_is_not_read() {
        for (name, value) in every_type() {
            for end in 0..value.len() {
                assert_eq!(Reader::new(&value[..end]).skip(), None, "{name} cut at {end}");
            }
        }
        let deep = [10, 0, 0, 0, 1].repeat(1_000);
        assert_eq!(Reader::new(&deep).skip(), None);
        assert_eq!(Reader::new(&[4, 0, 0]).skip(), None, "reserved");
    }
}
