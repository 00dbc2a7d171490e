//! The help: every key from the key table, and the directives.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::widgets::{Block, BorderType};

use crate::display::Role;
use crate::display::keys::{Layer, key_name};
use crate::display::text::{clip, fit};
use crate::knowledge;

use super::super::layout::inside;
use super::super::model::Model;
use super::super::popup::Help;
use super::super::rows::Piece;
use super::{draw_lines, in_sight};

/// The directives that can be typed, and the keys of their words.
pub const DIRECTIVES: [(&str, &str); 6] = [
    (":connect TARGET", "help.connect"),
    (":raw TEXT", "help.raw"),
    (":data FILE", "help.data"),
    (":close", "help.close"),
    (":help", "help"),
    (":quit", "quit"),
];

/// Draws the help over everything but the lines on top and at the bottom.
pub fn draw(model: &Model, help: &Help, frame: &mut Frame<'_>) {
    let area = place(model);
    super::clear(model, area, frame);
    let title = format!(" {} ", knowledge::word(model.lang, "pane.help"));
    let leave = format!(" {} ", knowledge::word(model.lang, "help.leave"));
    let block = Block::bordered()
        .border_type(BorderType::Double)
        .border_style(model.theme.style(Role::Focus))
        .title(title)
        .title_bottom(leave);
    frame.render_widget(block, area);
    let area = inside(area);
    draw_lines(model, in_sight(lines(model), help.scroll, area), area, frame);
}

/// Where the help stands.
pub const fn place(model: &Model) -> Rect {
    let (columns, rows) = model.size;
    Rect { x: 0, y: 1, width: columns, height: rows.saturating_sub(2) }
}

/// All lines of the help, those of the focused pane first.
pub fn lines(model: &Model) -> Vec<Vec<Piece>> {
    let word = |key| knowledge::word(model.lang, key);
    let room = usize::from(model.size.0).saturating_sub(2);
    let row = |key: &str, text: &str| {
        let key = fit(key, 17.min(room));
        let text = clip(text, room.saturating_sub(18));
        vec![(Role::Key, format!("{key} ")), (Role::Text, text)]
    };
    let near = model.layers_below().iter();
    let far = Layer::ALL.iter().filter(|layer| !model.layers_below().contains(layer));
    let mut out = Vec::new();
    for layer in near.chain(far) {
        out.push(vec![(Role::Title, word(layer.title()).to_owned())]);
        let bindings = model.keys.rows().iter().filter(|b| b.layer == *layer);
        out.extend(bindings.map(|b| row(&key_name(b.key), word(b.action.name()))));
        out.push(Vec::new());
    }
    out.push(vec![(Role::Title, word("help.directives").to_owned())]);
    out.extend(DIRECTIVES.iter().map(|(name, key)| row(name, word(key))));
    out
}
