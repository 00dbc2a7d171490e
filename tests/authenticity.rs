//! Whether a message is what it says: DKIM, SPF, DMARC and ARC, over a name server on loopback and
//! over a file; with messages signed by dkimpy, with the signed mails and the SPF suite inside the
//! sources of mail-auth, read in place.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests"
)]

#[path = "support/corpora.rs"]
mod corpora;
#[path = "support/names.rs"]
mod names;
#[path = "support/program.rs"]
mod program;
#[path = "support/proven.rs"]
mod proven;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ehlo::journal::authenticity::Verdict;
use ehlo::net::authenticity::{Source, Task};
use ehlo::session::answers::Answers;
use ehlo::session::authenticity::Way;
use names::{Answer, NameServer};
use program::{Home, Running, arg};
use proven::proven;
use serde_json::{Value, json};

const MESSAGE: &str = "From: Alice <alice@example.org>\r\nTo: bob@example.net\r\nSubject: a  test\r\n\
    Date: Thu, 26 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@example.org>\r\nX-Loose: one\r\n\r\n\
    Hello,\r\n  this is  signed. \r\n\r\nBye\r\n\r\n\r\n";

/// dkimpy, as long as a test needs it.
struct Dkimpy {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    keys: Value,
}

impl Dkimpy {
    /// Nothing, and said, where it is not installed and need not be.
    fn start() -> Option<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/dkimpy.py");
        let known = ["/usr/bin/python3", "python3"].into_iter().find(|python| {
            let asked = Command::new(python).args(["-c", "import dkim, nacl"]).output();
            asked.is_ok_and(|asked| asked.status.success())
        });
        let Some(python) = known else {
            let required = std::env::var_os("EHLO_SERVERS").is_some_and(|v| v == "required");
            assert!(!required, "dkimpy (python3-dkim) is not installed");
            proven("dkimpy", "messages signed by it", "skipped");
            return None;
        };
        let mut child = Command::new(python)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut all = Self { child, input, output, keys: Value::Null };
        all.keys = all.ask(&json!({ "do": "keys" }));
        Some(all)
    }

    fn ask(&mut self, job: &Value) -> Value {
        writeln!(self.input, "{job}").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).expect("an answer of dkimpy")
    }

    /// `message` with a signature of example.org in front.
    fn sign(&mut self, key: &str, canonical: [&str; 2], message: &str, more: &Value) -> String {
        let mut job = json!({
            "do": "sign", "key": key, "canonical": canonical, "message": message,
            "selector": key, "domain": "example.org",
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            job[name] = value.clone();
        }
        format!("{}{message}", self.ask(&job).as_str().unwrap())
    }

    /// `message` with one more instance of the chain in front, by `domain`.
    fn seal(&mut self, domain: &str, message: &str) -> String {
        let job = json!({
            "do": "seal", "key": "rsa", "message": message, "selector": "rsa", "domain": domain,
            "server": domain,
        });
        format!("{}{message}", self.ask(&job).as_str().unwrap())
    }

    fn accepts(&mut self, message: &str, records: &Records) -> bool {
        let job = json!({ "do": "verify", "message": message, "records": records });
        self.ask(&job).as_bool().unwrap()
    }

    /// The keys of example.org.
    fn records(&self) -> Records {
        let record = |kind: &str, key: &str| {
            let public = self.keys[key].as_str().unwrap();
            (format!("{key}._domainkey.example.org"), format!("v=DKIM1; k={kind}; p={public}"))
        };
        [record("rsa", "rsa"), record("rsa", "small"), record("ed25519", "ed25519")].into()
    }
}

impl Drop for Dkimpy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Texts by name.
type Records = BTreeMap<String, String>;

fn name_server(records: &Records) -> NameServer {
    let leak = |text: &String| -> &'static str { text.clone().leak() };
    NameServer::start(
        records.iter().map(|(at, text)| (leak(at), Answer::Txt(leak(text)))).collect(),
    )
}

fn zone(records: &Records) -> String {
    records.iter().fold(String::new(), |mut out, (at, text)| {
        let _ = writeln!(out, "{at} TXT \"{text}\"");
        out
    })
}

/// What is found out about a message by answers in a file.
fn judged(message: &str, zone: &str, more: &[&str]) -> Value {
    let home = Home::new();
    home.file("m.eml", message);
    home.file("answers.zone", zone);
    let args = [&["show", "m.eml", "--verify", "--answers", "answers.zone", "--json"], more];
    let ended = home.run(args.concat()).with(0);
    ended.json()[0]["authenticity"][0].clone()
}

/// The verdict on the first signature, with its reason.
fn first(found: &Value) -> (&str, Option<&str>) {
    let first = &found["dkim"][0];
    (first["verdict"].as_str().unwrap(), first["why"].as_str())
}

/// `text` with one byte changed, the one at `at` of where `mark` begins.
fn bent(text: &str, mark: &str, at: usize) -> String {
    let place = text.find(mark).unwrap_or_else(|| panic!("{mark} is not in\n{text}")) + at;
    let mut bytes = text.as_bytes().to_vec();
    bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
    String::from_utf8(bytes).unwrap()
}

#[test]
fn what_dkimpy_signs_is_right_over_a_name_server_and_over_a_file() {
    let Some(mut dkimpy) = Dkimpy::start() else { return };
    let records = dkimpy.records();
    let server = name_server(&records);
    for key in ["rsa", "ed25519"] {
        for canonical in [
            ["relaxed", "relaxed"],
            ["simple", "simple"],
            ["relaxed", "simple"],
            ["simple", "relaxed"],
        ] {
            let signed = dkimpy.sign(key, canonical, MESSAGE, &Value::Null);
            assert!(dkimpy.accepts(&signed, &records), "{key} {canonical:?}");
            let by_file = judged(&signed, &zone(&records), &[]);
            assert_eq!(first(&by_file), ("pass", None), "{key} {canonical:?}");
            // In a file, lines mostly end otherwise than on the wire.
            let stored = judged(&signed.replace("\r\n", "\n"), &zone(&records), &[]);
            assert_eq!(first(&stored), ("pass", None), "{key} {canonical:?}");
            let home = Home::new();
            home.file("m.eml", &signed);
            let asked = ["show", "m.eml", "--verify", "--dns", &server.address, "--json"];
            let ended = home.run(asked).with(0);
            let found = &ended.json()[0]["authenticity"][0];
            assert_eq!(first(found), ("pass", None), "{key} {canonical:?}");
            let name = format!("{key}._domainkey.example.org");
            let answer = &found["answers"][0];
            assert_eq!((&answer["name"], &answer["by"]), (&json!(name), &json!(server.address)));
            assert_eq!(answer["values"][0], json!(records[&name]));
            let tag = |wanted: &str| {
                let tags = found["dkim"][0]["tags"].as_array().unwrap().iter();
                let tag = tags.clone().find(|tag| tag["name"] == wanted).unwrap();
                tag["value"].as_str().unwrap().to_owned()
            };
            assert_eq!(tag("c"), canonical.join("/"));
            assert_eq!(json!(tag("bh")), found["dkim"][0]["body_hash"], "as declared");
            let bits = if key == "rsa" { 2048 } else { 256 };
            assert_eq!(found["dkim"][0]["key_bits"], bits);
            proven("dkimpy", &format!("{key}, {}, over DNS and file", tag("c")), "pass");
        }
    }
}

#[test]
fn one_byte_that_is_another_is_found_with_its_reason() {
    let Some(mut dkimpy) = Dkimpy::start() else { return };
    let records = dkimpy.records();
    for key in ["rsa", "ed25519"] {
        for canonical in ["relaxed", "simple"] {
            let plain = dkimpy.sign(
                key,
                [canonical; 2],
                MESSAGE,
                &json!({
                    "fields": ["from", "to", "subject", "date"],
                }),
            );
            let name = format!("{key}._domainkey.example.org");
            let mut other_key = records.clone();
            other_key.insert(name.clone(), bent(&records[&name], "p=", 40));
            for (what, message, records, verdict, why) in [
                ("the body", bent(&plain, "Hello", 0), &records, "fail", Some("body-hash")),
                (
                    "a signed field",
                    bent(&plain, "Subject: ", 9),
                    &records,
                    "fail",
                    Some("signature"),
                ),
                (
                    "a field that is not signed",
                    bent(&plain, "X-Loose: ", 9),
                    &records,
                    "pass",
                    None,
                ),
                ("bh=", bent(&plain, "bh=", 5), &records, "fail", Some("body-hash")),
                ("b=", bent(&plain, " b=", 6), &records, "fail", Some("signature")),
                ("the key", plain.clone(), &other_key, "fail", Some("signature")),
            ] {
                let found = judged(&message, &zone(records), &[]);
                assert_eq!(first(&found), (verdict, why), "{key}, {canonical}: {what}");
                let theirs = dkimpy.accepts(&message, records);
                assert_eq!(theirs, verdict == "pass", "{key}, {canonical}: {what}, by dkimpy");
                proven(
                    "dkimpy",
                    &format!("{key}, {canonical}: {what} changed by one byte"),
                    verdict,
                );
            }
            // White space is what the two differ in.
            let loose = plain.replace("this is  signed. \r\n", "this is signed.\r\n");
            let verdict = if canonical == "relaxed" { "pass" } else { "fail" };
            assert_eq!(first(&judged(&loose, &zone(&records), &[])).0, verdict, "{canonical}");
        }
    }
}

#[test]
fn each_flaw_of_a_signature_or_its_key_has_its_reason() {
    let Some(mut dkimpy) = Dkimpy::start() else { return };
    let records = dkimpy.records();
    let name = "rsa._domainkey.example.org";
    let plain =
        dkimpy.sign("rsa", ["relaxed"; 2], MESSAGE, &json!({ "identity": "a@sub.example.org" }));
    let (field, rest) = plain.split_at(plain.find("From: ").unwrap());
    let no_from = field.replace("from", "sender") + rest;
    let key = &records[name];
    let with = |text: &str| Records::from([(name.to_owned(), text.to_owned())]);
    let tag = |old: &str, new: &str| plain.replacen(old, new, 1);
    let restricted = key.replace("v=DKIM1;", "v=DKIM1; s=other;");
    let other_hash = key.replace("v=DKIM1;", "v=DKIM1; h=sha1;");
    let strict = key.replace("v=DKIM1;", "v=DKIM1; t=y:s;");
    let kind = key.replace("k=rsa", "k=ed25519");
    for (what, message, records, verdict, why) in [
        ("expired", tag("v=1;", "v=1; x=1500000000;"), records.clone(), "fail", "expired"),
        ("no key", plain.clone(), Records::new(), "permerror", "no-key"),
        ("revoked", plain.clone(), with("v=DKIM1; p="), "permerror", "revoked"),
        ("no key record", plain.clone(), with("hello"), "permerror", "key-syntax"),
        ("unknown kind", plain.clone(), with("v=DKIM1; k=dsa; p=AA=="), "permerror", "key-kind"),
        ("other kind", plain.clone(), with(&kind), "permerror", "key-unsuitable"),
        ("not for mail", plain.clone(), with(&restricted), "permerror", "key-restricted"),
        ("not for this hash", plain.clone(), with(&other_hash), "permerror", "key-restricted"),
        ("t=s", plain.clone(), with(&strict), "fail", "identity"),
        (
            "i= elsewhere",
            tag("i=a@sub.example.org", "i=a@example.net"),
            records.clone(),
            "fail",
            "identity",
        ),
        ("From is not signed", no_from, records.clone(), "permerror", "from-unsigned"),
        ("no v=", tag("v=1; ", ""), records.clone(), "neutral", "missing-tag"),
        (
            "twice",
            tag("v=1;", "v=1; q=dns/txt; q=dns/txt;"),
            records.clone(),
            "neutral",
            "repeated-tag",
        ),
        ("version", tag("v=1;", "v=2;"), records.clone(), "neutral", "version"),
        ("algorithm", tag("a=rsa-sha256", "a=rsa-md5"), records.clone(), "neutral", "algorithm"),
        ("canonical", tag("c=relaxed", "c=relief"), records, "neutral", "canonicalization"),
    ] {
        let found = judged(&message, &zone(&records), &[]);
        assert_eq!(first(&found), (verdict, Some(why)), "{what}");
    }
    let failing = format!("{name} SERVFAIL\n");
    assert_eq!(first(&judged(&plain, &failing, &[])), ("temperror", Some("unanswered")));
    let small = Records::from([("rsa._domainkey.example.org".to_owned(), short_key())]);
    assert_eq!(first(&judged(&plain, &zone(&small), &[])), ("permerror", Some("key-size")));
}

/// A key of 512 bits, as nobody uses any more.
fn short_key() -> String {
    let made = Command::new("openssl").args(["genrsa", "512"]).output().unwrap();
    let mut der = Command::new("openssl")
        .args(["rsa", "-pubout", "-outform", "DER"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    der.stdin.take().unwrap().write_all(&made.stdout).unwrap();
    let der = der.wait_with_output().unwrap().stdout;
    assert!(!der.is_empty(), "openssl makes a short key");
    format!("v=DKIM1; k=rsa; p={}", STANDARD.encode(der))
}

#[test]
fn one_view_of_it_is_verified_too_and_a_recording_that_ends_early_is_not_whole() {
    let home = Home::new();
    home.file("m.eml", MESSAGE);
    home.file("z", "example.org TXT \"v=spf1 -all\"\n");
    let args = ["show", "m.eml", "--view", "authenticity", "--verify", "--answers", "z"];
    let seen = home.run(args).with(0).out;
    assert!(seen.contains("verified 2"), "{seen}");
    assert!(!home.run(&args[..4]).with(0).out.contains("verified 2"));
    let begun = "S: 220 x\nC: EHLO y\nS: 250 x\nC: MAIL FROM:<a@example.org>\nS: 250 ok\n\
        C: RCPT TO:<b@example.net>\nS: 250 ok\nC: DATA\nS: 354 go\nC: From: a@example.org\nC: \n";
    for (rest, incomplete) in [("C: .\nS: 250 ok\n", false), ("C: x\n", true)] {
        home.file("t.txt", format!("{begun}{rest}"));
        let args = ["show", "t.txt", "--verify", "--answers", "z", "--json"];
        let found = &home.run(args).with(0).json()[0]["authenticity"][0];
        assert_eq!(found["incomplete"], incomplete, "{found}");
        assert_eq!(found["answers"][0]["problem"], "no-such-name", "every key is there");
        assert_eq!(found["answers"][0]["authentic"], false);
    }
}

#[test]
fn a_signature_over_the_beginning_of_the_body_says_what_it_leaves_open() {
    let Some(mut dkimpy) = Dkimpy::start() else { return };
    let records = dkimpy.records();
    for canonical in ["relaxed", "simple"] {
        let signed = dkimpy.sign("rsa", [canonical; 2], MESSAGE, &json!({ "length": true }));
        let found = judged(&signed, &zone(&records), &[]);
        assert_eq!(first(&found), ("pass", None));
        let longer =
            format!("{}Buy this!\r\n", signed.trim_end_matches("\r\n").to_owned() + "\r\n");
        let found = judged(&longer, &zone(&records), &[]);
        assert_eq!(first(&found), ("pass", None), "{canonical}");
        let all = found["dkim"][0]["body_length"].as_u64().unwrap();
        let tags = found["dkim"][0]["tags"].as_array().unwrap();
        let l = tags.iter().find(|tag| tag["name"] == "l").unwrap()["value"].as_str().unwrap();
        assert_eq!(all - l.parse::<u64>().unwrap(), 11, "{canonical}");
        let inside = bent(&longer, "signed", 0);
        assert_eq!(first(&judged(&inside, &zone(&records), &[])), ("fail", Some("body-hash")));
        let home = Home::new();
        home.file("m.eml", &longer);
        home.file("z", zone(&records));
        let ended = home.run(["show", "m.eml", "--verify", "--answers", "z"]).with(0);
        assert!(ended.out.contains("octets are signed; anybody"), "{}", ended.out);
    }
}

#[test]
fn a_chain_that_dkimpy_seals_is_whole_until_something_is_another() {
    let Some(mut dkimpy) = Dkimpy::start() else { return };
    let mut records = dkimpy.records();
    let key = records["rsa._domainkey.example.org"].clone();
    for domain in ["lists.example.net", "relay.example.com"] {
        records.insert(format!("rsa._domainkey.{domain}"), key.clone());
    }
    let noted = |server: &str, arc: &str, rest: &str| {
        format!(
            "Authentication-Results: {server}; spf=pass smtp.mailfrom=example.org; arc={arc}\r\n{rest}"
        )
    };
    let once = dkimpy.seal("lists.example.net", &noted("lists.example.net", "none", MESSAGE));
    // It takes the word of its own server for how the chain was.
    let twice = dkimpy.seal("relay.example.com", &noted("relay.example.com", "pass", &once));
    let chain = |message: &str| {
        let arc = judged(message, &zone(&records), &[])["arc"].clone();
        let why = arc["why"].as_str().unwrap_or("-").to_owned();
        format!("{} {} {why}", arc["instances"], arc["verdict"].as_str().unwrap())
    };
    assert_eq!(chain(&once), "1 pass -");
    assert_eq!(chain(&twice), "2 pass -");
    assert_eq!(chain(MESSAGE), "0 none -");
    assert_eq!(chain(&bent(&twice, "Hello", 0)), "2 fail body-hash");
    assert_eq!(chain(&bent(&twice, "Subject: ", 9)), "2 fail signature");
    assert_eq!(chain(&twice.replacen("cv=pass", "cv=none", 1)), "2 fail sealed");
    let first = twice.rfind("ARC-Seal:").unwrap();
    let (above, below) = twice.split_at(first);
    let broken = format!("{above}X-{below}");
    assert_eq!(chain(&broken), "2 fail chain");
    proven("dkimpy", "a chain of two, and four broken ones", "as it should be");
}

/// What SPF says of `address` as a client of `alice@example.org`, with its reason and terms.
fn spf(address: &str, zone: &str) -> String {
    let more = ["--from-ip", address, "--mail-from", "alice@example.org"];
    let found = judged(MESSAGE, zone, &more);
    let [one] = &found["spf"].as_array().unwrap()[..] else { panic!("{found}") };
    let terms = one["terms"].as_array().unwrap().iter();
    let terms: Vec<_> = terms.map(|term| term["text"].as_str().unwrap()).collect();
    let why = one["why"]
        .as_str()
        .map(|why| format!(" {why} {}", one["about"].as_str().unwrap_or_default()));
    format!("{}{} {}", one["verdict"].as_str().unwrap(), why.unwrap_or_default(), terms.join(" > "))
}

#[test]
fn spf_says_what_decided() {
    let many = (0..11).fold(String::from("example.org TXT \"v=spf1"), |out, n| {
        format!("{out} a:a{n}.example.org")
    }) + " -all\"\n";
    for (zone, address, told) in [
        ("example.org TXT \"v=spf1 ip4:192.0.2.0/24 -all\"", "192.0.2.7", "pass ip4:192.0.2.0/24"),
        ("example.org TXT \"v=spf1 ip4:192.0.2.0/24 -all\"", "198.51.100.1", "fail -all"),
        ("example.org TXT \"v=spf1 ~all\"", "192.0.2.7", "softfail ~all"),
        ("example.org TXT \"v=spf1 ?all\"", "192.0.2.7", "neutral ?all"),
        ("example.org TXT \"v=spf1 ip4:192.0.2.1\"", "192.0.2.7", "neutral "),
        (
            "example.org TXT \"v=spf1 redirect=r.example.org\"\nr.example.org TXT \"v=spf1 -all\"",
            "192.0.2.7",
            "fail redirect=r.example.org > -all",
        ),
        ("example.org TXT hello", "192.0.2.7", "none no-record example.org "),
        ("", "192.0.2.7", "none no-record example.org "),
        ("example.org SERVFAIL", "192.0.2.7", "temperror unanswered example.org "),
        (
            "example.org TXT \"v=spf1 -all\"\nexample.org TXT \"v=spf1 +all\"",
            "192.0.2.7",
            "permerror several example.org ",
        ),
        ("example.org TXT \"v=spf1 ip4:x -all\"", "192.0.2.7", "permerror syntax example.org "),
        (
            "example.org TXT \"v=spf1 include:i.example.org -all\"",
            "192.0.2.7",
            "permerror no-include i.example.org ",
        ),
        (&many, "192.0.2.7", "permerror too-many example.org "),
        (
            "example.org TXT \"v=spf1 mx/24 -all\"\nexample.org MX 5 m.example.org\nm.example.org A 192.0.2.1",
            "192.0.2.7",
            "pass mx/24",
        ),
        (
            "example.org TXT \"v=spf1 ptr -all\"\n192.0.2.7 PTR h.example.org\nh.example.org A 192.0.2.7",
            "192.0.2.7",
            "pass ptr",
        ),
        (
            "example.org TXT \"v=spf1 ip6:2001:db8::/32 -all\"",
            "2001:db8::7",
            "pass ip6:2001:db8::/32",
        ),
        (
            "example.org TXT \"v=spf1 exists:%{l}.e.example.org -all\"\nalice.e.example.org A 127.0.0.2",
            "2001:db8::7",
            "pass exists:%{l}.e.example.org",
        ),
        (
            "example.org TXT \"v=spf1 a -all\"\nexample.org SERVFAIL",
            "192.0.2.7",
            "temperror unanswered example.org ",
        ),
    ] {
        assert_eq!(spf(address, zone), told, "{zone}");
    }
    let zone = "example.org TXT \"v=spf1 -all exp=why.example.org\"\nwhy.example.org TXT \"%{i} is none of ours\"";
    let found = judged(MESSAGE, zone, &["--from-ip", "192.0.2.7", "--mail-from", "a@example.org"]);
    assert_eq!(found["spf"][0]["explanation"], "192.0.2.7 is none of ours");
}

#[test]
fn what_spf_needs_is_said_assumed_or_missing() {
    let zone = "example.org TXT \"v=spf1 ip4:192.0.2.7 -all\"\nmx.example.org TXT \"v=spf1 -all\"";
    let found = judged(MESSAGE, zone, &[]);
    assert_eq!((found["spf"].as_array().unwrap().len(), &found["address"]), (0, &Value::Null));
    let trace = "Return-Path: <alice@example.org>\r\nReceived: from mx.example.org (mx [192.0.2.7])\r\n\
        \tby mail.example.net; Thu, 26 Nov 2026 10:00:01 +0000\r\n";
    let found = judged(&format!("{trace}{MESSAGE}"), zone, &[]);
    assert_eq!(found["address"], json!({ "value": "192.0.2.7", "from": "received" }));
    assert_eq!(found["mail_from"], json!({ "value": "alice@example.org", "from": "return-path" }));
    let verdicts: Vec<_> =
        found["spf"].as_array().unwrap().iter().map(|one| &one["verdict"]).collect();
    assert_eq!(verdicts, ["fail", "pass"], "HELO, then MAIL FROM");
    let found = judged(&format!("{trace}{MESSAGE}"), zone, &["--from-ip", "192.0.2.8"]);
    assert_eq!(found["address"]["from"], "said");
    assert_eq!(found["spf"][1]["verdict"], "fail");
    let null = ["--from-ip", "192.0.2.7", "--mail-from", "<>", "--helo", "mx.example.org"];
    let found = judged(MESSAGE, zone, &null);
    assert_eq!(found["spf"].as_array().unwrap().len(), 1, "the null sender has no domain");
}

#[test]
fn dmarc_wants_the_domain_of_the_author() {
    let Some(mut dkimpy) = Dkimpy::start() else { return };
    let keys = zone(&dkimpy.records());
    let plain = dkimpy.sign("rsa", ["relaxed"; 2], MESSAGE, &Value::Null);
    let below =
        dkimpy.sign("rsa", ["relaxed"; 2], &MESSAGE.replace("alice@", "alice@news."), &Value::Null);
    let spf =
        "example.org TXT \"v=spf1 ip4:192.0.2.7 -all\"\nother.example.net TXT \"v=spf1 +all\"\n";
    let record = |text: &str| format!("_dmarc.example.org TXT \"v=DMARC1; {text}\"\n");
    let unsigned = MESSAGE.to_owned();
    for (what, message, zone, sender, told) in [
        ("signed by the author", &plain, record("p=reject"), "", "pass - reject dkim"),
        (
            "changed",
            &bent(&plain, "Hello", 0),
            record("p=reject"),
            "a@other.example.net",
            "fail not-aligned reject ",
        ),
        (
            "changed, and nobody knows who sent it",
            &bent(&plain, "Hello", 0),
            record("p=reject"),
            "",
            "temperror unchecked reject ",
        ),
        ("below, relaxed", &below, record("p=none"), "", "pass - none dkim"),
        (
            "below, strict",
            &below,
            record("p=none; adkim=s"),
            "a@other.example.net",
            "fail not-aligned none ",
        ),
        (
            "the policy below",
            &below,
            record("p=none; sp=quarantine; adkim=s"),
            "a@other.example.net",
            "fail not-aligned quarantine ",
        ),
        (
            "SPF of the author",
            &unsigned,
            record("p=quarantine"),
            "a@example.org",
            "pass - quarantine spf",
        ),
        (
            "SPF of another",
            &unsigned,
            record("p=reject"),
            "a@other.example.net",
            "fail not-aligned reject ",
        ),
        (
            "testing",
            &unsigned,
            record("p=reject; t=y"),
            "a@other.example.net",
            "fail not-aligned quarantine ",
        ),
        ("no record", &plain, String::new(), "", "none no-record - "),
        ("several", &plain, record("p=none") + &record("p=reject"), "", "none several - "),
        ("no policy", &plain, record("sp=x"), "", "permerror syntax - "),
        (
            "no answer",
            &plain,
            "_dmarc.example.org SERVFAIL".to_owned(),
            "",
            "temperror unanswered - ",
        ),
    ] {
        let sender = if sender.is_empty() {
            Vec::new()
        } else {
            vec!["--from-ip", "192.0.2.7", "--mail-from", sender]
        };
        let found = judged(message, &format!("{keys}{spf}{zone}"), &sender)["dmarc"].clone();
        let text = |name: &str| found[name].as_str().unwrap_or("-").to_owned();
        let aligned = ["dkim", "spf"].into_iter().filter(|by| found[by]["aligned"] != json!([]));
        let aligned = aligned.collect::<Vec<_>>().join(" ");
        let seen = format!("{} {} {} {aligned}", text("verdict"), text("why"), text("policy"));
        assert_eq!(seen, told, "{what}: {found}");
    }
}

#[test]
fn what_is_aligned_is_told_of_each_signature_and_which_tag_decides() {
    let Some(mut dkimpy) = Dkimpy::start() else { return };
    let once = dkimpy.sign("rsa", ["relaxed"; 2], MESSAGE, &Value::Null);
    let twice = dkimpy.sign("rsa", ["relaxed"; 2], &once, &json!({ "domain": "other.example" }));
    let keys = zone(&dkimpy.records());
    let zone = keys.clone() + &keys.replace("example.org", "other.example");
    let record = "_dmarc.example.org TXT \"v=DMARC1; p=none\"\n";
    let found = judged(&twice, &(zone.clone() + record), &[])["dmarc"].clone();
    assert_eq!(found["verdict"], "pass", "{found}");
    assert_eq!(found["dkim"]["aligned"], json!(["example.org"]));
    assert_eq!(found["dkim"]["others"], json!(["other.example"]));
    assert_eq!(found["policy_by"], "p");
    let below = MESSAGE.replace("alice@example.org", "alice@gone.example.org");
    let record = "_dmarc.example.org TXT \"v=DMARC1; p=none; np=reject\"\n";
    let found = judged(&below, &(zone + record), &[])["dmarc"].clone();
    assert_eq!(
        (&found["policy"], &found["policy_by"]),
        (&json!("reject"), &json!("np")),
        "{found}"
    );
}

/// Each file holds records, an empty line, and a message. What is expected of its signatures and of
/// its chain; one was changed by the list that sent it on, one has expired.
const SIGNED: [(&str, &[&str], &str); 8] = [
    ("arc/001.txt", &["pass", "pass", "fail"], "pass"),
    ("arc/002.txt", &["pass"], "pass"),
    ("dkim/001.txt", &["pass", "pass"], "none"),
    ("dkim/002.txt", &["pass"], "none"),
    ("dkim/003.txt", &["pass", "pass"], "none"),
    ("dkim/004.txt", &["pass"], "none"),
    ("dkim/005.txt", &["fail"], "none"),
    ("dkim/006.txt", &["pass"], "none"),
];

#[test]
fn the_signed_mails_in_the_sources_of_mail_auth() {
    let folder = corpora::sources("mail-auth").join("resources");
    let count = |name: &str| std::fs::read_dir(folder.join(name)).unwrap().count();
    assert_eq!(count("arc") + count("dkim"), SIGNED.len(), "all of them");
    for (file, dkim, arc) in SIGNED {
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        let (records, message) = text.split_once("\n\n").unwrap();
        let records = records.lines().filter_map(|line| line.split_once(' '));
        let records: Records = records.map(|(at, text)| (at.to_owned(), text.to_owned())).collect();
        let found = judged(&message.replace('\n', "\r\n"), &zone(&records), &[]);
        let verdicts: Vec<_> =
            found["dkim"].as_array().unwrap().iter().map(|one| &one["verdict"]).collect();
        assert_eq!(verdicts, dkim, "{file}: {found}");
        assert_eq!(found["arc"]["verdict"], arc, "{file}");
    }
    println!("{} signed mails", SIGNED.len());
}

/// One document of the suite after the other: records, and what is expected of clients.
#[derive(Default)]
struct Suite {
    records: BTreeMap<(String, &'static str), Vec<String>>,
    asked: usize,
}

impl Suite {
    fn put(&mut self, kind: &'static str, rest: &str, split: bool) {
        let (name, value) = rest.split_once(' ').unwrap();
        let values = if split {
            value.split(',').map(|value| value.trim().to_owned()).collect()
        } else {
            vec![format!("\"{}\"", value.trim().replace('"', "\\\""))]
        };
        self.records.insert((name.trim().to_owned(), kind), values);
    }

    /// The hosts stand there by their addresses.
    fn put_mx(&mut self, rest: &str) {
        let (name, value) = rest.split_once(' ').unwrap();
        let mut hosts = Vec::new();
        for (at, address) in value.split(',').map(str::trim).enumerate() {
            let host = format!("mx-{at}.{}", name.trim());
            let kind = if address.contains(':') { "AAAA" } else { "A" };
            self.records.insert((host.clone(), kind), vec![address.to_owned()]);
            hosts.push(format!("{} {host}", at + 1));
        }
        self.records.insert((name.trim().to_owned(), "MX"), hosts);
    }

    fn zone(&self) -> String {
        let failing = FAILING.map(|name| format!("{name} SERVFAIL\n")).concat();
        self.records.iter().fold(failing, |mut out, ((name, kind), values)| {
            for value in values {
                let _ = writeln!(out, "{name} {kind} {value}");
            }
            out
        })
    }
}

/// The names of the suite at which its name server fails.
const FAILING: [&str; 2] = ["_dns_error.org", "_dns_error.test.org"];

/// Clients whom the suite lets pass, because it takes an address of IPv6 for one of those that
/// `exists` asks for; that is A whatever the client's address is (RFC 7208 §5.7).
const DIFFERING: [(&str, &str); 2] =
    [("ip6.test.org", "167.1.2.3"), ("mx.example.org", "2001:db8::cb01")];

#[test]
fn the_spf_suite_in_the_sources_of_mail_auth() {
    let mut files: Vec<_> = std::fs::read_dir(corpora::sources("mail-auth").join("resources/spf"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut differing = Vec::new();
    let mut asked = 0;
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        let mut suite = Suite::default();
        for document in text.split("---\n") {
            let (mut helo, mut sender, mut address) = ("", "", "127.0.0.1");
            for line in document.lines().map(str::trim) {
                let line = line.strip_prefix('-').map_or(line, str::trim);
                let Some((name, rest)) = line.split_once(':') else { continue };
                let rest = rest.trim();
                match name {
                    "spf" | "exp" => suite.put("TXT", rest, false),
                    "a" => suite.put("A", rest, true),
                    "aaaa" => suite.put("AAAA", rest, true),
                    "ptr" => suite.put("PTR", rest, true),
                    "mx" => suite.put_mx(rest),
                    "domain" => helo = rest,
                    "sender" => sender = rest,
                    "ip" => address = rest,
                    "expect" => {
                        suite.asked += 1;
                        let expected = rest.split(' ').next().unwrap();
                        let seen = suite.judge(helo, sender, address);
                        if DIFFERING.contains(&(helo, address)) {
                            assert_eq!(seen, "fail", "{helo} {address}");
                        } else if !seen.eq_ignore_ascii_case(expected) {
                            let at = file.file_name().unwrap().to_string_lossy().into_owned();
                            differing.push(format!(
                                "{at}: {helo} {sender} {address}: expected {expected}, seen {seen}"
                            ));
                        }
                    }
                    _ => {}
                }
            }
        }
        asked += suite.asked;
    }
    assert!(asked > 100, "only {asked}");
    assert!(differing.is_empty(), "{} of {asked}\n{}", differing.len(), differing.join("\n"));
    println!("{asked} clients of the SPF suite in {} files", files.len());
}

impl Suite {
    /// The result for the name in HELO if that fails or there is no sender, else for the sender.
    fn judge(&self, helo: &str, sender: &str, address: &str) -> String {
        let answers = Answers::parse("suite", &self.zone()).unwrap();
        let said = |text: &str| Some(text.to_owned());
        let way = Way::said(said(address), said(helo), said(sender));
        let source = Source::File(Arc::new(answers));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let task = Task { index: 0, content: MESSAGE.into(), whole: true, way };
        let found = runtime.block_on(task.verified(&source));
        let of = |wanted: bool| {
            let one = found.spf.iter().find(|one| one.of_sender == wanted);
            one.map_or(Verdict::None, |one| one.verdict)
        };
        let by_helo = of(false);
        let decides = sender.is_empty() || by_helo == Verdict::Fail;
        if decides { by_helo.name().to_owned() } else { of(true).name().to_owned() }
    }
}

/// Whoever reads a file of answers asks nobody: a name server that is there hears nothing.
#[test]
fn with_a_file_no_socket_is_opened() {
    let home = Home::new();
    home.file("m.eml", format!("DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=s1; h=from; bh=AA==; b=AA==\r\n{MESSAGE}"));
    home.file(
        "z",
        "example.org TXT \"v=spf1 include:missing.example.org a mx ptr exists:x.example.org -all\"",
    );
    let trace = home.path("trace");
    let strace = Command::new("strace").arg("-V").output().is_ok();
    if !strace {
        println!("strace is not here; the unit test of net::authenticity has no sockets to ask by");
        return;
    }
    let program = env!("CARGO_BIN_EXE_ehlo");
    let out = Command::new("strace")
        .args(["-f", "-e", "trace=socket,connect,sendto", "-o", arg(&trace), program])
        .args(["show", arg(&home.path("m.eml")), "--verify", "--answers", arg(&home.path("z"))])
        .args([
            "--from-ip",
            "192.0.2.1",
            "--mail-from",
            "a@example.org",
            "--helo",
            "mx.example.org",
        ])
        .output()
        .unwrap();
    assert!(out.status.success());
    let calls = std::fs::read_to_string(&trace).unwrap();
    let sockets: Vec<_> = calls.lines().filter(|line| line.contains("AF_INET")).collect();
    assert!(sockets.is_empty(), "{sockets:?}");
}

#[test]
fn a_file_that_is_wrong_is_told_with_its_place() {
    let home = Home::new();
    home.file("m.eml", MESSAGE);
    home.file("z", "# answers\nexample.org TXT \"v=spf1 -all\"\nexample.org CNAME x\n");
    let run = |lang: &str, code| {
        home.run(["show", "m.eml", "--verify", "--answers", "z", "--lang", lang]).with(code).err
    };
    assert_eq!(
        run("en", 64),
        "ehlo: z: line 3, column 13: \"CNAME\" is no type of a record; expected A, AAAA, MX, PTR, TXT or SERVFAIL behind the name\n"
    );
    assert!(run("ja", 64).contains("z: 3 行 13 桁：「CNAME」"));
    for line in [
        "show m.eml --answers z",
        "show m.eml --verify --answers z --dns 127.0.0.1",
        "show m.eml --verify --from-ip here",
        "show m.eml --verify --answers nowhere",
    ] {
        home.run(line.split(' ')).with(64);
    }
}

#[test]
fn without_being_asked_a_message_says_only_what_it_says_itself() {
    let home = Home::new();
    let results =
        "Authentication-Results: mx.example.net; dkim=pass header.d=example.org; spf=softfail\r\n";
    home.file("m.eml", format!("{results}{MESSAGE}"));
    home.file("bare.eml", MESSAGE);
    let ended = home.run(["show", "m.eml"]).with(0);
    for told in [
        "Nobody has verified this yet",
        "dkim=pass",
        "Anybody can write such a field",
        "RFC 7208 §2.6.5",
    ] {
        let words = ended.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(told), "{told} is missing in\n{}", ended.out);
    }
    assert_eq!(
        home.run(["show", "m.eml", "--json"]).with(0).json()[0]["authenticity"],
        json!([null])
    );
    let bare = home.run(["show", "bare.eml"]).with(0);
    assert!(!bare.out.contains("DKIM"), "{}", bare.out);
    let ja = home.run(["show", "m.eml", "--lang", "ja"]).with(0);
    assert!(ja.out.contains("まだ検証していません"), "{}", ja.out);
}

/// In a script and in a pipe: the verdict is told, stands in the recording, and is read from there.
#[test]
fn a_session_verifies_what_it_has_sent() {
    let home = Home::new();
    home.file("m.eml", MESSAGE);
    home.file("z", "example.org TXT \"v=spf1 ip4:127.0.0.0/8 -all\"\n_dmarc.example.org TXT \"v=DMARC1; p=reject\"\n");
    let lines =
        "EHLO pc.example.org\nMAIL FROM:<alice@example.org>\nRCPT TO:<bob@example.net>\nDATA\n";
    let script = lines.lines().map(|line| {
        let code = if line == "DATA" { "354" } else { "250" };
        format!("C: {line}\nS: {code}\n")
    });
    let script: String =
        script.collect::<String>() + ":data m.eml\nS: 250\n:verify --answers z\nC: QUIT\nS: 221\n";
    home.file("s.txt", script);
    let run = ["run", "s.txt", "--server", "practice", "--json", "--record", "r.jsonl"];
    let found = home.run(run).with(0).json()[0]["authenticity"][0].clone();
    assert_eq!(found["address"]["from"], "session");
    assert_eq!(
        (&found["helo"]["value"], &found["spf"][1]["verdict"]),
        (&json!("pc.example.org"), &json!("pass"))
    );
    assert_eq!(found["dmarc"]["verdict"], "pass");
    let shown = home.run(["show", "r.jsonl", "--json"]).with(0);
    assert_eq!(shown.json()[0]["authenticity"][0], found, "as it is recorded");
    let shown = home.run(["show", "r.jsonl"]).with(0);
    assert!(
        shown.out.contains(
            "# authenticity of message 1: DKIM none, SPF none/pass, DMARC pass, ARC none"
        ),
        "{}",
        shown.out
    );
    let typed = format!("{lines}:data m.eml\n:verify --answers z\nQUIT\n");
    let plain = home.run_with(["--plain", "practice"], &typed).with(0);
    assert!(plain.out.contains("# authenticity of message 1:"), "{}", plain.out);
    assert!(plain.out.contains("ip4:127.0.0.0/8 in the record of example.org"), "{}", plain.out);
    for (line, told) in [
        (":verify\n", "there is no message yet"),
        (":verify --fly\n", "\"--fly\" is no option here"),
        (":verify --dns x\n", "\"x\" is no value of --dns"),
    ] {
        let ended = home.run_with(["--plain", "practice"], line).with(64);
        assert!(ended.err.contains(told), "{}", ended.err);
    }
}

/// Whatever stands in a message or in a record, it ends, and nothing of it reaches the terminal raw.
#[test]
fn nonsense_is_no_end() {
    let hostile = "DKIM-Signature: \u{1b}[31m=;;;=\u{7};v=\0\r\nARC-Seal: i=99999999999; a\r\nARC-Seal: i=0; cv=\r\n\
        ARC-Message-Signature: i=1\r\nARC-Authentication-Results: \r\nAuthentication-Results: ((((;\"\r\n\
        Received: from [ by ]\r\nReturn-Path: <<>>\r\nFrom: \u{1b}]0;x\u{7}@@@\r\n";
    let records = "example.org TXT \"v=spf1 exists:%{ include: a:%{d1r.-+,/_=}.%{p} redirect=%\\027[31m exp=%{c}\"\n\
        _dmarc.example.org TXT \"v=DMARC1; p=\\255\\000; rua=%ZZ!99999999999999999999\"\n\
        s1._domainkey.example.org TXT \"v=DKIM1; p=\\027[31m\"\n";
    let signed = "DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=s1; h=from:from:x; l=99999999999999999999; x=-1; t=18446744073709551615; bh=AA==; b=AA==\r\n";
    for text in [
        hostile.to_owned(),
        format!("{signed}{MESSAGE}"),
        format!("{hostile}{signed}{MESSAGE}"),
        format!("{signed}\r\n"),
        signed.trim_end().to_owned(),
        "\r\n".to_owned(),
        ":".to_owned(),
        "DKIM-Signature".to_owned(),
    ] {
        let home = Home::new();
        home.file("m.eml", &text);
        home.file("z", records);
        let said = [
            "--from-ip",
            "192.0.2.1",
            "--helo",
            "example.org",
            "--mail-from",
            "\u{1b}@example.org",
        ];
        let args = ["show", "m.eml", "--verify", "--answers", "z"];
        let ended = home.run([&args[..], &said].concat()).with(0);
        let raw = |c: char| c.is_control() && c != '\n';
        assert!(!ended.out.contains(raw), "{:?}", ended.out);
        home.run([&args[..], &["--json"], &said].concat()).with(0);
    }
}

/// Who asks in clear text needs no certificates of the system.
#[test]
fn name_servers_are_asked_without_roots() {
    let record = "v=DMARC1; p=none";
    let server = NameServer::start(vec![("_dmarc.example.org", Answer::Txt(record))]);
    let home = Home::new();
    home.file("m.eml", MESSAGE);
    let args = ["show", "m.eml", "--verify", "--dns", &server.address, "--json"];
    let sent = ["--from-ip", "192.0.2.7", "--mail-from", "<>", "--helo", "mx.example.net"];
    let mut command = home.ehlo([&args[..], &sent].concat());
    for variable in ["SSL_CERT_FILE", "SSL_CERT_DIR"] {
        command.env(variable, home.path("nothing"));
    }
    let found = Running::start(command).end().with(0).json()[0]["authenticity"][0].clone();
    assert_eq!(
        (&found["dmarc"]["verdict"], &found["dmarc"]["record"]),
        (&json!("fail"), &json!(record))
    );
}

/// A name server that says nothing is waited for so long, and no longer.
#[test]
fn a_silent_name_server_is_an_answer_too() {
    let server = NameServer::start(vec![("_dmarc.example.org", Answer::Silence)]);
    let home = Home::new();
    home.file("m.eml", MESSAGE);
    let begun = std::time::Instant::now();
    let args = ["show", "m.eml", "--verify", "--dns", &server.address, "--json"];
    let found = home.run(args).with(0).json()[0]["authenticity"][0].clone();
    assert_eq!(
        (&found["dmarc"]["verdict"], &found["dmarc"]["why"]),
        (&json!("temperror"), &json!("unanswered"))
    );
    assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
}
