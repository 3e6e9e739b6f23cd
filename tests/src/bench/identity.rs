//! What all clients share: one certificate, the crypto.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use rtc_crypto::providers::AwsLcRsProvider;
use rtc_crypto::{HashAlgorithm, RTCCryptoProvider};
use rtc_dtls::config::{ClientAuthType, ConfigBuilder, ExtendedMasterSecretType, HandshakeConfig};
use rtc_dtls::crypto::Certificate;
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile;

/// A certificate and how to shake hands with it.
pub struct Identity {
    /// The crypto of all crates.
    pub provider: Arc<dyn RTCCryptoProvider>,
    /// SHA-256 of the certificate.
    pub fingerprint: String,
    /// When we begin.
    pub as_client: Arc<HandshakeConfig>,
    /// When the server begins.
    pub as_server: Arc<HandshakeConfig>,
}

impl Identity {
    /// A new certificate.
    pub fn generate() -> anyhow::Result<Arc<Self>> {
        let provider: Arc<dyn RTCCryptoProvider> = Arc::new(AwsLcRsProvider::new());
        let certificate =
            Certificate::generate_self_signed(vec!["bench".to_owned()], provider.crypto())?;
        let der = certificate
            .certificate
            .first()
            .context("a certificate has a DER form")?;
        let digest: Vec<u8> = provider.crypto().hash(HashAlgorithm::Sha256, der)?;
        let hex: Vec<_> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
        let config = |is_client| {
            ConfigBuilder::default()
                .with_crypto_provider(provider.clone())
                .with_certificates(vec![certificate.clone()])
                .with_srtp_protection_profiles(vec![SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm])
                .with_client_auth(ClientAuthType::RequireAnyClientCert)
                .with_insecure_skip_verify(true)
                .with_extended_master_secret(ExtendedMasterSecretType::Request)
                .with_flight_interval(Duration::from_millis(200))
                .build(is_client, None)
                .map(Arc::new)
        };
        let (as_client, as_server) = (config(true)?, config(false)?);
        Ok(Arc::new(Self {
            fingerprint: hex.join(":"),
            as_client,
            as_server,
            provider,
        }))
    }
}
