//! The certificate authority of a cluster: made at the first start, kept in the data directory, or in memory alone.
//!
//! Upstream: `cmd/kubeadm/app/phases/certs`; the names of the files and of the administrator are kubeadm's.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The folder in the data directory, as kubeadm calls it.
const FOLDER: &str = "pki";
/// How long the authority lasts.
const AUTHORITY_DAYS: u64 = 3_650;
/// How long what it signs lasts.
const LEAF_DAYS: u64 = 365;
/// Names under which pods and people find the API server.
const SERVER_NAMES: [&str; 6] = [
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
    "pilothouse",
];
/// Its addresses: this machine, and the Service `kubernetes`.
const SERVER_ADDRESSES: [&str; 3] = ["127.0.0.1", "::1", "10.96.0.1"];

/// A certificate and its key, as PEM.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    /// The certificate.
    pub(crate) certificate: String,
    /// The private key.
    pub(crate) key: String,
}

/// The authority, the server's own certificate, and the administrator's.
#[derive(Clone, Debug)]
pub(crate) struct Authority {
    /// The authority's own.
    pub(crate) root: Pair,
    /// What the server shows.
    pub(crate) server: Pair,
    /// What the administrator shows: `O=system:masters, CN=kubernetes-admin`.
    pub(crate) admin: Pair,
}

/// Why there are no certificates.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuthorityError {
    /// A file could not be read or written.
    #[error("cannot {doing} {}: {source}", path.display())]
    File {
        /// `read`, `write`.
        doing: &'static str,
        /// Which.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A certificate could not be made or read.
    #[error("cannot make certificates: {0}")]
    Made(#[from] rcgen::Error),
    /// What is in the files is no certificate, or does not fit its key.
    #[error("cannot use the certificates in the data directory: {0}; remove the folder pki to get new ones")]
    Unusable(String),
}

impl Authority {
    /// A new one that nobody else knows.
    ///
    /// # Errors
    /// The system has no randomness.
    pub(crate) fn generate(address: &str) -> Result<Self, AuthorityError> {
        let key = KeyPair::generate()?;
        let mut params = params("kubernetes", AUTHORITY_DAYS);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages =
            vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment, KeyUsagePurpose::KeyCertSign];
        let certificate = params.self_signed(&key)?.pem();
        let root = Pair { certificate, key: key.serialize_pem() };
        Ok(Self { server: server(&root, address)?, admin: admin(&root)?, root })
    }

    /// The one in `folder`, made if it is not there yet; certificates that are missing are signed anew.
    ///
    /// # Errors
    /// A file cannot be read or written, or is damaged.
    pub(crate) fn open(folder: &Path, address: &str) -> Result<Self, AuthorityError> {
        let folder = folder.join(FOLDER);
        if !folder.join("ca.crt").exists() {
            let new = Self::generate(address)?;
            new.write(&folder)?;
            return Ok(new);
        }
        let root = read_pair(&folder, "ca")?;
        // The server's is signed at every start: the address may be another one, and it never gets old so.
        let server = server(&root, address)?;
        let admin = if folder.join("admin.crt").exists() { read_pair(&folder, "admin")? } else { admin(&root)? };
        let found = Self { root, server, admin };
        found.write(&folder)?;
        Ok(found)
    }

    fn write(&self, folder: &Path) -> Result<(), AuthorityError> {
        make_private_folder(folder).map_err(|source| AuthorityError::File {
            doing: "make",
            path: folder.to_owned(),
            source,
        })?;
        for (name, pair) in [("admin", &self.admin), ("apiserver", &self.server), ("ca", &self.root)] {
            write_private(&folder.join(format!("{name}.key")), &pair.key)?;
            write_private(&folder.join(format!("{name}.crt")), &pair.certificate)?;
        }
        Ok(())
    }

    /// The configuration of the listener: own certificate, client certificates of the own authority, HTTP/2 and 1.1.
    ///
    /// # Errors
    /// A certificate does not fit its key.
    pub(crate) fn server_config(&self) -> Result<rustls::ServerConfig, AuthorityError> {
        let unusable = |error: &dyn std::fmt::Display| AuthorityError::Unusable(error.to_string());
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = rustls::RootCertStore::empty();
        roots.add(certificate(&self.root.certificate)?).map_err(|error| unusable(&error))?;
        let clients = rustls::server::WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone())
            .allow_unauthenticated()
            .build()
            .map_err(|error| unusable(&error))?;
        let key = PrivateKeyDer::from_pem_slice(self.server.key.as_bytes()).map_err(|error| unusable(&error))?;
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(&error))?
            .with_client_cert_verifier(clients)
            .with_single_cert(vec![certificate(&self.server.certificate)?], key)
            .map_err(|error| unusable(&error))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

/// The certificate in a PEM text.
pub(super) fn certificate(pem: &str) -> Result<CertificateDer<'static>, AuthorityError> {
    CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|error| AuthorityError::Unusable(error.to_string()))
}

fn params(common_name: &str, days: u64) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    let now = SystemTime::now();
    params.not_before = (now - Duration::from_hours(1)).into();
    params.not_after = (now + Duration::from_hours(days * 24)).into();
    params
}

fn signed(authority: &Pair, params: &CertificateParams) -> Result<Pair, AuthorityError> {
    let issuer = Issuer::from_ca_cert_pem(&authority.certificate, KeyPair::from_pem(&authority.key)?)?;
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, &issuer)?.pem();
    Ok(Pair { certificate, key: key.serialize_pem() })
}

fn server(authority: &Pair, address: &str) -> Result<Pair, AuthorityError> {
    let mut params = params("kube-apiserver", LEAF_DAYS);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let mut names: Vec<String> = SERVER_NAMES.iter().chain(&SERVER_ADDRESSES).map(|it| (*it).to_owned()).collect();
    if !names.iter().any(|it| it == address) && !matches!(address, "" | "0.0.0.0" | "::") {
        names.push(address.to_owned());
    }
    params.subject_alt_names = CertificateParams::new(names)?.subject_alt_names;
    signed(authority, &params)
}

fn admin(authority: &Pair) -> Result<Pair, AuthorityError> {
    let mut params = params("kubernetes-admin", LEAF_DAYS);
    params.distinguished_name.push(DnType::OrganizationName, "system:masters");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    signed(authority, &params)
}

fn read_pair(folder: &Path, name: &str) -> Result<Pair, AuthorityError> {
    let read = |ending: &str| {
        let path = folder.join(format!("{name}.{ending}"));
        fs::read_to_string(&path).map_err(|source| AuthorityError::File { doing: "read", path, source })
    };
    Ok(Pair { certificate: read("crt")?, key: read("key")? })
}

/// Makes a folder that only its owner may enter.
pub(crate) fn make_private_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Writes a file that only its owner may read; it appears whole or not at all.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<(), AuthorityError> {
    write_private_bytes(path, text.as_bytes())
}

/// The same with bytes.
pub(crate) fn write_private_bytes(path: &Path, bytes: &[u8]) -> Result<(), AuthorityError> {
    let failed = |source| AuthorityError::File { doing: "write", path: path.to_owned(), source };
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}", std::process::id()));
    let beside = path.with_file_name(name);
    // What is there is left over, or somebody else's: the file that we write to is always our own.
    drop(fs::remove_file(&beside));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(&beside).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)?;
    fs::rename(&beside, path).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_directory_keeps_its_authority() {
        let folder = std::env::temp_dir().join(format!("pilothouse-pki-{}", std::process::id()));
        let first = Authority::open(&folder, "127.0.0.1").expect("it can be made");
        let second = Authority::open(&folder, "192.0.2.7").expect("it can be read");
        assert_eq!(first.root.certificate, second.root.certificate);
        assert_eq!(first.admin.key, second.admin.key);
        second.server_config().expect("it fits");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(folder.join("pki/ca.key")).expect("it is there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        fs::write(folder.join("pki/ca.crt"), "no certificate").expect("it can be written");
        assert!(Authority::open(&folder, "127.0.0.1").is_err());
        fs::remove_dir_all(&folder).expect("it can be removed");
    }
}
