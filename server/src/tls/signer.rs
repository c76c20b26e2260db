//! Signs certificate requests with the key of the cluster's authority.
//!
//! What may be signed, for how long and for what is decided in `shared` (`certificates::work`). Subject, key and other
//! names go into the certificate byte by byte as the request has them, which is why it is put together here: `rcgen` keeps one
//! organization of several.
//! Upstream: `pkg/controller/certificates/authority/{authority,policies}.go`.

use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PKCS_RSA_SHA256, SigningKey as _};
use ring::rand::{SecureRandom as _, SystemRandom};
use shared::api::certificates::work::Order;
use shared::model::Time;
use x509_parser::certification_request::{X509CertificationRequest, X509CertificationRequestInfo};
use x509_parser::cri_attributes::ParsedCriAttribute;
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::authority::{Authority, AuthorityError, certificate};
use super::der::{self, element};

const BOOLEAN: u8 = 0x01;
const INTEGER: u8 = 0x02;
const BITS: u8 = 0x03;
const OCTETS: u8 = 0x04;
const OBJECT_ID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
/// `[0]` and `[3]` of a certificate.
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;
/// `[0]` of an authority key identifier.
const KEY_ID: u8 = 0x80;

/// `id-ce`, 2.5.29, and what stands after it.
const EXTENSION: [u8; 2] = [0x55, 0x1d];
const KEY_USAGE: u8 = 15;
const OTHER_NAMES: u8 = 17;
const BASIC_CONSTRAINTS: u8 = 19;
const AUTHORITY_KEY: u8 = 35;
const EXTENDED_KEY_USAGE: u8 = 37;
/// `id-kp`, 1.3.6.1.5.5.7.3, and what stands after it.
const PURPOSE: [u8; 7] = [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03];

/// The first bit of a key usage, and the third.
const DIGITAL_SIGNATURE: u8 = 0x80;
const KEY_ENCIPHERMENT: u8 = 0x20;

/// `AlgorithmIdentifier` of the signatures of each sort of key: RFC 5758, 8410, 4055.
const ECDSA_SHA256: &[u8] = &[0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const ECDSA_SHA384: &[u8] = &[0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03];
const ED25519: &[u8] = &[0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70];
const RSA_SHA256: &[u8] = &[0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00];

/// The authority's key, and what its certificates say of it.
pub(crate) struct Signer {
    key: KeyPair,
    algorithm: &'static [u8],
    /// The authority's name, as DER.
    name: Vec<u8>,
    key_id: Option<Vec<u8>>,
    /// When the authority ends, and with it what it signs.
    ends: Time,
}

/// Why a request is not signed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignError {
    /// It cannot be read.
    #[error("the request is no PKCS #10 structure")]
    Unreadable,
    /// It is not signed, or not by the key inside.
    #[error("the request is not signed by its own key, or by a key of an unknown sort")]
    Signature,
    /// The authority's key cannot be used, or the system has no randomness.
    #[error("the authority cannot sign: {0}")]
    Key(String),
}

impl Signer {
    /// Signs with the key of `authority`.
    ///
    /// # Errors
    /// Its certificate or key cannot be read, or the key is of a sort that we do not know.
    pub(crate) fn new(authority: &Authority) -> Result<Self, AuthorityError> {
        let unusable = |what: &str| AuthorityError::Unusable(what.to_owned());
        let key = KeyPair::from_pem(&authority.root.key)?;
        let algorithm = algorithm(&key).ok_or_else(|| unusable("the key of the authority is of an unknown sort"))?;
        let der = certificate(&authority.root.certificate)?;
        let (_, root) = X509Certificate::from_der(&der).map_err(|error| unusable(&error.to_string()))?;
        let key_id = root.extensions().iter().find_map(|it| match it.parsed_extension() {
            ParsedExtension::SubjectKeyIdentifier(id) => Some(id.0.to_vec()),
            _ => None,
        });
        let ends = Time::from_seconds(root.validity().not_after.timestamp());
        Ok(Self { algorithm, name: root.subject().as_raw().to_vec(), key_id, ends, key })
    }

    /// The certificate that `order` asks for, as PEM.
    ///
    /// # Errors
    /// The request in it is damaged or forged, or the key fails.
    pub(crate) fn sign(&self, order: &Order) -> Result<String, SignError> {
        let (_, request) = X509CertificationRequest::from_der(&order.der).map_err(|_| SignError::Unreadable)?;
        request.verify_signature().map_err(|_| SignError::Signature)?;
        let certificate = self.to_be_signed(order, &request.certification_request_info)?;
        let signature = self.key.sign(&certificate).map_err(|error| SignError::Key(error.to_string()))?;
        let signature = element(BITS, &[&[0], &signature]);
        Ok(der::pem("CERTIFICATE", &element(SEQUENCE, &[&certificate, self.algorithm, &signature])))
    }

    /// `TBSCertificate` of RFC 5280.
    fn to_be_signed(&self, order: &Order, request: &X509CertificationRequestInfo<'_>) -> Result<Vec<u8>, SignError> {
        let version = element(VERSION, &[&element(INTEGER, &[&[2]])]);
        let serial = element(INTEGER, &[&serial()?]);
        let ends = order.not_after.min(self.ends);
        let validity = element(SEQUENCE, &[&der::time(order.not_before), &der::time(ends)]);
        let extensions = element(EXTENSIONS, &[&element(SEQUENCE, &[&self.extensions(order, request)])]);
        let (subject, key) = (request.subject.as_raw(), request.subject_pki.raw);
        Ok(element(SEQUENCE, &[&version, &serial, self.algorithm, &self.name, &validity, subject, key, &extensions]))
    }

    fn extensions(&self, order: &Order, request: &X509CertificationRequestInfo<'_>) -> Vec<u8> {
        let mut all = Vec::new();
        let bits = key_usage(order);
        if bits != 0 {
            let unused = u8::try_from(bits.trailing_zeros()).unwrap_or_default();
            all.extend(extension(KEY_USAGE, true, &element(BITS, &[&[unused, bits]])));
        }
        all.extend(extension(EXTENDED_KEY_USAGE, false, &purposes(order)));
        all.extend(extension(BASIC_CONSTRAINTS, true, &element(SEQUENCE, &[])));
        if let Some(id) = &self.key_id {
            all.extend(extension(AUTHORITY_KEY, false, &element(SEQUENCE, &[&element(KEY_ID, &[id])])));
        }
        if let Some((critical, names)) = other_names(request) {
            all.extend(extension(OTHER_NAMES, critical, names));
        }
        all
    }
}

fn algorithm(key: &KeyPair) -> Option<&'static [u8]> {
    let known = [
        (&PKCS_ECDSA_P256_SHA256, ECDSA_SHA256),
        (&PKCS_ECDSA_P384_SHA384, ECDSA_SHA384),
        (&PKCS_ED25519, ED25519),
        (&PKCS_RSA_SHA256, RSA_SHA256),
    ];
    known.into_iter().find(|(algorithm, _)| key.is_compatible(algorithm)).map(|(_, identifier)| identifier)
}

/// A positive number that nobody can guess.
fn serial() -> Result<[u8; 16], SignError> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).map_err(|_| SignError::Key("the system has no randomness".to_owned()))?;
    bytes[0] = bytes[0] & 0x7f | 0x40;
    Ok(bytes)
}

fn extension(kind: u8, critical: bool, value: &[u8]) -> Vec<u8> {
    let kind = element(OBJECT_ID, &[&EXTENSION, &[kind]]);
    let critical = if critical { element(BOOLEAN, &[&[0xff]]) } else { Vec::new() };
    element(SEQUENCE, &[&kind, &critical, &element(OCTETS, &[value])])
}

fn key_usage(order: &Order) -> u8 {
    let bits = order.usages.iter().map(|it| match it.as_str() {
        "digital signature" => DIGITAL_SIGNATURE,
        "key encipherment" => KEY_ENCIPHERMENT,
        _ => 0,
    });
    bits.fold(0, |all, bit| all | bit)
}

fn purposes(order: &Order) -> Vec<u8> {
    let known = [("server auth", 1), ("client auth", 2)];
    let asked = known.into_iter().filter(|(usage, _)| order.usages.iter().any(|it| it == usage));
    let parts: Vec<u8> = asked.flat_map(|(_, number)| element(OBJECT_ID, &[&PURPOSE, &[number]])).collect();
    element(SEQUENCE, &[&parts])
}

/// The other names that the request asks for, as DER, and whether they are critical.
fn other_names<'a>(request: &'a X509CertificationRequestInfo<'_>) -> Option<(bool, &'a [u8])> {
    let requested = request.iter_attributes().filter_map(|it| match it.parsed_attribute() {
        ParsedCriAttribute::ExtensionRequest(it) => Some(&it.extensions),
        _ => None,
    });
    let is_names = |it: &&x509_parser::extensions::X509Extension<'_>| {
        matches!(it.parsed_extension(), ParsedExtension::SubjectAlternativeName(_))
    };
    requested.flatten().find(is_names).map(|it| (it.critical, it.value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::identity::user_of;
    use crate::tls::signature::tests::{RSA, decoded, request};
    use rcgen::CertificateParams;
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;
    use shared::model::{Object, Text};

    /// A request that openssl made for `/O=dev/O=ops/CN=ada`.
    const ADA: &str = "MIHlMIGMAgEAMCoxDDAKBgNVBAoMA2RldjEMMAoGA1UECgwDb3BzMQwwCgYDVQQDDANhZGEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQiBcm5rQxCLH4OHjZ0dYyxLlUWe60eiFSDWHj60XlVwQLfWOW9qqyWpxuOWUSpOgI6AQTmlIogoxOHvPiM4hNXoAAwCgYIKoZIzj0EAwIDSAAwRQIhAM5qjl+6U3qjNxc7vduLK5YQJan6IDG7vbHXkJYXrH/PAiBJEIycb+QZDvY4gCYBAWBVWJHzxtIkPe2MuwzTcwd+qg==";

    /// One for `/O=system:nodes/CN=kubernetes-admin/CN=system:node:a`.
    const TWO_NAMES: &str = "MIIBBDCBrAIBADBKMRUwEwYDVQQKDAxzeXN0ZW06bm9kZXMxGTAXBgNVBAMMEGt1YmVybmV0ZXMtYWRtaW4xFjAUBgNVBAMMDXN5c3RlbTpub2RlOmEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASIwhDhyBHC7wawohKcZ6Wj8AqCara3gZ0Pcea3OJD+OpACUuIx35Px+QAcSG2Q5HewPx7Mx/rPqHMyYwDH4ZjdoAAwCgYIKoZIzj0EAwIDRwAwRAIgWv8wsUjUjMC9nXexVtQK5o66mEpTd9d/NJ3DY85YJ7oCIE8cNn2SaYsQdh6PdMSYFk73JM2eEAnJ9vhQKFTrqT6U";

    fn order(der: &[u8], usages: &[&str]) -> Order {
        let usages = usages.iter().map(Text::new).collect();
        let (not_before, not_after) = (Time::from_seconds(1_800_000_000), Time::from_seconds(4_000_000_000));
        Order { request: Object::default(), der: der.to_vec(), usages, not_before, not_after }
    }

    fn signed(authority: &Authority, order: &Order) -> Result<CertificateDer<'static>, SignError> {
        let pem = Signer::new(authority).expect("it is ours").sign(order)?;
        Ok(CertificateDer::from_pem_slice(pem.as_bytes()).expect("it is PEM"))
    }

    #[test]
    fn what_is_signed_is_what_was_asked_for() {
        let authority = Authority::generate("127.0.0.1").expect("it can be made");
        let ada = shared::api::base64::decode(ADA).expect("it is base64");
        let der = signed(&authority, &order(&ada, &["digital signature", "client auth"])).expect("it is signed");
        let user = user_of(&der).expect("it has a name");
        assert_eq!((user.name.as_str(), &user.groups[..2]), ("ada", &["dev".into(), "ops".into()][..]));
        let (_, certificate) = X509Certificate::from_der(&der).expect("it is a certificate");
        let root = super::certificate(&authority.root.certificate).expect("it is ours");
        let (_, root) = X509Certificate::from_der(&root).expect("it is ours");
        certificate.verify_signature(Some(root.public_key())).expect("the authority has signed it");
        assert_eq!(certificate.validity().not_before.timestamp(), 1_800_000_000);
        assert_eq!(certificate.validity().not_after, root.validity().not_after);
        assert!(!certificate.is_ca());
        let usage = certificate.key_usage().expect("it can be read").expect("it is there");
        assert!(usage.value.digital_signature() && !usage.value.key_encipherment());
        let purposes = certificate.extended_key_usage().expect("it can be read").expect("it is there");
        assert!(purposes.value.client_auth && !purposes.value.server_auth);
    }

    #[test]
    fn of_two_names_the_one_that_was_judged_logs_in() {
        let authority = Authority::generate("127.0.0.1").expect("it can be made");
        let two = shared::api::base64::decode(TWO_NAMES).expect("it is base64");
        let der = signed(&authority, &order(&two, &["client auth"])).expect("it is signed");
        assert_eq!(user_of(&der).expect("it has a name").name, "system:node:a");
    }

    #[test]
    fn other_names_are_taken_over() {
        let authority = Authority::generate("127.0.0.1").expect("it can be made");
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec!["n1".to_owned(), "10.0.0.1".to_owned()]).expect("they are names");
        let request = params.serialize_request(&key).expect("it is ours");
        let der = signed(&authority, &order(request.der(), &["server auth"])).expect("it is signed");
        let (_, certificate) = X509Certificate::from_der(&der).expect("it is a certificate");
        let names = certificate.subject_alternative_name().expect("it can be read").expect("they are there");
        assert_eq!(names.value.general_names.len(), 2);
        assert!(certificate.key_usage().expect("it can be read").is_none());
    }

    #[test]
    fn keys_of_every_usual_sort_are_certified() {
        let authority = Authority::generate("127.0.0.1").expect("it can be made");
        let requests =
            [request(&PKCS_ECDSA_P256_SHA256), request(&PKCS_ECDSA_P384_SHA384), request(&PKCS_ED25519), decoded(RSA)];
        for request in requests {
            let der = signed(&authority, &order(&request, &["client auth"])).expect("it is signed");
            assert_eq!(user_of(&der).expect("it has a name").name, "ada");
            let (_, certificate) = X509Certificate::from_der(&der).expect("it is a certificate");
            let (_, asked) = X509CertificationRequest::from_der(&request).expect("it is a request");
            assert_eq!(certificate.public_key().raw, asked.certification_request_info.subject_pki.raw);
        }
    }

    #[test]
    fn a_request_that_was_changed_is_refused() {
        let authority = Authority::generate("127.0.0.1").expect("it can be made");
        let mut ada = shared::api::base64::decode(ADA).expect("it is base64");
        let at = ada.windows(3).position(|it| it == b"ada").expect("the name is there");
        ada[at] = b'b';
        assert!(matches!(signed(&authority, &order(&ada, &["client auth"])), Err(SignError::Signature)));
        assert!(matches!(signed(&authority, &order(b"junk", &["client auth"])), Err(SignError::Unreadable)));
    }
}
