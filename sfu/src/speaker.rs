//! Who speaks: from the loudness that senders report (RFC 6464), smoothed, with hysteresis and hold.
