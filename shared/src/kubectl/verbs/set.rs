//! `kubectl set`: image, env, resources, serviceaccount, selector.
//!
//! Upstream: `k8s.io/kubectl/pkg/cmd/set`.

use crate::api::Options;
use crate::kubectl::changes;
use crate::kubectl::failure::{Failure, quoted};
use crate::kubectl::flags::{Args, DRY_RUN, FILES, Flag, OUTPUT, SELECTOR, switch, switch_on, text};
use crate::kubectl::print::Format;
use crate::kubectl::resource_args::{self, Item};
use crate::kubectl::session::Session;
use crate::kubectl::verbs::apply::patch_kind;
use crate::kubectl::verbs::{Run, Trial, Verb, report};
use crate::model::{Object, Quantity, Value};

const COMMON: &[Flag] = &[switch("all"), switch("local"), text("field-manager").default("kubectl-set")];

/// `set image`.
pub(super) const IMAGE: Verb = Verb {
    name: "set image",
    about: "Update the image of a pod template",
    usage: "(-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ... CONTAINER_NAME_N=CONTAINER_IMAGE_N",
    flags: &[COMMON, FILES, SELECTOR, OUTPUT, DRY_RUN],
    run: Run::Once(image),
    ..Verb::NONE
};

/// `set env`.
pub(super) const ENV: Verb = Verb {
    name: "set env",
    about: "Update environment variables on a pod template",
    usage: "RESOURCE/NAME KEY_1=VAL_1 ... KEY_N=VAL_N",
    flags: &[ENV_FLAGS, COMMON, FILES, SELECTOR, OUTPUT, DRY_RUN],
    run: Run::Once(env),
    ..Verb::NONE
};
const ENV_FLAGS: &[Flag] = &[text("containers").or('c').default("*"), switch("list"), switch_on("overwrite")];

/// `set resources`.
pub(super) const RESOURCES: Verb = Verb {
    name: "set resources",
    about: "Update resource requests/limits on objects with pod templates",
    usage: "(-f FILENAME | TYPE NAME)  ([--limits=LIMITS & --requests=REQUESTS]",
    flags: &[RESOURCE_FLAGS, COMMON, FILES, SELECTOR, OUTPUT, DRY_RUN],
    run: Run::Once(resources),
    ..Verb::NONE
};
const RESOURCE_FLAGS: &[Flag] = &[text("containers").or('c').default("*"), text("limits"), text("requests")];

/// `set serviceaccount`.
pub(super) const SERVICE_ACCOUNT: Verb = Verb {
    name: "set serviceaccount",
    aliases: &["sa"],
    about: "Update the service account of a resource",
    usage: "(-f FILENAME | TYPE NAME) SERVICE_ACCOUNT",
    run: Run::Once(service_account),
    ..IMAGE
};

/// `set selector`.
pub(super) const SET_SELECTOR: Verb = Verb {
    name: "set selector",
    about: "Set the selector on a resource",
    usage: "(-f FILENAME | TYPE NAME) EXPRESSIONS [--resource-version=version]",
    run: Run::Once(selector),
    ..IMAGE
};

/// The place of the pod spec in an object.
fn pod_spec_path(kind: &str) -> Option<&'static str> {
    match kind {
        "Pod" => Some("spec"),
        "CronJob" => Some("spec.jobTemplate.spec.template.spec"),
        "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" | "Job" | "ReplicationController" => {
            Some("spec.template.spec")
        }
        _ => None,
    }
}

/// Resources first, `KEY=VALUE` after them.
fn split_words(args: &Args, is_change: impl Fn(&str) -> bool) -> (&[String], &[String]) {
    let first = args.words.iter().position(|it| is_change(it)).unwrap_or(args.words.len());
    args.words.split_at(first)
}

fn image(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let (resources, pairs) = split_words(args, |it| it.contains('='));
    let pairs: Vec<(&str, &str)> = pairs.iter().filter_map(|it| it.split_once('=')).collect();
    if resources.is_empty() && !crate::kubectl::documents::wanted(args) {
        return Err(Failure::text("one or more resources must be specified as <resource> <name> or <resource>/<name>"));
    }
    if pairs.is_empty() {
        return Err(Failure::text("at least one image update is required"));
    }
    each(args, session, resources, "image updated", |object, failures| {
        let Some(path) = pod_spec_path(object.kind()) else { return };
        for (name, image) in &pairs {
            let mut found = false;
            for list in ["initContainers", "containers"] {
                for container in containers(object, path, list) {
                    if *name == "*" || container.get("name").str() == *name {
                        container.set("image", *image);
                        found = true;
                    }
                }
            }
            if !found {
                failures.push(Failure::text(format!("unable to find container named {}", quoted(name))));
            }
        }
    })
}

fn containers<'a>(object: &'a mut Object, path: &str, list: &str) -> &'a mut [Value] {
    let spec = object.entry(path);
    if spec.get(list).items().is_empty() {
        return &mut [];
    }
    spec.entry(list).list_mut()
}

fn env(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let (resources, changes) = split_words(args, |it| it.contains('=') || it.ends_with('-'));
    if args.is("list") {
        return list_env(args, session, resources);
    }
    if changes.is_empty() {
        return Err(Failure::text("at least one environment variable must be provided"));
    }
    each(args, session, resources, "env updated", |object, _| {
        let Some(path) = pod_spec_path(object.kind()) else { return };
        for container in containers(object, path, "containers") {
            if chosen(args, container) {
                for it in changes {
                    change_variable(container, it);
                }
            }
        }
    })
}

fn chosen(args: &Args, container: &Value) -> bool {
    let wanted = args.get("containers");
    let name = container.get("name").str();
    wanted.split(',').any(|it| it == "*" || it == name)
}

fn change_variable(container: &mut Value, change: &str) {
    let variables = container.entry("env").list_mut();
    if let Some((name, value)) = change.split_once('=') {
        let variable = Value::from([("name", name.into()), ("value", value.into())]);
        match variables.iter_mut().find(|it| it.get("name").str() == name) {
            Some(place) => *place = variable,
            None => variables.push(variable),
        }
    } else {
        let name = change.trim_end_matches('-');
        variables.retain(|it| it.get("name").str() != name);
    }
    if container.get("env").items().is_empty() {
        container.remove("env");
    }
}

fn list_env(args: &Args, session: &mut Session<'_>, resources: &[String]) -> Result<(), Failure> {
    for item in resource_args::objects(session, args, resources)? {
        let Some(path) = pod_spec_path(item.object.kind()) else { continue };
        for container in item.object.at(path).get("containers").items() {
            let (plural, name) = (&item.kind.plural, &item.name);
            session.line(format!("# {plural} {name}, container {}", container.get("name").str()));
            for variable in container.get("env").items() {
                let name = variable.get("name").str();
                let line = match variable.get("valueFrom") {
                    Value::Null => format!("{name}={}", variable.get("value").str()),
                    _ => format!("# {name} from another object"),
                };
                session.line(line);
            }
        }
    }
    Ok(())
}

fn resources(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let limits = amounts(args.get("limits"))?;
    let requests = amounts(args.get("requests"))?;
    if limits.is_empty() && requests.is_empty() {
        return Err(Failure::text(
            "you must specify an update to requests or limits (in the form of --requests/--limits)",
        ));
    }
    each(args, session, &args.words, "resource requirements updated", |object, _| {
        let Some(path) = pod_spec_path(object.kind()) else { return };
        for container in containers(object, path, "containers") {
            if !chosen(args, container) {
                continue;
            }
            for (field, amounts) in [("limits", &limits), ("requests", &requests)] {
                for (name, amount) in amounts {
                    let place = container.entry("resources").map_mut().entry(field).map_mut();
                    place.insert(name.as_str(), amount.clone());
                }
            }
        }
    })
}

/// Reads `cpu=200m,memory=512Mi`.
fn amounts(text: &str) -> Result<Vec<(String, Value)>, Failure> {
    let parts = text.split(',').filter(|it| !it.is_empty()).map(|part| {
        let (name, amount) = part
            .split_once('=')
            .ok_or_else(|| Failure::text(format!("Invalid argument syntax {part}, expected <resource>=<value>")))?;
        let amount = Quantity::parse(amount).map_err(|it| Failure::text(it.to_string()))?;
        Ok((name.to_owned(), Value::from(&amount)))
    });
    parts.collect()
}

fn service_account(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let Some((account, resources)) = args.words.split_last().filter(|(_, rest)| !rest.is_empty()) else {
        return Err(Failure::text("serviceaccount is required"));
    };
    each(args, session, resources, "serviceaccount updated", |object, _| {
        if let Some(path) = pod_spec_path(object.kind()) {
            object.entry(path).set("serviceAccountName", account);
        }
    })
}

fn selector(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let (resources, pairs) = split_words(args, |it| it.contains('='));
    let pairs: Vec<(&str, &str)> =
        pairs.iter().flat_map(|it| it.split(',')).filter_map(|it| it.split_once('=')).collect();
    if pairs.is_empty() {
        return Err(Failure::text("one selector is required"));
    }
    each(args, session, resources, "selector updated", |object, failures| {
        if object.kind() != "Service" {
            failures.push(Failure::text("setting a selector is only supported for Services"));
            return;
        }
        object.set("spec.selector", Value::map());
        for (key, value) in &pairs {
            object.entry("spec.selector").map_mut().insert(*key, *value);
        }
    })
}

/// Changes each object and sends what became different.
fn each(
    args: &Args,
    session: &mut Session<'_>,
    resources: &[String],
    word: &str,
    change: impl Fn(&mut Object, &mut Vec<Failure>),
) -> Result<(), Failure> {
    let (format, trial) = (Format::of(args, session)?, Trial::of(args)?);
    let mut failures = Vec::new();
    for item in resource_args::objects(session, args, resources)? {
        let mut object = item.object.clone();
        change(&mut object, &mut failures);
        match send(args, session, &item, object, trial) {
            Ok(Some(object)) => report(session, args, &format, &object, word, trial),
            Ok(None) => {}
            Err(failure) => failures.push(failure),
        }
    }
    Failure::all(failures)
}

fn send(
    args: &Args,
    session: &mut Session<'_>,
    item: &Item,
    object: Object,
    trial: Trial,
) -> Result<Option<Object>, Failure> {
    let patch = changes::two_way_strategic(&item.object, &object);
    if patch.is_empty() {
        return Ok(None);
    }
    if trial == Trial::Client {
        return Ok(Some(object));
    }
    let options =
        Options { dry_run: trial.option(), field_manager: args.get("field-manager").into(), ..Options::default() };
    let target = item.kind.target(&item.namespace, &item.name);
    let sent = session.patch(target, patch_kind(&item.kind), patch, options);
    sent.map(Some).map_err(|failure| match failure {
        Failure::Status(mut status) if status.reason != "Invalid" => {
            status.message = format!(
                "failed to patch {word} update to pod template: {}",
                status.message,
                word = args.command.trim_start_matches("kubectl set ")
            );
            Failure::Status(status)
        }
        other => other,
    })
}
