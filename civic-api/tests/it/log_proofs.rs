//! The log's tree: checkpoints, proofs, exports, followers that come back, and the absence of people.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use civic_api::conferences::presences::{self, Label, Seat};
use civic_api::conferences::{self, When};
use civic_api::log::note::{self, Signer, VerifierKey};
use civic_api::log::{self, Actor, Break, Entry, Fault, Kind, Verdict, merkle};
use civic_api::{Civic, Error, router};
use futures_util::StreamExt;
use serde_json::json;
use tower::ServiceExt;

use crate::db;
use crate::ground::{Ground, on_both};

on_both!(
    every_record_is_proved_in_every_checkpoint,
    a_checkpoint_is_signed_once_and_a_key_is_a_record,
    two_keys_follow_each_other,
    a_rewritten_log_is_not_the_one_that_was_signed,
    a_log_from_before_the_tree_is_caught_up,
    proofs_beyond_the_log_are_refused,
    an_export_verifies_and_every_change_is_named,
    a_durable_follower_does_everything_once,
    the_log_is_browsed_newest_first,
);

fn entry(seat: i64) -> Entry {
    Entry {
        stream: "x".into(),
        kind: Kind::ParticipationJoined,
        actor_role: Actor::System,
        subject: "x".into(),
        payload: json!({ "seat": seat, "present": 1 }),
    }
}

async fn append(civic: &Civic, count: i64) {
    for seat in 0..count {
        let mut tx = civic.write().await.unwrap();
        log::append(&mut tx, entry(seat)).unwrap();
        tx.commit().await.unwrap();
    }
}

fn signer() -> Signer {
    Signer::new("aikste.example/zurnalas", [7; 32]).unwrap()
}

fn hash(hex_text: &str) -> merkle::Hash {
    hex::decode(hex_text).unwrap().try_into().unwrap()
}

async fn every_record_is_proved_in_every_checkpoint(ground: Ground) {
    let db = &ground.civic.db;
    let mut sealed = Vec::new();
    for count in [1, 2, 4, 1, 5, 8] {
        append(&ground.civic, count).await;
        sealed.push(log::seal(&ground.civic, &signer()).await.unwrap());
    }
    for published in &sealed {
        let opened = note::open(&published.note, &[signer().verifier()]).unwrap();
        assert_eq!(opened.size, u64::try_from(published.size).unwrap());
        for record in log::after(db, 0, published.size).await.unwrap() {
            let proof = log::inclusion(db, record.seq, published.size)
                .await
                .unwrap();
            let leaf = merkle::leaf(&hash(&record.hash));
            assert_eq!(proof.leaf, hex::encode(leaf));
            let hashes: Vec<_> = proof.hashes.iter().map(|h| hash(h)).collect();
            let index = u64::try_from(record.seq - 1).unwrap();
            let root = merkle::root_from_inclusion(index, opened.size, &leaf, &hashes);
            assert_eq!(
                root,
                Some(opened.root),
                "{} in {}",
                record.seq,
                published.size
            );
        }
        for earlier in sealed.iter().filter(|e| e.size <= published.size) {
            let proof = log::consistency(db, earlier.size, published.size)
                .await
                .unwrap();
            let hashes: Vec<_> = proof.hashes.iter().map(|h| hash(h)).collect();
            let (from, to) = (earlier.size.unsigned_abs(), published.size.unsigned_abs());
            let (old, new) = (hash(&earlier.root), hash(&published.root));
            assert!(merkle::is_consistent(from, to, &old, &new, &hashes));
        }
    }
    let signed = log::signed(db).await.unwrap().unwrap();
    assert_eq!(signed.len(), sealed.len());
    let verdict = log::verify(db, &signed, |_, _| {}).await.unwrap();
    assert!(matches!(verdict, Verdict::Whole(_)), "{verdict:?}");
}

async fn a_checkpoint_is_signed_once_and_a_key_is_a_record(ground: Ground) {
    let db = &ground.civic.db;
    assert_eq!(log::checkpoint(db).await.unwrap(), None);
    let first = log::seal(&ground.civic, &signer()).await.unwrap();
    ground.clock.advance_s(9);
    assert_eq!(log::seal(&ground.civic, &signer()).await.unwrap(), first);
    assert_eq!(log::checkpoint(db).await.unwrap(), Some(first.clone()));
    let record = log::record(db, 1).await.unwrap();
    assert_eq!((first.size, record.kind.as_str()), (1, "log.key_set"));
    let key = hex::encode(signer().verifier().public());
    assert_eq!(record.payload, json!({ "key": key }));
    assert_eq!(log::keys(db).await.unwrap().len(), 1);
}

async fn two_keys_follow_each_other(ground: Ground) {
    let db = &ground.civic.db;
    log::seal(&ground.civic, &signer()).await.unwrap();
    let next = Signer::new("aikste.example/zurnalas", [8; 32]).unwrap();
    ground.clock.advance_s(1);
    let second = log::seal(&ground.civic, &next).await.unwrap();
    assert_eq!(second.size, 2);
    assert!(note::open(&second.note, &[signer().verifier()]).is_err());
    let keys: Vec<_> = log::keys(db)
        .await
        .unwrap()
        .iter()
        .map(|k| VerifierKey::parse(&k.vkey).unwrap())
        .collect();
    assert_eq!(keys, [signer().verifier(), next.verifier()]);
    assert_eq!(log::signed(db).await.unwrap().unwrap().len(), 2);
}

/// Whoever can write the database can make a new chain that is whole. Not one that a kept checkpoint speaks of.
async fn a_rewritten_log_is_not_the_one_that_was_signed(ground: Ground) {
    append(&ground.civic, 4).await;
    let kept = log::seal(&ground.civic, &signer()).await.unwrap();
    let kept = note::open(&kept.note, &[signer().verifier()]).unwrap();
    let other = Ground::sqlite().await;
    other.clock.advance_s(1);
    append(&other.civic, 9).await;
    let verdict = log::verify(&other.civic.db, std::slice::from_ref(&kept), |_, _| {}).await;
    let broken = Break {
        seq: 5,
        fault: Fault::NotTheCheckpoint,
    };
    assert_eq!(verdict.unwrap(), Verdict::Broken(broken));
    // Nor is one that ends before it.
    db::execute(&ground.url, "delete from log_records where seq > 3").await;
    let hash = log::record(&ground.civic.db, 3).await.unwrap().hash;
    let head = format!("update log_head set seq = 3, tree_size = 3, hash = '{hash}'");
    db::execute(&ground.url, &head).await;
    let verdict = log::verify(&ground.civic.db, &[kept], |_, _| {}).await;
    let broken = Break {
        seq: 4,
        fault: Fault::Missing,
    };
    assert_eq!(verdict.unwrap(), Verdict::Broken(broken));
}

async fn a_log_from_before_the_tree_is_caught_up(ground: Ground) {
    append(&ground.civic, 11).await;
    let before = log::seal(&ground.civic, &signer()).await.unwrap();
    db::execute(&ground.url, "delete from log_nodes").await;
    db::execute(&ground.url, "delete from log_checkpoints").await;
    db::execute(&ground.url, "update log_head set tree_size = 0").await;
    let after = log::seal(&ground.civic, &signer()).await.unwrap();
    assert_eq!(after.root, before.root);
    db::execute(&ground.url, "delete from log_nodes").await;
    db::execute(&ground.url, "update log_head set tree_size = 0").await;
    append(&ground.civic, 1).await;
    let proof = log::inclusion(&ground.civic.db, 3, 12).await.unwrap();
    assert_eq!(proof.root, before.root);
    let whole = log::verify(&ground.civic.db, &[], |_, _| {}).await.unwrap();
    assert!(matches!(whole, Verdict::Whole(sum) if sum.seq == 13));
    // The stored tree is checked too: proofs must not come from another log.
    db::execute(
        &ground.url,
        "update log_nodes set hash = replace(hash, 'a', 'b') where level = 3",
    )
    .await;
    let broken = log::verify(&ground.civic.db, &[], |_, _| {}).await.unwrap();
    assert!(matches!(broken, Verdict::Broken(b) if b.fault == Fault::NotTheCheckpoint));
}

async fn proofs_beyond_the_log_are_refused(ground: Ground) {
    append(&ground.civic, 3).await;
    let db = &ground.civic.db;
    for (seq, size) in [(4, 3), (1, 4), (1, 0), (1, -1), (0, 3), (-1, 3)] {
        assert!(log::inclusion(db, seq, size).await.is_err(), "{seq} {size}");
    }
    for (first, second) in [(0, 3), (4, 3), (1, 4), (-1, 3), (3, 2)] {
        let refused = log::consistency(db, first, second).await;
        assert!(
            matches!(refused, Err(Error::Invalid { .. })),
            "{first} {second}"
        );
    }
}

async fn exported(civic: &Civic) -> Vec<String> {
    let records = log::after(&civic.db, 0, 500).await.unwrap();
    records.iter().map(log::line).collect()
}

fn verdict(lines: &[String]) -> Verdict {
    log::verify_lines(lines.concat().as_bytes(), &[], |_| {}).unwrap()
}

#[track_caller]
fn names(verdict: Verdict, seq: i64) -> Fault {
    match verdict {
        Verdict::Broken(broken) if broken.seq == seq => broken.fault,
        other => panic!("expected record {seq}: {other:?}"),
    }
}

async fn an_export_verifies_and_every_change_is_named(ground: Ground) {
    append(&ground.civic, 6).await;
    let published = log::seal(&ground.civic, &signer()).await.unwrap();
    let lines = exported(&ground.civic).await;
    assert!(
        matches!(verdict(&lines), Verdict::Whole(sum) if sum.seq == 7 && hex::encode(sum.root) == published.root)
    );
    // One byte, at every place of a record.
    for at in 0..lines[3].len() {
        let mut changed = lines.clone();
        let mut bytes = changed[3].clone().into_bytes();
        bytes[at] ^= 1;
        changed[3] = String::from_utf8(bytes).unwrap();
        names(verdict(&changed), 4);
    }
    let mut removed = lines.clone();
    removed.remove(2);
    assert_eq!(names(verdict(&removed), 3), Fault::Missing);
    let mut swapped = lines.clone();
    swapped.swap(1, 4);
    assert_eq!(names(verdict(&swapped), 2), Fault::Missing);
    let mut longer = lines.clone();
    longer.insert(5, lines[4].clone());
    names(verdict(&longer), 6);
    for strange in ["\n", "{}\n", "\u{0}", "[[[[", " "] {
        let mut more = lines.clone();
        more.push(strange.into());
        assert_eq!(names(verdict(&more), 8), Fault::Malformed);
    }
    // A shorter log is a whole one: only a checkpoint knows of the rest.
    let checkpoint = note::open(&published.note, &[signer().verifier()]).unwrap();
    let shorter = lines[..5].concat();
    let ended = log::verify_lines(shorter.as_bytes(), &[], |_| {}).unwrap();
    assert!(matches!(ended, Verdict::Whole(_)));
    let ended = log::verify_lines(shorter.as_bytes(), &[checkpoint], |_| {}).unwrap();
    assert_eq!(names(ended, 6), Fault::Missing);
}

async fn a_durable_follower_does_everything_once(ground: Ground) {
    append(&ground.civic, 5).await;
    let mut dealt_with = Vec::new();
    for round in 0..3 {
        // Each round is another run of the program.
        let mut follower = log::follow_as(&ground.civic.db, "counter").await.unwrap();
        let from = follower.seq();
        let records = follower.next().await.unwrap();
        let mut tx = ground.civic.write().await.unwrap();
        let to = follower.seq();
        assert!(log::advance(&mut tx, "counter", from, to).await.unwrap());
        if round == 1 {
            // It ends before the commit: the next run does it again.
            tx.rollback().await.unwrap();
        } else {
            tx.commit().await.unwrap();
            dealt_with.extend(records.iter().map(|r| r.seq));
            append(&ground.civic, 2).await;
        }
        let mut late = ground.civic.write().await.unwrap();
        assert!(
            !log::advance(&mut late, "counter", from + 100, to)
                .await
                .unwrap()
        );
    }
    assert_eq!(dealt_with, (1..=7).collect::<Vec<i64>>());
}

async fn the_log_is_browsed_newest_first(ground: Ground) {
    append(&ground.civic, 3).await;
    log::seal(&ground.civic, &signer()).await.unwrap();
    ground.clock.advance_s(86_400);
    append(&ground.civic, 2).await;
    let browse = async |filter: log::Filter| -> Vec<i64> {
        let found = log::browse(&ground.civic.db, &filter, 3).await.unwrap();
        found.iter().map(|r| r.seq).collect()
    };
    assert_eq!(browse(log::Filter::default()).await, [6, 5, 4]);
    let older = log::Filter {
        before: Some(4),
        ..Default::default()
    };
    assert_eq!(browse(older).await, [3, 2, 1]);
    let keys = log::Filter {
        kind: Some("log.key_set".into()),
        ..Default::default()
    };
    assert_eq!(browse(keys).await, [4]);
    let day = log::Filter {
        until: Some(ground.civic.now()),
        ..Default::default()
    };
    assert_eq!(browse(day).await, [4, 3, 2]);
    let today = log::Filter {
        from: Some(ground.civic.now()),
        ..Default::default()
    };
    assert_eq!(browse(today).await, [6, 5]);
}

/// The events that a listener hears, as (id, seq in the data), until `count` are heard.
async fn heard(civic: &Civic, path: &str, last: Option<i64>, count: usize) -> Vec<(i64, i64)> {
    let mut request = Request::get(path);
    if let Some(seq) = last {
        request = request.header("last-event-id", seq.to_string());
    }
    let response = router(civic.clone())
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut stream = response.into_body().into_data_stream();
    let mut text = String::new();
    while text.matches("\n\n").count() < count {
        text += std::str::from_utf8(&stream.next().await.unwrap().unwrap()).unwrap();
    }
    let field = |event: &str, name: &str| {
        let found = event.lines().find_map(|l| l.strip_prefix(name));
        found.unwrap().trim().to_owned()
    };
    text.split_terminator("\n\n")
        .map(|event| {
            let data: serde_json::Value = serde_json::from_str(&field(event, "data:")).unwrap();
            (
                field(event, "id:").parse().unwrap(),
                data["seq"].as_i64().unwrap(),
            )
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_that_comes_back_hears_on_from_where_it_was() {
    let ground = Ground::sqlite().await;
    append(&ground.civic, 4).await;
    let path = "/api/v1/log/events?after=0";
    assert_eq!(
        heard(&ground.civic, path, None, 3).await,
        [(1, 1), (2, 2), (3, 3)]
    );
    // The browser says what it heard last; the address stays what it was.
    let (late, ()) = tokio::join!(
        heard(&ground.civic, path, Some(3), 3),
        append(&ground.civic, 2)
    );
    assert_eq!(late, [(4, 4), (5, 5), (6, 6)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_log_is_proved_with_short_proofs() {
    let ground = Ground::sqlite().await;
    let mut tx = ground.civic.write().await.unwrap();
    for seat in 0..3_000 {
        log::append(&mut tx, entry(seat)).unwrap();
    }
    tx.commit().await.unwrap();
    let db = &ground.civic.db;
    let proof = log::inclusion(db, 777, 3_000).await.unwrap();
    assert!(proof.hashes.len() <= 12);
    log::consistency(db, 1_234, 3_000).await.unwrap();
}

/// Everything that the demonstration's people do, and then their names: nowhere in the log, in no form.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_can_be_found_in_the_log() {
    let ground = Ground::sqlite().await;
    ground.fill().await;
    let civic = &ground.civic;
    let host = ground.viewer("Rasa").await;
    let id = conferences::list(civic, When::Coming, 1).await.unwrap()[0].id;
    conferences::open(civic, &host, id).await.unwrap();
    for (seat, label) in [Label::Name("Jonas Petrauskas".into()), Label::Anonymous(1)]
        .into_iter()
        .enumerate()
    {
        let seat = Seat {
            seat: seat as u32 + 1,
            participant: seat as u64 + 1,
            label,
            host: false,
            account: None,
            mark: presences::Mark::default(),
        };
        presences::joined(civic, id, &seat).await.unwrap();
    }
    conferences::end(civic, &host, id).await.unwrap();
    log::seal(civic, &signer()).await.unwrap();

    let text = exported(civic).await.concat().to_lowercase();
    assert!(text.lines().count() > 5);
    let words: BTreeSet<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
    let people = civic_api::identity::demonstration::accounts(civic)
        .await
        .unwrap();
    assert!(people.len() > 3);
    for person in &people {
        let name = person.name.to_lowercase();
        for part in name.split(' ') {
            let plain: String = part.chars().map(unmarked).collect();
            assert!(
                !words.contains(part) && !words.contains(plain.as_str()),
                "{part}"
            );
        }
        assert!(!text.contains(&person.id.to_string()), "an account's id");
        for part in person
            .office
            .iter()
            .flat_map(|o| o.split(' '))
            .filter(|p| p.len() > 8)
        {
            assert!(!text.contains(&part.to_lowercase()), "{part}");
        }
    }
    for word in words
        .iter()
        .filter(|w| w.bytes().all(|b| b.is_ascii_digit()))
    {
        assert_ne!(word.len(), 11, "as long as a personal code");
    }
    assert!(
        !text.contains('@') && !text.contains("+370"),
        "an address or a telephone"
    );
    assert!(text.is_ascii(), "letters that only names and texts have");
}

fn unmarked(c: char) -> char {
    match c {
        'ą' => 'a',
        'č' => 'c',
        'ę' | 'ė' => 'e',
        'į' => 'i',
        'š' => 's',
        'ų' | 'ū' => 'u',
        'ž' => 'z',
        other => other,
    }
}
