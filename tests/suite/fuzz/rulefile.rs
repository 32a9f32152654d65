//! Files of rules as operators write them.

use std::fmt::Debug;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::select;
use support_engineer::domain::checklist::Checklists;
use support_engineer::domain::escalation::Matrix;
use support_engineer::domain::escalation::ladder::Book;
use support_engineer::domain::sla::Catalogue;
use support_engineer::domain::template::Templates;
use support_engineer::domain::triage::Rules;

use super::mutant::{Spoil, spoils, spoilt};
use super::{cases, timely};

/// A file under `config`, and how it is read: the faults, as they are shown.
type Kind = (&'static str, fn(&str) -> Vec<String>);

const SMALL: [Kind; 5] = [
    ("escalation.toml", |text| faults(Matrix::parse(text))),
    ("ladders.toml", |text| faults(Book::parse(text))),
    ("sla.toml", |text| faults(Catalogue::parse(text))),
    ("templates.toml", |text| faults(Templates::parse(text))),
    ("checklists.toml", |text| faults(Checklists::parse(text))),
];

/// Tries hundreds of examples each time, so it gets fewer cases.
const TRIAGE: Kind = ("triage.toml", |text| faults(Rules::parse(text)));

fn faults<T, F: Debug>(read: Result<T, Vec<F>>) -> Vec<String> {
    match read {
        Ok(_) => Vec::new(),
        Err(faults) => {
            assert!(!faults.is_empty(), "refused without a fault");
            faults.iter().map(|fault| format!("{fault:?}")).collect()
        }
    }
}

fn shipped(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config").join(name);
    fs::read_to_string(path).expect("a shipped file")
}

/// Swaps two lines, or gives one of them twice.
#[derive(Debug, Clone)]
struct Lines(proptest::sample::Index, proptest::sample::Index, bool);

fn lines() -> impl Strategy<Value = Vec<Lines>> {
    let places = || any::<proptest::sample::Index>();
    proptest::collection::vec(
        (places(), places(), any::<bool>()).prop_map(|(a, b, twice)| Lines(a, b, twice)),
        0..3,
    )
}

/// The shipped file with these changes.
fn bent(name: &str, moves: &[Lines], spoils: &[Spoil]) -> String {
    let text = shipped(name);
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    for Lines(one, other, twice) in moves {
        let (one, other) = (one.index(lines.len()), other.index(lines.len()));
        if *twice {
            lines.insert(other, lines[one]);
        } else {
            lines.swap(one, other);
        }
    }
    String::from_utf8_lossy(&spoilt(lines.concat().as_bytes(), spoils)).into_owned()
}

fn expect_an_answer((name, read): Kind, text: &str) -> Result<(), TestCaseError> {
    let faults = timely(|| read(text))?;
    prop_assert!(faults.len() <= 2_000, "{name} has {} faults", faults.len());
    Ok(())
}

proptest! {
    #![proptest_config(cases(20))]

    #[test]
    fn every_file_is_taken_or_its_faults_are_told(
        kind in select(SMALL.to_vec()), moves in lines(), spoils in spoils()
    ) {
        expect_an_answer(kind, &bent(kind.0, &moves, &spoils))?;
    }
}

proptest! {
    #![proptest_config(cases(3))]

    #[test]
    fn rules_of_triage_are_taken_or_their_faults_are_told(moves in lines(), spoils in spoils()) {
        expect_an_answer(TRIAGE, &bent(TRIAGE.0, &moves, &spoils))?;
    }
}

#[test]
fn the_files_that_all_others_come_from_are_taken() {
    for (name, read) in SMALL.into_iter().chain([TRIAGE]) {
        assert_eq!(read(&shipped(name)), [""; 0], "{name}");
    }
}
