//! The session tasks: one for each session that talks, and the practice server that they share.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::JoinSet;

use crate::config::Sources;
use crate::headless::{Practice, Setting, practice_for, recent};
use crate::journal::{Ending, Side};
use crate::net::Clock;
use crate::net::call::Call;
use crate::net::dial::Target;
use crate::net::driver::{Ear, Heard, Log, Orders, Part};
use crate::net::listen;
use crate::net::listen::Client;
use crate::net::listen::by_hand::{self, Desk};
use crate::net::route::Route;
use crate::net::tls;
use crate::net::watch::{Watch, Whose};
use crate::session::Keep;
use crate::session::pattern::Pattern;
use crate::smtp::wait::Limits;
use crate::speaker::fault::Faults;
use crate::speaker::{Ends, Gate, Human, Say, Upgrade, gate};

/// How many lines may wait to be sent; a burst of typing is faster than any network.
const ORDERS_WAITING: usize = 1 << 16;

/// How long closing connections may take when the person leaves.
const FAREWELL: Duration = Duration::from_millis(300);

/// What a session task is told.
#[derive(Debug)]
pub(super) enum Order {
    /// Connect to this target, by this way as far as it was chosen.
    Dial(Target, Box<Route>),
    /// The same, but TLS begins only where that is typed.
    Redial(Target, Box<Route>),
    Say(Say),
    /// All this, one behind the other.
    Reply(Vec<Say>),
    /// These are the last words to a client.
    End(Bytes),
    /// What is still to be said is not said.
    Stop,
    /// The certificate is good enough.
    Trust,
}

/// How a session is told something later.
pub(super) struct Door {
    pub(super) orders: Option<mpsc::Sender<Order>>,
    pub(super) dns: Option<SocketAddr>,
}

/// All session tasks.
pub(super) struct Sessions {
    setting: Setting,
    clock: Clock,
    heard: mpsc::Sender<(usize, Heard)>,
    orders: HashMap<usize, mpsc::Sender<Order>>,
    tasks: JoinSet<()>,
    practices: Practices,
    limits: watch::Sender<Limits>,
    breakpoints: watch::Sender<Vec<Pattern>>,
}

impl Sessions {
    /// None yet; what they hear goes to `heard`.
    pub(super) fn new(
        setting: &Setting,
        clock: Clock,
        heard: mpsc::Sender<(usize, Heard)>,
    ) -> Self {
        Self {
            setting: setting.clone(),
            clock,
            heard,
            orders: HashMap::new(),
            tasks: JoinSet::new(),
            practices: Practices::default(),
            limits: watch::Sender::new(setting.limits()),
            breakpoints: watch::Sender::default(),
        }
    }

    /// How the program was begun.
    pub(super) const fn setting(&self) -> &Setting {
        &self.setting
    }

    /// Begins the task of session `id`, with a recording of its own; says whether there is one.
    ///
    /// # Errors
    /// When the recording cannot be begun.
    pub(super) fn begin(&mut self, id: usize) -> anyhow::Result<bool> {
        let recording = self.setting.record.is_some();
        let ear = Ear { number: id, heard: self.heard.clone() };
        let log = Log::new(self.clock.clone(), Keep::default()).published_to(ear);
        let log = self.setting.numbered(id - 1).recording(log)?;
        let (orders, taken) = mpsc::channel(ORDERS_WAITING);
        self.orders.insert(id, orders);
        let (route, choice) = (self.setting.route.clone(), self.setting.tls.clone());
        let way = (route, choice, self.limits.subscribe(), self.breakpoints.subscribe());
        let practices = (self.practices.clone(), self.setting.sources.clone());
        self.tasks.spawn(session(log, taken, practices, way));
        Ok(recording)
    }

    /// Begins the task of session `id`, in which the person answers `client`; says whether it is
    /// recorded.
    ///
    /// # Errors
    /// When the recording cannot be begun.
    pub(super) fn answer(&mut self, id: usize, client: Client, desk: Desk) -> anyhow::Result<bool> {
        let recording = self.setting.record.is_some();
        let ear = Ear { number: id, heard: self.heard.clone() };
        let log = Log::new(self.clock.clone(), Keep::default()).published_to(ear);
        let mut log = self.setting.numbered(id - 1).recording_as(Side::Server, log)?;
        let (orders, mut taken) = mpsc::channel(ORDERS_WAITING);
        self.orders.insert(id, orders);
        let desk = Desk { limits: *self.limits.borrow(), ..desk };
        self.tasks.spawn(async move {
            by_hand::answer(client, desk, &mut log, &mut taken, say_by_hand).await;
            while let Some(order) = taken.recv().await {
                if let Order::Say(Say::Verify(check)) = order {
                    log.verify(Side::Server, &check);
                    log.settle().await;
                }
            }
        });
        Ok(recording)
    }

    /// Tells session `id`; `false` if it has too much to do.
    pub(super) fn order(&self, id: usize, order: Order) -> bool {
        // Who cannot be told anything has nothing to do.
        self.orders.get(&id).is_none_or(|orders| orders.try_send(order).is_ok())
    }

    /// Where session `id` takes orders, and the name server that is the usual one; a session that is
    /// only looked at takes none.
    pub(super) fn door(&self, id: usize) -> Door {
        Door { orders: self.orders.get(&id).cloned(), dns: self.setting.route.dns }
    }

    /// This file, or the recording of a recent session in its place.
    ///
    /// # Errors
    /// When there are not so many.
    pub(super) fn recalled(&self, file: PathBuf) -> anyhow::Result<PathBuf> {
        recent::one(file, &self.setting)
    }

    /// Waits so long from now on, in all sessions.
    pub(super) fn limit(&self, limits: Limits) {
        self.limits.send_replace(limits);
        for id in self.orders.keys() {
            self.order(*id, Order::Say(Say::Limit(limits.into())));
        }
    }

    /// Stops by these from now on, in all sessions.
    pub(super) fn stop_by(&self, breakpoints: &[Pattern]) {
        self.breakpoints.send_replace(breakpoints.to_vec());
        for id in self.orders.keys() {
            let order = gate::Order::Breakpoints(breakpoints.to_vec());
            self.order(*id, Order::Say(Say::Gate(order)));
        }
    }

    /// Whether a session with `target` begins with TLS.
    pub(super) fn begins_with_tls(&self, target: &Target) -> bool {
        self.setting.tls.client(target, None, None, true).1
    }

    /// Says these last words to the client of session `id`, and closes it.
    pub(super) fn end(&mut self, id: usize, words: Bytes) {
        self.order(id, Order::End(words));
        self.orders.remove(&id);
    }

    /// Closes what session `id` has open; its task ends by itself.
    pub(super) fn close(&mut self, id: usize) {
        self.order(id, Order::Say(Say::Close(Ending::Finished)));
        self.orders.remove(&id);
    }

    /// Where what is heard of sessions goes.
    pub(super) fn heard(&self) -> mpsc::Sender<(usize, Heard)> {
        self.heard.clone()
    }

    /// Lets session `id` hear the practice server's end of its talk with `client`.
    pub(super) fn watch(&self, id: usize, client: &str, server: &str) {
        let wish = client
            .parse()
            .ok()
            .map(Whose::Client)
            .map(|session| Watch { session, ear: Ear { number: id, heard: self.heard.clone() } });
        let server: Option<SocketAddr> = server.parse().ok();
        let known = self.practices.0.try_lock().ok();
        let known = known.iter().flat_map(|known| known.iter()).map(|(_, practice)| practice);
        if let (Some(practice), Some(wish)) =
            (known.into_iter().find(|practice| Some(practice.address) == server), wish)
        {
            // More wishes than a person can have are not heard.
            let _ = practice.orders.try_send(listen::Order::Watch(wish));
        }
    }

    /// Lets the practice server that was dialled as `target` play these from now on; `false` if none
    /// was.
    pub(super) fn play(&self, target: &Target, faults: Faults) -> bool {
        let known = self.practices.0.try_lock().ok();
        let mut known = known.iter().flat_map(|known| known.iter());
        let practice = known.find(|(dialled, _)| dialled == target);
        // All of its sessions may be over.
        practice.map(|(_, practice)| practice.faults.send_replace(Arc::new(faults))).is_some()
    }

    /// Closes everything, so that each recording has its end, and waits a little for that.
    pub(super) async fn farewell(&mut self, heard: &mut mpsc::Receiver<(usize, Heard)>) {
        let ids: Vec<usize> = self.orders.keys().copied().collect();
        for id in ids {
            self.close(id);
        }
        let all_closed = async {
            loop {
                tokio::select! {
                    ended = self.tasks.join_next() => if ended.is_none() { break },
                    // What is still said must not wait for somebody to hear it.
                    _ = heard.recv() => {}
                }
            }
        };
        // A connection that does not close in time ends with the program.
        let _ = tokio::time::timeout(FAREWELL, all_closed).await;
    }
}

/// How sessions reach servers, how long they wait, and what stops them.
type Ways = (Route, tls::Choice, watch::Receiver<Limits>, watch::Receiver<Vec<Pattern>>);

/// The session task: dials when told to, and drives each connection to its end.
async fn session(
    mut log: Log,
    mut orders: mpsc::Receiver<Order>,
    (practices, sources): (Practices, Sources),
    (route, choice, limits, breakpoints): Ways,
) {
    loop {
        let order = tokio::select! {
            order = orders.recv() => order,
            news = log.news() => {
                log.take(news).await;
                continue;
            }
        };
        let Some(order) = order else { return };
        if let Order::Say(Say::Verify(check)) = &order {
            log.verify(Side::Client, check);
        }
        let (target, chosen, choice) = match order {
            Order::Dial(target, chosen) => (target, chosen, choice.clone()),
            Order::Redial(target, chosen) => (target, chosen, choice.clone().without_upgrade()),
            _ => continue,
        };
        let limits = *limits.borrow();
        let route = chosen.or(&route);
        let server = match &target {
            // Without it the dialling fails, and says so.
            Target::Practice { .. } => practices.of(&target, limits, &sources).await,
            _ => None,
        };
        let practice = server.as_ref().map(Practice::place);
        let (target, route, tls) = (&target, &route, &choice);
        let call = Call { target, practice, route, tls, limits, judged: true };
        let dialled = call.dial_until(&mut log, told_to_stop(&mut orders)).await;
        let orders = Orders { queue: &mut orders, obey };
        let gate = Gate::new(breakpoints.borrow().clone());
        let part = Part::person(limits).behind(gate);
        let mut speaker = call.upgrading(Human::default());
        call.talk(dialled, &mut log, part, &mut speaker, Some(orders)).await;
    }
}

/// The practice servers of this program, by the targets as which they were dialled.
#[derive(Clone, Default)]
struct Practices(Arc<Mutex<Vec<(Target, Practice)>>>);

impl Practices {
    /// The one that was dialled as `target`, started when it is first needed.
    async fn of(&self, target: &Target, limits: Limits, sources: &Sources) -> Option<Practice> {
        let mut known = self.0.lock().await;
        if let Some((_, practice)) = known.iter().find(|(dialled, _)| dialled == target) {
            return Some(practice.clone());
        }
        let practice = practice_for(target, limits, sources).await.ok().flatten()?;
        known.push((target.clone(), practice.clone()));
        Some(practice)
    }
}

fn say_by_hand(speaker: &mut Human, order: Order) -> Ends {
    match order {
        Order::Say(say) => speaker.push(say),
        Order::Reply(said) => speaker.push_all(said),
        Order::End(words) => speaker.end(words),
        Order::Stop => speaker.stop(),
        Order::Trust | Order::Dial(..) | Order::Redial(..) => Ends::Nothing,
    }
}

fn obey(speaker: &mut Upgrade<Human>, order: Order) -> Ends {
    match order {
        Order::Say(say) => speaker.push(say),
        Order::Reply(said) => speaker.then.push_all(said),
        Order::Stop => speaker.then.stop(),
        Order::Trust => {
            speaker.trusts = true;
            Ends::Nothing
        }
        Order::End(_) | Order::Dial(..) | Order::Redial(..) => Ends::Nothing,
    }
}

async fn told_to_stop(orders: &mut mpsc::Receiver<Order>) {
    while let Some(order) = orders.recv().await {
        if matches!(order, Order::Say(Say::Close(_))) {
            return;
        }
    }
    std::future::pending::<()>().await;
}
