//! The chain: which bytes of a record are hashed, and what a sound one looks like. Pure.
//!
//! A record's hash is SHA-256 over the UTF-8 bytes of this JSON array, written canonically (RFC 8785; our numbers are
//! integers below 2⁵³, so sorted keys and no spaces are all there is to it):
//!
//! `["aikste-log-1", seq, stream, stream_seq, at in µs, kind, actor_role, subject, payload, previous_hash]`

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Fault, Head, Record};

/// What stands for "the record before the first".
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The version of the encoding; changes when the encoding does.
const VERSION: &str = "aikste-log-1";

/// JSON with sorted keys and without spaces.
pub fn canonical(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(fields) => {
            // Our keys are ASCII, for which the order of bytes is the order of UTF-16 units that RFC 8785 wants.
            let mut keys: Vec<&String> = fields.keys().collect();
            keys.sort();
            out.push('{');
            for (i, key) in keys.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write(&fields[key], out);
            }
            out.push('}');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

/// The hash of a record, from everything in it but its hash; in hex.
pub fn hash(record: &Record) -> String {
    let encoded = canonical(&serde_json::json!([
        VERSION,
        record.seq,
        record.stream,
        record.stream_seq,
        record.at.as_microsecond(),
        record.kind,
        record.actor_role,
        record.subject,
        record.payload,
        record.previous_hash,
    ]));
    hex::encode(Sha256::digest(encoded.as_bytes()))
}

/// A salted digest for a payload: SHA-256 over the salt's bytes and the value's canonical JSON; in hex. Who has the
/// value and the salt can check it; when the salt is erased, it says nothing any more.
pub fn digest(salt: &[u8], value: &Value) -> String {
    let mut hasher = Sha256::new();
    hasher.update(salt);
    hasher.update(canonical(value).as_bytes());
    hex::encode(hasher.finalize())
}

/// What is wrong with a record that should follow `last`.
pub(super) fn fault(last: &Head, record: &Record) -> Option<Fault> {
    if record.seq != last.seq + 1 {
        Some(Fault::Missing)
    } else if record.previous_hash != last.hash {
        Some(Fault::NotChained)
    } else if hash(record) != record.hash {
        Some(Fault::Altered)
    } else {
        None
    }
}
