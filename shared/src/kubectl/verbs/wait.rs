//! `kubectl wait`: for a condition, a field, creation or deletion.
//!
//! Upstream: `k8s.io/kubectl/pkg/cmd/wait`.

use crate::kubectl::failure::{Failure, quoted};
use crate::kubectl::flags::{Args, FILES, Flag, OUTPUT, SELECTOR, each, span, switch, text};
use crate::kubectl::print::Format;
use crate::kubectl::resource_args::{self, Item, KindAlone, Reading, Selection};
use crate::kubectl::session::Session;
use crate::kubectl::verbs::{Job, Run, Started, Step, Trial, Verb, report};
use crate::model::jsonpath::{Template, show};
use crate::model::{Object, Span, Text, Time};

/// What a negative time-out means: a week, in seconds.
const WEEK_SECONDS: i64 = 168 * 3_600;

const FLAGS: &[Flag] = &[
    each("for"),
    span("timeout", "30s"),
    switch("all"),
    switch("all-namespaces").or('A'),
    text("field-selector"),
    switch("local"),
];

/// The verb.
pub(super) const VERB: Verb = Verb {
    name: "wait",
    about: "Wait for a specific condition on one or many resources",
    usage: "([-f FILENAME] | resource.group/resource.name | resource.group [(-l label | --all)]) [--for=create|--for=delete|--for condition=available|--for=jsonpath='{}'[=value]]",
    flags: &[FLAGS, FILES, SELECTOR, OUTPUT],
    run: Run::Job(start),
    ..Verb::NONE
};

/// What is waited for.
#[derive(Clone, Debug, PartialEq)]
enum Goal {
    Created,
    Deleted,
    Condition { name: String, status: String },
    Path { template: Template, value: Option<String> },
}

/// Waits for objects one after the other, all with one deadline.
struct Wait {
    args: Args,
    format: Format,
    selection: Selection,
    goal: Goal,
    deadline: Time,
    /// The objects that are left, with the uid each had at the start; `None` before the first look.
    left: Option<Vec<(Item, Text)>>,
}

fn start(args: &Args, session: &mut Session<'_>) -> Started {
    let goals = args.all("for");
    let goal = match goals.as_slice() {
        [] => return Err(Failure::text("unrecognized condition: \"\"")),
        [one] => goal(one)?,
        _ => return Err(Failure::text("several --for are not part of this kubectl: wait for one after the other")),
    };
    let reading = Reading { words: &args.words, kind_alone: KindAlone::Refused };
    let selection = resource_args::select(session, args, reading)?;
    let timeout = args.span("timeout");
    let timeout = if timeout < Span::ZERO { Span::seconds(WEEK_SECONDS) } else { timeout };
    let deadline = session.now() + timeout;
    Ok(Box::new(Wait { args: args.clone(), format: Format::of(args, session)?, selection, goal, deadline, left: None }))
}

fn goal(text: &str) -> Result<Goal, Failure> {
    let lower = text.to_lowercase();
    if lower == "delete" {
        return Ok(Goal::Deleted);
    }
    if lower == "create" {
        return Ok(Goal::Created);
    }
    if lower.starts_with("condition=") {
        let rest = &text["condition=".len()..];
        let (name, status) = rest.split_once('=').unwrap_or((rest, "true"));
        return Ok(Goal::Condition { name: name.to_owned(), status: status.to_owned() });
    }
    if lower.starts_with("jsonpath=") {
        return path_goal(&text["jsonpath=".len()..]);
    }
    Err(Failure::text(format!("unrecognized condition: {}", quoted(text))))
}

/// `{.status.phase}=Running`, or the path alone.
fn path_goal(text: &str) -> Result<Goal, Failure> {
    let end = text.rfind('}').map_or_else(|| text.find('=').unwrap_or(text.len()), |it| it + 1);
    let (path, rest) = text.split_at(end);
    let value = match rest.strip_prefix('=') {
        None if rest.is_empty() => None,
        Some("") => {
            return Err(Failure::text(
                "jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3",
            ));
        }
        Some(value) => Some(value.trim_matches(['\'', '"']).to_owned()),
        None => {
            return Err(Failure::text(format!(
                "jsonpath wait format must be --for=jsonpath='{{.status.readyReplicas}}'=3 or --for=jsonpath='{{.status.readyReplicas}}', not {text}"
            )));
        }
    };
    let template = Template::parse_relaxed(path).map_err(Failure::text)?;
    Ok(Goal::Path { template, value })
}

impl Job for Wait {
    fn step(&mut self, session: &mut Session<'_>) -> Result<Step, Failure> {
        if self.left.is_none() && !self.find(session)? {
            return self.later(session, "");
        }
        while let Some((item, uid)) = self.left.as_ref().and_then(|it| it.first()).cloned() {
            match session.get(&item.kind, &item.namespace, &item.name) {
                Ok(object) if is_met(&self.goal, &object, &uid) => self.met(session, &object),
                Err(failure) if failure.is_not_found() && self.goal == Goal::Deleted => self.met(session, &item.object),
                Ok(_) => return self.later(session, &format!("{}/{}", item.kind.plural, item.name)),
                Err(failure) => return Err(failure),
            }
        }
        Ok(Step::Done)
    }
}

impl Wait {
    /// Looks for the objects at the start; false if they are waited for and not there yet.
    fn find(&mut self, session: &mut Session<'_>) -> Result<bool, Failure> {
        let (items, mut failures) = resource_args::fetch(session, self.selection.clone());
        let missing = !failures.is_empty() && failures.iter().all(Failure::is_not_found);
        if self.goal == Goal::Created && (missing || items.is_empty()) {
            return Ok(false);
        }
        if self.goal == Goal::Deleted {
            failures.retain(|it| !it.is_not_found());
        } else if items.is_empty() && failures.is_empty() {
            return Err(Failure::text("no matching resources found"));
        }
        Failure::all(failures)?;
        let with_uid = items.into_iter().map(|it| {
            let uid = it.object.uid();
            (it, uid)
        });
        self.left = Some(with_uid.collect());
        Ok(true)
    }

    fn met(&mut self, session: &mut Session<'_>, object: &Object) {
        report(session, &self.args, &self.format, object, "condition met", Trial::No);
        if let Some(left) = &mut self.left {
            left.remove(0);
        }
    }

    fn later(&self, session: &mut Session<'_>, what: &str) -> Result<Step, Failure> {
        if session.now() < self.deadline {
            session.wake_at(self.deadline);
            return Ok(Step::Wait);
        }
        let on = if what.is_empty() { String::new() } else { format!(" on {what}") };
        Err(Failure::text(format!("timed out waiting for the condition{on}")))
    }
}

fn is_met(goal: &Goal, object: &Object, uid: &str) -> bool {
    match goal {
        Goal::Created => true,
        Goal::Deleted => object.uid() != uid,
        Goal::Condition { name, status } => condition_is(object, name, status),
        Goal::Path { template, value } => {
            let found = template.find(object);
            match value {
                None => !found.is_empty(),
                Some(value) => found.len() == 1 && found.iter().all(|it| show(it) == *value),
            }
        }
    }
}

/// True if the condition has the status and was observed for the newest generation.
fn condition_is(object: &Object, name: &str, status: &str) -> bool {
    let conditions = object.at("status.conditions").items();
    let Some(found) = conditions.iter().find(|it| it.get("type").str().eq_ignore_ascii_case(name)) else {
        return false;
    };
    let observed = found.get("observedGeneration").as_int().or_else(|| object.at("status.observedGeneration").as_int());
    let stale = observed.is_some_and(|it| it < object.generation());
    !stale && found.get("status").str().eq_ignore_ascii_case(status)
}
