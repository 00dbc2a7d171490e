//! What this program proves at the doors of `support/servers.rs`: it logs in with every mechanism
//! that is offered, is refused with a wrong secret, gives up where it is told to, and says the
//! server's own words where a mechanism is not offered. Nothing that it prints or records has a
//! secret in it.
//!
//! What was proven is printed as one table.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[path = "support/hiding.rs"]
mod hiding;
#[path = "support/program.rs"]
mod program;
#[path = "support/servers.rs"]
mod servers;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use ehlo::journal::file;
use ehlo::session::{Dialogue, Login};
use ehlo::smtp::sasl::{self, Form, Name};
use hiding::{files, found};
use program::{Ended, Home, Running, arg};
use serde_json::Value;
use servers::{OFFERS, Offer, PASSWORD, Server, USER, World};

/// How many doors are tried at once.
const WORKERS: usize = 4;

/// The mechanisms that this program logs in with.
const OURS: [&str; 9] = [
    "PLAIN",
    "LOGIN",
    "CRAM-MD5",
    "SCRAM-SHA-1",
    "SCRAM-SHA-256",
    "XOAUTH2",
    "OAUTHBEARER",
    "EXTERNAL",
    "ANONYMOUS",
];

/// One that it can only give up.
const THEIRS: &str = "DIGEST-MD5";

const WRONG: &str = "wrong battery";
const STRANGER: &str = "bob@example.org";

/// A secret, and the option that says where it is.
#[derive(Clone, Copy)]
struct Given<'a> {
    secret: &'a str,
    option: &'static str,
}

/// A door, before TLS or inside it.
#[derive(Clone, Copy)]
struct Place<'a> {
    world: &'a World,
    server: &'a Server,
    offer: &'static Offer,
    secured: bool,
}

impl Place<'_> {
    fn name(&self) -> String {
        let layer = if self.secured { self.offer.version().unwrap_or("TLSv1.3") } else { "clear" };
        format!("{:8} {:25} {layer:8}", self.server.name(), self.offer.door)
    }

    fn offers(&self, mechanism: &str) -> bool {
        let offered = if self.secured { self.offer.secured } else { self.offer.clear };
        offered.contains(&mechanism)
    }

    /// What makes a login impossible where nothing but good TLS will do.
    fn obstacle(&self) -> Option<&'static str> {
        let old = self.offer.version().filter(|v| matches!(*v, "TLSv1.0" | "TLSv1.1"));
        self.offer.flaw().or(old).filter(|_| self.secured)
    }

    /// Plays scripts in one run, and insists that nothing of it has a secret in it.
    fn play(&self, scripts: &[String], given: Option<Given<'_>>, options: &[&str]) -> Ended {
        let (home, elsewhere) = (Home::new(), Home::new());
        let ended = self.play_at(&home, &elsewhere, scripts, given, options);
        let secrets = given.map_or("", |given| given.secret);
        let texts = [ended.out.clone(), ended.err.clone()];
        for text in texts.into_iter().chain(files(&home.path("")).iter().map(|f| text(f))) {
            assert_eq!(found(secrets, &text), None, "{} {options:?}\n{text}", self.name());
        }
        for session in ended.json() {
            for exchange in session["exchanges"].as_array().unwrap() {
                assert!(is_veiled(exchange), "{}: {exchange}", self.name());
            }
        }
        for recording in recordings(&home) {
            let login = (0..recording.exchanges().len()).find_map(|at| Login::at(&recording, at));
            for step in login.iter().flat_map(Login::client_steps) {
                let seen = matches!(step.form, Form::Base64(_) | Form::NotBase64(_));
                assert!(!seen, "{} {options:?}: {:?}", self.name(), step.fields);
            }
            for step in login.iter().flat_map(Login::server_steps) {
                assert!(step.get(Name::Signature).is_none(), "{} {options:?}", self.name());
            }
        }
        ended
    }

    fn play_at(
        &self,
        home: &Home,
        elsewhere: &Home,
        scripts: &[String],
        given: Option<Given<'_>>,
        options: &[&str],
    ) -> Ended {
        let door = format!("localhost:{}", self.server.port(self.offer.door));
        let (ca, own) = (self.server.ca(), self.server.client_certificate());
        let when = match (self.secured, self.offer.implicit()) {
            (true, true) => "implicit",
            (true, false) => "starttls",
            (false, _) => "off",
        };
        let names: Vec<_> = (0..scripts.len()).map(|at| format!("script-{at}.txt")).collect();
        for (name, script) in names.iter().zip(scripts) {
            home.file(name, script);
        }
        let mut args = vec!["run", "--json", "--record", "login.jsonl", "--server", &door];
        args.extend(["--tls", when, "--tls-ca", arg(&ca)]);
        args.extend(options.iter().flat_map(|option| match *option {
            "certificate" => vec!["--tls-cert", arg(&own), "--tls-key", arg(&own)],
            option => vec![option],
        }));
        args.extend(names.iter().map(String::as_str));
        let Given { secret, option } = given.unwrap_or(Given { secret: "", option: "" });
        let kept = elsewhere.file("secret", format!("{secret}\n"));
        let printing = format!("cat '{}'", arg(&kept));
        match option {
            "--password-env" => args.extend([option, "SECRET"]),
            "--password-file" => args.extend([option, arg(&kept)]),
            "--password-command" => args.extend([option, &printing]),
            _ => {}
        }
        let mut command = home.ehlo(args);
        command.env("SECRET", secret);
        Running::start(command).end()
    }

    /// A login with each of these, which are offered: what is right is taken, what is wrong is not,
    /// and `*` ends it, behind which the session goes on.
    fn logs_in(&self, mechanisms: &[&str], right: &Given<'_>, wrong: &Given<'_>) {
        let options: &[&str] = if mechanisms == ["EXTERNAL"] { &["certificate"] } else { &[] };
        let mut scripts: Vec<_> = mechanisms.iter().map(|m| login(m, USER)).collect();
        scripts.extend(mechanisms.iter().map(|m| cancelled(m, "")));
        if mechanisms.contains(&"LOGIN") {
            scripts.push(cancelled("LOGIN", &format!(":b64 {USER}\nS: 334\n")));
        }
        let ended = self.play(&scripts, Some(*right), options).with(0);
        for (mechanism, session) in mechanisms.iter().zip(ended.json()) {
            let about = format!("{} {mechanism}: {session}", self.name());
            let login = serde_json::json!({ "mechanism": mechanism, "user": USER });
            assert_eq!(session["login"], login, "{about}");
            assert_eq!(session["outcome"], "as-expected", "{about}");
            assert_eq!(session["tls"].is_object(), self.secured, "{about}");
            if self.secured {
                assert_eq!(session["tls"]["verdict"]["faults"], serde_json::json!([]), "{about}");
            }
        }
        let mut mechanisms = mechanisms.to_vec();
        // Nobody is refused there.
        mechanisms.retain(|m| *m != "ANONYMOUS");
        let who = if mechanisms == ["EXTERNAL"] { STRANGER } else { USER };
        let scripts: Vec<_> = mechanisms.iter().map(|m| login(m, who)).collect();
        let ended = self.play(&scripts, Some(*wrong), options).with(1);
        for (mechanism, session) in mechanisms.iter().zip(ended.json()) {
            assert_eq!(self.refusal(&session, &ended), 535, "{} {mechanism}", self.name());
            let token = mechanism.contains("OAUTH");
            assert_eq!(findings(&session).contains(&"E12"), token, "{session}");
            assert!(!findings(&session).contains(&"E05"), "{session}");
            if token {
                explains_the_token(mechanism, &session, &ended);
            }
        }
    }

    /// The code that ended a login, whose words are printed.
    fn refusal(&self, session: &Value, ended: &Ended) -> u64 {
        let about = format!("{}: {session}", self.name());
        assert_eq!(session["outcome"], "not-as-expected", "{about}");
        assert_eq!(session["mismatch"]["expected"], serde_json::json!(["235"]), "{about}");
        assert!(session["login"].is_null(), "{about}");
        let at = usize::try_from(session["mismatch"]["exchange"].as_u64().unwrap()).unwrap();
        let reply = &session["exchanges"][at]["reply"];
        let words = reply["lines"][0].as_str().unwrap();
        assert!(ended.err.contains(&format!("#   seen: {words}")), "{about}\n{}", ended.err);
        reply["code"].as_u64().unwrap()
    }

    /// Everything about the mechanisms that are offered.
    fn takes(&self, offered: &[&'static str]) {
        let dovecot = self.world.server("dovecot");
        let (token, old) = (dovecot.map(Server::token), dovecot.map(Server::expired_token));
        let (token, old) = (token.unwrap_or_default(), old.unwrap_or_default());
        let kinds = [
            (PASSWORD, "--password-file", WRONG, "--password-env"),
            (&*token, "--password-command", &*old, "--password-file"),
            ("", "", "", ""),
        ];
        for (kind, (right, here, wrong, there)) in kinds.into_iter().enumerate() {
            let of_kind = |m: &&&str| kind == kind_of(m);
            let mechanisms: Vec<_> = offered.iter().filter(of_kind).copied().collect();
            if !mechanisms.is_empty() {
                let (right, wrong) =
                    (Given { secret: right, option: here }, Given { secret: wrong, option: there });
                self.logs_in(&mechanisms, &right, &wrong);
            }
        }
    }

    /// What the server says to mechanisms that it does not offer: they are tried all the same.
    fn refuses(&self, mechanisms: &[&'static str]) -> Vec<(&'static str, u64)> {
        let scripts: Vec<_> = mechanisms.iter().map(|m| login(m, USER)).collect();
        let ended = self.play(&scripts, Some(RIGHT), &[]).with(1);
        let refused = mechanisms.iter().zip(ended.json()).map(|(mechanism, session)| {
            let code = self.refusal(&session, &ended);
            assert!((500..=599).contains(&code), "{} {mechanism}: {session}", self.name());
            // It does not say that the password is wrong.
            let misled = code == 535 && !self.offers(mechanism);
            assert_eq!(findings(&session).contains(&"E05"), misled, "{session}");
            if *mechanism == THEIRS {
                assert_eq!(code, 501, "{session}");
                assert!(ended.err.contains("cannot answer this mechanism"), "{}", ended.err);
            }
            (*mechanism, code)
        });
        refused.collect()
    }

    /// A line of the table.
    fn proves(&self) -> String {
        if let Some(obstacle) = self.obstacle() {
            let ended = self.play(&[login("PLAIN", USER)], Some(RIGHT), &[]).with(2);
            let said = ended.json()[0]["exchanges"].to_string();
            assert!(!said.contains("AUTH"), "{}: {said}", self.name());
            return format!("{} no login: {obstacle}", self.name());
        }
        let (offered, mut rest): (Vec<_>, Vec<_>) = OURS.into_iter().partition(|m| self.offers(m));
        let (works, hopeless): (Vec<_>, Vec<_>) =
            // Without TLS there is no certificate.
            offered.iter().partition(|m| self.secured || **m != "EXTERNAL");
        rest.extend(hopeless);
        rest.extend(self.offers(THEIRS).then_some(THEIRS));
        self.takes(&works);
        let refused = if rest.is_empty() { Vec::new() } else { self.refuses(&rest) };
        let mut line = self.name();
        for mechanism in OURS {
            let code = refused.iter().find(|(m, _)| *m == mechanism).map_or(235, |(_, code)| *code);
            let _ = write!(line, " {code:<width$}", width = mechanism.len());
        }
        line + if self.offers(THEIRS) { " -" } else { "" }
    }
}

const RIGHT: Given<'_> = Given { secret: PASSWORD, option: "--password-env" };

/// 0 needs the password, 1 a token, 2 a certificate.
fn kind_of(mechanism: &str) -> usize {
    match mechanism {
        "XOAUTH2" | "OAUTHBEARER" => 1,
        "EXTERNAL" => 2,
        _ => 0,
    }
}

fn login(mechanism: &str, user: &str) -> String {
    format!("C: EHLO pc.example.test\nS: 250\n:auth {mechanism} {user}\nC: QUIT\nS: 221\n")
}

/// A login that ends behind `steps`.
fn cancelled(mechanism: &str, steps: &str) -> String {
    format!(
        "C: EHLO pc.example.test\nS: 250\nC: AUTH {mechanism}\nS: 334\n{steps}C: *\nS: 501\n\
         C: NOOP\nS: 250\nC: QUIT\nS: 221\n"
    )
}

/// What was found odd in a session.
fn findings(session: &Value) -> Vec<&str> {
    let findings = session["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["id"].as_str().unwrap()).collect()
}

/// The server says in JSON what is wrong with a token, which is read, and waits for an answer that
/// means nothing (RFC 7628 §3.2.3).
fn explains_the_token(mechanism: &str, session: &Value, ended: &Ended) {
    let (status, answer, shown) = match mechanism {
        "XOAUTH2" => ("#   kinds of token: bearer; scope: mail; status: 401\n", "", "#   empty\n"),
        _ => ("#   status: invalid_token\n", "****", "#   error read: \\x01\n"),
    };
    assert!(ended.err.contains(status) && ended.err.contains(shown), "{}", ended.err);
    let exchanges = session["exchanges"].as_array().unwrap();
    let at = exchanges.iter().position(|e| e["reply"]["code"] == 334).unwrap();
    assert_eq!(exchanges[at + 1]["command"], answer, "{session}");
    assert_eq!(exchanges[at + 1]["reply"]["code"], 535, "{session}");
}

/// Whether an exchange shows nothing of what the client says in a login, nor a proof of the server.
fn is_veiled(exchange: &Value) -> bool {
    let said = exchange["command"].as_str().unwrap_or_default();
    let secret = match exchange["turn"].as_str() {
        Some("login-answer") => said,
        _ if said.starts_with("AUTH ") => said.split(' ').nth(2).unwrap_or_default(),
        _ => "",
    };
    let heard = exchange["reply"]["lines"][0].as_str().unwrap_or_default();
    let proof = heard.strip_prefix("334 ").is_some_and(|text| sasl::proves(text.as_bytes()));
    !proof && (secret == "=" || secret.bytes().all(|b| b == b'*'))
}

fn text(file: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned()
}

/// The dialogues that were recorded.
fn recordings(home: &Home) -> Vec<Dialogue> {
    let files = files(&home.path(""));
    let recordings = files.iter().filter(|path| path.extension().is_some_and(|e| e == "jsonl"));
    let read = |path: &PathBuf| {
        let bytes = std::fs::read(path).unwrap();
        let mut dialogue = Dialogue::default();
        for event in file::read(bytes.as_slice()).unwrap().journal.events() {
            dialogue.apply(event);
        }
        dialogue
    };
    recordings.map(read).collect()
}

/// Where a secret is wanted in the output, it is found there: the search of this file can fail.
fn can_be_found(place: Place<'_>) {
    let token = place.server.token();
    for (mechanism, secret) in [("PLAIN", PASSWORD), ("LOGIN", PASSWORD), ("OAUTHBEARER", &token)] {
        let (home, elsewhere) = (Home::new(), Home::new());
        let given = Given { secret, option: "--password-env" };
        let scripts = [login(mechanism, USER)];
        let ended = place.play_at(&home, &elsewhere, &scripts, Some(given), &["--with-secrets"]);
        let recorded = text(&home.path("login.jsonl"));
        let steps = recordings(&home)[0].login().unwrap().client_steps();
        assert!(steps.iter().any(|step| matches!(step.form, Form::Base64(_))));
        let ended = ended.with(0);
        assert!(!ended.json()[0]["exchanges"].as_array().unwrap().iter().all(is_veiled));
        for text in [&ended.out, &ended.err, &recorded] {
            assert!(found(secret, text).is_some(), "{mechanism}: {text}");
        }
    }
}

#[test]
fn a_secret_is_found_in_every_form() {
    let secret = "a+b c/d";
    for user in ["", "a", "al", "ali"] {
        let said = sasl::encode(&sasl::plain("", user, secret.as_bytes()));
        assert!(found(secret, &format!("C: AUTH PLAIN {said}")).is_some(), "{said}");
        let said = said.replace('+', "-").replace('/', "_");
        assert!(found(secret, &said).is_some(), "{said}");
    }
    for said in
        ["x A+B C/D", "612b6220632f64", "61 2B 62 20 63 2F 64", "p=a%2Bb%20c%2Fd", "a%2bb+c%2fd"]
    {
        assert!(found(secret, said).is_some(), "{said}");
    }
    assert_eq!(found(secret, "a+b c d"), None);
}

#[test]
fn every_mechanism_logs_in_at_every_door() {
    let world = World::start();
    let layers = |offer: &'static Offer| {
        // Before TLS, words like `expired` change nothing.
        let telling = !offer.clear.is_empty() || matches!(offer.door, "plain" | "starttls");
        let clear = (!offer.implicit() && telling).then_some(false);
        let secured = (offer.implicit() || offer.starttls()).then_some(true);
        clear.into_iter().chain(secured).map(move |secured| (offer, secured))
    };
    let all = OFFERS.iter().filter(|offer| !offer.lmtp()).flat_map(layers);
    let places: Vec<_> = all
        .filter_map(|(offer, secured)| {
            let server = world.server(offer.server)?;
            Some(Place { world: &world, server, offer, secured })
        })
        .collect();
    let (next, proven) = (Mutex::new(places.iter()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let place = next.lock().unwrap().next();
                    let Some(place) = place else { break };
                    let line = place.proves();
                    proven.lock().unwrap().push(line);
                }
            });
        }
    });
    let ours = |place: &&Place<'_>| place.server.name() == "dovecot" && place.secured;
    if let Some(place) = places.iter().find(ours) {
        can_be_found(*place);
    }
    let mut proven = proven.into_inner().unwrap();
    proven.sort();
    let head = format!("{:43} {} {THEIRS}", "", OURS.join(" "));
    eprintln!(
        "{head}\n{}\n235: logged in; with a wrong secret it was 535, and * was answered 501\n\
         5xx: not offered, and tried all the same; EXTERNAL needs TLS\n-: not ours; * was \
         answered 501",
        proven.join("\n")
    );
}
