//! The Common Expression Language as Kubernetes speaks it: policies, match conditions and rules of custom resources.
//!
//! An expression is read by the crate `cel`, whose grammar and words are cel-go's; [`Environment::compile`] checks its types,
//! and [`Program::run`] evaluates it over objects as they are stored. Every step costs, and what costs too much ends.
//!
//! Upstream: `k8s.io/apiserver/pkg/cel`, `cel-go`. Knows nothing of requests, policies, clocks or the store.

mod check;
mod compare;
mod estimate;
mod functions;
mod machine;
mod macros;
mod node;
pub mod rules;
pub mod schema;
mod source;
#[cfg(test)]
mod tests;
pub mod types;
pub mod val;

pub use estimate::Declared;
pub use functions::authorizer::{Authorize, Check};
pub use machine::{Bindings, Budget, CALL_COST_MAX, Failure, Outcome, RUN_COST_MAX};
pub use source::{EXPRESSION_BYTES_MAX, Issue, NESTING_MAX};
pub use types::{Field, Fields, Type};
pub use val::Val;

use crate::model::Text;
use ::cel::common::ast::IdedExpr;
use check::Facts;
use node::Node;

/// What an expression may name.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// Variables and their types; `authorizer.requestResource` is one name.
    pub variables: Vec<(Text, Type)>,
    /// Variables that were compiled before, in order; expressions call them `variables.NAME`.
    pub composed: Vec<(Text, Type)>,
    /// Whether messages can be made, and of which types.
    pub messages: Messages,
}

/// The messages that an expression can make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Messages {
    /// None.
    #[default]
    None,
    /// Those of mutations: `Object`, the types of its fields, `JSONPatch`; and `jsonpatch.escapeKey`.
    Patches,
}

/// An expression that was checked.
#[derive(Clone, Debug)]
pub struct Program {
    root: Node,
    /// What it evaluates to.
    pub output: Type,
    /// The variables of the environment that it names.
    pub globals: Vec<Text>,
    /// Its text, for messages.
    pub source: Text,
}

impl Environment {
    /// An environment with these variables.
    pub fn new(variables: &[(&str, Type)]) -> Self {
        let variables = variables.iter().map(|(name, kind)| (Text::new(name), kind.clone())).collect();
        Self { variables, ..Self::default() }
    }

    /// Reads and checks an expression.
    ///
    /// # Errors
    /// Everything that is wrong with it, as cel-go prints it: `ERROR: <input>:1:1: undeclared reference to 'x' …`.
    pub fn compile(&self, source: &str) -> Result<Program, String> {
        self.read(source).map(|(program, ..)| program)
    }

    /// The same, and the most that it can cost where the variables are as `declared`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn compile_costed(&self, source: &str, declared: &Declared) -> Result<(Program, u64), String> {
        let (program, parsed, facts) = self.read(source)?;
        let cost = estimate::estimate(&parsed, &facts, declared);
        Ok((program, cost))
    }

    fn read(&self, source: &str) -> Result<(Program, IdedExpr, Facts), String> {
        if let Some(reason) = source::refused(source) {
            return Err(source::report(source, &mut vec![Issue::at(source, 0, reason)]));
        }
        let parsed = macros::parser().parse_with_source_info(source);
        let (parsed, info) = parsed.map_err(|it| macros::told(source, it))?;
        let checked = check::check(&parsed, &info, self);
        let (root, output, facts) = checked.map_err(|mut issues| source::report(source, &mut issues))?;
        let program = Program { root, output, globals: facts.globals.clone(), source: source.into() };
        Ok((program, parsed, facts))
    }

    fn variable(&self, name: &str) -> Option<&Type> {
        self.variables.iter().find(|it| it.0 == name).map(|it| &it.1)
    }

    /// The type of a message that can be made.
    fn message(&self, name: &str) -> Option<Type> {
        match self.messages {
            Messages::None => None,
            Messages::Patches => functions::patches::message(name),
        }
    }
}
