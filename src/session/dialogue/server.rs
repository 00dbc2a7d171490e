//! The server's bytes: replies, what follows from them, and replies that nobody asked for.

use bytes::Bytes;

use crate::smtp::attribute::NOTHING;
use crate::smtp::code::{Class, Code};
use crate::smtp::command::{self, Argument};
use crate::smtp::ehlo::Capabilities;
use crate::smtp::reply::Reply;
use crate::smtp::sasl;
use crate::smtp::verb::Verb;
use crate::smtp::xtext;
use crate::smtp::{Oddity, Span};

use super::super::envelope::{End, Fate};
use super::super::exchange::{Exchange, weight_of};
use super::super::login::question;
use super::super::message::Message;
use super::super::odd;
use super::super::phase::{self, Phase, Turn};
use super::super::wire::Row;
use super::{Dialogue, Framing, UNSOLICITED_KEEP};

impl Dialogue {
    pub(super) fn server_bytes(&mut self, mut data: Bytes) {
        self.heard = self.now;
        self.server_heard = self.now;
        if self.replies.partial().lines.is_empty() && self.server.partial().is_empty() {
            self.reply_begun = self.now;
        }
        while let Some(line) = self.server.cut(&mut data) {
            if let Some(reply) = self.replies.push(line) {
                self.reply(reply);
                self.reply_begun = self.now;
            }
        }
    }

    pub(super) fn reply(&mut self, mut reply: Reply) {
        self.pass_over(&reply);
        let Some(index) = self.waiting.pop_front() else {
            self.unsolicited(reply);
            return;
        };
        self.unsolicited = 0;
        let Some(slot) = self.exchanges.get_mut(index) else { return };
        // Taken out while its answer takes effect, so that both can be looked at.
        let mut exchange = std::mem::replace(slot, Exchange::new(Turn::Unsolicited, self.phase, 0));
        exchange.due_at = exchange.sent_at.map(|sent| sent.max(self.replied));
        exchange.reply_begun_at = Some(self.reply_begun);
        exchange.replied_at = Some(self.now);
        self.replied = self.now;
        reply.odd.extend(odd::in_reply(self, &exchange, &reply));
        exchange.odd.extend(odd::in_answered(self, &exchange, &reply));
        self.wire.push(Row::Server { exchange: index, line: 0 }, rows(&reply));
        self.phase = if reply.is(Code::NOT_AVAILABLE) {
            phase::after_goodbye(self.phase)
        } else {
            self.phase_after(&exchange, &reply)
        };
        self.answered.push(index);
        if reply.is(Code::AUTHENTICATED) {
            self.logins.push(index);
        }
        match (exchange.verb(), reply.class()) {
            // A connection that nobody closed may still owe answers.
            _ if exchange.connection != self.connection => {}
            (Some(Verb::Data), _) => self.setbacks.push(index),
            (_, Class::Positive) => {}
            (Some(Verb::Rcpt), _) => self.refused.push(index),
            _ => self.setbacks.push(index),
        }
        self.take_effect(index, &exchange, &reply);
        if let Some(text) = question(&exchange, &reply).filter(|text| sasl::proves(text)) {
            self.secrets.add(text, false);
        }
        self.doubt(index, &exchange.turn);
        let asked_for_answer = reply.is(Code::AUTH_CHALLENGE) && self.waiting.is_empty();
        exchange.phase = self.phase;
        self.talk += weight_of(&reply);
        exchange.reply = Some(reply);
        if let Some(slot) = self.exchanges.get_mut(index) {
            *slot = exchange;
        }
        self.meet_recipient();
        if self.decider == Some(index) {
            self.decide(index);
        } else if asked_for_answer && self.framing == Framing::Commands && self.decider.is_none() {
            // Whatever the server took for AUTH, an answer to it is a secret.
            self.framing = Framing::Login;
        }
    }

    /// The phase behind an answer, where what stood behind the verb counts too.
    fn phase_after(&self, exchange: &Exchange, reply: &Reply) -> Phase {
        match exchange.verb() {
            // Only who greets anew has forgotten the client.
            Some(Verb::Xclient) if !reply.is(Code::READY) => self.phase,
            Some(Verb::Burl)
                if self.phase.in_transaction()
                    && reply.class() == Class::Positive
                    && fetches_last(exchange) =>
            {
                Phase::Ready
            }
            _ => phase::after(self.phase, &exchange.turn, reply.class()),
        }
    }

    /// The server takes the client for the one that it speaks for. If it greets anew, both sides
    /// forget what they knew.
    fn posed(&mut self, index: usize, exchange: &Exchange, reply: &Reply) {
        let argument = exchange.command.as_ref().map(|c| &c.argument);
        let Some(Argument::Attributes(attributes)) = argument else { return };
        for attribute in attributes {
            let name = &attribute.value.name;
            self.claims.retain(|(known, _)| known != name);
            let value = attribute.value.value.as_deref().and_then(xtext::decode);
            let given = |text: &String| NOTHING.iter().all(|n| !n.eq_ignore_ascii_case(text));
            self.claims.extend(value.filter(given).map(|text| (name.clone(), text)));
        }
        if reply.is(Code::READY) {
            self.envelope.end(index, End::Greeting);
            self.chunked = None;
            self.forget_introduction();
        }
    }

    /// What follows from an answer for everything but the phase.
    fn take_effect(&mut self, index: usize, exchange: &Exchange, reply: &Reply) {
        let fate = Fate::of(reply.class());
        let yes = fate == Fate::Accepted;
        if yes && matches!(exchange.turn, Turn::Command(_)) {
            self.prefaced = false;
        }
        match (&exchange.turn, exchange.verb()) {
            (turn, _) if turn.ends_message() => {
                if let Some(message) = exchange.message {
                    self.end_answered(index, exchange, message, reply);
                }
            }
            // A refused chunk is no part of what comes next.
            (_, Some(Verb::Bdat)) if !yes && self.chunked == exchange.message => {
                self.chunked = None;
            }
            (Turn::LoginAnswer, _) if yes && !exchange.gives_up_login() => {
                self.logged_in = Some(index);
            }
            (_, Some(Verb::Auth)) if reply.is(Code::AUTHENTICATED) => self.logged_in = Some(index),
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
                self.lmtp = *verb == Verb::Lhlo;
                self.capabilities = (*verb != Verb::Helo).then(|| Capabilities::read(reply));
                self.introduced = self.capabilities.is_some().then_some(index);
            }
            (_, Some(Verb::Rset)) if yes => {
                self.envelope.end(index, End::Reset);
                self.chunked = None;
            }
            (_, Some(Verb::Rset | Verb::Ehlo | Verb::Helo | Verb::Lhlo)) => {
                self.envelope.end_failed();
            }
            (_, Some(Verb::Burl)) if yes && fetches_last(exchange) => {
                self.envelope.end(index, End::Accepted);
                self.chunked = None;
            }
            (_, Some(Verb::Xclient)) if yes => self.posed(index, exchange, reply),
            (_, Some(Verb::Quit)) if yes => self.envelope.end(index, End::Quit),
            _ => {}
        }
    }

    /// The answer is there that says what the client's bytes are.
    fn decide(&mut self, index: usize) {
        self.decider = None;
        let Some(exchange) = self.exchanges.get(index) else { return };
        let class = exchange.reply.as_ref().map_or(Class::Invalid, Reply::class);
        let asks = exchange.reply.as_ref().is_some_and(|reply| reply.is(Code::AUTH_CHALLENGE));
        // Nobody was asked for anything: the answers of an AUTH may still come.
        let unasked = matches!(
            exchange.command.as_ref().map(|command| &command.argument),
            Some(Argument::Login { initial: None, .. })
        );
        let login = exchange.turn == Turn::LoginAnswer || exchange.verb() == Some(&Verb::Auth);
        self.framing = match (exchange.verb(), class) {
            // The reply to DATA is not there, and this one is due to an AUTH behind it, or to the
            // last DATA.
            (Some(Verb::Data), Class::Intermediate)
                if self.undecided_holds_login() && (asks || self.undecided_ends_with_data()) =>
            {
                Framing::Commands
            }
            (Some(Verb::Data), Class::Intermediate) => {
                self.messages.push(Message::data(self.keep.message, self.data_ends));
                let message = self.messages.len() - 1;
                self.envelope.message_began(message);
                Framing::Data { message }
            }
            (Some(Verb::Starttls), Class::Positive) => Framing::Handshake,
            (_, Class::Intermediate) if login => Framing::Login,
            _ => Framing::Commands,
        };
        if login && self.framing == Framing::Commands {
            // Behind a login that worked, only what was sent too early may be meant for it.
            self.login_over = class != Class::Positive || unasked || !self.undecided.is_empty();
        }
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

    /// Whether an AUTH is among the undecided lines.
    fn undecided_holds_login(&self) -> bool {
        let mut lines = self.undecided.as_ref().split(|b| *b == b'\n');
        lines.any(|line| command::read(line.trim_ascii_end()).value.verb == Verb::Auth)
    }

    /// Whether the last undecided line is DATA.
    fn undecided_ends_with_data(&self) -> bool {
        let last = self.undecided.trim_ascii_end().rsplit(|b| *b == b'\n').next();
        last.is_some_and(|line| command::read(line).value.verb == Verb::Data)
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
        let id = odd::in_unsolicited(self, before, &reply);
        reply.odd.push((0, Oddity::new(id, Span::new(0, 3))));
        if reply.is(Code::NOT_AVAILABLE) || reply.is(Code::CLOSING) {
            self.phase = phase::after_goodbye(self.phase);
        }
        // What is asked for here is a secret, unless it is clearly a command.
        self.login_over |= reply.is(Code::AUTH_CHALLENGE);
        self.talk += weight_of(&reply);
        let index = self.add(Turn::Unsolicited);
        self.answered.push(index);
        self.setbacks.push(index);
        self.wire.push(Row::Server { exchange: index, line: 0 }, rows(&reply));
        if let Some(exchange) = self.exchanges.get_mut(index) {
            exchange.sent_at = None;
            exchange.reply_begun_at = Some(self.reply_begun);
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
}

/// Whether the end of a message is among what BURL fetches.
fn fetches_last(exchange: &Exchange) -> bool {
    let argument = exchange.command.as_ref().map(|c| &c.argument);
    matches!(argument, Some(Argument::Reference { last: true, .. }))
}

/// How many rows a reply takes; lines that were only counted share one.
fn rows(reply: &Reply) -> usize {
    reply.lines.len() + usize::from(reply.more > 0)
}
