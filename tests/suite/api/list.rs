//! Lists of tickets: filters, search, order, pages.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Answer, Client, Desk, ticket};

/// The subjects of a page, in order.
fn subjects(page: &Answer) -> Vec<String> {
    let items = page.at("/items");
    let subject = |item: &Value| item["subject"].as_str().expect("a text").to_owned();
    items.as_array().expect("a list").iter().map(subject).collect()
}

async fn find(client: &Client, query: &str) -> Vec<String> {
    subjects(&client.get(&format!("/v1/tickets?{query}")).await.expect(200))
}

/// Three tickets that differ in every field, an hour apart from nine on.
async fn three(desk: &Desk) -> Client {
    let agent = desk.as_role(Role::Agent);
    for (hour, body) in [
        (
            "09",
            json!({
                "subject": "Alpha export", "body": "The invoice printer is on fire.", "channel": "phone", "type": "incident",
                "category": "technical_bug", "severity": "critical", "impact": "organization", "service": "reporting",
                "external_ref": "CRM-1", "dedup_key": "alpha", "tags": ["red", "shared"],
                "requester": { "email": "ada@example.org" }
            }),
        ),
        (
            "10",
            json!({
                "subject": "Beta login", "body": "My password is forgotten.", "channel": "email", "type": "request",
                "category": "access", "severity": "low", "impact": "individual", "service": "portal",
                "external_ref": "CRM-2", "tags": ["shared"], "requester": { "email": "bob@example.org" }
            }),
        ),
        (
            "11",
            json!({
                "subject": "Gamma question", "body": "Where are the invoices?", "channel": "api", "type": "question",
                "category": "how_to", "severity": "medium", "impact": "team", "requester": { "email": "ada@example.org" }
            }),
        ),
    ] {
        desk.move_clock(&format!("2000-01-03T{hour}:00:00Z")).await;
        agent.post("/v1/tickets", &body).await.expect(201);
    }
    agent
}

#[tokio::test]
async fn each_filter_narrows() {
    let desk = Desk::start().await;
    let agent = three(&desk).await;
    let beta = agent.get("/v1/tickets?external_ref=CRM-2").await.expect(200);
    let beta = format!("/v1/tickets/{}", beta.text("/items/0/id"));
    let assigned =
        agent.post(&format!("{beta}/assign"), &json!({ "agent": "agent", "team": "devops" })).await;
    let me = assigned.expect(200).text("/assigned/agent");
    let (alpha, beta, gamma) = ("Alpha export", "Beta login", "Gamma question");
    for (query, found) in [
        ("", vec![gamma, beta, alpha]),
        ("status=new", vec![gamma, alpha]),
        ("status=open", vec![beta]),
        ("status=new,open", vec![gamma, beta, alpha]),
        ("status=new&status=open", vec![gamma, beta, alpha]),
        ("status=resolved", vec![]),
        ("priority=P1", vec![alpha]),
        ("category=access,how_to", vec![gamma, beta]),
        ("severity=medium", vec![gamma]),
        ("impact=individual", vec![beta]),
        ("type=question", vec![gamma]),
        ("channel=phone,email", vec![beta, alpha]),
        ("scope=in_scope", vec![gamma, beta, alpha]),
        ("scope=out_of_scope", vec![]),
        ("team=devops", vec![beta]),
        ("persona=developer", vec![alpha]),
        ("service=reporting", vec![alpha]),
        ("tag=shared", vec![beta, alpha]),
        ("tag=shared&tag=", vec![beta, alpha]),
        ("requester=ADA@example.org", vec![gamma, alpha]),
        ("external_ref=CRM-1", vec![alpha]),
        ("dedup_key=alpha", vec![alpha]),
        ("created_from=2000-01-03T10:00:00Z", vec![gamma, beta]),
        ("created_to=2000-01-03T10:00:00Z", vec![alpha]),
        ("created_from=2000-01-03T10:00:00Z&created_to=2000-01-03T11:00:00Z", vec![beta]),
        ("created_from=2000-01-03T12:00:00%2B02:00", vec![gamma, beta]),
        ("requester=ada@example.org&category=how_to", vec![gamma]),
        ("requester=ada@example.org&category=access", vec![]),
    ] {
        if query == "tag=shared&tag=" {
            agent.get(&format!("/v1/tickets?{query}")).await.expect_problem(400, "bad_parameter");
        } else {
            assert_eq!(find(&agent, query).await, found, "{query}");
        }
    }
    assert_eq!(find(&agent, &format!("agent={me}")).await, [beta]);
}

#[tokio::test]
async fn words_are_searched_and_numbers_found() {
    let desk = Desk::start().await;
    let agent = three(&desk).await;
    let (alpha, beta, gamma) = ("Alpha export", "Beta login", "Gamma question");
    for (query, found) in [
        ("invoices", vec![gamma, alpha]),
        ("printer", vec![alpha]),
        ("%22invoice%20printer%22", vec![alpha]),
        ("invoice%20-printer", vec![gamma]),
        ("printer%20or%20password", vec![beta, alpha]),
        ("elephant", vec![]),
        ("'%22%26%7C!:*%5C", vec![]),
    ] {
        assert_eq!(find(&agent, &format!("q={query}")).await, found, "{query}");
    }
    let number = agent.get("/v1/tickets?q=printer").await.expect(200).at("/items/0/number");
    assert_eq!(find(&agent, &format!("q={number}")).await, [alpha]);
    assert_eq!(find(&agent, &format!("q=%23{number}")).await, [alpha]);
    assert_eq!(find(&agent, "q=99999999999999999999").await, Vec::<String>::new());
    assert_eq!(find(&agent, "q=invoices&sort=created_at").await, [alpha, gamma]);
}

#[tokio::test]
async fn the_order_is_chosen() {
    let desk = Desk::start().await;
    let agent = three(&desk).await;
    let (alpha, beta, gamma) = ("Alpha export", "Beta login", "Gamma question");
    let oldest = agent.get("/v1/tickets?sort=created_at&limit=1").await.expect(200).text("/items/0/id");
    desk.move_clock("2000-01-03T12:00:00Z").await;
    let to = json!({ "to": "on_hold" });
    agent.post(&format!("/v1/tickets/{oldest}/transitions"), &to).await.expect(200);
    for (sort, found) in [
        ("created_at", [alpha, beta, gamma]),
        ("-created_at", [gamma, beta, alpha]),
        ("updated_at", [beta, gamma, alpha]),
        ("-updated_at", [alpha, gamma, beta]),
    ] {
        assert_eq!(find(&agent, &format!("sort={sort}")).await, found, "{sort}");
        let mut paged = Vec::new();
        let mut next = format!("/v1/tickets?sort={sort}&limit=1");
        loop {
            let page = agent.get(&next).await.expect(200);
            paged.extend(subjects(&page));
            let Value::String(cursor) = page.at("/next_cursor") else { break };
            next = format!("/v1/tickets?sort={sort}&limit=1&cursor={cursor}");
        }
        assert_eq!(paged, found, "{sort} page by page");
    }
}

#[tokio::test]
async fn pages_have_no_gap_and_no_double_while_tickets_come() {
    let desk = Desk::start().await;
    let agent = desk.as_role(Role::Agent);
    // All at one instant, so that the position within it counts.
    for number in 0..7 {
        agent.post("/v1/tickets", &ticket(&format!("Old {number}"), "It says no.")).await.expect(201);
    }
    for (sort, sees_new) in [("-created_at", false), ("created_at", true)] {
        let before = find(&agent, "limit=200&sort=created_at").await;
        let mut seen = Vec::new();
        let mut next = format!("/v1/tickets?limit=2&sort={sort}");
        loop {
            let page = agent.get(&next).await.expect(200);
            seen.extend(subjects(&page));
            let body = ticket(&format!("New {sort} {}", seen.len()), "It says no.");
            if seen.len() <= 6 {
                agent.post("/v1/tickets", &body).await.expect(201);
            }
            let link = page.header("link").to_owned();
            let Value::String(cursor) = page.at("/next_cursor") else {
                assert_eq!(link, "", "the last page leads nowhere");
                break;
            };
            let target = link.strip_prefix('<').and_then(|rest| rest.strip_suffix(">; rel=\"next\""));
            target.expect("a link to the next page").clone_into(&mut next);
            assert!(next.contains(&cursor) && next.contains("limit=2"), "{next}");
        }
        let mut unique = seen.clone();
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), seen.len(), "no double: {seen:?}");
        assert!(before.iter().all(|subject| seen.contains(subject)), "no gap: {seen:?}");
        assert_eq!(seen.len() > before.len(), sees_new, "{seen:?}");
    }
}

#[tokio::test]
async fn what_a_list_does_not_take_is_refused() {
    let desk = Desk::start().await;
    let agent = three(&desk).await;
    for (query, kind, place) in [
        ("limit=0", "bad_parameter", "/query/limit"),
        ("limit=201", "bad_parameter", "/query/limit"),
        ("limit=-1", "bad_parameter", "/query/limit"),
        ("limit=many", "bad_parameter", "/query/limit"),
        ("limit=1&limit=2", "bad_parameter", "/query/limit"),
        ("cursor=nonsense", "bad_parameter", "/query/cursor"),
        ("cursor=%00", "bad_parameter", "/query/cursor"),
        ("status=gone", "bad_parameter", "/query/status"),
        ("sort=subject", "bad_parameter", "/query/sort"),
        ("agent=me", "bad_parameter", "/query/agent"),
        ("needs_review=perhaps", "bad_parameter", "/query/needs_review"),
        ("created_from=yesterday", "bad_parameter", "/query/created_from"),
        ("q=n%00l", "bad_parameter", "/query/q"),
        ("colour=red", "unknown_parameter", "/query/colour"),
    ] {
        let refused = agent.get(&format!("/v1/tickets?{query}")).await.expect_problem(400, kind);
        assert_eq!(refused.text("/errors/0/pointer"), place, "{query}");
    }
    assert_eq!(find(&agent, "limit=200").await.len(), 3);
    let two = agent.get("/v1/tickets?colour=red&size=9").await.expect_problem(400, "unknown_parameter");
    assert_eq!(two.faults().len(), 2, "every unknown one is named");

    let page = agent.get("/v1/tickets?limit=1&status=new").await.expect(200);
    let cursor = page.text("/next_cursor");
    agent.get(&format!("/v1/tickets?limit=2&status=new&cursor={cursor}")).await.expect(200);
    for other in [
        format!("/v1/tickets?cursor={cursor}"),
        format!("/v1/tickets?status=new&sort=created_at&cursor={cursor}"),
        format!("/v1/tickets?status=new&q=invoice&cursor={cursor}"),
        format!("/v1/escalations?cursor={cursor}"),
        format!("/v1/tickets/{}/history?cursor={cursor}", page.text("/items/0/id")),
        format!("/v1/tickets/{}/messages?cursor={cursor}", page.text("/items/0/id")),
        format!("/v1/tickets?status=new&cursor={}x", &cursor[..cursor.len() - 1]),
    ] {
        let refused = agent.get(&other).await.expect_problem(400, "bad_parameter");
        assert_eq!(refused.faults(), [("/query/cursor".to_owned(), "bad_cursor".to_owned())], "{other}");
    }
}

#[tokio::test]
async fn a_cursor_that_somebody_made_up_is_refused() {
    use support_engineer::http::extract::cursor;

    let desk = Desk::start().await;
    let agent = desk.as_role(Role::Agent);
    let list = format!("escalations {:?}", None::<uuid::Uuid>);
    for made_up in [
        cursor::seal(&list, &"not an id").expect("a cursor"),
        cursor::seal("kpi", &json!({ "at": "-009999-01-02T01:59:59Z", "id": uuid::Uuid::nil() }))
            .expect("a cursor"),
    ] {
        agent.get(&format!("/v1/escalations?cursor={made_up}")).await.expect_problem(400, "bad_parameter");
    }
    let before: Result<support_engineer::domain::search::Position, _> =
        serde_json::from_value(json!({ "at": "-009999-01-02T01:59:59Z", "id": uuid::Uuid::nil() }));
    assert!(before.is_err(), "no database keeps that instant");
}

#[tokio::test]
async fn what_is_urgent_is_listed_whether_it_waits_or_is_over() {
    let desk = Desk::start().await;
    let agent = three(&desk).await;
    let path =
        format!("/v1/tickets/{}", agent.get("/v1/tickets?priority=P1").await.expect(200).text("/items/0/id"));
    let how = json!({
        "resolution": "workaround", "steps": "Put the printer out.", "message": "It prints again.",
        "impact_assessment": "No invoice left the house.", "root_cause": "A jam.", "knowledge": { "waived": "Once." }
    });
    let alpha = ["Alpha export"];
    for (status, others) in [("new", "resolved,closed"), ("resolved", "new,open,pending,on_hold")] {
        for query in [
            "priority=P1".to_owned(),
            "priority=P1,P2".to_owned(),
            format!("status={status}&priority=P1"),
            format!("status={others},{status}&priority=P1,P2"),
        ] {
            assert_eq!(find(&agent, &query).await, alpha, "{query}");
        }
        assert_eq!(find(&agent, &format!("status={others}&priority=P1")).await, Vec::<String>::new());
        if status == "new" {
            agent.post(&format!("{path}/resolve"), &how).await.expect(200);
        }
    }
}
