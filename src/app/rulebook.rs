//! The rules in force: compiled in, or from the files that the configuration
//! names.

use std::fmt::{Display, Write as _};
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::failure::Failure;
use crate::config::Rules;
use crate::domain::checklist::Checklists;
use crate::domain::escalation::{MatrixEdition, ladder};
use crate::domain::sla::Catalogue;
use crate::domain::template::Templates;
use crate::domain::triage;
use crate::domain::violation::Violation;
use crate::flow::Rulebook;

/// Rules that were read, with the text that promises are kept by.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The rules.
    pub rulebook: Arc<Rulebook>,
    /// The text that `rulebook.sla` was read from, and `rulebook.sla_version` names.
    pub sla_text: String,
    /// The text that `rulebook.ladders` was read from.
    pub ladders_text: String,
}

/// Reads every rule file and checks it, its own examples included.
///
/// # Errors
/// [`Failure::Usage`] with every fault of every file.
pub fn load(files: &Rules) -> Result<Loaded, Failure> {
    let mut faults = Faults(String::new());
    let triage = faults.text("triage", files.triage.as_deref(), include_str!("../../config/triage.toml"));
    let triage = faults.read(&triage, triage::Rules::parse);
    let matrix =
        faults.text("escalation", files.escalation.as_deref(), include_str!("../../config/escalation.toml"));
    let digest = version(&matrix.text);
    let matrix = faults.read(&matrix, |text| MatrixEdition::shipped(text, &digest));
    let ladders_text =
        faults.text("ladders", files.ladders.as_deref(), include_str!("../../config/ladders.toml"));
    let ladders = faults.read(&ladders_text, |text| told(ladders_of(text)));
    let sla_text = faults.text("sla", files.sla.as_deref(), include_str!("../../config/sla.toml"));
    let sla = faults.read(&sla_text, |text| told(Catalogue::parse(text)));
    let templates =
        faults.text("templates", files.templates.as_deref(), include_str!("../../config/templates.toml"));
    let templates = faults.read(&templates, Templates::parse);
    let checklists = faults.text("checklists", None, include_str!("../../config/checklists.toml"));
    let checklists = faults.read(&checklists, Checklists::parse);
    match (triage, matrix, ladders, sla, templates, checklists) {
        (Some(triage), Some(matrix), Some(ladders), Some(sla), Some(templates), Some(checklists)) => {
            let (sla_text, ladders_text) = (sla_text.text, ladders_text.text);
            let rulebook = Rulebook {
                triage,
                matrix: Arc::new(matrix),
                ladders: Arc::new(ladders),
                ladders_version: version(&ladders_text),
                sla,
                sla_version: version(&sla_text),
                templates,
                checklists,
            };
            Ok(Loaded { rulebook: Arc::new(rulebook), sla_text, ladders_text })
        }
        _ => Err(Failure::usage(format!("the rules are not usable:{}", faults.0))),
    }
}

/// Policies of ladders that tickets can carry.
fn ladders_of(text: &str) -> Result<ladder::Book, Vec<Violation>> {
    let book = ladder::Book::parse(text)?;
    let faults = book.oversized();
    if faults.is_empty() { Ok(book) } else { Err(faults) }
}

/// Faults of a body, each as one line.
fn told<T>(read: Result<T, Vec<Violation>>) -> Result<T, Vec<String>> {
    let line = |fault: Violation| format!("{}: {}", fault.pointer, fault.detail);
    read.map_err(|faults| faults.into_iter().map(line).collect())
}

/// The name of a text: its SHA-256 in hexadecimal digits.
fn version(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut digits, byte| {
        let _infallible = write!(digits, "{byte:02x}");
        digits
    })
}

/// The text of one file of rules and where it came from.
struct Source {
    name: String,
    text: String,
    unread: bool,
}

/// Every fault, a line each.
struct Faults(String);

impl Faults {
    fn note(&mut self, source: &str, fault: impl Display) {
        let _infallible = write!(self.0, "\n  {source}: {fault}");
    }

    fn text(&mut self, key: &str, file: Option<&Path>, compiled_in: &str) -> Source {
        let Some(path) = file else {
            let name = format!("config/{key}.toml (compiled in)");
            return Source { name, text: compiled_in.to_owned(), unread: false };
        };
        let name = format!("{} (rules.{key})", path.display());
        match std::fs::read_to_string(path) {
            Ok(text) => Source { name, text, unread: false },
            Err(error) => {
                self.note(&name, format_args!("can't be read: {error}"));
                Source { name, text: String::new(), unread: true }
            }
        }
    }

    fn read<T, F: Display>(
        &mut self,
        source: &Source,
        parse: impl FnOnce(&str) -> Result<T, Vec<F>>,
    ) -> Option<T> {
        if source.unread {
            return None;
        }
        match parse(&source.text) {
            Ok(rules) => Some(rules),
            Err(list) => {
                for fault in list {
                    self.note(&source.name, fault);
                }
                None
            }
        }
    }
}
