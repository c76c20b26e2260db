//! `cargo xtask bench`: the benchmarks, one line each in [`BENCHES`].

use std::fs;

use crate::failure::Failure;
use crate::{Task, place, process};

/// The command.
pub(crate) const TASK: Task =
    Task { name: "bench", arguments: "", about: "Run the benchmarks and print their numbers.", run };

/// A set of measurements.
struct Bench {
    /// What is measured.
    title: &'static str,
    /// The folder of the crate whose `cargo bench` measures it.
    crate_folder: &'static str,
}

/// Every set, in running order.
const BENCHES: &[Bench] = &[
    Bench { title: "the cluster, native", crate_folder: "shared" },
    Bench { title: "the server", crate_folder: "server" },
];

/// Runs every set that has measurements.
fn run(mut arguments: lexopt::Parser) -> Result<(), Failure> {
    if let Some(argument) = arguments.next()? {
        return Err(argument.unexpected().into());
    }
    for bench in BENCHES {
        if fs::exists(place::root().join(bench.crate_folder).join("benches")).unwrap_or(false) {
            println!("{}", bench.title);
            process::run(&mut process::cargo(&["bench", "--package", bench.crate_folder]))?;
        } else {
            println!("{}: no measurements yet", bench.title);
        }
    }
    Ok(())
}
