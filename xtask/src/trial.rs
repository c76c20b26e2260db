//! `cargo xtask trial`: runs random clusters from their seeds and prints the hashes of what happened in them.
//!
//! The same seeds give the same lines on every host; `e2e/tests/trial.mjs` compares these with Chromium's.

use std::ops::Range;
use std::thread;

use lexopt::Arg::Value;
use lexopt::ValueExt as _;
use shared::playground::trial;

use crate::Task;
use crate::failure::Failure;

/// The command.
pub(crate) const TASK: Task = Task {
    name: "trial",
    arguments: "[SEEDS]",
    about: "Run random clusters (default: 500) and print the hashes of their traces.",
    run,
};

/// How many seeds there are unless the command line says so.
const SEEDS: u64 = 500;

/// How many seeds share a line.
const SEEDS_PER_LINE: u64 = 50;

/// Runs the trials, as many lines at a time as the machine has cores.
fn run(arguments: lexopt::Parser) -> Result<(), Failure> {
    let seeds = seeds(arguments)?;
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    for batch in lines(seeds).chunks(cores) {
        let running: Vec<_> = batch.iter().cloned().map(|it| thread::spawn(move || trial::line(it))).collect();
        for line in running {
            println!("{}", line.join().map_err(|_| Failure::new("a trial panicked; its words are above"))?);
        }
    }
    Ok(())
}

/// How many seeds the command line asks for.
fn seeds(mut arguments: lexopt::Parser) -> Result<u64, Failure> {
    let mut seeds = SEEDS;
    while let Some(argument) = arguments.next()? {
        match argument {
            Value(text) => seeds = text.parse()?,
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(seeds)
}

/// The seeds of each line.
fn lines(seeds: u64) -> Vec<Range<u64>> {
    let step = usize::try_from(SEEDS_PER_LINE).unwrap_or(1);
    (0..seeds).step_by(step).map(|first| first..seeds.min(first + SEEDS_PER_LINE)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_seed_is_in_one_line() {
        assert_eq!(lines(120), [0..50, 50..100, 100..120]);
        assert_eq!(lines(0), []);
    }
}
