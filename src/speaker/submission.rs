//! One message handed in, from the greeting to QUIT, as a mail program does it.
//!
//! Nothing is remembered but what was wanted, and a login while it goes on: what comes next, and
//! what went wrong, is read off the dialogue each time. Every command waits for the reply to the
//! one before, unless several go out together where PIPELINING is offered. On a no it says QUIT.

mod failure;
mod order;
mod posing;
mod rehearsal;
mod stage;

use bytes::Bytes;

use crate::journal::{Ending, Moment};
use crate::session::{Dialogue, Exchange, Phase, Turn};
use crate::smtp::code::Class;
use crate::smtp::command::Argument;
use crate::smtp::verb::Verb;

use super::login::{Fault, Login, Next};
use super::{Say, Speaker};

pub use failure::{Failure, Why};
pub use order::{Address, Auth, Carriage, Encryption, Needs, Order, STRONGEST};
pub use posing::{Pose, Posing, Tolerance};
pub use rehearsal::rehearse;
pub use stage::{Stage, Stop};

/// Hands one message in.
#[derive(Clone, Debug)]
pub struct Submission {
    order: Order,
    login: Option<Login>,
    faults: Vec<Fault>,
}

/// What is said next.
enum Step {
    /// This, which belongs to a stage.
    Say(Stage, Bytes),
    /// A login begins.
    Login(Box<Login>),
    /// QUIT, since all is done or nothing can be done any more.
    Quit,
    /// Nothing.
    Wait,
}

impl Submission {
    /// A submission of what was ordered.
    pub const fn new(order: Order) -> Self {
        Self { order, login: None, faults: Vec::new() }
    }

    /// What was ordered.
    pub const fn order(&self) -> &Order {
        &self.order
    }

    /// Why logins were given up, or are not to be trusted.
    pub fn login_faults(&self) -> &[Fault] {
        &self.faults
    }

    /// The stage to which the exchange with this number belongs.
    fn stage(&self, seen: &Dialogue, at: usize) -> Stage {
        let Some(exchange) = seen.exchanges().get(at) else { return Stage::Quit };
        let before = seen.exchanges_here().take_while(|(n, _)| *n < at);
        let mut before = before.filter(|(_, e)| e.secured == exchange.secured);
        match (&exchange.turn, exchange.verb()) {
            (Turn::Greeting, _) => Stage::Greeting,
            (turn, _) if turn.ends_message() => Stage::Dot,
            (Turn::LoginAnswer, _) | (_, Some(Verb::Auth)) => Stage::Auth,
            (_, Some(Verb::Ehlo | Verb::Helo | Verb::Lhlo)) => {
                let posed = before.any(|(_, exchange)| posing::greets_anew(exchange));
                self.introduction_stage(exchange.secured, posed)
            }
            (_, Some(Verb::Starttls)) => Stage::Tls,
            (_, Some(Verb::Xclient)) => self.posing_stage(exchange.secured),
            (_, Some(Verb::Xforward)) => Stage::Xforward,
            (_, Some(Verb::Mail)) => Stage::Mail,
            (_, Some(Verb::Rcpt)) => Stage::Rcpt,
            (_, Some(Verb::Data | Verb::Bdat)) => Stage::Data,
            _ => Stage::Quit,
        }
    }

    /// Whether STARTTLS is still to be said.
    fn still_secures(&self, seen: &Dialogue) -> bool {
        self.order.tls != Encryption::Never
            && !seen.is_secured()
            && seen.offers("STARTTLS")
            && seen.said(&Verb::Starttls) == 0
    }

    /// The mechanism that is tried next, if one is left.
    fn mechanism(&self, seen: &Dialogue) -> Option<&str> {
        let wanted = self.order.auth.as_ref()?;
        let offered = seen.capabilities().and_then(|c| c.find("AUTH"));
        let is_offered = |name: &str| offered.is_some_and(|auth| auth.lists(name));
        let was_tried = |name: &str| {
            let is_it = |e: &Exchange| match e.command.as_ref().map(|c| &c.argument) {
                Some(Argument::Login { mechanism, .. }) => mechanism == name,
                _ => false,
            };
            layer(seen).any(|(_, e)| is_it(e))
        };
        let bound = seen.tls().is_some_and(|tls| tls.binding.is_some());
        let names = wanted.mechanisms.iter().map(String::as_str);
        let mut usable = names.filter(|name| {
            let fits = is_offered(name) && (bound || !name.ends_with("-PLUS"));
            (wanted.anyway || fits) && !was_tried(name)
        });
        usable.next()
    }

    /// What comes next, if nothing stands against it.
    fn forward(&self, seen: &Dialogue) -> Step {
        match seen.phase() {
            Phase::Greeted => self.introduce(seen),
            Phase::Ready => self.prepare(seen),
            Phase::Sender | Phase::Recipients | Phase::Chunks => self.fill(seen),
            Phase::MailData => self.mail_data(seen),
            _ => Step::Quit,
        }
    }

    fn introduce(&self, seen: &Dialogue) -> Step {
        let refused = |(_, e): (usize, &Exchange)| e.verb() == Some(&Verb::Ehlo) && is_refusal(e);
        let verb = match (self.order.lmtp, layer(seen).any(refused)) {
            (true, _) => Verb::Lhlo,
            (false, false) => Verb::Ehlo,
            // Permanently, or there would be no way forward (RFC 5321 §3.2).
            (false, true) => Verb::Helo,
        };
        let stage = self.introduction_stage(seen.is_secured(), posing::is_posed(seen));
        Step::Say(stage, Bytes::from(format!("{verb} {}\r\n", self.order.name)))
    }

    /// What stands between an introduction and the sender.
    fn prepare(&self, seen: &Dialogue) -> Step {
        let posed = self.poses_now(seen).then(|| self.pose(seen, &Verb::Xclient)).flatten();
        if let Some(line) = posed {
            return Step::Say(self.posing_stage(seen.is_secured()), line);
        }
        if self.still_secures(seen) {
            return Step::Say(Stage::Tls, Bytes::from_static(b"STARTTLS\r\n"));
        }
        if let (Some(auth), Some(name)) = (&self.order.auth, self.mechanism(seen))
            && !seen.is_authenticated()
        {
            let mut login = Login::new(name, auth.credentials.clone(), None);
            login.supply(auth.credentials.secret.clone(), auth.seed.clone());
            return Step::Login(Box::new(login));
        }
        let mails = seen.said(&Verb::Mail);
        if mails > 0 && seen.said(&Verb::Rcpt) == self.order.recipients.len() {
            return Step::Quit;
        }
        self.pose(seen, &Verb::Xforward).map_or_else(
            || Step::Say(Stage::Mail, self.mail(seen)),
            |line| Step::Say(Stage::Xforward, line),
        )
    }

    /// Up to which recipient the first so many transactions go: a server may say that it takes no
    /// more in one (RFC 9422 §4.2).
    fn end_of(&self, transactions: usize, seen: &Dialogue) -> usize {
        let limit = seen.capabilities().and_then(|c| c.limit("RCPTMAX"));
        let limit = limit.map_or(usize::MAX, |n| n.max(1));
        transactions.saturating_mul(limit).min(self.order.recipients.len())
    }

    /// MAIL, and what may leave with it.
    fn mail(&self, seen: &Dialogue) -> Bytes {
        let mut lines = self.order.mail(seen);
        let last = self.order.stop.map_or(Stage::Quit, Stop::stage);
        if self.order.together && seen.offers("PIPELINING") {
            if last >= Stage::Rcpt {
                let end = self.end_of(seen.said(&Verb::Mail) + 1, seen);
                let all = seen.said(&Verb::Rcpt)..end;
                lines.extend(all.filter_map(|at| self.order.rcpt(at)));
            }
            if last >= Stage::Data && !self.order.is_chunked() {
                lines.push_str("DATA\r\n");
            }
        }
        Bytes::from(lines)
    }

    /// The next recipient, or what comes behind the last one.
    fn fill(&self, seen: &Dialogue) -> Step {
        let (named, mails) = (seen.said(&Verb::Rcpt), seen.said(&Verb::Mail));
        let end = self.end_of(mails, seen);
        if let Some(line) = self.order.rcpt(named).filter(|_| named < end) {
            return Step::Say(Stage::Rcpt, Bytes::from(line));
        }
        if !has_taker(seen) && mails > 1 && named == self.order.recipients.len() {
            return Step::Quit;
        }
        if !has_taker(seen) && named < self.order.recipients.len() {
            return Step::Say(Stage::Rcpt, Bytes::from_static(b"RSET\r\n"));
        }
        match &self.order.carriage {
            Carriage::Data(_) => Step::Say(Stage::Data, Bytes::from_static(b"DATA\r\n")),
            Carriage::Chunks(chunks) => {
                let before = mails.saturating_sub(1) * chunks.len();
                let at = seen.said(&Verb::Bdat).saturating_sub(before);
                let stage = if at + 1 == chunks.len() { Stage::Dot } else { Stage::Data };
                chunks.get(at).map_or(Step::Quit, |chunk| Step::Say(stage, chunk.clone()))
            }
        }
    }

    /// The message; nothing of it if there is nobody to take it (RFC 2920 §3.1).
    fn mail_data(&self, seen: &Dialogue) -> Step {
        let begun = seen.messages().last().is_some_and(|message| message.wire_len() > 0);
        let taken = has_taker(seen);
        match &self.order.carriage {
            Carriage::Data(data) if !begun && !data.is_empty() && taken => {
                Step::Say(Stage::Dot, data.clone())
            }
            Carriage::Data(_) if !begun && !taken => {
                Step::Say(Stage::Dot, Bytes::from_static(b".\r\n"))
            }
            _ => Step::Wait,
        }
    }

    /// Whether it is time to say something.
    fn is_its_turn(&self, seen: &Dialogue) -> bool {
        let is_chunk =
            |at: &usize| seen.exchanges().get(*at).is_some_and(|e| e.verb() == Some(&Verb::Bdat));
        let goes_on = self.order.together
            && seen.offers("PIPELINING")
            && seen.phase().in_transaction()
            && seen.waiting().iter().all(is_chunk);
        (seen.awaits_client() || goes_on) && !seen.awaits_octets()
    }

    /// Whether it hangs up now, before a reply.
    fn drops(&self, seen: &Dialogue) -> bool {
        let Some(Stop::DropUnanswered(stage)) = self.order.stop else { return false };
        let Some(unanswered) = seen.waiting().back() else { return false };
        let all = match stage {
            Stage::Rcpt => seen.said(&Verb::Rcpt) == self.end_of(seen.said(&Verb::Mail), seen),
            Stage::EarlyXclient | Stage::Xclient => {
                seen.said(&Verb::Xclient) == self.order.poses(&Verb::Xclient)
            }
            Stage::Xforward => seen.said(&Verb::Xforward) == self.order.poses(&Verb::Xforward),
            _ => true,
        };
        self.stage(seen, *unanswered) >= stage && all && !seen.awaits_octets()
    }

    /// How it ends.
    fn leave(&self, seen: &Dialogue, failed: bool) -> Say {
        let drops = matches!(self.order.stop, Some(Stop::Drop(_) | Stop::DropUnanswered(_)));
        // Inside of mail data a QUIT would be a line of it.
        let silent = seen.phase() == Phase::MailData || seen.said(&Verb::Quit) > 0;
        if silent || (drops && !failed) {
            return Say::Close(Ending::Finished);
        }
        Say::Bytes(Bytes::from_static(b"QUIT\r\n"))
    }
}

impl Speaker for Submission {
    fn next(&mut self, _now: Moment, seen: &Dialogue) -> Option<Say> {
        if !seen.phase().is_open() {
            return None;
        }
        if self.drops(seen) {
            return Some(Say::Close(Ending::Finished));
        }
        if let Some(login) = &mut self.login {
            match login.next(seen) {
                Next::Say(line) => return Some(Say::Bytes(line)),
                Next::Answer(line) => return Some(Say::Answer(line)),
                Next::Wait => return None,
                Next::Over(_) => self.faults.extend(login.fault()),
            }
            self.login = None;
        }
        if !self.is_its_turn(seen) {
            return None;
        }
        if seen.phase() == Phase::Closing {
            return Some(Say::Close(Ending::Finished));
        }
        let failed = self.obstacle(seen).is_some();
        let last = self.order.stop.map_or(Stage::Quit, Stop::stage);
        let empties = seen.phase() == Phase::MailData && !has_taker(seen);
        match if failed && !empties { Step::Quit } else { self.forward(seen) } {
            // It has to hear first what becomes of all that was said.
            Step::Quit if !seen.awaits_client() => None,
            Step::Say(stage, line) if stage <= last => Some(Say::Bytes(line)),
            Step::Login(mut login) if Stage::Auth <= last => {
                let Next::Say(line) = login.next(seen) else { return None };
                self.login = Some(*login);
                Some(Say::Bytes(line))
            }
            Step::Wait => None,
            _ => Some(self.leave(seen, failed)),
        }
    }
}

/// Whether the client has introduced itself on this layer of the connection, and not been greeted
/// anew since.
fn is_introduced(seen: &Dialogue) -> bool {
    if seen.phase() == Phase::Greeted {
        return false;
    }
    let yes = |e: &Exchange| e.reply.as_ref().is_some_and(|r| r.class() == Class::Positive);
    let introduces = |e: &Exchange| matches!(e.verb(), Some(Verb::Ehlo | Verb::Helo | Verb::Lhlo));
    layer(seen).any(|(_, e)| introduces(e) && yes(e))
}

/// Whether a recipient was accepted.
fn has_taker(seen: &Dialogue) -> bool {
    seen.envelope().open().is_some_and(|open| open.accepted() > 0)
}

/// The exchanges of this layer of the connection: what was said before TLS counts no more.
fn layer(seen: &Dialogue) -> impl Iterator<Item = (usize, &Exchange)> {
    seen.exchanges_here().filter(|(_, exchange)| exchange.secured == seen.is_secured())
}

/// Whether the server said no.
fn is_refusal(exchange: &Exchange) -> bool {
    exchange.reply.as_ref().is_some_and(|reply| reply.class() != Class::Positive)
}
