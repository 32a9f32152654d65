//! A faulty matrix is refused, and every fault of it is named.

use support_engineer::domain::escalation::{Matrix, Question};
use support_engineer::domain::vocabulary::{Category, Channel, Persona, Priority, Severity};

use super::matrix::SHIPPED;

/// The faults of the shipped matrix after one change, as text.
fn faults_after(from: &str, to: &str) -> Vec<String> {
    assert!(SHIPPED.contains(from), "the shipped matrix has {from:?}");
    let faults = Matrix::parse(&SHIPPED.replacen(from, to, 1)).expect_err("a fault");
    faults.iter().map(ToString::to_string).collect()
}

fn assert_names(faults: &[String], parts: &[&str]) {
    let named = faults.iter().any(|fault| parts.iter().all(|part| fault.contains(part)));
    assert!(named, "no fault of {faults:#?} says {parts:?}");
}

/// Asserts that each change makes a fault that says all of these parts.
fn assert_each(cases: &[(&str, &str, &[&str])]) {
    for (from, to, parts) in cases {
        assert_names(&faults_after(from, to), parts);
    }
}

#[test]
fn a_wrong_key_or_value_is_named_at_its_place() {
    assert_each(&[
        ("to = \"devops\"", "to = \"wizard\"", &["/rule/4/to", "\"wizard\" is not one of", "devops"]),
        ("home = true", "hme = true", &["/rule/0/hme", "unknown key"]),
        ("[[direct]]", "[extra]\n[[direct]]", &["/extra", "unknown key"]),
        ("fallback = \"human_support\"", "fallback = \"security_engineer\"", &["/rule/0/fallback", "cannot"]),
        ("fallback = \"human_support\"", "fallback = 7", &["/rule/0/fallback"]),
        ("id = \"data\"\n", "", &["/rule/12/id", "is missing"]),
        ("id = \"data\"", "id = \" \"", &["/rule/12/id", "is empty"]),
        ("id = \"data\"", "id = \"product\"", &["the id product is used twice"]),
        (
            "[\"incident_details\", \"affected_scope\"]",
            "[\"gossip\"]",
            &["/rule/0/required_context/0", "gossip"],
        ),
        (
            "[\"incident_details\", \"affected_scope\"]",
            "[\"affected_scope\", \"affected_scope\"]",
            &["/rule/0/required_context", "names affected_scope twice"],
        ),
        (
            "when = { category = [\"security\"] }",
            "when = { category = [] }",
            &["/rule/0/when/category", "empty"],
        ),
        ("when = { category = [\"security\"] }", "when = {}", &["/rule/0/when", "says nothing"]),
        ("when = { category = [\"security\"] }\n", "", &["/rule/0/when", "is missing"]),
        (
            "when = { category = [\"security\"] }",
            "when = { colour = [1] }",
            &["/rule/0/when/colour", "unknown"],
        ),
    ]);
}

#[test]
fn a_contradiction_is_named_at_its_place() {
    assert_each(&[
        ("P1 = 900\n", "P1 = 9000\n", &["/acknowledge_within_seconds/P1", "more urgent"]),
        ("P1 = 900\n", "P1 = 0\n", &["/acknowledge_within_seconds/P1", "must be 1 to"]),
        ("P1 = 900\n", "", &["/acknowledge_within_seconds/P1", "is missing"]),
        (
            "    { category = \"security\" },",
            "    { category = \"data\" },",
            &["/rule/0/examples/0", "decided by data"],
        ),
        (
            "out_of_scope_persona = \"developer\", to = \"developer\"",
            "out_of_scope_persona = \"developer\", to = \"devops\"",
            &["/rule/1/examples/0", "goes to developer"],
        ),
        (
            "examples = [{ category = \"access\", scope = \"out_of_scope\" }]",
            "examples = []",
            &["/rule/5/examples"],
        ),
        ("at_creation = \"automatic\"", "at_creation = \"soon\"", &["/rule/0/at_creation", "soon"]),
        (
            "id = \"other_technical\"\nto = \"developer\"",
            "id = \"other_technical\"\nto = \"triage\"",
            &["/otherwise/to", "must be a persona"],
        ),
        ("[otherwise]", "[[rule]]", &["/otherwise", "is missing"]),
        (
            "id = \"human_support\"\nto = \"human_support\"",
            "id = \"x\"\nto = \"devops\"",
            &["/direct/0/fallback"],
        ),
    ]);
}

#[test]
fn every_persona_needs_exactly_one_home() {
    let faults = faults_after("restricted = true\nhome = true", "restricted = true");
    assert_names(&faults, &["security_engineer has neither"]);
    let faults =
        faults_after("at_creation = \"held\"\nexamples", "at_creation = \"held\"\nhome = true\nexamples");
    assert_names(&faults, &["devops has 2 home"]);
}

#[test]
fn all_faults_are_named_at_once() {
    let text = SHIPPED
        .replacen("to = \"devops\"", "to = \"wizard\"", 1)
        .replacen("fallback = \"human_support\"", "fallback = \"nobody\"", 1)
        .replacen("id = \"data\"", "idd = \"data\"", 1);
    let faults = Matrix::parse(&text).expect_err("four faults");
    let places: Vec<&str> = faults.iter().map(|fault| fault.at.as_str()).collect();
    assert_eq!(places, ["/rule/0/fallback", "/rule/4/to", "/rule/12/idd", "/rule/12/id"]);
}

#[test]
fn broken_syntax_and_an_empty_text_are_faults() {
    let faults = Matrix::parse("[acknowledge_within_seconds]\nP1 = \n").expect_err("no value");
    assert_eq!(faults.len(), 1);
    assert!(faults[0].detail.contains("line 2"), "{}", faults[0].detail);
    assert!(Matrix::parse("").is_err_and(|faults| faults.len() == 3));
    assert!(Matrix::parse("rule = 3").is_err_and(|faults| faults.iter().any(|fault| fault.at == "/rule")));
}

#[test]
fn a_tenant_may_decide_by_severity_priority_and_channel() {
    let own = r#"
[[rule]]
id = "burning"
when = { severity = ["critical"], priority = ["P1"], channel = ["phone"] }
to = "human_support"
because = "Who calls about a production stop speaks to a person."
fallback = "devops"
home = true
examples = [{ category = "other", severity = "critical", priority = "P1", channel = "phone" }]

[[rule]]"#;
    let text = SHIPPED.replacen("[[rule]]", own, 1);
    let direct = text.find("[[direct]]").expect("the shipped matrix has a direct row");
    let matrix = Matrix::parse(&text[..direct]).expect("a tenant's matrix");
    let burning = Question {
        severity: Severity::Critical,
        priority: Priority::P1,
        channel: Channel::Phone,
        ..Question::about(Category::TechnicalBug)
    };
    let route = matrix.route(&burning);
    assert_eq!((route.persona, route.fallback), (Persona::HumanSupport, Persona::Devops));
    assert!(route.reasons.contains(&"It came in by phone.".to_owned()), "{:?}", route.reasons);
    let milder = Question { priority: Priority::P2, ..burning };
    assert_eq!(matrix.route(&milder).persona, Persona::Developer);
}

#[test]
fn the_matrix_can_be_shown() {
    let matrix = Matrix::parse(SHIPPED).expect("the shipped matrix has no fault");
    let shown = serde_json::to_value(&matrix).expect("it is plain data");
    assert_eq!(shown["rules"][0]["when"], serde_json::json!({"category": ["security"]}));
    assert_eq!(shown["rules"][1]["to"], "triage");
    assert_eq!(shown["rules"][0]["acknowledge_within_seconds"]["P1"], 600);
    assert_eq!(shown["otherwise"]["id"], "other_technical");
    assert_eq!(shown["direct"][0]["fallback"], serde_json::Value::Null);
}
