//! The practice server: policy and dialogue → reply.
//!
//! A correct, strict and pleasant server of RFC 5321. It knows no fault by name and keeps no
//! protocol state: what it answers follows from the first unanswered exchange and the envelope.

mod parameters;
mod posing;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use crate::journal::{Ending, Moment};
use crate::session::{
    Dialogue, End, Exchange, Fate, Login, Message, Phase, Recipient, Transaction, Turn,
};
use crate::smtp::Parsed;
use crate::smtp::code::{Class, Code, Enhanced};
use crate::smtp::command::Argument;
use crate::smtp::param::Param;
use crate::smtp::path::{Path, is_domain};
use crate::smtp::reply;
use crate::smtp::sasl;
use crate::smtp::verb::Verb;
use crate::smtp::wait::Wait;

use super::login::server::{Judge, Ruling};
use super::policy::EVERYDAY;
use super::{Policy, Say, Seed, Speaker};

/// A message for which the server is about to take responsibility (RFC 5321 §4.2.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Which message of its session it is.
    pub message: usize,
    /// The reverse-path; empty for a notification.
    pub sender: String,
    /// The accepted forward-paths.
    pub recipients: Vec<String>,
    /// The mail data without stuffing and end mark.
    pub content: Vec<u8>,
    /// For how long it is to be held before it goes on its way (RFC 4865 §3).
    pub held: Option<Duration>,
}

/// Stores a message; gives the name under which it can be found, or why it could not be stored.
pub type Deliver = Arc<dyn Fn(Delivery) -> Result<String, String> + Send + Sync>;

/// Whether one more message of this client is taken now; else how long that still takes.
pub type Admit = Arc<dyn Fn() -> Result<(), Duration> + Send + Sync>;

/// Whether a line of EHLO's answer offers `keyword`.
fn offers(line: &str, keyword: &str) -> bool {
    line.split(' ').next() == Some(keyword)
}

/// How much of a client's words a reply repeats, as much as a path may have
/// (RFC 5321 §4.5.3.1.3).
const SHOWN: usize = 256;

/// Where a mailbox is to which no mail can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// At another server, to which nothing is passed on.
    Elsewhere,
    /// It would be here, and is not.
    Nowhere,
}

/// A reply before it is written.
struct Answer(Code, Option<Enhanced>, Vec<String>);

/// A message, which one it is, and the transaction in which it was sent.
#[derive(Clone, Copy)]
struct Carried<'a> {
    at: usize,
    message: &'a Message,
    transaction: &'a Transaction,
}

/// A reply, and whether the server closes the connection behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The reply.
    pub bytes: Bytes,
    /// Whether that is all.
    pub closes: bool,
}

/// Replies to whatever a client says.
pub struct Server {
    policy: Policy,
    deliver: Deliver,
    admit: Option<Admit>,
    seed: Seed,
    closing: bool,
    /// Whether it says goodbye as soon as no message is under way.
    retires: bool,
    /// The domains of this session's recipients, in small letters (RFC 9422 §4).
    domains: HashSet<String>,
    now: Moment,
}

impl Server {
    /// A server that believes `policy` and hands accepted messages to `deliver`; what it asks in a
    /// login follows from `seed`.
    pub fn new(policy: Policy, deliver: Deliver, seed: Seed) -> Self {
        let domains = HashSet::new();
        let admit = None;
        Self {
            policy,
            deliver,
            admit,
            seed,
            closing: false,
            retires: false,
            domains,
            now: Moment(0),
        }
    }

    /// Asks before each message whether it is admitted.
    pub fn admitting(mut self, admit: Option<Admit>) -> Self {
        self.admit = admit;
        self
    }

    /// Says goodbye (421) as soon as no message is under way.
    pub const fn retire(&mut self) {
        self.retires = true;
    }

    /// Whether it is time for that: a message that was begun is taken, no new one is.
    fn is_to_retire(&self, seen: &Dialogue) -> bool {
        let begins = |turn: &Turn| matches!(turn, Turn::Greeting | Turn::Command(Verb::Mail));
        let answers = seen.unanswered().is_some_and(|(_, exchange)| !begins(&exchange.turn));
        self.retires && !answers && !seen.phase().in_transaction()
    }

    /// What it believes.
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Believes something else from now on.
    pub fn believe(&mut self, policy: Policy) {
        self.policy = policy;
    }

    /// What it says to exchange number `index`; nothing while octets of a chunk are to come, and to
    /// what asks for nothing. A message is stored by this.
    pub fn reply_to(&mut self, now: Moment, seen: &Dialogue, index: usize) -> Option<Said> {
        self.now = now;
        self.closing = false;
        let Answer(code, enhanced, texts) =
            self.answer(seen, (index, seen.exchanges().get(index)?))?;
        Some(Said { bytes: reply::write(code, enhanced, &texts), closes: self.closing })
    }

    /// What it would say to exchange number `index`, whose message is not stored by this.
    pub fn rehearse(&mut self, now: Moment, seen: &Dialogue, index: usize) -> Option<Said> {
        let drops = std::mem::replace(&mut self.policy.errors.drops, true);
        let said = self.reply_to(now, seen, index);
        self.policy.errors.drops = drops;
        said
    }

    /// What it says unasked, because a session is too long, the server retires, or nothing was heard
    /// for too long; else how long that would still take.
    ///
    /// # Errors
    /// With that time.
    pub fn farewell(&self, now: Moment, seen: &Dialogue) -> Result<Said, Duration> {
        let idle = Duration::from_micros(now.since(seen.last_heard()));
        let left = self.policy.limits.time(Wait::Idle).saturating_sub(idle);
        if self.is_too_much(seen) {
            Ok(self.leave((3, 1), "More was said in this session than is remembered, closing"))
        } else if self.is_too_long(seen) {
            Ok(self.leave((4, 2), "Too many commands in one session, closing"))
        } else if self.is_to_retire(seen) {
            Ok(self.goodbye())
        } else if left.is_zero() {
            Ok(self.leave((4, 2), "Nothing heard for too long, closing"))
        } else {
            Err(left)
        }
    }

    /// What it says when it ends.
    pub fn goodbye(&self) -> Said {
        self.leave((3, 2), "Shutting down, closing")
    }

    fn leave(&self, (subject, detail): (u16, u16), why: &str) -> Said {
        let text = format!("{} {why}", self.policy.host);
        let enhanced = Enhanced::new(4, subject, detail);
        Said { bytes: reply::write(Code::NOT_AVAILABLE, Some(enhanced), &[text]), closes: true }
    }

    /// Whether it answers nothing any more, but says its farewell.
    pub fn leaves(&self, seen: &Dialogue) -> bool {
        self.is_too_long(seen) || self.is_too_much(seen) || self.is_to_retire(seen)
    }

    /// Whether a session has more commands than one may have.
    fn is_too_long(&self, seen: &Dialogue) -> bool {
        seen.exchanges().len() > self.policy.command_limit
    }

    /// Whether they take more memory than they may.
    const fn is_too_much(&self, seen: &Dialogue) -> bool {
        seen.talk() > self.policy.talk_limit
    }

    /// A connection is over, or has not begun.
    pub fn forget(&mut self) {
        self.closing = false;
        self.domains.clear();
    }

    fn answer(&mut self, seen: &Dialogue, (index, exchange): (usize, &Exchange)) -> Option<Answer> {
        match &exchange.turn {
            Turn::Greeting => Some(self.greeting()),
            Turn::MailData | Turn::Delivery(_) => Some(self.message(seen, exchange)),
            Turn::LoginAnswer => Some(self.step(seen, index, exchange)),
            Turn::Unsolicited => None,
            Turn::Command(Verb::Auth) => Some(self.auth(seen, index, exchange)),
            Turn::LastChunk | Turn::Command(_) => {
                let too_long =
                    exchange.line.as_ref().is_some_and(|l| l.wire_len() > self.policy.line_limit);
                if too_long {
                    return Some(no(Code::UNRECOGNIZED, (5, 2), "Line too long"));
                }
                self.command(seen, (index, exchange))
            }
        }
    }

    fn command(
        &mut self,
        seen: &Dialogue,
        (index, exchange): (usize, &Exchange),
    ) -> Option<Answer> {
        let command = exchange.command.as_ref()?;
        let argument = &command.argument;
        let text = |argument: &Argument| match (argument, &exchange.line) {
            (Argument::Text(span), Some(line)) => {
                String::from_utf8_lossy(span.of(&line.bytes)).into_owned()
            }
            _ => String::new(),
        };
        Some(match (&command.verb, argument) {
            // RFC 2033 §4.1.
            (Verb::Ehlo | Verb::Helo, _) if self.policy.lmtp => Answer(
                Code::UNRECOGNIZED,
                None,
                vec!["This is LMTP, where LHLO is said instead".to_owned()],
            ),
            (Verb::Lhlo, Argument::Name(name)) if self.policy.lmtp => {
                self.ehlo(seen, exchange, name)
            }
            (Verb::Ehlo, Argument::Name(name)) => self.ehlo(seen, exchange, name),
            (Verb::Helo, Argument::Name(name)) if is_clean(exchange) => {
                Answer(Code::OK, None, vec![self.hello(seen, name)])
            }
            // No detailed code stands in an answer to EHLO or HELO (RFC 2034 §4).
            (verb @ (Verb::Ehlo | Verb::Helo | Verb::Lhlo), _)
                if (*verb == Verb::Lhlo) == self.policy.lmtp =>
            {
                let first = self.introduction();
                let why =
                    format!("Say {first} and the full name of your host, or its address in [ ]");
                Answer(Code::BAD_ARGUMENTS, None, vec![why])
            }
            (Verb::Mail, Argument::Path(path, params)) => {
                self.mail(seen, (index, exchange), path, params)
            }
            (Verb::Mail, _) => {
                no(Code::BAD_ARGUMENTS, (5, 2), "Syntax: MAIL FROM:<address> [parameters]")
            }
            (Verb::Rcpt, Argument::Path(path, params)) => {
                self.rcpt(seen, (index, exchange), path, params)
            }
            (Verb::Rcpt, _) => {
                no(Code::BAD_ARGUMENTS, (5, 2), "Syntax: RCPT TO:<address> [parameters]")
            }
            (Verb::Data, Argument::Nothing) => data(seen, self.transaction(seen)),
            (Verb::Bdat, Argument::Chunk { size, last }) => {
                return self.chunk(seen, exchange, *size, *last);
            }
            (Verb::Bdat, _) => no(Code::BAD_ARGUMENTS, (5, 4), "Syntax: BDAT size [LAST]"),
            (Verb::Rset, Argument::Nothing) => {
                yes(Code::OK, (0, 0), "Ok, the transaction is forgotten")
            }
            (Verb::Quit, Argument::Nothing) => {
                self.closing = true;
                yes(Code::CLOSING, (0, 0), &format!("{} Goodbye", self.policy.host))
            }
            (Verb::Data | Verb::Rset | Verb::Quit, _) => {
                no(Code::BAD_ARGUMENTS, (5, 4), &format!("{} takes no argument", command.verb))
            }
            (Verb::Starttls, Argument::Nothing) if seen.is_secured() => {
                no(Code::BAD_SEQUENCE, (5, 1), "TLS is on already")
            }
            (Verb::Starttls, Argument::Nothing) if self.policy.starttls => {
                yes(Code::READY, (0, 0), "Go ahead with the handshake")
            }
            // RFC 3207 §4.
            (Verb::Starttls, argument)
                if self.policy.starttls && *argument != Argument::Nothing =>
            {
                no(Code::BAD_ARGUMENTS, (5, 4), "STARTTLS takes no argument")
            }
            (verb, _) if self.withholds(seen, verb) => {
                no(Code::NOT_IMPLEMENTED, (5, 1), &format!("{verb} is not offered here"))
            }
            (Verb::Etrn, Argument::Text(_)) => self.start_queue(seen, &text(argument)),
            (Verb::Etrn, _) => no(Code::BAD_ARGUMENTS, (5, 4), "Syntax: ETRN domain"),
            (Verb::Burl, Argument::Reference { .. }) => fetch(seen),
            (Verb::Burl, _) => no(Code::BAD_ARGUMENTS, (5, 4), "Syntax: BURL imap-url [LAST]"),
            (verb @ (Verb::Xclient | Verb::Xforward), Argument::Attributes(said)) => {
                self.posed(seen, verb, said)
            }
            (verb @ (Verb::Xclient | Verb::Xforward), _) => {
                no(Code::BAD_ARGUMENTS, (5, 4), &format!("Syntax: {verb} attribute=value ..."))
            }
            (Verb::Noop, _) => yes(Code::OK, (0, 0), "Ok"),
            (Verb::Help, _) => self.help(),
            (Verb::Vrfy, _) => self.verify(&text(argument)),
            (Verb::Expn, _) => self.expand(&text(argument)),
            (Verb::Other(_), _) => no(Code::UNRECOGNIZED, (5, 2), "Command not recognized"),
            (verb, _) => no(Code::NOT_IMPLEMENTED, (5, 1), &format!("{verb} is not offered here")),
        })
    }

    const fn protocol(&self) -> &'static str {
        if self.policy.lmtp { "LMTP" } else { "ESMTP" }
    }

    const fn introduction(&self) -> Verb {
        if self.policy.lmtp { Verb::Lhlo } else { Verb::Ehlo }
    }

    fn greeting(&self) -> Answer {
        let (host, protocol) = (&self.policy.host, self.protocol());
        let text = format!("{host} {protocol} ehlo practice server");
        Answer(Code::READY, None, vec![text])
    }

    fn hello(&self, seen: &Dialogue, name: &str) -> String {
        let hello = format!("{} Hello {}", self.policy.host, shown(name));
        match posing::claimed(seen) {
            Some(client) => format!("{hello}, for {client}"),
            None => hello,
        }
    }

    fn ehlo(&self, seen: &Dialogue, exchange: &Exchange, name: &str) -> Answer {
        if !is_clean(exchange) {
            let why = "That is neither a domain name nor an address literal".to_owned();
            return Answer(Code::BAD_ARGUMENTS, None, vec![why]);
        }
        let mut lines = vec![self.hello(seen, name)];
        lines.extend(self.offers(seen));
        Answer(Code::OK, None, lines)
    }

    /// What is offered now: keywords with their parameters.
    fn offers(&self, seen: &Dialogue) -> Vec<String> {
        let policy = &self.policy;
        let mechanisms = self.judge(seen).offered();
        let (tls, refused) = (seen.is_secured(), &policy.solicitations);
        let limits = (policy.recipient_limit, policy.mail_limit, policy.domain_limit);
        let hold = (policy.hold_limit, self.hold_end());
        let plain = |keyword: &str, offered: bool| offered.then(|| keyword.to_owned());
        [
            plain("PIPELINING", true),
            Some(format!("SIZE {}", policy.size_limit)),
            plain("8BITMIME", true),
            plain("BINARYMIME", true),
            plain("SMTPUTF8", true),
            plain("DSN", true),
            plain("CHUNKING", true),
            Some(format!("DELIVERBY {}", policy.deliver_by)),
            Some(format!("FUTURERELEASE {} {}", hold.0, hold.1)),
            plain("MT-PRIORITY", true),
            plain("REQUIRETLS", tls),
            plain("PRDR", !policy.lmtp),
            (!refused.is_empty()).then(|| format!("NO-SOLICITING {}", refused.join(" "))),
            Some(format!(
                "LIMITS RCPTMAX={} MAILMAX={} RCPTDOMAINMAX={}",
                limits.0, limits.1, limits.2
            )),
            plain("EXPN", true),
            plain("ETRN", !policy.lmtp),
            plain("BURL imap", !policy.lmtp),
            plain("HELP", true),
            posing::offer(seen, &Verb::Xclient),
            posing::offer(seen, &Verb::Xforward),
            plain("STARTTLS", policy.starttls && !tls),
            (!mechanisms.is_empty()).then(|| format!("AUTH {}", mechanisms.join(" "))),
            plain("ENHANCEDSTATUSCODES", true),
        ]
        .into_iter()
        .flatten()
        .filter(|line| !policy.everyday || EVERYDAY.iter().any(|keyword| offers(line, keyword)))
        .collect()
    }

    /// Whether a command is one of an extension that is not offered now.
    fn withholds(&self, seen: &Dialogue, verb: &Verb) -> bool {
        let extends = matches!(verb, Verb::Etrn | Verb::Burl | Verb::Xclient | Verb::Xforward);
        extends && !self.offers(seen).iter().any(|line| offers(line, verb.as_str()))
    }

    /// The time of day.
    fn time(&self) -> Timestamp {
        let since = Duration::from_micros(self.now.since(Moment(0)));
        self.policy.begun.saturating_add(since).unwrap_or(self.policy.begun)
    }

    fn judge<'a>(&'a self, seen: &'a Dialogue) -> Judge<'a> {
        Judge { policy: &self.policy, tls: seen.tls(), seed: &self.seed }
    }

    /// AUTH itself (RFC 4954 §4).
    fn auth(&self, seen: &Dialogue, index: usize, exchange: &Exchange) -> Answer {
        let argument = exchange.command.as_ref().map(|command| &command.argument);
        let offered = self.judge(seen).offered();
        let strict = !self.policy.errors.any_order;
        match argument {
            _ if offered.is_empty() => {
                no(Code::NOT_IMPLEMENTED, (5, 1), "AUTH is not offered here")
            }
            _ if seen.capabilities().is_none() && strict => {
                no(Code::BAD_SEQUENCE, (5, 1), "Say EHLO first; AUTH is one of its extensions")
            }
            _ if seen.is_authenticated() && strict => {
                no(Code::BAD_SEQUENCE, (5, 1), "You have logged in already")
            }
            _ if seen.envelope().open().is_some() && strict => {
                no(Code::BAD_SEQUENCE, (5, 1), "No login inside a transaction; RSET ends it")
            }
            Some(Argument::Login { mechanism, .. }) if !offered.contains(mechanism) => {
                no(Code::UNKNOWN_PARAMETER, (5, 4), "This mechanism is not offered here")
            }
            Some(Argument::Login { .. }) => self.step(seen, index, exchange),
            _ => no(Code::BAD_ARGUMENTS, (5, 4), "Syntax: AUTH mechanism [initial response]"),
        }
    }

    /// One step of a login.
    fn step(&self, seen: &Dialogue, index: usize, exchange: &Exchange) -> Answer {
        let limit = self.policy.login_limit;
        if exchange.line.as_ref().is_some_and(|line| line.wire_len() > limit) {
            return no(Code::UNRECOGNIZED, (5, 6), "This line of the login is too long");
        }
        let Some(login) = Login::at(seen, index) else {
            return no(Code::BAD_SEQUENCE, (5, 1), "There is no login to go on with");
        };
        match self.judge(seen).rule(&login) {
            Ruling::Ask(question) => {
                Answer(Code::AUTH_CHALLENGE, None, vec![sasl::encode(&question)])
            }
            Ruling::In => yes(Code::AUTHENTICATED, (7, 0), "You are logged in"),
            Ruling::No(code, detail, text) => no(code, detail, text),
        }
    }

    /// Whether the client is somebody; an anonymous one is not.
    fn knows(seen: &Dialogue) -> bool {
        let named = |login: Login<'_>| login.mechanism != "ANONYMOUS";
        seen.claim("LOGIN").is_some() || seen.login().is_some_and(named)
    }

    fn mail(
        &self,
        seen: &Dialogue,
        (index, exchange): (usize, &Exchange),
        path: &Parsed<Path>,
        params: &[Parsed<Param>],
    ) -> Answer {
        let strict = !self.policy.errors.any_order;
        if strict && matches!(seen.phase(), Phase::Greeted | Phase::Refused) {
            return no(Code::BAD_SEQUENCE, (5, 1), &format!("Say {} first", self.introduction()));
        }
        if strict && accepted(seen).is_some() {
            return no(Code::BAD_SEQUENCE, (5, 1), "A transaction is open already; RSET ends it");
        }
        if let Some(answer) = self.bad_path(exchange, path, (1, 7)) {
            return answer;
        }
        let utf8 = params.iter().any(|p| p.value.name == "SMTPUTF8");
        if path.value.is_international() && !utf8 {
            return no(Code::BAD_MAILBOX, (6, 7), "This address needs the SMTPUTF8 parameter");
        }
        if strict && seen.capabilities().is_none() && !params.is_empty() {
            return no(Code::BAD_PARAMETERS, (5, 4), "Parameters need EHLO instead of HELO");
        }
        if let Some(answer) = self.bad_parameter(seen, &Verb::Mail, params, self.time()) {
            return answer;
        }
        let transactions = &seen.envelope().transactions;
        if transactions.partition_point(|t| t.exchange <= index) > self.policy.mail_limit {
            let text = "Too many messages in this session; open another".to_owned();
            return Answer(Code::LOCAL_ERROR, Some(Enhanced::new(4, 5, 0)), vec![text]);
        }
        if let Some(Err(time)) = self.admit.as_ref().map(|admit| admit()) {
            let seconds = time.as_secs() + 1;
            let text = format!("Too many messages of yours in a minute; wait {seconds} seconds");
            return Answer(Code::BUSY, Some(Enhanced::new(4, 7, 1)), vec![text]);
        }
        let sender = format!("Sender <{}> Ok", shown(&path.value.written));
        match parameters::lowered(params, Self::knows(seen)) {
            Some(code) => {
                let text = format!("{sender}, with priority 0: nobody has logged in");
                Answer(Code::OK, Some(code), vec![text])
            }
            None => yes(Code::OK, (1, 0), &sender),
        }
    }

    fn rcpt(
        &mut self,
        seen: &Dialogue,
        (index, exchange): (usize, &Exchange),
        path: &Parsed<Path>,
        params: &[Parsed<Param>],
    ) -> Answer {
        let transaction = accepted(seen);
        if transaction.is_none() && !self.policy.errors.any_order {
            return no(Code::BAD_SEQUENCE, (5, 1), "Say MAIL first");
        }
        if let Some(answer) = self.bad_path(exchange, path, (1, 3)) {
            return answer;
        }
        let path = &path.value;
        if path.is_null() {
            return no(Code::BAD_ARGUMENTS, (1, 3), "<> is a sender, never a recipient");
        }
        let utf8 = transaction.is_none_or(|t| t.has_param("SMTPUTF8"));
        if path.is_international() && !utf8 {
            return no(Code::BAD_MAILBOX, (6, 7), "This address needs SMTPUTF8 at MAIL");
        }
        if let Some(answer) = self.bad_parameter(seen, &Verb::Rcpt, params, self.time()) {
            return answer;
        }
        let too_many = |text: &str| {
            Answer(Code::NO_STORAGE, Some(Enhanced::new(4, 5, 3)), vec![text.to_owned()])
        };
        let named = |t: &Transaction| t.recipients.partition_point(|r| r.exchange <= index);
        let named = transaction.map_or(0, named);
        if named > self.policy.recipient_limit {
            return too_many("Too many recipients; send the others in another message");
        }
        let domain = path.domain.as_deref().unwrap_or(&self.policy.domain).to_lowercase();
        let full = self.domains.len() >= self.policy.domain_limit;
        if full && !self.domains.contains(&domain) {
            return too_many("Too many domains in this session; send to the others in another");
        }
        self.domains.insert(domain);
        self.recipient(seen, path)
    }

    fn recipient(&self, seen: &Dialogue, path: &Path) -> Answer {
        let written = shown(&path.written);
        match self.place(seen, path) {
            Some(Place::Elsewhere) => {
                let why = format!("<{written}> is elsewhere; no relaying without a login");
                no(Code::NO_MAILBOX, (7, 1), &why)
            }
            Some(Place::Nowhere) if !self.policy.errors.verifies_late => unknown(path),
            _ => yes(Code::OK, (1, 5), &format!("Recipient <{written}> Ok")),
        }
    }

    /// Why no mail is taken for `path`, if that is so.
    fn place(&self, seen: &Dialogue, path: &Path) -> Option<Place> {
        let is =
            |domain: &str| path.domain.as_deref().is_none_or(|d| d.eq_ignore_ascii_case(domain));
        if self.policy.catch_all {
            return None;
        }
        let known = if is(&self.policy.domain) {
            self.policy.has_mailbox(&path.local)
        } else if is(&self.policy.list_domain) {
            self.policy.list(&path.local).is_some()
        } else {
            return (!Self::knows(seen)).then_some(Place::Elsewhere);
        };
        (!known).then_some(Place::Nowhere)
    }

    /// Whether it turns out only behind the message that nobody is called so here.
    fn is_unknown(&self, seen: &Dialogue, to: &Recipient) -> bool {
        self.policy.errors.verifies_late && self.place(seen, &to.path) == Some(Place::Nowhere)
    }

    fn bad_path(
        &self,
        exchange: &Exchange,
        path: &Parsed<Path>,
        (subject, detail): (u16, u16),
    ) -> Option<Answer> {
        let lenient = self.policy.errors.lenient_syntax;
        let odd = |id| exchange.odd.iter().any(|o| o.id == id);
        let has = |id| !lenient && odd(id);
        let text = if has("F01") {
            "No blank may stand around the colon"
        } else if has("F03") {
            "Only the address may stand between < and >"
        } else if has("F02") {
            "An address stands between < and >"
        } else if !(path.value.is_well_formed() || lenient && odd("F03")) {
            return Some(no(Code::BAD_ARGUMENTS, (subject, detail), "That is no valid address"));
        } else {
            return None;
        };
        Some(no(Code::BAD_ARGUMENTS, (5, 2), text))
    }

    /// The transaction that DATA and BDAT are for.
    fn transaction<'a>(&self, seen: &'a Dialogue) -> Option<&'a Transaction> {
        accepted(seen).or_else(|| self.kept(seen))
    }

    /// The last transaction, where an EHLO has ended it that does not count, and nothing else since.
    fn kept<'a>(&self, seen: &'a Dialogue) -> Option<&'a Transaction> {
        let last = seen.envelope().transactions.last()?;
        let (at, _) = last.end.filter(|(_, end)| *end == End::Greeting)?;
        let here = seen.exchanges().get(at)?.connection == seen.connection()
            && seen.layer_begins().is_none_or(|begins| begins <= at);
        let kept = self.policy.errors.keeps_transaction && here && last.fate == Fate::Accepted;
        let mut since = seen.exchanges().range(at..seen.exchanges().len());
        (kept && !since.any(ends_transaction)).then_some(last)
    }

    /// The message of a transaction: one that was kept has begun it behind its end.
    fn begun(seen: &Dialogue, transaction: &Transaction) -> Option<usize> {
        let since = || {
            let (at, _) = transaction.end?;
            let mut since = seen.exchanges().range(at..seen.exchanges().len());
            since.find_map(|exchange| exchange.message)
        };
        transaction.message.or_else(since)
    }

    fn chunk(&self, seen: &Dialogue, exchange: &Exchange, size: u64, last: bool) -> Option<Answer> {
        if seen.awaits_octets() {
            return None;
        }
        let Some(transaction) = self.transaction(seen).filter(|t| t.accepted() > 0) else {
            return Some(no(
                Code::BAD_SEQUENCE,
                (5, 1),
                "BDAT needs MAIL and an accepted recipient",
            ));
        };
        if Self::begun(seen, transaction) != exchange.message {
            return Some(no(Code::BAD_SEQUENCE, (5, 1), "A chunk was refused; RSET ends this"));
        }
        if last {
            return Some(self.message(seen, exchange));
        }
        let so_far = exchange.message.and_then(|m| seen.messages().get(m));
        if so_far.is_some_and(|message| self.is_too_big(message)) {
            return Some(self.too_big());
        }
        Some(yes(Code::OK, (0, 0), &format!("{size} octets received")))
    }

    fn is_too_big(&self, message: &Message) -> bool {
        message.content_len() > self.policy.size_limit || message.forgotten() > 0
    }

    fn too_big(&self) -> Answer {
        let limit = self.policy.size_limit;
        no(Code::TOO_BIG, (3, 4), &format!("Too big: the limit is {limit} bytes"))
    }

    /// The end of a message: for one recipient in LMTP, for all of them in SMTP, or for each and all
    /// where PRDR was asked for; as in Exim, one recipient alone needs no answer of its own.
    fn message(&self, seen: &Dialogue, exchange: &Exchange) -> Answer {
        let carried = exchange.message.and_then(|at| {
            let open = seen.envelope().carrying(at).filter(|t| t.end.is_none());
            let transaction = open.or_else(|| self.kept(seen))?;
            Some(Carried { at, message: seen.messages().get(at)?, transaction })
        });
        let Some(carried @ Carried { message, transaction, .. }) = carried else {
            return no(Code::BAD_SEQUENCE, (5, 1), "No transaction");
        };
        let is_first = !matches!(exchange.turn, Turn::Delivery(_));
        let is_meant = |r: &&Recipient| r.fate == Fate::Accepted;
        let mut meant = transaction.recipients.iter().filter(is_meant);
        if let Some(to) = meant.find(|r| exchange.recipient == Some(r.exchange)) {
            return self.for_one(seen, carried, to);
        }
        if is_first && transaction.has_param("PRDR") && transaction.accepted() > 1 {
            let why = "What becomes of it follows for each recipient, and then for all".to_owned();
            return Answer(Code::EACH_RECIPIENT, None, vec![why]);
        }
        if self.is_too_big(message) {
            return self.too_big();
        }
        let meant = transaction.recipients.iter().filter(is_meant);
        let (unknown_here, known): (Vec<_>, Vec<_>) = meant.partition(|r| self.is_unknown(seen, r));
        // Whoever was promised a reply of each knows already.
        let each = transaction.answers_each();
        if let Some(to) = unknown_here.first().filter(|_| !each || known.is_empty()) {
            return unknown(&to.path);
        }
        let (full, taken): (Vec<_>, Vec<_>) =
            known.into_iter().partition(|r| self.policy.is_full(&r.path));
        let report = match full.first() {
            Some(to) if taken.is_empty() => return full_mailbox(to),
            Some(_) if each => "; not for all".to_owned(),
            None if !unknown_here.is_empty() => "; not for all".to_owned(),
            Some(to) => format!("; a report will say that <{}> is full", written(to)),
            None => String::new(),
        };
        self.deliver(carried, &taken, ACCEPTED, &report)
    }

    /// What becomes of a message for one of its recipients. Behind PRDR it is stored with the reply
    /// for all.
    fn for_one(&self, seen: &Dialogue, carried: Carried<'_>, to: &Recipient) -> Answer {
        if self.is_too_big(carried.message) {
            self.too_big()
        } else if self.is_unknown(seen, to) {
            unknown(&to.path)
        } else if self.policy.is_full(&to.path) {
            full_mailbox(to)
        } else if carried.transaction.answers_each() {
            yes(Code::OK, (1, 5), &format!("Good for <{}>", written(to)))
        } else {
            self.deliver(carried, &[to], &format!("<{}> has it", written(to)), "")
        }
    }

    fn deliver(&self, carried: Carried<'_>, to: &[&Recipient], done: &str, more: &str) -> Answer {
        let Carried { at, message, transaction } = carried;
        let errors = &self.policy.errors;
        if errors.drops {
            return yes(Code::OK, (0, 0), &format!("{done}{more}"));
        }
        let content = if errors.keeps_dots { message.stuffed_content() } else { message.content() };
        let delivery = Delivery {
            message: at,
            sender: transaction.sender.address(),
            recipients: to.iter().map(|r| r.path.address()).collect(),
            content: errors.spoil(content.into()),
            held: parameters::held(&transaction.params, self.time()),
        };
        match (self.deliver)(delivery) {
            Ok(name) => yes(Code::OK, (0, 0), &format!("{done} as {name}{more}")),
            Err(why) => Answer(
                Code::NO_STORAGE,
                Some(Enhanced::new(4, 3, 1)),
                vec![format!("Could not be stored: {}", shown(&why))],
            ),
        }
    }

    fn help(&self) -> Answer {
        let first = if self.policy.lmtp { "LHLO" } else { "EHLO HELO" };
        let lines = [
            &*format!("{first} AUTH MAIL RCPT DATA BDAT RSET NOOP QUIT VRFY EXPN ETRN HELP"),
            "Mailboxes here: bob, carol, dave and postmaster at example.net",
            "So is full at example.net, into which no message goes any more",
            "alice@example.org can log in with the password correct horse",
            "The list friends at lists.example.net can be expanded",
            "Mail for example.org waits for ETRN",
        ];
        Answer(Code::HELP, Some(Enhanced::new(2, 0, 0)), lines.map(str::to_owned).to_vec())
    }

    /// ETRN (RFC 1985 §5).
    fn start_queue(&self, seen: &Dialogue, node: &str) -> Answer {
        if seen.capabilities().is_none() {
            return no(Code::BAD_SEQUENCE, (5, 1), &format!("Say {} first", self.introduction()));
        }
        if accepted(seen).is_some() {
            return no(Code::BAD_SEQUENCE, (5, 1), "A transaction is open; RSET ends it");
        }
        let not_now = |code, text: String| Answer(code, Some(Enhanced::new(4, 5, 0)), vec![text]);
        let name = node.trim_start_matches('@');
        if let Some(queue) = node.strip_prefix('#') {
            return not_now(Code(458), format!("No queue is called {}", shown(queue)));
        }
        if !is_domain(name) {
            return no(Code::BAD_ARGUMENTS, (5, 4), "That is no domain name");
        }
        let waiting = |(domain, _): &&(String, usize)| domain.eq_ignore_ascii_case(name);
        match self.policy.queues.iter().find(waiting) {
            // How many there are below a domain nobody has counted.
            Some(_) if node.starts_with('@') => yes(
                Code::CANNOT_VERIFY,
                (0, 0),
                &format!("Ok, mail for {name} and below is on its way"),
            ),
            Some((_, count)) => {
                yes(Code(253), (0, 0), &format!("Ok, {count} messages for {name} are on their way"))
            }
            None if name.eq_ignore_ascii_case(&self.policy.domain) => {
                yes(Code(251), (0, 0), &format!("Ok, no message waits for {name}"))
            }
            None => not_now(Code(459), format!("{} is none of this server's", shown(name))),
        }
    }

    /// VRFY (RFC 5321 §3.5).
    fn verify(&self, text: &str) -> Answer {
        let (text, utf8) = without_utf8(text);
        if !text.is_ascii() && !utf8 {
            return no(Code::BAD_MAILBOX, (6, 7), "This name needs SMTPUTF8 behind it");
        }
        let address = text.trim_matches(['<', '>']);
        let (local, domain) = address.split_once('@').unwrap_or((address, &self.policy.domain));
        if local.is_empty() {
            return no(Code::BAD_ARGUMENTS, (5, 4), "Syntax: VRFY user or address");
        }
        if !domain.eq_ignore_ascii_case(&self.policy.domain) {
            return yes(Code::CANNOT_VERIFY, (5, 2), "I cannot say for that domain");
        }
        if self.policy.has_mailbox(local) {
            yes(Code::OK, (1, 5), &format!("<{}@{}>", local.to_lowercase(), self.policy.domain))
        } else {
            no(Code::NO_MAILBOX, (1, 1), "No such mailbox")
        }
    }

    /// EXPN (RFC 5321 §3.5).
    fn expand(&self, text: &str) -> Answer {
        let address = without_utf8(text).0.trim_matches(['<', '>']);
        let (local, domain) =
            address.split_once('@').unwrap_or((address, &self.policy.list_domain));
        match self.policy.list(local) {
            Some(members) if domain.eq_ignore_ascii_case(&self.policy.list_domain) => Answer(
                Code::OK,
                Some(Enhanced::new(2, 1, 5)),
                members.iter().map(|m| format!("<{m}>")).collect(),
            ),
            _ => no(Code::NO_MAILBOX, (1, 1), "No such list; there is one called friends"),
        }
    }
}

impl Speaker for Server {
    fn next(&mut self, now: Moment, seen: &Dialogue) -> Option<Say> {
        self.now = now;
        if !seen.phase().is_open() {
            self.forget();
            return None;
        }
        if self.closing {
            return Some(Say::Close(Ending::Finished));
        }
        let front = seen.unanswered().filter(|_| !self.leaves(seen));
        let said = match front.and_then(|(index, _)| self.reply_to(now, seen, index)) {
            Some(said) => said,
            None => match self.farewell(now, seen) {
                Ok(said) => said,
                Err(left) => return Some(Say::Wait(left)),
            },
        };
        self.closing = said.closes;
        Some(Say::Bytes(said.bytes))
    }
}

fn written(to: &Recipient) -> String {
    shown(&to.path.written)
}

/// Whether a transaction is over by this, that an EHLO has not ended.
fn ends_transaction(exchange: &Exchange) -> bool {
    let is = |class| exchange.reply.as_ref().is_some_and(|reply| reply.class() == class);
    let resets = exchange.verb() == Some(&Verb::Rset) && is(Class::Positive);
    resets || (exchange.turn.ends_message() && exchange.reply.is_some())
}

fn unknown(path: &Path) -> Answer {
    no(Code::NO_MAILBOX, (1, 1), &format!("<{}> is unknown here", shown(&path.written)))
}

fn full_mailbox(to: &Recipient) -> Answer {
    let text = format!("The mailbox of <{}> is full", written(to));
    Answer(Code::NO_STORAGE, Some(Enhanced::new(4, 2, 2)), vec![text])
}

fn yes(code: Code, (subject, detail): (u16, u16), text: &str) -> Answer {
    Answer(code, Some(Enhanced::new(2, subject, detail)), vec![text.to_owned()])
}

fn no(code: Code, (subject, detail): (u16, u16), text: &str) -> Answer {
    Answer(code, Some(Enhanced::new(5, subject, detail)), vec![text.to_owned()])
}

/// The open transaction, if its sender was accepted.
fn accepted(seen: &Dialogue) -> Option<&Transaction> {
    let mut open = seen.envelope().transactions.iter().rev().take_while(|t| t.end.is_none());
    open.find(|t| t.fate == Fate::Accepted)
}

/// Whether the grammar found nothing odd about the client's line itself.
fn is_clean(exchange: &Exchange) -> bool {
    !exchange.odd.iter().any(|o| matches!(o.id, "C04" | "C06" | "C19"))
}

/// The argument of VRFY and EXPN, and whether SMTPUTF8 stood behind it (RFC 6531 §3.7.4).
fn without_utf8(text: &str) -> (&str, bool) {
    match text.rsplit_once([' ', '\t']) {
        Some((name, word)) if word.eq_ignore_ascii_case("SMTPUTF8") => (name.trim_end(), true),
        _ => (text, false),
    }
}

/// What somebody wrote, as a reply may repeat it: printable ASCII, and not too much of it.
pub(super) fn shown(text: &str) -> String {
    let printable = |c: char| if c == ' ' || c.is_ascii_graphic() { c } else { '?' };
    let mut shown = String::with_capacity(text.len().min(SHOWN));
    shown.extend(text.chars().take(SHOWN).map(printable));
    shown
}

/// What is said of a message that is stored for all its recipients, before its name.
const ACCEPTED: &str = "Message accepted";

/// Under which name a message was stored, as the text of the reply to its end says it. What a client
/// has written stands in such a text as well, and is no name.
pub fn stored_as(text: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(text).ok()?;
    match text.strip_prefix(ACCEPTED) {
        Some(rest) => rest.strip_prefix(" as ")?.split(';').next(),
        None => text.rsplit_once(" has it as ").map(|(_, name)| name),
    }
}

/// BURL: there is no IMAP server here to fetch from (RFC 4468 §4).
fn fetch(seen: &Dialogue) -> Answer {
    match accepted(seen) {
        None => no(Code::BAD_SEQUENCE, (5, 1), "Say MAIL and RCPT first"),
        Some(t) if t.accepted() == 0 => no(Code::FAILED, (5, 1), "No recipient was accepted"),
        Some(_) => no(Code::FAILED, (6, 6), "IMAP URL resolution failed: nothing to fetch here"),
    }
}

fn data(seen: &Dialogue, transaction: Option<&Transaction>) -> Answer {
    match transaction {
        None => no(Code::BAD_SEQUENCE, (5, 1), "Say MAIL and RCPT first"),
        Some(t) if t.accepted() == 0 => no(Code::FAILED, (5, 1), "No recipient was accepted"),
        Some(t) if Server::begun(seen, t).is_some() => {
            no(Code::BAD_SEQUENCE, (5, 1), "BDAT has begun; go on with BDAT")
        }
        // RFC 3030 §3.
        Some(t) if t.param("BODY").is_some_and(|b| b.eq_ignore_ascii_case("BINARYMIME")) => {
            no(Code::BAD_SEQUENCE, (5, 1), "BODY=BINARYMIME needs BDAT instead of DATA")
        }
        Some(_) => Answer(
            Code::START_DATA,
            None,
            vec!["Send the message, then a line with a dot alone".to_owned()],
        ),
    }
}
