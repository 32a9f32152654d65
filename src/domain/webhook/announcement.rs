//! What a delivery says: a `CloudEvents` 1.0 event with thin facts. No subject,
//! no message and no address of a person is in it; who may know more asks for
//! the ticket.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::event::EventType;
use crate::domain::id::{DeliveryId, EndpointId, EventId, TenantId};
use crate::domain::ticket::Event;
use crate::domain::ticket::record::Record;

/// The media type of every body.
pub const MEDIA_TYPE: &str = "application/cloudevents+json; charset=utf-8";

/// An event before it is known to whom it goes in which place.
#[derive(Debug, Clone, PartialEq)]
pub struct Announcement {
    /// What happened.
    pub event_type: EventType,
    /// The `CloudEvents` event without its sequence number.
    pub envelope: Value,
}

/// What is said of a fact, to whoever may hear of it.
#[must_use]
pub fn of_fact(tenant: TenantId, ticket: &Record, event: &Event) -> Announcement {
    let event_type = EventType::of(&event.fact);
    let path = format!("/v1/tickets/{}", ticket.id);
    let data = json!({
        "ticket": {
            "id": ticket.id,
            "number": ticket.number,
            "type": ticket.state.classification.ticket_type,
            "channel": ticket.state.channel,
            "status": ticket.state.status,
            "priority": ticket.state.priority(),
            "category": ticket.state.classification.category,
            "team": ticket.state.team,
            "service": ticket.service,
            "version": ticket.state.version,
        },
        "seq": event.seq,
        "actor": event.actor.author(),
        "change": change(event),
        "links": { "ticket": path, "history": format!("{path}/history") },
    });
    let subject = format!("tickets/{}", ticket.id);
    envelope(tenant, event.id, event_type, &subject, event.at, &data)
}

/// What a test of an endpoint says.
#[must_use]
pub fn of_test(tenant: TenantId, endpoint: EndpointId, delivery: DeliveryId, at: Timestamp) -> Announcement {
    let data = json!({ "endpoint": endpoint, "links": { "endpoint": format!("/v1/webhooks/{endpoint}") } });
    let subject = format!("webhooks/{endpoint}");
    envelope(tenant, EventId::new(delivery.uuid()), EventType::WebhookTest, &subject, at, &data)
}

/// What a fact changed: identifiers and closed words, as the history has them.
fn change(event: &Event) -> Map<String, Value> {
    let mut change = match serde_json::to_value(&event.fact) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    change.remove("kind");
    // Names the text of rules, which is nothing to anybody outside.
    change.remove("sla_version");
    change
}

fn envelope(
    tenant: TenantId,
    id: EventId,
    event_type: EventType,
    subject: &str,
    at: Timestamp,
    data: &Value,
) -> Announcement {
    let envelope = json!({
        "specversion": "1.0",
        "id": id,
        "source": format!("urn:support-engineer:tenant:{tenant}"),
        "type": event_type,
        "subject": subject,
        "time": at,
        "datacontenttype": "application/json",
        "data": data,
    });
    Announcement { event_type, envelope }
}

/// The body of a delivery: the same bytes on every attempt.
#[must_use]
pub fn body(envelope: &Value, sequence: i64) -> Vec<u8> {
    numbered(envelope.clone(), sequence).to_string().into_bytes()
}

/// The event with its sequence number, as text whose order is that of the
/// numbers (the `sequence` extension of `CloudEvents`).
#[must_use]
pub fn numbered(mut envelope: Value, sequence: i64) -> Value {
    if let Some(fields) = envelope.as_object_mut() {
        fields.insert("sequence".to_owned(), Value::String(format!("{sequence:020}")));
    }
    envelope
}
