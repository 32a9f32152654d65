//! Teams: who works tickets together, and where their queue is reached.

use axum::extract::State;
use axum::response::Response;
use http::{StatusCode, Uri};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::domain::reply::Reply;
use crate::domain::team::{NewTeam, TeamEntry, TeamPatch};
use crate::domain::tenant::Team;
use crate::domain::vocabulary::Persona;
use crate::flow::staff::{AddTeam, EditTeam, TeamChange};
use crate::flow::{Desk, Error};
use crate::http::answer::{execute, reply_with, versioned};
use crate::http::document::{Problems, ReadProblems};
use crate::http::extract::caller::{ManageTeams, ReadTeams};
use crate::http::extract::{Body, Command, IfNoneMatch, MergePatch, Page, Paging, Path, Permit, Query};
use crate::http::parameters::{IdempotencyHeader, IfMatchHeader, IfNoneMatchHeader, PagingQuery};
use crate::http::problem::Problem;
use crate::http::{paging, refusal};

/// The operations on teams.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, replace, patch))
}

/// Who works tickets together.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Team)]
struct TeamView {
    slug: String,
    name: String,
    /// The persona it stands for; null for first level and the tenant's own.
    persona: Option<Persona>,
    /// Where mail to its queue goes; null: to each of its active agents.
    address: Option<String>,
    /// Id of the webhook endpoint that notices to it go to.
    webhook: Option<Uuid>,
}

impl From<&Team> for TeamView {
    fn from(team: &Team) -> Self {
        let Team { slug, name, persona, address, webhook, .. } = team.clone();
        Self { slug, name, persona, address, webhook }
    }
}

/// A team to be made.
#[derive(Debug, ToSchema)]
#[schema(as = NewTeam)]
#[expect(dead_code, reason = "describes what `NewTeam` takes")]
struct NewTeamBody {
    /// Short name: lower-case letters, digits, `-` and `_`.
    #[schema(pattern = "^[a-z0-9][a-z0-9_-]{0,62}$")]
    slug: String,
    /// Name for people.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// Where mail to its queue goes.
    #[schema(max_length = 254, example = "devops@example.org")]
    address: Option<String>,
    /// Id of the webhook endpoint that notices to it go to; one that there is.
    webhook: Option<Uuid>,
}

/// A team as it is to be, whole: what is left out is taken away.
#[derive(Debug, ToSchema)]
#[schema(as = TeamEntry)]
#[expect(dead_code, reason = "describes what `TeamEntry` takes")]
struct EntryBody {
    /// Name for people.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// Where mail to its queue goes.
    #[schema(max_length = 254, example = "devops@example.org")]
    address: Option<String>,
    /// Id of the webhook endpoint that notices to it go to; one that there is.
    webhook: Option<Uuid>,
}

/// What is to change; what is left out stays, null takes away.
#[derive(Debug, ToSchema)]
#[schema(as = TeamPatch)]
#[expect(dead_code, reason = "describes what `TeamPatch` takes")]
struct PatchBody {
    /// Name for people; never null.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// Where mail to its queue goes.
    #[schema(max_length = 254, example = "devops@example.org")]
    address: Option<String>,
    /// Id of the webhook endpoint that notices to it go to; one that there is.
    webhook: Option<Uuid>,
}

fn shown(status: StatusCode, team: &Team) -> Result<Reply, Error> {
    let view = TeamView::from(team);
    let location = (status == StatusCode::CREATED).then(|| format!("/v1/teams/{}", team.slug));
    reply_with(status, location, team.version, &view)
}

/// The teams of the tenant, by slug.
#[utoipa::path(get, path = "/v1/teams", tag = "tenants", operation_id = "listTeams", params(PagingQuery),
    responses(ReadProblems, (status = 200, description = "A page of teams", body = Page<TeamView>)))]
async fn list(
    State(desk): State<Desk>,
    permit: Permit<ReadTeams>,
    uri: Uri,
    Query(page): Query<Paging>,
) -> Result<Response, Problem> {
    let after: Option<String> = page.position("teams")?;
    let mut teams = desk.teams(permit.caller.tenant).await.map_err(refusal::problem)?;
    // Slugs are compared as bytes here, whatever order the database has.
    teams.sort_by(|a, b| a.slug.cmp(&b.slug));
    teams.retain(|team| after.as_ref().is_none_or(|after| team.slug > *after));
    paging::answer(&uri, "teams", page.limit, teams, |team| team.slug.clone(), |item| TeamView::from(&item))
}

/// Makes a team of the tenant's own, beside those of the personas.
#[utoipa::path(post, path = "/v1/teams", tag = "tenants", operation_id = "createTeam",
    params(IdempotencyHeader), request_body = NewTeamBody,
    responses(Problems, (status = 201, description = "The team", body = TeamView,
        headers(("ETag" = String), ("Location" = String)))))]
async fn create(
    State(desk): State<Desk>,
    command: Command<ManageTeams>,
    body: Body<NewTeam>,
) -> Result<Response, Problem> {
    let retry = command.retry(&body.bytes);
    execute(&desk, command.caller(), retry.as_ref(), &AddTeam(body.value), |team| {
        shown(StatusCode::CREATED, team)
    })
    .await
}

/// A team.
#[utoipa::path(get, path = "/v1/teams/{slug}", tag = "tenants", operation_id = "getTeam",
    params(("slug" = String, Path), IfNoneMatchHeader),
    responses(ReadProblems, (status = 200, description = "The team", body = TeamView, headers(("ETag" = String))),
        (status = 304, description = "As If-None-Match has it")))]
async fn get(
    State(desk): State<Desk>,
    permit: Permit<ReadTeams>,
    Path(slug): Path<String>,
    Query(()): Query<()>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let team = desk.team(permit.caller.tenant, &slug).await.map_err(refusal::problem)?;
    versioned(team.version, &TeamView::from(&team), &known)
}

/// Says what a team is, whole. The slug and the persona stay.
#[utoipa::path(put, path = "/v1/teams/{slug}", tag = "tenants", operation_id = "replaceTeam",
    params(("slug" = String, Path), IdempotencyHeader, IfMatchHeader), request_body = EntryBody,
    responses(Problems, (status = 200, description = "The team", body = TeamView, headers(("ETag" = String)))))]
async fn replace(
    State(desk): State<Desk>,
    command: Command<ManageTeams>,
    Path(slug): Path<String>,
    body: Body<TeamEntry>,
) -> Result<Response, Problem> {
    edit(&desk, &command, slug, TeamChange::Replace(body.value), &body.bytes).await
}

/// Changes a team by a JSON merge patch (RFC 7396).
#[utoipa::path(patch, path = "/v1/teams/{slug}", tag = "tenants", operation_id = "updateTeam",
    params(("slug" = String, Path), IdempotencyHeader, IfMatchHeader),
    request_body(content((PatchBody = "application/merge-patch+json"), (PatchBody = "application/json"))),
    responses(Problems, (status = 200, description = "The team", body = TeamView, headers(("ETag" = String)))))]
async fn patch(
    State(desk): State<Desk>,
    command: Command<ManageTeams>,
    Path(slug): Path<String>,
    MergePatch(body): MergePatch<TeamPatch>,
) -> Result<Response, Problem> {
    edit(&desk, &command, slug, TeamChange::Patch(body.value), &body.bytes).await
}

async fn edit(
    desk: &Desk,
    command: &Command<ManageTeams>,
    slug: String,
    change: TeamChange,
    body: &[u8],
) -> Result<Response, Problem> {
    let retry = command.retry(body);
    let edit = EditTeam { slug, change, expected: command.expected() };
    execute(desk, command.caller(), retry.as_ref(), &edit, |team| shown(StatusCode::OK, team)).await
}
