//! What handlers take from a request.

use serde_json::json;

use super::desk::Desk;
use super::wire::{ask, get, post};

const ID: &str = "/things/01900000-0000-7000-8000-000000000001";

#[tokio::test]
async fn a_body_gives_its_value_and_its_bytes() {
    let desk = Desk::start().await;
    let text = r#"{ "name": " a " , "size": null }"#;
    let answer = post(desk.address, "/things", text).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.json(), json!({"name": "a", "size": 5, "bytes": text.len(), "key": null}));
}

#[tokio::test]
async fn idempotency_keys_are_opaque_and_bounded() {
    let desk = Desk::start().await;
    let json = "content-type: application/json";
    let longest = "k".repeat(255);
    for key in ["a", "\"quoted\"", "with space", "schl\u{fc}ssel", longest.as_str()] {
        let head = format!("idempotency-key: {key}");
        let answer = ask(desk.address, "POST /things", &[json, &head], b"{\"name\": \"a\"}").await;
        assert_eq!(answer.json()["key"], key);
    }
    let long = "k".repeat(256);
    for key in ["", long.as_str(), "a\tb"] {
        let head = format!("idempotency-key: {key}");
        let answer = ask(desk.address, "POST /things", &[json, &head], b"{\"name\": \"a\"}").await;
        let problem = answer.problem(400, "bad_parameter");
        assert_eq!(problem["errors"][0]["pointer"], "/headers/idempotency-key");
    }
    let twice = [json, "idempotency-key: a", "idempotency-key: a"];
    ask(desk.address, "POST /things", &twice, b"{\"name\": \"a\"}").await.problem(400, "bad_parameter");
}

#[tokio::test]
async fn queries_name_what_is_wrong() {
    let desk = Desk::start().await;
    for (query, kind, place) in [
        ("colour=red", "unknown_parameter", "/query/colour"),
        ("limit=0", "bad_parameter", "/query/limit"),
        ("limit=201", "bad_parameter", "/query/limit"),
        ("limit=ten", "bad_parameter", "/query/limit"),
        ("limit=", "bad_parameter", "/query/limit"),
        ("limit=1&limit=2", "bad_parameter", "/query/limit"),
        ("status=new,lost", "bad_parameter", "/query/status"),
        ("status=%00", "bad_parameter", "/query/status"),
        ("status=%ff", "bad_parameter", "/query/status"),
        ("cursor=nonsense", "bad_parameter", "/query/cursor"),
        ("cursor=%25%25", "bad_parameter", "/query/cursor"),
    ] {
        let problem = get(desk.address, &format!("/things?{query}")).await.problem(400, kind);
        assert_eq!(problem["errors"][0]["pointer"], place, "{query}");
    }
    for query in ["", "limit=200", "status=", "status=new,open&status=closed"] {
        assert_eq!(get(desk.address, &format!("/things?{query}")).await.status, 200, "{query}");
    }
}

#[tokio::test]
async fn pages_follow_each_other_to_the_end() {
    let desk = Desk::start().await;
    let mut path = "/things?status=new&limit=40".to_owned();
    let mut seen = Vec::new();
    loop {
        let answer = get(desk.address, &path).await;
        let page = answer.json();
        seen.extend(
            page["items"].as_array().expect("a list").iter().map(|item| item.as_u64().expect("a number")),
        );
        let Some(link) = answer.header("link") else {
            assert!(page["next_cursor"].is_null());
            break;
        };
        assert!(link.contains(page["next_cursor"].as_str().expect("a cursor")), "{link}");
        path = link
            .strip_prefix('<')
            .and_then(|link| link.strip_suffix(">; rel=\"next\""))
            .expect(link)
            .to_owned();
    }
    assert_eq!(seen, (0..100).collect::<Vec<_>>());

    let first = get(desk.address, "/things?limit=40").await.json();
    let cursor = first["next_cursor"].as_str().expect("a cursor");
    let other = get(desk.address, &format!("/things?status=new&cursor={cursor}")).await;
    assert_eq!(other.problem(400, "bad_parameter")["errors"][0]["code"], "bad_cursor");
}

#[tokio::test]
async fn a_change_is_made_only_to_the_version_it_is_meant_for() {
    let desk = Desk::start().await;
    let line = format!("PUT {ID}");
    for admitted in ["if-match: \"v3\"", "if-match: *", "if-match: \"v2\", \"v3\"", "x-none: 1"] {
        assert_eq!(ask(desk.address, &line, &[admitted], b"").await.status, 200, "{admitted}");
    }
    for stale in ["if-match: \"v2\"", "if-match: W/\"v3\"", "if-match: \"3\"", "if-match: \"v03\""] {
        ask(desk.address, &line, &[stale], b"").await.problem(412, "precondition_failed");
    }
    for bad in
        ["if-match: v3", "if-match: \"v3", "if-match: ", "if-match: \"a\" \"b\"", "if-match: \"v3\", *"]
    {
        ask(desk.address, &line, &[bad], b"").await.problem(400, "bad_parameter");
    }
    let lines = ["if-match: \"v2\"", "if-match: \"v3\""];
    assert_eq!(ask(desk.address, &line, &lines, b"").await.status, 200);
}

#[tokio::test]
async fn what_the_client_has_is_not_sent_again() {
    let desk = Desk::start().await;
    let line = format!("GET {ID}");
    for known in ["if-none-match: \"v3\"", "if-none-match: W/\"v3\"", "if-none-match: *"] {
        let answer = ask(desk.address, &line, &[known], b"").await;
        assert_eq!((answer.status, answer.header("etag")), (304, Some("\"v3\"")), "{known}");
    }
    assert_eq!(ask(desk.address, &line, &["if-none-match: \"v2\""], b"").await.status, 200);
}
