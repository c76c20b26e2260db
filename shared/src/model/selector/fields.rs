//! Field selectors: `metadata.name=x,status.phase!=Running`.
//!
//! Upstream: `k8s.io/apimachinery/pkg/fields/selector.go`.

use super::SelectorError;
use crate::model::{Order, Text};
use std::fmt;

/// One condition on one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldRequirement {
    /// The field's path: `status.phase`.
    pub field: Text,
    /// True for `=` and `==`, false for `!=`.
    pub equal: bool,
    /// The value it is compared with.
    pub value: Text,
}

/// A field selector: every requirement must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSelector(pub Vec<FieldRequirement>);

impl FieldSelector {
    /// Reads `metadata.name=x,status.phase!=Running`; `\` escapes `,`, `=` and itself.
    ///
    /// # Errors
    /// The text is no field selector; the error's text is upstream's.
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        let mut terms = split_terms(text);
        terms.order();
        let read = |term: &&str| field_term(text, term);
        terms.iter().filter(|it| !it.is_empty()).map(read).collect::<Result<_, _>>().map(Self).map_err(SelectorError)
    }

    /// True if the fields, read by `field`, are selected; a missing field reads as "".
    pub fn matches(&self, field: impl Fn(&str) -> Text) -> bool {
        self.0.iter().all(|it| (field(&it.field) == it.value) == it.equal)
    }

    /// The value that `field` must have, if the selector demands one.
    pub fn exact(&self, field: &str) -> Option<&Text> {
        self.0.iter().find(|it| it.equal && it.field == field).map(|it| &it.value)
    }
}

/// Cuts at each comma that no `\` escapes.
fn split_terms(text: &str) -> Vec<&str> {
    let (mut terms, mut start, mut escaped) = (Vec::new(), 0, false);
    for (index, it) in text.char_indices() {
        if it == ',' && !escaped {
            terms.push(&text[start..index]);
            start = index + 1;
        }
        escaped = it == '\\' && !escaped;
    }
    terms.push(&text[start..]);
    terms
}

fn field_term(whole: &str, term: &str) -> Result<FieldRequirement, String> {
    let at = term.char_indices().find(|(index, it)| *it == '=' || term[*index..].starts_with("!="));
    let Some((at, _)) = at else {
        return Err(format!("invalid selector: '{whole}'; can't understand '{term}'"));
    };
    let (field, rest) = term.split_at(at);
    let (equal, value) = match rest.strip_prefix("!=") {
        Some(value) => (false, value),
        None => (true, rest.strip_prefix("==").unwrap_or(&rest[1..])),
    };
    Ok(FieldRequirement { field: field.into(), equal, value: unescape(value)?.into() })
}

fn unescape(value: &str) -> Result<String, String> {
    let mut out = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(it) = characters.next() {
        match it {
            '\\' => match characters.next() {
                Some(it @ ('\\' | ',' | '=')) => out.push(it),
                Some(it) => return Err(format!("invalid field selector: invalid escape sequence: \\{it}")),
                None => return Err("invalid field selector: invalid escape sequence: \\".into()),
            },
            // Upstream prints the number of the character.
            ',' | '=' => {
                return Err(format!("invalid field selector: unescaped character in value: {}", u32::from(it)));
            }
            _ => out.push(it),
        }
    }
    Ok(out)
}

impl fmt::Display for FieldSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |it: &FieldRequirement| {
            let value = it.value.replace('\\', r"\\").replace(',', r"\,").replace('=', r"\=");
            format!("{}{}{value}", it.field, if it.equal { "=" } else { "!=" })
        };
        f.write_str(&self.0.iter().map(show).collect::<Vec<_>>().join(","))
    }
}
