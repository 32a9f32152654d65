//! Whatever comes, it gets an answer: requests that were fine until chance bent
//! them are never a failure of the service, and do it no harm. By hand for
//! longer: `SUPPORT_SUITE_ROUNDS=500 cargo test garbage`.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, RngCore as _, SeedableRng as _};
use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::Operation;
use super::foreign::good;
use crate::harness::{Client, Desk, ticket};

/// Requests of each kind for each operation.
const ROUNDS: u32 = 6;

/// Texts that have broken somebody.
const TEXTS: &[&str] = &[
    "",
    " ",
    "\u{0}",
    "a\u{0}b",
    "\u{feff}",
    "\u{202e}abc",
    "\u{fffd}\u{10ffff}",
    "'; drop table tickets; --",
    "%00",
    "..%2f..",
    "-1",
    "0",
    "9223372036854775808",
    "-9223372036854775809",
    "1e309",
    "NaN",
    "null",
    "true",
    "[]",
    "{}",
    "0000-00-00",
    "-009999-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999Z",
    "2024-02-30",
    "2024-03-31T02:30:00[Europe/Berlin]",
    "P1Y",
    "Europe/Nowhere",
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "eyJ2IjoxfQ",
    "AAAA",
    "*",
    "\"",
    "W/\"1\"",
    "\"1\", \"2\"",
    "a@b",
    "https://[::1",
    "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nRRULE:FREQ=SECONDLY;COUNT=1000000000\r\nEND:VEVENT\r\nEND:VCALENDAR",
];

/// Parameters of some operation or other.
const PARAMETERS: &[&str] = &[
    "limit",
    "cursor",
    "after",
    "sort",
    "q",
    "status",
    "priority",
    "category",
    "team",
    "agent",
    "requester",
    "from",
    "to",
    "tz",
    "clock",
    "group_by",
    "interval",
    "metric",
    "type",
    "tag",
    "created_from",
    "channel",
    "within",
    "state",
    "service",
    "format",
    "of",
    "persona",
    "include",
    "similar_to",
    "nothing",
];

/// Headers that are read.
const HEADERS: &[&str] = &[
    "authorization",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "accept",
    "accept-encoding",
    "accept-language",
    "last-event-id",
    "traceparent",
    "x-request-id",
    "origin",
    "range",
    "content-encoding",
    "ce-id",
    "ce-specversion",
    "prefer",
];

/// Bends requests by chance.
struct Bender(StdRng);

impl Bender {
    fn text(&mut self) -> String {
        match self.0.random_range(0..10) {
            0 => "x".repeat(self.0.random_range(1..70_000)),
            1 => "\u{1f4a9}".repeat(self.0.random_range(1..300)),
            2 => (0..self.0.random_range(1..40)).map(|_| self.0.random::<char>()).collect(),
            _ => (*TEXTS.choose(&mut self.0).expect("there are some")).to_owned(),
        }
    }

    fn value(&mut self) -> Value {
        match self.0.random_range(0..14) {
            0 => Value::Null,
            1 => json!(self.0.random::<bool>()),
            2 => json!(self.0.random::<i64>()),
            3 => json!(self.0.random::<u64>()),
            4 => json!(self.0.random_range(-2.0..2.0) * 1e300),
            5 => json!([]),
            6 => json!({}),
            7 => {
                let inner = self.value();
                json!([inner.clone(), inner])
            }
            8 => {
                let (name, inner) = (self.text(), self.value());
                json!({ name: inner })
            }
            9 => json!(self.0.random_range(-3..3)),
            _ => json!(self.text()),
        }
    }

    /// Changes something in it, anywhere.
    fn bend(&mut self, value: &mut Value) {
        let deeper = self.0.random_range(0..4) > 0;
        match value {
            Value::Object(fields) if deeper && !fields.is_empty() => {
                let names: Vec<String> = fields.keys().cloned().collect();
                let name = names.choose(&mut self.0).expect("it has one");
                match self.0.random_range(0..6) {
                    0 => drop(fields.remove(name)),
                    1 => drop(fields.insert(self.text(), self.value())),
                    _ => self.bend(&mut fields[name.as_str()]),
                }
            }
            Value::Array(items) if deeper && !items.is_empty() => {
                let place = self.0.random_range(0..items.len());
                match self.0.random_range(0..6) {
                    0 => drop(items.remove(place)),
                    1 => items.insert(place, self.value()),
                    2 => items.push(items[place].clone()),
                    _ => self.bend(&mut items[place]),
                }
            }
            other => *other = self.value(),
        }
    }

    /// Changes some of the bytes.
    fn damage(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..self.0.random_range(1..4) {
            let place = self.0.random_range(0..=bytes.len());
            match self.0.random_range(0..4) {
                0 => bytes.truncate(place),
                1 => bytes.insert(place, self.0.random()),
                2 if place < bytes.len() => bytes[place] = self.0.random(),
                _ => {
                    let tail = bytes[place..].to_vec();
                    bytes.extend(tail);
                }
            }
        }
    }

    fn query(&mut self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for _ in 0..self.0.random_range(0..4) {
            let name = PARAMETERS.choose(&mut self.0).expect("there are some");
            // A head of a request has its bounds, which have tests of their own.
            let value: String = self.text().chars().take(300).collect();
            query.append_pair(name, &value);
        }
        query.finish()
    }

    /// The client with a header or two that nobody would send.
    fn dress(&mut self, client: &Client) -> Client {
        let mut client = client.clone();
        for _ in 0..self.0.random_range(0..3) {
            let name = HEADERS.choose(&mut self.0).expect("there are some");
            let value: String = self.text().chars().filter(|c| matches!(c, ' '..='~')).take(300).collect();
            client = client.with(name, &value);
        }
        client
    }
}

#[tokio::test]
async fn garbage_gets_an_answer_and_does_no_harm() {
    let desk = Desk::start().await;
    let rounds = std::env::var("SUPPORT_SUITE_ROUNDS").map_or(ROUNDS, |n| n.parse().expect("a number"));
    let seed = StdRng::from_os_rng().next_u64();
    let mut bender = Bender(StdRng::seed_from_u64(seed));
    let admin = desk.as_role(Role::Admin);
    let mine = admin.post("/v1/tickets", &ticket("Mine", "It stays.")).await.expect(201);
    let path = format!("/v1/tickets/{}", mine.id());
    // What would end keys or listen for ever is left out.
    let left_out = ["revokeKey", "streamKpis", "createTenant"];
    for operation in Operation::all().iter().filter(|one| !left_out.contains(&one.id.as_str())) {
        let other = admin.post("/v1/tickets", &ticket("Other", "It suffers.")).await.expect(201);
        for _ in 0..rounds {
            let id = if bender.0.random() { other.id().to_string() } else { bender.text() };
            let id: String = id.chars().take(300).collect();
            let id: String = form_urlencoded::byte_serialize(id.as_bytes()).collect();
            let path = format!("{}?{}", operation.at(&id), bender.query());
            let mut body = good(operation).unwrap_or_else(|| bender.value());
            (0..bender.0.random_range(0..3)).for_each(|_| bender.bend(&mut body));
            let mut bytes = body.to_string().into_bytes();
            if bender.0.random_range(0..3) == 0 {
                bender.damage(&mut bytes);
            }
            let types =
                ["application/json", "application/x-ndjson", "text/plain", "application/cloudevents+json"];
            let media_type =
                if bender.0.random_range(0..5) == 0 { types.choose(&mut bender.0) } else { types.first() };
            let sent = format!("{} {path}\n{}", operation.method, String::from_utf8_lossy(&bytes));
            let client = bender.dress(&admin);
            let media_type = media_type.expect("there are some");
            let answer = client.send_raw(operation.method.clone(), &path, media_type, bytes).await;
            answer.expect_an_answer(&format!("seed {seed}, {sent}"));
        }
    }
    assert_eq!(admin.get(&path).await.expect(200).text("/subject"), "Mine");
    admin.post("/v1/tickets", &ticket("After all", "It works.")).await.expect(201);
}
