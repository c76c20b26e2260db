//! Where a cursor is in a document that is still being typed, found from indentation alone.

use super::{Kind, Schema, Step, characters_before};

/// What the cursor is on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Spot {
    /// A key, of which this much is typed.
    Key(String),
    /// The value of a key (or an item of a list), of which this much is typed.
    Value(String),
}

/// Where the cursor is.
#[derive(Debug)]
pub(super) struct Context {
    /// The way to the map that holds the key, or to the value.
    pub(super) steps: Vec<Step>,
    /// What the cursor is on.
    pub(super) spot: Spot,
    /// The other keys of the same map.
    pub(super) siblings: Vec<String>,
    /// The document's `apiVersion`, "" if it has none yet.
    pub(super) api_version: String,
    /// The document's `kind`, "" if it has none yet.
    pub(super) kind: String,
}

impl Context {
    /// The type of the whole document.
    pub(super) fn root(&self, schema: &Schema) -> Option<Kind> {
        schema.find(&self.api_version, &self.kind).map(Kind::Object)
    }
}

/// A line cut into what decides its place.
#[derive(Debug, Default)]
struct Line {
    /// Columns of its dashes.
    dashes: Vec<usize>,
    /// Column and name of its key.
    key: Option<(usize, String)>,
    /// What stands behind the colon, or, without a key, behind the dashes; without blanks around it.
    value: String,
    /// The column of the first thing that is no dash.
    column: usize,
}

impl Line {
    /// Reads a line; none if it is blank or a comment.
    fn read(text: &str) -> Option<Self> {
        let mut line = Self::default();
        let mut rest = text;
        loop {
            let trimmed = rest.trim_start();
            line.column += rest.chars().count() - trimmed.chars().count();
            rest = trimmed;
            let Some(after) = rest.strip_prefix("- ").or_else(|| (rest == "-").then_some("")) else { break };
            line.dashes.push(line.column);
            line.column += 1 + usize::from(rest != "-");
            rest = after;
        }
        if rest.starts_with('#') || (rest.is_empty() && line.dashes.is_empty()) {
            return None;
        }
        match key_and_value(rest) {
            Some((key, value)) => {
                line.key = Some((line.column, unquoted(key).into()));
                line.value = value.trim().into();
            }
            None => line.value = rest.trim_end().into(),
        }
        Some(line)
    }
}

/// Cuts `key: value`; a colon counts only before a blank or at the end.
fn key_and_value(text: &str) -> Option<(&str, &str)> {
    let at = text
        .match_indices(':')
        .map(|(at, _)| at)
        .find(|at| text[at + 1..].is_empty() || text[at + 1..].starts_with(' '))?;
    Some((text[..at].trim_end(), &text[at + 1..]))
}

fn unquoted(text: &str) -> &str {
    let quotes = ['"', '\''];
    quotes.iter().find_map(|it| text.strip_prefix(*it)?.strip_suffix(*it)).unwrap_or(text)
}

/// Where the cursor is at a line and column; none inside a comment or in brackets.
pub(super) fn context(text: &str, line: u32, column: u32) -> Option<Context> {
    let lines: Vec<&str> = text.lines().collect();
    let number = usize::try_from(line.checked_sub(1)?).ok()?;
    let whole = lines.get(number).copied().unwrap_or_default();
    let before: String = whole.chars().take(characters_before(whole, column)).collect();
    if before.contains(['#', '{', '[']) {
        return None;
    }
    let first = lines[..number.min(lines.len())].iter().rposition(|it| it.starts_with("---")).map_or(0, |at| at + 1);
    let above = &lines[first.min(lines.len())..number.min(lines.len())];
    let below = lines.get(number + 1..).unwrap_or_default();
    let below: Vec<&str> = below.iter().copied().take_while(|it| !it.starts_with("---")).collect();
    let current = Line::read(&before).unwrap_or_else(|| Line { column: before.chars().count(), ..Line::default() });
    let all: Vec<&str> = above.iter().copied().chain([whole]).chain(below.iter().copied()).collect();
    let (steps, spot) = place(&current, above);
    let siblings = siblings(&current, above, &below);
    Some(Context { steps, spot, siblings, api_version: top(&all, "apiVersion"), kind: top(&all, "kind") })
}

/// The value of a key of the outermost map.
fn top(lines: &[&str], key: &str) -> String {
    let value = lines.iter().find_map(|it| it.strip_prefix(key)?.strip_prefix(':'));
    let value = value.unwrap_or_default().split(" #").next().unwrap_or_default();
    unquoted(value.trim()).into()
}

fn place(current: &Line, above: &[&str]) -> (Vec<Step>, Spot) {
    let mut steps = Vec::new();
    let spot = match &current.key {
        Some((_, key)) => {
            steps.push(Step::Name(key.clone()));
            Spot::Value(current.value.clone())
        }
        None => Spot::Key(current.value.clone()),
    };
    let start = current.key.as_ref().map_or(current.column, |(column, _)| *column);
    let mut climb = Climb { limit: start, in_list: false, steps };
    climb.dashes(&current.dashes);
    for text in above.iter().rev() {
        if let Some(line) = Line::read(text) {
            climb.line(&line);
        }
    }
    climb.steps.reverse();
    // A word behind a dash is an item of a list of words, or the first key of a map: the schema decides.
    (climb.steps, spot)
}

/// Goes up the lines towards the left edge.
struct Climb {
    /// Only what stands left of this column encloses the cursor.
    limit: usize,
    /// True if the last thing that was passed is a dash: its list's key may stand in the same column.
    in_list: bool,
    /// The way, innermost first.
    steps: Vec<Step>,
}

impl Climb {
    fn line(&mut self, line: &Line) {
        if let Some((column, key)) = &line.key
            && (*column < self.limit || (self.in_list && *column == self.limit))
        {
            self.steps.push(Step::Name(key.clone()));
            (self.limit, self.in_list) = (*column, false);
        }
        self.dashes(&line.dashes);
    }

    fn dashes(&mut self, dashes: &[usize]) {
        for column in dashes.iter().rev().filter(|it| **it < self.limit).collect::<Vec<_>>() {
            self.steps.push(Step::Item);
            (self.limit, self.in_list) = (*column, true);
        }
    }
}

/// Keys in the same column, up and down to the edges of the map.
fn siblings(current: &Line, above: &[&str], below: &[&str]) -> Vec<String> {
    let column = current.key.as_ref().map_or(current.column, |(column, _)| *column);
    let mut found = Vec::new();
    if current.dashes.is_empty() {
        for line in above.iter().rev().filter_map(|it| Line::read(it)) {
            if line.column < column {
                break;
            }
            found.extend(line.key.filter(|(at, _)| *at == column).map(|(_, key)| key));
            if line.dashes.last().is_some_and(|dash| *dash < column) && line.column == column {
                break;
            }
        }
    }
    for line in below.iter().filter_map(|it| Line::read(it)) {
        if line.dashes.first().map_or(line.column, |dash| *dash) < column {
            break;
        }
        found.extend(line.key.filter(|(at, _)| *at == column).map(|(_, key)| key));
    }
    found
}
