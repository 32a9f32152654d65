//! KPIs: the arithmetic, sums that add up, and the windows.

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use support_engineer::domain::kpi::{
    Age, Answer, Backlog, Board, Bound, Bounds, Cube, Detail, Dimension, Entry, EntryKind, Exclusion, Filter,
    Goal, Grain, Marks, Measure, Name, Part, Sketch, Source, Span, Statistic, Targets, Traits, Value,
    Waiting, WindowFault, Zone, without,
};
use support_engineer::domain::vocabulary::{Category, Channel, Priority, Status, TicketType};

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn sketch(values: &[i64]) -> Sketch {
    let mut sketch = Sketch::default();
    for value in values {
        sketch.add(*value, 1);
    }
    sketch
}

/// The nearest rank as textbooks define it: the smallest value such that at
/// least `percent` of 100 values are this or less.
fn by_definition(values: &[i64], percent: usize) -> i64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let enough =
        |value: &i64| values.iter().filter(|other| *other <= value).count() * 100 >= percent * values.len();
    *sorted.iter().find(|value| enough(value)).expect("the largest value is enough")
}

fn traits(priority: Priority, category: Category, team: &str) -> Traits {
    let (channel, ticket_type) = (Channel::Api, TicketType::Incident);
    Traits { priority, category, team: team.to_owned(), channel, ticket_type }
}

fn entry(kind: EntryKind, marks: Marks, seconds: Option<i64>) -> Entry {
    Entry {
        kind,
        place: 0,
        at: at("2024-05-06T09:00:00Z"),
        traits: traits(Priority::P3, Category::HowTo, "first_level"),
        excluded: None,
        marks,
        business: seconds,
        elapsed: seconds.map(|seconds| seconds * 2),
        target: None,
    }
}

fn cube(entries: &[Entry]) -> Cube {
    let mut cube = Cube::default();
    for entry in entries {
        cube.add(entry, 1);
    }
    cube
}

fn answer(name: Name, entries: &[Entry]) -> Answer {
    let cube = cube(entries).at(Grain::Total);
    let measure = Measure::Business;
    Source { cube: &cube, waiting: &[], uptime: None, measure, provisional: false, targets: &TARGETS }
        .answer(name)
}

const TARGETS: Targets = Targets {
    first_response_seconds: 1_800,
    first_response_statistic: Statistic::P50,
    first_level_resolution: 0.8,
    satisfaction: 4.0,
    uptime: 0.995,
    manual_touches: 6,
};

prop_compose! {
    fn entries()(
        kind in prop::sample::select(EntryKind::ALL), marks in 0_i16..8, seconds in prop::option::of(0_i64..500_000),
        priority in prop::sample::select(Priority::ALL), category in prop::sample::select(Category::ALL),
        team in prop::sample::select(vec!["first_level", "developer", "devops"]), left_out in any::<bool>(),
    ) -> Entry {
        let excluded = left_out.then_some(Exclusion::Merged);
        Entry { traits: traits(priority, category, team), excluded, ..entry(kind, Marks(marks), seconds) }
    }
}

proptest! {
    #[test]
    fn percentiles_are_nearest_ranks_within_one_per_cent(
        values in prop::collection::vec(prop_oneof![0_i64..300, 0_i64..40_000_000], 1..120),
        percent in 1_u8..=100,
    ) {
        let found = sketch(&values).percentile(percent).expect("there are values");
        let exact = by_definition(&values, usize::from(percent));
        prop_assert!((found - exact).abs() * 100 <= exact, "{found} for {exact}");
    }

    #[test]
    fn percentiles_are_exact_where_values_are_told_apart(
        steps in prop::collection::vec(0_i64..200, 1..80),
        percent in 1_u8..=100,
    ) {
        // A minute apart, up to a bit more than three hours.
        let values: Vec<i64> = steps.iter().map(|step| step * 60).filter(|value| *value < 7_680).collect();
        prop_assume!(!values.is_empty());
        let found = sketch(&values).percentile(percent);
        prop_assert_eq!(found, Some(by_definition(&values, usize::from(percent))));
    }

    #[test]
    fn sketches_add_up_in_any_order_and_give_back_what_they_took(
        left in prop::collection::vec(0_i64..1_000_000, 0..40),
        right in prop::collection::vec(0_i64..1_000_000, 0..40),
    ) {
        let whole: Vec<i64> = left.iter().chain(&right).copied().collect();
        let mut merged = sketch(&right);
        merged.merge(&sketch(&left));
        prop_assert_eq!(&merged, &sketch(&whole));
        prop_assert_eq!((merged.n(), merged.sum()), (whole.len() as u64, whole.iter().sum::<i64>()));
        for value in &left {
            merged.add(*value, -1);
        }
        prop_assert_eq!(&merged, &sketch(&right));
    }

    #[test]
    fn statistics_are_ordered_and_lie_among_the_values(values in prop::collection::vec(0_i64..100_000, 1..60)) {
        let s = sketch(&values).statistics();
        prop_assert!(s.p50 <= s.p90 && s.p90 <= s.p95 && s.p95 <= s.p99);
        let (least, most) = (*values.iter().min().expect("one"), *values.iter().max().expect("one"));
        let count = i32::try_from(values.len()).expect("a few");
        let sum = i32::try_from(values.iter().sum::<i64>()).expect("small");
        let mean = s.mean.expect("there are values");
        prop_assert!(s.p50 >= Some(least) && s.p99 <= Some(most));
        prop_assert!((mean * f64::from(count) - f64::from(sum)).abs() < 1e-3);
    }

    #[test]
    fn cubes_add_up_give_back_and_survive_their_bytes(
        left in prop::collection::vec(entries(), 0..30),
        right in prop::collection::vec(entries(), 0..30),
    ) {
        let whole: Vec<Entry> = left.iter().chain(&right).cloned().collect();
        let mut merged = cube(&right);
        merged.merge(&cube(&left));
        prop_assert_eq!(&merged, &cube(&whole));
        prop_assert_eq!(Cube::decode(&merged.encode().expect("bytes")).expect("a cube"), merged.clone());
        for entry in &left {
            merged.add(entry, -1);
        }
        prop_assert_eq!(&merged, &cube(&right));
    }

    #[test]
    fn a_board_reads_the_same_from_entries_and_from_cubes_of_its_grain(
        all in prop::collection::vec(entries(), 0..40),
        priority in prop::option::of(prop::sample::select(Priority::ALL)),
        by in prop::sample::subsequence(vec![Dimension::Priority, Dimension::Category, Dimension::Team], 0..=2),
    ) {
        let filter = Filter { priority: priority.into_iter().collect(), ..Filter::default() };
        let (mut one_by_one, mut summed) = (Board::new(&filter, &by), Board::new(&filter, &by));
        for entry in &all {
            one_by_one.add(entry, 1);
        }
        summed.take(&cube(&all).at(summed.grain()));
        prop_assert_eq!(one_by_one.total(), summed.total());
        let (groups, same): (Vec<(Part, Cube)>, _) = (one_by_one.clone().groups(), summed.groups());
        let mut total = Cube::default();
        for (_, cube) in &groups {
            total.merge(cube);
        }
        prop_assert_eq!(total, one_by_one.total(), "groups sum to totals");
        prop_assert_eq!(groups, same);
    }

    #[test]
    fn a_rate_is_a_share_and_misses_its_own_bound(good in 0_usize..60, bad in 0_usize..60) {
        let resolved = |marks| entry(EntryKind::Resolved, marks, None);
        let mut all = vec![resolved(Marks::default()); good];
        all.extend(vec![resolved(Marks::ESCALATED); bad]);
        let answer = answer(Name::FirstLevelResolutionRate, &all);
        match answer.value {
            None => prop_assert_eq!((good + bad, answer.met()), (0, None)),
            Some(Value::Fraction(share)) => {
                prop_assert!((0.0..=1.0).contains(&share));
                prop_assert_eq!(answer.met(), Some(good * 10 > (good + bad) * 8));
            }
            Some(other) => prop_assert!(false, "{other:?} is no share"),
        }
    }

    #[test]
    fn stretches_follow_on_each_other(second in -4_000_000_000_i64..8_000_000_000, nanos in 0_i32..1_000_000_000) {
        let instant = Timestamp::new(second, nanos).expect("in range");
        for span in Span::ALL {
            let (start, next) = (span.start(instant), span.next(instant));
            prop_assert!(start <= instant && instant < next, "{span}: {start} {instant} {next}");
            prop_assert_eq!((span.start(start), span.start(next)), (start, next));
            prop_assert_eq!(span.next(start), next);
        }
        let monday = Span::Week.start(instant).to_zoned(TimeZone::UTC);
        prop_assert_eq!(monday.weekday(), Weekday::Monday);
    }

    #[test]
    fn what_waits_is_counted_by_state_and_age(
        tickets in prop::collection::vec((0_i64..1_000 * 3_600, 0_usize..6, any::<bool>()), 0..60),
    ) {
        let now = at("2024-05-06T09:00:00Z");
        let mut cubes = vec![Cube::default(); Age::ALL.len()];
        for (age, status, merged) in &tickets {
            // The steps themselves are hit too.
            let age = if age % 3 == 0 { age / 3_600 * 3_600 } else { *age };
            let created = Entry {
                at: now - SignedDuration::from_secs(age),
                excluded: merged.then_some(Exclusion::Merged),
                marks: Marks::RESOLVED_NOW.waiting(Status::ALL[*status]),
                ..entry(EntryKind::Created, Marks::default(), Some(1))
            };
            let holds = |(from, to): (Timestamp, Timestamp)| from <= created.at && created.at < to;
            let places: Vec<usize> = (0..Age::ALL.len()).filter(|place| holds(Age::windows(now)[*place].1)).collect();
            prop_assert_eq!(places.len(), 1);
            cubes[places[0]].add(&created, 1);
        }
        let filter = Filter::default();
        let boards = Age::windows(now).into_iter().zip(&cubes).map(|((age, _), cube)| {
            let mut board = Board::of_waiting(&filter, &[Dimension::Priority]);
            board.take(&cube.at(Grain::Waiting));
            (age, board)
        });
        let waiting = Waiting::of(boards.collect());
        let (n, backlog) = Backlog::of(waiting.iter());
        let waits = |status: usize| !matches!(Status::ALL[status], Status::Resolved | Status::Closed);
        let open: Vec<_> = tickets.iter().filter(|(_, status, merged)| waits(*status) && !merged).collect();
        prop_assert_eq!(n, open.len() as u64);
        for (place, status) in Status::ALL.iter().enumerate() {
            let count = open.iter().filter(|one| one.1 == place).count() as u64;
            prop_assert_eq!(backlog.by_state.get(status).copied().unwrap_or_default(), count);
        }
        let older = open.iter().filter(|one| one.0 / 3_600 >= 720).count() as u64;
        let today = open.iter().filter(|one| one.0 / 3_600 < 24).count() as u64;
        prop_assert_eq!((backlog.by_age[&Age::Older], backlog.by_age[&Age::Today]), (older, today));
    }

    #[test]
    fn what_is_taken_out_and_what_is_left_are_the_whole(cuts in prop::collection::btree_set(0_i64..1_000, 2..12)) {
        let instants: Vec<Timestamp> =
            cuts.iter().map(|second| Timestamp::from_second(*second).expect("in range")).collect();
        let whole = (instants[0], instants[instants.len() - 1]);
        let taken: Vec<_> = instants.windows(2).step_by(2).map(|pair| (pair[0], pair[1])).collect();
        let mut all = without(whole, &taken);
        all.extend(&taken);
        all.sort();
        prop_assert_eq!(all.first().map(|first| first.0), Some(whole.0));
        prop_assert_eq!(all.last().map(|last| last.1), Some(whole.1));
        prop_assert!(all.windows(2).all(|pair| pair[0].1 == pair[1].0));
    }

    #[test]
    fn windows_are_half_open(from in 0_i64..4_000_000_000, length in 1_i64..1_000_000_000) {
        let instant = |second| Timestamp::from_second(second).expect("in range");
        let bounds = Bounds {
            from: Some(Bound::Instant(instant(from))),
            to: Some(Bound::Instant(instant(from + length))),
            zone: Zone::utc(),
        };
        let window = bounds.window(Timestamp::UNIX_EPOCH).expect("it has an extent");
        prop_assert!(window.holds(window.from) && !window.holds(window.to));
        prop_assert!(!window.holds(window.from - SignedDuration::from_micros(1)));
        prop_assert!(window.holds(window.to - SignedDuration::from_micros(1)));
    }
}

#[test]
fn statistics_of_a_set_computed_on_paper() {
    // 60, 120, … 1200: rank 10 of 20 is 600, 18 is 1080, 19 is 1140, 20 is 1200.
    let values: Vec<i64> = (1..=20).map(|step| step * 60).collect();
    let s = sketch(&values).statistics();
    assert_eq!((s.p50, s.p90, s.p95, s.p99), (Some(600), Some(1080), Some(1140), Some(1200)));
    assert_eq!(s.mean, Some(630.0));
}

#[test]
fn nothing_counted_is_null_and_never_zero() {
    for name in Name::ALL {
        let answer = answer(*name, &[]);
        assert_eq!((answer.value.is_none(), answer.met(), answer.n), (true, None, 0), "{name}");
        if let Some(s) = answer.statistics {
            assert_eq!((s.mean, s.p50, s.p99), (None, None, None));
        }
    }
    let Detail::Responses(inner) = answer(Name::FirstResponseTime, &[]).detail else { panic!("responses") };
    assert_eq!(inner.within_target, None);
}

#[test]
fn overdue_tickets_lower_the_share_and_leave_the_median_alone() {
    let answered = |seconds, in_time| {
        let marks = Marks::default().with(Marks::IN_TIME_BUSINESS, in_time);
        entry(EntryKind::Answered, marks, Some(seconds))
    };
    let mut all =
        vec![answered(600, true), answered(1_799, true), answered(1_800, true), answered(1_800, false)];
    all.push(answered(2_400, false));
    all.extend(vec![entry(EntryKind::OverdueBusiness, Marks::default(), None); 3]);
    let alert = Entry { excluded: Some(Exclusion::Alerts), ..answered(5, true) };
    all.extend([alert.clone(), alert]);
    let answer = answer(Name::FirstResponseTime, &all);
    assert_eq!((answer.value, answer.n, answer.met()), (Some(Value::Seconds(1_800)), 5, Some(false)));
    let Detail::Responses(inner) = answer.detail else { panic!("responses") };
    // 600, 1799 and one of exactly 1800, of 5 answered and 3 overdue.
    assert_eq!((inner.within_target, inner.open_overdue), (Some(3.0 / 8.0), 3));
    let reasons: Vec<(Exclusion, u64)> = answer.excluded.into_iter().collect();
    assert_eq!(
        reasons,
        [
            (Exclusion::Alerts, 2),
            (Exclusion::Merged, 0),
            (Exclusion::Spam, 0),
            (Exclusion::WithoutPromise, 0)
        ]
    );
}

#[test]
fn only_overdue_tickets_make_a_share_of_nothing_in_time() {
    let answer =
        answer(Name::FirstResponseTime, &[entry(EntryKind::OverdueBusiness, Marks::default(), None)]);
    assert_eq!(answer.value, None, "nobody was answered");
    let Detail::Responses(inner) = answer.detail else { panic!("responses") };
    assert_eq!(inner.within_target, Some(0.0));
}

#[test]
fn satisfaction_of_a_set_computed_on_paper() {
    // 5, 5, 4, 2: mean 4, squares 70, variance (70 - 64) / 3 = 2, half 1.96 x sqrt(2 / 4) = 1.386.
    let mut all: Vec<Entry> =
        [5, 5, 4, 2].into_iter().map(|score| entry(EntryKind::Rated, Marks(score), None)).collect();
    all.extend(vec![entry(EntryKind::Surveyed, Marks::RATED, None); 4]);
    all.extend(vec![entry(EntryKind::Surveyed, Marks::default(), None); 4]);
    let answer = answer(Name::Satisfaction, &all);
    assert_eq!((answer.value, answer.n, answer.met()), (Some(Value::Score(4.0)), 4, Some(false)));
    let Detail::Satisfaction(said) = answer.detail else { panic!("satisfaction") };
    assert_eq!((said.distribution, said.positive), ([0, 1, 0, 1, 2], Some(0.75)));
    assert_eq!((said.sent, said.response_rate), (8, Some(0.5)));
    let (low, high) = said.interval.expect("more than one");
    assert!((low - 2.614_1).abs() < 1e-4 && (high - 5.0).abs() < 1e-9, "{low} {high}");
}

#[test]
fn every_number_says_what_it_is() {
    let resolved = |good: usize| {
        let mut all = vec![entry(EntryKind::Resolved, Marks::default(), None); good];
        all.extend(vec![entry(EntryKind::Resolved, Marks::REOPENED_SOON, None); 10 - good]);
        answer(Name::FirstLevelResolutionRate, &all).met()
    };
    assert_eq!(TARGETS.goal(Name::FirstResponseTime), Some(Goal::BelowSeconds(1_800)));
    assert_eq!(TARGETS.goal(Name::FirstLevelResolutionRate), Some(Goal::AboveFraction(0.8)));
    assert_eq!(TARGETS.goal(Name::Satisfaction), Some(Goal::AboveScore(4.0)));
    assert_eq!(TARGETS.goal(Name::ResolutionRate), None);
    assert_eq!((resolved(9), resolved(8)), (Some(true), Some(false)));
    for name in Name::ALL {
        for reason in name.exclusions() {
            let word = reason.as_str();
            assert!(name.definition().contains(word), "{name} explains {word}");
        }
    }
}

fn bounds(from: Option<&str>, to: Option<&str>, zone: &str) -> Bounds {
    let bound = |text: &str| text.parse::<Bound>().expect("a bound");
    Bounds { from: from.map(bound), to: to.map(bound), zone: zone.parse().expect("a zone") }
}

#[test]
fn dates_are_midnights_of_their_zone() {
    let window =
        bounds(Some("2024-03-31"), Some("2024-04-01"), "Europe/Berlin").window(at("2024-05-01T00:00:00Z"));
    let window = window.expect("a window");
    // The clocks go forward on that date: 23 hours.
    assert_eq!((window.from, window.to), (at("2024-03-30T23:00:00Z"), at("2024-03-31T22:00:00Z")));
    // São Paulo began this date at 01:00.
    let window = bounds(Some("2018-11-04"), Some("2018-11-05"), "America/Sao_Paulo")
        .window(at("2024-05-01T00:00:00Z"));
    assert_eq!(window.expect("a window").from, at("2018-11-04T03:00:00Z"));
    let mixed = bounds(Some("2024-05-01T02:00:00+02:00"), Some("2024-05-02"), "Etc/UTC");
    let window = mixed.window(at("2024-06-01T00:00:00Z")).expect("a window");
    assert_eq!((window.from, window.to), (at("2024-05-01T00:00:00Z"), at("2024-05-02T00:00:00Z")));
}

#[test]
fn the_usual_window_holds_what_has_just_happened() {
    let now = at("2024-05-31T12:00:00Z");
    let usual = bounds(None, None, "UTC");
    let window = usual.window(now).expect("a window");
    assert_eq!(window.from, at("2024-05-01T12:00:00Z"));
    assert!(window.holds(now) && !window.holds(now + SignedDuration::from_micros(1)));
    assert!(!usual.are_fixed() && bounds(None, Some("2024-05-01"), "UTC").are_fixed());
    let ended = bounds(None, Some("2024-05-31T00:00:00Z"), "UTC").window(now).expect("a window");
    assert_eq!(ended.from, at("2024-05-01T00:00:00Z"));
}

#[test]
fn a_window_without_extent_is_refused() {
    let now = at("2024-05-31T12:00:00Z");
    for (from, to) in [("2024-05-02", "2024-05-02"), ("2024-05-03", "2024-05-02T00:00:00Z")] {
        let fault = bounds(Some(from), Some(to), "UTC").window(now).expect_err("no window");
        assert!(matches!(fault, WindowFault::Empty { .. }), "{from} to {to}: {fault:?}");
    }
    let future =
        bounds(Some("2024-06-02"), None, "UTC").window(now).expect_err("it would end before it begins");
    assert!(matches!(future, WindowFault::NotBegun { .. }));
    let ancient = bounds(Some("0000-05-01"), None, "UTC").window(now).expect_err("before the year 1");
    assert_eq!(ancient, WindowFault::OutOfRange);
}

#[test]
fn what_is_no_bound_and_no_zone_is_refused() {
    for text in ["", "yesterday", "2024-13-01", "2024-02-30", "2024-05", "2024-05-01T12:00:00", "1714564800"]
    {
        assert!(text.parse::<Bound>().is_err(), "{text:?}");
    }
    for name in ["", "Mars/Phobos", "Etc/Unknown", "+02:00", "Europe/Berlin "] {
        assert!(name.parse::<Zone>().is_err(), "{name:?}");
    }
    let zone: Zone = "europe/berlin".parse().expect("names are found in any case");
    assert_eq!(zone.name(), "Europe/Berlin");
}

#[test]
fn a_window_is_provisional_while_its_tickets_may_come_back() {
    let window = bounds(Some("2024-05-01"), Some("2024-05-08"), "UTC").window(at("2024-05-01T00:00:00Z"));
    let window = window.expect("a window");
    assert!(window.is_provisional(at("2024-05-08T00:00:00Z")));
    assert!(window.is_provisional(at("2024-05-14T23:59:59Z")));
    assert!(!window.is_provisional(at("2024-05-15T00:00:00Z")));
}
