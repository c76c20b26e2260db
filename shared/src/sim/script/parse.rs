//! The text of a script as a list of operations: `&&`, `||`, loops and branches become jumps.

use super::COMMANDS;
use crate::model::Text;

/// How deep compound commands may be nested.
const DEPTH_MAX: u32 = 32;

/// One step of a script.
#[derive(Clone, Debug)]
pub(super) enum Op {
    Run {
        words: Vec<Word>,
        to: Option<Redirect>,
    },
    Assign(Text, Word),
    Jump(usize),
    /// Jumps when the last status is (true) or is not (false) zero.
    JumpIf(bool, usize),
}

/// Where a command's output goes.
#[derive(Clone, Debug)]
pub(super) struct Redirect {
    pub(super) appends: bool,
    pub(super) path: Word,
}

/// What becomes one argument.
pub(super) type Word = Vec<Piece>;

/// A part of a word.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
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

/// The operations of a script; `None` if it is not understood.
pub(super) fn parse(text: &str) -> Option<Vec<Op>> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, at: 0, ops: Vec::new(), depth: 0 };
    parser.list(&[])?;
    (parser.at == tokens.len()).then_some(parser.ops)
}

impl Op {
    /// True if all its commands are known.
    pub(super) fn is_known(&self) -> bool {
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
