//! Kinds without a description of their own: every field, as it is.
//!
//! Upstream: `genericDescriber`, `printUnstructuredContent`, `smartLabelFor`.

use crate::kubectl::describe::Subject;
use crate::kubectl::describe::writer::{Writer, plain};
use crate::model::Value;

const SKIPPED: &[&str] =
    &[".metadata.managedFields", ".metadata.name", ".metadata.namespace", ".metadata.labels", ".metadata.annotations"];
const ACRONYMS: &[&str] = &["API", "URL", "UID", "GUID"];

/// Writes any object.
pub(super) fn write(out: &mut Writer, subject: &mut Subject<'_, '_>) {
    subject.head(out);
    content(out, 0, subject.object, "");
    subject.events(out);
}

fn content(out: &mut Writer, level: usize, value: &Value, at: &str) {
    for (field, value) in value.fields() {
        let path = format!("{at}.{field}");
        if SKIPPED.contains(&path.as_str()) {
            continue;
        }
        match value {
            Value::Map(_) => {
                out.line(level, format!("{}:", label(field)));
                content(out, level + 1, value, &path);
            }
            Value::List(items) => {
                out.line(level, format!("{}:", label(field)));
                for item in items.iter() {
                    if item.as_map().is_some() {
                        content(out, level + 1, item, &path);
                    } else {
                        out.line(level + 1, plain(item));
                    }
                }
            }
            _ => out.field(level, &label(field), plain(value)),
        }
    }
}

/// `holderIdentity` is `Holder Identity`; names with other signs than letters stay as they are.
fn label(field: &str) -> String {
    if !field.chars().all(|it| it.is_alphabetic() || it == '-') {
        return field.to_owned();
    }
    let words = merged(humps(field));
    let titled = words.iter().map(|it| titled(it));
    titled.collect::<Vec<_>>().join(" ")
}

/// The words of a name in camel case.
fn humps(field: &str) -> Vec<String> {
    let chars: Vec<char> = field.chars().collect();
    let mut words: Vec<String> = Vec::new();
    for (index, it) in chars.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|it| chars.get(it));
        let after = chars.get(index + 1);
        let starts = match before {
            None => true,
            Some(before) if class(*before) == class(*it) => {
                it.is_uppercase() && after.is_some_and(|after| after.is_lowercase())
            }
            Some(before) => !(before.is_uppercase() && it.is_lowercase()),
        };
        match words.last_mut() {
            Some(word) if !starts => word.push(*it),
            _ => words.push(it.to_string()),
        }
    }
    words
}

fn class(it: char) -> u8 {
    if it.is_lowercase() {
        0
    } else if it.is_uppercase() {
        1
    } else {
        2
    }
}

/// Two words in capitals one after the other are one, as in `PodIPs`.
fn merged(words: Vec<String>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut rest = words.into_iter().peekable();
    while let Some(mut word) = rest.next() {
        let capitals = word.len() >= 2 && word.chars().all(|it| !it.is_alphabetic() || it.is_uppercase());
        if capitals && let Some(next) = rest.next_if(|it| it.starts_with(char::is_uppercase)) {
            word.push_str(&next);
        }
        out.push(word);
    }
    out
}

fn titled(word: &str) -> String {
    let upper = word.to_uppercase();
    if ACRONYMS.contains(&upper.as_str()) {
        return upper;
    }
    if word.to_lowercase() != word {
        return word.to_owned();
    }
    let mut chars = word.chars();
    chars.next().map(|it| it.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn names_become_words() {
        let names =
            ["holderIdentity", "apiVersion", "podIPs", "spec", "leaseDurationSeconds", "app.x", "uid", "metadata"];
        expect!["Holder Identity, API Version, Pod I Ps, Spec, Lease Duration Seconds, app.x, UID, Metadata"]
            .assert_eq(&names.map(label).join(", "));
    }
}
