//! The transport from outside: a shard, clients made of our own DTLS, SRTP and STUN, and a network in memory that
//! loses what a test tells it to. Time is an argument everywhere, so every run is the same.
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod across;
mod agreeing;
pub(crate) mod allocated;
mod bandwidth;
mod client;
mod connecting;
mod forwarding;
mod handle;
mod hostile;
mod layers;
mod live;
mod mesh;
mod network;
mod no_alloc;
mod refusing;
mod reporting;
mod soak;
mod threads;
