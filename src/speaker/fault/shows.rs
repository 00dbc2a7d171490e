//! How a server shows itself in TLS.

use serde::Deserialize;

/// What ends a handshake at once (RFC 8446 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Shows {
    /// The name of the certificate.
    pub certificate: Option<String>,
    /// The one for a client that names no server.
    pub without_name: Option<String>,
    /// The alert that is sent in place of a handshake.
    pub alert: Option<Alert>,
    /// Whether TLS begins before anything is said.
    pub implicit: Option<bool>,
}

impl Shows {
    /// The same with what `other` says.
    pub(super) fn with(self, other: &Self) -> Self {
        Self {
            certificate: other.certificate.clone().or(self.certificate),
            without_name: other.without_name.clone().or(self.without_name),
            alert: other.alert.or(self.alert),
            implicit: other.implicit.or(self.implicit),
        }
    }
}
