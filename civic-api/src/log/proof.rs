//! Checkpoints and proofs: what makes the log one that nobody can rewrite unseen.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::merkle::{self, Hash};
use super::note::{Checkpoint, Signer, VerifierKey};
use super::{Actor, Entry, Kind, note, store, tree};
use crate::{Civic, Db, Error};

/// A checkpoint as it was published.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Published {
    /// How many records it covers.
    pub size: i64,
    /// The root over them, in hex.
    pub root: String,
    /// When it was signed.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The signed text (C2SP `tlog-checkpoint`).
    pub note: String,
}

/// A key that has signed checkpoints.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PublishedKey {
    /// `name+id+key` (C2SP `signed-note`).
    #[schema(
        example = "aikste.example/zurnalas+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    )]
    pub vkey: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
}

/// Proof that a record is in the log that a root speaks of (RFC 9162 section 2.1.3).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Inclusion {
    /// The record.
    pub seq: i64,
    /// Records of that log.
    pub size: i64,
    /// The record's leaf: SHA-256 over a zero byte and the record's hash; in hex.
    pub leaf: String,
    /// The hashes beside the way up, from the bottom; in hex.
    pub hashes: Vec<String>,
    /// Where the way leads; in hex.
    pub root: String,
}

/// Proof that a longer log begins with a shorter one (RFC 9162 section 2.1.4).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Consistency {
    /// Records of the shorter log.
    pub first: i64,
    /// Records of the longer log.
    pub second: i64,
    /// The shorter one's root; in hex.
    pub first_root: String,
    /// The longer one's root; in hex.
    pub second_root: String,
    /// The proof; in hex.
    pub hashes: Vec<String>,
}

/// Signs the log as it is now, unless that is done already; answers the newest checkpoint. The first use of a key is
/// itself a record, so that nobody can bring in a key unseen.
pub async fn seal(civic: &Civic, signer: &Signer) -> Result<Published, Error> {
    announce(civic, &signer.verifier(), Actor::System).await?;
    let mut tx = civic.write().await?;
    let end = store::lock_head(tx.connection()).await?;
    let (size, known) = (end.head.seq, end.tree_size);
    tree::catch_up(tx.connection(), known, size).await?;
    store::set_tree_size(tx.connection(), size).await?;
    let there = store::checkpoint_at(tx.connection(), size).await?;
    if let Some(published) = &there
        && note::open(&published.note, &[signer.verifier()]).is_ok()
    {
        tx.commit().await?;
        return Ok(published.clone());
    }
    let root = tree::root(tx.connection(), size).await?;
    let signed = signer.sign(tree::unsigned(size), &root);
    let published = Published {
        size,
        root: hex::encode(root),
        at: tx.now(),
        note: match there {
            // Another key has signed this size: both stand under it, so that the older one vouches for the newer.
            Some(there) if there.root == hex::encode(root) => {
                signer.sign_too(&there.note).unwrap_or(signed)
            }
            _ => signed,
        },
    };
    store::insert_checkpoint(tx.connection(), &published).await?;
    tx.commit().await?;
    Ok(published)
}

/// Records the first use of a key; does nothing when it is known.
pub async fn announce(civic: &Civic, key: &VerifierKey, actor: Actor) -> Result<(), Error> {
    let vkey = key.to_string();
    if store::keys(&civic.db).await?.iter().any(|k| k.vkey == vkey) {
        return Ok(());
    }
    let mut tx = civic.write().await?;
    if store::insert_key(&mut tx, &vkey).await? {
        let entry = Entry {
            stream: "log".into(),
            kind: Kind::LogKeySet,
            actor_role: actor,
            subject: hex::encode(key.id()),
            payload: serde_json::json!({ "key": hex::encode(key.public()) }),
        };
        super::append(&mut tx, entry)?;
    }
    tx.commit().await
}

/// Records that the operator changed (`Kind::KeyRotated`) or took away (`Kind::KeyDropped`) the key `which` of the server: its
/// name, as `aikste keys list` has it, and nothing of the key.
pub async fn key_changed(civic: &Civic, kind: Kind, which: &str) -> Result<(), Error> {
    let mut tx = civic.write().await?;
    let entry = Entry {
        stream: "keys".into(),
        kind,
        actor_role: Actor::Operator,
        subject: which.into(),
        payload: serde_json::json!({}),
    };
    super::append(&mut tx, entry)?;
    tx.commit().await
}

/// The newest checkpoint, if one was signed yet.
pub async fn checkpoint(db: &Db) -> Result<Option<Published>, Error> {
    store::newest_checkpoint(db).await
}

/// Checkpoints of more than `size` records, the shortest first; at most [`super::PAGE`].
pub async fn checkpoints_after(db: &Db, size: i64) -> Result<Vec<Published>, Error> {
    store::checkpoints_after(db, size, super::PAGE).await
}

/// What all stored checkpoints say. One that no known key has signed says nothing, and is named by its size.
pub async fn signed(db: &Db) -> Result<Result<Vec<Checkpoint>, i64>, Error> {
    let keys: Vec<VerifierKey> = keys(db)
        .await?
        .iter()
        .filter_map(|k| VerifierKey::parse(&k.vkey).ok())
        .collect();
    let (mut all, mut size) = (Vec::new(), -1);
    loop {
        let page = checkpoints_after(db, size).await?;
        let Some(last) = page.last() else {
            return Ok(Ok(all));
        };
        size = last.size;
        for published in &page {
            match note::open(&published.note, &keys) {
                Ok(c) if i64::try_from(c.size) == Ok(published.size) => all.push(c),
                _ => return Ok(Err(published.size)),
            }
        }
    }
}

/// The keys that have signed, the first one first.
pub async fn keys(db: &Db) -> Result<Vec<PublishedKey>, Error> {
    store::keys(db).await
}

/// Proves that the record `seq` is in the log of `size` records.
pub async fn inclusion(db: &Db, seq: i64, size: i64) -> Result<Inclusion, Error> {
    within(db, "size", size).await?;
    if seq < 1 {
        return Err(Error::NotFound);
    }
    let (index, unsigned) = (tree::unsigned(seq - 1), tree::unsigned(size));
    let path = merkle::inclusion(index, unsigned).ok_or(Error::Invalid { field: "seq" })?;
    let own = index..index + 1;
    let proof = tree::hashes(db, path).await?;
    let leaf = one(tree::hashes(db, std::iter::once(own)).await?);
    let root = merkle::root_from_inclusion(index, unsigned, &leaf, &proof).unwrap_or(leaf);
    Ok(Inclusion {
        seq,
        size,
        leaf: hex::encode(leaf),
        hashes: hexed(&proof),
        root: hex::encode(root),
    })
}

/// Proves that the log of `second` records begins with the one of `first`.
pub async fn consistency(db: &Db, first: i64, second: i64) -> Result<Consistency, Error> {
    within(db, "second", second).await?;
    if first < 1 {
        return Err(Error::Invalid { field: "first" });
    }
    let (from, to) = (tree::unsigned(first), tree::unsigned(second));
    let path = merkle::consistency(from, to).ok_or(Error::Invalid { field: "first" })?;
    Ok(Consistency {
        first,
        second,
        first_root: hex::encode(one(tree::hashes(db, std::iter::once(0..from)).await?)),
        second_root: hex::encode(one(tree::hashes(db, std::iter::once(0..to)).await?)),
        hashes: hexed(&tree::hashes(db, path).await?),
    })
}

/// Refuses sizes that the stored tree does not cover.
async fn within(db: &Db, field: &'static str, size: i64) -> Result<(), Error> {
    if size < 1 || size > store::tree_size(db).await? {
        return Err(Error::Invalid { field });
    }
    Ok(())
}

fn one(hashes: Vec<Hash>) -> Hash {
    hashes.into_iter().next().unwrap_or_default()
}

fn hexed(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(hex::encode).collect()
}
