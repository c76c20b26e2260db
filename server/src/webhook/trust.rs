//! Whose certificates a webhook may show.
//!
//! With `caBundle` only those that it signed, and else those that the system's bundle of authorities signed.

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{CertificateError, ClientConfig, RootCertStore};
use shared::api::base64;

/// Where systems keep their authorities.
const BUNDLES: &[&str] =
    &["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/// How many bundles are remembered with what was made of them; the oldest gives way.
const CONFIGS_MAX: usize = 64;

/// How a connection is judged; made once for each bundle, so that its sessions can be taken up again.
///
/// # Errors
/// The bundle is none.
pub(super) fn config(bundle: &str) -> Result<Arc<ClientConfig>, String> {
    static CONFIGS: Mutex<VecDeque<(String, Arc<ClientConfig>)>> = Mutex::new(VecDeque::new());
    let mut configs = CONFIGS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, known)) = configs.iter().find(|(it, _)| it == bundle) {
        return Ok(known.clone());
    }
    let made = make(bundle)?;
    if configs.len() >= CONFIGS_MAX {
        configs.pop_front();
    }
    configs.push_back((bundle.to_owned(), made.clone()));
    Ok(made)
}

fn make(bundle: &str) -> Result<Arc<ClientConfig>, String> {
    let roots = if bundle.is_empty() { system().clone() } else { Arc::new(roots_of(bundle)?) };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|it| it.to_string())?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

fn roots_of(bundle: &str) -> Result<RootCertStore, String> {
    let bytes = base64::decode(bundle).map_err(|_| "caBundle is no base64".to_owned())?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&bytes).flatten() {
        roots.add(certificate).map_err(|it| it.to_string())?;
    }
    if roots.is_empty() { Err("unable to load root certificates: caBundle has none".to_owned()) } else { Ok(roots) }
}

/// The system's authorities; none where there is no bundle.
fn system() -> &'static Arc<RootCertStore> {
    static SYSTEM: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    SYSTEM.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        let found = BUNDLES.iter().find_map(|it| CertificateDer::pem_file_iter(Path::new(it)).ok());
        // Systems have authorities that rustls does not take; the others count.
        roots.add_parsable_certificates(found.into_iter().flatten().flatten());
        Arc::new(roots)
    })
}

/// Why there is no connection, in Go's words where they are known.
pub(super) fn told(error: &io::Error) -> String {
    let reason = error.get_ref().and_then(|it| it.downcast_ref::<rustls::Error>());
    match reason {
        // The second is that of an authority which has the name of a trusted one.
        Some(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature)) => {
            "tls: failed to verify certificate: x509: certificate signed by unknown authority".to_owned()
        }
        Some(rustls::Error::InvalidCertificate(why)) => format!("tls: failed to verify certificate: x509: {why}"),
        _ => error.to_string(),
    }
}
