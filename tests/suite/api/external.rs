//! The binary on a database that it does not run itself.

use crate::harness::{EmptyDatabase, Place, Process, run};

/// What `migrate` complained of on this database.
fn refused(place: &Place, url: &str) -> String {
    let output = run(&place.join("data"), &[("SUPPORT__DATABASE__URL", url)], &["migrate"]);
    let complaint = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(1), "{complaint}");
    complaint
}

#[tokio::test]
async fn two_replicas_that_start_at_once_make_one_tenant() {
    let (place, database) = (Place::new(), EmptyDatabase::make().await);
    let variables = [("SUPPORT__DATABASE__URL", database.superuser_url.as_str())];
    let start = || {
        std::thread::spawn({
            let (data, url) = (place.join("unused"), database.superuser_url.clone());
            move || Process::serve(&data, &[("SUPPORT__DATABASE__URL", &url)])
        })
    };
    let starting = [start(), start()];
    let replicas = starting.map(|starting| starting.join().expect("it starts"));
    let keys: Vec<&str> = replicas.iter().filter_map(Process::admin_key).collect();
    let [key] = keys[..] else { panic!("one of them prints a key: {keys:?}") };
    for replica in &replicas {
        replica.client().with_key(key).get("/v1/keys").await.expect(200);
    }
    assert!(!place.join("unused").exists(), "no embedded database is started");
    let listed = run(&place.join("unused"), &variables, &["keys", "list", "--tenant", "default"]);
    assert!(String::from_utf8_lossy(&listed.stdout).contains("\tadmin\t"));
}

#[tokio::test]
async fn an_owner_without_rights_over_roles_will_do_once_the_roles_are_granted() {
    let (place, database) = (Place::new(), EmptyDatabase::make().await);
    let complaint = refused(&place, &database.owner_url);
    assert!(
        complaint.contains(&format!("grant support_app, support_worker to {}", database.owner)),
        "{complaint}"
    );
    database.grant("support_app, support_worker").await;
    let process = Process::serve(&place.join("data"), &[("SUPPORT__DATABASE__URL", &database.owner_url)]);
    let admin = process.client().with_key(process.admin_key().expect("a first start"));
    admin.get("/v1/keys").await.expect(200);
}

#[tokio::test]
async fn a_role_for_requests_that_may_not_lower_itself_is_refused() {
    let (place, database) = (Place::new(), EmptyDatabase::make().await);
    let variables = [
        ("SUPPORT__DATABASE__URL", database.superuser_url.as_str()),
        ("SUPPORT__DATABASE__APP_URL", database.owner_url.as_str()),
    ];
    let output = run(&place.join("data"), &variables, &["serve"]);
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{complaint}");
    assert!(complaint.contains(&format!("grant support_app to {}", database.owner)), "{complaint}");
}

#[tokio::test]
async fn a_schema_from_the_future_is_left_alone() {
    let (place, database) = (Place::new(), EmptyDatabase::make().await);
    let variables = [("SUPPORT__DATABASE__URL", database.superuser_url.as_str())];
    assert!(run(&place.join("data"), &variables, &["migrate"]).status.success());
    assert!(run(&place.join("data"), &variables, &["migrate"]).status.success(), "twice is as good as once");
    database.tell("insert into _sqlx_migrations select 9999, 'later', now(), true, '', 0").await;
    let complaint = refused(&place, &database.superuser_url);
    assert!(
        complaint.contains("a newer support-engineer has migrated this database (migration 9999"),
        "{complaint}"
    );
}

#[tokio::test]
async fn a_wrong_password_is_said_at_once() {
    let (place, database) = (Place::new(), EmptyDatabase::make().await);
    let url = database.owner_url.replace(&format!(":{}@", database.owner), ":wrong@");
    let complaint = refused(&place, &url);
    assert!(complaint.contains("password authentication failed"), "{complaint}");
}
