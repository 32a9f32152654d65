//! The matrix that is in force for a tenant: the shipped one, or its own.

use jiff::Timestamp;
use serde_json::Value;

use super::matrix::Matrix;
use super::reading;
use crate::domain::closed_list::closed_list;
use crate::domain::document::{self, Fault};

closed_list! {
    /// Whose a matrix is.
    MatrixOrigin {
        /// It came with the service.
        Shipped = "shipped",
        /// The tenant wrote it.
        Own = "own",
    }
}

/// A version of the matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct MatrixEdition {
    /// The rules.
    pub matrix: Matrix,
    /// The document they were read from.
    pub document: Value,
    /// Names it among all versions of all matrices: `own-` and the tenant's
    /// edit, or `shipped-` and the beginning of the SHA-256 of the text.
    pub version: String,
    /// Whose it is.
    pub origin: MatrixOrigin,
    /// How often the tenant has edited its matrix; 0: never.
    pub revision: i32,
    /// When the tenant put it in force; none: it came with the service.
    pub created_at: Option<Timestamp>,
}

impl MatrixEdition {
    /// The shipped matrix, from the text of `config/escalation.toml`; `digest`
    /// is the SHA-256 of the text, in hexadecimal digits.
    ///
    /// # Errors
    /// Every fault with its place.
    pub fn shipped(text: &str, digest: &str) -> Result<Self, Vec<Fault>> {
        let matrix = Matrix::parse(text)?;
        let short: String = digest.chars().take(12).collect();
        Ok(Self {
            matrix,
            document: document::to_json(text)?,
            version: format!("shipped-{short}"),
            origin: MatrixOrigin::Shipped,
            revision: 0,
            created_at: None,
        })
    }

    /// The version that a tenant's edit of this number makes. `document` is
    /// JSON in the form of `config/escalation.toml`.
    ///
    /// # Errors
    /// Every fault with its place.
    pub fn own(document: Value, revision: i32, at: Timestamp) -> Result<Self, Vec<Fault>> {
        let matrix = reading::of_table(&document::of_json(&document)?)?;
        let (version, origin) = (format!("own-{revision}"), MatrixOrigin::Own);
        Ok(Self { matrix, document, version, origin, revision, created_at: Some(at) })
    }

    /// This one, put in force again by the edit of this number.
    #[must_use]
    pub fn restored(&self, revision: i32, at: Timestamp) -> Self {
        Self { revision, created_at: Some(at), ..self.clone() }
    }
}

/// An edit of a tenant's matrix, as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct MatrixVersion {
    /// Which edit it was, from 1.
    pub version: i32,
    /// What it put in force; none: the shipped matrix.
    pub document: Option<Value>,
    /// When.
    pub created_at: Timestamp,
}
