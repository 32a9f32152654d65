//! Laws of triage that hold for every text.

use super::triage::{RULES, of_text};
use proptest::prelude::*;
use support_engineer::domain::triage::Submission;
use support_engineer::domain::vocabulary::{
    Category, Channel, DecidedBy, Impact, Scope, Severity, TicketType,
};

/// Text like that of tickets, and text like that of nobody.
fn texts() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "please",
        "implement",
        "a",
        "new",
        "feature",
        "the",
        "dashboard",
        "is",
        "not",
        "slow",
        "Design",
        "architecture",
        "error",
        "down",
        "On",
        "wrote:",
        ">",
        "\n",
        "\n\n",
        "--",
        "Regards",
        ".",
        "?",
        ",",
        "password",
        "everyone",
        "```",
        "From:",
        "Sent:",
        "12",
        "%",
        "<br>",
        "can't",
        "DiskFull",
        "\u{fc}ber",
        "i",
        "my",
        "build",
        "server",
    ]);
    prop_oneof![
        3 => prop::collection::vec(words, 0..60).prop_map(|words| words.join(" ")),
        1 => "\\PC{0,300}",
        1 => any::<String>(),
    ]
}

proptest! {
    #[test]
    fn deciding_never_fails_and_is_repeatable(subject in texts(), body in texts(), channel in prop::sample::select(Channel::ALL)) {
        let submission = Submission::new(&subject, &body, channel);
        let decision = RULES.decide(&submission);
        prop_assert_eq!(&decision, &RULES.decide(&submission));
        for confidence in [decision.category.confidence, decision.severity.confidence, decision.impact.confidence, decision.scope.confidence, decision.language.confidence] {
            prop_assert!((0.0..=1.0).contains(&confidence));
        }
        prop_assert_eq!(decision.scope.persona.is_some(), decision.scope.value == Scope::OutOfScope);
        prop_assert!(!decision.refusal || decision.scope.value == Scope::OutOfScope);
        prop_assert_eq!(decision.priority, RULES.priority(decision.severity.value, decision.impact.value));
        prop_assert!(!decision.category.reasons.is_empty() && !decision.scope.reasons.is_empty());
    }

    #[test]
    fn what_a_person_said_wins(
        body in texts(),
        category in prop::sample::select(Category::ALL),
        severity in prop::sample::select(Severity::ALL),
        impact in prop::sample::select(Impact::ALL),
        kind in prop::sample::select(TicketType::ALL),
    ) {
        let mut submission = Submission::new("Help", &body, Channel::Alert);
        submission.category = Some(category);
        submission.severity = Some(severity);
        submission.impact = Some(impact);
        submission.ticket_type = Some(kind);
        let decision = RULES.decide(&submission);
        prop_assert_eq!((decision.category.value, decision.category.decided_by), (category, DecidedBy::Human));
        prop_assert_eq!((decision.severity.value, decision.severity.decided_by), (severity, DecidedBy::Human));
        prop_assert_eq!((decision.impact.value, decision.impact.decided_by), (impact, DecidedBy::Human));
        prop_assert_eq!((decision.ticket_type.value, decision.ticket_type.decided_by), (kind, DecidedBy::Human));
    }

    #[test]
    fn a_quoted_mail_below_does_not_change_the_scope(
        own in prop::sample::select(vec![
            "The dashboard is slow.",
            "Implement a new feature for the reporting module.",
            "See below.",
            "Please reset my password.\n\nRegards\nIris",
            "Design the architecture for the new data pipeline.",
        ]),
        quoted in texts(),
    ) {
        let marked = quoted.lines().map(|line| format!("> {line}")).collect::<Vec<_>>().join("\n");
        let plain = of_text(own).scope;
        for below in [
            format!("{own}\n\nOn Tue, 3 Mar 2026 at 10:12, Tom wrote:\n{marked}"),
            format!("{own}\n\n-----Original Message-----\nFrom: Tom\nSent: Monday\n\n{quoted}"),
            format!("{own}\n{marked}"),
        ] {
            let scope = of_text(&below).scope;
            prop_assert_eq!((scope.value, scope.persona), (plain.value, plain.persona), "{}", below);
        }
    }

    #[test]
    fn a_worse_ticket_is_never_less_urgent(
        s in prop::sample::select(Severity::ALL), t in prop::sample::select(Severity::ALL),
        i in prop::sample::select(Impact::ALL), j in prop::sample::select(Impact::ALL),
    ) {
        if s <= t && i <= j {
            prop_assert!(RULES.priority(s, i) <= RULES.priority(t, j));
        }
    }
}
