//! Pure congestion control: transport-wide feedback. No socket, no clock.

mod chunks;
mod collector;
pub mod feedback;

pub use collector::{FEEDBACK_INTERVAL, FeedbackCollector};
pub use feedback::{Arrival, Arrivals, Feedback};
