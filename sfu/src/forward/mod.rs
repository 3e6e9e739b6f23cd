//! Pure forwarding: who receives what, rewriting, retransmission cache, keyframes. No socket, no clock.
//!
//! A packet's way: [`rtp::RtpView::parse`] → (retransmission: [`rtx::unwrap`] first) → [`upstream::Upstream::receive`]
//! gives a [`packet::Packet`] → [`downstream::Downstream::forward`] of every slot writes it into the caller's buffer.
//! What comes back: [`rtcp::packets`] → [`downstream::Downstream::resend`], [`downstream::Downstream::keyframe_wanted_by_viewer`],
//! [`upstream::Upstream::on_sender_report`]. A keyframe that is needed goes through [`keyframes::KeyframeRequests`].

pub mod bits;
pub mod cache;
pub mod codec;
pub mod dependency;
pub mod downstream;
pub mod keyframes;
pub mod layering;
pub mod layers;
pub mod losses;
pub mod merge;
pub mod packet;
pub mod picture_ids;
pub mod quality;
pub mod rates;
pub mod red;
pub mod resend;
pub mod rtcp;
pub mod rtcp_write;
pub mod rtp;
pub mod rtt;
pub mod rtx;
pub mod skips;
pub mod slot;
pub mod splice;
pub mod upstream;
pub mod vp8;
pub mod vp9;
pub mod window;
