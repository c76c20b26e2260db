//! Holds an object against `openAPIV3Schema`.
//!
//! Upstream: `k8s.io/kube-openapi/pkg/validation/validate`,
//! `k8s.io/apiextensions-apiserver/pkg/apiserver/validation/{validation,ratcheting}.go`, `pkg/apiserver/schema/listtype`.
//! `DIFFERENCE`: of the alternatives of `anyOf` and `oneOf` that all fail, the first one's findings are told, where upstream
//! takes the one that fits best.

use crate::api::Errors;
use crate::api::custom::{Custom, below, formats};
use crate::model::keyed::{Keyed, Met};
use crate::model::{Object, Text, Value};
use regex::Regex;
use std::collections::BTreeMap;

/// How deep a schema is followed.
const DEPTH_MAX: usize = 64;
/// How large one compiled pattern may be, in bytes.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// Finds what is wrong with an object; parts that are as they were in `old` are right.
pub(super) fn validate(object: &Object, old: Option<&Object>, custom: &Custom, errors: &mut Errors) {
    let mut validator = Validator { path: String::new(), depth: 0, patterns: &custom.patterns, errors };
    validator.value(&object.0, old.map(|it| &it.0), &custom.schema);
}

/// Finds what is wrong with a value with this schema, whose patterns these are.
pub(super) fn validate_part(value: &Value, schema: &Value, patterns: &BTreeMap<Text, Regex>, errors: &mut Errors) {
    Validator { path: String::new(), depth: 0, patterns, errors }.value(value, None, schema);
}

/// The patterns of a schema, compiled.
pub(super) fn patterns(schema: &Value) -> BTreeMap<Text, Regex> {
    let mut found = BTreeMap::new();
    collect(schema, &mut found);
    found
}

fn collect(schema: &Value, found: &mut BTreeMap<Text, Regex>) {
    match schema {
        Value::Map(map) => {
            for (name, it) in map {
                match it {
                    Value::Text(text) if name == "pattern" => found.extend(compile(text).map(|it| (text.clone(), it))),
                    other => collect(other, found),
                }
            }
        }
        Value::List(list) => list.iter().for_each(|it| collect(it, found)),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => {}
    }
}

/// A pattern as Go reads it; `None` if it is none.
pub(crate) fn compile(pattern: &str) -> Option<Regex> {
    regex::RegexBuilder::new(pattern).size_limit(PATTERN_BYTES_MAX).build().ok()
}

struct Validator<'e> {
    path: String,
    depth: usize,
    patterns: &'e BTreeMap<Text, Regex>,
    errors: &'e mut Errors,
}

impl Validator<'_> {
    fn value(&mut self, value: &Value, old: Option<&Value>, schema: &Value) {
        let unchanged = old == Some(value);
        if unchanged || self.depth >= DEPTH_MAX || (value.is_null() && schema.get("nullable").is_true()) {
            return;
        }
        self.depth += 1;
        if self.has_type(value, schema) {
            self.composite(value, old, schema);
            match value {
                Value::Text(text) => self.text(text, schema),
                Value::Int(_) | Value::Float(_) => self.number(value, schema),
                Value::List(items) => self.items(value, items, old, schema),
                Value::Null | Value::Bool(_) | Value::Map(_) => {}
            }
            self.word(value, schema);
            if value.as_map().is_some() {
                self.fields(value, old, schema);
            }
        }
        self.depth -= 1;
    }

    /// The field that errors name.
    fn place(&self) -> &str {
        if self.path.is_empty() { "<nil>" } else { &self.path }
    }

    /// Adds `Invalid value: VALUE: PATH in body DETAIL`.
    fn wrong(&mut self, value: &Value, detail: &str) {
        let detail = format!("{} in body {detail}", self.path);
        self.errors.invalid(self.place().to_owned(), value, &detail);
    }

    fn has_type(&mut self, value: &Value, schema: &Value) -> bool {
        let wanted = schema.get("type").str();
        let fits = match wanted {
            _ if schema.get("x-kubernetes-int-or-string").is_true() => matches!(value, Value::Int(_) | Value::Text(_)),
            "object" => value.as_map().is_some(),
            "array" => value.as_list().is_some(),
            "string" => value.as_str().is_some(),
            "boolean" => value.as_bool().is_some(),
            "integer" => is_whole(value),
            "number" => matches!(value, Value::Int(_) | Value::Float(_)),
            _ => true,
        };
        if !fits {
            let wanted = if wanted.is_empty() { "integer,string" } else { wanted };
            self.wrong_type(&type_name(value).into(), wanted);
        }
        fits
    }

    fn wrong_type(&mut self, shown: &Value, wanted: &str) {
        let detail = format!("{} in body must be of type {wanted}: {shown}", self.path);
        let place = self.place().to_owned();
        self.errors.push("FieldValueTypeInvalid", place, format!("Invalid value: {shown}: {detail}"));
    }

    fn text(&mut self, text: &Text, schema: &Value) {
        let (value, length) = (Value::Text(text.clone()), text.chars().count());
        if let Some(most) = bound(schema, "maxLength").filter(|it| length > *it) {
            return self.errors.too_long(self.place().to_owned(), most);
        }
        if let Some(least) = bound(schema, "minLength").filter(|it| length < *it) {
            return self.wrong(&value, &format!("should be at least {least} chars long"));
        }
        let pattern = schema.get("pattern").str();
        if self.patterns.get(pattern).is_some_and(|it| !it.is_match(text)) {
            return self.wrong(&value, &format!("should match '{pattern}'"));
        }
        let format = schema.get("format").str();
        if !formats::fits(text, format) {
            self.wrong_type(&value, format);
        }
    }

    fn number(&mut self, value: &Value, schema: &Value) {
        let found = as_float(value);
        let limit = |field: &str| Some(schema.get(field)).filter(|it| !it.is_null());
        if let Some(factor) = limit("multipleOf")
            && (found / as_float(factor)).fract() != 0.0
        {
            self.wrong(value, &format!("should be a multiple of {factor}"));
        }
        let exclusive = |field: &str| schema.get(field).is_true();
        if let Some(most) = limit("maximum") {
            let exclusive = exclusive("exclusiveMaximum");
            if found > as_float(most) || (exclusive && found >= as_float(most)) {
                let or_equal = if exclusive { "" } else { " or equal to" };
                self.wrong(value, &format!("should be less than{or_equal} {most}"));
            }
        }
        if let Some(least) = limit("minimum") {
            let exclusive = exclusive("exclusiveMinimum");
            if found < as_float(least) || (exclusive && found <= as_float(least)) {
                let or_equal = if exclusive { "" } else { " or equal to" };
                self.wrong(value, &format!("should be greater than{or_equal} {least}"));
            }
        }
        if schema.get("format").str() == "int32" && value.as_int().is_some_and(|it| i32::try_from(it).is_err()) {
            self.wrong_type(value, "int32");
        }
    }

    fn items(&mut self, value: &Value, items: &[Value], old: Option<&Value>, schema: &Value) {
        let inner = schema.get("items");
        if inner.as_map().is_some() {
            let before = Keyed::new(old.map_or(&[], Value::items), |it| key_of(it, schema));
            for (index, item) in items.iter().enumerate() {
                let old = old.and(key_of(item, schema)).and_then(|it| before.find(&it));
                self.at(&format!("[{index}]"), |it| it.value(item, old, inner));
            }
        }
        if let Some(least) = bound(schema, "minItems").filter(|it| items.len() < *it) {
            self.wrong(value, &format!("should have at least {least} items"));
        }
        if let Some(most) = bound(schema, "maxItems").filter(|it| items.len() > *it) {
            self.errors.too_many(self.place().to_owned(), items.len(), most);
        }
        self.uniqueness(items, schema);
    }

    /// Of items that are the same the second is told, as upstream does.
    fn uniqueness(&mut self, items: &[Value], schema: &Value) {
        let mut met = Met::default();
        for (index, item) in items.iter().enumerate() {
            let Some(key) = key_of(item, schema) else { return };
            if met.again(&key) == 1 {
                self.errors.duplicate(format!("{}[{index}]", self.path), &key);
            }
        }
    }

    fn fields(&mut self, value: &Value, old: Option<&Value>, schema: &Value) {
        let fields = value.fields();
        if let Some(least) = bound(schema, "minProperties").filter(|it| fields.len() < *it) {
            self.wrong(value, &format!("should have at least {least} properties"));
        }
        if let Some(most) = bound(schema, "maxProperties").filter(|it| fields.len() > *it) {
            self.errors.too_many(self.place().to_owned(), fields.len(), most);
        }
        for (name, field) in fields {
            let inner = below(schema, name);
            if inner.as_map().is_some() {
                let step = self.step(name);
                let old = old.and_then(|it| it.as_map()?.get(name));
                self.at(&step, |it| it.value(field, old, inner));
            }
        }
        let embedded = schema.get("x-kubernetes-embedded-resource").is_true();
        let own = if embedded { &["apiVersion", "kind"][..] } else { &[] };
        let required = schema.get("required").items().iter().map(Value::str);
        for name in required.filter(|it| !own.contains(it)) {
            if !value.as_map().is_some_and(|it| it.contains_key(name)) {
                let step = self.step(name);
                self.errors.required(format!("{}{step}", self.path), "");
            }
        }
        for name in own.iter().filter(|it| value.get(it).is_empty()) {
            let step = self.step(name);
            self.errors.required(format!("{}{step}", self.path), "must not be empty");
        }
    }

    fn word(&mut self, value: &Value, schema: &Value) {
        let words = schema.get("enum").items();
        if words.is_empty() || words.iter().any(|it| same(it, value)) {
            return;
        }
        let shown: Vec<String> = words.iter().map(|it| format!("\"{}\"", plain(it))).collect();
        let message = format!("Unsupported value: {value}: supported values: {}", shown.join(", "));
        self.errors.push("FieldValueNotSupported", self.place().to_owned(), message);
    }

    /// `anyOf`, `oneOf`, `allOf`, `not`.
    fn composite(&mut self, value: &Value, old: Option<&Value>, schema: &Value) {
        let (any, one, all) = (schema.get("anyOf").items(), schema.get("oneOf").items(), schema.get("allOf").items());
        let fitting = |parts: &[Value]| parts.iter().filter(|it| self.accepts(value, old, it)).count();
        let (any_fit, one_fit, all_fit) = (fitting(any), fitting(one), fitting(all));
        let denied = schema.get("not");
        let denied = denied.as_map().is_some() && self.accepts(value, old, denied);
        if !any.is_empty() && any_fit == 0 {
            self.composed("must validate at least one schema (anyOf)");
            self.value(value, old, &any[0]);
        }
        if !one.is_empty() && one_fit == 0 {
            self.composed("must validate one and only one schema (oneOf). Found none valid");
            self.value(value, old, &one[0]);
        } else if one_fit > 1 {
            let detail = format!("must validate one and only one schema (oneOf). Found {one_fit} valid alternatives");
            self.composed(&detail);
        }
        if all_fit < all.len() {
            for part in all {
                self.value(value, old, part);
            }
            let none = if all_fit == 0 { ". None validated" } else { "" };
            self.composed(&format!("must validate all the schemas (allOf){none}"));
        }
        if denied {
            self.composed("must not validate the schema (not)");
        }
    }

    fn composed(&mut self, detail: &str) {
        let detail = format!("\"{}\" {detail}", self.path);
        self.errors.invalid(self.place().to_owned(), &"".into(), &detail);
    }

    fn accepts(&self, value: &Value, old: Option<&Value>, schema: &Value) -> bool {
        let mut errors = Errors::default();
        let Self { path, depth, patterns, .. } = self;
        let mut inner = Validator { path: path.clone(), depth: *depth, patterns, errors: &mut errors };
        inner.value(value, old, schema);
        errors.0.is_empty()
    }

    fn step(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!(".{name}") }
    }

    fn at(&mut self, step: &str, visit: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        self.path.push_str(step);
        visit(self);
        self.path.truncate(length);
    }
}

fn bound(schema: &Value, field: &str) -> Option<usize> {
    schema.get(field).as_int().and_then(|it| usize::try_from(it).ok())
}

/// What tells an item of a set or of a list with keys apart; `None` for any other list.
fn key_of(item: &Value, schema: &Value) -> Option<Value> {
    match schema.get("x-kubernetes-list-type").str() {
        "set" => Some(item.clone()),
        "map" => {
            let keys = schema.get("x-kubernetes-list-map-keys").items().iter();
            let defaults = schema.at("items.properties");
            let value = |key: &Value| match item.get(key.str()) {
                Value::Null => defaults.get(key.str()).get("default").clone(),
                own => own.clone(),
            };
            let there = keys.map(|key| (key.text(), value(key))).filter(|(_, it)| !it.is_null());
            Some(Value::Map(there.collect()))
        }
        _ => None,
    }
}

fn is_whole(value: &Value) -> bool {
    match value {
        Value::Int(_) => true,
        Value::Float(it) => it.fract() == 0.0,
        Value::Null | Value::Bool(_) | Value::Text(_) | Value::List(_) | Value::Map(_) => false,
    }
}

#[allow(clippy::cast_precision_loss, reason = "JSON schema compares numbers as floats")]
fn as_float(value: &Value) -> f64 {
    match value {
        Value::Int(it) => *it as f64,
        Value::Float(it) => *it,
        Value::Null | Value::Bool(_) | Value::Text(_) | Value::List(_) | Value::Map(_) => 0.0,
    }
}

fn same(a: &Value, b: &Value) -> bool {
    let numbers = |it: &Value| matches!(it, Value::Int(_) | Value::Float(_));
    a == b || (numbers(a) && numbers(b) && as_float(a).total_cmp(&as_float(b)).is_eq())
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_json(), ToOwned::to_owned)
}

/// What JSON schema calls the type of a value.
pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Int(_) => "integer",
        Value::Float(_) => "number",
        Value::Text(_) => "string",
        Value::List(_) => "array",
        Value::Map(_) => "object",
    }
}
