//! The compressed twins of the page's files, for servers that hand them out as they lie.

use std::io::Write as _;

use crate::failure::Failure;

/// Files shorter than this are not worth a twin, in bytes.
const TWIN_BYTES_MIN: usize = 512;

/// The endings of files that get smaller; pictures and fonts are compressed already.
const ENDINGS: &[&str] = &["html", "js", "css", "wasm", "svg", "json", "webmanifest", "txt", "md", "yaml"];

/// Whether the file `name` of `length` bytes gets twins.
pub(super) fn pays(name: &str, length: usize) -> bool {
    let ending = name.rsplit('.').next().unwrap_or_default();
    length >= TWIN_BYTES_MIN && ENDINGS.contains(&ending)
}

/// `bytes` in Brotli at its highest quality.
pub(super) fn brotli(bytes: &[u8]) -> Result<Vec<u8>, Failure> {
    let parameters = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut out, &parameters)
        .map_err(|error| Failure::new(format!("cannot compress with Brotli: {error}")))?;
    Ok(out)
}

/// `bytes` in gzip at its highest level.
pub(super) fn gzip(bytes: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder
        .write_all(bytes)
        .and_then(|()| encoder.finish())
        .map_err(|error| Failure::new(format!("cannot compress with gzip: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_gets_twins_and_fonts_do_not() {
        assert!(pays("app_bg.wasm", 1_000_000));
        assert!(!pays("icon.svg", 100));
        assert!(!pays("fonts/inter.woff2", 48_000));
    }

    #[test]
    fn both_twins_are_smaller() {
        let text = "kind: Pod\n".repeat(200);
        assert!(brotli(text.as_bytes()).expect("memory does not fail").len() < 100);
        assert!(gzip(text.as_bytes()).expect("memory does not fail").len() < 100);
    }
}
