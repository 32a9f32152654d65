//! The settings of the desk, from the configuration.

use std::time::Duration;

use jiff::SignedDuration;

use super::failure::Failure;
use crate::config::{Config, Life, MailSecurity, MailServer};
use crate::domain::agenda::Terms;
use crate::domain::mail::{Correspondent, Signature};
use crate::flow::Means;
use crate::outbound::mail::{Post, Security, Settings};

/// What the desk has beside its rules.
///
/// # Errors
/// Settings of mail that can't be used.
pub fn means(config: &Config) -> Result<Means, Failure> {
    let server = config.mail.server.as_ref();
    // What takes longer than the lease would be sent by another worker too.
    let post = server.map(|server| post(server, config.worker.lease / 2)).transpose()?;
    Ok(Means { terms: terms(&config.life), post })
}

fn post(server: &MailServer, patience: Duration) -> Result<Post, Failure> {
    let settings = Settings {
        host: server.host.clone(),
        port: server.port,
        security: match server.security {
            MailSecurity::None => Security::None,
            MailSecurity::Starttls => Security::Starttls,
            MailSecurity::Tls => Security::Tls,
        },
        credentials: server
            .credentials
            .as_ref()
            .map(|(user, password)| (user.clone(), password.expose().to_owned())),
        from: Correspondent { name: server.from_name.clone(), address: server.from_address.clone() },
        signature: Signature { domain: server.message_domain.clone(), ticket_url: server.ticket_url.clone() },
        timeout: server.timeout,
        patience,
    };
    Post::new(settings).map_err(|error| Failure::usage(error.to_string()))
}

fn terms(life: &Life) -> Terms {
    Terms {
        unanswered: positive(life.unanswered),
        closes: life.close_resolved,
        survey: positive(life.survey),
    }
}

/// Zero stands for never.
fn positive(duration: Duration) -> Option<SignedDuration> {
    SignedDuration::try_from(duration).ok().filter(SignedDuration::is_positive)
}
