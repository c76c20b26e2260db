//! The way to the engine: messages out, deltas in once per animation frame, answers to whoever asked.

use crate::host::page::{EngineLink, News};
use crate::host::server::ServerLink;
use crate::host::wire;
use leptos::prelude::*;
use shared::playground::protocol::{Answer, Delta, Question, QuestionId, ToPage, ToWorker};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

/// How many deltas wait for a frame at most; in a hidden tab there are no frames.
const WAITING_DELTAS_MAX: usize = 120;

/// From how many milliseconds a drawing counts as long, so that the page rests after it.
const LONG_MS: f64 = 30.0;

/// How long the page rests after a long drawing, in drawings, and at most, in milliseconds: the person's input and the engine,
/// which has the same processors, come first.
const REST_DRAWINGS: f64 = 2.0;
const REST_MS_MAX: f64 = 400.0;

/// What is done with an answer.
type OnAnswer = Box<dyn FnOnce(Answer)>;

/// What the page hears.
pub enum Heard {
    /// The engine runs; it knows no cluster yet.
    Ready,
    /// Something that is no answer. Deltas come together, in order, at most once per frame.
    Messages(Vec<ToPage>),
    /// The engine is gone, and why.
    Lost(String),
}

/// What is at the other end.
enum Link {
    /// The engine in the worker.
    Tab(EngineLink),
    /// A server's cluster.
    Server(ServerLink),
}

impl Link {
    fn send(&self, bytes: &[u8]) {
        match self {
            Link::Tab(link) => link.send(bytes),
            Link::Server(link) => link.send(bytes),
        }
    }
}

#[derive(Default)]
struct Inner {
    link: Option<Link>,
    waiting: Vec<ToPage>,
    frame_asked: bool,
    /// True after a long drawing, for a while.
    resting: bool,
    asked: BTreeMap<QuestionId, OnAnswer>,
    last_question: QuestionId,
}

/// The engine; copies lead to the same one.
#[derive(Clone, Copy)]
pub struct Engine(StoredValue<Rc<RefCell<Inner>>, LocalStorage>);

impl Engine {
    /// An engine that is not started.
    pub fn idle() -> Self {
        Self(StoredValue::new_local(Rc::default()))
    }

    /// Starts a worker, in the place of whatever was there; `hear` is told everything but answers.
    ///
    /// Questions that were open are forgotten.
    pub fn start(self, hear: impl Fn(Heard) + Clone + 'static) {
        self.leave();
        let link = EngineLink::spawn(self.hearing(hear));
        self.inner().borrow_mut().link = Some(Link::Tab(link));
    }

    /// Connects to the cluster of the server that this page came from, in the place of whatever was there.
    ///
    /// `lost` is the reason that is told if the server gives none.
    pub fn visit(self, key: &str, lost: &'static str, hear: impl Fn(Heard) + Clone + 'static) {
        self.leave();
        match ServerLink::connect(key, lost, self.hearing(hear.clone())) {
            Ok(link) => self.inner().borrow_mut().link = Some(Link::Server(link)),
            Err(reason) => hear(Heard::Lost(reason)),
        }
    }

    /// Ends what is at the other end, and forgets what was on the way.
    fn leave(self) {
        let inner = self.inner();
        let mut inner = inner.borrow_mut();
        inner.asked.clear();
        inner.waiting.clear();
        inner.link = None;
    }

    fn hearing(self, hear: impl Fn(Heard) + Clone + 'static) -> impl Fn(News) + 'static {
        move |news| match news {
            News::Ready => hear(Heard::Ready),
            News::Died(reason) => hear(Heard::Lost(reason)),
            News::Message(bytes) => match wire::decode::<ToPage>(&bytes) {
                Ok(message) => self.take(message, hear.clone()),
                Err(error) => hear(Heard::Lost(error.to_string())),
            },
        }
    }

    /// Sends a message.
    pub fn send(self, message: &ToWorker) {
        let inner = self.inner();
        if let (Some(link), Ok(bytes)) = (&inner.borrow().link, wire::encode(message)) {
            link.send(&bytes);
        }
    }

    /// Asks something; `then` gets the answer, unless the engine is gone before.
    pub fn ask(self, question: Question, then: impl FnOnce(Answer) + 'static) {
        let inner = self.inner();
        let id = inner.borrow().last_question.wrapping_add(1);
        inner.borrow_mut().last_question = id;
        inner.borrow_mut().asked.insert(id, Box::new(then));
        self.send(&ToWorker::Ask(id, question));
    }

    fn inner(self) -> Rc<RefCell<Inner>> {
        self.0.get_value()
    }

    fn take(self, message: ToPage, hear: impl Fn(Heard) + 'static) {
        let inner = self.inner();
        if let ToPage::Answer(id, answer) = message {
            let then = inner.borrow_mut().asked.remove(&id);
            if let Some(then) = then {
                then(answer);
            }
            return;
        }
        let may_wait = inner.borrow().resting && may_wait(&message);
        inner.borrow_mut().waiting.push(message);
        if inner.borrow().waiting.len() >= WAITING_DELTAS_MAX {
            self.flush(hear);
        } else if !may_wait {
            self.draw_soon(hear);
        }
    }

    /// Hands over what waits at the next frame.
    fn draw_soon(self, hear: impl Fn(Heard) + 'static) {
        let inner = self.inner();
        if !std::mem::replace(&mut inner.borrow_mut().frame_asked, true) {
            request_animation_frame(move || self.flush(hear));
        }
    }

    fn flush(self, hear: impl Fn(Heard) + 'static) {
        let inner = self.inner();
        inner.borrow_mut().frame_asked = false;
        let messages = std::mem::take(&mut inner.borrow_mut().waiting);
        if messages.is_empty() {
            return;
        }
        let begun = now_ms();
        hear(Heard::Messages(messages));
        // The panels have drawn when this timer goes off, and the browser has laid them out.
        set_timeout(move || self.rest(now_ms() - begun, hear), Duration::ZERO);
    }

    /// Lets the page rest after a drawing that took so long, then goes on with what has come.
    fn rest(self, drawing_ms: f64, hear: impl Fn(Heard) + 'static) {
        if drawing_ms < LONG_MS {
            return;
        }
        let inner = self.inner();
        inner.borrow_mut().resting = true;
        let rest = Duration::from_secs_f64((drawing_ms * REST_DRAWINGS).min(REST_MS_MAX) / 1_000.0);
        let end = move || {
            self.inner().borrow_mut().resting = false;
            self.draw_soon(hear);
        };
        set_timeout(end, rest);
    }
}

/// True for a message that says how things go on; what ends something, or answers the person, is shown at once.
fn may_wait(message: &ToPage) -> bool {
    matches!(message, ToPage::Delta(delta) if delta.clock.playing.is_some() && delta.reset.is_none())
}

/// The page's clock, in milliseconds.
fn now_ms() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now())
}

/// The deltas of `messages`, and the rest.
pub fn split(messages: Vec<ToPage>) -> (Vec<Delta>, Vec<ToPage>) {
    let mut deltas = Vec::new();
    let mut rest = Vec::new();
    for message in messages {
        match message {
            ToPage::Delta(delta) => deltas.push(*delta),
            other => rest.push(other),
        }
    }
    (deltas, rest)
}
