//! The door: calls by name, errors as `{ code, reason }`, events to the host.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Function, JSON, Object, Promise, Reflect};
use miniapp_rtc::wasm::{Core, JsHost};
use serde_json::{Value, json};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

pub(crate) const APP: &str = "0123456789abcdef01234567";

/// A core and everything that it told its host.
pub(crate) struct Door {
    pub(crate) core: Core,
    pub(crate) events: Rc<RefCell<Vec<(String, Value)>>>,
    _emit: Closure<dyn FnMut(String, JsValue)>,
    _log: Closure<dyn FnMut(String, String)>,
}

impl Door {
    pub(crate) fn new() -> Self {
        let events = Rc::new(RefCell::new(Vec::new()));
        let heard = Rc::clone(&events);
        let emit = Closure::<dyn FnMut(String, JsValue)>::new(move |name, payload| {
            heard.borrow_mut().push((name, plain(&payload)));
        });
        let log = Closure::<dyn FnMut(String, String)>::new(|_, _| {});
        let host = Object::new();
        Reflect::set(&host, &"emit".into(), emit.as_ref()).unwrap();
        Reflect::set(&host, &"log".into(), log.as_ref()).unwrap();
        let core = Core::new(host.unchecked_into::<JsHost>(), (js_sys::Math::random() * f64::from(u32::MAX)) as u32);
        Self { core, events, _emit: emit, _log: log }
    }

    /// Calls a method and waits until it is settled.
    pub(crate) async fn call(&self, method: &str, arguments: Value) -> Result<Value, Value> {
        let promise = self.core.call(method, JSON::parse(&arguments.to_string()).unwrap());
        JsFuture::from(promise).await.map(|value| plain(&value)).map_err(|error| plain(&error))
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
        let error = JsFuture::from(door.core.call("join", odd)).await.unwrap_err();
        assert_eq!(plain(&error)["code"], 100_001);
    }
    door.core.notify("no-such-signal");
}
