//! `kubectl create deployment`, `kubectl create job` and `kubectl run`.
//!
//! Upstream: `create_deployment.go`, `create_job.go`, `pkg/cmd/run/run.go`.

use crate::kubectl::failure::{Failure, quoted};
use crate::kubectl::flags::{Args, DRY_RUN, Flag, OUTPUT, each, list, number, switch, text};
use crate::kubectl::session::Session;
use crate::kubectl::verbs::create::{COMMON, create, labels, one_name, require};
use crate::kubectl::verbs::{Run, Verb};
use crate::model::{Object, Value};

/// `create deployment`.
pub(in crate::kubectl::verbs) const DEPLOYMENT: Verb = Verb {
    name: "create deployment",
    aliases: &["deploy"],
    about: "Create a deployment with the specified name",
    usage: "NAME --image=image -- [COMMAND] [args...]",
    flags: &[&[list("image"), number("replicas", "1").or('r'), number("port", "-1")], COMMON, OUTPUT, DRY_RUN],
    run: Run::Once(deployment),
};

/// `create job`.
pub(in crate::kubectl::verbs) const JOB: Verb = Verb {
    name: "create job",
    about: "Create a job with the specified name",
    usage: "NAME --image=image [--from=cronjob/name] -- [COMMAND] [args...]",
    flags: &[&[text("image"), text("from")], COMMON, OUTPUT, DRY_RUN],
    run: Run::Once(job),
    ..Verb::NONE
};

const RUN_FLAGS: &[Flag] = &[
    text("image"),
    text("port"),
    each("env"),
    list("labels").or('l'),
    text("restart").default("Always"),
    text("image-pull-policy"),
    switch("command"),
    switch("expose"),
    switch("rm"),
    switch("stdin").or('i'),
    switch("tty").or('t'),
    switch("attach"),
    switch("quiet").or('q'),
    text("overrides"),
    list("annotations"),
];
/// The flags of `create`, with another field manager.
const RUN_COMMON: &[Flag] = &[text("field-manager").default("kubectl-run"), switch("save-config")];

/// `run`.
pub(in crate::kubectl::verbs) const RUN: Verb = Verb {
    name: "run",
    about: "Run a particular image on the cluster",
    usage: "NAME --image=image [--env=\"key=value\"] [--port=port] [--dry-run=server|client] [--overrides=inline-json] [--command] -- [COMMAND] [args...]",
    flags: &[RUN_FLAGS, RUN_COMMON, OUTPUT, DRY_RUN],
    run: Run::Once(run),
    ..Verb::NONE
};

/// The words after `--`.
pub(super) fn command(args: &Args) -> Vec<Value> {
    let from = args.dash.unwrap_or(args.words.len());
    args.words[from..].iter().map(Value::from).collect()
}

fn deployment(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let name = one_name(args)?;
    require(args, "image")?;
    let images = args.all("image");
    let command = command(args);
    if images.len() > 1 && !command.is_empty() {
        return Err(Failure::text("cannot specify multiple --image options and command"));
    }
    let app = Value::from([("app", name.as_str().into())]);
    let mut containers = containers(&images, &command);
    if args.number("port") >= 0 {
        let port = Value::from([("containerPort", args.number("port").into())]);
        containers[0].set("ports", vec![port]);
    }
    let mut object = Object::new("apps/v1", "Deployment", "", &name);
    object.set("metadata.labels", app.clone());
    object.set("spec.replicas", args.number("replicas"));
    object.set("spec.selector.matchLabels", app.clone());
    object.set("spec.strategy", Value::map());
    object.set("spec.template.metadata.labels", app);
    object.set("spec.template.spec.containers", containers);
    object.set("status", Value::map());
    create(session, args, object)
}

fn containers(images: &[&str], command: &[Value]) -> Vec<Value> {
    let mut names: Vec<String> = Vec::new();
    let one = |image: &&str| {
        let last = image.rsplit('/').next().unwrap_or(image);
        let word = last.split([':', '@']).next().unwrap_or(last);
        let mut name = sanitized(word);
        if names.contains(&name) {
            name = format!("{name}-{}", names.len());
        }
        names.push(name.clone());
        let mut container =
            Value::from([("image", (*image).into()), ("name", name.into()), ("resources", Value::map())]);
        if !command.is_empty() {
            container.set("command", command.to_vec());
        }
        container
    };
    images.iter().map(one).collect()
}

/// A name that a container may have: other signs become dashes.
fn sanitized(word: &str) -> String {
    let dashed: String =
        word.chars().map(|it| if it.is_ascii_alphanumeric() { it.to_ascii_lowercase() } else { '-' }).collect();
    dashed.trim_matches('-').to_owned()
}

fn job(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let name = one_name(args)?;
    let object = match (args.get("image"), args.get("from")) {
        ("", "") => return Err(Failure::text("either --image or --from must be specified")),
        (image, "") => job_of_image(&name, image, &command(args)),
        ("", from) => job_of_cron(session, &name, from)?,
        _ => return Err(Failure::text("either --image or --from must be specified")),
    };
    create(session, args, object)
}

fn job_of_image(name: &str, image: &str, command: &[Value]) -> Object {
    let mut container = Value::from([("image", image.into()), ("name", name.into()), ("resources", Value::map())]);
    if !command.is_empty() {
        container.set("command", command.to_vec());
    }
    let mut object = Object::new("batch/v1", "Job", "", name);
    object.set("spec.template.metadata", Value::map());
    object.set("spec.template.spec.containers", vec![container]);
    object.set("spec.template.spec.restartPolicy", "Never");
    object.set("status", Value::map());
    object
}

fn job_of_cron(session: &mut Session<'_>, name: &str, from: &str) -> Result<Object, Failure> {
    let Some(cron) =
        from.strip_prefix("cronjob/").or_else(|| from.strip_prefix("cronjobs/")).or_else(|| from.strip_prefix("cj/"))
    else {
        return Err(Failure::text(format!("from must be an existing cronjob, not {}", quoted(from))));
    };
    let kind = session.kinds().require("cronjobs.batch")?;
    let namespace = session.namespace();
    let cron = session.get(&kind, &namespace, cron)?;
    let mut object = Object::new("batch/v1", "Job", "", name);
    let template = cron.at("spec.jobTemplate");
    let labels = template.at("metadata.labels");
    if !labels.is_empty() {
        object.set("metadata.labels", labels);
    }
    let mut annotations = template.at("metadata.annotations").clone();
    annotations.map_mut().insert("cronjob.kubernetes.io/instantiate", "manual");
    object.set("metadata.annotations", annotations);
    let owner = Value::from([
        ("apiVersion", "batch/v1".into()),
        ("kind", "CronJob".into()),
        ("name", cron.name().into()),
        ("uid", cron.uid().into()),
        ("controller", true.into()),
    ]);
    object.set("metadata.ownerReferences", vec![owner]);
    object.set("spec", template.get("spec"));
    Ok(object)
}

fn run(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    for flag in ["rm", "stdin", "tty", "attach", "expose"] {
        if args.is(flag) {
            return Err(Failure::text(format!(
                "--{flag} is not part of this kubectl: it needs a terminal of its own; use kubectl logs and kubectl exec after kubectl run"
            )));
        }
    }
    let Some(name) = args.words.first().filter(|_| args.dash != Some(0)) else {
        return Err(args.usage("NAME is required for run"));
    };
    if args.get("image").is_empty() {
        return Err(Failure::text("--image is required"));
    }
    let restart = args.get("restart");
    if !matches!(restart, "Always" | "OnFailure" | "Never") {
        return Err(Failure::text(format!("invalid restart policy: {restart}")));
    }
    let mut object = Object::new("v1", "Pod", "", name);
    let marks = if args.has("labels") { labels(&args.all("labels"))? } else { Value::from([("run", name.into())]) };
    object.set("metadata.labels", marks);
    if args.has("annotations") {
        object.set("metadata.annotations", labels(&args.all("annotations"))?);
    }
    object.set("spec.containers", vec![container(args, name)?]);
    object.set("spec.dnsPolicy", "ClusterFirst");
    object.set("spec.restartPolicy", restart);
    object.set("status", Value::map());
    if args.has("overrides") {
        let patch = Value::from_json(args.get("overrides"));
        let patch = patch.map_err(|it| Failure::text(format!("invalid --overrides: {it}")))?;
        crate::kubectl::changes::apply_merge(&mut object, &patch);
    }
    create(session, args, object)
}

fn container(args: &Args, name: &str) -> Result<Value, Failure> {
    let mut container =
        Value::from([("image", args.get("image").into()), ("name", name.into()), ("resources", Value::map())]);
    let words: Vec<Value> = args.words[1..].iter().map(Value::from).collect();
    if !words.is_empty() {
        container.set(if args.is("command") { "command" } else { "args" }, words);
    }
    if args.has("port") {
        let port = args.get("port");
        let number: u16 = port
            .parse()
            .map_err(|_| Failure::text(format!("strconv.Atoi: parsing {}: invalid syntax", quoted(port))))?;
        container.set("ports", vec![Value::from([("containerPort", number.into())])]);
    }
    let variables = args.all("env").into_iter().map(|it| {
        let (name, value) = it.split_once('=').ok_or_else(|| Failure::text(format!("invalid env: {it}")))?;
        Ok(Value::from([("name", name.into()), ("value", value.into())]))
    });
    let variables: Vec<Value> = variables.collect::<Result<_, Failure>>()?;
    if !variables.is_empty() {
        container.set("env", variables);
    }
    if args.has("image-pull-policy") {
        container.set("imagePullPolicy", args.get("image-pull-policy"));
    }
    Ok(container)
}
