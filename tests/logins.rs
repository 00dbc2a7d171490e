//! Logging in: each mechanism between our client and our practice server, each side against an
//! implementation by other people (rsasl), and programs of other people against `ehlo serve`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

#[path = "support/outline.rs"]
mod outline;

use std::sync::Arc;

use bytes::Bytes;
use ehlo::journal::{Endpoints, Event, Happening, Moment, Side, transcript};
use ehlo::session::Dialogue;
use ehlo::smtp::sasl::{self, Name};
use ehlo::speaker::login::{Binding, Credentials, Evidence, Fault, Next, needs_password};
use ehlo::speaker::{Login, Policy, Say, Script, Secret, Seed, Server, Speaker};
use outline::outline;

const USER: &str = "alice@example.org";
const PASSWORD: &str = "correct horse";
const TOKEN: &str = "ya29.token";

/// What the practice server offers without TLS.
const OFFERED: [&str; 8] = [
    "PLAIN",
    "LOGIN",
    "CRAM-MD5",
    "SCRAM-SHA-1",
    "SCRAM-SHA-256",
    "XOAUTH2",
    "OAUTHBEARER",
    "ANONYMOUS",
];

const fn secret_of(mechanism: &str) -> &'static str {
    if matches!(mechanism.as_bytes(), b"XOAUTH2" | b"OAUTHBEARER") { TOKEN } else { PASSWORD }
}

fn hear(dialogue: &mut Dialogue, side: Side, bytes: &[u8]) {
    let data = Bytes::copy_from_slice(bytes);
    dialogue.apply(&Event::bytes(Moment(1), side, data));
}

fn opened() -> Dialogue {
    let mut dialogue = Dialogue::default();
    let endpoints = Endpoints {
        target: "mail.example.org:587".into(),
        remote: Some("192.0.2.1:587".into()),
        ..Endpoints::default()
    };
    dialogue.apply(&Event::new(Moment(0), Happening::Opened(endpoints)));
    dialogue
}

fn practice(seed: u8, evidence: Evidence) -> Server {
    let deliver = Arc::new(|_| Ok("1".to_owned()));
    Server::new(Policy::default(), deliver, Seed([seed; 32])).knowing(evidence)
}

/// Plays a script against the practice server; every login in it uses `secret`.
fn play(text: &str, secret: &str) -> (Script, Dialogue) {
    let steps = transcript::steps(text.as_bytes()).unwrap();
    let mut script = Script::new(steps, |_| Err("no file".into())).unwrap();
    script
        .equip(|login| {
            login.supply(Secret::new(secret), Seed([7; 32]));
            Ok(())
        })
        .unwrap();
    let (mut server, mut seen) = (practice(9, Evidence::default()), opened());
    for _ in 0..200 {
        let mut spoke = false;
        for side in [Side::Client, Side::Server] {
            loop {
                let say = match side {
                    Side::Client => script.next(Moment(1), &seen),
                    Side::Server => server.next(Moment(1), &seen),
                };
                match say {
                    Some(Say::Bytes(bytes)) => hear(&mut seen, side, &bytes),
                    Some(Say::Close(how)) => {
                        seen.apply(&Event::new(Moment(1), Happening::Closed { by: side, how }));
                    }
                    _ => break,
                }
                spoke = true;
            }
        }
        if !spoke {
            return (script, seen);
        }
    }
    panic!("it does not end\n{}", outline(&seen))
}

fn works(text: &str, secret: &str) -> Dialogue {
    let (script, seen) = play(text, secret);
    assert_eq!(script.mismatch(), None, "{}", outline(&seen));
    assert!(script.is_finished(), "{}", outline(&seen));
    assert_eq!(script.login_faults(), []);
    seen
}

#[test]
fn every_mechanism_logs_in() {
    for mechanism in OFFERED {
        for way in ["", " initial", " wait"] {
            if mechanism == "CRAM-MD5" && way == " initial" {
                continue;
            }
            let user = if mechanism == "ANONYMOUS" { "trace" } else { USER };
            let relays = if mechanism == "ANONYMOUS" { "550 *relaying*" } else { "250" };
            let text = format!(
                "C: EHLO x.example\nS: 250-*\nS: 250 AUTH *{mechanism}*\n:auth {mechanism} {user}{way}\nC: MAIL FROM:<{USER}> AUTH=<>\nS: 250\nC: RCPT TO:<somebody@elsewhere.example>\nS: {relays}\nC: RSET\nS: 250\nC: AUTH {mechanism}\nS: 503\nC: QUIT"
            );
            let seen = works(&text, secret_of(mechanism));
            assert_eq!(seen.login().unwrap().user().as_deref(), Some(user), "{mechanism}");
        }
    }
}

#[test]
fn a_wrong_password_is_535_and_a_right_one_follows() {
    for mechanism in OFFERED.into_iter().filter(|m| *m != "ANONYMOUS") {
        for user in [USER, "mallory@example.org"] {
            let text = format!(
                "C: EHLO x.example\nS: 250\n:auth {mechanism} {user}\nS: 535 5.7.8*\nC: NOOP\nS: 250\nC: QUIT"
            );
            let (script, seen) = play(&text, "wrong");
            assert_eq!(script.mismatch(), None, "{mechanism}: {}", outline(&seen));
            assert!(!seen.is_authenticated());
        }
    }
}

#[test]
fn what_the_server_refuses() {
    for (lines, code) in [
        ("C: AUTH NTLM", "504 5.5.4*"),
        ("C: AUTH EXTERNAL =", "504 5.5.4*"),
        ("C: AUTH SCRAM-SHA-256-PLUS", "504 5.5.4*"),
        ("C: AUTH", "501 5.5.4*"),
        ("C: AUTH PLAIN not base64!", "501 5.5.2*"),
        ("C: AUTH PLAIN QUJD", "501 5.5.2*"),
        ("C: AUTH PLAIN", "334"),
        ("C: AUTH PLAIN\nS: 334\nC: *", "501 5.7.0*"),
        (
            "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: YWxpY2U=\nS: 334 UGFzc3dvcmQ6\nC: *",
            "501 5.7.0*",
        ),
        ("C: AUTH LOGIN\nS: 334\nC: alice", "501 5.5.2*"),
        ("C: AUTH LOGIN\nS: 334\nC: =", "501 5.5.2*"),
        ("C: AUTH CRAM-MD5 YWxpY2U=", "501 5.7.0*"),
        ("C: AUTH SCRAM-SHA-256 cD10bHMtZXhwb3J0ZXIsLG49YSxyPXg=", "535 5.7.8*"),
        ("C: MAIL FROM:<alice@example.org>\nS: 250\nC: AUTH PLAIN", "503 5.5.1*"),
        ("C: MAIL FROM:<alice@example.org> AUTH=", "501 5.5.4*"),
    ] {
        let text = format!("C: EHLO x.example\nS: 250\n{lines}\nS: {code}\n:close");
        works(&text, "");
    }
    works("C: HELO x.example\nS: 250\nC: AUTH PLAIN\nS: 503 5.5.1*\nC: QUIT", "");
    let long = "A".repeat(13_000);
    let text = format!(
        "C: EHLO x.example\nS: 250\nC: AUTH PLAIN\nS: 334\nC: {long}\nS: 500 5.5.6*\nC: QUIT"
    );
    works(&text, "");
    // A token that fits into no command line is one of a login all the same.
    let token = sasl::encode(&sasl::xoauth2(USER, "x".repeat(5_000).as_bytes()));
    let text = format!(
        "C: EHLO x.example\nS: 250\nC: AUTH XOAUTH2 {token}\nS: 334\nC: \nS: 535 5.7.8*\nC: QUIT"
    );
    works(&text, "");
}

/// Both sides of a login under TLS, until the client has nothing more to do.
fn bound(mechanism: &str, client: Option<Binding>, evidence: Evidence) -> (Login, Dialogue) {
    let (mut server, mut seen) = (practice(3, evidence), opened());
    let credentials = Credentials { user: USER.into(), binding: client, ..Credentials::default() };
    let mut login = Login::new(mechanism, credentials, None);
    login.supply(Secret::new(PASSWORD), Seed([5; 32]));
    let mut introduced = false;
    for _ in 0..20 {
        while let Some(Say::Bytes(bytes)) = server.next(Moment(1), &seen) {
            hear(&mut seen, Side::Server, &bytes);
        }
        if !introduced {
            introduced = true;
            hear(&mut seen, Side::Client, b"EHLO x.example\r\n");
            continue;
        }
        match login.next(&seen) {
            Next::Say(bytes) => hear(&mut seen, Side::Client, &bytes),
            Next::Wait => {}
            Next::Over(_) => return (login, seen),
        }
    }
    panic!("it does not end\n{}", outline(&seen))
}

#[test]
fn plus_is_bound_to_the_connection() {
    let binding = |data: &str| Binding { kind: "tls-exporter".into(), data: data.into() };
    let evidence = |data| Evidence { binding: Some(binding(data)), certificate: None };
    for mechanism in ["SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"] {
        let (login, seen) = bound(mechanism, Some(binding("same")), evidence("same"));
        assert!(seen.is_authenticated() && login.fault().is_none(), "{}", outline(&seen));
        // Somebody in between has two connections.
        let (_, seen) = bound(mechanism, Some(binding("here")), evidence("there"));
        assert!(!seen.is_authenticated());
        let (_, seen) = bound(mechanism, None, evidence("same"));
        assert!(!seen.is_authenticated());
        let base = mechanism.strip_suffix("-PLUS").unwrap();
        let (_, seen) = bound(base, Some(binding("same")), evidence("same"));
        assert!(seen.is_authenticated(), "offered and not wanted");
    }
    let shown = Evidence { binding: None, certificate: Some(USER.into()) };
    assert!(bound("EXTERNAL", None, shown).1.is_authenticated());
    let other = Evidence { binding: None, certificate: Some("bob@example.net".into()) };
    assert!(!bound("EXTERNAL", None, other).1.is_authenticated());
}

#[test]
fn no_challenge_comes_twice() {
    for mechanism in ["CRAM-MD5", "SCRAM-SHA-256"] {
        let challenge = |seed| {
            let (mut server, mut seen) = (practice(seed, Evidence::default()), opened());
            for line in
                ["", "EHLO x.example\r\n", "AUTH CRAM-MD5\r\n", "*\r\n", "AUTH CRAM-MD5\r\n"]
            {
                hear(&mut seen, Side::Client, line.replace("CRAM-MD5", mechanism).as_bytes());
                while let Some(Say::Bytes(bytes)) = server.next(Moment(1), &seen) {
                    hear(&mut seen, Side::Server, &bytes);
                }
            }
            if mechanism.starts_with("SCRAM") {
                hear(&mut seen, Side::Client, b"biwsbj1hLHI9eA==\r\n");
                let Some(Say::Bytes(bytes)) = server.next(Moment(1), &seen) else { panic!() };
                return vec![bytes.to_vec()];
            }
            let asked = [2, 4].map(|at| seen.exchanges()[at].reply.clone().unwrap());
            asked.map(|reply| reply.lines[0].text().to_vec()).to_vec()
        };
        let (one, other) = (challenge(1), challenge(2));
        assert_ne!(one, other);
        assert!(one.len() == 1 || one[0] != one[1]);
    }
}

/// Our client hears these questions and must give up for this reason.
#[test]
fn a_client_gives_up_with_a_reason() {
    let first = "334 cj1ub3RvdXJzLHM9QUE9PSxpPTQwOTY=";
    for (mechanism, questions, fault) in [
        ("CRAM-MD5", &["334 hello world"][..], Fault::NotBase64),
        ("CRAM-MD5", &["334 "], Fault::Malformed),
        ("NTLM", &["334 "], Fault::UnknownMechanism),
        ("LOGIN", &["334 ", "334 ", "334 "], Fault::TooManyQuestions),
        ("SCRAM-SHA-256", &[first], Fault::WrongNonce),
        ("SCRAM-SHA-256", &["334 hello"], Fault::NotBase64),
        ("SCRAM-SHA-256", &["334 aGVsbG8="], Fault::Malformed),
        ("SCRAM-SHA-256", &["334 ZT1vdGhlci1lcnJvcg=="], Fault::ServerError),
        ("SCRAM-SHA-256", &["235 come in"], Fault::NoSignature),
        ("SCRAM-SHA-256", &["334 NONCE,s=AA==,i=4294967295"], Fault::TooManyRounds),
        ("SCRAM-SHA-256", &["334 NONCE,s=AA==,i=99999999999999999999"], Fault::TooManyRounds),
        ("SCRAM-SHA-256", &["334 NONCE,s=AA==,i=0"], Fault::Malformed),
        ("SCRAM-SHA-1", &["334 NONCE,s=AA==,i=1", "334 dj1BQUFB"], Fault::WrongSignature),
        ("SCRAM-SHA-1-PLUS", &["334 "], Fault::NoBinding),
    ] {
        let mut seen = opened();
        hear(&mut seen, Side::Server, b"220 mx\r\n");
        let credentials = Credentials { user: USER.into(), ..Credentials::default() };
        let mut login = Login::new(mechanism, credentials, None);
        login.supply(Secret::new(PASSWORD), Seed([5; 32]));
        let mut said = Vec::new();
        for question in questions.iter().chain(&["501 ok"]) {
            let Next::Say(bytes) = login.next(&seen) else { break };
            hear(&mut seen, Side::Client, &bytes);
            said.push(String::from_utf8_lossy(&bytes).into_owned());
            let question = match question.split_once("NONCE") {
                Some((_, rest)) => {
                    let answer = said[0].trim().rsplit(' ').next().unwrap();
                    let ours = sasl::of_client(mechanism, 0, b"", answer.as_bytes());
                    let nonce = ours.text(Name::ClientNonce).unwrap();
                    format!("334 {}", sasl::encode(format!("r={nonce}x{rest}").as_bytes()))
                }
                None => (*question).to_owned(),
            };
            hear(&mut seen, Side::Server, format!("{question}\r\n").as_bytes());
        }
        assert!(matches!(login.next(&seen), Next::Over(_)), "{mechanism} {questions:?}");
        assert_eq!(login.fault(), Some(fault), "{mechanism} {questions:?} {said:?}");
        if fault != Fault::NoSignature {
            assert_eq!(said.last().unwrap(), "*\r\n");
        }
    }
}

#[test]
fn a_long_first_answer_waits_for_the_question() {
    let text = format!("C: EHLO x.example\nS: 250\n:auth PLAIN {USER}\nS: 535\nC: QUIT");
    let (_, seen) = play(&text, &"x".repeat(600));
    assert_eq!(&seen.exchanges()[2].line.as_ref().unwrap().bytes[..], b"AUTH PLAIN");
    assert!(needs_password("PLAIN") && !needs_password("EXTERNAL"));
}
