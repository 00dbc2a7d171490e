//! What is typed and not sent, where it is a secret: an event can make it readable, and then it is
//! dropped. A half-typed answer to AUTH is none of the next command's business.

use super::super::model::Model;
use super::super::popup::{Asked, Popup, Question};
use super::super::prompt::Draft;

/// Where something can stand that is not sent yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In the prompt.
    Prompt,
    /// What the palette has put aside.
    PutAside,
    /// Lines that a question is about.
    Pasted,
    /// In the prompt of a session that is not in front.
    Draft,
}

impl Place {
    const ALL: [Self; 4] = [Self::Prompt, Self::PutAside, Self::Pasted, Self::Draft];

    /// Whether what stands here for session `id` would be a secret if it were sent now.
    fn hides(self, model: &Model, id: usize) -> bool {
        let front = &model.session;
        if front.id != id {
            let session = model.others.iter().find(|session| session.id == id);
            return self == Self::Draft && session.is_some_and(|s| s.hides_in(s.draft.text()));
        }
        match (self, &model.popup) {
            (Self::Prompt, _) => !model.secrets_of(model.prompt.text()).is_empty(),
            (Self::PutAside, Some(popup)) => {
                popup.draft().is_some_and(|draft| front.hides_in(draft.text()))
            }
            (Self::Pasted, Some(Popup::Question(Question { asked: Asked::Paste(text), .. }))) => {
                front.hides_in(text)
            }
            _ => false,
        }
    }

    fn empty(self, model: &mut Model, id: usize) {
        match (self, &mut model.popup) {
            (Self::Prompt, _) => {
                model.prompt.take(false);
                super::line_changed(model);
            }
            (Self::PutAside, popup) => {
                popup.as_mut().and_then(Popup::draft_mut).map(std::mem::take);
            }
            (Self::Pasted, popup) => *popup = None,
            (Self::Draft, _) => {
                if let Some(session) = model.session_mut(id) {
                    session.draft = Draft::default();
                }
            }
        }
    }
}

/// What stands in the line of session `id`, wherever that is at the moment.
pub(super) fn line(model: &Model, id: usize) -> &str {
    match &model.popup {
        _ if model.session.id != id => {
            let session = model.others.iter().find(|session| session.id == id);
            session.map_or("", |session| session.draft.text())
        }
        Some(popup) if let Some(draft) = popup.draft() => draft.text(),
        _ => model.prompt.text(),
    }
}

/// Drops what stands in the line of session `id`, wherever that is at the moment.
pub(super) fn empty(model: &mut Model, id: usize) {
    let place = match &model.popup {
        _ if model.session.id != id => Place::Draft,
        Some(popup) if popup.draft().is_some() => Place::PutAside,
        _ => Place::Prompt,
    };
    place.empty(model, id);
}

/// Where secrets stand that session `id` would send.
pub(super) fn secrets(model: &Model, id: usize) -> Vec<Place> {
    Place::ALL.into_iter().filter(|place| place.hides(model, id)).collect()
}

/// Drops what was a secret and no longer is one.
pub(super) fn forget(model: &mut Model, id: usize, secrets: &[Place]) {
    for place in secrets {
        if !place.hides(model, id) {
            place.empty(model, id);
            model.tell("prompt.secret-gone");
        }
    }
}
