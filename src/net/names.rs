//! Names → addresses and mail hosts, each answer as evidence: who was asked, what came, how long it
//! took. Nothing here is validated, so nothing that follows from it is called secure.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::xfer::{DnsHandle as _, FirstAnswer as _};
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::ProtoError;
use hickory_resolver::proto::op::{DnsRequestOptions, DnsResponse, Message, Query, ResponseCode};
use hickory_resolver::proto::rr::{IntoName, Name, RData, RecordType};
use hickory_resolver::system_conf::read_system_conf;
use hickory_resolver::{NameServerPool, PoolContext, TlsConfig, TokioResolver};
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::journal::authenticity::{self, Answer, Record};
use crate::journal::facts::{NameKind, NameProblem};
use crate::journal::{Happening, NameFacts};
use crate::smtp::target::is_ipv6;
use crate::smtp::{domain, sts, tlsa};

use super::dial::{PATIENCE, Tell};
use super::micros;
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
        let texts = |found: &Vec<IpAddr>| Texts::new(found.iter().map(ToString::to_string));
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
        let texts = |found: &Vec<MailHost>| Texts::new(found.iter().map(written));
        self.tell(NameKind::Mx, asked, by, begun, found.as_ref().map(texts));
        found
    }

    /// The names of `address`, which are told.
    pub(super) async fn reverse(&self, address: IpAddr) -> Vec<String> {
        let written = address.to_string();
        let found = self.ask(
            NameKind::Reverse,
            &written,
            Ok(Name::from(address)),
            RecordType::PTR,
            |data| match data {
                RData::PTR(name) => Some(without_dot(&name.0.to_ascii()).to_owned()),
                _ => None,
            },
        );
        found.await
    }

    /// Tells to which addresses the name of an address leads.
    pub(super) async fn forward(&self, name: &str) {
        let begun = Instant::now();
        let (by, found) = match self.dns {
            Some(dns) => (dns.to_string(), ask_addresses(dns, name).await),
            None => (String::new(), system(name).await),
        };
        let texts = |found: &Vec<IpAddr>| Texts::new(found.iter().map(ToString::to_string));
        self.tell(NameKind::Forward, name, by, begun, found.as_ref().map(texts));
    }

    /// Tells what the owner of `domain` says about MTA-STS, and whether that is one record.
    pub(super) async fn sts(&self, domain: &str) -> bool {
        let ascii = domain::to_ascii(domain);
        let name = sts::record_name(ascii.as_deref().unwrap_or(domain));
        let text = |data: &RData| match data {
            // The pieces of one text belong together (RFC 8461 §3.1).
            RData::TXT(text) => Some(String::from_utf8_lossy(&text.txt_data.concat()).into_owned()),
            _ => None,
        };
        let found = self.ask(NameKind::Sts, &name, named(&name), RecordType::TXT, text).await;
        sts::record(&found).is_ok()
    }

    /// Tells what the owner of `host` says about the certificate at `port`.
    pub(super) async fn tlsa(&self, host: &str, port: u16) {
        let ascii = domain::to_ascii(host);
        let name = tlsa::record_name(ascii.as_deref().unwrap_or(host), port);
        let record = |data: &RData| match data {
            RData::TLSA(record) => Some(record.to_string()),
            _ => None,
        };
        self.ask(NameKind::Tlsa, &name, named(&name), RecordType::TLSA, record).await;
    }

    /// Asks one question, and tells what came: the texts of its records.
    async fn ask(
        &self,
        kind: NameKind,
        written: &str,
        name: Result<Name, String>,
        records: RecordType,
        text: impl Fn(&RData) -> Option<String>,
    ) -> Vec<String> {
        let begun = Instant::now();
        let (by, found) = match name {
            Ok(name) => ask_plainly(self.dns, Query::query(name, records)).await,
            Err(why) => (String::new(), Err((NameProblem::Other, why))),
        };
        let found = found.and_then(|message| read(&message, text));
        let answers = found.as_ref().map(|texts| texts.answers.clone()).unwrap_or_default();
        self.tell(kind, written, by, begun, found.as_ref().cloned());
        answers
    }

    fn tell(
        &self,
        kind: NameKind,
        name: &str,
        by: String,
        begun: Instant,
        found: Result<Texts, &Problem>,
    ) {
        let took = micros(begun.elapsed());
        let (Texts { answers, authentic }, problem, detail) = match found {
            Ok(texts) => (texts, None, String::new()),
            Err((problem, detail)) => (Texts::default(), Some(*problem), detail.clone()),
        };
        let name = name.to_owned();
        let facts = NameFacts { name, kind, by, answers, problem, detail, authentic, took };
        let _ = self.tell.send(Happening::LookedUp(Box::new(facts)));
    }
}

/// Answers as they are told.
#[derive(Clone, Debug, Default)]
struct Texts {
    answers: Vec<String>,
    /// Whether the name server says that it has validated them.
    authentic: bool,
}

impl Texts {
    fn new(answers: impl Iterator<Item = String>) -> Self {
        Self { answers: answers.collect(), authentic: false }
    }
}

/// The records of one kind in an answer.
fn read(found: &Message, text: impl Fn(&RData) -> Option<String>) -> Result<Texts, Problem> {
    let answers: Vec<_> = found.answers.iter().filter_map(|record| text(&record.data)).collect();
    if answers.is_empty() {
        return Err((NameProblem::NoRecord, String::new()));
    }
    Ok(Texts { answers, authentic: found.metadata.authentic_data })
}

fn without_dot(name: &str) -> &str {
    name.strip_suffix('.').filter(|name| !name.is_empty()).unwrap_or(name)
}

/// Whether nobody has to be asked.
pub(super) fn is_address(host: &str) -> bool {
    host.parse::<Ipv4Addr>().is_ok() || is_ipv6(host)
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
    let (config, options, by) = settings(dns)?;
    let provider = TokioRuntimeProvider::default();
    let builder = TokioResolver::builder_with_config(config, provider).with_options(options);
    let builder = builder.with_tls_config(without_roots()?);
    builder.build().map(|resolver| (resolver, by)).map_err(|error| error.to_string())
}

/// A resolver that knows no name server and no file of names.
pub(super) fn nobody() -> Option<TokioResolver> {
    static NOBODY: LazyLock<Option<TokioResolver>> = LazyLock::new(make_nobody);
    NOBODY.clone()
}

fn make_nobody() -> Option<TokioResolver> {
    let config = ResolverConfig::from_parts(None, Vec::new(), Vec::new());
    let mut options = ResolverOpts::default();
    options.use_hosts_file = ResolveHosts::Never;
    let builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
    builder.with_options(options).with_tls_config(without_roots().ok()?).build().ok()
}

/// Name servers are asked in clear text alone. By itself the library, as mail-auth wants it built,
/// would read the roots of the system for each question, and ask nothing where there are none.
fn without_roots() -> Result<ClientConfig, String> {
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| error.to_string())?;
    Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

/// Asks one question as it stands, and whether the name server has validated the answer (DO,
/// RFC 4035 §3.2.1); a resolver would answer for names of this machine itself.
async fn ask_plainly(
    dns: Option<SocketAddr>,
    question: Query,
) -> (String, Result<Message, Problem>) {
    let other = |why: String| (String::new(), Err((NameProblem::Other, why)));
    let (config, options, by) = match settings(dns) {
        Ok(settings) => settings,
        Err(why) => return other(why),
    };
    let context = match without_roots() {
        Ok(config) => Arc::new(PoolContext::new(options, TlsConfig { config })),
        Err(why) => return other(why),
    };
    let servers = config.name_servers().to_vec();
    let provider = TokioRuntimeProvider::default();
    let pool = NameServerPool::from_config(servers, context, provider);
    let mut wishes = DnsRequestOptions::default();
    (wishes.use_edns, wishes.edns_set_dnssec_ok) = (true, true);
    let asking = async {
        let answer = pool.lookup(question, wishes).first_answer().await?;
        DnsError::from_response(answer).map_err(NetError::from)
    };
    (by, in_time(asking).await.map(DnsResponse::into_message))
}

/// Whom to ask, how, and the same in words.
fn settings(dns: Option<SocketAddr>) -> Result<(ResolverConfig, ResolverOpts, String), String> {
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
    Ok((config, options, by))
}

/// Asks one question about the authenticity of a message.
pub(super) async fn look_up(dns: Option<SocketAddr>, record: Record, name: &str) -> Answer {
    let begun = Instant::now();
    let ascii = domain::to_ascii(name);
    let asked = match name.parse::<IpAddr>() {
        Ok(address) if record == Record::Ptr => Ok(Name::from(address)),
        _ => named(ascii.as_deref().unwrap_or(name)),
    };
    let (by, found) = match asked {
        Ok(asked) => ask_plainly(dns, Query::query(asked, kind(record))).await,
        Err(why) => (String::new(), Err((NameProblem::Other, why))),
    };
    let found = found.and_then(|message| read(&message, |data| value(record, data)));
    let (texts, problem, detail) = match found {
        Ok(texts) => (texts, None, String::new()),
        Err((problem, detail)) => (Texts::default(), Some(problem), detail),
    };
    let Texts { answers: values, authentic } = texts;
    let (name, took) = (name.to_owned(), micros(begun.elapsed()));
    Answer { name, record, by, values, problem, detail, authentic, took }
}

const fn kind(record: Record) -> RecordType {
    match record {
        Record::A => RecordType::A,
        Record::Aaaa => RecordType::AAAA,
        Record::Mx => RecordType::MX,
        Record::Ptr => RecordType::PTR,
        Record::Txt => RecordType::TXT,
    }
}

/// The value of a record that was asked for, as a zone file writes it.
fn value(record: Record, data: &RData) -> Option<String> {
    let host = |name: &Name| without_dot(&name.to_ascii()).to_owned();
    Some(match (record, data) {
        (Record::A, RData::A(address)) => address.0.to_string(),
        (Record::Aaaa, RData::AAAA(address)) => address.0.to_string(),
        (Record::Mx, RData::MX(mx)) => format!("{} {}", mx.preference, host(&mx.exchange)),
        (Record::Ptr, RData::PTR(name)) => host(&name.0),
        // The pieces of one text belong together (RFC 6376 §3.6.2.2, RFC 7208 §3.3).
        (Record::Txt, RData::TXT(text)) => authenticity::written(&text.txt_data.concat()),
        _ => return None,
    })
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
            let name = without_dot(&mx.exchange.to_ascii()).to_owned();
            Some(MailHost { preference: mx.preference, name })
        }
        _ => None,
    };
    let mut all: Vec<_> = found.answers().iter().filter_map(|r| host(&r.data)).collect();
    // Among equals the order is that of the answer, which name servers turn.
    all.sort_by_key(|host| host.preference);
    if all.is_empty() { Err((NameProblem::NoRecord, String::new())) } else { Ok(all) }
}

/// A name as it is asked for.
fn named(name: &str) -> Result<Name, String> {
    whole(name).into_name().map_err(|error| error.to_string())
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
