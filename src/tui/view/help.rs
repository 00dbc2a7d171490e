//! The help: every key from the key table, the mouse, and the directives, filtered by what is typed
//! on top.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::Role;
use crate::display::keys::{Action, Layer, key_name};
use crate::display::text::{fit, wrap};
use crate::knowledge::{self, Lang};

use super::super::directive::DIRECTIVES;
use super::super::layout::inside;
use super::super::model::Model;
use super::super::popup::{Help, Popup};
use super::super::rows::Piece;
use super::{draw_lines, in_sight, list};

/// The mark before the filter.
const MARK: &str = "> ";

/// Columns of the keys.
const KEYS: usize = 22;

/// The signs before lines of the panes, and the keys of what they say.
const SIGNS: [(&str, &str); 4] = [
    (">", "help.sign.selected"),
    ("=", "help.sign.same"),
    ("+", "help.sign.chosen"),
    ("*", "help.sign.mark"),
];

/// What the mouse does: keys of what is done with it, and of what that does.
const MOUSE: [(&str, &str); 10] = [
    ("mouse.click", "help.mouse.click"),
    ("mouse.click-name", "help.mouse.name"),
    ("mouse.click-entry", "help.mouse.entry"),
    ("mouse.click-answer", "help.mouse.answer"),
    ("mouse.click-top", "help.mouse.top"),
    ("mouse.twice", "help.mouse.word"),
    ("mouse.twice-title", "help.mouse.title"),
    ("mouse.drag-pane", "help.mouse.mark"),
    ("mouse.drag-border", "help.mouse.border"),
    ("mouse.wheel", "help.mouse.wheel"),
];

/// Draws the help over everything but the lines on top and at the bottom.
pub fn draw(model: &Model, help: &Help, frame: &mut Frame<'_>) {
    let word = |key| knowledge::word(model.lang, key);
    let below = model.sentence("help.leave", &[]);
    let area = list::boxed(model, word("pane.help"), &below, place(model), frame);
    let (top, below) = divided(area);
    let room = usize::from(top.width);
    let (typed, _) = list::typed(&help.filter, room.saturating_sub(MARK.len()));
    let typed = match typed.as_str() {
        "" => (Role::Dim, word("help.filter").to_owned()),
        _ => (Role::Text, typed),
    };
    draw_lines(model, vec![vec![(Role::Prompt, MARK.to_owned()), typed]], top, frame);
    draw_lines(model, in_sight(lines(model), help.scroll, usize::from(below.height)), below, frame);
}

/// Where the help stands.
pub const fn place(model: &Model) -> Rect {
    let (columns, rows) = model.size;
    Rect { x: 0, y: 1, width: columns, height: rows.saturating_sub(2) }
}

/// The line of the filter, and the place of the list.
fn divided(area: Rect) -> (Rect, Rect) {
    let top = Rect { height: area.height.min(1), ..area };
    let below = Rect { y: area.y + top.height, height: area.height - top.height, ..area };
    (top, below)
}

/// Where the cursor stands: in the filter.
pub fn cursor(model: &Model, help: &Help) -> (u16, u16) {
    let area = inside(place(model));
    let mark = u16::try_from(MARK.len()).unwrap_or_default();
    let (_, column) = list::typed(&help.filter, usize::from(area.width.saturating_sub(mark)));
    (area.x + (mark + column).min(area.width.saturating_sub(1)), area.y)
}

/// All lines that fit the filter, those of the focused pane first.
pub fn lines(model: &Model) -> Vec<Vec<Piece>> {
    let word = |key| knowledge::word(model.lang, key);
    let near = model.layers_below().iter();
    let far = Layer::ALL.iter().filter(|layer| !model.layers_below().contains(layer));
    let layers = near.chain(far).map(|layer| (word(layer.title()), keys(model, *layer)));
    let mouse = MOUSE.map(|(done, words)| (word(done).to_owned(), words));
    let mouse = (word("help.mouse"), mouse.to_vec());
    let signs = SIGNS.map(|(sign, words)| (sign.to_owned(), words));
    let signs = (word("help.signs"), signs.to_vec());
    let directives = DIRECTIVES.iter().map(|d| (d.written(), d.words));
    let directives = (word("help.directives"), directives.collect());
    let mut out = Vec::new();
    for (title, entries) in layers.chain([mouse, signs, directives]) {
        let fitting = entries.iter().filter(|(key, words)| fits(model, key, words));
        let rows: Vec<_> = fitting.flat_map(|(key, words)| row(model, key, word(words))).collect();
        if !rows.is_empty() {
            out.push(vec![(Role::Title, title.to_owned())]);
            out.extend(rows);
            out.push(Vec::new());
        }
    }
    if out.pop().is_none() {
        let room = usize::from(place(model).width).saturating_sub(2);
        let nothing = wrap(word("help.nothing"), room);
        out.extend(nothing.into_iter().map(|line| vec![(Role::Dim, line)]));
    }
    out
}

/// The actions of a layer, each with all its keys there.
fn keys(model: &Model, layer: Layer) -> Vec<(String, &'static str)> {
    let mut out: Vec<(Action, String)> = Vec::new();
    for row in model.keys.rows().iter().filter(|row| row.layer == layer) {
        let name = key_name(row.key);
        match out.iter_mut().find(|(action, _)| *action == row.action) {
            Some((_, keys)) => keys.extend([", ", name.as_str()]),
            None => out.push((row.action, name)),
        }
    }
    out.into_iter().map(|(action, keys)| (keys, action.name())).collect()
}

/// Whether every word of the filter is in the key, the name or the words, in either language.
fn fits(model: &Model, key: &str, words: &'static str) -> bool {
    let Some(Popup::Help(help)) = &model.popup else { return true };
    let said = [Lang::En, model.lang].map(|lang| knowledge::word(lang, words));
    let all = format!("{key} {words} {}", said.join(" ")).to_lowercase();
    help.filter.text().to_lowercase().split_whitespace().all(|wanted| all.contains(wanted))
}

/// What needs more than its column goes on below.
fn row(model: &Model, keys: &str, text: &str) -> Vec<Vec<Piece>> {
    let room = usize::from(place(model).width).saturating_sub(2);
    let column = KEYS.min(room / 2);
    let (keys, texts) = (wrap(keys, column), wrap(text, room.saturating_sub(column + 1)));
    let at = |lines: &[String], at: usize| lines.get(at).cloned().unwrap_or_default();
    let line = |n| vec![(Role::Key, fit(&at(&keys, n), column) + " "), (Role::Text, at(&texts, n))];
    (0..keys.len().max(texts.len())).map(line).collect()
}
