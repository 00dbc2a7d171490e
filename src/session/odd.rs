//! What is odd *between* the two sides: things that no single line shows.
//!
//! The grammar names what is strange about a line; here stands what is strange about sending it
//! now, answering it so, or closing here.

use std::time::Duration;

use crate::journal::{Ending, Side};
use crate::smtp::code::{Class, Code};
use crate::smtp::command::{Argument, Command};
use crate::smtp::ehlo::{Capabilities, Change};
use crate::smtp::param::{Param, keyword_of};
use crate::smtp::path::is_domain;
use crate::smtp::reply::Reply;
use crate::smtp::sasl;
use crate::smtp::verb::Verb;
use crate::smtp::{Oddity, Span};

use super::exchange::Exchange;
use super::login::question;
use super::phase::{Phase, Turn};
use super::{Dialogue, Envelope, Transaction, timing};

/// What is odd about sending `command`, a line of `len` bytes, now.
pub(super) fn in_command(dialogue: &Dialogue, command: &Command, len: usize) -> Vec<Oddity> {
    let mut odd = Vec::new();
    let all = Span::new(0, len);
    let last = dialogue.waiting().back().and_then(|i| dialogue.exchanges().get(*i));
    match last.map(|e| (&e.turn, e.verb())) {
        Some((Turn::Greeting, _)) => odd.push(Oddity::new("A04", all)),
        // What is left of octets of which fewer were announced.
        Some((_, Some(Verb::Bdat))) if matches!(command.verb, Verb::Other(_)) => {
            odd.push(Oddity::new("H06", all));
        }
        Some(_) if !dialogue.offers("PIPELINING") => odd.push(Oddity::new("H02", all)),
        Some((_, Some(verb))) if ends_a_group(verb) => odd.push(Oddity::new("H03", all)),
        _ => {}
    }
    if dialogue.phase() == Phase::AwaitingTls {
        odd.push(Oddity::new("D19", all));
    }
    if command.verb == Verb::Mail && dialogue.phase() == Phase::Greeted {
        odd.push(Oddity::new("C20", all));
    }
    odd.extend(of_the_other_protocol(dialogue, &command.verb, None).map(|id| Oddity::new(id, all)));
    let Argument::Path(path, params) = &command.argument else { return odd };
    if dialogue.phase() != Phase::Greeted {
        let unoffered = params.iter().filter(|p| !takes(dialogue, &p.value));
        odd.extend(unoffered.map(|p| Oddity::new("F07", p.span)));
    }
    let utf8 = params.iter().any(|p| p.value.name == "SMTPUTF8")
        || dialogue.envelope().open().is_some_and(|t| t.has_param("SMTPUTF8"));
    if path.value.is_international() && !utf8 {
        odd.push(Oddity::new("F31", path.span));
    }
    odd
}

/// Whether the server has said that it takes `param`. One that lets clients log in takes AUTH, also
/// where its list has the old form alone or no longer names it (RFC 4954 §5).
fn takes(dialogue: &Dialogue, param: &Param) -> bool {
    let mut listed = dialogue.capabilities().into_iter().flat_map(|c| &c.keywords);
    let logs_in = param.name == "AUTH"
        && (dialogue.is_authenticated() || listed.any(|k| k.name.starts_with("AUTH=")));
    logs_in || dialogue.offers(keyword(param))
}

/// What the server has to offer for `param`; one value of BODY has a keyword of its own
/// (RFC 3030 §3).
fn keyword(param: &Param) -> &str {
    match &param.value {
        Some(value) if param.name == "BODY" && value.eq_ignore_ascii_case("BINARYMIME") => {
            "BINARYMIME"
        }
        _ => keyword_of(&param.name),
    }
}

/// These must be the last of a pipelined group (RFC 2920 §3.1, RFC 3207 §4, RFC 4954 §4).
const fn ends_a_group(verb: &Verb) -> bool {
    matches!(
        verb,
        Verb::Ehlo
            | Verb::Lhlo
            | Verb::Data
            | Verb::Vrfy
            | Verb::Expn
            | Verb::Turn
            | Verb::Quit
            | Verb::Noop
            | Verb::Starttls
            | Verb::Auth
    )
}

/// What is odd about the message that has just ended, beyond its own bytes.
pub(super) fn in_message(envelope: &Envelope, eight_bit: Option<u64>) -> Option<Oddity> {
    let at = usize::try_from(eight_bit?).unwrap_or(usize::MAX);
    let declared = envelope.open().is_some_and(|t| {
        t.has_param("SMTPUTF8") || t.param("BODY").is_some_and(|b| !b.eq_ignore_ascii_case("7BIT"))
    });
    (!declared).then(|| Oddity::new("G20", Span::new(at, at.saturating_add(1))))
}

/// What is odd about answering `exchange` with `reply`, before the reply takes effect.
pub(super) fn in_reply(
    dialogue: &Dialogue,
    exchange: &Exchange,
    reply: &Reply,
) -> Vec<(usize, Oddity)> {
    let first = Span::new(0, reply.lines.first().map_or(0, |l| l.line.bytes.len()));
    let class = reply.class();
    let mut ids = Vec::new();
    match (&exchange.turn, exchange.verb()) {
        (Turn::Greeting, _) => return in_greeting(reply, first),
        (_, Some(verb @ (Verb::Ehlo | Verb::Lhlo))) => {
            let other = of_the_other_protocol(dialogue, verb, Some(reply));
            if is_not_known(reply) && other.is_none() {
                // Where something stood before the greeting, this may be the answer to that.
                ids.push(if dialogue.is_prefaced() { "A16" } else { "C01" });
            }
            let capabilities = Capabilities::read(reply);
            if dialogue.is_secured() && capabilities.has("STARTTLS") {
                ids.push("D08");
            }
            if class == Class::Positive && has_changed(dialogue, &capabilities) {
                ids.push("C15");
            }
            let mut odd: Vec<_> = ids.into_iter().map(|id| (0, Oddity::new(id, first))).collect();
            odd.extend(capabilities.odd);
            return odd;
        }
        (_, Some(Verb::Helo)) if class == Class::Positive => {
            let mut odd = misplaced_codes(reply);
            odd.extend((reply.lines.len() > 1).then(|| (0, Oddity::new("C10", first))));
            return odd;
        }
        (_, Some(Verb::Data))
            if class == Class::Intermediate
                && dialogue.envelope().open().is_none_or(Transaction::has_no_recipient) =>
        {
            ids.push("G01");
        }
        (_, Some(Verb::Data)) if class == Class::Positive => ids.push("G03"),
        (_, Some(Verb::Rset)) if class != Class::Positive && has_no_argument(exchange) => {
            ids.push("F28");
        }
        (_, Some(Verb::Xclient)) if class == Class::Positive && !reply.is(Code::READY) => {
            ids.push("C23");
        }
        (_, Some(Verb::Starttls)) if reply.is(Code(454)) => ids.push("D01"),
        (_, Some(Verb::Rcpt)) | (Turn::MailData | Turn::LastChunk | Turn::Delivery(_), _)
            if class == Class::Transient && says_greylisted(reply) =>
        {
            let full = reply.is(Code(422))
                || reply.enhanced().is_some_and(|e| (e.subject, e.detail) == (2, 2));
            ids.push(if full { "F13" } else { "F12" });
        }
        (_, Some(Verb::Auth)) if reply.is(Code(535)) && lists_others(dialogue, exchange) => {
            ids.push("E05");
        }
        (_, Some(Verb::Starttls)) if class == Class::Permanent => ids.push("D02"),
        (Turn::LoginAnswer, _) if class == Class::Positive && exchange.gives_up_login() => {
            ids.push("E16");
        }
        _ => {}
    }
    if question(exchange, reply).is_some_and(sasl::refuses_token) {
        ids.push("E12");
    }
    if is_tarpit(dialogue, exchange) {
        ids.push("I07");
    }
    let wants = matches!(class, Class::Positive | Class::Transient | Class::Permanent);
    // Behind XCLIENT the server greets anew.
    let greets = exchange.verb() == Some(&Verb::Xclient) && reply.is(Code::READY);
    let introduced = exchange.verb() != Some(&Verb::Helo) && !greets;
    if wants && introduced && dialogue.offers("ENHANCEDSTATUSCODES") && reply.enhanced().is_none() {
        ids.push("B23");
    }
    ids.into_iter().map(|id| (0, Oddity::new(id, first))).collect()
}

/// Whether a refusal is one for the first time only (RFC 6647 §2.4).
fn says_greylisted(reply: &Reply) -> bool {
    let text = reply.text().to_ascii_lowercase();
    ["greylist", "graylist", "grey-list", "gray-list", "postgrey"].iter().any(|w| text.contains(w))
}

/// From which wait on a reply to a command is slow on purpose, where several are.
const SLOW: Duration = Duration::from_secs(3);

/// How many slow replies in a row are no accident.
const SLOW_ROW: usize = 3;

/// Whether this reply is the last of just so many that were slow, though the network is not.
fn is_tarpit(dialogue: &Dialogue, exchange: &Exchange) -> bool {
    let reached = Duration::from_micros(dialogue.endpoints().took.unwrap_or(0));
    let is_slow = |exchange: &Exchange| {
        timing::wait(exchange).is_some_and(|wait| wait > SLOW && wait > reached * 4)
    };
    let is_plain = |e: &&Exchange| {
        e.connection == exchange.connection
            && matches!(&e.turn, Turn::Command(verb) if *verb != Verb::Bdat)
    };
    if !is_plain(&exchange) || !is_slow(exchange) {
        return false;
    }
    let back = dialogue.answered().iter().rev().take(4 * SLOW_ROW);
    let before = back.filter_map(|at| dialogue.exchanges().get(*at)).filter(is_plain);
    before.take_while(|exchange| is_slow(exchange)).take(SLOW_ROW).count() + 1 == SLOW_ROW
}

/// Whether the server lists mechanisms, also in the old form `AUTH=`, and not the one of an AUTH.
fn lists_others(dialogue: &Dialogue, exchange: &Exchange) -> bool {
    let Some(Argument::Login { mechanism, .. }) = exchange.command.as_ref().map(|c| &c.argument)
    else {
        return false;
    };
    let keywords = dialogue.capabilities().into_iter().flat_map(|c| &c.keywords);
    let listed = keywords.filter_map(|keyword| {
        let rest = keyword.name.strip_prefix("AUTH")?;
        let first = if rest.is_empty() { None } else { Some(rest.strip_prefix('=')?) };
        Some(first.into_iter().chain(keyword.params.iter().map(String::as_str)))
    });
    let mut listed = listed.flatten().peekable();
    listed.peek().is_some() && !listed.any(|name| name.eq_ignore_ascii_case(mechanism))
}

/// What the reply shows to be odd about the command, beyond what was known when it was sent.
pub(super) fn in_answered(
    dialogue: &Dialogue,
    exchange: &Exchange,
    reply: &Reply,
) -> Option<Oddity> {
    let id = of_the_other_protocol(dialogue, exchange.verb()?, Some(reply))?;
    let len = exchange.line.as_ref().map_or(0, |line| line.bytes.len());
    let known = exchange.odd.iter().any(|odd| odd.id == id);
    (!known).then(|| Oddity::new(id, Span::new(0, len)))
}

fn in_greeting(reply: &Reply, first: Span) -> Vec<(usize, Oddity)> {
    let mut odd = Vec::new();
    let Some(line) = reply.lines.first() else { return odd };
    let text = line.text();
    let name = text.split(|b| *b == b' ').next().unwrap_or_default();
    let name = String::from_utf8_lossy(name).into_owned();
    let masked = text.windows(8).any(|w| w.iter().all(|b| *b == b'*'));
    let mut add = |id| odd.push((0, Oddity::new(id, first)));
    if is_tls(&line.line.bytes) {
        add("A05");
        return odd;
    }
    if reply.odd.iter().any(|(_, o)| o.id == "B01") {
        add("A01");
    }
    if reply.is(Code::NOT_AVAILABLE) {
        add("A10");
    }
    if masked {
        add("A07");
    } else if reply.class() == Class::Positive
        && !(is_domain(&name) && (name.contains('.') || name.starts_with('[')))
    {
        add("A08");
    }
    if reply.lines.len() > 1 {
        add("A02");
    }
    odd.extend(misplaced_codes(reply));
    odd
}

/// An alert or a handshake of TLS (RFC 8446 §5.1).
const fn is_tls(line: &[u8]) -> bool {
    matches!(line, [21 | 22, 3, ..])
}

/// Whether the server offered something else on this connection.
fn has_changed(dialogue: &Dialogue, now: &Capabilities) -> bool {
    let before = dialogue.offered_last();
    before.is_some_and(|before| {
        before.compared_with(now).iter().any(|keyword| keyword.change() != Change::Same)
    })
}

fn has_no_argument(exchange: &Exchange) -> bool {
    exchange.command.as_ref().is_some_and(|c| c.argument == Argument::Nothing)
}

/// Whether a greeting belongs to the other one of SMTP and LMTP (RFC 2033 §4.1), as far as the
/// server has said what it speaks, or now says in a `reply` to it.
pub(super) fn of_the_other_protocol(
    dialogue: &Dialogue,
    verb: &Verb,
    reply: Option<&Reply>,
) -> Option<&'static str> {
    let unknown = reply.filter(|reply| is_not_known(reply));
    let lmtp = |reply| names(reply, b"LMTP") || names(reply, b"LHLO");
    match verb {
        Verb::Ehlo | Verb::Helo if dialogue.greets_as_lmtp() || unknown.is_some_and(lmtp) => {
            Some("C21")
        }
        // SMTP has HELO everywhere (RFC 5321 §4.5.1), and not all of LMTP say what they are.
        Verb::Helo => unknown.map(|_| "C21"),
        Verb::Lhlo => unknown.map(|_| "C22"),
        _ => None,
    }
}

fn is_not_known(reply: &Reply) -> bool {
    reply.is(Code::UNRECOGNIZED) || reply.is(Code::NOT_IMPLEMENTED)
}

/// Whether a reply names LMTP, as greetings do.
pub(super) fn names_lmtp(reply: &Reply) -> bool {
    names(reply, b"LMTP")
}

fn names(reply: &Reply, word: &[u8]) -> bool {
    let same = |said: &[u8]| said.eq_ignore_ascii_case(word);
    let mut lines = reply.lines.iter();
    lines.any(|line| line.text().split(|b| !b.is_ascii_alphanumeric()).any(same))
}

/// Whether a reply says that a command is not known, not complete, or not in its place: nothing
/// was done (RFC 5321 §4.2.1).
pub(super) fn is_about_a_command(reply: &Reply) -> bool {
    matches!(reply.code, Some(Code(500..=504)))
}

/// Whether such a reply can be meant for `exchange`: some codes answer one command alone
/// (RFC 5321 §4.2.3, RFC 4954 §4, RFC 1985 §5), and the end of a message is no command. A greeting
/// may be anything.
pub(super) fn may_answer(reply: &Reply, exchange: &Exchange) -> bool {
    let verbs: &[Verb] = match (reply.code, &exchange.turn) {
        (_, Turn::Greeting) | (Some(Code(235 | 334)), Turn::LoginAnswer) => return true,
        (Some(Code(500..=504)), turn) => return !matches!(turn, Turn::Delivery(_)),
        (Some(Code(211 | 214)), _) => &[Verb::Help],
        (Some(Code(220)), _) => &[Verb::Starttls, Verb::Xclient],
        (Some(Code(221)), _) => &[Verb::Quit],
        (Some(Code(235 | 334)), _) => &[Verb::Auth],
        (Some(Code(252)), _) => &[Verb::Vrfy, Verb::Expn, Verb::Etrn],
        (Some(Code(354)), _) => &[Verb::Data],
        _ => return true,
    };
    exchange.verb().is_some_and(|verb| verbs.contains(verb))
}

/// Enhanced codes where none belongs (RFC 2034 §4).
fn misplaced_codes(reply: &Reply) -> Vec<(usize, Oddity)> {
    let spans = reply.lines.iter().map(|l| l.enhanced.map(|(_, span)| span)).enumerate();
    spans.filter_map(|(at, span)| Some((at, Oddity::new("B25", span?)))).collect()
}

/// The oddity of a reply that nobody asked for.
pub(super) fn in_unsolicited(
    dialogue: &Dialogue,
    before: Option<&Exchange>,
    reply: &Reply,
) -> &'static str {
    match reply.code {
        _ if dialogue.phase() == Phase::AwaitingTls => "D06",
        _ if dialogue.is_prefaced() => "A16",
        Some(Code::NOT_AVAILABLE) => "B19",
        _ if owes_clear_text(dialogue) => "D05",
        Some(Code::CLOSING) => "B20",
        code if before.is_some_and(|e| {
            e.verb() == Some(&Verb::Ehlo) && e.reply.as_ref().is_some_and(|r| r.code == code)
        }) =>
        {
            "B03"
        }
        _ => "B16",
    }
}

/// Whether more was said in clear text behind STARTTLS than the server has answered inside TLS: an
/// answer too many is one to that (RFC 3207 §4.2).
fn owes_clear_text(dialogue: &Dialogue) -> bool {
    let Some(begins) = dialogue.layer_begins().filter(|_| dialogue.is_secured()) else {
        return false;
    };
    let exchanges = dialogue.exchanges();
    let slipped = |e: &&Exchange| e.reply.is_none() && e.odd.iter().any(|odd| odd.id == "D19");
    let clear = exchanges.range(0..begins).rev().take_while(slipped).count();
    let inside = exchanges.range(begins..exchanges.len());
    clear > inside.filter(|e| e.turn == Turn::Unsolicited).take(clear).count()
}

/// What is odd about the connection ending here; `front` has not been answered, `last` is the
/// last exchange of all.
pub(super) fn in_close(
    phase: Phase,
    front: Option<&Exchange>,
    last: Option<&Exchange>,
    by: Side,
    how: &Ending,
) -> Option<&'static str> {
    // With 521 a server may hang up at once (RFC 7504 §3).
    let refused = || last.is_some_and(|e| e.reply.as_ref().is_some_and(|r| r.is(Code::FAILED)));
    match (by, front.map(|e| (&e.turn, e.verb()))) {
        (Side::Server, Some((Turn::Greeting, _))) => Some("A13"),
        (Side::Server, Some((_, Some(Verb::Quit)))) => Some("I01"),
        (Side::Server, Some((_, Some(Verb::Ehlo)))) => Some("C02"),
        (Side::Server, Some((Turn::MailData | Turn::Delivery(_), _))) => Some("G05"),
        (Side::Server, _) if phase == Phase::MailData => Some("G05"),
        (Side::Server, _) if phase == Phase::AwaitingTls => Some("D03"),
        (Side::Server, None) if phase == Phase::Refused && refused() => Some("A09"),
        (Side::Client, None) if *how == Ending::Finished && phase == Phase::Ready => Some("I03"),
        _ => None,
    }
}
