//! Figures with their names: printed as they come, kept as JSON by which two
//! commits can be compared.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

/// What was measured so far.
#[derive(Debug, Default)]
pub(crate) struct Figures(Map<String, Value>);

impl Figures {
    /// Prints a figure and keeps it. `name` is a path of words with dots.
    pub(crate) fn add(&mut self, name: &str, value: f64, unit: &str) {
        let digits = if value.abs() < 10.0 { 2 } else { usize::from(value.abs() < 100.0) };
        println!("{name:<44} {value:>12.digits$} {unit}");
        self.0.insert(name.to_owned(), json!({ "value": value, "unit": unit }));
    }

    /// Something that is no number.
    pub(crate) fn note(&mut self, name: &str, value: &str) {
        println!("{name:<44} {value}");
        self.0.insert(name.to_owned(), json!({ "note": value }));
    }

    pub(crate) fn write(&self, path: &Path) {
        let text = serde_json::to_string_pretty(&self.0).expect("JSON");
        fs::write(path, text + "\n").expect("a file that can be written");
    }
}

/// Prints the figures of two files side by side, with how the second stands to
/// the first.
pub(crate) fn compare(first: &Path, second: &Path) {
    let [first, second] = [first, second].map(|path| {
        let text = fs::read_to_string(path).expect("a file of figures");
        serde_json::from_str::<Map<String, Value>>(&text).expect("figures")
    });
    for (name, figure) in &first {
        let [before, after] = [Some(figure), second.get(name)].map(|figure| figure?.get("value")?.as_f64());
        let (Some(before), Some(after)) = (before, after) else { continue };
        let unit = figure["unit"].as_str().unwrap_or_default();
        println!("{name:<44} {before:>12.2} {after:>12.2} {unit:<10} {:>6.2}", after / before);
    }
}
