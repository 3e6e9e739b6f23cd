//! What tests do to a database behind the system's back: all SQL of the tests is here.

use sqlx::{AnyConnection, AssertSqlSafe, Connection, Row};

/// Makes an empty database.
pub(crate) async fn create_database(url: &str, name: &str) {
    execute(url, &format!("create database {name}")).await;
}

/// Does something that the system never does.
pub(crate) async fn execute(url: &str, sql: &str) -> u64 {
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(url).await.unwrap();
    let done = sqlx::query(AssertSqlSafe(sql))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    done.rows_affected()
}

/// How many rows a table has.
pub(crate) async fn count(url: &str, table: &str) -> i64 {
    let mut connection = AnyConnection::connect(url).await.unwrap();
    let row = sqlx::query(AssertSqlSafe(format!("select count(*) from {table}")))
        .fetch_one(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    row.get(0)
}

/// Everything a text column holds, in one string.
pub(crate) async fn texts(url: &str, table: &str, column: &str) -> String {
    let mut connection = AnyConnection::connect(url).await.unwrap();
    let rows = sqlx::query(AssertSqlSafe(format!("select {column} from {table}")))
        .fetch_all(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    rows.iter()
        .map(|row| row.get::<Option<String>, _>(0).unwrap_or_default() + "\n")
        .collect()
}

/// The first column of what a query finds.
pub(crate) async fn rows(url: &str, sql: &str) -> Vec<String> {
    let mut connection = AnyConnection::connect(url).await.unwrap();
    let rows = sqlx::query(AssertSqlSafe(sql))
        .fetch_all(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// Every table of this system.
pub(crate) const TABLES: [&str; 33] = [
    "log_records",
    "log_head",
    "log_nodes",
    "log_checkpoints",
    "log_keys",
    "log_cursors",
    "rights",
    "token_issues",
    "token_spends",
    "rights_given",
    "identities",
    "sign_ins",
    "phone_sign_ins",
    "account_acts",
    "role_grants",
    "audit",
    "assistances",
    "assistance_acts",
    "passkeys",
    "passkey_challenges",
    "recovery_codes",
    "recovery_tries",
    "accounts",
    "sessions",
    "conferences",
    "residence_declarations",
    "residence_register",
    "residence_extract",
    "recordings",
    "presences",
    "recording_presences",
    "locks",
    "_sqlx_migrations",
];
