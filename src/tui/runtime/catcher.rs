//! A server of this program: what its sessions report comes to the screen a few times a second, so
//! that the screen has the same to do for ten sessions and for ten thousand.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use crate::cli::ServeArgs;
use crate::display::token::own_visible;
use crate::headless::serve::journals::{self, Journals};
use crate::headless::serve::shelf::Shelf;
use crate::headless::serve::{self, Opened};
use crate::headless::{Setting, faults};
use crate::journal::Moment;
use crate::net::Clock;
use crate::net::driver::{Ear, Heard};
use crate::net::listen::report::{self, Envelope, Report, Reports};
use crate::net::listen::{Entrance, Listener, Order, Turned};
use crate::net::signals::{Signal, Signals};
use crate::net::watch::{Watch, Whose};
use crate::session::{Dialogue, Glance, Keep, Past};
use crate::speaker::fault::Faults;

use super::super::catcher::{Away, Client, Fate, Mail, News, mail};
use super::super::message::Message;
use super::reading::Inner;

/// How often the screen is told what is new.
pub(super) const TELLING: Duration = Duration::from_millis(100);

/// How many news wait at most until they are told.
const WAITING: usize = 1_000;

/// How many orders wait for a server.
const ORDERS: usize = 64;

/// A server that is bound, and does not serve yet.
pub(super) struct Server {
    /// Where it listens.
    pub(super) place: String,
    /// What it plays, in words.
    pub(super) plays: String,
    /// Whether its sessions lie in a Maildir, too.
    pub(super) shelved: bool,
    faults: watch::Sender<Arc<Faults>>,
    listener: Listener,
    shelf: Option<Shelf>,
    teller: Teller,
}

/// A server that serves.
pub(super) struct Serves {
    faults: watch::Sender<Arc<Faults>>,
    orders: mpsc::Sender<Order>,
    task: JoinHandle<()>,
    shelf: Option<Shelf>,
}

impl Server {
    /// Opens its doors.
    ///
    /// # Errors
    /// When a place cannot be bound, its Maildir cannot be made, or there is no such fault.
    pub(super) fn open(args: &ServeArgs, setting: &Setting, clock: &Clock) -> anyhow::Result<Self> {
        let Opened { listener, doors, shelf, faults: playing, .. } = serve::open(args, setting)?;
        let (reporter, reports) = report::channel();
        let room = args.keeping.room().of_a_session();
        let listener = listener.telling(reporter).remembering(Past::new, room).telling_subjects();
        let doors: Vec<_> = doors.iter().map(|door| own_visible(&door.to_string())).collect();
        let plays = faults::names(&playing.borrow());
        let teller = Teller {
            reports,
            clock: clock.clone(),
            zone: TimeZone::system(),
            files: args.keeping.maildir.as_deref().map(|dir| dir.join("new")),
            live: HashMap::new(),
            doors: HashMap::new(),
            news: Vec::new(),
        };
        let (place, shelved) = (doors.join(" "), shelf.is_some());
        Ok(Self { place, plays, shelved, faults: playing, listener, shelf, teller })
    }

    /// Lets it serve; what its sessions report goes to session `id` of the screen.
    pub(super) fn begin(self, id: usize, inner: Inner) -> Serves {
        let (orders, taken) = mpsc::channel(ORDERS);
        let task = tokio::spawn(self.listener.serve(taken));
        tokio::spawn(self.teller.run(id, inner));
        Serves { faults: self.faults, orders, task, shelf: self.shelf }
    }
}

impl Serves {
    /// Plays other faults from now on; `false` if nobody is there any more to play them.
    pub(super) fn play(&self, faults: Faults) -> bool {
        self.faults.send(Arc::new(faults)).is_ok()
    }

    /// Lets session `tab` of the screen hear session `client` of this server.
    pub(super) fn attend(&self, tab: usize, client: u64, heard: mpsc::Sender<(usize, Heard)>) {
        let ear = Ear { number: tab, heard };
        let wish = Watch { session: Whose::Number(client), ear };
        // More wishes than a person can have are not heard.
        let _ = self.orders.try_send(Order::Watch(wish));
    }

    /// The journal of session `client`, where one is kept.
    pub(super) fn journal(&self, client: u64) -> impl Future<Output = Option<PathBuf>> + use<> {
        let journals = self.shelf.as_ref().map(Shelf::journals);
        let find =
            move |journals: Journals| tokio::task::spawn_blocking(move || journals.find(client));
        async move { find(journals?).await.ok().flatten() }
    }

    /// What session `client` of this server has said so far, or all of it as its journal has it; `None`
    /// if it is over and has none, and then it was told that it is.
    pub(super) fn session(&self, client: u64) -> impl Future<Output = Seen> + use<> {
        let (heard, mut all) = mpsc::channel(1);
        let wish = Watch { session: Whose::Number(client), ear: Ear { number: 0, heard } };
        let ordered = self.orders.try_send(Order::Watch(wish));
        let journal = self.journal(client);
        async move {
            let before = match ordered {
                Ok(()) => all.recv().await,
                Err(_) => None,
            };
            if let Some((_, Heard::Before(before))) = before {
                return Some(before);
            }
            tokio::time::sleep(TELLING * 2).await;
            read(journal.await?).await
        }
    }

    /// Lets what is in the middle of a message end, for a while; Ctrl-C ends it at once.
    pub(super) async fn farewell(mut self) {
        let mut signals = Signals::of(&[Signal::Terminate, Signal::Interrupt]).ok();
        let _ = self.orders.send(Order::Stop).await;
        loop {
            tokio::select! {
                _ = &mut self.task => break,
                () = interrupted(&mut signals) => {
                    signals = None;
                    let _ = self.orders.send(Order::End).await;
                }
            }
        }
        if let Some(shelf) = self.shelf {
            shelf.close().await;
        }
    }
}

/// A session as it stands.
type Seen = Option<Box<(Past, Dialogue)>>;

/// The session that a journal holds.
async fn read(journal: PathBuf) -> Seen {
    let read = move || {
        let found = journals::read(&journal)?;
        Some(Box::new(Past::of(found.into_events(), Keep::ALL)))
    };
    tokio::task::spawn_blocking(read).await.ok().flatten()
}

async fn interrupted(signals: &mut Option<Signals>) {
    match signals {
        Some(signals) => drop(signals.next().await),
        None => std::future::pending().await,
    }
}

/// Makes rows of reports.
struct Teller {
    reports: Reports,
    clock: Clock,
    zone: TimeZone,
    /// The folder in which messages lie.
    files: Option<PathBuf>,
    /// The sessions that go on.
    live: HashMap<u64, (Client, watch::Receiver<Glance>)>,
    /// The doors, as they are written.
    doors: HashMap<Arc<Entrance>, Arc<str>>,
    news: Vec<News>,
}

impl Teller {
    async fn run(mut self, id: usize, inner: Inner) {
        let mut tells = tokio::time::interval(TELLING);
        tells.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let waits = self.news.len() < WAITING;
            let idle = self.news.is_empty() && self.live.is_empty();
            tokio::select! {
                report = self.reports.next(), if waits => match report {
                    Some(report) => self.take(report),
                    None => break,
                },
                _ = tells.tick(), if !idle => {
                    self.look();
                    let news = std::mem::take(&mut self.news);
                    if !news.is_empty() && inner.send(Ok(Message::Caught(id, news))).await.is_err() {
                        return;
                    }
                }
            }
        }
        self.look();
        let _ = inner.send(Ok(Message::Caught(id, self.news))).await;
    }

    fn take(&mut self, report: Report) {
        match report {
            Report::Began { session, at, glance, entrance } => {
                let client = Client {
                    number: session,
                    began: self.moment(at),
                    time: self.time(at),
                    door: self.door(&entrance),
                    ..Client::default()
                };
                self.live.insert(session, (client, glance));
            }
            Report::Ended { session, dialogue, past, .. } => {
                let known = self.live.remove(&session).map(|(client, _)| client);
                let client = known.unwrap_or_else(|| self.begun_now(session));
                let client = client.seen(&dialogue);
                let over = Box::new((*past, *dialogue));
                self.news.push(News::Over(Box::new(client), over));
            }
            Report::Stored { session, message, name, envelope, glance } => {
                if !self.live.contains_key(&session) {
                    // Its beginning was missed.
                    let client = self.begun_now(session);
                    self.live.insert(session, (client, glance));
                }
                let fate = if envelope.held.is_some() { Fate::Held } else { Fate::Kept };
                self.judged((session, message), envelope, fate, name);
            }
            Report::NotStored { session, message, envelope, .. } => {
                self.judged((session, message), envelope, Fate::Coming, String::new());
            }
            // Its session shows it.
            Report::Refused { .. } => {}
            Report::TurnedAway { session, entrance, peer, at, why } => {
                let away = match why {
                    Turned::TooMany => Away::TooMany,
                    Turned::TooFast => Away::TooFast,
                };
                let mut client = Client {
                    number: session,
                    began: self.moment(at),
                    time: self.time(at),
                    door: self.door(&entrance),
                    away: Some(away),
                    ..Client::default()
                };
                client.glance.peer = peer;
                self.news.push(News::TurnedAway(Box::new(client)));
            }
            Report::Missed { .. } => {
                // What was not told of a session that is over is seen by its glance, unless it still waits.
                let live = self.live.iter().map(|(number, (_, glance))| (*number, glance));
                let over = report::over(live);
                for _ in 0..=report::WAITING {
                    let Some(report) = self.reports.ready() else { break };
                    self.take(report);
                }
                self.look();
                for number in over {
                    if let Some((client, _)) = self.live.remove(&number) {
                        let missed = Client { heard: Some(false), ..client };
                        self.news.push(News::Client(Box::new(missed)));
                    }
                }
            }
        }
    }

    /// A session whose beginning was missed.
    fn begun_now(&self, number: u64) -> Client {
        let (began, at) = (self.clock.now(), self.clock.timestamp());
        Client { number, began, time: self.time(at), ..Client::default() }
    }

    fn judged(&mut self, place: (u64, usize), envelope: Envelope, fate: Fate, name: String) {
        let (client, message) = place;
        let Envelope { from, mut to, size, subject, .. } = envelope;
        let files = self.files.as_deref().filter(|_| !name.is_empty());
        let file = files.map(|dir| dir.join(&name).display().to_string());
        let named = to.len();
        to.truncate(mail::NAMED);
        self.news.push(News::Mail(Box::new(Mail {
            client,
            message,
            at: self.clock.now(),
            time: self.time(self.clock.timestamp()),
            subject: subject.unwrap_or_default(),
            sender: from,
            recipients: to,
            named,
            size: size as u64,
            fate,
            name,
            file: file.unwrap_or_default(),
            ..Mail::default()
        })));
    }

    /// Looks at the sessions that go on.
    fn look(&mut self) {
        let now = self.clock.now();
        let news = &mut self.news;
        for (client, glance) in self.live.values_mut() {
            if *glance.borrow() == client.glance {
                continue;
            }
            client.glance = glance.borrow().clone();
            if client.glance.end.is_some() {
                client.lasted = Some(now.since(client.began));
            }
            news.push(News::Client(Box::new(client.clone())));
        }
    }

    /// A door as it is written; each is written once.
    fn door(&mut self, entrance: &Arc<Entrance>) -> Arc<str> {
        let written = || Arc::from(own_visible(&entrance.to_string()));
        self.doors.entry(entrance.clone()).or_insert_with(written).clone()
    }

    /// The moment on the clock of the screen.
    fn moment(&self, at: Timestamp) -> Moment {
        let ago = self.clock.timestamp().duration_since(at).as_micros();
        let ago = u64::try_from(ago.max(0)).unwrap_or_default();
        Moment(self.clock.now().0.saturating_sub(ago))
    }

    /// What a clock on the wall says.
    fn time(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%H:%M:%S").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A session whose beginning was missed is listed from its first message on.
    #[test]
    fn who_left_a_message_is_listed() {
        let (_, reports) = report::channel();
        let mut teller = Teller {
            reports,
            clock: Clock::start(),
            zone: TimeZone::UTC,
            files: None,
            live: HashMap::new(),
            doors: HashMap::new(),
            news: Vec::new(),
        };
        let mut stands = Glance::default();
        stands.messages = 1;
        let (_changes, glance) = watch::channel(stands.clone());
        let envelope = Envelope {
            from: "a@x.example".to_owned(),
            to: vec!["b@y.example".to_owned()],
            size: 1,
            held: None,
            secured: false,
            user: None,
            subject: None,
        };
        let (session, message, name) = (7, 0, "message 3".to_owned());
        teller.take(Report::Stored { session, message, name, envelope, glance });
        teller.look();
        let [News::Mail(mail), News::Client(client)] = &teller.news[..] else {
            panic!("{:?}", teller.news)
        };
        assert_eq!((mail.client, client.number, &client.glance), (7, 7, &stands));
        assert_eq!((&*mail.name, &*mail.file), ("message 3", ""));
    }
}
