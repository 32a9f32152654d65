//! The enforcement itself under test: snippets that must be found, and snippets that must pass.

use std::collections::BTreeSet;

use super::judging::{judge, judge_test};
use super::reading::read;
use super::{Finding, excuse, table, unused};

fn findings(file: &str, text: &str) -> Vec<Finding> {
    let crates = table::known_crates().chain(["tokio", "tracing", "moka"]).map(str::to_owned).collect();
    judge(&read(file, text, &crates))
}

/// Rule and line of every finding.
fn rules(file: &str, text: &str) -> Vec<(&'static str, usize)> {
    findings(file, text).into_iter().map(|finding| (finding.rule, finding.line)).collect()
}

#[track_caller]
fn flagged(file: &str, text: &str, rule: &'static str) {
    let found = findings(file, text);
    assert!(
        found.iter().any(|finding| finding.rule == rule),
        "not found as [{rule}]: {file}: {text}\n{found:?}"
    );
}

#[track_caller]
fn passes(file: &str, text: &str) {
    let found = findings(file, text);
    assert!(found.is_empty(), "wrongly found: {file}: {text}\n{found:?}");
}

#[test]
fn another_room_is_found_in_every_way_of_naming_it() {
    for text in [
        "use crate::store::Pool;",
        "use crate::{domain::ticket::Ticket, store::Pool};",
        "use crate::{domain::{ticket, sla}, flow::{open, close::{close, self}}};",
        "use crate::store;",
        "use crate::store as shelf;",
        "use crate::store::Pool as Shelf;",
        "use crate::store::*;",
        "use super::super::store::Pool;",
        "use support_engineer::store::Pool;",
        "mod inner { use super::super::super::store::Pool; }",
        "fn f() { use crate::store::Pool; }",
        "fn f() { crate::store::open(); }",
        "fn f(pool: &crate::store::Pool) {}",
        "fn f() -> Option<Vec<crate::store::Pool>> { None }",
        "struct Row { pool: super::super::store::Pool }",
        "impl crate::store::Rows for Row {}",
        "fn f() { <crate::store::Pool>::open(); }",
        "fn f() { <Row as crate::store::Rows>::all(); }",
        "fn f() { match x { crate::store::Found::Row => {} } }",
        "fn f() { assert_eq!(crate::store::open(), 1); }",
        "fn f() { wrap! { use crate::{domain::ticket, store::Pool}; } }",
        "macro_rules! open { () => { $crate::store::open() }; }",
        "#[derive(crate::store::Row)] struct Row;",
        "#[serde(default = \"crate::store::open\")] struct Row;",
        "type Shelf = crate::store::Pool;",
    ] {
        flagged("src/domain/life.rs", text, "room");
    }
}

#[test]
fn the_table_holds_in_each_direction() {
    for (file, text) in [
        ("src/domain/sla.rs", "use crate::clock::Clock;"),
        ("src/store/ticket.rs", "use crate::flow::open;"),
        ("src/store/ticket.rs", "use crate::clock::Clock;"),
        ("src/outbound/mail.rs", "use crate::store::TenantTx;"),
        ("src/flow/open.rs", "use crate::http::Problem;"),
        ("src/flow/open.rs", "use crate::config::Config;"),
        ("src/http/ticket.rs", "use crate::outbound::mail;"),
        ("src/http/ticket.rs", "use crate::config::Config;"),
        ("src/http/ticket.rs", "use crate::app::serve;"),
        ("src/web/page.rs", "use crate::http::Problem;"),
        ("src/worker/timer.rs", "use crate::store::ticket::insert;"),
        ("src/worker/timer.rs", "use crate::http::Problem;"),
        ("src/clock.rs", "use crate::domain::ticket;"),
        ("src/config/keys.rs", "use crate::domain::ticket;"),
        ("src/lib.rs", "use crate::flow::open;"),
        ("src/lib.rs", "mod http; fn f() { http::serve(); }"),
    ] {
        flagged(file, text, "room");
    }
    for (file, text) in [
        ("src/domain/sla.rs", "use super::calendar::Calendar; use crate::domain::ticket::*;"),
        ("src/domain/sla/plan.rs", "use super::super::calendar::Calendar; pub use self::inner::Plan;"),
        ("src/store/ticket.rs", "use crate::domain::ticket::Ticket; use super::row::Row;"),
        (
            "src/flow/open.rs",
            "use crate::{clock::Clock, domain::{sla, triage}, outbound::mail, store::TenantTx};",
        ),
        (
            "src/http/ticket.rs",
            "use crate::{clock::Clock, domain::ticket, flow::open, http::problem::Problem};",
        ),
        (
            "src/worker/timer.rs",
            "use crate::{clock::Clock, flow::fire, shutdown::Stop, store::{claim, finish}};",
        ),
        ("src/app/serve.rs", "use crate::{config::Config, embedded::Server, http::router, store::Pools};"),
        ("src/main.rs", "use support_engineer::app; fn main() { app::run(); }"),
        ("src/lib.rs", "pub mod app; pub mod http; pub mod store;"),
        ("src/embedded/server.rs", "use crate::config::Secret;"),
    ] {
        passes(file, text);
    }
}

#[test]
fn the_front_reads_the_store_and_never_writes() {
    for room in ["http", "web", "mcp"] {
        let file = format!("src/{room}/ticket.rs");
        passes(&file, "use crate::store::TenantRead; fn f(read: &crate::store::read::Page) {}");
        for text in [
            "use crate::store::TenantTx;",
            "use crate::store::{TenantRead, TenantTx};",
            "use crate::store;",
            "use crate::store::*;",
            "fn f() { crate::store::ticket::insert(); }",
        ] {
            flagged(&file, text, "room");
        }
    }
}

#[test]
fn what_is_no_room_is_found() {
    flagged("src/services/ticket.rs", "fn f() {}", "room");
    flagged("src/services.rs", "fn f() {}", "room");
    flagged("src/app/serve.rs", "use crate::closed_list;", "room");
    flagged("src/flow/open.rs", "use crate as root;", "room");
    flagged("src/flow/open.rs", "use crate::*;", "room");
    flagged("src/flow/open.rs", "use super::super::*;", "room");
}

#[test]
fn handing_on_is_found_and_sharing_inside_a_room_is_not() {
    for (file, text) in [
        ("src/flow/mod.rs", "pub use crate::store::TenantTx;"),
        ("src/flow/mod.rs", "pub use crate::{domain::ticket::Ticket, store::{self as shelf}};"),
        ("src/flow/mod.rs", "pub(crate) use crate::store::TenantTx;"),
        ("src/flow/mod.rs", "pub(super) use crate::store::TenantTx;"),
        ("src/flow/mod.rs", "pub(in crate) use crate::store::TenantTx;"),
        ("src/flow/mod.rs", "pub use super::store::*;"),
        ("src/flow/mod.rs", "use crate::store; pub use store::TenantTx;"),
        ("src/flow/mod.rs", "pub type Tx = crate::store::TenantTx;"),
        ("src/store/mod.rs", "pub use sqlx::PgPool as Pool;"),
        ("src/store/mod.rs", "use sqlx::PgPool; pub type Pool = PgPool;"),
        ("src/store/mod.rs", "pub extern crate sqlx;"),
        ("src/lib.rs", "pub use crate::flow::open;"),
    ] {
        flagged(file, text, "re-export");
    }
    for (file, text) in [
        (
            "src/flow/mod.rs",
            "mod open; pub use open::open; pub use self::open::Opened; use crate::store::TenantTx;",
        ),
        ("src/flow/ticket/mod.rs", "pub(super) use crate::store::TenantTx;"),
        ("src/flow/ticket/mod.rs", "pub(in crate::flow) use crate::store::TenantTx;"),
        (
            "src/store/mod.rs",
            "type Pool = sqlx::PgPool; pub type Answer<T> = std::result::Result<T, Failure>;",
        ),
    ] {
        passes(file, text);
    }
}

#[test]
fn a_crate_outside_its_room_is_found() {
    for (file, text) in [
        ("src/flow/open.rs", "use sqlx::PgPool;"),
        ("src/flow/open.rs", "use ::sqlx::PgPool;"),
        ("src/flow/open.rs", "use sqlx as db;"),
        ("src/flow/open.rs", "use {std::fmt, sqlx::{PgPool, Row as _}};"),
        ("src/flow/open.rs", "extern crate sqlx as db;"),
        ("src/flow/open.rs", "fn f(pool: &sqlx::PgPool) {}"),
        ("src/flow/open.rs", "fn f() { sqlx::query(\"x\"); }"),
        ("src/flow/open.rs", "fn f() { sqlx::query!(\"x\"); }"),
        ("src/flow/open.rs", "fn f() { wrap!(sqlx::query(\"x\")); }"),
        ("src/flow/open.rs", "#[derive(sqlx::FromRow)] struct Row;"),
        ("src/app/pools.rs", "use sqlx::PgPool;"),
        ("src/http/ticket.rs", "use jiff_sqlx::ToSqlx;"),
        ("src/flow/open.rs", "use axum::Json;"),
        ("src/store/ticket.rs", "use utoipa::ToSchema;"),
        ("src/telemetry.rs", "use tower_http::trace::TraceLayer;"),
        ("src/app/serve.rs", "use axum::extract::State;"),
        ("src/app/serve.rs", "use axum::{body::Body, Router, routing::get};"),
        ("src/flow/send.rs", "use reqwest::Client;"),
        ("src/http/page.rs", "use askama::Template;"),
        ("src/http/key.rs", "use rand::Rng as _;"),
    ] {
        flagged(file, text, "crate");
    }
    for (file, text) in [
        ("src/store/ticket.rs", "use sqlx::{PgPool, Row as _}; use jiff_sqlx::ToSqlx as _;"),
        ("src/outbound/hook.rs", "use reqwest::Client;"),
        (
            "src/http/ticket.rs",
            "use axum::{Json, extract::State}; use http::StatusCode; use utoipa::ToSchema;",
        ),
        ("src/app/serve.rs", "use axum::{Router, body::Body}; fn f() { axum::body::Body::new(x); }"),
        ("src/app/serve.rs", "use crate::http; fn f() { http::router(); }"),
        ("src/app/mod.rs", "mod http; fn f() { http::serve(); }"),
        ("src/clock.rs", "use rand::RngCore as _;"),
    ] {
        passes(file, text);
    }
}

#[test]
fn the_domain_is_pure() {
    for text in [
        "use tracing::info;",
        "fn f() { tracing::info!(\"x\"); }",
        "async fn f() {}",
        "fn f() { async {}; }",
        "fn f() { wrap!(x.await); }",
        "use std::fs;",
        "use std::{fmt, io::Read};",
        "use std::time::{Duration, Instant};",
        "fn f() { std::env::var(\"X\"); }",
        "fn f() { println!(\"x\"); }",
        "use moka::sync::Cache;",
    ] {
        flagged("src/domain/sla.rs", text, "pure");
    }
    passes(
        "src/domain/sla.rs",
        "use jiff::Timestamp; use serde::{Deserialize, Serialize}; use std::{collections::BTreeMap, sync::LazyLock};
         #[derive(Debug, thiserror::Error)] enum Fault { #[error(\"{0}\")] Bad(String) }
         fn f(now: Timestamp) -> Timestamp { let timer = Timer::start(now); timer.now() }",
    );
}

#[test]
fn only_the_clock_tells_time_and_makes_identifiers() {
    for text in [
        "fn f() { jiff::Timestamp::now(); }",
        "use jiff::Timestamp; fn f() { Timestamp::now(); }",
        "use jiff::Timestamp as When; fn f() { When::now(); }",
        "type When = jiff::Timestamp; fn f() { When::now(); }",
        "use jiff::*; fn f() { Timestamp::now(); }",
        "use jiff::Timestamp; fn f() { <Timestamp>::now(); }",
        "use jiff as time; fn f() { x.unwrap_or_else(time::Timestamp::now); }",
        "fn f() { vec![jiff::Zoned::now()]; }",
        "fn f() { std::time::SystemTime::now(); }",
        "use std::time::UNIX_EPOCH; fn f() { UNIX_EPOCH.elapsed(); }",
        "fn f() { tokio::time::Instant::now(); }",
        "use uuid::Uuid; fn f() { Uuid::now_v7(); }",
        "use uuid::Uuid as Id; fn f() { Id::new_v4(); }",
    ] {
        flagged("src/flow/open.rs", text, "clock");
        passes("src/clock.rs", text);
    }
    passes(
        "src/flow/open.rs",
        "use crate::clock::Clock; fn f(clock: &Clock) { clock.now(); Clock::monotonic(); }",
    );
}

#[test]
fn sql_lives_in_the_store_and_is_labelled() {
    for text in [
        "const Q: &str = \"select id, number from tickets where id = $1\";",
        "const Q: &str = r#\"SELECT count(*)\n FROM tickets\"#;",
        "fn f() { run(\"insert into tickets (id) values ($1)\"); }",
        "fn f() { run(\"update tickets t set status = 'open'\"); }",
        "fn f() { run!(\"delete from tickets where id = $1\"); }",
        "fn f() { format!(\"with x as (select 1 from {} limit 1) select y from x\", table); }",
        "fn f() { include_str!(\"../store/tickets.sql\"); }",
    ] {
        flagged("src/flow/open.rs", text, "sql");
        flagged("src/store/ticket.rs", text, "sql");
    }
    let labelled =
        "const Q: &str = \"-- store::ticket::lookup\\nselect id from tickets where tenant_id = $1\";";
    passes("src/store/ticket.rs", labelled);
    flagged("src/http/ticket.rs", labelled, "sql");
    let part = "const P: &str = \"\\n  told as (\\n insert into outbox (tenant_id) select $1)\";";
    passes("src/store/ticket.rs", part);
    flagged("src/http/ticket.rs", part, "sql");
    flagged("src/store/ticket.rs", "const Q: &str = \"-- store::\\nselect id from tickets\";", "sql");
    flagged("src/store/ticket.rs", "const Q: &str = \"-- store::x\\nselect now() from tickets\";", "sql");
    passes(
        "src/http/ticket.rs",
        "/// select id from tickets\nconst A: &str = \"Select a service from the list, then update the ticket.\";
         fn f() { wrap! { /** insert into tickets */ fn g() {} } say(\"delete a message from a ticket\"); }",
    );
}

#[test]
fn long_files_and_functions_are_found() {
    let function = |lines: usize| {
        format!(
            "impl A {{\n    /// Doc.\n    pub fn f() {{\n{}    }}\n}}\n",
            "        g();\n".repeat(lines - 2)
        )
    };
    passes("src/flow/open.rs", &function(59));
    assert_eq!(rules("src/flow/open.rs", &function(60)), [("function length", 3)]);
    passes("src/flow/open.rs", &"// a line\n".repeat(400));
    assert_eq!(rules("src/flow/open.rs", &"// a line\n".repeat(401)), [("file length", 401)]);
    let test =
        |lines: usize| judge_test(&read("tests/suite/a.rs", &"// a line\n".repeat(lines), &BTreeSet::new()));
    assert_eq!(test(600), []);
    assert_eq!(test(601).len(), 1, "a test file may not have 601 lines");
}

#[test]
fn names_exemptions_and_detours_are_found() {
    flagged("src/flow/utils.rs", "fn f() {}", "name");
    flagged("src/flow/helpers/open.rs", "fn f() {}", "name");
    flagged("src/flow/mod.rs", "mod common;", "name");
    flagged("src/flow/mod.rs", "mod types { fn f() {} }", "name");
    for text in [
        "#[allow(dead_code)] fn f() {}",
        "#![allow(dead_code)]",
        "fn f() { #[allow(unused)] let x = 1; }",
        "#[cfg_attr(test, allow(dead_code))] fn f() {}",
        "macro_rules! m { () => { #[allow(dead_code)] fn f() {} }; }",
    ] {
        flagged("src/flow/open.rs", text, "allow");
    }
    passes("src/flow/open.rs", "#[expect(dead_code, reason = \"shown here\")] fn f() { allow(1); }");
    flagged("src/flow/mod.rs", "#[path = \"../store/ticket.rs\"] mod ticket;", "detour");
    flagged("src/flow/mod.rs", "include!(\"../store/ticket.rs\");", "detour");
}

#[test]
fn findings_name_file_line_and_rule() {
    let found = findings(
        "src/http/ticket.rs",
        "use std::fmt;\n\nuse crate::{\n    flow::open,\n    outbound::mail,\n};\n",
    );
    let shown: Vec<String> = found.iter().map(Finding::to_string).collect();
    assert_eq!(
        shown,
        ["src/http/ticket.rs:5: [room] http may not use `outbound::mail` \
          (it may use: domain, flow, clock, store::TenantRead, store::read)"]
    );
}

#[test]
fn an_exception_covers_its_finding_and_must_be_needed() {
    let exception =
        |file, what| table::Exception { file, rule: "function length", what, reason: "a table as code" };
    let long = format!("fn matrix() {{\n{}}}\n", "    g();\n".repeat(60));
    let found = findings("src/domain/matrix.rs", &long);
    assert_eq!(found.len(), 1, "the long function is the one finding");
    assert_eq!(excuse(found.clone(), &[exception("src/domain/matrix.rs", "`matrix`")]), []);
    assert_eq!(excuse(found.clone(), &[exception("src/domain/matrix.rs", "`other`")]).len(), 2);
    assert_eq!(excuse(Vec::new(), &[exception("src/domain/gone.rs", "")])[0].rule, "exception");
}

#[test]
fn a_part_of_the_composition_must_be_in_use() {
    let part = |path| table::Composition { room: "app", path, reason: "shown here" };
    let parts = [part("axum::Router"), part("axum::serve")];
    let app = [read("src/app/mod.rs", "use axum::{Router as Routes};", &["axum".to_owned()].into())];
    let found = unused(&app, &parts);
    assert_eq!(found.len(), 1, "the one that is not used: {found:?}");
    assert!(found[0].what.contains("axum::serve"), "{found:?}");
    assert_eq!(unused(&[], &parts), [], "a room that is not built yet needs nothing");
}

#[test]
fn every_exception_has_its_reason() {
    let reasons = table::EXCEPTIONS.iter().map(|exception| exception.reason);
    let reasons = reasons.chain(table::COMPOSITION.iter().map(|part| part.reason));
    assert!(reasons.into_iter().all(|reason| reason.len() > 10), "an exception without a reason");
}
