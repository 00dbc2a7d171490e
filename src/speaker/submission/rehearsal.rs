//! A submission played to a server that takes everything, written down as a script.

use std::fmt::Write as _;

use bytes::Bytes;

use crate::journal::transcript;
use crate::journal::{Event, Fidelity, Happening, Header, Moment, Side};
use crate::session::{Dialogue, Exchange, Phase, Turn};
use crate::smtp::verb::Verb;

use super::super::{Say, Speaker as _};
use super::{Auth, Encryption, Order, Stage, Stop, Submission};

/// The script that says what `order` would say to a server that offers what the message needs and
/// says yes to everything. A login is one directive, without its password; the size of the message
/// is not declared, since not every server takes that.
pub fn rehearse(order: Order) -> String {
    let Order { auth, .. } = &order;
    let mut script = Script { auth: auth.clone(), out: String::new(), seen: Dialogue::default() };
    let mut submission = Submission::new(Order { auth: None, ..order });
    script.seen.apply(&Event::new(Moment(0), Happening::Opened(Box::default())));
    loop {
        match submission.next(Moment(0), &script.seen) {
            Some(Say::Bytes(bytes) | Say::Answer(bytes)) => script.say(&submission, &bytes),
            Some(Say::Close(_)) => {
                if script.seen.phase() != Phase::Closing {
                    script.log_in(&submission);
                    script.out.push_str(":close\n");
                }
                return script.out;
            }
            None if !script.answer(&submission) => return script.out,
            None
            | Some(
                Say::Drip(_)
                | Say::Wait(_)
                | Say::Limit(_)
                | Say::Keep(_)
                | Say::Gate(_)
                | Say::Inquire(_)
                | Say::Verify(_)
                | Say::Cut
                | Say::Played(_),
            ) => {}
        }
    }
}

/// A script while it is written.
struct Script {
    auth: Option<Auth>,
    out: String,
    seen: Dialogue,
}

impl Script {
    /// The client says `bytes`.
    fn say(&mut self, submission: &Submission, bytes: &Bytes) {
        let before = self.seen.exchanges().len();
        let said = Event::bytes(Moment(0), Side::Client, bytes.clone());
        self.seen.apply(&said);
        let new = before..self.seen.exchanges().len();
        let together = new.len() > 1;
        if new.into_iter().any(|at| submission.stage(&self.seen, at) > Stage::Auth) {
            self.log_in(submission);
        }
        let header = Header {
            fidelity: Fidelity { exact_bytes: true, real_time: false },
            ..Header::default()
        };
        self.out.push_str(&transcript::write_groups(&header, [(&said, together)]));
    }

    /// The login stands before what would come behind it.
    fn log_in(&mut self, submission: &Submission) {
        let last = submission.order().stop.map_or(Stage::Quit, Stop::stage);
        if last < Stage::Auth {
            return;
        }
        let Some(auth) = self.auth.take() else { return };
        // What is offered nobody knows yet, and most servers offer this one.
        let named = auth.mechanisms.first().filter(|_| !auth.takes_strongest());
        let mechanism = named.map_or("PLAIN", String::as_str);
        let _ = writeln!(self.out, ":auth {mechanism} {}", auth.credentials.user);
    }

    /// The server answers what is open; `false` if nothing is.
    fn answer(&mut self, submission: &Submission) -> bool {
        let Some((_, exchange)) = self.seen.unanswered() else { return false };
        let (expected, reply) = reply(exchange, submission.order());
        let _ = writeln!(self.out, "S: {expected}");
        self.seen.apply(&Event::bytes(Moment(0), Side::Server, reply));
        if self.seen.phase() == Phase::AwaitingTls {
            self.seen.apply(&Event::new(Moment(0), Happening::Secured(Box::default())));
        }
        true
    }
}

/// What a script expects, and what the server of the rehearsal says.
fn reply(exchange: &Exchange, order: &Order) -> (&'static str, Bytes) {
    let said = |expected: &'static str, reply: &'static str| {
        (expected, Bytes::from_static(reply.as_bytes()))
    };
    match (&exchange.turn, exchange.verb()) {
        (Turn::Greeting, _) | (_, Some(Verb::Starttls | Verb::Xclient)) => said("220", "220 x\r\n"),
        (_, Some(Verb::Ehlo | Verb::Lhlo)) => {
            let starttls = order.tls == Encryption::Required && !exchange.secured;
            let starttls = if starttls { "250-STARTTLS\r\n" } else { "" };
            let posing = [Verb::Xclient, Verb::Xforward];
            let posing: String =
                posing.map(|verb| format!("250-{verb}{}\r\n", order.posed_names(&verb))).concat();
            let offers =
                "250-PIPELINING\r\n250-CHUNKING\r\n250-8BITMIME\r\n250-BINARYMIME\r\n250-PRDR\r\n";
            let last = "250 SMTPUTF8\r\n";
            ("250", Bytes::from(["250-x\r\n", starttls, &posing, offers, last].concat()))
        }
        // An address of somewhere else and one that cannot be verified are recipients, too.
        (_, Some(Verb::Rcpt)) => said("2xx", "250 x\r\n"),
        (_, Some(Verb::Data)) => said("354", "354 x\r\n"),
        (_, Some(Verb::Quit)) => said("221", "221 x\r\n"),
        _ => said("250", "250 x\r\n"),
    }
}
