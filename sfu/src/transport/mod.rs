//! Sockets and shards, ICE-lite, DTLS, SRTP, the SDP answer. The only folder that names a webrtc-family crate.

mod client_hello;
mod demux;
mod dtls;
mod ice;
mod sdp;
mod srtp;
mod udp;
