//! What monitoring systems post, as they do and nearly.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::Value;
use support_engineer::domain::alert::cloud_event::structured;
use support_engineer::domain::alert::{AlertSource, Per, Settings, read};

use super::mutant::{changed, changes, texts};
use super::{cases, expect_told, timely};

/// What senders have sent.
pub(super) static SENT: LazyLock<Vec<(String, Value)>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/alerts");
    let files = fs::read_dir(folder).expect("the bodies").map(|entry| entry.expect("a file").path());
    let mut sent: Vec<(String, Value)> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a text");
            (path.display().to_string(), serde_json::from_str(&text).expect("JSON"))
        })
        .collect();
    sent.sort_by(|one, other| one.0.cmp(&other.0));
    assert!(sent.len() > 30, "the bodies are there");
    sent
});

const SOURCES: [AlertSource; 4] =
    [AlertSource::Alertmanager, AlertSource::Grafana, AlertSource::CloudEvents, AlertSource::Generic];

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn every_report_is_taken_or_its_faults_are_told(
        which in any::<proptest::sample::Index>(), changes in changes(), single: bool
    ) {
        let (_, sent) = which.get(&SENT);
        let body = changed(sent.clone(), &changes);
        let per = if single { Per::Fingerprint } else { Per::Group };
        let settings = Settings { per, ..Settings::default() };
        for source in SOURCES {
            match timely(|| read(source, body.clone(), &settings))? {
                Ok(incoming) => {
                    // The same report is the same groups: repeats are known by them.
                    let again = read(source, body.clone(), &settings).expect("it was taken");
                    prop_assert_eq!(format!("{incoming:?}"), format!("{again:?}"));
                }
                Err(faults) => expect_told(&body, &faults)?,
            }
        }
    }

    #[test]
    fn an_event_in_headers_is_taken_or_its_faults_are_told(
        attributes in proptest::collection::vec(("(id|source|type|time|subject|specversion|[a-z0-9-]{0,8})", texts()), 0..8),
        data in proptest::option::of(super::mutant::values())
    ) {
        let body = structured(attributes, data);
        if let Err(faults) = timely(|| read(AlertSource::CloudEvents, body.clone(), &Settings::default()))? {
            expect_told(&body, &faults)?;
        }
    }
}
