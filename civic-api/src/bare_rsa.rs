//! The private RSA operation without a hash: what blind signatures (RFC 9474) and SHA-1 for an old gateway need, and `aws-lc-rs`
//! does not offer. It is AWS-LC's own, called as its documentation says: blinded, in constant time, each result checked with the
//! public exponent. The second of the project's two files that may use `unsafe` (docs/decisions/0008): every block hands
//! AWS-LC pointers to memory that this stack frame, or the key, owns.
#![expect(
    unsafe_code,
    reason = "aws-lc-rs has no safe form of RSA_sign_raw; the other crates' timing may leak the key"
)]

use std::ptr::NonNull;

use aws_lc_sys as lc;

/// Modulus sizes that are taken, in bytes.
const MODULUS_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;

/// What is put around the bytes that are signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Padding {
    /// Nothing: they are a number below the modulus, as long as it, other than 0, 1 and the largest.
    None,
    /// EMSA-PKCS1-v1_5 (RFC 8017 section 9.2), of a `DigestInfo`.
    Pkcs1,
}

/// An RSA private key.
pub(crate) struct PrivateKey(NonNull<lc::RSA>);

// SAFETY: several threads may use an RSA object of AWS-LC at once, while all of them only call functions that openssl/rsa.h
// counts as non-mutating. Signing and asking for the size are (it locks its blinding itself); nothing here changes a key.
unsafe impl Send for PrivateKey {}
// SAFETY: as above.
unsafe impl Sync for PrivateKey {}

impl Drop for PrivateKey {
    fn drop(&mut self) {
        // SAFETY: the one reference that `from_pkcs8` took.
        unsafe { lc::RSA_free(self.0.as_ptr()) }
    }
}

impl PrivateKey {
    /// From PKCS #8, DER, nothing behind it; AWS-LC checks that its numbers belong together. `None`: it is none, or of a size
    /// that is not taken.
    pub(crate) fn from_pkcs8(der: &[u8]) -> Option<Self> {
        let mut rest = lc::CBS {
            data: der.as_ptr(),
            len: der.len(),
        };
        // SAFETY: `rest` describes `der`, which outlives the calls; what is parsed is a copy. `EVP_PKEY_get1_RSA` gives a
        // reference of our own, so that the wrapper can be freed.
        let key = unsafe {
            let wrapper = NonNull::new(lc::EVP_parse_private_key(&raw mut rest));
            let key = wrapper.and_then(|wrapper| {
                let key = NonNull::new(lc::EVP_PKEY_get1_RSA(wrapper.as_ptr()));
                lc::EVP_PKEY_free(wrapper.as_ptr());
                key
            });
            if key.is_none() {
                lc::ERR_clear_error();
            }
            key.map(Self)
        }?;
        (rest.len == 0 && MODULUS_BYTES.contains(&key.modulus_bytes())).then_some(key)
    }

    /// Bytes of the modulus and of a signature.
    pub(crate) fn modulus_bytes(&self) -> usize {
        // SAFETY: the key is alive.
        unsafe { lc::RSA_size(self.0.as_ptr()) as usize }
    }

    /// The private operation. `None`: the input does not fit the padding.
    pub(crate) fn sign(&self, padding: Padding, input: &[u8]) -> Option<Vec<u8>> {
        let padding = match padding {
            Padding::None => lc::RSA_NO_PADDING,
            Padding::Pkcs1 => lc::RSA_PKCS1_PADDING,
        };
        let mut output = vec![0; self.modulus_bytes()];
        let mut written = 0;
        // SAFETY: the key is alive; at most `output.len()` bytes are written to it, and `input.len()` read.
        let done = unsafe {
            let done = lc::RSA_sign_raw(
                self.0.as_ptr(),
                &raw mut written,
                output.as_mut_ptr(),
                output.len(),
                input.as_ptr(),
                input.len(),
                padding,
            );
            if done != 1 {
                lc::ERR_clear_error();
            }
            done
        };
        (done == 1 && written == output.len()).then_some(output)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
    use rsa::pkcs8::DecodePrivateKey;
    use rsa::traits::PublicKeyParts;
    use rsa::{BoxedUint, RsaPrivateKey};

    use super::*;

    fn der() -> Vec<u8> {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        der.as_ref().to_vec()
    }

    #[test]
    fn the_public_operation_undoes_it() {
        let der = der();
        let key = PrivateKey::from_pkcs8(&der).unwrap();
        let public = RsaPrivateKey::from_pkcs8_der(&der).unwrap().to_public_key();
        for input in [vec![0x55; 256], [vec![0; 255], vec![2]].concat()] {
            let signed = key.sign(Padding::None, &input).unwrap();
            let number = BoxedUint::from_be_slice(&signed, public.n_bits_precision()).unwrap();
            let back = rsa::hazmat::rsa_encrypt(&public, &number).unwrap();
            assert_eq!(back.to_be_bytes().as_ref(), input);
        }
    }

    #[test]
    fn what_is_no_number_below_the_modulus_is_refused() {
        let key = PrivateKey::from_pkcs8(&der()).unwrap();
        let one = [vec![0; 255], vec![1]].concat();
        for input in [
            vec![],
            vec![5; 255],
            vec![5; 257],
            vec![0; 256],
            one,
            vec![0xff; 256],
        ] {
            assert_eq!(key.sign(Padding::None, &input), None, "{input:?}");
        }
        assert_eq!(key.sign(Padding::Pkcs1, &[7; 246]), None, "too long to pad");
        assert!(key.sign(Padding::Pkcs1, &[7; 245]).is_some());
    }

    #[test]
    fn what_is_no_rsa_key_is_refused() {
        let whole = der();
        let rng = aws_lc_rs::rand::SystemRandom::new();
        let elliptic = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &rng).unwrap();
        assert!(PrivateKey::from_pkcs8(elliptic.as_ref()).is_none());
        assert!(PrivateKey::from_pkcs8(&[]).is_none());
        assert!(PrivateKey::from_pkcs8(&whole[..whole.len() - 1]).is_none());
        assert!(PrivateKey::from_pkcs8(&[&whole[..], &[0]].concat()).is_none());
        let mut bent = whole.clone();
        bent[200] ^= 1;
        assert!(
            PrivateKey::from_pkcs8(&bent).is_none(),
            "its numbers do not belong together"
        );
    }

    #[test]
    fn threads_share_a_key() {
        let key = PrivateKey::from_pkcs8(&der()).unwrap();
        let signed = std::thread::scope(|scope| {
            let tasks: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| key.sign(Padding::None, &[3; 256]).unwrap()))
                .collect();
            tasks
                .into_iter()
                .map(|task| task.join().unwrap())
                .collect::<Vec<_>>()
        });
        assert!(signed.windows(2).all(|two| two[0] == two[1]));
    }
}
