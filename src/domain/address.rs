//! Which addresses the service may connect to on somebody else's word: the
//! public ones, and those that the configuration allows by name.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::str::FromStr;

use super::closed_list::closed_list;

closed_list! {
    /// Why an address is not one of the public internet.
    Reserved {
        /// This machine.
        Loopback = "loopback",
        /// No address at all, or all of this network.
        Unspecified = "unspecified",
        /// A network of somebody's own (RFC 1918, RFC 4193).
        Private = "private",
        /// The network at hand; the metadata services of clouds are here.
        LinkLocal = "link_local",
        /// Shared between a provider and its customers (RFC 6598).
        CarrierGrade = "carrier_grade_nat",
        /// A metadata service outside the link-local range.
        Metadata = "metadata",
        /// Many at once.
        Multicast = "multicast",
        /// For examples in documents.
        Documentation = "documentation",
        /// For measuring networks (RFC 2544, RFC 5180).
        Benchmarking = "benchmarking",
        /// Kept for protocols, for later, or for nothing.
        Reserved = "reserved",
    }
}

/// Special ranges of IPv4, narrow ones first.
const V4: &[([u8; 4], u8, Reserved)] = &[
    ([0, 0, 0, 0], 8, Reserved::Unspecified),
    ([10, 0, 0, 0], 8, Reserved::Private),
    ([100, 100, 100, 200], 32, Reserved::Metadata),
    ([100, 64, 0, 0], 10, Reserved::CarrierGrade),
    ([127, 0, 0, 0], 8, Reserved::Loopback),
    ([168, 63, 129, 16], 32, Reserved::Metadata),
    ([169, 254, 0, 0], 16, Reserved::LinkLocal),
    ([172, 16, 0, 0], 12, Reserved::Private),
    ([192, 0, 2, 0], 24, Reserved::Documentation),
    ([192, 0, 0, 0], 24, Reserved::Reserved),
    ([192, 31, 196, 0], 24, Reserved::Reserved),
    ([192, 52, 193, 0], 24, Reserved::Reserved),
    ([192, 88, 99, 0], 24, Reserved::Reserved),
    ([192, 168, 0, 0], 16, Reserved::Private),
    ([192, 175, 48, 0], 24, Reserved::Reserved),
    ([198, 18, 0, 0], 15, Reserved::Benchmarking),
    ([198, 51, 100, 0], 24, Reserved::Documentation),
    ([203, 0, 113, 0], 24, Reserved::Documentation),
    ([224, 0, 0, 0], 4, Reserved::Multicast),
    ([240, 0, 0, 0], 4, Reserved::Reserved),
];

/// Special ranges of IPv6, narrow ones first. What wraps an IPv4 address is
/// judged by that address instead.
const V6: &[([u16; 8], u8, Reserved)] = &[
    ([0, 0, 0, 0, 0, 0, 0, 0], 128, Reserved::Unspecified),
    ([0, 0, 0, 0, 0, 0, 0, 1], 128, Reserved::Loopback),
    ([0x100, 0, 0, 0, 0, 0, 0, 0], 64, Reserved::Reserved),
    ([0x2001, 0x2, 0, 0, 0, 0, 0, 0], 48, Reserved::Benchmarking),
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, Reserved::Documentation),
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, Reserved::Reserved),
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, Reserved::Documentation),
    ([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254], 128, Reserved::Metadata),
    ([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, Reserved::Private),
    ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, Reserved::LinkLocal),
    ([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, Reserved::Private),
    ([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, Reserved::Multicast),
];

/// Why this address is not one of the public internet; none: it is one.
#[must_use]
pub fn reserved(address: IpAddr) -> Option<Reserved> {
    match address {
        IpAddr::V4(address) => reserved_v4(address),
        IpAddr::V6(address) => reserved_v6(address),
    }
}

fn reserved_v4(address: Ipv4Addr) -> Option<Reserved> {
    let found = |(start, length, _): &&([u8; 4], u8, Reserved)| {
        starts_with(u32::from(address).into(), u32::from_be_bytes(*start).into(), 32 - length)
    };
    V4.iter().find(found).map(|(_, _, kind)| *kind)
}

fn reserved_v6(address: Ipv6Addr) -> Option<Reserved> {
    let bits = u128::from(address);
    let found = |(start, length, _): &&([u16; 8], u8, Reserved)| {
        starts_with(bits, u128::from(Ipv6Addr::from(*start)), 128 - length)
    };
    if let Some((_, _, kind)) = V6.iter().find(found) {
        return Some(*kind);
    }
    if let Some(inner) = embedded(address) {
        // A public one goes round whatever filters IPv4, so it is refused too.
        return Some(reserved_v4(inner).unwrap_or(Reserved::Reserved));
    }
    // Only 2000::/3 is given out.
    (!starts_with(bits, 0x2000 << 112, 125)).then_some(Reserved::Reserved)
}

/// The IPv4 address that an IPv6 address stands for: mapped, compatible,
/// translated (NAT64, both prefixes), 6to4 and ISATAP.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let segments = address.segments();
    let low = pair(segments[6], segments[7]);
    match segments {
        [0, 0, 0, 0, 0, 0 | 0xffff, ..]
        | [0, 0, 0, 0, 0xffff, 0, ..]
        | [0x64, 0xff9b, ..]
        | [_, _, _, _, 0 | 0x200, 0x5efe, ..] => Some(low),
        [0x2002, high, middle, ..] => Some(pair(high, middle)),
        _ => None,
    }
}

fn pair(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(high) << 16 | u32::from(low))
}

/// Whether two addresses agree but for their last `free` bits.
fn starts_with(address: u128, start: u128, free: u8) -> bool {
    let shift = u32::from(free);
    address.checked_shr(shift).unwrap_or(0) == start.checked_shr(shift).unwrap_or(0)
}

/// A range of addresses, as in `10.1.0.0/16`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    start: IpAddr,
    length: u8,
}

impl Range {
    /// Whether the address lies in it. A mapped IPv6 address is the IPv4
    /// address that it maps.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.start, address.to_canonical()) {
            (IpAddr::V4(start), IpAddr::V4(address)) => {
                starts_with(u32::from(address).into(), u32::from(start).into(), 32 - self.length)
            }
            (IpAddr::V6(start), IpAddr::V6(address)) => {
                starts_with(u128::from(address), u128::from(start), 128 - self.length)
            }
            _ => false,
        }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.start, self.length)
    }
}

/// What may be connected to beside the public internet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed {
    /// Every address of a range.
    Range(Range),
    /// Every address that this name leads to.
    Host(String),
}

impl FromStr for Allowed {
    type Err = String;

    /// Reads `10.1.0.0/16`, `127.0.0.1` or `hooks.intranet.example`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (address, length) = text.split_once('/').map_or((text, None), |(start, end)| (start, Some(end)));
        let bare = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(address);
        let Ok(start) = bare.parse::<IpAddr>() else {
            return if length.is_none() {
                host(text)
            } else {
                Err(format!("{text:?} is not a range of addresses"))
            };
        };
        let most = if start.is_ipv4() { 32 } else { 128 };
        let length = length.map_or(Ok(most), str::parse::<u8>);
        match length {
            Ok(length) if length <= most => Ok(Self::Range(Range { start, length })),
            _ => Err(format!("{text:?} must end with a number of bits from 0 to {most}")),
        }
    }
}

fn host(text: &str) -> Result<Allowed, String> {
    let name = host_name(text);
    let fits = |part: &str| {
        (1..=63).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    // An address with a dot at its end would be a name that is written like an address.
    let is_address = name.parse::<IpAddr>().is_ok();
    if name.len() <= 253 && name.split('.').all(fits) && !is_address {
        Ok(Allowed::Host(name))
    } else {
        Err(format!("{text:?} is neither a range of addresses nor the name of a host"))
    }
}

/// A name in the form in which names are compared: lower case, without the dot
/// at the end.
fn host_name(text: &str) -> String {
    text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase()
}

/// Everything that may be connected to beside the public internet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowList(Vec<Allowed>);

impl AllowList {
    /// These, and nothing else.
    #[must_use]
    pub const fn new(allowed: Vec<Allowed>) -> Self {
        Self(allowed)
    }

    /// Whether a host is allowed by its name, whatever its addresses.
    #[must_use]
    pub fn names(&self, host: &str) -> bool {
        let wanted = host_name(host);
        self.0.iter().any(|allowed| matches!(allowed, Allowed::Host(name) if *name == wanted))
    }

    /// Whether an address lies in an allowed range.
    #[must_use]
    pub fn holds(&self, address: IpAddr) -> bool {
        self.0.iter().any(|allowed| matches!(allowed, Allowed::Range(range) if range.contains(address)))
    }

    /// Why an address may not be connected to; none: it may.
    #[must_use]
    pub fn refuse(&self, address: IpAddr) -> Option<Reserved> {
        if self.holds(address) { None } else { reserved(address) }
    }
}
