//! TLS over loopback: what this program says of each practice certificate, and of peers that do
//! not shake hands as they should. Real servers are in `doors.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[path = "tls/keylog.rs"]
mod keylog;
#[path = "support/peer.rs"]
mod peer;
#[path = "support/program.rs"]
mod program;
#[path = "support/serving.rs"]
mod serving;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use ehlo::net::certificate::{Authority, Kind};
use ehlo::net::stream::Stream;
use ehlo::net::tls::{Server, Tls};
use ehlo::smtp::sasl;
use ehlo::speaker::policy::ALICE;
use peer::Peer;
use program::{Ended, Home, arg};
use serving::Serving;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;

/// A client in the clear, behind the reply to STARTTLS.
fn client_behind_starttls(serving: &Serving) -> BufReader<TcpStream> {
    let stream = TcpStream::connect(serving.target.replace("localhost", "127.0.0.1")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut client = BufReader::new(stream);
    for line in ["", "EHLO pc.example.org\r\n", "STARTTLS\r\n"] {
        client.get_mut().write_all(line.as_bytes()).unwrap();
        let mut reply = String::new();
        while reply.as_bytes().get(3) != Some(&b' ') {
            reply.clear();
            assert!(client.read_line(&mut reply).unwrap() > 0, "{line:?}");
        }
    }
    client
}

const SCRIPT: &str = "S: 220\nC: EHLO pc.example.org\nS: 250\nC: QUIT\nS: 221\n";

fn run(home: &Home, server: &str, args: &[&str]) -> Ended {
    let all = [&["run", "-", "--json", "--server", server], args].concat();
    home.run_with(all, SCRIPT)
}

#[test]
fn each_practice_certificate_is_refused_for_its_own_reason() {
    let home = Home::new();
    let ca = home.path("ca.pem");
    for (kind, fault, words) in [
        ("good", None, "the certificate is good for localhost"),
        ("expired", Some("expired"), "it has expired"),
        ("wrong-name", Some("wrong-name"), "it is for another name"),
        ("self-signed", Some("self-signed"), "it is signed by itself alone"),
        ("incomplete-chain", Some("incomplete-chain"), "the chain is incomplete"),
    ] {
        let serving = Serving::start(&home, &["--certificate", kind, "--write-ca", arg(&ca)]);
        let trust = ["--tls", "starttls", "--tls-ca", arg(&ca)];
        let strict = run(&home, &serving.target, &trust).with(if fault.is_some() { 2 } else { 0 });
        assert!(strict.err.contains(words), "{kind}: {}", strict.err);
        if let Some(fault) = fault {
            let plain = [&["--plain", serving.target.as_str()], &trust[..]].concat();
            let told = home.run_with(plain, "").with(2).out;
            assert!(told.contains("cannot be trusted for localhost:"), "{told}");
            assert!(told.contains("#   Certificate 1") && told.contains("issuer: "), "{told}");
            let names = told.contains("(it is for ");
            assert_eq!(names, fault == "wrong-name", "{told}");
        }
        let bold = run(&home, &serving.target, &[&trust[..], &["--insecure"]].concat()).with(0);
        let tls = &bold.json()[0]["tls"];
        let faults: Vec<_> = fault.into_iter().collect();
        assert_eq!(tls["verdict"]["faults"], serde_json::json!(faults), "{kind}");
        assert_eq!(tls["version"], "TLSv1.3");
        assert_eq!(tls["sni"], "localhost");
        let own = &tls["chain"][0];
        assert!(own["sha256"].as_str().unwrap().len() == 64, "{own}");
        let der = sasl::decode(own["der"].as_str().unwrap().as_bytes()).unwrap();
        assert_eq!(&ehlo::net::certificate::facts(&der).subject, own["subject"].as_str().unwrap());
    }
}

#[test]
fn versions_suites_and_names_are_as_they_are_asked_for() {
    let home = Home::new();
    let ca = home.path("ca.pem");
    let serving = Serving::start(&home, &["--tls", "implicit", "--write-ca", arg(&ca)]);
    let server = format!("smtps://{}", serving.target);
    let with = |args: &[&str]| {
        let args = [&["--tls-ca", arg(&ca)], args].concat();
        run(&home, &server, &args).with(0).json()[0]["tls"].clone()
    };
    let old = with(&["--tls-max", "1.2"]);
    assert_eq!((&old["version"], &old["handshake"]), (&"TLSv1.2".into(), &"full".into()));
    let suite = "TLS_CHACHA20_POLY1305_SHA256";
    let chosen = with(&["--tls-cipher", suite, "--tls-sni", "none"]);
    assert_eq!((&chosen["cipher"], &chosen["sni"]), (&suite.into(), &serde_json::Value::Null));
    let ended = run(&home, &server, &["--tls-cipher", "RC4"]).with(64);
    assert!(ended.err.contains("known are"), "{}", ended.err);
}

/// What a login with these options says at the end, and what is known of the layer it was inside.
fn log_in(home: &Home, server: &str, mechanism: &str, args: &[&str]) -> serde_json::Value {
    let script =
        format!("S: 220\nC: EHLO pc.example.org\nS: 250\n:auth {mechanism} {ALICE}\nS: 235\n");
    let all = ["run", "-", "--json", "--server", server, "--tls", "starttls"];
    let all = [&all, args, &["--password-command", "echo correct horse"]].concat();
    home.run_with(all, &script).with(0).json()[0].clone()
}

#[test]
fn logins_are_bound_to_tls_and_proven_by_certificates() {
    let home = Home::new();
    let (ca, own) = (home.path("ca.pem"), home.path("alice.pem"));
    let serving = Serving::start(&home, &["--write-ca", arg(&ca), "--write-client", arg(&own)]);
    let trust = ["--tls-ca", arg(&ca)];
    for mechanism in ["SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"] {
        let session = log_in(&home, &serving.target, mechanism, &trust);
        assert_eq!(session["tls"]["binding"]["kind"], "tls-exporter");
        assert_eq!(session["tls"]["asked"]["authorities"][0], "CN=ehlo practice root");
        assert_eq!(session["tls"]["asked"]["shown"], serde_json::Value::Null);
    }
    let shown = [&trust[..], &["--tls-cert", arg(&own), "--tls-key", arg(&own)]].concat();
    let session = log_in(&home, &serving.target, "EXTERNAL", &shown);
    assert_eq!(session["tls"]["asked"]["shown"], format!("CN={ALICE}"));
    // Before 1.3 there is nothing to bind to, and a certificate all the same.
    let old =
        log_in(&home, &serving.target, "EXTERNAL", &[&shown[..], &["--tls-max", "1.2"]].concat());
    assert_eq!(old["tls"]["binding"], serde_json::Value::Null);
    let script = "S: 220\nC: EHLO pc.example.org\nS: 250\nC: AUTH EXTERNAL =\nS: 504\n";
    let args = ["run", "-", "--server", &serving.target, "--tls", "starttls", "--tls-ca", arg(&ca)];
    home.run_with(args, script).with(0);
}

#[test]
fn what_is_typed_waits_for_tls_that_nobody_typed() {
    let home = Home::new();
    let ca = home.path("ca.pem");
    let serving = Serving::start(&home, &["--write-ca", arg(&ca)]);
    let args = ["--plain", "--tls", "starttls", "--tls-ca", arg(&ca), &serving.target];
    for typed in ["EHLO pc.example.org\r\nQUIT\r\n", ""] {
        let said = home.run_with(args, typed).with(0).out;
        let (before, inside) = said.split_once("TLS from here on").expect("TLS");
        assert!(before.contains("C: STARTTLS") && !before.contains("C: QUIT"), "{said}");
        assert_eq!(inside.contains("S: 221"), !typed.is_empty(), "{said}");
    }
}

#[test]
fn what_is_wrong_with_an_option_is_said_before_anything_is_sent() {
    let home = Home::new();
    let junk = home.path("junk.pem");
    for (text, why) in [
        ("", "holds no certificate in PEM"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n", "the block CERTIFICATE has no end"),
        ("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n", "is not base64"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "block 1 of"),
    ] {
        std::fs::write(&junk, text).unwrap();
        let ended = run(&home, "practice", &["--tls-ca", arg(&junk)]).with(64);
        assert!(ended.err.contains(why), "{text:?}: {}", ended.err);
    }
    for (args, why) in [
        (&["--tls-min", "1.3", "--tls-max", "1.2"][..], "--tls-min is newer than --tls-max"),
        (&["--tls-sni", "bad name"], "\"bad name\" is no host name"),
    ] {
        let ended = run(&home, "practice", args).with(64);
        assert!(ended.err.contains(why), "{}", ended.err);
    }
    let nowhere = home.path("nowhere/keys");
    let mut command = home.ehlo(["keys"]);
    command.env("SSLKEYLOGFILE", &nowhere);
    let ended = program::Running::start(command).end().with(0);
    assert!(ended.err.contains("SSLKEYLOGFILE: cannot write"), "{}", ended.err);
}

/// One of an earlier run gives way, and an empty one.
#[test]
fn a_file_of_something_else_is_not_lost_to_a_certificate() {
    let home = Home::new();
    for option in ["--write-ca", "--write-client"] {
        for foreign in ["notes", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            let file = home.file("foreign.pem", foreign);
            let refused =
                home.run(["serve", "--listen", "127.0.0.1:0", option, arg(&file)]).with(64);
            assert!(
                refused.err.contains("something else than practice certificates"),
                "{}",
                refused.err
            );
            assert_eq!(home.read("foreign.pem"), foreign.as_bytes());
        }
        let file = home.file("empty.pem", "");
        for _ in 0..2 {
            drop(Serving::start(&home, &[option, arg(&file)]));
        }
        let ours = String::from_utf8(home.read("empty.pem")).unwrap();
        assert!(ours.starts_with("-----BEGIN CERTIFICATE-----"));
        // Neither is what somebody has written beside one.
        let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        for more in ["notes\n", key] {
            let both = ours.clone() + more;
            let file = home.file("both.pem", &both);
            home.run(["serve", "--listen", "127.0.0.1:0", option, arg(&file)]).with(64);
            assert_eq!(home.read("both.pem"), both.as_bytes());
        }
    }
}

#[test]
fn a_certificate_of_somebody_else_lets_nobody_in() {
    let home = Home::new();
    let (ca, own) = (home.path("ca.pem"), home.path("alice.pem"));
    // The authority of another run is another one.
    drop(Serving::start(&home, &["--write-client", arg(&own)]));
    let serving = Serving::start(&home, &["--write-ca", arg(&ca)]);
    let script = "C: EHLO pc.example.org\nS: 250\nC: AUTH EXTERNAL =\nS: 504\n";
    let args = ["run", "-", "--server", &serving.target, "--tls", "starttls"];
    let shows = ["--tls-ca", arg(&ca), "--tls-cert", arg(&own), "--tls-key", arg(&own)];
    home.run_with([&args[..], &shows].concat(), script).with(0);
}

#[test]
fn a_handshake_that_goes_on_from_an_earlier_one_is_judged_like_it() {
    let home = Home::new();
    let (ca, script) = (home.path("ca.pem"), home.path("x.smtp"));
    std::fs::write(&script, SCRIPT).unwrap();
    let serving = Serving::start(&home, &["--certificate", "expired", "--write-ca", arg(&ca)]);
    let file = arg(&script);
    let args = ["run", file, file, "--json", "--server", &serving.target, "--tls", "starttls"];
    let more = ["--tls-ca", arg(&ca), "--tls-resume", "--insecure"];
    let sessions = home.run_with([&args[..], &more].concat(), "").with(0).json();
    for (session, kind) in sessions.iter().zip(["full", "resumed"]) {
        assert_eq!(session["tls"]["handshake"], kind);
        assert_eq!(session["tls"]["verdict"]["faults"], serde_json::json!(["expired"]), "{kind}");
    }
    let strict = home.run_with(args, "").with(2);
    assert!(
        !strict.err.contains("none was shown: --tls-cert"),
        "it is we who refused: {}",
        strict.err
    );
}

#[test]
fn a_handshake_goes_on_from_an_earlier_one_where_that_is_wished() {
    let home = Home::new();
    let (ca, script) = (home.path("ca.pem"), home.path("x.smtp"));
    std::fs::write(&script, SCRIPT).unwrap();
    let serving = Serving::start(&home, &["--write-ca", arg(&ca)]);
    for (wish, kinds) in [(None, ["full", "full"]), (Some("--tls-resume"), ["full", "resumed"])] {
        let (file, ca) = (arg(&script), arg(&ca));
        let mut args = vec!["run", file, file, "--json", "--server", &serving.target];
        args.extend(["--tls", "starttls", "--tls-ca", ca]);
        args.extend(wish);
        let sessions = home.run_with(args, "").with(0).json();
        let seen: Vec<_> = sessions.iter().map(|s| s["tls"]["handshake"].as_str()).collect();
        assert_eq!(seen, kinds.map(Some), "{wish:?}");
        assert_eq!(sessions[1]["tls"]["chain"][0]["subject"], "CN=mx.example.net");
    }
}

#[test]
fn clear_text_behind_an_implicit_port_is_kept_and_said() {
    let home = Home::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"220 mx.example.net in the clear\r\n").unwrap();
        let _ = std::io::Read::read(&mut stream, &mut [0; 1024]);
    });
    let ended = run(&home, &address, &["--tls", "implicit"]).with(2);
    thread.join().unwrap();
    assert!(ended.err.contains("S: 220 mx.example.net in the clear"), "{}", ended.err);
    assert!(ended.err.contains("this port speaks in clear text"), "{}", ended.err);
    assert!(ids(&ended).contains(&"A06".to_owned()));
}

#[test]
fn a_client_in_the_clear_at_a_port_for_tls_is_told_so() {
    let home = Home::new();
    let serving = Serving::start(&home, &["--tls", "implicit"]);
    let mut stream = TcpStream::connect(("127.0.0.1", serving.port)).unwrap();
    stream.write_all(b"EHLO pc.example.org\r\n").unwrap();
    let mut said = Vec::new();
    let _ = std::io::Read::read_to_end(&mut stream, &mut said);
    // An alert, as every client of TLS understands it.
    assert_eq!(said.first_chunk(), Some(&[21, 3, 3]), "{said:?}");
}

/// A server that offers STARTTLS, says `go` to it, and plays what comes then.
fn offering(go: &'static [u8], then: fn(&mut peer::Client)) -> Peer<()> {
    Peer::start(move |mut client| {
        client.say(b"220 mx.example.net\r\n");
        client.line();
        client.say(b"250-mx.example.net\r\n250 STARTTLS\r\n");
        client.line();
        client.say(go);
        then(&mut client);
    })
}

/// The ids of all findings of a run.
fn ids(ended: &Ended) -> Vec<String> {
    let session = &ended.json()[0];
    let findings = session["findings"].as_array().unwrap().iter();
    findings.map(|finding| finding["id"].as_str().unwrap().to_owned()).collect()
}

/// How a record with a `ServerHello` begins.
const BEGUN: &[u8] = &[22, 3, 3, 0, 122, 2, 0, 0, 118, 3, 3];

#[test]
fn each_half_of_a_handshake_has_its_own_words() {
    let home = Home::new();
    let begun = |client: &mut peer::Client| {
        client.hears_something();
        client.say(BEGUN);
    };
    let begun_and_silent = |client: &mut peer::Client| {
        client.hears_something();
        client.say(BEGUN);
        client.rest();
    };
    let silent = |client: &mut peer::Client| drop(client.rest());
    let clear = |client: &mut peer::Client| {
        client.hears_something();
        client.say(b"250 still here\r\n");
        client.rest();
    };
    for (then, words) in [
        ((|_| ()) as fn(&mut peer::Client), "closed the connection instead of answering"),
        (begun, "closed the connection in the middle"),
        (silent, "never answered the handshake"),
        (begun_and_silent, "began the handshake and then fell silent"),
        (clear, "spoke in clear text where its part of the handshake should be"),
    ] {
        let peer = offering(b"220 go\r\n", then);
        let ended = run(&home, &peer.address, &["--tls", "starttls", "--timeout", "1"]).with(2);
        peer.end();
        assert!(ended.err.contains(words), "{words}: {}", ended.err);
        let peer = offering(b"220 go\r\n", then);
        let script = "C: EHLO x.example\nS: 250\n:starttls\nC: QUIT\n";
        let args = ["run", "-", "--server", &peer.address, "--timeout", "1"];
        let ended = home.run_with(args, script).with(2);
        peer.end();
        assert!(ended.out.contains(words), "{words}: {}", ended.out);
        // A port that begins with TLS, and does not.
        if words.contains("clear text") {
            continue;
        }
        let peer = Peer::start(move |mut client| then(&mut client));
        let ended = run(&home, &peer.address, &["--tls", "implicit", "--timeout", "1"]).with(2);
        peer.end();
        assert!(ended.err.contains(words), "{words}: {}", ended.err);
    }
}

#[test]
fn a_port_for_tls_is_known_by_its_alert_and_guessed_by_its_silence() {
    let home = Home::new();
    // The last byte of this alert is a line feed.
    let peer = Peer::start(|mut client| client.say([21, 3, 3, 0, 2, 2, 10]));
    let ended = run(&home, &peer.address, &[]);
    peer.end();
    assert!(ids(&ended).contains(&"A05".to_owned()));
    assert!(ended.err.contains("use smtps:// or --tls implicit"), "{}", ended.err);
    let serving = Serving::start(&home, &["--tls", "implicit"]);
    let ended = run(&home, &serving.target, &["--timeout", "1"]).with(2);
    assert!(ended.err.contains("a port for TLS waits for the client"), "{}", ended.err);
    let peer = Peer::start(|mut client| client.silent_for(Duration::from_secs(6)));
    let ended = home.run_with(["--plain", &peer.address], "").with(2);
    peer.end();
    assert!(ended.out.contains("has said nothing so far"), "{}", ended.out);
}

#[test]
fn the_log_of_the_server_says_why_there_was_no_tls() {
    let home = Home::new();
    let mut serving = Serving::start(&home, &[]);
    drop(client_behind_starttls(&serving));
    let line = serving.says();
    assert!(line.contains("closed the connection instead of answering"), "{line}");
    let mut client = client_behind_starttls(&serving);
    client.get_mut().write_all(b"MAIL FROM:<alice@example.org>\r\n").unwrap();
    let line = serving.says();
    assert!(line.contains("spoke in clear text"), "{line}");
    // Nobody knows the root of this server.
    run(&home, &serving.target, &["--tls", "starttls"]).with(2);
    let line = serving.says();
    assert!(line.contains("the alert unknown_ca"), "{line}");
    let mut serving = Serving::start(&home, &["--json"]);
    drop(client_behind_starttls(&serving));
    assert_eq!(serving.event("session")["tls_failure"]["reason"], "unanswered");
}

#[test]
fn behind_an_accepted_starttls_a_client_begins_with_the_handshake() {
    let home = Home::new();
    let script = "C: EHLO x.example\nS: 250\nC: STARTTLS\nS: 220\n:auth PLAIN alice@example.org\n";
    let lines = "EHLO x.example\nSTARTTLS\n:auth PLAIN alice@example.org\nsecret\n";
    for greeting in ["220 mx", "354 hi", "999 mx", "554 no"] {
        for go in ["220 go\r\n", "220 go\r\n421 x\r\n", "220 go\r\n221 x\r\n"] {
            for (args, input) in [
                (&["run", "-", "--password-env", "PATH", "--server"][..], script),
                (&["--plain"], lines),
            ] {
                let peer = Peer::start(move |mut client| {
                    client.say(format!("{greeting}\r\n"));
                    client.line();
                    client.say(b"250-mx.example.net\r\n250 STARTTLS\r\n");
                    assert_eq!(client.line(), "STARTTLS\r\n");
                    client.say(go);
                    let (mut stream, mut first) = (client.into_stream(), [0]);
                    std::io::Read::read_exact(&mut stream, &mut first).map(|()| first[0])
                });
                let ended = home.run_with(args.iter().chain(&[&*peer.address]), input);
                // RFC 8446 §5.1.
                assert_eq!(peer.end().ok(), Some(22), "{greeting:?} {go:?} {}", ended.out);
                assert!(ended.code != Some(0) && !ended.out.contains("C: AUTH"), "{}", ended.out);
            }
        }
    }
}

/// The client's lines of a run.
fn said(session: &serde_json::Value) -> Vec<&str> {
    let exchanges = session["exchanges"].as_array().unwrap().iter();
    exchanges.filter_map(|exchange| exchange["command"].as_str()).collect()
}

#[test]
fn a_switch_to_tls_says_ehlo_before_and_inside_it() {
    let home = Home::new();
    for (script, lines) in [
        (":starttls\nC: QUIT\n", &["EHLO me.example", "STARTTLS", "EHLO me.example", "QUIT"][..]),
        (
            "C: EHLO you.example\nS: 250\n:starttls\nC: QUIT\n",
            &["EHLO you.example", "STARTTLS", "EHLO you.example", "QUIT"],
        ),
        (
            "C: HELO you.example\nS: 250\n:starttls\nS: 250\nC: QUIT\n",
            &["HELO you.example", "STARTTLS", "EHLO you.example", "QUIT"],
        ),
    ] {
        let args = ["run", "-", "--json", "--server", "practice", "--ehlo", "me.example"];
        let ended = home.run_with(args, script).with(0);
        let session = &ended.json()[0];
        assert_eq!(said(session), lines, "{script}");
        assert_eq!(session["tls"]["version"], "TLSv1.3");
        if !script.contains("HELO y") {
            assert_eq!(session["offered"]["removed"], serde_json::json!(["STARTTLS"]));
            assert!(ended.err.contains("#   - STARTTLS"), "{}", ended.err);
        }
    }
}

#[test]
fn a_second_switch_is_said_to_be_one_and_sent() {
    let home = Home::new();
    let input = ":starttls\n:starttls\nNOOP\nQUIT\n";
    let ended = home.run_with(["--plain", "practice"], input).with(0);
    let (before, behind) = ended.out.split_once("TLS is on already; it is sent").expect(&ended.out);
    assert!(before.contains("inside TLS") && behind.contains("S: 503"), "{}", ended.out);
    assert!(behind.contains("D02") && behind.contains("C: NOOP"), "{}", ended.out);
    let script = "C: EHLO x\nS: 250\n:starttls\n:starttls\nS: 503\nC: QUIT\n";
    let ended = home.run_with(["run", "-", "--server", "practice"], script).with(0);
    assert!(ended.out.contains("# -:4: STARTTLS: TLS is on already"), "{}", ended.out);
    // Without TLS at all, what comes behind 220 is clear text.
    let input = "EHLO x\n:starttls\nNOOP\nQUIT\n";
    let serving = Serving::start(&home, &[]);
    let ended = home.run_with(["--plain", &serving.target, "--tls", "off"], input);
    assert!(ended.out.contains("S: 220"), "{}", ended.out);
}

#[test]
fn a_layer_inside_a_layer_begins_if_the_server_wants_it() {
    let authority = Authority::new().unwrap();
    let identity = authority.identity(Kind::Good).unwrap();
    let root = CertificateDer::from_pem_slice(authority.root_pem().as_bytes()).unwrap();
    let tls = Tls::Server(Server::new(&identity, &[root]).unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (address, served) = runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let served = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream: Stream = Box::new(stream);
            stream.write_all(b"220 mx.example.net\r\n").await.unwrap();
            for _ in 0..2 {
                heard(&mut stream, "EHLO").await;
                stream.write_all(b"250-mx.example.net\r\n250 STARTTLS\r\n").await.unwrap();
                heard(&mut stream, "STARTTLS").await;
                stream.write_all(b"220 go\r\n").await.unwrap();
                stream.flush().await.unwrap();
                stream = tls.shake(stream, Duration::from_secs(20)).await.unwrap().0;
            }
            heard(&mut stream, "EHLO").await;
            stream.write_all(b"250-mx.example.net\r\n250 DSN\r\n").await.unwrap();
            heard(&mut stream, "QUIT").await;
            stream.write_all(b"221 bye\r\n").await.unwrap();
            // Who has heard 221 may be gone.
            let _ = stream.shutdown().await;
        });
        (address, served)
    });
    let home = Home::new();
    let script = ":starttls\n:starttls\nC: QUIT\nS: 221\n";
    let ended = home.run_with(
        ["run", "-", "--json", "--insecure", "--tls-sni", "mx.example.net", "--server", &address],
        script,
    );
    let ended = ended.with(0);
    runtime.block_on(served).unwrap();
    assert_eq!(ended.err.matches("# TLS from here on").count(), 2, "{}", ended.err);
    assert!(ids(&ended).contains(&"D08".to_owned()));
    assert_eq!(ended.json()[0]["offered"]["added"], serde_json::json!(["DSN"]));
}

/// Reads a line of a client that begins so.
async fn heard(stream: &mut Stream, verb: &str) {
    let mut line = Vec::new();
    while !line.ends_with(b"\n") {
        line.push(stream.read_u8().await.expect("a line"));
    }
    assert!(line.starts_with(verb.as_bytes()), "{:?}", String::from_utf8_lossy(&line));
}

#[test]
fn what_is_injected_behind_220_is_evidence_and_never_inside_tls() {
    let home = Home::new();
    let peer = offering(b"220 go\r\n250-mx.evil.example\r\n250 AUTH PLAIN\r\n", |_| ());
    let ended = run(&home, &peer.address, &["--tls", "starttls"]).with(2);
    peer.end();
    let session = &ended.json()[0];
    let ids: Vec<_> = session["findings"].as_array().unwrap().iter().map(|f| &f["id"]).collect();
    assert!(ids.contains(&&"D03".into()), "{ids:?}");
    assert!(ended.err.contains("mx.evil.example"), "{}", ended.err);
}

#[test]
fn a_message_inside_tls_is_stored_byte_for_byte() {
    let home = Home::new();
    let (ca, mail) = (home.path("ca.pem"), home.path("mail"));
    let serving = Serving::start(&home, &["--write-ca", arg(&ca), "--maildir", arg(&mail)]);
    let script = "S: 220\nC: EHLO pc.example.org\nS: 250\nC: MAIL FROM:<alice@example.org>\nS: 250\nC: RCPT TO:<bob@example.net>\nS: 250\nC: DATA\nS: 354\nC: Subject: x\nC: \nC: ..dot\nC: .\nS: 250\nC: QUIT\nS: 221\n";
    let args = ["run", "-", "--server", &serving.target, "--tls", "starttls", "--tls-ca", arg(&ca)];
    home.run_with(args, script).with(0);
    let stored = std::fs::read_dir(mail.join("new")).unwrap().next().unwrap().unwrap().path();
    assert_eq!(std::fs::read(stored).unwrap(), b"Subject: x\r\n\r\n.dot\r\n");
}

#[test]
fn a_server_that_does_not_go_along_with_starttls_is_left() {
    let home = Home::new();
    for (ehlo, starttls) in [
        ("250 mx.example.net\r\n", ""),
        ("250-mx.example.net\r\n250 STARTTLS\r\n", "454 4.7.0 not now\r\n"),
    ] {
        let peer = Peer::start(move |mut client| {
            client.say(b"220 mx.example.net\r\n");
            client.line();
            client.say(ehlo.as_bytes());
            let _ = client.line();
            client.say(starttls.as_bytes());
        });
        let ended = run(&home, &peer.address, &["--tls", "starttls"]).with(2);
        peer.end();
        assert!(ended.err.contains("does not go along with STARTTLS"), "{}", ended.err);
        assert!(!ended.err.contains("C: QUIT"), "nothing of the script: {}", ended.err);
    }
}

#[test]
fn a_name_beyond_ascii_or_with_a_zone_is_asked_for_in_its_other_form() {
    let home = Home::new();
    let ca = home.path("ca.pem");
    let serving = Serving::start(&home, &["--write-ca", arg(&ca)]);
    let wide = serving.target.replace("localhost", "\u{ff4c}\u{ff4f}\u{ff43}\u{ff41}\u{ff4c}host");
    let trust = ["--tls", "starttls", "--tls-ca", arg(&ca)];
    let ended = run(&home, &wide, &trust).with(0);
    assert_eq!(ended.json()[0]["tls"]["sni"], "localhost");
    assert!(ended.err.contains(&format!("{wide} = localhost (")), "{}", ended.err);
    // Nobody is asked about this name (RFC 6761 §6.4).
    let unknown = run(&home, "m\u{fc}ller.invalid", &["--dns", "127.0.0.1:9"]).with(2);
    assert!(
        unknown.err.contains("m\u{fc}ller.invalid:25 = xn--mller-kva.invalid"),
        "{}",
        unknown.err
    );

    // Where this machine has no IPv6, there is no zone to write.
    if TcpListener::bind("[::1]:0").is_err() {
        return;
    }
    let serving = Serving::run(home.ehlo(["serve", "--listen", "[::1]:0"]));
    let zoned = format!("[::1%1]:{}", serving.port);
    let ended = run(&home, &zoned, &["--tls", "starttls", "--insecure"]).with(0);
    assert_eq!(ended.json()[0]["tls"]["verdict"]["name"], "::1");
}
