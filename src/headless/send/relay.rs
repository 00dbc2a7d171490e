//! A message that is in memory goes on to another server, byte for byte as it came.

use crate::cli::LoginArgs;
use crate::display::line;
use crate::journal::Happening;
use crate::knowledge;
use crate::net::Clock;
use crate::net::dial::Target;
use crate::session::Dialogue;
use crate::smtp::payload::Form;
use crate::smtp::target::Protocol;
use crate::speaker::Submission;
use crate::speaker::submission::{Address, Auth, Needs, Order, Posing};

use super::{Talk, carried, encryption, hand_in, login, no_password, remarks, session, word};
use crate::headless::{Setting, json};

/// What is to go on.
#[derive(Clone, Debug)]
pub(crate) struct Relay {
    /// Whose message it is.
    pub(crate) seen: Dialogue,
    /// Which of them.
    pub(crate) message: usize,
    /// The reverse-path.
    pub(crate) from: String,
    /// The forward-paths.
    pub(crate) to: Vec<String>,
    /// Who logs in there.
    pub(crate) login: LoginArgs,
}

/// What became of it.
pub(crate) struct Relayed {
    talk: Talk,
    submission: Submission,
}

impl Relay {
    /// Sends it to `target`.
    ///
    /// # Errors
    /// When it is not whole, there is no password for its login, or the session cannot be recorded;
    /// with a sentence.
    pub(crate) async fn send(self, target: &Target, setting: &Setting) -> anyhow::Result<Relayed> {
        let order = Order { auth: self.auth(setting).await?, ..self.order(target, setting)? };
        let (tls, mut submission) = (order.tls, Submission::new(order));
        let talk = hand_in(target, tls, &mut submission, Clock::start(), setting).await?;
        Ok(Relayed { talk, submission })
    }

    /// The login that was asked for; nobody is asked for its password.
    async fn auth(&self, setting: &Setting) -> anyhow::Result<Option<Auth>> {
        let (lang, password) = (setting.lang(), setting.password.clone());
        let Some(mut auth) = login(&self.login, setting)? else { return Ok(None) };
        if let Some(mechanism) = auth.needs_password() {
            // A command may take its time.
            let read = tokio::task::spawn_blocking(move || password.read(lang)).await?;
            let secret = read.map_err(anyhow::Error::msg)?;
            auth.credentials.secret = secret.ok_or_else(|| no_password(mechanism, lang))?;
        }
        Ok(Some(auth))
    }

    fn order(&self, target: &Target, setting: &Setting) -> anyhow::Result<Order> {
        let message = self.seen.messages().get(self.message).filter(|message| message.is_whole());
        let why = || anyhow::Error::msg(knowledge::word(setting.lang(), "relay.not-whole"));
        let message = message.ok_or_else(why)?;
        let content = message.content();
        let mut needs = Needs::of(&content, Form::of(&content));
        let paths = || std::iter::once(&self.from).chain(&self.to);
        needs.international |= paths().any(|path| !path.is_ascii());
        let address = |path: &String| Address { path: path.clone(), params: Vec::new() };
        Ok(Order {
            name: setting.tls.ehlo.clone(),
            lmtp: target.protocol() == Protocol::Lmtp,
            tls: encryption(&setting.tls, target),
            posing: Posing::default(),
            auth: None,
            sender: address(&self.from),
            recipients: self.to.iter().map(address).collect(),
            needs,
            carriage: carried(message.mail_data()),
            together: false,
            prdr: false,
            stop: None,
        })
    }
}

impl Relayed {
    /// The same in one word, as `ehlo send --json` has it.
    pub(crate) fn word(&self) -> &'static str {
        word(&self.submission, &self.talk.dialogue)
    }

    /// In words.
    pub(crate) fn words(&self, setting: &Setting) -> String {
        let seen = &self.talk.dialogue;
        let failure = self.submission.failure(seen);
        let told = remarks(&self.submission, failure, seen, setting);
        let lines = told.lines().map(|line| line.trim_start_matches("# "));
        let told = lines.collect::<Vec<_>>().join("; ");
        let why = seen.notices().iter().rev().find_map(|(_, what)| match what {
            Happening::NotOpened(_) => Some(line::notice(what, setting.lang()).text()),
            _ => None,
        });
        why.unwrap_or(told)
    }

    /// The whole talk as one object.
    pub(crate) fn session(&self, setting: &Setting) -> json::Session<'static> {
        session(&self.talk, &self.submission, setting)
    }
}
