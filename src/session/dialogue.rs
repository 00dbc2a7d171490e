//! Bytes of both sides → exchanges. The one fold that owns framing; it plays no role itself.
//!
//! What a client's bytes are depends on what the server answered: behind DATA they are commands
//! or mail data, behind AUTH commands or secrets. Until the answer is there they stay
//! *undecided*. BDAT is the opposite, there the client alone decides (RFC 3030 §2).

mod client;
mod delivery;
mod server;

use std::collections::{HashMap, VecDeque};
use std::ops::Range;

use bytes::{Bytes, BytesMut};

use crate::journal::authenticity::Verification;
use crate::journal::facts::TlsReason;
use crate::journal::{Ending, Endpoints, Event, Happening, Moment, Side, TlsFacts};
use crate::smtp::code::Class;
use crate::smtp::command::Argument;
use crate::smtp::ehlo::Capabilities;
use crate::smtp::line::Cutter;
use crate::smtp::path::Path;
use crate::smtp::payload::{END_MARK, Ends};
use crate::smtp::reply::{Collector, Reply};
use crate::smtp::target::Protocol;
use crate::smtp::verb::Verb;
use crate::smtp::{Oddity, Span};

use super::envelope::{End, Envelope};
use super::exchange::Exchange;
use super::login::Login;
use super::message::Message;
use super::odd;
use super::phase::{Phase, Turn};
use super::secrets::{self, Meant, Sent};
use super::shared::Shared;
use super::wire::{Row, Wire};

/// How many bytes of one line are kept.
pub const LINE_KEEP: usize = 64 << 10;

/// How many replies that nobody asked for are kept between two turns of the client; the lines of
/// more of them are counted.
pub const UNSOLICITED_KEEP: usize = 1_000;

/// How much of a session stays in memory.
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    /// Bytes of one message.
    pub message: usize,
    /// Bytes of all messages together; the oldest give way.
    pub messages: usize,
    /// About how many bytes commands and replies may take. They do not give way: behind that the
    /// session is full ([`Dialogue::is_full`]).
    pub talk: usize,
}

impl Keep {
    /// All of it.
    pub const ALL: Self = Self { message: usize::MAX, messages: usize::MAX, talk: usize::MAX };

    /// One message of so many bytes as it crosses the wire.
    pub fn of_size(size: u64) -> Self {
        // Doubled dots do not count; at most every third byte of a message has one.
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let message = size.saturating_add(size / 3).saturating_add(END_MARK.len());
        Self { message, messages: message, ..Self::ALL }
    }
}

impl Default for Keep {
    fn default() -> Self {
        Self { message: 32 << 20, messages: 64 << 20, talk: usize::MAX }
    }
}

/// What the client's next bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Commands,
    Login,
    Data {
        message: usize,
    },
    Chunk {
        message: usize,
        left: u64,
        last: bool,
    },
    /// Behind 220 to STARTTLS, before TLS: what comes here is evidence of an injection.
    Handshake,
}

/// Where TLS began.
#[derive(Clone, Copy, Debug)]
struct Layer {
    connection: u32,
    /// The first exchange inside it.
    from: usize,
    /// The exchange in which the server announced what it offers outside it.
    introduced: Option<usize>,
}

/// A session as far as it has been heard.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Debug)]
pub struct Dialogue {
    keep: Keep,
    phase: Phase,
    secured: bool,
    /// The exchange in which the client was let in.
    logged_in: Option<usize>,
    connection: u32,
    /// Something was sent before anything else that the server may take for a command.
    prefaced: bool,
    endpoints: Endpoints,
    /// For whom the client speaks, by attributes of XCLIENT.
    claims: Vec<(String, String)>,
    capabilities: Option<Capabilities>,
    /// The exchange in which they were announced.
    introduced: Option<usize>,
    layers: Vec<Layer>,
    exchanges: Shared<Exchange>,
    waiting: VecDeque<usize>,
    /// The exchange in which the server greets.
    greeting: Option<usize>,
    /// The exchanges in the order of their replies.
    answered: Shared<usize>,
    /// The exchanges by which the client greeted, and those by which it was let in.
    greetings: Shared<usize>,
    logins: Shared<usize>,
    /// How often each command was said on this connection.
    said: Vec<(Verb, usize)>,
    /// Exchanges of this connection that did not simply go well, and those by which a recipient was
    /// refused.
    setbacks: Shared<usize>,
    refused: Shared<usize>,
    /// The last greeting that was accepted was LHLO.
    lmtp: bool,
    /// A reply for a recipient that may have been meant for a command behind it.
    doubted: Option<usize>,
    /// Rows of the wire behind which an exchange turned out odd, and by which oddity.
    revealed: Shared<(usize, usize, &'static str)>,
    messages: Shared<Message>,
    /// Bytes of messages in memory, and the first message that may have some.
    kept: usize,
    oldest_kept: usize,
    /// About how many bytes commands and replies take.
    talk: usize,
    envelope: Envelope,
    wire: Wire,
    /// The rows of commands that left together, two or more in one write.
    groups: Shared<Range<usize>>,
    notices: Shared<(Moment, Happening)>,
    /// For each message that was verified, the last notice of it.
    verified: HashMap<usize, usize>,
    framing: Framing,
    /// What ends mail data on this connection beside the end mark.
    data_ends: Ends,
    decider: Option<usize>,
    undecided: BytesMut,
    /// What the last line of it may be.
    undecided_meant: Meant,
    /// An AUTH is over, and no command has come since: what comes may be meant for it.
    login_over: bool,
    client: Cutter,
    server: Cutter,
    replies: Collector,
    unsolicited: usize,
    chunked: Option<usize>,
    client_offset: u64,
    line_offset: u64,
    /// When the client's line or mail data began that is not complete, or was last.
    line_begun: Moment,
    /// The same of the server's reply.
    reply_begun: Moment,
    veiled: Vec<Span>,
    secrets: Sent,
    /// Lines that are secrets wherever they stand.
    hidden: Vec<Bytes>,
    heard: Moment,
    /// When the server last said anything.
    server_heard: Moment,
    /// When nothing but the next reply was due: the last one was there, or TLS began.
    replied: Moment,
    now: Moment,
}

impl Default for Dialogue {
    fn default() -> Self {
        Self::new(Keep::default())
    }
}

impl Dialogue {
    /// A dialogue in which nothing has been said.
    pub fn new(keep: Keep) -> Self {
        Self {
            keep,
            phase: Phase::Offline,
            secured: false,
            logged_in: None,
            connection: 0,
            prefaced: false,
            endpoints: Endpoints::default(),
            claims: Vec::new(),
            capabilities: None,
            introduced: None,
            layers: Vec::new(),
            exchanges: Shared::new(),
            waiting: VecDeque::new(),
            greeting: None,
            answered: Shared::new(),
            greetings: Shared::new(),
            logins: Shared::new(),
            said: Vec::new(),
            setbacks: Shared::new(),
            refused: Shared::new(),
            lmtp: false,
            doubted: None,
            revealed: Shared::new(),
            messages: Shared::new(),
            kept: 0,
            oldest_kept: 0,
            talk: 0,
            envelope: Envelope::default(),
            wire: Wire::default(),
            groups: Shared::new(),
            notices: Shared::new(),
            verified: HashMap::new(),
            framing: Framing::Commands,
            data_ends: Ends::default(),
            decider: None,
            undecided: BytesMut::new(),
            undecided_meant: Meant::Command,
            login_over: false,
            client: Cutter::new(LINE_KEEP),
            server: Cutter::new(LINE_KEEP),
            replies: Collector::default(),
            unsolicited: 0,
            chunked: None,
            client_offset: 0,
            line_offset: 0,
            line_begun: Moment(0),
            reply_begun: Moment(0),
            veiled: Vec::new(),
            secrets: Sent::default(),
            hidden: Vec::new(),
            heard: Moment(0),
            server_heard: Moment(0),
            replied: Moment(0),
            now: Moment(0),
        }
    }

    /// A `line` of the client, with its end, will be a secret wherever it stands: the server may have
    /// taken back what it is an answer to before it is heard.
    pub fn hide(&mut self, line: &[u8]) {
        self.hidden.push(Bytes::copy_from_slice(line.trim_ascii_end()));
    }

    /// So much of a message stays in memory from the next one on, and of all of them no less than
    /// before.
    pub fn keep(&mut self, keep: Keep) {
        let messages = keep.messages.max(self.keep.messages);
        self.keep = Keep { messages, talk: self.keep.talk, ..keep };
    }

    /// About how many bytes commands and replies take in memory.
    pub const fn talk(&self) -> usize {
        self.talk
    }

    /// Whether more was said than is to be remembered.
    pub fn is_full(&self) -> bool {
        self.talk.saturating_add(self.undecided.len()) > self.keep.talk
    }

    /// About how many bytes it takes in memory.
    pub const fn weight(&self) -> usize {
        size_of::<Self>() + self.kept + self.talk
    }

    /// How many messages were forgotten, from the first one on.
    pub(super) const fn forgotten(&self) -> usize {
        self.oldest_kept
    }

    /// Forgets of its messages what `newer`, which has gone on from here, has forgotten.
    pub(super) fn forget_as(&mut self, newer: &Self) {
        for at in self.oldest_kept..newer.oldest_kept.min(self.messages.len()) {
            if let Some(message) = self.messages.get_mut(at) {
                self.kept -= message.forget();
            }
            self.oldest_kept = at + 1;
        }
    }

    /// Takes the next event.
    pub fn apply(&mut self, event: &Event) {
        self.now = event.at;
        self.veiled.clear();
        match &event.what {
            Happening::Opened(endpoints) => self.opened(endpoints),
            Happening::NotOpened(_) => {
                self.phase = Phase::Closed;
                self.notice(event);
            }
            // Nothing crossed the wire.
            Happening::Bytes { data, .. } if data.is_empty() => {}
            Happening::Bytes { from: Side::Client, data, .. } => self.client_bytes(data.clone()),
            Happening::Bytes { from: Side::Server, data, .. } => self.server_bytes(data.clone()),
            Happening::Secured(_) => self.begin_tls(event),
            Happening::Played(played) => {
                self.data_ends = played.ends;
                self.notice(event);
            }
            Happening::NotSecured(failure) => {
                if failure.reason == TlsReason::PlainPort {
                    self.judge_greeting();
                }
                self.notice(event);
            }
            Happening::Prefaced(_) => {
                self.prefaced = true;
                self.notice(event);
            }
            Happening::Stored(stored) => {
                self.notice(event);
                let message = Message::stored((**stored).clone());
                self.wire.extend_data(self.messages.len(), 0, message.line_count());
                self.messages.push(message);
            }
            Happening::LookedUp(_)
            | Happening::Fetched(_)
            | Happening::Inquired
            | Happening::Verified(_)
            | Happening::Tried(_)
            | Happening::Aside(_)
            | Happening::Exited(_)
            | Happening::Overdue { .. } => self.notice(event),
            Happening::Closed { by, how } => self.closed(event, *by, how),
        }
    }

    /// Where the session stands.
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// Whether TLS is on.
    pub const fn is_secured(&self) -> bool {
        self.secured
    }

    /// Whether TLS began on this connection, which may be over.
    pub fn has_secured(&self) -> bool {
        self.since_opened().any(|what| matches!(what, Happening::Secured(_)))
    }

    /// What is known of the TLS layer, if it is on.
    pub fn tls(&self) -> Option<&TlsFacts> {
        let mut known = self.notices.iter().rev().filter_map(|(_, what)| match what {
            Happening::Secured(facts) => Some(&**facts),
            _ => None,
        });
        known.next().filter(|_| self.secured)
    }

    /// Whether the client has logged in.
    pub const fn is_authenticated(&self) -> bool {
        self.logged_in.is_some()
    }

    /// The login that let the client in.
    pub fn login(&self) -> Option<Login<'_>> {
        Login::at(self, self.logged_in?)
    }

    /// Number of connections so far.
    pub const fn connection(&self) -> u32 {
        self.connection
    }

    /// Whether something was sent before anything else, and no command was accepted since: the
    /// server may have taken it for a command of its own.
    pub const fn is_prefaced(&self) -> bool {
        self.prefaced
    }

    /// The ends of the last connection.
    pub const fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// What XCLIENT said of the client for whom this one speaks, such as `ADDR`, and the server
    /// believed.
    pub fn claim(&self, attribute: &str) -> Option<&str> {
        let (_, value) = self.claims.iter().find(|(name, _)| name == attribute)?;
        Some(value)
    }

    /// What the server announced, if the last EHLO was accepted.
    pub const fn capabilities(&self) -> Option<&Capabilities> {
        self.capabilities.as_ref()
    }

    /// The exchange in which it was announced what the server offers now.
    pub const fn introduced(&self) -> Option<usize> {
        self.introduced
    }

    /// The first exchange inside the last TLS layer of this connection.
    pub fn layer_begins(&self) -> Option<usize> {
        self.layers.last().filter(|layer| layer.connection == self.connection).map(|l| l.from)
    }

    /// What the server announced outside the TLS layer that `exchange` is in, and what it announces
    /// there; `None` unless it did both.
    pub fn offers_around(&self, exchange: usize) -> Option<(Capabilities, Capabilities)> {
        let inside = self.exchanges.get(exchange)?;
        let at = self.layers.partition_point(|layer| layer.from <= exchange).checked_sub(1)?;
        let layer = self.layers.get(at).filter(|layer| layer.connection == inside.connection)?;
        Some((announced(self.exchanges.get(layer.introduced?)?)?, announced(inside)?))
    }

    /// What the server had announced before `exchange`, as it counts there; `None` where nobody has
    /// asked it.
    pub fn offers_at(&self, exchange: usize) -> Option<Capabilities> {
        if self.introduced.is_some_and(|at| at <= exchange) {
            return self.capabilities.clone();
        }
        let here = self.exchanges.get(exchange)?;
        let same = |e: &&Exchange| e.connection == here.connection && e.secured == here.secured;
        let mut before = self.exchanges.range(0..exchange).rev().take_while(same);
        before.find_map(|exchange| match exchange.verb() {
            Some(Verb::Helo) => {
                let greeted = exchange.reply.as_ref().map(Reply::class) == Some(Class::Positive);
                greeted.then(Capabilities::default)
            }
            _ => announced(exchange),
        })
    }

    /// What the server announced last on this connection, be it outside the TLS layer.
    pub(super) fn offered_last(&self) -> Option<Capabilities> {
        let layer = self.layers.last().filter(|layer| layer.connection == self.connection);
        let outside = layer.and_then(|layer| layer.introduced);
        announced(self.exchanges.get(self.introduced.or(outside)?)?)
    }

    /// Whether the server announced `keyword`.
    pub fn offers(&self, keyword: &str) -> bool {
        self.capabilities.as_ref().is_some_and(|c| c.has(keyword))
    }

    /// All exchanges in the order in which they began.
    pub const fn exchanges(&self) -> &Shared<Exchange> {
        &self.exchanges
    }

    /// The exchanges of this connection, with their numbers.
    pub fn exchanges_here(&self) -> impl DoubleEndedIterator<Item = (usize, &Exchange)> {
        let all = self.exchanges.iter().enumerate();
        all.filter(|(_, exchange)| exchange.connection == self.connection)
    }

    /// The exchanges that have no reply yet, oldest first.
    pub const fn waiting(&self) -> &VecDeque<usize> {
        &self.waiting
    }

    /// The exchanges that were answered, in the order of their replies: where commands are sent
    /// before the end of a message is answered, they begin before its last replies do.
    pub const fn answered(&self) -> &Shared<usize> {
        &self.answered
    }

    /// The exchange by which the client greeted last before exchange `at`, on the same connection.
    pub fn greeting_before(&self, at: usize) -> Option<&Exchange> {
        self.last_before(&self.greetings, at)
    }

    /// The exchange by which it was let in last before exchange `at`, on the same connection.
    pub fn login_before(&self, at: usize) -> Option<&Exchange> {
        self.last_before(&self.logins, at)
    }

    fn last_before(&self, some: &Shared<usize>, at: usize) -> Option<&Exchange> {
        let here = self.exchanges.get(at)?.connection;
        let last = some.partition_point(|other| *other <= at).checked_sub(1)?;
        self.exchanges.get(*some.get(last)?).filter(|exchange| exchange.connection == here)
    }

    /// How often a command that is known was said on this connection.
    pub fn said(&self, verb: &Verb) -> usize {
        self.said.iter().find(|(other, _)| other == verb).map_or(0, |(_, count)| *count)
    }

    /// The exchanges of this connection that did not simply go well, in the order of their replies:
    /// the answer is no 2xx, or it is one to DATA, or nobody asked for it. Those of recipients are
    /// [`Self::refused`].
    pub fn setbacks(&self) -> impl Iterator<Item = (usize, &Exchange)> {
        self.setbacks.iter().filter_map(|at| Some((*at, self.exchanges.get(*at)?)))
    }

    /// The exchanges of this connection by which a recipient was refused, in the order of their
    /// replies.
    pub const fn refused(&self) -> &Shared<usize> {
        &self.refused
    }

    /// The first exchange that may still be answered, or that is still to come.
    pub fn settled(&self) -> usize {
        // At most one that is due was begun behind others.
        let due = self.waiting.iter().take(2).min().copied();
        // The last answer may turn out to have been for several recipients, or for another turn.
        let front = self.waiting.front().and_then(|at| self.exchanges.get(*at));
        let goes_on = front.is_some_and(|front| matches!(front.turn, Turn::Delivery(_)));
        let last = self.answered.last().copied().filter(|_| goes_on);
        let open = due.into_iter().chain(last).chain(self.doubted).min();
        open.unwrap_or(self.exchanges.len())
    }

    /// The earlier exchanges that turned out odd by what begins at `row` of the wire, a reply or the
    /// end of the connection, each with its oddity.
    pub fn revealed(&self, row: usize) -> impl Iterator<Item = (usize, &'static str)> + '_ {
        let first = self.revealed.partition_point(|(at, ..)| *at < row);
        let behind = self.revealed.iter().skip(first);
        behind.take_while(move |(at, ..)| *at == row).map(|(_, about, id)| (*about, *id))
    }

    /// Exchange `about` turned out odd by what comes next on the wire.
    fn reveal(&mut self, about: usize, id: &'static str) {
        self.revealed.push((self.wire.len(), about, id));
    }

    /// Whether the server said in its greeting that it speaks LMTP.
    pub fn greets_as_lmtp(&self) -> bool {
        let first = self.greeting.and_then(|at| self.exchanges.get(at)?.reply.as_ref());
        first.is_some_and(odd::names_lmtp)
    }

    /// Whether LMTP is to be spoken: the target says so, or the server does.
    pub fn expects_lmtp(&self) -> bool {
        self.endpoints.protocol == Protocol::Lmtp || self.greets_as_lmtp()
    }

    /// The recipient for whom an exchange answers the message.
    pub fn recipient(&self, exchange: &Exchange) -> Option<&Path> {
        match &self.exchanges.get(exchange.recipient?)?.command.as_ref()?.argument {
            Argument::Path(path, _) => Some(&path.value),
            _ => None,
        }
    }

    /// The exchange that is to be answered next.
    pub fn unanswered(&self) -> Option<(usize, &Exchange)> {
        let index = *self.waiting.front()?;
        Some((index, self.exchanges.get(index)?))
    }

    /// The exchange that is to be answered next, and since when that is due; `None` where octets are
    /// to come first.
    pub fn due(&self) -> Option<(usize, Moment)> {
        let (at, exchange) = self.unanswered()?;
        let sent = exchange.sent_at.filter(|_| !self.wants_octets())?;
        Some((at, sent.max(self.replied)))
    }

    /// The exchange whose reply was awaited at a moment that is over.
    pub fn unanswered_at(&self, at: Moment) -> Option<usize> {
        let open = |e: &Exchange| {
            e.turn != Turn::Unsolicited
                && e.sent_at.is_some_and(|sent| sent <= at)
                && e.replied_at.is_none_or(|replied| replied > at)
        };
        let now = self.exchanges.iter().rposition(|e| e.sent_at.is_some_and(|sent| sent <= at))?;
        let here = self.exchanges.get(now)?.connection;
        self.exchanges.iter().position(|e| e.connection == here && open(e))
    }

    /// Where the line of mail data in row `at` stands on the wire; of a line that chunks cut, the
    /// piece that the row shows.
    pub fn data_range(&self, at: usize) -> Option<Range<u64>> {
        let Row::Data { message, line } = self.wire.row(at)? else { return None };
        let message = self.messages.get(message)?;
        message.piece_range(line, self.wire.goes_on(at))
    }

    /// The bytes of the line of mail data in row `at`, as far as they are kept.
    pub fn data_line(&self, at: usize) -> Option<Vec<u8>> {
        let Row::Data { message, .. } = self.wire.row(at)? else { return None };
        let (message, range) = (self.messages.get(message)?, self.data_range(at)?);
        (range.end <= message.kept() as u64).then(|| message.wire(range.start, range.end))
    }

    /// All messages in the order in which they began.
    pub const fn messages(&self) -> &Shared<Message> {
        &self.messages
    }

    /// Whether more of message `at` may come: the client is sending it, or what a next chunk is put
    /// behind, and the connection stands.
    pub fn grows(&self, at: usize) -> bool {
        let begun = match self.framing {
            Framing::Data { message } | Framing::Chunk { message, .. } => Some(message),
            _ => self.chunked,
        };
        begun == Some(at) && self.phase.is_open()
    }

    /// Whether nothing was said, and there are messages all the same: they lie in files.
    pub fn is_mailbox(&self) -> bool {
        self.phase == Phase::Offline && !self.messages.is_empty()
    }

    /// The transactions.
    pub const fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// The lines on the wire in their order.
    pub const fn wire(&self) -> &Wire {
        &self.wire
    }

    /// The rows of each group: commands that left the client in one write, two or more
    /// (RFC 2920 §3.1). Who cuts the bytes in another way sees other groups, and the same dialogue.
    pub const fn groups(&self) -> &Shared<Range<usize>> {
        &self.groups
    }

    /// The group to which row `at` belongs.
    pub fn group_of(&self, at: usize) -> Option<Range<usize>> {
        let next = self.groups.partition_point(|group| group.start <= at);
        let group = self.groups.get(next.checked_sub(1)?)?;
        group.contains(&at).then(|| group.clone())
    }

    /// What happened to the connection: opened, secured, closed.
    pub const fn notices(&self) -> &Shared<(Moment, Happening)> {
        &self.notices
    }

    /// The same without what was told of the server beside it: the connection itself.
    pub fn course(&self) -> impl DoubleEndedIterator<Item = &Happening> {
        self.notices.iter().map(|(_, what)| what).filter(|what| !what.is_beside())
    }

    /// What happened since the last connection was made, the newest first.
    pub fn since_opened(&self) -> impl Iterator<Item = &Happening> {
        let back = self.notices.iter().rev().map(|(_, what)| what);
        back.take_while(|what| !matches!(what, Happening::Opened(_)))
    }

    /// What was found out last about the message at `index`.
    pub fn verification(&self, index: usize) -> Option<&Verification> {
        match self.notices.get(*self.verified.get(&index)?)? {
            (_, Happening::Verified(found)) => Some(found),
            _ => None,
        }
    }

    /// What has arrived of a reply that is not complete: its lines, and the beginning of another.
    pub fn partial_reply(&self) -> (&Reply, &[u8]) {
        (self.replies.partial(), self.server.partial())
    }

    /// Whether a server that is to greet has not said a word.
    pub fn awaits_first_word(&self) -> bool {
        let (reply, rest) = self.partial_reply();
        self.phase == Phase::AwaitingGreeting
            && !self.secured
            && reply.lines.is_empty()
            && rest.is_empty()
    }

    /// Whether something has left the client that is no line yet.
    pub fn has_partial_line(&self) -> bool {
        !self.undecided.is_empty() || !self.client.partial().is_empty()
    }

    /// The beginning of the client's line that is not complete, secrets and all; nothing where a
    /// reply has to say first what it is.
    pub fn begun_line(&self) -> &[u8] {
        if self.decider.is_some() { &[] } else { self.client.partial() }
    }

    /// What has left the client and is no line yet: bytes of which a reply will say what they are,
    /// and the beginning of a line; secrets are veiled.
    pub fn partial_line(&self) -> Vec<u8> {
        let shown = self.undecided.len().min(LINE_KEEP);
        let mut bytes = self.undecided.get(..shown).unwrap_or_default().to_vec();
        let meant = if self.decides_login() { Meant::Answer } else { Meant::Command };
        let (mut veiled, _) = secrets::in_undecided(&bytes, meant);
        let at = bytes.len();
        bytes.extend_from_slice(self.client.partial());
        let secret = self.secret_in(self.client.partial());
        veiled.extend(secret.map(|s| Span::new(at + s.start, at + s.end)));
        secrets::veil(&mut bytes, veiled);
        bytes
    }

    /// What is a secret in `text` that the client sends behind `before`, both not on the wire yet.
    /// The first line of them is meant as `meant`.
    pub fn secrets_behind(&self, before: &[u8], text: &[u8], meant: Meant) -> Vec<Span> {
        let mut bytes = self.partial_line();
        bytes.extend_from_slice(before);
        if bytes.is_empty() {
            return secrets::in_typed(text, meant);
        }
        let start = bytes.len();
        bytes.extend_from_slice(text);
        let spans = secrets::in_typed(&bytes, meant).into_iter().filter(|span| span.end > start);
        spans.map(|span| Span::new(span.start.max(start) - start, span.end - start)).collect()
    }

    /// When the client last said something, or the server answered.
    pub const fn last_heard(&self) -> Moment {
        self.heard
    }

    /// When the server last said anything, be it a part of a reply.
    pub const fn server_last_heard(&self) -> Moment {
        self.server_heard
    }

    /// Which ranges of the event applied last are secrets.
    pub fn veiled(&self) -> &[Span] {
        &self.veiled
    }

    /// The secrets that the client has sent: a reply may say them again.
    pub const fn secrets(&self) -> &Sent {
        &self.secrets
    }

    /// Whether it is the client's turn: nothing is unanswered, and bytes would be understood.
    pub fn awaits_client(&self) -> bool {
        self.waiting.is_empty() && self.phase.is_open() && self.phase != Phase::AwaitingTls
    }

    /// Whether the client's next line is an answer to a step of AUTH, or may be: a secret.
    pub fn awaits_login(&self) -> bool {
        self.framing == Framing::Login || self.decides_login()
    }

    /// What the client's next line may be, as far as secrets go.
    pub fn next_line_is_meant_as(&self) -> Meant {
        if self.framing == Framing::Login {
            Meant::Answer
        } else if self.login_over || self.decides_login() {
            Meant::Perhaps
        } else {
            Meant::Command
        }
    }

    /// Whether the client's next line is mail data.
    pub const fn awaits_mail_data(&self) -> bool {
        matches!(self.framing, Framing::Data { .. })
    }

    /// Whether the client's next line is text whatever it looks like: mail data that has begun. No
    /// header field begins with a colon, and no answer to AUTH does, so the first line of a message
    /// and every answer may still be something else.
    pub fn is_inside_text(&self) -> bool {
        match self.framing {
            Framing::Data { message } => {
                self.messages.get(message).is_some_and(|m| m.wire_len() > 0)
            }
            _ => false,
        }
    }

    /// Whether octets of a BDAT chunk are still to come.
    pub const fn awaits_octets(&self) -> bool {
        self.octets_left() > 0
    }

    /// Whether they are all that the server waits for, and nothing is to be answered before.
    pub fn wants_octets(&self) -> bool {
        self.awaits_octets() && self.waiting.len() <= 1
    }

    /// How many octets of a BDAT chunk are still to come.
    pub const fn octets_left(&self) -> u64 {
        match self.framing {
            Framing::Chunk { left, .. } => left,
            _ => 0,
        }
    }

    /// Whether the end of a message is on the wire, or may be, and nobody knows yet what becomes of
    /// it: what was sent behind DATA before its reply may be a whole message.
    pub fn may_have_ended_message(&self) -> bool {
        let mut unanswered = self.waiting.iter().filter_map(|at| self.exchanges.get(*at));
        let ended = unanswered.any(|exchange| exchange.turn.ends_message());
        let undecided = !self.undecided.is_empty() && !self.decides_login();
        undecided || (ended && !self.awaits_octets())
    }

    /// The commands that move the session on, without those the server does not offer.
    pub fn next_commands(&self) -> impl Iterator<Item = &'static Verb> + '_ {
        let lmtp = self.phase == Phase::Greeted && self.expects_lmtp();
        self.phase.expected().iter().filter(move |verb| match verb {
            Verb::Ehlo | Verb::Helo => !lmtp,
            Verb::Lhlo => lmtp,
            Verb::Starttls => self.offers("STARTTLS") && !self.secured,
            Verb::Auth => self.offers("AUTH") && !self.is_authenticated(),
            Verb::Bdat => self.offers("CHUNKING"),
            _ => true,
        })
    }

    fn opened(&mut self, endpoints: &Endpoints) {
        self.connection += 1;
        self.said.clear();
        self.setbacks.clear();
        self.refused.clear();
        self.prefaced = false;
        self.endpoints = endpoints.clone();
        self.claims.clear();
        self.secured = false;
        self.forget_introduction();
        self.phase = Phase::AwaitingGreeting;
        self.login_over = false;
        self.framing = Framing::Commands;
        self.chunked = None;
        self.decider = None;
        self.heard = self.now;
        self.notices.push((self.now, Happening::Opened(Box::new(endpoints.clone()))));
        self.wire.push(Row::Notice { index: self.notices.len() - 1 }, 1);
        let greeting = self.add(Turn::Greeting);
        self.greeting = Some(greeting);
        self.waiting.push_back(greeting);
    }

    fn notice(&mut self, event: &Event) {
        if let Happening::Verified(found) = &event.what {
            self.verified.insert(found.message, self.notices.len());
        }
        self.notices.push((event.at, event.what.clone()));
        self.wire.push(Row::Notice { index: self.notices.len() - 1 }, 1);
    }

    fn forget_introduction(&mut self) {
        self.capabilities = None;
        self.introduced = None;
        self.logged_in = None;
        self.lmtp = false;
    }

    fn add(&mut self, turn: Turn) -> usize {
        let mut exchange = Exchange::new(turn, self.phase, self.connection);
        exchange.sent_at = Some(self.now);
        exchange.secured = self.secured;
        self.exchanges.push(exchange);
        self.exchanges.len() - 1
    }

    /// Both sides forget what they knew (RFC 3207 §4.2).
    fn begin_tls(&mut self, event: &Event) {
        self.notice(event);
        self.flush();
        // What was said in clear text behind STARTTLS is answered by nobody.
        let exchanges = &self.exchanges;
        let greets = |at: &usize| exchanges.get(*at).is_some_and(|e| e.turn == Turn::Greeting);
        self.waiting.retain(greets);
        self.chunked = None;
        self.doubted = None;
        self.login_over = false;
        self.heard = self.now;
        self.replied = self.now;
        self.secured = true;
        self.layers.push(Layer {
            connection: self.connection,
            from: self.exchanges.len(),
            introduced: self.introduced,
        });
        self.forget_introduction();
        self.envelope.end(self.exchanges.len(), End::Secured);
        self.framing = Framing::Commands;
        if self.phase == Phase::AwaitingTls {
            self.phase = Phase::Greeted;
        }
    }

    fn closed(&mut self, event: &Event, by: Side, how: &Ending) {
        self.flush();
        self.judge_close(by, how);
        self.envelope.end(self.exchanges.len(), End::Closed);
        self.phase = Phase::Closed;
        // What comes next belongs to another connection.
        self.framing = Framing::Commands;
        self.data_ends = Ends::default();
        self.login_over = false;
        self.hidden.clear();
        self.notice(event);
        self.waiting.clear();
        self.chunked = None;
    }

    /// Lines that will never be finished are lines all the same.
    fn flush(&mut self) {
        if self.decides_login() {
            self.login_over = true;
        }
        if self.decider.take().is_some() {
            self.framing = Framing::Commands;
            let mut bytes = self.undecided.split().freeze();
            // Line by line: none of them gets the answer that would decide about the next ones.
            while !bytes.is_empty() {
                let end = memchr::memchr(b'\n', &bytes).map_or(bytes.len(), |at| at + 1);
                let begin = self.client_offset - bytes.len() as u64;
                self.frame_client(bytes.split_to(end), begin);
                self.login_over |= self.decides_login();
                self.decider = None;
            }
        }
        if let Some(line) = self.client.finish() {
            let secret = self.secret_in(&line.bytes);
            if self.framing == Framing::Login {
                self.login_answer(line, secret);
            } else {
                self.command(line, secret);
            }
            self.decider = None;
        }
        if let Some(line) = self.server.finish()
            && let Some(reply) = self.replies.push(line)
        {
            self.reply(reply);
        }
        if let Some(reply) = self.replies.finish() {
            self.reply(reply);
        }
        // These bytes belong to earlier events, whose veils are drawn already.
        self.veiled.clear();
        self.line_offset = self.client_offset;
    }

    /// It came where TLS was to begin.
    fn judge_greeting(&mut self) {
        if let Some(greeting) = self.exchanges.iter_mut().rev().find(|e| e.turn == Turn::Greeting) {
            greeting.odd.push(Oddity::new("A06", Span::new(0, 0)));
        }
    }

    fn judge_close(&mut self, by: Side, how: &Ending) {
        let front = self.waiting.front().copied();
        let unanswered = front.and_then(|i| self.exchanges.get(i));
        let id = odd::in_close(self.phase, unanswered, self.exchanges.last(), by, how);
        // Who waits for the rest in vain has waited for too many.
        let vain = *how == Ending::TimedOut;
        let owed = unanswered.is_some_and(|e| matches!(e.turn, Turn::Delivery(_)));
        let doubted = self.doubted.take().filter(|_| vain || by == Side::Client);
        let last = self.answered.last().copied().filter(|_| vain && owed);
        if let Some(at) = doubted.filter(|_| front.is_some()).or(last) {
            self.name_missing(at);
        }
        let target = front.or_else(|| self.exchanges.len().checked_sub(1));
        if let (Some(id), Some(exchange)) = (id, target.and_then(|i| self.exchanges.get_mut(i))) {
            let len = exchange.line.as_ref().map_or(0, |l| l.bytes.len());
            exchange.odd.push(Oddity::new(id, Span::new(0, len)));
        }
        // What was odd before is told with a reply, and there will be none.
        let odd: Vec<_> = match front.and_then(|at| self.exchanges.get(at)) {
            Some(front) => front.odd.iter().map(|odd| odd.id).collect(),
            None => id.into_iter().collect(),
        };
        for (id, at) in odd.into_iter().zip(target.into_iter().cycle()) {
            self.reveal(at, id);
        }
    }
}

/// What was announced in an exchange.
pub(super) fn announced(exchange: &Exchange) -> Option<Capabilities> {
    let introduces = matches!(exchange.verb(), Some(Verb::Ehlo | Verb::Lhlo));
    let reply = exchange.reply.as_ref().filter(|r| introduces && r.class() == Class::Positive)?;
    Some(Capabilities::read(reply))
}

impl PartialEq for Dialogue {
    /// Equal if they mean the same, however their bytes were cut.
    fn eq(&self, other: &Self) -> bool {
        (self.phase, self.secured, self.logged_in, self.connection)
            == (other.phase, other.secured, other.logged_in, other.connection)
            && self.exchanges == other.exchanges
            && self.waiting == other.waiting
            && self.answered == other.answered
            && self.messages == other.messages
            && self.envelope == other.envelope
            && self.capabilities == other.capabilities
            && self.partial_reply() == other.partial_reply()
            && self.notices == other.notices
            && self.wire.len() == other.wire.len()
            && (0..self.wire.len()).all(|at| self.wire.row(at) == other.wire.row(at))
    }
}

#[cfg(test)]
impl Dialogue {
    /// What a transcript tells while its connection stands: a recording ends with it.
    pub(crate) fn standing(text: &str) -> Self {
        let mut dialogue = Self::default();
        let journal = crate::journal::transcript::recording(text.as_bytes()).unwrap();
        let stands = |event: &&Event| !matches!(event.what, Happening::Closed { .. });
        for event in journal.events().iter().filter(stands) {
            dialogue.apply(event);
        }
        dialogue
    }
}
