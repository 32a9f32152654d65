//! The migrations that the binary holds.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[test]
fn the_binary_holds_every_migration() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let files = fs::read_dir(folder).expect("the folder is there");
    let number = |name: &str| name.split('_').next().and_then(|number| number.parse::<i64>().ok());
    let files: BTreeSet<i64> = files
        .map(|file| file.expect("a file").file_name().into_string().expect("UTF-8"))
        .map(|name| number(&name).unwrap_or_else(|| panic!("{name} has no number")))
        .collect();
    let held: BTreeSet<i64> = sqlx::migrate!().iter().map(|migration| migration.version).collect();
    // A new file alone makes nothing compile again.
    assert_eq!(files, held, "touch src/store/migrate.rs and compile again");
}
