//! `JSONPath` templates: `{.items[*].metadata.name}`, `{range .items[*]}{.kind}{"\n"}{end}`.
//!
//! Upstream: `k8s.io/client-go/util/jsonpath`. Missing fields are empty, as kubectl asks for.
//! Knows nothing of objects or output.

use crate::model::{Text, Value};
use std::cmp::Ordering;

/// How deep templates and filters may nest.
const DEPTH_MAX: usize = 32;
/// How many `..` may follow each other: each of them multiplies what is found (`DIFFERENCE`: upstream has no limit).
const DEEP_MAX: usize = 4;

/// A parsed template.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq)]
enum Part {
    /// As it is.
    Text(String),
    /// `{.a.b}`.
    Path(Vec<Hop>),
    /// `{range .items[*]} … {end}`.
    Range(Vec<Hop>, Vec<Part>),
}

#[derive(Clone, Debug, PartialEq)]
enum Hop {
    /// `$`.
    Root,
    /// `.name` or `['name']`.
    Field(Text),
    /// `[*]` or `.*`.
    Every,
    /// `..`.
    Deep,
    /// `[1:3:2]`, `[-1]`, `[0]`.
    Slice { from: Option<i64>, to: Option<i64>, step: i64, single: bool },
    /// `[?(@.a=="b")]`.
    Filter(Vec<Hop>, Compare, Side),
    /// `['a','b']`, `[0,2]`.
    Union(Vec<Vec<Hop>>),
    /// `"text"`, `3`, `true`.
    Literal(Value),
}

#[derive(Clone, Debug, PartialEq)]
enum Side {
    Path(Vec<Hop>),
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compare {
    Exists,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

const COMPARES: &[(&str, Compare)] = &[
    ("==", Compare::Equal),
    ("!=", Compare::Unequal),
    ("<=", Compare::LessOrEqual),
    (">=", Compare::GreaterOrEqual),
    ("<", Compare::Less),
    (">", Compare::Greater),
];

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// What upstream's parser says.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader { rest: text, deep: 0 };
        let (parts, end) = reader.parts(0)?;
        if end == End::Word { Err("not in range, nothing to end".into()) } else { Ok(Self(parts)) }
    }

    /// Reads the looser form of `--sort-by` and custom columns: `name.first`, `.name.first`, `{.name.first}`.
    ///
    /// # Errors
    /// It is neither.
    pub(crate) fn parse_relaxed(text: &str) -> Result<Self, String> {
        let inner = text.strip_prefix('{').and_then(|it| it.strip_suffix('}')).unwrap_or(text);
        let inner = inner.strip_prefix('.').unwrap_or(inner);
        if inner.is_empty() || inner.contains(['{', '}']) {
            return Err("unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'".into());
        }
        Self::parse(&format!("{{.{inner}}}"))
    }

    /// The text that the template makes of `data`.
    pub(crate) fn render(&self, data: &Value) -> String {
        let mut out = String::new();
        render(&self.0, data, data, &mut out);
        out
    }

    /// The values that the template's paths find in `data`.
    pub(crate) fn find(&self, data: &Value) -> Vec<Value> {
        let mut found = Vec::new();
        for part in &self.0 {
            match part {
                Part::Text(_) => {}
                Part::Path(hops) => found.extend(walk(hops, data, data)),
                Part::Range(hops, body) => {
                    let body = Template(body.clone());
                    found.extend(walk(hops, data, data).iter().flat_map(|it| body.find(it)));
                }
            }
        }
        found
    }
}

fn render(parts: &[Part], data: &Value, root: &Value, out: &mut String) {
    for part in parts {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Path(hops) => {
                let shown: Vec<String> = walk(hops, data, root).iter().map(show).collect();
                out.push_str(&shown.join(" "));
            }
            Part::Range(hops, body) => walk(hops, data, root).iter().for_each(|it| render(body, it, root, out)),
        }
    }
}

/// A value as jsonpath prints it: texts as they are, trees as JSON.
pub(crate) fn show(value: &Value) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        other => other.to_json(),
    }
}

fn walk(hops: &[Hop], from: &Value, root: &Value) -> Vec<Value> {
    let mut here = vec![from.clone()];
    for hop in hops {
        here = here.iter().flat_map(|value| step(hop, value, root)).collect();
    }
    here
}

fn step(hop: &Hop, value: &Value, root: &Value) -> Vec<Value> {
    match hop {
        Hop::Root => vec![root.clone()],
        Hop::Literal(literal) => vec![literal.clone()],
        Hop::Field(name) => value.as_map().and_then(|it| it.get(name)).cloned().into_iter().collect(),
        Hop::Every => children(value),
        Hop::Deep => deep(value),
        Hop::Slice { from, to, step, single } => slice(value.items(), *from, *to, *step, *single),
        Hop::Filter(left, compare, right) => {
            children(value).into_iter().filter(|it| holds(it, left, *compare, right, root)).collect()
        }
        Hop::Union(paths) => paths.iter().flat_map(|hops| walk(hops, value, root)).collect(),
    }
}

fn children(value: &Value) -> Vec<Value> {
    match value {
        Value::Map(map) => map.iter().map(|(_, it)| it.clone()).collect(),
        other => other.items().to_vec(),
    }
}

/// The value and everything below it.
fn deep(value: &Value) -> Vec<Value> {
    let mut found = vec![value.clone()];
    for child in children(value) {
        found.extend(deep(&child));
    }
    found
}

fn slice(items: &[Value], from: Option<i64>, to: Option<i64>, step: i64, single: bool) -> Vec<Value> {
    let count = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let place = |it: i64| if it < 0 { it + count } else { it };
    let first = place(from.unwrap_or(0));
    if single {
        return usize::try_from(first).ok().and_then(|it| items.get(it)).cloned().into_iter().collect();
    }
    let last = place(to.unwrap_or(count)).min(count);
    let mut found = Vec::new();
    let mut at = first.max(0);
    while at < last {
        found.extend(usize::try_from(at).ok().and_then(|it| items.get(it)).cloned());
        at += step.max(1);
    }
    found
}

fn holds(item: &Value, left: &[Hop], compare: Compare, right: &Side, root: &Value) -> bool {
    let left = walk(left, item, root);
    let Side::Path(right) = right else { return !left.is_empty() };
    let right = walk(right, item, root);
    let (Some(left), Some(right)) = (left.first(), right.first()) else { return false };
    let order = order(left, right);
    match compare {
        Compare::Exists => true,
        Compare::Equal => left == right || order == Some(Ordering::Equal),
        Compare::Unequal => left != right && order != Some(Ordering::Equal),
        Compare::Less => order == Some(Ordering::Less),
        Compare::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        Compare::Greater => order == Some(Ordering::Greater),
        Compare::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
    }
}

/// How two values of one type compare; `None` for different types.
pub(crate) fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        #[allow(clippy::cast_precision_loss, reason = "comparing a whole number with a float needs no more")]
        (Value::Int(a), Value::Float(b)) => (*a as f64).partial_cmp(b),
        #[allow(clippy::cast_precision_loss, reason = "comparing a whole number with a float needs no more")]
        (Value::Float(a), Value::Int(b)) => a.partial_cmp(&(*b as f64)),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        _ => None,
    }
}

/// How many `..` there are in a path, and in the paths inside of it.
fn deep_hops(hops: &[Hop]) -> usize {
    let count = |hop: &Hop| match hop {
        Hop::Deep => 1,
        Hop::Filter(left, _, right) => {
            deep_hops(left) + if let Side::Path(right) = right { deep_hops(right) } else { 0 }
        }
        Hop::Union(paths) => paths.iter().map(|it| deep_hops(it)).sum(),
        Hop::Root | Hop::Literal(_) | Hop::Field(_) | Hop::Every | Hop::Slice { .. } => 0,
    };
    hops.iter().map(count).sum()
}

/// How a list of parts ended.
#[derive(PartialEq, Eq)]
enum End {
    /// With the text.
    Text,
    /// With `{end}`.
    Word,
}

struct Reader<'a> {
    rest: &'a str,
    /// How many `..` stand in the ranges around.
    deep: usize,
}

impl Reader<'_> {
    fn parts(&mut self, depth: usize) -> Result<(Vec<Part>, End), String> {
        if depth > DEPTH_MAX {
            return Err("template nests too deep".into());
        }
        let mut parts = Vec::new();
        while !self.rest.is_empty() {
            if !self.rest.starts_with('{') {
                let end = self.rest.find('{').unwrap_or(self.rest.len());
                parts.push(Part::Text(self.take(end).to_owned()));
                continue;
            }
            let action = self.action()?;
            match action.trim() {
                "end" => return Ok((parts, End::Word)),
                it if it.starts_with("range") && !it[5..].starts_with(|c: char| c.is_alphanumeric()) => {
                    let hops = Hops::read(it[5..].trim())?;
                    let around = self.deep;
                    self.deep += deep_hops(&hops);
                    self.check()?;
                    let (body, end) = self.parts(depth + 1)?;
                    self.deep = around;
                    if end == End::Text {
                        return Err("unclosed action".into());
                    }
                    parts.push(Part::Range(hops, body));
                }
                it => parts.extend(self.checked(simple(it)?)?),
            }
        }
        Ok((parts, End::Text))
    }

    fn check(&self) -> Result<(), String> {
        if self.deep > DEEP_MAX {
            Err(format!("more than {DEEP_MAX} recursive descents in each other"))
        } else {
            Ok(())
        }
    }

    /// The parts, if none of them descends too often together with the ranges around.
    fn checked(&self, parts: Vec<Part>) -> Result<Vec<Part>, String> {
        let deepest = parts.iter().map(|it| if let Part::Path(hops) = it { deep_hops(hops) } else { 0 }).max();
        let inner = Self { rest: "", deep: self.deep + deepest.unwrap_or(0) };
        inner.check().map(|()| parts)
    }

    /// The text between the braces that come next.
    fn action(&mut self) -> Result<String, String> {
        let mut quote = None;
        let mut escaped = false;
        for (index, it) in self.rest.char_indices().skip(1) {
            match (quote, it) {
                _ if escaped => escaped = false,
                (_, '\\') => escaped = true,
                (Some(open), _) if it == open => quote = None,
                (None, '"' | '\'') => quote = Some(it),
                (None, '}') => {
                    let action = self.take(index + 1);
                    return Ok(action[1..index].to_owned());
                }
                _ => {}
            }
        }
        Err("unclosed action".into())
    }

    fn take(&mut self, bytes: usize) -> &str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.rest = rest;
        taken
    }
}

/// An action without range: paths and literals one after the other.
fn simple(action: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut hops = Hops { rest: action };
    while !hops.rest.trim_start().is_empty() {
        hops.rest = hops.rest.trim_start();
        parts.push(match hops.rest.chars().next() {
            Some(quote @ ('"' | '\'')) => Part::Text(hops.quoted(quote)?),
            _ => Part::Path(hops.some_path()?),
        });
    }
    Ok(parts)
}

struct Hops<'a> {
    rest: &'a str,
}

impl Hops<'_> {
    fn read(text: &str) -> Result<Vec<Hop>, String> {
        Hops { rest: text }.path(0)
    }

    /// A path of an action; what begins none is refused, or it would be looked at for ever.
    fn some_path(&mut self) -> Result<Vec<Hop>, String> {
        let before = self.rest.len();
        let first = self.first();
        let hops = self.path(0)?;
        if self.rest.len() < before {
            return Ok(hops);
        }
        Err(format!("unrecognized character in action: U+{:04X} '{first}'", u32::from(first)))
    }

    fn path(&mut self, depth: usize) -> Result<Vec<Hop>, String> {
        if depth > DEPTH_MAX {
            return Err("expression nests too deep".into());
        }
        let mut hops = Vec::new();
        while let Some(it) = self.rest.chars().next() {
            match it {
                '$' => hops.push(self.after(1, Hop::Root)),
                '@' => self.rest = &self.rest[1..],
                '[' => hops.push(self.bracket(depth)?),
                '.' if self.rest.starts_with("..") => {
                    hops.push(self.after(2, Hop::Deep));
                    if self.rest.starts_with(|it: char| it != '[' && it != '*') {
                        hops.push(self.field()?);
                    }
                }
                '.' => {
                    self.rest = &self.rest[1..];
                    if !self.rest.is_empty() && !self.rest.starts_with(['[', ' ', '=', '!', '<', '>']) {
                        hops.push(self.field()?);
                    }
                }
                '*' => hops.push(self.after(1, Hop::Every)),
                ' ' | '=' | '!' | '<' | '>' | ')' | ',' | ']' => break,
                _ if hops.is_empty() => hops.push(self.word()?),
                _ => break,
            }
        }
        Ok(hops)
    }

    fn after(&mut self, bytes: usize, hop: Hop) -> Hop {
        self.rest = &self.rest[bytes..];
        hop
    }

    fn field(&mut self) -> Result<Hop, String> {
        if self.rest.starts_with('*') {
            return Ok(self.after(1, Hop::Every));
        }
        let mut name = String::new();
        let mut chars = self.rest.char_indices();
        let mut end = self.rest.len();
        while let Some((index, it)) = chars.next() {
            match it {
                '\\' => name.extend(chars.next().map(|(_, it)| it)),
                '.' | '[' | ']' | ' ' | '(' | ')' | '=' | '!' | '<' | '>' | ',' | '$' | '@' | '{' | '}' => {
                    end = index;
                    break;
                }
                _ => name.push(it),
            }
        }
        if end == 0 {
            return Err(format!(
                "unrecognized character in action: U+{:04X} '{}'",
                u32::from(self.first()),
                self.first()
            ));
        }
        self.rest = &self.rest[end..];
        Ok(Hop::Field(name.into()))
    }

    fn first(&self) -> char {
        self.rest.chars().next().unwrap_or(' ')
    }

    /// A number, a truth value or a quoted text; anything else is no beginning of a path.
    fn word(&mut self) -> Result<Hop, String> {
        let first = self.first();
        if first == '"' || first == '\'' {
            return Ok(Hop::Literal(Value::from(self.quoted(first)?)));
        }
        let end = self.rest.find([' ', ')', ',', ']', '=', '!', '<', '>']).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        let number = word.parse().map(Value::Int).or_else(|_| word.parse().map(Value::Float));
        match word {
            "true" => Ok(Hop::Literal(true.into())),
            "false" => Ok(Hop::Literal(false.into())),
            _ => number.map(Hop::Literal).map_err(|_| format!("unrecognized identifier {word}")),
        }
    }

    fn quoted(&mut self, quote: char) -> Result<String, String> {
        let mut text = String::new();
        let mut chars = self.rest[1..].char_indices();
        while let Some((index, it)) = chars.next() {
            match it {
                _ if it == quote => {
                    self.rest = &self.rest[index + 2..];
                    return Ok(text);
                }
                '\\' => match chars.next().map(|(_, it)| it) {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some('r') => text.push('\r'),
                    Some(other) => text.push(other),
                    None => break,
                },
                _ => text.push(it),
            }
        }
        Err("unterminated quoted string".into())
    }

    fn bracket(&mut self, depth: usize) -> Result<Hop, String> {
        let inside = self.inside()?;
        let inner = inside.trim();
        if let Some(filter) = inner.strip_prefix("?(").and_then(|it| it.strip_suffix(')')) {
            return filter_hop(filter.trim(), depth);
        }
        if inner == "*" {
            return Ok(Hop::Every);
        }
        let parts = split_outside_quotes(inner, ',');
        if parts.len() > 1 {
            let hops = parts.iter().map(|it| member(it.trim()).map(|hop| vec![hop]));
            return Ok(Hop::Union(hops.collect::<Result<_, _>>()?));
        }
        member(inner)
    }

    /// The text between the brackets that come next.
    fn inside(&mut self) -> Result<String, String> {
        let (mut depth, mut quote) = (0_usize, None);
        for (index, it) in self.rest.char_indices() {
            match (quote, it) {
                (Some(open), _) if it == open => quote = None,
                (None, '"' | '\'') => quote = Some(it),
                (None, '[') => depth += 1,
                (None, ']') if depth == 1 => {
                    let inside = self.rest[1..index].to_owned();
                    self.rest = &self.rest[index + 1..];
                    return Ok(inside);
                }
                (None, ']') => depth -= 1,
                _ => {}
            }
        }
        Err("unterminated array".into())
    }
}

/// What stands in brackets, without commas: a quoted name, an index or a slice.
fn member(text: &str) -> Result<Hop, String> {
    if let Some(quote) = text.chars().next().filter(|it| matches!(it, '"' | '\'')) {
        return Ok(Hop::Field(Hops { rest: text }.quoted(quote)?.into()));
    }
    let parts: Vec<&str> = text.split(':').collect();
    let number = |index: usize| match parts.get(index).map(|it| it.trim()) {
        None | Some("") => Ok(None),
        Some(it) => it.parse().map(Some).map_err(|_| format!("invalid array index {text}")),
    };
    if text.is_empty() || parts.len() > 3 {
        return Err(format!("invalid array index {text}"));
    }
    Ok(Hop::Slice { from: number(0)?, to: number(1)?, step: number(2)?.unwrap_or(1), single: parts.len() == 1 })
}

fn filter_hop(text: &str, depth: usize) -> Result<Hop, String> {
    let mut hops = Hops { rest: text };
    let left = hops.path(depth + 1)?;
    hops.rest = hops.rest.trim_start();
    let Some((sign, compare)) = COMPARES.iter().find(|(sign, _)| hops.rest.starts_with(sign)) else {
        return Ok(Hop::Filter(left, Compare::Exists, Side::None));
    };
    hops.rest = hops.rest[sign.len()..].trim_start();
    let right = hops.path(depth + 1)?;
    Ok(Hop::Filter(left, *compare, Side::Path(right)))
}

/// Splits at `separator` where it is not in quotes.
pub(crate) fn split_outside_quotes(text: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quote = None;
    for it in text.chars() {
        match (quote, it) {
            (Some(open), _) if it == open => quote = None,
            (None, '"' | '\'') => quote = Some(it),
            (None, _) if it == separator => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(it);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    const DATA: &str = r#"{"kind":"List","items":[
        {"metadata":{"name":"a","labels":{"app.x/y":"1"}},"status":{"n":1,"ok":true,"c":[{"type":"Ready","status":"True"},{"type":"Other"}]}},
        {"metadata":{"name":"b"},"status":{"n":2,"ok":false}},
        {"metadata":{"name":"c"},"status":{"n":3}}]}"#;

    fn check(template: &str, expect: &Expect) {
        let data = Value::from_json(DATA).unwrap();
        let shown = match Template::parse(template) {
            Ok(template) => template.render(&data),
            Err(why) => format!("error: {why}"),
        };
        expect.assert_eq(&shown);
    }

    #[test]
    fn finds_fields_items_and_slices() {
        check("{.kind}", &expect!["List"]);
        check("{.items[*].metadata.name}", &expect!["a b c"]);
        check("{.items[-1].metadata.name} {.items[0:2].status.n}", &expect!["c 1 2"]);
        check("{.items[0,2].metadata['name']}", &expect!["a c"]);
        check(r"{.items[0].metadata.labels.app\.x/y}", &expect!["1"]);
        check("{.items[0].metadata.labels}", &expect![[r#"{"app.x/y":"1"}"#]]);
        check("{..type}", &expect!["Ready Other"]);
        check("{$.kind}{.missing}", &expect!["List"]);
    }

    #[test]
    fn descents_have_a_limit() {
        check("{..n}{..n}{..n}", &expect!["1 2 31 2 31 2 3"]);
        let refused = "more than 4 recursive descents in each other";
        for template in
            ["{..*..*..*..*..n}", "{range ..*..*}{..*..*..n}{end}", "{range ..*}{.items[?(@..*..n==1)]..*..n}{end}"]
        {
            assert_eq!(Template::parse(template).err().as_deref(), Some(refused), "{template}");
        }
    }

    #[test]
    fn what_begins_no_path_is_refused() {
        check("{.kind==1}", &expect!["error: unrecognized character in action: U+003D '='"]);
        check("{.kind)]}", &expect!["error: unrecognized character in action: U+0029 ')'"]);
    }

    #[test]
    fn ranges_and_filters() {
        check(
            r#"{range .items[*]}{.metadata.name}{"\t"}{.status.ok}{"\n"}{end}"#,
            &expect![[r"
            a	true
            b	false
            c	
        "]],
        );
        check("{.items[?(@.status.n>1)].metadata.name}", &expect!["b c"]);
        check(r#"{.items[?(@.metadata.name=="b")].status.n}"#, &expect!["2"]);
        check(r#"{.items[*].status.c[?(@.type=="Ready")].status}"#, &expect!["True"]);
        check("{.items[?(@.status.c)].metadata.name}", &expect!["a"]);
    }

    #[test]
    fn refuses_what_is_not_closed() {
        check("{.kind", &expect!["error: unclosed action"]);
        check("{range .items[*]}x", &expect!["error: unclosed action"]);
        check("{end}", &expect!["error: not in range, nothing to end"]);
        check("{.items[0}", &expect!["error: unterminated array"]);
        check("{nope}", &expect!["error: unrecognized identifier nope"]);
    }
}
