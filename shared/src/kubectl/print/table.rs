//! The tables of `get`: the columns of the kind, with NAMESPACE before and labels after.
//!
//! Upstream: `k8s.io/cli-runtime/pkg/printers/tableprinter.go`.

use crate::api::printing::since;
use crate::kubectl::discovery::Kind;
use crate::kubectl::flags::Args;
use crate::kubectl::print::tabs::TABLE;
use crate::model::{Object, Text, Time};

/// What is shown besides the columns of the kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct TableOptions {
    /// `-o wide`.
    pub(crate) wide: bool,
    /// A column NAMESPACE in front.
    pub(crate) with_namespace: bool,
    /// `pod/web` instead of `web`.
    pub(crate) with_kind: bool,
    /// `--no-headers`.
    pub(crate) no_headers: bool,
    /// `--show-labels`.
    pub(crate) show_labels: bool,
    /// `-L`.
    pub(crate) label_columns: Vec<Text>,
    /// A column EVENT in front, of watches.
    pub(crate) with_event: bool,
}

/// A table that may grow, as a watch's does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    options: TableOptions,
    header_done: bool,
    widths: Vec<usize>,
}

impl TableOptions {
    /// Reads the flags of `get`.
    pub(crate) fn of(args: &Args) -> Self {
        Self {
            wide: args.get("output") == "wide",
            no_headers: args.is("no-headers"),
            show_labels: args.is("show-labels"),
            label_columns: args.all("label-columns").iter().map(Text::new).collect(),
            with_event: args.is("output-watch-events"),
            ..Self::default()
        }
    }
}

impl Table {
    /// A table without rows yet.
    pub(crate) fn new(options: TableOptions) -> Self {
        Self { options, ..Self::default() }
    }

    /// The rows of `objects`, after the header the first time; nothing for none. `event` is the watch event's type.
    pub(crate) fn rows(&mut self, kind: &Kind, objects: &[Object], event: &str, now: Time) -> String {
        if objects.is_empty() {
            return String::new();
        }
        let mut text = String::new();
        if !self.header_done && !self.options.no_headers {
            text.push_str(&line(&header(kind, &self.options)));
        }
        self.header_done = true;
        for object in objects {
            let mut cells = row(kind, object, &self.options, now);
            if self.options.with_event {
                cells.insert(0, event.to_owned());
            }
            text.push_str(&line(&cells));
        }
        TABLE.align_more(&text, &mut self.widths)
    }
}

fn line(cells: &[String]) -> String {
    format!("{}\n", cells.iter().map(|it| shortened(it)).collect::<Vec<_>>().join("\t"))
}

/// A cell shows its first line only, and no tab.
fn shortened(cell: &str) -> String {
    let first = cell.split(['\n', '\r', '\x0c']).next().unwrap_or_default();
    let shown = first.replace('\t', "\\t");
    if first.len() < cell.len() { format!("{shown}...") } else { shown }
}

fn header(kind: &Kind, options: &TableOptions) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    if options.with_event {
        names.push("EVENT".into());
    }
    if options.with_namespace {
        names.push("NAMESPACE".into());
    }
    names.extend(columns(kind, options).map(|it| it.title().to_uppercase()));
    let short = |key: &Text| key.rsplit('/').next().unwrap_or_default().to_uppercase();
    names.extend(options.label_columns.iter().map(short));
    if options.show_labels {
        names.push("LABELS".into());
    }
    names
}

fn row(kind: &Kind, object: &Object, options: &TableOptions, now: Time) -> Vec<String> {
    let mut cells = Vec::new();
    if options.with_namespace {
        cells.push(object.namespace().to_string());
    }
    for column in columns(kind, options) {
        cells.push(column.cell(kind, object, options, now));
    }
    cells.extend(options.label_columns.iter().map(|it| object.label(it).unwrap_or_default().to_owned()));
    if options.show_labels {
        cells.push(labels(object));
    }
    cells
}

/// `a=b,c=d`, or `<none>`.
fn labels(object: &Object) -> String {
    let labels = object.metadata().get("labels").fields();
    let pairs: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={}", value.str())).collect();
    if pairs.is_empty() { "<none>".into() } else { pairs.join(",") }
}

/// A column as it is shown.
#[derive(Clone, Copy)]
enum Shown<'a> {
    Name,
    Of(&'a crate::api::Column),
    #[cfg(feature = "every-kind")]
    Declared(&'a crate::api::custom::Column),
    Age,
}

impl Shown<'_> {
    fn title(&self) -> &str {
        match self {
            Self::Name => "NAME",
            Self::Of(column) => column.name,
            #[cfg(feature = "every-kind")]
            Self::Declared(column) => &column.name,
            Self::Age => "AGE",
        }
    }

    fn cell(&self, kind: &Kind, object: &Object, options: &TableOptions, now: Time) -> String {
        match self {
            Self::Name if options.with_kind => format!("{}/{}", kind.label(), object.name()),
            Self::Name => object.name().to_string(),
            Self::Of(column) => (column.cell)(object, now),
            #[cfg(feature = "every-kind")]
            Self::Declared(column) => column.text(object, now),
            Self::Age => since(object.metadata().get("creationTimestamp"), now),
        }
    }
}

/// NAME, the kind's columns that are asked for, and AGE where a kind without columns has none of its own.
fn columns<'a>(kind: &'a Kind, options: &TableOptions) -> impl Iterator<Item = Shown<'a>> {
    let wide = options.wide;
    let wanted = kind.columns.iter().filter(move |it| wide || it.priority == 0);
    let shown = wanted.map(Shown::Of);
    let age = (kind.columns.is_empty() && !kind.is_custom()).then_some(Shown::Age);
    let all = std::iter::once(Shown::Name).chain(shown);
    #[cfg(feature = "every-kind")]
    let all = all.chain(declared(kind).filter(move |it| wide || it.priority == 0).map(Shown::Declared));
    all.chain(age)
}

/// The columns that the definition of a custom kind declares.
#[cfg(feature = "every-kind")]
fn declared(kind: &Kind) -> impl Iterator<Item = &crate::api::custom::Column> {
    let custom = kind.custom.as_ref().and_then(|it| it.custom());
    custom.into_iter().flat_map(|it| &it.columns)
}
