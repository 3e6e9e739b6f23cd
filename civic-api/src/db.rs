//! The database: SQLite (one file, WAL) or PostgreSQL, by the same SQL. Everything that changes goes through [`Tx`],
//! whose commit also writes the log records of the change.
//!
//! On SQLite there is one writing connection, begun with `begin immediate`, and several reading ones: two writers of
//! this process queue up for the connection, those of two processes wait for the file (`busy_timeout`), and neither can
//! deadlock. On PostgreSQL writers only meet where they touch the same row.

use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{Any, AnyConnection, AnyPool, Transaction};
use tokio::sync::watch;

use crate::Error;
use crate::log;

/// One connection, in whatever transaction it is.
pub(crate) type Connection = AnyConnection;

/// Connections that read on SQLite, or read and write on PostgreSQL. Requests beyond wait for one, at most
/// [`ACQUIRE`], and are then refused.
const CONNECTIONS: u32 = 8;

/// How long to wait for a connection.
const ACQUIRE: Duration = Duration::from_secs(10);

/// An open database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Db {
    readers: AnyPool,
    writers: AnyPool,
    backend: Backend,
    /// The last log record's number, as far as this process knows.
    head: watch::Sender<i64>,
}

/// Which database it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Backend {
    /// One file.
    Sqlite,
    /// A server.
    Postgres,
}

impl Db {
    /// Opens `sqlite:PATH` (made when it is not there) or `postgres://…`, and brings it to this version's form.
    pub async fn connect(url: &str) -> Result<Self, Error> {
        sqlx::any::install_default_drivers();
        let (backend, url) = if url.starts_with("sqlite:") {
            let sign = if url.contains('?') { '&' } else { '?' };
            let mode = if url.contains("mode=") {
                String::new()
            } else {
                format!("{sign}mode=rwc")
            };
            (Backend::Sqlite, format!("{url}{mode}"))
        } else {
            (Backend::Postgres, url.to_owned())
        };
        let options = AnyConnectOptions::from_str(&url)?;
        let readers = pool(backend, CONNECTIONS)
            .connect_with(options.clone())
            .await?;
        let writers = match backend {
            Backend::Sqlite => pool(backend, 1).connect_with(options).await?,
            Backend::Postgres => readers.clone(),
        };
        sqlx::migrate!("./migrations").run(&writers).await?;
        let db = Self {
            readers,
            writers,
            backend,
            head: watch::Sender::new(0),
        };
        let head = log::head(&db).await?;
        db.head.send_replace(head.seq);
        Ok(db)
    }

    /// Which database it is.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Begins a change that happens at `now`.
    pub async fn write(&self, now: Timestamp) -> Result<Tx, Error> {
        let inner = match self.backend {
            Backend::Sqlite => self.writers.begin_with("begin immediate").await?,
            Backend::Postgres => self.writers.begin().await?,
        };
        Ok(Tx {
            inner,
            now,
            pending: Vec::new(),
            head: self.head.clone(),
        })
    }

    /// Answers whether the database answers.
    pub async fn ping(&self) -> Result<(), Error> {
        sqlx::query("select 1").execute(&self.readers).await?;
        Ok(())
    }

    /// Where reading goes.
    pub(crate) fn reader(&self) -> &AnyPool {
        &self.readers
    }

    /// Wakes when this process has written log records.
    pub(crate) fn head_changes(&self) -> watch::Receiver<i64> {
        self.head.subscribe()
    }

    /// After an erasure: SQLite folds its WAL, in which erased text still stands, back into the file and empties it. While
    /// somebody reads that may have to wait for the next time, at the latest for [`Self::close`]. PostgreSQL does such things by
    /// itself (autovacuum).
    pub(crate) async fn fold(&self) -> Result<(), Error> {
        if self.backend == Backend::Sqlite {
            sqlx::query("pragma wal_checkpoint(truncate)")
                .execute(&self.writers)
                .await?;
        }
        Ok(())
    }

    /// Closes every connection, after what they do now. SQLite folds its WAL back into the file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writers.close().await;
    }
}

fn pool(backend: Backend, connections: u32) -> AnyPoolOptions {
    let options = AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE);
    match backend {
        Backend::Postgres => options,
        // `synchronous = full`: a record that was shown is not lost when the power goes.
        Backend::Sqlite => options.after_connect(|connection, _| {
            Box::pin(async move {
                for pragma in [
                    "pragma busy_timeout = 10000",
                    "pragma journal_mode = wal",
                    "pragma synchronous = full",
                    "pragma foreign_keys = on",
                    // What is erased is overwritten, not only unlinked.
                    "pragma secure_delete = on",
                ] {
                    sqlx::query(pragma).execute(&mut *connection).await?;
                }
                Ok(())
            })
        }),
    }
}

/// A change under way. Dropped without [`Tx::commit`], nothing of it has happened.
#[derive(Debug)]
pub struct Tx {
    inner: Transaction<'static, Any>,
    now: Timestamp,
    /// Log records to write at the end, so that the log's head is locked last and shortly: writers who also touch
    /// the same rows cannot wait for each other in a circle. Bounded by what one change does.
    pending: Vec<log::Entry>,
    head: watch::Sender<i64>,
}

impl Tx {
    /// When the change happens.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The same in µs since the Unix epoch, as the database keeps it.
    pub(crate) fn now_us(&self) -> i64 {
        self.now.as_microsecond()
    }

    /// Where the change's statements go.
    pub(crate) fn connection(&mut self) -> &mut Connection {
        &mut self.inner
    }

    /// Keeps a log record until the commit.
    pub(crate) fn keep(&mut self, entry: log::Entry) {
        self.pending.push(entry);
    }

    /// Makes the change and its log records true together, then wakes whoever follows the log.
    pub async fn commit(mut self) -> Result<(), Error> {
        let entries = std::mem::take(&mut self.pending);
        let last = log::write(&mut self.inner, self.now, entries).await?;
        self.inner.commit().await?;
        if let Some(last) = last {
            self.head.send_modify(|head| *head = last.max(*head));
        }
        Ok(())
    }

    /// Forgets the change.
    pub async fn rollback(self) -> Result<(), Error> {
        self.inner.rollback().await?;
        Ok(())
    }
}
