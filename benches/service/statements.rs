//! What the database's time goes into, by statement.

use sqlx::PgConnection;

/// Has PostgreSQL keep account of statements, from its next start.
pub(crate) async fn keep_account(superuser: &mut PgConnection) {
    let alter = "alter system set shared_preload_libraries = 'pg_stat_statements'";
    sqlx::query(alter).execute(superuser).await.expect("a setting");
}

/// Begins anew.
pub(crate) async fn forget(superuser: &mut PgConnection) {
    for statement in [
        "create extension if not exists pg_stat_statements",
        "alter system set pg_stat_statements.track = 'all'",
        "alter system set pg_stat_statements.track_planning = on",
        "select pg_reload_conf()",
        "select pg_stat_statements_reset()::text",
    ] {
        sqlx::query(statement).execute(&mut *superuser).await.expect("an account of statements");
    }
}

/// Prints those that took the most, for so many tickets.
pub(crate) async fn tell(superuser: &mut PgConnection, tickets: f64) {
    let rows: Vec<(String, f64, f64, f64)> = sqlx::query_as(
        "select regexp_replace(left(query, 90), '\\s+', ' ', 'g'), sum(calls)::float8,
                sum(total_exec_time)::float8 * 1000, sum(total_plan_time)::float8 * 1000
           from pg_stat_statements group by 1 order by 3 desc limit 45",
    )
    .fetch_all(superuser)
    .await
    .expect("an account of statements");
    println!("{:>10} {:>10} {:>10}  statement, for each ticket", "µs", "calls", "planning");
    for (text, calls, time, planning) in rows {
        println!("{:>10.1} {:>10.3} {:>10.2}  {text}", time / tickets, calls / tickets, planning / tickets);
    }
}
