//! `kubectl explain`: the fields of a kind and their types.
//!
//! Upstream: `k8s.io/kubectl/pkg/explain/v2/templates/plaintext.tmpl`.
//! Differs: descriptions are not shown, because the schema holds none (`DIFFERENCE`).

use crate::api::{Fidelity, resources};
use crate::kubectl::discovery::Kind;
use crate::kubectl::failure::{Failure, quoted};
use crate::kubectl::flags::{Args, Flag, switch, text};
use crate::kubectl::session::Session;
use crate::kubectl::verbs::{Run, Verb};
use crate::model::schema::{Field, Kind as Shape, Schema, TypeId};

/// How deep `--recursive` goes.
const DEPTH_MAX: usize = 16;
/// How many words of a field are listed beside it.
const WORDS_MAX: usize = 4;

const FLAGS: &[Flag] = &[switch("recursive"), text("api-version"), text("output").or('o').default("plaintext")];

/// The verb.
pub(super) const VERB: Verb = Verb {
    name: "explain",
    about: "Get documentation for a resource",
    usage: "TYPE [--recursive=FALSE|TRUE] [--api-version=api-version-group] [-o|--output=plaintext|plaintext-openapiv2]",
    flags: &[FLAGS],
    run: Run::Once(run),
    ..Verb::NONE
};

fn run(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let [word] = args.words.as_slice() else {
        let what = if args.words.is_empty() {
            "You must specify the type of resource to explain. Use \"kubectl api-resources\" for a complete list of supported resources.\n"
        } else {
            "We accept only this format: explain RESOURCE\n"
        };
        return Err(args.usage(what));
    };
    let (first, path) = word.split_once('.').unwrap_or((word, ""));
    let kinds = session.kinds();
    let (kind, path) = match kinds.find(word) {
        Some(kind) => (kind, ""),
        None => (kinds.require(first)?, path),
    };
    let version = match args.get("api-version") {
        "" => kind.api_version(),
        given => given.to_owned(),
    };
    let Some((schema, root)) = kind.type_in(&version) else {
        return Err(Failure::text(format!(
            "couldn't find resource for {}",
            quoted(&format!("{version}, Kind={}", kind.kind))
        )));
    };
    session.out(head(&kind, &version));
    session.out(mark(&kind.kind, &version));
    let text = body(schema, root, path, args.is("recursive"))?;
    session.out(text);
    Ok(())
}

fn head(kind: &Kind, version: &str) -> String {
    let (group, version) = version.split_once('/').unwrap_or(("", version));
    let group = if group.is_empty() { String::new() } else { format!("GROUP:      {group}\n") };
    format!("{group}KIND:       {}\nVERSION:    {version}\n\n", kind.kind)
}

/// What is not as in Kubernetes about a kind; nothing for most.
fn mark(kind: &str, version: &str) -> String {
    match resources::find_kind(version, kind).map(|it| it.fidelity) {
        Some(Fidelity::Approximated(why)) => {
            format!("FIDELITY:\n    approximated: stored and validated; {why}.\n\n")
        }
        Some(Fidelity::Faithful) | None => String::new(),
    }
}

fn body(schema: &Schema, root: TypeId, path: &str, recursive: bool) -> Result<String, Failure> {
    let mut text = String::new();
    let mut inside = Some(root);
    if !path.is_empty() {
        let missing =
            || Failure::text(format!("field {} does not exist", quoted(path.rsplit('.').next().unwrap_or(path))));
        let field = schema.field(root, path).ok_or_else(missing)?;
        let words = schema.words(field).map(|it| it.words.join(", "));
        let words = words.map_or(String::new(), |it| format!("ENUM:\n    {}\n", it.replace(", ", "\n    ")));
        text.extend([format!("FIELD: {} <{}>\n{words}\n", field.name, type_name(schema, &field.kind))]);
        inside = field.kind.object();
    }
    if let Some(id) = inside {
        text.push_str("FIELDS:\n");
        fields(schema, id, 1, if recursive { DEPTH_MAX } else { 1 }, &mut vec![id], &mut text);
    }
    text.push('\n');
    Ok(text)
}

fn fields(schema: &Schema, id: TypeId, level: usize, depth: usize, above: &mut Vec<TypeId>, text: &mut String) {
    for field in &schema.type_of(id).fields {
        text.extend([line(schema, field, level)]);
        if let Some(inner) = field.kind.object().filter(|it| level < depth && !above.contains(it)) {
            above.push(inner);
            fields(schema, inner, level + 1, depth, above, text);
            above.pop();
        }
    }
}

fn line(schema: &Schema, field: &Field, level: usize) -> String {
    let indent = "  ".repeat(level);
    let required = if field.required { " -required-" } else { "" };
    let words = schema.words(field).map_or(String::new(), |it| {
        let more = if it.words.len() > WORDS_MAX { ", ...." } else { "" };
        let shown: Vec<&str> = it.words.iter().take(WORDS_MAX).map(crate::model::Text::as_str).collect();
        format!("\n{indent}enum: {}{more}", shown.join(", "))
    });
    format!("{indent}{}\t<{}>{required}{words}\n", field.name, type_name(schema, &field.kind))
}

/// The name of a type as explain writes it.
fn type_name(schema: &Schema, shape: &Shape) -> String {
    match shape {
        Shape::Bool => "boolean".into(),
        Shape::Int32 | Shape::Int64 => "integer".into(),
        Shape::Float => "number".into(),
        Shape::Text | Shape::Bytes => "string".into(),
        Shape::Time => "Time".into(),
        Shape::MicroTime => "MicroTime".into(),
        Shape::Quantity => "Quantity".into(),
        Shape::IntOrString => "IntOrString".into(),
        Shape::Any => "Object".into(),
        Shape::Object(id) => schema.type_of(*id).short_name().to_owned(),
        Shape::List(inner) => format!("[]{}", type_name(schema, inner)),
        Shape::Map(inner) => format!("map[string]{}", type_name(schema, inner)),
    }
}
