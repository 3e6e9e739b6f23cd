//! The ids of things: UUIDv7, so that rows of one table lie in the order in which they were made. One type per thing.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::random;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize, ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = String, format = "uuid")]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new one, made at `now`.
            pub fn new(now: Timestamp) -> Self {
                Self(uuid_v7(now))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

id!(
    /// Someone the city knows.
    AccountId
);
id!(
    /// A sign-in that lasts, as its owner sees it in the list; not what the cookie holds.
    SessionId
);
id!(
    /// A way in which an account's person was identified.
    IdentityId
);
id!(
    /// A passkey of an account.
    PasskeyId
);
id!(
    /// Something done with an account, as the civic log names it.
    ActId
);
id!(
    /// One giving of a role.
    GrantId
);
id!(
    /// A worker's acting with a resident.
    AssistanceId
);
id!(
    /// One line of the audit.
    AuditId
);
id!(
    /// One reception.
    ConferenceId
);
id!(
    /// One recording of a reception: also the name of its folder of media.
    RecordingId
);
id!(
    /// Someone's stay in a reception's room.
    PresenceId
);

/// RFC 9562 section 5.7: 48 bits of milliseconds, 74 random bits.
fn uuid_v7(now: Timestamp) -> Uuid {
    let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random::bytes()).into_uuid()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn later_ids_sort_later_and_survive_being_text() {
        let earlier = ConferenceId::new(Timestamp::from_millisecond(1).unwrap());
        let later = ConferenceId::new(Timestamp::from_millisecond(2).unwrap());
        assert!(earlier < later);
        assert_eq!(earlier.to_string().parse(), Ok(earlier));
        assert_eq!(earlier.0.get_version_num(), 7);
    }
}
