//! The same rows, claimed and removed by `pgbench`: as many clients as the
//! worker has hands, as many rows a claim, and no work in between.

use std::fs;
use std::process::Command;

use super::place::{HANDS, Place};

const CLAIM: &str = "with ready as (
    select tenant_id, kind, subject from timers where kind = 'ticket' and ready_at <= now()
     order by ready_at limit 8 for update skip locked
), claimed as (
    update timers t set lease = gen_random_uuid(), ready_at = now() + interval '60 s', attempts = t.attempts + 1
      from ready r
     where t.tenant_id = r.tenant_id and t.kind = r.kind and t.subject = r.subject
    returning t.tenant_id, t.subject
) select coalesce(array_agg(tenant_id), '{}')::text as tenants, coalesce(array_agg(subject), '{}')::text as subjects
    from claimed \\gset
";

const REMOVE_TOGETHER: &str = "delete from timers t
 using unnest(:tenants::text::uuid[], :subjects::text::uuid[]) as r(tenant_id, subject)
 where t.tenant_id = r.tenant_id and t.kind = 'ticket' and t.subject = r.subject;
";

const REMOVE_ONE: &str =
    "delete from timers where tenant_id = (:tenants::text::uuid[])[$n] and kind = 'ticket'
   and subject = (:subjects::text::uuid[])[$n];
";

/// What it is called, and what makes it.
type Script = (&'static str, fn() -> String);

/// How the rows of a claim are removed: in one transaction, or as the worker
/// does, each in its own.
pub(crate) const SCRIPTS: [Script; 2] = [
    ("claims 8 and removes them together", || format!("{CLAIM}{REMOVE_TOGETHER}")),
    ("claims 8 and removes each in a transaction", || {
        (1..=HANDS).fold(CLAIM.to_owned(), |script, n| script + &REMOVE_ONE.replace("$n", &n.to_string()))
    }),
];

/// Rows a second over `count` rows that are ready.
pub(crate) fn run(place: &Place, script: fn() -> String, count: u32) -> f64 {
    let file = place.file("claim.sql");
    fs::write(&file, script()).expect("the script is written");
    let hands = HANDS.to_string();
    let rounds = (count / (HANDS * HANDS)).to_string();
    let output = Command::new(place.program("pgbench"))
        .args(["-n", "-M", "prepared", "-c", &hands, "-j", "2", "-t", &rounds, "-f"])
        .arg(&file)
        .arg(place.url())
        .output()
        .expect("pgbench is installed");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let tps =
        said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse::<f64>().ok());
    tps.expect("pgbench says its rate") * f64::from(HANDS)
}
