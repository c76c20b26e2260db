//! Checks the repository's documents: links lead somewhere, and the commands they name exist.

use std::path::Path;

use crate::failure::Failure;
use crate::{TASKS, files, place};

/// Reads every Markdown file of the repository and fails with a list of what is wrong.
pub(crate) fn check() -> Result<(), Failure> {
    let mut documents = files::below(&place::root())?;
    documents.retain(|_, path| is_markdown(path));
    let mut complaints = Vec::new();
    for (name, path) in &documents {
        let text = files::read_text(path)?;
        let folder = path.parent().unwrap_or(path);
        complaints.extend(dead_links(&text, folder).map(|link| format!("{name}: the link `{link}` leads nowhere")));
        complaints.extend(unknown_commands(&text).map(|word| format!("{name}: there is no `cargo xtask {word}`")));
    }
    println!("  {} documents", documents.len());
    if complaints.is_empty() { Ok(()) } else { Err(Failure::new(complaints.join("\n       "))) }
}

/// Whether a file is a document.
fn is_markdown(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "md")
}

/// The targets of `[text](target)` that are files of this repository and do not exist.
fn dead_links<'a>(text: &'a str, folder: &'a Path) -> impl Iterator<Item = &'a str> {
    let prose = text.split("```").step_by(2); // what stands between two fences is code
    let after = prose.flat_map(|part| part.split("](").skip(1));
    let targets = after.filter_map(|rest| rest.split([')', '#']).next());
    let local = targets.filter(|target| !target.is_empty() && !target.contains([':', ' ', '\n']));
    local.filter(|target| !folder.join(target).exists())
}

/// The words after `cargo xtask` that name no command.
fn unknown_commands(text: &str) -> impl Iterator<Item = &str> {
    let words =
        text.split("cargo xtask ").skip(1).filter_map(|rest| rest.split(|it: char| !it.is_ascii_lowercase()).next());
    words.filter(|word| !word.is_empty() && *word != "help" && !TASKS.iter().any(|task| task.name == *word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    /// Compares what is wrong with a document in the repository's root with the expected words.
    fn check(text: &str, expected: &Expect) {
        let root = place::root();
        let wrong: Vec<_> = dead_links(text, &root).chain(unknown_commands(text)).collect();
        expected.assert_eq(&wrong.join(" "));
    }

    #[test]
    fn links_lead_somewhere() {
        check("[a](LICENSE) [b](xtask/src/main.rs#L1) [c](https://kubernetes.io) [d](#here)", &expect![""]);
        check("[a](LICENCE) and `x](y z)`", &expect!["LICENCE"]);
        check("```console\n$ grep '[a](b)'\n```\n[a](LICENCE)", &expect!["LICENCE"]);
    }

    #[test]
    fn commands_exist() {
        check("`cargo xtask serve --debug`, cargo xtask help", &expect![""]);
        check("cargo xtask sail", &expect!["sail"]);
    }
}
