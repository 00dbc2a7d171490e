//! What can be said to a client, above the line being typed.

use ratatui::layout::Rect;

use crate::display::hand::{asked, remark as said};
use crate::display::text::{clip, width};
use crate::display::token::own_visible;
use crate::display::words;
use crate::display::{Role, keys::Action};
use crate::knowledge::{self, Lang};
use crate::session::timing::Awaited;

use super::super::hand::{Answering, remarks};
use super::super::layout::Pane;
use super::super::model::Model;
use super::super::rows::Piece;
use super::status;

/// The sign of the one that is chosen.
const CHOSEN: &str = ">";

/// Columns that a line has to have for the word on what it does.
const WIDE: usize = 70;

/// Between two columns.
const GAP: &str = "  ";

/// The kinds with the action that says one of each.
const KINDS: [(&str, Action); 4] = [
    ("hand.right", Action::ReplyRight),
    ("hand.not-now", Action::ReplyNotNow),
    ("hand.never", Action::ReplyNever),
    ("hand.strange", Action::ReplyStrange),
];

/// The suggestions that are in sight, one a line.
pub fn lines(model: &Model, answering: &Answering, columns: usize) -> Vec<Vec<Piece>> {
    let height = usize::from(model.held_shown());
    let top = answering.top(height);
    let shown = answering.offers.iter().enumerate().skip(top).take(height);
    let words = || KINDS.map(|(key, _)| width(knowledge::word(model.lang, key)));
    let kinds = words().into_iter().max().unwrap_or_default();
    shown
        .map(|(at, offer)| {
            let before = at.checked_sub(1).and_then(|at| answering.offers.get(at));
            let new = before.is_none_or(|before| before.kind != offer.kind);
            let chosen = at == answering.chosen && model.prompt.text().is_empty();
            let key = key(model, offer.kind.word()).filter(|_| new).unwrap_or_default();
            let word = knowledge::word(model.lang, offer.kind.word());
            let sign = if chosen { CHOSEN } else { " " };
            let pad = " ".repeat(kinds.saturating_sub(width(word)));
            let head = format!("{sign}{key:1} ");
            let role = if chosen { Role::Selected } else { Role::Key };
            let begun = width(&head) + kinds + GAP.len();
            let mut line = vec![
                (role, head),
                (if chosen { Role::Selected } else { Role::Title }, format!("{word}{pad}{GAP}")),
            ];
            line.extend(body(
                model,
                &offer.line,
                &offer.does,
                columns.saturating_sub(begun),
                chosen,
            ));
            line
        })
        .collect()
}

/// What is said, and what it does where there is place for that.
fn body(model: &Model, line: &str, does: &[String; 2], room: usize, chosen: bool) -> Vec<Piece> {
    let mut lines = line.split('\n');
    let first = own_visible(lines.next().unwrap_or_default());
    let more = lines.count();
    let n = more.to_string();
    let more = match more {
        0 => String::new(),
        _ => format!(" {}", knowledge::fill(model.lang, "hand.more", &[("n", &n)])),
    };
    let most = if room >= WIDE { room * 3 / 5 } else { room };
    let text = clip(&first, most.saturating_sub(width(&more)));
    let text_wide = width(&text) + width(&more);
    let mut pieces =
        vec![(if chosen { Role::Selected } else { Role::Server }, text), (Role::Dim, more)];
    if room >= WIDE {
        let gap = " ".repeat(most.saturating_sub(text_wide) + GAP.len());
        let left = room.saturating_sub(most + GAP.len());
        pieces.push((Role::Dim, format!("{gap}{}", clip(words_of(does, model.lang), left))));
    }
    pieces
}

/// The key that says the first of a kind.
fn key(model: &Model, kind: &str) -> Option<String> {
    let (_, action) = KINDS.into_iter().find(|(key, _)| *key == kind)?;
    let layers = super::super::hand::LAYERS;
    model.keys.key_in(layers, action).filter(|_| model.prompt.text().is_empty())
}

/// What a suggestion does, in words.
pub fn words_of([en, ja]: &[String; 2], lang: Lang) -> &str {
    match lang {
        Lang::En => en,
        Lang::Ja => ja,
    }
}

/// What stands at the right of the prompt's border: what is to be answered, or what is odd about what
/// is typed.
pub fn remark(model: &Model, columns: u16) -> (Role, String) {
    let dialogue = &model.session.dialogue;
    let dim = |key| (Role::Dim, model.sentence(key, &[]));
    if let Some(remarks) = remarks(model) {
        let worst = remarks.first();
        let (role, text) =
            said(worst.and_then(|r| r.key()), worst.and_then(|r| r.odd()), model.lang);
        let n = remarks.len().saturating_sub(1);
        if n == 0 {
            return (role, text);
        }
        let values = [("said", &*text), ("n", &n.to_string())];
        return (role, knowledge::fill(model.lang, "hand.more-remarks", &values));
    }
    let Some(answering) = &model.session.hand else { return (Role::Dim, String::new()) };
    if model.session.awaits_a_client() && !model.session.dialling {
        let values = [("place", &*own_visible(&answering.place))];
        return (Role::Notice, knowledge::fill(model.lang, "hand.listens", &values));
    }
    if !dialogue.phase().is_open() {
        return dim("hand.gone");
    }
    let exchange = dialogue.unanswered().filter(|_| model.session.is_asked());
    let Some((_, exchange)) = exchange else {
        let goodbye = !answering.offers.is_empty();
        return dim(if goodbye { "hand.goodbye" } else { "hand.client" });
    };
    let what = asked(exchange, model.lang, model.with_secrets);
    let text = knowledge::fill(model.lang, "hand.asked", &[("what", &what)]);
    let room = usize::from(columns).saturating_sub(TITLE);
    (Role::Warn, clip(&text, room))
}

/// Columns that the title and the corners of the border take.
const TITLE: usize = 20;

/// How long the client waits for what the person says, and how long clients are to wait.
pub fn waits(model: &Model, awaited: Awaited) -> Piece {
    let seconds = status::waited(model, awaited);
    let limit = model.limits.seconds(awaited.wait);
    let n = knowledge::fill(model.lang, "header.seconds", &[("n", &seconds.to_string())]);
    let limit_in_words = words::limit(limit, model.lang);
    let values = [("n", &*n), ("limit", &limit_in_words)];
    let says = |key| knowledge::fill(model.lang, key, &values);
    let long = Some(says("hand.waits.limit"));
    let text = long.filter(|text| limit > 0 && status::fits(model, text));
    let role = if limit > 0 && seconds >= limit { Role::Bad } else { Role::Warn };
    (role, text.unwrap_or_else(|| says("hand.waits")))
}

/// The number of the suggestion at a place of the screen.
pub fn at(model: &Model, (x, y): (u16, u16)) -> Option<usize> {
    let answering = model.offers()?;
    let area: Rect = model.panes().inside(Pane::Prompt)?;
    let line = usize::from(y.checked_sub(area.y)?);
    let height = usize::from(model.held_shown());
    let here = area.contains((x, y).into()) && line < height;
    let at = answering.top(height) + line;
    here.then_some(at).filter(|at| *at < answering.offers.len())
}
