//! KPIs agree with histories whatever happens, and however far their sums are.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;
use support_engineer::flow;

use crate::harness::{Client, Desk};

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[usize::try_from(self.below(all.len() as u64)).expect("small")]
    }
}

/// A desk whose tickets live at random.
struct Town {
    desk: Desk,
    sums: flow::Desk,
    agent: Client,
    dice: Dice,
    tickets: Vec<String>,
    /// Messages that are, or were, notes.
    notes: Vec<String>,
}

const CATEGORIES: &[&str] = &["technical_bug", "how_to", "access", "infrastructure", "data"];
const LEVELS: &[&str] = &["low", "medium", "high", "critical"];
const EVER: &str = "from=2024-04-01&to=2025-01-01";

impl Town {
    async fn found(seed: u64) -> Self {
        let desk = Desk::start().await;
        desk.move_clock("2024-05-06T09:00:00Z").await;
        let (sums, agent) = (desk.backstage().await, desk.as_role(Role::Lead));
        Self { desk, sums, agent, dice: Dice(seed), tickets: Vec::new(), notes: Vec::new() }
    }

    async fn open(&mut self) {
        let ticket = json!({
            "subject": "Export fails", "body": "It stops with an error.", "requester": {"email": "a@b.example"},
            "severity": self.dice.of(LEVELS), "impact": "team", "category": self.dice.of(CATEGORIES),
            "channel": self.dice.of(&["api", "email", "phone"]),
            "author": self.dice.of(&["requester", "requester", "agent"]),
        });
        self.tickets.push(self.agent.post("/v1/tickets", &ticket).await.expect(201).text("/id"));
    }

    /// What is no act on a ticket that is known by its place: a note is shown, an
    /// alert comes or goes, a ticket is or is no request at all.
    async fn act_otherwise(&mut self, ticket: &str) {
        let answer = match self.dice.below(4) {
            0 => {
                let tags = self.dice.of(&["", "spam", "export", "spam export"]);
                let tags: Vec<&str> = tags.split_whitespace().collect();
                self.agent.patch(ticket, &json!({"tags": tags})).await
            }
            1 => {
                let count = self.notes.len() as u64;
                let Some(last) = count.checked_sub(1) else { return };
                let note = last - self.dice.below(count.min(8));
                let note = &self.notes[usize::try_from(note).expect("small")];
                self.agent.patch(note, &json!({"visibility": "public"})).await
            }
            2 => {
                let score = 1 + self.dice.below(5);
                self.agent.post(&format!("{ticket}/satisfaction"), &json!({"score": score})).await
            }
            _ => {
                let (name, status) =
                    (self.dice.of(&["DbDown", "DiskFull"]), self.dice.of(&["firing", "resolved"]));
                let at = self.desk.now().await;
                let alert = json!({ "version": "4", "groupKey": name, "truncatedAlerts": 0, "status": status,
                    "receiver": "desk", "groupLabels": {"alertname": name}, "commonLabels": {"alertname": name},
                    "commonAnnotations": {}, "externalURL": "http://alertmanager.example:9093", "alerts": [{
                        "status": status, "labels": {"alertname": name}, "annotations": {},
                        "startsAt": at, "endsAt": at }] });
                self.desk.as_role(Role::Service).post("/v1/alerts/alertmanager", &alert).await
            }
        };
        assert!([200, 201, 409, 422].contains(&answer.status), "{}", answer.shown());
    }

    async fn act(&mut self) {
        let place = usize::try_from(self.dice.below(self.tickets.len() as u64)).expect("small");
        let other = usize::try_from(self.dice.below(self.tickets.len() as u64)).expect("small");
        let path = format!("/v1/tickets/{}", self.tickets[place]);
        let reason = "It is so.";
        let (what, body) = match self.dice.below(16) {
            12.. => return self.act_otherwise(&path).await,
            0 | 1 => {
                let author = self.dice.of(&["agent", "requester"]);
                ("messages", json!({"visibility": "public", "author": author, "body": "Well."}))
            }
            2 => ("messages", json!({"visibility": "internal", "author": "agent", "body": "Hm."})),
            3 => ("transitions", json!({"to": self.dice.of(&["open", "pending", "on_hold"])})),
            4 | 5 => {
                ("resolve", json!({"resolution": "fixed", "steps": "Restarted.", "message": "It works."}))
            }
            6 => ("reopen", json!({"reason": reason})),
            7 => ("merge", json!({"into": self.tickets[other], "reason": reason})),
            8 => ("triage", json!({"category": self.dice.of(CATEGORIES), "reason": reason})),
            9 => ("triage", json!({"severity": self.dice.of(LEVELS), "reason": reason})),
            10 => {
                let context = json!({"reproduction_steps": "Click.", "error_log": "E17", "system_metrics": "99 %",
                    "affected_data": "Rows.", "impact_assessment": "All."});
                ("escalations", json!({"persona": "developer", "reason": reason, "context": context}))
            }
            _ => ("assign", json!({"team": self.dice.of(&["developer", "devops", "first_level"])})),
        };
        let answer = self.agent.post(&format!("{path}/{what}"), &body).await;
        assert!([200, 201, 409, 422].contains(&answer.status), "{what}: {}", answer.shown());
        if what == "messages" && answer.status == 201 {
            // The ticket may go on in another one.
            let about = answer.text("/ticket");
            self.notes.push(format!("/v1/tickets/{about}/messages/{}", answer.id()));
        }
    }

    async fn pass(&mut self, hours: u64) {
        let minutes = i64::try_from(1 + self.dice.below(hours * 60)).expect("small");
        let to: Timestamp = self.desk.now().await + SignedDuration::from_mins(minutes);
        self.desk.move_clock(&to.to_string()).await;
    }

    async fn read(&self, path: &str) -> Value {
        self.agent.get(path).await.expect(200).json()
    }

    async fn check(&self) {
        let found = self.read(&format!("/v1/kpis/verify?{EVER}")).await;
        assert_eq!((&found["agrees"], &found["differences"]), (&json!(true), &json!([])));
        // Some go on in a ticket of their own.
        let tickets = found["tickets"].as_u64().expect("a number");
        assert!(tickets >= self.tickets.len() as u64, "{tickets}");
    }

    /// Every number of every window, cut through hours on purpose.
    async fn numbers(&self) -> Vec<Value> {
        let mut numbers = Vec::new();
        for window in
            ["from=2024-05-06T09:17:00Z&to=2024-06-20T13:41:00Z", EVER, "from=2024-05-07&to=2024-05-09"]
        {
            for more in ["", "&clock=elapsed", "&priority=P2,P3", "&team=first_level&category=data,how_to"] {
                numbers.push(self.read(&format!("/v1/kpis?{window}{more}")).await["kpis"].clone());
            }
        }
        numbers
    }

    /// How often the tickets of a list count, all together.
    async fn listed(&self, link: &str) -> u64 {
        let (mut path, mut listed) = (link.to_owned(), 0);
        loop {
            let page = self.read(&path).await;
            let items = page["items"].as_array().expect("items");
            listed += items.iter().map(|one| one["counts"].as_u64().expect("a count")).sum::<u64>();
            let Some(next) = page["next_cursor"].as_str() else { return listed };
            path = format!("{link}&cursor={next}");
        }
    }

    /// What belongs to the tenant is summed up, wholly.
    async fn sum_up(&self) {
        self.sums.fold(self.desk.home().id).await.expect("sums");
    }
}

#[tokio::test]
async fn whatever_happens_the_numbers_follow_from_the_histories() {
    let mut town = Town::found(11).await;
    // By hand with more of them; the time they take altogether stays the same.
    let rounds: u64 = std::env::var("SUPPORT_SUITE_ROUNDS").map_or(260, |n| n.parse().expect("a number"));
    for round in 0..rounds {
        if round % 4 == 0 {
            town.open().await;
        }
        town.act().await;
        if town.dice.below(3) == 0 {
            town.pass((20 * 260 / rounds).max(2)).await;
        }
        if town.dice.below(9 * rounds / 260) == 0 {
            town.sum_up().await;
        }
    }
    town.check().await;
    let waiting = town.numbers().await;
    town.sum_up().await;
    town.check().await;
    assert_eq!(town.numbers().await, waiting, "sums tell what entries told");
    // Two months later days and months have been summed up too, and late changes reach them.
    let to: Timestamp = town.desk.now().await + SignedDuration::from_hours(24 * 62);
    town.desk.move_clock(&to.to_string()).await;
    town.sum_up().await;
    for _ in 0..20 {
        town.act().await;
    }
    town.check().await;
    town.sum_up().await;
    town.check().await;
    let before = town.numbers().await;
    town.sums.rebuild_kpis(town.desk.home().id).await.expect("made anew");
    assert_eq!(town.numbers().await, before, "nothing was lost or doubled");
    town.check().await;
}

#[tokio::test]
async fn groups_and_parts_of_a_window_add_up_to_the_whole_and_tickets_are_those_counted() {
    let mut town = Town::found(5).await;
    for round in 0..120 {
        if round % 3 == 0 {
            town.open().await;
        }
        town.act().await;
        if round % 5 == 0 {
            town.pass(12).await;
        }
    }
    town.sum_up().await;
    for by in ["priority", "team,category", "channel,type"] {
        let all = town.read(&format!("/v1/kpis?{EVER}&group_by={by}")).await;
        for (name, whole) in
            all["kpis"].as_object().expect("KPIs").iter().filter(|(name, _)| *name != "uptime")
        {
            let groups = all["groups"].as_array().expect("groups");
            // Counts, and counts by something, of all depths: the groups' add up to the whole's.
            let counts =
                ["n", "excluded", "open_overdue", "distribution", "sent", "by_state", "by_age", "metrics"];
            for count in counts.into_iter().filter(|count| whole.get(*count).is_some()) {
                let mut sum = json!(null);
                for group in groups {
                    add(&mut sum, &group["kpis"][name][count]);
                }
                assert_eq!(sum, only_counts(&whole[count]), "{count} of {name} by {by}");
            }
        }
    }
    for (name, whole) in town.read(&format!("/v1/kpis?{EVER}")).await["kpis"].as_object().expect("KPIs") {
        let n = whole["n"].as_u64().expect("a number");
        let of =
            |count: &Value| count.as_object().map(|by| by.values().filter_map(Value::as_u64).sum::<u64>());
        for (list, count) in [
            ("tickets", Some(n).filter(|_| name != "uptime")),
            ("excluded", of(&whole["excluded"]).filter(|_| !["backlog", "uptime"].contains(&name.as_str()))),
            ("open_overdue", whole["open_overdue"].as_u64()),
        ] {
            assert_eq!(whole["links"][list].is_string(), count.is_some(), "{list} of {name}");
            if let Some(count) = count {
                assert_eq!(
                    town.listed(whole["links"][list].as_str().expect("a link")).await,
                    count,
                    "{list} of {name}"
                );
            }
        }
        // The share is that of its tickets.
        if let (Some(link), Some(share)) = (whole["links"]["numerator"].as_str(), whole["value"].as_f64()) {
            let marked = f64::from(u32::try_from(town.listed(link).await).expect("few"));
            let all = f64::from(u32::try_from(n).expect("few"));
            let share = match name.as_str() {
                "first_response_time" => {
                    let late = whole["open_overdue"].as_u64().and_then(|late| u32::try_from(late).ok());
                    whole["within_target"].as_f64().expect("a share") * (all + f64::from(late.expect("few")))
                }
                "satisfaction" => whole["positive"].as_f64().expect("a share") * all,
                "automation" => share * 4.0 * all,
                _ => share * all,
            };
            assert!((share - marked).abs() < 1e-6, "{name}: {marked} of {share}");
        }
        if name != "backlog" {
            let zone = "tz=Europe/Berlin&interval=week";
            let series = town.read(&format!("/v1/kpis/{name}/series?{EVER}&{zone}")).await;
            let points = series["points"].as_array().expect("points");
            let sum: u64 = points.iter().filter_map(|point| point["n"].as_u64()).sum();
            assert_eq!(sum, n, "{name} by weeks");
        }
    }
}

/// Whole numbers, by the same names; shares are left out.
fn only_counts(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let counted = fields.iter().filter(|(name, _)| *name != "value");
            Value::Object(counted.map(|(name, value)| (name.clone(), only_counts(value))).collect())
        }
        value => value.clone(),
    }
}

/// Adds counts to those that were added before.
fn add(sum: &mut Value, value: &Value) {
    match (&mut *sum, only_counts(value)) {
        (Value::Object(sums), Value::Object(fields)) => {
            for (name, value) in &fields {
                add(sums.get_mut(name).expect("the same fields"), value);
            }
        }
        (Value::Number(known), Value::Number(more)) => {
            let numbers = known.as_u64().zip(more.as_u64());
            *sum = json!(numbers.map(|(known, more)| known + more).expect("counts"));
        }
        (_, value) => *sum = value,
    }
}

/// Whether it is to be done again because a machine that does much else gave no
/// connection in time.
fn busy<T>(done: Result<T, flow::Error>) -> bool {
    match done {
        Ok(_) => false,
        Err(flow::Error::Busy(_)) => true,
        Err(error) => {
            assert!(error.to_string().contains("pool"), "{error}");
            true
        }
    }
}

#[tokio::test]
async fn sums_lose_nothing_to_those_who_write_meanwhile() {
    let desk = Desk::start().await;
    desk.move_clock("2024-05-06T09:00:00Z").await;
    let (sums, home) = (Arc::new(desk.backstage().await), desk.home().id);
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let agent = desk.as_role(Role::Lead);
            tokio::spawn(async move {
                for _ in 0..12 {
                    let ticket = json!({"subject": "Export fails", "body": "It stops.",
                        "requester": {"email": "a@b.example"}});
                    let made = agent.post("/v1/tickets", &ticket).await.expect(201);
                    let word = json!({"visibility": "public", "author": "agent", "body": "Well."});
                    agent.post(&format!("/v1/tickets/{}/messages", made.id()), &word).await.expect(201);
                }
            })
        })
        .collect();
    let (folding, rebuilding) = (Arc::clone(&sums), Arc::clone(&sums));
    let folder = tokio::spawn(async move {
        for _ in 0..40 {
            while busy(folding.fold(home).await) {}
        }
    });
    for _ in 0..3 {
        while busy(rebuilding.rebuild_kpis(home).await) {}
    }
    for writer in writers {
        writer.await.expect("it writes");
    }
    folder.await.expect("it folds");
    let lead = desk.as_role(Role::Lead);
    let found = lead.get("/v1/kpis/verify?from=2024-05-06&to=2024-05-08").await.expect(200);
    assert_eq!((found.at("/agrees"), found.at("/differences")), (json!(true), json!([])));
    let kpi = lead.get("/v1/kpis/first_response_time?from=2024-05-06&to=2024-05-08").await.expect(200);
    assert_eq!(kpi.at("/n"), json!(48));
}

#[tokio::test]
async fn what_is_summed_up_all_at_once_after_months_is_whole() {
    let desk = Desk::start_with(&[("SUPPORT__SERVICE__ROLE", "api")]).await;
    let service = desk.as_role(Role::Service);
    let mut now: Timestamp = "2024-05-06T09:00:00Z".parse().expect("an instant");
    for _ in 0..75 {
        desk.pass_to(&now.to_string()).await;
        let ticket =
            json!({"subject": "Export fails", "body": "It stops.", "requester": {"email": "a@b.example"}});
        service.post("/v1/tickets", &ticket).await.expect(201);
        now += SignedDuration::from_hours(24);
    }
    let (sums, home, lead) = (desk.backstage().await, desk.home().id, desk.as_role(Role::Lead));
    let span = "from=2024-05-01&to=2024-09-01";
    for again in 0..2 {
        if again == 0 {
            sums.fold(home).await.expect("sums");
        } else {
            sums.rebuild_kpis(home).await.expect("made anew");
        }
        let found = lead.get(&format!("/v1/kpis/verify?{span}")).await.expect(200);
        assert_eq!((found.at("/agrees"), found.at("/differences")), (json!(true), json!([])), "{again}");
        let all = lead.get(&format!("/v1/kpis?{span}&interval=month")).await.expect(200);
        assert_eq!(all.at("/kpis/resolution_rate/n"), json!(75));
        let months = all.at("/series/resolution_rate");
        let months: Vec<_> =
            months.as_array().expect("months").iter().map(|month| month["n"].clone()).collect();
        assert_eq!(months, [json!(26), json!(30), json!(19), json!(0)]);
        let kept = "select count(*) from kpi_cubes where span = 'month'";
        let kept: i64 =
            sqlx::query_scalar(kept).fetch_one(&mut desk.superuser().await).await.expect("a number");
        assert_eq!(kept, 2, "May and June are over");
    }
}
