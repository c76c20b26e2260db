//! `cargo xtask conformance`: holds the API server against what a real Kubernetes v1.36 was seen to do.
//!
//! The recordings are not part of the repository. The requests go through the pipeline in this process; with `--http` they go
//! to `pilothouse serve` besides, a fresh one for each case, which must answer the same. The result is printed and written to
//! `docs/conformance.md`.

mod cases;
mod compare;
mod door;
mod http;
mod report;

use std::path::{Path, PathBuf};

use cases::Outcome;
use door::Way;

use crate::failure::Failure;
use crate::{Task, files, place, process};

/// The command.
pub(crate) const TASK: Task = Task {
    name: "conformance",
    arguments: "[FOLDER] [--http]",
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
    let (mut folder, mut over_http) = (recordings(), false);
    while let Some(argument) = arguments.next()? {
        match argument {
            lexopt::Arg::Long("http") => over_http = true,
            lexopt::Arg::Value(name) => folder = PathBuf::from(name),
            other => return Err(other.unexpected().into()),
        }
    }
    check_folder(&folder)?;
    let results = if over_http { asked_twice(&folder)? } else { asked(&folder, &Way::Process)? };
    let results = with_tables(results, &folder)?;
    println!("{}", report::summary(&results));
    for result in results.iter().filter(|it| !it.differences.is_empty()) {
        println!("{}: {}", result.name, result.differences.join("; "));
    }
    files::write(&document(), report::write(&results))?;
    println!("written: docs/conformance.md");
    Ok(())
}

/// The same as a test: over HTTP as in process, and as `docs/conformance.md` says.
///
/// # Errors
/// Another result.
pub(crate) fn test() -> Result<(), Failure> {
    let folder = recordings();
    let results = with_tables(asked_twice(&folder)?, &folder)?;
    if files::read_text(&document())? == report::write(&results) {
        return Ok(());
    }
    Err(Failure::new("docs/conformance.md is out of date; `cargo xtask conformance` writes it"))
}

/// The folder of the recordings, unless another one is named.
pub(crate) fn recordings() -> PathBuf {
    place::root().join("../shared/conformance")
}

/// The file that is written.
fn document() -> PathBuf {
    place::root().join("docs").join("conformance.md")
}

/// Fails if recordings are missing in a folder.
pub(crate) fn check_folder(folder: &Path) -> Result<(), Failure> {
    match FILES.iter().find(|file| !folder.join(file).is_file()) {
        None => Ok(()),
        Some(file) => {
            let folder = folder.display();
            Err(Failure::new(format!("the recordings are missing: there is no {file} in {folder}")))
        }
    }
}

/// What comes of everything that is asked of an API server.
fn asked(folder: &Path, way: &Way) -> Result<Vec<Outcome>, Failure> {
    let mut results = cases::bad(folder, way)?;
    results.extend(cases::applied(folder, way)?);
    results.extend(cases::examples(folder, way)?);
    Ok(results)
}

/// The same of this process and, at the same time, of servers over HTTP.
fn asked_twice(folder: &Path) -> Result<Vec<Outcome>, Failure> {
    println!("asking pilothouse serve over HTTP");
    let way = Way::Http(program()?);
    let (results, again) = std::thread::scope(|scope| {
        let over_http = scope.spawn(|| asked(folder, &way));
        let results = asked(folder, &Way::Process);
        (results, over_http.join().unwrap_or_else(|_| Err(Failure::new("the client panicked"))))
    });
    let (results, again) = (results?, again?);
    check_same(&results, &again)?;
    println!("over HTTP: {} results, the same", again.len());
    Ok(results)
}

/// The results, and those of the tables, which are printed in this process alone.
fn with_tables(mut results: Vec<Outcome>, folder: &Path) -> Result<Vec<Outcome>, Failure> {
    results.extend(cases::tables(folder)?);
    Ok(results)
}

/// The server, without a page.
fn program() -> Result<PathBuf, Failure> {
    process::run(&mut process::cargo(&["build", "--quiet", "--package", "server"]))?;
    Ok(place::target().join("debug").join(place::program("pilothouse")))
}

/// Fails if the same requests came to other results over HTTP.
fn check_same(in_process: &[Outcome], over_http: &[Outcome]) -> Result<(), Failure> {
    let differences =
        |it: &Outcome| if it.differences.is_empty() { "the same".into() } else { it.differences.join("; ") };
    let pairs = in_process.iter().zip(over_http).filter(|(a, b)| a.name != b.name || a.differences != b.differences);
    let lines: Vec<String> = pairs
        .map(|(a, b)| format!("{}: in process {}\n  over HTTP {} {}", a.name, differences(a), b.name, differences(b)))
        .collect();
    if lines.is_empty() && in_process.len() == over_http.len() {
        return Ok(());
    }
    Err(Failure::new(format!("{} results are others over HTTP:\n{}", lines.len(), lines.join("\n"))))
}

/// The lines of a file of JSON objects.
fn json_lines(path: &Path) -> Result<Vec<shared::model::Value>, Failure> {
    let text = files::read_text(path)?;
    let lines = text.lines().filter(|it| !it.trim().is_empty());
    let read = |line: &str| shared::model::Value::from_json(line);
    let values: Result<Vec<_>, _> = lines.map(read).collect();
    values.map_err(|error| Failure::new(format!("cannot read {}: {error}", path.display())))
}
