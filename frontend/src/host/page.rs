//! The page's side: starts the worker, sends it bytes, hears what it says, and notices its death.

use std::cell::RefCell;
use std::panic;
use std::rc::Rc;

use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{ErrorEvent, MessageEvent, Worker};

use super::{PANIC, READY};

#[wasm_bindgen]
extern "C" {
    /// Set by `boot.js`, which knows the address of `worker.js`.
    #[wasm_bindgen(js_namespace = pilothouse, js_name = startWorker, catch)]
    fn start_worker() -> Result<Worker, JsValue>;
}

/// What the page hears of its engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// The engine runs and takes messages. Said once after each start.
    Ready,
    /// One message, as the engine wrote it.
    Message(Vec<u8>),
    /// The engine is gone, with the reason; nothing more comes.
    Died(String),
}

/// The way to an engine in a worker. Dropping it ends the worker.
///
/// The worker also ends when it panics or when the page is closed. Messages may be sent before [`News::Ready`]: they wait.
pub struct EngineLink {
    shared: Rc<Shared>,
}

/// What a link and its callbacks share.
struct Shared {
    on_news: Box<dyn Fn(News)>,
    worker: RefCell<Option<Running>>,
}

/// A worker and the callbacks that it holds on to.
struct Running {
    worker: Worker,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(ErrorEvent)>,
}

impl EngineLink {
    /// Starts an engine. `on_news` is called for everything it says, and if it dies or could not be started.
    pub fn spawn(on_news: impl Fn(News) + 'static) -> Self {
        let shared = Rc::new(Shared { on_news: Box::new(on_news), worker: RefCell::new(None) });
        match start(&shared) {
            Ok(running) => drop(shared.worker.replace(Some(running))),
            Err(error) => (shared.on_news)(News::Died(words(&error))),
        }
        Self { shared }
    }

    /// Sends one message. Without a living engine it is lost, as [`News::Died`] has said.
    pub fn send(&self, bytes: &[u8]) {
        if let Some(running) = &*self.shared.worker.borrow() {
            let buffer = Uint8Array::from(bytes).buffer();
            // A buffer of our own can always be moved; a dead worker says so by itself.
            let _ = running.worker.post_message_with_transfer(&buffer, &Array::of1(&buffer));
        }
    }
}

impl Drop for EngineLink {
    fn drop(&mut self) {
        self.shared.end();
    }
}

impl Shared {
    /// Ends the worker. Its callbacks are dropped later: one of them may be what is running now.
    fn end(&self) {
        if let Some(running) = self.worker.take() {
            running.worker.set_onmessage(None);
            running.worker.set_onerror(None);
            running.worker.terminate();
            drop_later(running);
        }
    }

    /// Ends the worker and says why.
    fn died(&self, reason: String) {
        self.end();
        (self.on_news)(News::Died(reason));
    }
}

/// Starts a worker with the code that this page has compiled already.
fn start(shared: &Rc<Shared>) -> Result<Running, JsValue> {
    let worker = start_worker()?;
    let weak = Rc::downgrade(shared);
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if let Some(shared) = weak.upgrade() {
            hear(&shared, &event.data());
        }
    });
    let weak = Rc::downgrade(shared);
    let on_error = Closure::<dyn FnMut(ErrorEvent)>::new(move |event: ErrorEvent| {
        event.prevent_default();
        if let Some(shared) = weak.upgrade() {
            shared.died(event.message());
        }
    });
    worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    worker.post_message(&wasm_bindgen::module())?;
    Ok(Running { worker, _on_message: on_message, _on_error: on_error })
}

/// Tells what one message of the worker means.
fn hear(shared: &Shared, data: &JsValue) {
    match data.as_string() {
        None => (shared.on_news)(News::Message(Uint8Array::new(data).to_vec())),
        Some(text) if text == READY => (shared.on_news)(News::Ready),
        Some(text) => shared.died(text.strip_prefix(PANIC).unwrap_or(&text).to_owned()),
    }
}

/// Drops what a callback may still stand on once that callback has returned.
fn drop_later(running: Running) {
    let later = Closure::once_into_js(move || drop(running));
    js_sys::global().unchecked_into::<web_sys::Window>().queue_microtask(later.unchecked_ref());
}

/// What a thrown value says.
fn words(thrown: &JsValue) -> String {
    thrown.dyn_ref::<js_sys::Error>().map_or_else(|| format!("{thrown:?}"), |error| String::from(error.message()))
}

/// Shows the reason before a panic ends the page's own instance: the element `ph-fatal` of `index.html`.
pub fn report_panics() {
    panic::set_hook(Box::new(|info| {
        let text = info.to_string();
        web_sys::console::error_1(&JsValue::from_str(&text));
        let document = web_sys::window().and_then(|window| window.document());
        if let Some(notice) = document.and_then(|document| document.get_element_by_id("ph-fatal")) {
            let _ = notice.remove_attribute("hidden");
            if let Ok(Some(reason)) = notice.query_selector("[data-reason]") {
                reason.set_text_content(Some(&text));
            }
        }
    }));
}
