//! `kubectl create cronjob`, `create quota` and `create poddisruptionbudget`.
//!
//! Upstream: `create_cronjob.go`, `create_quota.go`, `create_pdb.go`.

use crate::kubectl::failure::Failure;
use crate::kubectl::flags::{Args, DRY_RUN, OUTPUT, text};
use crate::kubectl::session::Session;
use crate::kubectl::verbs::create::workload::command;
use crate::kubectl::verbs::create::{COMMON, create, one_name};
use crate::kubectl::verbs::{Run, Verb};
use crate::model::selector::Operator;
use crate::model::{IntOrString, Object, Quantity, Selector, Value};

/// `create cronjob`.
pub(in crate::kubectl::verbs) const CRON_JOB: Verb = Verb {
    name: "create cronjob",
    aliases: &["cj"],
    about: "Create a cron job with the specified name",
    usage: "NAME --image=image --schedule='0/5 * * * ?' -- [COMMAND] [args...] [flags]",
    flags: &[&[text("image"), text("schedule"), text("restart")], COMMON, OUTPUT, DRY_RUN],
    run: Run::Once(cron_job),
};

/// `create quota`.
pub(in crate::kubectl::verbs) const QUOTA: Verb = Verb {
    name: "create quota",
    aliases: &["resourcequota"],
    about: "Create a quota with the specified name",
    usage: "NAME [--hard=key1=value1,key2=value2] [--scopes=Scope1,Scope2] [--dry-run=server|client|none]",
    flags: &[&[text("hard"), text("scopes")], COMMON, OUTPUT, DRY_RUN],
    run: Run::Once(quota),
};

/// `create poddisruptionbudget`.
pub(in crate::kubectl::verbs) const BUDGET: Verb = Verb {
    name: "create poddisruptionbudget",
    aliases: &["pdb"],
    about: "Create a pod disruption budget with the specified name",
    usage: "NAME --selector=SELECTOR --min-available=N [--dry-run=server|client|none]",
    flags: &[&[text("min-available"), text("max-unavailable"), text("selector")], COMMON, OUTPUT, DRY_RUN],
    run: Run::Once(budget),
};

fn cron_job(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let name = one_name(args)?;
    let missing: Vec<&str> = ["image", "schedule"].into_iter().filter(|it| !args.has(it)).collect();
    if !missing.is_empty() {
        let list = missing.join("\", \"");
        return Err(Failure::text(format!("required flag(s) \"{list}\" not set")));
    }
    let mut container =
        Value::from([("image", args.get("image").into()), ("name", name.as_str().into()), ("resources", Value::map())]);
    let command = command(args);
    if !command.is_empty() {
        container.set("command", command);
    }
    let restart = if args.get("restart").is_empty() { "OnFailure" } else { args.get("restart") };
    let mut object = Object::new("batch/v1", "CronJob", "", &name);
    object.set("spec.schedule", args.get("schedule"));
    object.set("spec.jobTemplate.metadata.name", name);
    let pods = object.entry("spec.jobTemplate.spec.template");
    pods.set("metadata", Value::map());
    pods.set("spec.containers", vec![container]);
    pods.set("spec.restartPolicy", restart);
    object.set("status", Value::map());
    create(session, args, object)
}

fn quota(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let name = one_name(args)?;
    let mut object = Object::new("v1", "ResourceQuota", "", &name);
    object.set("spec", Value::map());
    for pair in args.get("hard").split(',').filter(|it| !it.is_empty()) {
        let wrong = || Failure::text(format!("Invalid argument syntax {pair}, expected <resource>=<value>"));
        let (resource, amount) = pair.split_once('=').ok_or_else(wrong)?;
        let amount = Quantity::parse(amount).map_err(|it| Failure::text(it.to_string()))?;
        object.entry("spec.hard").map_mut().insert(resource, Value::from(&amount));
    }
    let scopes: Vec<Value> = args.get("scopes").split(',').filter(|it| !it.is_empty()).map(Value::from).collect();
    if !scopes.is_empty() {
        object.set("spec.scopes", scopes);
    }
    object.set("status", Value::map());
    create(session, args, object)
}

fn budget(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let name = one_name(args)?;
    if args.get("selector").is_empty() {
        return Err(Failure::text("a selector must be specified"));
    }
    let (field, given) = match (args.get("min-available"), args.get("max-unavailable")) {
        ("", "") => return Err(Failure::text("one of min-available or max-unavailable must be specified")),
        (least, "") => ("minAvailable", least),
        ("", most) => ("maxUnavailable", most),
        _ => return Err(Failure::text("min-available and max-unavailable cannot be both specified")),
    };
    let digits = given.strip_suffix('%').unwrap_or(given);
    if digits.is_empty() || !digits.bytes().all(|it| it.is_ascii_digit()) {
        let flag = if field == "minAvailable" { "min-available" } else { "max-unavailable" };
        return Err(Failure::text(format!("invalid format specified for {flag}")));
    }
    let mut object = Object::new("policy/v1", "PodDisruptionBudget", "", &name);
    object.set("spec.selector", label_selector(args.get("selector"))?);
    object.entry("spec").set(field, IntOrString::parse(given).to_value());
    let counts = ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"];
    object.set("status", Value::Map(counts.into_iter().map(|it| (it.into(), 0.into())).collect()));
    create(session, args, object)
}

/// A selector from the command line as a `metav1.LabelSelector`.
fn label_selector(text: &str) -> Result<Value, Failure> {
    let parsed = Selector::parse(text).map_err(|it| Failure::text(it.to_string()))?;
    let mut selector = Value::map();
    for it in parsed.requirements() {
        let word = match it.operator {
            Operator::Equals | Operator::DoubleEquals => {
                let value = it.values.first().cloned().unwrap_or_default();
                selector.entry("matchLabels").map_mut().insert(it.key.clone(), value);
                continue;
            }
            Operator::NotEquals | Operator::NotIn => "NotIn",
            Operator::In => "In",
            Operator::Exists => "Exists",
            Operator::DoesNotExist => "DoesNotExist",
            other @ (Operator::GreaterThan | Operator::LessThan) => {
                let word = crate::kubectl::failure::quoted(other.word());
                return Err(Failure::text(format!("{word} is not a valid label selector operator")));
            }
        };
        let mut expression = Value::from([("key", (&it.key).into()), ("operator", word.into())]);
        if !it.values.is_empty() {
            expression.set("values", it.values.iter().map(Value::from).collect::<Value>());
        }
        selector.entry("matchExpressions").list_mut().push(expression);
    }
    Ok(selector)
}
