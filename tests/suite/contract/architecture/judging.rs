//! Compares what a file says with the table.

use super::Finding;
use super::reading::{How, Mention, Source, Target};
use super::{sql, table};

/// The breaches of a file under `src`.
pub(super) fn judge(source: &Source) -> Vec<Finding> {
    let mut judge = Judge { source, findings: Vec::new() };
    if table::room(&source.room).is_none() {
        judge.find(1, "room", format!("`{}` is no room of the table", source.room));
        return judge.findings;
    }
    for mention in &source.mentions {
        judge.mention(mention);
    }
    judge.domain();
    judge.texts();
    judge.size(table::FILE_LINES);
    judge.functions();
    judge.names();
    judge.exemptions();
    judge.findings.sort();
    judge.findings.dedup();
    judge.findings
}

/// The breaches of a file under `tests` or `benches`, where any room may be used.
pub(super) fn judge_test(source: &Source) -> Vec<Finding> {
    let mut judge = Judge { source, findings: Vec::new() };
    judge.size(table::TEST_FILE_LINES);
    judge.names();
    judge.exemptions();
    judge.findings
}

struct Judge<'a> {
    source: &'a Source,
    findings: Vec<Finding>,
}

impl Judge<'_> {
    fn find(&mut self, line: usize, rule: &'static str, what: impl Into<String>) {
        self.findings.push(Finding { file: self.source.file.clone(), line, rule, what: what.into() });
    }

    fn in_room(&self, name: &str) -> bool {
        self.source.room == name
    }

    fn mention(&mut self, mention: &Mention) {
        match &mention.target {
            Target::Inside(path) => self.inside(path, mention),
            Target::Outside(path) => self.outside(path, mention),
            Target::Local(_) => {}
        }
        self.clock(mention);
    }

    fn inside(&mut self, path: &[String], mention: &Mention) {
        let Some(first) = path.first().filter(|first| *first != "*") else {
            self.find(mention.line, "room", "imports the crate root; name what is used");
            return;
        };
        if *first == self.source.room {
            return;
        }
        let shown = path.join("::");
        if mention.how == How::ReExport {
            let what = format!("hands on `{shown}`; who needs it names the room it comes from");
            self.find(mention.line, "re-export", what);
        }
        if table::room(first).is_none() {
            self.find(mention.line, "room", format!("`{shown}` is in no room of the table"));
            return;
        }
        let may_use = table::room(&self.source.room).map_or(&[][..], |room| room.may_use);
        if !may_use.iter().any(|allowed| covers(allowed, path)) {
            let list = if may_use.is_empty() { "nothing".to_owned() } else { may_use.join(", ") };
            let what = format!("{} may not use `{shown}` (it may use: {list})", self.source.room);
            self.find(mention.line, "room", what);
        }
    }

    fn outside(&mut self, path: &[String], mention: &Mention) {
        let Some(name) = path.first() else { return };
        let shown = path.join("::");
        let composed =
            table::COMPOSITION.iter().any(|part| part.room == self.source.room && covers(part.path, path));
        for owned in table::OWNED.iter().filter(|owned| owned.crates.contains(&name.as_str())) {
            if !owned.rooms.contains(&self.source.room.as_str()) && !composed {
                let rooms = owned.rooms.join(", ");
                let what = format!("`{shown}` is not for {}: {name} belongs to {rooms}", self.source.room);
                self.find(mention.line, "crate", what);
            }
        }
        if mention.how == How::ReExport && !table::STANDARD.contains(&name.as_str()) {
            self.find(mention.line, "re-export", format!("hands on `{shown}` of another crate"));
        }
        if self.in_room("domain") {
            if !table::DOMAIN_CRATES.contains(&name.as_str()) {
                self.find(mention.line, "pure", format!("the domain may not use `{shown}`"));
            }
            if table::IMPURE_STD.iter().any(|impure| covers(impure, path)) {
                self.find(mention.line, "pure", format!("`{shown}` is not pure"));
            }
        }
    }

    /// Whatever the type is called here, `now` and new identifiers are the clock's.
    fn clock(&mut self, mention: &Mention) {
        if self.in_room("clock") || matches!(mention.target, Target::Inside(_)) {
            return;
        }
        let path: Vec<&str> = mention.target.path().iter().map(String::as_str).collect();
        let reads = match path.as_slice() {
            [.., owner, name] => {
                (name.starts_with("now") && table::CLOCKS.contains(owner))
                    || (*owner == "Uuid" && table::NEW_IDS.contains(name))
                    || *name == "UNIX_EPOCH"
            }
            _ => false,
        };
        if reads {
            let what = format!("`{}`: time and new identifiers come from the clock", path.join("::"));
            self.find(mention.line, "clock", what);
        }
    }

    fn domain(&mut self) {
        if !self.in_room("domain") {
            return;
        }
        for line in &self.source.facts.waits {
            self.find(*line, "pure", "the domain waits for nothing: no `async`, no `await`");
        }
        for (name, line) in &self.source.facts.macros {
            if table::PRINTING.contains(&name.as_str()) {
                self.find(*line, "pure", format!("the domain prints nothing: `{name}!`"));
            }
        }
    }

    fn texts(&mut self) {
        for (text, line) in &self.source.facts.texts {
            if !sql::is_statement(text) {
                continue;
            }
            if !self.in_room("store") {
                self.find(*line, "sql", "SQL outside the store");
                continue;
            }
            if !sql::is_labelled(text) {
                self.find(*line, "sql", "SQL without `-- store::function` as its first line");
            }
            if sql::reads_clock(text) {
                self.find(*line, "sql", "SQL that reads the server's clock; the instant is a parameter");
            }
        }
    }

    fn size(&mut self, most: usize) {
        if self.source.lines > most {
            let what = format!("{} lines; at most {most}, split it by noun", self.source.lines);
            self.find(most + 1, "file length", what);
        }
    }

    fn functions(&mut self) {
        for (name, line, lines) in &self.source.facts.functions {
            if *lines >= table::FUNCTION_LINES {
                let what = format!("`{name}` has {lines} lines; fewer than {}", table::FUNCTION_LINES);
                self.find(*line, "function length", what);
            }
        }
    }

    fn names(&mut self) {
        let empty = |name: &str| table::EMPTY_NAMES.contains(&name);
        let of_path = self.source.file.trim_end_matches(".rs").split('/').filter(|part| empty(part));
        for part in of_path.map(str::to_owned).collect::<Vec<_>>() {
            self.find(1, "name", format!("`{part}` says nothing about what is inside"));
        }
        for (name, line) in self.source.facts.modules.iter().filter(|(name, _)| empty(name)) {
            self.find(*line, "name", format!("`{name}` says nothing about what is inside"));
        }
    }

    fn exemptions(&mut self) {
        for line in &self.source.facts.allows {
            self.find(*line, "allow", "`#[allow]`; write `#[expect(…, reason = \"…\")]`");
        }
        for (what, line) in &self.source.facts.detours {
            self.find(*line, "detour", format!("`{what}` hides in which room code lives"));
        }
    }
}

/// Whether a mention leads to this path of another crate, or under it.
pub(super) fn uses(mention: &Mention, path: &str) -> bool {
    matches!(&mention.target, Target::Outside(to) if covers(path, to))
}

/// Whether `path` is the permitted path or lies under it.
fn covers(permitted: &str, path: &[String]) -> bool {
    permitted == "*"
        || permitted
            .split("::")
            .enumerate()
            .all(|(index, name)| path.get(index).is_some_and(|part| part == name))
}
