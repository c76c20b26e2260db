//! Whether one type fits another, and what that says about types still to be found.
//!
//! Upstream: `cel-go/checker/types.go` (`isAssignable`, `mostGeneral`, `substitute`).

use crate::cel::types::Type;
use std::collections::BTreeMap;

/// What is known of types still to be found.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    known: BTreeMap<u32, Type>,
    next: u32,
}

impl Found {
    /// A type that nothing is known of.
    pub(super) fn fresh(&mut self) -> Type {
        self.next += 1;
        // The numbers below are the parameters of declarations.
        Type::Var(self.next + FIRST_FREE)
    }

    /// `declared` with parameters of its own, which `names` keeps for one call.
    pub(super) fn renewed(&mut self, declared: &Type, names: &mut BTreeMap<u32, Type>) -> Type {
        match declared {
            Type::Var(number) => {
                if let Some(it) = names.get(number) {
                    return it.clone();
                }
                let it = self.fresh();
                names.insert(*number, it.clone());
                it
            }
            _ => map_inner(declared, &mut |it| self.renewed(it, names)),
        }
    }

    /// The type with everything known put in.
    pub(super) fn resolve(&self, kind: &Type) -> Type {
        match kind {
            Type::Var(number) => self.known.get(number).map_or_else(|| kind.clone(), |it| self.resolve(it)),
            _ => map_inner(kind, &mut |it| self.resolve(it)),
        }
    }

    /// The same, where what is still unknown may be anything.
    pub(super) fn settle(&self, kind: &Type) -> Type {
        match self.resolve(kind) {
            Type::Var(_) => Type::Dyn,
            it => map_inner(&it, &mut |it| self.settle(it)),
        }
    }

    /// True if all values fit; what that says is kept only then.
    pub(super) fn fit_all(&mut self, values: &[Type], places: &[Type]) -> bool {
        let before = self.known.clone();
        let fits =
            values.len() == places.len() && values.iter().zip(places).all(|(value, place)| self.fits(value, place));
        if !fits {
            self.known = before;
        }
        fits
    }

    /// True if a value of type `from` can stand where `to` is asked for.
    pub(super) fn fit(&mut self, from: &Type, to: &Type) -> bool {
        self.fit_all(std::slice::from_ref(from), std::slice::from_ref(to))
    }

    fn fits(&mut self, from: &Type, to: &Type) -> bool {
        match (from, to) {
            (Type::Var(a), Type::Var(b)) if a == b => true,
            (_, Type::Var(number)) => self.bind(*number, from),
            (Type::Var(number), _) => self.bind(*number, to),
            (Type::Dyn | Type::Error, _) | (_, Type::Dyn | Type::Error) | (Type::Kind(_), Type::Kind(_)) => true,
            (Type::Null, _) => {
                matches!(
                    to,
                    Type::Null
                        | Type::Duration
                        | Type::Timestamp
                        | Type::Object(_)
                        | Type::Named(_)
                        | Type::Optional(_)
                )
            }
            (Type::List(a), Type::List(b)) | (Type::Optional(a), Type::Optional(b)) => self.fits(a, b),
            (Type::Map(a), Type::Map(b)) => self.fits(&a.0, &b.0) && self.fits(&a.1, &b.1),
            _ => from == to,
        }
    }

    fn bind(&mut self, number: u32, other: &Type) -> bool {
        let Some(known) = self.known.get(&number).cloned() else {
            if !self.holds(other, number) {
                self.known.insert(number, other.clone());
                return true;
            }
            return false;
        };
        if !self.fits(other, &known) {
            return false;
        }
        let general = most_general(other, &known);
        self.known.insert(number, general);
        true
    }

    /// True if `kind` has the unknown `number` within: such a type would never end.
    fn holds(&self, kind: &Type, number: u32) -> bool {
        match kind {
            Type::Var(it) => *it == number || self.known.get(it).is_some_and(|it| self.holds(it, number)),
            Type::List(it) | Type::Optional(it) | Type::Kind(it) => self.holds(it, number),
            Type::Map(it) => self.holds(&it.0, number) || self.holds(&it.1, number),
            _ => false,
        }
    }
}

const FIRST_FREE: u32 = 8;

/// The type that says less.
pub(super) fn most_general(a: &Type, b: &Type) -> Type {
    if a.is_dyn() || less_specific(a, b) { a.clone() } else { b.clone() }
}

fn less_specific(a: &Type, b: &Type) -> bool {
    match (a, b) {
        (Type::Dyn | Type::Var(_), _) => true,
        // Null fits a few types, which are the ones to keep.
        (_, Type::Dyn | Type::Var(_)) | (Type::Null, _) => false,
        (Type::List(a), Type::List(b)) | (Type::Optional(a), Type::Optional(b)) => less_specific(a, b),
        (Type::Map(a), Type::Map(b)) => less_specific(&a.0, &b.0) && less_specific(&a.1, &b.1),
        _ => a == b,
    }
}

fn map_inner(kind: &Type, to: &mut dyn FnMut(&Type) -> Type) -> Type {
    match kind {
        Type::List(it) => Type::list(to(it)),
        Type::Optional(it) => Type::optional(to(it)),
        Type::Kind(it) => Type::Kind(to(it).into()),
        Type::Map(it) => Type::map(to(&it.0), to(&it.1)),
        other => other.clone(),
    }
}
