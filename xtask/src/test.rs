//! `cargo xtask test`: every test there is, as a list of steps.

use std::time::{Duration, Instant};

use lexopt::Arg::Long;
use lexopt::ValueExt as _;

use crate::failure::Failure;
use crate::page::{self, Build};
use crate::{Task, browser, clients, conformance, documents, files, place, process, sizes};

/// The command.
pub(crate) const TASK: Task =
    Task { name: "test", arguments: "[--only STEP]", about: "Run every test, or one step of them.", run };

/// One step of the tests.
struct Step {
    /// The word for `--only`.
    name: &'static str,
    /// What is looked at.
    title: &'static str,
    /// Looks at it.
    run: fn() -> Result<Outcome, Failure>,
}

/// How a step ended, if it did not fail.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// All is well.
    Passed,
    /// Something this machine lacks; the words say what, and what to type.
    Skipped(String),
}

/// Every step: what is quick and fails often comes first.
const STEPS: &[Step] = &[
    Step { name: "fmt", title: "formatting", run: fmt },
    Step { name: "documents", title: "links and commands in the documents", run: check_documents },
    Step { name: "clippy", title: "lints, native", run: clippy },
    Step { name: "clippy-wasm", title: "lints, WebAssembly", run: clippy_wasm },
    Step { name: "unit", title: "tests of the workspace", run: unit },
    Step {
        name: "conformance",
        title: "recordings of a real cluster, in process and over HTTP",
        run: test_conformance,
    },
    Step { name: "doc", title: "documentation of the code", run: doc },
    Step { name: "size", title: "the page and its size", run: size },
    Step { name: "e2e", title: "the page in Chromium", run: e2e },
    Step { name: "clients", title: "Kubernetes clients against the server", run: test_clients },
];

/// A finished step for the summary.
struct Report {
    title: &'static str,
    took: Duration,
    result: Result<Outcome, Failure>,
}

/// Runs the steps that the command line asks for.
fn run(arguments: lexopt::Parser) -> Result<(), Failure> {
    let steps = chosen(only(arguments)?.as_deref())?;
    let count = steps.len();
    let reports: Vec<_> = steps.into_iter().enumerate().map(|(index, step)| run_step(step, index + 1, count)).collect();
    println!("\n{}", summary(&reports));
    if reports.iter().any(|report| report.result.is_err()) {
        return Err(Failure::new("not every test passed"));
    }
    Ok(())
}

/// The value of `--only`.
fn only(mut arguments: lexopt::Parser) -> Result<Option<String>, Failure> {
    let mut only = None;
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("only") => only = Some(arguments.value()?.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(only)
}

/// Every step, or the named one.
fn chosen(only: Option<&str>) -> Result<Vec<&'static Step>, Failure> {
    let steps: Vec<_> = STEPS.iter().filter(|step| only.is_none_or(|name| name == step.name)).collect();
    if steps.is_empty() {
        let names: Vec<_> = STEPS.iter().map(|step| step.name).collect();
        return Err(Failure::new(format!("there is no such step; the steps are {}", names.join(", "))));
    }
    Ok(steps)
}

/// Runs one step and says how it ended.
fn run_step(step: &'static Step, number: usize, count: usize) -> Report {
    println!("\n[{number}/{count}] {}", step.title);
    let start = Instant::now();
    let report = Report { title: step.title, result: (step.run)(), took: start.elapsed() };
    println!("[{number}/{count}] {}", line(&report));
    report
}

/// One line on a finished step.
fn line(report: &Report) -> String {
    let seconds = report.took.as_secs_f32();
    match &report.result {
        Ok(Outcome::Passed) => format!("passed   {seconds:>6.1} s  {}", report.title),
        Ok(Outcome::Skipped(why)) => format!("skipped  {seconds:>6.1} s  {}: {why}", report.title),
        Err(failure) => format!("FAILED   {seconds:>6.1} s  {}: {failure}", report.title),
    }
}

/// All lines, and the last one with the counts.
fn summary(reports: &[Report]) -> String {
    let lines: String = reports.iter().map(|report| line(report) + "\n").collect();
    let count = |wanted: fn(&Report) -> bool| reports.iter().filter(|report| wanted(report)).count();
    let passed = count(|report| matches!(report.result, Ok(Outcome::Passed)));
    let failed = count(|report| report.result.is_err());
    let skipped = count(|report| matches!(report.result, Ok(Outcome::Skipped(_))));
    format!("{lines}{passed} passed, {failed} failed, {skipped} skipped")
}

/// Runs cargo; a step that ends well has passed.
fn cargo(arguments: &[&str]) -> Result<Outcome, Failure> {
    process::run(&mut process::cargo(arguments)).map(|()| Outcome::Passed)
}

/// Runs cargo on everything but what only the step `clients` compiles.
fn workspace(verb: &str, arguments: &[&str]) -> Result<Outcome, Failure> {
    cargo(&[&[verb, "--quiet", "--workspace", "--exclude", clients::CONTROLLER], arguments].concat())
}

fn fmt() -> Result<Outcome, Failure> {
    cargo(&["fmt", "--all", "--check"])
}

fn check_documents() -> Result<Outcome, Failure> {
    documents::check().map(|()| Outcome::Passed)
}

fn clippy() -> Result<Outcome, Failure> {
    workspace("clippy", &["--all-targets", "--", "-D", "warnings"])
}

fn clippy_wasm() -> Result<Outcome, Failure> {
    page::install_target()?;
    let clippy = |packages: &[&str]| {
        cargo(&[&["clippy", "--quiet", "--target", page::TARGET], packages, &["--", "-D", "warnings"]].concat())
    };
    clippy(&["--package", "frontend", "--package", "shared"])?;
    clippy(&["--package", "frontend", "--no-default-features"])
}

fn unit() -> Result<Outcome, Failure> {
    workspace("test", &[])
}

/// Holds the API against the recordings, which are not part of the repository.
fn test_conformance() -> Result<Outcome, Failure> {
    match conformance::check_folder(&conformance::recordings()) {
        Ok(()) => conformance::test().map(|()| Outcome::Passed),
        Err(failure) => Ok(Outcome::Skipped(failure.to_string())),
    }
}

fn doc() -> Result<Outcome, Failure> {
    let mut command = process::cargo(&["doc", "--quiet", "--workspace", "--no-deps", "--document-private-items"]);
    command.args(["--exclude", clients::CONTROLLER]);
    process::run(command.env("RUSTDOCFLAGS", "-D warnings")).map(|()| Outcome::Passed)
}

fn size() -> Result<Outcome, Failure> {
    let page = page::build(Build::Published)?;
    sizes::check(&page).map(|()| Outcome::Passed)
}

/// Runs the browser tests against the binary, with the page inside, and against the page as a plain folder.
fn e2e() -> Result<Outcome, Failure> {
    let browser = match browser::find() {
        Ok(browser) => browser,
        Err(failure) => return Ok(Outcome::Skipped(failure.to_string())),
    };
    let page = page::build(Build::Published)?;
    let program = page::binary(&page, Build::Debug)?;
    let screenshots = place::target().join("e2e");
    files::remove_folder(&screenshots)?;
    let mut command = browser::script("run.mjs", &browser, &page, &program)?;
    command.env("SCREENSHOTS", screenshots);
    process::run(&mut command).map(|()| Outcome::Passed)
}

/// Runs real Kubernetes clients against the binary.
fn test_clients() -> Result<Outcome, Failure> {
    let page = page::build(Build::Published)?;
    clients::test(&page).map(|()| Outcome::Passed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn one_step_can_be_chosen() {
        let names = |only| chosen(only).map(|steps| steps.iter().map(|step| step.name).collect::<Vec<_>>().join(" "));
        expect!["clippy"].assert_eq(&names(Some("clippy")).expect("the step exists"));
        let failure = names(Some("sail")).expect_err("there is no such step");
        expect![
            "there is no such step; the steps are fmt, documents, clippy, clippy-wasm, unit, conformance, doc, size, e2e, clients"
        ]
        .assert_eq(&failure.to_string());
    }

    #[test]
    fn the_last_line_counts() {
        let report = |title, result| Report { title, took: Duration::from_millis(1500), result };
        let reports = [
            report("one", Ok(Outcome::Passed)),
            report("two", Err(Failure::new("it broke"))),
            report("three", Ok(Outcome::Skipped("needs Chromium".to_owned()))),
        ];
        expect![[r"
            passed      1.5 s  one
            FAILED      1.5 s  two: it broke
            skipped     1.5 s  three: needs Chromium
            1 passed, 1 failed, 1 skipped"]]
        .assert_eq(&summary(&reports));
    }
}
