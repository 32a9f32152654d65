//! What is said to a mail server. A connection is for one mail: one that was
//! let go halfway can't give its answers to the next.

use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Tls};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};

use super::mail::Failure;
use crate::domain::mail::scrubbed;

/// How long a server may think about a text that it has (RFC 5321, section
/// 4.5.3.2.6). Who hangs up earlier sends the mail twice.
const THOUGHT: Duration = Duration::from_mins(10);
/// How long a server is waited for when all is said.
const PARTING: Duration = Duration::from_secs(5);
/// Answers that connecting, STARTTLS and the login each wait for, about.
const ANSWERS: u32 = 3;
/// Refusals of a recipient that are about whoever sends: worth another try once
/// the settings are right (RFC 4954).
const ABOUT_THE_SENDER: [&str; 4] = ["530", "534", "535", "538"];

/// How a server is reached and spoken to.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: Tls,
    pub(super) credentials: Option<Credentials>,
    /// Who calls.
    pub(super) name: ClientId,
    /// How long an answer may take.
    pub(super) timeout: Duration,
}

/// A mail as the server gets it.
#[derive(Clone, Copy)]
pub(super) struct Parcel<'p> {
    pub(super) from: &'p Address,
    pub(super) to: &'p Address,
    pub(super) text: &'p [u8],
}

impl Line {
    /// How long a mail may take at most.
    pub(super) fn longest(&self) -> Duration {
        // Connecting, STARTTLS, the login; sender, recipient, the wish to send; the text.
        self.timeout * (3 * ANSWERS + 3 + 1) + THOUGHT + PARTING
    }

    /// Hands one mail over. What is refused before the recipient is named is
    /// about whoever sends, and worth another try.
    pub(super) async fn hand_over(&self, parcel: Parcel<'_>) -> Result<(), Failure> {
        let temporary = |why: String| Failure::Temporary(why);
        let mut server = self.open().await.map_err(temporary)?;
        let options = options(&server, parcel)?;
        let sender = Mail::new(Some(parcel.from.clone()), options);
        within(self.timeout, server.command(sender)).await.map_err(|fault| temporary(fault.why()))?;
        let recipient = Rcpt::new(parcel.to.clone(), Vec::new());
        within(self.timeout, server.command(recipient)).await.map_err(Fault::failure)?;
        within(self.timeout, server.command(Data)).await.map_err(Fault::failure)?;
        within(self.timeout + THOUGHT, server.message(parcel.text)).await.map_err(Fault::failure)?;
        // It is taken; nothing that comes now matters.
        let _parted = tokio::time::timeout(PARTING, server.quit()).await;
        Ok(())
    }

    async fn open(&self) -> Result<AsyncSmtpConnection, String> {
        let several = self.timeout * ANSWERS;
        let (wrapped, upgrade) = match &self.tls {
            Tls::Wrapper(tls) => (Some(tls.clone()), None),
            Tls::Required(tls) => (None, Some(tls.clone())),
            _ => (None, None),
        };
        let address = (self.host.as_str(), self.port);
        let connecting =
            AsyncSmtpConnection::connect_tokio1(address, Some(self.timeout), &self.name, wrapped, None);
        let mut server = within(several, connecting).await.map_err(|fault| fault.why())?;
        if let Some(tls) = upgrade {
            within(several, server.starttls(tls, &self.name)).await.map_err(|fault| fault.why())?;
        }
        if let Some(credentials) = &self.credentials {
            let login = server.auth(DEFAULT_MECHANISMS, credentials);
            within(several, login).await.map_err(|fault| fault.why())?;
        }
        Ok(server)
    }
}

/// What the server has to know beforehand of a mail that is not plain ASCII.
fn options(server: &AsyncSmtpConnection, parcel: Parcel<'_>) -> Result<Vec<MailParameter>, Failure> {
    let is_plain = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
    if is_plain(parcel.from) && is_plain(parcel.to) && parcel.text.is_ascii() {
        return Ok(Vec::new());
    }
    if !server.server_info().supports_feature(Extension::SmtpUtfEight) {
        let why = "the mail server takes no addresses beyond ASCII".to_owned();
        return Err(if is_plain(parcel.to) { Failure::Temporary(why) } else { Failure::Permanent(why) });
    }
    Ok(vec![MailParameter::SmtpUtfEight, MailParameter::Body(MailBodyParameter::EightBitMime)])
}

/// Why there is no good answer.
enum Fault {
    Said(SmtpError),
    Late,
}

async fn within<T>(limit: Duration, answer: impl Future<Output = Result<T, SmtpError>>) -> Result<T, Fault> {
    match tokio::time::timeout(limit, answer).await {
        Ok(said) => said.map_err(Fault::Said),
        Err(_) => Err(Fault::Late),
    }
}

impl Fault {
    fn why(&self) -> String {
        match self {
            Self::Said(error) => scrubbed(&full(error)),
            Self::Late => "the mail server took too long".to_owned(),
        }
    }

    fn failure(self) -> Failure {
        let why = self.why();
        let Self::Said(error) = self else { return Failure::Temporary(why) };
        let code = error.status().map(|code| code.to_string());
        let about_sender = code.is_some_and(|code| ABOUT_THE_SENDER.contains(&code.as_str()));
        if error.is_permanent() && !about_sender { Failure::Permanent(why) } else { Failure::Temporary(why) }
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
