//! Sockets and shards, ICE-lite, DTLS, SRTP, SDP answers: the only folder that names a webrtc-family crate.
