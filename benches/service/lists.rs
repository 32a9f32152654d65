//! Lists and search, of tenants with ten thousand tickets and with a million.

use std::collections::HashMap;

use http::StatusCode;
use serde_json::Value;
use uuid::Uuid;

use super::figures::Figures;
use super::load::{Call, Connection};
use super::place::{Running, Tenant};
use super::turns;

/// What is asked that depends on no ticket.
const QUESTIONS: [(&str, &str); 4] = [
    ("newest", "/v1/tickets?limit=20"),
    ("waiting", "/v1/tickets?status=new,open&priority=P1,P2&limit=20"),
    ("oldest", "/v1/tickets?sort=created_at&limit=20"),
    ("common_word", "/v1/tickets?q=report&limit=20"),
];
/// How far a reader goes on before it is measured.
const PAGES: usize = 50;

/// What is known of a tenant: a ticket, rare words of it, and a page far behind.
struct Known {
    ticket: String,
    words: String,
    page: String,
}

/// All of it.
pub(crate) async fn measure(running: &Running, tenants: &[Tenant], figures: &mut Figures) {
    for (name, path) in QUESTIONS {
        turns::measure(running, tenants, &format!("lists.{name}"), |_, _| path.to_owned(), figures).await;
    }
    let mut known: HashMap<Uuid, Known> = HashMap::new();
    for tenant in tenants {
        known.insert(tenant.id, get_to_know(running, tenant).await);
    }
    let ticket = |tenant: &Tenant, _| format!("/v1/tickets/{}", known[&tenant.id].ticket);
    turns::measure(running, tenants, "lists.one", ticket, figures).await;
    let words = |tenant: &Tenant, _| format!("/v1/tickets?q={}&limit=20", known[&tenant.id].words);
    turns::measure(running, tenants, "lists.search", words, figures).await;
    let page = |tenant: &Tenant, _| format!("/v1/tickets?limit=20&cursor={}", known[&tenant.id].page);
    turns::measure(running, tenants, "lists.page_51", page, figures).await;
}

async fn get_to_know(running: &Running, tenant: &Tenant) -> Known {
    let mut connection = Connection::open(&running.address, &tenant.key).await;
    let mut cursor = String::new();
    let mut ticket = String::new();
    let mut words = String::new();
    for _ in 0..PAGES {
        let after = if cursor.is_empty() { String::new() } else { format!("&cursor={cursor}") };
        let page = ask(&mut connection, &format!("/v1/tickets?limit=20{after}")).await;
        let text =
            |pointer: &str| page.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        (ticket, cursor) = (text("/items/0/id"), text("/next_cursor"));
        words = text("/items/0/subject").split_whitespace().collect::<Vec<_>>().join("+");
    }
    Known { ticket, words, page: cursor }
}

async fn ask(connection: &mut Connection, path: &str) -> Value {
    let (status, _, body) = connection.call(Call::get(path)).await;
    assert_eq!(status, StatusCode::OK, "{path}");
    serde_json::from_slice(&body).expect("JSON")
}
