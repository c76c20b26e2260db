//! How large values can be, and what it costs to go through them; nothing overflows.
//!
//! Upstream: `cel-go/checker/cost.go` (`SizeEstimate`), `cel-go/common/cost.go` (the factors).

/// What it costs to read a character.
pub(super) const CHARACTER: f64 = 0.1;
/// What a character of a regular expression costs for each character that is searched.
pub(super) const PATTERN_CHARACTER: f64 = 0.25;

/// The least and the most characters, bytes, items or entries that a value can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) least: u64,
    pub(super) most: u64,
}

impl Size {
    /// Nothing is known.
    pub(super) const UNKNOWN: Self = Self { least: 0, most: u64::MAX };
    /// Less than nothing: where a union begins.
    pub(super) const NONE: Self = Self { least: u64::MAX, most: 0 };

    pub(super) fn exactly(size: u64) -> Self {
        Self { least: size, most: size }
    }

    pub(super) fn up_to(most: u64) -> Self {
        Self { least: 0, most }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self { least: self.least.saturating_add(other.least), most: self.most.saturating_add(other.most) }
    }

    pub(super) fn times(self, other: Self) -> Self {
        Self { least: self.least.saturating_mul(other.least), most: self.most.saturating_mul(other.most) }
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self { least: self.least.min(other.least), most: self.most.max(other.most) }
    }

    /// What it costs at most to go through it.
    pub(super) fn cost(self, factor: f64) -> u64 {
        scaled(self.most, factor)
    }
}

/// A number times a factor, rounded up.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "upstream reckons in floats too, and no factor is negative; the conversion stops at the largest number"
)]
pub(super) fn scaled(number: u64, factor: f64) -> u64 {
    (number as f64 * factor).ceil() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_overflows() {
        assert_eq!(Size::UNKNOWN.cost(CHARACTER), scaled(u64::MAX, 0.1));
        assert_eq!(Size::UNKNOWN.cost(2.0), u64::MAX);
        assert_eq!(Size::UNKNOWN.times(Size::exactly(3)).plus(Size::exactly(1)), Size { least: 1, most: u64::MAX });
        assert_eq!(Size::exactly(11).cost(CHARACTER), 2);
    }
}
