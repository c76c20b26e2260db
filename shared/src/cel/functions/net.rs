//! Addresses and networks.
//!
//! Upstream: `k8s.io/apiserver/pkg/cel/library/{ip,cidr}.go`, Go's `net/netip`.

use super::Function;
use crate::cel::machine::{Outcome, no_overload, wrong};
use crate::cel::val::Val;
use std::fmt;
use std::net::IpAddr;

/// A network: an address and how many of its bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    /// The address as it was written.
    pub address: IpAddr,
    /// How many bits count.
    pub bits: u32,
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("ip", &["(string) IP", "CIDR.() IP"], |_, it| match it {
        [Val::Text(text)] => parse_ip(text).map_or_else(
            |why| wrong(format!("IP Address {text:?} parse error during conversion from string: {why}")),
            |it| Ok(Val::Ip(it)),
        ),
        [Val::Cidr(it)] => Ok(Val::Ip(it.address)),
        _ => no_overload(),
    }),
    Function::new("isIP", &["(string) bool"], |_, it| match it {
        [Val::Text(text)] => Ok(Val::Bool(parse_ip(text).is_ok())),
        _ => no_overload(),
    }),
    Function::new("ip.isCanonical", &["(string) bool"], |_, it| match it {
        [Val::Text(text)] => match parse_ip(text) {
            Ok(it) => Ok(Val::Bool(it.to_string() == text.as_str())),
            Err(why) => wrong(format!("IP Address {text:?} parse error during conversion from string: {why}")),
        },
        _ => no_overload(),
    }),
    Function::new("family", &["IP.() int"], |_, it| match it {
        [Val::Ip(it)] => Ok(Val::Int(if it.is_ipv4() { 4 } else { 6 })),
        _ => no_overload(),
    }),
    Function::new("isUnspecified", &["IP.() bool"], |_, it| tested(it, IpAddr::is_unspecified)),
    Function::new("isLoopback", &["IP.() bool"], |_, it| tested(it, IpAddr::is_loopback)),
    Function::new("isLinkLocalMulticast", &["IP.() bool"], |_, it| tested(it, link_local_multicast)),
    Function::new("isLinkLocalUnicast", &["IP.() bool"], |_, it| tested(it, link_local_unicast)),
    Function::new("isGlobalUnicast", &["IP.() bool"], |_, it| tested(it, global_unicast)),
    Function::new("cidr", &["(string) CIDR"], |_, it| match it {
        [Val::Text(text)] => Cidr::parse(text).map_or_else(
            |why| wrong(format!("network address parse error during conversion from string: {why}")),
            |it| Ok(Val::Cidr(it)),
        ),
        _ => no_overload(),
    }),
    Function::new("isCIDR", &["(string) bool"], |_, it| match it {
        [Val::Text(text)] => Ok(Val::Bool(Cidr::parse(text).is_ok())),
        _ => no_overload(),
    }),
    Function::new("containsIP", &["CIDR.(IP) bool", "CIDR.(string) bool"], |_, it| match it {
        [Val::Cidr(a), Val::Ip(b)] => Ok(Val::Bool(a.holds(*b))),
        [Val::Cidr(a), Val::Text(b)] => match parse_ip(b) {
            Ok(b) => Ok(Val::Bool(a.holds(b))),
            Err(why) => wrong(format!("IP Address {b:?} parse error during conversion from string: {why}")),
        },
        _ => no_overload(),
    }),
    Function::new("containsCIDR", &["CIDR.(CIDR) bool", "CIDR.(string) bool"], |_, it| match it {
        [Val::Cidr(a), Val::Cidr(b)] => Ok(Val::Bool(a.covers(b))),
        [Val::Cidr(a), Val::Text(b)] => match Cidr::parse(b) {
            Ok(b) => Ok(Val::Bool(a.covers(&b))),
            Err(why) => wrong(format!("network address parse error during conversion from string: {why}")),
        },
        _ => no_overload(),
    }),
    Function::new("prefixLength", &["CIDR.() int"], |_, it| match it {
        [Val::Cidr(it)] => Ok(Val::Int(it.bits.into())),
        _ => no_overload(),
    }),
    Function::new("masked", &["CIDR.() CIDR"], |_, it| match it {
        [Val::Cidr(it)] => Ok(Val::Cidr(Cidr { address: masked(it.address, it.bits), bits: it.bits })),
        _ => no_overload(),
    }),
];

fn tested(it: &[Val], test: fn(&IpAddr) -> bool) -> Outcome {
    match it {
        [Val::Ip(it)] => Ok(Val::Bool(test(it))),
        _ => no_overload(),
    }
}

fn link_local_multicast(it: &IpAddr) -> bool {
    match it {
        IpAddr::V4(it) => it.octets()[..3] == [224, 0, 0],
        IpAddr::V6(it) => it.segments()[0] & 0xff0f == 0xff02,
    }
}

fn link_local_unicast(it: &IpAddr) -> bool {
    match it {
        IpAddr::V4(it) => it.is_link_local(),
        IpAddr::V6(it) => it.is_unicast_link_local(),
    }
}

fn global_unicast(it: &IpAddr) -> bool {
    let broadcast = matches!(it, IpAddr::V4(it) if it.is_broadcast());
    !(broadcast || it.is_unspecified() || it.is_loopback() || it.is_multicast() || link_local_unicast(it))
}

/// An address; one of IPv4 in the form of IPv6, and one with a zone, is none.
fn parse_ip(text: &str) -> Result<IpAddr, String> {
    if text.contains('%') {
        return Err(format!("IP address {text:?} with zone value is not allowed"));
    }
    match text.parse() {
        Ok(IpAddr::V6(it)) if it.to_ipv4_mapped().is_some() => {
            Err(format!("IPv4-mapped IPv6 address {text:?} is not allowed"))
        }
        Ok(it) => Ok(it),
        Err(_) => Err(format!("ParseAddr({text:?}): unable to parse IP")),
    }
}

impl Cidr {
    fn parse(text: &str) -> Result<Self, String> {
        let Some((address, bits)) = text.split_once('/') else {
            return Err(format!("netip.ParsePrefix({text:?}): no '/'"));
        };
        let address = parse_ip(address)?;
        let digits = bits.bytes().all(|it| it.is_ascii_digit()) && (bits == "0" || !bits.starts_with('0'));
        match bits.parse() {
            Ok(bits) if digits && bits <= width(address) => Ok(Self { address, bits }),
            Ok(_) if digits => Err(format!("netip.ParsePrefix({text:?}): prefix length out of range")),
            _ => Err(format!("netip.ParsePrefix({text:?}): bad bits after slash: {bits:?}")),
        }
    }

    fn holds(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.address.is_ipv4() && masked(address, self.bits) == masked(self.address, self.bits)
    }

    fn covers(&self, other: &Self) -> bool {
        self.bits <= other.bits && self.holds(other.address)
    }
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn masked(address: IpAddr, bits: u32) -> IpAddr {
    match address {
        IpAddr::V4(it) => IpAddr::V4((it.to_bits() & u32::MAX.checked_shl(32 - bits).unwrap_or(0)).into()),
        IpAddr::V6(it) => IpAddr::V6((it.to_bits() & u128::MAX.checked_shl(128 - bits).unwrap_or(0)).into()),
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}
