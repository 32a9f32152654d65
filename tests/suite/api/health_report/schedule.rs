//! Reports that are made by themselves: once for each period and tenant,
//! whoever works and whatever happens.

use std::fs;

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{help, open};
use crate::harness::{Client, Desk, Place, Smtp};

const ARCHIVE: &str = "/v1/reports/health/archive";

/// A desk that makes reports each day at eight in Berlin, and mails them.
async fn daily(place: &Place, smtp: &Smtp, more: &[(&str, &str)]) -> Desk {
    let directory = place.join("reports").to_string_lossy().into_owned();
    let settings = smtp.settings();
    let settings = settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let own = [
        ("SUPPORT__HEALTH_REPORT__SCHEDULE", "daily"),
        ("SUPPORT__HEALTH_REPORT__TIME_ZONE", "Europe/Berlin"),
        ("SUPPORT__HEALTH_REPORT__TO", "home lead@home.example, acme head@acme.example"),
        ("SUPPORT__HEALTH_REPORT__DIRECTORY", directory.as_str()),
    ];
    let settings: Vec<_> = settings.chain(own).chain(more.iter().copied()).collect();
    Desk::start_with(&settings).await
}

/// The days that reports are about, the latest first.
async fn days(client: &Client) -> Vec<String> {
    let page = client.get(ARCHIVE).await.expect(200);
    let day = |item: &Value| item["window"]["from"].as_str().expect("an instant").to_owned();
    page.at("/items").as_array().expect("items").iter().map(day).collect()
}

fn files(place: &Place) -> Vec<String> {
    let Ok(entries) = fs::read_dir(place.join("reports")) else { return Vec::new() };
    let name = |entry: std::io::Result<fs::DirEntry>| {
        entry.expect("a file").file_name().to_string_lossy().into_owned()
    };
    let mut names: Vec<String> = entries.map(name).collect();
    names.sort();
    names
}

#[tokio::test]
async fn each_period_is_reported_once_for_each_tenant_with_two_workers() {
    let (place, smtp) = (Place::new(), Smtp::start().await);
    let mut desk = daily(&place, &smtp, &[]).await;
    let acme = desk.found_tenant("acme").await;
    let replica = desk.replica().await;
    let agent = desk.as_role(Role::Agent);
    help(&agent, &open(&agent, 2, json!({})).await).await;
    desk.move_clock("2000-01-02T12:00:00Z").await;
    // Another process starts, and goes on where this one was.
    desk.restart().await;
    desk.move_clock("2000-01-04T12:00:00Z").await;
    drop(replica);

    let lead = desk.as_role(Role::Lead);
    let expected =
        ["2000-01-02T23:00:00Z", "2000-01-01T23:00:00Z", "1999-12-31T23:00:00Z", "1999-12-30T23:00:00Z"];
    assert_eq!(days(&lead).await, expected);
    assert_eq!(days(&desk.anonymous().with_key(acme.secret(Role::Lead))).await, expected);

    let mut names = Vec::new();
    for tenant in ["acme", "home"] {
        for date in ["1999-12-31", "2000-01-01", "2000-01-02", "2000-01-03"] {
            names.extend(["html", "md"].map(|ending| format!("{tenant}_{date}_daily_health.{ending}")));
        }
    }
    assert_eq!(files(&place), names);

    let arrived = smtp.arrived();
    let to = |address: &str| arrived.iter().filter(|mail| mail.to == address).count();
    assert_eq!((to("lead@home.example"), to("head@acme.example")), (4, 4));
    let first = arrived.iter().find(|mail| mail.to == "lead@home.example").expect("a mail");
    assert_eq!(first.subject(), "System health of home (daily): unknown");
    assert_eq!(
        (first.header("auto-submitted"), first.header("x-ticket")),
        ("auto-generated".to_owned(), String::new())
    );
    assert!(first.text().contains("# System health report"), "{}", first.text());

    // On New Year's Day, as Berlin has it, two tickets were resolved.
    let page = lead.get(ARCHIVE).await.expect(200);
    let new_year = page.at("/items/2");
    assert_eq!((&new_year["verdict"], &new_year["cadence"]), (&json!("healthy"), &json!("daily")));
    assert_eq!(
        (&new_year["due_at"], &new_year["made_at"]),
        (&json!("2000-01-02T07:00:00Z"), &json!("2000-01-02T07:00:00Z"))
    );
    assert_eq!(new_year["failure"], Value::Null);
    let one = lead.get(&format!("{ARCHIVE}/{}", new_year["id"].as_str().expect("an id"))).await.expect(200);
    assert_eq!(one.json(), new_year, "the same object as GET of one");
    for (format, file) in
        [("markdown", "home_2000-01-01_daily_health.md"), ("html", "home_2000-01-01_daily_health.html")]
    {
        let text = lead.get(new_year["links"][format].as_str().expect("a link")).await.expect(200);
        let written = fs::read(place.join("reports").join(file)).expect("a file");
        assert_eq!(text.body, written, "{format}");
        let link = new_year["links"][format].as_str().expect("a link");
        let again = lead.with("if-none-match", text.header("etag")).get(link).await.expect(304);
        assert_eq!((again.header("etag"), again.header("vary")), (text.header("etag"), text.header("vary")));
        assert_eq!(text.header("cache-control"), "private, max-age=0, must-revalidate");
    }
    // Nobody else's.
    let stranger = desk.anonymous().with_key(acme.secret(Role::Admin));
    stranger.get(&format!("{ARCHIVE}/{}", one.id())).await.expect_problem(404, "not_found");
    desk.as_role(Role::Dashboard).get(ARCHIVE).await.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn what_was_missed_is_one_report_on_return() {
    let (place, smtp) = (Place::new(), Smtp::start().await);
    let mut desk = daily(&place, &smtp, &[("SUPPORT__SERVICE__ROLE", "api")]).await;
    desk.pass_to("2000-01-05T12:00:00Z").await;
    desk.restart().await;
    desk.move_clock("2000-01-05T12:00:00Z").await;
    let lead = desk.as_role(Role::Lead);
    assert_eq!(days(&lead).await, ["2000-01-03T23:00:00Z"]);
    let page = lead.get(ARCHIVE).await.expect(200);
    assert_eq!(
        (page.text("/items/0/due_at"), page.text("/items/0/made_at")),
        ("2000-01-05T07:00:00Z".to_owned(), "2000-01-05T12:00:00Z".to_owned())
    );
    desk.move_clock("2000-01-06T07:00:00Z").await;
    assert_eq!(days(&lead).await.len(), 2);
    assert_eq!(smtp.arrived().len(), 2);
}

#[tokio::test]
async fn a_schedule_that_changes_holds_from_the_next_start() {
    let (place, smtp) = (Place::new(), Smtp::start().await);
    let mut desk = daily(&place, &smtp, &[]).await;
    desk.move_clock("2000-01-01T12:00:00Z").await;
    desk.restart_with("SUPPORT__HEALTH_REPORT__SCHEDULE", "monthly").await;
    desk.move_clock("2000-02-02T12:00:00Z").await;
    let lead = desk.as_role(Role::Lead);
    assert_eq!(days(&lead).await, ["1999-12-31T23:00:00Z", "1999-12-30T23:00:00Z"]);
    desk.restart_with("SUPPORT__HEALTH_REPORT__SCHEDULE", "off").await;
    desk.move_clock("2000-04-02T12:00:00Z").await;
    let lead = desk.as_role(Role::Lead);
    assert_eq!(days(&lead).await.len(), 2);
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_tried_again() {
    let (place, smtp) = (Place::new(), Smtp::start().await);
    let desk = daily(&place, &smtp, &[]).await;
    // A file stands where the folder should.
    fs::write(place.join("reports"), "in the way").expect("a file");
    desk.move_clock("2000-01-01T07:00:00Z").await;
    let lead = desk.as_role(Role::Lead);
    let page = lead.get(ARCHIVE).await.expect(200);
    assert_eq!(
        (page.at("/items/0/written_at"), page.at("/items/0/failure").is_string()),
        (Value::Null, true)
    );
    fs::remove_file(place.join("reports")).expect("it goes");
    desk.move_clock("2000-01-01T08:00:00Z").await;
    let page = lead.get(ARCHIVE).await.expect(200);
    assert_eq!(
        (page.at("/items/0/written_at").is_string(), page.at("/items/0/failure")),
        (true, Value::Null)
    );
    assert_eq!(files(&place).len(), 2);
}
