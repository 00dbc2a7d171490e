//! The PROXY protocol: what stands before everything else on a connection that a load balancer
//! hands on, and says who its client is. `proxy-protocol.txt` of `HAProxy`, versions 1 (a line) and
//! 2 (binary).

use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

/// What version 2 begins with. An SMTP server that does not know it sees empty lines and a QUIT.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";

/// An address and a port.
pub type End<A> = (A, u16);

/// The two ends of the connection that is handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// Source and destination in IPv4.
    V4(End<Ipv4Addr>, End<Ipv4Addr>),
    /// Source and destination in IPv6.
    V6(End<Ipv6Addr>, End<Ipv6Addr>),
}

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// A line of text.
    V1,
    /// Binary.
    V2,
}

/// A header; without ends it says that it hands on nobody's connection: `UNKNOWN` or `LOCAL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// How it is written.
    pub version: Version,
    /// Whose connection it is.
    pub ends: Option<Ends>,
}

impl Header {
    /// The bytes on the wire.
    pub fn write(&self) -> Vec<u8> {
        match (self.version, self.ends) {
            (Version::V1, None) => b"PROXY UNKNOWN\r\n".to_vec(),
            (Version::V1, Some(Ends::V4((from, a), (to, b)))) => {
                format!("PROXY TCP4 {from} {to} {a} {b}\r\n").into_bytes()
            }
            (Version::V1, Some(Ends::V6((from, a), (to, b)))) => {
                format!("PROXY TCP6 {from} {to} {a} {b}\r\n").into_bytes()
            }
            // Command LOCAL, no family, nothing behind: 16 bytes.
            (Version::V2, None) => [SIGNATURE.as_slice(), &[0x20, 0, 0, 0]].concat(),
            (Version::V2, Some(Ends::V4(from, to))) => {
                binary(0x11, &from.0.octets(), &to.0.octets(), from.1, to.1)
            }
            (Version::V2, Some(Ends::V6(from, to))) => {
                binary(0x21, &from.0.octets(), &to.0.octets(), from.1, to.1)
            }
        }
    }

    /// What `bytes` are, if they are exactly one header; nothing where they are something else.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        if let Some(rest) = bytes.strip_prefix(SIGNATURE) {
            let ends = match rest.split_first_chunk::<4>()? {
                ([0x20, ..], _) => None,
                ([0x21, 0x11, 0, 12], rest) => {
                    let (from, rest) = rest.split_first_chunk::<4>()?;
                    let (to, rest) = rest.split_first_chunk::<4>()?;
                    let (here, there) = ports(rest)?;
                    Some(Ends::V4(((*from).into(), here), ((*to).into(), there)))
                }
                ([0x21, 0x21, 0, 36], rest) => {
                    let (from, rest) = rest.split_first_chunk::<16>()?;
                    let (to, rest) = rest.split_first_chunk::<16>()?;
                    let (here, there) = ports(rest)?;
                    Some(Ends::V6(((*from).into(), here), ((*to).into(), there)))
                }
                _ => return None,
            };
            return Some(Self { version: Version::V2, ends });
        }
        let line = std::str::from_utf8(bytes.strip_suffix(b"\r\n")?).ok()?;
        let words: Vec<&str> = line.split(' ').collect();
        let ends = match words.as_slice() {
            ["PROXY", "UNKNOWN", ..] => None,
            ["PROXY", "TCP4", from, to, here, there] => {
                let from = (from.parse().ok()?, here.parse().ok()?);
                Some(Ends::V4(from, (to.parse().ok()?, there.parse().ok()?)))
            }
            ["PROXY", "TCP6", from, to, here, there] => {
                let from = (from.parse().ok()?, here.parse().ok()?);
                Some(Ends::V6(from, (to.parse().ok()?, there.parse().ok()?)))
            }
            _ => return None,
        };
        Some(Self { version: Version::V1, ends })
    }
}

/// Command PROXY, with addresses of `family`.
fn binary(family: u8, from: &[u8], to: &[u8], from_port: u16, to_port: u16) -> Vec<u8> {
    let size = u8::try_from(from.len() + to.len() + 4).unwrap_or(u8::MAX);
    let head = [0x21, family, 0, size];
    let (a, b) = (from_port.to_be_bytes(), to_port.to_be_bytes());
    [SIGNATURE.as_slice(), &head, from, to, &a, &b].concat()
}

fn ports(bytes: &[u8]) -> Option<(u16, u16)> {
    match bytes {
        [a, b, c, d] => Some((u16::from_be_bytes([*a, *b]), u16::from_be_bytes([*c, *d]))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_written_as_the_specification_says_and_read_again() {
        let v4 = Ends::V4(([192, 0, 2, 7].into(), 40_000), ([192, 0, 2, 25].into(), 25));
        let v6 = Ends::V6(("2001:db8::7".parse().unwrap(), 1), (Ipv6Addr::LOCALHOST, 25));
        let signature = "\r\n\r\n\0\r\nQUIT\n";
        for (version, ends, size, begins) in [
            (Version::V1, None, 0, "PROXY UNKNOWN\r\n".to_owned()),
            (Version::V1, Some(v4), 0, "PROXY TCP4 192.0.2.7 192.0.2.25 40000 25\r\n".to_owned()),
            (Version::V1, Some(v6), 0, "PROXY TCP6 2001:db8::7 ::1 1 25\r\n".to_owned()),
            (Version::V2, None, 16, format!("{signature}\x20\0\0\0")),
            (Version::V2, Some(v4), 28, format!("{signature}\x21\x11\0\x0c")),
            (Version::V2, Some(v6), 52, format!("{signature}\x21\x21\0\x24")),
        ] {
            let header = Header { version, ends };
            let bytes = header.write();
            assert!(bytes.starts_with(begins.as_bytes()), "{bytes:?}");
            if version == Version::V2 {
                assert_eq!(bytes.len(), size, "{header:?}");
            } else {
                assert_eq!(bytes, begins.as_bytes());
            }
            assert_eq!(Header::read(&bytes), Some(header));
            assert_eq!(Header::read(bytes.get(1..).unwrap()), None);
        }
        assert_eq!(Header::read(b"PROXY TCP4 x y 1 2\r\n"), None);
        assert_eq!(Header::read(b"EHLO x\r\n"), None);
    }
}
