//! The client's side of TLS: what it wishes, and what it makes of the server's certificates.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::client::{ResolvesClientCert, Resumption};
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, KeyLogFile, RootCertStore,
    SignatureScheme, SupportedCipherSuite, SupportedProtocolVersion,
};

use crate::journal::facts::{AskedCertificate, CertificateFault, TlsFacts, TlsReason, Verdict};
use crate::net::certificate::{self, Identity};
use crate::net::micros;
use crate::net::stream::{Stream, Tap};

use super::{Failed, TlsError, Version, binding, chain, facts, suite_name, weak};

/// What a client wishes of TLS.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// Whether a certificate that cannot be trusted ends the handshake.
    pub strict: bool,
    /// Roots that are known beside those of the system; with `only_these`, instead of them.
    pub roots: Roots,
    /// Whether the roots of the system are left aside.
    pub only_these: bool,
    /// The name of the server that is sent; `None` is the name that was dialled, `Some("")` none.
    pub sni: Option<String>,
    /// The oldest version, 1.2 or 1.3.
    pub oldest: Option<Version>,
    /// The newest version.
    pub newest: Option<Version>,
    /// The cipher suites by name; all if there are none.
    pub ciphers: Vec<String>,
    /// The certificate to show when the server asks for one.
    pub identity: Option<Identity>,
    /// The earlier handshakes from which one may go on (RFC 8446 §2.2).
    pub resumes: Option<Earlier>,
}

/// The client's side of TLS, for one server.
#[derive(Clone, Debug)]
pub struct Client {
    pub(super) wishes: Wishes,
    /// The name for which the certificate has to be.
    pub(super) name: String,
}

/// Wishes as the library takes them.
#[derive(Debug)]
struct Prepared {
    config: Arc<ClientConfig>,
    verifier: Arc<Verifier>,
}

/// What earlier handshakes were prepared with, by the name of the server and the roots by which it
/// is judged: the library goes on only from one that was prepared with the very same.
#[derive(Clone, Debug, Default)]
pub struct Earlier(Arc<Mutex<HashMap<(String, Roots), Arc<Prepared>>>>);

type Roots = Vec<CertificateDer<'static>>;

impl Wishes {
    /// Whether they can be fulfilled.
    ///
    /// # Errors
    /// When they cannot.
    pub fn check(&self) -> Result<(), TlsError> {
        Self { only_these: true, ..self.clone() }.prepared("localhost").map(|_| ())
    }

    /// The same for `name`, made before where handshakes may go on from earlier ones.
    fn known(&self, name: &str) -> Result<Arc<Prepared>, TlsError> {
        let Some(Earlier(earlier)) = &self.resumes else {
            return self.prepared(name).map(Arc::new);
        };
        let key = (name.to_owned(), self.roots.clone());
        let mut earlier = earlier.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(prepared) = earlier.get(&key) {
            return Ok(Arc::clone(prepared));
        }
        let prepared = Arc::new(self.prepared(name)?);
        earlier.insert(key, Arc::clone(&prepared));
        Ok(prepared)
    }

    fn prepared(&self, name: &str) -> Result<Prepared, TlsError> {
        let mut provider = default_provider();
        if !self.ciphers.is_empty() {
            provider.cipher_suites = suites(&self.ciphers)?;
        }
        let provider = Arc::new(provider);
        let mut roots = RootCertStore::empty();
        if !self.only_these {
            roots.add_parsable_certificates(system_roots().iter().cloned());
        }
        roots.add_parsable_certificates(self.roots.iter().cloned());
        let verifier = Arc::new(Verifier {
            name: name.to_owned(),
            roots,
            strict: self.strict,
            algorithms: provider.signature_verification_algorithms,
            provider: Arc::clone(&provider),
        });
        let key = |Identity { chain, key }: &Identity| {
            CertifiedKey::from_der(chain.clone(), key.clone_key(), &provider).map(Arc::new)
        };
        let shows = Shows(self.identity.as_ref().map(key).transpose()?);
        let mut config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&versions(self.oldest, self.newest))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&verifier) as _)
            .with_client_cert_resolver(Arc::new(shows));
        // Does nothing unless SSLKEYLOGFILE is set.
        config.key_log = Arc::new(KeyLogFile::new());
        config.enable_sni = self.sni.as_deref() != Some("");
        if self.resumes.is_none() {
            config.resumption = Resumption::disabled();
        }
        Ok(Prepared { config: Arc::new(config), verifier })
    }
}

/// What one handshake showed that the library does not give away afterwards.
#[derive(Debug, Default)]
struct Notes {
    /// The server's certificates, of which nothing else is known once they are refused, and what
    /// they are worth.
    shown: Option<(Vec<CertificateDer<'static>>, Verdict)>,
    asked: Option<AskedCertificate>,
}

tokio::task_local! {
    /// The notes of the handshake that is going on, whose parts the library shares with others.
    static NOTES: RefCell<Notes>;
}

fn note(write: impl FnOnce(&mut Notes)) {
    // Nothing is noted outside a handshake.
    let _ = NOTES.try_with(|notes| write(&mut notes.borrow_mut()));
}

impl Client {
    pub(super) async fn shake(&self, stream: Tap) -> Result<(Stream, TlsFacts), Failed> {
        let prepared = match self.wishes.known(&self.name) {
            Ok(prepared) => prepared,
            Err(error) => return Err(Failed::of(TlsReason::Other, &error.to_string())),
        };
        let Prepared { config, verifier } = &*prepared;
        let sent = self.wishes.sni.as_ref().filter(|sni| !sni.is_empty()).unwrap_or(&self.name);
        let Ok(name) = ServerName::try_from(sent.clone()) else {
            return Err(Failed::of(TlsReason::Other, "the name of the server is no host name"));
        };
        let sni = matches!(name, ServerName::DnsName(_)) && config.enable_sni;
        let begin = Instant::now();
        let connector = TlsConnector::from(Arc::clone(config));
        let (shaken, notes) = NOTES
            .scope(RefCell::default(), async {
                let shaken = connector.connect(name, stream).into_fallible().await;
                (shaken, NOTES.with(RefCell::take))
            })
            .await;
        match shaken {
            Ok(mut stream) => {
                stream.get_mut().0.rest();
                let (_, connection) = stream.get_ref();
                // Whoever goes on from an earlier handshake shows nothing again.
                let verdict = notes.shown.map_or_else(
                    || verifier.verdict(connection.peer_certificates().unwrap_or_default()),
                    |(_, verdict)| verdict,
                );
                if self.wishes.strict && !verdict.faults.is_empty() {
                    let mut failed = Failed::of(TlsReason::Certificate, "");
                    failed.failure.facts = TlsFacts { verdict: Some(verdict), ..facts(connection) };
                    return Err(failed);
                }
                let facts = TlsFacts {
                    sni: sni.then(|| sent.clone()),
                    took: Some(micros(begin.elapsed())),
                    verdict: Some(verdict),
                    asked: notes.asked,
                    binding: binding(connection),
                    ..facts(connection)
                };
                Ok((Box::new(stream), facts))
            }
            Err((error, stream)) => {
                let mut failed = Failed::read(&error, &stream);
                failed.failure.facts.asked = notes.asked;
                if let (TlsReason::Certificate, Some((shown, verdict))) =
                    (failed.failure.reason, notes.shown)
                {
                    let other = verdict.faults.iter().find_map(|fault| match fault {
                        CertificateFault::Other(why) => Some(why.clone()),
                        _ => None,
                    });
                    failed.failure.detail = other.unwrap_or(failed.failure.detail);
                    failed.failure.facts.verdict = Some(verdict);
                    failed.failure.facts.chain = chain(&shown);
                }
                Err(failed)
            }
        }
    }
}

/// Shows the client's certificate when it is asked for, and notes the question.
#[derive(Debug)]
struct Shows(Option<Arc<CertifiedKey>>);

impl ResolvesClientCert for Shows {
    fn resolve(&self, authorities: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let own = self.0.as_ref().and_then(|key| key.end_entity_cert().ok());
        note(|notes| {
            notes.asked = Some(AskedCertificate {
                authorities: authorities.iter().map(|der| certificate::name_of(der)).collect(),
                shown: own.map(|der| certificate::facts(der).subject),
            });
        });
        self.0.clone()
    }

    fn has_certs(&self) -> bool {
        // Without any it wants to be asked all the same.
        true
    }
}

fn suites(names: &[String]) -> Result<Vec<SupportedCipherSuite>, TlsError> {
    let all = default_provider().cipher_suites;
    let find = |name: &String| {
        let suite = all.iter().find(|suite| suite_name(suite).eq_ignore_ascii_case(name.trim()));
        let known = || all.iter().map(suite_name).collect::<Vec<_>>().join(", ");
        suite.copied().ok_or_else(|| TlsError::UnknownCipher(name.clone(), known()))
    };
    names.iter().map(find).collect()
}

fn versions(
    oldest: Option<Version>,
    newest: Option<Version>,
) -> Vec<&'static SupportedProtocolVersion> {
    let wanted = |version: Version| {
        oldest.is_none_or(|oldest| oldest <= version)
            && newest.is_none_or(|newest| version <= newest)
    };
    let all = [(Version::Tls12, &TLS12), (Version::Tls13, &TLS13)];
    all.into_iter().filter(|(version, _)| wanted(*version)).map(|(_, known)| known).collect()
}

/// The roots of this machine, read once; what cannot be read is not known.
fn system_roots() -> &'static Roots {
    static ROOTS: OnceLock<Roots> = OnceLock::new();
    ROOTS.get_or_init(|| rustls_native_certs::load_native_certs().certs)
}

/// Looks at certificates, notes them, and lets them pass unless it is strict.
#[derive(Debug)]
struct Verifier {
    name: String,
    roots: RootCertStore,
    strict: bool,
    algorithms: WebPkiSupportedAlgorithms,
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    fn verdict(&self, chain: &[CertificateDer<'_>]) -> Verdict {
        let now = UnixTime::now();
        let mut faults = match ServerName::try_from(self.name.as_str()) {
            Ok(name) => certificate::judge(chain, &name, &self.roots, &self.provider, now),
            Err(_) => vec![CertificateFault::WrongName],
        };
        if self.roots.is_empty() {
            faults.push(CertificateFault::NoRoots);
        }
        let at = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        Verdict { name: self.name.clone(), at, faults }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain: Vec<_> = std::iter::once(end_entity)
            .chain(intermediates)
            .map(|der| der.clone().into_owned())
            .collect();
        let verdict = self.verdict(&chain);
        let refused = verdict.faults.first().filter(|_| self.strict).map(alerted);
        note(|notes| notes.shown = Some((chain, verdict)));
        match refused {
            None => Ok(ServerCertVerified::assertion()),
            Some(why) => Err(Error::InvalidCertificate(why)),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        weak::verified(message, certificate, signed).unwrap_or_else(|| {
            verify_tls12_signature(message, certificate, signed, &self.algorithms)
        })
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        weak::verified(message, certificate, signed).unwrap_or_else(|| {
            verify_tls13_signature(message, certificate, signed, &self.algorithms)
        })
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// The error whose alert tells the server what we hold against its certificate.
const fn alerted(fault: &CertificateFault) -> CertificateError {
    match fault {
        CertificateFault::Expired => CertificateError::Expired,
        CertificateFault::NotYetValid => CertificateError::NotValidYet,
        CertificateFault::WrongName => CertificateError::NotValidForName,
        CertificateFault::SelfSigned
        | CertificateFault::IncompleteChain
        | CertificateFault::UnknownIssuer
        | CertificateFault::NoRoots => CertificateError::UnknownIssuer,
        CertificateFault::WeakKey(_) | CertificateFault::Other(_) => CertificateError::BadEncoding,
    }
}
