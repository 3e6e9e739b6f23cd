//! The last packets of one stream, in buffers that are used again: what a NACK is answered from.
