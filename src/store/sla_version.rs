//! The texts of policies and calendars that tickets were promised by.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;

use super::connect::Store;
use super::error::Error;
use super::tenancy::TenantRead;

impl Store {
    /// Keeps the text of a version, so that its promises can be explained
    /// after the configuration has changed.
    pub async fn keep_sla_version(&self, version: &str, source: &str, now: Timestamp) -> Result<(), Error> {
        let mut lent = self.lend_probe().await?;
        sqlx::query(
            "-- store::sla_version::keep
            insert into sla_versions (version, source, first_used_at) values ($1, $2, $3)
            on conflict (version) do nothing",
        )
        .bind(version)
        .bind(source)
        .bind(now.to_sqlx())
        .execute(lent.connection())
        .await?;
        lent.pass_on();
        Ok(())
    }
}

/// The text of a version.
pub async fn lookup(read: &mut TenantRead, version: &str) -> Result<Option<String>, Error> {
    Ok(sqlx::query_scalar(
        "-- store::sla_version::lookup
        select source from sla_versions where version = $1",
    )
    .bind(version)
    .fetch_optional(read.connection())
    .await?)
}
