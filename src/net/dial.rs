//! How a connection to a target is made, and what is tried on the way.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use crate::journal::facts::{DialReason, NameProblem};
use crate::journal::{Attempt, DialFailure, Endpoints, Happening};
use crate::smtp::domain;

use super::micros;
use super::names::{MailHost, Names, is_address};
use super::pipe;
use super::race::{self, Won, race};
use super::route::Route;
use super::stream::Stream;
use super::via::Proxy;

pub use crate::smtp::target::Target;

/// How long one question about names may take.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How many hosts of one domain are tried.
const HOSTS: usize = 32;

/// Where is told what happens on the way: look-ups, and addresses that did not answer.
pub(super) type Tell = mpsc::UnboundedSender<Happening>;

/// A connection that was made.
pub struct Dialled {
    /// What carries it.
    pub stream: Stream,
    /// Its ends.
    pub endpoints: Endpoints,
    /// What a program says beside the talk.
    pub aside: Option<mpsc::Receiver<Happening>>,
}

impl Dialled {
    fn new(stream: Stream, endpoints: Endpoints) -> Self {
        Self { stream, endpoints, aside: None }
    }
}

/// Connects to `target` by `route`; `practice` is where the practice server listens. One address may
/// take `patience`. What happens on the way goes to `tell`.
///
/// # Errors
/// With the reason and the system's words if no address of the target answers.
pub(super) async fn dial(
    target: &Target,
    practice: Option<SocketAddr>,
    route: &Route,
    patience: Duration,
    tell: &Tell,
) -> Result<Dialled, DialFailure> {
    let names = Names { dns: route.dns, tell };
    let dialling = Dialling { target, route, patience, names, tell };
    let dialled = match target {
        Target::Practice { .. } => match practice {
            Some(address) => dialling.addresses(&[address]).await.map(|won| dialling.dialled(won)),
            None => Err(Missed::new(DialReason::Other, "no practice server is running")),
        },
        Target::Tcp { host, port, .. } => dialling.host(host, *port).await,
        Target::Mx { domain, port, nth } => dialling.domain(domain, *port, *nth).await,
        Target::Unix { path, .. } => dialling.unix(path).await,
        Target::Pipe { command, .. } => dialling.pipe(command),
    };
    let target = target.to_string();
    dialled.map_err(|missed| {
        let Missed { reason, at, detail, attempt } = missed;
        let took = attempt.map(|attempt| attempt.took);
        DialFailure { target, reason, at, detail, took }
    })
}

/// Why there is no connection.
struct Missed {
    reason: DialReason,
    /// What was not reached, if that is not the target.
    at: Option<String>,
    detail: String,
    /// The last address that was tried.
    attempt: Option<Attempt>,
}

impl Missed {
    fn new(reason: DialReason, detail: impl Into<String>) -> Self {
        Self { reason, at: None, detail: detail.into(), attempt: None }
    }

    fn after(attempt: Attempt) -> Self {
        let (reason, detail) = (attempt.reason, attempt.detail.clone());
        Self { attempt: Some(attempt), ..Self::new(reason, detail) }
    }

    /// It was `at` that could not be reached, on the way to the target.
    fn at(self, at: String) -> Self {
        Self { at: self.at.or(Some(at)), ..self }
    }

    fn because(error: &std::io::Error) -> Self {
        Self::new(race::reason(error.kind()), race::words(error))
    }

    /// A name server had no answer that helps; which one, was told.
    fn unnamed((problem, detail): (NameProblem, String)) -> Self {
        let (reason, code) = match problem {
            NameProblem::NoSuchName => (DialReason::UnknownName, "NXDOMAIN"),
            NameProblem::NoRecord => (DialReason::UnknownName, "NODATA"),
            NameProblem::ServerFailed => (DialReason::NoNameServer, "SERVFAIL"),
            NameProblem::ServerRefused => (DialReason::NoNameServer, "REFUSED"),
            NameProblem::TimedOut => (DialReason::NoNameServer, "timed out"),
            NameProblem::Other => (DialReason::Other, ""),
        };
        Self::new(reason, if detail.is_empty() { code.to_owned() } else { detail })
    }
}

/// One call, while it is made.
struct Dialling<'a> {
    target: &'a Target,
    route: &'a Route,
    patience: Duration,
    names: Names<'a>,
    tell: &'a Tell,
}

impl Dialling<'_> {
    /// Connects to the hosts of a domain in the order of its MX records, or to one of them.
    async fn domain(&self, domain: &str, port: u16, nth: Option<usize>) -> Result<Dialled, Missed> {
        let hosts = match self.names.mail_hosts(domain).await {
            Ok(hosts) => hosts,
            // Without MX records the domain itself is the host (RFC 5321 §5.1).
            Err((NameProblem::NoRecord, _)) => {
                vec![MailHost { preference: 0, name: domain.to_owned() }]
            }
            Err(problem) => return Err(Missed::unnamed(problem)),
        };
        if let [MailHost { preference, name }] = hosts.as_slice()
            && name == "."
        {
            return Err(Missed::new(DialReason::NullMx, format!("MX {preference} .")));
        }
        let count = hosts.len();
        let number = |at: &usize| nth.is_none_or(|nth| at + 1 == nth);
        let wanted = hosts.into_iter().enumerate().filter(|(at, _)| number(at));
        let mut wanted = wanted.map(|(_, host)| host.name);
        let mut last = Missed::new(DialReason::NoSuchHost, count.to_string());
        for name in wanted.by_ref().take(HOSTS) {
            match self.host(&name, port).await {
                Ok(mut dialled) => {
                    dialled.endpoints.host = Some(name);
                    return Ok(dialled);
                }
                // Without the proxy there is no other host either.
                Err(missed) if missed.at.is_some() => return Err(missed),
                Err(missed) => last = missed.at(name),
            }
        }
        race::leave_out(self.tell, wanted);
        Err(last)
    }

    /// Connects to a host by its name or address, or lets a proxy do it.
    async fn host(&self, host: &str, port: u16) -> Result<Dialled, Missed> {
        match &self.route.via {
            Some(proxy) => self.through(proxy, host, port).await,
            None => Ok(self.dialled(self.named(host, port).await?)),
        }
    }

    async fn through(&self, proxy: &Proxy, host: &str, port: u16) -> Result<Dialled, Missed> {
        let reached = self.named(proxy.host(), proxy.port()).await;
        let (stream, ..) = reached.map_err(|missed| missed.at(proxy.to_string()))?;
        let local = stream.local_addr().ok().map(|address| address.to_string());
        let ascii = domain::to_ascii(host);
        let host = ascii.as_deref().unwrap_or(host);
        let address = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let (address, begun) = (format!("{address}:{port}"), Instant::now());
        let late = |_| Err((DialReason::Proxy, race::words(&ErrorKind::TimedOut.into())));
        let connecting = proxy.connect(stream, host, port);
        let connected = tokio::time::timeout(self.patience, connecting).await.unwrap_or_else(late);
        let took = micros(begun.elapsed());
        let stream = connected.map_err(|(reason, answer)| {
            let detail = format!("{proxy}: {answer}");
            let attempt = Attempt { address: address.clone(), reason, detail, took };
            if matches!(self.target, Target::Mx { .. }) {
                let _ = self.tell.send(Happening::Tried(Box::new(attempt.clone())));
            }
            Missed::after(attempt)
        })?;
        let endpoints = Endpoints {
            local,
            remote: Some(address),
            via: Some(proxy.to_string()),
            took: Some(took),
            ..self.endpoints()
        };
        Ok(Dialled::new(Box::new(stream), endpoints))
    }

    /// Connects to the addresses of a name, or to one that was written.
    async fn named(&self, host: &str, port: u16) -> Result<Won, Missed> {
        let addresses = self.names.addresses(host, port).await.map_err(Missed::unnamed)?;
        let family = self.route.family();
        let fits = |address: &SocketAddr| family.is_none_or(|family| family.has(address));
        let (fitting, others): (Vec<_>, Vec<_>) = addresses.into_iter().partition(fits);
        if let (Some(family), true, false) = (family, fitting.is_empty(), others.is_empty()) {
            return Err(Missed::new(DialReason::NoFamily, family.to_string()));
        }
        self.addresses(&fitting).await.inspect_err(|missed| {
            // Of an address that was written there is nothing more to tell.
            let written = is_address(host) && !matches!(self.target, Target::Mx { .. });
            if let Some(attempt) = missed.attempt.as_ref().filter(|_| !written) {
                let _ = self.tell.send(Happening::Tried(Box::new(attempt.clone())));
            }
        })
    }

    /// Connects to the first of the addresses that answers.
    async fn addresses(&self, addresses: &[SocketAddr]) -> Result<Won, Missed> {
        let none = || Missed::new(DialReason::UnknownName, "NODATA");
        let won = race(addresses, self.route.source, self.patience, self.tell).await;
        won.map_err(|attempt| attempt.map_or_else(none, Missed::after))
    }

    fn dialled(&self, (stream, address, took): Won) -> Dialled {
        let endpoints = Endpoints {
            local: stream.local_addr().ok().map(|address| address.to_string()),
            remote: Some(address.to_string()),
            loopback: address.ip().to_canonical().is_loopback(),
            took: Some(micros(took)),
            ..self.endpoints()
        };
        Dialled::new(Box::new(stream), endpoints)
    }

    #[cfg(unix)]
    async fn unix(&self, path: &str) -> Result<Dialled, Missed> {
        let connecting = tokio::net::UnixStream::connect(path);
        let stream = connecting.await.map_err(|error| Missed::because(&error))?;
        let endpoints =
            Endpoints { remote: Some(path.to_owned()), loopback: true, ..self.endpoints() };
        Ok(Dialled::new(Box::new(stream), endpoints))
    }

    #[cfg(not(unix))]
    async fn unix(&self, _: &str) -> Result<Dialled, Missed> {
        Err(Missed::new(DialReason::Other, "this system has none"))
    }

    fn pipe(&self, command: &str) -> Result<Dialled, Missed> {
        let (stream, aside) = pipe::start(command).map_err(|error| Missed::because(&error))?;
        let endpoints =
            Endpoints { remote: Some(command.to_owned()), loopback: true, ..self.endpoints() };
        Ok(Dialled { stream, endpoints, aside: Some(aside) })
    }

    /// What is known of every connection.
    fn endpoints(&self) -> Endpoints {
        let target = self.target.to_string();
        Endpoints { target, protocol: self.target.protocol(), ..Endpoints::default() }
    }
}
