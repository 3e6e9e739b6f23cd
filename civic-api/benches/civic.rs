//! What the civic side costs: a token issued (at most 3 ms), a token spent (at most 1 ms), an exported log of 100,000 records
//! verified (under 2 s). `make bench` runs it; `cargo bench -p civic-api` alone does too.
#![allow(
    clippy::unwrap_used,
    reason = "a program for developers: it may stop where it stands"
)]
#![allow(clippy::disallowed_methods, reason = "it measures time")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use blind_rsa_signatures::{BlindSignature, DefaultRng, PublicKeySha384PSSRandomized};
use civic_api::identity::demonstration;
use civic_api::log::{self, Record, Verdict};
use civic_api::tokens::{self, Request, Token};
use civic_api::{Civic, Db, Settings, SystemClock, demo};

const RECORDS: i64 = 100_000;
const ROUNDS: usize = 8;

fn main() {
    verify_log();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(tokens_issued_and_spent());
}

fn verify_log() {
    let mut export = String::new();
    let mut last = log::GENESIS.to_owned();
    for seq in 1..=RECORDS {
        let mut record = Record {
            seq,
            stream: format!("conference/01890a5d-ac96-774b-bcce-{:012x}", seq % 100),
            stream_seq: (seq - 1) / 100 + 1,
            at: jiff::Timestamp::from_microsecond(1_790_000_000_000_000 + seq * 1_234_567).unwrap(),
            kind: "participation.joined".into(),
            actor_role: "system".into(),
            subject: "01890a5d-ac96-774b-bcce-b302099a8057".into(),
            payload: serde_json::json!({ "present": seq % 40, "seat": seq }),
            previous_hash: std::mem::take(&mut last),
            hash: String::new(),
        };
        record.hash = log::hash(&record);
        last.clone_from(&record.hash);
        export += &log::line(&record);
    }
    let began = Instant::now();
    let verdict = log::verify_lines(export.as_bytes(), &[], |_| {}).unwrap();
    let took = began.elapsed();
    assert!(matches!(verdict, Verdict::Whole(sum) if sum.seq == RECORDS));
    println!(
        "log verify: {RECORDS} records ({} MB) in {:.2} s",
        export.len() / 1_000_000,
        took.as_secs_f64()
    );
}

/// Wall time of a call on an idle machine, so at least its CPU; the browser's part is not in it.
async fn tokens_issued_and_spent() {
    let (mut issuing, mut spending) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("bench.db").display());
        let db = Db::connect(&url).await.unwrap();
        let settings = Settings {
            demo_accounts: true,
            base_url: "https://aikste.example".into(),
        };
        let civic = Civic::new(db, Arc::new(SystemClock), settings);
        demo::fill(&civic.db, &SystemClock).await.unwrap();
        tokens::keep(&civic).await.unwrap();
        one_round(&civic, &mut issuing, &mut spending).await;
        civic.db.close().await;
    }
    println!(
        "token issued: {}, {} of them",
        median(&mut issuing),
        issuing.len()
    );
    println!("token spent:  {}", median(&mut spending));
}

async fn one_round(civic: &Civic, issuing: &mut Vec<Duration>, spending: &mut Vec<Duration>) {
    for account in demonstration::accounts(civic).await.unwrap() {
        for right in tokens::open_rights(civic).await.unwrap() {
            let spki = STANDARD.decode(&right.public_key).unwrap();
            let key = PublicKeySha384PSSRandomized::from_der(&spki).unwrap();
            let message = tokens::message(&right.id);
            let blinded = key.blind(&mut DefaultRng, &message).unwrap();
            let request = Request {
                right: right.id.clone(),
                blinded: STANDARD.encode(&blinded.blind_message.0),
            };
            let began = Instant::now();
            let issued = tokens::issue(civic, &account, vec![request]).await.unwrap();
            issuing.push(began.elapsed());
            let signature = STANDARD
                .decode(issued[0].signature.as_ref().unwrap())
                .unwrap();
            let bare = key
                .finalize(&BlindSignature(signature), &blinded, &message)
                .unwrap();
            let token = Token {
                right: right.id,
                prefix: STANDARD.encode(blinded.msg_randomizer.unwrap().0),
                signature: STANDARD.encode(&bare.0),
            };
            let began = Instant::now();
            tokens::spend(civic, &token).await.unwrap();
            spending.push(began.elapsed());
        }
    }
}

fn median(times: &mut [Duration]) -> String {
    times.sort();
    format!(
        "median {:.2} ms",
        times[times.len() / 2].as_secs_f64() * 1_000.0
    )
}
