//! One session with a client: who answers it, and what is told of it.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};

use crate::journal::{Ending, Happening, Side};
use crate::session::{Dialogue, Glance, Keep};
use crate::smtp::verb::Verb;
use crate::speaker::fault::{Faults, Player};
use crate::speaker::replay::Tell;
use crate::speaker::server::{Admit, Deliver};
use crate::speaker::{Policy, Replay};

use super::rate::Rate;
use super::report::{Envelope, Refusal, Report, Teller};
use super::socket::reset;
use super::{Again, Client, Entrance, Keeper, Remember};
use crate::net::Clock;
use crate::net::driver::{Follow, Log, Orders, Part, converse};
use crate::net::host::{Answers, Host, Order, Playing};
use crate::net::tls::Tls;
use crate::net::watch::{Late, tell_too_late};

/// How much is read at once of what nobody wants to hear any more, and for how long.
const LINGER: (usize, Duration) = (16 << 10, Duration::from_millis(500));

/// How many orders may wait for a session.
pub(super) const ORDERS: usize = 4;

/// A session that is about to begin.
pub(super) struct Session {
    pub(super) number: u64,
    /// How many were let in so far, with this one: what a recording and faults go by.
    pub(super) count: u64,
    pub(super) entrance: Arc<Entrance>,
    /// TLS, and whether it begins before anything is said.
    pub(super) tls: (Option<Tls>, bool),
    /// The faults that are played at its beginning, and as they are at any moment.
    pub(super) playing: (Arc<Faults>, Playing),
    pub(super) policy: Policy,
    pub(super) keeper: Keeper,
    /// How often its client may send.
    pub(super) rate: Option<Rate>,
    pub(super) teller: Option<Teller>,
    pub(super) again: Option<Again>,
    /// How its events are remembered, if they are, and how many bytes of messages are kept.
    pub(super) remembers: Option<(Remember, usize)>,
    /// Whether the subjects of messages are told.
    pub(super) tells_subjects: bool,
}

impl Session {
    /// Talks with `client` to the end.
    pub(super) async fn run(
        self,
        client: Client,
        (mut ordered, late): (mpsc::Receiver<Order>, Late),
    ) {
        let clock = Clock::start();
        let begun = clock.timestamp();
        let (tls, implicit) = self.tls.clone();
        let starttls = tls.is_some() && !implicit;
        let lmtp = self.policy.lmtp || self.entrance.lmtp;
        let policy = Policy { begun, starttls, lmtp, ..self.policy.clone() };
        let believed = self.playing.0.policy(policy.clone());
        // Of what is said the server keeps count; a fault may let it go on all the same, and then the
        // client is not read any more.
        let one = Keep::of_size(believed.size_limit);
        let messages = self.remembers.map_or(0, |(_, messages)| messages).max(one.messages);
        let kept_in_memory = Keep { messages, talk: policy.talk_limit, ..one };
        let part = Part::server(believed.limits).with_tls(tls, implicit);
        let kept = (self.keeper)(self.number, &clock);
        let mut log = Log::new(clock, kept_in_memory).open_to(Some(late)).keeping(kept.journal);
        log.not_kept = kept.not_kept;
        log = log.remembering(self.remembers.map(|(begin, _)| begin(kept_in_memory)));
        let (changes, glance) = watch::channel(Glance::default());
        let changes = Arc::new(changes);
        if let Some(teller) = &self.teller {
            log = log.followed_by(self.follow(changes.clone(), teller.clone()));
            let (session, entrance) = (self.number, self.entrance.clone());
            teller.tell(Report::Began { session, at: begun, entrance, glance });
        }
        let mut host = self.host(policy, self.deliver(kept.deliver, changes));
        log.append(Happening::Opened(Box::new(client.endpoints))).await;
        let orders = Orders { queue: &mut ordered, obey: Host::obey };
        converse(client.stream, &mut log, part, &mut host, Some(orders)).await;
        let rest = client.other_hold.and_then(|hold| let_go(hold, &log.dialogue));
        let late = log.close().await;
        if let Some(teller) = &self.teller {
            let (session, glance) = (self.number, Glance::of(&log.dialogue));
            let (not_kept, events) = (log.not_kept.take(), Box::new(log.take_past()));
            let dialogue = Box::new(log.dialogue);
            teller.tell(Report::Ended { session, glance, dialogue, past: events, not_kept });
        }
        // Who hears that finds the session among those that are over.
        if let Some(late) = late {
            tell_too_late(late).await;
        }
        linger(rest).await;
    }

    /// Who answers.
    fn host(&self, policy: Policy, deliver: Deliver) -> Host {
        if let Some(again) = &self.again {
            return Host::new(Answers::Recorded(again.host(self.number, self.count)));
        }
        let (faults, playing) = self.playing.clone();
        let count = u32::try_from(self.count).unwrap_or(u32::MAX);
        let admit = self.rate.clone().map(|rate| Arc::new(move || rate.send()) as Admit);
        let player = Player::new(policy, deliver, crate::net::seed(), faults, count);
        let player = player.admitting(admit);
        Host::new(Answers::Practice(Box::new(player), playing))
    }

    /// Shows how the session stands whenever that has changed, and tells of what is refused.
    fn follow(&self, glance: Arc<watch::Sender<Glance>>, teller: Teller) -> Follow {
        let (session, mut known) = (self.number, 0);
        Box::new(move |seen| {
            // Nobody is woken by it: who wants to see how it stands looks.
            glance.send_if_modified(|glance| {
                glance.follow(seen);
                false
            });
            let refusals = seen
                .answered()
                .range(known..usize::MAX)
                .filter_map(|at| Refusal::of(seen, seen.exchanges().get(*at)?));
            for refusal in refusals {
                teller.tell(Report::Refused { session, refusal });
            }
            known = seen.answered().len();
        })
    }

    /// Stores messages of this session, and tells of each.
    fn deliver(&self, deliver: Deliver, glance: Arc<watch::Sender<Glance>>) -> Deliver {
        let Some(teller) = self.teller.clone() else { return deliver };
        let (session, with_subject) = (self.number, self.tells_subjects);
        Arc::new(move |delivery| {
            let envelope = Envelope::of(&delivery, &glance.borrow(), with_subject);
            let message = delivery.message;
            let stored = deliver(delivery);
            teller.tell(match stored.clone() {
                Ok(name) => {
                    let glance = glance.subscribe();
                    Report::Stored { session, message, name, envelope, glance }
                }
                Err(why) => Report::NotStored { session, message, why, envelope },
            });
            stored
        })
    }
}

/// Lets go of a connection that is over, by its last hold: its end is seen at once, however long its
/// client is still heard. Gives it back where that has to be.
pub(super) fn let_go(hold: std::net::TcpStream, seen: &Dialogue) -> Option<std::net::TcpStream> {
    match closed(seen) {
        Some(Ending::Reset) => reset(hold),
        Some(Ending::Finished) if !has_said_quit(seen) => {
            // The client may have closed it before.
            let _ = hold.shutdown(std::net::Shutdown::Write);
            return Some(hold);
        }
        _ => {}
    }
    None
}

/// How our side closed the connection, if it did.
fn closed(seen: &Dialogue) -> Option<&Ending> {
    match seen.course().next_back() {
        Some(Happening::Closed { by: Side::Server, how }) => Some(how),
        _ => None,
    }
}

fn has_said_quit(seen: &Dialogue) -> bool {
    seen.exchanges().last().is_some_and(|exchange| exchange.verb() == Some(&Verb::Quit))
}

/// Hears what a client still says that was not told to expect the end: a connection that is closed
/// over it is reset, and the last reply may be lost with it.
pub(super) async fn linger(hold: Option<std::net::TcpStream>) {
    let Some(Ok(mut stream)) = hold.map(TcpStream::from_std) else { return };
    let mut buffer = vec![0; LINGER.0];
    let heard = async { while let Ok(1..) = stream.read(&mut buffer).await {} };
    let _ = tokio::time::timeout(LINGER.1, heard).await;
}

impl Again {
    /// Who answers session number `number`, the one that was let in as number `count`, from 1.
    fn host(&self, number: u64, count: u64) -> Replay {
        let at = usize::try_from(count - 1).unwrap_or_default();
        let told = self.tell.clone();
        let tell: Tell = Arc::new(move |answered| told(number, answered));
        Replay::new(&self.halves, at, self.timing, tell)
    }
}
