//! Bodies that are not the JSON that the desk takes.

use reqwest::Method;
use serde_json::json;
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Answer, Client, Desk, ticket};

const JSON: &str = "application/json";

async fn post(client: &Client, media_type: &str, body: impl Into<Vec<u8>>) -> Answer {
    client.send_raw(Method::POST, "/v1/tickets", media_type, body.into()).await
}

/// The text of a ticket with `rest` as its last fields.
fn text(rest: &str) -> String {
    format!(r#"{{"subject": "S", "body": "B", "requester": {{"email": "ada@example.org"}}, {rest}}}"#)
}

async fn expect_nothing_stored(client: &Client) {
    assert_eq!(client.get("/v1/tickets").await.expect(200).at("/items"), json!([]));
}

#[tokio::test]
async fn what_is_no_json_is_told_so() {
    let desk = Desk::start().await;
    let service = desk.as_role(Role::Service);
    let twice = text(r#""tags": [], "tags": ["x"]"#);
    let inner_twice = text(r#""custom": {"a": {"b": 1, "b": 2}}"#);
    let escaped_twice = text(r#""service": "a", "\u0073ervice": "b""#);
    let deep = text(&format!(r#""custom": {}1{}"#, "[".repeat(5_000), "]".repeat(5_000)));
    let huge_number = text(r#""custom": {"n": 1e400}"#);
    for body in [
        "",
        "{",
        "nonsense",
        "{\"subject\": 'S'}",
        "{\"subject\": \"S\",}",
        "{} {}",
        "NaN",
        "\u{feff}{}",
        "{\"subject\": \"tab\tinside\"}",
        &twice,
        &inner_twice,
        &escaped_twice,
        &deep,
        &huge_number,
    ] {
        let shown: String = body.chars().take(120).collect();
        let answer = post(&service, JSON, body).await;
        assert_eq!(answer.status, 400, "{shown}\n{}", answer.shown());
        answer.expect_problem(400, "malformed_json");
    }
    post(&service, JSON, b"{\"subject\": \"\xff\"}".as_slice()).await.expect_problem(400, "malformed_json");
    let named = post(&service, JSON, inner_twice).await;
    assert_eq!(named.faults()[0].0, "/custom/a/b", "{}", named.shown());
    expect_nothing_stored(&service).await;
}

#[tokio::test]
async fn characters_that_cannot_be_kept_are_named() {
    let desk = Desk::start().await;
    let service = desk.as_role(Role::Service);
    for (body, faults) in [
        (text(r#""tags": ["ok", "n\u0000l"]"#), vec![("/tags/1", "nul_character")]),
        (
            text(r#""custom": {"a": "\u0000", "\u0000b": 1}"#),
            vec![("/custom/a", "nul_character"), ("/custom/\0b", "nul_character")],
        ),
        (text(r#""service": "\ud83e""#), vec![("/service", "lone_surrogate")]),
        (text(r#""service": "\udd8a\ud83e""#), vec![("/service", "lone_surrogate")]),
    ] {
        let answer = post(&service, JSON, body).await.expect_problem(422, "validation");
        let faults: Vec<_> = faults.into_iter().map(|(p, c)| (p.to_owned(), c.to_owned())).collect();
        assert_eq!(answer.faults(), faults, "{}", answer.shown());
    }
    expect_nothing_stored(&service).await;
    let whole = post(&service, JSON, text(r#""service": "\ud83e\udd8a""#)).await.expect(201);
    assert_eq!(whole.text("/service"), "\u{1F98A}", "a whole pair is one character");
}

#[tokio::test]
async fn a_body_is_called_json_and_comes_as_it_is() {
    let desk = Desk::start().await;
    let service = desk.as_role(Role::Service);
    let body = ticket("Export fails", "It says no.").to_string();
    for wrong in [
        "text/plain",
        "application/xml",
        "multipart/form-data; boundary=x",
        "json",
        "application/json; charset=latin1",
    ] {
        post(&service, wrong, body.clone()).await.expect_problem(415, "unsupported_media_type");
    }
    let packed = service.with("content-encoding", "gzip");
    post(&packed, JSON, body.clone()).await.expect_problem(415, "unsupported_media_type");
    service.send(Method::POST, "/v1/tickets", None).await.expect_problem(415, "unsupported_media_type");
    expect_nothing_stored(&service).await;
    for right in ["application/json; charset=UTF-8", "Application/JSON", "application/merge-patch+json"] {
        post(&service, right, body.clone()).await.expect(201);
    }
}

#[tokio::test]
async fn ten_megabytes_are_too_many() {
    let desk = Desk::start().await;
    let service = desk.as_role(Role::Service);
    let huge = ticket("Export fails", &"x".repeat(10 << 20)).to_string();
    post(&service, JSON, huge).await.expect_problem(413, "payload_too_large");
    // Just above and at the limit, which is one MiB; both hold more text than a field may.
    let sized = |bytes: usize| {
        let empty = ticket("Export fails", "").to_string().len();
        ticket("Export fails", &"x".repeat(bytes - empty)).to_string()
    };
    post(&service, JSON, sized((1 << 20) + 1)).await.expect_problem(413, "payload_too_large");
    let refused = post(&service, JSON, sized(1 << 20)).await.expect_problem(422, "validation");
    assert_eq!(refused.faults(), [("/body".to_owned(), "too_long".to_owned())]);
    expect_nothing_stored(&service).await;
}
