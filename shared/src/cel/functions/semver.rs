//! Versions of the form `1.2.3-rc.1+build`.
//!
//! Upstream: `k8s.io/apiserver/pkg/cel/library/semverlib.go`. The comparisons share their names with quantities.

use super::Function;
use crate::cel::machine::{Outcome, no_overload, wrong};
use crate::cel::val::Val;
use crate::model::Text;
use std::cmp::Ordering;
use std::sync::Arc;

/// A version taken apart; what is built into it does not count.
#[derive(Clone, Debug)]
pub struct Semver {
    numbers: [u64; 3],
    before: Vec<Text>,
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("semver", &["(string) Semver", "(string, bool) Semver"], |_, it| match read(it) {
        Some(Ok(it)) => Ok(Val::Semver(Arc::new(it))),
        Some(Err(why)) => wrong(why),
        None => no_overload(),
    }),
    Function::new("isSemver", &["(string) bool", "(string, bool) bool"], |_, it| match read(it) {
        Some(it) => Ok(Val::Bool(it.is_ok())),
        None => no_overload(),
    }),
    Function::new("major", &["Semver.() int"], |_, it| number(it, 0)),
    Function::new("minor", &["Semver.() int"], |_, it| number(it, 1)),
    Function::new("patch", &["Semver.() int"], |_, it| number(it, 2)),
];

fn read(it: &[Val]) -> Option<Result<Semver, &'static str>> {
    match it {
        [Val::Text(text)] | [Val::Text(text), Val::Bool(false)] => Some(Semver::parse(text)),
        [Val::Text(text), Val::Bool(true)] => Some(Semver::parse(&normal(text))),
        _ => None,
    }
}

fn number(it: &[Val], which: usize) -> Outcome {
    match it {
        [Val::Semver(it)] => Ok(Val::Int(i64::try_from(it.numbers[which]).unwrap_or(i64::MAX))),
        _ => no_overload(),
    }
}

/// Without a `v`, with three numbers, without zeros in front of them.
fn normal(text: &str) -> String {
    let text = text.strip_prefix('v').unwrap_or(text);
    let end = text.find(['-', '+']).unwrap_or(text.len());
    let (numbers, rest) = text.split_at(end);
    let mut numbers: Vec<&str> = numbers
        .split('.')
        .map(|it| {
            let short = it.trim_start_matches('0');
            if short.is_empty() && !it.is_empty() { "0" } else { short }
        })
        .collect();
    while numbers.len() < 3 {
        numbers.push("0");
    }
    format!("{}{rest}", numbers.join("."))
}

impl Semver {
    fn parse(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() {
            return Err("Version string empty");
        }
        let text = text.split_once('+').map_or(text, |it| it.0);
        let (numbers, before) = text.split_once('-').unwrap_or((text, ""));
        let parts: Vec<&str> = numbers.split('.').collect();
        let [major, minor, patch] = parts[..] else { return Err("No Major.Minor.Patch elements found") };
        let mut read = [0; 3];
        for (place, part) in read.iter_mut().zip([major, minor, patch]) {
            if part.is_empty() || !part.bytes().all(|it| it.is_ascii_digit()) {
                return Err("Invalid character(s) found in version number");
            }
            if part.len() > 1 && part.starts_with('0') {
                return Err("Version number must not contain leading zeroes");
            }
            *place = part.parse().map_err(|_| "version number out of range")?;
        }
        let before: Vec<Text> =
            if text.contains('-') { before.split('.').map(Text::new).collect() } else { Vec::new() };
        let letters = |it: &Text| !it.is_empty() && it.chars().all(|it| it.is_ascii_alphanumeric() || it == '-');
        if !before.iter().all(letters) {
            return Err("Invalid character(s) found in prerelease");
        }
        Ok(Self { numbers: read, before })
    }

    /// The order of two versions: one without an addition is later than the same with one.
    pub fn order(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| match (self.before.is_empty(), other.before.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => {
                let parts = self.before.iter().zip(&other.before).map(|(a, b)| part_order(a, b));
                parts.reduce(Ordering::then).unwrap_or(Ordering::Equal).then(self.before.len().cmp(&other.before.len()))
            }
        })
    }
}

/// Numbers are before words and are compared as numbers.
fn part_order(a: &str, b: &str) -> Ordering {
    match (a.parse::<u64>(), b.parse::<u64>()) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => a.cmp(b),
    }
}
