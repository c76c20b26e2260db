//! Help texts in kubectl's shape, short, and suggestions for misspelt verbs.
//!
//! Upstream: `k8s.io/kubectl/pkg/util/templates`, `github.com/spf13/cobra` (suggestions). The sentences are our own.

use crate::kubectl::failure::Failure;
use crate::kubectl::flags::{Flag, Takes};
use crate::kubectl::session::Session;
use crate::kubectl::verbs::{Job, Step, VERBS, Verb};
use crate::model::Order;

/// How many edits away a suggestion may be.
const DISTANCE_MAX: usize = 2;

/// Prints help: of everything for an empty word, else of the verb.
pub(super) struct Help(pub(super) String);

impl Job for Help {
    fn step(&mut self, session: &mut Session<'_>) -> Result<Step, Failure> {
        let text = match VERBS.iter().find(|it| it.name == self.0) {
            Some(verb) => of_verb(verb),
            None => of_group(&self.0),
        };
        session.out(text);
        Ok(Step::Done)
    }
}

fn of_verb(verb: &Verb) -> String {
    let mut text = format!("{}.\n", verb.about);
    let aliases: Vec<&str> = verb.aliases.to_vec();
    if !aliases.is_empty() {
        text.extend([format!(
            "\nAliases:\n{}, {}\n",
            verb.name.rsplit(' ').next().unwrap_or_default(),
            aliases.join(", ")
        )]);
    }
    text.push_str("\nOptions:\n");
    let mut flags: Vec<&Flag> = verb.flags.iter().copied().flatten().collect();
    flags.order_by_key(|it| it.long);
    text.extend(flags.iter().map(|it| option(it)));
    text.extend([format!("\nUsage:\n  kubectl {} {}\n", verb.name, verb.usage)]);
    text.push_str(&below(verb.name));
    text
}

fn option(flag: &Flag) -> String {
    let short = flag.short.map_or("    ".to_owned(), |it| format!("-{it}, "));
    let default = match flag.takes {
        Takes::Text | Takes::Optional(_) => format!("'{}'", flag.default),
        Takes::List | Takes::Each => "[]".to_owned(),
        Takes::Bool | Takes::Number | Takes::Span => flag.default.to_owned(),
    };
    format!("    {short}--{}={default}\n", flag.long)
}

/// A group of verbs, or all of them.
fn of_group(word: &str) -> String {
    let head =
        if word.is_empty() { "kubectl controls the Kubernetes cluster of this page." } else { "Available Commands:" };
    let mut text = format!("{head}\n\n");
    let width = VERBS.iter().map(|it| it.name.len()).max().unwrap_or(0);
    for verb in VERBS.iter().filter(|it| word.is_empty() || it.name.starts_with(&format!("{word} "))) {
        text.extend([format!("  {:width$}  {}\n", verb.name, verb.about)]);
    }
    let command = if word.is_empty() { "kubectl".to_owned() } else { format!("kubectl {word}") };
    text.extend([format!("\nUsage:\n  {command} [flags] [options]\n")]);
    text.push_str("\nUse \"kubectl <command> --help\" for more information about a given command.\n");
    text
}

fn below(name: &str) -> String {
    let prefix = format!("{name} ");
    let names: Vec<&str> = VERBS.iter().filter(|it| it.name.starts_with(&prefix)).map(|it| it.name).collect();
    if names.is_empty() { String::new() } else { format!("\nAvailable Commands:\n  {}\n", names.join("\n  ")) }
}

/// `Did you mean this?`, or nothing.
pub(super) fn suggestions(word: &str) -> String {
    let mut names: Vec<&str> = VERBS.iter().map(|it| it.name.split(' ').next().unwrap_or_default()).collect();
    names.order();
    names.dedup();
    let word = word.to_lowercase();
    let near = |name: &&str| distance(&word, name) <= DISTANCE_MAX || name.starts_with(&word);
    let lines: String = names.into_iter().filter(near).map(|it| format!("\t{it}\n")).collect();
    if lines.is_empty() { lines } else { format!("\n\nDid you mean this?\n{lines}") }
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replace = corner + usize::from(x != *y);
            corner = row[j + 1];
            row[j + 1] = replace.min(corner + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
