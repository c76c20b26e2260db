//! What a command is about: `pods`, `po,svc`, `deploy/web`, `pod a b`, `-l app=web`, `-f web.yaml`.
//!
//! Upstream: `k8s.io/cli-runtime/pkg/resource/builder.go`.

use crate::api::Options;
use crate::kubectl::discovery::Kind;
use crate::kubectl::documents;
use crate::kubectl::failure::{Failure, quoted};
use crate::kubectl::flags::Args;
use crate::kubectl::session::Session;
use crate::model::{Object, Selector, Text};
use std::sync::Arc;

/// One object that a command is about.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// Its kind.
    pub(crate) kind: Arc<Kind>,
    /// Its namespace; empty for a cluster-scoped one.
    pub(crate) namespace: Text,
    /// Its name.
    pub(crate) name: Text,
    /// The object: from the file, or as the server has it. Null until it was asked for.
    pub(crate) object: Object,
    /// The file that it came from; empty for none.
    pub(crate) source: Text,
}

/// What the words and flags of a command mean.
#[derive(Clone, Debug)]
pub(crate) enum Selection {
    /// Objects of files.
    Files(Vec<Item>),
    /// Objects by name.
    Names(Vec<Item>),
    /// Whole collections, each with its namespace, filtered by these options.
    Lists(Vec<(Arc<Kind>, Text)>, Box<Options>),
}

/// How a verb wants its words to be read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reading<'a> {
    /// The words that name objects.
    pub(crate) words: &'a [String],
    /// Whether a kind alone means all of its objects.
    pub(crate) kind_alone: KindAlone,
}

/// What a kind without names means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum KindAlone {
    /// Every object, as in `get pods`.
    All,
    /// A mistake, as in `delete pods`.
    #[default]
    Refused,
}

const NO_RESOURCE: &str = "You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'";

const MIXED: &str = "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'";

impl Item {
    /// `deployment.apps/web`.
    pub(crate) fn label(&self) -> String {
        format!("{}/{}", self.kind.label(), self.name)
    }
}

/// Finds out what a command is about; asks the server nothing but what it serves.
///
/// # Errors
/// The words do not fit together, or name a kind that is not served.
pub(crate) fn select(session: &mut Session<'_>, args: &Args, reading: Reading<'_>) -> Result<Selection, Failure> {
    let selector = args.get("selector");
    let all = args.is("all");
    if documents::wanted(args) {
        return from_files(session, args, reading.words);
    }
    let (kinds, names, pairs) = sort_words(session, reading.words)?;
    let everything = !kinds.is_empty() && names.is_empty() && reading.kind_alone == KindAlone::All;
    if !selector.is_empty() || !args.get("field-selector").is_empty() || all || everything {
        return lists(session, args, &kinds, &names, &pairs);
    }
    if !pairs.is_empty() {
        return named(session, args, pairs);
    }
    match (kinds.len(), names.len()) {
        (0, 0) => Err(Failure::text(NO_RESOURCE)),
        (_, 0) => Err(Failure::text("resource(s) were provided, but no name was specified")),
        (1, _) => {
            let pairs = names.into_iter().map(|name| (Arc::clone(&kinds[0]), name)).collect();
            named(session, args, pairs)
        }
        _ => Err(Failure::text("you must specify only one resource")),
    }
}

type Words = (Vec<Arc<Kind>>, Vec<Text>, Vec<(Arc<Kind>, Text)>);

/// Kinds, names and `kind/name` pairs.
fn sort_words(session: &mut Session<'_>, words: &[String]) -> Result<Words, Failure> {
    let kinds = session.kinds();
    if words.iter().any(|it| it.contains('/')) {
        if !words.iter().all(|it| it.contains('/')) {
            return Err(Failure::text(MIXED));
        }
        let mut pairs = Vec::new();
        for word in words {
            let (kind, name) = pair(word)?;
            pairs.push((kinds.require(kind)?, Text::new(name)));
        }
        return Ok((Vec::new(), Vec::new(), pairs));
    }
    let Some((first, names)) = words.split_first() else { return Ok((Vec::new(), Vec::new(), Vec::new())) };
    let mut found: Vec<Arc<Kind>> = Vec::new();
    for word in first.split(',').filter(|it| !it.is_empty()) {
        match kinds.category(word) {
            members if members.is_empty() => found.push(kinds.require(word)?),
            members => found.extend(members),
        }
    }
    Ok((found, names.iter().map(Text::from).collect(), Vec::new()))
}

fn pair(word: &str) -> Result<(&str, &str), Failure> {
    let mut parts = word.split('/');
    match (parts.next(), parts.next(), parts.next()) {
        (_, _, Some(_)) => Err(Failure::text("arguments in resource/name form may not have more than one slash")),
        (Some(kind), Some(name), None) if !kind.is_empty() && !name.is_empty() => Ok((kind, name)),
        _ => Err(Failure::text("arguments in resource/name form must have a single resource and name")),
    }
}

fn lists(
    session: &mut Session<'_>,
    args: &Args,
    kinds: &[Arc<Kind>],
    names: &[Text],
    pairs: &[(Arc<Kind>, Text)],
) -> Result<Selection, Failure> {
    if !names.is_empty() {
        return Err(Failure::text("name cannot be provided when a selector is specified"));
    }
    if !pairs.is_empty() {
        return Err(Failure::text("selectors and the all flag cannot be used when passing resource/name arguments"));
    }
    if kinds.is_empty() {
        return Err(Failure::text("at least one resource must be specified to use a selector"));
    }
    let selector = args.get("selector");
    if let Err(why) = Selector::parse(selector) {
        return Err(Failure::text(format!("unable to parse requirement: {why}")));
    }
    let namespace = if args.is("all-namespaces") { Text::default() } else { session.namespace() };
    let options = Options {
        label_selector: selector.into(),
        field_selector: args.get("field-selector").into(),
        ..Options::default()
    };
    Ok(Selection::Lists(kinds.iter().map(|it| (Arc::clone(it), namespace.clone())).collect(), Box::new(options)))
}

fn named(session: &Session<'_>, args: &Args, pairs: Vec<(Arc<Kind>, Text)>) -> Result<Selection, Failure> {
    let namespace = session.namespace();
    let mut items = Vec::new();
    for (kind, name) in pairs {
        if kind.namespaced && args.is("all-namespaces") {
            return Err(Failure::text("a resource cannot be retrieved by name across all namespaces"));
        }
        let namespace = if kind.namespaced { namespace.clone() } else { Text::default() };
        items.push(Item { kind, namespace, name, object: Object::default(), source: Text::default() });
    }
    Ok(Selection::Names(items))
}

fn from_files(session: &mut Session<'_>, args: &Args, words: &[String]) -> Result<Selection, Failure> {
    if words.iter().any(|it| it.contains('/')) {
        return Err(Failure::text("resource/name arguments cannot be provided when a path is specified"));
    }
    if !words.is_empty() {
        return Err(Failure::text(
            "when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well",
        ));
    }
    let selector = Selector::parse(args.get("selector")).map_err(|it| Failure::text(it.to_string()))?;
    let mut items = file_items(session, args)?;
    items.retain(|it| selector.matches(it.object.metadata().get("labels")));
    Ok(Selection::Files(items))
}

/// The objects of the files that `-f` names, each with its kind and namespace.
///
/// # Errors
/// Every file, document or kind that is wrong.
pub(crate) fn file_items(session: &mut Session<'_>, args: &Args) -> Result<Vec<Item>, Failure> {
    let (items, failures) = read_items(session, args)?;
    Failure::all(failures)?;
    Ok(items)
}

/// The same, with what is right beside what is wrong.
///
/// # Errors
/// A file does not exist.
pub(crate) fn read_items(session: &mut Session<'_>, args: &Args) -> Result<(Vec<Item>, Vec<Failure>), Failure> {
    let (mut items, mut failures) = (Vec::new(), Vec::new());
    for document in documents::read(args, &session.context.input)? {
        match document.and_then(|it| item(session, it)) {
            Ok(item) => items.push(item),
            Err(failure) => failures.push(failure),
        }
    }
    Ok((items, failures))
}

/// The kind and namespace of a document's object.
pub(crate) fn item(session: &mut Session<'_>, document: documents::Document) -> Result<Item, Failure> {
    let documents::Document { mut object, file } = document;
    let kind = session.kinds().of(&object, &file)?;
    let mut namespace = Text::default();
    if kind.namespaced {
        namespace = session.namespace();
        let own = object.namespace();
        if own.is_empty() {
            object.set("metadata.namespace", &namespace);
        } else if session.namespace_enforced() && own != namespace {
            return Err(Failure::text(format!(
                "the namespace from the provided object {} does not match the namespace {}. You must pass '--namespace={own}' to perform this operation.",
                quoted(&own),
                quoted(&namespace)
            )));
        } else {
            namespace = own;
        }
    }
    let name = object.name();
    Ok(Item { kind, namespace, name, object, source: file })
}

/// The objects that a selection stands for as the server has them, and what went wrong with the others.
pub(crate) fn fetch(session: &mut Session<'_>, selection: Selection) -> (Vec<Item>, Vec<Failure>) {
    let (mut items, mut failures) = (Vec::new(), Vec::new());
    match selection {
        Selection::Files(named) | Selection::Names(named) => {
            for item in named {
                match session.get(&item.kind, &item.namespace, &item.name) {
                    Ok(object) => items.push(Item { object, ..item }),
                    Err(failure) => failures.push(failure),
                }
            }
        }
        Selection::Lists(lists, options) => {
            for (kind, namespace) in lists {
                match session.list(&kind, &namespace, (*options).clone()) {
                    Ok(list) => {
                        items.extend(list.get("items").items().iter().map(|it| of_list(&kind, Object(it.clone()))));
                    }
                    Err(failure) => failures.push(failure),
                }
            }
        }
    }
    (items, failures)
}

/// The item of an object that came in a list.
pub(crate) fn of_list(kind: &Arc<Kind>, object: Object) -> Item {
    let (namespace, name) = (object.namespace(), object.name());
    Item { kind: Arc::clone(kind), namespace, name, object, source: Text::default() }
}

/// The objects that the words and flags mean, as the server has them.
///
/// # Errors
/// The words do not fit, or an object is not there.
pub(crate) fn objects(session: &mut Session<'_>, args: &Args, words: &[String]) -> Result<Vec<Item>, Failure> {
    let selection = select(session, args, Reading { words, kind_alone: KindAlone::Refused })?;
    let (items, failures) = fetch(session, selection);
    Failure::all(failures)?;
    Ok(items)
}
