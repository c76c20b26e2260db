//! Regular expressions.
//!
//! Upstream: `cel-go/common/stdlib` (`matches`), `k8s.io/apiserver/pkg/cel/library/regex.go`.
//! `DIFFERENCE`: the dialect is that of the crate `regex`, which is RE2's but for rare classes and flags.

use super::Function;
use crate::cel::machine::{Failure, Machine, Outcome, no_overload};
use crate::cel::val::Val;
use crate::model::Text;
use regex::Regex;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("matches", &["string.(string) bool", "(string, string) bool"], |machine, it| match it {
        [Val::Text(text), Val::Text(pattern)] => {
            let regex = prepared(machine, text, pattern)?;
            Ok(Val::Bool(regex.is_match(text)))
        }
        _ => no_overload(),
    }),
    Function::new("find", &["string.(string) string"], |machine, it| match it {
        [Val::Text(text), Val::Text(pattern)] => {
            let regex = prepared(machine, text, pattern)?;
            Ok(Val::text(regex.find(text).map_or("", |it| it.as_str())))
        }
        _ => no_overload(),
    }),
    Function::new("findAll", &["string.(string) list(string)", "string.(string, int) list(string)"], find_all),
];

/// The regular expression, with what the search costs paid.
fn prepared(machine: &mut Machine<'_>, text: &Text, pattern: &Text) -> Result<Regex, Failure> {
    let regex = machine.regex(pattern)?;
    let cost = (text.len() as u64 / 10 + 1).saturating_mul(pattern.len() as u64 / 4 + 1);
    machine.charge(cost)?;
    Ok(regex)
}

fn find_all(machine: &mut Machine<'_>, it: &[Val]) -> Outcome {
    let (text, pattern, limit) = match it {
        [Val::Text(text), Val::Text(pattern)] => (text, pattern, -1),
        [Val::Text(text), Val::Text(pattern), Val::Int(limit)] => (text, pattern, *limit),
        _ => return no_overload(),
    };
    let regex = prepared(machine, text, pattern)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    Ok(Val::list(regex.find_iter(text).take(limit).map(|it| Val::text(it.as_str())).collect()))
}
