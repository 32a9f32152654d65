//! Service levels: the business time and the promises of made-up cases, and the
//! promises that are watched over all tickets.

pub mod at_risk;
pub mod attainment;
pub mod breach;
pub mod calendar;
pub mod explain;
mod watch;

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path as SerdePath, Segment};
use utoipa_axum::router::OpenApiRouter;

use crate::domain::shape::Shape;
use crate::domain::violation::Violation;
use crate::flow::Desk;

/// The operations on made-up cases and on watched promises.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    calendar::router()
        .merge(explain::router())
        .merge(at_risk::router())
        .merge(breach::router())
        .merge(attainment::router())
}

/// Reads a value into its shape; a fault says where.
pub(super) fn shaped<T: DeserializeOwned>(base: &str, value: Value) -> Result<T, Vec<Violation>> {
    serde_path_to_error::deserialize(Shape(value)).map_err(|error| {
        let pointer = format!("{base}{}", pointer(error.path()));
        vec![Violation::new(pointer, "wrong_shape", error.inner().to_string())]
    })
}

fn pointer(path: &SerdePath) -> String {
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { variant } => format!("/{variant}"),
            Segment::Unknown => String::new(),
        })
        .collect()
}
