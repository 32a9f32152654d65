//! How batches are written, and how large they may be.

use reqwest::Method;
use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{NDJSON, PATH, count, counts, statuses};
use crate::harness::{Answer, Client, Desk, ticket};

async fn raw(client: &Client, media_type: &str, body: impl Into<Vec<u8>>) -> Answer {
    client.send_raw(Method::POST, PATH, media_type, body.into()).await
}

#[tokio::test]
async fn one_a_line_goes_in_and_comes_out() {
    let desk = Desk::start().await;
    let service = desk.as_role(Role::Service);
    let good = |name: &str| ticket(name, "It says no.").to_string();
    let body = format!(
        "{}\r\n\r\n   \n{}\nnot json\n[]\n{{\"subject\": \"cut\n{}",
        good("First"),
        good("Second"),
        good("Last")
    );
    for media_type in [NDJSON, "application/ndjson", "application/jsonl; charset=utf-8"] {
        let answer = raw(&service, media_type, body.clone()).await.expect(200);
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(statuses(&answer), [201, 201, 400, 422, 400, 201]);
        assert_eq!(counts(&answer), [3, 0, 0, 3]);
        let malformed = answer.at("/results/2/problem");
        assert_eq!(malformed["type"], "urn:support-engineer:problem:malformed_json");
        assert_eq!(answer.text("/results/5/ticket/subject"), "Last");
    }
    for accept in
        ["application/x-ndjson", "application/json;q=0.5, application/jsonl", "*/*, application/ndjson"]
    {
        let answer = raw(&service.with("accept", accept), NDJSON, body.clone()).await.expect(200);
        assert_eq!(answer.header("content-type"), NDJSON, "{accept}");
        let text = String::from_utf8(answer.body).expect("text");
        assert!(text.ends_with("}\n"), "every line has its end");
        let lines: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).expect("a line is a result")).collect();
        let seen: Vec<_> = lines.iter().map(|line| (&line["index"], &line["status"])).collect();
        let expected = [201, 201, 400, 422, 400, 201].map(|status| json!(status));
        let places: Vec<Value> = (0..6).map(|place| json!(place)).collect();
        assert_eq!(seen, places.iter().zip(&expected).collect::<Vec<_>>());
    }
    for accept in ["application/json, application/x-ndjson", "*/*", "application/x-ndjson;q=0"] {
        let answer = raw(&service.with("accept", accept), NDJSON, good("One")).await.expect(200);
        assert_eq!(answer.header("content-type"), "application/json", "{accept}");
    }
    // A line that is no UTF-8 is its own fault.
    let mut bytes = b"{\"subject\": \"\xff\"}\n".to_vec();
    bytes.extend(good("After").into_bytes());
    assert_eq!(statuses(&raw(&service, NDJSON, bytes).await.expect(200)), [400, 201]);
}

#[tokio::test]
async fn what_is_no_batch_is_refused_as_a_whole() {
    let desk = Desk::start().await;
    let service = desk.as_role(Role::Service);
    let one = ticket("One", "It says no.").to_string();
    for body in ["[]", " [ ] ", "{}", "null", "7", &one] {
        raw(&service, "application/json", body).await.expect_problem(422, "validation");
    }
    for body in ["", "\n", " \r\n\t\n"] {
        raw(&service, NDJSON, body).await.expect_problem(422, "validation");
    }
    let broken =
        ["", "[", "[1", "[1,]", "[,]", "[1 2]", "[1] x", "[\"a]", "{", "x", "[{\"a\":}]", &one[1..], "[1]]"];
    for body in broken {
        let refused = raw(&service, "application/json", body).await.expect_problem(400, "malformed_json");
        assert!(refused.text("/detail").contains("line 1, column"), "{body}: {}", refused.shown());
    }
    raw(&service, "application/json", b"[\"\xff\"]".to_vec()).await.expect_problem(400, "malformed_json");
    let lines = "7\n".repeat(1_001);
    raw(&service, NDJSON, lines).await.expect_problem(422, "validation");
    for media_type in ["text/plain", "application/x-ndjson; charset=latin1", "text/csv"] {
        let refused =
            raw(&service, media_type, format!("[{one}]")).await.expect_problem(415, "unsupported_media_type");
        assert_eq!(refused.at("/allowed/1"), NDJSON);
    }
    let encoded = service.with("content-encoding", "gzip");
    raw(&encoded, "application/json", format!("[{one}]")).await.expect_problem(415, "unsupported_media_type");
    assert_eq!(count(&service).await, 0);
}

#[tokio::test]
async fn a_batch_may_be_larger_than_other_bodies_and_its_items_not() {
    let limits = [("SUPPORT__HTTP__BODY_LIMIT_BYTES", "4096"), ("SUPPORT__HTTP__BATCH_LIMIT_BYTES", "16384")];
    let desk = Desk::start_with(&limits).await;
    let service = desk.as_role(Role::Service);
    let large = |bytes: usize| ticket("Large", &"x".repeat(bytes));
    let items = json!([large(3_000), large(3_000), large(5_000), large(3_000)]);
    let answer = service.post(PATH, &items).await.expect(200);
    assert_eq!(statuses(&answer), [201, 201, 413, 201]);
    assert_eq!(answer.text("/results/2/problem/type"), "urn:support-engineer:problem:payload_too_large");
    let items = json!([large(3_000), large(3_000), large(3_000), large(3_000), large(4_000)]);
    service.post(PATH, &items).await.expect_problem(413, "payload_too_large");
    service.post("/v1/tickets", &large(5_000)).await.expect_problem(413, "payload_too_large");
    service.post("/v1/tickets/other", &large(5_000)).await.expect(413);
    assert_eq!(count(&service).await, 3);
}
