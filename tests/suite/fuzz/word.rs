//! Words and short texts: names of closed lists, instants, zones, identifiers,
//! addresses, queries, and the links of surveys.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::select;
use support_engineer::domain::address::{AllowList, Allowed};
use support_engineer::domain::id::TicketId;
use support_engineer::domain::intake::{NewTicket, Source};
use support_engineer::domain::kpi::{Bound, Bounds, Name, Zone};
use support_engineer::domain::mail::scrubbed;
use support_engineer::domain::measurement::{Query, told};
use support_engineer::domain::monitor::StatusRange;
use support_engineer::domain::survey::Invitation;
use support_engineer::domain::vocabulary::{Category, Priority, Status};
use support_engineer::domain::webhook::event::EventType;

use super::mutant::{changed, changes, spoils, spoilt, texts};
use super::{cases, timely};

/// Texts that are nearly one of these.
fn nearly(seeds: Vec<&'static str>) -> impl Strategy<Value = String> {
    let spoilt = (select(seeds), spoils())
        .prop_map(|(seed, spoils)| String::from_utf8_lossy(&spoilt(seed.as_bytes(), &spoils)).into_owned());
    prop_oneof![3 => spoilt, 1 => texts()]
}

/// Taken as it is written, or refused with a reason.
fn expect_word<T>(text: &str, written: impl Fn(&T) -> String) -> Result<(), TestCaseError>
where
    T: FromStr<Err: Display> + Debug + PartialEq,
{
    match timely(|| text.parse::<T>())? {
        Ok(word) => {
            let again = written(&word).parse::<T>();
            prop_assert!(again.is_ok_and(|again| again == word), "{text:?} is written as {}", written(&word));
        }
        Err(reason) => prop_assert!(!reason.to_string().is_empty()),
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(250))]

    #[test]
    fn words_are_taken_as_they_are_written(
        text in nearly(vec!["on_hold", "P1", "technical_bug", "first_response_time", "ticket.created",
            "01900000-0000-7000-8000-000000000001", "Europe/Berlin", "10.1.0.0/16", "[::1]/128", "hooks.intranet.example."])
    ) {
        expect_word::<Status>(&text, |word| word.as_str().to_owned())?;
        expect_word::<Priority>(&text, |word| word.as_str().to_owned())?;
        expect_word::<Category>(&text, |word| word.as_str().to_owned())?;
        expect_word::<Name>(&text, |word| word.as_str().to_owned())?;
        expect_word::<EventType>(&text, |word| word.as_str().to_owned())?;
        expect_word::<TicketId>(&text, ToString::to_string)?;
        expect_word::<Allowed>(&text, |allowed| match allowed {
            Allowed::Range(range) => range.to_string(),
            Allowed::Host(name) => name.clone(),
        })?;
        if let Ok(Allowed::Host(name)) = text.parse() {
            prop_assert!(AllowList::new(vec![Allowed::Host(name)]).names(&text));
        }
        if let Ok(zone) = timely(|| text.parse::<Zone>())? {
            let bounds = Bounds { from: None, to: Some("2024-05-01".parse().expect("a date")), zone };
            let now: Timestamp = "2024-06-01T00:00:00Z".parse().expect("an instant");
            prop_assert!(bounds.window(now).is_ok());
        }
    }

    #[test]
    fn windows_have_ends_or_a_reason(
        from in nearly(vec!["2024-05-01T12:00:00.5Z", "2024-05-01", "9999-12-31T23:59:59Z", "0001-01-01"]),
        to in nearly(vec!["2024-05-02T12:00:00+02:00", "9999-12-31", "-000001-01-01T00:00:00Z"]),
        zone in select(vec!["UTC", "Europe/Berlin", "Pacific/Apia", "America/Sao_Paulo"])
    ) {
        let (Ok(from), Ok(to)) = (from.parse::<Bound>(), to.parse::<Bound>()) else { return Ok(()) };
        let zone = zone.parse::<Zone>().expect("a zone");
        let now: Timestamp = "2024-06-01T00:00:00Z".parse().expect("an instant");
        let bounds = Bounds { from: Some(from), to: Some(to), zone };
        if let Ok(window) = timely(|| bounds.window(now))? {
            prop_assert!(window.from < window.to, "{window:?}");
        }
    }

    #[test]
    fn statuses_and_queries_are_taken_or_refused(
        status in nearly(vec!["200", "200-299", "599"]),
        line in nearly(vec!["up = up{job=\"$service\"}", "x = a{b=~'c', d=~\"$service\"} / `$`", "y = \"\\\"$service\""]),
        service in texts()
    ) {
        if let Some(range) = timely(|| StatusRange::parse(&status))? {
            prop_assert!((100..=599).contains(&range.least) && range.least <= range.most && range.most <= 599);
        }
        match timely(|| Query::parse(&line))? {
            Ok(query) => {
                let asked = query.about(&service);
                prop_assert!(!asked.contains(['\n', '\0']) || line.contains(['\n', '\0']));
            }
            Err(reason) => prop_assert!(!reason.is_empty()),
        }
    }

    #[test]
    fn answers_of_other_machines_become_one_line(changes in changes(), spoils in spoils(), whole: bool) {
        let seed = serde_json::json!({ "status": "success", "data": { "resultType": "vector", "result": [
            { "metric": { "__name__": "up", "job": "export" }, "value": [1_700_000_000.5, "1"] }] } });
        let text = changed(seed, &changes).to_string();
        let bytes = if whole { text.into_bytes() } else { spoilt(text.as_bytes(), &spoils) };
        match timely(|| told(&bytes))? {
            Ok(line) => prop_assert!(line.is_none_or(|line| !line.contains('\n'))),
            Err(reason) => prop_assert!(!reason.contains('\n') && reason.chars().count() <= 400, "{reason}"),
        }
        let said = scrubbed(&String::from_utf8_lossy(&bytes));
        prop_assert!(!said.contains('@'), "{said}");
    }

    #[test]
    fn links_of_surveys_are_those_that_were_made(
        resolution: u32, until: u32, tenant: u128, ticket: u128, spoils in spoils()
    ) {
        let id = |bits: u128| uuid::Uuid::from_u128(bits);
        let tenant = support_engineer::domain::id::TenantId::new(id(tenant));
        let made = Invitation { tenant, ticket: TicketId::new(id(ticket)), resolution, until };
        prop_assert_eq!(Invitation::read(&made.bytes()), Some(made));
        let bent = spoilt(&made.bytes(), &spoils);
        if let Some(other) = timely(|| Invitation::read(&bent))? {
            prop_assert_eq!(other.bytes(), bent);
            let _ = other.ends_at();
        }
    }

    #[test]
    fn addresses_of_mail_are_taken_only_where_mail_can_be_sent_to(
        address in nearly(vec!["ada@example.org", "a.b+c@sub.example.org", "\"a b\"@example.org", "\u{e4}da@b\u{fc}cher.example", "a@[127.0.0.1]"])
    ) {
        let body = serde_json::json!({ "subject": "No", "body": "It fails.", "requester": { "email": address.clone() } });
        if NewTicket::read(body, Source::Service).is_ok() {
            let (local, domain) = address.trim().rsplit_once('@').expect("it has two parts");
            prop_assert!(!local.is_empty() && !domain.is_empty());
            prop_assert!(!address.trim().contains(['\r', '\n', '\0']), "{address:?} would begin another header");
        }
    }
}
