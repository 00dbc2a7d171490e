//! Who answers the end of a message how often: once for all, or once for each recipient, and
//! replies that belong to a later turn than the one that is due.
//!
//! Behind LHLO each accepted recipient has a reply of its own (RFC 2033 §4.2). Behind MAIL with
//! PRDR a server may say 353 and then one reply for each recipient and one for all
//! (draft-hall-prdr). How many are owed is known when the first of them is due, since all RCPT are
//! answered then; the exchange for the next one begins with the reply to the one before.

use crate::smtp::code::Code;
use crate::smtp::reply::Reply;
use crate::smtp::verb::Verb;
use crate::smtp::{Oddity, Span};

use super::super::envelope::{Fate, Transaction};
use super::super::exchange::Exchange;
use super::super::odd;
use super::super::phase::Turn;
use super::Dialogue;

impl Dialogue {
    /// The end of a message may be due now, and meant for one recipient.
    pub(super) fn meet_recipient(&mut self) {
        let front = self.waiting.front().copied().filter(|_| self.lmtp);
        let due = front.and_then(|at| Some((at, self.exchanges.get(at)?)));
        let Some((at, Exchange { recipient: None, message: Some(message), turn, .. })) = due else {
            return;
        };
        if let (true, message) = (turn.ends_message(), *message)
            && let Some(first) = self.carrying(message).and_then(|t| t.next_recipient(None))
        {
            self.names(at, message, first);
        }
    }

    fn carrying(&self, message: usize) -> Option<&Transaction> {
        self.envelope.carrying(message)
    }

    /// Exchange `at` answers the message for the recipient that was named in exchange `to`.
    fn names(&mut self, at: usize, message: usize, to: usize) {
        if let Some(exchange) = self.exchanges.get_mut(at) {
            exchange.recipient = Some(to);
        }
        self.envelope.delivery(at, message, to, Fate::Waiting);
    }

    /// The end of a message was answered.
    pub(super) fn end_answered(
        &mut self,
        index: usize,
        exchange: &Exchange,
        message: usize,
        reply: &Reply,
    ) {
        let fate = Fate::of(reply.class());
        let asked = self.carrying(message);
        let begins = reply.is(Code::EACH_RECIPIENT)
            && !self.lmtp
            && !matches!(exchange.turn, Turn::Delivery(_))
            && exchange.recipient.is_none()
            && asked.is_some_and(|t| t.has_param("PRDR") && t.accepted() > 0);
        // What the server did not execute, or why it leaves, it says once.
        let for_one = exchange.recipient.filter(|_| {
            !(reply.is(Code::NOT_AVAILABLE)
                || (exchange.turn == Turn::LastChunk && odd::is_about_a_command(reply)))
        });
        let next = asked.and_then(|t| t.next_recipient(for_one));
        let all = asked.is_some_and(Transaction::answers_each);
        if begins {
            self.envelope.each_is_answered(message);
        } else if let Some(to) = for_one {
            self.envelope.delivery(index, message, to, fate);
        } else {
            return self.envelope.message_answered(index, message, fate);
        }
        match next {
            Some(to) => self.begin_delivery(exchange, message, Some(to)),
            None if all => self.begin_delivery(exchange, message, None),
            None => self.envelope.message_left(index, message),
        }
    }

    /// One more reply to the end of a message, which comes before all others; `to` is the exchange
    /// that named its recipient, or nothing for all of them.
    fn begin_delivery(&mut self, before: &Exchange, message: usize, to: Option<usize>) {
        let carried = match &before.turn {
            Turn::Delivery(verb) => verb.clone(),
            Turn::LastChunk => Verb::Bdat,
            _ => Verb::Data,
        };
        let at = self.add(Turn::Delivery(carried));
        if let Some(exchange) = self.exchanges.get_mut(at) {
            exchange.message = Some(message);
            exchange.sent_at = before.sent_at;
            exchange.secured = before.secured;
        }
        if let Some(to) = to {
            self.names(at, message, to);
        }
        self.waiting.push_front(at);
    }

    /// Passes over what this reply cannot answer, where something behind it waits for such a one:
    /// the replies to those are missing.
    pub(super) fn pass_over(&mut self, reply: &Reply) {
        let fits = |at: &usize| self.exchanges.get(*at).is_some_and(|e| odd::may_answer(reply, e));
        if self.waiting.front().is_none_or(&fits) {
            return;
        }
        let Some(missing) = self.waiting.iter().position(fits) else { return };
        let passed: Vec<usize> = self.waiting.drain(..missing).collect();
        let doubted = self.doubted.take();
        let mut odd: Vec<usize> = doubted.into_iter().collect();
        for at in passed {
            let Some(exchange) = self.exchanges.get_mut(at) else { continue };
            if let (Turn::Delivery(_), Some(message)) = (&exchange.turn, exchange.message) {
                self.envelope.message_left(at, message);
                odd.extend(self.answered.last());
            } else if doubted.is_none() {
                let len = exchange.line.as_ref().map_or(0, |line| line.bytes.len());
                exchange.odd.push(Oddity::new("B17", Span::new(0, len)));
                self.reveal(at, "B17");
            }
        }
        for at in odd {
            self.name_missing(at);
        }
    }

    /// Behind the reply in exchange `at`, one for another recipient is missing: it was for several,
    /// or for a command.
    pub(super) fn name_missing(&mut self, at: usize) {
        if let Some(reply) = self.exchanges.get_mut(at).and_then(|e| e.reply.as_mut()) {
            let len = reply.lines.first().map_or(0, |line| line.line.bytes.len());
            reply.odd.push((0, Oddity::new("H16", Span::new(0, len))));
            self.reveal(at, "H16");
        }
    }

    /// A reply for a recipient came while commands were waiting: it may have been for them.
    pub(super) fn doubt(&mut self, index: usize, turn: &Turn) {
        let last = self.waiting.back().and_then(|at| self.exchanges.get(*at));
        if last.is_none_or(|last| matches!(last.turn, Turn::Delivery(_))) {
            self.doubted = None;
        } else if matches!(turn, Turn::Delivery(_)) {
            self.doubted = Some(index);
        }
    }
}
