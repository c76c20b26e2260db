//! `cargo xtask bench`: the benchmarks of the crates, one line each in [`BENCHES`], and those of the page in a browser.

use std::fs;

use crate::failure::Failure;
use crate::page::{self, Build};
use crate::{Task, browser, place, process};

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
    in_browser()
}

/// Measures the published page in Chromium: `e2e/bench.mjs`.
fn in_browser() -> Result<(), Failure> {
    println!("the page in Chromium");
    let browser = browser::find()?;
    let page = page::build(Build::Published)?;
    let program = page::binary(&page, Build::Published)?;
    process::run(&mut browser::script("bench.mjs", &browser, &page, &program)?)
}
