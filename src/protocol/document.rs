//! A document: one JSON value, whichever engine parsed it.
//!
//! Native programs use `serde_json`; the WASM module uses the JSON of the JavaScript engine, so that no second parser
//! has to be loaded by the phone.

use alloc::string::String;
#[cfg(all(feature = "json", not(target_family = "wasm")))]
use alloc::string::ToString;
use alloc::vec::Vec;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Why a text or a value is not what the protocol says.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DecodeError {
    /// Not JSON at all.
    #[error("not JSON")]
    NotJson,
    /// JSON, but not one of the frame shapes.
    #[error("not a frame: {0}")]
    NotAFrame(&'static str),
    /// A frame whose body is not as specified.
    #[error("{body}: {detail}")]
    Body {
        /// Which body: a method, an event or an answer.
        body: String,
        /// What the decoder expected. The text repeats no value of the frame.
        detail: String,
    },
}

impl DecodeError {
    /// Error for a body that is not as specified. `detail` must repeat no value of the frame: a value may be a token.
    pub fn body(body: &str, detail: impl Into<String>) -> Self {
        Self::Body { body: body.into(), detail: detail.into() }
    }
}

/// A JSON value that can be taken apart and put together.
pub trait Document: Sized {
    /// Parses a text.
    ///
    /// # Errors
    /// [`DecodeError::NotJson`] where the text is not one JSON value.
    fn parse(text: &str) -> Result<Self, DecodeError>;

    /// A member of an object; `None` where the member is missing or null, or the value is no object.
    fn member(&self, name: &'static str) -> Option<Self>;

    /// Whether the value is an object; an array is none.
    fn is_object(&self) -> bool;

    /// The text, where the value is one; else `None`.
    fn text(&self) -> Option<String>;

    /// The number, where the value is one; else `None`.
    fn number(&self) -> Option<f64>;

    /// True or false, where the value is one of them; else `None`.
    fn truth(&self) -> Option<bool>;

    /// The elements, where the value is an array; else `None`.
    fn elements(&self) -> Option<Vec<Self>>;

    /// Reads the whole value, which must be an object, as a `T`; `body` names it in the error.
    ///
    /// # Errors
    /// [`DecodeError::Body`] where the value is no object, or its members are not those of a `T`.
    fn read<T: DeserializeOwned>(&self, body: &str) -> Result<T, DecodeError>;

    /// Writes a value as JSON text.
    ///
    /// # Errors
    /// [`DecodeError::Body`] for a value that JSON cannot hold; no type of this protocol is such a value.
    fn write(value: &impl Serialize) -> Result<String, DecodeError>;
}

#[cfg(all(feature = "json", not(target_family = "wasm")))]
impl Document for serde_json::Value {
    fn parse(text: &str) -> Result<Self, DecodeError> {
        serde_json::from_str(text).map_err(|_| DecodeError::NotJson)
    }

    fn member(&self, name: &'static str) -> Option<Self> {
        self.get(name).filter(|value| !value.is_null()).cloned()
    }

    fn is_object(&self) -> bool {
        serde_json::Value::is_object(self)
    }

    fn text(&self) -> Option<String> {
        self.as_str().map(String::from)
    }

    fn number(&self) -> Option<f64> {
        self.as_f64()
    }

    fn truth(&self) -> Option<bool> {
        self.as_bool()
    }

    fn elements(&self) -> Option<Vec<Self>> {
        self.as_array().cloned()
    }

    fn read<T: DeserializeOwned>(&self, body: &str) -> Result<T, DecodeError> {
        // Deserialize would read the fields of a struct from an array as well.
        if !self.is_object() {
            return Err(DecodeError::body(body, "expected an object"));
        }
        T::deserialize(self).map_err(|error| DecodeError::body(body, without_values(&error.to_string())))
    }

    fn write(value: &impl Serialize) -> Result<String, DecodeError> {
        serde_json::to_string(value).map_err(|error| DecodeError::body("frame", without_values(&error.to_string())))
    }
}

/// A message of `serde_json` with every quoted value blanked.
#[cfg(all(feature = "json", not(target_family = "wasm")))]
fn without_values(message: &str) -> String {
    // What was found stands before this word, in either kind of quotes; what stands behind it is our own.
    let (found, expected) = message.split_at(message.rfind(", expected").unwrap_or(message.len()));
    let quotes: &[char] = if expected.is_empty() { &['"'] } else { &['"', '`'] };
    match (found.find(quotes), found.rfind(quotes)) {
        (Some(first), Some(last)) if first < last => {
            let (before, rest) = found.split_at(first);
            let (_, after) = rest.split_at(last - first + 1);
            [before, "***", after, expected].concat()
        }
        _ => message.into(),
    }
}
