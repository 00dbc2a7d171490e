//! One session with a client: who answers it, and what is told of it.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use crate::journal::{Ending, Happening, Side};
use crate::session::{Glance, Keep};
use crate::smtp::payload;
use crate::speaker::fault::{Faults, Player};
use crate::speaker::replay::Tell;
use crate::speaker::server::Deliver;
use crate::speaker::{Policy, Replay};

use super::report::{Envelope, Report, Teller};
use super::socket::reset;
use super::{Again, Client, Place, Store};
use crate::net::Clock;
use crate::net::driver::{Log, Orders, Part, converse};
use crate::net::host::{Answers, Host, Order, Playing};
use crate::net::tls::Tls;
use crate::net::watch::Late;

/// How many orders may wait for a session.
pub(super) const ORDERS: usize = 4;

/// A session that is about to begin.
pub(super) struct Session {
    pub(super) number: u64,
    pub(super) place: Arc<Place>,
    pub(super) tls: Option<Tls>,
    pub(super) implicit: bool,
    pub(super) policy: Policy,
    pub(super) store: Store,
    pub(super) teller: Option<Teller>,
    pub(super) again: Option<Again>,
    /// What is played when it begins, and where more comes from.
    pub(super) faults: Arc<Faults>,
    pub(super) playing: Playing,
    pub(super) late: Late,
    /// Whether its events are remembered.
    pub(super) remembers: bool,
}

impl Session {
    /// Talks with `client` to the end.
    pub(super) async fn run(self, client: Client, mut ordered: mpsc::Receiver<Order>) {
        let clock = Clock::start();
        let begun = clock.timestamp();
        let starttls = self.tls.is_some() && !self.implicit;
        let policy = Policy { begun, starttls, ..self.policy.clone() };
        let believed = self.faults.policy(policy.clone());
        let part = Part::server(believed.limits).with_tls(self.tls.clone(), self.implicit);
        let mut log = Log::new(clock, keep(believed.size_limit)).open_to(Some(self.late.clone()));
        if self.remembers {
            log = log.remembering(keep(believed.size_limit));
        }
        if let Some(teller) = &self.teller {
            let (changes, glance) = watch::channel(Glance::default());
            log = log.glanced_at(changes);
            let (session, place) = (self.number, self.place.clone());
            teller.tell(Report::Began { session, at: begun, place, glance });
        }
        let mut host = self.host(policy);
        log.append(Happening::Opened(client.endpoints)).await;
        let orders = Orders { queue: &mut ordered, obey: Host::obey };
        converse(client.stream, &mut log, part, &mut host, Some(orders)).await;
        let ended = log.dialogue.course().next_back();
        if let (Some(Happening::Closed { by: Side::Server, how: Ending::Reset }), Some(last)) =
            (ended, client.other_hold)
        {
            reset(last);
        }
        log.close().await;
        if let Some(teller) = &self.teller {
            let (session, glance) = (self.number, Glance::of(&log.dialogue));
            let events = Box::new(log.take_past());
            teller.tell(Report::Ended {
                session,
                glance,
                dialogue: Box::new(log.dialogue),
                past: events,
            });
        }
    }

    /// Who answers.
    fn host(&self, policy: Policy) -> Host {
        let answers = if let Some(again) = &self.again {
            Answers::Recorded(again.host(self.number))
        } else {
            let number = u32::try_from(self.number).unwrap_or(u32::MAX);
            let (seed, faults) = (crate::net::seed(), Arc::clone(&self.faults));
            let player = Player::new(policy, self.deliver(), seed, faults, number);
            Answers::Practice(Box::new(player), self.playing.clone())
        };
        Host::new(answers)
    }

    /// Stores messages of this session, and tells of each.
    fn deliver(&self) -> Deliver {
        let (session, store, teller) = (self.number, self.store.clone(), self.teller.clone());
        Arc::new(move |delivery| {
            let Some(teller) = &teller else { return store(session, delivery) };
            let (envelope, message) = (Envelope::of(&delivery), delivery.message);
            let stored = store(session, delivery);
            teller.tell(match stored.clone() {
                Ok(name) => Report::Stored { session, message, name, envelope },
                Err(why) => Report::NotStored { session, message, why, envelope },
            });
            stored
        })
    }
}

/// How much of the mail data is kept while the session goes on.
fn keep(size_limit: u64) -> Keep {
    // Doubled dots do not count; at most every third byte of a message has one.
    let limit = usize::try_from(size_limit).unwrap_or(usize::MAX);
    let message = limit.saturating_add(limit / 3).saturating_add(payload::END_MARK.len());
    Keep { message, messages: message }
}

impl Again {
    /// Who answers session number `number`, from 1.
    fn host(&self, number: u64) -> Replay {
        let at = usize::try_from(number - 1).unwrap_or_default();
        let told = self.tell.clone();
        let tell: Tell = Arc::new(move |answered| told(number, answered));
        Replay::new(&self.halves, at, self.timing, tell)
    }
}
