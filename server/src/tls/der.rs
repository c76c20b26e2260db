//! The few forms of DER that a certificate is made of, and PEM around it. Source: X.690, RFC 5280, RFC 7468.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use shared::model::Time;

/// How long a line of a PEM file is.
const PEM_LINE: usize = 64;
/// The first moment that `UTCTime` cannot say: the year 2050.
const LATE: &str = "2050";

const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// An element that consists of `parts`.
pub(super) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = content.len();
    let mut head = vec![tag];
    if let Ok(short @ 0..0x80) = u8::try_from(length) {
        head.push(short);
    } else {
        let bytes = length.to_be_bytes();
        let bytes = &bytes[bytes.iter().take_while(|it| **it == 0).count()..];
        head.push(0x80 | u8::try_from(bytes.len()).unwrap_or_default());
        head.extend_from_slice(bytes);
    }
    [head, content].concat()
}

/// A moment, to the second.
pub(super) fn time(time: Time) -> Vec<u8> {
    let text = time.whole_seconds().to_string();
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let late = digits.as_str() >= LATE;
    let (tag, digits) =
        if late { (GENERALIZED_TIME, digits.as_str()) } else { (UTC_TIME, digits.get(2..).unwrap_or("")) };
    element(tag, &[digits.as_bytes(), b"Z"])
}

/// `der` as a PEM block of the type `label`.
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines = text.as_bytes().chunks(PEM_LINE).map(String::from_utf8_lossy);
    let body = lines.collect::<Vec<_>>().join("\n");
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_times() {
        assert_eq!(element(4, &[&[1], &[2, 3]]), [4, 3, 1, 2, 3]);
        assert_eq!(element(4, &[&[0; 200]])[..3], [4, 0x81, 200]);
        assert_eq!(element(4, &[&[0; 300]])[..4], [4, 0x82, 1, 44]);
        assert_eq!(time(Time::from_seconds(0)), b"\x17\x0d700101000000Z");
        assert_eq!(time(Time::from_seconds(2_600_000_000)), b"\x18\x0f20520522141320Z");
    }
}
