//! Pure congestion control. No socket, no clock.
//!
//! Towards a publisher: [`FeedbackCollector`] writes the feedback that its browser's own controller needs.
//!
//! Towards a subscriber: one [`Bandwidth`] and one [`allocate::Allocator`], used in this order:
//! 1. A packet for a slot: [`Bandwidth::admit`] first. `Send`: write it with the transport-wide sequence number
//!    [`Bandwidth::next_sequence`], seal it, then [`Bandwidth::on_sent`]. `Later`: keep it and do that at its time, before
//!    anything that is admitted after it. `Drop`: let the slot wait for its next keyframe, and allocate anew.
//!    Every RTP packet has a number of this one sequence: sound, pictures, retransmissions and padding.
//! 2. RTCP: [`Bandwidth::on_feedback`], [`Bandwidth::on_remb`].
//! 3. At [`Bandwidth::due_at`]: [`Bandwidth::tick`]; then [`Bandwidth::padding`] until it says `None`, sending for each request
//!    a recent packet again over RTX, or padding, and calling `on_sent`. Padding does not ask `admit`: a probe has a pace of
//!    its own.
//! 4. When the estimate or the slots changed, and every 100 ms: [`allocate::Allocator::allocate`] with
//!    [`Bandwidth::budget_bps`]; the slots follow [`allocate::Allocator::layer`], and [`Bandwidth::shared`] hears what more
//!    could be used.
//! 5. The path changed (another address was nominated, ICE restart): [`Bandwidth::reset`].

mod acknowledged;
pub mod allocate;
mod bandwidth;
mod chunks;
mod collector;
pub mod estimator;
pub mod feedback;
mod grouping;
mod loss;
pub mod pacer;
pub mod probe;
mod rate_control;
pub mod sent;
mod standing;
mod trendline;

#[cfg(test)]
mod tests;

pub use bandwidth::{Bandwidth, Limits, Path};
pub use collector::{FEEDBACK_INTERVAL, FeedbackCollector};
pub use feedback::{Arrival, Arrivals, Feedback};
pub use trendline::Usage;
