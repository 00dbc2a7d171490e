//! The practice server's side: what it asks, and whom it lets in.

use crate::journal::TlsFacts;
use crate::journal::facts::{Binding, Certificate};
use crate::session;
use crate::smtp::code::Code;
use crate::smtp::sasl::{self, Form, Name, Step};

use super::scram::{Hash, Material, prepared};
use super::{Secret, Seed, cram, keyed};
use crate::speaker::Policy;

/// How often a password is hashed; no fewer are allowed (RFC 7677 §4).
const ROUNDS: u32 = 4096;

/// Somebody who may log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The user name; matched without case.
    pub name: String,
    /// The password.
    pub password: Secret,
    /// The token for the mechanisms that take one.
    pub token: Secret,
}

/// What the server says to a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::speaker) enum Ruling {
    /// 334 and this.
    Ask(Vec<u8>),
    /// The client is let in.
    In,
    /// It is not; with the detailed code and the words.
    No(Code, (u16, u16), &'static str),
}

const WRONG: Ruling = Ruling::No(Code::NOT_LOGGED_IN, (7, 8), "User name or password is wrong");
const BAD_TOKEN: Ruling = Ruling::No(Code::NOT_LOGGED_IN, (7, 8), "The token is not valid");
const NOT_BASE64: Ruling = Ruling::No(Code::BAD_ARGUMENTS, (5, 2), "That is not valid base64");
const MALFORMED: Ruling =
    Ruling::No(Code::BAD_ARGUMENTS, (5, 2), "The answer has not the form that this login needs");
const CANCELLED: Ruling = Ruling::No(Code::BAD_ARGUMENTS, (7, 0), "The login is cancelled");
const TOO_EARLY: Ruling =
    Ruling::No(Code::BAD_ARGUMENTS, (7, 0), "The server speaks first here; say AUTH alone");

/// Why a token is not taken (RFC 7628 §3.2.2).
const REFUSED_TOKEN: &str =
    r#"{"status":"invalid_token","schemes":"bearer","scope":"https://mail.example.org/"}"#;

/// Who decides.
#[derive(Clone, Copy)]
pub(in crate::speaker) struct Judge<'a> {
    pub policy: &'a Policy,
    /// What TLS itself proves, where it is on.
    pub tls: Option<&'a TlsFacts>,
    pub seed: &'a Seed,
}

impl<'a> Judge<'a> {
    /// The mechanisms that are offered on this connection.
    pub(in crate::speaker) fn offered(self) -> Vec<String> {
        let known = |name: &&String| !self.policy.any_login || Hash::of(name).is_none();
        let listed: Vec<_> = self.policy.mechanisms.iter().filter(known).cloned().collect();
        let can_bind = self.binding().is_some();
        let bound = listed.iter().filter(|name| can_bind && Hash::of(name).is_some());
        let bound: Vec<_> = bound.map(|name| format!("{name}-PLUS")).collect();
        let external = self.certificate().is_some() && !listed.is_empty();
        let external = external.then(|| "EXTERNAL".to_owned());
        listed.iter().cloned().chain(bound).chain(external).collect()
    }

    /// What is said to the last step of `login`.
    pub(in crate::speaker) fn rule(self, login: &session::Login<'_>) -> Ruling {
        let steps = login.client_steps();
        let answers = !login.is_initial();
        match steps.last().map(|step| &step.form) {
            Some(Form::Cancel) if answers => return CANCELLED,
            Some(Form::Equals) if answers => return NOT_BASE64,
            Some(Form::Cancel | Form::Veiled | Form::NotBase64(_)) => return NOT_BASE64,
            _ => {}
        }
        let nothing = || Ruling::Ask(Vec::new());
        match (sasl::family(login.mechanism), steps.as_slice()) {
            ("LOGIN", []) => Ruling::Ask(b"Username:".to_vec()),
            ("LOGIN", [_]) => Ruling::Ask(b"Password:".to_vec()),
            ("LOGIN", [user, password, ..]) => self.let_in(user.bytes(), password.bytes()),
            ("CRAM-MD5", []) => Ruling::Ask(self.challenge(login.begun).into_bytes()),
            ("CRAM-MD5", _) if !answers => TOO_EARLY,
            ("CRAM-MD5", [answer, ..]) => self.digested(login, answer),
            (_, []) => nothing(),
            ("PLAIN", [step, ..]) => self.plain(step),
            ("SCRAM", [first]) => self.scram_first(login, first),
            ("SCRAM", [first, last]) => match self.scram_last(login, first, last) {
                Ok(proof) => Ruling::Ask(format!("v={}", sasl::encode(&proof)).into_bytes()),
                Err(ruling) => ruling,
            },
            ("SCRAM", [first, last, rest, ..]) if rest.form == Form::Empty => {
                self.scram_last(login, first, last).map_or_else(|ruling| ruling, |_| Ruling::In)
            }
            ("XOAUTH2" | "OAUTHBEARER", [step]) => self.token(step),
            ("XOAUTH2" | "OAUTHBEARER", _) => BAD_TOKEN,
            ("EXTERNAL", [step, ..]) => self.certified(step.bytes()),
            ("ANONYMOUS", _) => Ruling::In,
            _ => MALFORMED,
        }
    }

    /// The text that CRAM-MD5 wants hashed, new for each login.
    fn challenge(self, begun: usize) -> String {
        let drawn: String = self.seed.draw("challenge", begun).iter().map(u8::to_string).collect();
        format!("<{drawn}@{}>", self.policy.host)
    }

    fn let_in(self, user: &[u8], password: &[u8]) -> Ruling {
        if self.policy.any_login {
            return Ruling::In;
        }
        let account = self.policy.account(user);
        let knows = |account: &Account| prepared(account.password.reveal()) == prepared(password);
        if account.is_some_and(knows) { Ruling::In } else { WRONG }
    }

    fn plain(self, step: &Step) -> Ruling {
        let (user, password) = (step.get(Name::User), step.get(Name::Password));
        let (Some(act_as), Some(user), Some(password)) = (step.get(Name::ActAs), user, password)
        else {
            return MALFORMED;
        };
        let refused = self.policy.errors.refuses_authzid && !act_as.is_empty();
        if is_own(act_as, user) && !refused { self.let_in(user, password) } else { WRONG }
    }

    fn digested(self, login: &session::Login<'_>, answer: &Step) -> Ruling {
        let (Some(user), Some(digest)) = (answer.get(Name::User), answer.get(Name::Digest)) else {
            return MALFORMED;
        };
        let asked = login.server_steps().pop();
        let challenge = asked.as_ref().map(Step::bytes).unwrap_or_default();
        let knows = |account: &Account| {
            cram(account.password.reveal(), challenge).as_bytes() == digest.to_ascii_lowercase()
        };
        let lets_in = self.policy.any_login || self.policy.account(user).is_some_and(knows);
        if lets_in { Ruling::In } else { WRONG }
    }

    fn token(self, step: &Step) -> Ruling {
        let header = sasl::behind_header(step.bytes()).unwrap_or_default();
        let escaped = step.bytes().get(..header).is_none_or(sasl::names_are_escaped);
        let Some(token) = step.get(Name::Token).filter(|_| escaped) else { return MALFORMED };
        let user = step.get(Name::User).or_else(|| step.get(Name::ActAs)).unwrap_or_default();
        let owner = self.policy.accounts.iter().find(|account| account.token.reveal() == token);
        let named = |account: &Account| {
            user.is_empty() || account.name.as_bytes().eq_ignore_ascii_case(user)
        };
        let bearer = step.get(Name::Scheme).is_some_and(|s| s.eq_ignore_ascii_case(b"Bearer"));
        if bearer && (self.policy.any_login || owner.is_some_and(named)) {
            Ruling::In
        } else {
            Ruling::Ask(REFUSED_TOKEN.as_bytes().to_vec())
        }
    }

    fn certified(self, act_as: &[u8]) -> Ruling {
        let Some(certificate) = self.certificate() else { return WRONG };
        let owner = |name: &&String| self.policy.account(name.as_bytes()).is_some();
        let name = certificate.names.iter().find(owner);
        if name.is_some_and(|name| is_own(act_as, name.as_bytes())) { Ruling::In } else { WRONG }
    }

    /// The client's own certificate, if it can be trusted.
    fn certificate(self) -> Option<&'a Certificate> {
        let trusted = |tls: &&TlsFacts| tls.verdict.as_ref().is_some_and(|v| v.faults.is_empty());
        self.tls.filter(trusted)?.chain.first()
    }

    /// What a login can be bound to.
    fn binding(self) -> Option<&'a Binding> {
        self.tls?.binding.as_ref()
    }

    /// The salt of a user, also of one that does not exist: nobody learns who does.
    fn salt(self, user: &[u8]) -> Vec<u8> {
        let mut salt = keyed(self.policy.host.as_bytes(), &[&user.to_ascii_lowercase()]);
        salt.truncate(16);
        salt
    }

    fn scram_first(self, login: &session::Login<'_>, first: &Step) -> Ruling {
        let (Some(user), Some(nonce)) = (first.get(Name::User), first.text(Name::ClientNonce))
        else {
            return MALFORMED;
        };
        // What has to be understood and is not (RFC 5802 §5.1).
        let mandatory = |field: &sasl::Field| field.value.starts_with(b"m=");
        let unread = nonce.is_empty() || first.fields.iter().any(mandatory);
        if unread || !sasl::names_are_escaped(first.bytes()) {
            return MALFORMED;
        }
        if !self.is_bound_right(login.mechanism, first) {
            return Ruling::No(Code::NOT_LOGGED_IN, (7, 8), "The login is not bound to this TLS");
        }
        let salt = sasl::encode(&self.salt(user));
        let ours = self.seed.nonce("server", login.begun);
        Ruling::Ask(format!("r={nonce}{ours},s={salt},i={ROUNDS}").into_bytes())
    }

    /// Whether the client's flag fits what is offered (RFC 5802 §6).
    fn is_bound_right(self, mechanism: &str, first: &Step) -> bool {
        let plus = mechanism.ends_with("-PLUS");
        let binding = self.binding();
        match first.get(Name::Binding) {
            Some(b"n") => !plus,
            // Somebody took -PLUS off the list on its way.
            Some(b"y") => !plus && binding.is_none(),
            Some(flag) => flag.strip_prefix(b"p=").is_some_and(|kind| {
                plus && binding.is_some_and(|binding| binding.kind.as_bytes() == kind)
            }),
            None => false,
        }
    }

    /// The proof that the server gives, if the client's is right.
    fn scram_last(
        self,
        login: &session::Login<'_>,
        first: &Step,
        last: &Step,
    ) -> Result<Vec<u8>, Ruling> {
        let said = last.bytes();
        let end = memchr::memmem::rfind(said, b",p=").ok_or(MALFORMED)?;
        let (without_proof, _) = said.split_at_checked(end).ok_or(MALFORMED)?;
        let proof = last.get(Name::Proof).and_then(sasl::decode).ok_or(MALFORMED)?;
        let (whole, user) = (first.bytes(), first.get(Name::User).unwrap_or_default());
        let at = sasl::behind_header(whole).unwrap_or_default();
        let (header, bare) = whole.split_at_checked(at).ok_or(MALFORMED)?;
        let mut bound = header.to_vec();
        if login.mechanism.ends_with("-PLUS") {
            let binding = self.binding();
            bound.extend(binding.iter().flat_map(|binding| &binding.data));
        }
        // The question that was answered is the last but one where ours is asked already.
        let asked = login.server_steps();
        let is_challenge = |step: &&Step| step.get(Name::Salt).is_some();
        let challenge = asked.iter().rev().find(is_challenge).ok_or(MALFORMED)?;
        let same_nonce = challenge.get(Name::Nonce) == last.get(Name::Nonce);
        let same_binding = last.get(Name::BindingData) == Some(sasl::encode(&bound).as_bytes());
        let hash = Hash::of(login.mechanism).ok_or(MALFORMED)?;
        let account = self.policy.account(&prepared(user)).ok_or(WRONG)?;
        let salt = challenge.get(Name::Salt).and_then(sasl::decode).ok_or(MALFORMED)?;
        let proofs = hash.proofs(&Material {
            password: account.password.reveal(),
            salt: &salt,
            rounds: ROUNDS,
            first: bare,
            challenge: challenge.bytes(),
            last: without_proof,
        });
        let act_as = first.get(Name::ActAs).unwrap_or_default();
        if same_nonce && same_binding && proof == proofs.client && is_own(act_as, user) {
            Ok(proofs.server)
        } else {
            Err(WRONG)
        }
    }
}

/// Whether a user acts as nobody else: that is allowed to nobody here.
fn is_own(act_as: &[u8], user: &[u8]) -> bool {
    act_as.is_empty() || prepared(act_as).eq_ignore_ascii_case(&prepared(user))
}
