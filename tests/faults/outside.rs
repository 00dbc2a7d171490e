//! What is seen of a server from outside of SMTP: its certificates, alerts, ends of connections and
//! waits, over loopback.

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::program::{Home, arg};
use crate::serving::Serving;

/// How long somebody who is served is waited for.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long somebody who is not served is listened to.
const SILENCE: Duration = Duration::from_millis(500);

const SCRIPT: &str = "S: 220\nC: EHLO pc.example.org\nS: 250\nC: QUIT\nS: 221\n";

/// A server, and what a client of it needs.
pub(crate) struct Outside {
    home: Home,
    serving: Serving,
}

impl Outside {
    /// One that plays this fault, if any.
    pub(crate) fn start(fault: Option<&str>) -> Self {
        let home = Home::new();
        let ca = home.path("ca.pem");
        let mut args = vec!["--write-ca", arg(&ca)];
        args.extend(fault.iter().flat_map(|fault| ["--fault", fault]));
        let serving = Serving::start(&home, &args);
        Self { home, serving }
    }

    /// What the program sees of it, and what it says of that.
    fn run(&self, server: &str, more: &[&str]) -> (Value, String) {
        let ca = self.home.path("ca.pem");
        let args = ["run", "-", "--json", "--server", server, "--tls-ca", arg(&ca), "--insecure"];
        let ended = self.home.run_with([&args, more].concat(), SCRIPT);
        (ended.json().first().map(|session| session["tls"].clone()).unwrap_or_default(), ended.err)
    }

    fn starttls(&self, more: &[&str]) -> (Value, String) {
        self.run(&self.serving.target, &[&["--tls", "starttls"], more].concat())
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.serving.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Whether the certificate is judged so.
    fn verdict(&self, fault: &str) -> bool {
        self.starttls(&[]).0["verdict"]["faults"] == json!([fault])
    }

    /// Whether the key is told to be too weak, and whoever goes on all the same can.
    fn is_weak(&self) -> bool {
        let weak = json!([{ "weak-key": 1024 }]);
        let all_versions = ["1.2", "1.3"].into_iter().all(|version| {
            let (tls, _) = self.starttls(&["--tls-min", version, "--tls-max", version]);
            tls["version"].is_string() && tls["verdict"]["faults"] == weak
        });
        let ca = self.home.path("ca.pem");
        let server = &self.serving.target;
        let strict = ["run", "-", "--server", server, "--tls", "starttls", "--tls-ca", arg(&ca)];
        let ended = self.home.run_with(strict, SCRIPT);
        all_versions && ended.code == Some(2) && ended.out.contains("RSA 1024 bits")
    }

    /// Whether this, and this alone, is seen of a server that plays `fault`.
    pub(crate) fn shows(&self, fault: &str) -> bool {
        match fault {
            "implicit-tls" => {
                let mut stream = self.connect();
                stream.write_all(b"EHLO pc.example.org\r\n").unwrap();
                let smtps = format!("smtps://{}", self.serving.target);
                // An alert, as every client of TLS understands it.
                begins(&mut stream) == [21, 3, 3] && self.run(&smtps, &[]).0["version"].is_string()
            }
            "certificate-expired" => self.verdict("expired"),
            "certificate-not-yet" => self.verdict("not-yet-valid"),
            "certificate-wrong-name" => self.verdict("wrong-name"),
            "certificate-self-signed" => self.verdict("self-signed"),
            "certificate-incomplete" => self.verdict("incomplete-chain"),
            "certificate-by-name" => {
                let (named, _) = self.starttls(&[]);
                let (nameless, _) = self.starttls(&["--tls-sni", "none"]);
                named["verdict"]["faults"] == json!([])
                    && nameless["verdict"]["faults"] == json!(["wrong-name"])
            }
            "certificate-intercepted" => {
                let (tls, _) = self.starttls(&[]);
                let issuer = tls["chain"][0]["issuer"].as_str().unwrap_or_default();
                issuer.contains("Antivirus")
                    && tls["verdict"]["faults"] == json!(["unknown-issuer"])
            }
            "certificate-weak-key" => self.is_weak(),
            "old-tls" => self.starttls(&[]).1.contains("alert protocol_version"),
            "one-at-a-time" => {
                let (mut first, mut second) = (self.connect(), self.connect());
                let served = begins(&mut first) == *b"220";
                second.set_read_timeout(Some(SILENCE)).unwrap();
                let waits = second.read(&mut [0]).is_err();
                second.set_read_timeout(Some(PATIENCE)).unwrap();
                drop(first);
                served && waits && begins(&mut second) == *b"220"
            }
            _ => panic!("nothing is known of {fault}"),
        }
    }
}

/// Whether who gets an alert in place of a handshake can read it, whatever else was sent.
pub(crate) fn alert_is_read() -> bool {
    let outside = Outside::start(Some("old-tls"));
    // All of a long first flight, and one whose greater part comes late.
    [(64 << 10, 0), (3, 64 << 10)].into_iter().all(|(first, later)| {
        let mut stream = outside.connect();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut line = String::new();
        for said in ["", "EHLO pc.example.org\r\n", "STARTTLS\r\n"] {
            stream.write_all(said.as_bytes()).unwrap();
            line.clear();
            while line.get(3..4) != Some(" ") {
                line.clear();
                reader.read_line(&mut line).unwrap();
            }
        }
        stream.write_all(&vec![22; first]).unwrap();
        // It is there, and the rest comes behind it.
        stream.peek(&mut [0]).unwrap();
        let _ = stream.write_all(&vec![22; later]);
        let mut heard = Vec::new();
        reader.read_to_end(&mut heard).is_ok() && heard == [21, 3, 3, 0, 2, 2, 70]
    })
}

/// The first bytes that are said.
fn begins(stream: &mut TcpStream) -> [u8; 3] {
    let mut first = [0; 3];
    let _ = stream.read_exact(&mut first);
    first
}

/// Whether the connection is reset before anything is said.
pub(crate) fn is_reset(fault: Option<&str>) -> bool {
    let read = Outside::start(fault).connect().read(&mut [0]);
    read.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset)
}
