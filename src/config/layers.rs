//! The sources of settings, lowest first: the compiled-in defaults, a file, the environment.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use figment::value::{Dict, Map, Num, Tag, Value};
use figment::{Figment, Metadata, Profile, Provider};

use super::fault::Fault;

/// Every key with its default.
pub(super) const DEFAULTS: &str = include_str!("../../config/default.toml");
/// The origin of a default, as faults and listings name it.
pub(super) const DEFAULT_ORIGIN: &str = "default";
/// How the name of every variable of the service begins.
const PREFIX: &str = "SUPPORT__";
/// The variable that names the file.
const FILE_VARIABLE: &str = "SUPPORT__CONFIG";

/// One source whose keys are all known.
struct Layer {
    origin: String,
    sections: Dict,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.origin.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Map::from([(Profile::Default, self.sections.clone())]))
    }
}

/// Lays the sources over each other. Keys that don't exist are left out and noted as faults.
pub(super) fn merge(
    file: Option<&Path>,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
    faults: &mut Vec<Fault>,
) -> Figment {
    let known = parse(DEFAULTS, DEFAULT_ORIGIN, faults);
    let mut layers = vec![Layer { origin: DEFAULT_ORIGIN.to_owned(), sections: known.clone() }];

    let (named, from_environment) = environment(&known, variables, faults);
    if let Some(path) = file.map(Path::to_path_buf).or(named) {
        layers.push(from_file(&known, &path, faults));
    }
    layers.extend(from_environment);
    layers.into_iter().fold(Figment::new(), Figment::merge)
}

fn from_file(known: &Dict, path: &Path, faults: &mut Vec<Fault>) -> Layer {
    let origin = format!("file {}", path.display());
    let sections = match std::fs::read_to_string(path) {
        Ok(text) => keep_known(known, parse(&text, &origin, faults), &origin, faults),
        Err(error) => {
            faults.push(Fault { key: origin.clone(), detail: error.to_string(), origin: None });
            Dict::new()
        }
    };
    Layer { origin, sections }
}

fn parse(text: &str, origin: &str, faults: &mut Vec<Fault>) -> Dict {
    let mut fault = |detail: String| {
        faults.push(Fault { key: origin.to_owned(), detail, origin: None });
        Dict::new()
    };
    match toml::from_str::<toml::Table>(text) {
        Ok(table) => match Value::serialize(table) {
            Ok(Value::Dict(_, sections)) => sections,
            _ => fault("holds a value that no setting can take".to_owned()),
        },
        // Only the line's number: its text may hold a secret.
        Err(error) => {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            fault(format!("is not TOML at line {}", before.matches('\n').count() + 1))
        }
    }
}

fn keep_known(known: &Dict, given: Dict, origin: &str, faults: &mut Vec<Fault>) -> Dict {
    let mut unknown = |key: String, detail: &str| {
        faults.push(Fault { key, detail: detail.to_owned(), origin: Some(origin.to_owned()) });
    };
    let mut kept = Dict::new();
    for (section, value) in given {
        let Some(Value::Dict(_, known_keys)) = known.get(&section) else {
            unknown(section, "there is no such section");
            continue;
        };
        let Value::Dict(tag, keys) = value else {
            unknown(section, "is a section and can't have a value of its own");
            continue;
        };
        let (keys, strangers): (Dict, Dict) =
            keys.into_iter().partition(|(key, _)| known_keys.contains_key(key));
        for key in strangers.into_keys() {
            unknown(format!("{section}.{key}"), "there is no such key");
        }
        kept.insert(section, Value::Dict(tag, keys));
    }
    kept
}

/// The file named by the environment, and one layer for each variable, so that the origin of a
/// setting can name the variable.
fn environment(
    known: &Dict,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
    faults: &mut Vec<Fault>,
) -> (Option<PathBuf>, Vec<Layer>) {
    let mut file = None;
    let mut layers = Vec::new();
    for (name, value) in variables {
        let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
        if name == FILE_VARIABLE {
            file = (!value.is_empty()).then(|| PathBuf::from(value));
            continue;
        }
        let mut fault = |detail: &str| {
            faults.push(Fault { key: name.to_owned(), detail: detail.to_owned(), origin: None });
        };
        let Some((section, key, default)) = lookup(known, name) else {
            fault("there is no setting for this environment variable");
            continue;
        };
        let Ok(text) = value.into_string() else {
            fault("is not UTF-8");
            continue;
        };
        let keys = Dict::from([(key.to_owned(), like(default, text))]);
        let sections = Dict::from([(section.to_owned(), Value::from(keys))]);
        layers.push(Layer { origin: format!("environment variable {name}"), sections });
    }
    faults.sort_by(|a, b| a.key.cmp(&b.key));
    (file, layers)
}

fn lookup<'a>(known: &'a Dict, variable: &str) -> Option<(&'a str, &'a str, &'a Value)> {
    known.iter().find_map(|(section, keys)| {
        keys.as_dict()?.iter().find_map(|(key, default)| {
            let name = format!("{PREFIX}{}__{}", section.to_uppercase(), key.to_uppercase());
            (name == variable).then_some((section.as_str(), key.as_str(), default))
        })
    })
}

/// Text of the environment as the kind of value that the key takes: a key made of digits alone
/// stays text, and text that is no number stays text, for the reader to refuse.
fn like(default: &Value, text: String) -> Value {
    let parsed = match default {
        Value::Num(_, number) if number.to_f64().is_some() => {
            text.trim().parse().ok().map(|number| Value::Num(Tag::default(), Num::F64(number)))
        }
        Value::Num(..) => text.trim().parse().ok().map(|number| Value::Num(Tag::default(), Num::I64(number))),
        Value::Bool(..) => text.trim().parse().ok().map(|truth| Value::Bool(Tag::default(), truth)),
        Value::Array(..) => Some(Value::from(items(&text))),
        _ => None,
    };
    parsed.unwrap_or_else(|| Value::from(text))
}

/// The items of a list: as TOML has it, or with commas between them.
fn items(text: &str) -> Vec<String> {
    // Commas inside of quotes separate nothing.
    let table: Option<toml::Table> = toml::from_str(&format!("items = {}", text.trim())).ok();
    if let Some(Ok(items)) = table.and_then(|mut table| table.remove("items")).map(toml::Value::try_into) {
        return items;
    }
    let bare = text.trim().trim_start_matches('[').trim_end_matches(']');
    let items = bare.split(',').map(|item| item.trim().trim_matches(['"', '\'']));
    items.filter(|item| !item.is_empty()).map(ToOwned::to_owned).collect()
}
