//! How mail goes out.

use std::time::Duration;

use super::reader::{Noted, Reader};
use super::secret::Secret;

/// How the connection to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailSecurity {
    /// Not at all.
    None,
    /// TLS by STARTTLS, required.
    Starttls,
    /// TLS from the first byte.
    Tls,
}

/// `[mail]`: the server that takes mail; without a host there is no mail.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The server; `None`: nothing is sent.
    pub server: Option<MailServer>,
    /// The address where requesters say how satisfied they are, with `{token}`,
    /// `{id}` or `{number}` in it.
    pub survey_url: Option<String>,
}

/// The server that takes mail.
#[derive(Debug, Clone)]
pub struct MailServer {
    /// Its name or address.
    pub host: String,
    /// Its port, 1–65,535.
    pub port: u16,
    /// How the connection is protected.
    pub security: MailSecurity,
    /// User and password; both or neither.
    pub credentials: Option<(String, Secret)>,
    /// The sender's address.
    pub from_address: String,
    /// The sender's name.
    pub from_name: Option<String>,
    /// The domain of Message-IDs; the one of the sender's address unless set.
    pub message_domain: String,
    /// The address of a ticket for people of the desk, with `{id}` or `{number}` in it.
    pub ticket_url: Option<String>,
    /// How long connecting, and each answer up to the text, may take, 1–600 s.
    pub timeout: Duration,
}

impl Mail {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, Noted> {
        let host = reader.text("mail.host");
        let port = reader.number("mail.port", 1..=65_535);
        let security = security(reader);
        let user = reader.text("mail.user");
        let password = reader.secret("mail.password", "mail.password_file");
        let from_address = reader.text("mail.from_address");
        let from_name = reader.text("mail.from_name");
        let message_domain = reader.text("mail.message_domain");
        let ticket_url = reader.text("mail.ticket_url");
        let survey_url = reader.text("mail.survey_url");
        let timeout = reader.seconds("mail.timeout_seconds", 1..=600);
        let (host, port, security, timeout) = (host?, port?, security?, timeout?);
        let (from_name, ticket_url, survey_url) = (from_name?, ticket_url?, survey_url?);
        let Some(host) = host else { return Ok(Self { server: None, survey_url }) };
        let from_address = sender(reader, from_address?)?;
        let credentials = credentials(reader, user?, password?, security)?;
        let message_domain = domain(reader, message_domain?, &from_address)?;
        Ok(Self {
            server: Some(MailServer {
                host,
                port,
                security,
                credentials,
                from_address,
                from_name,
                message_domain,
                ticket_url,
                timeout,
            }),
            survey_url,
        })
    }
}

fn security(reader: &mut Reader) -> Result<MailSecurity, Noted> {
    let key = "mail.security";
    match reader.text(key)?.as_deref() {
        Some("none") => Ok(MailSecurity::None),
        Some("starttls") => Ok(MailSecurity::Starttls),
        Some("tls") => Ok(MailSecurity::Tls),
        _ => Err(reader.refuse(key, "must be none, starttls or tls")),
    }
}

fn sender(reader: &mut Reader, address: Option<String>) -> Result<String, Noted> {
    let whole = |address: &String| {
        let parts = address.split_once('@');
        parts.is_some_and(|(local, domain)| !local.is_empty() && is_domain(domain))
    };
    address
        .filter(whole)
        .ok_or_else(|| reader.refuse("mail.from_address", "must be an address such as desk@example.org"))
}

fn credentials(
    reader: &mut Reader,
    user: Option<String>,
    password: Option<Secret>,
    security: MailSecurity,
) -> Result<Option<(String, Secret)>, Noted> {
    match (user, password) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) if security == MailSecurity::None => {
            Err(reader.refuse("mail.security", "must be starttls or tls where there is a password"))
        }
        (Some(user), Some(password)) => Ok(Some((user, password))),
        (Some(_), None) => Err(reader.refuse("mail.user", "needs mail.password as well")),
        (None, Some(_)) => Err(reader.refuse("mail.password", "needs mail.user as well")),
    }
}

fn domain(reader: &mut Reader, given: Option<String>, address: &str) -> Result<String, Noted> {
    let own = address.rsplit_once('@').map(|(_, domain)| domain.to_owned());
    given
        .or(own)
        .filter(|domain| is_domain(domain))
        .ok_or_else(|| reader.refuse("mail.message_domain", "must be a domain such as example.org"))
}

fn is_domain(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    (1..=253).contains(&text.len()) && text.chars().all(inner) && !text.starts_with(['.', '-'])
}
