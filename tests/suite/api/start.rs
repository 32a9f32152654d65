//! The binary from its start to its end.
