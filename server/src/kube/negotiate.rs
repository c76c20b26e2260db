//! Which form an answer takes, from the Accept header.
//!
//! Upstream: `k8s.io/apiserver/pkg/endpoints/handlers/negotiation/negotiate.go`.

use shared::api::Status;
use shared::model::Value;

/// How bytes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Syntax {
    /// `application/json`.
    Json,
    /// `application/yaml`.
    Yaml,
}

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// The object or list itself.
    Whole,
    /// A `meta.k8s.io/v1` Table.
    Table,
    /// A `PartialObjectMetadata`, or a list of them.
    Metadata,
}

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Form {
    /// How.
    pub(crate) syntax: Syntax,
    /// What.
    pub(crate) shape: Shape,
}

impl Form {
    /// What a client without wishes gets.
    pub(crate) const JSON: Self = Self { syntax: Syntax::Json, shape: Shape::Whole };

    /// The media type.
    pub(crate) fn content_type(self) -> &'static str {
        match self.syntax {
            Syntax::Json => "application/json",
            Syntax::Yaml => "application/yaml",
        }
    }
}

/// One entry of an Accept header.
struct Range<'a> {
    media: &'a str,
    quality: f32,
    parameters: Vec<(&'a str, &'a str)>,
}

impl<'a> Range<'a> {
    fn read(text: &'a str) -> Self {
        let mut parts = text.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default();
        let parameters: Vec<_> = parts.filter_map(|it| it.split_once('=')).collect();
        let quality = parameters.iter().find(|(name, _)| *name == "q").and_then(|(_, it)| it.parse().ok());
        Self { media, quality: quality.unwrap_or(1.0), parameters }
    }

    fn parameter(&self, name: &str) -> &str {
        self.parameters.iter().find(|(it, _)| *it == name).map_or("", |(_, value)| value)
    }

    fn form(&self) -> Option<Form> {
        let syntax = match self.media {
            "application/json" | "application/*" | "*/*" => Syntax::Json,
            "application/yaml" => Syntax::Yaml,
            _ => return None,
        };
        let shape = match (self.parameter("as"), self.parameter("g"), self.parameter("v")) {
            ("", _, _) => Shape::Whole,
            ("Table", "meta.k8s.io", "v1") => Shape::Table,
            ("PartialObjectMetadata" | "PartialObjectMetadataList", "meta.k8s.io", "v1") => Shape::Metadata,
            _ => return None,
        };
        (self.quality > 0.0).then_some(Form { syntax, shape })
    }
}

/// The entries of an Accept header, the client's favourite first.
fn ranges(accept: &str) -> Vec<Range<'_>> {
    let mut ranges: Vec<Range<'_>> = accept.split(',').map(|it| Range::read(it.trim())).collect();
    ranges.sort_by(|a, b| b.quality.total_cmp(&a.quality));
    ranges
}

/// The form that the client likes best; an empty header likes everything.
///
/// # Errors
/// 406: there is none that we can write. Protobuf is among those, so that clients fall back to JSON.
pub(crate) fn form(accept: &str) -> Result<Form, Status> {
    if matches!(accept, "" | "*/*" | "application/json") {
        return Ok(Form::JSON);
    }
    ranges(accept).iter().find_map(Range::form).ok_or_else(not_acceptable)
}

/// The version of aggregated discovery that the client likes best; `None` if it likes the old kind better.
pub(crate) fn aggregated_discovery(accept: &str) -> Option<&'static str> {
    ranges(accept).iter().find_map(|range| {
        let is_ours = range.parameter("g") == "apidiscovery.k8s.io" && range.parameter("as") == "APIGroupDiscoveryList";
        match (range.media, is_ours, range.parameter("v")) {
            ("application/json", true, "v2") => Some(Some("v2")),
            ("application/json", false, _) if range.parameters.iter().all(|(name, _)| *name == "q") => Some(None),
            _ => None,
        }
    })?
}

/// True if the client asks for `media` before JSON.
pub(crate) fn prefers(accept: &str, media: &str) -> bool {
    let first = ranges(accept).into_iter().find(|it| it.media == media || it.form().is_some());
    first.is_some_and(|it| it.media == media)
}

fn not_acceptable() -> Status {
    let message = "only the following media types are accepted: application/json, application/yaml".to_owned();
    Status { code: 406, reason: "NotAcceptable", message, details: Value::map() }
}

/// 415: a body whose type we cannot read.
pub(crate) fn unsupported(accepted: &str) -> Status {
    let message =
        format!("the body of the request was in an unknown format - accepted media types include: {accepted}");
    Status { code: 415, reason: "UnsupportedMediaType", message, details: Value::map() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(accept: &str, expected: &Expect) {
        let shown = form(accept).map_or_else(|it| it.code.to_string(), |it| format!("{:?} {:?}", it.syntax, it.shape));
        expected.assert_eq(&shown);
    }

    const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

    #[test]
    fn the_best_form_is_chosen() {
        check("", &expect!["Json Whole"]);
        check("*/*", &expect!["Json Whole"]);
        check("application/yaml, application/json;q=0.5", &expect!["Yaml Whole"]);
        check("application/json;q=0.5, application/yaml", &expect!["Yaml Whole"]);
        check(TABLE, &expect!["Json Table"]);
        check("application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json", &expect!["Json Whole"]);
        check("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1", &expect!["Json Metadata"]);
    }

    #[test]
    fn protobuf_alone_is_refused() {
        check("application/vnd.kubernetes.protobuf", &expect!["406"]);
        check("application/vnd.kubernetes.protobuf,application/json", &expect!["Json Whole"]);
        check("text/html;q=0.9, */*;q=0.8", &expect!["Json Whole"]);
        check("application/json;q=0", &expect!["406"]);
    }

    #[test]
    fn discovery_is_aggregated_for_who_wants_it() {
        let new = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
        let both =
            format!("{new},application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json");
        assert_eq!(aggregated_discovery(&both), Some("v2"));
        assert_eq!(aggregated_discovery("application/json"), None);
        assert_eq!(aggregated_discovery(""), None);
    }
}
