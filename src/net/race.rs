//! Several addresses of one name: the first one that answers becomes the connection (RFC 8305).
//!
//! The families take turns, beginning with the one that the system put first. The next address is
//! tried when one has failed, or has not answered for a while; whatever became of each is told.

use std::fmt;
use std::io::{Error, ErrorKind};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

use crate::journal::facts::DialReason;
use crate::journal::{Attempt, Happening};

use super::dial::Tell;
use super::micros;

/// How long the next address waits for the one before it (RFC 8305 §5).
const DELAY: Duration = Duration::from_millis(250);

/// How many addresses of one name are tried.
const ADDRESSES: usize = 32;

/// A connection, and how long it took.
pub(super) type Won = (TcpStream, SocketAddr, Duration);

/// Tries `addresses` from the address `source`; each may take `patience`. What failed is told to
/// `tell`, but for the last failure of all, which is given back.
///
/// # Errors
/// The last attempt that failed; `None` without an address.
pub(super) async fn race(
    addresses: &[SocketAddr],
    source: Option<SocketAddr>,
    patience: Duration,
    tell: &Tell,
) -> Result<Won, Option<Attempt>> {
    let all = in_turn(addresses);
    let (tried, others) = all.split_at(all.len().min(ADDRESSES));
    let mut rest = tried.iter().copied().peekable();
    let mut running = JoinSet::new();
    let mut begun: Vec<(SocketAddr, Instant)> = Vec::new();
    let mut last: Option<Attempt> = None;
    let mut due = true;
    loop {
        if due && let Some(address) = rest.next() {
            begun.push((address, Instant::now()));
            running.spawn(async move { (address, connect(address, source, patience).await) });
        }
        let start = |address| begun.iter().find(|(other, _)| *other == address).map(|(_, at)| *at);
        let took = |address| start(address).map_or(Duration::ZERO, |at| at.elapsed());
        due = tokio::select! {
            ended = running.join_next() => match ended {
                None => {
                    leave_out(tell, others);
                    return Err(last);
                }
                Some(Ok((address, Ok(stream)))) => {
                    let won = (stream, address, took(address));
                    tell_failed(tell, last);
                    for (other, at) in begun.iter().filter(|(other, _)| *other != address) {
                        let overtaken = failed(*other, DialReason::Overtaken, "", at.elapsed());
                        tell_failed(tell, Some(overtaken));
                    }
                    return Ok(won);
                }
                Some(Ok((address, Err(error)))) => {
                    let took = took(address);
                    begun.retain(|(other, _)| *other != address);
                    tell_failed(tell, last.take());
                    last = Some(because(address, &error, took));
                    true
                }
                // Nobody stops these tasks.
                Some(Err(_)) => true,
            },
            () = tokio::time::sleep(DELAY), if rest.peek().is_some() => true,
        };
    }
}

/// Tells that `others` are too many to be tried.
pub(super) fn leave_out(tell: &Tell, others: impl IntoIterator<Item: fmt::Display>) {
    let mut others = others.into_iter();
    if let Some(first) = others.next() {
        let count = (1 + others.count()).to_string();
        let address = first.to_string();
        let reason = DialReason::LeftOut;
        tell_failed(tell, Some(Attempt { address, reason, detail: count, took: 0 }));
    }
}

fn tell_failed(tell: &Tell, attempt: Option<Attempt>) {
    if let Some(attempt) = attempt {
        let _ = tell.send(Happening::Tried(Box::new(attempt)));
    }
}

/// The families in turn (RFC 8305 §4).
fn in_turn(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let Some(first) = addresses.first() else { return Vec::new() };
    let (mut one, mut other): (Vec<_>, Vec<_>) =
        addresses.iter().copied().partition(|address| address.is_ipv4() == first.is_ipv4());
    one.reverse();
    other.reverse();
    let mut all = Vec::new();
    while !one.is_empty() || !other.is_empty() {
        for address in [one.pop(), other.pop()].into_iter().flatten() {
            if !all.contains(&address) {
                all.push(address);
            }
        }
    }
    all
}

/// Why no connection could even be tried: our own address cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NoSource(Error);

async fn connect(
    address: SocketAddr,
    source: Option<SocketAddr>,
    patience: Duration,
) -> Result<TcpStream, Error> {
    let connecting = async {
        let Some(source) = source else { return TcpStream::connect(address).await };
        let socket = if source.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // A port that is chosen can be used again at once.
        socket.set_reuseaddr(source.port() != 0)?;
        socket.bind(source).map_err(|why| Error::other(NoSource(why)))?;
        socket.connect(address).await
    };
    let late = |_| Err(ErrorKind::TimedOut.into());
    let stream = tokio::time::timeout(patience, connecting).await.unwrap_or_else(late)?;
    // Whole lines are written at once; waiting for more would only cost time.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

/// What an error of the system means.
fn because(address: SocketAddr, error: &Error, took: Duration) -> Attempt {
    let reason = match error.kind() {
        _ if is_of_source(error) => DialReason::Source,
        kind => reason(kind),
    };
    failed(address, reason, &words(error), took)
}

fn is_of_source(error: &Error) -> bool {
    error.get_ref().and_then(|inner| inner.downcast_ref::<NoSource>()).is_some()
}

fn failed(address: SocketAddr, reason: DialReason, detail: &str, took: Duration) -> Attempt {
    let took = micros(took);
    Attempt { address: address.to_string(), reason, detail: detail.to_owned(), took }
}

/// The kind of failure.
pub(super) const fn reason(kind: ErrorKind) -> DialReason {
    match kind {
        ErrorKind::ConnectionRefused => DialReason::Refused,
        ErrorKind::TimedOut => DialReason::TimedOut,
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => DialReason::Unreachable,
        _ => DialReason::Other,
    }
}

/// The system's words; the number behind them helps nobody.
pub(super) fn words(error: &Error) -> String {
    let words = error.to_string();
    words.split(" (os error").next().unwrap_or(&words).to_owned()
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;
    use tokio::sync::mpsc;

    use super::*;

    #[test]
    fn families_take_turns() {
        let all = ["[::1]:1", "[::2]:1", "[::3]:1", "1.0.0.1:1", "1.0.0.2:1", "[::1]:1"];
        let all = all.map(|text| text.parse().unwrap());
        let turned = in_turn(&all).into_iter().map(|a| a.to_string()).collect::<Vec<_>>();
        assert_eq!(turned, ["[::1]:1", "1.0.0.1:1", "[::2]:1", "1.0.0.2:1", "[::3]:1"]);
    }

    #[tokio::test]
    async fn the_next_address_is_tried_and_what_failed_is_told() {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let open = server.local_addr().unwrap();
        let closed = {
            let closed = TcpListener::bind("127.0.0.2:0").await.unwrap();
            closed.local_addr().unwrap()
        };
        let (tell, mut told) = mpsc::unbounded_channel();
        let (_, address, _) =
            race(&[closed, open], None, Duration::from_secs(30), &tell).await.unwrap();
        assert_eq!(address, open);
        let Some(Happening::Tried(attempt)) = told.recv().await else { unreachable!() };
        assert_eq!((attempt.address, attempt.reason), (closed.to_string(), DialReason::Refused));
        let last =
            race(&[closed], None, Duration::from_secs(30), &tell).await.unwrap_err().unwrap();
        assert_eq!(last.reason, DialReason::Refused);
        assert!(told.try_recv().is_err(), "the last failure is the caller's to tell");
    }

    #[tokio::test]
    async fn our_own_address_is_chosen() {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (tell, _told) = mpsc::unbounded_channel();
        let to = [server.local_addr().unwrap()];
        let from = "127.0.0.3:0".parse().ok();
        let (stream, ..) = race(&to, from, Duration::from_secs(30), &tell).await.unwrap();
        assert_eq!(stream.local_addr().unwrap().ip().to_string(), "127.0.0.3");
        let foreign = "192.0.2.1:0".parse().ok();
        let failed = race(&to, foreign, Duration::from_secs(30), &tell).await.unwrap_err().unwrap();
        assert_eq!(failed.reason, DialReason::Source, "{}", failed.detail);
    }
}
