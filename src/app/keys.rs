//! `support-engineer keys`: tenants and keys from the command line, also
//! beside a running service.

use uuid::Uuid;

use super::bootstrap;
use super::command::{KeysCommand, NewKey};
use super::database::{Place, Sharing};
use super::failure::Failure;
use super::means::means;
use super::print;
use super::rulebook;
use crate::config::Config;
use crate::domain::id::{KeyId, TenantId};
use crate::domain::key::Key;
use crate::domain::reply::Reply;
use crate::domain::tenant::is_slug;
use crate::domain::vocabulary::Role;
use crate::flow::key::{self, CreateKey, RevokeKey, Wanted};
use crate::flow::tenant::{Founding, NewTenant};
use crate::flow::{self, Caller, Desk, UseCase};
use crate::store::{Owner, operator};

/// Most characters of a name, as in the interface.
const NAME_CHARACTERS: usize = 200;
/// Keys that are read at once for a list.
const PAGE: i64 = 200;

/// Carries out one of the `keys` commands.
pub(super) async fn carry_out(config: &Config, command: KeysCommand) -> Result<(), Failure> {
    check(&command)?;
    let loaded = rulebook::load(&config.rules)?;
    let place = Place::find(&config.database, Sharing::Beside).await?;
    let done = async {
        let mut owner = place.prepare(&config.database).await?;
        let settings = place.settings(&config.database);
        let desk = bootstrap::open(&settings, &loaded, means(config)?, &mut owner, config.test.clock).await?;
        let said = Registrar { desk, owner }.obey(command).await?;
        print::out(&said)
    };
    let done = done.await;
    let left = place.leave().await;
    done.and(left)
}

/// Refuses what can be seen to be wrong without a database.
fn check(command: &KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::CreateTenant { slug, name } => {
            if !is_slug(slug) {
                return Err(Failure::usage(format!(
                    "--slug {slug:?}: must be 1 to 63 lower-case letters, digits, - and _, the first one a letter or digit"
                )));
            }
            expect_name("--name", name)
        }
        KeysCommand::Create(wanted) => {
            expect_name("--name", &wanted.name)?;
            wanted.agent.as_deref().map_or(Ok(()), |agent| expect_name("--agent", agent))?;
            wanted.origins.iter().try_for_each(|origin| expect_origin(origin))?;
            match (wanted.role, &wanted.tenant) {
                (Role::Operator, Some(_)) => {
                    Err(Failure::usage("--tenant: operator keys belong to no tenant; leave it out"))
                }
                (Role::Operator, None) if wanted.agent.is_some() || !wanted.origins.is_empty() => {
                    Err(Failure::usage("--agent and --origin: operator keys have neither"))
                }
                (Role::Operator, None) | (_, Some(_)) => Ok(()),
                (role, None) => Err(Failure::usage(format!(
                    "--tenant is missing: a key of the role {role} belongs to one"
                ))),
            }
        }
        KeysCommand::List { .. } | KeysCommand::Revoke { .. } => Ok(()),
    }
}

fn expect_name(option: &str, name: &str) -> Result<(), Failure> {
    let characters = name.chars().count();
    let whole = name.trim() == name && (1..=NAME_CHARACTERS).contains(&characters);
    if whole && !name.chars().any(char::is_control) {
        return Ok(());
    }
    Err(Failure::usage(format!("{option} {name:?}: must be one line of 1 to {NAME_CHARACTERS} characters")))
}

fn expect_origin(origin: &str) -> Result<(), Failure> {
    let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    if host.is_some_and(|host| !host.is_empty() && !host.contains(['/', ' ', '*', '@'])) {
        return Ok(());
    }
    Err(Failure::usage(format!("--origin {origin:?}: must be an origin such as https://desk.example.org")))
}

/// Who makes and ends keys here.
struct Registrar {
    desk: Desk,
    owner: Owner,
}

impl Registrar {
    /// Does it, and answers what to print.
    async fn obey(mut self, command: KeysCommand) -> Result<String, Failure> {
        match command {
            KeysCommand::CreateTenant { slug, name } => self.create_tenant(slug, name).await,
            KeysCommand::Create(wanted) => match wanted.tenant.clone() {
                Some(slug) => self.create(&slug, wanted).await,
                None => self.create_operator(wanted).await,
            },
            KeysCommand::List { tenant } => {
                let keys = match tenant {
                    Some(slug) => self.list(&slug).await?,
                    None => operator::list(&mut self.owner).await?,
                };
                Ok(table(&keys))
            }
            KeysCommand::Revoke { tenant, id } => self.revoke(tenant.as_deref(), KeyId::new(id)).await,
        }
    }

    async fn create_tenant(&self, slug: String, name: String) -> Result<String, Failure> {
        let made = self.desk.create_tenant(&NewTenant { slug, name }, &Founding::default()).await?;
        Ok(format!("tenant: {}\nadmin key: {}", made.tenant.id, made.admin.secret))
    }

    async fn create(&mut self, slug: &str, new: NewKey) -> Result<String, Failure> {
        let tenant = self.tenant(slug).await?;
        let wanted = Wanted {
            role: new.role,
            name: new.name,
            agent: new.agent,
            expires_at: new.expires_at,
            origins: new.origins,
            secret: None,
            creates_tenants: false,
        };
        let issue = CreateKey(wanted);
        Ok(self.run(tenant, &issue, |issued| shown(&issued.key, &issued.secret)).await?)
    }

    async fn create_operator(&mut self, new: NewKey) -> Result<String, Failure> {
        let secret = key::new_secret();
        let key = Key {
            id: KeyId::new(self.desk.clock().new_id()),
            role: Role::Operator,
            name: new.name,
            hint: key::hint(&secret),
            agent: None,
            origins: Vec::new(),
            creates_tenants: true,
            created_at: self.desk.now().await?,
            expires_at: new.expires_at,
            revoked_at: None,
        };
        operator::insert(&mut self.owner, &key, &key::hash(&secret)).await?;
        Ok(shown(&key, &secret))
    }

    async fn list(&mut self, slug: &str) -> Result<Vec<Key>, Failure> {
        let tenant = self.tenant(slug).await?;
        let mut keys: Vec<Key> = Vec::new();
        loop {
            let page = self.desk.keys(tenant, keys.last().map(|key| key.id), PAGE).await?;
            let whole = i64::try_from(page.len()).unwrap_or(PAGE) < PAGE;
            keys.extend(page);
            if whole {
                return Ok(keys);
            }
        }
    }

    async fn revoke(&mut self, slug: Option<&str>, id: KeyId) -> Result<String, Failure> {
        let Some(slug) = slug else {
            let now = self.desk.now().await?;
            return if operator::revoke(&mut self.owner, id, now).await? {
                Ok(format!("revoked: {id}"))
            } else {
                Err(Failure::failed(format!("there is no operator key with the id {id}")))
            };
        };
        let tenant = self.tenant(slug).await?;
        match self.run(tenant, &RevokeKey(id), |key| format!("revoked: {}", key.id)).await {
            Err(flow::Error::NotFound(_)) => {
                Err(Failure::failed(format!("the tenant {slug:?} has no key with the id {id}")))
            }
            ended => Ok(ended?),
        }
    }

    async fn tenant(&mut self, slug: &str) -> Result<TenantId, Failure> {
        let found = self.owner.lookup_tenant(slug).await?;
        found.ok_or_else(|| Failure::failed(format!("there is no tenant {slug:?}")))
    }

    /// Runs a use case in the name of whoever runs the install, and answers
    /// what to print. The audit log shows the nil id as its key: the command
    /// line has none.
    async fn run<U: UseCase>(
        &self,
        tenant: TenantId,
        use_case: &U,
        print: impl Fn(&U::Output) -> String + Send + Sync,
    ) -> Result<String, flow::Error> {
        let caller = Caller { tenant, key: KeyId::new(Uuid::nil()), role: Role::Operator, agent: None };
        let render = |output: &U::Output| {
            Ok(Reply { status: 0, location: None, etag: None, body: print(output).into_bytes() })
        };
        let outcome = self.desk.execute(&caller, None, use_case, render).await?;
        Ok(String::from_utf8_lossy(&outcome.reply.body).into_owned())
    }
}

fn shown(key: &Key, secret: &str) -> String {
    format!("id: {}\nrole: {}\nkey: {secret}", key.id, key.role)
}

/// The keys with a heading, separated by tabs.
fn table(keys: &[Key]) -> String {
    let mut lines = vec!["id\trole\tname\thint\tcreated_at\texpires_at\trevoked_at".to_owned()];
    lines.extend(keys.iter().map(|key| {
        let optional = |at: Option<jiff::Timestamp>| at.map_or_else(|| "-".to_owned(), |at| at.to_string());
        let Key { id, role, name, hint, created_at, .. } = key;
        let (expires, revoked) = (optional(key.expires_at), optional(key.revoked_at));
        format!("{id}\t{role}\t{name}\t{hint}\t{created_at}\t{expires}\t{revoked}")
    }));
    lines.join("\n")
}
