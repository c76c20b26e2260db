//! A shell that reads lines: `exec -it POD -- sh`. Each line runs as a command of its own in the container.
//!
//! Differs: a line is all that a shell remembers (`DIFFERENCE`: variables and the working directory do not last, because the
//! simulated shell runs scripts whole).

/// Programs that read commands.
const SHELLS: &[&str] = &["sh", "bash", "ash", "dash", "/bin/sh", "/bin/bash", "/bin/ash", "/bin/dash"];

/// The longest line; more is cut off.
const LINE_BYTES_MAX: usize = 4_096;

/// A shell at its prompt.
#[derive(Debug)]
pub(super) struct Shell {
    line: Vec<u8>,
    terminal: bool,
}

/// What comes of input.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Show this.
    Show(String),
    /// Run this line.
    Run(String),
    /// The shell ends.
    Exit,
}

impl Shell {
    /// The shell that `words` start, if they do and nothing else; `terminal` is whether somebody looks.
    pub(super) fn of(words: &[&str], terminal: bool) -> Option<Self> {
        match words {
            [program] if SHELLS.contains(program) => Some(Self { line: Vec::new(), terminal }),
            [program, "-i" | "-l" | "-il"] if SHELLS.contains(program) => Some(Self { line: Vec::new(), terminal }),
            _ => None,
        }
    }

    /// What stands before the cursor when the shell waits.
    pub(super) fn prompt(&self) -> &'static str {
        if self.terminal { "# " } else { "" }
    }

    /// Takes input in; on a terminal it is shown as it is typed.
    pub(super) fn take(&mut self, input: &[u8]) -> Vec<Step> {
        let mut steps = Vec::new();
        for &byte in input {
            match byte {
                b'\r' | b'\n' => {
                    self.show(&mut steps, "\r\n");
                    let line = String::from_utf8_lossy(&std::mem::take(&mut self.line)).trim().to_owned();
                    match line.split_whitespace().next() {
                        Some("exit" | "logout") => steps.push(Step::Exit),
                        Some(_) => steps.push(Step::Run(line)),
                        None => self.show(&mut steps, self.prompt()),
                    }
                }
                3 => {
                    self.line.clear();
                    self.show(&mut steps, "^C\r\n# ");
                }
                4 if self.line.is_empty() => steps.push(Step::Exit),
                8 | 127 if self.line.pop().is_some() => self.show(&mut steps, "\u{8} \u{8}"),
                8 | 127 => {}
                _ if self.line.len() < LINE_BYTES_MAX => {
                    self.line.push(byte);
                    self.show(&mut steps, &char::from(byte).to_string());
                }
                _ => {}
            }
        }
        steps
    }

    fn show(&self, steps: &mut Vec<Step>, text: &str) {
        if !self.terminal || text.is_empty() {
            return;
        }
        match steps.last_mut() {
            Some(Step::Show(before)) => before.push_str(text),
            Some(Step::Run(_) | Step::Exit) | None => steps.push(Step::Show(text.to_owned())),
        }
    }

    /// A command's output as a terminal wants it: each line back at the left.
    pub(super) fn output(&self, text: &str) -> String {
        if self.terminal { text.replace('\n', "\r\n") } else { text.to_owned() }
    }

    /// What is left at the end of the input: a last line without its newline.
    pub(super) fn rest(&mut self) -> Option<String> {
        let line = String::from_utf8_lossy(&std::mem::take(&mut self.line)).trim().to_owned();
        (!line.is_empty()).then_some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(terminal: bool, input: &str, expected: &Expect) {
        let mut shell = Shell::of(&["sh"], terminal).expect("it is a shell");
        expected.assert_eq(&format!("{:?}", shell.take(input.as_bytes())));
    }

    #[test]
    fn lines_are_run() {
        check(false, "ls\nexit\n", &expect![[r#"[Run("ls"), Exit]"#]]);
        check(true, "lx\u{7f}s\r", &expect![[r#"[Show("lx\u{8} \u{8}s\r\n"), Run("ls")]"#]]);
        check(true, "l\u{3}\u{4}", &expect![[r#"[Show("l^C\r\n# "), Exit]"#]]);
        check(true, "\r", &expect![[r##"[Show("\r\n# ")]"##]]);
    }

    #[test]
    fn other_programs_are_no_shells() {
        assert!(Shell::of(&["sh", "-c", "ls"], false).is_none());
        assert!(Shell::of(&["cat"], true).is_none());
        assert!(Shell::of(&["bash", "-i"], true).is_some());
    }
}
