//! Agents: the people who work tickets.

use axum::extract::State;
use axum::response::Response;
use http::{StatusCode, Uri};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::domain::agent::{AgentPatch, NewAgent};
use crate::domain::id::AgentId;
use crate::domain::reply::Reply;
use crate::domain::tenant::Agent;
use crate::flow::staff::{AddAgent, EditAgent};
use crate::flow::{Desk, Error};
use crate::http::answer::{execute, reply_with, versioned};
use crate::http::document::{Problems, ReadProblems};
use crate::http::extract::caller::{ManageTeams, ReadTeams};
use crate::http::extract::{Body, Command, IfNoneMatch, MergePatch, Page, Paging, Path, Permit, Query};
use crate::http::parameters::{IdempotencyHeader, IfMatchHeader, IfNoneMatchHeader, PagingQuery};
use crate::http::problem::Problem;
use crate::http::{paging, refusal};

/// The operations on agents.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, patch))
}

/// A person who works tickets.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Agent)]
struct AgentView {
    id: Uuid,
    name: String,
    email: Option<String>,
    /// Slug of their team.
    team: Option<String>,
    /// Whether they can be given tickets and notices.
    active: bool,
}

impl From<&Agent> for AgentView {
    fn from(agent: &Agent) -> Self {
        let Agent { id, name, email, team, active, .. } = agent.clone();
        Self { id: id.uuid(), name, email, team, active }
    }
}

/// A person to be added.
#[derive(Debug, ToSchema)]
#[schema(as = NewAgent)]
#[expect(dead_code, reason = "describes what `NewAgent` takes")]
struct NewAgentBody {
    /// Unique in the tenant.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    #[schema(max_length = 254, example = "grace@example.org")]
    email: Option<String>,
    /// Slug of their team.
    #[schema(min_length = 1, max_length = 63)]
    team: Option<String>,
    /// True unless given.
    #[schema(default = true)]
    active: Option<bool>,
}

/// What is to change; what is left out stays, null takes away.
#[derive(Debug, ToSchema)]
#[schema(as = AgentPatch)]
#[expect(dead_code, reason = "describes what `AgentPatch` takes")]
struct PatchBody {
    /// Unique in the tenant; never null.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    #[schema(max_length = 254, example = "grace@example.org")]
    email: Option<String>,
    /// Slug of their team.
    #[schema(min_length = 1, max_length = 63)]
    team: Option<String>,
    /// False: nobody gives them anything any more; what they have stays. Never
    /// null.
    active: Option<bool>,
}

fn shown(status: StatusCode, agent: &Agent) -> Result<Reply, Error> {
    let view = AgentView::from(agent);
    let location = (status == StatusCode::CREATED).then(|| format!("/v1/agents/{}", agent.id));
    reply_with(status, location, agent.version, &view)
}

/// The agents of the tenant, by name.
#[utoipa::path(get, path = "/v1/agents", tag = "tenants", operation_id = "listAgents", params(PagingQuery),
    responses(ReadProblems, (status = 200, description = "A page of agents", body = Page<AgentView>)))]
async fn list(
    State(desk): State<Desk>,
    permit: Permit<ReadTeams>,
    uri: Uri,
    Query(page): Query<Paging>,
) -> Result<Response, Problem> {
    let after: Option<String> = page.position("agents")?;
    let found = desk.agents(permit.caller.tenant, after.as_deref(), i64::from(page.limit) + 1).await;
    let found = found.map_err(refusal::problem)?;
    let name = |agent: &Agent| agent.name.clone();
    paging::answer(&uri, "agents", page.limit, found, name, |item| AgentView::from(&item))
}

/// Adds a person to the desk. They act by keys that name them.
#[utoipa::path(post, path = "/v1/agents", tag = "tenants", operation_id = "createAgent",
    params(IdempotencyHeader), request_body = NewAgentBody,
    responses(Problems, (status = 201, description = "The agent", body = AgentView,
        headers(("ETag" = String), ("Location" = String)))))]
async fn create(
    State(desk): State<Desk>,
    command: Command<ManageTeams>,
    body: Body<NewAgent>,
) -> Result<Response, Problem> {
    let retry = command.retry(&body.bytes);
    execute(&desk, command.caller(), retry.as_ref(), &AddAgent(body.value), |agent| {
        shown(StatusCode::CREATED, agent)
    })
    .await
}

/// An agent.
#[utoipa::path(get, path = "/v1/agents/{id}", tag = "tenants", operation_id = "getAgent",
    params(("id" = Uuid, Path), IfNoneMatchHeader),
    responses(ReadProblems, (status = 200, description = "The agent", body = AgentView, headers(("ETag" = String))),
        (status = 304, description = "As If-None-Match has it")))]
async fn get(
    State(desk): State<Desk>,
    permit: Permit<ReadTeams>,
    Path(id): Path<Uuid>,
    Query(()): Query<()>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let agent = desk.agent(permit.caller.tenant, AgentId::new(id)).await.map_err(refusal::problem)?;
    versioned(agent.version, &AgentView::from(&agent), &known)
}

/// Changes an agent by a JSON merge patch (RFC 7396). Inactive agents keep what
/// they have and are given nothing more.
#[utoipa::path(patch, path = "/v1/agents/{id}", tag = "tenants", operation_id = "updateAgent",
    params(("id" = Uuid, Path), IdempotencyHeader, IfMatchHeader),
    request_body(content((PatchBody = "application/merge-patch+json"), (PatchBody = "application/json"))),
    responses(Problems, (status = 200, description = "The agent", body = AgentView, headers(("ETag" = String)))))]
async fn patch(
    State(desk): State<Desk>,
    command: Command<ManageTeams>,
    Path(id): Path<Uuid>,
    MergePatch(body): MergePatch<AgentPatch>,
) -> Result<Response, Problem> {
    let retry = command.retry(&body.bytes);
    let edit = EditAgent { agent: AgentId::new(id), patch: body.value, expected: command.expected() };
    execute(&desk, command.caller(), retry.as_ref(), &edit, |agent| shown(StatusCode::OK, agent)).await
}
