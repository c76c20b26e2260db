//! Completion of a command line: verbs, kinds, names, flags.
//!
//! Upstream: `k8s.io/kubectl/pkg/util/completion`.

use crate::api::Options;
use crate::kubectl::discovery::Kinds;
use crate::kubectl::flags::{Flag, GLOBAL};
use crate::kubectl::session::{Context, Session};
use crate::kubectl::verbs::{VERBS, Verb};
use crate::kubectl::{Client, Input, print};
use crate::model::Order;

/// The most names that are offered at once.
const NAMES_MAX: usize = 200;

/// Something that may stand where the line ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The whole word.
    pub label: String,
    /// What it is, in a few words.
    pub detail: String,
}

/// What may stand at the end of `line`, whose last word may be begun; sorted.
pub fn complete(line: &str, client: &mut dyn Client) -> Vec<Completion> {
    let begun = if line.ends_with(' ') { "" } else { line.split_whitespace().last().unwrap_or_default() };
    let mut words: Vec<&str> = line.split_whitespace().collect();
    if !begun.is_empty() {
        words.pop();
    }
    if matches!(words.first(), Some(&("kubectl" | "k"))) {
        words.remove(0);
    }
    let mut found = candidates(&words, begun, client);
    found.retain(|it| it.label.starts_with(begun) && it.label != begun);
    found.order_by(|a, b| a.label.cmp(&b.label));
    found.dedup();
    found.truncate(NAMES_MAX);
    found
}

fn candidates(words: &[&str], begun: &str, client: &mut dyn Client) -> Vec<Completion> {
    if matches!(words.last(), Some(&("-n" | "--namespace"))) {
        return names("namespaces", words, client);
    }
    let plain: Vec<&str> = plain_words(words);
    let Some((verb, used)) = verb_of(&plain) else { return verbs_after(&plain) };
    if begun.starts_with('-') {
        return verb.flags.iter().copied().chain([GLOBAL]).flatten().map(flag).collect();
    }
    let mut found = verbs_after(&plain);
    match (begun.split_once('/'), plain.len() - used) {
        (Some((kind, _)), _) => found.extend(
            names(kind, words, client).into_iter().map(|it| Completion { label: format!("{kind}/{}", it.label), ..it }),
        ),
        (None, 0) if takes_pods(verb) => found.extend(names("pods", words, client)),
        (None, 0) if takes_nodes(verb) => found.extend(names("nodes", words, client)),
        (None, 0) => found.extend(kinds(client)),
        (None, _) => found.extend(names(plain[used], words, client)),
    }
    found
}

fn takes_pods(verb: &Verb) -> bool {
    matches!(verb.name, "logs" | "exec")
}

fn takes_nodes(verb: &Verb) -> bool {
    matches!(verb.name, "cordon" | "uncordon" | "drain")
}

/// The words that are neither flags nor the values of global flags.
fn plain_words<'a>(words: &[&'a str]) -> Vec<&'a str> {
    let mut plain = Vec::new();
    let mut skip = false;
    for word in words {
        if std::mem::take(&mut skip) {
            continue;
        }
        if word.starts_with('-') {
            skip = matches!(*word, "-n" | "--namespace" | "-o" | "--output" | "-l" | "--selector" | "-f" | "-c");
        } else {
            plain.push(*word);
        }
    }
    plain
}

fn verb_of(words: &[&str]) -> Option<(&'static Verb, usize)> {
    let fits = |verb: &&&Verb| {
        let names: Vec<&str> = verb.name.split(' ').collect();
        words.starts_with(&names)
    };
    let best = VERBS.iter().filter(fits).max_by_key(|it| it.name.len())?;
    Some((best, best.name.split(' ').count()))
}

/// The verbs whose first words are `words`, by their next word.
fn verbs_after(words: &[&str]) -> Vec<Completion> {
    let mut found = Vec::new();
    for verb in VERBS {
        let names: Vec<&str> = verb.name.split(' ').collect();
        if let Some(next) = names.get(words.len()).filter(|_| names.starts_with(words)) {
            let last = names.len() == words.len() + 1;
            let detail = if last { verb.about.to_owned() } else { format!("{next} …") };
            if !found.iter().any(|it: &Completion| it.label == *next) {
                found.push(Completion { label: (*next).to_owned(), detail });
            }
        }
    }
    found
}

fn flag(flag: &Flag) -> Completion {
    let detail = flag.short.map_or(String::new(), |it| format!("-{it}"));
    Completion { label: format!("--{}", flag.long), detail }
}

fn kinds(client: &mut dyn Client) -> Vec<Completion> {
    let kinds = Kinds::discover(client);
    kinds.0.iter().map(|it| Completion { label: it.plural.to_string(), detail: it.kind.to_string() }).collect()
}

fn names(kind: &str, words: &[&str], client: &mut dyn Client) -> Vec<Completion> {
    let mut context = Context::new(Input::default());
    let namespace = words.iter().position(|it| matches!(*it, "-n" | "--namespace")).and_then(|it| words.get(it + 1));
    context.global.namespace = namespace.map(|it| (*it).into()).unwrap_or_default();
    let mut session = Session { client, context: &mut context };
    let Some(kind) = session.kinds().find(kind) else { return Vec::new() };
    let namespace = session.namespace();
    let Ok(list) = session.list(&kind, &namespace, Options::default()) else { return Vec::new() };
    let objects = print::items(&list);
    objects.iter().map(|it| Completion { label: it.name().to_string(), detail: kind.kind.to_string() }).collect()
}
