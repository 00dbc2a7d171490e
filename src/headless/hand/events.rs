//! What a program is told of clients that are answered by hand: the events of `ehlo serve`, and behind
//! each session the whole of it.

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::watch;

use crate::headless::serve::event::{Event, envelope};
use crate::headless::{Setting, json, say};
use crate::journal::Header;
use crate::knowledge::Lang;
use crate::net::listen::report::Refusal;
use crate::net::listen::{Entrance, Report};
use crate::session::{Dialogue, Fate, Glance};
use crate::smtp::code::Class;

/// Tells a program, where one listens.
pub(super) struct Events {
    door: Arc<Entrance>,
    json: bool,
    lang: Lang,
    /// How many sessions began, and how many messages were taken.
    sessions: u64,
    messages: u64,
    /// How many replies of the session were looked at.
    known: usize,
}

impl Events {
    pub(super) const fn of(door: Arc<Entrance>, json: bool, lang: Lang) -> Self {
        Self { door, json, lang, sessions: 0, messages: 0, known: 0 }
    }

    fn say(&self, event: &Event<'_>) -> anyhow::Result<()> {
        let line = event.line(true, self.lang).filter(|_| self.json);
        line.map_or(Ok(()), |line| say(&(line + "\n")))
    }

    /// A session began.
    pub(super) fn began(&mut self, at: jiff::Timestamp) -> anyhow::Result<()> {
        self.sessions += 1;
        self.known = 0;
        let (session, entrance) = (self.sessions, self.door.clone());
        let glance = watch::channel(Glance::default()).1;
        self.say(&Event::Told(&Report::Began { session, at, entrance, glance }))
    }

    /// Tells which of the new replies refuse something, and which take a message.
    pub(super) fn follow(&mut self, seen: &Dialogue) -> anyhow::Result<()> {
        let session = self.sessions;
        for at in seen.answered().range(self.known..usize::MAX) {
            let Some(exchange) = seen.exchanges().get(*at) else { continue };
            if let Some(refusal) = Refusal::of(seen, exchange) {
                self.say(&Event::Told(&Report::Refused { session, refusal }))?;
            }
            let reply = exchange.reply.as_ref().filter(|reply| reply.class() == Class::Positive);
            let message = exchange.message.filter(|_| exchange.turn.ends_message());
            let Some((message, _)) = message.zip(reply) else { continue };
            let Some(transaction) = seen.envelope().carrying(message) else { continue };
            let one = exchange.recipient;
            // Behind an answer for each recipient comes one for all.
            if one.is_some() && transaction.answers_each() {
                continue;
            }
            let refused = [Some(Fate::Deferred), Some(Fate::Refused)];
            let to = transaction.addressees().filter(|to| {
                one.is_none_or(|one| to.exchange == one) && !refused.contains(&to.delivery())
            });
            let to = to.map(|to| to.path.address()).collect();
            let envelope = envelope(seen, message, (transaction.sender.address(), to));
            self.messages += 1;
            self.say(&Event::Taken(session, message, &envelope))?;
        }
        self.known = seen.answered().len();
        Ok(())
    }

    /// A session is over.
    pub(super) fn over(
        &self,
        header: &Header,
        seen: Dialogue,
        setting: &Setting,
    ) -> anyhow::Result<()> {
        if !self.json {
            return Ok(());
        }
        let whole = json::session(header, &seen, "ok", setting, None);
        let mut whole = serde_json::to_value(&whole)?;
        let (session, glance) = (self.sessions, Glance::of(&seen));
        if let Value::Object(keys) = &mut whole {
            keys.insert("event".to_owned(), "dialogue".into());
            keys.insert("at".to_owned(), jiff::Timestamp::now().to_string().into());
            keys.insert("session".to_owned(), session.into());
        }
        let (dialogue, past) = (Box::new(seen), Box::default());
        let not_kept = None;
        self.say(&Event::Told(&Report::Ended { session, glance, dialogue, past, not_kept }))?;
        say(&json::line(&whole)?)
    }

    /// Nobody is answered any more.
    pub(super) fn stopping(&self) -> anyhow::Result<()> {
        self.say(&Event::Stopping)
    }

    /// All is over.
    pub(super) fn stopped(&self) -> anyhow::Result<()> {
        self.say(&Event::Stopped(self.sessions, self.messages))
    }
}
