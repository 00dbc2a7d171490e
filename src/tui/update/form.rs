//! The form for a file that is to be attached.

use crate::display::keys::Action;

use super::super::directive::is_attaching;
use super::super::editor::form::Form;
use super::super::effect::Effect;
use super::super::model::Model;
use super::super::popup::Popup;
use super::{directive, editor};

/// Opens it with a file, or without.
pub(super) fn open(model: &mut Model, file: &str) {
    editor::begin(model);
    let mut form = Form::default();
    form.file.set(file.trim());
    model.popup = Some(Popup::Form(form));
}

/// Moves, turns, attaches; `None` if there is no form.
pub(super) fn act(model: &mut Model, action: Action, edited: bool) -> Option<Vec<Effect>> {
    if action == Action::Choose {
        return Some(attach(model));
    }
    let Some(Popup::Form(form)) = &mut model.popup else { return None };
    match action {
        _ if edited => {}
        Action::Up => form.step(-1),
        Action::Down | Action::Complete => form.step(1),
        Action::Left => form.turn(false),
        Action::Right => form.turn(true),
        // What was filled in is not lost by a key that means nothing here.
        _ => {}
    }
    Some(Vec::new())
}

/// The file is read and put in by the outside world.
fn attach(model: &mut Model) -> Vec<Effect> {
    let Some(Popup::Form(form)) = &model.popup else { return Vec::new() };
    let Some(file) = form.wanted() else {
        model.tell("editor.form.no-file");
        return Vec::new();
    };
    if let Some(why) = is_attaching(model) {
        // What is made of one text twice is there only once.
        return directive::told(model, why);
    }
    super::close(model);
    let Some(editor) = &mut model.session.editor else { return Vec::new() };
    let (text, revision) = (editor.text.rope().clone(), editor.text.revision());
    editor.attaching = Some(revision);
    vec![Effect::Attach { session: model.session.id, text, revision, file }]
}
