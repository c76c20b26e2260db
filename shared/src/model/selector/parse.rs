//! The grammar of label selectors: `a=b,c!=d,e in (f,g),!h`.
//!
//! Upstream: `k8s.io/apimachinery/pkg/labels/selector.go` (`Lexer`, `Parser`).

use super::{Operator, Requirement, invalid_key};
use crate::model::Order;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Error,
    End,
    Close,
    Comma,
    Not,
    DoubleEquals,
    Equals,
    Greater,
    Identifier,
    In,
    Less,
    NotEquals,
    NotIn,
    Open,
}

impl Token {
    fn find(text: &str) -> Option<Self> {
        Some(match text {
            ")" => Self::Close,
            "," => Self::Comma,
            "!" => Self::Not,
            "==" => Self::DoubleEquals,
            "=" => Self::Equals,
            ">" => Self::Greater,
            "in" => Self::In,
            "<" => Self::Less,
            "!=" => Self::NotEquals,
            "notin" => Self::NotIn,
            "(" => Self::Open,
            _ => return None,
        })
    }

    /// What it is where a value is expected: the words `in` and `notin` are plain names there.
    fn as_value(self) -> Self {
        if matches!(self, Self::In | Self::NotIn) { Self::Identifier } else { self }
    }
}

fn is_space(it: char) -> bool {
    matches!(it, ' ' | '\t' | '\r' | '\n')
}

fn is_symbol(it: char) -> bool {
    matches!(it, '=' | '!' | '(' | ')' | ',' | '>' | '<')
}

/// Cuts the text into tokens; the last is always `End`.
fn tokens(text: &str) -> Vec<(Token, String)> {
    let mut found = Vec::new();
    // A NUL byte ends upstream's reader.
    let mut rest = text.split('\0').next().unwrap_or_default();
    loop {
        rest = rest.trim_start_matches(is_space);
        let Some(first) = rest.chars().next() else { break };
        let (token, literal, length) = if is_symbol(first) { symbol(rest) } else { word(rest) };
        found.push((token, literal));
        rest = &rest[length..];
    }
    found.push((Token::End, String::new()));
    found
}

fn word(rest: &str) -> (Token, String, usize) {
    let length = rest.find(|it| is_symbol(it) || is_space(it)).unwrap_or(rest.len());
    let text = &rest[..length];
    (Token::find(text).unwrap_or(Token::Identifier), text.into(), length)
}

/// The longest symbol at the start of `rest`. Symbols are one or two bytes.
fn symbol(rest: &str) -> (Token, String, usize) {
    let pair = rest.get(..2).and_then(|text| Some((Token::find(text)?, text)));
    let (token, text) = pair.or_else(|| Some((Token::find(&rest[..1])?, &rest[..1]))).unwrap_or((Token::Error, ""));
    (token, text.into(), text.len().max(1))
}

/// Reads the form of command lines and URLs.
///
/// # Errors
/// Upstream's text.
pub(super) fn requirements(text: &str) -> Result<Vec<Requirement>, String> {
    Parser { tokens: tokens(text), position: 0 }.requirements()
}

struct Parser {
    tokens: Vec<(Token, String)>,
    position: usize,
}

impl Parser {
    fn peek(&self) -> (Token, &str) {
        let (token, text) = &self.tokens[self.position.min(self.tokens.len() - 1)];
        (*token, text)
    }

    fn next(&mut self) -> (Token, String) {
        let (token, text) = self.peek();
        let text = text.to_owned();
        self.position += 1;
        (token, text)
    }

    fn requirements(&mut self) -> Result<Vec<Requirement>, String> {
        let mut requirements = Vec::new();
        loop {
            let (token, text) = self.peek();
            match token.as_value() {
                Token::End => return Ok(requirements),
                Token::Identifier | Token::Not => {}
                _ => return Err(format!("found '{text}', expected: !, identifier, or 'end of string'")),
            }
            let it = self.requirement().map_err(|error| format!("unable to parse requirement: {error}"))?;
            requirements.push(it);
            let (token, text) = self.next();
            match token {
                Token::End => return Ok(requirements),
                Token::Comma => self.expect_key_after_comma()?,
                _ => return Err(format!("found '{text}', expected: ',' or 'end of string'")),
            }
        }
    }

    fn expect_key_after_comma(&self) -> Result<(), String> {
        let (token, text) = self.peek();
        match token.as_value() {
            Token::Identifier | Token::Not => Ok(()),
            _ => Err(format!("found '{text}', expected: identifier after ','")),
        }
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let (mut token, mut key) = self.next();
        let negated = token == Token::Not;
        if negated {
            (token, key) = self.next();
        }
        if token.as_value() != Token::Identifier {
            return Err(format!("found '{key}', expected: identifier"));
        }
        invalid_key("<nil>", &key).map_or(Ok(()), Err)?;
        let make = |operator, values: Vec<String>| {
            let values: Vec<_> = values.iter().map(String::as_str).collect();
            Requirement::new(&key, operator, &values).map_err(|error| error.0)
        };
        if negated {
            return make(Operator::DoesNotExist, Vec::new());
        }
        if matches!(self.peek().0, Token::End | Token::Comma) {
            return make(Operator::Exists, Vec::new());
        }
        let operator = self.operator()?;
        let values = match operator {
            Operator::In | Operator::NotIn => self.values()?,
            _ => vec![self.exact_value()?],
        };
        make(operator, values)
    }

    fn operator(&mut self) -> Result<Operator, String> {
        let (token, text) = self.next();
        match token {
            Token::In => Ok(Operator::In),
            Token::Equals => Ok(Operator::Equals),
            Token::DoubleEquals => Ok(Operator::DoubleEquals),
            Token::Greater => Ok(Operator::GreaterThan),
            Token::Less => Ok(Operator::LessThan),
            Token::NotIn => Ok(Operator::NotIn),
            Token::NotEquals => Ok(Operator::NotEquals),
            _ => Err(format!("found '{text}', expected: in, notin, =, ==, !=, gt, lt")),
        }
    }

    /// A list in parentheses; sorted, each value once, as upstream keeps them in a set.
    fn values(&mut self) -> Result<Vec<String>, String> {
        let (token, text) = self.next();
        if token != Token::Open {
            return Err(format!("found '{text}' expected: '('"));
        }
        let (token, text) = self.peek();
        match token.as_value() {
            Token::Identifier | Token::Comma => {
                let mut values = self.list()?;
                self.next();
                values.order();
                values.dedup();
                Ok(values)
            }
            Token::Close => {
                self.next();
                Ok(vec![String::new()])
            }
            _ => Err(format!("found '{text}', expected: ',', ')' or identifier")),
        }
    }

    /// The values up to the closing parenthesis, which stays.
    fn list(&mut self) -> Result<Vec<String>, String> {
        let mut values = Vec::new();
        loop {
            let (token, text) = self.next();
            let (after, after_text) = self.peek();
            match token.as_value() {
                Token::Identifier => {
                    values.push(text);
                    match after {
                        Token::Comma => {}
                        Token::Close => return Ok(values),
                        _ => return Err(format!("found '{after_text}', expected: ',' or ')'")),
                    }
                }
                Token::Comma => {
                    if values.is_empty() || matches!(after, Token::Comma | Token::Close) {
                        values.push(String::new());
                    }
                    if after == Token::Close {
                        return Ok(values);
                    }
                }
                _ => return Err(format!("found '{text}', expected: ',', or identifier")),
            }
        }
    }

    fn exact_value(&mut self) -> Result<String, String> {
        if matches!(self.peek().0, Token::End | Token::Comma) {
            return Ok(String::new());
        }
        let (token, text) = self.next();
        match token.as_value() {
            Token::Identifier => Ok(text),
            _ => Err(format!("found '{text}', expected: identifier")),
        }
    }
}
