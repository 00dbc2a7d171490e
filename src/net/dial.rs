//! How a connection to a target is made.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;

use crate::journal::facts::DialReason;
use crate::journal::{DialFailure, Endpoints};
use crate::smtp::domain;

use super::stream::Stream;

pub use crate::smtp::target::Target;

/// How long one address may take to answer. A busy network answers in one second, and a person
/// waits no longer than this.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Connects to `target`; `practice` is where the practice server listens.
///
/// # Errors
/// With the reason and the system's words if no address of the target answers.
pub async fn dial(
    target: &Target,
    practice: Option<SocketAddr>,
) -> Result<(Stream, Endpoints), DialFailure> {
    let name = target.to_string();
    match target {
        Target::Practice => match practice {
            Some(address) => tcp(&name, vec![address]).await,
            None => Err(failure(&name, DialReason::Other, "no practice server is running")),
        },
        Target::Tcp { host, port, .. } => {
            let ascii = domain::to_ascii(host);
            let asked = (ascii.as_deref().unwrap_or(host), *port);
            let found = tokio::time::timeout(PATIENCE, tokio::net::lookup_host(asked)).await;
            let addresses: Vec<_> = match found {
                Ok(Ok(addresses)) => addresses.collect(),
                Ok(Err(error)) => {
                    return Err(failure(&name, DialReason::UnknownName, &error.to_string()));
                }
                Err(_) => {
                    return Err(failure(
                        &name,
                        DialReason::TimedOut,
                        "the name server did not answer",
                    ));
                }
            };
            tcp(&name, addresses).await
        }
        #[cfg(not(unix))]
        Target::Unix(_) => Err(failure(&name, DialReason::Other, "this system has none")),
        #[cfg(unix)]
        Target::Unix(path) => {
            let stream = UnixStream::connect(path).await.map_err(|e| because(&name, &e))?;
            let endpoints =
                Endpoints { target: name, local: None, remote: Some(path.clone()), loopback: true };
            Ok((Box::new(stream), endpoints))
        }
    }
}

/// The first of the addresses that answers.
async fn tcp(name: &str, addresses: Vec<SocketAddr>) -> Result<(Stream, Endpoints), DialFailure> {
    let mut last = failure(name, DialReason::UnknownName, "the name has no address");
    for address in addresses {
        match tokio::time::timeout(PATIENCE, TcpStream::connect(address)).await {
            Err(_) => {
                last = failure(name, DialReason::TimedOut, &format!("{address} did not answer"));
            }
            Ok(Err(error)) => last = because(name, &error),
            Ok(Ok(stream)) => {
                // Whole lines are written at once; waiting for more would only cost time.
                let _ = stream.set_nodelay(true);
                let endpoints = Endpoints {
                    target: name.to_owned(),
                    local: stream.local_addr().ok().map(|a| a.to_string()),
                    remote: Some(address.to_string()),
                    loopback: address.ip().to_canonical().is_loopback(),
                };
                return Ok((Box::new(stream), endpoints));
            }
        }
    }
    Err(last)
}

fn because(name: &str, error: &std::io::Error) -> DialFailure {
    let reason = match error.kind() {
        ErrorKind::ConnectionRefused => DialReason::Refused,
        ErrorKind::TimedOut => DialReason::TimedOut,
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => DialReason::Unreachable,
        _ => DialReason::Other,
    };
    let words = error.to_string();
    // The number behind the words helps nobody.
    failure(name, reason, words.split(" (os error").next().unwrap_or(&words))
}

fn failure(target: &str, reason: DialReason, detail: &str) -> DialFailure {
    DialFailure { target: target.to_owned(), reason, detail: detail.to_owned() }
}
