//! TLS for both sides: how a layer begins, and everything that can be told about it.
//!
//! A client looks at the peer's certificates and judges them, but only a strict one refuses them:
//! a debugger wants to see what is behind. Signatures of the handshake itself are always checked.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{
    AlertDescription, CertificateError, ClientConfig, CommonState, DigitallySignedStruct, Error,
    HandshakeKind, InvalidMessage, KeyLogFile, RootCertStore, ServerConfig, SignatureScheme,
    SupportedCipherSuite, SupportedProtocolVersion,
};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::journal::facts::{TlsFacts, TlsFailure, TlsReason, Verdict};

use super::certificate::{self, Identity};
use super::dial::Target;
use super::stream::{Stream, Tap};

/// How long a handshake may take.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What a client wishes of TLS.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// Whether a certificate that cannot be trusted ends the handshake.
    pub strict: bool,
    /// Roots that are known beside those of the system; with `only_these`, instead of them.
    pub roots: Vec<CertificateDer<'static>>,
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
}

/// When TLS begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum When {
    /// Where the target says so; else when STARTTLS is typed or scripted.
    #[default]
    Auto,
    /// Behind STARTTLS, which is said without being asked for.
    Starttls,
    /// Before anything is said (RFC 8314 §3).
    Implicit,
    /// Never.
    Off,
}

impl When {
    /// All of them, by the names under which they are chosen.
    pub const ALL: [(&'static str, Self); 4] = [
        ("auto", Self::Auto),
        ("starttls", Self::Starttls),
        ("implicit", Self::Implicit),
        ("off", Self::Off),
    ];
}

/// What was chosen for all sessions of a run.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// When it begins.
    pub when: When,
    /// Whether a certificate that cannot be trusted is no reason to stop.
    pub insecure: bool,
    /// The name of this host, as EHLO gives it.
    pub ehlo: String,
    /// What is wished of it.
    pub wishes: Wishes,
}

impl Choice {
    /// TLS for a session with `target`, and whether it begins before anything is said. The practice
    /// server has a root of its own. Where a person `judges`, only a choice made beforehand is
    /// strict.
    pub fn client(
        &self,
        target: &Target,
        practice: Option<&CertificateDer<'static>>,
        judges: bool,
    ) -> (Option<Tls>, bool) {
        let implicit = match self.when {
            When::Off => return (None, false),
            When::Auto => target.is_implicit(),
            When::Implicit => true,
            When::Starttls => false,
        };
        let mut wishes = self.wishes.clone();
        if let Some(root) = practice {
            (wishes.roots, wishes.only_these) = (vec![root.clone()], true);
        }
        let chosen = matches!(self.when, When::Starttls | When::Implicit);
        wishes.strict = !self.insecure && (chosen || !judges);
        (Some(Tls::Client(Client { wishes, name: target.host().to_owned() })), implicit)
    }

    /// The name that is said in EHLO before a STARTTLS that nobody typed.
    pub fn greets_as(&self) -> Option<String> {
        (self.when == When::Starttls).then(|| self.ehlo.clone())
    }
}

/// The versions that this program speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// RFC 5246.
    Tls12,
    /// RFC 8446.
    Tls13,
}

impl Version {
    /// All of them, by the names under which they are chosen.
    pub const ALL: [(&'static str, Self); 2] = [("1.2", Self::Tls12), ("1.3", Self::Tls13)];
}

/// Why the wishes cannot be fulfilled.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// No suite is called so.
    #[error("\"{0}\" is no cipher suite that is known here; known are: {1}")]
    UnknownCipher(String, String),
    /// Certificate and key do not fit, or nothing is left to choose from.
    #[error("{0}")]
    Unfit(#[from] Error),
}

/// The client's side of TLS, for one server.
#[derive(Clone, Debug)]
pub struct Client {
    wishes: Wishes,
    /// The name for which the certificate has to be.
    name: String,
}

/// The server's side.
#[derive(Clone, Debug)]
pub struct Server {
    config: Arc<ServerConfig>,
}

/// Either side.
#[derive(Clone, Debug)]
pub enum Tls {
    /// Begins the handshake.
    Client(Client),
    /// Answers it.
    Server(Server),
}

/// How a handshake failed, and what was read of it that was no TLS.
#[derive(Debug)]
pub struct Failed {
    /// Why.
    pub failure: Box<TlsFailure>,
    /// What the peer said in clear text.
    pub clear: Bytes,
}

impl Wishes {
    /// Whether they can be fulfilled.
    ///
    /// # Errors
    /// When they cannot.
    pub fn check(&self) -> Result<(), TlsError> {
        Self { only_these: true, ..self.clone() }.prepared("localhost").map(|_| ())
    }

    fn prepared(&self, name: &str) -> Result<(ClientConfig, Arc<Verifier>), TlsError> {
        let wishes = self;
        let mut provider = default_provider();
        if !wishes.ciphers.is_empty() {
            provider.cipher_suites = suites(&wishes.ciphers)?;
        }
        let provider = Arc::new(provider);
        let mut roots = RootCertStore::empty();
        if !wishes.only_these {
            roots.add_parsable_certificates(system_roots());
        }
        roots.add_parsable_certificates(wishes.roots.iter().cloned());
        let verifier = Arc::new(Verifier {
            name: name.to_owned(),
            roots,
            strict: wishes.strict,
            algorithms: provider.signature_verification_algorithms,
            provider: Arc::clone(&provider),
            seen: Mutex::default(),
        });
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions(wishes.oldest, wishes.newest))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&verifier) as _);
        let mut config = match &wishes.identity {
            Some(Identity { chain, key }) => {
                builder.with_client_auth_cert(chain.clone(), key.clone_key())?
            }
            None => builder.with_no_client_auth(),
        };
        // Does nothing unless SSLKEYLOGFILE is set.
        config.key_log = Arc::new(KeyLogFile::new());
        config.enable_sni = self.sni.as_deref() != Some("");
        Ok((config, verifier))
    }
}

impl Client {
    async fn shake(&self, stream: Tap) -> Result<(Stream, TlsFacts), Failed> {
        let (config, verifier) = match self.wishes.prepared(&self.name) {
            Ok(prepared) => prepared,
            Err(error) => return Err(Failed::of(TlsReason::Other, &error.to_string())),
        };
        let sent = self.wishes.sni.as_ref().filter(|sni| !sni.is_empty()).unwrap_or(&self.name);
        let Ok(name) = ServerName::try_from(sent.clone()) else {
            return Err(Failed::of(TlsReason::Other, "the name of the server is no host name"));
        };
        let sni = matches!(name, ServerName::DnsName(_)) && config.enable_sni;
        let begin = Instant::now();
        let connector = TlsConnector::from(Arc::new(config));
        match connector.connect(name, stream).into_fallible().await {
            Ok(mut stream) => {
                stream.get_mut().0.rest();
                let (_, state) = stream.get_ref();
                let verdict = verifier.verdict(state.peer_certificates().unwrap_or_default());
                let facts = TlsFacts {
                    sni: sni.then(|| sent.clone()),
                    took: micros(begin),
                    verdict: Some(verdict),
                    ..facts(state)
                };
                Ok((Box::new(stream), facts))
            }
            Err((error, stream)) => {
                let mut failed = Failed::read(&error, &stream);
                if failed.failure.reason == TlsReason::Certificate {
                    let seen = verifier.take_seen();
                    failed.failure.facts.verdict = Some(verifier.verdict(&seen));
                    failed.failure.facts.chain = chain(&seen);
                }
                Err(failed)
            }
        }
    }
}

impl Server {
    /// A server that shows this certificate.
    ///
    /// # Errors
    /// When certificate and key do not fit.
    pub fn new(identity: &Identity) -> Result<Self, TlsError> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(identity.chain.clone(), identity.key.clone_key())?;
        config.key_log = Arc::new(KeyLogFile::new());
        Ok(Self { config: Arc::new(config) })
    }

    async fn shake(&self, stream: Tap) -> Result<(Stream, TlsFacts), Failed> {
        let begin = Instant::now();
        let acceptor = TlsAcceptor::from(Arc::clone(&self.config));
        match acceptor.accept(stream).into_fallible().await {
            Ok(mut stream) => {
                stream.get_mut().0.rest();
                let (_, state) = stream.get_ref();
                let sni = state.server_name().map(str::to_owned);
                let facts = TlsFacts { sni, took: micros(begin), ..facts(state) };
                Ok((Box::new(stream), facts))
            }
            Err((error, stream)) => Err(Failed::read(&error, &stream)),
        }
    }
}

impl Tls {
    /// Begins the layer on `stream`, which may take so long.
    ///
    /// # Errors
    /// With the reason, and what was read instead.
    pub async fn shake(
        &self,
        stream: Stream,
        patience: Duration,
    ) -> Result<(Stream, TlsFacts), Failed> {
        let tap = Tap::new(stream);
        let shaken = async {
            match self {
                Self::Client(client) => client.shake(tap).await,
                Self::Server(server) => server.shake(tap).await,
            }
        };
        let late = |_| Err(Failed::of(TlsReason::TimedOut, ""));
        tokio::time::timeout(patience, shaken).await.unwrap_or_else(late)
    }
}

impl Failed {
    /// A failure of which nothing else is known.
    pub fn of(reason: TlsReason, detail: &str) -> Self {
        let failure = TlsFailure { reason, detail: detail.to_owned(), facts: TlsFacts::default() };
        Self { failure: Box::new(failure), clear: Bytes::new() }
    }

    /// Finds out why a handshake failed, by the error and by what the peer sent first.
    fn read(error: &std::io::Error, stream: &Tap) -> Self {
        let head = stream.head();
        let cause = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
        match cause {
            Some(Error::InvalidCertificate(why)) => Self::of(
                TlsReason::Certificate,
                &Error::InvalidCertificate(why.clone()).to_string(),
            ),
            Some(Error::AlertReceived(AlertDescription::ProtocolVersion)) => {
                Self::of(TlsReason::OldVersion, &old_version(head).unwrap_or_default())
            }
            Some(Error::AlertReceived(alert)) => Self::of(TlsReason::Alert, &alert_name(*alert)),
            Some(Error::InvalidMessage(InvalidMessage::InvalidContentType)) if !is_tls(head) => {
                let clear = Bytes::copy_from_slice(head);
                Self { clear, ..Self::of(TlsReason::ClearText, "") }
            }
            Some(Error::PeerIncompatible(_)) if old_version(head).is_some() => {
                Self::of(TlsReason::OldVersion, &old_version(head).unwrap_or_default())
            }
            Some(other) => Self::of(TlsReason::Other, &other.to_string()),
            None if is_end(error) && !head.is_empty() && !is_tls(head) => {
                let clear = Bytes::copy_from_slice(head);
                Self { clear, ..Self::of(TlsReason::ClearText, "") }
            }
            None if is_end(error) => Self::of(TlsReason::Closed, ""),
            None => Self::of(TlsReason::Other, &error.to_string()),
        }
    }
}

fn is_end(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe)
}

/// Whether bytes begin as records of TLS do (RFC 8446 §5.1).
fn is_tls(head: &[u8]) -> bool {
    matches!(head, [20..=23, 3, ..] | [20..=23] | [])
}

/// The version before 1.2 that a server has chosen, or in which it said that it knows none of
/// ours: by its `ServerHello` (RFC 5246 §7.4.1.3), or by the record of its alert.
fn old_version(head: &[u8]) -> Option<String> {
    let minor = match head {
        [22, 3, _, _, _, 2, _, _, _, 3, minor, ..] | [21, 3, minor, ..] => *minor,
        _ => return None,
    };
    let name = match minor {
        0 => "SSL 3.0",
        1 => "TLS 1.0",
        2 => "TLS 1.1",
        _ => return None,
    };
    Some(name.to_owned())
}

/// `UnknownCA` → `unknown_ca`, as RFC 8446 §6 writes it.
fn alert_name(alert: AlertDescription) -> String {
    let mut name = String::new();
    let written = format!("{alert:?}");
    let mut before_small = false;
    for c in written.chars() {
        if c.is_ascii_uppercase() && before_small {
            name.push('_');
        }
        before_small = c.is_ascii_lowercase();
        name.push(c.to_ascii_lowercase());
    }
    name
}

fn micros(begin: Instant) -> Option<u64> {
    u64::try_from(begin.elapsed().as_micros()).ok()
}

/// What both sides can tell of a layer.
fn facts(state: &CommonState) -> TlsFacts {
    let kind = state.handshake_kind().map(|kind| match kind {
        HandshakeKind::Full => "full",
        HandshakeKind::FullWithHelloRetryRequest => "full-with-retry",
        HandshakeKind::Resumed => "resumed",
    });
    let group = state.negotiated_key_exchange_group();
    let alpn = state.alpn_protocol();
    TlsFacts {
        version: state.protocol_version().map(|v| format!("{v:?}").replacen('_', ".", 1)),
        cipher: state.negotiated_cipher_suite().map(|suite| suite_name(&suite)),
        group: group.map(|group| format!("{:?}", group.name())),
        alpn: alpn.map(|name| String::from_utf8_lossy(name).into_owned()),
        handshake: kind.map(str::to_owned),
        chain: chain(state.peer_certificates().unwrap_or_default()),
        ..TlsFacts::default()
    }
}

fn chain(certificates: &[CertificateDer<'_>]) -> Vec<crate::journal::facts::Certificate> {
    certificates.iter().map(|der| certificate::facts(der)).collect()
}

/// The name that IANA gave it.
fn suite_name(suite: &SupportedCipherSuite) -> String {
    format!("{:?}", suite.suite()).replacen("TLS13_", "TLS_", 1)
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

/// The roots of this machine; what cannot be read is not known.
fn system_roots() -> Vec<CertificateDer<'static>> {
    rustls_native_certs::load_native_certs().certs
}

/// Looks at certificates, keeps them, and lets them pass unless it is strict.
#[derive(Debug)]
struct Verifier {
    name: String,
    roots: RootCertStore,
    strict: bool,
    algorithms: WebPkiSupportedAlgorithms,
    provider: Arc<CryptoProvider>,
    /// What the last handshake showed: a refused one gives nothing else away.
    seen: Mutex<Vec<CertificateDer<'static>>>,
}

impl Verifier {
    fn verdict(&self, chain: &[CertificateDer<'_>]) -> Verdict {
        let now = UnixTime::now();
        let faults = match ServerName::try_from(self.name.as_str()) {
            Ok(name) => certificate::judge(chain, &name, &self.roots, &self.provider, now),
            Err(_) => vec![crate::journal::facts::CertificateFault::WrongName],
        };
        let at = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        Verdict { name: self.name.clone(), at, faults }
    }

    fn take_seen(&self) -> Vec<CertificateDer<'static>> {
        std::mem::take(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
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
        let faults = if self.strict { self.verdict(&chain).faults } else { Vec::new() };
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = chain;
        match faults.first() {
            None => Ok(ServerCertVerified::assertion()),
            Some(fault) => Err(Error::InvalidCertificate(alerted(fault))),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// The error whose alert tells the server what we hold against its certificate.
const fn alerted(fault: &crate::journal::facts::CertificateFault) -> CertificateError {
    use crate::journal::facts::CertificateFault;
    match fault {
        CertificateFault::Expired => CertificateError::Expired,
        CertificateFault::NotYetValid => CertificateError::NotValidYet,
        CertificateFault::WrongName => CertificateError::NotValidForName,
        CertificateFault::SelfSigned
        | CertificateFault::IncompleteChain
        | CertificateFault::UnknownIssuer => CertificateError::UnknownIssuer,
        CertificateFault::Other(_) => CertificateError::BadEncoding,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_versions_are_named_by_what_the_server_says() {
        let hello = |minor| [22, 3, 1, 0, 60, 2, 0, 0, 56, 3, minor, 0];
        for (head, name) in [
            (&hello(1)[..], Some("TLS 1.0")),
            (&hello(2), Some("TLS 1.1")),
            (&hello(0), Some("SSL 3.0")),
            (&hello(3), None),
            (&[21, 3, 2, 0, 2, 2, 70], Some("TLS 1.1")),
            (&[21, 3, 3, 0, 2, 2, 70], None),
            (b"220 mx", None),
            (b"", None),
        ] {
            assert_eq!(old_version(head).as_deref(), name, "{head:?}");
        }
        assert_eq!(alert_name(AlertDescription::UnknownCA), "unknown_ca");
        assert_eq!(alert_name(AlertDescription::HandshakeFailure), "handshake_failure");
        assert!(is_tls(&hello(3)) && !is_tls(b"220 mx"));
    }
}
