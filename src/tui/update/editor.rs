//! The editor: opened and left, typed into, and what comes back from the outside.

use std::path::PathBuf;

use crate::display::keys::Action;
use crate::draft::{self, Facts, Offers};
use crate::knowledge;
use crate::smtp::path::Path;

use super::super::directive::cannot_edit;
use super::super::editor::item::Item;
use super::super::editor::{Editor, LeftDraft, REVIEW_NOW, Reviewed, Side};
use super::super::effect::Effect;
use super::super::layout::{Split, inside};
use super::super::message::Stamp;
use super::super::model::{Model, Pane, Session};
use super::super::popup::{Answer, Asked};
use super::super::view;
use super::{arrange, directive, palette, question};

/// Lines by which a page key moves where nothing is known of the place.
const PAGE: u16 = 10;

/// Cells by which a key moves the border.
const STEP: i32 = 2;

/// Opens the editor of the session in front; a draft that was left is asked about first.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    if let Some(why) = cannot_edit(model) {
        return directive::told(model, why);
    }
    match model.left_drafts.first() {
        Some(_) if model.session.editor.is_none() => question::ask(model, Asked::LeftDraft),
        _ => begin(model),
    }
    Vec::new()
}

/// Opens the editor, whatever was left.
pub(super) fn begin(model: &mut Model) {
    let editor = model.session.editor.get_or_insert_default();
    editor.open = true;
    editor.side = Side::Text;
}

/// Leaves the editor; the draft waits.
pub(super) fn leave(model: &mut Model) {
    if let Some(editor) = &mut model.session.editor {
        editor.open = false;
        if editor.text.is_empty() {
            // Nothing was written that could wait.
            model.session.editor = None;
        }
    }
    model.focus = Pane::Prompt;
}

/// Does what concerns the editor; `None` if `action` is for the rest of the screen.
pub(super) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    match action {
        Action::Edit => return Some(open(model)),
        Action::SendDraft => return Some(super::sending::ask(model)),
        Action::DropDraft if model.session.editor.is_some() => {
            question::ask(model, Asked::DropDraft);
            return Some(Vec::new());
        }
        Action::Insert => return Some(insert(model)),
        Action::EditOutside => return Some(edit_outside(model)),
        _ => {}
    }
    let side = model.editing()?.side;
    match action {
        Action::Leave => leave(model),
        Action::PaneNext | Action::PanePrevious => turn(model),
        Action::Prompt if side == Side::Live => turn(model),
        Action::Wider => widen(model, STEP),
        Action::Narrower => widen(model, -STEP),
        _ if is_elsewhere(action) => {
            leave(model);
            return None;
        }
        _ if goes_on(action) => return None,
        _ if side == Side::Live => scroll(model, action),
        _ => edit(model, action),
    }
    Some(Vec::new())
}

/// Actions that show a pane, which the editor covers.
const fn is_elsewhere(action: Action) -> bool {
    use Action::{Content, ContentView, Envelope, Explain, ExplainLarger, Prompt, Transcript};
    matches!(
        action,
        Prompt | Transcript | Envelope | Content | Explain | ContentView | ExplainLarger
    )
}

/// Actions that do in the editor what they do everywhere.
const fn goes_on(action: Action) -> bool {
    use Action::{
        Connect, Equal, Hangup, Help, KeepAlive, Language, Mouse, Palette, Quit, Redraw,
        Screenshot, SessionBeside, SessionClose, SessionNew, SessionNext, SessionOtherEnd,
        SessionPrevious, Suspend, Theme, Zoom,
    };
    matches!(
        action,
        Connect
            | Equal
            | Hangup
            | Help
            | KeepAlive
            | Language
            | Mouse
            | Palette
            | Quit
            | Redraw
            | Screenshot
            | SessionBeside
            | SessionClose
            | SessionNew
            | SessionNext
            | SessionOtherEnd
            | SessionPrevious
            | Suspend
            | Theme
            | Zoom
    )
}

/// The other side has the focus.
fn turn(model: &mut Model) {
    if let Some(editor) = &mut model.session.editor {
        editor.side = if editor.side == Side::Text { Side::Live } else { Side::Text };
    }
}

/// Gives the side with the focus more place, or less.
fn widen(model: &mut Model, by: i32) {
    let live = model.editing().is_some_and(|editor| editor.side == Side::Live);
    let panes = model.panes();
    if let Some(splitter) = panes.splitters.iter().find(|s| s.split == Split::Editor) {
        let by = if live { -by } else { by };
        arrange::move_border(model, Split::Editor, i32::from(splitter.before) + by);
    }
}

/// Moves in the live view.
fn scroll(model: &mut Model, action: Action) {
    let by = match action {
        Action::Up => -1,
        Action::Down => 1,
        Action::PageUp => -page(model, Side::Live),
        Action::PageDown => page(model, Side::Live),
        Action::Top => isize::MIN,
        Action::Follow => isize::MAX,
        _ => return,
    };
    scroll_live(model, by);
}

fn scroll_live(model: &mut Model, by: isize) {
    let most = view::live::length(model);
    if let Some(editor) = &mut model.session.editor {
        editor.scroll = editor.scroll.saturating_add_signed(by).min(most);
    }
}

/// How far a page goes.
fn page(model: &Model, side: Side) -> isize {
    let height = model.panes().side(side).map_or(PAGE, |area| inside(area).height);
    isize::from(i16::try_from(height).unwrap_or(i16::MAX)).max(2) - 1
}

/// Moves in the text, or changes it.
fn edit(model: &mut Model, action: Action) {
    let page = page(model, Side::Text);
    let kept = model.prompt.kept().to_owned();
    let Some(editor) = &mut model.session.editor else { return };
    let text = &mut editor.text;
    let mut killed = None;
    match action {
        Action::NewLine => text.type_in("\n"),
        Action::Tab => text.type_in("\t"),
        Action::Back => text.delete_back(),
        Action::Delete => text.delete_forward(),
        Action::Left => text.left(),
        Action::Right => text.right(),
        Action::WordLeft => text.word_left(),
        Action::WordRight => text.word_right(),
        Action::Home => text.home(),
        Action::End => text.end(),
        Action::Up => text.down(-1),
        Action::Down => text.down(1),
        Action::PageUp => text.down(-page),
        Action::PageDown => text.down(page),
        Action::Top => text.place(0),
        Action::Follow => text.place(usize::MAX),
        Action::KillWord => killed = Some(text.kill_word()),
        Action::KillStart => killed = Some(text.kill_start()),
        Action::KillEnd => killed = Some(text.kill_end()),
        Action::Yank => text.insert(&kept),
        Action::Undo if !text.undo() => model.tell("editor.no-undo"),
        Action::Redo if !text.redo() => model.tell("editor.no-redo"),
        _ => {}
    }
    if let Some(killed) = killed {
        model.prompt.keep(killed);
    }
}

/// A key that no table names: its character goes into the text.
pub(super) fn typed(model: &mut Model, c: char) {
    if let Some(editor) = &mut model.session.editor
        && editor.side == Side::Text
    {
        editor.text.type_in(c.encode_utf8(&mut [0; 4]));
    }
}

/// A paste goes into the text as it is, with LF for its line ends.
pub(super) fn paste(model: &mut Model, text: &str) {
    if let Some(editor) = &mut model.session.editor {
        editor.side = Side::Text;
        editor.text.insert(&text.replace("\r\n", "\n").replace('\r', "\n"));
    }
}

/// The list of what can be put in.
fn insert(model: &mut Model) -> Vec<Effect> {
    if let Some(why) = cannot_edit(model) {
        return directive::told(model, why);
    }
    begin(model);
    palette::open(model, ":insert ");
    Vec::new()
}

/// Puts something in; the outside world gives what nobody can know.
pub(super) fn put_in(model: &mut Model, item: Item) -> Vec<Effect> {
    if let Some(why) = cannot_edit(model) {
        return directive::told(model, why);
    }
    begin(model);
    match item {
        Item::File => {
            super::form::open(model, "");
            Vec::new()
        }
        _ => vec![Effect::Stamp(model.session.id, item)],
    }
}

/// The outside world has said the time.
pub(super) fn stamped(model: &mut Model, id: usize, item: Item, stamp: Stamp) {
    let Some(session) = model.session_mut(id) else { return };
    let (from, to) = addresses(session);
    let mut facts = Facts::new(stamp.now, stamp.seed, &from, &to);
    let is_reply = matches!(item, Item::Template(template) if template.name == "reply");
    let last = session.dialogue.messages().iter().rfind(|m| m.is_complete() && is_reply);
    if let Some(parent) = last {
        facts = facts.answering(&parent.content_up_to(REVIEW_NOW as u64));
    }
    let Some(editor) = &mut session.editor else { return };
    let (text, line) = (editor.text.rope().to_string(), editor.text.line());
    let new = match item {
        Item::Template(template) => {
            Some(knowledge::filled(knowledge::data(&template.file()), &facts.places()))
        }
        Item::Date => Some(draft::set_field(&text, "Date", &facts.date)),
        Item::MessageId => Some(draft::set_field(&text, "Message-ID", &facts.message_id)),
        Item::Boundary => draft::set_boundary(&text, line, &facts.boundary),
        Item::Header => draft::header::recode_field(&text, line),
        Item::Body(encoding) => draft::encode_body(&text, line, encoding),
        Item::File => None,
    };
    match new {
        Some(new) => editor.text.replace_all(&new),
        None => model.tell("editor.nothing-here"),
    }
}

/// Who writes to whom, as far as the session knows; else those of the practice world.
fn addresses(session: &Session) -> (String, String) {
    let open = session.dialogue.envelope().open();
    let written = |path: &Path| Some(path.written.clone()).filter(|w| !w.is_empty());
    let from = open.and_then(|t| written(&t.sender));
    let to = open.and_then(|t| written(&t.recipients.first()?.path));
    let or = |address: Option<String>, other: &str| address.unwrap_or_else(|| other.to_owned());
    (or(from, "alice@example.org"), or(to, "bob@example.net"))
}

/// Lets the person write in an editor of their own.
fn edit_outside(model: &mut Model) -> Vec<Effect> {
    if let Some(why) = cannot_edit(model) {
        return directive::told(model, why);
    }
    begin(model);
    let text = model.session.editor.as_ref().map(|editor| editor.text.rope().clone());
    vec![Effect::EditOutside(model.session.id, text.unwrap_or_default())]
}

/// Something else has made a text of the draft; where it was written on meanwhile, that counts.
pub(super) fn edited(model: &mut Model, id: usize, revision: u64, text: Result<String, String>) {
    let Some(editor) = model.session_mut(id).and_then(|s| s.editor.as_mut()) else { return };
    match text {
        Err(why) => model.notice = Some(why),
        Ok(_) if editor.text.revision() != revision => model.tell("editor.changed"),
        Ok(text) => {
            if *editor.text.rope() != text.as_str() {
                editor.text.replace_all(&text);
            }
        }
    }
}

/// Drafts were found: nothing is asked before the person wants to write.
pub(super) fn found(model: &mut Model, drafts: Vec<LeftDraft>) {
    model.left_drafts = drafts;
    if !model.left_drafts.is_empty() && model.notice.is_none() {
        model.tell("editor.left");
    }
}

/// A draft that was left is taken over, or somebody else has it.
pub(super) fn taken(model: &mut Model, id: usize, path: &PathBuf, text: Result<String, String>) {
    model.left_drafts.retain(|draft| draft.path != *path);
    match text {
        Err(why) => model.notice = Some(why),
        Ok(text) => {
            if let Some(session) = model.session_mut(id) {
                session.editor = Some(Editor { open: true, ..Editor::with(&text) });
            }
        }
    }
}

/// What becomes of the newest draft that was left.
pub(super) fn decide(model: &mut Model, answer: Answer) -> Vec<Effect> {
    let newest = model.left_drafts.first().map(|draft| draft.path.clone());
    match (answer, newest) {
        (Answer::GoOn, Some(path)) => vec![Effect::TakeDraft(model.session.id, path)],
        (Answer::Drop, Some(path)) => {
            model.left_drafts.remove(0);
            // What was left before it is asked about next.
            let mut effects = open(model);
            effects.insert(0, Effect::DeleteDraft(path));
            effects
        }
        (Answer::Another, _) => {
            begin(model);
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// The draft of the session in front is dropped.
pub(super) fn drop_draft(model: &mut Model) -> Vec<Effect> {
    leave(model);
    model.session.editor = None;
    vec![Effect::ForgetDraft(model.session.id)]
}

/// Where the text and its cursor are: what `settle` looks at.
pub(super) fn place(model: &Model) -> Option<(usize, u64, usize)> {
    let editor = model.editing()?;
    Some((model.session.id, editor.text.revision(), editor.text.cursor()))
}

/// Looks the draft in front through, if it was changed or the server offers something else.
pub(super) fn look_through(model: &mut Model) -> Vec<Effect> {
    let session = &mut model.session;
    let Some(editor) = &mut session.editor else { return Vec::new() };
    let offers = Offers::of(&session.dialogue);
    let revision = editor.text.revision();
    let known = editor.reviewed.as_ref();
    if editor.reviewing || known.is_some_and(|r| r.revision == revision && r.offers == offers) {
        return Vec::new();
    }
    let text = editor.text.rope().clone();
    if text.len_bytes() > REVIEW_NOW {
        editor.reviewing = true;
        return vec![Effect::Review { session: session.id, text, revision, offers }];
    }
    editor.reviewed = Some(Reviewed::of(&text.to_string(), revision, offers));
    Vec::new()
}

/// A large draft was looked through; what was written meanwhile is looked through next.
pub(super) fn reviewed(model: &mut Model, id: usize, reviewed: Reviewed) {
    if let Some(editor) = model.session_mut(id).and_then(|s| s.editor.as_mut()) {
        editor.reviewing = false;
        editor.reviewed = Some(reviewed);
    }
}

/// Scrolls so that the cursor is in sight.
pub(super) fn show_cursor(model: &mut Model) {
    let height = view::editor::height(model);
    let Some(editor) = &mut model.session.editor else { return };
    let line = editor.text.line();
    editor.top = editor.top.min(line).max((line + 1).saturating_sub(height));
}

/// The wheel over a side of the editor.
pub(super) fn wheel(model: &mut Model, side: Side, by: isize) {
    if side == Side::Live {
        return scroll_live(model, by);
    }
    if let Some(editor) = &mut model.session.editor {
        let most = editor.text.lines().saturating_sub(1);
        editor.top = editor.top.saturating_add_signed(by).min(most);
    }
}

/// A click into a side of the editor.
pub(super) fn click(model: &mut Model, side: Side, place: (u16, u16), double: bool) {
    let area = model.panes().side(side).unwrap_or_default();
    let at = (side == Side::Text).then(|| view::editor::byte_at(model, place)).flatten();
    model.zoomed ^= double && place.1 == area.y;
    let Some(editor) = &mut model.session.editor else { return };
    editor.side = side;
    if let Some(at) = at {
        editor.text.place(at);
    }
}
