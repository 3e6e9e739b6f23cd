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

/// What issuing and spending cost the server: CPU time of all threads while nothing else runs, and how long a caller waits,
/// which has the disk's time in it, too. The browser's part is in neither.
#[derive(Default)]
struct Cost {
    cpu: Duration,
    waits: Vec<Duration>,
}

impl Cost {
    fn print(&mut self, what: &str) {
        self.waits.sort();
        let count = self.waits.len();
        println!(
            "{what}: {:.2} ms of CPU each, a caller waits {:.2} ms (median), {count} of them",
            self.cpu.as_secs_f64() * 1_000.0 / count as f64,
            self.waits[count / 2].as_secs_f64() * 1_000.0,
        );
    }
}

async fn tokens_issued_and_spent() {
    let (mut batched, mut single) = (Cost::default(), Cost::default());
    let mut spending = Cost::default();
    for round in 0..ROUNDS {
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
        // A browser asks for all that it may have at once; a reception that is announced later is asked for alone.
        match round % 2 {
            0 => one_round(&civic, usize::MAX, &mut batched, &mut spending).await,
            _ => one_round(&civic, 1, &mut single, &mut spending).await,
        }
        civic.db.close().await;
    }
    batched.print("token issued, all of a person's at once");
    single.print("token issued, one by one");
    spending.print("token spent");
}

/// Blinds everything, then has it signed, then makes tokens, then spends them: so that each part's CPU time is its own.
async fn one_round(civic: &Civic, at_once: usize, issuing: &mut Cost, spending: &mut Cost) {
    let accounts = demonstration::accounts(civic).await.unwrap();
    let rights = tokens::open_rights(civic).await.unwrap();
    let mut asked = Vec::new();
    for _ in &accounts {
        for right in &rights {
            let spki = STANDARD.decode(&right.public_key).unwrap();
            let key = PublicKeySha384PSSRandomized::from_der(&spki).unwrap();
            let blinded = key
                .blind(&mut DefaultRng, tokens::message(&right.id))
                .unwrap();
            asked.push((right.id.clone(), key, blinded));
        }
    }
    let mut answers = Vec::new();
    let cpu = cpu_time();
    let owned = accounts.iter().zip(asked.chunks(rights.len()));
    let batches = owned.flat_map(|(account, all)| {
        let batches = all.chunks(at_once.min(all.len()));
        batches.map(move |batch| (account, batch))
    });
    for (account, batch) in batches {
        let requests = batch.iter().map(|(right, _, blinded)| Request {
            right: right.clone(),
            blinded: STANDARD.encode(&blinded.blind_message.0),
        });
        let requests: Vec<_> = requests.collect();
        let began = Instant::now();
        let issued = tokens::issue(civic, account, requests).await.unwrap();
        let each = began.elapsed() / batch.len() as u32;
        issuing.waits.extend(batch.iter().map(|_| each));
        answers.extend(issued.into_iter().map(|one| one.signature.unwrap()));
    }
    issuing.cpu += cpu_time().saturating_sub(cpu);
    let mut held = Vec::new();
    for ((right, key, blinded), signature) in asked.into_iter().zip(answers) {
        let signature = BlindSignature(STANDARD.decode(signature).unwrap());
        let message = tokens::message(&right);
        let bare = key.finalize(&signature, &blinded, message).unwrap();
        held.push(Token {
            right,
            prefix: STANDARD.encode(blinded.msg_randomizer.unwrap().0),
            signature: STANDARD.encode(&bare.0),
        });
    }
    let cpu = cpu_time();
    for token in &held {
        let began = Instant::now();
        tokens::spend(civic, token).await.unwrap();
        spending.waits.push(began.elapsed());
    }
    spending.cpu += cpu_time().saturating_sub(cpu);
}

/// CPU time of all threads of this process so far (the first number of each `schedstat`, nanoseconds).
fn cpu_time() -> Duration {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let spent = tasks.map(|task| {
        let text = std::fs::read_to_string(task.unwrap().path().join("schedstat")).unwrap();
        text.split(' ').next().unwrap().parse::<u64>().unwrap()
    });
    Duration::from_nanos(spent.sum())
}
