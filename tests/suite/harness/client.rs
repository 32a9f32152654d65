//! A caller of the service.

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;

use super::answer::Answer;
use super::listener::Listener;

/// Somebody with a key, or without. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    headers: Vec<(String, String)>,
}

impl Client {
    /// Somebody without a key, at `http://ADDRESS`.
    pub(crate) fn anonymous(base: &str) -> Self {
        // Without a pool no connection outlives the desk that it leads to.
        // It never speaks TLS, so it reads no certificates.
        let http = reqwest::Client::builder().tls_certs_only([]).pool_max_idle_per_host(0).no_proxy().build();
        Self { http: http.expect("a client"), base: base.to_owned(), headers: Vec::new() }
    }

    /// The same with this key.
    pub(crate) fn with_key(&self, secret: &str) -> Self {
        self.with("authorization", &format!("Bearer {secret}"))
    }

    /// The same with this header on every request, in place of one of the same name.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        client.headers.push((name.to_owned(), value.to_owned()));
        client
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    /// The same, for a service that may go away: `None` is no whole answer.
    pub(crate) async fn try_post(&self, path: &str, body: &Value) -> Option<Answer> {
        let request = self.request(&Method::POST, path).header(CONTENT_TYPE, "application/json");
        let response = request.body(body.to_string()).send().await.ok()?;
        Answer::try_read(format!("POST {path}"), response).await
    }

    /// The same for reading.
    pub(crate) async fn try_get(&self, path: &str) -> Option<Answer> {
        let response = self.request(&Method::GET, path).send().await.ok()?;
        Answer::try_read(format!("GET {path}"), response).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PUT, path, Some(body)).await
    }

    /// Sends a merge patch.
    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        let body = body.to_string().into_bytes();
        self.send_raw(Method::PATCH, path, "application/merge-patch+json", body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    /// Sends a request with a JSON body, or none.
    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        match body {
            Some(body) => {
                self.send_raw(method, path, "application/json", body.to_string().into_bytes()).await
            }
            None => self.finish(&method, path, self.request(&method, path)).await,
        }
    }

    /// Sends a body as it is.
    pub(crate) async fn send_raw(
        &self,
        method: Method,
        path: &str,
        media_type: &str,
        body: Vec<u8>,
    ) -> Answer {
        let request = self.request(&method, path).header(CONTENT_TYPE, media_type).body(body);
        self.finish(&method, path, request).await
    }

    /// Opens a stream of events, or gives the refusal.
    pub(crate) async fn listen(&self, path: &str) -> Result<Listener, Answer> {
        let client = self.with("accept", "text/event-stream");
        let request = client.request(&Method::GET, path);
        let response = request.send().await.unwrap_or_else(|error| panic!("GET {path}: {error:?}"));
        Listener::open(format!("GET {path} as a stream"), response).await
    }

    fn request(&self, method: &Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method.clone(), format!("{}{path}", self.base));
        self.headers.iter().fold(request, |request, (name, value)| request.header(name, value))
    }

    async fn finish(&self, method: &Method, path: &str, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.unwrap_or_else(|error| panic!("{method} {path}: {error:?}"));
        Answer::read(format!("{method} {path}"), response).await
    }
}
