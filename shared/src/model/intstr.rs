//! A number or a string, such as a port or a percentage: `IntOrString`.
//!
//! Upstream: `k8s.io/apimachinery/pkg/util/intstr`.

use crate::model::names::quote;
use crate::model::{Text, Value};
use std::fmt;

/// What may be a number or a name (a port) or a percentage (`maxSurge`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IntOrString {
    /// A number.
    Int(i32),
    /// A name or a percentage.
    Text(Text),
}

/// Which way a share of a whole is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// To the next larger whole number.
    Up,
    /// To the next smaller whole number.
    Down,
}

impl IntOrString {
    /// Reads a JSON value; none for null and for anything that is neither a number nor a string.
    pub fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Int(it) => i32::try_from(*it).ok().map(Self::Int),
            Value::Text(it) => Some(Self::Text(it.clone())),
            Value::Null | Value::Bool(_) | Value::Float(_) | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// Reads a command-line text: a number if it looks like one.
    pub fn parse(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Text(text.into()), Self::Int)
    }

    /// The number; a text is read as one, and is 0 if it is none.
    pub fn int_value(&self) -> i64 {
        match self {
            Self::Int(it) => (*it).into(),
            Self::Text(it) => it.parse().unwrap_or(0),
        }
    }

    /// The number before the `%` of a percentage.
    pub fn percent(&self) -> Option<i64> {
        match self {
            Self::Int(_) => None,
            Self::Text(it) => it.strip_suffix('%')?.parse().ok(),
        }
    }

    /// The number itself, or that percentage of `total`: `GetScaledValueFromIntOrPercent`.
    ///
    /// # Errors
    /// A string that is no percentage; the text is upstream's.
    pub fn scaled(&self, total: i64, rounding: Rounding) -> Result<i64, String> {
        let text = match self {
            Self::Int(it) => return Ok((*it).into()),
            Self::Text(it) => it,
        };
        let number = text.strip_suffix('%').ok_or_else(|| invalid("invalid type: string is not a percentage"))?;
        let percent: i64 = number.parse().map_err(|_| {
            let (value, number) = (quote(text), quote(number));
            invalid(&format!("invalid value {value}: strconv.Atoi: parsing {number}: invalid syntax"))
        })?;
        let share = i128::from(percent) * i128::from(total);
        let whole = match rounding {
            Rounding::Down => share.div_euclid(100),
            Rounding::Up => -(-share).div_euclid(100),
        };
        Ok(i64::try_from(whole).unwrap_or(i64::MAX))
    }

    /// The JSON value.
    pub fn to_value(&self) -> Value {
        match self {
            Self::Int(it) => (*it).into(),
            Self::Text(it) => it.into(),
        }
    }
}

fn invalid(reason: &str) -> String {
    format!("invalid value for IntOrString: {reason}")
}

impl fmt::Display for IntOrString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(it) => it.fmt(f),
            Self::Text(it) => f.write_str(it),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(text: &str, total: i64, expected: &Expect) {
        let it = IntOrString::parse(text);
        let show = |rounding| it.scaled(total, rounding).map_or_else(|error| error, |it| it.to_string());
        expected.assert_eq(&format!("up {} down {}", show(Rounding::Up), show(Rounding::Down)));
    }

    #[test]
    fn scales() {
        check("25%", 3, &expect!["up 1 down 0"]);
        check("25%", 10, &expect!["up 3 down 2"]);
        check("100%", 7, &expect!["up 7 down 7"]);
        check("2", 7, &expect!["up 2 down 2"]);
        check("-5%", 30, &expect!["up -1 down -2"]);
        check(
            "http",
            7,
            &expect![
                "up invalid value for IntOrString: invalid type: string is not a percentage down invalid value for IntOrString: invalid type: string is not a percentage"
            ],
        );
        check(
            "x%",
            7,
            &expect![[
                r#"up invalid value for IntOrString: invalid value "x%": strconv.Atoi: parsing "x": invalid syntax down invalid value for IntOrString: invalid value "x%": strconv.Atoi: parsing "x": invalid syntax"#
            ]],
        );
    }
}
