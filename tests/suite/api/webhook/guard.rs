//! What deliveries can't be made to reach.

use serde_json::json;
use support_engineer::app::means::means;
use support_engineer::config::Config;

use super::{admin, deliveries, desk, listen, log, open, settle};
use crate::harness::{Desk, Receiver, Reply};

#[tokio::test]
async fn addresses_that_are_not_public_are_refused() {
    let desk = Desk::start().await;
    let admin = admin(&desk);
    for url in [
        "https://127.0.0.1/in",
        "https://127.1/in",
        "https://0x7f000001/in",
        "https://2130706433/in",
        "https://0/in",
        "https://10.1.2.3/in",
        "https://172.16.0.1/in",
        "https://192.168.1.1/in",
        "https://100.64.0.1/in",
        "https://169.254.169.254/latest/meta-data",
        "https://224.0.0.1/in",
        "https://255.255.255.255/in",
        "https://[::1]/in",
        "https://[::ffff:127.0.0.1]/in",
        "https://[::ffff:7f00:1]/in",
        "https://[64:ff9b::7f00:1]/in",
        "https://[fd00:ec2::254]/in",
        "https://[fe80::1]/in",
        "http://hooks.example.org/in",
        "ftp://hooks.example.org/in",
        "file:///etc/passwd",
        "https://user:pw@hooks.example.org/in",
        "https://hooks.example.org/in#part",
        "hooks.example.org",
        "https://",
    ] {
        let refused = admin.post("/v1/webhooks", &json!({ "url": url })).await;
        let refused = refused.expect_problem(422, "validation");
        assert_eq!(refused.faults(), [("/url".to_owned(), "not_allowed".to_owned())], "{url}");
    }
}

#[tokio::test]
async fn a_name_that_leads_to_this_machine_is_refused_when_it_is_connected_to() {
    let (desk, receiver) = (Desk::start().await, Receiver::start().await);
    let admin = admin(&desk);
    let url = format!("https://localhost:{}/in", receiver.port());
    let made =
        admin.post("/v1/webhooks", &json!({ "url": url, "events": ["ticket.created"] })).await.expect(201);
    open(&admin, "Export fails").await;
    settle(&desk).await;
    let all = deliveries(&admin, made.id(), "").await;
    let log = log(&admin, made.id(), &all[0]).await;
    assert_eq!(log.at("/log/0/outcome"), "forbidden");
    assert!(log.text("/log/0/error").contains("loopback"), "{}", log.shown());
    assert_eq!(receiver.received().len(), 0);
}

#[tokio::test]
async fn a_name_that_the_operator_allows_is_reached() {
    let desk = Desk::start_with(&[("SUPPORT__OUTBOUND__ALLOW", "localhost, 10.0.0.0/8")]).await;
    let receiver = Receiver::start().await;
    let admin = admin(&desk);
    let url = format!("http://localhost:{}/in", receiver.port());
    admin.post("/v1/webhooks", &json!({ "url": url, "events": ["ticket.created"] })).await.expect(201);
    open(&admin, "Export fails").await;
    settle(&desk).await;
    assert_eq!(receiver.received().len(), 1);
    // The address itself is not on the list.
    let other = admin.post("/v1/webhooks", &json!({ "url": receiver.url("/in") })).await;
    other.expect_problem(422, "validation");
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let (desk, receiver) = (desk().await, Receiver::start().await);
    let admin = admin(&desk);
    let made = listen(&admin, &receiver, json!({})).await;
    for status in [301, 302, 307, 308] {
        receiver.answer(Reply::With(status, "location", receiver.url("/elsewhere")));
        let before = receiver.received().len();
        admin.post(&format!("/v1/webhooks/{}/test", made.id()), &json!({})).await.expect(201);
        settle(&desk).await;
        let came = receiver.received().split_off(before);
        assert_eq!(came.len(), 1);
        assert_eq!(came[0].path, "/in");
    }
    let all = deliveries(&admin, made.id(), "&state=pending").await;
    let log = log(&admin, made.id(), &all[0]).await;
    assert_eq!(log.at("/log/0/error"), "redirects are not followed");
}

#[test]
fn an_allow_list_that_cannot_be_read_is_refused() {
    for bad in ["10.0.0.0/33", "10.0.0/8", "::1/129", "a b", "https://example.org"] {
        let config = Config::resolve(None, [("SUPPORT__OUTBOUND__ALLOW", bad)]).expect("a list of texts");
        let refused = means(&config).expect_err("not an address");
        assert!(refused.to_string().starts_with("outbound.allow: "), "{refused}");
    }
}
