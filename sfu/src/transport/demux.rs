//! Which protocol a datagram speaks (RFC 7983), and whose it is: by its address, else by the ufrag in its STUN
//! USERNAME.

use std::collections::HashMap;
use std::net::SocketAddr;

use crate::ids::ParticipantId;

/// Addresses that one participant may be known by at once; the one that was not checked for longest is forgotten.
const ADDRESSES_PER_PARTICIPANT: usize = 16;

/// The protocol of a datagram.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Protocol {
    /// RFC 8489.
    Stun,
    /// RFC 6347.
    Dtls,
    /// RFC 3711, media.
    Rtp,
    /// RFC 3711, control.
    Rtcp,
}

/// The protocol by the first two bytes (RFC 7983 section 7, RFC 5761 section 4); `None` for anything else.
pub(crate) fn protocol(datagram: &[u8]) -> Option<Protocol> {
    match (*datagram.first()?, *datagram.get(1)?) {
        (0..=3, _) => Some(Protocol::Stun),
        (20..=63, _) => Some(Protocol::Dtls),
        (128..=191, 192..=223) => (datagram.len() >= 8).then_some(Protocol::Rtcp),
        (128..=191, _) => (datagram.len() >= 12).then_some(Protocol::Rtp),
        _ => None,
    }
}

/// Who is behind an address or a ufrag. It holds at most [`ADDRESSES_PER_PARTICIPANT`] addresses and two ufrags
/// a participant, so its size follows the number of participants and not what strangers send.
#[derive(Default)]
pub(crate) struct Directory {
    addresses: HashMap<SocketAddr, ParticipantId>,
    ufrags: HashMap<String, ParticipantId>,
    owned: HashMap<ParticipantId, Vec<SocketAddr>>,
}

impl Directory {
    /// Whose address this is.
    pub(crate) fn by_address(&self, address: SocketAddr) -> Option<ParticipantId> {
        self.addresses.get(&address).copied()
    }

    /// Whose ICE username fragment this is.
    pub(crate) fn by_ufrag(&self, ufrag: &str) -> Option<ParticipantId> {
        self.ufrags.get(ufrag).copied()
    }

    /// Says which ufrags a participant is known by from now on.
    pub(crate) fn set_ufrags<'a>(
        &mut self,
        participant: ParticipantId,
        ufrags: impl Iterator<Item = &'a str>,
    ) {
        self.ufrags.retain(|_, owner| *owner != participant);
        for ufrag in ufrags {
            self.ufrags.insert(ufrag.to_owned(), participant);
        }
    }

    /// Says that an authenticated check of `participant` came from `address`.
    pub(crate) fn add_address(&mut self, address: SocketAddr, participant: ParticipantId) {
        match self.addresses.insert(address, participant) {
            Some(before) if before == participant => {
                let owned = self.owned.entry(participant).or_default();
                if let Some(place) = owned.iter().position(|known| *known == address) {
                    owned[place..].rotate_left(1);
                }
                return;
            }
            // The same port of the same host, now used by somebody else who proved it.
            Some(before) => {
                if let Some(owned) = self.owned.get_mut(&before) {
                    owned.retain(|known| *known != address);
                }
            }
            None => {}
        }
        let owned = self.owned.entry(participant).or_default();
        owned.push(address);
        if owned.len() > ADDRESSES_PER_PARTICIPANT {
            let oldest = owned.remove(0);
            self.addresses.remove(&oldest);
        }
    }

    /// Forgets an address that is no more.
    pub(crate) fn remove_address(&mut self, address: SocketAddr) {
        if let Some(owner) = self.addresses.remove(&address)
            && let Some(owned) = self.owned.get_mut(&owner)
        {
            owned.retain(|known| *known != address);
        }
    }

    /// Forgets a participant; gives the addresses that were theirs.
    pub(crate) fn remove(&mut self, participant: ParticipantId) -> Vec<SocketAddr> {
        let owned = self.owned.remove(&participant).unwrap_or_default();
        for address in &owned {
            self.addresses.remove(address);
        }
        self.ufrags.retain(|_, owner| *owner != participant);
        owned
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_tell_the_protocols_apart() {
        let rtp = |first: u8, second: u8| protocol(&[&[first, second][..], &[0; 10]].concat());
        assert_eq!(rtp(0, 1), Some(Protocol::Stun));
        assert_eq!(rtp(22, 254), Some(Protocol::Dtls));
        assert_eq!(rtp(0x80, 96), Some(Protocol::Rtp));
        assert_eq!(rtp(0x90, 0x80 | 111), Some(Protocol::Rtp));
        assert_eq!(rtp(0x80, 200), Some(Protocol::Rtcp));
        assert_eq!(rtp(0x8f, 205), Some(Protocol::Rtcp));
        for first in [4, 16, 19, 64, 127, 192, 255] {
            assert_eq!(rtp(first, 0), None, "{first}");
        }
        assert_eq!(protocol(&[]), None);
        assert_eq!(protocol(&[0x80]), None);
        assert_eq!(protocol(&[0x80, 96, 0]), None);
    }

    #[test]
    fn an_address_belongs_to_whoever_proved_it_last() {
        let mut directory = Directory::default();
        let address = SocketAddr::from(([192, 0, 2, 1], 5000));
        directory.add_address(address, ParticipantId(1));
        directory.add_address(address, ParticipantId(2));
        assert_eq!(directory.by_address(address), Some(ParticipantId(2)));
        directory.remove(ParticipantId(1));
        assert_eq!(directory.by_address(address), Some(ParticipantId(2)));
        directory.remove(ParticipantId(2));
        assert_eq!(directory.by_address(address), None);
    }

    #[test]
    fn ufrags_are_replaced_not_gathered() {
        let mut directory = Directory::default();
        directory.set_ufrags(ParticipantId(1), ["old"].into_iter());
        directory.set_ufrags(ParticipantId(2), ["other"].into_iter());
        directory.set_ufrags(ParticipantId(1), ["new", "newer"].into_iter());
        assert_eq!(directory.by_ufrag("old"), None);
        assert_eq!(directory.by_ufrag("newer"), Some(ParticipantId(1)));
        assert_eq!(directory.by_ufrag("other"), Some(ParticipantId(2)));
    }

    #[test]
    fn a_participant_is_known_by_a_bounded_number_of_addresses() {
        let mut directory = Directory::default();
        for port in 1..=1000 {
            directory.add_address(SocketAddr::from(([192, 0, 2, 1], port)), ParticipantId(1));
        }
        assert_eq!(directory.addresses.len(), ADDRESSES_PER_PARTICIPANT);
        assert_eq!(
            directory.by_address(SocketAddr::from(([192, 0, 2, 1], 1000))),
            Some(ParticipantId(1))
        );
    }

    #[test]
    fn an_address_that_is_still_checked_is_not_forgotten_for_new_ones() {
        let mut directory = Directory::default();
        let at = |port| SocketAddr::from(([192, 0, 2, 1], port));
        for port in 1..=1000 {
            directory.add_address(at(port), ParticipantId(1));
            directory.add_address(at(7), ParticipantId(1));
        }
        assert_eq!(directory.by_address(at(7)), Some(ParticipantId(1)));
        directory.remove_address(at(7));
        assert_eq!(directory.by_address(at(7)), None);
        assert_eq!(
            directory.remove(ParticipantId(1)).len(),
            ADDRESSES_PER_PARTICIPANT - 1
        );
        assert!(directory.addresses.is_empty());
    }
}
