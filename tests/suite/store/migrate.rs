//! Migrations: what the binary holds, and what it leaves behind.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::harness::Desk;

#[test]
fn the_binary_holds_every_migration() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let files = fs::read_dir(folder).expect("the folder is there");
    let number = |name: &str| name.split('_').next().and_then(|number| number.parse::<i64>().ok());
    let files: BTreeSet<i64> = files
        .map(|file| file.expect("a file").file_name().into_string().expect("UTF-8"))
        .map(|name| number(&name).unwrap_or_else(|| panic!("{name} has no number")))
        .collect();
    let held: BTreeSet<i64> = sqlx::migrate!().iter().map(|migration| migration.version).collect();
    // A new file alone makes nothing compile again.
    assert_eq!(files, held, "touch src/store/migrate.rs and compile again");
}

#[tokio::test]
async fn every_table_of_tenants_has_forced_row_level_security_and_a_comment() {
    let desk = Desk::start().await;
    let mut superuser = desk.superuser().await;
    let bare: Vec<String> = sqlx::query_scalar(
        "select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
          where n.nspname = 'public' and c.relkind in ('r', 'p') and c.relname <> '_sqlx_migrations'
            and (obj_description(c.oid) is null
                 or exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id')
                    and not (c.relrowsecurity and c.relforcerowsecurity))",
    )
    .fetch_all(&mut superuser)
    .await
    .expect("an answer");
    assert_eq!(bare, Vec::<String>::new());
    let free: Vec<String> = sqlx::query_scalar(
        "select rolname::text from pg_roles
          where rolname in ('support_app', 'support_worker') and (rolsuper or rolbypassrls or rolcanlogin)",
    )
    .fetch_all(&mut superuser)
    .await
    .expect("an answer");
    assert_eq!(free, Vec::<String>::new());
}

#[tokio::test]
async fn every_key_of_a_tenants_table_begins_with_the_tenant() {
    let desk = Desk::start().await;
    let shared: Vec<String> = sqlx::query_scalar(
        "select format('%s on %s', k.conname, k.conrelid::regclass)
           from pg_constraint k
           join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
          where k.contype in ('p', 'u', 'f') and a.attname <> 'tenant_id'
            and exists (select from pg_attribute t where t.attrelid = k.conrelid and t.attname = 'tenant_id')",
    )
    .fetch_all(&mut desk.superuser().await)
    .await
    .expect("an answer");
    assert_eq!(shared, Vec::<String>::new());
}
