//! Finds the type of every part of an expression and what each name in it means.
//!
//! Upstream: `cel-go/checker/checker.go`. A list of mixed items is refused, as Kubernetes asks of it.

mod calls;
pub(super) mod signature;
mod unify;

use crate::cel::Environment;
use crate::cel::node::{Access, Fold, Format, Node, Select};
use crate::cel::source::Issue;
use crate::cel::types::{Field, Type};
use crate::cel::val::Val;
use crate::model::Text;
use cel::common::ast::{
    ComprehensionExpr, EntryExpr, Expr, IdedExpr, ListExpr, LiteralValue, MapExpr, SelectExpr, SourceInfo, StructExpr,
};
use std::collections::BTreeMap;
use unify::{Found, most_general};

/// What is known of the parts of a checked expression, by their ids.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// The types of all parts that are not written down.
    pub(super) types: BTreeMap<u64, Type>,
    /// What each call means.
    pub(super) calls: BTreeMap<u64, Called>,
    /// The variables of the environment that it names.
    pub(super) globals: Vec<Text>,
}

/// What a call means.
#[derive(Debug)]
pub(super) struct Called {
    /// The name of the function.
    pub(super) function: &'static str,
    /// True if it is called on its first argument.
    pub(super) is_member: bool,
    /// The overloads that its arguments fit, as the function declares them.
    pub(super) overloads: Vec<&'static str>,
}

/// Checks a parsed expression; gives what it is, its type, and what was found out about its parts.
///
/// # Errors
/// Everything that is wrong with it.
pub(super) fn check(
    parsed: &IdedExpr,
    info: &SourceInfo,
    environment: &Environment,
) -> Result<(Node, Type, Facts), Vec<Issue>> {
    let (found, locals, issues) = (Found::default(), Vec::new(), Vec::new());
    let mut checker = Checker { info, environment, found, locals, issues, facts: Facts::default() };
    let (node, kind) = checker.expression(parsed);
    let kind = checker.found.settle(&kind);
    let Checker { found, issues, mut facts, .. } = checker;
    for it in facts.types.values_mut() {
        *it = found.settle(it);
    }
    if issues.is_empty() { Ok((node, kind, facts)) } else { Err(issues) }
}

struct Checker<'a> {
    info: &'a SourceInfo,
    environment: &'a Environment,
    found: Found,
    /// The variables of the comprehensions around; a variable's place is its index.
    locals: Vec<(Text, Type)>,
    issues: Vec<Issue>,
    facts: Facts,
}

/// A part and its type.
type Checked = (Node, Type);

impl Checker<'_> {
    fn expression(&mut self, at: &IdedExpr) -> Checked {
        let checked = self.part(at);
        self.facts.types.insert(at.id, checked.1.clone());
        checked
    }

    fn part(&mut self, at: &IdedExpr) -> Checked {
        match &at.expr {
            Expr::Unspecified => self.wrong(at.id, "unspecified expression"),
            Expr::Literal(literal) => literal_of(literal),
            Expr::Ident(name) => self.name(at, name),
            Expr::Select(select) => self.select(at, select),
            Expr::Call(call) => self.call(at, call),
            Expr::List(list) => self.list(list),
            Expr::Map(map) => self.map(map),
            Expr::Struct(message) => self.message(at, message),
            Expr::Comprehension(fold) => self.fold(fold),
        }
    }

    /// Tells what is wrong at a part of the expression.
    fn tell(&mut self, id: u64, message: impl Into<String>) {
        let (start, _) = self.info.offset_for(id).unwrap_or_default();
        self.issues.push(Issue::at(&self.info.source, byte_of(&self.info.source, start), message));
    }

    fn wrong(&mut self, id: u64, message: impl Into<String>) -> Checked {
        self.tell(id, message);
        (Node::Literal(Val::Null), Type::Error)
    }

    fn name(&mut self, at: &IdedExpr, name: &str) -> Checked {
        let absolute = name.strip_prefix('.');
        if absolute.is_none()
            && let Some(place) = self.local(name)
        {
            let kind = self.locals[place].1.clone();
            return self.formatted(Node::Local(place), kind);
        }
        let name = absolute.unwrap_or(name);
        if let Some(found) = self.global(name) {
            return found;
        }
        match type_named(name) {
            Some(kind) => (Node::Literal(Val::text_of_type(name)), Type::Kind(kind.into())),
            None => self.wrong(at.id, format!("undeclared reference to '{name}' (in container '')")),
        }
    }

    /// A local variable, the innermost first.
    fn local(&self, name: &str) -> Option<usize> {
        self.locals.iter().rposition(|it| it.0 == name)
    }

    fn global(&mut self, name: &str) -> Option<Checked> {
        let kind = self.environment.variable(name)?.clone();
        if !self.facts.globals.iter().any(|it| it == name) {
            self.facts.globals.push(name.into());
        }
        Some(self.formatted(Node::Global(name.into()), kind))
    }

    /// Values of objects that the schema says are times, or not whole, become so where they are read.
    fn formatted(&self, node: Node, kind: Type) -> Checked {
        let format = match self.found.resolve(&kind) {
            Type::Timestamp => Format::Timestamp,
            Type::Duration => Format::Duration,
            Type::Bytes => Format::Bytes,
            Type::Double => Format::Double,
            _ => return (node, kind),
        };
        (Node::Formatted(Box::new(node), format), kind)
    }

    fn select(&mut self, at: &IdedExpr, select: &SelectExpr) -> Checked {
        if !select.test
            && let Expr::Ident(root) = &select.operand.expr
            && self.local(root).is_none()
        {
            if let Some(found) = self.global(&format!("{root}.{}", select.field)) {
                return found;
            }
            if root == "variables"
                && let Some(found) = self.composed(&select.field)
            {
                return found;
            }
        }
        let (of, kind) = self.expression(&select.operand);
        let mode = if select.test { Access::Test } else { Access::Plain };
        let (field, result) = self.field_of(at, &kind, &select.field);
        let node = Node::Select(Box::new(Select { of, field, mode }));
        if select.test { (node, Type::Bool) } else { self.formatted(node, result) }
    }

    /// A variable that the policy defines.
    fn composed(&self, name: &str) -> Option<Checked> {
        let place = self.environment.composed.iter().position(|it| it.0 == name)?;
        Some((Node::Composed(place), self.environment.composed[place].1.clone()))
    }

    /// The name in JSON and the type of a field.
    fn field_of(&mut self, at: &IdedExpr, kind: &Type, name: &str) -> (Text, Type) {
        let unknown = |kind| (Text::new(name), kind);
        match self.found.resolve(kind) {
            Type::Map(it) => {
                if !self.found.fit(&Type::Text, &it.0) {
                    self.tell(at.id, format!("expected type '{}' but found 'string'", it.0));
                    return unknown(Type::Error);
                }
                unknown(it.1.clone())
            }
            Type::Optional(of) => {
                let (json, inner) = self.field_of(at, &of, name);
                let inner = if matches!(inner, Type::Optional(_)) { inner } else { Type::optional(inner) };
                (json, inner)
            }
            Type::Object(fields) => {
                if let Some(Field { json, kind }) = fields.field(name) {
                    return (json, kind);
                }
                self.tell(at.id, format!("undefined field '{name}'"));
                unknown(Type::Error)
            }
            Type::Dyn | Type::Var(_) => unknown(Type::Dyn),
            Type::Error => unknown(Type::Error),
            other => {
                self.tell(at.id, format!("type '{other}' does not support field selection"));
                unknown(Type::Error)
            }
        }
    }

    fn list(&mut self, list: &ListExpr) -> Checked {
        let mut kind = None;
        let mut items = Vec::new();
        for (index, element) in list.elements.iter().enumerate() {
            let optional = list.optional_indices.contains(&index);
            let (node, mut item) = self.expression(element);
            if optional {
                item = self.inside_optional(element.id, &item);
            }
            kind = Some(self.joined(element.id, kind, item));
            items.push((node, optional));
        }
        let item = kind.unwrap_or_else(|| self.found.fresh());
        (Node::List(items), Type::list(item))
    }

    /// What an entry that may be missing adds.
    fn inside_optional(&mut self, id: u64, kind: &Type) -> Type {
        let inner = self.found.fresh();
        if !self.found.fit(kind, &Type::optional(inner.clone())) {
            let shown = self.found.settle(kind);
            self.tell(id, format!("expected type 'optional_type(_var0)' but found '{shown}'"));
        }
        inner
    }

    /// The type of all items so far; they must be of one.
    fn joined(&mut self, id: u64, before: Option<Type>, item: Type) -> Type {
        let Some(before) = before else { return item };
        if self.found.fit(&before, &item) {
            return most_general(&before, &item);
        }
        let (wanted, got) = (self.found.settle(&before), self.found.settle(&item));
        self.tell(id, format!("expected type '{wanted}' but found '{got}'"));
        Type::Error
    }

    fn map(&mut self, map: &MapExpr) -> Checked {
        let (mut keys, mut values) = (None, None);
        let mut entries = Vec::new();
        for entry in &map.entries {
            let EntryExpr::MapEntry(entry) = &entry.expr else { continue };
            let (key, key_kind) = self.expression(&entry.key);
            keys = Some(self.joined(entry.key.id, keys, key_kind));
            let (value, mut kind) = self.expression(&entry.value);
            if entry.optional {
                kind = self.inside_optional(entry.value.id, &kind);
            }
            values = Some(self.joined(entry.value.id, values, kind));
            entries.push((key, value, entry.optional));
        }
        let key = keys.unwrap_or_else(|| self.found.fresh());
        let value = values.unwrap_or_else(|| self.found.fresh());
        (Node::Map(entries), Type::map(key, value))
    }

    fn message(&mut self, at: &IdedExpr, message: &StructExpr) -> Checked {
        let name = message.type_name.trim_start_matches('.');
        let Some(kind) = self.environment.message(name) else {
            return self.wrong(at.id, format!("undeclared reference to '{name}' (in container '')"));
        };
        let mut fields = Vec::new();
        for entry in &message.entries {
            let EntryExpr::StructField(it) = &entry.expr else { continue };
            let (node, mut value) = self.expression(&it.value);
            if it.optional {
                value = self.inside_optional(it.value.id, &value);
            }
            let (json, wanted) = self.field_of(at, &kind, &it.field);
            if !self.found.fit(&value, &wanted) {
                let (wanted, got) = (self.found.settle(&wanted), self.found.settle(&value));
                self.tell(
                    entry.id,
                    format!("expected type of field '{}' is '{wanted}' but provided type is '{got}'", it.field),
                );
            }
            fields.push((json, node, it.optional));
        }
        (Node::Struct(name.into(), fields), kind)
    }

    fn fold(&mut self, fold: &ComprehensionExpr) -> Checked {
        let (range, range_kind) = self.expression(&fold.iter_range);
        let (start, start_kind) = self.expression(&fold.accu_init);
        let kinds = self.item_kinds(&fold.iter_range, &range_kind, fold.iter_var2.is_some());
        let so_far = self.locals.len();
        self.locals.push((fold.accu_var.as_str().into(), start_kind.clone()));
        let first = self.locals.len();
        self.locals.push((fold.iter_var.as_str().into(), kinds.0));
        let second = fold.iter_var2.as_ref().map(|name| {
            self.locals.push((name.as_str().into(), kinds.1));
            self.locals.len() - 1
        });
        let (goes_on, condition) = self.expression(&fold.loop_cond);
        self.expect(fold.loop_cond.id, &condition, &Type::Bool);
        let (step, step_kind) = self.expression(&fold.loop_step);
        self.expect(fold.loop_step.id, &step_kind, &start_kind);
        self.locals.truncate(first);
        let (result, kind) = self.expression(&fold.result);
        self.locals.truncate(so_far);
        let step = grows_in_place(step, so_far);
        (
            Node::Fold(Box::new(Fold { range, first, second, so_far, start, goes_on, step, result })),
            self.found.resolve(&kind),
        )
    }

    /// The types of the variables that go through a range.
    fn item_kinds(&mut self, range: &IdedExpr, kind: &Type, two: bool) -> (Type, Type) {
        match self.found.resolve(kind) {
            Type::List(item) if two => (Type::Int, (*item).clone()),
            Type::List(item) => ((*item).clone(), Type::Dyn),
            Type::Map(it) => (it.0.clone(), it.1.clone()),
            Type::Dyn | Type::Error | Type::Var(_) => (Type::Dyn, Type::Dyn),
            other => {
                self.tell(
                    range.id,
                    format!("expression of type '{other}' cannot be range of a comprehension (must be list, map, or dynamic)"),
                );
                (Type::Error, Type::Error)
            }
        }
    }

    fn expect(&mut self, id: u64, found: &Type, wanted: &Type) {
        if !self.found.fit(found, wanted) {
            let (wanted, found) = (self.found.settle(wanted), self.found.settle(found));
            self.tell(id, format!("expected type '{wanted}' but found '{found}'"));
        }
    }
}

/// In `so_far + [x]` the value so far is taken and not copied; nothing else of a step reads it.
fn grows_in_place(step: Node, so_far: usize) -> Node {
    let reads = |node: &Node| matches!(node, Node::Local(place) if *place == so_far);
    match step {
        Node::Call(function, mut arguments) if function.grow.is_some() && arguments.first().is_some_and(reads) => {
            arguments[0] = Node::Taken(so_far);
            Node::Call(function, arguments)
        }
        Node::If(it) => {
            let (condition, then, otherwise) = *it;
            Node::If(Box::new((condition, grows_in_place(then, so_far), otherwise)))
        }
        other => other,
    }
}

fn literal_of(literal: &LiteralValue) -> Checked {
    let (value, kind) = match literal {
        LiteralValue::Boolean(it) => (Val::Bool(*it.inner()), Type::Bool),
        LiteralValue::Bytes(it) => (Val::Bytes(it.inner().into()), Type::Bytes),
        LiteralValue::Double(it) => (Val::Double(*it.inner()), Type::Double),
        LiteralValue::Int(it) => (Val::Int(*it.inner()), Type::Int),
        LiteralValue::Null => (Val::Null, Type::Null),
        LiteralValue::String(it) => (Val::text(it.inner()), Type::Text),
        LiteralValue::UInt(it) => (Val::Uint(*it.inner()), Type::Uint),
    };
    (Node::Literal(value), kind)
}

/// The types that an expression can name.
fn type_named(name: &str) -> Option<Type> {
    Some(match name {
        "bool" => Type::Bool,
        "bytes" => Type::Bytes,
        "double" => Type::Double,
        "int" => Type::Int,
        "list" => Type::list(Type::Dyn),
        "map" => Type::map(Type::Dyn, Type::Dyn),
        "null_type" => Type::Null,
        "optional_type" => Type::optional(Type::Dyn),
        "string" => Type::Text,
        "type" => Type::Kind(Type::Dyn.into()),
        "uint" => Type::Uint,
        _ => return None,
    })
}

/// The parser counts code points; text is cut in bytes.
fn byte_of(source: &str, points: u32) -> usize {
    source.char_indices().nth(points as usize).map_or(source.len(), |(at, _)| at)
}
