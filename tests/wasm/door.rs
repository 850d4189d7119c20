//! The door: calls by name, errors as `{ code, reason }`, events to the host.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use js_sys::{Function, JSON, Object, Promise, Reflect};
use miniapp_rtc::wasm::{Core, JsHost};
use serde_json::{Value, json};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

pub(crate) const APP: &str = "0123456789abcdef01234567";

type Outcomes = Rc<RefCell<HashMap<u32, Result<Value, Value>>>>;

/// A core and everything that it told its host.
pub(crate) struct Door {
    pub(crate) core: Core,
    pub(crate) events: Rc<RefCell<Vec<(String, Value)>>>,
    outcomes: Outcomes,
    calls: Cell<u32>,
    _emit: Closure<dyn FnMut(String, JsValue)>,
    _settle: Closure<dyn FnMut(u32, bool, JsValue)>,
    _log: Closure<dyn FnMut(String, String)>,
}

impl Door {
    pub(crate) fn new() -> Self {
        let events = Rc::new(RefCell::new(Vec::new()));
        let heard = Rc::clone(&events);
        let emit = Closure::<dyn FnMut(String, JsValue)>::new(move |name, payload| {
            heard.borrow_mut().push((name, plain(&payload)));
        });
        let outcomes = Outcomes::default();
        let settled = Rc::clone(&outcomes);
        let settle = Closure::<dyn FnMut(u32, bool, JsValue)>::new(move |call, is_fulfilled, value| {
            let value = plain(&value);
            let outcome = if is_fulfilled { Ok(value) } else { Err(value) };
            assert_eq!(settled.borrow_mut().insert(call, outcome), None, "call {call} is settled once");
        });
        let log = Closure::<dyn FnMut(String, String)>::new(|_, _| {});
        let host = Object::new();
        Reflect::set(&host, &"emit".into(), emit.as_ref()).unwrap();
        Reflect::set(&host, &"settle".into(), settle.as_ref()).unwrap();
        Reflect::set(&host, &"log".into(), log.as_ref()).unwrap();
        let core = Core::new(host.unchecked_into::<JsHost>(), (js_sys::Math::random() * f64::from(u32::MAX)) as u32);
        Self { core, events, outcomes, calls: Cell::new(0), _emit: emit, _settle: settle, _log: log }
    }

    /// Calls a method and waits until it is settled.
    pub(crate) async fn call(&self, method: &str, arguments: Value) -> Result<Value, Value> {
        self.call_with(method, JSON::parse(&arguments.to_string()).unwrap()).await
    }

    async fn call_with(&self, method: &str, arguments: JsValue) -> Result<Value, Value> {
        let call = self.calls.get() + 1;
        self.calls.set(call);
        self.core.call(call, method, arguments);
        for _ in 0..1000 {
            if let Some(outcome) = self.outcomes.borrow().get(&call) {
                return outcome.clone();
            }
            pause(20).await;
        }
        panic!("{method} was not settled");
    }

    /// Waits until the host was told an event of that name.
    pub(crate) async fn event(&self, name: &str) -> Value {
        for _ in 0..200 {
            if let Some((_, payload)) = self.events.borrow().iter().find(|(told, _)| told == name) {
                return payload.clone();
            }
            pause(20).await;
        }
        panic!("no {name} among {:?}", self.events.borrow());
    }
}

async fn pause(milliseconds: i32) {
    let set_timeout: Function = Reflect::get(&js_sys::global(), &"setTimeout".into()).unwrap().unchecked_into();
    let promise = Promise::new(&mut |resolve, _| {
        set_timeout.call2(&JsValue::UNDEFINED, &resolve, &milliseconds.into()).unwrap();
    });
    JsFuture::from(promise).await.unwrap();
}

fn plain(value: &JsValue) -> Value {
    if value.is_undefined() {
        return Value::Null;
    }
    serde_json::from_str(&String::from(JSON::stringify(value).unwrap())).unwrap()
}

#[wasm_bindgen_test]
async fn errors_are_plain_objects_with_code_and_reason() {
    let door = Door::new();
    let error = door.call("join", json!({ "token": "t", "roomId": "no spaces", "userId": "u" })).await.unwrap_err();
    assert_eq!(error["code"], 100_001);
    assert!(error["reason"].as_str().unwrap().contains("room id"), "{error}");
    let error = door.call("publish", json!({})).await.unwrap_err();
    assert_eq!(error["code"], 100_001, "init comes first: {error}");
    let error = door.call("noSuchMethod", json!({})).await.unwrap_err();
    assert_eq!(error["code"], 100_001);
}

#[wasm_bindgen_test]
async fn calls_out_of_order_have_the_vendors_codes() {
    let door = Door::new();
    let init = json!({ "appId": APP, "gateways": ["ws://127.0.0.1:9/v1"] });
    assert_eq!(door.call("init", init.clone()).await, Ok(Value::Null));
    assert_eq!(door.call("init", init).await.unwrap_err()["code"], 100_008);
    assert_eq!(door.call("publish", json!({})).await.unwrap_err()["code"], 100_002);
    assert_eq!(door.call("leave", json!({})).await, Ok(Value::Null));
    assert_eq!(door.core.state(), "idle");
}

#[wasm_bindgen_test]
fn reports_that_cannot_be_read_say_why() {
    let door = Door::new();
    let report =
        |method: &str, arguments: Value| door.core.report(method, JSON::parse(&arguments.to_string()).unwrap());
    assert_eq!(report("reportPusherStateChange", json!({ "code": 1002, "message": "" })), None);
    assert_eq!(report("reportPlayerNetStatusChange", json!({ "uid": "ann", "info": { "videoFPS": "15" } })), None);
    assert!(report("reportPlayerStateChange", json!({ "code": 2004 })).unwrap().contains("uid"));
    assert!(report("reportNothing", json!({})).is_some());
}

#[wasm_bindgen_test]
async fn odd_values_do_not_reach_the_core() {
    let door = Door::new();
    for odd in [JsValue::UNDEFINED, JsValue::NULL, JsValue::from(1), JsValue::from("text"), js_sys::Array::new().into()]
    {
        assert!(door.core.report("reportPlayerStateChange", odd.clone()).is_some());
        assert_eq!(door.call_with("join", odd).await.unwrap_err()["code"], 100_001);
    }
    door.core.notify("no-such-signal");
}
