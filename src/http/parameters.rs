//! How the common parameters look in the description. An operation names them
//! among its `params`, beside the extractor that reads them.

use utoipa::IntoParams;

/// Goes with [`Paging`](crate::http::extract::Paging).
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PagingQuery {
    /// Items per page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<i32>,
    /// `next_cursor` of the page before.
    #[param(max_length = 1024)]
    pub cursor: Option<String>,
}

/// Goes with [`IdempotencyKey`](crate::http::extract::IdempotencyKey).
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IdempotencyHeader {
    /// Opaque text that names this request, however often it is sent.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 255)]
    pub idempotency_key: Option<String>,
}

/// Goes with [`IfMatch`](crate::http::extract::IfMatch).
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IfMatchHeader {
    /// The `ETag` of the version that the change is meant for.
    #[param(rename = "If-Match", example = "\"v1\"")]
    pub if_match: Option<String>,
}

/// Goes with [`IfNoneMatch`](crate::http::extract::IfNoneMatch).
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IfNoneMatchHeader {
    /// The `ETag` of the version that the client has.
    #[param(rename = "If-None-Match", example = "\"v1\"")]
    pub if_none_match: Option<String>,
}
