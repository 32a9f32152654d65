//! The closed list of problem kinds, each with its status and its words.

use http::StatusCode;

/// What every problem `type` starts with.
pub const TYPE_PREFIX: &str = "urn:support-engineer:problem:";

macro_rules! kinds {
    ($($(#[$meta:meta])* $variant:ident = $name:literal, $status:ident, $title:literal, $detail:literal;)+) => {
        /// What kind of problem an answer tells of; the closed list behind `type`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Kind { $($(#[$meta])* $variant),+ }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The last part of its `type`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// The HTTP status it goes with.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status),+ }
            }

            /// The kind in words.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),+ }
            }

            /// The sentence for an occasion that has no better one.
            #[must_use]
            pub const fn usual_detail(self) -> &'static str {
                match self { $(Self::$variant => $detail),+ }
            }
        }
    };
}

kinds! {
    /// The request itself cannot be read.
    BadRequest = "bad_request", BAD_REQUEST, "Bad request", "The request cannot be read.";
    /// The body is not JSON, or ambiguous or too deep to be read.
    MalformedJson = "malformed_json", BAD_REQUEST, "Malformed JSON", "The body is not well-formed JSON.";
    /// A query parameter that the operation does not know.
    UnknownParameter = "unknown_parameter", BAD_REQUEST, "Unknown parameter", "The operation does not know this parameter.";
    /// A path, query or header parameter with an impossible value.
    BadParameter = "bad_parameter", BAD_REQUEST, "Bad parameter", "A parameter has an impossible value.";
    /// No usable credential.
    Unauthenticated = "unauthenticated", UNAUTHORIZED, "Authentication required", "The request needs a valid bearer token.";
    /// The caller may not do this.
    Forbidden = "forbidden", FORBIDDEN, "Forbidden", "The caller may not do this.";
    /// No such thing, or not the caller's.
    NotFound = "not_found", NOT_FOUND, "Not found", "There is no such thing.";
    /// The path exists, the method on it does not.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "Method not allowed", "This path does not take this method; Allow names those it takes.";
    /// No representation that the client accepts.
    NotAcceptable = "not_acceptable", NOT_ACCEPTABLE, "Not acceptable", "There is no representation that Accept allows.";
    /// The state of the thing forbids it.
    Conflict = "conflict", CONFLICT, "Conflict", "The current state does not allow this.";
    /// The thing may not go from its state to that one.
    IllegalTransition = "illegal_transition", CONFLICT, "Illegal transition", "The ticket cannot go there from its present state.";
    /// The first request with the key is still running.
    IdempotencyInProgress = "idempotency_in_progress", CONFLICT, "Request in progress", "A request with this key is still running.";
    /// The key belongs to another request.
    IdempotencyMismatch = "idempotency_mismatch", UNPROCESSABLE_ENTITY, "Idempotency key reused", "This key was used with another request.";
    /// Well formed and wrong.
    Validation = "validation", UNPROCESSABLE_ENTITY, "Validation failed", "The body is well formed and wrong.";
    /// `If-Match` names another version.
    PreconditionFailed = "precondition_failed", PRECONDITION_FAILED, "Precondition failed", "The thing has changed.";
    /// The body is larger than the service takes.
    PayloadTooLarge = "payload_too_large", PAYLOAD_TOO_LARGE, "Payload too large", "The body is larger than the service takes.";
    /// The address is longer than the service takes.
    UriTooLong = "uri_too_long", URI_TOO_LONG, "URI too long", "The address is longer than the service takes.";
    /// The body is of a type that the operation does not take.
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "Unsupported media type", "The operation does not take a body of this type.";
    /// The caller has used up its rate.
    TooManyRequests = "too_many_requests", TOO_MANY_REQUESTS, "Too many requests", "The caller has used up its rate.";
    /// The answer was not ready in time.
    Timeout = "timeout", GATEWAY_TIMEOUT, "Timed out", "The answer was not ready in time; what was asked may still happen.";
    /// A part that the service needs is away.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "Unavailable", "The service cannot answer at the moment.";
    /// A defect of the service.
    Internal = "internal", INTERNAL_SERVER_ERROR, "Internal error", "Something went wrong inside; the request id helps to find it.";
}

impl Kind {
    /// Its `type`.
    #[must_use]
    pub fn uri(self) -> String {
        format!("{TYPE_PREFIX}{}", self.name())
    }

    /// Whether the same request may succeed later.
    #[must_use]
    pub const fn retryable(self) -> bool {
        matches!(
            self,
            Self::TooManyRequests
                | Self::Timeout
                | Self::Unavailable
                | Self::Internal
                | Self::IdempotencyInProgress
        )
    }

    /// The kind that a bare status stands for: the first of the list with that
    /// status, else the general one of its class.
    #[must_use]
    pub fn of_status(status: StatusCode) -> Self {
        let general = if status.is_server_error() { Self::Internal } else { Self::BadRequest };
        match status {
            StatusCode::UNPROCESSABLE_ENTITY => Self::Validation,
            StatusCode::REQUEST_TIMEOUT => Self::Timeout,
            _ => Self::ALL.iter().copied().find(|kind| kind.status() == status).unwrap_or(general),
        }
    }
}
