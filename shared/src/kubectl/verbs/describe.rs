//! `kubectl describe`.
//!
//! Upstream: `k8s.io/kubectl/pkg/cmd/describe/describe.go`.

use crate::api::Options;
use crate::kubectl::describe::describe;
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::{Args, FILES, Flag, SELECTOR, number, switch, switch_on};
use crate::kubectl::resource_args::{self, Item, KindAlone, Reading, Selection};
use crate::kubectl::session::Session;
use crate::kubectl::verbs::{Run, Verb};

const FLAGS: &[Flag] = &[switch("all-namespaces").or('A'), switch_on("show-events"), number("chunk-size", "500")];

/// The verb.
pub(super) const VERB: Verb = Verb {
    name: "describe",
    about: "Show details of a specific resource or group of resources",
    usage: "(-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME)",
    flags: &[FLAGS, FILES, SELECTOR],
    run: Run::Once(run),
    ..Verb::NONE
};

fn run(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    if args.words.is_empty() && !crate::kubectl::documents::wanted(args) {
        session.error("You must specify the type of resource to describe. Use \"kubectl api-resources\" for a complete list of supported resources.\n\n");
        return Err(args.usage("Required resource not specified."));
    }
    let reading = Reading { words: &args.words, kind_alone: KindAlone::All };
    let selection = resource_args::select(session, args, reading)?;
    let namespaced = match &selection {
        Selection::Lists(kinds, _) => kinds.iter().all(|(kind, _)| kind.namespaced),
        Selection::Files(items) | Selection::Names(items) => items.iter().all(|it| it.kind.namespaced),
    };
    let by_name = matches!(selection, Selection::Names(_)) && args.words.len() == 2;
    let prefix = by_name.then(|| selection.clone());
    let (mut items, mut failures) = resource_args::fetch(session, selection);
    if let (Some(selection), true) = (prefix, failures.first().is_some_and(Failure::is_not_found)) {
        items = with_prefix(session, selection)?;
        if !items.is_empty() {
            failures.clear();
        }
    }
    // Of several objects the events are shown only if they are asked for.
    let show_events = args.is("show-events") && (items.len() == 1 || args.has("show-events"));
    let texts: Vec<String> = items.iter().map(|it| describe(session, it, show_events)).collect();
    session.out(texts.join("\n\n"));
    if items.is_empty() && failures.is_empty() {
        let namespace = session.namespace();
        let everywhere = !namespaced || args.is("all-namespaces");
        let place = if everywhere { String::new() } else { format!(" in {namespace} namespace.") };
        session.error(format!("No resources found{place}\n"));
    }
    Failure::all(failures)
}

/// The objects whose names begin with the name that was not found.
fn with_prefix(session: &mut Session<'_>, selection: Selection) -> Result<Vec<Item>, Failure> {
    let Selection::Names(named) = selection else { return Ok(Vec::new()) };
    let mut items = Vec::new();
    for Item { kind, namespace, name, .. } in named {
        let list = session.list(&kind, &namespace, Options::default())?;
        let objects = crate::kubectl::print::items(&list);
        let fitting = objects.into_iter().filter(|it| it.name().starts_with(name.as_str()));
        items.extend(fitting.map(|it| resource_args::of_list(&kind, it)));
    }
    Ok(items)
}
