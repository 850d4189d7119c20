//! A build with TLS.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::server::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info};

use super::{TlsError, TlsFiles};

/// A certificate and its key. Clones are one, and change together.
#[derive(Clone)]
pub struct Tls(Arc<Inside>);

struct Inside {
    files: TlsFiles,
    shown: RwLock<Shown>,
}

struct Shown {
    /// Of what the files held.
    digest: [u8; 32],
    config: Arc<ServerConfig>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Tls").field(&self.0.files).finish()
    }
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// [`TlsError`] says which file cannot be used, and why.
    pub fn read(files: TlsFiles) -> Result<Self, TlsError> {
        let shown = RwLock::new(Shown::read(&files)?);
        Ok(Self(Arc::new(Inside { files, shown })))
    }

    /// Reads the files again. Says whether they hold something else than before; later connections are shown that.
    ///
    /// # Errors
    /// [`TlsError`]; what was shown before is shown on.
    pub fn reread(&self) -> Result<bool, TlsError> {
        let shown = Shown::read(&self.0.files)?;
        let mut before = self.0.shown.write().unwrap_or_else(PoisonError::into_inner);
        let is_new = before.digest != shown.digest;
        if is_new {
            *before = shown;
        }
        Ok(is_new)
    }

    /// Reads the files again now and then, and at SIGHUP, until the gateway stops.
    pub(crate) async fn keep_reading(self, stop: CancellationToken) {
        let mut hang_ups = HangUps::listen();
        let mut every = tokio::time::interval(REREAD_EVERY);
        // A fault is told once, not at every turn.
        let mut told = None;
        loop {
            let is_asked = tokio::select! {
                _ = every.tick() => false,
                () = hang_ups.next() => true,
                () = stop.cancelled() => return,
            };
            match self.reread() {
                Ok(is_new) => {
                    if is_new || is_asked {
                        info!(is_new, "the certificate was read again");
                    }
                    told = None;
                }
                Err(cause) => {
                    let cause = cause.to_string();
                    if is_asked || told.as_ref() != Some(&cause) {
                        error!(cause, "the certificate cannot be read again; the one before is shown on");
                    }
                    told = Some(cause);
                }
            }
        }
    }

    /// Shakes hands with who has connected; `None` where that fails or takes too long.
    pub(crate) async fn accept(&self, socket: TcpStream, within: Duration) -> Option<TlsStream<TcpStream>> {
        let config = Arc::clone(&self.0.shown.read().unwrap_or_else(PoisonError::into_inner).config);
        match timeout(within, TlsAcceptor::from(config).accept(socket)).await {
            Ok(Ok(stream)) => Some(stream),
            Ok(Err(error)) => {
                debug!(%error, "no TLS with who connected");
                None
            }
            Err(_) => {
                debug!("no TLS in time with who connected");
                None
            }
        }
    }
}

/// Speaks TLS to servers whose certificates the system trusts.
///
/// # Errors
/// Why the system's certificates cannot be used.
pub(crate) fn connector() -> Result<TlsConnector, String> {
    static CONNECTOR: OnceLock<Result<TlsConnector, String>> = OnceLock::new();
    CONNECTOR.get_or_init(new_connector).clone()
}

/// Names the cryptography of this process to libraries that are not told.
#[cfg(feature = "redis")]
pub(crate) fn choose_cryptography() {
    // Chosen before: it is the same.
    let _ = aws_lc_rs::default_provider().install_default();
}

fn new_connector() -> Result<TlsConnector, String> {
    let mut roots = RootCertStore::empty();
    let (trusted, _) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if trusted == 0 {
        return Err("the system trusts no certificate: install ca-certificates, or name a file in SSL_CERT_FILE".into());
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
    Ok(TlsConnector::from(Arc::new(builder.with_root_certificates(roots).with_no_client_auth())))
}

impl Shown {
    fn read(files: &TlsFiles) -> Result<Self, TlsError> {
        let TlsFiles { certificate, key } = files;
        let (certificate_pem, key_pem) = (read(certificate)?, read(key)?);
        let empty = |path: &Path, what| TlsError::Empty { path: path.into(), what };
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&certificate_pem).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or_else(|| empty(certificate, "certificate"))?;
        let private = PrivateKeyDer::from_pem_slice(&key_pem).map_err(|_| empty(key, "private key"))?;
        let unusable = |error: tokio_rustls::rustls::Error| TlsError::Unusable {
            certificate: certificate.clone(),
            key: key.clone(),
            reason: error.to_string(),
        };
        let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().map_err(unusable)?;
        let mut config = builder.with_no_client_auth().with_single_cert(chain, private).map_err(unusable)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let digest = Sha256::new().chain_update(&certificate_pem).chain_update(&key_pem).finalize().into();
        Ok(Self { digest, config: Arc::new(config) })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::Read { path: path.into(), source })
}

/// The system's wishes that the configuration be read again.
struct HangUps {
    #[cfg(unix)]
    signals: Option<tokio::signal::unix::Signal>,
}

impl HangUps {
    #[cfg(unix)]
    fn listen() -> Self {
        let signals = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup());
        Self { signals: signals.inspect_err(|error| error!(%error, "SIGHUP cannot be awaited")).ok() }
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        if let Some(signals) = &mut self.signals
            && signals.recv().await.is_some()
        {
            return;
        }
        std::future::pending().await
    }

    #[cfg(not(unix))]
    fn listen() -> Self {
        Self {}
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        std::future::pending().await
    }
}

/// How often the files are read: a certificate is renewed weeks before its end.
const REREAD_EVERY: Duration = Duration::from_secs(10);
