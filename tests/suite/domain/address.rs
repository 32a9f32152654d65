//! Which addresses are of the public internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;
use support_engineer::domain::address::{AllowList, Allowed, Reserved, reserved};

fn address(text: &str) -> IpAddr {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn every_special_range_is_known_to_its_edges() {
    use Reserved::{
        Benchmarking, CarrierGrade, Documentation, LinkLocal, Loopback, Metadata, Multicast, Private,
        Reserved as Kept, Unspecified,
    };
    let table = [
        ("0.0.0.0", "0.255.255.255", Unspecified),
        ("10.0.0.0", "10.255.255.255", Private),
        ("100.64.0.0", "100.127.255.255", CarrierGrade),
        ("100.100.100.200", "100.100.100.200", Metadata),
        ("127.0.0.0", "127.255.255.255", Loopback),
        ("168.63.129.16", "168.63.129.16", Metadata),
        ("169.254.0.0", "169.254.255.255", LinkLocal),
        ("169.254.169.254", "169.254.169.254", LinkLocal),
        ("172.16.0.0", "172.31.255.255", Private),
        ("192.0.0.0", "192.0.0.255", Kept),
        ("192.0.2.0", "192.0.2.255", Documentation),
        ("192.88.99.0", "192.88.99.255", Kept),
        ("192.168.0.0", "192.168.255.255", Private),
        ("198.18.0.0", "198.19.255.255", Benchmarking),
        ("198.51.100.0", "198.51.100.255", Documentation),
        ("203.0.113.0", "203.0.113.255", Documentation),
        ("224.0.0.0", "239.255.255.255", Multicast),
        ("240.0.0.0", "255.255.255.255", Kept),
        ("::", "::", Unspecified),
        ("::1", "::1", Loopback),
        ("100::", "100::ffff:ffff:ffff:ffff", Kept),
        ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", Documentation),
        ("2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff", Benchmarking),
        ("2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", Kept),
        ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", Documentation),
        ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Private),
        ("fd00:ec2::254", "fd00:ec2::254", Metadata),
        ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", LinkLocal),
        ("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Private),
        ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Multicast),
        // What stands for an address of IPv4 is judged by that address.
        ("::ffff:127.0.0.1", "::ffff:127.255.255.255", Loopback),
        ("::ffff:169.254.169.254", "::ffff:169.254.169.254", LinkLocal),
        ("::7f00:1", "::7f00:2", Loopback),
        ("::ffff:0:10.0.0.1", "::ffff:0:10.0.0.1", Private),
        ("64:ff9b::10.0.0.1", "64:ff9b::10.255.255.255", Private),
        ("64:ff9b:1::192.168.0.1", "64:ff9b:1::192.168.0.1", Private),
        ("2002:7f00:1::", "2002:7f00:1:ffff:ffff:ffff:ffff:ffff", Loopback),
        ("2600::5efe:10.0.0.1", "2600::5efe:10.0.0.1", Private),
        ("64:ff9b::8.8.8.8", "64:ff9b::8.8.8.8", Kept),
    ];
    for (first, last, kind) in table {
        for text in [first, last] {
            assert_eq!(reserved(address(text)), Some(kind), "{text}");
        }
    }
}

#[test]
fn public_addresses_are_public() {
    for text in [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "191.255.255.255",
        "192.0.1.0",
        "192.0.3.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "203.0.112.255",
        "203.0.114.0",
        "223.255.255.255",
        "2606:4700:4700::1111",
        "2a00:1450:4001::1",
        "2001:4860:4860::8888",
        "2001:db7:ffff::1",
        "2003::1",
    ] {
        assert_eq!(reserved(address(text)), None, "{text}");
    }
}

#[test]
fn ranges_and_hosts_are_allowed_by_name() {
    let list = |texts: &[&str]| {
        AllowList::new(texts.iter().map(|text| text.parse::<Allowed>().expect("it can be read")).collect())
    };
    let allow = list(&["127.0.0.1/32", "10.1.0.0/16", "fd00::/8", "Hooks.Intranet.example.", "192.168.7.7"]);
    for held in ["127.0.0.1", "10.1.255.255", "fd12::1", "192.168.7.7", "::ffff:10.1.0.1"] {
        assert_eq!(allow.refuse(address(held)), None, "{held}");
    }
    for refused in ["127.0.0.2", "10.2.0.0", "fc00::1", "192.168.7.8"] {
        assert!(allow.refuse(address(refused)).is_some(), "{refused}");
    }
    assert!(allow.names("hooks.intranet.example") && allow.names("HOOKS.intranet.EXAMPLE."));
    assert!(!allow.names("intranet.example") && !allow.names("evil.hooks.intranet.example"));
    assert!(list(&["0.0.0.0/0"]).holds(address("127.0.0.1")));
    for bad in [
        "",
        "10.0.0.0/33",
        "::/129",
        "10.0.0/8",
        "a b",
        "https://a.example",
        "a..b",
        "10.0.0.0/-1",
        "10.1.0.10.",
    ] {
        assert!(bad.parse::<Allowed>().is_err(), "{bad}");
    }
}

proptest! {
    #[test]
    fn an_address_of_ipv4_gains_nothing_by_its_clothes(bits: u32) {
        let inner = Ipv4Addr::from(bits);
        let [a, b, c, d] = inner.octets().map(u16::from);
        let (high, low) = (a << 8 | b, c << 8 | d);
        for clothed in [
            inner.to_ipv6_mapped(),
            Ipv6Addr::new(0, 0, 0, 0, 0, 0, high, low),
            Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
            Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
        ] {
            prop_assert!(reserved(clothed.into()).is_some(), "{clothed}");
        }
    }

    #[test]
    fn a_range_holds_what_begins_as_it_does(start: u32, length in 0_u8..=32, other: u32) {
        let range: Allowed = format!("{}/{length}", Ipv4Addr::from(start)).parse().expect("a range");
        let begins = length == 0 || (start ^ other) >> (32 - u32::from(length)) == 0;
        prop_assert_eq!(AllowList::new(vec![range]).holds(Ipv4Addr::from(other).into()), begins);
    }

    #[test]
    fn the_standard_library_calls_nothing_public_private(bits: u128) {
        let address = Ipv6Addr::from(bits);
        let special = address.is_loopback() || address.is_multicast() || address.is_unspecified()
            || address.is_unique_local() || address.is_unicast_link_local();
        prop_assert!(!special || reserved(address.into()).is_some());
    }
}
