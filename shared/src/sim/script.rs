//! A small shell: enough for the one-liners of manifests. What it does not understand it refuses as a whole.
//!
//! Understood: simple commands with quotes, `;`, `&&`, `||`, newlines, `>` and `>>`, variables, `$(command)`, `$((1+2))`,
//! `while`, `until`, `if`, `for`. Commands: those in [`COMMANDS`].

use crate::model::{Span, Text, Time};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The commands that it knows.
pub(super) const COMMANDS: &[&str] = &[
    ":", "cat", "date", "echo", "env", "exit", "export", "false", "hostname", "kill", "ls", "mkdir", "printenv",
    "printf", "pwd", "rm", "seq", "set", "sleep", "test", "[", "touch", "trap", "true", "uname", "wait", "whoami",
];

/// How many operations a script may do without sleeping before it has to pause.
const BURST_OPS_MAX: u32 = 2_000;
/// How long it then pauses.
const PAUSE: Span = Span::millis(100);
/// How deep compound commands may be nested.
const DEPTH_MAX: u32 = 32;
/// How long the file system's files may become together, in bytes.
const FILES_BYTES_MAX: usize = 1 << 20;

/// What a script sees of its container.
#[derive(Clone, Debug, Default)]
pub(super) struct World {
    pub(super) files: BTreeMap<Text, String>,
    pub(super) env: BTreeMap<Text, Text>,
    pub(super) hostname: Text,
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

#[derive(Clone, Debug)]
enum Op {
    Run {
        words: Vec<Word>,
        to: Option<Redirect>,
    },
    Assign(Text, Word),
    Jump(usize),
    /// Jumps when the last status is (true) or is not (false) zero.
    JumpIf(bool, usize),
}

#[derive(Clone, Debug)]
struct Redirect {
    appends: bool,
    path: Word,
}

type Word = Vec<Piece>;

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Plain(String),
    Variable(Text),
    Arithmetic(String),
    Command(Vec<Vec<Piece>>),
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(Word),
    /// `;` or a newline.
    End,
    And,
    Or,
    To,
    Append,
}

/// What a command gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Output {
    pub(super) out: String,
    pub(super) err: String,
    pub(super) code: i32,
}

impl Machine {
    /// A machine for the text of a script; `None` if any of it is not understood.
    pub(super) fn new(text: &str) -> Option<Self> {
        let tokens = tokens(text)?;
        let mut parser = Parser { tokens: &tokens, at: 0, ops: Vec::new(), depth: 0 };
        parser.list(&[])?;
        let understood = parser.at == tokens.len() && parser.ops.iter().all(Op::is_known);
        understood.then(|| Self { ops: Arc::new(parser.ops), next: 0, status: 0, wakes_at: None })
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
                    world.env.insert(name, value.into());
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

impl Op {
    fn is_known(&self) -> bool {
        let known = |word: Option<&Word>| match word.map(Vec::as_slice) {
            Some([Piece::Plain(name)]) => COMMANDS.contains(&name.rsplit('/').next().unwrap_or(name)),
            _ => false,
        };
        match self {
            Op::Run { words, .. } => known(words.first()) && words.iter().flatten().all(is_known_piece),
            Op::Assign(_, word) => word.iter().all(is_known_piece),
            Op::Jump(_) | Op::JumpIf(..) => true,
        }
    }
}

fn is_known_piece(piece: &Piece) -> bool {
    match piece {
        Piece::Command(words) => Op::Run { words: words.clone(), to: None }.is_known(),
        Piece::Plain(_) | Piece::Variable(_) | Piece::Arithmetic(_) => true,
    }
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(next) = rest.peek().copied() {
        match next {
            ' ' | '\t' | '\r' => drop(rest.next()),
            ';' | '\n' => {
                rest.next();
                tokens.push(Token::End);
            }
            '#' => while rest.next_if(|it| *it != '\n').is_some() {},
            '&' | '|' => {
                rest.next();
                rest.next_if_eq(&next)?;
                tokens.push(if next == '&' { Token::And } else { Token::Or });
            }
            '>' => {
                rest.next();
                tokens.push(if rest.next_if_eq(&'>').is_some() { Token::Append } else { Token::To });
            }
            '<' | '(' | ')' | '`' => return None,
            _ => tokens.push(Token::Word(word(&mut rest)?)),
        }
    }
    Some(tokens)
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn word(rest: &mut Chars<'_>) -> Option<Word> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut quoted = false;
    while let Some(next) = rest.peek().copied() {
        match next {
            '"' => {
                rest.next();
                quoted = !quoted;
            }
            '\'' if !quoted => {
                rest.next();
                plain.extend(std::iter::from_fn(|| rest.next_if(|it| *it != '\'')));
                rest.next()?;
            }
            '$' => {
                rest.next();
                pieces.push(Piece::Plain(std::mem::take(&mut plain)));
                pieces.push(dollar(rest)?);
            }
            '\\' => {
                rest.next();
                let escaped = rest.next()?;
                if quoted && !matches!(escaped, '"' | '\\' | '$' | '`' | '\n') {
                    plain.push('\\');
                }
                if escaped != '\n' {
                    plain.push(escaped);
                }
            }
            ' ' | '\t' | '\r' | '\n' | ';' | '&' | '|' | '>' | '<' | '(' | ')' if !quoted => break,
            '`' => return None,
            _ => plain.extend(rest.next()),
        }
    }
    pieces.push(Piece::Plain(plain));
    pieces.retain(|it| *it != Piece::Plain(String::new()));
    (!quoted).then(|| if pieces.is_empty() { vec![Piece::Plain(String::new())] } else { pieces })
}

fn dollar(rest: &mut Chars<'_>) -> Option<Piece> {
    if rest.next_if_eq(&'(').is_some() {
        if rest.next_if_eq(&'(').is_some() {
            let text: String = std::iter::from_fn(|| rest.next_if(|it| *it != ')')).collect();
            rest.next_if_eq(&')')?;
            rest.next_if_eq(&')')?;
            return Some(Piece::Arithmetic(text));
        }
        let text: String = std::iter::from_fn(|| rest.next_if(|it| *it != ')')).collect();
        rest.next_if_eq(&')')?;
        let words = tokens(&text)?.into_iter().map(|token| match token {
            Token::Word(word) => Some(word),
            _ => None,
        });
        return Some(Piece::Command(words.collect::<Option<_>>()?));
    }
    let braced = rest.next_if_eq(&'{').is_some();
    let name: String = std::iter::from_fn(|| rest.next_if(|it| it.is_ascii_alphanumeric() || *it == '_')).collect();
    if braced {
        rest.next_if_eq(&'}')?;
    }
    if name.is_empty() && rest.next_if_eq(&'?').is_some() {
        return Some(Piece::Variable(Text::new_static("?")));
    }
    (!name.is_empty()).then(|| Piece::Variable(name.into()))
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    ops: Vec<Op>,
    depth: u32,
}

impl Parser<'_> {
    /// Commands up to one of the words in `until`, which stays.
    fn list(&mut self, until: &[&str]) -> Option<()> {
        loop {
            while self.tokens.get(self.at) == Some(&Token::End) {
                self.at += 1;
            }
            if self.at == self.tokens.len() || self.keyword().is_some_and(|it| until.contains(&it)) {
                return Some(());
            }
            self.and_or()?;
            if !matches!(self.tokens.get(self.at), None | Some(Token::End)) {
                return None;
            }
        }
    }

    fn and_or(&mut self) -> Option<()> {
        self.command()?;
        while let Some(token @ (Token::And | Token::Or)) = self.tokens.get(self.at) {
            let skip_when = *token == Token::Or;
            self.at += 1;
            while self.tokens.get(self.at) == Some(&Token::End) {
                self.at += 1;
            }
            let hole = self.hole();
            self.command()?;
            self.ops[hole] = Op::JumpIf(skip_when, self.ops.len());
        }
        Some(())
    }

    fn keyword(&self) -> Option<&str> {
        match self.tokens.get(self.at)? {
            Token::Word(word) => match word.as_slice() {
                [Piece::Plain(text)] => Some(text),
                _ => None,
            },
            _ => None,
        }
    }

    fn expect(&mut self, word: &str) -> Option<()> {
        (self.keyword()? == word).then(|| self.at += 1)
    }

    fn hole(&mut self) -> usize {
        self.ops.push(Op::Jump(0));
        self.ops.len() - 1
    }

    fn command(&mut self) -> Option<()> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return None;
        }
        let done = match self.keyword() {
            Some("while") => self.repeat(false),
            Some("until") => self.repeat(true),
            Some("if") => self.branch(),
            Some("for") => self.each(),
            Some("do" | "done" | "then" | "else" | "fi" | "{" | "}" | "case" | "function") => None,
            _ => self.simple(),
        };
        self.depth -= 1;
        done
    }

    fn repeat(&mut self, leave_when: bool) -> Option<()> {
        self.at += 1;
        let start = self.ops.len();
        self.list(&["do"])?;
        self.expect("do")?;
        let hole = self.hole();
        self.list(&["done"])?;
        self.expect("done")?;
        self.ops.push(Op::Jump(start));
        self.ops[hole] = Op::JumpIf(leave_when, self.ops.len());
        Some(())
    }

    fn branch(&mut self) -> Option<()> {
        self.at += 1;
        self.list(&["then"])?;
        self.expect("then")?;
        let hole = self.hole();
        self.list(&["else", "fi"])?;
        if self.keyword() == Some("else") {
            self.at += 1;
            let end = self.hole();
            self.ops[hole] = Op::JumpIf(false, self.ops.len());
            self.list(&["fi"])?;
            self.ops[end] = Op::Jump(self.ops.len());
        } else {
            self.ops[hole] = Op::JumpIf(false, self.ops.len());
        }
        self.expect("fi")
    }

    /// A loop over literal words, written out.
    fn each(&mut self) -> Option<()> {
        self.at += 1;
        let name = Text::new(self.keyword()?);
        self.at += 1;
        self.expect("in")?;
        let mut values = Vec::new();
        while let Some(Token::Word(word)) = self.tokens.get(self.at) {
            values.push(word.clone());
            self.at += 1;
        }
        while self.tokens.get(self.at) == Some(&Token::End) {
            self.at += 1;
        }
        self.expect("do")?;
        let body = self.at;
        let literal = |it: &Word| it.iter().all(|piece| matches!(piece, Piece::Plain(_)));
        if values.is_empty() || values.len() > 1_000 || !values.iter().all(literal) {
            return None;
        }
        for value in values {
            self.at = body;
            self.ops.push(Op::Assign(name.clone(), value));
            self.list(&["done"])?;
        }
        self.expect("done")
    }

    fn simple(&mut self) -> Option<()> {
        let mut words: Vec<Word> = Vec::new();
        let mut to = None;
        loop {
            match self.tokens.get(self.at) {
                Some(Token::Word(word)) => {
                    words.push(word.clone());
                    self.at += 1;
                }
                Some(token @ (Token::To | Token::Append)) => {
                    let Some(Token::Word(path)) = self.tokens.get(self.at + 1) else { return None };
                    to = Some(Redirect { appends: *token == Token::Append, path: path.clone() });
                    self.at += 2;
                }
                _ => break,
            }
        }
        let op = match assignment(&words) {
            Some((name, value)) => Op::Assign(name, value),
            None if words.is_empty() => return None,
            None => Op::Run { words, to },
        };
        self.ops.push(op);
        Some(())
    }
}

/// `NAME=value` alone.
fn assignment(words: &[Word]) -> Option<(Text, Word)> {
    let [word] = words else { return None };
    let Some(Piece::Plain(first)) = word.first() else { return None };
    let (name, rest) = first.split_once('=')?;
    let is_name = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_');
    let value = std::iter::once(Piece::Plain(rest.to_owned())).chain(word[1..].iter().cloned()).collect();
    is_name(name).then(|| (name.into(), value))
}

fn expand(pieces: &Word, world: &mut World, now: Time) -> String {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Plain(plain) => text.push_str(plain),
            Piece::Variable(name) => text.push_str(world.env.get(name).map_or("", Text::as_str)),
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
            let value = term.parse().ok().or_else(|| world.env.get(term.as_str())?.parse().ok()).unwrap_or(0);
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
    let file = world.files.entry(path).or_default();
    if !redirect.appends {
        file.clear();
    }
    file.push_str(text);
}

/// Does one command that takes no time.
pub(super) fn command(argv: &[String], world: &mut World, now: Time) -> Output {
    let name = argv.first().map_or("", |it| it.rsplit('/').next().unwrap_or(it));
    let operands: Vec<&str> = argv.iter().skip(1).map(String::as_str).collect();
    let out = |text: String| Output { out: text, ..Output::default() };
    match name {
        "echo" => out(echo(&operands)),
        "printf" => out(operands.first().map_or(String::new(), |it| it.replace("\\n", "\n"))),
        "date" => out(format!("{now}\n")),
        "hostname" => out(format!("{}\n", world.hostname)),
        "whoami" => out("root\n".to_owned()),
        "pwd" => out("/\n".to_owned()),
        "uname" => out("Linux\n".to_owned()),
        "env" | "printenv" => environment(&operands, world),
        "seq" => out(sequence(&operands)),
        "cat" => cat(&operands, world),
        "ls" => ls(&operands, world),
        "touch" => {
            for path in operands {
                world.files.entry(path.into()).or_default();
            }
            Output::default()
        }
        "rm" => {
            for path in operands.into_iter().filter(|it| !it.starts_with('-')) {
                let inside = format!("{path}/");
                world.files.retain(|file, _| file != path && !file.starts_with(&inside));
            }
            Output::default()
        }
        "test" | "[" => Output { code: i32::from(!test(&operands, world)), ..Output::default() },
        "false" => Output { code: 1, ..Output::default() },
        _ if COMMANDS.contains(&name) => Output::default(),
        _ => Output { err: format!("sh: {name}: not found\n"), code: 127, ..Output::default() },
    }
}

fn echo(args: &[&str]) -> String {
    match args {
        ["-n", rest @ ..] => rest.join(" "),
        ["-e", rest @ ..] => format!("{}\n", rest.join(" ").replace("\\n", "\n").replace("\\t", "\t")),
        _ => format!("{}\n", args.join(" ")),
    }
}

fn environment(names: &[&str], world: &World) -> Output {
    if names.is_empty() {
        let lines = world.env.iter().map(|(name, value)| format!("{name}={value}\n"));
        return Output { out: lines.collect(), ..Output::default() };
    }
    let found = names.iter().filter_map(|name| world.env.get(*name));
    let out: String = found.map(|it| format!("{it}\n")).collect();
    Output { code: i32::from(out.is_empty()), out, ..Output::default() }
}

fn sequence(args: &[&str]) -> String {
    let numbers: Vec<i64> = args.iter().filter_map(|it| it.parse().ok()).collect();
    let (first, last) = match numbers[..] {
        [last] => (1, last),
        [first, last] => (first, last),
        _ => return String::new(),
    };
    (first..=last.min(first.saturating_add(10_000))).map(|it| format!("{it}\n")).collect()
}

fn cat(paths: &[&str], world: &World) -> Output {
    let mut output = Output::default();
    for path in paths {
        if let Some(text) = world.files.get(*path) {
            output.out.push_str(text);
        } else {
            output.err.extend(["cat: can't open '", path, "': No such file or directory\n"]);
            output.code = 1;
        }
    }
    output
}

fn ls(args: &[&str], world: &World) -> Output {
    let mut output = Output::default();
    for path in args.iter().filter(|it| !it.starts_with('-')) {
        let inside = format!("{}/", path.trim_end_matches('/'));
        let mut names: Vec<&str> =
            world.files.keys().filter_map(|it| it.strip_prefix(&inside)?.split('/').next()).collect();
        names.dedup();
        if world.files.contains_key(*path) {
            output.out.extend([path, "\n"]);
        } else if names.is_empty() {
            output.err.extend(["ls: ", path, ": No such file or directory\n"]);
            output.code = 1;
        }
        output.out.extend(names.iter().map(|it| format!("{it}\n")));
    }
    output
}

fn test(args: &[&str], world: &World) -> bool {
    let args = args.strip_suffix(&["]"]).unwrap_or(args);
    let number = |text: &str| text.parse::<i64>().unwrap_or(0);
    match args {
        ["!", rest @ ..] => !test(rest, world),
        ["-f" | "-e" | "-s", path] => world.files.contains_key(*path),
        ["-d", path] => world.files.keys().any(|it| it.starts_with(&format!("{path}/"))),
        ["-z", text] => text.is_empty(),
        [a, "=" | "==", b] => a == b,
        [a, "!=", b] => a != b,
        [a, "-eq", b] => number(a) == number(b),
        [a, "-ne", b] => number(a) != number(b),
        [a, "-lt", b] => number(a) < number(b),
        [a, "-le", b] => number(a) <= number(b),
        [a, "-gt", b] => number(a) > number(b),
        [a, "-ge", b] => number(a) >= number(b),
        [text] | ["-n", text] => !text.is_empty(),
        _ => false,
    }
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
