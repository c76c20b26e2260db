//! The key that lets the administrator's page in: made at the first start, kept in the data directory.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{Digest, SHA256, digest};
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::auth::KeyError;
use crate::tls::write_private;

const FILE: &str = "pki/page.key";

/// How many bytes of chance a key has.
const BYTES: usize = 24;

/// A secret that is part of the address of the administrator's page.
pub(crate) struct PageKey {
    text: String,
}

impl PageKey {
    /// A new key that nobody else knows.
    ///
    /// # Errors
    /// The system has no randomness.
    pub(crate) fn generate() -> Result<Self, KeyError> {
        let mut bytes = [0; BYTES];
        SystemRandom::new().fill(&mut bytes).map_err(|_| KeyError::Made)?;
        Ok(Self { text: URL_SAFE_NO_PAD.encode(bytes) })
    }

    /// The key in `folder`, made if it is not there yet.
    ///
    /// # Errors
    /// The file cannot be read or written, or is empty.
    pub(crate) fn open(folder: &Path) -> Result<Self, KeyError> {
        let path = folder.join(FILE);
        if !path.exists() {
            write_private(&path, &Self::generate()?.text)?;
        }
        let text = std::fs::read_to_string(&path).map_err(|source| KeyError::Read { path: path.clone(), source })?;
        let text = text.trim().to_owned();
        if text.len() < BYTES { Err(KeyError::Unusable(path)) } else { Ok(Self { text }) }
    }

    /// The key as it stands in an address.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// True if `text` is the key; how long that takes says nothing of where they differ.
    pub(crate) fn is(&self, text: &str) -> bool {
        let hash = |text: &str| -> Digest { digest(&SHA256, text.as_bytes()) };
        hash(text).as_ref() == hash(&self.text).as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_directory_keeps_its_key() {
        let folder = std::env::temp_dir().join(format!("pilothouse-page-key-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("pki")).expect("a folder");
        let first = PageKey::open(&folder).expect("it can be made");
        let second = PageKey::open(&folder).expect("it can be read");
        assert!(first.is(second.text()) && !first.is("") && !first.is("guess"));
        std::fs::write(folder.join(FILE), "").expect("it can be written");
        assert!(PageKey::open(&folder).is_err(), "an empty key would let everyone in");
        std::fs::remove_dir_all(&folder).expect("it can be removed");
    }
}
