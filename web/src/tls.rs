//! HTTPS: certificates from files, or one made at start (browsers give no camera to plain HTTP outside localhost).

use std::net::IpAddr;

use anyhow::Context;
use axum_server::tls_rustls::RustlsConfig;

use crate::config::{Server, Tls};

/// The TLS configuration, or `None` for plain HTTP.
pub async fn config(server: &Server, addresses: &[IpAddr]) -> anyhow::Result<Option<RustlsConfig>> {
    // Two crypto providers would otherwise make rustls refuse to choose; a second call finds the first and is no fault.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    match server.tls {
        Tls::Off => Ok(None),
        Tls::Files => RustlsConfig::from_pem_file(&server.certificate, &server.key)
            .await
            .with_context(|| {
                format!(
                    "{} and {}",
                    server.certificate.display(),
                    server.key.display()
                )
            })
            .map(Some),
        Tls::SelfSigned => {
            let mut names = vec!["localhost".to_owned(), server.listen.ip().to_string()];
            names.extend(addresses.iter().map(IpAddr::to_string));
            let made = rcgen::generate_simple_self_signed(names).context("making a certificate")?;
            RustlsConfig::from_pem(
                made.cert.pem().into_bytes(),
                made.signing_key.serialize_pem().into_bytes(),
            )
            .await
            .context("using the certificate just made")
            .map(Some)
        }
    }
}
