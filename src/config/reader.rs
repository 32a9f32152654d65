//! Reads settings by key and type, and notes every fault instead of stopping at the first.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use figment::Figment;
use figment::value::Value;

use super::fault::Fault;
use super::layers::DEFAULT_ORIGIN;
use super::secret::{REDACTED, Secret};

/// The fault is noted in the reader; nothing more to say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noted;

/// One setting as it is shown to people.
#[derive(Debug, Clone)]
pub(super) struct Setting {
    /// `section.key`.
    pub(super) key: &'static str,
    /// As TOML, secrets redacted.
    pub(super) shown: String,
    /// Which source gave it.
    pub(super) origin: String,
}

pub(super) struct Reader {
    figment: Figment,
    pub(super) settings: Vec<Setting>,
    pub(super) faults: Vec<Fault>,
}

impl Reader {
    pub(super) fn new(figment: Figment, faults: Vec<Fault>) -> Self {
        Self { figment, settings: Vec::new(), faults }
    }

    /// Notes a fault of `key`.
    pub(super) fn refuse(&mut self, key: &str, detail: impl Into<String>) -> Noted {
        let origin = self.settings.iter().rfind(|setting| setting.key == key);
        let origin = origin.map(|setting| setting.origin.clone()).filter(|name| name != DEFAULT_ORIGIN);
        self.faults.push(Fault { key: key.to_owned(), detail: detail.into(), origin });
        Noted
    }

    pub(super) fn truth(&mut self, key: &'static str) -> Result<bool, Noted> {
        match self.value(key)? {
            Value::Bool(_, truth) => Ok(truth),
            other => Err(self.refuse(key, format!("must be true or false{}", given(&other)))),
        }
    }

    /// A whole number within `range`; the unit is the key's.
    pub(super) fn number<T: TryFrom<u64>>(
        &mut self,
        key: &'static str,
        range: RangeInclusive<u64>,
    ) -> Result<T, Noted> {
        let value = self.value(key)?;
        let number = match &value {
            Value::Num(_, number) => number
                .to_i128()
                .or_else(|| number.to_u128().and_then(|number| i128::try_from(number).ok()))
                .and_then(|number| u64::try_from(number).ok()),
            _ => None,
        };
        number.filter(|number| range.contains(number)).and_then(|number| T::try_from(number).ok()).ok_or_else(
            || {
                let (least, most) = range.into_inner();
                self.refuse(key, format!("must be a whole number from {least} to {most}{}", given(&value)))
            },
        )
    }

    /// A number from `least` on, and below `most`.
    pub(super) fn fraction(&mut self, key: &'static str, (least, most): (f64, f64)) -> Result<f64, Noted> {
        let value = self.value(key)?;
        let number = match &value {
            Value::Num(_, number) => number.to_f64().or_else(|| number.to_i128().and_then(whole)),
            _ => None,
        };
        number.filter(|number| least <= *number && *number < most).ok_or_else(|| {
            self.refuse(key, format!("must be a number from {least}, and less than {most}{}", given(&value)))
        })
    }

    /// A name of a closed list.
    pub(super) fn name(&mut self, key: &'static str, known: &[&str]) -> Result<String, Noted> {
        let name = self.text(key)?.unwrap_or_default();
        if known.contains(&name.as_str()) {
            return Ok(name);
        }
        Err(self.refuse(key, format!("{name:?} is not one of {}", known.join(", "))))
    }

    pub(super) fn seconds(
        &mut self,
        key: &'static str,
        range: RangeInclusive<u64>,
    ) -> Result<Duration, Noted> {
        self.number(key, range).map(Duration::from_secs)
    }

    pub(super) fn milliseconds(
        &mut self,
        key: &'static str,
        range: RangeInclusive<u64>,
    ) -> Result<Duration, Noted> {
        self.number(key, range).map(Duration::from_millis)
    }

    /// Text without surrounding blanks; `None` if it is empty.
    pub(super) fn text(&mut self, key: &'static str) -> Result<Option<String>, Noted> {
        match self.value(key)? {
            Value::String(_, text) => {
                let text = text.trim();
                Ok((!text.is_empty()).then(|| text.to_owned()))
            }
            other => Err(self.refuse(key, format!("must be text{}", given(&other)))),
        }
    }

    /// A list of texts.
    pub(super) fn texts(&mut self, key: &'static str) -> Result<Vec<String>, Noted> {
        let Value::Array(_, items) = self.value(key)? else {
            return Err(self.refuse(key, "must be a list of texts"));
        };
        let texts: Option<Vec<String>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
        texts.ok_or_else(|| self.refuse(key, "must hold texts and nothing else"))
    }

    pub(super) fn path(&mut self, key: &'static str) -> Result<Option<PathBuf>, Noted> {
        Ok(self.text(key)?.map(PathBuf::from))
    }

    /// A list of names of a closed list.
    pub(super) fn names(&mut self, key: &'static str, known: &[&str]) -> Result<Vec<String>, Noted> {
        let names = self.texts(key)?;
        match names.iter().find(|name| !known.contains(&name.as_str())) {
            Some(stranger) => {
                Err(self.refuse(key, format!("{stranger:?} is not one of {}", known.join(", "))))
            }
            None => Ok(names),
        }
    }

    pub(super) fn address(&mut self, key: &'static str) -> Result<SocketAddr, Noted> {
        let text = self.text(key)?.unwrap_or_default();
        text.parse().map_err(|_| {
            self.refuse(key, format!("must be an address and port such as 127.0.0.1:8080, not {text:?}"))
        })
    }

    /// A secret given directly, or by the file that `file_key` names.
    pub(super) fn secret(
        &mut self,
        key: &'static str,
        file_key: &'static str,
    ) -> Result<Option<Secret>, Noted> {
        let direct = self.text_unseen(key);
        let file = self.path(file_key)?;
        match (direct?, file) {
            (Some(_), Some(_)) => {
                Err(self.refuse(file_key, format!("{key} is given as well; give one of them")))
            }
            (Some(text), None) => Ok(Some(Secret::new(text))),
            (None, Some(path)) => self.secret_file(file_key, &path).map(Some),
            (None, None) => Ok(None),
        }
    }

    fn text_unseen(&mut self, key: &'static str) -> Result<Option<String>, Noted> {
        let value = self.value(key)?;
        if let Some(setting) = self.settings.last_mut()
            && value.as_str() != Some("")
        {
            setting.shown = format!("{REDACTED:?}");
        }
        match value {
            Value::String(_, text) => {
                let text = text.trim();
                Ok((!text.is_empty()).then(|| text.to_owned()))
            }
            _ => Err(self.refuse(key, "must be text")),
        }
    }

    fn secret_file(&mut self, key: &'static str, path: &Path) -> Result<Secret, Noted> {
        match std::fs::read_to_string(path) {
            Ok(text) if text.trim().is_empty() => {
                Err(self.refuse(key, format!("{} is empty", path.display())))
            }
            Ok(text) => Ok(Secret::new(text.trim())),
            Err(error) => Err(self.refuse(key, format!("{} can't be read: {error}", path.display()))),
        }
    }

    fn value(&mut self, key: &'static str) -> Result<Value, Noted> {
        let Ok(value) = self.figment.find_value(key) else {
            return Err(self.refuse(key, "has no default"));
        };
        let origin = self.figment.get_metadata(value.tag());
        let origin = origin.map_or_else(|| DEFAULT_ORIGIN.to_owned(), |origin| origin.name.to_string());
        self.settings.push(Setting { key, shown: shown(&value), origin });
        Ok(value)
    }
}

/// A whole number that was given where another may stand.
fn whole(number: i128) -> Option<f64> {
    i32::try_from(number).ok().map(f64::from)
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(_, text) => toml::Value::from(text.as_str()).to_string(),
        Value::Bool(_, truth) => truth.to_string(),
        Value::Num(_, number) => {
            let real = || number.to_f64().map(|number| format!("{number:?}"));
            number
                .to_i128()
                .map(|number| number.to_string())
                .or_else(real)
                .unwrap_or_else(|| "a number".to_owned())
        }
        Value::Array(_, items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        _ => "a list or table".to_owned(),
    }
}

fn given(value: &Value) -> String {
    format!(", not {}", shown(value))
}
