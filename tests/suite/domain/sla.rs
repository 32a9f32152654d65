//! Clocks under the shipped policy.

use jiff::{SignedDuration, Timestamp};
use support_engineer::domain::sla::{
    Catalogue, Clocks, Entry, Happening, Late, Metric, Opening, Policy, Rank, Reopen, SegmentKind, State,
    clocks,
};
use support_engineer::domain::vocabulary::{Priority, Status};

const SHIPPED: &str = include_str!("../../../config/sla.toml");

fn shipped() -> Policy {
    let catalogue = Catalogue::parse(SHIPPED).expect("the shipped document is valid");
    catalogue.policy("standard", 1).expect("the shipped policy").clone()
}

/// An instant of Monday, 3 June 2024.
fn at(time: &str) -> Timestamp {
    format!("2024-06-03T{time}Z").parse().expect("an instant")
}

fn opened(time: &str, priority: Priority) -> Opening {
    Opening { at: at(time), opened_by_agent: false, priority: priority.into(), status: Status::New }
}

fn history(entries: &[(&str, Happening)]) -> Vec<Entry> {
    entries.iter().map(|(time, what)| Entry { at: at(time), order: 0, what: *what }).collect()
}

fn look(policy: &Policy, opening: Opening, entries: &[(&str, Happening)], now: &str) -> Clocks {
    clocks(policy, &opening, &history(entries), at(now))
}

fn state(clocks: &Clocks, metric: Metric) -> (State, Option<Timestamp>, Option<Timestamp>) {
    let clock = clocks.current(metric).expect("the clock exists");
    (clock.state, clock.due_at, clock.breached_at)
}

#[test]
fn the_shipped_targets() {
    let policy = shipped();
    let expected = [
        (Priority::P1, [900, 1_800, 14_400], "around-the-clock"),
        (Priority::P2, [1_800, 3_600, 28_800], "business-hours"),
        (Priority::P3, [1_800, 14_400, 86_400], "business-hours"),
        (Priority::P4, [1_800, 28_800, 144_000], "business-hours"),
    ];
    for (priority, seconds, calendar) in expected {
        for (metric, seconds) in Metric::ALL.iter().zip(seconds) {
            let target = policy.target(*metric, priority.into()).expect("every metric is promised");
            assert_eq!((target.seconds, target.schedule.reference.key.as_str()), (seconds, calendar));
        }
    }
}

#[test]
fn a_p1_runs_around_the_clock_and_a_p3_does_not() {
    let policy = shipped();
    let p1 = look(&policy, opened("20:00:00", Priority::P1), &[], "20:00:00");
    assert_eq!(state(&p1, Metric::FirstResponse), (State::Running, Some(at("20:15:00")), None));
    let p3 = look(&policy, opened("20:00:00", Priority::P3), &[], "20:00:00");
    let due = "2024-06-04T08:30:00Z".parse().ok();
    assert_eq!(state(&p3, Metric::FirstResponse), (State::Running, due, None));
    // The calendar goes with the target when the priority changes.
    let raised = [("20:30:00", Happening::Priority(Priority::P1.into()))];
    let raised = look(&policy, opened("20:00:00", Priority::P3), &raised, "20:30:00");
    let late = Some(at("20:30:00"));
    assert_eq!(state(&raised, Metric::FirstResponse), (State::Breached, Some(at("20:15:00")), late));
    assert_eq!(raised.resolution[0].calendar.key, "around-the-clock");
    assert_eq!(raised.resolution[0].business_seconds, 1_800);
}

#[test]
fn the_deadline_itself_is_on_time() {
    let policy = shipped();
    for (reply, expected) in [
        ("10:30:00", (State::Met, None)),
        ("10:30:00.001", (State::Breached, Some(at("10:30:00")))),
        ("10:30:00.000001", (State::Breached, Some(at("10:30:00")))),
    ] {
        let clocks =
            look(&policy, opened("10:00:00", Priority::P2), &[(reply, Happening::AgentMessage)], "23:00:00");
        let (state, due, breached) = state(&clocks, Metric::FirstResponse);
        assert_eq!((state, breached), expected, "{reply}");
        assert_eq!(due, Some(at("10:30:00")));
        assert_eq!(clocks.first_response.and_then(|clock| clock.stopped_at), Some(at(reply)));
    }
    let running = look(&policy, opened("10:00:00", Priority::P2), &[], "10:30:00");
    assert_eq!(state(&running, Metric::FirstResponse).0, State::Running);
    let late = look(&policy, opened("10:00:00", Priority::P2), &[], "10:30:00.000001");
    assert_eq!(state(&late, Metric::FirstResponse).2, Some(at("10:30:00")));
}

#[test]
fn a_deadline_at_closing_is_late_afterwards_unless_the_policy_counts_what_was_used() {
    let mut policy = shipped();
    let opening = opened("17:30:00", Priority::P2);
    let evening = [("20:00:00", Happening::AgentMessage)];
    let strict = look(&policy, opening, &evening, "20:00:00");
    assert_eq!(
        state(&strict, Metric::FirstResponse),
        (State::Breached, Some(at("18:00:00")), Some(at("18:00:00")))
    );
    policy.rules.late = Late::OverTarget;
    let lenient = look(&policy, opening, &evening, "20:00:00");
    assert_eq!(state(&lenient, Metric::FirstResponse), (State::Met, Some(at("18:00:00")), None));
    assert_eq!(lenient.first_response.map(|clock| clock.business_seconds), Some(1_800));
}

#[test]
fn a_breach_stays_and_a_met_clock_stays_met() {
    let policy = shipped();
    let p = |priority: Priority| Happening::Priority(priority.into());
    let lowered = [("14:30:00", p(Priority::P4)), ("15:00:00", Happening::Status(Status::Resolved))];
    let clocks = look(&policy, opened("10:00:00", Priority::P1), &lowered, "15:00:00");
    assert_eq!(state(&clocks, Metric::Resolution).0, State::Breached);
    assert_eq!(state(&clocks, Metric::Resolution).2, Some(at("14:00:00")));
    let raised = [("10:25:00", Happening::AgentMessage), ("10:26:00", p(Priority::P1))];
    let clocks = look(&policy, opened("10:00:00", Priority::P3), &raised, "23:00:00");
    let first = clocks.first_response.as_ref().expect("the clock exists");
    assert_eq!((first.state, first.target_seconds), (State::Met, Some(1_800)));
}

#[test]
fn the_priority_loses_its_target() {
    let policy = shipped();
    let gone = [("10:10:00", Happening::Priority(Rank(9)))];
    let clocks = look(&policy, opened("10:00:00", Priority::P3), &gone, "12:00:00");
    for metric in [Metric::FirstResponse, Metric::Resolution] {
        let clock = clocks.current(metric).expect("it still measures");
        assert_eq!((clock.state, clock.due_at, clock.target_seconds), (State::Running, None, None));
        assert_eq!(clock.business_seconds, 7_200);
    }
}

#[test]
fn an_agent_opens_and_the_requester_writes_first() {
    let policy = shipped();
    let opening = Opening { opened_by_agent: true, ..opened("10:00:00", Priority::P2) };
    let mut entries = vec![("10:05:00", Happening::AgentMessage)];
    assert!(look(&policy, opening, &entries, "11:00:00").first_response.is_none());
    entries.push(("12:00:00", Happening::RequesterMessage));
    let waiting = look(&policy, opening, &entries, "12:00:00");
    assert_eq!(state(&waiting, Metric::FirstResponse), (State::Running, Some(at("12:30:00")), None));
    assert!(waiting.next_response.is_empty());
    entries.push(("12:10:00", Happening::AgentMessage));
    entries.push(("13:00:00", Happening::RequesterMessage));
    entries.push(("13:20:00", Happening::RequesterMessage));
    entries.push(("13:30:00", Happening::AgentMessage));
    entries.push(("14:00:00", Happening::RequesterMessage));
    let clocks = look(&policy, opening, &entries, "15:00:00");
    assert_eq!(state(&clocks, Metric::FirstResponse).0, State::Met);
    let next: Vec<_> = clocks.next_response.iter().map(|c| (c.cycle, c.state, c.business_seconds)).collect();
    assert_eq!(next, [(1, State::Met, 1_800), (2, State::Running, 3_600)]);
}

#[test]
fn resolved_reopened_and_resolved_again() {
    let mut policy = shipped();
    let entries = [
        ("09:00:00", Happening::Status(Status::Resolved)),
        ("11:00:00", Happening::Status(Status::Open)),
        ("12:00:00", Happening::Status(Status::Resolved)),
        ("13:00:00", Happening::Status(Status::Closed)),
    ];
    let expected = [
        (Reopen::Resume, vec![7_200]),
        (Reopen::Restart, vec![3_600, 3_600]),
        (Reopen::CountSolved, vec![14_400]),
    ];
    for (reopen, business) in expected {
        policy.rules.reopen = reopen;
        let clocks = look(&policy, opened("08:00:00", Priority::P2), &entries, "17:00:00");
        let used: Vec<_> = clocks.resolution.iter().map(|clock| clock.business_seconds).collect();
        assert_eq!(used, business, "{reopen}");
        assert_eq!(clocks.first_resolved_at, Some(at("09:00:00")));
        assert_eq!(clocks.last_resolved_at, Some(at("12:00:00")));
        assert_eq!(clocks.resolution.last().and_then(|clock| clock.stopped_at), Some(at("12:00:00")));
        // Nobody ever answered, and nobody will: the clock did not run while resolved.
        let first = clocks.first_response.as_ref().expect("the clock exists");
        assert_eq!(first.state, State::Breached);
    }
}

#[test]
fn a_merged_ticket_has_no_clocks_left() {
    let policy = shipped();
    let entries = [
        ("10:10:00", Happening::AgentMessage),
        ("10:20:00", Happening::RequesterMessage),
        ("10:30:00", Happening::Cancelled),
        ("10:40:00", Happening::AgentMessage),
        ("10:50:00", Happening::Status(Status::Open)),
    ];
    let clocks = look(&policy, opened("10:00:00", Priority::P2), &entries, "17:00:00");
    assert_eq!(state(&clocks, Metric::FirstResponse).0, State::Met);
    for metric in [Metric::NextResponse, Metric::Resolution] {
        let clock = clocks.current(metric).expect("the clock exists");
        assert_eq!((clock.state, clock.stopped_at), (State::Cancelled, Some(at("10:30:00"))));
    }
}

#[test]
fn segments_tell_the_whole_life_of_a_clock() {
    let policy = shipped();
    let entries = [
        ("17:00:00", Happening::Status(Status::Pending)),
        ("17:30:00", Happening::Status(Status::Open)),
        ("19:00:00", Happening::Status(Status::OnHold)),
        ("20:00:00", Happening::Status(Status::Open)),
    ];
    let clocks = look(&policy, opened("16:00:00", Priority::P3), &entries, "21:00:00");
    let told: Vec<_> = clocks.resolution[0]
        .segments()
        .iter()
        .map(|segment| (segment.from, segment.to, segment.kind, segment.business_seconds))
        .collect();
    assert_eq!(
        told,
        [
            (at("16:00:00"), at("17:00:00"), SegmentKind::Running, 3_600),
            (at("17:00:00"), at("17:30:00"), SegmentKind::Paused, 0),
            (at("17:30:00"), at("18:00:00"), SegmentKind::Running, 1_800),
            (at("18:00:00"), at("19:00:00"), SegmentKind::OutsideHours, 0),
            (at("19:00:00"), at("20:00:00"), SegmentKind::Paused, 0),
            (at("20:00:00"), at("21:00:00"), SegmentKind::OutsideHours, 0),
        ]
    );
    assert_eq!(clocks.resolution[0].elapsed_seconds, 3 * 3_600 + 1_800);
    // What is left of 24 h goes on next morning: 22 h 30 m from 08:00 are over on Thursday.
    assert_eq!(clocks.resolution[0].due_at, "2024-06-06T10:30:00Z".parse().ok());
}

#[test]
fn ages_and_crowds_cost_little() {
    let policy = shipped();
    let opening = Opening {
        at: "1000-01-01T00:00:00Z".parse().expect("an instant"),
        ..opened("10:00:00", Priority::P3)
    };
    let far: Timestamp = "9999-12-30T00:00:00Z".parse().expect("an instant");
    let old = clocks(&policy, &opening, &[], far);
    let segments = old.resolution[0].segments();
    assert!(segments.len() < 3_000);
    let told: i64 = segments.iter().map(|segment| segment.business_seconds).sum();
    assert_eq!(told, old.resolution[0].business_seconds);
    let what = [
        Happening::Status(Status::Pending),
        Happening::Priority(Priority::P1.into()),
        Happening::Status(Status::Open),
        Happening::RequesterMessage,
        Happening::Priority(Priority::P4.into()),
        Happening::AgentMessage,
    ];
    let minute = SignedDuration::from_mins(1);
    let crowd: Vec<Entry> = (0..60_000_i32)
        .zip(what.iter().cycle())
        .map(|(index, what)| Entry { at: at("10:00:00") + minute * index, order: 0, what: *what })
        .collect();
    let clocks = clocks(&policy, &opened("10:00:00", Priority::P3), &crowd, at("10:00:00") + minute * 60_000);
    assert_eq!(clocks.next_response.len(), 9_999);
}
