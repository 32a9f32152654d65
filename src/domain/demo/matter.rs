//! What made-up tickets are about. What category, severity and reach they have,
//! and whom they go to, is left to the rules.

use crate::domain::vocabulary::EvidenceKind;

/// Something that happens again and again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Matter {
    /// How often, compared with the others.
    pub(super) weight: u64,
    pub(super) subject: &'static str,
    pub(super) body: &'static str,
    /// Services that it happens to.
    pub(super) services: &'static [&'static str],
    /// A machine reports it.
    pub(super) by_machine: bool,
    /// What its requester sends along, most of the time.
    pub(super) evidence: &'static [(EvidenceKind, &'static str)],
    /// What was behind it.
    pub(super) cause: &'static str,
    /// What was done.
    pub(super) steps: &'static str,
    /// What its requester is told in the end.
    pub(super) answer: &'static str,
}

const NOTHING: &[(EvidenceKind, &str)] = &[];

const fn matter(weight: u64, services: &'static [&'static str], said: [&'static str; 5]) -> Matter {
    let [subject, body, cause, steps, answer] = said;
    Matter { weight, subject, body, services, by_machine: false, evidence: NOTHING, cause, steps, answer }
}

const fn with(matter: Matter, evidence: &'static [(EvidenceKind, &'static str)]) -> Matter {
    Matter { evidence, ..matter }
}

const fn alert(matter: Matter) -> Matter {
    Matter { by_machine: true, ..matter }
}

/// All of them.
pub(super) const MATTERS: &[Matter] = &[
    matter(
        110,
        &["reporting", "dashboard"],
        [
            "How do I export a report as a spreadsheet?",
            "I would like to know how I can export the monthly report as a spreadsheet. Is there a guide?",
            "The export was not described in the guide.",
            "Explained where the export is and sent the guide.",
            "You find the export under Report > More > Export. The guide shows each step.",
        ],
    ),
    matter(
        70,
        &["dashboard"],
        [
            "How can I change the language of my profile?",
            "How do I change the language from German to English? I can't find the setting.",
            "The setting was not where it was looked for.",
            "Explained where the setting is.",
            "You find it under Profile > Language; it holds from your next page on.",
        ],
    ),
    matter(
        120,
        &["dashboard", "crm", "billing"],
        [
            "Cannot log in",
            "I forgot my password and the reset link does not work any more. Please help me to log in again.",
            "The reset link had expired.",
            "Confirmed who it is, sent a new reset link, saw the login.",
            "We have sent you a new link; it works for an hour.",
        ],
    ),
    matter(
        45,
        &["crm", "billing"],
        [
            "Access to the billing area for a new colleague",
            "A new colleague needs permission for the billing area, read only. The request was approved by me.",
            "The role had not been given.",
            "Checked the approval and gave the role.",
            "Your colleague has the permission now and may have to log in again.",
        ],
    ),
    with(
        matter(
            120,
            &["reporting", "crm", "import"],
            [
                "Error message when saving a record",
                "When I save a record I get an error message: internal error 500. It happens every time.",
                "A field without a value was not expected.",
                "Reproduced it, corrected the form, checked it with the record.",
                "Saving works again. We have corrected the form.",
            ],
        ),
        &[
            (EvidenceKind::ReproductionSteps, "1. Open a record. 2. Leave the date empty. 3. Save."),
            (EvidenceKind::ErrorLog, "ERROR save failed: null value in column \"due_on\""),
        ],
    ),
    with(
        matter(
            60,
            &["reporting"],
            [
                "Data export bug reported by multiple users",
                "Several users report that the data export fails with a crash since this morning.",
                "The last release closed the file too early.",
                "Rolled the change back and released a corrected version.",
                "The export works again for everybody.",
            ],
        ),
        &[
            (EvidenceKind::ReproductionSteps, "Start any export with more than 1,000 rows."),
            (EvidenceKind::ErrorLog, "panic: write on a closed file"),
        ],
    ),
    matter(
        75,
        &["dashboard", "reporting"],
        [
            "BIS dashboard is loading slowly",
            "The BIS dashboard is loading slowly today, more than twenty seconds for each page.",
            "A query had lost its index.",
            "Followed the checklist, found the slow query, had the index made again.",
            "The dashboard is as fast as before.",
        ],
    ),
    matter(
        30,
        &["crm"],
        [
            "Search takes very long for our whole team",
            "Since the update the search is slow for our whole team and often runs into a timeout.",
            "The search index was being rebuilt.",
            "Waited for the index, checked the response times.",
            "The index has been rebuilt and the search is fast again.",
        ],
    ),
    with(
        matter(
            40,
            &["import", "reporting"],
            [
                "Figures in the report are wrong",
                "The figures in the report of last month are wrong: the totals do not match the data of the source.",
                "One import had run twice.",
                "Removed the duplicate rows and ran the report again.",
                "The figures are right now; one day had been counted twice.",
            ],
        ),
        &[(EvidenceKind::AffectedData, "Report of last month, totals of three departments.")],
    ),
    matter(
        18,
        &["billing"],
        [
            "Deployment issue affecting user access",
            "After the deployment this morning our department cannot open the application any more.",
            "A setting was missing on one server.",
            "Completed the setting and restarted the server.",
            "The application can be opened again.",
        ],
    ),
    alert(with(
        matter(
            75,
            &["database", "import"],
            [
                "System alert shows database connection errors",
                "System alert: database connection errors, the pool is exhausted.",
                "A job kept its connections.",
                "Ended the job and limited its connections.",
                "The alert is over.",
            ],
        ),
        &[
            (EvidenceKind::ErrorLog, "FATAL: remaining connection slots are reserved"),
            (EvidenceKind::SystemMetrics, "connections 100 of 100"),
        ],
    )),
    alert(matter(
        60,
        &["dashboard", "crm", "billing"],
        [
            "Disk usage above 90 percent",
            "Alert: disk usage of the server is above 90 percent.",
            "Logs were not rotated.",
            "Rotated the logs and set a limit.",
            "The alert is over.",
        ],
    )),
    alert(matter(
        50,
        &["reporting", "import"],
        [
            "Response time above the limit",
            "Alert: response time p95 above 2 seconds for 10 minutes.",
            "A night job ran into the day.",
            "Moved the job.",
            "The alert is over.",
        ],
    )),
    matter(
        14,
        &["dashboard"],
        [
            "Nobody can work: the whole system is down",
            "Production is down for the entire company. Nobody can log in, every page shows error 503.",
            "The load balancer had lost all its servers.",
            "Restored the configuration and watched the service for an hour.",
            "The system is available again. We will send you the report.",
        ],
    ),
    matter(
        8,
        &["crm"],
        [
            "Suspicious mail asks for my password",
            "I got a phishing mail that looks like ours and asks for my password. A colleague may have clicked on it.",
            "A campaign of phishing mails.",
            "Blocked the sender, had the passwords changed, looked through the logs.",
            "Thank you for telling us. No account was misused.",
        ],
    ),
    matter(
        26,
        &["reporting"],
        [
            "Implement a new feature for the reporting module",
            "Please implement a new feature for the reporting module: we need a comparison of two years.",
            "It is a wish.",
            "Took it into the list of wishes.",
            "We have passed your wish on to the developers, who will get back to you.",
        ],
    ),
    matter(
        9,
        &["import"],
        [
            "Design the architecture for the new data pipeline",
            "We need somebody to design the architecture for the new data pipeline.",
            "It is a project.",
            "Passed it on to the architects.",
            "The architects will get back to you.",
        ],
    ),
    matter(
        45,
        &["crm"],
        [
            "Ich kann mich nicht anmelden",
            "Ich habe mein Passwort vergessen und kann mich nicht mehr anmelden. Bitte helfen Sie mir.",
            "The password had expired.",
            "Sent a new link.",
            "Wir haben Ihnen einen neuen Link geschickt; er gilt eine Stunde.",
        ],
    ),
    matter(
        25,
        &["billing"],
        [
            "Fehlermeldung beim Speichern der Rechnung",
            "Beim Speichern der Rechnung kommt eine Fehlermeldung. Es passiert jedes Mal.",
            "A rounding error of the tax.",
            "Corrected the rounding.",
            "Die Rechnung lässt sich wieder speichern.",
        ],
    ),
];
