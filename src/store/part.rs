//! Statements that are put together from parts, which other statements have, too:
//! what one statement writes takes one way to the server.

/// Numbers the parameters of a statement that was put together. `$1` is the
/// tenant, which all parts share; `$?` stands for the next one.
pub(super) fn numbered(text: &str) -> String {
    let mut parts = text.split("$?");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.zip(2_usize..).fold(first, |text, (part, number)| text + "$" + &number.to_string() + part)
}
