//! A real Prometheus, which scrapes the service and follows the rules.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use support_engineer::clock::Clock;

use super::{answer, monday, open, program};
use crate::harness::{Client, Desk, Place};

/// It answers and has scraped twice long before that.
const PATIENCE: Duration = Duration::from_mins(1);

/// Prometheus; killed when it is dropped.
struct Server {
    child: Child,
    client: Client,
    _place: Place,
}

impl Server {
    /// One that scrapes the desk every other second, and follows the rules of `config`.
    fn start(mut command: Command, desk: &Desk) -> Self {
        let place = Place::new();
        let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/config/prometheus-rules.yml");
        let target = desk.metrics_url().replace("http://", "");
        let settings = format!(
            "global: {{scrape_interval: 2s, scrape_timeout: 2s, evaluation_interval: 1s}}\n\
             rule_files: [{rules:?}]\n\
             scrape_configs: [{{job_name: support-engineer, static_configs: [{{targets: [{target:?}]}}]}}]\n"
        );
        let file = place.join("prometheus.yml");
        fs::write(&file, settings).expect("a file can be written");
        command.arg(format!("--config.file={}", file.display()));
        command.arg(format!("--storage.tsdb.path={}", place.join("data").display()));
        command.args(["--web.listen-address=127.0.0.1:0", "--log.format=json"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let log = BufReader::new(child.stderr.take().expect("piped"));
        let (sender, lines) = channel();
        // Read to its end, or it would stand still once the pipe is full.
        thread::spawn(move || {
            for line in log.lines().map_while(Result::ok) {
                drop(sender.send(line));
            }
        });
        let address = listening(&lines);
        Self { child, client: Client::anonymous(&format!("http://{address}")), _place: place }
    }

    /// What an expression is now.
    async fn query(&self, expression: &str) -> Vec<Value> {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("query", expression);
        let answer = self.client.get(&format!("/api/v1/query?{}", query.finish())).await;
        if answer.status != 200 {
            return Vec::new();
        }
        answer.at("/data/result").as_array().expect("a vector").clone()
    }

    /// The same, as soon as it is anything.
    async fn wait_for(&self, expression: &str) -> Vec<Value> {
        let began = Clock::monotonic();
        loop {
            let found = self.query(expression).await;
            if !found.is_empty() {
                return found;
            }
            assert!(began.elapsed() < PATIENCE, "{expression} is nothing");
            // Its scrapes follow its own clock, which nobody moves.
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Where it listens, from its log.
fn listening(lines: &Receiver<String>) -> String {
    let mut said = Vec::new();
    while let Ok(line) = lines.recv_timeout(PATIENCE) {
        let event: Value = serde_json::from_str(&line).unwrap_or_default();
        if event["msg"] == "Listening on" {
            return event["address"].as_str().expect("an address").to_owned();
        }
        said.push(line);
    }
    panic!("it does not listen:\n{}", said.join("\n"));
}

#[tokio::test]
async fn it_scrapes_the_service_and_follows_the_rules() {
    let Some(prometheus) = program("prometheus") else { return };
    let (desk, agent) = monday().await;
    let late = open(&agent, "Export fails").await;
    open(&agent, "Import fails").await;
    desk.move_clock("2000-01-03T09:40:00Z").await;
    answer(&agent, &late).await;
    desk.move_clock("2000-01-03T09:41:00Z").await;
    let server = Server::start(prometheus, &desk);
    server.wait_for("support_kpi_up{job=\"support-engineer\"} == 1").await;
    let median = server.wait_for("support_first_response_seconds{window=\"1d\",quantile=\"0.5\"}").await;
    assert_eq!((&median[0]["metric"]["tenant"], &median[0]["value"][1]), (&"home".into(), &"2400".into()));

    // What the rules record, and what they alarm about.
    let recorded = server.wait_for("tenant_window:support_first_response_seconds:p50{window=\"1d\"}").await;
    assert_eq!(recorded[0]["value"][1], "2400");
    let pending = server.wait_for("ALERTS{alertname=\"SupportFirstResponseOverdue\"}").await;
    assert_eq!(pending[0]["metric"]["alertstate"], "pending", "for a quarter of an hour");
    assert_eq!(pending[0]["metric"]["severity"], "warning");
    let rules = server.client.get("/api/v1/rules").await.expect(200).json();
    let groups = rules["data"]["groups"].as_array().expect("groups");
    for rule in groups.iter().flat_map(|group| group["rules"].as_array().expect("rules")) {
        assert_ne!(rule["health"], "err", "{rule}");
    }
    assert_eq!(groups.len(), 3);
    // They were there until the first scrape, if at all.
    server.wait_for("absent(ALERTS{alertname=~\"SupportServiceDown|SupportKpisMissing\"})").await;
}
