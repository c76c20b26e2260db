//! The build, the tests, the benchmarks and the tidy checks: `cargo xtask help`.
//!
//! One file per command. A command says what it does before it does it, and fails with one clear sentence.
//! Nothing is fetched except from package registries: cargo's, npm's, the system's and rustup's.
#![allow(clippy::print_stdout, reason = "a build tool talks to the person at the terminal")]

mod bench;
mod browser;
mod clients;
mod conformance;
mod dist;
mod documents;
mod failure;
mod files;
mod npm;
mod page;
mod place;
mod process;
mod serve;
mod sizes;
mod test;
mod trial;

use std::process::ExitCode;

use failure::Failure;

/// One thing `cargo xtask` can do.
struct Task {
    /// The word after `cargo xtask`.
    name: &'static str,
    /// What may follow the word.
    arguments: &'static str,
    /// One sentence for the list of commands.
    about: &'static str,
    /// Reads the rest of the command line and does it.
    run: fn(lexopt::Parser) -> Result<(), Failure>,
}

/// Every command, in the order in which `help` lists them. A new command is one file and one line here.
const TASKS: &[Task] = &[serve::TASK, dist::TASK, test::TASK, bench::TASK, trial::TASK, conformance::TASK];

fn main() -> ExitCode {
    match dispatch(lexopt::Parser::from_env()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the command that the first word names.
fn dispatch(mut arguments: lexopt::Parser) -> Result<(), Failure> {
    let word = match arguments.next()? {
        None | Some(lexopt::Arg::Short('h') | lexopt::Arg::Long("help")) => "help".to_owned(),
        Some(lexopt::Arg::Value(word)) => word.to_string_lossy().into_owned(),
        Some(other) => return Err(other.unexpected().into()),
    };
    if word == "help" {
        println!("{}", help(TASKS));
        return Ok(());
    }
    match TASKS.iter().find(|task| task.name == word) {
        Some(task) => (task.run)(arguments),
        None => Err(Failure::new(format!("there is no command `{word}`; `cargo xtask help` lists them"))),
    }
}

/// The list of commands as a person reads it.
fn help(tasks: &[Task]) -> String {
    let lines = tasks.iter().map(|task| {
        let usage = format!("{} {}", task.name, task.arguments);
        format!("\n  {usage:<36} {}", task.about)
    });
    format!("Usage: cargo xtask COMMAND\n{}", lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_listed_once() {
        let text = help(TASKS);
        for task in TASKS {
            assert_eq!(text.matches(&format!("\n  {} ", task.name)).count(), 1, "{}", task.name);
        }
    }

    #[test]
    fn an_unknown_command_is_named_in_the_sentence() {
        let failure = dispatch(lexopt::Parser::from_args(["sail"])).expect_err("there is no such command");
        assert_eq!(failure.to_string(), "there is no command `sail`; `cargo xtask help` lists them");
    }
}
