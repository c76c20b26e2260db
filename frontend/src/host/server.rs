//! The way to a server's cluster: the same bytes as to a worker, over a `WebSocket` to the host that this page came from.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{ArrayBuffer, Uint8Array};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};

use super::READY;
use super::page::News;

/// Where the server answers.
const PATH: &str = "/live";

/// What the server reads first.
#[derive(Serialize)]
struct Hello<'a> {
    key: &'a str,
    page: &'a str,
}

/// What was said before the connection was there.
type Waiting = Rc<RefCell<Vec<Vec<u8>>>>;

/// The way to a server's cluster. Messages may be sent before it is there: they wait. Dropping it closes the connection.
pub struct ServerLink {
    socket: WebSocket,
    waiting: Waiting,
    _on_open: Closure<dyn FnMut()>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_close: Closure<dyn FnMut(CloseEvent)>,
}

impl ServerLink {
    /// Connects with `key`. `on_news` hears of it, or why it failed, and all that the server says; `lost` is the reason when
    /// the server gives none.
    ///
    /// # Errors
    /// The browser allows no such connection.
    pub fn connect(key: &str, lost: &'static str, on_news: impl Fn(News) + 'static) -> Result<Self, String> {
        let socket = WebSocket::new(&address()).map_err(|_| lost.to_owned())?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let hello = serde_json::to_string(&Hello { key, page: &own_file() }).unwrap_or_default();
        let waiting = Waiting::default();
        let (to, first) = (socket.clone(), Rc::clone(&waiting));
        let on_open = Closure::<dyn FnMut()>::new(move || {
            // A connection that fails at once says so by closing.
            let _ = to.send_with_str(&hello);
            for bytes in first.take() {
                let _ = to.send_with_u8_array(&bytes);
            }
        });
        let (on_news, refusal) = (Rc::new(on_news), Rc::new(RefCell::new(lost.to_owned())));
        let (hear, reason) = (Rc::clone(&on_news), Rc::clone(&refusal));
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            match (event.data().as_string(), event.data().dyn_into::<ArrayBuffer>()) {
                (Some(text), _) if text == READY => hear(News::Ready),
                (Some(text), _) => drop(reason.replace(text)),
                (None, Ok(buffer)) => hear(News::Message(Uint8Array::new(&buffer).to_vec())),
                (None, Err(_)) => {}
            }
        });
        let on_close = Closure::<dyn FnMut(CloseEvent)>::new(move |_| on_news(News::Died(refusal.borrow().clone())));
        socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        Ok(Self { socket, waiting, _on_open: on_open, _on_message: on_message, _on_close: on_close })
    }

    /// Sends one message. Without a connection it is lost, as [`News::Died`] has said or will say.
    pub fn send(&self, bytes: &[u8]) {
        if self.socket.ready_state() == WebSocket::CONNECTING {
            return self.waiting.borrow_mut().push(bytes.to_vec());
        }
        let _ = self.socket.send_with_u8_array(bytes);
    }
}

impl Drop for ServerLink {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        // It may be closed already.
        let _ = self.socket.close();
    }
}

/// The server's address, from the page's own.
fn address() -> String {
    let location = web_sys::window().map(|window| window.location());
    let part = |read: fn(&web_sys::Location) -> Result<String, JsValue>| {
        location.as_ref().and_then(|it| read(it).ok()).unwrap_or_default()
    };
    let scheme = if part(web_sys::Location::protocol) == "https:" { "wss" } else { "ws" };
    format!("{scheme}://{}{PATH}", part(web_sys::Location::host))
}

/// The path of a file of this page, with the page's version in it: `assets/7f3a/boot.js`.
fn own_file() -> String {
    let document = web_sys::window().and_then(|window| window.document());
    let script = document.and_then(|it| it.query_selector("script[type=module]").ok().flatten());
    let source = script.and_then(|it| it.get_attribute("src")).unwrap_or_default();
    source.trim_start_matches("./").to_owned()
}
