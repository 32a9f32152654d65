//! Reports: what people wrote stays what it is, and rare words are found.

use jiff::Timestamp;
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag};
use support_engineer::domain::escalation::{Matrix, Origin, Question};
use support_engineer::domain::id::{EscalationId, TicketId};
use support_engineer::domain::report::{
    Attempt, Impact, Passage, Problem, Report, Similar, rare_words, render,
};
use support_engineer::domain::ticket::Classification;
use support_engineer::domain::ticket::hand_over::Making;
use support_engineer::domain::ticket::record::Escalation;
use support_engineer::domain::vocabulary::{
    self, Category, Persona, Priority, Scope, Severity, Status, TicketType,
};
use uuid::Uuid;

/// The headings of a document, as text.
pub(crate) fn headings(text: &str) -> Vec<String> {
    let mut headings = Vec::new();
    let mut inside = false;
    for event in Parser::new_ext(text, Options::all()) {
        match event {
            Event::Start(Tag::Heading { .. }) => {
                inside = true;
                headings.push(String::new());
            }
            Event::End(pulldown_cmark::TagEnd::Heading(_)) => inside = false,
            Event::Text(part) | Event::Code(part) if inside => {
                headings.last_mut().expect("one was begun").push_str(&part);
            }
            _ => {}
        }
    }
    headings
}

/// Whatever of a document no report of ours has: links, pictures, HTML, quotes,
/// tables, marks of tasks.
pub(crate) fn foreign(text: &str) -> Vec<String> {
    Parser::new_ext(text, Options::all())
        .filter(|event| {
            matches!(
                event,
                Event::Html(_)
                    | Event::InlineHtml(_)
                    | Event::TaskListMarker(_)
                    | Event::Rule
                    | Event::FootnoteReference(_)
                    | Event::InlineMath(_)
                    | Event::DisplayMath(_)
                    | Event::Start(
                        Tag::Link { .. }
                            | Tag::Image { .. }
                            | Tag::HtmlBlock
                            | Tag::BlockQuote(_)
                            | Tag::Table(_)
                            | Tag::FootnoteDefinition(_)
                            | Tag::MetadataBlock(_)
                            | Tag::Emphasis
                            | Tag::Strikethrough
                    )
            )
        })
        .map(|event| format!("{event:?}"))
        .collect()
}

fn report(wrote: &str) -> Report {
    let matrix = Matrix::parse(include_str!("../../../config/escalation.toml")).expect("the shipped matrix");
    let at = Timestamp::UNIX_EPOCH;
    let making = Making {
        id: EscalationId::new(Uuid::nil()),
        ticket: TicketId::new(Uuid::nil()),
        origin: Origin::Person,
        reason: wrote,
        requested_by: None,
        follows: None,
        matrix: "shipped-0",
        have: &[],
        at,
    };
    let requirement = matrix.requirement(Persona::Developer, &Question::about(Category::Data));
    let text = || Passage { text: wrote.to_owned(), is_cut: false };
    let classification = Classification {
        category: Category::Data,
        severity: Severity::High,
        impact: vocabulary::Impact::Team,
        priority: Priority::P2,
        ticket_type: TicketType::Incident,
        scope: Scope::InScope,
        needs_review: false,
    };
    Report {
        escalation: Escalation::made(&requirement, &making),
        problem: Problem {
            ticket: TicketId::new(Uuid::nil()),
            number: 7,
            subject: wrote.to_owned(),
            text: text(),
            service: Some(wrote.to_owned()),
            status: Status::Open,
            classification,
            restricted: false,
        },
        impact: Impact { summary: "It hurts.".to_owned(), occurrences: 1, assessments: Vec::new() },
        timeline: Vec::new(),
        timeline_left_out: 0,
        context: Vec::new(),
        other_evidence: Vec::new(),
        tried: vec![Attempt { at, what: "note", resolution: None, text: text() }],
        similar: vec![Similar {
            ticket: TicketId::new(Uuid::nil()),
            number: 8,
            subject: wrote.to_owned(),
            status: Status::Open,
            resolution: None,
            created_at: at,
            same_place: true,
            shared_words: vec![wrote.to_owned()],
        }],
        sla: Vec::new(),
        requested_action: "Do it.".to_owned(),
    }
}

/// Text that tries: marks of Markdown in every order.
fn tricks() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "`",
        "```",
        "````",
        "~~~",
        "\n",
        "\r",
        "\n\n",
        "# ",
        "- ",
        "> ",
        "1. ",
        "[a](http://b.example)",
        "![x](y)",
        "<script>",
        "</details>",
        "<!--",
        "-->",
        "&lt;",
        "\\",
        "*",
        "_",
        "|",
        "---",
        "===",
        "$$",
        "http://c.example",
        "a@b.example",
        "\t",
        "    ",
        "word",
        " ",
        "\u{202e}",
        "\u{0}",
        "[^1]",
        "[ ] ",
        "text",
        "\u{85}",
        "\u{2028}",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn nothing_that_people_write_is_markup(wrote in tricks()) {
        let text = render(&report(&wrote));
        let plain = render(&report("plain"));
        prop_assert_eq!(headings(&text), headings(&plain));
        prop_assert_eq!(foreign(&text), Vec::<String>::new());
    }

    #[test]
    fn rare_words_are_few_and_safe(text in ".{0,400}") {
        let words = rare_words(&[&text, "ORA-00942"]);
        prop_assert!(words.len() <= 8);
        for word in words {
            let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
            prop_assert!(word.chars().all(fits) && (4..=64).contains(&word.chars().count()), "{word:?}");
        }
    }
}

#[test]
fn names_of_errors_and_modules_come_first() {
    let text = "After the update the export shows NullPointerException in invoice_export.rs, code E1742; please help";
    let words = rare_words(&["Export fails", text]);
    for wanted in ["NullPointerException", "invoice_export.rs", "E1742"] {
        assert!(words[..3].iter().any(|word| word == wanted), "{words:?}");
    }
    assert!(!words.iter().any(|word| ["the", "code", "shows", "help"].contains(&word.as_str())), "{words:?}");
    assert_eq!(rare_words(&["E1742 e1742 E1742"]), ["E1742"], "each once");
    assert!(rare_words(&["12345678 and so on"]).is_empty(), "numbers alone tell nothing");
}
