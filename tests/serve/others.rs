//! Programs of other people deliver, over plain connections, STARTTLS and implicit TLS, with and
//! without a login; what is stored is what they sent, byte for byte.

use std::path::PathBuf;
use std::process::Command;

use crate::mails;
use crate::program::{Ended, Home, Running, arg};
use crate::servers::{PASSWORD, Plan, USER, have, proven};
use crate::serving::{Serving, WAYS, Way, port};

/// A catcher with a door of each kind.
struct Catcher {
    home: Home,
    serving: Serving,
    implicit: u16,
}

impl Catcher {
    fn start() -> Self {
        let home = Home::new();
        let mut serving = Serving::start(
            &home,
            &["--listen", "smtps://127.0.0.1:0", "--json", "--catch-all", "--maildir", "mail"]
                .into_iter()
                .chain(["--write-ca", "ca.pem"])
                .collect::<Vec<_>>(),
        );
        let implicit = port(&serving.event("listening").to_string()).unwrap();
        Self { home, serving, implicit }
    }

    fn port(&self, way: Way) -> String {
        if way == Way::Implicit { self.implicit } else { self.serving.port }.to_string()
    }

    fn ca(&self) -> PathBuf {
        self.home.path("ca.pem")
    }

    fn client(&self, program: &str, args: &[&str], input: &[u8]) -> Ended {
        let mut command = Command::new(program);
        command.args(args).current_dir(self.home.path(".")).env("HOME", self.home.path("home"));
        let mut running = Running::start(command);
        running.say(input);
        running.end()
    }

    /// The only message that is there, which is taken away, and who had logged in.
    fn take(&mut self, told: &str) -> (Vec<u8>, serde_json::Value) {
        let event = self.serving.event("message");
        let new = self.home.path("mail/new");
        let mut all = mails(&new);
        assert_eq!(all.len(), 1, "{told}");
        let (name, mail) = all.remove(0);
        assert_eq!(event["stored"], name.as_str());
        std::fs::remove_file(new.join(name)).unwrap();
        (mail, event)
    }
}

/// Messages that clients stumble over.
fn messages() -> Vec<Vec<u8>> {
    // With all that a client would add.
    let head = "From: a@example.org\r\nTo: b@example.com\r\nSubject: x\r\n\
        Date: Fri, 27 Nov 2026 02:49:13 +0000\r\nMessage-ID: <1@example.org>\r\n\r\n";
    let long = ["0123456789abcdef".repeat(4), "\r\n".to_owned()].concat().repeat(4_000);
    let bodies =
        [&b".\r\n..\r\n.dot\r\n\r\n...\r\nend\r\n"[..], b"caf\xc3\xa9\r\n\t\r\n", long.as_bytes()];
    bodies.iter().map(|body| [head.as_bytes(), body].concat()).collect()
}

const SMTPLIB: &str = r"
import smtplib, ssl, sys
way, port, user, password = sys.argv[1:]
trust = ssl.create_default_context(cafile='ca.pem')
options = {'timeout': 30, 'local_hostname': 'pc.example.org'}
kind = smtplib.SMTP_SSL if way == 'Implicit' else smtplib.SMTP
if way == 'Implicit':
    options['context'] = trust
with kind('localhost', int(port), **options) as smtp:
    if way == 'Starttls':
        smtp.starttls(context=trust)
    if user:
        smtp.login(user, password)
    smtp.sendmail('a@example.org', ['b@example.com'], sys.stdin.buffer.read())
";

/// Lets a program deliver `message`; gives what it makes of it.
fn deliver(catcher: &Catcher, program: &str, way: Way, login: bool, message: &[u8]) -> Vec<u8> {
    let (port, ca) = (catcher.port(way), catcher.ca());
    let ca = arg(&ca);
    let file = catcher.home.file("message.eml", message);
    let secure = |way: Way, starttls: &[&str], implicit: &[&str]| match way {
        Way::Clear => Vec::new(),
        Way::Starttls => starttls.iter().map(ToString::to_string).collect(),
        Way::Implicit => implicit.iter().map(ToString::to_string).collect::<Vec<_>>(),
    };
    let (data, both) = (format!("@{}", arg(&file)), format!("{USER}:{PASSWORD}"));
    let (args, input, sent): (Vec<String>, &[u8], Vec<u8>) = match program {
        "swaks" => {
            let server = format!("localhost:{port}");
            let to = ["--server", &server, "--from", "a@example.org", "--to", "b@example.com"];
            let rest = ["--ehlo", "pc.example.org", "--silent", "3", "--data", &data];
            let who = ["--auth", "PLAIN", "--auth-user", USER, "--auth-password", PASSWORD];
            let trust = ["--tls-verify", "--tls-ca-path", ca];
            let tls = secure(way, &["--tls"], &["--tls-on-connect"]);
            let trust = if tls.is_empty() { &[][..] } else { &trust };
            let who = if login { &who[..] } else { &[] };
            let args = [&to[..], &rest, who, trust].concat();
            let args = args.into_iter().map(str::to_owned).chain(tls).collect();
            // It ends every message with one more CRLF.
            (args, b"", [message, b"\r\n"].concat())
        }
        "curl" => {
            let scheme = if way == Way::Implicit { "smtps" } else { "smtp" };
            let url = format!("{scheme}://localhost:{port}/pc.example.org");
            let to = ["--silent", "--show-error", "--max-time", "30", "--cacert", ca];
            let rest = ["--mail-from", "a@example.org", "--mail-rcpt", "b@example.com", "-T"];
            let who = if login { &["--user", &*both][..] } else { &[] };
            let tls = if way == Way::Starttls { &["--ssl-reqd"][..] } else { &[] };
            let args = [&to[..], &rest, &["message.eml", &url], who, tls].concat();
            (args.into_iter().map(str::to_owned).collect(), b"", message.to_vec())
        }
        "msmtp" => {
            let (port, trust) = (format!("--port={port}"), format!("--tls-trust-file={ca}"));
            let to = ["--host=localhost", &port, "--from=a@example.org", "--domain=pc.example.org"];
            let (user, secret) =
                (format!("--user={USER}"), format!("--passwordeval=echo {PASSWORD}"));
            let who = if login { vec!["--auth=plain", &user, &secret] } else { vec!["--auth=off"] };
            let tls = match way {
                Way::Clear => vec!["--tls=off"],
                Way::Starttls => vec!["--tls=on", "--tls-starttls=on", &trust],
                Way::Implicit => vec!["--tls=on", "--tls-starttls=off", &trust],
            };
            let args = [&to[..], &who, &tls, &["b@example.com"]].concat();
            (args.into_iter().map(str::to_owned).collect(), message, message.to_vec())
        }
        _ => {
            let (user, secret) = if login { (USER, PASSWORD) } else { ("", "") };
            let way = format!("{way:?}");
            let args = ["-c", SMTPLIB, &way, &port, user, secret].map(str::to_owned);
            (args.into(), message, message.to_vec())
        }
    };
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let ended =
        catcher.client(if program == "smtplib" { "python3" } else { program }, &args, input);
    let told = format!("{program} {way:?} {login}\n{}\n{}", ended.out, ended.err);
    assert_eq!(ended.code, Some(0), "{told}");
    sent
}

#[test]
fn what_other_programs_deliver_is_stored_byte_for_byte() {
    let mut catcher = Catcher::start();
    for program in ["swaks", "curl", "smtplib", "msmtp"] {
        if !have(if program == "smtplib" { "python3" } else { program }) {
            continue;
        }
        for way in WAYS {
            // msmtp gives no password away in clear text.
            let logins =
                if program == "msmtp" && way == Way::Clear { &[false][..] } else { &[false, true] };
            for login in logins.iter().copied() {
                for message in messages() {
                    let sent = deliver(&catcher, program, way, login, &message);
                    let told = format!("{program} {way:?} {login}");
                    let (stored, event) = catcher.take(&told);
                    assert!(stored == sent, "{told}: {}", String::from_utf8_lossy(&stored));
                    assert_eq!(event["tls"], way != Way::Clear, "{told}");
                    let user = login.then_some(USER);
                    assert_eq!(event["user"], serde_json::to_value(user).unwrap(), "{told}");
                }
                let who = if login { "with a login" } else { "without one" };
                proven(
                    program,
                    &format!("delivers to the catcher, {way:?} {who}"),
                    "byte for byte",
                );
            }
        }
    }
}

/// A relay adds a line of its own, and nothing else.
#[test]
fn what_postfix_relays_is_stored_byte_for_byte() {
    let mut catcher = Catcher::start();
    for way in WAYS {
        for login in [false, true] {
            let mode = format!("{way:?}").to_lowercase();
            let to = format!("{}+{mode}{}", catcher.port(way), if login { "+login" } else { "" });
            let Some(postfix) = Plan::new("postfix", &["plain"]).relaying_at(&to).start() else {
                return;
            };
            for message in messages() {
                let file = catcher.home.file("message.eml", &message);
                let send = ["send", "--server", &postfix.at("plain"), "--from", "a@example.org"];
                let what = ["--to", "b@example.com", "--data", arg(&file), "-S"];
                catcher.home.run([&send[..], &what].concat()).with(0);
                let told = format!("postfix {way:?} {login}");
                let (stored, event) = catcher.take(&told);
                assert!(stored.starts_with(b"Received: from "), "{told}");
                assert!(stored.ends_with(&message), "{told}");
                let added = stored.len() - message.len();
                let ours = stored[..added].split(|b| *b == b'\n').skip(1);
                assert!(ours.into_iter().all(|line| line.is_empty() || line[0] == b'\t'), "{told}");
                assert_eq!(event["tls"], way != Way::Clear, "{told}");
                let user = login.then_some(USER);
                assert_eq!(event["user"], serde_json::to_value(user).unwrap(), "{told}");
            }
            let who = if login { "with a login" } else { "without one" };
            proven("postfix", &format!("relays to the catcher, {way:?} {who}"), "byte for byte");
        }
    }
}
