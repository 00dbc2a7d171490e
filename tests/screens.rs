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
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ehlo::display::keys::{Action, Keys, Layer, key_name};
use ehlo::display::{Role, Theme};
use ehlo::journal::facts::DialReason;
use ehlo::journal::transcript::{Step, steps};
use ehlo::journal::{DialFailure, Ending, Endpoints, Event, Happening, Moment, Side, TlsFacts};
use ehlo::knowledge::{self, Lang};
use ehlo::tui::effect::Effect;
use ehlo::tui::message::Message;
use ehlo::tui::model::{Model, Pane};
use ehlo::tui::popup::{Asked, Help, Popup, Question};
use ehlo::tui::update::{choose, update};
use ehlo::tui::view::{choices_at, hints, view};
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
        self.tells(Message::Heard(Event::new(Moment(self.now), what)));
    }

    fn tells(&mut self, message: Message) -> Vec<Effect> {
        update(&mut self.model, Message::Tick(Moment(self.now)));
        update(&mut self.model, message)
    }

    fn bytes(&mut self, from: Side, data: &[u8]) {
        self.now += if from == Side::Server { REPLY } else { TYPING };
        self.tells(Message::Heard(Event::bytes(
            Moment(self.now),
            from,
            Bytes::copy_from_slice(data),
        )));
    }

    /// The same, and what has to be done then.
    fn heard(&mut self, from: Side, data: &'static str) -> Vec<Effect> {
        self.tells(Message::Heard(Event::bytes(Moment(self.now), from, data.into())))
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
    assert_eq!(scene.press("f7"), [Effect::Say(Bytes::from_static(b"NOOP\r\n"))]);
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
    let all = [Effect::Say(Bytes::from_static(b"EHLO a\r\nNOOP\r\nQUIT\r\n"))];
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
    let say = |line: &'static str| [Effect::Say(Bytes::from(line))];
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING]);
    scene.tells(Message::Paste("EHLO a\nVRFY x\nNOOP\nQUIT".to_owned()));
    assert_eq!(scene.press("enter"), say("EHLO a\r\n"));
    assert!(scene.hints().contains("line 1 of 4 is sent"), "{}", scene.hints());
    assert_eq!(scene.heard(Side::Client, "EHLO a\r\n"), []);
    assert_eq!(scene.heard(Side::Server, "250 mx\r\n"), say("VRFY x\r\n"));
    scene.heard(Side::Client, "VRFY x\r\n");
    assert_eq!(scene.heard(Side::Server, "550 no\r\n"), []);
    let words = "the server answered 550; 2 of 4 lines were sent";
    assert!(scene.hints().contains(words), "{}", scene.hints());
    scene.press("ctrl-y");
    assert_eq!(scene.model.prompt.text(), "NOOP\nQUIT");
    scene.press("ctrl-u");
    scene.tells(Message::Paste("NOOP\nQUIT".to_owned()));
    scene.press("o");
    assert_eq!(scene.press("ctrl-c"), []);
    assert!(scene.hints().contains("stopped; 1 of 2 lines were sent"), "{}", scene.hints());
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
    assert_eq!(scene.press("enter"), [Effect::Say(Bytes::from_static(b"QUIT\r\n"))]);
    assert!(scene.hints().contains("QUIT is sent"), "{}", scene.hints());
    scene.play("C: QUIT\nS: 221 Bye");
    let closed = Happening::Closed { by: Side::Server, how: Ending::Finished };
    let effects = scene.tells(Message::Heard(Event::new(Moment(scene.now), closed)));
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
    assert_eq!(scene.press("enter"), [Effect::Say(Bytes::from_static(b":x\r\n"))]);
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
        scene.model.themes = vec![
            ("broken".to_owned(), "[role]\nclient = \"rod\"\n".to_owned()),
            ("mine".to_owned(), "title = \"My own\"\ninherits = \"dark\"\n".to_owned()),
        ];
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

#[test]
fn every_action_in_every_place_leaves_a_screen() {
    for size in [(40, 10), SMALL] {
        for (at, state) in states(size, Lang::Ja).into_iter().enumerate() {
            // Lists are the same in every state but for their reasons.
            let popups = if at == 0 { places(&state) } else { Vec::new() };
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
fn keys_that_sentences_name_do_what_they_say() {
    let scene = Scene::practice(SMALL, Lang::En);
    for (key, action, sentences) in [
        ("f2", Action::Connect, &["prompt.closed", "header.connect"][..]),
        ("f7", Action::KeepAlive, &["header.idle.noop"]),
        ("ctrl-c", Action::Hangup, &["message.quit-again"]),
        ("ctrl-q", Action::Quit, &["message.quit-again", "question.parting"]),
        ("esc", Action::Leave, &["help.leave"]),
    ] {
        let combination: KeyCombination = key.parse().unwrap();
        for layer in [Layer::Prompt, Layer::Panes] {
            assert_eq!(
                scene.model.keys.action(&[layer, Layer::Any], event(combination)),
                Some(action),
                "{key}"
            );
        }
        for sentence in sentences {
            for lang in [Lang::En, Lang::Ja] {
                let words = knowledge::word(lang, sentence);
                assert!(words.contains(&key_name(combination)), "{words}");
            }
        }
    }
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

/// Something that can happen to the screen, at random.
#[derive(Clone, Debug)]
enum Chance {
    Key(usize),
    Char(char),
    Bytes(Side, Vec<u8>),
    Paste(String),
    Resize(u16, u16),
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

fn chance() -> impl Strategy<Value = Chance> {
    prop_oneof![
        6 => (any::<bool>(), wire()).prop_map(|(client, bytes)| {
            Chance::Bytes(if client { Side::Client } else { Side::Server }, bytes)
        }),
        6 => (0..200_usize).prop_map(Chance::Key),
        3 => any::<char>().prop_map(Chance::Char),
        1 => ".{0,30}|(EHLO x\r\n){0,3}".prop_map(Chance::Paste),
        1 => (0..200_u16, 0..60_u16).prop_map(|(w, h)| Chance::Resize(w, h)),
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
        Chance::Closed => scene.closed(Ending::Finished),
        Chance::Opened => scene.opened("127.0.0.1:25", false),
        Chance::Wait(seconds) => scene.waits(seconds),
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
