//! Which function a call means, and which of its overloads its arguments fit.

use super::signature::Overload;
use super::{Called, Checked, Checker};
use crate::cel::functions::{self, Function, time};
use crate::cel::machine::compiled_regex;
use crate::cel::node::{Access, Node, Select};
use crate::cel::types::Type;
use crate::cel::val::Val;
use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, operators};
use std::collections::BTreeMap;

impl Checker<'_> {
    pub(super) fn call(&mut self, at: &IdedExpr, call: &CallExpr) -> Checked {
        if call.func_name == operators::OPT_SELECT {
            return self.optional_select(at, call);
        }
        let name = call.func_name.trim_start_matches('.');
        match &call.target {
            None => self.resolve(at, name, false, &call.args.iter().collect::<Vec<_>>()),
            Some(target) => {
                if let Some(function) = self.namespaced(target, name) {
                    return self.resolve(at, function.name, false, &call.args.iter().collect::<Vec<_>>());
                }
                let arguments: Vec<_> = std::iter::once(&**target).chain(&call.args).collect();
                self.resolve(at, name, true, &arguments)
            }
        }
    }

    /// `sets.contains(a, b)`: a function whose name has dots, unless a variable has the first part of it.
    fn namespaced(&self, target: &IdedExpr, name: &str) -> Option<&'static Function> {
        let Expr::Ident(root) = &target.expr else { return None };
        if self.local(root).is_some() {
            return None;
        }
        functions::find(&format!("{}.{name}", root.trim_start_matches('.')), self.environment)
    }

    fn resolve(&mut self, at: &IdedExpr, name: &str, member: bool, arguments: &[&IdedExpr]) -> Checked {
        let Some(function) = functions::find(name, self.environment) else {
            // The arguments are looked at all the same: what is wrong in them is told too.
            for it in arguments {
                self.expression(it);
            }
            return self.wrong(at.id, format!("undeclared reference to '{name}' (in container '')"));
        };
        let checked: Vec<Checked> = arguments.iter().map(|it| self.expression(it)).collect();
        let (nodes, kinds): (Vec<_>, Vec<_>) = checked.into_iter().unzip();
        let Some((result, overloads)) = self.overload(function, member, &kinds) else {
            let kinds: Vec<_> = kinds.iter().map(|it| self.found.settle(it)).collect();
            let applied = applied(member, &kinds);
            return self.wrong(at.id, format!("found no matching overload for '{name}' applied to '{applied}'"));
        };
        self.facts.calls.insert(at.id, Called { function: function.name, is_member: member, overloads });
        self.check_literal(function.name, arguments, &nodes);
        let node = lowered(function, nodes);
        if name == operators::INDEX { self.formatted(node, result) } else { (node, result) }
    }

    /// Patterns, times and durations that are written down are looked at now and not when they are first used.
    fn check_literal(&mut self, name: &str, arguments: &[&IdedExpr], nodes: &[Node]) {
        let (Some(Node::Literal(Val::Text(text))), Some(at)) = (nodes.last(), arguments.last()) else { return };
        let right = match (name, nodes.len()) {
            ("matches", _) => compiled_regex(text).is_ok(),
            ("timestamp", 1) => time::timestamp(text).is_some(),
            ("duration", 1) => time::duration(text).is_some(),
            _ => true,
        };
        if !right {
            self.tell(at.id, format!("invalid {name} argument"));
        }
    }

    /// The type of the result, and what fits; `None` if nothing does. Several that fit make it known only when it runs.
    fn overload(&mut self, function: &Function, member: bool, kinds: &[Type]) -> Option<(Type, Vec<&'static str>)> {
        let (mut result, mut fitting): (Option<Type>, _) = (None, Vec::new());
        for text in function.overloads {
            let overload = Overload::parse(text);
            if overload.member != member || overload.arguments.len() != kinds.len() {
                continue;
            }
            let mut names = BTreeMap::new();
            let places: Vec<_> = overload.arguments.iter().map(|it| self.found.renewed(it, &mut names)).collect();
            let one = self.found.renewed(&overload.result, &mut names);
            if self.found.fit_all(kinds, &places) {
                let one = self.found.resolve(&one);
                fitting.push(*text);
                result = Some(match result {
                    Some(before) if before != one && !before.is_dyn() => Type::Dyn,
                    Some(before) => before,
                    None => one,
                });
            }
        }
        result.map(|it| (it, fitting))
    }

    /// `a.?b`: the field as an optional.
    fn optional_select(&mut self, at: &IdedExpr, call: &CallExpr) -> Checked {
        let [operand, field] = &call.args[..] else { return self.wrong(at.id, "unsupported optional field selection") };
        let Expr::Literal(LiteralValue::String(name)) = &field.expr else {
            return self.wrong(field.id, "unsupported optional field selection");
        };
        let (of, kind) = self.expression(operand);
        let called = Called { function: operators::OPT_SELECT, is_member: false, overloads: vec!["(dyn, string) dyn"] };
        self.facts.calls.insert(at.id, called);
        let (field, result) = self.field_of(at, &kind, name.inner());
        let result = if matches!(result, Type::Optional(_)) { result } else { Type::optional(result) };
        (Node::Select(Box::new(Select { of, field, mode: Access::Optional })), result)
    }
}

/// The few functions that do not first evaluate all their arguments are parts of their own.
fn lowered(function: &'static Function, mut nodes: Vec<Node>) -> Node {
    let mut next = || if nodes.is_empty() { Node::Literal(Val::Null) } else { nodes.remove(0) };
    match function.name {
        operators::LOGICAL_AND => Node::And(Box::new((next(), next()))),
        operators::LOGICAL_OR => Node::Or(Box::new((next(), next()))),
        operators::CONDITIONAL => Node::If(Box::new((next(), next(), next()))),
        operators::NOT_STRICTLY_FALSE => Node::NotStrictlyFalse(Box::new(next())),
        _ => Node::Call(function, nodes),
    }
}

fn applied(member: bool, kinds: &[Type]) -> String {
    let list = |kinds: &[Type]| kinds.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match kinds {
        [target, rest @ ..] if member => format!("{target}.({})", list(rest)),
        _ => format!("({})", list(kinds)),
    }
}
