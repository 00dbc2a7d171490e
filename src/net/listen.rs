//! Accepts clients, and answers each with the practice server or by a recording.
//!
//! One task owns the doors and knows which sessions there are; it takes orders and tells what
//! happens in reports. Each session is a task of its own.

pub mod report;
mod session;
pub mod socket;

use std::collections::HashMap;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::smtp::code::Code;
use crate::smtp::reply;
use crate::speaker::Policy;
use crate::speaker::fault::Faults;
use crate::speaker::replay::{Answered, Halves};
use crate::speaker::server::Delivery;

use super::Clock;
use super::host;
use super::tls::{Tls, Wardrobe};
use super::watch::{Watch, Watches};

pub use super::host::Playing;
pub use report::{Report, Reports, Teller, Turned};
pub use socket::{Client, Place, Socket};

/// How many clients are served at once; the others are told to come back (421).
pub const CLIENTS: usize = 1_000;

/// How long the refusal of one more client may take, and how many are told at once; beyond that
/// they are not even told.
const REFUSAL: (Duration, usize) = (Duration::from_secs(1), 100);

/// How long sessions that are in the middle of a message may go on when the listener is told to
/// stop, and how long their end may take.
const GRACE: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(1));

/// How long nobody is accepted when the system could not: it may have too many open files.
const PAUSE: Duration = Duration::from_millis(50);

/// Stores a message of a session; gives the name under which it can be found, or why it could not be
/// stored.
pub type Store = Arc<dyn Fn(u64, Delivery) -> Result<String, String> + Send + Sync>;

/// A recording by which clients are answered instead of by the practice server.
#[derive(Clone)]
pub struct Again {
    /// What the server said in it.
    pub halves: Arc<Halves>,
    /// Whether the time is taken that was taken.
    pub timing: bool,
    /// Called with the number of a session and what its client is answered.
    pub tell: Arc<dyn Fn(u64, &Answered) + Send + Sync>,
}

/// What a listener is told to do.
#[derive(Debug)]
pub enum Order {
    /// Somebody wants to hear a session.
    Watch(Watch),
    /// The session of this number ends at once.
    HangUp(u64),
    /// Nobody is accepted any more. Who is in the middle of a message may finish it, for a while;
    /// the others hear 421.
    Stop,
    /// Everything ends at once.
    End,
}

/// Where clients come in, and how.
struct Door {
    socket: Socket,
    place: Arc<Place>,
    tls: Option<Wardrobe>,
    /// Whether TLS begins before anything is said; else STARTTLS is offered, where there is TLS.
    implicit: bool,
}

impl Door {
    /// TLS as the faults want it shown, and whether it begins before anything is said.
    fn tls(&mut self, faults: &Faults) -> (Option<Tls>, bool) {
        let Some(wardrobe) = &mut self.tls else { return (None, false) };
        let shows = faults.shows();
        // What cannot be made is not shown: there is no TLS then.
        let server = wardrobe.server(shows).ok().map(Tls::Server);
        (server, shows.implicit.unwrap_or(self.implicit))
    }
}

/// A practice server.
pub struct Listener {
    doors: Vec<Door>,
    policy: Policy,
    store: Store,
    teller: Option<Teller>,
    /// Whether the events of sessions are remembered.
    remembers: bool,
    again: Option<Again>,
    playing: Playing,
    watches: Watches,
    sessions: HashMap<u64, mpsc::Sender<host::Order>>,
    tasks: JoinSet<Option<u64>>,
    /// The door that is asked first.
    first: usize,
}

impl Listener {
    /// A server that believes `policy` and hands messages to `store`, without a door.
    pub fn new(policy: Policy, store: Store) -> Self {
        Self {
            doors: Vec::new(),
            policy,
            store,
            teller: None,
            remembers: false,
            again: None,
            playing: watch::channel(Arc::default()).1,
            watches: Watches::default(),
            sessions: HashMap::new(),
            tasks: JoinSet::new(),
            first: 0,
        }
    }

    /// Opens a door at `place`, and says where it is. TLS begins behind STARTTLS, which is offered
    /// then, or before anything is said (`implicit`).
    ///
    /// # Errors
    /// When the place cannot be bound.
    pub async fn open(
        &mut self,
        place: &Place,
        tls: Option<Wardrobe>,
        implicit: bool,
    ) -> io::Result<Place> {
        let socket = Socket::bind(place).await?;
        let place = socket.place()?;
        self.doors.push(Door { socket, place: Arc::new(place.clone()), tls, implicit });
        Ok(place)
    }

    /// Answers by a recording.
    pub fn answering_again(mut self, again: Again) -> Self {
        self.again = Some(again);
        self
    }

    /// Plays these faults, as they are at any moment.
    pub fn playing(mut self, playing: Playing) -> Self {
        self.playing = playing;
        self
    }

    /// Tells what happens.
    pub fn telling(mut self, teller: Teller) -> Self {
        self.teller = Some(teller);
        self
    }

    /// Remembers the events of its sessions, so that they can be seen as they stood at any moment.
    pub const fn remembering(mut self) -> Self {
        self.remembers = true;
        self
    }

    /// Serves until it is ordered to stop, and the last session is over. Where nobody can give
    /// orders any more, that is never.
    pub async fn serve(mut self, mut orders: mpsc::Receiver<Order>) {
        let mut pause = None;
        for number in 1.. {
            let client = loop {
                tokio::select! {
                    order = orders.recv(), if !orders.is_closed() || !orders.is_empty() => {
                        match order {
                            Some(Order::Stop) => return self.stop(orders).await,
                            Some(Order::End) => return self.end().await,
                            Some(order) => self.obey(order),
                            None => {}
                        }
                    }
                    Some(over) = self.tasks.join_next() => self.forget(over.ok().flatten()),
                    () = until(pause), if pause.is_some() => pause = None,
                    accepted = accept(&self.doors, self.first), if pause.is_none() && !self.is_busy() => {
                        match accepted {
                            Ok(accepted) => break accepted,
                            // It is about that client alone, or passes.
                            Err(_) => pause = Some(Instant::now() + PAUSE),
                        }
                    }
                }
            };
            self.first = client.0 + 1;
            if self.sessions.len() < CLIENTS {
                self.begin(number, client);
            } else {
                self.turn_away(client.1, Turned::TooMany);
            }
        }
    }

    /// Whether nobody is accepted before the one is gone who is served.
    fn is_busy(&self) -> bool {
        !self.sessions.is_empty() && self.playing.borrow().serves_one()
    }

    fn begin(&mut self, number: u64, (door, client): (usize, Client)) {
        let Some(door) = self.doors.get_mut(door) else { return };
        let faults = Arc::clone(&self.playing.borrow());
        let (tls, implicit) = door.tls(&faults);
        let (orders, ordered) = mpsc::channel(session::ORDERS);
        let late = self.watches.begin(number, client.address);
        let session = session::Session {
            number,
            place: door.place.clone(),
            tls,
            implicit,
            policy: self.policy.clone(),
            store: self.store.clone(),
            teller: self.teller.clone(),
            again: self.again.clone(),
            remembers: self.remembers,
            faults,
            playing: self.playing.clone(),
            late,
        };
        self.sessions.insert(number, orders);
        self.tasks.spawn(async move {
            session.run(client, ordered).await;
            Some(number)
        });
    }

    /// Says that there is no room, and why.
    fn turn_away(&mut self, mut client: Client, why: Turned) {
        if let Some(teller) = &self.teller {
            let (peer, at) = (client.endpoints.remote.take(), Clock::start().timestamp());
            teller.tell(Report::TurnedAway { peer, at, why });
        }
        let words = match why {
            Turned::TooMany => "Too many clients at once",
            Turned::TooFast => "Too many connections of yours in this minute",
        };
        let text = format!("{} {words}; come back later", self.policy.host);
        let reply = reply::write(Code::NOT_AVAILABLE, None, &[text]);
        if self.tasks.len() < self.sessions.len() + REFUSAL.1 {
            self.tasks.spawn(async move {
                let said = client.stream.write_all(&reply);
                // Who does not take even that gets nothing.
                let _ = tokio::time::timeout(REFUSAL.0, said).await;
                let _ = tokio::time::timeout(REFUSAL.0, client.stream.shutdown()).await;
                None
            });
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Watch(watch) => self.watches.pass_on(watch),
            Order::HangUp(number) => {
                if let Some(session) = self.sessions.get(&number) {
                    // Who has orders enough ends by them.
                    let _ = session.try_send(host::Order::End);
                }
            }
            Order::Stop | Order::End => {}
        }
    }

    fn forget(&mut self, over: Option<u64>) {
        if let Some(number) = over {
            self.sessions.remove(&number);
            self.watches.end(number);
        }
    }

    fn order_all(&self, order: host::Order) {
        for session in self.sessions.values() {
            let _ = session.try_send(order);
        }
    }

    /// Lets what is under way end in its time.
    async fn stop(mut self, mut orders: mpsc::Receiver<Order>) {
        self.doors.clear();
        self.order_all(host::Order::Retire);
        let mut over = pin!(tokio::time::sleep(GRACE.0));
        while !self.sessions.is_empty() {
            tokio::select! {
                over = self.tasks.join_next() => self.forget(over.and_then(|o| o.ok().flatten())),
                order = orders.recv(), if !orders.is_closed() || !orders.is_empty() => match order {
                    Some(Order::End) => break,
                    Some(order) => self.obey(order),
                    None => {}
                },
                () = &mut over => break,
            }
        }
        self.end().await;
    }

    /// Ends all that is left.
    async fn end(mut self) {
        self.doors.clear();
        self.order_all(host::Order::End);
        let all = async { while self.tasks.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(GRACE.1, all).await;
    }
}

async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// The next client, and the number of its door. Another door is asked first each time, so that none
/// waits for ever behind another.
async fn accept(doors: &[Door], first: usize) -> io::Result<(usize, Client)> {
    let poll = |context: &mut Context<'_>| {
        let all = doors.iter().enumerate().cycle().skip(first % doors.len().max(1));
        for (number, door) in all.take(doors.len()) {
            if let Poll::Ready(accepted) = door.socket.poll_accept(context) {
                return Poll::Ready(accepted.map(|client| (number, client)));
            }
        }
        Poll::Pending
    };
    std::future::poll_fn(poll).await
}
