//! JSON pointers (RFC 6901): the address of a place in a document.

/// Longest part of a field's name that is repeated in a pointer, in characters:
/// a made-up name of a megabyte is not echoed.
const MAX_NAME: usize = 200;

/// The pointer to the field `name` of the object at `parent`.
#[must_use]
pub fn field(parent: &str, name: &str) -> String {
    let mut pointer = String::with_capacity(parent.len() + name.len().min(MAX_NAME) + 1);
    pointer.push_str(parent);
    pointer.push('/');
    for character in name.chars().take(MAX_NAME) {
        match character {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
    pointer
}

/// The pointer to the item at `index` of the array at `parent`.
#[must_use]
pub fn item(parent: &str, index: usize) -> String {
    format!("{parent}/{index}")
}
