//! Names → addresses and mail hosts, each answer as evidence: who was asked, what came, how long it
//! took. Nothing here is validated, so nothing that follows from it is called secure.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::ProtoError;
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{IntoName, Name, RData};
use hickory_resolver::system_conf::read_system_conf;

use crate::journal::facts::{NameKind, NameProblem};
use crate::journal::{Happening, NameFacts};
use crate::smtp::domain;

use super::dial::{PATIENCE, Tell};
use super::race::words;

/// The port of name servers.
pub const DNS_PORT: u16 = 53;

/// How long a name server may take for one answer, which is asked for twice.
const ONE_ANSWER: Duration = Duration::from_secs(5);

/// Asks for names, and tells what came.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    /// The name server that is asked instead of the system.
    pub dns: Option<SocketAddr>,
    /// Where it is told.
    pub tell: &'a Tell,
}

/// A host that takes mail for a domain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct MailHost {
    pub preference: u16,
    pub name: String,
}

type Problem = (NameProblem, String);

impl Names<'_> {
    /// The addresses of `host`, of any family.
    ///
    /// # Errors
    /// With the reason, which was told as well.
    pub(super) async fn addresses(
        &self,
        host: &str,
        port: u16,
    ) -> Result<Vec<SocketAddr>, Problem> {
        let ascii = domain::to_ascii(host);
        let asked = ascii.as_deref().unwrap_or(host);
        if is_address(asked) {
            // With a zone it is the system that knows which.
            let found = tokio::net::lookup_host((asked, port)).await;
            return found.map(Iterator::collect).map_err(|e| (NameProblem::Other, words(&e)));
        }
        let begun = Instant::now();
        let by = self.dns.map(|dns| dns.to_string()).unwrap_or_default();
        let found = match self.dns {
            Some(dns) => ask_addresses(dns, asked).await,
            None => system(asked).await,
        };
        let texts = |found: &Vec<IpAddr>| found.iter().map(ToString::to_string).collect();
        self.tell(NameKind::Addresses, asked, by, begun, found.as_ref().map(texts));
        Ok(found?.into_iter().map(|address| SocketAddr::new(address, port)).collect())
    }

    /// The hosts that take mail for `domain`, the one to be tried first first (RFC 5321 §5.1).
    ///
    /// # Errors
    /// With the reason, which was told as well.
    pub(super) async fn mail_hosts(&self, domain: &str) -> Result<Vec<MailHost>, Problem> {
        let ascii = domain::to_ascii(domain);
        let asked = ascii.as_deref().unwrap_or(domain);
        let begun = Instant::now();
        let (by, found) = match resolver(self.dns) {
            Ok((resolver, by)) => (by, ask_mail_hosts(&resolver, asked).await),
            Err(why) => (String::new(), Err((NameProblem::Other, why))),
        };
        let written = |host: &MailHost| format!("{} {}", host.preference, host.name);
        let texts = |found: &Vec<MailHost>| found.iter().map(written).collect();
        self.tell(NameKind::Mx, asked, by, begun, found.as_ref().map(texts));
        found
    }

    fn tell(
        &self,
        kind: NameKind,
        name: &str,
        by: String,
        begun: Instant,
        found: Result<Vec<String>, &Problem>,
    ) {
        let took = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        let (answers, problem, detail) = match found {
            Ok(answers) => (answers, None, String::new()),
            Err((problem, detail)) => (Vec::new(), Some(*problem), detail.clone()),
        };
        let name = name.to_owned();
        let facts = NameFacts { name, kind, by, answers, problem, detail, took };
        let _ = self.tell.send(Happening::LookedUp(facts));
    }
}

/// Whether nobody has to be asked.
pub(super) fn is_address(host: &str) -> bool {
    let alone = host.split_once('%').map_or(host, |(address, _)| address);
    host.parse::<IpAddr>().is_ok() || alone.parse::<Ipv6Addr>().is_ok()
}

/// What the system knows: its files, its name servers, and whatever else it is told to ask.
async fn system(host: &str) -> Result<Vec<IpAddr>, Problem> {
    let found = tokio::time::timeout(PATIENCE, tokio::net::lookup_host((host, 0))).await;
    match found {
        Err(_) => Err((NameProblem::TimedOut, String::new())),
        // The system does not say in a way that can be read whether the name exists.
        Ok(Err(error)) => Err((NameProblem::NoRecord, words(&error))),
        Ok(Ok(addresses)) => {
            let mut all: Vec<IpAddr> = Vec::new();
            for address in addresses.map(|address| address.ip()) {
                if !all.contains(&address) {
                    all.push(address);
                }
            }
            Ok(all)
        }
    }
}

/// Somebody who asks `dns`, or the name servers of the system; and whom.
fn resolver(dns: Option<SocketAddr>) -> Result<(TokioResolver, String), String> {
    let (config, mut options, by) = match dns {
        None => {
            let (config, options) = read_system_conf().map_err(|error| error.to_string())?;
            let by = config.name_servers().iter().map(|server| server.ip.to_string());
            let by = by.collect::<Vec<_>>().join(", ");
            (config, options, by)
        }
        Some(dns) => {
            let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
            let connections = connections.map(|mut one| {
                one.port = dns.port();
                one
            });
            let mut server = NameServerConfig::udp_and_tcp(dns.ip());
            server.connections = connections.into();
            let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
            (config, ResolverOpts::default(), dns.to_string())
        }
    };
    options.timeout = ONE_ANSWER;
    options.attempts = 1;
    options.use_hosts_file = ResolveHosts::Never;
    let provider = TokioRuntimeProvider::default();
    let builder = TokioResolver::builder_with_config(config, provider).with_options(options);
    builder.build().map(|resolver| (resolver, by)).map_err(|error| error.to_string())
}

/// Both families at once.
async fn ask_addresses(dns: SocketAddr, host: &str) -> Result<Vec<IpAddr>, Problem> {
    let (resolver, _) = resolver(Some(dns)).map_err(|why| (NameProblem::Other, why))?;
    let (v6, v4) = tokio::join!(
        in_time(resolver.ipv6_lookup(whole(host))),
        in_time(resolver.ipv4_lookup(whole(host))),
    );
    let failed = v4.as_ref().err().or_else(|| v6.as_ref().err()).cloned();
    let records = [v6, v4].into_iter().flatten();
    let records = records.flat_map(|lookup| lookup.answers().to_vec());
    let address = |data: &RData| match data {
        RData::A(a) => Some(IpAddr::from(a.0)),
        RData::AAAA(a) => Some(IpAddr::from(a.0)),
        _ => None,
    };
    let all: Vec<_> = records.filter_map(|record| address(&record.data)).collect();
    match failed {
        Some(problem) if all.is_empty() => Err(problem),
        _ => Ok(all),
    }
}

async fn ask_mail_hosts(resolver: &TokioResolver, domain: &str) -> Result<Vec<MailHost>, Problem> {
    let found = in_time(resolver.mx_lookup(whole(domain))).await?;
    let host = |data: &RData| match data {
        RData::MX(mx) => {
            let name = mx.exchange.to_ascii();
            let name = name.strip_suffix('.').filter(|name| !name.is_empty()).unwrap_or(&name);
            Some(MailHost { preference: mx.preference, name: name.to_owned() })
        }
        _ => None,
    };
    let mut all: Vec<_> = found.answers().iter().filter_map(|r| host(&r.data)).collect();
    // Among equals the order is that of the answer, which name servers turn.
    all.sort_by_key(|host| host.preference);
    if all.is_empty() { Err((NameProblem::NoRecord, String::new())) } else { Ok(all) }
}

/// A name to which nothing is added.
fn whole(name: &str) -> Whole<'_> {
    Whole(name)
}

/// Names of hosts have letters, digits and hyphens (RFC 5321 §4.1.2). One with another character,
/// such as an underscore, is asked for all the same; the library would not.
struct Whole<'a>(&'a str);

impl IntoName for Whole<'_> {
    fn into_name(self) -> Result<Name, ProtoError> {
        let mut name = Name::from_ascii(self.0)?;
        name.set_fqdn(true);
        Ok(name)
    }

    fn to_ip(&self) -> Option<IpAddr> {
        None
    }
}

async fn in_time<T>(asking: impl Future<Output = Result<T, NetError>>) -> Result<T, Problem> {
    match tokio::time::timeout(PATIENCE, asking).await {
        Err(_) => Err((NameProblem::TimedOut, String::new())),
        Ok(found) => found.map_err(|error| problem(&error)),
    }
}

fn problem(error: &NetError) -> Problem {
    let code = match error {
        NetError::Dns(DnsError::ResponseCode(code)) => Some(*code),
        NetError::Dns(DnsError::NoRecordsFound(none)) => Some(none.response_code),
        _ => None,
    };
    let problem = match (code, error) {
        (Some(ResponseCode::NXDomain), _) => NameProblem::NoSuchName,
        (Some(ResponseCode::NoError), _) => NameProblem::NoRecord,
        (Some(ResponseCode::ServFail), _) => NameProblem::ServerFailed,
        (Some(ResponseCode::Refused), _) => NameProblem::ServerRefused,
        (_, NetError::Timeout | NetError::NoConnections) => NameProblem::TimedOut,
        _ => NameProblem::Other,
    };
    let known = problem != NameProblem::Other;
    (problem, if known { String::new() } else { error.to_string() })
}
