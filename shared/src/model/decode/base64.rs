//! Base64 as Go reads it: the standard alphabet with padding, line breaks ignored.
//!
//! Upstream: Go's `encoding/base64` (`StdEncoding`, `CorruptInputError`).

/// Four characters stand for three bytes.
const GROUP: usize = 4;

/// The text without line breaks and with the unused bits of its last group cleared, which is how Go writes it back.
///
/// # Errors
/// Go's text, with the offset of the first wrong byte.
pub(super) fn canonical(text: &str) -> Result<String, String> {
    let bytes: Vec<(usize, u8)> = text.bytes().enumerate().filter(|(_, byte)| !matches!(byte, b'\r' | b'\n')).collect();
    let wrong = |at: usize| Err(format!("illegal base64 data at input byte {at}"));
    let body = bytes.iter().position(|(_, byte)| *byte == b'=').unwrap_or(bytes.len());
    if let Some((at, _)) = bytes[..body].iter().find(|(_, byte)| digit(*byte).is_none()) {
        return wrong(*at);
    }
    let padding = &bytes[body..];
    let end = text.len();
    let broken_at = match (body % GROUP, padding) {
        (0, []) | (2, [(_, b'='), (_, b'=')]) | (3, [(_, b'=')]) => None,
        // An unfinished group is wrong where it begins.
        (unfinished, []) => Some(end - unfinished),
        (2, [_]) => Some(end),
        (2, [_, (_, b'='), (at, _), ..]) | (3, [_, (at, _), ..]) | (_, [(at, _), ..]) => Some(*at),
    };
    if let Some(at) = broken_at {
        return wrong(at);
    }
    let mut out: Vec<u8> = bytes.iter().map(|(_, byte)| *byte).collect();
    clear_unused_bits(&mut out, body);
    Ok(out.into_iter().map(char::from).collect())
}

/// The last digit of a short group holds bits that no byte uses.
fn clear_unused_bits(text: &mut [u8], body: usize) {
    let unused = match body % GROUP {
        2 => 0b1111,
        3 => 0b11,
        _ => return,
    };
    let value = digit(text[body - 1]).unwrap_or_default() & !unused;
    text[body - 1] = ALPHABET[usize::from(value)];
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn reads_and_refuses() {
        let show = |text: &&str| format!("{text:?} {}\n", canonical(text).unwrap_or_else(|error| error));
        let texts =
            ["", "YWJj", "YWI=", "YW==", "YR==", "YW\nJj", "not base64!", "abc", "a", "YWI", "YW=x", "=", "YWJj="];
        expect![[r#"
            "" 
            "YWJj" YWJj
            "YWI=" YWI=
            "YW==" YQ==
            "YR==" YQ==
            "YW\nJj" YWJj
            "not base64!" illegal base64 data at input byte 3
            "abc" illegal base64 data at input byte 0
            "a" illegal base64 data at input byte 0
            "YWI" illegal base64 data at input byte 0
            "YW=x" illegal base64 data at input byte 2
            "=" illegal base64 data at input byte 0
            "YWJj=" illegal base64 data at input byte 4
        "#]]
        .assert_eq(&texts.iter().map(show).collect::<String>());
    }
}
