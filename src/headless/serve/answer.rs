//! What a server answers when it is asked line by line: words for people, or one JSON object.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cli::LoginArgs;
use crate::display::content::{ContentView, Shown};
use crate::display::text::clip;
use crate::display::token::{own_visible, visible};
use crate::display::words::grouped;
use crate::headless::send::relay::Relay;
use crate::headless::{Setting, json, look, save, show};
use crate::journal::{Header, Side};
use crate::knowledge;
use crate::net::dial::Target;
use crate::session::content::Content;
use crate::session::glance::Over as End;
use crate::session::{Dialogue, Glance, Message};

use super::directive::{ALL, Which, written};
use super::event::{ended, stored};
use super::memory::{All, Mail};

/// How many columns of a line, and of what is wrong with it, are said again.
pub(super) const REPEATED: usize = 1_000;

/// How much of a message is looked at for its subject.
const LOOKED_AT: u64 = 16 << 10;

/// A directive that is answered.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// As it was typed.
    pub(super) directive: String,
    /// Whether programs read it.
    pub(super) json: bool,
    /// What the user has set.
    pub(super) setting: Arc<Setting>,
}

/// A session, and when it began.
pub(super) struct Seen {
    pub(super) number: u64,
    pub(super) begun: Option<Timestamp>,
    pub(super) dialogue: Dialogue,
}

impl Seen {
    /// Whether all of a message is here.
    pub(super) fn has_whole(&self, message: usize) -> bool {
        self.dialogue.messages().get(message).is_some_and(Message::is_whole)
    }
}

impl Answer {
    fn word(&self, key: &'static str, values: &[(&str, &str)]) -> String {
        knowledge::fill(self.setting.lang(), key, values)
    }

    /// An event with these keys, or these words.
    fn line(&self, event: &str, mut keys: Value, words: impl FnOnce() -> String) -> String {
        if !self.json {
            return words().trim_end().to_owned();
        }
        if let Value::Object(keys) = &mut keys {
            keys.insert("event".to_owned(), event.into());
            keys.insert("at".to_owned(), Timestamp::now().to_string().into());
            keys.insert("directive".to_owned(), self.directive.as_str().into());
        }
        json::line(&keys).unwrap_or_default().trim_end().to_owned()
    }

    /// It could not be done.
    pub(super) fn not_done(&self, why: &str) -> String {
        let why = clip(why, REPEATED);
        let words = || self.word("serve.not-done", &[("why", &own_visible(&why))]);
        self.line("not-done", json!({ "why": why }), words)
    }

    /// What is not kept, or was never there.
    pub(super) fn not_here(&self, which: &Which, gone: u64) -> String {
        let gone = gone.to_string();
        let (key, name) = match which {
            Which::Session(number) => ("serve.no-session", number.to_string()),
            Which::Message(name) => {
                let number = name.strip_prefix("message ").unwrap_or(name);
                ("serve.no-message", own_visible(number))
            }
        };
        self.not_done(&self.word(key, &[("name", &*name), ("gone", &*gone)]))
    }

    /// It was done, and there is nothing more to say.
    pub(super) fn done(&self, event: &str, keys: Value, words: String) -> String {
        self.line(event, keys, || words)
    }

    /// What there is.
    pub(super) fn help(&self) -> String {
        let all = ALL.map(|(name, behind, key)| {
            (written(name, behind), knowledge::word(self.setting.lang(), key))
        });
        let forms: Vec<_> = all.iter().map(|(form, what)| json!([form, what])).collect();
        let lines = all.map(|(form, what)| format!("{form}  {what}\n"));
        self.line("help", json!({ "directives": forms }), || lines.concat())
    }

    /// All that is kept.
    pub(super) fn list(&self, all: &All) -> String {
        let (mut sessions, mut words) = (Vec::new(), String::new());
        for (number, over) in &all.over {
            let (seen, mails) = (over.seen(), over.mails());
            let glance = Glance::of(&seen);
            let subject = |mail: &Mail| {
                let message = seen.messages().get(mail.message)?;
                Some(Content::subject_in(&message.content_up_to(LOOKED_AT)))
            };
            if self.json {
                sessions.push(listed(*number, &glance, &mails, subject));
            } else {
                words += &ended(*number, &glance, &seen, self.setting.lang());
                words.push('\n');
                words += &self.mails(*number, &mails);
            }
        }
        for (number, glance, mails) in &all.live {
            if self.json {
                sessions.push(listed(*number, glance, mails, |_| None));
            } else {
                let values = [
                    ("session", &*number.to_string()),
                    ("peer", glance.peer.as_deref().unwrap_or("-")),
                    ("exchanges", &*glance.exchanges.to_string()),
                    ("messages", &*glance.taken.to_string()),
                ];
                let _ = writeln!(words, "{}", self.word("serve.goes-on", &values));
                words += &self.mails(*number, mails);
            }
        }
        let gone = all.gone;
        self.line("listed", json!({ "sessions": sessions, "gone": gone }), || {
            words + &self.word("serve.kept", &[("gone", &gone.to_string())])
        })
    }

    fn mails(&self, session: u64, mails: &[Mail]) -> String {
        let lang = self.setting.lang();
        let line = |mail: &Mail| {
            let name = ("name", &*mail.name);
            format!("  {}\n", stored(session, &mail.envelope, name, "serve.stored", lang))
        };
        mails.iter().map(line).collect()
    }

    /// A whole session.
    pub(super) fn session(&self, seen: &Seen) -> String {
        let begun = seen.begun.map(|begun| begun.to_string());
        let header = Header { started: begun, played: Some(Side::Server), ..Header::default() };
        let words = || show::text(&seen.dialogue, false, &self.setting);
        if !self.json {
            return self.line("shown", Value::Null, words);
        }
        let dialogue = json::session(&header, &seen.dialogue, "read", &self.setting, None);
        let mut keys = of_mail(seen.number, None);
        add(&mut keys, [("content", Value::Null), ("dialogue", value(&dialogue))]);
        self.line("shown", keys, words)
    }

    /// One message.
    pub(super) fn message(&self, seen: &Seen, mail: &Mail) -> String {
        let lang = self.setting.lang();
        let Some(message) = seen.dialogue.messages().get(mail.message) else {
            return self.not_done(&self.word("serve.not-whole", &[("name", &mail.name)]));
        };
        if self.json {
            let content = json::message(&seen.dialogue, mail.message, lang);
            let mut keys = of_mail(seen.number, Some(mail));
            add(&mut keys, [("content", value(&content)), ("dialogue", Value::Null)]);
            return self.line("shown", keys, String::new);
        }
        let head = stored(seen.number, &mail.envelope, ("name", &mail.name), "serve.stored", lang);
        let content = message.read();
        let place = (mail.message, &content);
        let text = look::text(ContentView::Raw, &seen.dialogue, place, Shown::default(), lang);
        format!("{head}\n\n{}", text.trim_end_matches('\n'))
    }

    /// Writes a message to a file that is not there yet.
    pub(super) fn save(&self, seen: &Seen, mail: &Mail, file: &Path) -> String {
        let message = seen.dialogue.messages().get(mail.message);
        let Some(message) = message.filter(|message| message.is_whole()) else {
            return self.not_done(&self.word("serve.not-whole", &[("name", &mail.name)]));
        };
        let (content, named) = (message.content(), own_visible(&file.to_string_lossy()));
        if let Err(error) = save::write(file, &content, false) {
            let values = [("file", &*named), ("why", &error.to_string())];
            return self.not_done(&self.word("save.failed", &values));
        }
        let mut keys = of_mail(seen.number, Some(mail));
        let path = file.to_string_lossy();
        add(&mut keys, [("file", (&*path).into()), ("size", content.len().into())]);
        let size = grouped(content.len() as u64);
        let values = [("name", &*visible(mail.name.as_bytes())), ("file", &named), ("size", &size)];
        self.line("saved", keys, || self.word("serve.saved", &values))
    }

    /// Sends a message to another server.
    pub(super) async fn relay(
        self,
        seen: Seen,
        mail: Mail,
        (login, target): (LoginArgs, Target),
    ) -> String {
        let (from, to) = (mail.envelope.from.clone(), mail.envelope.to.clone());
        let relay = Relay { seen: seen.dialogue, message: mail.message, from, to, login };
        let relayed = match relay.send(&target, &self.setting).await {
            Ok(relayed) => relayed,
            Err(error) => return self.not_done(&format!("{error:#}")),
        };
        let (target, text) = (target.to_string(), relayed.words(&self.setting));
        let mut keys = of_mail(seen.number, Some(&mail));
        let dialogue = if self.json { value(&relayed.session(&self.setting)) } else { Value::Null };
        add(
            &mut keys,
            [
                ("target", target.as_str().into()),
                ("outcome", relayed.word().into()),
                ("text", text.as_str().into()),
                ("dialogue", dialogue),
            ],
        );
        let name = visible(mail.name.as_bytes());
        let values = [("name", &*name), ("target", &*own_visible(&target)), ("how", &*text)];
        self.line("relayed", keys, || self.word("serve.relayed", &values))
    }
}

fn value(of: &impl serde::Serialize) -> Value {
    serde_json::to_value(of).unwrap_or_default()
}

fn add<const N: usize>(keys: &mut Value, more: [(&str, Value); N]) {
    if let Value::Object(keys) = keys {
        keys.extend(more.map(|(key, value)| (key.to_owned(), value)));
    }
}

/// The keys about a message, or about a whole session.
fn of_mail(session: u64, mail: Option<&Mail>) -> Value {
    let envelope = mail.map(|mail| &mail.envelope);
    json!({
        "session": session,
        "message": mail.map(|mail| mail.message),
        "stored": mail.map(|mail| &*mail.name),
        "from": envelope.map(|envelope| &*envelope.from),
        "to": envelope.map(|envelope| &*envelope.to),
    })
}

/// A session of a list.
fn listed(
    number: u64,
    glance: &Glance,
    mails: &[Mail],
    subject: impl Fn(&Mail) -> Option<String>,
) -> Value {
    let mails = mails.iter().map(|mail| {
        json!({
            "message": mail.message, "stored": mail.name, "from": mail.envelope.from,
            "to": mail.envelope.to, "size": mail.envelope.size, "held": mail.envelope.held,
            "subject": subject(mail),
        })
    });
    json!({
        "session": number, "peer": glance.peer, "ended": glance.end.map(End::name),
        "exchanges": glance.exchanges, "messages": glance.taken,
        "mail": mails.collect::<Vec<_>>(),
    })
}
