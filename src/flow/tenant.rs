//! Tenants: made with their teams, their first admin, and that admin's key.

use jiff::Timestamp;
use serde_json::json;

use super::desk::Desk;
use super::error::Error;
use super::key::{Issued, Wanted, issue};
use crate::domain::audit::Act;
use crate::domain::id::{KeyId, TenantId};
use crate::domain::tenant::{Agent, Team, Tenant, first_teams};
use crate::domain::timer::{Timer, TimerKind};
use crate::domain::vocabulary::Role;
use crate::store::{self, TenantTx};

/// A tenant to be made.
#[derive(Debug, Clone)]
pub struct NewTenant {
    /// Its short name.
    pub slug: String,
    /// Its name for people.
    pub name: String,
}

/// A tenant that was made.
#[derive(Debug, Clone)]
pub struct Made {
    /// The tenant.
    pub tenant: Tenant,
    /// Its first admin key, with the secret that is shown only now.
    pub admin: Issued,
}

/// How a tenant comes about.
#[derive(Debug, Clone, Default)]
pub struct Founding {
    /// The operator key that asked; none on the command line.
    pub operator: Option<KeyId>,
    /// The secret that its admin key is to have; none: a random one.
    pub admin_secret: Option<String>,
    /// Whether that key may create tenants too: only the first one of an
    /// install, which belongs to whoever runs it.
    pub creates_tenants: bool,
}

impl Desk {
    /// Makes a tenant. A slug that is taken is a conflict.
    pub async fn create_tenant(&self, new: &NewTenant, founding: &Founding) -> Result<Made, Error> {
        let now = self.now().await?;
        let id = TenantId::new(self.clock().new_id());
        let mut tx = self.store().begin(id).await?;
        let tenant = Tenant { id, slug: new.slug.clone(), name: new.name.clone(), created_at: now };
        match store::tenant::insert(&mut tx, &tenant).await {
            Err(store::Error::Constraint { name }) if name == "tenants_slug_unique" => {
                return Err(Error::Conflict(format!("there is a tenant {:?} already", new.slug)));
            }
            inserted => inserted?,
        }
        store::tenant::insert_teams(&mut tx, &first_teams(), now).await?;
        store::kpi::delta::measured_by(&mut tx, self.targets().first_response_seconds).await?;
        let wanted = Wanted {
            role: Role::Admin,
            name: "admin".to_owned(),
            agent: None,
            expires_at: None,
            origins: Vec::new(),
            secret: founding.admin_secret.clone(),
            creates_tenants: founding.creates_tenants,
        };
        let admin = issue(self, &mut tx, &wanted, now).await?;
        let act = Act {
            id: self.clock().new_id(),
            at: now,
            actor: Role::Operator,
            key: founding.operator,
            action: "tenant.create",
            target: Some(id.uuid()),
            detail: json!({ "slug": tenant.slug }),
        };
        store::audit::append(&mut tx, &act).await?;
        if let Some(due_at) = self.next_report(now) {
            let next = Timer { kind: TimerKind::Report, subject: id.uuid(), due_at };
            store::timer::put(&mut tx, &[next]).await?;
        }
        tx.commit().await?;
        Ok(Made { tenant, admin })
    }

    /// The teams of a tenant.
    pub async fn teams(&self, tenant: TenantId) -> Result<Vec<Team>, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let teams = store::tenant::list_teams(&mut read).await?;
        read.finish().await?;
        Ok(teams)
    }

    /// The agents of a tenant by name after `after`, `limit` at most.
    pub async fn agents(
        &self,
        tenant: TenantId,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<Agent>, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let agents = store::tenant::list_agents(&mut read, after, limit).await?;
        read.finish().await?;
        Ok(agents)
    }
}

/// The agent of this identifier or name, made if nobody has the name.
pub(super) async fn ensure_agent(
    desk: &Desk,
    tx: &mut TenantTx,
    name: &str,
    now: Timestamp,
) -> Result<Agent, Error> {
    if let Some(agent) = store::tenant::lookup_agent(tx.read(), name).await? {
        return Ok(agent);
    }
    if uuid::Uuid::try_parse(name).is_ok() {
        return Err(Error::invalid("/agent", "unknown_agent", "is not the id of an agent of the tenant"));
    }
    let id = crate::domain::id::AgentId::new(desk.clock().new_id());
    let agent = Agent { id, name: name.to_owned(), email: None, team: None, active: true, version: 1 };
    store::tenant::insert_agent(tx, &agent, now).await?;
    Ok(agent)
}
