//! How a mail reads.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::address::Correspondent;
use super::{Mail, MailKind, report};
use crate::domain::id::{MailId, TicketId};
use crate::domain::template::{FALLBACK_LANGUAGE, MailText, MessageKind, Placeholder, Templates, Values};
use crate::domain::ticket::life::REOPEN_WINDOW;
use crate::domain::ticket::record::{Escalation, Evidence, Message, Purpose, Record};
use crate::domain::vocabulary::Author;

/// Longest subject line and name, in characters.
const MAX_LINE: usize = 200;
/// Longest reason that is kept, in characters.
const MAX_REASON: usize = 300;

/// A mail as it goes out. Its lines hold no control characters, so that no
/// name or subject can write headers of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// `<…>`, the same however often it is sent.
    pub message_id: String,
    /// `<…>`, the same for all mail about the ticket; none: it is about none.
    pub thread: Option<String>,
    /// The ticket.
    pub ticket: Option<TicketId>,
    /// To whom.
    pub to: Correspondent,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub body: String,
    /// No person wrote it.
    pub automatic: bool,
    /// When what it tells happened.
    pub at: Timestamp,
}

/// What a mail is made of.
#[derive(Debug, Clone, Copy)]
pub struct Material<'a> {
    /// The ticket.
    pub record: &'a Record,
    /// What the ticket was opened with.
    pub request: &'a str,
    /// The message that is told.
    pub message: Option<&'a Message>,
    /// The hand-over that is told of.
    pub escalation: Option<&'a Escalation>,
    /// The ticket's material.
    pub evidence: &'a [Evidence],
    /// Lets the requester say how they were helped.
    pub token: Option<&'a str>,
    /// The present instant.
    pub now: Timestamp,
}

/// How this desk signs what it sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The domain of Message-IDs.
    pub domain: String,
    /// The address of a ticket for people of the desk, with `{id}` or
    /// `{number}` in it.
    pub ticket_url: Option<String>,
    /// The address where requesters say how satisfied they are, with `{token}`,
    /// `{id}` or `{number}` in it.
    pub survey_url: Option<String>,
}

impl Signature {
    /// The address that people of the desk find a ticket at.
    pub(super) fn ticket_link(&self, record: &Record) -> Option<String> {
        self.ticket_url.as_deref().map(|url| link(url, record))
    }

    fn survey_link(&self, material: &Material<'_>) -> Option<String> {
        let token = material.token.unwrap_or_default();
        self.survey_url.as_deref().map(|url| link(url, material.record).replace("{token}", token))
    }
}

/// The address of the page by which the requester of a ticket rates it, from one
/// with `{token}` in it; none: it leads to another page, which a token is nothing to.
#[must_use]
pub fn survey_address(url: &str, record: &Record, token: &str) -> Option<String> {
    url.contains("{token}").then(|| link(url, record).replace("{token}", token))
}

fn link(url: &str, record: &Record) -> String {
    url.replace("{id}", &record.id.to_string()).replace("{number}", &record.number.to_string())
}

/// The Message-ID of a mail.
#[must_use]
pub fn message_id(mail: MailId, domain: &str) -> String {
    format!("<{mail}@{domain}>")
}

/// What all mail about a ticket refers to.
#[must_use]
pub fn thread_id(ticket: TicketId, domain: &str) -> String {
    format!("<ticket-{ticket}@{domain}>")
}

/// What a server said, shorter and without anybody's address.
#[must_use]
pub fn scrubbed(said: &str) -> String {
    let words = said.split_whitespace().map(|word| if word.contains('@') { "[address]" } else { word });
    words.collect::<Vec<_>>().join(" ").chars().filter(|c| !c.is_control()).take(MAX_REASON).collect()
}

impl Letter {
    /// Writes a mail to somebody.
    #[must_use]
    pub fn write(
        mail: &Mail,
        to: Correspondent,
        material: &Material<'_>,
        templates: &Templates,
        signature: &Signature,
    ) -> Self {
        let record = material.record;
        let by_person = material.message.is_some_and(|message| message.author == Author::Agent);
        let (subject, body) = if mail.kind.is_to_requester() {
            let subject = templates.mail(MailText::Subject, &record.language, &values(material));
            (subject, to_requester(mail.kind, material, templates, signature))
        } else {
            let text = subject_of(mail.kind);
            let subject = templates.mail(text, FALLBACK_LANGUAGE, &desk_values(material, templates));
            (subject, report::write(mail.kind, material, templates, signature))
        };
        Self {
            message_id: mail.message_id.clone(),
            thread: Some(thread_id(record.id, &signature.domain)),
            ticket: Some(record.id),
            to: Correspondent { name: to.name.as_deref().map(one_line), address: to.address },
            subject: one_line(&subject),
            body: plain(&body),
            automatic: !by_person,
            at: mail.at,
        }
    }
}

const fn subject_of(kind: MailKind) -> MailText {
    match kind {
        MailKind::Message | MailKind::Reopened | MailKind::Survey => MailText::Subject,
        MailKind::EscalationRequested => MailText::EscalationRequested,
        MailKind::EscalationReturned => MailText::EscalationReturned,
        MailKind::EscalationDeclined => MailText::EscalationDeclined,
        MailKind::EscalationAnswered => MailText::EscalationAnswered,
        MailKind::Notice => MailText::Notice,
        MailKind::Page => MailText::Page,
    }
}

/// What any text about the ticket may say; of a confidential one its number.
fn values(material: &Material<'_>) -> Values {
    let record = material.record;
    let subject = if record.state.restricted { "" } else { record.subject.as_str() };
    let author = material.message.and_then(|message| message.agent_name.as_deref());
    Values::new()
        .with(Placeholder::Name, record.requester.name.as_deref().unwrap_or_default())
        .with(Placeholder::Number, &record.number.to_string())
        .with(Placeholder::Subject, subject)
        .with(Placeholder::Author, author.unwrap_or_default())
}

fn desk_values(material: &Material<'_>, templates: &Templates) -> Values {
    let words = templates.words(FALLBACK_LANGUAGE);
    let persona = material.escalation.map(|escalation| words.persona(escalation.persona));
    values(material)
        .with(Placeholder::Persona, persona.unwrap_or_default())
        .with(Placeholder::Priority, material.record.state.priority().as_str())
}

fn to_requester(
    kind: MailKind,
    material: &Material<'_>,
    templates: &Templates,
    signature: &Signature,
) -> String {
    let record = material.record;
    let said = match (kind, material.message) {
        (MailKind::Message, Some(message)) => said(message, material, templates),
        (MailKind::Survey, _) => {
            let link = signature.survey_link(material).unwrap_or_default();
            let values = values(material).with(Placeholder::Link, &link);
            templates.render(MessageKind::Survey, &record.language, &values)
        }
        _ => {
            let words = templates.words(&record.language);
            let priority = words.priority(record.state.priority());
            let values = values(material).with(Placeholder::Priority, priority);
            templates.render(MessageKind::Reopened, &record.language, &values)
        }
    };
    let footer = templates.mail(MailText::Footer, &record.language, &values(material));
    // What mail programs take for the end of a text (RFC 3676, section 4.3).
    format!("{}\n\n-- \n{footer}\n", said.trim_end())
}

/// A message as it was written; how something was resolved stands in the words
/// of a person, to which the ways back are added.
fn said(message: &Message, material: &Material<'_>, templates: &Templates) -> String {
    if message.purpose != Purpose::Resolution || message.author != Author::Agent {
        return message.body.clone();
    }
    let language = &material.record.language;
    let until = message.created_at.checked_add(REOPEN_WINDOW).unwrap_or(Timestamp::MAX);
    let until = templates.words(language).moment(until, &TimeZone::UTC);
    let values =
        values(material).with(Placeholder::Solution, &message.body).with(Placeholder::ReopenUntil, &until);
    templates.render(MessageKind::Resolved, language, &values)
}

/// One line without control characters, of bounded length.
fn one_line(text: &str) -> String {
    let printable = |c: char| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c };
    let line: String = text.chars().map(printable).collect();
    line.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MAX_LINE).collect()
}

/// Text of lines, without other control characters.
fn plain(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}
