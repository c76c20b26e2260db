//! `kubectl get`: tables, YAML, JSON, names, templates; once or watching.
//!
//! Upstream: `k8s.io/kubectl/pkg/cmd/get/get.go`.

use crate::kubectl::discovery::Kind;
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::{Args, FILES, Flag, OUTPUT, SELECTOR, list, number, switch, text};
use crate::kubectl::print::custom_columns::Header;
use crate::kubectl::print::table::{Table, TableOptions};
use crate::kubectl::print::{self, Format, ManagedFields, sort};
use crate::kubectl::resource_args::{self, Item, KindAlone, Reading, Selection};
use crate::kubectl::session::Session;
use crate::kubectl::verbs::{Job, Run, Step, Verb};
use crate::model::{Object, Order, Text, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

const FLAGS: &[Flag] = &[
    switch("all-namespaces").or('A'),
    text("field-selector"),
    text("sort-by"),
    switch("show-labels"),
    switch("show-kind"),
    list("label-columns").or('L'),
    switch("no-headers"),
    switch("watch").or('w'),
    switch("watch-only"),
    switch("output-watch-events"),
    switch("ignore-not-found"),
    switch("server-print").default("true"),
    number("chunk-size", "500"),
    text("raw"),
    text("subresource"),
];

/// The verb.
pub(super) const VERB: Verb = Verb {
    name: "get",
    about: "Display one or many resources",
    usage: "(TYPE[.VERSION][.GROUP] [NAME | -l label] | TYPE[.VERSION][.GROUP]/NAME ...) [flags]",
    flags: &[FLAGS, OUTPUT, FILES, SELECTOR],
    run: Run::Job(start),
    ..Verb::NONE
};

/// Objects of one kind that were asked for together: a collection, or one object by name.
struct Group {
    kind: Arc<Kind>,
    objects: Vec<Object>,
}

fn start(args: &Args, session: &mut Session<'_>) -> Result<Box<dyn Job>, Failure> {
    let format = Format::of_get(args, session)?;
    validate(args)?;
    if args.words.is_empty() && !crate::kubectl::documents::wanted(args) {
        session.error("You must specify the type of resource to get. Use \"kubectl api-resources\" for a complete list of supported resources.\n\n");
        return Err(args.usage("Required resource not specified.\nUse \"kubectl explain <resource>\" for a detailed description of that resource (e.g. kubectl explain pods)."));
    }
    let reading = Reading { words: &args.words, kind_alone: KindAlone::All };
    let selection = resource_args::select(session, args, reading)?;
    if args.is("watch") || args.is("watch-only") {
        return watch(args.clone(), format, selection);
    }
    Ok(Box::new(Get { args: args.clone(), format, selection }))
}

fn validate(args: &Args) -> Result<(), Failure> {
    let output = args.get("output");
    let refuse = |flag: &str| Err(Failure::text(format!("--{flag} option cannot be used with {output} printer")));
    if args.is("show-labels") && !output.is_empty() && output != "wide" {
        return refuse("show-labels");
    }
    if args.has("label-columns") && output.starts_with("custom-columns") {
        return refuse("label-columns");
    }
    if args.has("raw") {
        return Err(Failure::text("--raw needs the HTTP API, which this kubectl does not speak"));
    }
    if args.is("output-watch-events") && !args.is("watch") && !args.is("watch-only") {
        return Err(Failure::text("--output-watch-events option can only be used with --watch or --watch-only"));
    }
    Ok(())
}

struct Get {
    args: Args,
    format: Format,
    selection: Selection,
}

impl Job for Get {
    fn step(&mut self, session: &mut Session<'_>) -> Result<Step, Failure> {
        let (mut groups, mut failures) = groups(session, &self.selection);
        if self.args.is("ignore-not-found") {
            failures.retain(|it| !it.is_not_found());
        }
        if self.format.is_table() {
            tables(session, &self.args, &mut groups, &self.selection, failures.is_empty())?;
        } else {
            let one = is_one(&self.selection);
            if one && !failures.is_empty() {
                return Failure::all(failures).map(|()| Step::Done);
            }
            generic(session, &self.args, &self.format, groups, one)?;
        }
        Failure::all(failures).map(|()| Step::Done)
    }
}

/// True if the words can mean one object only.
fn is_one(selection: &Selection) -> bool {
    match selection {
        Selection::Files(items) | Selection::Names(items) => items.len() == 1,
        Selection::Lists(..) => false,
    }
}

fn groups(session: &mut Session<'_>, selection: &Selection) -> (Vec<Group>, Vec<Failure>) {
    let (mut groups, mut failures) = (Vec::new(), Vec::new());
    match selection {
        Selection::Files(items) | Selection::Names(items) => {
            for Item { kind, namespace, name, .. } in items {
                match session.get(kind, namespace, name) {
                    Ok(object) => groups.push(Group { kind: Arc::clone(kind), objects: vec![object] }),
                    Err(failure) => failures.push(failure),
                }
            }
        }
        Selection::Lists(lists, options) => {
            for (kind, namespace) in lists {
                match session.list(kind, namespace, (**options).clone()) {
                    Ok(list) => groups.push(Group { kind: Arc::clone(kind), objects: print::items(&list) }),
                    Err(failure) => failures.push(failure),
                }
            }
        }
    }
    (groups, failures)
}

fn tables(
    session: &mut Session<'_>,
    args: &Args,
    groups: &mut [Group],
    selection: &Selection,
    no_failure: bool,
) -> Result<(), Failure> {
    let kinds: Vec<_> = groups.iter().map(|it| it.kind.name()).collect();
    let with_kind = args.is("show-kind") || kinds.windows(2).any(|it| it[0] != it[1]);
    let sort_by = args.get("sort-by");
    let now = session.now();
    let mut printed = String::new();
    let mut last: Option<(Arc<Kind>, Table)> = None;
    for group in groups.iter_mut().filter(|it| !it.objects.is_empty()) {
        if !sort_by.is_empty() {
            sort::by_path(&mut group.objects, sort_by)?;
        }
        let same = last.as_ref().is_some_and(|(kind, _)| kind.name() == group.kind.name());
        if !same {
            let separated = !printed.is_empty() && !args.is("no-headers");
            printed.push_str(if separated { "\n" } else { "" });
            let with_namespace = args.is("all-namespaces") && group.kind.namespaced;
            let options = TableOptions { with_namespace, with_kind, ..TableOptions::of(args) };
            last = Some((Arc::clone(&group.kind), Table::new(options)));
        }
        if let Some((kind, table)) = &mut last {
            printed.push_str(&table.rows(kind, &group.objects, "", now));
        }
    }
    if printed.is_empty() && no_failure && !args.is("ignore-not-found") {
        nothing_found(session, args, selection);
    }
    session.out(printed);
    Ok(())
}

fn nothing_found(session: &mut Session<'_>, args: &Args, selection: &Selection) {
    let namespaced = match selection {
        Selection::Lists(kinds, _) => kinds.iter().all(|(kind, _)| kind.namespaced),
        Selection::Files(items) | Selection::Names(items) => items.iter().all(|it| it.kind.namespaced),
    };
    if namespaced && !args.is("all-namespaces") {
        let namespace = session.namespace();
        session.error(format!("No resources found in {namespace} namespace.\n"));
    } else {
        session.error("No resources found\n");
    }
}

fn generic(
    session: &mut Session<'_>,
    args: &Args,
    format: &Format,
    groups: Vec<Group>,
    one: bool,
) -> Result<(), Failure> {
    let mut objects: Vec<Object> = groups.into_iter().flat_map(|it| it.objects).collect();
    let sort_by = args.get("sort-by");
    if !sort_by.is_empty() {
        sort::by_path(&mut objects, sort_by)?;
    }
    if one && objects.is_empty() {
        return Ok(());
    }
    if let Format::CustomColumns(columns) = format {
        let header = if args.is("no-headers") { Header::Hidden } else { Header::Shown };
        session.out(columns.print(&objects, header));
        return Ok(());
    }
    let value: Value = match objects.pop() {
        Some(object) if one => object.into(),
        last => {
            objects.extend(last);
            print::list_of(objects)
        }
    };
    session.out(print::object(&value, format, ManagedFields::of(args)));
    Ok(())
}

fn watch(args: Args, format: Format, selection: Selection) -> Result<Box<dyn Job>, Failure> {
    let (kind, count) = match &selection {
        Selection::Lists(kinds, _) => (kinds.first().map(|(kind, _)| Arc::clone(kind)), kinds.len()),
        Selection::Files(items) | Selection::Names(items) => {
            (items.first().map(|it| Arc::clone(&it.kind)), items.len())
        }
    };
    let Some(kind) = kind.filter(|_| count == 1) else {
        let text = "you may only specify a single resource type";
        return Err(Failure::text(text));
    };
    let with_namespace = args.is("all-namespaces") && kind.namespaced;
    let table = Table::new(TableOptions { with_namespace, ..TableOptions::of(&args) });
    Ok(Box::new(Watch { args, format, selection, kind, table, seen: None }))
}

/// `get -w`: shows the objects, then each change.
///
/// Changes are found by looking at every poll, which comes after each step of the cluster; so none is missed.
struct Watch {
    args: Args,
    format: Format,
    selection: Selection,
    kind: Arc<Kind>,
    table: Table,
    /// What was shown last, by namespace and name; `None` before the first look.
    seen: Option<BTreeMap<(Text, Text), Object>>,
}

impl Job for Watch {
    fn step(&mut self, session: &mut Session<'_>) -> Result<Step, Failure> {
        let (groups, failures) = groups(session, &self.selection);
        let first = self.seen.is_none();
        let gone_is_fine = !first && failures.iter().all(Failure::is_not_found);
        if !gone_is_fine {
            Failure::all(failures)?;
        }
        let now: BTreeMap<_, _> =
            groups.into_iter().flat_map(|it| it.objects).map(|it| ((it.namespace(), it.name()), it)).collect();
        let before = self.seen.replace(now.clone()).unwrap_or_default();
        if first && self.args.is("watch-only") {
            return Ok(Step::Wait);
        }
        for (event, object) in changes(&before, &now) {
            self.show(session, event, object);
        }
        Ok(Step::Wait)
    }
}

/// What changed from `before` to `now`, in the order in which it was written.
fn changes<'a>(
    before: &'a BTreeMap<(Text, Text), Object>,
    now: &'a BTreeMap<(Text, Text), Object>,
) -> Vec<(&'static str, &'a Object)> {
    let gone = before.iter().filter(|(key, _)| !now.contains_key(*key)).map(|(_, it)| ("DELETED", it));
    let came = now.iter().filter_map(|(key, object)| match before.get(key) {
        None => Some(("ADDED", object)),
        Some(old) if old.uid() != object.uid() || old.resource_version() != object.resource_version() => {
            Some(("MODIFIED", object))
        }
        Some(_) => None,
    });
    let mut changes: Vec<_> = gone.chain(came).collect();
    if !before.is_empty() {
        changes.order_by_key(|(_, it)| it.resource_version());
    }
    changes
}

impl Watch {
    fn show(&mut self, session: &mut Session<'_>, event: &str, object: &Object) {
        let text = if self.format.is_table() {
            self.table.rows(&self.kind, std::slice::from_ref(object), event, session.now())
        } else if self.args.is("output-watch-events") {
            let value = Value::from([("type", event.into()), ("object", object.0.clone())]);
            print::object(&value, &self.format, ManagedFields::of(&self.args))
        } else {
            let separator = if self.format == Format::Yaml { "---\n" } else { "" };
            format!("{separator}{}", print::object(object, &self.format, ManagedFields::of(&self.args)))
        };
        session.out(text);
    }
}
