//! Cubes as rows.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::AssertSqlSafe;

use crate::domain::kpi::{Cube, Grain, Range, Span};
use crate::store::error::Error;
use crate::store::tenancy::{TenantRead, TenantTx};

const TABLE: &str = "kpi_cubes";
/// Cubes of one statement.
const AT_ONCE: usize = 32;

/// The cubes of stretches that begin within ranges, with their beginnings, in
/// order.
pub async fn within(
    read: &mut TenantRead,
    span: Span,
    ranges: &[Range],
    grain: Grain,
) -> Result<Vec<(Timestamp, Cube)>, Error> {
    if ranges.is_empty() {
        return Ok(Vec::new());
    }
    let tenant = read.tenant().uuid();
    let text = format!(
        "-- store::kpi::cube::within
        select c.starts_at, c.{grain}
          from unnest($3::timestamptz[], $4::timestamptz[]) as r(low, high)
         cross join lateral (
               select * from kpi_cubes c
                where c.tenant_id = $1 and c.span = $2 and c.starts_at >= r.low and c.starts_at < r.high offset 0) as c
         order by c.starts_at"
    );
    let rows: Vec<(jiff_sqlx::Timestamp, Vec<u8>)> = sqlx::query_as(AssertSqlSafe(text))
        .bind(tenant)
        .bind(span.as_str())
        .bind(ranges.iter().map(|(from, _)| from.to_sqlx()).collect::<Vec<_>>())
        .bind(ranges.iter().map(|(_, to)| to.to_sqlx()).collect::<Vec<_>>())
        .fetch_all(read.connection())
        .await?;
    rows.into_iter()
        .map(|(start, bytes)| {
            let cube = Cube::decode(&bytes).map_err(|error| Error::bad_row(TABLE, error))?;
            Ok((start.to_jiff(), cube))
        })
        .collect()
}

/// Writes cubes, each of a stretch that begins at an instant, in each grain.
pub async fn put(tx: &mut TenantTx, span: Span, cubes: &[(Timestamp, Cube)]) -> Result<(), Error> {
    // So many together that their bytes stay few.
    for some in cubes.chunks(AT_ONCE) {
        put_some(tx, span, some).await?;
    }
    Ok(())
}

async fn put_some(tx: &mut TenantTx, span: Span, cubes: &[(Timestamp, Cube)]) -> Result<(), Error> {
    let encode = |cube: &Cube| cube.encode().map_err(|error| Error::bad_row(TABLE, error));
    let grain = |grain| cubes.iter().map(|(_, cube)| encode(&cube.at(grain))).collect::<Result<Vec<_>, _>>();
    let whole = cubes.iter().map(|(_, cube)| encode(cube)).collect::<Result<Vec<_>, _>>()?;
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::kpi::cube::put
        insert into kpi_cubes (tenant_id, span, starts_at, total, single, whole, waits)
        select $1, $2, r.* from unnest($3::timestamptz[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bytea[]) as r
        on conflict (tenant_id, span, starts_at) do update set
            total = excluded.total, single = excluded.single, whole = excluded.whole, waits = excluded.waits",
    )
    .bind(tenant)
    .bind(span.as_str())
    .bind(cubes.iter().map(|(start, _)| start.to_sqlx()).collect::<Vec<_>>())
    .bind(grain(Grain::Total)?)
    .bind(grain(Grain::Single)?)
    .bind(whole)
    .bind(grain(Grain::Waiting)?)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The beginnings of longer stretches without a cube within which shorter ones,
/// that begin in the range, have one; the first `limit`.
pub async fn unsummed(
    read: &mut TenantRead,
    (of, into): (Span, Span),
    (from, to): Range,
    limit: i64,
) -> Result<Vec<Timestamp>, Error> {
    let tenant = read.tenant().uuid();
    let starts: Vec<jiff_sqlx::Timestamp> = sqlx::query_scalar(
        "-- store::kpi::cube::unsummed
        select distinct date_trunc($3, c.starts_at, 'UTC') as start
          from kpi_cubes c
         where c.tenant_id = $1 and c.span = $2 and c.starts_at >= $4 and c.starts_at < $5
           and not exists (select from kpi_cubes l
                            where l.tenant_id = $1 and l.span = $3
                              and l.starts_at = date_trunc($3, c.starts_at, 'UTC'))
         order by start limit $6",
    )
    .bind(tenant)
    .bind(of.as_str())
    .bind(into.as_str())
    .bind(from.to_sqlx())
    .bind(to.to_sqlx())
    .bind(limit)
    .fetch_all(read.connection())
    .await?;
    Ok(starts.into_iter().map(jiff_sqlx::Timestamp::to_jiff).collect())
}

/// Removes all cubes and everything that they have not taken in, to begin anew.
pub async fn clear(tx: &mut TenantTx) -> Result<(), Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query(
        "-- store::kpi::cube::clear
        with gone as (delete from kpi_deltas where tenant_id = $1 returning changes),
             cubes as (delete from kpi_cubes where tenant_id = $1)
        insert into kpi_states (tenant_id, folded) select $1, coalesce(sum(changes), 0) + 1 from gone
        on conflict (tenant_id) do update set folded = kpi_states.folded + excluded.folded",
    )
    .bind(tenant)
    .execute(tx.connection())
    .await?;
    Ok(())
}
