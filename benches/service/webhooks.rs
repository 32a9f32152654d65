//! Webhooks: how soon endpoints are told, and how many deliveries are made a
//! second where more is to be told than that. A few in a thousand texts made of
//! words at random sound like a matter of security: of such tickets nobody is told.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use jiff::Timestamp;
use serde_json::{Value, json};
use support_engineer::clock::Clock;

use super::bare;
use super::figures::Figures;
use super::intake::{create, seed};
use super::load::{Call, Connection, Load, count};
use super::place::{Place, Running};

/// Endpoints, each of which is told of every ticket.
const ENDPOINTS: usize = 4;
/// Tickets a second where it is measured how soon.
const CALM: f64 = 20.0;
/// Connections that open tickets as fast as they are answered.
const EAGER: usize = 8;
/// Between two looks at what has come.
const PAUSE: Duration = Duration::from_millis(20);
/// What has not come by then is lost.
const PATIENCE: Duration = Duration::from_mins(5);

/// From the instant of an event to that of its arrival.
type Delays = Arc<Mutex<Vec<Duration>>>;

/// All of it.
pub(crate) async fn measure(
    place: &Place,
    running: &Running,
    (mut admin, key): (Connection, &str),
    lasts: Duration,
    figures: &mut Figures,
) {
    let delays = Delays::default();
    let receiver = receive(Arc::clone(&delays)).await;
    for number in 0..ENDPOINTS {
        let wanted = json!({ "url": format!("http://{receiver}/{number}"), "events": ["ticket.created"] });
        let (status, _, body) = admin.call(Call::post("/v1/webhooks", &wanted)).await;
        assert!(status.is_success(), "{}", String::from_utf8_lossy(&body));
    }
    let load = |connections, rate| Load { address: &running.address, key, connections, lasts, rate };
    let before = tellable(place).await;
    load(1, Some(CALM)).run(create(seed())).await;
    all_told(&delays, tellable(place).await - before).await;
    let told = taken(&delays);
    figures.add("webhooks.calm.told", count(told.len()) / lasts.as_secs_f64(), "/s");
    for (part, permille) in [("p50", 500), ("p99", 990), ("max", 1_000)] {
        let at = told[(told.len() - 1) * permille / 1_000];
        figures.add(&format!("webhooks.calm.{part}"), at.as_secs_f64() * 1_000.0, "ms");
    }
    let before = tellable(place).await;
    let (began, unused) = (Clock::monotonic(), running.used());
    let eager = load(EAGER, None).run(create(seed())).await;
    let opened = began.elapsed();
    all_told(&delays, tellable(place).await - before).await;
    let told = count(taken(&delays).len());
    let used = (running.used() - unused).together().as_secs_f64() * 1e6;
    figures.add("webhooks.eager", eager.rate(), "tickets/s");
    figures.add("webhooks.eager.told", told / began.elapsed().as_secs_f64(), "/s");
    figures.add("webhooks.eager.caught_up_after", began.elapsed().saturating_sub(opened).as_secs_f64(), "s");
    figures.add("webhooks.eager.cpu", used / told, "µs each, with the tickets");
}

/// How many tickets there are that endpoints may be told of.
async fn tellable(place: &Place) -> usize {
    let tickets: i64 = sqlx::query_scalar("select count(*) from tickets where not restricted")
        .fetch_one(&mut place.superuser().await)
        .await
        .expect("a count");
    usize::try_from(tickets).expect("a count")
}

/// Waits until every endpoint has been told of so many tickets.
async fn all_told(delays: &Delays, tickets: usize) {
    let began = Clock::monotonic();
    while delays.lock().expect("nothing failed").len() < tickets * ENDPOINTS {
        assert!(began.elapsed() < PATIENCE, "a delivery never came");
        tokio::time::sleep(PAUSE).await;
    }
}

/// What has come so far, the quickest first; it is counted anew from here.
fn taken(delays: &Delays) -> Vec<Duration> {
    let mut taken = std::mem::take(&mut *delays.lock().expect("nothing failed"));
    taken.sort_unstable();
    taken
}

/// Listens for deliveries, and says where.
async fn receive(delays: Delays) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free address");
    let address = listener.local_addr().expect("an address").to_string();
    let deliver = async move |Json(event): Json<Value>| {
        let at: Timestamp = event["time"].as_str().and_then(|at| at.parse().ok()).expect("an instant");
        let delay = Duration::try_from(Clock::system().now().duration_since(at)).unwrap_or_default();
        delays.lock().expect("nothing failed").push(delay);
        StatusCode::NO_CONTENT
    };
    let router = Router::new().route("/{endpoint}", post(deliver));
    tokio::spawn(bare::answer(listener, router));
    address
}
