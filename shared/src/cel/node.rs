//! A checked expression, ready to run: names are places, functions are found.

use crate::cel::functions::Function;
use crate::cel::val::Val;
use crate::model::Text;

/// A part of a checked expression.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// A value that is written down.
    Literal(Val),
    /// A variable of the environment.
    Global(Text),
    /// A variable that a policy defines, by its place in their order.
    Composed(usize),
    /// A variable of a comprehension, by its place.
    Local(usize),
    /// The same where it is not needed again, so that a growing list need not be copied.
    Taken(usize),
    /// A field.
    Select(Box<Select>),
    /// A call of a function.
    Call(&'static Function, Vec<Node>),
    /// `a && b`.
    And(Box<(Node, Node)>),
    /// `a || b`.
    Or(Box<(Node, Node)>),
    /// `a ? b : c`.
    If(Box<(Node, Node, Node)>),
    /// True unless it is false: an error does not end `all` and `exists`.
    NotStrictlyFalse(Box<Node>),
    /// `[a, ?b]`; true beside what is optional.
    List(Vec<(Node, bool)>),
    /// `{a: b, ?c: d}`; true beside what is optional.
    Map(Vec<(Node, Node, bool)>),
    /// `Object.spec{a: b}`; true beside what is optional.
    Struct(Text, Vec<(Text, Node, bool)>),
    /// A comprehension.
    Fold(Box<Fold>),
    /// A value of an object that the schema says is something else.
    Formatted(Box<Node>, Format),
}

/// The access to a field.
#[derive(Clone, Debug)]
pub(super) struct Select {
    pub(super) of: Node,
    /// The name in JSON.
    pub(super) field: Text,
    pub(super) mode: Access,
}

/// How a field is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// `a.b`: an error if it is missing.
    Plain,
    /// `has(a.b)`.
    Test,
    /// `a.?b`: an optional.
    Optional,
}

/// What a value of an object is by its schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// A timestamp.
    Timestamp,
    /// A duration.
    Duration,
    /// Bytes in base64.
    Bytes,
    /// A number, which may have been written without a fraction.
    Double,
}

/// A comprehension: what all macros over lists and maps become.
#[derive(Clone, Debug)]
pub(super) struct Fold {
    pub(super) range: Node,
    /// Where the item goes: index or key in the first if there are two.
    pub(super) first: usize,
    pub(super) second: Option<usize>,
    /// Where the result so far is.
    pub(super) so_far: usize,
    pub(super) start: Node,
    pub(super) goes_on: Node,
    pub(super) step: Node,
    pub(super) result: Node,
}
