//! Rules of custom resources: `x-kubernetes-validations`, compiled once for a schema and asked about each object.
//!
//! Upstream: `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/{compilation,validation}.go`.
//! `DIFFERENCE`: no rule is refused for what it could cost; what it costs is limited when it runs.

mod asked;
mod place;
mod rule;
#[cfg(test)]
mod tests;

pub use place::normalized as field_path;

use crate::cel::schema::Root;
use crate::model::keyed::Keyed;
use crate::model::{Text, Value};
use rule::Rule;

/// The rules of a schema and of everything in it.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    own: Vec<Rule>,
    /// `object`, `array`, `string`, …; empty for `x-kubernetes-int-or-string`.
    kind: Text,
    properties: Vec<(Text, Rules)>,
    /// Of the items of a list, or the values of a map.
    inner: Option<Box<Inner>>,
}

#[derive(Clone, Debug)]
struct Inner {
    /// `items` or `additionalProperties`.
    field: &'static str,
    /// The fields that tell one item from another; `None` where items have no identity that an update keeps.
    keys: Option<Vec<Text>>,
    rules: Rules,
}

/// What a rule says against an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Where: `spec.items[0]`; empty for the whole object.
    pub path: String,
    /// `FieldValueInvalid`, `FieldValueForbidden`, `FieldValueRequired` or `FieldValueDuplicate`.
    pub reason: &'static str,
    /// The value that is shown; `None` if none is.
    pub value: Option<Value>,
    /// The message, without the value.
    pub message: String,
    /// True if the part of the object was as wrong before the update: then it is only warned of.
    pub was_so: bool,
}

/// What is wrong with a rule of a schema.
#[derive(Clone, Debug, PartialEq)]
pub struct Wrong {
    /// The schema that the rule stands in.
    pub path: String,
    /// Its place among the rules there.
    pub index: usize,
    /// `rule`, `messageExpression` or `optionalOldSelf`.
    pub field: &'static str,
    /// The rule as written.
    pub spec: Value,
    /// The detail.
    pub detail: String,
}

impl Rules {
    /// Compiles the rules of a resource's schema.
    pub fn compile(schema: &Value) -> Self {
        Self::read(schema, Root::Yes)
    }

    fn read(schema: &Value, root: Root) -> Self {
        let own = schema.get("x-kubernetes-validations").items().iter().map(|it| Rule::read(it, schema, root));
        let properties = schema.get("properties").fields().iter();
        let properties = properties.map(|(name, it)| (name.clone(), Self::read(it, Root::No)));
        Self {
            own: own.collect(),
            kind: schema.get("type").text(),
            properties: properties.filter(|(_, it)| !it.is_empty()).collect(),
            inner: Inner::read(schema).filter(|it| !it.rules.is_empty()).map(Box::new),
        }
    }

    /// True if there is no rule anywhere.
    pub fn is_empty(&self) -> bool {
        self.own.is_empty() && self.properties.is_empty() && self.inner.is_none()
    }

    /// Everything that is wrong with the rules of a schema at `path`.
    pub fn wrong(&self, path: &str) -> Vec<Wrong> {
        let mut found = Vec::new();
        self.note_wrong(path, None, &mut found);
        found
    }

    fn note_wrong(&self, path: &str, no_old: Option<&str>, found: &mut Vec<Wrong>) {
        for (index, rule) in self.own.iter().enumerate() {
            found.extend(rule.wrong(no_old).into_iter().map(|(field, detail)| Wrong {
                path: path.to_owned(),
                index,
                field,
                spec: rule.spec.clone(),
                detail,
            }));
        }
        for (name, rules) in &self.properties {
            rules.note_wrong(&format!("{path}.properties[{name}]"), no_old, found);
        }
        if let Some(inner) = &self.inner {
            let is_fixed = inner.field == "additionalProperties" || inner.keys.is_some();
            let no_old = no_old.or(Some(path).filter(|_| !is_fixed));
            inner.rules.note_wrong(&format!("{path}.{}", inner.field), no_old, found);
        }
    }

    /// What the rules say against an object; `old` is what it was before an update.
    pub fn check(&self, object: &Value, old: Option<&Value>) -> Vec<Finding> {
        asked::ask(self, object, old)
    }
}

impl Inner {
    fn read(schema: &Value) -> Option<Self> {
        let field = ["items", "additionalProperties"].into_iter().find(|it| schema.get(it).as_map().is_some())?;
        let is_map = schema.get("x-kubernetes-list-type").str() == "map";
        let keys = is_map.then(|| schema.get("x-kubernetes-list-map-keys").items().iter().map(Value::text).collect());
        Some(Self { field, keys, rules: Rules::read(schema.get(field), Root::No) })
    }

    /// What the items were before, to be found by their identity.
    fn index<'v>(&self, old: Option<&'v Value>) -> Keyed<'v> {
        Keyed::new(old.map_or(&[], Value::items), |it| self.identity(it))
    }

    /// The keys of an item; `None` if it has not all of them, or one is no single value.
    fn identity(&self, item: &Value) -> Option<Value> {
        let single = |it: &&Value| !matches!(it, Value::Null | Value::List(_) | Value::Map(_));
        let keys = self.keys.as_ref()?.iter();
        keys.map(|key| Some(item.get(key)).filter(single).cloned()).collect()
    }
}
