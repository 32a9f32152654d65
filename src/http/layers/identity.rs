//! Which request this is, and which trace it belongs to.

use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};
use uuid::Uuid;

/// The header that carries a request id, in and out.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The header that carries a trace (W3C Trace Context).
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// Longest request id taken from a client, in characters.
const MAX_ID: usize = 128;

/// The id of one request: the client's, if it is visible ASCII of at most 128
/// characters, else a new one. Found in the request's extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(HeaderValue, String);

impl RequestId {
    /// The client's id, or `new` if there is no usable one.
    #[must_use]
    pub fn of(headers: &HeaderMap, new: Uuid) -> Self {
        let given = headers.get(X_REQUEST_ID).and_then(|value| value.to_str().ok());
        let usable = given.filter(|text| {
            (1..=MAX_ID).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
        });
        let text = usable.map_or_else(|| new.to_string(), ToOwned::to_owned);
        let header = HeaderValue::try_from(&text).unwrap_or(HeaderValue::from_static("unknown"));
        Self(header, text)
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.1
    }

    /// As the value of `x-request-id`.
    #[must_use]
    pub fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

/// The trace that a request belongs to. Found in the request's extensions, so
/// that calls to other services can carry it on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceContext {
    /// 32 hexadecimal digits.
    pub trace_id: String,
    /// The caller's span, 16 hexadecimal digits; `None` if the trace starts here.
    pub parent_id: Option<String>,
    /// The span of this request, 16 hexadecimal digits.
    pub span_id: String,
    /// Whether the caller records the trace.
    pub sampled: bool,
}

impl TraceContext {
    /// The caller's trace, or a new one; `new` gives the ids that are missing.
    #[must_use]
    pub fn of(headers: &HeaderMap, new: Uuid) -> Self {
        let (high, low) = new.as_u64_pair();
        let span_id = format!("{:016x}", (high ^ low.rotate_left(32)).max(1));
        let mut lines = headers.get_all(TRACEPARENT).iter();
        let given = match (lines.next(), lines.next()) {
            (Some(line), None) => line.to_str().ok().and_then(parse),
            _ => None,
        };
        match given {
            Some((trace_id, parent_id, sampled)) => {
                Self { trace_id, parent_id: Some(parent_id), span_id, sampled }
            }
            None => Self { trace_id: new.simple().to_string(), parent_id: None, span_id, sampled: false },
        }
    }

    /// The value of `traceparent` for calls that this request makes.
    #[must_use]
    pub fn traceparent(&self) -> String {
        format!("00-{}-{}-{:02x}", self.trace_id, self.span_id, u8::from(self.sampled))
    }
}

/// Trace id, parent id and the sampled flag of a `traceparent`. Versions after
/// 00 may have more parts at the end; ff is forbidden, as are ids of zeros.
fn parse(text: &str) -> Option<(String, String, bool)> {
    let mut parts = text.split('-');
    let version = hex(parts.next()?, 2)?;
    let trace_id = hex(parts.next()?, 32)?;
    let parent_id = hex(parts.next()?, 16)?;
    let flags = u8::from_str_radix(hex(parts.next()?, 2)?, 16).ok()?;
    let known = match version {
        "ff" => false,
        "00" => parts.next().is_none(),
        _ => true,
    };
    let zero = |id: &str| id.bytes().all(|byte| byte == b'0');
    let usable = known && !zero(trace_id) && !zero(parent_id);
    usable.then(|| (trace_id.to_owned(), parent_id.to_owned(), flags & 1 == 1))
}

fn hex(part: &str, length: usize) -> Option<&str> {
    let lower = part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    (part.len() == length && lower).then_some(part)
}
