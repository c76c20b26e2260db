//! What is wrong with an object, in the API's own words.
//!
//! Upstream: `pkg/apis/core/validation/validation.go`, `pkg/apis/apps/validation/validation.go`. A check reads an [`At`]: a value
//! that knows its path, which is written only when there is something to say.

mod affinity;
pub(crate) mod config;
mod container;
#[cfg(feature = "every-kind")]
pub(crate) mod every_kind;
mod handlers;
mod labels;
pub(crate) mod lease;
pub(crate) mod metadata;
pub(crate) mod node;
pub(crate) mod pod;
mod pod_spec;
mod pod_update;
mod resource_amounts;
mod security;
pub(crate) mod service;
mod tolerations;
mod volumes;
mod warnings;
pub(crate) mod workload;

use crate::api::Errors;
use crate::model::{Text, Value};
use std::fmt;
use std::ops::Deref;

/// A value and where it stands in its object.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    value: &'a Value,
    parent: Option<&'a At<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Field(&'a str),
    Index(usize),
    Key(&'a str),
}

impl<'a> At<'a> {
    /// The object itself.
    pub(crate) fn root(value: &'a Value) -> Self {
        Self { value, parent: None, step: Step::Root }
    }

    /// The value.
    pub(crate) fn value(&self) -> &'a Value {
        self.value
    }

    /// One of its fields.
    pub(crate) fn field<'b>(&'b self, name: &'b str) -> At<'b> {
        At { value: self.value.get(name), parent: Some(self), step: Step::Field(name) }
    }

    /// The same value under another parent: `template.labels` for `template.metadata.labels`.
    pub(crate) fn below<'b>(&self, parent: &'b At<'b>) -> At<'b>
    where
        'a: 'b,
    {
        At { parent: Some(parent), ..*self }
    }

    /// The entry of a map whose keys are data: `limits[cpu]`.
    pub(crate) fn key<'b>(&'b self, name: &'b str) -> At<'b> {
        At { value: self.value.get(name), parent: Some(self), step: Step::Key(name) }
    }

    /// Its items, if it is a list.
    pub(crate) fn each(&self) -> impl Iterator<Item = At<'_>> {
        let items = self.value.items().iter().enumerate();
        items.map(|(index, value)| At { value, parent: Some(self), step: Step::Index(index) })
    }

    /// Its entries, if it is a map whose keys are data.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&Text, At<'_>)> {
        let fields = self.value.fields().iter();
        fields.map(|(name, value)| (name, At { value, parent: Some(self), step: Step::Key(name) }))
    }

    /// True if it is there.
    pub(crate) fn is_set(&self) -> bool {
        !self.value.is_null()
    }
}

impl Deref for At<'_> {
    type Target = Value;
    fn deref(&self) -> &Value {
        self.value
    }
}

impl fmt::Display for At<'_> {
    /// `spec.containers[0].resources.limits[cpu]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
            if matches!((parent.step, self.step), (Step::Field(_) | Step::Index(_) | Step::Key(_), Step::Field(_))) {
                f.write_str(".")?;
            }
        }
        match self.step {
            Step::Root => Ok(()),
            Step::Field(name) => f.write_str(name),
            Step::Index(index) => write!(f, "[{index}]"),
            Step::Key(name) => write!(f, "[{name}]"),
        }
    }
}

impl From<&At<'_>> for String {
    fn from(at: &At<'_>) -> String {
        at.to_string()
    }
}

impl Errors {
    /// The value itself is wrong.
    pub(crate) fn bad(&mut self, at: &At<'_>, detail: &str) {
        self.invalid(at, at.value, detail);
    }

    /// The value itself is wrong, for each of `details`.
    pub(crate) fn bad_each(&mut self, at: &At<'_>, details: Vec<String>) {
        self.invalid_each(at, at.value, details);
    }

    /// The value is none of the words; an empty one is missing instead.
    pub(crate) fn one_of(&mut self, at: &At<'_>, words: &[&str]) {
        if !words.contains(&at.str()) {
            self.unsupported(at, &Value::from(at.str()), words);
        }
    }

    /// The value is missing or empty.
    pub(crate) fn needs(&mut self, at: &At<'_>) -> bool {
        let missing = at.is_empty();
        if missing {
            self.required(at, "");
        }
        !missing
    }

    /// The number is below 0.
    pub(crate) fn not_negative(&mut self, at: &At<'_>) {
        if at.int_or(0) < 0 {
            self.bad(at, NOT_NEGATIVE);
        }
    }
}

pub(crate) const NOT_NEGATIVE: &str = "must be greater than or equal to 0";
pub(crate) const IMMUTABLE: &str = "field is immutable";
