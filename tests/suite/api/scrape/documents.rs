//! The dashboard and the rules name what there is, and Prometheus accepts them.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use regex::Regex;
use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{monday, open, program, scrape};
use crate::harness::Desk;

const RULES: &str = include_str!("../../../../config/prometheus-rules.yml");
const DASHBOARD: &str = include_str!("../../../../config/grafana-dashboard.json");

fn config(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config").join(name)
}

/// Every expression of a document of JSON: the texts under `expr`.
fn expressions(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str() {
                    Some(text) if name == "expr" => found.push(text.to_owned()),
                    _ => expressions(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| expressions(item, found)),
        _ => {}
    }
}

/// The expressions of the rules, each on its line or in the block below it, and
/// the names that they record.
fn rules() -> (Vec<String>, BTreeSet<String>) {
    let (mut found, mut recorded) = (Vec::new(), BTreeSet::new());
    let mut lines = RULES.lines().peekable();
    while let Some(line) = lines.next() {
        let line = line.trim_start().trim_start_matches("- ");
        if let Some(name) = line.strip_prefix("record: ") {
            recorded.insert(name.to_owned());
        } else if line == "expr: |" {
            let mut block = Vec::new();
            while let Some(part) = lines.next_if(|part| part.starts_with("          ")) {
                block.push(part.trim());
            }
            found.push(block.join(" "));
        } else if let Some(text) = line.strip_prefix("expr: ") {
            found.push(text.to_owned());
        }
    }
    (found, recorded)
}

/// The metrics that an expression reads: what is left without labels, ranges
/// and functions.
fn metrics(expression: &str) -> BTreeSet<String> {
    let drop = |pattern: &str, text: &str| {
        Regex::new(pattern).expect("a pattern").replace_all(text, " ").into_owned()
    };
    let text = drop(r"\{[^}]*\}|\[[^\]]*\]", expression);
    let text = drop(r"\b(by|on|without|ignoring|group_left|group_right) ?\([^)]*\)", &text);
    let text = drop(r"\b(and|or|unless|bool)\b", &text);
    let name = Regex::new(r"([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(\()?").expect("a pattern");
    let names = name.captures_iter(&text).filter(|found| found.get(2).is_none());
    names.map(|found| found[1].to_owned()).collect()
}

/// The metrics that a scrape shows, with the series of histograms.
async fn exposed(desk: &Desk) -> BTreeSet<String> {
    let text = scrape(desk).await;
    let mut names = BTreeSet::from(["up".to_owned()]);
    for line in text.lines() {
        let mut words = line.split(' ');
        if (words.next(), words.next()) != (Some("#"), Some("TYPE")) {
            continue;
        }
        let (name, kind) = (words.next().expect("a name"), words.next().expect("a type"));
        if kind == "histogram" {
            names.extend(["bucket", "count", "sum"].map(|part| format!("{name}_{part}")));
        } else {
            names.insert(name.to_owned());
        }
    }
    names
}

/// A desk that has done some of everything.
async fn busy() -> Desk {
    let (desk, agent) = monday().await;
    open(&agent, "Export fails").await;
    desk.move_clock("2000-01-03T12:00:00Z").await;
    desk
}

#[tokio::test]
async fn every_metric_that_is_named_is_one_that_there_is() {
    let exposed = exposed(&busy().await).await;
    let dashboard: Value = serde_json::from_str(DASHBOARD).expect("JSON");
    let mut shown = Vec::new();
    expressions(&dashboard, &mut shown);
    let asked = Regex::new(r"label_values\((\w+), \w+\)").expect("a pattern");
    shown.extend(asked.captures_iter(DASHBOARD).map(|found| found[1].to_owned()));
    assert!(shown.len() > 40, "{}", shown.len());
    for expression in shown {
        let named = metrics(&expression);
        assert!(!named.is_empty() && named.is_subset(&exposed), "{expression}: {named:?}");
    }
    let (rules, recorded) = rules();
    assert!(rules.len() > 25, "{}", rules.len());
    let mut alone = exposed.clone();
    alone.extend(recorded.iter().cloned());
    let mut read = BTreeSet::new();
    for expression in rules {
        let named = metrics(&expression);
        assert!(!named.is_empty() && named.is_subset(&alone), "{expression}: {named:?}");
        read.extend(named);
    }
    assert!(read.contains("support_kpi_up") && read.contains("worker_oldest_timer_seconds"));
}

#[test]
fn names_are_found_in_expressions() {
    let named = |expression: &str| metrics(expression).into_iter().collect::<Vec<_>>();
    assert_eq!(named("max by (a, b) (x_y{c=\"d\"}) > 0 and on (a) z:w >= 5"), ["x_y", "z:w"]);
    assert_eq!(named("histogram_quantile(0.9, sum by (le) (rate(h_bucket[5m]))) or vector(1)"), ["h_bucket"]);
}

/// Everything that alarms says how bad it is, what is wrong and what to do.
#[test]
fn every_alert_says_what_to_do() {
    let alerts: Vec<&str> = RULES.split("- alert: ").skip(1).collect();
    assert!(alerts.len() >= 15, "{}", alerts.len());
    for alert in alerts {
        for part in ["severity: ", "summary: ", "description: ", "runbook: "] {
            assert!(alert.contains(part), "{part}{alert}");
        }
    }
    let mut kpis = Vec::new();
    expressions(&serde_json::from_str(DASHBOARD).expect("JSON"), &mut kpis);
    for kpi in ["first_response_time", "first_level_resolution_rate", "satisfaction", "uptime"] {
        let target = format!("support_kpi_target{{kpi=\"{kpi}\"}}");
        assert!(
            kpis.iter().any(|expression| expression.contains(&target)),
            "{kpi} is shown against its target"
        );
    }
}

/// A dashboard can be imported anywhere: its source of data is a variable, and
/// panels do not overlap.
#[test]
fn the_dashboard_stands_alone() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).expect("JSON");
    let variables: Vec<&Value> = dashboard["templating"]["list"]
        .as_array()
        .expect("variables")
        .iter()
        .map(|one| &one["name"])
        .collect();
    assert_eq!(variables, ["datasource", "tenant", "window", "job"]);
    let source = json!({ "type": "prometheus", "uid": "${datasource}" });
    let mut taken = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for panel in dashboard["panels"].as_array().expect("panels") {
        assert!(ids.insert(panel["id"].as_i64()), "{}", panel["title"]);
        let edge = |name: &str| panel["gridPos"][name].as_i64().expect("a number");
        assert!(edge("x") + edge("w") <= 24, "{}", panel["title"]);
        for x in edge("x")..edge("x") + edge("w") {
            for y in edge("y")..edge("y") + edge("h") {
                assert!(taken.insert((x, y)), "{} lies on another panel", panel["title"]);
            }
        }
        if panel["type"] != "row" {
            assert_eq!(panel["datasource"], source, "{}", panel["title"]);
            assert!(panel["targets"].as_array().is_some_and(|targets| !targets.is_empty()));
        }
    }
}

fn succeeds(mut command: Command) {
    let output = command.output().expect("it runs");
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
}

#[test]
fn prometheus_accepts_the_rules() {
    let Some(mut promtool) = program("promtool") else { return };
    promtool.args(["check", "rules", "--lint=all", "--lint-fatal"]).arg(config("prometheus-rules.yml"));
    succeeds(promtool);
}

#[test]
fn the_rules_alarm_when_they_should() {
    let Some(mut promtool) = program("promtool") else { return };
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/prometheus-rules-cases.yml");
    promtool.args(["test", "rules"]).arg(cases);
    succeeds(promtool);
}

#[tokio::test]
async fn prometheus_finds_no_fault_with_the_metrics() {
    let Some(mut promtool) = program("promtool") else { return };
    let desk = busy().await;
    let agent = desk.as_role(Role::Agent);
    open(&agent, "Import fails").await;
    // Metrics of other tests in this process are not looked at.
    let text = scrape(&desk).await;
    let own: String = text.split_inclusive('\n').filter(|line| !line.contains("contract_test")).collect();
    promtool.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut linting = promtool.spawn().expect("it runs");
    linting.stdin.take().expect("piped").write_all(own.as_bytes()).expect("it reads");
    let output = linting.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success() && said.is_empty(), "{said}");
}
