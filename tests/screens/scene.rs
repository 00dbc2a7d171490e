//! A screen, and what a person, a server and the clock do to it.

use bytes::Bytes;
use crokey::KeyCombination;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ehlo::display::Theme;
use ehlo::display::keys::{Action, Keys};
use ehlo::journal::transcript::{Step, steps};
use ehlo::journal::{Ending, Endpoints, Event, Happening, Moment, Side};
use ehlo::knowledge::{self, Lang};
use ehlo::session::pattern::Pattern;
use ehlo::tui::effect::Effect;
use ehlo::tui::message::Message;
use ehlo::tui::model::{Model, Pane};
use ehlo::tui::popup::{Asked, Asks, Candidates, Help, Popup, Query, Question};
use ehlo::tui::prompt::Prompt;
use ehlo::tui::update::update;
use ehlo::tui::view::view;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use unicode_width::UnicodeWidthStr as _;

use super::checks::{borders_are_closed, columns_add_up, nothing_invisible, row};

/// The terminal that most people have.
pub(crate) const SMALL: (u16, u16) = (80, 24);

/// A roomy one.
pub(crate) const LARGE: (u16, u16) = (120, 40);

/// How long the practice server of these tests takes to answer.
const REPLY: u64 = 12_345;

/// How long a person takes for a line.
const TYPING: u64 = 2_000_000;

pub(crate) const GREETING: &str = "S: 220 mx.example.net ESMTP ehlo practice server";

pub(crate) const HELLO: &str = "C: EHLO pc.example.org
S: 250-mx.example.net Hello pc.example.org
S: 250-PIPELINING
S: 250-SIZE 26214400
S: 250-8BITMIME
S: 250-SMTPUTF8
S: 250 ENHANCEDSTATUSCODES";

pub(crate) const ENVELOPE: &str = "C: MAIL FROM:<alice@example.org>
S: 250 2.1.0 Sender <alice@example.org> Ok
C: RCPT TO:<bob@example.net>
S: 250 2.1.5 Recipient <bob@example.net> Ok
C: RCPT TO:<nobody@example.net>
S: 550 5.1.1 <nobody@example.net> is unknown here";

pub(crate) const MESSAGE: &str = "C: DATA
S: 354 Begin; a line with a dot alone ends the message
C: From: Alice <alice@example.org>
C: To: Bob <bob@example.net>
C: Subject: =?utf-8?Q?Caf=C3=A9_am_Montag?=
C: Date: Mon, 23 Nov 2026 08:00:00 +0000
C:
C: Hello Bob,
C: see you there.";

pub(crate) const DOT: &str = "C: .
S: 250 2.0.0 Message accepted as 1";

pub(crate) const MULTIPART: &str = "C: DATA
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
pub(crate) struct Scene {
    pub(crate) model: Model,
    pub(crate) now: u64,
}

impl Scene {
    /// An empty screen that is about to connect to `target`.
    pub(crate) fn dialling(size: (u16, u16), lang: Lang, target: &str) -> Self {
        let theme = Theme::embedded("terminal").unwrap();
        let keys = Keys::parse(knowledge::data("keys.toml")).unwrap();
        let mut model = Model::new(size, lang, theme, keys);
        target.clone_into(&mut model.session.target);
        model.session.dialling = true;
        Self { model, now: 0 }
    }

    /// A screen connected to the practice server.
    pub(crate) fn practice(size: (u16, u16), lang: Lang) -> Self {
        let mut scene = Self::dialling(size, lang, "practice");
        scene.opened("127.0.0.1:2525", true);
        scene
    }

    /// A screen connected to the practice server, behind these lines.
    pub(crate) fn after(size: (u16, u16), lang: Lang, transcripts: &[&str]) -> Self {
        let mut scene = Self::practice(size, lang);
        for text in transcripts {
            scene.play(text);
        }
        scene
    }

    pub(crate) fn opened(&mut self, remote: &str, loopback: bool) {
        let target = self.model.session.target.clone();
        let remote = Some(remote.to_owned());
        self.happens(Happening::Opened(Box::new(Endpoints {
            target,
            remote,
            loopback,
            ..Endpoints::default()
        })));
    }

    pub(crate) fn happens(&mut self, what: Happening) {
        self.tells(Message::Heard(1, Event::new(Moment(self.now), what)));
    }

    /// Something that happens in another session than the first.
    pub(crate) fn elsewhere(&mut self, id: usize, what: Happening) {
        self.tells(Message::Heard(id, Event::new(Moment(self.now), what)));
    }

    /// Another session, connected and greeted, in front.
    pub(crate) fn another(&mut self, target: &str) -> usize {
        let id = self.model.open_session(target.to_owned());
        self.elsewhere(id, Happening::Opened(Box::default()));
        self.elsewhere(id, said(Side::Server, b"220 mx2.example.com ready\r\n"));
        id
    }

    pub(crate) fn tells(&mut self, message: Message) -> Vec<Effect> {
        update(&mut self.model, Message::Tick(Moment(self.now)));
        update(&mut self.model, message)
    }

    pub(crate) fn bytes(&mut self, from: Side, data: &[u8]) {
        self.now += if from == Side::Server { REPLY } else { TYPING };
        let event = Event::bytes(Moment(self.now), from, Bytes::copy_from_slice(data));
        self.tells(Message::Heard(1, event));
    }

    /// The same, and what has to be done then.
    pub(crate) fn heard(&mut self, from: Side, data: &'static str) -> Vec<Effect> {
        self.tells(Message::Heard(1, Event::bytes(Moment(self.now), from, data.into())))
    }

    pub(crate) fn server(&mut self, data: &[u8]) {
        self.bytes(Side::Server, data);
    }

    /// Plays a transcript, line by line.
    pub(crate) fn play(&mut self, transcript: &str) {
        for (_, step) in steps(transcript.as_bytes()).unwrap() {
            match step {
                Step::Client(text) => self.bytes(Side::Client, &text.wire()),
                Step::Server(text) => self.bytes(Side::Server, &text.wire()),
                Step::Directive { name, .. } => panic!("no :{name} here"),
            }
        }
    }

    pub(crate) fn closed(&mut self, how: Ending) {
        self.now += REPLY;
        self.happens(Happening::Closed { by: Side::Server, how });
    }

    pub(crate) fn waits(&mut self, seconds: u64) {
        self.now += seconds * 1_000_000;
        update(&mut self.model, Message::Tick(Moment(self.now)));
    }

    pub(crate) fn press(&mut self, key: &str) -> Vec<Effect> {
        self.tells(Message::Key(event(key.parse().unwrap())))
    }

    /// A key for an action that has none.
    pub(crate) fn bind(&mut self, action: Action) -> KeyEvent {
        let row = format!("[any]\nalt-p = \"{}\"\n", action.name());
        let text = knowledge::data("keys.toml").replace("[any]\n", &row);
        self.model.keys = Keys::parse(&text).unwrap();
        event("alt-p".parse().unwrap())
    }

    /// Uses the mouse at a place.
    pub(crate) fn mouse(&mut self, kind: MouseEventKind, (column, row): (u16, u16)) -> Vec<Effect> {
        let modifiers = KeyModifiers::NONE;
        self.tells(Message::Mouse(MouseEvent { kind, column, row, modifiers }))
    }

    /// Clicks, long behind the click before.
    pub(crate) fn click(&mut self, place: (u16, u16)) -> Vec<Effect> {
        self.now += 1_000_000;
        let mut effects = self.mouse(MouseEventKind::Down(MouseButton::Left), place);
        effects.extend(self.mouse(MouseEventKind::Up(MouseButton::Left), place));
        effects
    }

    pub(crate) fn double_click(&mut self, place: (u16, u16)) -> Vec<Effect> {
        let mut effects = self.click(place);
        effects.extend(self.mouse(MouseEventKind::Down(MouseButton::Left), place));
        effects.extend(self.mouse(MouseEventKind::Up(MouseButton::Left), place));
        effects
    }

    pub(crate) fn drag(&mut self, from: (u16, u16), to: (u16, u16)) -> Vec<Effect> {
        self.now += 1_000_000;
        self.mouse(MouseEventKind::Down(MouseButton::Left), from);
        self.mouse(MouseEventKind::Drag(MouseButton::Left), to);
        self.mouse(MouseEventKind::Up(MouseButton::Left), to)
    }

    /// Where `text` stands on the screen.
    pub(crate) fn find(&self, text: &str) -> (u16, u16) {
        let (buffer, _) = self.drawn();
        let found = (0..buffer.area.height).find_map(|y| {
            let row = row(&buffer, y);
            Some((u16::try_from(row.split_once(text)?.0.width()).unwrap(), y))
        });
        found.unwrap_or_else(|| panic!("{text:?} is not in\n{}", self.grid()))
    }

    pub(crate) fn types(&mut self, text: &str) {
        for c in text.chars() {
            self.tells(Message::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)));
        }
    }

    /// Draws, and looks at every cell.
    pub(crate) fn drawn(&self) -> (Buffer, (u16, u16)) {
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
    pub(crate) fn grid(&self) -> String {
        let (buffer, (x, y)) = self.drawn();
        if self.model.popup.is_none() {
            borders_are_closed(&self.model, &buffer);
        }
        let rows: Vec<String> = (0..buffer.area.height).map(|y| row(&buffer, y)).collect();
        format!("{}\n(cursor {x},{y})", rows.join("\n"))
    }

    /// The bottom line.
    pub(crate) fn hints(&self) -> String {
        let (buffer, _) = self.drawn();
        let area = self.model.panes().hints;
        (area.top()..area.bottom()).map(|y| row(&buffer, y).trim_end().to_owned()).collect()
    }

    pub(crate) fn shows(&self, text: &str) -> bool {
        let (buffer, _) = self.drawn();
        (0..buffer.area.height).any(|y| row(&buffer, y).contains(text))
    }
}

pub(crate) fn said(from: Side, data: &'static [u8]) -> Happening {
    Happening::Bytes { from, data: Bytes::from_static(data), veiled: Vec::new() }
}

pub(crate) fn event(key: KeyCombination) -> KeyEvent {
    key.into()
}

/// A reply that tries everything a terminal could fall for.
pub(crate) const HOSTILE: &[u8] = b"250-\x1b[2J\x1b]0;owned\x07\x00\ttab \x7f\x9b31m\r\n\
    250-\xe2\x80\xaegnp.exe \xe2\x80\x8b\xe2\x80\x8d\xef\xbb\xbf\xc2\xad zero\r\n\
    250-\xff\xfe\xc3( invalid \xed\xa0\x80\r\n\
    250-\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7 family\r\n\
    250-\xcc\x81 combining first, e\xcc\x81 behind\r\n\
    250-back\\slash \\x1b is text\r\n\
    250-bare LF\n\
    250 \xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e end\r\n";

/// Behind a whole session, with these keys pressed in the transcript.
pub(crate) fn reading(size: (u16, u16), lang: Lang, keys: &str) -> Scene {
    let mut scene = Scene::after(size, lang, &[GREETING, HELLO, ENVELOPE, MESSAGE, DOT]);
    scene.press("esc");
    keys.split_whitespace().for_each(|key| drop(scene.press(key)));
    scene
}

/// States that differ in what is on the screen.
pub(crate) fn states(size: (u16, u16), lang: Lang) -> Vec<Scene> {
    let mut closed = Scene::after(size, lang, &[GREETING, HELLO]);
    closed.closed(Ending::Reset);
    let mut hostile = Scene::after(size, lang, &[GREETING, "C: EHLO x"]);
    hostile.server(HOSTILE);
    hostile.server(b"250-half");
    let mut writing = Scene::after(size, lang, &[GREETING, HELLO, ENVELOPE]);
    writing.press("f4");
    writing.tells(Message::Paste(String::from_utf8_lossy(HOSTILE).into_owned()));
    vec![
        Scene::dialling(size, lang, "practice"),
        closed,
        hostile,
        Scene::after(size, lang, &[GREETING, HELLO, ENVELOPE, MESSAGE]),
        Scene::after(size, lang, &[GREETING, HELLO, ENVELOPE, MULTIPART]),
        writing,
        super::catcher::busy(size, lang),
        super::catcher::opened(size, lang),
    ]
}

/// Each focus.
pub(crate) fn panes(scene: &Scene) -> Vec<Model> {
    Pane::ALL.iter().map(|pane| Model { focus: *pane, ..scene.model.clone() }).collect()
}

/// Where a key can be pressed: each focus, and each popup.
pub(crate) fn places(scene: &Scene) -> Vec<Model> {
    let mut out = panes(scene);
    out.push(Model { popup: Some(Popup::Help(Help::default())), ..scene.model.clone() });
    for asked in [Asked::Leave, Asked::Paste("EHLO 日本語\nQUIT".to_owned())] {
        let popup = Some(Popup::Question(Question { asked, chosen: 0, typing: false }));
        out.push(Model { popup, ..scene.model.clone() });
    }
    let mut palette = scene.clone();
    palette.press("ctrl-p");
    let mut themes = palette.clone();
    themes.model.prompt.set(":view.theme");
    themes.press("enter");
    let mut candidates = Model { focus: Pane::Prompt, ..scene.model.clone() };
    candidates.popup = Some(Popup::Candidates(Candidates::default()));
    // Too large for an array of them.
    out.push(palette.model);
    out.push(themes.model);
    out.push(candidates);
    out
}

/// The same, and the lines that ask for something.
pub(crate) fn places_with_lines(scene: &Scene) -> Vec<Model> {
    let mut out = places(scene);
    for asks in [Asks::Find, Asks::Filter] {
        let mut model = Model { focus: Pane::Transcript, ..scene.model.clone() };
        let before = (model.session.anchor, model.session.cursor);
        let (line, focus, filter) = (Prompt::default(), model.focus, Pattern::default());
        let sieve = String::new();
        let query = Query { asks, line, wrong: None, focus, before, find: None, filter, sieve };
        model.popup = Some(Popup::Query(query));
        out.push(model);
    }
    let mut search = scene.clone();
    search.press("ctrl-r");
    out.push(search.model);
    out
}
