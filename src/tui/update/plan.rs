//! Stepping through a plan, and going back to a step of the last connection.

use std::num::NonZeroUsize;

use crate::display::keys::Action;
use crate::display::{plan as shown, transcript as misread};
use crate::journal::transcript::{self, Place};
use crate::knowledge;
use crate::session::plan::{Next, Plan, Rest, What, last_talk};
use crate::session::{Exchange, Row};
use crate::speaker::plan::{self, Order};
use crate::speaker::{Directive as Said, directive as said};

use super::super::directive::{Directive, cannot_dial, cannot_talk};
use super::super::effect::Effect;
use super::super::message::Unread;
use super::super::model::{Anchor, Model, Pane, Session};
use super::super::plan::{Planned, Rewind};
use super::super::rows;
use super::{browse, compose, directive, palette};

/// The directive that reads a plan.
const LOAD: &str = ":load ";

/// Where a step that is typed begins.
const AT: Place = Place { line: 1, column: 1 };

/// Does what is said to the plan in front.
pub(super) fn obey(model: &mut Model, order: Order) -> Vec<Effect> {
    match order {
        Order::Load(file) => return vec![Effect::Plan(model.session.id, file)],
        Order::Remaining => remaining(model),
        Order::Show => show(model),
        Order::Step => return step(model),
        Order::Run => return run(model, |plan| plan.run(None)),
        Order::Until(pattern) => return run(model, |plan| plan.run(Some(pattern))),
        Order::Skip => skip(model),
        Order::Change(what) => change(model, what),
        Order::Add(what) => add(model, what),
        Order::Rewind(n) => return rewind(model, n),
    }
    Vec::new()
}

/// Does what only a plan knows, wherever the focus is; `None` if `action` is none of that.
pub(super) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let here = model.focus == Pane::Plan;
    match action {
        Action::Plan => show(model),
        Action::PlanStep => return Some(step(model)),
        Action::Release if model.session.at_gate.is_none() && model.session.plan.is_some() => {
            return Some(step(model));
        }
        Action::PlanRun => return Some(run(model, |plan| plan.run(None))),
        Action::PlanSkip => skip(model),
        Action::PlanEdit => edit(model),
        Action::EditHeld if model.session.at_gate.is_none() && model.session.plan.is_some() => {
            if let Some(planned) = &mut model.session.plan {
                planned.cursor = None;
            }
            edit(model);
        }
        Action::PlanAdd => begin_to_add(model),
        Action::PlanRemove => remove(model),
        Action::PlanClose => close(model),
        Action::Rewind => ask_to_rewind(model),
        Action::Up if here => step_cursor(model, -1),
        Action::Down if here => step_cursor(model, 1),
        Action::PageUp if here => step_cursor(model, -super::PAGE),
        Action::PageDown if here => step_cursor(model, super::PAGE),
        Action::Top if here => step_cursor(model, isize::MIN),
        Action::Follow if here => step_cursor(model, isize::MAX),
        _ => return None,
    }
    Some(Vec::new())
}

fn planned(model: &mut Model) -> Option<&mut Planned> {
    if model.session.plan.is_none() {
        model.tell("plan.none");
    }
    model.session.plan.as_deref_mut()
}

/// A plan takes the place of the one that was there, and is seen.
fn take(model: &mut Model, id: usize, plan: Plan) {
    let (name, n) = (plan.name.clone(), plan.steps().len().to_string());
    if let Some(session) = model.session_mut(id) {
        session.plan = Some(Box::new(Planned::new(plan)));
    }
    if model.session.id == id {
        browse::focus(model, Pane::Plan);
    }
    let name = crate::display::token::own_visible(&name);
    let told = model.sentence("plan.loaded", &[("name", &name), ("n", &n)]);
    model.notice = Some(model.numbered(id, told));
}

/// A file was read, or could not be.
pub(super) fn loaded(model: &mut Model, id: usize, plan: Result<Plan, Unread>) {
    match plan {
        Ok(plan) => take(model, id, plan),
        Err(unread) => compose::stays(model, id, &unread, LOAD),
    }
}

/// Lines that were pasted; where they cannot be steps, they are kept.
pub(super) fn paste(model: &mut Model, text: String) {
    match plan::pasted(&text) {
        Ok((greeting, steps)) => {
            let name = knowledge::word(model.lang, "plan.pasted").to_owned();
            take(model, model.session.id, Plan::new(name, greeting, steps));
        }
        Err(error) => {
            super::pasting::put_off(model, text);
            model.notice = Some(misread::say(&error, model.lang));
        }
    }
}

/// What is missing of a transaction, as somebody would go on from here.
fn remaining(model: &mut Model) {
    let lines = super::super::advice::remaining(model);
    if lines.is_empty() {
        return model.tell("plan.whole");
    }
    // What is pasted is read in the same way.
    let Ok((greeting, steps)) = plan::pasted(&lines.join("\n")) else { return };
    let name = knowledge::word(model.lang, "plan.remaining").to_owned();
    take(model, model.session.id, Plan::new(name, greeting, steps));
}

fn show(model: &mut Model) {
    if planned(model).is_some() {
        browse::focus(model, Pane::Plan);
    }
}

/// The next step goes.
fn step(model: &mut Model) -> Vec<Effect> {
    run(model, Plan::step)
}

fn run(model: &mut Model, run: impl FnOnce(&mut Plan)) -> Vec<Effect> {
    let why = cannot_talk(model);
    let id = model.session.id;
    let Some(planned) = planned(model) else { return Vec::new() };
    if planned.plan.is_over() {
        return directive::told(model, "plan.empty");
    }
    if let Some(why) = why.filter(|_| planned.rewind.is_none()) {
        return directive::refuse(model, why);
    }
    run(&mut planned.plan);
    planned.cursor = None;
    let passes = std::mem::take(&mut planned.stopped);
    model.session.anchor = Anchor::Follow;
    // It has stopped here already, and need not be held once more.
    let pass = Effect::Release(id, crate::speaker::gate::Release::AsItIs);
    passes.then_some(pass).into_iter().collect()
}

fn skip(model: &mut Model) {
    let Some(planned) = planned(model) else { return };
    planned.cursor = None;
    if !planned.plan.skip() {
        model.tell("plan.empty");
    }
}

fn step_cursor(model: &mut Model, by: isize) {
    let Some(planned) = planned(model) else { return };
    let last = planned.plan.steps().len().saturating_sub(1);
    planned.cursor = Some(planned.selected().saturating_add_signed(by).min(last));
}

/// Selects the step that stands in this line of the pane.
pub(super) fn to_line(model: &mut Model, line: usize) {
    if let Some(planned) = model.session.plan.as_deref_mut() {
        planned.cursor = planned.step_at(line);
    }
}

/// The selected step stands behind `:change`, ready to be changed; a secret is not said again.
fn edit(model: &mut Model) {
    let with_secrets = model.with_secrets;
    let Some(planned) = planned(model) else { return };
    let at = planned.selected();
    let Some(step) = planned.plan.steps().get(at).filter(|_| at >= planned.plan.at()) else {
        return model.tell("plan.was-sent");
    };
    planned.cursor = Some(at);
    let hidden = step.is_secret() && !with_secrets;
    let text = if hidden { String::new() } else { step.what.text() };
    palette::open(model, &format!(":change {text}"), false);
}

fn change(model: &mut Model, what: What) {
    let Some(planned) = planned(model) else { return };
    let at = planned.selected();
    if !planned.plan.change(at, what) {
        model.tell("plan.was-sent");
    }
}

fn begin_to_add(model: &mut Model) {
    let Some(planned) = planned(model) else { return };
    planned.cursor = Some(planned.selected());
    palette::open(model, ":add ", false);
}

/// A step behind the selected one; where none is selected, at the end.
fn add(model: &mut Model, what: What) {
    if model.session.plan.is_none() {
        let name = knowledge::word(model.lang, "pane.plan").to_owned();
        take(model, model.session.id, Plan::new(name, None, Vec::new()));
    }
    let Some(planned) = planned(model) else { return };
    let behind = planned.cursor.or_else(|| planned.plan.steps().len().checked_sub(1));
    let place = planned.plan.add(behind, what);
    planned.cursor = planned.cursor.map(|_| place);
}

fn remove(model: &mut Model) {
    let Some(planned) = planned(model) else { return };
    let at = planned.selected();
    if !planned.plan.remove(at) {
        model.tell("plan.was-sent");
    }
}

fn close(model: &mut Model) {
    if planned(model).is_some() {
        model.session.plan = None;
        if model.focus == Pane::Plan {
            browse::focus(model, Pane::Prompt);
        }
    }
}

/// Ctrl-C: a plan that runs comes to rest; `false` if none does.
pub(super) fn halt(model: &mut Model) -> bool {
    let Some(planned) = model.session.plan.as_deref_mut() else { return false };
    if !planned.plan.is_running() {
        return false;
    }
    planned.plan.stop();
    planned.rewind = None;
    let n = (planned.plan.at() + 1).to_string();
    model.notice = Some(model.sentence("plan.halted", &[("n", &n)]));
    true
}

/// So many bytes of a session are on the wire.
pub(super) fn wrote(session: &mut Session, bytes: usize) {
    if let Some(planned) = &mut session.plan {
        planned.plan.wrote(bytes);
    }
}

/// The time of a step is over.
pub(super) fn waited(model: &mut Model, id: usize, number: u64) -> Vec<Effect> {
    let session = model.session_mut(id);
    if let Some(planned) = session.and_then(|s| s.plan.as_deref_mut())
        && planned.waits == number
    {
        planned.plan.waited();
    }
    go_on(model, id)
}

/// What a step was to begin did not begin.
pub(super) fn failed(model: &mut Model, id: usize) {
    if let Some(planned) = model.session_mut(id).and_then(|s| s.plan.as_deref_mut()) {
        planned.plan.take_back();
    }
}

/// A breakpoint has stopped a session: its plan rests.
pub(super) fn stopped(session: &mut Session, holds: bool) {
    if let Some(planned) = &mut session.plan {
        planned.stopped |= !holds;
        planned.rewind = None;
        planned.plan.stop();
    }
}

/// What comes next of the plan of a session, if it is its turn.
pub(super) fn go_on(model: &mut Model, id: usize) -> Vec<Effect> {
    let in_front = model.session.id == id;
    let Some(session) = model.session_mut(id) else { return Vec::new() };
    let Some(planned) = session.plan.as_deref_mut() else { return Vec::new() };
    if let Some(rewind) = &mut planned.rewind {
        if rewind.leaves {
            if session.dialogue.phase().is_open() {
                return Vec::new();
            }
            rewind.leaves = false;
            rewind.from_row = session.dialogue.wire().len();
            session.dialling = true;
            return vec![Effect::Redial(id)];
        }
        let rows = rewind.from_row..session.dialogue.wire().len();
        session.sight.put_away(rows);
    }
    if session.dialling || !session.is_trusted() {
        return Vec::new();
    }
    let free = is_free(session);
    let Some(planned) = session.plan.as_deref_mut() else { return Vec::new() };
    match planned.plan.next(&session.dialogue, free) {
        Next::Wait => Vec::new(),
        Next::Rest(rest) => {
            rests(model, id, &rest);
            Vec::new()
        }
        Next::Give(What::Directive(_)) if !in_front => {
            // Directives are for the session in front.
            planned.plan.postpone();
            Vec::new()
        }
        Next::Give(what) => give(model, id, what),
    }
}

/// Whether nothing of ours is on its way.
fn is_free(session: &Session) -> bool {
    session.errand.is_none()
        && session.queue.is_none()
        && session.sending.is_none()
        && session.drip.is_none()
        && session.at_gate.is_none()
        && session.unheard.is_empty()
}

/// A step leaves.
fn give(model: &mut Model, id: usize, what: What) -> Vec<Effect> {
    match what {
        What::Say(bytes) | What::Text(bytes) => vec![Effect::Say(id, bytes)],
        What::Answer(bytes) => vec![Effect::Answer(id, bytes)],
        What::Wait(time) => {
            let Some(planned) = model.session.plan.as_deref_mut() else { return Vec::new() };
            planned.waits += 1;
            vec![Effect::Wait { session: id, number: planned.waits, time }]
        }
        What::Directive(line) => perform(model, &line),
        What::Closed | What::Gone => Vec::new(),
    }
}

/// A directive of the plan in front is done, as if it were typed.
fn perform(model: &mut Model, line: &str) -> Vec<Effect> {
    let id = model.session.id;
    let (name, argument) = transcript::directive(line.as_bytes());
    let read = match said::read(&name, argument, AT) {
        Ok(read) => read,
        Err(error) => {
            failed(model, id);
            model.notice =
                Some(misread::what(&directive::without_secrets(model, error), model.lang));
            return Vec::new();
        }
    };
    if let Some(why) = Directive::find(&name).and_then(|found| (found.reason)(model)) {
        failed(model, id);
        return directive::refuse(model, why);
    }
    let speaks = read.as_ref().is_none_or(Said::speaks);
    let effects = directive::run(model, line);
    if !speaks && let Some(planned) = model.session.plan.as_deref_mut() {
        planned.plan.waited();
    }
    effects
}

/// The plan of a session rests: why is told, and a rewind is over.
fn rests(model: &mut Model, id: usize, rest: &Rest) {
    let lang = model.lang;
    let Some(session) = model.session_mut(id) else { return };
    let Some(planned) = session.plan.as_deref_mut() else { return };
    let rewind = planned.rewind.take().map(|rewind| rewind.to);
    let told = shown::rest(rest, rewind, &planned.plan, &session.dialogue, lang);
    if let Some(told) = told {
        model.notice = Some(model.numbered(id, told));
    }
}

/// The exchange that is selected in the transcript.
fn selected_exchange(model: &Model) -> Option<usize> {
    match rows::selected_line(model)? {
        Row::Client { exchange } | Row::Server { exchange, .. } => Some(exchange),
        Row::Data { message, .. } => {
            let ends = |e: &Exchange| e.message == Some(message);
            model.session.dialogue.exchanges().iter().position(ends)
        }
        Row::Notice { .. } => None,
    }
}

/// `:rewind` with the number of the step that is selected in the transcript, to be sent.
fn ask_to_rewind(model: &mut Model) {
    let line = match selected_step(model) {
        Some(step) => format!(":rewind {}", step + 1),
        None => ":rewind ".to_owned(),
    };
    palette::open(model, &line, false);
}

/// The step that the selected exchange would be.
fn selected_step(model: &Model) -> Option<usize> {
    let exchange = selected_exchange(model)?;
    let connection = model.session.dialogue.exchanges().get(exchange)?.connection;
    let plan = Plan::again(String::new(), &model.session.dialogue, connection);
    plan.steps().iter().position(|step| step.origin.contains(&exchange))
}

/// Connects again, and says again what was said before step `n`; without a number, before the one
/// that is selected, or the last one.
fn rewind(model: &mut Model, n: Option<NonZeroUsize>) -> Vec<Effect> {
    let open = model.session.dialogue.phase().is_open();
    if let Some(why) = cannot_dial(model).filter(|_| !open || model.session.recorded) {
        return directive::refuse(model, why);
    }
    let at = selected_exchange(model);
    let seen = &model.session.dialogue;
    let connection = at.and_then(|at| seen.exchanges().get(at)).map(|e| e.connection);
    let Some(connection) = connection.or_else(|| last_talk(seen)) else {
        return directive::told(model, "rewind.nothing");
    };
    let name = knowledge::word(model.lang, "plan.again").to_owned();
    let mut plan = Plan::again(name, seen, connection);
    let count = plan.steps().len();
    let selected =
        || plan.steps().iter().position(|step| at.is_some_and(|at| step.origin.contains(&at)));
    let to = n.map(|n| n.get() - 1).or_else(selected).unwrap_or_else(|| count.saturating_sub(1));
    if to >= count {
        let values = [("n", (to + 1).to_string()), ("count", count.to_string())];
        let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
        model.notice = Some(model.sentence("rewind.no-step", &values));
        return Vec::new();
    }
    plan.run_to(to);
    let rewind = Rewind { to, leaves: true, from_row: 0 };
    let session = &mut model.session;
    session.gives_up();
    session.queue = None;
    session.errand = None;
    session.sending = None;
    session.group = None;
    session.anchor = Anchor::Follow;
    session.plan = Some(Box::new(Planned { rewind: Some(rewind), ..Planned::new(plan) }));
    let n = (to + 1).to_string();
    model.notice = Some(model.sentence("rewind.under-way", &[("n", &n)]));
    browse::focus(model, Pane::Plan);
    if open { vec![Effect::HangUp] } else { Vec::new() }
}
