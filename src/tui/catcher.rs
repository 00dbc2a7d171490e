//! What a server of this program has: who has connected, and what mail was caught, as plain data.
//!
//! Both are lists of rows whose numbers only grow. What a change costs does not depend on how many
//! rows there are; only rows in sight are drawn. The sessions that are over are kept as long as
//! there is place for them, and their rows longer.

pub mod client;
pub mod listed;
pub mod mail;
pub mod sieve;

use std::collections::{HashMap, VecDeque};

use crate::display::content::ContentView;
use crate::session::archive::{Archive, Room};
use crate::session::{Dialogue, Past};

use super::model::{Model, Pane};
pub use client::{Away, Client, State};
use listed::{Listed, Row};
pub use mail::{Fate, Mail};

/// How many clients that were turned away are listed at most.
const MOST_AWAY: usize = 500;

/// Which of the two lists is seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Listing {
    /// Who has connected.
    #[default]
    Clients,
    /// What was caught, or was to be.
    Mails,
}

impl Listing {
    /// Both, in their order.
    pub const ALL: [Self; 2] = [Self::Clients, Self::Mails];

    /// The key of its title.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Clients => "catcher.clients",
            Self::Mails => "catcher.mails",
        }
    }
}

/// A session that is over: its events, and the fold over them.
pub type Over = (Past, Dialogue);

/// Something new about a server.
#[derive(Clone, Debug)]
pub enum News {
    /// A session stands so now.
    Client(Box<Client>),
    /// A session is over.
    Over(Box<Client>, Box<(Past, Dialogue)>),
    /// A message was judged: kept, or not.
    Mail(Box<Mail>),
    /// A client was turned away before it was greeted.
    TurnedAway(Box<Client>),
}

/// What a server has.
#[derive(Clone, Debug, Default)]
pub struct Catcher {
    /// Who has connected.
    pub clients: Listed<Client>,
    /// What was caught.
    pub mails: Listed<Mail>,
    /// Which of the two is seen.
    pub shows: Listing,
    /// The sessions that are over.
    pub kept: Archive<Over>,
    /// Whether they lie in a Maildir, too.
    pub shelved: bool,
    /// How many sessions go on.
    pub open: usize,
    /// How many sessions ended with nothing taken, and how many broke.
    pub troubles: (usize, usize),
    /// How many clients were turned away.
    pub turned_away: usize,
    /// Those of them that are listed.
    away: VecDeque<u64>,
    /// How messages are shown that are opened from the list.
    pub view: Option<ContentView>,
    /// Whether the person answers its clients, in sessions of the screen.
    pub by_hand: bool,
    /// What the server plays beside what is right, in words; nothing where it is right in all.
    pub plays: String,
    /// Which mail is which message of which session.
    known: HashMap<(u64, usize), u64>,
    last_mail: u64,
}

impl Catcher {
    /// Of a server to which nobody has come yet, which plays this and has so much room for sessions.
    pub fn playing(plays: String, room: Room) -> Self {
        Self { plays, kept: Archive::new(room), ..Self::default() }
    }

    /// Of clients whom the person answers.
    pub fn answered() -> Self {
        Self { by_hand: true, ..Self::default() }
    }

    /// How many clients are in the middle of a transaction. All rows are looked at.
    pub fn in_transaction(&self) -> usize {
        self.clients.rows().filter(|client| client.glance.phase.in_transaction()).count()
    }

    /// Takes what is new.
    pub fn take(&mut self, news: News) {
        match news {
            News::Client(client) => self.see(*client),
            News::Over(client, over) => {
                let client = Client { heard: Some(true), ..*client };
                for mail in Mail::all(&over.1, &client) {
                    self.file(mail);
                }
                let number = client.number;
                self.forget(number, over.1.messages().len());
                self.see(client);
                let size = over.1.weight() as u64;
                for (number, (_, seen)) in self.kept.keep(number, *over, size) {
                    self.gave_way(number, seen.messages().len());
                }
            }
            News::Mail(mail) => self.file(*mail),
            News::TurnedAway(client) => self.turn_away(*client),
        }
    }

    fn see(&mut self, client: Client) {
        let was_open = self.clients.get(client.number).map(|client| !client.is_over());
        self.open += usize::from(!client.is_over() && was_open != Some(true));
        self.open -= usize::from(client.is_over() && was_open == Some(true)).min(self.open);
        if client.is_over() && was_open != Some(false) {
            self.troubles.0 += usize::from(client.state().is_refused());
            self.troubles.1 += usize::from(client.state().is_broken());
        }
        if client.heard == Some(false) {
            self.forget(client.number, client.glance.messages);
            self.gave_way(client.number, client.glance.messages);
        }
        self.clients.put(client);
    }

    /// Nothing more is told of a session: what has no row any more need not be known. By hand it is told
    /// of anew.
    fn forget(&mut self, client: u64, messages: usize) {
        for message in 0..messages {
            if !self.by_hand && self.mail(client, message).is_none() {
                self.known.remove(&(client, message));
            }
        }
    }

    /// The row of a message.
    fn mail(&self, client: u64, message: usize) -> Option<&Mail> {
        self.mails.get(*self.known.get(&(client, message))?)
    }

    /// A session gave way to newer ones, or was missed: so were its messages, where they lie nowhere
    /// else.
    fn gave_way(&mut self, client: u64, messages: usize) {
        if self.shelved {
            return;
        }
        for message in 0..messages {
            if let Some(mail) = self.mail(client, message) {
                let mail = Mail { fate: mail.fate.gone(), ..mail.clone() };
                self.mails.put(mail);
            }
        }
    }

    /// Why a session that is over lies nowhere: the key of a sentence; `None` if it does, or may yet be
    /// heard.
    pub fn why_gone(&self, client: u64) -> Option<&'static str> {
        // A row that gave way itself was that of an old session.
        let heard = self.clients.get(client).map_or(Some(true), |row| row.heard)?;
        let is_gone = !self.shelved && self.kept.get(client).is_none();
        is_gone.then_some(if heard { "catcher.gone" } else { "catcher.missed" })
    }

    /// Who is turned away is listed, but never takes the place of many sessions.
    fn turn_away(&mut self, client: Client) {
        self.turned_away += 1;
        self.away.push_back(client.number);
        self.clients.put(client);
        if self.away.len() > MOST_AWAY {
            self.away.pop_front().and_then(|oldest| self.clients.give_up(oldest));
        }
    }

    /// The same message may be told of more than once: when it was judged, and when its session was
    /// over. What was known of it first stays where the later word does not know it.
    fn file(&mut self, mut mail: Mail) {
        let place = (mail.client, mail.message);
        let known = self.known.get(&place).copied();
        mail.number = known.unwrap_or(self.last_mail + 1);
        self.last_mail = self.last_mail.max(mail.number);
        if let Some(before) = known.and_then(|number| self.mails.get(number)) {
            mail.learn(before);
        } else if known.is_some() {
            // It was deleted.
            return;
        }
        self.known.insert(place, mail.number);
        // What gave way is told of once more at the end of its session, unless that was told before.
        if let Some(gone) = self.mails.put(mail)
            && self.clients.get(gone.client).is_none_or(|client| client.heard.is_some())
        {
            self.known.remove(&(gone.client, gone.message));
        }
    }

    /// The other list.
    pub const fn switch(&mut self) {
        self.shows = match self.shows {
            Listing::Clients => Listing::Mails,
            Listing::Mails => Listing::Clients,
        };
    }

    /// The session that is chosen, and which of its messages.
    pub fn chosen(&self) -> Option<(u64, Option<usize>)> {
        match self.shows {
            Listing::Clients => self.clients.chosen().map(|client| (client.number, None)),
            Listing::Mails => self.mails.chosen().map(|mail| (mail.client, Some(mail.message))),
        }
    }

    /// How many rows of the list in sight there are, and of how many.
    pub fn count(&self) -> (usize, usize) {
        match self.shows {
            Listing::Clients => (self.clients.len(), self.clients.all()),
            Listing::Mails => (self.mails.len(), self.mails.all()),
        }
    }

    /// What keeps rows of the list in sight.
    pub fn sieve(&self) -> &str {
        match self.shows {
            Listing::Clients => self.clients.sieve().text(),
            Listing::Mails => self.mails.sieve().text(),
        }
    }

    /// Takes the chosen row off the list; a session that goes on stays. Says whether it did.
    pub fn delete(&mut self) -> bool {
        let client = match self.shows {
            Listing::Clients => {
                let chosen = self.clients.chosen().filter(|client| client.is_over());
                let chosen = chosen.map(|client| client.number);
                chosen.and_then(|number| self.clients.remove(number)).map(|client| client.number)
            }
            Listing::Mails => {
                let chosen = self.mails.chosen().map(|mail| mail.number);
                chosen.and_then(|number| self.mails.remove(number)).map(|mail| mail.client)
            }
        };
        let Some(client) = client else { return false };
        // What a row of either list is of can be opened from there.
        let of_mail = self.mails.rows().any(|mail| mail.client == client);
        if !of_mail && self.clients.get(client).is_none() {
            self.kept.forget(client);
        }
        true
    }

    /// Takes all that is over off both lists, in sight or not.
    pub fn clear(&mut self) {
        self.clients.keep_only(|client| !client.is_over());
        self.away.clear();
        let open = &self.clients;
        self.mails.keep_only(|mail| open.get(mail.client).is_some());
        let mails = &self.mails;
        self.known.retain(|(client, _), number| {
            open.get(*client).is_some() || mails.get(*number).is_some()
        });
        self.kept.clear();
    }
}

impl Model {
    /// Whether Esc leads from a talk back to the list of it.
    pub fn leads_to_list(&self) -> bool {
        let session = &self.session;
        let inside = session.travels()
            || session.chosen_from.is_some()
            || self.find.is_some()
            || session.reads_messages()
            || session.at_gate.is_some();
        let zoomed = self.zoomed && self.focus == Pane::Explain;
        session.is_caught() && self.focus != Pane::Prompt && !inside && !zoomed
    }

    /// Whether there is a list of a server behind what is in front.
    pub fn has_list_behind(&self) -> bool {
        self.others.iter().any(|session| session.catcher.is_some())
    }

    /// Why something cannot be done that is done with a list, where none is in sight: the key of a
    /// sentence.
    pub fn why_no_list(&self) -> &'static str {
        if self.has_list_behind() { "catcher.behind" } else { "catcher.not-list" }
    }
}
