//! The worker's side: hands messages and time to an [`Engine`] and posts what it answers.

use std::cell::RefCell;
use std::panic;
use std::rc::Rc;

use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use super::ticks::Ticks;
use super::{Engine, PANIC, READY};
#[cfg(feature = "page")]
use crate::parts;

/// The engine and its timer.
struct Host {
    scope: DedicatedWorkerGlobalScope,
    engine: Box<dyn Engine>,
    ticks: Ticks,
    timer: Option<Timer>,
    /// True from when the later part of the code was asked for.
    #[cfg(feature = "page")]
    completing: bool,
}

/// A timer that has not gone off.
#[derive(Clone, Copy)]
struct Timer {
    handle: i32,
    wish_ms: i32,
}

/// Runs `engine` in this worker until the page ends it. Returns at once; messages and timers do the rest.
///
/// Does nothing outside a dedicated worker.
pub fn run(engine: impl Engine + 'static) {
    let Some(scope) = scope() else { return };
    report_panics();
    let engine = Box::new(engine);
    let host = Host {
        scope: scope.clone(),
        engine,
        ticks: Ticks::default(),
        timer: None,
        #[cfg(feature = "page")]
        completing: false,
    };
    let host = Rc::new(RefCell::new(host));
    let on_timer = timer_callback(Rc::clone(&host));
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let bytes = Uint8Array::new(&event.data()).to_vec();
        let mut own = host.borrow_mut();
        let answers = own.engine.handle(&bytes);
        own.go_on(&answers, &on_timer);
        // Only now: what the first view waits for has come by then.
        #[cfg(feature = "page")]
        if !std::mem::replace(&mut own.completing, true) {
            complete(Rc::clone(&host), on_timer.clone());
        }
    });
    scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    post_text(&scope, READY);
}

/// Loads the later part of the code and hands it to the engine.
#[cfg(feature = "page")]
fn complete(host: Rc<RefCell<Host>>, on_timer: js_sys::Function) {
    wasm_bindgen_futures::spawn_local(async move {
        let later = parts::engine().await;
        let mut host = host.borrow_mut();
        let answers = host.engine.complete(later);
        host.go_on(&answers, &on_timer);
    });
}

/// The function that the timer calls: one tick, and the next timer.
fn timer_callback(host: Rc<RefCell<Host>>) -> js_sys::Function {
    let own: Rc<RefCell<Option<js_sys::Function>>> = Rc::default();
    let again = Rc::clone(&own);
    let tick = Closure::<dyn FnMut()>::new(move || {
        let mut host = host.borrow_mut();
        host.timer = None;
        let now = host.now();
        let elapsed = host.ticks.take(now);
        let answers = host.engine.tick(elapsed);
        if let Some(callback) = &*again.borrow() {
            host.go_on(&answers, callback);
        }
    });
    let function: js_sys::Function = tick.into_js_value().unchecked_into();
    own.replace(Some(function.clone()));
    function
}

impl Host {
    /// Posts `answers` and sets the timer to what the engine wishes now.
    fn go_on(&mut self, answers: &[Vec<u8>], on_timer: &js_sys::Function) {
        for answer in answers {
            post(&self.scope, answer);
        }
        let wish_ms = self.engine.tick_in_ms();
        self.ticks.wish(wish_ms, self.now());
        // A timer for the same wish goes on, so that a flood of messages cannot hold time up.
        if self.timer.map(|timer| timer.wish_ms) != wish_ms {
            self.set_timer(wish_ms, on_timer);
        }
    }

    /// Replaces the timer.
    fn set_timer(&mut self, wish_ms: Option<i32>, on_timer: &js_sys::Function) {
        if let Some(timer) = self.timer.take() {
            self.scope.clear_timeout_with_handle(timer.handle);
        }
        self.timer = wish_ms.and_then(|wish_ms| {
            let handle = self.scope.set_timeout_with_callback_and_timeout_and_arguments_0(on_timer, wish_ms).ok()?;
            Some(Timer { handle, wish_ms })
        });
    }

    /// The host's clock, in milliseconds since the worker began.
    fn now(&self) -> f64 {
        time_of(&self.scope)
    }
}

/// The worker's clock, in milliseconds since the worker began; 0 outside a worker.
pub fn now() -> f64 {
    scope().map_or(0.0, |scope| time_of(&scope))
}

fn time_of(scope: &DedicatedWorkerGlobalScope) -> f64 {
    scope.performance().map_or(0.0, |clock| clock.now())
}

/// Moves the bytes of one message to the page.
fn post(scope: &DedicatedWorkerGlobalScope, bytes: &[u8]) {
    let buffer = Uint8Array::from(bytes).buffer();
    // A buffer of our own can always be moved; there is nobody to tell if it could not.
    let _ = scope.post_message_with_transfer(&buffer, &Array::of1(&buffer));
}

/// Tells the page a word about this worker itself.
fn post_text(scope: &DedicatedWorkerGlobalScope, text: &str) {
    // Text can always be cloned; there is nobody to tell if it could not.
    let _ = scope.post_message(&JsValue::from_str(text));
}

/// Tells the page the reason before a panic ends this instance.
fn report_panics() {
    panic::set_hook(Box::new(|info| {
        if let Some(scope) = scope() {
            post_text(&scope, &format!("{PANIC}{info}"));
        }
    }));
}

/// This worker, if this is one.
fn scope() -> Option<DedicatedWorkerGlobalScope> {
    js_sys::global().dyn_into().ok()
}
