//! Whose rows the statements of the store mean. Row-level security would hide
//! those of others anyway; but a database that keeps tenants on machines of
//! their own goes by what the statement says, and a partition is found by it.

mod scope;
mod texts;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

use scope::strangers;

static CREATED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"create table (\w+) \(\s*tenant_id uuid not null").expect("a pattern"));

/// Queues over all tenants, which whoever finds out what is due looks over.
const QUEUES: &[&str] = &["outbox", "timers"];

/// Statements that mean rows of all tenants, each with the reason.
const OF_ALL_TENANTS: &[(&str, &str)] = &[
    ("store::owner::has_tenants", "asked before the install has one"),
    ("store::owner::latest_shared_instant", "asked by the clock of tests, before it begins"),
    ("store::owner::lookup_tenant", "the command line knows tenants by their slugs"),
    ("store::owner::slugs", "the command line and the metrics list them"),
    ("store::owner::tenants", "asked by the clock of tests, before it begins"),
    ("store::health::report::plan", "each tenant gets its timer when the service starts"),
];

/// The tables whose rows belong to tenants, as the migrations make them.
fn owned() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let entries = fs::read_dir(folder).expect("the migrations");
    let mut owned = BTreeSet::new();
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        let text = fs::read_to_string(path).expect("a migration");
        owned.extend(CREATED.captures_iter(&text).map(|found| found[1].to_owned()));
    }
    owned.retain(|table| !QUEUES.contains(&table.as_str()));
    assert!(owned.len() > 30, "the migrations make {owned:?} alone");
    owned
}

fn label(text: &str) -> &str {
    let first = text.lines().next().unwrap_or_default();
    first.strip_prefix("-- ").unwrap_or_default()
}

#[test]
fn every_statement_says_whose_rows_it_means() {
    let owned = owned();
    let texts = texts::all();
    let mut found = Vec::new();
    let mut excused = BTreeSet::new();
    for text in &texts {
        let strangers = strangers(&text.content, &owned);
        let label = label(&text.content);
        if !strangers.is_empty() && OF_ALL_TENANTS.iter().any(|(known, _)| *known == label) {
            excused.insert(label);
        } else if !strangers.is_empty() {
            let strangers = strangers.join(", ");
            found.push(format!(
                "src/store/{}:{}: {label} is not bound to a tenant: {strangers}",
                text.file, text.line
            ));
        }
    }
    assert!(found.is_empty(), "{}\n", found.join("\n"));
    let listed: BTreeSet<&str> = OF_ALL_TENANTS.iter().map(|(label, _)| *label).collect();
    assert_eq!(excused, listed, "who needs no exception any more is not listed");
    let labelled = texts.iter().filter(|text| !label(&text.content).is_empty()).count();
    assert!(labelled > 250, "{labelled} statements were found");
}

#[test]
fn rows_of_others_are_found_however_they_are_reached() {
    let owned = BTreeSet::from(["tickets", "messages"].map(str::to_owned));
    for (text, expected) in [
        ("select id from tickets where id = $2", "tickets as tickets"),
        ("select tenant_id from tickets", "tickets as tickets"),
        ("select id from tickets where tenant_id = $1 or id = $2", "tickets as tickets"),
        ("select id from tickets where tenant_id = any($1)", "tickets as tickets"),
        (
            "select 1 from tickets t join messages m on m.ticket_id = t.id where t.tenant_id = $1",
            "messages as m",
        ),
        ("select 1 from tickets t, messages m where m.tenant_id = $1", "tickets as t"),
        ("select 1 from tickets t left join messages m using (id) where t.tenant_id = $1", "messages as m"),
        (
            "select exists (select from messages m where m.ticket_id = t.id) from tickets t where t.tenant_id = $1",
            "messages as m",
        ),
        (
            "with gone as (delete from messages where id = $2) select 1 from tickets where tenant_id = $1",
            "messages as messages",
        ),
        (
            "(select id from tickets where tenant_id = $1) union all (select id from tickets)",
            "tickets as tickets",
        ),
        (
            "update tickets t set status = r.status from messages r where t.tenant_id = $1 and r.id = t.id",
            "messages as r",
        ),
        ("delete from tickets using messages m where tickets.tenant_id = $1", "messages as m"),
        ("insert into tickets (id, tenant_id) values ($2, $1)", "into tickets (id: $2)"),
        (
            "insert into tickets (tenant_id, id) select m.tenant_id, m.id from messages m where m.tenant_id = $1",
            "into tickets (tenant_id: m.tenant_id)",
        ),
        (
            "select 1 from unnest($2) as g(id) cross join lateral (select from tickets t where t.id = g.id) as x",
            "tickets as t",
        ),
    ] {
        assert_eq!(strangers(text, &owned), [expected], "{text}");
    }
    for text in [
        "-- tickets\nselect id from tickets where tenant_id = $1 and (id = $2 or number = $3)",
        "select 1 from tickets t left join messages m on m.tenant_id = t.tenant_id and m.ticket_id = t.id where t.tenant_id = $1",
        "select 1 from tickets t where t.tenant_id = $1 and not exists (select from messages m where m.tenant_id = t.tenant_id)",
        "with t as (select id from tickets where tenant_id = $1 for no key update) select id from t union all select $2",
        "update tickets t set status = 'from tickets' from unnest($2::uuid[]) as r(id) where t.tenant_id = $1 and t.id = r.id",
        "insert into tickets as t (tenant_id, id) values ($1, $2) on conflict (tenant_id, id) do update set id = t.id",
        "insert into tickets (tenant_id, id) select $1, g.* from unnest($2) as g on conflict (tenant_id, id) do update set id = excluded.id",
        "select 1 from timers where a is distinct from b",
    ] {
        assert_eq!(strangers(text, &owned), [""; 0], "{text}");
    }
}
