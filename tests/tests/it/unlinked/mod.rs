//! Rights that cannot be linked, from outside: 1,000 accounts obtain a token each over HTTP and spend them in another order, and
//! whoever has everything that lies at the server guesses no better than chance who spent which. The same analyst finds every leak that
//! is planted for it (`planted`).

mod analysis;
mod evidence;
mod judge;
mod planted;
mod resident;

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use self::analysis::{Analyst, Guess, words_in_both};
use self::evidence::{Evidence, open};
use self::judge::Truth;
use self::resident::{Blinded, Resident, Right, Token, form};
use crate::http::get;
use crate::people::{Account, City};
use crate::server::{Server, run};

const PEOPLE: usize = 1_000;
/// Who try to spend one token at the same moment.
const AT_ONCE: usize = 100;

/// The server behind a proxy that says who asks, telling everything it can tell.
const SETTINGS: [(&str, &str); 2] = [
    ("AIKSTE_LOG_LEVEL", "trace"),
    ("AIKSTE_SERVER_BEHIND_HTTPS_PROXY", "true"),
];

#[test]
fn a_thousand_tokens_cannot_be_matched_with_a_thousand_accounts() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = Server::start_filled_with(&SETTINGS);
    let city = City::of(&server);
    let host = Account::sign_in(&server, city.host["id"].as_str().unwrap());
    let conference = &city.announced_of_host;
    let opened = host.post(
        &server,
        &format!("/api/v1/conferences/{conference}/open"),
        "{}",
    );
    assert_eq!(opened.status, 204, "{}", opened.body);
    let right = Right::of(&server, conference);
    let people = runtime.block_on(signed_in(server.data()));

    let (tokens, obtaining) = obtained(&server, &right, &people);
    let mut order: Vec<usize> = (0..PEOPLE).collect();
    shuffle(&mut order);
    let spending = spent(&server, &people, &tokens, &order);

    let mut evidence = runtime.block_on(Evidence::read(server.data()));
    evidence.files.push(("the log".into(), server.log().into()));
    evidence
        .files
        .push(("what is published".into(), published(&server)));
    let accounts = people.iter().map(|person| person.account.clone());
    let truth = Truth(accounts.zip(tokens.iter().map(Token::digest)).collect());
    let analyst = Analyst::new(&evidence, &right.id);
    let mut guesses = analyst.guesses();
    assert!(guesses.len() > 50, "{} guesses", guesses.len());
    guesses.push(by_words(
        &server.log(),
        &analyst,
        &people,
        &tokens,
        &order,
        &obtaining,
        &spending,
    ));
    assert_eq!(truth.found_out(&analyst, &guesses), [""; 0]);
    nothing_secret_is_told(&server.log(), &people, &tokens);
    server.assert_no_panic();
}

/// Accounts as the state gateway would leave them, each with a session, since one second after the other.
async fn signed_in(data: &Path) -> Vec<Resident> {
    let mut db = open(&data.join("aikste.db")).await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let mut people = Vec::with_capacity(PEOPLE);
    sqlx::query("begin immediate")
        .execute(&mut db)
        .await
        .unwrap();
    for n in 0..PEOPLE {
        let at = now.as_secs() - 3_600 + n as u64;
        let id = || Uuid::new_v7(uuid::Timestamp::from_unix_time(at, 0, 0, 0)).to_string();
        let (account, session) = (id(), Uuid::new_v7(uuid::Timestamp::now(uuid::NoContext)));
        let session = hex::encode(Sha256::digest(session.as_bytes()));
        let at_us = i64::try_from(at * 1_000_000).unwrap();
        let rows: [(&str, Vec<String>); 3] = [
            (
                "insert into accounts (id, name, role, method, created_us)
                 values ($1, $2, 'resident', 'identified/substantial', cast($3 as integer))",
                vec![account.clone(), format!("Gyventojas {n}"), at_us.to_string()],
            ),
            (
                "insert into identities (id, account_id, provider, kind, digest, assurance, first_us, last_us)
                 values ($1, $2, 'viisp', 'code', $3, 'substantial', cast($4 as integer), cast($4 as integer))",
                vec![id(), account.clone(), hex::encode(Sha256::digest(&account)), at_us.to_string()],
            ),
            (
                "insert into sessions (token_sha256, account_id, created_us, expires_us, id, provider, assurance)
                 values ($1, $2, cast($3 as integer), cast($3 as integer) + 43200000000, $4, 'viisp', 'substantial')",
                vec![hex::encode(Sha256::digest(&session)), account.clone(), at_us.to_string(), id()],
            ),
        ];
        for (sql, values) in rows {
            let query = values
                .into_iter()
                .fold(sqlx::query(sql), |q, value| q.bind(value));
            query.execute(&mut db).await.unwrap();
        }
        let address = format!("10.{}.{}.{}", 1 + n % 200, 100 + n / 200, 100 + n % 97);
        people.push(Resident {
            account,
            session,
            address,
        });
    }
    sqlx::query("commit").execute(&mut db).await.unwrap();
    people
}

/// Everyone obtains their token, and nobody a second one. Also where the log ended after each.
fn obtained(server: &Server, right: &Right, people: &[Resident]) -> (Vec<Token>, Vec<usize>) {
    let form = form(server);
    let mut tokens = Vec::with_capacity(people.len());
    let mut marks = vec![server.log_length()];
    for person in people {
        let blinded = Blinded::new(right);
        let issued = person.obtain(server, &form, right, &blinded);
        let signature = issued["signature"]
            .as_str()
            .unwrap_or_else(|| panic!("{issued}"));
        tokens.push(blinded.token(right, signature));
        marks.push(server.log_length());
    }
    for person in people.iter().step_by(100) {
        let refused = person.obtain(server, &form, right, &Blinded::new(right));
        assert_eq!(refused["refused"], "token_already_issued", "the 1,001st");
        assert_eq!(refused["signature"], Value::Null);
    }
    (tokens, marks)
}

/// All are spent in this order, the last of them by a hundred at once; none a second time. Also where the log ended after each.
fn spent(server: &Server, people: &[Resident], tokens: &[Token], order: &[usize]) -> Vec<usize> {
    let forged = tokens[0].forged().spend(&server.url, "10.250.0.1");
    assert_eq!(
        (forged.status, code(&forged.body)),
        (403, "token_invalid".into())
    );
    let (last, others) = order.split_last().unwrap();
    let mut marks = vec![server.log_length()];
    for at in others {
        let seat = tokens[*at].spend(&server.url, &people[*at].address);
        assert_eq!(seat.status, 200, "{}", seat.body);
        marks.push(server.log_length());
    }
    let at_once = (0..AT_ONCE).map(|n| {
        let (token, url) = (tokens[*last].clone(), server.url.clone());
        std::thread::spawn(move || token.spend(&url, &format!("10.251.{n}.1")).status)
    });
    let at_once: Vec<_> = at_once.collect();
    let mut statuses: Vec<u16> = at_once.into_iter().map(|one| one.join().unwrap()).collect();
    statuses.sort_unstable();
    let mut expected = vec![409; AT_ONCE];
    expected[0] = 200;
    assert_eq!(statuses, expected, "of a hundred at once one");
    for (n, at) in order.iter().enumerate() {
        // From elsewhere: neither the address nor its limit is what refuses.
        let again = tokens[*at].spend(&server.url, &format!("10.252.{}.{}", n / 100, n % 100));
        assert_eq!(
            (again.status, code(&again.body)),
            (409, "token_spent".into())
        );
    }
    marks
}

fn code(problem: &str) -> String {
    let problem: Value = serde_json::from_str(problem).unwrap_or_default();
    problem["code"].as_str().unwrap_or_default().to_owned()
}

/// Always the same one.
fn shuffle(order: &mut [usize]) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for at in (1..order.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        order.swap(at, usize::try_from(state % (at as u64 + 1)).unwrap());
    }
}

/// The whole civic log and its checkpoint, as anyone may have them.
fn published(server: &Server) -> Vec<u8> {
    let exported = run(server.data(), &["log", "export"]);
    assert!(exported.status.success());
    let checkpoint = get(&server.url, "/api/v1/log/checkpoints");
    [exported.stdout, checkpoint.body.into_bytes()].concat()
}

/// What the log told while each token was obtained and spent, word by word.
fn by_words(
    log: &str,
    analyst: &Analyst<'_>,
    people: &[Resident],
    tokens: &[Token],
    order: &[usize],
    obtaining: &[usize],
    spending: &[usize],
) -> Guess {
    let parts = |marks: &[usize]| -> Vec<String> {
        marks
            .windows(2)
            .map(|m| log[m[0]..m[1]].to_owned())
            .collect()
    };
    let mut guess = words_in_both(&parts(obtaining), &parts(spending));
    // Requests, numbered as they came, are the accounts and tokens that were written then.
    let accounts: Vec<usize> = people
        .iter()
        .map(|person| {
            (0..PEOPLE)
                .find(|n| analyst.account(*n) == person.account)
                .unwrap()
        })
        .collect();
    let digests: Vec<String> = order.iter().map(|at| tokens[*at].digest()).collect();
    let spent: Vec<usize> = digests
        .iter()
        .map(|digest| (0..PEOPLE).find(|n| analyst.token(*n) == digest).unwrap())
        .collect();
    for (account, token) in &mut guess.pairs {
        (*account, *token) = (accounts[*account], spent[*token]);
    }
    guess
}

/// However talkative the log: no account, no session, no address, no token.
fn nothing_secret_is_told(log: &str, people: &[Resident], tokens: &[Token]) {
    for (person, token) in people.iter().zip(tokens) {
        for secret in [
            &person.account,
            &person.session,
            &person.address,
            &token.digest(),
        ] {
            assert!(!log.contains(secret.as_str()), "the log tells {secret}");
        }
    }
}
