//! How often each client may come, and send.
//!
//! A client may do something so often at once as in a minute; what it has used comes back evenly. The
//! listener knows the clients, and each session has hold of the measure of its own.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_mins(1);

/// From how many clients on those are forgotten that have used nothing.
const MANY: usize = 1_000;

/// What one client has used.
#[derive(Debug, Default)]
pub(super) struct Used {
    connections: AtomicU64,
    messages: AtomicU64,
}

/// The measure of all clients.
#[derive(Debug)]
pub(super) struct Rates {
    begun: Instant,
    clients: HashMap<Option<IpAddr>, Arc<Used>>,
    /// How many clients there were when some were forgotten last.
    known: usize,
}

/// The measure of one client.
#[derive(Clone, Debug)]
pub(super) struct Rate {
    begun: Instant,
    limit: u32,
    used: Arc<Used>,
}

impl Rates {
    pub(super) fn new() -> Self {
        Self { begun: Instant::now(), clients: HashMap::new(), known: MANY }
    }

    /// The measure of the client at `address`; those of a socket in the file system are one client.
    pub(super) fn of(&mut self, address: Option<IpAddr>, limit: u32) -> Rate {
        if self.clients.len() > self.known {
            let now = micros(self.begun.elapsed());
            let idle = |count: &AtomicU64| count.load(Ordering::Relaxed) <= now;
            self.clients.retain(|_, used| !(idle(&used.connections) && idle(&used.messages)));
            self.known = MANY.max(self.clients.len() * 2);
        }
        let used = self.clients.entry(address).or_default().clone();
        Rate { begun: self.begun, limit, used }
    }
}

impl Rate {
    /// Takes one more connection; else says how long it is until the next one can be taken.
    pub(super) fn connect(&self) -> Result<(), Duration> {
        take(&self.used.connections, self.begun.elapsed(), self.limit)
    }

    /// Takes one more message; else says how long it is until the next one can be taken.
    pub(super) fn send(&self) -> Result<(), Duration> {
        take(&self.used.messages, self.begun.elapsed(), self.limit)
    }
}

/// `used` is the moment at which everything has come back that was used.
fn take(used: &AtomicU64, now: Duration, limit: u32) -> Result<(), Duration> {
    let (now, minute) = (micros(now), micros(MINUTE));
    let each = minute / u64::from(limit.max(1));
    let next = |until: u64| {
        let until = until.max(now) + each;
        (until - now <= minute).then_some(until)
    };
    match used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next) {
        Ok(_) => Ok(()),
        Err(until) => Err(Duration::from_micros((until + each).saturating_sub(now + minute))),
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_at_once_and_then_one_after_the_other() {
        let used = AtomicU64::default();
        let at = |seconds, limit| take(&used, Duration::from_secs(seconds), limit);
        assert!((0..6).all(|_| at(100, 6).is_ok()));
        assert_eq!(at(100, 6), Err(Duration::from_secs(10)));
        assert_eq!(at(109, 6), Err(Duration::from_secs(1)), "what is refused is not used");
        assert_eq!(at(110, 6), Ok(()));
        assert_eq!(at(110, 6), Err(Duration::from_secs(10)));
        assert!((0..6).all(|_| at(200, 6).is_ok()), "all of it comes back");
    }

    #[test]
    fn clients_are_told_apart_and_forgotten() {
        let mut rates = Rates::new();
        let address = |n: u32| Some(IpAddr::from(std::net::Ipv4Addr::from_bits(n)));
        assert!(rates.of(address(1), 1).send().is_ok() && rates.of(address(1), 1).send().is_err());
        assert!(rates.of(address(2), 1).send().is_ok(), "another");
        assert!(rates.of(address(1), 1).connect().is_ok(), "a connection is no message");
        for n in 3..5_000 {
            rates.of(address(n), 1);
        }
        assert!(rates.clients.len() <= MANY + 1, "{}", rates.clients.len());
        assert!(rates.of(address(1), 1).send().is_err(), "who has used something is remembered");
    }
}
