//! What certificates are worth: a forged one, and those of clients, shown to real servers that ask
//! for them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[path = "support/program.rs"]
mod program;
#[path = "support/servers.rs"]
mod servers;

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ehlo::journal::facts::CertificateFault;
use ehlo::net::certificate::judge;
use program::{Ended, Home, arg};
use serde_json::Value;
use servers::{Server, USER, have};
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};

/// How long a stored message may take to arrive.
const DELIVERY: Duration = Duration::from_secs(30);

const GREET: &str = "S: 220\nC: EHLO pc.example.test\nS: 250\n";

/// Plays a script to a port of `server`, with the certificate of its account or without.
fn play(server: &Server, port: u16, when: &str, shows: bool, script: &str, more: &[&str]) -> Ended {
    let (ca, own, target) = (server.ca(), server.client_certificate(), format!("localhost:{port}"));
    let mut args = vec!["run", "-", "--json", "--server", &target, "--tls", when];
    args.extend(["--tls-ca", arg(&ca)]);
    if shows {
        args.extend(["--tls-cert", arg(&own), "--tls-key", arg(&own)]);
    }
    args.extend(more);
    Home::new().run_with(args, script)
}

/// What is told of the certificate that the server asked for.
#[track_caller]
fn assert_asked(session: &Value, shows: bool) {
    let asked = &session["tls"]["asked"];
    assert_eq!(asked["authorities"][0], "O=Example Test, CN=Example Test Root");
    let own = format!("CN={USER}");
    assert_eq!(asked["shown"], if shows { Value::from(own) } else { Value::Null });
}

#[test]
fn a_key_that_ends_like_the_one_of_a_root_is_not_its_own() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/certificates/forged.pem");
    let chain = CertificateDer::pem_file_iter(file).unwrap().collect::<Result<Vec<_>, _>>();
    let [root, forged] = &chain.unwrap()[..] else { panic!("two of them") };
    let mut roots = RootCertStore::empty();
    roots.add(root.clone()).unwrap();
    let (name, now) = (ServerName::try_from("localhost").unwrap(), UnixTime::now());
    let faults = judge(std::slice::from_ref(forged), &name, &roots, &default_provider(), now);
    assert_eq!(faults, [CertificateFault::SelfSigned]);
}

#[test]
fn postfix_writes_down_whose_certificate_it_was_shown() {
    let Some(postfix) = Server::start("postfix", &["starttls+ask"]) else { return };
    for (shows, mark, field) in [
        (
            true,
            "with",
            format!("(Client CN \"{USER}\", Issuer \"Example Test Issuer\" (verified OK))"),
        ),
        (false, "without", "(Client did not present a certificate)".to_owned()),
    ] {
        let mail =
            "C: MAIL FROM:<a@example.test>\nS: 250\nC: RCPT TO:<inbox@example.test>\nS: 250\n";
        let data =
            format!("C: DATA\nS: 354\nC: Subject: {mark}\nC: \nC: .\nS: 250\nC: QUIT\nS: 221\n");
        let script = [GREET, mail, &data].concat();
        let port = postfix.port("starttls+ask");
        let ended = play(&postfix, port, "starttls", shows, &script, &[]).with(0);
        assert_asked(&ended.json()[0], shows);
        let stored = stored(&postfix, &format!("Subject: {mark}\n"));
        let received = stored.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(received.contains(&field), "{stored}");
    }
}

/// The one message that contains `mark`, once it is there.
fn stored(server: &Server, mark: &str) -> String {
    let begun = Instant::now();
    loop {
        let found = std::fs::read_dir(server.file("mail/inbox/new")).into_iter().flatten();
        let mut texts = found.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
        if let Some(text) = texts.find(|text| text.contains(mark)) {
            return text;
        }
        assert!(begun.elapsed() < DELIVERY, "{mark} did not arrive");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn exim_offers_external_to_who_has_a_certificate() {
    let Some(exim) = Server::start("exim", &["implicit+ask"]) else { return };
    let port = exim.port("implicit+ask");
    for (shows, user, reply) in
        [(true, USER, "235"), (true, "bob@example.org", "535"), (false, USER, "504")]
    {
        // Exim does not know what it has not offered.
        let script = format!("{GREET}:auth EXTERNAL {user}\nS: {reply}\nC: QUIT\nS: 221\n");
        let ended = play(&exim, port, "implicit", shows, &script, &[]).with(0);
        assert_asked(&ended.json()[0], shows);
    }
}

/// `openssl s_server`, which wants a certificate, and one client of it.
struct Insisting {
    child: Child,
    port: u16,
    heard: std::thread::JoinHandle<String>,
}

impl Insisting {
    fn start(certificates: &Server) -> Self {
        let [ca, own, above] = ["ca.pem", "good.pem", "issuer.crt"]
            .map(|name| certificates.file(&format!("certificates/{name}")));
        // Without a limit a client that does not come would keep it for ever.
        let mut child = Command::new("timeout")
            .args(["60", "openssl", "s_server", "-accept", "127.0.0.1:0", "-naccept", "1"])
            .args(["-Verify", "3", "-verify_return_error", "-crlf", "-CAfile", arg(&ca)])
            .args(["-cert", arg(&own), "-key", arg(&own), "-cert_chain", arg(&above)])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let port = lines.find_map(|line| Some(line.strip_prefix("ACCEPT ")?.to_owned()));
        let port = port.unwrap().rsplit(':').next().unwrap().parse().unwrap();
        let heard = std::thread::spawn(move || {
            let mut heard = Vec::new();
            for line in lines {
                let reply = match line.split(' ').next() {
                    // The last that it tells of a handshake.
                    Some("Secure") => "220 mx.example.test ESMTP",
                    Some("EHLO") => "250 mx.example.test",
                    Some("QUIT") => "221 2.0.0 bye",
                    _ => "",
                };
                if !reply.is_empty() {
                    let _ = writeln!(input, "{reply}");
                }
                heard.push(line);
            }
            heard.join("\n")
        });
        Self { child, port, heard }
    }

    /// Everything that it has told.
    fn end(mut self) -> String {
        let heard = self.heard.join().unwrap();
        self.child.wait().unwrap();
        heard
    }
}

#[test]
fn a_server_that_insists_on_a_certificate_gets_it() {
    if !have("openssl") {
        return;
    }
    let Some(certificates) = Server::start("openssl", &["plain"]) else { return };
    let script = [GREET, "C: QUIT\nS: 221\n"].concat();
    for version in ["1.3", "1.2"] {
        let server = Insisting::start(&certificates);
        let newest = ["--tls-max", version];
        let ended = play(&certificates, server.port, "implicit", true, &script, &newest).with(0);
        assert_asked(&ended.json()[0], true);
        let told = server.end();
        assert!(told.contains(&format!("subject=CN = {USER}\n")), "{told}");
        assert!(told.contains("EHLO pc.example.test\n"), "{told}");

        let server = Insisting::start(&certificates);
        let ended = play(&certificates, server.port, "implicit", false, &script, &newest).with(2);
        // Before 1.3 there is no alert of its own for it.
        let alert = if version == "1.3" { "certificate_required" } else { "handshake_failure" };
        assert!(ended.err.contains(alert), "{}", ended.err);
        assert!(ended.err.contains("and none was shown: --tls-cert"), "{}", ended.err);
        assert!(!server.end().contains("EHLO"));
    }
}
