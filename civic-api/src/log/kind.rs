//! The kinds of records, and what each may say. Pure. A payload is an object with the keys listed here, and its values
//! cannot hold a name: they are whole numbers, or texts of small letters, digits and `._/:-` (ids, codes, digests).

use serde_json::Value;

use super::Entry;
use crate::Error;

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// A reception was announced.
    ConferenceCreated,
    /// An announced reception was moved to another time.
    ConferenceMoved,
    /// A reception began.
    ConferenceOpened,
    /// A reception ended.
    ConferenceEnded,
    /// Someone took a seat.
    ParticipationJoined,
    /// Someone gave up a seat.
    ParticipationLeft,
    /// A recording began.
    RecordingStarted,
    /// A recording was stopped; its pieces are being finished.
    RecordingStopped,
    /// A recording can be replayed.
    RecordingFinished,
    /// A recording could not go on.
    RecordingFailed,
    /// Recordings were deleted, their time being over.
    RecordingDeleted,
    /// The log's checkpoints are signed with this key from now on.
    LogKeySet,
    /// A secret key of the server was changed; which one, not what it is.
    KeyRotated,
    /// The key before a changed one was taken away.
    KeyDropped,
    /// Tokens are issued for a right; its key is published.
    RightOpened,
    /// No more tokens can be issued for a right.
    RightClosed,
    /// Someone signed in.
    AccountSignedIn,
    /// Someone added another way of signing in to their account.
    AccountLinked,
    /// Someone signed in at a public terminal, by confirming on their phone.
    TerminalSignedIn,
    /// Someone had their account erased.
    AccountErased,
    /// An extract of the population register was imported.
    ResidentsImported,
    /// Someone was given a role.
    RoleGranted,
    /// A role was taken from someone.
    RoleTaken,
    /// Somebody added a passkey to their account.
    PasskeyAdded,
    /// Somebody removed one.
    PasskeyRemoved,
    /// Somebody spent a recovery code.
    RecoveryUsed,
    /// Somebody made new recovery codes.
    RecoveryCodesMade,
    /// An administrator took away somebody's passkeys, so that they begin anew.
    PasskeysReset,
    /// A worker began to act with a resident who is present.
    AssistanceBegun,
    /// They did something.
    AssistanceActed,
    /// It ended.
    AssistanceEnded,
    /// The demonstration city was filled.
    DemoFilled,
    /// The demonstration city was removed.
    DemoRemoved,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 33] = [
        Kind::ConferenceCreated,
        Kind::ConferenceMoved,
        Kind::ConferenceOpened,
        Kind::ConferenceEnded,
        Kind::ParticipationJoined,
        Kind::ParticipationLeft,
        Kind::RecordingStarted,
        Kind::RecordingStopped,
        Kind::RecordingFinished,
        Kind::RecordingFailed,
        Kind::RecordingDeleted,
        Kind::LogKeySet,
        Kind::KeyRotated,
        Kind::KeyDropped,
        Kind::RightOpened,
        Kind::RightClosed,
        Kind::AccountSignedIn,
        Kind::AccountLinked,
        Kind::TerminalSignedIn,
        Kind::AccountErased,
        Kind::ResidentsImported,
        Kind::RoleGranted,
        Kind::RoleTaken,
        Kind::PasskeyAdded,
        Kind::PasskeyRemoved,
        Kind::RecoveryUsed,
        Kind::RecoveryCodesMade,
        Kind::PasskeysReset,
        Kind::AssistanceBegun,
        Kind::AssistanceActed,
        Kind::AssistanceEnded,
        Kind::DemoFilled,
        Kind::DemoRemoved,
    ];

    /// As it is recorded.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::ConferenceCreated => "conference.created",
            Kind::ConferenceMoved => "conference.moved",
            Kind::ConferenceOpened => "conference.opened",
            Kind::ConferenceEnded => "conference.ended",
            Kind::ParticipationJoined => "participation.joined",
            Kind::ParticipationLeft => "participation.left",
            Kind::RecordingStarted => "recording.started",
            Kind::RecordingStopped => "recording.stopped",
            Kind::RecordingFinished => "recording.finished",
            Kind::RecordingFailed => "recording.failed",
            Kind::RecordingDeleted => "recording.deleted",
            Kind::LogKeySet => "log.key_set",
            Kind::KeyRotated => "key.rotated",
            Kind::KeyDropped => "key.dropped",
            Kind::RightOpened => "right.opened",
            Kind::RightClosed => "right.closed",
            Kind::AccountSignedIn => "account.signed_in",
            Kind::AccountLinked => "account.linked",
            Kind::TerminalSignedIn => "account.terminal_signed_in",
            Kind::AccountErased => "account.erased",
            Kind::ResidentsImported => "residents.imported",
            Kind::RoleGranted => "role.granted",
            Kind::RoleTaken => "role.taken",
            Kind::PasskeyAdded => "passkey.added",
            Kind::PasskeyRemoved => "passkey.removed",
            Kind::RecoveryUsed => "passkey.recovered",
            Kind::RecoveryCodesMade => "passkey.codes_made",
            Kind::PasskeysReset => "passkey.reset",
            Kind::AssistanceBegun => "assistance.begun",
            Kind::AssistanceActed => "assistance.acted",
            Kind::AssistanceEnded => "assistance.ended",
            Kind::DemoFilled => "demo.filled",
            Kind::DemoRemoved => "demo.removed",
        }
    }

    /// What a payload of this kind may hold. Seats are numbers in a room; whose they were is said elsewhere, erasably.
    pub fn allowed_keys(self) -> &'static [&'static str] {
        match self {
            Kind::ConferenceCreated => &[
                "audience",
                "digest",
                "eldership",
                "recorded",
                "retention_days",
                "starts_at_us",
            ],
            Kind::ConferenceMoved => &["starts_at_us"],
            Kind::ConferenceOpened => &[],
            Kind::ConferenceEnded => &["duration_ms"],
            Kind::ParticipationJoined | Kind::ParticipationLeft => &["present", "seat"],
            Kind::RecordingStarted | Kind::RecordingStopped => &["conference"],
            Kind::RecordingFinished => {
                &["conference", "duration_ms", "manifest_sha256", "size_bytes"]
            }
            Kind::RecordingFailed => &["conference", "reason"],
            Kind::RecordingDeleted => &["conference"],
            Kind::LogKeySet => &["key"],
            Kind::KeyRotated | Kind::KeyDropped => &[],
            Kind::RightOpened => &["key_sha256"],
            Kind::RightClosed => &["issued", "spent"],
            Kind::AccountSignedIn | Kind::AccountLinked => &["assurance", "first", "provider"],
            Kind::TerminalSignedIn => &["assurance", "provider"],
            Kind::ResidentsImported => &["added", "changed", "removed", "residents"],
            Kind::RoleGranted | Kind::RoleTaken => &["role", "scope"],
            Kind::AccountErased
            | Kind::PasskeyAdded
            | Kind::PasskeyRemoved
            | Kind::RecoveryUsed
            | Kind::RecoveryCodesMade => &[],
            Kind::PasskeysReset => &["reason"],
            Kind::AssistanceBegun => &["first", "purpose"],
            Kind::AssistanceActed => &["act"],
            Kind::AssistanceEnded => &["how"],
            Kind::DemoFilled => &["accounts", "conferences"],
            Kind::DemoRemoved => &["accounts", "conferences", "recordings"],
        }
    }

    /// Refuses an entry that says more than its kind may.
    pub(super) fn check(self, entry: &Entry) -> Result<(), Error> {
        let refuse = |reason: String| {
            Err(Error::LogRecord {
                kind: self.as_str(),
                reason,
            })
        };
        let Value::Object(fields) = &entry.payload else {
            return refuse("the payload is not an object".into());
        };
        for (key, value) in fields {
            if !self.allowed_keys().contains(&key.as_str()) {
                return refuse(format!("key {key} is not allowed"));
            }
            if !is_plain(value) {
                return refuse(format!("the value of {key} is not plain"));
            }
        }
        if !is_code(&entry.stream) || !is_code(&entry.subject) {
            return refuse("stream and subject are codes".into());
        }
        Ok(())
    }
}

/// Whole numbers that every JSON reader keeps exactly, truth values, and codes.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::Bool(_) | Value::Null => true,
        Value::Number(number) => number.as_i64().is_some_and(|n| n.unsigned_abs() < 1 << 53),
        Value::String(text) => is_code(text),
        Value::Array(_) | Value::Object(_) => false,
    }
}

/// Small letters, digits and `._/:-`, 1 to 128 of them: room for an id or a digest, none for a name.
fn is_code(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._/:-".contains(&b))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use serde_json::json;

    use super::*;
    use crate::log::Actor;

    fn checked(kind: Kind, payload: Value) -> Result<(), Error> {
        kind.check(&Entry {
            stream: "conference/01890a5d-ac96-774b-bcce-b302099a8057".into(),
            kind,
            actor_role: Actor::Host,
            subject: "01890a5d-ac96-774b-bcce-b302099a8057".into(),
            payload,
        })
    }

    #[test]
    fn a_kind_takes_its_own_keys_only() {
        assert!(
            checked(
                Kind::ParticipationJoined,
                json!({ "seat": 2, "present": 2 })
            )
            .is_ok()
        );
        assert!(checked(Kind::ParticipationJoined, json!({})).is_ok());
        assert!(checked(Kind::ParticipationJoined, json!({ "seat": 2, "name": "x" })).is_err());
        assert!(checked(Kind::ConferenceOpened, json!({ "seat": 2 })).is_err());
        assert!(checked(Kind::ConferenceOpened, json!("opened")).is_err());
    }

    #[test]
    fn no_value_can_hold_a_name() {
        for value in [
            json!("Rasa Vaitkienė"),
            json!("rasa vaitkiene"),
            json!("Rasa"),
            json!(""),
            json!("a".repeat(129)),
            json!(["a"]),
            json!({ "a": 1 }),
            json!(0.5),
            json!(1_u64 << 53),
        ] {
            let refused = checked(Kind::RecordingFailed, json!({ "reason": value.clone() }));
            assert!(refused.is_err(), "{value}");
        }
        for value in [
            json!("disk_full"),
            json!(7),
            json!(-7),
            json!(true),
            json!(null),
        ] {
            assert!(
                checked(Kind::RecordingFailed, json!({ "reason": value.clone() })).is_ok(),
                "{value}"
            );
        }
    }

    /// Whoever adds a key here has looked at what it may hold.
    #[test]
    fn no_kind_allows_a_key_that_names_someone() {
        for kind in Kind::ALL {
            for key in kind.allowed_keys() {
                for personal in [
                    "name", "mail", "phone", "address", "ip", "account", "title", "topic", "label",
                ] {
                    assert!(
                        !key.split('_').any(|word| word == personal),
                        "{} allows {key}",
                        kind.as_str()
                    );
                }
            }
        }
    }

    #[test]
    fn kinds_have_names_of_their_own_and_sorted_keys() {
        let mut names: Vec<_> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            assert!(kind.allowed_keys().is_sorted(), "{}", kind.as_str());
        }
    }
}
