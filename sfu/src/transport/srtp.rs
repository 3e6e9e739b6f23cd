//! SRTP and SRTCP (RFC 3711, RFC 7714) of one connection: [`Inbound`] opens, [`Outbound`] seals.
//!
//! Three things the crate leaves to us: an index is never sealed twice (with GCM that would give away the key stream),
//! an index is never opened twice, and a packet of an SSRC that proved nothing leaves no state behind. AEAD_AES_128_GCM
//! is opened in the buffer it was received in and sealed in the one it is sent from.

use std::sync::Arc;

use bytes::BytesMut;
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use rtc_crypto::{BlockCipherAlgorithm, RTCCryptoProvider};
use rtc_srtp::config::Config;
use rtc_srtp::context::Context;
use rtc_srtp::option::{srtcp_replay_protection, srtp_no_replay_protection};
use rtc_srtp::protection_profile::ProtectionProfile;
use rustc_hash::FxHashMap;

use super::dtls::Keys;

/// SSRCs that one peer may ever send from: a browser has two per video track and takes new ones each time a screen is
/// shared. None is forgotten, because a forgotten one could be replayed.
const SSRCS_PER_PEER: usize = 512;
/// Packets behind the newest that are still taken once.
const WINDOW: u64 = 2_048;

/// How media is protected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Profile {
    /// AEAD_AES_128_GCM (RFC 7714).
    Gcm,
    /// AES_CM_128_HMAC_SHA1_80 (RFC 3711).
    Cm,
}

impl Profile {
    /// Bytes of keying material to export from DTLS.
    pub(crate) fn material_bytes(self) -> usize {
        let profile = ProtectionProfile::from(self);
        2 * (profile.key_len() + profile.salt_len())
    }
}

impl From<Profile> for ProtectionProfile {
    fn from(profile: Profile) -> Self {
        match profile {
            Profile::Gcm => Self::AeadAes128Gcm,
            Profile::Cm => Self::Aes128CmHmacSha1_80,
        }
    }
}

/// Which indices of one SSRC were used: each one once, none that is far behind (RFC 3711 sections 3.3.1 and 3.3.2).
struct Window {
    newest: u64,
    used: [u64; (WINDOW / 64) as usize],
}

impl Window {
    /// A window whose only used index is `index`.
    fn starting_at(index: u64) -> Self {
        let mut window = Self {
            newest: index,
            used: [0; (WINDOW / 64) as usize],
        };
        window.mark(index);
        window
    }

    /// The 48-bit index of a sequence number, or nothing when it was used already or is too old.
    fn index(&self, sequence: u16) -> Option<u64> {
        let ahead = sequence.wrapping_sub(self.newest as u16) as i16;
        let index = self.newest.checked_add_signed(i64::from(ahead))?;
        self.is_free(index).then_some(index)
    }

    /// Whether an index was not used yet and is not too old to know.
    fn is_free(&self, index: u64) -> bool {
        index > self.newest || (self.newest - index < WINDOW && !self.is_marked(index))
    }

    /// Uses an index that is free.
    fn accept(&mut self, index: u64) {
        if index > self.newest {
            for skipped in (self.newest + 1..=index).rev().take(WINDOW as usize) {
                self.used[(skipped % WINDOW / 64) as usize] &= !(1 << (skipped % 64));
            }
            self.newest = index;
        }
        self.mark(index);
    }

    fn mark(&mut self, index: u64) {
        self.used[(index % WINDOW / 64) as usize] |= 1 << (index % 64);
    }

    fn is_marked(&self, index: u64) -> bool {
        self.used[(index % WINDOW / 64) as usize] & 1 << (index % 64) != 0
    }
}

/// What the peer sends.
pub(crate) struct Inbound {
    keys: Arc<Config>,
    provider: Arc<dyn RTCCryptoProvider>,
    /// Control, and media where it is not GCM.
    context: Context,
    gcm: Option<GcmKey>,
    media: FxHashMap<u32, Window>,
    control: Vec<u32>,
}

/// What the peer is sent.
pub(crate) struct Outbound {
    /// Control, and media where it is not GCM.
    context: Context,
    gcm: Option<GcmKey>,
    windows: FxHashMap<u32, Window>,
}

/// Both directions of a connection, from the keys that DTLS exported.
pub(crate) fn contexts(
    keys: &Keys,
    provider: &Arc<dyn RTCCryptoProvider>,
) -> Result<(Inbound, Outbound), &'static str> {
    let mut config = Config {
        profile: keys.profile.into(),
        ..Config::default()
    };
    config
        .set_session_keys_from_keying_material(&keys.material, keys.is_client)
        .map_err(|_| "srtp_keys")?;
    let (key, salt) = (
        &config.keys.local_master_key,
        &config.keys.local_master_salt,
    );
    let gcm = |key, salt| match keys.profile {
        Profile::Gcm => GcmKey::new(key, salt, provider.as_ref()).map(Some),
        Profile::Cm => Ok(None),
    };
    let outbound = Outbound {
        context: Context::new(key, salt, config.profile, None, None, provider.crypto())
            .map_err(|_| "srtp_keys")?,
        gcm: gcm(key, salt)?,
        windows: FxHashMap::default(),
    };
    let inbound = Inbound {
        context: opener(&config, provider.as_ref())?,
        gcm: gcm(
            &config.keys.remote_master_key,
            &config.keys.remote_master_salt,
        )?,
        keys: Arc::new(config),
        provider: provider.clone(),
        media: FxHashMap::default(),
        control: Vec::new(),
    };
    Ok((inbound, outbound))
}

/// A context for what comes in. Media replay is [`Window`]'s business.
fn opener(config: &Config, provider: &dyn RTCCryptoProvider) -> Result<Context, &'static str> {
    Context::new(
        &config.keys.remote_master_key,
        &config.keys.remote_master_salt,
        config.profile,
        Some(srtp_no_replay_protection()),
        Some(srtcp_replay_protection(128)),
        provider.crypto(),
    )
    .map_err(|_| "srtp_keys")
}

impl Inbound {
    /// Opens an SRTP packet of at least 12 bytes in place. `Err` holds the stable reason of the refusal.
    pub(crate) fn open_rtp<'a>(
        &mut self,
        packet: &'a mut [u8],
    ) -> Result<&'a mut [u8], &'static str> {
        let ssrc = u32_at(packet, 8).ok_or("rtp_malformed")?;
        let sequence = u16::from_be_bytes([packet[2], packet[3]]);
        let Some(window) = self.media.get(&ssrc) else {
            return self.open_first(packet, ssrc, sequence);
        };
        let index = window.index(sequence).ok_or("srtp_replay")?;
        let length = match &self.gcm {
            Some(gcm) => {
                let index = index.checked_sub(FIRST_CYCLE).ok_or("srtp_auth")?;
                gcm.open(packet, ssrc, index)?
            }
            None => {
                let plain = self.context.decrypt_rtp(packet).map_err(|_| "srtp_auth")?;
                in_place(&plain, packet)
            }
        };
        if let Some(window) = self.media.get_mut(&ssrc) {
            window.accept(index);
        }
        Ok(&mut packet[..length])
    }

    /// The first packet of an SSRC: it is taken for one of the first cycle, and must prove that it is the sender's.
    fn open_first<'a>(
        &mut self,
        packet: &'a mut [u8],
        ssrc: u32,
        sequence: u16,
    ) -> Result<&'a mut [u8], &'static str> {
        let full = self.media.len() >= SSRCS_PER_PEER;
        let length = match &self.gcm {
            Some(_) if full => return Err("rtp_too_many_ssrcs"),
            Some(gcm) => gcm.open(packet, ssrc, sequence.into())?,
            None => {
                self.try_strange(|context| context.decrypt_rtp(packet).map(drop))?;
                if full {
                    return Err("rtp_too_many_ssrcs");
                }
                let plain = self.context.decrypt_rtp(packet).map_err(|_| "srtp_auth")?;
                in_place(&plain, packet)
            }
        };
        let first = Window::starting_at(FIRST_CYCLE | u64::from(sequence));
        self.media.insert(ssrc, first);
        Ok(&mut packet[..length])
    }

    /// Opens an SRTCP packet of at least 8 bytes. `Err` holds the stable reason of the refusal.
    pub(crate) fn open_rtcp(&mut self, packet: &[u8]) -> Result<BytesMut, &'static str> {
        let ssrc = u32_at(packet, 4).ok_or("rtcp_malformed")?;
        if !self.control.contains(&ssrc) {
            self.try_strange(|context| context.decrypt_rtcp(packet).map(drop))?;
            if self.control.len() >= SSRCS_PER_PEER {
                return Err("rtp_too_many_ssrcs");
            }
            self.control.push(ssrc);
        }
        self.context
            .decrypt_rtcp(packet)
            .map_err(|error| match error {
                rtc_shared::error::Error::SrtcpSsrcDuplicated(..) => "srtcp_replay",
                _ => "srtcp_auth",
            })
    }

    /// Opens a packet of an SSRC that is not known yet in a context that is thrown away: the crate keeps
    /// state for every SSRC it is shown, authentic or not.
    fn try_strange(
        &self,
        open: impl FnOnce(&mut Context) -> rtc_shared::error::Result<()>,
    ) -> Result<(), &'static str> {
        let mut context = opener(&self.keys, self.provider.as_ref())?;
        open(&mut context).map_err(|_| "srtp_auth")
    }
}

/// Writes what the crate opened over what it opened; gives its length.
fn in_place(plain: &[u8], packet: &mut [u8]) -> usize {
    let length = plain.len().min(packet.len());
    packet[..length].copy_from_slice(&plain[..length]);
    length
}

/// The receiving window starts one cycle up, so that a packet from before a wrap has an index too. Only differences count.
const FIRST_CYCLE: u64 = 1 << 16;

impl Outbound {
    /// Seals in place the RTP packet that begins at `start` in `out`, whose first `header` bytes stay readable. `index` is
    /// the packet's SRTP index: rollover counter × 65536 + sequence number. An index that was used before is refused;
    /// the caller then forgets what it wrote.
    pub(crate) fn seal_rtp(
        &mut self,
        out: &mut Vec<u8>,
        start: usize,
        header: usize,
        index: u64,
    ) -> Result<(), &'static str> {
        let ssrc = u32_at(&out[start..], 8).ok_or("seal_malformed")?;
        match self.windows.get_mut(&ssrc) {
            Some(window) if !window.is_free(index) => return Err("seal_index_used"),
            Some(window) => window.accept(index),
            None => {
                self.windows.insert(ssrc, Window::starting_at(index));
            }
        }
        match &self.gcm {
            Some(gcm) => gcm.seal(out, start, header, ssrc, index),
            None => {
                let sealed = self.context.encrypt_rtp(&out[start..]);
                out.truncate(start);
                out.extend_from_slice(&sealed.map_err(|_| "seal_failed")?);
                Ok(())
            }
        }
    }

    /// Seals a compound RTCP packet and appends it to `out`.
    pub(crate) fn seal_rtcp(
        &mut self,
        packet: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), &'static str> {
        let sealed = self.context.encrypt_rtcp(packet);
        out.extend_from_slice(&sealed.map_err(|_| "seal_failed")?);
        Ok(())
    }
}

/// AEAD_AES_128_GCM for media, one direction. By `ring`, which uses the wide AES instructions of AVX2 machines: 0.32 us for
/// 1,200 bytes where `aws-lc-rs` 1.19 takes 0.63 (AMD EPYC, 100 keys in turn). It is in the house already, with `rtc-crypto`.
struct GcmKey {
    key: LessSafeKey,
    salt: [u8; 12],
}

impl GcmKey {
    fn new(
        master_key: &[u8],
        master_salt: &[u8],
        provider: &dyn RTCCryptoProvider,
    ) -> Result<Self, &'static str> {
        let derive = |label| derive(master_key, master_salt, label, provider);
        let key = UnboundKey::new(&AES_128_GCM, &derive(0)?).map_err(|_| "srtp_keys")?;
        let mut salt = [0; 12];
        salt.copy_from_slice(&derive(2)?[..12]);
        Ok(Self {
            key: LessSafeKey::new(key),
            salt,
        })
    }

    /// RFC 7714 section 8.1: the nonce is the salt, exclusive-or two zeroes, the SSRC and the 48-bit index.
    fn nonce(&self, ssrc: u32, index: u64) -> Nonce {
        let mut nonce = self.salt;
        for (byte, ssrc) in nonce[2..6].iter_mut().zip(ssrc.to_be_bytes()) {
            *byte ^= ssrc;
        }
        for (byte, index) in nonce[6..].iter_mut().zip(&index.to_be_bytes()[2..]) {
            *byte ^= index;
        }
        Nonce::assume_unique_for_key(nonce)
    }

    fn seal(
        &self,
        out: &mut Vec<u8>,
        start: usize,
        header: usize,
        ssrc: u32,
        index: u64,
    ) -> Result<(), &'static str> {
        let packet = &mut out[start..];
        let (readable, secret) = packet.split_at_mut(header.min(packet.len()));
        let nonce = self.nonce(ssrc, index);
        let tag = self
            .key
            .seal_in_place_separate_tag(nonce, Aad::from(&*readable), secret);
        out.extend_from_slice(tag.map_err(|_| "seal_failed")?.as_ref());
        Ok(())
    }

    /// Opens a packet in place; gives its length without the tag. One that is not authentic is left in any state.
    fn open(&self, packet: &mut [u8], ssrc: u32, index: u64) -> Result<usize, &'static str> {
        let header = header_bytes(packet).ok_or("rtp_malformed")?;
        let (readable, secret) = packet.split_at_mut(header);
        let plain = self
            .key
            .open_in_place(self.nonce(ssrc, index), Aad::from(&*readable), secret);
        Ok(header + plain.map_err(|_| "srtp_auth")?.len())
    }
}

/// Bytes of an RTP header with its CSRCs and extensions (RFC 3550 sections 5.1 and 5.3.1): what stays readable.
fn header_bytes(packet: &[u8]) -> Option<usize> {
    let first = *packet.first()?;
    let mut header = 12 + 4 * usize::from(first & 0x0f);
    if first & 0x10 != 0 {
        let words = packet.get(header + 2..header + 4)?;
        header += 4 + 4 * usize::from(u16::from_be_bytes([words[0], words[1]]));
    }
    (header <= packet.len()).then_some(header)
}

/// Key derivation with AES_CM and rate 0 (RFC 3711 section 4.3, RFC 7714 section 11): one block is all that 128 bits need.
fn derive(
    master_key: &[u8],
    master_salt: &[u8],
    label: u8,
    provider: &dyn RTCCryptoProvider,
) -> Result<[u8; 16], &'static str> {
    let mut block = [0; 16];
    block[..12].copy_from_slice(master_salt.get(..12).ok_or("srtp_keys")?);
    block[7] ^= label;
    provider
        .crypto()
        .block_encrypt(BlockCipherAlgorithm::Aes128, master_key, &mut block)
        .map_err(|_| "srtp_keys")?;
    Ok(block)
}

fn u32_at(packet: &[u8], at: usize) -> Option<u32> {
    let bytes = packet.get(at..at + 4)?;
    Some(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
    use super::*;
    use rtc_crypto::providers::AwsLcRsProvider;

    /// The two ends of a connection: (server in, server out), (client in, client out).
    pub(crate) fn both_ends(profile: Profile) -> ((Inbound, Outbound), (Inbound, Outbound)) {
        let provider: Arc<dyn RTCCryptoProvider> = Arc::new(AwsLcRsProvider::new());
        let keys = |is_client| Keys {
            profile,
            material: (0..profile.material_bytes())
                .map(|i| (i as u8).wrapping_mul(7))
                .collect(),
            is_client,
        };
        (
            contexts(&keys(false), &provider).unwrap(),
            contexts(&keys(true), &provider).unwrap(),
        )
    }

    fn rtp(ssrc: u32, sequence: u16) -> Vec<u8> {
        let mut packet = vec![0x80, 96];
        packet.extend(sequence.to_be_bytes());
        packet.extend([0, 0, 0, 9]);
        packet.extend(ssrc.to_be_bytes());
        packet.extend(*b"the payload of it");
        packet
    }

    /// Seals a packet of the first cycle.
    fn sealed(out: &mut Outbound, packet: &[u8]) -> Result<Vec<u8>, &'static str> {
        let sequence = u16::from_be_bytes([packet[2], packet[3]]);
        sealed_at(out, packet, u64::from(sequence))
    }

    fn sealed_at(out: &mut Outbound, packet: &[u8], index: u64) -> Result<Vec<u8>, &'static str> {
        let mut bytes = b"before".to_vec();
        bytes.extend_from_slice(packet);
        out.seal_rtp(&mut bytes, 6, 12, index)?;
        Ok(bytes.split_off(6))
    }

    fn opened(inbound: &mut Inbound, packet: &[u8]) -> Result<Vec<u8>, &'static str> {
        inbound
            .open_rtp(&mut packet.to_vec())
            .map(|plain| plain.to_vec())
    }

    #[test]
    fn our_gcm_is_the_crates_byte_for_byte_across_a_rollover() {
        let ((_, mut ours), _) = both_ends(Profile::Gcm);
        let ((_, theirs), _) = both_ends(Profile::Gcm);
        let mut context = theirs.context;
        for index in (0..200_000).step_by(1_000) {
            let packet = rtp(77, index as u16);
            let expected = context.encrypt_rtp(&packet).unwrap();
            assert_eq!(
                sealed_at(&mut ours, &packet, index).unwrap(),
                expected,
                "{index}"
            );
        }
    }

    #[test]
    fn what_is_sealed_here_is_opened_there_in_both_profiles() {
        for profile in [Profile::Gcm, Profile::Cm] {
            let ((mut server_in, mut server_out), (mut client_in, mut client_out)) =
                both_ends(profile);
            for index in 65_500..65_580 {
                let packet = rtp(5, index as u16);
                let there = sealed_at(&mut server_out, &packet, index).unwrap();
                assert_eq!(opened(&mut client_in, &there).unwrap(), packet);
                let back = sealed_at(&mut client_out, &packet, index).unwrap();
                assert_eq!(opened(&mut server_in, &back).unwrap(), packet);
            }
            let report = [0x80, 201, 0, 1, 0, 0, 0, 5];
            let mut bytes = Vec::new();
            server_out.seal_rtcp(&report, &mut bytes).unwrap();
            assert_eq!(client_in.open_rtcp(&bytes).unwrap(), report[..]);
            assert_eq!(client_in.open_rtcp(&bytes), Err("srtcp_replay"));
        }
    }

    #[test]
    fn an_index_is_never_sealed_twice() {
        for profile in [Profile::Gcm, Profile::Cm] {
            let ((_, mut out), _) = both_ends(profile);
            for sequence in [10, 12, 11, 5_000] {
                assert!(sealed(&mut out, &rtp(5, sequence)).is_ok());
            }
            for sequence in [10, 11, 12, 13, 5_000] {
                assert_eq!(sealed(&mut out, &rtp(5, sequence)), Err("seal_index_used"));
            }
            assert!(sealed(&mut out, &rtp(6, 10)).is_ok());
        }
    }

    #[test]
    fn replayed_and_tampered_packets_are_refused() {
        for profile in [Profile::Gcm, Profile::Cm] {
            let ((mut inbound, _), (_, mut out)) = both_ends(profile);
            let first = sealed(&mut out, &rtp(5, 100)).unwrap();
            let second = sealed(&mut out, &rtp(5, 101)).unwrap();
            assert!(opened(&mut inbound, &second).is_ok());
            assert!(opened(&mut inbound, &first).is_ok(), "late is not replayed");
            assert_eq!(opened(&mut inbound, &first), Err("srtp_replay"));
            let mut third = sealed(&mut out, &rtp(5, 102)).unwrap();
            third[14] ^= 1;
            assert_eq!(opened(&mut inbound, &third), Err("srtp_auth"));
            third[14] ^= 1;
            assert!(
                opened(&mut inbound, &third).is_ok(),
                "a forgery uses up nothing"
            );
            assert_eq!(opened(&mut inbound, &[0x80; 12]), Err("srtp_auth"));
        }
    }

    #[test]
    fn a_forged_ssrc_leaves_no_state_and_an_authentic_one_is_limited() {
        let ((mut inbound, _), (_, mut out)) = both_ends(Profile::Gcm);
        for ssrc in 1..1_000 {
            assert_eq!(
                opened(&mut inbound, &[rtp(ssrc, 1), vec![0; 16]].concat()),
                Err("srtp_auth")
            );
        }
        assert_eq!(inbound.media.len(), 0);
        for ssrc in 0..SSRCS_PER_PEER as u32 {
            assert!(opened(&mut inbound, &sealed(&mut out, &rtp(ssrc, 1)).unwrap()).is_ok());
        }
        let one_more = sealed(&mut out, &rtp(5_000, 1)).unwrap();
        assert_eq!(opened(&mut inbound, &one_more), Err("rtp_too_many_ssrcs"));
    }

    #[test]
    fn the_window_forgets_what_it_leaves_behind() {
        let mut window = Window::starting_at(FIRST_CYCLE);
        for step in (0..100_000u64).step_by(97) {
            let index = window.index((step + 1) as u16).unwrap();
            assert_eq!(index, FIRST_CYCLE + step + 1);
            window.accept(index);
            assert_eq!(window.index((step + 1) as u16), None);
        }
        let behind = (window.newest - WINDOW) as u16;
        assert_eq!(window.index(behind), None);
        assert!(window.index(behind.wrapping_add(2)).is_some());
    }
}
