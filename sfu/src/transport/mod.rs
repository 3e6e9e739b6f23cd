//! Sockets and shards, ICE-lite, DTLS, SRTP, the SDP answer. The only folder that names a webrtc-family crate.
//!
//! A datagram's way: [`udp`] → [`demux`] → [`ice`], [`dtls`] or [`srtp`] → [`reception`] (whose packet is it) →
//! [`pending`] (busy: a moment) → the slots of everybody in the room → [`srtp`] → [`outbox`] → [`udp`]. [`shard`] owns all of it, on one thread.
//! Where no UDP gets through, [`tcp`] and [`links`] stand in for [`udp`].

mod client_hello;
mod demux;
mod dtls;
pub(crate) mod front_door;
mod gather;
pub(crate) mod handle;
mod ice;
mod layers;
mod links;
mod media;
mod negotiation;
mod outbox;
mod outside;
mod peer;
mod pending;
mod reception;
mod reporting;
mod rooms;
mod running;
mod sdp;
mod shard;
mod srtp;
mod tcp;
#[cfg(test)]
mod tests;
mod timers;
mod udp;
