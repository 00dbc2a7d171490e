//! A fault that the practice server has played, as plain data.

use serde::{Deserialize, Serialize};

use crate::smtp::payload::Ends;

/// A misbehaviour on purpose; without a name there is none from here on but those that follow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Played {
    /// The name of the fault.
    pub fault: String,
    /// Which entries of the catalogue it plays.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plays: Vec<String>,
    /// What ends mail data from here on, beside the right end mark.
    #[serde(default, skip_serializing_if = "Ends::is_empty")]
    pub ends: Ends,
    /// Where the dice decide: what they showed, and below what the fault is played; of 1,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roll: Option<[u16; 2]>,
    /// What the dice began with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}
