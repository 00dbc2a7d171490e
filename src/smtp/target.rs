//! Where to connect, as a person writes it, and what is spoken there: `host`, `host:port`,
//! `[IPv6]:port`, `smtps://host`, `lmtp://host`, `mx:domain`, `unix:/path`, `pipe:COMMAND` or
//! `practice`, `practice:FAULT`. `lmtp:` before `unix:` or `pipe:` stands for LMTP, as in Postfix's tables.

use std::fmt;
use std::net::Ipv6Addr;

use serde::{Deserialize, Serialize};

use super::{Span, domain};

/// The port of SMTP (RFC 5321 §4.5.4.2).
pub const SMTP_PORT: u16 = 25;

/// The port of SMTP inside TLS (RFC 8314 §7.3).
pub const SMTPS_PORT: u16 = 465;

/// The port of LMTP by custom; it has none of its own, and may not use that of SMTP (RFC 2033 §5).
pub const LMTP_PORT: u16 = 24;

/// What is spoken with a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// RFC 5321.
    #[default]
    Smtp,
    /// RFC 2033: LHLO, and one reply for each recipient behind the message.
    Lmtp,
}

impl Protocol {
    /// Whether it is SMTP.
    pub fn is_smtp(&self) -> bool {
        *self == Self::Smtp
    }
}

/// How a host and a port were written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scheme {
    /// `smtp://`, or nothing.
    #[default]
    Smtp,
    /// `smtps://`: TLS from the first byte.
    Smtps,
    /// `lmtp://`.
    Lmtp,
}

impl Scheme {
    const ALL: [Self; 3] = [Self::Smtp, Self::Smtps, Self::Lmtp];

    const fn prefix(self) -> &'static str {
        match self {
            Self::Smtp => "smtp://",
            Self::Smtps => "smtps://",
            Self::Lmtp => "lmtp://",
        }
    }

    const fn port(self) -> u16 {
        match self {
            Self::Smtp => SMTP_PORT,
            Self::Smtps => SMTPS_PORT,
            Self::Lmtp => LMTP_PORT,
        }
    }
}

/// Where to connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The practice server inside this program, with these faults.
    Practice {
        /// Their names, with `+` between them; none for a good server.
        faults: String,
    },
    /// A host and a port.
    Tcp {
        /// A name or an address, without brackets.
        host: String,
        /// The port.
        port: u16,
        /// How it was written.
        scheme: Scheme,
    },
    /// A socket in the file system.
    Unix {
        /// Its path.
        path: String,
        /// What is spoken there.
        protocol: Protocol,
    },
    /// A program that speaks on its standard input and output.
    Pipe {
        /// The line for the shell.
        command: String,
        /// What it speaks.
        protocol: Protocol,
    },
    /// Whoever takes mail for a domain, by its MX records.
    Mx {
        /// The domain.
        domain: String,
        /// The port; mail has only one, tests have others.
        port: u16,
        /// The number of the one host that is wanted, from 1.
        nth: Option<usize>,
    },
}

/// Why a target cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// It has no known form.
    #[error(
        "\"{0}\" is no target; expected host, host:port, [IPv6]:port, smtp://host, smtps://host, lmtp://host, mx:domain, unix:/path, pipe:COMMAND, lmtp:unix:/path, lmtp://unix:/path, lmtp:pipe:COMMAND, practice or practice:FAULT"
    )]
    Malformed(String),
}

impl Target {
    /// The practice server as a good one.
    pub const fn practice() -> Self {
        Self::Practice { faults: String::new() }
    }

    /// Reads a target as it is written on the command line.
    ///
    /// # Errors
    /// If the text has no known form, or asks for what does not exist yet.
    pub fn read(text: &str) -> Result<Self, TargetError> {
        Self::understand(text).ok_or_else(|| TargetError::Malformed(without_password(text)))
    }

    fn understand(text: &str) -> Option<Self> {
        if let Some(rest) = text.strip_prefix("practice") {
            match rest.strip_prefix(':') {
                None if rest.is_empty() => return Some(Self::practice()),
                Some(faults) => {
                    let named = !faults.is_empty() && !faults.contains(char::is_whitespace);
                    return named.then(|| Self::Practice { faults: faults.to_owned() });
                }
                // A host can be called so.
                None => {}
            }
        }
        let (protocol, local) = match text.strip_prefix("lmtp:") {
            // Behind `//` stands a host, which can be called so, or a path from the root on.
            Some(rest) => {
                let path = rest.strip_prefix("//").filter(|path| path.starts_with("unix:/"));
                (Protocol::Lmtp, path.unwrap_or(rest))
            }
            None => (Protocol::Smtp, text),
        };
        let something = |rest: &str| (!rest.trim().is_empty()).then(|| rest.to_owned());
        if let Some(path) = local.strip_prefix("unix:") {
            return Some(Self::Unix { path: something(path)?, protocol });
        }
        if let Some(command) = local.strip_prefix("pipe:") {
            return Some(Self::Pipe { command: something(command)?, protocol });
        }
        if let Some(rest) = text.strip_prefix("mx:") {
            let (rest, nth) = match rest.split_once('#') {
                Some((rest, nth)) => (rest, Some(nth.parse().ok().filter(|nth| *nth > 0)?)),
                None => (rest, None),
            };
            let (domain, port) = split_port(rest, SMTP_PORT)?;
            let is_domain = is_host(domain) && !domain.contains(':');
            return is_domain.then(|| Self::Mx { domain: domain.to_owned(), port, nth });
        }
        let written = Scheme::ALL.into_iter().find(|scheme| text.starts_with(scheme.prefix()));
        let scheme = written.unwrap_or_default();
        let rest = written.and_then(|s| text.strip_prefix(s.prefix())).unwrap_or(text);
        let (host, port) = split_port(rest.trim_end_matches('/'), scheme.port())?;
        is_host(host).then(|| Self::Tcp { host: host.to_owned(), port, scheme })
    }

    /// What is spoken there.
    pub const fn protocol(&self) -> Protocol {
        match self {
            Self::Tcp { scheme: Scheme::Lmtp, .. } => Protocol::Lmtp,
            Self::Unix { protocol, .. } | Self::Pipe { protocol, .. } => *protocol,
            Self::Practice { .. } | Self::Tcp { .. } | Self::Mx { .. } => Protocol::Smtp,
        }
    }

    /// The name for which its certificate has to be: in A-labels, and without the zone of an
    /// address, which this machine alone knows. Behind MX records it is the name of the host that
    /// was reached, which only dialling tells.
    pub fn server_name(&self) -> String {
        let host = match self {
            Self::Practice { .. } => "mx.example.net",
            Self::Tcp { host, .. } => host.as_str(),
            Self::Mx { domain, .. } => domain.as_str(),
            Self::Unix { .. } | Self::Pipe { .. } => "localhost",
        };
        let zone = host.split_once('%').filter(|_| is_ipv6(host));
        let host = zone.map_or(host, |(address, _)| address);
        domain::to_ascii(host).unwrap_or_else(|| host.to_owned())
    }

    /// The name that is looked up, if any.
    pub fn host(&self) -> Option<&str> {
        match self {
            Self::Tcp { host, .. } => Some(host),
            Self::Mx { domain, .. } => Some(domain),
            _ => None,
        }
    }

    /// Whether TLS begins before anything is said, unless it is asked for otherwise.
    pub const fn is_implicit(&self) -> bool {
        matches!(
            self,
            Self::Tcp { scheme: Scheme::Smtps, .. }
                | Self::Tcp { port: SMTPS_PORT, scheme: Scheme::Smtp, .. }
        )
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lmtp = if self.protocol() == Protocol::Lmtp { "lmtp:" } else { "" };
        match self {
            Self::Practice { faults } if faults.is_empty() => f.write_str("practice"),
            Self::Practice { faults } => write!(f, "practice:{faults}"),
            Self::Tcp { host, port, scheme } => {
                let scheme = if *scheme == Scheme::Smtp { "" } else { scheme.prefix() };
                if host.contains(':') {
                    write!(f, "{scheme}[{host}]:{port}")
                } else {
                    write!(f, "{scheme}{host}:{port}")
                }
            }
            Self::Unix { path, .. } => write!(f, "{lmtp}unix:{path}"),
            Self::Pipe { command, .. } => write!(f, "{lmtp}pipe:{command}"),
            Self::Mx { domain, port, nth } => {
                write!(f, "mx:{domain}")?;
                if *port != SMTP_PORT {
                    write!(f, ":{port}")?;
                }
                nth.map_or(Ok(()), |nth| write!(f, "#{nth}"))
            }
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

/// The same text with its password, if it has one, veiled.
pub fn without_password(text: &str) -> String {
    let Some(span) = password_in(text) else { return text.to_owned() };
    let (before, behind) = (text.get(..span.start), text.get(span.end..));
    [before.unwrap_or_default(), "***", behind.unwrap_or_default()].concat()
}

/// Whether `text` can stand for a host; a colon stands only in an IPv6 address.
pub fn is_host(text: &str) -> bool {
    let wrong = |c: char| c.is_whitespace() || c.is_control() || "/@[]<>#".contains(c);
    !text.is_empty() && !text.contains(wrong) && (!text.contains(':') || is_ipv6(text))
}

/// Whether it is an IPv6 address, with a zone or without.
pub fn is_ipv6(text: &str) -> bool {
    text.split_once('%').map_or(text, |(address, _)| address).parse::<Ipv6Addr>().is_ok()
}

/// Cuts `host`, `host:port`, `[v6]`, `[v6]:port` or a bare IPv6 address in two; the port is the
/// usual one where none is written. Mail writes an address as `[IPv6:…]` (RFC 5321 §4.1.3).
pub fn split_port(text: &str, usual: u16) -> Option<(&str, u16)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, tail) = rest.split_once(']')?;
        let host = host.strip_prefix("IPv6:").unwrap_or(host);
        return match tail.strip_prefix(':') {
            Some(written) => Some((host, port(written)?)),
            None => tail.is_empty().then_some((host, usual)),
        };
    }
    match text.rsplit_once(':') {
        Some((host, _)) if host.contains(':') => Some((text, usual)),
        Some((host, written)) => Some((host, port(written)?)),
        None => Some((text, usual)),
    }
}

/// Nobody listens at port 0.
fn port(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port > 0)
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
        let tcp = |host: &str, port, scheme| Target::Tcp { host: host.into(), port, scheme };
        let unix = |path: &str, protocol| Target::Unix { path: path.into(), protocol };
        let pipe = |command: &str, protocol| Target::Pipe { command: command.into(), protocol };
        let mx = |domain: &str, port, nth| Target::Mx { domain: domain.into(), port, nth };
        let faulty = |faults: &str| Target::Practice { faults: faults.into() };
        for (text, want, written) in [
            ("mx.example.net", tcp("mx.example.net", 25, Scheme::Smtp), "mx.example.net:25"),
            ("mx.example.net:2525", tcp("mx.example.net", 2525, Scheme::Smtp), ""),
            (
                "smtp://mx.example.net:587/",
                tcp("mx.example.net", 587, Scheme::Smtp),
                "mx.example.net:587",
            ),
            ("[::1]:2525", tcp("::1", 2525, Scheme::Smtp), ""),
            ("[::1]", tcp("::1", 25, Scheme::Smtp), "[::1]:25"),
            ("::1", tcp("::1", 25, Scheme::Smtp), "[::1]:25"),
            ("[IPv6:::1]:26", tcp("::1", 26, Scheme::Smtp), "[::1]:26"),
            ("fe80::1%eth0", tcp("fe80::1%eth0", 25, Scheme::Smtp), "[fe80::1%eth0]:25"),
            ("smtps://h", tcp("h", 465, Scheme::Smtps), "smtps://h:465"),
            ("smtps://[::1]:4650/", tcp("::1", 4650, Scheme::Smtps), "smtps://[::1]:4650"),
            ("lmtp://h", tcp("h", 24, Scheme::Lmtp), "lmtp://h:24"),
            ("lmtp://[::1]:2400", tcp("::1", 2400, Scheme::Lmtp), ""),
            ("practice", Target::practice(), ""),
            ("practice:greylist+tarpit=2s", faulty("greylist+tarpit=2s"), ""),
            ("practice-1", tcp("practice-1", 25, Scheme::Smtp), "practice-1:25"),
            ("unix:/run/smtp", unix("/run/smtp", Protocol::Smtp), ""),
            ("lmtp:unix:/run/lmtp", unix("/run/lmtp", Protocol::Lmtp), ""),
            ("lmtp://unix:24", tcp("unix", 24, Scheme::Lmtp), ""),
            ("lmtp://pipe:24", tcp("pipe", 24, Scheme::Lmtp), ""),
            ("lmtp://unix:/run/x", unix("/run/x", Protocol::Lmtp), "lmtp:unix:/run/x"),
            ("pipe:exim4 -bs", pipe("exim4 -bs", Protocol::Smtp), ""),
            ("lmtp:pipe:lmtpd -x a:b#2", pipe("lmtpd -x a:b#2", Protocol::Lmtp), ""),
            ("mx:example.net", mx("example.net", 25, None), ""),
            ("mx:example.net:25", mx("example.net", 25, None), "mx:example.net"),
            ("mx:example.net:2525#2", mx("example.net", 2525, Some(2)), ""),
        ] {
            let read = Target::read(text).unwrap();
            assert_eq!(read, want, "{text}");
            assert_eq!(read.to_string(), if written.is_empty() { text } else { written });
            assert_eq!(Target::read(&read.to_string()), Ok(want), "{text}");
            let lmtp = text.starts_with("lmtp");
            assert_eq!(read.protocol() == Protocol::Lmtp, lmtp, "{text}");
        }
        for text in [
            "",
            "a b",
            "mx:2525x:y",
            "mx:",
            "mx:example.net#0",
            "mx:example.net#x",
            "mx:::1",
            "host:99999",
            "host:0",
            "host:+25",
            "host:25:587",
            "127.0.0.1:25:25",
            "[host:25]:25",
            "e\u{7}x",
            "unix:",
            "pipe: ",
            "lmtp:unix:",
            "lmtp://unix:",
            "lmtp://pipe:id",
            "lmtp:host",
            "http://x",
            "[::1",
            "smtps://",
            "lmtp://",
            "practice:",
        ] {
            assert!(Target::read(text).is_err(), "{text}");
        }
        assert!(Target::read("h:465").unwrap().is_implicit());
        assert!(!Target::read("lmtp://h:465").unwrap().is_implicit());
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
