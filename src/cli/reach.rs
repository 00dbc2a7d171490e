//! Options about the way to a server, which every way of running knows.

use std::net::SocketAddr;

use clap::Args;
use clap::builder::TypedValueParser;

use crate::journal::transcript::{self, Place};
use crate::knowledge::Lang;
use crate::net::inquiry::{Asks, Inquiring};
use crate::net::names::DNS_PORT;
use crate::net::route::{Family, Preface, Route, address};
use crate::net::via::Proxy;
use crate::smtp::proxy::Version;

/// Options about the way to a server.
#[derive(Args, Clone, Debug, Default)]
pub struct ReachArgs {
    /// Reach servers by IPv4 alone
    #[arg(short = '4', long, global = true, group = "family")]
    ipv4: bool,
    /// Reach servers by IPv6 alone
    #[arg(short = '6', long, global = true, group = "family")]
    ipv6: bool,
    /// Call from this address of this host; IPv6 with a port has brackets
    #[arg(long, global = true, value_name = "ADDR[:PORT]", value_parser = source)]
    source: Option<SocketAddr>,
    /// Ask this name server instead of those of the system
    #[arg(long, global = true, value_name = "ADDR[:PORT]", value_parser = name_server)]
    dns: Option<SocketAddr>,
    /// Let a proxy connect: a SOCKS5 one (socks5://), or an HTTP one (http://) by CONNECT; a user
    /// and a password stand before its host, a port behind
    #[arg(long, global = true, value_name = "PROXY", value_parser = Proxy::read)]
    via: Option<Proxy>,
    /// Send a header of the PROXY protocol first: v1, v2, v1-unknown, v2-local; any other text is
    /// sent as it stands, with \\r \\n \\xHH, and \\c at the end for no CRLF
    #[arg(long, global = true, value_name = "FORM|TEXT", value_parser = form)]
    proxy_protocol: Option<Preface>,
    /// Where that header says that the connection comes from; IPv6 has brackets
    #[arg(long, global = true, value_name = "ADDR:PORT", requires = "proxy_protocol")]
    proxy_source: Option<SocketAddr>,
    /// Where it says that the connection leads to
    #[arg(long, global = true, value_name = "ADDR:PORT", requires = "proxy_protocol")]
    proxy_destination: Option<SocketAddr>,
    /// What name servers are asked about a server beside its addresses: auto asks for the names of a
    /// public address, and behind mx: for MTA-STS and DANE; all asks also about private addresses
    #[arg(long, global = true, value_name = "WHAT", value_parser = asks())]
    who: Option<Asks>,
    /// The domain whose MTA-STS policy the server is judged by; that of mx: without this
    #[arg(long, global = true, value_name = "DOMAIN", value_parser = domain)]
    sts: Option<String>,
    /// Fetch that policy from this address instead of its own host
    #[arg(long, global = true, value_name = "ADDR[:PORT]", value_parser = policy_server)]
    sts_address: Option<SocketAddr>,
}

/// The port of HTTPS.
const HTTPS_PORT: u16 = 443;

impl ReachArgs {
    /// What of it cannot be had together.
    pub(super) fn conflict(&self) -> Option<&'static str> {
        let source = self
            .source
            .filter(|source| (self.ipv4 && source.is_ipv6()) || (self.ipv6 && source.is_ipv4()));
        source.map(|_| "--source is an address of the other family than -4 or -6")
    }

    /// What was chosen.
    pub fn route(&self) -> Route {
        let family = self.ipv4.then_some(Family::V4).or_else(|| self.ipv6.then_some(Family::V6));
        let preface = self.proxy_protocol.clone().map(|preface| match preface {
            Preface::Header { version, named, .. } => Preface::Header {
                version,
                named,
                source: self.proxy_source,
                destination: self.proxy_destination,
            },
            raw @ Preface::Raw(_) => raw,
        });
        let (source, dns, via) = (self.source, self.dns, self.via.clone());
        let inquiring = Inquiring {
            asks: self.who.unwrap_or_default(),
            domain: self.sts.clone(),
            policy_at: self.sts_address,
        };
        Route { family, source, dns, via, preface, inquiring }
    }
}

/// Any port, unless one is written.
fn source(text: &str) -> Result<SocketAddr, String> {
    address(text, 0)
}

fn name_server(text: &str) -> Result<SocketAddr, String> {
    address(text, DNS_PORT)
}

fn policy_server(text: &str) -> Result<SocketAddr, String> {
    address(text, HTTPS_PORT)
}

fn domain(text: &str) -> Result<String, String> {
    let wrong = text.is_empty() || text.contains(|c: char| c.is_whitespace() || "/:@".contains(c));
    if wrong {
        Err("expected a domain such as example.net".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

fn asks() -> impl TypedValueParser<Value = Asks> {
    super::tls::one_of(&Asks::ALL)
}

/// The forms of a header, by the names under which they are chosen.
const FORMS: [(&str, Version, bool); 4] = [
    ("v1", Version::V1, true),
    ("v2", Version::V2, true),
    ("v1-unknown", Version::V1, false),
    ("v2-local", Version::V2, false),
];

fn form(text: &str) -> Result<Preface, String> {
    if let Some((_, version, named)) = FORMS.into_iter().find(|(name, ..)| *name == text) {
        return Ok(Preface::Header { version, named, source: None, destination: None });
    }
    // Who misremembers a name does not mean to send it.
    let digits = text.strip_prefix(['v', 'V']);
    if digits.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
        let names = FORMS.map(|(name, ..)| name).join(", ");
        return Err(format!("expected {names}, or text that does not begin like these"));
    }
    let read = transcript::text(text.as_bytes(), Place { line: 1, column: 1 });
    let told = |error| crate::display::transcript::say(&error, Lang::En);
    read.map(|text| Preface::Raw(text.wire())).map_err(told)
}
