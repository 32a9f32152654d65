//! On-call schedules over HTTP: who is called when, edits for a version, and
//! what is refused.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Client, Desk};

const PATH: &str = "/v1/teams/first_level/on-call";

/// Ids of the agents `admin` and `lead`.
async fn people(client: &Client) -> (String, String) {
    let agents = client.get("/v1/agents").await.expect(200).at("/items");
    let id = |name: &str| {
        let agent = agents.as_array().expect("agents").iter().find(|agent| agent["name"] == name);
        agent.expect("an agent of the name")["id"].as_str().expect("an id").to_owned()
    };
    (id("admin"), id("lead"))
}

/// Weeks in Berlin from Monday 9 o'clock, over the change to summer time.
fn weekly(participants: &[&str]) -> Value {
    json!({ "layers": [{ "name": "primary", "time_zone": "Europe/Berlin", "rotation": "weekly",
        "starts_on": "2000-03-20", "hand_over": "09:00", "participants": participants }] })
}

#[tokio::test]
async fn a_schedule_says_who_is_called_by_what_and_until_when() {
    let desk = Desk::start().await;
    let lead = desk.as_role(Role::Lead);
    let (first, second) = people(&lead).await;
    let put = lead.put(PATH, &weekly(&[&first, &second])).await.expect(200);
    assert_eq!((put.at("/version"), put.text("/team")), (json!(1), "first_level".to_owned()));
    assert_eq!(lead.get(PATH).await.expect(200).json(), put.json());

    let early = lead.get(&format!("{PATH}/now")).await.expect(200);
    assert_eq!((early.at("/on_call"), early.text("/at")), (Value::Null, "2000-01-01T00:00:00Z".to_owned()));
    assert_eq!(early.text("/until"), "2000-03-20T08:00:00Z");
    desk.move_clock("2000-03-20T08:00:00Z").await;
    let now = lead.get(&format!("{PATH}/now")).await.expect(200);
    assert_eq!(
        now.at("/on_call"),
        json!({ "agent": first, "agent_name": "admin", "layer": "primary", "override": null })
    );
    assert_eq!(now.text("/until"), "2000-03-27T07:00:00Z", "9 o'clock of summer time");

    let over = json!({ "from": "2000-03-21T00:00:00Z", "to": "2000-03-22T00:00:00Z", "agent": second });
    let over = lead.post(&format!("{PATH}/overrides"), &over).await.expect(201);
    let during = lead.get(&format!("{PATH}/now?at=2000-03-21T12:00:00Z")).await.expect(200);
    assert_eq!(during.at("/on_call/agent"), json!(second));
    assert_eq!((during.at("/on_call/override"), during.at("/on_call/layer")), (over.at("/id"), Value::Null));
    assert_eq!(during.text("/until"), "2000-03-22T00:00:00Z");

    let path = format!("{PATH}/shifts?from=2000-03-19T00:00:00Z&to=2000-04-03T12:00:00Z&limit=2");
    let mut told = Vec::new();
    let mut page = lead.get(&path).await.expect(200);
    loop {
        for shift in page.at("/items").as_array().expect("shifts") {
            told.push((shift["from"].clone(), shift["on_call"]["agent"].clone()));
        }
        let Some(cursor) = page.at("/next_cursor").as_str().map(ToOwned::to_owned) else { break };
        page = lead.get(&format!("{path}&cursor={cursor}")).await.expect(200);
    }
    assert_eq!(
        told,
        [
            (json!("2000-03-19T00:00:00Z"), Value::Null),
            (json!("2000-03-20T08:00:00Z"), json!(first)),
            (json!("2000-03-21T00:00:00Z"), json!(second)),
            (json!("2000-03-22T00:00:00Z"), json!(first)),
            (json!("2000-03-27T07:00:00Z"), json!(second)),
            (json!("2000-04-03T07:00:00Z"), json!(first)),
        ]
    );
    assert_eq!(
        page.at("/items").as_array().and_then(|items| items.last().cloned()).expect("one")["to"],
        "2000-04-03T12:00:00Z"
    );

    let gone = lead.delete(&format!("{PATH}/overrides/{}", over.id())).await.expect(200);
    assert_eq!(gone.json(), over.json());
    lead.delete(&format!("{PATH}/overrides/{}", over.id())).await.expect_problem(404, "not_found");
    let after = lead.get(&format!("{PATH}/now?at=2000-03-21T12:00:00Z")).await.expect(200);
    assert_eq!(after.at("/on_call/agent"), json!(first));
}

#[tokio::test]
async fn an_edit_is_meant_for_a_version_and_the_same_again_is_none() {
    let desk = Desk::start().await;
    let lead = desk.as_role(Role::Lead);
    let (first, second) = people(&lead).await;
    lead.get(PATH).await.expect_problem(404, "not_found");
    lead.delete(PATH).await.expect_problem(404, "not_found");
    let mut document = weekly(&[&first]);
    document["overrides"] =
        json!([{ "from": "2000-03-21T00:00:00Z", "to": "2000-03-22T00:00:00Z", "agent": second }]);
    let made = lead.put(PATH, &document).await.expect(200);
    let again = lead.put(PATH, &document).await.expect(200);
    assert_eq!(again.json(), made.json(), "its override keeps its id");
    assert_eq!(again.header("etag"), made.header("etag"));
    lead.with("if-none-match", made.header("etag")).get(PATH).await.expect(304);

    let mine = lead.with("if-match", made.header("etag"));
    let edited = mine.put(PATH, &weekly(&[&second, &first])).await.expect(200);
    assert_eq!((edited.at("/version"), edited.at("/overrides")), (json!(2), json!([])));
    mine.put(PATH, &document).await.expect_problem(412, "precondition_failed");
    mine.delete(PATH).await.expect_problem(412, "precondition_failed");
    let over = json!({ "from": "2000-03-21T00:00:00Z", "to": "2000-03-22T00:00:00Z", "agent": second });
    mine.post(&format!("{PATH}/overrides"), &over).await.expect_problem(412, "precondition_failed");

    let once = lead.with("idempotency-key", "once");
    let added = once.post(&format!("{PATH}/overrides"), &over).await.expect(201);
    let same = once.post(&format!("{PATH}/overrides"), &over).await.expect(201);
    assert_eq!((same.header("idempotency-replayed"), same.id()), ("true", added.id()));
    assert_eq!(lead.get(PATH).await.expect(200).at("/overrides").as_array().map(Vec::len), Some(1));

    lead.delete(PATH).await.expect(200);
    lead.get(PATH).await.expect_problem(404, "not_found");
    lead.get(&format!("{PATH}/now")).await.expect_problem(404, "not_found");
    let back = lead.put(PATH, &document).await.expect(200);
    assert_eq!(back.at("/version"), 5, "an edit meant for what was removed finds another version");
    assert_eq!(acts(&desk).await, ["replace", "replace", "override", "remove", "replace"]);
}

/// What was done to schedules, in order.
async fn acts(desk: &Desk) -> Vec<String> {
    let query = "select substr(action, 9) from audit_log where action like 'on\\_call.%' order by id";
    sqlx::query_scalar(query).fetch_all(&mut desk.superuser().await).await.expect("the log is read")
}

#[tokio::test]
async fn what_makes_no_schedule_is_refused() {
    let desk = Desk::start().await;
    let lead = desk.as_role(Role::Lead);
    let (first, _) = people(&lead).await;
    let stranger = uuid::Uuid::nil().to_string();
    let mut document = weekly(&[&first, &stranger]);
    document["overrides"] =
        json!([{ "from": "2000-03-21T00:00:00Z", "to": "2000-03-22T00:00:00Z", "agent": stranger }]);
    let refused = lead.put(PATH, &document).await.expect_problem(422, "validation");
    let unknown = |pointer: &str| (pointer.to_owned(), "unknown_agent".to_owned());
    assert_eq!(refused.faults(), [unknown("/layers/0/participants/1"), unknown("/overrides/0/agent")]);
    let twice = json!({ "id": stranger, "from": "2000-03-21T00:00:00Z", "to": "2000-03-22T00:00:00Z", "agent": first });
    document = weekly(&[&first]);
    document["overrides"] = json!([twice, twice]);
    let refused = lead.put(PATH, &document).await.expect_problem(422, "validation");
    assert_eq!(refused.faults(), [("/overrides".to_owned(), "duplicate_id".to_owned())]);

    lead.put("/v1/teams/nobody/on-call", &weekly(&[&first])).await.expect_problem(404, "not_found");
    lead.get("/v1/teams/nobody/on-call/now").await.expect_problem(404, "not_found");
    lead.put(PATH, &weekly(&[&first])).await.expect(200);
    let over = json!({ "from": "2000-03-21T00:00:00Z", "to": "2000-03-21T00:00:00Z", "agent": first });
    let path = format!("{PATH}/overrides");
    let refused = lead.post(&path, &over).await.expect_problem(422, "validation");
    assert_eq!(refused.faults(), [("/to".to_owned(), "not_after".to_owned())]);
    let over = json!({ "from": "2000-03-21T00:00:00Z", "to": "2000-03-22T00:00:00Z", "agent": stranger });
    let refused = lead.post(&path, &over).await.expect_problem(422, "validation");
    assert_eq!(refused.faults(), [unknown("/agent")]);
    for query in [
        "from=2000-01-01T00:00:00Z&to=2001-01-02T00:00:01Z",
        "from=2000-01-01T00:00:00Z&to=2000-01-01T00:00:00Z",
        "to=2000-01-01T00:00:00Z",
        "from=yesterday",
    ] {
        lead.get(&format!("{PATH}/shifts?{query}")).await.expect_problem(400, "bad_parameter");
    }
    desk.as_role(Role::Agent).put(PATH, &weekly(&[&first])).await.expect_problem(403, "forbidden");
}
