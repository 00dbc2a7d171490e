//! What kind of record a journal is.

use serde::{Deserialize, Serialize};

use super::Side;

/// The version of the file format that this program writes.
pub const VERSION: u32 = 1;

/// The first line of a journal file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Version of the format.
    #[serde(rename = "ehlo-journal")]
    pub version: u32,
    /// When the journal began, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<String>,
    /// Which side the program played, if it took part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub played: Option<Side>,
    /// How far the record can be trusted.
    #[serde(default)]
    pub fidelity: Fidelity,
}

impl Default for Header {
    fn default() -> Self {
        Self { version: VERSION, started: None, played: None, fidelity: Fidelity::default() }
    }
}

/// How far a record can be trusted: a check that needs what is missing is skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fidelity {
    /// Whether bytes are exact, line ends included.
    pub exact_bytes: bool,
    /// Whether times are real.
    pub real_time: bool,
}

impl Default for Fidelity {
    fn default() -> Self {
        Self { exact_bytes: true, real_time: true }
    }
}
