//! The functions that expressions can call: CEL's own and the libraries of Kubernetes. One file per library.
//!
//! Upstream: `cel-go/common/stdlib`, `cel-go/ext`, `k8s.io/apiserver/pkg/cel/library`.

pub(super) mod authorizer;
pub(super) mod conversions;
pub(super) mod formats;
mod lists;
mod maps;
pub(super) mod net;
mod operators;
mod optionals;
pub(super) mod patches;
mod quantity;
mod regexes;
pub(super) mod semver;
mod sets;
mod string_format;
mod strings;
pub(super) mod time;
pub(super) mod url;

use crate::cel::machine::{Machine, Outcome};
use crate::cel::val::Val;
use crate::cel::{Environment, Messages};

/// A function by its name, with all of its overloads.
#[derive(Debug)]
pub(in crate::cel) struct Function {
    /// `startsWith`, `sets.contains`, `_+_`.
    pub(in crate::cel) name: &'static str,
    /// Its overloads in the form of `check::signature`.
    pub(in crate::cel) overloads: &'static [&'static str],
    /// Runs it where its first argument is not needed again and can grow in place.
    pub(in crate::cel) grow: Option<fn(&mut Machine<'_>, Vec<Val>) -> Outcome>,
    /// Runs it; the target of a member is the first argument.
    pub(in crate::cel) run: fn(&mut Machine<'_>, &[Val]) -> Outcome,
}

impl Function {
    const fn new(
        name: &'static str,
        overloads: &'static [&'static str],
        run: fn(&mut Machine<'_>, &[Val]) -> Outcome,
    ) -> Self {
        Self { name, overloads, grow: None, run }
    }
}

const LIBRARIES: &[&[Function]] = &[
    operators::FUNCTIONS,
    conversions::FUNCTIONS,
    strings::FUNCTIONS,
    string_format::FUNCTIONS,
    lists::FUNCTIONS,
    maps::FUNCTIONS,
    sets::FUNCTIONS,
    time::FUNCTIONS,
    regexes::FUNCTIONS,
    optionals::FUNCTIONS,
    quantity::FUNCTIONS,
    url::FUNCTIONS,
    net::FUNCTIONS,
    semver::FUNCTIONS,
    formats::FUNCTIONS,
    authorizer::FUNCTIONS,
];

/// The function of a name; `None` if the environment has none.
pub(super) fn find(name: &str, environment: &Environment) -> Option<&'static Function> {
    let patches: &[Function] = if environment.messages == Messages::Patches { patches::FUNCTIONS } else { &[] };
    LIBRARIES.iter().copied().flatten().chain(patches).find(|it| it.name == name)
}
