//! Mail by SMTP, to the one server that the settings name.

use std::time::{Duration, SystemTime};

use lettre::Address;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, Message, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;

use super::smtp::{Line, Parcel};
use crate::domain::mail::{Correspondent, Letter, Signature, scrubbed};

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Not at all.
    None,
    /// It must become TLS before anything is said.
    Starttls,
    /// TLS from the first byte.
    Tls,
}

/// How to reach the server, and in whose name.
#[derive(Clone)]
pub struct Settings {
    /// Name or address of the server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// User and password.
    pub credentials: Option<(String, String)>,
    /// Whose mail it is.
    pub from: Correspondent,
    /// How it is signed.
    pub signature: Signature,
    /// How long connecting, and each answer up to the text, may take.
    pub timeout: Duration,
}

/// Settings that no mail can be sent by.
#[derive(Debug, thiserror::Error)]
#[error("mail can't be sent with these settings: {0}")]
pub struct Unusable(String);

/// Why a mail was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It would not be taken the next time either.
    #[error("{0}")]
    Permanent(String),
    /// Worth another try.
    #[error("{0}")]
    Temporary(String),
}

/// Sends mail, each by a connection of its own.
#[derive(Clone)]
pub struct Post {
    line: Line,
    from: Mailbox,
    signature: Signature,
}

impl std::fmt::Debug for Post {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Post").field("signature", &self.signature).finish_non_exhaustive()
    }
}

impl Post {
    /// A way to the server; nothing is connected yet.
    ///
    /// # Errors
    /// A sender's address or a host name that is none.
    pub fn new(settings: Settings) -> Result<Self, Unusable> {
        let from = mailbox(&settings.from).map_err(|error| Unusable(error.to_string()))?;
        let tls = || TlsParameters::new(settings.host.clone()).map_err(|error| Unusable(error.to_string()));
        let tls = match settings.security {
            Security::None => Tls::None,
            Security::Starttls => Tls::Required(tls()?),
            Security::Tls => Tls::Wrapper(tls()?),
        };
        let credentials = settings.credentials.map(|(user, password)| Credentials::new(user, password));
        let name = ClientId::Domain(settings.signature.domain.clone());
        let Settings { host, port, timeout, signature, .. } = settings;
        Ok(Self { line: Line { host, port, tls, credentials, name, timeout }, from, signature })
    }

    /// How mail is signed.
    #[must_use]
    pub const fn signature(&self) -> &Signature {
        &self.signature
    }

    /// How long sending a mail may take at most.
    #[must_use]
    pub fn longest(&self) -> Duration {
        self.line.longest()
    }

    /// Hands a mail to the server. The same mail sent again has the same
    /// Message-ID.
    ///
    /// # Errors
    /// Why the server did not take it, without the recipient's address.
    pub async fn send(&self, letter: &Letter) -> Result<(), Failure> {
        let (message, to) = self.message(letter)?;
        let text = message.formatted();
        self.line.hand_over(Parcel { from: &self.from.email, to: &to, text: &text }).await
    }

    fn message(&self, letter: &Letter) -> Result<(Message, Address), Failure> {
        let permanent = |why: &str| Failure::Permanent(why.to_owned());
        let to = mailbox(&letter.to).map_err(|_| permanent("the recipient's address is none"))?;
        let address = to.email.clone();
        let text = Body::new_with_encoding(letter.body.clone(), ContentTransferEncoding::QuotedPrintable)
            .map_err(|_| permanent("the text can't be encoded"))?;
        let mut builder = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(letter.subject.as_str())
            .date(SystemTime::from(letter.at))
            .message_id(Some(letter.message_id.clone()));
        if let Some(thread) = &letter.thread {
            builder = builder.in_reply_to(thread.clone()).references(thread.clone());
        }
        let mut message = builder
            .singlepart(SinglePart::builder().header(ContentType::TEXT_PLAIN).body(text))
            .map_err(|error| permanent(&scrubbed(&error.to_string())))?;
        let headers = message.headers_mut();
        if let Some(ticket) = letter.ticket {
            let name = HeaderName::new_from_ascii_str("X-Ticket");
            headers.insert_raw(HeaderValue::new(name, ticket.to_string()));
        }
        if letter.automatic {
            let name = HeaderName::new_from_ascii_str("Auto-Submitted");
            headers.insert_raw(HeaderValue::new(name, "auto-generated".to_owned()));
        }
        Ok((message, address))
    }
}

fn mailbox(of: &Correspondent) -> Result<Mailbox, lettre::address::AddressError> {
    Ok(Mailbox::new(of.name.clone(), of.address.parse()?))
}
