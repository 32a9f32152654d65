//! Merge patches, by the examples and the laws of RFC 7396.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use support_engineer::domain::edit::{merge, merge_custom};

#[test]
fn the_examples_of_the_standard_come_out_right() {
    for (target, patch, result) in [
        (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
        (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
        (json!({"a": "b"}), json!({"a": null}), json!({})),
        (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
        (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
        (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
        (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
        (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
        (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
        (json!({"a": "b"}), json!(["c"]), json!(["c"])),
        (json!({"a": "foo"}), Value::Null, Value::Null),
        (json!({"a": "foo"}), json!("bar"), json!("bar")),
        (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
        (json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b"})),
        (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
    ] {
        assert_eq!(merge(target.clone(), &patch), result, "{target} + {patch}");
    }
}

#[test]
fn no_free_fields_and_null_are_an_empty_object() {
    assert_eq!(merge_custom(&Value::Null, &json!({"a": null})), Ok(json!({})));
    assert_eq!(merge_custom(&json!({"a": 1}), &Value::Null), Ok(json!({})));
}

/// Small JSON values that share their names, so that they meet.
fn value() -> impl Strategy<Value = Value> {
    let leaf =
        prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), (0..3).prop_map(Value::from)];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::btree_map("[abc]", inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    #[test]
    fn a_patch_that_comes_twice_changes_nothing_more(target in value(), patch in value()) {
        let once = merge(target, &patch);
        prop_assert_eq!(merge(once.clone(), &patch), once);
    }

    #[test]
    fn what_a_patch_does_not_name_stays(target in value(), patch in value()) {
        if let (Value::Object(before), Value::Object(changes)) = (&target, &patch) {
            let after = merge(target.clone(), &patch);
            for (name, value) in before.iter().filter(|(name, _)| !changes.contains_key(*name)) {
                prop_assert_eq!(&after[name], value);
            }
            for name in changes.iter().filter(|(_, change)| change.is_null()).map(|(name, _)| name) {
                prop_assert!(after.get(name).is_none());
            }
        }
    }
}
