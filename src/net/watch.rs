//! Who wants to hear the practice server's end of which session.
//!
//! A session is found by the address of its client. Who asks before the server has taken the
//! connection up is told as soon as it has.

use std::collections::HashMap;
use std::net::SocketAddr;

use tokio::sync::mpsc;

use super::driver::Ear;

/// A wish to hear the session with the client at an address.
#[derive(Debug)]
pub struct Watch {
    /// The client's address.
    pub client: SocketAddr,
    /// Who wants to hear it.
    pub ear: Ear,
}

/// The sessions that can be heard, and those that are waited for.
#[derive(Debug)]
pub(super) struct Watches {
    wishes: mpsc::Receiver<Watch>,
    sessions: HashMap<SocketAddr, mpsc::Sender<Ear>>,
    awaited: HashMap<SocketAddr, Ear>,
}

impl Watches {
    pub(super) fn new(wishes: mpsc::Receiver<Watch>) -> Self {
        Self { wishes, sessions: HashMap::new(), awaited: HashMap::new() }
    }

    /// Passes on every wish; never ends.
    pub(super) async fn pass_on(&mut self) {
        while let Some(Watch { client, ear }) = self.wishes.recv().await {
            let refused = match self.sessions.get(&client) {
                Some(session) => {
                    session.try_send(ear).err().map(mpsc::error::TrySendError::into_inner)
                }
                None => Some(ear),
            };
            self.awaited.extend(refused.map(|ear| (client, ear)));
        }
        std::future::pending::<()>().await;
    }

    /// A session begins; from what comes back it hears who wants to hear it.
    pub(super) fn session(&mut self, client: SocketAddr) -> mpsc::Receiver<Ear> {
        let (ears, late) = mpsc::channel(1);
        if let Some(ear) = self.awaited.remove(&client) {
            // The channel is new, so there is room.
            let _ = ears.try_send(ear);
        }
        self.sessions.retain(|_, session| !session.is_closed());
        self.sessions.insert(client, ears);
        late
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(client: SocketAddr, number: usize) -> Watch {
        Watch { client, ear: Ear { number, heard: mpsc::channel(1).0 } }
    }

    #[tokio::test]
    async fn a_wish_finds_its_session_whichever_comes_first() {
        let (wishes, taken) = mpsc::channel(4);
        let mut watches = Watches::new(taken);
        let (early, late): (SocketAddr, SocketAddr) =
            ("127.0.0.1:1".parse().unwrap(), "127.0.0.1:2".parse().unwrap());
        let mut first = watches.session(early);
        wishes.send(watch(early, 1)).await.unwrap();
        wishes.send(watch(late, 2)).await.unwrap();
        tokio::select! {
            () = watches.pass_on() => {}
            ear = first.recv() => assert_eq!(ear.unwrap().number, 1),
        }
        let mut second = watches.session(late);
        assert_eq!(second.try_recv().unwrap().number, 2);
        // The one before is over, and so forgotten.
        drop(first);
        let _third = watches.session("127.0.0.1:3".parse().unwrap());
        assert!(!watches.sessions.contains_key(&early));
    }
}
