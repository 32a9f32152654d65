//! The operations of the service itself, and the description of all of them.

use std::collections::BTreeSet;

use support_engineer::http::operations::{Check, Readiness};
use support_engineer::http::problem_kind::Kind;
use support_engineer::http::{Foundation, describe, serve};

use super::desk::{BOUNDS, Desk, Gate, foundation, routes};
use super::wire::get;

#[tokio::test]
async fn health_is_always_told_and_readiness_says_what_fails() {
    let desk = Desk::start().await;
    assert_eq!(get(desk.address, "/healthz").await.json()["status"], "ok");
    let ready = get(desk.address, "/readyz").await.json();
    assert_eq!((&ready["status"], &ready["checks"][0]), (&"ready".into(), &"database".into()));

    let readiness = Readiness::new(|| async {
        vec![
            Check { name: "database", fault: Some("does not answer".to_owned()) },
            Check { name: "migrations", fault: None },
        ]
    });
    let sick = Desk::on(Foundation { readiness, ..foundation(BOUNDS) }).await;
    let answer = get(sick.address, "/readyz").await;
    let problem = answer.problem(503, "unavailable");
    assert_eq!(problem["errors"].as_array().map(Vec::len), Some(1));
    assert_eq!(problem["errors"][0]["pointer"], "/checks/database");
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(get(sick.address, "/healthz").await.status, 200);
}

#[tokio::test]
async fn the_description_is_served_and_shown_without_the_internet() {
    let desk = Desk::start().await;
    let answer = get(desk.address, "/api.yml").await;
    assert_eq!(answer.header("content-type"), Some("application/yaml"));
    let served = String::from_utf8(answer.body).expect("UTF-8");
    assert!(served.starts_with("openapi: 3.1"), "{served}");
    assert_eq!(served, describe(routes()).to_yaml().expect("writable"));

    let page = String::from_utf8(get(desk.address, "/docs/").await.body).expect("UTF-8");
    assert!(page.contains("swagger-ui") && !page.contains("https://") && !page.contains("http://"), "{page}");
    let script = get(desk.address, "/docs/swagger-initializer.js").await;
    assert!(String::from_utf8_lossy(&script.body).contains("/api.yml"));
    assert_eq!(get(desk.address, "/docs/swagger-ui-bundle.js").await.status, 200);
}

/// axum tells its paths only in its debug output; both ways are compared, so
/// that the test notices if that output changes.
#[tokio::test]
async fn every_route_is_described_and_every_description_is_a_route() {
    let desk = Desk::start().await;
    let gate: Gate = desk.gate.clone();
    let router = serve(routes(), gate, &foundation(BOUNDS)).expect("writable");
    let debug = format!("{router:?}");
    let (_, paths) = debug.split_once("paths: {").expect("the paths of the router");
    let (paths, _) = paths.split_once("\"}").expect("their end");
    let served: BTreeSet<&str> =
        paths.split('"').filter(|text| text.starts_with('/') && !text.starts_with("/docs")).collect();
    let described = describe(routes());
    let described: BTreeSet<&str> = described.paths.paths.keys().map(String::as_str).collect();
    assert_eq!(served, described);
}

#[test]
fn the_description_says_how_to_authenticate_and_what_problems_look_like() {
    let document = serde_json::to_value(describe(routes())).expect("writable");
    assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
    assert_eq!(document["security"][0]["bearer"], serde_json::json!([]));
    let problem = &document["components"]["schemas"]["Problem"]["properties"];
    for member in ["type", "title", "status", "detail", "instance", "errors", "retryable", "allowed"] {
        assert!(problem.get(member).is_some(), "{member} is not described: {problem}");
    }
    let responses = &document["paths"]["/things"]["post"]["responses"];
    for status in [
        "201", "400", "401", "403", "404", "409", "412", "413", "414", "415", "422", "429", "500", "503",
        "504",
    ] {
        assert!(
            responses.get(status).is_some_and(|response| response.get("description").is_some()),
            "{status}"
        );
    }
    let list = &document["paths"]["/things"]["get"];
    assert_eq!(list["responses"]["404"]["description"], "No shelf", "an operation's own words win");
    let parameters: Vec<_> =
        list["parameters"].as_array().expect("a list").iter().map(|parameter| &parameter["name"]).collect();
    assert_eq!(parameters, ["limit", "cursor", "status"]);
    assert_eq!(document["components"]["schemas"]["Status"]["enum"][3], "on_hold");
    let content = &responses["422"]["content"]["application/problem+json"]["schema"]["$ref"];
    assert_eq!(content, "#/components/schemas/Problem");
    let text = document.to_string();
    for part in text.split("#/components/schemas/").skip(1) {
        let name = part.split('"').next().unwrap_or_default();
        assert!(document["components"]["schemas"].get(name).is_some(), "{name} is referred to and not there");
    }
}

#[test]
fn every_kind_of_problem_has_a_name_of_its_own_and_an_error_status() {
    let names: BTreeSet<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(names.len(), Kind::ALL.len());
    for kind in Kind::ALL {
        assert!(kind.status().as_u16() >= 400, "{kind:?}");
        assert_eq!(Kind::of_status(kind.status()).status(), kind.status(), "{kind:?}");
        assert_eq!(kind.uri(), format!("urn:support-engineer:problem:{}", kind.name()));
    }
    for (unusual, status) in [(418, 400), (431, 400), (408, 504), (501, 500), (599, 500)] {
        let unusual = http::StatusCode::from_u16(unusual).expect("a status");
        assert_eq!(Kind::of_status(unusual).status().as_u16(), status, "{unusual}");
    }
}
