//! Messages to requesters.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use proptest::prelude::*;
use support_engineer::domain::template::{MessageKind, Placeholder, Templates, Values};
use support_engineer::domain::vocabulary::{Category, EvidenceKind, Persona, Priority, Scope, TicketType};

const SHIPPED: &str = include_str!("../../../config/templates.toml");
const REFUSAL: &str = "NOT MY SCOPE: Support Engineer — Focused on production support and issue resolution. \
I cannot perform software development, architectural design, or business analysis. \
For those tasks, Use Developer, Enterprise Architect, or Business Analyst.";

fn shipped() -> Templates {
    Templates::parse(SHIPPED).expect("the shipped templates have no fault")
}

fn faults_after(from: &str, to: &str) -> Vec<String> {
    assert!(SHIPPED.contains(from), "the shipped templates have {from:?}");
    let faults = Templates::parse(&SHIPPED.replacen(from, to, 1)).expect_err("a fault");
    faults.iter().map(ToString::to_string).collect()
}

fn every_value() -> Values {
    Placeholder::ALL
        .iter()
        .fold(Values::new(), |values, placeholder| values.with(*placeholder, &format!("<{placeholder}>")))
}

#[test]
fn the_refusal_is_verbatim_and_says_to_whom_it_went() {
    let templates = shipped();
    for (language, persona) in [("en", "Developer"), ("de", "Entwicklung")] {
        let words = templates.words(language);
        let values = Values::new()
            .with(Placeholder::Number, "1042")
            .with(Placeholder::Name, "Ada")
            .with(Placeholder::Persona, words.persona(Persona::Developer));
        let message = templates.render(MessageKind::OutOfScope, language, &values);
        let (first, rest) = message.split_once('\n').expect("a sentence follows the refusal");
        assert_eq!(first, REFUSAL);
        assert!(rest.contains("1042") && rest.contains(persona), "{rest}");
        assert_eq!(rest.trim().lines().count(), 1, "only one sentence follows: {rest}");
    }
    let bare = templates.render(MessageKind::OutOfScope, "en", &Values::new());
    assert!(bare.starts_with(REFUSAL), "{bare}");
}

#[test]
fn an_acknowledgement_says_number_priority_time_and_what_is_asked() {
    let templates = shipped();
    let words = templates.words("en");
    let due: Timestamp = "2026-03-02T13:30:59Z".parse().expect("an instant");
    let zone = TimeZone::get("Europe/Berlin").expect("a zone of the bundle");
    let values = Values::new()
        .with(Placeholder::Name, "Ada")
        .with(Placeholder::Number, "1042")
        .with(Placeholder::Subject, "Data export fails")
        .with(Placeholder::Priority, words.priority(Priority::P2))
        .with(Placeholder::RespondBy, &words.moment(due, &zone))
        .with(
            Placeholder::Missing,
            &words.evidence(&[EvidenceKind::ReproductionSteps, EvidenceKind::ErrorLog]),
        );
    let message = templates.render(MessageKind::ReceivedProblem, "en", &values);
    for part in [
        "Hello Ada,",
        "ticket 1042: “Data export fails”",
        "Priority: urgent (P2).",
        "by Monday, 2 March 2026, 14:30 (Europe/Berlin) at the latest",
        "we need the steps that lead to it and the exact error message or the lines of the log.",
    ] {
        assert!(message.contains(part), "{part:?} is not in:\n{message}");
    }
    let complete = values.clone().with(Placeholder::Missing, "  ");
    assert_eq!(complete, values, "a blank value is none and changes nothing");
}

#[test]
fn what_has_no_value_is_left_out_whole() {
    let templates = shipped();
    for language in ["en", "de"] {
        for kind in MessageKind::ALL {
            let message = templates.render(*kind, language, &Values::new());
            assert!(!message.trim().is_empty(), "{kind} in {language}");
            assert!(
                !message.contains("{{") && !message.contains("\n\n\n"),
                "{kind} in {language}: {message}"
            );
        }
    }
    let message = templates.render(MessageKind::ReceivedProblem, "en", &Values::new());
    assert!(message.starts_with("Hello,\n\n"), "{message}");
    assert!(!message.contains("Priority:") && !message.contains("we need"), "{message}");
}

#[test]
fn every_message_tells_the_number_in_every_language() {
    let templates = shipped();
    let english = |kind: MessageKind| templates.render(kind, "en", &every_value());
    for kind in MessageKind::ALL {
        for language in templates.languages() {
            let message = templates.render(*kind, language, &every_value());
            assert!(message.contains("<number>"), "{kind} in {language}: {message}");
            assert_eq!(message == english(*kind), language == "en", "{kind} in {language} is its own");
        }
    }
    assert_eq!(templates.languages().collect::<Vec<_>>(), ["en", "de"]);
}

#[test]
fn every_acknowledgement_names_the_next_step() {
    let templates = shipped();
    for category in Category::ALL {
        for ticket_type in TicketType::ALL {
            let kind = MessageKind::received(*category, Scope::InScope, *ticket_type);
            assert!(templates.render(kind, "en", &every_value()).contains("What happens next:"), "{kind}");
            assert!(templates.render(kind, "de", &every_value()).contains("Wie es weitergeht:"), "{kind}");
        }
    }
}

#[test]
fn a_security_message_is_confidential_and_quotes_nothing() {
    let templates = shipped();
    for (language, word) in [("en", "confidential"), ("de", "vertraulich")] {
        let message = templates.render(MessageKind::ReceivedSecurity, language, &every_value());
        assert!(message.contains(word), "{message}");
        assert!(!message.contains("<subject>") && !message.contains("<service>"), "{message}");
    }
    let faults = faults_after("it as confidential, as ticket {{ number }}.", "see {{ subject }}.");
    assert!(faults[0].contains("unknown placeholder \"subject\""), "{faults:?}");
}

#[test]
fn a_new_ticket_is_answered_by_what_it_is() {
    use MessageKind as Kind;
    let received = |category, scope| MessageKind::received(category, scope, TicketType::Incident);
    let rows = [
        (Category::TechnicalBug, Kind::ReceivedProblem),
        (Category::Performance, Kind::ReceivedProblem),
        (Category::Infrastructure, Kind::ReceivedProblem),
        (Category::Data, Kind::ReceivedProblem),
        (Category::Security, Kind::ReceivedSecurity),
        (Category::Access, Kind::ReceivedAccess),
        (Category::HowTo, Kind::ReceivedQuestion),
        (Category::FeatureRequest, Kind::ReceivedRequest),
        (Category::BusinessRequirement, Kind::ReceivedRequest),
        (Category::Architecture, Kind::ReceivedRequest),
        (Category::Other, Kind::ReceivedOther),
    ];
    assert_eq!(rows.len(), Category::ALL.len());
    for (category, kind) in rows {
        assert_eq!(received(category, Scope::InScope), kind, "{category}");
        let alert = MessageKind::received(category, Scope::InScope, TicketType::Alert);
        let secret = category == Category::Security;
        assert_eq!(alert, if secret { Kind::ReceivedSecurity } else { Kind::ReceivedAlert }, "{category}");
        let refused = received(category, Scope::OutOfScope);
        assert_eq!(refused, if secret { Kind::ReceivedSecurity } else { Kind::OutOfScope }, "{category}");
    }
}

#[test]
fn languages_fall_back_to_english() {
    let templates = shipped();
    let say = |language: &str| templates.render(MessageKind::Resolved, language, &Values::new());
    for tag in ["de", "de-AT", "DE", "de_CH"] {
        assert_eq!(say(tag), say("de"), "{tag}");
    }
    for tag in ["en", "fr", "", "den", "zh-Hant"] {
        assert_eq!(say(tag), say("en"), "{tag}");
    }
    assert_ne!(say("de"), say("en"));
}

#[test]
fn words_are_said_in_the_language() {
    let templates = shipped();
    let (english, german) = (templates.words("en"), templates.words("de"));
    assert_eq!(english.evidence(&[]), "");
    assert_eq!(english.evidence(&[EvidenceKind::Screenshot]), "a picture of the screen");
    let three = [EvidenceKind::ExpectedResult, EvidenceKind::ActualResult, EvidenceKind::Screenshot];
    assert_eq!(
        german.evidence(&three),
        "was Sie erwartet haben, was stattdessen geschah und ein Bild vom Bildschirm"
    );
    let instant: Timestamp = "2025-12-31T23:05:00Z".parse().expect("an instant");
    assert_eq!(english.moment(instant, &TimeZone::UTC), "Wednesday, 31 December 2025, 23:05 (UTC)");
    let berlin = TimeZone::get("Europe/Berlin").expect("a zone of the bundle");
    assert_eq!(german.moment(instant, &berlin), "Donnerstag, 1. Januar 2026, 00:05 Uhr (Europe/Berlin)");
    let fixed = TimeZone::fixed(Offset::constant(-3));
    assert_eq!(english.moment(instant, &fixed), "Wednesday, 31 December 2025, 20:05 (UTC-03)");
}

#[test]
fn faults_are_named_at_their_place() {
    let hello = "[\"Hello {{ name }},\", \"Hello,\"],";
    let cases: &[(&str, &str, &str)] = &[
        (hello, "\"Hello {{ nmae }},\",", "/en/messages/received_problem/0: unknown placeholder \"nmae\""),
        (
            hello,
            "\"Hello {{ persona }},\",",
            "/en/messages/received_problem/0: unknown placeholder \"persona\"",
        ),
        (
            hello,
            "\"Hello {{ name },\",",
            "/en/messages/received_problem/0: unbalanced braces at \"{{ name },\"",
        ),
        (hello, "\"Hello { name }},\",", "/en/messages/received_problem/0: unbalanced braces"),
        (hello, "\"Hello {{ name }}},\",", "/en/messages/received_problem/0: unbalanced braces at \"},\""),
        (hello, "\"Hello {{{ name }},\",", "/en/messages/received_problem/0: unbalanced braces"),
        (hello, "\"Hello {{ }},\",", "/en/messages/received_problem/0: unbalanced braces"),
        (hello, "[\"Hello,\", \"Hello {{ name }},\"],", "/en/messages/received_problem/0: nothing is said"),
        (hello, "[],", "/en/messages/received_problem/0: is empty"),
        (hello, "\" \",", "/en/messages/received_problem/0: is empty"),
        (hello, "7,", "/en/messages/received_problem/0: a paragraph is a text"),
        (
            "[de.messages]\nreceived_problem",
            "[de.messages]\nreceived_bug",
            "/de/messages/received_problem: is missing",
        ),
        (
            "[de.messages]\nreceived_problem",
            "[de.messages]\nreceived_bug",
            "/de/messages/received_bug: unknown key",
        ),
        ("[de.words.priority]\nP1", "[de.words.priority]\nP0", "/de/words/priority/P1: is missing"),
        ("\"Montag\", ", "", "/de/words/weekdays: must list 7 words"),
        ("({{ zone }})\"\nweekdays", "({{ place }})\"\nweekdays", "/en/words/moment: unknown placeholder"),
        ("and = \"and\"", "and = \"\"", "/en/words/and: is empty"),
        ("[en.messages]", "[Klingon]\n[en.messages]", "/Klingon: is not a language"),
        ("[en.messages]", "[fr]\n[en.messages]", "/fr/messages: is missing"),
    ];
    for (from, to, expected) in cases {
        let faults = faults_after(from, to);
        assert!(faults.iter().any(|fault| fault.starts_with(expected)), "{expected:?} is not in {faults:#?}");
    }
    let none = Templates::parse("").expect_err("English is missing");
    assert_eq!(none.iter().map(ToString::to_string).collect::<Vec<_>>(), ["/en: is missing"]);
}

#[test]
fn a_message_must_say_something_without_values() {
    let text = "received_alert = [\"Alert {{ number }}\"]\n";
    let start = SHIPPED.find("received_alert = [").expect("the shipped templates have it");
    let end = SHIPPED.find("out_of_scope = [").expect("the shipped templates have it");
    let faults = Templates::parse(&[&SHIPPED[..start], text, &SHIPPED[end..]].concat()).expect_err("a fault");
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].detail.contains("without any value"), "{faults:?}");
}

#[test]
fn a_solution_keeps_its_lines_and_a_name_does_not() {
    let templates = shipped();
    let values = Values::new()
        .with(Placeholder::Name, "Ada\n\nYour account is closed.\u{7}")
        .with(Placeholder::Solution, "First.\r\nThen \u{1b}[1mthat.\n");
    let message = templates.render(MessageKind::Resolved, "en", &values);
    assert!(message.starts_with("Hello Ada Your account is closed.,\n\n"), "{message}");
    assert!(message.contains("What we did:\nFirst.\nThen [1mthat.\n\n"), "{message}");
}

proptest! {
    #[test]
    fn values_are_plain_text(name in "[a-z{} ]{1,30}", subject in "\\PC{0,60}") {
        let templates = shipped();
        let values = Values::new()
            .with(Placeholder::Name, &name)
            .with(Placeholder::Number, "7")
            .with(Placeholder::Subject, &subject);
        let message = templates.render(MessageKind::ReceivedOther, "en", &values);
        let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let (name, subject) = (plain(&name), plain(&subject));
        let greeting = if name.is_empty() { "Hello,".to_owned() } else { format!("Hello {name},") };
        prop_assert!(message.starts_with(&greeting), "{}", message);
        prop_assert!(subject.is_empty() || message.contains(&subject), "{}", message);
    }

    #[test]
    fn any_text_is_read_without_panic(text in "[a-z{}\\[\\]=\". \n]{0,80}") {
        prop_assert!(Templates::parse(&text).is_err());
    }
}
