//! Admission webhooks and the cluster's own parts: a write that needs a webhook's answer is refused for now and tried again,
//! as whoever sends it does with every refusal; meanwhile the host makes the call.
//!
//! `DIFFERENCE`: an event that a webhook is about is dropped, and a write that is never the same twice (a heartbeat) goes
//! on after some tries as if the webhook could not be reached.

use super::Cluster;
use crate::api::admission::calls::waiting;
use crate::api::admission::{Attempt, HookAnswer, HookCall};
use crate::api::certificates::SignatureCheck;
use crate::api::{Request, Response, Tried};
use crate::model::{Span, Text, Time};
use crate::trace::Cause;
use std::collections::VecDeque;

/// How many writes wait at a time; the one that was tried least recently gives way.
const PARKED_MAX: usize = 1_024;
/// After how long a write that nobody has tried again is forgotten: longer than any call takes.
const FORGOTTEN_AFTER: Span = Span::seconds(120);
/// How often a write may have become another one while it waited.
const CHANGES_MAX: usize = 3;
/// Why the webhooks of a write that is never the same are not called any more.
const RESTLESS: &str = "the write was another one each time when the webhook's answer came";

/// What waits, and what is to be called for it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hooks {
    is_on: bool,
    parked: VecDeque<Parked>,
    number: u64,
    due: VecDeque<(u64, HookCall)>,
}

/// A write that waits.
#[derive(Clone, Debug)]
struct Parked {
    number: u64,
    request: Request,
    attempt: Attempt,
    /// How many calls are still to be answered.
    open: usize,
    /// How often it was another one before.
    changes: usize,
}

impl Cluster {
    /// Says that the host calls webhooks. Until then those that are needed fail.
    pub fn with_webhooks(mut self) -> Self {
        self.hooks.is_on = true;
        self
    }

    /// Takes new certificate requests only if `check` says that their own keys have signed them. Until then nobody looks.
    pub fn with_signatures(mut self, check: SignatureCheck) -> Self {
        self.api.check_signatures(check);
        self
    }

    /// Tries to handle a person's request, as [`Self::request`] does without trying.
    ///
    /// # Errors
    /// The webhooks that have to be called first.
    pub fn attempt(
        &mut self,
        request: &Request,
        cause: Cause,
        attempt: &mut Attempt,
    ) -> Result<Response, Vec<HookCall>> {
        if let Some(response) = self.answer_from_node(request) {
            return Ok(response);
        }
        let before = self.api.store().revision();
        let tried = self.api.attempt(request, self.now, attempt);
        self.record_since(before, &crate::trace::Actor::User, cause, &Text::default(), &[]);
        tried
    }

    /// Lets admission judge a connection to a pod; the body of `request` are its options.
    ///
    /// # Errors
    /// The webhooks that have to be called first; inside of it, the refusal.
    pub fn admit_connection(&mut self, request: &Request, attempt: &mut Attempt) -> Tried<()> {
        self.api.admit_connection(request, self.now, attempt)
    }

    /// At most `most` of the calls that own writes wait for, each once; with what [`Self::answered`] is to be told.
    pub fn calls_due(&mut self, most: usize) -> Vec<(u64, HookCall)> {
        let ready = most.min(self.hooks.due.len());
        self.hooks.due.drain(..ready).collect()
    }

    /// Takes in what became of a call.
    pub fn answered(&mut self, number: u64, call: HookCall, answer: HookAnswer) {
        if let Some(parked) = self.hooks.parked.iter_mut().find(|it| it.number == number) {
            parked.open = parked.open.saturating_sub(1);
            parked.attempt.answered(call, answer);
        }
    }

    /// Handles a write of an own part.
    pub(super) fn handle_own(&mut self, request: &Request) -> Response {
        if !self.hooks.is_on {
            return self.api.handle(request, self.now);
        }
        self.hooks.forget(self.now);
        let (mut attempt, changes) = match self.hooks.take(request) {
            Some(known) if known.open > 0 => {
                self.hooks.parked.push_back(known);
                return Response::status(waiting());
            }
            Some(known) if known.request.body == request.body => (known.attempt, known.changes),
            Some(known) => (Attempt::default(), known.changes + 1),
            None => (Attempt::default(), 0),
        };
        if changes > CHANGES_MAX {
            return self.api.handle_without_calls(request, self.now, RESTLESS);
        }
        match self.api.attempt(request, self.now, &mut attempt) {
            Ok(response) => response,
            Err(calls) => {
                self.hooks.park(request.clone(), attempt, changes, calls);
                Response::status(waiting())
            }
        }
    }
}

impl Hooks {
    /// Lets go of what its author gave up, so that an equal write much later begins anew.
    fn forget(&mut self, now: Time) {
        let is_live = |it: &Parked| it.attempt.began.as_ref().is_some_and(|(at, _)| now - *at < FORGOTTEN_AFTER);
        self.parked.retain(is_live);
    }

    /// What waits of this write; as good as free while nothing waits.
    fn take(&mut self, request: &Request) -> Option<Parked> {
        let place = self.parked.iter().position(|it| is_same(&it.request, request))?;
        self.parked.remove(place)
    }

    fn park(&mut self, request: Request, attempt: Attempt, changes: usize, calls: Vec<HookCall>) {
        self.number += 1;
        let parked = Parked { number: self.number, request, attempt, open: calls.len(), changes };
        if self.parked.len() >= PARKED_MAX
            && let Some(oldest) = self.parked.pop_front()
        {
            self.due.retain(|(number, _)| *number != oldest.number);
        }
        self.due.extend(calls.into_iter().map(|it| (parked.number, it)));
        self.parked.push_back(parked);
    }
}

/// True for two forms of one write.
fn is_same(a: &Request, b: &Request) -> bool {
    let name = |it: &Request, field: &str| it.body.get("metadata").get(field).clone();
    let is_named = |field| name(a, field) == name(b, field);
    a.verb == b.verb && a.target == b.target && a.user == b.user && is_named("name") && is_named("generateName")
}
