//! The dates of a rule (RFC 5545, 3.3.10). Each look covers one day, week,
//! month or year, and costs steps whether or not it finds a date.

use jiff::civil::{Date, Weekday};

use super::moment::{date_of, day_of};
use super::rule::{Every, Rule};
use super::{Budget, Fault};

/// Rules are followed until here.
const LAST: Date = Date::constant(2199, 12, 31);

/// The dates of a rule that begins on `start`, in order. The first one that is
/// not `within` ends them.
pub(super) fn dates(
    rule: &Rule,
    start: Date,
    within: impl Fn(Date) -> bool,
    budget: &mut Budget,
) -> Result<Vec<Date>, Fault> {
    let mut found = Vec::new();
    let mut left = rule.count.unwrap_or(u64::MAX);
    let mut ahead: i64 = 0;
    loop {
        budget.spend(rule.weight())?;
        let Some(mut dates) = look(rule, start, ahead) else { return Ok(found) };
        budget.spend(dates.len())?;
        dates.sort_unstable();
        dates.dedup();
        for date in at_positions(rule, dates).into_iter().filter(|date| *date >= start) {
            if date > LAST || !within(date) {
                return Ok(found);
            }
            found.push(date);
            left -= 1;
            if left == 0 {
                return Ok(found);
            }
        }
        ahead = ahead.saturating_add(rule.interval);
    }
}

/// What one look finds; None beyond the last date.
fn look(rule: &Rule, start: Date, ahead: i64) -> Option<Vec<Date>> {
    match rule.every {
        Every::Day => {
            let date = before_the_end(day_of(start).checked_add(ahead)?)?;
            let whole = Month::of(date);
            let fits =
                in_months(rule, date) && on_month_days(rule, date) && on_weekdays(rule, date, whole.bounds());
            Some(if fits { vec![date] } else { Vec::new() })
        }
        Every::Week => {
            let since = i64::from(start.weekday().since(rule.week_start));
            let first = (day_of(start) - since).checked_add(ahead.checked_mul(7)?)?;
            before_the_end(first)?;
            let mut dates = of_week(rule, start, first);
            dates.retain(|date| in_months(rule, *date));
            Some(dates)
        }
        Every::Month => {
            let month = Month::of(start).later(ahead)?;
            before_the_end(day_of(month.first))?;
            Some(if in_months(rule, month.first) { of_month(rule, start, month) } else { Vec::new() })
        }
        Every::Year => {
            let year = i64::from(start.year()).checked_add(ahead)?;
            let first = Date::new(i16::try_from(year).ok()?, 1, 1).ok().filter(|first| *first <= LAST)?;
            Some(of_year(rule, start, first))
        }
    }
}

fn before_the_end(day: i64) -> Option<Date> {
    date_of(day).filter(|date| *date <= LAST)
}

/// A month by its first date.
#[derive(Clone, Copy)]
struct Month {
    first: Date,
}

impl Month {
    fn of(date: Date) -> Self {
        Self { first: date.first_of_month() }
    }

    fn later(self, months: i64) -> Option<Self> {
        let count = i64::from(self.first.year()) * 12 + i64::from(self.first.month()) - 1;
        let count = count.checked_add(months)?;
        let (year, month) = (count.div_euclid(12), count.rem_euclid(12) + 1);
        let first = Date::new(year.try_into().ok()?, month.try_into().ok()?, 1).ok()?;
        Some(Self { first })
    }

    fn bounds(self) -> (Date, Date) {
        (self.first, self.first.last_of_month())
    }

    fn date(self, day: i8) -> Option<Date> {
        Date::new(self.first.year(), self.first.month(), day).ok()
    }

    /// Days of the month as rules count them: from the end if negative.
    fn dates(self, days: &[i16]) -> impl Iterator<Item = Date> + use<'_> {
        let length = i16::from(self.first.days_in_month());
        days.iter().filter_map(move |day| {
            let day = if *day < 0 { length + day + 1 } else { *day };
            self.date(day.try_into().ok()?)
        })
    }
}

fn of_week(rule: &Rule, start: Date, first: i64) -> Vec<Date> {
    let own = [(0, start.weekday())];
    let weekdays = if rule.weekdays.is_empty() { &own[..] } else { &rule.weekdays };
    let date = |weekday: Weekday| date_of(first + i64::from(weekday.since(rule.week_start)));
    weekdays.iter().filter_map(|(_, weekday)| date(*weekday)).collect()
}

fn of_month(rule: &Rule, start: Date, month: Month) -> Vec<Date> {
    if !rule.month_days.is_empty() {
        let dates = month.dates(&rule.month_days);
        return dates.filter(|date| on_weekdays(rule, *date, month.bounds())).collect();
    }
    if rule.weekdays.is_empty() {
        return month.date(start.day()).into_iter().collect();
    }
    weekdays_of(rule, month.bounds())
}

fn of_year(rule: &Rule, start: Date, first: Date) -> Vec<Date> {
    let year = (first, first.last_of_year());
    let each_month = || (1..=12).filter(|month| rule.months.is_empty() || rule.months.contains(month));
    let months = || each_month().filter_map(|month| Month::of(first).later(i64::from(month) - 1));
    if !rule.weeks.is_empty() {
        let mut dates = of_weeks(rule, start, first);
        dates
            .retain(|date| in_months(rule, *date) && on_month_days(rule, *date) && on_year_days(rule, *date));
        return dates;
    }
    if !rule.year_days.is_empty() {
        let mut dates = of_year_days(rule, first);
        let bounds = |date| if rule.months.is_empty() { year } else { Month::of(date).bounds() };
        dates.retain(|date| {
            in_months(rule, *date) && on_month_days(rule, *date) && on_weekdays(rule, *date, bounds(*date))
        });
        return dates;
    }
    if rule.months.is_empty() && rule.month_days.is_empty() {
        if rule.weekdays.is_empty() {
            return Date::new(first.year(), start.month(), start.day()).into_iter().collect();
        }
        return weekdays_of(rule, year);
    }
    if rule.months.is_empty() {
        let dates = months().flat_map(|month| month.dates(&rule.month_days));
        return dates.filter(|date| on_weekdays(rule, *date, year)).collect();
    }
    months().flat_map(|month| of_month(rule, start, month)).collect()
}

/// Dates of numbered weeks; the first week has at least four days in the year.
fn of_weeks(rule: &Rule, start: Date, first: Date) -> Vec<Date> {
    let first_week = |year: i16| {
        let fourth = Date::new(year, 1, 4).ok()?;
        Some(day_of(fourth) - i64::from(fourth.weekday().since(rule.week_start)))
    };
    let (Some(begins), Some(ends)) = (first_week(first.year()), first_week(first.year() + 1)) else {
        return Vec::new();
    };
    let weeks = (ends - begins) / 7;
    let numbers = rule.weeks.iter().map(|number| i64::from(*number));
    let numbers = numbers.map(|number| if number < 0 { weeks + number } else { number - 1 });
    let numbers = numbers.filter(|number| (0..weeks).contains(number));
    numbers.flat_map(|number| of_week(rule, start, begins + 7 * number)).collect()
}

fn of_year_days(rule: &Rule, first: Date) -> Vec<Date> {
    let length = i64::from(first.days_in_year());
    let places = rule.year_days.iter().map(|day| i64::from(*day));
    let places = places.map(|day| if day < 0 { length + day } else { day - 1 });
    places
        .filter(|place| (0..length).contains(place))
        .filter_map(|place| date_of(day_of(first) + place))
        .collect()
}

/// The weekdays of a rule from the first to the last date.
fn weekdays_of(rule: &Rule, (first, last): (Date, Date)) -> Vec<Date> {
    let (begin, end) = (day_of(first), day_of(last));
    let mut dates = Vec::new();
    for (ordinal, weekday) in &rule.weekdays {
        let earliest = begin + i64::from(weekday.since(first.weekday()));
        let latest = end - i64::from(last.weekday().since(*weekday));
        let ordinal = i64::from(*ordinal);
        let days = match ordinal {
            0 => earliest..=latest,
            1.. => earliest + 7 * (ordinal - 1)..=earliest + 7 * (ordinal - 1),
            _ => latest + 7 * (ordinal + 1)..=latest + 7 * (ordinal + 1),
        };
        dates.extend(days.step_by(7).filter(|day| (begin..=end).contains(day)).filter_map(date_of));
    }
    dates
}

fn in_months(rule: &Rule, date: Date) -> bool {
    rule.months.is_empty() || rule.months.contains(&i16::from(date.month()))
}

fn on_month_days(rule: &Rule, date: Date) -> bool {
    let day = i16::from(date.day());
    let from_end = day - i16::from(date.days_in_month()) - 1;
    rule.month_days.is_empty() || rule.month_days.contains(&day) || rule.month_days.contains(&from_end)
}

fn on_year_days(rule: &Rule, date: Date) -> bool {
    let day = date.day_of_year();
    let from_end = day - date.days_in_year() - 1;
    rule.year_days.is_empty() || rule.year_days.contains(&day) || rule.year_days.contains(&from_end)
}

/// Whether a rule's weekdays let a date of the stretch pass.
fn on_weekdays(rule: &Rule, date: Date, (first, last): (Date, Date)) -> bool {
    let nth = (day_of(date) - day_of(first)) / 7 + 1;
    let from_end = -((day_of(last) - day_of(date)) / 7 + 1);
    let fits = |ordinal: i16| ordinal == 0 || [nth, from_end].contains(&i64::from(ordinal));
    let mut weekdays = rule.weekdays.iter();
    rule.weekdays.is_empty()
        || weekdays.any(|(ordinal, weekday)| *weekday == date.weekday() && fits(*ordinal))
}

/// `BYSETPOS`: the so-many-eth of what one look found.
fn at_positions(rule: &Rule, dates: Vec<Date>) -> Vec<Date> {
    if rule.positions.is_empty() {
        return dates;
    }
    let count = i64::try_from(dates.len()).unwrap_or(i64::MAX);
    let place = |position: i64| if position < 0 { count + position } else { position - 1 };
    let places = rule.positions.iter().map(|position| place(i64::from(*position)));
    let mut chosen: Vec<Date> =
        places.filter_map(|place| dates.get(usize::try_from(place).ok()?).copied()).collect();
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}
