//! What becomes of a draft beside what is typed: what is put in, what comes back from outside, what
//! was left by an earlier run, and what is found when it is looked through.

use std::path::PathBuf;

use crate::draft::{self, Facts, Offers};
use crate::knowledge;
use crate::smtp::path::Path;

use super::super::directive::{cannot_edit, cannot_edit_outside};
use super::super::editor::item::Item;
use super::super::editor::{LeftDraft, REVIEW_NOW, Reviewed};
use super::super::effect::Effect;
use super::super::message::Stamp;
use super::super::model::{Model, Session};
use super::super::popup::Answer;
use super::{directive, editor, sending};

/// Puts something in; the outside world gives what nobody can know.
pub(super) fn put_in(model: &mut Model, item: Item) -> Vec<Effect> {
    if let Some(why) = cannot_edit(model) {
        return directive::told(model, why);
    }
    editor::begin(model);
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
pub(super) fn edit_outside(model: &mut Model) -> Vec<Effect> {
    if let Some(why) = cannot_edit_outside(model) {
        return directive::told(model, why);
    }
    editor::begin(model);
    let text = model.session.editor.as_ref().map(|editor| editor.text.rope().clone());
    vec![Effect::EditOutside(model.session.id, text.unwrap_or_default())]
}

/// Something else has made a text of the draft; where it was written on meanwhile, that counts.
pub(super) fn edited(model: &mut Model, id: usize, revision: u64, text: Result<String, String>) {
    let Some(editor) = model.session_mut(id).and_then(|s| s.editor.as_mut()) else { return };
    editor.attaching.take_if(|asked| *asked == revision);
    match text {
        Err(why) => model.notice = Some(why),
        Ok(_) if editor.text.revision() != revision => model.tell("editor.changed"),
        Ok(text) => {
            if *editor.text.rope() != text.as_str() {
                editor.text.replace_all(&text);
                sending::count_again(model);
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

/// A draft could not be written, which is told once, or is written at last.
pub(super) fn kept(model: &mut Model, id: usize, why: Option<String>) {
    let Some(editor) = model.session_mut(id).and_then(|s| s.editor.as_mut()) else { return };
    if editor.unkept == why {
        return;
    }
    editor.unkept.clone_from(&why);
    if let Some(why) = why {
        let told = model.sentence("editor.unkept", &[("why", &why)]);
        model.notice = Some(model.numbered(id, told));
    }
}

/// A draft that was left is taken over, or somebody else has it.
pub(super) fn taken(model: &mut Model, id: usize, path: &PathBuf, text: Result<String, String>) {
    model.left_drafts.retain(|draft| draft.path != *path);
    match text {
        Err(why) => model.notice = Some(why),
        Ok(text) => {
            if let Some(session) = model.session_mut(id) {
                session.go_on_with(&text);
            }
        }
    }
}

/// What becomes of the newest draft that was left.
pub(super) fn decide(model: &mut Model, answer: Answer) -> Vec<Effect> {
    let newest = model.left_drafts.first().cloned();
    match (answer, newest) {
        (Answer::GoOn, Some(left)) => vec![Effect::TakeDraft(model.session.id, left.path)],
        (Answer::Drop, Some(left)) => {
            model.left_drafts.remove(0);
            // What was left before it is asked about next.
            let mut effects = editor::open(model);
            effects.insert(0, Effect::DeleteDraft(left));
            effects
        }
        (Answer::Another, _) => {
            editor::begin(model);
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// The draft of the session in front is dropped.
pub(super) fn drop_draft(model: &mut Model) -> Vec<Effect> {
    editor::leave(model);
    model.session.drop_draft();
    vec![Effect::ForgetDraft(model.session.id)]
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
