//! The line on top.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::Role;
use crate::display::text::{clip, width};
use crate::display::token::own_visible;
use crate::display::words;
use crate::knowledge;
use crate::session::timing::{self, Awaited};
use crate::session::{Fate, Phase};
use crate::smtp::wait::Wait;

use super::super::model::Model;
use super::super::rows::{Piece, next_verbs};
use super::super::travel::Standing;
use super::{hand, styled};

/// Below this much patience the countdown goes by seconds.
pub const LAST_MINUTE: u64 = 60;

/// Where, in which state, with how many recipients, and what comes next.
pub fn header(model: &Model, area: Rect, frame: &mut Frame<'_>) {
    let dialogue = model.session.seen();
    let word = |key| knowledge::word(model.lang, key);
    let mut parts: Vec<Piece> =
        vec![(Role::Title, format!(" {}", own_visible(&model.session.target)))];
    if let Some(catcher) = &model.session.catcher {
        let line =
            joined(super::catcher::header(model, catcher, area.width), None, area.width.into());
        return frame.render_widget(styled(model, line), area);
    }
    if dialogue.is_secured() {
        let doubted = dialogue.tls().is_some_and(|tls| !tls.faults().is_empty());
        let (role, key) =
            if doubted { (Role::Bad, "header.tls.untrusted") } else { (Role::Good, "header.tls") };
        parts.push((role, word(key).to_owned()));
    }
    if model.session.other_end_of.is_some() {
        parts.push((Role::Notice, word("header.other-end").to_owned()));
    } else if model.session.caught.is_some() && model.session.recorded {
        parts.push((Role::Notice, word("header.caught").to_owned()));
    } else if model.session.recorded {
        parts.push((Role::Notice, word("header.file").to_owned()));
    } else if model.session.hand.is_some() {
        parts.push((Role::Notice, word("header.by-hand").to_owned()));
    } else if model.session.recording {
        parts.push((Role::Notice, word("header.recording").to_owned()));
    }
    if model.zoomed {
        parts.push((Role::Notice, word("header.zoomed").to_owned()));
    }
    if model.session.loading {
        parts.push((Role::Title, reading(model)));
    } else if model.session.dialling {
        parts.push((Role::Title, word("header.dialling").to_owned()));
    } else if dialogue.is_mailbox() {
        // Messages in files were said by nobody.
        let n = dialogue.messages().len().to_string();
        parts.push((Role::Title, knowledge::fill(model.lang, "header.messages", &[("n", &n)])));
    } else if model.session.hand.is_some() && dialogue.phase() == Phase::Offline {
        parts.push((Role::Title, word("catcher.listens").to_owned()));
    } else if let Some(entry) = knowledge::phase(dialogue.phase().name()) {
        parts.push((Role::Title, entry.say(model.lang).title.clone()));
    }
    parts.extend(recipients(model).map(|text| (Role::Text, text)));
    parts.extend(next(model).map(|text| (Role::Client, text)));
    frame.render_widget(styled(model, joined(parts, clock(model), usize::from(area.width))), area);
}

/// The parts side by side. The last one, the clock, keeps its place when others are cut.
fn joined(parts: Vec<Piece>, last: Option<Piece>, columns: usize) -> Vec<Piece> {
    let spaced = |(role, text): Piece| (role, format!("  {text}"));
    let last = last.map(spaced).filter(|(_, text)| width(text) <= columns / 2);
    let mut left = columns - last.as_ref().map_or(0, |(_, text)| width(text));
    let mut pieces = Vec::new();
    for (at, part) in parts.into_iter().enumerate() {
        let (role, text) = if at == 0 { part } else { spaced(part) };
        let cut = clip(&text, left);
        left -= width(&cut);
        let whole = cut == text;
        pieces.push((role, cut));
        if !whole {
            break;
        }
    }
    pieces.extend(last);
    pieces
}

/// How far it is with what is to be shown.
fn reading(model: &Model) -> String {
    let (read, all) = model.session.loaded;
    if all == 0 {
        return knowledge::word(model.lang, "content.reading").to_owned();
    }
    let (read, all) = (read.to_string(), all.to_string());
    model.sentence("mailbox.reading", &[("n", &read), ("all", &all)])
}

fn recipients(model: &Model) -> Option<String> {
    let open = model.session.seen().envelope().open().filter(|t| !t.recipients.is_empty())?;
    let ok = open.accepted();
    let no =
        open.recipients.iter().filter(|r| matches!(r.fate, Fate::Refused | Fate::Deferred)).count();
    let values = [("ok", ok.to_string()), ("no", no.to_string())];
    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    Some(knowledge::fill(model.lang, "header.recipients", &values))
}

/// What moves the session on.
fn next(model: &Model) -> Option<String> {
    let dialogue = model.session.seen();
    let key = match dialogue.phase() {
        _ if model.session.recorded => return None,
        phase if model.session.hand.is_some() => match phase {
            _ if model.session.is_asked() => "header.your-turn",
            phase if phase.is_open() => "header.client-turn",
            _ => return None,
        },
        Phase::MailData if dialogue.unanswered().is_none() => "header.dot",
        Phase::Login => "header.answer",
        _ if model.session.dialling => return None,
        Phase::AwaitingGreeting => "header.wait",
        Phase::Offline | Phase::Closed => "header.connect",
        _ if dialogue.wants_octets() => "header.octets",
        _ if dialogue.unanswered().is_some() => "header.wait",
        _ => {
            let verbs = next_verbs(dialogue);
            let said = || knowledge::fill(model.lang, "header.next", &[("verbs", &verbs)]);
            return (!verbs.is_empty()).then(said);
        }
    };
    Some(model.sentence(key, &[]))
}

/// Where a session stands that is not shown as it is now.
pub fn standing(model: &Model, standing: Standing, long: bool) -> String {
    let Standing { exchange, exchanges, new, event } = standing;
    let (exchange, exchanges) = (exchange.to_string(), exchanges.to_string());
    let (at, all) =
        event.map_or_else(Default::default, |(at, all)| (at.to_string(), all.to_string()));
    let values = [("n", &*exchange), ("all", &exchanges), ("event", &at), ("events", &all)];
    let key = match event {
        _ if !long => "travel.at.short",
        Some(_) => "travel.at.event",
        None => "travel.at",
    };
    let text = knowledge::fill(model.lang, key, &values);
    let key = if long { "travel.at.new" } else { "travel.at.short.new" };
    let new_too = || knowledge::fill(model.lang, key, &[("at", &text), ("new", &new.to_string())]);
    if new > 0 { new_too() } else { text }
}

/// How long a reply is awaited, or how long the server will wait for us; of a moment that is over,
/// which one it is.
fn clock(model: &Model) -> Option<Piece> {
    if let Some(standing) = model.session.standing() {
        let says = |long| self::standing(model, standing, long);
        let text = Some(says(true)).filter(|text| fits(model, text));
        return Some((Role::Badge, text.unwrap_or_else(|| says(false))));
    }
    if model.session.recorded {
        return None;
    }
    let dialogue = &model.session.dialogue;
    if let Some(awaited) = awaited(model).filter(|_| model.session.hand.is_some()) {
        return (waited(model, awaited) > 0).then(|| hand::waits(model, awaited));
    }
    if model.session.hand.is_some() {
        return None;
    }
    if let Some(awaited) = awaited(model) {
        return (waited(model, awaited) > 0).then(|| waits(model, awaited));
    }
    let seconds = patience(model)?;
    let (key, n) = if seconds > LAST_MINUTE {
        ("header.minutes", seconds.div_ceil(60))
    } else {
        ("header.seconds", seconds)
    };
    let n = knowledge::fill(model.lang, key, &[("n", &n.to_string())]);
    let commands = !dialogue.awaits_octets() && dialogue.next_commands().any(|_| true);
    let long = if commands { "header.idle.noop" } else { "header.idle" };
    let says = |key| model.sentence(key, &[("n", &n)]);
    let text = Some(says(long)).filter(|text| fits(model, text));
    let role = if seconds > LAST_MINUTE { Role::Dim } else { Role::Warn };
    Some((role, text.unwrap_or_else(|| says("header.idle.short"))))
}

/// What is awaited, for how long, and how long it may take.
fn waits(model: &Model, awaited: Awaited) -> Piece {
    let dialogue = &model.session.dialogue;
    let seconds = waited(model, awaited);
    let limit = model.limits.seconds(awaited.wait);
    if limit == 0 {
        let text = knowledge::fill(model.lang, "header.waiting", &[("n", &seconds.to_string())]);
        return (Role::Warn, text);
    }
    let what = words::awaited(awaited.wait, dialogue.unanswered().map(|(_, e)| e), model.lang);
    let n = knowledge::fill(model.lang, "header.seconds", &[("n", &seconds.to_string())]);
    let limit_in_words = words::limit(limit, model.lang);
    let values = [("what", &*what), ("n", &n), ("limit", &limit_in_words)];
    let says = |key| knowledge::fill(model.lang, key, &values);
    let text = Some(says("header.awaited")).filter(|text| fits(model, text));
    let role = if seconds < limit { Role::Warn } else { Role::Bad };
    (role, text.unwrap_or_else(|| says("header.awaited.short")))
}

/// Whether the clock has place for it.
pub fn fits(model: &Model, text: &str) -> bool {
    width(text) + 2 <= usize::from(model.size.0) / 2
}

/// What the server is to do now: answer, take what is on its way, shake hands.
pub fn awaited(model: &Model) -> Option<Awaited> {
    let session = &model.session;
    let writes = !session.unheard.is_empty() && session.dialogue.phase().is_open();
    if session.hand.is_some() && !session.is_asked() {
        return None;
    }
    let awaited = timing::server(&session.dialogue, writes)?;
    let shakes = session.tls_first && !session.dialogue.is_secured();
    let wait = if awaited.wait == Wait::Greeting && shakes { Wait::Tls } else { awaited.wait };
    Some(Awaited { wait, ..awaited })
}

/// For how many whole seconds.
pub fn waited(model: &Model, awaited: Awaited) -> u64 {
    model.now.since(awaited.since) / 1_000_000
}

/// Whole seconds until a server may give up on us.
pub fn patience(model: &Model) -> Option<u64> {
    let end = timing::patience_ends(&model.session.dialogue, &model.limits)?;
    Some(end.since(model.now).div_ceil(1_000_000))
}
