//! What a checked expression can cost at most, before it ever runs.
//!
//! Upstream: `cel-go/checker/cost.go`; the functions of Kubernetes `k8s.io/apiserver/pkg/cel/library/cost.go`. What counts here
//! decides which definitions are accepted, so it is reckoned as upstream does, its oddities included; what a run really costs
//! is [`crate::cel::machine`]'s.

mod calls;
mod declared;
#[cfg(test)]
mod published;
mod size;
#[cfg(test)]
mod tests;

pub use declared::Declared;

use crate::cel::check::Facts;
use crate::cel::types::Type;
use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, SelectExpr};
use declared::Step;
use size::Size;
use std::collections::BTreeMap;

/// What it costs to make a list, a map and a message.
const LIST: u64 = 10;
const MAP: u64 = 30;
const MESSAGE: u64 = 40;

/// The accumulator of the macros of cel-go before they were hidden; a comprehension over nothing with any other is a binding.
const OLD_ACCUMULATOR: &str = "__result__";

/// The most that an expression can cost, where its variables are as `declared`.
pub(super) fn estimate(parsed: &IdedExpr, facts: &Facts, declared: &Declared) -> u64 {
    let mut estimator = Estimator {
        facts,
        declared,
        locals: Vec::new(),
        places: BTreeMap::new(),
        sizes: BTreeMap::new(),
        entries: BTreeMap::new(),
    };
    estimator.cost(parsed)
}

/// Where the declared types say what a part of an expression is.
#[derive(Clone, Copy)]
enum Place<'a> {
    /// It comes from no variable.
    Unknown,
    /// It comes from one, but its type says nothing.
    Nowhere,
    /// Here.
    At(&'a Declared),
}

/// The sizes of the keys and of the values of a list or map that an expression makes.
#[derive(Clone, Copy)]
struct Entry {
    is_list: bool,
    key: Size,
    value: Size,
}

impl Entry {
    fn or(self, other: Self) -> Self {
        Self { is_list: self.is_list, key: self.key.or(other.key), value: self.value.or(other.value) }
    }
}

/// A variable of a comprehension.
struct Local<'a> {
    name: &'a str,
    place: Place<'a>,
    size: Option<Size>,
    entry: Option<Entry>,
}

struct Estimator<'a> {
    facts: &'a Facts,
    declared: &'a Declared,
    locals: Vec<Local<'a>>,
    places: BTreeMap<u64, Place<'a>>,
    sizes: BTreeMap<u64, Size>,
    entries: BTreeMap<u64, Entry>,
}

impl<'a> Estimator<'a> {
    fn cost(&mut self, it: &'a IdedExpr) -> u64 {
        match &it.expr {
            Expr::Unspecified | Expr::Literal(_) => 0,
            Expr::Ident(name) => {
                let place = self.local(name).map_or(Place::At(self.declared), |it| it.place);
                self.places.insert(it.id, place);
                1
            }
            Expr::Select(select) => self.select(it.id, select),
            Expr::Call(call) => self.call(it, call),
            Expr::List(list) => self.list(it.id, &list.elements),
            Expr::Map(map) => self.map(it.id, map.entries.iter().map(|it| &it.expr)),
            Expr::Struct(message) => {
                let values = message.entries.iter().filter_map(|it| match &it.expr {
                    EntryExpr::StructField(it) => Some(&it.value),
                    EntryExpr::MapEntry(_) => None,
                });
                values.fold(MESSAGE, |sum, it| sum.saturating_add(self.cost(it)))
            }
            Expr::Comprehension(fold) if is_binding(fold) => self.binding(it.id, fold),
            Expr::Comprehension(fold) => self.fold(it.id, fold),
        }
    }

    /// The innermost variable of a name.
    fn local(&self, name: &str) -> Option<&Local<'a>> {
        self.locals.iter().rfind(|it| it.name == name)
    }

    fn select(&mut self, id: u64, select: &'a SelectExpr) -> u64 {
        let of = self.cost(&select.operand);
        if select.test {
            return of;
        }
        let place = self.place_of(&select.operand);
        self.places.insert(id, self.step(place, Step::Field(&select.field)));
        let is_read = matches!(
            self.facts.types.get(&select.operand.id),
            Some(Type::Map(_) | Type::Object(_) | Type::Named(_) | Type::Var(_))
        );
        of.saturating_add(u64::from(is_read))
    }

    fn list(&mut self, id: u64, items: &'a [IdedExpr]) -> u64 {
        let (mut sum, mut value) = (LIST, if items.is_empty() { Size::up_to(0) } else { Size::NONE });
        for item in items {
            sum = sum.saturating_add(self.cost(item));
            value = value.or(self.size_or_unknown(item));
        }
        self.entries.insert(id, Entry { is_list: true, key: Size::exactly(1), value });
        sum
    }

    fn map(&mut self, id: u64, entries: impl Iterator<Item = &'a EntryExpr>) -> u64 {
        let (mut sum, mut key, mut value, mut is_empty) = (MAP, Size::NONE, Size::NONE, true);
        for entry in entries {
            let EntryExpr::MapEntry(entry) = entry else { continue };
            sum = sum.saturating_add(self.cost(&entry.key)).saturating_add(self.cost(&entry.value));
            key = key.or(self.size_or_unknown(&entry.key));
            value = value.or(self.size_or_unknown(&entry.value));
            is_empty = false;
        }
        if is_empty {
            (key, value) = (Size::up_to(0), Size::up_to(0));
        }
        self.entries.insert(id, Entry { is_list: false, key, value });
        sum
    }

    /// `optMap`: the variable has the value, and the result is evaluated once.
    fn binding(&mut self, id: u64, fold: &'a ComprehensionExpr) -> u64 {
        let sum = self.cost(&fold.iter_range).saturating_add(self.cost(&fold.accu_init));
        self.push_value(&fold.accu_var, &fold.accu_init);
        let sum = sum.saturating_add(self.cost(&fold.result));
        self.locals.pop();
        self.note(id, self.size(&fold.result), self.entry(&fold.result));
        sum
    }

    fn fold(&mut self, id: u64, fold: &'a ComprehensionExpr) -> u64 {
        let sum = self.cost(&fold.iter_range).saturating_add(self.cost(&fold.accu_init));
        let before = self.locals.len();
        self.push_value(&fold.accu_var, &fold.accu_init);
        match &fold.iter_var2 {
            Some(second) => {
                self.push_key(&fold.iter_var, &fold.iter_range);
                self.push_item(second, &fold.iter_range);
            }
            None if self.is_list(&fold.iter_range) => self.push_item(&fold.iter_var, &fold.iter_range),
            None => self.push_key(&fold.iter_var, &fold.iter_range),
        }
        let round = self.cost(&fold.loop_cond).saturating_add(self.cost(&fold.loop_step));
        self.locals.truncate(before + 1);
        let sum = sum.saturating_add(self.cost(&fold.result));
        let range = self.size_or_unknown(&fold.iter_range);
        match &fold.accu_init.expr {
            Expr::Literal(_) => self.note(id, self.size(&fold.accu_init), None),
            Expr::List(_) | Expr::Map(_) => self.note(id, Some(range), self.entry(&fold.loop_step)),
            _ => {}
        }
        self.locals.truncate(before);
        sum.saturating_add(range.most.saturating_mul(round))
    }

    /// A variable with the value of an expression.
    fn push_value(&mut self, name: &'a str, of: &'a IdedExpr) {
        let (place, size, entry) = (self.place_of(of), self.size(of), self.entry(of));
        self.locals.push(Local { name, place, size, entry });
    }

    /// A variable that goes through the keys of a map or the places of a list.
    fn push_key(&mut self, name: &'a str, range: &'a IdedExpr) {
        let step = if self.is_list(range) { Step::Index } else { Step::Key };
        let (place, size) = (self.step(self.place_of(range), step), self.entry(range).map(|it| it.key));
        self.locals.push(Local { name, place, size, entry: None });
    }

    /// A variable that goes through the items of a list or the values of a map.
    fn push_item(&mut self, name: &'a str, range: &'a IdedExpr) {
        let (place, size) = (self.step(self.place_of(range), Step::Item), self.entry(range).map(|it| it.value));
        self.locals.push(Local { name, place, size, entry: None });
    }

    fn is_list(&self, it: &IdedExpr) -> bool {
        let by_type = || matches!(self.facts.types.get(&it.id), Some(Type::List(_)));
        self.entry(it).map_or_else(by_type, |it| it.is_list)
    }

    fn note(&mut self, id: u64, size: Option<Size>, entry: Option<Entry>) {
        self.sizes.extend(size.map(|it| (id, it)));
        self.entries.extend(entry.map(|it| (id, it)));
    }

    fn place_of(&self, it: &IdedExpr) -> Place<'a> {
        let local = if let Expr::Ident(name) = &it.expr { self.local(name) } else { None };
        local.map(|it| it.place).or_else(|| self.places.get(&it.id).copied()).unwrap_or(Place::Unknown)
    }

    /// One step further. From nowhere the first step is taken for the variable, so that the type is that of the root.
    fn step(&self, place: Place<'a>, step: Step<'_>) -> Place<'a> {
        match place {
            Place::Unknown => Place::At(self.declared),
            Place::Nowhere => Place::Nowhere,
            Place::At(it) => it.step(step).map_or(Place::Nowhere, Place::At),
        }
    }

    /// How large a part can be, if anything says so.
    fn size(&self, it: &IdedExpr) -> Option<Size> {
        let by_place = || match self.place_of(it) {
            Place::At(it) => Some(Size::up_to(it.most)),
            Place::Unknown | Place::Nowhere => None,
        };
        let by_type = || self.facts.types.get(&it.id).is_some_and(is_single).then(|| Size::exactly(1));
        let by_variable = || match &it.expr {
            Expr::Ident(name) => self.local(name).and_then(|it| it.size),
            _ => None,
        };
        let known = self.sizes.get(&it.id).copied().or_else(|| written(&it.expr));
        known.or_else(by_place).or_else(by_type).or_else(by_variable)
    }

    fn size_or_unknown(&self, it: &IdedExpr) -> Size {
        self.size(it).unwrap_or(Size::UNKNOWN)
    }

    fn entry(&self, it: &IdedExpr) -> Option<Entry> {
        let by_variable = || match &it.expr {
            Expr::Ident(name) => self.local(name).and_then(|it| it.entry),
            _ => None,
        };
        self.entries.get(&it.id).copied().or_else(by_variable)
    }

    /// `dyn(x)` is what `x` is; everything else [`calls`] knows.
    fn call(&mut self, it: &'a IdedExpr, call: &'a CallExpr) -> u64 {
        if let ("dyn", [argument]) = (call.func_name.as_str(), &call.args[..]) {
            let cost = self.cost(argument);
            self.note(it.id, self.size(argument), self.entry(argument));
            return cost.saturating_add(1);
        }
        self.function(it, call)
    }
}

fn is_binding(fold: &ComprehensionExpr) -> bool {
    let no_items = matches!(&fold.iter_range.expr, Expr::List(it) if it.elements.is_empty());
    let no_rounds = matches!(&fold.loop_cond.expr, Expr::Literal(LiteralValue::Boolean(it)) if !*it.inner());
    no_items && no_rounds && fold.accu_var != OLD_ACCUMULATOR
}

/// The size of what is written down.
fn written(it: &Expr) -> Option<Size> {
    let size = match it {
        Expr::Literal(LiteralValue::String(it)) => it.inner().chars().count(),
        Expr::Literal(LiteralValue::Bytes(it)) => it.inner().len(),
        Expr::Literal(_) => 1,
        Expr::List(it) => it.elements.len(),
        Expr::Map(it) => it.entries.len(),
        _ => return None,
    };
    Some(Size::exactly(size as u64))
}

/// True for a type all of whose values are of one size.
fn is_single(kind: &Type) -> bool {
    match kind {
        Type::Bool | Type::Double | Type::Duration | Type::Int | Type::Timestamp | Type::Uint => true,
        Type::Optional(of) => is_single(of),
        _ => false,
    }
}
