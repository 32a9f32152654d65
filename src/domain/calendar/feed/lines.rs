//! The lines of a text: unfolded, with their numbers, and sorted into events.

use std::fmt;

use icalendar::parser::read_calendar_simple;

use super::Fault;
use crate::domain::violation::Violation;

/// Components within one another.
const DEEPEST: usize = 8;
/// What is read of an event.
const NAMES: [&str; 12] = [
    "UID",
    "SUMMARY",
    "DTSTART",
    "DTEND",
    "DURATION",
    "RRULE",
    "EXRULE",
    "RDATE",
    "EXDATE",
    "RECURRENCE-ID",
    "STATUS",
    "TRANSP",
];

/// One property of an event.
#[derive(Debug)]
pub(super) struct Property {
    /// Counted from 1.
    pub(super) line: usize,
    /// In capitals.
    pub(super) name: String,
    params: Vec<(String, String)>,
    pub(super) value: String,
}

impl Property {
    /// The value of a parameter, without quotation marks.
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The values of a list, without empty ones.
    pub(super) fn values(&self) -> impl Iterator<Item = &str> {
        self.value.split(',').map(str::trim).filter(|value| !value.is_empty())
    }
}

/// The properties of one event that matter here.
#[derive(Debug)]
pub(super) struct Block {
    line: usize,
    pub(super) properties: Vec<Property>,
}

impl Block {
    /// The only property of a name.
    pub(super) fn one(&self, name: &str) -> Result<Option<&Property>, Violation> {
        let mut all = self.all(name);
        let first = all.next();
        match all.next() {
            Some(second) => {
                let detail = format!("a second {name} of one event");
                Err(Fault::new("invalid_icalendar", detail).at(Line(second.line)))
            }
            None => Ok(first),
        }
    }

    /// Every property of a name.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &Property> {
        self.properties.iter().filter(move |property| property.name == name)
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        match self.all("SUMMARY").chain(self.all("UID")).find(|property| !property.value.is_empty()) {
            Some(property) => write!(f, " (event {:?})", brief(&property.value)),
            None => f.write_str(" (event)"),
        }
    }
}

/// A line as it is told.
pub(super) struct Line(pub(super) usize);

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.0)
    }
}

/// Enough of a text to find it by.
pub(super) fn brief(text: &str) -> String {
    text.chars().take(60).collect()
}

/// The events of the calendars in a text, in order.
pub(super) fn events(text: &str) -> Result<Vec<Block>, Violation> {
    let mut open: Vec<String> = Vec::new();
    let mut blocks: Vec<Block> = Vec::new();
    for (line, content) in unfold(text)? {
        let told = |detail: String| Err(Fault::new("invalid_icalendar", detail).at(Line(line)));
        let Some((head, value)) = content.split_once(':') else {
            return told(format!("{:?} has no colon and continues no line before it", brief(&content)));
        };
        if head.eq_ignore_ascii_case("BEGIN") {
            let name = value.trim().to_ascii_uppercase();
            if open.is_empty() && name != "VCALENDAR" {
                return told(format!("begins with {:?} instead of BEGIN:VCALENDAR", brief(&content)));
            }
            if open.len() == DEEPEST {
                return told(format!("more than {DEEPEST} components within one another"));
            }
            open.push(name);
            if is_event(&open) {
                blocks.push(Block { line, properties: Vec::new() });
            }
        } else if head.eq_ignore_ascii_case("END") {
            let begun = open.pop();
            if begun.as_deref() != Some(value.trim().to_ascii_uppercase().as_str()) {
                let begun = begun.map_or("nothing".to_owned(), |name| format!("BEGIN:{}", brief(&name)));
                return told(format!("{:?} ends {begun}", brief(&content)));
            }
        } else if open.is_empty() {
            return told(format!("{:?} stands outside of BEGIN:VCALENDAR", brief(&content)));
        } else if is_event(&open)
            && let Some(block) = blocks.last_mut()
            && let Some(property) = property(line, head, &content).map_err(|fault| fault.at(Line(line)))?
        {
            block.properties.push(property);
        }
    }
    match open.pop() {
        Some(name) => {
            let detail = format!("BEGIN:{} is never ended", brief(&name));
            Err(Violation::new("/icalendar", "invalid_icalendar", detail))
        }
        None => Ok(blocks),
    }
}

fn is_event(open: &[String]) -> bool {
    open.len() == 2 && open[1] == "VEVENT"
}

/// Logical lines, each with the number of its first physical one.
fn unfold(text: &str) -> Result<Vec<(usize, String)>, Violation> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (number, line) in (1..).zip(text.strip_prefix('\u{feff}').unwrap_or(text).lines()) {
        if let Some(rest) = line.strip_prefix([' ', '\t']) {
            match lines.last_mut() {
                Some((_, line)) => line.push_str(rest),
                None if rest.trim().is_empty() => {}
                None => {
                    let detail = "continues a line, but is the first one";
                    return Err(Fault::new("invalid_icalendar", detail).at(Line(number)));
                }
            }
        } else if !line.trim().is_empty() {
            lines.push((number, line.to_owned()));
        }
    }
    if lines.is_empty() {
        let detail = "there is no BEGIN:VCALENDAR";
        return Err(Violation::new("/icalendar", "invalid_icalendar", detail));
    }
    Ok(lines)
}

/// The property of a line, if it is one that matters.
fn property(line: usize, head: &str, content: &str) -> Result<Option<Property>, Fault> {
    let name = head.split(';').next().unwrap_or(head).to_ascii_uppercase();
    if !NAMES.contains(&name.as_str()) {
        return Ok(None);
    }
    // The parser knows components only.
    let component = format!("BEGIN:VEVENT\n{content}\nEND:VEVENT\n");
    let parsed = read_calendar_simple(&component).ok();
    let only = parsed.as_deref().and_then(|components| match components {
        [component] => component.properties.first().filter(|_| component.properties.len() == 1),
        _ => None,
    });
    let Some(only) = only.filter(|only| only.name.as_str().eq_ignore_ascii_case(&name)) else {
        let detail = format!("{:?} is no property", brief(content));
        return Err(Fault::new("invalid_icalendar", detail));
    };
    let params = only.params.iter().map(|param| {
        let value = param.val.as_ref().map(|value| value.as_str().trim_matches('"').to_owned());
        (param.key.as_str().to_owned(), value.unwrap_or_default())
    });
    Ok(Some(Property { line, name, params: params.collect(), value: only.val.as_str().trim().to_owned() }))
}
