//! Handoffs to human support.

use std::path::PathBuf;
use std::time::Duration;

use super::reader::{Noted, Reader};

const PRIORITIES: &[&str] = &["P1", "P2", "P3", "P4"];
const IMPACTS: &[&str] = &["organization", "department", "team", "individual"];
const SEVERITIES: &[&str] = &["critical", "high", "medium", "low"];

/// `[handoff]`.
#[derive(Debug, Clone)]
pub struct Handoff {
    /// Priorities of tickets that get a handoff.
    pub priorities: Vec<String>,
    /// With `severities`: the impact of tickets that get one whatever their priority.
    pub impacts: Vec<String>,
    /// With `impacts`: their severity.
    pub severities: Vec<String>,
    /// The folder of the files.
    pub directory: PathBuf,
    /// Files that a tenant gets in a window, 1–1,000.
    pub most: i64,
    /// How long a window is, 60–86,400 s.
    pub window: Duration,
}

impl Handoff {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, Noted> {
        let priorities = reader.names("handoff.priorities", PRIORITIES);
        let impacts = reader.names("handoff.impacts", IMPACTS);
        let severities = reader.names("handoff.severities", SEVERITIES);
        let directory = reader.path("handoff.directory");
        let most = reader.number("handoff.most_in_window", 1..=1_000);
        let window = reader.seconds("handoff.window_seconds", 60..=86_400);
        let directory = directory?
            .ok_or_else(|| reader.refuse("handoff.directory", "must name the folder of handoff files"));
        Ok(Self {
            priorities: priorities?,
            impacts: impacts?,
            severities: severities?,
            directory: directory?,
            most: most?,
            window: window?,
        })
    }
}
