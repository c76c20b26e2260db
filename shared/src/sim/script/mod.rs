//! A small shell: enough for the one-liners of manifests. What it does not understand it refuses as a whole.
//!
//! Understood: simple commands with quotes, `;`, `&&`, `||`, newlines, `>` and `>>`, variables, `$(command)`, `$((1+2))`,
//! `while`, `until`, `if`, `for`. Commands: those in [`COMMANDS`]. A script is parsed into operations (`parse.rs`), which the
//! [`Machine`] does one after the other until one sleeps.

mod commands;
mod parse;

pub(super) use commands::{COMMANDS, Output};

use crate::model::{Few, Span, Text, Time};
use commands::command;
use parse::{Op, Piece, Redirect, Word};
use std::sync::Arc;

/// How many operations a script may do without sleeping before it has to pause.
const BURST_OPS_MAX: u32 = 2_000;
/// How long it then pauses.
const PAUSE: Span = Span::millis(100);
/// How long the file system's files may become together, in bytes.
const FILES_BYTES_MAX: usize = 1 << 20;

/// What a script sees of its container.
#[derive(Clone, Debug, Default)]
pub(super) struct World {
    pub(super) files: Few<Text, String>,
    /// The variables without `HOSTNAME`, unless a script has set that; equal ones of several containers are one.
    pub(super) env: Arc<Few<Text, Text>>,
    pub(super) hostname: Text,
}

/// The variable that holds the container's host name.
pub(super) const HOSTNAME: &str = "HOSTNAME";

impl World {
    /// The value of a variable.
    fn variable(&self, name: &str) -> Option<&Text> {
        self.env.get(name).or((name == HOSTNAME).then_some(&self.hostname))
    }

    /// Takes `environment` for its own if it is equal, or else leaves it its own.
    pub(super) fn share(&mut self, environment: &mut Arc<Few<Text, Text>>) {
        if self.env == *environment {
            self.env = environment.clone();
        } else {
            *environment = self.env.clone();
        }
    }
}

/// A script that runs.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    ops: Arc<Vec<Op>>,
    next: usize,
    status: i32,
    wakes_at: Option<Time>,
}

/// What a script does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Goes on at this time.
    At(Time),
    /// Never goes on by itself.
    Never,
    /// Has ended.
    Exit(i32),
}

impl Machine {
    /// A machine for the text of a script; `None` if any of it is not understood.
    pub(super) fn new(text: &str) -> Option<Self> {
        let ops = parse::parse(text)?;
        ops.iter().all(Op::is_known).then(|| Self { ops: Arc::new(ops), next: 0, status: 0, wakes_at: None })
    }

    /// A machine for one command given as words.
    pub(super) fn of_command(argv: &[Text]) -> Option<Self> {
        let words: Vec<Word> = argv.iter().map(|it| vec![Piece::Plain(it.to_string())]).collect();
        let op = Op::Run { words, to: None };
        op.is_known().then(|| Self { ops: Arc::new(vec![op]), next: 0, status: 0, wakes_at: None })
    }

    /// Runs until it sleeps or ends; `print` gets what it writes, with true for the error output.
    pub(super) fn advance(&mut self, world: &mut World, now: Time, print: &mut dyn FnMut(&str, bool)) -> Next {
        if let Some(at) = self.wakes_at.filter(|at| *at > now) {
            return Next::At(at);
        }
        self.wakes_at = None;
        for _ in 0..BURST_OPS_MAX {
            let Some(op) = self.ops.get(self.next).cloned() else { return Next::Exit(self.status) };
            self.next += 1;
            match op {
                Op::Jump(to) => self.next = to,
                Op::JumpIf(when, to) if (self.status == 0) == when => self.next = to,
                Op::JumpIf(..) => {}
                Op::Assign(name, value) => {
                    let value = expand(&value, world, now);
                    Arc::make_mut(&mut world.env).insert(name, value.into());
                    self.status = 0;
                }
                Op::Run { words, to } => {
                    if let Some(next) = self.run(&words, to.as_ref(), world, now, print) {
                        return next;
                    }
                }
            }
        }
        self.sleep(now + PAUSE)
    }

    fn sleep(&mut self, until: Time) -> Next {
        self.wakes_at = Some(until);
        Next::At(until)
    }

    fn run(
        &mut self,
        words: &[Word],
        to: Option<&Redirect>,
        world: &mut World,
        now: Time,
        print: &mut dyn FnMut(&str, bool),
    ) -> Option<Next> {
        let argv: Vec<String> = words.iter().map(|it| expand(it, world, now)).collect();
        let first = argv.get(1).map(String::as_str);
        match argv.first().map(String::as_str) {
            Some("sleep") => return Some(self.sleep_for(first, now)),
            Some("exit") => return Some(Next::Exit(first.and_then(|it| it.parse().ok()).unwrap_or(self.status))),
            Some("wait") => return Some(Next::Never),
            _ => {}
        }
        let output = command(&argv, world, now);
        self.status = output.code;
        match to {
            Some(redirect) => write_file(redirect, &output.out, world, now),
            None => print(&output.out, false),
        }
        print(&output.err, true);
        None
    }

    fn sleep_for(&mut self, text: Option<&str>, now: Time) -> Next {
        self.status = 0;
        match text.and_then(seconds) {
            Some(span) => self.sleep(now + span),
            None => Next::Never,
        }
    }
}

/// `1`, `0.5`, `10s`, `5m`, `1h`, `2d`; `None` for `infinity` and what is no number.
fn seconds(text: &str) -> Option<Span> {
    let (number, unit) = match text.chars().last()? {
        's' => (&text[..text.len() - 1], 1),
        'm' => (&text[..text.len() - 1], 60),
        'h' => (&text[..text.len() - 1], 3_600),
        'd' => (&text[..text.len() - 1], 86_400),
        _ => (text, 1),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let digits = format!("{:0<6}", fraction.get(..fraction.len().min(6))?);
    Some(Span::micros(whole.checked_mul(1_000_000)?.checked_add(digits.parse::<i64>().ok()?)?.checked_mul(unit)?))
}

fn expand(pieces: &Word, world: &mut World, now: Time) -> String {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Plain(plain) => text.push_str(plain),
            Piece::Variable(name) => text.push_str(world.variable(name).map_or("", Text::as_str)),
            Piece::Arithmetic(formula) => text.push_str(&arithmetic(formula, world).to_string()),
            Piece::Command(words) => {
                let argv: Vec<String> = words.iter().map(|it| expand(it, world, now)).collect();
                text.push_str(command(&argv, world, now).out.trim_end_matches('\n'));
            }
        }
    }
    text
}

/// Whole numbers and variables with `+`, `-`, `*`, `/`, `%` from left to right.
fn arithmetic(formula: &str, world: &World) -> i64 {
    let mut total: i64 = 0;
    let mut operator = '+';
    let mut term = String::new();
    for next in formula.chars().chain(std::iter::once('+')) {
        if next.is_ascii_alphanumeric() || next == '_' {
            term.push(next);
        } else if !next.is_whitespace() && next != '$' {
            let value = term.parse().ok().or_else(|| world.variable(&term)?.parse().ok()).unwrap_or(0);
            total = match operator {
                '-' => total.wrapping_sub(value),
                '*' => total.wrapping_mul(value),
                '/' => total.checked_div(value).unwrap_or(0),
                '%' => total.checked_rem(value).unwrap_or(0),
                _ => total.wrapping_add(value),
            };
            operator = next;
            term.clear();
        }
    }
    total
}

fn write_file(redirect: &Redirect, text: &str, world: &mut World, now: Time) {
    let path = Text::from(expand(&redirect.path, world, now));
    let used: usize = world.files.values().map(String::len).sum();
    if path == "/dev/null" || used + text.len() > FILES_BYTES_MAX {
        return;
    }
    let file = world.files.entry(path);
    if !redirect.appends {
        file.clear();
    }
    file.push_str(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &expect_test::Expect) {
        let Some(mut machine) = Machine::new(text) else { return expected.assert_eq("not understood") };
        let mut world = World { hostname: "box".into(), ..World::default() };
        let (start, mut now) = (Time::VIRTUAL_START, Time::VIRTUAL_START);
        let mut log = String::new();
        for _ in 0..6 {
            let mut print = |text: &str, _| log.push_str(&text.replace('\n', "; "));
            match machine.advance(&mut world, now, &mut print) {
                Next::At(at) => now = at,
                Next::Never => break,
                Next::Exit(code) => {
                    log.push_str(
                        &["exit ", &code.to_string(), " after ", &(now - start).as_seconds().to_string(), "s"].concat(),
                    );
                    break;
                }
            }
        }
        expected.assert_eq(&log);
    }

    #[test]
    fn runs_the_one_liners_of_manifests() {
        check("echo hello && sleep 5; exit 3", &expect_test::expect!["hello; exit 3 after 5s"]);
        check(
            "i=0; while true; do echo \"$i: $(hostname)\"; i=$((i+1)); sleep 1; done",
            &expect_test::expect!["0: box; 1: box; 2: box; 3: box; 4: box; 5: box; "],
        );
        check(
            "touch /tmp/healthy; sleep 30; rm -f /tmp/healthy; cat /tmp/healthy || echo gone",
            &expect_test::expect!["cat: can't open '/tmp/healthy': No such file or directory; gone; exit 0 after 30s"],
        );
        check(
            "if [ -f /a ]; then echo yes; else echo no > /a; fi; cat /a; false",
            &expect_test::expect!["no; exit 1 after 0s"],
        );
        check("for i in 3 2 1 ; do echo $i ; done", &expect_test::expect!["3; 2; 1; exit 0 after 0s"]);
        check("echo 'a b'  \"c\\\"d\" # tail", &expect_test::expect![[r#"a b c"d; exit 0 after 0s"#]]);
    }

    #[test]
    fn what_is_not_understood_is_refused_whole() {
        for text in ["wget -O- http://web", "echo a | wc -c", "while true; do echo x", "echo \"open", "sleep 1 & wait"]
        {
            assert!(Machine::new(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_busy_loop_pauses() {
        let mut machine = Machine::new("while true; do true; done").unwrap();
        let next = machine.advance(&mut World::default(), Time::VIRTUAL_START, &mut |_, _| {});
        assert_eq!(next, Next::At(Time::VIRTUAL_START + PAUSE));
    }
}
