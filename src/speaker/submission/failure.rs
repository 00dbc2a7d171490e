//! What went wrong with a submission, read off the dialogue.

use crate::journal::{Ending, Happening, Side};
use crate::session::{Dialogue, Exchange, Phase, Transaction, Turn};
use crate::smtp::code::Class;
use crate::smtp::verb::Verb;

use super::stage::{Stage, Stop};
use super::{Encryption, Submission, Tolerance, is_introduced};

/// Why it did not go as wished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// There was no connection.
    NotConnected,
    /// The connection ended while something was still to be said or heard.
    Lost,
    /// The server said no, in this exchange.
    Refused(usize),
    /// The server does not offer what is needed.
    NotOffered(&'static str),
    /// A reply came that answers nothing, in this exchange: from here on nobody knows which reply
    /// belongs to what.
    Unasked(usize),
}

/// What went wrong first, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The stage.
    pub stage: Stage,
    /// What.
    pub why: Why,
}

impl Failure {
    pub(super) const fn new(stage: Stage, why: Why) -> Self {
        Self { stage, why }
    }
}

impl Submission {
    /// What was not as wished, now that the session is over; a recipient that was refused is, even
    /// where others were accepted.
    pub fn failure(&self, seen: &Dialogue) -> Option<Failure> {
        let lost = self.loss(seen);
        // What a server says to a handshake that it does not know answers no command.
        if lost.is_some_and(|lost| lost.stage == Stage::Tls) {
            return lost;
        }
        self.obstacle(seen)
            .into_iter()
            .chain(lost)
            .chain(first_refused(seen))
            .min_by_key(|f| f.stage)
    }

    /// What makes it pointless to go on.
    pub(super) fn obstacle(&self, seen: &Dialogue) -> Option<Failure> {
        let last = self.order.stop.map_or(Stage::Quit, Stop::stage);
        let counts = |failure: &Failure| failure.stage <= last || failure.stage == Stage::Quit;
        let answers = seen.setbacks().filter_map(|(at, e)| self.refusal(seen, at, e));
        let lacks = [
            self.lacks_tls(seen),
            self.lacks_posing(seen),
            self.lacks_login(seen),
            self.lacks_chunks(seen),
            self.lacks_prdr(seen),
        ];
        let found = answers.chain([self.lacks_recipients(seen)].into_iter().flatten());
        found.chain(lacks.into_iter().flatten()).filter(counts).min_by_key(|f| f.stage)
    }

    /// A reply after which it does not go on.
    fn refusal(&self, seen: &Dialogue, at: usize, exchange: &Exchange) -> Option<Failure> {
        let class = exchange.reply.as_ref()?.class();
        let no = Failure::new(self.stage(seen, at), Why::Refused(at));
        let fails = match (&exchange.turn, exchange.verb()) {
            (Turn::Unsolicited, _) => {
                let before = seen.exchanges_here().take_while(|(n, _)| *n < at).last();
                let stage = before.map_or(Stage::Greeting, |(before, _)| self.stage(seen, before));
                return Some(Failure::new(stage, Why::Unasked(at)));
            }
            // HELO may still do.
            (_, Some(Verb::Ehlo)) => class != Class::Positive && class != Class::Permanent,
            (_, Some(Verb::Starttls)) => {
                class != Class::Positive && self.order.tls == Encryption::Required
            }
            (_, Some(Verb::Xclient | Verb::Xforward)) => {
                class != Class::Positive && self.order.posing.tolerance < Tolerance::Refused
            }
            (_, Some(Verb::Data)) => class != Class::Intermediate,
            // What becomes of the message follows for each recipient and for all.
            (turn, _) if turn.ends_message() && promises_each(seen, exchange) => false,
            // Each has rules of its own.
            (_, Some(Verb::Auth | Verb::Rcpt)) | (Turn::LoginAnswer, _) => false,
            _ => class != Class::Positive,
        };
        fails.then_some(no)
    }

    fn lacks_tls(&self, seen: &Dialogue) -> Option<Failure> {
        let needed = self.order.tls == Encryption::Required && !seen.is_secured();
        let lacks = needed && is_introduced(seen) && !seen.offers("STARTTLS");
        lacks.then_some(Failure::new(Stage::Tls, Why::NotOffered("STARTTLS")))
    }

    /// No login has worked, and there is none left to try.
    fn lacks_login(&self, seen: &Dialogue) -> Option<Failure> {
        let wanted = self.order.auth.as_ref().filter(|_| !seen.is_authenticated())?;
        if !is_introduced(seen) || self.login.is_some() || self.mechanism(seen).is_some() {
            return None;
        }
        let steps = |(at, _): &(usize, &Exchange)| self.stage(seen, *at) == Stage::Auth;
        match seen.exchanges_here().filter(steps).last() {
            Some((at, _)) => Some(Failure::new(Stage::Auth, Why::Refused(at))),
            None if wanted.optional || self.still_secures(seen) => None,
            // Behind XCLIENT more may be offered.
            None if self.poses_now(seen) && self.pose(seen, &Verb::Xclient).is_some() => None,
            None => Some(Failure::new(Stage::Auth, Why::NotOffered("AUTH"))),
        }
    }

    /// All recipients were refused.
    fn lacks_recipients(&self, seen: &Dialogue) -> Option<Failure> {
        let all = seen.refused().len() == self.order.recipients.len();
        first_refused(seen).filter(|_| all)
    }

    fn lacks_chunks(&self, seen: &Dialogue) -> Option<Failure> {
        let lacks = self.order.is_chunked() && is_introduced(seen) && !seen.offers("CHUNKING");
        let lacks = lacks && !self.still_secures(seen);
        lacks.then_some(Failure::new(Stage::Data, Why::NotOffered("CHUNKING")))
    }

    fn lacks_prdr(&self, seen: &Dialogue) -> Option<Failure> {
        let lacks = self.order.prdr && is_introduced(seen) && !seen.offers("PRDR");
        let lacks = lacks && !self.still_secures(seen);
        lacks.then_some(Failure::new(Stage::Mail, Why::NotOffered("PRDR")))
    }

    /// The connection ended too early.
    fn loss(&self, seen: &Dialogue) -> Option<Failure> {
        if seen.connection() == 0 {
            return Some(Failure::new(Stage::Greeting, Why::NotConnected));
        }
        if seen.phase() != Phase::Closed {
            return None;
        }
        let mut notices = seen.course().rev();
        let end = notices.next()?;
        if let Some(Happening::NotSecured(_)) = notices.next() {
            return Some(Failure::new(Stage::Tls, Why::Lost));
        }
        let said_quit = seen.said(&Verb::Quit) > 0;
        match end {
            Happening::Closed { by: Side::Client, how: Ending::Finished } => None,
            Happening::Closed { by: Side::Server, how: Ending::Finished } if said_quit => None,
            _ => {
                let open = seen.exchanges_here().find(|(_, e)| e.reply.is_none());
                let stage = open
                    .or_else(|| seen.exchanges_here().last())
                    .map(|(at, _)| self.stage(seen, at));
                Some(Failure::new(stage.unwrap_or(Stage::Greeting), Why::Lost))
            }
        }
    }
}

/// Whether this is the 353 behind which the message is answered for each recipient.
fn promises_each(seen: &Dialogue, exchange: &Exchange) -> bool {
    let carried = exchange.message.and_then(|message| seen.envelope().carrying(message));
    let first = !matches!(exchange.turn, Turn::Delivery(_));
    first && carried.is_some_and(Transaction::answers_each)
}

/// That the first recipient which was refused was.
fn first_refused(seen: &Dialogue) -> Option<Failure> {
    seen.refused().first().map(|at| Failure::new(Stage::Rcpt, Why::Refused(*at)))
}
