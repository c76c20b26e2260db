//! Chance as an argument: a seeded generator, and the names and uids drawn from it.

use crate::model::Text;
use serde::{Deserialize, Serialize};

/// A seeded generator (`SplitMix64`): equal seeds give equal draws, native and WASM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chance(u64);

/// The letters of generated names: no vowels, nothing that looks like another letter.
///
/// Upstream: `k8s.io/apimachinery/pkg/util/rand/rand.go`.
const ALPHANUMERIC: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

impl Chance {
    /// The generator of `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut it = self.0;
        it = (it ^ (it >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        it = (it ^ (it >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        it ^ (it >> 31)
    }

    /// A number below `end`; 0 if `end` is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        u64::try_from((u128::from(self.bits()) * u128::from(end)) >> 64).unwrap_or(0)
    }

    /// A generator of its own for a part of the cluster, so that one part's draws do not shift another's.
    pub fn fork(&mut self) -> Self {
        Self(self.bits())
    }

    /// `length` characters, as Kubernetes adds them to a generated name.
    pub fn suffix(&mut self, length: usize) -> String {
        (0..length).map(|_| self.letter()).collect()
    }

    /// A version 4 UUID.
    pub fn uid(&mut self) -> Text {
        let (high, low) = (self.bits(), self.bits());
        let version = (high & 0x0fff) | 0x4000;
        let variant = (low >> 48) & 0x3fff | 0x8000;
        let (time_low, time_mid, node) = (high >> 32, (high >> 16) & 0xffff, low & 0xffff_ffff_ffff);
        smol_str::format_smolstr!("{time_low:08x}-{time_mid:04x}-{version:04x}-{variant:04x}-{node:012x}")
    }

    fn letter(&mut self) -> char {
        let index = self.below(ALPHANUMERIC.len() as u64);
        usize::try_from(index).map_or('b', |index| char::from(ALPHANUMERIC[index]))
    }
}

/// FNV-1a over 64 bits: the hash of traces and of pod templates. Not for adversaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fnv(pub u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    /// Adds bytes.
    pub fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_decides_names_and_uids() {
        let mut chance = Chance::new(42);
        let drawn = format!("{} {}", chance.suffix(5), chance.uid());
        expect_test::expect!["2gkmc de4431fa-3c80-4b06-b7e9-671c45376d5d"].assert_eq(&drawn);
    }
}
