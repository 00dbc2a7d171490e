//! What the world told us, as plain data.

use serde::{Deserialize, Serialize};

use crate::smtp::target::Protocol;

/// The two ends of a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoints {
    /// What was asked for, as it was written.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub target: String,
    /// Our address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local: Option<String>,
    /// The peer's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<String>,
    /// Whether the peer is on this machine.
    #[serde(default)]
    pub loopback: bool,
    /// The host behind the MX records of the target, or none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The proxy that made the connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
    /// What is spoken there.
    #[serde(default, skip_serializing_if = "Protocol::is_smtp")]
    pub protocol: Protocol,
    /// How long this address took to answer, in microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took: Option<u64>,
}

/// What a name server was asked, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameFacts {
    /// The name.
    pub name: String,
    /// What was asked for.
    pub kind: NameKind,
    /// Who was asked; nobody stands for the system, whatever it asks in turn.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
    /// The answers as a zone file writes them; of a text without its quotes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<String>,
    /// Why there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<NameProblem>,
    /// The system's or the library's own words for that.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// Whether the name server says that it has validated the answer (AD, RFC 4035 §3.2.3).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub authentic: bool,
    /// How long it took, in microseconds.
    pub took: u64,
}

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NameKind {
    /// A and AAAA.
    Addresses,
    /// MX (RFC 5321 §5.1).
    Mx,
    /// PTR: the names of an address.
    Reverse,
    /// A and AAAA of such a name: whether it leads back.
    Forward,
    /// TXT of a domain's MTA-STS (RFC 8461 §3.1).
    Sts,
    /// TLSA of a host and a port (RFC 7672 §2.2).
    Tlsa,
}

impl NameKind {
    /// Whether it is asked about a server that was reached, and not on the way there.
    pub const fn is_beside(self) -> bool {
        !matches!(self, Self::Addresses | Self::Mx)
    }
}

/// A policy of MTA-STS that was fetched, or was to be (RFC 8461 §3.3).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PolicyFacts {
    /// The domain for which it is.
    pub domain: String,
    /// The host that was asked.
    pub host: String,
    /// Its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What is known of the TLS layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsFacts>,
    /// The status of the HTTP answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Its Content-Type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media: Option<String>,
    /// Where it leads, if elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Its body, up to a limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Why it is no policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<PolicyProblem>,
    /// The system's or the library's own words for that.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// How long it took, in microseconds.
    pub took: u64,
}

/// Why no policy could be fetched, each with its own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PolicyProblem {
    /// The host has no address, or none that answers.
    Unreachable,
    /// TLS did not begin; `detail` has the reason where the verdict has none.
    Tls,
    /// The answer is no HTTP, or ended in the middle.
    Http,
    /// It leads elsewhere, which is not followed (RFC 8461 §3.3).
    Redirect,
    /// Its status is not 200.
    Status,
    /// It is not `text/plain`.
    Media,
    /// It is longer than 64 KB.
    TooLong,
    /// It was not there in time.
    TimedOut,
}

/// Why a name server gave no answer that helps, each with its own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NameProblem {
    /// NXDOMAIN: there is no such name.
    NoSuchName,
    /// The name has no record of this kind.
    NoRecord,
    /// SERVFAIL: the server could not find out.
    ServerFailed,
    /// REFUSED: the server does not answer such questions.
    ServerRefused,
    /// Nobody answered.
    TimedOut,
    /// Anything else.
    Other,
}

impl NameProblem {
    /// Whether it is an answer: there is nothing.
    pub const fn is_absence(self) -> bool {
        matches!(self, Self::NoSuchName | Self::NoRecord)
    }
}

/// An address that was tried, and did not become the connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The address.
    pub address: String,
    /// Why it did not.
    pub reason: DialReason,
    /// The system's own words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// How long it took, in microseconds.
    pub took: u64,
}

/// Why no connection could be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DialFailure {
    /// What was asked for, as it was written.
    pub target: String,
    /// The kind of failure.
    pub reason: DialReason,
    /// What it was that could not be reached, where that is not the target itself: the last mail host
    /// of a domain, or the proxy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The system's own words.
    pub detail: String,
    /// How long the last attempt took, in microseconds, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took: Option<u64>,
}

/// Kinds of failure, each with its own explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DialReason {
    /// Nobody listens there.
    Refused,
    /// The name has no address.
    UnknownName,
    /// There are addresses, but none of the family that is wanted.
    NoFamily,
    /// No name server could be asked.
    NoNameServer,
    /// The domain says that it takes no mail (RFC 7505).
    NullMx,
    /// The MX records have no host of that number.
    NoSuchHost,
    /// Another address answered first.
    Overtaken,
    /// It is one of too many, and was not tried at all.
    LeftOut,
    /// It was called off.
    Stopped,
    /// The address of this side cannot be had.
    Source,
    /// The proxy did not connect.
    Proxy,
    /// No answer in time.
    TimedOut,
    /// The network has no way there.
    Unreachable,
    /// Anything else.
    Other,
}

/// What is known of a TLS layer; a transcript knows only that there was one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TlsFacts {
    /// Such as `TLSv1.3`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Such as `TLS_AES_256_GCM_SHA384`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cipher: Option<String>,
    /// How the key was agreed upon, such as `X25519`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The protocol that was chosen, if any was offered (RFC 7301).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alpn: Option<String>,
    /// The name of the server that the client sent (RFC 6066 §3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sni: Option<String>,
    /// `full`, `full-with-retry` or `resumed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handshake: Option<String>,
    /// How long it took, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub took: Option<u64>,
    /// The certificates of the peer, its own first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<Certificate>,
    /// What they were judged to be, if anybody did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// What the server said when it asked the client for a certificate, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<AskedCertificate>,
    /// What a login can be bound to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binding: Option<Binding>,
}

/// A server's question for the client's certificate (RFC 8446 §4.3.2).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AskedCertificate {
    /// The authorities that it named; none stands for any.
    pub authorities: Vec<String>,
    /// Whose certificate it was shown, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
}

/// What both ends of a TLS layer have and nobody else can: no secret (RFC 5056).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// `tls-exporter` (RFC 9266) or another kind.
    pub kind: String,
    /// Its bytes.
    #[serde(with = "as_base64")]
    pub data: Vec<u8>,
}

mod as_base64 {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        STANDARD.encode(bytes).serialize(to)
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(from)?).map_err(D::Error::custom)
    }
}

/// A certificate in words (RFC 5280 §4.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Certificate {
    /// Whose it is.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// The names and addresses that it is for (RFC 5280 §4.2.1.6).
    pub names: Vec<String>,
    /// From when it counts, in seconds since 1970.
    pub from: i64,
    /// Until when it counts.
    pub until: i64,
    /// Such as `RSA 2048`.
    pub key: String,
    /// Such as `ecdsa-with-SHA256`.
    pub signature: String,
    /// Its number, in hex.
    pub serial: String,
    /// Whether it may sign others.
    pub is_authority: bool,
    /// SHA-256 of all of it, in hex.
    pub sha256: String,
    /// SHA-1 of all of it, in hex; old tools name certificates by it.
    pub sha1: String,
    /// All of it, as it was sent.
    #[serde(with = "as_base64", skip_serializing_if = "Vec::is_empty")]
    pub der: Vec<u8>,
}

/// What a chain of certificates was judged to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The name for which it should be.
    pub name: String,
    /// When it was judged, in seconds since 1970.
    pub at: i64,
    /// What is wrong with it; nothing if it can be trusted.
    pub faults: Vec<CertificateFault>,
}

/// What can be wrong with a chain, each with its own explanation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CertificateFault {
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYetValid,
    /// It is for other names.
    WrongName,
    /// It is signed by itself, and not known here.
    SelfSigned,
    /// A certificate between it and a known one was not sent.
    IncompleteChain,
    /// Whoever signed it is not known here.
    UnknownIssuer,
    /// No root is known here.
    NoRoots,
    /// Its RSA key has only so many bits (RFC 9325 §4.5).
    WeakKey(usize),
    /// Anything else, in the verifier's words.
    Other(String),
}

/// Why TLS did not begin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsFailure {
    /// The kind of failure.
    pub reason: TlsReason,
    /// The library's own words, or the alert's name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// What was known of the layer by then.
    #[serde(default, skip_serializing_if = "TlsFacts::is_empty")]
    pub facts: TlsFacts,
}

/// Kinds of failure, each with its own explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TlsReason {
    /// The certificate was not accepted here.
    Certificate,
    /// The peer sent an alert.
    Alert,
    /// The peer spoke SMTP instead of TLS.
    ClearText,
    /// The port was to begin with TLS, and the server greeted in clear text.
    PlainPort,
    /// The peer speaks only versions before 1.2.
    OldVersion,
    /// Nothing came in time.
    Silent,
    /// Something came, and not the end of the handshake in time.
    TimedOut,
    /// The peer closed the connection instead of answering.
    Unanswered,
    /// The peer closed the connection in the middle.
    Closed,
    /// It was stopped here.
    Stopped,
    /// Anything else.
    Other,
}

impl TlsReason {
    /// The name under which the knowledge base and exports know it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Alert => "alert",
            Self::ClearText => "clear-text",
            Self::OldVersion => "old-version",
            Self::PlainPort => "plain-port",
            Self::Silent => "silent",
            Self::TimedOut => "timed-out",
            Self::Unanswered => "unanswered",
            Self::Closed => "closed",
            Self::Stopped => "stopped",
            Self::Other => "other",
        }
    }
}

impl TlsFacts {
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is wrong with the chain.
    pub fn faults(&self) -> &[CertificateFault] {
        self.verdict.as_ref().map_or(&[], |verdict| &verdict.faults)
    }
}
