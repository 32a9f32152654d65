//! Who calls, and whether they may: the permission is a type in the handler's
//! signature.

use std::marker::PhantomData;

use axum::extract::{FromRef, FromRequestParts};
use http::HeaderMap;
use http::header::{AUTHORIZATION, ORIGIN};
use http::request::Parts;

use crate::domain::id::KeyId;
use crate::domain::key::FoundKey;
use crate::domain::vocabulary::Role;
use crate::flow::{Caller, Desk};
use crate::http::layers::meter::Meter;
use crate::http::problem::Problem;
use crate::http::refusal;

/// What an operation needs its caller to be.
pub trait Permission: Send + Sync + 'static {
    /// The roles that have it.
    const ROLES: &'static [Role];
    /// What it allows, for the refusal.
    const ALLOWS: &'static str;
}

macro_rules! permissions {
    ($($(#[$meta:meta])* $name:ident = $allows:literal [$($role:ident),+];)+) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name;

        impl Permission for $name {
            const ROLES: &'static [Role] = &[$(Role::$role),+];
            const ALLOWS: &'static str = $allows;
        }
    )+ };
}

permissions! {
    /// Posting tickets.
    CreateTickets = "create tickets" [Form, Service, Agent, Lead, Admin];
    /// Reading tickets and what belongs to them.
    ReadTickets = "read tickets" [Service, Agent, Lead, Admin];
    /// Adding to tickets: messages, evidence; closing and reopening them.
    WriteTickets = "write to tickets" [Service, Agent, Lead, Admin];
    /// Working tickets as a person of the desk.
    WorkTickets = "work tickets" [Agent, Lead, Admin];
    /// Reporting alerts.
    ReportAlerts = "report alerts" [Service, Agent, Lead, Admin];
    /// Deciding what becomes of alerts.
    ManageAlerts = "manage the settings of alerts" [Admin];
    /// Reading KPIs.
    ReadKpis = "read KPIs" [Dashboard, Service, Agent, Lead, Admin];
    /// Checking KPIs against histories.
    VerifyKpis = "verify KPIs" [Lead, Admin];
    /// Trying the rules without storing anything.
    TryRules = "try the rules" [Service, Agent, Lead, Admin];
    /// Seeing what is promised.
    ReadSla = "read service levels" [Dashboard, Service, Agent, Lead, Admin];
    /// Changing what is promised.
    ManageSla = "manage service levels" [Lead, Admin];
    /// Changing whom tickets are escalated to.
    ManageMatrix = "manage the escalation matrix" [Admin];
    /// Changing how tickets climb.
    ManageLadders = "manage escalation policies" [Admin];
    /// Seeing who works tickets.
    ReadTeams = "read teams and agents" [Service, Agent, Lead, Admin];
    /// Changing who is on call.
    ManageOnCall = "manage on-call schedules" [Lead, Admin];
    /// Saying who works tickets, and where they are reached.
    ManageTeams = "manage teams and agents" [Admin];
    /// Sending mail again.
    ResendMail = "send mail again" [Lead, Admin];
    /// Making and ending keys.
    ManageKeys = "manage keys" [Admin];
    /// Seeing what is watched, and what was found.
    ReadMonitors = "read monitors and outages" [Service, Agent, Lead, Admin];
    /// Settling what is watched.
    ManageMonitors = "manage monitors" [Lead, Admin];
    /// Saying that a service lives.
    SendHeartbeats = "send heartbeats" [Service, Agent, Lead, Admin];
    /// Saying that a service is or was away.
    ReportOutages = "report outages" [Service, Agent, Lead, Admin];
    /// Saying beforehand that a service will be away.
    AnnounceMaintenance = "announce maintenance" [Lead, Admin];
    /// Reading everything that happens to tickets, in order.
    ReadEvents = "read events" [Service, Agent, Lead, Admin];
    /// Settling which other systems are told what happened.
    ManageWebhooks = "manage webhooks" [Admin];
}

/// A caller who may do what `P` says.
///
/// Refusals: 401 without a live key, 403 with one of another role, 429 past
/// the rate.
#[derive(Debug, Clone)]
pub struct Permit<P> {
    /// Who calls.
    pub caller: Caller,
    permission: PhantomData<P>,
}

impl<S, P> FromRequestParts<S> for Permit<P>
where
    S: Send + Sync,
    P: Permission,
    Desk: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let key = authenticate(parts, &Desk::from_ref(state)).await?;
        let denied = || Problem::forbidden(format!("A key of the role {} may not {}.", key.role, P::ALLOWS));
        if !P::ROLES.contains(&key.role) {
            return Err(denied());
        }
        let tenant = key.tenant.ok_or_else(denied)?;
        let caller = Caller { tenant, key: key.id, role: key.role, agent: key.agent };
        Ok(Self { caller, permission: PhantomData })
    }
}

/// A caller who may create tenants: an operator key, or the key that the
/// install was bootstrapped with.
#[derive(Debug, Clone, Copy)]
pub struct Operator {
    /// Their key.
    pub key: KeyId,
}

impl<S> FromRequestParts<S> for Operator
where
    S: Send + Sync,
    Desk: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let key = authenticate(parts, &Desk::from_ref(state)).await?;
        if key.creates_tenants {
            Ok(Self { key: key.id })
        } else {
            Err(Problem::forbidden(format!("A key of the role {} may not create tenants.", key.role)))
        }
    }
}

/// The live key that the request shows, charged for one request.
async fn authenticate(parts: &Parts, desk: &Desk) -> Result<FoundKey, Problem> {
    let secret = bearer(&parts.headers)?;
    let found = desk.authenticate(secret).await.map_err(refusal::problem)?;
    let key = found
        .ok_or_else(|| Problem::unauthenticated("The key is unknown, has expired or was revoked.", true))?;
    if let Some(meter) = parts.extensions.get::<Meter>() {
        let tenant = key.tenant.map_or(key.id.uuid(), crate::domain::id::TenantId::uuid);
        meter.charge(key.id.uuid(), tenant)?;
    }
    expect_origin(&parts.headers, &key)?;
    Ok(key)
}

/// The secret of `Authorization: Bearer …`.
fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Err(Problem::unauthenticated("The request has no Authorization header.", false));
    };
    if values.next().is_some() {
        return Err(Problem::unauthenticated("Authorization must be given once.", true));
    }
    let text = value.to_str().unwrap_or_default();
    let (scheme, secret) = text.split_once(' ').unwrap_or((text, ""));
    if scheme.eq_ignore_ascii_case("bearer") && !secret.trim().is_empty() {
        Ok(secret.trim())
    } else {
        Err(Problem::unauthenticated("Authorization must be: Bearer <key>.", true))
    }
}

/// A key that names origins is used in browsers, and only on those pages.
fn expect_origin(headers: &HeaderMap, key: &FoundKey) -> Result<(), Problem> {
    let Some(origin) = headers.get(ORIGIN) else { return Ok(()) };
    let listed = key.origins.is_empty() || key.origins.iter().any(|known| origin == known.as_str());
    if listed { Ok(()) } else { Err(Problem::forbidden("The key may not be used from this origin.")) }
}
