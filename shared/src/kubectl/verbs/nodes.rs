//! `kubectl cordon`, `uncordon`, `drain` and `taint`.
//!
//! Upstream: `k8s.io/kubectl/pkg/cmd/drain`, `pkg/drain`, `pkg/cmd/taint`.

use crate::api::{Options, PatchKind, Verb as ApiVerb};
use crate::kubectl::describe::node::taint as taint_text;
use crate::kubectl::failure::{Failure, quoted};
use crate::kubectl::flags::{Args, DRY_RUN, Flag, OUTPUT, SELECTOR, number, span, switch, text};
use crate::kubectl::print::{self, Format};
use crate::kubectl::resource_args::{self, Item};
use crate::kubectl::session::Session;

use crate::kubectl::verbs::{Job, Run, Started, Step, Trial, Verb, report};
use crate::model::key::resources::{NODES, PODS};
use crate::model::{Object, Order, Selector, Span, Text, Time, Value};

/// How long drain waits before it tries a refused eviction again.
const RETRY_SECONDS: i64 = 5;
const MIRROR: &str = "kubernetes.io/config.mirror";

/// `cordon`.
pub(super) const CORDON: Verb = Verb {
    name: "cordon",
    about: "Mark node as unschedulable",
    usage: "NODE",
    flags: &[SELECTOR, DRY_RUN],
    run: Run::Once(|args, session| cordon_all(args, session, Wanted::Cordoned).map(|_| ())),
    ..Verb::NONE
};

/// `uncordon`.
pub(super) const UNCORDON: Verb = Verb {
    name: "uncordon",
    about: "Mark node as schedulable",
    run: Run::Once(|args, session| cordon_all(args, session, Wanted::Schedulable).map(|_| ())),
    ..CORDON
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Cordoned,
    Schedulable,
}

fn cordon_all(args: &Args, session: &mut Session<'_>, wanted: Wanted) -> Result<Vec<Item>, Failure> {
    if args.words.is_empty() && !args.has("selector") {
        return Err(args.usage(format!("USAGE: {} NODE [flags]", args.command.trim_start_matches("kubectl "))));
    }
    let trial = Trial::of(args)?;
    let mut words = args.words.clone();
    if !words.iter().any(|it| it.contains('/')) {
        words.insert(0, "nodes".into());
    }
    let nodes = resource_args::objects(session, args, &words)?;
    for node in &nodes {
        let word = cordon(session, node, wanted, trial)?;
        session.line(format!("{} {word}{}", node.label(), trial.suffix()));
    }
    Ok(nodes)
}

fn cordon(session: &mut Session<'_>, node: &Item, wanted: Wanted, trial: Trial) -> Result<&'static str, Failure> {
    let is = node.object.at("spec.unschedulable").is_true();
    let (value, word, already) = match wanted {
        Wanted::Cordoned => (Value::from(true), "cordoned", is),
        Wanted::Schedulable => (Value::Null, "uncordoned", !is),
    };
    match (already, wanted) {
        (true, Wanted::Cordoned) => return Ok("already cordoned"),
        (true, Wanted::Schedulable) => return Ok("already uncordoned"),
        (false, _) => {}
    }
    if trial != Trial::Client {
        let patch = Value::from([("spec", Value::from([("unschedulable", value)]))]);
        let options = Options { dry_run: trial.option(), ..Options::default() };
        session.patch(node.kind.target("", &node.name), PatchKind::StrategicMerge, patch, options)?;
    }
    Ok(word)
}

const DRAIN_FLAGS: &[Flag] = &[
    switch("force"),
    number("grace-period", "-1"),
    switch("ignore-daemonsets"),
    span("timeout", "0s"),
    switch("delete-emptydir-data"),
    switch("disable-eviction"),
    text("pod-selector"),
    number("skip-wait-for-delete-timeout", "0"),
    number("chunk-size", "500"),
];

/// `drain`.
pub(super) const DRAIN: Verb = Verb {
    name: "drain",
    about: "Drain node in preparation for maintenance",
    usage: "NODE",
    flags: &[DRAIN_FLAGS, SELECTOR, DRY_RUN],
    run: Run::Job(drain),
    ..Verb::NONE
};

/// A pod on its way out.
struct Leaving {
    item: Item,
    uid: Text,
    /// When to ask again, after a refusal; `None` once the eviction was accepted.
    ask_at: Option<Time>,
}

struct Drain {
    args: Args,
    nodes: Vec<Item>,
    leaving: Vec<Leaving>,
    deadline: Option<Time>,
}

fn drain(args: &Args, session: &mut Session<'_>) -> Started {
    let mut nodes = cordon_all(args, session, Wanted::Cordoned)?;
    nodes.reverse();
    let timeout = args.span("timeout");
    let deadline = (timeout > Span::ZERO).then(|| session.now() + timeout);
    let mut drain = Drain { args: args.clone(), nodes, leaving: Vec::new(), deadline };
    drain.begin(session)?;
    Ok(Box::new(drain))
}

impl Job for Drain {
    fn step(&mut self, session: &mut Session<'_>) -> Result<Step, Failure> {
        while !self.nodes.is_empty() {
            self.ask(session)?;
            self.leaving.retain(|it| it.ask_at.is_some() || !is_gone(session, it));
            if let (Some(first), Some(deadline)) = (self.leaving.first(), self.deadline) {
                if session.now() >= deadline {
                    return Err(self.late(session, &first.item));
                }
                session.wake_at(deadline);
            }
            if !self.leaving.is_empty() {
                return Ok(Step::Wait);
            }
            if let Some(node) = self.nodes.pop() {
                let suffix = Trial::of(&self.args)?.suffix();
                session.line(format!("{} drained{suffix}", node.label()));
            }
            self.begin(session)?;
        }
        Ok(Step::Done)
    }
}

impl Drain {
    /// Finds the pods of the next node.
    fn begin(&mut self, session: &mut Session<'_>) -> Result<(), Failure> {
        let Some(node) = self.nodes.last().cloned() else { return Ok(()) };
        let pods =
            pods_to_evict(session, &self.args, &node).map_err(|failure| self.refused(session, &node, &failure))?;
        if Trial::of(&self.args)? == Trial::Client {
            for pod in &pods {
                session.line(format!("evicting pod {}/{} (dry run)", pod.namespace, pod.name));
            }
            return Ok(());
        }
        let now = session.now();
        self.leaving =
            pods.into_iter().map(|item| Leaving { uid: item.object.uid(), ask_at: Some(now), item }).collect();
        Ok(())
    }

    /// Asks for the eviction of every pod whose time has come.
    fn ask(&mut self, session: &mut Session<'_>) -> Result<(), Failure> {
        let now = session.now();
        let trial = Trial::of(&self.args)?;
        for leaving in self.leaving.iter_mut().filter(|it| it.ask_at.is_some_and(|at| at <= now)) {
            let (namespace, name) = (&leaving.item.namespace, &leaving.item.name);
            session.error(format!("evicting pod {namespace}/{name}{}\n", trial.suffix()));
            match evict(session, &self.args, &leaving.item, trial) {
                Ok(()) => leaving.ask_at = None,
                Err(failure) if failure.is_not_found() => leaving.ask_at = None,
                Err(Failure::Status(status)) if status.code == 429 => {
                    let name = quoted(name);
                    session.error(format!(
                        "error when evicting pods/{name} -n {} (will retry after {RETRY_SECONDS}s): {}\n",
                        quoted(namespace),
                        status.message
                    ));
                    leaving.ask_at = Some(now + Span::seconds(RETRY_SECONDS));
                }
                Err(failure) => {
                    let (name, namespace) = (quoted(name), quoted(namespace));
                    return Err(Failure::text(format!(
                        "error when evicting pods/{name} -n {namespace}: {}",
                        failure.bare()
                    )));
                }
            }
        }
        for at in self.leaving.iter().filter_map(|it| it.ask_at) {
            session.wake_at(at);
        }
        Ok(())
    }

    fn late(&self, session: &mut Session<'_>, pod: &Item) -> Failure {
        let (name, namespace) = (quoted(&pod.name), quoted(&pod.namespace));
        let why = format!(
            "error when waiting for pod {name} in namespace {namespace} to terminate: global timeout reached: {}",
            self.args.get("timeout")
        );
        let node = self.nodes.last().map(|it| it.name.clone()).unwrap_or_default();
        session.error(format!("There are pending pods in node {} when an error occurred: {why}\n", quoted(&node)));
        for leaving in &self.leaving {
            session.error(format!("pod/{}\n", leaving.item.name));
        }
        self.refused_by(session, &node, &Failure::text(why))
    }

    fn refused(&self, session: &mut Session<'_>, node: &Item, failure: &Failure) -> Failure {
        self.refused_by(session, &node.name, failure)
    }

    fn refused_by(&self, session: &mut Session<'_>, node: &str, failure: &Failure) -> Failure {
        let why = failure.short();
        session.error(format!(
            "error: unable to drain node {} due to error: {why}, continuing command...\nThere are pending nodes to be drained:\n",
            quoted(node)
        ));
        for node in self.nodes.iter().rev() {
            session.error(format!(" {}\n", node.name));
        }
        failure.clone()
    }
}

fn is_gone(session: &mut Session<'_>, leaving: &Leaving) -> bool {
    match session.get(&leaving.item.kind, &leaving.item.namespace, &leaving.item.name) {
        Ok(object) => object.uid() != leaving.uid,
        Err(failure) => failure.is_not_found(),
    }
}

fn evict(session: &mut Session<'_>, args: &Args, pod: &Item, trial: Trial) -> Result<(), Failure> {
    let grace = args.number("grace-period");
    if args.is("disable-eviction") || !pod.kind.has("eviction") {
        let options = Options {
            dry_run: trial.option(),
            grace_period_seconds: (grace >= 0).then_some(grace),
            ..Options::default()
        };
        let target = pod.kind.target(&pod.namespace, &pod.name);
        return session.send(ApiVerb::Delete, target, Value::Null, options).map(|_| ());
    }
    let mut eviction = Object::new("policy/v1", "Eviction", &pod.namespace, &pod.name);
    if grace >= 0 {
        eviction.set("deleteOptions.gracePeriodSeconds", grace);
    }
    let options = Options { dry_run: trial.option(), ..Options::default() };
    let target = pod.kind.part(&pod.namespace, &pod.name, "eviction");
    session.send(ApiVerb::Create, target, eviction.into(), options).map(|_| ())
}

/// What drain thinks of a pod.
enum Opinion {
    Evict,
    Skip,
    Warn(&'static str, Fate),
    Refuse(&'static str),
}

#[derive(PartialEq, Eq)]
enum Fate {
    Stays,
    Goes,
}

fn pods_to_evict(session: &mut Session<'_>, args: &Args, node: &Item) -> Result<Vec<Item>, Failure> {
    let kind = session.kinds().resource(&PODS)?;
    let fields = format!("spec.nodeName={}", node.name);
    let options = Options {
        field_selector: fields.into(),
        label_selector: args.get("pod-selector").into(),
        ..Options::default()
    };
    let labels = Selector::parse(args.get("pod-selector")).map_err(|it| Failure::text(it.to_string()))?;
    let list = session.list(&kind, "", options)?;
    let (mut go, mut warnings, mut refusals) = (Vec::new(), Groups::default(), Groups::default());
    for pod in print::items(&list) {
        if pod.at("spec.nodeName").str() != node.name || !labels.matches(pod.at("metadata.labels")) {
            continue;
        }
        let path = format!("{}/{}", pod.namespace(), pod.name());
        for opinion in opinions(args, &pod) {
            match opinion {
                Opinion::Evict => go.push(resource_args::of_list(&kind, pod.clone())),
                Opinion::Skip => {}
                Opinion::Warn(why, fate) => {
                    warnings.add(why, &path);
                    if fate == Fate::Goes && !go.iter().any(|it: &Item| it.object.uid() == pod.uid()) {
                        go.push(resource_args::of_list(&kind, pod.clone()));
                    }
                }
                Opinion::Refuse(why) => refusals.add(why, &path),
            }
        }
    }
    if !refusals.0.is_empty() {
        let texts: Vec<Failure> =
            refusals.texts().into_iter().map(|it| Failure::text(format!("cannot delete {it}"))).collect();
        Failure::all(texts)?;
    }
    if !warnings.0.is_empty() {
        session.warn_always(&warnings.texts().join("; "));
    }
    Ok(go)
}

/// Reasons, each with its pods.
#[derive(Default)]
struct Groups(Vec<(&'static str, Vec<String>)>);

impl Groups {
    fn add(&mut self, why: &'static str, pod: &str) {
        match self.0.iter_mut().find(|(it, _)| *it == why) {
            Some((_, pods)) => pods.push(pod.to_owned()),
            None => self.0.push((why, vec![pod.to_owned()])),
        }
    }

    fn texts(&self) -> Vec<String> {
        let mut groups = self.0.clone();
        groups.order();
        groups.iter().map(|(why, pods)| format!("{why}: {}", pods.join(", "))).collect()
    }
}

/// The filters of drain in their order; the first that keeps the pod decides.
fn opinions(args: &Args, pod: &Object) -> Vec<Opinion> {
    let ended = matches!(pod.at("status.phase").str(), "Succeeded" | "Failed");
    let owner = pod.controller();
    if owner.as_ref().is_some_and(|it| it.kind == "DaemonSet") && !ended {
        let refuse = "DaemonSet-managed Pods (use --ignore-daemonsets to ignore)";
        let warn = Opinion::Warn("ignoring DaemonSet-managed Pods", Fate::Stays);
        return vec![if args.is("ignore-daemonsets") { warn } else { Opinion::Refuse(refuse) }];
    }
    if pod.annotation(MIRROR).is_some() {
        return vec![Opinion::Skip];
    }
    let mut opinions = Vec::new();
    let local = pod.at("spec.volumes").items().iter().any(|it| !it.get("emptyDir").is_null());
    if local && !ended {
        opinions.push(if args.is("delete-emptydir-data") {
            Opinion::Warn("deleting Pods with local storage", Fate::Goes)
        } else {
            Opinion::Refuse("Pods with local storage (use --delete-emptydir-data to override)")
        });
    }
    if owner.is_none() && !ended {
        opinions.push(if args.is("force") {
            Opinion::Warn("deleting Pods that declare no controller", Fate::Goes)
        } else {
            Opinion::Refuse("Pods that declare no controller (use --force to override)")
        });
    }
    if opinions.is_empty() {
        opinions.push(Opinion::Evict);
    }
    opinions
}

/// `taint`.
pub(super) const TAINT: Verb = Verb {
    name: "taint",
    about: "Update the taints on one or more nodes",
    usage: "NODE NAME KEY_1=VAL_1:TAINT_EFFECT_1 ... KEY_N=VAL_N:TAINT_EFFECT_N",
    flags: &[&[switch("all"), switch("overwrite"), text("field-manager")], SELECTOR, OUTPUT, DRY_RUN],
    run: Run::Once(taint),
    ..Verb::NONE
};

/// Taints to add, and those to take away (an empty effect means every effect).
#[derive(Default)]
struct Taints {
    add: Vec<Value>,
    remove: Vec<(String, String)>,
}

fn taint(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let is_taint = |it: &String| it.contains(['=', ':']) || it.ends_with('-');
    let first = args.words.iter().position(is_taint).unwrap_or(args.words.len());
    let (words, specs) = args.words.split_at(first);
    if words.is_empty() {
        return Err(Failure::text("one or more resources must be specified as <resource> <name>"));
    }
    if specs.is_empty() {
        return Err(Failure::text("at least one taint update is required"));
    }
    let taints = parse_taints(specs).map_err(|it| args.usage(it))?;
    let kind = session.kinds().require(words[0].split('/').next().unwrap_or_default())?;
    if kind.name() != NODES {
        return Err(Failure::text(format!("invalid resource type {}, only node types are supported", words[0])));
    }
    let (format, trial) = (Format::of(args, session)?, Trial::of(args)?);
    for node in resource_args::objects(session, args, words)? {
        let (list, word) = changed_taints(args, &node.object, &taints)?;
        let mut object = node.object.clone();
        object.set("spec.taints", list.clone());
        if trial != Trial::Client {
            let patch = Value::from([("spec", Value::from([("taints", list.into())]))]);
            let options =
                Options { dry_run: trial.option(), field_manager: "kubectl-taint".into(), ..Options::default() };
            object = session.patch(node.kind.target("", &node.name), PatchKind::StrategicMerge, patch, options)?;
        }
        report(session, args, &format, &object, word, trial);
    }
    Ok(())
}

fn parse_taints(specs: &[String]) -> Result<Taints, String> {
    let mut taints = Taints::default();
    for spec in specs {
        if let Some(spec) = spec.strip_suffix('-') {
            let (key, effect) = spec.split_once(':').unwrap_or((spec, ""));
            let key = key.split('=').next().unwrap_or(key);
            if !effect.is_empty() {
                known_effect(effect)?;
            }
            taints.remove.push((key.to_owned(), effect.to_owned()));
            continue;
        }
        let (pair, effect) = spec.split_once(':').ok_or_else(|| format!("invalid taint spec: {spec}"))?;
        known_effect(effect)?;
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let mut taint = Value::from([("effect", effect.into()), ("key", key.into())]);
        if !value.is_empty() {
            taint.set("value", value);
        }
        if taints.add.iter().any(|it| same_taint(it, key, effect)) {
            return Err(format!("duplicated taints with the same key and effect: {}", taint_text(&taint)));
        }
        taints.add.push(taint);
    }
    Ok(taints)
}

fn known_effect(effect: &str) -> Result<(), String> {
    match effect {
        "NoSchedule" | "PreferNoSchedule" | "NoExecute" => Ok(()),
        _ => Err(format!("invalid taint effect: {effect}, unsupported taint effect")),
    }
}

fn same_taint(taint: &Value, key: &str, effect: &str) -> bool {
    taint.get("key").str() == key && (effect.is_empty() || taint.get("effect").str() == effect)
}

fn changed_taints(args: &Args, node: &Object, taints: &Taints) -> Result<(Vec<Value>, &'static str), Failure> {
    let old = node.at("spec.taints").items();
    let exists = |new: &&Value| old.iter().any(|it| same_taint(it, new.get("key").str(), new.get("effect").str()));
    let taken: Vec<&str> = taints.add.iter().filter(exists).map(|it| it.get("key").str()).collect();
    if !taken.is_empty() && !args.is("overwrite") {
        return Err(Failure::text(format!(
            "node {} already has {} taint(s) with same effect(s) and --overwrite is false",
            node.name(),
            taken.join(",")
        )));
    }
    let mut list: Vec<Value> = taints.add.clone();
    let replaced =
        |it: &&Value| !taints.add.iter().any(|new| same_taint(new, it.get("key").str(), it.get("effect").str()));
    list.extend(old.iter().filter(replaced).cloned());
    let mut missing = Vec::new();
    for (key, effect) in &taints.remove {
        let before = list.len();
        list.retain(|it| !same_taint(it, key, effect));
        if list.len() == before {
            let shown = if effect.is_empty() { key.clone() } else { format!("{key}:{effect}") };
            missing.push(Failure::text(format!("taint {} not found", quoted(&shown))));
        }
    }
    Failure::all(missing)?;
    let word = match (taints.add.is_empty(), taints.remove.is_empty()) {
        (false, false) => "modified",
        (true, _) => "untainted",
        (false, true) => "tainted",
    };
    Ok((list, word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn reads_taints() {
        let read = |text: &str| match parse_taints(&[text.to_owned()]) {
            Ok(it) => format!("{:?} {:?}", it.add.iter().map(taint_text).collect::<Vec<_>>(), it.remove),
            Err(why) => why,
        };
        let shown: Vec<String> = ["a=b:NoSchedule", "a:NoExecute-", "a-", "a=b", "a:Never"].map(read).into();
        expect![[r#"
            ["a=b:NoSchedule"] []
            [] [("a", "NoExecute")]
            [] [("a", "")]
            invalid taint spec: a=b
            invalid taint effect: Never, unsupported taint effect"#]]
        .assert_eq(&shown.join("\n"));
    }
}
