//! Reads a text of several documents, each on its own, so that an error in one leaves the others alone.

use super::scalar::{self, Scalar};
use super::{BYTES_MAX, DEPTH_MAX, DOCUMENTS_MAX, Document, NODES_MAX, NodeSpan, Place, Problem, Span, error};
use crate::model::{Map, Text, Value};
use granit_parser::{Event, Marker, Options, Parser, ScalarStyle, StrInput, Tag};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

/// What parts documents, at the start of a line.
const SEPARATOR: &str = "---";

/// Reads every document of `text` that is not empty.
///
/// Total: what cannot be read becomes an error of its document.
pub fn parse(text: &str) -> Vec<Document> {
    if text.len() > BYTES_MAX {
        return vec![refused(format!("the text is too long: may not be more than {BYTES_MAX} bytes"))];
    }
    chunks(text).into_iter().take(DOCUMENTS_MAX).filter_map(|chunk| document(text, &chunk)).collect()
}

fn refused(message: String) -> Document {
    Document { errors: vec![Problem { message, span: Span::default() }], ..Document::default() }
}

/// A document's bytes in the text, and how many lines stand before it.
struct Chunk {
    range: Range<usize>,
    lines_before: usize,
    /// What stands behind the separator that ends it, if anything but a comment does.
    stray: Option<String>,
}

/// Cuts as `YAMLReader` does: at each line that starts with `---`, unless nothing stands before it yet.
fn chunks(text: &str) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let (mut start, mut lines_before, mut offset) = (0, 0, 0);
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if let Some(after) = line.strip_prefix(SEPARATOR) {
            let after = after.trim();
            let stray = (!after.is_empty() && !after.starts_with('#')).then(|| after.to_owned());
            if offset > start || stray.is_some() {
                chunks.push(Chunk { range: start..offset, lines_before, stray });
                (start, lines_before) = (offset + line.len(), number + 1);
            }
        }
        offset += line.len();
    }
    chunks.push(Chunk { range: start..text.len(), lines_before, stray: None });
    chunks
}

fn document(text: &str, chunk: &Chunk) -> Option<Document> {
    let source = &text[chunk.range.clone()];
    let mut reader = Reader::new(source, chunk);
    let value = reader.document();
    let Reader { spans, duplicates, .. } = reader;
    let mut document = Document { spans, duplicates, range: chunk.range.clone(), ..Document::default() };
    match value {
        Ok(Some(value)) => document.value = value,
        Ok(None) if chunk.stray.is_none() => return None,
        Ok(None) => {}
        Err(problem) => document.errors.push(problem),
    }
    if let Some(stray) = &chunk.stray {
        let end = chunk.place_at(source, source.len());
        let message = format!("invalid Yaml document separator: {stray}");
        document.errors.push(Problem { message, span: Span { start: end, end } });
    }
    Some(document)
}

impl Chunk {
    fn place(&self, marker: &Marker) -> Place {
        Place {
            line: marker.line() + self.lines_before,
            column: marker.col(),
            offset: marker.byte_offset().unwrap_or_default() + self.range.start,
        }
    }

    fn place_at(&self, source: &str, offset: usize) -> Place {
        let before = &source[..offset];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Place {
            line: before.matches('\n').count() + 1 + self.lines_before,
            column: before[line_start..].chars().count(),
            offset: offset + self.range.start,
        }
    }
}

/// A node that was read, and how many nodes it is after its aliases are filled in.
#[derive(Clone)]
struct Node {
    value: Value,
    size: usize,
    /// Where it ends.
    end: Place,
}

struct Reader<'a> {
    chunk: &'a Chunk,
    source: &'a str,
    parser: Parser<'a, StrInput<'a>>,
    path: String,
    spans: Vec<NodeSpan>,
    duplicates: Vec<NodeSpan>,
    /// What each anchor stands for; none while its node is still being read.
    anchors: BTreeMap<usize, Option<Node>>,
    nodes: usize,
}

/// The next thing in the text.
struct Next<'a> {
    event: Event<'a>,
    span: Span,
}

impl<'a> Reader<'a> {
    fn new(source: &'a str, chunk: &'a Chunk) -> Self {
        let mut options = Options::default();
        options.set_emit_comments(false);
        options.flow_nesting_limit = DEPTH_MAX;
        options.block_nesting_limit = DEPTH_MAX;
        Self {
            chunk,
            source,
            parser: Parser::new_from_str_with_options(source, options),
            path: String::new(),
            spans: Vec::new(),
            duplicates: Vec::new(),
            anchors: BTreeMap::new(),
            nodes: 0,
        }
    }

    /// The document's value; none if there is nothing but comments.
    fn document(&mut self) -> Result<Option<Value>, Problem> {
        loop {
            let next = self.next()?;
            match next.event {
                Event::StreamStart => {}
                Event::DocumentStart(..) => break,
                _ => return Ok(None),
            }
        }
        let first = self.next()?;
        let start = first.span.start;
        let explicit_nothing = first.span.end.offset == start.offset && matches!(first.event, Event::Scalar(..));
        let node = self.node(first, None, 0)?;
        // What stands behind the document's end is not read, but the end itself may be wrong.
        self.next()?;
        Ok((!(explicit_nothing && node.value.is_null())).then_some(node.value))
    }

    fn next(&mut self) -> Result<Next<'a>, Problem> {
        let Some(next) = self.parser.next_event() else {
            return Ok(Next { event: Event::StreamEnd, span: Span::default() });
        };
        match next {
            Ok((event, span)) => {
                let span = Span { start: self.chunk.place(&span.start), end: self.chunk.place(&span.end) };
                Ok(Next { event, span })
            }
            Err(error) => {
                let start = self.chunk.place(error.marker());
                Err(Problem {
                    message: error::message(&error, self.source),
                    span: Span { start, end: self.line_end(start) },
                })
            }
        }
    }

    /// The end of the line that a place is on.
    fn line_end(&self, place: Place) -> Place {
        let at = (place.offset - self.chunk.range.start).min(self.source.len());
        let Some(rest) = self.source.get(at..) else { return place };
        let line = rest.split('\n').next().unwrap_or_default();
        Place { column: place.column + line.chars().count(), offset: place.offset + line.len(), ..place }
    }

    fn node(&mut self, next: Next<'a>, key: Option<Span>, depth: usize) -> Result<Node, Problem> {
        let Next { event, span } = next;
        if depth > DEPTH_MAX {
            return Err(problem(format!("yaml: exceeded max depth of {DEPTH_MAX}"), span));
        }
        let index = self.spans.len();
        self.spans.push(NodeSpan { path: self.path.clone(), key, value: span });
        let anchor = event.anchor_id();
        if let Some(id) = anchor {
            self.anchors.insert(id, None);
        }
        let node = match event {
            Event::Alias(id) => self.alias(id, span)?,
            Event::Scalar(text, style, _, tag) => leaf(scalar_value(&text, style, tag.as_deref(), span)?, span.end),
            Event::SequenceStart(..) => self.sequence(span, depth)?,
            Event::MappingStart(..) => self.mapping(span, depth)?,
            _ => leaf(Value::Null, span.end),
        };
        self.spans[index].value.end = node.end.max(span.end);
        self.nodes += 1;
        if let Some(id) = anchor {
            self.anchors.insert(id, Some(node.clone()));
        }
        Ok(node)
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<Node, Problem> {
        let name =
            self.source.get(span.start.offset - self.chunk.range.start + 1..span.end.offset - self.chunk.range.start);
        let name = name.unwrap_or_default();
        let Some(Some(node)) = self.anchors.get(&id) else {
            return Err(problem(format!("yaml: anchor '{name}' value contains itself"), span));
        };
        self.nodes = self.nodes.saturating_add(node.size);
        if self.nodes > NODES_MAX {
            return Err(problem("yaml: document contains excessive aliasing".into(), span));
        }
        Ok(Node { end: span.end, ..node.clone() })
    }

    fn sequence(&mut self, span: Span, depth: usize) -> Result<Node, Problem> {
        let (mut items, mut size, mut end) = (Vec::new(), 1, span.end);
        loop {
            let next = self.next()?;
            if matches!(next.event, Event::SequenceEnd) {
                end = end.max(if is_flow_end(self.source, self.chunk, next.span) { next.span.end } else { end });
                return Ok(Node { value: items.into(), size, end });
            }
            let length = self.path.len();
            self.enter_item(items.len());
            let item = self.node(next, None, depth + 1)?;
            self.path.truncate(length);
            size = add_size(size, &item);
            end = item.end;
            items.push(item.value);
        }
    }

    fn mapping(&mut self, span: Span, depth: usize) -> Result<Node, Problem> {
        let (mut map, mut merged, mut size, mut end) = (Map::default(), Vec::new(), 1, span.end);
        loop {
            let next = self.next()?;
            if matches!(next.event, Event::MappingEnd) {
                end = end.max(if is_flow_end(self.source, self.chunk, next.span) { next.span.end } else { end });
                for source in &merged {
                    merge(&mut map, source);
                }
                return Ok(Node { value: Value::Map(map), size, end });
            }
            let key_span = next.span;
            let key = self.key(&next)?;
            let length = self.path.len();
            self.enter(key.as_deref().unwrap_or("<<"));
            let value_event = self.next()?;
            let value = self.node(value_event, Some(key_span), depth + 1)?;
            size = add_size(size, &value);
            end = value.end.max(key_span.end);
            match key {
                None => merged.push(value.value),
                Some(key) => {
                    if map.contains_key(&key) {
                        let path = self.path.clone();
                        self.duplicates.push(NodeSpan { path, key: Some(key_span), value: key_span });
                    }
                    map.insert(key, value.value);
                }
            }
            self.path.truncate(length);
        }
    }

    fn enter(&mut self, key: &str) {
        if !self.path.is_empty() {
            self.path.push('.');
        }
        self.path.push_str(key);
    }

    fn enter_item(&mut self, index: usize) {
        // Writing to a string cannot fail.
        let _ = write!(self.path, "[{index}]");
    }

    /// A key as JSON has it, a string; none for the merge key.
    fn key(&mut self, next: &Next<'a>) -> Result<Option<Text>, Problem> {
        let value = match &next.event {
            Event::Scalar(text, ScalarStyle::Plain, _, None) => match scalar::resolve(text) {
                Scalar::Merge => return Ok(None),
                Scalar::Json(value) => value,
                Scalar::NotJson(text) => key_of_no_json(text).into(),
            },
            Event::Scalar(text, ..) => Value::from(&**text),
            Event::Alias(id) => self.alias(*id, next.span)?.value,
            _ => return Err(problem("yaml: invalid map key: only scalars can be keys".into(), next.span)),
        };
        match value {
            Value::Text(text) => Ok(Some(text)),
            Value::Bool(_) | Value::Int(_) => Ok(Some(value.to_json().into())),
            Value::Float(it) => Ok(Some(scalar::write_float(it).into())),
            Value::Null | Value::List(_) | Value::Map(_) => {
                let message = "error converting YAML to JSON: unsupported map key of type: %!s(<nil>), key: <nil>";
                Err(problem(message.into(), next.span))
            }
        }
    }
}

fn leaf(value: Value, end: Place) -> Node {
    Node { value, size: 1, end }
}

fn add_size(size: usize, node: &Node) -> usize {
    size.saturating_add(node.size)
}

fn problem(message: String, span: Span) -> Problem {
    Problem { message, span }
}

/// True if the end of a collection is a bracket in the text; a block's end is where the next thing starts.
fn is_flow_end(source: &str, chunk: &Chunk, span: Span) -> bool {
    let at = span.start.offset.saturating_sub(chunk.range.start);
    span.end.offset > span.start.offset && source.get(at..).is_some_and(|rest| rest.starts_with([']', '}']))
}

fn scalar_value(text: &str, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Result<Value, Problem> {
    let core = tag.and_then(Tag::core_suffix);
    if (style != ScalarStyle::Plain && core.is_none()) || core == Some("str") {
        return Ok(text.into());
    }
    let value = match scalar::resolve(text) {
        Scalar::Json(value) => value,
        Scalar::Merge => "<<".into(),
        Scalar::NotJson(text) => return Err(problem(format!("json: unsupported value: {text}"), span)),
    };
    let fits = match core {
        Some("int") => matches!(value, Value::Int(_)),
        Some("float") => matches!(value, Value::Int(_) | Value::Float(_)),
        Some("bool") => matches!(value, Value::Bool(_)),
        Some("null") => value.is_null(),
        _ => true,
    };
    if fits {
        return Ok(value);
    }
    let found = type_tag(&value);
    Err(problem(format!("yaml: cannot decode {found} `{text}` as a !!{}", core.unwrap_or_default()), span))
}

fn type_tag(value: &Value) -> &'static str {
    match value {
        Value::Null => "!!null",
        Value::Bool(_) => "!!bool",
        Value::Int(_) => "!!int",
        Value::Float(_) => "!!float",
        Value::Text(_) => "!!str",
        Value::List(_) => "!!seq",
        Value::Map(_) => "!!map",
    }
}

fn key_of_no_json(text: &str) -> &'static str {
    match text {
        "+Inf" => ".inf",
        "-Inf" => "-.inf",
        _ => ".nan",
    }
}

/// Fills in what `<<` brings; the map's own keys win, and of several sources the first.
fn merge(map: &mut Map, source: &Value) {
    for (key, value) in source.fields() {
        if !map.contains_key(key) {
            map.insert(key.clone(), value.clone());
        }
    }
    source.items().iter().for_each(|it| merge(map, it));
}
