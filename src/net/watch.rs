//! Who wants to hear the practice server's end of which session.
//!
//! A session is found by the address of its client. Who asks before the server has taken the
//! connection up is told as soon as it has; who asks too late is told that.

use std::collections::HashMap;
use std::net::SocketAddr;

use tokio::sync::{mpsc, watch};

use super::driver::{Ear, Heard};

/// A wish to hear the session with the client at an address.
#[derive(Debug)]
pub struct Watch {
    /// The client's address.
    pub client: SocketAddr,
    /// Who wants to hear it.
    pub ear: Ear,
}

/// Where a session finds who wants to hear it: the last one who asked.
pub type Late = watch::Receiver<Option<Ear>>;

/// The sessions that can be heard, and those that are waited for.
#[derive(Debug)]
pub(super) struct Watches {
    wishes: mpsc::Receiver<Watch>,
    /// Also those that are over: there is one for each port at most, and nobody else is meant.
    sessions: HashMap<SocketAddr, watch::Sender<Option<Ear>>>,
    awaited: HashMap<SocketAddr, Ear>,
}

impl Watches {
    pub(super) fn new(wishes: mpsc::Receiver<Watch>) -> Self {
        Self { wishes, sessions: HashMap::new(), awaited: HashMap::new() }
    }

    /// Passes on every wish; never ends.
    pub(super) async fn pass_on(&mut self) {
        while let Some(Watch { client, ear }) = self.wishes.recv().await {
            match self.sessions.get(&client) {
                None => drop(self.awaited.insert(client, ear)),
                Some(session) => {
                    if let Err(watch::error::SendError(Some(ear))) = session.send(Some(ear)) {
                        // Whoever is slow to hear it holds up nobody else.
                        tokio::spawn(async move { ear.hear(Heard::TooLate).await });
                    }
                }
            }
        }
        std::future::pending::<()>().await;
    }

    /// A session begins; from what comes back it hears who wants to hear it.
    pub(super) fn session(&mut self, client: SocketAddr) -> Late {
        let (ears, mut late) = watch::channel(self.awaited.remove(&client));
        late.mark_changed();
        self.sessions.insert(client, ears);
        late
    }
}

#[cfg(test)]
mod tests {
    use super::super::Clock;
    use super::super::driver::Log;
    use super::*;
    use crate::session::Keep;

    const CLIENTS: [&str; 2] = ["127.0.0.1:1", "127.0.0.1:2"];

    fn heard(late: &mut Late) -> Option<usize> {
        late.borrow_and_update().as_ref().map(|ear| ear.number)
    }

    #[tokio::test]
    async fn a_wish_finds_its_session_whichever_comes_first() {
        let (wishes, taken) = mpsc::channel(4);
        let mut watches = Watches::new(taken);
        let [early, late] = CLIENTS.map(|client| client.parse().unwrap());
        let (ears, mut told) = mpsc::channel(4);
        let wish = async |client, number| {
            let ear = Ear { number, heard: ears.clone() };
            wishes.send(Watch { client, ear }).await.unwrap();
        };
        let mut first = watches.session(early);
        for (client, number) in [(early, 1), (late, 2), (early, 3)] {
            wish(client, number).await;
        }
        tokio::select! {
            biased;
            () = watches.pass_on() => {}
            changed = first.changed() => changed.unwrap(),
        }
        assert_eq!(heard(&mut first), Some(3), "the newest");
        assert_eq!(heard(&mut watches.session(late)), Some(2));
        assert_eq!(heard(&mut watches.session(late)), None, "a stranger at the same address");
        // Who comes too late is told so, and nobody else hears of it.
        drop(first);
        wish(early, 4).await;
        tokio::select! {
            () = watches.pass_on() => {}
            told = told.recv() => assert!(matches!(told, Some((4, Heard::TooLate)))),
        }
        assert_eq!(heard(&mut watches.session(early)), None);
    }
    #[tokio::test]
    async fn who_asks_just_before_the_end_hears_what_was() {
        let (ears, late) = watch::channel(None);
        let (heard, mut told) = mpsc::channel(1);
        let mut log = Log::new(Clock::start(), Keep::default()).open_to(Some(late));
        ears.send(Some(Ear { number: 7, heard })).unwrap();
        log.close().await;
        assert!(matches!(told.try_recv(), Ok((7, Heard::Before(_)))));
        assert!(ears.is_closed());
    }
}
