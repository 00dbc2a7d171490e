//! The pictures in `screenshots/`, made from the real program in a pseudo-terminal.
//!
//! With `EHLO_SHOTS=write` each scene is written as `NAME.svg` and `NAME.txt`; otherwise the grid
//! that the program shows now has to be that of `NAME.txt`, so a picture cannot go stale.
//!
//! Two things differ from run to run, and both are given a stable value of the same width before
//! anything is written or compared: a time at the right edge of a pane becomes `40 µs`, with
//! blanks before it, and the digits of a port behind `127.0.0.1:` become `52525`.
//!
//! In the SVG every word begins at its cell and is as wide as its cells, and every wide character
//! stands alone, so everything lines up whatever font is used.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::struct_excessive_bools,
    reason = "a test may fail"
)]

#[path = "support/pty.rs"]
mod pty;

use std::fmt::Write as _;
use std::path::PathBuf;

use pty::{Size, Terminal, prompt};
use vt100::Color;

/// What a time becomes.
const TIME: &str = "40 µs";

/// What a port becomes.
const PORT: &str = "52525";

/// Pixels of a cell, and the size at which most fonts fill it.
const CELL: (usize, usize) = (9, 17);
const FONT: &str = "14.95";

/// Pixels around the grid.
const MARGIN: usize = 12;

const BACKGROUND: &str = "#16181d";
const FOREGROUND: &str = "#d8dce4";

/// The sixteen colours.
const PALETTE: [&str; 16] = [
    "#2b2f38", "#f07178", "#9ece6a", "#e6c07b", "#6fa8f5", "#c792ea", "#56c8d8", "#d8dce4",
    "#6b7280", "#ff8b92", "#b5e07f", "#f5d491", "#8fbdff", "#dcb0f5", "#7fdfec", "#ffffff",
];

// --- scenes -----------------------------------------------------------------------------------

/// Up to two recipients, one of them refused.
fn envelope(size: Size, arguments: &[&str]) -> Terminal {
    let mut t = Terminal::ehlo(size, arguments);
    t.wait_for("S 220 ");
    t.line("EHLO pc.example.org");
    t.wait_for("S 250 ENHANCEDSTATUSCODES");
    t.line("MAIL FROM:<alice@example.org>");
    t.wait_for("S 250 2.1.0");
    t.line("RCPT TO:<bob@example.net>");
    t.wait_for("S 250 2.1.5");
    t.line("RCPT TO:<nobody@example.net>");
    t.wait_for("S 550 5.1.1");
    t
}

fn lines(t: &mut Terminal, lines: &[&str]) {
    for line in lines {
        t.line(line);
        t.wait_until("an empty prompt", |screen| prompt(screen).is_empty());
        t.wait_for(&format!("C {line}"));
    }
}

fn session() -> Terminal {
    let mut t = envelope((120, 40), &[]);
    t.line("DATA");
    t.wait_for("DATA> ");
    lines(
        &mut t,
        &[
            "From: Alice <alice@example.org>",
            "To: Bob <bob@example.net>",
            "Subject: =?utf-8?Q?Caf=C3=A9_=E2=98=95_on_Monday=3F?=",
            "",
            "Hello Bob,",
        ],
    );
    t.wait_for("Subject: Café ☕ on Monday?");
    t.keys("shall we meet at");
    t.wait_for("DATA> shall we meet at");
    t
}

fn refused() -> Terminal {
    let t = envelope((80, 24), &[]);
    t.wait_for("550 Mailbox unavailable");
    t
}

fn japanese() -> Terminal {
    let mut t = envelope((80, 24), &["--lang", "ja"]);
    t.line("DATA");
    t.wait_for("DATA> ");
    t.wait_for("[ヘッダー]");
    lines(&mut t, &["Subject: =?utf-8?B?44GT44KT44Gr44Gh44Gv?="]);
    t.wait_for("Subject: こんにちは");
    t.keys("To: 太郎");
    t.wait_for("DATA> To: 太郎");
    t
}

#[test]
fn pictures_show_what_the_program_shows() {
    let scenes =
        [("session", session as fn() -> Terminal), ("refused", refused), ("japanese", japanese)];
    for (name, scene) in scenes {
        let mut picture = Picture::of(&scene().screen());
        picture.make_stable();
        picture.write_or_compare(name);
    }
}

// --- grids ------------------------------------------------------------------------------------

/// One cell. The second half of a wide character has no text.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Cell {
    text: String,
    fore: Option<&'static str>,
    back: Option<&'static str>,
    bold: bool,
    dim: bool,
    italic: bool,
    underline: bool,
}

struct Picture {
    rows: Vec<Vec<Cell>>,
    cursor: (usize, usize),
}

fn colour(colour: Color) -> Option<&'static str> {
    match colour {
        Color::Idx(n) => PALETTE.get(usize::from(n)).copied(),
        _ => None,
    }
}

fn cell(cell: &vt100::Cell) -> Cell {
    let (mut fore, mut back) = (colour(cell.fgcolor()), colour(cell.bgcolor()));
    if cell.inverse() {
        (fore, back) = (Some(back.unwrap_or(BACKGROUND)), Some(fore.unwrap_or(FOREGROUND)));
    }
    let text = match cell.contents() {
        "" if !cell.is_wide_continuation() => " ",
        text => text,
    };
    Cell {
        text: text.to_owned(),
        fore,
        back,
        bold: cell.bold(),
        dim: cell.dim(),
        italic: cell.italic(),
        underline: cell.underline(),
    }
}

impl Picture {
    fn of(screen: &vt100::Screen) -> Self {
        let (rows, columns) = screen.size();
        let row = |y| (0..columns.get()).map(|x| cell(screen.cell(y, x).unwrap())).collect();
        let (y, x) = screen.cursor_position();
        Self { rows: (0..rows.get()).map(row).collect(), cursor: (usize::from(x), usize::from(y)) }
    }

    /// The grid as text, without blanks at the ends.
    fn text(&self) -> String {
        self.rows.iter().fold(String::new(), |mut out, row| {
            let line: String = row.iter().map(|cell| cell.text.as_str()).collect();
            out.push_str(line.trim_end());
            out.push('\n');
            out
        })
    }

    fn make_stable(&mut self) {
        for row in &mut self.rows {
            for border in 0..row.len() {
                if row[border].text == "│" {
                    stable_time(row, border);
                }
            }
            stable_port(row);
        }
    }

    fn write_or_compare(&self, name: &str) {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("screenshots");
        let text = folder.join(format!("{name}.txt"));
        if std::env::var("EHLO_SHOTS").is_ok_and(|v| v == "write") {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(text, self.text()).unwrap();
            std::fs::write(folder.join(format!("{name}.svg")), self.svg()).unwrap();
            return;
        }
        let stored = std::fs::read_to_string(&text).unwrap_or_default();
        let now = self.text();
        assert!(
            stored == now,
            "screenshots/{name}.txt is stale; EHLO_SHOTS=write makes it anew\n\
             stored:\n{stored}\nnow:\n{now}"
        );
        assert!(folder.join(format!("{name}.svg")).exists(), "screenshots/{name}.svg is missing");
    }
}

/// Puts a time of always the same width before the border in this column.
fn stable_time(row: &mut [Cell], border: usize) {
    let is =
        |at: usize, known: &str| known.contains(row[at].text.as_str()) && !row[at].text.is_empty();
    let back_while =
        |from: usize, known: &str| (0..from).rev().take_while(|at| is(*at, known)).count();
    let unit = back_while(border, "µms");
    let digits = back_while((border - unit).saturating_sub(1), "0123456789.");
    let blank = border - unit;
    if unit == 0 || digits == 0 || !is(blank - 1, " ") {
        return;
    }
    let start = border.saturating_sub((unit + 1 + digits).max(TIME.chars().count()));
    let look = row[border - 1].clone();
    for cell in &mut row[start..border] {
        " ".clone_into(&mut cell.text);
    }
    for (at, c) in (0..border).rev().zip(TIME.chars().rev()) {
        row[at] = Cell { text: c.to_string(), ..look.clone() };
    }
}

/// Puts a port that is always the same behind `127.0.0.1:`.
fn stable_port(row: &mut [Cell]) {
    let text: Vec<char> = row.iter().map(|c| c.text.chars().next().unwrap_or('\0')).collect();
    let known: Vec<char> = "127.0.0.1:".chars().collect();
    let Some(at) = text.windows(known.len()).position(|window| window == known) else { return };
    for (cell, digit) in row[at + known.len()..].iter_mut().zip(PORT.chars()) {
        assert!(cell.text.starts_with(|c: char| c.is_ascii_digit()), "a port of five digits");
        cell.text = digit.to_string();
    }
}

// --- SVG --------------------------------------------------------------------------------------

impl Picture {
    fn svg(&self) -> String {
        let (w, h) = CELL;
        let width = self.rows[0].len() * w + 2 * MARGIN;
        let height = self.rows.len() * h + 2 * MARGIN;
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" font-size=\"{FONT}\" xml:space=\"preserve\" \
             font-family=\"'DejaVu Sans Mono','Noto Sans Mono CJK JP','Noto Sans Mono',Menlo,\
             Consolas,'Liberation Mono',monospace\">\n\
             <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{BACKGROUND}\"/>\n"
        );
        self.cursor(&mut out);
        for (y, row) in self.rows.iter().enumerate() {
            backgrounds(row, y, &mut out);
            words(row, y, &mut out);
        }
        out.push_str("</svg>\n");
        out
    }

    fn cursor(&self, out: &mut String) {
        let (x, y) = place(self.cursor.0, self.cursor.1);
        let (w, h) = CELL;
        let _ = writeln!(
            out,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" fill=\"{FOREGROUND}\" \
             fill-opacity=\"0.75\"/>"
        );
    }
}

/// The upper left corner of a cell.
const fn place(column: usize, row: usize) -> (usize, usize) {
    (MARGIN + column * CELL.0, MARGIN + row * CELL.1)
}

fn backgrounds(row: &[Cell], y: usize, out: &mut String) {
    for (x, cell) in row.iter().enumerate() {
        if let Some(colour) = cell.back {
            let ((x, y), (w, h)) = (place(x, y), CELL);
            let _ = writeln!(
                out,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" fill=\"{colour}\"/>"
            );
        }
    }
}

/// Neighbours of the same look without a blank between them are one element, as wide as its
/// cells; a wide character is an element of its own.
fn words(row: &[Cell], y: usize, out: &mut String) {
    let mut at = 0;
    while at < row.len() {
        let look = look(&row[at]);
        let goes_on = |(x, cell): &(usize, &Cell)| {
            *x == at || (is_narrow(row, *x) && is_narrow(row, *x - 1) && self::look(cell) == look)
        };
        let length = row.iter().enumerate().skip(at).take_while(goes_on).count();
        word(&row[at..at + length], (at, y), &look, out);
        at += length;
    }
}

/// Whether this cell has a character that fills exactly this cell.
fn is_narrow(row: &[Cell], x: usize) -> bool {
    let next_is_other_half = row.get(x + 1).is_some_and(|next| next.text.is_empty());
    !row[x].text.trim().is_empty() && !next_is_other_half
}

fn word(cells: &[Cell], (x, y): (usize, usize), look: &str, out: &mut String) {
    let text: String = cells.iter().flat_map(|c| c.text.chars()).map(escaped).collect();
    if text.trim().is_empty() {
        return;
    }
    let ((x, y), width) = (place(x, y), cells.len() * CELL.0);
    let length = if cells.len() > 1 { format!(" textLength=\"{width}\"") } else { String::new() };
    let _ = writeln!(out, "<text x=\"{x}\" y=\"{}\"{length}{look}>{text}</text>", y + CELL.1 - 4);
}

fn look(cell: &Cell) -> String {
    let mut out = format!(" fill=\"{}\"", cell.fore.unwrap_or(FOREGROUND));
    for (is, attribute) in [
        (cell.bold, " font-weight=\"bold\""),
        (cell.dim, " fill-opacity=\"0.6\""),
        (cell.italic, " font-style=\"italic\""),
        (cell.underline, " text-decoration=\"underline\""),
    ] {
        out.push_str(if is { attribute } else { "" });
    }
    out
}

fn escaped(c: char) -> String {
    match c {
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '&' => "&amp;".to_owned(),
        c => c.to_string(),
    }
}

#[test]
fn what_differs_between_runs_becomes_stable() {
    let mut results = Vec::new();
    for line in [
        "S 250 ok        489 µs││x",
        "S 250 ok         31 µs││x",
        "S 250 ok        1.2 ms││x",
        "S 250 ok          75 s││x",
    ] {
        let mut parser = vt100::Parser::new(1.try_into().unwrap(), 30.try_into().unwrap(), 0);
        parser.process(line.as_bytes());
        let mut picture = Picture::of(parser.screen());
        picture.make_stable();
        results.push(picture.text());
    }
    assert_eq!(results[0], "S 250 ok         40 µs││x\n");
    assert!(results.iter().all(|r| *r == results[0]), "{results:?}");
    let mut parser = vt100::Parser::new(1.try_into().unwrap(), 30.try_into().unwrap(), 0);
    parser.process("日本(127.0.0.1:40123)│ m│ x│".as_bytes());
    let mut picture = Picture::of(parser.screen());
    picture.make_stable();
    assert_eq!(picture.text(), "日本(127.0.0.1:52525)│ m│ x│\n");
}
