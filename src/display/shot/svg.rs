//! Writes a grid as SVG.
//!
//! Every word begins at its cell and is as wide as its cells, and what is not a plain letter
//! stands alone in the middle of its cells, so everything lines up whatever font is used.
//!
//! The unit is half a pixel: the middle of every line is a whole number of them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ratatui::style::Modifier;

use super::drawn::{LIGHT, MIDDLE, Point, Shape, shapes};
use super::ground::{Ground, Paint};
use super::strokes::{Pen, Strokes};
use super::{Cell, Shot};

/// Columns and rows are this far from each other.
pub(super) const CELL: Point = (18, 34);

/// Where letters stand, below the upper edge of their cell.
const BASELINE: i32 = 26;

/// Where the line below a word is, and the one through it.
const UNDERLINE: i32 = 31;
const STRIKE: i32 = 17;

/// What is left free around the grid.
const MARGIN: i32 = 24;

/// The size at which most fonts for terminals fill a cell, and where Japanese is found.
const FONT: &str = "font-size=\"29.9\" font-family=\"'DejaVu Sans Mono',Menlo,Consolas,\
    'Liberation Mono','Noto Sans Mono','VL Gothic','Noto Sans Mono CJK JP','Noto Sans CJK JP',\
    'Hiragino Sans','MS Gothic',monospace\"";

/// Wide characters fill their cells better when they are a little larger.
const WIDE: &str = " font-size=\"33\" text-anchor=\"middle\"";

/// What is dim is less visible.
pub(super) const DIM: &str = " opacity=\"0.6\"";

/// A grapheme whose place and colours are settled.
struct Ink<'a> {
    text: &'a str,
    at: Point,
    width: i32,
    fore: Paint,
    back: Paint,
    modifiers: Modifier,
}

impl Shot {
    /// The picture of the grid on such a terminal.
    pub fn svg(&self, ground: Ground) -> String {
        let rows: Vec<Vec<Ink<'_>>> = (0..).map_while(|y| self.inks(y, ground)).collect();
        let paper = paper(&rows, ground);
        let mut out = head(&rows, paper);
        let mut strokes = Strokes::default();
        for row in &rows {
            backgrounds(row, paper, &mut out);
            for ink in row {
                draw(ink, &mut strokes, &mut out);
            }
        }
        strokes.write(&mut out);
        for row in &rows {
            for word in row.chunk_by(Ink::reads_on) {
                write_word(word, &mut out);
            }
        }
        out.push_str("</svg>\n");
        out
    }

    /// The graphemes of a row; one with the cursor on it is reversed.
    fn inks(&self, y: u16, ground: Ground) -> Option<Vec<Ink<'_>>> {
        let row = self.rows.get(usize::from(y))?;
        let mut out: Vec<Ink<'_>> = Vec::with_capacity(row.len());
        for (x, cell) in (0..).zip(row) {
            match out.last_mut() {
                Some(wide) if cell.text.is_empty() => wide.width += CELL.0,
                _ => out.push(Ink::of(cell, (x, y), self.cursor == Some((x, y)), ground)),
            }
        }
        Some(out)
    }
}

impl<'a> Ink<'a> {
    fn of(cell: &'a Cell, (x, y): (u16, u16), cursor: bool, ground: Ground) -> Self {
        let modifiers = cell.modifiers;
        let mut fore = ground.paint(cell.fg, ground.fore());
        let mut back = ground.paint(cell.bg, ground.back());
        if modifiers.contains(Modifier::REVERSED) != cursor {
            (fore, back) = (back, fore);
        }
        let text = if modifiers.contains(Modifier::HIDDEN) { " " } else { &cell.text };
        let at = (MARGIN + i32::from(x) * CELL.0, MARGIN + i32::from(y) * CELL.1);
        Self { text, at, width: CELL.0, fore, back, modifiers }
    }

    /// Whether the two can be of one word.
    fn reads_on(&self, next: &Self) -> bool {
        let look = |ink: &Self| (ink.fore, ink.modifiers - Modifier::REVERSED);
        self.is_plain() && next.is_plain() && look(self) == look(next)
    }

    /// Whether any font has it with the usual width and direction.
    fn is_plain(&self) -> bool {
        let mut chars = self.text.chars();
        let first = chars.next().is_some_and(|c| !c.is_whitespace() && c < '\u{590}');
        first && chars.next().is_none() && self.width == CELL.0
    }

    fn is(&self, modifier: Modifier) -> bool {
        self.modifiers.contains(modifier)
    }

    fn pen(&self, width: i32) -> Pen {
        Pen { paint: self.fore, dim: self.is(Modifier::DIM), width }
    }
}

/// The colour behind most cells is that of the whole picture.
fn paper(rows: &[Vec<Ink<'_>>], ground: Ground) -> Paint {
    let mut widths: BTreeMap<Paint, i32> = BTreeMap::new();
    for ink in rows.iter().flatten() {
        *widths.entry(ink.back).or_default() += ink.width;
    }
    let most = widths.into_iter().max_by_key(|(_, width)| *width);
    most.map_or_else(|| ground.back(), |(paint, _)| paint)
}

fn head(rows: &[Vec<Ink<'_>>], paper: Paint) -> String {
    let last = rows.iter().filter_map(|row| row.last());
    let (width, height) = last.fold((0, 0), |(width, height), ink| {
        (width.max(ink.at.0 + ink.width), height.max(ink.at.1 + CELL.1))
    });
    let (width, height) = (width + MARGIN, height + MARGIN);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" \
         viewBox=\"0 0 {width} {height}\" {FONT}>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"16\" fill=\"#{paper:06x}\"/>\n",
        width / 2,
        height / 2,
    )
}

/// Neighbours with the same colour behind them are one rectangle.
fn backgrounds(row: &[Ink<'_>], paper: Paint, out: &mut String) {
    for run in row.chunk_by(|a, b| a.back == b.back) {
        if let Some(first) = run.first().filter(|ink| ink.back != paper) {
            let width = run.iter().map(|ink| ink.width).sum();
            rectangle(first.at, (width, CELL.1), first.back, out);
            out.push_str("/>\n");
        }
    }
}

/// Leaves the element open.
fn rectangle((x, y): Point, (w, h): Point, fill: Paint, out: &mut String) {
    let _ =
        write!(out, "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" fill=\"#{fill:06x}\"");
}

/// Borders, blocks, and the lines below and through words.
fn draw(ink: &Ink<'_>, strokes: &mut Strokes, out: &mut String) {
    let at = |(x, y): Point| (ink.at.0 + x, ink.at.1 + y);
    for shape in shapes(ink.text) {
        match shape {
            Shape::Line { from, to, width } => strokes.line(ink.pen(width), at(from), at(to)),
            Shape::Bend { from, to } => strokes.bend(ink.pen(LIGHT), at(from), at(MIDDLE), at(to)),
            Shape::Block { from, to, quarters } => {
                rectangle(at(from), (to.0 - from.0, to.1 - from.1), ink.fore, out);
                out.push_str(if ink.is(Modifier::DIM) { DIM } else { "" });
                let _ = writeln!(out, " fill-opacity=\"{}\"/>", f32::from(quarters) / 4.0);
            }
        }
    }
    for (modifier, y) in [(Modifier::UNDERLINED, UNDERLINE), (Modifier::CROSSED_OUT, STRIKE)] {
        if ink.is(modifier) {
            strokes.line(ink.pen(LIGHT), at((0, y)), at((ink.width, y)));
        }
    }
}

/// One element for a word, or for what stands alone.
fn write_word(word: &[Ink<'_>], out: &mut String) {
    let written = |ink: &&Ink<'_>| !ink.text.trim().is_empty() && shapes(ink.text).is_empty();
    let Some(first) = word.first().filter(written) else { return };
    let width: i32 = word.iter().map(|ink| ink.width).sum();
    let (x, y) = first.at;
    let (middle, baseline) = (x + width / 2, y + BASELINE);
    let _ = match word {
        [_] if first.width > CELL.0 => {
            write!(out, "<text x=\"{middle}\" y=\"{}\"{WIDE}", baseline + 1)
        }
        [_] if !first.is_plain() => {
            write!(out, "<text x=\"{middle}\" y=\"{baseline}\" text-anchor=\"middle\"")
        }
        [_] => write!(out, "<text x=\"{x}\" y=\"{baseline}\""),
        _ => write!(out, "<text x=\"{x}\" y=\"{baseline}\" textLength=\"{width}\""),
    };
    let _ = write!(out, " fill=\"#{:06x}\"", first.fore);
    let _ = match first.is(Modifier::BOLD) {
        true if first.is_plain() => write!(out, " font-weight=\"bold\""),
        // The font that lends a rare character seldom has a bold one.
        true => write!(out, " stroke=\"#{:06x}\"", first.fore),
        false => Ok(()),
    };
    out.push_str(if first.is(Modifier::DIM) { DIM } else { "" });
    out.push_str(if first.is(Modifier::ITALIC) { " font-style=\"italic\"" } else { "" });
    out.push('>');
    for c in word.iter().flat_map(|ink| ink.text.chars()) {
        push_escaped(c, out);
    }
    out.push_str("</text>\n");
}

/// XML has no place for control characters, written in whatever way.
fn push_escaped(c: char, out: &mut String) {
    match c {
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '&' => out.push_str("&amp;"),
        '\u{fffe}' | '\u{ffff}' => {}
        c if c.is_control() => {}
        c => out.push(c),
    }
}
