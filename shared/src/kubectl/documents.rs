//! The objects that `-f` names: files by name, folders, standard input; YAML or JSON, lists taken apart.
//!
//! Upstream: `k8s.io/cli-runtime/pkg/resource/{builder,visitor,mapper}.go`.

use crate::kubectl::Input;
use crate::kubectl::failure::{Failure, quoted};
use crate::kubectl::flags::Args;
use crate::model::{Object, Order, Text, Value, yaml};
use crate::trace::SourceFile;

/// What `--recursive` and folders look at.
const EXTENSIONS: &[&str] = &[".json", ".yaml", ".yml"];

/// One object of a file.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    /// The object as it was written.
    pub(crate) object: Object,
    /// The file, as `-f` named it.
    pub(crate) file: Text,
}

/// True if `-f` or `-k` was given.
pub(crate) fn wanted(args: &Args) -> bool {
    args.has("filename") || args.has("kustomize")
}

/// The objects of every file that the flags name; each that cannot be read is a failure in its place.
///
/// # Errors
/// A file does not exist, or the flags do not fit together.
pub(crate) fn read(args: &Args, input: &Input) -> Result<Vec<Result<Document, Failure>>, Failure> {
    if args.has("kustomize") {
        return Err(Failure::text("kustomizations are not part of this kubectl: give the files with -f"));
    }
    let mut documents = Vec::new();
    for path in args.all("filename") {
        for file in named(path, input)? {
            documents.extend(of_file(&file));
        }
    }
    Ok(documents)
}

/// The objects of one file; what follows a syntax error is not read.
pub(crate) fn of_file(file: &SourceFile) -> Vec<Result<Document, Failure>> {
    let mut documents = Vec::new();
    for document in yaml::parse(&file.text) {
        if let Some(problem) = document.errors.first() {
            let why = format!("error converting YAML to JSON: {}", problem.message);
            documents.push(Err(Failure::text(format!("error parsing {}: {why}", file.name))));
            break;
        }
        documents.extend(of_document(&document, file));
    }
    documents
}

/// The objects of one document without syntax errors: one, or those of a list.
pub(crate) fn of_document(document: &yaml::Document, file: &SourceFile) -> Vec<Result<Document, Failure>> {
    let mut documents = Vec::new();
    taken_apart(&document.value, file, &mut documents);
    documents
}

/// The line on which a document begins, from 1.
pub(crate) fn first_line(document: &yaml::Document) -> u32 {
    let line = document.spans.first().map_or(1, |it| it.value.start.line);
    u32::try_from(line).unwrap_or(u32::MAX)
}

/// The files that a word after `-f` means.
fn named(path: &str, input: &Input) -> Result<Vec<SourceFile>, Failure> {
    if path == "-" {
        return Ok(vec![SourceFile { name: "STDIN".into(), text: input.stdin.as_str().into() }]);
    }
    if path.starts_with("http://") || path.starts_with("https://") {
        return Err(Failure::text(format!("{path} is on another machine: put its text into a file first")));
    }
    let wanted = path.trim_start_matches("./");
    if let Some(file) = input.files.iter().find(|it| it.name.trim_start_matches("./") == wanted) {
        return Ok(vec![SourceFile { name: path.into(), text: file.text.clone() }]);
    }
    in_folder(path, wanted, input)
}

fn in_folder(path: &str, wanted: &str, input: &Input) -> Result<Vec<SourceFile>, Failure> {
    let folder = match wanted.trim_end_matches('/') {
        "" | "." => String::new(),
        folder => format!("{folder}/"),
    };
    let is_in = |name: &str| name.strip_prefix(&folder).is_some_and(|rest| !rest.contains('/'));
    let mut files: Vec<SourceFile> = input.files.iter().filter(|it| is_in(&it.name)).cloned().collect();
    if files.is_empty() {
        return Err(Failure::text(format!("the path {} does not exist", quoted(path))));
    }
    files.retain(|it| EXTENSIONS.iter().any(|end| it.name.ends_with(end)));
    files.order_by(|a, b| a.name.cmp(&b.name));
    if files.is_empty() {
        let extensions = EXTENSIONS.join(" ");
        return Err(Failure::text(format!("error reading [{path}]: recognized file extensions are [{extensions}]")));
    }
    Ok(files)
}

fn taken_apart(value: &Value, file: &SourceFile, to: &mut Vec<Result<Document, Failure>>) {
    if value.is_null() {
        return;
    }
    if let Some(why) = unfit(value) {
        let source = quoted(&file.name);
        to.push(Err(Failure::text(format!(
            "error validating {source}: error validating data: {why}; if you choose to ignore these errors, turn validation off with --validate=false"
        ))));
        return;
    }
    if value.get("kind").str().ends_with("List") && value.get("items").as_list().is_some() {
        value.get("items").items().iter().for_each(|item| taken_apart(item, file, to));
        return;
    }
    match undecodable(value) {
        Some(why) => to.push(Err(Failure::text(format!("unable to decode {}: {why}", quoted(&file.name))))),
        None => to.push(Ok(Document { object: Object(value.clone()), file: file.name.clone() })),
    }
}

/// What kubectl finds before it asks the server.
fn unfit(value: &Value) -> Option<String> {
    if value.as_map().is_none() {
        return Some("invalid object to validate".into());
    }
    let missing: Vec<&str> = ["apiVersion", "kind"].into_iter().filter(|it| value.get(it).str().is_empty()).collect();
    let texts: Vec<String> = missing.iter().map(|it| format!("{it} not set")).collect();
    match texts.len() {
        0 => None,
        1 => Some(texts.concat()),
        _ => Some(format!("[{}]", texts.join(", "))),
    }
}

/// Metadata is the one part that kubectl itself decodes.
fn undecodable(value: &Value) -> Option<String> {
    let metadata = value.get("metadata");
    let texts =
        |name: &str| metadata.get(name).fields().iter().find_map(|(_, it)| go_type(it)).map(|it| (name.to_owned(), it));
    texts("labels").or_else(|| texts("annotations")).map(|(field, found)| {
        format!("json: cannot unmarshal {found} into Go struct field ObjectMeta.metadata.{field} of type string")
    })
}

/// What Go's JSON decoder calls a value that should be a string; `None` for one that is.
fn go_type(value: &Value) -> Option<&'static str> {
    Some(match value {
        Value::Null | Value::Text(_) => return None,
        Value::Bool(_) => "bool",
        Value::Int(_) | Value::Float(_) => "number",
        Value::List(_) => "array",
        Value::Map(_) => "object",
    })
}
