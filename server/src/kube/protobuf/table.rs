//! Which field of which message has which number: `server/schema/protobuf.txt`, which `cargo run -p schema` writes.

use std::collections::BTreeMap;
use std::sync::OnceLock;

const TABLE: &str = include_str!("../../../schema/protobuf.txt");

/// A field of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// Its name in JSON; empty if its fields are its parent's.
    pub(super) name: &'static str,
    /// Once, in a list, or in a map from text.
    pub(super) many: Many,
    /// What it is.
    pub(super) what: What,
}

/// How often a field comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Many {
    /// Once.
    One,
    /// In a list.
    List,
    /// In a map from text.
    Map,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// Text.
    Text,
    /// Bytes, which JSON has as base64.
    Bytes,
    /// A boolean.
    Bool,
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// A message, by name.
    Message(&'static str),
}

/// The fields of a message by their numbers.
pub(super) type Message = BTreeMap<u32, Field>;

/// The fields of the message `name`, such as `core.v1.Pod`.
pub(super) fn message(name: &str) -> Option<&'static Message> {
    static MESSAGES: OnceLock<BTreeMap<&'static str, Message>> = OnceLock::new();
    MESSAGES.get_or_init(|| TABLE.lines().filter_map(line).collect()).get(name)
}

fn line(line: &'static str) -> Option<(&'static str, Message)> {
    let mut words = line.split(' ');
    Some((words.next()?, words.filter_map(field).collect()))
}

fn field(word: &'static str) -> Option<(u32, Field)> {
    let mut parts = word.splitn(3, ':');
    let (number, name, what) = (parts.next()?.parse().ok()?, parts.next()?, parts.next()?);
    let inside = |open, close| what.strip_prefix(open).and_then(|it: &'static str| it.strip_suffix(close));
    let (many, inner) = match (inside('[', ']'), inside('{', '}')) {
        (Some(inner), _) => (Many::List, inner),
        (_, Some(inner)) => (Many::Map, inner),
        (None, None) => (Many::One, what),
    };
    let what = match inner {
        "s" => What::Text,
        "y" => What::Bytes,
        "b" => What::Bool,
        "n" => What::Whole,
        "d" => What::Number,
        message => What::Message(message),
    };
    Some((number, Field { name, many, what }))
}
