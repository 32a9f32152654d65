//! API keys of a tenant.

use axum::extract::State;
use axum::response::Response;
use http::{StatusCode, Uri};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::domain::fields::{FromJson, read};
use crate::domain::id::{AgentId, KeyId};
use crate::domain::key::Key;
use crate::domain::place::Place;
use crate::domain::violation::Violation;
use crate::domain::vocabulary::Role;
use crate::flow::Desk;
use crate::flow::key::{CreateKey, Issued, RevokeKey, Wanted};
use crate::http::answer::{execute, reply};
use crate::http::document::{Problems, ReadProblems};
use crate::http::extract::caller::ManageKeys;
use crate::http::extract::{Body, Page, Paging, Path, Permit, Query};
use crate::http::parameters::PagingQuery;
use crate::http::problem::Problem;
use crate::http::{paging, refusal};

/// The operations on keys.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(create, list)).routes(routes!(revoke))
}

/// A key; its secret is shown only in the answer that makes it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Key)]
pub struct KeyView {
    id: Uuid,
    role: Role,
    name: String,
    /// Recognises the key: the first characters of its secret, or of the hash
    /// of a secret that was chosen.
    hint: String,
    /// The agent it acts as.
    agent: Option<Uuid>,
    /// Browser origins it may be used from; empty: none is checked.
    origins: Vec<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Timestamp>,
}

impl From<&Key> for KeyView {
    fn from(key: &Key) -> Self {
        Self {
            id: key.id.uuid(),
            role: key.role,
            name: key.name.clone(),
            hint: key.hint.clone(),
            agent: key.agent.map(AgentId::uuid),
            origins: key.origins.clone(),
            created_at: key.created_at,
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
        }
    }
}

/// A new key with its secret, which is shown only now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IssuedKey)]
pub struct IssuedView {
    /// The secret: send it as `Authorization: Bearer …`.
    key: String,
    #[serde(flatten)]
    about: KeyView,
}

impl From<&Issued> for IssuedView {
    fn from(issued: &Issued) -> Self {
        Self { key: issued.secret.clone(), about: KeyView::from(&issued.key) }
    }
}

/// A key to be made.
#[derive(Debug, ToSchema)]
#[schema(as = NewKey)]
struct KeyBody {
    /// Any but `operator`, whose keys are made on the command line.
    role: Role,
    /// Name for people.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// For agent, lead and admin: id or name of the agent it acts as; the one
    /// of the key's name unless given. Whoever does not exist is made.
    #[schema(min_length = 1, max_length = 200)]
    agent: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// Browser origins it may be used from.
    #[schema(max_items = 20)]
    origins: Option<Vec<String>>,
}

impl FromJson for KeyBody {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| {
            let role = f
                .choice("role")
                .check(
                    "not_allowed",
                    |role| *role != Role::Operator,
                    || "operator keys are made on the command line",
                )
                .required();
            let name = f.text("name").trimmed().min_chars(1).max_chars(200).one_line().required();
            let agent = f.text("agent").trimmed().min_chars(1).max_chars(200).one_line().optional();
            let expires_at = f.timestamp("expires_at").optional();
            let origins = f.array("origins", 20, origin).optional();
            Some(Self { role: role?, name: name?, agent, expires_at, origins })
        })
    }
}

fn origin(place: Place<'_>) -> Option<String> {
    place
        .text()
        .max_chars(255)
        .check(
            "not_an_origin",
            |text| {
                let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
                host.is_some_and(|host| !host.is_empty() && !host.contains(['/', ' ', '*', '@']))
            },
            || "must be an origin such as https://desk.example.org",
        )
        .required()
}

/// Makes a key. The answer is the only one that shows its secret; it is not
/// kept, so a request that is repeated makes another key.
#[utoipa::path(post, path = "/v1/keys", tag = "keys", operation_id = "createKey", request_body = KeyBody,
    responses(Problems, (status = 201, description = "The key and its secret", body = IssuedView)))]
async fn create(
    State(desk): State<Desk>,
    permit: Permit<ManageKeys>,
    Query(()): Query<()>,
    body: Body<KeyBody>,
) -> Result<Response, Problem> {
    let KeyBody { role, name, agent, expires_at, origins } = body.value;
    let now = desk.now().await.map_err(refusal::problem)?;
    if expires_at.is_some_and(|at| at <= now) {
        return Err(Problem::validation(vec![Violation::new(
            "/expires_at",
            "in_the_past",
            "lies in the past",
        )]));
    }
    let origins = origins.unwrap_or_default();
    let wanted = Wanted { role, name, agent, expires_at, origins, secret: None, creates_tenants: false };
    execute(&desk, &permit.caller, None, &CreateKey(wanted), |issued| {
        reply(StatusCode::CREATED, None, None, &IssuedView::from(issued))
    })
    .await
}

/// Lists the tenant's keys, without secrets.
#[utoipa::path(get, path = "/v1/keys", tag = "keys", operation_id = "listKeys", params(PagingQuery),
    responses(ReadProblems, (status = 200, description = "A page of keys", body = Page<KeyView>)))]
async fn list(
    State(desk): State<Desk>,
    permit: Permit<ManageKeys>,
    uri: Uri,
    Query(page): Query<Paging>,
) -> Result<Response, Problem> {
    let after: Option<KeyId> = page.position("keys")?;
    let found = desk.keys(permit.caller.tenant, after, i64::from(page.limit) + 1).await;
    let found = found.map_err(refusal::problem)?;
    paging::answer(&uri, "keys", page.limit, found, |key| key.id, |item| KeyView::from(&item))
}

/// Ends a key now.
#[utoipa::path(delete, path = "/v1/keys/{id}", tag = "keys", operation_id = "revokeKey",
    params(("id" = Uuid, Path)),
    responses(ReadProblems, (status = 200, description = "The key, ended", body = KeyView)))]
async fn revoke(
    State(desk): State<Desk>,
    permit: Permit<ManageKeys>,
    Path(id): Path<Uuid>,
    Query(()): Query<()>,
) -> Result<Response, Problem> {
    execute(&desk, &permit.caller, None, &RevokeKey(KeyId::new(id)), |key| {
        reply(StatusCode::OK, None, None, &KeyView::from(key))
    })
    .await
}
