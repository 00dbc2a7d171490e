//! The next sensible line: what moves the session on, and how what is typed would go on.

use crate::session::{Dialogue, End, Fate, Phase, Recipient, Transaction};
use crate::smtp::code::Class;
use crate::smtp::date::date;
use crate::smtp::verb::Verb;

use super::completion::complete;
use super::fault::Severity;
use super::habits::Habits;
use super::letter::Letter;
use super::slip;
use super::verdict::{is_binary, judge, starts_with};

/// What could follow behind `line`, or nothing. An empty text says that the line is good as it is,
/// where that is an empty one.
pub fn suggest(seen: &Dialogue, habits: &Habits, line: &str) -> Option<String> {
    let whole = whole_lines(seen, habits).into_iter();
    let mut whole = whole.filter(|whole| is_fine(seen, whole));
    let rest = |whole: &str| {
        let longer = whole.len() > line.len() || (whole.is_empty() && line.is_empty());
        (longer && starts_with(whole, line)).then(|| whole.get(line.len()..).map(str::to_owned))?
    };
    whole.find_map(|whole| rest(&whole)).or_else(|| rest(&completed(seen, habits, line)?))
}

/// Whether nothing is to be said against `line`.
pub(super) fn is_fine(seen: &Dialogue, line: &str) -> bool {
    judge(seen, line).iter().all(|fault| fault.severity == Severity::Note)
}

/// `line` with the first legal candidate.
fn completed(seen: &Dialogue, habits: &Habits, line: &str) -> Option<String> {
    if line.trim().is_empty() {
        return None;
    }
    let candidates = complete(seen, habits, line, line.len());
    candidates.iter().find(|c| c.reason.is_none()).map(|c| c.put_into(line).0)
}

/// Whole lines that make sense now, the most sensible one first.
fn whole_lines(seen: &Dialogue, habits: &Habits) -> Vec<String> {
    let meant = slip::recognise(seen, habits).and_then(|slip| slip.line);
    if seen.awaits_mail_data() {
        return meant.into_iter().chain(of_message(seen, habits)).collect();
    }
    if !seen.awaits_client() || seen.awaits_login() || seen.awaits_octets() {
        return Vec::new();
    }
    let mut verbs: Vec<&Verb> = seen.next_commands().collect();
    verbs.sort_by_key(|verb| rank(seen, verb));
    let lines = verbs.into_iter().filter_map(|verb| of_verb(seen, habits, verb));
    meant.into_iter().chain(lines).collect()
}

/// What comes before the order of the phase's table.
fn rank(seen: &Dialogue, verb: &Verb) -> u8 {
    let first = match verb {
        // On this machine nobody listens in.
        Verb::Starttls if seen.endpoints().loopback => return 2,
        Verb::Quit => has_sent(seen),
        Verb::Data => true,
        Verb::Bdat => seen.envelope().open().is_some_and(is_binary),
        Verb::Helo => ehlo_failed(seen),
        _ => false,
    };
    u8::from(!first)
}

/// Whether the last thing that was done was to send a message.
fn has_sent(seen: &Dialogue) -> bool {
    let last = seen.envelope().transactions.last();
    let accepted = |t: &Transaction| matches!(t.end, Some((_, End::Accepted)));
    seen.phase() == Phase::Ready && last.is_some_and(accepted)
}

/// Whether the server answered the last EHLO with no.
fn ehlo_failed(seen: &Dialogue) -> bool {
    let last = seen.exchanges().last().filter(|e| e.verb() == Some(&Verb::Ehlo));
    last.and_then(|e| e.reply.as_ref()).is_some_and(|r| r.class() == Class::Permanent)
}

/// A whole line for `verb`.
pub(super) fn of_verb(seen: &Dialogue, habits: &Habits, verb: &Verb) -> Option<String> {
    let line = match verb {
        Verb::Ehlo | Verb::Helo | Verb::Lhlo => format!("{verb} {}", habits.hosts.first()?),
        Verb::Mail => {
            let utf8 = |a: &&String| a.is_ascii() || seen.offers("SMTPUTF8");
            let address = habits.senders.iter().find(utf8)?;
            let parameter = if address.is_ascii() { "" } else { " SMTPUTF8" };
            format!("MAIL FROM:<{address}>{parameter}")
        }
        Verb::Rcpt => format!("RCPT TO:<{}>", next_recipient(seen, habits)?),
        Verb::Auth => format!("AUTH {}", seen.capabilities()?.find("AUTH")?.params.first()?),
        Verb::Bdat if seen.phase() == Phase::Chunks => "BDAT 0 LAST".to_owned(),
        Verb::Bdat if seen.envelope().open().is_some_and(is_binary) => {
            format!("BDAT {} LAST", habits.draft.unwrap_or_default())
        }
        Verb::Bdat => return None,
        verb => verb.as_str().to_owned(),
    };
    Some(line)
}

/// How many recipients are looked through for those that are named already.
const NAMED: usize = 1_000;

/// The first recipient that this transaction has not named yet, but for those in lines that the
/// server could not read.
fn next_recipient<'a>(seen: &Dialogue, habits: &'a Habits) -> Option<&'a String> {
    let open = seen.envelope().open();
    let misread = |r: &Recipient| {
        seen.exchanges().get(r.exchange).is_some_and(|exchange| slip::was_misread(seen, exchange))
    };
    let is_of = |r: &Recipient, address: &String| r.path.written == *address && !misread(r);
    let named = |address: &String| {
        open.is_some_and(|t| t.recipients.iter().rev().take(NAMED).any(|r| is_of(r, address)))
    };
    habits.recipients.iter().find(|address| !named(address))
}

/// Lines of a message, as far as they are missing.
fn of_message(seen: &Dialogue, habits: &Habits) -> Vec<String> {
    let letter = Letter::read(seen);
    match letter.body {
        Some(0) => return vec!["Hello, this is a test.".to_owned(), ".".to_owned()],
        Some(_) => return vec![".".to_owned()],
        None => {}
    }
    let fields = header(seen, habits).into_iter().filter(|(name, _)| !letter.has(name));
    let mut lines: Vec<_> = fields.map(|(name, value)| format!("{name}: {value}")).collect();
    if lines.is_empty() {
        // The empty line that ends the header.
        lines.push(String::new());
    }
    lines
}

fn header(seen: &Dialogue, habits: &Habits) -> Vec<(&'static str, String)> {
    let open = seen.envelope().open();
    let sender = open.map(|t| t.sender.address()).filter(|address| !address.is_empty());
    let accepted = open.and_then(|t| t.recipients.iter().find(|r| r.fate == Fate::Accepted));
    let fields = [
        ("From", sender.or_else(|| habits.senders.first().cloned())),
        ("To", accepted.map(|r| r.path.address()).or_else(|| habits.recipients.first().cloned())),
        ("Subject", Some("Hello".to_owned())),
        ("Date", habits.now.map(date)),
    ];
    fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::advice::verdict::tests::{BINARY, DATA, EHLO, MAIL, RCPT, after};
    use crate::journal::{Endpoints, Event, Happening, Moment, Side};

    fn suggested(lines: &[&str], typed: &str) -> Option<String> {
        let now = Some("2026-11-23T08:00:00Z".parse().unwrap());
        suggest(&after(lines), &Habits { now, ..Habits::default() }, typed)
    }

    #[test]
    fn a_whole_session_is_suggested() {
        let mut lines = vec!["S: 220 mx".to_owned()];
        let mut said = Vec::new();
        for reply in [
            "250-mx\nS: 250-SIZE 1000\nS: 250 8BITMIME",
            "250 ok",
            "250 ok",
            "354 go",
            "",
            "",
            "",
            "",
            "",
            "",
            "250 ok",
            "221 bye",
        ] {
            let seen: Vec<&str> = lines.iter().map(String::as_str).collect();
            let line = suggested(&seen, "").expect("a suggestion");
            lines.push(format!("C: {line}").trim_end().to_owned());
            if !reply.is_empty() {
                lines.extend(format!("S: {reply}").split('\n').map(str::to_owned));
            }
            said.push(line);
        }
        assert_eq!(
            said,
            [
                "EHLO pc.example.org",
                "MAIL FROM:<alice@example.org>",
                "RCPT TO:<bob@example.net>",
                "DATA",
                "From: alice@example.org",
                "To: bob@example.net",
                "Subject: Hello",
                "Date: Mon, 23 Nov 2026 08:00:00 +0000",
                "",
                "Hello, this is a test.",
                ".",
                "QUIT",
            ]
        );
        let seen: Vec<&str> = lines.iter().map(String::as_str).collect();
        assert_eq!(suggested(&seen, ""), None);
    }

    #[test]
    fn what_is_typed_goes_on() {
        for (lines, typed, rest) in [
            (&["S: 220 mx"][..], "eh", Some("LO pc.example.org")),
            (&["S: 220 mx"], "HE", Some("LO pc.example.org")),
            (&["S: 220 mx"], "MA", None),
            (EHLO, "MAIL FR", Some("OM:<alice@example.org>")),
            (EHLO, "MAIL FROM:<alice@example.org>", None),
            (EHLO, "N", Some("OOP")),
            (EHLO, "RC", None),
            (EHLO, "xyzzy", None),
            (EHLO, "Q", Some("UIT")),
            (EHLO, " ", None),
            (MAIL, "R", Some("CPT TO:<bob@example.net>")),
            (RCPT, "", Some("DATA")),
            (BINARY, "", Some("BDAT 0 LAST")),
            (BINARY, "D", None),
            (RCPT, "RCPT TO:<", Some("bob@example.net>")),
            (DATA, "F", Some("rom: alice@example.org")),
            (DATA, "Me", Some("ssage-ID: ")),
        ] {
            assert_eq!(suggested(lines, typed).as_deref(), rest, "{typed:?}");
        }
    }

    #[test]
    fn after_a_refusal_another_way_is_suggested() {
        let refused = ["S: 220 mx", "C: EHLO pc.example.org", "S: 502 no"];
        assert_eq!(suggested(&refused, "").as_deref(), Some("HELO pc.example.org"));
        let nobody = [MAIL, &["C: RCPT TO:<bob@example.net>", "S: 550 no"]].concat();
        assert_eq!(suggested(&nobody, "").as_deref(), Some("RSET"));
        let misread = [MAIL, &["C: RCPT TO:<bob@example.net", "S: 501 what"]].concat();
        for more in [&[][..], &["C: NOOP", "S: 250 ok"], &["C: DATA", "S: 503 to whom"]] {
            let lines = [&misread, more].concat();
            assert_eq!(suggested(&lines, "").as_deref(), Some("RCPT TO:<bob@example.net>"));
        }
        assert_eq!(suggested(&["S: 554 no"], "").as_deref(), Some("QUIT"));
        assert_eq!(suggested(&[], ""), None);
        assert_eq!(suggested(&["S: 220 mx", "C: EHLO x.example"], ""), None);
    }

    #[test]
    fn where_lmtp_is_asked_for_its_greeting_is_suggested() {
        use crate::smtp::target::Protocol;
        for (protocol, greeting) in [(Protocol::Lmtp, "LHLO"), (Protocol::Smtp, "EHLO")] {
            let mut seen = Dialogue::default();
            let endpoints = Endpoints { protocol, ..Endpoints::default() };
            seen.apply(&Event::new(Moment(0), Happening::Opened(Box::new(endpoints))));
            let hello = Bytes::from_static(b"220 mx.example.net ready\r\n");
            seen.apply(&Event::bytes(Moment(0), Side::Server, hello));
            let line = suggest(&seen, &Habits::default(), "");
            assert_eq!(line, Some(format!("{greeting} pc.example.org")));
        }
    }

    #[test]
    fn tls_comes_first_where_others_may_listen() {
        let lines = ["S: 220 mx", "C: EHLO x.example", "S: 250-mx", "S: 250 STARTTLS"];
        assert_eq!(suggested(&lines, "").as_deref(), Some("STARTTLS"));
        let here = Endpoints { loopback: true, ..Endpoints::default() };
        let mut seen = Dialogue::default();
        seen.apply(&Event::new(Moment(0), Happening::Opened(Box::new(here))));
        for (from, text) in [
            (Side::Server, "220 mx\r\n"),
            (Side::Client, "EHLO x.example\r\n"),
            (Side::Server, "250-mx\r\n250 STARTTLS\r\n"),
        ] {
            seen.apply(&Event::bytes(Moment(0), from, Bytes::from_static(text.as_bytes())));
        }
        let next = suggest(&seen, &Habits::default(), "").unwrap_or_default();
        assert!(next.starts_with("MAIL"), "{next}");
    }
}
