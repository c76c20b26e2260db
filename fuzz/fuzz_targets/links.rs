//! Share links: as text, and as what a link with a right checksum unpacks to.
#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use libfuzzer_sys::fuzz_target;
use shared::model::Fnv;
use shared::playground::link;

fuzz_target!(|input: &[u8]| {
    if let Ok(text) = std::str::from_utf8(input) {
        round(text);
    }
    round(&made_of(input));
    round(&made_of(&miniz_oxide::deflate::compress_to_vec(input, 1)));
});

fn round(text: &str) {
    if let Ok(document) = link::read(text) {
        assert_eq!(link::read(&link::write(&document)), Ok(document));
    }
}

/// A link whose checksum is right.
fn made_of(packed: &[u8]) -> String {
    let mut hash = Fnv::default();
    hash.write(packed);
    let sum = u32::try_from((hash.0 ^ (hash.0 >> 32)) & 0xffff_ffff).unwrap_or_default();
    format!("v1.{}", URL_SAFE_NO_PAD.encode([&sum.to_le_bytes(), packed].concat()))
}
