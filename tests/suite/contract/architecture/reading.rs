//! Reads one source file: every path it mentions (imports, expressions, types, attributes, macro
//! bodies), resolved through its own imports and aliases, and the facts that the rules ask for.

mod gather;
mod tokens;

use std::collections::{BTreeMap, BTreeSet};

/// What one file says.
pub(super) struct Source {
    pub(super) file: String,
    /// The folder or file directly under `src`; empty for files elsewhere.
    pub(super) room: String,
    pub(super) lines: usize,
    pub(super) mentions: Vec<Mention>,
    pub(super) facts: Facts,
}

/// One path, resolved.
pub(super) struct Mention {
    pub(super) target: Target,
    pub(super) line: usize,
    pub(super) how: How,
}

/// Where a path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// Into this crate, from its root; empty for the root itself.
    Inside(Vec<String>),
    /// Into another crate, whose name comes first.
    Outside(Vec<String>),
    /// To a name of the file itself, a generic parameter or the prelude.
    Local(Vec<String>),
}

/// In which way a path is mentioned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// Used here and not handed on.
    Use,
    /// Made reachable from outside the room under a name of this file.
    ReExport,
}

/// What else the rules ask for.
#[derive(Default)]
pub(super) struct Facts {
    /// Names of functions with a body, their first line and their number of lines.
    pub(super) functions: Vec<(String, usize, usize)>,
    /// String literals outside documentation.
    pub(super) texts: Vec<(String, usize)>,
    /// Names of modules declared or written out here.
    pub(super) modules: Vec<(String, usize)>,
    /// Names of macros called by one word.
    pub(super) macros: Vec<(String, usize)>,
    /// `async` and `await`.
    pub(super) waits: Vec<usize>,
    /// `#[allow(…)]` in any form.
    pub(super) allows: Vec<usize>,
    /// `#[path]` and `include!`, by which code could live in another room than it seems to.
    pub(super) detours: Vec<(&'static str, usize)>,
}

/// A path as written.
#[derive(Debug, Clone)]
struct Raw {
    /// The module in which it stands, from the crate root.
    module: Vec<String>,
    /// `::name`, which can't mean a name of the file.
    from_crates: bool,
    segments: Vec<String>,
    line: usize,
    how: How,
}

/// What the first pass over a file collects.
#[derive(Default)]
struct Gathered {
    raws: Vec<Raw>,
    aliases: BTreeMap<String, Vec<Raw>>,
    declared: BTreeSet<Vec<String>>,
    facts: Facts,
}

/// Reads the text of a file. `file` is its path in the repository, `crates` are the names by which
/// it can reach other crates.
pub(super) fn read(file: &str, text: &str, crates: &BTreeSet<String>) -> Source {
    let parsed = match syn::parse_file(text) {
        Ok(parsed) => parsed,
        Err(fault) => panic!("{file}:{}: can't be read as Rust: {fault}", fault.span().start().line),
    };
    let module = module_of(file);
    let gathered = gather::gather(&parsed, module.clone());
    let resolver = Resolver { gathered: &gathered, crates };
    let mentions = gathered.raws.iter().flat_map(|raw| {
        let targets = resolver.resolve(raw, 0);
        targets.into_iter().map(|target| Mention { target, line: raw.line, how: raw.how })
    });
    Source {
        file: file.to_owned(),
        room: room_of(file),
        lines: text.lines().count(),
        mentions: mentions.collect(),
        facts: gathered.facts,
    }
}

/// `src/flow/ticket.rs` is in the room `flow`, `src/main.rs` in `main`.
fn room_of(file: &str) -> String {
    let inside = file.strip_prefix("src/").unwrap_or_default();
    let first = inside.split('/').next().unwrap_or_default();
    first.strip_suffix(".rs").unwrap_or(first).to_owned()
}

/// The module path of a file from the crate root.
fn module_of(file: &str) -> Vec<String> {
    let inside = file.strip_prefix("src/").unwrap_or(file);
    let mut module: Vec<String> = inside.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if module.last().is_some_and(|last| last == "mod") || matches!(inside, "lib.rs" | "main.rs") {
        module.pop();
    }
    module
}

struct Resolver<'a> {
    gathered: &'a Gathered,
    crates: &'a BTreeSet<String>,
}

impl Resolver<'_> {
    /// Where a path leads. Several answers if the file uses one alias for several things.
    fn resolve(&self, raw: &Raw, depth: usize) -> Vec<Target> {
        let Some(first) = raw.segments.first() else { return Vec::new() };
        let rest = &raw.segments[1..];
        if !raw.from_crates {
            if let Some(inside) = rooted(raw) {
                return vec![Target::Inside(inside)];
            }
            let own = |alias: &&Raw| alias.segments.first() != Some(first) || alias.segments.len() > 1;
            let aliases = self.gathered.aliases.get(first).into_iter().flatten().filter(own);
            let through: Vec<Target> = aliases
                .filter(|alias| depth < 8 && !(alias.line == raw.line && alias.segments == raw.segments))
                .flat_map(|alias| self.resolve(alias, depth + 1))
                .map(|target| target.join(rest))
                .collect();
            if !through.is_empty() {
                return through;
            }
            let here: Vec<String> = raw.module.iter().cloned().chain([first.clone()]).collect();
            if self.gathered.declared.contains(&here) {
                return vec![Target::Inside(here).join(rest)];
            }
        }
        if self.crates.contains(first) || raw.from_crates {
            return vec![Target::Outside(raw.segments.clone())];
        }
        vec![Target::Local(raw.segments.clone())]
    }
}

/// The path from the crate root, if it says itself where it starts.
fn rooted(raw: &Raw) -> Option<Vec<String>> {
    let mut base = match raw.segments.first()?.as_str() {
        "crate" | "support_engineer" => Vec::new(),
        "self" | "super" => raw.module.clone(),
        _ => return None,
    };
    let mut rest = raw.segments.as_slice();
    while let Some((first, after)) = rest.split_first() {
        match first.as_str() {
            "super" => drop(base.pop()),
            "crate" | "support_engineer" | "self" => {}
            _ => break,
        }
        rest = after;
    }
    base.extend(rest.iter().cloned());
    Some(base)
}

impl Target {
    /// The same target, further along the path.
    fn join(self, rest: &[String]) -> Self {
        let join = |mut path: Vec<String>| {
            path.extend(rest.iter().cloned());
            path
        };
        match self {
            Self::Inside(path) => Self::Inside(join(path)),
            Self::Outside(path) => Self::Outside(join(path)),
            Self::Local(path) => Self::Local(join(path)),
        }
    }

    /// The path without its kind.
    pub(super) fn path(&self) -> &[String] {
        match self {
            Self::Inside(path) | Self::Outside(path) | Self::Local(path) => path,
        }
    }
}
