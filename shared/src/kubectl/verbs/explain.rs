//! `kubectl explain`: the fields of a kind, their types and what they are for.
//!
//! Upstream: `k8s.io/kubectl/pkg/explain/v2/templates/plaintext.tmpl`.
//! `DIFFERENCE`: a cluster in the page has no descriptions, and says so.

#[cfg_attr(not(feature = "every-kind"), path = "explain/no_texts.rs")]
mod texts;

use crate::api::{Fidelity, resources};
use crate::kubectl::discovery::Kind;
use crate::kubectl::failure::{Failure, quoted};
use crate::kubectl::flags::{Args, Flag, switch, text};
use crate::kubectl::session::Session;
use crate::kubectl::verbs::{Run, Verb};
use crate::model::schema::{Field, Kind as Shape, Schema, TypeId};
use texts::Texts;

/// How deep `--recursive` goes.
const DEPTH_MAX: usize = 16;
/// How many words of a field are listed beside it.
const WORDS_MAX: usize = 4;
/// How wide descriptions are, in characters, with what they are indented by.
const WIDTH: usize = 80;
/// What stands for descriptions where there are none.
const NO_TEXTS: &str = "Descriptions are not part of the page; `pilothouse serve` has them, for every kubectl.";

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
    let texts = Texts::of(&kind);
    let explained = Explained { schema, root, path, texts: texts.as_ref() };
    session.out(explained.body(args.is("recursive"))?);
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

/// What is explained: a kind, or the field at a path of it.
struct Explained<'a> {
    schema: &'a Schema,
    root: TypeId,
    path: &'a str,
    texts: Option<&'a Texts>,
}

impl Explained<'_> {
    fn body(&self, recursive: bool) -> Result<String, Failure> {
        let Self { schema, path, .. } = *self;
        let mut text = String::new();
        let mut inside = Some(self.root);
        if !path.is_empty() {
            let missing =
                || Failure::text(format!("field {} does not exist", quoted(path.rsplit('.').next().unwrap_or(path))));
            let field = schema.field(self.root, path).ok_or_else(missing)?;
            let words = schema.words(field).map(|it| format!("ENUM:\n    {}", it.words.join("\n    ")));
            let words = words.unwrap_or_default();
            text.extend([format!("FIELD: {} <{}>\n{words}\n\n", field.name, type_name(schema, &field.kind))]);
            inside = field.kind.object();
        }
        text.extend([format!("DESCRIPTION:\n{}\n", indented(&self.description(), 4))]);
        if let Some(id) = inside {
            text.push_str("FIELDS:\n");
            match self.texts {
                Some(texts) if !recursive => self.described_fields(id, texts, &mut text),
                _ => fields(schema, id, 1, if recursive { DEPTH_MAX } else { 1 }, &mut vec![id], &mut text),
            }
        }
        text.push('\n');
        Ok(text)
    }

    fn description(&self) -> String {
        match self.texts.map(|it| it.of_path(self.schema, self.root, self.path)) {
            Some(text) if text.is_empty() => "<empty>".to_owned(),
            Some(text) => text,
            None => NO_TEXTS.to_owned(),
        }
    }

    fn described_fields(&self, id: TypeId, texts: &Texts, text: &mut String) {
        for field in &self.schema.type_of(id).fields {
            let about = texts.of_field(self.schema, id, self.path, &field.name);
            let about = if about.is_empty() { "<no description>" } else { about };
            text.extend([line(self.schema, field, 1), indented(about, 4), "\n\n".to_owned()]);
        }
    }
}

/// A text in lines that are short enough, each behind `indent` spaces.
fn indented(text: &str, indent: usize) -> String {
    let lines = text.split('\n').flat_map(|it| wrapped(it, WIDTH - indent));
    lines.map(|it| format!("{}{it}", " ".repeat(indent))).collect::<Vec<_>>().join("\n")
}

/// A line in pieces of at most `limit` characters, broken at white space; a longer word stays whole.
///
/// Upstream: `github.com/mitchellh/go-wordwrap`.
fn wrapped(line: &str, limit: usize) -> Vec<String> {
    let (mut lines, mut current, mut rest) = (Vec::new(), String::new(), line);
    let length = |text: &str| text.chars().count();
    while !rest.is_empty() {
        let word_at = rest.find(|it: char| !it.is_whitespace()).unwrap_or(rest.len());
        let (space, from_word) = rest.split_at(word_at);
        let (word, after) = from_word.split_at(from_word.find(char::is_whitespace).unwrap_or(from_word.len()));
        if length(&current) + length(space) + length(word) > limit && !(current.is_empty() && space.is_empty()) {
            lines.push(std::mem::take(&mut current));
            current.push_str(word);
        } else {
            current.extend([space, word]);
        }
        rest = after;
    }
    lines.push(current);
    lines
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
        Shape::Text | Shape::Bytes | Shape::Time | Shape::MicroTime => "string".into(),
        Shape::Quantity => "Quantity".into(),
        Shape::IntOrString => "IntOrString".into(),
        Shape::Any => "Object".into(),
        Shape::Object(id) => schema.type_of(*id).short_name().to_owned(),
        Shape::List(inner) => format!("[]{}", type_name(schema, inner)),
        Shape::Map(inner) => format!("map[string]{}", type_name(schema, inner)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn lines_are_broken_at_spaces() {
        let text =
            "It says a lot. More info: https://example.com/a/long/address/that/is/never/broken but it ends\n\n- a";
        expect![[r#"
            ..It says a lot.
            ..More info:
            ..https://example.com/a/long/address/that/is/never/broken
            ..but it ends
            ..
            ..- a"#]]
        .assert_eq(
            &text.split('\n').flat_map(|it| wrapped(it, 18)).map(|it| format!("..{it}")).collect::<Vec<_>>().join("\n"),
        );
    }

    #[test]
    fn without_texts_that_is_said() {
        let schema = Schema::get();
        let root = schema.find("v1", "Namespace").unwrap();
        let explained = Explained { schema, root, path: "status", texts: None };
        expect![[r#"
            FIELD: status <NamespaceStatus>


            DESCRIPTION:
                Descriptions are not part of the page; `pilothouse serve` has them, for
                every kubectl.
            FIELDS:
              conditions	<[]NamespaceCondition>
              phase	<string>
              enum: Active, Terminating

        "#]]
        .assert_eq(&explained.body(false).unwrap_or_default());
    }
}
