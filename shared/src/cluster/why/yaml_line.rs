//! The lines of applied files that fields came from.

use super::{End, SourceLine, is_within};
use crate::model::{Key, Order, Text, Value, yaml};
use crate::trace::SourceFile;

/// How many lines are told.
const LINES_MAX: usize = 6;

/// The fields of an object that a chain goes back to.
pub(super) struct Fields {
    /// Those that the person's write changed: the chain's last hop.
    pub(super) written: Vec<Text>,
    /// Those that each newer hop followed, the newest hop first.
    pub(super) asked: Vec<Vec<Text>>,
}

/// The lines of `fields` of the object `key`; `None` if no file has that object.
///
/// A field that the file leaves out, because it was defaulted, is left out here as well; if all are, the line of the
/// object's name stands for them.
pub(super) fn find(files: &[SourceFile], key: &Key, fields: &Fields) -> Option<End> {
    files.iter().find_map(|file| {
        let documents = yaml::parse(&file.text);
        let document = documents.into_iter().find(|document| is_of(&document.value, key))?;
        Some(End::Yaml { file: file.name.clone(), text: (&*file.text).into(), lines: lines(&document, fields) })
    })
}

fn lines(document: &yaml::Document, fields: &Fields) -> Vec<SourceLine> {
    let last = fields.asked.len() + 1;
    let mut lines: Vec<SourceLine> = Vec::new();
    for path in &fields.written {
        add(&mut lines, document, path, last);
    }
    for (hop, path) in (1..).zip(&fields.asked).flat_map(|(hop, paths)| paths.iter().map(move |path| (hop, path))) {
        let mut inner = lines.iter_mut().filter(|it| is_within(&it.path, path)).peekable();
        if inner.peek().is_none() {
            add(&mut lines, document, path, hop);
        } else {
            inner.for_each(|it| note(it, hop));
        }
    }
    if lines.is_empty() {
        add(&mut lines, document, "metadata.name", last);
    }
    lines.order_by_key(|it| weight(&it.path));
    lines.truncate(LINES_MAX);
    lines
}

fn add(lines: &mut Vec<SourceLine>, document: &yaml::Document, path: &str, hop: usize) {
    let Some(line) = line_of(document, path) else { return };
    match lines.iter_mut().find(|it| it.line == line) {
        Some(known) => note(known, hop),
        None => lines.push(SourceLine { line, path: path.into(), hops: vec![hop] }),
    }
}

fn note(line: &mut SourceLine, hop: usize) {
    if !line.hops.contains(&hop) {
        line.hops.push(hop);
        line.hops.order();
    }
}

fn line_of(document: &yaml::Document, path: &str) -> Option<u32> {
    let span = document.key_span(path).or_else(|| document.span(path))?;
    u32::try_from(span.start.line).ok()
}

/// What people look for comes first: images, numbers of replicas, then the rest of the spec.
fn weight(path: &str) -> u8 {
    match path {
        _ if path.rsplit('.').next() == Some("image") => 0,
        "spec.replicas" => 1,
        _ if path.starts_with("spec.") => 2,
        _ => 3,
    }
}

fn is_of(value: &Value, key: &Key) -> bool {
    let (kind, name) = (value.get("kind").str(), value.at("metadata.name").str());
    let namespace = value.at("metadata.namespace").str();
    let group = value.get("apiVersion").str().split_once('/').map_or("", |(group, _)| group);
    let plural = crate::api::resources::find(&key.resource).map_or("", |resource| resource.kind);
    let same_namespace = namespace.is_empty() || namespace == key.namespace;
    kind == plural && group == key.resource.group() && name == key.name && same_namespace
}
