//! The tree in the database: grown by whoever appends, read for roots and proofs.

use std::ops::Range;

use super::merkle::{self, Hash, Node};
use super::{PAGE, store};
use crate::db::Connection;
use crate::{Db, Error};

/// Adds the leaf of the record that makes the log `size` records long.
pub(super) async fn grow(
    connection: &mut Connection,
    size: i64,
    record_hash: &str,
) -> Result<(), Error> {
    let mut hash = leaf(size, record_hash)?;
    let mut node = Node {
        level: 0,
        index: unsigned(size) - 1,
    };
    while node.index & 1 == 1 {
        let left = Node {
            index: node.index - 1,
            ..node
        };
        hash = merkle::join(&read(connection, left).await?, &hash);
        node = Node {
            level: node.level + 1,
            index: node.index >> 1,
        };
        store::insert_node(
            connection,
            node.level,
            signed(node.index),
            &hex::encode(hash),
        )
        .await?;
    }
    Ok(())
}

/// Adds the leaves of records that were written before there was a tree.
pub(super) async fn catch_up(
    connection: &mut Connection,
    mut size: i64,
    end: i64,
) -> Result<(), Error> {
    while size < end {
        for hash in store::hashes_after(connection, size, PAGE.min(end - size)).await? {
            size += 1;
            grow(connection, size, &hash).await?;
        }
    }
    Ok(())
}

/// The root over the first `size` records, all of which the stored tree covers.
pub(super) async fn root(connection: &mut Connection, size: i64) -> Result<Hash, Error> {
    over(connection, 0..unsigned(size)).await
}

/// The hashes above ranges of leaves, as a proof lists them.
pub(super) async fn hashes(
    db: &Db,
    ranges: impl IntoIterator<Item = Range<u64>>,
) -> Result<Vec<Hash>, Error> {
    let mut connection = store::reading(db).await?;
    let mut hashes = Vec::new();
    for range in ranges {
        hashes.push(over(&mut connection, range).await?);
    }
    Ok(hashes)
}

async fn over(connection: &mut Connection, range: Range<u64>) -> Result<Hash, Error> {
    let mut hashes = Vec::new();
    for node in merkle::complete(range) {
        hashes.push(read(connection, node).await?);
    }
    Ok(merkle::fold(&hashes))
}

async fn read(connection: &mut Connection, node: Node) -> Result<Hash, Error> {
    if node.level == 0 {
        let seq = signed(node.index) + 1;
        let hash = store::hash_of(connection, seq).await?;
        return leaf(seq, &hash.ok_or_else(|| strange(seq))?);
    }
    let hash = store::node(connection, node.level, signed(node.index)).await?;
    hash.and_then(|h| bytes(&h))
        .ok_or_else(|| strange(signed(node.index)))
}

/// The leaf of a record, from the record's hash in hex.
fn leaf(seq: i64, record_hash: &str) -> Result<Hash, Error> {
    bytes(record_hash)
        .map(|hash| merkle::leaf(&hash))
        .ok_or_else(|| strange(seq))
}

pub(super) fn bytes(hex_text: &str) -> Option<Hash> {
    hex::decode(hex_text).ok()?.try_into().ok()
}

/// Numbers of records are never negative.
pub(super) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn strange(id: i64) -> Error {
    Error::Inconsistent {
        table: "log_nodes",
        column: "hash",
        id: id.to_string(),
    }
}
