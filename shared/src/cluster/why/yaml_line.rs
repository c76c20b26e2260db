//! The lines of applied files that fields came from.

use crate::cluster::End;
use crate::model::{Key, Text, Value, yaml};
use crate::trace::SourceFile;

/// How many lines are told.
const LINES_MAX: usize = 6;

/// The lines of the fields `paths` of the object `key`; `None` if no file has that object.
///
/// A field that the file leaves out, because it was defaulted, is left out here as well; if all are, the line of the
/// object's name stands for them.
pub(super) fn find(files: &[SourceFile], key: &Key, paths: &[Text]) -> Option<End> {
    files.iter().find_map(|file| {
        let documents = yaml::parse(&file.text);
        let document = documents.into_iter().find(|document| is_of(&document.value, key))?;
        let mut lines: Vec<(u32, Text)> = Vec::new();
        for path in paths.iter().map(Text::as_str).chain(["metadata.name"]) {
            let Some(line) = line_of(&document, path) else { continue };
            let is_new = lines.iter().all(|(known, _)| *known != line);
            if is_new && lines.len() < LINES_MAX && (path != "metadata.name" || lines.is_empty()) {
                lines.push((line, path.into()));
            }
        }
        lines.sort_by_key(|(_, path)| weight(path));
        Some(End::Yaml { file: file.name.clone(), text: (&*file.text).into(), lines })
    })
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
