//! What was probably meant: behind a reply that says no, and behind a line of mail data that does
//! something else than it seems to. It is the verdict on the line, and the line without its fault.

use crate::session::secrets::{in_command, mechanism_in};
use crate::session::{Dialogue, Exchange, Phase, Turn};
use crate::smtp::Span;
use crate::smtp::code::{Class, Code};
use crate::smtp::command;
use crate::smtp::reply::Reply;
use crate::smtp::verb::Verb;

use super::fault::{Fault, Says, Severity};
use super::habits::Habits;
use super::letter::LOOKED_INTO;
use super::rule::Rule;
use super::suggestion::{is_fine, of_verb};
use super::verdict::{form, in_answer, judge, meant};

/// A slip, and what would have been right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slip {
    /// What was wrong.
    pub fault: Fault,
    /// The line that was probably meant, where one can tell; never with a secret in it.
    pub line: Option<String>,
}

/// How many faults of one line are mended.
const MENDED: usize = 4;

/// The slip in what was sent last, if it was one.
pub fn recognise(seen: &Dialogue, habits: &Habits) -> Option<Slip> {
    if seen.awaits_mail_data() {
        return in_data(seen);
    }
    if !seen.awaits_client() || seen.phase() == Phase::Closing {
        return None;
    }
    let last = seen.exchanges().last()?;
    let reply = last.reply.as_ref()?;
    // What is said of a whole message is no matter of its last line.
    if !matches!(reply.class(), Class::Permanent | Class::Transient) || last.turn.ends_message() {
        return None;
    }
    let sent = std::str::from_utf8(&last.line.as_ref()?.bytes).ok()?;
    if last.turn == Turn::LoginAnswer {
        return in_login(seen, sent);
    }
    let fault = judge(seen, sent).into_iter().find(|fault| explains(fault, reply))?;
    // What was meant may be a login; nothing that hides there is said again.
    let line = mended(seen, habits, sent).filter(|line| in_command(line.as_bytes()).is_none());
    Some(Slip { fault, line })
}

/// Whether a server may have said no because of this.
fn explains(fault: &Fault, reply: &Reply) -> bool {
    match fault.says {
        Says::Rule(Rule::Historic | Rule::Lmtp) => false,
        Says::Rule(Rule::LoginClear) => {
            [Code(530), Code(534), Code(538)].iter().any(|code| reply.is(*code))
        }
        _ => fault.severity > Severity::Note,
    }
}

/// Whether a server could not read a line because of something behind its verb. That says nothing
/// of the names in it.
pub(super) fn was_misread(seen: &Dialogue, exchange: &Exchange) -> bool {
    let unread =
        |reply: &Reply| [Code(500), Code(501), Code(555)].iter().any(|code| reply.is(*code));
    let line = exchange.line.as_ref().and_then(|line| std::str::from_utf8(&line.bytes).ok());
    let faulty = |fault: &Fault| fault.severity > Severity::Note && fault.span.start > 0;
    exchange.reply.as_ref().is_some_and(unread)
        && line.is_some_and(|line| judge(seen, line).iter().any(faulty))
}

fn in_data(seen: &Dialogue) -> Option<Slip> {
    let message = seen.messages().last().filter(|message| !message.is_complete())?;
    let last = message.line_up_to(message.line_count().checked_sub(1)?, LOOKED_INTO)?;
    let last = std::str::from_utf8(&last).ok()?.trim_end_matches(['\r', '\n']);
    let is_slip = |f: &Fault| matches!(f.says, Says::Rule(Rule::DotBlank | Rule::QuitInData));
    let fault = judge(seen, last).into_iter().find(is_slip)?;
    Some(Slip { fault, line: Some(".".to_owned()) })
}

/// An answer that was not base64: the login begins again.
fn in_login(seen: &Dialogue, sent: &str) -> Option<Slip> {
    // What is veiled in a recording says nothing.
    let fault = in_answer(sent).filter(|_| !sent.bytes().all(|b| b == b'*'))?;
    let began = |e: &&Exchange| e.verb() == Some(&Verb::Auth);
    let login = seen.exchanges().iter().rev().find(began)?;
    // Where the blank behind the mechanism was forgotten, the response stands in it; only a name that
    // everybody knows is told.
    let line = std::str::from_utf8(&login.line.as_ref()?.bytes).ok()?;
    let mechanism = line.split_ascii_whitespace().nth(1).unwrap_or_default();
    let offered = seen.capabilities().and_then(|all| all.find("AUTH"));
    let offered = offered.is_some_and(|auth| auth.params.iter().any(|name| name == mechanism));
    let name = if offered { Some(mechanism) } else { mechanism_in(mechanism) };
    let line = name.map(|name| format!("AUTH {name}"));
    Some(Slip { fault, line })
}

/// `line` without its faults, if they can be mended.
fn mended(seen: &Dialogue, habits: &Habits, line: &str) -> Option<String> {
    let mut line = line.to_owned();
    for _ in 0..MENDED {
        let faults = judge(seen, &line);
        let fault = faults.iter().find(|f| f.severity > Severity::Note)?;
        line = mend(seen, habits, &line, fault)?;
        if is_fine(seen, &line) {
            return Some(line);
        }
    }
    None
}

/// `line` without this fault, or the line that must come before it.
fn mend(seen: &Dialogue, habits: &Habits, line: &str, fault: &Fault) -> Option<String> {
    let verb = command::read(line.as_bytes()).value.verb;
    let say = |verb: &Verb| of_verb(seen, habits, verb);
    let span = fault.span;
    match fault.says {
        Says::Oddity("C06" | "C04") => say(&verb),
        Says::Oddity("C20") => say(&Verb::Ehlo),
        Says::Oddity("F01") => replaced(line, span, ""),
        Says::Oddity("F02") => {
            replaced(line, span, &format!("<{}>", of(line, span)?.trim_matches(['<', '>'])))
        }
        Says::Oddity("F07") => without_word(line, span),
        Says::Oddity("F31") if seen.offers("SMTPUTF8") => Some(format!("{line} SMTPUTF8")),
        Says::Rule(rule) => match rule {
            Rule::Unclosed => replaced(line, Span::new(span.end, span.end), ">"),
            Rule::UnknownVerb | Rule::Misspelt | Rule::VerbBegun => {
                verb_of(seen, habits, line, fault)
            }
            // The address stays when only a parameter is not complete.
            Rule::ToCome if span.start > 0 => without_word(line, span),
            Rule::ToCome | Rule::NameBegun => say(&verb),
            Rule::LeadingBlank => replaced(line, span, ""),
            Rule::NoArgument => Some(verb.as_str().to_owned()),
            Rule::Control => Some(line.replace(char::is_control, "")),
            Rule::NoBlank => replaced(line, Span::new(span.start, span.start), " "),
            Rule::ParameterBegun
            | Rule::Twice
            | Rule::Elsewhere
            | Rule::Together
            | Rule::Value
            | Rule::TooLong
            | Rule::TooBig => without_word(line, span),
            Rule::NoMail => say(&Verb::Mail),
            Rule::NoRecipient => say(&Verb::Rcpt),
            Rule::Binary => say(&Verb::Bdat),
            Rule::InsideMail => say(&Verb::Rset),
            Rule::OnlyQuit => say(&Verb::Quit),
            _ => None,
        },
        Says::Oddity(_) => None,
    }
}

/// The line with the verb that was meant; with its usual argument where the typed one is none.
fn verb_of(seen: &Dialogue, habits: &Habits, line: &str, fault: &Fault) -> Option<String> {
    let verb = meant(of(line, fault.span)?)?;
    let line = replaced(line, fault.span, verb.as_str())?;
    let bare = line.trim_end() == verb.as_str() && !form(&verb).is_empty();
    if bare { of_verb(seen, habits, &verb) } else { Some(line) }
}

fn of(line: &str, span: Span) -> Option<&str> {
    line.get(span.start..span.end)
}

fn replaced(line: &str, span: Span, by: &str) -> Option<String> {
    Some([line.get(..span.start)?, by, line.get(span.end..)?].concat())
}

/// The line without the word around `span`, and without the blanks before it.
fn without_word(line: &str, span: Span) -> Option<String> {
    let head = line.get(..span.start)?;
    let start = head.rfind([' ', '\t']).filter(|at| head.len() - at > 1).unwrap_or(head.len());
    let head = line.get(..start)?.trim_end_matches([' ', '\t']);
    Some([head, line.get(span.end..)?].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advice::verdict::tests::{BINARY, DATA, EHLO, MAIL, RCPT, after};

    fn slip(lines: &[&str], sent: &str, reply: &str) -> Option<Slip> {
        let (sent, reply) = (format!("C: {sent}"), format!("S: {reply}"));
        let mut all = [lines, &[&sent]].concat();
        if reply != "S: " {
            all.push(&reply);
        }
        recognise(&after(&all), &Habits::default())
    }

    #[test]
    fn what_was_meant() {
        const GREETED: &[&str] = &["S: 220 mx"];
        for (lines, sent, reply, line) in [
            (GREETED, "HELLO pc.example.org", "500 what", Some("EHLO pc.example.org")),
            (GREETED, "HELLO", "500 what", Some("EHLO pc.example.org")),
            (GREETED, "EHLO", "501 who", Some("EHLO pc.example.org")),
            (GREETED, "MAIL FROM:<a@b.example>", "503 no", Some("EHLO pc.example.org")),
            (EHLO, "RCPT TO:<bob@example.net>", "503 no", Some("MAIL FROM:<alice@example.org>")),
            (EHLO, "MIAL FROM:<a@b.example>", "500 what", Some("MAIL FROM:<a@b.example>")),
            (EHLO, "MAIL FROM: a@b.example", "501 no", Some("MAIL FROM:<a@b.example>")),
            (EHLO, "MAIL FROM:<a@b.example", "501 no", Some("MAIL FROM:<a@b.example>")),
            (
                EHLO,
                "MAIL FROM:<a@b.example SIZE=1",
                "501 no",
                Some("MAIL FROM:<a@b.example> SIZE=1"),
            ),
            (
                EHLO,
                "MAIL FROM:<a@b.example> X=1 SIZE=5",
                "555 no",
                Some("MAIL FROM:<a@b.example> SIZE=5"),
            ),
            (
                EHLO,
                "MAIL FROM:<a@b.example> SIZE=9999999999",
                "552 no",
                Some("MAIL FROM:<a@b.example>"),
            ),
            (EHLO, "MAIL FROM:<bob@b.example> SIZE", "501 no", Some("MAIL FROM:<bob@b.example>")),
            (EHLO, "MAIL FROM:<bob@b.example> SI", "555 no", Some("MAIL FROM:<bob@b.example>")),
            (
                MAIL,
                "RCPT TO:<zed@b.example> NOTIFY=SUCCESS,",
                "501 no",
                Some("RCPT TO:<zed@b.example>"),
            ),
            (MAIL, "MAIL FROM:<a@b.example>", "503 no", Some("RSET")),
            (MAIL, "DATA", "503 no", Some("RCPT TO:<bob@example.net>")),
            (BINARY, "DATA", "503 no", Some("BDAT 0 LAST")),
            (RCPT, "DATA now", "501 no", Some("DATA")),
            (RCPT, "QUI", "500 no", Some("QUIT")),
            (DATA, ". ", "", Some(".")),
            (DATA, "quit", "", Some(".")),
        ] {
            let slip = slip(lines, sent, reply).expect(sent);
            assert_eq!(slip.line.as_deref(), line, "{sent}");
        }
    }

    #[test]
    fn no_slip() {
        const OFFERED: &[&str] = &[
            "S: 220 mx",
            "C: EHLO x.example",
            "S: 250-mx",
            "S: 250-STARTTLS",
            "S: 250 AUTH PLAIN",
        ];
        assert_eq!(slip(MAIL, "RCPT TO:<nobody@example.net>", "550 no"), None);
        assert_eq!(slip(EHLO, "FROB", "250 of course"), None);
        assert_eq!(slip(EHLO, "QUIT", "421 bye"), None);
        assert_eq!(slip(DATA, "text", ""), None);
        assert_eq!(slip(RCPT, "BDAT 0 LAST", "552 too much"), None);
        assert_eq!(slip(EHLO, "TURN", "502 no"), None);
        assert_eq!(slip(EHLO, "LHLO x.example", "500 no"), None);
        assert_eq!(slip(OFFERED, "STARTTLS", "454 not now"), None);
        for (reply, is_slip) in [("535 no", false), ("504 no", false), ("530 first TLS", true)] {
            assert_eq!(slip(OFFERED, "AUTH PLAIN AGEAYg==", reply).is_some(), is_slip, "{reply}");
        }
    }

    #[test]
    fn what_was_meant_by_a_mechanism_with_a_response_in_it_has_none() {
        for (sent, line) in [
            ("AUTH PLAINAGFsaWNlAHNl", Some("AUTH PLAIN")),
            ("auth scram-sha-256-plusbixu", Some("AUTH SCRAM-SHA-256-PLUS")),
            ("AUTH AGFsaWNlAHNl", None),
        ] {
            let began = format!("C: {sent}");
            let lines = ["S: 220 mx", "C: EHLO x.example", "S: 250 AUTH PLAIN", &began, "S: 334 "];
            let slip = slip(&lines, "AGFs aWNl", "501 no").expect("a slip");
            assert_eq!(slip.line.as_deref(), line);
        }
    }

    #[test]
    fn an_answer_with_a_blank_in_it_is_not_repeated() {
        let lines = [
            "S: 220 mx",
            "C: EHLO x.example",
            "S: 250-mx",
            "S: 250 AUTH PLAIN",
            "C: AUTH PLAIN",
            "S: 334 ",
        ];
        let slip = slip(&lines, "AGFs aWNl", "501 no").expect("a slip");
        assert_eq!(slip.fault.says, Says::Rule(Rule::AnswerNotBase64));
        assert_eq!(slip.fault.values, []);
        assert_eq!(slip.line.as_deref(), Some("AUTH PLAIN"));
    }
}
