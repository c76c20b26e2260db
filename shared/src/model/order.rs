//! Stable sorting of lists, small in the page: the algorithm is there once, not once for each type of item.
//!
//! The standard library's sort weighs 3 KB in WebAssembly for each type and each comparison. What sorts often and much,
//! such as the scheduler's nodes, still uses that.

use std::cmp::Ordering;

/// Sorting without a copy of the algorithm for each type.
pub trait Order<T> {
    /// As [`slice::sort_by`].
    fn order_by(&mut self, compare: impl FnMut(&T, &T) -> Ordering);

    /// As [`slice::sort_by_key`].
    fn order_by_key<K: Ord>(&mut self, key: impl FnMut(&T) -> K);

    /// As [`slice::sort`].
    fn order(&mut self)
    where
        T: Ord;
}

impl<T> Order<T> for [T] {
    fn order_by(&mut self, mut compare: impl FnMut(&T, &T) -> Ordering) {
        let sources = sources(self.len(), &mut |a, b| compare(&self[a], &self[b]));
        follow(sources, &mut |a, b| self.swap(a, b));
    }

    fn order_by_key<K: Ord>(&mut self, mut key: impl FnMut(&T) -> K) {
        self.order_by(|a, b| key(a).cmp(&key(b)));
    }

    fn order(&mut self)
    where
        T: Ord,
    {
        self.order_by(T::cmp);
    }
}

/// For each place of the sorted list the place where its item is now; empty if the list is sorted already.
fn sources(length: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    if (1..length).all(|next| compare(next - 1, next).is_le()) {
        return Vec::new();
    }
    let mut sources: Vec<usize> = (0..length).collect();
    sources.sort_by(|a, b| compare(*a, *b));
    sources
}

/// Brings every item to its place by swaps, one cycle after the other.
fn follow(mut sources: Vec<usize>, swap: &mut dyn FnMut(usize, usize)) {
    for start in 0..sources.len() {
        let mut place = start;
        loop {
            let source = std::mem::replace(&mut sources[place], place);
            if source == start || source == place {
                break;
            }
            swap(place, source);
            place = source;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pseudo-random numbers below `limit`, many of them equal.
    fn numbers(length: usize, limit: u64) -> Vec<(u64, usize)> {
        let mut state = length as u64 + 1;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % limit
        };
        (0..length).map(|place| (next(), place)).collect()
    }

    #[test]
    fn agrees_with_the_standard_library_and_is_stable() {
        for length in (0..40).chain([100, 1_000]) {
            let mut ours = numbers(length, 1 + length as u64 / 3);
            let mut standard = ours.clone();
            ours.order_by_key(|it| it.0);
            standard.sort_by_key(|it| it.0);
            assert_eq!(ours, standard);
        }
    }

    #[test]
    fn sorts_by_their_own_order_and_backwards() {
        let mut words = ["b", "c", "a", "b"];
        words.order();
        assert_eq!(words, ["a", "b", "b", "c"]);
        words.order_by(|a, b| b.cmp(a));
        assert_eq!(words, ["c", "b", "b", "a"]);
    }
}
