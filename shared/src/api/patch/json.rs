//! JSON patch (RFC 6902): a list of operations on JSON pointers (RFC 6901).
//!
//! Upstream: `gopkg.in/evanphx/json-patch.v4`, as `k8s.io/apiserver/pkg/endpoints/handlers/patch.go` uses it.

use crate::api::Status;
use crate::model::{List, Object, Value};

/// The most operations in one patch.
const OPERATIONS_MAX: usize = 10_000;

/// How much one patch may copy, in bytes of JSON: copies of copies would grow without end otherwise.
const COPIED_BYTES_MAX: usize = 3 * 1024 * 1024;

/// `old` after every operation of `patch`.
pub(in crate::api) fn apply(old: &Object, patch: &Value) -> Result<Object, Status> {
    if patch.as_list().is_none() {
        return Err(Status::bad_request(
            "error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch",
        ));
    }
    let operations = patch.items();
    if operations.len() > OPERATIONS_MAX {
        let found = operations.len();
        let message = format!("The allowed maximum operations in a JSON patch is {OPERATIONS_MAX}, got {found}");
        return Err(Status { code: 413, reason: "RequestEntityTooLarge", message, details: Value::map() });
    }
    let mut object = old.clone();
    let mut copied = 0;
    for operation in operations {
        operate(&mut object.0, operation, &mut copied).map_err(unprocessable)?;
    }
    Ok(object)
}

/// 422: the patch is well formed but does not fit.
fn unprocessable(error: Failure) -> Status {
    let message = match error {
        Failure::Text(text) => format!("the server rejected our request due to an error in our request: {text}"),
        Failure::Plain => "the server rejected our request due to an error in our request".into(),
    };
    let message = if message.ends_with(": ") { message.trim_end_matches(": ").to_owned() } else { message };
    Status { code: 422, reason: "Invalid", message, details: Value::map() }
}

/// Why an operation does not fit.
enum Failure {
    /// With its reason.
    Text(String),
    /// Without one.
    Plain,
}

fn operate(root: &mut Value, operation: &Value, copied_bytes: &mut usize) -> Result<(), Failure> {
    let path = operation.get("path").as_str().ok_or_else(|| Failure::Text("missing path".into()))?;
    let value = || operation.get("value").clone();
    let from = operation.get("from").str();
    match operation.get("op").str() {
        "add" => add(root, path, value()),
        "replace" => {
            find(root, path).map_err(|_| missing("replace", path))?;
            remove(root, path)?;
            add(root, path, value())
        }
        "remove" => {
            find(root, path).map_err(|_| missing("remove", path))?;
            remove(root, path).map(drop)
        }
        "move" => {
            find(root, from).map_err(|_| missing("move", from))?;
            let moved = remove(root, from)?;
            add(root, path, moved)
        }
        "copy" => {
            let copied = find(root, from).map_err(|_| missing("copy", from))?.clone();
            *copied_bytes += copied.to_json().len();
            if *copied_bytes > COPIED_BYTES_MAX {
                let sizes = format!("({copied_bytes}) exceeds the limit of {COPIED_BYTES_MAX} bytes");
                return Err(Failure::Text(format!("Unable to copy, the accumulated size increase of copy is {sizes}")));
            }
            add(root, path, copied)
        }
        "test" => test(root, path, &value()),
        other => Err(Failure::Text(format!("Unexpected kind: {other}"))),
    }
}

fn missing(operation: &str, path: &str) -> Failure {
    Failure::Text(format!("{operation} operation does not apply: doc is missing path: {path}: missing value"))
}

fn test(root: &Value, path: &str, wanted: &Value) -> Result<(), Failure> {
    let found = find(root, path).unwrap_or(&Value::Null);
    if found == wanted { Ok(()) } else { Err(Failure::Text(format!("testing path {path} failed"))) }
}

/// The steps of a JSON pointer.
fn steps(path: &str) -> Vec<String> {
    path.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect()
}

fn find<'a>(root: &'a Value, path: &str) -> Result<&'a Value, Failure> {
    steps(path).iter().try_fold(root, |place, step| match place {
        Value::Map(map) => map.get(step).ok_or(Failure::Plain),
        Value::List(list) => index(step, list.len()).and_then(|at| list.get(at)).ok_or(Failure::Plain),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => Err(Failure::Plain),
    })
}

fn place<'a>(root: &'a mut Value, steps: &[String]) -> Option<&'a mut Value> {
    steps.iter().try_fold(root, |place, step| {
        if place.as_list().is_some() {
            let list = place.list_mut();
            let at = index(step, list.len())?;
            return list.get_mut(at);
        }
        if !place.as_map()?.contains_key(step) {
            return None;
        }
        Some(place.map_mut().entry(step))
    })
}

/// An index of a list; negative ones count from the end, as upstream allows.
fn index(step: &str, length: usize) -> Option<usize> {
    match step.strip_prefix('-') {
        Some(back) => length.checked_sub(back.parse().ok()?),
        None => step.parse().ok(),
    }
}

fn add(root: &mut Value, path: &str, value: Value) -> Result<(), Failure> {
    let steps = steps(path);
    let Some((last, parents)) = steps.split_last() else {
        *root = value;
        return Ok(());
    };
    let parent = place(root, parents).ok_or_else(|| missing("add", path))?;
    if parent.as_list().is_some() {
        return insert(parent.list_mut(), last, value);
    }
    if parent.as_map().is_none() {
        return Err(missing("add", path));
    }
    parent.map_mut().insert(last.as_str(), value);
    Ok(())
}

fn insert(list: &mut List, step: &str, value: Value) -> Result<(), Failure> {
    if step == "-" {
        list.push(value);
        return Ok(());
    }
    match index(step, list.len() + 1) {
        Some(at) if at <= list.len() => list.insert(at, value),
        _ => {
            let text = format!(
                "add operation does not apply: doc is missing path: Unable to access invalid index: {step}: invalid index referenced"
            );
            return Err(Failure::Text(text));
        }
    }
    Ok(())
}

fn remove(root: &mut Value, path: &str) -> Result<Value, Failure> {
    let steps = steps(path);
    let Some((last, parents)) = steps.split_last() else { return Ok(std::mem::take(root)) };
    let parent = place(root, parents).ok_or_else(|| missing("remove", path))?;
    if parent.as_map().is_some() {
        return Ok(parent.map_mut().remove(last));
    }
    let items = parent.list_mut();
    match index(last, items.len()) {
        Some(at) if at < items.len() => Ok(items.remove(at)),
        _ => Err(missing("remove", path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(old: &str, patch: &str, expected: &Expect) {
        let old = Object(Value::from_json(old).unwrap());
        let shown = match apply(&old, &Value::from_json(patch).unwrap()) {
            Ok(new) => new.to_json(),
            Err(status) => format!("{} {}", status.code, status.message),
        };
        expected.assert_eq(&shown);
    }

    #[test]
    fn copies_of_copies_end() {
        let copies: Vec<String> = (0..40).map(|to| format!(r#"{{"op":"copy","from":"","path":"/c{to}"}}"#)).collect();
        let patch = format!("[{}]", copies.join(","));
        let error = apply(&Object(Value::from_json(r#"{"a":1}"#).unwrap()), &Value::from_json(&patch).unwrap());
        assert!(error.unwrap_err().message.contains("exceeds the limit of 3145728 bytes"));
    }

    #[test]
    fn operations() {
        check(
            r#"{"a":[1,2]}"#,
            r#"[{"op":"add","path":"/a/1","value":9},{"op":"add","path":"/a/-","value":3}]"#,
            &expect![[r#"{"a":[1,9,2,3]}"#]],
        );
        check(r#"{"a":{"x/y":1}}"#, r#"[{"op":"remove","path":"/a/x~1y"}]"#, &expect![[r#"{"a":{}}"#]]);
        check(
            r#"{"a":1,"b":2}"#,
            r#"[{"op":"move","from":"/a","path":"/c"},{"op":"copy","from":"/b","path":"/d"}]"#,
            &expect![[r#"{"b":2,"c":1,"d":2}"#]],
        );
        check(
            r#"{"a":1}"#,
            r#"[{"op":"test","path":"/a","value":2}]"#,
            &expect!["422 the server rejected our request due to an error in our request: testing path /a failed"],
        );
        check(
            r#"{"a":1}"#,
            r#"[{"op":"replace","path":"/b","value":2}]"#,
            &expect![
                "422 the server rejected our request due to an error in our request: replace operation does not apply: doc is missing path: /b: missing value"
            ],
        );
        check(
            r#"{"a":1}"#,
            r#"[{"op":"remove","path":"/b/c"}]"#,
            &expect![
                "422 the server rejected our request due to an error in our request: remove operation does not apply: doc is missing path: /b/c: missing value"
            ],
        );
        check(
            r#"{"a":[]}"#,
            r#"[{"op":"add","path":"/a/3","value":2}]"#,
            &expect![
                "422 the server rejected our request due to an error in our request: add operation does not apply: doc is missing path: Unable to access invalid index: 3: invalid index referenced"
            ],
        );
        check(
            r#"{"a":1}"#,
            r#"{"op":"remove"}"#,
            &expect!["400 error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch"],
        );
    }
}
