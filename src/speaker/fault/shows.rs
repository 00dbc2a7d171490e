//! How a server shows itself in TLS.

use serde::Deserialize;

/// The certificates with which the practice server can show itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certificate {
    /// One that can be trusted.
    #[default]
    Good,
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYet,
    /// It is for another host.
    WrongName,
    /// Nobody but itself has signed it.
    SelfSigned,
    /// Who signed it is not shown.
    IncompleteChain,
    /// A program on the client's own computer has signed it, as those against viruses do.
    Intercepted,
    /// Its key is too short: RSA of 1,024 bits (RFC 9325 §4.5).
    WeakKey,
}

impl Certificate {
    /// All of them, by the names under which they are chosen.
    pub const ALL: [(&'static str, Self); 8] = [
        ("good", Self::Good),
        ("expired", Self::Expired),
        ("not-yet", Self::NotYet),
        ("wrong-name", Self::WrongName),
        ("self-signed", Self::SelfSigned),
        ("incomplete-chain", Self::IncompleteChain),
        ("intercepted", Self::Intercepted),
        ("weak-key", Self::WeakKey),
    ];
}

/// What ends a handshake at once (RFC 8446 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Alert {
    /// No version of TLS is spoken that the client knows.
    ProtocolVersion,
    /// Nothing fits.
    HandshakeFailure,
}

impl Alert {
    /// Its number.
    pub const fn number(self) -> u8 {
        match self {
            Self::HandshakeFailure => 40,
            Self::ProtocolVersion => 70,
        }
    }
}

/// What is shown; all else as usual.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Shows {
    /// The certificate.
    pub certificate: Option<Certificate>,
    /// The one for a client that names no server.
    pub without_name: Option<Certificate>,
    /// The alert that is sent in place of a handshake.
    pub alert: Option<Alert>,
    /// Whether TLS begins before anything is said.
    pub implicit: Option<bool>,
}

impl Shows {
    /// The same with what `other` says.
    pub(super) fn with(self, other: Self) -> Self {
        Self {
            certificate: other.certificate.or(self.certificate),
            without_name: other.without_name.or(self.without_name),
            alert: other.alert.or(self.alert),
            implicit: other.implicit.or(self.implicit),
        }
    }
}
