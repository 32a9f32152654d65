//! What the service answered, with assertions that show it when they fail.

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde_json::Value;
use uuid::Uuid;

/// One answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// Method and path of the request.
    request: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(super) async fn read(request: String, response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.expect("the whole body arrives").to_vec();
        Self { request, status, headers, body }
    }

    /// The same, unless the body breaks off.
    pub(super) async fn try_read(request: String, response: reqwest::Response) -> Option<Self> {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.ok()?.to_vec();
        Some(Self { request, status, headers, body })
    }

    /// Panics unless the status is this one.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{} was answered otherwise:\n{}", self.request, self.shown());
        self
    }

    /// Panics unless this is a problem document of this status and kind, such
    /// as `validation`.
    #[track_caller]
    pub(crate) fn expect_problem(self, status: u16, kind: &str) -> Self {
        let answer = self.expect(status);
        assert_eq!(answer.header(CONTENT_TYPE.as_str()), "application/problem+json", "{}", answer.shown());
        let wanted = format!("urn:support-engineer:problem:{kind}");
        assert_eq!(answer.text("/type"), wanted, "{}", answer.shown());
        assert_eq!(answer.at("/status"), status, "{}", answer.shown());
        answer
    }

    /// Panics if the service failed, or refused without a whole problem
    /// document; `sent` tells what was asked. Answers the faults.
    #[track_caller]
    pub(crate) fn expect_an_answer(&self, sent: &str) -> Vec<Value> {
        let shown = || format!("{sent:.3000}\n{}", self.shown());
        assert!(self.status < 500, "{}", shown());
        if self.status < 400 {
            return Vec::new();
        }
        assert_eq!(self.header(CONTENT_TYPE.as_str()), "application/problem+json", "{}", shown());
        if !self.header("content-encoding").is_empty() {
            return Vec::new();
        }
        let problem: Value = serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{}", shown()));
        let is_told = |of: &Value, field: &str| of[field].as_str().is_some_and(|text| !text.is_empty());
        let kind = problem["type"].as_str().unwrap_or_default();
        assert!(kind.starts_with("urn:support-engineer:problem:"), "{}", shown());
        assert!(is_told(&problem, "title") && is_told(&problem, "detail"), "{}", shown());
        assert_eq!(problem["status"], self.status, "{}", shown());
        assert!(problem["retryable"].is_boolean(), "{}", shown());
        let faults = problem["errors"].as_array().cloned().unwrap_or_default();
        let is_whole = |fault: &Value| {
            fault["pointer"].is_string() && is_told(fault, "code") && is_told(fault, "detail")
        };
        assert!(faults.iter().all(is_whole), "{}", shown());
        assert!(self.status != 422 || !faults.is_empty(), "a validation names its faults: {}", shown());
        faults
    }

    /// The whole body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("not JSON: {error}\n{}", self.shown()))
    }

    /// What stands at a JSON pointer; panics if nothing does.
    #[track_caller]
    pub(crate) fn at(&self, pointer: &str) -> Value {
        let body = self.json();
        let found = body.pointer(pointer).cloned();
        found.unwrap_or_else(|| panic!("nothing at {pointer}\n{}", self.shown()))
    }

    /// The text at a JSON pointer.
    #[track_caller]
    pub(crate) fn text(&self, pointer: &str) -> String {
        let value = self.at(pointer);
        value.as_str().unwrap_or_else(|| panic!("{pointer} is no text\n{}", self.shown())).to_owned()
    }

    /// The `id` of the thing.
    #[track_caller]
    pub(crate) fn id(&self) -> Uuid {
        self.text("/id").parse().expect("an id is a UUID")
    }

    /// A header; `""` if it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Pointer and code of each fault of a problem, in order.
    #[track_caller]
    pub(crate) fn faults(&self) -> Vec<(String, String)> {
        let errors = self.at("/errors");
        let text = |fault: &Value, key: &str| fault[key].as_str().unwrap_or_default().to_owned();
        errors.as_array().into_iter().flatten().map(|e| (text(e, "pointer"), text(e, "code"))).collect()
    }

    /// Status and body, for messages.
    pub(crate) fn shown(&self) -> String {
        let body = serde_json::from_slice::<Value>(&self.body)
            .and_then(|body| serde_json::to_string_pretty(&body))
            .unwrap_or_else(|_| String::from_utf8_lossy(&self.body).into_owned());
        format!("{} → {}\n{body}", self.request, self.status)
    }
}
