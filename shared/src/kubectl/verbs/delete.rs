//! `kubectl delete`: by name, file, selector or all; waits until the objects are gone.
//!
//! Upstream: `k8s.io/kubectl/pkg/cmd/delete/delete.go`.

use crate::api::{Options, Propagation, Verb as ApiVerb};
use crate::kubectl::failure::{Failure, quoted};
use crate::kubectl::flags::{Args, DRY_RUN, FILES, Flag, SELECTOR, number, optional, span, switch, switch_on, text};
use crate::kubectl::resource_args::{self, Item, Reading, Selection};
use crate::kubectl::session::Session;
use crate::kubectl::verbs::{Job, Run, Step, Trial, Verb};
use crate::model::{Span, Text, Time, Value};

/// How long `delete` waits when no time-out is given: a week, in seconds.
const WAIT_SECONDS: i64 = 168 * 3_600;

const FLAGS: &[Flag] = &[
    switch("all"),
    switch("all-namespaces").or('A'),
    text("field-selector"),
    switch("force"),
    number("grace-period", "-1"),
    switch("now"),
    optional("cascade", "background", "background"),
    switch_on("wait"),
    span("timeout", "0s"),
    switch("ignore-not-found"),
    switch("interactive").or('i'),
    text("output").or('o'),
    text("raw"),
];

/// The verb.
pub(super) const VERB: Verb = Verb {
    name: "delete",
    about: "Delete resources by file names, stdin, resources and names, or by resources and label selector",
    usage: "([-f FILENAME] | [-k DIRECTORY] | TYPE [(NAME | -l label | --all)])",
    flags: &[FLAGS, FILES, SELECTOR, DRY_RUN],
    run: Run::Job(start),
    ..Verb::NONE
};

/// What every deletion of a command has in common.
#[derive(Clone, Debug)]
struct Manner {
    grace: i64,
    propagation: Propagation,
    trial: Trial,
    name_only: bool,
}

/// An object that should go: it is gone when it is missing, or another with its name took its place.
struct Gone {
    item: Item,
    uid: Text,
}

/// Waits until objects are gone.
struct AwaitDeletion {
    waiting: Vec<Gone>,
    deadline: Time,
    failures: Vec<Failure>,
}

fn start(args: &Args, session: &mut Session<'_>) -> Result<Box<dyn Job>, Failure> {
    let manner = manner(args, session)?;
    let reading = Reading { words: &args.words, ..Reading::default() };
    let selection = resource_args::select(session, args, reading)?;
    let by_selector = matches!(selection, Selection::Lists(..));
    let (items, mut failures) = targets(session, selection);
    let ignore_missing = args.is("ignore-not-found") || (by_selector && !args.has("ignore-not-found"));
    if items.is_empty() && failures.is_empty() {
        session.out("No resources found\n");
    }
    warn_about_scope(session, args, &items);
    let mut waiting = Vec::new();
    for item in items {
        match delete(session, &item, &manner) {
            Ok(uid) => waiting.push(Gone { item, uid }),
            Err(failure) if ignore_missing && failure.is_not_found() => {}
            Err(failure) => failures.push(failure.about("deleting", &item.source)),
        }
    }
    if !args.is("wait") || manner.trial != Trial::No || !failures.is_empty() {
        waiting.clear();
    }
    let timeout = args.span("timeout");
    let timeout = if timeout == Span::ZERO { Span::seconds(WAIT_SECONDS) } else { timeout };
    Ok(Box::new(AwaitDeletion { waiting, deadline: session.now() + timeout, failures }))
}

fn manner(args: &Args, session: &mut Session<'_>) -> Result<Manner, Failure> {
    let mut grace = args.number("grace-period");
    let force = args.is("force");
    if args.is("now") {
        if grace != -1 {
            return Err(Failure::text("--now and --grace-period cannot be specified together"));
        }
        grace = 1;
    }
    if grace == 0 && !force {
        grace = 1;
    }
    if force && grace < 0 {
        grace = 0;
    }
    let output = args.get("output");
    if !matches!(output, "" | "name") {
        return Err(Failure::text(format!("unexpected -o output mode: {output}. We only support '-o name'")));
    }
    for flag in ["selector", "field-selector"] {
        if args.is("all") && args.has(flag) {
            return Err(Failure::text(format!("cannot set --all and --{flag} at the same time")));
        }
    }
    if args.is("interactive") || args.has("raw") {
        return Err(Failure::text("--interactive and --raw are not part of this kubectl"));
    }
    if force && grace > 0 {
        return Err(Failure::text("--force and --grace-period greater than 0 cannot be specified together"));
    }
    if force {
        session.warn_always("Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.");
    }
    let propagation = propagation(args.get("cascade"))?;
    Ok(Manner { grace, propagation, trial: Trial::of(args)?, name_only: output == "name" })
}

fn propagation(cascade: &str) -> Result<Propagation, Failure> {
    match cascade {
        "background" | "true" => Ok(Propagation::Background),
        "foreground" => Ok(Propagation::Foreground),
        "orphan" | "false" => Ok(Propagation::Orphan),
        other => Err(Failure::text(format!(
            "invalid cascade value ({other}). Must be \"background\", \"foreground\", or \"orphan\""
        ))),
    }
}

fn targets(session: &mut Session<'_>, selection: Selection) -> (Vec<Item>, Vec<Failure>) {
    match selection {
        Selection::Files(items) | Selection::Names(items) => (items, Vec::new()),
        lists @ Selection::Lists(..) => resource_args::fetch(session, lists),
    }
}

fn warn_about_scope(session: &mut Session<'_>, args: &Args, items: &[Item]) {
    let scoped = session.namespace_enforced() && !args.is("all-namespaces");
    if scoped && items.iter().any(|it| !it.kind.namespaced) {
        session.warn_always("deleting cluster-scoped resources, not scoped to the provided namespace");
    }
}

/// Asks for one object to go and says so; gives its uid.
fn delete(session: &mut Session<'_>, item: &Item, manner: &Manner) -> Result<Text, Failure> {
    let mut uid = Text::default();
    if manner.trial != Trial::Client {
        let options = Options {
            dry_run: manner.trial.option(),
            propagation: Some(manner.propagation),
            grace_period_seconds: (manner.grace >= 0).then_some(manner.grace),
            ..Options::default()
        };
        let target = item.kind.target(&item.namespace, &item.name);
        let response = session.send(ApiVerb::Delete, target, Value::Null, options)?;
        uid = response.as_object().map(crate::model::Object::uid).unwrap_or_default();
    }
    session.line(message(item, manner));
    Ok(uid)
}

fn message(item: &Item, manner: &Manner) -> String {
    let label = item.kind.label();
    if manner.name_only {
        return format!("{label}/{}", item.name);
    }
    let word = if manner.grace == 0 { "force deleted" } else { "deleted" };
    let from = if item.kind.namespaced { format!(" from {} namespace", item.namespace) } else { String::new() };
    format!("{label} {} {word}{from}{}", quoted(&item.name), manner.trial.suffix())
}

impl Job for AwaitDeletion {
    fn step(&mut self, session: &mut Session<'_>) -> Result<Step, Failure> {
        self.waiting.retain(|it| !is_gone(session, it));
        if self.waiting.is_empty() {
            return Failure::all(std::mem::take(&mut self.failures)).map(|()| Step::Done);
        }
        if session.now() >= self.deadline {
            let late = |it: &Gone| {
                let resource = it.item.kind.name();
                Failure::text(format!("timed out waiting for the condition on {}/{}", resource.plural(), it.item.name))
            };
            return Failure::all(self.waiting.iter().map(late).collect()).map(|()| Step::Done);
        }
        session.wake_at(self.deadline);
        Ok(Step::Wait)
    }
}

fn is_gone(session: &mut Session<'_>, gone: &Gone) -> bool {
    match session.get(&gone.item.kind, &gone.item.namespace, &gone.item.name) {
        Ok(object) => !gone.uid.is_empty() && object.uid() != gone.uid,
        Err(failure) => failure.is_not_found(),
    }
}
