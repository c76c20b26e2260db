//! What a certificate request asks for: the subject inside of its PKCS #10 block.
//!
//! Source: RFC 2986 (PKCS #10), X.690 (DER). Upstream: `pkg/apis/certificates/helpers.go` (`ParseCSR`).
//! Knows nothing of keys, signatures and who may have what.

use crate::api::base64;
use crate::model::Object;
use std::fmt;

/// Who a certificate would be for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Subject {
    /// The `CN`, a user's name.
    pub(crate) common_name: String,
    /// Each `O`, a group.
    pub(crate) organizations: Vec<String>,
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
    let pem = base64::decode(request.at("spec.request").str()).map_err(|_| Unreadable::Pem)?;
    let pem = String::from_utf8(pem).map_err(|_| Unreadable::Pem)?;
    let der = block(&pem).ok_or(Unreadable::Pem)?;
    read(&der).ok_or(Unreadable::Der)
}

/// The bytes between the lines of a PEM block.
fn block(pem: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once("-----BEGIN CERTIFICATE REQUEST-----")?;
    let (body, _) = rest.split_once("-----END CERTIFICATE REQUEST-----")?;
    base64::decode(&body.split_whitespace().collect::<String>()).ok()
}

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const OBJECT_ID: u8 = 0x06;
/// `id-at-commonName`, 2.5.4.3.
const COMMON_NAME: [u8; 3] = [0x55, 0x04, 0x03];
/// `id-at-organizationName`, 2.5.4.10.
const ORGANIZATION: [u8; 3] = [0x55, 0x04, 0x0a];

fn read(der: &[u8]) -> Option<Subject> {
    let (request, _) = expect(der, SEQUENCE)?;
    let (info, _) = expect(request, SEQUENCE)?;
    let (_, info) = expect(info, INTEGER)?;
    let (mut name, _) = expect(info, SEQUENCE)?;
    let mut subject = Subject::default();
    while !name.is_empty() {
        let (mut set, rest) = expect(name, SET)?;
        while !set.is_empty() {
            let (attribute, others) = expect(set, SEQUENCE)?;
            let (kind, value) = expect(attribute, OBJECT_ID)?;
            subject.take(kind, element(value)?.1)?;
            set = others;
        }
        name = rest;
    }
    Some(subject)
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
