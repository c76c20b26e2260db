//! What calls of functions can cost, and how large their results can be.

use super::size::{CHARACTER, PATTERN_CHARACTER, Size, scaled};
use super::{Entry, Estimator, LIST, MESSAGE, Place, Step};
use crate::cel::types::Type;
use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue};

/// What a question to the authorizer costs: an expression can ask two.
const AUTHORIZATION: u64 = 350_000;
/// How long the pattern behind a named format may be.
const FORMAT_PATTERN_MAX: u64 = 128;
/// How long a named format may be.
const FORMAT_MAX: u64 = 64;
/// The bytes of an address.
const ADDRESS: Size = Size { least: 4, most: 16 };

/// The most that a call costs without its arguments, and the size of its result.
type Estimate = (u64, Option<Size>);

/// A call, as far as it is needed to tell its cost.
struct Asked<'a> {
    name: &'static str,
    /// The overload, as the function declares it.
    overload: &'static str,
    target: Option<&'a IdedExpr>,
    arguments: Vec<&'a IdedExpr>,
}

impl<'a> Estimator<'a> {
    pub(super) fn function(&mut self, it: &'a IdedExpr, call: &'a CallExpr) -> u64 {
        let costs: Vec<u64> = call.args.iter().map(|it| self.cost(it)).collect();
        let Some(called) = self.facts.calls.get(&it.id) else { return 0 };
        let target = call.target.as_deref().filter(|_| called.is_member);
        let sum = target.map_or(0, |it| self.cost(it));
        let (mut most, mut result) = (0, None);
        for overload in &called.overloads {
            let asked = Asked { name: called.function, overload, target, arguments: call.args.iter().collect() };
            let (cost, size) = self.overload(it.id, &asked, &costs);
            most = cost.max(most);
            result = match (result, size) {
                (Some(a), Some(b)) => Some(Size::or(a, b)),
                (a, b) => a.or(b),
            };
            if let ("_[_]", [of, _], "(list(A), int) A" | "(map(A, B), A) B") =
                (asked.name, &asked.arguments[..], *overload)
            {
                result = self.entry(of).map(|it| it.value);
                self.places.insert(it.id, self.step(self.place_of(of), Step::Item));
            }
            result = result.or_else(|| self.size(it));
        }
        self.note(it.id, result, None);
        sum.saturating_add(most)
    }

    /// What one overload costs, its arguments included.
    fn overload(&mut self, id: u64, asked: &Asked<'a>, costs: &[u64]) -> Estimate {
        let arguments = costs.iter().fold(0_u64, |sum, it| sum.saturating_add(*it));
        if matches!(asked.name, "_&&_" | "_||_") {
            return (arguments, None);
        }
        if let ("_?_:_", [_, then, otherwise]) = (asked.name, &asked.arguments[..]) {
            let branch = costs.iter().skip(1).copied().max().unwrap_or_default();
            let entry = self.entry(then).zip(self.entry(otherwise)).map(|(a, b)| Entry::or(a, b));
            self.note(id, None, entry);
            let size = self.size_or_unknown(then).or(self.size_or_unknown(otherwise));
            return (costs.first().map_or(0, |it| it.saturating_add(branch)), Some(size));
        }
        if let ("_+_", [a, b]) = (asked.name, &asked.arguments[..])
            && matches!(
                asked.overload,
                "(string, string) string" | "(bytes, bytes) bytes" | "(list(A), list(A)) list(A)"
            )
        {
            let entry = self.entry(a).zip(self.entry(b)).map(|(a, b)| Entry::or(a, b));
            self.note(id, None, entry);
        }
        let (cost, size) = self
            .of_lists(asked)
            .or_else(|| self.of_texts(asked))
            .or_else(|| self.of_addresses(asked))
            .or_else(|| self.of_kubernetes(asked))
            .or_else(|| self.of_language(asked))
            .unwrap_or((1, None));
        (cost.saturating_add(arguments), size)
    }

    fn argument(&self, asked: &Asked<'_>, index: usize) -> Option<Size> {
        asked.arguments.get(index).map(|it| self.size_or_unknown(it))
    }

    fn target(&self, asked: &Asked<'_>) -> Option<Size> {
        asked.target.map(|it| self.size_or_unknown(it))
    }

    /// The type and size of the items of a list; `None` for what has none.
    fn items(&self, list: &IdedExpr) -> Option<(Type, Size)> {
        let kind = match self.facts.types.get(&list.id)? {
            Type::List(it) | Type::Optional(it) => (**it).clone(),
            Type::Map(it) => it.0.clone(),
            _ => return None,
        };
        let size = match self.place_of(list) {
            Place::Unknown | Place::Nowhere => Size::UNKNOWN,
            Place::At(it) => it.step(Step::Item).map_or(Size::UNKNOWN, |it| Size::up_to(it.most)),
        };
        Some((kind, size))
    }

    fn of_lists(&self, asked: &Asked<'_>) -> Option<Estimate> {
        Some(match asked.name {
            "sets.contains" | "sets.intersects" | "sets.equivalent" => {
                let factor = if asked.name == "sets.equivalent" { 2.0 } else { 1.0 };
                let pairs = self.argument(asked, 0)?.times(self.argument(asked, 1)?);
                (pairs.cost(factor).saturating_add(1), None)
            }
            "isSorted" | "sum" | "max" | "min" | "indexOf" | "lastIndexOf" => {
                let size = self.target(asked)?;
                let Some((kind, item)) = self.items(asked.target?) else { return Some((size.cost(CHARACTER), None)) };
                let compared = if matches!(kind, Type::Text | Type::Bytes) { item.cost(CHARACTER) } else { 0 };
                (size.most.saturating_mul(compared.saturating_add(1)), None)
            }
            "join" => {
                let list = self.target(asked)?;
                let items = self.items(asked.target?).map_or(Size::exactly(0), |(_, item)| list.times(item));
                let between = Size { least: list.least.saturating_sub(1), most: list.most.saturating_sub(1) };
                let size = self.argument(asked, 0).map_or(items, |it| items.plus(it.times(between)));
                (size.cost(CHARACTER), Some(size))
            }
            _ => return None,
        })
    }

    fn of_texts(&self, asked: &Asked<'_>) -> Option<Estimate> {
        Some(match asked.name {
            "lowerAscii" | "upperAscii" | "substring" | "trim" => {
                let size = self.target(asked)?;
                (size.cost(CHARACTER), Some(size))
            }
            "replace" => {
                let size = self.target(asked)?;
                let made = replaced(size, self.argument(asked, 0)?, self.argument(asked, 1)?);
                (size.cost(2.0 * CHARACTER), Some(made))
            }
            "split" => {
                let size = self.target(asked)?;
                let limit = match asked.arguments.get(1).map(|it| &it.expr) {
                    #[allow(clippy::cast_sign_loss, reason = "a negative limit is none, which this makes it")]
                    Some(Expr::Literal(LiteralValue::Int(it))) => *it.inner() as u64,
                    _ => size.most,
                };
                (size.cost(2.0 * CHARACTER), Some(Size::up_to(limit)))
            }
            "find" | "findAll" => {
                let size = self.target(asked)?;
                (search(size, self.argument(asked, 0)?), Some(Size::up_to(size.most)))
            }
            "url" | "jsonpatch.escapeKey" => {
                let size = self.argument(asked, 0)?;
                (size.cost(CHARACTER), Some(size))
            }
            "quantity" | "isQuantity" | "semver" | "isSemver" => (self.argument(asked, 0)?.cost(CHARACTER), None),
            "validate" => {
                let text = self.argument(asked, 0)?.cost(CHARACTER);
                let pattern = Size::exactly(FORMAT_PATTERN_MAX).cost(PATTERN_CHARACTER);
                (text.saturating_mul(pattern), None)
            }
            _ => return None,
        })
    }

    fn of_addresses(&self, asked: &Asked<'_>) -> Option<Estimate> {
        let text = || self.argument(asked, 0);
        let parsed =
            || if asked.overload.starts_with("CIDR.(string)") { text().map_or(0, |it| it.cost(CHARACTER)) } else { 0 };
        let compared = ADDRESS.plus(ADDRESS).cost(CHARACTER);
        Some(match asked.name {
            "ip" if asked.overload.starts_with("CIDR.") => (1, None),
            "ip" | "cidr" | "isIP" | "isCIDR" => (text()?.cost(CHARACTER), None),
            "ip.isCanonical" => (text()?.cost(2.0 * CHARACTER), None),
            "containsIP" => (compared.saturating_add(parsed()), None),
            "containsCIDR" => {
                let masked = ADDRESS.cost(CHARACTER) + 1;
                (compared.saturating_add(masked).saturating_add(parsed()), None)
            }
            _ => return None,
        })
    }

    /// What only the libraries of Kubernetes have, and equality of their types.
    fn of_kubernetes(&self, asked: &Asked<'_>) -> Option<Estimate> {
        Some(match asked.name {
            "check" => (AUTHORIZATION, None),
            "fieldSelector" | "labelSelector" => {
                let size = self.argument(asked, 0)?;
                let requirements = scaled(size.cost(0.5), requirement_cost());
                (LIST.saturating_add(size.cost(CHARACTER)).saturating_add(requirements), None)
            }
            "_==_" => match self.named(asked)? {
                "kubernetes.NamedFormat" => (scaled(FORMAT_MAX, CHARACTER), None),
                "kubernetes.URL" => {
                    let known = asked.arguments.get(1).and_then(|it| self.size(it));
                    (known.unwrap_or(Size::exactly(1)).cost(CHARACTER), None)
                }
                _ => (1, None),
            },
            _ => return None,
        })
    }

    /// The library's type that both sides have.
    fn named(&self, asked: &Asked<'_>) -> Option<&'static str> {
        let kind = |index: usize| match self.facts.types.get(&asked.arguments.get(index)?.id)? {
            Type::Named(it) => Some(*it),
            _ => None,
        };
        kind(0).filter(|it| kind(1) == Some(it))
    }

    /// The functions of the language itself that do not take the same time for all values.
    fn of_language(&self, asked: &Asked<'_>) -> Option<Estimate> {
        let of_texts = matches!(asked.overload, "(string, string) bool" | "(bytes, bytes) bool");
        Some(match (asked.name, asked.overload) {
            ("format", _) => (self.target(asked)?.cost(CHARACTER), None),
            ("bytes", "(string) bytes") => {
                let it = self.argument(asked, 0)?;
                (it.cost(CHARACTER), Some(Size { most: it.most.saturating_mul(4), ..it }))
            }
            ("string", "(bytes) string") => {
                let it = self.argument(asked, 0)?;
                (it.cost(CHARACTER), Some(Size { least: it.least / 4, ..it }))
            }
            ("strings.quote", _) => {
                let it = self.argument(asked, 0)?;
                (it.cost(CHARACTER), Some(it.times(Size { least: 1, most: 2 }).plus(Size::exactly(2))))
            }
            ("startsWith" | "endsWith", _) => (self.argument(asked, 0)?.cost(CHARACTER), None),
            ("@in", "(A, list(A)) bool") => (self.argument(asked, 1)?.most, None),
            ("matches", _) if asked.target.is_some() => (search(self.target(asked)?, self.argument(asked, 0)?), None),
            ("contains", _) => {
                let (text, part) = (self.target(asked)?.cost(CHARACTER), self.argument(asked, 0)?.cost(CHARACTER));
                (text.saturating_mul(part), None)
            }
            ("_+_", "(list(A), list(A)) list(A)") => (1, Some(self.argument(asked, 0)?.plus(self.argument(asked, 1)?))),
            ("_+_", "(string, string) string" | "(bytes, bytes) bytes") => {
                let size = self.argument(asked, 0)?.plus(self.argument(asked, 1)?);
                (size.cost(CHARACTER), Some(size))
            }
            ("_==_" | "_!=_", _) => (self.compared(asked)?, None),
            ("_<_" | "_<=_" | "_>_" | "_>=_", _) if of_texts => (self.compared(asked)?, None),
            _ => return None,
        })
    }

    /// Both sides are gone through up to the end of the shorter one.
    fn compared(&self, asked: &Asked<'_>) -> Option<u64> {
        let most = self.argument(asked, 0)?.most.min(self.argument(asked, 1)?.most);
        Some(scaled(most, CHARACTER))
    }
}

/// What one requirement of a selector costs: a message and a list.
#[allow(clippy::cast_precision_loss, reason = "both are small")]
fn requirement_cost() -> f64 {
    (LIST + MESSAGE) as f64
}

/// A search for a pattern; one character more than the text has, so that a pattern costs even over no text.
fn search(text: Size, pattern: Size) -> u64 {
    let text = text.plus(Size::exactly(1)).cost(CHARACTER);
    text.saturating_mul(pattern.cost(PATTERN_CHARACTER))
}

/// How large a text can be after its parts were replaced.
fn replaced(text: Size, old: Size, new: Size) -> Size {
    let times = |text: u64, old: u64| if old == 0 { text.saturating_add(1) } else { text.div_ceil(old) };
    let (most_times, most_kept) = match old.least {
        0 => (times(text.most, 0), text.most),
        least if new.most <= least => (0, text.most),
        least => (times(text.most, least), 0),
    };
    let (least_times, least_kept) = match old.most {
        0 => (times(text.least, 0), text.least),
        most if most <= new.least => (0, text.least),
        most => (times(text.least, most), 0),
    };
    let times = Size { least: least_times, most: most_times };
    times.times(new).plus(Size { least: least_kept, most: most_kept })
}
