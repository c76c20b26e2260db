//! The order of versions: the first of a group is the preferred one.
//!
//! Upstream: `k8s.io/apimachinery/pkg/version/helpers.go` (`CompareKubeAwareVersionStrings`).

use std::cmp::Ordering;

/// v2, v1, v1beta2, v1beta1, v1alpha1, then others by the alphabet.
pub fn by_priority(a: &str, b: &str) -> Ordering {
    match (parts(a), parts(b)) {
        (Some(a), Some(b)) => b.cmp(&a),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.cmp(b),
    }
}

/// How mature, and the numbers: `v1beta2` is (1, 1, 2).
fn parts(version: &str) -> Option<(u8, u64, u64)> {
    let rest = version.strip_prefix('v')?;
    let end = rest.find(|it: char| !it.is_ascii_digit()).unwrap_or(rest.len());
    let major: u64 = rest[..end].parse().ok()?;
    let tail = &rest[end..];
    if tail.is_empty() {
        return Some((2, major, 0));
    }
    let (maturity, minor) = match tail.strip_prefix("beta") {
        Some(minor) => (1, minor),
        None => (0, tail.strip_prefix("alpha")?),
    };
    Some((maturity, major, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stable_versions_come_first() {
        let mut versions = ["v1alpha1", "foo1", "v1", "v10beta3", "v11", "v1beta2", "v1beta1", "bar", "v2"];
        versions.sort_by(|a, b| by_priority(a, b));
        expect_test::expect!["v11 v2 v1 v10beta3 v1beta2 v1beta1 v1alpha1 bar foo1"].assert_eq(&versions.join(" "));
    }
}
