//! The formats of strings that a schema may ask for.
//!
//! Upstream: `k8s.io/kube-openapi/pkg/validation/strfmt`, `pkg/apiserver/validation/formats.go`.
//! `DIFFERENCE`: formats that are rare (isbn, creditcard, ssn, colors, bsonobjectid) are not looked at.

use crate::model::{Time, names};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// True if `text` is of the format, or the format is unknown, which says nothing.
pub(super) fn fits(text: &str, format: &str) -> bool {
    match format {
        "date-time" | "datetime" => is_date_time(text),
        "date" => is_date(text),
        "ipv4" => text.parse::<Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<Ipv6Addr>().is_ok(),
        "cidr" => is_cidr(text),
        "uuid" | "uuid3" | "uuid4" | "uuid5" => is_uuid(text),
        "byte" => crate::api::base64::decode(text).is_ok(),
        "hostname" => text.len() <= names::SUBDOMAIN_MAX_BYTES && text.split('.').all(is_host_label),
        "mac" => is_mac(text),
        "duration" => is_duration(text),
        "email" => text.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty()),
        "uri" => text.split_once(':').is_some_and(|(scheme, _)| is_scheme(scheme)),
        "k8s-short-name" => names::dns1123_label(text).is_empty(),
        "k8s-long-name" => names::dns1123_subdomain(text).is_empty(),
        _ => true,
    }
}

fn is_date_time(text: &str) -> bool {
    let shape = text.get(..10).is_some_and(is_date) && text.get(10..11).is_some_and(|it| "tT".contains(it));
    let zoned = text.ends_with(['Z', 'z']) || text.get(19..).is_some_and(|it| it.contains(['+', '-']));
    let moment = text.get(..19).map(|it| format!("{}Z", it.to_uppercase()));
    shape && zoned && moment.is_some_and(|it| Time::parse(&it).is_some())
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && Time::parse(&format!("{text}T00:00:00Z")).is_some()
}

fn is_cidr(text: &str) -> bool {
    let Some((address, prefix)) = text.split_once('/') else { return false };
    let most = match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    prefix.parse::<u8>().is_ok_and(|it| it <= most)
}

fn is_mac(text: &str) -> bool {
    let parts: Vec<&str> = text.split([':', '-']).collect();
    let is_byte = |it: &&str| it.len() == 2 && it.bytes().all(|it| it.is_ascii_hexdigit());
    matches!(parts.len(), 6 | 8 | 20) && parts.iter().all(is_byte)
}

/// `1h30m`, `5 days`: numbers, each with a unit.
fn is_duration(text: &str) -> bool {
    const UNITS: &[&str] =
        &["ns", "us", "µs", "ms", "s", "m", "h", "d", "w", "sec", "min", "hr", "hour", "day", "week"];
    let mut rest = text.trim().trim_start_matches(['+', '-']);
    if rest == "0" {
        return true;
    }
    while !rest.is_empty() {
        let number = rest.find(|it: char| !it.is_ascii_digit() && it != '.').unwrap_or(rest.len());
        let tail = rest[number..].trim_start();
        let end = tail.find(|it: char| !it.is_alphabetic()).unwrap_or(tail.len());
        let unit = &tail[..end];
        if number == 0 || !(UNITS.contains(&unit) || UNITS.contains(&unit.trim_end_matches('s'))) {
            return false;
        }
        rest = tail[end..].trim_start();
    }
    !text.trim().is_empty()
}

fn is_uuid(text: &str) -> bool {
    let digits: String = text.chars().filter(|it| *it != '-').collect();
    digits.len() == 32 && digits.bytes().all(|it| it.is_ascii_hexdigit())
}

fn is_host_label(label: &str) -> bool {
    let middle = |it: u8| it.is_ascii_alphanumeric() || it == b'-';
    !label.is_empty()
        && label.len() <= names::LABEL_MAX_BYTES
        && label.bytes().all(middle)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|it: char| it.is_ascii_alphabetic())
        && text.bytes().all(|it| it.is_ascii_alphanumeric() || b"+-.".contains(&it))
}
