//! Reading policies and calendars, and choosing among them.

use support_engineer::domain::sla::{Catalogue, Facts};
use support_engineer::domain::vocabulary::{Category, Channel, Priority, TicketType};

const SHIPPED: &str = include_str!("../../../config/sla.toml");

#[test]
fn policies_are_taken_in_order_and_by_their_newest_version() {
    let one = |key: &str, version: u32, conditions: &str| {
        format!(
            "[[policies]]\nkey = \"{key}\"\nversion = {version}\nname = \"x\"\n\
             calendar = {{ key = \"around-the-clock\", version = 1 }}\n\
             [policies.applies_to]\n{conditions}\n[policies.targets.P1]\nresolution_seconds = 60\n"
        )
    };
    let calendars = &SHIPPED[..SHIPPED.find("[[policies]]").expect("policies follow the calendars")];
    let text = [
        calendars.to_owned(),
        one("gold", 1, "tags = [\"gold\"]"),
        one("gold", 2, "tags = [\"gold\", \"vip\"]\nchannel = [\"email\"]"),
        one("reports", 1, "service = [\"reporting\"]\ntype = [\"incident\"]"),
        one("rest", 1, ""),
    ];
    let catalogue = Catalogue::parse(&text.concat()).expect("a valid document");
    let of = |tags: &[String], channel: Channel, service: Option<&str>| {
        let facts = Facts {
            category: Category::Other,
            priority: Priority::P3,
            channel,
            ticket_type: TicketType::Incident,
            service,
            tags,
        };
        catalogue.policy_for(&facts).map(|policy| (policy.key.clone(), policy.version))
    };
    let gold = ["gold".to_owned()];
    assert_eq!(of(&gold, Channel::Email, None), Some(("gold".to_owned(), 2)));
    assert_eq!(of(&gold, Channel::Api, Some("reporting")), Some(("reports".to_owned(), 1)));
    assert_eq!(of(&[], Channel::Api, None), Some(("rest".to_owned(), 1)));
    assert!(catalogue.policy("gold", 1).is_some());
}

#[test]
fn every_fault_of_a_catalogue_is_told() {
    let faults = Catalogue::parse(
        "[[calendars]]\nkey = \"Day\"\nversion = 0\n[calendars.hours]\ntime_zone = \"Etc/UTC\"\n\
         [[policies]]\nkey = \"p\"\nversion = 1\nname = \"x\"\ncalendar = { key = \"night\", version = 1 }\n\
         [policies.targets.P2]\nresolution_seconds = 0\n",
    )
    .expect_err("much is wrong");
    let mut told: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.code)).collect();
    told.sort_unstable();
    let expected = [
        ("/calendars/0/hours/weekly", "never_opens"),
        ("/calendars/0/key", "invalid_key"),
        ("/calendars/0/version", "invalid_version"),
        ("/policies/0/calendar", "unknown_calendar"),
        ("/policies/0/targets/P2/resolution_seconds", "invalid_target"),
    ];
    assert_eq!(told, expected);
    for (text, place, code) in [
        ("[[policies]]\nkey = 1", "/policies/0/key", "wrong_type"),
        ("[[policies]]\nkey = \"p\"\nclock = 1", "/policies/0/clock", "unknown_field"),
        ("[[policies", "", "invalid_document"),
    ] {
        let faults = Catalogue::parse(text).expect_err("not of the form");
        let told = faults.iter().any(|fault| (fault.pointer.as_str(), fault.code) == (place, code));
        assert!(told, "{text}: {faults:?}");
    }
}
