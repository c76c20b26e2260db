//! Writes the compact form that the product reads.
//!
//! Numbers are unsigned, seven bits to a byte, least first, the top bit meaning "more follows". In order: the strings
//! (count; length and bytes of each), the word lists (count; name, closed, count, words), the types (count; name,
//! atomic, count, fields), the kinds (count; group, version, kind, type). Names and words are numbers of strings.
//! A field is its name, its kind, its flags, and what the flags announce. A kind is a tag, then a type or an inner kind.

use crate::facts::{Facts, FieldFacts};
use crate::source::Source;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The first bytes of the file.
const MAGIC: &[u8] = b"PHS1";

/// Tags of kinds; the reader has the same list.
mod tag {
    pub(super) const BOOL: u64 = 0;
    pub(super) const INT32: u64 = 1;
    pub(super) const INT64: u64 = 2;
    pub(super) const FLOAT: u64 = 3;
    pub(super) const TEXT: u64 = 4;
    pub(super) const BYTES: u64 = 5;
    pub(super) const TIME: u64 = 6;
    pub(super) const MICRO_TIME: u64 = 7;
    pub(super) const QUANTITY: u64 = 8;
    pub(super) const INT_OR_STRING: u64 = 9;
    pub(super) const ANY: u64 = 10;
    pub(super) const OBJECT: u64 = 11;
    pub(super) const LIST: u64 = 12;
    pub(super) const MAP: u64 = 13;
}

/// Flags of fields; the reader has the same list.
mod flag {
    pub(super) const REQUIRED: u64 = 1;
    pub(super) const ALWAYS: u64 = 1 << 1;
    pub(super) const POINTER: u64 = 1 << 2;
    pub(super) const ATOMIC: u64 = 1 << 3;
    pub(super) const SET: u64 = 1 << 4;
    pub(super) const KEYS: u64 = 1 << 5;
    pub(super) const MERGE: u64 = 1 << 6;
    pub(super) const RETAIN_KEYS: u64 = 1 << 7;
    pub(super) const GO_TYPE: u64 = 1 << 8;
    pub(super) const WORDS: u64 = 1 << 9;
    pub(super) const DEFAULT: u64 = 1 << 10;
}

/// The name of a type as the product has it: `io.k8s.api.core.v1.Pod` is `core.v1.Pod`.
pub(crate) fn short_name(name: &str) -> &str {
    let prefixes = [
        "io.k8s.api.",
        "io.k8s.apimachinery.pkg.apis.",
        "io.k8s.apiextensions-apiserver.pkg.apis.",
        "io.k8s.kube-aggregator.pkg.apis.",
        "io.k8s.apimachinery.pkg.",
    ];
    prefixes.iter().find_map(|it| name.strip_prefix(it)).unwrap_or(name)
}

/// Writes the whole schema.
pub(crate) fn write(source: &Source, facts: &Facts) -> Vec<u8> {
    let structs: BTreeMap<&str, &Map<String, Value>> = source
        .types
        .iter()
        .filter_map(|(name, schema)| Some((short_name(name), schema.get("properties")?.as_object()?)))
        .collect();
    let mut writer = Writer { strings: Strings::collect(source, facts), structs, facts, out: Vec::new() };
    writer.out.extend(MAGIC);
    writer.strings();
    writer.words();
    writer.types(source);
    writer.kinds(source);
    writer.out
}

/// All strings, sorted; a string's number is its place.
struct Strings(Vec<String>);

impl Strings {
    fn collect(source: &Source, facts: &Facts) -> Self {
        let mut all = BTreeSet::new();
        for kind in &source.kinds {
            all.extend([kind.group.clone(), kind.version.clone(), kind.name.clone()]);
        }
        for (name, schema) in &source.types {
            let type_name = short_name(name);
            all.insert(type_name.to_owned());
            for field in schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys) {
                let known = facts.field(type_name, field);
                all.insert(field.clone());
                all.extend(known.keys);
                all.extend(known.merge);
                all.extend(known.go_type);
                all.extend(facts.default_of(type_name, field).map(Into::into));
            }
        }
        for (name, words) in &facts.words {
            all.insert(name.clone());
            all.extend(words.words.iter().cloned());
        }
        Self(all.into_iter().collect())
    }

    fn number(&self, text: &str) -> u64 {
        number(self.0.binary_search_by(|it| it.as_str().cmp(text)).unwrap_or_default())
    }
}

fn number(index: usize) -> u64 {
    u64::try_from(index).unwrap_or(u64::MAX)
}

struct Writer<'a> {
    strings: Strings,
    structs: BTreeMap<&'a str, &'a Map<String, Value>>,
    facts: &'a Facts,
    out: Vec<u8>,
}

impl Writer<'_> {
    fn put(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.out.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        self.out.push(value.to_le_bytes()[0]);
    }

    fn put_text(&mut self, text: &str) {
        let index = self.strings.number(text);
        self.put(index);
    }

    fn strings(&mut self) {
        let strings = self.strings.0.clone();
        self.put(number(strings.len()));
        for text in &strings {
            self.put(number(text.len()));
            self.out.extend(text.as_bytes());
        }
    }

    fn words(&mut self) {
        let facts = self.facts;
        self.put(number(facts.words.len()));
        for (name, words) in &facts.words {
            self.put_text(name);
            self.put(words.closed.into());
            self.put(number(words.words.len()));
            words.words.iter().for_each(|it| self.put_text(it));
        }
    }

    fn types(&mut self, source: &Source) {
        let structs = self.structs.clone();
        self.put(number(structs.len()));
        for (name, fields) in structs {
            let schema = source.types.iter().find(|(full, _)| short_name(full) == name).map(|(_, schema)| schema);
            let required = schema.map_or(&Value::Null, |it| &it["required"]);
            let is_kind = fields.contains_key("apiVersion") && fields.contains_key("kind");
            self.put_text(name);
            self.put(self.facts.is_atomic(name).into());
            self.put(number(fields.len()));
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_by_key(|(name, _)| *name);
            for (field, schema) in sorted {
                let listed = required.as_array().is_some_and(|it| it.iter().any(|it| it == field));
                // The dependency requires what it always writes: the metadata of every kind.
                let demanded = listed && !(is_kind && field == "metadata");
                self.field(name, field, schema, Listed { always: listed, demanded });
            }
        }
    }

    fn field(&mut self, type_name: &str, field: &str, schema: &Value, listed: Listed) {
        let known = self.facts.field(type_name, field);
        let words = known.go_type.as_deref().and_then(|it| self.facts.words_of(type_name, it)).map(ToOwned::to_owned);
        let default = self.facts.default_of(type_name, field).map(ToOwned::to_owned);
        self.put_text(field);
        self.kind(schema);
        let flags = presence(&known, schema, listed)
            | on(known.has("@"), flag::ATOMIC)
            | on(known.has("{}"), flag::SET)
            | on(!known.keys.is_empty(), flag::KEYS)
            | on(known.merge.is_some(), flag::MERGE)
            | on(known.has("^"), flag::RETAIN_KEYS)
            | on(known.go_type.is_some(), flag::GO_TYPE)
            | on(words.is_some(), flag::WORDS)
            | on(default.is_some(), flag::DEFAULT);
        self.put(flags);
        if !known.keys.is_empty() {
            self.put(number(known.keys.len()));
            known.keys.iter().for_each(|it| self.put_text(it));
        }
        known.merge.iter().for_each(|it| self.put_text(it));
        known.go_type.iter().for_each(|it| self.put_text(it));
        if let Some(name) = words {
            let index = self.facts.words.keys().position(|it| *it == name).unwrap_or_default();
            self.put(number(index));
        }
        if let Some(text) = default {
            self.put_text(&text);
        }
    }

    fn kind(&mut self, schema: &Value) {
        if let Some(name) = reference(schema) {
            match self.structs.keys().position(|it| *it == name) {
                Some(index) => {
                    self.put(tag::OBJECT);
                    self.put(number(index));
                }
                None => self.put(special(name)),
            }
            return;
        }
        match schema["type"].as_str() {
            Some("array") => {
                self.put(tag::LIST);
                self.kind(&schema["items"]);
            }
            Some("object") if schema.get("additionalProperties").is_some() => {
                self.put(tag::MAP);
                self.kind(&schema["additionalProperties"]);
            }
            _ => self.put(scalar(schema)),
        }
    }

    fn kinds(&mut self, source: &Source) {
        self.put(number(source.kinds.len()));
        for kind in &source.kinds {
            let name = short_name(&kind.type_name);
            let index = self.structs.keys().position(|it| *it == name).unwrap_or_default();
            for text in [&kind.group, &kind.version, &kind.name] {
                self.put_text(text);
            }
            self.put(number(index));
        }
    }
}

/// Whether the dependency lists a field as required, and whether the API does.
#[derive(Clone, Copy)]
struct Listed {
    always: bool,
    demanded: bool,
}

fn on(condition: bool, flag: u64) -> u64 {
    if condition { flag } else { 0 }
}

/// When Go writes the field: always, when set, or when not empty.
fn presence(known: &FieldFacts, schema: &Value, listed: Listed) -> u64 {
    let by_value = known.has(".") || known.has("%");
    let is_struct = reference(schema).is_some();
    let always = known.has("!") || known.has(".") || (listed.always && !known.has("?") && !known.has("%"));
    let pointer = known.has("*") || (is_struct && !listed.always && !by_value);
    on(listed.demanded && !known.has("?"), flag::REQUIRED) | on(always, flag::ALWAYS) | on(pointer, flag::POINTER)
}

fn reference(schema: &Value) -> Option<&str> {
    let target = schema.get("$ref").or_else(|| schema["allOf"].get(0)?.get("$ref"))?;
    Some(short_name(target.as_str()?.rsplit('/').next()?))
}

/// The kind of a named type that is no struct.
fn special(name: &str) -> u64 {
    match name {
        "meta.v1.Time" => tag::TIME,
        "meta.v1.MicroTime" => tag::MICRO_TIME,
        "api.resource.Quantity" => tag::QUANTITY,
        "util.intstr.IntOrString" => tag::INT_OR_STRING,
        _ => tag::ANY,
    }
}

fn scalar(schema: &Value) -> u64 {
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("boolean"), _) => tag::BOOL,
        (Some("integer"), Some("int64")) => tag::INT64,
        (Some("integer"), _) => tag::INT32,
        (Some("number"), _) => tag::FLOAT,
        (Some("string"), Some("byte")) => tag::BYTES,
        (Some("string"), _) => tag::TEXT,
        _ => tag::ANY,
    }
}
