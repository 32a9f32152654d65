//! Mail by SMTP, to the one server that the settings name.

use std::time::{Duration, SystemTime};

use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, Message, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{Error as SmtpError, PoolConfig};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};

use crate::domain::mail::{Correspondent, Letter, Signature, scrubbed};

/// Connections to the server that are kept open at most.
const CONNECTIONS: u32 = 4;
/// How long an idle connection is kept.
const IDLE: Duration = Duration::from_secs(30);
/// Replies about whoever sends, not about the mail: worth another try once the
/// settings are right (RFC 4954).
const ABOUT_THE_SENDER: [u16; 4] = [530, 534, 535, 538];

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
    /// How long connecting, and each command, may take.
    pub timeout: Duration,
    /// How long a mail may take in all.
    pub patience: Duration,
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

/// Sends mail. A clone is another handle on the same connections.
#[derive(Clone)]
pub struct Post {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    signature: Signature,
    patience: Duration,
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
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(settings.host.clone())
            .port(settings.port)
            .tls(tls)
            .hello_name(ClientId::Domain(settings.signature.domain.clone()))
            .timeout(Some(settings.timeout))
            .pool_config(PoolConfig::new().max_size(CONNECTIONS).idle_timeout(IDLE));
        if let Some((user, password)) = settings.credentials {
            builder = builder.credentials(Credentials::new(user, password));
        }
        Ok(Self {
            transport: builder.build(),
            from,
            signature: settings.signature,
            patience: settings.patience,
        })
    }

    /// How mail is signed.
    #[must_use]
    pub const fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Hands a mail to the server. The same mail sent again has the same
    /// Message-ID.
    ///
    /// # Errors
    /// Why the server did not take it, without the recipient's address.
    pub async fn send(&self, letter: &Letter) -> Result<(), Failure> {
        let message = self.message(letter)?;
        match tokio::time::timeout(self.patience, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(failure(&error)),
            Err(_) => Err(Failure::Temporary("the mail server took too long".to_owned())),
        }
    }

    fn message(&self, letter: &Letter) -> Result<Message, Failure> {
        let permanent = |why: &str| Failure::Permanent(why.to_owned());
        let to = mailbox(&letter.to).map_err(|_| permanent("the recipient's address is none"))?;
        let text = Body::new_with_encoding(letter.body.clone(), ContentTransferEncoding::QuotedPrintable)
            .map_err(|_| permanent("the text can't be encoded"))?;
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(letter.subject.as_str())
            .date(SystemTime::from(letter.at))
            .message_id(Some(letter.message_id.clone()))
            .in_reply_to(letter.thread.clone())
            .references(letter.thread.clone())
            .singlepart(SinglePart::builder().header(ContentType::TEXT_PLAIN).body(text))
            .map_err(|error| permanent(&scrubbed(&error.to_string())))?;
        let headers = message.headers_mut();
        let ticket = letter.ticket.to_string();
        headers.insert_raw(HeaderValue::new(HeaderName::new_from_ascii_str("X-Ticket"), ticket));
        if letter.automatic {
            let name = HeaderName::new_from_ascii_str("Auto-Submitted");
            headers.insert_raw(HeaderValue::new(name, "auto-generated".to_owned()));
        }
        Ok(message)
    }
}

fn mailbox(of: &Correspondent) -> Result<Mailbox, lettre::address::AddressError> {
    Ok(Mailbox::new(of.name.clone(), of.address.parse()?))
}

fn failure(error: &SmtpError) -> Failure {
    let code = error.status().map(|code| code.to_string().parse::<u16>().unwrap_or_default());
    let why = scrubbed(&full(error));
    if error.is_permanent() && !code.is_some_and(|code| ABOUT_THE_SENDER.contains(&code)) {
        Failure::Permanent(why)
    } else {
        Failure::Temporary(why)
    }
}

/// The error with what is behind it.
fn full(error: &SmtpError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}
