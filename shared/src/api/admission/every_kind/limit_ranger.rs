//! Containers get the amounts of the namespace's `LimitRange`s, and keep within them; so do pods as a whole and claims.
//!
//! Upstream: `plugin/pkg/admission/limitranger/admission.go`.
//! Differs: of several findings the order is that of the ranges, then of the containers, then of the resources' names.

use crate::api::Status;
use crate::api::admission::{Admission, InForce, Operation, Plugin};
use crate::api::quota::amounts::{Amounts, of_pod};
use crate::model::{Object, Quantity, ResourceName, Text, Value};

/// The registration.
pub(crate) const PLUGIN: Plugin = Plugin {
    name: "LimitRanger",
    in_force: InForce::Full,
    on: &[Operation::Create, Operation::Update],
    resources: &["pods", "persistentvolumeclaims"],
    mutate: Some(|object, admission| {
        fill_in(object, admission);
        Ok(())
    }),
    validate: Some(validate),
};

/// The resource of limit ranges.
const RANGES: ResourceName = ResourceName::of("limitranges");
/// Where a pod carries what it was given.
const ANNOTATION: &str = "kubernetes.io/limit-ranger";
/// Lists of containers, and what a container of each is called.
const LISTS: [(&str, &str); 2] = [("containers", "container"), ("initContainers", "init container")];

/// True if there is something to look at: amounts of a pod do not change in an update.
fn is_looked_at(admission: &Admission<'_>) -> bool {
    let is_pod = admission.key.resource.as_str() == "pods";
    let is_fixed = is_pod && admission.operation == Operation::Update;
    !(is_fixed || admission.old.is_some_and(Object::is_terminating))
}

fn fill_in(pod: &mut Object, admission: &Admission<'_>) {
    if admission.key.resource.as_str() == "pods" && is_looked_at(admission) {
        for range in admission.store.list_in(&RANGES, &admission.key.namespace) {
            fill(pod, range);
        }
    }
}

/// Gives each container the amounts that it lacks, and notes it.
fn fill(pod: &mut Object, range: &Object) {
    let limits = range.at("spec.limits").items().iter().filter(|it| it.get("type").str() == "Container");
    let (mut requests, mut most) = (Amounts::default(), Amounts::default());
    for limit in limits {
        Amounts::read(limit.get("defaultRequest")).iter().for_each(|(name, it)| requests.put(name.clone(), it.clone()));
        Amounts::read(limit.get("default")).iter().for_each(|(name, it)| most.put(name.clone(), it.clone()));
    }
    let mut notes = Vec::new();
    for (list, called) in LISTS {
        for index in 0..pod.at("spec").get(list).items().len() {
            let container = &mut pod.entry("spec").entry(list).list_mut()[index];
            for (field, word, amounts) in [("requests", "request", &requests), ("limits", "limit", &most)] {
                let set = fill_list(container, field, amounts);
                if !set.is_empty() {
                    notes.push(format!("{set} {word} for {called} {}", container.get("name").str()));
                }
            }
        }
    }
    if !notes.is_empty() {
        let note = format!("LimitRanger plugin set: {}", notes.join("; "));
        pod.entry("metadata.annotations").map_mut().insert(ANNOTATION, note);
    }
}

/// The names of what was set, with commas between them.
fn fill_list(container: &mut Value, field: &str, amounts: &Amounts) -> String {
    let mut set: Vec<Text> = Vec::new();
    for (name, amount) in amounts.iter() {
        if container.get("resources").get(field).get(name).is_null() {
            container.entry("resources").entry(field).map_mut().insert(name.clone(), amount.to_string());
            set.push(name.clone());
        }
    }
    set.join(", ")
}

fn validate(object: &Object, admission: &mut Admission<'_>) -> Result<(), Status> {
    if !is_looked_at(admission) {
        return Ok(());
    }
    let is_pod = admission.key.resource.as_str() == "pods";
    for range in admission.store.list_in(&RANGES, &admission.key.namespace) {
        let mut findings = Vec::new();
        for limit in range.at("spec.limits").items() {
            match (limit.get("type").str(), is_pod) {
                ("Container", true) => check_containers(limit, object, &mut findings),
                ("Pod", true) => {
                    let sums = (of_pod(object, "requests"), of_pod(object, "limits"));
                    check(limit, (&sums.0, &sums.1), &mut findings);
                }
                ("PersistentVolumeClaim", false) => check_claim(limit, object, &mut findings),
                _ => {}
            }
        }
        match &findings[..] {
            [] => {}
            [one] => return Err(admission.forbid(one)),
            several => return Err(admission.forbid(&format!("[{}]", several.join(", ")))),
        }
    }
    Ok(())
}

fn check_containers(limit: &Value, pod: &Object, findings: &mut Vec<String>) {
    for container in LISTS.iter().flat_map(|(list, _)| pod.at("spec").get(list).items()) {
        let read = |field: &str| Amounts::read(container.get("resources").get(field));
        check(limit, (&read("requests"), &read("limits")), findings);
    }
}

fn check(limit: &Value, (requests, limits): (&Amounts, &Amounts), findings: &mut Vec<String>) {
    let kind = limit.get("type").str();
    let both = |name: &str| (requests.get(name), limits.get(name));
    for (name, least) in Amounts::read(limit.get("min")).iter() {
        findings.extend(below(kind, name, least, both(name)));
    }
    for (name, most) in Amounts::read(limit.get("max")).iter() {
        findings.extend(above(kind, name, most, both(name)));
    }
    for (name, most) in Amounts::read(limit.get("maxLimitRequestRatio")).iter() {
        findings.extend(too_far_apart(kind, name, most, both(name)));
    }
}

/// A claim has requests and no limits.
fn check_claim(limit: &Value, claim: &Object, findings: &mut Vec<String>) {
    let kind = "PersistentVolumeClaim";
    let requests = Amounts::read(claim.at("spec.resources.requests"));
    for (name, least) in Amounts::read(limit.get("min")).iter() {
        findings.extend(below(kind, name, least, (requests.get(name), None)));
    }
    for (name, most) in Amounts::read(limit.get("max")).iter() {
        findings.extend(match requests.get(name) {
            None => Some(format!("maximum {name} usage per {kind} is {most}.  No request is specified")),
            Some(it) if it > most => Some(format!("maximum {name} usage per {kind} is {most}, but request is {it}")),
            Some(_) => None,
        });
    }
}

/// A request and a limit of one resource.
type Pair<'a> = (Option<&'a Quantity>, Option<&'a Quantity>);

fn below(kind: &str, name: &str, least: &Quantity, (request, limit): Pair<'_>) -> Option<String> {
    let head = format!("minimum {name} usage per {kind} is {least}");
    match (request, limit) {
        (None, _) => Some(format!("{head}.  No request is specified")),
        (Some(it), _) if it < least => Some(format!("{head}, but request is {it}")),
        (Some(_), Some(it)) if it < least => Some(format!("{head}, but limit is {it}")),
        (Some(_), _) => None,
    }
}

fn above(kind: &str, name: &str, most: &Quantity, (request, limit): Pair<'_>) -> Option<String> {
    let head = format!("maximum {name} usage per {kind} is {most}");
    match (request, limit) {
        (_, None) => Some(format!("{head}.  No limit is specified")),
        (_, Some(it)) if it > most => Some(format!("{head}, but limit is {it}")),
        (Some(it), Some(_)) if it > most => Some(format!("{head}, but request is {it}")),
        (_, Some(_)) => None,
    }
}

fn too_far_apart(kind: &str, name: &str, most: &Quantity, (request, limit): Pair<'_>) -> Option<String> {
    let head = format!("{name} max limit to request ratio per {kind} is {most}, but");
    let given = |it: Option<&Quantity>| it.filter(|it| !it.is_zero()).map(Quantity::as_f64);
    let Some(request) = given(request) else {
        return Some(format!("{head} no request is specified or request is 0"));
    };
    let Some(limit) = given(limit) else {
        return Some(format!("{head} no limit is specified or limit is 0"));
    };
    let ratio = limit / request;
    (ratio > most.as_f64()).then(|| format!("{head} provided ratio is {ratio:.6}"))
}
