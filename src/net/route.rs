//! How a server is reached, as it was chosen: the family of addresses, our own address, the name
//! server, a proxy, and what is sent before anything else.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;

use crate::smtp::proxy::{Ends, Header, Version};

use super::inquiry::Inquiring;
use super::via::Proxy;

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
    /// The proxy that connects for us.
    pub via: Option<Proxy>,
    /// What is sent before anything else.
    pub preface: Option<Preface>,
    /// What is asked about a server that was reached.
    pub inquiring: Inquiring,
}

/// A header of the PROXY protocol, or what is sent in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Preface {
    /// A header with ends that are chosen, or those of the connection.
    Header {
        /// How it is written.
        version: Version,
        /// Whether it says whose connection it is.
        named: bool,
        /// Where that connection comes from.
        source: Option<SocketAddr>,
        /// Where it leads to.
        destination: Option<SocketAddr>,
    },
    /// Exactly these bytes.
    Raw(Bytes),
}

impl Preface {
    /// The bytes on a connection with these ends. Where an end is not known and none is chosen, the
    /// header names nobody; ends of different families are written in IPv6.
    pub fn write(&self, local: Option<SocketAddr>, remote: Option<SocketAddr>) -> Bytes {
        match self {
            Self::Raw(bytes) => bytes.clone(),
            Self::Header { version, named, source, destination } => {
                let source = source.or(local).filter(|_| *named);
                let ends = source.zip(destination.or(remote)).map(|(from, to)| ends(from, to));
                Header { version: *version, ends }.write().into()
            }
        }
    }
}

fn ends(from: SocketAddr, to: SocketAddr) -> Ends {
    match (from, to) {
        (SocketAddr::V4(from), SocketAddr::V4(to)) => {
            Ends::V4((*from.ip(), from.port()), (*to.ip(), to.port()))
        }
        (from, to) => {
            let wide = |address: SocketAddr| match address.ip() {
                IpAddr::V4(ip) => (ip.to_ipv6_mapped(), address.port()),
                IpAddr::V6(ip) => (ip, address.port()),
            };
            Ends::V6(wide(from), wide(to))
        }
    }
}

impl Route {
    /// The same, and what it does not say as `usual`.
    #[must_use]
    pub fn or(self, usual: &Self) -> Self {
        // A family that is chosen now is worth more than an address of the other one, and the other
        // way round.
        let fits = |family: Option<Family>, source: Option<SocketAddr>| {
            family.zip(source).is_none_or(|(family, source)| family.has(&source))
        };
        let usual_family = usual.family.filter(|_| fits(usual.family, self.source));
        let usual_source = usual.source.filter(|_| fits(self.family, usual.source));
        Self {
            family: self.family.or(usual_family),
            source: self.source.or(usual_source),
            dns: self.dns.or(usual.dns),
            via: self.via.or_else(|| usual.via.clone()),
            preface: self.preface.or_else(|| usual.preface.clone()),
            inquiring: self.inquiring.or(&usual.inquiring),
        }
    }

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
    fn what_is_chosen_now_counts_before_what_is_usual() {
        let route = |family, source: &str| {
            let source = (!source.is_empty()).then(|| address(source, 0).unwrap());
            Route { family, source, ..Route::default() }
        };
        for (chosen, usual, want) in [
            (route(None, ""), route(Some(Family::V6), "::1"), (Some(Family::V6), "[::1]:0")),
            (route(Some(Family::V4), ""), route(None, "::1"), (Some(Family::V4), "")),
            (route(Some(Family::V6), ""), route(None, "::1"), (Some(Family::V6), "[::1]:0")),
            (route(None, "192.0.2.7"), route(Some(Family::V6), "::1"), (None, "192.0.2.7:0")),
        ] {
            let route = chosen.or(&usual);
            let source = route.source.map(|source| source.to_string()).unwrap_or_default();
            assert_eq!((route.family, source.as_str()), want);
        }
    }

    #[test]
    fn a_header_takes_what_is_not_chosen_from_the_connection() {
        let address = |text: &str| text.parse::<SocketAddr>().ok();
        let (local, remote) = (address("127.0.0.1:4000"), address("127.0.0.1:25"));
        let (v1, v2) = (Version::V1, Version::V2);
        for (version, named, source, destination, want) in [
            (v1, true, None, None, "PROXY TCP4 127.0.0.1 127.0.0.1 4000 25\r\n"),
            (
                v1,
                true,
                address("192.0.2.7:1"),
                address("192.0.2.8:2"),
                "PROXY TCP4 192.0.2.7 192.0.2.8 1 2\r\n",
            ),
            (
                v1,
                true,
                address("[2001:db8::7]:1"),
                None,
                "PROXY TCP6 2001:db8::7 ::ffff:127.0.0.1 1 25\r\n",
            ),
            (v1, false, address("192.0.2.7:1"), None, "PROXY UNKNOWN\r\n"),
            (v2, false, None, None, "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"),
        ] {
            let preface = Preface::Header { version, named, source, destination };
            assert_eq!(preface.write(local, remote), want.as_bytes());
        }
        let nowhere = Preface::Header { version: v1, named: true, source: None, destination: None };
        assert_eq!(nowhere.write(None, None), "PROXY UNKNOWN\r\n", "a socket has no address");
    }

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
