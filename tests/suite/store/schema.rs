//! What the catalogue says of every table, so that a new one is looked at too.

use sqlx::PgConnection;

use super::tenant_tables;
use crate::harness::Desk;

/// Tables that belong to the whole install; they hold nothing of a tenant.
const SHARED: &[&str] =
    &["_sqlx_migrations", "ladder_texts", "operator_keys", "outbox", "sla_versions", "test_clock", "timers"];

/// The table of sqlx itself.
const FOREIGN: &str = "_sqlx_migrations";

/// Functions that statements may call; each says its reason in its migration.
const FUNCTIONS: &[&str] = &[
    "analyze_grown",
    "app_number",
    "app_search",
    "app_tenant",
    "draw_ticket_numbers",
    "find_api_key",
    "sort_in_words",
];

/// Indexes over all tenants: of the names of tenants, and of keys whose tenant is
/// not known before they are found.
const GLOBAL_NAMES: &[&str] = &["tenants_slug_unique", "api_keys_secret_hash"];

async fn texts(connection: &mut PgConnection, query: &'static str) -> Vec<String> {
    sqlx::query_scalar(query).fetch_all(connection).await.expect("the catalogue answers")
}

#[tokio::test]
async fn a_table_without_a_tenant_is_one_of_the_few_that_are_known() {
    let desk = Desk::start().await;
    let mut superuser = desk.superuser().await;
    let owned = tenant_tables(&mut superuser).await;
    let query = "select relname::text from pg_class
                  where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f') order by 1";
    let shared: Vec<String> =
        texts(&mut superuser, query).await.into_iter().filter(|table| !owned.contains(table)).collect();
    assert_eq!(shared, SHARED);
}

#[tokio::test]
async fn every_table_of_a_tenant_has_forced_row_level_security() {
    let desk = Desk::start().await;
    let mut superuser = desk.superuser().await;
    for table in tenant_tables(&mut superuser).await {
        let (enabled, forced): (bool, bool) = sqlx::query_as(
            "select relrowsecurity, relforcerowsecurity from pg_class where oid = $1::regclass",
        )
        .bind(&table)
        .fetch_one(&mut superuser)
        .await
        .expect("the table is there");
        assert!(enabled && forced, "{table}: row-level security must be enabled and forced");
        let policies: Vec<(String, String, Option<String>, Option<String>)> = sqlx::query_as(
            "select policyname::text, cmd, qual, with_check from pg_policies
              where schemaname = 'public' and tablename = $1
                and (roles && array['public', 'support_app', 'support_worker']::name[])",
        )
        .bind(&table)
        .fetch_all(&mut superuser)
        .await
        .expect("the catalogue answers");
        let own = Some("(tenant_id = app_tenant())".to_owned());
        let [(name, command, seen, written)] = &policies[..] else {
            panic!("{table} must have one policy for the service, not {policies:?}");
        };
        assert_eq!((command.as_str(), seen, written), ("ALL", &own, &own), "{table}: policy {name}");
    }
}

#[tokio::test]
async fn every_key_of_a_tenant_s_table_starts_with_the_tenant() {
    let desk = Desk::start().await;
    let mut superuser = desk.superuser().await;
    let owned = tenant_tables(&mut superuser).await;
    // A constraint's columns in order, and those it refers to.
    let constraints: Vec<(String, String, String, Option<String>)> = sqlx::query_as(
        "select c.conrelid::regclass::text, c.conname::text,
                (select attname::text from pg_attribute where attrelid = c.conrelid and attnum = c.conkey[1]),
                (select attname::text from pg_attribute where attrelid = c.confrelid and attnum = c.confkey[1])
           from pg_constraint c
          where c.connamespace = 'public'::regnamespace and c.contype in ('p', 'u', 'f', 'x')",
    )
    .fetch_all(&mut superuser)
    .await
    .expect("the catalogue answers");
    assert!(constraints.len() > owned.len());
    for (table, name, first, referred) in constraints {
        let is_owned = owned.contains(&table);
        assert!(!is_owned || first == "tenant_id", "{name} of {table} starts with {first}");
        // Tables of the install may lie elsewhere than those of a tenant: they refer to nothing.
        let crosses = referred.is_some_and(|referred| referred != "tenant_id" || !is_owned);
        assert!(!crosses, "{name} of {table} refers to something beside the tenant");
    }
    let acting = texts(
        &mut superuser,
        "select conname::text from pg_constraint
          where connamespace = 'public'::regnamespace and contype = 'f' and (confdeltype in ('n', 'd') or confupdtype in ('n', 'd'))",
    )
    .await;
    assert_eq!(acting, [""; 0], "a foreign key takes no value away; the tenant would be among them");
    for table in &owned {
        let keys: i64 = sqlx::query_scalar(
            "select count(*) from pg_constraint where conrelid = $1::regclass and contype = 'p'",
        )
        .bind(table)
        .fetch_one(&mut superuser)
        .await
        .expect("the catalogue answers");
        assert_eq!(keys, 1, "{table} must have a primary key");
    }
    let indexes: Vec<(String, String, String)> = sqlx::query_as(
        "select i.indrelid::regclass::text, i.indexrelid::regclass::text, coalesce(a.attname::text, 'an expression')
           from pg_index i left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
          where i.indrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace)",
    )
    .fetch_all(&mut superuser)
    .await
    .expect("the catalogue answers");
    for (table, index, first) in indexes {
        let global = GLOBAL_NAMES.contains(&index.as_str());
        assert!(!owned.contains(&table) || global || first == "tenant_id", "{index} starts with {first}");
    }
}

/// What grows with tickets and can be cut into ranges of them, which are ranges
/// of time: a partition's key must hold what it is cut by.
const BY_TICKET: &[&str] = &[
    "event_reasons",
    "kpi_entries",
    "ladder_plans",
    "messages",
    "ratings",
    "resolutions",
    "sla_clocks",
    "ticket_events",
];

#[tokio::test]
async fn what_grows_with_tickets_can_be_cut_by_time() {
    let desk = Desk::start().await;
    let mut superuser = desk.superuser().await;
    let cut = texts(
        &mut superuser,
        "select c.relname::text from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'ticket_id'
          where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not exists (
                select from pg_index i
                 where i.indrelid = c.oid and i.indisunique and a.attnum <> all (i.indkey::smallint[]))
          order by 1",
    )
    .await;
    assert_eq!(cut, BY_TICKET);
}

#[tokio::test]
async fn every_table_says_what_it_is_for() {
    let desk = Desk::start().await;
    let mut superuser = desk.superuser().await;
    let silent = texts(
        &mut superuser,
        "select relname::text from pg_class
          where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
            and obj_description(oid, 'pg_class') is null",
    )
    .await;
    assert_eq!(silent, [FOREIGN], "say it with `comment on table`");
}

#[tokio::test]
async fn no_trigger_and_no_rule_acts_behind_a_statement() {
    let desk = Desk::start().await;
    let mut superuser = desk.superuser().await;
    let triggers = texts(&mut superuser, "select tgname::text from pg_trigger where not tgisinternal").await;
    assert_eq!(triggers, [""; 0]);
    let query = "select rulename::text from pg_rules where schemaname = 'public'";
    let rules = texts(&mut superuser, query).await;
    assert_eq!(rules, [""; 0]);
}

#[tokio::test]
async fn the_roles_of_the_service_can_do_no_more_than_they_must() {
    let desk = Desk::start().await;
    let mut superuser = desk.superuser().await;
    for role in ["support_app", "support_worker", "support_search"] {
        let powers: (bool, bool, bool, bool, bool, bool) = sqlx::query_as(
            "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, rolcanlogin
               from pg_roles where rolname = $1",
        )
        .bind(role)
        .fetch_one(&mut superuser)
        .await
        .expect("the role is there");
        assert_eq!(powers, (false, false, false, false, false, false), "{role}");
        let owns: i64 = sqlx::query_scalar(
            "select count(*) from pg_shdepend d join pg_roles r on r.oid = d.refobjid
              where r.rolname = $1 and d.deptype = 'o'",
        )
        .bind(role)
        .fetch_one(&mut superuser)
        .await
        .expect("the catalogue answers");
        assert_eq!(owns, 0, "{role} must own nothing");
        let becomes: Vec<(String, bool)> = sqlx::query_as(
            "select m.roleid::regrole::text, pg_has_role(m.member, m.roleid, 'usage')
               from pg_auth_members m join pg_roles r on r.oid = m.member where r.rolname = $1",
        )
        .bind(role)
        .fetch_all(&mut superuser)
        .await
        .expect("the catalogue answers");
        let searcher = ("support_search".to_owned(), false);
        let allowed = if role == "support_app" { vec![searcher] } else { Vec::new() };
        assert_eq!(becomes, allowed, "{role} must be able to become nobody else, and not be it before");
        let excess: Vec<String> = sqlx::query_scalar(
            "select relname::text from pg_class
              where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
                and has_table_privilege($1, oid, 'truncate, references, trigger')",
        )
        .bind(role)
        .fetch_all(&mut superuser)
        .await
        .expect("the catalogue answers");
        assert_eq!(excess, [""; 0], "{role} may read and write rows, no more");
        let creates: bool = sqlx::query_scalar("select has_schema_privilege($1, 'public', 'create')")
            .bind(role)
            .fetch_one(&mut superuser)
            .await
            .expect("an answer");
        assert!(!creates, "{role} must not make tables");
    }
}

#[tokio::test]
async fn the_functions_of_the_schema_are_few_and_known() {
    let desk = Desk::start().await;
    let mut superuser = desk.superuser().await;
    // Those of extensions are PostgreSQL's own.
    let query = "select proname::text from pg_proc p where pronamespace = 'public'::regnamespace
                    and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass
                                       and d.objid = p.oid and d.deptype = 'e')
                  order by proname";
    assert_eq!(texts(&mut superuser, query).await, FUNCTIONS);
}

#[tokio::test]
async fn four_functions_alone_act_as_the_owner() {
    let desk = Desk::start().await;
    let mut superuser = desk.superuser().await;
    let definers = texts(
        &mut superuser,
        "select proname::text from pg_proc where pronamespace = 'public'::regnamespace and prosecdef order by proname",
    )
    .await;
    assert_eq!(definers, ["analyze_grown", "draw_ticket_numbers", "find_api_key", "sort_in_words"]);
    let (fixed, public): (bool, bool) = sqlx::query_as(
        "select bool_and(coalesce(array_to_string(proconfig, ',') like 'search_path=pg_catalog%', false)),
                bool_or(exists (select from aclexplode(proacl) where grantee = 0))
           from pg_proc where pronamespace = 'public'::regnamespace and prosecdef",
    )
    .fetch_one(&mut superuser)
    .await
    .expect("the function is there");
    assert!(fixed, "its search path must be fixed");
    assert!(!public, "not everybody may call it");
}
