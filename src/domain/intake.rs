//! A ticket as somebody submits it, read and checked as a whole.

use serde_json::Value;

use super::field::Field;
use super::fields::{Fields, read};
use super::place::{MapLimits, Place};
use super::ticket::tag::spelled;
use super::violation::Violation;
use super::vocabulary::{Author, Category, Channel, EvidenceKind, Impact, Scope, Severity, TicketType};

/// Longest text of a ticket, a message or a piece of evidence, in characters.
pub const MAX_TEXT: usize = 100_000;
/// Most tags of a ticket.
pub const MAX_TAGS: usize = 50;
/// Most pieces of evidence that come with one request.
pub const MAX_EVIDENCE: usize = 20;
/// How much free JSON a ticket carries.
pub const CUSTOM: MapLimits = MapLimits { entries: 100, depth: 8, bytes: 16_384 };

/// A submission whose every field is in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewTicket {
    pub(crate) subject: String,
    pub(crate) body: String,
    pub(crate) email: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) channel: Option<Channel>,
    pub(crate) ticket_type: Option<TicketType>,
    pub(crate) service: Option<String>,
    pub(crate) severity: Option<Severity>,
    pub(crate) impact: Option<Impact>,
    pub(crate) category: Option<Category>,
    /// What a person said of the ticket that this one goes on from.
    pub(crate) scope: Option<Scope>,
    pub(crate) dedup_key: Option<String>,
    pub(crate) external_ref: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) custom: Value,
    pub(crate) evidence: Vec<NewEvidence>,
    /// An agent opens it for its requester.
    pub(crate) by_agent: bool,
}

/// A piece of evidence whose every field is in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvidence {
    pub(crate) kind: EvidenceKind,
    pub(crate) text: String,
}

/// Where a submission comes from, as far as its rules differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A caller that is trusted with every field.
    Service,
    /// A public form: anybody may send through it, so it sets neither what
    /// tells tickets apart nor where they came from nor how urgent they are,
    /// and may leave out the address.
    Form,
    /// A preview: nothing is stored, so nobody has to be named.
    Preview,
}

impl NewTicket {
    /// Reads a submission.
    ///
    /// # Errors
    /// Every fault, place by place.
    pub fn read(value: Value, source: Source) -> Result<Self, Vec<Violation>> {
        read(value, |f| Self::from_fields(f, source))
    }

    fn from_fields(f: &mut Fields<'_>, source: Source) -> Option<Self> {
        let subject = subject(f).required();
        let body = f.text("body").min_chars(1).max_chars(MAX_TEXT).check_not_blank().required();
        let who = f.object("requester", |f| Some(requester(f, source)));
        let who = match source {
            Source::Service => who.required(),
            Source::Form | Source::Preview => Some(who.or_default()),
        };
        if source == Source::Form {
            for name in ["author", "channel", "type", "severity", "impact", "dedup_key", "external_ref"] {
                if f.place(name).any().optional().is_some() {
                    f.fault(name, "not_allowed", "cannot be set through a form");
                }
            }
        }
        let author = f.choice("author").check(
            "not_allowed",
            |author| *author != Author::Automation,
            || "must be requester or agent",
        );
        let by_agent = author.optional() == Some(Author::Agent);
        let channel = f.choice("channel").optional();
        let ticket_type = f.choice("type").optional();
        let service = service(f).optional();
        let severity = f.choice("severity").optional();
        let impact = f.choice("impact").optional();
        let category = f.choice("category").optional();
        let dedup_key = dedup_key(f).optional();
        let external_ref = external_ref(f).optional();
        let tags = tags(f).or_default();
        let custom = Value::Object(f.map("custom", CUSTOM).or_default());
        let evidence =
            f.array("evidence", MAX_EVIDENCE, |item| item.object(NewEvidence::from_fields).required());
        let evidence = evidence.or_default();
        let (email, name) = who?;
        Some(Self {
            subject: subject?,
            body: body?,
            email,
            name,
            channel,
            ticket_type,
            service,
            severity,
            impact,
            category,
            scope: None,
            dedup_key,
            external_ref,
            tags,
            custom,
            evidence,
            by_agent,
        })
    }

    /// In whose name it is opened.
    #[must_use]
    pub const fn author(&self) -> Author {
        if self.by_agent { Author::Agent } else { Author::Requester }
    }
}

impl NewEvidence {
    /// Reads `{kind, text}`.
    pub fn from_fields(f: &mut Fields<'_>) -> Option<Self> {
        let kind = f.choice("kind").required();
        let text = f.text("text").min_chars(1).max_chars(MAX_TEXT).check_not_blank().required();
        Some(Self { kind: kind?, text: text? })
    }
}

/// Rules that several texts share.
pub trait TextRules {
    /// Not white space alone.
    #[must_use]
    fn check_not_blank(self) -> Self;
}

impl TextRules for Field<'_, String> {
    fn check_not_blank(self) -> Self {
        self.check("blank", |text| !text.trim().is_empty(), || "must not be blank")
    }
}

/// The one line about it.
pub(super) fn subject<'a>(f: &'a mut Fields<'_>) -> Field<'a, String> {
    f.text("subject").trimmed().min_chars(1).max_chars(300).one_line()
}

/// The service it is about.
pub(super) fn service<'a>(f: &'a mut Fields<'_>) -> Field<'a, String> {
    service_at(f.place("service"))
}

/// A service, wherever it is named.
pub(super) fn service_at(place: Place<'_>) -> Field<'_, String> {
    place.text().trimmed().min_chars(1).max_chars(100).one_line()
}

/// What a repeat is recognised by.
pub(super) fn dedup_key<'a>(f: &'a mut Fields<'_>) -> Field<'a, String> {
    f.text("dedup_key").min_chars(1).max_chars(255).one_line()
}

/// The caller's own identifier for it.
pub(super) fn external_ref<'a>(f: &'a mut Fields<'_>) -> Field<'a, String> {
    f.text("external_ref").min_chars(1).max_chars(255).one_line()
}

/// Free words.
pub(super) fn tags<'a>(f: &'a mut Fields<'_>) -> Field<'a, Vec<String>> {
    f.array("tags", MAX_TAGS, tag)
}

/// The address of a person.
pub(super) fn email<'a>(f: &'a mut Fields<'_>) -> Field<'a, String> {
    address(f, "email")
}

/// The address of a person or a queue, in the field of this name.
pub(super) fn address<'a>(f: &'a mut Fields<'_>, field: &str) -> Field<'a, String> {
    f.text(field)
        .trimmed()
        .max_chars(254)
        .check("not_an_email", |text| is_email(text), || "must be an address such as ada@example.org")
        .map(|text| text.to_lowercase())
}

/// The name of a person.
pub(super) fn name<'a>(f: &'a mut Fields<'_>) -> Field<'a, String> {
    f.text("name").trimmed().max_chars(200).one_line()
}

fn requester(f: &mut Fields<'_>, source: Source) -> (Option<String>, Option<String>) {
    let email = email(f);
    let email = if source == Source::Service { email.required() } else { email.optional() };
    let name = name(f).optional().filter(|name| !name.is_empty());
    (email, name)
}

fn tag(place: Place<'_>) -> Option<String> {
    place.text().trimmed().min_chars(1).max_chars(64).one_line().map(spelled).required()
}

/// Whether mail could be sent there, as far as the form tells.
#[must_use]
pub fn is_email(text: &str) -> bool {
    let part = |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control());
    text.rsplit_once('@').is_some_and(|(local, domain)| {
        part(local)
            && part(domain)
            && local.len() <= 64
            && !domain.contains(['@', '<', '>', ',', ';'])
            && !local.contains(['@', '<', '>', ',', ';'])
            && !domain.starts_with(['.', '-'])
            && !domain.ends_with(['.', '-'])
            && !domain.contains("..")
    })
}
