//! JSON merge patch (RFC 7386): maps are merged, null deletes, everything else replaces.

use crate::model::{Object, Value};

/// `old` with `patch` merged into it.
pub(super) fn apply(old: &Object, patch: &Value) -> Object {
    let mut object = old.clone();
    merge(&mut object.0, patch);
    object
}

fn merge(place: &mut Value, patch: &Value) {
    for (field, value) in patch.fields() {
        match value {
            Value::Null => drop(place.map_mut().remove(field)),
            Value::Map(_) => {
                let target = place.map_mut().entry(field);
                if target.as_map().is_none() {
                    *target = Value::map();
                }
                merge(target, value);
            }
            _ if place.get(field) == value => {}
            _ => place.map_mut().insert(field.clone(), value.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(old: &str, patch: &str, expected: &str) {
        let old = Object(Value::from_json(old).unwrap());
        assert_eq!(apply(&old, &Value::from_json(patch).unwrap()).to_json(), expected);
    }

    #[test]
    fn examples_of_the_rfc() {
        check(r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#);
        check(r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#);
        check(r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#);
        check(r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#);
        check(r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#);
        check(r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#);
        check("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#);
    }
}
