//! Runs `scenarios/*.md`: prose, files in `yaml` blocks, and `console` blocks of kubectl commands with their output.
//!
//! A line `# 10s` in a console block lets virtual time pass; `# fault: …` injects a fault. `UPDATE_EXPECT=1` rewrites the files.

#![allow(clippy::expect_used, clippy::panic, reason = "a test file: a panic is how it fails")]

use shared::cluster::Fault;
use shared::model::{Key, Span, key};
use shared::playground::Engine;
use shared::playground::protocol::{Act, Chunk, Document, Speed, ToPage, ToWorker};
use shared::trace::SourceFile;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// How long a command may wait, in virtual time.
const COMMAND_MAX: Span = Span::seconds(900);
/// How much virtual time passes between two looks at a waiting command.
const TICK: Span = Span::millis(100);
/// How many steps one tick may take.
const STEPS_PER_TICK: u32 = 100_000;

struct Session {
    engine: Engine,
    files: Vec<SourceFile>,
}

impl Session {
    fn new() -> Self {
        let mut engine = Engine::open(Document { seed: 42, ..Document::default() });
        engine.handle(ToWorker::Play(Speed::Normal));
        Self { engine, files: Vec::new() }
    }

    fn put_file(&mut self, name: &str, text: &str) {
        self.files.retain(|file| file.name != name);
        self.files.push(SourceFile { name: name.into(), text: text.into() });
    }

    fn pass(&mut self, span: Span) -> Vec<ToPage> {
        self.engine.tick(span, STEPS_PER_TICK)
    }

    /// What a command prints until it ends.
    fn enter(&mut self, line: &str) -> String {
        let act = Act::Terminal { line: line.into(), files: self.files.clone() };
        let mut messages = self.engine.handle(ToWorker::Act(act));
        let mut output = String::new();
        let mut waited = Span::ZERO;
        loop {
            if let Some(code) = take_output(messages, &mut output) {
                if code != 0 {
                    let _ = writeln!(output, "[exit {code}]");
                }
                return output;
            }
            assert!(waited < COMMAND_MAX, "{line} does not end:\n{output}");
            messages = self.pass(TICK);
            waited = waited + TICK;
        }
    }

    /// `kill-container default/web web`, `node-down node-1`, `node-up node-1`, …
    fn inject(&mut self, text: &str) {
        let words: Vec<&str> = text.split_whitespace().collect();
        let pod = |path: &str| {
            let (namespace, name) = path.split_once('/').expect("namespace/name");
            Key::new(key::resources::PODS, namespace, name)
        };
        let fault = match words[..] {
            ["kill-container", path, container] => Fault::KillContainer { pod: pod(path), container: container.into() },
            ["out-of-memory", path, container] => Fault::OutOfMemory { pod: pod(path), container: container.into() },
            ["crash-loop", image] => Fault::CrashLoop { image: image.into(), on: true },
            ["crash-loop", image, "off"] => Fault::CrashLoop { image: image.into(), on: false },
            ["node-down", node] => Fault::NodeDown { node: node.into(), on: true },
            ["node-up", node] => Fault::NodeDown { node: node.into(), on: false },
            ["slow-pull", factor] => Fault::SlowPull { factor: factor.parse().expect("a number") },
            ["add-node"] => Fault::AddNode,
            ["remove-node", node] => Fault::RemoveNode { node: node.into() },
            _ => panic!("unknown fault: {text}"),
        };
        self.engine.handle(ToWorker::Act(Act::Fault(fault)));
    }
}

fn take_output(messages: Vec<ToPage>, output: &mut String) -> Option<i32> {
    let mut exit = None;
    for message in messages {
        let ToPage::Terminal(news) = message else { continue };
        for chunk in news.chunks {
            match chunk {
                Chunk::Out(text) | Chunk::Err(text) => output.push_str(&text),
            }
        }
        exit = news.exit.or(exit);
    }
    exit
}

fn seconds(text: &str) -> Option<Span> {
    let number = text.strip_prefix("# ")?.strip_suffix('s')?;
    number.parse().ok().map(Span::seconds)
}

/// Runs one file and gives it back with the output that came.
fn run(text: &str) -> String {
    let mut session = Session::new();
    let mut out = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let _ = writeln!(out, "{line}");
        let Some(info) = line.strip_prefix("```").filter(|info| !info.is_empty()) else { continue };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        match info.split_once(' ') {
            Some(("yaml", name)) => {
                session.put_file(name, &(block.join("\n") + "\n"));
                let _ = writeln!(out, "{}", block.join("\n"));
            }
            _ if info == "console" => out.push_str(&run_console(&mut session, &block)),
            _ => panic!("unknown block: {info}"),
        }
        out.push_str("```\n");
    }
    out
}

fn run_console(session: &mut Session, block: &[&str]) -> String {
    let mut out = String::new();
    for line in block {
        if let Some(command) = line.strip_prefix("$ ") {
            let _ = writeln!(out, "{line}");
            let output = session.enter(command);
            out.push_str(&output);
            if !output.is_empty() && !output.ends_with('\n') {
                out.push('\n');
            }
        } else if let Some(fault) = line.strip_prefix("# fault: ") {
            session.inject(fault);
            let _ = writeln!(out, "{line}");
        } else if let Some(span) = seconds(line) {
            session.pass(span);
            let _ = writeln!(out, "{line}");
        }
    }
    out
}

fn check(path: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let actual = run(&text);
    if actual == text {
        return Ok(());
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        return std::fs::write(path, actual).map_err(|error| error.to_string());
    }
    let pair = text.lines().zip(actual.lines()).enumerate().find(|(_, (expected, actual))| expected != actual);
    Err(match pair {
        Some((line, (expected, actual))) => {
            format!("{}:{}\n  expected: {expected}\n  actual:   {actual}", path.display(), line + 1)
        }
        None => format!("{}: more or fewer lines than expected", path.display()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_gives_the_output_it_shows() {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        assert!(!files.is_empty());
        let failures: Vec<String> = files.iter().filter_map(|path| check(path).err()).collect();
        assert!(failures.is_empty(), "{}\nUPDATE_EXPECT=1 rewrites the files", failures.join("\n"));
    }
}
