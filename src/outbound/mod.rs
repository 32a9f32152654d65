//! The way out: the only clients of other machines. Whatever is reached on
//! somebody else's word goes through [`http::Client`], which refuses addresses
//! that are not of the public internet.

pub mod folder;
pub mod http;
pub mod mail;
pub mod prometheus;
pub mod signature;
mod smtp;
pub mod token;
