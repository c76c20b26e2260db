//! `kubectl create`: from files, or one object from flags.
//!
//! Upstream: `k8s.io/kubectl/pkg/cmd/create`.

pub(super) mod config;
#[cfg(feature = "every-kind")]
pub(super) mod every_kind;
pub(super) mod service;
pub(super) mod workload;

use crate::api::Options;
use crate::kubectl::documents;
use crate::kubectl::failure::{Failure, quoted};
use crate::kubectl::flags::{Args, DRY_RUN, FILES, Flag, OUTPUT, SELECTOR, optional, switch, text};
use crate::kubectl::print::Format;
use crate::kubectl::resource_args;
use crate::kubectl::session::Session;
use crate::kubectl::verbs::apply::{annotated, validation};
use crate::kubectl::verbs::{Run, Trial, Verb, report};
use crate::model::{Object, Value};

/// The flags that every `create` has.
pub(super) const COMMON: &[Flag] =
    &[text("field-manager").default("kubectl-create"), optional("validate", "strict", "strict"), switch("save-config")];

/// `create -f`.
pub(super) const VERB: Verb = Verb {
    name: "create",
    about: "Create a resource from a file or from stdin",
    usage: "-f FILENAME",
    flags: &[&[switch("edit"), text("raw"), switch("windows-line-endings")], COMMON, FILES, SELECTOR, OUTPUT, DRY_RUN],
    run: Run::Once(from_files),
    ..Verb::NONE
};

/// `create namespace`.
pub(super) const NAMESPACE: Verb = Verb {
    name: "create namespace",
    aliases: &["ns"],
    about: "Create a namespace with the specified name",
    usage: "NAME [--dry-run=server|client|none]",
    flags: &[COMMON, OUTPUT, DRY_RUN],
    run: Run::Once(|args, session| {
        let name = one_name(args)?;
        let mut object = Object::new("v1", "Namespace", "", &name);
        for field in ["spec", "status"] {
            object.set(field, Value::map());
        }
        create(session, args, object)
    }),
};

/// `create serviceaccount`.
pub(super) const SERVICE_ACCOUNT: Verb = Verb {
    name: "create serviceaccount",
    aliases: &["sa"],
    about: "Create a service account with the specified name",
    run: Run::Once(|args, session| {
        let name = one_name(args)?;
        create(session, args, Object::new("v1", "ServiceAccount", "", &name))
    }),
    ..NAMESPACE
};

fn from_files(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    if !documents::wanted(args) {
        session.error("error: must specify one of -f and -k\n\n");
        return Err(match args.words.as_slice() {
            [] => Failure::Exit(1),
            words => args.usage(format!("unknown command {}", quoted(&words.join(" ")))),
        });
    }
    if args.is("edit") || args.has("raw") {
        return Err(Failure::text("--edit and --raw are not part of this kubectl"));
    }
    if !args.words.is_empty() {
        return Err(args.usage(format!("Unexpected args: [{}]", args.words.join(" "))));
    }
    let (format, trial) = (Format::of(args, session)?, Trial::of(args)?);
    let (items, mut failures) = resource_args::read_items(session, args)?;
    if items.is_empty() && failures.is_empty() {
        return Err(Failure::text("no objects passed to create"));
    }
    for item in items {
        let object = if args.is("save-config") { annotated(&item.object) } else { item.object.clone() };
        match send(session, args, object, trial) {
            Ok(object) => report(session, args, &format, &object, "created", trial),
            Err(failure) => failures.push(failure.about("creating", &item.source)),
        }
    }
    Failure::all(failures)
}

fn send(session: &mut Session<'_>, args: &Args, object: Object, trial: Trial) -> Result<Object, Failure> {
    if trial == Trial::Client {
        return Ok(object);
    }
    let kind = session.kinds().of(&object, "")?;
    let options = Options {
        dry_run: trial.option(),
        field_manager: args.get("field-manager").into(),
        field_validation: validation(args.get("validate"))?,
        ..Options::default()
    };
    session.create(&kind, &object, options)
}

/// Creates one object that was made from flags, and says so.
///
/// # Errors
/// The server refuses it.
pub(super) fn create(session: &mut Session<'_>, args: &Args, mut object: Object) -> Result<(), Failure> {
    let (format, trial) = (Format::of(args, session)?, Trial::of(args)?);
    let kind = session.kinds().of(&object, "")?;
    let silent = trial == Trial::Client && !session.namespace_enforced();
    if kind.namespaced && !silent {
        object.set("metadata.namespace", session.namespace());
    }
    if args.is("save-config") {
        object = annotated(&object);
    }
    let object = send(session, args, object, trial)?;
    report(session, args, &format, &object, "created", trial);
    Ok(())
}

/// The one word after the verb.
///
/// # Errors
/// There are more, or none.
pub(super) fn one_name(args: &Args) -> Result<String, Failure> {
    let count = args.dash.unwrap_or(args.words.len());
    match args.words.first() {
        Some(name) if count == 1 => Ok(name.clone()),
        _ => Err(args.usage(format!("exactly one NAME is required, got {count}"))),
    }
}

/// Fails as cobra does if a flag is missing.
///
/// # Errors
/// The flag was not given.
pub(super) fn require(args: &Args, flag: &str) -> Result<(), Failure> {
    if args.has(flag) { Ok(()) } else { Err(Failure::text(format!("required flag(s) \"{flag}\" not set"))) }
}

/// `KEY=VALUE` pairs as a map of labels.
///
/// # Errors
/// A word has no `=`.
pub(super) fn labels(words: &[&str]) -> Result<Value, Failure> {
    let mut map = Value::map();
    for word in words.iter().flat_map(|it| it.split(',')).filter(|it| !it.is_empty()) {
        let (key, value) =
            word.split_once('=').ok_or_else(|| Failure::text(format!("unexpected label spec: {word}")))?;
        map.map_mut().insert(key, value);
    }
    Ok(map)
}
