//! Writes YAML as kubectl does: keys in Go's natural order, lists not indented under their key, its quotes and line breaks.
//!
//! `serde_yaml` writes the structure and the scalars that both write alike. Every other scalar is a placeholder in its
//! text, and is put there afterwards in the form that Go's writer gives it.
//! Upstream: `go.yaml.in/yaml/v2` (`encode.go`, `emitterc.go`, `sorter.go`).

use super::scalar;
use crate::model::{Order, Text, Value};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use std::cell::RefCell;
use std::cmp::Ordering;
use std::fmt::Write as _;

/// What a placeholder starts with; a text that holds this is itself replaced, so no other text can be taken for one.
const PLACEHOLDER: &str = "SCALAR_OF_PILOTHOUSE_";
/// Upstream breaks a line at the first space after this column, counted in characters.
const WIDTH: usize = 80;
/// Upstream's indentation, in columns.
const INDENT: usize = 2;

/// `value` as `kubectl -o yaml` writes it, with a line break at the end.
pub fn write(value: &Value) -> String {
    let later = RefCell::new(Vec::new());
    // Neither a tree of values nor a string can refuse to be written.
    let draft = serde_yaml::to_string(&Tree { value, later: &later }).unwrap_or_default();
    fill_in(&draft, &later.into_inner())
}

/// A value on its way to `serde_yaml`.
struct Tree<'a> {
    value: &'a Value,
    /// Scalars that wait behind a placeholder, in the order of the text.
    later: &'a RefCell<Vec<Later>>,
}

/// A scalar that Go writes in a form of its own.
struct Later {
    text: Text,
    role: Role,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Key,
    Text,
    /// Already in Go's form.
    Number,
}

impl Tree<'_> {
    fn put<S: Serializer>(&self, text: Text, role: Role, to: S) -> Result<S::Ok, S::Error> {
        let number = self.later.borrow().len();
        self.later.borrow_mut().push(Later { text, role });
        to.serialize_str(&placeholder(number))
    }
}

fn placeholder(number: usize) -> String {
    format!("{PLACEHOLDER}{number}_")
}

impl Serialize for Tree<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.value {
            Value::Null => to.serialize_unit(),
            Value::Bool(it) => to.serialize_bool(*it),
            Value::Int(it) => to.serialize_i64(*it),
            Value::Float(it) => self.put(scalar::write_float(*it).into(), Role::Number, to),
            Value::Text(text) if is_plain(text) => to.serialize_str(text),
            Value::Text(text) => self.put(text.clone(), Role::Text, to),
            Value::List(list) => {
                let mut seq = to.serialize_seq(Some(list.len()))?;
                for value in list.iter() {
                    seq.serialize_element(&Tree { value, later: self.later })?;
                }
                seq.end()
            }
            Value::Map(map) => {
                let mut fields: Vec<_> = map.iter().collect();
                fields.order_by(|a, b| natural(&a.0, &b.0));
                let mut out = to.serialize_map(Some(fields.len()))?;
                for (key, value) in fields {
                    out.serialize_entry(&Key { key, later: self.later }, &Tree { value, later: self.later })?;
                }
                out.end()
            }
        }
    }
}

struct Key<'a> {
    key: &'a Text,
    later: &'a RefCell<Vec<Later>>,
}

impl Serialize for Key<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if is_plain(self.key) {
            return to.serialize_str(self.key);
        }
        Tree { value: &Value::Null, later: self.later }.put(self.key.clone(), Role::Key, to)
    }
}

/// True if both writers write the text bare: an ASCII word that is short, starts with a letter or `/`, and means nothing else.
fn is_plain(text: &str) -> bool {
    let starts = text.starts_with(|it: char| it.is_ascii_alphabetic() || it == '/');
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/');
    starts && text.len() < WIDTH && text.bytes().all(bare) && !text.contains(PLACEHOLDER) && !scalar::is_ambiguous(text)
}

/// Puts each scalar in the place of its placeholder.
fn fill_in(draft: &str, later: &[Later]) -> String {
    let mut out = String::with_capacity(draft.len());
    let mut rest = draft;
    for (number, scalar) in later.iter().enumerate() {
        let mark = placeholder(number);
        let Some(at) = rest.find(&mark) else { break };
        out.push_str(&rest[..at]);
        let line = &out[out.rfind('\n').map_or(0, |at| at + 1)..];
        let place = Place { column: line.chars().count(), indent: content_indent(line) };
        let text = go_scalar(&scalar.text, scalar.role, place);
        out.push_str(&text);
        rest = &rest[at + mark.len()..];
    }
    out.push_str(rest);
    out
}

/// Where a scalar starts, and how far the lines after its first are indented.
#[derive(Clone, Copy)]
struct Place {
    column: usize,
    indent: usize,
}

/// The indentation of lines that go on from `line`: one step from its innermost dash or key.
fn content_indent(line: &str) -> usize {
    let mut column = 0;
    let mut rest = line;
    loop {
        let blank = rest.len() - rest.trim_start_matches(' ').len();
        rest = &rest[blank..];
        column += blank;
        match rest.strip_prefix("- ") {
            Some(after) if !after.trim().is_empty() => {
                rest = after;
                column += 2;
            }
            _ => return column + INDENT,
        }
    }
}

/// How a scalar is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

fn go_scalar(text: &str, role: Role, place: Place) -> String {
    if role == Role::Number {
        return text.into();
    }
    let is_key = role == Role::Key;
    match style(text, is_key) {
        Style::Plain => folded(text, place, is_key),
        Style::Single => format!("'{}'", folded(&text.replace('\'', "''"), step(place), is_key)),
        Style::Double => double_quoted(text, step(place), is_key),
        Style::Literal => literal(text, place.indent),
    }
}

/// One column further, behind an opening quote.
fn step(place: Place) -> Place {
    Place { column: place.column + 1, ..place }
}

/// What decides which forms a text may have; `analyze_scalar`.
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own about one text")]
#[derive(Default)]
struct Shape {
    indicators: bool,
    breaks: bool,
    unprintable: bool,
    space_at_end: bool,
    blank_at_edge: bool,
    space_then_break: bool,
    break_then_space: bool,
}

fn style(text: &str, is_key: bool) -> Style {
    let shape = shape(text);
    let wanted = match text.contains('\n') {
        true if !is_key => Style::Literal,
        false if !scalar::is_ambiguous(text) => Style::Plain,
        _ => Style::Double,
    };
    let plain = !(shape.blank_at_edge || shape.breaks || shape.unprintable || shape.indicators);
    let single = !(shape.break_then_space || shape.space_then_break || shape.unprintable);
    let block = !(shape.space_at_end || shape.space_then_break || shape.unprintable);
    match wanted {
        Style::Plain if plain => Style::Plain,
        Style::Plain | Style::Single if single => Style::Single,
        Style::Literal if block => Style::Literal,
        Style::Plain | Style::Single | Style::Double | Style::Literal => Style::Double,
    }
}

fn shape(text: &str) -> Shape {
    let mut shape = Shape { indicators: text.starts_with("---") || text.starts_with("..."), ..Shape::default() };
    let mut before = None;
    let mut characters = text.chars().peekable();
    while let Some(it) = characters.next() {
        let after = characters.peek().copied();
        shape.indicators |= is_indicator(before, it, after);
        shape.unprintable |= !is_printable(it);
        shape.breaks |= is_break(it);
        shape.blank_at_edge |= (before.is_none() || after.is_none()) && (it == ' ' || is_break(it));
        shape.space_at_end |= after.is_none() && it == ' ';
        shape.space_then_break |= before == Some(' ') && is_break(it);
        shape.break_then_space |= before.is_some_and(is_break) && it == ' ';
        before = Some(it);
    }
    shape
}

fn is_indicator(before: Option<char>, it: char, after: Option<char>) -> bool {
    let blank_after = after.is_none_or(|it| matches!(it, ' ' | '\t'));
    let blank_before = before.is_some_and(|it| matches!(it, ' ' | '\t') || is_break(it));
    match before {
        None => match it {
            '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => true,
            '?' | ':' | '-' => blank_after,
            _ => false,
        },
        Some(_) => (it == ':' && blank_after) || (it == '#' && blank_before),
    }
}

fn is_break(it: char) -> bool {
    matches!(it, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_printable(it: char) -> bool {
    matches!(it, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

/// Breaks lines at single spaces past the width; a key stays on its line.
fn folded(text: &str, place: Place, is_key: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut column = place.column;
    let mut spaces = false;
    let mut characters = text.chars().enumerate().peekable();
    let last = text.chars().count().saturating_sub(1);
    while let Some((index, it)) = characters.next() {
        let next_is_space = characters.peek().is_some_and(|(_, next)| *next == ' ');
        if it == ' ' && !is_key && !spaces && column > WIDTH && index > 0 && index < last && !next_is_space {
            break_line(&mut out, place.indent);
            column = place.indent;
        } else {
            out.push(it);
            column += 1;
        }
        spaces = it == ' ';
    }
    out
}

fn break_line(out: &mut String, indent: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
}

fn double_quoted(text: &str, place: Place, is_key: bool) -> String {
    let mut out = String::from("\"");
    let mut column = place.column;
    let mut spaces = false;
    let last = text.chars().count().saturating_sub(1);
    let mut characters = text.chars().enumerate().peekable();
    while let Some((index, it)) = characters.next() {
        let before = out.len();
        if it == ' ' && !is_key && !spaces && column > WIDTH && index > 0 && index < last {
            break_line(&mut out, place.indent);
            column = place.indent;
            if characters.peek().is_some_and(|(_, next)| *next == ' ') {
                out.push('\\');
                column += 1;
            }
        } else {
            escape(it, &mut out);
            column += out[before..].chars().count();
        }
        spaces = it == ' ';
    }
    out.push('"');
    out
}

fn escape(it: char, out: &mut String) {
    let short = match it {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' => '"',
        '\\' => '\\',
        '\u{85}' => 'N',
        '\u{a0}' if !is_printable(it) => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ if is_printable(it) => return out.push(it),
        _ => return escape_code(u32::from(it), out),
    };
    out.push('\\');
    out.push(short);
}

fn escape_code(code: u32, out: &mut String) {
    // Writing to a string cannot fail.
    let _ = match code {
        0..=0xff => write!(out, "\\x{code:02X}"),
        0x100..=0xffff => write!(out, "\\u{code:04X}"),
        _ => write!(out, "\\U{code:08X}"),
    };
}

/// A `|` block, with the marks for a blank start and for the line breaks at its end.
fn literal(text: &str, indent: usize) -> String {
    let mut out = String::from("|");
    if text.starts_with(|it| it == ' ' || is_break(it)) {
        out.push('2');
    }
    let stem = text.strip_suffix(is_break);
    match stem {
        None => out.push('-'),
        Some(stem) if stem.is_empty() || stem.ends_with(is_break) => out.push('+'),
        Some(_) => {}
    }
    for line in stem.unwrap_or(text).split('\n') {
        out.push('\n');
        if !line.is_empty() {
            out.extend(std::iter::repeat_n(' ', indent.max(INDENT)));
            out.push_str(line);
        }
    }
    out
}

/// Go's order of keys: letters after other characters, runs of digits by their number.
fn natural(a: &str, b: &str) -> Ordering {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let Some(at) = a.iter().zip(&b).position(|(x, y)| x != y) else { return a.len().cmp(&b.len()) };
    let (x, y) = (a[at], b[at]);
    match (x.is_alphabetic(), y.is_alphabetic()) {
        (true, true) => return x.cmp(&y),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    // A number that started before the difference counts as one, so that zeros inside it are digits like others.
    let inside = (x == '0' || y == '0') && digits_before(&a[..at]);
    let (number_a, length_a) = digits(&a[at..], inside);
    let (number_b, length_b) = digits(&b[at..], inside);
    number_a.cmp(&number_b).then(length_a.cmp(&length_b)).then(x.cmp(&y))
}

/// True if the digits at the end of `before` are not all zero.
fn digits_before(before: &[char]) -> bool {
    before.iter().rev().take_while(|it| it.is_ascii_digit()).any(|it| *it != '0')
}

/// The number at the start, and how many digits it has.
fn digits(text: &[char], inside: bool) -> (u128, usize) {
    let digits: Vec<u32> = text.iter().map_while(|it| it.to_digit(10)).collect();
    let number = digits.iter().fold(u128::from(inside), |sum, it| sum.saturating_mul(10).saturating_add((*it).into()));
    (number, digits.len())
}
