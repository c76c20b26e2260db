//! What would have come of it: one value of an applied file changed, and the same seed run again.
//!
//! Knows nothing of how a run is carried out.

use crate::cluster::{End, Hop, SourceLine, Why};
use crate::model::{Text, Time, Value, yaml};
use crate::playground::protocol::Act;
use crate::trace::SourceFile;
use serde::{Deserialize, Serialize};

/// How many values are suggested.
const SUGGESTIONS_MAX: usize = 3;

/// A value to try in a file as it was applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhatIf {
    /// The file.
    pub file: Text,
    /// Its text as it was applied.
    pub text: Text,
    /// The field: `spec.replicas`.
    pub path: Text,
    /// Its line, from 1.
    pub line: u32,
    /// Which bytes of the text the value is.
    pub range: std::ops::Range<usize>,
    /// What is to stand there instead.
    pub value: Text,
    /// When the file was applied.
    pub time: Time,
}

/// When an object was made: in the run as it was, and in the one that was tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// As it was.
    pub was: Option<Time>,
    /// With the other value; `None` if the object was never made.
    pub would: Option<Time>,
}

impl WhatIf {
    /// `replicas: 4`.
    pub fn label(&self) -> String {
        format!("{}: {}", self.path.rsplit('.').next().unwrap_or_default(), self.value)
    }

    /// The file with the other value.
    pub fn edited(&self) -> SourceFile {
        let before = self.text.get(..self.range.start).unwrap_or_default();
        let after = self.text.get(self.range.end..).unwrap_or_default();
        SourceFile { name: self.file.clone(), text: format!("{before}{}{after}", self.value).into() }
    }

    /// The act with the other value in its files; `None` if it did not apply the file as it was.
    pub(crate) fn change(&self, act: &Act) -> Option<Act> {
        let is_it = |file: &SourceFile| file.name == self.file && *file.text == *self.text;
        let replaced = |files: &[SourceFile]| -> Vec<SourceFile> {
            files.iter().map(|file| if is_it(file) { self.edited() } else { file.clone() }).collect()
        };
        match act {
            Act::Apply(files) if files.iter().any(is_it) => Some(Act::Apply(replaced(files))),
            Act::Terminal { line, files } if files.iter().any(is_it) => {
                Some(Act::Terminal { line: line.clone(), files: replaced(files) })
            }
            Act::Apply(_) | Act::Terminal { .. } | Act::Edited(_) | Act::Interrupt | Act::Fault(_) => None,
        }
    }
}

/// Values worth trying for the lines that a chain goes back to, the most telling first.
pub fn suggestions(why: &Why) -> Vec<WhatIf> {
    let (End::Yaml { file, text, lines }, Some(last)) = (&why.end, why.hops.last()) else { return Vec::new() };
    let documents = yaml::parse(text);
    let one = |line: &SourceLine| {
        let document = documents.iter().find(|document| is_on(document, line))?;
        let span = document.span(&line.path)?;
        let value = other_value(&line.path, document.value.at(&line.path), last)?;
        Some(WhatIf {
            file: file.clone(),
            text: text.clone(),
            path: line.path.clone(),
            line: line.line,
            range: span.start.offset..span.end.offset,
            value,
            time: last.time,
        })
    };
    lines.iter().filter_map(one).take(SUGGESTIONS_MAX).collect()
}

fn is_on(document: &yaml::Document, line: &SourceLine) -> bool {
    document.key_span(&line.path).is_some_and(|span| u32::try_from(span.start.line).ok() == Some(line.line))
}

/// For a number another number; for an image what it was before the write.
fn other_value(path: &str, value: &Value, write: &Hop) -> Option<Text> {
    if path.rsplit('.').next() == Some("image") {
        let line = write.written.iter().find(|line| line.path == path && !line.before.is_empty())?;
        return Some(line.before.clone());
    }
    let number = value.as_int()?;
    let other = match path {
        "spec.replicas" if number > 1 => number - 1,
        "spec.replicas" => number + 1,
        _ => number.checked_add(2)?,
    };
    Some(other.to_string().into())
}
