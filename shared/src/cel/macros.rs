//! The parser with the macros that Kubernetes has beside the standard ones: over two variables, and into optionals.
//!
//! Upstream: `cel-go/ext/comprehensions.go`, `cel-go/cel/library.go` (`optMap`).

use crate::cel::source::{self, Issue};
use cel::Env;
use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, IdedExpr, ListExpr, LiteralValue, MapExpr, operators};
use cel::parser::{Macro, MacroExprHelper, ParseError, ParseErrors, Parser};
use std::sync::OnceLock;

/// How deep expressions may be inside of each other. Upstream 250; what is refused before reading is never so deep.
const RECURSION_MAX: u16 = 96;

/// The name of what a comprehension has found so far.
const SO_FAR: &str = "@result";

/// The function that puts an entry into the map of a comprehension.
pub(super) const INSERT: &str = "cel.@mapInsert";

/// A parser for one expression.
pub(super) fn parser() -> Parser {
    static MACROS: OnceLock<Env> = OnceLock::new();
    MACROS.get_or_init(environment).parser().max_recursion_depth(RECURSION_MAX).enable_ident_escape_syntax(false)
}

fn environment() -> Env {
    let mut env = Env::stdlib();
    for makes in [Makes::All, Makes::Exists, Makes::ExistsOne, Makes::List, Makes::Map, Makes::Entries] {
        for (name, count) in makes.calls() {
            let expand =
                move |helper: &mut MacroExprHelper<'_>, target: &mut Option<IdedExpr>, args: &mut Vec<IdedExpr>| {
                    two_variables(makes, helper, target, args)
                };
            // A name and count that is there already stays as it is.
            _ = env.add_macro(Macro::receiver(*name, *count, expand));
        }
    }
    env
}

/// What a comprehension over two variables makes.
#[derive(Clone, Copy)]
enum Makes {
    All,
    Exists,
    ExistsOne,
    List,
    Map,
    Entries,
}

impl Makes {
    /// The names and how many arguments they have; one argument more is a filter.
    fn calls(self) -> &'static [(&'static str, usize)] {
        match self {
            Self::All => &[("all", 3)],
            Self::Exists => &[("exists", 3)],
            Self::ExistsOne => &[("existsOne", 3), ("exists_one", 3)],
            Self::List => &[("transformList", 3), ("transformList", 4)],
            Self::Map => &[("transformMap", 3), ("transformMap", 4)],
            Self::Entries => &[("transformMapEntry", 3), ("transformMapEntry", 4)],
        }
    }
}

fn two_variables(
    makes: Makes,
    helper: &mut MacroExprHelper<'_>,
    target: &mut Option<IdedExpr>,
    args: &mut Vec<IdedExpr>,
) -> Result<Option<IdedExpr>, ParseError> {
    let mut arguments = std::mem::take(args).into_iter();
    let mut next = || arguments.next().unwrap_or_default();
    let (first, second, third, fourth) = (next(), next(), next(), next());
    let (iter_var, second_var) = (simple_name(helper, first)?, simple_name(helper, second)?);
    if iter_var == second_var {
        return Err(helper.new_error(0, format!("duplicate variable name: {iter_var}")));
    }
    let filter = (fourth.expr != Expr::Unspecified).then_some(fourth);
    let (filter, body) = filter.map_or((None, third.clone()), |body| (Some(third), body));
    let parts = parts(makes, helper, &iter_var, body);
    let step = match filter {
        Some(filter) => {
            let otherwise = so_far(helper);
            call(helper, operators::CONDITIONAL, vec![filter, parts.step, otherwise])
        }
        None => parts.step,
    };
    let comprehension = ComprehensionExpr {
        iter_range: target.take().unwrap_or_default(),
        iter_var,
        iter_var2: Some(second_var),
        accu_var: SO_FAR.to_owned(),
        accu_init: parts.start,
        loop_cond: parts.goes_on,
        loop_step: step,
        result: parts.result,
    };
    Ok(Some(helper.next_expr(Expr::Comprehension(Box::new(comprehension)))))
}

/// What tells the comprehensions apart.
struct Parts {
    start: IdedExpr,
    goes_on: IdedExpr,
    step: IdedExpr,
    result: IdedExpr,
}

fn parts(makes: Makes, helper: &mut MacroExprHelper<'_>, key: &str, body: IdedExpr) -> Parts {
    let result = so_far(helper);
    let goes_on = literal(helper, LiteralValue::Boolean(true.into()));
    let before = so_far(helper);
    match makes {
        Makes::All => Parts {
            start: literal(helper, LiteralValue::Boolean(true.into())),
            goes_on: call(helper, operators::NOT_STRICTLY_FALSE, vec![result.clone()]),
            step: call(helper, operators::LOGICAL_AND, vec![before, body]),
            result,
        },
        Makes::Exists => {
            let not = call(helper, operators::LOGICAL_NOT, vec![result.clone()]);
            Parts {
                start: literal(helper, LiteralValue::Boolean(false.into())),
                goes_on: call(helper, operators::NOT_STRICTLY_FALSE, vec![not]),
                step: call(helper, operators::LOGICAL_OR, vec![before, body]),
                result,
            }
        }
        Makes::ExistsOne => {
            let one = literal(helper, LiteralValue::Int(1.into()));
            let more = call(helper, operators::ADD, vec![before.clone(), one.clone()]);
            Parts {
                start: literal(helper, LiteralValue::Int(0.into())),
                goes_on,
                step: call(helper, operators::CONDITIONAL, vec![body, more, before]),
                result: call(helper, operators::EQUALS, vec![result, one]),
            }
        }
        Makes::List => {
            let item = helper.next_expr(Expr::List(ListExpr::new(vec![body])));
            let start = helper.next_expr(Expr::List(ListExpr::new(Vec::new())));
            Parts { start, goes_on, step: call(helper, operators::ADD, vec![before, item]), result }
        }
        Makes::Map | Makes::Entries => {
            let start = helper.next_expr(Expr::Map(MapExpr { entries: Vec::new() }));
            let mut arguments = vec![before, body];
            if matches!(makes, Makes::Map) {
                arguments.insert(1, helper.next_expr(Expr::Ident(key.to_owned())));
            }
            Parts { start, goes_on, step: call(helper, INSERT, arguments), result }
        }
    }
}

fn simple_name(helper: &MacroExprHelper<'_>, argument: IdedExpr) -> Result<String, ParseError> {
    match argument.expr {
        Expr::Ident(name) if !name.starts_with('.') => Ok(name),
        _ => Err(helper.new_error(argument.id, "argument must be a simple name")),
    }
}

fn so_far(helper: &mut MacroExprHelper<'_>) -> IdedExpr {
    helper.next_expr(Expr::Ident(SO_FAR.to_owned()))
}

fn literal(helper: &mut MacroExprHelper<'_>, value: LiteralValue) -> IdedExpr {
    helper.next_expr(Expr::Literal(value))
}

fn call(helper: &mut MacroExprHelper<'_>, name: &str, args: Vec<IdedExpr>) -> IdedExpr {
    helper.next_expr(Expr::Call(CallExpr { func_name: name.to_owned(), target: None, args }))
}

/// What the parser found wrong, as cel-go prints it.
pub(super) fn told(source: &str, errors: ParseErrors) -> String {
    let issue = |it: ParseError| Issue {
        line: usize::try_from(it.pos.0).unwrap_or_default().max(1),
        column: usize::try_from(it.pos.1).unwrap_or_default().saturating_sub(1),
        message: it.msg,
    };
    source::report(source, &mut errors.errors.into_iter().map(issue).collect())
}
