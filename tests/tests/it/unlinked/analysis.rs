//! The analyst: given everything that lies at the server, says which account spent which token, in every way we could think of. It
//! knows how the server works and has all the time it wants; what it does not have is what stays in browsers. It never sees the truth.
//!
//! **Orders.** Accounts are put into every order that anything at hand suggests: by each column of each table that names them (the
//! row's own number, random digests, times, the time inside UUIDv7 ids), by the place where a file (database, WAL, log, published
//! records) names them first and last. Spent tokens likewise. Every order of the one is laid beside every order of the other,
//! and beside its reverse: as many guesses as pairs of orders.
//!
//! **Equal bytes.** Any eight bytes that stand in something known of an account and in something known of a spent token,
//! as they are, decoded from hex or Base64, or as SHA-256 of either: a digest of one side stored on the other would be found so.
//!
//! **Neighbours.** In each file, the account that is named nearest to where a token is named: rows that were deleted, a log
//! line that says both.
//!
//! **Words of the log.** A word that the log has while tokens are obtained and again while they are spent (an address, a
//! number of a connection), and nowhere else.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::evidence::{Evidence, Table};

/// Bytes that must be equal.
const WINDOW: usize = 8;
/// What more accounts or tokens than this share tells nothing about one of them.
const SHARED: usize = 8;
/// How far from a token an account may be named in a file to be its neighbour, in bytes.
const NEAR: usize = 600;

/// A guess: which account (by its number among those who were given the right) spent which token (likewise).
pub struct Guess {
    /// How it was made.
    pub by: String,
    /// Account and token; of two orders laid beside each other, in these orders.
    pub pairs: Vec<(usize, usize)>,
    /// Made of two orders.
    pub ordered: bool,
}

/// What the analyst works with.
pub struct Analyst<'a> {
    evidence: &'a Evidence,
    accounts: Vec<String>,
    tokens: Vec<String>,
}

impl<'a> Analyst<'a> {
    /// Of all that were given this right, and all that was spent of it.
    pub fn new(evidence: &'a Evidence, right: &str) -> Self {
        let of = |table: &Table, key: &str, value: &str, wanted: &str| -> Vec<String> {
            let (key, wanted) = (table.column(key), table.column(wanted));
            let rows = table.rows.iter().filter(|row| row[key] == value);
            rows.map(|row| row[wanted].clone()).collect()
        };
        let rights = evidence.table("rights");
        let key = of(rights, "id", right, "key_sha256").remove(0);
        Self {
            evidence,
            accounts: of(
                evidence.table("token_issues"),
                "right_id",
                right,
                "account_id",
            ),
            tokens: of(
                evidence.table("token_spends"),
                "key_sha256",
                &key,
                "token_sha256",
            ),
        }
    }

    /// The account of this number.
    pub fn account(&self, at: usize) -> &str {
        &self.accounts[at]
    }

    /// The token of this number.
    pub fn token(&self, at: usize) -> &str {
        &self.tokens[at]
    }

    /// Everything it can think of.
    pub fn guesses(&self) -> Vec<Guess> {
        let mut all = self.by_orders();
        all.push(self.by_equal_bytes());
        all.extend(self.by_neighbours());
        all
    }

    fn by_orders(&self) -> Vec<Guess> {
        let (accounts, tokens) = (self.orders(&self.accounts), self.orders(&self.tokens));
        let mut guesses = Vec::new();
        for (one, first) in &accounts {
            for (other, second) in &tokens {
                let there = first.iter().zip(second).map(|(a, t)| (*a, *t));
                let back = first.iter().zip(second.iter().rev());
                guesses.push(Guess {
                    by: format!("{one} beside {other}"),
                    pairs: there.collect(),
                    ordered: true,
                });
                guesses.push(Guess {
                    by: format!("{one} beside {other}, backwards"),
                    pairs: back.map(|(a, t)| (*a, *t)).collect(),
                    ordered: true,
                });
            }
        }
        guesses
    }

    /// Every order in which things name these; orders that are the same once.
    fn orders(&self, known: &[String]) -> Vec<(String, Vec<usize>)> {
        let mut orders: BTreeMap<Vec<usize>, String> = BTreeMap::new();
        let mut add = |name: String, order: Vec<usize>| {
            if order.len() * 2 > known.len() {
                orders.entry(order).or_insert(name);
            }
        };
        for table in &self.evidence.tables {
            for (name, order) in orders_of(table, known) {
                add(name, order);
            }
        }
        for (name, bytes) in &self.evidence.files {
            let found = places(bytes, known);
            add(format!("first in {name}"), in_order(found.iter().copied()));
            add(
                format!("last in {name}"),
                in_order(found.iter().rev().copied()),
            );
        }
        orders
            .into_iter()
            .map(|(order, name)| (name, order))
            .collect()
    }

    fn by_equal_bytes(&self) -> Guess {
        let of_tokens = windows(&self.known(&self.tokens));
        let of_accounts = self.known(&self.accounts);
        let mut pairs = BTreeSet::new();
        for (account, texts) in of_accounts.iter().enumerate() {
            for form in texts.iter().flat_map(|text| forms(text)) {
                let each = form.windows(WINDOW);
                let shared = each.filter_map(|window| of_tokens.get(&number(window)));
                pairs.extend(shared.flatten().map(|token| (account, *token)));
            }
        }
        // What many accounts share with one token (a word, a date) says nothing.
        let mut of_token: HashMap<usize, usize> = HashMap::new();
        for (_, token) in &pairs {
            *of_token.entry(*token).or_default() += 1;
        }
        pairs.retain(|(_, token)| of_token[token] <= SHARED);
        Guess {
            by: "equal bytes".into(),
            pairs: pairs.into_iter().collect(),
            ordered: false,
        }
    }

    /// All that tables say of each of these in rows that name them.
    fn known(&self, keys: &[String]) -> Vec<Vec<String>> {
        let at: HashMap<&str, usize> = keys.iter().map(String::as_str).zip(0..).collect();
        let mut known = vec![BTreeSet::new(); keys.len()];
        for row in self.evidence.tables.iter().flat_map(|table| &table.rows) {
            for one in row.iter().filter_map(|value| at.get(value.as_str())) {
                known[*one].extend(row.iter().cloned());
            }
        }
        known
            .into_iter()
            .map(|texts| texts.into_iter().collect())
            .collect()
    }

    fn by_neighbours(&self) -> Vec<Guess> {
        let near = |(name, bytes): &(String, Vec<u8>)| {
            let accounts = places(bytes, &self.accounts);
            let tokens = places(bytes, &self.tokens);
            let nearest = |(at, token): &(usize, usize)| {
                let next = accounts.partition_point(|(place, _)| place < at);
                let around = [next.checked_sub(1), Some(next)].into_iter().flatten();
                let found = around.filter_map(|n| accounts.get(n));
                let found = found.min_by_key(|(place, _)| place.abs_diff(*at))?;
                (found.0.abs_diff(*at) <= NEAR).then_some((found.1, *token))
            };
            let pairs: BTreeSet<_> = tokens.iter().filter_map(nearest).collect();
            Guess {
                by: format!("neighbours in {name}"),
                pairs: pairs.into_iter().collect(),
                ordered: false,
            }
        };
        self.evidence.files.iter().map(near).collect()
    }
}

/// By each column of a table that names these: one order for each.
fn orders_of(table: &Table, known: &[String]) -> Vec<(String, Vec<usize>)> {
    let at: HashMap<&str, usize> = known.iter().map(String::as_str).zip(0..).collect();
    let mut orders = Vec::new();
    for naming in 0..table.columns.len() {
        let mut rows: Vec<(usize, &Vec<String>)> = table
            .rows
            .iter()
            .filter_map(|row| Some((*at.get(row[naming].as_str())?, row)))
            .collect();
        if rows.len() * 2 <= known.len() {
            continue;
        }
        for column in 0..table.columns.len() {
            // Numbers as numbers, and a stable sort: where all are equal the order of writing stays.
            rows.sort_by(|a, b| {
                let (a, b) = (&a.1[column], &b.1[column]);
                match (a.parse::<i64>(), b.parse::<i64>()) {
                    (Ok(a), Ok(b)) => a.cmp(&b),
                    _ => a.cmp(b),
                }
            });
            let name = format!("{}.{}", table.name, table.columns[column]);
            orders.push((name, in_order(rows.iter().map(|(one, _)| (0, *one)))));
            rows.sort_by_key(|(_, row)| row[0].parse::<i64>().unwrap_or_default());
        }
    }
    orders
}

/// Each once, where it comes first.
fn in_order(found: impl Iterator<Item = (usize, usize)>) -> Vec<usize> {
    let mut seen = BTreeSet::new();
    found
        .map(|(_, one)| one)
        .filter(|one| seen.insert(*one))
        .collect()
}

/// Where these stand in bytes, as text or as the bytes that the text is hex of: place and which.
fn places(bytes: &[u8], known: &[String]) -> Vec<(usize, usize)> {
    let mut ends: HashMap<u64, Vec<(Vec<u8>, usize)>> = HashMap::new();
    let mut begins = vec![false; 1 << 16];
    for (one, text) in known.iter().enumerate() {
        let raw = hex::decode(text.replace('-', "")).unwrap_or_default();
        for form in [text.as_bytes().to_vec(), raw] {
            if let Some(end) = form.len().checked_sub(WINDOW) {
                let end = number(&form[end..]);
                begins[short(end)] = true;
                ends.entry(end).or_default().push((form, one));
            }
        }
    }
    let mut found = Vec::new();
    for (at, window) in bytes.windows(WINDOW).enumerate() {
        let end = number(window);
        // Most places end here: a look into a table is dear where there are millions of them.
        if !begins[short(end)] {
            continue;
        }
        for (form, one) in ends.get(&end).into_iter().flatten() {
            let stop = at + WINDOW;
            if stop >= form.len() && bytes[stop - form.len()..stop] == form[..] {
                found.push((stop - form.len(), *one));
            }
        }
    }
    found
}

fn short(number: u64) -> usize {
    usize::try_from((number ^ (number >> 16) ^ (number >> 32) ^ (number >> 48)) & 0xffff).unwrap()
}

fn number(window: &[u8]) -> u64 {
    u64::from_le_bytes(window.try_into().unwrap())
}

/// Which of these hold which eight bytes; what many share is left out.
fn windows(known: &[Vec<String>]) -> HashMap<u64, Vec<usize>> {
    let mut holding: HashMap<u64, Vec<usize>> = HashMap::new();
    for (one, texts) in known.iter().enumerate() {
        for form in texts.iter().flat_map(|text| forms(text)) {
            for window in form.windows(WINDOW) {
                let who = holding.entry(number(window)).or_default();
                if who.last() != Some(&one) {
                    who.push(one);
                }
            }
        }
    }
    holding.retain(|_, who| who.len() <= SHARED);
    holding
}

/// A value as it stands, without its dashes, decoded, and the SHA-256 of each of these in bytes and in hex.
fn forms(text: &str) -> Vec<Vec<u8>> {
    if text.len() < WINDOW {
        return Vec::new();
    }
    let plain = text.replace('-', "");
    let mut forms = vec![text.as_bytes().to_vec()];
    forms.extend(hex::decode(&plain).ok());
    forms.extend(STANDARD.decode(text).ok());
    for form in forms.clone() {
        let digest = Sha256::digest(&form);
        forms.push(hex::encode(digest).into_bytes());
        forms.push(digest.to_vec());
    }
    forms
}

/// By words that the log has in both of these parts of it, and in each of them in one request: pairs of requests.
pub fn words_in_both(obtaining: &[String], spending: &[String]) -> Guess {
    let of = |requests: &[String]| -> HashMap<String, usize> {
        let mut of: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, text) in requests.iter().enumerate() {
            let part = |c: char| !(c.is_ascii_alphanumeric() || ".:_+/=-".contains(c));
            for word in text.split(part).filter(|word| word.len() >= WINDOW) {
                let who = of.entry(word.to_owned()).or_default();
                if who.last() != Some(&at) {
                    who.push(at);
                }
            }
        }
        of.into_iter()
            .filter(|(_, who)| who.len() == 1)
            .map(|(word, who)| (word, who[0]))
            .collect()
    };
    let (first, second) = (of(obtaining), of(spending));
    let pairs: BTreeSet<_> = first
        .iter()
        .filter_map(|(word, account)| Some((*account, *second.get(word)?)))
        .collect();
    Guess {
        by: "words of the log".into(),
        pairs: pairs.into_iter().collect(),
        ordered: false,
    }
}
