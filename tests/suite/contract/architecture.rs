//! The shape of the house: which room may use which, which room owns which crate, and how long a
//! file or a function may be. The rules are data in [`table`]; [`reading`] finds out what a source
//! file mentions, [`judging`] compares the two, and [`samples`] shows that violations are found.

mod judging;
mod reading;
mod samples;
mod sql;
mod table;

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use reading::Source;
use table::{Composition, Exception};

/// One breach of a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    file: String,
    line: usize,
    rule: &'static str,
    what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: [{}] {}", self.file, self.line, self.rule, self.what)
    }
}

#[test]
fn every_line_keeps_to_its_room() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let crates = outside_crates(root);
    let mut findings = Vec::new();
    let read = |file: RustFile| reading::read(&file.name, &file.text, &crates);
    let sources: Vec<Source> = rust_files(root, "src").into_iter().map(read).collect();
    findings.extend(sources.iter().flat_map(judging::judge));
    findings.extend(unused(&sources, table::COMPOSITION));
    for file in rust_files(root, "tests").into_iter().chain(rust_files(root, "benches")) {
        findings.extend(judging::judge_test(&read(file)));
    }
    findings = excuse(findings, table::EXCEPTIONS);
    findings.sort();
    let report: Vec<String> = findings.iter().map(Finding::to_string).collect();
    assert!(report.is_empty(), "the house is not in order:\n{}\n", report.join("\n"));
}

/// Takes away what an exception covers. An exception that covers nothing is a finding itself, so
/// that the list never holds more than is true.
fn excuse(findings: Vec<Finding>, exceptions: &[Exception]) -> Vec<Finding> {
    let covers = |exception: &Exception, finding: &Finding| {
        exception.file == finding.file
            && exception.rule == finding.rule
            && finding.what.contains(exception.what)
    };
    let stale: Vec<Finding> = exceptions
        .iter()
        .filter(|exception| !findings.iter().any(|finding| covers(exception, finding)))
        .map(|exception| Finding {
            file: exception.file.to_owned(),
            line: 0,
            rule: "exception",
            what: format!("nothing needs this exception from [{}] any more", exception.rule),
        })
        .collect();
    let mut rest: Vec<Finding> = findings
        .into_iter()
        .filter(|finding| !exceptions.iter().any(|exception| covers(exception, finding)))
        .collect();
    rest.extend(stale);
    rest
}

#[test]
fn every_file_is_a_module_of_another_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["src", "tests"] {
        let files = rust_files(root, folder);
        assert!(files.len() > 100, "{folder} has {} files", files.len());
        assert_eq!(orphans(&files), [""; 0], "nothing compiles them");
    }
}

#[test]
fn a_file_that_nobody_names_is_found() {
    let file = |name: &str, text: &str| RustFile { name: name.to_owned(), text: text.to_owned() };
    let files = [
        file("src/lib.rs", "pub mod a;\nmod b;"),
        file("src/a.rs", "mod c; // mod e;"),
        file("src/a/c.rs", "fn f() {}"),
        file("src/a/d.rs", "fn f() {}"),
        file("src/a/e.rs", "fn f() {}"),
        file("src/b/mod.rs", "pub(super) mod f;"),
        file("src/b/f.rs", "mod b;"),
        file("src/g/mod.rs", "mod h;"),
        file("src/g/h.rs", ""),
    ];
    assert_eq!(orphans(&files), ["src/a/d.rs", "src/a/e.rs", "src/g/mod.rs"]);
}

/// Files that no file around them has as a module.
fn orphans(files: &[RustFile]) -> Vec<&str> {
    let named = |file: &&RustFile| {
        let path = file.name.strip_suffix("/mod.rs").or_else(|| file.name.strip_suffix(".rs"));
        let Some((folder, module)) = path.and_then(|path| path.rsplit_once('/')) else { return true };
        if ["main", "lib"].contains(&module) {
            return true;
        }
        let around = ["main", "lib", "mod"].map(|name| format!("{folder}/{name}.rs"));
        let mut around =
            files.iter().filter(|one| around.contains(&one.name) || one.name == format!("{folder}.rs"));
        let wanted = format!("mod {module};");
        let says =
            |line: &str| line.split("//").next().is_some_and(|code| code.trim_end().ends_with(&wanted));
        around.any(|one| one.text.split_inclusive(';').any(|part| part.lines().any(says)))
    };
    files.iter().filter(|file| !named(file)).map(|file| file.name.as_str()).collect()
}

/// The parts of the composition's list that no file of their room mentions.
fn unused(sources: &[Source], parts: &[Composition]) -> Vec<Finding> {
    let stale = parts.iter().filter_map(|part| {
        let mut room = sources.iter().filter(|source| source.room == part.room).peekable();
        let file = room.peek()?.file.clone();
        let used = room.flat_map(|source| &source.mentions).any(|mention| judging::uses(mention, part.path));
        let what = format!("{} does not use `{}` any more", part.room, part.path);
        (!used).then_some(Finding { file, line: 0, rule: "exception", what })
    });
    stale.collect()
}

struct RustFile {
    /// Relative to the repository, with `/`.
    name: String,
    text: String,
}

/// All Rust files under one folder of the repository, in order; none if the folder does not exist.
fn rust_files(root: &Path, folder: &str) -> Vec<RustFile> {
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.expect("a folder of the repository can be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).expect("the file lies under the root");
                let name = name.to_str().expect("file names are UTF-8").replace('\\', "/");
                let text = fs::read_to_string(&path).expect("a source file can be read");
                files.push(RustFile { name, text });
            }
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}

/// Names by which code can reach other crates: the dependencies, and every crate the table speaks of.
fn outside_crates(root: &Path) -> BTreeSet<String> {
    let manifest = fs::read_to_string(root.join("Cargo.toml")).expect("Cargo.toml can be read");
    let manifest: toml::Table = manifest.parse().expect("Cargo.toml is TOML");
    let mut crates: BTreeSet<String> = table::known_crates().map(str::to_owned).collect();
    for section in ["dependencies", "dev-dependencies"] {
        let names = manifest.get(section).and_then(toml::Value::as_table);
        crates.extend(names.into_iter().flat_map(toml::Table::keys).map(|name| name.replace('-', "_")));
    }
    crates
}
