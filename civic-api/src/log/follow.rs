//! Following the log: wake up when something was committed, then read what is new from the database. Waking is only a
//! hint, reading is the truth: so nothing is missed, and there is no queue that could overflow.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use super::{Record, store};
use crate::{Db, Error, Tx};

/// Other processes (another node, `aikste demo fill`) also write: their records are seen after at most this long.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// A reader of everything that comes after a record.
#[derive(Debug)]
pub struct Follower {
    db: Db,
    seq: i64,
    wake: watch::Receiver<i64>,
    /// The last reading failed: do not ask an ailing database again at once.
    failed: bool,
}

impl Follower {
    pub(super) fn new(db: Db, seq: i64) -> Self {
        let wake = db.head_changes();
        Self {
            db,
            seq,
            wake,
            failed: false,
        }
    }

    /// The number of the last record that was given out.
    pub fn seq(&self) -> i64 {
        self.seq
    }

    /// The next records, at least one and at most [`super::PAGE`]; waits until there are some. May be dropped while it
    /// waits (`select!`): nothing is lost. After an error it may be called again: it goes on where it was.
    pub async fn next(&mut self) -> Result<Vec<Record>, Error> {
        loop {
            if self.failed {
                self.wait().await;
                self.failed = false;
            }
            // Marked as seen before reading: a commit after the reading then wakes us at once.
            self.wake.mark_unchanged();
            match super::after(&self.db, self.seq, super::PAGE).await {
                Ok(records) => {
                    if let Some(last) = records.last() {
                        self.seq = last.seq;
                        return Ok(records);
                    }
                }
                Err(error) => {
                    self.failed = true;
                    return Err(error);
                }
            }
            self.wait().await;
        }
    }

    /// Until it is woken, or it is time to look again. (Our own `Db` holds the sender: it cannot go away.)
    async fn wait(&mut self) {
        let _ = timeout(LOOK_AGAIN, self.wake.changed()).await;
    }
}

/// Follows the log on from where the durable follower of this name has come, across restarts. Its deeds and
/// [`advance`] go into one transaction: then nothing is missed and nothing is done twice.
pub async fn follow_as(db: &Db, name: &str) -> Result<Follower, Error> {
    let seq = store::cursor(db, name).await?;
    Ok(Follower::new(db.clone(), seq))
}

/// Says that the follower `name` has dealt with the records after `from` up to `to`. False: another one of that name
/// was faster, and the change must not be committed.
pub async fn advance(tx: &mut Tx, name: &str, from: i64, to: i64) -> Result<bool, Error> {
    store::move_cursor(tx, name, from, to).await
}
