//! How a definition's objects are converted between versions.
//!
//! Upstream: `k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go`
//! (`validateCustomResourceConversion`), whose paths are those of the internal type.

use crate::api::custom::establish;
use crate::api::validation::At;
use crate::api::validation::every_kind::webhook;
use crate::api::{Errors, base64};
use crate::model::keyed::Met;
use crate::model::{Object, Value, names};

const PATH: &str = "spec.conversion";
const CLIENT: &str = "spec.conversion.webhookClientConfig";
const VERSIONS: &str = "spec.conversion.conversionReviewVersions";
const NOT_SET: &str = "should not be set when strategy is not set to Webhook";
/// The versions of reviews that are spoken.
const REVIEW_VERSIONS: [&str; 2] = ["v1", "v1beta1"];

pub(super) fn validate(new: &Object, old: Option<&Object>, errors: &mut Errors) {
    let conversion = new.at(PATH);
    let (strategy, hook) = (conversion.get("strategy"), conversion.get("webhook"));
    if !matches!(strategy.str(), "None") && new.at("spec.preserveUnknownFields").is_true() {
        let detail = "must be None if spec.preserveUnknownFields is true";
        errors.invalid(format!("{PATH}.strategy"), strategy, detail);
    }
    match strategy.str() {
        "" => errors.required(format!("{PATH}.strategy"), ""),
        "None" => refuse_webhook(hook, errors),
        "Webhook" => validate_webhook(hook, old, errors),
        _ => errors.unsupported(format!("{PATH}.strategy"), strategy, &["None", "Webhook"]),
    }
}

fn refuse_webhook(hook: &Value, errors: &mut Errors) {
    if !hook.get("clientConfig").is_null() {
        errors.forbidden(CLIENT, NOT_SET);
    }
    if !hook.get("conversionReviewVersions").is_empty() {
        errors.forbidden(VERSIONS, NOT_SET);
    }
}

fn validate_webhook(hook: &Value, old: Option<&Object>, errors: &mut Errors) {
    let client = hook.get("clientConfig");
    if client.is_null() {
        errors.required(CLIENT, "required when strategy is set to Webhook");
    } else {
        let shown = Object(Value::from([(
            "spec",
            Value::from([("conversion", Value::from([("webhookClientConfig", client.clone())]))]),
        )]));
        let root = At::root(&shown);
        let spec = root.field("spec");
        let conversion = spec.field("conversion");
        webhook::validate_client(&conversion.field("webhookClientConfig"), errors);
        validate_bundle(client.get("caBundle"), old, errors);
    }
    validate_versions(hook.get("conversionReviewVersions"), old, errors);
}

/// A bundle without certificates is taken only where it was so before, or nothing is served yet.
fn validate_bundle(bundle: &Value, old: Option<&Object>, errors: &mut Errors) {
    let before = |it: &Object| it.at("spec.conversion.webhook.clientConfig.caBundle").clone();
    let is_excused =
        old.is_some_and(|it| !establish::is_established(it) || (!before(it).is_empty() && !has_one(&before(it))));
    if !bundle.is_empty() && !has_one(bundle) && !is_excused {
        let why = "unable to load root certificates: data does not contain any valid RSA or ECDSA certificates";
        errors.invalid(format!("{CLIENT}.caBundle"), bundle, why);
    }
}

/// True if there is a certificate in a bundle.
fn has_one(bundle: &Value) -> bool {
    base64::decode(bundle.str()).is_ok_and(|it| String::from_utf8_lossy(&it).contains("-----BEGIN CERTIFICATE-----"))
}

fn validate_versions(versions: &Value, old: Option<&Object>, errors: &mut Errors) {
    if versions.items().is_empty() {
        return errors.required(VERSIONS, "");
    }
    let mut met = Met::default();
    for (index, version) in versions.items().iter().enumerate() {
        let path = format!("{VERSIONS}[{index}]");
        if met.again(version) > 0 {
            errors.invalid(path, version, "duplicate version");
        } else {
            errors.invalid_each(path, version, names::dns1035_label(version.str()));
        }
    }
    let has_known = |it: &Value| it.items().iter().any(|it| REVIEW_VERSIONS.contains(&it.str()));
    let before = old.map(|it| it.at("spec.conversion.webhook.conversionReviewVersions"));
    if !has_known(versions) && before.is_none_or(|it| it.items().is_empty() || has_known(it)) {
        errors.invalid(VERSIONS, versions, &format!("must include at least one of {}", REVIEW_VERSIONS.join(", ")));
    }
}
