//! The WASM module: one thread, JavaScript's timers and JavaScript's JSON.

mod keys;
mod writer;

use alloc::rc::{Rc, Weak};
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;

use js_sys::{Array, Function, JSON, Promise, Reflect};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::protocol::{DecodeError, Document};

pub(in crate::client) type Json = JsDocument;
pub(in crate::client) type Shared<T> = Rc<RefCell<T>>;
pub(in crate::client) type WeakShared<T> = Weak<RefCell<T>>;

/// What a host must be.
pub(crate) trait SharedHost: 'static {}
impl<T: 'static> SharedHost for T {}

/// Short looks at shared state; none may call out while it looks.
pub(in crate::client) trait Sharing<T> {
    fn share(value: T) -> Self;
    fn with<R>(&self, look: impl FnOnce(&mut T) -> R) -> R;
}

impl<T> Sharing<T> for Shared<T> {
    fn share(value: T) -> Self {
        Self::new(RefCell::new(value))
    }

    fn with<R>(&self, look: impl FnOnce(&mut T) -> R) -> R {
        look(&mut self.borrow_mut())
    }
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &Function, milliseconds: u32) -> JsValue;

    #[wasm_bindgen(js_name = WebSocket)]
    type SocketClass;

    /// Why the newest socket failed, where the platform's `WebSocket` says it.
    #[wasm_bindgen(catch, static_method_of = SocketClass, js_class = WebSocket, getter)]
    fn cause() -> Result<Option<String>, JsValue>;
}

pub(in crate::client) fn spawn(task: impl Future<Output = ()> + 'static) {
    wasm_bindgen_futures::spawn_local(task);
}

pub(in crate::client) async fn sleep(milliseconds: u32) {
    let promise = Promise::new(&mut |resolve, _| {
        set_timeout(&resolve, milliseconds);
    });
    let _ = JsFuture::from(promise).await;
}

/// Milliseconds of the Unix clock.
pub(in crate::client) fn wall_clock() -> u64 {
    js_sys::Date::now() as u64
}

/// Why a socket failed. The transport's own error says nothing, in many bytes.
pub(in crate::client) fn cause(_: &tokio_tungstenite_wasm::Error) -> String {
    // An engine without WebSocket, such as Node 20, throws.
    SocketClass::cause().ok().flatten().unwrap_or_else(|| "the connection failed".into())
}

/// A JavaScript value as the engine's own JSON reads and writes it.
pub struct JsDocument(pub JsValue);

impl JsDocument {
    /// The JavaScript value that a value's JSON stands for; `None` where it holds what no frame and no event does.
    pub(crate) fn written(value: &impl Serialize) -> Option<JsValue> {
        writer::write(value).ok()
    }
}

impl Document for JsDocument {
    fn parse(text: &str) -> Result<Self, DecodeError> {
        JSON::parse(text).map(Self).map_err(|_| DecodeError::NotJson)
    }

    fn member(&self, name: &'static str) -> Option<Self> {
        let value = Reflect::get(&self.0, &keys::text(name)).ok()?;
        (!value.is_null() && !value.is_undefined()).then_some(Self(value))
    }

    fn is_object(&self) -> bool {
        self.0.is_object() && !Array::is_array(&self.0)
    }

    fn text(&self) -> Option<String> {
        self.0.as_string()
    }

    fn number(&self) -> Option<f64> {
        self.0.as_f64()
    }

    fn truth(&self) -> Option<bool> {
        self.0.as_bool()
    }

    fn elements(&self) -> Option<Vec<Self>> {
        self.0.dyn_ref::<Array>().map(|elements| elements.iter().map(Self).collect())
    }

    fn read<T: DeserializeOwned>(&self, body: &str) -> Result<T, DecodeError> {
        if !self.is_object() {
            return Err(DecodeError::body(body, "expected an object"));
        }
        serde_wasm_bindgen::from_value(self.0.clone()).map_err(|_| DecodeError::body(body, "is not as specified"))
    }

    fn write(value: &impl Serialize) -> Result<String, DecodeError> {
        Self::written(value)
            .and_then(|value| JSON::stringify(&value).ok())
            .and_then(|text| text.as_string())
            .ok_or(DecodeError::NotJson)
    }
}
