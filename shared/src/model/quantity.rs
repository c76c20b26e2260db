//! Amounts of resources: `500m`, `1.5Gi`, `2e3`.
//!
//! Upstream: `k8s.io/apimachinery/pkg/api/resource` (`ParseQuantity`, `CanonicalizeBytes`).
//! Differs: amounts are whole billionths in 128 bits, so beyond ±1.7e29 they stop growing (`DIFFERENCE`: upstream has no
//! bound for decimal amounts), and an amount past `E` keeps its digits where upstream loses the suffix.

use std::cmp::Ordering;
use std::fmt;
use std::ops::{Add, Mul, Neg, Sub};

use crate::model::{Text, Value};

/// Billionths in one.
const NANO: i128 = 1_000_000_000;
/// How many decimal places are kept.
const PLACES: i32 = 9;
/// What binary amounts are capped at, in ones: 2^63 - 1.
const BINARY_MAX: i128 = i64::MAX as i128;
/// How many digits upstream's fast path takes; a text that it reads is written back as it came.
const FAST_DIGITS: i32 = 18;
/// The same for binary suffixes.
const FAST_BINARY_DIGITS: i32 = 15;

const BINARY_SUFFIXES: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const DECIMAL_SUFFIXES: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];

/// How an amount is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// `12M`: powers of a thousand.
    #[default]
    DecimalSi,
    /// `12Mi`: powers of 1024.
    BinarySi,
    /// `12e6`.
    DecimalExponent,
}

/// An amount of a resource, exact to a billionth.
///
/// Compares by amount alone; remembers the kind of suffix that it was read with.
#[derive(Clone, Debug, Default)]
pub struct Quantity {
    nanos: i128,
    format: Format,
    /// The text it was read from, where that is written back unchanged.
    as_read: Option<Text>,
}

/// Why a text is no quantity; the texts are those of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// Neither a number nor a number with a suffix.
    #[error("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")]
    Format,
    /// The part before the suffix is no number.
    #[error("unable to parse numeric part of quantity")]
    Number,
    /// There is no such suffix.
    #[error("unable to parse quantity's suffix")]
    Suffix,
}

/// The parts of a text, as `parseQuantityString` finds them.
struct Parts<'a> {
    negative: bool,
    /// Digits before the point, without leading zeros; at least one.
    whole: &'a str,
    /// Digits after the point.
    fraction: &'a str,
    suffix: &'a str,
}

impl Quantity {
    /// Nothing.
    pub const ZERO: Self = Self { nanos: 0, format: Format::DecimalSi, as_read: None };

    /// `n` whole units, written with decimal suffixes.
    pub fn new(n: i64) -> Self {
        Self { nanos: i128::from(n) * NANO, ..Self::ZERO }
    }

    /// `n` whole units, written with binary suffixes where that is exact.
    pub fn binary(n: i64) -> Self {
        Self { nanos: i128::from(n) * NANO, format: Format::BinarySi, as_read: None }
    }

    /// `n` thousandths.
    pub fn milli(n: i64) -> Self {
        Self { nanos: i128::from(n) * (NANO / 1_000), ..Self::ZERO }
    }

    /// Reads a text such as `100m`.
    ///
    /// # Errors
    /// The text is no quantity; the error's text is the API's.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        let parts = split(text)?;
        let suffix = Suffix::find(parts.suffix).ok_or(QuantityError::Suffix)?;
        let (amount, format) = suffix.apply(&parts)?;
        let nanos = if parts.negative { -amount } else { amount };
        let as_read = suffix.keeps_text(&parts).then(|| Text::new(text));
        Ok(Self { nanos, format, as_read })
    }

    /// Reads what JSON holds for a quantity: a string, or a bare number; null is zero.
    ///
    /// # Errors
    /// The value is no quantity.
    pub fn from_value(value: &Value) -> Result<Self, QuantityError> {
        match value {
            Value::Null => Ok(Self::ZERO),
            Value::Text(text) => Self::parse(text.trim()),
            Value::Int(number) => Self::parse(&number.to_string()),
            Value::Float(number) => Self::parse(&number.to_string()),
            Value::Bool(_) | Value::List(_) | Value::Map(_) => Err(QuantityError::Format),
        }
    }

    /// The quantity in `value`; zero for anything that is none. For objects that validation has seen.
    pub fn read(value: &Value) -> Self {
        Self::from_value(value).unwrap_or_default()
    }

    /// Whole units, rounded away from zero.
    pub fn value(&self) -> i64 {
        self.rounded(NANO)
    }

    /// Thousandths, rounded away from zero.
    pub fn milli_value(&self) -> i64 {
        self.rounded(NANO / 1_000)
    }

    /// Billionths, exact.
    pub fn nanos(&self) -> i128 {
        self.nanos
    }

    /// The amount as a float; for shares and percentages only.
    #[allow(clippy::cast_precision_loss, reason = "a share of a resource needs no more than 53 bits")]
    pub fn as_f64(&self) -> f64 {
        self.nanos as f64 / NANO as f64
    }

    /// How it is written.
    pub fn format(&self) -> Format {
        self.format
    }

    /// True for nothing.
    pub fn is_zero(&self) -> bool {
        self.nanos == 0
    }

    /// True below zero.
    pub fn is_negative(&self) -> bool {
        self.nanos < 0
    }

    /// True if the amount is a whole number of thousandths, the finest that CPU is given out in.
    pub fn is_whole_milli(&self) -> bool {
        self.nanos % (NANO / 1_000) == 0
    }

    /// True if the amount is a whole number.
    pub fn is_whole(&self) -> bool {
        self.nanos % NANO == 0
    }

    fn rounded(&self, unit: i128) -> i64 {
        let up = (self.nanos.unsigned_abs().div_ceil(unit.unsigned_abs())).cast_signed();
        let signed = if self.nanos < 0 { -up } else { up };
        i64::try_from(signed).unwrap_or(if signed < 0 { i64::MIN } else { i64::MAX })
    }

    /// The amount `nanos` in the format of `self`, or of `other` if `self` is zero.
    fn combined(&self, other: &Self, nanos: i128) -> Self {
        let format = if self.is_zero() { other.format } else { self.format };
        Self { nanos, format, as_read: None }
    }

    /// The format in which nothing is lost: small and fractional amounts are written in decimal.
    fn exact_format(&self) -> Format {
        let small = self.nanos.unsigned_abs() < (1_024 * NANO).unsigned_abs();
        match self.format {
            Format::BinarySi if small || !self.is_whole() => Format::DecimalSi,
            format => format,
        }
    }
}

enum Suffix {
    /// Times ten to this power.
    Ten(i32, Format),
    /// Times two to this power.
    Two(u32),
}

impl Suffix {
    fn find(text: &str) -> Option<Self> {
        if let Some(index) = position(&DECIMAL_SUFFIXES, text) {
            return Some(Self::Ten(3 * index.cast_signed() - PLACES, Format::DecimalSi));
        }
        if let Some(index) = position(&BINARY_SUFFIXES, text) {
            return Some(Self::Two(10 * index));
        }
        let exponent = text.strip_prefix(['e', 'E'])?.parse::<i64>().ok()?;
        let bounded = exponent.clamp(-1_000, 1_000);
        Some(Self::Ten(i32::try_from(bounded).ok()?, Format::DecimalExponent))
    }

    /// The amount without its sign, in billionths, rounded up; and how to write it.
    fn apply(&self, parts: &Parts<'_>) -> Result<(i128, Format), QuantityError> {
        let places = i32::try_from(parts.fraction.len()).map_err(|_| QuantityError::Number)?;
        let digits = digits(parts)?;
        match self {
            Self::Ten(exponent, format) => Ok((shifted(digits, exponent + PLACES - places), *format)),
            Self::Two(power) => {
                let amount = shifted(digits.saturating_mul(1 << power), PLACES - places).min(BINARY_MAX * NANO);
                let format = if amount > 0 && amount < NANO { Format::DecimalSi } else { Format::BinarySi };
                Ok((amount, format))
            }
        }
    }

    /// True if upstream writes the text back as it came: its fast path keeps what looks canonical.
    fn keeps_text(&self, parts: &Parts<'_>) -> bool {
        let (Ok(whole), Ok(places)) = (i32::try_from(parts.whole.len()), i32::try_from(parts.fraction.len())) else {
            return false;
        };
        let zero_first = parts.whole.starts_with('0');
        match self {
            Self::Ten(exponent, _) => {
                let scale = exponent - places;
                let ends_in_zeros = format!("{}{}", parts.whole, parts.fraction).ends_with("000");
                let fits = FAST_DIGITS >= whole + places && scale >= -PLACES;
                fits && scale % 3 == 0 && !ends_in_zeros && !zero_first
            }
            Self::Two(power) => {
                let fits = FAST_BINARY_DIGITS - whole - i32::try_from(power * 3 / 10).unwrap_or(i32::MAX) > 0;
                let odd_enough = parts.whole.parse::<i64>().is_ok_and(|it| it & 7 != 0);
                fits && places == 0 && parts.fraction.is_empty() && odd_enough
            }
        }
    }
}

fn position(suffixes: &[&str], text: &str) -> Option<u32> {
    suffixes.iter().position(|it| *it == text).and_then(|index| u32::try_from(index).ok())
}

/// All digits as one number, saturating.
fn digits(parts: &Parts<'_>) -> Result<i128, QuantityError> {
    let all = parts.whole.bytes().chain(parts.fraction.bytes());
    all.map(|byte| if byte.is_ascii_digit() { Ok(i128::from(byte - b'0')) } else { Err(QuantityError::Number) })
        .try_fold(0_i128, |sum, digit| Ok(sum.saturating_mul(10).saturating_add(digit?)))
}

/// `number` times ten to the power `places`, rounded up, saturating.
fn shifted(number: i128, places: i32) -> i128 {
    let power = 10_i128.checked_pow(places.unsigned_abs());
    match (number, places < 0, power) {
        (0, _, _) => 0,
        (_, false, Some(power)) => number.saturating_mul(power),
        (_, false, None) => i128::MAX,
        (_, true, Some(power)) => number.unsigned_abs().div_ceil(power.unsigned_abs()).cast_signed(),
        (_, true, None) => 1,
    }
}

fn split(text: &str) -> Result<Parts<'_>, QuantityError> {
    if text.is_empty() {
        return Err(QuantityError::Format);
    }
    let negative = text.starts_with('-');
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, rest) = span(unsigned, |byte| byte.is_ascii_digit());
    let (fraction, suffix) = match rest.strip_prefix('.') {
        Some(rest) => span(rest, |byte| byte.is_ascii_digit()),
        None => ("", rest),
    };
    let (_, exponent) = span(suffix, |byte| b"eEinumkKMGTP".contains(&byte));
    let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    if !exponent.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(QuantityError::Format);
    }
    let whole = whole.trim_start_matches('0');
    Ok(Parts { negative, whole: if whole.is_empty() { "0" } else { whole }, fraction, suffix })
}

/// The longest start of `text` whose bytes are all `wanted` (ASCII only), and the rest.
fn span(text: &str, wanted: impl Fn(u8) -> bool) -> (&str, &str) {
    text.split_at(text.bytes().position(|byte| !wanted(byte)).unwrap_or(text.len()))
}

/// Divides by `base` as long as nothing is lost and `times` is below `most`.
fn strip_factors(mut number: i128, base: i128, most: usize) -> (i128, usize) {
    let mut times = 0;
    while number != 0 && number % base == 0 && times < most {
        number /= base;
        times += 1;
    }
    (number, times)
}

impl fmt::Display for Quantity {
    /// The canonical form: no fraction, the largest suffix that loses nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = &self.as_read {
            return f.write_str(text);
        }
        if self.is_zero() {
            return f.write_str("0");
        }
        match self.exact_format() {
            Format::BinarySi => {
                let (number, times) = strip_factors(self.nanos / NANO, 1_024, BINARY_SUFFIXES.len() - 1);
                write!(f, "{number}{}", BINARY_SUFFIXES[times])
            }
            Format::DecimalSi => {
                let (number, times) = strip_factors(self.nanos, 1_000, DECIMAL_SUFFIXES.len() - 1);
                write!(f, "{number}{}", DECIMAL_SUFFIXES[times])
            }
            Format::DecimalExponent => {
                let (number, times) = strip_factors(self.nanos, 1_000, usize::MAX);
                match i32::try_from(times).unwrap_or(i32::MAX) * 3 - PLACES {
                    0 => write!(f, "{number}"),
                    exponent => write!(f, "{number}e{exponent}"),
                }
            }
        }
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }
}

impl Add<&Quantity> for Quantity {
    type Output = Quantity;
    fn add(self, other: &Quantity) -> Quantity {
        self.combined(other, self.nanos.saturating_add(other.nanos))
    }
}

impl Sub<&Quantity> for Quantity {
    type Output = Quantity;
    fn sub(self, other: &Quantity) -> Quantity {
        self.combined(other, self.nanos.saturating_sub(other.nanos))
    }
}

impl Mul<i64> for Quantity {
    type Output = Quantity;
    fn mul(self, times: i64) -> Quantity {
        Quantity { nanos: self.nanos.saturating_mul(times.into()), as_read: None, ..self }
    }
}

impl Neg for Quantity {
    type Output = Quantity;
    fn neg(self) -> Quantity {
        Quantity { nanos: -self.nanos, as_read: None, ..self }
    }
}

impl<'a> std::iter::Sum<&'a Quantity> for Quantity {
    fn sum<I: Iterator<Item = &'a Quantity>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, |sum, it| sum + it)
    }
}

impl From<&Quantity> for Value {
    fn from(it: &Quantity) -> Self {
        it.to_string().into()
    }
}

impl From<Quantity> for Value {
    fn from(it: Quantity) -> Self {
        it.to_string().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    /// Each text: how it is written back, whole units, thousandths.
    fn check(texts: &str, expected: &Expect) {
        let line = |text: &str| match Quantity::parse(text) {
            Ok(it) => format!("{text:?} -> {it} {} {}m\n", it.value(), it.milli_value()),
            Err(error) => format!("{text:?} -> {error}\n"),
        };
        expected.assert_eq(&texts.split('|').map(line).collect::<String>());
    }

    #[test]
    fn reads_and_writes() {
        check(
            "0|0Gi|1|1.5|0.5|.5|5.|1.5Gi|1024Ki|1025Ki|100m|1000m|1500m|0.1m|0.1n|1k|1000k|1e3|1E3|12e6|1.5e3|2e-3|1E|128974848|-1|-1.5Gi|1023|512Mi|0.5Mi|1100Ki|2.5Ki|0.0001Ki",
            &expect![[r#"
                "0" -> 0 0 0m
                "0Gi" -> 0 0 0m
                "1" -> 1 1 1000m
                "1.5" -> 1500m 2 1500m
                "0.5" -> 500m 1 500m
                ".5" -> 500m 1 500m
                "5." -> 5. 5 5000m
                "1.5Gi" -> 1536Mi 1610612736 1610612736000m
                "1024Ki" -> 1Mi 1048576 1048576000m
                "1025Ki" -> 1025Ki 1049600 1049600000m
                "100m" -> 100m 1 100m
                "1000m" -> 1 1 1000m
                "1500m" -> 1500m 2 1500m
                "0.1m" -> 100u 1 1m
                "0.1n" -> 1n 1 1m
                "1k" -> 1k 1000 1000000m
                "1000k" -> 1M 1000000 1000000000m
                "1e3" -> 1e3 1000 1000000m
                "1E3" -> 1E3 1000 1000000m
                "12e6" -> 12e6 12000000 12000000000m
                "1.5e3" -> 1500 1500 1500000m
                "2e-3" -> 2e-3 1 2m
                "1E" -> 1E 1000000000000000000 9223372036854775807m
                "128974848" -> 128974848 128974848 128974848000m
                "-1" -> -1 -1 -1000m
                "-1.5Gi" -> -1536Mi -1610612736 -1610612736000m
                "1023" -> 1023 1023 1023000m
                "512Mi" -> 512Mi 536870912 536870912000m
                "0.5Mi" -> 512Ki 524288 524288000m
                "1100Ki" -> 1100Ki 1126400 1126400000m
                "2.5Ki" -> 2560 2560 2560000m
                "0.0001Ki" -> 102400u 1 103m
            "#]],
        );
    }

    #[test]
    fn refuses() {
        check(
            "|lots|1 Gi|1.2.3|12mm|1ki|1K|1i|e3|--1|1e|9999999999999999999999999999999999999999|1e100|20Ei|1.000|+1|007",
            &expect![[r#"
                "" -> quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'
                "lots" -> quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'
                "1 Gi" -> quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'
                "1.2.3" -> quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'
                "12mm" -> unable to parse quantity's suffix
                "1ki" -> unable to parse quantity's suffix
                "1K" -> unable to parse quantity's suffix
                "1i" -> unable to parse quantity's suffix
                "e3" -> 0 0 0m
                "--1" -> unable to parse quantity's suffix
                "1e" -> unable to parse quantity's suffix
                "9999999999999999999999999999999999999999" -> 170141183460469231731687303715884105727n 9223372036854775807 9223372036854775807m
                "1e100" -> 170141183460469231731687303715884105727e-9 9223372036854775807 9223372036854775807m
                "20Ei" -> 9223372036854775807 9223372036854775807 9223372036854775807m
                "1.000" -> 1 1 1000m
                "+1" -> +1 1 1000m
                "007" -> 007 7 7000m
            "#]],
        );
    }

    #[test]
    fn adds_and_compares() {
        let q = |text| Quantity::parse(text).unwrap();
        assert_eq!((q("100m") + &q("1")).to_string(), "1100m");
        assert_eq!((q("0") + &q("1Gi")).to_string(), "1Gi");
        assert_eq!((q("1Gi") - &q("1Gi")).to_string(), "0");
        assert_eq!((q("1Gi") - &q("1500M")).to_string(), "-426258176");
        assert_eq!((q("250m") * 4).to_string(), "1");
        assert!(q("1Gi") > q("1G") && q("1000m") == q("1"));
        assert_eq!([q("1Gi"), q("512Mi")].iter().sum::<Quantity>().to_string(), "1536Mi");
        assert_eq!(Quantity::read(&Value::Float(0.5)).to_string(), "500m");
        assert_eq!(Quantity::binary(2_560).to_string(), "2560");
    }
}
