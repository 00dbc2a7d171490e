//! TLS for both sides: how a layer begins, and everything that can be told about it.
//!
//! A client looks at the peer's certificates and judges them, but only a strict one refuses them:
//! a debugger wants to see what is behind. Signatures of the handshake itself are always checked.

use std::time::Duration;

use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::server::VerifierBuilderError;
use tokio_rustls::rustls::{
    CommonState, ConnectionCommon, Error, HandshakeKind, ProtocolVersion, SupportedCipherSuite,
};

use crate::journal::facts::{Binding, TlsFacts, TlsReason};

use super::certificate::{self, Pass};
use super::dial::Target;
use super::stream::{Stream, Tap};

mod client;
mod failure;
mod server;
mod wardrobe;
mod weak;

pub use client::{Client, Earlier, Wishes};
pub use failure::Failed;
pub use server::Server;
pub use wardrobe::Wardrobe;

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
    /// The same, but nothing is said that nobody types.
    #[must_use]
    pub fn without_upgrade(self) -> Self {
        let when = if self.when == When::Starttls { When::Auto } else { self.when };
        Self { when, ..self }
    }

    /// TLS for a session with `target`, and whether it begins before anything is said. Behind MX
    /// records a `host` was reached, for which its certificate has to be; with the practice server
    /// the session has a `pass`. It is strict unless a person `judges`.
    pub fn client(
        &self,
        target: &Target,
        host: Option<&str>,
        pass: Option<&Pass>,
        judges: bool,
    ) -> (Option<Tls>, bool) {
        let implicit = match self.when {
            When::Off => return (None, false),
            When::Auto => target.is_implicit(),
            When::Implicit => true,
            When::Starttls => false,
        };
        let mut wishes = self.wishes.clone();
        if let Some(pass) = pass {
            (wishes.roots, wishes.only_these) = (vec![pass.root.clone()], true);
            wishes.identity.get_or_insert_with(|| pass.own.clone());
        }
        wishes.strict = !self.insecure && !judges;
        let name = host.map_or_else(|| target.server_name(), str::to_owned);
        (Some(Tls::Client(Client { wishes, name })), implicit)
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
    #[error(transparent)]
    Unfit(#[from] Error),
    /// No key or certificate could be made.
    #[error(transparent)]
    NotMade(#[from] rcgen::Error),
    /// No root can be used.
    #[error(transparent)]
    NoRoot(#[from] VerifierBuilderError),
}

/// Either side.
#[derive(Clone, Debug)]
pub enum Tls {
    /// Begins the handshake.
    Client(Client),
    /// Answers it.
    Server(Server),
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
        let heard = tap.heard();
        let shaken = async {
            match self {
                Self::Client(client) => client.shake(tap).await,
                Self::Server(server) => server.shake(tap).await,
            }
        };
        let late = |_| {
            let began = heard.load(std::sync::atomic::Ordering::Relaxed);
            Err(Failed::of(if began { TlsReason::TimedOut } else { TlsReason::Silent }, ""))
        };
        tokio::time::timeout(patience, shaken).await.unwrap_or_else(late)
    }
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

/// What a login can be bound to; before TLS 1.3 it depends on more than can be seen here
/// (RFC 9266).
fn binding<D>(connection: &ConnectionCommon<D>) -> Option<Binding> {
    if connection.protocol_version() != Some(ProtocolVersion::TLSv1_3) {
        return None;
    }
    let label = b"EXPORTER-Channel-Binding";
    let data = connection.export_keying_material(vec![0; 32], label, Some(b"")).ok()?;
    Some(Binding { kind: "tls-exporter".to_owned(), data })
}
