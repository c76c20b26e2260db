//! Whom a client certificate names.
//!
//! Upstream: `k8s.io/apiserver/pkg/authentication/request/x509/x509.go` (`CommonNameUserConversion`).

use shared::api::User;
use shared::model::Text;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// The user of a verified certificate: its common name, and its organizations as groups; `None` without a name.
///
/// Of several common names the last counts, as in Go, and as for whoever decides what is signed
/// (`shared::api::certificates`): otherwise a certificate could be signed for one name and log in as another.
pub(super) fn user_of(certificate: &[u8]) -> Option<User> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let subject = certificate.subject();
    let name = subject.iter_common_name().last()?.as_str().ok()?;
    let organizations = subject.iter_organization().filter_map(|it| it.as_str().ok()).map(Text::new);
    let groups = organizations.chain([Text::new_static("system:authenticated")]).collect();
    (!name.is_empty()).then(|| User { name: Text::new(name), groups, ..User::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::Authority;
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;

    #[test]
    fn the_administrator_is_known() {
        let authority = Authority::generate("127.0.0.1").expect("it can be made");
        let der = CertificateDer::from_pem_slice(authority.admin.certificate.as_bytes()).expect("it is PEM");
        let user = user_of(&der).expect("it has a name");
        assert_eq!(user.name, "kubernetes-admin");
        assert_eq!(user.groups, ["system:masters", "system:authenticated"]);
        assert!(user_of(b"junk").is_none());
    }
}
