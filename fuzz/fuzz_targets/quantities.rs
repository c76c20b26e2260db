//! Quantities: what can be read is the same after it was written and read again, and sums of them do not overflow.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::model::{Quantity, Value};

/// 10^20 units, in nanos.
const LARGE: i128 = 100_000_000_000_000_000_000_000_000_000;

fuzz_target!(|text: &str| {
    let (first, second) = text.split_once('\n').unwrap_or((text, "1"));
    let Ok(a) = Quantity::parse(first) else { return };
    let written = a.to_string();
    let again = Quantity::parse(&written).unwrap_or_else(|error| panic!("{first:?} {written:?}: {error}"));
    assert_eq!(again, a, "{first:?} {written:?}");
    assert_eq!(again.to_string(), written, "{first:?}");
    let _ = (a.value(), a.milli_value(), a.as_f64(), a.is_whole(), a.is_whole_milli());
    assert!(Quantity::from_value(&Value::from(&a)).is_ok_and(|it| it == a));
    let Ok(b) = Quantity::parse(second) else { return };
    let _ = (a.clone() + &b, a.clone() - &b, b.clone() * 5_000, -b.clone());
    // Sums of amounts larger than any that is stored end at a bound.
    if a.nanos().checked_abs().is_none_or(|it| it > LARGE) || b.nanos().checked_abs().is_none_or(|it| it > LARGE) {
        return;
    }
    let sum = a.clone() + &b;
    assert_eq!(sum.clone() - &b, a, "{first:?} + {second:?}");
    assert_eq!(a < b, b > a);
    let _ = (sum * 5_000, -a);
});
