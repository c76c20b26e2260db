//! `cargo xtask conformance`: holds the API server against what a real Kubernetes v1.36 was seen to do.
//!
//! The recordings are not part of the repository; the folder's name is the only argument. The result is printed and written
//! to `docs/conformance.md`.

mod cases;
mod compare;
mod report;

use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::{Task, files, place};

/// The command.
pub(crate) const TASK: Task = Task {
    name: "conformance",
    arguments: "[FOLDER]",
    about: "Compare the API server with recordings of a real cluster.",
    run,
};

/// Every object of a cluster at one moment.
const OBJECTS: &str = "kubectl/018-objects-applied.json";
/// The tables of its lists at the same moment.
const TABLES: &str = "kubectl/018-tables-applied.jsonl";

/// The files of recordings that are read.
const FILES: &[&str] = &["bad.jsonl", "examples.jsonl", "examples-objects.jsonl", OBJECTS, TABLES];

fn run(mut arguments: lexopt::Parser) -> Result<(), Failure> {
    let folder = match arguments.next()? {
        None => place::root().join("../shared/conformance"),
        Some(lexopt::Arg::Value(folder)) => PathBuf::from(folder),
        Some(other) => return Err(other.unexpected().into()),
    };
    for file in FILES {
        if !folder.join(file).is_file() {
            return Err(Failure::new(format!(
                "the recordings are missing: there is no {file} in {}",
                folder.display()
            )));
        }
    }
    let mut results = cases::bad(&folder)?;
    results.extend(cases::applied(&folder)?);
    results.extend(cases::tables(&folder)?);
    results.extend(cases::examples(&folder)?);
    let text = report::write(&results);
    println!("{}", report::summary(&results));
    for result in results.iter().filter(|it| !it.differences.is_empty()) {
        println!("{}: {}", result.name, result.differences.join("; "));
    }
    let target = place::root().join("docs").join("conformance.md");
    files::write(&target, text)?;
    println!("written: docs/conformance.md");
    Ok(())
}

/// The lines of a file of JSON objects.
fn json_lines(path: &Path) -> Result<Vec<shared::model::Value>, Failure> {
    let text = files::read_text(path)?;
    let lines = text.lines().filter(|it| !it.trim().is_empty());
    let read = |line: &str| shared::model::Value::from_json(line);
    let values: Result<Vec<_>, _> = lines.map(read).collect();
    values.map_err(|error| Failure::new(format!("cannot read {}: {error}", path.display())))
}
