//! Lists of clocks cost what they show: the statements that are used, explained
//! as the app role over many old clocks of two tenants.

use serde_json::Value;
use sqlx::postgres::{PgArguments, Postgres};
use sqlx::query::QueryScalar;
use sqlx::{AssertSqlSafe, Executor as _, PgConnection};
use support_engineer::domain::id::TenantId;
use support_engineer::domain::ticket::watch::{BreachSort, Lateness};
use support_engineer::store::watch;

use super::two_tenants;

const NOW: &str = "2024-06-01T12:00:00Z";

/// Copies the tenant's first ticket `n` times from `first` on, closed for years:
/// a first response met, and a resolution breached.
async fn add_old(owner: &mut PgConnection, tenant: TenantId, first: i64, n: i64) {
    let sql = format!(
        "with model as (select to_jsonb(t) as body from tickets t where tenant_id = '{tenant}' order by id limit 1),
         ids as (select g, gen_random_uuid() as id from generate_series({first}, {first} + {n} - 1) g),
         made as (
            insert into tickets select (jsonb_populate_record(null::tickets, m.body || jsonb_build_object(
                'id', i.id, 'number', 1000000 + i.g, 'dedup_key', null, 'status', 'closed', 'resolution', 'fixed',
                'resolved_at', '2020-01-02T00:00:00Z', 'first_resolved_at', '2020-01-02T00:00:00Z',
                'closed_at', '2020-01-03T00:00:00Z'))).* from model m, ids i returning id)
         insert into sla_clocks (tenant_id, ticket_id, metric, cycle, calendar, target_seconds, state, started_at, due_at,
                                 stopped_at, breached_at, breach_at, business_seconds, elapsed_seconds)
         select '{tenant}', id, m.metric, 1, 'always', 60, m.state, '2020-01-01', '2020-01-01T00:01:00Z', '2020-01-02',
                m.breach, m.breach, 30, 30
           from made, (values ('first_response', 'met', null::timestamptz), ('resolution', 'breached', '2020-01-01T00:01:00Z')) m(metric, state, breach)"
    );
    owner.execute(AssertSqlSafe(sql)).await.expect("old tickets");
}

/// Makes the clocks of twenty of those tickets fresh: ten run until shortly after
/// now, ten were due shortly before.
async fn freshen(owner: &mut PgConnection, tenant: TenantId) {
    let sql = format!(
        "with chosen as (select id, row_number() over (order by number) as place from tickets
                          where tenant_id = '{tenant}' and number > 1000000 order by number limit 20),
         opened as (update tickets t set status = 'open', resolution = null, resolved_at = null, closed_at = null
                      from chosen c where t.tenant_id = '{tenant}' and t.id = c.id)
         update sla_clocks k set state = 'running', stopped_at = null, breached_at = null, started_at = '2024-06-01T11:00:00Z',
                due_at = d.due, late_after = d.due, breach_at = d.due
           from chosen c, lateral (select timestamptz '{NOW}' + (c.place - 10.5) * interval '1 minute' as due) d
          where k.tenant_id = '{tenant}' and k.ticket_id = c.id and k.metric = 'resolution'"
    );
    owner.execute(AssertSqlSafe(sql)).await.expect("fresh clocks");
    owner.execute("analyze").await.expect("statistics");
}

/// What a statement did: how many rows it gave, and what its scans of clocks
/// read, thrown away ones included.
#[derive(Debug, PartialEq)]
struct Work {
    given: f64,
    read: f64,
}

fn look(node: &Value, work: &mut Work) {
    if node["Relation Name"] == "sla_clocks" {
        let kind = node["Node Type"].as_str().unwrap_or_default();
        assert!(kind.contains("Index") || kind == "Bitmap Heap Scan", "a scan of every clock: {node:#}");
        let number = |name: &str| node[name].as_f64().unwrap_or_default();
        let each = number("Actual Rows") + number("Rows Removed by Filter");
        work.read += each * number("Actual Loops");
    }
    for part in node["Plans"].as_array().into_iter().flatten() {
        look(part, work);
    }
}

async fn explain(own: &mut PgConnection, text: &str, tenant: TenantId, asked: Asked) -> Work {
    let text = format!("explain (analyze, format json) {text}");
    let none = Vec::<String>::new;
    let query: QueryScalar<'_, Postgres, Value, PgArguments> = sqlx::query_scalar(AssertSqlSafe(text));
    let at = |text: &str| jiff_sqlx::Timestamp::from(text.parse::<jiff::Timestamp>().expect("an instant"));
    let query = query.bind(tenant.uuid());
    let query = match asked {
        Asked::AtRisk => query.bind(at(NOW)).bind(at("2024-06-01T13:00:00Z")),
        Asked::Breaches => query.bind(at("2024-05-02T12:00:00Z")).bind(at("2024-06-01T12:00:00.000001Z")),
    };
    let query = query.bind(none()).bind(none()).bind(none()).bind(none());
    let query = match asked {
        Asked::AtRisk => query.bind(51_i64),
        Asked::Breaches => query.bind(at(NOW)).bind(51_i64),
    };
    let plan = query.fetch_one(own).await.expect("a plan");
    let top = &plan[0]["Plan"];
    let mut work = Work { given: top["Actual Rows"].as_f64().unwrap_or_default(), read: 0.0 };
    look(top, &mut work);
    work
}

#[derive(Debug, Clone, Copy)]
enum Asked {
    AtRisk,
    Breaches,
}

#[tokio::test]
async fn old_clocks_cost_the_lists_nothing() {
    let (desk, ours, theirs) = two_tenants().await;
    let mut owner = desk.superuser().await;
    add_old(&mut owner, ours.id, 1, 1_000).await;
    add_old(&mut owner, theirs.id, 1, 1_000).await;
    freshen(&mut owner, ours.id).await;
    freshen(&mut owner, theirs.id).await;
    let mut own = desk.app_connection(Some(ours.id)).await;
    let statements = [
        (Asked::AtRisk, watch::at_risk_statement(false), 10.0),
        (Asked::Breaches, watch::breaches_statement(BreachSort::Descending, None, false), 10.0),
        (
            Asked::Breaches,
            watch::breaches_statement(BreachSort::Ascending, Some(Lateness::Open), false),
            10.0,
        ),
    ];
    let mut before = Vec::new();
    for (asked, text, given) in &statements {
        let work = explain(&mut own, text, ours.id, *asked).await;
        assert!((work.given - given).abs() < 0.5, "{asked:?} gave {work:?}");
        before.push(work);
    }
    add_old(&mut owner, ours.id, 1_001, 10_000).await;
    add_old(&mut owner, theirs.id, 1_001, 2_000).await;
    owner.execute("analyze").await.expect("statistics");
    for ((asked, text, _), before) in statements.iter().zip(&before) {
        let after = explain(&mut own, text, ours.id, *asked).await;
        assert_eq!(after, *before, "{asked:?} reads more where there are more old clocks");
        assert!(after.read <= 25.0, "{asked:?} reads more than it shows: {after:?}");
    }
}
