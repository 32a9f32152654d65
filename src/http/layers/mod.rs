//! What every request goes through, outside in: identity, span and metrics →
//! compression → usual headers → CORS → problem-izer → deadline → sizes → detach (which
//! turns a panic into a 500) → rate limit headers → the router.

pub mod bounds;
pub mod browsers;
pub mod detach;
pub mod identity;
pub mod manners;
pub mod meter;
pub mod observe;
pub mod panics;
pub mod problems;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use tower::ServiceBuilder;
use tower_http::compression::CompressionLayer;

use crate::http::Foundation;

/// Puts every route of `router`, fallbacks included, under the layers.
pub fn wrap(router: Router, foundation: &Foundation) -> Router {
    let layers = ServiceBuilder::new()
        .layer(from_fn_with_state(foundation.sources, observe::observe))
        .layer(CompressionLayer::new())
        .layer(from_fn(manners::usual_headers))
        .layer(from_fn(browsers::admit))
        .layer(from_fn(problems::ensure))
        .layer(from_fn_with_state(foundation.bounds, bounds::deadline))
        .layer(from_fn_with_state(foundation.bounds, bounds::sizes))
        .layer(from_fn_with_state(foundation.clone(), detach::detach))
        .layer(from_fn_with_state(foundation.clone(), meter::announce));
    router.layer(layers)
}
