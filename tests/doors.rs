//! The servers of `support/servers.rs` are what their table says: other clients are shown the
//! mechanisms, the TLS and the certificates of every door, and log in there.
//!
//! What was proven with which client is printed, one line a door.

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
use std::net::TcpStream;
use std::process::Command;
use std::sync::Mutex;

use program::{Ended, Home, LIMIT, Running, arg};
use servers::{Offer, PASSWORD, Server, USER, World, have, offers};

/// How many doors are looked at at once.
const WORKERS: usize = 4;

/// Takes the security level away, so that old versions are spoken.
const ANY_CIPHER: &str = "DEFAULT@SECLEVEL=0";

fn client(program: &str, args: &[&str]) -> Ended {
    let mut command = Command::new(program);
    command.args(args).env("LC_ALL", "C");
    Running::start(command).end()
}

/// The keywords of a server, asked for on a bare socket.
fn keywords(server: &Server, offer: &Offer) -> Vec<String> {
    let stream = TcpStream::connect(server.at(offer.door)).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let mut wire = BufReader::new(stream);
    let mut hear = |say: &str| {
        wire.get_mut().write_all(say.as_bytes()).unwrap();
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            assert_ne!(wire.read_line(&mut line).unwrap(), 0, "{offer:?} closed the connection");
            let (code, text) = line.split_at(4);
            lines.push(text.trim_end().to_owned());
            if code.ends_with(' ') {
                return lines;
            }
        }
    };
    hear("");
    let keywords = hear(if offer.lmtp() { "LHLO pc\r\n" } else { "EHLO pc\r\n" });
    hear("QUIT\r\n");
    keywords
}

fn mechanisms<'a>(mut keywords: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let auth = keywords.find_map(|keyword| keyword.strip_prefix("AUTH "));
    auth.unwrap_or_default().split_whitespace().collect()
}

/// Without TLS, everything is as it was announced.
fn speaks_in_the_clear(server: &Server, offer: &Offer) {
    let keywords = keywords(server, offer);
    assert_eq!(mechanisms(keywords.iter().map(String::as_str)), offer.clear, "{offer:?}");
    assert_eq!(keywords.iter().any(|k| k == "STARTTLS"), offer.starttls(), "{offer:?}");
}

/// `openssl s_client` says which version it is, and what is wrong with the certificate.
fn shakes_hands(server: &Server, offer: &Offer) {
    let (ca, door) = (server.ca(), format!("localhost:{}", server.port(offer.door)));
    let verify = ["-CAfile", arg(&ca), "-verify_hostname", "localhost", "-cipher", ANY_CIPHER];
    let mut args = [&["s_client", "-brief", "-connect", &door][..], &verify].concat();
    if offer.starttls() {
        args.extend(["-starttls", if offer.lmtp() { "lmtp" } else { "smtp" }]);
    }
    let said = client("openssl", &args).err;
    let version = offer.version().unwrap_or("TLSv1.3");
    // TLS 1.0 is TLSv1 to OpenSSL.
    let version = version.trim_end_matches(".0");
    assert!(said.contains(&format!("Protocol version: {version}\n")), "{offer:?}: {said}");
    let verdict = offer.flaw().map_or_else(
        || "Verification: OK".to_owned(),
        |flaw| format!("Verification error: {flaw}"),
    );
    assert!(said.to_lowercase().contains(&verdict.to_lowercase()), "{offer:?}: {said}");
}

/// This program says the same, refuses what cannot be trusted, and goes on where it is told to.
fn judges_alike(server: &Server, offer: &Offer) {
    let (home, ca) = (Home::new(), server.ca());
    let (door, when) = (
        format!("localhost:{}", server.port(offer.door)),
        if offer.implicit() { "implicit" } else { "starttls" },
    );
    let script = "S: 220\nC: EHLO pc.example.test\nS: 250\nC: QUIT\nS: 221\n";
    let args = ["run", "-", "--json", "--server", &door, "--tls", when, "--tls-ca", arg(&ca)];
    let strict = home.run_with(args, script);
    if matches!(offer.version(), Some("TLSv1.0" | "TLSv1.1")) {
        // Their alerts do not say which version it is; Exim's says even less.
        let said = if server.name() == "exim" { "handshake_failure" } else { "only older ones" };
        assert!(strict.err.contains(said), "{offer:?}: {}", strict.err);
        strict.with(2);
        return;
    }
    let fault = offer.flaw().map(|flaw| match flaw {
        "certificate has expired" => "expired",
        "hostname mismatch" => "wrong-name",
        "self-signed certificate" => "self-signed",
        _ => "incomplete-chain",
    });
    strict.with(if fault.is_some() { 2 } else { 0 });
    let bold = home.run_with([&args[..], &["--insecure"]].concat(), script).with(0);
    let tls = &bold.json()[0]["tls"];
    assert_eq!(tls["version"], offer.version().unwrap_or("TLSv1.3"), "{offer:?}");
    let faults: Vec<_> = fault.into_iter().collect();
    assert_eq!(tls["verdict"]["faults"], serde_json::json!(faults), "{offer:?}");
}

/// What curl does at a door before it leaves; its log is in `err`.
fn curl(server: &Server, offer: &Offer, args: &[&str]) -> Ended {
    let scheme = if offer.implicit() { "smtps" } else { "smtp" };
    let url = format!("{scheme}://localhost:{}/pc.example.test", server.port(offer.door));
    let ca = server.ca();
    let mut all = vec!["--silent", "--verbose", "--max-time", "30", "--request", "NOOP"];
    all.extend(["--cacert", arg(&ca), "--ciphers", ANY_CIPHER, "--tlsv1.0"]);
    if offer.starttls() {
        all.push("--ssl-reqd");
    }
    if offer.flaw().is_some() {
        all.push("--insecure");
    }
    all.extend(args);
    all.push(&url);
    client("curl", &all)
}

/// curl, whose certificate is the account's, is shown the mechanisms inside TLS.
fn speaks_in_secret(server: &Server, offer: &Offer) {
    let own = server.client_certificate();
    let said = curl(server, offer, &["--cert", arg(&own)]).with(0).err;
    let inside = said.rsplit("SSL connection using").next().unwrap();
    let lines = inside.lines().filter_map(|l| l.strip_prefix("< 250").and_then(|l| l.get(1..)));
    assert_eq!(mechanisms(lines), offer.secured, "{offer:?}: {said}");
}

/// What one logs in with.
struct Secrets<'a> {
    password: &'a str,
    token: &'a str,
}

/// The reply to a login by curl, if curl knows the mechanism.
fn curl_logs_in(
    server: &Server,
    offer: &Offer,
    mechanism: &str,
    with: &Secrets<'_>,
) -> Option<String> {
    let auth = format!("AUTH={mechanism}");
    let user = match mechanism {
        "PLAIN" | "LOGIN" | "CRAM-MD5" | "DIGEST-MD5" => format!("{USER}:{}", with.password),
        // A wrong certificate is one of someone else.
        "EXTERNAL" if with.password != PASSWORD => "bob@example.org:".to_owned(),
        // curl says OAUTHBEARER wherever there is one, whatever it is asked for.
        "XOAUTH2" if offer.secured.contains(&"OAUTHBEARER") => return None,
        "OAUTHBEARER" | "XOAUTH2" | "EXTERNAL" => format!("{USER}:"),
        _ => return None,
    };
    let mut args = vec!["--login-options", &auth, "--user", &user];
    if mechanism.contains("OAUTH") {
        args.extend(["--oauth2-bearer", with.token]);
    }
    // Dovecot takes a certificate for the name whatever the mechanism is.
    let own = server.client_certificate();
    if mechanism == "EXTERNAL" {
        args.extend(["--cert", arg(&own)]);
    }
    let log = curl(server, offer, &args).err;
    assert!(log.contains(&format!("> AUTH {mechanism}")), "{offer:?} {mechanism}: {log}");
    Some(last_reply(&log, "< "))
}

/// The reply to a login by gsasl. It knows no implicit TLS, and Exim takes no STARTTLS from it,
/// since it says no EHLO first.
fn gsasl_logs_in(
    server: &Server,
    offer: &Offer,
    mechanism: &str,
    with: &Secrets<'_>,
) -> Option<String> {
    let clear = offer.clear.contains(&mechanism);
    let known = mechanism.starts_with("SCRAM-") || mechanism == "ANONYMOUS";
    if !known || offer.implicit() || server.name() == "exim" && !clear {
        return None;
    }
    let connect = format!("--connect=localhost:{}", server.port(offer.door));
    let trust = format!("--x509-ca-file={}", arg(&server.ca()));
    let tls = if clear { ["--no-starttls"].as_slice() } else { &["--starttls", &trust] };
    let who: &[_] = if mechanism == "ANONYMOUS" {
        &["-n", "guest@example.test"]
    } else {
        &["-a", USER, "-z", USER, "-p", with.password]
    };
    let args = [&["--smtp", &connect, "--no-cb", "-m", mechanism], tls, who].concat();
    Some(last_reply(&client("gsasl", &args).out, ""))
}

/// The reply to a login by swaks, at the doors that are ordinary ones.
fn swaks_logs_in(
    server: &Server,
    offer: &Offer,
    mechanism: &str,
    with: &Secrets<'_>,
) -> Option<String> {
    let known = matches!(mechanism, "PLAIN" | "LOGIN" | "CRAM-MD5");
    if !known || !matches!(offer.door, "starttls" | "implicit") {
        return None;
    }
    let door = format!("localhost:{}", server.port(offer.door));
    let tls = if offer.implicit() { "--tls-on-connect" } else { "--tls" };
    let args = ["--server", &door, tls, "--auth", mechanism, "--auth-user", USER];
    let rest = ["--auth-password", with.password, "--quit-after", "AUTH", "--ehlo", "pc"];
    Some(last_reply(&client("swaks", &[&args[..], &rest].concat()).out, "<~"))
}

/// The reply that says how a login ended.
fn last_reply(log: &str, mark: &str) -> String {
    let heard = log.lines().filter_map(|line| line.trim_start().strip_prefix(mark));
    // swaks says two stars more when a reply is a refusal.
    let mut replies = heard.map(|l| l.trim_start_matches('*').trim().to_owned());
    let end = |l: &String| l.starts_with("235 ") || l.starts_with("535 ");
    replies.rfind(end).unwrap_or_else(|| format!("no reply: {log}"))
}

type Login = fn(&Server, &Offer, &str, &Secrets<'_>) -> Option<String>;

const CLIENTS: [(&str, Login); 3] =
    [("curl", curl_logs_in), ("gsasl", gsasl_logs_in), ("swaks", swaks_logs_in)];

/// Who could log in how: what is right is taken, and what is wrong, tried by one client, is not.
fn logs_people_in(world: &World, server: &Server, offer: &Offer) -> Vec<String> {
    let mut proven = Vec::new();
    if offer.lmtp() {
        // Who hands mail on by LMTP does not log in, and none of them says LHLO.
        return proven;
    }
    let dovecot = world.server("dovecot");
    let (good, old) = (dovecot.map(Server::token), dovecot.map(Server::expired_token));
    for mechanism in offer.secured {
        let right = Secrets { password: PASSWORD, token: good.as_deref().unwrap_or_default() };
        let wrong = Secrets { password: "wrong", token: old.as_deref().unwrap_or_default() };
        let mut clients = Vec::new();
        for (name, login) in CLIENTS {
            let Some(reply) = login(server, offer, mechanism, &right) else { continue };
            assert!(reply.starts_with("235 "), "{offer:?} {mechanism} {name}: {reply}");
            if clients.is_empty() && *mechanism != "ANONYMOUS" {
                let reply = login(server, offer, mechanism, &wrong).expect("a reply");
                assert!(reply.starts_with("535 "), "{offer:?} {mechanism} {name}: {reply}");
            }
            clients.push(name);
        }
        let clients = if clients.is_empty() { "nobody".to_owned() } else { clients.join("+") };
        proven.push(format!("{mechanism}({clients})"));
    }
    proven
}

/// Everything that can be seen of a door.
fn look_at(world: &World, server: &Server, offer: &Offer) -> String {
    if !offer.implicit() {
        speaks_in_the_clear(server, offer);
    }
    let mut proven = vec![format!("{:8} {:25}", server.name(), offer.door)];
    if offer.implicit() || offer.starttls() {
        shakes_hands(server, offer);
        proven.push(offer.version().unwrap_or("TLSv1.3").to_owned());
        proven.extend(offer.flaw().map(str::to_owned));
        if !offer.lmtp() {
            judges_alike(server, offer);
            speaks_in_secret(server, offer);
        }
    }
    if offer.flaw().is_none() && offer.version().is_none() {
        proven.extend(logs_people_in(world, server, offer));
    }
    proven.join(" ")
}

#[test]
fn every_door_is_what_the_table_says() {
    if !["openssl", "curl", "gsasl", "swaks"].into_iter().all(have) {
        return;
    }
    let world = World::start();
    let doors = world.servers().iter().flat_map(|s| offers(s.name()).map(move |o| (s, o)));
    let (doors, proven) = (Mutex::new(doors), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let next = doors.lock().unwrap().next();
                    let Some((server, offer)) = next else { break };
                    let line = look_at(&world, server, offer);
                    proven.lock().unwrap().push(line);
                }
            });
        }
    });
    let mut proven = proven.into_inner().unwrap();
    proven.sort();
    eprintln!("{}", proven.join("\n"));
}
