//! The closed lists that the whole desk shares.

use super::closed_list::closed_list;

closed_list! {
    /// What a support case is.
    TicketType {
        /// Something broke or degraded.
        Incident = "incident",
        /// Somebody wants something done.
        Request = "request",
        /// Somebody wants to know something.
        Question = "question",
        /// A machine reported it.
        Alert = "alert",
    }
}

closed_list! {
    /// The way a ticket came in.
    Channel {
        /// An embedded helpdesk form.
        Form = "form",
        /// Another service.
        Api = "api",
        /// Mail.
        Email = "email",
        /// A monitoring system.
        Alert = "alert",
        /// A person who called.
        Phone = "phone",
    }
}

closed_list! {
    /// What kind of issue a ticket is about.
    Category {
        /// The product does something wrong.
        TechnicalBug = "technical_bug",
        /// It works, but slowly.
        Performance = "performance",
        /// Servers, networks, databases, deployments.
        Infrastructure = "infrastructure",
        /// Wrong, missing or damaged data.
        Data = "data",
        /// A threat to confidentiality or integrity.
        Security = "security",
        /// Accounts, passwords, permissions.
        Access = "access",
        /// How something is used.
        HowTo = "how_to",
        /// A wish for something new.
        FeatureRequest = "feature_request",
        /// A decision or rule of the business.
        BusinessRequirement = "business_requirement",
        /// The design of systems.
        Architecture = "architecture",
        /// None of these.
        Other = "other",
    }
}

closed_list! {
    /// How bad an issue is technically.
    Severity {
        /// Production is down or data is being lost.
        Critical = "critical",
        /// A main function is unusable.
        High = "high",
        /// It hinders, with a way round.
        Medium = "medium",
        /// It hardly hinders.
        Low = "low",
    }
}

closed_list! {
    /// How many people an issue hits.
    Impact {
        /// Everybody.
        Organization = "organization",
        /// A department.
        Department = "department",
        /// Several people.
        Team = "team",
        /// One person.
        Individual = "individual",
    }
}

closed_list! {
    /// How urgent a ticket is; always derived from severity and impact.
    Priority {
        /// Most urgent.
        P1 = "P1",
        /// Urgent.
        P2 = "P2",
        /// Normal.
        P3 = "P3",
        /// Can wait.
        P4 = "P4",
    }
}

closed_list! {
    /// Where a ticket stands in its life.
    Status {
        /// Nobody has looked at it.
        New = "new",
        /// Being worked on.
        Open = "open",
        /// Waiting for the requester.
        Pending = "pending",
        /// Waiting for a third party.
        OnHold = "on_hold",
        /// Helped; may be reopened.
        Resolved = "resolved",
        /// Final.
        Closed = "closed",
    }
}

impl Status {
    /// Whether nothing more is waited for, finally or not.
    #[must_use]
    pub const fn is_over(self) -> bool {
        match self {
            Self::New | Self::Open | Self::Pending | Self::OnHold => false,
            Self::Resolved | Self::Closed => true,
        }
    }
}

closed_list! {
    /// Whether the desk may do what is asked.
    Scope {
        /// Support work.
        InScope = "in_scope",
        /// Somebody else's work.
        OutOfScope = "out_of_scope",
    }
}

closed_list! {
    /// Who made a triage decision, strongest first.
    DecidedBy {
        /// A person said so.
        Human = "human",
        /// A rule matched.
        Rule = "rule",
        /// A learned model.
        Model = "model",
        /// Nothing was known.
        Default = "default",
    }
}

closed_list! {
    /// Whom a ticket can be escalated to.
    Persona {
        /// Fixes the product.
        Developer = "developer",
        /// Runs deployments and platforms.
        Devops = "devops",
        /// Runs machines, networks and accounts.
        SystemAdministrator = "system_administrator",
        /// Decides what the product does.
        ProductOwner = "product_owner",
        /// Reproduces and validates.
        SoftwareTester = "software_tester",
        /// Knows the workflow and its value.
        BusinessAnalyst = "business_analyst",
        /// Repairs data.
        DataEngineer = "data_engineer",
        /// Handles incidents of security.
        SecurityEngineer = "security_engineer",
        /// Designs systems.
        EnterpriseArchitect = "enterprise_architect",
        /// The people above first level.
        HumanSupport = "human_support",
    }
}

closed_list! {
    /// Kinds of material for whoever fixes a ticket.
    EvidenceKind {
        /// How to make it happen.
        ReproductionSteps = "reproduction_steps",
        /// What the logs say.
        ErrorLog = "error_log",
        /// What the monitors say.
        SystemMetrics = "system_metrics",
        /// What the screen shows.
        Screenshot = "screenshot",
        /// What the user needs and why.
        UserNeedsAssessment = "user_needs_assessment",
        /// What should have happened.
        ExpectedResult = "expected_result",
        /// What happened instead.
        ActualResult = "actual_result",
        /// The steps of the user's work.
        UserWorkflow = "user_workflow",
        /// What it costs the business.
        BusinessImpact = "business_impact",
        /// Which data is concerned.
        AffectedData = "affected_data",
        /// What is known of a security incident.
        IncidentDetails = "incident_details",
        /// How far it reaches.
        AffectedScope = "affected_scope",
        /// What it means for users.
        ImpactAssessment = "impact_assessment",
        /// Anything else.
        Other = "other",
    }
}

closed_list! {
    /// How a ticket was resolved.
    Resolution {
        /// The cause is gone.
        Fixed = "fixed",
        /// The user can work; the cause remains.
        Workaround = "workaround",
        /// The user learned how.
        UserEducation = "user_education",
        /// Another ticket is the same.
        Duplicate = "duplicate",
        /// Not the desk's work.
        OutOfScope = "out_of_scope",
        /// It could not be made to happen.
        NotReproducible = "not_reproducible",
        /// Nothing was wrong.
        NoFault = "no_fault",
    }
}

closed_list! {
    /// Who may see a message.
    Visibility {
        /// The requester too.
        Public = "public",
        /// Only the desk.
        Internal = "internal",
    }
}

closed_list! {
    /// Who wrote a message.
    Author {
        /// A person of the desk.
        Agent = "agent",
        /// The person who is helped.
        Requester = "requester",
        /// The service itself or another program.
        Automation = "automation",
    }
}

closed_list! {
    /// What an API key, and whoever holds it, may do.
    Role {
        /// Creates tenants and nothing else.
        Operator = "operator",
        /// A public key that creates tickets and nothing else.
        Form = "form",
        /// Another service.
        Service = "service",
        /// Reads KPIs and nothing else.
        Dashboard = "dashboard",
        /// Works tickets at first level.
        Agent = "agent",
        /// Leads and approves.
        Lead = "lead",
        /// Configures.
        Admin = "admin",
    }
}
