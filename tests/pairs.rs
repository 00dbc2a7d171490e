//! The script client and the practice server talk to each other in memory. Time is virtual:
//! nothing sleeps, and a wait passes when nobody has anything else to say.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

#[path = "support/outline.rs"]
mod outline;
#[path = "support/pair.rs"]
mod pair;

use std::time::Duration;

use ehlo::journal::{Ending, Happening, Moment, Side};
use ehlo::session::{Dialogue, End, Phase, Turn};
use ehlo::smtp::code::Code;
use ehlo::smtp::wait::Limits;
use ehlo::speaker::Policy;
use ehlo::speaker::server::Delivery;
use outline::outline;
use pair::Pair;

/// `message.eml` on its arrival.
const ARRIVED: &[u8] = b"Subject: dots\r\n\r\n.\r\n..two\r\n.profile\r\nno line end\r\n";

/// No conversation of these tests takes more turns.
const ENOUGH: usize = 1_000;

/// Plays a script against a server that believes `policy`, until both have nothing to say.
fn play_with(text: &str, policy: Policy) -> Pair {
    let mut pair = Pair::new(text, policy);
    for _ in 0..ENOUGH {
        if !pair.step() {
            assert_eq!(pair.dialogue.phase(), Phase::Closed, "{}", outline(&pair.dialogue));
            return pair;
        }
    }
    panic!("this never ends\n{}", outline(&pair.dialogue))
}

/// Plays a script that must go as expected, and gives what was delivered.
fn play(text: &str, policy: Policy) -> Vec<Delivery> {
    let pair = play_with(text, policy);
    let outline = outline(&pair.dialogue);
    assert_eq!(pair.script.mismatch(), None, "{outline}");
    assert!(pair.script.is_finished(), "{outline}");
    assert_correct(&pair.dialogue);
    let delivered = pair.delivered.lock().unwrap();
    delivered.clone()
}

/// The practice server is a model: nothing about its replies is ever odd.
fn assert_correct(dialogue: &Dialogue) {
    for exchange in dialogue.exchanges() {
        let odd = exchange.reply.iter().flat_map(|reply| &reply.odd);
        // It has no TLS here, and says so.
        let odd: Vec<_> = odd.filter(|(_, odd)| odd.id != "D02").collect();
        let asked = exchange.turn != Turn::Unsolicited;
        assert!(odd.is_empty() || !asked, "{:?} was answered oddly: {odd:?}", exchange.turn);
    }
}

const BEGIN: &str = "S: 220 mx.example.net *\nC: EHLO pc.example.org\nS: 250\n";
const END: &str = "C: QUIT\nS: 221\n:closed\n";
const MAIL: &str = "C: MAIL FROM:<alice@example.org>\nS: 250\n";
const BOB: &str = "C: RCPT TO:<bob@example.net>\nS: 250\n";

fn limits(changes: &str) -> Limits {
    Limits::default().with(&changes.parse().unwrap())
}

fn between(text: &str) -> String {
    format!("{BEGIN}{text}{END}")
}

#[test]
fn a_message_arrives_as_it_was() {
    let text = between(&format!("{MAIL}{BOB}C: DATA\nS: 354\n:data message.eml\nS: 250 2.0.0 *\n"));
    let want = Delivery {
        message: 0,
        sender: "alice@example.org".to_owned(),
        recipients: vec!["bob@example.net".to_owned()],
        content: ARRIVED.to_vec(),
        held: None,
    };
    assert_eq!(play(&text, Policy::default()), [want]);
}

#[test]
fn the_greeting_and_the_last_reply_may_be_left_out() {
    let text = "C: EHLO pc.example.org\nS: 250\nC: QUIT\n";
    assert!(play(text, Policy::default()).is_empty());
}

#[test]
fn a_refused_recipient_gets_nothing() {
    let text = between(&format!(
        "{MAIL}C: RCPT TO:<nobody@example.net>\nS: 550 5.1.1 *unknown*\n\
         C: RCPT TO:<x@elsewhere.example>\nS: 550 5.7.1 *relaying*\n{BOB}\
         C: RCPT TO:<friends@lists.example.net>\nS: 250\n\
         C: DATA\nS: 354\nC: hi\nC: .\nS: 250\n"
    ));
    let delivered = play(&text, Policy::default());
    assert_eq!(delivered.len(), 1);
    assert_eq!(delivered[0].recipients, ["bob@example.net", "friends@lists.example.net"]);
}

#[test]
fn without_a_recipient_there_is_no_data() {
    let text = between(&format!(
        "{MAIL}C: RCPT TO:<nobody@example.net>\nS: 550\nC: DATA\nS: 554 5.5.1 *\nC: RSET\nS: 250\n"
    ));
    assert!(play(&text, Policy::default()).is_empty());
}

#[test]
fn chunks_are_put_together() {
    let text = between(&format!(
        "{MAIL}{BOB}C: BDAT 13\nC: Subject: hi\nS: 250\nC: BDAT 5\nC:\nC: .\nS: 250\n\
         C: BDAT 4 LAST\nC: hi\nS: 250\n"
    ));
    let delivered = play(&text, Policy::default());
    assert_eq!(delivered.len(), 1);
    assert_eq!(delivered[0].content, b"Subject: hi\r\n\r\n.\r\nhi\r\n");
}

#[test]
fn chunks_without_a_recipient_are_read_and_refused() {
    let text = between(&format!(
        "{MAIL}C: BDAT 6\nC: QUIT\nS: 503\nC: BDAT 6 LAST\nC: QUIT\nS: 503\nC: RSET\nS: 250\n"
    ));
    assert!(play(&text, Policy::default()).is_empty());
}

#[test]
fn data_cannot_follow_a_chunk() {
    let text = between(&format!(
        "{MAIL}{BOB}C: BDAT 4\nC: hi\nS: 250\nC: DATA\nS: 503\nC: BDAT 0 LAST\nS: 250\n"
    ));
    let delivered = play(&text, Policy::default());
    assert_eq!(delivered[0].content, b"hi\r\n");
}

#[test]
fn a_pipelined_group_is_answered_in_its_order() {
    let text = between(
        ":pipeline\nC: MAIL FROM:<alice@example.org>\nC: RCPT TO:<bob@example.net>\n\
         C: RCPT TO:<nobody@example.net>\nC: DATA\n:end\n\
         S: 250 2.1.0 *\nS: 250 2.1.5 *\nS: 550\nS: 354\nC: hi\nC: .\nS: 250\n",
    );
    let delivered = play(&text, Policy::default());
    assert_eq!(delivered.len(), 1);
    assert_eq!(delivered[0].content, b"hi\r\n");
}

#[test]
fn lines_without_an_expectation_between_them_go_out_together() {
    let text = between(
        "C: MAIL FROM:<>\nC: RCPT TO:<carol@example.net>\nC: RSET\nC: NOOP\n\
         S: 250\nS: 250\nS: 250\nS: 250\n",
    );
    assert!(play(&text, Policy::default()).is_empty());
}

#[test]
fn two_messages_in_one_session_are_two_deliveries() {
    let one = format!("{MAIL}{BOB}C: DATA\nS: 354\nC: one\nC: .\nS: 250\n");
    let two = one.replace("one", "two").replace("alice@example.org", "");
    let delivered = play(&between(&(one + &two)), Policy::default());
    let content: Vec<_> = delivered.iter().map(|d| (d.sender.as_str(), &d.content[..])).collect();
    assert_eq!(content, [("alice@example.org", &b"one\r\n"[..]), ("", &b"two\r\n"[..])]);
}

#[test]
fn what_cannot_be_stored_is_put_off() {
    let text = between(&format!(
        "{MAIL}C: RCPT TO:<dave@example.net>\nS: 250\nC: DATA\nS: 354\nC: hi\nC: .\nS: 452 4.3.1 *\n"
    ));
    assert!(play(&text, Policy::default()).is_empty());
}

#[test]
fn a_reply_that_was_not_expected_ends_the_script() {
    let text = format!("{BEGIN}{MAIL}C: RCPT TO:<nobody@example.net>\nS: 250 *welcome*\n{END}");
    let pair = play_with(&text, Policy::default());
    let mismatch = pair.script.mismatch().unwrap();
    assert_eq!(mismatch.at.map(|place| place.line), Some(7));
    assert_eq!(mismatch.expected, ["250 *welcome*"]);
    let seen = &pair.dialogue.exchanges()[mismatch.seen.unwrap()];
    assert!(seen.reply.as_ref().is_some_and(|reply| reply.is(Code::NO_MAILBOX)));
    let last = pair.dialogue.notices().last().map(|(_, what)| what.clone());
    assert_eq!(last, Some(Happening::Closed { by: Side::Client, how: Ending::Finished }));
    assert!(!pair.script.is_finished());
}

#[test]
fn the_text_of_a_reply_counts_unless_only_codes_do() {
    let text = format!("{BEGIN}C: NOOP\nS: 250 *something else*\n{END}");
    assert!(play_with(&text, Policy::default()).script.mismatch().is_some());
    let mut pair = Pair::new(&text, Policy::default());
    pair.script = pair.script.codes_only(true);
    while pair.step() {}
    assert_eq!(pair.script.mismatch(), None);
}

#[test]
fn a_reply_that_no_line_expects_fails_the_run() {
    let pair = play_with(&format!("{BEGIN}C: NOOP\n"), Policy::default());
    let mismatch = pair.script.mismatch().unwrap();
    assert_eq!((mismatch.at, mismatch.expected.len()), (None, 0));
    assert!(mismatch.seen.is_some());
}

#[test]
fn an_expected_reply_that_never_comes_fails_the_run() {
    let text = format!("{BEGIN}C: QUIT\nS: 221\nS: 250\n");
    let pair = play_with(&text, Policy::default());
    let mismatch = pair.script.mismatch().unwrap();
    assert_eq!((mismatch.at.map(|p| p.line), mismatch.seen), (Some(6), None));
}

#[test]
fn the_server_loses_patience_after_five_minutes() {
    let text = format!("{BEGIN}:wait 600s\nS: 421 4.4.2 *\n:closed\n");
    let pair = play_with(&text, Policy::default());
    assert_eq!(pair.script.mismatch(), None, "{}", outline(&pair.dialogue));
    let farewell = pair.dialogue.exchanges().last().unwrap();
    assert_eq!(farewell.turn, Turn::Unsolicited);
    assert_eq!(farewell.replied_at, Some(Moment(300_000_000)));
    let (at, what) = pair.dialogue.notices().last().unwrap();
    assert_eq!(*at, Moment(300_000_000));
    assert_eq!(*what, Happening::Closed { by: Side::Server, how: Ending::Finished });
}

#[test]
fn whoever_says_something_keeps_the_server_patient() {
    let pause = ":wait 299s\nC: NOOP\nS: 250\n";
    let text = between(&pause.repeat(3));
    let pair = play_with(&text, Policy::default());
    assert_eq!(pair.script.mismatch(), None, "{}", outline(&pair.dialogue));
    assert_eq!(pair.now, Moment(3 * 299_000_000));
}

#[test]
fn patience_is_a_matter_of_policy() {
    let policy = Policy { limits: limits("idle=2"), ..Policy::default() };
    assert!(play(&format!("{BEGIN}:wait 10s\nS: 421\n:closed\n"), policy).is_empty());
}

#[test]
fn a_message_over_the_limit_is_refused_early_or_late() {
    let policy = || Policy { size_limit: 100, ..Policy::default() };
    let declared = between("C: MAIL FROM:<alice@example.org> SIZE=101\nS: 552 5.3.4 *\n");
    assert!(play(&declared, policy()).is_empty());
    let line = "x".repeat(99);
    let sent = between(&format!("{MAIL}{BOB}C: DATA\nS: 354\nC: {line}\nC: .\nS: 552 5.3.4 *\n"));
    assert!(play(&sent, policy()).is_empty());
    let chunk = between(&format!("{MAIL}{BOB}C: BDAT 101 LAST\nC: {line}\nS: 552 5.3.4 *\n"));
    assert!(play(&chunk, policy()).is_empty());
}

/// The size of a message counts neither doubled dots nor the end mark (RFC 1870 §5).
#[test]
fn a_message_of_exactly_the_limit_is_taken() {
    let policy = || Policy { size_limit: 100, ..Policy::default() };
    let dots = "C: ..\n".repeat(10);
    let line = "x".repeat(68);
    let mail = "C: MAIL FROM:<alice@example.org> SIZE=100\nS: 250\n";
    let sent = between(&format!("{mail}{BOB}C: DATA\nS: 354\n{dots}C: {line}\nC: .\nS: 250\n"));
    let delivered = play(&sent, policy());
    assert_eq!(delivered.iter().map(|d| d.content.len()).collect::<Vec<_>>(), [100]);
    let chunk = between(&format!("{mail}{BOB}C: BDAT 100 LAST\nC: {}\nS: 250\n", "x".repeat(98)));
    assert_eq!(play(&chunk, policy()).len(), 1);
}

#[test]
fn too_many_recipients_are_put_off() {
    let policy = Policy { recipient_limit: 2, ..Policy::default() };
    let text = between(&format!(
        "{MAIL}{BOB}C: RCPT TO:<carol@example.net>\nS: 250\nC: RCPT TO:<dave@example.net>\nS: 452 4.5.3 *\n\
         C: DATA\nS: 354\nC: hi\nC: .\nS: 250\n"
    ));
    let delivered = play(&text, policy);
    assert_eq!(delivered[0].recipients, ["bob@example.net", "carol@example.net"]);
}

/// A policy whose sessions begin at noon on the first day of 2026.
fn at_noon() -> Policy {
    Policy { begun: "2026-01-01T12:00:00Z".parse().unwrap(), ..Policy::default() }
}

#[test]
fn every_parameter_has_its_rules() {
    let mut text = String::new();
    for (parameter, answer) in [
        ("BY=60;R", "250 2.1.0 *"),
        ("BY=59;R", "555 5.5.4 *60 seconds*"),
        ("BY=1;N", "250"),
        ("BY=-5;NT", "250"),
        ("BY=0;R", "501 5.5.4 *BY=seconds*"),
        ("BY=60", "501"),
        ("BY", "501"),
        ("HOLDFOR=2592000", "250"),
        ("HOLDFOR=2592001", "501 5.5.4 *2592000*"),
        ("HOLDFOR=0", "501"),
        ("HOLDUNTIL=2026-01-31T12:00:00Z", "250"),
        ("HOLDUNTIL=2026-01-31T12:00:01Z", "501 5.5.4 *2026-01-31T12:00:00Z*"),
        ("HOLDUNTIL=2026-01-01T11:59:59Z", "501 5.5.4 *over*"),
        ("HOLDUNTIL=tomorrow", "501"),
        ("HOLDFOR=60 HOLDUNTIL=2026-01-01T12:30:00Z", "501 5.5.4 *HOLDUNTIL*"),
        ("HOLDFOR=60 HOLDFOR=60", "501"),
        ("MT-PRIORITY=-3", "250 2.1.0 *"),
        ("MT-PRIORITY=3", "250 2.3.6 *priority 0*"),
        ("MT-PRIORITY=10", "501"),
        ("REQUIRETLS", "555 5.5.4 *"),
        ("SOLICIT=org.example:ADV", "250"),
        ("SOLICIT=org.example:ADV,NET.EXAMPLE:adv", "550 5.7.1 *"),
        ("SOLICIT=1", "501"),
        ("ENVID=a+2Bb", "250"),
        ("ENVID=a+b", "501"),
        ("RET=ALL", "501"),
        ("SMTPUTF8=1", "501"),
        ("BODY=9BIT", "501"),
        ("PRDR", "250"),
        ("PRDR=1", "501"),
        ("NOTIFY=NEVER", "555"),
    ] {
        text.push_str("C: MAIL FROM:<alice@example.org> ");
        text.extend([parameter, "\nS: ", answer, "\n"]);
        if answer.starts_with('2') {
            text += "C: RSET\nS: 250\n";
        }
    }
    text += MAIL;
    for (parameter, answer) in [
        ("NOTIFY=SUCCESS,DELAY ORCPT=rfc822;bob+2Bx@example.net", "250 2.1.5 *"),
        ("NOTIFY=NEVER,DELAY", "501"),
        ("ORCPT=bob@example.net", "501"),
        ("SIZE=1", "555"),
    ] {
        text.push_str("C: RCPT TO:<bob@example.net> ");
        text.extend([parameter, "\nS: ", answer, "\n"]);
    }
    assert!(play(&between(&text), at_noon()).is_empty());
}

#[test]
fn a_message_is_held_as_long_as_was_wished() {
    let held = |parameter: &str| {
        let mail = format!("C: MAIL FROM:<alice@example.org>{parameter}\nS: 250\n");
        let text = between(&format!("{mail}{BOB}C: DATA\nS: 354\nC: hi\nC: .\nS: 250\n"));
        play(&text, at_noon())[0].held
    };
    assert_eq!(held(""), None);
    assert_eq!(held(" HOLDFOR=90"), Some(Duration::from_secs(90)));
    assert_eq!(held(" HOLDUNTIL=2026-01-01T12:01:00Z"), Some(Duration::from_mins(1)));
}

#[test]
fn binary_content_comes_in_chunks_alone() {
    let text = between(&format!(
        "C: MAIL FROM:<alice@example.org> BODY=BINARYMIME\nS: 250\n{BOB}C: DATA\nS: 503 5.5.1 *BDAT*\n\
         C: BDAT 3 LAST\nC: a\\0b\\c\nS: 250\n"
    ));
    assert_eq!(play(&text, Policy::default())[0].content, b"a\0b");
}

#[test]
fn the_limits_that_are_named_are_kept() {
    let policy = || Policy {
        recipient_limit: 2,
        mail_limit: 2,
        domain_limit: 2,
        catch_all: true,
        ..Policy::default()
    };
    let rcpt = |address: &str, answer: &str| format!("C: RCPT TO:<{address}>\nS: {answer}\n");
    let (bob, other) = (rcpt("bob@EXAMPLE.net", "250"), rcpt("x@b.example", "250"));
    let third = rcpt("x@c.example", "452 4.5.3 *domains*");
    let reset = "C: RSET\nS: 250\n";
    let text = between(&format!(
        "{MAIL}{BOB}{bob}{}{reset}{MAIL}{other}{third}{reset}\
         C: MAIL FROM:<alice@example.org>\nS: 451 4.5.0 *\nC: MAIL FROM:<>\nS: 451\n",
        rcpt("carol@example.net", "452 4.5.3 *another message*"),
    ));
    assert!(play(&text, policy()).is_empty());
    let greeting = "S: 220\nC: EHLO pc.example.org\nS: 250-*\nS: 250-LIMITS RCPTMAX=2 MAILMAX=2 RCPTDOMAINMAX=2\n\
                    S: 250 *\nC: QUIT\nS: 221\n:closed\n";
    assert!(play(greeting, policy()).is_empty());
}

#[test]
fn names_beyond_ascii_are_verified_with_their_parameter() {
    let text = between(
        "C: VRFY b\u{f6}b\nS: 553 5.6.7 *\nC: VRFY b\u{f6}b SMTPUTF8\nS: 550 5.1.1 *\nC: VRFY bob smtputf8\nS: 250\n\
         C: EXPN friends SMTPUTF8\nS: 250\n",
    );
    assert!(play(&text, Policy::default()).is_empty());
}

#[test]
fn waiting_mail_is_sent_on_request() {
    let text = between(&format!(
        "C: ETRN example.org\nS: 253 2.0.0 *2 messages*\nC: ETRN @EXAMPLE.org\nS: 252 2.0.0 *\n\
         C: ETRN example.net\nS: 251 2.0.0 *\nC: ETRN elsewhere.example\nS: 459 4.5.0 *\n\
         C: ETRN #night\nS: 458 4.5.0 *\nC: ETRN\nS: 501 5.5.4 *\nC: ETRN a b\nS: 501\n\
         {MAIL}C: ETRN example.org\nS: 503 5.5.1 *\n"
    ));
    assert!(play(&text, Policy::default()).is_empty());
    let early = format!("S: 220\nC: ETRN example.org\nS: 503 5.5.1 *EHLO*\n{END}");
    assert!(play(&early, Policy::default()).is_empty());
}

#[test]
fn a_client_speaks_for_another() {
    let text = between(&format!(
        "C: XCLIENT\nS: 501 5.5.4 *\nC: XCLIENT COLOUR=red\nS: 501 5.5.4 *COLOUR*\nC: XCLIENT ADDR=here\nS: 501\n\
         C: XCLIENT NAME=a+b\nS: 501 5.5.4 *xtext*\nC: XCLIENT SOURCE=LOCAL\nS: 501\n\
         {MAIL}C: XCLIENT NAME=x\nS: 503 5.5.1 *\nC: RSET\nS: 250\n\
         C: XCLIENT NAME=[UNAVAILABLE] ADDR=IPV6:2001:db8::7\nS: 220 mx.example.net *\n\
         {MAIL_REFUSED}C: EHLO pc.example.org\nS: 250-mx.example.net Hello pc.example.org, for [IPV6:2001:db8::7]\nS: 250 *\n\
         C: XCLIENT NAME=x.example LOGIN=a+2Bb\nS: 220\nC: HELO pc.example.org\n\
         S: 250 *for x.example [IPV6:2001:db8::7] logged in as a+b\n\
         {MAIL}C: RCPT TO:<x@elsewhere.example>\nS: 250\nC: RSET\nS: 250\n\
         C: EHLO pc.example.org\nS: 250\nC: XCLIENT LOGIN=[UNAVAILABLE]\nS: 220\nC: EHLO pc.example.org\nS: 250\n\
         {MAIL}C: RCPT TO:<x@elsewhere.example>\nS: 550\n"
    ));
    let pair = play_with(&text, Policy::default());
    assert_eq!(pair.script.mismatch(), None, "{}", outline(&pair.dialogue));
    assert_eq!(pair.dialogue.claim("NAME"), Some("x.example"));
    assert_correct(&pair.dialogue);
}

const MAIL_REFUSED: &str = "C: MAIL FROM:<alice@example.org>\nS: 503 5.5.1 *EHLO*\n";

#[test]
fn whose_mail_is_passed_on_is_noted() {
    let text = between(&format!(
        "C: XFORWARD NAME=x.example ADDR=192.0.2.7 SOURCE=REMOTE\nS: 250 2.0.0 *\n\
         C: XFORWARD LOGIN=x\nS: 501 5.5.4 *\nC: XFORWARD SOURCE=HERE\nS: 501\n\
         {MAIL}C: XFORWARD NAME=x\nS: 503\n"
    ));
    assert!(play(&text, Policy::default()).is_empty());
}

#[test]
fn what_is_fetched_from_elsewhere_is_offered_and_not_found() {
    let text = between(&format!(
        "{MAIL}{BOB}C: BURL imap://x.example/y LAST\nS: 554 5.6.6 *\nC: DATA\nS: 354\nC: hi\nC: .\nS: 250\n"
    ));
    assert_eq!(play(&text, Policy::default()).len(), 1);
    let everyday = Policy { everyday: true, ..Policy::default() };
    let text = between("C: BURL imap://x.example/y LAST\nS: 502 5.5.1 *\n");
    assert!(play(&text, everyday).is_empty());
}

#[test]
fn what_is_no_command_here() {
    let long = "x".repeat(3_000);
    let text = between(&format!(
        "C: XYZZY\nS: 500 5.5.2 *\nC:\nS: 500\nC: NOOP {long}\nS: 500 5.5.2 *long*\n\
         C: AUTH PLAIN AGEAYg==\nS: 535 5.7.8 *\nC: STARTTLS\nS: 502\nC: TURN\nS: 502\n\
         C: Subject: hi\nS: 500\n"
    ));
    assert!(play(&text, Policy::default()).is_empty());
}

#[test]
fn the_order_of_commands_is_kept() {
    let text = format!(
        "S: 220\nC: NOOP\nS: 250\nC: RSET\nS: 250\nC: HELP\nS: 214\nC: VRFY bob\nS: 250\n\
         C: MAIL FROM:<alice@example.org>\nS: 503 5.5.1 *EHLO*\nC: RCPT TO:<bob@example.net>\nS: 503\n\
         C: DATA\nS: 503\nC: EHLO pc.example.org\nS: 250\nC: RCPT TO:<bob@example.net>\nS: 503 5.5.1 *MAIL*\n\
         C: DATA\nS: 503\nC: BDAT 0 LAST\nS: 503\n{MAIL}\
         C: MAIL FROM:<carol@example.net>\nS: 503\n{BOB}C: EHLO pc.example.org\nS: 250\n\
         C: DATA\nS: 503\n{END}"
    );
    assert!(play(&text, Policy::default()).is_empty());
}

#[test]
fn arguments_are_looked_at() {
    let text = between(
        "C: EHLO\nS: 501 *name of your host*\nC: EHLO my_host\nS: 501\nC: EHLO pc.example.org\nS: 250\n\
         C: MAIL FROM: <alice@example.org>\nS: 501 5.5.2 *colon*\nC: MAIL FROM:alice@example.org\nS: 501\n\
         C: MAIL FROM:<a..b@example.org>\nS: 501 5.1.7 *\nC: MAIL <alice@example.org>\nS: 501\n\
         C: MAIL FROM:<alice@example.org> COLOUR=red\nS: 555 5.5.4 *\n\
         C: MAIL FROM:<alice@example.org> SIZE=red\nS: 501\nC: MAIL FROM:<gr\u{e5}@example.org>\nS: 553 5.6.7 *\n\
         C: MAIL FROM:<gr\u{e5}@example.org> SMTPUTF8\nS: 250\nC: RCPT TO:<>\nS: 501\n\
         C: RCPT TO:<bob@example.net> NOTIFY=NEVER\nS: 250\nC: RCPT TO:<Postmaster>\nS: 250\n\
         C: DATA now\nS: 501\nC: RSET now\nS: 501\nC: QUIT now\nS: 501\n",
    );
    assert!(play(&text, Policy::default()).is_empty());
}

#[test]
fn a_server_that_catches_all_delivers_all() {
    let policy = Policy { catch_all: true, ..Policy::default() };
    let text = between(&format!(
        "{MAIL}C: RCPT TO:<anyone@elsewhere.example>\nS: 250\nC: DATA\nS: 354\nC: hi\nC: .\nS: 250\n"
    ));
    assert_eq!(play(&text, policy)[0].recipients, ["anyone@elsewhere.example"]);
}

#[test]
fn chunks_over_the_limit_are_refused_together() {
    let policy = Policy { size_limit: 10, ..Policy::default() };
    let text = between(&format!(
        "{MAIL}{BOB}C: BDAT 6\nC: 123456\\c\nS: 250\nC: BDAT 6\nC: 123456\\c\nS: 552 5.3.4 *\n\
         C: BDAT 0 LAST\nS: 503\nC: RSET\nS: 250\n\
         {MAIL}{BOB}C: BDAT 3\nC: abc\\c\nS: 250\nC: BDAT 3 LAST\nC: def\\c\nS: 250\n"
    ));
    let delivered = play(&text, policy);
    assert_eq!(delivered.len(), 1);
    assert_eq!(delivered[0].content, b"abcdef");
}

#[test]
fn a_refused_chunk_is_no_part_of_the_next_message() {
    let text = between(&format!(
        "C: BDAT 3\nC: ABC\\c\nS: 503\n{MAIL}{BOB}C: BDAT 3 LAST\nC: def\\c\nS: 250\n{MAIL}"
    ));
    assert_eq!(play(&text, Policy::default())[0].content, b"def");
}

#[test]
fn transactions_in_one_group_keep_their_recipients() {
    let one = "C: MAIL FROM:<alice@example.org>\nC: RCPT TO:<bob@example.net>\nC: BDAT 3 LAST\nC: abc\\c\n";
    let answers = "S: 250\nS: 250\nS: 250\n".repeat(3);
    let text = between(&format!(":pipeline\n{}:end\n{answers}", one.repeat(3)));
    let delivered = play(&text, Policy::default());
    assert_eq!(delivered.len(), 3);
    assert!(delivered.iter().all(|d| d.recipients == ["bob@example.net"]));
}

#[test]
fn a_refused_last_chunk_introduces_nobody() {
    let text = "S: 220\nC: BDAT 0 LAST\nS: 503\nC: MAIL FROM:<alice@example.org>\nS: 503\nC: QUIT\nS: 221\n:closed\n";
    assert!(play(text, Policy::default()).is_empty());
}

#[test]
fn a_group_that_starts_anew_is_a_new_message() {
    let text = between(&format!(
        ":pipeline\n{MAIL_SENT}C: BDAT 5\nC: 12345\\c\nC: RSET\n{MAIL_SENT}C: BDAT 6 LAST\nC: 123456\\c\n:end\n{}",
        "S: 250\n".repeat(7)
    ));
    let delivered = play(&text, Policy::default());
    assert_eq!(delivered.len(), 1);
    assert_eq!(delivered[0].content, b"123456");
}

const MAIL_SENT: &str = "C: MAIL FROM:<alice@example.org>\nC: RCPT TO:<bob@example.net>\n";

/// Plays a script in LMTP, which must go as expected.
fn lmtp(text: &str) -> Pair {
    let text = format!(
        "S: 220 mx.example.net LMTP *\nC: LHLO pc.example.org\nS: 250\n{text}C: QUIT\nS: 221\n:closed\n"
    );
    let pair = play_with(&text, Policy { lmtp: true, ..Policy::default() });
    assert_eq!(pair.script.mismatch(), None, "{}", outline(&pair.dialogue));
    assert!(pair.script.is_finished());
    assert_correct(&pair.dialogue);
    pair
}

/// The recipients of each delivery.
fn delivered(pair: &Pair) -> Vec<Vec<String>> {
    pair.delivered.lock().unwrap().iter().map(|d| d.recipients.clone()).collect()
}

/// What the server said in each exchange that answers for one recipient, in the order of the wire.
fn answers(pair: &Pair) -> Vec<(String, u16)> {
    let exchanges = pair.dialogue.answered().iter().map(|at| &pair.dialogue.exchanges()[*at]);
    let of_one = exchanges.filter_map(|e| {
        let code = e.reply.as_ref()?.code?.0;
        Some((pair.dialogue.recipient(e)?.local.clone(), code))
    });
    of_one.collect()
}

const FULL: &str = "C: RCPT TO:<full@example.net>\nS: 250\n";
const DAVE: &str = "C: RCPT TO:<dave@example.net>\nS: 250\n";

#[test]
fn lmtp_answers_for_each_recipient() {
    let pair = lmtp(&format!(
        "{MAIL}{FULL}C: RCPT TO:<nobody@example.net>\nS: 550\n{BOB}{DAVE}C: DATA\nS: 354\nC: hi\nC: .\n\
         S: 452 4.2.2 *full*\nS: 250 2.0.0 *bob*\nS: 452 4.3.1 *\n"
    ));
    let want = [("full", 452), ("bob", 250), ("dave", 452)];
    assert_eq!(answers(&pair), want.map(|(name, code)| (name.to_owned(), code)));
    assert_eq!(delivered(&pair), [["bob@example.net"]]);
    let end = pair.dialogue.envelope().transactions[0].end.map(|(_, end)| end);
    assert_eq!(end, Some(End::Partly));
}

#[test]
fn in_a_group_lmtp_answers_in_the_order_of_the_wire() {
    let pair = lmtp(
        ":pipeline\nC: MAIL FROM:<>\nC: RCPT TO:<bob@example.net>\nC: RCPT TO:<nobody@example.net>\n\
         C: RCPT TO:<carol@example.net>\nC: BDAT 4 LAST\nC: hi\nC: MAIL FROM:<alice@example.org>\n\
         C: RCPT TO:<full@example.net>\nC: BDAT 4 LAST\nC: yo\nC: NOOP\n:end\n\
         S: 250 2.1.0 *\nS: 250 2.1.5 *\nS: 550\nS: 250 2.1.5 *\nS: 250 2.0.0 *bob*\nS: 250 2.0.0 *carol*\n\
         S: 250 2.1.0 *\nS: 250 2.1.5 *\nS: 452 4.2.2 *\nS: 250 2.0.0 Ok\n",
    );
    assert_eq!(answers(&pair).len(), 3);
    assert_eq!(delivered(&pair), [["bob@example.net"], ["carol@example.net"]]);
}

#[test]
fn lmtp_without_a_recipient_answers_once() {
    let text = format!(
        "{MAIL}C: RCPT TO:<nobody@example.net>\nS: 550\nC: DATA\nS: 554\nC: BDAT 4 LAST\nC: hi\nS: 503\nC: RSET\nS: 250\n"
    );
    assert!(delivered(&lmtp(&text)).is_empty());
}

#[test]
fn lmtp_and_smtp_have_their_own_greetings() {
    let text = "S: 220 *LMTP*\nC: EHLO pc.example.org\nS: 500 *LHLO*\nC: HELO pc.example.org\nS: 500\nC: LHLO\nS: 501\nC: MAIL FROM:<>\nS: 503 *LHLO*\nC: LHLO pc.example.org\nS: 250\nC: MAIL FROM:<> PRDR\nS: 555\n";
    let pair = play_with(text, Policy { lmtp: true, ..Policy::default() });
    assert_eq!(pair.script.mismatch(), None, "{}", outline(&pair.dialogue));
    let pair = play_with("C: LHLO pc.example.org\nS: 502\nC: QUIT\n", Policy::default());
    assert_eq!(pair.script.mismatch(), None, "{}", outline(&pair.dialogue));
}

const PRDR: &str = "C: MAIL FROM:<alice@example.org> PRDR\nS: 250\n";

#[test]
fn prdr_says_what_becomes_of_each_and_then_of_all() {
    let text = between(&format!(
        "{PRDR}{BOB}{FULL}C: RCPT TO:<carol@example.net>\nS: 250\nC: DATA\nS: 354\nC: hi\nC: .\n\
         S: 353\nS: 250 2.1.5 *bob*\nS: 452 4.2.2 *\nS: 250 *carol*\nS: 250 2.0.0 *not for all\n"
    ));
    let pair = play_with(&text, Policy::default());
    assert_eq!(pair.script.mismatch(), None, "{}", outline(&pair.dialogue));
    assert_eq!(delivered(&pair), [["bob@example.net", "carol@example.net"]]);
    assert_eq!(answers(&pair).len(), 3);
}

#[test]
fn prdr_for_one_recipient_or_unasked_for_is_one_reply() {
    for (mail, to, reply) in [
        (PRDR, BOB.to_owned(), "S: 250\n"),
        (PRDR, FULL.to_owned(), "S: 452 4.2.2 *\n"),
        (MAIL, format!("{BOB}{FULL}"), "S: 250 *full@example.net> is full\n"),
        (PRDR, FULL.repeat(2), "S: 353\nS: 452\nS: 452\nS: 452 4.2.2 *\n"),
    ] {
        let text = between(&format!("{mail}{to}C: BDAT 4 LAST\nC: hi\n{reply}"));
        let pair = play_with(&text, Policy::default());
        assert_eq!(pair.script.mismatch(), None, "{}", outline(&pair.dialogue));
        assert_correct(&pair.dialogue);
    }
}
