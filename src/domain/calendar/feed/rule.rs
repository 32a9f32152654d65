//! A recurrence rule as it is written, with every part checked.

use jiff::civil::Weekday;

use super::Fault;
use super::lines::{Property, brief};
use super::moment::Moment;
use crate::domain::calendar::zone::Zone;

/// How often a rule looks for dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Every {
    Day,
    Week,
    Month,
    Year,
}

/// A weekday, or with an ordinal the so-many-eth of a month or year; 0 for each of them.
pub(super) type NthWeekday = (i16, Weekday);

/// `RRULE` of RFC 5545; every list is sorted and without doubles.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) every: Every,
    pub(super) interval: i64,
    pub(super) count: Option<u64>,
    pub(super) until: Option<Moment>,
    pub(super) months: Vec<i16>,
    pub(super) weeks: Vec<i16>,
    pub(super) year_days: Vec<i16>,
    pub(super) month_days: Vec<i16>,
    pub(super) weekdays: Vec<NthWeekday>,
    pub(super) positions: Vec<i16>,
    pub(super) week_start: Weekday,
}

impl Rule {
    pub(super) fn read(property: &Property, zone: &Zone) -> Result<Self, Fault> {
        let mut rule = Self {
            every: Every::Day,
            interval: 1,
            count: None,
            until: None,
            months: Vec::new(),
            weeks: Vec::new(),
            year_days: Vec::new(),
            month_days: Vec::new(),
            weekdays: Vec::new(),
            positions: Vec::new(),
            week_start: Weekday::Monday,
        };
        let mut seen: Vec<String> = Vec::new();
        for part in property.value.split(';').filter(|part| !part.is_empty()) {
            let Some((name, value)) = part.split_once('=') else {
                return Err(invalid(part, "is no part of a rule"));
            };
            let name = name.trim().to_ascii_uppercase();
            if seen.contains(&name) {
                return Err(invalid(part, "says for a second time what is said before"));
            }
            rule.take(&name, value.trim(), part, property, zone)?;
            seen.push(name);
        }
        if !seen.iter().any(|name| name == "FREQ") {
            return Err(Fault::new("invalid_rule", "RRULE has no FREQ"));
        }
        rule.fits()?;
        Ok(rule)
    }

    fn take(
        &mut self,
        name: &str,
        value: &str,
        part: &str,
        property: &Property,
        zone: &Zone,
    ) -> Result<(), Fault> {
        match name {
            "FREQ" => self.every = every(value, part)?,
            "INTERVAL" => self.interval = i64::try_from(number(value, part)?).unwrap_or(i64::MAX),
            "COUNT" => self.count = Some(number(value, part)?),
            "UNTIL" => self.until = Some(Moment::read(property, value, zone)?),
            "BYMONTH" => self.months = numbers(value, part, 12, false)?,
            "BYWEEKNO" => self.weeks = numbers(value, part, 53, true)?,
            "BYYEARDAY" => self.year_days = numbers(value, part, 366, true)?,
            "BYMONTHDAY" => self.month_days = numbers(value, part, 31, true)?,
            "BYSETPOS" => self.positions = numbers(value, part, 366, true)?,
            "BYDAY" => self.weekdays = weekdays(value, part)?,
            "WKST" => self.week_start = weekday(value).ok_or_else(|| invalid(part, "is no weekday"))?,
            "BYHOUR" | "BYMINUTE" | "BYSECOND" | "RSCALE" | "SKIP" => return Err(unsupported(part)),
            _ => return Err(invalid(part, "is no part of a rule")),
        }
        Ok(())
    }

    /// What RFC 5545 does not let stand together.
    fn fits(&self) -> Result<(), Fault> {
        let yearly = self.every == Every::Year;
        let ordinals = self.weekdays.iter().any(|(ordinal, _)| *ordinal != 0);
        let by = [&self.months, &self.weeks, &self.year_days, &self.month_days];
        let clash = if self.count.is_some() && self.until.is_some() {
            "COUNT and UNTIL in one rule"
        } else if !self.weeks.is_empty() && !yearly {
            "BYWEEKNO in a rule that is not yearly"
        } else if !self.year_days.is_empty() && !yearly {
            "BYYEARDAY in a rule that is not yearly"
        } else if !self.month_days.is_empty() && self.every == Every::Week {
            "BYMONTHDAY in a weekly rule"
        } else if ordinals && !matches!(self.every, Every::Month | Every::Year) {
            "BYDAY with a number in a rule that is neither monthly nor yearly"
        } else if ordinals && !self.weeks.is_empty() {
            "BYDAY with a number beside BYWEEKNO"
        } else if !self.positions.is_empty()
            && self.weekdays.is_empty()
            && by.iter().all(|list| list.is_empty())
        {
            "BYSETPOS without another BY"
        } else {
            return Ok(());
        };
        Err(Fault::new("invalid_rule", clash))
    }

    /// Steps that one look costs, besides the dates it finds.
    pub(super) fn weight(&self) -> usize {
        let lists = [&self.months, &self.weeks, &self.year_days, &self.month_days, &self.positions];
        let months = if self.every == Every::Year { self.months.len().max(1) } else { 1 };
        1 + lists.iter().map(|list| list.len()).sum::<usize>() + months * self.weekdays.len()
    }
}

fn invalid(part: &str, what: &str) -> Fault {
    Fault::new("invalid_rule", format!("{:?} {what}", brief(part)))
}

fn unsupported(part: &str) -> Fault {
    let detail = format!("{:?} is not supported; rules recur daily, weekly, monthly or yearly", brief(part));
    Fault::new("unsupported", detail)
}

fn every(value: &str, part: &str) -> Result<Every, Fault> {
    match value.to_ascii_uppercase().as_str() {
        "DAILY" => Ok(Every::Day),
        "WEEKLY" => Ok(Every::Week),
        "MONTHLY" => Ok(Every::Month),
        "YEARLY" => Ok(Every::Year),
        "HOURLY" | "MINUTELY" | "SECONDLY" => Err(unsupported(part)),
        _ => Err(invalid(part, "is no frequency")),
    }
}

/// Saturates: more than there is time for is enough.
fn number(value: &str, part: &str) -> Result<u64, Fault> {
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    match value.parse().unwrap_or(u64::MAX) {
        number if digits && number > 0 => Ok(number),
        _ => Err(invalid(part, "is no number from 1")),
    }
}

fn numbers(value: &str, part: &str, most: i16, from_the_end: bool) -> Result<Vec<i16>, Fault> {
    let one = |text: &str| {
        let number = text.trim().parse::<i16>().ok().filter(|number| (-most..=most).contains(number));
        number.filter(|number| *number > 0 || (*number < 0 && from_the_end))
    };
    let least = if from_the_end { format!("-{most} to -1 or 1") } else { "1".to_owned() };
    let fault = || invalid(part, &format!("has a value that is not from {least} to {most}"));
    let mut list = value.split(',').map(one).collect::<Option<Vec<i16>>>().ok_or_else(fault)?;
    list.sort_unstable();
    list.dedup();
    Ok(list)
}

fn weekdays(value: &str, part: &str) -> Result<Vec<NthWeekday>, Fault> {
    let one = |text: &str| {
        let text = text.trim();
        let (ordinal, name) = text.split_at_checked(text.len().checked_sub(2)?)?;
        let ordinal = match ordinal {
            "" => Some(0),
            ordinal => ordinal.parse::<i16>().ok().filter(|n| *n != 0 && (-53..=53).contains(n)),
        };
        Some((ordinal?, weekday(name)?))
    };
    let list = value.split(',').map(one).collect::<Option<Vec<NthWeekday>>>();
    let mut list = list.ok_or_else(|| invalid(part, "is no list of weekdays such as MO, 1MO or -1MO"))?;
    list.sort_unstable_by_key(|(ordinal, weekday)| (*ordinal, weekday.to_monday_zero_offset()));
    list.dedup();
    Ok(list)
}

fn weekday(name: &str) -> Option<Weekday> {
    match name.to_ascii_uppercase().as_str() {
        "MO" => Some(Weekday::Monday),
        "TU" => Some(Weekday::Tuesday),
        "WE" => Some(Weekday::Wednesday),
        "TH" => Some(Weekday::Thursday),
        "FR" => Some(Weekday::Friday),
        "SA" => Some(Weekday::Saturday),
        "SU" => Some(Weekday::Sunday),
        _ => None,
    }
}
