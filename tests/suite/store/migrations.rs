//! Migrations are recorded, and run over a database that is in use without
//! changing what is there.

use sqlx::PgConnection;
use support_engineer::store::Owner;

use super::two_tenants;

/// Everything that makes up the schema, as text.
async fn schema(connection: &mut PgConnection) -> Vec<String> {
    sqlx::query_scalar(
        "select format('column %s.%s %s %s %s', table_name, column_name, data_type, is_nullable, column_default)
           from information_schema.columns where table_schema = 'public'
         union all
         select format('constraint %s %s', conname, pg_get_constraintdef(oid)) from pg_constraint
          where connamespace = 'public'::regnamespace
         union all
         select indexdef from pg_indexes where schemaname = 'public'
         union all
         select pg_get_statisticsobjdef(oid) from pg_statistic_ext where stxnamespace = 'public'::regnamespace
         union all
         select format('policy %s', p) from pg_policies p
         union all
         select format('table %s %s %s %s', oid, relname, relacl, reloptions) from pg_class
          where relnamespace = 'public'::regnamespace
         union all
         select format('function %s', pg_get_functiondef(oid)) from pg_proc where pronamespace = 'public'::regnamespace
         order by 1",
    )
    .fetch_all(connection)
    .await
    .expect("the catalogue answers")
}

#[tokio::test]
async fn a_second_run_changes_nothing() {
    let (desk, _, _) = two_tenants().await;
    let mut superuser = desk.superuser().await;
    let before = schema(&mut superuser).await;
    let tickets = "select to_jsonb(t)::text from tickets t order by id";
    let rows: Vec<String> = sqlx::query_scalar(tickets).fetch_all(&mut superuser).await.expect("rows");
    assert!(before.len() > 100 && !rows.is_empty());

    let mut owner = Owner::connect(&desk.owner_url()).await.expect("the owner connects");
    assert!(owner.lock().await.expect("an answer"));
    assert_eq!(owner.migrate().await.expect("the migrations run"), 0);
    owner.close().await.expect("a clean end");

    assert_eq!(schema(&mut superuser).await, before);
    let after: Vec<String> = sqlx::query_scalar(tickets).fetch_all(&mut superuser).await.expect("rows");
    assert_eq!(after, rows);
}

#[tokio::test]
async fn each_migration_is_recorded_with_its_text() {
    let (desk, _, _) = two_tenants().await;
    let recorded: Vec<(i64, bool, Vec<u8>)> =
        sqlx::query_as("select version, success, checksum from _sqlx_migrations order by version")
            .fetch_all(&mut desk.superuser().await)
            .await
            .expect("the records");
    let migrator = sqlx::migrate!();
    let known: Vec<(i64, bool, Vec<u8>)> =
        migrator.iter().map(|migration| (migration.version, true, migration.checksum.to_vec())).collect();
    assert!(!known.is_empty());
    assert_eq!(recorded, known);
}
