//! Who wants to hear the practice server's end of which session.
//!
//! A session is found by its number, or by the address of its client. Who asks by an address before
//! the server has taken the connection up is told as soon as it has; who asks too late is told that.

use std::collections::HashMap;
use std::net::SocketAddr;

use foldhash::fast::RandomState;
use tokio::sync::mpsc;

use super::driver::{Ear, Heard};

/// A wish to hear a session.
#[derive(Debug)]
pub struct Watch {
    /// Which.
    pub session: Whose,
    /// Who wants to hear it.
    pub ear: Ear,
}

/// By what a session is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The address of its client.
    Client(SocketAddr),
    /// Its number.
    Number(u64),
}

/// Where a session finds who wants to hear it: the last one who asked is heard. No more wait there than
/// people ask for while it stands still.
pub type Late = mpsc::UnboundedReceiver<Ear>;

/// The last one who has asked so far, if anybody has.
pub(super) fn newest(late: &mut Late) -> Option<Ear> {
    std::iter::from_fn(|| late.try_recv().ok()).last()
}

/// Tells all who have come since a session was over, and whoever comes yet, that it is too late.
pub(super) async fn tell_too_late(mut late: Late) {
    late.close();
    while let Some(ear) = late.recv().await {
        refuse(ear);
    }
}

/// Whoever is slow to hear it holds up nobody else.
fn refuse(ear: Ear) {
    tokio::spawn(async move { ear.hear(Heard::TooLate).await });
}

/// The sessions that can be heard, and those that are waited for.
#[derive(Debug, Default)]
pub(super) struct Watches {
    /// Those that go on, and the addresses of their clients.
    sessions: HashMap<u64, (mpsc::UnboundedSender<Ear>, Option<SocketAddr>), RandomState>,
    /// The last session with each address. Those of this machine stay when they are over: there is
    /// one for each port at most, and nobody else is meant.
    numbers: HashMap<SocketAddr, u64, RandomState>,
    awaited: HashMap<SocketAddr, Ear, RandomState>,
}

impl Watches {
    /// Passes on a wish.
    pub(super) fn pass_on(&mut self, Watch { session, ear }: Watch) {
        let number = match session {
            Whose::Number(number) => number,
            Whose::Client(address) => match self.numbers.get(&address) {
                Some(number) => *number,
                None => return drop(self.awaited.insert(address, ear)),
            },
        };
        let too_late = match self.sessions.get(&number) {
            Some((session, _)) => session.send(ear).err().map(|mpsc::error::SendError(ear)| ear),
            None => Some(ear),
        };
        if let Some(ear) = too_late {
            refuse(ear);
        }
    }

    /// A session begins; from what comes back it hears who wants to hear it.
    pub(super) fn begin(&mut self, number: u64, client: Option<SocketAddr>) -> Late {
        let awaited = client.and_then(|client| self.awaited.remove(&client));
        let (ears, late) = mpsc::unbounded_channel();
        if let Some(awaited) = awaited {
            // It is there to be taken: its other end is in our hands.
            let _ = ears.send(awaited);
        }
        self.sessions.insert(number, (ears, client));
        if let Some(client) = client {
            self.numbers.insert(client, number);
        }
        late
    }

    /// A session is over.
    pub(super) fn end(&mut self, number: u64) {
        let address = self.sessions.remove(&number).and_then(|(_, address)| address);
        if let Some(address) = address.filter(|address| !address.ip().is_loopback())
            && self.numbers.get(&address) == Some(&number)
        {
            self.numbers.remove(&address);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::super::Clock;
    use super::super::driver::Log;
    use super::*;
    use crate::session::Keep;

    const CLIENTS: [&str; 2] = ["127.0.0.1:1", "127.0.0.1:2"];

    fn heard(late: &mut Late) -> Option<usize> {
        newest(late).map(|ear| ear.number)
    }

    #[tokio::test]
    async fn a_wish_finds_its_session_whichever_comes_first() {
        let mut watches = Watches::default();
        let [early, late] = CLIENTS.map(|client| client.parse().unwrap());
        let (ears, mut told) = mpsc::channel(4);
        let wish = |session, number| Watch { session, ear: Ear { number, heard: ears.clone() } };
        let mut first = watches.begin(1, Some(early));
        watches.pass_on(wish(Whose::Client(early), 1));
        watches.pass_on(wish(Whose::Client(late), 2));
        watches.pass_on(wish(Whose::Number(1), 3));
        assert_eq!(heard(&mut first), Some(3), "the newest");
        assert_eq!(heard(&mut watches.begin(2, Some(late))), Some(2));
        assert_eq!(
            heard(&mut watches.begin(3, Some(late))),
            None,
            "a stranger at the same address"
        );
        // Who comes too late is told so, and nobody else hears of it.
        drop(first);
        watches.end(1);
        watches.pass_on(wish(Whose::Client(early), 4));
        assert!(matches!(told.recv().await, Some((4, Heard::TooLate))));
        watches.pass_on(wish(Whose::Number(1), 5));
        assert!(matches!(told.recv().await, Some((5, Heard::TooLate))));
        assert_eq!(heard(&mut watches.begin(4, Some(early))), None);
    }

    #[test]
    fn what_is_over_is_forgotten_but_for_the_ports_of_this_machine() {
        let mut watches = Watches::default();
        for number in 0..1_000_u64 {
            let far = std::net::Ipv4Addr::from_bits(0x0a00_0000 + u32::try_from(number).unwrap());
            watches.begin(number, Some((far, 25).into()));
            watches.end(number);
        }
        watches.begin(1_000, Some(CLIENTS[0].parse().unwrap()));
        watches.end(1_000);
        assert_eq!(watches.sessions.len(), 0);
        assert_eq!(watches.numbers.len(), 1);
    }

    #[tokio::test]
    async fn who_asks_just_before_the_end_hears_what_was() {
        let (ears, late) = mpsc::unbounded_channel();
        let (heard, mut told) = mpsc::channel(1);
        let mut log = Log::new(Clock::start(), Keep::default()).open_to(Some(late));
        ears.send(Ear { number: 7, heard: heard.clone() }).unwrap();
        let late = log.close().await.unwrap();
        assert!(matches!(told.try_recv(), Ok((7, Heard::Before(_)))));
        // Who comes behind that, but before the end was told, hears it behind that.
        ears.send(Ear { number: 8, heard }).unwrap();
        assert!(told.try_recv().is_err());
        tell_too_late(late).await;
        assert!(matches!(told.recv().await, Some((8, Heard::TooLate))));
        assert!(ears.is_closed());
    }
}
