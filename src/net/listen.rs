//! Accepts clients, and answers each with the practice server or by a recording.
//!
//! One task owns the doors and knows which sessions there are; it takes orders and tells what
//! happens in reports. Each session is a task of its own.

pub mod by_hand;
mod door;
mod rate;
pub mod report;
mod session;
pub mod socket;

use std::collections::HashMap;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use foldhash::fast::RandomState;
use tokio::sync::{mpsc, watch};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;

use crate::journal::file::Recorder;
use crate::session::{Keep, Past};
use crate::speaker::Policy;
use crate::speaker::fault::Faults;
use crate::speaker::replay::{Answered, Halves};
use crate::speaker::server::{Deliver, Delivery};

use super::Clock;
use super::driver::Out;
use super::host;
use super::tls::{Tls, Wardrobe};
use super::watch::{Watch, Watches};

use door::{Door, accept};
use rate::{Rate, Rates};

pub use super::host::Playing;
pub use report::{Report, Reports, Teller, Turned};
pub use socket::{Client, Entrance, Place, Security, Socket};

/// How many who are turned away are told at once; beyond that they are not even told.
const REFUSED: usize = 100;

/// How long sessions that are in the middle of a message may go on when the listener is told to
/// stop, and how long their end may take.
const GRACE: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(1));

/// How long nobody is accepted when the system could not: it may have too many open files.
const PAUSE: Duration = Duration::from_millis(50);

/// Stores a message of a session; gives the name under which it can be found, or why it could not be
/// stored.
pub type Store = Arc<dyn Fn(u64, Delivery) -> Result<String, String> + Send + Sync>;

/// Begins to remember the events of a session, as [`Past::new`] does.
pub type Remember = fn(Keep) -> Past;

/// What keeps one session.
pub struct Kept {
    /// Stores its messages.
    pub deliver: Deliver,
    /// Where it is recorded, without its secrets.
    pub journal: Option<Recorder<Out>>,
    /// Why it is not recorded, though it was to be.
    pub not_kept: Option<String>,
}

/// Begins to keep the session of a number, whose moments are those of the clock.
pub type Keeper = Arc<dyn Fn(u64, &Clock) -> Kept + Send + Sync>;

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
    /// Nobody is accepted any more. Who is in the middle of a message may finish it, for a while;
    /// the others hear 421.
    Stop,
    /// Everything ends at once: what was to be said is said, and 421.
    End,
}

/// A practice server.
pub struct Listener {
    doors: Vec<Door>,
    policy: Policy,
    keeper: Keeper,
    rates: Rates,
    teller: Option<Teller>,
    /// How the events of sessions are remembered, if they are, and how many bytes of messages each keeps.
    remembers: Option<(Remember, usize)>,
    /// Whether the subjects of messages are told.
    tells_subjects: bool,
    again: Option<Again>,
    tls: Option<Wardrobe>,
    playing: Playing,
    watches: Watches,
    /// How many clients were let in: the number of the last one.
    count: u64,
    /// Those who are there, by their tasks: a task that breaks down leaves nothing but that.
    sessions: HashMap<Id, (u64, mpsc::Sender<host::Order>), RandomState>,
    /// The tasks of sessions, and of the refusals of those who are turned away.
    tasks: JoinSet<()>,
    /// The door that is asked first.
    first: usize,
}

impl Listener {
    /// A server that believes `policy` and hands messages to `store`, without a door.
    pub fn new(policy: Policy, store: Store) -> Self {
        let keeper: Keeper = Arc::new(move |session, _| {
            let store = store.clone();
            let deliver = Arc::new(move |delivery| store(session, delivery));
            Kept { deliver, journal: None, not_kept: None }
        });
        Self::keeping(policy, keeper)
    }

    /// The same, with sessions that are kept whole.
    pub fn keeping(policy: Policy, keeper: Keeper) -> Self {
        Self {
            doors: Vec::new(),
            policy,
            keeper,
            rates: Rates::new(),
            teller: None,
            remembers: None,
            tells_subjects: false,
            again: None,
            tls: None,
            playing: watch::channel(Arc::default()).1,
            watches: Watches::default(),
            count: 0,
            sessions: HashMap::default(),
            tasks: JoinSet::new(),
            first: 0,
        }
    }

    /// Lets TLS begin, as it is said at each door.
    pub fn with_tls(mut self, wardrobe: Wardrobe) -> Self {
        self.tls = Some(wardrobe);
        self
    }

    /// Plays these faults, as they are at any moment.
    pub fn playing(mut self, playing: Playing) -> Self {
        self.playing = playing;
        self
    }

    /// Opens a door, and says where it is.
    ///
    /// # Errors
    /// When the place cannot be bound.
    pub fn open(&mut self, entrance: &Entrance) -> io::Result<Place> {
        let socket = Socket::bind(&entrance.place)?;
        let place = socket.place()?;
        let entrance = Arc::new(Entrance { place: place.clone(), ..entrance.clone() });
        self.doors.push(Door { socket, entrance });
        Ok(place)
    }

    /// TLS as the faults want it shown at a door, and whether it begins before anything is said.
    fn tls(&mut self, faults: &Faults, entrance: &Entrance) -> (Option<Tls>, bool) {
        let Some(wardrobe) = self.tls.as_mut().filter(|_| entrance.security != Security::Clear)
        else {
            return (None, false);
        };
        let shows = faults.shows();
        // What cannot be made was made once before the server began; then there is no TLS.
        let server = wardrobe.server(shows).ok().map(Tls::Server);
        (server, shows.implicit.unwrap_or(entrance.security == Security::Implicit))
    }

    /// Answers by a recording.
    pub fn answering_again(mut self, again: Again) -> Self {
        self.again = Some(again);
        self
    }

    /// Tells what happens.
    pub fn telling(mut self, teller: Teller) -> Self {
        self.teller = Some(teller);
        self
    }

    /// Remembers the events of its sessions: each begins with such a past, and keeps so many bytes of
    /// messages, or one message that is larger.
    pub fn remembering(mut self, begin: Remember, messages: u64) -> Self {
        self.remembers = Some((begin, usize::try_from(messages).unwrap_or(usize::MAX)));
        self
    }

    /// Tells the subjects of messages, too.
    pub const fn telling_subjects(mut self) -> Self {
        self.tells_subjects = true;
        self
    }

    /// Serves until it is ordered to stop, and the last session is over. Where nobody can give
    /// orders any more, that is never.
    pub async fn serve(mut self, mut orders: mpsc::Receiver<Order>) {
        let mut pause = None;
        // Each who comes has one, also who is turned away.
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
                    Some(over) = self.tasks.join_next_with_id() => self.forget(&over),
                    () = until(pause), if pause.is_some() => pause = None,
                    // Who waits behind another may come in now.
                    Ok(()) = self.playing.changed(), if self.is_busy() => {}
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
            let address = client.1.address.map(|address| address.ip());
            let rate = self.policy.rate_limit.map(|limit| self.rates.of(address, limit));
            if self.sessions.len() >= self.policy.client_limit {
                self.turn_away(number, client, Turned::TooMany);
            } else if rate.as_ref().is_some_and(|rate| rate.connect().is_err()) {
                self.turn_away(number, client, Turned::TooFast);
            } else {
                self.begin(number, client, rate);
            }
        }
    }

    /// Whether nobody is accepted before the one is gone who is served.
    fn is_busy(&self) -> bool {
        !self.sessions.is_empty() && self.playing.borrow().serves_one()
    }

    fn begin(&mut self, number: u64, (door, client): (usize, Client), rate: Option<Rate>) {
        let Some(door) = self.doors.get(door) else { return };
        self.count += 1;
        let entrance = door.entrance.clone();
        let faults = Arc::clone(&self.playing.borrow());
        let tls = self.tls(&faults, &entrance);
        let (orders, ordered) = mpsc::channel(session::ORDERS);
        let late = self.watches.begin(number, client.address);
        let session = session::Session {
            number,
            count: self.count,
            entrance,
            tls,
            playing: (faults, self.playing.clone()),
            policy: self.policy.clone(),
            keeper: self.keeper.clone(),
            rate,
            teller: self.teller.clone(),
            again: self.again.clone(),
            remembers: self.remembers,
            tells_subjects: self.tells_subjects,
        };
        // In a box, since a task is moved about when it begins and ends.
        let task = self.tasks.spawn(Box::pin(session.run(client, (ordered, late))));
        self.sessions.insert(task.id(), (number, orders));
    }

    /// Says that there is no room, and why.
    fn turn_away(&mut self, number: u64, (door, mut client): (usize, Client), why: Turned) {
        let Some(door) = self.doors.get(door) else { return };
        let entrance = door.entrance.clone();
        if let Some(teller) = &self.teller {
            let (peer, at) = (client.endpoints.remote.take(), Clock::start().timestamp());
            let entrance = entrance.clone();
            teller.tell(Report::TurnedAway { session: number, entrance, peer, at, why });
        }
        if self.tasks.len() < self.sessions.len() + REFUSED {
            let faults = Arc::clone(&self.playing.borrow());
            let (tls, implicit) = self.tls(&faults, &entrance);
            let reply = door::refusal(&self.policy.host, why);
            self.tasks.spawn(door::turn_away(client, tls.filter(|_| implicit), reply));
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Watch(watch) => self.watches.pass_on(watch),
            Order::Stop | Order::End => {}
        }
    }

    fn forget(&mut self, over: &Result<(Id, ()), JoinError>) {
        let task = over.as_ref().map_or_else(JoinError::id, |(task, ())| *task);
        if let Some((number, _)) = self.sessions.remove(&task) {
            self.watches.end(number);
        }
    }

    fn order_all(&self, order: host::Order) {
        for (_, session) in self.sessions.values() {
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
                Some(over) = self.tasks.join_next_with_id() => self.forget(&over),
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
