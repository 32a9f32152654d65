//! How columns become words of the domain.

use std::str::FromStr;

use super::error::Error;

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
