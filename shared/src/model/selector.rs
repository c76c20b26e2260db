//! Which objects are meant: label selectors and field selectors.
//!
//! Upstream: `k8s.io/apimachinery/pkg/labels/selector.go`, `pkg/apis/meta/v1/helpers.go`.

mod fields;
mod parse;

pub use fields::{FieldRequirement, FieldSelector};

use crate::model::names::{self, quote};
use crate::model::{Order, Text, Value};
use std::fmt;

/// How a requirement relates a label to its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `=`: the label is there and has the value.
    Equals,
    /// `==`: the same, written twice.
    DoubleEquals,
    /// `!=`: the label is not there or has another value.
    NotEquals,
    /// `in`: the label is there and has one of the values.
    In,
    /// `notin`: the label is not there or has none of the values.
    NotIn,
    /// The label is there.
    Exists,
    /// `!`: the label is not there.
    DoesNotExist,
    /// `>`: the label is a larger whole number.
    GreaterThan,
    /// `<`: the label is a smaller whole number.
    LessThan,
}

/// One condition on one label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// The label's key.
    pub key: Text,
    /// What must hold.
    pub operator: Operator,
    /// The values it is compared with; none for `Exists` and `DoesNotExist`.
    pub values: Vec<Text>,
}

/// A label selector: every requirement must hold; without any it selects everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// Selects nothing: what a missing `metav1.LabelSelector` means.
    Nothing,
    /// Selects what meets all requirements, which are sorted by key.
    All(Vec<Requirement>),
}

/// A selector that cannot be read; the text is upstream's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SelectorError(pub String);

impl Operator {
    /// The word upstream has for it in messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Equals => "=",
            Self::DoubleEquals => "==",
            Self::NotEquals => "!=",
            Self::In => "in",
            Self::NotIn => "notin",
            Self::Exists => "exists",
            Self::DoesNotExist => "!",
            Self::GreaterThan => "gt",
            Self::LessThan => "lt",
        }
    }

    /// Reads the operator of a `metav1.LabelSelectorRequirement`.
    pub fn of_label_selector(text: &str) -> Option<Self> {
        match text {
            "In" => Some(Self::In),
            "NotIn" => Some(Self::NotIn),
            "Exists" => Some(Self::Exists),
            "DoesNotExist" => Some(Self::DoesNotExist),
            _ => None,
        }
    }

    /// Reads the operator of a `v1.NodeSelectorRequirement`.
    pub fn of_node_selector(text: &str) -> Option<Self> {
        match text {
            "Gt" => Some(Self::GreaterThan),
            "Lt" => Some(Self::LessThan),
            _ => Self::of_label_selector(text),
        }
    }
}

impl Requirement {
    /// A requirement that is checked like upstream's `NewRequirement`.
    ///
    /// # Errors
    /// A bad key, a bad value, or a number of values that the operator does not take.
    pub fn new(key: &str, operator: Operator, values: &[&str]) -> Result<Self, SelectorError> {
        let mut errors = Vec::new();
        errors.extend(invalid_key("key", key));
        errors.extend(wrong_count(operator, values));
        errors.extend(values.iter().enumerate().filter_map(|(index, value)| invalid_value(key, index, value)));
        aggregate(errors)?;
        Ok(Self { key: key.into(), operator, values: values.iter().copied().map(Text::new).collect() })
    }

    /// True if `labels`, a map such as `metadata.labels`, meets the requirement.
    pub fn matches(&self, labels: &Value) -> bool {
        let found = labels.as_map().and_then(|map| map.get(&self.key)).map(Value::str);
        let listed = |value: &str| self.values.iter().any(|it| it == value);
        match self.operator {
            Operator::Exists => found.is_some(),
            Operator::DoesNotExist => found.is_none(),
            Operator::Equals | Operator::DoubleEquals | Operator::In => found.is_some_and(listed),
            Operator::NotEquals | Operator::NotIn => !found.is_some_and(listed),
            Operator::GreaterThan => found.is_some_and(|it| self.compares(it, i64::gt)),
            Operator::LessThan => found.is_some_and(|it| self.compares(it, i64::lt)),
        }
    }

    fn compares(&self, found: &str, holds: fn(&i64, &i64) -> bool) -> bool {
        let (Ok(found), [wanted]) = (found.parse(), &self.values[..]) else { return false };
        wanted.parse().is_ok_and(|wanted| holds(&found, &wanted))
    }
}

impl Selector {
    /// Selects everything.
    pub const fn everything() -> Self {
        Self::All(Vec::new())
    }

    /// Reads the form of command lines and URLs: `a=b,c!=d,e in (f,g),!h,n>3`.
    ///
    /// # Errors
    /// The text is no selector; the error's text is upstream's.
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        parse::requirements(text).map(Self::sorted).map_err(SelectorError)
    }

    /// Reads a `metav1.LabelSelector`; null selects nothing, an empty one everything.
    ///
    /// # Errors
    /// An unknown operator, or a requirement that is not valid.
    pub fn from_object(selector: &Value) -> Result<Self, SelectorError> {
        if selector.is_null() {
            return Ok(Self::Nothing);
        }
        let mut requirements = Vec::new();
        for (key, value) in selector.get("matchLabels").fields() {
            requirements.push(Requirement::new(key, Operator::Equals, &[value.str()])?);
        }
        for it in selector.get("matchExpressions").items() {
            let word = it.get("operator").str();
            let operator = Operator::of_label_selector(word)
                .ok_or_else(|| SelectorError(format!("{} is not a valid label selector operator", quote(word))))?;
            let values: Vec<_> = it.get("values").items().iter().map(Value::str).collect();
            requirements.push(Requirement::new(it.get("key").str(), operator, &values)?);
        }
        Ok(Self::sorted(requirements))
    }

    /// Selects what has all `labels`, unchecked; an empty or missing map selects everything.
    pub fn from_labels(labels: &Value) -> Self {
        let equals = |(key, value): &(Text, Value)| Requirement {
            key: key.clone(),
            operator: Operator::Equals,
            values: vec![value.text()],
        };
        Self::sorted(labels.fields().iter().map(equals).collect())
    }

    /// True if `labels`, a map such as `metadata.labels`, is selected.
    pub fn matches(&self, labels: &Value) -> bool {
        match self {
            Self::Nothing => false,
            Self::All(requirements) => requirements.iter().all(|it| it.matches(labels)),
        }
    }

    /// True if it selects everything.
    pub fn is_everything(&self) -> bool {
        matches!(self, Self::All(requirements) if requirements.is_empty())
    }

    /// The requirements, sorted by key.
    pub fn requirements(&self) -> &[Requirement] {
        match self {
            Self::Nothing => &[],
            Self::All(requirements) => requirements,
        }
    }

    fn sorted(mut requirements: Vec<Requirement>) -> Self {
        requirements.order_by(|a, b| a.key.cmp(&b.key));
        Self::All(requirements)
    }
}

fn invalid_key(path: &str, key: &str) -> Option<String> {
    let errors = names::label_key(key);
    (!errors.is_empty()).then(|| format!("{path}: Invalid value: {}: {}", quote(key), errors.join("; ")))
}

fn invalid_value(key: &str, index: usize, value: &str) -> Option<String> {
    let errors = names::label_value(value);
    let message = || format!("values[{index}][{key}]: Invalid value: {}: {}", quote(value), errors.join("; "));
    (!errors.is_empty()).then(message)
}

fn wrong_count(operator: Operator, values: &[&str]) -> Vec<String> {
    let wrong = |text: &str| {
        let shown: Vec<_> = values.iter().map(|it| quote(it)).collect();
        format!("values: Invalid value: [{}]: {text}", shown.join(","))
    };
    let one = values.len() == 1;
    match operator {
        Operator::In | Operator::NotIn if values.is_empty() => {
            vec![wrong("for 'in', 'notin' operators, values set can't be empty")]
        }
        Operator::Equals | Operator::DoubleEquals | Operator::NotEquals if !one => {
            vec![wrong("exact-match compatibility requires one single value")]
        }
        Operator::Exists | Operator::DoesNotExist if !values.is_empty() => {
            vec![wrong("values set must be empty for exists and does not exist")]
        }
        Operator::GreaterThan | Operator::LessThan => {
            let count = (!one).then(|| wrong("for 'Gt', 'Lt' operators, exactly one value is required"));
            count.into_iter().chain(values.iter().enumerate().filter_map(not_a_number)).collect()
        }
        Operator::In
        | Operator::NotIn
        | Operator::Equals
        | Operator::DoubleEquals
        | Operator::NotEquals
        | Operator::Exists
        | Operator::DoesNotExist => Vec::new(),
    }
}

fn not_a_number((index, value): (usize, &&str)) -> Option<String> {
    let text = "for 'Gt', 'Lt' operators, the value must be an integer";
    value.parse::<i64>().is_err().then(|| format!("values[{index}]: Invalid value: {}: {text}", quote(value)))
}

/// Several errors are one, as `utilerrors.Aggregate` writes them.
fn aggregate(mut errors: Vec<String>) -> Result<(), SelectorError> {
    match errors.len() {
        0 => Ok(()),
        1 => Err(SelectorError(errors.remove(0))),
        _ => {
            let mut seen = Vec::new();
            errors.retain(|it| {
                !seen.contains(it) && {
                    seen.push(it.clone());
                    true
                }
            });
            Err(SelectorError(if errors.len() == 1 { errors.remove(0) } else { format!("[{}]", errors.join(", ")) }))
        }
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut values: Vec<_> = self.values.iter().map(Text::as_str).collect();
        values.order();
        let (key, values) = (&self.key, values.join(","));
        match self.operator {
            Operator::Exists => f.write_str(key),
            Operator::DoesNotExist => write!(f, "!{key}"),
            Operator::In | Operator::NotIn => write!(f, "{key} {} ({values})", self.operator.word()),
            Operator::GreaterThan => write!(f, "{key}>{values}"),
            Operator::LessThan => write!(f, "{key}<{values}"),
            Operator::Equals | Operator::DoubleEquals | Operator::NotEquals => {
                write!(f, "{key}{}{values}", self.operator.word())
            }
        }
    }
}

impl fmt::Display for Selector {
    /// The form that [`Selector::parse`] reads; empty for everything and for nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: Vec<_> = self.requirements().iter().map(ToString::to_string).collect();
        f.write_str(&shown.join(","))
    }
}

/// A `metav1.LabelSelector` as kubectl shows it: `<none>` for an empty or missing one, `<error>` for a bad one.
pub fn describe(selector: &Value) -> String {
    match Selector::from_object(selector) {
        Ok(it) if it.requirements().is_empty() => "<none>".into(),
        Ok(it) => it.to_string(),
        Err(_) => "<error>".into(),
    }
}

#[cfg(test)]
mod tests;
