//! What `ehlo serve` tells: one line for each event, for people or as JSON.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::display::security;
use crate::display::token::{own_visible, visible};
use crate::display::words::overdue as overdue_words;
use crate::headless::json;
use crate::journal::Happening;
use crate::knowledge::{self, Lang};
use crate::net::listen::report::{Envelope, Refusal};
use crate::net::listen::{Entrance, Report, Security, Turned};
use crate::session::glance::Over;
use crate::session::{Dialogue, Glance, Message};

/// An event of a server.
pub(in crate::headless) enum Event<'a> {
    /// A door is open; whether there is TLS, and whether it begins before anything is said at all doors.
    Listening(&'a Entrance, (bool, bool)),
    /// Something was reported.
    Told(&'a Report),
    /// A message of a session was taken by hand, and is kept nowhere.
    Taken(u64, usize, &'a Envelope),
    /// It was told to stop.
    Stopping,
    /// It has stopped, behind so many sessions and messages.
    Stopped(u64, u64),
}

impl Event<'_> {
    /// Its line.
    pub(in crate::headless) fn line(&self, as_json: bool, lang: Lang) -> Option<String> {
        if as_json {
            let line = json::line(&self.json()).ok()?;
            return Some(line.trim_end().to_owned());
        }
        self.words(lang)
    }

    fn words(&self, lang: Lang) -> Option<String> {
        let fill = |key, values: &[(&str, &str)]| Some(knowledge::fill(lang, key, values));
        match self {
            // Programs read it.
            Self::Listening(door, _) => {
                Some(format!("listening on {}", own_visible(&door.to_string())))
            }
            Self::Stopping => fill("serve.stopping", &[]),
            Self::Stopped(sessions, messages) => {
                let (sessions, messages) = (sessions.to_string(), messages.to_string());
                fill("serve.stopped", &[("sessions", &sessions), ("messages", &messages)])
            }
            // Its dialogue shows it.
            Self::Taken(..) | Self::Told(Report::Began { .. }) => None,
            Self::Told(Report::Stored { session, name, envelope, .. }) => {
                Some(stored(*session, envelope, ("name", name), "serve.stored", lang))
            }
            Self::Told(Report::NotStored { session, why, envelope, .. }) => {
                Some(stored(*session, envelope, ("why", why), "serve.not-stored", lang))
            }
            Self::Told(Report::Refused { session, refusal }) => {
                Some(refused(*session, refusal, lang))
            }
            Self::Told(Report::Ended { session, glance, dialogue, not_kept, .. }) => {
                let mut line = ended(*session, glance, dialogue, lang);
                if let Some(why) = not_kept {
                    line += "; ";
                    line += &knowledge::fill(lang, "serve.not-kept", &[("why", why)]);
                }
                Some(line)
            }
            Self::Told(Report::TurnedAway { peer, why, .. }) => {
                let key = match why {
                    Turned::TooMany => "serve.too-many",
                    Turned::TooFast => "serve.too-fast",
                };
                fill(key, &[("peer", peer.as_deref().unwrap_or("-"))])
            }
            Self::Told(missed @ Report::Missed { .. }) => {
                let count = Some(missed.events(false)).filter(|count| *count > 0)?;
                fill("serve.missed", &[("count", &count.to_string())])
            }
        }
    }

    fn json(&self) -> Value {
        let at = Timestamp::now().to_string();
        match self {
            Self::Listening(door, (tls, implicit)) => json!({
                "event": "listening", "at": at, "place": door.place.to_string(),
                "tls": tls_of(if *implicit { Security::Implicit } else { door.security }).filter(|_| *tls),
                "protocol": if door.lmtp { "lmtp" } else { "smtp" },
            }),
            Self::Taken(session, message, envelope) => {
                message_json("message", &at, (*session, *message), envelope, None, None)
            }
            Self::Stopping => json!({ "event": "stopping", "at": at }),
            Self::Stopped(sessions, messages) => json!({
                "event": "stopped", "at": at, "sessions": sessions, "messages": messages,
            }),
            Self::Told(Report::Began { session, at, entrance, .. }) => json!({
                "event": "began", "at": at.to_string(), "session": session,
                "place": entrance.place.to_string(),
            }),
            Self::Told(Report::Stored { session, message, name, envelope, .. }) => {
                message_json("message", &at, (*session, *message), envelope, Some(name), None)
            }
            Self::Told(Report::NotStored { session, message, why, envelope }) => {
                message_json("not-stored", &at, (*session, *message), envelope, None, Some(why))
            }
            Self::Told(Report::Refused { session, refusal }) => json!({
                "event": "refused", "at": at, "session": session, "command": refusal.verb.as_str(),
                "address": refusal.address, "code": refusal.code.0,
                "enhanced": refusal.enhanced.map(|code| code.to_string()), "text": refusal.text,
            }),
            Self::Told(Report::Ended { session, glance, dialogue, not_kept, .. }) => {
                ended_json(*session, &at, (glance, dialogue), not_kept.as_deref())
            }
            Self::Told(Report::TurnedAway { session, peer, entrance, at, why }) => json!({
                "event": "turned-away", "at": at.to_string(), "session": session, "peer": peer,
                "place": entrance.place.to_string(),
                "why": match why {
                    Turned::TooMany => "too-many",
                    Turned::TooFast => "too-fast",
                },
            }),
            Self::Told(missed @ Report::Missed { .. }) => {
                json!({ "event": "missed", "at": at, "events": missed.events(true) })
            }
        }
    }
}

/// The envelope of a message with this sender and these recipients, as its session tells it.
pub(in crate::headless) fn envelope(
    seen: &Dialogue,
    message: usize,
    (from, to): (String, Vec<String>),
) -> Envelope {
    let Glance { secured, user, .. } = Glance::of(seen);
    let size = seen.messages().get(message).map_or(0, Message::content_len);
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    Envelope { from, to, size, held: None, secured, user, subject: None }
}

const fn tls_of(security: Security) -> Option<&'static str> {
    match security {
        Security::Clear => None,
        Security::Starttls => Some("starttls"),
        Security::Implicit => Some("implicit"),
    }
}

pub(super) fn stored(
    session: u64,
    envelope: &Envelope,
    (what, value): (&str, &str),
    key: &'static str,
    lang: Lang,
) -> String {
    let seen = |text: &str| visible(text.as_bytes());
    let mut to = String::new();
    for recipient in &envelope.to {
        to.extend([if to.is_empty() { "<" } else { ", <" }, &*seen(recipient), ">"]);
    }
    let held = envelope
        .held
        .map(|time| knowledge::fill(lang, "serve.held", &[("seconds", &time.to_string())]));
    let values = [
        ("session", &*session.to_string()),
        ("from", &*seen(&envelope.from)),
        ("to", &*to),
        ("size", &*envelope.size.to_string()),
        ("held", held.as_deref().unwrap_or_default()),
        (what, &*seen(value)),
    ];
    knowledge::fill(lang, key, &values)
}

fn refused(session: u64, refusal: &Refusal, lang: Lang) -> String {
    let address = refusal.address.as_ref().map(|to| format!(" <{}>", visible(to.as_bytes())));
    let reply = match refusal.enhanced {
        Some(enhanced) => format!("{} {enhanced} {}", refusal.code, refusal.text),
        None => format!("{} {}", refusal.code, refusal.text),
    };
    let values = [
        ("session", &*session.to_string()),
        ("command", refusal.verb.as_str()),
        ("address", address.as_deref().unwrap_or_default()),
        ("reply", &*visible(reply.as_bytes())),
    ];
    knowledge::fill(lang, "serve.refused", &values)
}

pub(super) fn ended(session: u64, glance: &Glance, dialogue: &Dialogue, lang: Lang) -> String {
    let values = [
        ("session", &*session.to_string()),
        ("peer", glance.peer.as_deref().unwrap_or("-")),
        ("exchanges", &*glance.exchanges.to_string()),
        ("messages", &*glance.taken.to_string()),
        ("how", glance.end.map(|end| knowledge::word(lang, over(end))).unwrap_or_default()),
    ];
    let mut line = knowledge::fill(lang, "serve.over", &values);
    for (_, what) in dialogue.notices() {
        let more = match what {
            Happening::NotSecured(failure) => security::not_secured(failure, lang).1,
            Happening::Overdue { wait, limit } => overdue_words(*wait, *limit, None, lang),
            _ => continue,
        };
        line += "; ";
        line += &more;
    }
    line
}

/// The word for the end of a session.
const fn over(end: Over) -> &'static str {
    match end {
        Over::InOrder => "serve.over.in-order",
        Over::Left => "serve.over.left",
        Over::CutShort => "serve.over.cut-short",
        Over::Reset => "serve.over.reset",
        Over::TimedOut => "serve.over.timed-out",
        Over::Refused => "serve.over.refused",
        Over::NotSecured => "serve.over.not-secured",
        Over::Failed => "serve.over.failed",
    }
}

fn message_json(
    event: &str,
    at: &str,
    (session, message): (u64, usize),
    envelope: &Envelope,
    stored: Option<&str>,
    why: Option<&str>,
) -> Value {
    json!({
        "event": event, "at": at, "session": session, "message": message,
        "from": envelope.from, "to": envelope.to, "size": envelope.size,
        "stored": stored, "why": why, "held": envelope.held,
        "tls": envelope.secured, "user": envelope.user,
    })
}

fn ended_json(
    session: u64,
    at: &str,
    (glance, dialogue): (&Glance, &Dialogue),
    not_kept: Option<&str>,
) -> Value {
    let mut back = dialogue.notices().iter().rev().map(|(_, what)| what);
    let failure = back.clone().find_map(|what| match what {
        Happening::NotSecured(failure) => Some(failure),
        _ => None,
    });
    let overdue = back.find_map(|what| match what {
        Happening::Overdue { wait, limit } => Some(json::Overdue::new(*wait, *limit)),
        _ => None,
    });
    json!({
        "event": "session", "at": at, "session": session, "peer": glance.peer,
        "ended": glance.end.map(Over::name), "exchanges": glance.exchanges,
        "messages": glance.taken, "tls": glance.secured, "user": glance.user,
        "tls_failure": failure, "overdue": overdue, "not_kept": not_kept,
    })
}
