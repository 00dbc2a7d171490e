//! TLSA records (RFC 6698 §2), as a zone file writes them, and what SMTP makes of them
//! (RFC 7672 §3.1).

use std::fmt;

/// A TLSA record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tlsa {
    /// Which certificate of the chain it is about.
    pub usage: u8,
    /// Whether it is about all of that, or its key alone.
    pub selector: u8,
    /// Whether it holds that, or a hash of it.
    pub matching: u8,
    /// What it holds.
    pub data: Vec<u8>,
}

/// The name at which the records for a host and a port stand (RFC 6698 §3).
pub fn record_name(host: &str, port: u16) -> String {
    format!("_{port}._tcp.{host}")
}

impl Tlsa {
    /// Reads `USAGE SELECTOR MATCHING HEX`; the hex may have blanks in it (RFC 6698 §2.2).
    pub fn read(text: &str) -> Option<Self> {
        let mut words = text.split_ascii_whitespace();
        let mut number = || words.next()?.parse().ok();
        let (usage, selector, matching) = (number()?, number()?, number()?);
        let hex: String = words.collect();
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
        let pairs = hex.as_bytes().chunks(2).map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        });
        let data = pairs.collect::<Option<_>>()?;
        Some(Self { usage, selector, matching, data })
    }

    /// The acronym of its usage (RFC 7218 §2.1).
    pub const fn usage_name(&self) -> Option<&'static str> {
        match self.usage {
            0 => Some("PKIX-TA"),
            1 => Some("PKIX-EE"),
            2 => Some("DANE-TA"),
            3 => Some("DANE-EE"),
            _ => None,
        }
    }

    /// The acronym of its selector (RFC 7218 §2.2).
    pub const fn selector_name(&self) -> Option<&'static str> {
        match self.selector {
            0 => Some("Cert"),
            1 => Some("SPKI"),
            _ => None,
        }
    }

    /// The acronym of its matching type (RFC 7218 §2.3).
    pub const fn matching_name(&self) -> Option<&'static str> {
        match self.matching {
            0 => Some("Full"),
            1 => Some("SHA2-256"),
            2 => Some("SHA2-512"),
            _ => None,
        }
    }

    /// Whether SMTP can use it: the usages that rest on public authorities are not for it
    /// (RFC 7672 §3.1.3), and a hash has its length.
    pub fn is_usable(&self) -> bool {
        let long = match self.matching {
            1 => self.data.len() == 32,
            2 => self.data.len() == 64,
            _ => !self.data.is_empty(),
        };
        matches!(self.usage, 2 | 3) && self.selector <= 1 && self.matching <= 2 && long
    }
}

impl fmt::Display for Tlsa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} ", self.usage, self.selector, self.matching)?;
        self.data.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_and_written() {
        let hash = "ab".repeat(32);
        let record = Tlsa::read(&format!("3 1 1 {hash}")).unwrap();
        assert_eq!(record.to_string(), format!("3 1 1 {hash}"));
        assert!(record.is_usable());
        let names = (record.usage_name(), record.selector_name(), record.matching_name());
        assert_eq!(names, (Some("DANE-EE"), Some("SPKI"), Some("SHA2-256")));
        let (first, rest) = hash.split_at(10);
        assert_eq!(Tlsa::read(&format!("3 1 1 {first} {rest}")), Some(record));
        for (text, usable) in [
            (format!("2 0 1 {hash}"), true),
            (format!("2 0 2 {hash}{hash}"), true),
            (format!("1 0 1 {hash}"), false),
            (format!("3 2 1 {hash}"), false),
            (format!("3 1 3 {hash}"), false),
            (format!("3 1 2 {hash}"), false),
            ("3 1 0 00".to_owned(), true),
            ("3 1 0".to_owned(), false),
        ] {
            assert_eq!(Tlsa::read(&text).unwrap().is_usable(), usable, "{text}");
        }
        for text in ["", "3 1", "3 1 1 abc", "3 1 1 zz", "256 1 1 ab"] {
            assert_eq!(Tlsa::read(text), None, "{text}");
        }
    }
}
