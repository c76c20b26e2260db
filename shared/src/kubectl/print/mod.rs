//! How results are shown: tables, YAML, JSON, names, templates, custom columns.
//!
//! Upstream: `k8s.io/cli-runtime/pkg/printers`, `k8s.io/kubectl/pkg/cmd/get`.
//! Knows nothing of requests: it makes text of objects.

pub(crate) mod custom_columns;
pub(crate) mod json;
pub(crate) mod sort;
pub(crate) mod table;
pub(crate) mod tabs;

use crate::kubectl::discovery::named;
use crate::kubectl::failure::{Failure, quoted};
use crate::kubectl::flags::Args;
use crate::kubectl::session::Session;
use crate::model::jsonpath::Template;
use crate::model::{Object, Value, yaml};
use custom_columns::CustomColumns;

/// What `-o` asks for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Format {
    /// Nothing special: a table, or a message.
    Usual,
    /// A table with all columns.
    Wide,
    /// `kind/name`.
    Name,
    /// YAML.
    Yaml,
    /// JSON.
    Json,
    /// A template's text.
    JsonPath(Template),
    /// A template's values as a JSON list.
    JsonPathAsJson(Template),
    /// A table of one's own.
    CustomColumns(CustomColumns),
}

/// The formats that `get` takes, as its error lists them.
const ALLOWED_BY_GET: &str = "custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,wide,yaml";
/// The formats of the verbs that change something.
const ALLOWED: &str =
    "go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,yaml";

impl Format {
    /// Reads `-o` and `--template` of `get`.
    ///
    /// # Errors
    /// There is no such format, or its template is wrong.
    pub(crate) fn of_get(args: &Args, session: &Session<'_>) -> Result<Self, Failure> {
        let output = args.get("output");
        if output == "wide" {
            return Ok(Self::Wide);
        }
        let (word, template) = output.split_once('=').unwrap_or((output, args.get("template")));
        match word {
            "custom-columns" => CustomColumns::parse(template).map(Self::CustomColumns),
            "custom-columns-file" => {
                CustomColumns::parse_file(&template_file(session, template)?).map(Self::CustomColumns)
            }
            _ => Self::parse(output, args, session, ALLOWED_BY_GET),
        }
    }

    /// Reads `-o` and `--template` of any other verb.
    ///
    /// # Errors
    /// There is no such format, or its template is wrong.
    pub(crate) fn of(args: &Args, session: &Session<'_>) -> Result<Self, Failure> {
        Self::parse(args.get("output"), args, session, ALLOWED)
    }

    fn parse(output: &str, args: &Args, session: &Session<'_>, allowed: &str) -> Result<Self, Failure> {
        let (word, template) = match output.split_once('=') {
            Some((word, template)) => (word, template),
            None => (output, args.get("template")),
        };
        match word {
            "" => Ok(Self::Usual),
            "name" => Ok(Self::Name),
            "yaml" => Ok(Self::Yaml),
            "json" => Ok(Self::Json),
            "jsonpath" => parse_template(template).map(Self::JsonPath),
            "jsonpath-file" => parse_template(&template_file(session, template)?).map(Self::JsonPath),
            "jsonpath-as-json" => parse_template(template).map(Self::JsonPathAsJson),
            "go-template" | "go-template-file" | "template" | "templatefile" | "kyaml" => Err(Failure::text(format!(
                "the output format {} is not part of this kubectl: use jsonpath or custom-columns",
                quoted(word)
            ))),
            _ => Err(Failure::text(format!(
                "unable to match a printer suitable for the output format {}, allowed formats are: {allowed}",
                quoted(output)
            ))),
        }
    }

    /// True for a table.
    pub(crate) fn is_table(&self) -> bool {
        matches!(self, Self::Usual | Self::Wide)
    }
}

fn parse_template(template: &str) -> Result<Template, Failure> {
    if template.is_empty() {
        return Err(Failure::text("template format specified but no template given"));
    }
    Template::parse(template).map_err(|why| Failure::text(format!("error parsing jsonpath {template}, {why}")))
}

fn template_file(session: &Session<'_>, name: &str) -> Result<String, Failure> {
    let file = session.context.input.files.iter().find(|it| it.name == name);
    file.map(|it| it.text.to_string()).ok_or_else(|| {
        Failure::text(format!("error reading --template {name}, open {name}: no such file or directory"))
    })
}

/// Whether `metadata.managedFields` is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ManagedFields {
    /// `--show-managed-fields`.
    Shown,
    /// The default.
    Hidden,
}

impl ManagedFields {
    /// Reads the flag.
    pub(crate) fn of(args: &Args) -> Self {
        if args.is("show-managed-fields") { Self::Shown } else { Self::Hidden }
    }
}

/// The text of one object, or of a list object, in a format other than a table.
pub(crate) fn object(value: &Value, format: &Format, managed: ManagedFields) -> String {
    match format {
        Format::Usual | Format::Wide | Format::Name => names(value),
        Format::Yaml => yaml::write(&visible(value, managed)),
        Format::Json => json::write(&visible(value, managed)),
        Format::JsonPath(template) => template.render(value),
        Format::JsonPathAsJson(template) => json::write(&template.find(value).into()),
        Format::CustomColumns(columns) => columns.print(&items(value), custom_columns::Header::Shown),
    }
}

/// The objects of a list object, or the one object.
pub(crate) fn items(value: &Value) -> Vec<Object> {
    match value.get("items").as_list() {
        Some(list) if value.get("kind").str().ends_with("List") => list.iter().cloned().map(Object).collect(),
        _ => vec![Object(value.clone())],
    }
}

fn names(value: &Value) -> String {
    items(value).iter().map(|it| format!("{}\n", named(it))).collect()
}

fn visible(value: &Value, managed: ManagedFields) -> Value {
    let mut value = value.clone();
    if managed == ManagedFields::Hidden {
        value.remove("metadata.managedFields");
        if value.get("items").as_list().is_some() && value.get("kind").str().ends_with("List") {
            for item in value.entry("items").list_mut() {
                item.remove("metadata.managedFields");
            }
        }
    }
    value
}

/// The list object that `get -o yaml` makes of several objects.
pub(crate) fn list_of(objects: Vec<Object>) -> Value {
    let items: Vec<Value> = objects.into_iter().map(Value::from).collect();
    let metadata = Value::from([("resourceVersion", "".into())]);
    Value::from([("apiVersion", "v1".into()), ("kind", "List".into()), ("items", items.into()), ("metadata", metadata)])
}
