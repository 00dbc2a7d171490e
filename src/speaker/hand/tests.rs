//! Every situation of a server, and what can be answered in it.

use super::super::Speaker as _;
use super::*;
use crate::journal::transcript::Place;
use crate::smtp::code::Class;
use crate::smtp::reply::Collector;

const AT: Place = Place { line: 1, column: 1 };
const TABLE: &str = include_str!("../../knowledge/data/replies.toml");

fn policy() -> Policy {
    Policy { starttls: true, ..Policy::default() }
}

fn hand() -> Hand {
    Hand::new(policy(), Seed([7; 32]), Arc::new(Replies::parse(TABLE).unwrap()))
}

fn practice() -> Server {
    Server::new(policy(), Arc::new(|d| Ok(format!("message {}", d.message + 1))), Seed([7; 32]))
}

const EHLO: &str = "S: 220 mx\nC: EHLO pc.example.org\nS: 250-mx.example.net\nS: 250-PIPELINING\nS: 250-STARTTLS\nS: 250-AUTH LOGIN CRAM-MD5\nS: 250 ENHANCEDSTATUSCODES\n";
const MAIL: &str = "C: MAIL FROM:<alice@example.org>\nS: 250 2.1.0 ok\n";
const RCPT: &str = "C: RCPT TO:<bob@example.net>\nS: 250 2.1.5 ok\n";

/// A session for everything that can be answered, in every phase of it.
fn situations() -> Vec<String> {
    let sent = format!("{EHLO}{MAIL}{RCPT}");
    let mut all = vec![String::new()];
    let behind = |before: &str, lines: &[&str]| {
        lines.iter().map(|line| format!("{before}C: {line}\n")).collect::<Vec<_>>()
    };
    all.extend(behind(
        "S: 220 mx\n",
        &[
            "EHLO pc.example.org",
            "HELO pc.example.org",
            "EHLO",
            "MAIL FROM:<a@b.example>",
            "QUIT",
            "LHLO x.example",
        ],
    ));
    let commands = [
        "EHLO pc.example.org",
        "MAIL FROM:<alice@example.org>",
        "MAIL FROM:<alice@example.org> SIZE=99999999999",
        "MAIL FROM alice",
        "RCPT TO:<bob@example.net>",
        "RCPT TO:<nobody@example.net>",
        "RCPT TO:<x@y.example>",
        "DATA",
        "RSET",
        "NOOP",
        "VRFY bob",
        "EXPN friends",
        "HELP",
        "STARTTLS",
        "AUTH LOGIN",
        "AUTH CRAM-MD5",
        "AUTH X",
        "ETRN example.org",
        "NONSENSE",
        "QUIT",
        "",
        "BDAT 0 LAST",
    ];
    for before in [EHLO.to_owned(), format!("{EHLO}{MAIL}"), sent.clone()] {
        all.extend(behind(&before, &commands));
    }
    all.push(format!("{EHLO}C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: YWxpY2U=\n"));
    all.push(format!("{sent}C: DATA\nS: 354 go\nC: Subject: x\nC: \nC: hello\nC: .\n"));
    all
}

fn seen(talk: &str) -> Dialogue {
    Dialogue::standing(talk)
}

#[test]
fn the_right_answer_is_that_of_the_practice_server() {
    let mut asked = 0;
    for talk in situations() {
        let seen = seen(&talk);
        let (mut server, now) = (practice(), Moment(9_000_000));
        let right = hand().right(now, &seen);
        let said = server.next(now, &seen).filter(Say::is_words);
        assert_eq!(right.as_ref().and_then(|said| said.first()), said.as_ref(), "{talk}");
        let Some(said) = said else { continue };
        let offer = hand().offers(now, &seen).into_iter().next().unwrap();
        assert_eq!(offer.kind, Kind::Right, "{talk}");
        let read = read(&offer.line, AT).unwrap();
        assert_eq!(read.first(), Some(&said), "what is typed is what is said: {talk}");
        assert_eq!(Some(read), right, "{talk}");
        asked += 1;
    }
    assert!(asked > 60, "{asked}");
}

/// The code of the first reply that a suggestion puts on the wire.
fn class(line: &str) -> Option<Class> {
    let said = read(line, AT).unwrap_or_else(|error| panic!("{line}: {error:?}"));
    let bytes: Vec<u8> = said.iter().flat_map(|say| say.bytes().to_vec()).collect();
    let mut collector = Collector::default();
    let mut lines = crate::smtp::line::Cutter::new(1 << 16);
    let mut bytes = Bytes::from(bytes);
    while let Some(line) = lines.cut(&mut bytes) {
        if let Some(reply) = collector.push(line) {
            return Some(reply.class());
        }
    }
    None
}

#[test]
fn everything_that_is_asked_has_every_kind_of_answer_and_its_codes_fit() {
    for talk in situations() {
        let seen = seen(&talk);
        let Some((_, exchange)) = due(&seen) else { panic!("{talk}") };
        let offers = hand().offers(Moment(9_000_000), &seen);
        for kind in Kind::ALL {
            let mut of_kind = offers.iter().filter(|offer| offer.kind == kind).peekable();
            // A refusal can be the right answer.
            let right = offers.first().and_then(|offer| class(&offer.line));
            let refused = kind == Kind::Never && right == Some(Class::Permanent);
            assert!(of_kind.peek().is_some() || refused, "{kind:?}: {talk}");
            for offer in of_kind {
                let class = class(&offer.line);
                match kind {
                    Kind::NotNow => assert_eq!(class, Some(Class::Transient), "{}", offer.line),
                    Kind::Never => assert_eq!(class, Some(Class::Permanent), "{}", offer.line),
                    Kind::Right => assert!(class.is_some(), "{}", offer.line),
                    Kind::Strange => {}
                }
                assert!(offer.does.iter().all(|does| !does.is_empty()), "{}", offer.line);
                assert!(!offer.line.contains('{'), "{}", offer.line);
            }
        }
        // What is neither strange nor an answer to something wrong is not remarked upon.
        for offer in offers.iter().filter(|o| matches!(o.kind, Kind::NotNow | Kind::Never)) {
            let said = read(&offer.line, AT).unwrap();
            let bytes = Bytes::copy_from_slice(said.first().unwrap().bytes());
            let remarks = judge(Moment(9_000_000), &seen, &bytes);
            let known = ["F12", "D01", "D02", "F28", "A10", "C21", "C22", "E05"];
            let odd = remarks.iter().any(|r| !matches!(r, Remark::Odd(id) if known.contains(id)));
            assert!(!odd, "{:?} {} {remarks:?}", exchange.turn, offer.line);
        }
    }
}

#[test]
fn each_row_is_offered_somewhere_and_speaks_both_languages() {
    let replies = Replies::parse(TABLE).unwrap();
    let mut offered = Vec::new();
    for talk in situations() {
        let offers = hand().offers(Moment(9_000_000), &seen(&talk));
        offered.extend(offers.into_iter().map(|offer| offer.does));
    }
    offered.extend(
        hand()
            .offers(Moment(1), &seen("S: 220 mx\nC: QUIT\nS: 221 bye\n"))
            .into_iter()
            .map(|o| o.does),
    );
    for row in replies.rows() {
        for on in row.on() {
            assert!(replies::KEYS.contains(&on), "{on}");
        }
        let is_it = |does: &[String; 2]| does.iter().all(|text| [&row.en, &row.ja].contains(&text));
        assert!(offered.iter().any(is_it), "{}: {}", row.en, row.say());
        assert!(!row.ja.is_ascii() && row.en.is_ascii(), "{}", row.en);
    }
}

#[test]
fn a_line_says_what_it_is() {
    let close = Say::Close(Ending::Finished);
    for (line, said) in [
        ("250 ok", vec![Say::Bytes("250 ok\r\n".into())]),
        ("250-a\n250 b", vec![Say::Bytes("250-a\r\n250 b\r\n".into())]),
        ("hello", vec![Say::Bytes("hello\r\n".into())]),
        ("", vec![Say::Bytes("\r\n".into())]),
        (":raw 250 ok\\n\\c", vec![Say::Bytes("250 ok\n".into())]),
        (":close", vec![close.clone()]),
        (":CLOSE 421 bye", vec![Say::Bytes("421 bye\r\n".into()), close.clone()]),
        (":reset", vec![Say::Close(Ending::Reset)]),
        (":b64 Username:", vec![Say::Bytes("VXNlcm5hbWU6\r\n".into())]),
    ] {
        assert_eq!(read(line, AT), Ok(said), "{line}");
    }
    for line in [":data x", ":starttls", ":nothing", ":raw \\q", ":pipeline"] {
        assert!(read(line, AT).is_err(), "{line}");
    }
}

#[test]
fn what_is_odd_about_a_reply_is_remarked() {
    let asked = format!("{EHLO}C: MAIL FROM:<a@b.example>\n");
    for (talk, line, remarks) in [
        (&*asked, "250 2.1.0 ok", &[][..]),
        (&asked, "250 ok", &[Remark::Odd("B23")]),
        (&asked, "354 go", &[Remark::Foreign]),
        (&asked, "25 ok", &[Remark::Foreign, Remark::Odd("B08")]),
        (&asked, "ok", &[Remark::Odd("B05")]),
        (&asked, "250-2.1.0 ok", &[Remark::GoesOn]),
        (&asked, "250-2.1.0 a\n550 5.1.0 b", &[Remark::Odd("B01")]),
        (&asked, "250 2.1.0 ok\n250 2.1.0 ok", &[Remark::Odd("B16")]),
        (EHLO, "250 ok", &[Remark::Unasked, Remark::Odd("B03")]),
        (EHLO, "421 4.4.2 bye", &[Remark::Unasked, Remark::Odd("B19")]),
        ("", "220 mx.example.net ESMTP", &[]),
        ("", "220 hello", &[Remark::Odd("A08")]),
    ] {
        let said = read(line, AT).unwrap();
        let bytes = Bytes::copy_from_slice(said[0].bytes());
        let found = judge(Moment(9_000_000), &seen(talk), &bytes);
        assert_eq!(found, remarks, "{line}");
    }
}
