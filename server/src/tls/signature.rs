//! Whether a certificate request is signed by its own key.
//!
//! Upstream: `crypto/x509` (`CertificateRequest.CheckSignature`), whose words these are.

use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::error::X509Error;
use x509_parser::prelude::FromDer as _;
use x509_parser::public_key::PublicKey;

/// RSA keys with fewer bits cannot be verified here.
const RSA_BITS_MIN: usize = 2048;

/// Whether a PKCS #10 request, as DER, is signed by the key inside.
///
/// `DIFFERENCE`: keys of sorts that `ring` does not know, such as P-521, are not looked at; whoever signs refuses them.
///
/// # Errors
/// What Go says of it.
pub(crate) fn check_signature(der: &[u8]) -> Result<(), String> {
    let (_, request) = X509CertificationRequest::from_der(der).map_err(|_| "asn1: structure error".to_owned())?;
    match (request.verify_signature(), request.certification_request_info.subject_pki.parsed()) {
        (Err(X509Error::SignatureVerificationError), Ok(key)) => wrong(&key).map_or(Ok(()), |it| Err(it.to_owned())),
        _ => Ok(()),
    }
}

/// What is said of a wrong signature by such a key; `None` if it might be right.
fn wrong(key: &PublicKey<'_>) -> Option<&'static str> {
    match key {
        PublicKey::RSA(key) if key.key_size() < RSA_BITS_MIN => None,
        PublicKey::RSA(_) => Some("crypto/rsa: verification error"),
        PublicKey::EC(_) => Some("x509: ECDSA verification failure"),
        _ => Some("x509: Ed25519 verification failure"),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use rcgen::{CertificateParams, DnType, KeyPair, SignatureAlgorithm};

    /// A request that openssl made for `/O=dev/CN=ada` with an RSA key of 2048 bits.
    pub(in crate::tls) const RSA: &str = "MIICYTCCAUkCAQAwHDEMMAoGA1UECgwDZGV2MQwwCgYDVQQDDANhZGEwggEiMA0GCSqGSIb3DQEBAQUAA4IBDwAwggEKAoIBAQCvGeUOGiT1Rb6QRFNkuFVy5gz6kTbeRRuUcfYuqRaLwp5jHPWHA1T5w3g6GjlEEXmPG7wm7i3RwPJpg/iY7Mf7DIJ98tPJcJZec0IdONBZry6PTcjyyi2U6ftbNcXDllZMettMeJoEVz7AnBP3T+6WLQLCzhl07CrfLuZvA3kMMwWQ9RHn6UFElFjQ4OjB+AZK5068RYu2wdbYnaITcl5NWSqOtseVozrkfQNBzWDNeP+k/O0sqPYXXHJlqR+cZZP8fA5WDQQsKJUcRYKITYcskdbTUQx6cWn/66Y0n4FyiC6ojtr45DfYyN3pFurlbzR+pyZCDEz5ubzPRjpNlV5FAgMBAAGgADANBgkqhkiG9w0BAQsFAAOCAQEAMuBScK1JAfdhKtviEAvOhXZM6qVDyizbsIZ7GXIxw0e1Ttbgzh/5hHQpwBHIQqgPv+16Q9/YZ7FFoTODe7ULnJIhurRDOZ2q18EbWHFJNNyPWAIvH4wFYVF6nONAl32o+uByLcQFFoFqX/7LyxNVTc4Pr15pJ4iG+YrpDM9D+JSS0FBd5vcgbrcPpc52gnbIWT1ThILCobm9o26BpbCVIYp83EOErgmxXeLZf7vOAhtd9c9qfJ3LjR4m2/MNeDZrcB2TuI6nhOi9QjyYUI1V1Rm/c9KTa2yBr+iBEjoSfzmJzmLv++InXIM1dgg8XYnmrwQfuSljtfnsSjMq142cMw==";
    /// With one of 1024 bits.
    const SHORT_RSA: &str = "MIIBWzCBxQIBADAcMQwwCgYDVQQKDANkZXYxDDAKBgNVBAMMA2FkYTCBnzANBgkqhkiG9w0BAQEFAAOBjQAwgYkCgYEAsM/eBWZZZrHMYOuTGfm2Tg7WZZ8nfuvkWVRNp60R+Mb6Fn0EQ0xO4848usmzknjhgoTfH+QrjXVggkpB6C8KPGC+6FWstxsSO1TiAmbsWNJcVfFknPglpYCv01xn8MZ5jgqzHMmB/t5j3FCgJJaIYGgyrlL9XECy1m+OE9Z2lpcCAwEAAaAAMA0GCSqGSIb3DQEBCwUAA4GBAEhABrYNMSEXtUnVRVBUH9kYxV58UnUzA6g04cqiJj+3SYpuL/BAWQn5XLYcE5aeakQzu7xJSSADuRMDWZuKyyXMeI0S3t5WxjIYLXF81RIqvfh7bxDc4we29i+UbWwaqCSLaiYsbtP9++WEoh6qfv1WsJZAJ255wMuDO/+AEKAm";
    /// With a key on the curve P-521.
    const P521: &str = "MIIBXjCBwQIBADAcMQwwCgYDVQQKDANkZXYxDDAKBgNVBAMMA2FkYTCBmzAQBgcqhkjOPQIBBgUrgQQAIwOBhgAEAR6XI3kCvAztnyoYvHV8KOLr1pJkBj2hEAylFRFxCuiZFQAVvHEEkwSj1XBnim4/LTKFKGFS+/82/bbNEUKB05nZATVi/Zc2QMnWRiOV9ET4xr2bkK7NeGkr+qn6OJyXp/lnVLlb+DiP4g/Y3P8UWOpybi+kgQsRUMA9sMbmUfFfPVwWoAAwCgYIKoZIzj0EAwIDgYsAMIGHAkF8rLjs2fRV5PMDrkV5hPw+zktVbWhZorpAWxvk33FvkwT14fxX4djHd4rtQ4rtbdhlX9KSSKRI0aTHk/dbzv0xpQJCAYggg8lEqMDaJP1zUKwcgTGrZNSsx2hrdmMVwCseOv2b+v0tMdB20rcrElNe4Qc8KL5evgaC3GVcZUU14sQL1hn2";

    /// A request for `/O=dev/CN=ada` with a key of this sort.
    pub(in crate::tls) fn request(algorithm: &'static SignatureAlgorithm) -> Vec<u8> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::OrganizationName, "dev");
        params.distinguished_name.push(DnType::CommonName, "ada");
        let key = KeyPair::generate_for(algorithm).expect("a key");
        params.serialize_request(&key).expect("it is ours").der().to_vec()
    }

    pub(in crate::tls) fn decoded(text: &str) -> Vec<u8> {
        shared::api::base64::decode(text).expect("it is base64")
    }

    /// What is said of a request, and of the same for another name.
    fn check(der: &[u8], forged: Result<(), &str>) {
        assert_eq!(check_signature(der), Ok(()));
        let mut other = der.to_vec();
        let at = other.windows(3).position(|it| it == b"ada").expect("the name is there");
        other[at] = b'b';
        assert_eq!(check_signature(&other), forged.map_err(str::to_owned));
    }

    #[test]
    fn requests_are_signed_by_their_own_keys() {
        check(&request(&rcgen::PKCS_ECDSA_P256_SHA256), Err("x509: ECDSA verification failure"));
        check(&request(&rcgen::PKCS_ECDSA_P384_SHA384), Err("x509: ECDSA verification failure"));
        check(&request(&rcgen::PKCS_ED25519), Err("x509: Ed25519 verification failure"));
        check(&decoded(RSA), Err("crypto/rsa: verification error"));
        assert_eq!(check_signature(b"junk"), Err("asn1: structure error".to_owned()));
    }

    #[test]
    fn keys_that_are_not_known_are_not_judged() {
        check(&decoded(SHORT_RSA), Ok(()));
        check(&decoded(P521), Ok(()));
    }
}
