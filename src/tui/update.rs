//! `update(&mut Model, Message) -> Vec<Effect>`: synchronous, total, without a clock.

mod advice;
mod arrange;
mod browse;
mod catcher;
mod compose;
mod content;
mod copy;
mod directive;
mod draft;
mod editor;
mod errand;
mod explain;
mod files;
mod find;
mod form;
mod gate;
mod group;
pub mod hand;
mod help;
mod leaving;
mod lines;
mod linked;
mod login;
mod mouse;
mod palette;
mod pasting;
mod plan;
mod question;
mod search;
mod sending;
mod sessions;
mod sheet;
mod themes;
mod thread;
mod transcript;
mod travel;
mod trust;
mod unsent;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use std::sync::Arc;

use crate::display::content::Carried;
use crate::display::keys::Action;
use crate::journal::{Event, Happening, Side};
use crate::knowledge;
use crate::session::card::Cards;
use crate::session::trace::Written;
use crate::session::{Dialogue, Message as SmtpMessage, Past};

use crate::speaker::gate::Release;

use super::effect::Effect;
use super::layout::too_small;
use super::message::{Change, Message};
use super::model::{Anchor, ContentView, Contents, Model, Pane, ReadContent, Session};
use super::pointer::Held;
use super::popup::{Asked, Asks, Popup, Question};
use super::{rows, selection, view};

pub use leaving::lost_with;
pub use question::{answers, reason};

/// How far a page goes in a list.
const PAGE: isize = 10;

/// How far `action` goes in a list, if it moves.
const fn step_of(action: Action) -> Option<isize> {
    match action {
        Action::Up => Some(-1),
        Action::Down => Some(1),
        Action::PageUp => Some(-PAGE),
        Action::PageDown => Some(PAGE),
        _ => None,
    }
}

/// Messages up to this size are read at once; larger ones in the background.
const READ_NOW: u64 = 64 << 10;

/// Takes `message` into the model and says what has to be done.
pub fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    let before = linked::shown(model);
    let selected = linked::selected(model);
    let shown = shown(model);
    let written = editor::place(model);
    // Of which session a secret stands in the line.
    let secret = model.prompt.held_secret().then_some(model.session.id);
    let mut effects = take(model, message);
    effects.extend(files::want(model));
    let cards = view::envelope::shown(model);
    let Session { cards: known, travel, dialogue, .. } = &mut model.session;
    known.update(travel.as_ref().map_or(dialogue, |travel| &travel.seen), cards);
    if self::shown(model) != shown && model.session.view != ContentView::Thread {
        // A line of another message is not the one at which the person pointed.
        model.session.pointed = model.session.pointed.filter(|(pane, _)| *pane != Pane::Content);
    }
    model.session.selection = selection::linked(model);
    // What is found stands there only to be looked at.
    let found = matches!(model.popup, Some(Popup::Search(_)));
    if !found && (secret == Some(model.session.id) || hides(model)) {
        // What is left of it, and what can be undone, may be read later, where nobody knows.
        model.prompt.hold_secret();
    }
    for effect in &effects {
        given(model, effect);
    }
    let steps = plan::go_on(model, model.session.id);
    for effect in &steps {
        given(model, effect);
    }
    effects.extend(steps);
    effects.extend(read_content(model));
    effects.extend(content::lay_out(model));
    effects.extend(thread::want(model));
    let is_other = self::shown(model) != shown && model.session.id == shown.0;
    if is_other && model.session.view != ContentView::Thread {
        model.session.content_scroll = 0;
    }
    if linked::shown(model) != before {
        linked::show(model);
    }
    if linked::selected(model) != selected {
        explain::close(model);
    }
    if model.editing().is_some() {
        if editor::place(model) != written {
            editor::show_cursor(model);
        }
        effects.extend(draft::look_through(model));
    }
    trust::ask(model);
    sheet::refresh(model);
    advice::count_draft(model);
    sending::next_by_hand(model);
    effects
}

/// The session in front, and its message that is shown.
fn shown(model: &Model) -> (usize, Option<usize>) {
    (model.session.id, view::content::message(model).map(|(index, _)| index))
}

/// Whether a secret stands in the line: a key makes it one, and so does what is heard.
fn hides(model: &Model) -> bool {
    !model.prompt.text().is_empty() && !model.typed_secrets().is_empty()
}

/// No lines that a person types are larger than this together; a message can be.
const LINES: usize = 64 << 10;

/// What a session is told to say is on its way.
fn given(model: &mut Model, effect: &Effect) {
    let (id, bytes) = match effect {
        Effect::Say(id, bytes) | Effect::Answer(id, bytes) => (*id, &bytes[..]),
        Effect::Drip(id, drip) => (*id, drip.left()),
        _ => return,
    };
    let Some(session) = model.session_mut(id) else { return };
    if session.hand.is_some() {
        session.gave(bytes);
        if matches!(effect, Effect::Drip(..)) {
            session.drip = Some((0, bytes.len()));
        }
        return;
    }
    if matches!(effect, Effect::Answer(..)) {
        session.past.hide(bytes, &mut session.dialogue);
    }
    let dialogue = &session.dialogue;
    // Nothing of a message is a secret, and it can be large.
    let ours = session.sending.as_ref().is_none_or(|sending| sending.by_hand);
    if ours && dialogue.awaits_octets() {
        session.octets_given += bytes.len() as u64;
    } else if ours && !dialogue.awaits_mail_data() && bytes.len() <= LINES {
        session.gave(bytes);
    }
    if matches!(effect, Effect::Drip(..)) {
        let (sent, total) = session.drip.unwrap_or_default();
        session.drip = Some((sent, total + bytes.len()));
    }
}

fn take(model: &mut Model, message: Message) -> Vec<Effect> {
    match message {
        Message::Tick(now) => model.now = now,
        Message::Resize(columns, rows) => {
            model.size = (columns, rows);
            model.marked = None;
            model.pointer.held = Held::Nothing;
        }
        Message::Key(key) => return key_pressed(model, key),
        Message::Mouse(event) => return mouse::mouse(model, event),
        Message::Paste(text) => {
            model.marked = None;
            if model.popup.is_none() {
                travel::now_to_say(model);
            }
            pasting::paste(model, &text);
        }
        Message::Heard(id, event) => return heard(model, id, &event),
        Message::Unopened(id, told) => return sessions::unopened(model, id, told),
        Message::Loaded(id, loaded, notice) => self::loaded(model, id, *loaded, notice),
        Message::Reading { session, read, all } => {
            if let Some(session) = model.session_mut(session) {
                session.loaded = (read, all);
            }
        }
        Message::ContentRead { session, read } => {
            if let Some(session) = model.session_mut(session) {
                content_read(session, *read);
            }
            // That it is being read stands behind the lines no more.
            browse::scroll_pane(model, Pane::Content, 0);
        }
        Message::LaidOut { session, message, content, lang, columns, rows } => {
            if let Some(session) = model.session_mut(session) {
                session.laying_out = false;
                let read = session.read.of(message);
                if let Some(read) = read.filter(|read| Arc::ptr_eq(&read.content, &content)) {
                    read.laid.keep_rows(lang, columns, *rows);
                }
            }
            content::laid_out(model);
            browse::scroll_pane(model, Pane::Content, 0);
        }
        Message::ThreadsRead { session, threads } => {
            // Those of fewer messages are no longer waited for.
            if let Some(own) = model.session_mut(session)
                && own.threading == Some(threads.of)
            {
                own.threading = None;
                thread::keep(model, session, *threads);
            }
        }
        Message::Configured(changes, told) => {
            // What was said of something else stays; what was wrong and is mended goes.
            if told.is_some() || model.notice == model.wrong_settings {
                model.notice.clone_from(&told);
            }
            model.wrong_settings = told;
            return changes.into_iter().filter_map(|change| configure(model, change)).collect();
        }
        Message::Listed(folder) => files::listed(model, folder),
        Message::Pieces { session, pieces, number } => {
            return sending::begin(model, session, pieces, number);
        }
        Message::Made { session, made, line } => {
            return group::made(model, session, made, line.as_deref());
        }
        Message::Reviewed(id, reviewed) => draft::reviewed(model, id, *reviewed),
        Message::Stamped(id, item, stamp) => draft::stamped(model, id, item, stamp),
        Message::Edited { session, revision, text } => {
            draft::edited(model, session, revision, text);
        }
        Message::DraftsLeft(drafts) => draft::found(model, drafts),
        Message::DraftKept { session, why } => draft::kept(model, session, why),
        Message::DraftTaken { session, path, text } => {
            draft::taken(model, session, &path, text);
        }
        Message::LogsIn { session, login, secret, seed } => {
            return login::begin(model, session, *login, secret, seed);
        }
        Message::Planned(id, read) => plan::loaded(model, id, read.map(|plan| *plan)),
        Message::Waited { session, number } => return plan::waited(model, session, number),
        Message::Say(text) => model.notice = Some(text),
        Message::NoBrowser(what) => {
            return vec![Effect::Copy { text: what.clone().into(), what }];
        }
        Message::Copied(copied) => copy::said(model, &copied),
        Message::PartKept(wish, kept) => content::kept(model, wish, kept),
        Message::Compared(id, name, dialogue) => sheet::read(model, id, name, *dialogue),
        Message::Gate(id, news) => gate::heard(model, id, news),
        Message::Caught(id, news) => catcher::take(model, id, news),
        Message::Brought(what, target, seen) => {
            return catcher::brought(model, &what, target, seen.as_deref().map(|(_, seen)| seen));
        }
        Message::RecordingFailed(id, why) => recording_failed(model, id, &why),
    }
    Vec::new()
}

fn heard(model: &mut Model, id: usize, event: &Event) -> Vec<Effect> {
    let in_front = id == model.session.id;
    let opened = in_front && !model.session.articles.is_empty();
    let is_reading = opened || (in_front && rows::selected(model, &model.session).is_some());
    let secrets = unsent::secrets(model, id);
    let insecure = model.insecure;
    // A session that was closed may still have something to say.
    let Some(session) = model.session_mut(id) else { return Vec::new() };
    let before = what_fills(&session.dialogue);
    let messages = session.dialogue.messages().len();
    let travels = session.travels();
    session.past.take(event.clone(), &mut session.dialogue);
    if session.dialogue.messages().len() > messages && !travels {
        // What is being filled is what one wants to see.
        session.chosen = None;
    }
    session.sight.grow(&session.dialogue);
    trust::heard(session, event, insecure);
    if let Some(group) = &mut session.group {
        group.look(&session.dialogue);
    }
    if let Happening::Verified(found) = &event.what
        && let Some(read) = session.read.of(found.message)
    {
        read.laid.forget(ContentView::Authenticity);
    }
    match &event.what {
        Happening::Bytes { from, data, .. } if *from == session.side() => {
            session.wrote(data);
            plan::wrote(session, data.len());
        }
        Happening::Bytes { .. }
        | Happening::Aside(_)
        | Happening::Exited(_)
        | Happening::Overdue { .. } => {}
        what if what.is_beside() => {}
        _ => session.gives_up(),
    }
    session.look_what_is_asked(event.at);
    let filled = what_fills(&session.dialogue).filter(|now| before != Some(*now));
    if matches!(event.what, Happening::Opened(_) | Happening::NotOpened(_)) {
        session.dialling = false;
    }
    if !is_reading && !travels {
        session.explain_scroll = 0;
    }
    if session.anchor == Anchor::Follow {
        session.followed = rows::count(session.seen());
    }
    let mut effects = Vec::new();
    if let Happening::Bytes { from, .. } = &event.what {
        if let Some(queue) = session.queue.as_mut().filter(|_| *from == Side::Client) {
            queue.written();
        }
        if *from == session.side() && !session.articles.is_empty() && !travels {
            // What was sent is to be explained now.
            session.articles.clear();
            session.link = None;
            session.explain_scroll = 0;
        }
    }
    let covers = model.tab == Pane::Plan && model.panes().content.is_none();
    if let Some((_, mail_data)) = filled.filter(|_| in_front && !travels && !covers) {
        // Where envelope and content share a place, it shows what is being filled.
        model.tab = if mail_data { Pane::Content } else { Pane::Envelope };
    }
    if let Happening::Opened(endpoints) = &event.what {
        effects.extend(sessions::follow(model, id, endpoints));
    }
    if model.beside().is_some_and(|beside| beside.id == id) && model.panes().beside.is_some() {
        // What stands beside the front is seen too.
        if let Some(session) = model.session_mut(id) {
            session.seen = rows::count(&session.dialogue);
        }
    }
    hand::list_again(model, id);
    unsent::forget(model, id, &secrets);
    sending::lines_settle(model, id);
    effects.extend(leaving::settle(model));
    advice::learn(model, id);
    effects.extend(go_on(model, id));
    effects.extend(leaving::parted(model, id));
    effects
}

/// Goes on with what a session says by itself, if it is its turn.
fn go_on(model: &mut Model, id: usize) -> Vec<Effect> {
    let goes_on = [errand::go_on, lines::next_line, sending::go_on];
    let effects: Vec<_> = goes_on.into_iter().flat_map(|goes_on| goes_on(model, id)).collect();
    // The plan in front has its turn behind everything else that happens.
    let steps = effects.is_empty() && id != model.session.id;
    let steps = if steps { plan::go_on(model, id) } else { Vec::new() };
    effects.into_iter().chain(steps).collect()
}

fn loaded(
    model: &mut Model,
    id: usize,
    (past, dialogue): (Past, Dialogue),
    notice: Option<String>,
) {
    let Some(session) = model.session_mut(id) else { return };
    (session.past, session.dialogue) = (past, dialogue);
    session.travel = None;
    session.sight.begin_again(&session.dialogue);
    session.loading = false;
    session.read = Contents::default();
    session.threads = None;
    session.threading = None;
    session.reading = None;
    session.cards = Cards::default();
    if session.is_stored() {
        // Nothing was said last: one begins to read where it begins.
        session.anchor = Anchor::At { row: 0, skip: 0 };
        session.followed = rows::count(&session.dialogue);
        // A file holds one message, be it which of its session it was.
        let count = session.dialogue.messages().len();
        session.chosen = session.chosen.filter(|at| *at < count).or(Some(0));
    }
    model.notice = model.notice.take().or(notice);
    if id == model.session.id && model.session.caught.is_some() {
        catcher::show_message(model);
    }
    if id == model.session.id && model.session.is_stored() {
        browse::focus(model, Pane::Content);
    }
}

fn configure(model: &mut Model, change: Change) -> Option<Effect> {
    match change {
        Change::Lang(lang) => model.lang = lang,
        Change::Depth(depth) => {
            model.depth = depth;
            model.wear(model.theme.clone());
        }
        Change::Theme(name, theme) => {
            model.theme_name = name;
            model.wear(theme);
            if let Some(Popup::Themes(themes)) = &mut model.popup {
                themes.before = model.theme.clone();
            }
        }
        Change::OwnThemes(themes) => model.themes = themes,
        Change::OwnFaults(faults) => model.faults = faults,
        Change::Keys(keys) => model.keys = keys,
        Change::Ascii(ascii) => model.ascii = ascii,
        Change::Hints(shown) => model.hints = shown,
        Change::Wrap(wrapped) => model.wrap = wrapped,
        Change::Time(shown) => model.time = shown,
        Change::LineEnds(shown) => model.line_ends = shown,
        Change::History(kept) => model.remembers = kept,
        Change::ConfirmQuit(asks) => model.confirm_quit = asks,
        Change::Limits(limits) => {
            model.limits = limits;
            return Some(Effect::Limit(limits));
        }
        Change::Mouse(ours) => {
            model.mouse = ours;
            return Some(Effect::Mouse(ours));
        }
    }
    None
}

fn recording_failed(model: &mut Model, id: usize, why: &str) {
    let Some(session) = model.session_mut(id) else { return };
    session.recording = false;
    let text = knowledge::fill(model.lang, "message.recording-failed", &[("why", why)]);
    model.notice = Some(model.numbered(id, text));
}

/// The transaction that is open, and whether its message is being sent.
fn what_fills(dialogue: &Dialogue) -> Option<(usize, bool)> {
    dialogue.envelope().open().map(|t| (t.exchange, dialogue.awaits_mail_data()))
}

fn content_read(session: &mut Session, read: ReadContent) {
    if session.reading == Some(read.message) {
        session.reading = None;
    }
    // Another dialogue may have come since, or none.
    let len = session.seen().messages().get(read.message).map(SmtpMessage::wire_len);
    if len == Some(read.of.0) {
        session.read.keep(read);
    }
}

/// Reads the content of the message that is shown, if there is more of it than was read. One that was
/// asked for before is not waited for.
fn read_content(model: &mut Model) -> Vec<Effect> {
    let Some(index) = view::content::message(model).map(|(index, _)| index) else {
        return Vec::new();
    };
    model.session.show_of(index);
    let written = Written::of(model.session.seen(), index);
    model.session.read.hear(index, written);
    let Some(message) = model.session.seen().messages().get(index) else { return Vec::new() };
    let known = model.session.read.of(index).map(|read| read.of);
    let ended = !model.session.seen().grows(index);
    let len = message.wire_len();
    if known == Some((len, ended)) {
        return Vec::new();
    }
    if len <= READ_NOW || (known.is_none_or(|(len, _)| len < READ_NOW) && !ended) {
        // Of a large message the beginning is enough until it is complete: its header is there.
        let content = message.kept_up_to(READ_NOW).read();
        let carried = Carried::of(model.session.seen(), index);
        model.session.read.keep(ReadContent::new(index, (len, ended), content, &carried));
    } else if ended && model.session.reading != Some(index) {
        let kept = message.kept_up_to(u64::MAX);
        let carried = Box::new(Carried::of(model.session.seen(), index));
        model.session.reading = Some(index);
        let (session, of) = (model.session.id, (len, ended));
        return vec![Effect::ReadContent { session, message: index, of, carried, kept }];
    }
    Vec::new()
}

fn key_pressed(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    let action = model.keys.action(model.layers(), key).or_else(|| hand::too_early(model, key));
    if too_small(model.size) && (model.popup.is_some() || action == Some(Action::Send)) {
        // Nothing is sent or answered unseen.
        return Vec::new();
    }
    if !matches!(action, Some(Action::Quit | Action::Hangup)) {
        model.leaving = false;
    }
    model.notice = None;
    let at_prompt = model.popup.is_none()
        && model.focus == Pane::Prompt
        && model.editing().is_none()
        && model.session.catcher.is_none();
    if action == Some(Action::Delete) && at_prompt && model.prompt.text().is_empty() {
        // Ctrl-D, as in a shell.
        return leaving::quit(model);
    }
    if let Some(action) = action {
        let effects = act(model, action);
        if !leaves_marked(action) {
            model.marked = None;
        }
        return effects;
    }
    model.marked = None;
    if let (Some(Popup::Copy(_)), Some(letter)) = (&model.popup, typed_char(key)) {
        return copy::letter(model, letter);
    }
    compose::typed(model, key)
}

/// Whether what is marked stays marked behind `action`.
const fn leaves_marked(action: Action) -> bool {
    use Action::{Copy, Redraw, Screenshot, Suspend};
    browse::moves(action) || matches!(action, Copy | Screenshot | Redraw | Suspend)
}

/// Does `action`, whichever key, click or list entry asked for it. An open popup has the first
/// say; what it does not know closes it.
fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    if let Some(effects) = in_popup(model, action) {
        return effects;
    }
    if travel::says(model, action) {
        // A row is the same one in every moment.
        let row = model.session.cursor.filter(|_| action == Action::Resend);
        travel::now_to_say(model);
        model.session.cursor = row.or(model.session.cursor);
    }
    if let Some(effects) = catcher::act(model, action).or_else(|| hand::act(model, action)) {
        return effects;
    }
    if let Some(effects) = editor::act(model, action).or_else(|| sessions::act(model, action)) {
        return effects;
    }
    if let Some(effects) = plan::act(model, action) {
        return effects;
    }
    match action {
        Action::Help => help::open(model),
        Action::Palette => palette::open(model, ":", true),
        Action::Theme => themes::open(model),
        Action::Language => model.lang = model.lang.other(),
        Action::Connect => compose::prepare(model, "connect"),
        Action::KeepAlive => return compose::keep_alive(model),
        Action::Release => return gate::release(model, Release::AsItIs),
        Action::EditHeld => return gate::edit(model),
        Action::Times => sheet::times(model),
        Action::Compare => return sheet::compare_with(model, ""),
        Action::Hangup => return hang_up(model),
        Action::Suspend => return vec![Effect::Suspend],
        Action::Redraw => return vec![Effect::Redraw],
        Action::Screenshot => return vec![Effect::Screenshot],
        Action::Mouse => return switch_mouse(model),
        Action::Secrets => switch_secrets(model),
        Action::Copy => copy::line(model),
        Action::CopyPane => copy::pane(model),
        Action::Open => return copy::open(model),
        Action::Quit => return leaving::quit(model),
        Action::Send => return compose::send(model),
        Action::CompleteLine => advice::complete(model),
        Action::Candidates => advice::list(model),
        Action::Find => find::open(model, Asks::Find),
        Action::Filter => find::open(model, Asks::Filter),
        Action::FindNext => find::again(model, true),
        Action::FindPrevious => find::again(model, false),
        Action::HistorySearch => search::open(model),
        Action::Leave if model.session.reads_messages() => {
            return vec![Effect::StopReading(model.session.id)];
        }
        Action::Leave if find::leave(model) => {}
        _ if travel::act(model, action) => {}
        Action::Leave if model.focus == Pane::Prompt && group::cancel(model) => {}
        _ if explain::act(model, action) || content::act(model, action) => {}
        _ if thread::act(model, action) => {}
        _ if transcript::act(model, action) => {}
        _ if compose::edit(model, action) || arrange::arrange(model, action) => {}
        _ => browse::browse(model, action),
    }
    Vec::new()
}

/// What an open popup makes of `action`; `None` if there is none, or if it is closed by it.
fn in_popup(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    model.popup.as_ref()?;
    // These are no answers to a popup, and leave it open.
    if matches!(
        action,
        Action::Quit | Action::Suspend | Action::Redraw | Action::Screenshot | Action::Mouse
    ) {
        return None;
    }
    if matches!(action, Action::Leave | Action::Hangup) {
        close(model);
        return Some(Vec::new());
    }
    let edited = compose::edit(model, action);
    let effects = match model.popup {
        Some(Popup::Help(_)) => help::act(model, action, edited),
        Some(Popup::Palette(_)) => palette::act(model, action, edited),
        Some(Popup::Candidates(_)) => advice::act(model, action, edited),
        Some(Popup::Themes(_)) => themes::act(model, action),
        Some(Popup::Question(_)) => question::act(model, action),
        Some(Popup::Query(_)) => find::act(model, action, edited),
        Some(Popup::Search(_)) => search::act(model, action, edited),
        Some(Popup::Copy(_)) => copy::act(model, action),
        Some(Popup::Form(_)) => form::act(model, action, edited),
        Some(Popup::Sheet(_)) => sheet::act(model, action),
        Some(Popup::Password(_)) if edited => Some(Vec::new()),
        Some(Popup::Password(_)) => login::act(model, action),
        None => None,
    };
    if effects.is_none() {
        close(model);
    }
    effects
}

/// Takes the mouse, or leaves it to the terminal.
fn switch_mouse(model: &mut Model) -> Vec<Effect> {
    model.mouse = !model.mouse;
    let key = if model.mouse { "mouse.on" } else { "mouse.off" };
    model.tell(key);
    vec![Effect::Mouse(model.mouse)]
}

/// Shows what is a secret, or veils it again. What is recorded is not touched by it.
fn switch_secrets(model: &mut Model) {
    model.with_secrets = !model.with_secrets;
    model.tell(if model.with_secrets { "secrets.shown" } else { "secrets.veiled" });
}

/// Closes the popup; what it had put aside is there again.
fn close(model: &mut Model) {
    find::cancel(model);
    match model.popup.take() {
        Some(Popup::Palette(palette)) => {
            let draft = model.prompt.put_aside("");
            model.prompt.put_back(palette.draft.or(draft));
        }
        Some(Popup::Search(search)) => model.prompt.put_back(search.draft),
        // Without its password a login does not begin.
        Some(Popup::Password(asked)) => plan::failed(model, asked.session),
        Some(Popup::Themes(themes)) => model.wear(themes.before),
        Some(Popup::Question(Question { asked: Asked::Paste(text), .. })) => {
            pasting::put_off(model, text);
        }
        _ => {}
    }
}

/// Chooses an entry of the open list by its number, as a click does.
pub fn choose(model: &mut Model, index: usize) -> Vec<Effect> {
    match &mut model.popup {
        Some(Popup::Palette(palette)) => palette.chosen = Some(index),
        Some(Popup::Candidates(_)) => advice::go_to(model, index),
        Some(Popup::Themes(themes)) => themes.chosen = index,
        Some(Popup::Question(question)) => question.chosen = index,
        Some(Popup::Copy(copy)) => copy.chosen = index,
        Some(Popup::Sheet(sheet)) => sheet.chosen = index,
        Some(Popup::Form(form)) => {
            form.go_to(index);
            return Vec::new();
        }
        _ => return Vec::new(),
    }
    themes::preview(model);
    act(model, Action::Choose)
}

/// The line of an open popup has other text.
fn line_changed(model: &mut Model) {
    match &mut model.popup {
        Some(Popup::Help(help)) => help.scroll = 0,
        Some(Popup::Palette(_)) => palette::typed_on(model),
        Some(Popup::Candidates(_)) => advice::typed_on(model),
        Some(Popup::Query(_)) => find::edited(model),
        Some(Popup::Search(_)) => search::edited(model),
        _ => {}
    }
}

/// Ctrl-C: copies what is marked, stops what goes out bit by bit, clears the line, stops connecting,
/// and at the second time leaves.
fn hang_up(model: &mut Model) -> Vec<Effect> {
    if model.marked.is_some() {
        return mouse::copy_marked(model);
    }
    if model.session.queue.is_some() {
        lines::stop(model, model.session.id, "queue.by-hand", "");
        return Vec::new();
    }
    if plan::halt(model) {
        return Vec::new();
    }
    if let Some((sent, total)) = model.session.drip {
        let values = [("sent", &*sent.to_string()), ("total", &total.to_string())];
        model.notice = Some(model.sentence("drip.stopped", &values));
        model.session.gives_up();
        return vec![Effect::Stop(model.session.id)];
    }
    if let Some(effects) = sending::stop(model) {
        return effects;
    }
    if model.session.errand.is_some() {
        errand::give_up(model, model.session.id, "errand.given-up");
        return Vec::new();
    }
    if model.editing().is_none() && !model.prompt.text().is_empty() {
        model.prompt.take(false);
        return Vec::new();
    }
    if group::cancel(model) {
        return Vec::new();
    }
    if model.session.dialling {
        return vec![Effect::HangUp];
    }
    if model.session.reads_messages() && !model.leaving {
        model.leaving = true;
        return vec![Effect::StopReading(model.session.id)];
    }
    if std::mem::replace(&mut model.leaving, true) {
        return leaving::quit(model);
    }
    model.tell("message.quit-again");
    Vec::new()
}

/// Whether a key types its character.
fn typed_char(key: KeyEvent) -> Option<char> {
    let plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    match key.code {
        KeyCode::Char(c) if plain => Some(c),
        _ => None,
    }
}
