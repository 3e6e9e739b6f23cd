//! Good extracts in every form in which they come, and bad ones of every kind.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::io::{BufReader, Read};

use jiff::civil::date;

use super::*;

const GOOD: &str = "asmens_kodas;seniunijos_kodas;data\n33309240064;1911;2026-11-01\n47604084093;1901;2026-11-01\n";

/// What came of it, and every fault.
fn taken(file: impl Into<Vec<u8>>) -> (Option<Extract>, Vec<(u64, Reason)>) {
    let file = file.into();
    let mut faults = Vec::new();
    let extract = read(
        BufReader::with_capacity(7, file.as_slice()),
        &Digester::new(&[7; 32]),
        date(2026, 11, 23),
        |fault| faults.push((fault.line, fault.reason)),
    )
    .unwrap();
    (extract, faults)
}

fn lines(rows: &[&str]) -> String {
    format!("asmens_kodas;seniunijos_kodas;data\n{}\n", rows.join("\n"))
}

#[test]
fn an_extract_is_read_in_each_of_the_forms_in_which_it_comes() {
    let (expected, faults) = taken(GOOD);
    let expected = expected.unwrap();
    assert!(faults.is_empty());
    assert_eq!(
        (expected.on, expected.residents.len()),
        (date(2026, 11, 1), 2)
    );
    let titled = GOOD.replace(
        "asmens_kodas;seniunijos_kodas;data",
        "\"Asmens kodas\";\"Seniūnijos kodas\";Data",
    );
    let baltic: Vec<u8> = titled
        .chars()
        .map(|c| {
            if c == 'ū' {
                0xFB
            } else {
                u8::try_from(c).unwrap()
            }
        })
        .collect();
    for file in [
        format!("\u{feff}{GOOD}").into_bytes(),
        GOOD.replace('\n', "\r\n").into_bytes(),
        GOOD.replace(';', ",").into_bytes(),
        GOOD.trim_end().as_bytes().to_vec(),
        format!("{GOOD}\n  \n{GOOD}")
            .replace("\n  \nasmens_kodas;seniunijos_kodas;data", "")
            .into_bytes(),
        "data;asmens_kodas;seniunijos_kodas\n2026-11-01; \"33309240064\" ;1911\n2026-11-01;47604084093;1901\n"
            .into(),
        titled.into_bytes(),
        baltic,
    ] {
        let shown = String::from_utf8_lossy(&file).into_owned();
        let (extract, faults) = taken(file);
        assert_eq!(faults, [], "{shown}");
        assert_eq!(extract.unwrap().residents, expected.residents, "{shown}");
    }
}

#[test]
fn every_bad_line_is_named_and_then_nothing_is_taken() {
    let file = lines(&[
        "33309240064;1911;2026-11-01",
        "33309240164;1911;2026-11-01",
        "38001010000;1911;2026-11-01",
        "3330924006;1911;2026-11-01",
        "33313240064;1911;2026-11-01",
        "03309240064;1911;2026-11-01",
        "47604084093;1912;2026-11-01",
        "47604084093;silainiai;2026-11-01",
        "47604084093;1911;2026-02-30",
        "47604084093;1911;2026-11-01T00:00",
        "47604084093;1911;2026-11-24",
        "47604084093;1911;2026-10-31",
        "47604084093;1911",
        "47604084093;1911;2026-11-01;Rūta",
        "47604084093;1911;2026-11-0\u{661}",
        "33309240064;1901;2026-11-01",
        "33309240064;1911;2026-11-01",
        "4760\u{0}4084093;1911;2026-11-01",
        &"4".repeat(513),
    ]);
    let (extract, faults) = taken(file);
    assert!(extract.is_none());
    use Reason::{Code, Contradiction, Fields, Future, Nul, OtherDate, TooLong};
    assert_eq!(
        faults,
        [
            (3, Code),
            (4, Code),
            (5, Code),
            (6, Code),
            (7, Code),
            (8, Reason::Eldership),
            (9, Reason::Eldership),
            (10, Reason::Date),
            (11, Reason::Date),
            (12, Future),
            (13, OtherDate),
            (14, Fields),
            (15, Fields),
            (16, Fields),
            (17, Contradiction),
            (19, Nul),
            (20, TooLong),
        ]
    );
}

#[test]
fn what_is_no_extract_at_all_is_said_once() {
    for (file, reason) in [
        ("", Reason::Empty),
        ("\n", Reason::Header),
        ("asmens_kodas;seniunijos_kodas;data", Reason::NoResidents),
        (
            "asmens_kodas;seniunijos_kodas;data\n\n",
            Reason::NoResidents,
        ),
        ("33309240064;1911;2026-11-01\n", Reason::Header),
        ("asmens_kodas;seniunijos_kodas\n", Reason::Header),
        (
            "asmens_kodas;seniunijos_kodas;data;vardas\n",
            Reason::Header,
        ),
        ("asmens_kodas|seniunijos_kodas|data\n", Reason::Header),
        ("asmens_kodas;asmens_kodas;data\n", Reason::Header),
        ("a\u{0}s\u{0}m\u{0}", Reason::Nul),
        ("PK\u{3}\u{4}", Reason::Header),
    ] {
        let (extract, faults) = taken(file);
        assert!(extract.is_none(), "{file:?}");
        assert_eq!(faults, [(1, reason)], "{file:?}");
    }
}

#[test]
fn a_line_without_end_is_passed_over_in_little_memory() {
    let endless = std::io::repeat(b'4').take(1 << 30);
    let file = lines(&[]).into_bytes();
    let mut faults = Vec::new();
    let extract = read(
        BufReader::new(file.as_slice().chain(endless)),
        &Digester::new(&[7; 32]),
        date(2026, 11, 23),
        |fault| faults.push((fault.line, fault.reason)),
    )
    .unwrap();
    assert!(extract.is_none());
    assert_eq!(faults, [(3, Reason::TooLong)]);
}

#[test]
fn no_reason_shows_a_code_and_no_digest_is_one() {
    let (extract, _) = taken(GOOD);
    let extract = format!("{:?}", extract.unwrap());
    assert!(!extract.contains("33309240064"), "{extract}");
    let (_, faults) = taken(lines(&["33309240064;9;2026-11-01"]));
    assert!(!faults[0].1.to_string().contains("33309"));
}
