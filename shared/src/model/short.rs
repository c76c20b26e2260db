//! Compares short texts, such as names of fields, in place: a call to the platform's comparison of memory costs more than it
//! compares, and in WASM that one goes byte by byte.

use std::cmp::Ordering;

/// True if both are the same text.
#[inline]
pub(crate) fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    match a.len() {
        0 => true,
        1..4 => a[0] == b[0] && a[a.len() / 2] == b[a.len() / 2] && a[a.len() - 1] == b[a.len() - 1],
        4..8 => a.first_chunk::<4>() == b.first_chunk::<4>() && a.last_chunk::<4>() == b.last_chunk::<4>(),
        8..=16 => a.last_chunk::<8>() == b.last_chunk::<8>() && a.first_chunk::<8>() == b.first_chunk::<8>(),
        _ => a.last_chunk::<8>() == b.last_chunk::<8>() && a == b,
    }
}

/// How `a` is ordered against `b`: as their bytes are, like `str` itself.
#[inline]
pub(crate) fn order(a: &str, b: &str) -> Ordering {
    match (a.as_bytes().first_chunk::<4>(), b.as_bytes().first_chunk::<4>()) {
        (Some(a), Some(b)) if a != b => u32::from_be_bytes(*a).cmp(&u32::from_be_bytes(*b)),
        _ if same(a, b) => Ordering::Equal,
        _ => a.cmp(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_every_length_compare_as_str_does() {
        let alphabet = "name-of-a-field/that is longer than two words";
        let mut texts = Vec::new();
        for length in 0..alphabet.len() {
            texts.push(alphabet[..length].to_owned());
            for place in 0..length {
                let mut other = alphabet[..length].to_owned();
                other.replace_range(place..=place, "z");
                texts.push(other);
            }
        }
        for (a, b) in texts.iter().flat_map(|a| texts.iter().map(move |b| (a, b))) {
            assert_eq!(same(a, b), a == b, "{a} {b}");
            assert_eq!(order(a, b), a.cmp(b), "{a} {b}");
        }
    }
}
