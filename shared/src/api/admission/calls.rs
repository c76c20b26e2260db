//! Calls of webhooks: what a request waits for, and what became of it.
//!
//! Nothing in this crate waits. A try of a request that needs a webhook's answer stops before it has written anything and
//! says which calls it needs; the host makes them and tries again with the answers. Each try of one [`Attempt`] draws the
//! same uids and names and has the same time, so that it asks the same; an answer counts only for the very review that was
//! sent, so that a webhook is asked again about what has changed meanwhile.

use super::WAITING;
use crate::model::{Chance, Text, Time, Value};

/// How many calls one request may need, over all of its tries.
const CALLS_MAX: usize = 256;
/// How long a call may take at most, in seconds.
pub const TIMEOUT_SECONDS_MAX: u64 = 30;

/// A call of a webhook.
#[derive(Clone, Debug, PartialEq)]
pub struct HookCall {
    /// The webhook's name: `pods.example.org`.
    pub name: Text,
    /// `clientConfig`: where it is, and by whom its certificate is signed.
    pub client: Value,
    /// How long it may take, in seconds; from 1 to [`TIMEOUT_SECONDS_MAX`].
    pub timeout_seconds: u64,
    /// The `AdmissionReview` that it is asked with.
    pub review: Value,
}

/// The body that a webhook answered with, or why there is none: `Post "https://…": …`.
pub type HookAnswer = Result<Value, String>;

/// The tries of one request.
#[derive(Clone, Debug, Default)]
pub struct Attempt {
    /// Of the first try; `None` before it.
    pub(crate) began: Option<(Time, Chance)>,
    answers: Vec<(HookCall, HookAnswer)>,
}

impl Attempt {
    /// Takes in what became of a call, for the next try.
    pub fn answered(&mut self, call: HookCall, answer: HookAnswer) {
        self.answers.push((call, answer));
    }
}

/// What the plug-ins of one try know of calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls {
    /// What was answered; `None` where nobody can make calls.
    answers: Option<Vec<(HookCall, HookAnswer)>>,
    needed: Vec<HookCall>,
}

impl Calls {
    /// The calls of a try whose host can make them.
    pub(crate) fn of(attempt: &mut Attempt) -> Self {
        Self { answers: Some(std::mem::take(&mut attempt.answers)), needed: Vec::new() }
    }

    /// What this try lacks; the answers go back to the attempt.
    pub(crate) fn end(self, attempt: &mut Attempt) -> Vec<HookCall> {
        attempt.answers = self.answers.unwrap_or_default();
        self.needed
    }

    /// The answer to a call; `None` if it has to be made first.
    pub(crate) fn answer(&mut self, call: HookCall) -> Option<HookAnswer> {
        let Some(answers) = &self.answers else { return Some(Err(NO_NETWORK.to_owned())) };
        if let Some((_, answer)) = answers.iter().find(|(it, _)| *it == call) {
            return Some(answer.clone());
        }
        if answers.len() + self.needed.len() >= CALLS_MAX {
            return Some(Err(format!("the request needs more than {CALLS_MAX} calls of webhooks")));
        }
        self.needed.push(call);
        None
    }
}

/// Why no webhook is called from inside of the process.
const NO_NETWORK: &str = "this cluster runs without a network, so that it cannot call webhooks";

/// What stands for the answer of a try that waits.
pub(crate) fn waiting() -> crate::api::Status {
    let message = "waits for the answer of an admission webhook".to_owned();
    crate::api::Status { code: 503, reason: WAITING, message, details: Value::Null }
}
