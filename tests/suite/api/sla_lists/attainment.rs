//! How many promises were kept.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{ATTAINMENT, Worked};
use crate::harness::{Client, Desk};

/// Seven tickets, all of Monday 09:00 (first response P1 15 minutes, others half
/// an hour; next response P2 an hour; resolution P1 4 hours, P2 8):
///
/// | ticket | | first response | next response | resolution |
/// |---|---|---|---|---|
/// | solved | P3 | met 09:10 | | met 09:20 |
/// | timely | P3 | met 09:30 | | runs |
/// | tardy | P3 | late 09:30, answered 09:40 | | runs |
/// | unseen | P1 | late 09:15 | | late 13:00 |
/// | talk | P2 | met 09:20 | late 11:00, met 12:30 | met 15:00 |
/// | double | P3 | late 09:30 | | merged into tardy at 10:00 |
/// | small | P4 | met 09:25 | | met 10:00 |
async fn week() -> Desk {
    let desk = Desk::start().await;
    let at = async |time: &str| desk.move_clock(&format!("2000-01-03T{time}:00Z")).await;
    let new = async |subject: &str, priority: &str| Worked::new(&desk, subject, priority).await;
    at("09:00").await;
    let (solved, timely, tardy) =
        (new("solved", "P3").await, new("timely", "P3").await, new("tardy", "P3").await);
    new("unseen", "P1").await;
    let (talk, double, small) =
        (new("talk", "P2").await, new("double", "P3").await, new("small", "P4").await);
    at("09:10").await;
    solved.answer().await;
    at("09:20").await;
    solved.resolve().await;
    talk.answer().await;
    at("09:25").await;
    small.answer().await;
    at("09:30").await;
    timely.answer().await;
    at("09:40").await;
    tardy.answer().await;
    at("10:00").await;
    double.act("merge", json!({ "into": tardy.id })).await;
    small.resolve().await;
    talk.say("requester").await;
    at("11:30").await;
    talk.answer().await;
    at("12:00").await;
    talk.say("requester").await;
    at("12:30").await;
    talk.answer().await;
    at("15:00").await;
    talk.resolve().await;
    at("15:30").await;
    desk
}

async fn read(client: &Client, query: &str) -> Value {
    client.get(&format!("{ATTAINMENT}{query}")).await.expect(200).json()
}

fn kept(met: u64, breached: u64) -> Value {
    let n = met + breached;
    let share = |whole: f64| f64::from(u32::try_from(met).expect("a few")) / whole;
    let value = (n > 0).then(|| share(f64::from(u32::try_from(n).expect("a few"))));
    json!({ "value": value, "met": met, "breached": breached, "n": n })
}

fn metric(sum: (u64, u64), priorities: [(u64, u64); 4]) -> Value {
    let mut metric = kept(sum.0, sum.1);
    for (priority, (met, breached)) in ["P1", "P2", "P3", "P4"].into_iter().zip(priorities) {
        metric["priorities"][priority] = kept(met, breached);
    }
    metric
}

#[tokio::test]
async fn a_week_computed_on_paper() {
    let desk = week().await;
    let dashboard = desk.as_role(Role::Dashboard);
    let week = read(&dashboard, "?from=2000-01-03&to=2000-01-08").await;
    let metrics = json!({
        "first_response": metric((4, 2), [(0, 1), (1, 0), (2, 1), (1, 0)]),
        "next_response": metric((1, 1), [(0, 0), (1, 1), (0, 0), (0, 0)]),
        "resolution": metric((3, 1), [(0, 1), (1, 0), (1, 0), (1, 0)]),
    });
    assert_eq!(week["metrics"], metrics);
    assert_eq!(week["overall"], kept(8, 4));
    assert_eq!(week["excluded"], json!({ "merged": 2, "cancelled": 0, "spam": 0 }));
    assert_eq!(
        week["window"],
        json!({ "from": "2000-01-03T00:00:00Z", "to": "2000-01-08T00:00:00Z", "tz": "UTC" })
    );
    assert_eq!((&week["as_of"], &week["unit"]), (&json!("2000-01-03T15:00:00Z"), &json!("fraction")));
    assert!(week["definition"].as_str().is_some_and(|text| text.contains("met / (met + breached)")));
    let usual = read(&dashboard, "").await;
    assert_eq!((&usual["metrics"], &usual["overall"]), (&week["metrics"], &week["overall"]));
    for count in ["met", "breached", "n"] {
        let of = |part: &Value| part[count].as_u64().expect("a count");
        let metrics = usual["metrics"].as_object().expect("metrics");
        let parts = |metric: &Value| -> u64 {
            metric["priorities"].as_object().expect("priorities").values().map(of).sum()
        };
        assert!(metrics.values().all(|metric| parts(metric) == of(metric)), "{count}");
        assert_eq!(metrics.values().map(parts).sum::<u64>(), of(&usual["overall"]), "{count}");
    }
    let other = desk.found_tenant("globex").await.as_role(Role::Dashboard);
    let none = read(&other, "").await;
    assert_eq!((&none["overall"], &none["as_of"]), (&kept(0, 0), &Value::Null));
}

#[tokio::test]
async fn windows_and_filters_choose_clocks() {
    let desk = week().await;
    let dashboard = desk.as_role(Role::Dashboard);
    let cut = read(&dashboard, "?from=2000-01-03T09:20:00Z&to=2000-01-03T09:30:00Z").await;
    // talk and small answered, solved resolved; timely and the breaches of half past nine come later.
    assert_eq!(cut["metrics"]["first_response"], metric((2, 0), [(0, 0), (1, 0), (0, 0), (1, 0)]));
    assert_eq!(cut["metrics"]["resolution"], metric((1, 0), [(0, 0), (0, 0), (1, 0), (0, 0)]));
    assert_eq!(cut["overall"], kept(3, 0));
    assert_eq!(cut["excluded"]["merged"], 0);
    // In Kiritimati (UTC+14) the 4th begins at 10:00 UTC.
    let far = read(&dashboard, "?from=2000-01-04&to=2000-01-05&tz=Pacific/Kiritimati").await;
    assert_eq!(far["overall"], kept(3, 2), "the resolution of small and all later");
    let overall = async |query: &str| read(&dashboard, query).await["overall"].clone();
    let week = "?from=2000-01-03&to=2000-01-08";
    assert_eq!(overall(&format!("{week}&priority=P2")).await, kept(3, 1));
    assert_eq!(overall(&format!("{week}&metric=next_response")).await, kept(1, 1));
    assert_eq!(overall(&format!("{week}&metric=resolution,first_response")).await, kept(7, 3));
    assert_eq!(overall(&format!("{week}&category=technical_bug")).await, kept(8, 4));
    assert_eq!(overall(&format!("{week}&channel=api")).await, kept(8, 4));
    for nothing in ["channel=email", "team=nobody", "category=data", "type=alert"] {
        assert_eq!(overall(&format!("{week}&{nothing}")).await, kept(0, 0), "{nothing}");
    }
}

#[tokio::test]
async fn an_answer_is_the_same_until_a_deadline_passes() {
    let desk = Desk::start_with(&[("SUPPORT__SERVICE__ROLE", "api")]).await;
    desk.move_clock("2000-01-03T09:00:00Z").await;
    let worked = Worked::new(&desk, "urgent", "P1").await;
    worked.answer().await;
    let dashboard = desk.as_role(Role::Dashboard);
    desk.move_clock("2000-01-03T12:00:00Z").await;
    for query in ["", "?from=2000-01-03&to=2000-01-08"] {
        let first = dashboard.get(&format!("{ATTAINMENT}{query}")).await.expect(200);
        assert_eq!(first.header("cache-control"), "private, max-age=0, must-revalidate");
    }
    let tag = async |query: &str| {
        dashboard.get(&format!("{ATTAINMENT}{query}")).await.expect(200).header("etag").to_owned()
    };
    let fixed = "?from=2000-01-03&to=2000-01-08";
    let known = [("", tag("").await), (fixed, tag(fixed).await)];
    desk.pass_to("2000-01-03T13:00:00Z").await;
    for (query, tag) in &known {
        let again = dashboard.with("if-none-match", tag).get(&format!("{ATTAINMENT}{query}")).await;
        assert_eq!(again.expect(304).header("etag"), tag);
    }
    // Sent anew, the usual window is another one, so its tag is too.
    let moved = dashboard.get(ATTAINMENT).await.expect(200);
    assert_eq!(moved.at("/window/to"), "2000-01-03T13:00:00.000001Z");
    assert_ne!(moved.header("etag"), known[0].1);
    assert_eq!(tag(fixed).await, known[1].1, "this one is the same");
    desk.pass_to("2000-01-03T13:00:00.000001Z").await;
    for (query, tag) in &known {
        let changed = dashboard.with("if-none-match", tag).get(&format!("{ATTAINMENT}{query}")).await;
        assert_eq!(changed.expect(200).at("/overall"), kept(1, 1));
    }
}
