//! What a certificate request asks for: the subject and the other names inside of its PKCS #10 block.
//!
//! Source: RFC 2986 (PKCS #10), RFC 5280 (names), X.690 (DER). Upstream: `pkg/apis/certificates/helpers.go` (`ParseCSR`).
//! Knows nothing of keys, signatures and who may have what.

use crate::api::base64;
use crate::api::certificates::pem;
use crate::model::Object;
use std::fmt;

/// Who a certificate would be for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Subject {
    /// The `CN`, a user's name.
    pub(crate) common_name: String,
    /// Each `O`, a group.
    pub(crate) organizations: Vec<String>,
    /// Names beside these.
    pub(crate) others: OtherNames,
}

/// How many `subjectAltNames` there are of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OtherNames {
    /// Names of hosts.
    pub(crate) dns: usize,
    /// Mail addresses.
    pub(crate) emails: usize,
    /// IP addresses.
    pub(crate) addresses: usize,
    /// URIs.
    pub(crate) uris: usize,
}

/// Why a request cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// No PEM block of the type `CERTIFICATE REQUEST`.
    Pem,
    /// What is in it is not DER, or not a request.
    Der,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pem => "PEM block type must be CERTIFICATE REQUEST",
            Self::Der => "asn1: structure error",
        })
    }
}

/// The subject of `spec.request`.
///
/// # Errors
/// It is no PEM block, or no certificate request inside.
pub(crate) fn subject_of(request: &Object) -> Result<Subject, Unreadable> {
    read(&der_of(request)?).ok_or(Unreadable::Der)
}

/// The bytes inside the PEM block of `spec.request`.
///
/// # Errors
/// Its first PEM block is of another type, or there is none.
pub(crate) fn der_of(request: &Object) -> Result<Vec<u8>, Unreadable> {
    let pem = base64::decode(request.at("spec.request").str()).map_err(|_| Unreadable::Pem)?;
    let first = pem::blocks(&String::from_utf8_lossy(&pem)).into_iter().next();
    first.filter(|it| it.kind == "CERTIFICATE REQUEST").map(|it| it.der).ok_or(Unreadable::Pem)
}

/// True for the outer form of a certificate as DER: what is signed, how, and the signature.
pub(crate) fn is_certificate(der: &[u8]) -> bool {
    signed_part(der).is_some()
}

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const BITS: u8 = 0x03;
const OBJECT_ID: u8 = 0x06;
const OCTETS: u8 = 0x04;
/// The attributes of a request.
const ATTRIBUTES: u8 = 0xa0;
/// `id-at-commonName`, 2.5.4.3.
const COMMON_NAME: [u8; 3] = [0x55, 0x04, 0x03];
/// `id-at-organizationName`, 2.5.4.10.
const ORGANIZATION: [u8; 3] = [0x55, 0x04, 0x0a];
/// `pkcs-9-at-extensionRequest`, 1.2.840.113549.1.9.14.
const EXTENSION_REQUEST: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x0e];
/// `id-ce-subjectAltName`, 2.5.29.17.
const OTHER_NAMES: [u8; 3] = [0x55, 0x1d, 0x11];

/// The subject of a request as DER; `None` if it is none.
pub(super) fn read(der: &[u8]) -> Option<Subject> {
    let (_, info) = expect(signed_part(der)?, INTEGER)?;
    let (name, info) = expect(info, SEQUENCE)?;
    let (_key, info) = expect(info, SEQUENCE)?;
    let mut subject = Subject::default();
    for set in each(name, SET)? {
        for attribute in each(set, SEQUENCE)? {
            let (kind, value) = expect(attribute, OBJECT_ID)?;
            subject.take(kind, element(value)?.1)?;
        }
    }
    let attributes = expect(info, ATTRIBUTES).map_or(&[][..], |(attributes, _)| attributes);
    for attribute in each(attributes, SEQUENCE)? {
        let (kind, values) = expect(attribute, OBJECT_ID)?;
        if kind == EXTENSION_REQUEST {
            let (extensions, _) = expect(expect(values, SET)?.0, SEQUENCE)?;
            subject.others.take(extensions)?;
        }
    }
    Some(subject)
}

/// What is signed in a request or a certificate, whose algorithm and signature come after it and nothing else.
fn signed_part(der: &[u8]) -> Option<&[u8]> {
    let (whole, after) = expect(der, SEQUENCE)?;
    let (signed, rest) = expect(whole, SEQUENCE)?;
    let (_algorithm, rest) = expect(rest, SEQUENCE)?;
    let (_signature, rest) = expect(rest, BITS)?;
    (after.is_empty() && rest.is_empty()).then_some(signed)
}

impl OtherNames {
    /// Counts the names in the extensions that a request asks for.
    fn take(&mut self, extensions: &[u8]) -> Option<()> {
        for extension in each(extensions, SEQUENCE)? {
            let (kind, value) = expect(extension, OBJECT_ID)?;
            if kind != OTHER_NAMES {
                continue;
            }
            // What may stand before the value says whether the extension is critical.
            let value = if element(value)?.0 == OCTETS { value } else { element(value)?.2 };
            let (mut names, _) = expect(expect(value, OCTETS)?.0, SEQUENCE)?;
            while !names.is_empty() {
                let (kind, _, rest) = element(names)?;
                self.count(kind);
                names = rest;
            }
        }
        Some(())
    }

    /// The tags of `GeneralName`.
    fn count(&mut self, kind: u8) {
        match kind {
            0x81 => self.emails += 1,
            0x82 => self.dns += 1,
            0x86 => self.uris += 1,
            0x87 => self.addresses += 1,
            _ => {}
        }
    }
}

impl Subject {
    fn take(&mut self, kind: &[u8], value: &[u8]) -> Option<()> {
        let text = || String::from_utf8(value.to_vec()).ok();
        if kind == COMMON_NAME {
            self.common_name = text()?;
        } else if kind == ORGANIZATION {
            self.organizations.push(text()?);
        }
        Some(())
    }
}

/// The contents of all elements, which must have this tag.
fn each(mut der: &[u8], tag: u8) -> Option<Vec<&[u8]>> {
    let mut contents = Vec::new();
    while !der.is_empty() {
        let (content, rest) = expect(der, tag)?;
        contents.push(content);
        der = rest;
    }
    Some(contents)
}

/// The content of the first element, which must have this tag, and what comes after it.
fn expect(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, content, rest) = element(der)?;
    (found == tag).then_some((content, rest))
}

/// Tag, content and rest. Lengths have at most four bytes.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (bytes.iter().fold(0, |sum, byte| (sum << 8) | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}
