//! One file per verb; the list [`VERBS`] is all that makes one exist.
//!
//! Upstream: `k8s.io/kubectl/pkg/cmd/cmd.go`.

pub(crate) mod apply;
#[cfg(feature = "every-kind")]
mod autoscale;
mod config;
mod create;
mod delete;
mod describe;
mod diff;
mod edit;
mod events;
mod explain;
mod get;
mod logs;
mod marks;
mod nodes;
mod patch;
mod rollout;
mod scale;
mod server_info;
mod set;
mod wait;

use crate::api::DryRun;
use crate::kubectl::discovery::named;
use crate::kubectl::failure::{Failure, quoted};
use crate::kubectl::flags::{Args, Flag, GLOBAL, Takes};
use crate::kubectl::help;
use crate::kubectl::print::{self, Format, ManagedFields};
use crate::kubectl::session::{Global, Session};
use crate::model::Object;

/// What a command does next.
pub(crate) enum Step {
    /// Nothing, until something changes.
    Wait,
    /// Lets a person edit a text.
    Edit {
        /// What the editor's tab is called.
        name: crate::model::Text,
        /// The text.
        text: String,
    },
    /// It has ended well.
    Done,
}

/// A verb at work: a state machine that is polled.
pub(crate) trait Job: Send {
    /// Goes on as far as it can.
    ///
    /// # Errors
    /// What ends the command.
    fn step(&mut self, session: &mut Session<'_>) -> Result<Step, Failure>;

    /// Takes in the text that a person edited; only a job that asked for it is told.
    fn edited(&mut self, _text: Option<String>) {}
}

/// A job that has begun, or why it did not.
pub(crate) type Started = Result<Box<dyn Job>, Failure>;

/// How a verb runs.
#[derive(Clone, Copy)]
pub(crate) enum Run {
    /// At once.
    Once(fn(&Args, &mut Session<'_>) -> Result<(), Failure>),
    /// For as long as it takes.
    Job(fn(&Args, &mut Session<'_>) -> Started),
}

/// One verb.
#[derive(Clone, Copy)]
pub(crate) struct Verb {
    /// Its words: `get`, `rollout status`.
    pub(crate) name: &'static str,
    /// Other spellings of its last word.
    pub(crate) aliases: &'static [&'static str],
    /// One line of help.
    pub(crate) about: &'static str,
    /// What may follow, in upstream's notation.
    pub(crate) usage: &'static str,
    /// Its flags, in several tables.
    pub(crate) flags: &'static [&'static [Flag]],
    /// What it does.
    pub(crate) run: Run,
}

impl Verb {
    /// The defaults of a verb: `..Verb::NONE`.
    pub(crate) const NONE: Self =
        Self { name: "", aliases: &[], about: "", usage: "", flags: &[], run: Run::Once(|_, _| Ok(())) };
}

/// Every verb, in the order of the help text.
pub(crate) const VERBS: &[&Verb] = &[
    &create::VERB,
    &create::workload::DEPLOYMENT,
    &create::workload::JOB,
    #[cfg(feature = "every-kind")]
    &create::every_kind::CRON_JOB,
    #[cfg(feature = "every-kind")]
    &create::every_kind::QUOTA,
    #[cfg(feature = "every-kind")]
    &create::every_kind::BUDGET,
    &create::config::CONFIG_MAP,
    &create::config::SECRET,
    &create::NAMESPACE,
    &create::SERVICE_ACCOUNT,
    &create::service::CLUSTER_IP,
    &create::service::NODE_PORT,
    &create::service::LOAD_BALANCER,
    &create::service::EXTERNAL_NAME,
    &create::service::EXPOSE,
    &create::workload::RUN,
    &get::VERB,
    &describe::VERB,
    &explain::VERB,
    &edit::VERB,
    &delete::VERB,
    &set::IMAGE,
    &set::ENV,
    &set::RESOURCES,
    &set::SERVICE_ACCOUNT,
    &set::SET_SELECTOR,
    &rollout::STATUS,
    &rollout::HISTORY,
    &rollout::UNDO,
    &rollout::PAUSE,
    &rollout::RESUME,
    &rollout::RESTART,
    &scale::VERB,
    #[cfg(feature = "every-kind")]
    &autoscale::VERB,
    &server_info::CLUSTER_INFO,
    &nodes::CORDON,
    &nodes::UNCORDON,
    &nodes::DRAIN,
    &nodes::TAINT,
    &logs::LOGS,
    &logs::EXEC,
    &events::VERB,
    &diff::VERB,
    &apply::VERB,
    &apply::VIEW_LAST_APPLIED,
    &patch::PATCH,
    &patch::REPLACE,
    &wait::VERB,
    &marks::LABEL,
    &marks::ANNOTATE,
    &server_info::API_RESOURCES,
    &server_info::API_VERSIONS,
    &config::VIEW,
    &config::CURRENT,
    &config::GET_CONTEXTS,
    &config::USE_CONTEXT,
    &config::SET_CONTEXT,
    &server_info::VERSION_VERB,
];

/// Says what became of an object: `kind/name word`, or the object in the format of `-o`.
pub(crate) fn report(
    session: &mut Session<'_>,
    args: &Args,
    format: &Format,
    object: &Object,
    word: &str,
    trial: Trial,
) {
    if *format == Format::Usual {
        session.line(format!("{} {word}{}", named(object), trial.suffix()));
    } else {
        session.out(print::object(object, format, ManagedFields::of(args)));
    }
}

/// A verb that runs at once, as a job.
struct AtOnce {
    args: Args,
    run: fn(&Args, &mut Session<'_>) -> Result<(), Failure>,
}

impl Job for AtOnce {
    fn step(&mut self, session: &mut Session<'_>) -> Result<Step, Failure> {
        (self.run)(&self.args, session).map(|()| Step::Done)
    }
}

/// Finds the verb that `words` name and reads its flags.
///
/// # Errors
/// There is no such verb or flag.
pub(crate) fn start(words: &[String], session: &mut Session<'_>) -> Result<Box<dyn Job>, Failure> {
    let words = match words.first().map(String::as_str) {
        Some("kubectl" | "k") => &words[1..],
        _ => words,
    };
    let (places, wants_help) = command_words(words);
    let Some(first) = places.first().filter(|it| words[**it] != "help") else {
        return Ok(Box::new(help::Help(named_by(words, places.get(1..).unwrap_or_default()))));
    };
    let Some((verb, used)) = find(words, &places) else {
        return missing(words, *first, &places, wants_help);
    };
    if wants_help {
        return Ok(Box::new(help::Help(verb.name.to_owned())));
    }
    let rest: Vec<String> = words
        .iter()
        .enumerate()
        .filter(|(index, _)| !places[..used].contains(index))
        .map(|(_, it)| it.clone())
        .collect();
    let tables: Vec<&[Flag]> = verb.flags.iter().copied().chain([GLOBAL]).collect();
    let args = Args::parse(&format!("kubectl {}", verb.name), &rest, &tables)?;
    session.context.global = Global::read(&args);
    match verb.run {
        Run::Once(run) => Ok(Box::new(AtOnce { args, run })),
        Run::Job(job) => job(&args, session),
    }
}

/// The places of the words that are no flags and no values of global flags, and whether help was asked for.
fn command_words(words: &[String]) -> (Vec<usize>, bool) {
    let (mut places, mut wants_help, mut skip) = (Vec::new(), false, false);
    for (index, word) in words.iter().enumerate() {
        if std::mem::take(&mut skip) {
            continue;
        }
        match word.as_str() {
            "--" => break,
            "-h" | "--help" => wants_help = true,
            _ if word.starts_with('-') => skip = takes_next(word),
            _ => places.push(index),
        }
    }
    (places, wants_help)
}

fn takes_next(word: &str) -> bool {
    if word.contains('=') {
        return false;
    }
    let global = GLOBAL.iter().filter(|it| it.takes != Takes::Bool);
    match word.strip_prefix("--") {
        Some(long) => global.into_iter().any(|it| it.long == long),
        None => word.len() == 2 && global.into_iter().any(|it| it.short == word.chars().nth(1)),
    }
}

fn named_by(words: &[String], places: &[usize]) -> String {
    places.iter().map(|it| words[*it].as_str()).collect::<Vec<_>>().join(" ")
}

/// The verb with the most words that stand at `places`, and how many they are.
fn find(words: &[String], places: &[usize]) -> Option<(&'static Verb, usize)> {
    let given: Vec<&str> = places.iter().map(|it| words[*it].as_str()).collect();
    let fits = |verb: &Verb| {
        let names: Vec<&str> = verb.name.split(' ').collect();
        let last = names.len() - 1;
        given.len() >= names.len()
            && names.iter().zip(&given).enumerate().all(|(index, (name, given))| {
                name == given
                    || (index == last && verb.aliases.contains(given))
                    || (index < last && group_aliases(name).contains(given))
            })
    };
    let best = VERBS.iter().copied().filter(|it| fits(it)).max_by_key(|it| it.name.split(' ').count());
    best.map(|verb| (verb, verb.name.split(' ').count()))
}

/// Other spellings of a verb with verbs below it.
fn group_aliases(name: &str) -> &'static [&'static str] {
    match name {
        "service" => &["svc"],
        _ => &[],
    }
}

/// What to say about words that name no verb.
fn missing(words: &[String], first: usize, places: &[usize], wants_help: bool) -> Result<Box<dyn Job>, Failure> {
    let word = words[first].as_str();
    let below: Vec<&Verb> = VERBS.iter().copied().filter(|it| it.name.split(' ').next() == Some(word)).collect();
    if let Some(text) = not_here(word) {
        return Err(Failure::text(text));
    }
    if below.is_empty() {
        let suggestions = help::suggestions(word);
        return Err(Failure::text(format!("unknown command {} for \"kubectl\"{suggestions}", quoted(word))));
    }
    match places.get(1) {
        Some(place) if !wants_help => {
            let command = format!("kubectl {word}");
            Err(Failure::usage(format!("unknown command {}", quoted(&words[*place])), &command))
        }
        _ => Ok(Box::new(help::Help(word.to_owned()))),
    }
}

/// Verbs of kubectl that need what this cluster does not have.
fn not_here(word: &str) -> Option<String> {
    let what = match word {
        "top" => "the metrics API",
        "port-forward" | "proxy" => "connections from outside",
        "attach" => "attaching to a running process",
        "cp" => "copying files",
        "debug" => "ephemeral containers",
        "autoscale" => "the HorizontalPodAutoscaler",
        "certificate" => "certificate signing requests",
        "kustomize" => "kustomizations",
        "plugin" | "kuberc" | "completion" | "options" => "your machine's shell",
        _ => return None,
    };
    Some(format!("kubectl {word} needs {what}, which is not part of this cluster yet"))
}

/// How a verb that changes something was asked to try it first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trial {
    /// Not at all.
    No,
    /// `--dry-run=client`: sends nothing.
    Client,
    /// `--dry-run=server`: the server stops before the commit.
    Server,
}

impl Trial {
    /// Reads `--dry-run`.
    ///
    /// # Errors
    /// It is neither `none`, `client` nor `server`.
    pub(crate) fn of(args: &Args) -> Result<Self, Failure> {
        match args.get("dry-run") {
            "none" | "" | "false" => Ok(Self::No),
            "client" => Ok(Self::Client),
            "server" => Ok(Self::Server),
            "unchanged" => Err(Failure::text(
                "--dry-run without a value is not allowed. Must be \"none\", \"server\", or \"client\".",
            )),
            other => Err(Failure::text(format!(
                "Invalid dry-run value ({other}). Must be \"none\", \"server\", or \"client\"."
            ))),
        }
    }

    /// What messages end with.
    pub(crate) fn suffix(self) -> &'static str {
        match self {
            Self::No => "",
            Self::Client => " (dry run)",
            Self::Server => " (server dry run)",
        }
    }

    /// What requests carry.
    pub(crate) fn option(self) -> DryRun {
        if self == Self::Server { DryRun::All } else { DryRun::Off }
    }
}
