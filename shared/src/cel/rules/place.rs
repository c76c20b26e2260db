//! `fieldPath`: a simple JSON path from where a rule stands to the field that its finding names.
//!
//! Upstream: `ValidFieldPath` in `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go`.

use crate::model::Value;

/// A path as findings tell it (`.a['b.c']` is `a[b.c]` where `b.c` is a key, and `a.b.c` where it is a field).
///
/// `None` if it is not well-formed or names what `schema` does not have.
pub fn normalized(path: &str, schema: &Value) -> Option<String> {
    let (mut told, mut rest, mut schema) = (String::new(), path, schema);
    while !rest.is_empty() {
        let (name, tail) = step(rest)?;
        let properties = schema.get("properties");
        if properties.is_null() {
            schema = Some(schema.get("additionalProperties")).filter(|it| it.as_map().is_some())?;
            told = format!("{told}[{name}]");
        } else {
            schema = Some(properties.get(&name)).filter(|it| !it.is_null())?;
            told = if told.is_empty() { name } else { format!("{told}.{name}") };
        }
        rest = tail;
    }
    Some(told)
}

/// The first step of a path, and the rest.
fn step(path: &str) -> Option<(String, &str)> {
    if let Some(rest) = path.strip_prefix('.') {
        let end = rest.find(['.', '[', ']']).unwrap_or(rest.len());
        return (end > 0).then(|| (rest[..end].to_owned(), &rest[end..]));
    }
    quoted(path.strip_prefix("['")?)
}

/// The text up to `']`, without its escapes, and the rest.
fn quoted(path: &str) -> Option<(String, &str)> {
    let mut text = String::new();
    let mut signs = path.char_indices();
    while let Some((at, sign)) = signs.next() {
        match sign {
            '\'' => return path[at + 1..].strip_prefix(']').map(|rest| (text, rest)),
            '\\' => text.push(unescaped(signs.next()?.1)?),
            other => text.push(other),
        }
    }
    None
}

fn unescaped(sign: char) -> Option<char> {
    Some(match sign {
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        '\'' | '\\' => sign,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_fields_and_keys() {
        let schema = Value::from_json(
            r#"{"properties":{"a":{"additionalProperties":{"properties":{"b":{}}}},"c.d":{"type":"string"}}}"#,
        );
        let schema = schema.unwrap();
        let told = |path| normalized(path, &schema);
        assert_eq!(told(".a.x.b").as_deref(), Some("a[x].b"));
        assert_eq!(told(r".a['x\'.y'].b").as_deref(), Some("a[x'.y].b"));
        assert_eq!(told("['c.d']").as_deref(), Some("c.d"));
        for wrong in ["a", ".", ".a[0]", ".a['x", ".c.d", r".a['\x']", ".b", "['c.d'].e", "  "] {
            assert_eq!(told(wrong), None, "{wrong}");
        }
    }
}
