//! Who is left out of KPIs, and what counts as a person's act, in numbers
//! computed on paper. 2024-05-06 is a Monday; all tickets are P3: half an hour for
//! the first answer, 24 hours for the resolution, both from 08:00 to 18:00 UTC.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Client, Desk};

const MONDAY: &str = "from=2024-05-06&to=2024-05-07";

/// Opens a P3 ticket and gives its path.
async fn open(client: &Client, subject: &str, more: Value) -> String {
    let mut ticket = json!({
        "subject": subject, "body": "The export of the report stops with an error message.",
        "requester": {"email": "a@b.example"}, "severity": "medium", "impact": "team", "category": "technical_bug",
    });
    for (name, value) in more.as_object().expect("fields") {
        ticket[name] = value.clone();
    }
    let made = client.post("/v1/tickets", &ticket).await.expect(201);
    assert_eq!(made.text("/priority"), "P3");
    format!("/v1/tickets/{}", made.id())
}

async fn answer(agent: &Client, ticket: &str) {
    let message = json!({"visibility": "public", "author": "agent", "body": "We are looking into it."});
    agent.post(&format!("{ticket}/messages"), &message).await.expect(201);
}

async fn resolve(agent: &Client, ticket: &str) {
    let how = json!({"resolution": "fixed", "steps": "Repaired the export.", "message": "It works again."});
    agent.post(&format!("{ticket}/resolve"), &how).await.expect(200);
}

async fn kpi(client: &Client, name: &str, query: &str) -> Value {
    client.get(&format!("/v1/kpis/{name}?{query}")).await.expect(200).json()
}

async fn sum_up(desk: &Desk) {
    desk.backstage().await.fold(desk.home().id).await.expect("sums");
}

async fn agrees(desk: &Desk) {
    let found = desk.as_role(Role::Lead).get("/v1/kpis/verify?from=2024-05-01&to=2024-07-01").await;
    assert_eq!((found.at("/agrees"), found.at("/differences")), (json!(true), json!([])));
}

#[tokio::test]
async fn who_is_left_out_unanswered_is_counted_where_its_clock_started() {
    let desk = Desk::start().await;
    let (service, agent) = (desk.as_role(Role::Service), desk.as_role(Role::Agent));
    desk.move_clock("2024-05-06T09:00:00Z").await;
    let target = open(&service, "Export fails", json!({})).await;
    open(&service, "Export job failed", json!({"type": "alert"})).await;
    let mute = open(&service, "Export fails again", json!({})).await;
    let told = open(&service, "Export fails once more", json!({})).await;
    let into = json!({"into": target.rsplit('/').next(), "reason": "The same."});
    desk.move_clock("2024-05-06T09:05:00Z").await;
    agent.post(&format!("{mute}/merge"), &into).await.expect(200);
    desk.move_clock("2024-05-06T09:10:00Z").await;
    answer(&agent, &told).await;
    desk.move_clock("2024-05-06T09:15:00Z").await;
    agent.post(&format!("{told}/merge"), &into).await.expect(200);
    desk.move_clock("2024-05-06T10:00:00Z").await;
    // Started at 09:00: the alert and the first of those merged; answered at 09:10: the other.
    for (window, alerts, merged) in [
        (MONDAY, 1, 2),
        ("from=2024-05-06T09:00:00Z&to=2024-05-06T09:05:00Z", 1, 1),
        ("from=2024-05-06T09:05:00Z&to=2024-05-06T09:10:00Z", 0, 0),
        ("from=2024-05-06T09:10:00Z&to=2024-05-06T09:11:00Z", 0, 1),
        ("from=2024-05-06T09:11:00Z&to=2024-05-07", 0, 0),
    ] {
        let found = kpi(&agent, "first_response_time", window).await;
        let expected = json!({"alerts": alerts, "merged": merged, "spam": 0, "without_promise": 0});
        assert_eq!(found["excluded"], expected, "{window}");
    }
    let whole = kpi(&agent, "first_response_time", MONDAY).await;
    // The one that goes on has been unanswered since 09:00.
    assert_eq!((&whole["n"], &whole["open_overdue"]), (&json!(0), &json!(1)));
    agrees(&desk).await;
}

#[tokio::test]
async fn spam_is_left_out_while_its_tag_is_there() {
    let desk = Desk::start().await;
    let (service, agent) = (desk.as_role(Role::Service), desk.as_role(Role::Agent));
    desk.move_clock("2024-05-06T09:00:00Z").await;
    let kept = open(&service, "Export fails", json!({})).await;
    let prize = json!({"body": "You have been selected! Claim your prize now, click here."});
    let prize = open(&service, "You have won", prize).await;
    let doubtful = open(&service, "Import fails", json!({})).await;
    let tags = async |ticket: &str| agent.get(ticket).await.expect(200).at("/tags");
    assert_eq!((tags(&prize).await, tags(&kept).await), (json!(["spam"]), json!([])));
    desk.move_clock("2024-05-06T09:10:00Z").await;
    answer(&agent, &kept).await;
    desk.move_clock("2024-05-06T09:20:00Z").await;
    resolve(&agent, &kept).await;
    answer(&agent, &doubtful).await;
    desk.move_clock("2024-05-06T09:40:00Z").await;
    resolve(&agent, &doubtful).await;
    desk.move_clock("2024-05-08T09:00:00Z").await;
    sum_up(&desk).await;
    // n, value and spam of: first responses; overdue; first-level; reopened; promises, each has two.
    let numbers = async || {
        let all = agent.get(&format!("/v1/kpis?{MONDAY}")).await.expect(200).at("/kpis");
        let of = |name: &str| json!([all[name]["n"], all[name]["value"], all[name]["excluded"]["spam"]]);
        json!({
            "first": of("first_response_time"), "overdue": all["first_response_time"]["open_overdue"],
            "level": of("first_level_resolution_rate"), "reopened": of("reopen_rate"), "sla": of("sla_attainment"),
            "came": all["resolution_rate"]["n"],
        })
    };
    // 600 and 1200: the first is the median. The prize waits, and nothing is promised on it.
    let by_rule = json!({"first": [2, 600, 1], "overdue": 0, "level": [2, 1.0, 0], "reopened": [2, 0.0, 0],
        "sla": [4, 1.0, 0], "came": 3});
    assert_eq!(numbers().await, by_rule);
    agent.patch(&doubtful, &json!({"tags": ["spam", "export"]})).await.expect(200);
    let by_hand = json!({"first": [1, 600, 2], "overdue": 0, "level": [1, 1.0, 1], "reopened": [1, 0.0, 1],
        "sla": [2, 1.0, 2], "came": 3});
    assert_eq!(numbers().await, by_hand, "the Monday that was summed up changes");
    agrees(&desk).await;
    for ticket in [&doubtful, &prize] {
        agent.patch(ticket, &json!({"tags": ["export"]})).await.expect(200);
    }
    // The prize was a request after all: late since 09:30, and promised again only now, where that is broken.
    let nothing = json!({"first": [2, 600, 0], "overdue": 1, "level": [2, 1.0, 0], "reopened": [2, 0.0, 0],
        "sla": [4, 1.0, 0], "came": 3});
    assert_eq!(numbers().await, nothing);
    agrees(&desk).await;
    sum_up(&desk).await;
    assert_eq!(numbers().await, nothing);
    desk.backstage().await.rebuild_kpis(desk.home().id).await.expect("made anew");
    assert_eq!(numbers().await, nothing, "the histories say so");
}

#[tokio::test]
async fn a_touch_is_an_act_of_a_person_whatever_it_brings_about() {
    let desk = Desk::start().await;
    let (service, agent) = (desk.as_role(Role::Service), desk.as_role(Role::Agent));
    desk.move_clock("2024-05-06T09:00:00Z").await;
    let words = json!({"subject": "The export is slow", "body": "It takes minutes.",
        "requester": {"email": "a@b.example"}});
    let made = service.post("/v1/tickets", &words).await.expect(201);
    let plain = format!("/v1/tickets/{}", made.id());
    desk.move_clock("2024-05-06T09:10:00Z").await;
    answer(&agent, &plain).await;
    desk.move_clock("2024-05-06T09:20:00Z").await;
    resolve(&agent, &plain).await;
    let numbers = async || {
        let found = kpi(&agent, "automation", MONDAY).await;
        let names = ["triaged", "routed", "answered", "resolved", "corrected", "touches_per_ticket"];
        let mut numbers: Vec<Value> = names.iter().map(|name| found[name].clone()).collect();
        numbers.extend([found["capacity_multiple"].clone(), found["value"].clone()]);
        json!(numbers)
    };
    // A reply and a resolution: two acts, though the first opened the ticket too. 6 / 2 = 3.
    assert_eq!(numbers().await, json!([1.0, 1.0, 0.0, 0.0, 0.0, 2.0, 3.0, 0.5]));

    desk.move_clock("2024-05-06T10:00:00Z").await;
    let called = open(&agent, "Export fails", json!({"author": "agent"})).await;
    desk.move_clock("2024-05-06T10:10:00Z").await;
    let context = json!({"reproduction_steps": "Export any report.", "error_log": "E42"});
    let defect = json!({"persona": "developer", "reason": "A defect.", "context": context});
    agent.post(&format!("{called}/escalations"), &defect).await.expect(201);
    desk.move_clock("2024-05-06T10:20:00Z").await;
    resolve(&agent, &called).await;
    // Opened, handed over, resolved, which ends the hand-over: three acts. 5 / 2 = 2.5 and 6 / 2.5 = 2.4;
    // of 8 steps 2 without a person: both of the first ticket's.
    assert_eq!(numbers().await, json!([0.5, 0.5, 0.0, 0.0, 0.0, 2.5, 2.4, 0.25]));

    desk.move_clock("2024-05-06T10:30:00Z").await;
    let word = json!({"severity": "high", "reason": "Nobody can export."});
    agent.post(&format!("{called}/triage"), &word).await.expect(200);
    // A correction is an act, and takes back no word that was said at the beginning. 6 / 2 = 3.
    assert_eq!(numbers().await, json!([0.5, 0.5, 0.0, 0.0, 0.5, 3.0, 2.0, 0.25]));
    agrees(&desk).await;
}

#[tokio::test]
async fn a_correction_does_not_make_triage_the_machines_work() {
    let desk = Desk::start().await;
    let (service, agent) = (desk.as_role(Role::Service), desk.as_role(Role::Agent));
    desk.move_clock("2024-05-06T09:00:00Z").await;
    let ticket = open(&service, "Export fails", json!({})).await;
    let shares = async || {
        let found = kpi(&agent, "automation", MONDAY).await;
        (found["triaged"].clone(), found["corrected"].clone())
    };
    assert_eq!(shares().await, (json!(0.0), json!(0.0)));
    let word = json!({"severity": "high", "reason": "Nobody can export."});
    agent.post(&format!("{ticket}/triage"), &word).await.expect(200);
    assert_eq!(shares().await, (json!(0.0), json!(1.0)));
}

#[tokio::test]
async fn a_resolution_by_a_person_counts_in_the_place_of_one_by_itself() {
    let desk = Desk::start().await;
    let (service, agent) = (desk.as_role(Role::Service), desk.as_role(Role::Agent));
    desk.move_clock("2024-05-06T09:00:00Z").await;
    let ticket = open(&service, "Export fails", json!({})).await;
    let ask =
        json!({"visibility": "public", "author": "agent", "body": "Which export?", "status": "pending"});
    agent.post(&format!("{ticket}/messages"), &ask).await.expect(201);
    // Fourteen days without a word.
    desk.move_clock("2024-05-20T12:00:00Z").await;
    let week = "from=2024-05-20&to=2024-05-27";
    let numbers = async |window: &str| {
        let found = kpi(&agent, "first_level_resolution_rate", window).await;
        (found["n"].clone(), found["value"].clone(), found["excluded"]["auto_closed"].clone())
    };
    assert_eq!(numbers(week).await, (json!(0), Value::Null, json!(1)));
    desk.move_clock("2024-05-21T09:00:00Z").await;
    let back = json!({"visibility": "public", "author": "requester", "body": "The export of reports."});
    service.post(&format!("{ticket}/messages"), &back).await.expect(201);
    desk.move_clock("2024-05-22T09:00:00Z").await;
    resolve(&agent, &ticket).await;
    assert_eq!(numbers(week).await, (json!(1), json!(1.0), json!(0)));
    // It counts where the person resolved it, once.
    assert_eq!(numbers("from=2024-05-20&to=2024-05-21").await, (json!(0), Value::Null, json!(0)));
    assert_eq!(numbers("from=2024-05-22&to=2024-05-23").await, (json!(1), json!(1.0), json!(0)));
    let automation = kpi(&agent, "automation", MONDAY).await;
    assert_eq!((&automation["resolved"], &automation["answered"]), (&json!(0.0), &json!(0.0)));
    agrees(&desk).await;
}

#[tokio::test]
async fn time_to_resolution_is_what_the_clock_of_the_ticket_says() {
    let desk = Desk::start().await;
    let (service, agent) = (desk.as_role(Role::Service), desk.as_role(Role::Agent));
    desk.move_clock("2024-05-06T17:00:00Z").await;
    let ticket = open(&service, "Export fails", json!({})).await;
    let to = async |state: &str| {
        agent.post(&format!("{ticket}/transitions"), &json!({"to": state})).await.expect(200);
    };
    desk.move_clock("2024-05-06T17:30:00Z").await;
    to("pending").await;
    desk.move_clock("2024-05-07T07:00:00Z").await;
    to("open").await;
    desk.move_clock("2024-05-07T08:15:00Z").await;
    resolve(&agent, &ticket).await;
    // Half an hour before the pause and 75 minutes after it, of which 15 lie in business hours.
    let sla = agent.get(&format!("{ticket}/sla")).await.expect(200);
    let clocks = sla.at("/clocks");
    let clock = clocks.as_array().expect("clocks").iter().find(|clock| clock["metric"] == "resolution");
    let clock = clock.expect("a clock of the resolution");
    assert_eq!((&clock["business_seconds"], &clock["elapsed_seconds"]), (&json!(2_700), &json!(6_300)));
    let business = kpi(&agent, "time_to_resolution", MONDAY).await;
    assert_eq!((&business["value"], &business["last"]["p50"]), (&json!(2_700), &json!(2_700)));
    let elapsed = kpi(&agent, "time_to_resolution", &format!("{MONDAY}&clock=elapsed")).await;
    assert_eq!((&elapsed["value"], &elapsed["last"]["p50"]), (&json!(6_300), &json!(6_300)));
}

#[tokio::test]
async fn what_was_resolved_without_a_promise_is_named_among_those_left_out() {
    let desk = Desk::start().await;
    let (service, agent) = (desk.as_role(Role::Service), desk.as_role(Role::Agent));
    desk.move_clock("2024-05-06T09:00:00Z").await;
    let promised = open(&service, "Export fails", json!({})).await;
    let unpromised = open(&service, "Import fails", json!({"tags": ["spam"]})).await;
    let waits = open(&service, "Print fails", json!({"tags": ["spam"]})).await;
    let merged = open(&service, "Import fails again", json!({"tags": ["spam"]})).await;
    desk.move_clock("2024-05-06T09:20:00Z").await;
    for ticket in [&promised, &unpromised, &merged] {
        resolve(&agent, ticket).await;
    }
    let into = json!({"into": promised.rsplit('/').next(), "reason": "The same."});
    agent.post(&format!("{merged}/merge"), &into).await.expect(200);
    let excluded = json!({"merged": 1, "without_promise": 1});
    for _ in 0..2 {
        let business = kpi(&agent, "time_to_resolution", MONDAY).await;
        assert_eq!(
            (&business["n"], &business["value"], &business["excluded"]),
            (&json!(1), &json!(1_200), &excluded)
        );
        let left_out = business["links"]["excluded"].as_str().expect("a link");
        let left_out = agent.get(left_out).await.expect(200).at("/items");
        let left_out = left_out.as_array().expect("tickets").iter();
        let mut left_out: Vec<(String, &Value)> = left_out
            .map(|one| (format!("/v1/tickets/{}", one["id"].as_str().expect("an id")), &one["excluded"]))
            .collect();
        left_out.sort_by_key(|one| one.1.to_string());
        let without = json!("without_promise");
        assert_eq!(left_out, [(merged.clone(), &json!("merged")), (unpromised.clone(), &without)]);
        // By day and night it is measured all the same.
        let elapsed = kpi(&agent, "time_to_resolution", &format!("{MONDAY}&clock=elapsed")).await;
        assert_eq!(
            (&elapsed["n"], &elapsed["excluded"]),
            (&json!(2), &json!({"merged": 1, "without_promise": 0}))
        );
        let left_out = elapsed["links"]["excluded"].as_str().expect("a link");
        let left_out = agent.get(left_out).await.expect(200).at("/items");
        assert_eq!(left_out.as_array().map(Vec::len), Some(1));
        sum_up(&desk).await;
    }
    // One that is not resolved has no such time, and is not among them.
    assert_eq!(agent.get(&waits).await.expect(200).at("/status"), "new");
    agrees(&desk).await;
}

#[tokio::test]
async fn who_has_said_already_how_it_was_is_not_asked() {
    let desk = Desk::start().await;
    let (service, agent) = (desk.as_role(Role::Service), desk.as_role(Role::Agent));
    desk.move_clock("2024-05-06T09:00:00Z").await;
    let mut tickets = Vec::new();
    for subject in ["Export fails", "Import fails"] {
        let ticket = open(&service, subject, json!({})).await;
        resolve(&agent, &ticket).await;
        tickets.push(ticket);
    }
    desk.move_clock("2024-05-06T09:30:00Z").await;
    service.post(&format!("{}/satisfaction", tickets[0]), &json!({"score": 5})).await.expect(201);
    desk.move_clock("2024-05-06T11:00:00Z").await;
    let said = kpi(&agent, "satisfaction", MONDAY).await;
    assert_eq!((&said["n"], &said["sent"], &said["response_rate"]), (&json!(1), &json!(1), &json!(0.0)));
    // Another resolution is asked about, whatever was said of the one before.
    agent.post(&format!("{}/reopen", tickets[0]), &json!({"reason": "Again."})).await.expect(200);
    resolve(&agent, &tickets[0]).await;
    desk.move_clock("2024-05-06T13:00:00Z").await;
    assert_eq!(kpi(&agent, "satisfaction", MONDAY).await["sent"], 2);
    agrees(&desk).await;
}

#[tokio::test]
async fn where_nothing_waits_the_backlog_has_no_value() {
    let desk = Desk::start().await;
    let (service, agent) = (desk.as_role(Role::Service), desk.as_role(Role::Agent));
    desk.move_clock("2024-05-06T09:00:00Z").await;
    let empty = kpi(&agent, "backlog", MONDAY).await;
    assert_eq!(
        (&empty["n"], &empty["value"], &empty["by_state"]["new"]),
        (&json!(0), &Value::Null, &json!(0))
    );
    open(&service, "Export fails", json!({})).await;
    let one = kpi(&agent, "backlog", MONDAY).await;
    assert_eq!((&one["n"], &one["value"], &one["by_state"]["new"]), (&json!(1), &json!(1), &json!(1)));
}

#[tokio::test]
async fn what_lies_ahead_in_the_hour_that_lasts_is_not_counted_before_it_comes() {
    let desk = Desk::start().await;
    let (service, agent) = (desk.as_role(Role::Service), desk.as_role(Role::Agent));
    desk.move_clock("2024-05-06T09:00:00Z").await;
    let answered = open(&service, "Export fails", json!({})).await;
    open(&service, "Export fails again", json!({})).await;
    desk.move_clock("2024-05-06T09:10:00Z").await;
    answer(&agent, &answered).await;
    sum_up(&desk).await;
    open(&service, "Export fails once more", json!({})).await;
    for (minute, overdue) in [("20", 0), ("30", 0), ("31", 1), ("40", 1), ("41", 2), ("59", 2)] {
        desk.move_clock(&format!("2024-05-06T09:{minute}:00Z")).await;
        for window in ["from=2024-05-06", "from=2024-05-06&to=2024-05-07", "from=2024-05-06T09:00:00Z"] {
            let found = kpi(&agent, "first_response_time", window).await;
            let told = (&found["n"], &found["open_overdue"]);
            assert_eq!(told, (&json!(1), &json!(overdue)), "{window} at 09:{minute}");
        }
        let waiting = kpi(&agent, "backlog", "").await;
        assert_eq!(waiting["n"], json!(3), "at 09:{minute}");
        sum_up(&desk).await;
    }
    agrees(&desk).await;
}

#[tokio::test]
async fn what_came_after_the_instant_of_an_answer_is_not_in_it_though_it_can_be_read() {
    let desk = Desk::start().await;
    let (service, agent) = (desk.as_role(Role::Service), desk.as_role(Role::Agent));
    desk.move_clock("2024-05-06T09:00:00Z").await;
    open(&service, "Export fails", json!({})).await;
    let later = open(&service, "Export fails again", json!({})).await;
    // As if it had come while the answer was on its way to the database.
    let id = later.rsplit('/').next().expect("an id").parse::<uuid::Uuid>().expect("an id");
    sqlx::query(
        "update kpi_entries set at = at + interval '30 seconds' where ticket_id = $1 and kind = 'created'",
    )
    .bind(id)
    .execute(&mut desk.superuser().await)
    .await
    .expect("an entry");
    for (instant, n) in [("09:00:00", 1), ("09:00:29", 1), ("09:00:30", 2)] {
        desk.move_clock(&format!("2024-05-06T{instant}Z")).await;
        for group in ["", "&group_by=team", "&group_by=team,priority"] {
            let found = kpi(&agent, "automation", &format!("from=2024-05-06{group}")).await;
            assert_eq!(found["n"], json!(n), "{instant} {group}");
        }
        assert_eq!(kpi(&agent, "backlog", "").await["n"], json!(n), "{instant}");
        sum_up(&desk).await;
    }
}

/// A window may have most of the hour that lasts, or little of it.
#[tokio::test]
async fn windows_end_anywhere_in_the_hour_that_lasts() {
    let desk = Desk::start().await;
    let (service, agent) = (desk.as_role(Role::Service), desk.as_role(Role::Agent));
    for minute in ["00", "10", "20", "30", "40"] {
        desk.move_clock(&format!("2024-05-06T09:{minute}:00Z")).await;
        let ticket = open(&service, "Export fails", json!({})).await;
        if minute == "10" {
            desk.move_clock("2024-05-06T09:12:00Z").await;
            answer(&agent, &ticket).await;
        }
        sum_up(&desk).await;
    }
    // Overdue half an hour after they came: the first at 09:30, the third at 09:50.
    desk.move_clock("2024-05-06T09:55:00Z").await;
    for (to, opened, answered, overdue) in [
        ("09:05", 1, 0, 0),
        ("09:15", 2, 1, 0),
        ("09:25", 3, 1, 0),
        ("09:31", 4, 1, 1),
        ("09:45", 5, 1, 1),
        ("09:51", 5, 1, 2),
        ("09:55", 5, 1, 2),
        ("10:30", 5, 1, 2),
    ] {
        for from in ["2024-05-06", "2024-05-06T08:30:00Z", "2024-05-06T09:00:00Z"] {
            let window = format!("from={from}&to=2024-05-06T{to}:00Z");
            assert_eq!(kpi(&agent, "automation", &window).await["n"], json!(opened), "{window}");
            let found = kpi(&agent, "first_response_time", &window).await;
            let told = (&found["n"], &found["open_overdue"]);
            assert_eq!(told, (&json!(answered), &json!(overdue)), "{window}");
            let verified =
                desk.as_role(Role::Lead).get(&format!("/v1/kpis/verify?{window}")).await.expect(200);
            assert_eq!(verified.at("/agrees"), json!(true), "{window}: {}", verified.shown());
        }
        let parts = kpi(
            &agent,
            "automation",
            &format!("from=2024-05-06T09:00:00Z&to=2024-05-06T{to}:00Z&group_by=team"),
        )
        .await;
        assert_eq!(parts["n"], json!(opened), "{to}");
    }
}

#[tokio::test]
async fn what_became_spam_and_was_resolved_took_no_time_that_was_promised() {
    let desk = Desk::start().await;
    let (service, agent) = (desk.as_role(Role::Service), desk.as_role(Role::Agent));
    desk.move_clock("2024-05-06T09:00:00Z").await;
    let (honest, junk) =
        (open(&service, "Export fails", json!({})).await, open(&service, "Buy now", json!({})).await);
    desk.move_clock("2024-05-06T09:10:00Z").await;
    agent.patch(&junk, &json!({"tags": ["spam"], "reason": "It is spam."})).await.expect(200);
    desk.move_clock("2024-05-06T10:00:00Z").await;
    resolve(&agent, &honest).await;
    desk.move_clock("2024-05-07T10:00:00Z").await;
    resolve(&agent, &junk).await;
    let found = kpi(&agent, "time_to_resolution", MONDAY).await;
    assert_eq!((&found["n"], &found["value"]), (&json!(1), &json!(3600)));
    assert_eq!(found["excluded"], json!({"merged": 0, "without_promise": 1}));
    agrees(&desk).await;
}
