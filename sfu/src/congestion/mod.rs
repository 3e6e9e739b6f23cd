//! Pure congestion control: transport-wide feedback. No socket, no clock.

pub mod feedback;
