//! The door to JavaScript. It only changes shapes; everything is decided behind it.

use alloc::string::String;

use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::client::{Host, JsDocument, Runner};
use crate::session::{Call, CallId, ClientEvent, Input, LogLevel, NativeReport, Reply, RtcError, Signal};

/// Smaller than the standard library's, and as fast for a module that allocates little.
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

#[wasm_bindgen]
extern "C" {
    /// The JavaScript object that made the client. Its methods may only queue what they are told, because the module is
    /// still on the stack when it calls them.
    pub type JsHost;

    #[wasm_bindgen(method)]
    fn emit(this: &JsHost, event: &str, payload: JsValue);

    /// `value`: what the call gives, or `{ code, reason }`, with `gatewayCode` where the gateway refused.
    #[wasm_bindgen(method)]
    fn settle(this: &JsHost, call: CallId, is_fulfilled: bool, value: JsValue);

    #[wasm_bindgen(method)]
    fn log(this: &JsHost, level: &str, message: &str);
}

/// One client, with the session and the runner behind it.
#[wasm_bindgen]
pub struct Core {
    runner: Runner<PageHost>,
}

struct PageHost(JsHost);

#[wasm_bindgen]
impl Core {
    /// Makes a client before `init`. `seed` is any number: waiting times and operation ids are derived from it.
    #[wasm_bindgen(constructor)]
    pub fn new(host: JsHost, seed: u32) -> Self {
        Self { runner: Runner::new(PageHost(host), seed) }
    }

    /// Calls a method of the vendor's `Client`. The host hears of the outcome once, under this number.
    pub fn call(&self, call: CallId, method: &str, arguments: JsValue) {
        match Call::decode(method, JsDocument(arguments)) {
            Ok(what) => self.runner.handle(Input::Call { call, what }),
            Err(error) => self.runner.with_host(|door| door.settle(call, Err(error))),
        }
    }

    /// Takes what a native tag said, under the name of one of the vendor's `report…` methods. Returns why the arguments
    /// could not be read; `None` where they could.
    pub fn report(&self, method: &str, arguments: JsValue) -> Option<String> {
        match NativeReport::decode(method, JsDocument(arguments)) {
            Ok(report) => {
                self.runner.handle(Input::Report(report));
                None
            }
            Err(error) => Some(error.reason.into_owned()),
        }
    }

    /// Takes what the phone says about itself: the name of one [`Signal`]. A name that is none of them changes nothing.
    pub fn notify(&self, signal: &str) {
        if let Some(signal) = Signal::named(signal) {
            self.runner.handle(Input::Signal(signal));
        }
    }

    /// The client's state: `idle`, `connecting`, `connected`, `reconnecting` or `disconnected`.
    pub fn state(&self) -> String {
        self.runner.state().name().into()
    }
}

impl Host for PageHost {
    fn emit(&mut self, event: ClientEvent) {
        self.0.emit(event.name(), to_js(&event));
    }

    fn log(&mut self, level: LogLevel, message: &str) {
        self.0.log(level.name(), message);
    }

    fn settle(&mut self, call: CallId, outcome: Result<Reply, RtcError>) {
        match outcome {
            Ok(reply) => self.0.settle(call, true, to_js(&reply)),
            Err(error) => self.0.settle(call, false, to_js(&error)),
        }
    }
}

fn to_js(value: &impl Serialize) -> JsValue {
    JsDocument::written(value).unwrap_or(JsValue::UNDEFINED)
}
