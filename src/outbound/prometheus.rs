//! Asking a Prometheus server.

use std::error::Error as StdError;
use std::time::Duration;

use bytes::Bytes;

use super::http::{Call, Client, Reach, Verb};
use crate::domain::address::AllowList;

/// Bytes of an answer that are read at most.
const MOST_BYTES: usize = 1_048_576;

/// A Prometheus server that the operator configured; nothing else is reached.
#[derive(Debug, Clone)]
pub struct Prometheus {
    client: Client,
    url: String,
    timeout: Duration,
}

impl Prometheus {
    /// The server whose interface begins at an address such as
    /// `http://prometheus:9090`.
    ///
    /// # Errors
    /// The address can't be read, or TLS can't be set up.
    pub fn new(base: &str, timeout: Duration) -> Result<Self, Box<dyn StdError + Send + Sync>> {
        let parsed = reqwest::Url::parse(base)?;
        let host = parsed.host_str().ok_or("it names no host")?;
        // The operator says where it is, so it may be in a network of their own.
        let allow = AllowList::new(vec![host.parse()?]);
        let client = Client::new(Reach { allow, plain: true })?;
        let url = format!("{}/api/v1/query", base.trim_end_matches('/'));
        client.check(&url)?;
        Ok(Self { client, url, timeout })
    }

    /// What it answers to a query: JSON, whether it could be answered or not.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn query(&self, query: &str) -> Result<Vec<u8>, String> {
        let timeout = format!("{}ms", self.timeout.as_millis());
        let pairs = [("query", query), ("timeout", timeout.as_str())];
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let call = Call {
            verb: Verb::Post,
            url: self.url.clone(),
            headers: vec![("content-type", "application/x-www-form-urlencoded".to_owned())],
            body: Bytes::from(form),
            timeout: self.timeout,
            keep: MOST_BYTES,
        };
        let answer = self.client.send(call).await.map_err(|failure| failure.to_string())?;
        match answer.status {
            // Prometheus says what is wrong with a query in the body of these.
            200 | 400 | 422 | 503 => Ok(answer.body),
            status => Err(format!("it answered {status}")),
        }
    }
}
