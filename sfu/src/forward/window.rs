//! A sliding window over extended sequence numbers: has this one been here before?
