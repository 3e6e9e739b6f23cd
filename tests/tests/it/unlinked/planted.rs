//! The analyst has teeth: in a made-up town where nothing can be linked it finds nothing, and in the same town with one leak
//! planted it finds that one, whichever it is.

use std::path::Path;

use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, SqliteConnection};

use super::analysis::{Analyst, words_in_both};
use super::evidence::{Evidence, Table, open};
use super::judge::Truth;
use super::shuffle;

const PEOPLE: usize = 150;
const RIGHT: &str = "seat/town";

fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

fn account(n: usize) -> String {
    // UUIDv7: the time first, then what is random.
    format!(
        "01890a5d-{:04x}-774b-bcce-{}",
        n,
        &digest(&format!("account {n}"))[..12]
    )
}

fn token(n: usize) -> String {
    digest(&format!("token {n}"))
}

async fn run(db: &mut SqliteConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(db).await.unwrap();
}

/// Writes the town's database; `more` is done in it besides.
async fn town(data: &Path, more: &str) -> Evidence {
    let mut db = open_new(data).await;
    let mut sql = String::from(
        "begin;
         create table rights (id text, key_sha256 text);
         create table sessions (account_id text, created_us bigint);
         create table token_issues (right_id text, account_id text, blinded_sha256 text);
         create table token_spends (key_sha256 text, token_sha256 text);",
    );
    sql += &format!(
        "insert into rights values ('{RIGHT}', '{}');",
        digest("key")
    );
    for n in 0..PEOPLE {
        let (who, blinded) = (account(n), digest(&format!("blinded {n}")));
        sql += &format!("insert into sessions values ('{who}', {});", 1_000 + n);
        sql += &format!("insert into token_issues values ('{RIGHT}', '{who}', '{blinded}');");
    }
    let mut order: Vec<usize> = (0..PEOPLE).collect();
    shuffle(&mut order);
    for n in order {
        sql += &format!(
            "insert into token_spends values ('{}', '{}');",
            digest("key"),
            token(n)
        );
    }
    run(&mut db, sql + more + "commit;").await;
    sqlx::Connection::close(db).await.unwrap();
    Evidence::read(data).await
}

async fn open_new(data: &Path) -> SqliteConnection {
    let path = data.join("aikste.db");
    std::fs::File::create(&path).unwrap();
    open(&path).await
}

fn truth() -> Truth {
    Truth((0..PEOPLE).map(|n| (account(n), token(n))).collect())
}

/// What the analyst finds in this evidence.
fn found(evidence: &Evidence) -> Vec<String> {
    let analyst = Analyst::new(evidence, RIGHT);
    truth().found_out(&analyst, &analyst.guesses())
}

fn is_found(by: &str, evidence: &Evidence) {
    let found = found(evidence);
    assert!(found.iter().any(|one| one.contains(by)), "{by}: {found:?}");
}

async fn with(more: &str) -> Evidence {
    town(tempfile::tempdir().unwrap().path(), more).await
}

/// A column of the spent tokens that says this of each.
fn column(evidence: &mut Evidence, name: &str, says: impl Fn(usize) -> String) {
    let number = |row: &[String], at: usize| (0..PEOPLE).find(|n| token(*n) == row[at]).unwrap();
    let table: &mut Table = evidence.table_mut("token_spends");
    let at = table.column("token_sha256");
    table.columns.push(name.into());
    for row in &mut table.rows {
        row.push(says(number(row, at)));
    }
}

#[tokio::test]
async fn where_nothing_leaks_nothing_is_found() {
    assert_eq!(found(&with("").await), [""; 0]);
}

#[tokio::test]
async fn an_order_that_leaks_is_found() {
    let mut one = with("").await;
    column(&mut one, "at_us", |n| (9_000_000 + n * 60).to_string());
    is_found("beside token_spends.at_us", &one);
    // Roughly the same order only, no pair of which is right.
    let mut rough = with("").await;
    column(&mut rough, "at_us", |n| {
        (9_000_000 + (n + 5) % PEOPLE).to_string()
    });
    is_found("beside token_spends.at_us", &rough);
    let mut sorted = with("").await;
    let rows = &mut sorted.table_mut("token_spends").rows;
    rows.sort_by_key(|row| (0..PEOPLE).find(|n| token(*n) == row[2]));
    for (n, row) in rows.iter_mut().enumerate() {
        row[0] = n.to_string();
    }
    assert!(!found(&sorted).is_empty(), "the order of the rows");
}

#[tokio::test]
async fn bytes_that_leak_are_found() {
    let blinded = |n: usize| digest(&format!("blinded {n}"));
    let hints: [&dyn Fn(usize) -> String; 4] = [
        &|n| account(n)[24..].to_owned(),
        &|n| blinded(n)[20..36].to_owned(),
        &|n| digest(&account(n)),
        &|n| hex::encode(&Sha256::digest(hex::decode(blinded(n)).unwrap())[8..20]),
    ];
    for (at, hint) in hints.iter().enumerate() {
        let mut one = with("").await;
        column(&mut one, "hint", hint);
        let found = found(&one);
        assert!(
            found.iter().any(|f| f.starts_with("equal bytes")),
            "{at}: {found:?}"
        );
    }
}

#[tokio::test]
async fn rows_that_were_deleted_are_found() {
    let mut leak = String::from("create table leak (who text, what text);");
    let mut order: Vec<usize> = (0..PEOPLE).rev().collect();
    shuffle(&mut order);
    for n in order {
        leak += &format!(
            "insert into leak values ('{}', '{}');",
            account(n),
            token(n)
        );
    }
    let deleted = leak + "commit; pragma secure_delete = off; begin; delete from leak;";
    is_found("neighbours in aikste.db", &with(&deleted).await);
}

#[tokio::test]
async fn a_log_that_leaks_is_found() {
    let mut one = with("").await;
    let line = |n: usize| format!("DEBUG spent by={} token={}\n", account(n), token(n));
    let log: String = (0..PEOPLE).map(line).collect();
    one.files.push(("the log".into(), log.into()));
    is_found("neighbours in the log", &one);

    let evidence = with("").await;
    let analyst = Analyst::new(&evidence, RIGHT);
    let told =
        |what: &str, n: usize| format!("TRACE {what} from=10.11.{}.{}", n / 100, 100 + n % 100);
    let mut order: Vec<usize> = (0..PEOPLE).collect();
    shuffle(&mut order);
    let obtaining: Vec<_> = (0..PEOPLE).map(|n| told("obtaining", n)).collect();
    let spending: Vec<_> = order.iter().map(|n| told("spending", *n)).collect();
    let guess = words_in_both(&obtaining, &spending);
    assert_eq!(truth().found_out(&analyst, [&guess]).len(), 1);
    let silent: Vec<_> = order
        .iter()
        .map(|n| format!("TRACE spending {n}"))
        .collect();
    assert!(words_in_both(&obtaining, &silent).pairs.is_empty());
}
