//! Which objects are meant: label selectors and field selectors.
//!
//! Upstream: `k8s.io/apimachinery/pkg/labels/selector.go`, `pkg/fields/selector.go`, `pkg/apis/meta/v1/helpers.go`.

use crate::model::names::{self, quote};
use crate::model::{Text, Value};
use std::fmt;

/// How a requirement relates a label to its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `=`: the label is there and has the value.
    Equals,
    /// `==`: the same, written twice.
    DoubleEquals,
    /// `!=`: the label is not there or has another value.
    NotEquals,
    /// `in`: the label is there and has one of the values.
    In,
    /// `notin`: the label is not there or has none of the values.
    NotIn,
    /// The label is there.
    Exists,
    /// `!`: the label is not there.
    DoesNotExist,
    /// `>`: the label is a larger whole number.
    GreaterThan,
    /// `<`: the label is a smaller whole number.
    LessThan,
}

/// One condition on one label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// The label's key.
    pub key: Text,
    /// What must hold.
    pub operator: Operator,
    /// The values it is compared with; none for `Exists` and `DoesNotExist`.
    pub values: Vec<Text>,
}

/// A label selector: every requirement must hold; without any it selects everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// Selects nothing: what a missing `metav1.LabelSelector` means.
    Nothing,
    /// Selects what meets all requirements, which are sorted by key.
    All(Vec<Requirement>),
}

/// A selector that cannot be read; the text is upstream's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SelectorError(pub String);

impl Operator {
    /// The word upstream has for it in messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Equals => "=",
            Self::DoubleEquals => "==",
            Self::NotEquals => "!=",
            Self::In => "in",
            Self::NotIn => "notin",
            Self::Exists => "exists",
            Self::DoesNotExist => "!",
            Self::GreaterThan => "gt",
            Self::LessThan => "lt",
        }
    }

    /// Reads the operator of a `metav1.LabelSelectorRequirement`.
    pub fn of_label_selector(text: &str) -> Option<Self> {
        match text {
            "In" => Some(Self::In),
            "NotIn" => Some(Self::NotIn),
            "Exists" => Some(Self::Exists),
            "DoesNotExist" => Some(Self::DoesNotExist),
            _ => None,
        }
    }

    /// Reads the operator of a `v1.NodeSelectorRequirement`.
    pub fn of_node_selector(text: &str) -> Option<Self> {
        match text {
            "Gt" => Some(Self::GreaterThan),
            "Lt" => Some(Self::LessThan),
            _ => Self::of_label_selector(text),
        }
    }
}

impl Requirement {
    /// A requirement that is checked like upstream's `NewRequirement`.
    ///
    /// # Errors
    /// A bad key, a bad value, or a number of values that the operator does not take.
    pub fn new(key: &str, operator: Operator, values: &[&str]) -> Result<Self, SelectorError> {
        let mut errors = Vec::new();
        errors.extend(invalid_key("key", key));
        errors.extend(wrong_count(operator, values));
        errors.extend(values.iter().enumerate().filter_map(|(index, value)| invalid_value(key, index, value)));
        aggregate(errors)?;
        Ok(Self { key: key.into(), operator, values: values.iter().copied().map(Text::new).collect() })
    }

    /// True if `labels`, a map such as `metadata.labels`, meets the requirement.
    pub fn matches(&self, labels: &Value) -> bool {
        let found = labels.as_map().and_then(|map| map.get(&self.key)).map(Value::str);
        let listed = |value: &str| self.values.iter().any(|it| it == value);
        match self.operator {
            Operator::Exists => found.is_some(),
            Operator::DoesNotExist => found.is_none(),
            Operator::Equals | Operator::DoubleEquals | Operator::In => found.is_some_and(listed),
            Operator::NotEquals | Operator::NotIn => !found.is_some_and(listed),
            Operator::GreaterThan => found.is_some_and(|it| self.compares(it, i64::gt)),
            Operator::LessThan => found.is_some_and(|it| self.compares(it, i64::lt)),
        }
    }

    fn compares(&self, found: &str, holds: fn(&i64, &i64) -> bool) -> bool {
        let (Ok(found), [wanted]) = (found.parse(), &self.values[..]) else { return false };
        wanted.parse().is_ok_and(|wanted| holds(&found, &wanted))
    }
}

impl Selector {
    /// Selects everything.
    pub const fn everything() -> Self {
        Self::All(Vec::new())
    }

    /// Reads the form of command lines and URLs: `a=b,c!=d,e in (f,g),!h,n>3`.
    ///
    /// # Errors
    /// The text is no selector; the error's text is upstream's.
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        let mut parser = Parser { tokens: tokens(text), position: 0 };
        parser.requirements().map(Self::sorted).map_err(SelectorError)
    }

    /// Reads a `metav1.LabelSelector`; null selects nothing, an empty one everything.
    ///
    /// # Errors
    /// An unknown operator, or a requirement that is not valid.
    pub fn from_object(selector: &Value) -> Result<Self, SelectorError> {
        if selector.is_null() {
            return Ok(Self::Nothing);
        }
        let mut requirements = Vec::new();
        for (key, value) in selector.get("matchLabels").fields() {
            requirements.push(Requirement::new(key, Operator::Equals, &[value.str()])?);
        }
        for it in selector.get("matchExpressions").items() {
            let word = it.get("operator").str();
            let operator = Operator::of_label_selector(word)
                .ok_or_else(|| SelectorError(format!("{} is not a valid label selector operator", quote(word))))?;
            let values: Vec<_> = it.get("values").items().iter().map(Value::str).collect();
            requirements.push(Requirement::new(it.get("key").str(), operator, &values)?);
        }
        Ok(Self::sorted(requirements))
    }

    /// Selects what has all `labels`, unchecked; an empty or missing map selects everything.
    pub fn from_labels(labels: &Value) -> Self {
        let equals = |(key, value): &(Text, Value)| Requirement {
            key: key.clone(),
            operator: Operator::Equals,
            values: vec![value.text()],
        };
        Self::sorted(labels.fields().iter().map(equals).collect())
    }

    /// True if `labels`, a map such as `metadata.labels`, is selected.
    pub fn matches(&self, labels: &Value) -> bool {
        match self {
            Self::Nothing => false,
            Self::All(requirements) => requirements.iter().all(|it| it.matches(labels)),
        }
    }

    /// True if it selects everything.
    pub fn is_everything(&self) -> bool {
        matches!(self, Self::All(requirements) if requirements.is_empty())
    }

    /// The requirements, sorted by key.
    pub fn requirements(&self) -> &[Requirement] {
        match self {
            Self::Nothing => &[],
            Self::All(requirements) => requirements,
        }
    }

    fn sorted(mut requirements: Vec<Requirement>) -> Self {
        requirements.sort_by(|a, b| a.key.cmp(&b.key));
        Self::All(requirements)
    }
}

fn invalid_key(path: &str, key: &str) -> Option<String> {
    let errors = names::label_key(key);
    (!errors.is_empty()).then(|| format!("{path}: Invalid value: {}: {}", quote(key), errors.join("; ")))
}

fn invalid_value(key: &str, index: usize, value: &str) -> Option<String> {
    let errors = names::label_value(value);
    let message = || format!("values[{index}][{key}]: Invalid value: {}: {}", quote(value), errors.join("; "));
    (!errors.is_empty()).then(message)
}

fn wrong_count(operator: Operator, values: &[&str]) -> Vec<String> {
    let wrong = |text: &str| {
        let shown: Vec<_> = values.iter().map(|it| quote(it)).collect();
        format!("values: Invalid value: [{}]: {text}", shown.join(","))
    };
    let one = values.len() == 1;
    match operator {
        Operator::In | Operator::NotIn if values.is_empty() => {
            vec![wrong("for 'in', 'notin' operators, values set can't be empty")]
        }
        Operator::Equals | Operator::DoubleEquals | Operator::NotEquals if !one => {
            vec![wrong("exact-match compatibility requires one single value")]
        }
        Operator::Exists | Operator::DoesNotExist if !values.is_empty() => {
            vec![wrong("values set must be empty for exists and does not exist")]
        }
        Operator::GreaterThan | Operator::LessThan => {
            let count = (!one).then(|| wrong("for 'Gt', 'Lt' operators, exactly one value is required"));
            count.into_iter().chain(values.iter().enumerate().filter_map(not_a_number)).collect()
        }
        Operator::In
        | Operator::NotIn
        | Operator::Equals
        | Operator::DoubleEquals
        | Operator::NotEquals
        | Operator::Exists
        | Operator::DoesNotExist => Vec::new(),
    }
}

fn not_a_number((index, value): (usize, &&str)) -> Option<String> {
    let text = "for 'Gt', 'Lt' operators, the value must be an integer";
    value.parse::<i64>().is_err().then(|| format!("values[{index}]: Invalid value: {}: {text}", quote(value)))
}

/// Several errors are one, as `utilerrors.Aggregate` writes them.
fn aggregate(mut errors: Vec<String>) -> Result<(), SelectorError> {
    match errors.len() {
        0 => Ok(()),
        1 => Err(SelectorError(errors.remove(0))),
        _ => {
            let mut seen = Vec::new();
            errors.retain(|it| {
                !seen.contains(it) && {
                    seen.push(it.clone());
                    true
                }
            });
            Err(SelectorError(if errors.len() == 1 { errors.remove(0) } else { format!("[{}]", errors.join(", ")) }))
        }
    }
}

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
                values.sort();
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

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut values: Vec<_> = self.values.iter().map(Text::as_str).collect();
        values.sort_unstable();
        let (key, values) = (&self.key, values.join(","));
        match self.operator {
            Operator::Exists => f.write_str(key),
            Operator::DoesNotExist => write!(f, "!{key}"),
            Operator::In | Operator::NotIn => write!(f, "{key} {} ({values})", self.operator.word()),
            Operator::GreaterThan => write!(f, "{key}>{values}"),
            Operator::LessThan => write!(f, "{key}<{values}"),
            Operator::Equals | Operator::DoubleEquals | Operator::NotEquals => {
                write!(f, "{key}{}{values}", self.operator.word())
            }
        }
    }
}

impl fmt::Display for Selector {
    /// The form that [`Selector::parse`] reads; empty for everything and for nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: Vec<_> = self.requirements().iter().map(ToString::to_string).collect();
        f.write_str(&shown.join(","))
    }
}

/// A `metav1.LabelSelector` as kubectl shows it: `<none>` for an empty or missing one, `<error>` for a bad one.
pub fn describe(selector: &Value) -> String {
    match Selector::from_object(selector) {
        Ok(it) if it.requirements().is_empty() => "<none>".into(),
        Ok(it) => it.to_string(),
        Err(_) => "<error>".into(),
    }
}

/// One condition on one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldRequirement {
    /// The field's path: `status.phase`.
    pub field: Text,
    /// True for `=` and `==`, false for `!=`.
    pub equal: bool,
    /// The value it is compared with.
    pub value: Text,
}

/// A field selector: every requirement must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSelector(pub Vec<FieldRequirement>);

impl FieldSelector {
    /// Reads `metadata.name=x,status.phase!=Running`; `\` escapes `,`, `=` and itself.
    ///
    /// # Errors
    /// The text is no field selector; the error's text is upstream's.
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        let mut terms = split_terms(text);
        terms.sort_unstable();
        let read = |term: &&str| field_term(text, term);
        terms.iter().filter(|it| !it.is_empty()).map(read).collect::<Result<_, _>>().map(Self).map_err(SelectorError)
    }

    /// True if the fields, read by `field`, are selected; a missing field reads as "".
    pub fn matches(&self, field: impl Fn(&str) -> Text) -> bool {
        self.0.iter().all(|it| (field(&it.field) == it.value) == it.equal)
    }

    /// The value that `field` must have, if the selector demands one.
    pub fn exact(&self, field: &str) -> Option<&Text> {
        self.0.iter().find(|it| it.equal && it.field == field).map(|it| &it.value)
    }
}

/// Cuts at each comma that no `\` escapes.
fn split_terms(text: &str) -> Vec<&str> {
    let (mut terms, mut start, mut escaped) = (Vec::new(), 0, false);
    for (index, it) in text.char_indices() {
        if it == ',' && !escaped {
            terms.push(&text[start..index]);
            start = index + 1;
        }
        escaped = it == '\\' && !escaped;
    }
    terms.push(&text[start..]);
    terms
}

fn field_term(whole: &str, term: &str) -> Result<FieldRequirement, String> {
    let at = term.char_indices().find(|(index, it)| *it == '=' || term[*index..].starts_with("!="));
    let Some((at, _)) = at else {
        return Err(format!("invalid selector: '{whole}'; can't understand '{term}'"));
    };
    let (field, rest) = term.split_at(at);
    let (equal, value) = match rest.strip_prefix("!=") {
        Some(value) => (false, value),
        None => (true, rest.strip_prefix("==").unwrap_or(&rest[1..])),
    };
    Ok(FieldRequirement { field: field.into(), equal, value: unescape(value)?.into() })
}

fn unescape(value: &str) -> Result<String, String> {
    let mut out = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(it) = characters.next() {
        match it {
            '\\' => match characters.next() {
                Some(it @ ('\\' | ',' | '=')) => out.push(it),
                Some(it) => return Err(format!("invalid field selector: invalid escape sequence: \\{it}")),
                None => return Err("invalid field selector: invalid escape sequence: \\".into()),
            },
            // Upstream prints the number of the character.
            ',' | '=' => {
                return Err(format!("invalid field selector: unescaped character in value: {}", u32::from(it)));
            }
            _ => out.push(it),
        }
    }
    Ok(out)
}

impl fmt::Display for FieldSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |it: &FieldRequirement| {
            let value = it.value.replace('\\', r"\\").replace(',', r"\,").replace('=', r"\=");
            format!("{}{}{value}", it.field, if it.equal { "=" } else { "!=" })
        };
        f.write_str(&self.0.iter().map(show).collect::<Vec<_>>().join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    /// Each line: a selector, and how it is written back or why not.
    fn check(texts: &[&str], expected: &Expect) {
        let line = |text: &&str| match Selector::parse(text) {
            Ok(it) => format!("{text:?} -> {it}\n"),
            Err(error) => format!("{text:?} !! {error}\n"),
        };
        expected.assert_eq(&texts.iter().map(line).collect::<String>());
    }

    #[test]
    fn parses() {
        check(
            &[
                "",
                "a=b",
                "x == y , a!=b",
                "e in (g,f,g),!h,app",
                "a notin (,b)",
                "a in ()",
                "a=",
                "a=,b",
                "n>3,m<4",
                "in in (in)",
                "a.io/b",
            ],
            &expect![[r#"
                "" -> 
                "a=b" -> a=b
                "x == y , a!=b" -> a!=b,x==y
                "e in (g,f,g),!h,app" -> app,e in (f,g),!h
                "a notin (,b)" -> a notin (,b)
                "a in ()" -> a in ()
                "a=" -> a=
                "a=,b" -> a=,b
                "n>3,m<4" -> m<4,n>3
                "in in (in)" -> in in (in)
                "a.io/b" -> a.io/b
            "#]],
        );
    }

    #[test]
    fn refuses() {
        check(
            &[
                "a b",
                "a=b,",
                ",a",
                "a=b=c",
                "a in b",
                "a in (b",
                "a in (b c)",
                "a in (=)",
                "a ! b",
                "!",
                "!=x",
                "a b=c",
                "_=x",
                "a=b c",
                "a in (b,",
                "a>x",
                "a=-x",
                "a=b,,c",
                "a!!b",
                "(a)",
                "a (b)",
                "!a=b",
                "a in (b d",
                "a=(",
            ],
            &expect![[r#"
                "a b" !! unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt
                "a=b," !! found '', expected: identifier after ','
                ",a" !! found ',', expected: !, identifier, or 'end of string'
                "a=b=c" !! found '=', expected: ',' or 'end of string'
                "a in b" !! unable to parse requirement: found 'b' expected: '('
                "a in (b" !! unable to parse requirement: found '', expected: ',' or ')'
                "a in (b c)" !! unable to parse requirement: found 'c', expected: ',' or ')'
                "a in (=)" !! unable to parse requirement: found '=', expected: ',', ')' or identifier
                "a ! b" !! unable to parse requirement: found '!', expected: in, notin, =, ==, !=, gt, lt
                "!" !! unable to parse requirement: found '', expected: identifier
                "!=x" !! found '!=', expected: !, identifier, or 'end of string'
                "a b=c" !! unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt
                "_=x" !! unable to parse requirement: <nil>: Invalid value: "_": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')
                "a=b c" !! found 'c', expected: ',' or 'end of string'
                "a in (b," !! unable to parse requirement: found '', expected: ',', or identifier
                "a>x" !! unable to parse requirement: values[0]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer
                "a=-x" !! unable to parse requirement: values[0][a]: Invalid value: "-x": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')
                "a=b,,c" !! found ',', expected: identifier after ','
                "a!!b" !! unable to parse requirement: found '!', expected: in, notin, =, ==, !=, gt, lt
                "(a)" !! found '(', expected: !, identifier, or 'end of string'
                "a (b)" !! unable to parse requirement: found '(', expected: in, notin, =, ==, !=, gt, lt
                "!a=b" !! found '=', expected: ',' or 'end of string'
                "a in (b d" !! unable to parse requirement: found 'd', expected: ',' or ')'
                "a=(" !! unable to parse requirement: found '(', expected: identifier
            "#]],
        );
    }

    fn object(text: &str) -> Value {
        Value::from_json(text).unwrap()
    }

    #[test]
    fn reads_objects() {
        let show =
            |text: &str| Selector::from_object(&object(text)).map_or_else(|error| error.0, |it| format!("{it:?}"));
        expect!["Nothing"].assert_eq(&show("null"));
        expect!["All([])"].assert_eq(&show("{}"));
        let both = r#"{"matchLabels":{"b":"c"},"matchExpressions":[{"key":"a","operator":"In","values":["y","x"]}]}"#;
        assert_eq!(describe(&object(both)), "a in (x,y),b=c");
        assert_eq!(describe(&Value::Null), "<none>");
        expect![[r#""Is" is not a valid label selector operator"#]]
            .assert_eq(&show(r#"{"matchExpressions":[{"key":"a","operator":"Is"}]}"#));
        expect![[r#"[key: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'), values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty]"#]].assert_eq(&show(r#"{"matchExpressions":[{"key":"a b","operator":"In"}]}"#));
    }

    #[test]
    fn selects() {
        let labels = object(r#"{"app":"web","n":"5"}"#);
        let yes = ["", "app", "app=web", "app in (api,web)", "x notin (y)", "!x", "x!=y", "n>4", "n<6"];
        let no = ["x", "app=api", "!app", "app notin (web)", "n>5", "app>1"];
        for text in yes {
            assert!(Selector::parse(text).unwrap().matches(&labels), "{text}");
        }
        for text in no {
            assert!(!Selector::parse(text).unwrap().matches(&labels), "{text}");
        }
        assert!(!Selector::Nothing.matches(&labels));
        assert!(Selector::from_labels(&labels).matches(&labels));
    }

    #[test]
    fn fields() {
        let show = |text: &str| FieldSelector::parse(text).map_or_else(|error| error.0, |it| it.to_string());
        expect!["metadata.name=x,status.phase!=Running"].assert_eq(&show("status.phase!=Running,metadata.name==x"));
        expect![[r"a=b\,c\=d"]].assert_eq(&show(r"a=b\,c\=d"));
        expect!["invalid selector: 'nonsense'; can't understand 'nonsense'"].assert_eq(&show("nonsense"));
        expect!["invalid field selector: unescaped character in value: 61"].assert_eq(&show("a=b=c"));
        expect![[r"invalid field selector: invalid escape sequence: \x"]].assert_eq(&show(r"a=\x"));
        let it = FieldSelector::parse("metadata.name=x,status.phase!=Running").unwrap();
        assert!(it.matches(|field| if field == "metadata.name" { "x".into() } else { Text::default() }));
        assert!(!it.matches(|_| "Running".into()));
        assert_eq!(it.exact("metadata.name").unwrap(), "x");
        assert_eq!(it.exact("status.phase"), None);
    }
}
