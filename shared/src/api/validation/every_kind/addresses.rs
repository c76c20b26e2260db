//! IP addresses and CIDRs as fields of API objects.
//!
//! Upstream: `k8s.io/apimachinery/pkg/util/validation/ip.go`, `pkg/apis/core/validation/validation.go` (`ValidateEndpointIP`).

use crate::api::Errors;
use crate::api::validation::At;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub(super) const BAD_CIDR: &str = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

/// A block of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::api) struct Cidr {
    pub(super) address: IpAddr,
    pub(super) prefix: u32,
}

/// An address; zeros before the digits of a byte do no harm, as fields of old allow them.
pub(super) fn parse_ip(text: &str) -> Option<IpAddr> {
    if text.contains(':') {
        return text.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    }
    let digits = |it: &str| it.trim_start_matches('0').to_owned();
    let byte = |it: &str| {
        if it.is_empty() { None } else { digits(it).parse::<u8>().ok().or((digits(it).is_empty()).then_some(0)) }
    };
    let bytes: Vec<u8> = text.split('.').map(byte).collect::<Option<_>>()?;
    let [a, b, c, d] = bytes[..] else { return None };
    Some(IpAddr::V4(Ipv4Addr::new(a, b, c, d)))
}

/// A block of addresses, with the same leniency.
pub(in crate::api) fn parse_cidr(text: &str) -> Option<Cidr> {
    let (address, prefix) = text.split_once('/')?;
    let address = parse_ip(address)?;
    let digits = !prefix.is_empty() && prefix.bytes().all(|it| it.is_ascii_digit());
    let prefix: u32 = prefix.parse().ok().filter(|_| digits)?;
    (prefix <= width(address)).then_some(Cidr { address, prefix })
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

impl Cidr {
    /// True if the address is of the same family and in the block.
    pub(in crate::api) fn contains(self, address: IpAddr) -> bool {
        self.address.is_ipv4() == address.is_ipv4() && self.network(self.address) == self.network(address)
    }

    /// The block's own address: all bits after the prefix are zero.
    pub(super) fn base(self) -> IpAddr {
        let bits = self.network(self.address);
        match self.address {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::from(u32::try_from(bits).unwrap_or_default())),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from(bits)),
        }
    }

    fn network(self, address: IpAddr) -> u128 {
        let host = width(address) - self.prefix;
        let bits = match address {
            IpAddr::V4(it) => u128::from(u32::from(it)),
            IpAddr::V6(it) => u128::from(it),
        };
        let network = bits.checked_shr(host).unwrap_or(0);
        network.checked_shl(host).unwrap_or(0)
    }
}

/// A CIDR in a field that had lax checks before (`IsValidCIDRForLegacyField`).
pub(super) fn validate_lax_cidr(at: &At<'_>, errors: &mut Errors) {
    if parse_cidr(at.str()).is_none() {
        errors.bad(at, BAD_CIDR);
    }
}

/// A CIDR in a field that was strict from the start (`IsValidCIDR`).
pub(super) fn validate_cidr(at: &At<'_>, errors: &mut Errors) {
    let strict = |it: &Cidr| at.str() == format!("{}/{}", it.address, it.prefix);
    match parse_cidr(at.str()) {
        Some(it) if !strict(&it) && it.address.is_ipv4() => errors.bad(at, "must not have leading 0s"),
        Some(it) if it.base() != it.address => {
            errors.bad(at, "must not have bits set beyond the prefix length");
        }
        Some(it) if !strict(&it) => {
            let detail = format!("must be in canonical form (\"{}/{}\")", it.address, it.prefix);
            errors.bad(at, &detail);
        }
        Some(_) => {}
        None => errors.bad(at, BAD_CIDR),
    }
}

/// What an address that pods answer at may not be.
pub(super) fn validate_endpoint_ip(at: &At<'_>, errors: &mut Errors) {
    let Some(address) = parse_ip(at.str()) else {
        return errors.bad(at, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
    };
    let link_local = match address {
        IpAddr::V4(it) => it.is_link_local(),
        IpAddr::V6(it) => it.segments()[0] & 0xffc0 == 0xfe80,
    };
    let link_multicast = match address {
        IpAddr::V4(it) => it.octets()[..3] == [224, 0, 0],
        IpAddr::V6(it) => it.segments()[0] & 0xff0f == 0xff02,
    };
    if address.is_unspecified() {
        errors.bad(at, &format!("may not be unspecified ({})", at.str()));
    }
    let ranges = [
        (address.is_loopback(), "loopback range (127.0.0.0/8, ::1/128)"),
        (link_local, "link-local range (169.254.0.0/16, fe80::/10)"),
        (link_multicast, "link-local multicast range (224.0.0.0/24, ff02::/10)"),
    ];
    for (_, range) in ranges.iter().filter(|(is_in, _)| *is_in) {
        errors.bad(at, &format!("may not be in the {range}"));
    }
}

/// What is odd about a CIDR that is accepted (`GetWarningsForCIDR`).
pub(super) fn warn_of_cidr(at: &At<'_>, warnings: &mut Vec<String>) {
    let text = at.str();
    let Some(cidr) = parse_cidr(text) else { return };
    let (address, prefix) = (cidr.address, cidr.prefix);
    if cidr.base() != address {
        let (block, alone) = (format!("{}/{prefix}", cidr.base()), format!("{address}/{}", width(address)));
        warnings.push(format!(
            "{at}: CIDR value \"{text}\" is ambiguous in this context (should be \"{block}\" or \"{alone}\"?)"
        ));
    } else if text != format!("{address}/{prefix}") {
        warnings.push(format!("{at}: non-standard CIDR value \"{text}\" will be considered invalid in a future Kubernetes release: use \"{address}/{prefix}\""));
    }
}
