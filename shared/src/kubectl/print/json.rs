//! JSON as kubectl writes it: four spaces, keys in order, `<`, `>` and `&` escaped.
//!
//! Upstream: `k8s.io/cli-runtime/pkg/printers/json.go`.

use crate::model::Value;

/// `value` in lines, with a line end.
pub(crate) fn write(value: &Value) -> String {
    let mut out = String::new();
    lines(value, 0, &mut out);
    out.push('\n');
    out
}

/// `value` in one line, as Go's encoder writes it.
pub(crate) fn compact(value: &Value) -> String {
    escape(&value.to_json())
}

/// A scalar as it is read: texts without quotes.
pub(crate) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_json(), str::to_owned)
}

fn lines(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Map(map) if !map.is_empty() => {
            let fields = map.iter().map(|(key, value)| (Some(key.as_str()), value));
            block(fields, depth, ('{', '}'), out);
        }
        Value::List(list) if !list.is_empty() => block(list.iter().map(|it| (None, it)), depth, ('[', ']'), out),
        _ => out.push_str(&escape(&value.to_json())),
    }
}

fn block<'a>(
    members: impl Iterator<Item = (Option<&'a str>, &'a Value)>,
    depth: usize,
    (open, close): (char, char),
    out: &mut String,
) {
    out.push(open);
    for (index, (key, value)) in members.enumerate() {
        out.push_str(if index == 0 { "\n" } else { ",\n" });
        out.push_str(&"    ".repeat(depth + 1));
        if let Some(key) = key {
            out.push_str(&escape(&Value::from(key).to_json()));
            out.push_str(": ");
        }
        lines(value, depth + 1, out);
    }
    out.push('\n');
    out.push_str(&"    ".repeat(depth));
    out.push(close);
}

fn escape(json: &str) -> String {
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn writes_as_go_does() {
        let value = Value::from_json(r#"{"b":[1,{"c":"<x&>"},[]],"a":{}}"#).unwrap();
        expect![[r#"
            {
                "a": {},
                "b": [
                    1,
                    {
                        "c": "\u003cx\u0026\u003e"
                    },
                    []
                ]
            }
        "#]]
        .assert_eq(&write(&value));
    }
}
