//! Laws of the clocks, and an oracle that looks at every single second.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use support_engineer::domain::calendar::{Calendar, CalendarSpec};
use support_engineer::domain::sla::{
    CalendarRef, Clock, Clocks, Conditions, Entry, Happening, Late, Metric, Opening, Origin, Policy, Rank,
    Reopen, Replay, Rules, Schedule, State, Target, clocks, clocks_under,
};
use support_engineer::domain::vocabulary::Status;

const SPAN: i64 = 20 * 3_600;

fn start() -> Timestamp {
    "2024-06-03T05:00:00Z".parse().expect("an instant")
}

fn second(at: i64) -> Timestamp {
    start() + SignedDuration::from_secs(at)
}

/// Open from 08:00 to 12:00 and from 13:00 to 18:00, that is, 10,800 seconds after the start.
fn office() -> Schedule {
    let hours = |from: &str, to: &str| [from.to_owned(), to.to_owned()];
    let weekly = [("mon".to_owned(), vec![hours("08:00", "12:00"), hours("13:00", "18:00")])].into();
    let spec = CalendarSpec { time_zone: "Etc/UTC".to_owned(), weekly, ..CalendarSpec::default() };
    let calendar = Calendar::build(spec).expect("a valid calendar");
    Schedule { reference: CalendarRef { key: "office".to_owned(), version: 1 }, calendar }
}

fn always() -> Schedule {
    Schedule { reference: CalendarRef { key: "always".to_owned(), version: 1 }, calendar: Calendar::always() }
}

fn status() -> impl Strategy<Value = Status> {
    prop::sample::select(Status::ALL)
}

fn policy() -> impl Strategy<Value = Policy> {
    let pauses = || {
        prop::collection::btree_set(
            prop::sample::select(vec![Status::Pending, Status::OnHold, Status::New]),
            0..3,
        )
    };
    let rules = (
        pauses(),
        pauses(),
        pauses(),
        prop::sample::select(Reopen::ALL),
        any::<bool>(),
        prop::sample::select(Late::ALL),
    );
    let targets = prop::collection::vec((1..40_000_i64, any::<bool>()), 6);
    (rules, targets).prop_map(|(rules, targets)| {
        let (first, next, resolution, reopen, counts_first, late) = rules;
        let places = (0..2).map(Rank).flat_map(|rank| Metric::ALL.iter().map(move |metric| (rank, *metric)));
        let target = |(seconds, open)| Target { seconds, schedule: if open { always() } else { office() } };
        Policy {
            key: "law".to_owned(),
            name: "Law".to_owned(),
            version: 1,
            origin: Origin::Shipped,
            conditions: Conditions::default(),
            rules: Rules {
                first_response_pauses_in: first,
                next_response_pauses_in: next,
                resolution_pauses_in: resolution,
                reopen,
                next_response_counts_first_message: counts_first,
                late,
            },
            schedule: office(),
            targets: places.zip(targets.into_iter().map(target)).collect(),
        }
    })
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        2 => Just(Happening::AgentMessage),
        2 => Just(Happening::RequesterMessage),
        6 => status().prop_map(Happening::Status),
        // The third priority has no targets.
        2 => (0..3_u16).prop_map(|rank| Happening::Priority(Rank(rank))),
        2 => (0..2_usize, prop::option::of((0..3_u16).prop_map(Rank)))
            .prop_map(|(place, priority)| Happening::Policy { place, priority }),
        1 => Just(Happening::Cancelled),
    ]
}

fn opening() -> impl Strategy<Value = Opening> {
    (any::<bool>(), 0..2_u16, status()).prop_map(|(opened_by_agent, rank, status)| Opening {
        at: start(),
        opened_by_agent,
        priority: Rank(rank),
        status,
    })
}

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    prop::collection::vec((0..SPAN / 60, happening()), 0..14).prop_map(|mut list| {
        list.sort_by_key(|(minute, _)| *minute);
        let entry = |(order, (minute, what))| Entry { at: second(minute * 60), order, what };
        (0..).zip(list).map(entry).collect()
    })
}

fn is_over(status: Status) -> bool {
    matches!(status, Status::Resolved | Status::Closed)
}

/// The first resolution cycle, second by second, in the words of the rules.
struct Watch<'p> {
    policy: &'p Policy,
    later: &'p [Policy],
    open: &'p [bool],
    promised: Option<&'p Target>,
    /// The seconds that counted.
    ran: Vec<i64>,
    /// How many of them were within office hours.
    ran_open: i64,
    /// The seconds since it stopped.
    while_solved: Vec<i64>,
    breached: Option<i64>,
    stopped: Option<i64>,
    ended: bool,
}

impl Watch<'_> {
    fn in_office(&self) -> bool {
        self.promised.is_none_or(|target| target.schedule.reference.key == "office")
    }

    fn used(&self) -> i64 {
        if self.in_office() { self.ran_open } else { i64::try_from(self.ran.len()).expect("few") }
    }

    fn run(&mut self, second: i64) {
        self.ran.push(second);
        self.ran_open += i64::from(self.open[usize::try_from(second).expect("not before the start")]);
    }

    /// The end of the second that used up the target, if more has been used.
    fn overdue(&self) -> Option<i64> {
        let target = self.promised.filter(|target| self.used() > target.seconds)?;
        let counted = |second: &&i64| !self.in_office() || self.open[usize::try_from(**second).expect("few")];
        let last =
            self.ran.iter().filter(counted).nth(usize::try_from(target.seconds - 1).expect("positive"));
        last.map(|second| second + 1)
    }

    /// A change at `at` made it late, if it is.
    fn judge_change(&mut self, at: i64) {
        self.breached = self.breached.or(self.overdue().map(|_| at));
    }

    fn retarget(&mut self, at: i64, rank: Rank) {
        let target = self.policy.target(Metric::Resolution, rank);
        if self.stopped.is_none() && target != self.promised {
            self.promised = target;
            self.judge_change(at);
        }
    }

    fn moved(&mut self, at: i64, was: Status, to: Status, rank: Rank) {
        if is_over(to) && !is_over(was) {
            self.stopped = Some(at);
        } else if is_over(was) && !is_over(to) {
            if self.policy.rules.reopen == Reopen::Restart {
                self.ended = true;
                return;
            }
            self.stopped = None;
            let solved = std::mem::take(&mut self.while_solved);
            if self.policy.rules.reopen == Reopen::CountSolved {
                for second in solved {
                    self.run(second);
                }
            }
            self.promised = self.policy.target(Metric::Resolution, rank);
            self.judge_change(at);
        }
    }
}

fn watch<'p>(
    policy: &'p Policy,
    later: &'p [Policy],
    open: &'p [bool],
    opening: &Opening,
    entries: &[Entry],
    now: i64,
) -> Watch<'p> {
    let (mut status, mut rank) = (opening.status, opening.priority);
    let mut watch = Watch {
        policy,
        later,
        open,
        promised: policy.target(Metric::Resolution, rank),
        ran: Vec::new(),
        ran_open: 0,
        while_solved: Vec::new(),
        breached: None,
        stopped: is_over(status).then_some(0),
        ended: false,
    };
    let mut left = entries.iter().peekable();
    for at in 0..=now {
        if watch.stopped.is_none() && watch.breached.is_none() {
            watch.breached = watch.overdue();
        }
        while let Some(entry) = left.next_if(|entry| entry.at <= second(at)) {
            match entry.what {
                _ if watch.ended => {}
                Happening::Cancelled => {
                    watch.ended = true;
                    watch.stopped = watch.stopped.or(Some(at));
                }
                Happening::Priority(to) => {
                    rank = to;
                    watch.retarget(at, rank);
                }
                Happening::Policy { place, priority } => {
                    rank = priority.unwrap_or(rank);
                    watch.policy = &watch.later[place];
                    watch.retarget(at, rank);
                }
                Happening::Status(to) => {
                    watch.moved(at, status, to, rank);
                    status = to;
                }
                Happening::AgentMessage | Happening::RequesterMessage => {}
            }
        }
        if at < now && watch.stopped.is_some() {
            watch.while_solved.push(at);
        } else if at < now && !watch.policy.rules.pauses(Metric::Resolution, status) {
            watch.run(at);
        }
    }
    watch
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_second_stepping_oracle_agrees(
        mut policies in prop::collection::vec(policy(), 3), opening in opening(), entries in entries(), now in 0..SPAN
    ) {
        // How it differs from the deadline is a test of its own.
        for policy in &mut policies {
            policy.rules.late = Late::OverTarget;
        }
        let (policy, later) = policies.split_first().expect("three policies");
        let office = office();
        let open: Vec<bool> = (0..=SPAN).map(|at| office.calendar.is_open(second(at))).collect();
        let watched = watch(policy, later, &open, &opening, &entries, now);
        let clocks = clocks_under(policy, later, &opening, &entries, second(now));
        let clock = &clocks.resolution[0];
        prop_assert_eq!(clock.business_seconds, watched.used());
        prop_assert_eq!(clock.stopped_at, watched.stopped.map(second));
        prop_assert_eq!(clock.breached_at, watched.breached.map(second));
    }
}

fn whole(clock: &Clock) -> Result<(), TestCaseError> {
    let segments = clock.segments();
    let mut at = clock.started_at;
    for segment in &segments {
        prop_assert_eq!(segment.from, at, "no hole and no overlap");
        prop_assert!(segment.from < segment.to);
        at = segment.to;
    }
    prop_assert!(clock.stopped_at.is_none_or(|stopped| stopped == at));
    let told: i64 = segments.iter().map(|segment| segment.business_seconds).sum();
    prop_assert_eq!(told, clock.business_seconds);
    prop_assert!(clock.elapsed_seconds >= clock.business_seconds);
    Ok(())
}

fn resolution_due(clocks: &Clocks) -> Option<Timestamp> {
    clocks.resolution.first().and_then(|clock| clock.due_at)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn segments_are_whole(policy in policy(), opening in opening(), entries in entries(), now in 0..SPAN) {
        for clock in clocks(&policy, &opening, &entries, second(now)).iter() {
            whole(clock)?;
        }
    }

    #[test]
    fn all_of_a_running_target_is_used_up_at_its_deadline(
        policy in policy(), opening in opening(), entries in entries(), now in 0..SPAN
    ) {
        // Also as each thing happens: what goes on then is known at once.
        for now in entries.iter().map(|entry| entry.at).chain([second(now)]) {
            let clocks = clocks(&policy, &opening, &entries, now);
            for clock in clocks.iter().filter(|clock| clock.state == State::Running) {
                prop_assert_eq!(clock.used_up(100), clock.due_at, "{:?} at {}", clock, now);
                prop_assert!(clock.used_up(50) <= clock.used_up(100));
            }
        }
    }

    #[test]
    fn the_given_order_does_not_matter(
        policy in policy(), opening in opening(), mut entries in entries(), now in 0..SPAN, seed in any::<u64>()
    ) {
        let expected = clocks(&policy, &opening, &entries, second(now));
        let key = |entry: &Entry| entry.order.unsigned_abs().wrapping_add(1).wrapping_mul(seed | 1).rotate_left(17);
        entries.sort_by_key(key);
        prop_assert_eq!(clocks(&policy, &opening, &entries, second(now)), expected);
    }

    #[test]
    fn equal_times_keep_their_order(policy in policy(), opening in opening(), what in prop::collection::vec(happening(), 0..8)) {
        let entry = |(order, what): (i64, &Happening)| Entry { at: second(20_000), order, what: *what };
        let ordered: Vec<Entry> = (0..).zip(&what).map(entry).collect();
        let reversed: Vec<Entry> = ordered.iter().rev().copied().collect();
        let unordered: Vec<Entry> = ordered.iter().map(|entry| Entry { order: 0, ..*entry }).collect();
        let mut replay = Replay::new(&policy, &opening);
        for entry in &ordered {
            replay.apply(entry.at, entry.what);
        }
        let now = second(30_000);
        let stepped = replay.clocks(now);
        prop_assert_eq!(&clocks(&policy, &opening, &ordered, now), &stepped);
        prop_assert_eq!(&clocks(&policy, &opening, &reversed, now), &stepped);
        prop_assert_eq!(&clocks(&policy, &opening, &unordered, now), &stepped);
    }

    #[test]
    fn what_happens_later_changes_no_answer_of_before(
        policy in policy(), opening in opening(), entries in entries(), now in 0..SPAN
    ) {
        let before: Vec<Entry> = entries.iter().copied().filter(|entry| entry.at <= second(now)).collect();
        prop_assert_eq!(
            clocks(&policy, &opening, &entries, second(now)),
            clocks(&policy, &opening, &before, second(now))
        );
    }

    #[test]
    fn a_breach_once_recorded_stays(policy in policy(), opening in opening(), entries in entries(), now in 0..SPAN) {
        let before = clocks(&policy, &opening, &entries, second(now));
        let after = clocks(&policy, &opening, &entries, second(SPAN));
        for clock in before.iter().filter(|clock| clock.breached_at.is_some()) {
            let same = after.iter().find(|later| (later.metric, later.cycle) == (clock.metric, clock.cycle));
            prop_assert_eq!(same.and_then(|later| later.breached_at), clock.breached_at);
        }
    }

    #[test]
    fn pausing_never_brings_a_deadline_nearer(policy in policy(), from in 0..SPAN, length in 1..SPAN) {
        let mut policy = policy;
        policy.rules.resolution_pauses_in = [Status::Pending].into();
        let opening = Opening { at: start(), opened_by_agent: false, priority: Rank(0), status: Status::Open };
        let now = second(2 * SPAN);
        let entry = |at, status| Entry { at: second(at), order: 0, what: Happening::Status(status) };
        let pause = [entry(from, Status::Pending), entry(from + length, Status::Open)];
        let plain = resolution_due(&clocks(&policy, &opening, &[], now)).expect("running clocks have a deadline");
        let paused = resolution_due(&clocks(&policy, &opening, &pause, now)).expect("running clocks have a deadline");
        prop_assert!(paused >= plain);
        let calendar = &policy.target(Metric::Resolution, Rank(0)).expect("a target").schedule.calendar;
        if plain > second(from) {
            // Exactly what the pause took of the business time is added to it.
            let lost = calendar.elapsed(second(from), second(from + length));
            prop_assert_eq!(calendar.elapsed(plain, paused), lost);
        } else {
            prop_assert_eq!(paused, plain, "it had already passed");
        }
    }

    #[test]
    fn a_longer_target_is_due_later(policy in policy(), opening in opening(), entries in entries(), now in 0..SPAN) {
        let mut longer = policy.clone();
        for target in longer.targets.values_mut() {
            target.seconds += 1;
        }
        let clocks = |policy| clocks(policy, &opening, &entries, second(now));
        for (near, far) in clocks(&policy).iter().zip(clocks(&longer).iter()) {
            if let (Some(near), Some(far)) = (near.due_at, far.due_at) {
                prop_assert!(near < far);
            }
            prop_assert!(near.breached_at.is_some() || far.breached_at.is_none());
        }
    }
}
