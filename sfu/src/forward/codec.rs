//! What can be told from the first bytes of a payload: whether a picture begins here that needs no other.

use crate::ids::Codec;

/// Whether this payload begins a keyframe. Sound has none; an empty or cut payload is none.
pub fn begins_keyframe(_codec: Codec, _payload: &[u8]) -> bool {
    false
}
