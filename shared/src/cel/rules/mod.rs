//! Rules of custom resources: `x-kubernetes-validations`, compiled once for a schema and asked about each object.
//!
//! Upstream: `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/{compilation,validation}.go`.
//! What rules can cost is estimated when they are compiled ([`Rules::wrong`]), and limited again when they run.

mod asked;
mod judged;
mod place;
mod recent;
mod rule;
#[cfg(test)]
mod tests;

pub use judged::{Costs, Shown, Wrong};
pub use place::normalized as field_path;
pub use recent::compiled;

use crate::cel::schema::Root;
use crate::cel::{Budget, Declared};
use crate::model::keyed::Keyed;
use crate::model::{Text, Value};
use rule::{Compiler, Rule};

/// The rules of a schema and of everything in it.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    own: Vec<Rule>,
    /// `object`, `array`, `string`, …; empty for `x-kubernetes-int-or-string`.
    kind: Text,
    /// How often such a part can stand in one request.
    fitting: u64,
    /// How many parts each such part can have at most; `None` without a limit.
    factor: Option<u64>,
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

impl Rules {
    /// Compiles the rules of a resource's schema. See [`compiled`].
    fn compile(schema: &Value) -> Self {
        Self::read(schema, Root::Yes, Declared::read(schema, Root::Yes).as_ref())
    }

    fn read(schema: &Value, root: Root, declared: Option<&Declared>) -> Self {
        // Expressions cannot see some parts from above; these are types of their own.
        let own = if declared.is_none() { Declared::read(schema, root) } else { None };
        let unknown = Declared::default();
        let declared = declared.or(own.as_ref()).unwrap_or(&unknown);
        let properties = schema.get("properties").fields().iter();
        let properties = properties.map(|(name, it)| (name.clone(), Self::read(it, Root::No, declared.property(name))));
        Self {
            own: Self::own(schema, root, declared),
            kind: schema.get("type").text(),
            fitting: declared.fitting(),
            factor: factor(schema),
            properties: properties.filter(|(_, it)| !it.is_empty()).collect(),
            inner: Inner::read(schema, declared).filter(|it| !it.rules.is_empty()).map(Box::new),
        }
    }

    /// The rules of a schema itself.
    fn own(schema: &Value, root: Root, declared: &Declared) -> Vec<Rule> {
        let rules = schema.get("x-kubernetes-validations").items();
        if rules.is_empty() {
            return Vec::new();
        }
        let compiler = Compiler::new(schema, root, declared);
        rules.iter().map(|it| compiler.rule(it)).collect()
    }

    /// True if there is no rule anywhere.
    pub fn is_empty(&self) -> bool {
        self.own.is_empty() && self.properties.is_empty() && self.inner.is_none()
    }

    /// What the rules say against an object; `old` is what it was before an update.
    pub fn check(&self, object: &Value, old: Option<&Value>) -> Vec<Finding> {
        self.check_within(object, old, &mut Budget::default())
    }

    /// The same, where `budget` is all that they may cost, and less by what they did.
    pub fn check_within(&self, object: &Value, old: Option<&Value>, budget: &mut Budget) -> Vec<Finding> {
        asked::ask(self, object, old, budget)
    }

    /// The rules of a property; `None` if it has none.
    pub fn of_property(&self, name: &str) -> Option<&Self> {
        self.properties.iter().find(|it| it.0 == name).map(|it| &it.1)
    }

    /// The rules of the items of a list; `None` if they have none.
    pub fn of_items(&self) -> Option<&Self> {
        self.inner.as_ref().filter(|it| it.field == "items").map(|it| &it.rules)
    }
}

impl Inner {
    fn read(schema: &Value, declared: &Declared) -> Option<Self> {
        let field = ["items", "additionalProperties"].into_iter().find(|it| schema.get(it).as_map().is_some())?;
        let is_map = schema.get("x-kubernetes-list-type").str() == "map";
        let keys = is_map.then(|| schema.get("x-kubernetes-list-map-keys").items().iter().map(Value::text).collect());
        Some(Self { field, keys, rules: Rules::read(schema.get(field), Root::No, declared.item()) })
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

/// How many parts a value with this schema can have at most; `None` without a limit.
fn factor(schema: &Value) -> Option<u64> {
    let limit = match schema.get("type").str() {
        "array" => "maxItems",
        "object" if schema.get("additionalProperties").as_map().is_some() => "maxProperties",
        _ => return Some(1),
    };
    schema.get(limit).as_int().map(|it| u64::try_from(it).unwrap_or_default())
}
