//! Bytes of both sides → exchanges. The one fold that owns framing; it plays no role itself.
//!
//! What a client's bytes are depends on what the server answered: behind DATA they are commands
//! or mail data, behind AUTH commands or secrets. Until the answer is there they stay
//! *undecided*. BDAT is the opposite, there the client alone decides (RFC 3030 §2).

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

use crate::journal::{Ending, Endpoints, Event, Happening, Moment, Side};
use crate::smtp::code::{Class, Code};
use crate::smtp::command::{self, Argument, Command};
use crate::smtp::ehlo::Capabilities;
use crate::smtp::line::{Cutter, Line, LineEnd};
use crate::smtp::reply::{Collector, Reply};
use crate::smtp::verb::Verb;
use crate::smtp::{Oddity, Span};

use super::envelope::{End, Envelope, Fate};
use super::exchange::{Exchange, Turn};
use super::message::Message;
use super::odd;
use super::phase::{self, Phase};
use super::secrets;
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
}

impl Default for Keep {
    fn default() -> Self {
        Self { message: 32 << 20, messages: 64 << 20 }
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

/// A session as far as it has been heard.
#[derive(Clone, Debug)]
pub struct Dialogue {
    keep: Keep,
    phase: Phase,
    secured: bool,
    authenticated: bool,
    connection: u32,
    endpoints: Endpoints,
    capabilities: Option<Capabilities>,
    exchanges: Vec<Exchange>,
    waiting: VecDeque<usize>,
    messages: Vec<Message>,
    envelope: Envelope,
    wire: Wire,
    notices: Vec<(Moment, Happening)>,
    framing: Framing,
    decider: Option<usize>,
    undecided: BytesMut,
    client: Cutter,
    server: Cutter,
    replies: Collector,
    unsolicited: usize,
    chunked: Option<usize>,
    client_offset: u64,
    line_offset: u64,
    veiled: Vec<Span>,
    heard: Moment,
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
            authenticated: false,
            connection: 0,
            endpoints: Endpoints::default(),
            capabilities: None,
            exchanges: Vec::new(),
            waiting: VecDeque::new(),
            messages: Vec::new(),
            envelope: Envelope::default(),
            wire: Wire::default(),
            notices: Vec::new(),
            framing: Framing::Commands,
            decider: None,
            undecided: BytesMut::new(),
            client: Cutter::new(LINE_KEEP),
            server: Cutter::new(LINE_KEEP),
            replies: Collector::default(),
            unsolicited: 0,
            chunked: None,
            client_offset: 0,
            line_offset: 0,
            veiled: Vec::new(),
            heard: Moment(0),
            now: Moment(0),
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
            Happening::Bytes { from: Side::Client, data, .. } => self.client_bytes(data.clone()),
            Happening::Bytes { from: Side::Server, data, .. } => self.server_bytes(data.clone()),
            Happening::Secured(_) => self.begin_tls(event),
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

    /// Whether the client has logged in.
    pub const fn is_authenticated(&self) -> bool {
        self.authenticated
    }

    /// Number of connections so far.
    pub const fn connection(&self) -> u32 {
        self.connection
    }

    /// The ends of the last connection.
    pub const fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// What the server announced, if the last EHLO was accepted.
    pub const fn capabilities(&self) -> Option<&Capabilities> {
        self.capabilities.as_ref()
    }

    /// Whether the server announced `keyword`.
    pub fn offers(&self, keyword: &str) -> bool {
        self.capabilities.as_ref().is_some_and(|c| c.has(keyword))
    }

    /// All exchanges in the order in which they began.
    pub fn exchanges(&self) -> &[Exchange] {
        &self.exchanges
    }

    /// The exchanges that have no reply yet, oldest first.
    pub const fn waiting(&self) -> &VecDeque<usize> {
        &self.waiting
    }

    /// The exchange that is to be answered next.
    pub fn unanswered(&self) -> Option<(usize, &Exchange)> {
        let index = *self.waiting.front()?;
        Some((index, self.exchanges.get(index)?))
    }

    /// All messages in the order in which they began.
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// The transactions.
    pub const fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// The lines on the wire in their order.
    pub const fn wire(&self) -> &Wire {
        &self.wire
    }

    /// What happened to the connection: opened, secured, closed.
    pub fn notices(&self) -> &[(Moment, Happening)] {
        &self.notices
    }

    /// What has arrived of a reply that is not complete: its lines, and the beginning of another.
    pub fn partial_reply(&self) -> (&Reply, &[u8]) {
        (self.replies.partial(), self.server.partial())
    }

    /// Whether something has left the client that is no line yet.
    pub fn has_partial_line(&self) -> bool {
        !self.undecided.is_empty() || !self.client.partial().is_empty()
    }

    /// What has left the client and is no line yet: bytes of which a reply will say what they are,
    /// and the beginning of a line; secrets are veiled.
    pub fn partial_line(&self) -> Vec<u8> {
        let mut bytes = self.undecided.to_vec();
        let mut veiled = secrets::in_undecided(&bytes, self.decides_login());
        let at = bytes.len();
        bytes.extend_from_slice(self.client.partial());
        let secret = match self.framing {
            Framing::Login => secrets::in_login_answer(self.client.partial()),
            _ => secrets::in_command(self.client.partial()),
        };
        veiled.extend(secret.map(|s| Span::new(at + s.start, at + s.end)));
        secrets::veil(&mut bytes, veiled);
        bytes
    }

    /// When the client last said something, or the server answered.
    pub const fn last_heard(&self) -> Moment {
        self.heard
    }

    /// The time of the last event.
    pub const fn now(&self) -> Moment {
        self.now
    }

    /// Which ranges of the event applied last are secrets.
    pub fn veiled(&self) -> &[Span] {
        &self.veiled
    }

    /// Whether it is the client's turn: nothing is unanswered, and bytes would be understood.
    pub fn awaits_client(&self) -> bool {
        self.waiting.is_empty() && self.phase.is_open() && self.phase != Phase::AwaitingTls
    }

    /// Whether octets of a BDAT chunk are still to come.
    pub const fn awaits_octets(&self) -> bool {
        matches!(self.framing, Framing::Chunk { .. })
    }

    /// The commands that move the session on, without those the server does not offer.
    pub fn next_commands(&self) -> impl Iterator<Item = &'static Verb> + '_ {
        self.phase.expected().iter().filter(|verb| match verb {
            Verb::Starttls => self.offers("STARTTLS") && !self.secured,
            Verb::Auth => self.offers("AUTH") && !self.authenticated,
            Verb::Bdat => self.offers("CHUNKING"),
            _ => true,
        })
    }

    fn opened(&mut self, endpoints: &Endpoints) {
        self.connection += 1;
        self.endpoints = endpoints.clone();
        self.secured = false;
        self.forget_introduction();
        self.phase = Phase::AwaitingGreeting;
        self.framing = Framing::Commands;
        self.decider = None;
        self.heard = self.now;
        self.notices.push((self.now, Happening::Opened(endpoints.clone())));
        self.wire.push(Row::Notice { index: self.notices.len() - 1 }, 1);
        let greeting = self.add(Turn::Greeting);
        self.waiting.push_back(greeting);
    }

    fn notice(&mut self, event: &Event) {
        self.notices.push((event.at, event.what.clone()));
        self.wire.push(Row::Notice { index: self.notices.len() - 1 }, 1);
    }

    fn forget_introduction(&mut self) {
        self.capabilities = None;
        self.authenticated = false;
    }

    fn add(&mut self, turn: Turn) -> usize {
        let mut exchange = Exchange::new(turn, self.phase, self.connection);
        exchange.sent_at = Some(self.now);
        self.exchanges.push(exchange);
        self.exchanges.len() - 1
    }

    // ---- the client's bytes

    fn client_bytes(&mut self, data: Bytes) {
        self.heard = self.now;
        let begin = self.client_offset;
        self.client_offset += data.len() as u64;
        if self.decider.is_some() {
            self.veil_undecided(&data, 0);
            self.undecided.extend_from_slice(&data);
            return;
        }
        self.frame_client(data, begin);
    }

    /// Frames `data`, whose first byte is number `begin` of what the client has said.
    fn frame_client(&mut self, mut data: Bytes, begin: u64) {
        let event = data.clone();
        while !data.is_empty() {
            let read = event.len() - data.len();
            if self.decider.is_some() {
                self.veil_undecided(&data, read);
                self.undecided.extend_from_slice(&data);
                return;
            }
            match self.framing {
                Framing::Commands | Framing::Handshake | Framing::Login => {
                    self.frame_line(&mut data, &event, begin);
                    continue;
                }
                Framing::Data { message } => self.mail_data(message, &mut data),
                Framing::Chunk { message, left, last } => {
                    self.octets(message, left, last, &mut data);
                }
            }
            self.line_offset = begin + (event.len() - data.len()) as u64;
        }
    }

    /// Takes a line off the front of `data`, the rest of `event`, or what there is of it.
    fn frame_line(&mut self, data: &mut Bytes, event: &Bytes, begin: u64) {
        let login = self.framing == Framing::Login;
        let find = if login { secrets::in_login_answer } else { secrets::in_command };
        let Some(line) = self.client.cut(data) else {
            let secret = find(self.client.partial());
            return self.veil(secret, begin + event.len() as u64, event, begin);
        };
        let behind = begin + (event.len() - data.len()) as u64;
        let secret = find(&line.bytes);
        self.veil(secret, behind - line.end.bytes().len() as u64, event, begin);
        self.line_offset = behind;
        if login { self.login_answer(line, secret) } else { self.command(line, secret) }
    }

    /// Marks `secret`, which reaches from its place in the current line up to byte number `stop`,
    /// where it lies in `event`, whose first byte is number `begin`.
    fn veil(&mut self, secret: Option<Span>, stop: u64, event: &Bytes, begin: u64) {
        let Some(span) = secret else { return };
        let place = |n: u64| usize::try_from(n.saturating_sub(begin)).unwrap_or(usize::MAX);
        let start = place(self.line_offset + span.start as u64);
        self.veiled.extend(secrets::without_cr(Span::new(start, place(stop)), event));
    }

    /// The same for `data`, which stands at `at` of its event and cannot be framed yet.
    fn veil_undecided(&mut self, data: &Bytes, at: usize) {
        let login = self.decides_login();
        // A line may have begun in an earlier event; what is undecided of it counts.
        let open = self.undecided.iter().rposition(|b| *b == b'\n').map_or(0, |p| p + 1);
        let before = self.undecided.len() - open;
        let mut text = self.undecided.get(open..).unwrap_or_default().to_vec();
        text.extend_from_slice(data);
        for span in secrets::in_undecided(&text, login) {
            let here = Span::new(span.start.max(before), span.end.max(before));
            let stretches = secrets::without_cr(here, &text).into_iter();
            let moved = |n: usize| at + n - before;
            self.veiled.extend(stretches.map(|s| Span::new(moved(s.start), moved(s.end))));
        }
    }

    /// Whether what decides about the undecided bytes is the answer to a step of AUTH.
    fn decides_login(&self) -> bool {
        self.decider
            .and_then(|d| self.exchanges.get(d))
            .is_some_and(|e| e.turn == Turn::LoginAnswer || e.verb() == Some(&Verb::Auth))
    }

    fn command(&mut self, line: Line, secret: Option<Span>) {
        let parsed = command::read(&line.bytes);
        let mut odd = parsed.odd;
        let turn = match &parsed.value.argument {
            Argument::Chunk { last: true, .. } => Turn::LastChunk,
            _ => Turn::Command(parsed.value.verb.clone()),
        };
        odd.extend(odd::in_command(self, &parsed.value, line.bytes.len()));
        if line.end == LineEnd::Lf {
            odd.push(Oddity::new("G13", Span::new(line.bytes.len(), line.bytes.len())));
        }
        let index = self.add(turn);
        self.wire.push(Row::Client { exchange: index }, 1);
        self.command_sent(index, &parsed.value);
        if let Some(exchange) = self.exchanges.get_mut(index) {
            exchange.line = Some(line);
            exchange.secret = secret;
            exchange.odd = odd;
            exchange.command = Some(parsed.value);
        }
        self.waiting.push_back(index);
    }

    /// What follows from a command before it is answered.
    fn command_sent(&mut self, index: usize, command: &Command) {
        match (&command.verb, &command.argument) {
            (Verb::Mail, Argument::Path(path, params)) => {
                self.envelope.mail_sent(index, &path.value, params);
            }
            (Verb::Rcpt, Argument::Path(path, params)) => {
                self.envelope.rcpt_sent(index, &path.value, params);
            }
            (Verb::Bdat, Argument::Chunk { size, last }) => self.chunk_sent(index, *size, *last),
            (Verb::Data | Verb::Auth | Verb::Starttls, _) => self.decider = Some(index),
            (Verb::Rset | Verb::Ehlo | Verb::Helo | Verb::Lhlo, _) => self.envelope.end_sent(),
            _ => {}
        }
    }

    fn chunk_sent(&mut self, index: usize, size: u64, last: bool) {
        let message = self.chunked.unwrap_or_else(|| {
            self.messages.push(Message::chunks(self.keep.message));
            self.envelope.message_began(self.messages.len() - 1);
            self.messages.len() - 1
        });
        self.chunked = (!last).then_some(message);
        if let Some(exchange) = self.exchanges.get_mut(index) {
            exchange.message = Some(message);
        }
        if last {
            self.envelope.end_sent();
        }
        self.framing = Framing::Chunk { message, left: size, last };
        self.end_of_chunk();
    }

    fn octets(&mut self, message: usize, left: u64, last: bool, data: &mut Bytes) {
        let take = usize::try_from(left).unwrap_or(usize::MAX).min(data.len());
        let octets = data.split_to(take);
        self.grow_message(message, |m| m.push_octets(&octets));
        self.framing = Framing::Chunk { message, left: left - take as u64, last };
        self.end_of_chunk();
    }

    fn end_of_chunk(&mut self) {
        if let Framing::Chunk { message, left: 0, last } = self.framing {
            self.framing = Framing::Commands;
            if last && let Some(message) = self.messages.get_mut(message) {
                message.finish_chunks();
            }
        }
    }

    fn mail_data(&mut self, message: usize, data: &mut Bytes) {
        let mut done = false;
        self.grow_message(message, |m| done = m.push_data(data));
        if !done {
            return;
        }
        self.framing = Framing::Commands;
        let index = self.add(Turn::MailData);
        let eight_bit = self.messages.get(message).and_then(Message::eight_bit);
        let odd = odd::in_message(&self.envelope, eight_bit);
        if let Some(exchange) = self.exchanges.get_mut(index) {
            exchange.message = Some(message);
            exchange.odd.extend(odd);
        }
        self.envelope.end_sent();
        self.waiting.push_back(index);
    }

    /// Adds to a message and to the rows of the wire; older messages give way.
    fn grow_message(&mut self, index: usize, add: impl FnOnce(&mut Message)) {
        if let Some(message) = self.messages.get_mut(index) {
            let seen = message.line_count();
            add(message);
            let lines = message.line_count();
            self.wire.extend_data(index, seen, lines);
        }
        let kept =
            |m: &Message| usize::try_from(m.wire_len() - m.forgotten()).unwrap_or(usize::MAX);
        let mut all: usize = self.messages.iter().rev().take(64).map(kept).sum();
        for message in self.messages.iter_mut().rev().skip(1).take(64).rev() {
            if all <= self.keep.messages {
                break;
            }
            all -= message.forget();
        }
    }

    fn login_answer(&mut self, line: Line, secret: Option<Span>) {
        let index = self.add(Turn::LoginAnswer);
        self.wire.push(Row::Client { exchange: index }, 1);
        if let Some(exchange) = self.exchanges.get_mut(index) {
            exchange.line = Some(line);
            exchange.secret = secret;
        }
        self.decider = Some(index);
        self.waiting.push_back(index);
    }

    // ---- the server's bytes

    fn server_bytes(&mut self, mut data: Bytes) {
        self.heard = self.now;
        while let Some(line) = self.server.cut(&mut data) {
            if let Some(reply) = self.replies.push(line) {
                self.reply(reply);
            }
        }
    }

    fn reply(&mut self, mut reply: Reply) {
        let Some(index) = self.waiting.pop_front() else {
            self.unsolicited(reply);
            return;
        };
        self.unsolicited = 0;
        let Some(slot) = self.exchanges.get_mut(index) else { return };
        // Taken out while its answer takes effect, so that both can be looked at.
        let mut exchange = std::mem::replace(slot, Exchange::new(Turn::Unsolicited, self.phase, 0));
        reply.odd.extend(odd::in_reply(self, &exchange, &reply));
        self.wire.push(Row::Server { exchange: index, line: 0 }, rows(&reply));
        self.phase = if reply.is(Code::NOT_AVAILABLE) {
            Phase::Closing
        } else {
            phase::after(self.phase, &exchange.turn, reply.class())
        };
        self.answered(index, &exchange, &reply);
        exchange.phase = self.phase;
        exchange.replied_at = Some(self.now);
        exchange.reply = Some(reply);
        if let Some(slot) = self.exchanges.get_mut(index) {
            *slot = exchange;
        }
        if self.decider == Some(index) {
            self.decide(index);
        }
    }

    /// What follows from an answer for everything but the phase.
    fn answered(&mut self, index: usize, exchange: &Exchange, reply: &Reply) {
        let fate = Fate::of(reply.class());
        let yes = fate == Fate::Accepted;
        match (&exchange.turn, exchange.verb()) {
            (Turn::MailData | Turn::LastChunk, _) => {
                if let Some(message) = exchange.message {
                    self.envelope.message_answered(index, message, fate);
                }
            }
            (Turn::LoginAnswer, _) => self.authenticated |= yes,
            (_, Some(Verb::Auth)) => self.authenticated |= reply.is(Code::AUTHENTICATED),
            (_, Some(Verb::Mail)) => {
                if let Some(Argument::Path(path, params)) =
                    exchange.command.as_ref().map(|c| &c.argument)
                {
                    self.envelope.mail_answered(index, &path.value, params, fate);
                }
            }
            (_, Some(Verb::Rcpt)) => self.envelope.rcpt_answered(index, fate),
            (_, Some(verb @ (Verb::Ehlo | Verb::Helo | Verb::Lhlo))) if yes => {
                self.envelope.end(index, End::Greeting);
                self.chunked = None;
                self.capabilities = (*verb != Verb::Helo).then(|| Capabilities::read(reply));
            }
            (_, Some(Verb::Rset)) if yes => {
                self.envelope.end(index, End::Reset);
                self.chunked = None;
            }
            (_, Some(Verb::Rset | Verb::Ehlo | Verb::Helo | Verb::Lhlo)) => {
                self.envelope.end_failed();
            }
            (_, Some(Verb::Quit)) if yes => self.envelope.end(index, End::Quit),
            _ => {}
        }
    }

    /// The answer is there that says what the client's bytes are.
    fn decide(&mut self, index: usize) {
        self.decider = None;
        let Some(exchange) = self.exchanges.get(index) else { return };
        let class = exchange.reply.as_ref().map_or(Class::Invalid, Reply::class);
        let login = exchange.turn == Turn::LoginAnswer || exchange.verb() == Some(&Verb::Auth);
        self.framing = match (exchange.verb(), class) {
            (Some(Verb::Data), Class::Intermediate) => {
                self.messages.push(Message::data(self.keep.message));
                let message = self.messages.len() - 1;
                self.envelope.message_began(message);
                Framing::Data { message }
            }
            (Some(Verb::Starttls), Class::Positive) => Framing::Handshake,
            (_, Class::Intermediate) if login => Framing::Login,
            _ => Framing::Commands,
        };
        let bytes = self.undecided.split().freeze();
        if !bytes.is_empty() {
            self.judge_early(index);
            // These bytes belong to earlier events, whose veils are drawn already.
            let veiled = std::mem::take(&mut self.veiled);
            let begin = self.client_offset - bytes.len() as u64;
            self.frame_client(bytes, begin);
            self.veiled = veiled;
        }
    }

    /// DATA must be the last of its group (RFC 2920 §3.1), and the client went on behind it.
    fn judge_early(&mut self, index: usize) {
        if let Some(exchange) = self.exchanges.get_mut(index)
            && exchange.verb() == Some(&Verb::Data)
        {
            let len = exchange.line.as_ref().map_or(0, |line| line.bytes.len());
            exchange.odd.push(Oddity::new("H03", Span::new(0, len)));
        }
    }

    fn unsolicited(&mut self, mut reply: Reply) {
        self.unsolicited += 1;
        if self.unsolicited > UNSOLICITED_KEEP {
            return self.count_unsolicited(&reply);
        }
        let before = self.exchanges.iter().rev().find(|e| e.turn != Turn::Unsolicited);
        let id = odd::in_unsolicited(before, &reply);
        reply.odd.push((0, Oddity::new(id, Span::new(0, 3))));
        if reply.is(Code::NOT_AVAILABLE) || reply.is(Code::CLOSING) {
            self.phase = Phase::Closing;
        }
        let index = self.add(Turn::Unsolicited);
        self.wire.push(Row::Server { exchange: index, line: 0 }, rows(&reply));
        if let Some(exchange) = self.exchanges.get_mut(index) {
            exchange.sent_at = None;
            exchange.replied_at = Some(self.now);
            exchange.phase = self.phase;
            exchange.reply = Some(reply);
        }
    }

    /// One of a flood: its lines are counted with the last reply that was kept.
    fn count_unsolicited(&mut self, reply: &Reply) {
        let index = self.exchanges.len().saturating_sub(1);
        let Some(last) = self.exchanges.last_mut().and_then(|e| e.reply.as_mut()) else { return };
        if last.more == 0 {
            self.wire.push(Row::Server { exchange: index, line: last.lines.len() }, 1);
        }
        last.more += reply.lines.len() as u64 + reply.more;
    }

    // ---- the connection

    /// Both sides forget what they knew (RFC 3207 §4.2).
    fn begin_tls(&mut self, event: &Event) {
        self.notice(event);
        self.flush();
        self.secured = true;
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
        self.notice(event);
        self.waiting.clear();
        self.chunked = None;
    }

    /// Lines that will never be finished are lines all the same.
    fn flush(&mut self) {
        if self.decider.take().is_some() {
            self.framing = Framing::Commands;
            let mut bytes = self.undecided.split().freeze();
            // Line by line: none of them gets the answer that would decide about the next ones.
            while !bytes.is_empty() {
                let end = memchr::memchr(b'\n', &bytes).map_or(bytes.len(), |at| at + 1);
                let begin = self.client_offset - bytes.len() as u64;
                self.frame_client(bytes.split_to(end), begin);
                self.decider = None;
            }
        }
        if let Some(line) = self.client.finish() {
            if self.framing == Framing::Login {
                let secret = secrets::in_login_answer(&line.bytes);
                self.login_answer(line, secret);
            } else {
                let secret = secrets::in_command(&line.bytes);
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

    fn judge_close(&mut self, by: Side, how: &Ending) {
        let front = self.waiting.front().copied();
        let id = odd::in_close(self.phase, front.and_then(|i| self.exchanges.get(i)), by, how);
        let target = front.or_else(|| self.exchanges.len().checked_sub(1));
        if let (Some(id), Some(exchange)) = (id, target.and_then(|i| self.exchanges.get_mut(i))) {
            let len = exchange.line.as_ref().map_or(0, |l| l.bytes.len());
            exchange.odd.push(Oddity::new(id, Span::new(0, len)));
        }
    }
}

/// How many rows a reply takes; lines that were only counted share one.
fn rows(reply: &Reply) -> usize {
    reply.lines.len() + usize::from(reply.more > 0)
}

impl PartialEq for Dialogue {
    /// Equal if they mean the same, however their bytes were cut.
    fn eq(&self, other: &Self) -> bool {
        (self.phase, self.secured, self.authenticated, self.connection)
            == (other.phase, other.secured, other.authenticated, other.connection)
            && self.exchanges == other.exchanges
            && self.waiting == other.waiting
            && self.messages == other.messages
            && self.envelope == other.envelope
            && self.capabilities == other.capabilities
            && self.partial_reply() == other.partial_reply()
            && self.notices == other.notices
            && self.wire.len() == other.wire.len()
            && (0..self.wire.len()).all(|at| self.wire.row(at) == other.wire.row(at))
    }
}
