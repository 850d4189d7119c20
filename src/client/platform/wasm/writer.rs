//! A writer of JavaScript values: texts, numbers, truths, and lists and structures of them, which is all that frames and
//! events hold.

use alloc::string::ToString;
use core::fmt::{self, Display, Formatter};

use js_sys::{Array, Object};
use serde::Serialize;
use serde::ser::{Error, Impossible, SerializeSeq, SerializeStruct, Serializer};
use wasm_bindgen::prelude::*;

use super::keys;

#[wasm_bindgen]
extern "C" {
    type Members;

    #[wasm_bindgen(method, indexing_setter)]
    fn set(this: &Members, name: &JsValue, value: &JsValue);
}

/// Writes a value as the JavaScript value that its JSON stands for.
///
/// # Errors
/// For maps, tuples, bytes, integers of 64 bits, and enums that name their variant.
pub(super) fn write(value: &(impl Serialize + ?Sized)) -> Result<JsValue, Unwritable> {
    value.serialize(JsWriter)
}

/// A value of a kind that no frame and no event holds.
#[derive(Debug)]
pub(super) struct Unwritable;

impl Display for Unwritable {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        to.write_str("a value of a kind that is not written")
    }
}

impl core::error::Error for Unwritable {}

impl Error for Unwritable {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

struct JsWriter;

type Never = Impossible<JsValue, Unwritable>;

impl Serializer for JsWriter {
    type Ok = JsValue;
    type Error = Unwritable;
    type SerializeSeq = List;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Structure;
    type SerializeStructVariant = Never;

    fn serialize_bool(self, value: bool) -> Result<JsValue, Unwritable> {
        Ok(JsValue::from_bool(value))
    }

    fn serialize_i8(self, value: i8) -> Result<JsValue, Unwritable> {
        self.serialize_f64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<JsValue, Unwritable> {
        self.serialize_f64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result<JsValue, Unwritable> {
        self.serialize_f64(value.into())
    }

    fn serialize_i64(self, _: i64) -> Result<JsValue, Unwritable> {
        Err(Unwritable)
    }

    fn serialize_u8(self, value: u8) -> Result<JsValue, Unwritable> {
        self.serialize_f64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Result<JsValue, Unwritable> {
        self.serialize_f64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<JsValue, Unwritable> {
        self.serialize_f64(value.into())
    }

    fn serialize_u64(self, _: u64) -> Result<JsValue, Unwritable> {
        Err(Unwritable)
    }

    fn serialize_f32(self, value: f32) -> Result<JsValue, Unwritable> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<JsValue, Unwritable> {
        Ok(JsValue::from_f64(value))
    }

    fn serialize_char(self, value: char) -> Result<JsValue, Unwritable> {
        self.serialize_str(&value.to_string())
    }

    fn serialize_str(self, value: &str) -> Result<JsValue, Unwritable> {
        Ok(JsValue::from_str(value))
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<JsValue, Unwritable> {
        Err(Unwritable)
    }

    fn serialize_none(self) -> Result<JsValue, Unwritable> {
        Ok(JsValue::NULL)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<JsValue, Unwritable> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<JsValue, Unwritable> {
        Ok(JsValue::NULL)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<JsValue, Unwritable> {
        Ok(JsValue::NULL)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> Result<JsValue, Unwritable> {
        self.serialize_str(name)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<JsValue, Unwritable> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<JsValue, Unwritable> {
        Err(Unwritable)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List, Unwritable> {
        Ok(List(Array::new()))
    }

    fn serialize_tuple(self, _: usize) -> Result<Never, Unwritable> {
        Err(Unwritable)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Never, Unwritable> {
        Err(Unwritable)
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Never, Unwritable> {
        Err(Unwritable)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Never, Unwritable> {
        Err(Unwritable)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Structure, Unwritable> {
        Ok(Structure(Object::new().unchecked_into()))
    }

    fn serialize_struct_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Never, Unwritable> {
        Err(Unwritable)
    }
}

struct List(Array);

impl SerializeSeq for List {
    type Ok = JsValue;
    type Error = Unwritable;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritable> {
        self.0.push(&write(value)?);
        Ok(())
    }

    fn end(self) -> Result<JsValue, Unwritable> {
        Ok(self.0.into())
    }
}

struct Structure(Members);

impl Structure {
    fn set(&self, name: &'static str, value: &JsValue) {
        self.0.set(&keys::text(name), value);
    }
}

impl SerializeStruct for Structure {
    type Ok = JsValue;
    type Error = Unwritable;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Unwritable> {
        self.set(name, &write(value)?);
        Ok(())
    }

    fn end(self) -> Result<JsValue, Unwritable> {
        Ok(self.0.into())
    }
}
