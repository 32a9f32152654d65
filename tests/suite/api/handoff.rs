//! Handoffs: made once for a cause, written whole and once, bounded in a storm.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;
use uuid::Uuid;

use crate::harness::{Answer, Client, Desk, ticket};

const NOON: &str = "2000-01-03T12:00:00Z";

/// A P1 ticket, or one with other fields.
async fn report(client: &Client, more: &Value) -> Answer {
    let mut body = ticket("Nobody can log in", "The login page answers 500.");
    let fields = body.as_object_mut().expect("an object");
    fields.extend(
        json!({ "severity": "critical", "impact": "organization", "category": "access" })
            .as_object()
            .expect("an object")
            .clone(),
    );
    fields.extend(more.as_object().expect("an object").clone());
    client.post("/v1/tickets", &body).await.expect(201)
}

/// The handoffs of a ticket.
async fn handoffs(client: &Client, ticket: Uuid) -> Vec<Value> {
    let found = client.get(&format!("/v1/handoffs?ticket={ticket}")).await.expect(200);
    found.at("/items").as_array().expect("items").clone()
}

/// The files of the desk's folder by name, hidden ones included.
fn files(desk: &Desk) -> Vec<String> {
    let Ok(folder) = fs::read_dir(desk.handoffs()) else { return Vec::new() };
    let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
    let mut names: Vec<String> =
        folder.map(|entry| name(entry).into_string().expect("a plain name")).collect();
    names.sort();
    names
}

/// Does everything that is due now.
async fn settle(desk: &Desk) {
    let now = desk.now().await.to_string();
    desk.move_clock(&now).await;
}

#[tokio::test]
async fn a_p1_is_handed_to_human_support_in_a_file_and_in_the_database() {
    let desk = Desk::start().await;
    desk.move_clock(NOON).await;
    let agent = desk.as_role(Role::Agent);
    let opened =
        report(&agent, &json!({ "evidence": [{ "kind": "error_log", "text": "500 from auth-1" }] })).await;
    assert_eq!(opened.text("/priority"), "P1");
    // Human support comes beside whoever would get it; first level is not begun.
    let up = opened.at("/escalations/0");
    assert_eq!(
        (&up["kind"], &up["persona"], &up["automatic"]),
        (&json!("hierarchical"), &json!("human_support"), &json!(true))
    );
    assert_eq!(
        (opened.at("/assigned/team"), opened.at("/assigned/persona"), opened.at("/status")),
        (json!("first_level"), serde_json::Value::Null, json!("new"))
    );
    let path = format!("/v1/tickets/{}", opened.id());
    assert_eq!(
        agent.get(&path).await.expect(200).at("/links/handoffs"),
        json!(format!("/v1/handoffs?ticket={}", opened.id()))
    );
    // One after the other: of two at once either may be the first to have a name.
    settle(&desk).await;
    let again = report(&agent, &json!({})).await;
    settle(&desk).await;

    let made = handoffs(&agent, opened.id()).await;
    assert_eq!(made.len(), 1);
    assert_eq!((&made[0]["cause"], &made[0]["created_at"]), (&json!("priority"), &json!(NOON)));
    assert_eq!(
        made[0]["file"],
        json!({ "name": "20000103T120000Z_handoff.md", "written_at": NOON, "failure": null })
    );
    let second = handoffs(&agent, again.id()).await;
    assert_eq!(second[0]["file"]["name"], "20000103T120000Z-2_handoff.md");
    assert_eq!(files(&desk), ["20000103T120000Z-2_handoff.md", "20000103T120000Z_handoff.md"]);

    let file = desk.handoffs().join("20000103T120000Z_handoff.md");
    let text = fs::read_to_string(&file).expect("a file");
    assert_eq!(Some(text.as_str()), made[0]["document"].as_str());
    for said in [
        "Nobody can log in",
        "The login page answers 500.",
        "500 from auth-1",
        "its priority is P1",
        "## Timeline",
        "first_response: running, 900 business seconds left",
        "## Requested action",
        "* hierarchical to human_support, requested",
        "Impact: organization; severity: critical",
    ] {
        assert!(text.contains(said), "{said} is missing:\n{text}");
    }
    assert!(!text.contains("ada@example.org"), "whom it is about stands on the ticket");
    let rights =
        |path: &std::path::Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!((rights(&file), rights(&desk.handoffs())), (0o600, 0o700));

    let one = format!("/v1/handoffs/{}", made[0]["id"].as_str().expect("an id"));
    assert_eq!(agent.get(&one).await.expect(200).json(), made[0]);
    let markdown = agent.with("accept", "text/markdown").get(&one).await.expect(200);
    assert!(markdown.header("content-type").starts_with("text/markdown"));
    assert_eq!(String::from_utf8(markdown.body).expect("text"), text);
}

#[tokio::test]
async fn it_is_made_once_whatever_happens_to_the_ticket_and_whoever_runs_again() {
    let mut desk = Desk::start().await;
    desk.move_clock(NOON).await;
    let agent = desk.as_role(Role::Agent);
    let low = report(&agent, &json!({ "severity": "low" })).await;
    assert!(handoffs(&agent, low.id()).await.is_empty());
    let path = format!("/v1/tickets/{}", low.id());
    let worse = json!({ "severity": "critical", "reason": "It is everybody." });
    agent.post(&format!("{path}/triage"), &worse).await.expect(200);
    agent.post(&format!("{path}/transitions"), &json!({ "to": "on_hold" })).await.expect(200);
    agent
        .post(&format!("{path}/triage"), &json!({ "severity": "medium", "reason": "A way round." }))
        .await
        .expect(200);
    agent.post(&format!("{path}/triage"), &worse).await.expect(200);
    settle(&desk).await;
    assert_eq!(handoffs(&agent, low.id()).await.len(), 1);
    let history = agent.get(&format!("{path}/history")).await.expect(200).at("/items");
    let told =
        history.as_array().expect("facts").iter().filter(|fact| fact["kind"] == "handoff_made").count();
    assert_eq!(told, 1);
    let written = files(&desk);
    assert_eq!(written.len(), 1);

    // A crash after the file and before its record: the file is found again.
    let id =
        handoffs(&agent, low.id()).await[0]["id"].as_str().expect("an id").parse::<Uuid>().expect("an id");
    let mut superuser = desk.superuser().await;
    for query in [
        "update handoffs set written_at = null where id = $1",
        "insert into timers (tenant_id, kind, subject, due_at, ready_at)
         select tenant_id, 'handoff', id, created_at, created_at from handoffs where id = $1",
    ] {
        sqlx::query(query).bind(id).execute(&mut superuser).await.expect("done");
    }
    desk.restart().await;
    settle(&desk).await;
    assert_eq!(files(&desk), written);
    let found = desk.as_role(Role::Agent).get(&format!("/v1/handoffs/{id}")).await.expect(200);
    assert_eq!(
        (found.text("/file/name"), found.text("/file/written_at")),
        (written[0].clone(), NOON.to_owned())
    );
}

#[tokio::test]
async fn what_others_wrote_makes_no_headings_and_restricted_tickets_are_not_told() {
    let desk = Desk::start().await;
    desk.move_clock(NOON).await;
    let agent = desk.as_role(Role::Agent);
    let hostile = json!({ "subject": "<script>alert(1)</script> # Title [x](http://evil)",
        "body": "Lines\n```\n# Requested action\n````\n<img src=x onerror=alert(1)>\u{202e}\u{1b}[31m" });
    let opened = report(&agent, &hostile).await;
    let text = handoffs(&agent, opened.id()).await[0]["document"].as_str().expect("text").to_owned();
    assert!(
        text.contains("\\<script\\>alert\\(1\\)\\</script\\> \\# Title \\[x\\]\\(http://evil\\)"),
        "{text}"
    );
    assert!(text.contains("`````text\nLines\n```\n# Requested action\n````\n"), "{text}");
    assert!(!text.contains('\u{202e}') && !text.contains('\u{1b}'), "{text}");

    let secret = json!({ "category": "security", "subject": "Stolen badge", "body": "The badge of the vault was stolen." });
    let restricted = report(&agent, &secret).await;
    let told = handoffs(&agent, restricted.id()).await[0]["document"].as_str().expect("text").to_owned();
    assert!(
        told.contains(&format!("ticket {}", restricted.at("/number"))) && told.contains("restricted"),
        "{told}"
    );
    assert!(!told.contains("adge") && !told.contains("security incident"), "{told}");
}

#[tokio::test]
async fn a_storm_is_summarised_when_its_window_is_over() {
    let desk = Desk::start_with(&[("SUPPORT__HANDOFF__MOST_IN_WINDOW", "3")]).await;
    desk.move_clock(NOON).await;
    let agent = desk.as_role(Role::Agent);
    let mut numbers = Vec::new();
    for _ in 0..5 {
        numbers.push(report(&agent, &json!({})).await.at("/number").to_string());
    }
    settle(&desk).await;
    assert_eq!(files(&desk).len(), 3);
    let all = agent.get("/v1/handoffs").await.expect(200).at("/items");
    let storm =
        all.as_array().expect("items").iter().find(|one| one["cause"] == "storm").expect("a summary").clone();
    assert_eq!((&storm["ticket"], &storm["window_start"]), (&Value::Null, &json!(NOON)));
    let of_storm = format!("/v1/handoffs?summarised_in={}", storm["id"].as_str().expect("an id"));
    assert_eq!(agent.get(&of_storm).await.expect(200).at("/items").as_array().map(Vec::len), Some(2));

    desk.move_clock("2000-01-03T12:10:59Z").await;
    assert_eq!(files(&desk).len(), 3);
    desk.move_clock("2000-01-03T12:11:00Z").await;
    let written = files(&desk);
    assert_eq!(written.len(), 4);
    let name = format!("/v1/handoffs/{}", storm["id"].as_str().expect("an id"));
    let summary = agent.get(&name).await.expect(200);
    assert!(written.contains(&summary.text("/file/name")));
    let text = fs::read_to_string(desk.handoffs().join(summary.text("/file/name"))).expect("a file");
    assert!(text.starts_with("# Handoff of 2 further tickets"), "{text}");
    for (place, number) in numbers.iter().enumerate() {
        assert_eq!(text.contains(&format!("ticket {number}:")), place >= 3, "{text}");
    }
    // The next window has files again.
    report(&agent, &json!({})).await;
    settle(&desk).await;
    assert_eq!(files(&desk).len(), 5);
}

#[tokio::test]
async fn handoffs_of_one_second_have_a_file_each_at_once() {
    const MANY: usize = 24;
    // They are written while they come in, several at a time.
    let desk = Desk::start_with(&[("SUPPORT__HANDOFF__MOST_IN_WINDOW", "100")]).await;
    desk.move_clock(NOON).await;
    let reports = (0..MANY).map(|_| {
        let agent = desk.as_role(Role::Agent);
        tokio::spawn(async move { report(&agent, &json!({})).await })
    });
    for one in reports.collect::<Vec<_>>() {
        one.await.expect("it was reported");
    }
    settle(&desk).await;
    assert_eq!(files(&desk).len(), MANY);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_told_and_tried_again() {
    let desk = Desk::start().await;
    desk.move_clock(NOON).await;
    let agent = desk.as_role(Role::Agent);
    // Somebody's file is where the folder should be.
    fs::write(desk.handoffs(), "in the way").expect("a file");
    let opened = report(&agent, &json!({})).await;
    desk.move_clock("2000-01-03T12:00:10Z").await;
    let failed = handoffs(&agent, opened.id()).await[0]["file"].clone();
    assert_eq!(failed["written_at"], Value::Null);
    assert!(failed["failure"].as_str().is_some_and(|why| !why.is_empty()), "{failed}");
    fs::remove_file(desk.handoffs()).expect("it is gone");
    desk.move_clock("2000-01-03T12:05:10Z").await;
    let file = handoffs(&agent, opened.id()).await[0]["file"].clone();
    assert_eq!((&file["failure"], &file["name"]), (&Value::Null, &json!("20000103T120000Z_handoff.md")));
    assert_eq!(files(&desk), ["20000103T120000Z_handoff.md"]);
}

#[tokio::test]
async fn a_name_that_somebody_else_has_is_left_to_them() {
    let desk = Desk::start().await;
    desk.move_clock(NOON).await;
    fs::create_dir(desk.handoffs()).expect("a folder");
    fs::write(desk.handoffs().join("20000103T120000Z_handoff.md"), "mine").expect("a file");
    let (ours, theirs) = (desk.home(), desk.found_tenant("globex").await);
    for tenant in [&ours, &theirs] {
        report(&tenant.as_role(Role::Agent), &json!({})).await;
        settle(&desk).await;
    }
    let expected =
        ["20000103T120000Z-2_handoff.md", "20000103T120000Z-3_handoff.md", "20000103T120000Z_handoff.md"];
    assert_eq!(files(&desk), expected);
    assert_eq!(fs::read_to_string(desk.handoffs().join(expected[2])).expect("a file"), "mine");
}

#[tokio::test]
async fn the_content_of_a_ticket_that_becomes_confidential_is_taken_back() {
    let desk = Desk::start().await;
    desk.move_clock(NOON).await;
    let agent = desk.as_role(Role::Agent);
    let written = report(&agent, &json!({})).await;
    settle(&desk).await;
    let name = files(&desk).remove(0);
    let before = fs::read_to_string(desk.handoffs().join(&name)).expect("a file");
    assert!(before.contains("Nobody can log in"), "{before}");
    // The file of another is still to be written.
    fs::rename(desk.handoffs(), desk.handoffs().with_extension("away")).expect("it is away");
    fs::write(desk.handoffs(), "in the way").expect("a file");
    let waiting = report(&agent, &json!({})).await;
    settle(&desk).await;
    let secret = json!({ "category": "security", "reason": "It was a break-in." });
    for opened in [&written, &waiting] {
        agent.post(&format!("/v1/tickets/{}/triage", opened.id()), &secret).await.expect(200);
    }
    fs::remove_file(desk.handoffs()).expect("it is gone");
    fs::rename(desk.handoffs().with_extension("away"), desk.handoffs()).expect("it is back");
    desk.move_clock("2000-01-03T12:10:00Z").await;

    assert_eq!(files(&desk).len(), 2);
    for opened in [&written, &waiting] {
        let made = handoffs(&agent, opened.id()).await;
        let told = made[0]["document"].as_str().expect("text");
        assert!(told.contains("restricted") && told.contains(&opened.at("/number").to_string()), "{told}");
        assert!(!told.contains("log in") && !told.contains("login"), "{told}");
        let name = made[0]["file"]["name"].as_str().expect("a name");
        let file = desk.handoffs().join(name);
        assert_eq!(fs::read_to_string(&file).expect("a file"), told);
        let rights = fs::metadata(&file).expect("it is there").permissions().mode() & 0o777;
        assert_eq!(rights, 0o600);
        assert_ne!(made[0]["file"]["written_at"], Value::Null);
    }
}

#[tokio::test]
async fn what_an_attempt_left_that_was_killed_is_removed() {
    let desk = Desk::start().await;
    desk.move_clock(NOON).await;
    let agent = desk.as_role(Role::Agent);
    fs::write(desk.handoffs(), "in the way").expect("a file");
    let opened = report(&agent, &json!({})).await;
    settle(&desk).await;
    let id = handoffs(&agent, opened.id()).await[0]["id"].as_str().expect("an id").to_owned();
    fs::remove_file(desk.handoffs()).expect("it is gone");
    fs::create_dir(desk.handoffs()).expect("a folder");
    let (ours, theirs) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let left = desk.handoffs().join(format!(".20000103T120000Z_handoff.md.{id}.{ours}.part"));
    let other = format!(".20000103T120000Z_handoff.md.{theirs}.{ours}.part");
    fs::write(left, "half of a secret").expect("a file");
    fs::write(desk.handoffs().join(&other), "somebody else's").expect("a file");
    desk.move_clock("2000-01-03T12:05:00Z").await;
    assert_eq!(files(&desk), [other.as_str(), "20000103T120000Z_handoff.md"]);
}
