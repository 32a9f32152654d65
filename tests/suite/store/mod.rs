//! The store on a real PostgreSQL, as the role that serves requests.

mod guard;
mod migrate;
