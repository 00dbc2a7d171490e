//! Golden screens: what the screen shows in every state that matters, in both languages.
//!
//! The screen is driven as the program drives it, through `update` and `view`: events with fixed
//! times, keys, pastes, sizes. Whatever is drawn here is also looked at cell by cell: borders are
//! closed, columns add up, and nothing invisible is ever in a cell. The snapshots are in
//! `tests/screens/`; one letter per look is below the grid where the colours are the point.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

use std::fmt::Write as _;

use bytes::Bytes;
use crokey::KeyCombination;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ehlo::display::keys::{Action, Keys, Layer, key_name};
use ehlo::display::{Role, Theme};
use ehlo::journal::facts::DialReason;
use ehlo::journal::transcript::{Step, steps};
use ehlo::journal::{DialFailure, Ending, Endpoints, Event, Happening, Moment, Side, TlsFacts};
use ehlo::knowledge::{self, Lang};
use ehlo::session::pattern::Pattern;
use ehlo::tui::effect::Effect;
use ehlo::tui::layout::Splitter;
use ehlo::tui::message::{Copied, Message};
use ehlo::tui::model::{ContentView, Model, Pane};
use ehlo::tui::popup::{Asked, Asks, Help, Popup, Query, Question};
use ehlo::tui::prompt::Prompt;
use ehlo::tui::rows;
use ehlo::tui::update::{choose, update};
use ehlo::tui::view::tabs::tabs_at;
use ehlo::tui::view::{self, choices_at, hints, view};
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;
use unicode_width::UnicodeWidthStr as _;

/// The terminal that most people have.
const SMALL: (u16, u16) = (80, 24);

/// A roomy one.
const LARGE: (u16, u16) = (120, 40);

/// How long the practice server of these tests takes to answer.
const REPLY: u64 = 12_345;

/// How long a person takes for a line.
const TYPING: u64 = 2_000_000;

const GREETING: &str = "S: 220 mx.example.net ESMTP ehlo practice server";

const HELLO: &str = "C: EHLO pc.example.org
S: 250-mx.example.net Hello pc.example.org
S: 250-PIPELINING
S: 250-SIZE 26214400
S: 250-8BITMIME
S: 250-SMTPUTF8
S: 250 ENHANCEDSTATUSCODES";

const ENVELOPE: &str = "C: MAIL FROM:<alice@example.org>
S: 250 2.1.0 Sender <alice@example.org> Ok
C: RCPT TO:<bob@example.net>
S: 250 2.1.5 Recipient <bob@example.net> Ok
C: RCPT TO:<nobody@example.net>
S: 550 5.1.1 <nobody@example.net> is unknown here";

const MESSAGE: &str = "C: DATA
S: 354 Begin; a line with a dot alone ends the message
C: From: Alice <alice@example.org>
C: To: Bob <bob@example.net>
C: Subject: =?utf-8?Q?Caf=C3=A9_am_Montag?=
C: Date: Mon, 23 Nov 2026 08:00:00 +0000
C:
C: Hello Bob,
C: see you there.";

const DOT: &str = "C: .
S: 250 2.0.0 Message accepted as 1";

const MULTIPART: &str = "C: DATA
S: 354 Go on
C: From: Alice <alice@example.org>
C: Subject: =?iso-2022-jp?B?GyRCRnxLXDhsGyhC?=
C: MIME-Version: 1.0
C: Content-Type: multipart/mixed; boundary=b
C:
C: --b
C: Content-Type: text/plain; charset=utf-8
C: Content-Transfer-Encoding: quoted-printable
C:
C: Caf=C3=A9 f=C3=BCr Bob.
C: ..a line that began with a dot
C: --b
C: Content-Type: image/png; name=dot.png
C: Content-Disposition: attachment; filename=dot.png
C: Content-Transfer-Encoding: base64
C:
C: iVBORw0KGgo=
C: --b--
C: .
S: 250 2.0.0 Message accepted as 1";

/// A screen, and the time on it.
#[derive(Clone)]
struct Scene {
    model: Model,
    now: u64,
}

impl Scene {
    /// An empty screen that is about to connect to `target`.
    fn dialling(size: (u16, u16), lang: Lang, target: &str) -> Self {
        let theme = Theme::embedded("terminal").unwrap();
        let keys = Keys::parse(knowledge::data("keys.toml")).unwrap();
        let mut model = Model::new(size, lang, theme, keys);
        target.clone_into(&mut model.session.target);
        model.session.dialling = true;
        Self { model, now: 0 }
    }

    /// A screen connected to the practice server.
    fn practice(size: (u16, u16), lang: Lang) -> Self {
        let mut scene = Self::dialling(size, lang, "practice");
        scene.opened("127.0.0.1:2525", true);
        scene
    }

    /// A screen connected to the practice server, behind these lines.
    fn after(size: (u16, u16), lang: Lang, transcripts: &[&str]) -> Self {
        let mut scene = Self::practice(size, lang);
        for text in transcripts {
            scene.play(text);
        }
        scene
    }

    fn opened(&mut self, remote: &str, loopback: bool) {
        let target = self.model.session.target.clone();
        let remote = Some(remote.to_owned());
        self.happens(Happening::Opened(Endpoints { target, local: None, remote, loopback }));
    }

    fn happens(&mut self, what: Happening) {
        self.tells(Message::Heard(1, Event::new(Moment(self.now), what)));
    }

    /// Something that happens in another session than the first.
    fn elsewhere(&mut self, id: usize, what: Happening) {
        self.tells(Message::Heard(id, Event::new(Moment(self.now), what)));
    }

    /// Another session, connected and greeted, in front.
    fn another(&mut self, target: &str) -> usize {
        let id = self.model.open_session(target.to_owned());
        self.elsewhere(id, Happening::Opened(Endpoints::default()));
        self.elsewhere(id, said(Side::Server, b"220 mx2.example.com ready\r\n"));
        id
    }

    fn tells(&mut self, message: Message) -> Vec<Effect> {
        update(&mut self.model, Message::Tick(Moment(self.now)));
        update(&mut self.model, message)
    }

    fn bytes(&mut self, from: Side, data: &[u8]) {
        self.now += if from == Side::Server { REPLY } else { TYPING };
        let event = Event::bytes(Moment(self.now), from, Bytes::copy_from_slice(data));
        self.tells(Message::Heard(1, event));
    }

    /// The same, and what has to be done then.
    fn heard(&mut self, from: Side, data: &'static str) -> Vec<Effect> {
        self.tells(Message::Heard(1, Event::bytes(Moment(self.now), from, data.into())))
    }

    fn server(&mut self, data: &[u8]) {
        self.bytes(Side::Server, data);
    }

    /// Plays a transcript, line by line.
    fn play(&mut self, transcript: &str) {
        for (_, step) in steps(transcript.as_bytes()).unwrap() {
            match step {
                Step::Client(text) => self.bytes(Side::Client, &text.wire()),
                Step::Server(text) => self.bytes(Side::Server, &text.wire()),
                Step::Directive { name, .. } => panic!("no :{name} here"),
            }
        }
    }

    fn closed(&mut self, how: Ending) {
        self.now += REPLY;
        self.happens(Happening::Closed { by: Side::Server, how });
    }

    fn waits(&mut self, seconds: u64) {
        self.now += seconds * 1_000_000;
        update(&mut self.model, Message::Tick(Moment(self.now)));
    }

    fn press(&mut self, key: &str) -> Vec<Effect> {
        self.tells(Message::Key(event(key.parse().unwrap())))
    }

    /// A key for an action that has none.
    fn bind(&mut self, action: Action) -> KeyEvent {
        let row = format!("[any]\nalt-p = \"{}\"\n", action.name());
        let text = knowledge::data("keys.toml").replace("[any]\n", &row);
        self.model.keys = Keys::parse(&text).unwrap();
        event("alt-p".parse().unwrap())
    }

    /// Uses the mouse at a place.
    fn mouse(&mut self, kind: MouseEventKind, (column, row): (u16, u16)) -> Vec<Effect> {
        let modifiers = KeyModifiers::NONE;
        self.tells(Message::Mouse(MouseEvent { kind, column, row, modifiers }))
    }

    /// Clicks, long behind the click before.
    fn click(&mut self, place: (u16, u16)) -> Vec<Effect> {
        self.now += 1_000_000;
        let mut effects = self.mouse(MouseEventKind::Down(MouseButton::Left), place);
        effects.extend(self.mouse(MouseEventKind::Up(MouseButton::Left), place));
        effects
    }

    fn double_click(&mut self, place: (u16, u16)) -> Vec<Effect> {
        let mut effects = self.click(place);
        effects.extend(self.mouse(MouseEventKind::Down(MouseButton::Left), place));
        effects.extend(self.mouse(MouseEventKind::Up(MouseButton::Left), place));
        effects
    }

    fn drag(&mut self, from: (u16, u16), to: (u16, u16)) -> Vec<Effect> {
        self.now += 1_000_000;
        self.mouse(MouseEventKind::Down(MouseButton::Left), from);
        self.mouse(MouseEventKind::Drag(MouseButton::Left), to);
        self.mouse(MouseEventKind::Up(MouseButton::Left), to)
    }

    /// Where `text` stands on the screen.
    fn find(&self, text: &str) -> (u16, u16) {
        let (buffer, _) = self.drawn();
        let found = (0..buffer.area.height).find_map(|y| {
            let row = row(&buffer, y);
            Some((u16::try_from(row.split_once(text)?.0.width()).unwrap(), y))
        });
        found.unwrap_or_else(|| panic!("{text:?} is not in\n{}", self.grid()))
    }

    fn types(&mut self, text: &str) {
        for c in text.chars() {
            self.tells(Message::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)));
        }
    }

    /// Draws, and looks at every cell.
    fn drawn(&self) -> (Buffer, (u16, u16)) {
        let (columns, rows) = self.model.size;
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        terminal.draw(|frame| view(&self.model, frame)).unwrap();
        let cursor = terminal.get_cursor_position().unwrap_or_default();
        let buffer = terminal.backend().buffer().clone();
        nothing_invisible(&buffer);
        columns_add_up(&buffer);
        (buffer, (cursor.x, cursor.y))
    }

    /// The grid with the place of the cursor below it.
    fn grid(&self) -> String {
        let (buffer, (x, y)) = self.drawn();
        if self.model.popup.is_none() {
            borders_are_closed(&self.model, &buffer);
        }
        let rows: Vec<String> = (0..buffer.area.height).map(|y| row(&buffer, y)).collect();
        format!("{}\n(cursor {x},{y})", rows.join("\n"))
    }

    /// The bottom line.
    fn hints(&self) -> String {
        row(&self.drawn().0, self.model.size.1 - 1)
    }

    fn shows(&self, text: &str) -> bool {
        let (buffer, _) = self.drawn();
        (0..buffer.area.height).any(|y| row(&buffer, y).contains(text))
    }
}

fn said(from: Side, data: &'static [u8]) -> Happening {
    Happening::Bytes { from, data: Bytes::from_static(data), veiled: Vec::new() }
}

fn event(key: KeyCombination) -> KeyEvent {
    key.into()
}

/// The symbols of a row, each at its column, without those that a wide one hides.
fn symbols(buffer: &Buffer, y: u16) -> Vec<(u16, &str)> {
    let mut out = Vec::new();
    let mut x = 0;
    while x < buffer.area.width {
        let symbol = buffer[(x, y)].symbol();
        out.push((x, symbol));
        x += u16::try_from(symbol.width()).unwrap().max(1);
    }
    out
}

fn row(buffer: &Buffer, y: u16) -> String {
    let row: String = symbols(buffer, y).into_iter().map(|(_, symbol)| symbol).collect();
    row.trim_end().to_owned()
}

/// No control character and nothing that hides or turns text round is in a cell.
fn nothing_invisible(buffer: &Buffer) {
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
fn columns_add_up(buffer: &Buffer) {
    for y in 0..buffer.area.height {
        let width: usize = symbols(buffer, y).iter().map(|(_, s)| s.width()).sum();
        assert_eq!(width, usize::from(buffer.area.width), "row {y}: {}", row(buffer, y));
    }
}

/// Every box has its four corners and its two sides.
fn borders_are_closed(model: &Model, buffer: &Buffer) {
    let panes = model.panes();
    let boxes =
        Pane::ALL.iter().filter(|p| panes.boxed || !matches!(p, Pane::Prompt | Pane::Explain));
    for area in boxes.filter_map(|p| panes.of(*p)).filter(|a| a.width > 1 && a.height > 1) {
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
fn golden(name: &str, scene: &Scene) {
    compare(name, &scene.grid());
}

fn compare(name: &str, grid: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("screens");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, grid));
}

/// One state in both languages and both sizes.
fn everywhere(name: &str, scene: impl Fn((u16, u16), Lang) -> Scene) {
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        for size in [SMALL, LARGE] {
            golden(&format!("{name}-{code}-{}x{}", size.0, size.1), &scene(size, lang));
        }
    }
}

#[test]
fn connecting() {
    everywhere("connecting", |size, lang| Scene::dialling(size, lang, "practice"));
}

#[test]
fn greeted() {
    everywhere("greeted", |size, lang| Scene::after(size, lang, &[GREETING]));
}

#[test]
fn introduced() {
    everywhere("introduced", |size, lang| Scene::after(size, lang, &[GREETING, HELLO]));
}

#[test]
fn one_recipient_refused() {
    everywhere("recipients", |size, lang| {
        let mut scene = Scene::after(size, lang, &[GREETING, HELLO, ENVELOPE]);
        scene.types("DATA");
        scene
    });
}

#[test]
fn data_half_typed() {
    everywhere("data", |size, lang| {
        let mut scene = Scene::after(size, lang, &[GREETING, HELLO, ENVELOPE, MESSAGE]);
        scene.types("Bye, Al");
        scene
    });
}

#[test]
fn message_accepted() {
    everywhere("accepted", |size, lang| {
        Scene::after(size, lang, &[GREETING, HELLO, ENVELOPE, MESSAGE, DOT])
    });
}

#[test]
fn every_view_of_the_content() {
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        let mut scene = Scene::after(LARGE, lang, &[GREETING, HELLO, ENVELOPE, MULTIPART]);
        for name in ["header", "parts", "body", "raw"] {
            golden(&format!("content-{name}-{code}"), &scene);
            scene.press("f9");
        }
    }
}

#[test]
fn the_server_closes() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO, ENVELOPE]);
    scene.closed(Ending::Finished);
    golden("closed", &scene);
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO, "C: MAIL FROM:<a@b.example>"]);
    scene.closed(Ending::Reset);
    golden("reset", &scene);
}

#[test]
fn nobody_listens() {
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        let mut scene = Scene::dialling(SMALL, lang, "mx.example.net:25");
        scene.happens(Happening::NotOpened(DialFailure {
            target: "mx.example.net:25".to_owned(),
            reason: DialReason::Refused,
            detail: "Connection refused (os error 111)".to_owned(),
        }));
        golden(&format!("refused-{code}"), &scene);
        assert!(scene.model.prompt.text().is_empty());
        scene.press("f2");
        assert_eq!(scene.press("enter"), [Effect::Dial("mx.example.net:25".to_owned())]);
    }
}

#[test]
fn half_a_reply_and_silence() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, "C: EHLO pc.example.org"]);
    scene.server(b"250-mx.example.net\r\n250-SI");
    scene.waits(75);
    golden("half-a-reply", &scene);
}

/// A reply that tries everything a terminal could fall for.
const HOSTILE: &[u8] = b"250-\x1b[2J\x1b]0;owned\x07\x00\ttab \x7f\x9b31m\r\n\
    250-\xe2\x80\xaegnp.exe \xe2\x80\x8b\xe2\x80\x8d\xef\xbb\xbf\xc2\xad zero\r\n\
    250-\xff\xfe\xc3( invalid \xed\xa0\x80\r\n\
    250-\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7 family\r\n\
    250-\xcc\x81 combining first, e\xcc\x81 behind\r\n\
    250-back\\slash \\x1b is text\r\n\
    250-bare LF\n\
    250 \xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e end\r\n";

#[test]
fn hostile_bytes_become_visible() {
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, "C: EHLO pc.example.org"]);
    scene.server(HOSTILE);
    golden("hostile", &scene);
}

#[test]
fn hostile_bytes_in_a_message_become_visible() {
    for view in 0..4 {
        let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO, ENVELOPE]);
        scene.play("C: DATA\nS: 354 Go on");
        scene.bytes(Side::Client, b"Subject: \x1b[31m \xe2\x80\xae \xff\r\nX\x07: \x00\r\n\r\n");
        scene.bytes(Side::Client, b"body \x9b \xe2\x80\x8f\x1b]8;;x\x07\r\n");
        for _ in 0..view {
            scene.press("f9");
        }
        let (buffer, _) = scene.drawn();
        let all: String = (0..40).map(|y| row(&buffer, y)).collect();
        assert!(all.contains("\\x1b[31m"), "{all}");
    }
}

#[test]
fn secrets_are_veiled() {
    let offer = "C: EHLO pc.example.org\nS: 250-mx.example.net\nS: 250 AUTH PLAIN LOGIN";
    let login = "C: AUTH PLAIN AGFsaWNlAGNvcnJlY3QgaG9yc2U=\nS: 535 5.7.8 No\n\
                 C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: YWxpY2U=\nS: 334 UGFzc3dvcmQ6";
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, offer, login]);
    scene.types("Y29ycmVjdCBob3JzZQ==");
    golden("login", &scene);
    for secret in ["AGFsaWNl", "YWxpY2U", "Y29ycmVj"] {
        assert!(!scene.shows(secret), "{secret} can be read:\n{}", scene.grid());
    }
}

#[test]
fn a_secret_is_veiled_while_it_is_typed() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO]);
    scene.types("AUTH PLAIN AGFsaWNl");
    assert!(scene.shows("> AUTH PLAIN ********"), "{}", scene.grid());
    scene.press("home");
    assert!(!scene.shows("AGFs"));
}

#[test]
fn a_secret_in_a_paste_of_several_lines_is_veiled() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING]);
    scene.tells(Message::Paste("EHLO x\r\nAUTH PLAIN AGFsaWNl\r\nNOOP".to_owned()));
    assert!(!scene.shows("AGFs"), "{}", scene.grid());
    assert!(scene.shows("NOOP"), "{}", scene.grid());
}

#[test]
fn scrolled_up_with_new_rows_below() {
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        let mut scene = Scene::after(SMALL, lang, &[GREETING, HELLO, ENVELOPE]);
        scene.press("esc");
        scene.press("pageup");
        scene.play("C: NOOP\nS: 250 2.0.0 Ok");
        golden(&format!("scrolled-{code}"), &scene);
        scene.press("end");
        assert!(scene.shows(knowledge::word(lang, "transcript.follow")));
    }
}

#[test]
fn help_is_open() {
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        let mut scene = Scene::after(SMALL, lang, &[GREETING]);
        scene.press("f1");
        golden(&format!("help-{code}"), &scene);
        scene.press("pagedown");
        scene.press("pagedown");
        golden(&format!("help-end-{code}"), &scene);
        scene.press("esc");
        assert!(scene.model.popup.is_none());
    }
}

#[test]
fn long_lines_wrap() {
    let long = format!("S: 220 {}{}", "a word and another, ".repeat(12), "x".repeat(150));
    let mut scene = Scene::after(SMALL, Lang::En, &[&long]);
    scene.types(&"abcdefghij".repeat(12));
    golden("long", &scene);
    scene.press("home");
    golden("long-home", &scene);
}

#[test]
fn long_japanese_lines_wrap() {
    let long = format!("S: 220 mx {}", "日本語の長い応答です。".repeat(12));
    let mut scene = Scene::after(SMALL, Lang::Ja, &[&long]);
    scene.types(&"件名は日本語".repeat(12));
    golden("long-ja", &scene);
}

#[test]
fn line_ends_are_shown() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING]);
    scene.play("C: NOOP\\n\\c\nS: 500 5.5.2 Bare LF\\n\\c\nC: NOOP\nS: 250 2.0.0 Ok");
    scene.press("esc");
    scene.press("x");
    golden("line-ends", &scene);
}

#[test]
fn a_real_server_is_warned_of_before_the_final_dot() {
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        let mut scene = Scene::dialling(SMALL, lang, "mx.example.net:25");
        scene.opened("192.0.2.25:25", false);
        for text in [GREETING, HELLO, ENVELOPE, MESSAGE] {
            scene.play(text);
        }
        golden(&format!("real-{code}"), &scene);
        let mut harmless = Scene::after(SMALL, lang, &[GREETING, HELLO, ENVELOPE, MESSAGE]);
        harmless.waits(1);
        let warning: String = knowledge::word(lang, "data.really").chars().take(12).collect();
        assert!(scene.shows(&warning) && !harmless.shows(&warning));
    }
}

#[test]
fn the_idle_countdown() {
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO]);
    assert!(scene.shows("the server may close in 5 min; F7 sends NOOP"), "{}", scene.grid());
    scene.waits(270);
    assert!(scene.shows("the server may close in 30 s; F7 sends NOOP"), "{}", scene.grid());
    assert_eq!(scene.press("f7"), [Effect::Say(1, Bytes::from_static(b"NOOP\r\n"))]);
    let mut small = Scene::after(SMALL, Lang::Ja, &[GREETING, HELLO]);
    small.waits(270);
    assert!(small.shows("残り 30 秒"), "{}", small.grid());
}

#[test]
fn other_sizes() {
    for (columns, rows) in [(40, 10), (59, 15), (80, 50), (160, 45)] {
        for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
            let size = (columns, rows);
            let scene = Scene::after(size, lang, &[GREETING, HELLO, ENVELOPE, MESSAGE]);
            golden(&format!("size-{code}-{columns}x{rows}"), &scene);
        }
    }
}

#[test]
fn too_small_says_so_and_loses_nothing() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO]);
    scene.types("MAIL FROM:<alice");
    let before = scene.grid();
    scene.tells(Message::Resize(39, 9));
    assert!(scene.shows("ehlo needs 40x10; now 39x9."), "{}", scene.drawn().0.area);
    scene.tells(Message::Resize(80, 24));
    assert_eq!(scene.grid(), before);
}

#[test]
fn nothing_is_cut_from_the_sentences_beside_the_prompt() {
    let real = |lang| {
        let mut scene = Scene::dialling(SMALL, lang, "mx.example.net:25");
        scene.opened("192.0.2.25:25", false);
        scene
    };
    for lang in [Lang::En, Lang::Ja] {
        for mut scene in [Scene::practice(SMALL, lang), real(lang)] {
            for text in [GREETING, HELLO, ENVELOPE, MESSAGE] {
                scene.play(text);
            }
            let (buffer, _) = scene.drawn();
            let title = row(&buffer, scene.model.panes().prompt.y);
            assert!(!title.contains('…'), "{title}");
        }
    }
}

#[test]
fn the_warning_is_there_without_boxes_too() {
    for (lang, words) in [(Lang::En, "really delivers"), (Lang::Ja, "別のコンピューター")]
    {
        let mut scene = Scene::dialling((70, 12), lang, "mx.example.net:25");
        scene.opened("192.0.2.25:25", false);
        for text in [GREETING, HELLO, ENVELOPE, MESSAGE] {
            scene.play(text);
        }
        assert!(scene.shows(words), "{}", scene.grid());
    }
}

#[test]
fn the_shown_view_is_always_named() {
    for (lang, names) in [
        (Lang::En, ["[Header]", "[Parts]", "[Body]", "[Raw]"]),
        (Lang::Ja, ["[ヘッダー]", "[パート]", "[本文]", "[生データ]"]),
    ] {
        let mut scene = Scene::after(SMALL, lang, &[GREETING, HELLO, ENVELOPE, MESSAGE]);
        scene.press("f6");
        scene.press("f6");
        scene.press("4");
        for name in names {
            assert!(scene.shows(name), "{}", scene.grid());
            scene.press("f9");
        }
    }
}

#[test]
fn the_content_key_first_brings_the_content_into_sight() {
    for (size, focus) in [(SMALL, Pane::Prompt), (SMALL, Pane::Envelope), ((50, 20), Pane::Prompt)]
    {
        let mut scene = Scene::after(size, Lang::En, &[GREETING, HELLO, ENVELOPE, MESSAGE]);
        scene.model.focus = focus;
        scene.model.tab = Pane::Envelope;
        scene.press("f9");
        assert!(scene.shows("[Header]"), "{}", scene.grid());
        scene.press("f9");
        assert!(scene.shows("[Parts]"), "{}", scene.grid());
    }
}

#[test]
fn all_of_the_explanation_can_be_read() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, "C: EHLO pc.example.org"]);
    scene.server(HOSTILE);
    let last = "and no mail is open.";
    assert!(!scene.shows(last), "{}", scene.grid());
    scene.press("esc");
    scene.press("5");
    for _ in 0..40 {
        scene.press("down");
    }
    assert!(scene.shows(last), "{}", scene.grid());
    scene.play("C: NOOP\nS: 250 2.0.0 Ok");
    assert!(scene.shows("250 Done"), "{}", scene.grid());
}

#[test]
fn the_cursor_stands_behind_what_was_typed() {
    for typed in ["abc", "日本語", "e\u{301}日", "\u{200b}x"] {
        for count in 1..60 {
            let mut scene = Scene::after(SMALL, Lang::En, &[GREETING]);
            scene.types(&typed.repeat(count));
            let (buffer, (x, y)) = scene.drawn();
            let before = symbols(&buffer, y).into_iter().rev().find(|(at, _)| *at < x);
            let (at, symbol) = before.unwrap();
            assert!(symbol.trim() != "" && !"║>".contains(symbol), "{}", scene.grid());
            assert_eq!(at + u16::try_from(symbol.width()).unwrap(), x, "{}", scene.grid());
        }
    }
}

#[test]
fn a_recording_and_tls() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO]);
    scene.play("C: STARTTLS\nS: 220 2.0.0 Go ahead");
    scene.happens(Happening::Secured(TlsFacts::default()));
    scene.model.session.recorded = true;
    golden("recorded", &scene);
    scene.types("NOOP");
    assert_eq!(scene.press("enter"), []);
    assert!(scene.hints().contains("nothing can be sent"), "{}", scene.hints());
}

/// Three sessions: one that hears something behind the others, one in front, one that failed.
fn three_sessions(size: (u16, u16), lang: Lang) -> Scene {
    let mut scene = Scene::after(size, lang, &[GREETING, HELLO]);
    scene.another("メール.example:25");
    let third = scene.another("[2001:db8::1]:2525");
    let how = Ending::Reset;
    scene.elsewhere(third, Happening::Closed { by: Side::Server, how });
    scene.model.bring_to_front(2);
    scene.server(b"421 4.4.2 Too long idle\r\n");
    scene
}

#[test]
fn several_sessions_have_tabs() {
    everywhere("tabs", three_sessions);
}

#[test]
fn two_sessions_stand_side_by_side() {
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        for size in [LARGE, (160, 45)] {
            let mut scene = three_sessions(size, lang);
            scene.press("esc");
            scene.press("b");
            golden(&format!("beside-{code}-{}x{}", size.0, size.1), &scene);
        }
    }
}

#[test]
fn side_by_side_needs_place_and_company() {
    let mut scene = three_sessions(SMALL, Lang::En);
    scene.press("esc");
    scene.press("b");
    assert!(scene.hints().contains("need 100 columns"), "{}", scene.hints());
    scene.tells(Message::Resize(100, 24));
    scene.press("b");
    assert!(scene.model.panes().beside.is_some());
    // What has the focus is in sight all the same.
    scene.press("3");
    assert!(scene.model.panes().envelope.is_some() && scene.model.panes().beside.is_none());
    let mut alone = Scene::after(LARGE, Lang::En, &[GREETING]);
    alone.press("esc");
    alone.press("b");
    assert!(alone.hints().contains(":new TARGET"), "{}", alone.hints());
}

#[test]
fn a_half_typed_line_stays_with_its_session() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING]);
    scene.types("EHLO half");
    scene.another("mx2");
    assert_eq!(scene.model.prompt.text(), "");
    scene.types("HELP");
    assert_eq!(scene.press("enter"), [Effect::Say(2, Bytes::from_static(b"HELP\r\n"))]);
    scene.press("ctrl-pagedown");
    assert_eq!((scene.model.session.id, scene.model.prompt.text()), (1, "EHLO half"));
    // The history is one for all.
    scene.press("up");
    assert_eq!(scene.model.prompt.text(), "HELP");
    scene.press("ctrl-pageup");
    assert_eq!((scene.model.session.id, scene.model.prompt.text()), (2, ""));
}

#[test]
fn the_tab_in_front_is_always_in_sight_and_tabs_do_not_overlap() {
    for size in [(40, 10), SMALL, LARGE] {
        let mut scene = Scene::after(size, Lang::Ja, &[GREETING]);
        for n in 0..30 {
            scene.another(&format!("日本語の名前{n}.example:25"));
        }
        for id in 1..=31 {
            scene.model.bring_to_front(id);
            let tabs = tabs_at(&scene.model);
            let front = tabs.iter().find(|(at, _)| *at == id).unwrap();
            assert!(front.1.len() > 3 && front.1.end <= size.0, "{tabs:?}");
            assert!(tabs.windows(2).all(|two| two[0].1.end == two[1].1.start), "{tabs:?}");
            let line = row(&scene.drawn().0, 1);
            assert!(line.contains(&format!("[{id} ")), "{line}");
            let more = (line.starts_with('<'), line.ends_with('>'));
            assert_eq!(more, (tabs[0].0 > 1, tabs[tabs.len() - 1].0 < 31), "{line}");
        }
    }
}

#[test]
fn a_click_brings_a_session_to_the_front() {
    let mut scene = three_sessions(LARGE, Lang::En);
    scene.click(scene.find("3 [2001:db8::1]"));
    assert_eq!(scene.model.session.id, 3);
    scene.press("esc");
    scene.press("b");
    scene.click(scene.find("S 220 mx.example.net"));
    assert_eq!(scene.model.session.id, 1);
}

#[test]
fn closing_a_session_asks_in_a_transaction_and_never_leaves_nothing() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO, ENVELOPE]);
    scene.another("mx2");
    scene.press("ctrl-pagedown");
    let close = scene.bind(Action::SessionClose);
    assert_eq!(scene.tells(Message::Key(close)), []);
    golden("question-close", &scene);
    assert_eq!(scene.press("c"), [Effect::Close(1)]);
    assert_eq!((scene.model.session.id, scene.model.others.len()), (2, 0));
    // What the closed one still says is not for anybody.
    assert_eq!(scene.tells(Message::Heard(1, Event::new(Moment(9), said(Side::Server, b"x")))), []);
    assert_eq!(scene.tells(Message::Key(close)), [Effect::Quit]);
}

#[test]
fn only_the_own_practice_server_has_another_end() {
    let mut scene = Scene::dialling(LARGE, Lang::En, "practice");
    let other_end = scene.bind(Action::SessionOtherEnd);
    assert_eq!(scene.tells(Message::Key(other_end)), []);
    assert!(scene.hints().contains("built-in practice server"), "{}", scene.hints());
    let client = "127.0.0.1:40000".to_owned();
    let ends = Endpoints { local: Some(client.clone()), ..Endpoints::default() };
    scene.happens(Happening::Opened(ends.clone()));
    let watch = vec![Effect::Watch { session: 2, client }];
    assert_eq!(scene.tells(Message::Key(other_end)), watch);
    let before = scene.model.others[0].dialogue.clone();
    scene.tells(Message::Loaded(2, Box::new(before), None));
    scene.elsewhere(2, said(Side::Server, b"220 here\r\n"));
    golden("other-end-en-120x40", &scene);
    scene.types("NOOP");
    assert_eq!(scene.press("enter"), []);
    assert!(scene.hints().contains("nothing can be sent from here"), "{}", scene.hints());
    // The next talk of that session is followed too, in the same tab.
    scene.press("ctrl-u");
    assert!(scene.shows("[2 practice the server's end]"), "{}", scene.grid());
    let again = Message::Heard(1, Event::new(Moment(9), Happening::Opened(ends)));
    assert_eq!(scene.tells(again), watch);
    // That one was over before it could be heard.
    scene.tells(Message::Loaded(2, Box::default(), None));
    assert!(scene.shows("[2 practice closed]") && !scene.shows("220 here"), "{}", scene.grid());
}

#[test]
fn a_paste_of_several_lines_asks_what_to_do() {
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        for size in [(40, 10), SMALL] {
            let mut scene = Scene::after(size, lang, &[GREETING]);
            let text = "EHLO a\rAUTH PLAIN AGFsaWNl\r\nMAIL FROM:<a@b.example>\nDATA\nQUIT\n";
            assert_eq!(scene.tells(Message::Paste(text.to_owned())), []);
            assert!(!scene.shows("AGFs"), "{}", scene.grid());
            golden(&format!("paste-{code}-{}x{}", size.0, size.1), &scene);
        }
    }
}

#[test]
fn a_paste_can_be_edited_sent_together_or_put_off() {
    let paste = |offer: &[&str]| {
        let mut scene = Scene::after(SMALL, Lang::En, offer);
        scene.tells(Message::Paste("EHLO a\rNOOP\r\nQUIT".to_owned()));
        scene
    };
    let all = [Effect::Say(1, Bytes::from_static(b"EHLO a\r\nNOOP\r\nQUIT\r\n"))];
    let mut scene = paste(&[GREETING]);
    scene.press("e");
    golden("pasted", &scene);
    assert_eq!(scene.press("enter"), all);
    let mut scene = paste(&[GREETING]);
    assert_eq!(scene.press("p"), []);
    assert!(scene.hints().contains("PIPELINING is not offered"), "{}", scene.hints());
    let mut scene = paste(&[GREETING, HELLO]);
    assert_eq!(scene.press("p"), all);
    assert!(scene.model.popup.is_none() && scene.model.prompt.text().is_empty());
    let mut scene = paste(&[GREETING]);
    assert_eq!(scene.press("esc"), []);
    assert!(scene.hints().contains("nothing was sent"), "{}", scene.hints());
    scene.press("ctrl-y");
    assert_eq!(scene.press("enter"), all);
    let mut scene = paste(&[GREETING, HELLO, ENVELOPE, "C: DATA\nS: 354 Go on"]);
    assert!(scene.shows("send all lines") && !scene.shows("pipeline"), "{}", scene.grid());
    assert_eq!(scene.press("o"), all);
}

#[test]
fn a_paste_sent_one_by_one_waits_shows_progress_and_stops_at_a_refusal() {
    let say = |line: &'static str| [Effect::Say(1, Bytes::from(line))];
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING]);
    scene.tells(Message::Paste("EHLO a\nVRFY x\nNOOP\nQUIT".to_owned()));
    assert_eq!(scene.press("enter"), say("EHLO a\r\n"));
    assert!(scene.hints().contains("line 1 of 4 is sent"), "{}", scene.hints());
    assert_eq!(scene.heard(Side::Client, "EHLO a\r\n"), []);
    assert_eq!(scene.heard(Side::Server, "250 mx\r\n"), say("VRFY x\r\n"));
    scene.heard(Side::Client, "VRFY x\r\n");
    assert_eq!(scene.heard(Side::Server, "550 no\r\n"), []);
    let words = "the server answered 550; lines sent: 2 of 4";
    assert!(scene.hints().contains(words), "{}", scene.hints());
    scene.press("ctrl-y");
    assert_eq!(scene.model.prompt.text(), "NOOP\nQUIT");
    scene.press("ctrl-u");
    scene.tells(Message::Paste("NOOP\nQUIT".to_owned()));
    scene.press("o");
    assert_eq!(scene.press("ctrl-c"), []);
    assert!(scene.hints().contains("stopped; lines sent: 1 of 2"), "{}", scene.hints());
    scene.heard(Side::Client, "NOOP\r\n");
    assert_eq!(scene.heard(Side::Server, "250 ok\r\n"), []);
}

#[test]
fn a_paste_while_the_help_is_open_is_seen() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING]);
    scene.press("f1");
    scene.tells(Message::Paste("EHLO pasted".to_owned()));
    assert!(scene.shows("> EHLO pasted"), "{}", scene.grid());
}

/// Behind a whole session, with these keys pressed in the transcript.
fn reading(size: (u16, u16), lang: Lang, keys: &str) -> Scene {
    let mut scene = Scene::after(size, lang, &[GREETING, HELLO, ENVELOPE, MESSAGE, DOT]);
    scene.press("esc");
    keys.split_whitespace().for_each(|key| drop(scene.press(key)));
    scene
}

#[test]
fn a_row_of_the_transcript_is_selected() {
    everywhere("row", |size, lang| reading(size, lang, "g ] } m j k"));
    let mut scene = reading(SMALL, Lang::En, "up up up");
    assert!(scene.shows("line 24"), "{}", scene.grid());
    scene.play("C: NOOP\nS: 250 2.0.0 Ok");
    assert!(scene.shows("line 24") && scene.shows("2 new"), "{}", scene.grid());
    scene.press("end");
    assert!(scene.shows("follow") && !scene.shows("line 24"), "{}", scene.grid());
}

#[test]
fn the_bytes_of_a_row() {
    for size in [SMALL, LARGE] {
        golden(&format!("hex-{}x{}", size.0, size.1), &reading(size, Lang::En, "g ] ] ] x"));
    }
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, "C: AUTH PLAIN AGFsaWNl\nS: 535 No"]);
    for key in ["esc", "up", "up", "x"] {
        scene.press(key);
    }
    assert!(scene.shows("** ** ** 0d 0a") && !scene.shows("41 47 46"), "{}", scene.grid());
    scene.model.with_secrets = true;
    assert!(scene.shows("41 47 46"), "{}", scene.grid());
}

#[test]
fn long_things_are_folded() {
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        golden(&format!("folded-{code}"), &reading(SMALL, lang, "g shift-f ] ]"));
    }
    let mut scene = reading(SMALL, Lang::En, "g ] ] j j space");
    assert!(scene.shows("S>250-mx.example.net Hello pc.example.org"), "{}", scene.grid());
    assert!(scene.shows("more lines: 5 (Space)"), "{}", scene.grid());
    scene.press("space");
    assert!(scene.shows("S 250-SIZE"), "{}", scene.grid());
}

#[test]
fn the_transcript_is_filtered_while_the_pattern_is_typed() {
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        let mut scene = reading(SMALL, lang, "f");
        golden(&format!("filter-empty-{code}"), &scene);
        scene.types("rcpt ");
        golden(&format!("filter-{code}"), &scene);
        scene.types("slow>x");
        golden(&format!("filter-wrong-{code}"), &scene);
    }
    let mut scene = reading(SMALL, Lang::En, "f 5 x x enter g");
    golden("filtered", &scene);
    scene.press("f");
    scene.press("ctrl-u");
    scene.press("enter");
    assert!(scene.shows("C DATA") && !scene.shows("only 5xx"), "{}", scene.grid());
}

#[test]
fn a_filter_keeps_what_comes_later() {
    let mut scene = reading(SMALL, Lang::En, "f 5 5 0 enter");
    scene.play("C: VRFY bob\nS: 250 bob");
    assert!(!scene.shows("VRFY"), "{}", scene.grid());
    scene.play("C: VRFY eve\nS: 550 5.1.1 No such user");
    assert!(scene.shows("C VRFY eve") && scene.shows("550 5.1.1 No such"), "{}", scene.grid());
}

#[test]
fn something_is_found() {
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        let mut scene = reading(SMALL, lang, "g /");
        scene.types("alice");
        golden(&format!("find-{code}"), &scene);
        scene.press("enter");
        scene.press("n");
        scene.press("n");
        golden(&format!("found-{code}"), &scene);
    }
    let mut scene = reading(SMALL, Lang::En, "g /");
    scene.types("Alice");
    assert!(scene.shows("1 of 1"), "{}", scene.grid());
    scene.types("x");
    assert!(scene.shows("not found"), "{}", scene.grid());
    scene.press("esc");
    assert!(scene.shows("line 1"), "{}", scene.grid());
    scene.press("shift-n");
    assert!(scene.model.popup.is_some(), "with nothing looked for it is asked for");
}

#[test]
fn what_is_found_is_unfolded() {
    let mut scene = reading(SMALL, Lang::En, "shift-f g /");
    scene.types("see you");
    scene.press("enter");
    assert!(scene.shows("C>see you there."), "{}", scene.grid());
}

#[test]
fn something_is_found_in_every_pane() {
    for (pane, text, count) in [("3", "bob", 1), ("4", "bob", 1), ("5", "the", 3)] {
        let mut scene = reading(LARGE, Lang::En, pane);
        scene.press("/");
        scene.types(text);
        let all = format!("1 of {count}");
        assert!(scene.shows(&all), "{pane} {text}\n{}", scene.grid());
    }
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO, ENVELOPE, MULTIPART]);
    for (view, text) in [("Parts", "image/png"), ("Body", "für"), ("Raw", "f=C3=BC")] {
        for key in ["4", "f9", "/"] {
            scene.press(if key == "4" { "esc" } else { key });
            scene.model.focus = Pane::Content;
        }
        scene.types(text);
        assert!(scene.shows("1 of 1"), "{view}\n{}", scene.grid());
        scene.press("esc");
    }
}

#[test]
fn lines_are_cut_and_have_times() {
    let mut scene = reading(SMALL, Lang::En, "w t right g");
    golden("cut", &scene);
    scene.press("left");
    golden("times", &scene);
}

#[test]
fn other_panes_show_what_the_selected_line_is_about() {
    let mut scene = reading(LARGE, Lang::En, "g /");
    scene.types("subject");
    scene.press("enter");
    golden("linked-field", &scene);
    for _ in 0..3 {
        scene.press("f9");
    }
    golden("linked-raw", &scene);
    let scene = reading(SMALL, Lang::En, "g } up");
    assert!(scene.shows("> To <nobody@example.net>"), "{}", scene.grid());
}

#[test]
fn lines_are_chosen_and_marked() {
    let mut scene = reading(SMALL, Lang::En, "g ] m ] v j j");
    compare("chosen", &format!("{}\n{}", scene.grid(), looks(&scene)));
    assert_eq!(rows::selected_rows(&scene.model), Some(3..=5));
    scene.press("esc");
    assert_eq!(rows::selected_rows(&scene.model), Some(5..=5));
    scene.press("'");
    assert!(scene.shows("line 2 marked"), "{}", scene.grid());
}

#[test]
fn a_click_selects_a_row_and_the_wheel_takes_it_along() {
    let mut scene = reading(SMALL, Lang::En, "g");
    scene.click((5, 6));
    assert!(scene.shows("S>250-mx.example.net"), "{}", scene.grid());
    assert_eq!(rows::selected_rows(&scene.model), Some(3..=3));
    for _ in 0..4 {
        scene.mouse(MouseEventKind::ScrollDown, (5, 6));
        selected_is_in_sight(&scene.model);
    }
    assert!(!scene.shows("250-mx.example.net"), "{}", scene.grid());
}

#[test]
fn a_command_is_put_into_the_prompt_again_without_its_secret() {
    let scene = reading(SMALL, Lang::En, "g } e");
    assert_eq!(scene.model.prompt.text(), "RCPT TO:<nobody@example.net>");
    assert_eq!(scene.model.focus, Pane::Prompt);
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, "C: AUTH PLAIN AGFsaWNl\nS: 535 No"]);
    for key in ["esc", "up", "e"] {
        scene.press(key);
    }
    assert_eq!(scene.model.prompt.text(), "AUTH PLAIN ");
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, "C: NO\\x00OP\\n\\c\nS: 500 No"]);
    for key in ["esc", "up", "e"] {
        scene.press(key);
    }
    assert_eq!(scene.model.prompt.text(), ":raw NO\\0OP\\n\\c");
    assert_eq!(scene.press("enter"), [Effect::Say(1, Bytes::from_static(b"NO\0OP\n"))]);
}

#[test]
fn a_row_taller_than_the_pane_can_be_read_to_its_end() {
    let long = format!("S: 220 {} end.", "x".repeat(400));
    let mut scene = Scene::after((40, 12), Lang::En, &[&long]);
    for key in ["esc", "up", "x"] {
        scene.press(key);
    }
    assert!(scene.shows("xxx") && !scene.shows("0198"), "{}", scene.grid());
    for _ in 0..80 {
        scene.press("down");
    }
    assert!(scene.shows("0198"), "{}", scene.grid());
}

#[test]
fn leaving_an_open_transaction_asks_how() {
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        for size in [(40, 10), SMALL] {
            let mut scene = Scene::after(size, lang, &[GREETING, HELLO, ENVELOPE]);
            assert_eq!(scene.press("ctrl-q"), []);
            golden(&format!("leave-{code}-{}x{}", size.0, size.1), &scene);
            assert_eq!(scene.clone().press("ctrl-q"), [Effect::Quit]);
            assert_eq!(scene.clone().press("c"), [Effect::Quit]);
            assert_eq!(scene.press("s"), []);
            assert!(scene.model.popup.is_none());
            scene.model.confirm_quit = false;
            assert_eq!(scene.press("ctrl-q"), [Effect::Quit]);
        }
    }
}

#[test]
fn leaving_with_quit_waits_for_the_server() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO, ENVELOPE]);
    scene.press("ctrl-q");
    assert_eq!(scene.press("enter"), [Effect::Say(1, Bytes::from_static(b"QUIT\r\n"))]);
    assert!(scene.hints().contains("QUIT is sent"), "{}", scene.hints());
    scene.play("C: QUIT\nS: 221 Bye");
    let closed = Happening::Closed { by: Side::Server, how: Ending::Finished };
    let effects = scene.tells(Message::Heard(1, Event::new(Moment(scene.now), closed)));
    assert_eq!(effects, [Effect::Quit]);
}

#[test]
fn inside_a_message_quit_is_no_command() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO, ENVELOPE, MESSAGE]);
    scene.press("ctrl-q");
    assert_eq!(scene.press("q"), []);
    assert!(scene.hints().contains("QUIT would be a line of it"), "{}", scene.hints());
    assert_eq!(scene.press("ctrl-q"), [Effect::Quit]);
}

#[test]
fn the_help_is_filtered_by_words_and_by_keys() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING]);
    scene.press("f1");
    scene.types("pane z");
    golden("help-filtered", &scene);
    for (typed, words) in
        [("ctrl-P", "commands"), ("f5", "zoom the pane"), (":raw", "send exactly")]
    {
        scene.press("ctrl-u");
        scene.types(typed);
        assert!(scene.shows(words) && !scene.shows("redraw"), "{}", scene.grid());
    }
    scene.types(" xyzzy");
    assert!(scene.shows("Nothing fits"), "{}", scene.grid());
    let mut scene = Scene::after((40, 10), Lang::Ja, &[GREETING]);
    scene.press("f1");
    scene.types("単語");
    golden("help-filtered-ja-40x10", &scene);
}

#[test]
fn the_palette_lists_what_fits_above_the_prompt() {
    everywhere("palette", |size, lang| {
        let mut scene = Scene::after(size, lang, &[GREETING, HELLO]);
        scene.types("MAIL");
        scene.press("ctrl-p");
        scene
    });
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO, ENVELOPE, MESSAGE]);
    scene.press("ctrl-p");
    scene.types("session");
    golden("palette-filtered", &scene);
    assert!(scene.shows("(only one session is open)"), "{}", scene.grid());
    let mut scene = Scene::after((40, 10), Lang::Ja, &[GREETING]);
    scene.closed(Ending::Finished);
    scene.press("f2");
    scene.model.targets = ["mx.example.net", "日本語.example"].map(str::to_owned).to_vec();
    scene.press("backspace");
    for _ in 0.."practic".len() {
        scene.press("backspace");
    }
    golden("palette-targets-ja-40x10", &scene);
    scene.press("down");
    scene.press("down");
    assert_eq!(scene.press("enter"), [Effect::Dial("日本語.example".to_owned())]);
}

#[test]
fn a_colon_in_a_message_is_text_but_the_key_opens_the_palette() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO, ENVELOPE, MESSAGE]);
    scene.types(":x");
    assert!(scene.model.popup.is_none());
    assert_eq!(scene.press("enter"), [Effect::Say(1, Bytes::from_static(b":x\r\n"))]);
    scene.press("ctrl-p");
    scene.types("help");
    scene.press("enter");
    assert!(matches!(scene.model.popup, Some(Popup::Help(_))));
}

#[test]
fn secrets_behind_raw_are_veiled_in_the_palette() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING]);
    scene.types(":raw AUTH PLAIN AGFsaWNl");
    assert!(matches!(scene.model.popup, Some(Popup::Palette(_))));
    assert!(scene.shows("> :raw AUTH PLAIN ********"), "{}", scene.grid());
}

#[test]
fn themes_are_looked_at_before_they_are_kept() {
    for (lang, code, size) in
        [(Lang::En, "en", SMALL), (Lang::Ja, "ja", SMALL), (Lang::En, "en", (40, 10))]
    {
        let mut scene = Scene::after(size, lang, &[GREETING, HELLO]);
        scene.model.themes = [
            ("broken".to_owned(), "[role]\nclient = \"rod\"\n".to_owned()),
            ("mine".to_owned(), "title = \"My own\"\ninherits = \"dark\"\n".to_owned()),
        ]
        .into();
        let before = format!("{:?}", scene.model.theme);
        open_themes(&mut scene);
        golden(&format!("themes-{code}-{}x{}", size.0, size.1), &scene);
        scene.press("down");
        assert_ne!(format!("{:?}", scene.model.theme), before);
        scene.press("pageup");
        assert_eq!(format!("{:?}", scene.model.theme), before, "a broken theme changes nothing");
        scene.press("down");
        scene.press("esc");
        assert_eq!(format!("{:?}", scene.model.theme), before);
        open_themes(&mut scene);
        scene.press("pageup");
        scene.press("down");
        scene.press("enter");
        assert!(scene.model.notice.clone().unwrap().contains("theme = \"mine\""));
        assert_eq!(scene.model.theme.title(), Some("My own"));
    }
}

fn open_themes(scene: &mut Scene) {
    scene.press("ctrl-p");
    scene.types("view.theme");
    scene.press("enter");
}

#[test]
fn the_language_changes_at_once() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING]);
    scene.press("ctrl-p");
    scene.types("view.language");
    scene.press("enter");
    assert_eq!(scene.model.lang, Lang::Ja);
    assert!(scene.shows("通信記録"), "{}", scene.grid());
}

#[test]
fn entries_can_be_chosen_where_they_stand() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO, ENVELOPE]);
    scene.press("ctrl-q");
    let (buffer, _) = scene.drawn();
    let places = choices_at(&scene.model);
    assert_eq!(places.len(), 3);
    for ((_, place), letter) in places.iter().zip(["[q]", "[c]", "[s]"]) {
        assert!(row(&buffer, place.y).contains(letter), "{}", scene.grid());
    }
    assert_eq!(choose(&mut scene.model, 1), [Effect::Quit]);
    scene.press("ctrl-p");
    scene.types(":help");
    let (number, place) = choices_at(&scene.model)[0];
    assert!(row(&scene.drawn().0, place.y).contains(":help"), "{}", scene.grid());
    choose(&mut scene.model, number);
    assert!(matches!(scene.model.popup, Some(Popup::Help(_))));
}

#[test]
fn hints_stand_where_they_say() {
    for size in [(40, 10), SMALL, LARGE] {
        for lang in [Lang::En, Lang::Ja] {
            for state in states(size, lang) {
                for model in places(&state) {
                    let scene = Scene { model, now: state.now };
                    let (buffer, _) = scene.drawn();
                    let at = hints::hints_at(&scene.model);
                    assert!(at.len() <= 7);
                    for (action, columns) in at {
                        let cells = symbols(&buffer, size.1 - 1).into_iter();
                        let text: String =
                            cells.filter(|(x, _)| columns.contains(x)).map(|(_, s)| s).collect();
                        let key = scene.model.keys.key_in(scene.model.layers(), action).unwrap();
                        assert!(text.trim().starts_with(&key), "{text:?} is not {key}");
                    }
                }
            }
        }
    }
    let scene = Scene::after(SMALL, Lang::En, &[GREETING]);
    assert!(!scene.hints().contains("NOOP") && scene.hints().contains("Ctrl-P more"));
}

// ---------------------------------------------------------------------------------------------

/// One letter for each look, in the order of the roles that have it.
fn looks(scene: &Scene) -> String {
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

fn letter(legend: &mut Vec<(char, ratatui::style::Style)>, style: ratatui::style::Style) -> char {
    if let Some((letter, _)) = legend.iter().find(|(_, known)| *known == style) {
        return *letter;
    }
    let letter = char::from(b'a' + u8::try_from(legend.len()).unwrap());
    legend.push((letter, style));
    letter
}

#[test]
fn looks_of_a_session() {
    let scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO, ENVELOPE, MESSAGE]);
    compare("looks", &looks(&scene));
}

#[test]
fn nothing_is_told_by_colour_alone() {
    let scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO, ENVELOPE]);
    for words in ["250 accepted", "550 refused", "RCPT 1 ok, 1 refused"] {
        assert!(scene.shows(words), "{words}\n{}", scene.grid());
    }
}

// ---------------------------------------------------------------------------------------------

/// States that differ in what is on the screen.
fn states(size: (u16, u16), lang: Lang) -> Vec<Scene> {
    let mut closed = Scene::after(size, lang, &[GREETING, HELLO]);
    closed.closed(Ending::Reset);
    let mut hostile = Scene::after(size, lang, &[GREETING, "C: EHLO x"]);
    hostile.server(HOSTILE);
    hostile.server(b"250-half");
    vec![
        Scene::dialling(size, lang, "practice"),
        closed,
        hostile,
        Scene::after(size, lang, &[GREETING, HELLO, ENVELOPE, MESSAGE]),
        Scene::after(size, lang, &[GREETING, HELLO, ENVELOPE, MULTIPART]),
    ]
}

fn every_size(lang: Lang) {
    for mut scene in states((0, 0), lang).into_iter().skip(2).step_by(2) {
        scene.types("日本語 e\u{301} MAIL");
        for columns in 0..=60 {
            for rows in 0..=30 {
                scene.tells(Message::Resize(columns, rows));
                // One focus for each size, so that neighbours cover all of them.
                scene.model.focus = Pane::ALL[usize::from(columns + 2 * rows) % Pane::ALL.len()];
                scene.drawn();
            }
        }
    }
}

#[test]
fn a_wide_character_on_a_screen_of_nothing_can_be_scrolled() {
    let mut scene = Scene::after((2, 10), Lang::En, &["S: 220 日本語\\x00日本語\\x00"]);
    scene.press("esc");
    scene.press("pageup");
    scene.press("up");
    scene.drawn();
}

#[test]
fn every_size_can_be_drawn() {
    every_size(Lang::En);
}

#[test]
fn every_size_can_be_drawn_in_japanese() {
    every_size(Lang::Ja);
}

#[test]
fn every_focus_can_be_drawn_at_every_breakpoint() {
    for lang in [Lang::En, Lang::Ja] {
        for columns in [1, 39, 40, 41, 59, 60, 99, 100, 159, 160, 220] {
            for rows in [1, 9, 10, 11, 15, 16, 29, 30, 45, 46, 70] {
                let mut scene =
                    Scene::after((columns, rows), lang, &[GREETING, HELLO, ENVELOPE, MULTIPART]);
                for pane in Pane::ALL {
                    scene.model.focus = pane;
                    scene.drawn();
                }
                for key in ["f1", "ctrl-p"] {
                    scene.press(key);
                    scene.drawn();
                }
                scene.tells(Message::Paste("EHLO x\nQUIT".to_owned()));
                scene.drawn();
            }
        }
    }
}

/// Each focus.
fn panes(scene: &Scene) -> Vec<Model> {
    Pane::ALL.iter().map(|pane| Model { focus: *pane, ..scene.model.clone() }).collect()
}

/// Where a key can be pressed: each focus, and each popup.
fn places(scene: &Scene) -> Vec<Model> {
    let mut out = panes(scene);
    out.push(Model { popup: Some(Popup::Help(Help::default())), ..scene.model.clone() });
    for asked in [Asked::Leave, Asked::Paste("EHLO 日本語\nQUIT".to_owned())] {
        let popup = Some(Popup::Question(Question { asked, chosen: 0 }));
        out.push(Model { popup, ..scene.model.clone() });
    }
    let mut palette = scene.clone();
    palette.press("ctrl-p");
    let mut themes = palette.clone();
    themes.model.prompt.set(":view.theme");
    themes.press("enter");
    out.extend([palette.model, themes.model]);
    out
}

/// The same, and the lines that ask for something.
fn places_with_lines(scene: &Scene) -> Vec<Model> {
    let mut out = places(scene);
    for asks in [Asks::Find, Asks::Filter] {
        let mut model = Model { focus: Pane::Transcript, ..scene.model.clone() };
        let before = (model.session.anchor, model.session.cursor);
        let (line, focus, filter) = (Prompt::default(), model.focus, Pattern::default());
        let query = Query { asks, line, wrong: None, focus, before, find: None, filter };
        model.popup = Some(Popup::Query(query));
        out.push(model);
    }
    out
}

#[test]
fn every_action_in_every_place_leaves_a_screen() {
    for size in [(40, 10), SMALL] {
        for (at, state) in states(size, Lang::Ja).into_iter().enumerate() {
            // Lists are the same in every state but for their reasons.
            let popups = if at == 0 { places_with_lines(&state) } else { Vec::new() };
            for model in panes(&state).into_iter().chain(popups) {
                for binding in model.keys.rows().to_vec() {
                    let mut scene = Scene { model: model.clone(), now: state.now };
                    scene.model.prompt.insert("MAIL e\u{301}日");
                    scene.tells(Message::Key(event(binding.key)));
                    scene.tells(Message::Key(event(binding.key)));
                    scene.drawn();
                }
            }
        }
    }
}

#[test]
fn every_action_has_words_in_both_languages() {
    for action in Action::ALL {
        let word = knowledge::words().get(action.name());
        assert!(word.is_some_and(|w| w.ja.is_some()), "{} has no words", action.name());
    }
}

/// Key names and the words behind them, by their looks in the bottom line.
fn shown_hints(scene: &Scene) -> Vec<(String, String)> {
    let (buffer, _) = scene.drawn();
    let y = scene.model.size.1 - 1;
    let key = scene.model.theme.style(Role::Key).add_modifier;
    let mut out: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for (x, shown) in symbols(&buffer, y) {
        let is_key = buffer[(x, y)].modifier == key;
        if is_key && !inside {
            out.push((String::new(), String::new()));
        }
        inside = is_key;
        let (name, behind) = out.last_mut().expect("the line begins with a key");
        if is_key { name.push_str(shown) } else { behind.push_str(shown) }
    }
    out.into_iter().map(|(k, w)| (k.trim().to_owned(), w.trim().to_owned())).collect()
}

#[test]
fn every_hint_is_bound_to_its_key() {
    for lang in [Lang::En, Lang::Ja] {
        for size in [(40, 10), SMALL, LARGE] {
            for state in states(size, lang) {
                for model in places(&state) {
                    let scene = Scene { model, now: state.now };
                    let hints = shown_hints(&scene);
                    assert!(hints.len() > 1, "{}", scene.hints());
                    for (key, words) in hints {
                        hint_is_true(&scene.model, &key, &words);
                    }
                }
            }
        }
    }
}

fn hint_is_true(model: &Model, key: &str, words: &str) {
    let row = model.keys.rows().iter().find(|row| key_name(row.key) == key);
    let row = row.unwrap_or_else(|| panic!("\"{key}\" is no key"));
    let action = model.keys.action(model.layers(), event(row.key));
    let more = action == Some(Action::Palette) && words == knowledge::word(model.lang, "hint.more");
    let said = action.map(|a| hints::words(model, a));
    assert!(more || said == Some(words), "{key} in {:?}", model.layers());
}

#[test]
fn sentences_name_the_keys_of_the_person() {
    let own = "[any]\nf2 = \"none\"\nctrl-o = \"session.connect\"\nctrl-q = \"none\"\n\
               f7 = \"none\"\n[line]\nctrl-y = \"none\"\n[transcript]\nspace = \"none\"\n\
               shift-m = \"transcript.mark\"\nm = \"none\"\n";
    let own = |mut scene: Scene| {
        let (keys, slips) = scene.model.keys.overridden(own, &scene.model.keys);
        assert_eq!(slips, []);
        scene.model.keys = keys;
        scene
    };
    let mut scene = own(reading(LARGE, Lang::En, "g ] ] j j space"));
    assert!(scene.shows("… more lines: 5") && !scene.shows("(Space)"), "{}", scene.grid());
    assert!(
        scene.shows("the server may close in 5 min") && !scene.shows("NOOP"),
        "{}",
        scene.grid()
    );
    scene.press("'");
    assert_eq!(scene.hints(), " no mark; M sets one");
    scene.press("ctrl-c");
    assert_eq!(scene.hints(), " Ctrl-C again quits");
    scene.closed(Ending::Finished);
    assert!(scene.shows("Ctrl-O connect"), "{}", scene.grid());
    assert!(scene.shows("not connected; Ctrl-O connects again"), "{}", scene.grid());
    assert!(!scene.shows("F2"), "{}", scene.grid());
    let mut scene = own(Scene::after(SMALL, Lang::Ja, &[GREETING]));
    scene.tells(Message::Paste("NOOP\nQUIT".to_owned()));
    scene.press("esc");
    assert_eq!(scene.hints(), " 何も送信していません");
}

#[test]
fn keys_arrive_as_terminals_send_them() {
    let scene = Scene::practice(SMALL, Lang::En);
    let keys = &scene.model.keys;
    let plain = KeyModifiers::NONE;
    for (code, modifiers, action) in [
        (KeyCode::Char('G'), KeyModifiers::SHIFT, Action::Follow),
        (KeyCode::Char('g'), plain, Action::Top),
        (KeyCode::BackTab, KeyModifiers::SHIFT, Action::PanePrevious),
        (KeyCode::Char('?'), plain, Action::Help),
        (KeyCode::F(6), KeyModifiers::SHIFT, Action::PanePrevious),
        (KeyCode::Esc, plain, Action::Leave),
    ] {
        let key = KeyEvent::new(code, modifiers);
        assert_eq!(keys.action(&[Layer::Panes, Layer::Any], key), Some(action), "{key:?}");
    }
    for (code, modifiers, action) in [
        (KeyCode::Char('h'), KeyModifiers::CONTROL, Action::Back),
        (KeyCode::Backspace, plain, Action::Back),
        (KeyCode::Enter, plain, Action::Send),
        (KeyCode::Char('d'), KeyModifiers::CONTROL, Action::Delete),
        (KeyCode::Char('b'), KeyModifiers::ALT, Action::WordLeft),
    ] {
        let key = KeyEvent::new(code, modifiers);
        assert_eq!(
            keys.action(&[Layer::Prompt, Layer::Line, Layer::Any], key),
            Some(action),
            "{key:?}"
        );
    }
}

// ---------------------------------------------------------------------------------------------

#[test]
fn borders_move_by_key_and_stay_for_their_shape() {
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO, ENVELOPE]);
    let width = |scene: &Scene, pane| scene.model.panes().of(pane).unwrap().width;
    let height = |scene: &Scene, pane| scene.model.panes().of(pane).unwrap().height;
    let at_first = scene.model.panes();
    scene.press("esc");
    let before = width(&scene, Pane::Transcript);
    scene.types(">>>");
    assert_eq!(width(&scene, Pane::Transcript), before + 6);
    scene.press("4");
    // The content has its border before it.
    let before = (height(&scene, Pane::Content), width(&scene, Pane::Content));
    scene.types("+++<");
    assert_eq!(
        (height(&scene, Pane::Content), width(&scene, Pane::Content)),
        (before.0 + 3, before.1 - 2)
    );
    scene.press("5");
    let before = height(&scene, Pane::Explain);
    scene.types("--");
    assert_eq!(height(&scene, Pane::Explain), before - 2);
    golden("borders-moved", &scene);
    let moved = scene.model.panes();
    scene.tells(Message::Resize(SMALL.0, SMALL.1));
    let small = scene.model.panes();
    scene.types("=");
    assert_eq!(scene.model.panes(), small, "nothing was moved at this size");
    scene.tells(Message::Resize(LARGE.0, LARGE.1));
    assert_eq!(scene.model.panes(), moved);
    scene.types("=");
    assert_eq!(scene.model.panes(), at_first);
    for _ in 0..200 {
        scene.types("<-");
    }
    scene.drawn();
}

#[test]
fn a_pane_is_zoomed_and_given_back() {
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        let mut scene = Scene::after(SMALL, lang, &[GREETING, HELLO, ENVELOPE]);
        let before = scene.model.panes();
        scene.press("f8");
        golden(&format!("zoomed-explain-{code}"), &scene);
        scene.press("f8");
        assert_eq!((scene.model.panes(), scene.model.focus), (before.clone(), Pane::Prompt));
        scene.press("f5");
        golden(&format!("zoomed-transcript-{code}"), &scene);
        scene.press("f6");
        assert_eq!(scene.model.focus, Pane::Envelope);
        assert!(scene.model.panes().transcript.is_none());
        scene.press("f5");
        scene.press("esc");
        assert_eq!(scene.model.panes(), before);
    }
}

/// The text that would be copied.
fn copied(effects: &[Effect]) -> Vec<(String, &str)> {
    let copies = effects.iter().filter_map(|effect| match effect {
        Effect::Copy { text, what } => {
            Some((String::from_utf8_lossy(text).into_owned(), what.as_str()))
        }
        _ => None,
    });
    copies.collect()
}

/// A place at which no other border is.
fn middle(splitter: &Splitter) -> (u16, u16) {
    (splitter.grip.x + splitter.grip.width / 3, splitter.grip.y + splitter.grip.height / 2)
}

#[test]
fn borders_are_dragged_and_go_back() {
    for size in [SMALL, (80, 60), LARGE, (200, 50)] {
        let mut scene = Scene::after(size, Lang::En, &[GREETING, HELLO, ENVELOPE, MESSAGE]);
        let first = scene.model.panes();
        for splitter in &first.splitters {
            let at = middle(splitter);
            let by = |n: u16| {
                let (x, y): (u16, u16) = at;
                if splitter.sideways { (x - n, y) } else { (x, y - n) }
            };
            let now = |scene: &Scene| {
                let panes = scene.model.panes();
                panes.splitters.into_iter().find(|s| s.split == splitter.split).unwrap()
            };
            assert_eq!(scene.drag(at, by(2)), [], "borders mark no text");
            assert_eq!(now(&scene).before, splitter.before - 2, "{size:?} {splitter:?}");
            // As far as it goes.
            scene.drag(middle(&now(&scene)), (0, 0));
            assert_eq!(now(&scene).before, splitter.least, "{size:?} {splitter:?}");
            scene.drawn();
            scene.double_click(middle(&now(&scene)));
            assert_eq!(now(&scene).before, splitter.before, "{size:?} {splitter:?}");
        }
        assert_eq!(scene.model.panes(), first);
    }
}

#[test]
fn text_of_one_pane_is_marked_and_copied() {
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO]);
    let (x, y) = scene.find("C EHLO pc");
    let effects = scene.drag((x + 2, y), (x + 5, y + 1));
    let text = "EHLO pc.example.org\nS 250-";
    assert_eq!(copied(&effects), [(text.to_owned(), "2 lines")]);
    golden("marked", &scene);
    // Backwards, and out of the pane: nothing of its neighbour comes along.
    let effects = scene.drag((x + 5, y), (x, y));
    assert_eq!(copied(&effects), [("C EHLO".to_owned(), "6 columns of text")]);
    let effects = scene.drag((x + 7, y), (119, y));
    assert_eq!(copied(&effects), [("pc.example.org".to_owned(), "14 columns of text")]);
    assert!(scene.model.marked.is_some());
    // Ctrl-C takes it again, and the key behind it does what it always did.
    assert_eq!(scene.press("ctrl-c").len(), 1);
    assert!(scene.model.marked.is_none());
    scene.drag((x + 2, y), (x + 5, y));
    scene.click((x + 2, y));
    assert!(scene.model.marked.is_none());
}

#[test]
fn a_word_is_marked_by_a_double_click() {
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO, ENVELOPE]);
    let (x, y) = scene.find("alice@");
    let effects = scene.double_click((x + 3, y));
    assert_eq!(copied(&effects), [("alice@example.org".to_owned(), "17 columns of text")]);
}

#[test]
fn a_row_that_was_broken_is_copied_whole() {
    let line = format!("S: 250 {}end", "a long line of words ".repeat(9));
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, "C: EHLO x", &line]);
    let (x, y) = scene.find("S 250 a long");
    let (_, last) = scene.find("end");
    assert!(last > y + 1);
    let effects = scene.drag((x + 2, y), (46, last));
    let [(text, _)] = &copied(&effects)[..] else { panic!("{effects:?}") };
    assert_eq!(text.split("  ").next(), line.strip_prefix("S: "), "{text}");
}

#[test]
fn a_click_selects_a_row_and_chosen_rows_are_copied() {
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO, ENVELOPE]);
    let (x, y) = scene.find("C MAIL FROM");
    scene.click((x + 9, y));
    assert_eq!(scene.drawn().1, (x, y), "the real cursor is at the row");
    scene.press("v");
    scene.press("down");
    scene.press("y");
    let effects = scene.press("n");
    let want = "C: MAIL FROM:<alice@example.org>\nS: 250 2.1.0 Sender <alice@example.org> Ok\n";
    assert_eq!(copied(&effects), [(want.to_owned(), "2 lines as notation")]);
    // The signs of what is selected are not text.
    let effects = scene.drag((x, y), (x + 30, y));
    assert_eq!(copied(&effects)[0].0, "C MAIL FROM:<alice@example.org>");
    // What is filtered away is not copied.
    scene.press("f");
    scene.types("5xx");
    scene.press("enter");
    scene.press("shift-y");
    let effects = scene.press("t");
    let want = "RCPT TO:<nobody@example.net>\n550 5.1.1 <nobody@example.net> is unknown here\n";
    assert_eq!(copied(&effects)[0].0, want);
}

#[test]
fn the_wheel_takes_the_selected_row_along() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO, ENVELOPE, MESSAGE]);
    let area = scene.model.panes().inside(Pane::Transcript).unwrap();
    scene.click((area.x, area.bottom() - 1));
    for _ in 0..20 {
        scene.mouse(MouseEventKind::ScrollUp, (area.x, area.y));
    }
    assert!(scene.shows("S 220 mx"), "{}", scene.grid());
    for _ in 0..20 {
        scene.mouse(MouseEventKind::ScrollDown, (area.x, area.y));
    }
    assert!(scene.shows("Hello Bob"), "{}", scene.grid());
}

#[test]
fn a_broken_row_is_copied_whole_beside_times_too() {
    let line = format!("S: 250 {}end", "a long line of words ".repeat(9));
    let mut scene = Scene::after((120, 24), Lang::En, &[GREETING, "C: EHLO x", &line]);
    scene.press("esc");
    scene.press("t");
    let (x, y) = scene.find("S 250 a long");
    let (_, last) = scene.find("words end");
    assert!(last > y);
    let effects = scene.drag((x + 2, y), (60, last));
    let [(text, _)] = &copied(&effects)[..] else { panic!("{effects:?}") };
    assert_eq!(text.split("  ").next(), line.strip_prefix("S: "), "{text}");
}

#[test]
fn dragging_beyond_the_edge_scrolls() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO, ENVELOPE, MESSAGE]);
    let area = scene.model.panes().inside(Pane::Transcript).unwrap();
    let (x, y) = (area.x, area.bottom() - 1);
    scene.mouse(MouseEventKind::Down(MouseButton::Left), (x, y));
    for _ in 0..40 {
        scene.mouse(MouseEventKind::Drag(MouseButton::Left), (x, 0));
    }
    let effects = scene.mouse(MouseEventKind::Up(MouseButton::Left), (x, 0));
    let [(text, _)] = &copied(&effects)[..] else { panic!("{effects:?}") };
    assert!(text.contains("S 220 mx") && text.contains("C Subject:"), "{text}");
    assert!(scene.shows("S 220 mx"));
}

#[test]
fn the_wheel_scrolls_what_is_under_it() {
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO, ENVELOPE, MESSAGE, DOT]);
    let at = |scene: &Scene, pane| scene.model.panes().of(pane).unwrap().as_position().into();
    scene.mouse(MouseEventKind::ScrollDown, at(&scene, Pane::Envelope));
    assert_eq!(scene.model.session.envelope_scroll, 3);
    scene.mouse(MouseEventKind::ScrollUp, at(&scene, Pane::Envelope));
    assert_eq!(scene.model.session.envelope_scroll, 0);
    scene.mouse(MouseEventKind::ScrollDown, at(&scene, Pane::Content));
    assert_eq!(scene.model.session.content_scroll, 3);
    assert_eq!(scene.model.focus, Pane::Prompt);
    scene.press("f1");
    scene.mouse(MouseEventKind::ScrollDown, (3, 3));
    assert!(matches!(&scene.model.popup, Some(Popup::Help(help)) if help.scroll == 3));
}

#[test]
fn everything_that_looks_like_it_can_be_clicked() {
    for lang in [Lang::En, Lang::Ja] {
        let word = |key| knowledge::word(lang, key);
        let mut scene = Scene::after(SMALL, lang, &[GREETING, HELLO, ENVELOPE]);
        // The other tab, and back.
        scene.click(scene.find(&format!("4 {}", word("pane.content"))));
        assert_eq!((scene.model.focus, scene.model.tab), (Pane::Content, Pane::Content));
        scene.click(scene.find(&format!("{}{}[", word("pane.content"), word("colon"))));
        assert_eq!((scene.model.focus, scene.model.tab), (Pane::Envelope, Pane::Envelope));
        // A double click on a title zooms, another gives the place back.
        scene.double_click(scene.find(word("pane.transcript")));
        assert!(scene.model.zoomed && scene.model.focus == Pane::Transcript);
        scene.double_click(scene.find(word("pane.transcript")));
        assert!(!scene.model.zoomed);
        // The line on top connects, the one at the bottom does what it says.
        scene.click((20, 0));
        assert_eq!(scene.model.prompt.text(), ":connect practice");
        scene.press("esc");
        scene.click(scene.find("F1"));
        assert!(matches!(scene.model.popup, Some(Popup::Help(_))));
        scene.click((3, 0));
        assert!(scene.model.popup.is_none());
    }
    let mut scene = Scene::after((200, 50), Lang::En, &[GREETING, HELLO, ENVELOPE, MESSAGE]);
    for view in ContentView::ALL {
        scene.click(scene.find(&format!(" {}", knowledge::word(Lang::En, view.title()))));
        scene.click((0, 20));
        let (x, y) = scene.find("4 Content: ");
        let title: String = row(&scene.drawn().0, y).chars().skip(usize::from(x)).collect();
        let name = format!("[{}]", knowledge::word(Lang::En, scene.model.session.view.title()));
        assert!(title.contains(&name), "{title}");
    }
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO, ENVELOPE]);
    let (x, y) = scene.find("RFC 5321 §");
    for column in x..x + 8 {
        let effects = scene.click((column, y));
        let [Effect::Open(page)] = &effects[..] else { panic!("{effects:?}") };
        assert!(page.starts_with("https://www.rfc-editor.org/rfc/rfc5321#section-"), "{page}");
    }
}

#[test]
fn a_click_places_the_cursor_at_a_grapheme() {
    let mut scene = Scene::practice(SMALL, Lang::Ja);
    scene.types("MAIL 日本e\u{301}");
    let (x, y) = scene.find("> MAIL");
    let x = x + 2;
    for (column, byte) in [(0, 0), (4, 4), (5, 5), (6, 5), (7, 8), (9, 11), (10, 14), (60, 14)] {
        scene.click((x + column, y));
        assert_eq!(scene.model.prompt.cursor(), byte, "column {column}");
    }
    scene.press("ctrl-u");
    scene.types(&"x".repeat(100));
    let area = scene.model.panes().inside(Pane::Prompt).unwrap();
    scene.click((area.x + 2, area.y));
    let (cursor, _) = (scene.model.prompt.cursor(), scene.drawn());
    assert!(cursor > 0 && cursor < 40, "what is scrolled out at the left counts: {cursor}");
}

#[test]
fn the_form_of_a_copy_is_chosen() {
    let login = "C: AUTH PLAIN AGFsaWNlAHNlY3JldA==\nS: 535 no";
    let scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO, login]);
    let copy = |key: &str| {
        let mut scene = Scene { model: scene.model.clone(), now: scene.now };
        scene.press("esc");
        scene.press("shift-y");
        let effects = scene.press(key);
        assert!(scene.model.popup.is_none());
        let [(text, what)] = &copied(&effects)[..] else { panic!("{effects:?}") };
        assert!(!text.contains("AGFs"), "{text}");
        (text.clone(), (*what).to_owned())
    };
    let (text, what) = copy("t");
    assert!(text.contains("\nEHLO pc.example.org\n250-mx.example.net") && what == "11 lines");
    assert_eq!(copy("enter").0, text);
    assert_eq!(copy("y").0, text);
    let (notation, _) = copy("n");
    assert!(notation.contains("\nC: EHLO pc.example.org\nS: 250-mx.example.net"), "{notation}");
    assert!(copy("m").0 == format!("```\n{notation}```\n"));
    assert!(copy("r").0.starts_with("220 mx.example.net ESMTP ehlo practice server\r\nEHLO pc"));
    let mut scene = Scene { model: scene.model.clone(), now: scene.now };
    scene.press("esc");
    scene.press("y");
    golden("copy", &scene);
    let (x, y) = scene.find("Markdown");
    let effects = scene.click((x, y));
    assert_eq!(copied(&effects)[0].0, "```\nS: 535 no\n```\n");
}

#[test]
fn what_was_copied_is_said_with_its_ways() {
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING]);
    let copied = |ways: &[&'static str], too_much| {
        let what = "9 lines".to_owned();
        Message::Copied(Copied { what, ways: ways.to_vec(), too_much })
    };
    scene.tells(copied(&["tmux", "OSC 52"], false));
    assert_eq!(scene.hints(), " 9 lines copied (tmux, OSC 52)");
    scene.tells(copied(&["tmux"], true));
    assert_eq!(scene.hints(), " 9 lines copied (tmux); too much for the terminal's own clipboard");
    scene.tells(copied(&[], true));
    assert!(scene.hints().starts_with(" 9 lines not copied"), "{}", scene.hints());
    let page = "https://example.org/".to_owned();
    let effects = scene.tells(Message::NoBrowser(page.clone()));
    assert_eq!(effects, [Effect::Copy { text: page.clone().into(), what: page }]);
}

#[test]
fn the_mouse_is_left_to_the_terminal_and_taken_again() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING]);
    scene.model.keys = Keys::parse("[any]\nf4 = \"view.mouse\"\nf12 = \"screenshot\"").unwrap();
    assert_eq!(scene.press("f4"), [Effect::Mouse(false)]);
    assert!(!scene.model.mouse && scene.shows("the mouse is off"));
    scene.model.popup = Some(Popup::Help(Help::default()));
    assert_eq!(scene.press("f4"), [Effect::Mouse(true)]);
    assert_eq!(scene.press("f12"), [Effect::Screenshot]);
    assert!(scene.model.popup.is_some(), "a picture of the help shows the help");
}

#[test]
fn without_utf_8_there_is_only_ascii() {
    for lang in [Lang::En, Lang::Ja] {
        let mut scene = Scene::after(LARGE, lang, &[GREETING, HELLO, ENVELOPE, MULTIPART]);
        scene.server(HOSTILE);
        scene.model.ascii = true;
        scene.model.utf8 = false;
        let (buffer, _) = scene.drawn();
        assert!(buffer.content().iter().all(|cell| cell.symbol().is_ascii()));
    }
    let mut scene = Scene::after(SMALL, Lang::Ja, &[GREETING, HELLO, ENVELOPE]);
    scene.model.ascii = true;
    let (buffer, _) = scene.drawn();
    let rows: Vec<String> = (0..buffer.area.height).map(|y| row(&buffer, y)).collect();
    compare("ascii-ja", &rows.join("\n"));
}

/// Something that can happen to the screen, at random.
#[derive(Clone, Debug)]
enum Chance {
    Key(usize),
    Char(char),
    Bytes(Side, Vec<u8>),
    Paste(String),
    Resize(u16, u16),
    Mouse(MouseEventKind, (u16, u16)),
    Closed,
    Opened,
    Wait(u64),
}

fn wire() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        &b"220 hi\r\n"[..],
        b"250-a\r\n",
        b"250 ok\r\n",
        b"354 go\r\n",
        b"334 \r\n",
        b"421 bye\r\n",
        b"550 no\r\n",
        b"EHLO x\r\n",
        b"MAIL FROM:<a@b>\r\n",
        b"RCPT TO:<c@d>\r\n",
        b"DATA\r\n",
        b"AUTH LOGIN\r\n",
        b"Subject: =?utf-8?B?5pel?=\r\n",
        b"\r\n",
        b".\r\n",
        b"RSET\r\n",
        b"BDAT 5 LAST\r\n",
        b"STARTTLS\r\n",
        HOSTILE,
    ]);
    prop_oneof![
        4 => known.prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..60),
    ]
}

fn mouse() -> impl Strategy<Value = MouseEventKind> {
    let left = MouseButton::Left;
    prop::sample::select(vec![
        MouseEventKind::Down(left),
        MouseEventKind::Drag(left),
        MouseEventKind::Up(left),
        MouseEventKind::Down(MouseButton::Right),
        MouseEventKind::ScrollUp,
        MouseEventKind::ScrollDown,
    ])
}

fn chance() -> impl Strategy<Value = Chance> {
    prop_oneof![
        6 => (any::<bool>(), wire()).prop_map(|(client, bytes)| {
            Chance::Bytes(if client { Side::Client } else { Side::Server }, bytes)
        }),
        6 => (0..200_usize).prop_map(Chance::Key),
        3 => any::<char>().prop_map(Chance::Char),
        1 => ".{0,30}|(EHLO x\r\n){0,3}".prop_map(Chance::Paste),
        1 => (0..200_u16, 0..60_u16).prop_map(|(w, h)| Chance::Resize(w, h)),
        6 => (mouse(), (0..140_u16, 0..50_u16)).prop_map(|(kind, at)| Chance::Mouse(kind, at)),
        1 => Just(Chance::Closed),
        1 => Just(Chance::Opened),
        1 => (0..400_u64).prop_map(Chance::Wait),
    ]
}

fn happen(scene: &mut Scene, chance: Chance) {
    match chance {
        Chance::Key(n) => {
            let rows = scene.model.keys.rows();
            let key = rows[n % rows.len()].key;
            scene.tells(Message::Key(event(key)));
        }
        Chance::Char(c) => scene.types(&c.to_string()),
        Chance::Bytes(side, bytes) => scene.bytes(side, &bytes),
        Chance::Paste(text) => drop(scene.tells(Message::Paste(text))),
        Chance::Resize(w, h) => drop(scene.tells(Message::Resize(w, h))),
        Chance::Mouse(kind, place) => drop(scene.mouse(kind, place)),
        Chance::Closed => scene.closed(Ending::Finished),
        Chance::Opened => scene.opened("127.0.0.1:25", false),
        Chance::Wait(seconds) => scene.waits(seconds),
    }
}

fn selected_is_in_sight(model: &Model) {
    let area = model.panes().inside(Pane::Transcript).filter(|area| area.height > 0);
    if let (Some(at), Some(area)) = (rows::selected(model, &model.session), area) {
        let (_, seen) = view::transcript::window(model, &model.session, area).rows();
        assert!(seen.contains(&at), "row {at} is not among {seen:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_screen_stands(
        chances in prop::collection::vec(chance(), 0..60),
        size in (0..130_u16, 0..45_u16),
        japanese: bool,
    ) {
        let lang = if japanese { Lang::Ja } else { Lang::En };
        let mut scene = Scene::practice(size, lang);
        for (at, chance) in chances.into_iter().enumerate() {
            happen(&mut scene, chance);
            if at % 4 == 0 {
                scene.drawn();
            }
            selected_is_in_sight(&scene.model);
        }
        scene.drawn();
    }
}

#[test]
fn a_theme_that_paints_leaves_no_cell_bare() {
    let mut scene = Scene::practice(SMALL, Lang::En);
    scene.model.theme = Theme::embedded("light").unwrap();
    for model in places(&scene) {
        let theme = scene.model.theme.clone();
        let painted = Scene { model: Model { theme, ..model }, now: 0 };
        let (buffer, _) = painted.drawn();
        for y in 0..SMALL.1 {
            let bare =
                symbols(&buffer, y).into_iter().find(|(x, _)| buffer[(*x, y)].bg == Color::Reset);
            assert_eq!(bare, None, "row {y}: {:?}", painted.model.popup);
        }
    }
}

// What is typed at the bottom, what is scrolled, and what is copied --------------------------------

/// The first place inside `pane`.
fn inside(scene: &Scene, pane: Pane) -> (u16, u16) {
    scene.model.panes().inside(pane).unwrap().as_position().into()
}

fn asks(scene: &Scene) -> bool {
    matches!(scene.model.popup, Some(Popup::Query(_)))
}

#[test]
fn moving_leaves_the_line_that_is_typed_open() {
    let mut scene = reading(SMALL, Lang::En, "f");
    scene.types("mail");
    for key in ["pageup", "pagedown", "down"] {
        scene.press(key);
        assert!(asks(&scene) && scene.shows("only mail"), "{key}\n{}", scene.grid());
    }
    let mut scene = reading(LARGE, Lang::En, "f");
    scene.types("2xx");
    scene.mouse(MouseEventKind::ScrollDown, inside(&scene, Pane::Envelope));
    scene.mouse(MouseEventKind::ScrollUp, inside(&scene, Pane::Transcript));
    assert!(asks(&scene) && scene.shows("only 2xx"), "{}", scene.grid());
    assert_eq!(scene.model.session.envelope_scroll, 3);
}

#[test]
fn what_leads_away_from_the_line_keeps_what_it_found() {
    for key in ["f1", "f3", "f5"] {
        let mut scene = reading(SMALL, Lang::En, "f");
        scene.types("mail");
        scene.press(key);
        assert!(scene.model.session.sight.filter().is_some(), "{key}");
    }
    let mut scene = reading(SMALL, Lang::En, "f");
    scene.types("mail");
    scene.click(inside(&scene, Pane::Transcript));
    assert!(!asks(&scene) && scene.shows("only mail"), "{}", scene.grid());
}

#[test]
fn a_click_into_the_line_places_its_cursor() {
    for lang in [Lang::En, Lang::Ja] {
        let mut scene = reading(SMALL, lang, "f");
        scene.types("mail rcpt");
        let label = format!("{} ", knowledge::word(lang, "filter.ask"));
        let (x, y) = scene.find(&format!("{label}mail rcpt"));
        let x = x + u16::try_from(label.width()).unwrap();
        for (column, byte) in [(0, 0), (5, 5), (30, 9)] {
            scene.click((x + column, y));
            let Some(Popup::Query(query)) = &scene.model.popup else { panic!("it is closed") };
            assert_eq!(query.line.cursor(), byte);
        }
        for x in 0..SMALL.0 {
            scene.click((x, y));
            assert!(asks(&scene), "column {x} has a hint that nobody sees");
        }
    }
}

#[test]
fn a_pattern_that_cannot_be_read_is_not_kept() {
    let mut scene = reading(SMALL, Lang::En, "f");
    scene.types("rcpt slow>x");
    let said = scene.hints();
    scene.press("enter");
    assert!(asks(&scene) && scene.hints() == said, "{}", scene.grid());
    scene.press("f1");
    assert_eq!(scene.model.session.sight.filter(), None);
}

#[test]
fn escape_brings_back_what_was_there_before_the_line() {
    let mut scene = reading(SMALL, Lang::En, "f 5 x x enter f");
    scene.press("ctrl-u");
    scene.types("mail");
    assert!(scene.shows("only mail"), "{}", scene.grid());
    scene.press("esc");
    assert!(scene.shows("only 5xx"), "{}", scene.grid());
    let mut scene = reading(SMALL, Lang::En, "g /");
    scene.types("alice");
    scene.press("enter");
    for end in ["backspace", "esc"] {
        scene.press("/");
        scene.types("b");
        scene.press(end);
        assert!(
            scene
                .model
                .find
                .as_ref()
                .is_some_and(|find| find.needle == ehlo::tui::find::Needle::new("alice").unwrap())
        );
        scene.press("esc");
    }
}

/// Two messages, and the lines of the first one selected as far as `keys` go.
fn two_messages(view: ContentView, keys: &str) -> Scene {
    let second = MULTIPART.replace("Alice", "Eve");
    let transcripts = [GREETING, HELLO, ENVELOPE, MESSAGE, DOT, ENVELOPE, &second];
    let mut scene = Scene::after(LARGE, Lang::En, &transcripts);
    scene.model.session.view = view;
    scene.press("esc");
    scene.press("/");
    scene.types("Bob <");
    scene.press("enter");
    keys.split_whitespace().for_each(|key| drop(scene.press(key)));
    scene
}

#[test]
fn the_message_that_is_shown_is_copied() {
    let mut scene = two_messages(ContentView::Raw, "4 shift-y");
    let effects = scene.press("r");
    let [(text, _)] = &copied(&effects)[..] else { panic!("{effects:?}") };
    assert!(text.starts_with("From: Alice") && text.contains("Hello Bob"), "{text}");
}

#[test]
fn what_the_pane_cuts_or_breaks_is_copied_whole() {
    let long = format!("{}end", "a long line of words ".repeat(20));
    let message = format!("C: DATA\nS: 354 Go on\nC: X: {long}\nC:\nC: {long}\nC: .\nS: 250 Ok");
    for view in [ContentView::Header, ContentView::Body, ContentView::Raw] {
        let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO, ENVELOPE, &message]);
        scene.model.session.view = view;
        scene.model.focus = Pane::Content;
        scene.press("shift-y");
        let effects = scene.press("t");
        assert!(copied(&effects)[0].0.contains(&long), "{view:?} {effects:?}");
    }
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO, ENVELOPE, &message]);
    scene.model.session.view = ContentView::Raw;
    let (x, y) = inside(&scene, Pane::Content);
    let effects = scene.drag((x, y), (x, y + 1));
    assert_eq!(copied(&effects)[0].0, format!("X: {long}\\r\\n\n\\"));
}

#[test]
fn a_pane_stays_where_it_is_scrolled_while_a_row_is_selected() {
    for view in [ContentView::Header, ContentView::Raw] {
        let mut scene = two_messages(view, "");
        for pane in [Pane::Envelope, Pane::Content] {
            let scroll = |scene: &mut Scene| *scene.model.session.scroll(pane).unwrap();
            let before = scroll(&mut scene);
            scene.mouse(MouseEventKind::ScrollDown, inside(&scene, pane));
            assert_eq!(scroll(&mut scene), before + 3, "{pane:?} {view:?}");
            let lines = view::shown(&scene.model, pane);
            scene.press(if pane == Pane::Envelope { "3" } else { "4" });
            assert_eq!(view::shown(&scene.model, pane), lines, "{pane:?} jumps");
            scene.press("1");
        }
    }
    // The selection brings the line into sight, once.
    let mut scene = two_messages(ContentView::Raw, "down");
    let (top, sign) = (scene.model.session.content_scroll, scene.find(">Subject").1);
    assert!(sign < scene.model.panes().content.unwrap().bottom());
    scene.press("end");
    assert_eq!(scene.model.session.content_scroll, top);
}

#[test]
fn another_message_is_seen_from_where_it_has_lines() {
    let lines = "C: more\n".repeat(200);
    let long = format!("C: DATA\nS: 354 Go on\nC: X: y\nC:\n{lines}C: .\nS: 250 Ok");
    let transcripts = [GREETING, HELLO, ENVELOPE, &long, ENVELOPE, MESSAGE, DOT];
    let mut scene = Scene::after(LARGE, Lang::En, &transcripts);
    scene.model.session.view = ContentView::Raw;
    scene.press("esc");
    scene.press("/");
    scene.types("more");
    scene.press("up");
    scene.press("enter");
    assert!(scene.model.session.content_scroll > 100, "{}", scene.grid());
    scene.press("end");
    assert_ne!(view::shown(&scene.model, Pane::Content), []);
}

#[test]
fn no_more_lines_are_made_than_are_asked_for() {
    let lines = "C: a line\n".repeat(900);
    let message = format!("C: DATA\nS: 354 Go on\nC: X: y\nC:\n{lines}C: .\nS: 250 Ok");
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO, ENVELOPE, &message]);
    scene.model.session.view = ContentView::Body;
    scene.press("esc");
    scene.press("up");
    scene.press("up");
    assert!(matches!(rows::selected_line(&scene.model), Some(ehlo::session::Row::Data { .. })));
    assert_eq!(view::content::meant(&scene.model, 40), None);
    assert_eq!(view::content::length(&scene.model, 10), 10);
    assert_eq!(view::content::length(&scene.model, 5_000), 899);
}

#[test]
fn lines_move_sideways_until_their_end_is_seen() {
    let line = format!("C: {}end", "\\x01".repeat(70));
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, &line, "S: 500 no"]);
    scene.press("esc");
    scene.press("w");
    for _ in 0..60 {
        scene.press("right");
        if scene.shows("x01end") {
            return;
        }
    }
    panic!("{}", scene.grid());
}

#[test]
fn a_click_below_a_notice_means_what_is_seen() {
    let mut scene = reading(SMALL, Lang::En, "g");
    scene.press("end");
    scene.model.hints = false;
    scene.model.notice = Some("look".to_owned());
    let (x, y) = scene.find("250 2.0.0 Message");
    scene.click((x, y));
    assert!(scene.shows("S>250 2.0.0 Message"), "{}", scene.grid());
}
