//! `:pipeline` … `:end`: lines are kept until all of them leave in one write; and chunks by hand.

use bytes::Bytes;

use crate::display::keys::Action;
use crate::display::transcript as misread;
use crate::speaker::{Chunks, Octets};

use super::super::effect::Effect;
use super::super::group::{Group, Held, Part};
use super::super::message::{Made, Unread};
use super::super::model::{Anchor, Model, Pane};
use super::super::sending::{Pieces, Sending};
use super::{compose, directive, sending};

/// Lines are kept from now on.
pub(super) fn begin(model: &mut Model) {
    let session = &mut model.session;
    session.group = Some(Group::new(&session.dialogue));
    let offered = session.dialogue.offers("PIPELINING");
    model.tell(if offered { "group.begun" } else { "group.not-offered" });
}

/// Keeps the line of the prompt; with a slip in it, it stays to be mended.
pub(super) fn keep(model: &mut Model) -> Vec<Effect> {
    let Some(held) = read(model) else { return Vec::new() };
    let (_, remembered) = compose::take(model, true);
    let session = &mut model.session;
    if let Some(group) = &mut session.group {
        group.keep(held, &session.dialogue);
    }
    remembered.into_iter().collect()
}

/// The same where several lines were pasted; from a slip on they stay.
pub(super) fn keep_pasted(model: &mut Model) -> Vec<Effect> {
    let mut rest = model.prompt.text().to_owned();
    let mut effects = Vec::new();
    while let Some((line, behind)) = rest.split_once('\n') {
        model.prompt.set(line);
        let kept = keep(model);
        if !model.prompt.text().is_empty() {
            break;
        }
        effects.extend(kept);
        rest = behind.to_owned();
    }
    if model.prompt.text() != rest {
        model.prompt.set(&rest);
    }
    if !rest.contains('\n') {
        effects.extend(keep(model));
    }
    effects
}

/// What the line of the prompt would send; a slip is told.
fn read(model: &mut Model) -> Option<Held> {
    let text = model.prompt.text().to_owned();
    match Part::read(&text) {
        Ok(part) => Some(Held::new(text, part, model.typed_secrets())),
        Err(error) => {
            model.notice =
                Some(misread::what(&directive::without_secrets(model, error), model.lang));
            None
        }
    }
}

/// Moves through the lines; `false` if `action` does not, or if there is nowhere to go.
pub(super) fn moves(model: &mut Model, action: Action) -> bool {
    if model.popup.is_some() || model.focus != Pane::Prompt {
        return false;
    }
    let down = match action {
        Action::HistoryBack => false,
        Action::HistoryForward => true,
        Action::Back if model.prompt.text().is_empty() => false,
        _ => return false,
    };
    let Some((lines, at)) = model.session.group.as_ref().map(Group::lines) else { return false };
    if down && at == lines.len() && !model.prompt.text().is_empty() {
        // Below the last line stands the next one.
        keep(model);
        return true;
    }
    if (down && at == lines.len()) || (!down && at == 0) {
        return false;
    }
    let text = model.prompt.text();
    let kept = if text.is_empty() {
        None
    } else {
        let Some(held) = read(model) else { return true };
        Some(held)
    };
    model.prompt.take(false);
    let session = &mut model.session;
    let next = session.group.as_mut().and_then(|group| group.step(down, kept, &session.dialogue));
    model.prompt.set(&next.unwrap_or_default());
    true
}

/// The group is dropped; `false` if there is none.
pub(super) fn cancel(model: &mut Model) -> bool {
    let Some(group) = model.session.group.take() else { return false };
    let n = group.len().to_string();
    model.notice = Some(model.sentence("group.cancelled", &[("n", &n)]));
    true
}

/// All lines leave; files are read first, and until then nothing is lost.
pub(super) fn end(model: &mut Model) -> Vec<Effect> {
    let Some(group) = &model.session.group else { return Vec::new() };
    if group.before(group.len()).is_empty() {
        model.session.group = None;
        return directive::told(model, "message.nothing-sent");
    }
    let parts = group.parts();
    let said = |part: &Part| match part {
        Part::Said(bytes) => Some(bytes.clone()),
        Part::Chunks(_) => None,
    };
    match parts.iter().map(said).collect::<Option<Vec<Bytes>>>() {
        Some(bytes) => leaves(model, bytes.concat().into()),
        None => vec![make(model, parts, None)],
    }
}

fn leaves(model: &mut Model, bytes: Bytes) -> Vec<Effect> {
    model.session.group = None;
    model.session.anchor = Anchor::Follow;
    model.parting.clear();
    vec![Effect::Say(model.session.id, bytes)]
}

/// Chunks leave: at once, if their octets are there and one chunk is all.
pub(super) fn bdat(model: &mut Model, chunks: Chunks, line: String) -> Vec<Effect> {
    if chunks.octets == Octets::Draft && model.session.editor.is_none() {
        return directive::told(model, "misread.no-draft");
    }
    if let Octets::Text(octets) = &chunks.octets {
        let made = Made {
            pieces: chunks.pieces(octets.clone()),
            differs: chunks.difference(octets.len()),
        };
        return made_of_chunks(model, model.session.id, made);
    }
    vec![make(model, vec![Part::Chunks(chunks)], Some(line))]
}

fn make(model: &Model, parts: Vec<Part>, line: Option<String>) -> Effect {
    let editor = model.session.editor.as_ref();
    let draft = editor.map(|editor| editor.text.rope().clone());
    Effect::Octets { session: model.session.id, parts, draft, line }
}

/// What was to be read is there, or is not.
pub(super) fn made(
    model: &mut Model,
    id: usize,
    made: Result<Made, Unread>,
    line: Option<&str>,
) -> Vec<Effect> {
    match (made, line) {
        (Err(unread), line) => {
            super::plan::failed(model, id);
            // What stands before the file; its name is the end of the line.
            let begins = line.and_then(|line| line.get(..line.rfind(&unread.file)?));
            compose::stays(model, id, &unread, begins.unwrap_or_default());
            Vec::new()
        }
        (Ok(made), Some(_)) => made_of_chunks(model, id, made),
        (Ok(made), None) => {
            let Some(session) = model.session_mut(id) else { return Vec::new() };
            if session.group.take().is_none() {
                return Vec::new();
            }
            session.anchor = Anchor::Follow;
            vec![Effect::Say(id, made.pieces.concat().into())]
        }
    }
}

fn made_of_chunks(model: &mut Model, id: usize, made: Made) -> Vec<Effect> {
    let now = model.now;
    let told = made.differs.map(|(key, n)| model.sentence(key, &[("n", &n.to_string())]));
    let told = told.map(|told| model.numbered(id, told));
    let Some(session) = model.session_mut(id) else { return Vec::new() };
    if session.dialogue.awaits_mail_data() {
        // The command would be a line of the message.
        return directive::told(model, "editor.data-began");
    }
    session.anchor = Anchor::Follow;
    if made.pieces.len() == 1 {
        let effect = made.pieces.into_iter().next().map(|bytes| Effect::Say(id, bytes));
        model.notice = told;
        return effect.into_iter().collect();
    }
    if session.sending.is_some() {
        return directive::told(model, "editor.busy");
    }
    let octets = |piece: &Bytes| piece.len() as u64;
    let line = |piece: &Bytes| memchr::memchr(b'\n', piece).map_or(0, |at| at as u64 + 1);
    let length = made.pieces.iter().map(|piece| octets(piece) - line(piece)).sum();
    let pieces = Pieces { pieces: made.pieces, length, ..Pieces::default() };
    session.sending = Some(Sending::new(pieces, None, &session.dialogue, now));
    sending::go_on(model, id)
}
