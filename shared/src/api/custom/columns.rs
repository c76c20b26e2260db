//! The columns that a definition gives to `kubectl get`.
//!
//! Upstream: `k8s.io/apiextensions-apiserver/pkg/registry/customresource/tableconvertor/tableconvertor.go`.

use crate::api::printing::human_span;
use crate::model::jsonpath::Template;
use crate::model::{Object, Text, Time, Value};

/// A column.
#[derive(Clone, Debug)]
pub struct Column {
    /// `Replicas`.
    pub name: Text,
    /// `string`, `integer`, `number`, `boolean` or `date`.
    pub kind: Text,
    /// 0 is always shown; above 0 only with `-o wide`.
    pub priority: i64,
    format: Text,
    description: Text,
    path: Template,
}

impl Column {
    /// The declared columns; without any, the age alone.
    pub(super) fn all(declared: &Value) -> Vec<Self> {
        let age = Value::from([
            ("name", "Age".into()),
            ("type", "date".into()),
            ("jsonPath", ".metadata.creationTimestamp".into()),
            ("description", "CreationTimestamp is the time when this object was created.".into()),
        ]);
        let declared = declared.items();
        let all = if declared.is_empty() { std::slice::from_ref(&age) } else { declared };
        all.iter().filter_map(Self::read).collect()
    }

    fn read(declared: &Value) -> Option<Self> {
        let path = declared.get("jsonPath").str();
        let described = declared.get("description").text();
        let unsaid = || format!("Custom resource definition column (in JSONPath format): {path}").into();
        Some(Self {
            name: declared.get("name").text(),
            kind: declared.get("type").text(),
            priority: declared.get("priority").int_or(0),
            format: declared.get("format").text(),
            description: if described.is_empty() { unsaid() } else { described },
            path: Template::parse_relaxed(path).ok()?,
        })
    }

    /// The column as a Table defines it.
    pub(crate) fn definition(&self) -> Value {
        Value::from([
            ("name", (&self.name).into()),
            ("type", (&self.kind).into()),
            ("format", (&self.format).into()),
            ("description", (&self.description).into()),
            ("priority", self.priority.into()),
        ])
    }

    /// The cell of an object: null for what is not there or of another type.
    pub(crate) fn cell(&self, object: &Object, now: Time) -> Value {
        let found = self.path.find(&object.0);
        let Some(first) = found.first() else { return Value::Null };
        match (self.kind.as_str(), first) {
            ("integer", Value::Int(_)) | ("number", Value::Int(_) | Value::Float(_)) | ("boolean", Value::Bool(_)) => {
                first.clone()
            }
            ("integer", Value::Float(it)) => Value::from(truncated(*it)),
            ("string", Value::Null) if found.len() == 1 => Value::Null,
            ("string", _) => self.path.render(&object.0).into(),
            ("date", Value::Text(text)) => age(text, now),
            _ => Value::Null,
        }
    }

    /// The cell as `kubectl get` prints it.
    pub(crate) fn text(&self, object: &Object, now: Time) -> String {
        match self.cell(object, now) {
            Value::Null => "<none>".to_owned(),
            Value::Text(text) => text.to_string(),
            other => other.to_json(),
        }
    }
}

fn age(text: &str, now: Time) -> Value {
    Time::parse(text).map_or_else(|| "<invalid>".into(), |then| human_span(now - then).into())
}

#[allow(clippy::cast_possible_truncation, reason = "Go converts so, and a cast of a float saturates")]
fn truncated(number: f64) -> i64 {
    number as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(kind: &str, path: &str, expected: &Expect) {
        let object = r#"{"metadata":{"creationTimestamp":"2026-01-01T00:00:00Z"},"spec":{"size":"small","n":3,"f":2.5,
            "on":true,"tags":["a","b"],"map":{"x":1}},"status":{"conditions":[{"type":"Ready","status":"True"}]}}"#;
        let object = Object(Value::from_json(object).unwrap());
        let declared = Value::from([("name", "X".into()), ("type", kind.into()), ("jsonPath", path.into())]);
        let cell = Column::read(&declared).unwrap().cell(&object, Time::VIRTUAL_START);
        expected.assert_eq(&cell.to_json());
    }

    #[test]
    fn cells_have_the_type_of_their_column() {
        check("string", ".spec.size", &expect![[r#""small""#]]);
        check("string", ".spec.n", &expect![[r#""3""#]]);
        check("string", ".spec.none", &expect!["null"]);
        check("string", ".spec.tags", &expect![[r#""[\"a\",\"b\"]""#]]);
        check("string", ".spec.tags[*]", &expect![[r#""a b""#]]);
        check("string", ".status.conditions[?(@.type==\"Ready\")].status", &expect![[r#""True""#]]);
        check("integer", ".spec.n", &expect!["3"]);
        check("integer", ".spec.f", &expect!["2"]);
        check("integer", ".spec.size", &expect!["null"]);
        check("number", ".spec.f", &expect!["2.5"]);
        check("boolean", ".spec.on", &expect!["true"]);
        check("date", ".metadata.creationTimestamp", &expect![[r#""0s""#]]);
        check("date", ".spec.size", &expect![[r#""<invalid>""#]]);
    }
}
