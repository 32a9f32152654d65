//! Tags: words that people put on tickets, of which one has a meaning of its own.

/// The tag of what is no request at all. Tags are words of people, which the
/// history does not hold; whether this one is there, it does.
const SPAM: &str = "spam";

/// Whether tags say that a ticket is no request at all.
#[must_use]
pub fn is_spam(tags: &[String]) -> bool {
    tags.iter().any(|tag| tag == SPAM)
}

/// A tag as it is kept: whoever writes the one with a meaning in other letters
/// means it all the same, and whoever looks for it finds it by one spelling.
#[must_use]
pub fn spelled(tag: String) -> String {
    if tag.eq_ignore_ascii_case(SPAM) { SPAM.to_owned() } else { tag }
}
