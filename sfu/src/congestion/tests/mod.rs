//! Facts about the whole of it, over a simulated network.

mod call;
mod hostile;
mod network;
mod scenarios;
