//! Conversion of custom resources by a webhook: what it is asked, and what its answer has to be.
//!
//! Upstream: `k8s.io/apiextensions-apiserver/pkg/apiserver/conversion/webhook_converter.go`.
//!
//! `DIFFERENCE`: the objects of a list are sent together, as many as fit, where upstream's storage sends each by itself.

use crate::api::Errors;
use crate::api::admission::calls::TIMEOUT_SECONDS_MAX;
use crate::api::admission::{HookAnswer, HookCall};
use crate::api::validation::metadata;
use crate::model::{Chance, Object, Text, Value, chance::Fnv};
use std::collections::BTreeMap;

/// How many objects one review has at most.
const REVIEW_OBJECTS_MAX: usize = 500;
/// How large a review's objects are at most, in bytes of JSON; one that is larger is sent alone.
const REVIEW_BYTES_MAX: usize = 1024 * 1024;
/// The kind of what is sent and of what comes back.
const REVIEW: &str = "ConversionReview";
/// The version of reviews whose answers are looked at closely.
const STRICT: &str = "apiextensions.k8s.io/v1";

/// The webhook that converts a definition's objects from version to version.
#[derive(Clone, Debug)]
pub(crate) struct Converter {
    /// The definition's name.
    name: Text,
    /// `spec.conversion.webhook.clientConfig`.
    client: Value,
    /// The `apiVersion` of its reviews.
    api_version: Text,
}

impl Converter {
    /// The webhook of a definition; `None` if nothing but the version's name changes.
    pub(super) fn read(definition: &Object) -> Option<Self> {
        let conversion = definition.at("spec.conversion");
        if conversion.get("strategy").str() != "Webhook" {
            return None;
        }
        let spoken = conversion.at("webhook.conversionReviewVersions").items();
        let version = spoken.iter().map(Value::str).find(|it| matches!(*it, "v1" | "v1beta1")).unwrap_or("v1");
        Some(Self {
            name: definition.name(),
            client: conversion.at("webhook.clientConfig").clone(),
            api_version: format!("apiextensions.k8s.io/{version}").into(),
        })
    }

    /// The calls that convert `objects`.
    pub(crate) fn calls(&self, objects: &[Object], wanted: &str) -> Vec<HookCall> {
        let (mut calls, mut batch, mut bytes) = (Vec::new(), Vec::new(), 0);
        for object in objects {
            let own = object.to_json().len();
            if batch.len() >= REVIEW_OBJECTS_MAX || (bytes + own > REVIEW_BYTES_MAX && !batch.is_empty()) {
                calls.push(self.call(std::mem::take(&mut batch), wanted));
                bytes = 0;
            }
            batch.push(object.0.clone());
            bytes += own;
        }
        calls.push(self.call(batch, wanted));
        calls
    }

    fn call(&self, objects: Vec<Value>, wanted: &str) -> HookCall {
        let objects = Value::from(objects);
        let mut hash = Fnv::default();
        for part in [wanted, &self.name, &objects.to_json()] {
            hash.write(part.as_bytes());
        }
        let request = Value::from([
            ("uid", (&Chance::new(hash.0).uid()).into()),
            ("desiredAPIVersion", wanted.into()),
            ("objects", objects),
        ]);
        let review =
            Value::from([("kind", REVIEW.into()), ("apiVersion", (&self.api_version).into()), ("request", request)]);
        let (name, client) = (self.name.clone(), self.client.clone());
        HookCall { name, client, timeout_seconds: TIMEOUT_SECONDS_MAX, review }
    }
}

/// What is known of objects in other versions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Conversions(BTreeMap<(Text, Text), Vec<Converted>>);

/// An object, and what it is in another version.
#[derive(Clone, Debug)]
struct Converted {
    from: Object,
    wanted: Text,
    to: Result<Object, String>,
}

impl Conversions {
    /// The object in the version `wanted`, or why it has none; `None` if nobody was asked.
    pub(crate) fn find(&self, object: &Object, wanted: &str) -> Option<&Result<Object, String>> {
        let known = self.0.get(&(object.namespace(), object.name()))?;
        known.iter().find(|it| it.wanted == wanted && it.from == *object).map(|it| &it.to)
    }

    /// Takes in what became of a call.
    pub(crate) fn take_in(&mut self, call: &HookCall, answer: HookAnswer) {
        let request = call.review.get("request");
        let originals = request.get("objects").items();
        let new = answer.map_err(|it| format!("failed: {it}")).and_then(|it| objects_of(&it, call));
        for (index, from) in originals.iter().enumerate() {
            let from = Object(from.clone());
            let to = match &new {
                Ok(all) => converted(&from, &all[index], request.get("desiredAPIVersion").str()),
                Err(why) => Err(format!("conversion webhook for {} {why}", kind_of(&from))),
            };
            let wanted = request.get("desiredAPIVersion").text();
            self.0.entry((from.namespace(), from.name())).or_default().push(Converted { from, wanted, to });
        }
    }
}

/// True for a call that converts.
pub(crate) fn is_conversion(call: &HookCall) -> bool {
    call.review.get("kind").str() == REVIEW
}

/// `a.b/v1, Kind=Gadget`.
fn kind_of(object: &Object) -> String {
    format!("{}, Kind={}", object.api_version(), object.kind())
}

/// The objects of an answer, as many as were asked about; or the rest of a sentence that says why there are none.
fn objects_of(answer: &Value, call: &HookCall) -> Result<Vec<Value>, String> {
    let failed = |why: String| Err(format!("failed: {why}"));
    let (request, response) = (call.review.get("request"), answer.get("response"));
    let is_strict = call.review.get("apiVersion").str() == STRICT;
    let found = format!("{}, Kind={}", answer.get("apiVersion").str(), answer.get("kind").str());
    if is_strict && found != format!("{STRICT}, Kind={REVIEW}") {
        return failed(format!("expected webhook response of {STRICT}, Kind={REVIEW}, got {found}"));
    }
    if response.is_null() {
        return failed("no response provided".to_owned());
    }
    let (expected, uid) = (request.get("uid").str(), response.get("uid").str());
    if is_strict && uid != expected {
        return failed(format!("expected response.uid={expected:?}, got {uid:?}"));
    }
    let (status, message) = (response.at("result.status").str(), response.at("result.message").str());
    match (status, message) {
        ("Success", _) => {}
        (_, "") => return failed(format!("response.result.status was '{status}', not 'Success'")),
        (_, message) => return failed(message.to_owned()),
    }
    let (objects, wanted) = (response.get("convertedObjects").items(), request.get("objects").items().len());
    if objects.len() != wanted {
        return Err(format!("returned {} objects, expected {wanted}", objects.len()));
    }
    Ok(objects.to_vec())
}

/// A converted object with the metadata of the original, but for labels and annotations; or what is wrong with it.
fn converted(original: &Object, new: &Value, wanted: &str) -> Result<Object, String> {
    if new.get("kind").str().is_empty() {
        return Err(format!("Object 'Kind' is missing in '{new}'"));
    }
    let new = Object(new.clone());
    let by = format!("conversion webhook for {} returned invalid", kind_of(original));
    let pair = |expected: &str, received: &str| format!("(expected {expected}, received {received})");
    if new.api_version() != wanted {
        return Err(format!("{by} object at index 0: invalid groupVersion {}", pair(wanted, new.api_version())));
    }
    if new.kind() != original.kind() {
        return Err(format!("{by} object at index 0: invalid kind {}", pair(original.kind(), new.kind())));
    }
    for (field, word) in [("name", "name"), ("namespace", "namespace"), ("uid", "UID")] {
        let (old, own) = (original.metadata().get(field).str(), new.metadata().get(field).str());
        if old != own {
            return Err(format!("{by} object: must have the same {word}: {old} != {own}"));
        }
    }
    with_metadata_of(original, new).map_err(|why| format!("{by} metadata: {why}"))
}

fn with_metadata_of(original: &Object, mut new: Object) -> Result<Object, String> {
    let own = new.metadata().clone();
    if own.as_map().is_none() {
        let missing = new.as_map().is_none_or(|it| !it.contains_key("metadata"));
        return Err(if missing {
            "missing metadata in converted object".to_owned()
        } else {
            format!("invalid metadata of type {} in converted object", go_type(&own))
        });
    }
    new.set("metadata", original.metadata());
    for field in ["labels", "annotations"] {
        let texts = own.get(field);
        if texts.is_null() {
            new.entry("metadata").remove(field);
            continue;
        }
        check_texts(field, texts)?;
        if texts != original.metadata().get(field) {
            check_values(field, texts)?;
        }
        new.entry("metadata").set(field, texts);
    }
    Ok(new)
}

/// A map of texts.
fn check_texts(field: &str, texts: &Value) -> Result<(), String> {
    if texts.as_map().is_none() {
        return Err(format!("invalid metadata.{field} of type {} in converted object", go_type(texts)));
    }
    let wrong = texts.fields().iter().find(|(_, it)| it.as_str().is_none());
    wrong.map_or(Ok(()), |(key, it)| {
        Err(format!("metadata.{field}[{key}] must be a string, but is {} in converted object", go_type(it)))
    })
}

fn check_values(field: &str, texts: &Value) -> Result<(), String> {
    let mut errors = Errors::default();
    metadata::validate_texts(field, texts, &mut errors);
    if errors.0.is_empty() { Ok(()) } else { Err(errors.joined()) }
}

/// The type of a value as Go's `%T` has it.
fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int64",
        Value::Float(_) => "float64",
        Value::Text(_) => "string",
        Value::List(_) => "[]interface {}",
        Value::Map(_) => "map[string]interface {}",
    }
}
