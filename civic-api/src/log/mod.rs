//! The civic log: every civic act is one record, chained to the one before it by SHA-256, appended in the same
//! transaction as its effect. It is audit, outbox, live feed and chapter list at once. Records hold no personal data,
//! only ids, counts, times and salted digests: a person can be erased elsewhere and the chain still verifies.

mod chain;
mod events;
mod follow;
pub(crate) mod http;
mod kind;
pub mod merkle;
pub mod note;
mod proof;
mod store;
mod tree;
mod verify;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

pub use chain::{GENESIS, canonical, digest, hash};
pub use follow::{Follower, advance, follow_as};
pub use kind::Kind;
pub use proof::{
    Consistency, Inclusion, Published, PublishedKey, announce, checkpoint, checkpoints_after,
    consistency, inclusion, key_changed, keys, seal, signed,
};
pub use verify::{Break, Fault, Sum, Verdict, Verifier, line, verify, verify_lines};

use crate::db::Connection;
use crate::identity::Role;
use crate::{Db, Error, Tx};

/// The most records that are read at once.
pub const PAGE: i64 = 500;

/// What is to be recorded.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    /// The thing whose history this belongs to: `conference/<id>`.
    pub stream: String,
    /// What happened.
    pub kind: Kind,
    /// In what role it was done.
    pub actor_role: Actor,
    /// The id of what it was done to.
    pub subject: String,
    /// What a reader needs beyond that: an object with the keys its kind allows.
    pub payload: Value,
}

/// In what role something was done; never who did it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Actor {
    /// The system itself.
    System,
    /// The operator, at the machine.
    Operator,
    /// Someone unnamed.
    Anonymous,
    /// The host of the reception.
    Host,
    /// Someone in a role.
    Role(Role),
}

impl Actor {
    /// As it is recorded.
    pub fn as_str(self) -> &'static str {
        match self {
            Actor::System => "system",
            Actor::Operator => "operator",
            Actor::Anonymous => "anonymous",
            Actor::Host => "host",
            Actor::Role(role) => role.as_str(),
        }
    }
}

/// A record of the log.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Its number: 1, 2, 3 … without gaps.
    pub seq: i64,
    /// The thing whose history this belongs to.
    #[schema(example = "conference/01890a5d-ac96-774b-bcce-b302099a8057")]
    pub stream: String,
    /// Its number in that history: 1, 2, 3 …
    pub stream_seq: i64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What happened.
    #[schema(example = "conference.opened")]
    pub kind: String,
    /// In what role it was done.
    pub actor_role: String,
    /// The id of what it was done to.
    pub subject: String,
    /// What a reader needs beyond that.
    pub payload: Value,
    /// The hash of the record before it, in hex; 64 zeros before the first.
    pub previous_hash: String,
    /// SHA-256 of this record, in hex (docs/API.md says of which bytes).
    pub hash: String,
}

/// Where the log ends.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Head {
    /// The last record's number; 0: nothing is recorded yet.
    pub seq: i64,
    /// The last record's hash.
    pub hash: String,
}

/// Which records a reader wants to see, newest first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Filter {
    /// Only of this kind.
    pub kind: Option<String>,
    /// Not before this moment.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
    /// Before the record of this number.
    pub before: Option<i64>,
}

/// Records what happens, together with the rest of the change: at its commit. Refuses what the kind does not allow.
pub fn append(tx: &mut Tx, entry: Entry) -> Result<(), Error> {
    entry.kind.check(&entry)?;
    tx.keep(entry);
    Ok(())
}

/// Writes kept entries as the last thing of a transaction; answers the last one's number.
pub(crate) async fn write(
    connection: &mut Connection,
    now: Timestamp,
    entries: Vec<Entry>,
) -> Result<Option<i64>, Error> {
    if entries.is_empty() {
        return Ok(None);
    }
    let end = store::lock_head(connection).await?;
    let mut head = end.head;
    tree::catch_up(connection, end.tree_size, head.seq).await?;
    for entry in entries {
        let stream_seq = store::last_of_stream(connection, &entry.stream).await? + 1;
        let mut record = Record {
            seq: head.seq + 1,
            stream: entry.stream,
            stream_seq,
            at: now,
            kind: entry.kind.as_str().to_owned(),
            actor_role: entry.actor_role.as_str().to_owned(),
            subject: entry.subject,
            payload: entry.payload,
            previous_hash: head.hash,
            hash: String::new(),
        };
        record.hash = chain::hash(&record);
        store::insert(connection, &record).await?;
        tree::grow(connection, record.seq, &record.hash).await?;
        head = Head {
            seq: record.seq,
            hash: record.hash,
        };
    }
    store::move_head(connection, &head).await?;
    store::set_tree_size(connection, head.seq).await?;
    Ok(Some(head.seq))
}

/// Where the log ends.
pub async fn head(db: &Db) -> Result<Head, Error> {
    store::head(db.reader()).await
}

/// At most `limit` (and at most [`PAGE`]) records after number `seq`, in order.
pub async fn after(db: &Db, seq: i64, limit: i64) -> Result<Vec<Record>, Error> {
    store::after(db.reader(), seq, limit.clamp(1, PAGE)).await
}

/// One record.
pub async fn record(db: &Db, seq: i64) -> Result<Record, Error> {
    let mut found = store::after(db.reader(), seq - 1, 1).await?;
    match found.pop() {
        Some(record) if record.seq == seq => Ok(record),
        _ => Err(Error::NotFound),
    }
}

/// At most `limit` (and at most [`PAGE`]) records that a filter lets through, the newest first.
pub async fn browse(db: &Db, filter: &Filter, limit: i64) -> Result<Vec<Record>, Error> {
    store::browse(db.reader(), filter, limit.clamp(1, PAGE)).await
}

/// The records of one stream after its number `stream_seq`, in order; at most [`PAGE`].
pub async fn stream_after(db: &Db, stream: &str, stream_seq: i64) -> Result<Vec<Record>, Error> {
    store::stream_after(db.reader(), stream, stream_seq, PAGE).await
}

/// Follows the log from the record after `seq`: nothing is missed, nothing comes twice.
pub fn follow(db: &Db, seq: i64) -> Follower {
    Follower::new(db.clone(), seq)
}
