//! One cursor, many faces: a command, a reply, an entry of the envelope, a field, a part and a range of
//! bytes are the same thing seen again.
//!
//! What is selected is exchanges and bytes of messages. It goes on to what is linked with it, one
//! step and no further: a recipient leads to the mailbox that names it, and not to the others of
//! the same field.

use std::ops::RangeInclusive;

use crate::smtp::Span;

use super::Dialogue;
use super::card::Cards;

/// What is selected, and what is the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Exchanges, in their order.
    exchanges: Vec<usize>,
    /// Messages, each with a range of bytes of its content.
    bytes: Vec<(usize, Span)>,
}

impl Selection {
    /// These exchanges and bytes, and nothing that is linked with them.
    pub fn new(exchanges: Vec<usize>, bytes: Vec<(usize, Span)>) -> Self {
        let mut out = Self { exchanges, bytes };
        out.order();
        out
    }

    /// The same with all that is linked with it.
    #[must_use]
    pub fn linked(mut self, dialogue: &Dialogue, cards: &Cards) -> Self {
        if self.is_empty() {
            return self;
        }
        let (mut exchanges, mut bytes): (Vec<usize>, _) = (Vec::new(), Vec::new());
        for (at, card) in cards.iter() {
            let Some(transaction) = dialogue.envelope().transactions.get(at) else { continue };
            for link in card.links(dialogue, transaction) {
                let said = link.exchanges.iter().any(|at| self.has(*at));
                let message = transaction.message;
                let named = || {
                    let message = message.filter(|m| self.bytes.iter().any(|(at, _)| at == m));
                    let mut spans = link.spans.iter();
                    message.is_some_and(|message| spans.any(|span| self.shows(message, *span)))
                };
                if said {
                    let spans =
                        message.into_iter().flat_map(|m| link.spans.iter().map(move |s| (m, *s)));
                    bytes.extend(spans);
                }
                if said || named() {
                    exchanges.extend(&link.exchanges);
                }
            }
        }
        self.exchanges.extend(exchanges);
        self.bytes.extend(bytes);
        self.order();
        self
    }

    fn order(&mut self) {
        self.exchanges.sort_unstable();
        self.exchanges.dedup();
        self.bytes.sort_unstable_by_key(|(message, span)| (*message, span.start, span.end));
        self.bytes.dedup();
    }

    /// Whether nothing is selected.
    pub fn is_empty(&self) -> bool {
        self.exchanges.is_empty() && self.bytes.is_empty()
    }

    /// Whether an exchange is meant.
    pub fn has(&self, exchange: usize) -> bool {
        self.exchanges.binary_search(&exchange).is_ok()
    }

    /// Whether one of several exchanges is meant.
    pub fn has_any(&self, exchanges: RangeInclusive<usize>) -> bool {
        let first = self.exchanges.partition_point(|at| at < exchanges.start());
        self.exchanges.get(first).is_some_and(|at| exchanges.contains(at))
    }

    /// The bytes of a message that are meant.
    pub fn of_message(&self, message: usize) -> impl Iterator<Item = Span> + '_ {
        let first = self.bytes.partition_point(|(at, _)| *at < message);
        let behind = self.bytes.iter().skip(first);
        behind.take_while(move |(at, _)| *at == message).map(|(_, span)| *span)
    }

    /// Whether something is meant by both.
    pub fn meets(&self, other: &Self) -> bool {
        self.exchanges.iter().any(|at| other.has(*at))
            || self.bytes.iter().any(|(message, span)| other.shows(*message, *span))
    }

    /// Whether bytes of `span` in a message are meant.
    pub fn shows(&self, message: usize, span: Span) -> bool {
        self.of_message(message).any(|own| own.start < span.end && span.start < own.end)
    }
}
