//! Which look-alikes of the end mark a server takes for it.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What looks like the end of mail data, by the oddity that names it.
const NAMES: [(&str, &str); 5] =
    [("lf.lf", "G08"), ("lf.crlf", "G09"), ("crlf.lf", "G10"), ("cr.cr", "G11"), ("nul", "G12")];

/// Look-alikes of the end mark that end mail data, too, where a server is broken; none in a good
/// one (RFC 5321 §4.1.1.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Ends(u8);

impl Ends {
    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.0 == 0
    }

    /// These and those of `other`.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the look-alike with this oddity is one of them.
    pub fn has(self, oddity: &str) -> bool {
        let mut bits = NAMES.iter().enumerate().filter(|(_, (_, id))| *id == oddity);
        bits.any(|(bit, _)| self.0 & (1 << bit) != 0)
    }
}

impl FromStr for Ends {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let bit = NAMES.iter().position(|(known, _)| *known == name);
        bit.map(|bit| Self(1 << bit)).ok_or_else(|| {
            let known: Vec<_> = NAMES.iter().map(|(name, _)| *name).collect();
            format!("unknown end of mail data \"{name}\", expected one of {}", known.join(", "))
        })
    }
}

impl TryFrom<Vec<String>> for Ends {
    type Error = String;

    fn try_from(names: Vec<String>) -> Result<Self, String> {
        names.iter().try_fold(Self::default(), |ends, name| Ok(ends.and(name.parse()?)))
    }
}

impl From<Ends> for Vec<String> {
    fn from(ends: Ends) -> Self {
        let named = NAMES.iter().filter(|(_, id)| ends.has(id));
        named.map(|(name, _)| (*name).to_owned()).collect()
    }
}
