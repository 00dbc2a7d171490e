//! Mail servers of other makers, with TLS and logins, from unpacked packages on loopback.
//!
//! A server has doors: ports at which it speaks in one way, named as `servers.sh` says. It ends with
//! the test, also when that fails. What cannot be had here is skipped and said; with
//! `EHLO_SERVERS=required` it is a failure.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests, each of which uses a part"
)]

#[path = "proven.rs"]
#[allow(clippy::duplicate_mod, reason = "some tests have it beside this")]
mod table;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

pub use table::proven;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/servers.sh");

/// The account that every server knows.
pub const USER: &str = "alice@example.org";
/// Its password.
pub const PASSWORD: &str = "correct horse";

/// Says that something is not here, or fails where it has to be.
pub fn skip(what: &str, why: &str) {
    let required = std::env::var_os("EHLO_SERVERS").is_some_and(|v| v == "required");
    assert!(!required, "{what} is required: {why}");
    proven(what, "everything", &format!("skipped: {}", why.lines().next().unwrap_or_default()));
}

/// Whether a client is here.
pub fn have(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output();
    if let Err(why) = &found {
        skip(program, &why.to_string());
    }
    found.is_ok()
}

/// What a door offers, as [`OFFERS`] lists it.
#[derive(Debug, Clone, Copy)]
pub struct Offer {
    pub server: &'static str,
    pub door: &'static str,
    /// The mechanisms before TLS; at an implicit door nothing is before it.
    pub clear: &'static [&'static str],
    /// The mechanisms inside TLS.
    pub secured: &'static [&'static str],
}

impl Offer {
    /// TLS begins with the connection.
    pub fn implicit(&self) -> bool {
        self.words().any(|word| matches!(word, "implicit" | "lmtp-implicit"))
    }

    /// `STARTTLS` is offered.
    pub fn starttls(&self) -> bool {
        !self.implicit() && !self.words().any(|word| word == "plain")
    }

    pub fn lmtp(&self) -> bool {
        self.door.starts_with("lmtp")
    }

    /// The only version of TLS, as OpenSSL names it.
    pub fn version(&self) -> Option<&'static str> {
        self.words().find_map(|word| match word {
            "tls1" => Some("TLSv1.0"),
            "tls1_1" => Some("TLSv1.1"),
            "tls1_2" => Some("TLSv1.2"),
            "tls1_3" => Some("TLSv1.3"),
            _ => None,
        })
    }

    /// What is wrong with the certificate, in a part of OpenSSL's words.
    pub fn flaw(&self) -> Option<&'static str> {
        self.words().find_map(|word| match word {
            "expired" => Some("certificate has expired"),
            "wrong-name" => Some("hostname mismatch"),
            "self-signed" => Some("self-signed certificate"),
            "incomplete" => Some("unable to verify the first certificate"),
            _ => None,
        })
    }

    pub fn words(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.door.split('+')
    }
}

const CYRUS: &[&str] =
    &["PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"];
const DOVECOT: &[&str] =
    &["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "OAUTHBEARER", "XOAUTH2"];
/// Dovecot's own submission takes certificates, too, and loopback for safe.
const SUBMISSION: &[&str] = &[
    "PLAIN",
    "LOGIN",
    "CRAM-MD5",
    "SCRAM-SHA-1",
    "SCRAM-SHA-256",
    "OAUTHBEARER",
    "XOAUTH2",
    "EXTERNAL",
];
const EXIM: &[&str] = &["PLAIN", "LOGIN", "CRAM-MD5"];
const AIOSMTPD: &[&str] = &["LOGIN", "PLAIN"];

const fn offer(
    server: &'static str,
    door: &'static str,
    clear: &'static [&'static str],
    secured: &'static [&'static str],
) -> Offer {
    Offer { server, door, clear, secured }
}

/// All doors there are, and who can log in there how.
pub const OFFERS: &[Offer] = &[
    offer("postfix", "plain", &[], &[]),
    offer("postfix", "starttls", &[], CYRUS),
    offer("postfix", "starttls+clear", CYRUS, CYRUS),
    offer("postfix", "implicit", &[], CYRUS),
    offer("postfix", "starttls+dovecot", &[], DOVECOT),
    offer("postfix", "starttls+clear+anonymous", &["ANONYMOUS", "PLAIN"], &["ANONYMOUS", "PLAIN"]),
    offer("postfix", "starttls+ask", &[], CYRUS),
    offer("postfix", "starttls+expired", &[], CYRUS),
    offer("postfix", "starttls+wrong-name", &[], CYRUS),
    offer("postfix", "starttls+self-signed", &[], CYRUS),
    offer("postfix", "starttls+incomplete", &[], CYRUS),
    offer("postfix", "starttls+tls1_1", &[], CYRUS),
    offer("postfix", "starttls+tls1_2", &[], CYRUS),
    offer("exim", "plain", &[], &[]),
    offer("exim", "starttls", &[], EXIM),
    offer("exim", "starttls+clear", EXIM, EXIM),
    offer("exim", "implicit", &[], EXIM),
    offer("exim", "implicit+ask", &[], &["PLAIN", "LOGIN", "CRAM-MD5", "EXTERNAL"]),
    offer("exim", "starttls+clear+dovecot", DOVECOT, DOVECOT),
    offer("exim", "starttls+expired", &[], EXIM),
    offer("exim", "starttls+wrong-name", &[], EXIM),
    offer("exim", "starttls+self-signed", &[], EXIM),
    offer("exim", "starttls+incomplete", &[], EXIM),
    offer("exim", "starttls+tls1_1", &[], EXIM),
    offer("exim", "starttls+tls1_2", &[], EXIM),
    offer("dovecot", "starttls", SUBMISSION, SUBMISSION),
    offer("dovecot", "implicit", &[], SUBMISSION),
    offer("dovecot", "lmtp", &[], &[]),
    offer("dovecot", "lmtp-implicit", &[], &[]),
    offer("aiosmtpd", "plain", &[], &[]),
    offer("aiosmtpd", "starttls", &[], AIOSMTPD),
    offer("aiosmtpd", "starttls+clear", AIOSMTPD, AIOSMTPD),
    offer("aiosmtpd", "implicit", &[], AIOSMTPD),
    offer("aiosmtpd", "lmtp", &[], AIOSMTPD),
    offer("openssl", "plain", &[], &[]),
    offer("openssl", "starttls", &[], &["PLAIN"]),
    offer("openssl", "implicit", &[], &["PLAIN"]),
    offer("openssl", "implicit+expired", &[], &["PLAIN"]),
    offer("openssl", "implicit+wrong-name", &[], &["PLAIN"]),
    offer("openssl", "implicit+self-signed", &[], &["PLAIN"]),
    offer("openssl", "implicit+incomplete", &[], &["PLAIN"]),
    offer("openssl", "implicit+tls1", &[], &["PLAIN"]),
    offer("openssl", "implicit+tls1_1", &[], &["PLAIN"]),
    offer("openssl", "implicit+tls1_2", &[], &["PLAIN"]),
    offer("openssl", "implicit+tls1_3", &[], &["PLAIN"]),
];

/// A server that has not been started, whose ports are known.
pub struct Plan {
    server: &'static str,
    doors: BTreeMap<String, u16>,
    links: Vec<String>,
}

impl Plan {
    pub fn new(server: &'static str, doors: &[&str]) -> Self {
        let doors = doors.iter().map(|door| ((*door).to_owned(), free_port())).collect();
        Self { server, doors, links: Vec::new() }
    }

    /// Logins at doors with `+dovecot` are Dovecot's.
    pub fn logins_by(mut self, dovecot: &Self) -> Self {
        self.links.push(format!("auth-at={}", dovecot.port("auth")));
        self
    }

    /// What Dovecot takes goes on to there.
    pub fn relaying_to(mut self, other: &Self) -> Self {
        self.links.push(format!("relay-to={}", other.port("plain")));
        self
    }

    /// What Postfix takes goes on to a port of this machine: `2525+starttls+login`.
    pub fn relaying_at(mut self, place: &str) -> Self {
        self.links.push(format!("relay-to={place}"));
        self
    }

    pub fn port(&self, door: &str) -> u16 {
        *self.doors.get(door).unwrap_or_else(|| panic!("{} has no door {door}", self.server))
    }

    /// Starts it; `None` where that is not possible.
    pub fn start(self) -> Option<Server> {
        let folder = tempfile::tempdir().unwrap();
        // The parts of a server that have no rights pass through here.
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let mut child = Command::new(SCRIPT)
            .arg(self.server)
            .arg(folder.path())
            .args(self.doors.iter().map(|(door, port)| format!("{door}={port}")))
            .args(&self.links)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        if first == "ready\n" {
            return Some(Server { plan: self, child, input, folder });
        }
        let mut why = String::new();
        child.stderr.take().unwrap().read_to_string(&mut why).unwrap();
        child.wait().unwrap();
        skip(self.server, why.trim());
        None
    }
}

/// A port that nobody has. The system gives none of these to whoever asks for any.
fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    const FIRST: u32 = 10_000;
    const COUNT: u32 = 22_000;
    (0..COUNT)
        .find_map(|_| {
            let number = std::process::id() * 128 + NEXT.fetch_add(1, Ordering::Relaxed);
            let port = u16::try_from(FIRST + number % COUNT).ok()?;
            TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok().then_some(port)
        })
        .expect("a free port")
}

/// A mail server of another maker that runs.
pub struct Server {
    plan: Plan,
    child: Child,
    input: Option<ChildStdin>,
    folder: tempfile::TempDir,
}

impl Server {
    /// Starts `postfix`, `exim`, `dovecot`, `aiosmtpd` or `openssl`; `None` where that is not
    /// possible.
    pub fn start(server: &'static str, doors: &[&str]) -> Option<Self> {
        Plan::new(server, doors).start()
    }

    pub fn name(&self) -> &'static str {
        self.plan.server
    }

    pub fn port(&self, door: &str) -> u16 {
        self.plan.port(door)
    }

    /// A door as a target.
    pub fn at(&self, door: &str) -> String {
        format!("127.0.0.1:{}", self.port(door))
    }

    /// The certificate that is to be trusted.
    pub fn ca(&self) -> PathBuf {
        self.certificate("ca")
    }

    /// The account's certificate with its key.
    pub fn client_certificate(&self) -> PathBuf {
        self.certificate("client")
    }

    fn certificate(&self, name: &str) -> PathBuf {
        self.file(&format!("certificates/{name}.pem"))
    }

    /// What Dovecot accepts by OAUTHBEARER and XOAUTH2.
    pub fn token(&self) -> String {
        std::fs::read_to_string(self.file("token")).expect("Dovecot's token")
    }

    /// The same, an hour too old.
    pub fn expired_token(&self) -> String {
        std::fs::read_to_string(self.file("token.expired")).expect("Dovecot's token")
    }

    /// Something in the server's folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The script ends the server when its input ends.
        drop(self.input.take());
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(15) {
            if let Ok(Some(_)) = self.child.try_wait() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// All servers with all doors of [`OFFERS`].
pub struct World(Vec<Server>);

impl World {
    /// Starts them all at once; those that cannot be had are missing.
    pub fn start() -> Self {
        let plan = |server| {
            let mut doors = offers(server).map(|offer| offer.door).collect::<Vec<_>>();
            if server == "dovecot" {
                doors.push("auth");
            }
            Plan::new(server, &doors)
        };
        let (postfix, exim, dovecot) = (plan("postfix"), plan("exim"), plan("dovecot"));
        let dovecot = dovecot.relaying_to(&postfix);
        let (postfix, exim) = (postfix.logins_by(&dovecot), exim.logins_by(&dovecot));
        let plans = [postfix, exim, dovecot, plan("aiosmtpd"), plan("openssl")];
        let starting = plans.map(|plan| std::thread::spawn(|| plan.start()));
        let started = starting.into_iter().filter_map(|thread| thread.join().expect("it starts"));
        Self(started.collect())
    }

    pub fn servers(&self) -> &[Server] {
        &self.0
    }

    pub fn server(&self, name: &str) -> Option<&Server> {
        self.0.iter().find(|server| server.name() == name)
    }
}

/// What a server offers.
pub fn offers(server: &str) -> impl Iterator<Item = &'static Offer> + use<'_> {
    OFFERS.iter().filter(move |offer| offer.server == server)
}
