//! Many JSON values in one text, as an array or one a line: told apart without
//! being read, so that a fault in one of them is that one's alone.

use std::ops::Range;

use serde::de::IgnoredAny;

use super::json::JsonFault;

/// Why a text does not hold values one by one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ItemsFault {
    /// Not JSON, as a whole.
    #[error(transparent)]
    Json(#[from] JsonFault),
    /// JSON, and no array.
    #[error("not an array")]
    NotAnArray,
    /// More values than are taken.
    #[error("more than {0} values")]
    TooMany(usize),
}

/// Where the values of a JSON array that fills `bytes` are, `most` at most.
///
/// # Errors
/// An [`ItemsFault`]. What only a close reading of a value shows is none.
pub fn of_array(bytes: &[u8], most: usize) -> Result<Vec<Range<usize>>, ItemsFault> {
    if let Err(error) = std::str::from_utf8(bytes) {
        return Err(JsonFault::NotUtf8 { offset: error.valid_up_to() }.into());
    }
    let start = skip_space(bytes, 0);
    if bytes.get(start) != Some(&b'[') {
        value(bytes, start).and_then(|range| expect_end(bytes, range.end))?;
        return Err(ItemsFault::NotAnArray);
    }
    let (found, end) = values(bytes, start, most)?;
    expect_end(bytes, end)?;
    Ok(found)
}

/// Where the values of the array that begins at `start` are, and where it ends.
///
/// # Errors
/// An [`ItemsFault`], `NotAnArray` if none begins there.
pub fn values(bytes: &[u8], start: usize, most: usize) -> Result<(Vec<Range<usize>>, usize), ItemsFault> {
    if bytes.get(start) != Some(&b'[') {
        return Err(ItemsFault::NotAnArray);
    }
    let mut found = Vec::new();
    let mut at = skip_space(bytes, start + 1);
    if bytes.get(at) == Some(&b']') {
        return Ok((found, at + 1));
    }
    loop {
        let range = value(bytes, at)?;
        at = skip_space(bytes, range.end);
        if found.len() == most {
            return Err(ItemsFault::TooMany(most));
        }
        found.push(range);
        match bytes.get(at) {
            Some(b',') => at = skip_space(bytes, at + 1),
            Some(b']') => return Ok((found, at + 1)),
            _ => return Err(syntax(bytes, at, "expected `,` or `]`").into()),
        }
    }
}

/// Where the lines of `bytes` are that are not blank, `most` at most; a line
/// ends with LF, CR LF or the text.
///
/// # Errors
/// [`ItemsFault::TooMany`].
pub fn of_lines(bytes: &[u8], most: usize) -> Result<Vec<Range<usize>>, ItemsFault> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if !line.trim_ascii().is_empty() {
            if found.len() == most {
                return Err(ItemsFault::TooMany(most));
            }
            found.push(start..start + line.trim_ascii_end().len());
        }
        start += line.len();
    }
    Ok(found)
}

fn value(bytes: &[u8], start: usize) -> Result<Range<usize>, JsonFault> {
    let rest = &bytes[start..];
    let mut stream = serde_json::Deserializer::from_slice(rest).into_iter::<IgnoredAny>();
    match stream.next() {
        Some(Ok(IgnoredAny)) => Ok(start..start + stream.byte_offset()),
        Some(Err(error)) => {
            let lines = rest.split_inclusive(|byte| *byte == b'\n').take(error.line().saturating_sub(1));
            let at = start + lines.map(<[u8]>::len).sum::<usize>() + error.column();
            let full = error.to_string();
            Err(syntax(bytes, at, full.split(" at line ").next().unwrap_or_default()))
        }
        None => Err(syntax(bytes, bytes.len(), "EOF while parsing a value")),
    }
}

fn expect_end(bytes: &[u8], at: usize) -> Result<(), JsonFault> {
    let end = skip_space(bytes, at);
    if end == bytes.len() { Ok(()) } else { Err(syntax(bytes, end, "trailing characters")) }
}

fn skip_space(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count()
}

fn syntax(bytes: &[u8], at: usize, reason: &str) -> JsonFault {
    let before = &bytes[..at.min(bytes.len())];
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |place| place + 1);
    let line = before.split(|byte| *byte == b'\n').count();
    JsonFault::Syntax { line, column: before.len() - line_start, reason: reason.to_owned() }
}
