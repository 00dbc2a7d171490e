//! The pictures in `screenshots/`, made from the real program in a pseudo-terminal.
//!
//! `EHLO_SHOTS=write cargo test --test screenshots` writes each scene as `NAME.svg`, `NAME.png`
//! and `NAME.txt`. Otherwise the program has to show what is in `NAME.txt`, so a picture cannot
//! go stale, and there may be no other files.
//!
//! Two things differ from run to run, and both are given a stable value of the same width before
//! anything is written or compared: a time at the right edge of a pane becomes `40 µs`, with
//! blanks before it, and the digits of a port behind `127.0.0.1:` become `52525`.
//!
//! A PNG needs two fonts. Without them the test of it prints that it is skipped, unless
//! `EHLO_FONTS=required`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may fail"
)]

#[path = "support/pty.rs"]
mod pty;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use ehlo::display::Shot;
use ehlo::display::shot::{Cell, Ground};
use pty::{Size, Terminal, prompt};
use ratatui::style::{Color, Modifier};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

// --- scenes -----------------------------------------------------------------------------------

/// A picture and the way to it.
struct Scene {
    name: &'static str,
    size: Size,
    ground: Ground,
    arguments: &'static [&'static str],
    steps: &'static [&'static [Step]],
}

/// What a person does, and what is seen before the next step.
enum Step {
    /// Type a line; it stands in the prompt, and Enter takes it away.
    Line(&'static str),
    /// Press keys, as the bytes that a terminal sends for them.
    Keys(&'static str),
    /// Wait until this is on the screen.
    Sees(&'static str),
}

use Step::{Keys, Line, Sees};

const WIDE: Size = (120, 40);
const SMALL: Size = (80, 24);
const JAPANESE: &[&str] = &["--lang", "ja"];

const SCENES: &[Scene] = &[
    scene("session", WIDE, Ground::Dark, &[], &[ENVELOPE, MESSAGE]),
    scene("session-light", WIDE, Ground::Light, &[], &[ENVELOPE, MESSAGE]),
    scene("japanese", WIDE, Ground::Dark, JAPANESE, &[ENVELOPE, JAPANESE_MESSAGE]),
    scene("japanese-light", WIDE, Ground::Light, JAPANESE, &[ENVELOPE, JAPANESE_MESSAGE]),
    scene("help", WIDE, Ground::Dark, &[], &[ENVELOPE, HELP]),
    scene("refused", SMALL, Ground::Dark, &[], &[ENVELOPE, REFUSED]),
];

const fn scene(
    name: &'static str,
    size: Size,
    ground: Ground,
    arguments: &'static [&'static str],
    steps: &'static [&'static [Step]],
) -> Scene {
    Scene { name, size, ground, arguments, steps }
}

/// Two recipients, one of them refused.
const ENVELOPE: &[Step] = &[
    Sees("S 220 "),
    Line("EHLO pc.example.org"),
    Sees("S 250 ENHANCEDSTATUSCODES"),
    Line("MAIL FROM:<alice@example.org>"),
    Sees("S 250 2.1.0"),
    Line("RCPT TO:<bob@example.net>"),
    Sees("S 250 2.1.5"),
    Line("RCPT TO:<nobody@example.net>"),
    Sees("S 550 5.1.1"),
];

const REFUSED: &[Step] = &[Sees("550 Mailbox unavailable")];

const HELP: &[Step] = &[Keys("\x1bOP"), Sees("Alt-B")];

/// A message, half typed.
const MESSAGE: &[Step] = &[
    Line("DATA"),
    Sees("DATA> "),
    Line("From: Alice <alice@example.org>"),
    Line("To: Bob <bob@example.net>"),
    Line("Subject: =?utf-8?Q?Caf=C3=A9_=E2=98=95_on_Monday=3F?="),
    Sees("Subject: Café ☕ on Monday?"),
    Line(""),
    Line("Hello Bob,"),
    Sees("C Hello Bob,"),
    Keys("shall we meet at"),
    Sees("DATA> shall we meet at"),
];

const JAPANESE_MESSAGE: &[Step] = &[
    Line("DATA"),
    Sees("DATA> "),
    Line("Subject: =?utf-8?B?44GT44KT44Gr44Gh44Gv?="),
    Sees("Subject: こんにちは"),
    Keys("To: 太郎"),
    Sees("DATA> To: 太郎"),
];

impl Scene {
    /// The program at the end of the way.
    fn play(&self) -> Terminal {
        let mut t = Terminal::ehlo_with(self.size, self.arguments, &[("COLORTERM", "truecolor")]);
        for step in self.steps.iter().copied().flatten() {
            match step {
                Line(text) => {
                    t.line(text);
                    t.wait_until("an empty prompt", |screen| prompt(screen).is_empty());
                }
                Keys(bytes) => t.keys(bytes),
                Sees(text) => t.wait_for(text),
            }
        }
        t
    }

    fn file(&self, ending: &str) -> PathBuf {
        folder().join(self.name).with_extension(ending)
    }

    fn compare(&self) {
        let stored = std::fs::read_to_string(self.file("txt")).unwrap_or_default();
        let what = format!(
            "the text of screenshots/{}.txt; if the change is wanted, EHLO_SHOTS=write makes the \
             pictures anew. The file:\n{stored}\nThe screen",
            self.name
        );
        self.play().wait_until(&what, |screen| stable(shot(screen)).text() == stored);
    }

    fn write(&self) {
        let shot = stable(shot(&at_rest(&self.play())));
        let svg = shot.svg(self.ground);
        std::fs::write(self.file("txt"), shot.text()).unwrap();
        std::fs::write(self.file("png"), png(&svg)).unwrap();
        std::fs::write(self.file("svg"), svg).unwrap();
    }
}

/// The screen when nothing is drawn any more.
fn at_rest(t: &Terminal) -> vt100::Screen {
    loop {
        let before = t.screen();
        std::thread::sleep(Duration::from_millis(300));
        let after = t.screen();
        if before.state_formatted() == after.state_formatted() {
            return after;
        }
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots")
}

fn writes() -> bool {
    std::env::var_os("EHLO_SHOTS").is_some_and(|value| value == "write")
}

#[test]
fn pictures_show_what_the_program_shows() {
    let act = if writes() { Scene::write } else { Scene::compare };
    if writes() {
        assert!(FONTS.is_ok(), "{:?}", FONTS.as_ref().err());
        std::fs::create_dir_all(folder()).unwrap();
    }
    std::thread::scope(|scope| {
        for scene in SCENES {
            let thread = std::thread::Builder::new().name(scene.name.to_owned());
            thread.spawn_scoped(scope, || act(scene)).unwrap();
        }
    });
    let wanted = SCENES.iter().flat_map(|scene| ["svg", "png", "txt"].map(|end| scene.file(end)));
    let wanted: BTreeSet<_> = wanted.collect();
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let files: BTreeSet<_> = files.collect();
    let missing: Vec<_> = wanted.difference(&files).collect();
    assert!(missing.is_empty(), "scenes without a file: {missing:?}");
    let others: Vec<_> = files.difference(&wanted).collect();
    if writes() {
        for file in others {
            std::fs::remove_file(file).unwrap();
        }
    } else {
        assert!(others.is_empty(), "files without a scene: {others:?}");
    }
}

// --- PNG --------------------------------------------------------------------------------------

/// The fonts of the pictures, and the Debian packages that have them.
const FAMILIES: [(&str, &str); 2] =
    [("DejaVu Sans Mono", "fonts-dejavu-core"), ("VL Gothic", "fonts-vlgothic")];

/// No other fonts, so that the pictures are the same everywhere.
static FONTS: LazyLock<Result<Arc<fontdb::Database>, String>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    fonts.load_system_fonts();
    let has = |face: &fontdb::FaceInfo, name| face.families.iter().any(|(n, _)| n == name);
    let others = fonts.faces().filter(|face| !FAMILIES.iter().any(|(name, _)| has(face, name)));
    for id in others.map(|face| face.id).collect::<Vec<_>>() {
        fonts.remove_face(id);
    }
    match FAMILIES.iter().find(|(name, _)| !fonts.faces().any(|face| has(face, name))) {
        Some((name, package)) => {
            Err(format!("the font {name} is missing: apt-get install {package}"))
        }
        None => Ok(Arc::new(fonts)),
    }
});

/// The picture with two pixels for one.
fn pixels(svg: &str) -> Pixmap {
    let fontdb = Arc::clone(FONTS.as_ref().unwrap());
    let tree = Tree::from_str(svg, &Options { fontdb, ..Options::default() }).unwrap();
    let size = tree.size().to_int_size().scale_by(2.0).unwrap();
    let mut pixels = Pixmap::new(size.width(), size.height()).unwrap();
    resvg::render(&tree, Transform::from_scale(2.0, 2.0), &mut pixels.as_mut());
    pixels
}

/// Flat colours are the smallest without the filters that photographs need.
fn png(svg: &str) -> Vec<u8> {
    let pixels = pixels(svg);
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, pixels.width(), pixels.height());
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_compression(png::Compression::High);
    encoder.set_filter(png::Filter::NoFilter);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&pixels.take_demultiplied()).unwrap();
    writer.finish().unwrap();
    out
}

#[test]
fn a_picture_has_letters_borders_and_japanese() {
    if let Err(missing) = &*FONTS {
        let required = std::env::var_os("EHLO_FONTS").is_some_and(|value| value == "required");
        assert!(!required, "{missing}");
        println!("skipped: {missing}");
        return;
    }
    let picture = |text: &str| {
        let pixels = pixels(&shot(screen((4, 1), text).screen()).svg(Ground::Dark));
        assert_eq!((pixels.width(), pixels.height()), (4 * 18 + 48, 34 + 48));
        pixels
    };
    let texts = ["", "a", "b", "─", "║", "日", "本"];
    let different: BTreeSet<_> = texts.map(|text| picture(text).data().to_vec()).into();
    assert_eq!(different.len(), texts.len(), "a character is not drawn, or as a box");
    // A border goes on into its neighbour: all of the row through the middle has one colour.
    let border = picture("────");
    let middle: Vec<_> = (24..96).map(|x| border.pixel(x, 24 + 17).unwrap()).collect();
    assert!(middle.iter().all(|pixel| *pixel == middle[0]), "a gap in a border");
}

// --- grids ------------------------------------------------------------------------------------

fn colour(colour: vt100::Color) -> Color {
    match colour {
        vt100::Color::Default => Color::Reset,
        vt100::Color::Idx(n) => Color::Indexed(n),
        vt100::Color::Rgb(r, g, b) => Color::Rgb(r, g, b),
    }
}

fn cell(cell: &vt100::Cell) -> Cell {
    let text = match cell.contents() {
        "" if !cell.is_wide_continuation() => " ",
        text => text,
    };
    let modifiers = [
        (cell.bold(), Modifier::BOLD),
        (cell.dim(), Modifier::DIM),
        (cell.italic(), Modifier::ITALIC),
        (cell.underline(), Modifier::UNDERLINED),
        (cell.inverse(), Modifier::REVERSED),
    ];
    Cell {
        text: text.to_owned(),
        fg: colour(cell.fgcolor()),
        bg: colour(cell.bgcolor()),
        modifiers: modifiers
            .into_iter()
            .filter(|(is, _)| *is)
            .map(|(_, modifier)| modifier)
            .collect(),
    }
}

fn shot(screen: &vt100::Screen) -> Shot {
    let (rows, columns) = screen.size();
    let row = |y| (0..columns.get()).map(|x| cell(screen.cell(y, x).unwrap())).collect();
    let (y, x) = screen.cursor_position();
    Shot {
        rows: (0..rows.get()).map(row).collect(),
        cursor: (!screen.hide_cursor()).then_some((x, y)),
    }
}

// --- what differs from run to run -------------------------------------------------------------

/// What a time becomes.
const TIME: &str = "40 µs";

/// What a port becomes.
const PORT: &str = "52525";

fn stable(mut shot: Shot) -> Shot {
    for row in &mut shot.rows {
        for border in 0..row.len() {
            if row[border].text == "│" {
                stable_time(row, border);
            }
        }
        stable_port(row);
    }
    shot
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

/// A terminal of this size behind this text.
fn screen((columns, rows): Size, text: &str) -> vt100::Parser {
    let mut parser = vt100::Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 0);
    parser.process(b"\x1b[?25l");
    parser.process(text.as_bytes());
    parser
}

#[test]
fn what_differs_between_runs_becomes_stable() {
    let stable = |line| stable(shot(screen((30, 1), line).screen())).text();
    for line in [
        "S 250 ok        489 µs││x",
        "S 250 ok         31 µs││x",
        "S 250 ok        1.2 ms││x",
        "S 250 ok          75 s││x",
    ] {
        assert_eq!(stable(line), "S 250 ok         40 µs││x\n");
    }
    assert_eq!(stable("日本(127.0.0.1:40123)│ m│ x│"), "日本(127.0.0.1:52525)│ m│ x│\n");
}
