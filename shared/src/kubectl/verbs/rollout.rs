//! `kubectl rollout`: status, history, undo, pause, resume, restart.
//!
//! Upstream: `k8s.io/kubectl/pkg/cmd/rollout`, `pkg/polymorphichelpers`.

use crate::api::{Options, PatchKind};
use crate::kubectl::describe::pod;
use crate::kubectl::describe::writer::Writer;
use crate::kubectl::failure::{Failure, quoted};
use crate::kubectl::flags::{Args, DRY_RUN, FILES, Flag, OUTPUT, SELECTOR, number, span, switch_on, text};
use crate::kubectl::history;
use crate::kubectl::print::Format;
use crate::kubectl::print::tabs::DESCRIPTION;
use crate::kubectl::resource_args::{self, Item, KindAlone, Reading};
use crate::kubectl::session::Session;
use crate::kubectl::verbs::apply::LAST_APPLIED;
use crate::kubectl::verbs::{Job, Run, Started, Step, Trial, Verb, report};
use crate::model::{Object, Order, Span, Time, Value};

/// Where people say why they changed something.
pub(super) const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";
const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";

/// Annotations of a deployment that a rollback leaves alone.
const KEPT: &[&str] = &[
    LAST_APPLIED,
    history::REVISION,
    "deployment.kubernetes.io/revision-history",
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deprecated.deployment.rollback.to",
];

const USAGE: &str = "(TYPE NAME | TYPE/NAME) [flags]";

/// `rollout status`.
pub(super) const STATUS: Verb = Verb {
    name: "rollout status",
    about: "Show the status of the rollout",
    usage: USAGE,
    flags: &[STATUS_FLAGS, FILES, SELECTOR],
    run: Run::Job(status),
    ..Verb::NONE
};
const STATUS_FLAGS: &[Flag] = &[switch_on("watch").or('w'), number("revision", "0"), span("timeout", "0s")];

/// `rollout history`.
pub(super) const HISTORY: Verb = Verb {
    name: "rollout history",
    about: "View rollout history",
    usage: USAGE,
    flags: &[&[number("revision", "0")], FILES, SELECTOR, OUTPUT],
    run: Run::Once(show_history),
    ..Verb::NONE
};

/// `rollout undo`.
pub(super) const UNDO: Verb = Verb {
    name: "rollout undo",
    about: "Undo a previous rollout",
    usage: USAGE,
    flags: &[&[number("to-revision", "0")], FILES, SELECTOR, OUTPUT, DRY_RUN],
    run: Run::Once(undo),
    ..Verb::NONE
};

/// `rollout pause`.
pub(super) const PAUSE: Verb = Verb {
    name: "rollout pause",
    about: "Mark the provided resource as paused",
    usage: USAGE,
    flags: &[&[text("field-manager")], FILES, SELECTOR, OUTPUT],
    run: Run::Once(|args, session| change(args, session, Change::Pause)),
    ..Verb::NONE
};

/// `rollout resume`.
pub(super) const RESUME: Verb = Verb {
    name: "rollout resume",
    about: "Resume a paused resource",
    run: Run::Once(|args, session| change(args, session, Change::Resume)),
    ..PAUSE
};

/// `rollout restart`.
pub(super) const RESTART: Verb = Verb {
    name: "rollout restart",
    about: "Restart a resource",
    run: Run::Once(|args, session| change(args, session, Change::Restart)),
    ..PAUSE
};

/// Waits for rollouts, one after the other.
struct Status {
    waiting: Vec<Item>,
    revision: i64,
    watch: bool,
    deadline: Option<Time>,
    /// The object that was looked at last.
    seen: u64,
}

fn status(args: &Args, session: &mut Session<'_>) -> Started {
    let words = Reading { words: &args.words, kind_alone: KindAlone::All };
    if args.words.is_empty() && !crate::kubectl::documents::wanted(args) {
        return Err(args.usage("required resource not specified"));
    }
    let selection = resource_args::select(session, args, words)?;
    let (mut waiting, failures) = resource_args::fetch(session, selection);
    Failure::all(failures)?;
    if waiting.is_empty() {
        let namespace = session.namespace();
        session.error(format!("No resources found in {namespace} namespace.\n"));
    }
    if args.number("revision") < 0 {
        return Err(Failure::text(format!("revision must be a positive integer: {}", args.number("revision"))));
    }
    waiting.reverse();
    let timeout = args.span("timeout");
    let deadline = (timeout > Span::ZERO).then(|| session.now() + timeout);
    Ok(Box::new(Status { waiting, revision: args.number("revision"), watch: args.is("watch"), deadline, seen: 0 }))
}

impl Job for Status {
    fn step(&mut self, session: &mut Session<'_>) -> Result<Step, Failure> {
        while let Some(item) = self.waiting.last().cloned() {
            let object = match session.get(&item.kind, &item.namespace, &item.name) {
                Err(failure) if failure.is_not_found() => return Err(Failure::text("object has been deleted")),
                other => other?,
            };
            if object.resource_version() != self.seen || self.seen == 0 {
                self.seen = object.resource_version();
                let (text, done) = progress(&object, self.revision)?;
                session.line(text);
                if done || !self.watch {
                    self.waiting.pop();
                    self.seen = 0;
                    continue;
                }
            }
            if self.deadline.is_some_and(|it| session.now() >= it) {
                return Err(Failure::text("timed out waiting for the condition"));
            }
            if let Some(deadline) = self.deadline {
                session.wake_at(deadline);
            }
            return Ok(Step::Wait);
        }
        Ok(Step::Done)
    }
}

/// How far a rollout is, in kubectl's words, and whether it is over.
fn progress(object: &Object, revision: i64) -> Result<(String, bool), Failure> {
    match object.kind() {
        "Deployment" => deployment_progress(object, revision),
        "DaemonSet" => daemon_set_progress(object),
        "StatefulSet" => stateful_set_progress(object),
        kind => Err(Failure::text(format!("no status viewer has been implemented for {kind}"))),
    }
}

fn deployment_progress(it: &Object, revision: i64) -> Result<(String, bool), Failure> {
    let running = history::revision(it);
    if revision > 0 && revision != running {
        return Err(Failure::text(format!(
            "desired revision ({revision}) is different from the running revision ({running})"
        )));
    }
    let number = |field: &str| it.at(field).int_or(0);
    if it.generation() > number("status.observedGeneration") {
        return Ok(("Waiting for deployment spec update to be observed...".into(), false));
    }
    let name = quoted(&it.name());
    if it.condition("Progressing").get("reason").str() == "ProgressDeadlineExceeded" {
        return Err(Failure::text(format!("deployment {name} exceeded its progress deadline")));
    }
    let wanted = it.at("spec.replicas").int_or(1);
    let (updated, all, available) =
        (number("status.updatedReplicas"), number("status.replicas"), number("status.availableReplicas"));
    let waiting = format!("Waiting for deployment {name} rollout to finish:");
    Ok(if updated < wanted {
        (format!("{waiting} {updated} out of {wanted} new replicas have been updated..."), false)
    } else if all > updated {
        (format!("{waiting} {} old replicas are pending termination...", all - updated), false)
    } else if available < updated {
        (format!("{waiting} {available} of {updated} updated replicas are available..."), false)
    } else {
        (format!("deployment {name} successfully rolled out"), true)
    })
}

fn daemon_set_progress(it: &Object) -> Result<(String, bool), Failure> {
    if it.at("spec.updateStrategy.type").str() != "RollingUpdate" {
        return Err(Failure::text("rollout status is only available for RollingUpdate strategy type"));
    }
    let number = |field: &str| it.at("status").get(field).int_or(0);
    if it.generation() > number("observedGeneration") {
        return Ok(("Waiting for daemon set spec update to be observed...".into(), false));
    }
    let (updated, wanted, available) =
        (number("updatedNumberScheduled"), number("desiredNumberScheduled"), number("numberAvailable"));
    let name = quoted(&it.name());
    let waiting = format!("Waiting for daemon set {name} rollout to finish:");
    Ok(if updated < wanted {
        (format!("{waiting} {updated} out of {wanted} new pods have been updated..."), false)
    } else if available < wanted {
        (format!("{waiting} {available} of {wanted} updated pods are available..."), false)
    } else {
        (format!("daemon set {name} successfully rolled out"), true)
    })
}

fn stateful_set_progress(it: &Object) -> Result<(String, bool), Failure> {
    if it.at("spec.updateStrategy.type").str() != "RollingUpdate" {
        return Err(Failure::text("rollout status is only available for RollingUpdate strategy type"));
    }
    let number = |field: &str| it.at("status").get(field).int_or(0);
    let observed = number("observedGeneration");
    if observed == 0 || it.generation() > observed {
        return Ok(("Waiting for statefulset spec update to be observed...".into(), false));
    }
    let (wanted, ready, updated) =
        (it.at("spec.replicas").int_or(1), number("readyReplicas"), number("updatedReplicas"));
    if ready < wanted {
        return Ok((format!("Waiting for {} pods to be ready...", wanted - ready), false));
    }
    let rolling = it.at("spec.updateStrategy.rollingUpdate");
    let revision = |field: &str| it.at("status").get(field).str();
    Ok(if !rolling.is_null() {
        let due = wanted - rolling.get("partition").int_or(0);
        if updated < due {
            let text = "Waiting for partitioned roll out to finish:";
            (format!("{text} {updated} out of {due} new pods have been updated..."), false)
        } else {
            (format!("partitioned roll out complete: {updated} new pods have been updated..."), true)
        }
    } else if revision("updateRevision") != revision("currentRevision") {
        let to = revision("updateRevision");
        (format!("waiting for statefulset rolling update to complete {updated} pods at revision {to}..."), false)
    } else {
        let (current, at) = (number("currentReplicas"), revision("currentRevision"));
        (format!("statefulset rolling update complete {current} pods at revision {at}..."), true)
    })
}

fn targets(args: &Args, session: &mut Session<'_>) -> Result<Vec<Item>, Failure> {
    if args.words.is_empty() && !crate::kubectl::documents::wanted(args) {
        return Err(args.usage("required resource not specified"));
    }
    let reading = Reading { words: &args.words, kind_alone: KindAlone::All };
    let selection = resource_args::select(session, args, reading)?;
    let (items, failures) = resource_args::fetch(session, selection);
    Failure::all(failures)?;
    Ok(items)
}

fn show_history(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let revision = args.number("revision");
    if revision < 0 {
        return Err(Failure::text(format!("revision must be a positive integer: {revision}")));
    }
    for item in targets(args, session)? {
        let text = history_of(session, &item, revision)?;
        let with = if revision > 0 { format!("with revision #{revision}") } else { String::new() };
        session.out(format!("{} {with}\n{text}\n", item.label()));
    }
    Ok(())
}

fn history_of(session: &mut Session<'_>, item: &Item, revision: i64) -> Result<String, Failure> {
    let mut revisions = revisions(session, item)?;
    if revisions.is_empty() {
        return Ok("No rollout history found.".into());
    }
    revisions.order_by_key(|it| it.number);
    if revision > 0 {
        let found = revisions.iter().find(|it| it.number == revision);
        let found = found.ok_or_else(|| Failure::text("unable to find the specified revision"))?;
        let mut template = found.template.clone();
        if !found.cause.is_empty() {
            template.entry("metadata.annotations").map_mut().insert(CHANGE_CAUSE, found.cause.as_str());
        }
        let mut out = Writer::default();
        pod::template(&mut out, &template);
        return Ok(out.finish());
    }
    let rows = revisions.iter().map(|it| {
        let cause = if it.cause.is_empty() { "<none>" } else { &it.cause };
        format!("{}\t{cause}\n", it.number)
    });
    Ok(DESCRIPTION.align(&format!("REVISION\tCHANGE-CAUSE\n{}", rows.collect::<String>())))
}

/// A template that a workload had.
struct Revision {
    number: i64,
    cause: String,
    template: Value,
    /// The annotations of the set that keeps it.
    annotations: Value,
}

fn revisions(session: &mut Session<'_>, item: &Item) -> Result<Vec<Revision>, Failure> {
    match item.object.kind() {
        "Deployment" => {
            let sets = history::replica_sets(session, &item.object)?;
            Ok(sets.iter().filter(|it| history::revision(it) > 0).map(revision_of).collect())
        }
        "DaemonSet" | "StatefulSet" => of_controller_revisions(session, item),
        _ => Err(Failure::text(format!("no history viewer has been implemented for {}", quoted(&item.kind.kind)))),
    }
}

fn revision_of(set: &Object) -> Revision {
    Revision {
        number: history::revision(set),
        cause: set.annotation(CHANGE_CAUSE).unwrap_or_default().to_owned(),
        template: set.at("spec.template").clone(),
        annotations: set.metadata().get("annotations").clone(),
    }
}

fn of_controller_revisions(session: &mut Session<'_>, item: &Item) -> Result<Vec<Revision>, Failure> {
    let kind = session.kinds().require("controllerrevisions.apps")?;
    let labels = crate::model::selector::describe(item.object.at("spec.selector"));
    let mut all = session.select(&kind, &item.namespace, &labels)?;
    all.retain(|it| it.controller().is_some_and(|owner| owner.uid == item.object.uid()));
    let revisions = all.iter().map(|it| Revision {
        number: it.get("revision").int_or(0),
        cause: it.annotation(CHANGE_CAUSE).unwrap_or_default().to_owned(),
        template: it.at("data.spec.template").clone(),
        annotations: it.metadata().get("annotations").clone(),
    });
    Ok(revisions.collect())
}

fn undo(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let (format, trial) = (Format::of(args, session)?, Trial::of(args)?);
    let to = args.number("to-revision");
    for item in targets(args, session)? {
        if item.object.annotation(LAST_APPLIED).is_some() {
            let (plural, name) = (&item.kind.plural, &item.name);
            session.warn_always(&format!(
                "resource {plural}/{name} was previously managed with 'kubectl apply'. Rolling back will not update the {LAST_APPLIED} annotation, which may cause unexpected behavior on future 'kubectl apply' operations. Consider using 'kubectl apply' with your previous configuration file instead."
            ));
        }
        let word = roll_back(session, &item, to, trial)?;
        report(session, args, &format, &item.object, &word, Trial::No);
    }
    Ok(())
}

fn roll_back(session: &mut Session<'_>, item: &Item, to: i64, trial: Trial) -> Result<String, Failure> {
    let revision = wanted_revision(revisions(session, item)?, item, to)?;
    if trial == Trial::Client {
        let mut out = Writer::default();
        pod::template(&mut out, &revision.template);
        return Ok(out.finish());
    }
    if item.object.at("spec.paused").is_true() {
        return Err(Failure::text(
            "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again",
        ));
    }
    let template = history::without_hash(&revision.template);
    if template == history::without_hash(item.object.at("spec.template")) {
        return Ok(format!("skipped rollback (current template already matches revision {to})"));
    }
    let (kind, patch) = if item.object.kind() == "Deployment" {
        (PatchKind::Json, deployment_patch(&item.object, &revision, &template))
    } else {
        let mut template = template;
        template.map_mut().insert("$patch", "replace");
        let spec = Value::from([("template", template)]);
        (PatchKind::StrategicMerge, Value::from([("spec", spec)]))
    };
    let options = Options { dry_run: trial.option(), ..Options::default() };
    let sent = session.patch(item.kind.target(&item.namespace, &item.name), kind, patch, options);
    sent.map_err(|it| Failure::text(format!("failed restoring revision {to}: {}", it.bare())))?;
    Ok(format!("rolled back{}", trial.suffix()))
}

fn wanted_revision(mut revisions: Vec<Revision>, item: &Item, to: i64) -> Result<Revision, Failure> {
    let not_found = || Failure::text(format!("unable to find specified revision {to} in history"));
    revisions.order_by_key(|it| it.number);
    if to != 0 {
        return revisions.into_iter().find(|it| it.number == to).ok_or_else(not_found);
    }
    let current = history::without_hash(item.object.at("spec.template"));
    let newest = revisions.iter().rposition(|it| history::without_hash(&it.template) == current);
    let before = newest.unwrap_or(revisions.len());
    let previous = revisions.into_iter().take(before).next_back();
    previous.ok_or_else(|| match item.object.kind() {
        "Deployment" => Failure::text(format!("no rollout history found for deployment {}", quoted(&item.name))),
        _ => Failure::text("no last revision to roll back to"),
    })
}

fn deployment_patch(deployment: &Object, revision: &Revision, template: &Value) -> Value {
    let mut annotations = Value::map();
    for (key, value) in deployment.metadata().get("annotations").fields() {
        if KEPT.contains(&key.as_str()) {
            annotations.map_mut().insert(key.clone(), value.clone());
        }
    }
    for (key, value) in revision.annotations.fields() {
        if !KEPT.contains(&key.as_str()) {
            annotations.map_mut().insert(key.clone(), value.clone());
        }
    }
    let replace =
        |path: &str, value: Value| Value::from([("op", "replace".into()), ("path", path.into()), ("value", value)]);
    vec![replace("/spec/template", template.clone()), replace("/metadata/annotations", annotations)].into()
}

/// What `pause`, `resume` and `restart` do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Pause,
    Resume,
    Restart,
}

fn change(args: &Args, session: &mut Session<'_>, change: Change) -> Result<(), Failure> {
    let format = Format::of(args, session)?;
    let mut failures = Vec::new();
    for item in targets(args, session)? {
        match patch_for(&item, change, session.now()) {
            Ok(patch) => {
                let manager = match args.get("field-manager") {
                    "" => "kubectl-rollout",
                    given => given,
                };
                let options = Options { field_manager: manager.into(), ..Options::default() };
                let target = item.kind.target(&item.namespace, &item.name);
                let object = session.patch(target, PatchKind::StrategicMerge, patch, options)?;
                let word = match change {
                    Change::Pause => "paused",
                    Change::Resume => "resumed",
                    Change::Restart => "restarted",
                };
                report(session, args, &format, &object, word, Trial::No);
            }
            Err(failure) => failures.push(failure),
        }
    }
    Failure::all(failures)
}

fn patch_for(item: &Item, change: Change, now: Time) -> Result<Value, Failure> {
    let (kind, paused) = (item.object.kind(), item.object.at("spec.paused").is_true());
    let named = format!("{}.{} {}", item.kind.plural, item.kind.group, quoted(&item.name));
    let refused = |why: &str| Err(Failure::text(format!("{named} {why}")));
    let spec = |field: &str, value: Value| Ok(Value::from([("spec", Value::from([(field, value)]))]));
    match change {
        Change::Pause | Change::Resume if kind != "Deployment" => {
            let verb = if change == Change::Pause { "pausing" } else { "resuming" };
            refused(&format!("{verb} is not supported"))
        }
        Change::Pause if paused => refused("is already paused"),
        Change::Resume if !paused => refused("is not paused"),
        Change::Pause => spec("paused", true.into()),
        Change::Resume => spec("paused", Value::Null),
        Change::Restart if paused => refused("can't restart paused deployment (run rollout resume first)"),
        Change::Restart if !matches!(kind, "Deployment" | "DaemonSet" | "StatefulSet") => {
            refused("restarting is not supported")
        }
        Change::Restart => {
            let annotations = Value::from([(RESTARTED_AT, now.to_string().into())]);
            spec("template", Value::from([("metadata", Value::from([("annotations", annotations)]))]))
        }
    }
}
