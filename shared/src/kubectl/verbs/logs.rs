//! `kubectl logs`, with and without following, and `kubectl exec`.
//!
//! Upstream: `k8s.io/kubectl/pkg/cmd/logs/logs.go`, `pkg/polymorphichelpers/logsforobject.go`, `pkg/cmd/exec/exec.go`.

use crate::api::{Body, Options, Verb as ApiVerb};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::{Args, FILES, Flag, SELECTOR, number, span, switch, text};
use crate::kubectl::print;
use crate::kubectl::resource_args::{self, Item};
use crate::kubectl::session::Session;
use crate::kubectl::verbs::{Job, Run, Started, Step, Verb};
use crate::model::key::resources::PODS;
use crate::model::{Object, Order, Text, Value, selector};

const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

const FLAGS: &[Flag] = &[
    switch("follow").or('f'),
    switch("previous").or('p'),
    text("container").or('c'),
    number("tail", "-1"),
    span("since", "0s"),
    text("since-time"),
    switch("timestamps"),
    number("limit-bytes", "0"),
    switch("all-containers"),
    switch("all-pods"),
    switch("prefix"),
    switch("ignore-errors"),
    number("max-log-requests", "5"),
    span("pod-running-timeout", "20s"),
    switch("insecure-skip-tls-verify-backend"),
];

/// `logs`.
pub(super) const LOGS: Verb = Verb {
    name: "logs",
    aliases: &["log"],
    about: "Print the logs for a container in a pod",
    usage: "[-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]",
    flags: &[FLAGS, SELECTOR],
    run: Run::Job(logs),
};

/// The log of one container.
#[derive(Clone, Debug)]
struct Source {
    pod: Item,
    container: Text,
    /// How much of the whole log was shown or passed over, in bytes; `None` before the first look.
    shown: Option<usize>,
    /// How often the container had been restarted at the first look.
    restarts: i64,
}

struct Logs {
    args: Args,
    sources: Vec<Source>,
}

fn logs(args: &Args, session: &mut Session<'_>) -> Started {
    let words = &args.words;
    if words.is_empty() && !args.has("selector") {
        return Err(args.usage("expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command"));
    }
    if !words.is_empty() && args.has("selector") {
        return Err(args.usage("only a selector (-l) or a POD name is allowed"));
    }
    if args.is("all-containers") && args.has("container") {
        return Err(Failure::text("--all-containers=true should not be specified with container name"));
    }
    if words.len() > 2 {
        return Err(args.usage("expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command"));
    }
    let mut sources = Vec::new();
    for pod in pods(args, session)? {
        sources.extend(containers(args, session, &pod)?);
    }
    if args.is("follow") && i64::try_from(sources.len()).is_ok_and(|it| it > args.number("max-log-requests")) {
        return Err(Failure::text(format!(
            "you are attempting to follow {} log streams, but maximum allowed concurrency is {}, use --max-log-requests to increase the limit",
            sources.len(),
            args.number("max-log-requests")
        )));
    }
    Ok(Box::new(Logs { args: args.clone(), sources }))
}

/// The pods whose logs are meant.
fn pods(args: &Args, session: &mut Session<'_>) -> Result<Vec<Item>, Failure> {
    let kind = session.kinds().resource(&PODS)?;
    let namespace = session.namespace();
    if args.has("selector") {
        let found = session.select(&kind, &namespace, args.get("selector"))?;
        if found.is_empty() {
            session.error(format!("No resources found in {namespace} namespace.\n"));
        }
        return Ok(found.into_iter().map(|it| resource_args::of_list(&kind, it)).collect());
    }
    let Some(word) = args.words.first() else { return Ok(Vec::new()) };
    let target = if word.contains('/') { vec![word.clone()] } else { vec!["pods".to_owned(), word.clone()] };
    let mut items = resource_args::objects(session, &without_selector(args), &target)?;
    if items.first().is_some_and(|it| it.kind.name() == PODS) {
        return Ok(items);
    }
    let owner = items.remove(0);
    of_workload(args, session, &owner)
}

fn without_selector(args: &Args) -> Args {
    let mut args = args.clone();
    args.forget("selector");
    args
}

/// The first pod of a workload, or all of them.
fn of_workload(args: &Args, session: &mut Session<'_>, owner: &Item) -> Result<Vec<Item>, Failure> {
    let kind = session.kinds().resource(&PODS)?;
    let labels = match owner.object.kind() {
        "Service" | "ReplicationController" => {
            let pairs = owner.object.at("spec.selector").fields().iter();
            pairs.map(|(key, value)| format!("{key}={}", value.str())).collect::<Vec<_>>().join(",")
        }
        _ => selector::describe(owner.object.at("spec.selector")),
    };
    if owner.object.at("spec.selector").is_empty() {
        return Err(Failure::text(format!(
            "cannot get the logs from {}: selector for {} not implemented",
            owner.kind.kind, owner.kind.kind
        )));
    }
    let mut found = session.select(&kind, &owner.namespace, &labels)?;
    if found.is_empty() {
        return Err(Failure::text(format!("timed out waiting for the condition on pods of {}", owner.label())));
    }
    found.order_by_key(|it| (it.at("status.phase").str() != "Running", it.created(), it.name()));
    let count = found.len();
    let mut items: Vec<Item> = found.into_iter().map(|it| resource_args::of_list(&kind, it)).collect();
    if count > 1 && !args.is("all-pods") {
        items.truncate(1);
        session.error(format!("Found {count} pods, using pod/{}\n", items[0].name));
    }
    Ok(items)
}

fn containers(args: &Args, session: &mut Session<'_>, pod: &Item) -> Result<Vec<Source>, Failure> {
    let source = |container: &str| {
        let restarts = status_of(&pod.object, container).get("restartCount").int_or(0);
        Source { pod: pod.clone(), container: container.into(), shown: None, restarts }
    };
    let all = names(&pod.object);
    if args.is("all-containers") {
        return Ok(all.iter().map(|(name, _)| source(name)).collect());
    }
    let chosen = match (args.get("container"), args.words.get(1)) {
        ("", None) => default_container(session, &pod.object, &all),
        ("", Some(word)) => word.clone(),
        (given, _) => given.to_owned(),
    };
    if !all.iter().any(|(name, _)| *name == chosen) {
        let listed = listed(&all);
        return Err(Failure::text(format!("container {chosen} is not valid for pod {} out of: {listed}", pod.name)));
    }
    Ok(vec![source(&chosen)])
}

/// Every container's name, with what it is: nothing, ` (init)` or ` (ephem)`.
fn names(pod: &Object) -> Vec<(String, &'static str)> {
    let of = |field: &str, mark: &'static str| -> Vec<(String, &'static str)> {
        pod.at("spec").get(field).items().iter().map(|it| (it.get("name").str().to_owned(), mark)).collect()
    };
    [of("containers", ""), of("initContainers", " (init)"), of("ephemeralContainers", " (ephem)")].concat()
}

fn listed(names: &[(String, &'static str)]) -> String {
    names.iter().map(|(name, mark)| format!("{name}{mark}")).collect::<Vec<_>>().join(", ")
}

fn default_container(session: &mut Session<'_>, pod: &Object, all: &[(String, &'static str)]) -> String {
    if let Some(name) = pod.annotation(DEFAULT_CONTAINER).filter(|it| all.iter().any(|(name, _)| name == it)) {
        return name.to_owned();
    }
    let first = all.first().map(|(name, _)| name.clone()).unwrap_or_default();
    if all.len() > 1 {
        session.error(format!("Defaulted container \"{first}\" out of: {}\n", listed(all)));
    }
    first
}

fn status_of<'a>(pod: &'a Object, container: &str) -> &'a Value {
    let lists = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"];
    let mut all = lists.iter().flat_map(|it| pod.at("status").get(it).items());
    all.find(|it| it.get("name").str() == container).unwrap_or(&Value::Null)
}

/// How much of a log is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// What the flags ask for.
    Wanted,
    /// Everything there is.
    Whole,
}

impl Job for Logs {
    fn step(&mut self, session: &mut Session<'_>) -> Result<Step, Failure> {
        let follow = self.args.is("follow");
        let mut going_on = Vec::new();
        for mut source in std::mem::take(&mut self.sources) {
            let outcome = self.show(session, &mut source);
            match outcome {
                Err(failure) if self.args.is("ignore-errors") => {
                    session.error_line(&failure.message().unwrap_or_default());
                }
                Err(failure) => return Err(failure),
                Ok(()) if follow && goes_on(session, &source) => going_on.push(source),
                Ok(()) => {}
            }
        }
        self.sources = going_on;
        Ok(if self.sources.is_empty() { Step::Done } else { Step::Wait })
    }
}

impl Logs {
    fn show(&self, session: &mut Session<'_>, source: &mut Source) -> Result<(), Failure> {
        let text = match source.shown {
            None => {
                let text = read(session, &self.args, source, Part::Wanted)?;
                if self.args.is("follow") {
                    source.shown = Some(read(session, &self.args, source, Part::Whole)?.len());
                }
                text
            }
            Some(shown) => {
                let whole = match read(session, &self.args, source, Part::Whole) {
                    Err(failure) if failure.is_not_found() => return Ok(()),
                    other => other?,
                };
                source.shown = Some(whole.len());
                whole.get(shown..).unwrap_or_default().to_owned()
            }
        };
        if !self.args.is("prefix") {
            session.out(text);
            return Ok(());
        }
        for line in text.split_inclusive('\n') {
            session.out(format!("[pod/{}/{}] {line}", source.pod.name, source.container));
        }
        Ok(())
    }
}

/// True while the container that was looked at first still runs.
fn goes_on(session: &mut Session<'_>, source: &Source) -> bool {
    let Ok(pod) = session.get(&source.pod.kind, &source.pod.namespace, &source.pod.name) else { return false };
    let status = status_of(&pod, &source.container);
    let same = pod.uid() == source.pod.object.uid() && status.get("restartCount").int_or(0) == source.restarts;
    same && !status.at("state.running").is_null()
}

fn read(session: &mut Session<'_>, args: &Args, source: &Source, part: Part) -> Result<String, Failure> {
    let mut query: Vec<(Text, Text)> = vec![("container".into(), source.container.clone())];
    let mut add = |name: &'static str, value: String| query.push((Text::new_static(name), value.into()));
    if args.is("previous") {
        add("previous", "true".into());
    }
    if args.is("timestamps") {
        add("timestamps", "true".into());
    }
    if part == Part::Wanted {
        let tail = args.number("tail");
        let of_selector = args.has("selector") && !args.has("tail");
        if tail >= 0 || of_selector {
            add("tailLines", if of_selector { "10".into() } else { tail.to_string() });
        }
        if args.has("since") {
            let since = args.span("since");
            add("sinceSeconds", since.as_seconds().max(1).to_string());
        }
        if args.has("since-time") {
            add("sinceTime", args.get("since-time").to_owned());
        }
        if args.number("limit-bytes") > 0 {
            add("limitBytes", args.get("limit-bytes").to_owned());
        }
    }
    let options = Options { query, ..Options::default() };
    let target = source.pod.kind.part(&source.pod.namespace, &source.pod.name, "log");
    let response = session.send(ApiVerb::Get, target, Value::Null, options)?;
    match response.body {
        Body::Text(text) => Ok(text),
        Body::Object(_) | Body::List(_) | Body::Status(_) => Ok(String::new()),
    }
}

const EXEC_FLAGS: &[Flag] = &[
    text("container").or('c'),
    switch("stdin").or('i'),
    switch("tty").or('t'),
    switch("quiet").or('q'),
    span("pod-running-timeout", "1m0s"),
];

/// `exec`.
pub(super) const EXEC: Verb = Verb {
    name: "exec",
    about: "Execute a command in a container",
    usage: "(POD | TYPE/NAME) [-c CONTAINER] [flags] -- COMMAND [args...]",
    flags: &[EXEC_FLAGS, FILES],
    run: Run::Once(exec),
    ..Verb::NONE
};

/// Shells that wait for a person when they are given nothing to do.
const SHELLS: &[&str] = &["sh", "bash", "ash", "/bin/sh", "/bin/bash", "/bin/ash"];

fn exec(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let Some(dash) = args.dash else {
        let old_form = args.words.len() > 1;
        return Err(if old_form {
            Failure::text(
                "exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead\nSee 'kubectl exec -h' for help and examples",
            )
        } else {
            args.usage("you must specify at least one command for the container")
        });
    };
    let (words, command) = args.words.split_at(dash);
    let Some(word) = words.first() else { return Err(args.usage("pod, type/name or --filename must be specified")) };
    if command.is_empty() {
        return Err(args.usage("you must specify at least one command for the container"));
    }
    if (args.is("stdin") || args.is("tty")) && command.len() == 1 && SHELLS.contains(&command[0].as_str()) {
        return Err(Failure::text(format!(
            "an interactive shell is not part of this kubectl: give the command to run, as in kubectl exec {word} -- ls /"
        )));
    }
    let mut one = without_selector(args);
    one.words = vec![word.clone()];
    let Some(pod) = pods(&one, session)?.into_iter().next() else { return Ok(()) };
    if matches!(pod.object.at("status.phase").str(), "Succeeded" | "Failed") {
        let phase = pod.object.at("status.phase").str();
        return Err(Failure::text(format!(
            "cannot exec into a container in a completed pod; current phase is {phase}"
        )));
    }
    one.words.truncate(1);
    let Some(source) = containers(&one, session, &pod)?.into_iter().next() else { return Ok(()) };
    let response = session.send(
        ApiVerb::Create,
        pod.kind.part(&pod.namespace, &pod.name, "exec"),
        Value::Null,
        Options { query: exec_query(&source.container, command), ..Options::default() },
    )?;
    finished(session, response.body)
}

fn exec_query(container: &Text, command: &[String]) -> Vec<(Text, Text)> {
    let words = command.iter().map(|it| (Text::new_static("command"), Text::from(it)));
    let fixed = [("container", container.as_str()), ("stdout", "true"), ("stderr", "true")];
    fixed.into_iter().map(|(name, value)| (Text::new(name), Text::new(value))).chain(words).collect()
}

/// The output of a command: text alone for success, or an object with `stdout`, `stderr` and `exitCode`.
fn finished(session: &mut Session<'_>, body: Body) -> Result<(), Failure> {
    match body {
        Body::Text(text) => session.out(text),
        Body::Object(result) => {
            session.out(result.get("stdout").str());
            session.error(result.get("stderr").str());
            let code = result.get("exitCode").int_or(0);
            if code != 0 {
                let code = i32::try_from(code).unwrap_or(1);
                let failure = Failure::Plain(format!("command terminated with exit code {code}"));
                return Err(Failure::Coded(Box::new(failure), code));
            }
        }
        Body::List(list) => session.out(print::json::write(&list)),
        Body::Status(_) => {}
    }
    Ok(())
}
