//! Why an action cannot be done now.

use crate::display::content::ContentView;
use crate::display::keys::Action;

use super::super::directive::{
    cannot_dial, cannot_edit, cannot_edit_outside, cannot_keep_alive, cannot_rewind, cannot_send,
    cannot_talk, cannot_travel, has_no_draft, has_no_offers, has_no_plan, holds_nothing,
    is_not_editing, is_now,
};
use super::super::model::Model;
use super::super::relay;

/// Why `action` cannot be done now: the key of a sentence.
pub(super) fn reason(model: &Model, action: Action) -> Option<&'static str> {
    match action {
        Action::Connect => cannot_dial(model),
        Action::Send => cannot_send(model),
        Action::CompleteLine | Action::Candidates => cannot_talk(model),
        Action::ReplyRight
        | Action::ReplyNotNow
        | Action::ReplyNever
        | Action::ReplyStrange
        | Action::ReplyTake => has_no_offers(model),
        Action::KeepAlive => cannot_keep_alive(model),
        Action::Release | Action::EditHeld if model.session.plan.is_some() => None,
        Action::Release | Action::EditHeld => holds_nothing(model),
        Action::Compare if model.others.len() != 1 => Some("compare.with-what"),
        Action::TravelBack | Action::EventBack => cannot_travel(model),
        Action::TravelForward | Action::EventForward => is_now(model),
        Action::Plan
        | Action::PlanStep
        | Action::PlanRun
        | Action::PlanSkip
        | Action::PlanEdit
        | Action::PlanAdd
        | Action::PlanRemove
        | Action::PlanClose => has_no_plan(model),
        Action::Rewind => cannot_rewind(model),
        Action::SessionNext | Action::SessionPrevious | Action::SessionBeside
            if model.others.is_empty() =>
        {
            Some("reason.one-session")
        }
        Action::MessageNext | Action::MessagePrevious
            if model.session.seen().messages().len() < 2 =>
        {
            Some("message.only")
        }
        Action::MessageShow if model.session.view != ContentView::Thread => Some("thread.nothing"),
        Action::CatcherList if model.sessions().all(|s| s.catcher.is_none()) => {
            Some("catcher.none")
        }
        Action::CatcherOpen
        | Action::CatcherSwitch
        | Action::CatcherDelete
        | Action::CatcherClear
            if model.session.catcher.is_none() =>
        {
            Some(model.why_no_list())
        }
        Action::CatcherRelay => relay::cannot(model),
        Action::Choose | Action::Complete => Some("reason.no-list"),
        Action::Edit | Action::Insert => cannot_edit(model),
        Action::EditOutside => cannot_edit_outside(model),
        Action::SendDraft | Action::DropDraft => has_no_draft(model),
        Action::NewLine | Action::Tab => is_not_editing(model),
        _ => None,
    }
}
