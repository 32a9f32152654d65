//! System health reports that are made by themselves.

use std::path::PathBuf;

use super::reader::{Noted, Reader};

/// `[health_report]`.
#[derive(Debug, Clone)]
pub struct HealthReport {
    /// `daily`, `weekly` or `monthly`; `None`: never.
    pub schedule: Option<String>,
    /// Hour and minute of the day.
    pub at: (i8, i8),
    /// Day of the week, from 0 for Monday.
    pub weekday: i8,
    /// IANA name of the time zone.
    pub time_zone: String,
    /// Whom they are sent to, each as the slug of a tenant, if it is one alone, and an address.
    pub to: Vec<(Option<String>, String)>,
    /// The folder of their files.
    pub directory: PathBuf,
}

const SCHEDULES: &[&str] = &["off", "daily", "weekly", "monthly"];
const WEEKDAYS: &[&str] = &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

impl HealthReport {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, Noted> {
        let schedule = choice(reader, "health_report.schedule", SCHEDULES);
        let at = time(reader);
        let weekday = choice(reader, "health_report.weekday", WEEKDAYS);
        let time_zone = reader.text("health_report.time_zone");
        let to = recipients(reader);
        let directory = reader.path("health_report.directory");
        let time_zone = time_zone?.ok_or_else(|| {
            reader.refuse("health_report.time_zone", "must be an IANA time zone such as Europe/Berlin")
        });
        let directory = directory?
            .ok_or_else(|| reader.refuse("health_report.directory", "must name the folder of reports"));
        let weekday =
            WEEKDAYS.iter().zip(0..).find(|(name, _)| **name == weekday.as_deref().unwrap_or_default());
        Ok(Self {
            schedule: Some(schedule?).filter(|name| name != "off"),
            at: at?,
            weekday: weekday.map(|(_, place)| place).ok_or(Noted)?,
            time_zone: time_zone?,
            to: to?,
            directory: directory?,
        })
    }
}

fn choice(reader: &mut Reader, key: &'static str, known: &[&str]) -> Result<String, Noted> {
    let given = reader.text(key)?;
    let fits = given.filter(|given| known.contains(&given.as_str()));
    fits.ok_or_else(|| reader.refuse(key, format!("must be one of {}", known.join(", "))))
}

fn time(reader: &mut Reader) -> Result<(i8, i8), Noted> {
    let key = "health_report.at";
    let given = reader.text(key)?.unwrap_or_default();
    let number = |text: &str, most: i8| {
        let number = text.parse().ok().filter(|number| (0..=most).contains(number));
        number.filter(|_| text.len() == 2)
    };
    let parts = given.split_once(':').and_then(|(hour, minute)| number(hour, 23).zip(number(minute, 59)));
    parts.ok_or_else(|| reader.refuse(key, "must be a time of day such as 08:00"))
}

fn recipients(reader: &mut Reader) -> Result<Vec<(Option<String>, String)>, Noted> {
    let key = "health_report.to";
    let mut recipients = Vec::new();
    for given in reader.texts(key)? {
        let (tenant, address) = match given.split_once(' ') {
            Some((tenant, address)) => (Some(tenant.to_owned()), address.trim().to_owned()),
            None => (None, given.clone()),
        };
        let whole =
            address.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
        if !whole || address.contains(char::is_whitespace) {
            let wanted =
                "must hold addresses such as lead@example.org, or acme lead@example.org for one tenant";
            return Err(reader.refuse(key, wanted));
        }
        recipients.push((tenant, address));
    }
    Ok(recipients)
}
