//! Logins by hand: what a person types into `openssl s_client`, computed here from the standards.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::digest::core_api::BlockSizeUser;
use hmac::{Mac as _, SimpleHmac};

use crate::program::Ended;
use crate::{Attempt, USER, Way};

/// Seconds that one conversation may take.
const PATIENCE: &str = "60";

/// The client's half of the nonce of SCRAM.
const NONCE: &str = "fyko+d2lbbFgONRv9qkxdawL";

/// `openssl s_client`, connected.
struct Wire {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    /// What a login can be bound to (RFC 9266 §4.2).
    exported: Vec<u8>,
    /// Everything that was said, heard and printed.
    log: Vec<String>,
}

impl Wire {
    fn open(attempt: &Attempt<'_>) -> Self {
        let mut command = Command::new("timeout");
        command.args([PATIENCE, "openssl", "s_client", "-ign_eof", "-connect", attempt.server]);
        command.args(["-keymatexport", "EXPORTER-Channel-Binding", "-keymatexportlen", "32"]);
        command.args(["-CAfile", attempt.ca, "-verify_return_error"]);
        command.args(["-verify_hostname", "localhost"]);
        if attempt.way == Way::Starttls {
            command.args(["-starttls", "smtp"]);
        }
        if let Some(own) = attempt.certificate() {
            command.args(["-cert", own, "-key", own, "-cert_chain", own]);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap()).lines();
        let input = child.stdin.take().unwrap();
        Self { child, input, output, exported: Vec::new(), log: Vec::new() }
    }

    /// The last line of the next reply; nothing when the connection is over.
    fn hear(&mut self) -> Option<String> {
        for line in self.output.by_ref() {
            let line = line.unwrap();
            self.log.push(line.clone());
            if let Some(digits) = line.trim_start().strip_prefix("Keying material: ") {
                let byte = |at| u8::from_str_radix(digits.get(at..at + 2).unwrap(), 16).unwrap();
                self.exported = (0..digits.len()).step_by(2).map(byte).collect();
            }
            let code = line.as_bytes().first_chunk::<4>();
            if code.is_some_and(|[a, b, c, end]| {
                [a, b, c].iter().all(|digit| digit.is_ascii_digit()) && *end == b' '
            }) {
                return Some(line);
            }
        }
        None
    }

    fn ask(&mut self, line: &str) -> Option<String> {
        self.log.push(line.to_owned());
        self.input.write_all(format!("{line}\r\n").as_bytes()).ok()?;
        self.hear()
    }

    /// What the server wants to be answered.
    fn asked(&mut self, line: &str) -> Option<Vec<u8>> {
        let reply = self.ask(line)?;
        let question = reply.strip_prefix("334 ")?;
        Some(STANDARD.decode(question).expect("a question is base64"))
    }

    /// A conversation with a login in it, as far as it gets.
    fn converse(&mut self, attempt: &Attempt<'_>) -> Option<()> {
        if attempt.way == Way::Implicit {
            self.hear()?;
        }
        self.ask("EHLO pc.example.org")?;
        let (mechanism, secret) = (attempt.mechanism, attempt.secret);
        let auth = format!("AUTH {mechanism}");
        let mut binding = self.exported.clone();
        if attempt.elsewhere {
            binding.reverse();
        }
        match mechanism {
            "PLAIN" => {
                let answer = encode(format!("\0{USER}\0{secret}"));
                self.ask(&format!("{auth} {answer}"))?;
            }
            "LOGIN" => {
                assert_eq!(self.asked(&auth)?, b"Username:");
                assert_eq!(self.asked(&encode(USER))?, b"Password:");
                self.ask(&encode(secret))?;
            }
            "CRAM-MD5" => {
                let challenge = self.asked(&auth)?;
                let digest = mac::<md5::Md5>(secret.as_bytes(), &challenge);
                let digits: Vec<_> = digest.iter().map(|byte| format!("{byte:02x}")).collect();
                self.ask(&encode(format!("{USER} {}", digits.concat())))?;
            }
            "XOAUTH2" => {
                let answer = encode(format!("user={USER}\x01auth=Bearer {secret}\x01\x01"));
                self.with_token(&format!("{auth} {answer}"), "")?;
            }
            "OAUTHBEARER" => {
                let answer = encode(format!("n,a={USER},\x01auth=Bearer {secret}\x01\x01"));
                self.with_token(&format!("{auth} {answer}"), "AQ==")?;
            }
            "ANONYMOUS" => {
                self.ask(&format!("{auth} {}", encode(USER)))?;
            }
            "EXTERNAL" => {
                self.ask(&format!("{auth} {}", encode(secret)))?;
            }
            "SCRAM-SHA-1" => self.scram::<sha1::Sha1>(&auth, secret, None)?,
            "SCRAM-SHA-256" => self.scram::<sha2::Sha256>(&auth, secret, None)?,
            "SCRAM-SHA-1-PLUS" => self.scram::<sha1::Sha1>(&auth, secret, Some(binding))?,
            "SCRAM-SHA-256-PLUS" => self.scram::<sha2::Sha256>(&auth, secret, Some(binding))?,
            other => panic!("nobody types {other}"),
        }
        self.ask("QUIT")?;
        Some(())
    }

    /// A login with a token; what is wrong with it is acknowledged (RFC 7628 §3.2.3).
    fn with_token(&mut self, line: &str, acknowledgement: &str) -> Option<()> {
        if self.ask(line)?.starts_with("334 ") {
            self.ask(acknowledgement)?;
        }
        Some(())
    }

    /// RFC 5802 §3, with what the login is bound to (§6).
    fn scram<D>(&mut self, auth: &str, password: &str, bound: Option<Vec<u8>>) -> Option<()>
    where
        D: sha2::Digest + BlockSizeUser + Clone + Sync,
    {
        let header = if bound.is_some() { "p=tls-exporter,," } else { "n,," };
        let bare = format!("n={USER},r={NONCE}");
        let challenge = self.asked(&format!("{auth} {}", encode(format!("{header}{bare}"))))?;
        let challenge = String::from_utf8(challenge).unwrap();
        let part = |name| challenge.split(',').find_map(|part| part.strip_prefix(name)).unwrap();
        let (nonce, salt, rounds) = (part("r="), part("s="), part("i="));
        assert!(nonce.starts_with(NONCE) && nonce.len() > NONCE.len(), "{challenge}");
        let mut salted = vec![0; <D as sha2::Digest>::output_size()];
        let (salt, rounds) = (STANDARD.decode(salt).unwrap(), rounds.parse().unwrap());
        pbkdf2::pbkdf2::<SimpleHmac<D>>(password.as_bytes(), &salt, rounds, &mut salted).unwrap();
        let last = format!(
            "c={},r={nonce}",
            encode([header.as_bytes(), &bound.unwrap_or_default()].concat())
        );
        let talk = format!("{bare},{challenge},{last}");
        let key = mac::<D>(&salted, b"Client Key");
        let signature = mac::<D>(&D::digest(&key), talk.as_bytes());
        let proof: Vec<_> = key.iter().zip(signature).map(|(a, b)| a ^ b).collect();
        let said = self.asked(&encode(format!("{last},p={}", encode(proof))));
        let Some(said) = said else { return Some(()) };
        let expected = mac::<D>(&mac::<D>(&salted, b"Server Key"), talk.as_bytes());
        assert_eq!(said, format!("v={}", encode(expected)).into_bytes());
        self.ask("")?;
        Some(())
    }
}

fn encode(text: impl AsRef<[u8]>) -> String {
    STANDARD.encode(text)
}

fn mac<D: sha2::Digest + BlockSizeUser>(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mac = SimpleHmac::<D>::new_from_slice(key).unwrap();
    mac.chain_update(text).finalize().into_bytes().to_vec()
}

pub(crate) fn log_in(attempt: &Attempt<'_>) -> Ended {
    let mut wire = Wire::open(attempt);
    wire.converse(attempt);
    let Wire { mut child, input, mut output, mut log, .. } = wire;
    drop(input);
    log.extend(output.by_ref().map_while(Result::ok));
    let code = child.wait().unwrap().code();
    Ended { code, out: log.join("\n"), err: String::new(), peak: 0 }
}
