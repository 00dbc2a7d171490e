//! The client's bytes: commands, login answers, mail data, chunks — or undecided.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use crate::smtp::command::{self, Argument, Command};
use crate::smtp::line::{Line, LineEnd};
use crate::smtp::payload::Scanner;
use crate::smtp::verb::Verb;
use crate::smtp::{Oddity, Parsed, Span};

use super::super::exchange::Exchange;
use super::super::message::Message;
use super::super::phase::{Phase, Turn};
use super::super::secrets::Meant;
use super::super::wire::Row;
use super::super::{odd, secrets};
use super::{Dialogue, Framing, LINE_KEEP};

/// From how many bytes that came together on a line of them is copied.
const SHARED: usize = 16 << 10;

impl Dialogue {
    pub(super) fn client_bytes(&mut self, data: Bytes) {
        self.heard = self.now;
        if self.phase == Phase::Offline {
            // The record begins in the middle of a session.
            self.phase = Phase::Greeted;
        }
        let begin = self.client_offset;
        self.client_offset += data.len() as u64;
        if self.decider.is_some() {
            return self.leave_undecided(&data, 0);
        }
        let before = self.wire.len();
        self.frame_client(data, begin);
        self.group_together(before);
    }

    /// The rows from `before` on are of one write: several commands among them are a group.
    fn group_together(&mut self, before: usize) {
        let (mut first, mut commands, mut at) = (None, 0, before);
        while let Some((rows, begin)) = self.wire.run(at) {
            if matches!(begin, Row::Client { .. }) {
                first.get_or_insert(at);
                commands += 1;
            }
            at = rows.end;
        }
        if let Some(first) = first.filter(|_| commands > 1) {
            self.groups.push(first..self.wire.len());
        }
    }

    /// Frames `data`, whose first byte is number `begin` of what the client has said.
    pub(super) fn frame_client(&mut self, mut data: Bytes, begin: u64) {
        let event = data.clone();
        while !data.is_empty() {
            let read = event.len() - data.len();
            if self.decider.is_some() {
                return self.leave_undecided(&data, read);
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
        if self.client.partial().is_empty() {
            self.line_begun = self.now;
        }
        let Some(mut line) = self.client.cut(data) else {
            let partial = self.client.partial();
            let kept = partial.get(..LINE_KEEP).unwrap_or(partial);
            let secret = covered(self.secret_in(kept), kept);
            return self.veil(secret, begin + event.len() as u64, event, begin);
        };
        if event.len() >= SHARED {
            // A slice of it would keep the whole of it in memory.
            line.bytes = Bytes::copy_from_slice(&line.bytes);
        }
        let behind = begin + (event.len() - data.len()) as u64;
        let secret = self.secret_in(&line.bytes);
        self.hidden.retain(|hidden| *hidden != line.bytes);
        let cover = covered(secret, &line.bytes);
        self.veil(cover, behind - line.end.bytes().len() as u64, event, begin);
        self.line_offset = behind;
        if login { self.login_answer(line, secret) } else { self.command(line, secret) }
    }

    /// The secret in the client's current line.
    pub(super) fn secret_in(&self, line: &[u8]) -> Option<Span> {
        let is_hidden = |hidden: &Bytes| hidden.starts_with(line.trim_ascii_end());
        if !line.is_empty() && self.hidden.iter().any(is_hidden) {
            return secrets::in_login_answer(line);
        }
        self.next_line_is_meant_as().secret_in(line)
    }

    /// Marks `secret` in the current line, of which there is what stands before byte number `stop`,
    /// where it lies in `event`, whose first byte is number `begin`.
    fn veil(&mut self, secret: Option<Span>, stop: u64, event: &Bytes, begin: u64) {
        let Some(span) = secret else { return };
        let place = |n: u64| usize::try_from(n.saturating_sub(begin)).unwrap_or(usize::MAX);
        let start = place(self.line_offset + span.start as u64);
        let end = place(stop.min(self.line_offset.saturating_add(span.end as u64)));
        self.veiled.extend(secrets::without_cr(Span::new(start, end), event));
    }

    /// Keeps `data`, which stands at `at` of its event and cannot be framed yet; its secrets are
    /// marked.
    fn leave_undecided(&mut self, data: &Bytes, at: usize) {
        if self.undecided.is_empty() {
            self.undecided_meant =
                if self.decides_login() { Meant::Answer } else { Meant::Command };
        }
        // A line may have begun in an earlier event; what is undecided of it counts.
        let open = self.undecided.iter().rposition(|b| *b == b'\n').map_or(0, |p| p + 1);
        let before = self.undecided.len() - open;
        let mut text = self.undecided.get(open..).unwrap_or_default().to_vec();
        text.extend_from_slice(data);
        self.undecided.extend_from_slice(data);
        let (spans, meant) = secrets::in_undecided(&text, self.undecided_meant);
        self.undecided_meant = meant;
        for span in spans {
            let here = Span::new(span.start.max(before), span.end.max(before));
            let stretches = secrets::without_cr(here, &text).into_iter();
            let moved = |n: usize| at + n - before;
            self.veiled.extend(stretches.map(|s| Span::new(moved(s.start), moved(s.end))));
        }
    }

    /// Whether what decides about the undecided bytes is the answer to a step of AUTH.
    pub(super) fn decides_login(&self) -> bool {
        self.decider
            .and_then(|d| self.exchanges.get(d))
            .is_some_and(|e| e.turn == Turn::LoginAnswer || e.verb() == Some(&Verb::Auth))
    }

    /// What `line`, without its ending, means as a command that is sent now: what is odd about it,
    /// and about sending it.
    pub fn read_command(&self, line: &[u8]) -> Parsed<Command> {
        let mut parsed = command::read(line);
        parsed.odd.extend(odd::in_command(self, &parsed.value, line.len()));
        parsed
    }

    /// The same of a line in which there is a `secret`: what is hidden is no word of a command, so
    /// that nobody repeats it as one. Behind AUTH and its mechanism it stands where it belongs.
    fn read_sent(&self, line: &[u8], secret: Option<Span>) -> Parsed<Command> {
        let parsed = self.read_command(line);
        let Some(secret) = secret else { return parsed };
        if let Argument::Login { initial: Some(initial), .. } = &parsed.value.argument
            && initial.start <= secret.start
        {
            return parsed;
        }
        let mut hidden = line.to_vec();
        secrets::veil(&mut hidden, [secret]);
        self.read_command(&hidden)
    }

    /// The exchanges that `bytes` would begin if they were sent now, as far as that is known before:
    /// commands one by one, and answers of a login. Mail data begins none.
    pub fn foreseen(&self, bytes: &[u8]) -> Vec<Exchange> {
        // Behind DATA nobody knows whether they are commands.
        let unknown = self.decider.is_some() && !self.decides_login();
        if unknown || !self.framing_is_of_lines() {
            return Vec::new();
        }
        let (mut cutter, mut rest) = (self.client.clone(), Bytes::copy_from_slice(bytes));
        let mut out = Vec::new();
        while let Some(line) = cutter.cut(&mut rest) {
            let exchange = self.foreseen_line(line);
            // Octets follow, which are no lines.
            if let Some(Argument::Chunk { size, .. }) =
                exchange.command.as_ref().map(|c| &c.argument)
            {
                let octets = usize::try_from(*size).unwrap_or(usize::MAX);
                let _ = rest.split_to(octets.min(rest.len()));
            }
            out.push(exchange);
        }
        out.extend(cutter.finish().map(|line| self.foreseen_line(line)));
        out
    }

    fn foreseen_line(&self, line: Line) -> Exchange {
        let secret = self.secret_in(&line.bytes);
        let parsed = self.read_sent(&line.bytes, secret);
        let login = self.awaits_login();
        let turn = match parsed.value.argument {
            _ if login => Turn::LoginAnswer,
            Argument::Chunk { last: true, .. } => Turn::LastChunk,
            _ => Turn::Command(parsed.value.verb.clone()),
        };
        Exchange {
            line: Some(line),
            secret,
            odd: if login { Vec::new() } else { parsed.odd },
            command: (!login).then_some(parsed.value),
            secured: self.secured,
            ..Exchange::new(turn, self.phase, self.connection)
        }
    }

    const fn framing_is_of_lines(&self) -> bool {
        matches!(self.framing, Framing::Commands | Framing::Handshake | Framing::Login)
    }

    /// What is odd about `line`, without its ending, as the next line of mail data.
    pub fn read_data_line(&self, line: &[u8]) -> Vec<Oddity> {
        let mut scanner = Scanner::default();
        scanner.push(&mut Bytes::from([line, b"\r\n"].concat()));
        let eight_bit = odd::in_message(&self.envelope, scanner.eight_bit());
        scanner.odd().iter().copied().chain(eight_bit).collect()
    }

    pub(super) fn command(&mut self, line: Line, secret: Option<Span>) {
        let parsed = self.read_sent(&line.bytes, secret);
        let mut odd = parsed.odd;
        let turn = match &parsed.value.argument {
            Argument::Chunk { last: true, .. } => Turn::LastChunk,
            _ => Turn::Command(parsed.value.verb.clone()),
        };
        if line.end == LineEnd::Lf {
            odd.push(Oddity::new("G13", Span::new(line.bytes.len(), line.bytes.len())));
        }
        if parsed.value.verb.is_known() {
            self.login_over = false;
        } else if secrets::begins_login(&line.bytes) {
            self.login_over = true;
        }
        let login = &parsed.value.argument;
        // The initial response of LOGIN is a name.
        let name = matches!(login, Argument::Login { mechanism, .. } if mechanism == "LOGIN");
        self.remember(&line, secret, name);
        if parsed.value.verb == Verb::Burl {
            let password = secret.and_then(|secret| secrets::in_login(&line.bytes, secret));
            self.remember(&line, password, true);
        }
        let index = self.add(turn);
        self.wire.push(Row::Client { exchange: index }, 1);
        self.command_sent(index, &parsed.value);
        self.count(&parsed.value.verb);
        if matches!(parsed.value.verb, Verb::Ehlo | Verb::Helo | Verb::Lhlo) {
            self.greetings.push(index);
        }
        if let Some(exchange) = self.exchanges.get_mut(index) {
            exchange.line = Some(line);
            exchange.begun_at = Some(self.line_begun);
            exchange.secret = secret;
            exchange.odd = odd;
            exchange.command = Some(parsed.value);
            self.talk += exchange.weight();
        }
        self.waiting.push_back(index);
        self.meet_recipient();
    }

    fn count(&mut self, verb: &Verb) {
        match self.said.iter_mut().find(|(other, _)| other == verb) {
            Some((_, count)) => *count += 1,
            // There is no end of others.
            None if verb.is_known() => self.said.push((verb.clone(), 1)),
            None => {}
        }
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
            (Verb::Rset | Verb::Ehlo | Verb::Helo | Verb::Lhlo, _) => {
                self.chunked = None;
                self.envelope.end_sent();
            }
            _ => {}
        }
    }

    fn chunk_sent(&mut self, index: usize, size: u64, last: bool) {
        let message = self.chunked.unwrap_or_else(|| {
            self.messages.push(Message::chunks(self.keep.message));
            self.envelope.chunks_began(self.messages.len() - 1);
            self.messages.len() - 1
        });
        self.chunked = (!last).then_some(message);
        if let Some(exchange) = self.exchanges.get_mut(index) {
            exchange.message = Some(message);
        }
        if last {
            self.envelope.end_sent();
        }
        if let Some(message) = self.messages.get_mut(message) {
            message.begin_chunk();
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
            let asks = |e: &&mut Exchange| e.verb() == Some(&Verb::Bdat) && e.reply.is_none();
            if let Some(exchange) = self.exchanges.last_mut().filter(asks) {
                exchange.sent_at = Some(self.now);
            }
        }
    }

    fn mail_data(&mut self, message: usize, data: &mut Bytes) {
        if self.messages.get(message).is_some_and(|message| message.wire_len() == 0) {
            self.line_begun = self.now;
        }
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
            exchange.begun_at = Some(self.line_begun);
            exchange.odd.extend(odd);
        }
        self.envelope.end_sent();
        self.waiting.push_back(index);
        self.meet_recipient();
    }

    /// Adds to a message and to the rows of the wire; older messages give way.
    fn grow_message(&mut self, index: usize, add: impl FnOnce(&mut Message)) {
        let Some(message) = self.messages.get_mut(index) else { return };
        let (mut seen, before) = (message.line_count(), message.kept());
        let (is_cut, len) = (message.is_cut(), message.wire_len());
        add(message);
        if is_cut && message.wire_len() > len {
            // What a chunk cuts goes on in a row behind the command of the next one.
            self.wire.go_on(len);
            seen -= 1;
        }
        self.kept += message.kept() - before;
        let lines = message.line_count();
        self.wire.extend_data(index, seen, lines);
        while self.kept > self.keep.messages && self.oldest_kept < index {
            if let Some(message) = self.messages.get_mut(self.oldest_kept) {
                self.kept -= message.forget();
            }
            self.oldest_kept += 1;
        }
    }

    pub(super) fn login_answer(&mut self, line: Line, secret: Option<Span>) {
        let name = self.exchanges.last().is_some_and(asks_for_name);
        self.remember(&line, secret, name);
        let index = self.add(Turn::LoginAnswer);
        self.wire.push(Row::Client { exchange: index }, 1);
        if let Some(exchange) = self.exchanges.get_mut(index) {
            exchange.line = Some(line);
            exchange.begun_at = Some(self.line_begun);
            exchange.secret = secret;
            self.talk += exchange.weight();
        }
        self.decider = Some(index);
        self.waiting.push_back(index);
    }

    /// A server may say `secret` again in a reply.
    fn remember(&mut self, line: &Line, secret: Option<Span>, name: bool) {
        if let Some(secret) = secret {
            self.secrets.add(secret.of(&line.bytes), name);
        }
    }
}

/// What is covered of a line with this `secret`, of which `kept` was kept: nobody knows what stands
/// behind that, so to the end where the secret reaches so far, or may begin there.
fn covered(secret: Option<Span>, kept: &[u8]) -> Option<Span> {
    let end = kept.strip_suffix(b"\r").unwrap_or(kept).len();
    match secret {
        Some(span) if span.end >= end => Some(Span::new(span.start, usize::MAX)),
        None if kept.len() == LINE_KEEP && secrets::begins_login(kept) => {
            Some(Span::new(LINE_KEEP, usize::MAX))
        }
        secret => secret,
    }
}

/// Whether a server asks for the user's name, as LOGIN does, in base64.
fn asks_for_name(exchange: &Exchange) -> bool {
    let asked = exchange.reply.as_ref().and_then(|reply| reply.lines.last());
    let asked = asked.and_then(|line| line.line.bytes.get(4..)).map(|text| STANDARD.decode(text));
    let asked = asked.and_then(Result::ok).unwrap_or_default();
    asked.get(..4).is_some_and(|word| word.eq_ignore_ascii_case(b"User"))
}
