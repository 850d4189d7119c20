//! Names of members as JavaScript texts, each made once: making one costs more than looking a member up.

use alloc::vec::Vec;
use core::cell::RefCell;

use wasm_bindgen::JsValue;

/// The JavaScript text of a name.
pub(super) fn text(name: &'static str) -> JsValue {
    KEYS.with_borrow_mut(|keys| keys.text(name))
}

std::thread_local! {
    static KEYS: RefCell<Keys> = const { RefCell::new(Keys(Vec::new())) };
}

/// Each name that was asked for, and its text.
struct Keys(Vec<(&'static str, JsValue)>);

impl Keys {
    fn text(&mut self, name: &'static str) -> JsValue {
        if let Some((_, text)) = self.0.iter().find(|(known, _)| core::ptr::eq(*known, name)) {
            return text.clone();
        }
        let text = JsValue::from_str(name);
        self.0.push((name, text.clone()));
        text
    }
}
