//! Reports as text and as a page.

use serde_json::json;
use support_engineer::domain::vocabulary::Role;

use super::{LATER, REPORT, act, help, monday, open};
use crate::harness::{Answer, Client};

const HOSTILE: &str = "<script>alert(1)</script>|[x](http://evil.example) **b** `c`";

async fn shown(client: &Client, accept: &str) -> (Answer, String) {
    let answer = client.with("accept", accept).get(REPORT).await.expect(200);
    let text = String::from_utf8(answer.body.clone()).expect("UTF-8");
    (answer, text)
}

#[tokio::test]
async fn clients_get_the_format_that_they_like_best() {
    let (_desk, agent) = monday().await;
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    for (accept, media) in [
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("text/markdown", "text/markdown; charset=utf-8; variant=CommonMark"),
        ("text/html", "text/html; charset=utf-8"),
        (browser, "text/html; charset=utf-8"),
        ("text/html;q=0.5, application/json", "application/json"),
        ("text/html;q=0.5, text/markdown", "text/markdown; charset=utf-8; variant=CommonMark"),
    ] {
        assert_eq!(shown(&agent, accept).await.0.header("content-type"), media, "{accept}");
    }
    let forced = agent.with("accept", browser).get(&format!("{REPORT}?format=json")).await.expect(200);
    assert_eq!(forced.header("content-type"), "application/json");
}

#[tokio::test]
async fn what_people_wrote_is_text_in_every_format() {
    let (desk, agent) = monday().await;
    open(&agent, 12, json!({"service": HOSTILE})).await;
    let lead = desk.as_role(Role::Lead);
    let outage = json!({"service": HOSTILE, "from": "2000-01-03T08:00:00Z", "reason": "It is gone"});
    lead.post("/v1/outages", &outage).await.expect(201);
    let alert = json!({"title": HOSTILE, "status": "firing", "service": HOSTILE, "key": "k"});
    let taken = desk.as_role(Role::Service).post("/v1/alerts/generic", &alert).await;
    assert!(matches!(taken.status, 200..=202), "{}", taken.shown());
    desk.move_clock(LATER).await;

    let (page, html) = shown(&agent, "text/html").await;
    assert!(!html.contains("<script"), "{html}");
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "the name is shown");
    for forbidden in ["http://", "https://", "src=", "url(", "javascript:", " style=", "onload"] {
        let own = html.replace("http://evil.example", "").replace("http-equiv", "");
        assert!(!own.contains(forbidden), "{forbidden}");
    }
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(html.matches("<table>").count(), html.matches("<caption>").count());
    assert!(html.matches("<th scope=\"row\">").count() > 5, "rows are named");
    for mark in ["<html lang=\"en\">", "<main", "<title>System health report</title>", "<footer>"] {
        assert!(html.contains(mark), "{mark}");
    }

    let (_, text) = shown(&agent, "text/markdown").await;
    let raw = text.replace("\\<", "").replace("\\]", "");
    assert!(!raw.contains("<script") && !raw.contains("](http"), "{text}");
    assert!(
        text.contains(
            "\\<script\\>alert(1)\\</script\\>\\|\\[x\\](http\\://evil.example) \\*\\*b\\*\\* \\`c\\`"
        ),
        "{text}"
    );
    let plain_pipes = |line: &str| line.replace("\\|", "").matches('|').count();
    let mut columns = None;
    for line in text.lines() {
        columns = line.starts_with('|').then(|| {
            let own = plain_pipes(line);
            assert_eq!(own, columns.unwrap_or(own), "a cell broke out: {line}");
            own
        });
    }
    for section in
        ["Recommendations", "KPIs against targets", "SLA", "Ticket trends", "Uptime", "Incidents", "Alerts"]
    {
        assert!(text.contains(&format!("\n## {section}\n")), "{section}");
    }
}

/// What somebody reads on a page: its texts, without names and addresses of elements.
fn read(html: &str) -> String {
    let body = html.split("<main").nth(1).and_then(|rest| rest.split("</main>").next()).expect("a page");
    body.split('<')
        .filter_map(|piece| piece.split_once('>'))
        .map(|(_, text)| text)
        .collect::<Vec<_>>()
        .join("|")
}

/// The addresses that a page leads to.
fn leads(html: &str) -> Vec<String> {
    let rest = html.split("<a href=\"").skip(1);
    rest.filter_map(|rest| rest.split('"').next()).map(|href| href.replace("&amp;", "&")).collect()
}

#[tokio::test]
async fn a_page_speaks_to_people_and_leads_to_what_is_behind_its_numbers() {
    let (desk, agent) = monday().await;
    let easy = open(&agent, 12, json!({"category": "access"})).await;
    let hard = open(&agent, 8, json!({"category": "how_to", "service": "export"})).await;
    let context = json!({"impact_assessment": "A department cannot export."});
    let body = json!({"persona": "developer", "reason": "It fails.", "context": context});
    act(&agent, &hard, "escalations", body).await;
    desk.move_clock("2000-01-03T11:00:00Z").await;
    help(&agent, &[easy, hard].concat()).await;
    let waits = open(&agent, 1, json!({"category": "business_requirement"})).await;
    act(&agent, &waits, "transitions", json!({"to": "on_hold"})).await;
    desk.move_clock(LATER).await;
    let lead = desk.as_role(Role::Lead);
    let outage = json!({"service": "export", "from": "2000-01-10T08:00:00Z", "to": "2000-01-10T08:01:00Z", "reason": "It is gone"});
    lead.post("/v1/outages", &outage).await.expect(201);
    let window = "from=2000-01-03&to=2000-01-11";
    let page = agent.get(&format!("{REPORT}?{window}&format=html")).await.expect(200);
    let html = String::from_utf8(page.body.clone()).expect("UTF-8");
    let text = read(&html);
    assert!(!text.contains('_'), "a key of the interface: {text}");
    for label in
        ["How to", "First response, P3", "On hold", "3 to 7 days", "Developer", "Slow first response"]
    {
        assert!(text.contains(label), "{label}: {text}");
    }
    let hrefs = leads(&html);
    for href in &hrefs {
        agent.get(href).await.expect(200);
    }
    // Each KPI that counts anything leads to what it counts.
    let shown = agent.get(&format!("{REPORT}?{window}")).await.expect(200);
    for (name, kpi) in shown.at("/kpis").as_object().expect("KPIs") {
        let place = if name == "uptime" {
            "/v1/uptime?".to_owned()
        } else {
            format!("/v1/kpis/{name}/tickets?from=")
        };
        let leads_there = hrefs.iter().any(|href| href.starts_with(&place));
        assert!(leads_there || kpi["n"] == 0, "{name}: {hrefs:?}");
    }
    let breaches = "/v1/sla/breaches?from=2000-01-03T00:00:00Z&to=2000-01-11T00:00:00Z&metric=first_response";
    assert!(hrefs.iter().any(|href| href == breaches), "{hrefs:?}");
    // Of what recommendations rest on, all that lists tickets leads to them.
    let evidence = shown.at("/recommendations/0/evidence");
    let bare = evidence.as_array().expect("a list").iter().filter(|one| one["links"] == json!({})).count();
    assert_eq!(
        (shown.text("/recommendations/0/rule"), bare),
        ("slow_first_response".to_owned(), 0),
        "{evidence}"
    );

    let dashboard = desk.as_role(Role::Dashboard);
    let page = dashboard.get(&format!("{REPORT}?{window}&format=html")).await.expect(200);
    let hrefs = leads(&String::from_utf8(page.body.clone()).expect("UTF-8"));
    assert!(!hrefs.is_empty(), "uptime is for it too");
    for href in hrefs {
        dashboard.get(&href).await.expect(200);
    }
}
