//! `ehlo serve --by-hand --plain`: a person, or a script, answers clients line by line.

mod events;

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::cli::ServeArgs;
use crate::display::hand as shown;
use crate::display::text::clip;
use crate::display::token::own_visible;
use crate::display::transcript as misread;
use crate::journal::transcript::Place;
use crate::journal::{Ending, Event, Happening, Moment, Side};
use crate::knowledge::{self, Lang};
use crate::net::Clock;
use crate::net::driver::{EVENTS_WAITING, Ear, Heard, Log};
use crate::net::listen::by_hand::{self, Desk};
use crate::net::listen::{Client, Entrance, Security, Socket};
use crate::net::signals::{Signal, Signals};
use crate::session::{Dialogue, Keep, Phase};
use crate::speaker::hand::{self, Hand, Kind, Offer, Replies};
use crate::speaker::{Ends, Human, Policy, Say, directive};

use super::input::{self, Input, Line};
use super::print::Printer;
use super::serve::event::Event as Told;
use super::{Outcome, Setting, beside, block_on, complain, say, secure};
use events::Events;

/// Where clients are answered by hand, and what follows from that.
#[derive(Clone, Debug)]
pub struct ByHand {
    /// Where they come in.
    pub door: Entrance,
    /// How their sessions are.
    pub desk: Desk,
    /// What the right answer follows from.
    pub policy: Policy,
}

impl ByHand {
    /// As the command line wants it; there is one door.
    ///
    /// # Errors
    /// When its certificates cannot be read or made, or there are several doors.
    pub fn new(args: &ServeArgs, setting: &Setting) -> anyhow::Result<Self> {
        let [door] = &args.listen[..] else { anyhow::bail!("--by-hand has one --listen") };
        let tls = secure::server(&setting.tls, &args.practice)?;
        let tls = tls.filter(|_| door.security != Security::Clear);
        let is_implicit = |implicit| implicit || door.security == Security::Implicit;
        let tls = tls.map(|(wardrobe, implicit)| (wardrobe, is_implicit(implicit)));
        let desk = Desk::new(setting.limits(), tls)?;
        let policy = args.policy();
        let door = Entrance { lmtp: door.lmtp || policy.lmtp, ..door.clone() };
        Ok(Self { door, desk, policy })
    }

    /// Binds the place.
    ///
    /// # Errors
    /// When it cannot be bound.
    pub fn bind(&self) -> anyhow::Result<Socket> {
        let bound = Socket::bind(&self.door.place);
        bound.with_context(|| format!("cannot listen on {}", self.door.place))
    }

    /// From which the suggestions for one client come.
    pub fn hand(&self) -> Hand {
        // The table is embedded, and a test parses it: without it there is only what is typed.
        let replies = Replies::parse(knowledge::data("replies.toml")).unwrap_or_default();
        let starttls = self.desk.tls.is_some() && !self.desk.implicit;
        let begun = Clock::start().timestamp();
        let policy = Policy { begun, starttls, ..self.policy.clone() };
        Hand::new(policy, crate::net::seed(), Arc::new(replies))
    }
}

/// Answers clients, one after the other, as standard input says.
///
/// # Errors
/// When the place cannot be bound, or nothing can be read, written or recorded.
pub fn run(by_hand: &ByHand, json: bool, setting: &Setting) -> anyhow::Result<Outcome> {
    block_on(async {
        let socket = by_hand.bind()?;
        let mut signals = Signals::of(&Signal::stopping())?;
        let door = Entrance { place: socket.place()?, ..by_hand.door.clone() };
        let tls = (by_hand.desk.tls.is_some(), by_hand.desk.implicit);
        let line = Told::Listening(&door, tls).line(json, setting.lang());
        say(&(line.unwrap_or_default() + "\n"))?;
        let mut events = Events::of(Arc::new(door), json, setting.lang());
        let mut input = Input::new();
        for number in 1.. {
            let client = tokio::select! {
                _ = signals.next() => None,
                // Who has said all answers nobody any more.
                _ = next_line(&mut input, false) => None,
                client = socket.accept() => Some(client),
            };
            let Some(client) = client else {
                events.stopping()?;
                break;
            };
            let Ok(client) = client else {
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            let front = Front::new(by_hand, (json, &mut events), setting, number);
            let stopped = front.attend(client, by_hand, &mut input, &mut signals).await?;
            if stopped {
                break;
            }
        }
        events.stopped()?;
        Ok(Outcome::Done)
    })
}

/// The next line, or `None` at the end; as long as none is `due`, only what ends all. Cancel-safe.
async fn next_line(input: &mut Input, due: bool) -> std::io::Result<Option<Line>> {
    match input.look().await? {
        Some(line) if !due && !ends_all(line) => std::future::pending().await,
        Some(_) => input.next().await,
        None => Ok(None),
    }
}

fn ends_all(line: &Line) -> bool {
    matches!(line, Line::Whole(line) if line.trim() == ":quit")
}

/// How long it takes until the next client is tried where one could not be taken.
const PAUSE: Duration = Duration::from_millis(50);

/// How many columns of a suggestion are shown.
const WHAT: usize = 120;

/// What a directive waits.
const WAIT: &str = ":wait ";

/// What is to be done with a client.
enum Order {
    /// This is said.
    Say(Vec<Say>),
    /// The connection ends behind these words, whatever was to be said.
    End(Bytes),
}

impl Order {
    fn obey(human: &mut Human, order: Self) -> Ends {
        match order {
            Self::Say(said) => human.push_all(said),
            Self::End(words) => human.end(words),
        }
    }
}

/// One client.
struct Front<'a> {
    hand: Hand,
    setting: &'a Setting,
    json: bool,
    events: &'a mut Events,
    number: usize,
    dialogue: Dialogue,
    printer: Printer,
    offers: Vec<Offer>,
    /// For which exchange they were printed.
    told: Option<(usize, u32)>,
    said: u64,
    heard: u64,
    /// Whether the right answer is given from here on.
    rest: bool,
    until: Option<Instant>,
    /// Whether the connection is to end since nobody is answered any more.
    stopped: bool,
    orders: mpsc::Sender<Order>,
    taken: Option<mpsc::Receiver<Order>>,
}

impl<'a> Front<'a> {
    fn new(
        by_hand: &ByHand,
        (json, events): (bool, &'a mut Events),
        setting: &'a Setting,
        number: usize,
    ) -> Self {
        let (orders, taken) = mpsc::channel(16);
        Self {
            hand: by_hand.hand(),
            setting,
            json,
            events,
            number,
            dialogue: Dialogue::default(),
            printer: Printer::new(setting.lang(), true, setting.with_secrets),
            offers: Vec::new(),
            told: None,
            said: 0,
            heard: 0,
            rest: false,
            until: None,
            stopped: false,
            orders,
            taken: Some(taken),
        }
    }

    /// To people; where the output is for programs, beside it.
    fn print(&self, text: &str) -> anyhow::Result<()> {
        if self.json {
            beside(text);
            return Ok(());
        }
        say(text)
    }

    fn note(&self, key: &'static str, values: &[(&str, &str)]) -> anyhow::Result<()> {
        self.print(&format!("# {}\n", knowledge::fill(self.setting.lang(), key, values)))
    }

    /// Answers `client` to the end; whether no other is to be answered.
    async fn attend(
        mut self,
        client: Client,
        by_hand: &ByHand,
        input: &mut Input,
        signals: &mut Signals,
    ) -> anyhow::Result<bool> {
        let clock = Clock::start();
        let (publish, mut heard) = mpsc::channel(EVENTS_WAITING);
        let log = Log::new(clock.clone(), Keep::default())
            .published_to(Ear { number: 0, heard: publish });
        let header = log.clock().header(Side::Server);
        self.events.began(clock.timestamp())?;
        let mut log = self.setting.numbered(self.number - 1).recording_as(Side::Server, log)?;
        let peer = own_visible(client.endpoints.remote.as_deref().unwrap_or("-"));
        let n = self.number.to_string();
        self.note("hand.plain.client", &[("n", &n), ("peer", &peer)])?;
        let (desk, taken) = (by_hand.desk.clone(), self.taken.take());
        let session = tokio::spawn(async move {
            if let Some(mut taken) = taken {
                by_hand::answer(client, desk, &mut log, &mut taken, Order::obey).await;
            }
            log.dialogue
        });
        loop {
            let asked = hand::due(&self.dialogue).is_some() && self.said == self.heard;
            if asked && self.rest && !self.stopped && self.answers_rightly(clock.now()).await {
                continue;
            }
            let open = self.dialogue.phase().is_open();
            let reads = (asked || (input.terminal && open)) && self.until.is_none();
            // Nobody answers what comes from here on; but what was said before is heard.
            let idle = self.said == self.heard && self.until.is_none();
            let shakes = self.dialogue.phase() == Phase::AwaitingTls;
            if input.ended && open && idle && !self.rest && !shakes {
                self.stop().await?;
            }
            tokio::select! {
                news = heard.recv() => match news {
                    None => break,
                    Some((_, Heard::Event(event))) => self.hear(&event, clock.now())?,
                    Some(_) => {}
                },
                _ = signals.next(), if !self.stopped => self.stop().await?,
                () = wait(self.until), if self.until.is_some() => self.until = None,
                line = next_line(input, reads), if !input.ended && !self.stopped => match line? {
                    Some(line) if ends_all(&line) => self.stop().await?,
                    Some(line) => self.typed(&line, clock.now()).await?,
                    None => {}
                }
            }
        }
        let dialogue = session.await?;
        self.note("hand.plain.over", &[("n", &n)])?;
        self.events.over(&header, dialogue, self.setting)?;
        if input.ended && !self.stopped {
            self.events.stopping()?;
        }
        Ok(self.stopped || input.ended)
    }

    fn hear(&mut self, event: &Event, now: Moment) -> anyhow::Result<()> {
        self.dialogue.apply(event);
        if let Happening::Bytes { from: Side::Server, data, .. } = &event.what {
            self.heard += data.len() as u64;
        }
        if matches!(event.what, Happening::Secured(_) | Happening::NotSecured(_)) {
            // What was not said was meant for the layer below.
            self.heard = self.said;
        }
        let news = self.printer.news(&self.dialogue);
        self.print(&news)?;
        self.events.follow(&self.dialogue)?;
        if self.said == self.heard { self.ask(now) } else { Ok(()) }
    }

    /// Says what is to be answered, and what could be said, once for each.
    fn ask(&mut self, now: Moment) -> anyhow::Result<()> {
        let Some((at, exchange)) = hand::due(&self.dialogue) else { return Ok(()) };
        let asked = (at, exchange.connection);
        if self.told.replace(asked) == Some(asked) || self.rest {
            return Ok(());
        }
        let lang = self.setting.lang();
        let what = shown::asked(exchange, lang, self.setting.with_secrets);
        let mut text = format!("# {}\n", knowledge::fill(lang, "hand.asked", &[("what", &what)]));
        self.offers = self.hand.offers(now, &self.dialogue);
        for (n, offer) in (1..).zip(&self.offers) {
            let [en, ja] = &offer.does;
            let does = if lang == Lang::Ja { ja } else { en };
            let mut lines = offer.line.split('\n');
            let first = clip(&own_visible(lines.next().unwrap_or_default()), WHAT);
            let more = match lines.count() {
                0 => String::new(),
                n => {
                    let n = n.to_string();
                    format!(" {}", knowledge::fill(lang, "hand.more", &[("n", &n)]))
                }
            };
            let _ = writeln!(text, "# {n} {}: {first}{more}\n#     {does}", offer.kind.name());
        }
        if at == 0 {
            let how = knowledge::word(lang, "hand.plain.how");
            let _ = writeln!(text, "# {how}");
        }
        self.print(&text)
    }

    /// Whether there was a right answer to be given.
    async fn answers_rightly(&mut self, now: Moment) -> bool {
        let right = self.hand.right(now, &self.dialogue);
        self.rest = right.is_some();
        if let Some(said) = right {
            self.give(said).await;
        }
        self.rest
    }

    async fn give(&mut self, said: Vec<Say>) {
        self.said += said.iter().map(|say| say.bytes().len() as u64).sum::<u64>();
        // A session that is over cannot be told anything.
        let _ = self.orders.send(Order::Say(said)).await;
    }

    /// Answers nobody any more, and says so to the client, where it may hear it, once.
    async fn stop(&mut self) -> anyhow::Result<()> {
        if std::mem::replace(&mut self.stopped, true) {
            return Ok(());
        }
        self.events.stopping()?;
        let close = Order::Say(vec![Say::Close(Ending::Finished)]);
        let end = self.hand.goodbye(&self.dialogue).map_or(close, Order::End);
        // A session that is over cannot be told anything.
        let _ = self.orders.send(end).await;
        Ok(())
    }

    async fn typed(&mut self, line: &Line, now: Moment) -> anyhow::Result<()> {
        let lang = self.setting.lang();
        let Line::Whole(line) = line else {
            let most = input::LONGEST.to_string();
            refuse(&knowledge::fill(lang, "serve.line-too-long", &[("most", &most)]));
            return Ok(());
        };
        if line.trim() == "rest" {
            self.rest = true;
            return Ok(());
        }
        if let Some(time) = line.strip_prefix(WAIT).and_then(|t| directive::duration(t.trim())) {
            self.until = Some(Instant::now() + time);
            return Ok(());
        }
        let number: Option<usize> = line.trim().parse().ok().filter(|_| line.trim().len() < 3);
        let kind = Kind::find(line.trim());
        let chosen = match (number, kind) {
            (Some(n), _) => n.checked_sub(1).and_then(|at| self.offers.get(at)),
            (None, Some(kind)) => self.offers.iter().find(|offer| offer.kind == kind),
            (None, None) => None,
        };
        let line = match (chosen, number, kind) {
            (Some(offer), ..) => offer.line.clone(),
            (None, Some(n), _) => {
                let (n, count) = (n.to_string(), self.offers.len().to_string());
                let values = [("n", &*n), ("count", &count)];
                refuse(&knowledge::fill(lang, "hand.plain.no-such", &values));
                return Ok(());
            }
            (None, None, Some(_)) => {
                refuse(knowledge::word(lang, "hand.plain.none"));
                return Ok(());
            }
            (None, None, None) => line.clone(),
        };
        let said = match hand::read(&line, Place { line: 1, column: 1 }) {
            Ok(said) => said,
            Err(error) => {
                refuse(&misread::say(&error, lang));
                return Ok(());
            }
        };
        if chosen.is_none() && !line.starts_with(':') {
            let bytes = Bytes::copy_from_slice(said.first().map_or(&[][..], Say::bytes));
            for remark in hand::judge(now, &self.dialogue, &bytes) {
                let (_, text) = shown::remark(remark.key(), remark.odd(), lang);
                self.print(&format!("# {text}\n"))?;
            }
        }
        self.offers.clear();
        self.give(said).await;
        Ok(())
    }
}

/// What was typed cannot be said.
fn refuse(text: &str) {
    complain(text);
}

async fn wait(until: Option<Instant>) {
    match until {
        Some(until) => tokio::time::sleep_until(until).await,
        None => std::future::pending().await,
    }
}
