//! Every answer of 400 and above is a problem, whoever gives it.

use serde_json::json;

use super::desk::Desk;
use super::wire::{ask, get, post, send};

const ID: &str = "/things/01900000-0000-7000-8000-000000000001";

#[tokio::test]
async fn bodies_that_are_not_json_are_refused() {
    let desk = Desk::start().await;
    let syntax = post(desk.address, "/things", "{\"name\": \n oops}").await;
    let problem = syntax.problem(400, "malformed_json");
    assert!(problem["detail"].to_string().contains("line 2, column 2"), "{problem}");
    assert_eq!(problem["errors"][0]["code"], "syntax");

    post(desk.address, "/things", "{\"name\": \"a\"} {}").await.problem(400, "malformed_json");
    let json = ["content-type: application/json"];
    for (body, detail) in [
        ("", "The body is not well-formed JSON at line 1, column 0: it is empty."),
        (
            "{\"name\":",
            "The body is not well-formed JSON at line 1, column 8: it ends where more must follow.",
        ),
    ] {
        let cut = ask(desk.address, "POST /things", &json, body.as_bytes()).await;
        assert_eq!(cut.problem(400, "malformed_json")["detail"], detail);
    }
    let bytes = ask(desk.address, "POST /things", &json, b"{\"name\": \"\xff\"}").await;
    assert_eq!(bytes.problem(400, "malformed_json")["errors"][0]["code"], "not_utf8");

    let twice = post(desk.address, "/things", r#"{"name": "a", "name": "b"}"#).await;
    assert_eq!(twice.problem(400, "malformed_json")["errors"][0]["pointer"], "/name");
    let deep = format!("{{\"name\": {}{}}}", "[".repeat(33), "]".repeat(33));
    let deep = post(desk.address, "/things", &deep).await;
    assert_eq!(deep.problem(400, "malformed_json")["errors"][0]["code"], "too_deep");
}

#[tokio::test]
async fn what_is_given_instead_is_said() {
    let desk = Desk::start().await;
    for (given, said) in [("5", "5"), ("-1.5", "-1.5"), ("false", "false"), ("[7]", "an array")] {
        let wrong = post(desk.address, "/things", &format!("{{\"name\": {given}}}")).await;
        assert_eq!(
            wrong.problem(422, "validation")["errors"][0]["detail"],
            format!("must be a text, not {said}")
        );
    }
}

#[tokio::test]
async fn bodies_that_are_json_and_wrong_are_refused_place_by_place() {
    let desk = Desk::start().await;
    let wrong = post(desk.address, "/things", r#"{"size": 10, "colour": "red"}"#).await;
    let problem = wrong.problem(422, "validation");
    let faults: Vec<_> = problem["errors"].as_array().expect("a list").iter().collect();
    let places: Vec<_> = faults.iter().map(|fault| (&fault["pointer"], &fault["code"])).collect();
    assert_eq!(places.len(), 3, "{problem}");
    assert_eq!((places[0].0, places[0].1), (&"/name".into(), &"required".into()));
    assert_eq!((places[1].0, places[1].1), (&"/size".into(), &"out_of_range".into()));
    assert_eq!((places[2].0, places[2].1), (&"/colour".into(), &"unknown_field".into()));

    let shape = post(desk.address, "/things", "[]").await;
    assert_eq!(shape.problem(422, "validation")["errors"][0]["pointer"], "");
    for (text, code) in [("a\\u0000", "nul_character"), ("\\ud800", "lone_surrogate")] {
        let answer = post(desk.address, "/things", &format!("{{\"name\": \"{text}\"}}")).await;
        let problem = answer.problem(422, "validation");
        assert_eq!(problem["errors"][0]["pointer"], "/name");
        assert_eq!(problem["errors"][0]["code"], code);
    }
}

#[tokio::test]
async fn bodies_of_another_type_are_refused() {
    let desk = Desk::start().await;
    for head in [
        &[][..],
        &["content-type: text/plain"],
        &["content-type: application/json; charset=utf-16"],
        &["content-type: application/jsonp"],
        &["content-type: \u{fc}"],
        &["content-type: application/json", "content-encoding: gzip"],
    ] {
        let answer = ask(desk.address, "POST /things", head, b"{\"name\": \"a\"}").await;
        answer.problem(415, "unsupported_media_type");
    }
    for kind in ["application/json", "Application/JSON; charset=\"UTF-8\"", "application/merge-patch+json"] {
        let head = format!("content-type: {kind}");
        assert_eq!(
            ask(desk.address, "POST /things", &[&head], b"{\"name\": \"a\"}").await.status,
            201,
            "{kind}"
        );
    }
}

#[tokio::test]
async fn large_bodies_are_refused_whether_announced_or_not() {
    let desk = Desk::start().await;
    let large = format!("{{\"name\": \"{}\"}}", "x".repeat(70_000));
    post(desk.address, "/things", &large).await.problem(413, "payload_too_large");

    let head =
        "POST /things HTTP/1.1\r\nhost: desk\r\nconnection: close\r\ncontent-type: application/json\r\n";
    let chunk = format!("1000\r\n{}\r\n", " ".repeat(0x1000)).repeat(20);
    let chunked = format!("{head}transfer-encoding: chunked\r\n\r\n{chunk}0\r\n\r\n");
    let problem = send(desk.address, chunked.as_bytes()).await.problem(413, "payload_too_large");
    assert_eq!(problem["detail"], "A body may have 65536 bytes.");
    let foreign = chunked.replace("/things", "/foreign");
    send(desk.address, foreign.as_bytes()).await.problem(413, "payload_too_large");

    let waiting = format!("{head}content-length: 99999999\r\nexpect: 100-continue\r\n\r\n");
    send(desk.address, waiting.as_bytes()).await.problem(413, "payload_too_large");
    let promised = format!("{head}content-length: 13\r\nexpect: 100-continue\r\n\r\n{{\"name\": \"a\"}}");
    assert_eq!(send(desk.address, promised.as_bytes()).await.status, 201);
}

#[tokio::test]
async fn the_frameworks_own_refusals_become_problems() {
    let desk = Desk::start().await;
    post(desk.address, "/foreign", "\"no number\"").await.problem(422, "validation");
    post(desk.address, "/foreign", "-").await.problem(400, "bad_request");
    ask(desk.address, "POST /foreign", &[], b"1").await.problem(415, "unsupported_media_type");
    get(desk.address, "/bare/word").await.problem(400, "bad_request");
    for (status, kind) in [
        (401, "unauthenticated"),
        (403, "forbidden"),
        (404, "not_found"),
        (406, "not_acceptable"),
        (409, "conflict"),
        (413, "payload_too_large"),
        (500, "internal"),
        (503, "unavailable"),
        (504, "timeout"),
    ] {
        let answer = get(desk.address, &format!("/bare/{status}")).await;
        let problem = answer.problem(status, kind);
        assert!(!problem.to_string().contains("bare words"), "{problem}");
        assert_eq!(answer.header("retry-after").is_some(), status == 503);
        assert_eq!(answer.header("www-authenticate").is_some(), status == 401);
    }
    assert_eq!(get(desk.address, "/bare/200").await.body, b"bare words");
}

#[tokio::test]
async fn paths_and_methods_that_do_not_exist_are_refused() {
    let desk = Desk::start().await;
    for path in ["/", "/nothing", "/things/", "//things", "/docs/nothing.js", "/%zz", "/%ff"] {
        get(desk.address, path).await.problem(404, "not_found");
    }
    let answer = ask(desk.address, &format!("DELETE {ID}"), &[], b"").await;
    answer.problem(405, "method_not_allowed");
    let mut allowed: Vec<_> = answer.header("allow").expect("named").split(',').collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "HEAD", "PUT"]);
    ask(desk.address, "OPTIONS /things", &[], b"").await.problem(405, "method_not_allowed");
    ask(desk.address, "BREW /things", &[], b"").await.problem(405, "method_not_allowed");
    ask(desk.address, "OPTIONS *", &[], b"").await.problem(404, "not_found");
}

#[tokio::test]
async fn head_is_answered_like_get_without_a_body() {
    let desk = Desk::start().await;
    for (path, status) in [("/healthz", 200), ("/nothing", 404), ("/things/x", 400), ("/fall", 500)] {
        let answer = ask(desk.address, &format!("HEAD {path}"), &[], b"").await;
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.body.is_empty(), "{path}");
        let kind = if status < 400 { "application/json" } else { "application/problem+json" };
        assert_eq!(answer.header("content-type"), Some(kind), "{path}");
    }
}

#[tokio::test]
async fn bad_parameters_are_refused_with_their_place() {
    let desk = Desk::start().await;
    for path in ["/things/x", "/things/%ff", "/things/%zz", "/things/a%00b"] {
        let problem = get(desk.address, path).await.problem(400, "bad_parameter");
        assert_eq!(problem["errors"][0]["pointer"], "/path/id", "{path}");
    }
    let id = get(desk.address, "/things/x").await.problem(400, "bad_parameter");
    let fault = json!({ "pointer": "/path/id", "code": "not_a_uuid", "detail": "must be a UUID" });
    assert_eq!(id["errors"], json!([fault]));
    let long = format!("/things?q={}", "x".repeat(3000));
    get(desk.address, &long).await.problem(414, "uri_too_long");
}

/// What hyper refuses before any of our code runs has no body at all: a request
/// line or header that breaks the syntax of HTTP. It must be a 400 and close.
#[tokio::test]
async fn requests_that_are_not_http_are_refused_by_the_server_itself() {
    let desk = Desk::start().await;
    for head in ["x-bad: a\u{1}b", "bad name: x", "content-length: x"] {
        let answer = ask(desk.address, "GET /healthz", &[head], b"").await;
        assert_eq!(answer.status, 400, "{head:?}");
        assert!(answer.body.is_empty());
    }
    let odd = ask(desk.address, "GET /healthz", &["x-odd: \u{fc}\u{fc}"], b"").await;
    assert_eq!(odd.status, 200, "bytes above ASCII are legal in a header");
}
