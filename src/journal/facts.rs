//! What the world told us, as plain data.

use serde::{Deserialize, Serialize};

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
}

/// Why no connection could be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DialFailure {
    /// What was asked for, as it was written.
    pub target: String,
    /// The kind of failure.
    pub reason: DialReason,
    /// The system's own words.
    pub detail: String,
}

/// Kinds of failure, each with its own explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DialReason {
    /// Nobody listens there.
    Refused,
    /// The name has no address.
    UnknownName,
    /// No answer in time.
    TimedOut,
    /// The network has no way there.
    Unreachable,
    /// Anything else.
    Other,
}

/// What is known of a TLS layer; a transcript knows only that there was one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsFacts {
    /// Such as `TLSv1.3`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Such as `TLS_AES_256_GCM_SHA384`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cipher: Option<String>,
}
