//! How columns become words of the domain.

use std::str::FromStr;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;

use super::error::Error;

/// One column of rows that are written, as an array: the server takes arrays
/// several times as fast as it reads JSON.
pub(super) fn column<'r, R, T>(rows: &'r [R], read: impl Fn(&'r R) -> T) -> Vec<T> {
    rows.iter().map(read).collect()
}

/// An instant that may be missing, as a column holds it.
pub(super) fn instant(at: Option<Timestamp>) -> Option<jiff_sqlx::Timestamp> {
    at.map(ToSqlx::to_sqlx)
}

/// Reads a closed word that a column holds.
pub(super) fn word<T>(table: &'static str, text: &str) -> Result<T, Error>
where
    T: FromStr,
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error| Error::bad_row(table, error))
}

/// Reads an optional closed word.
pub(super) fn optional_word<T>(table: &'static str, text: Option<&str>) -> Result<Option<T>, Error>
where
    T: FromStr,
    T::Err: std::fmt::Display,
{
    text.map(|text| word(table, text)).transpose()
}

/// Reads a list of closed words.
pub(super) fn words<T>(table: &'static str, texts: &[String]) -> Result<Vec<T>, Error>
where
    T: FromStr,
    T::Err: std::fmt::Display,
{
    texts.iter().map(|text| word(table, text)).collect()
}
