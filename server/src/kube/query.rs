//! The query parameters of a request.
//!
//! Upstream: `k8s.io/apimachinery/pkg/apis/meta/v1/types.go` (`ListOptions`, `CreateOptions`, `DeleteOptions`, …) and
//! `validation/validation.go`.

use shared::api::{DryRun, Errors, FieldValidation, Options, Propagation, Status};
use shared::model::{Text, Value};

/// How many parameters a query may have.
const PARAMETERS_MAX: usize = 1_000;

/// The parameters, decoded, in their order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads what follows the question mark; parameters past the limit are left out.
    pub(crate) fn read(text: &str) -> Self {
        if text.is_empty() {
            return Self::default();
        }
        let pairs = form_urlencoded::parse(text.as_bytes()).take(PARAMETERS_MAX);
        Self(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    /// The first value of a parameter; empty without.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(it, _)| it == name).map_or("", |(_, value)| value)
    }

    /// Every value of a parameter.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    /// True for `true` and `1`, as Go reads truth.
    pub(crate) fn is_true(&self, name: &str) -> bool {
        matches!(self.get(name), "true" | "1" | "t" | "T" | "TRUE" | "True")
    }

    /// True if the parameter is there, whatever it says.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(it, _)| it == name)
    }

    /// The options for the pipeline; `kind` is what upstream calls them: `CreateOptions`, …
    ///
    /// # Errors
    /// A value that is not allowed, in the words of validation, or no number where one must be.
    pub(crate) fn options(&self, kind: &str) -> Result<Options, Status> {
        let mut errors = Errors::default();
        let options = Options {
            dry_run: self.dry_run(&mut errors),
            field_manager: self.text("fieldManager"),
            field_validation: self.field_validation(&mut errors),
            force: self.is_true("force"),
            label_selector: self.text("labelSelector"),
            field_selector: self.text("fieldSelector"),
            limit: self.number("limit")?.and_then(|it| usize::try_from(it).ok()).unwrap_or(0),
            continue_token: self.text("continue"),
            resource_version: self.text("resourceVersion"),
            resource_version_match: self.text("resourceVersionMatch"),
            propagation: propagation(self.get("propagationPolicy")),
            grace_period_seconds: self.number("gracePeriodSeconds")?,
            uid: Text::default(),
            query: Vec::new(),
        };
        if errors.0.is_empty() { Ok(options) } else { Err(Status::invalid(kind, "meta.k8s.io", "", &errors)) }
    }

    /// Everything as it came, for subresources with parameters of their own.
    pub(crate) fn pairs(&self) -> Vec<(Text, Text)> {
        self.0.iter().map(|(name, value)| (Text::new(name), Text::new(value))).collect()
    }

    fn text(&self, name: &str) -> Text {
        Text::new(self.get(name))
    }

    /// A whole number.
    ///
    /// # Errors
    /// The parameter is there and is none.
    pub(crate) fn number(&self, name: &str) -> Result<Option<i64>, Status> {
        match self.get(name) {
            "" => Ok(None),
            text => text
                .parse()
                .map(Some)
                .map_err(|_| Status::bad_request(format!("strconv.ParseInt: parsing \"{text}\": invalid syntax"))),
        }
    }

    fn dry_run(&self, errors: &mut Errors) -> DryRun {
        let mut wanted = DryRun::Off;
        for value in self.all("dryRun").filter(|it| !it.is_empty()) {
            if value == "All" {
                wanted = DryRun::All;
            } else {
                errors.unsupported("dryRun", &[value].into_iter().collect(), &["All"]);
            }
        }
        wanted
    }

    fn field_validation(&self, errors: &mut Errors) -> FieldValidation {
        match self.get("fieldValidation") {
            "" | "Warn" => FieldValidation::Warn,
            "Strict" => FieldValidation::Strict,
            "Ignore" => FieldValidation::Ignore,
            other => {
                errors.unsupported("fieldValidation", &Value::from(other), &["", "Ignore", "Strict", "Warn"]);
                FieldValidation::Warn
            }
        }
    }
}

fn propagation(word: &str) -> Option<Propagation> {
    match word {
        "Background" => Some(Propagation::Background),
        "Foreground" => Some(Propagation::Foreground),
        "Orphan" => Some(Propagation::Orphan),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(text: &str, expected: &Expect) {
        let shown = match Query::read(text).options("PatchOptions") {
            Ok(it) => {
                format!("{:?} {:?} {:?} {} {}", it.dry_run, it.field_validation, it.label_selector, it.limit, it.force)
            }
            Err(status) => format!("{} {}", status.code, status.message),
        };
        expected.assert_eq(&shown);
    }

    #[test]
    fn options_are_read() {
        check("", &expect![[r#"Off Warn "" 0 false"#]]);
        check("dryRun=All&fieldValidation=Strict&force=true", &expect![[r#"All Strict "" 0 true"#]]);
        check("labelSelector=a%3Db%2Cc&limit=5", &expect![[r#"Off Warn "a=b,c" 5 false"#]]);
    }

    #[test]
    fn wrong_values_are_refused() {
        check(
            "dryRun=Some",
            &expect![[
                r#"422 PatchOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All""#
            ]],
        );
        check(
            "fieldValidation=x",
            &expect![[
                r#"422 PatchOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "x": supported values: "", "Ignore", "Strict", "Warn""#
            ]],
        );
        check("limit=x", &expect![[r#"400 strconv.ParseInt: parsing "x": invalid syntax"#]]);
    }
}
