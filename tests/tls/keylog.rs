//! `SSLKEYLOGFILE`: both sides write the secrets of a session, and these open what was on the wire.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};

use tokio_rustls::rustls::crypto::cipher::{AeadKey, InboundOpaqueMessage, Iv, MessageDecrypter};
use tokio_rustls::rustls::crypto::ring::cipher_suite::TLS13_AES_256_GCM_SHA384;
use tokio_rustls::rustls::crypto::tls13::OkmBlock;
use tokio_rustls::rustls::{ContentType, ProtocolVersion};

use crate::SCRIPT;
use crate::peer::Peer;
use crate::program::{Home, Running, arg};
use crate::serving::Serving;

/// What crossed the wire: from the client, and from the server.
type Captured = [Vec<u8>; 2];

/// Carries one connection to `port`, and keeps what is in it.
fn tap(port: u16) -> Peer<Captured> {
    Peer::start(move |client| {
        let client = client.into_stream();
        let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let [from_client, from_server] = [&client, &server].map(|s| s.try_clone().unwrap());
        let carry = |mut from: TcpStream, mut to: TcpStream| {
            std::thread::spawn(move || {
                let (mut all, mut piece) = (Vec::new(), [0; 4096]);
                while let Ok(count @ 1..) = from.read(&mut piece) {
                    all.extend_from_slice(&piece[..count]);
                    let _ = to.write_all(&piece[..count]);
                }
                let _ = to.shutdown(Shutdown::Write);
                all
            })
        };
        [carry(from_client, server), carry(from_server, client)].map(|t| t.join().unwrap())
    })
}

/// A session in TLS whose secrets both sides write; the files, and what crossed the wire.
fn session(args: &[&str]) -> ([String; 2], Captured) {
    let home = Home::new();
    let (ca, [of_client, of_server]) =
        (home.path("ca.pem"), ["client.keys", "server.keys"].map(|name| home.path(name)));
    let mut command = home.ehlo(["serve", "--listen", "127.0.0.1:0", "--tls", "implicit"]);
    command.args(["--write-ca", arg(&ca)]).env("SSLKEYLOGFILE", &of_server);
    let serving = Serving::run(command);
    let tap = tap(serving.port);
    let mut command = home.ehlo(["run", "-", "--tls", "implicit", "--tls-ca", arg(&ca)]);
    command.args(["--server", &tap.address.replace("127.0.0.1", "localhost")]).args(args);
    command.env("SSLKEYLOGFILE", &of_client);
    let mut running = Running::start(command);
    running.say(SCRIPT.as_bytes());
    running.end().with(0);
    let captured = tap.end();
    ([of_client, of_server].map(|file| std::fs::read_to_string(file).unwrap()), captured)
}

/// The lines of such a file: a label, the client's random number, a secret.
fn lines(file: &str) -> BTreeSet<[&str; 3]> {
    let line = |line| {
        let parts: Vec<_> = str::split(line, ' ').collect();
        parts.try_into().unwrap_or_else(|parts| panic!("three parts, not {parts:?}"))
    };
    file.lines().map(line).collect()
}

fn bytes(digits: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(digits.get(at..at + 2).unwrap(), 16).unwrap();
    (0..digits.len()).step_by(2).map(byte).collect()
}

/// The records of one side (RFC 8446 §5.1): their types, and what is in them.
fn records(mut captured: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut records = Vec::new();
    while let [kind, 3, _, high, low, rest @ ..] = captured {
        let (inside, rest) = rest.split_at(usize::from(u16::from_be_bytes([*high, *low])));
        records.push((*kind, inside.to_vec()));
        captured = rest;
    }
    assert!(captured.is_empty(), "whole records");
    records
}

/// What opens records whose traffic secret this is (RFC 8446 §7.3).
fn opener(secret: &str) -> Box<dyn MessageDecrypter> {
    let suite = TLS13_AES_256_GCM_SHA384.tls13().unwrap();
    let expander = suite.hkdf_provider.expander_for_okm(&OkmBlock::new(&bytes(secret)));
    let expand = |label: &[u8], out: &mut [u8]| {
        let [length, label_length] = [out.len(), label.len()].map(|n| u8::try_from(n).unwrap());
        expander.expand_slice(&[&[0, length, label_length], label, &[0]], out).unwrap();
    };
    let (mut key, mut iv) = ([0; 32], [0; 12]);
    expand(b"tls13 key", &mut key);
    expand(b"tls13 iv", &mut iv);
    suite.aead_alg.decrypter(AeadKey::from(key), Iv::from(iv))
}

/// What one side said, opened with its secrets one after the other.
fn opened(captured: &[u8], secrets: [&str; 2]) -> String {
    let mut said = Vec::new();
    let mut openers = secrets.map(opener).into_iter();
    let (mut opener, mut number) = (openers.next().unwrap(), 0);
    for (_, inside) in records(captured).into_iter().filter(|(kind, _)| *kind == 23) {
        let open = |inside: &mut [u8], opener: &mut Box<dyn MessageDecrypter>, number| {
            let (kind, version) = (ContentType::ApplicationData, ProtocolVersion::TLSv1_2);
            let plain = opener.decrypt(InboundOpaqueMessage::new(kind, version, inside), number);
            plain.map(|plain| (plain.typ, plain.payload.to_vec()))
        };
        let plain = open(&mut inside.clone(), &mut opener, number).unwrap_or_else(|_| {
            // Behind the handshake the next secret counts, and its records from 0 on.
            (opener, number) = (openers.next().expect("a secret that fits"), 0);
            open(&mut inside.clone(), &mut opener, 0).expect("it can be opened")
        });
        number += 1;
        if plain.0 == ContentType::ApplicationData {
            said.extend(plain.1);
        }
    }
    String::from_utf8(said).unwrap()
}

#[test]
fn the_secrets_that_both_sides_write_open_the_session() {
    let suite = "TLS_AES_256_GCM_SHA384";
    let (files, [from_client, from_server]) = session(&["--tls-cipher", suite]);
    let [ours, theirs] = [&files[0], &files[1]].map(|file| lines(file));
    assert_eq!(ours, theirs, "it is one session");
    let labels: BTreeSet<_> = ours.iter().map(|[label, ..]| *label).collect();
    let expected = [
        "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
        "CLIENT_TRAFFIC_SECRET_0",
        "EXPORTER_SECRET",
        "SERVER_HANDSHAKE_TRAFFIC_SECRET",
        "SERVER_TRAFFIC_SECRET_0",
    ];
    assert_eq!(labels, BTreeSet::from(expected));
    // A ClientHello, in its record, has its random number behind eleven bytes.
    assert!(ours.iter().all(|[_, random, _]| bytes(random) == from_client[11..43]));
    let secret = |label: String| ours.iter().find(|line| line[0] == label).unwrap()[2];
    let [said, heard] = [("CLIENT", &from_client), ("SERVER", &from_server)].map(|(side, all)| {
        let secrets = ["HANDSHAKE_TRAFFIC_SECRET", "TRAFFIC_SECRET_0"];
        let secrets = secrets.map(|label| secret(format!("{side}_{label}")));
        opened(all, secrets)
    });
    assert_eq!(said, "EHLO pc.example.org\r\nQUIT\r\n");
    assert!(heard.starts_with("220 mx.example.net ") && heard.contains("\r\n221 "), "{heard}");
}

#[test]
fn before_tls_1_3_there_is_one_secret() {
    let (files, [from_client, _]) = session(&["--tls-max", "1.2"]);
    assert_eq!(files[0], files[1]);
    let lines: Vec<_> = lines(&files[0]).into_iter().collect();
    let [["CLIENT_RANDOM", random, secret]] = lines[..] else { panic!("{lines:?}") };
    assert_eq!(bytes(random), from_client[11..43]);
    assert_eq!(bytes(secret).len(), 48);
}

#[test]
fn a_file_that_cannot_be_written_disturbs_nobody() {
    let home = Home::new();
    let ca = home.path("ca.pem");
    let serving = Serving::start(&home, &["--write-ca", arg(&ca)]);
    let args = ["run", "-", "--server", &serving.target, "--tls", "starttls", "--tls-ca"];
    let mut command = home.ehlo(args);
    command.arg(&ca).env("SSLKEYLOGFILE", home.path("nowhere/keys"));
    let mut running = Running::start(command);
    running.say(SCRIPT.as_bytes());
    running.end().with(0);
}
