//! Reports as text and as a page.

use serde_json::json;
use support_engineer::domain::vocabulary::Role;

use super::{LATER, REPORT, monday, open};
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
