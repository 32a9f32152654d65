//! What lies at the top of the repository, and facts that are written in more than one place.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// What a clone always has.
const ALWAYS: &[&str] = &[
    "Cargo.toml",
    "src",
    "migrations",
    "config",
    "tests",
    "Dockerfile",
    "api.yml",
    "Cargo.lock",
    "README.md",
    "CONTRIBUTING.md",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "rust-toolchain.toml",
    ".ci",
];

/// What may lie beside it: benchmarks, and settings of tools, which hide behind a dot.
const ALLOWED: &[&str] = &[
    "benches",
    ".cargo",
    ".clippy.toml",
    ".deny.toml",
    ".dockerignore",
    ".gitattributes",
    ".gitignore",
    ".rustfmt.toml",
];

/// What is there without being committed; looked at only where there is no git to ask.
const UNTRACKED: &[&str] = &[".git", "target", "temp"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The committed names at the top, or the listing where the sources came without git.
fn top_level() -> BTreeSet<String> {
    committed().unwrap_or_else(listed)
}

fn committed() -> Option<BTreeSet<String>> {
    if !root().join(".git").exists() {
        return None;
    }
    let answer = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output().ok()?;
    let names = String::from_utf8(answer.stdout).ok()?;
    let tops = names.split('\0').filter(|name| !name.is_empty()).filter_map(|name| name.split('/').next());
    answer.status.success().then(|| tops.map(str::to_owned).collect())
}

fn listed() -> BTreeSet<String> {
    let entries = fs::read_dir(root()).expect("the repository can be listed");
    let names = entries.map(|entry| entry.expect("an entry can be read").file_name());
    let names = names.map(|name| name.into_string().expect("file names are UTF-8"));
    names.filter(|name| !UNTRACKED.contains(&name.as_str())).collect()
}

fn text(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|fault| panic!("{name} can't be read: {fault}"))
}

#[test]
fn the_top_level_is_the_fixed_list() {
    let there = top_level();
    let missing: Vec<&str> = ALWAYS.iter().copied().filter(|name| !there.contains(*name)).collect();
    assert!(missing.is_empty(), "missing at the top of the repository: {missing:?}");
    let known = |name: &String| ALWAYS.contains(&name.as_str()) || ALLOWED.contains(&name.as_str());
    let strange: Vec<&String> = there.iter().filter(|name| !known(name)).collect();
    assert!(strange.is_empty(), "not on the list of what lies at the top of the repository: {strange:?}");
}

#[test]
fn the_compiler_is_the_same_everywhere() {
    let toolchain: toml::Table = text("rust-toolchain.toml").parse().expect("rust-toolchain.toml is TOML");
    let channel = toolchain["toolchain"]["channel"].as_str().expect("the channel is a text");
    let release = channel.rsplit_once('.').map_or(channel, |(release, _)| release);
    let manifest: toml::Table = text("Cargo.toml").parse().expect("Cargo.toml is TOML");
    assert_eq!(manifest["package"]["rust-version"].as_str(), Some(release), "rust-version in Cargo.toml");
    let image = format!("FROM rust:{release}-bookworm AS build");
    assert!(text("Dockerfile").lines().any(|line| line == image), "the Dockerfile does not say `{image}`");
}

#[test]
fn the_licences_are_those_of_the_manifest() {
    let manifest: toml::Table = text("Cargo.toml").parse().expect("Cargo.toml is TOML");
    assert_eq!(manifest["package"]["license"].as_str(), Some("MIT OR Apache-2.0"));
    assert!(text("LICENSE-MIT").starts_with("MIT License"));
    assert!(text("LICENSE-APACHE").contains("Apache License"));
}

#[cfg(unix)]
#[test]
fn the_ci_script_can_be_run() {
    use std::os::unix::fs::PermissionsExt as _;
    let script = fs::metadata(root().join(".ci/run")).expect(".ci/run is there");
    assert_eq!(script.permissions().mode() & 0o111, 0o111, ".ci/run is executable");
}
