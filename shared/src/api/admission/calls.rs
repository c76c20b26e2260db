//! Calls of webhooks: what a request waits for, and what became of it.
//!
//! Nothing in this crate waits. A try of a request that needs a webhook's answer stops before it has written anything and
//! says which calls it needs; the host makes them and tries again with the answers. Each try of one [`Attempt`] draws the
//! same uids and names and has the same time, so that it asks the same; an answer counts only for the very review that was
//! sent, so that a webhook is asked again about what has changed meanwhile. Of a conversion what each object became counts,
//! so that a list whose objects change all the time comes to an end.

use super::WAITING;
use crate::api::Status;
use crate::api::custom::Converter;
use crate::api::custom::conversion::{Conversions, is_conversion};
use crate::model::{Chance, Object, Text, Time, Value};

/// How many calls one request may need, over all of its tries.
const CALLS_MAX: usize = 256;
/// How many calls of one request are made at a time; with the limit of one answer this bounds what they hold.
const CALLS_AT_ONCE_MAX: usize = 16;
/// How large all answers to one request's calls may be, in bytes.
const ANSWERS_BYTES_MAX: usize = 64 * 1024 * 1024;
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
    /// The `AdmissionReview` or `ConversionReview` that it is asked with.
    pub review: Value,
}

/// The body that a webhook answered with, or why there is none: `Post "https://…": …`.
pub type HookAnswer = Result<Value, String>;

/// The tries of one request.
#[derive(Clone, Debug, Default)]
pub struct Attempt {
    /// Of the first try; `None` before it.
    pub(crate) began: Option<(Time, Chance)>,
    /// The host has asked already whether the request may be made.
    pub(crate) is_authorized: bool,
    known: Known,
}

/// What was answered so far.
#[derive(Clone, Debug, Default)]
struct Known {
    answers: Vec<(HookCall, HookAnswer)>,
    conversions: Conversions,
    calls: usize,
    bytes: usize,
}

impl Attempt {
    /// The tries of a request that is authorized already, so that it is not asked again.
    pub fn authorized() -> Self {
        Self { is_authorized: true, ..Self::default() }
    }

    /// Takes in what became of a call, for the next try.
    pub fn answered(&mut self, call: HookCall, answer: HookAnswer) {
        self.known.calls += 1;
        self.known.bytes += answer.as_ref().map_or_else(String::len, weight);
        if is_conversion(&call) {
            self.known.conversions.take_in(&call, answer);
        } else {
            self.known.answers.push((call, answer));
        }
    }
}

/// About how much memory a value takes, in bytes.
fn weight(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => 0,
            Value::Text(text) => text.len(),
            Value::List(items) => items.iter().map(weight).sum(),
            Value::Map(fields) => fields.iter().map(|(name, it)| size_of::<Text>() + name.len() + weight(it)).sum(),
        }
}

/// What the plug-ins of one try know of calls.
#[derive(Clone, Debug)]
pub(crate) struct Calls {
    known: Known,
    needed: Vec<HookCall>,
    /// Why nobody makes calls; `None` where somebody does.
    refused: Option<&'static str>,
}

impl Default for Calls {
    fn default() -> Self {
        Self::refused(NO_NETWORK)
    }
}

impl Calls {
    /// The calls of a try whose host can make them.
    pub(crate) fn of(attempt: &mut Attempt) -> Self {
        Self { known: std::mem::take(&mut attempt.known), needed: Vec::new(), refused: None }
    }

    /// No call is made, for a reason that is told.
    pub(crate) fn refused(reason: &'static str) -> Self {
        Self { known: Known::default(), needed: Vec::new(), refused: Some(reason) }
    }

    /// What this try lacks; the answers go back to the attempt.
    pub(crate) fn end(self, attempt: &mut Attempt) -> Vec<HookCall> {
        attempt.known = self.known;
        self.needed
    }

    /// The answer to a call; `None` if it has to be made first.
    pub(crate) fn answer(&mut self, call: HookCall) -> Option<HookAnswer> {
        if let Some(reason) = self.refused {
            return Some(Err(reason.to_owned()));
        }
        if let Some((_, answer)) = self.known.answers.iter().find(|(it, _)| *it == call) {
            return Some(answer.clone());
        }
        if self.known.calls + self.needed.len() >= CALLS_MAX {
            return Some(Err(format!("the request needs more than {CALLS_MAX} calls of webhooks")));
        }
        if self.known.bytes > ANSWERS_BYTES_MAX {
            return Some(Err(format!("the webhooks' answers to the request have more than {ANSWERS_BYTES_MAX} bytes")));
        }
        if self.needed.len() < CALLS_AT_ONCE_MAX {
            self.needed.push(call);
        }
        None
    }

    /// Objects in the version `wanted`, which a webhook converts where they are in another one.
    ///
    /// # Errors
    /// It has to be asked first, or what it answered is no object.
    pub(crate) fn converted(
        &mut self,
        converter: &Converter,
        objects: Vec<Object>,
        wanted: &str,
    ) -> Result<Vec<Object>, Status> {
        let (mut all, mut missing) = (Vec::with_capacity(objects.len()), Vec::new());
        for mut object in objects {
            if object.api_version() == wanted {
                all.push(object);
                continue;
            }
            // As upstream's storage has it, an object that is converted has no revision.
            let revision = object.entry("metadata").remove("resourceVersion");
            match self.known.conversions.find(&object, wanted) {
                Some(Ok(new)) => all.push(with_revision(new.clone(), revision)),
                Some(Err(why)) => return Err(Status::internal(why.clone())),
                None => missing.push(object),
            }
        }
        if missing.is_empty() { Ok(all) } else { Err(self.ask(converter, &missing, wanted)) }
    }

    fn ask(&mut self, converter: &Converter, missing: &[Object], wanted: &str) -> Status {
        for call in converter.calls(missing, wanted) {
            if let Some(answer) = self.answer(call.clone()) {
                let mut told = Conversions::default();
                told.take_in(&call, answer);
                if let Some(Err(why)) = missing.iter().find_map(|it| told.find(it, wanted)) {
                    return Status::internal(why.clone());
                }
            }
        }
        waiting()
    }
}

fn with_revision(mut object: Object, revision: Value) -> Object {
    if !revision.is_null() {
        object.set("metadata.resourceVersion", revision);
    }
    object
}

/// Why no webhook is called from inside of the process.
const NO_NETWORK: &str = "this cluster runs without a network, so that it cannot call webhooks";

/// What stands for the answer of a try that waits.
pub(crate) fn waiting() -> Status {
    let message = "waits for the answer of a webhook".to_owned();
    Status { code: 503, reason: WAITING, message, details: Value::Null }
}
