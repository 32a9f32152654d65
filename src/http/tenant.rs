//! Tenants.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::domain::fields::{FromJson, read};
use crate::domain::tenant::is_slug;
use crate::domain::violation::Violation;
use crate::flow::Desk;
use crate::flow::tenant::{Founding, NewTenant};
use crate::http::document::Problems;
use crate::http::extract::caller::Operator;
use crate::http::extract::{Body, Query};
use crate::http::problem::Problem;
use crate::http::refusal;

/// The operations on tenants.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(create))
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
