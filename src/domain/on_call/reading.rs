//! The written form of a schedule, the same in files, requests and the
//! database, and what can be wrong with it.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::{Layer, Length, Override, Schedule};
use crate::domain::calendar::Zone;
use crate::domain::field::Field;
use crate::domain::fields::{Fields, FromJson, read};
use crate::domain::id::{AgentId, OverrideId};
use crate::domain::place::Place;
use crate::domain::violation::Violation;

const MOST_LAYERS: usize = 20;
const MOST_PARTICIPANTS: usize = 200;
/// Overrides that one schedule holds.
pub const MOST_OVERRIDES: usize = 2_000;
/// A year of days.
const LONGEST_DAYS: i64 = 366;
const LONGEST_HOURS: i64 = 24 * LONGEST_DAYS;

impl FromJson for Schedule {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, Self::take)
    }
}

impl Schedule {
    /// Takes `layers` and `overrides`. Codes of its own are `unknown_zone`,
    /// `invalid_date`, `invalid_time`, `unknown_name` (of a rotation),
    /// `no_participants`, `no_layers`, `duplicate_name` and `not_after`.
    pub fn take(f: &mut Fields<'_>) -> Option<Self> {
        let layers = f
            .array("layers", MOST_LAYERS, |place| place.object(layer).required())
            .check("no_layers", |layers| !layers.is_empty(), || "a schedule has a layer at least")
            .required();
        let overrides =
            f.array("overrides", MOST_OVERRIDES, |place| place.object(over).required()).or_default();
        let layers = layers?;
        for (index, layer) in layers.iter().enumerate() {
            if layers[..index].iter().any(|earlier| earlier.name == layer.name) {
                let detail = format!("there are two layers {:?}", layer.name);
                f.fault_at(&format!("/layers/{index}/name"), "duplicate_name", detail);
            }
        }
        let schedule = Self { layers, overrides };
        if schedule.repeats_an_id() {
            f.fault("overrides", "duplicate_id", "two of them have the same id");
        }
        Some(schedule)
    }

    /// The written form; [`Schedule::take`] reads it back as the same schedule.
    #[must_use]
    pub fn written(&self) -> Value {
        let overrides: Vec<Value> = self.overrides.iter().map(Override::written).collect();
        json!({
            "layers": self.layers.iter().map(written_layer).collect::<Vec<_>>(),
            "overrides": overrides,
        })
    }
}

impl Override {
    /// The written form; it is read back as the same override.
    #[must_use]
    pub fn written(&self) -> Value {
        json!({ "id": self.id, "from": self.from.to_string(), "to": self.to.to_string(), "agent": self.agent })
    }
}

fn written_layer(layer: &Layer) -> Value {
    let rotation = match layer.length {
        Length::Days(days) => json!({ "days": days }),
        Length::Hours(hours) => json!({ "hours": hours }),
    };
    let (hour, minute) = (layer.hand_over / 3_600, layer.hand_over % 3_600 / 60);
    json!({
        "name": layer.name,
        "time_zone": layer.time_zone,
        "rotation": rotation,
        "starts_on": layer.starts_on.to_string(),
        "ends_on": layer.ends_on.map(|date| date.to_string()),
        "hand_over": format!("{hour:02}:{minute:02}"),
        "participants": layer.participants,
    })
}

fn layer(f: &mut Fields<'_>) -> Option<Layer> {
    let name = f.text("name").trimmed().min_chars(1).max_chars(100).one_line().required();
    let zone = f
        .text("time_zone")
        .check(
            "unknown_zone",
            |name| Zone::lookup(name).is_some(),
            || "must be an IANA name such as Europe/Berlin",
        )
        .required();
    let length = rotation(f.place("rotation")).required();
    let starts_on = date(f.text("starts_on")).required();
    let ends_on = date(f.text("ends_on")).optional();
    let hand_over = f.text("hand_over").parse("invalid_time", |text| minute(&text)).required();
    let participants = f
        .array("participants", MOST_PARTICIPANTS, |place| place.text().uuid().map(AgentId::new).required())
        .check("no_participants", |list| !list.is_empty(), || "somebody must take turns")
        .required();
    if let (Some(first), Some(last)) = (starts_on, ends_on)
        && last <= first
    {
        f.fault("ends_on", "not_after", "must be later than starts_on");
    }
    Layer::new((name?, zone?), length?, (starts_on?, hand_over?), ends_on, participants?)
}

/// `"weekly"`, `"daily"`, `{days}` or `{hours}`.
fn rotation(place: Place<'_>) -> Field<'_, Length> {
    if place.is_text() {
        return place.text().parse("unknown_name", |name| match name.as_str() {
            "weekly" => Ok(Length::Days(7)),
            "daily" => Ok(Length::Days(1)),
            _ => Err("must be weekly, daily, {days} or {hours}"),
        });
    }
    place.object(|f| {
        let days = f.integer("days").between(1, LONGEST_DAYS).optional();
        let hours = f.integer("hours").between(1, LONGEST_HOURS).optional();
        match (days, hours) {
            (Some(days), None) => Some(Length::Days(days)),
            (None, Some(hours)) => Some(Length::Hours(hours)),
            (Some(_), Some(_)) => {
                f.fault("hours", "too_many", "give days or hours, not both");
                None
            }
            (None, None) => None,
        }
    })
}

impl FromJson for Override {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, over)
    }
}

fn over(f: &mut Fields<'_>) -> Option<Override> {
    let id = f.uuid("id").map(OverrideId::new).optional();
    let from = f.timestamp("from").required();
    let to = f.timestamp("to").required();
    let agent = f.uuid("agent").map(AgentId::new).required();
    let (from, to) = (from?, to?);
    if to <= from {
        f.fault("to", "not_after", "must be later than from");
        return None;
    }
    Some(Override { id, from, to, agent: agent? })
}

fn date(field: Field<'_, String>) -> Field<'_, Date> {
    field.parse("invalid_date", |text| {
        // Printed again to refuse the other spellings that the parser takes.
        let date = text.parse::<Date>().ok().filter(|date| date.to_string() == text);
        date.filter(|date| (1900..=9_000).contains(&date.year()))
            .ok_or("must be a date from 1900-01-01 to 9000-12-31")
    })
}

/// Seconds of the day of `HH:MM`.
fn minute(text: &str) -> Result<i64, &'static str> {
    let refused = "must be a time from 00:00 to 23:59";
    let well_formed = text.len() == 5
        && text.bytes().enumerate().all(|(at, byte)| match at {
            2 => byte == b':',
            _ => byte.is_ascii_digit(),
        });
    let (hour, minute) = text.split_once(':').filter(|_| well_formed).ok_or(refused)?;
    let (hour, minute) =
        (hour.parse::<i64>().map_err(|_| refused)?, minute.parse::<i64>().map_err(|_| refused)?);
    if hour < 24 && minute < 60 { Ok(hour * 3_600 + minute * 60) } else { Err(refused) }
}
