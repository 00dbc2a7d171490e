//! The client's side: says AUTH, and answers each question of the server by looking at the dialogue.

use bytes::Bytes;

use crate::session::{self, Dialogue, Exchange, Phase};
use crate::smtp::code::Class;
use crate::smtp::sasl::{self, Form, Name, Step};
use crate::smtp::target::{SMTP_PORT, Target};
use crate::smtp::verb::Verb;

use super::scram::{Hash, Material, prepared};
use super::{Secret, Seed, cram};

/// The longest command line with its CRLF (RFC 5321 §4.5.3.1.4), which holds for AUTH with its
/// initial response too (RFC 4954 §4).
const LINE_LIMIT: usize = 512;

/// Fewer rounds than this make guessing too cheap (RFC 5802 §5.1, RFC 7677 §4).
const FEWEST_ROUNDS: u32 = 4096;

/// More rounds than this are not computed: a server could keep us busy for hours.
const MOST_ROUNDS: u32 = 1_000_000;

/// More answers than this no mechanism needs.
const MOST_ANSWERS: usize = 4;

/// Who logs in, and with what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credentials {
    /// The user name; for EXTERNAL the identity to act as, for ANONYMOUS a trace.
    pub user: String,
    /// The password or the token.
    pub secret: Secret,
}

/// Why a login was given up, or is not to be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// This program does not know the mechanism.
    UnknownMechanism,
    /// There is nothing in TLS that the login could be bound to.
    NoBinding,
    /// What the server asks is no base64.
    NotBase64,
    /// What the server asks has no form that the mechanism knows.
    Malformed,
    /// The server's nonce does not begin with ours.
    WrongNonce,
    /// The server wants more rounds than are computed here.
    TooManyRounds,
    /// The server wants so few rounds that a password is easily guessed; the login goes on.
    FewRounds,
    /// The server wants an extension that is to be understood and is not (RFC 5802 §5.1).
    UnknownExtension,
    /// The server's proof is wrong: it does not know the password.
    WrongSignature,
    /// The server says that the login failed.
    ServerError,
    /// The server let us in without any proof.
    NoSignature,
    /// The server asks for more than the mechanism has.
    TooManyQuestions,
}

impl Fault {
    /// All faults.
    pub const ALL: &'static [Self] = &[
        Self::UnknownMechanism,
        Self::NoBinding,
        Self::NotBase64,
        Self::Malformed,
        Self::WrongNonce,
        Self::TooManyRounds,
        Self::FewRounds,
        Self::UnknownExtension,
        Self::WrongSignature,
        Self::ServerError,
        Self::NoSignature,
        Self::TooManyQuestions,
    ];

    /// The key of its sentence.
    pub const fn key(self) -> &'static str {
        match self {
            Self::UnknownMechanism => "login.unknown-mechanism",
            Self::NoBinding => "login.no-binding",
            Self::NotBase64 => "login.not-base64",
            Self::Malformed => "login.malformed",
            Self::WrongNonce => "login.wrong-nonce",
            Self::TooManyRounds => "login.too-many-rounds",
            Self::FewRounds => "login.few-rounds",
            Self::UnknownExtension => "login.unknown-extension",
            Self::WrongSignature => "login.wrong-signature",
            Self::ServerError => "login.server-error",
            Self::NoSignature => "login.no-signature",
            Self::TooManyQuestions => "login.too-many-questions",
        }
    }
}

/// What is to be done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Say this.
    Say(Bytes),
    /// Say this answer of a login: a secret whatever the server takes it for.
    Answer(Bytes),
    /// Nothing until something is heard.
    Wait,
    /// It is over; the exchange whose reply ended it, if there was one.
    Over(Option<usize>),
}

/// A login that this program does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    mechanism: String,
    credentials: Credentials,
    initial: bool,
    seed: Seed,
    begun: Option<usize>,
    answered: Option<usize>,
    /// Whether the server has proven that it knows the password.
    proven: bool,
    fault: Option<Fault>,
}

/// Whether a mechanism needs a password or a token.
pub fn needs_password(mechanism: &str) -> bool {
    let known = ["PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2", "OAUTHBEARER"];
    known.contains(&mechanism) || Hash::of(mechanism).is_some()
}

impl Login {
    /// A login with `mechanism`. Its first answer stands behind AUTH where that is usual, or where
    /// `initial` wants it. What is secret or random in it is still to be supplied.
    pub fn new(mechanism: &str, credentials: Credentials, initial: Option<bool>) -> Self {
        let mechanism = mechanism.to_ascii_uppercase();
        // Servers that know LOGIN do not all know it with an initial response.
        let usual = !matches!(mechanism.as_str(), "LOGIN" | "CRAM-MD5");
        let initial = initial.unwrap_or(usual);
        Self {
            mechanism,
            credentials,
            initial,
            seed: Seed::default(),
            begun: None,
            answered: None,
            proven: false,
            fault: None,
        }
    }

    /// Gives what comes from outside: the password, and what random values follow from.
    pub fn supply(&mut self, secret: Secret, seed: Seed) {
        self.credentials.secret = secret;
        self.seed = seed;
    }

    /// The mechanism, in capitals.
    pub fn mechanism(&self) -> &str {
        &self.mechanism
    }

    /// Who logs in.
    pub fn user(&self) -> &str {
        &self.credentials.user
    }

    /// The password, as it was supplied.
    pub const fn secret(&self) -> &Secret {
        &self.credentials.secret
    }

    /// Whether it cannot go on without a password.
    pub fn needs_password(&self) -> bool {
        needs_password(&self.mechanism)
    }

    /// Whether AUTH was said.
    pub const fn has_begun(&self) -> bool {
        self.begun.is_some()
    }

    /// Why it was given up, or is not to be trusted.
    pub const fn fault(&self) -> Option<Fault> {
        self.fault
    }

    fn is_given_up(&self) -> bool {
        self.fault.is_some_and(|fault| fault != Fault::FewRounds)
    }

    /// What to do, now that the session is as it is.
    pub fn next(&mut self, seen: &Dialogue) -> Next {
        let Some(begun) = self.begun else { return self.begin(seen) };
        let is_auth = |e: &Exchange| e.verb() == Some(&Verb::Auth);
        let mut behind = seen.exchanges().iter().skip(begun);
        let auth = behind.position(is_auth);
        let Some(login) = auth.and_then(|at| session::Login::at(seen, begun + at)) else {
            return if seen.phase().is_open() { Next::Wait } else { Next::Over(None) };
        };
        let last = login.last;
        let reply = seen.exchanges().get(last).and_then(|exchange| exchange.reply.as_ref());
        match reply.map(crate::smtp::reply::Reply::class) {
            None if seen.phase().is_open() => Next::Wait,
            None => Next::Over(None),
            Some(Class::Intermediate) if self.answered == Some(last) => {
                if seen.phase().is_open() {
                    Next::Wait
                } else {
                    Next::Over(Some(last))
                }
            }
            // It was given up already, and the server goes on asking.
            Some(Class::Intermediate) if self.is_given_up() => Next::Over(Some(last)),
            Some(Class::Intermediate) => {
                self.answered = Some(last);
                Next::Answer(self.answer(seen, &login))
            }
            Some(class) => {
                let owed = Hash::of(&self.mechanism).is_some() && !self.proven;
                if class == Class::Positive && owed && !self.is_given_up() {
                    self.fault = Some(Fault::NoSignature);
                }
                Next::Over(Some(last))
            }
        }
    }

    fn begin(&mut self, seen: &Dialogue) -> Next {
        if matches!(seen.phase(), Phase::Closed) {
            return Next::Over(None);
        }
        if !seen.awaits_client() {
            return Next::Wait;
        }
        let begun = seen.exchanges().len();
        self.begun = Some(begun);
        let bare = format!("AUTH {}\r\n", self.mechanism);
        let first = self.first(seen, begun).ok().flatten().filter(|_| self.initial);
        let line = first.map(|first| {
            let first = if first.is_empty() { "=".to_owned() } else { sasl::encode(&first) };
            format!("AUTH {} {first}\r\n", self.mechanism)
        });
        Next::Say(line.filter(|line| line.len() <= LINE_LIMIT).unwrap_or(bare).into())
    }

    /// The next answer as a line, or `*` with the reason kept.
    fn answer(&mut self, seen: &Dialogue, login: &session::Login<'_>) -> Bytes {
        let question = login.server_steps().pop();
        let answer = match &question {
            Some(question) => self.respond(seen, login, question),
            None => Err(Fault::Malformed),
        };
        let line = match answer {
            Ok(bytes) => sasl::encode(&bytes),
            Err(fault) => {
                self.fault = Some(fault);
                "*".to_owned()
            }
        };
        Bytes::from(line + "\r\n")
    }

    fn respond(
        &mut self,
        seen: &Dialogue,
        login: &session::Login<'_>,
        question: &Step,
    ) -> Result<Vec<u8>, Fault> {
        let said = login.client_steps();
        if said.len() >= MOST_ANSWERS {
            return Err(Fault::TooManyQuestions);
        }
        let Credentials { user, secret } = &self.credentials;
        match (sasl::family(&self.mechanism), said.as_slice()) {
            // Nobody has to understand what LOGIN asks.
            ("LOGIN", said) => match sasl::asked_for(said.len(), question.bytes()) {
                Name::User => Ok(user.clone().into_bytes()),
                Name::Password => Ok(secret.reveal().to_vec()),
                _ => Err(Fault::TooManyQuestions),
            },
            ("CRAM-MD5", []) => match &question.form {
                Form::Base64(challenge) => {
                    Ok(format!("{user} {}", cram(secret.reveal(), challenge)).into_bytes())
                }
                Form::NotBase64(_) => Err(Fault::NotBase64),
                _ => Err(Fault::Malformed),
            },
            // What stands behind 334 before the client has said anything means nothing here.
            (_, []) => self.first(seen, login.begun)?.ok_or(Fault::UnknownMechanism),
            (_, _) if question.form.bytes().is_none() => Err(Fault::NotBase64),
            ("SCRAM", [first]) => {
                let (last, _) = self.prove(seen, first, question)?;
                if rounds(question)? < FEWEST_ROUNDS {
                    self.fault = Some(Fault::FewRounds);
                }
                Ok(last)
            }
            ("SCRAM", [first, _]) => {
                self.believe(seen, login, first, question)?;
                self.proven = true;
                Ok(Vec::new())
            }
            // Both say that the error was read (RFC 7628 §3.2.3).
            ("OAUTHBEARER", [_]) => Ok(vec![1]),
            ("XOAUTH2", [_]) => Ok(Vec::new()),
            _ => Err(Fault::TooManyQuestions),
        }
    }

    /// What the client says first, if it is the client that begins.
    fn first(&self, seen: &Dialogue, begun: usize) -> Result<Option<Vec<u8>>, Fault> {
        let Credentials { user, secret } = &self.credentials;
        Ok(Some(match sasl::family(&self.mechanism) {
            "PLAIN" => sasl::plain("", user, secret.reveal()),
            "LOGIN" | "EXTERNAL" | "ANONYMOUS" => user.clone().into_bytes(),
            "XOAUTH2" => sasl::xoauth2(user, secret.reveal()),
            "OAUTHBEARER" => {
                let (host, port) = server_of(seen);
                sasl::oauthbearer(user, &host, port, secret.reveal())
            }
            "SCRAM" if Hash::of(&self.mechanism).is_some() => {
                let nonce = self.seed.nonce("client", begun);
                let user = prepared(user.as_bytes());
                let user = sasl::escaped(&String::from_utf8_lossy(&user));
                format!("{}n={user},r={nonce}", self.header(seen)?).into_bytes()
            }
            _ => return Ok(None),
        }))
    }

    /// How the login is bound to TLS (RFC 5802 §6).
    fn header(&self, seen: &Dialogue) -> Result<String, Fault> {
        let binding = seen.tls().and_then(|tls| tls.binding.as_ref());
        if self.mechanism.ends_with("-PLUS") {
            return Ok(format!("p={},,", binding.ok_or(Fault::NoBinding)?.kind));
        }
        // Only a list that was seen can be one from which it was taken.
        let missing = seen.capabilities().is_some_and(|list| {
            let listed = list.find("AUTH").into_iter().flat_map(|auth| &auth.params);
            !listed.into_iter().any(|name| name.to_ascii_uppercase().ends_with("-PLUS"))
        });
        Ok(if binding.is_some() && missing { "y,," } else { "n,," }.to_owned())
    }

    /// The client's last message of SCRAM, and the proof that the server owes.
    fn prove(
        &self,
        seen: &Dialogue,
        first: &Step,
        question: &Step,
    ) -> Result<(Vec<u8>, Vec<u8>), Fault> {
        let hash = Hash::of(&self.mechanism).ok_or(Fault::UnknownMechanism)?;
        if question.get(Name::Error).is_some() {
            return Err(Fault::ServerError);
        }
        if question.fields.iter().any(|field| field.value.starts_with(b"m=")) {
            return Err(Fault::UnknownExtension);
        }
        // A proof of the server answers ours, which is still to come.
        if question.get(Name::Signature).is_some() {
            return Err(Fault::Malformed);
        }
        let nonce = text(question, Name::Nonce)?;
        let salt = question.get(Name::Salt).and_then(sasl::decode).ok_or(Fault::Malformed)?;
        let rounds = rounds(question)?;
        let ours = first.text(Name::ClientNonce).ok_or(Fault::Malformed)?;
        let more = nonce.strip_prefix(ours.as_ref()).is_some_and(|theirs| !theirs.is_empty());
        if !more {
            return Err(Fault::WrongNonce);
        }
        match rounds {
            0 => return Err(Fault::Malformed),
            1..=MOST_ROUNDS => {}
            _ => return Err(Fault::TooManyRounds),
        }
        let first = first.bytes();
        let (header, bare) = first
            .split_at_checked(sasl::behind_header(first).unwrap_or_default())
            .ok_or(Fault::Malformed)?;
        let mut bound = header.to_vec();
        if self.mechanism.ends_with("-PLUS") {
            let binding =
                seen.tls().and_then(|tls| tls.binding.as_ref()).ok_or(Fault::NoBinding)?;
            bound.extend_from_slice(&binding.data);
        }
        let last = format!("c={},r={nonce}", sasl::encode(&bound));
        let proofs = hash.proofs(&Material {
            password: self.credentials.secret.reveal(),
            salt: &salt,
            rounds,
            first: bare,
            challenge: question.bytes(),
            last: last.as_bytes(),
        });
        Ok((format!("{last},p={}", sasl::encode(&proofs.client)).into_bytes(), proofs.server))
    }

    /// Checks the server's proof.
    fn believe(
        &self,
        seen: &Dialogue,
        login: &session::Login<'_>,
        first: &Step,
        question: &Step,
    ) -> Result<(), Fault> {
        if question.get(Name::Error).is_some() {
            return Err(Fault::ServerError);
        }
        let given = question.get(Name::Signature).and_then(sasl::decode).ok_or(Fault::Malformed)?;
        let asked = login.server_steps();
        let challenge = asked.iter().rev().nth(1).ok_or(Fault::Malformed)?;
        let (_, owed) = self.prove(seen, first, challenge)?;
        if given == owed { Ok(()) } else { Err(Fault::WrongSignature) }
    }
}

/// A value of the server's first message of SCRAM.
fn text(question: &Step, name: Name) -> Result<&str, Fault> {
    let value = question.get(name).ok_or(Fault::Malformed)?;
    std::str::from_utf8(value).map_err(|_| Fault::Malformed)
}

/// How often the server wants the password to be hashed; more than a number holds is its most.
fn rounds(question: &Step) -> Result<u32, Fault> {
    let rounds = text(question, Name::Rounds)?;
    let digits = !rounds.is_empty() && rounds.bytes().all(|b| b.is_ascii_digit());
    if digits { Ok(rounds.parse().unwrap_or(u32::MAX)) } else { Err(Fault::Malformed) }
}

/// The host and the port that were connected to.
fn server_of(seen: &Dialogue) -> (String, u16) {
    let endpoints = seen.endpoints();
    let remote = endpoints.remote.as_deref().unwrap_or_default();
    let port = remote.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    let target = Target::read(&endpoints.target);
    let host = target.map_or_else(|_| endpoints.target.clone(), |target| target.server_name());
    (host, port.unwrap_or(SMTP_PORT))
}
