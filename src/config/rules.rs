//! Files that replace compiled-in rules.

use std::path::PathBuf;

use super::reader::{Noted, Reader};

/// `[rules]`: each `None` means the rules compiled into the binary.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Triage rules.
    pub triage: Option<PathBuf>,
    /// The escalation matrix.
    pub escalation: Option<PathBuf>,
    /// Ladders.
    pub ladders: Option<PathBuf>,
    /// SLA policies and calendars.
    pub sla: Option<PathBuf>,
    /// Templates of messages to requesters.
    pub templates: Option<PathBuf>,
}

impl Rules {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, Noted> {
        let triage = reader.path("rules.triage");
        let escalation = reader.path("rules.escalation");
        let ladders = reader.path("rules.ladders");
        let sla = reader.path("rules.sla");
        let templates = reader.path("rules.templates");
        Ok(Self {
            triage: triage?,
            escalation: escalation?,
            ladders: ladders?,
            sla: sla?,
            templates: templates?,
        })
    }
}
