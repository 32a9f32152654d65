//! What whoever is helped is told.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{ADA, MONDAY, bug, bug_with, log, mailing, mailing_with, path, reply, resolve};
use crate::harness::{Answer, Client, Desk, Mood, ticket};

#[tokio::test]
async fn a_new_ticket_is_acknowledged_once_and_every_answer_is_in_its_thread() {
    let (desk, smtp) = mailing().await;
    let (agent, made) = bug(&desk).await;
    reply(&agent, &made, "Which export? – Grüße").await;
    let note = json!({ "visibility": "internal", "author": "agent", "body": "Secret thought." });
    agent.post(&format!("{}/messages", path(&made)), &note).await.expect(201);
    let answer = json!({ "visibility": "public", "author": "requester", "body": "All of them." });
    agent.post(&format!("{}/messages", path(&made)), &answer).await.expect(201);
    desk.move_clock("2000-01-03T09:05:00Z").await;

    let mut mails = smtp.arrived();
    // Several are sent at once; the identifiers are in the order of what they tell.
    mails.sort_by_key(|mail| mail.header("Message-ID"));
    assert_eq!(mails.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), [ADA, ADA]);
    let [greeting, reply] = &mails[..] else { panic!("{mails:?}") };
    let number = made.at("/number");
    assert_eq!(greeting.subject(), format!("[#{number}] Export fails"));
    assert_eq!(reply.subject(), greeting.subject(), "mail programs sort by it");
    let shown = made.text("/message_to_requester");
    assert!(greeting.text().starts_with(&shown), "{}", greeting.text());
    assert!(greeting.text().ends_with(&format!("-- \nTicket {number}")), "{:?}", greeting.text());
    assert!(reply.text().starts_with("Which export? – Grüße\n\n-- \nagent\nTicket "), "{}", reply.text());

    let thread = format!("<ticket-{}@support.example>", made.id());
    for mail in &mails {
        assert_eq!(mail.header("In-Reply-To"), thread);
        assert_eq!(mail.header("References"), thread);
        assert_eq!(mail.header("X-Ticket"), made.id().to_string());
        assert_eq!(mail.header("From"), "Support <desk@support.example>");
        assert_eq!(mail.header("To"), "Ada <ada@example.org>");
        assert_eq!(mail.header("Date"), "Mon, 03 Jan 2000 09:00:00 +0000");
        assert_eq!(mail.header("Content-Transfer-Encoding"), "quoted-printable");
        assert!(mail.raw.is_ascii() && mail.raw.split("\r\n").all(|line| line.len() <= 78), "{}", mail.raw);
    }
    assert_eq!(greeting.header("Auto-Submitted"), "auto-generated");
    assert_eq!(reply.header("Auto-Submitted"), "", "a person wrote it");
    assert_ne!(greeting.header("Message-ID"), reply.header("Message-ID"));

    let log = log(&agent, &made).await;
    assert_eq!(log.len(), 2);
    for (entry, mail) in log.iter().zip(&mails) {
        assert_eq!(entry["message_id"], json!(mail.header("Message-ID")));
        assert_eq!((&entry["state"], &entry["attempts"]), (&json!("sent"), &json!(1)));
        assert_eq!(entry["recipient"]["kind"], "requester");
        assert!(!entry.to_string().contains(ADA), "the log names nobody's address: {entry}");
    }
}

#[tokio::test]
async fn a_resolution_is_told_once_with_the_way_back_in_the_requester_s_language() {
    let (desk, smtp) = mailing().await;
    let mut body =
        ticket("Der Export schlägt fehl", "Der Export ist kaputt und ich kann leider nicht arbeiten.");
    body["category"] = json!("technical_bug");
    let agent = desk.as_role(Role::Agent);
    let made = agent.post("/v1/tickets", &body).await.expect(201);
    let done =
        json!({ "resolution": "fixed", "steps": "Neu gestartet.", "message": "Der Export läuft wieder." });
    agent.post(&format!("{}/resolve", path(&made)), &done).await.expect(200);
    desk.move_clock(MONDAY).await;
    let mut mails = smtp.arrived();
    mails.sort_by_key(|mail| mail.header("Message-ID"));
    assert_eq!(mails.len(), 2);
    let text = mails[1].text();
    for part in ["Guten Tag Ada,", "gelöst", "Der Export läuft wieder.", "10. Januar 2000, 09:00 Uhr"] {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
}

#[tokio::test]
async fn a_return_is_told_unless_an_answer_tells_it() {
    let (desk, smtp) = mailing_with(&[("SUPPORT__LIFE__SURVEY_SECONDS", "0")]).await;
    let (agent, made) = bug(&desk).await;
    let done = json!({ "resolution": "fixed", "steps": "Restarted.", "message": "It works." });
    agent.post(&format!("{}/resolve", path(&made)), &done).await.expect(200);
    desk.move_clock("2000-01-03T10:00:00Z").await;
    agent.post(&format!("{}/reopen", path(&made)), &json!({ "reason": "No." })).await.expect(200);
    desk.move_clock("2000-01-03T11:00:00Z").await;
    let told = smtp.for_address(ADA);
    assert!(told[2].text().contains("is open again"), "{}", told[2].text());

    agent.post(&format!("{}/resolve", path(&made)), &done).await.expect(200);
    desk.move_clock("2000-01-03T12:00:00Z").await;
    let again =
        json!({ "visibility": "public", "author": "agent", "body": "We look again.", "status": "open" });
    agent.post(&format!("{}/messages", path(&made)), &again).await.expect(201);
    desk.move_clock("2000-01-03T13:00:00Z").await;
    assert_eq!(smtp.for_address(ADA).len(), 5, "greeting, resolution, return, resolution, answer");
    let log = log(&agent, &made).await;
    let moot = log.iter().rfind(|mail| mail["kind"] == "reopened").expect("a return");
    assert_eq!((&moot["state"], &moot["reason"]), (&json!("moot"), &json!("told_by_message")));
}

#[tokio::test]
async fn machines_and_people_without_an_address_get_nothing() {
    let (desk, smtp) = mailing().await;
    bug_with(&desk, json!({ "type": "alert" })).await;
    bug_with(&desk, json!({ "channel": "alert" })).await;
    let form = json!({ "subject": "Export fails", "body": "It says no.", "requester": { "name": "Bob" } });
    let nameless = desk.as_role(Role::Form).post("/v1/tickets", &form).await.expect(201);
    desk.move_clock(MONDAY).await;
    assert_eq!(smtp.tries(), 0);
    let log = log(&desk.as_role(Role::Agent), &nameless).await;
    assert_eq!(log.iter().map(|mail| &mail["reason"]).collect::<Vec<_>>(), ["no_address"]);
}

#[tokio::test]
async fn names_subjects_and_texts_write_no_headers_of_their_own() {
    let (desk, smtp) = mailing().await;
    smtp.will(&[Mood::Refuses("451 later")]);
    let (_, made) = bug(&desk).await;
    desk.move_clock(MONDAY).await;
    // Past the checks of the interface: rows as an import could leave them.
    let evil = "Ada\r\nBcc: all@example.org\r\n\r\nHello";
    let text = format!("{}\r\n.\r\nMAIL FROM:<x@y>\u{7}", "long ".repeat(500));
    let mut superuser = desk.superuser().await;
    for (query, value) in [
        ("update requesters set name = $1", evil),
        ("update tickets set subject = $1", evil),
        ("update messages set body = $1 where purpose = 'acknowledgement'", text.as_str()),
    ] {
        sqlx::query(query).bind(value).execute(&mut superuser).await.expect("an odd row");
    }
    desk.move_clock("2000-01-03T10:00:00Z").await;
    let mails = smtp.arrived();
    let [mail] = &mails[..] else { panic!("{mails:?}") };
    assert_eq!(mail.to, ADA);
    let mut headers = mail.headers();
    headers.sort_unstable();
    headers.dedup();
    let known = [
        "Auto-Submitted",
        "Content-Transfer-Encoding",
        "Content-Type",
        "Date",
        "From",
        "In-Reply-To",
        "MIME-Version",
        "Message-ID",
        "References",
        "Subject",
        "To",
        "X-Ticket",
    ];
    assert_eq!(headers, known);
    let one_line = "Ada Bcc: all@example.org Hello";
    assert_eq!(mail.subject(), format!("[#{}] {one_line}", made.at("/number")));
    let parsed = mail.parsed();
    let to = parsed.to().and_then(|to| to.first()).expect("a recipient");
    assert_eq!((to.name(), to.address()), (Some(one_line), Some(ADA)));
    assert!(mail.text().contains("long long \n.\nMAIL FROM:<x@y>\n"), "{}", mail.text());
}

#[tokio::test]
async fn without_a_server_there_is_no_mail() {
    let desk = Desk::start().await;
    let (agent, made) = bug(&desk).await;
    reply(&agent, &made, "Which export?").await;
    desk.move_clock(MONDAY).await;
    assert_eq!(log(&agent, &made).await, [Value::Null; 0]);
}

/// The mails of a kind in the log of a ticket: state and reason of each.
async fn fates(agent: &Client, made: &Answer, kind: &str) -> Vec<(String, Value)> {
    let of_kind = |mail: &Value| mail["kind"] == kind;
    let fate = |mail: &Value| (mail["state"].as_str().expect("a state").to_owned(), mail["reason"].clone());
    log(agent, made).await.iter().filter(|mail| of_kind(mail)).map(fate).collect()
}

#[tokio::test]
async fn who_was_helped_is_asked_by_mail_how_it_was_and_nothing_happens_to_the_ticket() {
    let (desk, smtp) = mailing().await;
    let (agent, made) = bug(&desk).await;
    resolve(&agent, &made).await;
    desk.move_clock("2000-01-03T09:59:59Z").await;
    let before = agent.get(&path(&made)).await.expect(200);
    let messages = agent.get(&format!("{}/messages", path(&made))).await.expect(200);
    assert_eq!(smtp.for_address(ADA).len(), 2);
    desk.move_clock("2000-01-03T10:00:00Z").await;
    let survey = smtp.for_address(ADA).pop().expect("a mail");
    let number = made.at("/number");
    assert_eq!(survey.subject(), format!("[#{number}] Export fails"));
    assert_eq!(survey.header("Auto-Submitted"), "auto-generated");
    let text = survey.text();
    for part in
        ["Hello Ada,", "How satisfied are you", "reply to this message", "from 1 (not at all) to 5 (very)"]
    {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
    assert!(!text.contains("http"), "there is no such place: {text}");
    assert_eq!(fates(&agent, &made, "survey").await, [("sent".to_owned(), Value::Null)]);
    let after = agent.get(&path(&made)).await.expect(200);
    for place in ["/status", "/sla", "/reopen_count"] {
        assert_eq!(after.json().pointer(place), before.json().pointer(place), "{place}");
    }
    let now = agent.get(&format!("{}/messages", path(&made))).await.expect(200);
    assert_eq!(now.json(), messages.json(), "it is no part of the conversation");
    desk.move_clock("2000-01-20T10:00:00Z").await;
    assert_eq!(smtp.for_address(ADA).len(), 3, "nobody is asked twice");
}

#[tokio::test]
async fn the_question_names_the_place_to_answer_where_there_is_one_and_speaks_the_requester_s_language() {
    let place = "https://desk.example/how-was-it/{number}";
    let (desk, smtp) = mailing_with(&[("SUPPORT__MAIL__SURVEY_URL", place)]).await;
    let mut body =
        ticket("Der Export schlägt fehl", "Der Export ist kaputt und ich kann leider nicht arbeiten.");
    body["category"] = json!("technical_bug");
    let agent = desk.as_role(Role::Agent);
    let made = agent.post("/v1/tickets", &body).await.expect(201);
    resolve(&agent, &made).await;
    desk.move_clock("2000-01-03T11:00:00Z").await;
    let text = smtp.for_address(ADA).pop().expect("a mail").text();
    let link = format!("https://desk.example/how-was-it/{}", made.at("/number"));
    for part in ["Wie zufrieden sind Sie", link.as_str(), "von 1 (gar nicht) bis 5 (sehr)"] {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
    assert!(!text.contains("antworten Sie auf diese Nachricht"), "one way to answer: {text}");
}

#[tokio::test]
async fn nobody_is_asked_how_it_was_once_it_is_open_again() {
    let (desk, smtp) = mailing().await;
    let (agent, made) = bug(&desk).await;
    resolve(&agent, &made).await;
    desk.move_clock("2000-01-03T09:30:00Z").await;
    smtp.will(&[Mood::Refuses("451 later")]);
    desk.move_clock("2000-01-03T10:00:00Z").await;
    agent.post(&format!("{}/reopen", path(&made)), &json!({ "reason": "No." })).await.expect(200);
    desk.move_clock("2000-01-03T11:00:00Z").await;
    assert_eq!(fates(&agent, &made, "survey").await, [("moot".to_owned(), json!("reopened"))]);
    assert!(smtp.for_address(ADA).iter().all(|mail| !mail.text().contains("How satisfied")));
}

#[tokio::test]
async fn the_question_brings_a_link_that_needs_no_key() {
    let place = "https://desk.example/survey/{token}";
    let (desk, smtp) = mailing_with(&[("SUPPORT__MAIL__SURVEY_URL", place)]).await;
    let (agent, made) = bug(&desk).await;
    resolve(&agent, &made).await;
    desk.move_clock("2000-01-03T11:00:00Z").await;
    let text = smtp.for_address(ADA).pop().expect("a mail").text();
    let link = text.split("https://desk.example").nth(1).expect("a link");
    let link = link.split_whitespace().next().expect("its end");
    desk.anonymous().post(link, &json!({ "score": 4 })).await.expect(201);
    let kept = agent.get(&format!("{}/satisfaction", path(&made))).await.expect(200);
    assert_eq!(kept.at("/score"), 4);
}

#[tokio::test]
async fn what_the_service_asks_for_is_moot_on_a_ticket_that_is_over_and_what_people_say_is_not() {
    let (desk, smtp) = mailing().await;
    let (agent, made) = bug(&desk).await;
    desk.move_clock(MONDAY).await;
    let body = json!({ "persona": "developer", "reason": "It needs a fix.", "context": {
        "reproduction_steps": "Click export.", "error_log": "ERROR 17 at export.rs" } });
    let up = agent.post(&format!("{}/escalations", path(&made)), &body).await.expect(201);
    smtp.will(&[Mood::Refuses("451 later"), Mood::Refuses("451 later")]);
    let back = json!({ "missing": ["screenshot"], "note": "The steps end too early." });
    agent.post(&format!("/v1/escalations/{}/return", up.id()), &back).await.expect(200);
    desk.move_clock(MONDAY).await;
    reply(&agent, &made, "We found it ourselves.").await;
    desk.move_clock(MONDAY).await;
    assert_eq!(smtp.for_address(ADA).len(), 1, "what follows was refused for now");
    resolve(&agent, &made).await;
    desk.move_clock("2000-01-03T09:30:00Z").await;
    let fates = fates(&agent, &made, "message").await;
    let states: Vec<&str> = fates.iter().map(|(state, _)| state.as_str()).collect();
    assert_eq!(states, ["sent", "moot", "sent", "sent"], "{fates:?}");
    assert_eq!(fates[1].1, "resolved");
    assert!(smtp.for_address(ADA).iter().all(|mail| !mail.text().contains("a picture of the screen")));
}
