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

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};

use ehlo::smtp::sasl;
use ehlo::speaker::policy::ALICE;
use peer::Peer;
use program::{Ended, Home, arg};
use serving::Serving;

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
    let ended = run(&home, &server, &["--tls-min", "1.3", "--tls-max", "1.2"]).with(64);
    assert!(ended.err.contains("TLS"), "{}", ended.err);
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
    assert!(ended.err.contains("answered in clear text"), "{}", ended.err);
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

#[test]
fn a_dropped_handshake_is_no_certificate_that_was_refused() {
    let home = Home::new();
    let peer = offering(b"220 go\r\n", |_| ());
    let ended = run(&home, &peer.address, &["--tls", "starttls"]).with(2);
    peer.end();
    assert!(ended.err.contains("closed the connection in the middle"), "{}", ended.err);
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
    let unknown = run(&home, "m\u{fc}ller.invalid", &[]).with(2);
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
