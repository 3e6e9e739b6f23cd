//! The civic side from outside: one conformance suite, run on SQLite and on a real PostgreSQL, and the HTTP API.
#![allow(clippy::unwrap_used, reason = "tests")]

mod accounts;
mod assistance;
mod conferences;
mod db;
mod demo;
mod digest_keys;
mod ground;
mod http;
mod identity;
mod log;
mod log_proofs;
mod passkeys;
mod phone;
mod postgres;
mod residence;
mod roles;
mod tokens;
