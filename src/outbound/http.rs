//! Requests to other machines, guarded when they connect: names are resolved
//! here and only addresses that may be reached are handed on, so that a name
//! that answers otherwise the second time gains nothing. Redirects are not
//! followed, and proxies of the environment are not used.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::Bytes;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Method, Response, Url};
use rustls::{ClientConfig, RootCertStore};

use crate::domain::address::{AllowList, Reserved};

/// How long a connection that nobody uses is kept.
const IDLE: Duration = Duration::from_secs(30);
/// How long the body of an answer to what was posted is waited for, after its head.
const REST: Duration = Duration::from_secs(2);
/// Longest address, in bytes.
const MAX_URL: usize = 2_000;

/// What may be reached.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// Beside the public internet.
    pub allow: AllowList,
    /// Whether addresses without TLS may be reached though they are not on that list.
    pub plain: bool,
}

/// Why a request was not made, or got no answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It may not be made to this address.
    #[error("{0}")]
    Refused(#[from] Refused),
    /// The head of the answer took too long.
    #[error("no answer within {} ms", .0.as_millis())]
    TimedOut(Duration),
    /// No connection came about.
    #[error("no connection: {0}")]
    Unreachable(String),
    /// The connection broke, or what came over it was not HTTP.
    #[error("the connection broke: {0}")]
    Broken(String),
}

/// Why an address may not be reached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It can't be read.
    #[error("is not an address such as https://hooks.example.org/in")]
    NotAnAddress,
    /// It carries a name and password, or a fragment.
    #[error("must not hold a user, a password or a fragment")]
    Extras,
    /// It is not `https`.
    #[error("must begin with https://")]
    Plain,
    /// It is not one of the public internet.
    #[error("leads to an address that is not public ({0})")]
    Reserved(Reserved),
}

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// The whole answer.
    Get,
    /// Its head alone.
    Head,
    /// To take what is sent.
    Post,
}

impl From<Verb> for Method {
    fn from(verb: Verb) -> Self {
        match verb {
            Verb::Get => Self::GET,
            Verb::Head => Self::HEAD,
            Verb::Post => Self::POST,
        }
    }
}

/// A request.
#[derive(Debug, Clone)]
pub struct Call {
    /// What it asks for.
    pub verb: Verb,
    /// Where to.
    pub url: String,
    /// Names in lower case, with their values.
    pub headers: Vec<(&'static str, String)>,
    /// What is sent.
    pub body: Bytes,
    /// How long the head of the answer may take. What is got may take as long
    /// for its body; the body of an answer to what is posted is cut off soon.
    pub timeout: Duration,
    /// How many bytes of the answer's body are read at most.
    pub keep: usize,
}

/// An answer, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its headers, those whose value is text, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The beginning of its body.
    pub body: Vec<u8>,
}

/// The guarded client. A clone is another handle on the same one.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    reach: Arc<Reach>,
}

impl Client {
    /// A client that reaches this.
    ///
    /// # Errors
    /// TLS can't be set up, which is a defect.
    pub fn new(reach: Reach) -> Result<Self, Box<dyn StdError + Send + Sync>> {
        let reach = Arc::new(reach);
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(TLS.clone()?)
            .dns_resolver(Guard(Arc::clone(&reach)))
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .user_agent(concat!("support-engineer/", env!("CARGO_PKG_VERSION")))
            .pool_idle_timeout(IDLE)
            .build()?;
        Ok(Self { http, reach })
    }

    /// Whether requests to this address may be made, as far as that shows
    /// before its name is resolved.
    pub fn check(&self, url: &str) -> Result<(), Refused> {
        self.parse(url).map(|_| ())
    }

    /// Makes a request, once.
    pub async fn send(&self, call: Call) -> Result<Answer, Failure> {
        let url = self.parse(&call.url)?;
        let (timeout, keep) = (call.timeout, call.keep);
        let rest = if call.verb == Verb::Get { timeout } else { REST };
        let mut response = match tokio::time::timeout(timeout, self.ask(url, call)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(explain(&error)),
            Err(_) => return Err(Failure::TimedOut(timeout)),
        };
        let mut body = Vec::new();
        // A body that breaks off, or takes too long, does not change what the
        // status says.
        let _late = tokio::time::timeout(rest, read(&mut response, keep, &mut body)).await;
        let status = response.status().as_u16();
        let text = |value: &reqwest::header::HeaderValue| value.to_str().ok().map(ToOwned::to_owned);
        let headers = response.headers().iter();
        let headers =
            headers.filter_map(|(name, value)| Some((name.as_str().to_owned(), text(value)?))).collect();
        Ok(Answer { status, headers, body })
    }

    async fn ask(&self, url: Url, call: Call) -> Result<Response, reqwest::Error> {
        let request = self.http.request(call.verb.into(), url).body(call.body);
        let headers = call.headers.into_iter();
        headers.fold(request, |request, (name, value)| request.header(name, value)).send().await
    }

    fn parse(&self, text: &str) -> Result<Url, Refused> {
        let url = Url::parse(text).map_err(|_| Refused::NotAnAddress)?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(Refused::NotAnAddress)?;
        if text.len() > MAX_URL || !["http", "https"].contains(&url.scheme()) {
            return Err(Refused::NotAnAddress);
        }
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(Refused::Extras);
        }
        let Reach { allow, plain } = &*self.reach;
        let literal = literal(host);
        let listed = allow.names(host) || literal.is_some_and(|address| allow.holds(address));
        if let Some(address) = literal
            && !listed
            && let Some(kind) = allow.refuse(address)
        {
            return Err(Refused::Reserved(kind));
        }
        if url.scheme() == "http" && !plain && !listed {
            return Err(Refused::Plain);
        }
        Ok(url)
    }
}

/// Takes the first `keep` bytes of an answer's body.
async fn read(response: &mut Response, keep: usize, body: &mut Vec<u8>) {
    while body.len() < keep {
        let Ok(Some(chunk)) = response.chunk().await else { break };
        body.extend_from_slice(&chunk[..chunk.len().min(keep - body.len())]);
    }
}

/// The address that a host is, if it is no name.
fn literal(host: &str) -> Option<IpAddr> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    bare.parse().ok()
}

/// TLS with the authorities that the machine trusts and those compiled in, so
/// that it works where no certificates are installed.
static TLS: LazyLock<Result<ClientConfig, rustls::Error>> = LazyLock::new(|| {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
});

/// Resolves names, and keeps back what may not be reached.
struct Guard(Arc<Reach>);

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = Arc::clone(&self.0);
        Box::pin(async move {
            let host = name.as_str();
            let found = tokio::net::lookup_host((host, 0)).await?;
            let by_name = reach.allow.names(host);
            let mut kept = Vec::new();
            let mut refused = None;
            for address in found {
                match reach.allow.refuse(address.ip()).filter(|_| !by_name) {
                    None => kept.push(address),
                    Some(kind) => refused = Some(kind),
                }
            }
            match refused {
                Some(kind) if kept.is_empty() => Err(Refused::Reserved(kind).into()),
                _ => Ok(Box::new(kept.into_iter()) as Box<dyn Iterator<Item = SocketAddr> + Send> as Addrs),
            }
        })
    }
}

/// What a failed request means; the address stays out of it, because it may
/// hold a secret.
fn explain(error: &reqwest::Error) -> Failure {
    let mut deepest: &(dyn StdError + 'static) = error;
    let mut cause = Some(deepest);
    while let Some(error) = cause {
        if let Some(refused) = error.downcast_ref::<Refused>() {
            return Failure::Refused(refused.clone());
        }
        deepest = error;
        cause = error.source();
    }
    if error.is_connect() {
        Failure::Unreachable(deepest.to_string())
    } else {
        Failure::Broken(deepest.to_string())
    }
}
