//! Everything that lies at the server: every table row by row, the database's files byte by byte (with what was deleted and what the
//! WAL remembers), what the program wrote, and what is published (the civic log and its checkpoints).

use std::path::Path;

use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection};

/// A table.
#[derive(Clone)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns; the first is SQLite's own number of the row.
    pub columns: Vec<String>,
    /// Rows in the order in which they were written, as text.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// Where a column is.
    pub fn column(&self, name: &str) -> usize {
        self.columns.iter().position(|c| c == name).unwrap()
    }
}

/// What the analyst is given.
#[derive(Clone, Default)]
pub struct Evidence {
    /// Of the database.
    pub tables: Vec<Table>,
    /// Anything else: name and bytes.
    pub files: Vec<(String, Vec<u8>)>,
}

impl Evidence {
    /// Reads the database of a server, while it runs.
    pub async fn read(data: &Path) -> Self {
        let database = data.join("aikste.db");
        let mut files = Vec::new();
        for name in ["aikste.db", "aikste.db-wal", "aikste.db-shm"] {
            if let Ok(bytes) = std::fs::read(data.join(name)) {
                files.push((name.to_owned(), bytes));
            }
        }
        let tables = tables(&database).await;
        Self { tables, files }
    }

    /// The table of this name.
    pub fn table(&self, name: &str) -> &Table {
        self.tables.iter().find(|table| table.name == name).unwrap()
    }

    /// The same, to plant something in.
    pub fn table_mut(&mut self, name: &str) -> &mut Table {
        self.tables
            .iter_mut()
            .find(|table| table.name == name)
            .unwrap()
    }
}

async fn tables(database: &Path) -> Vec<Table> {
    let mut db = open(database).await;
    let names = column(
        &mut db,
        "select name from sqlite_master where type = 'table'",
    )
    .await;
    let mut tables = Vec::new();
    for name in names {
        let sql = format!("select name from pragma_table_info('{name}') order by cid");
        let mut columns = column(&mut db, &sql).await;
        columns.insert(0, "rowid".into());
        let texts: Vec<String> = columns
            .iter()
            .map(|c| format!("coalesce(cast({c} as text), '')"))
            .collect();
        let sql = format!("select {} from {name} order by rowid", texts.join(", "));
        let rows = sqlx::query(AssertSqlSafe(sql))
            .fetch_all(&mut db)
            .await
            .unwrap();
        let read = |row: &sqlx::sqlite::SqliteRow| {
            (0..columns.len())
                .map(|at| row.get::<Vec<u8>, _>(at))
                .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
                .collect()
        };
        let rows = rows.iter().map(read).collect();
        tables.push(Table {
            name,
            columns,
            rows,
        });
    }
    db.close().await.unwrap();
    tables
}

async fn column(db: &mut SqliteConnection, sql: &str) -> Vec<String> {
    let rows = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_all(db);
    rows.await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// A connection to a database's file.
pub async fn open(database: &Path) -> SqliteConnection {
    SqliteConnection::connect(&database.display().to_string())
        .await
        .unwrap()
}
