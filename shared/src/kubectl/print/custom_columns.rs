//! `-o custom-columns=NAME:.metadata.name,…`.
//!
//! Upstream: `k8s.io/kubectl/pkg/cmd/get/customcolumn.go`.

use crate::kubectl::failure::Failure;
use crate::kubectl::print::tabs::TABLE;
use crate::model::Object;
use crate::model::jsonpath::{Template, show};

/// A table of one's own.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CustomColumns(Vec<(String, Template)>);

/// Whether the first line names the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Header {
    /// It does.
    Shown,
    /// `--no-headers`.
    Hidden,
}

impl CustomColumns {
    /// Reads `HEADER:PATH,HEADER:PATH`.
    ///
    /// # Errors
    /// A column has no path, or one that is wrong.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        if text.is_empty() {
            return Err(Failure::text("custom-columns format specified but no custom columns given"));
        }
        let mut columns = Vec::new();
        for column in text.split(',') {
            let Some((header, path)) = column.split_once(':') else {
                let expected = "expected <header>:<json-path-expr>";
                return Err(Failure::text(format!("unexpected custom-columns spec: {column}, {expected}")));
            };
            columns.push((header.to_owned(), Template::parse_relaxed(path).map_err(Failure::text)?));
        }
        Ok(Self(columns))
    }

    /// Reads a line of headers and a line of paths.
    ///
    /// # Errors
    /// A line is missing, or they do not fit together.
    pub(crate) fn parse_file(text: &str) -> Result<Self, Failure> {
        let expected =
            "Expected format is one line of space separated headers, one line of space separated column specs.";
        let mut lines = text.lines();
        let missing = |what: &str| Failure::text(format!("invalid template, missing {what} line. {expected}"));
        let headers: Vec<&str> = lines.next().ok_or_else(|| missing("header"))?.split_whitespace().collect();
        let paths: Vec<&str> = lines.next().ok_or_else(|| missing("spec"))?.split_whitespace().collect();
        if headers.len() != paths.len() {
            let (headers, paths) = (headers.len(), paths.len());
            return Err(Failure::text(format!(
                "number of headers ({headers}) and field specifications ({paths}) don't match"
            )));
        }
        let columns = headers.iter().zip(paths).map(|(header, path)| {
            Template::parse_relaxed(path).map(|it| ((*header).to_owned(), it)).map_err(Failure::text)
        });
        columns.collect::<Result<_, _>>().map(Self)
    }

    /// The table of `objects`.
    pub(crate) fn print(&self, objects: &[Object], header: Header) -> String {
        let mut text = String::new();
        if header == Header::Shown {
            let headers: Vec<&str> = self.0.iter().map(|(header, _)| header.as_str()).collect();
            text = format!("{}\n", headers.join("\t"));
        }
        for object in objects {
            let cells: Vec<String> = self.0.iter().map(|(_, path)| cell(object, path)).collect();
            text.push_str(&cells.join("\t"));
            text.push('\n');
        }
        TABLE.align(&text)
    }
}

fn cell(object: &Object, path: &Template) -> String {
    let found: Vec<String> =
        path.find(object).iter().map(|it| if it.is_null() { "<none>".into() } else { go_show(it) }).collect();
    if found.is_empty() { "<none>".into() } else { found.join(",") }
}

/// A value as Go's `%v` prints it: `map[a:b]`, `[a b]`.
fn go_show(value: &crate::model::Value) -> String {
    use crate::model::Value;
    match value {
        Value::Null => "<nil>".into(),
        Value::List(list) => format!("[{}]", list.iter().map(go_show).collect::<Vec<_>>().join(" ")),
        Value::Map(map) => {
            let fields = map.iter().map(|(key, value)| format!("{key}:{}", go_show(value)));
            format!("map[{}]", fields.collect::<Vec<_>>().join(" "))
        }
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => show(value),
    }
}
