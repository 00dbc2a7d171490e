//! What is wrong with a line if it goes out now: nothing, or faults, the worst first.
//!
//! What the grammar and the dialogue name as odd is taken over as it is; the rules add what no
//! single oddity says: the order of commands, what the server offers, lengths and values. While a
//! line is typed, what can still be typed behind it is missing and not wrong.

mod address;
mod argument;
mod attributes;
mod order;
mod parameters;
mod text;
mod verb;

use std::cmp::Reverse;

use crate::session::Dialogue;
use crate::smtp::Span;
use crate::smtp::command::{Argument, Command};
use crate::smtp::parameter;
use crate::smtp::verb::Verb;

use super::fault::{Fault, Says};
use super::rule::Rule;

pub(super) use argument::form;
pub(super) use order::is_binary;
pub(super) use parameters::hold_limit;
pub(super) use text::in_answer;
pub(super) use verb::{meant, starts_with, word};

/// Longest command line with its CRLF (RFC 5321 §4.5.3.1.4).
const LINE_LIMIT: usize = 512;

/// Longest line of a login with its CRLF (RFC 4954 §4).
const LOGIN_LIMIT: usize = 12_288;

/// Nothing more is said of a line beyond this length, and nothing completes it.
pub(super) const READABLE: usize = 64 << 10;

/// What there is to say about `line`, without its ending, if it were the next one.
pub fn judge(seen: &Dialogue, line: &str) -> Vec<Fault> {
    let mut faults = if seen.awaits_octets() {
        judge_octets(line, seen.octets_left())
    } else if line.len() > READABLE && !seen.awaits_mail_data() {
        vec![too_long(line, LINE_LIMIT)]
    } else if seen.awaits_mail_data() {
        text::in_data(seen, line)
    } else if seen.awaits_login() {
        in_answer(line).into_iter().collect()
    } else {
        in_command(seen, line)
    };
    for fault in &mut faults {
        fault.span = between_characters(fault.span, line);
    }
    faults.sort_by_key(|fault| (Reverse(fault.severity), fault.span.start));
    faults
}

/// What there is to say about `line` while so many octets of a chunk are `left`.
pub fn judge_octets(line: &str, left: u64) -> Vec<Fault> {
    let mut faults: Vec<_> = text::in_chunk(line, left).into_iter().collect();
    for fault in &mut faults {
        fault.span = between_characters(fault.span, line);
    }
    faults
}

/// What there is to say about `line` if it goes on with a line that has `begun` on the wire.
pub fn judge_behind(seen: &Dialogue, begun: &[u8], line: &str) -> Vec<Fault> {
    if begun.is_empty() {
        return judge(seen, line);
    }
    let begun = String::from_utf8_lossy(begun);
    let mut faults = judge(seen, &[&*begun, line].concat());
    for fault in &mut faults {
        let here = |at: usize| at.saturating_sub(begun.len());
        fault.span = Span::new(here(fault.span.start), here(fault.span.end));
    }
    if line.is_empty() {
        faults.clear();
    }
    // Without this nobody understands the rest.
    faults.insert(0, Rule::GoesOn.at(Span::new(0, 0)));
    faults
}

fn between_characters(span: Span, line: &str) -> Span {
    let end = line.ceil_char_boundary(span.end);
    Span::new(line.floor_char_boundary(span.start).min(end), end)
}

fn in_command(seen: &Dialogue, line: &str) -> Vec<Fault> {
    if line.is_empty() {
        return Vec::new();
    }
    let read = seen.read_command(line.as_bytes());
    let command = read.value;
    let mut faults: Vec<Fault> = read.odd.iter().map(Fault::odd).collect();
    let word = word(line);
    faults.extend(verb::leading_blank(word));
    match &command.verb {
        // A header line is named by its oddity.
        Verb::Other(_) if faults.iter().any(|f| f.says == Says::Oddity("G29")) => {}
        Verb::Other(_) => faults.extend(verb::unknown(line, word)),
        known => {
            faults.extend(order::fault(seen, known).map(|fault| Fault { span: word, ..fault }));
            argument::judge(seen, line, &command, &mut faults);
        }
    }
    faults.extend(control(line));
    faults.extend(non_ascii(seen, line, &command, &faults));
    let limit = limit(&command);
    faults.extend((line.len() + 2 > limit).then(|| too_long(line, limit)));
    faults
}

fn control(line: &str) -> Option<Fault> {
    let (at, c) = line.char_indices().find(|(_, c)| c.is_control() && *c != '\t')?;
    Some(Rule::Control.at(Span::new(at, at + c.len_utf8())))
}

/// The first character beyond ASCII that nothing allows and nothing names.
fn non_ascii(seen: &Dialogue, line: &str, command: &Command, named: &[Fault]) -> Option<Fault> {
    if allows_utf8(seen, line, command) {
        return None;
    }
    let is_named = |at: usize| {
        named.iter().any(|fault| fault.is_wrong() && fault.span.start <= at && at < fault.span.end)
    };
    let mut beyond = line.char_indices().filter(|(_, c)| !c.is_ascii() && !c.is_control());
    let (at, c) = beyond.find(|(at, _)| !is_named(*at))?;
    Some(Rule::NonAscii.at(Span::new(at, at + c.len_utf8())))
}

/// Whether SMTPUTF8 is in force for this line (RFC 6531 §3.4, RFC 6531 §3.7.4).
fn allows_utf8(seen: &Dialogue, line: &str, command: &Command) -> bool {
    let open = || seen.envelope().open().is_some_and(|t| t.has_param("SMTPUTF8"));
    match (&command.verb, &command.argument) {
        (_, Argument::Path(_, params)) => {
            params.iter().any(|p| p.value.name == "SMTPUTF8") || open()
        }
        (Verb::Vrfy | Verb::Expn, Argument::Text(_)) => {
            line.split_ascii_whitespace().last().is_some_and(|w| w.eq_ignore_ascii_case("SMTPUTF8"))
        }
        _ => false,
    }
}

fn limit(command: &Command) -> usize {
    match &command.argument {
        Argument::Path(_, params) => {
            let used = params.iter().map(|p| p.value.name.as_str());
            LINE_LIMIT + parameter::increment(&command.verb, used)
        }
        Argument::Login { .. } => LOGIN_LIMIT,
        _ => LINE_LIMIT,
    }
}

fn too_long(line: &str, limit: usize) -> Fault {
    let beyond = Span::new(limit.saturating_sub(2), line.len());
    let size = (line.len() + 2).to_string();
    Rule::LongLine.at(beyond).with("n", size).with("limit", limit.to_string())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::advice::fault::Severity;
    use crate::journal::transcript::{Step, steps};
    use crate::journal::{Event, Happening, Moment, Side};

    pub(in super::super) const EHLO: &[&str] = &[
        "S: 220 mx",
        "C: EHLO pc.example.org",
        "S: 250-mx",
        "S: 250-SIZE 100000",
        "S: 250-8BITMIME",
        "S: 250-SMTPUTF8",
        "S: 250-DSN",
        "S: 250-PIPELINING",
        "S: 250 CHUNKING",
    ];
    pub(in super::super) const MAIL: &[&str] = &[
        "S: 220 mx",
        "C: EHLO pc.example.org",
        "S: 250-mx",
        "S: 250-DSN",
        "S: 250 CHUNKING",
        "C: MAIL FROM:<alice@example.org>",
        "S: 250 ok",
    ];
    pub(in super::super) const RCPT: &[&str] = &[
        "S: 220 mx",
        "C: EHLO pc.example.org",
        "S: 250-mx",
        "S: 250 CHUNKING",
        "C: MAIL FROM:<alice@example.org>",
        "S: 250 ok",
        "C: RCPT TO:<carol@example.net>",
        "S: 250 ok",
    ];
    pub(in super::super) const DATA: &[&str] = &[
        "S: 220 mx",
        "C: EHLO pc.example.org",
        "S: 250 mx",
        "C: MAIL FROM:<alice@example.org>",
        "S: 250 ok",
        "C: RCPT TO:<carol@example.net>",
        "S: 250 ok",
        "C: DATA",
        "S: 354 go",
    ];
    pub(in super::super) const BINARY: &[&str] = &[
        "S: 220 mx",
        "C: EHLO pc.example.org",
        "S: 250-mx",
        "S: 250-CHUNKING",
        "S: 250 BINARYMIME",
        "C: MAIL FROM:<alice@example.org> BODY=BINARYMIME",
        "S: 250 ok",
        "C: RCPT TO:<carol@example.net>",
        "S: 250 ok",
    ];
    const LOGIN: &[&str] = &[
        "S: 220 mx",
        "C: EHLO pc.example.org",
        "S: 250-mx",
        "S: 250 AUTH PLAIN LOGIN",
        "C: AUTH LOGIN",
        "S: 334 VXNlcm5hbWU6",
    ];

    /// A session behind these lines; without lines it has not begun.
    pub(in super::super) fn after(lines: &[&str]) -> Dialogue {
        let mut seen = Dialogue::default();
        if lines.is_empty() {
            return seen;
        }
        seen.apply(&Event::new(Moment(0), Happening::Opened(Box::default())));
        for (_, step) in steps(lines.join("\n").as_bytes()).expect("a transcript") {
            let (side, text) = match step {
                Step::Client(text) => (Side::Client, text),
                Step::Server(text) => (Side::Server, text),
                Step::Directive { name, .. } => unreachable!("no :{name}"),
            };
            seen.apply(&Event::bytes(Moment(0), side, text.wire()));
        }
        seen
    }

    /// What is said first about a line: a rule's name or an oddity's id.
    fn first(lines: &[&str], line: &str) -> String {
        match judge(&after(lines), line).first().map(|fault| fault.says) {
            None => String::new(),
            Some(Says::Oddity(id)) => id.to_owned(),
            Some(Says::Rule(rule)) => format!("{rule:?}"),
        }
    }

    fn check(lines: &[&str], rows: &[(&str, &str)]) {
        for (line, said) in rows {
            assert_eq!(first(lines, line), *said, "{line:?}");
        }
    }

    #[test]
    fn fine_lines() {
        for (lines, fine) in [
            (&["S: 220 mx"][..], &["EHLO pc.example.org", "HELO [192.0.2.1]", "noop", "QUIT"][..]),
            (
                EHLO,
                &[
                    "MAIL FROM:<alice@example.org>",
                    "mail from:<> size=10 body=8bitmime",
                    "MAIL FROM:<grå@example.org> SMTPUTF8",
                    "MAIL FROM:<a@b.example> RET=HDRS ENVID=x",
                    "VRFY bob",
                    "VRFY bøb SMTPUTF8",
                    "HELP MAIL",
                    "RSET",
                    "RSET ",
                    "EHLO pc.example.org",
                ],
            ),
            (
                MAIL,
                &[
                    "RCPT TO:<Postmaster>",
                    "RCPT TO:<\"john doe\"@example.org> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;x",
                ],
            ),
            (RCPT, &["DATA", "BDAT 5", "bdat 0 last", "RCPT TO:<bob@example.net>"]),
            (DATA, &["Subject: hi", "", "..", "text", "MAIL FROM:<x"]),
            (LOGIN, &["YWxpY2U=", "*", "=", ""]),
        ] {
            for line in fine {
                assert_eq!(judge(&after(lines), line), [], "{line:?}");
            }
        }
    }

    #[test]
    fn what_is_not_finished() {
        check(
            &["S: 220 mx"],
            &[
                ("E", "VerbBegun"),
                ("EHLO", "C06"),
                ("EHLO ", "C06"),
                ("EHLO pc.", "NameBegun"),
                ("EHLO [192.0", "NameBegun"),
            ],
        );
        check(
            EHLO,
            &[
                ("MA", "VerbBegun"),
                ("MAIL", "ToCome"),
                ("MAIL from", "ToCome"),
                ("MAIL FROM:", "ToCome"),
                ("MAIL FROM:<", "Unclosed"),
                ("MAIL FROM:<\"a b\"@", "Unclosed"),
                ("MAIL FROM:<a@b.example> S", "ParameterBegun"),
                ("MAIL FROM:<a@b.example> SIZE", "ToCome"),
                ("MAIL FROM:<a@b.example> SIZE=", "ToCome"),
                ("MAIL FROM:<a@b.example> BODY=8B", "ToCome"),
                ("VRFY", "ToCome"),
            ],
        );
        check(
            MAIL,
            &[
                ("RCPT TO:<b@c.example> NOTIFY=SUCCESS,", "ToCome"),
                ("RCPT TO:<b@c.example> NOTIFY=SUCCESS,DE", "ToCome"),
                ("RCPT TO:<b@c.example> ORCPT=rfc8", "ToCome"),
            ],
        );
        check(RCPT, &[("BDAT", "ToCome"), ("BDAT 5 LA", "ToCome")]);
        check(LOGIN, &[("YWx", "AnswerBegun")]);
        for line in ["E", "EHLO", "EHLO pc."] {
            let faults = judge(&after(&["S: 220 mx"]), line);
            assert!(faults.iter().all(|f| f.severity == Severity::Unfinished), "{line}");
        }
    }

    #[test]
    fn who_lets_clients_log_in_takes_the_parameter() {
        let line = "MAIL FROM:<a@b.example> AUTH=<>";
        let hello = ["S: 220 mx", "C: EHLO x.example", "S: 250-mx"];
        for (more, said) in [
            (&["S: 250 AUTH PLAIN"][..], ""),
            (&["S: 250 AUTH=PLAIN"], ""),
            (
                &[
                    "S: 250 AUTH PLAIN",
                    "C: AUTH PLAIN AGEAYg==",
                    "S: 235 ok",
                    "C: EHLO x.example",
                    "S: 250-mx",
                    "S: 250 SIZE",
                ],
                "",
            ),
            (&["S: 250 SIZE"], "F07"),
        ] {
            assert_eq!(first(&[&hello, more].concat(), line), said, "{more:?}");
        }
    }

    #[test]
    fn what_is_wrong_with_the_line_itself() {
        check(
            EHLO,
            &[
                ("FROB", "UnknownVerb"),
                ("HELLO x", "Misspelt"),
                ("MIAL FROM:<>", "Misspelt"),
                ("From: a@b.example", "G29"),
                (" NOOP", "LeadingBlank"),
                ("EHLO my_host", "C04"),
                ("EHLO pc. ", "C04"),
                ("QUIT now", "NoArgument"),
                ("MAIL <a@b.example>", "Expected"),
                ("MAIL TO:<a@b.example>", "Expected"),
                ("MAIL FROM: <a@b.example>", "F01"),
                ("MAIL FROM:a@b.example", "F02"),
                ("MAIL FROM:<a@b.example SIZE=1", "Unclosed"),
                ("MAIL FROM:<Al <a@b.example>>", "F03"),
                ("MAIL FROM:<@r.example:a@b.example>", "F25"),
                ("MAIL FROM:<a..b@c.example>", "Address"),
                ("MAIL FROM:<Postmaster>", "Address"),
                ("MAIL FROM:<a@b.example>SIZE=1", "NoBlank"),
                ("MAIL FROM:<a@b.example> X-Y=1", "F07"),
                ("MAIL FROM:<a@b.example> SIZE=1 SIZE=2", "Twice"),
                ("MAIL FROM:<a@b.example> NOTIFY=NEVER", "Elsewhere"),
                ("MAIL FROM:<a@b.example> SIZE=x", "Value"),
                ("MAIL FROM:<a@b.example> SIZE=100001", "TooBig"),
                ("MAIL FROM:<a@b.example> BODY=BINARYMIME", "F07"),
                ("MAIL FROM:<a@b.example> BODY RET=FULL", "Value"),
                ("MAIL FROM:<grå@example.org>", "F31"),
                ("NOOP grå", "NonAscii"),
                ("NOOP \u{1b}[A", "Control"),
            ],
        );
        check(
            MAIL,
            &[
                ("RCPT TO:<>", "NullRecipient"),
                ("RCPT TO:<b@c.example> NOTIFY=NEVER,DELAY", "Value"),
                ("RCPT TO:<b@[2001:db8::1]>", "C19"),
            ],
        );
    }

    #[test]
    fn attributes_of_another_client() {
        let offered = [
            "S: 220 mx",
            "C: EHLO x.example",
            "S: 250-mx",
            "S: 250-XCLIENT NAME ADDR PORT LOGIN X-NEW",
            "S: 250 XFORWARD NAME SOURCE",
        ];
        check(
            &offered,
            &[
                ("XCLIENT", "ToCome"),
                ("XCLIENT N", "ParameterBegun"),
                ("XCLIENT NAME", "ToCome"),
                ("XCLIENT NAME=", "ToCome"),
                ("XCLIENT NAME=x.example addr=192.0.2.7", ""),
                ("XCLIENT ADDR=192.0", "ToCome"),
                ("XCLIENT ADDR=192.0 NAME=x", "Value"),
                ("XCLIENT ADDR=IPv6:2001:db8::1", ""),
                ("XCLIENT ADDR=[UNAV", "ToCome"),
                ("XCLIENT ADDR=[UNAVAILABLE] LOGIN=[TEMPUNAVAIL]", ""),
                ("XCLIENT ADDR=here", "Value"),
                ("XCLIENT PORT=0", "Value"),
                ("XCLIENT LOGIN=b\u{f6}b", "Xtext"),
                ("XCLIENT LOGIN=b+C3+B6b", ""),
                ("XCLIENT LOGIN=b+C", "ToCome"),
                ("XCLIENT NAME=a NAME=b", "Twice"),
                ("XCLIENT PROTO=ESMTP", "Attribute"),
                ("XCLIENT X-NEW=1", ""),
                ("XFORWARD SOURCE=LOCAL", ""),
                ("XFORWARD SOURCE=HERE", "Value"),
                ("XFORWARD ADDR=192.0.2.7", "Attribute"),
            ],
        );
        check(EHLO, &[("XCLIENT NAME=x", "NotOffered"), ("XFORWARD NAME=x", "NotOffered")]);
        let form = judge(&after(&offered), "XCLIENT LOGIN=b\u{f6}b");
        assert!(format!("{form:?}").contains("b+C3+B6b"), "{form:?}");
        let open = [&offered[..], &["C: MAIL FROM:<a@b.example>", "S: 250 ok"]].concat();
        check(&open, &[("XCLIENT NAME=x", "InsideMail"), ("ETRN x.example", "NotOffered")]);
        let anew = [&offered[..], &["C: XCLIENT NAME=x", "S: 220 mx"]].concat();
        check(&anew, &[("MAIL FROM:<a@b.example>", "C20"), ("EHLO x.example", "")]);
        let goes_on = [&offered[..], &["C: XCLIENT NAME=x", "S: 250 ok"]].concat();
        check(&goes_on, &[("MAIL FROM:<a@b.example>", "")]);
    }

    #[test]
    fn where_a_message_is_fetched_from() {
        let offered = ["S: 220 mx", "C: EHLO x.example", "S: 250-mx", "S: 250 BURL imap"];
        check(&offered, &[("BURL imap://x.example/y", "NoMail")]);
        let open = [
            &offered[..],
            &["C: MAIL FROM:<a@b.example>", "S: 250 ok", "C: RCPT TO:<b@c.example>", "S: 250 ok"],
        ]
        .concat();
        check(
            &open,
            &[
                ("BURL", "ToCome"),
                ("BURL im", "ToCome"),
                ("BURL imap://x.example/y", ""),
                ("BURL imap://x.example/y LA", "ToCome"),
                ("BURL IMAP://x.example/y LAST", ""),
                ("BURL http://x.example/y", "Expected"),
                ("BURL imap://x.example/y LAST LAST", "Expected"),
            ],
        );
        let fetched = [&open[..], &["C: BURL imap://x.example/y LAST", "S: 250 ok"]].concat();
        check(&fetched, &[("MAIL FROM:<a@b.example>", ""), ("DATA", "NoMail")]);
        let refused = [&open[..], &["C: BURL imap://x.example/y LAST", "S: 554 5.6.6 no"]].concat();
        check(&refused, &[("DATA", ""), ("MAIL FROM:<a@b.example>", "InsideMail")]);
    }

    #[test]
    fn how_long_a_message_is_held() {
        let offered = ["S: 220 mx", "C: EHLO x.example", "S: 250-mx", "S: 250 FUTURERELEASE 600"];
        check(
            &offered,
            &[
                ("MAIL FROM:<a@b.example> HOLDFOR=600", ""),
                ("MAIL FROM:<a@b.example> HOLDFOR=601", "TooLong"),
                ("MAIL FROM:<a@b.example> HOLDFOR=0", "Value"),
                ("MAIL FROM:<a@b.example> HOLDUNTIL=2026-12-31T23:59:59Z HOLDFOR=60", "Together"),
                ("MAIL FROM:<a@b.example> HOLDFOR=60 HOLDUNTIL=2026-12-31T23:59:59Z", "Together"),
            ],
        );
    }

    #[test]
    fn what_the_server_says_of_its_limits() {
        let offered = [
            "S: 220 mx",
            "C: EHLO x.example",
            "S: 250-mx",
            "S: 250-DELIVERBY 240",
            "S: 250-FUTURERELEASE 600 2026-12-31T00:00:00Z",
            "S: 250-NO-SOLICITING net.example:ADV",
            "S: 250 LIMITS RCPTMAX=1 MAILMAX=1",
        ];
        check(
            &offered,
            &[
                ("MAIL FROM:<a@b.example> BY=239;R", "TooSoon"),
                ("MAIL FROM:<a@b.example> BY=240;R", ""),
                ("MAIL FROM:<a@b.example> BY=1;N", ""),
                ("MAIL FROM:<a@b.example> HOLDUNTIL=2026-12-31T00:00:01Z", "TooLate"),
                ("MAIL FROM:<a@b.example> HOLDUNTIL=2026-12-31T00:00:00Z", ""),
                ("MAIL FROM:<a@b.example> SOLICIT=org.example:ADV,NET.example:adv", "Unwanted"),
                ("MAIL FROM:<a@b.example> SOLICIT=org.example:ADV", ""),
                ("MAIL FROM:<a@b.example> REQUIRETLS", "F07"),
            ],
        );
        let named = [&offered[..], &["C: MAIL FROM:<a@b.example>", "S: 250 ok"]].concat();
        check(&named, &[("RCPT TO:<b@c.example>", "")]);
        let named = [&named[..], &["C: RCPT TO:<x@c.example>", "S: 550 no"]].concat();
        check(&named, &[("RCPT TO:<b@c.example>", "Limit")]);
        let reset = [&named[..], &["C: RSET", "S: 250 ok"]].concat();
        check(&reset, &[("MAIL FROM:<a@b.example>", "Limit"), ("QUIT", "")]);
    }

    #[test]
    fn lengths() {
        let long = |n: usize| "x".repeat(n);
        check(
            MAIL,
            &[
                (&format!("RCPT TO:<{}@c.example>", long(64)), ""),
                (&format!("RCPT TO:<{}@c.example>", long(65)), "LongLocal"),
                (&format!("RCPT TO:<a@{}>", long(256)), "LongDomain"),
                (&format!("RCPT TO:<{}@{}>", long(60), long(200)), "LongPath"),
                (&format!("NOOP {}", long(505)), ""),
                (&format!("NOOP {}", long(506)), "LongLine"),
                (&format!("RCPT TO:<b@c.example> ORCPT=rfc822;{}", long(900)), ""),
                (&format!("RCPT TO:<b@c.example> ORCPT=rfc822;{}", long(1100)), "LongLine"),
                (&"NOOP".repeat(20_000), "LongLine"),
            ],
        );
    }

    #[test]
    fn what_is_out_of_order() {
        check(&[], &[("EHLO x.example", "Closed")]);
        check(&["S: 554 no"], &[("EHLO x.example", "OnlyQuit"), ("QUIT", "")]);
        check(
            &["S: 220 mx"],
            &[
                ("MAIL FROM:<a@b.example>", "C20"),
                ("DATA", "NoMail"),
                ("AUTH PLAIN", "NotOffered"),
                ("STARTTLS", "NotOffered"),
            ],
        );
        check(
            EHLO,
            &[
                ("RCPT TO:<b@c.example>", "NoMail"),
                ("DATA", "NoMail"),
                ("BDAT 5", "NoMail"),
                ("EXPN friends", "NotOffered"),
                ("ETRN x.example", "NotOffered"),
                ("TURN", "Historic"),
                ("LHLO x.example", "Lmtp"),
            ],
        );
        check(
            MAIL,
            &[
                ("MAIL FROM:<a@b.example>", "InsideMail"),
                ("DATA", "NoRecipient"),
                ("BDAT 5", "NoRecipient"),
            ],
        );
        let chunks = [RCPT, &["C: BDAT 0", "S: 250 ok"]].concat();
        check(
            &chunks,
            &[("DATA", "Chunked"), ("RCPT TO:<b@c.example>", "Chunked"), ("BDAT 0 LAST", "")],
        );
        check(BINARY, &[("DATA", "Binary"), ("BDAT 5", "")]);
        let tls = ["S: 220 mx", "C: EHLO x.example", "S: 250-mx", "S: 250 STARTTLS"];
        check(&tls, &[("STARTTLS", "")]);
        let waiting = ["S: 220 mx", "C: EHLO x.example", "S: 250 mx", "C: NOOP"];
        check(&waiting, &[("NOOP", "H02")]);
        check(&["S: 220 mx", "C: QUIT", "S: 221 bye"], &[("NOOP", "Goodbye")]);
    }

    #[test]
    fn recipients_of_one_domain_too_many() {
        let limited = [
            "S: 220 mx",
            "C: EHLO x.example",
            "S: 250-mx",
            "S: 250 LIMITS RCPTDOMAINMAX=2",
            "C: MAIL FROM:<a@b.example>",
            "S: 250 ok",
            "C: RCPT TO:<b@c.example>",
            "S: 250 ok",
            "C: RCPT TO:<c@C.EXAMPLE>",
            "S: 250 ok",
        ];
        check(&limited, &[("RCPT TO:<b@d.example>", "")]);
        // In a session, not in a transaction.
        let more = [
            "C: RSET",
            "S: 250 ok",
            "C: MAIL FROM:<a@b.example>",
            "S: 250 ok",
            "C: RCPT TO:<b@d.example>",
            "S: 550 no",
        ];
        let limited = [&limited[..], &more].concat();
        check(
            &limited,
            &[
                ("RCPT TO:<x@e.example>", "Limit"),
                ("RCPT TO:<x@c.example>", ""),
                ("RCPT TO:<x>", "Address"),
            ],
        );
    }

    #[test]
    fn octets_of_a_chunk() {
        let chunk = [RCPT, &["C: BDAT 7"]].concat();
        check(
            &chunk,
            &[
                ("", ""),
                ("hello", ""),
                ("hello!", "NoRoom"),
                ("hello!!", "FillsChunk"),
                ("hello!!!", "Surplus"),
                ("QUIT", ""),
            ],
        );
    }

    #[test]
    fn several_lines_on_their_way_are_in_order() {
        let waiting = [EHLO, &["C: MAIL FROM:<a@b.example>"]].concat();
        check(&waiting, &[("RCPT TO:<b@c.example>", ""), ("MAIL FROM:<>", "InsideMail")]);
        let reset = [MAIL, &["C: RSET"]].concat();
        check(&reset, &[("MAIL FROM:<>", "H02")]);
    }

    #[test]
    fn logging_in() {
        let offered = &LOGIN[..4];
        check(
            offered,
            &[
                ("AUTH PLAIN", "LoginClear"),
                ("auth login", "LoginClear"),
                ("AUTH CRAM", "Mechanism"),
                ("AUTH CRAM-MD5", "Mechanism"),
                ("AUTH PLAIN AG Fs", "NotBase64"),
            ],
        );
        let hashed = ["S: 220 mx", "C: EHLO x.example", "S: 250-mx", "S: 250 AUTH CRAM-MD5"];
        check(&hashed, &[("AUTH CRAM-MD5", ""), ("AUTH CRAM", "MechanismBegun")]);
        let response = judge(&after(offered), "AUTH PLAIN AGFs aWNl");
        assert_eq!(response[0].span, Span::new(15, 16));
        check(LOGIN, &[("YWxp Y2U=", "AnswerNotBase64"), ("caf\u{e9}", "AnswerNotBase64")]);
    }

    #[test]
    fn lines_of_mail_data() {
        check(
            DATA,
            &[
                (".", "EndsData"),
                (":raw x", ""),
                (". ", "DotBlank"),
                (".x", "G16"),
                ("caf\u{e9}", "G20"),
                ("quit", "QuitInData"),
                (&"x".repeat(998), ""),
                (&"x".repeat(999), "G19"),
                ("a\0b", "G22"),
            ],
        );
        let eight_bit = [
            "S: 220 mx",
            "C: EHLO x.example",
            "S: 250-mx",
            "S: 250 8BITMIME",
            "C: MAIL FROM:<a@b.example> BODY=8BITMIME",
            "S: 250 ok",
            "C: RCPT TO:<b@c.example>",
            "S: 250 ok",
            "C: DATA",
            "S: 354 go",
        ];
        check(&eight_bit, &[("caf\u{e9}", "")]);
    }
}
