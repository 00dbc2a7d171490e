//! Logging in: each mechanism between our client and our practice server, and each side against an
//! implementation by other people (rsasl, libgsasl). Programs of other people are in `clients.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

#[path = "support/hiding.rs"]
mod hiding;
#[path = "support/outline.rs"]
mod outline;
#[path = "support/program.rs"]
mod program;

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::sync::Arc;

use bytes::Bytes;
use ehlo::journal::facts::{Binding, Certificate, CertificateFault, Verdict};
use ehlo::journal::{Endpoints, Event, Happening, Moment, Side, TlsFacts, transcript};
use ehlo::session::Dialogue;
use ehlo::smtp::sasl::{self, Name};
use ehlo::speaker::login::{Credentials, Fault, Next, needs_password};
use ehlo::speaker::{Errand, Login, Policy, Say, Script, Secret, Seed, Server, Speaker};
use hiding::{files, found};
use outline::outline;
use program::{Ended, Home, Running, arg};

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
    dialogue.apply(&Event::new(Moment(0), Happening::Opened(Box::new(endpoints))));
    dialogue
}

fn practice(seed: u8) -> Server {
    let deliver = Arc::new(|_| Ok("1".to_owned()));
    Server::new(Policy::default(), deliver, Seed([seed; 32]))
}

/// Plays a script against the practice server; every login in it uses `secret`.
fn play(text: &str, secret: &str) -> (Script, Dialogue) {
    let steps = transcript::steps(text.as_bytes()).unwrap();
    let mut script = Script::new(steps, |_, _| Err("no file".into())).unwrap();
    script
        .equip(|errand| {
            let Errand::Login(login) = errand else { panic!("{errand:?}") };
            login.supply(Secret::new(secret), Seed([7; 32]));
            Ok(())
        })
        .unwrap();
    let (mut server, mut seen) = (practice(9), opened());
    for _ in 0..200 {
        let mut spoke = false;
        for side in [Side::Client, Side::Server] {
            loop {
                let say = match side {
                    Side::Client => script.next(Moment(1), &seen),
                    Side::Server => server.next(Moment(1), &seen),
                };
                match say {
                    Some(Say::Bytes(bytes) | Say::Answer(bytes)) => hear(&mut seen, side, &bytes),
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
    assert_eq!(script.remarks(), []);
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
                "C: EHLO x.example\nS: 250-AUTH *{mechanism}*\nS: 250 *\n:auth {mechanism} {user}{way}\nC: MAIL FROM:<{USER}> AUTH=<>\nS: 250\nC: RCPT TO:<somebody@elsewhere.example>\nS: {relays}\nC: RSET\nS: 250\nC: AUTH {mechanism}\nS: 503\nC: QUIT"
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
        // `n,,n=a=2Cb=3D,r=x`, and with `=` alone in either name.
        ("C: AUTH SCRAM-SHA-1 biwsbj1hPTJDYj0zRCxyPXg=", "334"),
        ("C: AUTH SCRAM-SHA-1 biwsbj1hPWIscj14", "501 5.5.2*"),
        ("C: AUTH SCRAM-SHA-1 bixhPWE9YixuPWEscj14", "501 5.5.2*"),
        ("C: AUTH OAUTHBEARER bixhPWE9YiwBYXV0aD1CZWFyZXIgeWEyOS50b2tlbgEB", "501 5.5.2*"),
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

/// Both sides of a login under TLS, of which each knows its own end, until the client has nothing
/// more to do.
fn bound(mechanism: &str, client: TlsFacts, server_end: TlsFacts) -> (Login, Dialogue) {
    let mut server = practice(3);
    let under = |facts| {
        let mut seen = opened();
        seen.apply(&Event::new(Moment(0), Happening::Secured(Box::new(facts))));
        seen
    };
    let (mut seen, mut seen_there) = (under(client), under(server_end));
    let both = |seen: &mut Dialogue, there: &mut Dialogue, side, bytes: &[u8]| {
        hear(seen, side, bytes);
        hear(there, side, bytes);
    };
    let credentials = Credentials { user: USER.into(), ..Credentials::default() };
    let mut login = Login::new(mechanism, credentials, None);
    login.supply(Secret::new(PASSWORD), Seed([5; 32]));
    let mut introduced = false;
    for _ in 0..20 {
        while let Some(Say::Bytes(bytes)) = server.next(Moment(1), &seen_there) {
            both(&mut seen, &mut seen_there, Side::Server, &bytes);
        }
        if !introduced {
            introduced = true;
            both(&mut seen, &mut seen_there, Side::Client, b"EHLO x.example\r\n");
            continue;
        }
        match login.next(&seen) {
            Next::Say(bytes) | Next::Answer(bytes) => {
                both(&mut seen, &mut seen_there, Side::Client, &bytes);
            }
            Next::Wait => {}
            Next::Over(_) => return (login, seen),
        }
    }
    panic!("it does not end\n{}", outline(&seen))
}

#[test]
fn plus_is_bound_to_the_connection() {
    let end = |data: &str| {
        let binding = Binding { kind: "tls-exporter".into(), data: data.into() };
        TlsFacts { binding: Some(binding), ..TlsFacts::default() }
    };
    for mechanism in ["SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"] {
        let (login, seen) = bound(mechanism, end("same"), end("same"));
        assert!(seen.is_authenticated() && login.fault().is_none(), "{}", outline(&seen));
        // Somebody in between has two connections.
        let (_, seen) = bound(mechanism, end("here"), end("there"));
        assert!(!seen.is_authenticated());
        let (_, seen) = bound(mechanism, TlsFacts::default(), end("same"));
        assert!(!seen.is_authenticated());
        let base = mechanism.strip_suffix("-PLUS").unwrap();
        let (_, seen) = bound(base, end("same"), end("same"));
        assert!(seen.is_authenticated(), "offered and not wanted");
    }
    let shown = |name: &str, faults| TlsFacts {
        chain: vec![Certificate { names: vec![name.into()], ..Certificate::default() }],
        verdict: Some(Verdict { name: String::new(), at: 0, faults }),
        ..TlsFacts::default()
    };
    let external = |server_end| bound("EXTERNAL", TlsFacts::default(), server_end).1;
    assert!(external(shown(USER, vec![])).is_authenticated());
    assert!(!external(shown("bob@example.net", vec![])).is_authenticated());
    assert!(!external(shown(USER, vec![CertificateFault::Expired])).is_authenticated());
}

/// What a client of `mechanism` says first, for `user`, behind what has happened so far.
fn first_words(mechanism: &str, user: &str, seen: &Dialogue) -> sasl::Step {
    let credentials = Credentials { user: user.into(), ..Credentials::default() };
    let mut login = Login::new(mechanism, credentials, Some(true));
    login.supply(Secret::new(PASSWORD), Seed([5; 32]));
    let Next::Say(line) = login.next(seen) else { panic!("{}", outline(seen)) };
    let answer = line.trim_ascii_end().rsplit(|b| *b == b' ').next().unwrap();
    sasl::of_client(mechanism, 0, b"", answer)
}

/// TLS to which a login can be bound.
fn bindable() -> Happening {
    let binding = Binding { kind: "tls-exporter".into(), data: "same".into() };
    Happening::Secured(Box::new(TlsFacts { binding: Some(binding), ..TlsFacts::default() }))
}

#[test]
fn only_a_list_without_plus_is_said_to_have_none() {
    for (tls, list, flag) in [
        (false, None, "n"),
        (false, Some("AUTH SCRAM-SHA-1"), "n"),
        (true, None, "n"),
        (true, Some("AUTH SCRAM-SHA-1"), "y"),
        (true, Some("SIZE"), "y"),
        (true, Some("AUTH SCRAM-SHA-1 scram-sha-1-plus"), "n"),
    ] {
        let mut seen = opened();
        hear(&mut seen, Side::Server, b"220 mx\r\n");
        hear(&mut seen, Side::Client, b"EHLO x.example\r\n");
        hear(&mut seen, Side::Server, b"250-mx\r\n250 AUTH SCRAM-SHA-1\r\n");
        if tls {
            seen.apply(&Event::new(Moment(0), bindable()));
        }
        if let Some(list) = list {
            hear(&mut seen, Side::Client, b"EHLO x.example\r\n");
            hear(&mut seen, Side::Server, format!("250-mx\r\n250 {list}\r\n").as_bytes());
        }
        let first = first_words("SCRAM-SHA-1", USER, &seen);
        assert_eq!(first.text(Name::Binding).unwrap(), flag, "{tls} {list:?}");
    }
}

#[test]
fn the_server_knows_that_plus_was_taken_off_its_list() {
    for (flag, tls, code) in [("n", true, 334), ("y", true, 535), ("y", false, 334)] {
        let (mut server, mut seen) = (practice(3), opened());
        if tls {
            seen.apply(&Event::new(Moment(0), bindable()));
        }
        let first = sasl::encode(format!("{flag},,n={USER},r=x").as_bytes());
        for line in ["", "EHLO x.example\r\n", &format!("AUTH SCRAM-SHA-256 {first}\r\n")] {
            hear(&mut seen, Side::Client, line.as_bytes());
            while let Some(Say::Bytes(bytes)) = server.next(Moment(1), &seen) {
                hear(&mut seen, Side::Server, &bytes);
            }
        }
        let reply = seen.exchanges().last().unwrap().reply.clone().unwrap();
        assert_eq!(reply.code.unwrap().0, code, "{flag}\n{}", outline(&seen));
    }
}

#[test]
fn a_token_is_for_the_server_that_was_asked_for() {
    for (target, host) in [
        ("smtps://127.0.0.1", "127.0.0.1"),
        ("smtps://mail.example.org:4650/", "mail.example.org"),
        ("mail.example.org", "mail.example.org"),
        ("[::1]:587", "::1"),
        ("m\u{fc}ller.example", "xn--mller-kva.example"),
        ("practice", "mx.example.net"),
        ("unix:/run/smtp", "localhost"),
        ("no target", "no target"),
    ] {
        let mut seen = Dialogue::default();
        let remote = Some("127.0.0.1:4650".to_owned());
        let endpoints = Endpoints { target: target.into(), remote, ..Endpoints::default() };
        seen.apply(&Event::new(Moment(0), Happening::Opened(Box::new(endpoints))));
        hear(&mut seen, Side::Server, b"220 mx\r\n");
        let first = first_words("OAUTHBEARER", USER, &seen);
        assert_eq!(first.text(Name::Host).unwrap(), host);
        assert_eq!(first.text(Name::Port).unwrap(), "4650");
    }
}

#[test]
fn a_name_has_one_form_in_scram() {
    let mut seen = opened();
    hear(&mut seen, Side::Server, b"220 mx\r\n");
    for (user, said) in [("I\u{ad}X", "IX"), ("\u{2168}", "IX"), ("a,\u{aa}", "a,a")] {
        let first = first_words("SCRAM-SHA-1", user, &seen);
        assert_eq!(first.text(Name::User).unwrap(), said);
    }
}

#[test]
fn no_challenge_comes_twice() {
    for mechanism in ["CRAM-MD5", "SCRAM-SHA-256"] {
        let challenge = |seed| {
            let (mut server, mut seen) = (practice(seed), opened());
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
        // It is still wrong when the client is let in.
        (
            "SCRAM-SHA-1",
            &["334 NONCE,s=AA==,i=1", "334 dj1BQUFB", "235 come in"],
            Fault::WrongSignature,
        ),
        ("SCRAM-SHA-1", &["334 NONCE,s=AA==,i=4096", "235 come in"], Fault::NoSignature),
        // A proof cannot come before what it proves.
        ("SCRAM-SHA-1", &["334 NONCE,s=AA==,i=4096,v=AAAA", "235 come in"], Fault::Malformed),
        ("SCRAM-SHA-256", &["334 NONCE,s=AA==,i=4096,m=x"], Fault::UnknownExtension),
        ("SCRAM-SHA-256", &["334 bT14LHI9eSxzPUFBPT0saT00MDk2"], Fault::UnknownExtension),
        ("SCRAM-SHA-256", &["334 NONCE,s=AA==,i=4095"], Fault::FewRounds),
        ("SCRAM-SHA-1", &["334 NONCE,s=AA==,i=1", "235 come in"], Fault::NoSignature),
        ("SCRAM-SHA-1-PLUS", &["334 "], Fault::NoBinding),
    ] {
        let mut seen = opened();
        hear(&mut seen, Side::Server, b"220 mx\r\n");
        let credentials = Credentials { user: USER.into(), ..Credentials::default() };
        let mut login = Login::new(mechanism, credentials, None);
        login.supply(Secret::new(PASSWORD), Seed([5; 32]));
        let mut said = Vec::new();
        for question in questions.iter().chain(&["501 ok"]) {
            let (Next::Say(bytes) | Next::Answer(bytes)) = login.next(&seen) else { break };
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
        let given_up = !matches!(fault, Fault::NoSignature | Fault::FewRounds);
        assert_eq!(said.last().unwrap() == "*\r\n", given_up, "{mechanism} {questions:?} {said:?}");
    }
}

#[test]
fn a_long_first_answer_waits_for_the_question() {
    let text = format!("C: EHLO x.example\nS: 250\n:auth PLAIN {USER}\nS: 535\nC: QUIT");
    let (_, seen) = play(&text, &"x".repeat(600));
    assert_eq!(&seen.exchanges()[2].line.as_ref().unwrap().bytes[..], b"AUTH PLAIN");
    assert!(needs_password("PLAIN") && !needs_password("EXTERNAL"));
}

/// What rsasl asks for on either side; who the client wants to act as.
#[derive(Default)]
struct Oracle(Option<&'static str>);

impl rsasl::callback::SessionCallback for Oracle {
    fn callback(
        &self,
        session: &rsasl::callback::SessionData,
        context: &rsasl::callback::Context<'_>,
        request: &mut rsasl::callback::Request<'_>,
    ) -> Result<(), rsasl::prelude::SessionError> {
        use rsasl::mechanisms::{oauthbearer, scram, xoauth2};
        use rsasl::property;
        let bearer = context.get_ref::<property::OAuthBearerToken>();
        if let Some(act_as) = self.0 {
            request.satisfy::<property::AuthzId>(act_as)?;
        }
        request
            .satisfy::<property::AuthId>(USER)?
            .satisfy::<property::Password>(PASSWORD.as_bytes())?
            .satisfy::<property::OAuthBearerToken>(TOKEN)?
            .satisfy::<property::OAuthBearerKV>(&[])?;
        if request.is::<oauthbearer::properties::OAuthBearerValidate>() {
            let good = bearer.is_some_and(|bearer| bearer.trim_start_matches("Bearer ") == TOKEN);
            let error = oauthbearer::properties::OAuthBearerError::new("invalid_token", None, None);
            let said = if good { Ok(()) } else { Err(error) };
            request.satisfy::<oauthbearer::properties::OAuthBearerValidate>(&said)?;
        }
        if request.is::<xoauth2::properties::XOAuth2Validate>() {
            let said = if bearer == Some(TOKEN) { Ok(()) } else { Err("{\"status\":\"401\"}") };
            request.satisfy::<xoauth2::properties::XOAuth2Validate>(&said)?;
        }
        if request.is::<scram::properties::ScramStoredPassword<'_>>() {
            let sha1 = session.mechanism().mechanism.as_str().contains("SHA-1");
            let (stored, server) =
                if sha1 { stored::<sha1::Sha1>() } else { stored::<sha2::Sha256>() };
            let kept = scram::properties::ScramStoredPassword::new(ROUNDS, SALT, &stored, &server);
            request.satisfy::<scram::properties::ScramStoredPassword<'_>>(&kept)?;
        }
        Ok(())
    }

    fn validate(
        &self,
        _session: &rsasl::callback::SessionData,
        context: &rsasl::callback::Context<'_>,
        validate: &mut rsasl::validate::Validate<'_>,
    ) -> Result<(), rsasl::validate::ValidationError> {
        use rsasl::property::{AuthId, Password};
        let password = context.get_ref::<Password>();
        let user = context.get_ref::<AuthId>();
        let bearer = context.get_ref::<rsasl::property::OAuthBearerToken>();
        let good = password.is_none_or(|given| given == PASSWORD.as_bytes())
            && user.is_none_or(|user| user == USER)
            && bearer.is_none_or(|bearer| bearer == TOKEN);
        validate.finalize::<LetIn>(good);
        Ok(())
    }
}

struct LetIn;

impl rsasl::validate::Validation for LetIn {
    type Value = bool;
}

const SALT: &[u8] = b"practice salt 16";
const ROUNDS: u32 = 4096;

/// The keys that a server keeps (RFC 5802 §3), computed apart from the program.
fn stored<D>() -> (Vec<u8>, Vec<u8>)
where
    D: sha2::Digest + hmac::digest::core_api::BlockSizeUser + Clone + Sync,
{
    use hmac::{Mac as _, SimpleHmac};
    let mut salted = vec![0; <D as sha2::Digest>::output_size()];
    pbkdf2::pbkdf2::<SimpleHmac<D>>(PASSWORD.as_bytes(), SALT, ROUNDS, &mut salted).unwrap();
    let keyed = |text: &[u8]| {
        let mac = SimpleHmac::<D>::new_from_slice(&salted).unwrap();
        mac.chain_update(text).finalize().into_bytes().to_vec()
    };
    (D::digest(keyed(b"Client Key")).to_vec(), keyed(b"Server Key"))
}

/// What the other implementation knows too.
const SHARED: [&str; 6] =
    ["PLAIN", "LOGIN", "SCRAM-SHA-1", "SCRAM-SHA-256", "XOAUTH2", "ANONYMOUS"];

/// A client of another implementation logs in at the practice server, as somebody else or not.
fn rsasl_logs_in(mechanism: &str, act_as: Option<&'static str>) -> Dialogue {
    use rsasl::prelude::{Mechname, SASLClient, SASLConfig};
    let config = SASLConfig::builder().with_default_mechanisms();
    let config = config.with_callback(Oracle(act_as)).unwrap();
    let name = Mechname::parse(mechanism.as_bytes()).unwrap();
    let mut session = SASLClient::new(config).start_suggested([&name]).unwrap();
    let (mut server, mut seen) = (practice(9), opened());
    let mut hears = |seen: &mut Dialogue, line: &str| {
        hear(seen, Side::Client, line.as_bytes());
        while let Some(Say::Bytes(bytes)) = server.next(Moment(1), seen) {
            hear(seen, Side::Server, &bytes);
        }
    };
    hears(&mut seen, "");
    hears(&mut seen, "EHLO x.example\r\n");
    hears(&mut seen, &format!("AUTH {mechanism}\r\n"));
    for _ in 0..5 {
        let reply = seen.exchanges().last().unwrap().reply.clone().unwrap();
        if reply.code.unwrap().0 != 334 {
            break;
        }
        let asked = sasl::decode(reply.lines[0].text()).unwrap();
        let input = (!asked.is_empty()).then_some(&asked[..]);
        // The prompts of LOGIN are nothing to it.
        let input = input.filter(|_| mechanism != "LOGIN");
        let mut answer = Vec::new();
        if let Err(why) = session.step(input, &mut answer) {
            panic!("{mechanism}: {why}\n{}", outline(&seen));
        }
        hears(&mut seen, &format!("{}\r\n", sasl::encode(&answer)));
    }
    seen
}

#[test]
fn the_client_of_another_implementation_logs_in() {
    for mechanism in SHARED.into_iter().chain(["OAUTHBEARER"]) {
        let seen = rsasl_logs_in(mechanism, None);
        assert!(seen.is_authenticated(), "{mechanism}\n{}", outline(&seen));
    }
}

#[test]
fn nobody_acts_as_somebody_else() {
    for mechanism in ["PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256"] {
        for (act_as, taken) in
            [(USER, true), ("ALICE@example.org", true), ("bob@example.net", false)]
        {
            let seen = rsasl_logs_in(mechanism, Some(act_as));
            assert_eq!(seen.is_authenticated(), taken, "{mechanism} {act_as}\n{}", outline(&seen));
        }
    }
}

#[test]
fn the_server_of_another_implementation_lets_our_client_in() {
    use rsasl::prelude::{Mechname, SASLConfig, SASLServer};
    for mechanism in SHARED {
        for secret in [secret_of(mechanism), "wrong"] {
            let config = SASLConfig::builder()
                .with_default_mechanisms()
                .with_callback(Oracle::default())
                .unwrap();
            let name = Mechname::parse(mechanism.as_bytes()).unwrap();
            let mut session = SASLServer::<LetIn>::new(config).start_suggested(name).unwrap();
            let mut seen = opened();
            hear(&mut seen, Side::Server, b"220 mx\r\n");
            let credentials = Credentials { user: USER.into(), ..Credentials::default() };
            let mut login = Login::new(mechanism, credentials, Some(false));
            login.supply(Secret::new(secret), Seed([4; 32]));
            let (mut first, mut over) = (true, false);
            while let Next::Say(line) | Next::Answer(line) = login.next(&seen) {
                hear(&mut seen, Side::Client, &line);
                let text = std::str::from_utf8(&line).unwrap().trim();
                let input = (!first).then(|| sasl::decode(text.as_bytes()).unwrap_or_default());
                let mut question = Vec::new();
                let reply = if text == "*" {
                    "501 cancelled".to_owned()
                } else if over {
                    "235 in".to_owned()
                } else if first && mechanism != "LOGIN" {
                    "334 ".to_owned()
                } else {
                    match session.step(input.as_deref(), &mut question) {
                        Ok(state) if state.is_running() || !question.is_empty() => {
                            over = state.is_finished();
                            format!("334 {}", sasl::encode(&question))
                        }
                        Ok(_) if session.validation() == Some(true) => "235 in".to_owned(),
                        _ => "535 no".to_owned(),
                    }
                };
                first = false;
                hear(&mut seen, Side::Server, format!("{reply}\r\n").as_bytes());
            }
            let good = secret != "wrong" || mechanism == "ANONYMOUS";
            assert_eq!(seen.is_authenticated(), good, "{mechanism} {secret}\n{}", outline(&seen));
            // It says so inside, where others say 535 at once.
            let refused = !good && mechanism.starts_with("SCRAM");
            assert_eq!(
                login.fault(),
                refused.then_some(Fault::ServerError),
                "{mechanism} {secret}"
            );
        }
    }
}

#[track_caller]
fn assert_hidden(mechanism: &str, what: &str, text: &str) {
    let form = found(secret_of(mechanism), text);
    assert_eq!(form, None, "{mechanism}: in {what}:\n{text}");
}

/// What rsasl does not know: a server of libgsasl, and a binding that both ends have, or not.
#[test]
fn a_bound_login_is_what_libgsasl_takes() {
    let probe = ["-c", "import ctypes; ctypes.CDLL('libgsasl.so.18')"];
    let probed = Command::new("python3").args(probe).output();
    if !probed.is_ok_and(|ended| ended.status.success()) {
        let required = std::env::var_os("EHLO_SERVERS").is_some_and(|v| v == "required");
        assert!(!required, "libgsasl is required");
        return eprintln!("skipped: no libgsasl");
    }
    let server = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/plus.py");
    for mechanism in ["SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"] {
        for (password, there, good) in
            [(PASSWORD, "same", true), ("wrong", "same", false), (PASSWORD, "other", false)]
        {
            let mut command = Command::new("python3");
            command.args([server, mechanism, PASSWORD, &sasl::encode(there.as_bytes())]);
            let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
            let mut hears = child.stdin.take().unwrap();
            let mut says = BufReader::new(child.stdout.take().unwrap());
            let mut seen = opened();
            seen.apply(&Event::new(Moment(0), bindable()));
            hear(&mut seen, Side::Server, b"220 mx\r\n");
            let credentials = Credentials { user: USER.into(), ..Credentials::default() };
            let mut login = Login::new(mechanism, credentials, None);
            login.supply(Secret::new(password), Seed([4; 32]));
            while let Next::Say(line) | Next::Answer(line) = login.next(&seen) {
                hear(&mut seen, Side::Client, &line);
                let answer = line.trim_ascii_end().rsplit(|b| *b == b' ').next().unwrap();
                hears.write_all(&[answer, b"\n"].concat()).unwrap();
                let mut reply = String::new();
                says.read_line(&mut reply).unwrap();
                hear(&mut seen, Side::Server, format!("{}\r\n", reply.trim_end()).as_bytes());
            }
            drop(hears);
            child.wait().unwrap();
            assert_eq!(seen.is_authenticated(), good, "{mechanism} {there}\n{}", outline(&seen));
            assert_eq!(login.fault(), None, "{mechanism} {there}");
        }
    }
}

#[test]
fn no_secret_is_in_anything_that_is_printed_or_written() {
    for mechanism in OFFERED.into_iter().filter(|mechanism| needs_password(mechanism)) {
        let home = Home::new();
        let secret = secret_of(mechanism);
        let lines = format!(
            "EHLO x.example\n:auth {mechanism} {USER}\n{secret}\nMAIL FROM:<{USER}>\nQUIT\n"
        );
        let plain = home.run_with(["--plain", "--record", "r.jsonl", "practice"], &lines).with(0);
        assert!(plain.out.contains("235 2.7.0"), "{mechanism}\n{}", plain.out);
        let script = home.file(
            "login.txt",
            format!("C: EHLO x.example\nS: 250\n:auth {mechanism} {USER}\nC: QUIT\n"),
        );
        home.file("secret", format!("{secret}\n"));
        let from_file = ["--password-file", "secret", "--record", "s.jsonl"];
        let run = ["run", arg(&script), "--server", "practice"];
        let ran = home.run(run.iter().chain(&from_file)).with(0);
        let json = home.run(run.iter().chain(&from_file).chain(&["--json"])).with(0);
        assert_eq!(json.json()[0]["login"]["user"], USER, "{mechanism}");
        let mut command = home.ehlo(run.iter().chain(&["--password-env", "EHLO_TEST_SECRET"]));
        command.env("EHLO_TEST_SECRET", secret);
        let by_variable = Running::start(command).end().with(0);
        let by_command = home.run(run.iter().chain(&["--password-command", "cat secret"])).with(0);
        let shown = ["r.jsonl", "s.jsonl"].map(|file| home.run(["show", file]).with(0));
        let shown_json = home.run(["show", "r.jsonl", "--json"]).with(0);
        let all = [plain, ran, json, by_variable, by_command, shown_json].into_iter().chain(shown);
        for Ended { out, err, .. } in all {
            assert_hidden(mechanism, "the output", &out);
            assert_hidden(mechanism, "the messages", &err);
        }
        for file in files(&home.path(".")).iter().filter(|file| !file.ends_with("secret")) {
            let bytes = std::fs::read(file).unwrap();
            assert_hidden(mechanism, "a file", &String::from_utf8_lossy(&bytes));
        }
        let open = home.run(run.iter().chain(&from_file).chain(&["--with-secrets"])).with(0);
        let told = ["CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"].contains(&mechanism)
            || open.out.contains(secret);
        assert!(told, "{mechanism}: with --with-secrets it is there\n{}", open.out);
    }
}

#[test]
fn without_a_password_a_script_is_no_script() {
    let home = Home::new();
    let script = home.file("x.txt", "C: EHLO x\nS: 250\n:auth PLAIN alice@example.org\n");
    let run = ["run", arg(&script), "--server", "practice"];
    let told = home.run(run).with(64).err;
    assert!(told.contains("line 3") && told.contains("--password-env"), "{told}");
    let told = home.run(run.iter().chain(&["--password-env", "NOT_THERE"])).with(64).err;
    assert!(told.contains("NOT_THERE"), "{told}");
    home.run(run.iter().chain(&["--password-env", "A", "--password-file", "b"])).with(64);
    let script = home.file("x.txt", "C: EHLO x\nS: 250\n:auth ANONYMOUS me\nC: QUIT\n");
    home.run(["run", arg(&script), "--server", "practice"]).with(0);
}

#[test]
fn a_login_by_hand_is_decoded_and_can_be_encoded() {
    let home = Home::new();
    let lines =
        format!("EHLO x.example\nAUTH PLAIN\n:b64 \\0{USER}\\0{PASSWORD}\nAUTH PLAIN\nQUIT\n");
    let out = home.run_with(["--plain", "practice"], lines).with(0).out;
    assert!(
        out.contains(&format!("#   acts as: empty; user: {USER}; password: (hidden)")),
        "{out}"
    );
    assert!(out.contains("235 2.7.0") && out.contains("503 5.5.1"), "{out}");
    assert_hidden("PLAIN", "the output", &out);
    let lines = "EHLO x.example\nAUTH SCRAM-SHA-256 biwsbj11c2VyLHI9eA==\n*\nQUIT\n";
    let out = home.run_with(["--plain", "practice", "--lang", "ja"], lines).with(0).out;
    assert!(out.contains("反復回数：4096") && out.contains("501 5.7.0"), "{out}");
}
