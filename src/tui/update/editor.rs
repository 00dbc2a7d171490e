//! The editor: opened and left, typed into, and what the mouse does in it.

use crate::display::keys::Action;

use super::super::directive::cannot_edit;
use super::super::editor::Side;
use super::super::effect::Effect;
use super::super::layout::{Split, inside};
use super::super::model::{Model, Pane};
use super::super::popup::Asked;
use super::super::view;
use super::{arrange, directive, draft, palette, question};

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
    let editor = model.session.write();
    editor.open = true;
    editor.side = Side::Text;
}

/// Leaves the editor; the draft waits.
pub(super) fn leave(model: &mut Model) {
    if let Some(editor) = &mut model.session.editor {
        editor.open = false;
        if editor.text.is_empty() && editor.text.is_untouched() {
            // Nothing was written that could wait, or be undone.
            model.session.drop_draft();
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
        Action::EditOutside => return Some(draft::edit_outside(model)),
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
    if let Some(killed) = killed.filter(|killed| !killed.is_empty()) {
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
    palette::open(model, ":insert ", true);
    Vec::new()
}

/// Where the text and its cursor are: what `settle` looks at.
pub(super) fn place(model: &Model) -> Option<(usize, u64, usize)> {
    let editor = model.editing()?;
    Some((model.session.id, editor.text.revision(), editor.text.cursor()))
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
