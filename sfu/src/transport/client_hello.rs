//! A look into a DTLS ClientHello before DTLS sees it: does the client offer AEAD_AES_128_GCM for SRTP? Browsers that
//! also offer DTLS 1.3 send it in several fragments, so datagrams are held until it is whole.

/// Longest ClientHello that is put together, in bytes (browsers with post-quantum key shares send about 1,600).
const MAX_HELLO_BYTES: usize = 8_192;
/// Datagrams held while the ClientHello is not whole.
const MAX_HELD: usize = 16;
const USE_SRTP: u16 = 14;
const AEAD_AES_128_GCM: u16 = 7;

/// How much of the ClientHello is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Seen {
    /// The datagram has no part of a ClientHello, or too many are held: it was not kept.
    Nothing,
    /// Something is missing; the datagram is held.
    Partly,
    /// All of it.
    Whole {
        /// The client's `use_srtp` lists AEAD_AES_128_GCM (RFC 7714 section 14.2).
        gcm: bool,
    },
}

/// A ClientHello on its way in. Holds at most 16 datagrams; a stranger's further ones are refused.
#[derive(Default)]
pub(crate) struct ClientHello {
    held: Vec<Vec<u8>>,
    body: Vec<u8>,
    have: Vec<bool>,
}

impl ClientHello {
    /// Takes a datagram.
    pub(crate) fn take(&mut self, datagram: &[u8]) -> Seen {
        if self.held.len() >= MAX_HELD || !self.parts(datagram) {
            return Seen::Nothing;
        }
        self.held.push(datagram.to_vec());
        if self.have.iter().all(|have| *have) {
            Seen::Whole {
                gcm: offers_gcm(&self.body),
            }
        } else {
            Seen::Partly
        }
    }

    /// The datagrams that were held, in the order of their arrival.
    pub(crate) fn release(&mut self) -> Vec<Vec<u8>> {
        self.body = Vec::new();
        self.have = Vec::new();
        std::mem::take(&mut self.held)
    }

    /// Copies the ClientHello fragments of a datagram into place (RFC 6347 section 4.2.2).
    fn parts(&mut self, datagram: &[u8]) -> bool {
        let (mut rest, mut any) = (datagram, false);
        while rest.len() >= 13 {
            let length = usize::from(u16::from_be_bytes([rest[11], rest[12]]));
            let Some(record) = rest.get(13..13 + length) else {
                return any;
            };
            if rest[0] == 22 && record.len() >= 12 && record[0] == 1 {
                let u24 = |at: usize| {
                    usize::from(record[at]) << 16
                        | usize::from(record[at + 1]) << 8
                        | usize::from(record[at + 2])
                };
                any |= self.part(u24(1), u24(6), &record[12..], u24(9));
            }
            rest = &rest[13 + length..];
        }
        any
    }

    fn part(&mut self, whole: usize, offset: usize, bytes: &[u8], length: usize) -> bool {
        let fits = length == bytes.len() && offset + length <= whole && whole <= MAX_HELLO_BYTES;
        if !fits || whole == 0 || (!self.body.is_empty() && self.body.len() != whole) {
            return false;
        }
        self.body.resize(whole, 0);
        self.have.resize(whole, false);
        self.body[offset..offset + length].copy_from_slice(bytes);
        self.have[offset..offset + length].fill(true);
        true
    }
}

/// For fuzzing: datagrams that each begin with their length, shown to the same association.
pub(crate) fn fuzz(data: &[u8]) {
    let (mut hello, mut rest, mut held) = (ClientHello::default(), data, 0);
    while let [length, more @ ..] = rest {
        let (datagram, after) = more.split_at(usize::from(*length).min(more.len()));
        held += usize::from(hello.take(datagram) != Seen::Nothing);
        rest = after;
    }
    assert!(held <= MAX_HELD && hello.body.len() <= MAX_HELLO_BYTES);
    assert_eq!(hello.release().len(), held);
    offers_gcm(data);
}

/// Walks a ClientHello body to its `use_srtp` extension (RFC 5764 section 4.1.1).
fn offers_gcm(body: &[u8]) -> bool {
    fn offered(body: &[u8]) -> Option<bool> {
        let mut rest = body.get(34..)?;
        // Session id, cookie, cipher suites, compression methods, each behind its length.
        for wide in [false, false, true, false] {
            let (length, start) = if wide {
                (
                    usize::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?])),
                    2,
                )
            } else {
                (usize::from(*rest.first()?), 1)
            };
            rest = rest.get(start + length..)?;
        }
        rest = rest.get(2..)?;
        while rest.len() >= 4 {
            let kind = u16::from_be_bytes([rest[0], rest[1]]);
            let length = usize::from(u16::from_be_bytes([rest[2], rest[3]]));
            let value = rest.get(4..4 + length)?;
            if kind == USE_SRTP {
                let bytes = usize::from(u16::from_be_bytes([*value.first()?, *value.get(1)?]));
                let profiles = value.get(2..2 + bytes)?;
                return Some(
                    profiles
                        .chunks_exact(2)
                        .any(|two| u16::from_be_bytes([two[0], two[1]]) == AEAD_AES_128_GCM),
                );
            }
            rest = &rest[4 + length..];
        }
        None
    }
    offered(body).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(profiles: &[u16]) -> Vec<u8> {
        let mut body = vec![0xfe, 0xfd];
        body.extend([7; 32]);
        body.extend([0, 0, 0, 2, 0xc0, 0x2b, 1, 0]);
        let mut srtp = ((profiles.len() * 2) as u16).to_be_bytes().to_vec();
        srtp.extend(profiles.iter().flat_map(|p| p.to_be_bytes()));
        srtp.push(0);
        let mut extensions = vec![0, 23, 0, 0, 0, 14];
        extensions.extend((srtp.len() as u16).to_be_bytes());
        extensions.extend(srtp);
        body.extend((extensions.len() as u16).to_be_bytes());
        body.extend(extensions);
        body
    }

    fn record(body: &[u8], from: usize, to: usize) -> Vec<u8> {
        let u24 = |n: usize| (n as u32).to_be_bytes()[1..].to_vec();
        let mut handshake = vec![1];
        handshake.extend(u24(body.len()));
        handshake.extend([0, 0]);
        handshake.extend(u24(from));
        handshake.extend(u24(to - from));
        handshake.extend(&body[from..to]);
        let mut record = vec![22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0];
        record.extend((handshake.len() as u16).to_be_bytes());
        record.extend(handshake);
        record
    }

    #[test]
    fn gcm_is_found_when_the_client_lists_it() {
        let with = hello(&[1, 7, 8]);
        let without = hello(&[1, 2]);
        let take = |body: &[u8]| ClientHello::default().take(&record(body, 0, body.len()));
        assert_eq!(take(&with), Seen::Whole { gcm: true });
        assert_eq!(take(&without), Seen::Whole { gcm: false });
    }

    #[test]
    fn fragments_are_put_together_in_any_order() {
        let body = hello(&[7]);
        let mut hello = ClientHello::default();
        assert_eq!(hello.take(&record(&body, 30, body.len())), Seen::Partly);
        assert_eq!(hello.take(&record(&body, 0, 20)), Seen::Partly);
        assert_eq!(
            hello.take(&record(&body, 10, 40)),
            Seen::Whole { gcm: true }
        );
        assert_eq!(hello.release().len(), 3);
    }

    #[test]
    fn nonsense_is_not_kept() {
        let mut hello = ClientHello::default();
        assert_eq!(hello.take(&[22; 40]), Seen::Nothing);
        assert_eq!(hello.take(&[]), Seen::Nothing);
        let huge = vec![0; MAX_HELLO_BYTES + 1];
        assert_eq!(hello.take(&record(&huge, 0, 100)), Seen::Nothing);
        let body = super::tests::hello(&[7]);
        for _ in 0..MAX_HELD {
            assert_eq!(hello.take(&record(&body, 0, 20)), Seen::Partly);
        }
        assert_eq!(hello.take(&record(&body, 0, 20)), Seen::Nothing);
    }
}
