//! API keys: made, listed, ended.

use jiff::Timestamp;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::caller::Caller;
use super::desk::Desk;
use super::error::Error;
use super::execution::{UseCase, Work};
use super::tenant::ensure_agent;
use crate::clock::Clock;
use crate::domain::audit::Act;
use crate::domain::id::{KeyId, TenantId};
use crate::domain::key::{FoundKey, Key};
use crate::domain::vocabulary::Role;
use crate::store::{self, TenantTx};

/// What every random secret begins with.
const RANDOM: &str = "se_";
/// Characters of a random secret that are shown in lists.
const HINT: usize = 8;

/// A key to be made.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// What it may do; never operator, whose keys belong to no tenant.
    pub role: Role,
    /// Its name for people.
    pub name: String,
    /// The agent it acts as, by name; none: the one of the key's own name.
    pub agent: Option<String>,
    /// When it ends, if it does.
    pub expires_at: Option<Timestamp>,
    /// Browser origins it may be used from.
    pub origins: Vec<String>,
    /// The secret it is to have; none: a random one.
    pub secret: Option<String>,
    /// Whether it may create tenants.
    pub creates_tenants: bool,
}

/// A key that was made, with the secret that is shown only now.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The key.
    pub key: Key,
    /// Its secret.
    pub secret: String,
}

/// 256 random bits, as the text that callers show.
#[must_use]
pub fn new_secret() -> String {
    use base64::Engine;
    let bits = Clock::random_bytes::<32>();
    format!("{RANDOM}{}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bits))
}

/// What is kept of a secret.
#[must_use]
pub fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// What lists show of a secret, to recognise it by.
#[must_use]
pub fn hint(secret: &str) -> String {
    if secret.starts_with(RANDOM) {
        return secret.chars().take(HINT).collect();
    }
    // Of a secret that somebody chose, nothing is told.
    let hash = hash(secret);
    format!("#{:02x}{:02x}{:02x}", hash[0], hash[1], hash[2])
}

/// Makes a key in a transaction that is under way.
pub(super) async fn issue(
    desk: &Desk,
    tx: &mut TenantTx,
    wanted: &Wanted,
    now: Timestamp,
) -> Result<Issued, Error> {
    if wanted.role == Role::Operator {
        return Err(Error::invalid("/role", "not_allowed", "operator keys are made on the command line"));
    }
    let agent = match wanted.role {
        Role::Agent | Role::Lead | Role::Admin => {
            let name = wanted.agent.as_deref().unwrap_or(&wanted.name);
            Some(ensure_agent(desk, tx, name, now).await?.id)
        }
        _ => None,
    };
    let secret = wanted.secret.clone().unwrap_or_else(new_secret);
    let key = Key {
        id: KeyId::new(desk.clock().new_id()),
        role: wanted.role,
        name: wanted.name.clone(),
        hint: hint(&secret),
        agent,
        origins: wanted.origins.clone(),
        creates_tenants: wanted.creates_tenants,
        created_at: now,
        expires_at: wanted.expires_at,
        revoked_at: None,
    };
    store::key::insert(tx, &key, &hash(&secret)).await?;
    Ok(Issued { key, secret })
}

/// Makes a key.
#[derive(Debug, Clone)]
pub struct CreateKey(pub Wanted);

impl UseCase for CreateKey {
    type Output = Issued;

    async fn run(&self, work: &mut Work<'_>) -> Result<Issued, Error> {
        let issued = issue(work.desk, &mut work.tx, &self.0, work.now).await?;
        audit(work, "key.create", issued.key.id, json!({ "role": issued.key.role })).await?;
        Ok(issued)
    }
}

/// Ends a key.
#[derive(Debug, Clone, Copy)]
pub struct RevokeKey(pub KeyId);

impl UseCase for RevokeKey {
    type Output = Key;

    async fn run(&self, work: &mut Work<'_>) -> Result<Key, Error> {
        if !store::key::revoke(&mut work.tx, self.0, work.now).await? {
            return Err(Error::NotFound("key"));
        }
        audit(work, "key.revoke", self.0, json!({})).await?;
        store::key::lookup(work.tx.read(), self.0).await?.ok_or(Error::NotFound("key"))
    }

    fn committed(&self, desk: &Desk) {
        desk.forget_keys();
    }
}

async fn audit(
    work: &mut Work<'_>,
    action: &'static str,
    target: KeyId,
    detail: serde_json::Value,
) -> Result<(), Error> {
    let act = Act {
        id: work.desk.clock().new_id(),
        at: work.now,
        actor: work.caller.role,
        key: Some(work.caller.key),
        action,
        target: Some(target.uuid()),
        detail,
    };
    Ok(store::audit::append(&mut work.tx, &act).await?)
}

impl Desk {
    /// The live key with this secret.
    pub async fn authenticate(&self, secret: &str) -> Result<Option<FoundKey>, Error> {
        let hash = hash(secret);
        let found = match self.keyring().lookup(&hash) {
            Some(key) => Some(key),
            None => self.find_key(hash).await?,
        };
        match found {
            Some(key) if key.is_live(self.now().await?) => Ok(Some(key)),
            _ => Ok(None),
        }
    }

    async fn find_key(&self, hash: [u8; 32]) -> Result<Option<FoundKey>, Error> {
        let epoch = self.keyring().epoch();
        let found = self.store().find_key(&hash).await?;
        // Operators come seldom, and may do much.
        if let Some(key) = found.as_ref().filter(|key| key.tenant.is_some()) {
            self.keyring().remember(hash, key, epoch);
        }
        Ok(found)
    }

    /// Keys have changed: none is remembered any longer.
    pub fn forget_keys(&self) {
        self.keyring().forget();
    }

    /// Whether a caller's key may still be used.
    pub async fn key_lives(&self, caller: &Caller) -> Result<bool, Error> {
        let now = self.now().await?;
        let mut read = self.store().begin_read(caller.tenant).await?;
        let key = store::key::lookup(&mut read, caller.key).await?;
        read.finish().await?;
        Ok(key.is_some_and(|key| key.is_live(now)))
    }

    /// Keys of a tenant after `after`, oldest first, `limit` at most.
    pub async fn keys(&self, tenant: TenantId, after: Option<KeyId>, limit: i64) -> Result<Vec<Key>, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let keys = store::key::list(&mut read, after, limit).await?;
        read.finish().await?;
        Ok(keys)
    }
}
