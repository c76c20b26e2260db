//! YAML as kubectl writes it.

use crate::model::Value;

/// `value` as a document.
pub(crate) fn write(value: &Value) -> String {
    let mut out = String::new();
    block(value, 0, &mut out);
    out
}

fn block(value: &Value, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Map(map) if !map.is_empty() => {
            for (key, value) in map {
                out.extend([format!("{indent}{}:", scalar(&Value::from(key), depth))]);
                below(value, depth, out);
            }
        }
        Value::List(items) if !items.is_empty() => {
            for item in items.iter() {
                let mut text = String::new();
                match item {
                    Value::Map(_) | Value::List(_) if !item.is_empty() => block(item, depth + 1, &mut text),
                    _ => text = format!("{indent}  {}\n", scalar(item, depth)),
                }
                out.extend([format!("{indent}- {}", &text[indent.len() + 2..])]);
            }
        }
        _ => out.extend([format!("{indent}{}\n", scalar(value, depth))]),
    }
}

fn below(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Map(map) if !map.is_empty() => {
            out.push('\n');
            block(value, depth + 1, out);
        }
        Value::List(list) if !list.is_empty() => {
            out.push('\n');
            block(value, depth, out);
        }
        _ => out.extend([format!(" {}\n", scalar(value, depth))]),
    }
}

fn scalar(value: &Value, depth: usize) -> String {
    let Value::Text(text) = value else { return value.to_json() };
    if text.contains('\n') {
        let indent = "  ".repeat(depth + 1);
        let lines: Vec<String> = text.trim_end_matches('\n').split('\n').map(|it| format!("{indent}{it}")).collect();
        return format!("|{}\n{}", if text.ends_with('\n') { "" } else { "-" }, lines.join("\n"));
    }
    let special = text.is_empty()
        || text.starts_with([
            ' ', '-', '?', ':', ',', '[', ']', '{', '}', '#', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`',
        ])
        || text.contains(": ")
        || text.contains(" #")
        || text.ends_with([' ', ':'])
        || text.parse::<f64>().is_ok()
        || matches!(text.as_str(), "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n" | "~");
    if special { Value::from(text).to_json() } else { text.to_string() }
}
