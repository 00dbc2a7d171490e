//! Moving through the views of a message: its parts are opened, seen in other ways, and kept.

use crate::display::content::place::{self, Place};
use crate::display::content::save::{self, Wish};
use crate::display::content::{self, ContentView, Side, View, body, hex, parts, raw};
use crate::display::keys::Action;
use crate::display::words::grouped;
use crate::knowledge;

use super::super::effect::Effect;
use super::super::message::Saved;
use super::super::model::{Goal, Model, Pane, ReadContent};
use super::super::popup::{Answer, Asked};
use super::super::view::{
    self,
    content::{columns, sheet},
};
use super::transcript::SIDEWAYS;
use super::{browse, directive, question, thread};

/// Does what is done in the content; `false` if `action` is nothing of this.
pub(super) fn act(model: &mut Model, action: Action) -> bool {
    match action {
        Action::ContentOpen => {
            if !open(model) {
                browse::focus(model, Pane::Prompt);
            }
        }
        Action::ContentBack => back(model),
        Action::ContentWay => next_way(model),
        Action::ContentViewPrevious if model.panes().content.is_none() => {
            browse::show_content(model);
        }
        Action::ContentViewPrevious => to(model, model.session.view.previous()),
        Action::ScrollLeft | Action::ScrollRight if is_cut(model) => sideways(model, action),
        _ => return false,
    }
    true
}

/// Another view, from its top.
pub(super) fn to(model: &mut Model, view: ContentView) {
    model.session.view = view;
    model.session.content_scroll = 0;
    model.session.shown.left = 0;
    model.session.pointed = model.session.pointed.filter(|(pane, _)| *pane != Pane::Content);
    thread::show_place(model);
}

/// Whether the pane with the focus cuts lines that go on.
fn is_cut(model: &Model) -> bool {
    model.focus == Pane::Content && model.session.view == ContentView::Raw
}

/// Moves lines that are cut to the left or to the right.
fn sideways(model: &mut Model, action: Action) {
    let Some(area) = model.panes().inside(Pane::Content) else { return };
    let Some(sheet) = sheet(model, area.width.into()) else { return };
    let first = model.session.content_scroll;
    let goes_on = raw::goes_on(&sheet, first..first.saturating_add(area.height.into()));
    let left = &mut model.session.shown.left;
    *left = match action {
        Action::ScrollLeft => left.saturating_sub(SIDEWAYS),
        _ if goes_on => left.saturating_add(SIDEWAYS),
        _ => *left,
    };
}

/// The line at which the person points, else the first one in sight.
fn line(model: &Model) -> usize {
    let pointed = model.session.pointed.filter(|(pane, _)| *pane == Pane::Content);
    pointed.map_or(model.session.content_scroll, |(_, line)| line)
}

/// Finds out the rows of the tree of parts where there are too many of them to be waited for: one
/// tree at a time.
pub(super) fn lay_out(model: &mut Model) -> Option<Effect> {
    let (lang, columns) = (model.lang, columns(model));
    let read = unlaid(model).filter(|_| !model.session.laying_out)?;
    let (message, content) = (read.message, read.content.clone());
    model.session.laying_out = true;
    Some(Effect::LayOut { session: model.session.id, message, content, lang, columns })
}

/// The content of which the tree is shown, while not all of its rows are known.
fn unlaid(model: &Model) -> Option<&ReadContent> {
    let read = shown(model).filter(|_| model.session.view == ContentView::Parts)?;
    let content = &read.content;
    let many = content.parts.len() > parts::AT_ONCE;
    (many && !read.laid.has_rows(content, model.lang, columns(model))).then_some(read)
}

/// One stands where the rows of the tree end that are known: what lies behind them is gone to once
/// they all are.
pub(super) fn go_on(model: &mut Model, goal: Goal) {
    model.session.goal = unlaid(model).map(|_| goal);
}

/// Goes where the person wanted to, if the rows of the tree are known now.
pub(super) fn laid_out(model: &mut Model) {
    if unlaid(model).is_some() {
        return;
    }
    let Some(goal) = model.session.goal.take() else { return };
    let line = match goal {
        Goal::Part(part) => line_of(model, part),
        Goal::End if model.session.pointed.is_none() => {
            return browse::scroll_pane(model, Pane::Content, isize::MAX);
        }
        Goal::End => Some(usize::MAX),
    };
    if let Some(line) = line {
        browse::point(model, Pane::Content, line);
    }
}

/// The line of a part in the tree, where that is known.
fn line_of(model: &Model, part: usize) -> Option<usize> {
    parts::line_of(&sheet(model, columns(model))?, part)
}

/// Points at a part of the tree, which is shown.
fn to_part(model: &mut Model, part: usize) {
    let line = line_of(model, part);
    browse::point(model, Pane::Content, line.unwrap_or_default());
    if line.is_none() {
        go_on(model, Goal::Part(part));
    }
}

/// Opens what the line stands for: a part, or the bytes of a line.
pub(super) fn open(model: &mut Model) -> bool {
    let (at, view) = (line(model), model.session.view);
    let Some(sheet) = sheet(model, columns(model)) else { return false };
    match view {
        ContentView::Parts => {
            let lines = content::lines(view, &sheet, at..at + 1);
            let Some(part) = lines.first().and_then(|line| line.part) else { return false };
            to(model, ContentView::Body);
            (model.session.shown.part, model.session.shown.way) = (Some(part), None);
        }
        ContentView::Raw => {
            let (side, offset) = raw::place(&sheet, at);
            model.session.shown.side = side;
            to(model, ContentView::Hex);
            to_byte(model, offset);
        }
        _ => return false,
    }
    true
}

/// From a part to the tree, from bytes to their line.
fn back(model: &mut Model) {
    let at = line(model);
    let view = model.session.view;
    let Some(sheet) = sheet(model, columns(model)) else { return };
    match view {
        ContentView::Body => {
            let part = body::part_seen(sheet.content, sheet.shown.part);
            to(model, ContentView::Parts);
            to_part(model, part.unwrap_or_default());
        }
        ContentView::Hex => {
            let offset = at * hex::shape(&sheet).each;
            let line = match sheet.shown.side {
                Side::Stored => sheet.content.line_at(offset),
                Side::Sent | Side::Both => sheet.message.line_at(offset as u64),
            };
            to(model, ContentView::Raw);
            let sheet = self::sheet(model, columns(model));
            let row = sheet.map(|sheet| raw::row_of(&sheet, line));
            browse::point(model, Pane::Content, row.unwrap_or_default());
        }
        _ => {}
    }
}

/// The next way to see the part, or the other bytes.
fn next_way(model: &mut Model) {
    let Some(sheet) = sheet(model, columns(model)) else { return };
    match model.session.view {
        ContentView::Body => {
            let Some((at, way)) = body::seen(&sheet) else { return };
            let ways = sheet.content.parts.get(at).map(body::ways).unwrap_or_default();
            let own = ways.iter().position(|other| *other == way).unwrap_or_default();
            let next = ways.get((own + 1) % ways.len().max(1)).copied();
            model.session.shown.part = Some(at);
            model.session.shown.way = next;
        }
        view @ (ContentView::Raw | ContentView::Hex) if sheet.message.is_in().is_none() => {
            model.session.shown.side = match (model.session.shown.side, view) {
                (Side::Sent, _) => Side::Stored,
                (Side::Stored, ContentView::Raw) => Side::Both,
                _ => Side::Sent,
            };
        }
        _ => return model.tell("content.one-way"),
    }
    (model.session.content_scroll, model.session.shown.left) = (0, 0);
    model.session.pointed = None;
    if let Some(text) = view::content::way_words(model) {
        model.notice = Some(text);
    }
}

/// Brings a byte into sight.
fn to_byte(model: &mut Model, offset: usize) {
    let Some(sheet) = sheet(model, columns(model)) else { return };
    let line = offset.min(hex::len(&sheet).saturating_sub(1)) / hex::shape(&sheet).each;
    model.session.content_scroll = line;
    browse::scroll_pane(model, Pane::Content, 0);
    browse::point(model, Pane::Content, line);
}

/// `:view NAME`.
pub(super) fn view(model: &mut Model, name: &str) -> Vec<Effect> {
    match View::find(name) {
        Some(View::Content(view)) => {
            to(model, view);
            browse::show(model, Pane::Content);
        }
        Some(View::Envelope) => browse::show(model, Pane::Envelope),
        Some(View::Times) => super::sheet::times(model),
        None => {
            let values = [("known", &*View::names())];
            model.notice = Some(knowledge::fill(model.lang, "content.no-view", &values));
        }
    }
    Vec::new()
}

/// A place as it is typed: `0x1f00` is a byte, a number is a line where there are lines.
pub(super) fn typed_place(text: &str) -> Option<(bool, usize)> {
    let text = text.trim();
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => Some((true, usize::from_str_radix(digits, 16).ok()?)),
        None => Some((false, text.parse().ok()?)),
    }
}

/// `:goto PLACE`.
pub(super) fn go_to(model: &mut Model, text: &str) -> Vec<Effect> {
    let Some((is_byte, n)) = typed_place(text) else {
        return directive::told(model, "content.no-place");
    };
    browse::show_content(model);
    browse::focus(model, Pane::Content);
    let view = model.session.view;
    if view == ContentView::Hex {
        to_byte(model, n);
        return Vec::new();
    }
    if is_byte && view != ContentView::Raw {
        to(model, ContentView::Hex);
        to_byte(model, n);
        return Vec::new();
    }
    if let Some(place) = numbered(model, n).filter(|_| !is_byte) {
        let (number, n, all) = (n, n.to_string(), place.count.to_string());
        let values = [("what", knowledge::word(model.lang, place.what)), ("n", &n), ("all", &all)];
        // Where a part stands may not be known yet.
        let part = Some(number).filter(|_| view == ContentView::Parts);
        let part = part.and_then(|n| n.checked_sub(1)).filter(|at| *at < place.count);
        let is_there = place.line.is_some() || part.is_some();
        let key = if is_there { "goto.at" } else { "goto.none" };
        model.notice = Some(knowledge::fill(model.lang, key, &values));
        match (part, place.line) {
            (Some(part), _) => to_part(model, part),
            (None, Some(line)) => browse::point_into(model, Pane::Content, line),
            (None, None) => {}
        }
        return Vec::new();
    }
    let line = match sheet(model, columns(model)) {
        Some(sheet) if is_byte && sheet.shown.side == Side::Stored => sheet.content.line_at(n),
        Some(sheet) if is_byte => raw::row_of(&sheet, sheet.message.line_at(n as u64)),
        Some(sheet) if view == ContentView::Raw => raw::row_of(&sheet, n.saturating_sub(1)),
        _ => n.saturating_sub(1),
    };
    browse::point(model, Pane::Content, line);
    Vec::new()
}

/// What number `n` of the view is, where something else than its lines is numbered.
fn numbered(model: &Model, n: usize) -> Option<Place> {
    let view = model.session.view;
    if view == ContentView::Thread {
        let threads = &model.session.threads.as_ref()?.threads;
        let line = n.checked_sub(1).and_then(|at| threads.line_of(at));
        return Some(Place { what: "goto.message", count: threads.letters.len(), line });
    }
    place::of(view, &sheet(model, columns(model))?, n)
}

/// The part that is meant where none is named: the one that is seen, or at which one points.
pub(super) fn part_meant(model: &Model) -> Option<usize> {
    let sheet = sheet(model, columns(model))?;
    if model.session.view == ContentView::Parts {
        let at = line(model);
        return content::lines(ContentView::Parts, &sheet, at..at + 1).first()?.part;
    }
    body::part_seen(sheet.content, sheet.shown.part)
}

/// The message that is shown, as far as it was read.
fn shown(model: &Model) -> Option<&ReadContent> {
    let (index, _) = view::content::message(model)?;
    model.session.read.of(index)
}

/// `:save-part [PART] [--as FORM] FILE`, as far as it is suggested.
pub(super) fn suggestion(model: &Model) -> Option<String> {
    let at = part_meant(model)?;
    let read = shown(model)?;
    Some(format!("{} {}", at + 1, save::suggested(&read.content, at)))
}

/// Keeps a part in a file.
pub(super) fn keep(model: &mut Model, argument: &str) -> Vec<Effect> {
    let Some((_, mut wish)) = save::options(argument) else {
        return directive::told(model, "save.what");
    };
    let part = wish.part.or_else(|| part_meant(model));
    let Some(read) = shown(model) else { return directive::told(model, "content.empty") };
    let known = part.filter(|at| *at < read.content.parts.len());
    if known.is_none() {
        let values = [("n", &*read.content.parts.len().to_string())];
        model.notice = Some(knowledge::fill(model.lang, "save.no-part", &values));
        return Vec::new();
    }
    if wish.file.is_empty() {
        return directive::told(model, "save.what");
    }
    wish.part = known;
    write(model, wish, false)
}

fn write(model: &Model, wish: Wish, replaces: bool) -> Vec<Effect> {
    let Some(read) = shown(model) else { return Vec::new() };
    vec![Effect::SavePart { content: read.content.clone(), wish, replaces }]
}

/// What became of a part that was to be kept.
pub(super) fn kept(model: &mut Model, wish: Wish, kept: Saved) {
    let n = (wish.part.unwrap_or_default() + 1).to_string();
    let file = crate::display::token::own_visible(&wish.file);
    model.notice = Some(match kept {
        Saved::Exists => return question::ask(model, Asked::Overwrite(wish)),
        Saved::Written(size, begun) => {
            let key = if begun { "save.done.begun" } else { "save.done" };
            let values = [("n", &*n), ("file", &file), ("size", &grouped(size))];
            knowledge::fill(model.lang, key, &values)
        }
        Saved::Failed(why) => {
            knowledge::fill(model.lang, "save.failed", &[("file", &*file), ("why", &why)])
        }
    });
}

/// What the person said to writing over a file.
pub(super) fn decide(model: &Model, wish: Wish, answer: Answer) -> Vec<Effect> {
    if answer == Answer::Overwrite { write(model, wish, true) } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::super::super::message::Message;
    use super::super::update;
    use super::*;
    use crate::display::Theme;
    use crate::display::keys::Keys;
    use crate::journal::transcript::recording;
    use crate::journal::{self, Event, Moment};
    use crate::knowledge::Lang;
    use crate::session::content::Content;

    const PARTS: usize = parts::AT_ONCE + 500;

    /// A message of more parts than are laid out at once, and that the background has them.
    fn model() -> (Model, Message) {
        let theme = Theme::embedded("terminal").unwrap();
        let keys = Keys::parse(knowledge::data("keys.toml")).unwrap();
        let mut model = Model::new((120, 40), Lang::En, theme, keys);
        let talk = "S: 220 mx\nC: MAIL FROM:<a@b.example>\nS: 250 ok\nC: RCPT TO:<c@d.example>\nS: 250 ok\nC: DATA\nS: 354 go\n";
        let talk = recording(talk.as_bytes()).unwrap();
        let is_said = |event: &&Event| matches!(event.what, journal::Happening::Bytes { .. });
        for event in talk.events().iter().filter(is_said) {
            update(&mut model, Message::Heard(1, event.clone()));
        }
        let mut mail = "Content-Type: multipart/mixed; boundary=b\r\n\r\n".to_owned();
        for part in 1..PARTS {
            let _ = write!(mail, "--b\r\n\r\ntext {part}\r\n");
        }
        mail += "--b--\r\n.\r\n";
        for (side, bytes) in
            [(journal::Side::Client, mail), (journal::Side::Server, "250 ok\r\n".to_owned())]
        {
            let event = Event::bytes(Moment(0), side, bytes.into());
            let effects = update(&mut model, Message::Heard(1, event));
            for effect in effects {
                if let Effect::ReadContent { session, message, of, carried, kept } = effect {
                    let content = Content::read(kept.content()).prepared();
                    let read = Box::new(ReadContent::new(message, of, content, &carried));
                    update(&mut model, Message::ContentRead { session, read });
                }
            }
        }
        view(&mut model, "parts");
        browse::focus(&mut model, Pane::Content);
        let now = model.now;
        let effects = update(&mut model, Message::Tick(now));
        let laid_out = effects.into_iter().find_map(|effect| match effect {
            Effect::LayOut { session, message, content, lang, columns } => {
                let rows = Box::new(parts::Rows::whole(&content, lang, columns));
                Some(Message::LaidOut { session, message, content, lang, columns, rows })
            }
            _ => None,
        });
        (model, laid_out.unwrap())
    }

    fn sees_the_last(model: &Model) -> bool {
        let (scroll, area) = (model.session.content_scroll, model.panes().inside(Pane::Content));
        let sight = scroll..scroll + usize::from(area.unwrap().height);
        line_of(model, PARTS - 1).is_some_and(|line| sight.contains(&line))
    }

    #[test]
    fn one_goes_on_in_the_tree_once_its_rows_are_known() {
        type Goes = fn(&mut Model);
        let follows: Goes = |model| browse::browse(model, Action::Follow);
        let points: Goes = |model| {
            browse::browse(model, Action::Down);
            browse::browse(model, Action::Follow);
        };
        let goes: Goes = |model| drop(go_to(model, &PARTS.to_string()));
        let comes_back: Goes = |model| {
            to(model, ContentView::Body);
            model.session.shown.part = Some(PARTS - 1);
            back(model);
        };
        let turns_round: Goes = |model| {
            browse::browse(model, Action::Follow);
            browse::browse(model, Action::Top);
        };
        for (goes, arrives) in [
            (follows, true),
            (points, true),
            (goes, true),
            (comes_back, true),
            (turns_round, false),
        ] {
            let (mut model, laid_out) = model();
            goes(&mut model);
            assert!(!sees_the_last(&model));
            update(&mut model, laid_out);
            assert_eq!(sees_the_last(&model), arrives);
            assert_eq!(model.session.goal, None);
        }
    }
}
