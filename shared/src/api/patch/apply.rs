//! Server-side apply: the applied object says what its manager wants, and only that.
//!
//! Upstream: `structured-merge-diff/merge/update.go`, `k8s.io/apimachinery/pkg/util/managedfields/internal/structuredmerge.go`.

use crate::api::fields::{self, Entry, Operation, Set, Shape};
use crate::api::pipeline::Call;
use crate::api::{Errors, Status, metadata};
use crate::model::schema::{Schema, TypeId};
use crate::model::{Object, Value};

/// The object that an apply request makes of `old`, or the new one if there is none; with its managed fields.
///
/// # Errors
/// The request names no manager, the object does not fit the schema, or others manage its fields and it does not force.
pub(super) fn apply(call: &Call<'_>, old: Option<&Object>, (schema, id): (&Schema, TypeId)) -> Result<Object, Status> {
    let shape = Shape::Struct(schema, id);
    let applied = checked(call, shape)?;
    let own = Entry {
        manager: call.request.options.field_manager.clone(),
        operation: Operation::Apply,
        api_version: applied.api_version().into(),
        time: call.now.to_string().into(),
        subresource: call.request.target.subresource.clone(),
        set: fields::stripped(fields::set_of(&applied, shape), call),
    };
    let Some(old) = old else {
        if applied.name().is_empty() {
            return Err(metadata::no_name(&call.key.name));
        }
        let mut new = applied;
        fields::write_managed(&mut new, vec![own]);
        return Ok(new);
    };
    let mut entries = fields::read_managed(old);
    if entries.is_empty() {
        entries.push(fields::before_first_apply(old, shape, call));
    }
    let last = entries.iter().find(|it| it.is_by(&own)).cloned();
    entries.retain(|it| !it.is_by(&own));
    let mut merged = Object(fields::merge(old, &applied, shape));
    resolve(call, old, &merged, &mut entries, shape)?;
    if let Some(last) = &last {
        // Name and kind belong to nobody, but they are applied.
        let mut owned = fields::set_of(&applied, shape);
        for entry in &entries {
            owned.add(&entry.set);
        }
        merged = Object(fields::prune(&merged, &last.set, &owned, shape));
    }
    if merged.name().is_empty() {
        merged.set("metadata.name", old.name());
    }
    let unchanged = merged == *old && last.as_ref().is_some_and(|it| it.set == own.set);
    entries.push(if unchanged { last.unwrap_or(own) } else { own });
    fields::write_managed(&mut merged, entries);
    Ok(merged)
}

fn checked(call: &Call<'_>, shape: Shape<'_>) -> Result<Object, Status> {
    if call.request.options.field_manager.is_empty() {
        let mut errors = Errors::default();
        errors.required("fieldManager", "is required for apply patch");
        return Err(Status::invalid("PatchOptions", "meta.k8s.io", "", &errors));
    }
    let mut applied = Object(call.request.body.clone());
    if !applied.metadata().get("managedFields").is_empty() {
        return Err(Status::bad_request("metadata.managedFields must be nil"));
    }
    if !applied.metadata().is_null() {
        applied.entry("metadata").remove("managedFields");
    }
    let mut path = String::new();
    fields::check(&applied, shape, &mut path).map_err(|error| untyped(&applied, &error))?;
    Ok(applied)
}

/// 500, as upstream has it: the applied object does not fit the schema.
fn untyped(applied: &Object, error: &str) -> Status {
    let (namespace, name) = (applied.namespace(), applied.name());
    let version = applied.api_version();
    let version = if version.contains('/') { version.to_owned() } else { format!("/{version}") };
    let what = format!("({namespace}/{name}; {version}, Kind={})", applied.kind());
    Status::internal(format!("failed to create typed patch object {what}: {error}"))
}

/// Finds the fields that others manage and that would change; with force they lose them.
fn resolve(
    call: &Call<'_>,
    old: &Object,
    merged: &Object,
    entries: &mut [Entry],
    shape: Shape<'_>,
) -> Result<(), Status> {
    let changes = fields::compare(Some(&old.0), Some(&merged.0), shape);
    let written = fields::stripped(changes.written(), call);
    let contested: Vec<(&Entry, Set)> =
        entries.iter().map(|it| (it, it.set.and(&written))).filter(|(_, set)| !set.is_empty()).collect();
    if !contested.is_empty() && !call.request.options.force {
        return Err(conflict(&contested));
    }
    for entry in entries {
        entry.set = entry.set.minus(&written);
    }
    Ok(())
}

/// 409: others manage these fields.
fn conflict(contested: &[(&Entry, Set)]) -> Status {
    let described: Vec<(String, Vec<String>)> =
        contested.iter().map(|(entry, set)| (described(entry), set.paths())).collect();
    let count: usize = described.iter().map(|(_, paths)| paths.len()).sum();
    let lines: Vec<String> = described
        .iter()
        .map(|(manager, paths)| match &paths[..] {
            [only] => format!("conflict with {manager}: {only}"),
            several => format!("conflicts with {manager}:\n- {}", several.join("\n- ")),
        })
        .collect();
    let plural = if count == 1 { "" } else { "s" };
    let causes = described.iter().flat_map(|(manager, paths)| {
        paths.iter().map(move |path| {
            Value::from([
                ("reason", "FieldManagerConflict".into()),
                ("message", format!("conflict with {manager}").into()),
                ("field", path.into()),
            ])
        })
    });
    Status {
        code: 409,
        reason: "Conflict",
        message: format!("Apply failed with {count} conflict{plural}: {}", lines.join("\n")),
        details: Value::from([("causes", causes.collect())]),
    }
}

fn described(entry: &Entry) -> String {
    let part = match entry.subresource.as_str() {
        "" => String::new(),
        name => format!(" with subresource {name:?}"),
    };
    let version = match entry.operation {
        Operation::Apply => String::new(),
        Operation::Update => format!(" using {}", entry.api_version),
    };
    format!("{:?}{part}{version}", entry.manager.as_str())
}

#[cfg(test)]
mod tests {
    use crate::api::testing::run;
    use expect_test::{Expect, expect};

    fn check(script: &str, expected: &Expect) {
        expected.assert_eq(&run(script));
    }

    #[test]
    fn what_is_applied_no_more_goes() {
        check(
            r#"
            apply configmaps/a ?manager=one {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","labels":{"x":"1"}},"data":{"a":"1","b":"2"}} => data metadata.managedFields
            apply configmaps/a ?manager=one {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"a":"1"}} => data metadata.labels metadata.resourceVersion
            apply configmaps/a ?manager=one {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"a":"1"}} => metadata.resourceVersion
            apply configmaps/a ?manager=two {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"a":"1","c":"3"}} => data
            apply configmaps/a ?manager=one {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}} => data
            apply configmaps/a ?manager=two {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}} => data metadata.managedFields
            "#,
            &expect![[r#"
                201 data={"a":"1","b":"2"} metadata.managedFields=[{"apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{"f:data":{"f:a":{},"f:b":{}},"f:metadata":{"f:labels":{"f:x":{}}}},"manager":"one","operation":"Apply","time":"2026-01-01T00:00:00Z"}]
                200 data={"a":"1"} metadata.labels=null metadata.resourceVersion="2"
                200 metadata.resourceVersion="2"
                200 data={"a":"1","c":"3"}
                200 data={"a":"1","c":"3"}
                200 data=null metadata.managedFields=null
            "#]],
        );
    }

    #[test]
    fn a_body_may_leave_out_the_name_of_what_is_there() {
        check(
            r#"
            apply configmaps/a ?manager=one {"apiVersion":"v1","kind":"ConfigMap","data":{"a":"1"}}
            apply configmaps/a ?manager=one {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","labels":{"x":"1"}}}
            apply configmaps/a ?manager=one {"apiVersion":"v1","kind":"ConfigMap","data":{"a":"1"}} => metadata.name metadata.labels data
            "#,
            &expect![[r#"
                400 BadRequest the name of the object (a based on URL) was undeterminable: name must be provided
                201 
                200 metadata.name="a" metadata.labels=null data={"a":"1"}
            "#]],
        );
    }

    #[test]
    fn conflicts_and_force() {
        check(
            r#"
            create configmaps ?manager=kubectl {"metadata":{"name":"a"},"data":{"a":"1","b":"2"}}
            apply configmaps/a ?manager=one {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"a":"9"}}
            apply configmaps/a ?manager=one {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"a":"9","b":"9"}}
            apply configmaps/a ?manager=one&force=true {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"a":"9"}} => data metadata.managedFields
            merge configmaps/a ?manager=edit {"data":{"a":"8"}} => metadata.managedFields
            apply configmaps/a ?manager=one {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"a":"9"}}
            apply configmaps/a {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}
            apply configmaps/a ?manager=one {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"datum":{}}
            "#,
            &expect![[r#"
                201 
                409 Conflict Apply failed with 1 conflict: conflict with "kubectl" using v1: .data.a
                409 Conflict Apply failed with 2 conflicts: conflicts with "kubectl" using v1:
                - .data.a
                - .data.b
                200 data={"a":"9","b":"2"} metadata.managedFields=[{"apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{"f:data":{"f:a":{}}},"manager":"one","operation":"Apply","time":"2026-01-01T00:00:03Z"},{"apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{"f:data":{".":{},"f:b":{}}},"manager":"kubectl","operation":"Update","time":"2026-01-01T00:00:00Z"}]
                200 metadata.managedFields=[{"apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{"f:data":{".":{},"f:b":{}}},"manager":"kubectl","operation":"Update","time":"2026-01-01T00:00:00Z"},{"apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{"f:data":{"f:a":{}}},"manager":"edit","operation":"Update","time":"2026-01-01T00:00:04Z"}]
                409 Conflict Apply failed with 1 conflict: conflict with "edit" using v1: .data.a
                422 Invalid PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch
                500 failed to create typed patch object (/a; /v1, Kind=ConfigMap): .datum: field not declared in schema
            "#]],
        );
    }

    /// Two managers apply random data with force; a plain model says what must be there: a key stays as long as somebody
    /// applied it last, and has the value that was applied last.
    #[test]
    fn two_managers_share_an_object() {
        use crate::api::{Api, testing};
        use crate::model::{Chance, Time, Value};
        use std::collections::BTreeMap;
        for seed in 0..100 {
            let mut chance = Chance::new(seed);
            let mut api = Api::new(Chance::new(1));
            let mut applied: [BTreeMap<String, String>; 2] = Default::default();
            let mut model: BTreeMap<String, String> = BTreeMap::new();
            for _ in 0..8 {
                let manager = usize::try_from(chance.below(2)).unwrap();
                let pairs =
                    (0..chance.below(4)).map(|_| (format!("k{}", chance.below(4)), format!("v{}", chance.below(3))));
                let wanted: BTreeMap<String, String> = pairs.collect();
                let data = Value::Map(wanted.iter().map(|(key, value)| (key.as_str().into(), value.into())).collect());
                let mut body =
                    Value::from_json(r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}"#).unwrap();
                body.set("data", data);
                let line = format!("apply configmaps/a ?manager=m{manager}&force=true {body}");
                let response = api.handle(&testing::request(&line), Time::VIRTUAL_START);
                for key in applied[manager].keys() {
                    if !wanted.contains_key(key) && !applied[1 - manager].contains_key(key) {
                        model.remove(key);
                    }
                }
                for (key, value) in &wanted {
                    if model.get(key).is_some_and(|old| old != value) {
                        applied[1 - manager].remove(key);
                    }
                    model.insert(key.clone(), value.clone());
                }
                applied[manager] = wanted;
                let stored = response.as_object().unwrap().get("data").fields();
                let stored: BTreeMap<String, String> =
                    stored.iter().map(|(key, value)| (key.to_string(), value.str().to_owned())).collect();
                assert_eq!(stored, model, "seed {seed} after {line}");
            }
        }
    }

    #[test]
    fn lists_are_shared_by_item() {
        let pod = |containers: &str| {
            format!(
                r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"p"}},"spec":{{"containers":{containers}}}}}"#
            )
        };
        let script = format!(
            r#"
            apply pods/p ?manager=one {} => spec.containers
            apply pods/p ?manager=two&force=true {} => spec.containers metadata.managedFields
            apply pods/p ?manager=one {}
            "#,
            pod(r#"[{"name":"a","image":"x","ports":[{"containerPort":80}]}]"#),
            pod(r#"[{"name":"a","image":"y"}]"#),
            pod(r#"[{"name":"a","image":"y"},{"name":"a"}]"#),
        );
        check(
            &script,
            &expect![[r#"
                201 spec.containers=[{"image":"x","imagePullPolicy":"Always","name":"a","ports":[{"containerPort":80,"protocol":"TCP"}],"resources":{},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","volumeMounts":[{"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount","name":"kube-api-access-9pp26","readOnly":true}]}]
                200 spec.containers=[{"image":"y","imagePullPolicy":"Always","name":"a","ports":[{"containerPort":80,"protocol":"TCP"}],"resources":{},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","volumeMounts":[{"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount","name":"kube-api-access-9pp26","readOnly":true}]}] metadata.managedFields=[{"apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{"f:containers":{"k:{\"name\":\"a\"}":{".":{},"f:name":{},"f:ports":{"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{}}}}}}},"manager":"one","operation":"Apply","time":"2026-01-01T00:00:00Z"},{"apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{"f:containers":{"k:{\"name\":\"a\"}":{".":{},"f:image":{},"f:name":{}}}}},"manager":"two","operation":"Apply","time":"2026-01-01T00:00:01Z"}]
                500 failed to create typed patch object (/p; /v1, Kind=Pod): .spec.containers: duplicate entries for key [name="a"]
            "#]],
        );
    }
}
