//! The terminal's lines and its memory of commands.

use leptos::prelude::*;
use shared::playground::protocol::{Chunk, TerminalOutput};

/// How many lines the terminal keeps; the oldest go first.
const LINES_MAX: usize = 2_000;

/// How many commands are remembered.
const HISTORY_MAX: usize = 200;

/// What sort of line it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// A command that was entered.
    Command,
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number since the page began.
    pub number: u64,
    /// What sort of line it is.
    pub kind: LineKind,
    /// Its text.
    pub text: String,
}

/// What the terminal shows: a pure buffer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Screenful {
    /// The lines, oldest first.
    pub lines: Vec<Line>,
    next: u64,
    /// True if the last line has not ended.
    open: bool,
}

impl Screenful {
    /// Adds a whole line.
    pub fn line(&mut self, kind: LineKind, text: &str) {
        self.lines.push(Line { number: self.next, kind, text: text.to_owned() });
        self.next += 1;
        self.open = false;
        let extra = self.lines.len().saturating_sub(LINES_MAX);
        self.lines.drain(..extra);
    }

    /// Adds output, which may end in the middle of a line.
    pub fn output(&mut self, kind: LineKind, text: &str) {
        for piece in text.split_inclusive('\n') {
            let whole = piece.trim_end_matches('\n');
            match self.lines.last_mut().filter(|last| self.open && last.kind == kind) {
                Some(last) => last.text.push_str(whole),
                None => self.line(kind, whole),
            }
            self.open = !piece.ends_with('\n');
        }
    }

    /// Forgets all lines.
    pub fn clear(&mut self) {
        self.lines.clear();
        self.open = false;
    }
}

/// The terminal.
#[derive(Clone, Copy, Default)]
pub struct Shell {
    /// What it shows.
    pub screen: RwSignal<Screenful>,
    /// True while a command runs.
    pub busy: RwSignal<bool>,
    /// The commands, oldest first.
    pub history: RwSignal<Vec<String>>,
}

impl Shell {
    /// Notes that a command was entered.
    pub fn enter(self, line: &str) {
        self.screen.update(|screen| screen.line(LineKind::Command, line));
        self.busy.set(true);
        self.history.update(|history| {
            if history.last().is_none_or(|last| last != line) {
                history.push(line.to_owned());
            }
            let extra = history.len().saturating_sub(HISTORY_MAX);
            history.drain(..extra);
        });
    }

    /// Takes in output.
    pub fn hear(self, output: &TerminalOutput) {
        self.screen.update(|screen| {
            for chunk in &output.chunks {
                match chunk {
                    Chunk::Out(text) => screen.output(LineKind::Out, text),
                    Chunk::Err(text) => screen.output(LineKind::Err, text),
                }
            }
        });
        if output.exit.is_some() {
            self.busy.set(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_a_line_come_together() {
        let mut screen = Screenful::default();
        screen.line(LineKind::Command, "kubectl get pods");
        for piece in ["NAME ", "READY\nweb", " 1/1\n"] {
            screen.output(LineKind::Out, piece);
        }
        screen.output(LineKind::Err, "error: x");
        let lines: Vec<_> = screen.lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(lines, ["kubectl get pods", "NAME READY", "web 1/1", "error: x"]);
    }
}
