//! Heads of requests, and what receivers of webhooks answer in theirs.

use axum::extract::{FromRequestParts as _, OptionalFromRequestParts as _};
use axum::http::header::{HeaderName, HeaderValue};
use axum::http::{HeaderMap, Request, request::Parts};
use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use support_engineer::domain::webhook::retry;
use support_engineer::http::etag::{self, EntityTag, Tags};
use support_engineer::http::extract::cursor::seal;
use support_engineer::http::extract::{IdempotencyKey, IfMatch, IfNoneMatch, Paging, Query};
use support_engineer::http::layers::identity::{RequestId, TRACEPARENT, TraceContext, X_REQUEST_ID};
use support_engineer::http::problem::Problem;
use uuid::Uuid;

use super::mutant::{spoils, spoilt, texts};
use super::{cases, timely};

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// A head with what can stand in one, given more than once or not.
fn parts(uri: &str, headers: &[(HeaderName, Vec<u8>)]) -> Option<Parts> {
    let mut parts = Request::builder().uri(uri).body(()).ok()?.into_parts().0;
    for (name, value) in headers {
        parts.headers.append(name, HeaderValue::from_bytes(value).ok()?);
    }
    Some(parts)
}

/// Extractors wait for nothing.
fn now<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

/// A refusal is one that says why, whichever it is.
fn expect_refusal(problem: &Problem) -> Result<(), TestCaseError> {
    let document = serde_json::to_value(problem.document(None)).expect("JSON");
    prop_assert_eq!(&document["status"], 400);
    let errors = document["errors"].as_array().expect("faults");
    prop_assert!(!errors.is_empty());
    for error in errors {
        let pointer = error["pointer"].as_str().expect("a pointer");
        prop_assert!(pointer.starts_with("/headers/") || pointer.starts_with("/query/"), "{pointer}");
    }
    Ok(())
}

/// Values of a header that are nearly one of these.
fn nearly(seeds: Vec<&'static str>) -> impl Strategy<Value = Vec<u8>> {
    let spoilt = (select(seeds), spoils()).prop_map(|(seed, spoils)| spoilt(seed.as_bytes(), &spoils));
    prop_oneof![4 => spoilt, 1 => texts().prop_map(String::into_bytes), 1 => vec(any::<u8>(), 0..20)]
}

fn tags() -> impl Strategy<Value = Vec<u8>> {
    nearly(vec!["\"v1\"", "W/\"v1\", \"v2-00ff\"", "*", "\"\"", ", \"v1\",,\"a b\""])
}

fn written(tags: &Tags) -> String {
    let tag =
        |tag: &EntityTag| tag.header().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    match tags {
        Tags::Any => "*".to_owned(),
        Tags::These(tags) => tags.iter().filter_map(tag).collect::<Vec<_>>().join(", "),
    }
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn entity_tags_are_read_as_they_are_written(bytes in tags()) {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some(tags) = timely(|| etag::parse(&text))? {
            prop_assert_eq!(etag::parse(&written(&tags)), Some(tags));
        }
    }

    #[test]
    fn preconditions_are_taken_or_refused(lines in vec(tags(), 0..3)) {
        for name in ["if-match", "if-none-match"] {
            let name = HeaderName::from_static(name);
            let headers: Vec<_> = lines.iter().map(|line| (name.clone(), line.clone())).collect();
            let Some(mut parts) = parts("/", &headers) else { continue };
            match now(IfMatch::from_request_parts(&mut parts, &())) {
                Ok(tags) => prop_assert!(tags.versions().is_none_or(|versions| versions.len() <= 1_000_000)),
                Err(problem) => expect_refusal(&problem)?,
            }
            if let Err(problem) = now(IfNoneMatch::from_request_parts(&mut parts, &())) {
                expect_refusal(&problem)?;
            }
        }
    }

    #[test]
    fn idempotency_keys_stay_as_they_are(lines in vec(nearly(vec!["one", "\"quoted\"", "schl\u{fc}ssel"]), 0..3)) {
        let name = HeaderName::from_static("idempotency-key");
        let headers: Vec<_> = lines.iter().map(|line| (name.clone(), line.clone())).collect();
        let Some(mut parts) = parts("/", &headers) else { return Ok(()) };
        match now(IdempotencyKey::from_request_parts(&mut parts, &())) {
            Ok(Some(key)) => {
                prop_assert_eq!(key.as_str().as_bytes(), lines[0].as_slice());
                prop_assert!((1..=255).contains(&key.as_str().chars().count()));
            }
            Ok(None) => prop_assert!(lines.is_empty()),
            Err(problem) => expect_refusal(&problem)?,
        }
    }

    #[test]
    fn requests_and_traces_have_names_whatever_was_sent(
        id in nearly(vec!["abc-1", "01900000-0000-7000-8000-000000000001"]),
        lines in vec(nearly(vec![TRACE, "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x"]), 0..3)
    ) {
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::from_bytes(&id) {
            headers.insert(X_REQUEST_ID, value);
        }
        for line in &lines {
            if let Ok(value) = HeaderValue::from_bytes(line) {
                headers.append(TRACEPARENT, value);
            }
        }
        let new = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001);
        let request = RequestId::of(&headers, new);
        prop_assert!(request.as_str().bytes().all(|byte| byte.is_ascii_graphic()));
        prop_assert!((1..=128).contains(&request.as_str().len()));
        let header = request.header();
        prop_assert_eq!(header.as_bytes(), request.as_str().as_bytes());
        let trace = TraceContext::of(&headers, new);
        // What is handed on is taken, and is the same trace.
        let mut onward = HeaderMap::new();
        onward.insert(TRACEPARENT, HeaderValue::try_from(trace.traceparent()).expect("a header"));
        let next = TraceContext::of(&onward, new);
        prop_assert_eq!((next.trace_id, next.parent_id), (trace.trace_id, Some(trace.span_id)));
    }

    #[test]
    fn cursors_lead_to_where_they_were_made_and_nowhere_else(
        position in (any::<i64>(), "\\PC{0,20}"), spoils in spoils(), limit in nearly(vec!["1", "200"])
    ) {
        let sealed = seal("list", &position).expect("a cursor");
        let page = |cursor: &str, limit: &str| {
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair("cursor", cursor)
                .append_pair("limit", limit)
                .finish();
            let mut parts = parts(&format!("/?{query}"), &[]).expect("a head");
            now(Query::<Paging>::from_request_parts(&mut parts, &()))
        };
        let Query(whole) = page(&sealed, "50").expect("it is a page");
        prop_assert_eq!(whole.position("list").expect("it is of the list"), Some(position.clone()));
        prop_assert!(whole.position::<(i64, String)>("other").is_err());
        let bent = spoilt(sealed.as_bytes(), &spoils);
        let bent = String::from_utf8_lossy(&bent).into_owned();
        // A head has its bounds, which have tests of their own.
        let limit: String = String::from_utf8_lossy(&limit).chars().take(300).collect();
        match page(&bent, &limit) {
            Ok(Query(paging)) => match timely(|| paging.position::<(i64, String)>("list"))? {
                Ok(None) => prop_assert!(bent.is_empty()),
                Ok(Some(found)) => prop_assert!(found == position && bent == sealed, "{bent} is another cursor"),
                Err(problem) => expect_refusal(&problem)?,
            },
            Err(problem) => expect_refusal(&problem)?,
        }
    }

    #[test]
    fn a_receiver_asks_for_a_pause_or_for_none(
        header in nearly(vec!["120", "Wed, 21 Oct 2026 07:28:00 GMT", "Wed, 21 Oct 26 07:28 -0000", "4294967295"])
    ) {
        let now: Timestamp = "2026-10-21T07:00:00Z".parse().expect("an instant");
        let asked = timely(|| retry::asked(&String::from_utf8_lossy(&header), now))?;
        prop_assert!(asked.is_none_or(|pause| pause >= SignedDuration::ZERO));
    }
}
