//! Checking the log: record by record, in the database or in an exported file, and against signed checkpoints.

use std::fmt;
use std::io::{BufRead, Read};

use super::merkle::{self, Edge, Hash};
use super::note::Checkpoint;
use super::{GENESIS, Head, PAGE, Record, chain, store, tree};
use crate::{Db, Error};

/// The longest line of an export that is read, in bytes; a record is far below.
const MAX_LINE_BYTES: u64 = 64 * 1024;

/// What a check found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Every record is as it was written.
    Whole(Sum),
    /// One is not.
    Broken(Break),
}

/// What a whole log adds up to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sum {
    /// The last record's number; 0: nothing is recorded yet.
    pub seq: i64,
    /// The last record's hash.
    pub hash: String,
    /// The root of the tree over all records.
    pub root: Hash,
}

/// The first record that is not as it was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Break {
    /// Its number.
    pub seq: i64,
    /// What is wrong.
    pub fault: Fault,
}

/// What can be wrong with a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// It is not there, or not where it belongs.
    Missing,
    /// It does not name the hash of the one before it.
    NotChained,
    /// Its hash is not that of its content.
    Altered,
    /// Its hash is not the one the head names.
    NotTheHead,
    /// The line is not a record as it is exported, to the byte.
    Malformed,
    /// Up to this record the log is whole, but another one than a signed checkpoint says.
    NotTheCheckpoint,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Fault::Missing => "it is missing, or not where it belongs",
            Fault::NotChained => "it does not name the hash of the one before it",
            Fault::Altered => "it was altered: its hash is not that of its content",
            Fault::NotTheHead => "its hash is not the one the end of the log names",
            Fault::Malformed => "it was altered: the line is not a record as it is exported",
            Fault::NotTheCheckpoint => {
                "up to here the log is whole, but it is not the one that the signed checkpoint speaks of"
            }
        })
    }
}

/// Takes records in order and says which is the first that is wrong. Needs the memory of a few hashes.
#[derive(Debug)]
pub struct Verifier {
    last: Head,
    edge: Edge,
    /// What must be the root at some sizes; the next one last.
    expected: Vec<(u64, Hash)>,
}

impl Verifier {
    /// Nothing is read yet. `checkpoints`: what was signed, and by whom, is settled already.
    pub fn new(checkpoints: &[Checkpoint]) -> Self {
        let mut expected: Vec<_> = checkpoints.iter().map(|c| (c.size, c.root)).collect();
        expected.sort_by(|a, b| b.cmp(a));
        Self {
            last: Head {
                seq: 0,
                hash: GENESIS.to_owned(),
            },
            edge: Edge::default(),
            expected,
        }
    }

    /// The next record.
    pub fn take(&mut self, record: &Record) -> Result<(), Break> {
        self.check_root()?;
        let expected = self.last.seq + 1;
        if let Some(fault) = chain::fault(&self.last, record) {
            return Err(self.broken(fault));
        }
        let hash = tree::bytes(&record.hash).ok_or(self.broken(Fault::Altered))?;
        self.edge.push(merkle::leaf(&hash));
        self.last.seq = expected;
        self.last.hash.clone_from(&record.hash);
        Ok(())
    }

    /// There are no more.
    pub fn finish(mut self) -> Verdict {
        if let Err(broken) = self.check_root() {
            return Verdict::Broken(broken);
        }
        if !self.expected.is_empty() {
            // A checkpoint speaks of more records than there are.
            return Verdict::Broken(self.broken(Fault::Missing));
        }
        Verdict::Whole(Sum {
            seq: self.last.seq,
            hash: self.last.hash,
            root: self.edge.root(),
        })
    }

    /// Compares with every checkpoint of the present size.
    fn check_root(&mut self) -> Result<(), Break> {
        while let Some((size, root)) = self.expected.last() {
            if *size > self.edge.size() {
                break;
            }
            if *root != self.edge.root() {
                return Err(Break {
                    seq: self.last.seq,
                    fault: Fault::NotTheCheckpoint,
                });
            }
            self.expected.pop();
        }
        Ok(())
    }

    fn broken(&self, fault: Fault) -> Break {
        Break {
            seq: self.last.seq + 1,
            fault,
        }
    }
}

/// Reads the log in the database from its beginning to its present end and recomputes every hash, and the root of every
/// checkpoint that is stored with it. `progress` hears how many records of how many were read, at least once.
pub async fn verify(
    db: &Db,
    checkpoints: &[Checkpoint],
    mut progress: impl FnMut(i64, i64),
) -> Result<Verdict, Error> {
    let head = super::head(db).await?;
    let mut verifier = Verifier::new(checkpoints);
    progress(0, head.seq);
    while verifier.last.seq < head.seq {
        let page = super::after(db, verifier.last.seq, PAGE).await?;
        if page.is_empty() {
            break;
        }
        for record in page.iter().filter(|r| r.seq <= head.seq) {
            if let Err(broken) = verifier.take(record) {
                return Ok(Verdict::Broken(broken));
            }
        }
        if page.iter().any(|r| r.seq > head.seq) {
            break;
        }
        progress(verifier.last.seq, head.seq);
    }
    if verifier.last.seq < head.seq {
        return Ok(Verdict::Broken(verifier.broken(Fault::Missing)));
    }
    if verifier.last != head {
        return Ok(Verdict::Broken(Break {
            seq: head.seq,
            fault: Fault::NotTheHead,
        }));
    }
    let verdict = verifier.finish();
    if let Verdict::Whole(sum) = &verdict {
        let size = store::tree_size(db).await?;
        let mut connection = store::reading(db).await?;
        // The stored tree is a copy made for speed: proofs must not come from another one.
        let is_another = size > sum.seq
            || size == sum.seq && tree::root(&mut connection, size).await.ok() != Some(sum.root);
        if is_another {
            return Ok(Verdict::Broken(Break {
                seq: sum.seq,
                fault: Fault::NotTheCheckpoint,
            }));
        }
    }
    Ok(verdict)
}

/// A record as a line of an export: canonical JSON and an end of line.
pub fn line(record: &Record) -> String {
    let mut line = match serde_json::to_value(record) {
        Ok(value) => chain::canonical(&value),
        Err(_) => String::new(),
    };
    line.push('\n');
    line
}

/// Checks an export, line by line. Every byte counts: a line that is not exactly what [`line`] writes is a fault.
pub fn verify_lines(
    mut lines: impl BufRead,
    checkpoints: &[Checkpoint],
    mut progress: impl FnMut(u64),
) -> std::io::Result<Verdict> {
    let mut verifier = Verifier::new(checkpoints);
    let mut bytes = Vec::new();
    let mut read = 0;
    loop {
        bytes.clear();
        let length = lines
            .by_ref()
            .take(MAX_LINE_BYTES)
            .read_until(b'\n', &mut bytes)?;
        if length == 0 {
            return Ok(verifier.finish());
        }
        read += length as u64;
        let record = serde_json::from_slice::<Record>(&bytes)
            .ok()
            .filter(|record| line(record).as_bytes() == bytes);
        let taken = match record {
            Some(record) => verifier.take(&record),
            None => Err(verifier.broken(Fault::Malformed)),
        };
        if let Err(broken) = taken {
            return Ok(Verdict::Broken(broken));
        }
        progress(read);
    }
}
