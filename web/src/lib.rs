//! Pages, and the process that holds everything together: the binary `aikste` is this crate and nothing more.
//!
//! `serve` puts the rooms of the house together; `glue` is the one place where civic life and media meet;
//! `pages` draws; `security` stands at the door.

pub mod assets;
pub mod audit;
pub mod check;
pub mod command;
pub mod config;
pub mod glue;
pub mod health;
pub mod i18n;
pub mod keeping;
pub mod log_key;
pub mod media;
pub mod metrics;
pub mod pages;
pub mod rights;
pub mod seats;
pub mod secrets;
pub mod security;
pub mod serve;
pub mod state;
pub mod tls;
pub mod watch;
pub mod ways;
