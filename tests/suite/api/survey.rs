//! Requesters say how they were helped by a link, without a key.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Answer, Client, Desk, ticket};

const MONDAY: &str = "2024-05-06T09:00:00Z";
const FORM: &str = "application/x-www-form-urlencoded";

async fn resolve(agent: &Client, path: &str) {
    let done = json!({"resolution": "fixed", "steps": "Restarted.", "message": "It works."});
    agent.post(&format!("{path}/resolve"), &done).await.expect(200);
}

fn html(answer: &Answer) -> &str {
    std::str::from_utf8(&answer.body).expect("text")
}

/// A ticket that was resolved on Monday, and the link for it.
async fn invited(desk: &Desk) -> (String, String) {
    desk.move_clock(MONDAY).await;
    let agent = desk.as_role(Role::Agent);
    let made = agent.post("/v1/tickets", &ticket("Export fails", "It stops.")).await.expect(201);
    let path = format!("/v1/tickets/{}", made.id());
    resolve(&agent, &path).await;
    let link = link(desk, &path).await;
    (path, link)
}

async fn link(desk: &Desk, path: &str) -> String {
    let service = desk.as_role(Role::Service);
    let made = service.post(&format!("{path}/satisfaction/link"), &json!({})).await.expect(201);
    format!("/survey/{}", made.text("/token"))
}

async fn send_form(client: &Client, link: &str, body: &str) -> Answer {
    let page = client.with("accept", "text/html");
    page.send_raw(reqwest::Method::POST, link, FORM, body.as_bytes().to_vec()).await
}

#[tokio::test]
async fn whoever_has_the_link_answers_once_and_may_change_it_for_a_while() {
    let desk = Desk::start().await;
    let (path, link) = invited(&desk).await;
    assert!(link.len() < 100, "it fits a line of mail: {link}");
    let (anybody, agent) = (desk.anonymous(), desk.as_role(Role::Agent));
    let asked = anybody.get(&link).await.expect(200);
    let number = agent.get(&path).await.expect(200).at("/number");
    assert_eq!(
        asked.json(),
        json!({ "tenant": asked.text("/tenant"), "number": number, "resolved_at": MONDAY, "score": null,
            "changeable_until": null, "expires_at": "2024-06-05T09:00:00Z" })
    );
    let text = asked.shown();
    assert!(!text.contains("Export") && !text.contains("Ada") && !text.contains("example.org"), "{text}");
    agent.get(&format!("{path}/satisfaction")).await.expect_problem(404, "not_found");

    let first = anybody.post(&link, &json!({ "score": 2, "comment": "Slow." })).await.expect(201);
    assert_eq!(
        (first.at("/score"), first.text("/changeable_until")),
        (json!(2), "2024-05-09T09:00:00Z".into())
    );
    anybody.post(&link, &json!({ "score": 4 })).await.expect(200);
    let kept = agent.get(&format!("{path}/satisfaction")).await.expect(200);
    assert_eq!((kept.at("/score"), kept.at("/comment")), (json!(4), Value::Null));
    let history = agent.get(&format!("{path}/history")).await.expect(200);
    let facts = history.at("/items");
    let rated: Vec<&Value> =
        facts.as_array().expect("facts").iter().filter(|fact| fact["kind"] == "rated").collect();
    assert_eq!((rated.len(), &rated[1]["actor"]["kind"]), (2, &json!("requester")), "{}", history.shown());
    let kpi = agent.get("/v1/kpis/satisfaction?from=2024-05-01&to=2024-06-01").await.expect(200);
    assert_eq!((kpi.at("/value"), kpi.at("/n")), (json!(4.0), json!(1)));

    desk.move_clock("2024-05-09T09:00:01Z").await;
    anybody.post(&link, &json!({ "score": 1 })).await.expect_problem(409, "conflict");
    desk.move_clock("2024-06-05T09:00:00Z").await;
    assert_eq!(anybody.get(&link).await.expect(200).at("/score"), 4);
    desk.move_clock("2024-06-05T09:00:01Z").await;
    anybody.get(&link).await.expect_problem(404, "not_found");
    anybody.post(&link, &json!({ "score": 1 })).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_link_that_was_changed_anywhere_is_unknown() {
    let desk = Desk::start().await;
    let stranger = desk.found_tenant("globex").await;
    let (_, link) = invited(&desk).await;
    let anybody = desk.anonymous();
    for place in "/survey/".len()..link.len() {
        let mut changed = link.clone().into_bytes();
        changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).expect("text");
        // The last character of a token may hold bits that mean nothing.
        let answer = anybody.get(&changed).await;
        assert!(answer.status == 404, "{changed}: {}", answer.shown());
    }
    for wrong in ["x", "-", "AAAA", &"A".repeat(199), &"A".repeat(4_000)] {
        anybody.get(&format!("/survey/{wrong}")).await.expect_problem(404, "not_found");
        anybody
            .post(&format!("/survey/{wrong}"), &json!({ "score": 1 }))
            .await
            .expect_problem(404, "not_found");
    }
    // The same token is not opened by another tenant's secret.
    let theirs = stranger.as_role(Role::Admin);
    let made = theirs.post("/v1/tickets", &ticket("Theirs", "It stops.")).await.expect(201);
    let path = format!("/v1/tickets/{}", made.id());
    theirs.post(&format!("{path}/satisfaction/link"), &json!({})).await.expect_problem(409, "conflict");
    resolve(&theirs, &path).await;
    theirs.post(&format!("{path}/satisfaction/link"), &json!({})).await.expect(201);
    anybody.get(&link).await.expect(200);
}

#[tokio::test]
async fn each_resolution_has_a_link_of_its_own() {
    let desk = Desk::start().await;
    let (path, first) = invited(&desk).await;
    let (anybody, agent) = (desk.anonymous(), desk.as_role(Role::Agent));
    agent.post(&format!("{path}/reopen"), &json!({ "reason": "Again." })).await.expect(200);
    // It is rated for how it was resolved before.
    anybody.post(&first, &json!({ "score": 1 })).await.expect(201);
    resolve(&agent, &path).await;
    anybody.get(&first).await.expect_problem(409, "conflict");
    anybody.post(&first, &json!({ "score": 5 })).await.expect_problem(409, "conflict");
    let second = link(&desk, &path).await;
    assert_eq!(anybody.get(&second).await.expect(200).at("/score"), Value::Null);
    anybody.post(&second, &json!({ "score": 5 })).await.expect(201);
    let other = agent.post("/v1/tickets", &ticket("The same", "It stops.")).await.expect(201);
    agent.post(&format!("{path}/merge"), &json!({ "into": other.id() })).await.expect(200);
    for refused in [anybody.get(&second).await, anybody.post(&second, &json!({ "score": 1 })).await] {
        let refused = refused.expect_problem(409, "conflict");
        assert!(!refused.shown().contains(&other.id().to_string()), "{}", refused.shown());
    }
    let service = desk.as_role(Role::Service);
    let refused = service.post(&format!("{path}/satisfaction/link"), &json!({})).await;
    refused.expect_problem(409, "conflict");
}

#[tokio::test]
async fn a_link_says_where_its_page_is() {
    let outside = "https://desk.example.org/survey/{token}?ticket={number}";
    for (setting, leads) in [("", false), (outside, true), ("https://forms.example.org/{number}", false)] {
        let desk = Desk::start_with(&[("SUPPORT__MAIL__SURVEY_URL", setting)]).await;
        let (path, _) = invited(&desk).await;
        let made = desk.as_role(Role::Agent).post(&format!("{path}/satisfaction/link"), &json!({})).await;
        let made = made.expect(201);
        let (page, token) = (made.text("/path"), made.text("/token"));
        assert_eq!(page, format!("/survey/{token}"));
        assert_eq!(desk.anonymous().get(&page).await.expect(200).at("/score"), Value::Null);
        let whole = outside.replace("{token}", &token).replace("{number}", "1");
        assert_eq!(made.at("/url"), if leads { json!(whole) } else { Value::Null }, "{setting}");
    }
}

#[tokio::test]
async fn what_is_sent_wrong_is_named() {
    let desk = Desk::start().await;
    let (path, link) = invited(&desk).await;
    let anybody = desk.anonymous();
    for (body, pointer) in [
        (json!({}), "/score"),
        (json!({ "score": 6 }), "/score"),
        (json!({ "score": "5" }), "/score"),
        (json!({ "score": 5, "comment": "x".repeat(5_001) }), "/comment"),
        (json!({ "score": 5, "agent": "me" }), "/agent"),
    ] {
        let refused = anybody.post(&link, &body).await.expect_problem(422, "validation");
        assert_eq!(refused.faults()[0].0, pointer);
    }
    let form = b"score=5&comment=a%00b".to_vec();
    let refused = anybody.send_raw(reqwest::Method::POST, &link, FORM, form).await;
    let refused = refused.expect_problem(422, "validation");
    assert_eq!(refused.faults(), [("/comment".to_owned(), "nul_character".to_owned())]);
    let text = anybody.send_raw(reqwest::Method::POST, &link, "text/plain", b"5".to_vec()).await;
    text.expect_problem(415, "unsupported_media_type");
    desk.as_role(Role::Agent).get(&format!("{path}/satisfaction")).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn the_page_is_a_form_that_needs_nothing_else() {
    let desk = Desk::start().await;
    let (path, link) = invited(&desk).await;
    let (anybody, agent) = (desk.anonymous(), desk.as_role(Role::Agent));
    let page = anybody.with("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8").get(&link).await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert_eq!((page.header("referrer-policy"), page.header("cache-control")), ("no-referrer", "no-store"));
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let text = html(&page);
    assert_eq!(text.matches("type=\"radio\"").count(), 5);
    assert!(!text.contains("<script") && !text.contains("http") && text.contains("lang=\"en\""), "{text}");
    assert!(!text.contains("Export") && !text.contains("Ada"), "{text}");

    let wrong = send_form(&anybody, &link, "comment=Hm").await;
    assert_eq!(wrong.status, 422);
    assert!(html(&wrong).contains("role=\"alert\"") && html(&wrong).contains("<form"), "{}", html(&wrong));
    assert!(html(&wrong).contains(">\nHm</textarea>"), "{}", html(&wrong));
    let typed = send_form(&anybody, &link, "comment=%0D%0A%3C%2Ftextarea%3E%3Cb%3E+%26+%22x%22%00").await;
    assert!(
        html(&typed).contains(">\n\n&lt;/textarea&gt;&lt;b&gt; &amp; &quot;x&quot;</textarea>"),
        "{}",
        html(&typed)
    );
    let long = send_form(&anybody, &link, &format!("score=3&comment={}", "x".repeat(5_001))).await;
    assert_eq!(long.status, 422);
    assert!(html(&long).contains(&"x".repeat(5_001)), "nothing of it is lost");
    assert!(html(&long).contains("value=\"3\" required checked"), "{}", html(&long));
    let done = send_form(&anybody, &link, "score=5&comment=Thank+you%21%0D%0AQuick.").await;
    assert_eq!(done.status, 200);
    assert!(html(&done).contains("Thank you"), "{}", html(&done));
    let kept = agent.get(&format!("{path}/satisfaction")).await.expect(200);
    assert_eq!((kept.at("/score"), kept.at("/comment")), (json!(5), json!("Thank you!\nQuick.")));
    let filled = async || {
        let page = anybody.with("accept", "text/html").get(&link).await;
        assert_eq!(page.status, 200);
        html(&page).to_owned()
    };
    let text = filled().await;
    assert!(text.contains("value=\"5\" required checked") && text.matches(" checked").count() == 1, "{text}");
    assert!(text.contains(">\nThank you!\nQuick.</textarea>"), "{text}");
    let hostile = "score=3&comment=%3C%2Ftextarea%3E%3Cscript%3Ealert%281%29%3C%2Fscript%3E+%22%26";
    assert_eq!(send_form(&anybody, &link, hostile).await.status, 200);
    let text = filled().await;
    let shown = ">\n&lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt; &quot;&amp;</textarea>";
    assert!(text.contains(shown) && !text.contains("<script"), "{text}");
    // What is typed now counts for more, an emptied comment too.
    let wrong = send_form(&anybody, &link, "comment=").await;
    assert!(wrong.status == 422 && html(&wrong).contains("></textarea>"), "{}", html(&wrong));
    send_form(&anybody, &link, "score=4&comment=").await;
    assert!(filled().await.contains("></textarea>"));
    send_form(&anybody, &link, "score=4&comment=Known+only+while+it+can+be+changed.").await;
    assert_eq!(agent.get(&format!("{path}/satisfaction")).await.expect(200).at("/score"), 4);
    let again = anybody.with("accept", "text/html").get(&link).await;
    assert!(html(&again).contains("value=\"4\" required checked"), "{}", html(&again));
    let unknown = anybody.with("accept", "text/html").get("/survey/AAAA").await;
    assert_eq!((unknown.status, unknown.header("content-type")), (404, "text/html; charset=utf-8"));
    desk.move_clock("2024-05-20T09:00:00Z").await;
    assert_eq!(send_form(&anybody, &link, "score=1").await.status, 409);
    let late = filled().await;
    assert!(!late.contains("<form") && !late.contains("Known only"), "{late}");
    assert!(late.contains("This can't be answered, or changed, any more."), "{late}");

    let german =
        ticket("Anmeldung geht nicht", "Ich kann mich leider nicht mehr anmelden, bitte helfen Sie mir.");
    let made = agent.post("/v1/tickets", &german).await.expect(201);
    let path = format!("/v1/tickets/{}", made.id());
    resolve(&agent, &path).await;
    let link = self::link(&desk, &path).await;
    let page = anybody.with("accept", "text/html").get(&link).await;
    assert!(html(&page).contains("lang=\"de\"") && html(&page).contains("Wie zufrieden"), "{}", html(&page));
}
