//! A message that was caught is said to another server: as a plan, whose steps are seen, changed and
//! sent like all others. The content leaves byte for byte as it came.

use bytes::Bytes;

use crate::session::Dialogue;
use crate::session::plan::{Step, What};
use crate::smtp::payload;

use super::model::Model;

/// The message that is meant: that of the chosen row of a list, or the one that is shown.
fn meant(model: &Model) -> Result<(&Dialogue, usize), &'static str> {
    let Some(catcher) = &model.session.catcher else {
        let shown = super::view::content::message(model).map(|(at, _)| at);
        return shown.map(|at| (model.session.seen(), at)).ok_or("relay.no-message");
    };
    let (number, message) = catcher.chosen().ok_or("relay.no-message")?;
    let looked_at = |s: &&super::model::Session| s.caught == Some((model.session.id, number));
    let looked_at = model.others.iter().find(looked_at).map(|session| &session.dialogue);
    let over = catcher.kept.get(number).map(|(_, seen)| seen);
    let seen = over.or(looked_at).ok_or("relay.not-here")?;
    let message = message.or_else(|| seen.messages().len().checked_sub(1));
    message.map(|message| (seen, message)).ok_or("relay.no-message")
}

/// Why no message can be said again: the key of a sentence.
pub fn cannot(model: &Model) -> Option<&'static str> {
    steps_of(model, None).err()
}

/// What is to be said.
///
/// # Errors
/// With the key of the sentence that says why nothing is.
pub fn steps(model: &Model) -> Result<Vec<Step>, &'static str> {
    steps_of(model, model.habits.hosts.first().map(String::as_str))
}

fn steps_of(model: &Model, host: Option<&str>) -> Result<Vec<Step>, &'static str> {
    let (seen, at) = meant(model)?;
    let message = seen.messages().get(at).ok_or("relay.no-message")?;
    if !message.is_complete() || !message.is_whole() {
        return Err("relay.not-whole");
    }
    let transaction = seen.envelope().carrying(at).ok_or("relay.no-envelope")?;
    let to: Vec<_> = transaction.addressees().map(|to| &*to.path.written).collect();
    if to.is_empty() {
        return Err("relay.no-recipient");
    }
    let Some(host) = host else { return Ok(Vec::new()) };
    let mut params = String::new();
    if message.eight_bit().is_some() {
        params.push_str(" BODY=8BITMIME");
    }
    let sender = &transaction.sender;
    let international = |path: &str| !path.is_ascii();
    if international(&sender.written) || to.iter().any(|path| international(path)) {
        params.push_str(" SMTPUTF8");
    }
    let say = |line: String| Step::new(What::Say(Bytes::from(format!("{line}\r\n"))));
    let mut steps = vec![say(format!("EHLO {host}"))];
    steps.push(say(format!("MAIL FROM:<{}>{params}", sender.written)));
    steps.extend(to.iter().map(|path| say(format!("RCPT TO:<{path}>"))));
    steps.push(say("DATA".to_owned()));
    let data: Bytes = if message.is_stuffed() {
        message.wire(0, message.wire_len()).into()
    } else {
        payload::stuff(message.content().into())
    };
    steps.push(Step::new(What::Text(data)));
    steps.push(say("QUIT".to_owned()));
    Ok(steps)
}
