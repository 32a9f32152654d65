//! Claims, and workers that do not come back in time.

use support_engineer::flow::Error;
use support_engineer::store;

use super::{LATE, claim, count, waiting};

#[tokio::test]
async fn nobody_gets_what_another_has_claimed_until_its_lease_ends() {
    let desk = waiting(3).await;
    let backstage = desk.backstage().await;
    desk.pass_to(LATE).await;
    assert_eq!(claim(&backstage, 10).await.len(), 3);
    assert_eq!(claim(&backstage, 10).await, []);
    desk.pass_to("2000-01-03T12:00:59.999999Z").await;
    assert_eq!(claim(&backstage, 10).await, []);
    desk.pass_to("2000-01-03T12:01:00Z").await;
    let again = claim(&backstage, 10).await;
    assert_eq!(again.iter().map(|lease| lease.attempts).collect::<Vec<_>>(), [2, 2, 2]);
}

#[tokio::test]
async fn a_worker_that_dies_between_claim_and_finish_leaves_its_work_to_the_next() {
    let desk = waiting(1).await;
    let mut superuser = desk.superuser().await;
    desk.pass_to(LATE).await;
    // It stops right after its facts went out, and before it commits.
    let wire = desk.wire_to_database("-- store::history::write").await;
    let doomed = desk.backstage_at(&wire.url).await;
    let [lease] = claim(&doomed, 1).await[..] else { panic!("one timer is due") };
    let dying = {
        let doomed = doomed.clone();
        tokio::spawn(async move { doomed.work(&lease).await })
    };
    wire.reached().await;
    dying.abort();
    drop(dying.await);
    assert_eq!(count(&mut superuser, "clock_breached").await, 0);

    desk.pass_to("2000-01-03T12:01:00Z").await;
    let backstage = desk.backstage().await;
    let [next] = claim(&backstage, 1).await[..] else { panic!("its lease has ended") };
    wire.release();
    backstage.work(&next).await.expect("the next worker finishes");
    assert_eq!(count(&mut superuser, "clock_breached").await, 1);
}

#[tokio::test]
async fn a_zombie_that_finishes_late_changes_nothing() {
    let desk = waiting(1).await;
    let mut superuser = desk.superuser().await;
    let backstage = desk.backstage().await;
    desk.pass_to(LATE).await;
    let [zombie] = claim(&backstage, 1).await[..] else { panic!("one timer is due") };
    desk.pass_to("2000-01-03T12:01:00Z").await;
    let [next] = claim(&backstage, 1).await[..] else { panic!("its lease has ended") };

    // Before the next one has finished, and after.
    let refused = |ended| assert!(matches!(ended, Err(Error::Store(store::Error::LeaseLost))), "{ended:?}");
    refused(backstage.work(&zombie).await);
    assert_eq!(count(&mut superuser, "clock_breached").await, 0);
    backstage.work(&next).await.expect("it holds its lease");
    refused(backstage.work(&zombie).await);
    refused(backstage.work(&next).await);
    assert_eq!(count(&mut superuser, "clock_breached").await, 1);
}

#[tokio::test]
async fn a_change_of_the_ticket_takes_the_timer_from_whoever_has_it() {
    let desk = waiting(1).await;
    let mut superuser = desk.superuser().await;
    let backstage = desk.backstage().await;
    desk.pass_to(LATE).await;
    let [stale] = claim(&backstage, 1).await[..] else { panic!("one timer is due") };
    // The act finds the breach due and records it itself.
    let agent = desk.as_role(support_engineer::domain::vocabulary::Role::Agent);
    let list = agent.get("/v1/tickets").await.expect(200);
    let path = format!("/v1/tickets/{}/messages", list.text("/items/0/id"));
    let said = serde_json::json!({ "author": "agent", "visibility": "public", "body": "Press export." });
    agent.post(&path, &said).await.expect(201);
    assert_eq!(count(&mut superuser, "clock_breached").await, 1);
    let ended = backstage.work(&stale).await;
    assert!(matches!(ended, Err(Error::Store(store::Error::LeaseLost))), "{ended:?}");
    assert_eq!(count(&mut superuser, "clock_breached").await, 1);
}

#[tokio::test]
async fn failed_work_rests_and_keeps_the_instant_it_was_due_at() {
    let desk = waiting(1).await;
    let backstage = desk.backstage().await;
    desk.pass_to(LATE).await;
    let [lease] = claim(&backstage, 1).await[..] else { panic!("one timer is due") };
    let rested = super::instant("2000-01-03T12:00:05Z");
    backstage.store().put_off(&lease, rested).await.expect("it is put off");
    assert_eq!(claim(&backstage, 1).await, []);
    desk.pass_to("2000-01-03T12:00:05Z").await;
    let [again] = claim(&backstage, 1).await[..] else { panic!("it has rested") };
    assert_eq!((again.due_at, again.attempts), (lease.due_at, 2));
}
