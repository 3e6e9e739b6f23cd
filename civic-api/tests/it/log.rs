//! The civic log: chained, tamper-evident, serial under many writers, followed without a miss.

use std::collections::BTreeMap;

use civic_api::log::{self, Actor, Break, Entry, Fault, Kind, Verdict};
use civic_api::{Civic, Db, Error};
use serde_json::json;

use crate::db;
use crate::ground::{Ground, on_both};

on_both!(
    records_are_numbered_chained_and_verify,
    what_is_not_committed_is_not_recorded,
    what_must_not_be_recorded_undoes_the_change,
    a_changed_payload_is_found,
    a_changed_time_is_found,
    a_dropped_record_is_found,
    a_dropped_last_record_is_found,
    a_reordered_pair_is_found,
    a_rewritten_end_is_found,
    many_writers_make_one_chain,
    two_processes_make_one_chain,
    a_follower_misses_nothing_and_hears_nothing_twice,
    a_follower_hears_of_other_processes,
    progress_reaches_the_end,
    a_database_opened_again_is_as_it_was,
);

fn entry(stream: &str, seat: i64) -> Entry {
    Entry {
        stream: stream.into(),
        kind: Kind::ParticipationJoined,
        actor_role: Actor::System,
        subject: "x".into(),
        payload: json!({ "seat": seat, "present": 1 }),
    }
}

async fn append(civic: &Civic, stream: &str, seat: i64) {
    let mut tx = civic.write().await.unwrap();
    log::append(&mut tx, entry(stream, seat)).unwrap();
    tx.commit().await.unwrap();
}

/// Five records in two streams.
async fn five(ground: &Ground) {
    for seat in 1..=5 {
        append(
            &ground.civic,
            if seat % 2 == 0 { "even" } else { "odd" },
            seat,
        )
        .await;
        ground.clock.advance_s(1);
    }
}

async fn verdict(civic: &Civic) -> Verdict {
    log::verify(&civic.db, &[], |_, _| {}).await.unwrap()
}

async fn is_broken(ground: &Ground, seq: i64, fault: Fault) {
    assert_eq!(
        verdict(&ground.civic).await,
        Verdict::Broken(Break { seq, fault })
    );
}

async fn records_are_numbered_chained_and_verify(ground: Ground) {
    assert_eq!(log::head(&ground.civic.db).await.unwrap().seq, 0);
    assert!(
        matches!(verdict(&ground.civic).await, Verdict::Whole(head) if head.hash == log::GENESIS)
    );
    five(&ground).await;
    let records = log::after(&ground.civic.db, 0, 500).await.unwrap();
    let numbers: Vec<_> = records
        .iter()
        .map(|r| (r.seq, r.stream.as_str(), r.stream_seq))
        .collect();
    assert_eq!(
        numbers,
        [
            (1, "odd", 1),
            (2, "even", 1),
            (3, "odd", 2),
            (4, "even", 2),
            (5, "odd", 3)
        ]
    );
    assert_eq!(records[0].previous_hash, log::GENESIS);
    for pair in records.windows(2) {
        assert_eq!(pair[1].previous_hash, pair[0].hash);
        assert!(pair[0].at < pair[1].at);
    }
    assert!(
        matches!(verdict(&ground.civic).await, Verdict::Whole(head) if head.seq == 5 && head.hash == records[4].hash)
    );
    let odd = log::stream_after(&ground.civic.db, "odd", 1).await.unwrap();
    assert_eq!(odd.iter().map(|r| r.seq).collect::<Vec<_>>(), [3, 5]);
    assert_eq!(
        log::after(&ground.civic.db, 3, 1).await.unwrap(),
        records[3..4]
    );
}

async fn what_is_not_committed_is_not_recorded(ground: Ground) {
    let mut tx = ground.civic.write().await.unwrap();
    log::append(&mut tx, entry("odd", 1)).unwrap();
    drop(tx);
    let mut tx = ground.civic.write().await.unwrap();
    log::append(&mut tx, entry("odd", 2)).unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(log::head(&ground.civic.db).await.unwrap().seq, 0);
    append(&ground.civic, "odd", 3).await;
    assert!(matches!(verdict(&ground.civic).await, Verdict::Whole(head) if head.seq == 1));
}

async fn what_must_not_be_recorded_undoes_the_change(ground: Ground) {
    let mut tx = ground.civic.write().await.unwrap();
    let mut named = entry("odd", 1);
    named.payload = json!({ "name": "Rasa Vaitkienė" });
    assert!(matches!(
        log::append(&mut tx, named),
        Err(Error::LogRecord { .. })
    ));
    drop(tx);
    assert_eq!(log::head(&ground.civic.db).await.unwrap().seq, 0);
}

async fn a_changed_payload_is_found(ground: Ground) {
    five(&ground).await;
    for payload in [
        r#"{"present":1,"seat":7}"#,
        r#"{"present": 1,"seat":3}"#,
        "no json",
    ] {
        db::execute(
            &ground.url,
            &format!("update log_records set payload = '{payload}' where seq = 3"),
        )
        .await;
        is_broken(&ground, 3, Fault::Altered).await;
    }
}

async fn a_changed_time_is_found(ground: Ground) {
    five(&ground).await;
    db::execute(
        &ground.url,
        "update log_records set at_us = at_us - 1 where seq = 1",
    )
    .await;
    is_broken(&ground, 1, Fault::Altered).await;
}

async fn a_dropped_record_is_found(ground: Ground) {
    five(&ground).await;
    db::execute(&ground.url, "delete from log_records where seq = 2").await;
    is_broken(&ground, 2, Fault::Missing).await;
}

async fn a_dropped_last_record_is_found(ground: Ground) {
    five(&ground).await;
    db::execute(&ground.url, "delete from log_records where seq = 5").await;
    is_broken(&ground, 5, Fault::Missing).await;
    db::execute(&ground.url, "update log_head set seq = 4").await;
    is_broken(&ground, 4, Fault::NotTheHead).await;
}

async fn a_reordered_pair_is_found(ground: Ground) {
    five(&ground).await;
    db::execute(&ground.url, "update log_records set seq = 9 where seq = 2").await;
    db::execute(&ground.url, "update log_records set seq = 2 where seq = 3").await;
    db::execute(&ground.url, "update log_records set seq = 3 where seq = 9").await;
    is_broken(&ground, 2, Fault::NotChained).await;
}

/// Someone who also recomputes hashes must recompute every later one: the next record tells on them.
async fn a_rewritten_end_is_found(ground: Ground) {
    five(&ground).await;
    let mut forged = log::after(&ground.civic.db, 2, 1).await.unwrap().remove(0);
    forged.payload = json!({ "present": 1, "seat": 7 });
    let hash = log::hash(&forged);
    db::execute(
        &ground.url,
        &format!(r#"update log_records set payload = '{{"present":1,"seat":7}}', hash = '{hash}' where seq = 3"#),
    )
    .await;
    is_broken(&ground, 4, Fault::NotChained).await;
}

async fn many_writers_make_one_chain(ground: Ground) {
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..4 {
        let civic = ground.civic.clone();
        writers.spawn(async move {
            for seat in 0..10 {
                append(
                    &civic,
                    if writer % 2 == 0 { "shared" } else { "other" },
                    seat,
                )
                .await;
            }
        });
    }
    while let Some(done) = writers.join_next().await {
        done.unwrap();
    }
    whole_with(&ground, 40).await;
}

async fn two_processes_make_one_chain(ground: Ground) {
    let second = Civic::new(
        Db::connect(&ground.url).await.unwrap(),
        ground.clock.clone(),
        (*ground.civic.settings).clone(),
    );
    let mut writers = tokio::task::JoinSet::new();
    for civic in [ground.civic.clone(), second] {
        writers.spawn(async move {
            for seat in 0..15 {
                append(&civic, "shared", seat).await;
            }
        });
    }
    while let Some(done) = writers.join_next().await {
        done.unwrap();
    }
    whole_with(&ground, 30).await;
}

async fn whole_with(ground: &Ground, count: i64) {
    assert!(matches!(verdict(&ground.civic).await, Verdict::Whole(head) if head.seq == count));
    let mut streams: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for record in log::after(&ground.civic.db, 0, 500).await.unwrap() {
        streams
            .entry(record.stream)
            .or_default()
            .push(record.stream_seq);
    }
    for (stream, numbers) in streams {
        let expected: Vec<i64> = (1..).take(numbers.len()).collect();
        assert_eq!(numbers, expected, "{stream}");
    }
}

async fn a_follower_misses_nothing_and_hears_nothing_twice(ground: Ground) {
    append(&ground.civic, "before", 0).await;
    let mut follower = log::follow(&ground.civic.db, 1);
    let heard = tokio::spawn(async move {
        let mut heard = Vec::new();
        while heard.len() < 30 {
            heard.extend(follower.next().await.unwrap().into_iter().map(|r| r.seq));
        }
        heard
    });
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..3 {
        let civic = ground.civic.clone();
        writers.spawn(async move {
            for seat in 0..10 {
                append(&civic, "live", seat).await;
            }
        });
    }
    while let Some(done) = writers.join_next().await {
        done.unwrap();
    }
    assert_eq!(heard.await.unwrap(), (2..=31).collect::<Vec<i64>>());
}

async fn a_follower_hears_of_other_processes(ground: Ground) {
    let mut follower = log::follow(&ground.civic.db, 0);
    let second = Db::connect(&ground.url).await.unwrap();
    let mut tx = second.write(ground.civic.now()).await.unwrap();
    log::append(&mut tx, entry("elsewhere", 1)).unwrap();
    let (heard, ()) = tokio::join!(follower.next(), async { tx.commit().await.unwrap() });
    assert_eq!(heard.unwrap()[0].stream, "elsewhere");
    assert_eq!(follower.seq(), 1);
}

async fn progress_reaches_the_end(ground: Ground) {
    let mut heard = Vec::new();
    log::verify(&ground.civic.db, &[], |done, of| heard.push((done, of)))
        .await
        .unwrap();
    assert_eq!(heard, [(0, 0)]);
    five(&ground).await;
    heard.clear();
    log::verify(&ground.civic.db, &[], |done, of| heard.push((done, of)))
        .await
        .unwrap();
    assert_eq!(heard, [(0, 5), (5, 5)]);
}

async fn a_database_opened_again_is_as_it_was(ground: Ground) {
    five(&ground).await;
    ground.civic.db.close().await;
    let again = Db::connect(&ground.url).await.unwrap();
    again.ping().await.unwrap();
    assert_eq!(log::head(&again).await.unwrap().seq, 5);
    assert!(matches!(
        log::verify(&again, &[], |_, _| {}).await.unwrap(),
        Verdict::Whole(_)
    ));
}
