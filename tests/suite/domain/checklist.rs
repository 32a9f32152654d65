//! The diagnosis checklists.

use support_engineer::domain::checklist::Checklists;
use support_engineer::domain::vocabulary::Category;

const SHIPPED: &str = include_str!("../../../config/checklists.toml");

fn faults_after(from: &str, to: &str) -> Vec<String> {
    assert!(SHIPPED.contains(from), "the shipped lists have {from:?}");
    let faults = Checklists::parse(&SHIPPED.replacen(from, to, 1)).expect_err("a fault");
    faults.iter().map(ToString::to_string).collect()
}

#[test]
fn every_category_has_its_own_steps() {
    let checklists = Checklists::parse(SHIPPED).expect("the shipped lists have no fault");
    let mut all: Vec<&String> = Vec::new();
    for category in Category::ALL {
        let steps = checklists.steps(*category);
        assert!((4..=7).contains(&steps.len()), "{category} has {} steps", steps.len());
        all.extend(steps);
    }
    let count = all.len();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), count, "no step is copied from another category");
    assert!(checklists.steps(Category::Performance)[0].starts_with("Pin it down"), "the order is kept");
}

#[test]
fn faults_are_named() {
    let faults = faults_after("how_to = [", "how = [");
    assert!(faults.iter().any(|fault| fault.starts_with("/how: unknown key")), "{faults:?}");
    assert!(faults.contains(&"/how_to: is missing".to_owned()), "{faults:?}");

    let faults = faults_after("other = [", "other = [\" \",");
    assert_eq!(faults, ["/other: step 0 must have 1 to 300 characters"]);
    let long = format!("other = [\"{}\",", "x".repeat(301));
    assert_eq!(faults_after("other = [", &long), ["/other: step 0 must have 1 to 300 characters"]);

    let faults = faults_after("performance = [", "performance = [\"one more\",");
    assert_eq!(faults, ["/performance: has 8 different steps; 4 to 7 are useful"]);
    let faults = faults_after("other = [", "other = [7,");
    assert!(faults.len() == 1 && faults[0].starts_with("/other/0: "), "{faults:?}");
    let twice = "other = [\"again\", \"again\",";
    assert_eq!(faults_after("other = [", twice), ["/other: names again twice"]);
    assert!(Checklists::parse("").is_err_and(|faults| faults.len() == Category::ALL.len()));
}
