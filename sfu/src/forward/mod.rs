//! Pure forwarding: who receives what, rewriting, retransmission cache, keyframes. No socket, no clock.
