//! What a chosen persona needs, why a rule decided, and laws that every answer obeys.

use proptest::prelude::*;
use support_engineer::domain::escalation::{FIRST_LEVEL, Question, Situation, missing, team_of};
use support_engineer::domain::vocabulary::{
    Category, Channel, EvidenceKind, Persona, Priority, Scope, Severity, TicketType,
};

use super::matrix::{out_of_scope, said, shipped};

use EvidenceKind::{
    ActualResult, AffectedData, AffectedScope, BusinessImpact, ErrorLog, ExpectedResult, ImpactAssessment,
    IncidentDetails, ReproductionSteps, SystemMetrics, UserNeedsAssessment, UserWorkflow,
};

#[test]
fn security_stays_confidential_whatever_else_is_said() {
    let matrix = shipped();
    for situation in Situation::ALL {
        let route = matrix.route(&said(Category::Security, *situation));
        assert_eq!(route.persona, Persona::SecurityEngineer);
        assert!(route.restricted);
    }
    let chosen = matrix.requirement(Persona::Developer, &Question::about(Category::Security));
    assert!(chosen.restricted, "another persona does not open the ticket");
    assert_eq!(chosen.required_context, [ReproductionSteps, ErrorLog]);
}

#[test]
fn a_persona_chosen_by_name_has_its_own_requirements() {
    let matrix = shipped();
    let question = Question::about(Category::Performance);
    let rows: &[(Persona, &[EvidenceKind], Option<Persona>)] = &[
        (Persona::Developer, &[ReproductionSteps, ErrorLog], Some(Persona::HumanSupport)),
        (Persona::Devops, &[SystemMetrics], Some(Persona::Developer)),
        (Persona::SystemAdministrator, &[ImpactAssessment], Some(Persona::HumanSupport)),
        (Persona::ProductOwner, &[UserNeedsAssessment], Some(Persona::BusinessAnalyst)),
        (
            Persona::SoftwareTester,
            &[ReproductionSteps, ExpectedResult, ActualResult],
            Some(Persona::Developer),
        ),
        (Persona::BusinessAnalyst, &[UserWorkflow, BusinessImpact], Some(Persona::ProductOwner)),
        (Persona::DataEngineer, &[AffectedData, ErrorLog], Some(Persona::Developer)),
        (Persona::SecurityEngineer, &[IncidentDetails, AffectedScope], Some(Persona::HumanSupport)),
        (Persona::EnterpriseArchitect, &[UserNeedsAssessment], Some(Persona::ProductOwner)),
        (Persona::HumanSupport, &[], None),
    ];
    assert_eq!(rows.len(), Persona::ALL.len());
    for (persona, required, fallback) in rows {
        let requirement = matrix.requirement(*persona, &question);
        assert_eq!(requirement.persona, *persona);
        assert_eq!(requirement.team, team_of(*persona));
        assert_eq!(requirement.required_context, *required, "{persona}");
        assert_eq!(requirement.fallback, *fallback, "{persona}");
    }
}

#[test]
fn the_row_that_fits_the_ticket_best_is_taken_for_a_chosen_persona() {
    let matrix = shipped();
    let other = Question::about(Category::Other);
    assert_eq!(matrix.requirement(Persona::Developer, &other).rule, matrix.route(&other).rule);
    let infrastructure = Question::about(Category::Infrastructure);
    let devops = matrix.requirement(Persona::Devops, &infrastructure);
    assert_eq!(devops.required_context, [SystemMetrics, ErrorLog]);
    let administrator = matrix.requirement(Persona::SystemAdministrator, &infrastructure);
    assert_eq!(administrator.rule, "other_infrastructure");
    let refused = out_of_scope(Category::FeatureRequest, Some(Persona::Developer));
    assert!(matrix.requirement(Persona::Developer, &refused).required_context.is_empty());
}

#[test]
fn the_runner_up_is_the_next_rule_for_somebody_else() {
    let matrix = shipped();
    let runner_up =
        |question: &Question| matrix.route(question).runner_up.map(|second| (second.persona, second.rule));
    assert_eq!(
        runner_up(&Question::about(Category::Infrastructure)),
        Some((Persona::SystemAdministrator, "other_infrastructure".to_owned()))
    );
    assert_eq!(
        runner_up(&said(Category::Data, Situation::CannotReproduce)),
        Some((Persona::DataEngineer, "data".to_owned()))
    );
    assert_eq!(runner_up(&Question::about(Category::Other)), None);
}

#[test]
fn reasons_name_what_was_looked_at() {
    let matrix = shipped();
    let reasons = matrix.route(&said(Category::Access, Situation::BeyondFirstLevel)).reasons;
    assert!(reasons.contains(&"Its category is access.".to_owned()), "{reasons:?}");
    assert!(reasons.contains(&"It is said that first level cannot fix it.".to_owned()), "{reasons:?}");
    let reasons = matrix.route(&out_of_scope(Category::Other, Some(Persona::Devops))).reasons;
    assert!(reasons.contains(&"Triage found it to be work of devops.".to_owned()), "{reasons:?}");
    let reasons = matrix.route(&Question::about(Category::HowTo)).reasons;
    assert!(reasons.iter().any(|reason| reason.starts_with("First level keeps it")), "{reasons:?}");
}

#[test]
fn only_required_kinds_can_be_missing() {
    let required = [ReproductionSteps, ErrorLog];
    assert_eq!(missing(&required, &[]), required);
    assert_eq!(missing(&required, &[ErrorLog, SystemMetrics]), [ReproductionSteps]);
    assert_eq!(missing(&required, &[ErrorLog, ReproductionSteps, ErrorLog]), []);
    assert_eq!(missing(&[ErrorLog, ErrorLog], &[]), [ErrorLog]);
    assert_eq!(missing(&[], &[ErrorLog]), []);
}

fn any_of<T: Copy + std::fmt::Debug + 'static>(values: &'static [T]) -> impl Strategy<Value = T> {
    proptest::sample::select(values)
}

fn questions() -> impl Strategy<Value = Question> {
    let who = proptest::option::of(any_of(Persona::ALL));
    let what = proptest::option::of(any_of(Situation::ALL));
    let facts = (any_of(Severity::ALL), any_of(Priority::ALL), any_of(Channel::ALL));
    let kind = (any_of(Category::ALL), any_of(Scope::ALL), any_of(TicketType::ALL));
    (kind, facts, who, what).prop_map(|(kind, facts, out_of_scope_persona, situation)| Question {
        category: kind.0,
        scope: kind.1,
        ticket_type: kind.2,
        severity: facts.0,
        priority: facts.1,
        channel: facts.2,
        out_of_scope_persona,
        situation,
    })
}

proptest! {
    #[test]
    fn every_question_has_a_whole_answer(question in questions(), chosen in any_of(Persona::ALL)) {
        let matrix = shipped();
        let route = matrix.route(&question);
        prop_assert_ne!(route.persona, route.fallback);
        prop_assert!(route.acknowledge_within_seconds > 0);
        prop_assert!(!route.reasons.is_empty());
        prop_assert!(!(route.automatic && route.held_at_first_level));
        prop_assert_eq!(route.restricted, question.category == Category::Security);
        prop_assert!(matrix.rules().any(|rule| rule.id == route.rule));
        if let Some(second) = &route.runner_up {
            prop_assert_ne!(second.persona, route.persona);
            prop_assert_ne!(&second.rule, &route.rule);
        }
        let proposal = matrix.propose(&question);
        prop_assert_eq!(proposal.persona.is_none(), proposal.route.held_at_first_level);
        prop_assert_eq!(proposal.automatic, proposal.team != FIRST_LEVEL);

        let requirement = matrix.requirement(chosen, &question);
        prop_assert_ne!(requirement.fallback, Some(chosen));
        prop_assert_eq!(requirement.fallback.is_none(), chosen == Persona::HumanSupport);
        if chosen == route.persona {
            prop_assert_eq!(requirement.required_context, route.required_context);
            prop_assert_eq!(requirement.rule, route.rule);
        }
    }

    #[test]
    fn more_urgent_is_never_given_more_time(question in questions()) {
        let matrix = shipped();
        let seconds = |priority| {
            matrix.route(&Question { priority, ..question.clone() }).acknowledge_within_seconds
        };
        let all: Vec<i64> = Priority::ALL.iter().copied().map(seconds).collect();
        prop_assert!(all.is_sorted(), "{all:?}");
    }
}
