//! What is looked at in every drawn screen, and its comparison with a stored picture.

use std::fmt::Write as _;

use ehlo::knowledge::Lang;
use ehlo::tui::model::{Model, Pane};
use ehlo::tui::rows;
use ehlo::tui::view;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;
use unicode_width::UnicodeWidthStr as _;

use super::scene::{LARGE, SMALL, Scene};

/// The symbols of a row, each at its column, without those that a wide one hides.
pub(crate) fn symbols(buffer: &Buffer, y: u16) -> Vec<(u16, &str)> {
    let mut out = Vec::new();
    let mut x = 0;
    while x < buffer.area.width {
        let symbol = buffer[(x, y)].symbol();
        out.push((x, symbol));
        x += u16::try_from(symbol.width()).unwrap().max(1);
    }
    out
}

pub(crate) fn row(buffer: &Buffer, y: u16) -> String {
    let row: String = symbols(buffer, y).into_iter().map(|(_, symbol)| symbol).collect();
    row.trim_end().to_owned()
}

/// No control character and nothing that hides or turns text round is in a cell.
pub(crate) fn nothing_invisible(buffer: &Buffer) {
    for cell in buffer.content() {
        for c in cell.symbol().chars() {
            let hides = matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}' | '\u{e0000}'..='\u{e0fff}');
            assert!(!c.is_control() && !hides, "U+{:04X} is in a cell", u32::from(c));
        }
    }
}

/// Every row is exactly as wide as the screen, wide characters included.
pub(crate) fn columns_add_up(buffer: &Buffer) {
    for y in 0..buffer.area.height {
        let width: usize = symbols(buffer, y).iter().map(|(_, s)| s.width()).sum();
        assert_eq!(width, usize::from(buffer.area.width), "row {y}: {}", row(buffer, y));
    }
}

/// Every box has its four corners and its two sides.
pub(crate) fn borders_are_closed(model: &Model, buffer: &Buffer) {
    let panes = model.panes();
    let boxes =
        Pane::ALL.iter().filter(|p| panes.boxed || !matches!(p, Pane::Prompt | Pane::Explain));
    let boxes = boxes.filter_map(|p| panes.of(*p)).chain(panes.text).chain(panes.live);
    for area in boxes.filter(|a| a.width > 1 && a.height > 1) {
        box_is_closed(area, buffer);
    }
}

fn box_is_closed(area: Rect, buffer: &Buffer) {
    let (right, bottom) = (area.right() - 1, area.bottom() - 1);
    let corners = [(area.x, area.y), (right, area.y), (area.x, bottom), (right, bottom)];
    for (corner, known) in corners.into_iter().zip(["┌╔", "┐╗", "└╚", "┘╝"]) {
        assert!(known.contains(buffer[corner].symbol()), "{area}: {:?}", buffer[corner]);
    }
    for y in area.y + 1..bottom {
        let columns: Vec<u16> = symbols(buffer, y).iter().map(|(x, _)| *x).collect();
        for x in [area.x, right] {
            assert!(columns.contains(&x), "{area}: a wide character hides the border in row {y}");
            assert!("│║".contains(buffer[(x, y)].symbol()), "{area}: {}", row(buffer, y));
        }
    }
}

/// Compares a screen with its stored picture.
pub(crate) fn golden(name: &str, scene: &Scene) {
    compare(name, &scene.grid());
}

pub(crate) fn compare(name: &str, grid: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(".");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, grid));
}

/// One state in both languages and both sizes.
pub(crate) fn everywhere(name: &str, scene: impl Fn((u16, u16), Lang) -> Scene) {
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        for size in [SMALL, LARGE] {
            golden(&format!("{name}-{code}-{}x{}", size.0, size.1), &scene(size, lang));
        }
    }
}

/// One letter for each look, in the order of the roles that have it.
pub(crate) fn looks(scene: &Scene) -> String {
    let (buffer, _) = scene.drawn();
    let mut legend: Vec<(char, ratatui::style::Style)> = Vec::new();
    let mut grid = String::new();
    for y in 0..buffer.area.height {
        let letters: String = symbols(&buffer, y)
            .into_iter()
            .map(
                |(x, symbol)| {
                    if symbol == " " { ' ' } else { letter(&mut legend, buffer[(x, y)].style()) }
                },
            )
            .collect();
        grid.push_str(letters.trim_end());
        grid.push('\n');
    }
    for (letter, style) in legend {
        let name = |c: Option<Color>| c.map_or_else(String::new, |c| c.to_string());
        let _ = writeln!(grid, "{letter} {} {:?}", name(style.fg), style.add_modifier);
    }
    grid
}

pub(crate) fn letter(
    legend: &mut Vec<(char, ratatui::style::Style)>,
    style: ratatui::style::Style,
) -> char {
    if let Some((letter, _)) = legend.iter().find(|(_, known)| *known == style) {
        return *letter;
    }
    let letter = char::from(b'a' + u8::try_from(legend.len()).unwrap());
    legend.push((letter, style));
    letter
}

pub(crate) fn selected_is_in_sight(model: &Model) {
    let area = model.panes().inside(Pane::Transcript).filter(|area| area.height > 0);
    if let (Some(at), Some(area)) = (rows::selected(model, &model.session), area) {
        let (_, seen) = view::transcript::window(model, &model.session, area).rows();
        assert!(seen.contains(&at), "row {at} is not among {seen:?}");
    }
}
