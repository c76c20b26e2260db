//! Blocks of PEM, as Go reads them. Source: RFC 7468, RFC 1421 (headers). Upstream: `encoding/pem`.

use crate::api::base64;

/// A block: what stands between its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// `CERTIFICATE`.
    pub(crate) kind: String,
    /// True if lines such as `Proc-Type: 4,ENCRYPTED` stand before the rest.
    pub(crate) has_headers: bool,
    /// The bytes.
    pub(crate) der: Vec<u8>,
}

const BEGIN: &str = "-----BEGIN ";
const DASHES: &str = "-----";

/// All blocks of a text; what is no block is passed over.
pub(crate) fn blocks(mut text: &str) -> Vec<Block> {
    let mut all = Vec::new();
    while let Some((_, from)) = text.split_once(BEGIN) {
        text = match block(from) {
            Some((block, rest)) => {
                all.push(block);
                rest
            }
            None => from,
        };
    }
    all
}

/// The block whose kind begins here, and what comes after it.
fn block(text: &str) -> Option<(Block, &str)> {
    let (kind, rest) = text.split_once(DASHES)?;
    let (inside, rest) = rest.split_once(&format!("-----END {kind}-----"))?;
    let lines = || inside.lines().map(str::trim);
    let (headers, body): (Vec<&str>, Vec<&str>) = lines().partition(|line| line.contains(':'));
    let der = base64::decode(&body.concat().split_whitespace().collect::<String>()).ok()?;
    Some((Block { kind: kind.to_owned(), has_headers: !headers.is_empty(), der }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_between_anything() {
        let text = "x\n-----BEGIN A-----\nQUJD\n-----END A-----\n-----BEGIN B-----\n???\n-----END B-----\n\
            -----BEGIN C D-----\nK: v\n\nQQ==\n-----END C D-----\n-----BEGIN E-----\nQQ==\n";
        let shown = |it: &Block| format!("{} {} {:?}", it.kind, it.has_headers, it.der);
        let all: Vec<String> = blocks(text).iter().map(shown).collect();
        assert_eq!(all, ["A false [65, 66, 67]", "C D true [65]"]);
    }
}
