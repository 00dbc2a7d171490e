//! The server's side of TLS.

use std::sync::Arc;
use std::time::Instant;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::client::danger::HandshakeSignatureValid;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, UnixTime};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use tokio_rustls::rustls::{
    DigitallySignedStruct, DistinguishedName, Error, KeyLogFile, RootCertStore, ServerConfig,
    SignatureScheme,
};

use crate::journal::facts::{TlsFacts, Verdict};
use crate::net::certificate::{self, Identity};
use crate::net::micros;
use crate::net::stream::{Stream, Tap};

use super::{Failed, TlsError, binding, facts};

/// The server's side.
#[derive(Clone, Debug)]
pub struct Server {
    config: Arc<ServerConfig>,
    clients: Arc<dyn ClientCertVerifier>,
}

impl Server {
    /// A server that shows this certificate, and asks for one that one of these roots has signed.
    /// A client need not show any; what it shows is judged, never refused.
    ///
    /// # Errors
    /// When certificate and key do not fit, or there is no root.
    pub fn new(identity: &Identity, clients: &[CertificateDer<'static>]) -> Result<Self, TlsError> {
        let provider = Arc::new(default_provider());
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(clients.iter().cloned());
        let clients = WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone())
            .allow_unauthenticated()
            .build()?;
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(Arc::new(Lenient(Arc::clone(&clients))))
            .with_single_cert(identity.chain.clone(), identity.key.clone_key())?;
        config.key_log = Arc::new(KeyLogFile::new());
        Ok(Self { config: Arc::new(config), clients })
    }

    pub(super) async fn shake(&self, stream: Tap) -> Result<(Stream, TlsFacts), Failed> {
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
