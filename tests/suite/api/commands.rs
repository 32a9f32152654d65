//! The commands beside `serve`.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;
use support_engineer::clock::Clock;

use crate::harness::{Place, Process, run, ticket};

/// Less than the five seconds that a key is remembered for: a notice that never comes is found out.
const UNTIL_TOLD: Duration = Duration::from_secs(3);

/// What a command printed; panics unless it succeeded.
#[track_caller]
fn printed(place: &Place, arguments: &[&str]) -> String {
    let output = run(&place.join("data"), &[], arguments);
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {complaint}");
    String::from_utf8(output.stdout).expect("text")
}

/// What a command complained of; panics unless it ended with this code.
#[track_caller]
fn refused(variables: &[(&str, &str)], arguments: &[&str], code: i32) -> String {
    let place = Place::new();
    let output = run(&place.join("data"), variables, arguments);
    let complaint = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {complaint}");
    assert!(!place.join("data").exists(), "what can't be used touches nothing");
    complaint
}

/// The value of a `name: value` line.
#[track_caller]
fn line<'t>(text: &'t str, name: &str) -> &'t str {
    let mut lines = text.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    lines.next().unwrap_or_else(|| panic!("no {name} in {text}"))
}

#[test]
fn every_fault_of_the_configuration_is_named() {
    let variables = [("SUPPORT__HTTP__LISTENS", "127.0.0.1:0"), ("SUPPORT__LIMITS__ENABLED", "perhaps")];
    let said = refused(&variables, &["serve"], 2);
    assert!(said.contains("SUPPORT__HTTP__LISTENS: there is no setting"), "{said}");
    assert!(said.contains("limits.enabled: must be true or false"), "{said}");
}

#[test]
fn a_command_line_that_says_nothing_known_is_refused() {
    let said = refused(&[], &["sevre"], 2);
    assert!(said.contains("sevre"), "{said}");
    refused(&[], &["keys", "create", "--name", "x", "--role", "operator", "--tenant", "acme"], 2);
    let said = refused(&[], &["keys", "create", "--name", "x", "--role", "agent"], 2);
    assert!(said.contains("--tenant is missing"), "{said}");
    let said = refused(&[], &["keys", "create", "--name", "x", "--role", "chief"], 2);
    assert!(said.contains("operator, form, service"), "{said}");
    let said = refused(&[], &["keys", "create-tenant", "--name", "x", "--slug", "Acme Inc"], 2);
    assert!(said.contains("--slug"), "{said}");
}

#[test]
fn config_check_shows_what_is_in_force_without_secrets() {
    let place = Place::new();
    let url = "postgres://desk:hunter2@db.example/desk";
    let output = run(&place.join("data"), &[("SUPPORT__DATABASE__URL", url)], &["config", "check"]);
    let shown = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success());
    assert!(shown.contains("url = \"[redacted]\" # environment variable SUPPORT__DATABASE__URL"), "{shown}");
    assert!(shown.contains("body_limit_bytes = 1048576 # default"), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
    shown.parse::<toml::Table>().expect("what is shown is a configuration");
}

#[test]
fn every_fault_of_the_rules_is_named() {
    let place = Place::new();
    let (missing, wrong) = (place.join("missing.toml"), place.join("wrong.toml"));
    std::fs::write(&wrong, "[[rule]]\nname = 1\n").expect("a file");
    let files = [missing.to_str().expect("UTF-8"), wrong.to_str().expect("UTF-8")];
    let variables = [("SUPPORT__RULES__SLA", files[0]), ("SUPPORT__RULES__ESCALATION", files[1])];
    let said = refused(&variables, &["config", "check"], 2);
    assert!(said.contains(&format!("{} (rules.sla): can't be read", files[0])), "{said}");
    assert!(said.contains(&format!("{} (rules.escalation): /", files[1])), "{said}");
}

#[test]
fn openapi_prints_the_description() {
    let yaml = printed(&Place::new(), &["openapi"]);
    assert!(yaml.starts_with("openapi: 3.1.0\n"), "{yaml}");
    assert!(yaml.contains("\n  /v1/tickets:\n"), "{yaml}");
    assert!(!yaml.contains("/test/clock"), "the clock of tests is no part of the interface");
}

#[tokio::test]
async fn keys_are_made_and_ended_beside_a_running_service() {
    let place = Place::new();
    let process = Process::serve(&place.join("data"), &[]);
    let made = printed(&place, &["keys", "create-tenant", "--slug", "acme", "--name", "Acme"]);
    let admin = process.client().with_key(line(&made, "admin key"));
    admin.get("/v1/keys").await.expect(200);

    let made = printed(
        &place,
        &["keys", "create", "--tenant", "acme", "--role", "agent", "--name", "desk one", "--agent", "Bob"],
    );
    let agent = process.client().with_key(line(&made, "key"));
    agent.post("/v1/tickets", &ticket("Export fails", "It says no.")).await.expect(201);
    let list = printed(&place, &["keys", "list", "--tenant", "acme"]);
    let row = list.lines().find(|row| row.contains("\tdesk one\t")).expect("the key is listed");
    assert!(row.starts_with(line(&made, "id")), "{list}");
    assert!(!list.contains(line(&made, "key")), "a secret is shown once: {list}");

    printed(&place, &["keys", "revoke", "--tenant", "acme", line(&made, "id")]);
    // The process hears of it by a notice of the database, which is on its way when the command ends.
    let told = Clock::monotonic();
    let mut answer = agent.get("/v1/tickets").await;
    while answer.status == 200 && told.elapsed() < UNTIL_TOLD {
        answer = agent.get("/v1/tickets").await;
    }
    answer.expect_problem(401, "unauthenticated");
    printed(&place, &["migrate"]);
    process.client().get("/readyz").await.expect(200);
}

#[tokio::test]
async fn an_operator_key_makes_tenants_until_it_is_ended() {
    let place = Place::new();
    // Nothing runs yet: the command starts the database, and stops it.
    let made = printed(&place, &["keys", "create", "--role", "operator", "--name", "ops"]);
    let process = Process::serve(&place.join("data"), &[]);
    assert!(process.admin_key().is_some(), "there is no tenant yet");
    let operator = process.client().with_key(line(&made, "key"));
    operator.post("/v1/tenants", &json!({ "slug": "acme", "name": "Acme" })).await.expect(201);
    operator.get("/v1/tickets").await.expect_problem(403, "forbidden");

    let id = line(&made, "id");
    assert!(printed(&place, &["keys", "list"]).contains(id));
    printed(&place, &["keys", "revoke", id]);
    operator.post("/v1/tenants", &json!({ "slug": "late", "name": "Late" })).await.expect(401);
    let unknown = run(&place.join("data"), &[], &["keys", "list", "--tenant", "nobody"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("there is no tenant \"nobody\""));
}

#[test]
fn healthcheck_says_whether_the_service_answers() {
    let place = Place::new();
    let process = Process::serve(&place.join("data"), &[]);
    let variables = [("SUPPORT__HTTP__LISTEN", process.address())];
    let asked = || run(&place.join("data"), &variables, &["healthcheck"]).status.code();
    assert_eq!(asked(), Some(0));
    let address = process.address().to_owned();
    process.signal(Signal::TERM);
    process.wait();
    let variables = [("SUPPORT__HTTP__LISTEN", address.as_str())];
    assert_eq!(run(&place.join("data"), &variables, &["healthcheck"]).status.code(), Some(1));
}
