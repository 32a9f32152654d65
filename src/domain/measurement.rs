//! System metrics: what is asked about a service, and what the answers say.

use serde_json::Value;

/// Series of one answer that are told.
const SERIES: usize = 10;
/// Characters of one label that are told.
const LABEL: usize = 100;
/// Stands for the service in a query.
const SERVICE: &str = "$service";

/// A question about a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// What it is called in evidence.
    pub name: String,
    /// `PromQL`, in parts between which the service stands, each with how it
    /// stands there.
    parts: Vec<(String, Standing)>,
}

/// How the service stands in a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// In a text that is compared.
    Literal,
    /// In a regular expression.
    Pattern,
    /// Not any more: the query ends.
    End,
}

impl Query {
    /// Reads `name = PromQL`. `$service` may stand in texts in double quotes.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(line: &str) -> Result<Self, String> {
        let (name, text) = line.split_once('=').ok_or_else(|| format!("{line:?} is not name = PromQL"))?;
        let (name, text) = (name.trim(), text.trim());
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
            return Err(format!("{name:?} is no name: letters, digits and _ make one"));
        }
        if text.is_empty() {
            return Err(format!("{name} asks nothing"));
        }
        Ok(Self { name: name.to_owned(), parts: parts(name, text)? })
    }

    /// The query about one service, whose name cannot end the text it stands in.
    #[must_use]
    pub fn about(&self, service: &str) -> String {
        let mut query = String::new();
        for (text, standing) in &self.parts {
            query.push_str(text);
            match standing {
                Standing::Literal => query.push_str(&quoted(service)),
                Standing::Pattern => query.push_str(&quoted(&regex::escape(service))),
                Standing::End => {}
            }
        }
        query
    }
}

fn parts(name: &str, text: &str) -> Result<Vec<(String, Standing)>, String> {
    let mut parts = Vec::new();
    let mut from = 0;
    for (at, _) in text.match_indices(SERVICE) {
        let standing = standing(&text[..at])
            .ok_or_else(|| format!("{name} has {SERVICE} outside of a text in double quotes"))?;
        parts.push((text[from..at].to_owned(), standing));
        from = at + SERVICE.len();
    }
    parts.push((text[from..].to_owned(), Standing::End));
    Ok(parts)
}

/// How what comes next stands after this beginning of a query; none: in no text
/// in double quotes.
fn standing(before: &str) -> Option<Standing> {
    let mut open: Option<(char, usize)> = None;
    let mut escaped = false;
    for (at, c) in before.char_indices() {
        match open {
            _ if escaped => escaped = false,
            Some((quote, _)) if c == '\\' && quote != '`' => escaped = true,
            Some((quote, _)) if c == quote => open = None,
            None if matches!(c, '"' | '\'' | '`') => open = Some((c, at)),
            Some(_) | None => {}
        }
    }
    let (_, at) = open.filter(|(quote, _)| *quote == '"' && !escaped)?;
    let operator = before[..at].trim_end();
    let pattern = operator.ends_with("=~") || operator.ends_with("!~");
    Some(if pattern { Standing::Pattern } else { Standing::Literal })
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// What Prometheus answered to one question, in one line without its name;
/// none: it has no such series.
///
/// # Errors
/// Why it did not answer, or what is wrong with its answer.
pub fn told(answer: &[u8]) -> Result<Option<String>, String> {
    let answer: Value = serde_json::from_slice(answer).map_err(|_| "the answer is not JSON".to_owned())?;
    if answer["status"] != "success" {
        let why = answer["error"].as_str().unwrap_or("the answer says neither success nor why not");
        return Err(why.chars().take(300).filter(|c| !c.is_control()).collect());
    }
    let result = &answer["data"]["result"];
    match answer["data"]["resultType"].as_str() {
        Some("scalar" | "string") => Ok(Some(sample(result)?)),
        Some("vector") => vector(result),
        _ => Err("the answer is neither a vector nor a scalar".to_owned()),
    }
}

fn vector(result: &Value) -> Result<Option<String>, String> {
    let series = result.as_array().ok_or("the answer holds no series")?;
    let mut told = Vec::new();
    for one in series.iter().take(SERIES) {
        let value = sample(&one["value"])?;
        let labels = labels(&one["metric"]);
        told.push(if labels.is_empty() { value } else { format!("{value} {{{labels}}}") });
    }
    if series.len() > SERIES {
        told.push(format!("and {} more series", series.len() - SERIES));
    }
    Ok((!told.is_empty()).then(|| told.join("; ")))
}

/// The value of `[instant, "value"]`.
fn sample(pair: &Value) -> Result<String, String> {
    let value = pair[1].as_str().ok_or("a series has no value")?;
    Ok(value.chars().take(LABEL).filter(|c| !c.is_control()).collect())
}

fn labels(metric: &Value) -> String {
    let labels = metric.as_object().into_iter().flatten().filter(|(name, _)| *name != "__name__");
    let shown = labels.map(|(name, value)| {
        // A name may hold any character, as a value may.
        let name: String = name.chars().take(LABEL).filter(|c| !c.is_control()).collect();
        let value: String = value.as_str().unwrap_or_default().chars().take(LABEL).collect();
        format!("{name}=\"{}\"", quoted(&value))
    });
    shown.collect::<Vec<_>>().join(",")
}
