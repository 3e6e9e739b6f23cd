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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;

    fn record() -> Record {
        Record {
            seq: 1,
            stream: "conference/c".into(),
            stream_seq: 1,
            at: "2026-11-23T15:00:00.000001Z".parse().unwrap(),
            kind: "conference.opened".into(),
            actor_role: "host".into(),
            subject: "c".into(),
            payload: json!({ "b": 2, "a": [true, null, "ąž\n\""] }),
            previous_hash: GENESIS.into(),
            hash: String::new(),
        }
    }

    #[test]
    fn canonical_json_has_sorted_keys_and_no_spaces() {
        assert_eq!(
            canonical(&record().payload),
            r#"{"a":[true,null,"ąž\n\""],"b":2}"#
        );
    }

    /// Computed with Python: `hashlib.sha256(json.dumps([...], ensure_ascii=False, separators=(",", ":"),
    /// sort_keys=True).encode()).hexdigest()`: anyone can check the log with what they have at hand.
    #[test]
    fn the_hash_is_what_another_program_computes() {
        assert_eq!(
            hash(&record()),
            "357374b0a9a7bcae88ad6875df5b92d9d79f76dfd2acb38c040e2ad33a1181e3"
        );
    }

    #[test]
    fn every_field_is_in_the_hash() {
        let changes: [fn(&mut Record); 9] = [
            |r| r.seq += 1,
            |r| r.stream.push('x'),
            |r| r.stream_seq += 1,
            |r| r.at = Timestamp::UNIX_EPOCH,
            |r| r.kind.push('x'),
            |r| r.actor_role.push('x'),
            |r| r.subject.push('x'),
            |r| r.payload["b"] = json!(3),
            |r| r.previous_hash = r.previous_hash.replace('0', "1"),
        ];
        for change in changes {
            let mut changed = record();
            change(&mut changed);
            assert_ne!(hash(&changed), hash(&record()), "{changed:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn canonical_json_is_json_and_its_own_canonical_form(keys in proptest::collection::btree_map(".*", ".*", 0..8), n: i64) {
            let value = json!({ "n": n, "keys": keys, "list": [keys.len(), null, false] });
            let text = canonical(&value);
            let again: Value = serde_json::from_str(&text).unwrap();
            proptest::prop_assert_eq!(&again, &value);
            proptest::prop_assert_eq!(canonical(&again), text);
        }
    }

    #[test]
    fn a_digest_needs_its_salt() {
        let value = json!({ "title": "Gatvės" });
        assert_eq!(digest(b"salt", &value), digest(b"salt", &value));
        assert_ne!(digest(b"salt", &value), digest(b"other", &value));
    }
}
