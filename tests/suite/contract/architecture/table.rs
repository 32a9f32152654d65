//! The rules as data. To change the shape of the house, change these lists, and nothing else.

/// A folder (or single file) directly under `src`.
pub(super) struct Room {
    pub(super) name: &'static str,
    /// Paths under the crate root that the room may use beside itself: a whole room (`domain`), one
    /// name of a room and what is under it (`store::TenantRead`), or `*` for everything.
    pub(super) may_use: &'static [&'static str],
}

/// What http, web and mcp use: the rules, the use cases, the time, and the store for reads only.
const FRONT: &[&str] = &["domain", "flow", "clock", "store::TenantRead", "store::read"];

/// Every room there is. A folder that is not listed here may not exist.
pub(super) const ROOMS: &[Room] = &[
    Room { name: "domain", may_use: &[] },
    Room { name: "store", may_use: &["domain"] },
    Room { name: "outbound", may_use: &["domain"] },
    Room { name: "flow", may_use: &["domain", "store", "outbound", "clock"] },
    Room { name: "http", may_use: FRONT },
    Room { name: "web", may_use: FRONT },
    Room { name: "mcp", may_use: FRONT },
    Room {
        name: "worker",
        may_use: &["flow", "store::claim", "store::finish", "domain", "clock", "shutdown"],
    },
    Room { name: "app", may_use: &["*"] },
    Room { name: "main", may_use: &["*"] },
    // The crate root only declares the rooms.
    Room { name: "lib", may_use: &[] },
    // Leaves.
    Room { name: "clock", may_use: &[] },
    Room { name: "config", may_use: &[] },
    Room { name: "shutdown", may_use: &[] },
    Room { name: "telemetry", may_use: &["config", "shutdown", "clock"] },
    Room { name: "embedded", may_use: &["config", "shutdown", "clock"] },
];

/// Outside crates that belong to some rooms alone.
pub(super) struct Owned {
    pub(super) crates: &'static [&'static str],
    pub(super) rooms: &'static [&'static str],
}

/// A crate that is not listed may be used everywhere but in the domain.
pub(super) const OWNED: &[Owned] = &[
    Owned {
        crates: &["sqlx", "sqlx_core", "sqlx_postgres", "jiff_sqlx", "tokio_postgres"],
        rooms: &["store"],
    },
    Owned { crates: &["reqwest", "lettre", "object_store"], rooms: &["outbound"] },
    Owned { crates: &["webpki_roots", "rustls_native_certs", "hmac"], rooms: &["outbound"] },
    Owned {
        crates: &[
            "axum",
            "axum_core",
            "axum_extra",
            "tower",
            "tower_http",
            "tower_layer",
            "tower_service",
            "utoipa",
            "utoipa_axum",
            "utoipa_swagger_ui",
            "http_body",
            "http_body_util",
        ],
        rooms: &["http", "web", "mcp"],
    },
    Owned { crates: &["http"], rooms: &["http", "web", "mcp", "outbound"] },
    Owned { crates: &["hyper", "hyper_util"], rooms: &["http", "outbound", "app"] },
    Owned { crates: &["askama"], rooms: &["web"] },
    Owned { crates: &["rmcp"], rooms: &["mcp"] },
    Owned { crates: &["rand", "rand_core", "getrandom", "fastrand"], rooms: &["clock"] },
    // Texts of calendars are read where calendars are made.
    Owned { crates: &["icalendar"], rooms: &["domain"] },
    Owned { crates: &["figment"], rooms: &["config"] },
    Owned { crates: &["clap"], rooms: &["app", "main"] },
    // config refuses a filter of log lines that telemetry could not apply.
    Owned { crates: &["tracing_subscriber"], rooms: &["telemetry", "config"] },
    Owned { crates: &["metrics_exporter_prometheus"], rooms: &["telemetry"] },
];

/// One name of an owned crate that one more room may use. It must be in use there.
pub(super) struct Composition {
    pub(super) room: &'static str,
    pub(super) path: &'static str,
    /// Read by people, and by the test that none is empty.
    pub(super) reason: &'static str,
}

/// The composition binds what the rooms made to sockets; it writes no handler, no layer and no route.
pub(super) const COMPOSITION: &[Composition] = &[
    Composition {
        room: "app",
        path: "axum::Router",
        reason: "the type of what http hands over to be served",
    },
    Composition {
        room: "app",
        path: "tower::ServiceExt",
        reason: "the listener calls the router for each request",
    },
    Composition {
        room: "app",
        path: "axum::body::Body",
        reason: "the listener turns hyper's body into the router's",
    },
    Composition {
        room: "app",
        path: "axum::response::Response",
        reason: "what the router gives the listener back",
    },
    Composition {
        room: "app",
        path: "axum::extract::ConnectInfo",
        reason: "the listener alone knows the peer's address",
    },
];

/// The crates that pure code may use.
pub(super) const DOMAIN_CRATES: &[&str] = &[
    "std",
    "core",
    "alloc",
    "serde",
    "serde_json",
    "jiff",
    "regex",
    "toml",
    "thiserror",
    "uuid",
    "icalendar",
    "postcard",
];

/// The names of the standard library.
pub(super) const STANDARD: &[&str] = &["std", "core", "alloc"];

/// Parts of the standard library that do I/O, wait, or read the surroundings: not for the domain.
pub(super) const IMPURE_STD: &[&str] = &[
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::os",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
];

/// Macros that print: not for the domain.
pub(super) const PRINTING: &[&str] = &["print", "println", "eprint", "eprintln", "dbg"];

/// Types whose `now` reads a clock.
pub(super) const CLOCKS: &[&str] =
    &["Timestamp", "Zoned", "SystemTime", "Instant", "Utc", "Local", "OffsetDateTime", "DateTime"];

/// Constructors that make an identifier out of time or chance.
pub(super) const NEW_IDS: &[&str] = &["new_v1", "now_v1", "new_v4", "new_v6", "now_v6", "new_v7", "now_v7"];

/// Names that say nothing about what is inside.
pub(super) const EMPTY_NAMES: &[&str] =
    &["util", "utils", "helper", "helpers", "common", "types", "models", "misc"];

/// Lines of a file under `src`, at most.
pub(super) const FILE_LINES: usize = 400;
/// Lines of a file under `tests` or `benches`, at most.
pub(super) const TEST_FILE_LINES: usize = 600;
/// A function under `src`, signature included, has fewer lines than this.
pub(super) const FUNCTION_LINES: usize = 60;

/// A breach that is meant.
pub(super) struct Exception {
    pub(super) file: &'static str,
    /// The rule as findings print it.
    pub(super) rule: &'static str,
    /// A part of the finding's text, such as the function's name; `""` covers the rule for the whole file.
    pub(super) what: &'static str,
    /// Read by people, and by the test that none is empty.
    pub(super) reason: &'static str,
}

/// The one list of exceptions.
pub(super) const EXCEPTIONS: &[Exception] = &[];

/// Every crate that a rule names.
pub(super) fn known_crates() -> impl Iterator<Item = &'static str> {
    OWNED.iter().flat_map(|owned| owned.crates).chain(DOMAIN_CRATES).copied()
}

/// The room with this name.
pub(super) fn room(name: &str) -> Option<&'static Room> {
    ROOMS.iter().find(|room| room.name == name)
}
