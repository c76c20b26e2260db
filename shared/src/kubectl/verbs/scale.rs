//! `kubectl scale`, with and without waiting for the replicas.
//!
//! Upstream: `k8s.io/kubectl/pkg/cmd/scale/scale.go`, `pkg/scale/scale.go`.

use crate::api::{Options, PatchKind};
use crate::kubectl::failure::{Failure, quoted};
use crate::kubectl::flags::{Args, DRY_RUN, FILES, Flag, OUTPUT, SELECTOR, number, span, switch, text};
use crate::kubectl::print::Format;
use crate::kubectl::resource_args::{self, Item};
use crate::kubectl::session::Session;
use crate::kubectl::verbs::{Job, Run, Started, Step, Trial, Verb, report};
use crate::model::{Object, Span, Time, Value};

const FLAGS: &[Flag] = &[
    number("replicas", "0"),
    number("current-replicas", "-1"),
    text("resource-version"),
    span("timeout", "0s"),
    switch("all"),
];

/// The verb.
pub(super) const VERB: Verb = Verb {
    name: "scale",
    about: "Set a new size for a deployment, replica set, or replication controller",
    usage: "[--resource-version=version] [--current-replicas=count] --replicas=COUNT (-f FILENAME | TYPE NAME)",
    flags: &[FLAGS, FILES, SELECTOR, OUTPUT, DRY_RUN],
    run: Run::Job(start),
    ..Verb::NONE
};

/// Waits until the scaled objects have their replicas, if it was asked for.
struct AwaitReplicas {
    waiting: Vec<Item>,
    deadline: Time,
}

fn start(args: &Args, session: &mut Session<'_>) -> Started {
    let replicas = args.number("replicas");
    if !args.has("replicas") || replicas < 0 {
        return Err(Failure::text(
            "The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0",
        ));
    }
    let (format, trial) = (Format::of(args, session)?, Trial::of(args)?);
    let items = resource_args::objects(session, args, &args.words)?;
    if items.is_empty() {
        return Err(Failure::text("no objects passed to scale"));
    }
    let mut waiting = Vec::new();
    for item in items {
        let object = scale(session, args, &item, replicas, trial)?;
        report(session, args, &format, &object, "scaled", trial);
        waiting.push(item);
    }
    let timeout = args.span("timeout");
    if timeout == Span::ZERO || trial != Trial::No {
        waiting.clear();
    }
    Ok(Box::new(AwaitReplicas { waiting, deadline: session.now() + timeout }))
}

fn scale(session: &mut Session<'_>, args: &Args, item: &Item, replicas: i64, trial: Trial) -> Result<Object, Failure> {
    let mut object = item.object.clone();
    object.set("spec.replicas", replicas);
    if trial == Trial::Client {
        return Ok(object);
    }
    if !item.kind.has("scale") {
        return Err(Failure::text("the server could not find the requested resource"));
    }
    precondition(args, item)?;
    let mut patch = Value::from([("spec", Value::from([("replicas", replicas.into())]))]);
    if args.has("resource-version") {
        patch.set("metadata.resourceVersion", args.get("resource-version"));
    }
    let options = Options { dry_run: trial.option(), ..Options::default() };
    let target = item.kind.part(&item.namespace, &item.name, "scale");
    session.patch(target, PatchKind::Merge, patch, options)?;
    Ok(object)
}

fn precondition(args: &Args, item: &Item) -> Result<(), Failure> {
    let (wanted, is) = (args.number("current-replicas"), item.object.at("spec.replicas").int_or(0));
    if args.has("current-replicas") && wanted != is {
        return Err(Failure::text(format!("Expected replicas to be {wanted}, was {is}")));
    }
    let (wanted, is) = (args.get("resource-version"), item.object.resource_version().to_string());
    if !wanted.is_empty() && wanted != is {
        return Err(Failure::text(format!("Expected resource version to be {wanted}, was {is}")));
    }
    Ok(())
}

impl Job for AwaitReplicas {
    fn step(&mut self, session: &mut Session<'_>) -> Result<Step, Failure> {
        let mut left = Vec::new();
        for item in std::mem::take(&mut self.waiting) {
            let object = session.get(&item.kind, &item.namespace, &item.name)?;
            if object.at("spec.replicas").int_or(0) != object.at("status.replicas").int_or(0) {
                left.push(item);
            }
        }
        self.waiting = left;
        let Some(first) = self.waiting.first() else { return Ok(Step::Done) };
        if session.now() >= self.deadline {
            let name = quoted(&first.name);
            return Err(Failure::text(format!("timed out waiting for {name} to be synced")));
        }
        session.wake_at(self.deadline);
        Ok(Step::Wait)
    }
}
