//! Tenants, and who works in them.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, Uri};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::domain::fields::{FromJson, read};
use crate::domain::tenant::{Agent, Team, is_slug};
use crate::domain::violation::Violation;
use crate::domain::vocabulary::Persona;
use crate::flow::Desk;
use crate::flow::tenant::{Founding, NewTenant};
use crate::http::document::{Problems, ReadProblems};
use crate::http::extract::caller::{Operator, ReadTeams};
use crate::http::extract::{Body, Page, Paging, Permit, Query};
use crate::http::parameters::PagingQuery;
use crate::http::problem::Problem;
use crate::http::{paging, refusal};

/// The operations on tenants, teams and agents.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(create)).routes(routes!(teams)).routes(routes!(agents))
}

/// A tenant to be made.
#[derive(Debug, ToSchema)]
#[schema(as = NewTenant)]
struct TenantBody {
    /// Short name: lower-case letters, digits, `-` and `_`.
    #[schema(pattern = "^[a-z0-9][a-z0-9_-]{0,62}$")]
    slug: String,
    /// Name for people.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
}

impl FromJson for TenantBody {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| {
            let slug = f
                .text("slug")
                .check(
                    "not_a_slug",
                    |slug| is_slug(slug),
                    || "must be 1 to 63 lower-case letters, digits, - or _, not beginning with - or _",
                )
                .required();
            let name = f.text("name").trimmed().min_chars(1).max_chars(200).one_line().required();
            Some(Self { slug: slug?, name: name? })
        })
    }
}

/// A new tenant with its first admin key, which is shown only now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CreatedTenant)]
struct TenantView {
    id: Uuid,
    slug: String,
    name: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Secret of the tenant's first admin key.
    key: String,
    /// Id of that key.
    key_id: Uuid,
}

/// Makes a tenant, with a team for each persona and a first admin key. Only
/// for operators. A slug that is taken is a conflict, so that a request that is
/// repeated makes no second tenant.
#[utoipa::path(post, path = "/v1/tenants", tag = "tenants", operation_id = "createTenant", request_body = TenantBody,
    responses(Problems, (status = 201, description = "The tenant and its admin key", body = TenantView)))]
async fn create(
    State(desk): State<Desk>,
    operator: Operator,
    Query(()): Query<()>,
    body: Body<TenantBody>,
) -> Result<Response, Problem> {
    let TenantBody { slug, name } = body.value;
    let founding = Founding { operator: Some(operator.key), ..Founding::default() };
    let made = desk.create_tenant(&NewTenant { slug, name }, &founding).await.map_err(refusal::problem)?;
    let view = TenantView {
        id: made.tenant.id.uuid(),
        slug: made.tenant.slug,
        name: made.tenant.name,
        created_at: made.tenant.created_at,
        key: made.admin.secret,
        key_id: made.admin.key.id.uuid(),
    };
    Ok((StatusCode::CREATED, Json(view)).into_response())
}

/// Who works tickets together.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Team)]
struct TeamView {
    slug: String,
    name: String,
    /// The persona it stands for; null for first level.
    persona: Option<Persona>,
}

impl From<&Team> for TeamView {
    fn from(team: &Team) -> Self {
        Self { slug: team.slug.clone(), name: team.name.clone(), persona: team.persona }
    }
}

/// The teams of the tenant.
#[utoipa::path(get, path = "/v1/teams", tag = "tenants", operation_id = "listTeams", params(PagingQuery),
    responses(ReadProblems, (status = 200, description = "A page of teams", body = Page<TeamView>)))]
async fn teams(
    State(desk): State<Desk>,
    permit: Permit<ReadTeams>,
    uri: Uri,
    Query(page): Query<Paging>,
) -> Result<Response, Problem> {
    let after: Option<String> = page.position("teams")?;
    let mut teams = desk.teams(permit.caller.tenant).await.map_err(refusal::problem)?;
    teams.retain(|team| after.as_ref().is_none_or(|after| team.slug > *after));
    paging::answer(&uri, "teams", page.limit, teams, |team| team.slug.clone(), |item| TeamView::from(&item))
}

/// A person who works tickets.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Agent)]
struct AgentView {
    id: Uuid,
    name: String,
    email: Option<String>,
    team: Option<String>,
}

impl From<&Agent> for AgentView {
    fn from(agent: &Agent) -> Self {
        let Agent { id, name, email, team } = agent.clone();
        Self { id: id.uuid(), name, email, team }
    }
}

/// The agents of the tenant.
#[utoipa::path(get, path = "/v1/agents", tag = "tenants", operation_id = "listAgents", params(PagingQuery),
    responses(ReadProblems, (status = 200, description = "A page of agents", body = Page<AgentView>)))]
async fn agents(
    State(desk): State<Desk>,
    permit: Permit<ReadTeams>,
    uri: Uri,
    Query(page): Query<Paging>,
) -> Result<Response, Problem> {
    let after: Option<String> = page.position("agents")?;
    let found = desk.agents(permit.caller.tenant, after.as_deref(), i64::from(page.limit) + 1).await;
    let found = found.map_err(refusal::problem)?;
    paging::answer(
        &uri,
        "agents",
        page.limit,
        found,
        |agent| agent.name.clone(),
        |item| AgentView::from(&item),
    )
}
