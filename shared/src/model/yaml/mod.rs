//! YAML as kubectl reads and writes it: documents with the place of every node, and the writer of `-o yaml`.
//!
//! Upstream: `sigs.k8s.io/yaml` and `go.yaml.in/yaml/v2` (YAML 1.1 scalars), `k8s.io/apimachinery/pkg/util/yaml`
//! (`YAMLReader`, which cuts a file into documents). Knows nothing of schemas.

mod error;
mod parse;
mod scalar;
mod write;

pub use parse::parse;
pub use write::write;

use crate::model::Value;
use std::ops::Range;

/// The longest text that is read, in bytes: what the API server takes as one request.
pub const BYTES_MAX: usize = 3 * 1024 * 1024;
/// How many documents one text may hold.
pub const DOCUMENTS_MAX: usize = 10_000;
/// How deep nodes may nest.
pub const DEPTH_MAX: usize = 200;
/// How many nodes a document may have after its aliases are filled in.
pub const NODES_MAX: usize = 500_000;

/// A place in a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// How many characters of the line stand before it, from 0.
    pub column: usize,
    /// How many bytes of the text stand before it, from 0.
    pub offset: usize,
}

/// A stretch of a text: from `start` up to, but without, `end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The first place in it.
    pub start: Place,
    /// The first place after it.
    pub end: Place,
}

/// Something wrong in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, in kubectl's words where it has any: `yaml: line 4: did not find expected key`.
    ///
    /// The line in it counts from the start of the document, and may be off by one, as kubectl's is.
    pub message: String,
    /// Where it is.
    pub span: Span,
}

/// Where a value stands that is at one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeSpan {
    /// Names and indexes: `spec.containers[0].image`; empty for the whole document.
    pub path: String,
    /// The key before it, if it is a field of a map.
    pub key: Option<Span>,
    /// The value itself; an empty stretch for a key without a value.
    pub value: Span,
}

/// One document of a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    /// What it says; null if it cannot be read.
    pub value: Value,
    /// The place of each node, in the order of the text; what stands before an error is there too.
    pub spans: Vec<NodeSpan>,
    /// What makes it unreadable; none means that `value` holds.
    pub errors: Vec<Problem>,
    /// Each key that its map has already; the last one counts.
    pub duplicates: Vec<NodeSpan>,
    /// Its bytes in the text.
    pub range: Range<usize>,
}

impl Document {
    /// Where the value at `path` stands, such as `spec.containers[0].image`.
    pub fn span(&self, path: &str) -> Option<Span> {
        self.node(path).map(|it| it.value)
    }

    /// Where the key of the value at `path` stands.
    pub fn key_span(&self, path: &str) -> Option<Span> {
        self.node(path)?.key
    }

    /// The path of the innermost node whose key or value holds the place; line from 1, column from 0.
    pub fn path_at(&self, line: usize, column: usize) -> Option<&str> {
        let holding =
            |it: &&NodeSpan| it.value.holds(line, column) || it.key.is_some_and(|key| key.holds(line, column));
        // Nodes stand in the order of the text, so the last one that holds the place is the innermost.
        self.spans.iter().rev().find(holding).map(|it| it.path.as_str())
    }

    fn node(&self, path: &str) -> Option<&NodeSpan> {
        // Of a key that stands twice, the last counts.
        self.spans.iter().rev().find(|it| it.path == path)
    }
}

impl Span {
    /// True if the place is inside, or right behind it on its last line, where a cursor stands after typing.
    pub fn holds(&self, line: usize, column: usize) -> bool {
        let place = (line, column);
        (self.start.line, self.start.column) <= place && place <= (self.end.line, self.end.column)
    }
}

#[cfg(test)]
mod tests;
