//! The whole system from outside: the rules of the house, real servers, real browsers, faults.
//!
//! One binary, one module a subject. The harness is in `server.rs` (a real `aikste serve`), `browser.rs` (real browsers,
//! driven by the scenarios in `tests/browser`), `fixtures.rs` (cameras and microphones) and `source.rs` (the tree, read).
#![allow(clippy::unwrap_used, reason = "in a test an unwrap is an assertion")]

mod browser;
mod fixtures;
mod http;
mod server;
mod source;
mod wait;

mod tidy;
