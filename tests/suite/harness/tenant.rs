//! A tenant with a key of each role.

use std::collections::HashMap;

use serde_json::json;
use support_engineer::domain::id::TenantId;
use support_engineer::domain::vocabulary::Role;

use super::client::Client;

/// The roles that a tenant's keys can have.
const ROLES: [Role; 6] = [Role::Form, Role::Service, Role::Dashboard, Role::Agent, Role::Lead, Role::Admin];

/// The tenant.
#[derive(Debug, Clone)]
pub(crate) struct Tenant {
    pub(crate) id: TenantId,
    secrets: HashMap<Role, String>,
    anonymous: Client,
}

impl Tenant {
    pub(super) fn known(id: TenantId, secrets: HashMap<Role, String>, anonymous: Client) -> Self {
        Self { id, secrets, anonymous }
    }

    /// Makes a tenant and its keys through the interface.
    pub(crate) async fn found(slug: &str, operator: &Client, anonymous: Client) -> Self {
        let made = operator.post("/v1/tenants", &json!({ "slug": slug, "name": slug })).await.expect(201);
        let mut secrets = HashMap::from([(Role::Admin, made.text("/key"))]);
        let admin = anonymous.with_key(&secrets[&Role::Admin]);
        for role in ROLES.into_iter().filter(|role| *role != Role::Admin) {
            let body = json!({ "role": role, "name": role.as_str() });
            secrets.insert(role, admin.post("/v1/keys", &body).await.expect(201).text("/key"));
        }
        Self { id: TenantId::new(made.id()), secrets, anonymous }
    }

    /// Somebody with the tenant's key of this role.
    pub(crate) fn as_role(&self, role: Role) -> Client {
        self.anonymous.with_key(self.secret(role))
    }

    /// The secret of the key of this role.
    pub(crate) fn secret(&self, role: Role) -> &str {
        self.secrets.get(&role).expect("a tenant has keys of every role but operator")
    }
}
