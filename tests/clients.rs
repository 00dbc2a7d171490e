//! Programs of other people log in to `ehlo serve`: in the clear, behind STARTTLS and inside TLS.
//!
//! Which program has logged in how is printed at the end, one line a program and mechanism.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[path = "support/program.rs"]
mod program;
#[path = "support/serving.rs"]
mod serving;
#[path = "clients/typed.rs"]
mod typed;

use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;

use program::{Ended, Home, Running, arg};
use serving::{Serving, WAYS, Way};

const USER: &str = "alice@example.org";
const PASSWORD: &str = "correct horse";
const TOKEN: &str = "ya29.token";

/// How many programs run at once.
const WORKERS: usize = 4;

const SECURE: &[Way] = &[Way::Starttls, Way::Implicit];

/// A program, and what it knows.
struct Client {
    name: &'static str,
    mechanisms: &'static [&'static str],
    ways: &'static [Way],
    /// How it ends when it was let in, and when it was not.
    codes: [i32; 2],
    log_in: fn(&Attempt<'_>) -> Ended,
}

/// One run of a program.
#[derive(Debug)]
struct Attempt<'a> {
    way: Way,
    /// `localhost:port`.
    server: &'a str,
    /// The root that it trusts.
    ca: &'a str,
    mechanism: &'static str,
    secret: &'a str,
    /// The certificate of `USER`, with its key.
    own: &'a str,
    /// Whether the login is bound to another connection than this one.
    elsewhere: bool,
}

impl Attempt<'_> {
    /// The certificate that is shown.
    fn certificate(&self) -> Option<&str> {
        (self.mechanism == "EXTERNAL").then_some(self.own)
    }
}

/// The ways in which a login by this mechanism can be.
fn ways(client: &Client, mechanism: &str) -> impl Iterator<Item = Way> {
    let needs_tls = mechanism.ends_with("-PLUS") || mechanism == "EXTERNAL";
    let fits = move |way: &Way| !needs_tls || *way != Way::Clear;
    client.ways.iter().copied().filter(fits)
}

/// Of the mechanisms of others DIGEST-MD5, NTLM and the like are not those of the practice server.
const CLIENTS: [Client; 6] = [
    Client {
        name: "swaks",
        mechanisms: &["PLAIN", "LOGIN", "CRAM-MD5"],
        ways: &WAYS,
        codes: [0, 28],
        log_in: swaks,
    },
    Client {
        name: "curl",
        // Where XOAUTH2 is wished and OAUTHBEARER offered, too, 7.88 says that; see libcurl.
        mechanisms: &["PLAIN", "LOGIN", "CRAM-MD5", "OAUTHBEARER", "EXTERNAL"],
        ways: &WAYS,
        codes: [0, 67],
        log_in: curl,
    },
    Client {
        name: "libcurl",
        mechanisms: &["XOAUTH2"],
        ways: &WAYS,
        codes: [0, 67],
        log_in: libcurl,
    },
    Client {
        name: "gsasl",
        mechanisms: &[
            "PLAIN",
            "LOGIN",
            "CRAM-MD5",
            "SCRAM-SHA-1",
            "SCRAM-SHA-256",
            "SCRAM-SHA-1-PLUS",
            "SCRAM-SHA-256-PLUS",
            "ANONYMOUS",
            "EXTERNAL",
        ],
        // It knows no TLS before the greeting.
        ways: &[Way::Clear, Way::Starttls],
        codes: [0, 1],
        log_in: gsasl,
    },
    Client {
        name: "smtplib",
        mechanisms: &["PLAIN", "LOGIN", "CRAM-MD5"],
        ways: &WAYS,
        codes: [0, 1],
        log_in: smtplib,
    },
    Client {
        name: "openssl",
        mechanisms: &[
            "PLAIN",
            "LOGIN",
            "CRAM-MD5",
            "SCRAM-SHA-1",
            "SCRAM-SHA-256",
            "SCRAM-SHA-1-PLUS",
            "SCRAM-SHA-256-PLUS",
            "XOAUTH2",
            "OAUTHBEARER",
            "ANONYMOUS",
            "EXTERNAL",
        ],
        ways: SECURE,
        codes: [0, 0],
        log_in: typed::log_in,
    },
];

/// What lets somebody in, and what does not. Where a certificate proves who it is, it is the name
/// to act for.
fn secrets(mechanism: &str) -> (&'static str, Option<&'static str>) {
    match mechanism {
        "XOAUTH2" | "OAUTHBEARER" => (TOKEN, Some("wrong")),
        "EXTERNAL" => (USER, Some("bob@example.org")),
        "ANONYMOUS" => (USER, None),
        _ => (PASSWORD, Some("wrong")),
    }
}

fn client(program: &str, args: &[&str], input: &str) -> Ended {
    let mut command = Command::new(program);
    command.args(args).env("LC_ALL", "C");
    let mut running = Running::start(command);
    running.say(input.as_bytes());
    running.end()
}

/// Sends a message to elsewhere, which only those may who have logged in.
fn swaks(attempt: &Attempt<'_>) -> Ended {
    let secure: &[_] = match attempt.way {
        Way::Clear => &[],
        Way::Starttls => &["--tls", "--tls-verify", "--tls-ca-path", attempt.ca],
        Way::Implicit => &["--tls-on-connect", "--tls-verify", "--tls-ca-path", attempt.ca],
    };
    let who = ["--auth-user", USER, "--auth-password", attempt.secret];
    let how = ["--server", attempt.server, "--auth", attempt.mechanism, "--ehlo", "pc.example.org"];
    let letter = ["--from", USER, "--to", "somebody@elsewhere.example"];
    client("swaks", &[&how[..], &who, &letter, secure].concat(), "")
}

/// Sends such a message, too.
fn curl(attempt: &Attempt<'_>) -> Ended {
    let (scheme, secure): (_, &[_]) = match attempt.way {
        Way::Clear => ("smtp", &[]),
        Way::Starttls => ("smtp", &["--ssl-reqd", "--cacert", attempt.ca]),
        Way::Implicit => ("smtps", &["--cacert", attempt.ca]),
    };
    let url = format!("{scheme}://{}/pc.example.org", attempt.server);
    let auth = format!("AUTH={}", attempt.mechanism);
    let user = format!("{USER}:{}", attempt.secret);
    let act_as = format!("{}:", attempt.secret);
    let who: &[_] = match attempt.mechanism {
        "OAUTHBEARER" => &["--user", USER, "--oauth2-bearer", attempt.secret],
        "EXTERNAL" => &["--user", &act_as, "--cert", attempt.own],
        _ => &["--user", &user],
    };
    let letter = ["--mail-from", USER, "--mail-rcpt", "somebody@elsewhere.example", "-T", "-"];
    let how = ["--silent", "--verbose", "--max-time", "30", "--login-options", &auth, &url];
    client("curl", &[&how[..], who, &letter, secure].concat(), "Subject: x\n\n")
}

/// The numbers are those of `curl.h`.
const LIBCURL: &str = r"
import ctypes, sys
url, secure, ca, mechanism, user, token = sys.argv[1:]
curl = ctypes.CDLL('libcurl.so.4')
curl.curl_easy_init.restype = ctypes.c_void_p
handle = ctypes.c_void_p(curl.curl_easy_init())
def choose(option, value):
    value = ctypes.c_long(value) if isinstance(value, int) else ctypes.c_char_p(value.encode())
    assert curl.curl_easy_setopt(handle, option, value) == 0
VERBOSE, USE_SSL, TIMEOUT, URL, CUSTOMREQUEST, CAINFO = 41, 119, 13, 10002, 10036, 10065
USERNAME, XOAUTH2_BEARER, LOGIN_OPTIONS, USESSL_ALL = 10173, 10220, 10224, 3
for option, value in [(VERBOSE, 1), (TIMEOUT, 30), (URL, url), (CUSTOMREQUEST, 'NOOP'), (CAINFO, ca)]:
    choose(option, value)
if secure == 'True':
    choose(USE_SSL, USESSL_ALL)
for option, value in [(USERNAME, user), (XOAUTH2_BEARER, token), (LOGIN_OPTIONS, 'AUTH=' + mechanism)]:
    choose(option, value)
sys.exit(curl.curl_easy_perform(handle))
";

fn libcurl(attempt: &Attempt<'_>) -> Ended {
    let scheme = if attempt.way == Way::Implicit { "smtps" } else { "smtp" };
    let url = format!("{scheme}://{}/pc.example.org", attempt.server);
    let secure = if attempt.way == Way::Clear { "False" } else { "True" };
    let how = ["-c", LIBCURL, &url, secure, attempt.ca, attempt.mechanism, USER, attempt.secret];
    client("python3", &how, "")
}

fn gsasl(attempt: &Attempt<'_>) -> Ended {
    let connect = format!("--connect={}", attempt.server);
    let trust = format!("--x509-ca-file={}", attempt.ca);
    let own =
        [format!("--x509-cert-file={}", attempt.own), format!("--x509-key-file={}", attempt.own)];
    let secure: &[_] =
        if attempt.way == Way::Clear { &["--no-starttls"] } else { &["--starttls", &trust] };
    let who: &[_] = match attempt.mechanism {
        "ANONYMOUS" => &["--anonymous-token", attempt.secret],
        "EXTERNAL" => &["--authorization-id", attempt.secret, &own[0], &own[1]],
        _ => &["--authentication-id", USER, "--authorization-id", "", "--password", attempt.secret],
    };
    let mut how = vec!["--smtp", &connect, "--mechanism", attempt.mechanism];
    // Without -PLUS it would take its absence for an attack.
    if !attempt.mechanism.ends_with("-PLUS") {
        how.push("--no-cb");
    }
    client("gsasl", &[&how[..], who, secure].concat(), "")
}

const SMTPLIB: &str = r"
import smtplib, ssl, sys
way, ca, mechanism, host, port, user, password = sys.argv[1:]
trust = None if way == 'Clear' else ssl.create_default_context(cafile=ca)
options = {'timeout': 30, 'local_hostname': 'pc.example.org'}
if way == 'Implicit':
    smtp = smtplib.SMTP_SSL(host, int(port), context=trust, **options)
else:
    smtp = smtplib.SMTP(host, int(port), **options)
smtp.set_debuglevel(1)
with smtp:
    if way == 'Starttls':
        smtp.starttls(context=trust)
    smtp.ehlo()
    smtp.user, smtp.password = user, password
    how = {'PLAIN': smtp.auth_plain, 'LOGIN': smtp.auth_login, 'CRAM-MD5': smtp.auth_cram_md5}
    smtp.auth(mechanism, how[mechanism])
    smtp.sendmail(user, ['somebody@elsewhere.example'], b'Subject: x\r\n\r\n')
";

/// Sends such a message, too.
fn smtplib(attempt: &Attempt<'_>) -> Ended {
    let (host, port) = attempt.server.split_once(':').unwrap();
    let way = format!("{:?}", attempt.way);
    let how = ["-c", SMTPLIB, &way, attempt.ca, attempt.mechanism, host, port];
    client("python3", &[&how[..], &[USER, attempt.secret]].concat(), "")
}

/// A practice server, and what its clients know.
struct Site {
    serving: Serving,
    ca: PathBuf,
    own: PathBuf,
}

impl Site {
    fn start(home: &Home, tls: &str) -> Self {
        let file = |kind| home.path(&format!("{tls}-{kind}.pem"));
        let (ca, own) = (file("ca"), file("own"));
        let files = ["--write-ca", arg(&ca), "--write-client", arg(&own)];
        Self { serving: Serving::start(home, &[&["--tls", tls][..], &files].concat()), ca, own }
    }
}

/// All practice servers.
struct World {
    starttls: Site,
    implicit: Site,
}

impl World {
    fn start(home: &Home) -> Self {
        Self { starttls: Site::start(home, "auto"), implicit: Site::start(home, "implicit") }
    }

    fn site(&self, way: Way) -> &Site {
        if way == Way::Implicit { &self.implicit } else { &self.starttls }
    }

    fn attempt<'a>(&'a self, way: Way, mechanism: &'static str, secret: &'a str) -> Attempt<'a> {
        let Site { serving, ca, own } = self.site(way);
        let (server, ca, own) = (serving.target.as_str(), arg(ca), arg(own));
        Attempt { way, server, ca, mechanism, secret, own, elsewhere: false }
    }

    /// Who knows the secret is let in, by the mechanism that was asked for; who does not, is not.
    fn lets_in(&self, client: &Client, mechanism: &'static str, way: Way) {
        let (right, wrong) = secrets(mechanism);
        let [inside, outside] = client.codes;
        let wrong = wrong.map(|wrong| (wrong, "535 ", outside));
        for (secret, reply, code) in [(right, "235 ", inside)].into_iter().chain(wrong) {
            let attempt = self.attempt(way, mechanism, secret);
            let ended = (client.log_in)(&attempt);
            let told = format!("{} {attempt:?}\n{}\n{}", client.name, ended.out, ended.err);
            let log = [&*ended.out, &*ended.err].concat();
            assert_eq!(ended_by(&log), Some(reply), "{told}");
            assert!(asks_for(&log, mechanism), "{told}");
            assert_eq!(ended.code, Some(code), "{told}");
        }
    }

    /// Nobody logs in where somebody else's root is trusted.
    fn is_verified(&self, client: &Client, way: Way) {
        let other = if way == Way::Implicit { Way::Starttls } else { Way::Implicit };
        let mechanism = *client.mechanisms.last().unwrap();
        let attempt = self.attempt(way, mechanism, secrets(mechanism).0);
        let ended = (client.log_in)(&Attempt { ca: arg(&self.site(other).ca), ..attempt });
        let told = format!("{} {way:?}\n{}\n{}", client.name, ended.out, ended.err);
        assert!(!asks_for(&told, mechanism), "{told}");
        assert_ne!(ended.code, Some(0), "{told}");
    }
}

/// The beginning of the reply with which a login ends. In the log of a program it stands behind an
/// arrow, or in quotation marks. Whoever hears why his token is refused (`{"…`) need not stay until
/// it is said in a reply.
fn ended_by(log: &str) -> Option<&'static str> {
    let heard = |line: &str| {
        let at = line.find(|c: char| c.is_ascii_digit())?;
        let reply = line.get(at..)?;
        let ends = [("235 ", "235 "), ("535 ", "535 "), ("334 eyJ", "535 ")];
        ends.into_iter().find_map(|(begin, end)| reply.starts_with(begin).then_some(end))
    };
    log.lines().rev().find_map(heard)
}

/// Whether the program said this in its log; the server's list of mechanisms is none of it.
fn asks_for(log: &str, mechanism: &str) -> bool {
    let auth = format!("AUTH {mechanism}");
    log.lines().any(|line| line.contains(&auth) && !line.contains("PLAIN LOGIN"))
}

/// Does `work` for each of `what`, several at once.
fn each<T: Send>(what: Vec<T>, work: impl Fn(T) + Sync) {
    let what = Mutex::new(what);
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let next = what.lock().unwrap().pop();
                    let Some(next) = next else { break };
                    work(next);
                }
            });
        }
    });
}

/// Says that something is not here, or fails where it has to be.
fn have(name: &str) -> bool {
    let probe: &[_] = match name {
        "libcurl" => &["python3", "-c", "import ctypes; ctypes.CDLL('libcurl.so.4')"],
        "smtplib" => &["python3", "--version"],
        "openssl" => &["openssl", "version"],
        program => &[program, "--version"],
    };
    let found = Command::new(probe[0]).args(&probe[1..]).output();
    let found = found.is_ok_and(|ended| ended.status.success());
    if !found {
        let required = std::env::var_os("EHLO_SERVERS").is_some_and(|v| v == "required");
        assert!(!required, "{name} is required");
        eprintln!("skipped: no {name}");
    }
    found
}

#[test]
fn programs_of_other_people_log_in() {
    let home = Home::new();
    let world = World::start(&home);
    let clients: Vec<_> = CLIENTS.iter().filter(|client| have(client.name)).collect();
    let (mut tasks, mut rows) = (Vec::new(), Vec::new());
    for client in clients {
        for mechanism in client.mechanisms {
            let ways: Vec<_> = ways(client, mechanism).collect();
            let cells = WAYS.map(|way| if ways.contains(&way) { "yes" } else { "-" });
            rows.push(format!("| {} | {mechanism} | {} |", client.name, cells.join(" | ")));
            tasks.extend(ways.into_iter().map(|way| (client, *mechanism, way)));
        }
    }
    each(tasks, |(client, mechanism, way)| world.lets_in(client, mechanism, way));
    eprintln!("| program | mechanism | clear | STARTTLS | implicit |\n|---|---|---|---|---|");
    eprintln!("{}", rows.join("\n"));
}

#[test]
fn programs_of_other_people_verify_the_practice_server() {
    let home = Home::new();
    let world = World::start(&home);
    let clients = CLIENTS.iter().filter(|client| have(client.name));
    let secure = |client: &'static Client| {
        SECURE.iter().filter(|way| client.ways.contains(way)).map(move |way| (client, *way))
    };
    each(clients.flat_map(secure).collect(), |(client, way)| world.is_verified(client, way));
}

/// Somebody in between, who has a connection of his own to either side, can pass no login on.
#[test]
fn a_login_that_is_bound_to_another_connection_is_none() {
    if !have("openssl") {
        return;
    }
    let home = Home::new();
    let world = World::start(&home);
    for mechanism in ["SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"] {
        for way in SECURE {
            let attempt = world.attempt(*way, mechanism, PASSWORD);
            let ended = typed::log_in(&Attempt { elsewhere: true, ..attempt });
            assert_eq!(ended_by(&ended.out), Some("535 "), "{mechanism} {way:?} {}", ended.out);
        }
    }
}
