//! Sockets and shards, ICE-lite, DTLS, SRTP, the SDP answer. The only folder that names a webrtc-family crate.
//!
//! A datagram's way: [`udp`] → [`demux`] → [`ice`], [`dtls`] or [`srtp`] → [`reception`] (whose packet is it) →
//! [`pending`] (busy: a moment) → the slots of everybody in the room → [`srtp`] → [`outbox`] → [`udp`]. [`shard`] owns all of it, on one thread.
//! [`telling`] and [`told`] are for the other shards that have a room, [`ring`] is the way there; [`placement`] says who is connected to which.
//! Where no UDP gets through, [`tcp`] and [`links`] stand in for [`udp`].

mod across;
mod asked;
pub(crate) mod client_hello;
mod demux;
mod doors;
mod dtls;
pub(crate) mod front_door;
mod gather;
pub(crate) mod handle;
mod ice;
pub(crate) mod insider;
mod layers;
mod limiting;
mod links;
mod media;
mod negotiation;
mod outbox;
pub(crate) mod outside;
mod peer;
mod pending;
mod placement;
mod reception;
mod remote;
mod reporting;
mod ring;
mod rooms;
mod running;
mod sdp;
mod shard;
mod srtp;
pub(crate) mod tcp;
mod telling;
#[cfg(test)]
mod tests;
mod timers;
mod told;
mod udp;

pub use doors::MAX_SHARDS;
