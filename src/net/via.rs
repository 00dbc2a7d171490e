//! Servers that are reached through a proxy: SOCKS5 (RFC 1928) and CONNECT of HTTP (RFC 9110).
//!
//! The proxy looks the name up, so nothing is known here of its addresses. What it answers is kept
//! as evidence; its password is never told.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_socks::tcp::Socks5Stream;
use tokio_socks::{Error, TargetAddr};

use crate::journal::facts::DialReason;
use crate::smtp::target::{is_host, split_port};

use super::race::words;

/// The port of SOCKS (RFC 1928).
const SOCKS_PORT: u16 = 1080;

/// The port of HTTP proxies by custom.
const HTTP_PORT: u16 = 8080;

/// How much an HTTP proxy may say before the connection begins.
const ANSWER: usize = 16 << 10;

/// How much of its first line is told.
const SHOWN: usize = 512;

/// What a proxy speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Socks5,
    Http,
}

/// A proxy.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    kind: Kind,
    host: String,
    port: u16,
    /// User and password.
    login: Option<(String, String)>,
}

impl Proxy {
    /// Reads `socks5://[USER:PASSWORD@]HOST[:PORT]` or `http://…`.
    ///
    /// # Errors
    /// If it is none of these; without what was written, which may hold a password.
    pub fn read(text: &str) -> Result<Self, String> {
        const WRONG: &str = "expected socks5://[USER:PASSWORD@]HOST[:PORT] or http://…";
        let kinds = [("socks5://", Kind::Socks5), ("http://", Kind::Http)];
        let kind =
            kinds.into_iter().find_map(|(prefix, kind)| Some((text.strip_prefix(prefix)?, kind)));
        let (rest, kind) = kind.ok_or(WRONG)?;
        let rest = rest.trim_end_matches('/');
        let (login, place) = match rest.rsplit_once('@') {
            Some((login, place)) => {
                let (user, password) = login.split_once(':').ok_or(WRONG)?;
                (Some((decoded(user), decoded(password))), place)
            }
            None => (None, rest),
        };
        let usual = if kind == Kind::Socks5 { SOCKS_PORT } else { HTTP_PORT };
        let (host, port) = split_port(place, usual).ok_or(WRONG)?;
        if !is_host(host) {
            return Err(WRONG.to_owned());
        }
        Ok(Self { kind, host: host.to_owned(), port, login })
    }

    /// Its name or address.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Its port.
    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    /// Asks the proxy at the other end of `stream` to connect to `host`.
    ///
    /// # Errors
    /// With the reason, and what the proxy answered.
    pub(super) async fn connect(
        &self,
        stream: TcpStream,
        host: &str,
        port: u16,
    ) -> Result<TcpStream, (DialReason, String)> {
        match self.kind {
            Kind::Socks5 => self.by_socks(stream, host, port).await.map_err(|e| of_socks(&e)),
            Kind::Http => self.by_http(stream, host, port).await,
        }
    }

    async fn by_socks(&self, stream: TcpStream, host: &str, port: u16) -> Result<TcpStream, Error> {
        let target = match host.parse::<IpAddr>() {
            Ok(address) => TargetAddr::Ip(SocketAddr::new(address, port)),
            Err(_) => TargetAddr::Domain(host.into(), port),
        };
        let connected = match &self.login {
            Some((user, password)) => {
                let asking =
                    Socks5Stream::connect_with_password_and_socket(stream, target, user, password);
                asking.await
            }
            None => Socks5Stream::connect_with_socket(stream, target).await,
        };
        connected.map(Socks5Stream::into_inner)
    }

    async fn by_http(
        &self,
        mut stream: TcpStream,
        host: &str,
        port: u16,
    ) -> Result<TcpStream, (DialReason, String)> {
        let broken = |error: io::Error| (DialReason::Proxy, words(&error));
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let mut question = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n");
        if let Some((user, password)) = &self.login {
            let login = STANDARD.encode(format!("{user}:{password}"));
            question.push_str("Proxy-Authorization: Basic ");
            question.push_str(&login);
            question.push_str("\r\n");
        }
        question.push_str("\r\n");
        stream.write_all(question.as_bytes()).await.map_err(broken)?;
        let status = line(&mut stream).await.map_err(broken)?;
        let mut said = status.split(' ');
        let is_http = said.next().is_some_and(|word| word.starts_with("HTTP/1."));
        let code = said.next().unwrap_or_default();
        if !is_http || code.len() != 3 || !code.starts_with('2') {
            return Err((DialReason::Proxy, status.chars().take(SHOWN).collect()));
        }
        let mut size = 0;
        while size < ANSWER {
            let cut = |error| (DialReason::Proxy, format!("{status}: {}", words(&error)));
            let field = line(&mut stream).await.map_err(cut)?;
            if field.is_empty() {
                return Ok(stream);
            }
            size += field.len();
        }
        Err((DialReason::Proxy, format!("{status} \u{2026}")))
    }
}

/// A line of an HTTP proxy, without its end. Byte by byte, since what comes behind the last one is
/// the server's greeting.
async fn line(stream: &mut TcpStream) -> io::Result<String> {
    let mut line = Vec::new();
    while line.len() < ANSWER {
        match stream.read_u8().await {
            Ok(b'\n') => break,
            Ok(byte) => line.push(byte),
            Err(_) if !line.is_empty() => break,
            Err(error) => return Err(error),
        }
    }
    let line = line.strip_suffix(b"\r").unwrap_or(&line);
    Ok(String::from_utf8_lossy(line).into_owned())
}

/// Without the password.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.kind == Kind::Socks5 { "socks5" } else { "http" };
        let host = &self.host;
        if host.contains(':') {
            write!(f, "{kind}://[{host}]:{}", self.port)
        } else {
            write!(f, "{kind}://{host}:{}", self.port)
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

fn of_socks(error: &Error) -> (DialReason, String) {
    let detail = match error {
        Error::Io(error) => words(error),
        error => error.to_string(),
    };
    (DialReason::Proxy, detail)
}

/// `%40` is an at sign.
fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_read_and_their_passwords_never_told() {
        for (text, shown, login) in [
            ("socks5://proxy.example", "socks5://proxy.example:1080", None),
            (
                "socks5://me:s3cret@127.0.0.1:9050",
                "socks5://127.0.0.1:9050",
                Some(("me", "s3cret")),
            ),
            ("http://me:a%40b:c@[::1]:3128/", "http://[::1]:3128", Some(("me", "a@b:c"))),
            ("http://proxy.example/", "http://proxy.example:8080", None),
        ] {
            let proxy = Proxy::read(text).unwrap();
            assert_eq!((proxy.to_string(), format!("{proxy:?}")), (shown.into(), shown.into()));
            let own =
                proxy.login.as_ref().map(|(user, password)| (user.as_str(), password.as_str()));
            assert_eq!(own, login, "{text}");
        }
        for text in ["", "proxy.example", "socks4://x", "socks5://", "http://u@x", "http://u:p@"] {
            let wrong = Proxy::read(text).unwrap_err();
            assert!(!wrong.contains("u:p@"), "{wrong}");
        }
    }
}
