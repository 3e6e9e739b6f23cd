//! An extract of the population register, as the operator brings it: a table in a text file (CSV) with exactly the columns
//! `asmens_kodas`, `seniunijos_kodas` and `data`. It is read line by line, each line bounded; every line that cannot be
//! right is named with its number, and then nothing of the file is taken. A personal code is digested as soon as it is read,
//! and is in no message.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::{self, BufRead};

use jiff::civil::Date;

use super::Eldership;
use crate::identity::person::{Digester, PersonalCode};

/// The longest line that is read, in bytes: the rest of a longer one is skipped.
const MAX_LINE: usize = 512;
/// The most lines that are read: the city has 300,000 residents.
pub const MAX_LINES: u64 = 1_000_000;
/// What the columns are called, in whichever order.
pub const COLUMNS: [&str; 3] = ["asmens_kodas", "seniunijos_kodas", "data"];

/// An extract without a fault.
#[derive(Debug)]
pub struct Extract {
    /// Of which day it is.
    pub on: Date,
    /// Who lives where: keyed digests of personal codes, in their order.
    pub residents: BTreeMap<String, Eldership>,
    /// The name of the key that made the digests.
    pub key: String,
    /// While the key before is kept: digests under it, to those of now.
    pub before: BTreeMap<String, String>,
}

/// A line that cannot be right.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fault {
    /// Its number, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub reason: Reason,
}

/// What is wrong with a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Reason {
    /// There is nothing.
    #[error("the file is empty")]
    Empty,
    /// Only the names of the columns.
    #[error("there is no resident in the file")]
    NoResidents,
    /// A NUL byte.
    #[error("a NUL byte: the file is not text in UTF-8 or windows-1257 (UTF-16?)")]
    Nul,
    /// Longer than any right line.
    #[error("the line is longer than 512 bytes")]
    TooLong,
    /// More lines than the city can have.
    #[error("more than 1,000,000 lines: nothing after this one is read")]
    TooMany,
    /// The first line.
    #[error(
        "the columns must be asmens_kodas, seniunijos_kodas and data, and no others, with ; or , between"
    )]
    Header,
    /// Not three fields.
    #[error("not three fields")]
    Fields,
    /// Not a personal code.
    #[error("the personal code is wrong (eleven digits, a date that exists, the check digit)")]
    Code,
    /// Not an eldership.
    #[error("no eldership has this code (1901 to 1911)")]
    Eldership,
    /// Not a date.
    #[error("the date is not one (YYYY-MM-DD)")]
    Date,
    /// A date that has not come.
    #[error("the date is in the future")]
    Future,
    /// Another date than in the first line.
    #[error("the date is another one than in the lines before: an extract is of one day")]
    OtherDate,
    /// The same person twice, living in two places.
    #[error("the same personal code with another eldership in an earlier line")]
    Contradiction,
}

/// Reads an extract. Faults are told as they are found; with any, there is no extract.
///
/// # Errors
/// What the file system says.
pub fn read(
    mut input: impl BufRead,
    digester: &Digester,
    today: Date,
    mut tell: impl FnMut(Fault),
) -> io::Result<Option<Extract>> {
    let mut line = Vec::with_capacity(MAX_LINE);
    let mut reading = Reading {
        digester,
        today,
        columns: None,
        on: None,
        residents: BTreeMap::new(),
        before: BTreeMap::new(),
    };
    let (mut number, mut faults) = (0, 0_u64);
    loop {
        let found = next_line(&mut input, &mut line)?;
        number += 1;
        let fault = match found {
            Found::End => break,
            _ if number > MAX_LINES => Some(Reason::TooMany),
            Found::Cut => Some(Reason::TooLong),
            Found::Whole => reading.take(&line, number).err(),
        };
        if let Some(reason) = fault {
            faults += 1;
            tell(Fault {
                line: number,
                reason,
            });
            // Without its columns nothing of the file can be read.
            if reading.columns.is_none() || number > MAX_LINES {
                return Ok(None);
            }
        }
    }
    let nothing = match (&reading.columns, reading.on) {
        (None, _) => Some(Reason::Empty),
        (Some(_), None) if faults == 0 => Some(Reason::NoResidents),
        _ => None,
    };
    if let Some(reason) = nothing {
        tell(Fault { line: 1, reason });
        return Ok(None);
    }
    let extract = reading.on.map(|on| Extract {
        on,
        residents: reading.residents,
        key: digester.key().to_owned(),
        before: reading.before,
    });
    Ok(extract.filter(|_| faults == 0))
}

enum Found {
    End,
    Whole,
    Cut,
}

/// The next line without its end; of one that is too long, its beginning.
fn next_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Found> {
    line.clear();
    let mut any = false;
    let mut cut = false;
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            break;
        }
        any = true;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let part = &buffer[..end.unwrap_or(buffer.len())];
        let room = MAX_LINE - line.len();
        cut |= part.len() > room;
        line.extend_from_slice(&part[..part.len().min(room)]);
        let used = end.map_or(buffer.len(), |at| at + 1);
        input.consume(used);
        if end.is_some() {
            break;
        }
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(match (any, cut) {
        (false, _) => Found::End,
        (true, true) => Found::Cut,
        (true, false) => Found::Whole,
    })
}

/// Where the columns are.
#[derive(Clone, Copy)]
struct Columns {
    separator: u8,
    code: usize,
    eldership: usize,
    date: usize,
}

struct Reading<'a> {
    digester: &'a Digester,
    today: Date,
    columns: Option<Columns>,
    on: Option<Date>,
    residents: BTreeMap<String, Eldership>,
    before: BTreeMap<String, String>,
}

impl Reading<'_> {
    fn take(&mut self, line: &[u8], number: u64) -> Result<(), Reason> {
        if line.contains(&0) {
            return Err(Reason::Nul);
        }
        let Some(columns) = self.columns else {
            let line = match number {
                1 => line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line),
                _ => line,
            };
            self.columns = Some(header(line)?);
            return Ok(());
        };
        if line.iter().all(u8::is_ascii_whitespace) {
            return Ok(());
        }
        // Codes and dates are of ASCII in either encoding.
        let line = std::str::from_utf8(line)
            .ok()
            .filter(|line| line.is_ascii())
            .ok_or(Reason::Fields)?;
        let fields: Vec<&str> = line
            .split(char::from(columns.separator))
            .map(bare)
            .collect();
        if fields.len() != COLUMNS.len() {
            return Err(Reason::Fields);
        }
        let code = PersonalCode::parse(fields[columns.code]).ok_or(Reason::Code)?;
        let eldership = Eldership::of_code(fields[columns.eldership]).ok_or(Reason::Eldership)?;
        self.same_day(fields[columns.date])?;
        let digested = self.digester.code(&code);
        if let Some(before) = digested.before {
            self.before.insert(before, digested.digest.clone());
        }
        match self.residents.entry(digested.digest) {
            Entry::Occupied(there) if *there.get() != eldership => Err(Reason::Contradiction),
            Entry::Occupied(_) => Ok(()),
            Entry::Vacant(free) => {
                free.insert(eldership);
                Ok(())
            }
        }
    }

    fn same_day(&mut self, text: &str) -> Result<(), Reason> {
        let is_plain = text.len() == 10;
        let date: Date = text.parse().ok().filter(|_| is_plain).ok_or(Reason::Date)?;
        if date > self.today {
            return Err(Reason::Future);
        }
        if *self.on.get_or_insert(date) == date {
            Ok(())
        } else {
            Err(Reason::OtherDate)
        }
    }
}

/// Without the spaces and the quotation marks that tables put around.
fn bare(field: &str) -> &str {
    let field = field.trim();
    field
        .strip_prefix('"')
        .and_then(|field| field.strip_suffix('"'))
        .unwrap_or(field)
        .trim()
}

/// Which column is where. More than is needed is refused: what is not needed must not be brought here.
fn header(line: &[u8]) -> Result<Columns, Reason> {
    let separator = if line.contains(&b';') { b';' } else { b',' };
    let names: Vec<String> = line
        .split(|byte| *byte == separator)
        .map(|name| plain(&decoded(name)))
        .collect();
    let at = |wanted: &str| names.iter().position(|name| name == wanted);
    match (at(COLUMNS[0]), at(COLUMNS[1]), at(COLUMNS[2])) {
        (Some(code), Some(eldership), Some(date)) if names.len() == COLUMNS.len() => Ok(Columns {
            separator,
            code,
            eldership,
            date,
        }),
        _ => Err(Reason::Header),
    }
}

/// UTF-8, or what is not that as windows-1257, of which only Lithuanian letters matter.
fn decoded(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(baltic).collect(),
    }
}

/// A letter of windows-1257.
fn baltic(byte: u8) -> char {
    match byte {
        0xC0 | 0xE0 => 'ą',
        0xC8 | 0xE8 => 'č',
        0xC6 | 0xE6 => 'ę',
        0xCB | 0xEB => 'ė',
        0xC1 | 0xE1 => 'į',
        0xD0 | 0xF0 => 'š',
        0xD8 | 0xF8 => 'ų',
        0xDB | 0xFB => 'ū',
        0xDE | 0xFE => 'ž',
        0..=0x7F => char::from(byte),
        _ => '\u{fffd}',
    }
}

/// A column's name as it is compared: small, without marks, with `_` between words.
fn plain(name: &str) -> String {
    let letter = |c: char| match c {
        'ą' => 'a',
        'č' => 'c',
        'ę' | 'ė' => 'e',
        'į' => 'i',
        'š' => 's',
        'ų' | 'ū' => 'u',
        'ž' => 'z',
        ' ' => '_',
        other => other,
    };
    bare(name).to_lowercase().chars().map(letter).collect()
}

#[cfg(test)]
mod tests;
