//! A [`Script`] is bytes read as steps: a letter says what happens, the bytes behind it how.
//!
//! `arbitrary` would derive this, but it numbers an enum's variants by their count: one more step, and every file of the
//! corpus says something else. Here a letter keeps its meaning for ever, a free letter means nothing, and a person can
//! write and read a script.

/// Most steps of a script: longer ones only cost time.
const MOST_STEPS: usize = 400;

/// Bytes that are read as steps.
pub(crate) struct Script<'a> {
    bytes: &'a [u8],
    steps: usize,
}

impl<'a> Script<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, steps: 0 }
    }

    /// The next step's letter, lower case; other bytes stand for the letter with the same five last bits, or for `None`:
    /// nothing happens. Ends with the bytes.
    pub(crate) fn step(&mut self) -> Option<Option<u8>> {
        self.steps += 1;
        let byte = self.byte().filter(|_| self.steps <= MOST_STEPS)?;
        let letter = b'`' | (byte & 0x1f);
        Some(letter.is_ascii_lowercase().then_some(letter))
    }

    /// A number from 0 to 255; a digit stands for itself. 0 where the bytes have ended.
    pub(crate) fn number(&mut self) -> u8 {
        self.byte().map_or(0, |byte| byte ^ b'0')
    }

    /// One of these.
    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::from(self.number()) % choices.len()]
    }

    /// A text, its length first.
    pub(crate) fn text(&mut self) -> String {
        String::from_utf8_lossy(self.bytes()).into_owned()
    }

    /// Bytes, their number first.
    pub(crate) fn bytes(&mut self) -> &'a [u8] {
        let length = usize::from(self.number()) + 256 * usize::from(self.number() & 3);
        let (bytes, rest) = self.bytes.split_at(length.min(self.bytes.len()));
        self.bytes = rest;
        bytes
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }
}
