//! Runs checked expressions. Each step costs; a run that has used up its budget ends with an error, whatever it does.
//!
//! Upstream: `cel-go/interpreter`, `k8s.io/apiserver/pkg/apis/cel/config.go` (the limits).
//! `DIFFERENCE`: what a step costs is near to upstream's and not the same, so the limit is met a little earlier or later.

use crate::cel::functions::authorizer::Authorize;
use crate::cel::functions::{conversions, time};
use crate::cel::node::{Access, Fold, Format, Node, Select};
use crate::cel::val::{Dict, Message, Name, Val};
use crate::cel::{Program, compare};
use crate::model::Text;
use regex::Regex;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// How much one expression may cost. Upstream: `PerCallLimit`.
pub const CALL_COST_MAX: u64 = 1_000_000;

/// How much all expressions of one policy, or one rule's object, may cost together. Upstream: `RuntimeCELCostBudget`.
pub const RUN_COST_MAX: u64 = 10_000_000;

/// How large a compiled regular expression may be, in bytes.
const REGEX_BYTES_MAX: usize = 1 << 20;

/// What is left of what the expressions of one run may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget(pub u64);

impl Default for Budget {
    /// [`RUN_COST_MAX`].
    fn default() -> Self {
        Self(RUN_COST_MAX)
    }
}

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It went wrong: `no such key: x`.
    Error(String),
    /// It alone cost too much.
    TooCostly,
    /// All together cost too much.
    OutOfBudget,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error(it) => it,
            Self::TooCostly => "operation cancelled: actual cost limit exceeded",
            Self::OutOfBudget => {
                "validation failed due to running out of cost budget, no further validation rules will be run"
            }
        })
    }
}

/// A value, or why there is none.
pub type Outcome = Result<Val, Failure>;

/// The values of an environment's variables.
#[derive(Clone, Default)]
pub struct Bindings<'a> {
    /// Values by name.
    pub values: Vec<(&'static str, Val)>,
    /// Names and programs of the environment's own variables, in order.
    pub composed: &'a [(Text, Program)],
    /// Answers the questions of `authorizer`.
    pub authorizer: Option<&'a dyn Authorize>,
    /// What the own variables evaluated to, so that each runs once. Start with none.
    pub known: Vec<Option<Outcome>>,
}

/// One run of one expression.
pub(in crate::cel) struct Machine<'a> {
    pub(in crate::cel) authorizer: Option<&'a dyn Authorize>,
    values: &'a [(&'static str, Val)],
    composed: &'a [(Text, Program)],
    known: &'a mut Vec<Option<Outcome>>,
    locals: Vec<Outcome>,
    /// What this expression may still cost.
    left: u64,
    budget: &'a mut Budget,
    regexes: BTreeMap<Text, Regex>,
}

impl Program {
    /// Evaluates the expression.
    ///
    /// # Errors
    /// It goes wrong or costs too much.
    pub fn run(&self, bindings: &mut Bindings<'_>, budget: &mut Budget) -> Outcome {
        let Bindings { values, composed, authorizer, known } = bindings;
        let mut machine = Machine {
            authorizer: *authorizer,
            values,
            composed,
            known,
            locals: Vec::new(),
            left: CALL_COST_MAX,
            budget,
            regexes: BTreeMap::new(),
        };
        machine.eval(&self.root)
    }
}

/// An error of evaluation.
pub(in crate::cel) fn wrong<T>(message: impl Into<String>) -> Result<T, Failure> {
    Err(Failure::Error(message.into()))
}

/// The error of a call whose arguments fit no overload.
pub(in crate::cel) fn no_overload<T>() -> Result<T, Failure> {
    wrong("no such overload")
}

impl Machine<'_> {
    /// Takes what a step costs.
    pub(in crate::cel) fn charge(&mut self, cost: u64) -> Result<(), Failure> {
        self.left = self.left.checked_sub(cost).ok_or(Failure::TooCostly)?;
        self.budget.0 = self.budget.0.checked_sub(cost).ok_or(Failure::OutOfBudget)?;
        Ok(())
    }

    /// Takes what it costs to go through text of so many bytes.
    pub(in crate::cel) fn charge_text(&mut self, bytes: usize) -> Result<(), Failure> {
        self.charge(bytes as u64 / 10 + 1)
    }

    /// True if both are the same value.
    pub(in crate::cel) fn equal(&mut self, a: &Val, b: &Val) -> Result<bool, Failure> {
        let mut looked = 0;
        let it = compare::equal(a, b, &mut looked);
        self.charge(looked)?;
        Ok(it)
    }

    /// A compiled regular expression; each is compiled once in a run.
    pub(in crate::cel) fn regex(&mut self, pattern: &Text) -> Result<Regex, Failure> {
        if let Some(it) = self.regexes.get(pattern) {
            return Ok(it.clone());
        }
        self.charge(pattern.len() as u64 + 1)?;
        let it = compiled_regex(pattern).or_else(wrong)?;
        self.regexes.insert(pattern.clone(), it.clone());
        Ok(it)
    }

    pub(super) fn eval(&mut self, node: &Node) -> Outcome {
        match node {
            Node::Literal(it) => Ok(it.clone()),
            Node::Global(name) => self.global(name),
            Node::Composed(place) => self.own_variable(*place),
            Node::Local(place) => self.local(*place),
            Node::Taken(place) => self.take(*place),
            Node::Select(it) => self.select(it),
            Node::Call(function, arguments) => {
                let arguments = arguments.iter().map(|it| self.eval(it)).collect::<Result<Vec<_>, _>>()?;
                self.charge(1)?;
                match function.grow {
                    Some(grow) => grow(self, arguments),
                    None => (function.run)(self, &arguments),
                }
            }
            Node::And(it) => self.decided(&it.0, &it.1, false),
            Node::Or(it) => self.decided(&it.0, &it.1, true),
            Node::If(it) => match self.eval(&it.0)? {
                Val::Bool(true) => self.eval(&it.1),
                Val::Bool(false) => self.eval(&it.2),
                _ => no_overload(),
            },
            Node::NotStrictlyFalse(it) => match self.eval(it) {
                Ok(Val::Bool(it)) => Ok(Val::Bool(it)),
                Ok(_) | Err(Failure::Error(_)) => Ok(Val::Bool(true)),
                Err(it) => Err(it),
            },
            Node::List(items) => self.list(items),
            Node::Map(entries) => self.map(entries),
            Node::Struct(name, fields) => self.message(name, fields),
            Node::Fold(it) => self.fold(it),
            Node::Formatted(it, format) => Ok(formatted(self.eval(it)?, *format)),
        }
    }

    fn global(&mut self, name: &Text) -> Outcome {
        self.charge(1)?;
        let found = self.values.iter().find(|it| it.0 == name);
        found.map_or_else(|| wrong(format!("no such attribute(s): {name}")), |it| Ok(it.1.clone()))
    }

    /// Runs a variable of the policy's own when it is first asked for.
    fn own_variable(&mut self, place: usize) -> Outcome {
        self.charge(1)?;
        if self.known.len() < self.composed.len() {
            self.known.resize(self.composed.len(), None);
        }
        if let Some(Some(known)) = self.known.get(place) {
            return known.clone();
        }
        let Some((name, program)) = self.composed.get(place) else { return wrong("no such variable") };
        // It is a program of its own: the variables of comprehensions around do not reach in.
        let locals = std::mem::take(&mut self.locals);
        let found = self.eval(&program.root);
        self.locals = locals;
        let found = found.map_err(|it| match it {
            Failure::Error(why) => Failure::Error(format!("composited variable \"{name}\" fails to evaluate: {why}")),
            other => other,
        });
        if let Some(known) = self.known.get_mut(place) {
            *known = Some(found.clone());
        }
        found
    }

    fn local(&mut self, place: usize) -> Outcome {
        self.charge(1)?;
        self.locals.get(place).cloned().unwrap_or_else(|| wrong("no such variable"))
    }

    fn take(&mut self, place: usize) -> Outcome {
        self.charge(1)?;
        self.locals.get_mut(place).map_or_else(|| wrong("no such variable"), |it| std::mem::replace(it, Ok(Val::Null)))
    }

    fn select(&mut self, select: &Select) -> Outcome {
        let of = self.eval(&select.of)?;
        self.charge(1)?;
        let (of, optional) = match of {
            Val::Optional(None) if select.mode == Access::Test => return Ok(Val::Bool(false)),
            Val::Optional(None) => return Ok(Val::Optional(None)),
            Val::Optional(Some(it)) => ((*it).clone(), true),
            it => (it, false),
        };
        let found = field(&of, &select.field)?;
        match select.mode {
            Access::Test => Ok(Val::Bool(found.is_some())),
            Access::Optional => Ok(Val::optional(found)),
            Access::Plain if optional => Ok(Val::optional(found)),
            Access::Plain => found.map_or_else(|| wrong(format!("no such key: {}", select.field)), Ok),
        }
    }

    /// `&&` and `||`: one side that decides is enough, even if the other has no value.
    fn decided(&mut self, left: &Node, right: &Node, decides: bool) -> Outcome {
        let is_decided = |it: &Outcome| matches!(it, Ok(Val::Bool(it)) if *it == decides);
        let left = self.eval(left);
        if is_decided(&left) || matches!(left, Err(Failure::TooCostly | Failure::OutOfBudget)) {
            return left;
        }
        let right = self.eval(right);
        if is_decided(&right) || matches!(right, Err(Failure::TooCostly | Failure::OutOfBudget)) {
            return right;
        }
        match (left, right) {
            (Ok(Val::Bool(_)), Ok(Val::Bool(it))) => Ok(Val::Bool(it)),
            (Err(it), _) | (Ok(Val::Bool(_)), Err(it)) => Err(it),
            _ => no_overload(),
        }
    }

    fn list(&mut self, items: &[(Node, bool)]) -> Outcome {
        self.charge(10)?;
        let mut made = Vec::with_capacity(items.len());
        for (node, optional) in items {
            match (self.eval(node)?, optional) {
                (Val::Optional(it), true) => made.extend(it.map(|it| (*it).clone())),
                (it, _) => made.push(it),
            }
        }
        Ok(Val::list(made))
    }

    fn map(&mut self, entries: &[(Node, Node, bool)]) -> Outcome {
        self.charge(30)?;
        let mut made = BTreeMap::new();
        for (key, value, optional) in entries {
            let key = self.eval(key)?;
            let Some(name) = Name::of(&key) else {
                return wrong(format!("unsupported key type: {}", key.type_name()));
            };
            let value = match (self.eval(value)?, optional) {
                (Val::Optional(None), true) => continue,
                (Val::Optional(Some(it)), true) => (*it).clone(),
                (it, _) => it,
            };
            if made.insert(name, value).is_some() {
                return wrong(format!("Failed with repeated key: {}", conversions::shown(&key)));
            }
        }
        Ok(Val::Map(Dict::Made(Arc::new(made))))
    }

    fn message(&mut self, name: &Text, fields: &[(Text, Node, bool)]) -> Outcome {
        self.charge(40)?;
        let mut made = Vec::with_capacity(fields.len());
        for (field, node, optional) in fields {
            match (self.eval(node)?, optional) {
                (Val::Optional(it), true) => made.extend(it.map(|it| (field.clone(), (*it).clone()))),
                (it, _) => made.push((field.clone(), it)),
            }
        }
        made.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(Val::Struct(Arc::new(Message { name: name.clone(), fields: made })))
    }

    fn fold(&mut self, fold: &Fold) -> Outcome {
        let range = self.eval(&fold.range)?;
        let start = self.eval(&fold.start)?;
        let places = fold.second.unwrap_or(fold.first) + 1;
        if self.locals.len() < places {
            self.locals.resize(places, Ok(Val::Null));
        }
        self.locals[fold.so_far] = Ok(start);
        match range {
            Val::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    let index = Val::Int(i64::try_from(index).unwrap_or(i64::MAX));
                    let (first, second) = if fold.second.is_some() { (index, item) } else { (item, Val::Null) };
                    if !self.fold_step(fold, first, second)? {
                        break;
                    }
                }
            }
            Val::Map(it) => {
                for (key, value) in it.entries() {
                    if !self.fold_step(fold, key, value)? {
                        break;
                    }
                }
            }
            _ => return no_overload(),
        }
        self.eval(&fold.result)
    }

    /// One round of a comprehension; false if it has ended. What goes wrong in a step is kept, since a later one may decide.
    fn fold_step(&mut self, fold: &Fold, first: Val, second: Val) -> Result<bool, Failure> {
        self.charge(1)?;
        self.locals[fold.first] = Ok(first);
        if let Some(place) = fold.second {
            self.locals[place] = Ok(second);
        }
        if !matches!(self.eval(&fold.goes_on)?, Val::Bool(true)) {
            return Ok(false);
        }
        let found = self.eval(&fold.step);
        if let Err(it @ (Failure::TooCostly | Failure::OutOfBudget)) = found {
            return Err(it);
        }
        self.locals[fold.so_far] = found;
        Ok(true)
    }
}

/// A field's value; `None` if it is not there.
///
/// # Errors
/// The value can have no fields.
fn field(of: &Val, name: &Text) -> Result<Option<Val>, Failure> {
    match of {
        Val::Map(it) => Ok(it.get(&Name::Text(name.clone()))),
        Val::Struct(it) => Ok(it.fields.iter().find(|it| it.0 == *name).map(|it| it.1.clone())),
        _ => no_overload(),
    }
}

/// A value of an object as what the schema says it is; anything else as it is.
fn formatted(value: Val, format: Format) -> Val {
    let read = match (&value, format) {
        (Val::Text(text), Format::Timestamp) => time::timestamp(text),
        (Val::Text(text), Format::Duration) => time::duration(text),
        (Val::Text(text), Format::Bytes) => conversions::from_base64(text).map(|it| Val::Bytes(it.into())),
        (Val::Int(it), Format::Double) => Some(conversions::double_of(*it)),
        _ => None,
    };
    read.unwrap_or(value)
}

/// A regular expression of bounded size, in Go's dialect as far as both know it.
///
/// # Errors
/// Why it is none, in one line.
pub(in crate::cel) fn compiled_regex(pattern: &str) -> Result<Regex, String> {
    let built = regex::RegexBuilder::new(pattern).size_limit(REGEX_BYTES_MAX).dfa_size_limit(REGEX_BYTES_MAX).build();
    built.map_err(|it| {
        let last = it.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        format!("error parsing regexp: {last}: `{pattern}`")
    })
}
