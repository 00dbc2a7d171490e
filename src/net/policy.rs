//! The policy of MTA-STS, fetched over HTTPS (RFC 8461 §3.3): its host is trusted by its certificate
//! alone, nothing that leads elsewhere is followed, and a body has a limit.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderName, LOCATION, USER_AGENT};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::sync::mpsc;

use crate::journal::facts::{PolicyFacts, PolicyProblem};
use crate::smtp::domain;
use crate::smtp::sts;
use crate::smtp::target::{Scheme, Target};

use super::dial::{PATIENCE, dial};
use super::micros;
use super::route::Route;
use super::tls::{Choice, When, Wishes};

/// The port of HTTPS.
const HTTPS_PORT: u16 = 443;

/// The longest policy (RFC 8461 §3.3).
const LONGEST: usize = 64 << 10;

/// How long it may take to fetch one (RFC 8461 §3.3).
const ONE_POLICY: Duration = Duration::from_mins(1);

/// Fetches the policy of `domain`, from `address` instead of the host's own if there is one.
pub(super) async fn fetch(
    domain: &str,
    address: Option<SocketAddr>,
    route: &Route,
    wishes: &Wishes,
) -> PolicyFacts {
    let begun = Instant::now();
    let domain = domain::to_ascii(domain).unwrap_or_else(|| domain.to_owned());
    let host = sts::policy_host(&domain);
    let mut facts = PolicyFacts { domain, host, ..PolicyFacts::default() };
    let asking = ask(&mut facts, address, route, wishes);
    let asked = tokio::time::timeout(ONE_POLICY, asking).await;
    let asked = asked.unwrap_or_else(|_| Err((PolicyProblem::TimedOut, String::new())));
    if let Err((problem, detail)) = asked {
        (facts.problem, facts.detail) = (Some(problem), detail);
    }
    facts.took = micros(begun.elapsed());
    facts
}

async fn ask(
    facts: &mut PolicyFacts,
    address: Option<SocketAddr>,
    route: &Route,
    wishes: &Wishes,
) -> Result<(), (PolicyProblem, String)> {
    let (host, port) = match address {
        Some(address) => (address.ip().to_string(), address.port()),
        None => (facts.host.clone(), HTTPS_PORT),
    };
    let target = Target::Tcp { host, port, scheme: Scheme::Smtp };
    // What is told on the way there is told in one: that it was reached, or why not.
    let (tell, _told) = mpsc::unbounded_channel();
    let dialled = dial(&target, None, route, PATIENCE, &tell).await;
    let dialled = dialled.map_err(|failure| (PolicyProblem::Unreachable, failure.detail))?;
    facts.address = dialled.endpoints.remote;
    let wishes =
        Wishes { roots: wishes.roots.clone(), only_these: wishes.only_these, ..Wishes::default() };
    let choice = Choice { when: When::Implicit, wishes, ..Choice::default() };
    let (Some(layer), _) = choice.client(&target, Some(&facts.host), None, false) else {
        return Err((PolicyProblem::Tls, String::new()));
    };
    let stream = match layer.shake(dialled.stream, PATIENCE).await {
        Ok((stream, secured)) => {
            facts.tls = Some(secured);
            stream
        }
        Err(failed) => {
            facts.tls = Some(failed.failure.facts).filter(|known| !known.is_empty());
            let reason = failed.failure.reason.name();
            let detail = failed.failure.detail;
            return Err((
                PolicyProblem::Tls,
                if detail.is_empty() { reason.into() } else { detail },
            ));
        }
    };
    let broken = |error: hyper::Error| (PolicyProblem::Http, error.to_string());
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    // It ends with whoever asks.
    tokio::spawn(connection);
    let question = Request::get(sts::PATH)
        .header(HOST, &facts.host)
        .header(USER_AGENT, concat!("ehlo/", env!("CARGO_PKG_VERSION")))
        .header(ACCEPT, "text/plain")
        .body(Empty::<Bytes>::new())
        .map_err(|error| (PolicyProblem::Http, error.to_string()))?;
    let answer = sender.send_request(question).await.map_err(broken)?;
    let status = answer.status();
    let field = |name: HeaderName| {
        let value = answer.headers().get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    facts.status = Some(status.as_u16());
    facts.media = field(CONTENT_TYPE);
    facts.location = field(LOCATION);
    if status.is_redirection() {
        return Err((PolicyProblem::Redirect, String::new()));
    }
    if status != StatusCode::OK {
        return Err((PolicyProblem::Status, String::new()));
    }
    let body = Limited::new(answer.into_body(), LONGEST).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() {
            (PolicyProblem::TooLong, String::new())
        } else {
            (PolicyProblem::Http, error.to_string())
        }
    })?;
    facts.body = Some(String::from_utf8_lossy(&body.to_bytes()).into_owned());
    let media = facts.media.as_deref().unwrap_or_default();
    let kind = media.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("text/plain") {
        Ok(())
    } else {
        Err((PolicyProblem::Media, String::new()))
    }
}
