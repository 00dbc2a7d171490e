//! «Who is this really»: names side by side, MTA-STS and DANE, asked of a name server and a policy
//! server on loopback, about this program's server and real ones.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests"
)]

#[path = "support/names.rs"]
mod names;
#[path = "support/policies.rs"]
mod policies;
#[path = "support/program.rs"]
mod program;
#[cfg(unix)]
#[path = "support/servers.rs"]
mod servers;
#[path = "support/serving.rs"]
mod serving;

use std::net::Ipv4Addr;

use names::{Answer, NameServer};
use policies::{Authority, PolicyServer, served};
use program::{Ended, Home, arg};
use serde_json::Value;
use serving::Serving;
use sha2::{Digest as _, Sha256, Sha512};
use x509_parser::prelude::{FromDer as _, X509Certificate};

const POLICY: &str = "version: STSv1\r\nmode: enforce\r\nmx: *.example.test\r\nmax_age: 86400\r\n";
const ASKED: &str =
    "S: 220\nC: EHLO pc.example.org\nS: 250\n:starttls\nS: 250\n:who\nC: QUIT\nS: 221\n";
const CLEAR: &str = "S: 220\nC: EHLO pc.example.org\nS: 250\n:who\nC: QUIT\nS: 221\n";

fn hash(der: &[u8]) -> Vec<u8> {
    Sha256::digest(der).to_vec()
}

fn key(der: &[u8]) -> Vec<u8> {
    X509Certificate::from_der(der).unwrap().1.public_key().raw.to_vec()
}

/// A server with a certificate, a domain of which it takes the mail, and whoever tells of both.
struct World {
    home: Home,
    authority: Authority,
    server: Serving,
    chain: Vec<Vec<u8>>,
}

impl World {
    fn new(names: &[&str]) -> Self {
        let (home, authority) = (Home::new(), Authority::new());
        let identity = authority.identity(names);
        let file = home.file("server.pem", identity.pem());
        home.file("ca.pem", &authority.pem);
        let args = ["--tls-cert", arg(&file), "--tls-key", arg(&file)];
        let server = Serving::start(&home, &args);
        let chain = identity.chain.iter().map(|der| der.to_vec()).collect();
        Self { home, authority, server, chain }
    }

    /// What is known of the domain, beside `records`.
    fn names(records: Vec<(&'static str, Answer)>) -> NameServer {
        let mut all = vec![
            ("example.test", Answer::Mx(10, "mx.example.test")),
            ("mx.example.test", Answer::A(Ipv4Addr::LOCALHOST)),
        ];
        all.extend(records);
        NameServer::start(all)
    }

    /// The name at which the records about the certificate stand.
    fn tlsa(&self) -> &'static str {
        format!("_{}._tcp.mx.example.test", self.server.port).leak()
    }

    fn visit(&self, names: &NameServer, script: &str, options: &[&str]) -> Ended {
        let target = format!("mx:example.test:{}", self.server.port);
        let ca = self.home.path("ca.pem");
        let own = ["run", "-", "--server", &target, "--dns", &names.address, "--insecure"];
        let all = [&own[..], &["--tls-ca", arg(&ca)], options].concat();
        self.home.run_with(all, script).with(0)
    }

    fn who(&self, names: &NameServer, script: &str, options: &[&str]) -> Value {
        let ended = self.visit(names, script, &[options, &["--json"]].concat());
        ended.json()[0]["who"].clone()
    }
}

const STS: Answer = Answer::Txt("v=STSv1; id=20261126T000000; something=that is long");

#[test]
fn names_policy_and_records_are_told_and_judged() {
    let world = World::new(&["mx.example.test", "*.other.test"]);
    let policy = PolicyServer::start(&world.authority, "mta-sts.example.test", served(POLICY));
    let own = key(&world.chain[0]);
    let names = World::names(vec![
        ("1.0.0.127.in-addr.arpa", Answer::Ptr("host1.example.com")),
        ("host1.example.com", Answer::A(Ipv4Addr::LOCALHOST)),
        ("_mta-sts.example.test", STS),
        (world.tlsa(), Answer::Tlsa(3, 1, 1, hash(&own))),
        (world.tlsa(), Answer::Tlsa(3, 0, 2, Sha512::digest(&world.chain[0]).to_vec())),
        (world.tlsa(), Answer::Tlsa(3, 1, 0, own)),
        (world.tlsa(), Answer::Tlsa(2, 0, 1, hash(&world.chain[1]))),
        (world.tlsa(), Answer::Tlsa(3, 1, 1, vec![0; 32])),
        (world.tlsa(), Answer::Tlsa(1, 1, 1, vec![0; 32])),
    ]);
    let options = ["--sts-address", &policy.address];
    let who = world.who(&names, ASKED, &options);
    let told: Vec<_> = who["names"].as_array().unwrap().iter().collect();
    let judged = |at: usize| (told[at]["what"].as_str(), told[at]["judgement"].as_str());
    assert_eq!(judged(0), (Some("asked"), Some("reference")));
    assert_eq!(told[0]["names"][0], "mx.example.test");
    assert_eq!(judged(1), (Some("reverse"), Some("differs")), "{who}");
    assert_eq!(told[1]["names"][0], "host1.example.com");
    assert_eq!(judged(2), (Some("forward"), Some("same")), "it leads back");
    assert_eq!(judged(3), (Some("banner"), Some("differs")));
    assert_eq!(told[3]["names"][0], "mx.example.net");
    assert_eq!(judged(4), (Some("ehlo"), Some("differs")));
    assert_eq!(judged(5), (Some("certificate"), Some("same")));
    let sts = &who["mta_sts"];
    assert_eq!((&sts["domain"], &sts["standing"]), (&"example.test".into(), &"fits".into()));
    assert_eq!((&sts["mode"], &sts["max_age"]), (&"enforce".into(), &86_400.into()));
    assert_eq!((&sts["id"], &sts["odd"]), (&"20261126T000000".into(), &Value::Array(vec![])));
    let dane = &who["dane"];
    assert_eq!((&dane["standing"], &dane["conclusive"]), (&"matches".into(), &false.into()));
    let found: Vec<_> = dane["records"].as_array().unwrap().iter().collect();
    let found = found.iter().map(|r| (r["found"].as_str().unwrap(), r["certificate"].as_u64()));
    let one = ("matches", Some(1));
    let want = [one, one, one, ("matches", Some(2)), ("differs", None), ("unusable", None)];
    assert_eq!(found.collect::<Vec<_>>(), want);
    let questions = policy.questions();
    assert!(questions[0].starts_with("GET /.well-known/mta-sts.txt HTTP/1.1\r\n"), "{questions:?}");
    assert!(questions[0].to_lowercase().contains("\r\nhost: mta-sts.example.test\r\n"));
    for (lang, words) in [
        (
            "en",
            ["reverse name (PTR)", "delivers here", "inconclusive: the answer was not validated"],
        ),
        ("ja", ["逆引き名(PTR)", "ここに配送します", "断定できません"]),
    ] {
        let ended = world.visit(&names, ASKED, &[&options[..], &["--lang", lang]].concat());
        for words in words {
            assert!(ended.out.contains(words), "{words}: {}", ended.out);
        }
    }
}

#[test]
fn a_recording_tells_the_same() {
    let world = World::new(&["mx.example.test"]);
    let policy = PolicyServer::start(&world.authority, "mta-sts.example.test", served(POLICY));
    let names = World::names(vec![
        ("_mta-sts.example.test", STS),
        (world.tlsa(), Answer::Tlsa(3, 1, 1, hash(&key(&world.chain[0])))),
    ]);
    let record = world.home.path("talk.jsonl");
    let options = ["--sts-address", &policy.address, "--record", arg(&record)];
    let live = world.who(&names, ASKED, &options);
    let shown = world.home.run(["show", arg(&record), "--json"]).with(0);
    assert_eq!(shown.json()[0]["who"], live);
    let shown = world.home.run(["show", arg(&record)]).with(0);
    assert!(shown.out.contains("#   MTA-STS  mx.example.test is a host"), "{}", shown.out);
}

#[test]
fn what_a_sender_would_do_is_said_and_nothing_is_blocked() {
    let world = World::new(&["elsewhere.example"]);
    let fetched = |policy: &str| {
        PolicyServer::start(&world.authority, "mta-sts.example.test", served(policy))
    };
    let names = World::names(vec![("_mta-sts.example.test", STS)]);
    let testing = POLICY.replace("enforce", "testing");
    for (policy, script, standing, words) in [
        (POLICY, ASKED, "untrusted", "(mode enforce) does not deliver so"),
        (POLICY, CLEAR, "no-tls", "this session has no TLS: a sender that honours the policy"),
        (&testing, CLEAR, "no-tls", "(mode testing) delivers all the same"),
        (&POLICY.replace("*.", "mx2."), CLEAR, "other-host", "mx.example.test is no host of"),
        (&POLICY.replace("enforce", "none"), CLEAR, "off", "it is switched off"),
        (&POLICY.replace("STSv1", "STSv9"), CLEAR, "invalid", "line 1: the version is \"STSv9\""),
    ] {
        let server = fetched(policy);
        let options = ["--sts-address", &server.address];
        assert_eq!(world.who(&names, script, &options)["mta_sts"]["standing"], standing);
        let ended = world.visit(&names, script, &options);
        assert!(ended.out.contains(words), "{words}: {}", ended.out);
    }
}

#[test]
fn each_way_to_get_no_policy_has_its_own_words() {
    let world = World::new(&["mx.example.test"]);
    let names = World::names(vec![("_mta-sts.example.test", STS)]);
    let plain = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";
    let long = format!("{plain}\r\n{}", "x".repeat(70_000));
    let policy = |name: &str, answer: &str| PolicyServer::start(&world.authority, name, answer);
    let right = "mta-sts.example.test";
    for (name, answer, problem, words) in [
        ("www.example.test", served(POLICY), "tls", "its certificate cannot be trusted"),
        (
            right,
            "HTTP/1.1 301 Moved\r\nLocation: https://www.example.test/\r\nContent-Length: 0\r\n\r\n"
                .to_owned(),
            "redirect",
            "it leads elsewhere, which is not followed: https://www.example.test/",
        ),
        (
            right,
            "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n".to_owned(),
            "status",
            "the HTTP status is 404",
        ),
        (
            right,
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nno".to_owned(),
            "media",
            "it is no text/plain but: text/html",
        ),
        (right, long, "too-long", "it is longer than 64 KB"),
        (right, "220 mx ESMTP\r\n".to_owned(), "http", "this is no HTTP"),
    ] {
        let server = policy(name, &answer);
        let options = ["--sts-address", &server.address];
        let ended = world.visit(&names, CLEAR, &[&options[..], &["--json"]].concat());
        let steps = ended.json()[0]["reached"].clone();
        let fetched = steps.as_array().unwrap().iter().find(|step| step["step"] == "fetched");
        assert_eq!(fetched.unwrap()["problem"], problem, "{steps}");
        assert_eq!(ended.json()[0]["who"]["mta_sts"]["standing"], "unfetched");
        let ended = world.visit(&names, CLEAR, &options);
        assert!(ended.out.contains(words), "{words}: {}", ended.out);
    }
    // Chunks are read as well, and a key that nobody knows is named.
    let chunked = format!(
        "{plain}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{POLICY}\r\n8\r\nnew: key\r\n0\r\n\r\n",
        POLICY.len()
    );
    let server = policy(right, &chunked);
    let who = world.who(&names, CLEAR, &["--sts-address", &server.address]);
    assert_eq!(who["mta_sts"]["odd"][0]["what"], "unknown-key", "{who}");
    let closed = world.who(&names, CLEAR, &["--sts-address", "127.0.0.1:1"]);
    assert_eq!(closed["mta_sts"]["standing"], "unfetched", "nobody listens there");
}

#[test]
fn nobody_is_asked_about_this_machine_and_a_slow_name_server_delays_nothing() {
    let world = World::new(&["mx.example.test"]);
    let silent = World::names(vec![
        ("1.0.0.127.in-addr.arpa", Answer::Silence),
        ("_mta-sts.example.test", Answer::Silence),
        (world.tlsa(), Answer::Silence),
    ]);
    let script = CLEAR.replace(":who\n", "");
    let begun = std::time::Instant::now();
    let ended = world.visit(&silent, &script, &["--json"]);
    assert!(begun.elapsed() < std::time::Duration::from_secs(4), "{:?}", begun.elapsed());
    let who = ended.json()[0]["who"].clone();
    assert_eq!(who["names"][1]["judgement"], "not-asked", "{who}");
    assert_eq!((&who["mta_sts"], &who["dane"]), (&Value::Null, &Value::Null));
    // Whoever asks not to ask is obeyed.
    let names = World::names(vec![("_mta-sts.example.test", STS)]);
    let who = world.who(&names, &script, &["--who", "none"]);
    assert_eq!(who["mta_sts"], Value::Null);
    let who = world.who(&names, &script, &["--sts-address", "127.0.0.1:1"]);
    assert_eq!(who["mta_sts"]["standing"], "unfetched", "mx: asks by itself");
    let ended = world.visit(&names, &script, &["--who", "none", "--full"]);
    assert!(ended.out.contains("# who is this really\n"), "{}", ended.out);
    assert!(ended.out.contains("not asked"), "{}", ended.out);
}

/// What the real servers show, against records that were made of their files.
#[cfg(unix)]
#[test]
fn real_servers_fit_their_records() {
    for name in ["postfix", "exim"] {
        let Some(server) = servers::Server::start(name, &["starttls"]) else {
            servers::skip(name, "it cannot be started");
            continue;
        };
        let pem = std::fs::read(server.file("certificates/good.crt")).unwrap();
        let der = x509_parser::pem::parse_x509_pem(&pem).unwrap().1.contents;
        let port = server.port("starttls");
        let tlsa: &'static str = format!("_{port}._tcp.mx.example.test").leak();
        let reverse = "1.0.0.127.in-addr.arpa";
        let names = NameServer::start(vec![
            ("example.test", Answer::Mx(10, "mx.example.test")),
            ("mx.example.test", Answer::A(Ipv4Addr::LOCALHOST)),
            (reverse, Answer::Ptr("mx.example.test")),
            (tlsa, Answer::Tlsa(3, 1, 1, hash(&key(&der)))),
            (tlsa, Answer::Tlsa(3, 1, 1, vec![7; 32])),
        ]);
        let home = Home::new();
        let (target, ca) = (format!("mx:example.test:{port}"), server.ca());
        let args = ["run", "-", "--json", "--server", &target, "--dns", &names.address];
        let ended = home.run_with([&args[..], &["--tls-ca", arg(&ca)]].concat(), ASKED).with(0);
        let who = ended.json()[0]["who"].clone();
        let judged = |at: usize| who["names"][at]["judgement"].as_str().unwrap().to_owned();
        println!("{name}: {}", who["names"]);
        assert_eq!([1, 2, 5].map(judged), ["same", "same", "same"], "{name}: {who}");
        assert_eq!(who["dane"]["standing"], "matches", "{name}: {who}");
        let found = [0, 1].map(|at| who["dane"]["records"][at]["found"].clone());
        assert_eq!(found, ["matches", "differs"]);
        assert_eq!(who["mta_sts"]["standing"], "no-record");
    }
}
