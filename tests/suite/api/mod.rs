//! The interface as its clients see it, over TCP.

mod framework;
