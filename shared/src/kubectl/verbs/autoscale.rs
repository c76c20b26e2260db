//! `kubectl autoscale`. Upstream: `k8s.io/kubectl/pkg/cmd/autoscale/autoscale.go`.

use crate::api::Options;
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::{Args, DRY_RUN, FILES, Flag, OUTPUT, number, text};
use crate::kubectl::print::Format;
use crate::kubectl::resource_args::{self, Item};
use crate::kubectl::session::Session;
use crate::kubectl::verbs::{Run, Trial, Verb, report};
use crate::model::{Object, Quantity, Value};

const FLAGS: &[Flag] = &[
    number("min", "-1"),
    number("max", "-1"),
    text("name"),
    text("cpu"),
    text("memory"),
    number("cpu-percent", "-1"),
    text("field-manager").default("kubectl-autoscale"),
];

/// The verb.
pub(super) const VERB: Verb = Verb {
    name: "autoscale",
    about: "Auto-scale a deployment, replica set, stateful set, or replication controller",
    usage: "(-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS [--cpu=CPU] [--memory=MEMORY] [flags]",
    flags: &[FLAGS, FILES, OUTPUT, DRY_RUN],
    run: Run::Once(autoscale),
    ..Verb::NONE
};

fn autoscale(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let (least, most) = (args.number("min"), args.number("max"));
    if most < 1 {
        return Err(Failure::text(format!("--max=MAXPODS is required and must be at least 1, max: {most}")));
    }
    if most < least {
        return Err(Failure::text(format!(
            "--max=MAXPODS must be larger or equal to --min=MINPODS, max: {most}, min: {least}"
        )));
    }
    let metrics = metrics(args)?;
    let (format, trial) = (Format::of(args, session)?, Trial::of(args)?);
    for item in resource_args::objects(session, args, &args.words)? {
        if !item.kind.has("scale") {
            let kind = &item.kind.kind;
            return Err(Failure::text(format!("cannot autoscale a {kind}: it has no subresource scale")));
        }
        let object = autoscaler(args, session, &item, &metrics);
        let made = send(args, session, object, trial)?;
        report(session, args, &format, &made, "autoscaled", trial);
    }
    Ok(())
}

fn autoscaler(args: &Args, session: &mut Session<'_>, item: &Item, metrics: &[Value]) -> Object {
    let name = if args.get("name").is_empty() { item.name.as_str() } else { args.get("name") };
    let namespace = session.namespace();
    let mut object = Object::new("autoscaling/v2", "HorizontalPodAutoscaler", &namespace, name);
    let target = Value::from([
        ("apiVersion", item.object.api_version().into()),
        ("kind", item.object.kind().into()),
        ("name", (&item.name).into()),
    ]);
    object.set("spec.scaleTargetRef", target);
    object.set("spec.maxReplicas", args.number("max"));
    if args.number("min") > 0 {
        object.set("spec.minReplicas", args.number("min"));
    }
    if !metrics.is_empty() {
        object.set("spec.metrics", metrics.to_vec());
    }
    object.set("status", Value::from([("currentMetrics", Value::Null), ("desiredReplicas", 0.into())]));
    object
}

/// `--cpu` and `--memory`: a share of what is requested, or an amount.
fn metrics(args: &Args) -> Result<Vec<Value>, Failure> {
    let mut metrics = Vec::new();
    for name in ["cpu", "memory"] {
        let given = args.get(name);
        if !given.is_empty() {
            metrics.push(metric(name, target(name, given)?));
        }
    }
    if args.number("cpu-percent") > 0 && args.get("cpu").is_empty() {
        metrics.insert(0, metric("cpu", share(args.number("cpu-percent"))));
    }
    Ok(metrics)
}

fn metric(name: &str, target: Value) -> Value {
    let resource = Value::from([("name", name.into()), ("target", target)]);
    Value::from([("type", "Resource".into()), ("resource", resource)])
}

fn share(percent: i64) -> Value {
    Value::from([("type", "Utilization".into()), ("averageUtilization", percent.into())])
}

fn target(name: &str, given: &str) -> Result<Value, Failure> {
    let wrong = |why: &str| Failure::text(format!("invalid {name} value \"{given}\": {why}"));
    if let Some(digits) = given.strip_suffix('%') {
        let percent = digits.parse::<i64>().ok().filter(|it| *it > 0);
        return percent.map(share).ok_or_else(|| wrong("utilization must be a number above 0"));
    }
    let amount = Quantity::parse(given).map_err(|it| wrong(&it.to_string()))?;
    Ok(Value::from([("type", "AverageValue".into()), ("averageValue", Value::from(&amount))]))
}

/// What `v2` refuses kubectl tries in `v1`, which cannot be without a share of the processors.
fn send(args: &Args, session: &mut Session<'_>, object: Object, trial: Trial) -> Result<Object, Failure> {
    if trial == Trial::Client {
        return Ok(object);
    }
    let kind = session.kinds().of(&object, "")?;
    let options =
        Options { dry_run: trial.option(), field_manager: args.get("field-manager").into(), ..Options::default() };
    session.create(&kind, &object, options).map_err(|failure| {
        if object.at("spec.metrics").is_null() {
            return Failure::text(
                "failed to create autoscaling/v2 HPA and the configuration is incompatible with autoscaling/v1: empty input",
            );
        }
        failure
    })
}
