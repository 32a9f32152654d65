//! The shipped matrix against the table of the domain, row by row.

use support_engineer::domain::escalation::{FIRST_LEVEL, Matrix, Question, Situation};
use support_engineer::domain::vocabulary::{
    Category, Channel, EvidenceKind, Persona, Scope, Severity, TicketType,
};

use EvidenceKind::{
    ActualResult, AffectedData, AffectedScope, BusinessImpact, ErrorLog, ExpectedResult, ImpactAssessment,
    IncidentDetails, ReproductionSteps, SystemMetrics, UserNeedsAssessment, UserWorkflow,
};

pub(super) const SHIPPED: &str = include_str!("../../../../config/escalation.toml");

pub(super) fn shipped() -> Matrix {
    Matrix::parse(SHIPPED).expect("the shipped matrix has no fault")
}

pub(super) fn out_of_scope(category: Category, persona: Option<Persona>) -> Question {
    Question { scope: Scope::OutOfScope, out_of_scope_persona: persona, ..Question::about(category) }
}

pub(super) fn said(category: Category, situation: Situation) -> Question {
    Question { situation: Some(situation), ..Question::about(category) }
}

/// Asserts a row of the table: to whom, with which context, with which fallback.
fn assert_row(question: &Question, persona: Persona, required: &[EvidenceKind], fallback: Persona) {
    let route = shipped().route(question);
    assert_eq!((route.persona, route.fallback), (persona, fallback), "{question:?}");
    assert_eq!(route.team, persona.as_str(), "{question:?}");
    assert_eq!(route.required_context, required, "{question:?}");
    assert!(!route.held_at_first_level || question.situation.is_none(), "{question:?}");
}

#[test]
fn each_category_goes_where_the_table_says() {
    let row = |category, persona, required: &[EvidenceKind], fallback| {
        assert_row(&Question::about(category), persona, required, fallback);
        assert_row(&said(category, Situation::BeyondFirstLevel), persona, required, fallback);
    };
    let human = Persona::HumanSupport;
    let needs = &[UserNeedsAssessment];
    row(Category::TechnicalBug, Persona::Developer, &[ReproductionSteps, ErrorLog], human);
    row(Category::Infrastructure, Persona::Devops, &[SystemMetrics, ErrorLog], Persona::SystemAdministrator);
    row(Category::Performance, Persona::Devops, &[SystemMetrics], Persona::Developer);
    row(Category::FeatureRequest, Persona::ProductOwner, needs, Persona::BusinessAnalyst);
    row(Category::BusinessRequirement, Persona::ProductOwner, needs, Persona::BusinessAnalyst);
    row(Category::Data, Persona::DataEngineer, &[AffectedData, ErrorLog], Persona::Developer);
    row(Category::Security, Persona::SecurityEngineer, &[IncidentDetails, AffectedScope], human);
    row(Category::Architecture, Persona::EnterpriseArchitect, needs, Persona::ProductOwner);
    row(Category::Access, Persona::SystemAdministrator, &[ImpactAssessment], human);
    row(Category::HowTo, Persona::Developer, &[ImpactAssessment], human);
    row(Category::Other, Persona::Developer, &[ImpactAssessment], human);
}

#[test]
fn what_a_person_says_goes_where_the_table_says() {
    let reproduce = [ReproductionSteps, ExpectedResult, ActualResult];
    let unclear = [UserWorkflow, BusinessImpact];
    for category in Category::ALL.iter().filter(|category| **category != Category::Security) {
        for situation in [Situation::CannotReproduce, Situation::FixToValidate] {
            let question = said(*category, situation);
            assert_row(&question, Persona::SoftwareTester, &reproduce, Persona::Developer);
        }
        for situation in [Situation::WorkflowUnclear, Situation::BusinessImpactUnclear] {
            let question = said(*category, situation);
            assert_row(&question, Persona::BusinessAnalyst, &unclear, Persona::ProductOwner);
        }
    }
}

#[test]
fn out_of_scope_goes_to_the_persona_of_triage() {
    let personas = [
        Persona::Developer,
        Persona::EnterpriseArchitect,
        Persona::ProductOwner,
        Persona::Devops,
        Persona::SystemAdministrator,
    ];
    for persona in personas {
        for category in Category::ALL.iter().filter(|category| **category != Category::Security) {
            assert_row(&out_of_scope(*category, Some(persona)), persona, &[], Persona::HumanSupport);
        }
    }
}

#[test]
fn only_three_things_are_made_by_themselves_at_creation() {
    let matrix = shipped();
    for category in Category::ALL {
        for ticket_type in TicketType::ALL {
            for channel in Channel::ALL {
                let question =
                    Question { ticket_type: *ticket_type, channel: *channel, ..Question::about(*category) };
                let expected = match category {
                    Category::Security => true,
                    Category::Infrastructure => *ticket_type == TicketType::Alert,
                    _ => false,
                };
                assert_eq!(matrix.propose(&question).automatic, expected, "{question:?}");
                assert!(matrix.propose(&Question { scope: Scope::OutOfScope, ..question }).automatic);
            }
        }
    }
}

#[test]
fn first_level_keeps_what_it_can_solve_itself() {
    let matrix = shipped();
    for category in Category::ALL {
        let proposal = matrix.propose(&Question::about(*category));
        let kept =
            matches!(category, Category::Performance | Category::HowTo | Category::Access | Category::Other);
        assert_eq!(proposal.persona.is_none(), kept, "{category}");
        assert_eq!(proposal.required_context.is_empty(), kept, "{category}");
        assert_eq!(proposal.route.held_at_first_level, kept, "{category}");
        assert_eq!(proposal.team == FIRST_LEVEL, *category != Category::Security, "{category}");
        assert_eq!(proposal.restricted, *category == Category::Security, "{category}");
    }
    let spoken = said(Category::Performance, Situation::BeyondFirstLevel);
    assert_eq!(matrix.propose(&spoken).persona, None, "nobody has spoken at creation");
}

#[test]
fn the_tickets_of_the_domain_go_where_it_says() {
    let matrix = shipped();
    let slow = matrix.propose(&Question::about(Category::Performance));
    assert_eq!((slow.persona, slow.team.as_str()), (None, "first_level"));

    let alert = Question {
        ticket_type: TicketType::Alert,
        channel: Channel::Alert,
        severity: Severity::High,
        ..Question::about(Category::Infrastructure)
    };
    let alert = matrix.propose(&alert);
    assert_eq!((alert.persona, alert.team.as_str()), (Some(Persona::Devops), "devops"));
    assert_eq!(alert.required_context, [SystemMetrics, ErrorLog]);

    let feature = matrix.propose(&out_of_scope(Category::FeatureRequest, Some(Persona::Developer)));
    assert_eq!((feature.persona, feature.team.as_str()), (Some(Persona::Developer), "developer"));
    let design = matrix.propose(&out_of_scope(Category::Architecture, Some(Persona::EnterpriseArchitect)));
    assert_eq!(design.persona, Some(Persona::EnterpriseArchitect));
    assert!(design.required_context.is_empty());

    let export = matrix.propose(&Question::about(Category::TechnicalBug));
    assert_eq!((export.persona, export.automatic), (Some(Persona::Developer), false));
    assert_eq!(export.required_context, [ReproductionSteps, ErrorLog]);
    assert_eq!(
        matrix.propose(&Question::about(Category::Infrastructure)).persona,
        Some(Persona::Devops),
        "a deployment issue is one of infrastructure"
    );
}

#[test]
fn an_out_of_scope_ticket_finds_a_persona_even_if_triage_named_none() {
    let matrix = shipped();
    let expected = |category| match category {
        Category::Security => Persona::SecurityEngineer,
        Category::Architecture => Persona::EnterpriseArchitect,
        Category::BusinessRequirement => Persona::ProductOwner,
        Category::Infrastructure | Category::Performance => Persona::Devops,
        Category::Access => Persona::SystemAdministrator,
        _ => Persona::Developer,
    };
    for category in Category::ALL {
        for persona in [None, Some(Persona::HumanSupport)] {
            let route = matrix.route(&out_of_scope(*category, persona));
            assert_eq!(route.persona, expected(*category), "{category}");
            assert!(route.automatic, "{category}");
        }
    }
}
