//! Where to connect, as a person writes it: `host`, `host:port`, `[IPv6]:port`, `smtps://host`,
//! `unix:/path` or `practice`.

use std::fmt;
use std::net::Ipv6Addr;

use super::{Span, domain};

/// The port of SMTP (RFC 5321 §4.5.4.2).
pub const SMTP_PORT: u16 = 25;

/// The port of SMTP inside TLS (RFC 8314 §7.3).
pub const SMTPS_PORT: u16 = 465;

/// Where to connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The practice server inside this program.
    Practice,
    /// A host and a port.
    Tcp {
        /// A name or an address, without brackets.
        host: String,
        /// The port.
        port: u16,
        /// Whether it was written `smtps://`.
        smtps: bool,
    },
    /// A socket in the file system.
    Unix(String),
}

/// Why a target cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// It has no known form.
    #[error(
        "\"{0}\" is no target; expected host, host:port, [IPv6]:port, smtp://host, smtps://host, unix:/path or practice"
    )]
    Malformed(String),
    /// It names something that this version cannot do.
    #[error("\"{0}\": {1} is not part of this version yet")]
    NotYet(String, &'static str),
}

impl Target {
    /// Reads a target as it is written on the command line.
    ///
    /// # Errors
    /// If the text has no known form, or asks for what does not exist yet.
    pub fn read(text: &str) -> Result<Self, TargetError> {
        let not_yet = |what| Err(TargetError::NotYet(without_password(text), what));
        let malformed = || TargetError::Malformed(without_password(text));
        if text == "practice" {
            return Ok(Self::Practice);
        }
        if let Some(path) = text.strip_prefix("unix:") {
            return if path.is_empty() {
                Err(malformed())
            } else {
                Ok(Self::Unix(path.to_owned()))
            };
        }
        for (prefix, what) in [
            ("lmtp://", "LMTP"),
            ("mx:", "looking up an MX"),
            ("practice:", "a practice server with faults"),
        ] {
            if text.starts_with(prefix) {
                return not_yet(what);
            }
        }
        let inside = text.strip_prefix("smtps://");
        let (smtps, usual) =
            (inside.is_some(), if inside.is_some() { SMTPS_PORT } else { SMTP_PORT });
        let rest = inside.or_else(|| text.strip_prefix("smtp://")).unwrap_or(text);
        let (host, port) = split_port(rest.trim_end_matches('/'), usual).ok_or_else(malformed)?;
        let valid =
            !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || "/@[]<>".contains(c));
        if valid { Ok(Self::Tcp { host: host.to_owned(), port, smtps }) } else { Err(malformed()) }
    }

    /// The name for which its certificate has to be: in A-labels, and without the zone of an
    /// address, which this machine alone knows.
    pub fn server_name(&self) -> String {
        let host = match self {
            Self::Practice => "mx.example.net",
            Self::Tcp { host, .. } => host.as_str(),
            Self::Unix(_) => "localhost",
        };
        let of_address = |(address, _): &(&str, &str)| address.parse::<Ipv6Addr>().is_ok();
        let host = host.split_once('%').filter(of_address).map_or(host, |(address, _)| address);
        domain::to_ascii(host).unwrap_or_else(|| host.to_owned())
    }

    /// Whether TLS begins before anything is said, unless it is asked for otherwise.
    pub const fn is_implicit(&self) -> bool {
        matches!(self, Self::Tcp { smtps: true, .. } | Self::Tcp { port: SMTPS_PORT, .. })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Practice => f.write_str("practice"),
            Self::Tcp { host, port, smtps } => {
                let scheme = if *smtps { "smtps://" } else { "" };
                if host.contains(':') {
                    write!(f, "{scheme}[{host}]:{port}")
                } else {
                    write!(f, "{scheme}{host}:{port}")
                }
            }
            Self::Unix(path) => write!(f, "unix:{path}"),
        }
    }
}

/// Where a password stands in a target that is written as an address with a login, which is none:
/// between the user and the last `@`.
pub fn password_in(text: &str) -> Option<Span> {
    let begin = text.find("://").map_or(0, |at| at + 3);
    let end = text.rfind('@').filter(|end| *end > begin)?;
    let user = text.get(begin..end)?.find(':')?;
    Some(Span::new(begin + user + 1, end)).filter(|span| !span.is_empty())
}

fn without_password(text: &str) -> String {
    let Some(span) = password_in(text) else { return text.to_owned() };
    let (before, behind) = (text.get(..span.start), text.get(span.end..));
    [before.unwrap_or_default(), "***", behind.unwrap_or_default()].concat()
}

/// `host`, `host:port`, `[v6]`, `[v6]:port`, or a bare IPv6 address.
fn split_port(text: &str, usual: u16) -> Option<(&str, u16)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, tail) = rest.split_once(']')?;
        return match tail.strip_prefix(':') {
            Some(port) => Some((host, port.parse().ok()?)),
            None => tail.is_empty().then_some((host, usual)),
        };
    }
    match text.rsplit_once(':') {
        Some((host, _)) if host.contains(':') => Some((text, usual)),
        Some((host, port)) => Some((host, port.parse().ok()?)),
        None => Some((text, usual)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_no_password_again() {
        for (text, said) in [
            ("smtp://user:pw@mx", "smtp://user:***@mx"),
            ("user:p@w/x@mx:25", "user:***@mx:25"),
            ("lmtp://user:pw@mx", "lmtp://user:***@mx"),
            ("user@mx", "user@mx"),
            ("smtp://user:@mx", "smtp://user:@mx"),
            ("a b:25", "a b:25"),
        ] {
            let error = Target::read(text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("\"{said}\"")), "{error}");
        }
    }

    #[test]
    fn targets() {
        let tcp = |host: &str, port| Ok(Target::Tcp { host: host.into(), port, smtps: false });
        let smtps = |host: &str, port| Ok(Target::Tcp { host: host.into(), port, smtps: true });
        for (text, want) in [
            ("mx.example.net", tcp("mx.example.net", 25)),
            ("mx.example.net:2525", tcp("mx.example.net", 2525)),
            ("smtp://mx.example.net:587/", tcp("mx.example.net", 587)),
            ("[::1]:2525", tcp("::1", 2525)),
            ("[::1]", tcp("::1", 25)),
            ("::1", tcp("::1", 25)),
            ("smtps://mx.example.net", smtps("mx.example.net", 465)),
            ("smtps://[::1]:4650/", smtps("::1", 4650)),
            ("practice", Ok(Target::Practice)),
            ("unix:/run/lmtp", Ok(Target::Unix("/run/lmtp".into()))),
        ] {
            assert_eq!(Target::read(text), want, "{text}");
        }
        for text in [
            "",
            "a b",
            "mx:2525x",
            "host:99999",
            "unix:",
            "http://x",
            "[::1",
            "smtps://",
            "practice:x",
        ] {
            assert!(Target::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_certificate_is_for_a_name_that_can_be_asked_for() {
        for (text, name) in [
            ("practice", "mx.example.net"),
            ("unix:/run/m\u{fc}ller", "localhost"),
            ("smtps://m\u{fc}ller.example:587", "xn--mller-kva.example"),
            ("MX.example.net", "MX.example.net"),
            ("[fe80::1%lo]:25", "fe80::1"),
            ("fe80::1%eth0", "fe80::1"),
            ("odd%name", "odd%name"),
        ] {
            assert_eq!(Target::read(text).unwrap().server_name(), name, "{text}");
        }
    }
}
