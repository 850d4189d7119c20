//! Fields: the members of an object, taken one by one, each of the type that it must have.

use alloc::string::String;
use alloc::vec::Vec;

use super::document::{DecodeError, Document};

/// The field that is missing or not as specified.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct BadField(pub(crate) &'static str);

impl BadField {
    /// The same as an error of that body.
    pub(crate) fn of(self, body: &str) -> DecodeError {
        DecodeError::body(body, ["`", self.0, "` is missing or not as specified"].concat())
    }
}

pub(crate) type Field<T> = Result<T, BadField>;

/// The members of an object. A member that is null counts as missing.
pub(crate) struct Fields<D>(pub(crate) D);

impl<D: Document> Fields<D> {
    /// A member that may be missing, but not be of another type.
    pub(crate) fn optional<T>(&self, name: &'static str, read: impl FnOnce(&D) -> Option<T>) -> Field<Option<T>> {
        match self.0.member(name) {
            None => Ok(None),
            Some(value) => read(&value).map(Some).ok_or(BadField(name)),
        }
    }

    pub(crate) fn need<T>(&self, name: &'static str, read: impl FnOnce(&D) -> Option<T>) -> Field<T> {
        self.optional(name, read)?.ok_or(BadField(name))
    }

    pub(crate) fn optional_text(&self, name: &'static str) -> Field<Option<String>> {
        self.optional(name, D::text)
    }

    pub(crate) fn text(&self, name: &'static str) -> Field<String> {
        self.optional_text(name)?.ok_or(BadField(name))
    }

    /// A text that `parse` makes something of: an identifier or a word.
    pub(crate) fn parsed<T>(&self, name: &'static str, parse: impl FnOnce(String) -> Option<T>) -> Field<T> {
        parse(self.text(name)?).ok_or(BadField(name))
    }

    pub(crate) fn optional_number(&self, name: &'static str) -> Field<Option<u32>> {
        self.optional(name, whole)
    }

    pub(crate) fn number(&self, name: &'static str) -> Field<u32> {
        self.optional_number(name)?.ok_or(BadField(name))
    }

    pub(crate) fn optional_truth(&self, name: &'static str) -> Field<Option<bool>> {
        self.optional(name, D::truth)
    }

    pub(crate) fn truth(&self, name: &'static str) -> Field<bool> {
        self.optional_truth(name)?.ok_or(BadField(name))
    }

    pub(crate) fn optional_object(&self, name: &'static str) -> Field<Option<Self>> {
        self.0.member(name).map(|value| Self::of_object(value, name)).transpose()
    }

    pub(crate) fn list<T>(&self, name: &'static str, read: impl Fn(Self) -> Field<T>) -> Field<Vec<T>> {
        let elements = self.need(name, D::elements)?;
        elements.into_iter().map(|element| read(Self::of_object(element, name)?)).collect()
    }

    fn of_object(value: D, name: &'static str) -> Field<Self> {
        if value.is_object() { Ok(Self(value)) } else { Err(BadField(name)) }
    }
}

/// A whole number that fits `u32`: the only numbers of the protocol, reports aside.
fn whole<D: Document>(value: &D) -> Option<u32> {
    let number = value.number()?;
    let whole = number as u32;
    (f64::from(whole) == number).then_some(whole)
}
