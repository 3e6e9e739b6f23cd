//! The whole system from outside: the rules of the house, real servers, real browsers, faults.
//!
//! One binary, one module a subject. The harness is in `server.rs` (a real `aikste serve`), `browser.rs` (real browsers,
//! driven by the scenarios in `tests/browser`), `publisher.rs` (GStreamer), `fixtures.rs` (cameras and microphones) and `source.rs` (the tree, read).
#![allow(clippy::unwrap_used, reason = "in a test an unwrap is an assertion")]
#![allow(
    unreachable_pub,
    dead_code,
    reason = "the harness offers more than each subject takes"
)]

mod browser;
mod fixtures;
mod http;
mod lab;
mod people;
mod phone;
mod providers;
mod publisher;
mod server;
mod source;
mod wait;

mod admin;
mod bad_input;
mod call;
mod check;
mod civic_log;
mod cli;
mod counter;
mod erased;
mod faults;
mod layers;
mod metrics;
mod network;
mod operators;
mod pages;
mod passkeys;
mod reach;
mod replay;
mod residents;
mod signin;
mod tidy;
mod unlinked;
mod whip;
mod whip_recorded;
