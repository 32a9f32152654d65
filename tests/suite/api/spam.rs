//! What is no request at all is kept, and nobody is told or promised anything.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Answer, Client, Desk, Smtp, ticket};

const MONDAY: &str = "2024-05-06T09:00:00Z";

async fn kinds(client: &Client, path: &str) -> Vec<String> {
    let facts = client.get(&format!("{path}/history")).await.expect(200).at("/items");
    let kind = |fact: &Value| fact["kind"].as_str().expect("a kind").to_owned();
    facts.as_array().expect("facts").iter().map(kind).collect()
}

async fn agrees(desk: &Desk) {
    let check =
        desk.as_role(Role::Lead).get("/v1/kpis/verify?from=2024-05-01&to=2024-06-01").await.expect(200);
    assert_eq!(check.at("/agrees"), true, "{}", check.shown());
}

fn path(made: &Answer) -> String {
    format!("/v1/tickets/{}", made.id())
}

/// As urgent as can be, of a category that is handed over at once.
fn urgent(tags: &Value) -> Value {
    let mut body = ticket("Somebody was in our systems", "All passwords were stolen.");
    let more =
        json!({"severity": "critical", "impact": "organization", "category": "security", "tags": tags});
    for (name, value) in more.as_object().expect("fields") {
        body[name] = value.clone();
    }
    body
}

#[tokio::test]
async fn spam_is_kept_and_nobody_hears_of_it() {
    let smtp = Smtp::start().await;
    let settings = smtp.settings();
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (&**name, &**value)).collect();
    let desk = Desk::start_with(&settings).await;
    desk.move_clock(MONDAY).await;
    let (service, agent) = (desk.as_role(Role::Service), desk.as_role(Role::Agent));
    let prize = ticket("You have won", "You have been selected! Claim your prize now, click here.");
    for body in [prize, urgent(&json!(["spam"]))] {
        let made = service.post("/v1/tickets", &body).await.expect(201);
        assert!(made.at("/tags").as_array().is_some_and(|tags| tags.contains(&json!("spam"))));
        assert_eq!(made.text("/message_to_requester"), "");
        assert_eq!((made.at("/sla/policy"), made.at("/sla/first_response")), (Value::Null, Value::Null));
        assert_eq!((made.at("/escalations"), made.at("/escalation_plan")), (json!([]), json!([])));
        let path = path(&made);
        assert_eq!(agent.get(&path).await.expect(200).at("/message_to_requester"), "");
        let messages = agent.get(&format!("{path}/messages")).await.expect(200).at("/items");
        assert_eq!(messages.as_array().map(Vec::len), Some(1), "what it was opened with: {messages}");
        desk.move_clock("2024-05-08T09:00:00Z").await;
        assert_eq!(kinds(&agent, &path).await, ["opened", "ladder_started"]);
    }
    assert_eq!(smtp.arrived().len(), 0);
    assert_eq!(agent.get("/v1/handoffs").await.expect(200).at("/items"), json!([]));
    agrees(&desk).await;
    desk.backstage().await.rebuild_kpis(desk.home().id).await.expect("made anew");
    agrees(&desk).await;
}

#[tokio::test]
async fn spam_is_spam_however_it_is_written() {
    let desk = Desk::start().await;
    desk.move_clock(MONDAY).await;
    let (service, agent) = (desk.as_role(Role::Service), desk.as_role(Role::Agent));
    let made = service.post("/v1/tickets", &urgent(&json!(["Spam", "SPAM", "Invoice"]))).await.expect(201);
    assert_eq!(made.at("/tags"), json!(["spam", "Invoice", "incident"]));
    assert_eq!((made.text("/message_to_requester"), made.at("/sla/policy")), (String::new(), Value::Null));
    let request = ticket("Export fails", "It stops with an error.");
    let path = path(&service.post("/v1/tickets", &request).await.expect(201));
    let marked = agent.patch(&path, &json!({"tags": ["Invoice", "sPAM"]})).await.expect(200);
    assert_eq!((marked.at("/tags"), marked.at("/sla/policy")), (json!(["Invoice", "spam"]), Value::Null));
    let known = kinds(&agent, &path).await;
    agent.patch(&path, &json!({"tags": ["Invoice", "Spam"]})).await.expect(200);
    assert_eq!(kinds(&agent, &path).await, known, "that is no change");
    let left_out = agent.get("/v1/kpis/first_response_time?from=2024-05-06&to=2024-05-07").await.expect(200);
    assert_eq!(left_out.at("/excluded/spam"), 2);
    agrees(&desk).await;
}

#[tokio::test]
async fn the_same_without_the_tag_is_greeted_promised_and_handed_over() {
    let desk = Desk::start().await;
    desk.move_clock(MONDAY).await;
    let made = desk.as_role(Role::Service).post("/v1/tickets", &urgent(&json!([]))).await.expect(201);
    assert!(!made.text("/message_to_requester").is_empty());
    assert!(made.at("/sla/first_response").is_object(), "{}", made.shown());
    assert_ne!((made.at("/escalations"), made.at("/escalation_plan")), (json!([]), json!([])));
}

#[tokio::test]
async fn who_marks_a_ticket_as_spam_ends_its_promises_and_takes_that_back() {
    let desk = Desk::start().await;
    desk.move_clock(MONDAY).await;
    let agent = desk.as_role(Role::Agent);
    let mut body = ticket("Export fails", "It stops with an error.");
    body["severity"] = json!("critical");
    body["impact"] = json!("organization");
    let made = agent.post("/v1/tickets", &body).await.expect(201);
    let path = path(&made);
    let due = made.at("/sla/resolution/due_at");
    desk.move_clock("2024-05-06T09:05:00Z").await;
    let marked = agent.patch(&path, &json!({"tags": ["spam"]})).await.expect(200);
    assert_eq!(
        (marked.at("/sla/policy"), marked.at("/sla/resolution/state")),
        (Value::Null, json!("cancelled"))
    );
    let planned = |ticket: &Answer| {
        let steps = ticket.at("/escalation_plan");
        steps.as_array().expect("steps").iter().filter(|step| step["state"] == "planned").count()
    };
    assert!(planned(&made) > 0, "{}", made.shown());
    assert_eq!(planned(&marked), 0, "{}", marked.shown());
    agrees(&desk).await;
    // It was none: it is promised again, from when it came in.
    desk.move_clock("2024-05-06T10:00:00Z").await;
    let request = agent.patch(&path, &json!({"tags": []})).await.expect(200);
    assert_eq!(
        (request.at("/sla/resolution/due_at"), request.at("/sla/resolution/state")),
        (due, json!("running"))
    );
    assert!(planned(&request) > 0, "{}", request.shown());
    agrees(&desk).await;
}

#[tokio::test]
async fn an_incident_that_a_rule_took_for_spam_is_handed_over_when_somebody_says_so() {
    let desk = Desk::start().await;
    desk.move_clock(MONDAY).await;
    let (service, lead) = (desk.as_role(Role::Service), desk.as_role(Role::Lead));
    let twin = service.post("/v1/tickets", &urgent(&json!([]))).await.expect(201);
    let mut body = urgent(&json!([]));
    body["body"] = json!("All passwords were stolen. Click here.");
    let made = service.post("/v1/tickets", &body).await.expect(201);
    assert_eq!(
        (made.at("/tags"), made.at("/restricted"), made.at("/escalations")),
        (json!(["incident", "spam"]), json!(true), json!([]))
    );
    let path = path(&made);
    let freed = lead.patch(&path, &json!({"tags": []})).await.expect(200);
    for field in ["persona", "state", "origin", "required_context", "missing_context"] {
        let field = format!("/escalations/0/{field}");
        assert_eq!(freed.at(&field), twin.at(&field), "{field}: {}", freed.shown());
    }
    assert_eq!(freed.at("/assigned"), twin.at("/assigned"));
    let told = |ticket: &Answer| {
        let numbered = format!("ticket {}", ticket.at("/number"));
        ticket.text("/message_to_requester").replace(&numbered, "ticket (number)")
    };
    assert!(!told(&freed).is_empty());
    assert_eq!(told(&freed), told(&twin));
    // The same befalls it, in the same order, as the one that nobody took for spam.
    let (late, at_once) = (kinds(&lead, &path).await, kinds(&lead, &self::path(&twin)).await);
    let after = |kinds: &[String], kind: &str| {
        let place = kinds.iter().position(|known| known == kind).expect("a fact");
        // When ladders start is told where they first are looked at.
        let told = kinds[place + 1..].iter().filter(|kind| *kind != "ladder_started");
        told.cloned().collect::<Vec<_>>()
    };
    assert!(at_once.contains(&"escalated".to_owned()), "{at_once:?}");
    assert_eq!(after(&late, "policy_changed"), after(&at_once, "opened"), "{late:?}");
    agrees(&desk).await;
    // Whoever is in doubt hands it over, and tells its requester, once.
    for tags in [json!(["spam"]), json!([])] {
        lead.patch(&path, &json!({"tags": tags})).await.expect(200);
    }
    let again = lead.get(&path).await.expect(200);
    assert_eq!(again.at("/escalations"), freed.at("/escalations"));
    assert_eq!(again.at("/message_to_requester"), freed.at("/message_to_requester"));
    let messages = |kinds: &[String]| kinds.iter().filter(|kind| *kind == "message_added").count();
    assert_eq!(messages(&kinds(&lead, &path).await), messages(&at_once));
    agrees(&desk).await;
    desk.backstage().await.rebuild_kpis(desk.home().id).await.expect("made anew");
    agrees(&desk).await;
}

#[tokio::test]
async fn a_request_that_was_taken_for_spam_is_acknowledged_when_somebody_says_so() {
    let smtp = Smtp::start().await;
    let settings = smtp.settings();
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (&**name, &**value)).collect();
    let desk = Desk::start_with(&settings).await;
    desk.move_clock(MONDAY).await;
    let agent = desk.as_role(Role::Agent);
    let mut body = ticket("Export fails", "It stops with an error.");
    let more = json!({"category": "technical_bug", "severity": "medium", "impact": "team", "tags": ["spam", "export"]});
    for (name, value) in more.as_object().expect("fields") {
        body[name] = value.clone();
    }
    let made = agent.post("/v1/tickets", &body).await.expect(201);
    let path = path(&made);
    // A deadline that is over by then is not named.
    desk.move_clock("2024-05-07T09:00:00Z").await;
    assert_eq!(smtp.arrived().len(), 0);
    let freed = agent.patch(&path, &json!({"tags": ["export"]})).await.expect(200);
    let text = freed.text("/message_to_requester");
    assert!(text.contains("as soon as possible"), "{text}");
    assert_eq!(freed.at("/escalations"), json!([]));
    assert_eq!(freed.at("/status"), "new");
    let messages = agent.get(&format!("{path}/messages")).await.expect(200).at("/items");
    assert_eq!(
        (&messages[1]["body"], &messages[1]["author"], &messages[1]["visibility"]),
        (&json!(text), &json!("automation"), &json!("public"))
    );
    assert_eq!(messages.as_array().map(Vec::len), Some(2));
    desk.move_clock("2024-05-07T09:01:00Z").await;
    let mails = smtp.for_address("ada@example.org");
    assert_eq!(mails.iter().filter(|mail| mail.text().starts_with(&text)).count(), 1, "{mails:?}");
    agrees(&desk).await;
    desk.backstage().await.rebuild_kpis(desk.home().id).await.expect("made anew");
    agrees(&desk).await;
}

#[tokio::test]
async fn spam_that_is_resolved_is_not_acknowledged_any_more() {
    let desk = Desk::start().await;
    desk.move_clock(MONDAY).await;
    let agent = desk.as_role(Role::Agent);
    let path = path(&agent.post("/v1/tickets", &urgent(&json!(["spam"]))).await.expect(201));
    let done = json!({"resolution": "no_fault", "steps": "Looked at it.", "message": "It is advertising."});
    agent.post(&format!("{path}/resolve"), &done).await.expect(200);
    let freed = agent.patch(&path, &json!({"tags": []})).await.expect(200);
    assert_eq!((freed.text("/message_to_requester"), freed.at("/escalations")), (String::new(), json!([])));
    agrees(&desk).await;
}

#[tokio::test]
async fn spam_is_not_asked_how_it_was_helped() {
    let desk = Desk::start().await;
    desk.move_clock(MONDAY).await;
    let agent = desk.as_role(Role::Agent);
    let done =
        json!({"resolution": "no_fault", "steps": "Looked at it.", "message": "Nothing is to be done."});
    let mut asked = Vec::new();
    for tags in [json!(["spam"]), json!([])] {
        let mut body = ticket("Export fails", "It stops with an error.");
        body["tags"] = tags;
        let path = path(&agent.post("/v1/tickets", &body).await.expect(201));
        agent.post(&format!("{path}/resolve"), &done).await.expect(200);
        asked.push(path);
    }
    desk.move_clock("2024-05-07T09:00:00Z").await;
    for (path, is_asked) in asked.iter().zip([false, true]) {
        assert_eq!(kinds(&agent, path).await.contains(&"survey_requested".to_owned()), is_asked);
    }
    agrees(&desk).await;
}
