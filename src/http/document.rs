//! The description of the interface, generated from its handlers.

use std::collections::BTreeMap;

use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::info::{InfoBuilder, LicenseBuilder};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, OpenApi, OpenApiBuilder, Ref, RefOr};
use utoipa::{IntoResponses, PartialSchema, ToSchema};

use crate::http::problem::{Fault, PROBLEM_JSON, ProblemDocument};
use crate::http::problem_kind::Kind;
use crate::http::vocabulary;

/// The name of the security scheme that operations refer to.
pub const BEARER: &str = "bearer";

/// What is said once for the whole interface: what it is, how one
/// authenticates, what a problem looks like.
#[must_use]
pub fn frame() -> OpenApi {
    let info = InfoBuilder::new()
        .title("support-engineer")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(env!("CARGO_PKG_DESCRIPTION")))
        .license(Some(
            LicenseBuilder::new().name("MIT OR Apache-2.0").identifier(Some("MIT OR Apache-2.0")).build(),
        ))
        .build();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("An API key")).build();
    let components = ComponentsBuilder::new()
        .schema(ProblemDocument::name(), ProblemDocument::schema())
        .schema(Fault::name(), Fault::schema())
        .schemas_from_iter(vocabulary::schemas())
        .security_scheme(BEARER, SecurityScheme::Http(bearer))
        .build();
    OpenApiBuilder::new()
        .info(info)
        .components(Some(components))
        .security(Some([SecurityRequirement::new(BEARER, Vec::<String>::new())]))
        .build()
}

/// The problems that any operation with a body may answer with. Name it among
/// the `responses` of an operation, first, so that the operation's own words win:
/// `responses(Problems, (status = 201, …))`.
#[derive(Debug, Clone, Copy)]
pub struct Problems;

impl IntoResponses for Problems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut responses = ReadProblems::responses();
        responses.extend(of_kinds(&[
            Kind::Conflict,
            Kind::PreconditionFailed,
            Kind::PayloadTooLarge,
            Kind::UnsupportedMediaType,
            Kind::Validation,
        ]));
        responses
    }
}

/// The problems that any operation without a body may answer with.
#[derive(Debug, Clone, Copy)]
pub struct ReadProblems;

impl IntoResponses for ReadProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        of_kinds(&[
            Kind::BadRequest,
            Kind::Unauthenticated,
            Kind::Forbidden,
            Kind::NotFound,
            Kind::UriTooLong,
            Kind::TooManyRequests,
            Kind::Internal,
            Kind::Unavailable,
            Kind::Timeout,
        ])
    }
}

/// The problems of the operations that need no key and no body.
#[derive(Debug, Clone, Copy)]
pub struct OpenProblems;

impl IntoResponses for OpenProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        of_kinds(&[Kind::BadRequest, Kind::UriTooLong, Kind::Internal, Kind::Unavailable, Kind::Timeout])
    }
}

/// The problems of the survey, which is opened by a link.
#[derive(Debug, Clone, Copy)]
pub struct SurveyProblems;

impl IntoResponses for SurveyProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut responses = OpenProblems::responses();
        responses.extend(of_kinds(&[
            Kind::NotFound,
            Kind::Conflict,
            Kind::PayloadTooLarge,
            Kind::UnsupportedMediaType,
            Kind::Validation,
            Kind::TooManyRequests,
        ]));
        responses
    }
}

fn of_kinds(kinds: &[Kind]) -> BTreeMap<String, RefOr<Response>> {
    kinds.iter().map(|kind| (kind.status().as_str().to_owned(), RefOr::T(of_kind(*kind)))).collect()
}

fn of_kind(kind: Kind) -> Response {
    let schema = Ref::from_schema_name(ProblemDocument::name());
    let response = ResponseBuilder::new()
        .description(description(kind))
        .content(PROBLEM_JSON, ContentBuilder::new().schema(Some(schema)).build());
    match kind {
        Kind::TooManyRequests | Kind::Unavailable => response.header(
            "Retry-After",
            HeaderBuilder::new()
                .schema(Some(ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).build()))
                .description(Some("Seconds after which it is worth asking again"))
                .build(),
        ),
        Kind::Unauthenticated => response.header("WWW-Authenticate", HeaderBuilder::new().build()),
        _ => response,
    }
    .build()
}

/// Several kinds share a status; the text is for all of them.
fn description(kind: Kind) -> String {
    let names: Vec<_> =
        Kind::ALL.iter().filter(|other| other.status() == kind.status()).map(|other| other.name()).collect();
    format!("{} ({})", kind.title(), names.join(", "))
}
