//! How a server is reached, as it was chosen: the family of addresses, our own address, the name
//! server.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// A family of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// Whether `address` is one of them.
    pub const fn has(self, address: &SocketAddr) -> bool {
        matches!((self, address), (Self::V4, SocketAddr::V4(_)) | (Self::V6, SocketAddr::V6(_)))
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        })
    }
}

/// How servers are reached.
#[derive(Clone, Debug, Default)]
pub struct Route {
    /// The only family of addresses that is tried.
    pub family: Option<Family>,
    /// Our own address; port 0 is any.
    pub source: Option<SocketAddr>,
    /// The name server that is asked instead of the system.
    pub dns: Option<SocketAddr>,
}

impl Route {
    /// The family of addresses that can be reached so: that of our own address, where one is
    /// chosen.
    pub fn family(&self) -> Option<Family> {
        let own = self.source.map(|source| if source.is_ipv4() { Family::V4 } else { Family::V6 });
        self.family.or(own)
    }
}

/// Reads `ADDR` or `ADDR:PORT`, IPv6 with or without brackets; `port` where none is written.
///
/// # Errors
/// If it is no address.
pub fn address(text: &str, port: u16) -> Result<SocketAddr, String> {
    let alone = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let alone = alone.parse::<IpAddr>().map(|address| SocketAddr::new(address, port));
    let wrong = |_| format!("\"{text}\" is no address; expected ADDR, ADDR:PORT or [IPv6]:PORT");
    alone.or_else(|_| text.parse()).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_ports_or_not() {
        for (text, want) in [
            ("127.0.0.1", "127.0.0.1:53"),
            ("127.0.0.1:5353", "127.0.0.1:5353"),
            ("::1", "[::1]:53"),
            ("[::1]", "[::1]:53"),
            ("[::1]:5353", "[::1]:5353"),
        ] {
            assert_eq!(address(text, 53), Ok(want.parse().unwrap()), "{text}");
        }
        for text in ["", "localhost", "127.0.0.1:x", "[127.0.0.1"] {
            assert!(address(text, 53).is_err(), "{text}");
        }
    }
}
