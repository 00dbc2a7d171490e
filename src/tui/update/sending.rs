//! A message on its way: how it shall leave, its pieces one after the other, and its end.

use crate::display::words::amount;
use crate::draft;
use crate::smtp::code::Code;
use crate::smtp::verb::Verb;

use super::super::directive::{cannot_send, has_no_draft, is_attaching, something_leaves};
use super::super::editor::Needs;
use super::super::effect::Effect;
use super::super::message::Unread;
use super::super::model::{Anchor, Model, Session};
use super::super::popup::{Answer, Asked, Popup};
use super::super::sending::{Next, Pieces, Sending, Way, begun};
use super::{compose, directive, editor, question, unsent};

/// The directive that sends a file.
const DATA: &str = ":data ";

/// The size of a chunk at first, and the sizes that can be chosen; the last one is one chunk.
const CHUNK: usize = 64 << 10;
const CHUNKS: [usize; 7] = [64, 1 << 10, 8 << 10, CHUNK, 512 << 10, 4 << 20, usize::MAX];

/// Asks how the draft shall leave.
pub(super) fn ask(model: &mut Model) -> Vec<Effect> {
    if let Some(why) = has_no_draft(model) {
        return directive::told(model, why);
    }
    let text = model.session.editor.as_ref().map(|editor| editor.text.rope());
    let needs = text.map(Needs::of).unwrap_or_default();
    let asked = Asked::SendDraft { needs, chunk: CHUNK };
    // What can be done now is chosen; behind a part of a message nothing is.
    let answers = question::answers(model, &asked);
    let part = begun(&model.session.dialogue).is_some_and(|message| message.wire_len() > 0);
    let fits = |answer: Answer| {
        if part { answer == Answer::Stay } else { reason(model, answer).is_none() }
    };
    let first = answers.iter().position(|answer| fits(*answer));
    question::ask(model, asked);
    if let Some(Popup::Question(question)) = &mut model.popup {
        question.chosen = first.unwrap_or_default();
    }
    Vec::new()
}

/// Why the draft cannot leave in this way now: the key of a sentence.
pub(super) fn reason(model: &Model, answer: Answer) -> Option<&'static str> {
    let dialogue = &model.session.dialogue;
    let is_open = dialogue.awaits_mail_data();
    let chunks = matches!(answer, Answer::Chunks | Answer::ChunksTogether);
    if answer == Answer::Stay {
        None
    } else if let Some(why) = cannot_send(model) {
        Some(why)
    } else if let Some(busy) = is_attaching(model).or_else(|| something_leaves(model)) {
        Some(busy)
    } else if chunks && is_open {
        Some("editor.data-began")
    } else if chunks && !dialogue.offers("CHUNKING") {
        Some("editor.no-chunking")
    } else if is_open {
        None
    } else {
        lacking(model, if chunks { &Verb::Bdat } else { &Verb::Data })
    }
}

/// What is missing before a message can be sent with this command.
fn lacking(model: &Model, command: &Verb) -> Option<&'static str> {
    let dialogue = &model.session.dialogue;
    if !dialogue.awaits_client() || dialogue.awaits_login() {
        Some("header.wait")
    } else if dialogue.next_commands().any(|verb| verb == command) {
        None
    } else if dialogue.next_commands().any(|verb| *verb == Verb::Bdat) {
        Some("editor.chunks-began")
    } else if dialogue.envelope().open().is_some() {
        Some("editor.no-recipient")
    } else {
        Some("editor.no-sender")
    }
}

/// The draft of the session in front is another one: so is what a question says of it.
pub(super) fn count_again(model: &mut Model) {
    let Some(editor) = &model.session.editor else { return };
    if let Some(Popup::Question(question)) = &mut model.popup
        && let Asked::SendDraft { needs, .. } = &mut question.asked
    {
        *needs = Needs::of(editor.text.rope());
    }
}

/// Another size for chunks.
pub(super) fn resize(chunk: usize, larger: bool) -> usize {
    let at = CHUNKS.iter().position(|size| *size == chunk).unwrap_or_default();
    let at = if larger { (at + 1).min(CHUNKS.len() - 1) } else { at.saturating_sub(1) };
    CHUNKS.get(at).copied().unwrap_or(chunk)
}

/// The answer was given: the draft leaves so.
pub(super) fn give(model: &mut Model, answer: Answer, needs: Needs, chunk: usize) -> Vec<Effect> {
    let behind = model.session.dialogue.awaits_mail_data();
    let way = match answer {
        Answer::Data if behind => Way::MailData,
        Answer::Data => Way::Data,
        Answer::Chunks => Way::Chunks(chunk),
        Answer::ChunksTogether => Way::ChunksTogether(chunk),
        Answer::ByHand => return by_hand(model, needs),
        _ => return Vec::new(),
    };
    editor::leave(model);
    model.session.anchor = Anchor::Follow;
    let session = &mut model.session;
    let Some(editor) = &session.editor else { return Vec::new() };
    let (text, draft) = (editor.text.rope().clone(), editor.text.revision());
    let (session, number) = (session.id, awaited(model, Some(draft)));
    vec![Effect::Pieces { session, number, text, way }]
}

/// `:data FILE`: from now on nothing else is sent, or it would become a part of the message.
pub(super) fn give_file(model: &mut Model, file: String) -> Effect {
    let (session, number) = (model.session.id, awaited(model, None));
    Effect::SayFile { session, number, file }
}

/// A message goes out from the session in front once its pieces are made: their number.
fn awaited(model: &mut Model, draft: Option<u64>) -> u64 {
    let session = &mut model.session;
    session.pieces_asked += 1;
    let number = session.pieces_asked;
    session.sending = Some(Sending::awaiting(number, draft, &session.dialogue, model.now));
    number
}

/// The lines come into the prompt one after the other.
fn by_hand(model: &mut Model, needs: Needs) -> Vec<Effect> {
    editor::leave(model);
    let session = &mut model.session;
    session.anchor = Anchor::Follow;
    let Some(editor) = &session.editor else { return Vec::new() };
    let text = editor.text.rope().to_string();
    let lines = text.strip_suffix('\n').unwrap_or(&text).split('\n');
    let doubled =
        |line: &str| if line.starts_with('.') { [".", line].concat() } else { line.to_owned() };
    session.by_hand = lines.map(doubled).chain([".".to_owned()]).collect();
    let behind = session.dialogue.awaits_mail_data();
    let replies = if behind { 1 } else { 2 };
    let draft = editor.text.revision();
    session.sending =
        Some(Sending::watched(replies, needs.wire, draft, &session.dialogue, model.now));
    session.line_stands = false;
    model.prompt.set(if behind { "" } else { "DATA" });
    model.tell("editor.by-hand");
    Vec::new()
}

/// The next line of a message that is sent by hand, once the one before is out and the prompt is
/// there for it.
pub(super) fn next_by_hand(model: &mut Model) {
    let session = &mut model.session;
    let is_put_aside = model.popup.as_ref().is_some_and(|popup| popup.draft().is_some());
    if session.dialogue.awaits_mail_data()
        && !session.line_stands
        && !is_put_aside
        && model.prompt.text().is_empty()
        && let Some(line) = session.by_hand.pop_front()
    {
        model.prompt.set(&line);
        session.line_stands = true;
    }
}

/// What stood in the prompt is given away: the next line follows, unless this one ends the message.
pub(super) fn line_given(model: &mut Model, line: &str) {
    let session = &mut model.session;
    session.line_stands = false;
    if line == "." && session.dialogue.awaits_mail_data() {
        session.by_hand.clear();
    }
    next_by_hand(model);
}

/// Something has happened: where the message is over, its lines would be commands.
pub(super) fn lines_settle(model: &mut Model, id: usize) {
    let stands = |session: &&mut Session| session.line_stands;
    if model
        .session_mut(id)
        .filter(stands)
        .is_some_and(|session| !session.dialogue.awaits_mail_data())
    {
        lines_end(model, id);
    }
}

/// No line follows any more, and none is left in the prompt, where it would be a command next.
fn lines_end(model: &mut Model, id: usize) {
    let Some(session) = model.session_mut(id) else { return };
    session.by_hand.clear();
    if std::mem::take(&mut session.line_stands) {
        unsent::empty(model, id);
    }
}

/// The draft in front is dropped: its lines come no more.
pub(super) fn lines_dropped(model: &mut Model) {
    let session = &mut model.session;
    if session.sending.take_if(|sending| sending.by_hand).is_some() {
        lines_end(model, model.session.id);
        if model.session.dialogue.awaits_mail_data() {
            model.tell("editor.stopped");
        }
    }
}

/// What leaves was made: from now on it goes out, unless nothing waits for it any more.
pub(super) fn begin(
    model: &mut Model,
    id: usize,
    pieces: Result<Pieces, Unread>,
    number: u64,
) -> Vec<Effect> {
    let now = model.now;
    let Some(session) = model.session_mut(id) else { return Vec::new() };
    let awaiting = session.sending.take_if(|sending| sending.awaits(number));
    let Some(Sending { draft, .. }) = awaiting else { return Vec::new() };
    let pieces = match pieces {
        Ok(pieces) => pieces,
        Err(unread) => {
            super::plan::failed(model, id);
            compose::stays(model, id, &unread, DATA);
            return Vec::new();
        }
    };
    let Some(session) = model.session_mut(id) else { return Vec::new() };
    match (pieces.behind_354, session.dialogue.awaits_mail_data()) {
        (true, false) => return directive::told(model, "message.data-where"),
        // The command would be a line of the message.
        (false, true) => return directive::told(model, "editor.data-began"),
        _ => {}
    }
    session.sending = Some(Sending::new(pieces, draft, &session.dialogue, now));
    go_on(model, id)
}

/// Sends what comes next of the message of a session, if it is its turn.
pub(super) fn go_on(model: &mut Model, id: usize) -> Vec<Effect> {
    let mut effects = Vec::new();
    while let Some(session) = model.session_mut(id).filter(|session| session.is_trusted())
        && let Some(sending) = &mut session.sending
    {
        match sending.next(&session.dialogue) {
            Next::Say(bytes) => effects.push(Effect::Say(id, bytes)),
            Next::Wait => break,
            Next::Taken => effects.extend(taken(model, id)),
            // It says that the connection ends (RFC 5321 §3.8).
            Next::Refused(Code(421)) => end(model, id, "editor.closing", Some(Code(421))),
            Next::Refused(code) => end(model, id, "editor.refused", Some(code)),
            Next::Closed => end(model, id, "editor.cut", None),
        }
    }
    effects
}

/// The server has taken the message: a draft that was not changed since is done, if it is what left.
fn taken(model: &mut Model, id: usize) -> Option<Effect> {
    let session = model.session_mut(id)?;
    let sending = session.sending.take()?;
    lines_end(model, id);
    let revision = sending.draft?;
    let session = model.session_mut(id)?;
    let editor = session.editor.as_mut().filter(|editor| editor.text.revision() == revision)?;
    let whole = || draft::mail_data(&editor.text.rope().to_string());
    if sending.by_hand && !sending.has_sent(&whole(), &session.dialogue) {
        tell(model, id, "editor.sent-other", &[]);
        return None;
    }
    editor.unkept = None;
    if editor.open {
        // Who has opened it again types on into it, and not into the prompt.
        editor.text.replace_all("");
    } else {
        session.drop_draft();
    }
    tell(model, id, "editor.sent", &[]);
    Some(Effect::ForgetDraft(id))
}

/// Says something of a session, which is named where there are several.
fn tell(model: &mut Model, id: usize, key: &'static str, values: &[(&str, &str)]) {
    let told = model.sentence(key, values);
    model.notice = Some(model.numbered(id, told));
}

/// It was not taken: a draft is still there.
pub(super) fn end(model: &mut Model, id: usize, why: &'static str, code: Option<Code>) {
    lines_end(model, id);
    let ended = model.session_mut(id).and_then(|session| session.sending.take());
    if ended.is_none_or(|sending| sending.draft.is_none()) {
        // The transcript says it all.
        return;
    }
    let code = code.map(|code| code.to_string()).unwrap_or_default();
    tell(model, id, why, &[("code", &code)]);
}

/// Ctrl-C: stops the message in front; `None` if nothing of it is still to leave.
pub(super) fn stop(model: &mut Model) -> Option<Vec<Effect>> {
    let session = &mut model.session;
    let sending = session.sending.as_ref()?;
    if sending.by_hand {
        let waits = session.dialogue.awaits_mail_data();
        if !waits && session.by_hand.is_empty() {
            // All of it has left: only the reply is missing.
            return None;
        }
        session.sending = None;
        let id = session.id;
        lines_end(model, id);
        model.prompt.take(false);
        model.tell(if waits { "editor.stopped" } else { "editor.stopped.before" });
        return Some(Vec::new());
    }
    let (sent, all) = (sending.sent(&session.dialogue), sending.length());
    if !sending.is_leaving(&session.dialogue) {
        return None;
    }
    let (inside, prepared) = (sending.is_inside(&session.dialogue), sending.is_prepared());
    session.sending = None;
    if !prepared {
        return Some(directive::told(model, "editor.stopped.before"));
    }
    let values = [("sent", amount(sent)), ("all", amount(all))];
    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    let key = if inside { "editor.stopped.closed" } else { "editor.stopped.between" };
    model.notice = Some(model.sentence(key, &values));
    Some(if inside { vec![Effect::HangUp] } else { Vec::new() })
}
