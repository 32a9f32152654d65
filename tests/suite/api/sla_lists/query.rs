//! How the lists are asked: tags, and what is refused.

use support_engineer::domain::vocabulary::Role;

use super::{AT_RISK, ATTAINMENT, BREACHES, Worked};
use crate::harness::Desk;

#[tokio::test]
async fn a_list_is_known_until_it_shows_otherwise() {
    let desk = Desk::start().await;
    let agent = desk.as_role(Role::Agent);
    desk.move_clock("2000-01-03T09:00:00Z").await;
    Worked::new(&desk, "calm", "P3").await;
    desk.move_clock("2000-01-03T09:30:00Z").await;
    for (path, shown) in [(AT_RISK, 1), (BREACHES, 0)] {
        let first = agent.get(path).await.expect(200);
        assert_eq!(first.at("/items").as_array().expect("items").len(), shown);
        assert_eq!(first.header("cache-control"), "private, max-age=0, must-revalidate");
    }
    let known = [AT_RISK, BREACHES]
        .map(|path| (path, async || agent.get(path).await.expect(200).header("etag").to_owned()));
    let mut tags = Vec::new();
    for (path, tag) in known {
        let tag = tag().await;
        agent.with("if-none-match", &tag).get(path).await.expect(304);
        tags.push((path, tag));
    }
    // The deadline passes, and nothing else happens.
    desk.move_clock("2000-01-03T09:30:00.000001Z").await;
    for (path, tag) in tags {
        let changed = agent.with("if-none-match", &tag).get(path).await.expect(200);
        assert_ne!(changed.header("etag"), tag);
    }
    // An empty list stays one.
    let tag = agent.get(AT_RISK).await.expect(200).header("etag").to_owned();
    desk.move_clock("2000-01-03T10:00:00Z").await;
    agent.with("if-none-match", &tag).get(AT_RISK).await.expect(304);
    // What is late grows later by the second.
    let tag = agent.get(BREACHES).await.expect(200).header("etag").to_owned();
    desk.move_clock("2000-01-03T10:00:00.9Z").await;
    agent.with("if-none-match", &tag).get(BREACHES).await.expect(304);
    desk.move_clock("2000-01-03T10:00:01Z").await;
    agent.with("if-none-match", &tag).get(BREACHES).await.expect(200);
}

#[tokio::test]
async fn impossible_questions_are_refused_by_name() {
    let desk = Desk::start().await;
    let lead = desk.as_role(Role::Lead);
    for (path, query, name, code) in [
        (AT_RISK, "within=-1", "within", "out_of_range"),
        (AT_RISK, "within=2592001", "within", "out_of_range"),
        (AT_RISK, "within=soon", "within", "wrong_type"),
        (AT_RISK, "within=1&within=2", "within", "repeated"),
        (AT_RISK, "share=1.01", "share", "out_of_range"),
        (AT_RISK, "share=-0.1", "share", "out_of_range"),
        (AT_RISK, "share=NaN", "share", "out_of_range"),
        (AT_RISK, "share=half", "share", "not_a_number"),
        (AT_RISK, "metric=speed", "metric", "bad_parameter"),
        (AT_RISK, "priority=P5", "priority", "bad_parameter"),
        (AT_RISK, "limit=0", "limit", "out_of_range"),
        (AT_RISK, "cursor=x", "cursor", "bad_cursor"),
        (BREACHES, "from=yesterday", "from", "not_an_instant"),
        (BREACHES, "from=2000-01-02&to=2000-01-02", "to", "empty_window"),
        (BREACHES, "tz=Mars", "tz", "unknown_time_zone"),
        (BREACHES, "state=late", "state", "unknown_name"),
        (BREACHES, "sort=due_at", "sort", "unknown_name"),
        (BREACHES, "category=weather", "category", "bad_parameter"),
        (BREACHES, "limit=201", "limit", "out_of_range"),
        (ATTAINMENT, "to=2000-01-32", "to", "not_an_instant"),
        (ATTAINMENT, "from=2000-01-02&to=2000-01-01", "to", "empty_window"),
        (ATTAINMENT, "channel=pigeon", "channel", "bad_parameter"),
    ] {
        let refused = lead.get(&format!("{path}?{query}")).await.expect_problem(400, "bad_parameter");
        assert_eq!(refused.faults(), [(format!("/query/{name}"), code.to_owned())], "{query}");
    }
    for (path, name) in [
        (AT_RISK, "from"),
        (AT_RISK, "sort"),
        (BREACHES, "within"),
        (ATTAINMENT, "limit"),
        (ATTAINMENT, "clock"),
    ] {
        let refused = lead.get(&format!("{path}?{name}=1")).await.expect_problem(400, "unknown_parameter");
        assert_eq!(refused.faults()[0], (format!("/query/{name}"), "unknown_parameter".to_owned()));
    }
}
