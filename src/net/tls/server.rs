//! The server's side of TLS.

use std::sync::Arc;
use std::time::Instant;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::client::danger::HandshakeSignatureValid;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, UnixTime};
use tokio_rustls::rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{
    DigitallySignedStruct, DistinguishedName, Error, KeyLogFile, RootCertStore, ServerConfig,
    SignatureScheme,
};

use crate::journal::facts::{TlsFacts, TlsReason, Verdict};
use crate::net::certificate::{self, Identity, Presence};
use crate::net::micros;
use crate::net::stream::{Stream, Tap};
use crate::speaker::fault::Alert;

use super::{Failed, TlsError, binding, facts};

/// The server's side.
#[derive(Clone, Debug)]
pub struct Server {
    config: Arc<ServerConfig>,
    clients: Arc<dyn ClientCertVerifier>,
    /// Said in place of a handshake.
    alert: Option<Alert>,
}

/// The longest record of TLS: whoever begins says no more at once.
const RECORD: usize = 5 + (16 << 10);

/// The level of an alert that ends the connection (RFC 8446 §6).
const FATAL: u8 = 2;

/// What is shown, by whether the client names a server.
#[derive(Debug)]
struct Shown {
    usual: Arc<CertifiedKey>,
    without_name: Option<Arc<CertifiedKey>>,
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let other = self.without_name.as_ref().filter(|_| hello.server_name().is_none());
        Some(Arc::clone(other.unwrap_or(&self.usual)))
    }
}

fn certified(presence: &Presence) -> Result<Arc<CertifiedKey>, TlsError> {
    Ok(Arc::new(match presence {
        Presence::Sound(Identity { chain, key }) => {
            CertifiedKey::from_der(chain.clone(), key.clone_key(), &default_provider())?
        }
        Presence::Weak(chain, key) => CertifiedKey::new(chain.clone(), Arc::new(key.clone())),
    }))
}

impl Server {
    /// A server that shows this certificate, and asks for one that one of these roots has signed.
    /// A client need not show any; what it shows is judged, never refused.
    ///
    /// # Errors
    /// When certificate and key do not fit, or there is no root.
    pub fn new(identity: &Identity, clients: &[CertificateDer<'static>]) -> Result<Self, TlsError> {
        Self::showing(&Presence::Sound(identity.clone()), None, clients)
    }

    /// The same, showing something else to who names no server.
    ///
    /// # Errors
    /// When certificate and key do not fit, or there is no root.
    pub fn showing(
        usual: &Presence,
        without_name: Option<&Presence>,
        clients: &[CertificateDer<'static>],
    ) -> Result<Self, TlsError> {
        let provider = Arc::new(default_provider());
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(clients.iter().cloned());
        let clients = WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone())
            .allow_unauthenticated()
            .build()?;
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(Arc::new(Lenient(Arc::clone(&clients))))
            .with_cert_resolver(Arc::new(Shown {
                usual: certified(usual)?,
                without_name: without_name.map(certified).transpose()?,
            }));
        config.key_log = Arc::new(KeyLogFile::new());
        Ok(Self { config: Arc::new(config), clients, alert: None })
    }

    /// The same, but it answers whoever begins with this alert.
    pub fn alerting(self, alert: Option<Alert>) -> Self {
        Self { alert, ..self }
    }

    /// Says that no handshake follows, in a record that all versions read (RFC 8446 §5.1).
    async fn refuse(alert: Alert, mut stream: Tap) -> Failed {
        let mut hello = vec![0; RECORD];
        let _ = stream.read(&mut hello).await;
        let said = [21, 3, 3, 0, 2, FATAL, alert.number()];
        let _ = stream.write_all(&said).await;
        let _ = stream.shutdown().await;
        Failed::of(TlsReason::Stopped, "")
    }

    pub(super) async fn shake(&self, stream: Tap) -> Result<(Stream, TlsFacts), Failed> {
        if let Some(alert) = self.alert {
            return Err(Self::refuse(alert, stream).await);
        }
        let begin = Instant::now();
        let acceptor = TlsAcceptor::from(Arc::clone(&self.config));
        match acceptor.accept(stream).into_fallible().await {
            Ok(mut stream) => {
                stream.get_mut().0.rest();
                let (_, connection) = stream.get_ref();
                let facts = TlsFacts {
                    sni: connection.server_name().map(str::to_owned),
                    took: Some(micros(begin.elapsed())),
                    verdict: connection.peer_certificates().and_then(|chain| self.verdict(chain)),
                    binding: binding(connection),
                    ..facts(connection)
                };
                Ok((Box::new(stream), facts))
            }
            Err((error, stream)) => Err(Failed::read(&error, &stream)),
        }
    }

    /// What the client's certificates are worth; they are for no name.
    fn verdict(&self, chain: &[CertificateDer<'_>]) -> Option<Verdict> {
        let (own, others) = chain.split_first()?;
        let now = UnixTime::now();
        let fault = self.clients.verify_client_cert(own, others, now).err();
        let at = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let faults = fault.iter().map(certificate::fault).collect();
        Some(Verdict { name: String::new(), at, faults })
    }
}

/// Lets every certificate of a client pass that it has the key of.
#[derive(Debug)]
struct Lenient(Arc<dyn ClientCertVerifier>);

impl ClientCertVerifier for Lenient {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.0.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}
