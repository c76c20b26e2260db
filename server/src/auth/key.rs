//! The key of service account tokens: made at the first start, kept in the data directory as `sa.key`, as kubeadm calls it.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, UnparsedPublicKey,
};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use shared::model::Value;

use crate::tls::{AuthorityError, pem, write_private};

const FILE: &str = "pki/sa.key";
/// What stands before a P-256 point in a public key file: RFC 5480.
const SPKI_HEAD: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// A key pair on P-256.
pub(crate) struct SigningKey {
    pair: EcdsaKeyPair,
    random: SystemRandom,
    id: String,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    /// The system has no randomness.
    #[error("cannot make a key for service account tokens")]
    Made,
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// What is in the file is no key on P-256.
    #[error("cannot use the key in {}; remove it to get a new one, and new tokens", .0.display())]
    Unusable(PathBuf),
    /// The file cannot be written.
    #[error(transparent)]
    Write(#[from] AuthorityError),
}

impl SigningKey {
    /// A new key that nobody else knows.
    ///
    /// # Errors
    /// The system has no randomness.
    pub(crate) fn generate() -> Result<Self, KeyError> {
        Self::read(&new_document()?).ok_or(KeyError::Made)
    }

    /// The key in `folder`, made if it is not there yet.
    ///
    /// # Errors
    /// The file cannot be read or written, or is damaged.
    pub(crate) fn open(folder: &Path) -> Result<Self, KeyError> {
        let path = folder.join(FILE);
        if !path.exists() {
            write_private(&path, &pem("PRIVATE KEY", &new_document()?))?;
        }
        let text = std::fs::read_to_string(&path).map_err(|source| KeyError::Read { path: path.clone(), source })?;
        from_pem(&text).and_then(|it| Self::read(&it)).ok_or(KeyError::Unusable(path))
    }

    fn read(document: &[u8]) -> Option<Self> {
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document, &random).ok()?;
        let public = [&SPKI_HEAD[..], pair.public_key().as_ref()].concat();
        let id = URL_SAFE_NO_PAD.encode(ring::digest::digest(&ring::digest::SHA256, &public));
        Some(Self { pair, random, id })
    }

    /// Names the key: the hash of its public half.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// The signature of `text`; `None` if the system has no randomness.
    pub(super) fn sign(&self, text: &[u8]) -> Option<Vec<u8>> {
        self.pair.sign(&self.random, text).ok().map(|it| it.as_ref().to_vec())
    }

    /// True if `signature` is this key's for `text`.
    pub(super) fn has_signed(&self, text: &[u8], signature: &[u8]) -> bool {
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.pair.public_key().as_ref());
        public.verify(text, signature).is_ok()
    }

    /// The public half as a JSON Web Key: RFC 7517.
    pub(super) fn public_jwk(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        let part = |from: usize| Value::from(URL_SAFE_NO_PAD.encode(point.get(from..from + 32).unwrap_or_default()));
        Value::from([
            ("use", "sig".into()),
            ("kty", "EC".into()),
            ("kid", self.id().into()),
            ("crv", "P-256".into()),
            ("alg", "ES256".into()),
            ("x", part(1)),
            ("y", part(33)),
        ])
    }
}

fn new_document() -> Result<Vec<u8>, KeyError> {
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
    document.map(|it| it.as_ref().to_vec()).map_err(|_| KeyError::Made)
}

fn from_pem(text: &str) -> Option<Vec<u8>> {
    PrivatePkcs8KeyDer::from_pem_slice(text.as_bytes()).ok().map(|it| it.secret_pkcs8_der().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_same_after_a_restart() {
        let folder = std::env::temp_dir().join(format!("pilothouse-key-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("pki")).expect("a folder");
        let first = SigningKey::open(&folder).expect("it is made");
        let second = SigningKey::open(&folder).expect("it is read");
        assert_eq!(first.id(), second.id());
        assert!(second.has_signed(b"a", &first.sign(b"a").expect("randomness")));
        std::fs::write(folder.join(FILE), "no key").expect("it is ours");
        assert!(matches!(SigningKey::open(&folder), Err(KeyError::Unusable(_))));
        std::fs::remove_dir_all(&folder).expect("it is ours");
    }
}
